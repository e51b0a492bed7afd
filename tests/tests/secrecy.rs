//! No secret and no code is left where somebody could find it.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use insis_otp_tests::crowd::{self, Gate, Waiting};
use insis_otp_tests::env::{program, run};
use insis_otp_tests::faults::Traced;
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::memory::{Needle, Search};
use insis_otp_tests::pam::{self};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP, secret_bytes, time_of};

const MODULE: &str = "auth required pam_insis_otp.so tries=3 debug";

/// What people type, by name: each is one login.
fn logins(machine: &Machine<Person>) -> Vec<(&'static str, Vec<String>)> {
    let (code, before, after) =
        (machine.anna.code(STEP), machine.anna.code(STEP - 1), machine.anna.code(STEP + 1));
    let mut wrong = machine.anna.wrong_codes(STEP, 3);
    let wrong_again = wrong.remove(2);
    vec![
        ("a right code", vec![code.clone()]),
        ("the same code again", vec![code.clone()]),
        ("wrong codes", wrong),
        ("a wrong code, then a pair", vec![wrong_again, format!("{code} {after}")]),
        ("an old pair", vec![format!("{before} {code}")]),
        ("a code of five minutes ago", vec![machine.anna.code(STEP - 10)]),
        ("a recovery code", vec![RECOVERY_CODE.into()]),
        ("a recovery code again", vec![RECOVERY_CODE.replace('-', " ").to_uppercase()]),
        ("no codes", vec!["correct horse battery".into(), "8305729".into(), "９８７６５４".into()]),
    ]
}

fn search(machine: &Machine<Person>, typed: &[String]) -> Search {
    let mut needles = Needle::secret(&secret_bytes(1));
    needles.extend(typed.iter().flat_map(|text| Needle::typed(text)));
    // Without blanks too, as the parser makes it.
    let plain = |text: &String| text.replace([' ', '-'], "");
    needles.extend(typed.iter().flat_map(|text| Needle::typed(&plain(text))));
    // The next code is as good as the present one.
    needles.extend(Needle::typed(&machine.anna.code(STEP + 1)));
    Search::of(needles)
}

