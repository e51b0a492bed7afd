//! The identity provider: what a sign-in takes on this machine.

use std::path::Path;

use insis_otp::config::{Config, IdentityProvider};
use insis_otp::record::UserName;
use insis_otp::store::Links;
use nix::unistd::User;

use super::{Finding, Remedy, Severity, quoted, reinstall};
use crate::messages::Messages;
use crate::users::Directory;

/// The system user that `otp-idp` runs as.
const USER: &str = "insis-otp-idp";
/// What the rest of a login takes beside the person's time at the provider, in seconds: the password, and the way there.
const REST: u64 = 10;

/// Looks at what belongs to the site's provider, if it has one. `grace`: sshd's LoginGraceTime in seconds, where it is known and
/// there is one.
pub fn examine(messages: &Messages, site: &Config, grace: Option<u64>, as_root: bool) -> Vec<Finding> {
    let Some(provider) = &site.identity_provider else { return Vec::new() };
    let mut findings = Vec::new();
    let program = site.helper.with_file_name("otp-idp");
    if !program.exists() {
        let text = messages.doctor_idp_missing(program.display());
        findings.push(Finding::new(
            Severity::Problem,
            program.display().to_string(),
            &text,
            reinstall(messages),
        ));
    }
    if matches!(User::from_name(USER), Ok(None)) {
        let command = "useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin";
        let remedy = Remedy::run(messages, format!("{command} {USER}"));
        findings.push(Finding::new(Severity::Problem, USER, &messages.doctor_idp_user(USER), remedy));
    }
    findings.extend(too_little_time(messages, provider, grace));
    let linked = if as_root { Links::system().list().ok() } else { None };
    findings.extend(unusable_links(messages, linked.as_deref().unwrap_or_default()));
    if linked.is_some_and(|linked| linked.is_empty()) {
        let remedy = Remedy::run(messages, format!("otp-setup link --user {}", quoted("NAME")));
        let text = messages.doctor_idp_nobody(&provider.name);
        findings.push(Finding::new(Severity::Note, Config::PATH, &text, remedy));
    }
    findings
}

/// Links of people whom the user database does not know any more, or knows by another user id, and what else is no link.
fn unusable_links(messages: &Messages, linked: &[UserName]) -> Vec<Finding> {
    let (directory, links) = (Directory::for_lookups(linked.len()), Links::system());
    let examine = |name: &UserName| {
        let text = match directory.lookup(name) {
            Ok(Some(account)) => {
                messages.doctor_link_broken(messages.store_error(links.load(&account).err()?))
            }
            Ok(None) => messages.doctor_link_unknown(name),
            // Whose it is shows when the database answers.
            Err(_) => return None,
        };
        let remedy = Remedy::run(messages, format!("otp-setup unlink --user {}", quoted(name.as_str())));
        Some(Finding::new(Severity::Warning, name.to_string(), &text, remedy))
    };
    linked.iter().filter_map(examine).collect()
}

/// sshd hangs up before the person can be done.
fn too_little_time(messages: &Messages, provider: &IdentityProvider, grace: Option<u64>) -> Option<Finding> {
    let (deadline, grace) = (provider.deadline.0, grace?);
    let is_short = provider.is_offered_in("sshd") && grace > 0 && grace < deadline + REST;
    let remedy = || {
        let file = Path::new("/etc/ssh/sshd_config.d/00-insis-otp.conf");
        let how = messages.how_idp_grace(file.display());
        Remedy::new(how, format!("LoginGraceTime {}", deadline + 3 * REST))
    };
    let text = || messages.doctor_idp_grace(grace, deadline);
    is_short.then(|| Finding::new(Severity::Warning, "sshd LoginGraceTime", &text(), remedy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sshd_has_to_wait_longer_than_the_login_does() {
        let messages = Messages::of_locale("en");
        let provider = IdentityProvider::default();
        let found = |grace| too_little_time(&messages, &provider, grace).map(|finding| finding.line);
        assert_eq!(found(Some(120)), None);
        assert_eq!(found(Some(100)), None);
        assert_eq!(found(Some(99)).as_deref(), Some("LoginGraceTime 120"));
        assert_eq!((found(Some(0)), found(None)), (None, None), "no limit, or not known");
        let elsewhere = IdentityProvider { services: vec!["login".into()], ..IdentityProvider::default() };
        assert!(too_little_time(&messages, &elsewhere, Some(5)).is_none());
    }

    #[test]
    fn a_site_without_a_provider_has_nothing_to_look_at() {
        assert!(examine(&Messages::of_locale("en"), &Config::default(), Some(1), true).is_empty());
    }
}
