//! The directory of a site that keeps enrollments there.

use insis_otp::config::Config;
use insis_otp::record::UserName;
use insis_otp::service::{FleetClient, Request, Response};
use nix::unistd::User;

use super::{Finding, Remedy, Severity, reinstall};
use crate::messages::Messages;

/// The system user that `otp-fleet` runs as.
const USER: &str = "insis-otp-fleet";
/// Whom it is asked for: an entry that every directory has to have.
const NOBODY: &str = "insis-otp-nobody";

/// Looks at what asks the directory, and asks it, as root.
pub fn examine(messages: &Messages, site: &Config, as_root: bool) -> Vec<Finding> {
    let (Some(fleet), Ok(nobody)) = (site.fleet_of(NOBODY), UserName::parse(NOBODY)) else {
        return Vec::new();
    };
    let client = FleetClient::new(site, fleet, &nobody);
    let program = client.program().display().to_string();
    let mut findings = Vec::new();
    if !client.program().exists() {
        let text = messages.doctor_fleet_missing(&program);
        findings.push(Finding::new(Severity::Problem, program, &text, reinstall(messages)));
    } else if matches!(User::from_name(USER), Ok(None)) {
        let command = "useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin";
        let remedy = Remedy::run(messages, format!("{command} {USER}"));
        findings.push(Finding::new(Severity::Problem, USER, &messages.doctor_fleet_user(USER), remedy));
    } else if as_root && let Some(why) = asked(&client) {
        let remedy = Remedy::new(messages.how_fleet(), "otp-setup list");
        findings.push(Finding::new(Severity::Problem, "[fleet]", &messages.doctor_fleet(why), remedy));
    }
    let remedy = Remedy::run(messages, "otp-setup list");
    findings.push(Finding::new(Severity::Note, "store", &messages.doctor_fleet_people(), remedy));
    findings
}

/// Why the directory does not answer, if it does not.
fn asked(client: &FleetClient) -> Option<String> {
    match client.manage(&Request::Status) {
        Ok(Response::NotEnrolled | Response::Status(_)) => None,
        Ok(Response::Failed(why)) => Some(why),
        Ok(other) => Some(format!("{other:?}")),
        Err(error) => Some(error.to_string()),
    }
}
