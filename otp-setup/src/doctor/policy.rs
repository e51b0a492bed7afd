//! Settings that do something else than their words say: exemptions of nobody or of everybody, sections of no service, and
//! a configuration that only root can read.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use insis_otp::config::{Config, Deadline, Exempt, Required, Unenrolled};
use insis_otp::network::Network;
use insis_otp::record::UserName;
use insis_otp::store::Account;
use insis_otp::strict::nearest;
use nix::unistd::Group;

use super::pam::{Used, services, with_setting};
use super::{Finding, Remedy, Severity, quoted, remedy};
use crate::messages::Messages;
use insis_otp::pam_stack::files::{Files, Rule};

/// Where a configuration's lines come from.
struct Source<'a> {
    messages: &'a Messages,
    text: &'a str,
}

/// Looks at the settings of the site, and of the services that ask for codes.
pub fn examine(messages: &Messages, site: &Config, used: &[Used], files: &Files) -> Vec<Finding> {
    let text = std::fs::read_to_string(Config::PATH).unwrap_or_default();
    let source = Source { messages, text: &text };
    let mut findings: Vec<_> = readable(messages, Path::new(Config::PATH)).into_iter().collect();
    findings.extend(source.exempt(&site.exempt, &[], None));
    findings.extend(source.required(&site.required, &[], None));
    for Used { service, rule, config } in used {
        let Some(config) = config else { continue };
        let section = site.clone().for_service(service);
        if config.exempt != site.exempt {
            let from_stack = (section.exempt != config.exempt).then_some(rule);
            findings.extend(source.exempt(&config.exempt, &[service], from_stack));
        }
        if config.required != site.required {
            let from_stack = (section.required != config.required).then_some(rule);
            findings.extend(source.required(&config.required, &[service], from_stack));
        }
    }
    findings.extend(source.sections(files));
    findings.extend(source.root_in_directory(site));
    findings.extend(source.helpdesk(site));
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.location.clone(), finding.what.clone())));
    findings
}

/// Helper and screen lockers read it as the person who calls them.
fn readable(messages: &Messages, path: &Path) -> Option<Finding> {
    let closed = path.metadata().is_ok_and(|metadata| metadata.mode() & 0o004 == 0);
    let shown = path.display().to_string();
    let remedy = Remedy::run(messages, format!("chmod 644 {}", quoted(&shown)));
    closed.then(|| Finding::new(Severity::Problem, shown, &messages.doctor_config_closed(), remedy))
}

