//! A guess is paid for before it is compared: seen from outside, by system calls, limits, deaths and counted instructions.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use insis_otp::service::{Reply, Request, Response};
use insis_otp::verify::Verdict;
use insis_otp_tests::crowd::typing;
use insis_otp_tests::env::{HELPER, program, talk};
use insis_otp_tests::faults::{Call, Fault, Traced};
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP};

/// What su writes when it has let somebody in.
const INSIDE: &str = "inside now";

/// Whose process compares the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// otp-helper, with anna's user id.
    Helper,
    /// The module in a process of root's.
    Module,
    /// The module in a process of anna's, which asks the helper.
    UsersModule,
    /// su, with bob's real user id and root's effective one. He knows anna's password.
    Su,
}

fn command(machine: &Machine<Person>, by: By) -> Command {
    let env = &machine.env;
    match by {
        By::Helper => env.as_user("anna", HELPER),
        By::Module => machine.driver(),
        By::UsersModule => {
            let driver = env.publish(&program("pam-driver"));
            let mut command = env.as_user("anna", &driver.to_string_lossy());
            command.args(machine.driver().get_args());
            command
        }
        By::Su => {
            let mut command = env.as_user("bob", "su");
            command.args(["anna", "-c", &format!("echo {INSIDE}")]);
            command
        }
    }
}

/// The codes that are tried: the right one, and one that is not.
fn codes(machine: &Machine<Person>) -> [(String, bool); 2] {
    [(machine.anna.code(STEP), true), (machine.anna.wrong_codes(STEP, 1).remove(0), false)]
}

fn traced(machine: &Machine<Person>, by: By, code: &str) -> Traced {
    machine.anna.reset();
    Traced::run(&command(machine, by), &input(by, code))
}

fn input(by: By, code: &str) -> String {
    match by {
        By::Helper => Request::Verify(Reply::new(code.as_bytes())).encode().to_string(),
        By::Module | By::UsersModule => typing(&[code]),
        By::Su => format!("{PASSWORD}\n{code}\n"),
    }
}

/// Whether that output lets somebody in.
fn is_in(by: By, output: &Output) -> bool {
    let text = String::from_utf8_lossy(&output.stdout);
    match by {
        By::Helper => {
            matches!(Response::decode(&output.stdout), Ok(Response::Verdict(Verdict::Accepted(_))))
        }
        By::Module | By::UsersModule => text.contains("\"code\":\"PAM_SUCCESS\""),
        By::Su => text.contains(INSIDE),
    }
}

/// The calls of the transaction: from where the secret file is opened for writing.
fn transaction(traced: &Traced) -> &[Call] {
    let opens = |call: &Call| call.line.contains("/insis-otp/anna\"") && call.line.contains("O_RDWR");
    let start =
        traced.calls.iter().rposition(opens).unwrap_or_else(|| panic!("it opens no file: {traced:?}"));
    &traced.calls[start..]
}

fn names(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.name.as_str()).collect()
}

fn indices(calls: &[Call], name: &str) -> Vec<usize> {
    (0..calls.len()).filter(|&index| calls[index].name == name).collect()
}

/// The number of the state that a call writes.
fn sequence(call: &Call) -> u64 {
    let digits = call.line.split_once("# state 2 ").and_then(|(_, rest)| rest.get(..16));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.unwrap_or_else(|| panic!("no state is written: {}", call.line))
}

/// What may happen between the lock and the charge: reading the state, a look at the limits, the clock of the test.
const BEFORE_THE_CHARGE: [&str; 12] = [
    "pread64",
    "read",
    "statx",
    "newfstatat",
    "lstat",
    "fstat",
    "prlimit64",
    "clock_gettime",
    "getrandom",
    "brk",
    "mmap",
    "munmap",
];

#[test]
fn the_charge_is_written_before_anything_depends_on_the_code() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    for by in [By::Helper, By::Module, By::Su] {
        let [right, wrong] = codes(&machine).map(|(code, right)| {
            let traced = traced(&machine, by, &code);
            assert_eq!(is_in(by, &traced.output), right, "{by:?}: {traced:?}");
            traced
        });
        let (right, wrong) = (transaction(&right), transaction(&wrong));
        let (written, charged) = (indices(right, "pwrite64"), indices(wrong, "pwrite64"));
        assert_eq!((written.len(), charged.len()), (2, 1), "{by:?}: {right:?}\n{wrong:?}");
        for calls in [right, wrong] {
            let locked = *indices(calls, "flock").first().expect("no lock");
            let between = names(&calls[locked + 1..charged[0]]);
            assert!(between.iter().all(|name| BEFORE_THE_CHARGE.contains(name)), "{by:?}: {between:?}");
            assert!(calls[locked].line.ends_with("= 0") && calls[charged[0]].line.ends_with("= 1024"));
        }
        // The same in the same order, up to the one write that a right code has more.
        let last = written[1];
        assert_eq!(names(&right[..last]), names(&wrong[..last]), "{by:?}");
        assert_eq!(sequence(&right[last]), sequence(&right[written[0]]) + 1, "{by:?}");
        let synced = indices(right, "fdatasync");
        assert!(synced.len() == 1 && synced[0] > last, "{by:?}: {right:?}");
        assert!(indices(wrong, "fdatasync").is_empty(), "{by:?}: {wrong:?}");
        println!("| {by:?} | {:?} |", names(&right[..=synced[0]]));
    }
}

