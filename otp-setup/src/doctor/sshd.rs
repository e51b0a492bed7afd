//! sshd's effective settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Finding, Severity};
use crate::texts::Texts;

/// Asks sshd, and looks at what it says.
pub fn examine(texts: &Texts) -> Vec<Finding> {
    let Some(path) =
        ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).exists())
    else {
        return Vec::new();
    };
    let output = Command::new(path).arg("-T").env_clear().output();
    match output {
        Ok(output) if output.status.success() => {
            let settings = settings(&String::from_utf8_lossy(&output.stdout));
            let files = files();
            let mut findings = judge(texts, &settings, |key| place(key, &files));
            findings.extend(for_some(texts, &files));
            findings
        }
        Ok(output) => {
            let heard = String::from_utf8_lossy(&output.stderr);
            let why = heard.lines().map(str::trim).collect::<Vec<_>>().join("; ");
            vec![Finding::new(Severity::Warning, path, &texts.doctor_sshd_silent(why))]
        }
        Err(error) => vec![Finding::new(Severity::Warning, path, &texts.doctor_sshd_silent(error))],
    }
}

type Settings = BTreeMap<String, String>;

fn settings(text: &str) -> Settings {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(key, value)| (key.to_lowercase(), value.trim().to_owned())).collect()
}

/// What is wrong with the settings; `place` says where one was set.
fn judge(texts: &Texts, settings: &Settings, place: impl Fn(&str) -> String) -> Vec<Finding> {
    let value = |key: &str| settings.get(key).map_or("", String::as_str);
    let mut findings = Vec::new();
    let mut find =
        |severity, key: &str, text: String| findings.push(Finding::new(severity, place(key), &text));
    if value("usepam") == "no" {
        find(Severity::Problem, "usepam", texts.doctor_sshd_usepam());
    }
    if value("kbdinteractiveauthentication") == "no" {
        find(Severity::Problem, "kbdinteractiveauthentication", texts.doctor_sshd_interactive());
    }
    let methods = value("authenticationmethods");
    let asks = |list: &str| list.split(',').any(|method| method.starts_with("keyboard-interactive"));
    let without: Vec<_> = methods.split_whitespace().filter(|list| !asks(list)).collect();
    match methods {
        "" | "any" => {
            if value("passwordauthentication") == "yes" {
                find(Severity::Warning, "passwordauthentication", texts.doctor_sshd_password());
            }
            if value("pubkeyauthentication") == "yes" {
                find(Severity::Warning, "authenticationmethods", texts.doctor_sshd_key());
            }
        }
        _ if !without.is_empty() => {
            find(Severity::Problem, "authenticationmethods", texts.doctor_sshd_methods(without.join(" ")));
        }
        _ => {}
    }
    findings
}

