//! What the module asks of the application that called it, so that everything above can be tried without libpam.

#[cfg(test)]
pub mod fake;
mod pam;

use insis_otp::audit::Line;
use zeroize::Zeroizing;

/// Why there was no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// The application cannot ask, was told not to, or the person hung up.
    Conversation,
    /// The reply was NULL or empty.
    Empty,
}

/// What somebody typed, or a password. Wiped when dropped.
pub type SecretBytes = Zeroizing<Vec<u8>>;

/// Writes a line of the system log: program, tag, line.
pub type WriteLog = fn(&str, &str, &Line);

/// How a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// PAM_TEXT_INFO.
    Info,
    /// PAM_ERROR_MSG.
    Error,
}

/// The flags of a call that this module minds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// PAM_SILENT: nothing is told.
    pub silent: bool,
    /// PAM_DELETE_CRED.
    pub deletes_credentials: bool,
    /// PAM_CHANGE_EXPIRED_AUTHTOK: a password is changed because that is due.
    pub changes_expired: bool,
    /// PAM_PRELIM_CHECK: the first of the two calls of chauthtok, in which modules only look whether they could.
    pub only_checks: bool,
}

/// The application, and what libpam keeps for it.
pub trait Host {
    /// The PAM service; empty where there is none.
    fn service(&self) -> String;
    /// PAM_RHOST; empty where there is none.
    fn remote_host(&self) -> String;
    /// PAM_USER, which libpam asks for where it is not known. Bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// Nobody says who logs in.
    fn user(&mut self) -> Result<String, NoReply>;
    /// The password that a module above asked for, if there is one.
    fn password(&self) -> Option<SecretBytes>;
    /// Hands a password to the modules below.
    ///
    /// # Errors
    /// Why that cannot be.
    fn set_password(&mut self, password: &[u8]) -> Result<(), String>;
    /// Asks a question. With `echo` what is typed is seen.
    ///
    /// # Errors
    /// There is no conversation, it fails, or the reply is NULL or empty.
    fn ask(&self, prompt: &str, echo: bool) -> Result<SecretBytes, NoReply>;
    /// Shows a message. Nothing depends on whether it arrives.
    fn show(&self, style: Style, text: &str);
    /// Leaves word for the calls after this one that this user has to enroll; with an empty name, that nobody has. Returns
    /// whether it could.
    fn leave_enrollment_due(&mut self, user: &str) -> bool;
    /// For whom that was left, if for anybody.
    fn enrollment_due(&self) -> Option<&str>;
    /// The way to the system log.
    fn log(&self) -> WriteLog;
}
