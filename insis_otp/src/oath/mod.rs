//! One-time passwords as RFC 4226 and RFC 6238 have them: secrets, parameters, codes, time steps, recovery codes.
//!
//! Everything here is pure: time and randomness come in as parameters; nothing is read or written.

mod generator;
mod keyed_hmac;
mod parameters;
mod recovery;
mod secret;
mod time;

#[cfg(test)]
pub(crate) use generator::COMPUTED;
pub use generator::{Code, OtpGenerator};
pub(crate) use keyed_hmac::KeyedHmac;
pub use parameters::{Algorithm, Digits, InvalidParameter, Parameters, Period};
pub use recovery::{BypassHash, RecoveryCode, RecoveryCodes, RecoveryHash, Salt, ScratchCode};
pub use secret::{InvalidSecret, Secret};
pub use time::{Drift, Seconds, Step, UnixTime};
