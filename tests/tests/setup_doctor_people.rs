//! What `otp-setup doctor` finds about people: who is locked out, cannot enroll, or has another name.

use insis_otp_tests::directory::Directory;
use insis_otp_tests::doctor::{
    DROP_IN, Finding, OURS, SSHD, STACK, corrects, doctor, examined, finds, found, obey, sound,
};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run, talk};
use insis_otp_tests::pam::{Code, Login};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

/// SSSD does not enumerate people unless it is told to.
#[test]
fn people_whom_the_directory_does_not_enumerate_are_known() {
    let env = Env::build().file("/etc/pam.d/sshd", STACK, 0o644).file(DROP_IN, SSHD, 0o644).clock().start();
    let _directory = Directory::start(&env, "", "");
    let enumerated = run(Command::new("getent").arg("passwd"));
    assert!(!String::from_utf8_lossy(&enumerated.stdout).contains("anna"));
    let _anna = Enrolled::user("anna");
    let list = run(env.command("otp-setup").arg("list"));
    assert!(String::from_utf8_lossy(&list.stdout).contains("anna"), "{list:?}");
    let removes = |found: &[Finding]| found.iter().any(|finding| finding.line.contains("rm "));
    let (_, found) = examined(&env, "yes");
    assert!(
        found.iter().all(|finding| !finding.location.contains("/anna")) && !removes(&found),
        "{found:#?}"
    );
    // Somebody whom it does not know may be somebody whom it cannot be asked about.
    std::fs::copy("/var/lib/insis-otp/anna", "/var/lib/insis-otp/ghost").unwrap();
    let (_, found) = examined(&env, "yes");
    assert!(
        found.iter().any(|finding| finding.line == "getent passwd ghost") && !removes(&found),
        "{found:#?}"
    );
}

/// What is in exempt_users is compared with what the user database says, letter for letter.
#[test]
fn exempt_names_that_the_directory_spells_otherwise_are_found() {
    let env = Env::build().file("/etc/pam.d/sshd", STACK, 0o644).file(DROP_IN, SSHD, 0o644).clock().start();
    let _directory = Directory::start(&env, "", "case_sensitive = false");
    env.write(Path::new(CONFIG), b"exempt_users = [\"root\", \"ANNA\"]\n", 0o644);
    let right = "exempt_users = [\"root\", \"anna\"]";
    let finding = finds(&env, "warning", &format!("{CONFIG}:1"), "whom the user database calls anna", right);
    obey(&finding);
    let (_, found) = examined(&env, "yes");
    assert!(found.iter().all(|finding| !finding.what.contains("exempt_users")), "{found:#?}");
}

/// The PAM service by which a password is proved before a first phone is enrolled.
#[test]
fn faults_of_the_service_that_checks_passwords_are_found() {
    let env = sound();
    let service = Path::new("/etc/pam.d/otp-setup");
    let shipped = std::fs::read(service).expect("the service is installed");
    let login = |password: &str| Login::to("otp-setup").user("anna").types([password]).begin().authenticate();
    let corrects = |severity: &str, location: &str, words: &str| {
        obey(&found(&env, severity, location, words));
        assert_eq!(doctor(&env), (0, vec![]), "after {words}");
        assert_eq!((login("secret"), login("wrong") == Code::SUCCESS), (Code::SUCCESS, false), "{words}");
    };
    std::fs::remove_file(service).unwrap();
    corrects("warning", "/etc/pam.d/otp-setup", "otp-setup is not there");
    for (text, severity, line, words) in [
        ("auth required pam_permit.so\n", "problem", 1, "succeeds with a wrong password"),
        ("auth optional pam_unix.so\nauth required pam_permit.so\n", "problem", 2, "succeeds with a wrong"),
        ("auth required pam_deny.so\n", "warning", 1, "refuses the right password"),
        (
            "auth required pam_unix.so\nauth required pam_insis_otp.so\n",
            "warning",
            2,
            "asks pam_insis_otp.so",
        ),
    ] {
        env.write(service, text.as_bytes(), 0o644);
        corrects(severity, &format!("/etc/pam.d/otp-setup:{line}"), words);
        assert_eq!(std::fs::read_to_string("/etc/pam.d/otp-setup.bak").unwrap(), text);
    }
    // The profile brings the module into it, where it takes the shared stack in.
    let common = std::fs::read_to_string("/etc/pam.d/common-auth").unwrap();
    env.write(Path::new("/etc/pam.d/common-auth"), format!("{common}{OURS}\n").as_bytes(), 0o644);
    env.write(Path::new("/etc/pam.d/sshd"), b"@include common-auth\n", 0o644);
    env.write(service, b"@include common-auth\n", 0o644);
    corrects("warning", "/etc/pam.d/otp-setup:1", "asks pam_insis_otp.so");
    // Who shows something else needs it not.
    std::fs::remove_file(service).unwrap();
    env.write(Path::new(CONFIG), b"self_enrollment = \"invitation\"\n", 0o644);
    assert_eq!(doctor(&env), (0, vec![]));
    env.write(service, &shipped, 0o644);
}

