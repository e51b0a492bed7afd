//! What monitoring systems read: the line and exit status of a Nagios or Icinga plugin, and metrics for Prometheus.
//!
//! Nothing in it names a person or is in a language: findings go by their ids.

use std::fmt::Write as _;

use insis_otp::oath::UnixTime;

use crate::doctor::{Finding, Severity};
use crate::roster::Totals;

const SEVERITIES: [Severity; 3] = [Severity::Problem, Severity::Warning, Severity::Note];

/// How a check ended, in the terms of the plugins of Nagios and Icinga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nothing but notes.
    Ok,
    /// Warnings.
    Warning,
    /// Problems.
    Critical,
    /// Not everything could be looked at.
    Unknown,
}

impl Check {
    /// What the findings come to. Without root a part is looked at only, so that nothing worse than OK is certain.
    pub fn of(findings: &[Finding], as_root: bool) -> Self {
        match findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Problem) => Self::Critical,
            _ if !as_root => Self::Unknown,
            Some(Severity::Warning) => Self::Warning,
            Some(Severity::Note) | None => Self::Ok,
        }
    }

    /// The exit status.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

/// The ids of what is no note, each once, the worst first.
fn ids(findings: &[Finding]) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Note) {
        if !ids.contains(&finding.id.as_str()) {
            ids.push(&finding.id);
        }
    }
    ids
}

/// The line of a plugin: `OTP WARNING - clock, log | problems=0 warnings=2 notes=0`.
pub fn plugin_line(check: Check, findings: &[Finding]) -> String {
    let [problems, warnings, notes] = SEVERITIES.map(|severity| count(findings, severity));
    let ids = match ids(findings).join(", ") {
        ids if ids.is_empty() => ids,
        ids => format!(" - {ids}"),
    };
    format!("OTP {}{ids} | problems={problems} warnings={warnings} notes={notes}\n", check.word())
}

/// A family of metrics in Prometheus's text format: each sample with its labels.
fn gauge(name: &str, help: &str, samples: impl IntoIterator<Item = (String, usize)>) -> String {
    let mut text = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    for (labels, value) in samples {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name}{labels} {value}");
    }
    text
}

fn single(name: &str, help: &str, value: usize) -> String {
    gauge(name, help, [(String::new(), value)])
}

fn timestamp(name: &str, now: UnixTime) -> String {
    format!("# HELP {name} When this was looked at.\n# TYPE {name} gauge\n{name} {}\n", now.0)
}

const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Problem => "problem",
    }
}

/// The findings as metrics.
pub fn finding_metrics(findings: &[Finding], now: UnixTime) -> String {
    let by_severity = SEVERITIES
        .map(|severity| (format!("{{severity=\"{}\"}}", severity_name(severity)), count(findings, severity)));
    let by_id = ids(findings).into_iter().map(|id| {
        let same = findings.iter().filter(|finding| finding.id == id).count();
        (format!("{{id=\"{id}\"}}"), same)
    });
    [
        gauge("insis_otp_findings", "What otp-setup doctor found, by severity.", by_severity),
        gauge("insis_otp_finding", "Problems and warnings of otp-setup doctor, by id.", by_id),
        timestamp("insis_otp_doctor_timestamp_seconds", now),
    ]
    .concat()
}

/// How far the roll-out is, as metrics.
pub fn people_metrics(totals: &Totals, now: UnixTime) -> String {
    let states = totals.by_state().map(|(state, count)| (format!("{{state=\"{state}\"}}"), count));
    let Totals { overdue, throttled, few, .. } = *totals;
    [
        gauge("insis_otp_people", "People, by how far they are with a second factor.", states),
        single("insis_otp_people_overdue", "Who needs a second factor by now and has none.", overdue),
        single("insis_otp_people_throttled", "Whose single codes are delayed now.", throttled),
        single("insis_otp_people_few_recovery_codes", "Who has few recovery codes left.", few),
        timestamp("insis_otp_report_timestamp_seconds", now),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Remedy;
    use crate::messages::{Description, Messages};

    fn finding(severity: Severity, name: &'static str) -> Finding {
        let found = Description { name, text: "what of anna\nwhy".into() };
        let remedy = Remedy::run(&Messages::of_locale("en"), "true");
        Finding::new(severity, "/home/anna", &found, remedy)
    }

    #[test]
    fn a_plugins_status_is_the_worst_finding_and_unknown_without_root() {
        let of = |severities: &[Severity], as_root| {
            let findings: Vec<_> =
                severities.iter().map(|severity| finding(*severity, "doctor_clock")).collect();
            Check::of(&findings, as_root).code()
        };
        for (severities, root, other) in [
            (&[][..], 0, 3),
            (&[Severity::Note], 0, 3),
            (&[Severity::Note, Severity::Warning], 1, 3),
            (&[Severity::Problem, Severity::Warning], 2, 2),
        ] {
            assert_eq!((of(severities, true), of(severities, false)), (root, other), "{severities:?}");
        }
    }

    #[test]
    fn the_line_has_each_id_once_and_nothing_of_anybody() {
        let findings = [
            finding(Severity::Problem, "doctor_sshd_usepam"),
            finding(Severity::Problem, "doctor_file_broken"),
            finding(Severity::Problem, "doctor_file_broken"),
            finding(Severity::Note, "doctor_debug"),
        ];
        let line = plugin_line(Check::of(&findings, true), &findings);
        assert_eq!(line, "OTP CRITICAL - sshd-usepam, file-broken | problems=3 warnings=0 notes=1\n");
        assert_eq!(plugin_line(Check::Ok, &[]), "OTP OK | problems=0 warnings=0 notes=0\n");
        let metrics = finding_metrics(&findings, UnixTime(7));
        assert!(metrics.contains("insis_otp_finding{id=\"file-broken\"} 2\n"), "{metrics}");
        assert!(metrics.contains("insis_otp_findings{severity=\"note\"} 1\n"), "{metrics}");
        assert!(!line.contains("anna") && !metrics.contains("anna"));
    }
}
