//! Programs on the machine itself: sudo, su and login, in a terminal.

use insis_otp_tests::env::{CONFIG, Env, talk};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::terminal::Terminal;
use regex::Regex;

const STACK: &str = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
                     account required pam_unix.so\nsession required pam_permit.so";

fn machine() -> Machine {
    let env = Machine::build().group("sudo", &["anna", "bob"]);
    let env = ["sudo", "su", "login"].into_iter().fold(env, |env, service| env.service(service, STACK));
    let sudoers = "Defaults timestamp_timeout=0, !lecture, passwd_tries=1\n%sudo ALL=(ALL:ALL) ALL\n";
    Machine::of(env.file("/etc/sudoers", sudoers, 0o440))
}

fn in_terminal(machine: &Machine, user: &str, program: &str, arguments: &[&str]) -> Terminal {
    Terminal::run(machine.env.as_user(user, program).args(arguments))
}

/// Bob's su to anna with her password and three wrong codes, which is refused.
fn su_with_wrong_codes(machine: &Machine) -> Terminal {
    let mut su = in_terminal(machine, "bob", "su", &["anna", "-c", "id"]);
    su.expect("Password: ");
    su.line(PASSWORD);
    for _ in 0..3 {
        su.expect(PROMPT);
        su.line(&machine.anna.wrong());
    }
    assert!(!su.wait().success());
    su
}

/// Anna's login on a terminal, up to the question for the code.
fn at_the_code(machine: &Machine) -> Terminal {
    let mut login = Terminal::run(&machine.env.command("login"));
    login.answers(&[("login: ", "anna"), ("Password: ", PASSWORD)]);
    login.expect(PROMPT);
    login
}

#[test]
fn sudo_in_a_terminal() {
    let machine = machine();
    let mut sudo = in_terminal(&machine, "anna", "sudo", &["id", "-un"]);
    sudo.answers(&[("[sudo] password for anna: ", PASSWORD), (PROMPT, &machine.anna.code())]);
    sudo.expect("root");
    assert!(sudo.wait().success());
    let _ = machine.env.syslog().expect(&[
        "<86>",
        "pam_insis_otp(sudo:auth): result=accepted proof=code",
        "user=anna rhost=",
    ]);
}

#[test]
fn sudo_refuses_wrong_used_and_interrupted_codes() {
    let machine = machine();
    let code = machine.anna.code();
    for (replies, opens) in
        [(vec![code.clone()], true), (vec![code; 3], false), (vec![machine.anna.wrong(); 3], false)]
    {
        let mut sudo = in_terminal(&machine, "anna", "sudo", &["id", "-un"]);
        sudo.expect("[sudo] password for anna: ");
        sudo.line(PASSWORD);
        for reply in &replies {
            sudo.expect(PROMPT);
            sudo.line(reply);
        }
        assert_eq!(sudo.wait().success(), opens, "{}", sudo.text());
    }
    let failures = machine.anna.status().failures;
    let mut sudo = in_terminal(&machine, "anna", "sudo", &["id", "-un"]);
    sudo.expect("[sudo] password for anna: ");
    sudo.line(PASSWORD);
    sudo.expect(PROMPT);
    assert!(!sudo.give_up().success());
    let _ =
        machine.env.syslog().expect(&["pam_insis_otp(sudo:auth): result=refused reason=no-", "user=anna"]);
    assert_eq!(machine.anna.status().failures, failures, "an interrupt is no attempt");
}

