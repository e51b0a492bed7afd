//! How people come to a first device: what the site lets them show, and whether they have it.

use std::collections::{HashMap, HashSet};
use std::fs;

use insis_otp::config::{Config, SelfEnrollment, Unenrolled};
use insis_otp::oath::UnixTime;
use insis_otp::store::{Account, InvitationRefusal};

use super::pam::Used;
use super::password_service::PasswordService;
use super::people::{self, some};
use super::records::Records;
use super::{Finding, Machine, Remedy, Severity, quoted, remedy};
use crate::messages::Messages;
use crate::{sanitize, stored, users};
use insis_otp::pam_stack::files::Files;

/// How many files one command removes.
const AT_ONCE: usize = 20;

/// What enrollment is judged by.
pub struct Enrollment<'a> {
    /// The language.
    pub messages: &'a Messages,
    /// The machine.
    pub machine: &'a Machine,
    /// Its PAM files.
    pub files: &'a Files,
    /// The configuration.
    pub site: &'a Config,
    /// The services that ask for codes.
    pub used: &'a [Used],
    /// The time.
    pub now: UnixTime,
}

impl Enrollment<'_> {
    /// Findings; people and invitations are looked at by root only. Files in homes belong to people, who need to show
    /// nothing.
    pub fn examine(&self, (people, records): (&[Account], &Records), as_root: bool) -> Vec<Finding> {
        if self.site.secret_file.is_home() || self.used.is_empty() {
            return Vec::new();
        }
        let text = fs::read_to_string(self.machine.path(Config::PATH)).unwrap_or_default();
        let mut findings: Vec<_> = self.setting(&text).into_iter().collect();
        let service = PasswordService::new(self.messages, self.machine, self.files);
        let by_password = self.site.self_enrollment == SelfEnrollment::Password;
        findings.extend(by_password.then(|| service.examine()).flatten());
        if as_root {
            findings.extend(self.stale_invitations());
            // Who has none here may have one in a directory, where one is asked.
            let locked = if by_password && !service.asks_elsewhere(users::has_directory()) {
                locked_accounts()
            } else {
                HashSet::new()
            };
            findings.extend(self.without_credential((people, records), &locked));
        }
        findings
    }

    /// `self_enrollment` itself.
    fn setting(&self, text: &str) -> Option<Finding> {
        let messages = self.messages;
        let location = match remedy::line_of(text, &[], "self_enrollment") {
            Some(number) => format!("{}:{number}", Config::PATH),
            None => Config::PATH.to_owned(),
        };
        let remedy = Remedy::instead(messages, "self_enrollment = \"password\"");
        match self.site.self_enrollment {
            SelfEnrollment::Open => {
                Some(Finding::new(Severity::Note, location, &messages.doctor_self_enrollment_open(), remedy))
            }
            SelfEnrollment::Off => {
                let leads = |used: &&Used| {
                    used.config.as_ref().is_some_and(|own| own.unenrolled_at(self.now) == Unenrolled::Enroll)
                };
                let services: Vec<_> =
                    self.used.iter().filter(leads).map(|used| used.service.as_str()).collect();
                let text = messages.doctor_self_enrollment_off(some(&services));
                let remedy = remedy.after(&messages.how_self_enrollment_off());
                (!services.is_empty()).then(|| Finding::new(Severity::Warning, location, &text, remedy))
            }
            SelfEnrollment::Password | SelfEnrollment::Invitation => None,
        }
    }

    /// People without an enrollment who can show nothing of what the site lets them enroll with.
    fn without_credential(
        &self,
        (people, records): (&[Account], &Records),
        locked: &HashSet<String>,
    ) -> Option<Finding> {
        let messages = self.messages;
        let by_invitation = match self.site.self_enrollment {
            SelfEnrollment::Password => false,
            SelfEnrollment::Invitation => true,
            SelfEnrollment::Open | SelfEnrollment::Off => return None,
        };
        let lacks = |person: &&Account| by_invitation || locked.contains(person.name.as_str());
        let lacking: Vec<_> = people.iter().filter(lacks).collect();
        let unenrolled = people::unenrolled(self.site, self.used, &lacking, records);
        let invited = |person: &&Account| {
            let invitation = self.site.secret_file.locate(person).invitation();
            invitation.refusal(self.now).is_ok_and(|refusal| refusal.is_none())
        };
        let names: Vec<_> =
            unenrolled.into_iter().filter(|one| !invited(one)).map(|one| one.name.as_str()).collect();
        let first = names.first()?;
        let (count, all) = (names.len(), some(&names));
        let text = match by_invitation {
            true => messages.doctor_no_invitation(count, all),
            false => messages.doctor_no_password(count, all),
        };
        let command = format!("otp-setup invite --user {}", quoted(first));
        let remedy = Remedy::new(messages.how_invite(), command);
        // Whether they are locked out for it is told with people who have no enrollment.
        Some(Finding::new(Severity::Note, "self_enrollment", &text, remedy))
    }

    /// Invitations with which nobody can enroll any more.
    fn stale_invitations(&self) -> Option<Finding> {
        let listing = stored::list(&self.site.secret_file)?;
        let is_stale = |account: &Option<Account>| {
            // A directory may be away, and the person not.
            let Some(account) = account else { return !users::has_directory() };
            let invitation = self.site.secret_file.locate(account).invitation();
            let over = Some(Some(InvitationRefusal::Expired));
            let used_up = Some(Some(InvitationRefusal::UsedUp));
            let refusal = invitation.refusal(self.now).ok();
            refusal == over || refusal == used_up
        };
        let mut paths: Vec<_> = listing
            .invitations
            .into_iter()
            .filter(|(_, whose)| is_stale(whose))
            .map(|(location, _)| location.to_string())
            .collect();
        paths.sort_unstable();
        let folder = paths.first()?.rsplit_once('/')?.0.to_owned();
        let shown: Vec<_> = paths.iter().map(|path| sanitize::name(path).into_owned()).collect();
        let command: Vec<_> = shown.iter().take(AT_ONCE).map(|path| quoted(path)).collect();
        let text = self.messages.doctor_stale_invitations(paths.len());
        let remedy = Remedy::new(self.messages.how_stale_invitations(), format!("rm {}", command.join(" ")));
        Some(Finding::new(Severity::Note, folder, &text, remedy))
    }
}

