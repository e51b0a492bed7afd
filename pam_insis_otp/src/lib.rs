//! `pam_insis_otp.so`: asks for a one-time password after the password.
//!
//! | part | subject |
//! | --- | --- |
//! | `login` | one authentication from first question to end |
//! | `target` | whom a code is verified for, and whom policy lets pass without |
//! | `pairing` | enrollment within the login |
//! | `stack` | whether a PAM service has the lines that this takes |
//! | `access` | how the secret file is reached: opened here, or through `otp-helper` |
//! | `dialogue` | the conversation: questions, replies, what is no attempt |
//! | `outcome` | how an authentication can end, and the one road from there to a PAM code |
//! | `texts` | what people read |
//! | `report` | the lines in the log |
//! | `ffi` | the little that takes unsafe code |
#![deny(unsafe_code)]

mod access;
mod date;
mod dialogue;
mod ffi;
mod guard;
mod login;
#[cfg(test)]
mod manual;
mod outcome;
mod pairing;
mod qr;
mod report;
mod stack;
mod target;
mod texts;

use std::ffi::CStr;

use pam::constants::{PamFlag, PamResultCode};
use pam::module::{PamHandle, PamHooks};

/// The module's entry points.
struct InsisOtp;

/// The C functions around them, made by the bindings.
mod hooks {
    #![allow(missing_docs, unsafe_code, reason = "the macro writes the C functions, without doc comments")]
    use super::InsisOtp;

    pam::pam_hooks!(InsisOtp);
}

impl PamHooks for InsisOtp {
    fn sm_authenticate(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(pamh, &args, "auth", |pamh| login::authenticate(pamh, &args, flags))
    }

    fn sm_setcred(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(pamh, &args, "setcred", |pamh| pairing::set_credentials(pamh, &args, flags))
    }

    fn acct_mgmt(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(pamh, &args, "account", |pamh| pairing::account(pamh, &args, flags))
    }

    fn sm_chauthtok(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(pamh, &args, "chauthtok", |pamh| pairing::change(pamh, &args, flags))
    }

    /// Sessions are none of this module's business; a stack that lists it there changes nothing.
    fn sm_open_session(pamh: &mut PamHandle, args: Vec<&CStr>, _flags: PamFlag) -> PamResultCode {
        guard::contain(pamh, &args, "session", |_| PamResultCode::PAM_IGNORE)
    }

    fn sm_close_session(pamh: &mut PamHandle, args: Vec<&CStr>, _flags: PamFlag) -> PamResultCode {
        guard::contain(pamh, &args, "session", |_| PamResultCode::PAM_IGNORE)
    }
}
