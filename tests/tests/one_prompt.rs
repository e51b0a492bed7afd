//! Programs with one prompt for password and code, and people who need no code there: what they type is the password, and
//! the module below has to get it. Real pam_unix, the shipped stack for screen lockers, a real OpenVPN.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insis_otp_tests::env::{Env, run};
use insis_otp_tests::machine::Machine;
use insis_otp_tests::pam::{Code, Login, Message, Stack};
use insis_otp_tests::terminal::Terminal;

const BOTH: &str = "Password+code: ";
const STACK: &str = "auth required pam_insis_otp.so forward_pass\nauth required pam_unix.so use_first_pass nodelay\n\
                     account required pam_permit.so";
/// A password that ends like one with a code behind it.
const DIGITS: &str = "horse123456";

/// anna has enrolled, bob has not; both have a password that ends in six digits.
fn machine(config: &str) -> Machine {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/pam.d/screen-locker");
    let locker = std::fs::read_to_string(shipped).unwrap();
    let env = Env::build().user("anna", DIGITS).user("bob", DIGITS).group("robots", &["anna"]);
    let env = env.service("swaylock", &locker).service("openvpn", STACK);
    let machine = Machine::of(env);
    one_reply_decides(&machine, config);
    machine
}

fn one_reply_decides(machine: &Machine, config: &str) {
    machine.configure(&format!("tries = 1\n{config}"));
}

/// A program of the user's own without privileges, in a terminal.
fn unlocks(machine: &Machine, user: &str, reply: &str) -> bool {
    let mut locker = machine.env.as_user(user, "pamtester");
    let mut locker = Terminal::run(locker.args(["swaylock", user, "authenticate"]));
    locker.expect(BOTH);
    locker.line(reply);
    locker.wait().success()
}

/// A login from that address: what libpam returned, and what was shown.
fn login(user: &str, rhost: &str, reply: &str) -> (Code, Vec<Message>) {
    let stack = Stack::new("openvpn", STACK);
    let mut pam = Login::on(&stack).user(user).rhost(rhost).types([reply]).begin();
    (pam.authenticate(), pam.messages())
}

fn opens(user: &str, rhost: &str, reply: &str) -> bool {
    let (code, messages) = login(user, rhost, reply);
    assert_eq!(messages[0].text, BOTH, "everybody reads the same question");
    code == Code::SUCCESS
}

#[test]
fn a_screen_locker_takes_the_password_of_somebody_who_needs_no_code() {
    let machine = machine("unenrolled = \"ignore\"\n");
    assert!(unlocks(&machine, "bob", DIGITS));
    let _ = machine
        .env
        .syslog()
        .expect(&["pam_insis_otp(swaylock:auth): result=ignored reason=not-paired user=bob"]);
    for wrong in ["horse", "wrong654321", "horse123456654321", "123456"] {
        assert!(!unlocks(&machine, "bob", wrong), "{wrong}");
    }
    // Somebody who has enrolled needs the code, as ever.
    assert!(!unlocks(&machine, "anna", DIGITS));
    assert!(unlocks(&machine, "anna", &format!("{DIGITS}{}", machine.anna.code())));
    for (config, reason) in [
        ("exempt_users = [\"anna\"]\n", "exempt-user"),
        ("exempt_groups = [\"robots\"]\n", "exempt-group"),
        ("[service.swaylock]\nask = false\n", "exempt-service"),
    ] {
        machine.anna.again();
        one_reply_decides(&machine, config);
        assert!(unlocks(&machine, "anna", DIGITS) && !unlocks(&machine, "anna", "horse123457"), "{config}");
        let _ = machine.env.syslog().expect(&[&format!("result=ignored reason={reason} user=anna")]);
        assert_eq!(machine.anna.status().failures, 0, "digits of a password are no guess: {config}");
    }
    // By default nobody is let through.
    one_reply_decides(&machine, "");
    assert!(!unlocks(&machine, "bob", DIGITS) && !unlocks(&machine, "anna", DIGITS));
}

#[test]
fn whoever_cannot_know_that_no_code_is_needed_may_type_it() {
    let machine = machine("exempt_networks = [\"10.0.0.0/8\"]\nremember = \"8h\"\n");
    let anna = &machine.anna;
    let with = |code: &str| format!("{DIGITS}{code}");
    // From an exempt network, and then from where she is remembered.
    let remembered = "192.0.2.7";
    assert!(!opens("anna", remembered, DIGITS), "nothing is remembered yet");
    anna.again();
    assert!(opens("anna", remembered, &with(&anna.code())));
    for (from, reason) in [("10.1.2.3", "exempt-network"), (remembered, "remembered")] {
        machine.env.syslog().clear();
        assert!(opens("anna", from, DIGITS), "the password alone, {reason}");
        let _ = machine.env.syslog().expect(&["result=tried reason=wrong-code user=anna"]);
        let _ = machine.env.syslog().expect(&[&format!("result=ignored reason={reason} user=anna")]);
        assert!(opens("anna", from, &with(&anna.code_from_now(1))), "a fresh code behind it, {reason}");
        let _ = machine.env.syslog().expect(&["result=accepted proof=code", "user=anna"]);
        anna.again();
        assert!(opens("anna", remembered, &with(&anna.code())));
        assert!(opens("anna", from, &with(&anna.code())), "a used code behind it, {reason}");
        assert!(!opens("anna", from, &with("000000")), "no code behind it, {reason}");
        assert!(!opens("anna", from, "wrong") && !opens("anna", from, &anna.code()), "{reason}");
    }
    // Digits that will be right soon are not told from others.
    assert!(!opens("anna", remembered, &with(&anna.code_from_now(5))));
    // Elsewhere nothing has changed; nor for whoever has not enrolled, or is nobody.
    assert!(!opens("anna", "192.0.2.8", DIGITS));
    assert!(opens("bob", "10.1.2.3", DIGITS) && !opens("bob", "10.1.2.3", &with("123456")));
    assert!(!opens("bob", "192.0.2.8", DIGITS));
    assert!(!opens("mallory", "10.1.2.3", DIGITS) && !opens("mallory", "192.0.2.8", DIGITS));
}

