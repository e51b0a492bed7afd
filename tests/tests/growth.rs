//! A process that authenticates again and again does not grow, and loses nothing.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insis_otp_tests::crowd::{self, Gate, Outcome};
use insis_otp_tests::env::{self, talk};
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP};

/// The memory of a process after so many authentications, in KiB, and how many descriptors it has open.
fn memory_after(machine: &Machine<Person>, times: usize, text: &str) -> (u64, usize) {
    let folder = tempfile::tempdir().expect("no folder");
    let output = folder.path().join("output");
    let hold = Gate::closed();
    let mut driver = machine.driver();
    driver.args(["--times", &times.to_string()]).arg("--hold").arg(hold.path());
    driver.stdin(Stdio::piped()).stdout(std::fs::File::create(&output).expect("no output"));
    let mut child = driver.spawn().expect("no driver");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    std::io::Write::write_all(&mut stdin, crowd::typing(&[text]).as_bytes()).expect("it does not listen");
    drop(stdin);
    let end = Instant::now() + Duration::from_secs(170);
    while !std::fs::read_to_string(&output).expect("no output").ends_with("holding\n") {
        assert!(Instant::now() < end, "it takes too long");
        std::thread::sleep(Duration::from_millis(50));
    }
    let measured = (resident(&child), descriptors(&child));
    child.kill().expect("it is gone");
    let _ = child.wait();
    measured
}

/// Without what is mapped from files: which of those pages are there is the kernel's affair, and changes by itself.
fn resident(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it is gone");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn descriptors(child: &Child) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", child.id())).expect("it is gone").count()
}

/// Sixteen bytes lost in each of `times` would show.
fn does_not_grow(times: usize) {
    let machine = Machine::frozen(ONE_TRY);
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    // A right code, which is a used one from the second time on, and a wrong one, which is throttled after a while.
    for text in [machine.anna.code(STEP), wrong] {
        let (few, many) = (memory_after(&machine, 200, &text), memory_after(&machine, times, &text));
        let bound = few.0 + (times as u64 * 16) / 1024;
        println!("| 200: {few:?} | {times}: {many:?} |");
        assert!(many.0 <= bound.max(few.0 + 128), "{few:?} KiB and descriptors became {many:?}");
        assert_eq!(few.1, many.1, "descriptors");
    }
}

#[test]
fn two_thousand_logins_do_not_grow() {
    does_not_grow(2_000);
}

#[test]
#[ignore = "long: make assurance"]
fn ten_thousand_logins_do_not_grow() {
    does_not_grow(10_000);
}

/// What people type, each so many times: accepted once, then used already or throttled.
fn replies(machine: &Machine<Person>) -> Vec<String> {
    let code = machine.anna.code(STEP);
    let pair = format!("{code} {}", machine.anna.code(STEP + 1));
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    vec![code, pair, RECOVERY_CODE.into(), wrong, "no code".into(), String::new()]
}

/// Authenticates in one process that is watched; whatever the watcher has to say fails the test.
fn is_silent(watched: &mut Command, machine: &Machine<Person>, text: &str, times: usize) {
    watched.args(machine.driver().get_args()).args(["--times", &times.to_string()]);
    let output = talk(watched, &crowd::typing(&[text]));
    let heard = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && heard.is_empty(), "{text:?}: {}\n{heard}", output.status);
    let outcomes = String::from_utf8_lossy(&output.stdout);
    assert_eq!(outcomes.lines().count(), times, "{text:?}");
    let opened = outcomes.lines().filter(|line| Outcome::read(line).code() == Code::SUCCESS).count();
    println!(
        "| {} | {times} | opened: {opened} | nothing found |",
        if opened > 0 { "right" } else { "wrong" }
    );
}

/// The module and its host built with the address sanitizer, which ends with a search for leaks.
#[test]
#[ignore = "long: make assurance"]
fn the_sanitizer_finds_nothing_in_ten_thousand_logins() {
    let folder = env::program("pam-driver").ancestors().nth(2).expect("no target folder").join("sanitized");
    let [driver, module] = ["pam-driver", "libpam_insis_otp.so"].map(|name| folder.join(name));
    assert!(driver.exists(), "make assurance builds {}", driver.display());
    let machine = Machine::frozen(&format!("auth required {} tries=1", module.display()));
    let texts = replies(&machine);
    for text in &texts {
        machine.anna.reset();
        let mut watched = Command::new(&driver);
        watched.env("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0");
        is_silent(&mut watched, &machine, text, 10_000 / texts.len() + 1);
    }
}

/// The module as it is installed, under a machine that knows of every byte whether it was written, and of every
/// allocation whether it is still known.
#[test]
#[ignore = "long: make assurance"]
fn valgrind_finds_nothing_in_two_hundred_logins() {
    let machine = Machine::frozen(ONE_TRY);
    let texts = replies(&machine);
    for text in &texts {
        machine.anna.reset();
        let mut watched = Command::new("valgrind");
        watched.args(["-q", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible"]);
        watched.args([
            "--show-leak-kinds=definite,indirect,possible",
            "--keep-debuginfo=yes",
            "--error-exitcode=9",
        ]);
        watched.arg("--").arg(env::program("pam-driver"));
        is_silent(&mut watched, &machine, text, 200 / texts.len() + 1);
    }
}