#[test]
fn people_who_cannot_enroll_and_invitations_that_are_over_are_found() {
    let env = sound();
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let at = format!("{CONFIG}:1");
    config("self_enrollment = \"open\"\n");
    obey(&found(&env, "note", &at, "self_enrollment is \"open\""));
    assert_eq!(doctor(&env), (0, vec![]));
    let stack = "@include common-auth\nauth required pam_insis_otp.so unenrolled=enrol\n\
                 account required pam_insis_otp.so\npassword required pam_insis_otp.so\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    config("self_enrollment = \"off\"\n");
    corrects(&env, "warning", &at, "are to pair at sshd", "self_enrollment = \"password\"");
    env.write(Path::new("/etc/pam.d/sshd"), STACK.as_bytes(), 0o644);
    // Both are one finding, and who is exempt is none.
    for user in ["bob", "carol", "dave", "robot"] {
        env.add_user(user, "secret");
    }
    config("unenrolled = \"ignore\"\nexempt_users = [\"robot\"]\n");
    let shadow = std::fs::read_to_string("/etc/shadow").unwrap();
    let lock = |line: &str| match line.split_once(':') {
        Some((name @ ("bob" | "carol" | "robot"), rest)) => format!("{name}:!{rest}\n"),
        _ => format!("{line}\n"),
    };
    let locked: String = shadow.lines().map(lock).collect();
    env.write(Path::new("/etc/shadow"), locked.as_bytes(), 0o640);
    let lacking = |words: &str| {
        let finding = found(&env, "note", "self_enrollment", words);
        assert!(!finding.what.contains("robot"), "{finding:#?}");
        finding
    };
    let finding = lacking("2 people have no pairing, no password and no invitation: bob, carol");
    assert_eq!(finding.line, "otp-setup invite --user bob");
    let _ = run(env.command("otp-setup").args(["invite", "--user", "bob"]));
    lacking("1 person has no pairing, no password and no invitation: carol");
    let _ = run(env.command("otp-setup").args(["invite", "--user", "carol", "--valid", "90d"]));
    let (_, all) = examined(&env, "yes");
    assert!(all.iter().all(|finding| finding.location != "self_enrollment"), "{all:#?}");
    config("self_enrollment = \"invitation\"\nunenrolled = \"ignore\"\nexempt_users = [\"robot\"]\n");
    lacking("1 person has no pairing and no invitation: dave");
    // A week later one of them is over.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    env.clock().freeze(now + 8 * 86_400);
    let finding = found(&env, "note", "/var/lib/insis-otp", "1 invitation is good for nothing any more");
    assert_eq!(finding.line, "rm /var/lib/insis-otp/.bob.invitation");
    run(Command::new("sh").args(["-c", &finding.line]));
    let (_, all) = examined(&env, "yes");
    assert!(all.iter().all(|finding| !finding.what.contains("for nothing")), "{all:#?}");
    lacking("2 people have no pairing and no invitation: bob, dave");
}

#[test]
fn names_that_changed_or_share_a_user_id_are_found() {
    let env = sound();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let anna = passwd.lines().find(|line| line.starts_with("anna:")).unwrap();
    env.write(Path::new("/etc/passwd"), passwd.replace("\nanna:", "\nannette:").as_bytes(), 0o644);
    finds(
        &env,
        "warning",
        "/var/lib/insis-otp/anna",
        "whose name is annette now",
        "otp-setup move anna annette",
    );
    let alias = format!("{passwd}{}\n", anna.replacen("anna:", "annie:", 1));
    env.write(Path::new("/etc/passwd"), alias.as_bytes(), 0o644);
    finds(&env, "warning", "uid ", "anna and annie have the same user id", "otp-setup --user annie");
    env.write(Path::new("/etc/passwd"), passwd.as_bytes(), 0o644);
    assert_eq!(doctor(&env), (0, vec![]));
}

/// A sound machine, but for bob, who has not enrolled.
fn with_bob() -> Env {
    let env = sound();
    env.add_user("bob", "secret");
    env
}

fn configure(env: &Env, text: &str) {
    env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
}

