//! Who is locked out, or is going to be: people without an enrollment, by the rules of each service that asks for codes.

use std::collections::BTreeMap;

use insis_otp::config::{Config, Exempt, Required, SelfEnrollment, Unenrolled};
use insis_otp::oath::{Seconds, UnixTime};
use insis_otp::store::{Account, Links, Template};

use super::pam::{Used, with_setting};
use super::records::Records;
use super::{Finding, Remedy, Severity, quoted, remedy};
use crate::messages::Messages;
use crate::named::{Days, Named};
use crate::{dates, users};
use insis_otp::pam_stack::files::Rule;

/// How many names are said.
const NAMED: usize = 10;
/// How long ahead a deadline is near.
const NEAR: Seconds = Seconds(14 * 86_400);
/// The keys by which it is required of some.
const REQUIRED: &str = "required_users, required_groups";

/// Services at which the same happens to people without an enrollment.
struct Rules<'a> {
    config: &'a Config,
    /// Where these rules stand, when it is not the configuration.
    stack: Option<&'a Rule>,
    /// Whether who is linked to the identity provider is asked to sign in there, whatever else is said of those without an
    /// enrollment.
    has_provider: bool,
    services: Vec<&'a str>,
}

/// People who can log in and have no enrollment, by what that means for them at this time.
pub fn examine(
    messages: &Messages,
    site: &Config,
    used: &[Used],
    (people, records): (&[Account], &Records),
    now: UnixTime,
) -> Vec<Finding> {
    let rules = gather(site, used);
    if rules.is_empty() {
        return Vec::new();
    }
    let mut findings: Vec<_> =
        rules.iter().flat_map(|rules| rules.examine(messages, (people, records), now)).collect();
    if !users::are_enumerated() {
        let remedy = Remedy::new(messages.how_ask_by_name(), "otp-setup status --user NAME");
        let location = "/etc/nsswitch.conf";
        findings.push(Finding::new(Severity::Note, location, &messages.doctor_not_enumerated(), remedy));
    }
    findings.extend(one_uid(messages, &site.secret_file, people, records));
    findings.extend(reused(messages, &site.secret_file, people, records));
    findings
}

/// Those of some people who have no enrollment and are not exempt, at one service at least.
pub fn unenrolled<'p>(
    site: &Config,
    used: &[Used],
    people: &[&'p Account],
    records: &Records,
) -> Vec<&'p Account> {
    let mut unenrolled: Vec<&Account> = Vec::new();
    for rules in gather(site, used) {
        unenrolled.extend(rules.unenrolled(people.iter().copied(), records));
    }
    unenrolled.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    unenrolled.dedup_by(|one, other| one.name == other.name);
    unenrolled
}

/// Names that share a user id, of which one is enrolled and another is not.
fn one_uid(messages: &Messages, template: &Template, people: &[Account], records: &Records) -> Vec<Finding> {
    let mut names: BTreeMap<u32, Vec<&Account>> = BTreeMap::new();
    for person in people {
        names.entry(person.uid.as_raw()).or_default().push(person);
    }
    let finding = |(uid, mut same): (u32, Vec<&Account>)| {
        same.dedup_by(|one, other| one.name == other.name);
        let (enrolled, without): (Vec<&Account>, Vec<_>) =
            same.into_iter().partition(|account| records.enrolled(template, account).is_ok());
        let (one, other) = (enrolled.first()?, without.first()?);
        let remedy =
            Remedy::new(messages.how_one_uid(), format!("otp-setup --user {}", quoted(other.name.as_str())));
        let text = messages.doctor_one_uid(&one.name, &other.name, uid);
        Some(Finding::new(Severity::Warning, format!("uid {uid}"), &text, remedy))
    };
    names.into_iter().filter(|(_, same)| same.len() > 1).filter_map(finding).collect()
}

/// Enrollments that are older than the person's home: the name may have been somebody else's. Where many are, homes were
/// moved to a new disk.
fn reused(messages: &Messages, template: &Template, people: &[Account], records: &Records) -> Vec<Finding> {
    let (mut enrolled, mut older) = (0_usize, Vec::new());
    for person in people {
        let Ok(enrolled_at) = records.enrolled(template, person) else { continue };
        enrolled += 1;
        let made = person.home.metadata().and_then(|home| home.created()).ok();
        let made = made.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        if made.is_some_and(|made| enrolled_at.0 < made.as_secs()) {
            older.push(person);
        }
    }
    if older.len() > enrolled / 4 + 1 {
        return Vec::new();
    }
    // A directory's people get their homes at their first login here.
    let local = users::local();
    older.retain(|person| local.contains(person.name.as_str()));
    let finding = |person: &Account| {
        let name = person.name.as_str();
        let remedy = Remedy::new(messages.how_reused(), format!("otp-setup remove --user {}", quoted(name)));
        Finding::new(Severity::Note, person.home.display().to_string(), &messages.doctor_reused(name), remedy)
    };
    older.into_iter().map(finding).collect()
}

