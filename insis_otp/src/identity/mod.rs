//! Who somebody is at an OpenID provider, and the words in which `otp-idp` is asked whether that person stands at the login.
//!
//! The provider's name for a person is never a mail address or a user name, which others can be given later, but the
//! triple of issuer, tenant and subject (OpenID Connect Core 1.0, section 5.7).

mod protocol;

pub use protocol::{FlowRefusal, LONGEST, Message, NotUnderstood, Start, Unavailability};

use std::fmt;

use sha2::{Digest, Sha256};

/// A person at an OpenID provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    issuer: String,
    tenant: String,
    subject: String,
}

/// It is no identity: a part of it is empty, too long, or has other characters than printable ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuer, tenant or subject is of printable ASCII characters, and of 255 at the most")]
pub struct InvalidIdentity;

impl Identity {
    /// The longest part, in bytes: OpenID Connect Core 1.0 says so of subjects.
    pub const LONGEST_PART: usize = 255;

    /// Takes issuer, tenant (empty where the provider has none) and subject.
    ///
    /// # Errors
    /// One of them cannot be that.
    pub fn new(issuer: &str, tenant: &str, subject: &str) -> Result<Self, InvalidIdentity> {
        let is_part = |text: &str| {
            text.len() <= Self::LONGEST_PART && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        let is_sound = [issuer, tenant, subject].into_iter().all(is_part)
            && issuer.starts_with("https://")
            && !subject.trim().is_empty();
        if !is_sound {
            return Err(InvalidIdentity);
        }
        Ok(Self { issuer: issuer.to_owned(), tenant: tenant.to_owned(), subject: subject.to_owned() })
    }

    /// The issuer, an address that begins with https.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The tenant; empty where the provider has none.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The name that the provider never gives to anybody else.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Another number for another identity, the same in every version: SHA-256 of the parts, between which stands a character that
    /// none of them has.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest([self.issuer(), self.tenant(), self.subject()].join("\0")).into()
    }
}

/// As people and logs read it: `oid-or-sub at https://issuer`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.subject, self.issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_identity_is_refused() {
        let issuer = "https://login.example.org";
        assert!(Identity::new(issuer, "", "a b").is_ok());
        assert!(Identity::new(issuer, "", &"s".repeat(255)).is_ok());
        let long = "s".repeat(256);
        for (issuer, tenant, subject) in [
            ("http://login.example.org", "", "anna"),
            (issuer, "", ""),
            (issuer, "", " "),
            (issuer, "", long.as_str()),
            (issuer, long.as_str(), "anna"),
            (issuer, "", "an\nna"),
            (issuer, "\u{17e}", "anna"),
        ] {
            assert_eq!(Identity::new(issuer, tenant, subject), Err(InvalidIdentity), "{tenant} {subject}");
        }
    }
}
