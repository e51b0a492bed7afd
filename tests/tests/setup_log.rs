//! What root does with somebody's enrollment, and what users do with their secret files in their homes, is in the log: who,
//! for whom, and how it went.

use std::path::Path;
use std::process::Output;

use insis_otp_tests::env::{Env, talk};
use insis_otp_tests::phone::Phone;
use insis_otp_tests::terminal::Terminal;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const NOW: u64 = 1_700_000_022;

/// Root, become so by sudo from this user.
fn sudo(env: &Env, by: &str, args: &[&str], input: &str) -> Output {
    talk(env.command("otp-setup").env("SUDO_USER", by).args(args), input)
}

fn uri(user: &str) -> String {
    format!("otpauth://totp/Uni:{user}?secret={SECRET}&issuer=Uni")
}

fn code(at: u64) -> String {
    Phone::typed(SECRET).code_at(at)
}

/// The only line of an act so far; then the log is empty again.
fn one_line(env: &Env, action: &str) -> String {
    let lines = env.syslog().lines();
    env.syslog().clear();
    let of_act: Vec<_> = lines.iter().filter(|line| line.contains("otp-setup[")).collect();
    assert!(of_act.len() == 1 && of_act[0].contains(&format!("]: {action}: ")), "{action}: {lines:?}");
    of_act[0].clone()
}

