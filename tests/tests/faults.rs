//! What goes wrong on real machines, at every system call of an authentication.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use insis_otp::oath::UnixTime;
use insis_otp::verify::ParsedReply;
use insis_otp_tests::crowd::{self, Outcome};
use insis_otp_tests::env::STORE;
use insis_otp_tests::faults::{Call, Fault, Quota, ReadOnly, SmallDisk, Traced};
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP, service, time_of};

/// The system calls of an authentication that goes undisturbed.
fn calls(machine: &Machine<Person>, text: &str) -> Vec<Call> {
    machine.anna.reset();
    calls_from_here(machine, text)
}

/// The same, with what was given to anna before.
fn calls_from_here(machine: &Machine<Person>, text: &str) -> Vec<Call> {
    let traced = Traced::run(&machine.driver(), &crowd::typing(&[text]));
    assert!(outcome(&traced).is_some(), "{traced:?}");
    let calls = traced.calls_between("/begin-of-calls", "/end-of-calls");
    assert!(calls.len() > 10, "{calls:?}");
    calls
}

/// What holds whatever happened: the file can be read, nothing lies beside it, and the person can log in.
fn is_sound(machine: &Machine<Person>, what: &str) {
    assert_eq!(names_in_store(), ["anna"], "{what}");
    let next = machine.anna.code(STEP + 1);
    assert!(machine.opens(&next), "{what}: the next code does not open the login");
    assert!(!machine.opens(&next), "{what}: the next code opens it twice");
}

