//! `otp-setup doctor`: looks for what would lock people out, or let them in without a code, before it does.
//!
//! Each finding says what it is, why it matters, and the exact line to write or to run. Nothing is changed.

mod authselect;
mod enrollment;
#[cfg(test)]
mod fixtures;
mod fleet;
mod mail;
mod modules;
mod mounts;
mod pam;
mod password_service;
mod people;
mod plan;
mod policy;
mod provider;
mod records;
mod remedy;
mod scenario;
mod settings;
mod sshd;
mod store;
mod system;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use insis_otp::config::{Config, ConfigError, StoreKind};
use insis_otp::oath::UnixTime;
use serde::Serialize;

use self::pam::Examination;
use self::remedy::Correction;
use crate::messages::{Description, Messages};
use crate::users;
use insis_otp::pam_stack::files::Files;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Somebody may be locked out, or get in without a code, by certain ways.
    Warning,
    /// People are locked out, or get in without a code.
    Problem,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of finding it is, in every language and version: `sshd-usepam`.
    pub id: String,
    /// Where: a file and line, a path, a setting.
    #[serde(rename = "place")]
    pub location: String,
    /// What it is.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do with the line.
    pub remedy: String,
    /// The exact line to write, or the command to run.
    pub line: String,
}

/// The id of a finding, from the name of its message: `doctor_sshd_usepam` is `sshd-usepam`.
pub fn id(message: &str) -> String {
    message.trim_start_matches("doctor_").replace('_', "-")
}

/// What to do about a finding.
#[derive(Clone, Debug)]
pub struct Remedy {
    /// In words.
    how: String,
    /// The exact line.
    line: String,
}

impl Remedy {
    /// This line is for that.
    pub fn new(how: String, line: impl Into<String>) -> Self {
        Self { how, line: line.into() }
    }

    /// A command for root.
    pub fn run(messages: &Messages, command: impl Into<String>) -> Self {
        Self::new(messages.how_run(), command)
    }

    /// A line instead of the one that was found.
    pub fn instead(messages: &Messages, line: impl Into<String>) -> Self {
        Self::new(messages.how_instead(), line)
    }

    /// The same, after something else was said.
    pub fn after(self, first: &str) -> Self {
        Self { how: format!("{first} {}", self.how), ..self }
    }
}

impl Finding {
    /// A finding from a message of two lines.
    pub fn new(severity: Severity, location: impl Into<String>, found: &Description, remedy: Remedy) -> Self {
        let (what, why) = found.text.split_once('\n').unwrap_or((&found.text, ""));
        let (what, why) = (what.to_owned(), why.to_owned());
        let (location, Remedy { how, line }) = (location.into(), remedy);
        Self { severity, id: id(found.name), location, what, why, remedy: how, line }
    }
}

/// The machine that is looked at: everything below a root.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

impl Default for Machine {
    fn default() -> Self {
        Self { root: PathBuf::from("/") }
    }
}

