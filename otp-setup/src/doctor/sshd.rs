//! sshd's effective settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::mend::suggested;
use super::{Finding, Remedy, Severity, quoted};
use crate::texts::Texts;

/// What sshd is asked to be set to.
const METHODS: &str = "AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam";
/// Its settings that decide whether a code is asked for.
const DECISIVE: [(&str, &str); 5] = [
    ("usepam", "UsePAM yes"),
    ("kbdinteractiveauthentication", "KbdInteractiveAuthentication yes"),
    ("passwordauthentication", "PasswordAuthentication no"),
    ("pubkeyauthentication", "PubkeyAuthentication yes"),
    ("authenticationmethods", METHODS),
];
/// What counts where nothing else is included before it.
const MAIN: &str = "/etc/ssh/sshd_config";

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
            let mut findings = judge(texts, &settings, &files);
            findings.extend(for_some(texts, &files));
            findings
        }
        Ok(output) => vec![silent(texts, path, &String::from_utf8_lossy(&output.stderr))],
        Err(error) => vec![silent(texts, path, &error.to_string())],
    }
}

/// What sshd says in place of its settings, and what mends that.
fn silent(texts: &Texts, path: &str, heard: &str) -> Finding {
    let heard: Vec<_> = heard.lines().map(str::trim).collect();
    let text = texts.doctor_sshd_silent(heard.join("; "));
    let files = files();
    let (place, remedy) = heard
        .iter()
        .find_map(|line| complaint(texts, line, &files))
        .unwrap_or_else(|| (path.to_owned(), Remedy::new(texts.how_sshd_says(), format!("{path} -t"))));
    Finding::new(Severity::Warning, place, &text, remedy)
}

/// Where one complaint of sshd's comes from, and the line or the command that ends it.
fn complaint(texts: &Texts, said: &str, files: &Files) -> Option<(String, Remedy)> {
    if said.starts_with("Disabled method \"keyboard-interactive") {
        return Some(write(texts, "kbdinteractiveauthentication", files));
    }
    if said.contains("no hostkeys available") {
        return Some((MAIN.to_owned(), Remedy::run(texts, "ssh-keygen -A")));
    }
    if let Some((_, folder)) = said.split_once("Missing privilege separation directory: ") {
        return Some((
            folder.to_owned(),
            Remedy::run(texts, format!("install -d -m 755 {}", quoted(folder))),
        ));
    }
    // FILE: line N: Bad configuration option: WORD
    // FILE line N: unsupported option "VALUE".
    let (path, rest) = said.split_once(" line ")?;
    let path = path.trim_end_matches(':');
    let number: usize = rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
    let line =
        files.iter().find(|(file, _)| file.as_os_str() == path)?.1.lines().nth(number.checked_sub(1)?)?;
    let word = line.split_whitespace().next()?;
    let known = DECISIVE.map(|(key, _)| key);
    let lower = word.to_lowercase();
    let nearest = insis_otp::strict::unknown("option", &lower, &known);
    let right = suggested(&nearest).or_else(|| known.into_iter().find(|key| *key == lower));
    let mended = right.and_then(|right| DECISIVE.into_iter().find(|(key, _)| *key == right));
    let mended = mended.map_or_else(|| format!("# {line}"), |(_, line)| line.to_owned());
    Some((format!("{path}:{number}"), reloading(texts, Remedy::instead(texts, mended))))
}

/// Where a setting stands, and the line for it.
fn write(texts: &Texts, key: &str, files: &Files) -> (String, Remedy) {
    let line = DECISIVE.into_iter().find(|(word, _)| *word == key).map_or("", |(_, line)| line);
    match place(key, files) {
        Some(place) => (place, reloading(texts, Remedy::instead(texts, line))),
        None => (MAIN.to_owned(), reloading(texts, Remedy::new(texts.how_top(), line))),
    }
}

/// sshd reads its settings when it is told to.
fn reloading(texts: &Texts, remedy: Remedy) -> Remedy {
    remedy.after(&texts.how_reload_sshd())
}

type Files = [(PathBuf, String)];
type Settings = BTreeMap<String, String>;

fn settings(text: &str) -> Settings {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(key, value)| (key.to_lowercase(), value.trim().to_owned())).collect()
}