fn gather<'a>(site: &Config, used: &'a [Used]) -> Vec<Rules<'a>> {
    let mut all: Vec<Rules<'a>> = Vec::new();
    for Used { service, rule, config } in used {
        let Some(config) = config else { continue };
        let from_file = decides(config) == decides(&site.clone().for_service(service));
        let stack = (!from_file).then_some(rule);
        let has_provider = is_provider_offered(config, service, rule);
        let is_same = |one: &&mut Rules<'_>| {
            (one.stack, one.has_provider) == (stack, has_provider) && decides(one.config) == decides(config)
        };
        match all.iter_mut().find(is_same) {
            Some(same) => same.services.push(service),
            None => all.push(Rules { config, stack, has_provider, services: vec![service] }),
        }
    }
    all
}

/// Whether the module offers the identity provider in a service, as far as can be told without a login.
fn is_provider_offered(config: &Config, service: &str, rule: &Rule) -> bool {
    let forwards = rule.arguments.iter().any(|argument| argument == "forward_pass");
    !forwards && config.identity_provider.as_ref().is_some_and(|provider| provider.is_offered_in(service))
}

/// What decides over people without an enrollment.
fn decides(config: &Config) -> (&Template, Unenrolled, Option<UnixTime>, &Required, &Exempt) {
    let Config { secret_file, unenrolled, unenrolled_deny_from, required, exempt, .. } = config;
    (secret_file, *unenrolled, *unenrolled_deny_from, required, exempt)
}

