//! What goes wrong on real machines: death at any system call, errors from the kernel, full and read-only file systems,
//! somebody who reads a process's memory.
//!
//! ```no_run
//! use insis_otp_tests::faults::{Fault, Traced};
//! # let command = std::process::Command::new("true");
//! let calls = Traced::run(&command, "").calls_between("/begin-of-calls", "/end-of-calls");
//! for call in &calls {
//!     let output = Traced::inject(&command, "", call, &Fault::Kill).output;
//! }
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::env::{run, talk};

/// A system call of a traced process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The how manieth of that name it is, from 1.
    pub number: usize,
    /// The whole line, with arguments and result, as strace wrote it.
    pub line: String,
}

/// What happens at a system call instead of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The process is killed when it enters the call.
    Kill,
    /// The call fails with this error, by its name in errno.h.
    Error(&'static str),
    /// The call does nothing and returns this.
    Returns(u64),
    /// The process gets this signal when it enters the call.
    Signal(&'static str),
    /// The call takes so many microseconds longer.
    Delay(u64),
}

impl Fault {
    fn expression(self, call: &Call) -> String {
        let Call { name, number, .. } = call;
        let what = match self {
            Self::Kill => "signal=KILL".to_owned(),
            Self::Error(error) => format!("error={error}"),
            Self::Returns(value) => format!("retval={value}"),
            Self::Signal(signal) => format!("signal={signal}"),
            Self::Delay(micros) => format!("delay_enter={micros}"),
        };
        format!("inject={name}:{what}:when={number}")
    }
}

/// A command that ran under strace.
#[derive(Debug)]
pub struct Traced {
    /// What came of it. strace passes the exit status and a deadly signal on.
    pub output: Output,
    /// Its system calls, of the first process only.
    pub calls: Vec<Call>,
}

impl Traced {
    /// Runs it undisturbed.
    #[must_use]
    pub fn run(command: &Command, input: &str) -> Self {
        Self::strace(command, input, &[])
    }

    /// Runs it with one thing going wrong. (The C library turns libc calls into system calls in the same way each time
    /// as long as nothing else changes, so that numbers from one run hold for the next.)
    #[must_use]
    pub fn inject(command: &Command, input: &str, call: &Call, fault: &Fault) -> Self {
        Self::strace(command, input, &["-e", &fault.expression(call)])
    }

    /// Runs it with one thing going wrong, or nothing, while somebody reads what it writes and `answers` once.
    #[must_use]
    pub fn converse(command: &Command, wrong: Option<(&Call, &Fault)>, talk: &Conversation<'_>) -> Self {
        let expression = wrong.map(|(call, fault)| fault.expression(call));
        let options = expression.as_deref().map_or_else(Vec::new, |expression| vec!["-e", expression]);
        Self::strace_with(command, &options, |strace| talk.hold(strace))
    }

    /// Runs it with one thing going wrong, or nothing, and hangs up only when it has ended.
    #[must_use]
    pub fn until_it_ends(command: &Command, input: &str, wrong: Option<(&Call, &Fault)>) -> Self {
        let expression = wrong.map(|(call, fault)| fault.expression(call));
        let options = expression.as_deref().map_or_else(Vec::new, |expression| vec!["-e", expression]);
        Self::strace_with(command, &options, |strace| {
            strace.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = strace.spawn().unwrap_or_else(|error| panic!("{strace:?}: {error}"));
            let mut stdin = child.stdin.take().expect("standard input is a pipe");
            // A program that is dead does not hear it.
            let _ = stdin.write_all(input.as_bytes());
            let output = child.wait_with_output().expect("no end");
            drop(stdin);
            output
        })
    }

    fn strace(command: &Command, input: &str, options: &[&str]) -> Self {
        Self::strace_with(command, options, |strace| talk(strace, input))
    }

    fn strace_with(command: &Command, options: &[&str], talk: impl FnOnce(&mut Command) -> Output) -> Self {
        let trace = tempfile::NamedTempFile::new().expect("no file for the trace");
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-s", "128", "-e", "signal=none", "-o"]).arg(trace.path()).args(options);
        strace.arg("--").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => strace.env(name, value),
                None => strace.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            strace.current_dir(folder);
        }
        let output = talk(&mut strace);
        let lines = std::fs::read(trace.path()).expect("strace left no trace");
        Self { output, calls: numbered(&String::from_utf8_lossy(&lines)) }
    }

    /// The calls after the one that names `begin`, and before the one that names `end`.
    #[must_use]
    pub fn calls_between(&self, begin: &str, end: &str) -> Vec<Call> {
        let after = self.calls.iter().skip_while(|call| !call.line.contains(begin)).skip(1);
        after.take_while(|call| !call.line.contains(end)).cloned().collect()
    }
}

