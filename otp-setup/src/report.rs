//! What there is to tell about an enrollment, for people and for programs.

use insis_otp::oath::{Parameters, Seconds};
use insis_otp::service::{BypassStatus, Status};
use insis_otp::verify::{Proof, Refusal, Verdict};
use serde::Serialize;

use crate::doctor::{Finding, Severity};
use crate::messages::Messages;
use crate::wrap::{MEASURE, wrap};
use crate::{dates, sanitize};

/// Recovery codes at or below this number are few.
pub const FEW: u32 = 2;

/// Status for people.
pub fn text(messages: &Messages, user: &str, status: Option<&Status>) -> Vec<String> {
    let Some(status) = status else { return vec![messages.status_not_enrolled(user)] };
    let Parameters { algorithm, digits, period } = status.parameters;
    let mut lines = vec![
        messages.status_enrolled(user, dates::local(status.enrolled_at)),
        messages.status_app(sanitize::name(&status.issuer), sanitize::name(&status.account)),
        messages.status_parameters(algorithm.name(), digits.count(), period.seconds()),
    ];
    lines.push(match status.last_login {
        Some(time) => messages.status_last_login(dates::local(time)),
        None => messages.status_never_login(),
    });
    lines.push(messages.status_failures(status.failures));
    lines.extend(status.throttled.map(|wait| messages.status_throttled(wait)));
    if status.single_codes_used_up {
        lines.push(messages.status_single_codes());
    }
    let drift = status.drift.seconds(period);
    let length = Seconds(drift.unsigned_abs());
    match drift {
        ..0 => lines.push(messages.status_slow(length)),
        0 => {}
        1.. => lines.push(messages.status_fast(length)),
    }
    if let Some(last) = status.remembered.iter().max() {
        lines.push(messages.status_remembered(status.remembered.len(), dates::local(*last)));
    }
    lines.extend(
        status
            .bypass
            .map(|BypassStatus { expires, uses }| messages.status_bypass(uses, dates::local(expires))),
    );
    lines.push(messages.status_recovery(status.recovery_left));
    if status.recovery_left <= FEW {
        lines.push(messages.status_recovery_few());
    }
    lines
}

/// A line of the list of who is linked to the identity provider and has enrolled no phone.
pub fn row_without_phone(messages: &Messages, user: &str) -> String {
    format!("{:<16} {}", sanitize::name(user), messages.list_linked())
}

/// A line of the list.
pub fn row(messages: &Messages, user: &str, status: &Status) -> String {
    let enrolled = dates::short(status.enrolled_at);
    let day = enrolled.split(' ').next().unwrap_or_default();
    let last = status.last_login.map_or_else(|| messages.list_never(), dates::short);
    let delay = status.throttled.map_or_else(|| "-".to_owned(), |wait| wait.to_string());
    let (user, failures, left) = (sanitize::name(user), status.failures, status.recovery_left);
    let bypass = status.bypass.map_or_else(String::new, |BypassStatus { expires, uses }| {
        format!("  {}", messages.list_bypass(uses, dates::short(expires)))
    });
    format!("{user:<16} {day:<11} {last:<17} {failures:>6}  {delay:<8} {left:>8}{bypass}")
}

