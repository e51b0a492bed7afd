//! The person's own password, checked by PAM.
//!
//! PAM's modules run in this process: with the caller's uid, an environment, descriptors and a memory that the caller
//! neither chose nor can look into, and a service file of root's. They cannot read the shadow file; pam_unix starts
//! unix_chkpwd for that, which takes a password for its caller's own account only. So it has to be checked before this
//! process gives up gaining rights by exec (see [`crate::confine::renounce`]).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use insis_otp::record::UserName;
use insis_otp::service::{Credential, EnrollmentDenial};
use nonstick::{AuthnFlags, ConversationAdapter, ErrorCode, Transaction, TransactionBuilder};

/// The PAM service.
const SERVICE: &str = "otp-setup";
/// Where its file may be. Without one libpam would take the service "other", which may be anything.
const FOLDERS: [&str; 3] = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"];
/// A wrong password is answered after so long, as elsewhere; modules that ask for a longer delay get it.
const DELAY: Duration = Duration::from_secs(2);

/// Has PAM check a password.
///
/// # Errors
/// It is wrong, or cannot be checked.
pub fn check(user: &UserName, password: &Credential) -> Result<(), EnrollmentDenial> {
    if !FOLDERS.iter().any(|folder| Path::new(folder).join(SERVICE).is_file()) {
        let why = format!("there is no PAM service {SERVICE} (/etc/pam.d/{SERVICE})");
        return Err(EnrollmentDenial::PasswordUnchecked(why));
    }
    // An empty password proves nothing, and libpam takes none with a NUL in it.
    let password = password.bytes();
    if password.is_empty() || password.contains(&0) {
        return Err(EnrollmentDenial::Password);
    }
    let began = Instant::now();
    let checked = authenticate(user, password);
    if checked.is_err() {
        std::thread::sleep(DELAY.saturating_sub(began.elapsed()));
    }
    checked.map_err(|error| match error {
        ErrorCode::AuthenticationError
        | ErrorCode::UserUnknown
        | ErrorCode::MaxTries
        | ErrorCode::PermissionDenied
        | ErrorCode::CredentialsInsufficient
        | ErrorCode::AccountExpired
        | ErrorCode::ConversationError => EnrollmentDenial::Password,
        error => EnrollmentDenial::PasswordUnchecked(format!("PAM cannot check the password: {error:?}")),
    })
}

fn authenticate(user: &UserName, password: &[u8]) -> Result<(), ErrorCode> {
    let answers = Answers { password: OsStr::from_bytes(password).to_owned(), given: AtomicBool::new(false) };
    let transaction = TransactionBuilder::new_with_service(SERVICE).username(user.as_str());
    let mut transaction = transaction.build(answers.into_conversation())?;
    transaction.authenticate(AuthnFlags::SILENT | AuthnFlags::DISALLOW_NULL_AUTHTOK)
}

/// Whoever answers PAM's one question.
struct Answers {
    password: OsString,
    given: AtomicBool,
}

impl ConversationAdapter for Answers {
    /// What is to be seen while it is typed is no password.
    fn prompt(&self, _: impl AsRef<OsStr>) -> Result<OsString, ErrorCode> {
        Err(ErrorCode::ConversationError)
    }

    /// A second hidden question asks for something else: a second factor, say.
    fn masked_prompt(&self, _: impl AsRef<OsStr>) -> Result<OsString, ErrorCode> {
        if self.given.swap(true, Ordering::Relaxed) {
            return Err(ErrorCode::ConversationError);
        }
        Ok(self.password.clone())
    }

    fn error_msg(&self, _: impl AsRef<OsStr>) {}

    fn info_msg(&self, _: impl AsRef<OsStr>) {}
}
