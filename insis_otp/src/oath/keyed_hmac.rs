//! The codes of many steps of one key.
//!
//! An HMAC begins with two blocks that depend on the key alone (RFC 2104, section 4). A search over a window computes
//! them once here, and copies the two states for each step: half the work of [`OtpGenerator::code`], whose library keys the HMAC
//! anew for each code. Both make the same codes.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{Algorithm, Code, OtpGenerator, Step};

/// A key whose HMAC has been keyed. It is as secret as the key; its states are wiped when it is dropped, and so is each
/// copy (feature `zeroize` of the hash crates).
pub(crate) struct KeyedHmac<'k> {
    key: &'k OtpGenerator,
    hmac: Option<Keyed>,
}

enum Keyed {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl<'k> KeyedHmac<'k> {
    /// Computes what all steps have in common.
    pub(crate) fn new(key: &'k OtpGenerator) -> Self {
        let secret = key.secret().bytes();
        // An HMAC takes keys of any length, so that it is always there. Without it, no code would match.
        let hmac = match key.algorithm() {
            Algorithm::Sha1 => Hmac::new_from_slice(secret).ok().map(Keyed::Sha1),
            Algorithm::Sha256 => Hmac::new_from_slice(secret).ok().map(Keyed::Sha256),
            Algorithm::Sha512 => Hmac::new_from_slice(secret).ok().map(Keyed::Sha512),
        };
        Self { key, hmac }
    }

    /// The code of a step, as [`OtpGenerator::code`] makes it. The work is the same for every step.
    pub(crate) fn code(&self, step: Step) -> Code {
        #[cfg(test)]
        super::COMPUTED.with(|count| count.set(count.get() + 1));
        let digits = self.key.digits();
        match &self.hmac {
            Some(Keyed::Sha1(hmac)) => Code::truncate(&sign(hmac, step), digits),
            Some(Keyed::Sha256(hmac)) => Code::truncate(&sign(hmac, step), digits),
            Some(Keyed::Sha512(hmac)) => Code::truncate(&sign(hmac, step), digits),
            None => Code::NONE,
        }
    }
}

fn sign<M: Mac + Clone>(hmac: &M, step: Step) -> impl AsRef<[u8]> + use<M> {
    let mut hmac = hmac.clone();
    hmac.update(&step.0.to_be_bytes());
    hmac.finalize().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oath::{Digits, Parameters, Secret};

    proptest! {
        #[test]
        fn it_makes_the_codes_of_the_key(
            secret in prop::collection::vec(any::<u8>(), 16..=64),
            algorithm in prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]),
            digits in prop::sample::select(vec![Digits::Six, Digits::Seven, Digits::Eight]),
            steps in prop::collection::vec(any::<u64>(), 1..4),
        ) {
            let parameters = Parameters { algorithm, digits, ..Parameters::default() };
            let key = OtpGenerator::new(Secret::from_bytes(&secret).unwrap(), parameters);
            let keyed = KeyedHmac::new(&key);
            for step in steps {
                let (one, other) = (keyed.code(Step(step)), key.code(Step(step)));
                prop_assert_eq!(&*one.reveal(digits), &*other.reveal(digits));
            }
        }
    }
}
