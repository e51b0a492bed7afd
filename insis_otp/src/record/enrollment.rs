//! What was decided when somebody enrolled.

use super::{AppEntry, UserName};
use crate::oath::{RecoveryCodes, UnixTime};

/// An enrollment: what stays the same from one login to the next.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Whose it is. A file that was moved to another name is refused.
    pub user: UserName,
    /// The secret, and the entry in the app.
    pub entry: AppEntry,
    /// When the phone was enrolled.
    pub enrolled_at: UnixTime,
    /// The recovery codes, as hashes.
    pub recovery: RecoveryCodes,
}

impl Enrollment {
    /// Whether this is the same enrollment, whatever has been changed about it: names, recovery codes.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.entry.key.secret() == other.entry.key.secret() && self.enrolled_at == other.enrolled_at
    }
}