impl Machine {
    /// The machine below a root.
    #[cfg(test)]
    pub fn below(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where an absolute path is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Where libpam finds a module.
    pub fn module(&self, module: &str) -> Option<PathBuf> {
        modules::path(&self.root, module)
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%=,".contains(letter);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// The command that puts every file of ours back in its place: the package's, where it is one.
fn reinstall(messages: &Messages) -> Remedy {
    // Every package of Debian's has such a folder; `make install` makes none.
    match Path::new("/usr/share/doc/libpam-insis-otp").is_dir() {
        true => Remedy::run(messages, "apt install --reinstall libpam-insis-otp otp-setup"),
        false => Remedy::new(messages.how_run_in_sources(), "make build && make install"),
    }
}

/// A configuration that nobody can log in with.
fn unusable(messages: &Messages, error: &ConfigError) -> Finding {
    let (ConfigError::Invalid { path, .. } | ConfigError::Unreadable { path, .. }) = error;
    let written = String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let (corrected, line) = match error {
        ConfigError::Invalid { problem, .. } => {
            (remedy::configuration(&written, path, problem), problem.line)
        }
        ConfigError::Unreadable { .. } => (None, 1),
    };
    let shown = path.display().to_string();
    let text = messages.doctor_config(messages.config_error(error));
    if let Some(corrected) = corrected {
        let (number, remedy) = match corrected {
            Correction::Instead(number, line) => (number, Remedy::instead(messages, line)),
            Correction::Below(number, line) => {
                (number, Remedy::new(messages.how_below_with_own(format!("{shown}:{number}")), line))
            }
        };
        return Finding::new(Severity::Problem, format!("{shown}:{number}"), &text, remedy);
    }
    let word = quoted(&shown);
    let closed = path.metadata().is_ok_and(|metadata| {
        metadata.is_file()
            && (metadata.uid() != 0 || metadata.mode() & 0o022 != 0 || metadata.mode() & 0o004 == 0)
    });
    if !closed && remedy::has_directory(&written) {
        let remedy = Remedy::new(messages.how_correct(), format!("editor +{line} {word}"));
        return Finding::new(Severity::Problem, format!("{shown}:{line}"), &text, remedy);
    }
    let remedy = match (closed, path == Path::new(Config::PATH)) {
        (true, _) => Remedy::run(messages, format!("chown root:root {word}; chmod 644 {word}")),
        (false, true) => Remedy::new(messages.how_defaults(), format!("mv {word} {word}.old")),
        // Where one was named it has to be there: an empty one means the defaults, too.
        (false, false) => Remedy::new(
            messages.how_defaults(),
            format!("mv {word} {word}.old; install -m 644 /dev/null {word}"),
        ),
    };
    Finding::new(Severity::Problem, shown, &text, remedy)
}

/// Examines this machine: findings, the worst first, and whether the rest could not be looked at.
pub fn examine(messages: &Messages, as_root: bool, now: UnixTime) -> Vec<Finding> {
    let machine = Machine::default();
    let mut findings = Vec::new();
    let site = Config::site().map_err(|error| findings.push(unusable(messages, &error)));
    // The defaults are as good as any others to look at PAM stacks and at the machine by. What is said of people, of
    // their enrollments and of what the site decides would be untrue.
    let is_known = site.is_ok();
    let site = site.unwrap_or_default();
    let files = Files::load(machine.root());
    let sshd = if as_root { sshd::ask(&machine) } else { None };
    let sshd_proves = sshd.as_ref().is_none_or(sshd::Sshd::proves);
    let examination =
        Examination { messages, machine: &machine, files: &files, site: &site, now, sshd_proves };
    let (pam_findings, used) = examination.run();
    findings.extend(pam_findings);
    if is_known {
        findings.extend(policy::examine(messages, &site, &used, &files));
    }
    let (machine, files, used) = (&machine, &files, used.as_slice());
    let (everybody, records) = (users::with_shells().unwrap_or_default(), records::Records::default());
    let people = (everybody.as_slice(), &records);
    // What is said of secret files and of whose they are holds where enrollments are in them.
    let has_files = is_known && site.store == StoreKind::File;
    findings.extend(fleet::examine(messages, &site, as_root));
    if has_files {
        findings.extend(
            enrollment::Enrollment { messages, machine, files, site: &site, used, now }
                .examine(people, as_root),
        );
    }
    findings.extend(system::examine(messages, &site));
    let grace = sshd.as_ref().and_then(sshd::Sshd::grace);
    findings.extend(provider::examine(messages, &site, grace, as_root));
    findings.extend(mail::examine(messages, as_root, now));
    if has_files {
        findings.extend(store::examine(messages, &site, people, as_root));
    }
    let by_address = |config: &Config| !config.exempt.networks.is_empty() || config.remember.0 > 0;
    let networks =
        used.iter().any(|used| used.service == "sshd" && used.config.as_ref().is_some_and(by_address));
    if as_root {
        if let Some(sshd) = sshd.filter(|_| used.iter().any(|used| used.service == "sshd")) {
            findings.extend(sshd.examine(messages, networks));
        }
        if has_files {
            findings.extend(people::examine(messages, &site, used, people, now));
        }
    } else {
        let remedy = Remedy::run(messages, "sudo otp-setup doctor");
        findings.push(Finding::new(Severity::Note, "root", &messages.doctor_not_root(), remedy));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}
