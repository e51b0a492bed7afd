//! The clients that people use: each signs in at the provider, and logs in with a code as before.

use std::process::Command;

use insis_otp_tests::env::CONFIG;
use insis_otp_tests::machine::PASSWORD;
use insis_otp_tests::sign_in::{self, CHOICE, MFA, Scene};
use insis_otp_tests::terminal::Terminal;

/// paramiko, with a person who types, or with replies that it was told before.
const PARAMIKO: &str = "
import socket, sys, paramiko
told = sys.argv[2:]
answer = lambda question: told.pop(0) if told else input(question)
transport = paramiko.Transport(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
transport.start_client()
transport.auth_interactive('anna', lambda title, text, questions: [answer(question) for question, echo in questions])
channel = transport.open_session()
channel.exec_command('echo in as $(id -un)')
print(channel.makefile().read().decode())
transport.close()
";

/// asyncssh, likewise.
const ASYNCSSH: &str = "
import asyncio, sys, asyncssh
told = sys.argv[2:]
answer = lambda question: told.pop(0) if told else input(question)
class Client(asyncssh.SSHClient):
    def kbdint_auth_requested(self): return ''
    def kbdint_challenge_received(self, name, text, lang, questions): return [answer(question) for question, echo in questions]
async def main():
    async with asyncssh.connect('127.0.0.1', int(sys.argv[1]), username='anna', known_hosts=None, client_keys=[],
                                agent_path=None, config=[], client_factory=Client) as connection:
        print((await connection.run('echo in as $(id -un)')).stdout)
asyncio.run(main())
";

fn python(scene: &Scene, program: &str, replies: &[&str]) -> Command {
    let mut command = scene.machine.env.command("/usr/bin/python3");
    command.args(["-W", "ignore", "-c", program, &scene.sshd.port().to_string()]).args(replies);
    command
}

fn plink(scene: &Scene) -> Command {
    let mut command = scene.machine.env.command("plink");
    let port = scene.sshd.port().to_string();
    command.args(["-ssh", "-no-antispoof", "-P", &port, "-l", "anna", "127.0.0.1", "echo in as $(id -un)"]);
    command
}

/// A client that has asked for the password.
fn at_the_password(scene: &Scene, client: &str) -> Terminal {
    let mut terminal = match client {
        "ssh" => scene.sshd.login("anna", "echo in as $(id -un)"),
        "plink" => Terminal::run(&plink(scene)),
        "paramiko" => Terminal::run(&python(scene, PARAMIKO, &[])),
        _ => Terminal::run(&python(scene, ASYNCSSH, &[])),
    };
    if client == "plink" {
        terminal.expect("(y/n, Return cancels connection, i for more info)");
        terminal.line("n");
    }
    terminal.answers(&[("Password: ", PASSWORD)]);
    terminal
}

#[test]
fn each_client_signs_in_and_takes_a_code_as_before() {
    let scene = Scene::new("");
    scene.link("anna", "s-anna");
    for client in ["ssh", "plink", "paramiko", "asyncssh"] {
        let mut terminal = at_the_password(&scene, client);
        terminal.answers(&[(CHOICE, "m")]);
        let (uri, code) = sign_in::asked(&mut terminal);
        scene.person(&uri, &code, "s-anna", &MFA);
        terminal.line("");
        terminal.expect("in as anna");
        assert!(terminal.wait().success(), "{client}");
        let _ = scene.machine.env.syslog().expect(&["result=accepted proof=identity-provider "]);
        scene.machine.env.syslog().clear();
        scene.machine.anna.again();
        let mut terminal = at_the_password(&scene, client);
        terminal.answers(&[(CHOICE, &scene.machine.anna.code())]);
        terminal.expect("in as anna");
        assert!(terminal.wait().success(), "{client}");
    }
}

#[test]
fn a_client_that_can_be_asked_nothing_gets_in_with_the_code() {
    let scene = Scene::new("");
    scene.link("anna", "s-anna");
    for program in [PARAMIKO, ASYNCSSH] {
        let log_in = |code: &str| {
            scene.machine.anna.again();
            let output = python(&scene, program, &[PASSWORD, code]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        assert!(log_in(&scene.machine.anna.code()).contains("in as anna"), "{program}");
        assert!(!log_in(&scene.machine.anna.wrong()).contains("in as"), "{program}");
        // One that types the choice has no answer to the second question.
        assert!(!log_in("m").contains("in as"), "{program}");
    }
    // Whoever answers every question with the code, behind a key, sees one question with and without the section.
    let stack =
        "auth required pam_insis_otp.so\naccount required pam_unix.so\nsession required pam_unix.so\n";
    scene.machine.env.write("/etc/pam.d/sshd".as_ref(), stack.as_bytes(), 0o644);
    let settings = std::fs::read_to_string(CONFIG).unwrap();
    for config in [settings.as_str(), ""] {
        scene.machine.configure(config);
        scene.machine.anna.again();
        let output = python(&scene, PARAMIKO, &[&scene.machine.anna.code()]).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("in as anna"), "{output:?}");
    }
}