fn replies(typed: &[String]) -> String {
    crowd::typing(&typed.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A driver that holds still after its login.
fn held(mut driver: Command, typed: &[String]) -> (Gate, Waiting) {
    let hold = Gate::closed();
    driver.arg("--hold").arg(hold.path());
    let mut waiting = Waiting::start(driver, &replies(typed));
    waiting.until("holding");
    (hold, waiting)
}

/// A scan that finds nothing has to find what is there.
fn assert_scans(pid: u32) {
    let control = Search::of(vec![Needle::new("the user's name", b"anna")]);
    assert!(!control.in_process(pid).is_empty(), "the scan finds nothing at all");
}

#[test]
fn after_an_authentication_its_process_holds_neither_secret_nor_code() {
    let machine = Machine::frozen(MODULE);
    for (what, typed) in logins(&machine) {
        let (_hold, process) = held(machine.driver(), &typed);
        assert_scans(process.pid());
        let found = search(&machine, &typed).in_process(process.pid());
        assert!(found.is_empty(), "after {what}: {found:#?}");
    }
}

#[test]
fn after_an_authentication_through_the_helper_its_caller_holds_no_code() {
    let machine = Machine::frozen(MODULE);
    for (what, typed) in logins(&machine) {
        let (_hold, process) = held(as_anna(&machine, "pam-driver"), &typed);
        assert_scans(process.pid());
        let found = search(&machine, &typed).in_process(process.pid());
        assert!(found.is_empty(), "after {what}: {found:#?}");
    }
}

/// The process of a login that is stopped at the first system call after the verdict, before other work writes over what
/// was computed with the secret.
struct Stopped {
    strace: Child,
    pid: u32,
}

impl Stopped {
    /// The line is logged first, through a socket that is opened for it.
    fn before_the_log(machine: &Machine<Person>, typed: &[String]) -> Self {
        machine.anna.reset();
        let driver = machine.driver();
        let calls = Traced::run(&driver, &replies(typed)).calls_between("/begin-of-calls", "/end-of-calls");
        let written = calls.iter().rposition(|call| call.name == "pwrite64").expect("nothing was written");
        let call = calls.iter().skip(written).find(|call| call.name == "socket").expect("nothing was logged");
        machine.anna.reset();
        let trace = tempfile::NamedTempFile::new().expect("no file for the trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-e", &format!("inject=socket:signal=STOP:when={}", call.number), "-o"]);
        strace.arg(trace.path()).arg("--").arg(driver.get_program()).args(driver.get_args());
        let mut strace = strace.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("no strace");
        let mut stdin = strace.stdin.take().expect("standard input is a pipe");
        stdin.write_all(replies(typed).as_bytes()).expect("it does not listen");
        drop(stdin);
        Self { strace, pid: Self::stopped(trace.path()) }
    }

    /// Each line of the trace begins with the process.
    fn stopped(trace: &Path) -> u32 {
        for _ in 0..1_000 {
            std::thread::sleep(Duration::from_millis(10));
            let lines = std::fs::read_to_string(trace).expect("no trace");
            if let Some(line) = lines.lines().find(|line| line.contains("stopped by SIGSTOP")) {
                return line.split(' ').next().and_then(|pid| pid.parse().ok()).expect("a process");
            }
        }
        panic!("it did not stop");
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", &self.pid.to_string()]).status();
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

#[test]
fn at_the_verdict_the_secret_is_gone_already() {
    let machine = Machine::frozen(ONE_TRY);
    let search = Search::of(Needle::secret(&secret_bytes(1)));
    for (what, typed) in logins(&machine) {
        let stopped = Stopped::before_the_log(&machine, &typed[..1]);
        assert_scans(stopped.pid);
        let found = search.in_process(stopped.pid);
        assert!(found.is_empty(), "after {what}: {found:#?}");
    }
}

/// The driver, run by the person: a screen locker.
fn as_anna(machine: &Machine<Person>, name: &str) -> Command {
    let driver = machine.driver();
    let public = Path::new(insis_otp_tests::env::BASE).join("bin").join(name);
    if !public.exists() {
        assert_eq!(machine.env.publish(&program(name)), public);
    }
    let mut command = machine.env.as_user("anna", &public.to_string_lossy());
    command.args(driver.get_args());
    command
}

/// The number in a code, as a program may keep it. Four bytes are found somewhere by chance, so this takes more than
/// one code to be sure of.
#[test]
fn after_an_authentication_its_process_holds_no_code_as_a_number() {
    let machine = Machine::frozen(MODULE);
    let found = |step: u64| {
        machine.env.clock().freeze(time_of(step));
        let (_hold, process) = held(machine.driver(), &[machine.anna.code(step)]);
        let needle = |(name, step): (&str, u64)| {
            let number: u32 = machine.anna.code(step).parse().expect("a code is a number");
            (number > 0x1_0000).then(|| Needle::new(name, &number.to_ne_bytes()))
        };
        let needles = [("this code", step), ("the next code", step + 1)].into_iter().filter_map(needle);
        Search::of(needles.collect()).in_process(process.pid())
    };
    let each: Vec<_> = (0..3).map(|turn| found(STEP + 2 * turn)).collect();
    assert!(each.iter().any(Vec::is_empty), "{each:#?}");
}

/// How this machine dumps: a plain name is a file beside the program, anything else is somebody else's business.
fn dumps_to_files() -> bool {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").expect("no core pattern");
    !pattern.contains(['/', '|', '%'])
}

#[test]
fn a_core_dump_holds_neither_secret_nor_code() {
    let machine = Machine::frozen(MODULE);
    let folder = tempfile::tempdir().expect("no folder");
    let telling = ["a right code", "a wrong code, then a pair", "a recovery code"];
    for (what, typed) in logins(&machine).into_iter().filter(|(what, _)| telling.contains(what)) {
        let plain = machine.driver();
        let mut driver = Command::new("prlimit");
        driver.arg("--core=unlimited").arg(plain.get_program()).args(plain.get_args());
        driver.current_dir(folder.path());
        let (_hold, process) = held(driver, &typed);
        let search = search(&machine, &typed);
        let found = search.in_all_of_process(process.pid());
        assert!(found.is_empty(), "after {what}: {found:#?}");
        if dumps_to_files() {
            run(Command::new("kill").args(["-ABRT", &process.pid().to_string()]));
            assert!(process.outcome().is_none(), "it lived on");
            let core = newest(folder.path());
            assert!(!Search::of(vec![Needle::new("name", b"anna")]).in_bytes(&core).is_empty());
            assert_eq!(search.in_bytes(&core), [""; 0], "in the dump after {what}");
        }
    }
}

/// The one file in there, read and removed.
fn newest(folder: &Path) -> Vec<u8> {
    let mut entries = std::fs::read_dir(folder).expect("no folder");
    let path = entries.next().expect("no core dump").expect("no entry").path();
    let core = std::fs::read(&path).expect("no core dump");
    std::fs::remove_file(path).expect("cannot remove the dump");
    core
}

/// The helper in the middle of a request, as its caller could have it dumped.
#[test]
fn the_helper_cannot_be_dumped() {
    let machine = Machine::frozen(MODULE);
    let start = |program: &str| {
        let mut command = Command::new("prlimit");
        command.args([
            "--core=unlimited",
            "--",
            "setpriv",
            "--reuid=anna",
            "--regid=anna",
            "--init-groups",
            program,
        ]);
        let spawned = command.current_dir(machine.env.home("anna")).stdin(Stdio::piped()).spawn();
        let mut child = spawned.expect("cannot start it");
        let stdin = child.stdin.as_mut().expect("standard input is a pipe");
        stdin.write_all(b"insis-otp 1 verify\nreply=313233").expect("it does not listen");
        std::thread::sleep(Duration::from_millis(500));
        child
    };
    let limits = |child: &Child| {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("it is gone");
        let limit = limits.lines().find(|line| line.starts_with("Max core file size")).map(str::to_owned);
        // The kernel gives what nobody may look into to root.
        let owner = std::fs::metadata(format!("/proc/{}/environ", child.id())).expect("it is gone").uid();
        (limit.is_some_and(|limit| limit.contains(" 0 ")), owner == 0)
    };
    let dumped = |mut child: Child| {
        run(Command::new("kill").args(["-SEGV", &child.id().to_string()]));
        child.wait().expect("it does not end");
        std::fs::read_dir(machine.env.home("anna"))
            .expect("no home")
            .any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("core")))
    };
    let helper = start("/usr/libexec/otp-helper");
    assert_eq!(limits(&helper), (true, true));
    assert!(!dumped(helper));
    // Another program shows that this would have been seen.
    let other = start("/bin/cat");
    assert_eq!(limits(&other), (false, false));
    assert_eq!(dumped(other), dumps_to_files());
}

/// All that is written down while somebody logs in.
#[test]
fn neither_log_nor_screen_nor_command_lines_tell_a_secret_or_code() {
    let machine = Machine::frozen(&format!("{}{MODULE}", pam::ASK_PASSWORD));
    let mut log_lines = 0;
    for by_helper in [false, true] {
        machine.anna.reset();
        for (what, mut typed) in logins(&machine) {
            machine.env.syslog().clear();
            let driver = if by_helper { as_anna(&machine, "pam-driver") } else { machine.driver() };
            // The password, and once more at the wrong place.
            typed.insert(0, "correct-horse".into());
            if what == "wrong codes" {
                typed.push("correct-horse".into());
            }
            let trace = tempfile::NamedTempFile::new().expect("no file for the trace");
            let mut strace = Command::new("strace");
            strace.args(["-f", "-v", "-s", "100000", "-e", "trace=execve,prctl,openat,unlink,rename", "-o"]);
            strace.arg(trace.path()).arg("--").arg(driver.get_program()).args(driver.get_args());
            strace.envs(driver.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = insis_otp_tests::env::talk(&mut strace, &replies(&typed));
            let search = search(&machine, &typed);
            let lines = machine.env.syslog().lines();
            log_lines += lines.len();
            let calls = std::fs::read(trace.path()).expect("no trace");
            assert!(
                !by_helper || String::from_utf8_lossy(&calls).contains("/usr/libexec/otp-helper"),
                "{what}"
            );
            let sources = [
                ("log", lines.join("\n").into_bytes()),
                ("standard output", output.stdout),
                ("standard error", output.stderr),
                ("command lines and environments", calls),
            ];
            for (source, text) in sources {
                let found = search.in_bytes(&text);
                assert!(found.is_empty(), "{what}: {source}: {found:?}\n{}", String::from_utf8_lossy(&text));
            }
        }
    }
    assert!(log_lines > 40, "{log_lines} lines in the log");
}