/// Somebody who reads what a program writes, and answers it once.
pub struct Conversation<'a> {
    /// The answer to what it has written so far, if that is enough for one.
    pub answer: &'a dyn Fn(&str) -> Option<String>,
    /// How long it is waited for. Who waits in vain ends the input.
    pub patience: Duration,
}

impl Conversation<'_> {
    fn hold(&self, command: &mut Command) -> Output {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut stdin = child.stdin.take();
        let mut pipe = child.stdout.take().expect("standard output is a pipe");
        let mut output = Vec::new();
        let mut part = [0; 4096];
        loop {
            let answer = (self.answer)(&String::from_utf8_lossy(&output));
            if let Some((mut stdin, answer)) = answer.and_then(|answer| Some((stdin.take()?, answer))) {
                // A program that is dead does not hear it.
                let _ = stdin.write_all(answer.as_bytes());
            }
            if stdin.is_none() || !readable(&pipe, self.patience) {
                break;
            }
            match pipe.read(&mut part).expect("cannot read a pipe") {
                0 => break,
                length => output.extend_from_slice(part.get(..length).unwrap_or_default()),
            }
        }
        drop(stdin);
        let _ = pipe.read_to_end(&mut output);
        let end = child.wait_with_output().expect("no end");
        Output { stdout: output, ..end }
    }
}

fn readable(pipe: &ChildStdout, patience: Duration) -> bool {
    let patience = PollTimeout::try_from(patience).expect("not that long");
    let mut files = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
    poll(&mut files, patience).expect("cannot wait") > 0
}

/// Waits for a program that a dead one of these processes left behind: from [`adopt_orphans`] on it is this process's.
///
/// # Panics
/// When it never ends.
pub fn await_orphans(name: &str) {
    let own = std::process::id().to_string();
    let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
    for stat in std::fs::read_dir("/proc").expect("no /proc").filter_map(|entry| stat(entry.ok()?)) {
        let Some((start, rest)) = stat.split_once(&format!(" ({name}) ")) else { continue };
        if rest.split(' ').nth(1) == Some(own.as_str()) {
            let pid = Pid::from_raw(start.parse().expect("a process id"));
            waitpid(pid, None).expect("it does not end");
        }
    }
}

/// From here on processes whose parents are dead become this process's.
///
/// # Panics
/// On a kernel without that.
pub fn adopt_orphans() {
    nix::sys::prctl::set_child_subreaper(true).expect("cannot adopt");
}

fn numbered(trace: &str) -> Vec<Call> {
    let mut seen = HashMap::<&str, usize>::new();
    let calls = trace.lines().filter_map(|line| {
        let (name, _) = line.split_once('(')?;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        let number = seen.entry(name).or_default();
        *number += 1;
        Some(Call { name: name.to_owned(), number: *number, line: line.to_owned() })
    });
    calls.collect()
}

/// Makes the marker of the system store, which an installation makes.
///
/// # Panics
/// When there is no room for it.
pub fn mark(store: &Path) {
    if store != Path::new("/var/lib/insis-otp") {
        return;
    }
    File::create(store.join(".store")).expect("no marker");
}

/// A small file system of its own, mounted on a folder as long as this lives.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// So many bytes and files, on that folder; owner and mode of the folder are kept.
    #[must_use]
    pub fn on(folder: &Path, bytes: usize, files: usize) -> Self {
        use std::os::unix::fs::MetadataExt;
        let meta = folder.metadata().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let (mode, uid, gid) = (meta.mode() & 0o7777, meta.uid(), meta.gid());
        let options = format!("size={bytes},nr_inodes={files},mode={mode:o},uid={uid},gid={gid}");
        mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some(options.as_str()))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        mark(folder);
        Self { folder: folder.to_owned() }
    }

    /// Writes until there is no room left.
    pub fn fill(&self) {
        let mut file = File::create(self.folder.join(".filler")).expect("no room even for the filler");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Makes room again.
    pub fn empty(&self) {
        let _ = std::fs::remove_file(self.folder.join(".filler"));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = umount2(&self.folder, MntFlags::MNT_DETACH);
    }
}

