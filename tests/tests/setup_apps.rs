//! The other authenticators: the URIs that `otp-setup` shows, read by other people's programs, for every algorithm,
//! number of digits and period on offer.

use std::process::Command;

use insis_otp::oath::{Algorithm, Digits, OtpGenerator, Parameters, Period, Secret, UnixTime};
use insis_otp::record::AppEntry;
use insis_otp_tests::env::feed;
use insis_otp_tests::identity_provider::npm_folder;
use insis_otp_tests::keepassxc::KeePassXc;
use insis_otp_tests::phone::{App, Phone};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
const DIGITS: [Digits; 3] = [Digits::Six, Digits::Seven, Digits::Eight];

/// An enrollment with these parameters. The names are plain: pyotp 2.6 decodes a URI before it takes it apart, and so trips over
/// an ampersand in a name.
fn entry(algorithm: Algorithm, digits: Digits, period: u64) -> AppEntry {
    let secret = Secret::from_bytes(b"\x00an insis-otp secret").unwrap();
    let key = OtpGenerator::new(
        secret,
        Parameters { algorithm, digits, period: Period::try_from(period).unwrap() },
    );
    AppEntry { key, issuer: "Uni".into(), account: "anna@aisa".into() }
}

fn ours(entry: &AppEntry, at: u64) -> String {
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

fn matrix(periods: &[u64]) -> Vec<AppEntry> {
    let all = ALGORITHMS.into_iter().flat_map(|algorithm| DIGITS.map(|digits| (algorithm, digits)));
    all.flat_map(|(algorithm, digits)| periods.iter().map(move |period| entry(algorithm, digits, *period)))
        .collect()
}

/// What every app is tried with: every algorithm, number of digits and period on offer, at two hundred instants.
struct Matrix {
    entries: Vec<AppEntry>,
    instants: Vec<u64>,
}

impl Matrix {
    fn of(periods: &[u64]) -> Self {
        Self { entries: matrix(periods), instants: instants(200) }
    }

    /// The input of programs that read a URI and times in each line.
    fn lines(&self) -> String {
        let times: String = self.instants.iter().map(|at| format!(" {at}")).collect();
        self.entries.iter().map(|entry| format!("{}{times}\n", *entry.uri())).collect()
    }

    /// Their output: the codes of each line.
    fn hold_to_lines(&self, output: &[u8]) {
        let output = String::from_utf8_lossy(output);
        let lines: Vec<Vec<&str>> = output.lines().map(|line| line.split(' ').collect()).collect();
        assert_eq!(lines.len(), self.entries.len());
        self.hold(|entry, at| (*lines[entry][at]).to_owned());
    }

    /// That the app shows our codes; `code` is for the numbers of an entry and of an instant.
    fn hold(&self, mut code: impl FnMut(usize, usize) -> String) {
        for (at, instant) in self.instants.iter().enumerate() {
            for (number, entry) in self.entries.iter().enumerate() {
                assert_eq!(code(number, at), ours(entry, *instant), "{:?} at {instant}", entry.key);
            }
        }
    }
}

#[test]
fn pyotp_agrees_at_two_hundred_instants() {
    let program = "import sys, pyotp\nfor line in sys.stdin:\n  uri, *at = line.split()\n  totp = pyotp.parse_uri(uri)\n  \
                   print(*[totp.at(int(t)) for t in at])\n";
    let matrix = Matrix::of(&[5, 30, 60, 300]);
    let output = feed(Command::new("/usr/bin/python3").args(["-c", program]), &matrix.lines());
    matrix.hold_to_lines(&output.stdout);
}

#[test]
fn otpauth_of_npm_agrees_at_two_hundred_instants() {
    let program = "const { URI } = require('otpauth');\n\
                   for (const line of require('fs').readFileSync(0, 'utf8').trim().split('\\n')) {\n\
                   const [uri, ...at] = line.split(' ');\n\
                   const totp = URI.parse(uri);\n\
                   console.log(at.map(t => totp.generate({ timestamp: 1000 * t })).join(' '));\n}";
    let matrix = Matrix::of(&[5, 30, 60, 300]);
    let mut node = Command::new("node");
    let output = feed(node.args(["-e", program]).current_dir(npm_folder()), &matrix.lines());
    matrix.hold_to_lines(&output.stdout);
}

#[test]
fn oathtool_agrees_at_two_hundred_instants() {
    let matrix = Matrix::of(&[30]);
    let phones: Vec<_> = matrix.entries.iter().map(|entry| Phone::scanned(&entry.uri())).collect();
    matrix.hold(|entry, at| phones[entry].code(App::Oathtool, matrix.instants[at]));
}

#[test]
fn keepassxc_agrees_at_two_hundred_instants() {
    // It has no longer steps than a minute.
    let matrix = Matrix::of(&[5, 30, 60]);
    let uris: Vec<_> = matrix.entries.iter().map(AppEntry::uri).collect();
    let mut app = KeePassXc::with(uris.iter().map(|uri| uri.as_str()));
    matrix.hold(|entry, at| app.code(entry, matrix.instants[at]));
}
