//! sshd, as people use it: the real server and the real client, in a terminal.

use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd, machine};
use insis_otp_tests::terminal::Terminal;

fn ends_refused(mut ssh: Terminal) -> String {
    let status = ssh.wait();
    assert!(!status.success(), "{}", ssh.text());
    assert!(ssh.text().contains("Permission denied"), "{}", ssh.text());
    ssh.text()
}

#[test]
fn password_then_code() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("anna", "echo logged in as $(id -un)");
    ssh.answers(&[("Password: ", PASSWORD), (PROMPT, &anna.code())]);
    ssh.expect("logged in as anna");
    assert!(ssh.wait().success());
    let line = env.syslog().expect(&["<86>sshd[", "pam_insis_otp(sshd:auth): result=accepted proof=code"]);
    assert!(line.contains("user=anna rhost=127.0.0.1"), "{line}");
    assert!(!ssh.text().contains("failed code"), "{}", ssh.text());
}

#[test]
fn a_wrong_code_is_told_in_the_next_prompt() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("anna", "echo in");
    ssh.answers(&[
        ("Password: ", PASSWORD),
        (PROMPT, &anna.wrong()),
        ("Wrong code. Type the digits your app shows now.\nOne-time code: ", &anna.code()),
    ]);
    ssh.expect("in");
    assert!(ssh.wait().success());
}

#[test]
fn a_used_code_a_wrong_one_and_the_password_alone_do_not_open_it() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let code = anna.code();
    let mut ssh = sshd.login("anna", "echo in");
    for (prompt, reply) in [("Password: ", PASSWORD), (PROMPT, code.as_str())] {
        ssh.expect(prompt);
        ssh.line(reply);
    }
    assert!(ssh.wait().success());
    for (replies, reason) in [
        (vec![code.clone(); 3], "used-code"),
        (vec![anna.wrong(); 3], "wrong-code"),
        (vec![String::new()], "no-reply"),
    ] {
        env.syslog().clear();
        let mut ssh = sshd.login("anna", "echo in");
        ssh.expect("Password: ");
        ssh.line(PASSWORD);
        for reply in replies {
            ssh.expect(PROMPT);
            ssh.line(&reply);
        }
        ends_refused(ssh);
        let _ =
            env.syslog().expect(&["pam_insis_otp(sshd:auth): result=refused", &format!("reason={reason}")]);
    }
}

#[test]
fn a_wrong_password_and_a_right_code_do_not_open_it() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("anna", "echo in");
    ssh.answers(&[("Password: ", "wrong"), (PROMPT, &anna.code())]);
    ends_refused(ssh);
}

/// A key pair for a user: the path of the private half.
fn key_for(env: &Env, user: &str) -> String {
    let path = "/run/otp-test/key";
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", path]));
    let public = std::fs::read(format!("{path}.pub")).unwrap();
    let home = env.home(user);
    env.write(&home.join(".ssh/authorized_keys"), &public, 0o600);
    run(env.command("chown").args(["-R", user]).arg(home.join(".ssh")));
    path.to_owned()
}

#[test]
fn a_key_then_a_code() {
    let Machine { env, anna, .. } = machine();
    env.write(
        "/etc/pam.d/sshd".as_ref(),
        b"auth required pam_insis_otp.so\naccount required pam_unix.so\nsession required pam_unix.so\n",
        0o644,
    );
    let key = key_for(&env, "anna");
    let sshd = Sshd::start(&env, "sshd", "AuthenticationMethods publickey,keyboard-interactive:pam");
    let with_key = |options: &[&str]| {
        let mut ssh = sshd.ssh("anna", &[&["-tt", "-i", &key], options].concat());
        ssh.arg("echo logged in as $(id -un)");
        Terminal::run(&ssh)
    };
    let mut ssh = with_key(&[]);
    ssh.expect(PROMPT);
    ssh.line(&anna.code());
    ssh.expect("logged in as anna");
    assert!(ssh.wait().success() && !ssh.text().contains("Password"));
    // The key alone does not do, nor does the code alone.
    let mut ssh = with_key(&[]);
    ssh.expect(PROMPT);
    ssh.line("");
    ends_refused(ssh);
    let mut ssh = with_key(&["-o", "PreferredAuthentications=publickey"]);
    assert!(!ssh.wait().success());
    ends_refused(sshd.login("anna", "echo in"));
}

#[test]
fn a_client_that_offers_only_the_password_is_refused_and_the_log_says_why() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", "PasswordAuthentication yes\nKbdInteractiveAuthentication no");
    let mut ssh = sshd.ssh("anna", &["-tt", "-o", "PreferredAuthentications=password"]);
    ssh.arg("echo in");
    let mut ssh = Terminal::run(&ssh);
    ssh.expect("password: ");
    ssh.line(PASSWORD);
    ends_refused(ssh);
    let line = env.syslog().expect(&["reason=password-as-code", "user=anna rhost=127.0.0.1"]);
    assert!(line.contains("set KbdInteractiveAuthentication yes and AuthenticationMethods keyboard-interactive in sshd_config"), "{line}");
    assert_eq!(anna.status().failures, 0);
}

