//! An entry whose parts stand in fields of their own, as in most exports.

use crate::oath::{Digits, OtpGenerator, Parameters, Period, Secret};
use crate::otpauth::{self, InvalidUri};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{Found, Taken, Unusable};

/// Text that may be a secret: wiped when dropped, never printed.
#[derive(Default)]
pub struct Text(Zeroizing<String>);

impl Text {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

/// The parts of an entry. What is empty has the usual value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields<'a> {
    /// The name above the account.
    pub issuer: &'a str,
    /// The account.
    pub account: &'a str,
    /// `totp`, in any case.
    pub kind: &'a str,
    /// The algorithm, by any of its names.
    pub algorithm: &'a str,
    /// How many digits a code has.
    pub digits: Option<u64>,
    /// The length of a step in seconds.
    pub period: Option<u64>,
}

impl Fields<'_> {
    /// The entry with this secret in base32, or with what is written instead of one: an otpauth URI.
    pub fn with(self, secret: &str) -> Found {
        let secret = secret.trim();
        if secret.contains("://") {
            return self.with_uri(secret);
        }
        self.found(Secret::existing_from_base32(secret).map_err(Unusable::from))
    }

    /// The entry with the secret in these bytes.
    pub fn with_bytes(self, secret: &[u8]) -> Found {
        self.found(Secret::existing_from_bytes(secret).map_err(Unusable::from))
    }

    /// The entry of this URI. What it does not name has the names that stand beside it.
    fn with_uri(self, uri: &str) -> Found {
        let mut found = super::uri(uri);
        if let Some((issuer, account)) = &mut found.names {
            for (name, named) in [(issuer, self.issuer), (account, self.account)] {
                if name.is_empty() {
                    named.trim().clone_into(name);
                }
            }
        }
        found
    }

    fn found(self, secret: Result<Secret, Unusable>) -> Found {
        let names = (self.issuer.trim().to_owned(), self.account.trim().to_owned());
        let taken = secret.and_then(|secret| self.key(secret)).map(Taken::of);
        Found { names: Some(names), ..Found::new(taken) }
    }

    fn key(self, secret: Secret) -> Result<OtpGenerator, Unusable> {
        match self.kind.trim().to_ascii_lowercase().as_str() {
            "totp" | "" => {}
            "hotp" => return Err(Unusable::Counter),
            _ => return Err(Unusable::Uri(InvalidUri::OtherCodes)),
        }
        let algorithm = otpauth::algorithm(self.algorithm)?;
        let digits = self.digits.map_or(Ok(Digits::default()), Digits::try_from)?;
        let period = self.period.map_or(Ok(Period::default()), Period::try_from)?;
        Ok(OtpGenerator::new(secret, Parameters { algorithm, digits, period }))
    }
}
