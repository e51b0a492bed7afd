//! A sign-in that the person or sshd ends: nothing of it goes on, and it has cost one wrong guess.

use std::time::{Duration, Instant};

use insis_otp_tests::identity_provider::Provider;
use insis_otp_tests::machine::{Machine, PASSWORD};
use insis_otp_tests::sign_in::{self, CHOICE, MFA, QUICK, Scene};
use insis_otp_tests::ssh::STACK;
use insis_otp_tests::terminal::Terminal;

/// Waits until these processes are gone.
fn assert_end(processes: &[(u32, String)], within: Duration) {
    let began = Instant::now();
    while processes.iter().any(|(pid, _)| sign_in::is_there(*pid)) {
        assert!(began.elapsed() < within, "{processes:?} go on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_terminal_that_is_hung_up_ends_the_sign_in() {
    let machine = ["sshd", "sudo", "login", "su"]
        .into_iter()
        .fold(Machine::build(), |machine, service| machine.service(service, STACK));
    let sudoers = "Defaults timestamp_timeout=0, !lecture, passwd_tries=1\nanna ALL=(ALL:ALL) ALL\n";
    let machine = machine.file("/etc/sudoers", sudoers, 0o440);
    let scene = Scene::with("services = [\"login\", \"su\", \"sudo\"]", machine);
    let env = &scene.machine.env;
    for program in ["login", "sudo", "su"] {
        for presses_enter in [false, true] {
            scene.machine.anna.again();
            let mut terminal = match program {
                "login" => Terminal::run(&env.command("login")),
                "sudo" => Terminal::run(env.as_user("anna", "sudo").arg("id")),
                _ => Terminal::run(env.as_user("bob", "su").args(["anna", "-c", "id"])),
            };
            if program == "login" {
                terminal.answers(&[("login: ", "anna")]);
            }
            terminal.answers(&[("assword", PASSWORD), (CHOICE, "m")]);
            let _ = sign_in::asked(&mut terminal);
            if presses_enter {
                terminal.line("");
                // Nothing tells that it has arrived.
                std::thread::sleep(Duration::from_millis(300));
            }
            let mut processes = sign_in::below(terminal.pid());
            assert!(processes.iter().any(|(_, name)| name == "otp-idp"), "{program}: {processes:?}");
            processes.push((terminal.pid(), program.to_owned()));
            terminal.hang_up();
            // It is this process's to take notice of its end.
            std::thread::scope(|scope| {
                scope.spawn(|| terminal.wait());
                assert_end(&processes, Duration::from_secs(1));
            });
            assert_eq!(scene.machine.anna.status().failures, 1, "{program}, after Enter: {presses_enter}");
        }
    }
}

#[test]
fn where_sshd_cuts_the_login_short_nothing_goes_on_and_it_is_charged_once() {
    // Shorter than the deadline of 30 seconds; otp-setup doctor warns of it.
    let sshd = "AuthenticationMethods keyboard-interactive\nLoginGraceTime 4";
    let scene = Scene::of(Provider::with(&[QUICK]), sshd, "", Machine::build().service("sshd", STACK));
    scene.link("anna", "s-anna");
    for failures in [1, 2] {
        let (mut ssh, _, _) = scene.chooses("anna");
        if failures == 2 {
            ssh.line("");
        }
        let processes = sign_in::below(scene.sshd.pid());
        assert!(processes.iter().any(|(_, name)| name == "otp-idp"), "{processes:?}");
        // The time begins with the connection, and so before this.
        assert_end(&processes, Duration::from_secs(4 + 1));
        assert_eq!(scene.machine.anna.status().failures, failures);
        // The client sees it when it has something to send.
        assert!(!ssh.text().contains("in as"), "{}", ssh.text());
        sign_in::kill_client(&ssh);
    }
    // The next login finds the turn free.
    let mut ssh = scene.signs_in("anna", "s-anna", &MFA);
    ssh.expect("in as anna");
    assert!(ssh.wait().success());
}
