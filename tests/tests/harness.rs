//! The tools themselves, proven on modules and programs that others made.

use std::io::ErrorKind;
use std::process::Command;

use insis_otp_tests::crowd;
use insis_otp_tests::env::{self, Env, feed, run, talk};
use insis_otp_tests::faults::{Fault, ReadOnly, SmallDisk, Traced, found_in_memory};
use insis_otp_tests::pam::{self, Code, Login, Reply, Stack, Style};
use insis_otp_tests::phone::{App, Phone};
use insis_otp_tests::screen::{Font, Screen, Theme};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd};
use insis_otp_tests::terminal::Terminal;

const UNIX: &str =
    "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so";
const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[test]
fn a_stack_of_its_own_decides() {
    let permit = Stack::new("door", "auth required pam_permit.so");
    let deny = Stack::new("door", "auth required pam_deny.so");
    assert_eq!(Login::on(&permit).user("anna").begin().authenticate(), Code::SUCCESS);
    assert_eq!(Login::on(&deny).user("anna").begin().authenticate(), Code::AUTH_ERR);
}

#[test]
fn a_person_is_asked_and_answers_by_script() {
    let env = Env::build().user("anna", "correct horse").start();
    let stack = Stack::new("door", UNIX);
    let login = || Login::on(&stack).user("anna").rhost("192.0.2.7");

    let mut right = login().types(["correct horse"]).begin();
    assert_eq!(right.authenticate(), Code::SUCCESS);
    assert_eq!(right.acct_mgmt(0), Code::SUCCESS);
    assert_eq!(right.setcred(pam::ESTABLISH_CRED), Code::SUCCESS);
    assert_eq!(right.prompts(), ["Password: "]);
    assert_eq!(right.messages()[0].style, Style::EchoOff);
    assert_eq!(right.get(pam::Item::Rhost).as_deref(), Some("192.0.2.7"));

    let mut wrong = login().types(["wrong"]).begin();
    let start = std::time::Instant::now();
    assert_eq!(wrong.authenticate(), Code::AUTH_ERR);
    assert!(start.elapsed().as_secs() < 1, "the delay after a failure was slept");
    assert!(wrong.delays().iter().any(|&micros| micros >= 1_000_000), "no delay was asked for");
    let line = env.syslog().expect(&["pam_unix(door:auth): authentication failure", "rhost=192.0.2.7"]);
    assert!(line.starts_with('<'), "{line}");
}

#[test]
fn a_broken_conversation_is_one_reply_among_others() {
    let _env = Env::build().user("anna", "correct horse").start();
    let stack = Stack::new("door", UNIX);
    for reply in [Reply::Null, Reply::NoReplies, Reply::Error, Reply::text(""), Reply::huge(1 << 20)] {
        let code = Login::on(&stack).user("anna").types([reply.clone()]).begin().authenticate();
        assert_ne!(code, Code::SUCCESS, "{reply:?}");
    }
}

#[test]
fn the_password_step_can_be_stood_in_for() {
    let _env = Env::build().start();
    let stack = Stack::new("door", pam::ASK_PASSWORD);
    let mut login = Login::on(&stack).user("root").types(["anything"]).begin();
    assert_eq!(login.authenticate(), Code::SUCCESS);
    assert_eq!(login.prompts(), ["Password: "]);
}

#[test]
fn the_driver_is_a_process_of_its_own() {
    let stack = Stack::new("door", "auth required pam_permit.so");
    let mut driver = Command::new(env::program("pam-driver"));
    driver.arg("--confdir").arg(stack.folder()).args(["--service", "door", "--user", "anna"]);
    let output = feed(driver.args(["--do", "authenticate,setcred"]), "");
    let text = String::from_utf8(output.stdout).unwrap();
    let outcome: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(outcome["code"], "PAM_SUCCESS");
    assert_eq!(outcome["codes"].as_array().unwrap().len(), 2);
}