impl Rules<'_> {
    fn examine(
        &self,
        messages: &Messages,
        (people, records): (&[Account], &Records),
        now: UnixTime,
    ) -> Vec<Finding> {
        let required = Days::of(&self.config.required);
        let mut by_day: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for account in self.unenrolled(people.iter(), records) {
            let ignored = self.config.unenrolled == Unenrolled::Ignore;
            let day = if ignored { self.deadline(required.first(account)) } else { None };
            by_day.entry(day).or_default().push(account.name.as_str());
        }
        let finding = |(day, unenrolled): (_, Vec<_>)| self.finding(messages, day, &unenrolled, now);
        by_day.into_iter().filter_map(finding).collect()
    }

    /// The day from which somebody is refused, and the keys that say so.
    fn deadline(&self, required: Option<UnixTime>) -> Option<(UnixTime, &'static str)> {
        let for_all = self.config.unenrolled_deny_from.map(|from| (from, "unenrolled_deny_from"));
        required.map(|from| (from, REQUIRED)).into_iter().chain(for_all).min_by_key(|(from, _)| *from)
    }

    /// What it means for these people to have no enrollment.
    fn finding(
        &self,
        messages: &Messages,
        deadline: Option<(UnixTime, &str)>,
        unenrolled: &[&str],
        now: UnixTime,
    ) -> Option<Finding> {
        let (count, names, services) = (unenrolled.len(), some(unenrolled), some(&self.services));
        let how = self.how_they_enroll(messages);
        let day = |time| dates::exact(time).chars().take(10).collect::<String>();
        // The day of a few stands behind their names: which of them is meant to be later, only the site knows.
        let enroll_or_later = |key: &str, first: &str| match key {
            REQUIRED => (self.location_of(REQUIRED), self.let_enroll(messages, unenrolled.first().copied())),
            key => {
                let (location, remedy) = self.setting(messages, key, &day(now.plus(NEAR)));
                (location, remedy.after(first))
            }
        };
        let (severity, text, (location, remedy)) = match (self.config.unenrolled, deadline) {
            (Unenrolled::Deny, _) => {
                let (location, remedy) = self.setting(messages, "unenrolled", "ignore");
                let text = messages.doctor_locked_out(count, names, services);
                (Severity::Warning, text, (location, remedy.after(&messages.how_let_enroll_meanwhile(how))))
            }
            (Unenrolled::Ignore, Some((from, key))) if from <= now => {
                let text = messages.doctor_locked_out_since(count, names, services, day(from), key);
                (Severity::Warning, text, enroll_or_later(key, &messages.how_let_enroll_meanwhile(how)))
            }
            (Unenrolled::Ignore, Some((from, key))) => {
                let severity = if from <= now.plus(NEAR) { Severity::Warning } else { Severity::Note };
                let text = messages.doctor_locked_out_from(count, names, services, day(from), key);
                (severity, text, enroll_or_later(key, &messages.how_let_enroll_or_move(how)))
            }
            (Unenrolled::Ignore, None) => {
                let (location, remedy) = self.setting(messages, "unenrolled", "deny");
                let text = messages.doctor_would_be_locked_out(count, names, services);
                (Severity::Note, text, (location, remedy.after(&messages.how_let_enroll_then(how))))
            }
            // That nobody can is told of the setting.
            (Unenrolled::Enroll, _) if self.config.self_enrollment == SelfEnrollment::Off => return None,
            (Unenrolled::Enroll, _) => {
                let remedy = self.before_login(messages, unenrolled.first()?);
                let location = self.stack.map_or(Config::PATH, |rule| &rule.location).to_owned();
                (Severity::Note, messages.doctor_would_enroll(count, names, services), (location, remedy))
            }
        };
        Some(Finding::new(severity, location, &text, remedy))
    }

    /// What lets people enroll here.
    fn self_enrollment(&self) -> SelfEnrollment {
        // In homes they need nobody's leave.
        if self.config.secret_file.is_home() { SelfEnrollment::Open } else { self.config.self_enrollment }
    }

    /// What has to happen before those who are not enrolled are.
    fn how_they_enroll(&self, messages: &Messages) -> String {
        match self.self_enrollment() {
            SelfEnrollment::Password | SelfEnrollment::Open => messages.how_they_enroll(),
            SelfEnrollment::Invitation => messages.how_they_enroll_invited(),
            SelfEnrollment::Off => messages.how_root_enrolls(),
        }
    }

    /// How those enroll of whom it is required.
    fn let_enroll(&self, messages: &Messages, first: Option<&str>) -> Remedy {
        let name = quoted(first.unwrap_or("NAME"));
        let command = match self.self_enrollment() {
            SelfEnrollment::Password | SelfEnrollment::Open => "otp-setup".to_owned(),
            SelfEnrollment::Invitation => format!("otp-setup invite --user {name}"),
            SelfEnrollment::Off => format!("otp-setup --user {name}"),
        };
        Remedy::new(self.how_they_enroll(messages), command)
    }

    /// How somebody enrolls before the login that would have them do it.
    fn before_login(&self, messages: &Messages, first: &str) -> Remedy {
        match self.self_enrollment() {
            SelfEnrollment::Invitation => {
                let command = format!("otp-setup invite --user {}", quoted(first));
                Remedy::new(messages.how_invite_before(), command)
            }
            _ => Remedy::new(messages.how_enroll_before(), "otp-setup"),
        }
    }

    /// Those without an enrollment whom these rules do not exempt.
    fn unenrolled<'p>(
        &self,
        people: impl Iterator<Item = &'p Account>,
        records: &Records,
    ) -> Vec<&'p Account> {
        let Exempt { users, groups, .. } = &self.config.exempt;
        let exempt = Named::of(users.iter().map(String::as_str), groups.iter().map(String::as_str));
        people
            .filter(|account| records.is_unenrolled(&self.config.secret_file, account))
            .filter(|account| !exempt.contains(account))
            // A link that cannot be read lets nobody in.
            .filter(|account| {
                !(self.has_provider && Links::system().load(account).is_ok_and(|link| link.is_some()))
            })
            .collect()
    }

    /// Where a setting stands that decides here, and the line for another value of it.
    fn setting(&self, messages: &Messages, key: &str, value: &str) -> (String, Remedy) {
        if let Some(rule) = self.stack {
            return (rule.location.clone(), Remedy::instead(messages, with_setting(rule, key, value)));
        }
        let line = format!("{key} = \"{value}\"");
        let location = self.location_of(key);
        let is_there = location != Config::PATH;
        (
            location,
            if is_there { Remedy::instead(messages, line) } else { Remedy::new(messages.how_top(), line) },
        )
    }

    /// Where one of these keys stands, as far as it stands anywhere.
    fn location_of(&self, keys: &str) -> String {
        if let Some(rule) = self.stack {
            return rule.location.clone();
        }
        let text = std::fs::read_to_string(Config::PATH).unwrap_or_default();
        let number = keys.split(", ").find_map(|key| remedy::line_of(&text, &self.services, key));
        number.map_or_else(|| Config::PATH.to_owned(), |number| format!("{}:{number}", Config::PATH))
    }
}

