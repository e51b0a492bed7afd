//! sshd, as people use it: the real server and the real client, in a terminal.

use std::process::Command;
use std::time::Duration;

use insis_otp_tests::env::{Env, run};
use insis_otp_tests::paired::Paired;
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;

const PASSWORD: &str = "correct horse";
const STACK: &str = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
                     account required pam_unix.so\nsession required pam_unix.so";
const PROMPT: &str = "One-time code: ";
const BOTH: &str = "AuthenticationMethods keyboard-interactive";

struct House {
    env: Env,
    anna: Paired,
}

fn house() -> House {
    let env = Env::build().user("anna", PASSWORD).user("bert", "staple").service("sshd", STACK).start();
    House { anna: Paired::user("anna"), env }
}

fn ends_refused(mut ssh: Terminal) -> String {
    let status = ssh.wait();
    assert!(!status.success(), "{}", ssh.text());
    assert!(ssh.text().contains("Permission denied"), "{}", ssh.text());
    ssh.text()
}

#[test]
fn password_then_code() {
    let House { env, anna } = house();
    let sshd = Sshd::start(&env, "sshd", BOTH);
    let mut ssh = sshd.login("anna", "echo logged in as $(id -un)");
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    ssh.expect(PROMPT);
    ssh.line(&anna.code());
    ssh.expect("logged in as anna");
    assert!(ssh.wait().success());
    let line = env.syslog().expect(&["<86>sshd[", "pam_insis_otp(sshd:auth): result=accepted proof=code"]);
    assert!(line.contains("user=anna rhost=127.0.0.1"), "{line}");
    assert!(!ssh.text().contains("failed code"), "{}", ssh.text());
}

#[test]
fn a_wrong_code_is_told_in_the_next_prompt() {
    let House { env, anna } = house();
    let sshd = Sshd::start(&env, "sshd", BOTH);
    let mut ssh = sshd.login("anna", "echo in");
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    ssh.expect(PROMPT);
    ssh.line(&anna.wrong());
    ssh.expect("Wrong code. Type the digits 0 to 9 from your app, or two consecutive codes. One-time code: ");
    ssh.line(&anna.code());
    ssh.expect("in");
    assert!(ssh.wait().success());
}

#[test]
fn a_used_code_a_wrong_one_and_the_password_alone_do_not_open_it() {
    let House { env, anna } = house();
    let sshd = Sshd::start(&env, "sshd", BOTH);
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
    let House { env, anna } = house();
    let sshd = Sshd::start(&env, "sshd", BOTH);
    let mut ssh = sshd.login("anna", "echo in");
    ssh.expect("Password: ");
    ssh.line("wrong");
    ssh.expect(PROMPT);
    ssh.line(&anna.code());
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
    let House { env, anna } = house();
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
    let House { env, anna } = house();
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
fn an_unknown_user_is_asked_for_password_and_code_like_everybody() {
    let House { env, anna } = house();
    let sshd = Sshd::start(&env, "sshd", BOTH);
    let mut said = Vec::new();
    for user in ["anna", "bert", "mallory"] {
        let mut ssh = sshd.login(user, "echo in");
        ssh.expect("Password: ");
        ssh.line("secret");
        // As long as the password, and something that is no code; the latter is no guess, so that nobody is throttled.
        for reply in [anna.wrong().as_str(), "secret", "hello"] {
            ssh.expect(PROMPT);
            ssh.line(reply);
        }
        said.push(ends_refused(ssh).replace(user, "USER"));
    }
    let _ = env.syslog().expect(&["reason=not-paired", "user=bert"]);
    let _ = env.syslog().expect(&["user=mallory"]);
    assert!(said[0] == said[1] && said[1] == said[2], "{said:?}");
}

#[test]
fn root_where_root_may_not_log_in() {
    let House { env, .. } = house();
    run(Command::new("sh").args(["-c", "echo root:secret | chpasswd"]));
    let root = Paired::user("root");
    let sshd = Sshd::start(&env, "sshd", BOTH);
    let mut ssh = sshd.login("root", "echo in");
    ssh.expect("Password: ");
    ssh.line("secret");
    ssh.expect(PROMPT);
    ssh.line(&root.code());
    let _ = env.syslog().expect(&["reason=sshd-filler", "user=root", "PermitRootLogin"]);
    assert_eq!(root.status().failures, 0);
    assert!(!ssh.text().contains("in\n"));
}

#[test]
fn a_disconnect_at_the_prompt_charges_nothing_and_ends_the_process() {
    let House { env, anna } = house();
    let sshd = Sshd::start(&env, "sshd", BOTH);
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