#[test]
fn the_log_hears_other_programs() {
    let mut env = Env::build().start();
    run(env.command("logger").args(["-p", "auth.notice", "-t", "doorbell", "somebody is there"]));
    assert!(env.syslog().expect(&["doorbell", "somebody is there"]).starts_with("<37>"));
    env.syslog_mut().stop();
    assert!(!std::fs::exists("/dev/log").unwrap());
}

#[test]
fn tests_do_not_see_each_others_users_and_files() {
    let first = Env::build().user("anna", "one").file("/etc/security/x.toml", "x = 1\n", 0o600).start();
    assert!(first.home("anna").exists());
    drop(first);
    let second = Env::build().start();
    assert!(!second.home("anna").exists());
    assert!(!std::fs::exists("/etc/security/x.toml").unwrap());
    assert!(!run(second.command("getent").arg("passwd")).stdout.windows(4).any(|name| name == b"anna"));
}

#[test]
fn a_user_has_groups_home_and_no_privileges() {
    let env = Env::build().user("anna", "one").group("wheel", &["anna"]).start();
    let shown =
        String::from_utf8(run(env.as_user("anna", "sh").args(["-c", "id -un; id -Gn; pwd"])).stdout).unwrap();
    assert_eq!(shown, "anna\nanna wheel\n/home/anna\n");
    assert!(!env.as_user("anna", "cat").arg("/etc/shadow").output().unwrap().status.success());
}

#[test]
fn any_process_can_be_given_any_time() {
    let env = Env::build().user("anna", "one").clock().start();
    let date = |env: &Env| {
        let shown = run(env.as_user("anna", "date").args(["-u", "+%s"])).stdout;
        String::from_utf8(shown).unwrap().trim().parse::<u64>().unwrap()
    };
    env.clock().freeze(59);
    assert_eq!(date(&env), 59);
    env.clock().advance(30);
    assert_eq!((date(&env), env.clock().now()), (89, 89));
    env.clock().shift(-86_400);
    assert!(date(&env).abs_diff(env.clock().now()) <= 2);
}

#[test]
fn a_setuid_program_goes_by_the_clock_too() {
    let stack = "auth required pam_google_authenticator.so user=root secret=/run/otp-test/${USER}\n\
                 account required pam_permit.so\nsession required pam_permit.so";
    let secret = format!("{RFC_SECRET}\n\" WINDOW_SIZE 3\n\" TOTP_AUTH\n");
    let env = Env::build().user("anna", "one").service("su", stack).clock();
    let env = env.file("/run/otp-test/root", secret, 0o400).start();
    let phone = Phone::typed(RFC_SECRET);
    env.clock().freeze(1_111_111_111);
    let mut su = env.as_user("anna", "su");
    let mut terminal = Terminal::run(su.args(["-c", "id -un"]));
    terminal.expect("Verification code: ");
    terminal.line(&phone.code_at(1_111_111_111));
    terminal.expect("root");
    assert!(terminal.wait().success());
}

