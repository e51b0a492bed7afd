//! The help desk: what its members can do for others by the real sudo, and what they cannot.

use std::path::Path;
use std::process::{Command, Output};

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run, talk};
use insis_otp_tests::machine::PASSWORD;

const SETTINGS: &str = "helpdesk_group = \"helpdesk\"\nself_enrollment = \"invitation\"\n";
const STACK: &str =
    "auth sufficient pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so";

/// Helen and hugo are the help desk; adam is an administrator by a group, olga by her primary one; anna and bob are people.
/// sudo asks for no password here.
fn site() -> Env {
    let rule = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/sudoers.d/insis-otp-helpdesk");
    let rule = std::fs::read_to_string(rule).unwrap();
    let names = ["helen", "hugo", "adam", "olga", "anna", "bob"];
    let builder = names.into_iter().fold(Env::build(), |builder, name| builder.user(name, PASSWORD));
    let env = builder
        .group("helpdesk", &["helen", "hugo"])
        .group("sudo", &["adam"])
        .group("wheel", &[])
        .config(SETTINGS)
        .service("sudo", STACK)
        .file("/etc/sudoers", "Defaults !lecture\n@includedir /etc/sudoers.d\n", 0o440)
        .file("/etc/sudoers.d/insis-otp-helpdesk", rule, 0o440)
        .start();
    run(env.command("usermod").args(["--gid", "wheel", "olga"]));
    for (alias, of) in [("toor", "root"), ("adam2", "adam"), ("anna2", "anna")] {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = passwd.lines().find(|line| line.starts_with(&format!("{of}:"))).unwrap();
        let line = line.replacen(of, alias, 1);
        env.write("/etc/passwd".as_ref(), format!("{passwd}{line}\n").as_bytes(), 0o644);
    }
    run(env.command("visudo").arg("--check"));
    env
}

/// The same, with an answer in a language: what it says besides what it did.
fn answer(env: &Env, language: &str, args: &[&str]) -> String {
    let mut command = env.as_user("helen", "sudo");
    text(&talk(command.args(["otp-setup", "helpdesk"]).args(args).env("LC_ALL", language), ""))
}

fn sudo(env: &Env, user: &str, args: &[&str]) -> Output {
    talk(env.as_user(user, "sudo").args(args), "")
}