/// sshd's files, in the order in which the first word counts: an Include stands at the top of Debian's.
fn files() -> Vec<(PathBuf, String)> {
    let mut drop_ins: Vec<PathBuf> = std::fs::read_dir("/etc/ssh/sshd_config.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "conf"))
        .collect();
    drop_ins.sort();
    drop_ins.push("/etc/ssh/sshd_config".into());
    drop_ins
        .into_iter()
        .filter_map(|path| Some((path.clone(), std::fs::read_to_string(path).ok()?)))
        .collect()
}

/// Where a setting was made: the first line that has it. Without one, it is sshd's own default.
fn place(key: &str, files: &[(PathBuf, String)]) -> String {
    let found = lines(files).find(|(_, word, only_some)| word == key && !only_some);
    found.map_or_else(|| "/etc/ssh/sshd_config".to_owned(), |(place, ..)| place)
}

/// Every line: where it is, the setting in it, and whether it is for some people only (`Match`).
fn lines(files: &[(PathBuf, String)]) -> impl Iterator<Item = (String, String, bool)> {
    files.iter().flat_map(|(path, text)| {
        let mut only_some = false;
        (1..).zip(text.lines()).map(move |(number, line)| {
            let mut words =
                line.split([' ', '\t', '=']).filter(|word| !word.is_empty()).map(str::to_lowercase);
            let word = match words.next().unwrap_or_default() {
                old if old == "challengeresponseauthentication" => "kbdinteractiveauthentication".to_owned(),
                word => word,
            };
            if word == "match" {
                only_some = words.next().is_none_or(|first| first != "all");
            }
            (format!("{}:{number}", path.display()), word, only_some)
        })
    })
}

/// What is otherwise for some people only. `sshd -T` does not say it without being told for whom.
fn for_some(texts: &Texts, files: &[(PathBuf, String)]) -> Vec<Finding> {
    const DECISIVE: &[&str] = &[
        "usepam",
        "kbdinteractiveauthentication",
        "passwordauthentication",
        "pubkeyauthentication",
        "authenticationmethods",
    ];
    lines(files)
        .filter(|(_, word, only_some)| *only_some && DECISIVE.contains(&word.as_str()))
        .map(|(place, word, _)| Finding::new(Severity::Note, place, &texts.doctor_sshd_match(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Severity, String)> {
        let findings = judge(&Texts::of_locale("en"), &settings(text), str::to_owned);
        findings.into_iter().map(|finding| (finding.severity, finding.place)).collect()
    }

    #[test]
    fn sound_settings_give_no_finding() {
        for methods in [
            "keyboard-interactive",
            "publickey,keyboard-interactive:pam",
            "keyboard-interactive publickey,keyboard-interactive",
        ] {
            let text = format!(
                "usepam yes\nkbdinteractiveauthentication yes\npasswordauthentication yes\nauthenticationmethods {methods}\n"
            );
            assert_eq!(found(&text), []);
        }
    }

    #[test]
    fn each_fault_is_found() {
        use Severity::{Problem, Warning};
        let sound =
            "usepam yes\nkbdinteractiveauthentication yes\nauthenticationmethods keyboard-interactive\n";
        let with = |from: &str, to: &str| found(&sound.replace(from, to));
        assert_eq!(with("usepam yes", "usepam no"), [(Problem, "usepam".to_owned())]);
        assert_eq!(
            with("authentication yes", "authentication no"),
            [(Problem, "kbdinteractiveauthentication".to_owned())]
        );
        assert_eq!(
            with("s keyboard-interactive", "s publickey password,keyboard-interactive"),
            [(Problem, "authenticationmethods".to_owned())]
        );
        let any =
            with("s keyboard-interactive", "s any\npasswordauthentication yes\npubkeyauthentication yes");
        assert_eq!(
            any,
            [(Warning, "passwordauthentication".to_owned()), (Warning, "authenticationmethods".to_owned())]
        );
    }

    #[test]
    fn the_drop_in_that_overrides_is_named() {
        let files = [
            (
                "/etc/ssh/sshd_config.d/50-cloud.conf".into(),
                "PasswordAuthentication no\nChallengeResponseAuthentication no\n".to_owned(),
            ),
            (
                "/etc/ssh/sshd_config".into(),
                "#UsePAM no\nUsePAM yes\nKbdInteractiveAuthentication yes\n".to_owned(),
            ),
        ];
        assert_eq!(place("kbdinteractiveauthentication", &files), "/etc/ssh/sshd_config.d/50-cloud.conf:2");
        assert_eq!(place("usepam", &files), "/etc/ssh/sshd_config:2");
        assert_eq!(place("authenticationmethods", &files), "/etc/ssh/sshd_config");
    }

    #[test]
    fn what_is_for_some_only_is_told() {
        let text = "Match User anna\n  AuthenticationMethods publickey\n  X11Forwarding no\nMatch all\n UsePAM yes\n";
        let files = [("/etc/ssh/sshd_config".into(), text.to_owned())];
        let found: Vec<_> = for_some(&Texts::of_locale("en"), &files).into_iter().map(|f| f.place).collect();
        assert_eq!(found, ["/etc/ssh/sshd_config:2"]);
        assert_eq!(place("authenticationmethods", &files), "/etc/ssh/sshd_config");
        assert_eq!(place("usepam", &files), "/etc/ssh/sshd_config:5");
    }
}
