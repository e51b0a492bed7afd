//! What does not depend on the machine's mood: system calls, instructions, bytes.

use std::path::{Path, PathBuf};
use std::process::Command;

use insis_otp_tests::crowd::{Outcome, driver, typing};
use insis_otp_tests::env::{run, talk};
use insis_otp_tests::faults::{Call, Traced};

use crate::candidates::Candidate;

/// The system calls of one `pam_authenticate`. (libpam has loaded the module before, in pam_start.) Reading the clock is
/// none, but with the clock that a test sets.
#[must_use]
pub fn system_calls(candidate: &Candidate, user: &str, reply: &str) -> Vec<Call> {
    let traced = Traced::run(&driver(&candidate.stack, user), &typing(&[reply]));
    let mut calls = traced.calls_between("/begin-of-calls", "/end-of-calls");
    calls.retain(|call| call.name != "clock_gettime");
    calls
}

/// The instructions of one `pam_sm_authenticate`, as callgrind counts them, without the conversation; and what libpam
/// returned.
///
/// # Panics
/// When valgrind cannot run it.
#[must_use]
pub fn instructions(candidate: &Candidate, user: &str, reply: &str) -> (u64, String) {
    let folder = tempfile::tempdir().expect("no folder for callgrind");
    let counted = folder.path().join("out");
    let driver = driver(&candidate.stack, user);
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--tool=callgrind",
        "--toggle-collect=pam_sm_authenticate",
        "--toggle-collect=*converse*",
    ]);
    valgrind.arg(format!("--callgrind-out-file={}", counted.display()));
    valgrind.arg(driver.get_program()).args(driver.get_args());
    let output = talk(&mut valgrind, &typing(&[reply]));
    let text = std::fs::read_to_string(&counted).unwrap_or_else(|error| {
        panic!("callgrind counted nothing: {error}\n{}", String::from_utf8_lossy(&output.stderr))
    });
    let total = text.lines().find_map(|line| line.strip_prefix("summary: ")).expect("callgrind's summary");
    let outcome = Outcome::read(String::from_utf8_lossy(&output.stdout).trim());
    (total.trim().parse().expect("a number of instructions"), outcome.code)
}

/// Where libpam has that module.
///
/// # Panics
/// When it is nowhere.
#[must_use]
pub fn module(name: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("no /usr/lib").flatten().map(|entry| entry.path());
    let candidates =
        folders.chain([PathBuf::from("/usr/lib")]).map(|folder| folder.join("security").join(name));
    candidates.into_iter().find(|path| path.is_file()).unwrap_or_else(|| panic!("{name} is not installed"))
}

/// The size of a file in KiB, rounded up.
#[must_use]
pub fn kib(path: &Path) -> u64 {
    path.metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display())).len().div_ceil(1024)
}

/// The size in KiB, rounded up, of the code that logins run: cold code has a section of its own.
///
/// # Panics
/// When the module has no code.
#[must_use]
pub fn code_kib(path: &Path) -> u64 {
    let output = run(Command::new("readelf").arg("--sections").arg("--wide").arg(path));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let columns = text.lines().find_map(|line| line.split_once(" .text ")).expect("no .text").1;
    let size = columns.split_whitespace().nth(3).expect("the size is the fourth of its columns");
    u64::from_str_radix(size, 16).expect("a size in hexadecimal").div_ceil(1024)
}

/// The shared libraries that a module names, with the loader left out.
#[must_use]
pub fn needed(path: &Path) -> Vec<String> {
    let text = dynamic(path);
    let names = text.lines().filter(|line| line.contains("(NEEDED)"));
    let names = names.filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()));
    names.filter(|name| !name.starts_with("ld-linux")).collect()
}

/// Whether a module stays in a process once it is loaded.
#[must_use]
pub fn stays(path: &Path) -> bool {
    dynamic(path).lines().any(|line| line.contains("(FLAGS_1)") && line.contains("NODELETE"))
}

fn dynamic(path: &Path) -> String {
    let output = run(Command::new("readelf").arg("--dynamic").arg("--wide").arg(path));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
