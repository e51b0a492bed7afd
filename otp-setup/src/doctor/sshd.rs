//! sshd's effective settings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use insis_otp::strict::nearest;

use super::{Finding, Machine, Remedy, Severity, quoted};
use crate::messages::{Description, Messages};

/// What sshd is asked to be set to.
const METHODS: &str = "AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam";
/// Its settings that decide whether a code is asked for.
const DECISIVE: [(&str, &str); 6] = [
    ("usepam", "UsePAM yes"),
    ("kbdinteractiveauthentication", "KbdInteractiveAuthentication yes"),
    ("passwordauthentication", "PasswordAuthentication no"),
    ("pubkeyauthentication", "PubkeyAuthentication yes"),
    ("authenticationmethods", METHODS),
    ("usedns", "UseDNS no"),
];
/// What counts where nothing else is included before it.
const MAIN: &str = "/etc/ssh/sshd_config";

/// sshd, and what it says of its settings.
pub struct Sshd {
    program: &'static str,
    files: Vec<(PathBuf, String)>,
    effective: Result<Settings, String>,
}

/// Asks sshd; `None` where there is none.
pub fn ask(machine: &Machine) -> Option<Sshd> {
    let programs = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"];
    let program = programs.into_iter().find(|path| machine.path(path).exists())?;
    Some(Sshd { program, files: files(machine), effective: settings_of(program, &[]) })
}

