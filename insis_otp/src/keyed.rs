//! What a state says of clients and sources: keyed hashes, so that it tells nobody where its owner has been, and so that
//! nobody can choose an address whose hash is another one's.

use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::network::numeric;
use crate::oath::Secret;
use crate::pam_service::is_local;
use crate::record::Enrollment;
use crate::verify::SourceTag;

/// A client that is not asked for a code again for a while: a service, and the numeric address that somebody comes to it
/// from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedClient {
    service: String,
    address: IpAddr,
    /// A digest of what the user database has of the password, which another password changes.
    password: [u8; 32],
}

/// Where an attempt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the network.
    Address(IpAddr),
    /// From a process of this machine's, by its real user id.
    User(u32),
}

impl RememberedClient {
    /// The client of a login; `None` for a service on the machine itself, where whoever sits in a session may be somebody
    /// else than its owner, and for an address that is not numeric.
    #[must_use]
    pub fn of(service: &str, rhost: &str, password: [u8; 32]) -> Option<Self> {
        if is_local(service) {
            return None;
        }
        numeric(rhost).map(|address| Self { service: service.to_owned(), address, password })
    }

    /// What it is known by: service, address, digest of the password.
    pub(crate) fn parts(&self) -> (&str, IpAddr, &[u8; 32]) {
        (&self.service, self.address, &self.password)
    }

    /// The name of this client in somebody's state: another secret and another password make another name.
    #[must_use]
    pub fn tag(&self, enrollment: &Enrollment) -> u64 {
        let address = self.address.to_string();
        let parts = [enrollment.user.as_str(), &self.service, &address].map(str::as_bytes);
        hash(enrollment.entry.key.secret(), b"remembered client", &[&parts[..], &[&self.password]].concat())
    }
}

impl Source {
    /// The source of an attempt for which the application names a remote host, and that runs with this real user id.
    /// Where several names come from one client, they are told apart by what PAM was told: a flood by names meets itself
    /// as one from this machine's user.
    #[must_use]
    pub fn of(rhost: &str, real_uid: u32) -> Self {
        numeric(rhost).map_or(Self::User(real_uid), Self::Address)
    }

    /// The name of this source in somebody's state. Addresses of one IPv6 network of 64 bits are one source: that is what
    /// one subscriber has.
    #[must_use]
    pub fn tag(self, secret: &Secret) -> SourceTag {
        let tag = match self {
            Self::Address(IpAddr::V4(address)) => hash(secret, b"source address", &[&address.octets()]),
            Self::Address(IpAddr::V6(address)) => {
                let octets = address.octets();
                hash(secret, b"source network", &[octets.get(..8).unwrap_or_default()])
            }
            Self::User(uid) => hash(secret, b"source user", &[&uid.to_be_bytes()]),
        };
        SourceTag(tag as u32)
    }
}

/// HMAC-SHA-256 under the secret, cut to 64 bits. Every part is preceded by its length, so that no two lists of parts are
/// the same message.
fn hash(secret: &Secret, purpose: &[u8], parts: &[&[u8]]) -> u64 {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.bytes()) else { return 0 };
    for part in std::iter::once(&purpose).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let digest = mac.finalize().into_bytes();
    digest.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oath::{OtpGenerator, Parameters, RecoveryCodes, UnixTime};
    use crate::record::{AppEntry, UserName};

    const PASSWORD: [u8; 32] = [1; 32];

    fn secret(seed: u8) -> Secret {
        Secret::from_bytes(&[seed; 20]).unwrap()
    }

    fn enrollment(user: &str, seed: u8) -> Enrollment {
        Enrollment {
            user: UserName::parse(user).unwrap(),
            entry: AppEntry {
                key: OtpGenerator::new(secret(seed), Parameters::default()),
                issuer: "host".into(),
                account: "a".into(),
            },
            enrolled_at: UnixTime(1),
            recovery: RecoveryCodes::default(),
        }
    }

    fn client(service: &str, rhost: &str, password: [u8; 32]) -> RememberedClient {
        RememberedClient::of(service, rhost, password).unwrap()
    }

    #[test]
    fn a_client_is_told_apart_by_user_secret_service_address_and_password() {
        let tag = client("sshd", "192.0.2.7", PASSWORD).tag(&enrollment("anna", 1));
        assert_eq!(tag, client("sshd", "::ffff:192.0.2.7", PASSWORD).tag(&enrollment("anna", 1)));
        for other in [
            client("sshd", "192.0.2.8", PASSWORD).tag(&enrollment("anna", 1)),
            client("cockpit", "192.0.2.7", PASSWORD).tag(&enrollment("anna", 1)),
            client("sshd", "192.0.2.7", PASSWORD).tag(&enrollment("bert", 1)),
            client("sshd", "192.0.2.7", PASSWORD).tag(&enrollment("anna", 2)),
            client("sshd", "192.0.2.7", [2; 32]).tag(&enrollment("anna", 1)),
        ] {
            assert_ne!(tag, other);
        }
    }

    #[test]
    fn services_of_the_machine_and_names_are_no_clients() {
        for (service, rhost) in
            [("sudo", "192.0.2.7"), ("su", "192.0.2.7"), ("sshd", "example.org"), ("sshd", "")]
        {
            assert_eq!(RememberedClient::of(service, rhost, PASSWORD), None);
        }
    }

    #[test]
    fn a_source_is_an_address_a_network_or_a_user() {
        let tag = |rhost: &str, uid: u32| Source::of(rhost, uid).tag(&secret(1));
        assert_eq!(tag("192.0.2.7", 5), tag("192.0.2.7", 6));
        assert_eq!(tag("192.0.2.7", 5), tag("::ffff:192.0.2.7", 5));
        assert_ne!(tag("192.0.2.7", 5), tag("192.0.2.8", 5));
        assert_eq!(tag("2001:db8::1", 5), tag("2001:db8::2:3", 5));
        assert_ne!(tag("2001:db8:0:1::1", 5), tag("2001:db8:0:2::1", 5));
        assert_eq!(tag("example.org", 5), tag("", 5));
        assert_ne!(tag("", 5), tag("", 6));
        assert_ne!(tag("192.0.2.7", 5), Source::of("192.0.2.7", 5).tag(&secret(2)));
    }
}