#[test]
fn who_is_linked_is_without_a_second_step_only_where_the_provider_is_not_offered() {
    let env = sound();
    env.add_user("bob", "secret");
    let provider = insis_otp_tests::own_link::provider("https://127.0.0.1:9");
    let unpaired = |settings: &str| {
        env.write(Path::new(CONFIG), format!("{settings}\n{provider}").as_bytes(), 0o644);
        let (_, found) = examined(&env, "yes");
        found.into_iter().any(|finding| finding.what.contains("no pairing: bob"))
    };
    for unenrolled in ["ignore", "enrol", "deny"] {
        assert!(unpaired(&format!("unenrolled = \"{unenrolled}\"")), "{unenrolled}");
    }
    run(env.command("otp-setup").args(["link", "--user", "bob", "--subject", "s-bob"]));
    for unenrolled in ["ignore", "enrol", "deny"] {
        assert!(!unpaired(&format!("unenrolled = \"{unenrolled}\"")), "{unenrolled}");
    }
    // Not offered there.
    let text = format!("unenrolled = \"ignore\"\n{provider}services = [\"login\"]\n");
    env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    found(&env, "note", CONFIG, "no pairing: bob");
    let stack = b"@include common-auth\nauth required pam_insis_otp.so forward_pass\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack, 0o644);
    assert!(unpaired("unenrolled = \"ignore\""));
}

/// All that the doctor has to say is a note about bob with these words.
#[track_caller]
fn notes(env: &Env, words: &str) {
    let (status, found) = doctor(env);
    assert!(status == 0 && found.len() == 1 && found[0].starts_with("note"), "{found:?}");
    let all = talk(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"), "");
    let all = String::from_utf8_lossy(&all.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(all.contains("bob") && all.contains(words), "{all}");
}

#[test]
fn who_is_locked_out_is_said() {
    let env = with_bob();
    // Until they have enrolled: with that line, they are a note.
    let ignore = "unenrolled = \"ignore\"";
    obey(&finds(&env, "warning", CONFIG, "1 person has no pairing: bob", ignore));
    notes(&env, "log in by sshd without a code");
    configure(&env, "tries = 2\nunenrolled = \"deny\"\n");
    obey(&finds(&env, "warning", &format!("{CONFIG}:2"), "bob", ignore));
    notes(&env, "log in by sshd without a code");
    configure(&env, "[service.sshd]\nunenrolled = \"deny\"\n");
    obey(&finds(&env, "warning", &format!("{CONFIG}:2"), "bob", ignore));
    notes(&env, "Write instead of that line: unenrolled = \"deny\"");
    configure(&env, "unenrolled = \"enrol\"\n");
    let lines = ["account required pam_insis_otp.so", "password required pam_insis_otp.so"];
    for (stack, line) in ["account", "password"].into_iter().zip(lines) {
        obey(&finds(
            &env,
            "problem",
            &format!("/etc/pam.d/common-{stack}:"),
            "needs a line of the module",
            line,
        ));
    }
    notes(&env, "led through pairing");
}

/// Far away, near, past.
#[test]
fn a_deadline_that_locks_people_out_is_said() {
    let env = with_bob();
    configure(&env, "unenrolled = \"ignore\"\nunenrolled_deny_from = \"2027-01-31\"\n");
    let deadline = 1_801_353_600;
    env.clock().freeze(deadline - 15 * 86_400);
    notes(&env, "From 2027-01-31 on they cannot log in by sshd");
    env.clock().freeze(deadline - 86_400);
    let later = |day: &str| format!("unenrolled_deny_from = \"{day}\"");
    finds(&env, "warning", &format!("{CONFIG}:2"), "bob", &later("2027-02-13"));
    env.clock().freeze(deadline);
    let finding = finds(&env, "warning", &format!("{CONFIG}:2"), "bob", &later("2027-02-14"));
    let shown = talk(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"), "");
    let shown = String::from_utf8_lossy(&shown.stdout).replace("\n    ", " ");
    assert!(shown.contains("cannot log in by sshd since 2027-01-31"), "{shown}");
    obey(&finding);
    env.clock().freeze(deadline - 86_400);
    notes(&env, "From 2027-02-14 on");
}

#[test]
fn what_is_nearer_to_the_stack_counts_and_who_is_exempt_is_not_locked_out() {
    let env = with_bob();
    configure(&env, "unenrolled = \"deny\"\n[service.sshd]\nunenrolled = \"ignore\"\n");
    notes(&env, "without a code");
    configure(&env, "exempt_groups = [\"bob\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    configure(&env, "exempt_users = [\"bob\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    configure(&env, "unenrolled = \"ignore\"\n");
    let stack = "@include common-auth\nauth requisite pam_insis_otp.so nullok tries=2 unenrolled=deny\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    let line = "auth requisite pam_insis_otp.so tries=2 unenrolled=ignore";
    obey(&finds(&env, "warning", "/etc/pam.d/sshd:2", "bob", line));
    notes(&env, "without a code");
    let by_bob = talk(env.as_user("bob", "otp-setup").arg("doctor"), "");
    assert!(String::from_utf8_lossy(&by_bob.stdout).contains("sudo otp-setup doctor"));
    chown("/var/lib/insis-otp", Some(1), None).unwrap();
    let command = "chown root:insis-otp /var/lib/insis-otp; chmod 1730 /var/lib/insis-otp";
    finds(&env, "problem", "/var/lib/insis-otp", "wrong owner", command);
}
