//! `otp-setup doctor` on a sound machine, and with each fault planted in it.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use insis_otp_tests::env::{Env, run, talk};

const STACK: &str = "@include common-auth\nauth required pam_insis_otp.so\n";
const SSHD: &str = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n\
                    AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam\n";
const DROP_IN: &str = "/etc/ssh/sshd_config.d/00-otp.conf";

/// A machine on which everybody is paired and nothing is wrong.
fn sound() -> Env {
    let env = Env::build()
        .user("anna", "secret")
        .file("/etc/pam.d/sshd", STACK, 0o644)
        .file(DROP_IN, SSHD, 0o644)
        .start();
    // Whoever else has a shell on the machine that this one is a copy of.
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let people: Vec<_> = passwd
        .lines()
        .filter(|line| {
            let fields: Vec<_> = line.split(':').collect();
            let uid: u32 = fields[2].parse().unwrap();
            uid >= 1000 && uid != 65534 && !fields[6].ends_with("nologin") && !fields[6].ends_with("false")
        })
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    for user in people {
        let uri = format!("otpauth://totp/Uni:{user}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Uni");
        talk(env.command("otp-setup").args(["import", "--user", &user, "--uri", "-"]), &uri);
    }
    env
}

/// Exit status, and every finding as severity, place and what.
fn doctor(env: &Env) -> (i32, Vec<String>) {
    let output = talk(env.command("otp-setup").args(["doctor", "--json"]), "");
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let word = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let all = findings.as_array().unwrap().iter();
    let said = all.map(|finding| {
        for key in ["why", "remedy"] {
            assert!(!word(finding, key).is_empty(), "{finding}");
        }
        format!("{} {} {}", word(finding, "severity"), word(finding, "place"), word(finding, "what"))
    });
    (output.status.code().unwrap(), said.collect())
}

#[track_caller]
fn finds(env: &Env, severity: &str, place: &str, words: &str) {
    let (status, found) = doctor(env);
    let wanted =
        |finding: &&String| finding.starts_with(&format!("{severity} {place}")) && finding.contains(words);
    assert!(
        found.iter().any(|finding| wanted(&finding)),
        "no {severity} at {place} about {words:?} in {found:#?}"
    );
    assert_eq!(status, if severity == "problem" { 6 } else { 1 }, "{found:#?}");
}

#[test]
fn a_sound_machine_gives_no_finding() {
    let env = sound();
    let (status, found) = doctor(&env);
    assert_eq!((status, found), (0, vec![]));
    let said = run(env.command("otp-setup").arg("doctor"));
    assert!(String::from_utf8_lossy(&said.stdout).contains("Nothing was found"));
}

#[test]
fn faults_in_pam_stacks_are_found() {
    let env = sound();
    let stack = |text: &str| env.write(Path::new("/etc/pam.d/sshd"), text.as_bytes(), 0o644);
    stack("auth sufficient pam_unix.so\nauth required pam_insis_otp.so\n");
    finds(&env, "problem", "/etc/pam.d/sshd:1", "skipped");
    stack(
        "auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_insis_otp.so\n",
    );
    finds(&env, "problem", "/etc/pam.d/sshd:1", "skipped");
    stack("@include common-auth\nauth sufficient pam_insis_otp.so\n");
    finds(&env, "problem", "/etc/pam.d/sshd:2", "does not refuse");
    stack("auth required pam_insis_otp.so\n@include common-auth\n");
    finds(&env, "warning", "/etc/pam.d/sshd:1", "before pam_unix.so");
    stack("@include common-auth\nauth required pam_insis_otp.so trie=2\n");
    finds(&env, "problem", "/etc/pam.d/sshd:2", "trie=2");
    stack("auth required pam_insis_otp.so nullok\n");
    finds(&env, "warning", "/etc/pam.d/sshd:1", "nothing else in this stack");
    stack("@include common-auth\nauth required /usr/lib/pam_insis_otp.so\n");
    finds(&env, "problem", "/etc/pam.d/sshd:2", "not where libpam looks");
    env.write(Path::new("/etc/pam_insis_otp.so"), b"text", 0o666);
    stack("@include common-auth\nauth required /etc/pam_insis_otp.so\n");
    finds(&env, "problem", "/etc/pam_insis_otp.so", "can be changed by others");
    std::fs::set_permissions("/etc/pam_insis_otp.so", PermissionsExt::from_mode(0o644)).unwrap();
    finds(&env, "problem", "/etc/pam_insis_otp.so", "no shared library");
    stack("@include common-auth\n");
    finds(&env, "warning", "/etc/pam.d", "No PAM stack");
}