impl Source<'_> {
    /// Exemptions, as a section or a stack has them.
    fn exempt(&self, exempt: &Exempt, services: &[&str], stack: Option<&Rule>) -> Vec<Finding> {
        let messages = self.messages;
        let mut findings = Vec::new();
        for name in exempt.users.iter().filter(|name| is_no_user(name)) {
            let others =
                exempt.users.iter().filter(|other| *other != name).map(String::as_str).collect::<Vec<_>>();
            let (location, remedy) = self.without("exempt_users", &others, services, stack);
            findings.push(Finding::new(
                Severity::Warning,
                location,
                &messages.doctor_exempt_user(name),
                remedy,
            ));
        }
        for (name, right) in exempt.users.iter().filter_map(|name| Some((name, other_spelling(name)?))) {
            let mut right_ones: Vec<&str> = Vec::new();
            for other in &exempt.users {
                let other = if other == name { right.as_str() } else { other };
                if !right_ones.contains(&other) {
                    right_ones.push(other);
                }
            }
            let (location, remedy) = self.without("exempt_users", &right_ones, services, stack);
            let text = messages.doctor_exempt_spelling(name, &right);
            findings.push(Finding::new(Severity::Warning, location, &text, remedy));
        }
        for name in exempt.groups.iter().filter(|name| is_no_group(name)) {
            let (location, _) = self.without("exempt_groups", &[], services, stack);
            let remedy = Remedy::new(messages.how_group(), format!("groupadd --system {}", quoted(name)));
            findings.push(Finding::new(
                Severity::Warning,
                location,
                &messages.doctor_exempt_group(name),
                remedy,
            ));
        }
        if let Some(network) = exempt.networks.iter().find_map(everywhere) {
            let written = self.written("exempt_networks", services, stack);
            let others: Vec<&str> =
                written.iter().map(String::as_str).filter(|one| !is_everywhere(one)).collect();
            let (location, remedy) = self.without("exempt_networks", &others, services, stack);
            findings.push(Finding::new(
                Severity::Problem,
                location,
                &messages.doctor_exempt_everywhere(network),
                remedy,
            ));
        }
        findings
    }

    /// Names of whom nothing is required, since nobody has them.
    fn required(&self, required: &Required, services: &[&str], stack: Option<&Rule>) -> Vec<Finding> {
        let is_wrong = |name: &str| is_no_user(name) || other_spelling(name).is_some();
        let users = required.users.iter().filter(|user| is_wrong(&user.name));
        let groups = required.groups.iter().filter(|group| is_no_group(&group.name));
        let users = users.map(|user| ("required_users", user));
        let wrong = users.chain(groups.map(|group| ("required_groups", group)));
        let finding = |(key, Deadline { name, .. }): (&str, &Deadline)| {
            let is_meant = |written: &&String| {
                written.as_str() != name && !written.starts_with(&format!("{name} from "))
            };
            let written = self.written(key, services, stack);
            let others: Vec<_> = written.iter().filter(is_meant).map(String::as_str).collect();
            let (location, remedy) = self.without(key, &others, services, stack);
            Finding::new(
                Severity::Warning,
                location,
                &self.messages.doctor_required_nobody(key, name),
                remedy,
            )
        };
        wrong.map(finding).collect()
    }

    /// Groups without which the help desk helps nobody. Of the usual ones of administrators it needs none.
    fn helpdesk(&self, site: &Config) -> Vec<Finding> {
        let own = site.helpdesk_group.as_deref();
        let named = site.administrator_groups().filter(|name| !Config::ADMINISTRATOR_GROUPS.contains(name));
        let named = named.filter(|_| own.is_some()).map(|name| ("administrator_groups", name));
        let groups = own.map(|name| ("helpdesk_group", name)).into_iter().chain(named);
        let finding = |(key, name): (&str, &str)| {
            let line = remedy::line_of(self.text, &[], key).unwrap_or(1);
            let remedy = match key {
                "helpdesk_group" => {
                    let command = format!("groupadd --system {}", quoted(name));
                    Remedy::new(self.messages.how_group(), command)
                }
                // A directory's, or written otherwise there: one that is made here would have nobody in it.
                _ => Remedy::new(self.messages.how_correct(), format!("editor +{line} {}", Config::PATH)),
            };
            let text = self.messages.doctor_helpdesk_group(name, key);
            Finding::new(Severity::Warning, format!("{}:{line}", Config::PATH), &text, remedy)
        };
        groups.filter(|(_, name)| is_no_group(name)).map(finding).collect()
    }

    /// Where a list stands, and the line for it with these members only.
    fn without(
        &self,
        key: &str,
        members: &[&str],
        services: &[&str],
        stack: Option<&Rule>,
    ) -> (String, Remedy) {
        if let Some(rule) = stack {
            return (
                rule.location.clone(),
                Remedy::instead(self.messages, with_setting(rule, key, &members.join(","))),
            );
        }
        let quoted: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
        let line = format!("{key} = [{}]", quoted.join(", "));
        match remedy::line_of(self.text, services, key) {
            Some(number) => (format!("{}:{number}", Config::PATH), Remedy::instead(self.messages, line)),
            None => (Config::PATH.to_owned(), Remedy::new(self.messages.how_top(), line)),
        }
    }

    /// The members of a list as they are written.
    fn written(&self, key: &str, services: &[&str], stack: Option<&Rule>) -> Vec<String> {
        if let Some(rule) = stack {
            let value =
                |argument: &'_ String| argument.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
            let list = rule.arguments.iter().find_map(value);
            return list.map(|list| list.split(',').map(str::to_owned).collect()).unwrap_or_default();
        }
        let number = remedy::line_of(self.text, services, key);
        let line = number.and_then(|number| self.text.lines().nth(number - 1)).unwrap_or_default();
        line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// Sections for services that are none.
    fn sections(&self, files: &Files) -> Vec<Finding> {
        let services = services(files);
        let finding = |(number, line): (usize, &str)| {
            let name = line.trim().strip_prefix("[service.")?.split(']').next()?.trim().trim_matches('"');
            if services.contains(&name) {
                return None;
            }
            let shared = files.get(name).is_some();
            let location = format!("{}:{number}", Config::PATH);
            let near = nearest(name, &services).filter(|right| !shared && !self.has_section(right));
            let (severity, remedy) = match near {
                Some(right) => {
                    (Severity::Warning, Remedy::instead(self.messages, format!("[service.{right}]")))
                }
                None => (
                    if shared { Severity::Warning } else { Severity::Note },
                    Remedy::new(self.messages.how_section(), "ls /etc/pam.d"),
                ),
            };
            Some(Finding::new(severity, location, &self.messages.doctor_no_service(name), remedy))
        };
        (1..).zip(self.text.lines()).filter_map(finding).collect()
    }

    /// Root, of whom no directory has an entry.
    fn root_in_directory(&self, site: &Config) -> Option<Finding> {
        const ROOT: &str = "root";
        let fleet = site.fleet_of(ROOT)?;
        let passes =
            site.exempt.users.iter().any(|name| name == ROOT) || site.unenrolled == Unenrolled::Ignore;
        let users = fleet.break_glass_users.iter().map(String::as_str).chain([ROOT]).collect::<Vec<_>>();
        let (location, remedy) = self.without("break_glass_users", &users, &["fleet"], None);
        let text = self.messages.doctor_root_in_directory();
        (!passes).then(|| Finding::new(Severity::Warning, location, &text, remedy))
    }

    fn has_section(&self, name: &str) -> bool {
        self.text.lines().any(|line| line.trim() == format!("[service.{name}]"))
    }
}

