//! Whether somebody keeps the kernel's clock right: one system call that neither the standard library nor nix has.
//!
//! It is a crate of its own because the programs forbid unsafe code, and this call needs it.

use std::io;
use std::mem::MaybeUninit;

/// Whether the kernel's clock is synchronised, by NTP, PTP or whatever else told the kernel so. Nothing is changed.
///
/// # Errors
/// The kernel does not say: some containers may not ask.
pub fn is_synchronised() -> io::Result<bool> {
    // With no mode set, adjtimex(2) only reads.
    let mut timex = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: the pointer is to a timex that lives until the call returns, and all its fields are zero.
    let state = unsafe { libc::adjtimex(timex.as_mut_ptr()) };
    if state < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was zero from the start, which is a valid value of every one of its fields, all of them integers.
    let timex = unsafe { timex.assume_init() };
    Ok(timex.status & libc::STA_UNSYNC == 0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_answers() {
        // Whatever it says here, it says the same twice, and changes nothing by being asked.
        let [once, again] = [(); 2].map(|()| super::is_synchronised().unwrap());
        assert_eq!(once, again);
    }
}