fn names_in_store() -> Vec<String> {
    let entries = std::fs::read_dir(STORE).expect("no store");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("no entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    // What is kept of names that nobody has, and the marker that a store has from the beginning on.
    names.retain(|name| ![".unknown-users", ".store"].contains(&name.as_str()));
    names
}

/// What a traced driver printed; nothing when it died.
fn outcome(traced: &Traced) -> Option<Outcome> {
    let text = String::from_utf8_lossy(&traced.output.stdout);
    (!text.is_empty()).then(|| Outcome::read(&text))
}

/// What must hold of an attempt during which something went wrong.
fn check(machine: &Machine<Person>, traced: &Traced, code: &str, right: bool, what: &str) {
    let outcome = outcome(traced);
    let opened = outcome.as_ref().is_some_and(|outcome| outcome.code() == Code::SUCCESS);
    let logged = machine.env.syslog().lines().iter().any(|line| line.contains("result=accepted"));
    assert!(right || !opened, "{what}: a wrong code opened the login");
    let spent = machine.anna.has_used(STEP);
    assert!(spent || !opened && !logged, "{what}: opened, but the code is not spent");
    assert!(!opened || was_made_durable(traced), "{what}: opened, but not on the disk");
    // Nobody was let in with it if it is good now; then it is good once.
    let again = machine.opens(code);
    assert!(!again || right && !spent, "{what}: accepted twice");
    assert!(!again || !machine.opens(code), "{what}: accepted twice afterwards");
    is_sound(machine, what);
}

/// Whether the state was written and flushed, in this order and without an error.
fn was_made_durable(traced: &Traced) -> bool {
    let done = |name: &str, result: &str| {
        traced.calls.iter().position(|call| {
            call.name == name && call.line.ends_with(result) && !call.line.contains("INJECTED")
        })
    };
    let (written, flushed) = (done("pwrite64", "= 1024"), done("fdatasync", "= 0"));
    written.is_some_and(|written| flushed.is_some_and(|flushed| written < flushed))
}

/// Lets one thing go wrong in an attempt with that code.
fn attempt(machine: &Machine<Person>, code: &str, call: &Call, fault: &Fault) -> Traced {
    machine.anna.reset();
    attempt_from_here(machine, code, call, fault)
}

/// The same, with what was given to anna before.
fn attempt_from_here(machine: &Machine<Person>, code: &str, call: &Call, fault: &Fault) -> Traced {
    machine.env.syslog().clear();
    let traced = Traced::inject(&machine.driver(), &crowd::typing(&[code]), call, fault);
    let injected = match fault {
        Fault::Kill => traced.calls.last().is_some_and(|last| last.name == call.name),
        _ => traced.calls.iter().any(|call| call.line.contains("INJECTED")),
    };
    assert!(injected, "{fault:?} did not happen at {call:?}");
    traced
}

#[test]
fn death_at_any_system_call_costs_nothing() {
    let machine = Machine::frozen(ONE_TRY);
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    for (code, right) in [(machine.anna.code(STEP), true), (wrong, false)] {
        let calls = calls(&machine, &code);
        for (index, call) in calls.iter().enumerate() {
            let traced = attempt(&machine, &code, call, &Fault::Kill);
            assert!(outcome(&traced).is_none(), "it lived on after {call:?}");
            check(&machine, &traced, &code, right, &format!("killed at call {index}, {}", call.line));
        }
        println!("| killed | {} code | {} places |", if right { "right" } else { "wrong" }, calls.len());
    }
}

#[test]
fn death_at_any_system_call_leaves_a_recovery_code_good_once() {
    let machine = Machine::frozen(ONE_TRY);
    let mut opened_later = 0;
    let calls = calls(&machine, RECOVERY_CODE);
    for (index, call) in calls.iter().enumerate() {
        let what = format!("killed at call {index}, {}", call.line);
        let traced = attempt(&machine, RECOVERY_CODE, call, &Fault::Kill);
        assert!(outcome(&traced).is_none(), "{what}: it lived on");
        let logged = machine.env.syslog().lines().iter().any(|line| line.contains("result=accepted"));
        let spent = machine.anna.state().used_recovery == 1;
        assert!(spent || !logged, "{what}: opened, but the code is not spent");
        let again = machine.opens(RECOVERY_CODE);
        assert_eq!(again, !spent, "{what}");
        assert!(!machine.opens(RECOVERY_CODE), "{what}: accepted twice");
        is_sound(&machine, &what);
        opened_later += usize::from(again);
    }
    println!("| killed | recovery code | {} places, {opened_later} before it was spent |", calls.len());
    assert!((1..calls.len()).contains(&opened_later), "{opened_later}");
}

/// A bypass code for so many logins of anna's, from root.
fn give_bypass(machine: &Machine<Person>, code: &str, uses: u8) {
    let ParsedReply::Recovery(code) = ParsedReply::parse(code.as_bytes()) else {
        panic!("{code} has no such form")
    };
    let expires = UnixTime(time_of(STEP) + 3600);
    let service = service(&machine.anna.file, &|| UnixTime(time_of(STEP)));
    service.issue_bypass(&code, (expires, uses), &|_| {}).expect("it can be written");
}

#[test]
fn death_at_any_system_call_leaves_a_bypass_code_with_what_it_had_or_less() {
    const CODE: &str = "ppppp-qqqqq";
    const USES: u8 = 2;
    let machine = Machine::frozen(ONE_TRY);
    let left = || machine.anna.state().bypass.map_or(0, |bypass| bypass.uses);
    give_bypass(&machine, CODE, USES);
    let calls = calls_from_here(&machine, CODE);
    let mut kept = 0;
    for (index, call) in calls.iter().enumerate() {
        machine.anna.reset();
        give_bypass(&machine, CODE, USES);
        let what = format!("killed at call {index}, {}", call.line);
        let traced = attempt_from_here(&machine, CODE, call, &Fault::Kill);
        assert!(outcome(&traced).is_none(), "{what}: it lived on");
        let logged = machine.env.syslog().lines().iter().any(|line| line.contains("result=accepted"));
        let after = left();
        assert!((USES - 1..=USES).contains(&after) && (after < USES || !logged), "{what}: {after} are left");
        let opened = (0..=USES).filter(|_| machine.opens(CODE)).count();
        assert_eq!((opened, left()), (usize::from(after), 0), "{what}");
        is_sound(&machine, &what);
        kept += usize::from(after == USES);
    }
    println!("| killed | bypass code | {} places, {kept} before a use was taken off |", calls.len());
    assert!((1..calls.len()).contains(&kept), "{kept}");
}

/// The errors that each call is given in turn.
const ERRORS: [&str; 8] = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR", "EMFILE", "ENOMEM", "EACCES"];
/// What a call that reads or writes returns when it does less than it was asked for.
const SHORT: [u64; 3] = [0, 1, 512];

/// The faults that fit a call.
fn faults(call: &Call, errors: &[&'static str]) -> Vec<Fault> {
    let mut faults: Vec<_> = errors.iter().map(|error| Fault::Error(error)).collect();
    if ["pread64", "read", "pwrite64", "write"].contains(&call.name.as_str()) {
        faults.extend(SHORT.map(Fault::Returns));
    }
    faults
}

/// Every error at every call that may have one. Returns how the attempts ended.
fn errors_everywhere(
    machine: &Machine<Person>,
    code: &str,
    right: bool,
    errors: &[&'static str],
) -> BTreeMap<String, usize> {
    let mut ends = BTreeMap::<String, usize>::new();
    for call in calls(machine, code) {
        for fault in faults(&call, errors) {
            let what = format!("{fault:?} at {}", call.line);
            let traced = attempt(machine, code, &call, &fault);
            let outcome = outcome(&traced).unwrap_or_else(|| panic!("{what}: the process died\n{traced:?}"));
            check(machine, &traced, code, right, &what);
            *ends.entry(outcome.code).or_default() += 1;
        }
    }
    ends
}

#[test]
fn an_error_at_any_system_call_lets_nobody_in() {
    let machine = Machine::frozen(ONE_TRY);
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    for (code, right) in [(machine.anna.code(STEP), true), (wrong, false)] {
        let ends = errors_everywhere(&machine, &code, right, &["EIO"]);
        println!("| EIO | right code: {right} | {ends:?} |");
    }
}

#[test]
#[ignore = "long: make assurance"]
fn every_error_at_any_system_call_lets_nobody_in() {
    let machine = Machine::frozen(ONE_TRY);
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    for (code, right) in [(machine.anna.code(STEP), true), (wrong, false)] {
        for error in ERRORS {
            let ends = errors_everywhere(&machine, &code, right, &[error]);
            println!("| {error} | right code: {right} | {ends:?} |");
        }
    }
}

#[test]
fn on_a_full_disk_a_code_opens_the_login_once() {
    let machine = Machine::frozen(ONE_TRY);
    let page = std::fs::read(machine.anna.file.path()).expect("no secret file");
    let disk = SmallDisk::on(Path::new(STORE), 64 * 1024, 16);
    std::fs::remove_file(format!("{STORE}/anna")).ok();
    machine.anna.enroll();
    assert_eq!(page.len(), std::fs::read(machine.anna.file.path()).expect("no secret file").len());
    disk.fill();
    for step in STEP..STEP + 10 {
        machine.env.clock().freeze(time_of(step));
        let code = machine.anna.code(step);
        assert!(!machine.opens("000000"), "a wrong code on a full disk");
        assert!(machine.opens(&code), "the right code on a full disk: {:?}", machine.env.syslog().lines());
        assert!(!machine.opens(&code), "the same code again on a full disk");
        assert_eq!(machine.anna.state().failures, 1);
    }
    assert!(std::fs::write(format!("{STORE}/x"), "x").is_err(), "the disk was not full");
}

/// A real quota, on a file system that writes nothing in place: there may be no room for the state.
#[test]
fn over_quota_nobody_gets_in_whose_login_is_not_on_the_disk() {
    let machine = Machine::frozen(ONE_TRY);
    let quota = Quota::on(Path::new(STORE));
    machine.anna.enroll();
    quota.exhaust();
    let error = std::fs::write(format!("{STORE}/x"), "x").expect_err("there is no quota");
    assert_eq!(error.raw_os_error(), Some(nix::libc::EDQUOT), "{error}");
    let (mut opened, mut refused) = (0, 0);
    for step in STEP..STEP + 10 {
        machine.env.clock().freeze(time_of(step));
        machine.env.syslog().clear();
        let code = machine.anna.code(step);
        match machine.login(&code).code() {
            Code::SUCCESS => opened += 1,
            Code::AUTHINFO_UNAVAIL => {
                let _line = machine.env.syslog().expect(&["reason=store", "uota exceeded"]);
                refused += 1;
            }
            other => panic!("{other:?}: {:?}", machine.env.syslog().lines()),
        }
        assert!(!machine.opens(&code), "opened again over quota");
        assert_ne!(machine.login("000000").code(), Code::SUCCESS);
    }
    println!("| over quota | opened: {opened} | refused: {refused} |");
    quota.lift();
    machine.env.clock().freeze(time_of(STEP + 20));
    let next = machine.anna.code(STEP + 20);
    assert!(machine.opens(&next), "within the quota again: {:?}", machine.env.syslog().lines());
    assert!(!machine.opens(&next));
}

#[test]
fn on_a_read_only_disk_nobody_gets_in_and_the_log_says_why() {
    let machine = Machine::frozen(ONE_TRY);
    let before = std::fs::read(machine.anna.file.path()).expect("no secret file");
    let disk = ReadOnly::on(Path::new(STORE));
    let outcome = machine.login(&machine.anna.code(STEP));
    assert_eq!(outcome.code(), Code::AUTHINFO_UNAVAIL);
    let _line = machine.env.syslog().expect(&[
        "result=error reason=store",
        "user=anna",
        "/var/lib/insis-otp/anna: cannot open it: Read-only file system",
    ]);
    let told = outcome.messages.iter().any(|message| message.text.contains("cannot be checked now"));
    assert!(told, "{outcome:?}");
    drop(disk);
    assert_eq!(std::fs::read(machine.anna.file.path()).expect("no secret file"), before);
    assert!(machine.opens(&machine.anna.code(STEP)));
}

#[test]
fn a_file_size_limit_of_nothing_neither_kills_nor_opens() {
    let machine = Machine::frozen(ONE_TRY);
    let limited = |bytes: u64, text: &str| {
        let driver = machine.driver();
        let mut command = Command::new("prlimit");
        command.arg(format!("--fsize={bytes}")).arg(driver.get_program()).args(driver.get_args());
        let output = insis_otp_tests::env::feed(&mut command, &crowd::typing(&[text]));
        Outcome::read(&String::from_utf8_lossy(&output.stdout)).code()
    };
    let code = machine.anna.code(STEP);
    for bytes in [0, 1, 2048, 3071] {
        for text in [code.as_str(), "000000"] {
            assert_eq!(limited(bytes, text), Code::AUTHINFO_UNAVAIL, "limit of {bytes} bytes");
        }
        let _line = machine.env.syslog().expect(&["reason=store", "cannot write its state: File too large"]);
        machine.env.syslog().clear();
    }
    assert!(!machine.anna.has_used(STEP));
    assert_eq!(limited(4096, &code), Code::SUCCESS);
    assert_ne!(limited(4096, &code), Code::SUCCESS);
}
