//! Lines of a configuration: where one stands, and how one was probably meant.
//!
//! What is offered was tried: a line that leaves the same complaint is none to write.

use std::path::Path;

use insis_otp::config::keys::{
    DOCUMENTATION, Documentation, FLEET_DOCUMENTATION, PROVIDER_DOCUMENTATION, Shown,
};
use insis_otp::config::{Config, ConfigError};
use insis_otp::strict::{Error, Problem, nearest};

/// How many lines before the one complained of the mistake is looked for: a bracket that was never closed.
const BACK: usize = 50;

/// What to write about a mistake, and at which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// This instead of the line with that number.
    Instead(usize, String),
    /// This below it.
    Below(usize, String),
}

/// What corrects a mistake. `None`: nothing that is known to.
pub fn configuration(text: &str, path: &Path, problem: &Problem) -> Option<Correction> {
    let line = problem.line;
    match &problem.error {
        Error::Missing(section, key) => Some(Correction::Below(line, missing(text, line, section, key))),
        Error::MissingIdentity => Some(Correction::Below(line, missing(text, line, "fleet", "bind_dn"))),
        Error::MissingSection(_, section) => {
            Some(Correction::Below(text.lines().count(), format!("[{section}]")))
        }
        _ => instead(text, path, problem).map(|(number, line)| Correction::Instead(number, line)),
    }
}

/// Whether the settings say, or try to say, that enrollments are in a directory. Then nothing is offered that would look for
/// them in files: nobody of the directory has one there.
pub fn has_directory(text: &str) -> bool {
    let says = |line: &str| line.to_ascii_lowercase().contains("ldap") || line.starts_with("[fleet");
    text.lines().map(str::trim_start).any(|line| !line.starts_with('#') && says(line))
}

/// A line for a key that a section lacks. It is written in full where the section has no header.
fn missing(text: &str, line: usize, section: &str, key: &str) -> String {
    let header =
        text.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.trim_start().starts_with('['));
    let value = documented(section).iter().find(|known| known.name == key).map(|known| match known.shown {
        Shown::Default(value) | Shown::Example(value) => value,
    });
    let value = value.unwrap_or_default();
    if header { format!("{key} = {value}") } else { format!("{section}.{key} = {value}") }
}

/// The keys of a section that is none of a service's.
fn documented(section: &str) -> &'static [Documentation] {
    match section {
        "fleet" => FLEET_DOCUMENTATION,
        "identity_provider" => PROVIDER_DOCUMENTATION,
        _ => &[],
    }
}

/// The line to write instead of one that is wrong, and its number. `None`: no line corrects it.
fn instead(text: &str, path: &Path, problem: &Problem) -> Option<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    // Only of these it is known that a header may be what is wrong.
    let in_header = matches!(problem.error, Error::Section(_) | Error::Syntax(_));
    let in_directory = has_directory(text);
    let is_store = |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == "store");
    let is_kept = |line: &str| line.trim_start().starts_with('[') && !in_header;
    let leads_away = |line: &str| is_store(line) && in_directory && !line.contains("ldap");
    let last = problem.line.min(lines.len());
    let find = |helps: &dyn Fn(Result<Config, ConfigError>) -> bool| {
        (last.saturating_sub(BACK).max(1)..=last).rev().find_map(|number| {
            let line = lines.get(number.checked_sub(1)?)?;
            let in_section = lines.iter().take(number).any(|line| line.trim_start().starts_with('['));
            let offered = meant(line, problem.error.suggestion(), in_section);
            let offered = offered.into_iter().filter(|line| !is_kept(line) && !leads_away(line));
            let taken_out = (!(is_kept(line) || is_store(line) && in_directory)).then(|| format!("# {line}"));
            let mut offered = offered.chain(taken_out);
            let found = offered.find(|line| helps(Config::parse(&with(&lines, number, line), path)));
            found.map(|line| (number, line))
        })
    };
    // What corrects all of it comes first; else the complaint is to be another one, further on.
    let further = |error: &ConfigError| match error {
        ConfigError::Invalid { problem: other, .. } => other.line > problem.line,
        ConfigError::Unreadable { .. } => false,
    };
    find(&|parsed| parsed.is_ok()).or_else(|| find(&|parsed| parsed.as_ref().err().is_some_and(further)))
}

