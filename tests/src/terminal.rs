//! A terminal with a program in it, and somebody who types.

use std::io::Write;
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use regex::Regex;

/// How long an answer may take, unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(20);

struct Output {
    raw: Vec<u8>,
    /// Up to where [`Terminal::expect`] has read.
    seen: usize,
    screen: vt100::Parser,
    closed: bool,
}

struct Shared {
    output: Mutex<Output>,
    changed: Condvar,
    stop: AtomicBool,
}

/// A pseudo-terminal, its size, its screen, and the program that runs in it.
pub struct Terminal {
    pty: Option<OwnedFd>,
    child: Child,
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
    patience: Duration,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Terminal of process {}", self.child.id())
    }
}

impl Terminal {
    /// Runs the command in a terminal of 24 rows of 80 columns.
    #[must_use]
    pub fn run(command: &Command) -> Self {
        Self::sized(command, 24, 80)
    }

    /// Runs the command in a terminal of that size. Arguments, environment and folder of the command are kept.
    #[must_use]
    pub fn sized(command: &Command, rows: u16, columns: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("cannot open a terminal");
        pty.resize(pty_process::Size::new(rows, columns)).expect("cannot size the terminal");
        let child = retold(command).spawn(pts);
        let child = child.unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program()));
        let pty = OwnedFd::from(pty);
        let some = |length: u16| NonZero::new(length).expect("a terminal has rows and columns");
        let screen = vt100::Parser::new(some(rows), some(columns), 1000);
        let output = Mutex::new(Output { raw: Vec::new(), seen: 0, screen, closed: false });
        let shared = Arc::new(Shared { output, changed: Condvar::new(), stop: AtomicBool::new(false) });
        let reader = start_reader(&pty, &shared);
        Self { pty: Some(pty), child, shared, reader: Some(reader), patience: PATIENCE }
    }

    /// Waits so long for what is expected.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits until the program has written this text, after what was expected before. Control sequences and carriage
    /// returns do not count; a line that the program did not break is in one piece. Returns what came before it.
    pub fn expect(&mut self, text: &str) -> String {
        self.find(&Regex::new(&regex::escape(text)).expect("an escaped text is a regular expression"))
            .first()
            .cloned()
            .unwrap_or_default()
    }

    /// Waits for a match, after what was expected before. Returns what came before it, the match, and its groups.
    pub fn find(&mut self, pattern: &Regex) -> Vec<String> {
        self.try_find(pattern).unwrap_or_else(|heard| {
            panic!("waited for {:?}, but there was only:\n{heard}\n", pattern.as_str());
        })
    }

    /// As [`Self::find`], but what was there instead is an error.
    ///
    /// # Errors
    /// The output since what was expected before.
    pub fn try_find(&mut self, pattern: &Regex) -> Result<Vec<String>, String> {
        let end = Instant::now() + self.patience;
        let mut output = self.output();
        loop {
            let (text, ends) = plain(output.raw.get(output.seen..).unwrap_or_default());
            if let Some(found) = pattern.captures(&text) {
                let whole = found.get(0).expect("a match has a whole");
                let before = text.get(..whole.start()).unwrap_or_default().to_owned();
                let rest = found.iter().map(|group| group.map_or("", |group| group.as_str()).to_owned());
                let heard = std::iter::once(before).chain(rest).collect();
                output.seen += ends.get(whole.end().wrapping_sub(1)).copied().unwrap_or(0);
                return Ok(heard);
            }
            let left = end.saturating_duration_since(Instant::now());
            if output.closed || left.is_zero() {
                return Err(text);
            }
            output =
                self.shared.changed.wait_timeout(output, left).expect("the terminal's reader panicked").0;
        }
    }

    /// Types the text.
    pub fn send(&mut self, text: &str) {
        self.try_send(text).expect("cannot type");
    }

    fn try_send(&mut self, text: &str) -> std::io::Result<()> {
        let pty = self.pty.as_ref().expect("the terminal was hung up");
        let mut keys = std::fs::File::from(pty.try_clone().expect("cannot reach the terminal"));
        keys.write_all(text.as_bytes())
    }

    /// Types the text and the return key.
    pub fn line(&mut self, text: &str) {
        self.send(&format!("{text}\r"));
    }

    /// Waits for each of these questions in turn, and types its answer.
    pub fn answers(&mut self, dialogue: &[(&str, &str)]) {
        for (question, answer) in dialogue {
            self.expect(question);
            self.line(answer);
        }
    }

    /// Types ^C.
    pub fn interrupt(&mut self) {
        self.send("\x03");
    }

    /// Types ^C until the program has ended, as a person does who wants to leave. One is not always enough: the prompt of
    /// OpenSSH forgets a signal that comes after its words and before it listens.
    pub fn give_up(&mut self) -> ExitStatus {
        let end = Instant::now() + self.patience;
        loop {
            // A program that is about to end may have closed the terminal.
            let _ = self.try_send("\x03");
            let again = Instant::now() + Duration::from_millis(500);
            if let Some(status) = self.ended_before(again) {
                return status;
            }
            assert!(again < end, "^C does not end the program; it wrote:\n{}", self.text());
        }
    }

    /// Pulls the plug: the program gets SIGHUP.
    pub fn hang_up(&mut self) {
        self.stop_reader();
        self.pty = None;
    }

    /// What a person sees now: the rows of the screen, without the blanks at their ends.
    #[must_use]
    pub fn screen(&self) -> String {
        let output = self.output();
        let (_, columns) = output.screen.screen().size();
        let rows: Vec<_> =
            output.screen.screen().rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }

    /// The same, with the control sequences for its colours.
    #[must_use]
    pub fn screen_in_colours(&self) -> String {
        let output = self.output();
        let (_, columns) = output.screen.screen().size();
        let rows = output.screen.screen().rows_formatted(0, columns.get());
        let rows: Vec<_> = rows.map(|row| format!("{row}\u{1b}[m")).collect();
        rows.join("\n")
    }

    /// The secret as `otp-setup` shows it on the screen: rows of groups of four below "Secret:".
    #[must_use]
    pub fn secret(&self) -> String {
        let screen = self.screen();
        let below = screen.split("Secret:").nth(1).expect("the screen shows no secret");
        let group =
            |word: &&str| word.len() == 4 && word.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
        below.split_whitespace().filter(group).take(8).collect()
    }

    /// Everything that the program wrote, byte by byte.
    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        self.output().raw.clone()
    }

    /// Everything that the program wrote, without control sequences.
    #[must_use]
    pub fn text(&self) -> String {
        plain(&self.output().raw).0
    }

    /// The process in the terminal.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits, for a bounded time, until the program has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let status = self.ended_before(Instant::now() + self.patience);
        status.unwrap_or_else(|| panic!("the program has not ended; it wrote:\n{}", self.text()))
    }

    fn ended_before(&mut self, end: Instant) -> Option<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait().expect("cannot wait for the program") {
                self.stop_reader();
                return Some(status);
            }
            if Instant::now() >= end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.shared.output.lock().expect("the terminal's reader panicked")
    }

    /// The reader first takes what is still there.
    fn stop_reader(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.stop_reader();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn retold(command: &Command) -> pty_process::blocking::Command {
    let mut told = pty_process::blocking::Command::new(command.get_program()).args(command.get_args());
    told = told.env("TERM", "xterm-256color");
    for (name, value) in command.get_envs() {
        told = match value {
            Some(value) => told.env(name, value),
            None => told.env_remove(name),
        };
    }
    match command.get_current_dir() {
        Some(folder) => told.current_dir(folder),
        None => told,
    }
}

fn start_reader(pty: &OwnedFd, shared: &Arc<Shared>) -> JoinHandle<()> {
    let own = pty.try_clone().expect("cannot reach the terminal");
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        read_all(&own, &shared);
        if let Ok(mut output) = shared.output.lock() {
            output.closed = true;
        }
        shared.changed.notify_all();
    })
}

