//! The only module that writes to standard output and standard error.
//!
//! A reader that has gone away (`otp-setup list | head`) ends the program without a word, as it does other programs.

use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use serde::Serialize;

use crate::sanitize;
use crate::wrap::{MEASURE, wrap};

/// Standard output, with what became of it.
#[derive(Debug, Default)]
pub struct Output {
    failed: Option<io::Error>,
}

impl Output {
    /// Writes text, which is not changed but for the letters that the locale has not.
    pub fn write(&mut self, text: &str) {
        self.write_as_it_is(&sanitize::readable(text));
    }

    fn write_as_it_is(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = write_all(text.as_bytes()).err();
        }
    }

    /// Writes text that people read, and ends the line. What steers a terminal is made harmless.
    pub fn line(&mut self, text: &str) {
        self.write(&sanitize::text(text));
        self.write("\n");
    }

    /// Writes sentences that people read.
    pub fn sentences(&mut self, text: &str) {
        self.write(&broken(text, io::stdout()));
    }

    /// Writes a value for programs, as JSON.
    pub fn json(&mut self, value: &impl Serialize) {
        let json = serde_json::to_string_pretty(value).unwrap_or_default();
        self.write_as_it_is(&sanitize::json(&json));
        self.write_as_it_is("\n");
    }

    /// Whether something could not be written.
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// What went wrong, once the program is done. That nobody listens any more is nothing that went wrong.
    pub fn failure(self) -> Option<io::Error> {
        self.failed.filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

/// Past the buffer of the standard library, which would keep a copy of every secret that is shown.
fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    let stdout = io::stdout();
    while !bytes.is_empty() {
        match nix::unistd::write(stdout.as_fd(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => std::thread::sleep(Duration::from_millis(10)),
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// Standard input, read past the buffer of the standard library for the same reason.
#[derive(Debug)]
pub struct Input;

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(nix::unistd::read(io::stdin().as_fd(), buffer)?)
    }
}

/// How far something long has come, on standard error, where that is a terminal.
#[derive(Debug)]
pub struct Progress {
    done: usize,
    of: usize,
    written_at: Instant,
    visible: bool,
}

impl Progress {
    /// Of so many steps.
    pub fn of(steps: usize) -> Self {
        let visible = io::stderr().is_terminal();
        Self { done: 0, of: steps, written_at: Instant::now(), visible }
    }

    /// So many steps more. Said five times a second at the most, so that what is done at once says nothing.
    pub fn steps(&mut self, more: usize) {
        self.done += more;
        if self.visible && self.written_at.elapsed() >= Duration::from_millis(200) {
            self.written_at = Instant::now();
            let width = 30 * self.done / self.of.max(1);
            let line = format!("\r[{:<30}] {}/{}", "#".repeat(width), self.done, self.of);
            let _ = io::stderr().lock().write_all(line.as_bytes());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.visible {
            let _ = io::stderr().lock().write_all(b"\r\x1b[K");
        }
    }
}

/// Writes a line to standard error. If that fails, there is nobody left to tell.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(broken(text, io::stderr()).as_bytes());
}

/// The lines of a text, with what steers a terminal made harmless. A terminal would break them within words.
fn broken(text: &str, to: impl AsFd) -> String {
    match terminal_size::terminal_size_of(to) {
        Some((columns, _)) => {
            let lines = wrap(&[text], MEASURE.min(usize::from(columns.0)));
            lines.iter().map(|line| format!("{}\n", **line)).collect()
        }
        None => format!("{}\n", sanitize::text(text)),
    }
}
