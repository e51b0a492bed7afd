//! The machine: its clock and its log.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use insis_otp::config::Config;

use super::{Finding, Remedy, Severity};
use crate::messages::Messages;

/// Looks at clock and log.
pub fn examine(messages: &Messages, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let log = Path::new("/dev/log");
    if !log.metadata().is_ok_and(|metadata| metadata.file_type().is_socket()) {
        let remedy = Remedy::run(messages, logging());
        findings.push(Finding::new(Severity::Warning, "/dev/log", &messages.doctor_log(), remedy));
    }
    // Where the kernel does not say, as in some containers, the clock is somebody else's affair.
    if kernel_clock::is_synchronised().is_ok_and(|synchronised| !synchronised) {
        let remedy = Remedy::run(messages, keeping());
        findings.push(Finding::new(Severity::Warning, "clock", &messages.doctor_clock(), remedy));
    }
    if config.debug {
        let remedy = Remedy::new(messages.how_in_config(), "debug = false");
        findings.push(Finding::new(Severity::Note, Config::PATH, &messages.doctor_debug(), remedy));
    }
    findings
}

/// The command after which somebody listens at /dev/log.
fn logging() -> &'static str {
    match (exists("/run/systemd/system"), exists("/usr/sbin/rsyslogd")) {
        (true, _) => "systemctl start systemd-journald-dev-log.socket",
        (false, true) => "service rsyslog start",
        (false, false) => "apt install rsyslog",
    }
}

/// The command after which somebody keeps the clock.
fn keeping() -> &'static str {
    let daemons = ["/lib/systemd/systemd-timesyncd", "/usr/sbin/chronyd", "/usr/sbin/ntpd"];
    match daemons.into_iter().any(exists) {
        true => "timedatectl set-ntp true",
        false => "apt install systemd-timesyncd",
    }
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}