/// What sshd says of its settings, for somebody where arguments say so.
fn settings_of(program: &str, arguments: &[&str]) -> Result<Settings, String> {
    match Command::new(program).arg("-T").args(arguments).env_clear().output() {
        Ok(output) if output.status.success() => Ok(settings(&String::from_utf8_lossy(&output.stdout))),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl Sshd {
    /// Whether sshd has asked for a key, or another proof, whenever it asks PAM.
    pub fn proves(&self) -> bool {
        let Ok(settings) = &self.effective else { return true };
        let methods = settings.get("authenticationmethods").map_or("", String::as_str);
        let proof = |list: &str| {
            list.split(',').any(|method| ["publickey", "hostbased", "gssapi-with-mic"].contains(&method))
        };
        !matches!(methods, "" | "any") && methods.split_whitespace().all(proof)
    }

    /// How long a login may take, in seconds; 0 without a limit.
    pub fn grace(&self) -> Option<u64> {
        self.effective.as_ref().ok()?.get("logingracetime")?.parse().ok()
    }

    /// What is wrong with its settings. `networks`: addresses decide about codes.
    pub fn examine(&self, messages: &Messages, networks: bool) -> Vec<Finding> {
        match &self.effective {
            Ok(settings) => {
                let mut findings = judge(messages, settings, &self.files, None);
                findings.extend(networks.then(|| names(messages, settings, &self.files)).flatten());
                findings.extend(self.for_some(messages, settings));
                findings
            }
            Err(stderr) => vec![silent(messages, self.program, stderr, &self.files)],
        }
    }

    /// What is otherwise for some people only: sshd is asked about one of them.
    fn for_some(&self, messages: &Messages, all: &Settings) -> Vec<Finding> {
        let mut seen = Vec::new();
        let mut findings = Vec::new();
        for (location, word, whom) in lines(&self.files) {
            let Some(whom) = whom.filter(|whom| is_decisive(&word) && !seen.contains(&whom.clone())) else {
                continue;
            };
            let Some(person) = example(&whom) else {
                let remedy = Remedy::new(
                    messages.how_sshd_match(),
                    format!("{} -T -C user=NAME,host=HOST,addr=ADDRESS", self.program),
                );
                findings.push(Finding::new(
                    Severity::Note,
                    location,
                    &messages.doctor_sshd_match(word),
                    remedy,
                ));
                continue;
            };
            match settings_of(self.program, &["-C", &person]) {
                Ok(settings) if settings != *all => {
                    findings.extend(judge(messages, &settings, &self.files, Some(&whom)));
                }
                Ok(_) => {}
                Err(stderr) => findings.push(silent(messages, self.program, &stderr, &self.files)),
            }
            seen.push(whom);
        }
        findings
    }
}

/// Where names are looked up, an address is none any more for the module.
fn names(messages: &Messages, settings: &Settings, files: &Files) -> Option<Finding> {
    let names = settings.get("usedns").is_some_and(|value| value == "yes");
    let (location, remedy) = write(messages, "usedns", files, None);
    names.then(|| Finding::new(Severity::Warning, location, &messages.doctor_sshd_usedns(), remedy))
}

/// What sshd says instead of its settings, and what corrects that. It does not start like that, but where only the
/// folder is missing that its service makes.
fn silent(messages: &Messages, path: &str, stderr: &str, files: &Files) -> Finding {
    let stderr: Vec<_> = stderr.lines().map(str::trim).collect();
    let text = messages.doctor_sshd_silent(stderr.join("; "));
    let (location, remedy) = stderr
        .iter()
        .find_map(|line| complaint(messages, line, files))
        .unwrap_or_else(|| (path.to_owned(), Remedy::new(messages.how_sshd_says(), format!("{path} -t"))));
    let made = stderr.iter().any(|line| line.contains("Missing privilege separation directory"));
    let severity = if made { Severity::Warning } else { Severity::Problem };
    Finding::new(severity, location, &text, remedy)
}

/// Where one complaint of sshd's comes from, and the line or the command that ends it.
fn complaint(messages: &Messages, stderr: &str, files: &Files) -> Option<(String, Remedy)> {
    if stderr.starts_with("Disabled method \"keyboard-interactive") {
        return Some(write(messages, "kbdinteractiveauthentication", files, None));
    }
    if stderr.starts_with("Disabled method ") {
        return Some(write(messages, "authenticationmethods", files, None));
    }
    if stderr.contains("no hostkeys available") {
        return Some((MAIN.to_owned(), Remedy::run(messages, "ssh-keygen -A")));
    }
    if let Some((_, folder)) = stderr.split_once("Missing privilege separation directory: ") {
        return Some((
            folder.to_owned(),
            Remedy::run(messages, format!("install -d -m 755 {}", quoted(folder))),
        ));
    }
    // FILE: line N: Bad configuration option: WORD
    // FILE line N: unsupported option "VALUE".
    let (path, rest) = stderr.split_once(" line ")?;
    let path = path.trim_end_matches(':');
    let number: usize = rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
    let line =
        files.iter().find(|(file, _)| file.as_os_str() == path)?.1.lines().nth(number.checked_sub(1)?)?;
    let word = line.split_whitespace().next()?;
    let known = DECISIVE.map(|(key, _)| key);
    let lower = word.to_lowercase();
    let right = nearest(&lower, &known);
    let corrected = right.and_then(|right| DECISIVE.into_iter().find(|(key, _)| *key == right));
    let corrected = corrected.map_or_else(|| format!("# {line}"), |(_, line)| line.to_owned());
    Some((format!("{path}:{number}"), reloading(messages, Remedy::instead(messages, corrected))))
}

/// Where a setting stands, for all or for those whom a Match line names, and the line for it.
fn write(messages: &Messages, key: &str, files: &Files, whom: Option<&str>) -> (String, Remedy) {
    let line = DECISIVE.into_iter().find(|(word, _)| *word == key).map_or("", |(_, line)| line);
    let own = whom.and_then(|whom| location(key, files, Some(whom)));
    match own.or_else(|| location(key, files, None)) {
        Some(location) => (location, reloading(messages, Remedy::instead(messages, line))),
        None => (MAIN.to_owned(), reloading(messages, Remedy::new(messages.how_top(), line))),
    }
}

/// sshd reads its settings when it is told to.
fn reloading(messages: &Messages, remedy: Remedy) -> Remedy {
    remedy.after(&messages.how_reload_sshd())
}

type Files = [(PathBuf, String)];
type Settings = BTreeMap<String, String>;

fn settings(text: &str) -> Settings {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(key, value)| (key.to_lowercase(), value.trim().to_owned())).collect()
}

/// What is wrong with the settings that these files make, for all or for those whom a Match line names.
fn judge(messages: &Messages, settings: &Settings, files: &Files, whom: Option<&str>) -> Vec<Finding> {
    let value = |key: &str| settings.get(key).map_or("", String::as_str);
    let mut findings = Vec::new();
    let mut find = |severity, key: &str, text: Description| {
        let (location, remedy) = write(messages, key, files, whom);
        findings.push(Finding::new(severity, location, &text, remedy));
    };
    if value("usepam") == "no" {
        find(Severity::Problem, "usepam", messages.doctor_sshd_usepam());
    }
    if value("kbdinteractiveauthentication") == "no" {
        find(Severity::Problem, "kbdinteractiveauthentication", messages.doctor_sshd_interactive());
    }
    let methods = value("authenticationmethods");
    let lists = |is: &dyn Fn(&str) -> bool| {
        methods.split_whitespace().filter(|list| is(list)).collect::<Vec<_>>().join(" ")
    };
    // bsdauth and skey are no PAM.
    let asks = |list: &str| {
        list.split(',').any(|method| matches!(method, "keyboard-interactive" | "keyboard-interactive:pam"))
    };
    let (without, twice) = (
        lists(&|list| !asks(list)),
        lists(&|list| asks(list) && list.split(',').any(|method| method == "password")),
    );
    if matches!(methods, "" | "any") {
        if value("passwordauthentication") == "yes" {
            find(Severity::Warning, "passwordauthentication", messages.doctor_sshd_password());
        }
        if value("pubkeyauthentication") == "yes" {
            find(Severity::Warning, "authenticationmethods", messages.doctor_sshd_key());
        }
    } else if !without.is_empty() {
        find(Severity::Problem, "authenticationmethods", messages.doctor_sshd_methods(without));
    } else if !twice.is_empty() {
        find(Severity::Problem, "authenticationmethods", messages.doctor_sshd_password_first(twice));
    }
    findings
}

/// sshd's files, in the order in which the first word counts: an Include stands at the top of Debian's.
fn files(machine: &Machine) -> Vec<(PathBuf, String)> {
    let mut drop_ins: Vec<PathBuf> = std::fs::read_dir(machine.path("/etc/ssh/sshd_config.d"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "conf"))
        .collect();
    drop_ins.sort();
    drop_ins.push(machine.path(MAIN));
    drop_ins
        .into_iter()
        .filter_map(|path| Some((path.clone(), std::fs::read_to_string(path).ok()?)))
        .collect()
}

/// Where a setting was made: the first line that has it, for all or for those whom a Match line names. Without one, it
/// is sshd's own default.
fn location(key: &str, files: &Files, whom: Option<&str>) -> Option<String> {
    lines(files)
        .find(|(_, word, for_whom)| word == key && for_whom.as_deref() == whom)
        .map(|(location, ..)| location)
}

fn is_decisive(word: &str) -> bool {
    DECISIVE.iter().any(|(key, _)| *key == word && *key != "usedns")
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
                let criteria = line.trim().split_once([' ', '\t']).map_or("", |(_, rest)| rest.trim());
                whom = Some(criteria.to_owned()).filter(|_| words.next().is_none_or(|first| first != "all"));
            }
            (format!("{}:{number}", path.display()), word, whom.clone())
        })
    })
}

