//! The few things that take unsafe code: handing a password on, reading back what this module left in the handle, the
//! shadow database, the scheduling policy, and looking at a connection of the application's.
#![allow(
    unsafe_code,
    reason = "these are C libraries, and there is no safe way to them that this module could use"
)]

use std::ffi::{CStr, CString, c_int, c_void};

use nix::libc;

use pam::constants::PamResultCode;
use pam::module::PamHandle;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const PAM_AUTHTOK: c_int = 6;

unsafe extern "C" {
    fn pam_set_item(pamh: *mut PamHandle, item: c_int, value: *const c_void) -> c_int;
}

/// Sets PAM_AUTHTOK, the password for the modules below. libpam keeps a copy of its own, which it wipes.
///
/// # Errors
/// What libpam returned.
pub fn set_password(pamh: &mut PamHandle, password: &[u8]) -> Result<(), PamResultCode> {
    let mut text = Zeroizing::new(Vec::with_capacity(password.len() + 1));
    text.extend(password.iter().copied().take_while(|byte| *byte != 0));
    text.push(0);
    // SAFETY: the handle is the one that libpam called this module with, alive and used by this thread alone; the text
    // ends with a NUL and outlives the call, in which libpam copies it.
    let code = unsafe { pam_set_item(pamh, PAM_AUTHTOK, text.as_ptr().cast()) };
    if code == PamResultCode::PAM_SUCCESS as c_int { Ok(()) } else { Err(PamResultCode::PAM_BUF_ERR) }
}

/// A digest of what the shadow database has of somebody's password, which another password changes: so that a client that
/// is remembered is asked again after that. Zeros where there is nothing that this process may read.
pub fn password_digest(user: &str) -> [u8; 32] {
    let Ok(user) = CString::new(user) else { return [0; 32] };
    let mut buffer = Zeroizing::new(vec![0_u8; 16 * 1024]);
    // SAFETY: a struct of pointers and numbers, for which zeros are valid.
    let mut entry: libc::spwd = unsafe { std::mem::zeroed() };
    let mut found = std::ptr::null_mut();
    // SAFETY: the name ends with a NUL; entry, buffer and result are alive and writable for the whole call, and the length
    // is the buffer's. The call writes pointers into the buffer to the entry.
    let code = unsafe {
        libc::getspnam_r(
            user.as_ptr(),
            &raw mut entry,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut found,
        )
    };
    if code != 0 || found.is_null() || entry.sp_pwdp.is_null() {
        return [0; 32];
    }
    // SAFETY: after success the field points to a text in the buffer that ends with a NUL; the buffer is alive.
    let password = unsafe { CStr::from_ptr(entry.sp_pwdp) };
    Sha256::digest(password.to_bytes()).into()
}

/// Whether the other side of a connection or terminal has hung up. Not where there is nothing under that number.
pub fn has_hung_up(descriptor: c_int) -> bool {
    let ends = libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR;
    let mut looked_at = libc::pollfd { fd: descriptor, events: libc::POLLRDHUP, revents: 0 };
    // SAFETY: one structure, alive and writable for the whole call, which looks at the descriptor and changes nothing of it.
    let known = unsafe { libc::poll(&raw mut looked_at, 1, 0) };
    known == 1 && looked_at.revents & ends != 0
}

/// The default scheduling policy, for the time of a transaction of a process that somebody else has started: they may
/// have chosen one in which it hardly ever runs. Best effort: whoever waits for it goes on without it.
pub struct DefaultScheduling(Option<(c_int, libc::sched_param)>);

impl DefaultScheduling {
    /// Takes it on.
    pub fn begin() -> Self {
        // SAFETY: 0 is this thread; the call takes and returns numbers.
        let policy = unsafe { libc::sched_getscheduler(0) };
        let mut former = libc::sched_param { sched_priority: 0 };
        // SAFETY: 0 is this thread; the parameter is alive and writable for the whole call.
        let known = unsafe { libc::sched_getparam(0, &raw mut former) } == 0;
        if policy < 0 || policy == libc::SCHED_OTHER || !known {
            return Self(None);
        }
        Self(
            set_scheduling(libc::SCHED_OTHER, libc::sched_param { sched_priority: 0 })
                .then_some((policy, former)),
        )
    }
}

impl Drop for DefaultScheduling {
    fn drop(&mut self) {
        if let Some((policy, former)) = self.0 {
            set_scheduling(policy, former);
        }
    }
}

/// Of this thread.
fn set_scheduling(policy: c_int, parameter: libc::sched_param) -> bool {
    // SAFETY: 0 is this thread; the parameter is alive for the whole call, which reads it only.
    unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) == 0 }
}

/// What authenticate leaves for the calls after it: whose password was proved, and who has to enroll a phone yet.
pub struct MustEnroll {
    /// The user's name.
    pub user: String,
}

impl MustEnroll {
    /// The name of this datum in the handle. Only [`MustEnroll::leave`] writes it.
    const NAME: &str = "pam_insis_otp must pair";

