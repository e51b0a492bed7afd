//! `otp-setup doctor`, and doing what its findings say.

use std::process::Command;

use crate::env::{CONFIG, Env, run, talk};

/// A stack of sshd with the module.
pub const STACK: &str = "@include common-auth\nauth required pam_insis_otp.so\n";

/// Settings of sshd that go with it.
pub const SSHD: &str = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n\
                    AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam\n";

/// Where they are.
pub const DROP_IN: &str = "/etc/ssh/sshd_config.d/00-otp.conf";

/// A machine on which everybody is enrolled and nothing is wrong.
pub fn sound() -> Env {
    let env = Env::build()
        .user("anna", "secret")
        .file("/etc/pam.d/sshd", STACK, 0o644)
        .file(DROP_IN, SSHD, 0o644)
        .clock()
        .start();
    // Whoever else has a shell on the machine that this one is a copy of.
    let passwd = std::fs::read_to_string("/etc/passwd").expect("no user database");
    for user in passwd.lines().filter_map(person) {
        let uri = format!("otpauth://totp/Uni:{user}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Uni");
        talk(env.command("otp-setup").args(["import", "--user", user, "--uri", "-"]), &uri);
    }
    env
}

/// The name of a line in /etc/passwd with a login shell.
fn person(line: &str) -> Option<&str> {
    let fields: Vec<_> = line.split(':').collect();
    let [name, _, uid, .., shell] = fields.as_slice() else { return None };
    let uid: u32 = uid.parse().ok()?;
    let is_person = uid >= 1000 && uid != 65534 && !shell.ends_with("nologin") && !shell.ends_with("false");
    is_person.then_some(name)
}

/// What the doctor says of one thing, as in `--json`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `problem`, `warning` or `note`.
    pub severity: String,
    /// What kind of finding it is.
    pub id: String,
    /// The file and line, or what else it is about.
    #[serde(rename = "place")]
    pub location: String,
    /// What was found.
    pub what: String,
    /// What comes of it.
    pub why: String,
    /// What is to be done with [`Self::line`].
    pub remedy: String,
    /// A line for a file or a shell.
    pub line: String,
}

/// Exit status, and every finding.
pub fn examined(env: &Env, synchronised: &str) -> (i32, Vec<Finding>) {
    let mut doctor = env.command("otp-setup");
    let output = talk(doctor.args(["doctor", "--json"]).env("CLOCK_SYNCHRONISED", synchronised), "");
    let findings: Vec<Finding> = serde_json::from_slice(&output.stdout).expect("JSON");
    for finding in &findings {
        assert!(!finding.why.is_empty() && finding.remedy.ends_with(':'), "{finding:?}");
        assert!(!finding.line.trim().is_empty() && !finding.line.contains('\n'), "{finding:?}");
    }
    (output.status.code().expect("it died"), findings)
}

/// The finding that is looked for.
#[track_caller]
pub fn found(env: &Env, severity: &str, location: &str, words: &str) -> Finding {
    let (_, found) = examined(env, "yes");
    let wanted = |finding: &&Finding| {
        finding.severity == severity && finding.location.starts_with(location) && finding.what.contains(words)
    };
    let finding = found.iter().find(wanted).cloned();
    finding.unwrap_or_else(|| panic!("no {severity} at {location} about {words:?} in {found:#?}"))
}

/// Exit status, and every finding as severity, place and what.
pub fn doctor(env: &Env) -> (i32, Vec<String>) {
    doctor_with(env, "yes")
}

/// The same, where the kernel says that its clock is synchronised, or not.
pub fn doctor_with(env: &Env, synchronised: &str) -> (i32, Vec<String>) {
    let (status, found) = examined(env, synchronised);
    let lines =
        found.iter().map(|finding| format!("{} {} {}", finding.severity, finding.location, finding.what));
    (status, lines.collect())
}

/// The finding that is looked for, and its exact line.
#[track_caller]
pub fn finds(env: &Env, severity: &str, location: &str, words: &str, line: &str) -> Finding {
    let finding = found(env, severity, location, words);
    let (status, all) = examined(env, "yes");
    assert_eq!(status, if severity == "problem" { 6 } else { 1 }, "{all:#?}");
    assert_eq!(finding.line, line, "{finding:#?}");
    finding
}

/// Finds it, does what it says, and has a sound machine.
#[track_caller]
pub fn corrects(env: &Env, severity: &str, location: &str, words: &str, line: &str) {
    let finding = finds(env, severity, location, words, line);
    obey(&finding);
    assert_eq!(doctor(env), (0, vec![]), "after {finding:#?}");
}

/// Does what a finding says.
#[track_caller]
pub fn obey(finding: &Finding) {
    let Finding { location, remedy, line, .. } = finding;
    let below = remedy.rsplit_once("below ").map(|(_, location)| location.trim_end_matches(':'));
    let above = remedy.rsplit_once("Write above ").map(|(_, location)| location.trim_end_matches(':'));
    if remedy.ends_with("Run:") {
        run(Command::new("sh").args(["-c", line]));
    } else if let Some(below) = below {
        // From the end on, so that no number changes before its line is found.
        edit(below, |lines, number| lines.insert(number, line.clone()));
        if remedy.starts_with("Take that line out") {
            edit(location, |lines, number| drop(lines.remove(number - 1)));
        }
    } else if let Some(above) = above {
        edit(above, |lines, number| lines.insert(number - 1, line.clone()));
    } else if remedy.ends_with("at the top of that file:") {
        edit(&format!("{location}:1"), |lines, _| lines.insert(0, line.clone()));
    } else if remedy.contains("insis-otp.toml, instead of") {
        let key = line.split(' ').next().unwrap_or_default();
        let is_it = |old: &String| old.starts_with(key);
        edit(&format!("{CONFIG}:1"), |lines, _| {
            let old = lines.iter_mut().find(|old| is_it(old)).expect("no such key");
            old.clone_from(line);
        });
    } else {
        assert!(remedy.ends_with("Write instead of that line:"), "{finding:#?}");
        // A line of another file is named before it.
        let location = remedy
            .strip_prefix("In ")
            .and_then(|rest| rest.split_once(": "))
            .map_or(&**location, |(at, _)| at);
        edit(location, |lines, number| lines.splice(number - 1..number, [line.clone()]).for_each(drop));
    }
}

/// Changes the lines of a file, at a place that is written FILE:LINE.
#[track_caller]
pub fn edit(location: &str, change: impl FnOnce(&mut Vec<String>, usize)) {
    let (path, number) = location.rsplit_once(':').unwrap_or_else(|| panic!("{location} names no line"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines, number.parse().expect("a number"));
    std::fs::write(path, lines.join("\n") + "\n").expect("cannot write");
}

/// The line of the module.
pub const OURS: &str = "auth required pam_insis_otp.so";