/// The names of this machine's own accounts that have no password here: none at all, or one that is locked.
fn locked_accounts() -> HashSet<String> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    locked(&read("/etc/passwd"), &read("/etc/shadow"))
}

/// The same, of passwd(5) and shadow(5).
fn locked(passwd: &str, shadow: &str) -> HashSet<String> {
    let is_none = |field: &str| field.is_empty() || field.starts_with(['!', '*']);
    let fields = |line: &'_ str| {
        let mut fields = line.split(':').map(str::to_owned);
        Some((fields.next()?, fields.next()?))
    };
    let shadow: HashMap<String, String> = shadow.lines().filter_map(fields).collect();
    let lacks = |(name, hash): &(String, String)| match hash.as_str() {
        // Without an entry there, there is none at all.
        "x" => shadow.get(name).is_none_or(|hash| is_none(hash)),
        hash => is_none(hash),
    };
    passwd.lines().filter_map(fields).filter(lacks).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_password_is_seen_in_passwd_and_shadow() {
        let passwd = "anna:x:1000:\nbob:x:1001:\ncarl:x:1002:\ndora:*:1003:\nevan:$6$a$b:1004:\nfred:x:1005:\ngina::1006:\n";
        let shadow = "anna:$y$hash:1\nbob:!$y$hash:1\ncarl::1\ndora:$y$hash:1\nnobody:*:1\n";
        let mut names: Vec<_> = locked(passwd, shadow).into_iter().collect();
        names.sort_unstable();
        assert_eq!(names, ["bob", "carl", "dora", "fred", "gina"]);
    }
}