#[test]
fn unknown_unenrolled_and_invited_users_are_refused_like_everybody_and_as_fast() {
    const USERS: [&str; 4] = ["anna", "bob", "carol", "mallory"];
    let Machine { env, anna, .. } = machine();
    env.add_user("carol", PASSWORD);
    env.write(CONFIG.as_ref(), b"self_enrollment = \"invitation\"\n", 0o644);
    run(env.command("otp-setup").args(["invite", "--user", "carol"]));
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let (mut shown, mut times) = (Vec::new(), [const { Vec::new() }; 4]);
    for _ in 0..8 {
        anna.again();
        for (user, times) in USERS.iter().zip(&mut times) {
            let mut ssh = sshd.login(user, "echo in");
            ssh.expect("Password: ");
            ssh.line("secret");
            ssh.expect(PROMPT);
            // As long as the password, and something that is no code; the latter is no guess, so that nobody is throttled.
            for reply in ["secret", "hello"] {
                let start = Instant::now();
                ssh.line(reply);
                ssh.expect(PROMPT);
                times.push(start.elapsed());
            }
            ssh.line(&anna.wrong());
            shown.push(ends_refused(ssh).replace(user, "USER"));
        }
        for user in ["bob", "carol"] {
            let _ = env.syslog().expect(&["reason=not-paired", &format!("user={user}")]);
        }
        // What unknown users' records have counted would delay them.
        run(Command::new("sh").args(["-c", "rm -f /var/lib/insis-otp/.unknown-users"]));
    }
    let first = &shown[0];
    assert!(shown.iter().all(|text| text == first), "{shown:?}");
    // The shortest: what a user's kind takes longer, it takes each time; what a busy machine takes longer, it does not.
    let shortest = times.map(|times| times.into_iter().min().unwrap());
    println!("{USERS:?}: {shortest:?}");
    let (least, most) = (shortest.iter().min().unwrap(), shortest.iter().max().unwrap());
    assert!(*most - *least < Duration::from_millis(4), "{shortest:?}");
}

#[test]
fn root_where_root_may_not_log_in() {
    let Machine { env, .. } = machine();
    run(Command::new("sh").args(["-c", "echo root:secret | chpasswd"]));
    let root = Enrolled::user("root");
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("root", "echo in");
    ssh.answers(&[("Password: ", "secret"), (PROMPT, &root.code())]);
    let _ = env.syslog().expect(&["reason=sshd-filler", "user=root", "PermitRootLogin"]);
    assert_eq!(root.status().failures, 0);
    assert!(!ssh.text().contains("in\n"));
}