fn read_all(pty: &OwnedFd, shared: &Shared) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let stopping = shared.stop.load(Ordering::Relaxed);
        let mut ready = [PollFd::new(pty.as_fd(), PollFlags::POLLIN)];
        let wait = if stopping { PollTimeout::ZERO } else { PollTimeout::from(20u8) };
        if poll(&mut ready, wait).unwrap_or(0) == 0 {
            if stopping {
                return;
            }
            continue;
        }
        // An error is how a terminal says that nobody has it open any more.
        let Ok(length) = nix::unistd::read(pty, &mut buffer) else { return };
        if length == 0 {
            return;
        }
        let Ok(mut output) = shared.output.lock() else { return };
        let bytes = buffer.get(..length).unwrap_or_default();
        output.raw.extend_from_slice(bytes);
        output.screen.process(bytes);
        drop(output);
        shared.changed.notify_all();
    }
}

/// The text without control sequences, and for each of its bytes, where the byte ends in `raw`.
fn plain(raw: &[u8]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut ends = Vec::new();
    for (end, letter) in Letters::of(raw) {
        text.push(letter);
        ends.resize(text.len(), end);
    }
    (text, ends)
}

/// The letters that a terminal would draw, and line feeds, each with where it ends.
struct Letters {
    position: usize,
    found: Vec<(usize, char)>,
}

impl Letters {
    fn of(raw: &[u8]) -> Vec<(usize, char)> {
        let mut letters = Self { position: 0, found: Vec::new() };
        let mut parser = vte::Parser::new();
        for byte in raw {
            letters.position += 1;
            parser.advance(&mut letters, std::slice::from_ref(byte));
        }
        letters.found
    }
}

impl vte::Perform for Letters {
    fn print(&mut self, letter: char) {
        self.found.push((self.position, letter));
    }

    fn execute(&mut self, byte: u8) {
        if matches!(byte, b'\n' | b'\t') {
            self.found.push((self.position, char::from(byte)));
        }
    }
}