/// The text with that line replaced.
fn with(lines: &[&str], number: usize, line: &str) -> String {
    let line_at = |(at, old): (usize, &&str)| if at == number { line.to_owned() } else { (*old).to_owned() };
    (1..).zip(lines).map(line_at).collect::<Vec<_>>().join("\n") + "\n"
}

/// The text with that line, counted from 1, replaced.
pub fn with_line(text: &str, number: usize, line: &str) -> String {
    with(&text.lines().collect::<Vec<_>>(), number, line)
}

/// What a line may have been meant as, the likeliest first.
fn meant(line: &str, suggestion: Option<&str>, in_section: bool) -> Vec<String> {
    if let Some(header) = line.trim().strip_prefix('[') {
        let name = header.split(['.', ']']).rfind(|part| !part.trim().is_empty()).unwrap_or_default();
        let section = nearest(name.trim(), &["fleet", "identity_provider"]);
        return vec![
            section.map_or_else(|| format!("[service.{}]", name.trim()), |name| format!("[{name}]")),
        ];
    }
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    let (key, value) = (key.trim(), value.trim());
    let bare = value.trim_matches(['"', '\'', '[', ']', ' ']);
    let messages: Vec<_> = bare.split(',').map(|text| text.trim().trim_matches(['"', '\''])).collect();
    let mut all = Vec::new();
    if let Some(word) = suggestion {
        all.extend([format!("{word} = {value}"), format!("{key} = \"{word}\"")]);
    }
    all.extend([format!("{key} = {bare}"), format!("{key} = \"{bare}\"")]);
    all.push(format!("{key} = [\"{}\"]", messages.join("\", \"")));
    match bare.to_ascii_lowercase().as_str() {
        "yes" | "on" | "1" | "true" => all.push(format!("{key} = true")),
        "no" | "off" | "0" | "false" => all.push(format!("{key} = false")),
        _ => {}
    }
    let default = DOCUMENTATION.iter().find(|known| known.name == key).map(|known| known.shown);
    // In a section, what is for all takes the place of a line that is taken out.
    if let Some(Shown::Default(value)) = default.filter(|_| !in_section) {
        all.push(format!("{key} = {value}"));
    }
    all
}