/// The doctor's findings, each with why it matters and what to do.
pub fn findings(messages: &Messages, findings: &[Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    for Finding { severity, id: _, location, what, why, remedy, line } in findings {
        let severity = match severity {
            Severity::Note => messages.doctor_note(),
            Severity::Warning => messages.doctor_warning(),
            Severity::Problem => messages.doctor_problem(),
        };
        lines.push(format!("{severity}: {location}"));
        for text in [what.clone(), messages.doctor_why(why), messages.doctor_remedy(remedy)] {
            lines.extend(wrap(&[&text], MEASURE - 4).iter().map(|line| format!("    {}", **line)));
        }
        // In one piece, to be copied.
        lines.push(format!("        {line}"));
        lines.push(String::new());
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (problems, warnings) = (count(Severity::Problem), count(Severity::Warning));
    lines.push(match (problems, warnings) {
        (0, 0) => messages.doctor_sound(),
        _ => messages.doctor_summary(problems, warnings),
    });
    lines
}

/// Status for programs. Fields are only ever added.
#[derive(Debug, Serialize)]
pub struct UserDetails<'a> {
    user: &'a str,
    #[serde(rename = "paired")]
    enrolled: bool,
    /// Whether somebody at the identity provider may sign in as this user, where the site has one and root asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    linked: Option<bool>,
    #[serde(flatten)]
    enrollment: Option<EnrollmentDetails<'a>>,
}

/// A verdict for programs.
#[derive(Debug, Serialize)]
pub struct VerdictDetails {
    accepted: bool,
    /// What opened it, or why it was refused: the words of the log.
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures_before: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes_left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass_uses_left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_seconds: Option<u64>,
}

impl VerdictDetails {
    /// Of this verdict.
    pub fn new(verdict: &Verdict) -> Self {
        let none = Self {
            accepted: false,
            what: "",
            failures_before: None,
            recovery_codes_left: None,
            bypass_uses_left: None,
            wait_seconds: None,
        };
        match verdict {
            Verdict::Accepted(accepted) => {
                let (what, recovery_codes_left, bypass_uses_left) = match accepted.by {
                    Proof::Code { .. } => ("code", None, None),
                    Proof::TwoCodes { .. } => ("two-codes", None, None),
                    Proof::Recovery { left } => ("recovery-code", Some(left), None),
                    Proof::Bypass { left } => ("bypass", None, Some(left)),
                };
                let failures_before = Some(accepted.failures);
                let opened = Self { accepted: true, what, failures_before, ..none };
                Self { recovery_codes_left, bypass_uses_left, ..opened }
            }
            Verdict::Refused(why) => {
                let wait_seconds = match why {
                    Refusal::Used { wait } | Refusal::Throttled { wait } | Refusal::TooSoon { wait } => {
                        Some(wait.0)
                    }
                    _ => None,
                };
                Self { what: why.name(), wait_seconds, ..none }
            }
        }
    }
}

/// What is known of an enrollment.
#[derive(Debug, Serialize)]
struct EnrollmentDetails<'a> {
    #[serde(rename = "paired_at")]
    enrolled_at: String,
    issuer: &'a str,
    account: &'a str,
    algorithm: &'static str,
    digits: usize,
    period: u64,
    drift_seconds: i64,
    last_login: Option<String>,
    failures: u32,
    throttled_seconds: u64,
    single_codes_used_up: bool,
    recovery_codes_left: u32,
    bypass_until: Option<String>,
    bypass_uses_left: u8,
    remembered_clients: usize,
}

impl<'a> UserDetails<'a> {
    /// Of a user's status.
    pub fn new(user: &'a str, status: Option<&'a Status>, linked: Option<bool>) -> Self {
        let enrollment = status.map(|status| {
            let Parameters { algorithm, digits, period } = status.parameters;
            EnrollmentDetails {
                enrolled_at: dates::exact(status.enrolled_at),
                issuer: &status.issuer,
                account: &status.account,
                algorithm: algorithm.name(),
                digits: digits.count(),
                period: period.seconds(),
                drift_seconds: status.drift.seconds(period),
                last_login: status.last_login.map(dates::exact),
                failures: status.failures,
                throttled_seconds: status.throttled.map_or(0, |wait| wait.0),
                single_codes_used_up: status.single_codes_used_up,
                recovery_codes_left: status.recovery_left,
                bypass_until: status.bypass.map(|bypass| dates::exact(bypass.expires)),
                bypass_uses_left: status.bypass.map_or(0, |bypass| bypass.uses),
                remembered_clients: status.remembered.len(),
            }
        });
        Self { user, enrolled: enrollment.is_some(), linked, enrollment }
    }
}

#[cfg(test)]
mod tests {
    use insis_otp::oath::{Drift, UnixTime};

    use super::*;

    #[test]
    fn names_do_not_steer_the_terminal() {
        let status = Status {
            enrolled_at: UnixTime(1),
            issuer: "\x1b]0;x\x07\u{9b}2J".to_owned(),
            account: "a\r\n\x7f\u{202e}".to_owned(),
            parameters: Parameters::default(),
            drift: Drift(0),
            last_login: None,
            failures: 0,
            throttled: None,
            single_codes_used_up: false,
            recovery_left: 0,
            bypass: None,
            remembered: Vec::new(),
        };
        let lines = text(&Messages::of_locale("en"), "anna", Some(&status));
        assert!(
            !lines.concat().chars().any(|letter| letter.is_control() || letter == '\u{202e}'),
            "{lines:?}"
        );
    }
}
