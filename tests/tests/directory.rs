//! People of a directory whose name there is not letter for letter the one that is typed: real SSSD on a real slapd.

use insis_otp_tests::directory::Directory;
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, program, run, talk};
use insis_otp_tests::pam::{ASK_PASSWORD, Code, Login, Message, Stack};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd};

const STACK: &str = "auth required pam_sss.so\nauth required pam_insis_otp.so\naccount required pam_sss.so\n\
                     session required pam_permit.so";
const PROMPT: &str = "One-time code: ";
const BOTH: &str = KEYBOARD_INTERACTIVE;
/// `getent passwd anna` answers `anna@ex`, as does ANNA.
const SUFFIX: (&str, &str) =
    ("default_domain_suffix = ex", "use_fully_qualified_names = true\ncase_sensitive = false");
/// `getent passwd ANNA` answers `anna`.
const ANY_CASE: (&str, &str) = ("", "case_sensitive = false");

fn machine((sssd, domain): (&str, &str)) -> (Env, Directory) {
    let env = Env::build().user("bob", "staple").service("sshd", STACK).start();
    let directory = Directory::start(&env, sssd, domain);
    (env, directory)
}

fn login(user: &str, stack: &str, replies: &[&str]) -> (Code, Vec<Message>) {
    let stack = Stack::new("door", stack);
    let mut pam = Login::on(&stack).user(user).rhost("192.0.2.7").types(replies.iter().copied()).begin();
    let code = pam.authenticate();
    assert_eq!(pam.get(insis_otp_tests::pam::Item::User).as_deref(), Some(user), "PAM_USER stays as it is");
    (code, pam.messages())
}

fn records() -> Vec<String> {
    let entries = std::fs::read_dir("/var/lib/insis-otp").unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.into_string().unwrap()).filter(|name| !name.starts_with('.')).collect()
}

#[test]
fn whoever_types_the_name_otherwise_than_the_directory_has_it_logs_in_over_ssh() {
    for (settings, spellings, name) in
        [(SUFFIX, ["anna", "ANNA"], "anna@ex"), (ANY_CASE, ["ANNA", "Anna"], "anna")]
    {
        let (env, _directory) = machine(settings);
        let anna = Enrolled::user("anna");
        let sshd = Sshd::start(&env, "sshd", BOTH);
        for spelling in spellings {
            anna.again();
            env.syslog().clear();
            let mut ssh = sshd.login(spelling, "echo now $(id -un)");
            let code = anna.code();
            for (prompt, reply) in [("Password: ", Directory::PASSWORD), (PROMPT, &code)] {
                ssh.expect(prompt);
                ssh.line(reply);
            }
            ssh.expect(&format!("now {name}"));
            assert!(ssh.wait().success());
            let who = format!("account={name} user={spelling} rhost=127.0.0.1");
            let _ = env.syslog().expect(&["pam_insis_otp(sshd:auth): result=accepted", &who]);
            // One code opens one login, however the name is spelled.
            let (refused, _) = login(name, "auth required pam_insis_otp.so tries=1", &[&code]);
            assert_eq!(refused, Code::AUTH_ERR);
            let line = env.syslog().expect(&["reason=used-code"]);
            assert!(line.contains(&format!("user={name} ")) && !line.contains("account="), "{line}");
        }
        assert_eq!(records(), [name]);
    }
}

#[test]
fn failures_and_delays_are_the_accounts_however_it_is_spelled() {
    let (_env, _directory) = machine(SUFFIX);
    let spellings = ["anna", "ANNA", "anna@ex"];
    // Somebody who has not enrolled, then somebody who has: a second spelling gives no second lot of free guesses.
    for enrolled in [false, true] {
        let anna = enrolled.then(|| Enrolled::user("anna"));
        let wrong = anna.as_ref().map_or_else(|| "123456".to_owned(), Enrolled::wrong);
        let mut delayed = Vec::new();
        for spelling in spellings.iter().cycle().take(7) {
            let (_, messages) = login(spelling, "auth required pam_insis_otp.so tries=2", &[&wrong]);
            delayed.push(messages.last().unwrap().text.contains("Wait "));
        }
        assert_eq!(delayed, [false, false, false, false, false, false, true], "enrolled: {enrolled}");
    }
}