/// The number of the line that sets a key: in the section of one of the services, else for all.
pub fn line_of(text: &str, services: &[&str], key: &str) -> Option<usize> {
    let mut section = None;
    let mut for_all = None;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(header) = line.trim().strip_prefix('[') {
            section = Some(header.split(']').next().unwrap_or_default().trim_start_matches("service."));
        }
        let is_it = line.split_once('=').is_some_and(|(word, _)| word.trim() == key);
        match section {
            Some(service) if is_it && services.contains(&service) => return Some(number),
            None if is_it => for_all = Some(number),
            _ => {}
        }
    }
    for_all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrected(text: &str) -> Option<Correction> {
        match Config::parse(text, Path::new("x")) {
            Err(ConfigError::Invalid { path, problem }) => configuration(text, &path, &problem),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_line_is_as_it_was_meant() {
        for (text, number, line) in [
            ("\nwindw = 1\n", 2, "window = 1"),
            ("unenrolled = deny", 1, "unenrolled = \"deny\""),
            ("unenrolled = \"enroll\"", 1, "unenrolled = \"enrol\""),
            ("tries = \"2\"", 1, "tries = 2"),
            ("tries = 99", 1, "tries = 3"),
            ("exempt_users = \"anna, bob\"", 1, "exempt_users = [\"anna\", \"bob\"]"),
            ("echo = yes\n", 1, "echo = true"),
            ("tries = 2\n[sudo]\ntries = 1\n", 2, "[service.sudo]"),
            ("[service.sudo]\ntries = 0\n", 2, "# tries = 0"),
            ("tries = 2\ntries = 3\n", 2, "# tries = 3"),
            ("colour = 2\n", 1, "# colour = 2"),
            ("exempt_users = [\"anna\"\ntries = 2\n", 1, "exempt_users = [\"anna\"]"),
            ("exempt_users = [\"anna\"\ntries = 2\necho = true\n", 1, "exempt_users = [\"anna\"]"),
            ("windw = 1\ntrys = 2\n", 1, "window = 1"),
        ] {
            assert_eq!(corrected(text), Some(Correction::Instead(number, line.to_owned())), "{text}");
        }
    }

    /// A section that is whole.
    const FLEET: &str = "[fleet]\nservers = [\"ldaps://ldap.example.org\"]\nbase = \"dc=ex\"\nca_file = \"/ca\"\n\
                         bind_dn = \"cn=host\"\npassword_file = \"/password\"\n";

    #[test]
    fn what_a_section_lacks_is_written_below_its_header() {
        let shipped = include_str!("../../../config/insis-otp.toml");
        let password = "password_file = \"/etc/security/insis-otp-fleet-password\"";
        let tenant = "tenant = \"11111111-2222-3333-4444-555555555555\"";
        let without_password = FLEET.replace("password_file = \"/password\"\n", "");
        let end = shipped.lines().count();
        for (text, number, line) in [
            (format!("\n\n{without_password}"), 3, password.to_owned()),
            (format!("{shipped}{without_password}"), end + 1, password.to_owned()),
            (
                "fleet.base = \"dc=ex\"\nfleet.servers = [\"ldaps://x.org\"]\n".to_owned(),
                1,
                "fleet.ca_file = \"/etc/ssl/certs/example-ca.pem\"".to_owned(),
            ),
            ("[identity_provider]\npreset = \"entra\"\n".to_owned(), 1, tenant.to_owned()),
            ("store = \"ldap\"\ntries = 2\n".to_owned(), 2, "[fleet]".to_owned()),
        ] {
            assert_eq!(corrected(&text), Some(Correction::Below(number, line)), "{text}");
        }
        // One after the other, from a setting alone to a section that is whole.
        let mut text = shipped.replace("store = \"file\"", "store = \"ldap\"");
        for _ in 0..6 {
            let Some(Correction::Below(number, line)) = corrected(&text) else { panic!("{text}") };
            let mut lines: Vec<_> = text.lines().collect();
            lines.insert(number, &line);
            text = lines.join("\n");
        }
        let config = Config::parse(&text, Path::new("x")).expect("settings that are whole");
        assert!(config.fleet_of("anna").is_some(), "{text}");
    }

    #[test]
    fn enrollments_are_never_looked_for_elsewhere_than_the_settings_say() {
        let ldap = Correction::Instead(1, "store = \"ldap\"".to_owned());
        for text in ["store = \"lpad\"\n", "store = ldap\n"] {
            assert_eq!(corrected(&format!("{text}{FLEET}")), Some(ldap.clone()), "{text}");
        }
        let provider = format!(
            "store = \"ldap\"\n{FLEET}[identity_provider]\nname = \"x\"\nclient_id = \"x\"\nissuer = \"https://x.org\"\nmfa = \"provider\"\n"
        );
        let servers = format!("store = \"ldap\"\n{}", FLEET.replace("ldaps://", ""));
        for text in
            [&provider, &servers, &format!("store = \"LDAP\"\n{FLEET}"), &format!("store = 1\n{FLEET}")]
        {
            let offered = corrected(text);
            let line = match &offered {
                Some(Correction::Instead(_, line) | Correction::Below(_, line)) => line.as_str(),
                None => "",
            };
            let opens = ["store", "[", "# store", "# ["].iter().any(|start| line.starts_with(start));
            assert!(!opens && has_directory(text), "{offered:?} for {text}");
        }
        assert!(!has_directory("# store = \"ldap\"\n#= [fleet]\nstore = \"file\"\n"));
        let typo = Correction::Instead(2, "[fleet]".to_owned());
        assert_eq!(
            corrected(&format!("store = \"ldap\"\n{}", FLEET.replace("[fleet]", "[flet]"))),
            Some(typo)
        );
    }

    #[test]
    fn a_key_is_found_in_its_section_first() {
        let text = "tries = 1\n[service.sshd]\ntries = 2\n[service.su]\necho = true\n";
        let location = |service, key| line_of(text, &[service], key);
        assert_eq!([location("sshd", "tries"), location("su", "tries")], [Some(3), Some(1)]);
        assert_eq!([location("su", "echo"), location("sshd", "echo")], [Some(5), None]);
    }
}
