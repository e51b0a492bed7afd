//! The corpora of the fuzzers, replayed.

#[test]
fn what_fuzzing_found_worth_keeping_is_tried_again() {
    let output = std::process::Command::new(insis_otp_tests::env::program("replay-corpora")).output();
    let output = output.expect("no replay-corpora");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8(output.stdout).expect("a text");
    let counts: Vec<u32> = shown.lines().filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
    assert!(counts.len() == 15 && counts.iter().all(|count| *count >= 4), "{shown}");
}
