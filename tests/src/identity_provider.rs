//! An OpenID provider on 127.0.0.1, and people who sign in there.
//!
//! ```no_run
//! use insis_otp_tests::identity_provider::{Decision, Provider};
//! let provider = Provider::start();
//! // ... something asks it, and shows an address and a code ...
//! provider.person("https://127.0.0.1:1/device", "ABCD-EFGH", Decision::Approve, &["account=anna", "amr=pwd mfa"]);
//! ```

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program that asks a provider.
pub const PROGRAM: &str = "/usr/libexec/otp-idp";
/// Where [`authority`] is written to by tests.
pub const CA_FILE: &str = "/etc/insis-otp-test-authority.pem";

/// A file of this crate's.
#[must_use]
pub fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The certificate that the providers' certificates are signed with, as PEM.
///
/// # Panics
/// It is not there.
#[must_use]
pub fn authority() -> String {
    std::fs::read_to_string(own("apps/tls/authority.pem")).expect("the tests' authority")
}

/// Where the Makefile has had npm put what tests/apps/package-lock.json names.
///
/// # Panics
/// It is not there.
#[must_use]
pub fn npm_folder() -> PathBuf {
    let own = std::env::current_exe().expect("a program has a path");
    let folders = own.ancestors().map(|folder| folder.join("apps"));
    let mut found = folders.filter(|folder| folder.join("node_modules/oidc-provider").is_dir());
    found.next().expect("npm's programs are missing: make deps-test")
}

/// What a person does on the provider's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Signs in and consents.
    Approve,
    /// Is asked to sign in, and refuses.
    Refuse,
    /// Says that the code is not hers.
    Abort,
}

/// npm's oidc-provider, over TLS. It ends when this is dropped.
#[derive(Debug)]
pub struct Provider {
    child: Child,
    issuer: String,
}

impl Provider {
    /// Starts it.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts it with these variables: `DEVICE_CODE_TTL`, and `DEVICE_INTERVAL`, which it does not name otherwise; in seconds.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn with(variables: &[(&str, &str)]) -> Self {
        // Somebody else's program: once it was seen to wait for ever at its start, for itself.
        (0..3).find_map(|_| Self::try_start(variables)).expect("the provider does not start")
    }

    fn try_start(variables: &[(&str, &str)]) -> Option<Self> {
        let mut child = Command::new("node")
            .arg(own("apps/identity-provider.mjs"))
            .arg(npm_folder().join("node_modules"))
            .args(
                ["tls/server.pem", "tls/server.key", "provider-keys.json"].map(|name| own("apps").join(name)),
            )
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is missing: make deps-test");
        let lines = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || tell.send(lines.lines().next()));
        let mut provider = Self { child, issuer: String::new() };
        let line = told.recv_timeout(Duration::from_secs(30)).ok()?;
        let issuer = line.expect("the provider ends at once").expect("the provider's issuer");
        assert!(issuer.starts_with("https://127.0.0.1:"), "the provider does not start: {issuer:?}");
        provider.issuer = issuer;
        Some(provider)
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The settings of a site that asks it, as one of its clients (`rs256`, `ps256`, `es256`, `eddsa`).
    #[must_use]
    pub fn settings(&self, client: &str, more: &str) -> String {
        settings(&self.issuer, client, more)
    }

    /// A person goes to the address, types the code, and signs in with what the provider's login page asks for. Returns what
    /// the last page says.
    ///
    /// # Panics
    /// The pages do not go on.
    pub fn person(&self, uri: &str, code: &str, decision: Decision, fields: &[&str]) -> String {
        let decision = match decision {
            Decision::Approve => "approve",
            Decision::Refuse => "refuse",
            Decision::Abort => "abort",
        };
        let mut browser = Command::new("node");
        browser.arg(own("apps/person.mjs")).args([uri, code, decision]).args(fields);
        browser.env("NODE_EXTRA_CA_CERTS", own("apps/tls/authority.pem"));
        String::from_utf8(crate::env::run(&mut browser).stdout).expect("UTF-8")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The settings of a site that asks a provider with a certificate of the tests' authority, which is to be at [`CA_FILE`].
#[must_use]
pub fn settings(issuer: &str, client: &str, more: &str) -> String {
    format!(
        "[identity_provider]\nname = \"Example\"\nissuer = \"{issuer}\"\nclient_id = \"{client}\"\n\
         ca_file = \"{CA_FILE}\"\n{more}\n"
    )
}
