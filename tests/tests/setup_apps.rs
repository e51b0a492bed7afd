//! The other authenticators: the URIs that `otp-setup` shows, read by other people's programs, for every algorithm,
//! number of digits and period on offer.

use std::process::Command;

use insis_otp::otp::{Algorithm, Digits, Key, Period, Secret, UnixTime};
use insis_otp::otpauth::Entry;
use insis_otp_tests::env::feed;
use insis_otp_tests::phone::{App, Phone};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
const DIGITS: [Digits; 3] = [Digits::Six, Digits::Seven, Digits::Eight];

/// A pairing with these parameters. The names are plain: pyotp 2.6 decodes a URI before it takes it apart, and so trips over
/// an ampersand in a name.
fn entry(algorithm: Algorithm, digits: Digits, period: u64) -> Entry {
    let secret = Secret::from_bytes(b"\x00an insis-otp secret").unwrap();
    let key = Key::new(secret, algorithm, digits, Period::try_from(period).unwrap());
    Entry { key, issuer: "Uni".into(), account: "anna@aisa".into() }
}

fn ours(entry: &Entry, at: u64) -> String {
    let key = &entry.key;
    key.code(UnixTime(at).step(key.period())).reveal(key.digits()).to_string()
}

/// Instants from 1970 to 2100, the same in every run.
fn instants(count: usize) -> Vec<u64> {
    let next = |seed: &u64| {
        Some(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    std::iter::successors(Some(7_u64), next)
        .map(|seed| (seed >> 33) % 4_102_444_800)
        .skip(1)
        .take(count)
        .collect()
}

fn matrix(periods: &[u64]) -> Vec<Entry> {
    let all = ALGORITHMS.into_iter().flat_map(|algorithm| DIGITS.map(|digits| (algorithm, digits)));
    all.flat_map(|(algorithm, digits)| periods.iter().map(move |period| entry(algorithm, digits, *period)))
        .collect()
}

#[test]
fn pyotp_agrees_at_two_hundred_instants() {
    let program = "import sys, pyotp\nfor line in sys.stdin:\n  uri, *at = line.split()\n  totp = pyotp.parse_uri(uri)\n  \
                   print(*[totp.at(int(t)) for t in at])\n";
    let instants = instants(200);
    let times: String = instants.iter().map(|at| format!(" {at}")).collect();
    let entries = matrix(&[5, 30, 60, 300]);
    let input: String = entries.iter().map(|entry| format!("{}{times}\n", *entry.uri())).collect();
    let output = feed(Command::new("/usr/bin/python3").args(["-c", program]), &input);
    let output = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.lines().count(), entries.len());
    for (codes, entry) in output.lines().zip(&entries) {
        for (code, at) in codes.split(' ').zip(&instants) {
            assert_eq!(code, ours(entry, *at), "{:?} at {at}", entry.key);
        }
    }
}

#[test]
fn oathtool_agrees() {
    let instants = instants(10);
    for entry in matrix(&[30, 60]) {
        let phone = Phone::scanned(&entry.uri());
        for at in &instants {
            assert_eq!(phone.code(App::Oathtool, *at), ours(&entry, *at), "{:?} at {at}", entry.key);
        }
    }
}

#[test]
fn keepassxc_agrees() {
    let instants = instants(1);
    for entry in matrix(&[30]) {
        let phone = Phone::scanned(&entry.uri());
        for at in &instants {
            assert_eq!(phone.code(App::KeePassXc, *at), ours(&entry, *at), "{:?} at {at}", entry.key);
        }
    }
}