/// sudo shows nothing of what a module tells when it succeeds: the owner hears of the failures by another way.
#[test]
fn failures_that_sudo_does_not_show_are_told_by_the_next_login_that_does() {
    let machine = machine();
    let sudo = |codes: &[String]| {
        let mut sudo = in_terminal(&machine, "anna", "sudo", &["id", "-un"]);
        sudo.expect("[sudo] password for anna: ");
        sudo.line(PASSWORD);
        for code in codes {
            sudo.expect(PROMPT);
            sudo.line(code);
        }
        (sudo.wait().success(), sudo.text())
    };
    let wrong = [machine.anna.wrong(), machine.anna.wrong(), machine.anna.wrong()];
    assert!(!sudo(&wrong).0);
    let (opened, text) = sudo(&[machine.anna.code()]);
    assert!(opened && !text.contains("failed code"), "{text}");
    assert_eq!(machine.anna.status().failures, 3, "they were not told");
    let mut login = at_the_code(&machine);
    login.line(&machine.anna.code_from_now(1));
    login.expect("3 failed codes since your last login.");
    login.expect("$");
    login.line("exit");
    let _ = login.wait();
    assert_eq!(machine.anna.status().failures, 0);
}

#[test]
fn sudo_with_replies_on_standard_input() {
    let machine = machine();
    let sudo = |input: &str| talk(machine.env.as_user("anna", "sudo").args(["-S", "id", "-un"]), input);
    let output = sudo(&format!("{PASSWORD}\n{}\n", machine.anna.code()));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "root\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "[sudo] password for anna: One-time code: ");
    assert!(!sudo(&format!("{PASSWORD}\n")).status.success());
    assert!(!sudo(&format!("{PASSWORD}\n\n")).status.success());
}

#[test]
fn sudo_that_may_not_ask() {
    let machine = machine();
    let output = talk(machine.env.as_user("anna", "sudo").args(["-n", "id", "-un"]), "");
    assert!(!output.status.success());
    assert_eq!(machine.anna.status().failures, 0);
    assert!(machine.env.syslog().lines().iter().all(|line| !line.contains("sshd_config")));
}

#[test]
fn an_askpass_program_that_knows_nothing_but_the_password_is_told_of_in_sudos_terms() {
    let machine = machine();
    machine.env.write(
        "/run/otp-test/ask".as_ref(),
        format!("#!/bin/sh\necho '{PASSWORD}'\n").as_bytes(),
        0o755,
    );
    let mut sudo = machine.env.as_user("anna", "sudo");
    sudo.args(["-A", "id", "-un"]).env("SUDO_ASKPASS", "/run/otp-test/ask");
    assert!(!talk(&mut sudo, "").status.success());
    let line = machine.env.syslog().expect(&["pam_insis_otp(sudo:auth)", "reason=password-as-code"]);
    assert!(line.contains("sudo -A") && !line.contains("sshd"), "{line}");
}

#[test]
fn programs_go_on_asking_while_codes_are_delayed() {
    let machine = machine();
    let sudoers = "Defaults timestamp_timeout=0, !lecture, passwd_tries=3\n%sudo ALL=(ALL:ALL) ALL\n";
    machine.env.write("/etc/sudoers".as_ref(), sudoers.as_bytes(), 0o440);
    for _ in 0..2 {
        let _ = su_with_wrong_codes(&machine);
    }
    let delayed = |terminal: &mut Terminal, password: &str| {
        terminal.expect(password);
        terminal.line(PASSWORD);
        for question in [PROMPT, "Too many tries. Wait ", "Wait "] {
            terminal.expect(question);
            terminal.line(&machine.anna.code());
        }
    };
    let mut login = Terminal::run(&machine.env.command("login"));
    login.expect("login: ");
    login.line("anna");
    delayed(&mut login, "Password: ");
    login.expect("Login incorrect");
    login.expect("login: ");
    drop(login);
    let mut sudo = in_terminal(&machine, "anna", "sudo", &["id", "-un"]);
    delayed(&mut sudo, "[sudo] password for anna: ");
    sudo.answers(&[("[sudo] password for anna: ", PASSWORD), (PROMPT, &machine.anna.two_codes())]);
    sudo.expect("root");
    assert!(sudo.wait().success());
}