/// Somebody whom a Match line is for, as `sshd -T -C` takes them; `None` where nobody can be named.
fn example(whom: &str) -> Option<String> {
    let words: Vec<_> = whom.split_whitespace().collect();
    let named = |name: &str| {
        words.chunks(2).find(|pair| pair.first().is_some_and(|word| word.eq_ignore_ascii_case(name)))
    };
    let value = |name: &str| {
        let list = (*named(name)?.get(1)?).split(',').map(|one| one.trim_matches('"'));
        let mut positive = list.filter(|one| !one.starts_with('!'));
        Some(positive.next()?.split('/').next()?.to_owned())
    };
    let known = ["user", "group", "address", "host", "localaddress", "localport", "rdomain"];
    let is_known =
        |pair: &[&str]| pair.first().is_some_and(|word| known.contains(&word.to_lowercase().as_str()));
    if !words.chunks(2).all(is_known) {
        return None;
    }
    let member = |group: String| nix::unistd::Group::from_name(&group).ok()??.mem.first().cloned();
    let user = match (named("group").is_some(), value("user")) {
        (_, Some(user)) => user,
        (true, None) => member(value("group")?)?,
        (false, None) => "NAME".to_owned(),
    };
    let address = value("address").unwrap_or_else(|| "127.0.0.1".to_owned());
    let host = value("host").unwrap_or_else(|| address.clone());
    let mut all = format!("user={user},host={host},addr={address}");
    for (key, name) in [("laddr", "localaddress"), ("lport", "localport"), ("rdomain", "rdomain")] {
        all.extend(value(name).map(|value| format!(",{key}={value}")));
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Severity, String)> {
        let findings = judge(&Messages::of_locale("en"), &settings(text), &[], None);
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
        let location = |key| location(key, &files, None);
        assert_eq!(
            location("kbdinteractiveauthentication").as_deref(),
            Some("/etc/ssh/sshd_config.d/50-cloud.conf:2")
        );
        assert_eq!(location("usepam").as_deref(), Some("/etc/ssh/sshd_config:2"));
        assert_eq!(location("authenticationmethods"), None);
    }

    #[test]
    fn what_is_for_some_only_is_found_there() {
        let text = "Match User anna\n  AuthenticationMethods publickey\n  X11Forwarding no\nMatch all\n UsePAM yes\n";
        let files = [("/etc/ssh/sshd_config".into(), text.to_owned())];
        let location = |key, whom| location(key, &files, whom);
        assert_eq!(
            location("authenticationmethods", Some("User anna")).as_deref(),
            Some("/etc/ssh/sshd_config:2")
        );
        assert_eq!(location("authenticationmethods", None), None);
        assert_eq!(location("usepam", None).as_deref(), Some("/etc/ssh/sshd_config:5"));
        let settings =
            settings("usepam yes\nkbdinteractiveauthentication yes\nauthenticationmethods publickey\n");
        let found = judge(&Messages::of_locale("en"), &settings, &files, Some("User anna"));
        assert_eq!((found[0].location.as_str(), found[0].line.as_str()), ("/etc/ssh/sshd_config:2", METHODS));
        let connection = example("User anna").unwrap();
        assert_eq!(connection, "user=anna,host=127.0.0.1,addr=127.0.0.1");
        let connection = example("Address 10.0.0.0/8,192.0.2.1 LocalPort 2222").unwrap();
        assert_eq!(connection, "user=NAME,host=10.0.0.0,addr=10.0.0.0,lport=2222");
        assert_eq!(example("User !root,*").unwrap(), "user=*,host=127.0.0.1,addr=127.0.0.1");
        assert_eq!((example("exec /bin/true"), example("Group no-such-group-here")), (None, None));
    }

    #[test]
    fn a_password_in_a_list_beside_the_code_is_found() {
        use Severity::Problem;
        let sound = "usepam yes\nkbdinteractiveauthentication yes\nauthenticationmethods ";
        for lists in [
            "password,keyboard-interactive",
            "keyboard-interactive:pam,password",
            "publickey,password,keyboard-interactive:pam keyboard-interactive",
            "keyboard-interactive:bsdauth",
        ] {
            assert_eq!(found(&format!("{sound}{lists}\n")), [(Problem, "authenticationmethods".to_owned())]);
        }
    }

    #[test]
    fn a_key_before_every_code_is_a_proof() {
        let proves = |methods: &str| {
            let effective = Ok(settings(&format!("authenticationmethods {methods}\n")));
            Sshd { program: "/usr/sbin/sshd", files: Vec::new(), effective }.proves()
        };
        assert!(proves("publickey,keyboard-interactive:pam") && !proves("any"));
        assert!(!proves("publickey,keyboard-interactive keyboard-interactive"));
    }
}