/// A folder with a quota that holds for everybody, root too: a subvolume of a btrfs of its own, as long as this lives.
/// (Quotas of ext4 and XFS do not hold for root, and not every kernel has them.)
#[derive(Debug)]
pub struct Quota {
    folder: PathBuf,
    whole: tempfile::TempDir,
    _image: tempfile::NamedTempFile,
}

impl Quota {
    /// On that folder, without a limit as yet; owner and mode of the folder are kept.
    #[must_use]
    pub fn on(folder: &Path) -> Self {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let before = folder.metadata().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let image = tempfile::NamedTempFile::new().expect("no file for the file system");
        image.as_file().set_len(128 << 20).expect("cannot make the file system");
        run(Command::new("mkfs.btrfs").arg("-q").arg(image.path()));
        loop_devices();
        let whole = tempfile::tempdir().expect("no folder");
        run(Command::new("mount").args(["-o", "loop"]).arg(image.path()).arg(whole.path()));
        let part = whole.path().join("part");
        run(Command::new("btrfs").args(["quota", "enable"]).arg(whole.path()));
        run(Command::new("btrfs").args(["-q", "subvolume", "create"]).arg(&part));
        let kept = chown(&part, Some(before.uid()), Some(before.gid()));
        kept.and_then(|()| {
            std::fs::set_permissions(&part, PermissionsExt::from_mode(before.mode() & 0o7777))
        })
        .expect("cannot keep owner and mode");
        run(Command::new("mount").arg("--bind").arg(&part).arg(folder));
        mark(folder);
        Self { folder: folder.to_owned(), whole, _image: image }
    }

    /// Takes what is used as all that may be, as near as it can be told.
    pub fn exhaust(&self) {
        self.limit("1");
    }

    /// Lifts the limit.
    pub fn lift(&self) {
        self.limit("none");
    }

    /// By the whole, since over quota not even the limit can be changed by the part. 256 is its first part.
    fn limit(&self, bytes: &str) {
        run(Command::new("btrfs").args(["qgroup", "limit", bytes, "0/256"]).arg(self.whole.path()));
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        for folder in [&self.folder, self.whole.path()] {
            let _ = umount2(folder, MntFlags::MNT_DETACH);
        }
    }
}

/// The devices that a file is mounted by: the throwaway machine has none by itself.
fn loop_devices() {
    let numbers = (0..16).map(|number| (format!("/dev/loop{number}"), "b", 7, number));
    for (path, kind, major, minor) in numbers.chain([("/dev/loop-control".to_owned(), "c", 10, 237)]) {
        if !Path::new(&path).exists() {
            run(Command::new("mknod").args([&path, kind, &major.to_string(), &minor.to_string()]));
        }
    }
}

/// A folder that nobody, not even root, can write to as long as this lives.
#[derive(Debug)]
pub struct ReadOnly {
    folder: PathBuf,
}

impl ReadOnly {
    /// That folder, with what is in it.
    #[must_use]
    pub fn on(folder: &Path) -> Self {
        let remount = |flags| {
            mount(Some(folder), folder, None::<&str>, flags, None::<&str>)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        };
        remount(MsFlags::MS_BIND);
        remount(MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY);
        Self { folder: folder.to_owned() }
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = umount2(&self.folder, MntFlags::MNT_DETACH);
    }
}

/// Where in the memory of that process these bytes are: the names of the mappings, once for each place.
#[must_use]
pub fn found_in_memory(pid: u32, needle: &[u8]) -> Vec<String> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("the process is gone");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("only root reads another process's memory");
    maps.lines().flat_map(|line| found_in_mapping(&memory, line, needle)).collect()
}

fn found_in_mapping(memory: &File, line: &str, needle: &[u8]) -> Vec<String> {
    let Some((start, end)) = bounds(line) else { return Vec::new() };
    let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(0)];
    // Some mappings of the kernel's cannot be read.
    if memory.read_exact_at(&mut bytes, start).is_err() {
        return Vec::new();
    }
    bytes.windows(needle.len()).filter(|window| *window == needle).map(|_| line.to_owned()).collect()
}

/// The bounds of a readable mapping.
fn bounds(line: &str) -> Option<(u64, u64)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with('r').then_some((number(start)?, number(end)?))
}