#[test]
fn faults_in_sshds_settings_are_found_where_they_are() {
    let env = sound();
    let with = |from: &str, to: &str| env.write(Path::new(DROP_IN), SSHD.replace(from, to).as_bytes(), 0o644);
    with("UsePAM yes", "UsePAM no");
    finds(&env, "problem", &format!("{DROP_IN}:1"), "does not use PAM");
    // With AuthenticationMethods that need it, sshd does not even start.
    with("KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication no");
    finds(&env, "warning", "/usr/sbin/sshd", "Disabled method");
    with(
        "KbdInteractiveAuthentication yes\nPasswordAuthentication no\nAuthenticationMethods",
        "KbdInteractiveAuthentication no\n#",
    );
    finds(&env, "problem", &format!("{DROP_IN}:2"), "Keyboard-interactive");
    with("publickey,keyboard-interactive:pam keyboard-interactive:pam", "publickey keyboard-interactive");
    finds(&env, "problem", &format!("{DROP_IN}:4"), "without a code: publickey");
    with("AuthenticationMethods", "#");
    finds(&env, "warning", "/etc/ssh/sshd_config", "A key alone");
    with("PasswordAuthentication no\nAuthenticationMethods", "PasswordAuthentication yes\n#");
    finds(&env, "warning", &format!("{DROP_IN}:3"), "\"password\" is on");
    with("UsePAM", "UsePAMM");
    finds(&env, "warning", "/usr/sbin/sshd", "does not tell");
}

#[test]
fn faults_of_store_helper_log_and_configuration_are_found() {
    let mut env = sound();
    let store = Path::new("/var/lib/insis-otp");
    let mode =
        |path: &Path, mode: u32| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    mode(store, 0o777);
    finds(&env, "problem", "/var/lib/insis-otp", "wrong owner or mode");
    mode(store, 0o1730);
    let file = store.join("anna");
    mode(&file, 0o644);
    finds(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used");
    mode(&file, 0o600);
    std::fs::copy(&file, store.join("gone")).unwrap();
    let (status, found) = doctor(&env);
    assert!(status == 0 && found[0].starts_with("note /var/lib/insis-otp/gone"), "{found:?}");
    std::fs::remove_file(store.join("gone")).unwrap();

    // A helper that is not setgid: the configuration names another one, since /usr is shared by the tests.
    std::fs::copy("/usr/libexec/otp-helper", "/etc/otp-helper").unwrap();
    mode(Path::new("/etc/otp-helper"), 0o755);
    let config = Path::new("/etc/security/insis-otp.toml");
    env.write(config, b"helper = \"/etc/otp-helper\"\n", 0o644);
    finds(&env, "problem", "/etc/otp-helper", "wrong owner or mode");
    env.write(config, b"helper = \"/etc/none\"\n", 0o644);
    finds(&env, "warning", "/etc/none", "no helper");
    env.write(config, b"\nwindw = 1\n", 0o644);
    finds(&env, "problem", "/etc/security/insis-otp.toml", "insis-otp.toml:2: windw");
    env.write(config, b"", 0o644);
    assert_eq!(doctor(&env).0, 0);
    env.syslog_mut().stop();
    finds(&env, "warning", "/dev/log", "no /dev/log");
}

#[test]
fn who_would_be_locked_out_is_said() {
    let env = sound();
    env.add_user("bob", "secret");
    finds(&env, "warning", "/etc/security/insis-otp.toml", "1 person has no pairing: bob");
    env.write(Path::new("/etc/security/insis-otp.toml"), b"unenrolled = \"ignore\"\n", 0o644);
    let (status, found) = doctor(&env);
    assert!(status == 0 && found[0].starts_with("note") && found[0].contains("bob"), "{found:?}");
    let by_bob = talk(env.as_user("bob", "otp-setup").arg("doctor"), "");
    assert!(String::from_utf8_lossy(&by_bob.stdout).contains("sudo otp-setup doctor"));
    chown("/var/lib/insis-otp", Some(1), None).unwrap();
    finds(&env, "problem", "/var/lib/insis-otp", "wrong owner");
}
