//! sshd and its clients: other ones than OpenSSH's, shared connections, a terminal that a phone's camera reads, many at once.

use std::time::Duration;

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::screen::{Font, Screen, Theme};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd, machine};
use insis_otp_tests::terminal::Terminal;

#[test]
fn a_shared_connection_asks_once() {
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let shared = ["-o", "ControlPath=/run/otp-test/mux"];
    let mut master = sshd.ssh("anna", &[&shared[..], &["-tt", "-o", "ControlMaster=yes"]].concat());
    let mut master = Terminal::run(master.arg("echo now open; cat"));
    master.answers(&[("Password: ", PASSWORD), (PROMPT, &anna.code())]);
    master.expect("now open");
    env.syslog().clear();
    let mut second = sshd.ssh("anna", &shared);
    let output = run(second.arg("id -un"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "anna\n");
    assert!(env.syslog().lines().iter().all(|line| !line.contains("pam_insis_otp")));
}

#[test]
fn fifty_people_at_once() {
    let Machine { env, .. } = machine();
    let names: Vec<String> = (0..50).map(|number| format!("user{number}")).collect();
    names.iter().for_each(|name| env.add_user(name, "secret"));
    let people: Vec<Enrolled> = names.iter().map(|name| Enrolled::user(name)).collect();
    let sshd =
        Sshd::start(&env, "sshd", &format!("{KEYBOARD_INTERACTIVE}\nMaxStartups 100\nLoginGraceTime 300"));
    let slow = Duration::from_secs(120);
    let mut clients: Vec<_> =
        names.iter().map(|name| sshd.login(name, "echo now $(id -un)").patience(slow)).collect();
    for client in &mut clients {
        client.expect("Password: ");
        client.line("secret");
    }
    for (client, person) in clients.iter_mut().zip(&people) {
        client.expect(PROMPT);
        client.line(&person.code());
    }
    for (client, name) in clients.iter_mut().zip(&names) {
        client.expect(&format!("now {name}"));
        assert!(client.wait().success());
    }
    let accepted = env.syslog().lines().iter().filter(|line| line.contains("result=accepted")).count();
    assert_eq!(accepted, 50);
}

/// The client's terminal as xterm shows it, and what a phone's camera reads there.
///
/// Dark letters are dark modules. Where a terminal leaves a pixel of ground between two rows of blocks, as xterm does with
/// many sizes of scalable fonts, that splits the dark squares in the corners. A camera does not see it; zbarimg does.
fn scanned(ssh: &Terminal, theme: Theme, font: Font) -> String {
    let screen = Screen::start();
    let xterm = screen.replay(theme, font, (24, 80), &ssh.raw());
    xterm
        .scan()
        .map_or_else(|| panic!("no QR code to be read in {theme:?}\n{}", ssh.text()), |(_, text)| text)
}

#[test]
fn somebody_who_has_not_paired_does_so_over_ssh_by_the_qr_code_on_the_clients_screen() {
    let Machine { env, .. } = machine();
    let stack = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\naccount required pam_insis_otp.so\n\
                 account required pam_unix.so\n\
                 password required pam_unix.so\npassword required pam_insis_otp.so\n\
                 session required pam_unix.so\n";
    env.write("/etc/pam.d/sshd".as_ref(), stack.as_bytes(), 0o644);
    env.write(CONFIG.as_ref(), b"unenrolled = \"enrol\"\nissuer = \"Example\"\n", 0o644);
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    // Hung up in the middle: nothing is written, and there is no shell.
    let mut ssh = sshd.login("bob", "echo in");
    ssh.answers(&[("Password: ", PASSWORD), ("t: only text. ", "")]);
    ssh.expect("First code from the app: ");
    ssh.hang_up();
    drop(ssh);
    assert!(!std::fs::exists("/var/lib/insis-otp/bob").unwrap());
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    ssh.answers(&[("Password: ", PASSWORD), ("t: only text. ", "")]);
    ssh.expect("First code from the app: ");
    let phone = Phone::scanned(&scanned(&ssh, Theme::Dark, Font::Scalable));
    assert!(phone.uri().starts_with("otpauth://totp/Example:bob@"), "{}", phone.uri());
    ssh.line("i");
    ssh.expect("First code from the app");
    assert_eq!(Phone::scanned(&scanned(&ssh, Theme::Light, Font::Bitmap)), phone);
    let start = now();
    ssh.line(&phone.code_at(start));
    ssh.expect("Next code, when the app shows it: ");
    ssh.line(&phone.code_at(start + 30));
    ssh.expect("now bob");
    assert!(ssh.wait().success());
    let _ = env.syslog().expect(&[
        "<84>",
        "pam_insis_otp(sshd:account): result=paired by=password drift=",
        "user=bob",
    ]);
    // The next login asks for a code.
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    ssh.answers(&[
        ("Password: ", PASSWORD),
        (PROMPT, &phone.code_at(start)),
        ("That code was used. ", &format!("{} {}", phone.code_at(now() + 60), phone.code_at(now() + 90))),
    ]);
    ssh.expect("now bob");
}

/// Another client, as a program that answers two questions.
fn python(env: &Env, program: &str, sshd: &Sshd, code: &str) -> String {
    let mut client = env.command("/usr/bin/python3");
    client.args(["-W", "ignore", "-c", program, &sshd.port().to_string(), PASSWORD, code]);
    let output = client.output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn paramiko_as_a_client() {
    const CLIENT: &str = "
import socket, sys, paramiko
replies = {'Password: ': sys.argv[2], 'One-time code: ': sys.argv[3]}
asked = []
def answer(title, instructions, questions):
    asked.extend(q for q, echo in questions)
    return [replies[q] for q, echo in questions]
transport = paramiko.Transport(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
transport.start_client()
transport.auth_interactive('anna', answer)
channel = transport.open_session()
channel.exec_command('id -un')
print(asked, channel.makefile().read().decode().strip())
transport.close()
";
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let shown = python(&env, CLIENT, &sshd, &anna.code());
    assert_eq!(shown, "['Password: ', 'One-time code: '] anna\n");
    assert!(python(&env, CLIENT, &sshd, "").contains("Authentication failed"));
}

#[test]
fn asyncssh_as_a_client() {
    const CLIENT: &str = "
import asyncio, sys, asyncssh
replies = {'Password: ': sys.argv[2], 'One-time code: ': sys.argv[3]}
asked = []
class Client(asyncssh.SSHClient):
    def kbdint_auth_requested(self): return ''
    def kbdint_challenge_received(self, name, instructions, lang, prompts):
        asked.extend(p for p, echo in prompts)
        return [replies[p] for p, echo in prompts]
async def main():
    async with asyncssh.connect('127.0.0.1', int(sys.argv[1]), username='anna', known_hosts=None, client_keys=[],
                                agent_path=None, config=[], client_factory=Client) as connection:
        print(asked, (await connection.run('id -un')).stdout.strip())
asyncio.run(main())
";
    let Machine { env, anna, .. } = machine();
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let shown = python(&env, CLIENT, &sshd, &anna.code());
    assert_eq!(shown, "['Password: ', 'One-time code: '] anna\n");
    let shown = python(&env, CLIENT, &sshd, "");
    assert!(shown.contains("asyncssh.misc.") && !shown.contains("] anna"), "{shown}");
}