/// The first ones.
pub fn some(names: &[&str]) -> String {
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{first}, …") } else { first }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use insis_otp::pam_stack::files::Entry;

    fn used(service: &str, config: &Config) -> Used {
        Used {
            service: service.to_owned(),
            rule: Rule {
                location: format!("/etc/pam.d/{service}:1"),
                file: service.to_owned(),
                lines: (1, 1),
                entry: Entry::Module,
                control: "required".to_owned(),
                module: "pam_insis_otp.so".to_owned(),
                arguments: vec!["nullok".to_owned(), "tries=2".to_owned()],
                depth: 0,
                within: Vec::new(),
                may_be_missing: false,
            },
            config: Some(config.clone()),
        }
    }

    fn config(text: &str) -> Config {
        Config::parse(text, Path::new("x")).unwrap()
    }

    #[test]
    fn services_with_the_same_rules_are_one_finding() {
        let site = config("unenrolled = \"ignore\"");
        let strict = config("unenrolled = \"deny\"");
        let all = [used("login", &site), used("sshd", &site), used("sudo", &strict)];
        let gathered: Vec<_> =
            gather(&site, &all).into_iter().map(|rules| (rules.stack.is_some(), rules.services)).collect();
        assert_eq!(gathered, [(false, vec!["login", "sshd"]), (true, vec!["sudo"])]);
    }

    #[test]
    fn a_deadline_is_known_before_and_after() {
        let anna = Account {
            name: insis_otp::record::UserName::parse("anna").unwrap(),
            uid: nix::unistd::geteuid(),
            gid: nix::unistd::getegid(),
            home: std::env::temp_dir(),
        };
        let finding = |text: &str, now: u64| {
            let site = config(&format!("secret_file = \"%h/.no-such-file-here\"\n{text}"));
            let all = [used("sshd", &site)];
            let rules = gather(&site, &all);
            let people = (std::slice::from_ref(&anna), &Records::default());
            let found = rules[0].examine(&Messages::of_locale("en"), people, UnixTime(now));
            found.into_iter().next().map(|finding| (finding.severity, finding.why + " | " + &finding.line))
        };
        let (day, from) = (86_400, 1_801_353_600); // 2027-01-31
        let deadline = "unenrolled = \"ignore\"\nunenrolled_deny_from = \"2027-01-31\"";
        let (severity, text) = finding(deadline, from - 15 * day).unwrap();
        assert!(severity == Severity::Note && text.contains("From 2027-01-31"), "{text}");
        let (severity, text) = finding(deadline, from - 14 * day).unwrap();
        assert!(severity == Severity::Warning && text.contains("From 2027-01-31"), "{text}");
        let (severity, text) = finding(deadline, from).unwrap();
        assert!(severity == Severity::Warning && text.contains("since 2027-01-31"), "{text}");
        assert!(text.contains("unenrolled_deny_from = \"2027-02-14\""), "{text}");
        let required = "unenrolled = \"ignore\"\nrequired_users = [\"bob\", \"anna from 2027-01-31\"]";
        let (severity, text) = finding(required, from - 15 * day).unwrap();
        assert!(severity == Severity::Note && text.contains("From 2027-01-31"), "{text}");
        let (severity, text) = finding(required, from).unwrap();
        assert!(severity == Severity::Warning && text.contains("since 2027-01-31"), "{text}");
        assert!(text.ends_with("(required_users, required_groups). | otp-setup"), "{text}");
        let sooner = format!("{required}\nunenrolled_deny_from = \"2027-01-01\"");
        assert!(finding(&sooner, from).unwrap().1.contains("since 2027-01-01"));
        assert_eq!(finding("", from).unwrap().0, Severity::Warning);
        assert_eq!(finding("unenrolled = \"enrol\"", from).unwrap().0, Severity::Note);
        assert_eq!(finding("unenrolled = \"enrol\"\nself_enrollment = \"off\"", from), None);
        assert_eq!(finding("exempt_users = [\"anna\"]", from), None);
    }
    #[test]
    fn what_people_are_to_do_is_what_lets_them_enroll_here() {
        let messages = Messages::of_locale("en");
        let advice = |text: &str| {
            let site = config(text);
            let rules = Rules { config: &site, stack: None, has_provider: false, services: vec!["sshd"] };
            let before = rules.before_login(&messages, "anna");
            (rules.how_they_enroll(&messages), before.line)
        };
        for by in ["", "self_enrollment = \"password\"", "self_enrollment = \"open\""] {
            assert_eq!(advice(by), ("Let them run otp-setup.".to_owned(), "otp-setup".to_owned()), "{by}");
        }
        let (how, before) = advice("self_enrollment = \"invitation\"");
        assert!(how.contains("otp-setup invite --user NAME") && how.contains("run otp-setup"), "{how}");
        assert_eq!(before, "otp-setup invite --user anna");
        let (how, _) = advice("self_enrollment = \"off\"");
        assert!(how.contains("As root") && how.contains("otp-setup --user NAME"), "{how}");
        // Nobody guards the files in people's own homes.
        for by in ["invitation", "off"] {
            let (how, before) = advice(&format!("secret_file = \"%h/.otp\"\nself_enrollment = \"{by}\""));
            assert_eq!((how.as_str(), before.as_str()), ("Let them run otp-setup.", "otp-setup"), "{by}");
        }
    }
}
