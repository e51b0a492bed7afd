//! Lines of a configuration: where one stands, and how one was probably meant.
//!
//! What is offered was tried: a line that leaves the same complaint is none to write.

use std::path::Path;

use insis_otp::config::keys::{DOCUMENTATION, Shown};
use insis_otp::config::{Config, ConfigError};
use insis_otp::strict::Problem;

/// How many lines before the one complained of the mistake is looked for: a bracket that was never closed.
const BACK: usize = 50;

/// The line to write instead of one that is wrong, and its number. `None`: no line corrects it.
pub fn configuration(text: &str, path: &Path, problem: &Problem) -> Option<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let last = problem.line.min(lines.len());
    let find = |helps: &dyn Fn(Result<Config, ConfigError>) -> bool| {
        (last.saturating_sub(BACK).max(1)..=last).rev().find_map(|number| {
            let line = lines.get(number.checked_sub(1)?)?;
            let in_section = lines.iter().take(number).any(|line| line.trim_start().starts_with('['));
            let mut offered =
                meant(line, problem.error.suggestion(), in_section).into_iter().chain([format!("# {line}")]);
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
        return vec![format!("[service.{}]", name.trim())];
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

    fn corrected(text: &str) -> Option<(usize, String)> {
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
            assert_eq!(corrected(text), Some((number, line.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_key_is_found_in_its_section_first() {
        let text = "tries = 1\n[service.sshd]\ntries = 2\n[service.su]\necho = true\n";
        let location = |service, key| line_of(text, &[service], key);
        assert_eq!([location("sshd", "tries"), location("su", "tries")], [Some(3), Some(1)]);
        assert_eq!([location("su", "echo"), location("sshd", "echo")], [Some(5), None]);
    }
}
