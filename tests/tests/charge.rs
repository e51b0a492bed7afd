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
    /// sudo, likewise: where `targetpw` is set, it asks for what the other user has.
    Sudo,
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
        By::Sudo => {
            let mut command = env.as_user("bob", "sudo");
            command.args(["-S", "-u", "anna", "--", "echo", INSIDE]);
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
        By::Su | By::Sudo => format!("{PASSWORD}\n{code}\n"),
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
        By::Su | By::Sudo => text.contains(INSIDE),
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
    let machine = Machine::frozen(ONE_TRY).with_su().with_sudo();
    for by in [By::Helper, By::Module, By::Su, By::Sudo] {
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

/// The program with a limit, which is for the program and nothing before it.
fn limited(command: &Command, limit: &str) -> Command {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let (user, rest) = words.split_at(words.iter().position(|word| word == "--").expect("setpriv's end") + 1);
    let mut limited = Command::new(command.get_program());
    limited.args(user).arg("prlimit").arg(format!("--{limit}")).arg("--").args(rest);
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir("/");
    limited
}

/// All that somebody can see of an attempt, without process ids, times and the test's own names.
fn seen(machine: &Machine<Person>, by: By, limit: &str, code: &str) -> String {
    let env = &machine.env;
    env.syslog().clear();
    let output = talk(&mut limited(&command(machine, by), limit), &input(by, code));
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
    // What sudo does when all is decided and written is much, and the same for everybody.
    let end = match by {
        By::Sudo => {
            let is_last = |call: &Call| ["fdatasync", "fadvise64"].contains(&call.name.as_str());
            whole.calls.iter().rposition(is_last).expect("no last write") + 20
        }
        _ => whole.calls.len(),
    };
    let mut charged = 0;
    for call in &whole.calls[start..end] {
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
    (end - start, charged)
}

fn killed(by: By) {
    let machine = Machine::frozen(ONE_TRY).with_su().with_sudo();
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

#[test]
fn death_at_any_system_call_of_sudo_makes_no_guess_free() {
    killed(By::Sudo);
}

/// Where the kernel lets it (a container may not), sudo raises the limits that it was started with, and then it compares. What it
/// compares is paid for, and where it fails before, right and wrong look the same.
#[test]
fn whatever_the_limits_are_what_sudo_compares_is_charged() {
    let machine = Machine::frozen(ONE_TRY).with_sudo();
    machine.anna.reset();
    let before = machine.anna.state();
    let mut opened = 0;
    for limit in low_limits() {
        let mut nothing_compared = BTreeSet::new();
        for (code, right) in codes(&machine).iter().cycle().take(4) {
            machine.anna.reset();
            let output = talk(&mut limited(&command(&machine, By::Sudo), &limit), &input(By::Sudo, code));
            let (is_in, state, spent) =
                (is_in(By::Sudo, &output), machine.anna.state(), machine.anna.has_used(STEP));
            assert!(!is_in || *right && spent, "sudo with {limit}: {output:?}");
            assert!(!spent || *right, "sudo with {limit}");
            if state == before {
                // With hardly any stack or time it dies where chance has it.
                nothing_compared.extend(output.status.signal().is_none().then(|| format!("{output:?}")));
            } else {
                assert!(spent || state.failures == 1, "sudo with {limit}: {state:?}");
            }
            opened += usize::from(is_in);
        }
        assert!(nothing_compared.len() <= 1, "sudo with {limit}: {nothing_compared:?}");
    }
    println!("| sudo, {} limits | opened {opened} times |", low_limits().len());
    machine.anna.reset();
    let right = &codes(&machine)[0].0;
    let opens = || is_in(By::Sudo, &talk(&mut command(&machine, By::Sudo), &input(By::Sudo, right)));
    assert!(opens() && !opens(), "without a limit, once");
}

/// What callgrind says of a login, from the charge on; in parts, the first of which ends where the last write of an accepted code
/// begins, or a refused one's charge is sent to the disk.
fn work_after_charge(machine: &Machine<Person>, code: &str) -> Vec<String> {
    machine.anna.reset();
    let folder = tempfile::tempdir().expect("no folder for callgrind");
    let out = folder.path().join("out");
    let driver = command(machine, By::Module);
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
    valgrind.args(["--dump-instr=yes", "--compress-pos=no", "--compress-strings=no"]);
    valgrind.args(["pwrite", "posix_fadvise"].map(|name| format!("--dump-before=*{name}*")));
    valgrind.arg(driver.get_program()).args(driver.get_args());
    let output = talk(&mut valgrind, &typing(&[code]));
    let read = |name: String| std::fs::read_to_string(folder.path().join(name)).ok();
    let parts = (1..20).filter_map(|part| read(format!("out.{part}")));
    let after = parts.skip_while(|part| {
        !part.lines().any(|line| line.starts_with("desc: Trigger") && line.contains("pwrite"))
    });
    // What follows the last trigger is in a file without a number.
    let parts: Vec<_> = after.skip(1).chain(read("out".to_owned())).collect();
    assert!(parts.len() >= 2, "no parts: {}", String::from_utf8_lossy(&output.stderr));
    parts
}

/// The instructions from the charge on up to where the last write of an accepted code begins, or a refused one's charge
/// is sent to the disk, as callgrind counts them.
fn instructions(machine: &Machine<Person>, code: &str) -> u64 {
    let parts = work_after_charge(machine, code);
    let total = parts[0].lines().find_map(|line| line.strip_prefix("totals: ")).expect("callgrind's total");
    total.trim().parse().expect("a number of instructions")
}

/// Of which of their cache lines the module and its libraries run anything, from the charge to the end.
fn cache_lines(machine: &Machine<Person>, code: &str) -> BTreeSet<(String, u64)> {
    let (mut object, mut lines) = (String::new(), BTreeSet::new());
    for part in work_after_charge(machine, code) {
        for line in part.lines() {
            if let Some(name) = line.strip_prefix("ob=") {
                object = name.to_owned();
            } else if let Some(rest) = line.strip_prefix("0x") {
                let digits = rest.split(' ').next().expect("an address");
                lines.insert((object.clone(), u64::from_str_radix(digits, 16).expect("an address") / 64));
            }
        }
    }
    lines.retain(|(object, _)| object.contains("/pam_insis_otp") || object.contains("/libc"));
    lines
}

/// That a guess is the code of a step to come would be worth waiting for. Somebody else on the machine can watch by the
/// processor's caches which code is run (Flush+Reload), and whoever runs su or the helper can try as often as a guess is allowed.
#[test]
fn nothing_is_run_for_a_code_to_come_that_is_not_run_for_a_wrong_one() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let anna = &machine.anna;
    let wrong = anna.wrong_codes(STEP, 2);
    let expected = cache_lines(&machine, &wrong[0]);
    assert!(expected.len() > 500, "{}", expected.len());
    assert_eq!(cache_lines(&machine, &wrong[1]), expected, "two wrong codes");
    for step in [STEP + 2, STEP + 9] {
        let seen = cache_lines(&machine, &anna.code(step));
        let other: Vec<_> = seen.symmetric_difference(&expected).collect();
        assert!(other.is_empty(), "{} steps on: told by the cache lines {other:x?}", step - STEP);
    }
    // It would be seen here: for the log, a code that is over is told from others. It is good for nothing.
    assert_ne!(cache_lines(&machine, &anna.code(STEP - 4)), expected);
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
