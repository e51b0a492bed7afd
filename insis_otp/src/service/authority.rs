//! Whose wish a request is, and what is asked for before it is done.

use super::{Credential, EnrollmentDenial, LinkProvider};
use crate::config::SelfEnrollment;
use crate::record::UserName;

/// Has somebody's own password checked.
///
/// # Errors
/// It is wrong, or cannot be checked.
pub type PasswordCheck<'a> = &'a dyn Fn(&UserName, &Credential) -> Result<(), EnrollmentDenial>;

/// Whose wish a request is.
#[derive(Clone, Copy)]
pub enum Authority<'a> {
    /// Root's: no proof is asked for.
    Administrator,
    /// The user's, who can read and write the file without this program: changes take a proof all the same, so that
    /// whoever sits down at an open terminal cannot make them.
    FileOwner,
    /// The user's, who cannot read the file (through `otp-helper`): changes take a proof, a first enrollment what the site
    /// asks for.
    User(SelfService<'a>),
}

/// What a site lets people do for themselves, and who finds out what that takes.
#[derive(Clone, Copy)]
pub struct SelfService<'a> {
    /// What a first enrollment takes, and whether people link themselves.
    pub self_enrollment: SelfEnrollment,
    /// Who checks a password.
    pub check_password: PasswordCheck<'a>,
    /// The site's identity provider.
    pub provider: &'a dyn LinkProvider,
}

impl Authority<'_> {
    pub(super) const fn takes_proof(&self) -> bool {
        !matches!(self, Self::Administrator)
    }
}

/// What allowed a first enrollment, or a link of somebody without a device: the `by=` of the log.
pub(super) type AllowedBy = Option<&'static str>;
