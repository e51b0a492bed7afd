//! libpam.

use std::ffi::CStr;

use insis_otp::audit;
use pam::constants::{
    PAM_CHANGE_EXPIRED_AUTHTOK, PAM_DELETE_CRED, PAM_ERROR_MSG, PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON,
    PAM_SILENT, PAM_TEXT_INFO, PamFlag, PamResultCode,
};
use pam::conv::Conv;
use pam::items::{AuthTok, RHost, Service, User};
use pam::module::PamHandle;
use zeroize::Zeroizing;

use super::{Flags, Host, NoReply, SecretBytes, Style, WriteLog};
use crate::ffi::{self, MustEnroll};

/// The first of the two calls of chauthtok.
const PAM_PRELIM_CHECK: PamFlag = 0x4000;

impl From<PamFlag> for Flags {
    fn from(flags: PamFlag) -> Self {
        let has = |flag| flags & flag != 0;
        Self {
            silent: has(PAM_SILENT),
            deletes_credentials: has(PAM_DELETE_CRED),
            changes_expired: has(PAM_CHANGE_EXPIRED_AUTHTOK),
            only_checks: has(PAM_PRELIM_CHECK),
        }
    }
}

impl Host for PamHandle {
    fn service(&self) -> String {
        text(self.get_item::<Service<'_>>().ok().flatten().map(|item| item.0))
    }

    fn remote_host(&self) -> String {
        text(self.get_item::<RHost<'_>>().ok().flatten().map(|item| item.0))
    }

    fn user(&mut self) -> Result<String, NoReply> {
        let asked = self.get_user(None);
        let item = self.get_item::<User<'_>>().ok().flatten();
        match (asked, item) {
            (Ok(name), _) => Ok(name),
            // The bindings' word for bytes that are not UTF-8.
            (Err(PamResultCode::PAM_SYSTEM_ERR), Some(bytes)) => Ok(bytes.to_string_lossy().into_owned()),
            (Err(_), _) => Err(NoReply::Conversation),
        }
    }

    fn password(&self) -> Option<SecretBytes> {
        let password = self.get_item::<AuthTok<'_>>().ok().flatten()?;
        let password = Zeroizing::new(password.as_bytes().to_vec());
        (!password.is_empty()).then_some(password)
    }

    fn set_password(&mut self, password: &[u8]) -> Result<(), String> {
        ffi::set_password(self, password).map_err(|code| format!("{code:?}"))
    }

    fn ask(&self, prompt: &str, echo: bool) -> Result<SecretBytes, NoReply> {
        let style = if echo { PAM_PROMPT_ECHO_ON } else { PAM_PROMPT_ECHO_OFF };
        let conversation = conversation(self).ok_or(NoReply::Conversation)?;
        let reply = conversation.send(style, prompt).map_err(|_| NoReply::Conversation)?;
        let reply = reply.ok_or(NoReply::Empty)?;
        if reply.is_empty() { Err(NoReply::Empty) } else { Ok(Zeroizing::new(reply.as_bytes().to_vec())) }
    }

    fn show(&self, style: Style, text: &str) {
        let style = match style {
            Style::Info => PAM_TEXT_INFO,
            Style::Error => PAM_ERROR_MSG,
        };
        if let Some(conversation) = conversation(self) {
            let _ = conversation.send(style, text);
        }
    }

    fn leave_enrollment_due(&mut self, user: &str) -> bool {
        MustEnroll { user: user.to_owned() }.leave(self).is_ok()
    }

    fn enrollment_due(&self) -> Option<&str> {
        MustEnroll::left(self).filter(|user| !user.is_empty())
    }

    fn log(&self) -> WriteLog {
        audit::send
    }
}

fn text(item: Option<&CStr>) -> String {
    item.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

fn conversation(pamh: &PamHandle) -> Option<Conv<'_>> {
    pamh.get_item::<Conv<'_>>().ok().flatten()
}
