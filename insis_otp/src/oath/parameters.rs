//! The parameters of codes: hash, digits, length of a time step. Each has a range that is checked once.

use std::str::FromStr;

/// A value outside the range that a parameter may have, with what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidParameter(pub &'static str);

/// The hash under the HMAC (RFC 6238, section 1.2). Only SHA1 works in every authenticator app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-1, the algorithm of RFC 4226.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// How many digits a code has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digits {
    /// Six, what every app shows.
    #[default]
    Six,
    /// Seven.
    Seven,
    /// Eight.
    Eight,
}

/// The length X of a time step: 5 to 300 seconds, 30 by default (RFC 6238, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(u16);

/// How codes are made of a secret. Other than the defaults, some apps compute wrong codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// The digits of a code.
    pub digits: Digits,
    /// The length of a time step.
    pub period: Period,
}

impl Algorithm {
    /// The name in otpauth URIs and in the secret file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl FromStr for Algorithm {
    type Err = InvalidParameter;

    fn from_str(name: &str) -> Result<Self, InvalidParameter> {
        [Self::Sha1, Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
            .ok_or(InvalidParameter("the algorithm is SHA1, SHA256 or SHA512"))
    }
}

impl Digits {
    /// The number of digits.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Six => 6,
            Self::Seven => 7,
            Self::Eight => 8,
        }
    }

    /// 10 to the number of digits: how many codes there are.
    #[must_use]
    pub const fn codes(self) -> u32 {
        10_u32.pow(self.count() as u32)
    }
}

impl TryFrom<u64> for Digits {
    type Error = InvalidParameter;

    fn try_from(count: u64) -> Result<Self, InvalidParameter> {
        match count {
            6 => Ok(Self::Six),
            7 => Ok(Self::Seven),
            8 => Ok(Self::Eight),
            _ => Err(InvalidParameter("a code has 6, 7 or 8 digits")),
        }
    }
}

impl Period {
    /// The period in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 as u64
    }

    /// How many whole steps it takes to span `seconds`, rounded up.
    #[must_use]
    pub const fn steps_in(self, seconds: u64) -> u64 {
        seconds.div_ceil(self.seconds())
    }
}

impl Default for Period {
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u64> for Period {
    type Error = InvalidParameter;

    fn try_from(seconds: u64) -> Result<Self, InvalidParameter> {
        match u16::try_from(seconds) {
            Ok(seconds @ 5..=300) => Ok(Self(seconds)),
            _ => Err(InvalidParameter("the period is between 5 and 300 seconds")),
        }
    }
}
