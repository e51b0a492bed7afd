//! "Not again for some hours from here": what "here" is.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::network::numeric;
use crate::store::Enrolment;

/// A service, and the numeric address that somebody comes to it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    service: String,
    address: IpAddr,
}

impl Place {
    /// Services on the machine itself: whoever sits in a session is somewhere else than its owner, perhaps.
    const LOCAL: [&str; 16] = [
        "chfn",
        "chsh",
        "doas",
        "login",
        "newgrp",
        "passwd",
        "pkexec",
        "polkit-1",
        "run0",
        "runuser",
        "runuser-l",
        "su",
        "su-l",
        "sudo",
        "sudo-i",
        "systemd-run0",
    ];

    /// The place of a login; `None` for a service on the machine itself, and for an address that is not numeric.
    #[must_use]
    pub fn of(service: &str, rhost: &str) -> Option<Self> {
        if Self::LOCAL.contains(&service) {
            return None;
        }
        numeric(rhost).map(|address| Self { service: service.to_owned(), address })
    }

    /// The name of this place in somebody's state. It is keyed by their secret, so that another pairing has other
    /// names for the same places, and the state tells nobody where its owner has been.
    #[must_use]
    pub fn tag(&self, enrolment: &Enrolment) -> u64 {
        let key = enrolment.key.secret().to_base32();
        let text = format!("{}\0{}\0{}", enrolment.user, self.service, self.address);
        // HMAC (RFC 2104) over SHA-256, with inner and outer keys made by words instead of pads.
        let keyed = |pad: &str, message: &[u8]| {
            let key = Zeroizing::new(<[u8; 32]>::from(
                Sha256::new().chain_update(pad).chain_update(&*key).finalize(),
            ));
            Sha256::new().chain_update(*key).chain_update(message).finalize()
        };
        let tag = keyed("insis-otp place outer ", &keyed("insis-otp place inner ", text.as_bytes()));
        tag.split_first_chunk::<8>().map_or(0, |(start, _)| u64::from_be_bytes(*start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::{Algorithm, Digits, Key, Period, RecoveryCodes, Secret, UnixTime};
    use crate::store::UserName;

    fn enrolment(user: &str, seed: u8) -> Enrolment {
        let secret = Secret::from_bytes(&[seed; 20]).unwrap();
        Enrolment {
            user: UserName::parse(user).unwrap(),
            key: Key::new(secret, Algorithm::Sha1, Digits::Six, Period::default()),
            issuer: "host".into(),
            account: "a".into(),
            paired_at: UnixTime(1),
            recovery: RecoveryCodes::default(),
        }
    }

    #[test]
    fn a_tag_depends_on_user_secret_service_and_address() {
        let place = |service: &str, rhost: &str| Place::of(service, rhost).unwrap();
        let tag = place("sshd", "192.0.2.7").tag(&enrolment("anna", 1));
        assert_eq!(tag, place("sshd", "::ffff:192.0.2.7").tag(&enrolment("anna", 1)));
        for other in [
            place("sshd", "192.0.2.8").tag(&enrolment("anna", 1)),
            place("cockpit", "192.0.2.7").tag(&enrolment("anna", 1)),
            place("sshd", "192.0.2.7").tag(&enrolment("bert", 1)),
            place("sshd", "192.0.2.7").tag(&enrolment("anna", 2)),
        ] {
            assert_ne!(tag, other);
        }
    }

    #[test]
    fn services_of_the_machine_and_names_are_no_places() {
        assert!(Place::LOCAL.is_sorted());
        for (service, rhost) in
            [("sudo", "192.0.2.7"), ("su", "192.0.2.7"), ("sshd", "example.org"), ("sshd", "")]
        {
            assert_eq!(Place::of(service, rhost), None);
        }
    }
}
