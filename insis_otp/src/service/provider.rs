//! The site's identity provider, as a person has their own account linked to it.

use crate::identity::{FlowRefusal, Identity, Unavailability};

/// The site's provider, for a person who links themself.
pub trait LinkProvider {
    /// Whether people can link themselves to it.
    ///
    /// # Errors
    /// Why not.
    fn can_link(&self) -> Result<(), LinkRefusal>;

    /// Has the person sign in, and says who that is.
    ///
    /// # Errors
    /// Nobody has.
    fn sign_in(&self) -> Result<Identity, LinkRefusal>;
}

/// Why a link was not made or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkRefusal {
    /// Whoever has signed in is linked to another account.
    LinkedElsewhere,
    /// An administrator has linked the account, and alone can change that.
    ByAdministrator,
    /// There is no link.
    NotLinked,
    /// The site has no provider.
    NoProvider,
    /// The site has a secret at the provider, which is not for people's processes.
    ClientSecret,
    /// People link themselves through `otp-helper` only.
    NotHere,
    /// The person hung up before the flow was over.
    Abandoned,
    /// The flow did not end in a proof.
    Refused(FlowRefusal, String),
    /// The provider cannot be asked.
    Unavailable(Unavailability, String),
}

impl LinkRefusal {
    /// Every one of which nothing more is known.
    pub(super) const PLAIN: [Self; 7] = [
        Self::LinkedElsewhere,
        Self::ByAdministrator,
        Self::NotLinked,
        Self::NoProvider,
        Self::ClientSecret,
        Self::NotHere,
        Self::Abandoned,
    ];

    /// The refusal in a word: the `reason=` of the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LinkedElsewhere => "linked-elsewhere",
            Self::ByAdministrator => "linked-by-administrator",
            Self::NotLinked => "not-linked",
            Self::NoProvider => "no-identity-provider",
            Self::ClientSecret => "client-secret",
            Self::NotHere => "no-link-here",
            Self::Abandoned => "idp-abandoned",
            Self::Refused(why, _) => why.name(),
            Self::Unavailable(why, _) => why.name(),
        }
    }

    /// What the provider or the program said of it.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused(_, detail) | Self::Unavailable(_, detail) => Some(detail),
            _ => None,
        }
    }
}
