//! How secrets are kept: the step between a record, which has the secret, and the form in which a store writes it down.
//!
//! Every secret passes it on its way into a store and out of it. Today there is one way to keep secrets: as they are, in a
//! store that nobody but its owner and root can read. One that encrypts them goes here. The user's name is at hand, so that
//! a ciphertext can be bound to it: it must not open for somebody else.

use super::layout::Damage;
use crate::oath::Secret;
use crate::record::UserName;

/// How a store keeps secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Seal {
    /// As they are.
    #[default]
    Plain,
    /// With the user's name laid over them: enough to see which secrets pass here, and for whom.
    #[cfg(test)]
    Masked,
}

/// A secret as it is kept. A store has a place of its own for each kind, so that a ciphertext is never taken for a secret.
#[derive(Debug)]
pub(super) enum KeptSecret {
    /// As it is.
    Plain(Secret),
}

impl Seal {
    /// The form in which a user's secret is kept.
    #[cfg_attr(
        not(test),
        expect(unused_variables, reason = "a secret that is kept as it is is bound to nobody")
    )]
    pub fn seal(self, user: &UserName, secret: &Secret) -> Result<KeptSecret, Damage> {
        match self {
            Self::Plain => Ok(KeptSecret::Plain(secret.clone())),
            #[cfg(test)]
            Self::Masked => masked(user, secret),
        }
    }

    /// The secret that was kept for a user.
    #[cfg_attr(
        not(test),
        expect(unused_variables, reason = "a secret that is kept as it is is bound to nobody")
    )]
    pub fn open(self, user: &UserName, kept: KeptSecret) -> Result<Secret, Damage> {
        let KeptSecret::Plain(secret) = kept;
        match self {
            Self::Plain => Ok(secret),
            #[cfg(test)]
            Self::Masked => masked(user, &secret).map(|KeptSecret::Plain(secret)| secret),
        }
    }
}

#[cfg(test)]
fn masked(user: &UserName, secret: &Secret) -> Result<KeptSecret, Damage> {
    let mask = user.as_str().bytes().cycle();
    let bytes: Vec<_> = secret.bytes().iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    Secret::existing_from_bytes(&bytes).map(KeptSecret::Plain).map_err(|_| "it has no secret")
}