#[test]
fn ssh_logs_in_by_keyboard_interactive() {
    let env = Env::build().user("anna", "correct horse").service("gate", UNIX).start();
    let sshd = Sshd::start(&env, "gate", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("anna", "id -un; echo in");
    ssh.expect("Password: ");
    ssh.line("correct horse");
    assert!(ssh.expect("in").contains("anna"));
    assert!(ssh.wait().success());

    let mut wrong = sshd.login("anna", "echo in");
    wrong.expect("Password: ");
    wrong.line("wrong");
    wrong.expect("Permission denied");
    assert!(!wrong.wait().success());
    env.syslog().expect(&["pam_unix(gate:auth)", "user=anna"]);
}

#[test]
fn a_person_at_a_terminal_types_interrupts_and_hangs_up() {
    let mut shell =
        Terminal::sized(Command::new("bash").args(["--norc", "--noprofile"]).env("PS1", "> "), 10, 40);
    shell.answers(&[("> ", "stty size"), ("10 40", "tput clear; echo a; read -r x; echo never")]);
    shell.expect("a\n");
    assert_eq!(shell.screen(), "a");
    shell.interrupt();
    shell.expect("> ");
    assert!(!shell.screen().contains("never\n"));

    let trap = "trap 'echo hung up > \"$1\"; exit' HUP; echo set; while :; do sleep 0.05; done";
    let note = tempfile::NamedTempFile::new().unwrap();
    let mut shell = Terminal::run(Command::new("bash").args(["-c", trap, "bash"]).arg(note.path()));
    shell.expect("set");
    shell.hang_up();
    shell.wait();
    assert_eq!(std::fs::read_to_string(note.path()).unwrap(), "hung up\n");
}

#[test]
fn who_gives_up_is_out_although_a_prompt_forgets_the_first_interrupt() {
    // Between its words and its listening, a signal is noted and forgotten, as by OpenSSH's readpassphrase.
    let prompt = "$SIG{INT} = sub {}; syswrite STDOUT, 'Code:'; select undef, undef, undef, 0.3; \
                  sysread(STDIN, my $code, 9) // exit 7";
    let mut shell = Terminal::run(Command::new("perl").args(["-e", prompt]));
    shell.expect("Code:");
    assert_eq!(shell.give_up().code(), Some(7));
}

#[test]
fn phones_agree_with_the_standard() {
    // RFC 6238, appendix B; the seed is as long as the hash.
    let vectors = [
        ("SHA1", RFC_SECRET, "94287082", "14050471"),
        ("SHA256", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA", "46119246", "67062674"),
        (
            "SHA512",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
            "90693936",
            "99943326",
        ),
    ];
    for (algorithm, secret, first, second) in vectors {
        let phone = Phone::with(secret, algorithm, 8, 30);
        for app in App::ALL {
            assert_eq!(phone.code(app, 59), first, "{app:?} {algorithm}");
            assert_eq!(phone.code(app, 1_111_111_111), second, "{app:?} {algorithm}");
        }
    }
}

#[test]
fn a_camera_reads_the_screen_in_both_themes() {
    let uri = Phone::typed(RFC_SECRET).uri().to_owned();
    let screen = Screen::start();
    for theme in Theme::ALL {
        let mut draw = Command::new("sh");
        draw.args(["-c", "clear; qrencode -t ANSIUTF8 -m 2 -l L \"$1\"; exec sleep 600", "sh", &uri]);
        let xterm = screen.xterm(theme, &draw);
        let (_, text) = xterm.scan().expect("no QR code on the screen");
        assert_eq!(text, uri, "{theme:?}");
    }
}

#[test]
fn a_recorded_terminal_is_drawn_by_xterm() {
    let mut draw = Terminal::run(Command::new("qrencode").args([
        "-t",
        "ANSIUTF8",
        "-m",
        "2",
        "otpauth://totp/x?secret=AA",
    ]));
    assert!(draw.wait().success());
    let screen = Screen::start();
    let (_, text) = screen
        .replay(Theme::Dark, Font::Scalable, (24, 80), &draw.raw())
        .scan()
        .expect("no QR code on the screen");
    assert_eq!(text, "otpauth://totp/x?secret=AA");
}

#[test]
fn a_program_that_ends_early_is_no_failure_of_its_listener() {
    assert!(talk(&mut Command::new("true"), &"x".repeat(1 << 20)).status.success());
}

#[test]
fn many_processes_start_at_the_same_instant() {
    let stack = Stack::new("door", "auth required pam_permit.so");
    let people = vec![("anna", [].as_slice()); 32];
    let outcomes = crowd::at_once(&stack, &people);
    assert_eq!(outcomes.iter().filter(|one| one.code() == Code::SUCCESS).count(), 32);
}

#[test]
fn a_process_dies_or_errs_at_any_system_call() {
    let env = Env::build().user("anna", "one").start();
    let stack = Stack::new("door", UNIX);
    let driver = crowd::driver(&stack, "anna");
    let input = crowd::typing(&["one"]);
    let traced = Traced::run(&driver, &input);
    let shown = String::from_utf8(traced.output.stdout.clone()).unwrap();
    assert_eq!(crowd::Outcome::read(&shown).code(), Code::SUCCESS);
    let calls = traced.calls_between("/begin-of-calls", "/end-of-calls");
    let shadow =
        calls.iter().find(|call| call.line.contains("/etc/shadow")).expect("pam_unix reads the hash");

    let killed = Traced::inject(&driver, &input, shadow, &Fault::Kill);
    assert!(killed.output.stdout.is_empty(), "it went on");
    assert!(killed.calls.last().unwrap().line.contains("/etc/shadow"), "it died elsewhere");
    let refused = Traced::inject(&driver, &input, shadow, &Fault::Error("EIO"));
    let met =
        refused.calls.iter().find(|call| (&call.name, call.number) == (&shadow.name, shadow.number)).unwrap();
    assert!(
        met.line.contains("/etc/shadow") && met.line.contains("EIO") && met.line.contains("INJECTED"),
        "{met:?}"
    );
    drop(env);
}

#[test]
fn disks_are_full_or_read_only() {
    let folder = tempfile::tempdir().unwrap();
    env::require_machine();
    let disk = SmallDisk::on(folder.path(), 1 << 20, 100);
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    disk.fill();
    assert_eq!(std::fs::write(folder.path().join("other"), "x").unwrap_err().kind(), ErrorKind::StorageFull);
    disk.empty();
    let still = ReadOnly::on(folder.path());
    assert_eq!(std::fs::write(&file, "y").unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
    assert_eq!(std::fs::read(&file).unwrap(), b"x");
    drop(still);
    std::fs::write(&file, "y").unwrap();
}

#[test]
fn the_driver_keeps_no_copy_of_what_was_typed() {
    let stack = Stack::new("door", "auth required pam_permit.so");
    let mut hold = crowd::Gate::closed();
    let mut command = crowd::driver(&stack, "anna-in-memory");
    command.arg("--hold").arg(hold.path());
    let mut driver = crowd::Waiting::start(command, &crowd::typing(&[]));
    driver.until("holding");
    assert!(!found_in_memory(driver.pid(), b"anna-in-memory").is_empty(), "the scan finds nothing at all");
    hold.open();
    assert_eq!(driver.outcome().unwrap().code(), Code::SUCCESS);

    let _env = Env::build().user("anna", "one").start();
    let mut hold = crowd::Gate::closed();
    let stack = Stack::new("door", UNIX);
    let mut command = crowd::driver(&stack, "anna");
    command.arg("--hold").arg(hold.path());
    let mut driver = crowd::Waiting::start(command, &crowd::typing(&["wrong-and-secret"]));
    driver.until("holding");
    let found = found_in_memory(driver.pid(), b"wrong-and-secret");
    assert!(found.is_empty(), "{found:#?}");
    hold.open();
    assert_eq!(driver.outcome().unwrap().code(), Code::AUTH_ERR);
}

#[test]
fn sudo_asks_the_person_at_the_terminal() {
    let rule = "anna ALL=(ALL) ALL\n";
    let env = Env::build()
        .user("anna", "one")
        .service("sudo", UNIX)
        .file("/etc/sudoers.d/anna", rule, 0o440)
        .start();
    let mut sudo = Terminal::run(env.as_user("anna", "sudo").args(["id", "-un"]));
    sudo.expect("password for anna: ");
    sudo.line("one");
    sudo.expect("root");
    assert!(sudo.wait().success());
    env.syslog().expect(&["sudo", "anna", "COMMAND=/usr/bin/id -un"]);
}
