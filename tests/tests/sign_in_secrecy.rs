//! What a sign-in must not leave anywhere: the device code, the tokens, the site's secret at the provider.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use insis_otp_tests::crowd::{self, Gate, Waiting};
use insis_otp_tests::env::{Builder, run, talk};
use insis_otp_tests::identity_provider::{CA_FILE, PROGRAM, authority, settings};
use insis_otp_tests::machine::Machine;
use insis_otp_tests::memory::{Needle, Search, break_program};
use insis_otp_tests::pam::Code;
use insis_otp_tests::sign_in;
use insis_otp_tests::stub_provider::{Page, Reply, Stub, claims, device, pending};
use insis_otp_tests::terminal::Terminal;
use otp_idp::signing::SigningKey;
use serde_json::json;

const DEVICE_CODE: &str = "DeviceCode-8c1f0e6b-Vn3qXw";
const ACCESS_TOKEN: &str = "AccessToken-5d27a9c4-Kp8zRt";
const REFRESH_TOKEN: &str = "RefreshToken-e93b17f0-Jm5yLs";
const CLIENT_SECRET: &str = "ClientSecret-417cd08e-Bh6uQv";
const SECRET_FILE: &str = "/etc/security/insis-otp-client-secret";

/// A provider with a secret for this site, at which nobody is through before the test says so.
struct Provider {
    stub: Stub,
    is_through: Arc<AtomicBool>,
    token: Arc<Mutex<String>>,
}

