//! Authenticator apps: other people's programs that compute the same codes.

use std::process::Command;

use crate::env::{feed, run};
use crate::keepassxc::{self, KeePassXc};

/// An app.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum App {
    /// oathtool, of the OATH Toolkit.
    Oathtool,
    /// pyotp, the Python library.
    Pyotp,
    /// KeePassXC, by its command line.
    KeePassXc,
}

impl App {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Oathtool, Self::Pyotp, Self::KeePassXc];
}

/// A phone that has scanned a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phone {
    uri: String,
}

impl Phone {
    /// One that has scanned this `otpauth://totp/…` URI.
    #[must_use]
    pub fn scanned(uri: &str) -> Self {
        assert!(uri.starts_with("otpauth://totp/"), "no phone takes this: {uri}");
        Self { uri: uri.to_owned() }
    }

    /// One into which this secret was typed: SHA1, six digits, 30 seconds. Blanks in it do not matter.
    #[must_use]
    pub fn typed(secret: &str) -> Self {
        Self::with(secret, "SHA1", 6, 30)
    }

    /// One into which this secret was typed, with other settings.
    #[must_use]
    pub fn with(secret: &str, algorithm: &str, digits: u8, period: u32) -> Self {
        let secret: String = secret.chars().filter(|letter| !letter.is_whitespace()).collect();
        Self::scanned(&format!(
            "otpauth://totp/Test:test?secret={secret}&issuer=Test&algorithm={algorithm}&digits={digits}&period={period}"
        ))
    }

    /// The URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The secret, in base32.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.parameter("secret").expect("the URI has a secret")
    }

    /// The code that the app shows at that Unix time.
    #[must_use]
    pub fn code(&self, app: App, at: u64) -> String {
        match app {
            App::Oathtool => self.oathtool(at),
            App::Pyotp => self.pyotp(at),
            App::KeePassXc => KeePassXc::with([self.uri()]).code(0, at),
        }
    }

    /// The code that oathtool shows at that Unix time.
    #[must_use]
    pub fn code_at(&self, at: u64) -> String {
        self.code(App::Oathtool, at)
    }

    /// The length of a time step.
    #[must_use]
    pub fn period(&self) -> u64 {
        self.parameter("period").map_or(30, |period| period.parse().expect("a period is a number"))
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.uri.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    fn oathtool(&self, at: u64) -> String {
        let algorithm = self.parameter("algorithm").unwrap_or("SHA1").to_lowercase();
        let mut command = Command::new("oathtool");
        command.arg(format!("--totp={algorithm}")).arg("--base32");
        command.args(["--digits", self.parameter("digits").unwrap_or("6")]);
        command.arg(format!("--time-step-size={}s", self.period())).arg(format!("--now=@{at}"));
        // By standard input: command lines are for everybody to read.
        trimmed(&feed(command.arg("-"), self.secret()).stdout)
    }

    fn pyotp(&self, at: u64) -> String {
        let program = format!("import sys, pyotp; print(pyotp.parse_uri(sys.stdin.read()).at({at}))");
        trimmed(&feed(Command::new("/usr/bin/python3").args(["-c", &program]), &self.uri).stdout)
    }
}

fn trimmed(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

/// Reads the QR codes in a picture, as a phone's camera does. None is an empty list.
#[must_use]
pub fn scan(picture: &std::path::Path) -> Vec<String> {
    let output = Command::new("zbarimg")
        .args(["--raw", "--quiet", "-Sdisable", "-Sqrcode.enable"])
        .arg(picture)
        .output();
    let output = output.expect("zbarimg is missing: make deps");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Reads the one QR code in a picture.
///
/// # Panics
/// When there is not exactly one.
#[must_use]
pub fn scan_one(picture: &std::path::Path) -> String {
    let found = scan(picture);
    match found.as_slice() {
        [one] => one.clone(),
        other => panic!("{} QR codes in {}", other.len(), picture.display()),
    }
}

/// Waits until the clock of the machine has reached that Unix time.
pub fn wait_until(at: u64) {
    while now() < at {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// The Unix time.
#[must_use]
pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Whether all apps can be run here; says which cannot.
pub fn require_apps() {
    run(Command::new("oathtool").arg("--version"));
    run(Command::new("/usr/bin/python3").args(["-c", "import pyotp"]));
    run(keepassxc::quiet(std::path::Path::new("/tmp")).arg("--version"));
}
