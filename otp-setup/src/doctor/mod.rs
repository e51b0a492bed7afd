//! `otp-setup doctor`: looks for what would lock people out, or let them in without a code, before it does.
//!
//! Each finding says what it is, why it matters, and what to write or run. Nothing is changed.

mod pam;
mod pam_files;
mod people;
mod settings;
mod sshd;
mod store;
mod system;

use insis_otp::config::Config;
use insis_otp::otp::UnixTime;
use serde::Serialize;

use crate::texts::Texts;

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
    /// Where: a file and line, a path, a setting.
    pub place: String,
    /// What it is.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to write or run.
    pub remedy: String,
}

impl Finding {
    /// A finding from a message of three lines.
    pub fn new(severity: Severity, place: impl Into<String>, text: &str) -> Self {
        let mut lines = text.splitn(3, '\n').map(str::to_owned);
        let mut line = || lines.next().unwrap_or_default();
        Self { severity, place: place.into(), what: line(), why: line(), remedy: line() }
    }
}

/// Examines this machine: findings, the worst first, and whether the rest could not be looked at.
pub fn examine(texts: &Texts, as_root: bool, now: UnixTime) -> Vec<Finding> {
    let mut findings = Vec::new();
    let config = match Config::site() {
        Ok(config) => config,
        Err(error) => {
            let text = texts.doctor_config(&error);
            findings.push(Finding::new(Severity::Problem, Config::PATH, &text));
            Config::default()
        }
    };
    let services = pam_files::services();
    let (pam_findings, used) = pam::examine(texts, &services, &config, now);
    findings.extend(pam_findings);
    findings.extend(system::examine(texts, &config));
    findings.extend(store::examine(texts, &config, as_root));
    if as_root {
        if used.iter().any(|used| used.service == "sshd") {
            findings.extend(sshd::examine(texts));
        }
        findings.extend(people::examine(texts, &config, &used, now));
    } else {
        findings.push(Finding::new(Severity::Note, "root", &texts.doctor_not_root()));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}