impl Provider {
    fn start() -> Self {
        let is_through = Arc::new(AtomicBool::new(false));
        let token = Arc::new(Mutex::new(String::new()));
        let (through, issued) = (Arc::clone(&is_through), Arc::clone(&token));
        let stub = Stub::start(move |question| match question.page {
            Page::Device => {
                let mut begun = device(&question.issuer, question.before);
                begun["device_code"] = json!(DEVICE_CODE);
                Some(Reply::Json(200, begun))
            }
            Page::Token if !through.load(Ordering::SeqCst) => Some(pending()),
            Page::Token => {
                let token = SigningKey::rsa("a").token("RS256", &claims(&question.issuer));
                *issued.lock().unwrap() = token.clone();
                Some(Reply::Json(
                    200,
                    json!({ "access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN, "token_type": "Bearer", "id_token": token }),
                ))
            }
            _ => None,
        });
        Self { stub, is_through, token }
    }

    /// The person signs in.
    fn is_through(&self) {
        self.is_through.store(true, Ordering::SeqCst);
    }

    fn machine(&self, builder: Builder) -> Machine {
        let more =
            format!("mfa = \"amr=mfa\"\nclient_secret_file = \"{SECRET_FILE}\"\nservices = [\"door\"]");
        let builder =
            builder.config(&format!("debug = true\n{}", settings(self.stub.issuer(), "otp", &more)));
        let machine =
            Machine::of(builder.file(CA_FILE, authority(), 0o644).file(SECRET_FILE, CLIENT_SECRET, 0o600));
        let link = ["link", "--user", "anna", "--subject", "anna-7"];
        run(machine.env.command("otp-setup").args(link));
        machine
    }

    /// What is looked for; of the ID token its signature, without which it is nothing.
    fn search(&self) -> Search {
        let token = self.token.lock().unwrap().clone();
        let signature = token.rsplit('.').next().unwrap_or_default();
        let mut needles = Vec::new();
        for text in [DEVICE_CODE, ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET] {
            needles.extend(Needle::typed(text));
            needles.push(Needle::new("in base64", data_encoding::BASE64.encode(text.as_bytes()).as_bytes()));
        }
        // As the header Authorization has it.
        let basic = data_encoding::BASE64.encode(format!("otp:{CLIENT_SECRET}").as_bytes());
        needles.extend(Needle::pieces("Authorization", basic.as_bytes()));
        if !signature.is_empty() {
            needles.extend(Needle::pieces("the ID token's signature", signature.as_bytes()));
        }
        Search::of(needles)
    }
}

/// A scan that finds nothing has to find what is there.
fn assert_scans(pid: u32, what: &str) {
    assert!(!Search::of(vec![Needle::new("it", what.as_bytes())]).in_process(pid).is_empty(), "{what}");
}

#[test]
fn neither_log_nor_screen_nor_command_lines_tell_a_code_a_token_or_the_sites_secret() {
    let provider = Provider::start();
    let machine = provider.machine(Machine::build());
    provider.is_through();
    for user in ["anna", "bob"] {
        machine.env.syslog().clear();
        let driver = crowd::driver(&machine.stack, user);
        let trace = tempfile::NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-v", "-s", "100000", "-e", "trace=execve,prctl,openat,unlink,rename", "-o"]);
        strace.arg(trace.path()).arg("--").arg(driver.get_program()).args(driver.get_args());
        let output = talk(&mut strace, &crowd::typing(&["m", "", "123456", "123456"]));
        let calls = std::fs::read(trace.path()).unwrap();
        assert!(String::from_utf8_lossy(&calls).contains(PROGRAM));
        let log = machine.env.syslog().lines().join("\n");
        assert_eq!(log.contains("proof=identity-provider"), user == "anna", "{log}");
        let search = provider.search();
        for (source, text) in [
            ("log", log.into_bytes()),
            ("standard output", output.stdout),
            ("standard error", output.stderr),
            ("calls", calls),
        ] {
            let found = search.in_bytes(&text);
            assert!(found.is_empty(), "{user}: {source}: {found:?}\n{}", String::from_utf8_lossy(&text));
        }
    }
}

#[test]
fn the_host_of_the_module_holds_neither_code_nor_token_nor_the_sites_secret() {
    let provider = Provider::start();
    let machine = provider.machine(Machine::build());
    // While the provider is waited for, after Enter.
    let waiting = Waiting::start(machine.driver(), &crowd::typing(&["m", ""]));
    while provider.stub.count(Page::Token) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_scans(waiting.pid(), "CASE-0");
    let found = provider.search().in_all_of_process(waiting.pid());
    assert!(found.is_empty(), "while it waits: {found:#?}");
    provider.is_through();
    assert_eq!(waiting.outcome().unwrap().code(), Code::SUCCESS);
    // And after the login.
    let hold = Gate::closed();
    let mut driver = machine.driver();
    driver.arg("--hold").arg(hold.path());
    let mut waiting = Waiting::start(driver, &crowd::typing(&["m", ""]));
    waiting.until("holding");
    assert_scans(waiting.pid(), "anna");
    let found = provider.search().in_all_of_process(waiting.pid());
    assert!(found.is_empty(), "after the login: {found:#?}");
}

#[test]
fn otp_setup_holds_neither_code_nor_token_nor_the_sites_secret() {
    let provider = Provider::start();
    let machine = provider.machine(Machine::build());
    let mut setup = Terminal::run(machine.env.command("otp-setup").arg("idp-test"));
    setup.expect("CASE-");
    while provider.stub.count(Page::Token) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_scans(setup.pid(), "CASE-");
    let found = provider.search().in_all_of_process(setup.pid());
    assert!(found.is_empty(), "{found:#?}");
    provider.is_through();
    assert!(setup.wait().success(), "{}", setup.text());
    let found = provider.search().in_bytes(setup.text().as_bytes());
    assert!(found.is_empty(), "{found:#?}\n{}", setup.text());
    let log = machine.env.syslog().lines().join("\n");
    assert!(provider.search().in_bytes(log.as_bytes()).is_empty(), "{log}");
}

#[test]
fn otp_idp_that_dies_in_the_middle_of_a_flow_leaves_no_core() {
    let provider = Provider::start();
    let machine = provider.machine(Machine::build());
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let dumping = |command: &Command| {
        let mut dumping = Command::new("prlimit");
        dumping.arg("--core=unlimited").arg(command.get_program()).args(command.get_args());
        dumping.current_dir(folder.path());
        dumping
    };
    let waiting = Waiting::start(dumping(&machine.driver()), &crowd::typing(&["m", "", ""]));
    while provider.stub.count(Page::Token) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let programs = sign_in::programs_below(waiting.pid());
    let [program] = programs[..] else { panic!("{programs:?}") };
    // It holds what there is to hide: this is where it would be found.
    assert!(!provider.search().in_process(program).is_empty());
    // Nobody has it dumped by a signal: it hears of none.
    for signal in ["-SEGV", "-ABRT", "-QUIT"] {
        run(Command::new("kill").args([signal, &program.to_string()]));
    }
    let asked = provider.stub.count(Page::Token);
    while provider.stub.count(Page::Token) == asked {
        std::thread::sleep(Duration::from_millis(20));
    }
    break_program(program, "otp-idp");
    // To the module that is an outage, and the next question is answered by nothing.
    assert_eq!(waiting.outcome().unwrap().code(), Code::AUTH_ERR);
    assert!(machine.env.syslog().lines().iter().any(|line| line.contains("reason=idp-answer")));
    assert_eq!(files(), 0);
    // Another program shows that a core would have been seen.
    let mut cat = dumping(&Command::new("cat")).stdin(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    break_program(cat.id(), "cat");
    drop(cat.stdin.take());
    assert!(!cat.wait().unwrap().success());
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    assert_eq!(files() > 0, !pattern.contains(['/', '|', '%']), "{pattern}");
}