#[test]
fn nothing_is_handed_on_when_nothing_was_typed() {
    let _machine = machine("unenrolled = \"ignore\"\n");
    for (reply, code) in [
        (insis_otp_tests::pam::Reply::Null, Code::AUTH_ERR),
        (insis_otp_tests::pam::Reply::text(""), Code::AUTH_ERR),
        (insis_otp_tests::pam::Reply::Error, Code::CONV_ERR),
        (insis_otp_tests::pam::Reply::NoReplies, Code::CONV_ERR),
    ] {
        let stack =
            Stack::new("openvpn", "auth required pam_insis_otp.so forward_pass\nauth required pam_permit.so");
        let mut pam = Login::on(&stack).user("bob").types([reply]).begin();
        assert_eq!(pam.authenticate(), code);
    }
}

/// A server on 127.0.0.1 whose plug-in asks PAM; ended when dropped.
struct OpenVpn {
    server: Child,
    port: String,
}

const FOLDER: &str = "/run/otp-test/vpn";

impl OpenVpn {
    fn start() -> Self {
        std::fs::create_dir_all(FOLDER).unwrap();
        if !Path::new("/dev/net/tun").exists() {
            std::fs::create_dir_all("/dev/net").unwrap();
            run(Command::new("mknod").args(["/dev/net/tun", "c", "10", "200"]));
        }
        run(Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=vpn"])
            .args(["-addext", "extendedKeyUsage=serverAuth"])
            .current_dir(FOLDER));
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let mut server = Self::openvpn("server.log");
        server.args(["--port", &port, "--local", "127.0.0.1", "--server", "10.9.0.0", "255.255.255.0"]);
        server.args(["--topology", "subnet", "--cert", "cert.pem", "--key", "key.pem", "--dh", "none"]);
        server.args(["--verify-client-cert", "none", "--username-as-common-name"]);
        server.args(["--plugin", "/usr/lib/openvpn/openvpn-plugin-auth-pam.so", "openvpn"]);
        let server = Self { server: server.spawn().expect("openvpn is missing: make deps"), port };
        server.waits_for("server.log", &["Initialization Sequence Completed"]);
        server
    }

    fn openvpn(log: &str) -> Command {
        let mut command = Command::new("/usr/sbin/openvpn");
        let log = std::fs::File::create(Path::new(FOLDER).join(log)).unwrap();
        command.args(["--dev", "tun", "--proto", "udp", "--ca", "cert.pem", "--verb", "3"]);
        command.args(["--ifconfig-noexec", "--route-noexec"]).current_dir(FOLDER);
        command.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        command
    }

    /// Which of these words comes first in a log.
    fn waits_for<'w>(&self, log: &str, words: &[&'w str]) -> &'w str {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let shown = std::fs::read_to_string(Path::new(FOLDER).join(log)).unwrap_or_default();
            if let Some(word) = words.iter().find(|word| shown.contains(**word)) {
                return word;
            }
            let server = || std::fs::read_to_string(format!("{FOLDER}/server.log")).unwrap_or_default();
            assert!(Instant::now() < end, "none of {words:?} in {log}:\n{shown}\n{}", server());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn connects(&self, user: &str, password: &str) -> bool {
        std::fs::write(format!("{FOLDER}/user"), format!("{user}\n{password}\n")).unwrap();
        let mut client = Self::openvpn("client.log");
        client.args([
            "--client",
            "--remote",
            "127.0.0.1",
            &self.port,
            "--nobind",
            "--auth-user-pass",
            "user",
        ]);
        let mut client = client.spawn().unwrap();
        let answer = self.waits_for("client.log", &["Initialization Sequence Completed", "AUTH_FAILED"]);
        let _ = client.kill();
        let _ = client.wait();
        answer != "AUTH_FAILED"
    }
}

impl Drop for OpenVpn {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn openvpn_takes_the_password_alone_from_whoever_needs_no_code() {
    let machine = machine("unenrolled = \"ignore\"\n");
    let vpn = OpenVpn::start();
    assert!(vpn.connects("bob", DIGITS) && !vpn.connects("bob", "wrong"));
    let _ = machine
        .env
        .syslog()
        .expect(&["pam_insis_otp(openvpn:auth): result=ignored reason=not-paired user=bob"]);
    assert!(
        vpn.connects("anna", &format!("{DIGITS}{}", machine.anna.code())) && !vpn.connects("anna", DIGITS)
    );
    one_reply_decides(&machine, "exempt_users = [\"anna\"]\n");
    assert!(vpn.connects("anna", DIGITS) && !vpn.connects("bob", DIGITS));
}
