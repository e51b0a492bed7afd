//! The two things that take unsafe code: handing a password on, and reading back what this module left in the handle.
#![allow(unsafe_code, reason = "libpam is a C library, and the bindings have no safe way for these")]

use std::ffi::{c_int, c_void};

use pam::constants::PamResultCode;
use pam::module::PamHandle;
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

/// What authenticate leaves for the calls after it: whose password was proved, and who has to pair a phone yet.
pub struct MustPair {
    /// The user's name.
    pub user: String,
}

impl MustPair {
    /// The name of this datum in the handle. Only [`MustPair::leave`] writes it.
    const NAME: &str = "pam_insis_otp must pair";

    /// Leaves it in the handle.
    ///
    /// # Errors
    /// What libpam returned.
    pub fn leave(self, pamh: &mut PamHandle) -> Result<(), PamResultCode> {
        pamh.set_data(Self::NAME, Box::new(self))
    }

    /// Whether it was left for this user.
    pub fn is_left_for(pamh: &PamHandle, user: &str) -> bool {
        // SAFETY: data under this name is always a MustPair: nothing but `leave` sets it.
        let left = unsafe { pamh.get_data::<Self>(Self::NAME) };
        left.is_ok_and(|left| left.user == user)
    }
}