#[test]
fn a_disconnect_at_the_prompt_charges_nothing_and_ends_the_process() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    for _ in 0..3 {
        let mut ssh = sshd.login("anna", "echo in");
        ssh.expect("Password: ");
        ssh.line(PASSWORD);
        ssh.expect(PROMPT);
        ssh.hang_up();
        drop(ssh);
    }
    assert_eq!(anna.status().failures, 0);
    let mut ssh = sshd.login("anna", "echo in");
    for (prompt, reply) in [("Password: ", PASSWORD), (PROMPT, anna.code().as_str())] {
        ssh.expect(prompt);
        ssh.line(reply);
    }
    assert!(ssh.wait().success());
    let children = || {
        let output =
            Command::new("pgrep").args(["--count", "--parent", &sshd.pid().to_string()]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let end = std::time::Instant::now() + Duration::from_secs(10);
    while children() != "0" {
        assert!(std::time::Instant::now() < end, "{} processes are left over", children());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn logs_in(env: &Env, sshd: &Sshd, user: &str, password: &str, code: &str) -> Terminal {
    let mut ssh = sshd.login(user, "echo now $(id -un)");
    for (prompt, reply) in [("Password: ", password), (PROMPT, code)] {
        ssh.expect(prompt);
        ssh.line(reply);
    }
    ssh.expect(&format!("now {user}"));
    assert!(ssh.wait().success(), "{}", env.syslog().lines().join("\n"));
    ssh
}

#[test]
fn with_use_dns_the_host_is_a_name_and_no_network_matches_it() {
    let Machine { env, anna, .. } = machine();
    env.write("/etc/hosts".as_ref(), b"127.0.0.1 client.example.org\n", 0o644);
    env.write(CONFIG.as_ref(), b"exempt_networks = [\"127.0.0.0/8\"]\nremember = \"8h\"\n", 0o644);
    let sshd = Sshd::start(&env, "sshd", &format!("{KEYBOARD_INTERACTIVE}\nUseDNS yes"));
    logs_in(&env, &sshd, "anna", PASSWORD, &anna.code());
    let _ = env.syslog().expect(&["result=accepted", "user=anna rhost=client.example.org"]);
    assert!(anna.file().read().unwrap().state.remembered.is_empty());
}

#[test]
fn a_remembered_place_is_not_asked_again() {
    let Machine { env, anna, .. } = machine();
    env.write(CONFIG.as_ref(), b"remember = \"8h\"\n", 0o644);
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    logs_in(&env, &sshd, "anna", PASSWORD, &anna.code());
    let mut ssh = sshd.login("anna", "echo now $(id -un)");
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    ssh.expect("now anna");
    assert!(ssh.wait().success() && !ssh.text().contains(PROMPT));
    let _ = env.syslog().expect(&["result=ignored reason=remembered user=anna rhost=127.0.0.1"]);
}

#[test]
fn the_limit_is_the_modules_however_often_sshd_lets_try() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", &format!("{KEYBOARD_INTERACTIVE}\nMaxAuthTries 20"));
    let mut ssh = sshd.ssh("anna", &["-tt", "-o", "NumberOfPasswordPrompts=20"]);
    ssh.arg("echo in");
    let mut ssh = Terminal::run(&ssh);
    // Six wrong codes in two rounds; those of the next are not compared, but the owner is asked on.
    for _ in 0..2 {
        ssh.expect("Password: ");
        ssh.line(PASSWORD);
        for _ in 0..3 {
            ssh.expect(PROMPT);
            ssh.line(&anna.wrong());
        }
    }
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    for question in [PROMPT, "Too many tries. Wait ", "Wait "] {
        ssh.expect(question);
        ssh.line(&anna.code());
    }
    ssh.expect("Password: ");
    assert_eq!(anna.status().failures, 9);
    let _ = env.syslog().expect(&["<84>", "result=refused reason=throttled wait=", "user=anna"]);
    ssh.line(PASSWORD);
    ssh.expect(PROMPT);
    ssh.line(&anna.two_codes());
    ssh.expect("in");
    assert!(ssh.wait().success(), "{}", ssh.text());
}

#[test]
fn a_delayed_login_does_not_end_at_sshds_own_password_prompt() {
    let Machine { env, anna, .. } = machine();
    // As distributions have it: the method "password" is there beside keyboard-interactive.
    let sshd = Sshd::start(&env, "sshd", "PasswordAuthentication yes");
    for user in ["anna", "mallory"] {
        for _ in 0..6 {
            let stack = insis_otp_tests::pam::Stack::new("sshd", "auth required pam_insis_otp.so tries=1");
            let login = insis_otp_tests::pam::Login::on(&stack).user(user).rhost("192.0.2.7");
            let _ = login.types([anna.wrong()]).begin().authenticate();
        }
        let mut ssh = sshd.ssh(user, &["-tt", "-o", "NumberOfPasswordPrompts=3"]);
        let mut ssh = Terminal::run(ssh.arg("echo in"));
        for _ in 0..2 {
            ssh.expect("Password: ");
            ssh.line(PASSWORD);
            for (question, reply) in
                [(PROMPT, "000001"), ("Too many tries. Wait ", "000002"), ("Wait ", "000003")]
            {
                ssh.expect(question);
                ssh.line(reply);
            }
        }
        ssh.expect("Password: ");
        assert!(!ssh.text().contains("password:"), "{}", ssh.text());
    }
}

#[test]
fn what_happened_since_the_last_login_is_told_above_a_shell_and_not_to_a_command() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let asked = |command: &str| {
        let mut ssh = sshd.login("anna", command);
        ssh.expect("Password: ");
        ssh.line(PASSWORD);
        ssh.expect(PROMPT);
        ssh
    };
    for (command, told) in [("echo in; exit", false), ("", true)] {
        let mut ssh = asked("");
        ssh.line(&anna.wrong());
        ssh.expect(PROMPT);
        ssh.hang_up();
        drop(ssh);
        let mut ssh = asked(command);
        ssh.line(&anna.code());
        if told {
            ssh.expect("1 failed code since your last login.");
            ssh.expect("$");
            ssh.line("echo in; exit");
        }
        ssh.expect("in");
        let _ = ssh.wait();
        assert_eq!(ssh.text().contains("failed code"), told, "{}", ssh.text());
        let _ = env.syslog().expect(&["result=accepted proof=code", "failures=1 user=anna"]);
        anna.again();
    }
}

/// sshd keeps what a module says until the next question, or until somebody is in: where there is neither, it is asked.
#[test]
fn that_codes_cannot_be_checked_is_seen_over_ssh() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let refused = |code: Option<String>| {
        let mut ssh = sshd.login("anna", "echo in");
        ssh.expect("Password: ");
        ssh.line(PASSWORD);
        if let Some(code) = code {
            ssh.expect(PROMPT);
            ssh.line(&code);
        }
        ssh.expect("One-time codes cannot be checked now. Please tell your administrator.");
        ssh.line("");
        ends_refused(ssh)
    };
    env.write(CONFIG.as_ref(), b"tires = 3\n", 0o644);
    let told = refused(None);
    assert!(told.contains("Press Enter"), "{told}");
    let _ = env.syslog().expect(&["result=error reason=configuration"]);
    std::fs::remove_file(CONFIG).unwrap();
    std::fs::write(anna.file().path(), "damaged").unwrap();
    refused(Some("123456".into()));
    let _ = env.syslog().expect(&["result=error reason=store"]);
}
