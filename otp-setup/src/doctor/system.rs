//! The machine: its clock and its log.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;

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
    // Where the kernel does not say, as in some containers, the clock is somebody else's affair.
    if kernel_clock::is_synchronised().is_ok_and(|synchronised| !synchronised) {
        findings.push(Finding::new(Severity::Warning, "clock", &texts.doctor_clock()));
    }
    if config.debug {
        findings.push(Finding::new(Severity::Note, Config::PATH, &texts.doctor_debug()));
    }
    findings
}
