//! The machine: its clock and its log.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::Command;

use insis_otp::config::Config;

use super::{Finding, Severity};
use crate::texts::Texts;

/// Looks at clock and log.
pub fn examine(texts: &Texts, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let log = Path::new("/dev/log");
    if !log.metadata().is_ok_and(|facts| facts.file_type().is_socket()) {
        findings.push(Finding::new(Severity::Warning, "/dev/log", &texts.doctor_log()));
    }
    if clock_is_kept() == Some(false) {
        findings.push(Finding::new(Severity::Warning, "clock", &texts.doctor_clock()));
    }
    if config.debug {
        findings.push(Finding::new(Severity::Note, Config::PATH, &texts.doctor_debug()));
    }
    findings
}

/// Whether the kernel's clock is synchronised, as far as somebody here can tell.
fn clock_is_kept() -> Option<bool> {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env_clear().env("LC_ALL", "C").output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    if let Some(text) = said("/usr/bin/chronyc", &["-n", "tracking"]) {
        return Some(text.lines().any(|line| line.starts_with("Leap status") && line.ends_with("Normal")));
    }
    let text = said("/usr/bin/timedatectl", &["show", "--property=NTPSynchronized", "--value"])?;
    match text.trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}