/// What is wrong with the settings that these files make.
fn judge(texts: &Texts, settings: &Settings, files: &Files) -> Vec<Finding> {
    let value = |key: &str| settings.get(key).map_or("", String::as_str);
    let mut findings = Vec::new();
    let mut find = |severity, key: &str, text: String| {
        let (place, remedy) = write(texts, key, files);
        findings.push(Finding::new(severity, place, &text, remedy));
    };
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
fn place(key: &str, files: &Files) -> Option<String> {
    lines(files).find(|(_, word, whom)| word == key && whom.is_none()).map(|(place, ..)| place)
}

/// Every line: where it is, the setting in it, and whom it is for (`Match`), where it is not for all.
fn lines(files: &Files) -> impl Iterator<Item = (String, String, Option<String>)> {
    files.iter().flat_map(|(path, text)| {
        let mut whom = None;
        (1..).zip(text.lines()).map(move |(number, line)| {
            let mut words =
                line.split([' ', '\t', '=']).filter(|word| !word.is_empty()).map(str::to_lowercase);
            let word = match words.next().unwrap_or_default() {
                old if old == "challengeresponseauthentication" => "kbdinteractiveauthentication".to_owned(),
                word => word,
            };
            if word == "match" {
                let said = line.trim().split_once([' ', '\t']).map_or("", |(_, rest)| rest.trim());
                whom = Some(said.to_owned()).filter(|_| words.next().is_none_or(|first| first != "all"));
            }
            (format!("{}:{number}", path.display()), word, whom.clone())
        })
    })
}

/// What is otherwise for some people only. `sshd -T` does not say it without being told for whom.
fn for_some(texts: &Texts, files: &Files) -> Vec<Finding> {
    let decisive = |word: &str| DECISIVE.iter().any(|(key, _)| *key == word);
    lines(files)
        .filter(|(_, word, _)| decisive(word))
        .filter_map(|(place, word, whom)| {
            let remedy = Remedy::new(texts.how_sshd_match(), format!("sshd -T -C {}", example(&whom?)));
            Some(Finding::new(Severity::Note, place, &texts.doctor_sshd_match(word), remedy))
        })
        .collect()
}

/// Somebody whom a Match line is for, as `sshd -T -C` takes them.
fn example(whom: &str) -> String {
    let words: Vec<_> = whom.split_whitespace().collect();
    let value = |name: &str| {
        let named =
            words.chunks(2).find(|pair| pair.first().is_some_and(|word| word.eq_ignore_ascii_case(name)));
        Some((*named?.get(1)?).split([',', '/']).next()?.trim_matches('"').to_owned())
    };
    let user = value("user").unwrap_or_else(|| "NAME".to_owned());
    let address = value("address").unwrap_or_else(|| "127.0.0.1".to_owned());
    let host = value("host").unwrap_or_else(|| address.clone());
    let mut all = format!("user={user},host={host},addr={address}");
    for (key, name) in [("laddr", "localaddress"), ("lport", "localport"), ("rdomain", "rdomain")] {
        all.extend(value(name).map(|value| format!(",{key}={value}")));
    }
    quoted(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Severity, String)> {
        let findings = judge(&Texts::of_locale("en"), &settings(text), &[]);
        let key = |line: String| line.split(' ').next().unwrap_or_default().to_lowercase();
        findings.into_iter().map(|finding| (finding.severity, key(finding.line))).collect()
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
        let place = |key| place(key, &files);
        assert_eq!(
            place("kbdinteractiveauthentication").as_deref(),
            Some("/etc/ssh/sshd_config.d/50-cloud.conf:2")
        );
        assert_eq!(place("usepam").as_deref(), Some("/etc/ssh/sshd_config:2"));
        assert_eq!(place("authenticationmethods"), None);
    }

    #[test]
    fn what_is_for_some_only_is_told() {
        let text = "Match User anna\n  AuthenticationMethods publickey\n  X11Forwarding no\nMatch all\n UsePAM yes\n";
        let files = [("/etc/ssh/sshd_config".into(), text.to_owned())];
        let found = for_some(&Texts::of_locale("en"), &files);
        let found: Vec<_> = found.into_iter().map(|f| (f.place, f.line)).collect();
        let line = "sshd -T -C user=anna,host=127.0.0.1,addr=127.0.0.1";
        assert_eq!(found, [("/etc/ssh/sshd_config:2".to_owned(), line.to_owned())]);
        assert_eq!(place("authenticationmethods", &files), None);
        assert_eq!(place("usepam", &files).as_deref(), Some("/etc/ssh/sshd_config:5"));
        let said = example("Group staff Address 10.0.0.0/8,192.0.2.1 LocalPort 2222");
        assert_eq!(said, "user=NAME,host=10.0.0.0,addr=10.0.0.0,lport=2222");
        assert_eq!(example("User *,!root"), "'user=*,host=127.0.0.1,addr=127.0.0.1'");
    }
}
