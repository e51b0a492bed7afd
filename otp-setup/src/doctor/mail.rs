//! Mail to owners: whether it can be sent, and whether anybody looks for what there is to tell.

use std::os::unix::fs::PermissionsExt;

use insis_otp::config::{Config, ConfigError, Mail};
use insis_otp::oath::{Seconds, UnixTime};

use super::{Finding, Remedy, Severity};
use crate::mail::ledger::Ledger;
use crate::messages::Messages;

/// After so long without a look nobody looks.
const SILENCE: Seconds = Seconds(86_400);

/// Looks at what belongs to mail, if the site sends any.
pub fn examine(messages: &Messages, as_root: bool, now: UnixTime) -> Vec<Finding> {
    let mail = match Mail::site() {
        Ok(Some(mail)) => mail,
        Ok(None) => return Vec::new(),
        Err(ConfigError::Invalid { path, problem }) => {
            let location = format!("{}:{}", path.display(), problem.line);
            let text = messages.doctor_mail_settings(messages.setting_error(&problem.error));
            let command = format!("editor +{} {}", problem.line, path.display());
            return vec![Finding::new(
                Severity::Warning,
                location,
                &text,
                Remedy::new(messages.how_correct(), command),
            )];
        }
        // That is told of the settings as a whole.
        Err(ConfigError::Unreadable { .. }) => return Vec::new(),
    };
    let mut findings = Vec::new();
    let is_program =
        |metadata: std::fs::Metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
    if !mail.command.metadata().is_ok_and(is_program) {
        let path = mail.command.display().to_string();
        let remedy = Remedy::new(messages.how_mail_command(), format!("editor {}", Config::PATH));
        findings.push(Finding::new(Severity::Warning, &path, &messages.doctor_mail_command(&path), remedy));
    }
    let is_recent = |last: UnixTime| last.until(now) < SILENCE;
    if as_root && !Ledger::last_look().is_some_and(is_recent) {
        let remedy = Remedy::run(messages, "systemctl enable --now insis-otp-mail.timer");
        findings.push(Finding::new(
            Severity::Warning,
            Ledger::DIRECTORY,
            &messages.doctor_mail_silent(),
            remedy,
        ));
    }
    findings
}