#[test]
fn policy_goes_by_the_account() {
    let (env, _directory) = machine(SUFFIX);
    let ignored = "auth [ignore=1 default=die] pam_insis_otp.so\nauth requisite pam_deny.so\nauth required pam_permit.so";
    let configure = |text: &str| {
        env.syslog().clear();
        env.write(CONFIG.as_ref(), text.as_bytes(), 0o644);
    };
    for (config, reason) in [
        ("unenrolled = \"ignore\"\n", "not-paired"),
        ("exempt_users = [\"anna@ex\"]\n", "exempt-user"),
        ("exempt_groups = [\"anna@ex\"]\n", "exempt-group"),
        ("exempt_groups = [\"anna\"]\n", "exempt-group"),
    ] {
        configure(config);
        for spelling in ["anna", "ANNA", "anna@ex"] {
            let (code, messages) = login(spelling, ignored, &[]);
            assert!(
                code == Code::SUCCESS && messages.is_empty(),
                "{config} {spelling}: {code:?} {messages:?}"
            );
        }
        let _ = env.syslog().expect(&[&format!("result=ignored reason={reason} account=anna@ex user=ANNA")]);
        assert_ne!(login("mallory", ignored, &["123456"]).0, Code::SUCCESS, "{config}");
    }
    // A name in the list is an account's, not a spelling.
    configure("exempt_users = [\"ANNA\"]\n");
    assert_ne!(login("ANNA", ignored, &["123456"]).0, Code::SUCCESS);
    // Whoever has to enroll within the login does, by any spelling.
    configure("unenrolled = \"enrol\"\n");
    let stack = format!(
        "{ASK_PASSWORD}auth required pam_insis_otp.so\nauth required pam_permit.so\n\
         account required pam_insis_otp.so\npassword required pam_insis_otp.so\n"
    );
    env.write("/etc/pam.d/login".as_ref(), stack.as_bytes(), 0o644);
    for spelling in ["anna", "ANNA", "anna@ex"] {
        let mut pam = Login::to("login").user(spelling).types([Directory::PASSWORD]).begin();
        assert_eq!(pam.authenticate(), Code::SUCCESS);
        // Nobody answers, so that the login ends there.
        assert_eq!(pam.acct_mgmt(0), Code::PERM_DENIED, "{spelling}");
        let asked = pam.messages();
        assert!(
            asked.iter().any(|message| message.text.contains("anna@ex") || message.text.contains("secret")),
            "{asked:?}"
        );
    }
}

#[test]
fn a_name_that_nobody_has_is_asked_and_refused_like_everybody() {
    let (env, _directory) = machine(SUFFIX);
    let _anna = Enrolled::user("anna");
    let seen = |name: &str| {
        let (code, messages) = login(name, "auth required pam_insis_otp.so", &["000000", "hello", "123"]);
        format!("{code:?} {messages:?}")
    };
    assert_eq!(seen("mallory"), seen("ANNA"));
    let line = env.syslog().expect(&["reason=unknown-user", "user=mallory"]);
    assert!(!line.contains("account="), "{line}");
}

#[test]
fn an_account_of_this_machine_that_hides_the_directorys_lends_it_nothing() {
    let (env, _directory) = machine(ANY_CASE);
    let switch = std::fs::read_to_string("/etc/nsswitch.conf").unwrap();
    let lines = "anna:x:1501:1501::/home/local:/bin/bash\n";
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap() + lines;
    env.write("/etc/passwd".as_ref(), passwd.as_bytes(), 0o644);
    assert!(switch.contains("passwd: files sss"));
    // The local anna has enrolled, and is exempt; ANNA is the directory's anna, another person.
    let anna = Enrolled::user("anna");
    assert_eq!(anna.file().account().uid.as_raw(), 1501);
    env.write(CONFIG.as_ref(), b"exempt_users = [\"anna\"]\n", 0o644);
    let (code, _) = login("ANNA", "auth required pam_insis_otp.so tries=1", &[&anna.code()]);
    assert_eq!(code, Code::AUTH_ERR);
    let _ = env.syslog().expect(&["result=refused reason=unknown-user", "user=ANNA"]);
}

#[test]
fn otp_setup_and_the_helper_know_the_account_by_every_spelling() {
    let (env, _directory) = machine(SUFFIX);
    let anna = Enrolled::user("ANNA");
    for spelling in ["anna", "ANNA", "anna@ex"] {
        let status = run(env.command("otp-setup").args(["status", "--user", spelling]));
        assert!(String::from_utf8_lossy(&status.stdout).contains("anna@ex"), "{status:?}");
        // She herself, through the helper.
        let _ = run(env.as_user("anna", "otp-setup").args(["status", "--user", spelling]));
    }
    let other = talk(env.as_user("bob", "otp-setup").args(["status", "--user", "ANNA"]), "");
    assert!(!other.status.success());
    // A program without privileges, her screen locker say, asks the helper.
    let stack = "auth required pam_insis_otp.so\naccount required pam_permit.so\n";
    env.write("/etc/pam.d/locker".as_ref(), stack.as_bytes(), 0o644);
    let driver = env.publish(&program("pam-driver"));
    let mut locker = env.as_user("anna", &driver.to_string_lossy());
    let output = talk(locker.args(["--service", "locker", "--user", "ANNA"]), &format!("={}\n", anna.code()));
    assert!(String::from_utf8_lossy(&output.stdout).contains("PAM_SUCCESS"), "{output:?}");
    assert_eq!(records(), ["anna@ex"]);
}
