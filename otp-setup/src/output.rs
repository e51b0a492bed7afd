//! The only place that writes to standard output and standard error.
//!
//! A reader that has gone away (`otp-setup list | head`) ends the program without a word, as it does other programs.

use std::io::{self, ErrorKind, Write};

/// Standard output, with what became of it.
#[derive(Debug, Default)]
pub struct Output {
    failed: Option<io::Error>,
}

impl Output {
    /// Writes text as it is.
    pub fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            let mut stdout = io::stdout().lock();
            self.failed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).err();
        }
    }

    /// Writes text and ends the line.
    pub fn line(&mut self, text: &str) {
        self.write(text);
        self.write("\n");
    }

    /// What went wrong, once the program is done. That nobody listens any more is nothing that went wrong.
    pub fn failure(self) -> Option<io::Error> {
        self.failed.filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }
}

/// Writes a line to standard error. If that fails, there is nobody left to tell.
pub fn complain(text: &str) {
    let mut line = text.to_owned();
    line.push('\n');
    let _ = io::stderr().lock().write_all(line.as_bytes());
}
