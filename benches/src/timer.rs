//! A process that authenticates, and says how long each time took.
//!
//! The program `timer` is the PAM application; [`Timer`] drives it. It is another process because the clock that it sees
//! is set before it starts.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use insis_otp_tests::env::program;
use insis_otp_tests::pam::Code;
use serde::{Deserialize, Serialize};

use crate::candidates::Candidate;

/// What the process is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The folder of the stack.
    pub folder: String,
    /// The service.
    pub service: String,
    /// Who logs in.
    pub user: String,
    /// What they type.
    pub reply: Input,
    /// Where the smallest possible work is done too.
    pub floor: Option<String>,
}

/// What is typed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// A text.
    Text(String),
    /// So many digits.
    Huge(usize),
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// pam_start, pam_authenticate and pam_end together, in nanoseconds.
    pub nanos: u64,
    /// What pam_authenticate returned.
    pub code: String,
    /// The memory of the process afterwards that is its own or read from files, in KiB.
    pub resident: u64,
    /// The most that this was so far, in KiB.
    pub peak: u64,
    /// How many descriptors it has open.
    pub descriptors: usize,
}

impl Done {
    /// How long it took.
    #[must_use]
    pub const fn time(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }
}

/// The running process.
#[derive(Debug)]
pub struct Timer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Default for Timer {
    fn default() -> Self {
        Self::start()
    }
}

impl Timer {
    /// A fresh process.
    #[must_use]
    pub fn start() -> Self {
        let mut command = Command::new(program("timer"));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cannot start the timer");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        Self { child, input, output }
    }

    /// One authentication, which has to end like that.
    pub fn time(&mut self, candidate: &Candidate, user: &str, reply: Input, expected: &[Code]) -> Done {
        let order = Order {
            folder: candidate.stack.folder().display().to_string(),
            service: candidate.stack.service().to_owned(),
            user: user.to_owned(),
            reply,
            floor: candidate.floor.as_ref().map(|path| path.display().to_string()),
        };
        let input = self.input.as_mut().expect("the timer's standard input is open");
        let text = serde_json::to_string(&order).expect("an order is JSON");
        writeln!(input, "{text}").expect("the timer is gone");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the timer is gone");
        let done: Done = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(
            expected.iter().any(|code| code.name() == done.code),
            "{} returned {} where {expected:?} was expected",
            candidate.name,
            done.code
        );
        done
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // At the end of its input it ends by itself.
        self.input = None;
        let _ = self.child.wait();
    }
}

/// The middle of the measured values.
///
/// # Panics
/// When nothing was measured.
#[must_use]
pub fn median<T: Copy + Ord>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    *sorted.get(sorted.len() / 2).expect("nothing was measured")
}
