//! Programs that are held while they have the lock of a secret file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::crowd::Outcome;
use crate::faults::Call;
use crate::machine::Machine;
use crate::person::{Person, time_of};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Nobody waits longer for a process that does not run.
pub const SOON: Duration = Duration::from_secs(1);

/// Waits for something that comes soon.
pub fn until<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// A process id as the system calls have it.
pub fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().expect("a process id"))
}

/// A field of /proc/PID/status.
pub fn status(process: Pid, field: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(field)?.strip_prefix(':')?.trim().to_owned()))
}

/// The processes that have the lock of the file.
pub fn holders(file: &Path) -> Vec<Pid> {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = file.metadata() else { return Vec::new() };
    let locks = std::fs::read_to_string("/proc/locks").expect("no list of locks");
    let inode = format!(":{}", metadata.ino());
    let holder = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, device_and_inode, ..] = words.as_slice() else { return None };
        device_and_inode.ends_with(&inode).then(|| process.parse().ok().map(Pid::from_raw)).flatten()
    };
    locks.lines().filter_map(holder).collect()
}

/// Whether a process has the lock of the file.
pub fn holds_lock(process: Pid, file: &Path) -> bool {
    holders(file).contains(&process)
}

/// A login of the owner's, and how long it took.
pub fn login(machine: &Machine<Person>, code: &str) -> (Outcome, Duration) {
    let outcome = machine.login(code);
    let took = Duration::from_nanos(outcome.nanos);
    (outcome, took)
}

/// The owner logs in with the code of that step, and soon.
pub fn owner_gets_in(machine: &Machine<Person>, step: u64) -> Duration {
    machine.env.clock().freeze(time_of(step));
    let (outcome, took) = login(machine, &machine.anna.code(step));
    assert_eq!(outcome.code, "PAM_SUCCESS", "step {step}: {:?}", machine.env.syslog().lines());
    assert!(took < SOON, "{took:?}");
    took
}

/// A program under strace, of which something is stopped or slowed down.
#[derive(Debug)]
pub struct Held {
    strace: Child,
    trace: PathBuf,
    _folder: tempfile::TempDir,
}

impl Held {
    /// Starts the program with that input; `what` is injected at that call of it.
    pub fn start(command: &Command, input: &str, call: &Call, what: &str) -> Self {
        let folder = tempfile::tempdir().expect("no folder");
        let trace = folder.path().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-s", "64", "-o"]).arg(&trace);
        strace.arg("-e").arg(format!("inject={}:{what}:when={}", call.name, call.number));
        strace.arg("--").arg(command.get_program()).args(command.get_args()).current_dir("/").env_clear();
        strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        strace.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut strace = strace.spawn().expect("no strace");
        let mut stdin = strace.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("it does not listen");
        Self { strace, trace, _folder: folder }
    }

    /// The traced process. (At its start strace has others, by which it finds out what the kernel can do.)
    pub fn pid(&self) -> Option<Pid> {
        let path = format!("/proc/{0}/task/{0}/children", self.strace.id());
        std::fs::read_to_string(path).ok()?.split_whitespace().next()?.parse().ok().map(Pid::from_raw)
    }

    /// Waits until it is stopped.
    pub fn until_stopped(&self) {
        until("that it stops", || {
            let trace = std::fs::read_to_string(&self.trace).ok()?;
            trace.contains("--- stopped by SIGSTOP ---").then_some(())
        });
    }

    /// What it says in the end, where it was only slowed down.
    pub fn end(self) -> std::process::Output {
        self.strace.wait_with_output().expect("no end")
    }

    /// Lets it go on; what it says in the end.
    pub fn go_on(self) -> std::process::Output {
        let process = self.pid().expect("it is gone");
        kill(process, Signal::SIGCONT).expect("it is gone");
        self.end()
    }
}
