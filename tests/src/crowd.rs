//! Many processes that authenticate at the same instant.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::fcntl::{Flock, FlockArg};
use serde::Deserialize;

use crate::env::program;
use crate::pam::{Code, Stack, Style};

/// What one `pam-driver` printed.
#[derive(Clone, Debug, Deserialize)]
pub struct Outcome {
    /// The last call's return code, by name.
    pub code: String,
    /// Each call and its return code.
    pub codes: Vec<(String, String)>,
    /// What was said to the person.
    pub messages: Vec<DriverMessage>,
    /// The delays that libpam asked for, in microseconds.
    pub delays: Vec<u32>,
    /// How long the calls took, in nanoseconds.
    pub nanos: u64,
}

/// One message of an [`Outcome`].
#[derive(Clone, Debug, Deserialize)]
pub struct DriverMessage {
    /// How it is to be shown.
    pub style: String,
    /// What it says.
    pub text: String,
}

impl DriverMessage {
    /// Whether it is a question of that style.
    #[must_use]
    pub fn is(&self, style: Style) -> bool {
        serde_json::to_value(style).is_ok_and(|name| name == self.style.as_str())
    }
}

impl Outcome {
    /// Reads the line that a driver printed.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn read(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"))
    }

    /// The last call's return code.
    #[must_use]
    pub fn code(&self) -> Code {
        Code::named(&self.code).unwrap_or_else(|| panic!("libpam has no {}", self.code))
    }
}

/// The command of a driver on that stack; `--gate` and the like can be added.
#[must_use]
pub fn driver(stack: &Stack, user: &str) -> Command {
    let mut command = Command::new(program("pam-driver"));
    command.arg("--confdir").arg(stack.folder()).args(["--service", stack.service(), "--user", user]);
    command
}

/// The standard input of a driver that types these texts.
#[must_use]
pub fn typing(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("={text}\n")).collect()
}

/// A gate that holds processes until all are there.
#[derive(Debug)]
pub struct Gate {
    path: tempfile::TempPath,
    bar: Option<Flock<File>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::closed()
    }
}

impl Gate {
    /// A closed one.
    #[must_use]
    pub fn closed() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let (file, path) = tempfile::NamedTempFile::new().expect("no file for the gate").into_parts();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("cannot show the gate");
        let bar = Flock::lock(file, FlockArg::LockExclusive).ok();
        assert!(bar.is_some(), "cannot close the gate");
        Self { path, bar }
    }

    /// For `--gate` and `--hold`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets everybody through at once.
    pub fn open(&mut self) {
        self.bar = None;
    }
}

/// A driver that was started and says where it stands.
#[derive(Debug)]
pub struct Waiting {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Waiting {
    /// Starts a driver with that standard input.
    #[must_use]
    pub fn start(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        stdin.write_all(input.as_bytes()).expect("the driver does not listen");
        drop(stdin);
        let output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        Self { child, output }
    }

    /// Waits until it prints that word (`ready` at a gate, `holding` at a hold).
    pub fn until(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the driver is gone");
        assert_eq!(line.trim(), word, "the driver said something else");
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for what it prints in the end. None: it died before.
    #[must_use]
    pub fn outcome(mut self) -> Option<Outcome> {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("cannot hear the driver");
        let _ = self.child.wait();
        (!line.is_empty()).then(|| Outcome::read(&line))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everybody authenticates at the same instant: one process for each user and what they type.
#[must_use]
pub fn at_once(stack: &Stack, people: &[(&str, &[&str])]) -> Vec<Outcome> {
    let mut gate = Gate::closed();
    let start = |(user, texts): &(&str, &[&str])| {
        let mut command = driver(stack, user);
        command.arg("--gate").arg(gate.path());
        Waiting::start(command, &typing(texts))
    };
    let mut crowd: Vec<_> = people.iter().map(start).collect();
    crowd.iter_mut().for_each(|one| one.until("ready"));
    gate.open();
    crowd.into_iter().map(|one| one.outcome().expect("a driver died")).collect()
}

/// The folder of a stack and more, for commands that are run as another user: everybody may read it.
pub fn show_to_everybody(stack: &Stack) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    File::open(stack.folder())
        .and_then(|folder| folder.set_permissions(PermissionsExt::from_mode(0o755)))
        .expect("cannot show the stack");
    stack.folder().to_owned()
}
