//! The C functions that libpam calls.

use std::ffi::CStr;

use pam::constants::{PamFlag, PamResultCode};
use pam::module::{PamHandle, PamHooks};

use crate::host::Flags;
use crate::outcome::{self, Call};
use crate::{enrollment, guard, login};

/// The module's entry points.
struct InsisOtp;

/// The C functions around them, made by the bindings.
pub mod hooks {
    #![allow(missing_docs, unsafe_code, reason = "the macro writes the C functions, without doc comments")]
    use super::InsisOtp;

    pam::pam_hooks!(InsisOtp);
}

impl PamHooks for InsisOtp {
    fn sm_authenticate(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(&args, "auth", || login::authenticate(pamh, &args, Flags::from(flags)).code())
    }

    fn sm_setcred(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(&args, "setcred", || {
            Call::SetCredentials.code(enrollment::set_credentials(pamh, &args, Flags::from(flags)))
        })
    }

    fn acct_mgmt(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(&args, "account", || {
            Call::Account.code(enrollment::account(pamh, &args, Flags::from(flags)))
        })
    }

    fn sm_chauthtok(pamh: &mut PamHandle, args: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        guard::contain(&args, "chauthtok", || {
            Call::ChangePassword.code(enrollment::change(pamh, &args, Flags::from(flags)))
        })
    }

    /// Sessions are none of this module's business; a stack that lists it there changes nothing.
    fn sm_open_session(_: &mut PamHandle, args: Vec<&CStr>, _: PamFlag) -> PamResultCode {
        guard::contain(&args, "session", || outcome::SESSION)
    }

    fn sm_close_session(_: &mut PamHandle, args: Vec<&CStr>, _: PamFlag) -> PamResultCode {
        guard::contain(&args, "session", || outcome::SESSION)
    }
}
