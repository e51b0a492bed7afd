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
        .clock()
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
    doctor_with(env, "yes")
}

/// The same, where the kernel says that its clock is synchronised, or not.
fn doctor_with(env: &Env, synchronised: &str) -> (i32, Vec<String>) {
    let mut doctor = env.command("otp-setup");
    let output = talk(doctor.args(["doctor", "--json"]).env("CLOCK_SYNCHRONISED", synchronised), "");
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
    let said = run(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"));
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
    // A library, but another one; then the right one, cut off.
    std::fs::copy(insis_otp_tests::clock::library(), "/etc/pam_insis_otp.so").unwrap();
    finds(&env, "problem", "/etc/pam_insis_otp.so", "no shared library");
    let module = std::fs::read("/usr/lib/x86_64-linux-gnu/security/pam_insis_otp.so");
    let module = module.or_else(|_| std::fs::read("/usr/lib/aarch64-linux-gnu/security/pam_insis_otp.so"));
    let module = module.expect("the module is installed");
    std::fs::write("/etc/pam_insis_otp.so", &module[..module.len() - 4096]).unwrap();
    finds(&env, "problem", "/etc/pam_insis_otp.so", "no shared library");
    std::fs::write("/etc/pam_insis_otp.so", &module).unwrap();
    assert_eq!(doctor(&env), (0, vec![]));
    stack("@include common-auth\nauth required pam_insis_otp.so tries=99\n");
    finds(&env, "problem", "/etc/pam.d/sshd:2", "tries=99");
    stack("@include common-auth\nauth required pam_insis_otp.so config=/etc/none.toml\n");
    finds(&env, "problem", "/etc/pam.d/sshd:2", "/etc/none.toml");
    stack(
        "@include common-auth\nauth required pam_insis_otp.so remember=8h exempt_users=nobody [prompt=My code: ]\n",
    );
    assert_eq!(doctor(&env), (0, vec![]));
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
    with("KbdInteractive", "Match User bob\n  PasswordAuthentication yes\nMatch all\nKbdInteractive");
    let (status, found) = doctor(&env);
    let note = format!("note {DROP_IN}:3 passwordauthentication is set otherwise");
    assert!(status == 0 && found.len() == 1 && found[0].starts_with(&note), "{found:?}");
    with("UsePAM", "UsePAMM");
    finds(&env, "warning", "/usr/sbin/sshd", "does not tell");
}

#[test]
fn faults_of_store_helper_log_and_configuration_are_found() {
    let mut env = sound();
    let store = Path::new("/var/lib/insis-otp");
    let elsewhere = b"secret_file = \"/var/lib/none/%u\"\n";
    env.write(Path::new("/etc/security/insis-otp.toml"), elsewhere, 0o644);
    finds(&env, "problem", "/var/lib/none", "is not there");
    std::fs::remove_file("/etc/security/insis-otp.toml").unwrap();
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
fn a_clock_that_nobody_keeps_is_found() {
    let env = sound();
    assert_eq!(doctor_with(&env, "yes"), (0, vec![]));
    let (status, found) = doctor_with(&env, "no");
    assert!(status == 1 && found.len() == 1 && found[0].starts_with("warning clock"), "{found:?}");
    // What this kernel says, by another way to it: struct timex has the status at its 40th byte, STA_UNSYNC is 64.
    let program = "import ctypes; timex = ctypes.create_string_buffer(512); ctypes.CDLL(None).adjtimex(timex); \
                   print(int.from_bytes(timex[40:44], 'little') & 64)";
    let kernel = run(env.command("/usr/bin/python3").args(["-c", program]));
    let kept = String::from_utf8_lossy(&kernel.stdout).trim() == "0";
    let mut doctor = env.command("otp-setup");
    assert_eq!(talk(doctor.arg("doctor"), "").status.code(), Some(if kept { 0 } else { 1 }));
}

#[test]
fn who_is_or_will_be_locked_out_is_said() {
    const CONFIG: &str = "/etc/security/insis-otp.toml";
    let env = sound();
    env.add_user("bob", "secret");
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let notes = |words: &str| {
        let (status, found) = doctor(&env);
        assert!(status == 0 && found.len() == 1 && found[0].starts_with("note"), "{found:?}");
        let all = talk(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"), "");
        let all = String::from_utf8_lossy(&all.stdout).replace("\n    ", " ");
        assert!(all.contains("bob") && all.contains(words), "{all}");
    };
    finds(&env, "warning", CONFIG, "1 person has no pairing: bob");
    config("unenrolled = \"ignore\"\n");
    notes("log in by sshd without a code");
    config("unenrolled = \"enrol\"\n");
    notes("led through pairing");
    // A deadline: far away, near, past.
    config("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2027-01-31\"\n");
    let deadline = 1_801_353_600;
    env.clock().freeze(deadline - 15 * 86_400);
    notes("From 2027-01-31 on they cannot log in by sshd");
    env.clock().freeze(deadline - 86_400);
    finds(&env, "warning", CONFIG, "bob");
    env.clock().freeze(deadline);
    finds(&env, "warning", CONFIG, "bob");
    let said = talk(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"), "");
    let said = String::from_utf8_lossy(&said.stdout).replace("\n    ", " ");
    assert!(said.contains("cannot log in by sshd since 2027-01-31"), "{said}");
    assert!(said.contains("unenrolled_deny_from = \"2027-02-14\""), "{said}");
    // What is nearer to the stack counts, and who is exempt is not locked out.
    config("unenrolled = \"deny\"\n[service.sshd]\nunenrolled = \"ignore\"\n");
    notes("without a code");
    config("exempt_groups = [\"bob\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    config("exempt_users = [\"bob\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    config("unenrolled = \"ignore\"\n");
    env.write(Path::new("/etc/pam.d/sshd"), format!("{} unenrolled=deny\n", STACK.trim()).as_bytes(), 0o644);
    finds(&env, "warning", "/etc/pam.d/sshd:2", "bob");
    let by_bob = talk(env.as_user("bob", "otp-setup").arg("doctor"), "");
    assert!(String::from_utf8_lossy(&by_bob.stdout).contains("sudo otp-setup doctor"));
    chown("/var/lib/insis-otp", Some(1), None).unwrap();
    finds(&env, "problem", "/var/lib/insis-otp", "wrong owner");
}
