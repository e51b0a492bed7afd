//! What was decided when somebody enrolled.

use super::UserName;
use crate::oath::{OtpGenerator, RecoveryCodes, UnixTime};

/// An enrollment: what stays the same from one login to the next.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Whose it is. A file that was moved to another name is refused.
    pub user: UserName,
    /// The secret and how codes are made of it.
    pub key: OtpGenerator,
    /// The name above the account in the app.
    pub issuer: String,
    /// The account in the app: user and host.
    pub account: String,
    /// When the phone was enrolled.
    pub enrolled_at: UnixTime,
    /// The recovery codes, as hashes.
    pub recovery: RecoveryCodes,
}

impl Enrollment {
    /// Whether this is the same enrollment, whatever has been changed about it: names, recovery codes.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.key.secret() == other.key.secret() && self.enrolled_at == other.enrolled_at
    }
}