/// Whether the user database says that there is no such user.
fn is_no_user(name: &str) -> bool {
    UserName::parse(name).map_or(true, |name| matches!(Account::lookup(&name), Ok(None)))
}

/// How the user database spells a name that it knows otherwise: by that spelling people are compared.
fn other_spelling(name: &str) -> Option<String> {
    let account = Account::lookup(&UserName::parse(name).ok()?).ok()??;
    Some(account.name.to_string()).filter(|right| right != name)
}

fn is_no_group(name: &str) -> bool {
    matches!(Group::from_name(name), Ok(None))
}

/// The network, where it is one of all addresses.
fn everywhere(network: &Network) -> Option<&'static str> {
    let has = |addresses: [&str; 2]| {
        addresses
            .iter()
            .all(|address| address.parse::<IpAddr>().is_ok_and(|address| network.contains(address)))
    };
    match (has(["1.0.0.1", "200.0.0.1"]), has(["1::1", "f000::1"])) {
        (true, _) => Some("0.0.0.0/0"),
        (_, true) => Some("::/0"),
        _ => None,
    }
}

fn is_everywhere(written: &str) -> bool {
    written.parse::<Network>().is_ok_and(|network| everywhere(&network).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    fn found(text: &str) -> Vec<(Severity, String, String)> {
        let messages = Messages::of_locale("en");
        let config = Config::parse(text, Path::new("x")).unwrap();
        let (_, files) = fixtures::sound().remove(0);
        let source = Source { messages: &messages, text };
        let mut findings = source.exempt(&config.exempt, &[], None);
        findings.extend(source.sections(&files));
        let described =
            |finding: Finding| (finding.severity, finding.location.replace(Config::PATH, ""), finding.line);
        findings.into_iter().map(described).collect()
    }

    fn one(severity: Severity, location: &str, line: &str) -> Vec<(Severity, String, String)> {
        vec![(severity, location.to_owned(), line.to_owned())]
    }

    #[test]
    fn exemptions_of_nobody_and_of_everybody_are_found() {
        use Severity::{Problem, Warning};
        let sound = "exempt_users = [\"root\"]\nexempt_groups = [\"root\"]\nexempt_networks = [\"10.0.0.0/8\", \"fe80::/10\"]\n";
        assert_eq!(found(sound), []);
        let line = "exempt_users = [\"root\"]";
        assert_eq!(found("exempt_users = [\"root\", \"no-such-user\"]\n"), one(Warning, ":1", line));
        let command = "groupadd --system no-such-group";
        assert_eq!(found("tries = 2\nexempt_groups = [\"no-such-group\"]\n"), one(Warning, ":2", command));
        let line = "exempt_networks = [\"10.0.0.0/8\"]";
        for everywhere in ["0.0.0.0/0", "::/0"] {
            let text = format!("exempt_networks = [\"10.0.0.0/8\", \"{everywhere}\"]\n");
            assert_eq!(found(&text), one(Problem, ":1", line));
        }
    }

    #[test]
    fn root_is_missed_among_those_who_are_not_in_the_directory() {
        let section = "[fleet]\nservers = [\"ldaps://x.org\"]\nbase = \"dc=ex\"\nca_file = \"/ca\"\nbind_dn = \"cn=h\"\n\
                       password_file = \"/p\"\n";
        let found = |all: &str, users: &str| {
            let text = format!("store = \"ldap\"\n{all}{section}{users}");
            let config = Config::parse(&text, Path::new("x")).unwrap();
            let source = Source { messages: &Messages::of_locale("en"), text: &text };
            let finding = source.root_in_directory(&config);
            finding.map(|finding| (finding.location.replace(Config::PATH, ""), finding.line))
        };
        let users = "break_glass_users = [\"rescue\"]\n";
        let line = "break_glass_users = [\"rescue\", \"root\"]".to_owned();
        assert_eq!(found("", users), Some((":8".to_owned(), line)));
        assert_eq!(found("", ""), None);
        assert_eq!(found("", "break_glass_users = [\"root\"]\n"), None);
        assert_eq!(found("exempt_users = [\"root\"]\n", users), None);
        assert_eq!(found("unenrolled = \"ignore\"\n", users), None);
    }

    #[test]
    fn sections_of_no_service_are_found() {
        use Severity::{Note, Warning};
        let section = |name: &str| found(&format!("[service.{name}]\ntries = 1\n"));
        assert_eq!(section("sshd"), []);
        assert_eq!(section("ssh"), one(Warning, ":1", "[service.sshd]"));
        assert_eq!(section("common-auth"), one(Warning, ":1", "ls /etc/pam.d"));
        assert_eq!(section("cockpit-of-old"), one(Note, ":1", "ls /etc/pam.d"));
    }
}
