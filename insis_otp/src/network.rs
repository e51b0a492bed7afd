//! Networks in CIDR notation, and the numeric address of a remote host.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network: `192.0.2.0/24`, `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address; of IPv4 as ::ffff:a.b.c.d.
    base: u128,
    /// How many bits of it count.
    bits: u32,
    is_v4: bool,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidNetwork {
    /// It is not written like one.
    Form,
    /// It has bits set behind its prefix: a single address was probably meant.
    Address,
}

/// The address in PAM_RHOST. A name is none: whoever can set a name in the DNS would decide otherwise (CVE-2024-10963).
#[must_use]
pub fn numeric(rhost: &str) -> Option<IpAddr> {
    rhost.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

impl Network {
    /// Whether the address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.is_v4 && (mapped(address) ^ self.base) & mask(self.bits) == 0
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let written: IpAddr = address.parse().map_err(|_| InvalidNetwork::Form)?;
        let width: u32 = if written.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| InvalidNetwork::Form)?
            }
            Some(_) => return Err(InvalidNetwork::Form),
        };
        if bits > width {
            return Err(InvalidNetwork::Form);
        }
        let (base, bits) = (mapped(written), bits + 128 - width);
        if base & !mask(bits) != 0 {
            return Err(InvalidNetwork::Address);
        }
        Ok(Self { base, bits, is_v4: written.to_canonical().is_ipv4() && bits >= 96 })
    }
}

fn mapped(address: IpAddr) -> u128 {
    let v6: Ipv6Addr = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    v6.to_bits()
}

fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, rhost: &str) -> bool {
        numeric(rhost).is_some_and(|address| network.parse::<Network>().unwrap().contains(address))
    }

    #[test]
    fn addresses_are_in_their_networks_and_in_no_others() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"),
            ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
            ("::1", "::1", "127.0.0.1"),
        ] {
            assert!(holds(network, inside) && !holds(network, outside), "{network}");
        }
    }

    #[test]
    fn a_name_is_in_no_network() {
        for rhost in
            ["localhost", "192.0.2.7.example.org", "192.0.2", "", " 192.0.2.7", "192.0.2.007", "fe80::1%eth0"]
        {
            assert_eq!(numeric(rhost), None, "{rhost:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "example.org",
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/-1",
            "192.0.2.0/+8",
            "10.0.0.0/",
            "192.0.2.7/24",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }
}
