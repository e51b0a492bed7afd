//! Lines for the system log: `key=value`, one line a decision, no way to forge one.
//!
//! Where systemd's journal is, a line goes there, with its values as fields besides; everywhere else to /dev/log. Never to
//! both: where the journal is, /dev/log is the journal's too, and it hands every line on to rsyslog and others.

mod event;
mod journal;
mod syslog;

pub use event::{refused, refused_because, tried};

use std::fmt::{Display, Write as _};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::OnceLock;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// How much a line matters, as syslog(3) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A bug in this program.
    Critical,
    /// Nobody, or one person, cannot log in until somebody corrects something.
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

/// A line. Values come from anywhere: in its text they are escaped so that they hold neither blanks nor `=`.
///
/// ```
/// use insis_otp::audit::{Level, Line};
///
/// let line = Line::new(Level::Notice, "refused").field("reason", "wrong-code").field("user", "an na=root");
/// assert_eq!(line.text(), r"result=refused reason=wrong-code user=an\x20na\x3droot");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    level: Level,
    text: String,
    /// Where the words for people begin in it, which stand last.
    message_at: Option<usize>,
    /// The values as they came, for the journal.
    values: Vec<(&'static str, String)>,
}

impl Line {
    /// Values longer than this many bytes are cut; user names and host names of that length are not real.
    const LONGEST_VALUE: usize = 256;

    /// A line that begins with how the decision went.
    #[must_use]
    pub fn new(level: Level, result: &str) -> Self {
        // As long as most lines are.
        let (text, values) = (String::with_capacity(256), Vec::with_capacity(8));
        Self { level, text, message_at: None, values }.field("result", result)
    }

    /// Adds a value.
    #[must_use]
    pub fn field(mut self, key: &'static str, value: impl Display) -> Self {
        let value = cut(value.to_string());
        let message = self.message_at.map(|at| self.text.split_off(at)).unwrap_or_default();
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(key);
        self.text.push('=');
        for byte in value.bytes() {
            match byte {
                b'=' | b'"' | b'\\' => self.escape(byte),
                0x21..=0x7E => self.text.push(char::from(byte)),
                _ => self.escape(byte),
            }
        }
        self.message_at = self.message_at.map(|_| self.text.len());
        self.text.push_str(&message);
        self.values.push((key, value));
        self
    }

    /// Adds a value that the text has in front of it already.
    #[must_use]
    pub fn journal_only(mut self, key: &'static str, value: impl Display) -> Self {
        self.values.push((key, cut(value.to_string())));
        self
    }

    /// Adds words for people at the end: text of this program's own, with the cause of a failure in it.
    #[must_use]
    pub fn message(mut self, message: impl Display) -> Self {
        self.message_at = Some(self.text.len());
        self.text.push_str(" message=\"");
        for letter in message.to_string().chars().take(4 * Self::LONGEST_VALUE) {
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

/// No more than [`Line::LONGEST_VALUE`] bytes of a value.
fn cut(mut value: String) -> String {
    if value.len() > Line::LONGEST_VALUE {
        let end = (0..=Line::LONGEST_VALUE).rev().find(|end| value.is_char_boundary(*end));
        value.truncate(end.unwrap_or(0));
    }
    value
}

/// Sends a line to the system log, facility authpriv, as `program[pid]: tag: text`.
///
/// A log that is missing is no reason to fail or delay a login. One that is stuck delays it by a quarter of a second
/// once; after that, lines of this process that are not taken at once are lost, until one is taken again.
pub fn send(program: &str, tag: &str, line: &Line) {
    let Ok(socket) = unconnected() else { return };
    let message = format!("{tag}: {}", line.text);
    if !journal::send(&socket, program, &message, line) {
        syslog::send(socket, program, message, line.level);
    }
}

/// A socket for datagrams that never waits.
fn unconnected() -> io::Result<UnixDatagram> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socket(AddressFamily::Unix, SockType::Datagram, flags, None)?.into())
}

/// The name of this process's program, as other lines in the log have it. A process has one for as long as it lives.
#[must_use]
pub fn program() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let path = std::env::current_exe().ok();
        let name = path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
        // The kernel says so of one that has been replaced meanwhile.
        let name = name.as_deref().map(|name| name.strip_suffix(" (deleted)").unwrap_or(name));
        name.map_or_else(|| "insis-otp".to_owned(), plain)
    })
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
        let line = Line::new(Level::Error, "error").message("/x\n: \"quoted\"");
        assert_eq!(line.text(), "result=error message=\"/x : 'quoted'\"");
        let line = line.field("user", "anna").field("uid", 0);
        assert_eq!(line.text(), "result=error user=anna uid=0 message=\"/x : 'quoted'\"");
        assert!(Line::new(Level::Info, &"x".repeat(10_000)).text().len() < 300);
    }

    #[test]
    fn a_programs_name_cannot_forge_a_line() {
        assert_eq!(plain("sshd-session"), "sshd-session");
        assert_eq!(plain("su\nsshd[1]: Accepted"), "su?sshd?1???Accepted");
    }
}