/// `otp-setup helpdesk` by somebody.
fn helpdesk(env: &Env, user: &str, args: &[&str]) -> Output {
    sudo(env, user, &[&["otp-setup", "helpdesk"], args].concat())
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn store() -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir("/var/lib/insis-otp").unwrap().map(Result::unwrap);
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn members_help_people_and_the_log_says_who() {
    let env = site();
    let anna = Enrolled::user("anna");
    run(env.command("sed").args(["-i", "/^anna2:/d", "/etc/passwd"]));
    let helped = |args: &[&str]| {
        env.syslog().clear();
        let output = helpdesk(&env, "helen", args);
        assert!(output.status.success(), "{args:?}: {}", text(&output));
        text(&output)
    };
    assert!(helped(&["status", "--user", "anna"]).contains("anna: paired on "));
    helped(&["unlock", "--user", "anna"]);
    let _ = env.syslog().expect(&["unlock: result=done user=anna uid=0", "sudo_user=helen", "role=helpdesk"]);
    assert!(helped(&["bypass", "--user", "anna", "--uses", "2"]).starts_with("Bypass code for anna: "));
    let _ = env.syslog().expect(&[
        "bypass: result=done uses=2",
        "user=anna uid=0",
        "sudo_user=helen",
        "role=helpdesk",
    ]);
    assert!(anna.status().bypass.is_some());
    helped(&["bypass", "--user", "anna", "--revoke"]);
    assert!(anna.status().bypass.is_none());
    assert!(helped(&["invite", "--user", "bob", "--valid", "1h"]).starts_with("Invitation code for bob: "));
    let _ = env.syslog().expect(&["invite: result=done user=bob uid=0", "sudo_user=helen", "role=helpdesk"]);
}

/// Members cannot run otp-setup otherwise: no other command of it is of use to them.
#[test]
fn members_are_told_what_they_may_do_next() {
    let env = site();
    let _ = Enrolled::user("anna");
    run(env.command("sed").args(["-i", "/^anna2:/d", "/etc/passwd"]));
    let [english, czech] = ["en_US.UTF-8", "cs_CZ.UTF-8"];
    let invitation = "sudo otp-setup helpdesk invite --user bob";
    for (language, act, user, end) in [
        (english, &["bypass"][..], "bob", invitation),
        (czech, &["bypass"], "bob", invitation),
        (english, &["bypass", "--revoke"], "bob", invitation),
        (english, &["unlock"], "bob", invitation),
        (czech, &["unlock"], "bob", invitation),
        (
            english,
            &["invite"],
            "anna",
            "anna has a paired phone. An administrator removes the pairing first.",
        ),
        (czech, &["invite"], "anna", "anna má spárovaný telefon. Nejdřív správce odstraní spárování."),
    ] {
        let said = answer(&env, language, &[act, &["--user", user]].concat());
        let words: Vec<_> = said.split_whitespace().collect();
        assert!(words.join(" ").ends_with(end), "{act:?} {language}: {said}");
        let commands = said.matches("otp-setup ").count();
        assert_eq!(commands, said.matches("sudo otp-setup helpdesk ").count(), "{act:?}: {said}");
    }
    for (language, sentence) in
        [(english, "The help desk does this by sudo:"), (czech, "Podpora uživatelů to dělá přes sudo:")]
    {
        let mut command = env.as_user("helen", "otp-setup");
        command.args(["helpdesk", "unlock", "--user", "bob"]).env("LC_ALL", language);
        let output = talk(&mut command, "");
        let said = format!("otp-setup: {sentence} sudo otp-setup helpdesk unlock --user bob\n");
        assert_eq!((output.status.code(), text(&output)), (Some(2), said));
    }
}

#[test]
fn nobody_else_is_helped_and_nothing_changes() {
    let env = site();
    for name in ["anna", "adam", "olga", "hugo", "helen", "root"] {
        let _ = Enrolled::user(name);
    }
    let before = store();
    for (user, reason) in [
        ("root", "system-account"),
        ("toor", "system-account"),
        ("daemon", "system-account"),
        ("nobody", "system-account"),
        ("adam", "shared-user-id"),
        ("adam2", "shared-user-id"),
        ("anna", "shared-user-id"),
        ("olga", "administrator"),
        ("hugo", "administrator"),
        ("helen", "own-account"),
    ] {
        for act in [&["bypass"][..], &["invite"], &["unlock"], &["status"], &["bypass", "--revoke"]] {
            env.syslog().clear();
            let output = helpdesk(&env, "helen", &[act, &["--user", user]].concat());
            assert_eq!(
                (output.status.code(), output.stdout.len()),
                (Some(1), 0),
                "{act:?} {user}: {}",
                text(&output)
            );
            let _ = env.syslog().expect(&[
                &format!("helpdesk: result=refused reason={reason} user={user} uid=0"),
                "sudo_user=helen role=helpdesk",
            ]);
        }
    }
    run(env.command("sed").args(["-i", "/^adam2:/d", "/etc/passwd"]));
    let output = helpdesk(&env, "helen", &["bypass", "--user", "adam"]);
    assert_eq!(
        (output.status.code(), text(&output).contains("in the group sudo")),
        (Some(1), true),
        "{}",
        text(&output)
    );
    assert!(store() == before);
}

#[test]
fn the_rule_of_sudo_opens_nothing_else() {
    let env = site();
    let anna = Enrolled::user("anna");
    run(env.command("sed").args(["-i", "/^anna2:/d", "/etc/passwd"]));
    env.write("/tmp/own.toml".as_ref(), b"helpdesk_group = \"anna\"\nsecret text\n", 0o644);
    let before = store();
    for args in [
        // What sudo itself does not allow.
        &["otp-setup", "unlock", "--user", "anna"][..],
        &["otp-setup", "export", "--reveal", "--user", "anna"],
        &["otp-setup", "--config", "/tmp/own.toml", "helpdesk", "unlock", "--user", "anna"],
        &["otp-setup", "--user", "anna", "helpdesk", "unlock"],
        &["otp-setup", "helpdesk"],
        &["SUDO_UID=0", "otp-setup", "helpdesk", "unlock", "--user", "anna"],
        &["LD_PRELOAD=/tmp/x.so", "otp-setup", "helpdesk", "unlock", "--user", "anna"],
        &["--preserve-env", "otp-setup", "helpdesk", "unlock", "--user", "anna"],
        &["--user=bob", "otp-setup", "helpdesk", "unlock", "--user", "anna"],
        &["--chdir=/root", "otp-setup", "helpdesk", "unlock", "--user", "anna"],
        &["sh", "-c", "otp-setup helpdesk unlock --user anna"],
        // What otp-setup does not.
        &["otp-setup", "helpdesk", "unlock", "--config", "/tmp/own.toml", "--user", "anna"],
        &["otp-setup", "helpdesk", "unlock", "--config=/etc/shadow", "--user", "anna"],
        &["otp-setup", "helpdesk", "invite", "--print", "--user", "bob"],
        &["otp-setup", "helpdesk", "bypass", "--print", "--user", "anna"],
        &["otp-setup", "helpdesk", "bypass", "--save", "/tmp/page.txt", "--user", "anna"],
        &["otp-setup", "helpdesk", "export", "--reveal", "--user", "anna"],
        &["otp-setup", "helpdesk", "remove", "--yes", "--user", "anna"],
        &["otp-setup", "helpdesk", "unlock", "--user", "anna", "--user", "bob"],
        &["otp-setup", "helpdesk", "unlock", "anna"],
        &["otp-setup", "helpdesk", "unlock"],
        &["otp-setup", "helpdesk unlock", "--user", "anna"],
        &["otp-setup", "helpdesk", "unlock", "--user", "../anna"],
        &["otp-setup", "helpdesk", "unlock", "--user", "no-such-user"],
    ] {
        let output = sudo(&env, "helen", args);
        assert!(!output.status.success(), "{args:?}: {}", text(&output));
        assert!(output.stdout.is_empty(), "{args:?}: {}", text(&output));
        assert!(
            !text(&output).contains("secret text") && !text(&output).contains("root:"),
            "{args:?}: {}",
            text(&output)
        );
    }
    assert!(store() == before && !Path::new("/tmp/page.txt").exists());
    assert!(anna.status().bypass.is_none());
    // Programs of the caller's own are not run, nor is their language a way out.
    env.write("/tmp/bin/getent".as_ref(), b"#!/bin/sh\ntouch /tmp/escaped\n", 0o755);
    env.write("/tmp/bin/otp-fleet".as_ref(), b"#!/bin/sh\ntouch /tmp/escaped\n", 0o755);
    let mut command = env.as_user("helen", "sudo");
    command.args(["otp-setup", "helpdesk", "unlock", "--user", "anna"]);
    command.env("PATH", "/tmp/bin:/usr/bin:/bin").env("SUDO_UID", "0").env("LANG", "cs_CZ.UTF-8");
    let output = talk(&mut command, "");
    assert!(output.status.success() && !Path::new("/tmp/escaped").exists(), "{}", text(&output));
}

/// Helen unlocks bob. setpriv is told numbers: by names it would look up groups, too.
fn helen(env: &Env) -> Command {
    let account = nix::unistd::User::from_name("helen").unwrap().expect("helen");
    let mut command = env.command("setpriv");
    command.args(["--reuid", &account.uid.to_string(), "--regid", &account.gid.to_string()]);
    command.args(["--clear-groups", "--", "sudo", "otp-setup", "helpdesk", "unlock", "--user", "bob"]);
    command
}

#[test]
fn who_is_no_member_or_cannot_be_told_from_one_helps_nobody() {
    let env = site();
    let _ = Enrolled::user("bob");
    // Helen by her name, too: where groups cannot be looked up, sudo itself knows nobody of the help desk.
    let wider = "anna, helen ALL = (root) NOPASSWD: /usr/bin/otp-setup helpdesk *\n";
    env.write("/etc/sudoers.d/wider".as_ref(), wider.as_bytes(), 0o440);
    let refused = |user: &str, reason: &str| {
        env.syslog().clear();
        let output = match user {
            "root" => talk(env.command("otp-setup").args(["helpdesk", "unlock", "--user", "bob"]), ""),
            "helen" => talk(&mut helen(&env), ""),
            user => helpdesk(&env, user, &["unlock", "--user", "bob"]),
        };
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{reason}: {}", text(&output));
        let _ = env.syslog().expect(&[&format!("helpdesk: result=refused reason={reason} user=bob uid=0")]);
    };
    refused("anna", "not-helpdesk");
    refused("root", "not-by-sudo");
    assert!(!helpdesk(&env, "adam", &["unlock", "--user", "bob"]).status.success());
    assert!(
        !talk(env.as_user("helen", "otp-setup").args(["helpdesk", "unlock", "--user", "bob"]), "")
            .status
            .success()
    );
    let administrators = "administrator_groups = [\"sudo\", \"domain admins\"]\n";
    let absent = "administrator_groups = [\"root\"]\n";
    for (settings, groups, reason) in [
        (administrators, "files", "no-group"),
        // SSSD is there, and does not run; the help desk's group is in the file.
        (administrators, "files sss", "user-database"),
        (absent, "sss [UNAVAIL=return] files", "user-database"),
    ] {
        env.write(CONFIG.as_ref(), format!("{SETTINGS}{settings}").as_bytes(), 0o644);
        let switch = format!("passwd: files\ngroup: {groups}\n");
        env.write("/etc/nsswitch.conf".as_ref(), switch.as_bytes(), 0o644);
        refused("helen", reason);
    }
    env.write("/etc/nsswitch.conf".as_ref(), b"passwd: files\ngroup: files\n", 0o644);
    env.write(CONFIG.as_ref(), b"", 0o644);
    refused("helen", "no-helpdesk");
    env.write(CONFIG.as_ref(), b"helpdesk_group = \"nobody-has-it\"\n", 0o644);
    refused("helen", "no-group");
    env.write(CONFIG.as_ref(), SETTINGS.as_bytes(), 0o644);
    assert!(helpdesk(&env, "helen", &["unlock", "--user", "bob"]).status.success());
}