#[test]
fn every_act_of_roots_leaves_a_line_with_who_and_for_whom() {
    let env = Env::frozen(NOW, &["anna", "karel"]);
    let loginuid = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_else(|_| "unknown".into());
    let loginuid = if loginuid == u32::MAX.to_string() { "unset" } else { &loginuid };
    let whom = |user: &str| format!(" user={user} uid=0 loginuid={loginuid} sudo_user=karel");
    let wrong = "abcde-abcde\n";
    let two = format!("{}\n{}\n", code(NOW + 600), code(NOW + 630));
    let right = format!("{}\n", code(NOW));
    let anna = uri("anna");
    for (action, args, input, outcome) in [
        ("import", &["import", "--user", "anna", "--uri", "-"][..], anna.as_str(), "done"),
        ("import", &["import", "--user", "anna", "--uri", "-"], &anna, "refused reason=paired-already"),
        (
            "import",
            &["import", "--user", "anna", "--uri", "-"],
            "otpauth://totp/x?secret=A",
            "refused reason=unusable",
        ),
        ("export", &["export", "--user", "anna", "--reveal"], "", "done"),
        ("unlock", &["unlock", "--user", "anna"], "", "done"),
        ("forget", &["forget", "--user", "anna"], "", "done"),
        ("verify", &["verify", "--user", "anna", "--batch"], wrong, "refused reason=wrong-code"),
        ("verify", &["verify", "--user", "anna", "--json"], &right, "done"),
        ("resync", &["resync", "--user", "anna", "--batch"], &two, "refused reason=wrong-code"),
        ("renew-recovery-codes", &["recovery-codes", "--user", "anna", "--batch"], "", "done"),
        ("remove", &["remove", "--user", "anna", "--yes"], "", "done"),
        ("export", &["export", "--user", "anna", "--reveal"], "", "refused reason=not-paired"),
        ("unlock", &["unlock", "--user", "anna"], "", "refused reason=not-paired"),
        ("forget", &["forget", "--user", "anna"], "", "refused reason=not-paired"),
    ] {
        let output = sudo(&env, "karel", args, input);
        let line = one_line(&env, action);
        assert!(line.ends_with(&format!("result={outcome}{}", whom("anna"))), "{args:?}: {line}\n{output:?}");
        // authpriv.notice, as refusals are.
        assert!(line.starts_with("<85>"), "{line}");
        for secret in [SECRET, &code(NOW), &code(NOW + 600), wrong.trim()] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[test]
fn an_enrollment_for_somebody_else_is_logged() {
    let env = Env::frozen(NOW, &["anna"]);
    let mut root = env.command("otp-setup");
    let mut root = Terminal::run(root.env("SUDO_USER", "karel").args(["--user", "anna", "--yes"]));
    root.expect("First code:");
    let phone = Phone::typed(&root.secret());
    root.line(&phone.code_at(NOW));
    root.expect("Next code:");
    env.clock().advance(30);
    root.line(&phone.code_at(NOW + 30));
    root.expect("Press Enter");
    let line = one_line(&env, "enrol");
    assert!(line.contains("result=done user=anna uid=0 ") && line.ends_with(" sudo_user=karel"), "{line}");
    assert!(!line.contains(phone.secret()), "{line}");
}

#[test]
fn what_sudo_says_cannot_forge_a_line_and_counts_for_root_only() {
    let env = Env::frozen(NOW, &["anna"]);
    env.write(Path::new("/etc/security/insis-otp.toml"), b"secret_file = \"%h/.insis-otp\"\n", 0o644);
    let hostile = format!("x\nuser=bob result=accepted \u{1b}[2J{}", "y".repeat(5_000));
    assert!(sudo(&env, &hostile, &["import", "--user", "anna", "--uri", "-"], &uri("anna")).status.success());
    let line = one_line(&env, "import");
    assert!(line.contains(" sudo_user=x\\x0auser\\x3dbob\\x20result\\x3daccepted\\x20\\x1b[2Jyyy"), "{line}");
    assert!(line.len() < 1_000 && !line.contains('\n'), "{line}");

    // In her home anna acts herself: no helper writes the line. Her own environment says nothing about sudo.
    let uid = std::fs::read_to_string("/etc/passwd").unwrap();
    let uid =
        uid.lines().find(|line| line.starts_with("anna:")).unwrap().split(':').nth(2).unwrap().to_owned();
    let mut anna = env.as_user("anna", "otp-setup");
    anna.env("SUDO_USER", "karel").args(["remove", "--yes"]);
    let removed = talk(&mut anna, &format!("000000\n{}\n", code(NOW)));
    assert!(removed.status.success(), "{removed:?}");
    let lines = env.syslog().lines();
    let who = format!(" user=anna uid={uid} loginuid=");
    assert!(
        lines.len() == 2 && lines.iter().all(|line| line.contains(&who) && !line.contains("karel")),
        "{lines:?}"
    );
    assert!(
        lines[0].starts_with("<85>") && lines[0].contains("remove: result=refused reason=wrong-code"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("<86>") && lines[1].contains("remove: result=done"), "{lines:?}");
}

#[test]
fn what_changes_nothing_leaves_no_line() {
    let env = Env::frozen(NOW, &["anna"]);
    for (args, input) in [
        (&["import", "--user", "anna", "--uri", "-", "--dry-run"][..], uri("anna")),
        (&["status", "--user", "anna"], String::new()),
        (&["list"], String::new()),
        (&["export", "--user", "anna"], String::new()),
    ] {
        sudo(&env, "karel", args, &input);
        assert_eq!(env.syslog().lines(), Vec::<String>::new(), "{args:?}");
    }
}

/// What a command sends to the kernel's audit subsystem: kind and text of each record.
fn records(env: &Env, command: &[&str], input: &str) -> Vec<(u16, String)> {
    let trace = Path::new("/run/otp-test/trace");
    let mut traced = env.command("strace");
    traced.args(["-f", "-xx", "-s", "4096", "-e", "trace=sendto", "-o"]).arg(trace).args(command);
    let output = talk(&mut traced, input);
    let trace = std::fs::read_to_string(trace).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let kind =
        regex::Regex::new(r"sendto\(\d+, \[?\{nlmsg_len=\d+, nlmsg_type=(0x[0-9a-f]+|AUDIT_\w+)").unwrap();
    let audit = |line: &&str| line.contains("nl_pid=0") && kind.is_match(line);
    trace
        .lines()
        .filter(audit)
        .map(|line| (kind_of(&kind.captures(line).unwrap()[1]), text_of(line)))
        .collect()
}

/// strace names the kinds that it knows.
fn kind_of(name: &str) -> u16 {
    match name {
        "AUDIT_USER_AUTH" => 1100,
        "AUDIT_USER_ACCT" => 1101,
        "AUDIT_USER_MGMT" => 1102,
        "AUDIT_USER_CHAUTHTOK" => 1108,
        number => u16::from_str_radix(number.trim_start_matches("0x"), 16).unwrap(),
    }
}

fn text_of(line: &str) -> String {
    let bytes = line.split("\\x").skip(1).map(|byte| u8::from_str_radix(&byte[..2], 16).unwrap());
    String::from_utf8(bytes.take_while(|byte| *byte != 0).collect()).unwrap()
}

#[test]
fn roots_acts_are_records_of_audit_and_logins_are_libpams_own() {
    let env = Env::build()
        .user("anna", "secret")
        .service(
            "door",
            "auth required pam_unix.so\nauth required pam_insis_otp.so\naccount required pam_permit.so",
        )
        .clock()
        .start();
    env.clock().freeze(NOW);
    let anna = uri("anna");
    for (kind, action, args, input, result) in [
        (1108, "import", &["import", "--user", "anna", "--uri", "-"][..], anna.as_str(), "success"),
        (1108, "import", &["import", "--user", "anna", "--uri", "-"], &anna, "failed"),
        (1102, "export", &["export", "--user", "anna", "--reveal"], "", "success"),
        (1102, "unlock", &["unlock", "--user", "anna"], "", "success"),
        (1100, "verify", &["verify", "--user", "anna", "--batch"], "abcde-abcde\n", "failed"),
    ] {
        let sent = records(&env, &[&["otp-setup"], args].concat(), input);
        let [(sent_kind, text)] = &sent[..] else { panic!("{action}: {sent:?}") };
        assert_eq!(*sent_kind, kind, "{text}");
        assert!(
            text.starts_with(&format!("op=insis-otp:{action} acct=\"anna\" exe=\"/usr/bin/otp-setup\" ")),
            "{text}"
        );
        assert!(text.ends_with(&format!(" res={result}")), "{text}");
    }
    assert_eq!(records(&env, &["otp-setup", "list"], ""), []);

    // A login: one record of libpam's for each authentication, with the module among those that granted it.
    let login = |code: &str| {
        let sent =
            records(&env, &["pamtester", "door", "anna", "authenticate"], &format!("secret\n{code}\n"));
        let [(1100, text)] = &sent[..] else { panic!("{sent:?}") };
        text.clone()
    };
    let granted = login(&code(NOW));
    assert!(
        granted.contains("op=PAM:authentication grantors=pam_unix,pam_insis_otp acct=\"anna\""),
        "{granted}"
    );
    assert!(granted.ends_with("res=success"), "{granted}");
    let refused = login(&code(NOW));
    assert!(
        refused.contains("op=PAM:authentication grantors=?") && refused.ends_with("res=failed"),
        "{refused}"
    );
}
