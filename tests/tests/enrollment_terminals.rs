//! Enrollment within a login, in a terminal: ssh, su, sudo and login with the packages' profile, and a password that is due.

use std::path::Path;
use std::process::Command;

use insis_otp_tests::enrolled::is_enrolled;
use insis_otp_tests::env::{Env, run};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd};
use insis_otp_tests::terminal::Terminal;
use regex::Regex;

// Real programs.

fn machine(config: &str) -> Env {
    let sudoers = "Defaults timestamp_timeout=0, !lecture, passwd_tries=1\n%sudo ALL=(ALL:ALL) ALL\n";
    let env = Machine::build().group("sudo", &["anna", "bob"]).config(config);
    env.file("/etc/sudoers", sudoers, 0o440).start()
}

/// Types the password and enrolls in the terminal; what comes afterwards is left to read.
fn enrolls(terminal: &mut Terminal, password: &str) -> Phone {
    terminal.expect(password);
    terminal.line(PASSWORD);
    scans(terminal)
}

fn scans(terminal: &mut Terminal) -> Phone {
    terminal.expect("t: only text. ");
    terminal.line("");
    let secret = terminal.find(&Regex::new(r"this secret: ([A-Z2-7 ]+)[\r\n]").unwrap());
    terminal.expect("First code from the app: ");
    let (phone, start) = (Phone::typed(&secret[2]), now());
    terminal.line(&phone.code_at(start));
    terminal.expect("Next code, when the app shows it: ");
    terminal.line(&phone.code_at(start + 30));
    phone
}

/// Debian's own stacks, and the package's profile in them.
fn with_profile(config: &str) -> Env {
    let env = machine(config);
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/pam-configs/insis-otp");
    let text = std::fs::read(profile).unwrap();
    env.write("/usr/share/pam-configs/insis-otp".as_ref(), &text, 0o644);
    run(env
        .command("pam-auth-update")
        .args(["--enable", "insis-otp", "--force"])
        .env("DEBIAN_FRONTEND", "noninteractive"));
    let common = std::fs::read_to_string("/etc/pam.d/common-account").unwrap();
    assert!(common.contains("pam_insis_otp.so"), "{common}");
    env
}

#[test]
fn with_the_packages_profile_ssh_su_sudo_and_login_enroll() {
    let env = with_profile("unenrolled = \"enrol\"\n");
    let again = || run(Command::new("rm").arg("/var/lib/insis-otp/bob"));
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    enrolls(&mut ssh, "Password: ");
    ssh.expect("now bob");
    assert!(ssh.wait().success() && is_enrolled("bob"));
    again();
    let mut sudo = Terminal::run(env.as_user("bob", "sudo").args(["id", "-un"]));
    enrolls(&mut sudo, "[sudo] password for bob: ");
    sudo.expect("root");
    assert!(sudo.wait().success() && is_enrolled("bob"));
    again();
    let mut su = Terminal::run(env.as_user("anna", "su").args(["bob", "-c", "echo now $(id -un)"]));
    enrolls(&mut su, "Password: ");
    su.expect("now bob");
    assert!(is_enrolled("bob"));
    again();
    let mut login = Terminal::run(&env.command("login"));
    login.expect("login: ");
    login.line("bob");
    enrolls(&mut login, "Password: ");
    login.expect("$");
    assert!(is_enrolled("bob"));
}

#[test]
fn a_password_that_is_due_is_changed_in_the_same_login() {
    let env = with_profile("unenrolled = \"enrol\"\n");
    run(Command::new("chage").args(["-d", "0", "bob"]));
    let hash = || {
        let shadow = std::fs::read_to_string("/etc/shadow").unwrap();
        shadow.lines().find(|line| line.starts_with("bob:")).unwrap().to_owned()
    };
    let before = hash();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let changes = |ssh: &mut Terminal| {
        for (question, reply) in [
            ("urrent password: ", PASSWORD),
            ("ew password: ", "xK9!mmq2Zt"),
            ("new password: ", "xK9!mmq2Zt"),
        ] {
            ssh.expect(question);
            ssh.line(reply);
        }
    };
    // The profile's account line is not reached: first the password, then the phone.
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    changes(&mut ssh);
    scans(&mut ssh);
    ssh.expect("now bob");
    assert!(ssh.wait().success() && is_enrolled("bob") && hash() != before);
    // With the model for sshd it is first the phone.
    run(Command::new("rm").arg("/var/lib/insis-otp/bob"));
    run(Command::new("sh").args(["-c", &format!("echo 'bob:{PASSWORD}' | chpasswd && chage -d 0 bob")]));
    run(env
        .command("pam-auth-update")
        .args(["--disable", "insis-otp", "--force"])
        .env("DEBIAN_FRONTEND", "noninteractive"));
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/pam.d/sshd-enrol");
    env.write("/etc/pam.d/sshd".as_ref(), &std::fs::read(model).unwrap(), 0o644);
    let before = hash();
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    enrolls(&mut ssh, "Password: ");
    changes(&mut ssh);
    ssh.expect("now bob");
    assert!(ssh.wait().success() && is_enrolled("bob") && hash() != before);
}

#[test]
fn with_the_auth_line_alone_sshd_lets_nobody_in_who_has_not_enrolled() {
    let env = machine("unenrolled = \"enrol\"\n");
    let auth = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n";
    let rest = "account required pam_unix.so\nsession required pam_unix.so\n";
    env.write("/etc/pam.d/sshd".as_ref(), [auth, rest].concat().as_bytes(), 0o644);
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("bob", "echo in");
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    ssh.expect(PROMPT);
    drop(ssh);
    // Lines that are there, and that account management does not come to.
    let skipped = "account sufficient pam_permit.so\naccount required pam_insis_otp.so\n\
                   password required pam_insis_otp.so\nsession required pam_unix.so\n";
    env.write("/etc/pam.d/sshd".as_ref(), [auth, skipped].concat().as_bytes(), 0o644);
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    ssh.expect("Password: ");
    ssh.line(PASSWORD);
    assert!(!ssh.wait().success() && !ssh.text().contains("now bob"), "{}", ssh.text());
    let _ =
        env.syslog().expect(&["pam_insis_otp(sshd:setcred): result=refused reason=not-enrolled user=bob"]);
    assert!(!is_enrolled("bob"));
}
