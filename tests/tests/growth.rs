//! A process that authenticates again and again does not grow.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use insis_otp_tests::crowd::{self, Gate};
use insis_otp_tests::door::Door;
use insis_otp_tests::person::STEP;

/// The memory of a process after so many authentications, in KiB, and how many descriptors it has open.
fn memory_after(door: &Door, times: usize, text: &str) -> (u64, usize) {
    let folder = tempfile::tempdir().expect("no folder");
    let output = folder.path().join("output");
    let hold = Gate::closed();
    let mut driver = door.driver();
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

fn resident(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it is gone");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn descriptors(child: &Child) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", child.id())).expect("it is gone").count()
}

/// Sixteen bytes lost in each of `times` would show.
fn does_not_grow(times: usize) {
    let door = Door::new("auth required pam_insis_otp.so tries=1");
    let wrong = door.anna.wrong_codes(STEP, 1).remove(0);
    // A right code, which is a used one from the second time on, and a wrong one, which is throttled after a while.
    for text in [door.anna.code(STEP), wrong] {
        let (few, many) = (memory_after(&door, 200, &text), memory_after(&door, times, &text));
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