#[test]
fn sudo_by_an_askpass_program() {
    let machine = machine();
    let script = format!(
        "#!/bin/sh\ncase $1 in\n*password*) echo '{PASSWORD}' ;;\n*code*) echo {} ;;\nesac\n",
        machine.anna.code()
    );
    machine.env.write("/run/otp-test/ask".as_ref(), script.as_bytes(), 0o755);
    let mut sudo = machine.env.as_user("anna", "sudo");
    sudo.args(["-A", "id", "-un"]).env("SUDO_ASKPASS", "/run/otp-test/ask");
    let output = talk(&mut sudo, "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "root\n", "{output:?}");
}

#[test]
fn su_to_somebody_with_their_password_and_code() {
    let machine = machine();
    let mut su = in_terminal(&machine, "bob", "su", &["anna", "-c", "echo now $(id -un)"]);
    su.answers(&[("Password: ", PASSWORD), (PROMPT, &machine.anna.code())]);
    su.expect("now anna");
    assert!(su.wait().success());
    let _ = machine
        .env
        .syslog()
        .expect(&["pam_insis_otp(su:auth): result=accepted proof=code", "user=anna rhost=-"]);
    let su = su_with_wrong_codes(&machine);
    assert!(su.text().contains("Authentication failure"), "{}", su.text());
}

#[test]
fn su_by_root_is_asked_as_the_stack_says() {
    let machine = machine();
    let stack = format!("auth sufficient pam_rootok.so\n{STACK}");
    machine.env.write("/etc/pam.d/su".as_ref(), stack.as_bytes(), 0o644);
    let output = machine.env.command("su").args(["anna", "-c", "id -un"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "anna\n");
}

#[test]
fn login_on_a_terminal() {
    let machine = machine();
    let mut login = at_the_code(&machine);
    login.line(&machine.anna.wrong());
    login.answers(&[(PROMPT, &machine.anna.code()), ("$", "echo now $(id -un); exit")]);
    login.expect("now anna");
    let _ = login.wait();
    let _ = machine.env.syslog().expect(&["pam_insis_otp(login:auth): result=accepted", "user=anna"]);
}

/// Logs in as bob, who has to enroll, up to the first question for a code; and the phone that took the secret.
fn pairing(env: &Env) -> (Terminal, Phone) {
    let mut login = Terminal::run(&env.command("login"));
    login.answers(&[("login: ", "bob"), ("Password: ", PASSWORD), ("t: only text. ", "t")]);
    let secret = login.find(&Regex::new(r"this secret: ([A-Z2-7 ]+)[\r\n]").unwrap());
    login.expect("First code from the app");
    (login, Phone::typed(&secret[2]))
}

#[test]
fn login_gives_no_shell_before_the_pairing() {
    let Machine { env, .. } = machine();
    let stack = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
                 account required pam_insis_otp.so\naccount required pam_unix.so\n\
                 password required pam_unix.so\npassword required pam_insis_otp.so\n\
                 session required pam_permit.so\n";
    env.write("/etc/pam.d/login".as_ref(), stack.as_bytes(), 0o644);
    env.write(CONFIG.as_ref(), b"unenrolled = \"enrol\"\n", 0o644);
    let enrolled = || std::fs::exists("/var/lib/insis-otp/bob").unwrap();
    // Wrong codes to the end, then an interrupt.
    let (mut login, _) = pairing(&env);
    for round in 0..10 {
        if round > 0 {
            login.expect("First code from the app");
        }
        login.line("000000");
    }
    assert!(!login.wait().success() && !login.text().contains('$'), "{}", login.text());
    let (mut login, _) = pairing(&env);
    let _ = login.give_up();
    assert!(!login.text().contains('$') && !enrolled(), "{}", login.text());
    let (mut login, phone) = pairing(&env);
    let start = now();
    login.line(&phone.code_at(start));
    login.expect("Next code, when the app shows it: ");
    assert!(!enrolled());
    login.line(&phone.code_at(start + 30));
    login.expect("Paired.");
    login.expect("$");
    assert!(enrolled());
    login.line("echo now $(id -un); exit");
    login.expect("now bob");
    let _ = env.syslog().expect(&["pam_insis_otp(login:account): result=paired", "user=bob"]);
}
