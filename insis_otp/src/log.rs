//! Lines for the system log: `key=value`, one line a decision, no way to forge one.

use std::fmt::{Display, Write as _};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use syslog::{Facility, LogFormat, Logger, Severity};

/// How much a line matters, as syslog(3) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A bug in this program.
    Critical,
    /// Nobody, or one person, cannot log in until somebody mends something.
    Error,
    /// Somebody may be guessing.
    Warning,
    /// A refused attempt.
    Notice,
    /// An opened login.
    Info,
    /// For whoever looks for a mistake.
    Debug,
}

/// The text of a line. Values come from anywhere: they are escaped so that they hold neither blanks nor `=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    level: Level,
    text: String,
}

impl Line {
    /// Values longer than this many bytes are cut; user names and host names of that length are not real.
    const LONGEST_VALUE: usize = 256;

    /// A line that begins with how the decision went.
    #[must_use]
    pub fn new(level: Level, result: &str) -> Self {
        Self { level, text: String::new() }.field("result", result)
    }

    /// Adds a value.
    #[must_use]
    pub fn field(mut self, key: &str, value: impl Display) -> Self {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(key);
        self.text.push('=');
        for byte in value.to_string().bytes().take(Self::LONGEST_VALUE) {
            match byte {
                b'=' | b'"' | b'\\' => self.escape(byte),
                0x21..=0x7E => self.text.push(char::from(byte)),
                _ => self.escape(byte),
            }
        }
        self
    }

    /// Adds words for people at the end: text of this program's own, with the cause of a failure in it.
    #[must_use]
    pub fn words(mut self, words: impl Display) -> Self {
        self.text.push_str(" message=\"");
        for letter in words.to_string().chars().take(4 * Self::LONGEST_VALUE) {
            match letter {
                '"' => self.text.push('\''),
                _ if letter.is_control() => self.text.push(' '),
                _ => self.text.push(letter),
            }
        }
        self.text.push('"');
        self
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn escape(&mut self, byte: u8) {
        // Writing to a String does not fail.
        let _ = write!(self.text, "\\x{byte:02x}");
    }
}

/// A message as the local log takes it: `<priority>program[pid]: message`.
///
/// It bears no date, so that the log's daemon puts its own (RFC 3164, section 4.3.2). The date of the syslog crate's
/// formatter is UTC where everybody else in the log writes local time.
struct Undated<'p> {
    program: &'p str,
}

impl LogFormat<String> for Undated<'_> {
    fn format<W: io::Write>(&self, w: &mut W, severity: Severity, message: String) -> syslog::Result<()> {
        let priority = Facility::LOG_AUTHPRIV as u8 | severity as u8;
        let (program, pid) = (self.program, std::process::id());
        // In one piece: what is written is a message of its own.
        let text = format!("<{priority}>{program}[{pid}]: {message}");
        w.write_all(text.as_bytes()).map_err(syslog::Error::Write)
    }
}

/// Sends a line to the system log, facility authpriv, as `program[pid]: tag: text`.
///
/// A log that is missing is no reason to fail or delay a login. One that is stuck delays it by a quarter of a second
/// once; after that, lines of this process that are not taken at once are lost, until one is taken again.
pub fn send(program: &str, tag: &str, line: &Line) {
    let Ok(daemon) = Daemon::reach() else { return };
    let mut log = Logger::new(daemon, Undated { program });
    let message = format!("{tag}: {}", line.text);
    let sent = match line.level {
        Level::Critical => log.crit(message),
        Level::Error => log.err(message),
        Level::Warning => log.warning(message),
        Level::Notice => log.notice(message),
        Level::Info => log.info(message),
        Level::Debug => log.debug(message),
    };
    STUCK.store(sent.is_err(), Ordering::Relaxed);
}

/// Whether the last line was not taken.
static STUCK: AtomicBool = AtomicBool::new(false);

/// The daemon that keeps the local log.
struct Daemon(UnixDatagram);

impl Daemon {
    fn reach() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        if STUCK.load(Ordering::Relaxed) {
            socket.set_nonblocking(true)?;
        } else {
            socket.set_write_timeout(Some(Duration::from_millis(250)))?;
        }
        Ok(Self(socket))
    }
}

impl io::Write for Daemon {
    fn write(&mut self, message: &[u8]) -> io::Result<usize> {
        self.0.send_to(message, "/dev/log")
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The name of this process's program, as other lines in the log have it.
#[must_use]
pub fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned());
    name.map_or_else(|| "insis-otp".to_owned(), |name| plain(&name))
}

/// A program's name as it may begin a line: whoever runs a setuid program by another name must not begin others.
fn plain(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    name.chars().take(64).map(|c| if plain(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_forge_a_line() {
        let line = Line::new(Level::Notice, "refused").field("user", "eve\n rhost=6.6.6.6 \u{1b}[2J\"\\é");
        assert_eq!(
            line.text(),
            "result=refused user=eve\\x0a\\x20rhost\\x3d6.6.6.6\\x20\\x1b[2J\\x22\\x5c\\xc3\\xa9"
        );
        let line = Line::new(Level::Error, "error").words("/x\n: \"quoted\"");
        assert_eq!(line.text(), "result=error message=\"/x : 'quoted'\"");
        assert!(Line::new(Level::Info, &"x".repeat(10_000)).text().len() < 300);
    }

    #[test]
    fn a_programs_name_cannot_forge_a_line() {
        assert_eq!(plain("sshd-session"), "sshd-session");
        assert_eq!(plain("su\nsshd[1]: Accepted"), "su?sshd?1???Accepted");
    }

    #[test]
    fn a_message_is_what_the_local_log_takes() {
        let mut sent = Vec::new();
        let log = Undated { program: "sshd" };
        log.format(&mut sent, Severity::LOG_NOTICE, "tag: result=refused".to_owned()).unwrap();
        let expected = format!("<85>sshd[{}]: tag: result=refused", std::process::id());
        assert_eq!(String::from_utf8(sent), Ok(expected));
    }
}
