//! Other PAM applications: lockers without privileges, FTP and VPN servers, cron, passwd, pamtester, libpam-wrapper.

use std::os::unix::fs::PermissionsExt;

use std::time::{Duration, Instant};

use insis_otp_tests::crowd::{Outcome, typing};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, program, talk};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::pam::{Code, DELETE_CRED, ESTABLISH_CRED, Login, Reply};
use insis_otp_tests::terminal::Terminal;

const CANNOT: &str = "One-time codes cannot be checked now. Please tell your administrator.";

fn machine(service: &str, stack: &str) -> Machine {
    Machine::of(Machine::build().service(service, stack))
}

/// A process of `who` that authenticates `whom`.
fn locker(machine: &Machine, who: &str, whom: &str, replies: &[&str]) -> Outcome {
    let driver = machine.env.publish(&program("pam-driver"));
    let mut locker = machine.env.as_user(who, &driver.to_string_lossy());
    locker.args(["--service", "locker", "--user", whom]);
    let output = talk(&mut locker, &typing(replies));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_screen_locker_without_privileges_goes_through_the_helper() {
    let machine = machine("locker", "auth required pam_insis_otp.so");
    let outcome = locker(&machine, "anna", "anna", &[&machine.anna.wrong(), &machine.anna.code()]);
    assert_eq!((outcome.code.as_str(), outcome.messages.len()), ("PAM_SUCCESS", 2));
    assert_eq!(outcome.messages[0].text, PROMPT);
    assert!(outcome.messages[1].text.starts_with("Wrong code."));
    let _ =
        machine.env.syslog().expect(&["pam_insis_otp(locker:auth): result=accepted proof=code", "user=anna"]);
    // The same code does not open it again, nor does it for anybody else's process.
    let again = locker(&machine, "anna", "anna", &[&machine.anna.code()]);
    assert!(again.messages[1].text.starts_with("That code was used."), "{:?}", again.messages);
    let other = locker(&machine, "bob", "anna", &[&machine.anna.code_from_now(1)]);
    assert_eq!(other.code, "PAM_AUTHINFO_UNAVAIL");
    assert_eq!(other.messages.last().unwrap().text, CANNOT);
    let line = machine.env.syslog().expect(&["<83>", "reason=store user=anna"]);
    assert!(line.contains("may not ask for codes of anna"), "{line}");
    // The wrong one and the used one; a locker is no login that tells of them.
    assert_eq!(machine.anna.status().failures, 2, "another user cannot charge anything to anna");
}

#[test]
fn a_service_without_privileges_cannot_choose_how_the_helper_throttles() {
    let machine = machine("locker", "auth required pam_insis_otp.so");
    let config = "free_failures = 1\n[service.locker]\nfree_failures = 10\ntries = 2\nlanguage = \"cs\"\n";
    machine.env.write(CONFIG.as_ref(), config.as_bytes(), 0o644);
    let wrong = machine.anna.wrong();
    let seen = locker(&machine, "anna", "anna", &[&wrong, &wrong, &wrong]);
    // What is its own business is as its section says; the policy is everybody's.
    assert_eq!(seen.messages.iter().filter(|message| message.text.contains("kód")).count(), 2, "{seen:?}");
    let seen = locker(&machine, "anna", "anna", &[&machine.anna.code()]);
    assert_ne!(seen.code, "PAM_SUCCESS");
    let _ = machine.env.syslog().expect(&["pam_insis_otp(locker:auth)", "reason=throttled", "user=anna"]);
}

#[test]
fn a_screen_locker_of_somebody_who_has_not_paired() {
    let machine = machine("locker", "auth required pam_insis_otp.so tries=1");
    let outcome = locker(&machine, "bob", "bob", &["123456"]);
    assert_eq!((outcome.code.as_str(), outcome.messages.len()), ("PAM_AUTH_ERR", 1));
    let _ = machine
        .env
        .syslog()
        .expect(&["pam_insis_otp(locker:auth): result=refused reason=not-paired user=bob"]);
}

#[test]
fn a_screen_locker_with_one_prompt_splits_it_by_the_helpers_word() {
    let machine =
        machine("locker", "auth required pam_insis_otp.so forward_pass\nauth required pam_permit.so");
    let outcome = locker(&machine, "anna", "anna", &[&format!("{PASSWORD}{}", machine.anna.code())]);
    assert_eq!((outcome.code.as_str(), outcome.messages.len()), ("PAM_SUCCESS", 1));
}

#[test]
fn a_locker_whose_helper_is_missing_or_broken() {
    let machine = machine("locker", "auth required pam_insis_otp.so helper=/run/otp-test/helper");
    let outcome = locker(&machine, "anna", "anna", &["123456"]);
    assert_eq!(outcome.code, "PAM_AUTHINFO_UNAVAIL");
    let _ = machine.env.syslog().expect(&["reason=store user=anna", "/run/otp-test/helper: No such file"]);
    for script in [
        "#!/bin/sh\necho nonsense\n",
        "#!/bin/sh\nexit 0\n",
        "#!/bin/sh\nyes | head -c 1000000\n",
        "#!/bin/sh\nexec <&- >&-; exec sleep 100\n",
    ] {
        machine.env.write("/run/otp-test/helper".as_ref(), script.as_bytes(), 0o755);
        let outcome = locker(&machine, "anna", "anna", &["123456"]);
        assert_eq!(outcome.code, "PAM_AUTHINFO_UNAVAIL", "{script}");
        assert!(outcome.nanos < 5_000_000_000, "{script}");
    }
}

/// An FTP server that answers every hidden question with the one password that it was given.
struct Vsftpd {
    child: std::process::Child,
    port: u16,
}

impl Vsftpd {
    fn start(env: &Env) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port={port}\nlocal_enable=YES\n\
             anonymous_enable=NO\npam_service_name=vsftpd\nsecure_chroot_dir=/run/vsftpd/empty\nbackground=NO\n\
             seccomp_sandbox=NO\n"
        );
        env.write("/etc/vsftpd.conf".as_ref(), config.as_bytes(), 0o644);
        std::fs::create_dir_all("/run/vsftpd/empty").unwrap();
        let child = env.command("vsftpd").arg("/etc/vsftpd.conf").spawn().expect("vsftpd is missing");
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "vsftpd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, port }
    }

    fn login(&self, env: &Env, password: &str) -> String {
        const CLIENT: &str = "
import ftplib, sys
ftp = ftplib.FTP()
ftp.connect('127.0.0.1', int(sys.argv[1]), timeout=20)
try: print(ftp.login('anna', sys.argv[2]))
except ftplib.all_errors as error: print(error)
";
        let mut client = env.command("/usr/bin/python3");
        let output = client.args(["-c", CLIENT, &self.port.to_string(), password]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Vsftpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn vsftpd_takes_password_and_code_in_one() {
    let stack = "auth required pam_insis_otp.so forward_pass\nauth required pam_unix.so use_first_pass\naccount required pam_unix.so\nsession required pam_permit.so";
    let machine = machine("vsftpd", stack);
    let vsftpd = Vsftpd::start(&machine.env);
    let both = format!("{PASSWORD}{}", machine.anna.code());
    assert!(vsftpd.login(&machine.env, &both).starts_with("230"), "{:?}", machine.env.syslog().lines());
    assert!(vsftpd.login(&machine.env, &both).starts_with("530"));
    assert!(vsftpd.login(&machine.env, PASSWORD).starts_with("530"));
}

#[test]
fn vsftpd_with_two_questions_is_refused_and_the_log_says_why() {
    let stack = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\naccount required pam_unix.so\nsession required pam_permit.so";
    let machine = machine("vsftpd", stack);
    let vsftpd = Vsftpd::start(&machine.env);
    assert!(vsftpd.login(&machine.env, PASSWORD).starts_with("530"));
    let _ = machine.env.syslog().expect(&["pam_insis_otp(vsftpd:auth)", "reason=password-as-code user=anna"]);
    assert_eq!(machine.anna.status().failures, 0);
}

/// As OpenVPN's plug-in matches a question: by its beginning, from the first letter or digit on, in any case.
fn openvpn_matches(question: &str, name: &str) -> bool {
    let start = question.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    start.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

#[test]
fn a_vpn_server_that_answers_by_the_beginning_of_the_question() {
    let machine = machine(
        "openvpn",
        "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\naccount required pam_unix.so",
    );
    let login = |code: String| {
        let answers = move |message: &insis_otp_tests::pam::Message| -> Reply {
            match message.text.as_str() {
                text if openvpn_matches(text, "password") => PASSWORD.into(),
                text if openvpn_matches(text, "one-time code") => code.clone().into(),
                _ => Reply::Error,
            }
        };
        let mut pam = Login::to("openvpn").user("anna").rhost("192.0.2.7").answers(answers).begin();
        // It never calls setcred.
        (pam.authenticate(), pam.acct_mgmt(0))
    };
    assert_eq!(login(machine.anna.code()), (Code::SUCCESS, Code::SUCCESS));
    // The second question begins otherwise: no code is tried twice by a machine.
    assert_eq!(login(machine.anna.wrong()).0, Code::CONV_ERR);
    assert_eq!(machine.anna.status().failures, 1);
}

#[test]
fn cron_sets_credentials_and_opens_a_session_without_authentication() {
    let modules = ["auth", "account", "session"]
        .map(|kind| format!("{kind} optional pam_insis_otp.so\n{kind} required pam_permit.so\n"));
    let machine = machine("cron", &modules.concat());
    for user in ["anna", "bob"] {
        let mut pam = Login::to("cron").user(user).types(["none"]).begin();
        assert_eq!(pam.acct_mgmt(0), Code::SUCCESS);
        assert_eq!(pam.setcred(ESTABLISH_CRED), Code::SUCCESS);
        assert_eq!(pam.open_session(0), Code::SUCCESS);
        assert_eq!(pam.close_session(0), Code::SUCCESS);
        assert_eq!(pam.setcred(DELETE_CRED), Code::SUCCESS);
        assert!(pam.messages().is_empty());
    }
    assert!(machine.env.syslog().lines().iter().all(|line| !line.contains("pam_insis_otp")));
}

#[test]
fn passwd_changes_the_password_as_ever() {
    let stack = "password [success=done ignore=ignore default=die] pam_insis_otp.so\npassword required pam_unix.so yescrypt";
    let machine = machine("passwd", stack);
    machine.env.write(CONFIG.as_ref(), b"unenrolled = \"enrol\"\n", 0o644);
    for (user, old) in [("anna", PASSWORD), ("bob", PASSWORD)] {
        let mut passwd = Terminal::run(&machine.env.as_user(user, "passwd"));
        for (question, reply) in [
            ("Current password: ", old),
            ("New password: ", "xK9!mmq2Zt"),
            ("Retype new password: ", "xK9!mmq2Zt"),
        ] {
            passwd.expect(question);
            passwd.line(reply);
        }
        passwd.expect("password updated successfully");
        assert!(passwd.wait().success());
    }
    assert!(!std::fs::exists("/var/lib/insis-otp/bob").unwrap());
}

#[test]
fn pamtester_from_question_to_session() {
    let stack = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\naccount required pam_unix.so\nsession required pam_permit.so";
    let machine = machine("door", stack);
    let mut tester = machine.env.command("pamtester");
    tester.args([
        "-v",
        "door",
        "anna",
        "authenticate",
        "acct_mgmt",
        "setcred",
        "open_session",
        "close_session",
    ]);
    let mut tester = Terminal::run(&tester);
    for (question, reply) in [("Password: ", PASSWORD), (PROMPT, &machine.anna.code())] {
        tester.expect(question);
        tester.line(reply);
    }
    tester.expect("session has successfully been closed");
    assert!(tester.wait().success());
}

#[test]
fn libpam_wrapper_without_root() {
    let machine = machine("none", "");
    let services = machine.env.home("anna").join("pam.d");
    std::fs::create_dir(&services).unwrap();
    let stack = "auth required pam_insis_otp.so secret_file=%h/.insis-otp\naccount required pam_permit.so\n";
    machine.env.write(&services.join("door"), stack.as_bytes(), 0o644);
    std::fs::set_permissions(&services, PermissionsExt::from_mode(0o755)).unwrap();
    let own =
        Enrolled::with("anna", "%h/.insis-otp", insis_otp::oath::Digits::Six, insis_otp_tests::phone::now());
    let wrapped = |code: &str| {
        let mut tester = machine.env.as_user("anna", "pamtester");
        tester.args(["door", "anna", "authenticate"]);
        tester
            .env("LD_PRELOAD", "libpam_wrapper.so")
            .env("PAM_WRAPPER", "1")
            .env("PAM_WRAPPER_SERVICE_DIR", &services);
        let mut tester = Terminal::run(&tester);
        tester.expect(PROMPT);
        tester.line(code);
        let status = tester.wait();
        (status.success(), tester.text())
    };
    let (success, shown) = wrapped(&own.code());
    assert!(success && shown.contains("successfully authenticated"), "{shown}");
}