/// Limits that are too low for a transaction: nothing, and what is just not enough, of each kind.
fn low_limits() -> Vec<String> {
    let kinds: [(&str, &[u64]); 6] = [
        ("fsize", &[0, 1024, 3071, 4096, (32 << 20) - 1]),
        ("cpu", &[0, 1, 4]),
        ("as", &[0, 4 << 20, 8 << 20, 12 << 20, 16 << 20, 24 << 20, 40 << 20, (64 << 20) - 1]),
        ("data", &[0, 1 << 20, 4 << 20, (16 << 20) - 4096]),
        ("stack", &[0, 16 << 10, 64 << 10, 128 << 10, 255 << 10]),
        ("nofile", &[0, 3, 4, 5, 6, 8, 12, 15]),
    ];
    let each =
        kinds.iter().flat_map(|(kind, values)| values.iter().map(move |value| format!("{kind}={value}")));
    each.collect()
}

/// All that somebody can see of an attempt, without process ids, times and the test's own names.
fn seen(machine: &Machine<Person>, by: By, limit: &str, code: &str) -> String {
    let env = &machine.env;
    env.syslog().clear();
    let command = command(machine, by);
    // The limit is for the program and nothing before it.
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let (user, rest) = words.split_at(words.iter().position(|word| word == "--").expect("setpriv's end") + 1);
    let mut limited = Command::new(command.get_program());
    limited.args(user).arg("prlimit").arg(format!("--{limit}")).arg("--").args(rest);
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = talk(limited.current_dir("/"), &input(by, code));
    assert!(!is_in(by, &output), "{by:?} with {limit}: {output:?}");
    let numbers = regex::Regex::new(r#"\[\d+\]|"nanos":\d+|\d\d:\d\d:\d\d"#).expect("a pattern");
    let log = env.syslog().lines().join("\n");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = format!("{}\n{}\n{}\n{log}", output.status, text(&output.stdout), text(&output.stderr));
    // When the kernel ends a process that has had too much time is chance; that it is before anything was compared is
    // what the state says.
    if output.status.signal().is_some() {
        return "died".to_owned();
    }
    numbers.replace_all(&all, "#").into_owned()
}

fn too_low_limits(by: By) {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let codes = codes(&machine);
    let (mut named, mut tries) = (BTreeSet::new(), 0);
    machine.anna.reset();
    let before = machine.anna.state();
    for limit in low_limits() {
        let sights = codes.iter().cycle().take(6).map(|(code, _)| seen(&machine, by, &limit, code));
        let mut sights: BTreeSet<_> = sights.collect();
        tries += 6;
        if sights.iter().any(|sight| sight.contains("too low")) {
            named.insert(limit.split_once('=').expect("a limit has a value").0.to_owned());
        }
        if limit.starts_with("cpu") {
            sights.retain(|sight| {
                sight != "died" && !sight.contains("otp-helper: it ended without a response")
            });
        }
        assert!(sights.len() <= 1, "{by:?} with {limit}: right and wrong differ: {sights:#?}");
        assert_eq!(machine.anna.state(), before, "{by:?} with {limit}: something was compared, or used up");
    }
    println!("| {by:?} | {tries} tries, {} limits | refused for: {named:?} |", low_limits().len());
    assert!(named.len() >= 4, "{by:?}: hardly anybody was refused for a limit: {named:?}");
    let right = &codes[0].0;
    assert!(
        is_in(by, &talk(&mut command(&machine, by), &input(by, right))),
        "{by:?}: the code does not open"
    );
    assert!(!is_in(by, &talk(&mut command(&machine, by), &input(by, right))), "{by:?}: the code opens twice");
}

#[test]
fn with_too_little_of_anything_the_helper_compares_nothing() {
    too_low_limits(By::Helper);
}

#[test]
fn with_too_little_of_anything_su_compares_nothing() {
    too_low_limits(By::Su);
}

#[test]
fn with_too_little_of_anything_a_users_module_compares_nothing() {
    too_low_limits(By::UsersModule);
}

/// Killed at each call from the request on. Returns places, and how many of them were charged.
fn killed_everywhere(machine: &Machine<Person>, by: By, code: &str, right: bool) -> (usize, usize) {
    let whole = traced(machine, by, code);
    let opened = transaction(&whole).first().expect("a call").clone();
    let index = whole.calls.iter().position(|call| *call == opened).expect("it is there");
    let start =
        whole.calls[..index].iter().rposition(|call| call.line.starts_with("read(0,")).expect("no input");
    let mut charged = 0;
    for call in &whole.calls[start..] {
        machine.anna.reset();
        let what = format!("{by:?}, right: {right}, killed at {}", call.line);
        let traced = Traced::inject(&command(machine, by), &input(by, code), call, &Fault::Kill);
        let writes =
            || traced.calls.iter().filter(|call| call.name == "pwrite64" && call.line.ends_with("= 1024"));
        let state = machine.anna.state();
        let (paid, spent) = (writes().count() > 0, machine.anna.has_used(STEP));
        assert!(right || !spent, "{what}");
        assert_eq!(state.failures > 0 || spent, paid, "{what}: {state:?}");
        // Whatever was heard of it, or done after the charge, was paid for.
        let heard = Response::decode(&traced.output.stdout).is_ok() || is_in(by, &traced.output);
        assert!(paid || !heard, "{what}: answered without a charge");
        assert!(spent || !is_in(by, &traced.output), "{what}: opened, and not used up");
        charged += usize::from(paid);
        let again = machine.opens(code);
        assert_eq!(again, right && !spent, "{what}");
        assert!(!again || !machine.opens(code), "{what}: opened twice");
    }
    (whole.calls.len() - start, charged)
}

fn killed(by: By) {
    let machine = Machine::frozen(ONE_TRY).with_su();
    for (code, right) in codes(&machine) {
        let (indices, charged) = killed_everywhere(&machine, by, &code, right);
        println!("| {by:?} killed | right: {right} | {indices} places, {charged} charged |");
        assert!((1..indices).contains(&charged), "{charged} of {indices}");
    }
}

#[test]
fn death_at_any_system_call_of_the_helper_makes_no_guess_free() {
    killed(By::Helper);
}

#[test]
fn death_at_any_system_call_of_su_makes_no_guess_free() {
    killed(By::Su);
}

/// The instructions from the charge on up to where the last write of an accepted code begins, or a refused one's charge
/// is sent to the disk, as callgrind counts them.
fn instructions(machine: &Machine<Person>, code: &str) -> u64 {
    machine.anna.reset();
    let folder = tempfile::tempdir().expect("no folder for callgrind");
    let out = folder.path().join("out");
    let driver = command(machine, By::Module);
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
    valgrind.args(["pwrite", "posix_fadvise"].map(|name| format!("--dump-before=*{name}*")));
    valgrind.arg(driver.get_program()).args(driver.get_args());
    let output = talk(&mut valgrind, &typing(&[code]));
    let parts =
        (1..20).filter_map(|part| std::fs::read_to_string(folder.path().join(format!("out.{part}"))).ok());
    let mut after = parts.skip_while(|part| {
        !part.lines().any(|line| line.starts_with("desc: Trigger") && line.contains("pwrite"))
    });
    let part = after.nth(1).unwrap_or_else(|| panic!("no part: {}", String::from_utf8_lossy(&output.stderr)));
    let total = part.lines().find_map(|line| line.strip_prefix("totals: ")).expect("callgrind's total");
    total.trim().parse().expect("a number of instructions")
}

/// Within 0.1 %. Comparing a recovery code is a fifth of the work, so that the same few dozen instructions are 0.2 % there.
#[test]
fn right_codes_take_as_many_instructions_as_wrong_ones() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let anna = &machine.anna;
    let wrong = anna.wrong_codes(STEP, 3);
    let pair = |step| format!("{} {}", anna.code(step), anna.code(step + 1));
    let kinds = [
        ("one code", [STEP, STEP - 1, STEP + 1].map(|step| anna.code(step)).to_vec(), wrong.clone()),
        ("two codes", vec![pair(STEP - 1), pair(STEP - 7)], vec![format!("{} {}", wrong[0], wrong[1])]),
        (
            "recovery code",
            vec![RECOVERY_CODE.to_owned()],
            vec!["mzkqw-xpbrr".to_owned(), "zzzzz-zzzzz".to_owned()],
        ),
    ];
    for ((kind, right, wrong), share) in kinds.into_iter().zip([1000, 1000, 500]) {
        let count =
            |codes: &[String]| codes.iter().map(|code| instructions(&machine, code)).collect::<Vec<_>>();
        let (right, wrong) = (count(&right), count(&wrong));
        println!(
            "| {kind}: instructions from the charge to the last write | right: {right:?} | wrong: {wrong:?} |"
        );
        let all = || right.iter().chain(&wrong);
        let (least, most) = (all().min().expect("some"), all().max().expect("some"));
        assert!(*least > 10_000, "nothing was compared: {right:?} {wrong:?}");
        assert!((most - least) * share <= *least, "{kind}: {right:?} {wrong:?}");
    }
}