    /// Leaves it in the handle.
    ///
    /// # Errors
    /// What libpam returned.
    pub fn leave(self, pamh: &mut PamHandle) -> Result<(), PamResultCode> {
        pamh.set_data(Self::NAME, Box::new(self))
    }

    /// The user that it was left for.
    pub fn left(pamh: &PamHandle) -> Option<&str> {
        // SAFETY: data under this name is always a MustEnroll: nothing but `leave` sets it.
        unsafe { pamh.get_data::<Self>(Self::NAME) }.ok().map(|left| left.user.as_str())
    }
}

/// What Miri watches (`make assurance`), with a libpam of Rust instead of the real one, which it cannot run.
#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ffi::{CStr, CString, c_char};
    use std::ptr;

    use super::*;

    type Cleanup = extern "C" fn(*mut PamHandle, *mut c_void, c_int);

    thread_local! {
        static PASSWORD: RefCell<Option<CString>> = const { RefCell::new(None) };
        static DATUM: RefCell<Option<(CString, *mut c_void, Cleanup)>> = const { RefCell::new(None) };
    }

    /// SAFETY: as libpam's.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn pam_set_item(_: *mut PamHandle, item: c_int, value: *const c_void) -> c_int {
        assert_eq!(item, PAM_AUTHTOK);
        // SAFETY: the caller gives a text that ends with a NUL.
        let text = unsafe { CStr::from_ptr(value.cast()) }.to_owned();
        PASSWORD.set(Some(text));
        0
    }

    /// SAFETY: as libpam's.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn pam_set_data(
        pamh: *mut PamHandle,
        name: *const c_char,
        datum: *mut c_void,
        cleanup: Cleanup,
    ) -> c_int {
        // SAFETY: the caller gives a text that ends with a NUL.
        let name = unsafe { CStr::from_ptr(name) }.to_owned();
        if let Some((_, old, cleanup)) = DATUM.replace(Some((name, datum, cleanup))) {
            cleanup(pamh, old, 0);
        }
        0
    }

    /// SAFETY: as libpam's.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn pam_get_data(
        _: *const PamHandle,
        name: *const c_char,
        datum: &mut *const c_void,
    ) -> c_int {
        // SAFETY: the caller gives a text that ends with a NUL.
        let name = unsafe { CStr::from_ptr(name) };
        DATUM.with_borrow(|left| match left {
            Some((left, there, _)) if left.as_c_str() == name => {
                *datum = there.cast_const();
                0
            }
            _ => 18,
        })
    }

    /// No item is set.
    ///
    /// SAFETY: as libpam's.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn pam_get_item(_: *const PamHandle, _: c_int, item: *mut *const c_void) -> c_int {
        // SAFETY: the caller gives a pointer to which the item may be written.
        unsafe { *item = ptr::null() };
        0
    }

    /// A handle that nothing is read from, to the end of a conversation.
    fn with_handle(run: impl FnOnce(&mut PamHandle)) {
        let mut storage = 0_u64;
        let pamh = (&raw mut storage).cast::<PamHandle>();
        // SAFETY: the handle is opaque, without size, and alive.
        run(unsafe { &mut *pamh });
        if let Some((_, datum, cleanup)) = DATUM.take() {
            cleanup(pamh, datum, 0);
        }
    }

    #[test]
    fn a_password_is_handed_on_up_to_its_first_nul() {
        for (password, handed_on) in [
            (&b"correct horse"[..], c"correct horse"),
            (b"correct\0horse", c"correct"),
            (b"", c""),
            (b"\0", c""),
        ] {
            with_handle(|pamh| set_password(pamh, password).unwrap());
            assert_eq!(PASSWORD.take().as_deref(), Some(handed_on));
        }
    }

    #[test]
    fn what_is_left_in_the_handle_is_read_back_and_freed() {
        let left = |user: &str| MustEnroll { user: user.to_owned() };
        with_handle(|pamh| {
            assert_eq!(MustEnroll::left(pamh), None);
            left("anna").leave(pamh).unwrap();
            assert_eq!(MustEnroll::left(pamh), Some("anna"));
            left("bob").leave(pamh).unwrap();
            assert_eq!(MustEnroll::left(pamh), Some("bob"));
        });
    }

    #[test]
    fn the_c_functions_take_what_libpam_gives_them() {
        use crate::entry::hooks::pam_sm_setcred;
        let words = [c"debug".as_ptr(), c"tries=1".as_ptr()];
        with_handle(|pamh| {
            let pamh = ptr::from_mut(pamh);
            for (pamh, count, words, code) in [
                (pamh, 2, words.as_ptr(), PamResultCode::PAM_SUCCESS),
                (pamh, 0, ptr::null(), PamResultCode::PAM_SUCCESS),
                (pamh, 1, ptr::null(), PamResultCode::PAM_ABORT),
                (pamh, -1, words.as_ptr(), PamResultCode::PAM_ABORT),
                (ptr::null_mut(), 0, ptr::null(), PamResultCode::PAM_ABORT),
            ] {
                // SAFETY: handle and words are alive, or missing, which is what is tried.
                assert_eq!(unsafe { pam_sm_setcred(pamh, 0, count, words) }, code);
            }
        });
    }
}
