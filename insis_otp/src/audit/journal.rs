//! Lines for systemd's journal, in its native protocol: one datagram of fields for each.
//!
//! The journal itself adds who sent it (`_PID`, `_UID`, `_EXE`, …), by the kernel's word.

use std::os::unix::net::UnixDatagram;

use super::{Level, Line};

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// authpriv, as syslog(3) counts.
const FACILITY: &str = "10";

/// Sends a line with its values as fields; whether the journal took it. It is not waited for.
pub fn send(socket: &UnixDatagram, program: &str, message: &str, line: &Line) -> bool {
    socket.send_to(&entry(program, message, line), SOCKET).is_ok()
}

fn entry(program: &str, message: &str, line: &Line) -> Vec<u8> {
    let mut entry = Vec::with_capacity(1024);
    add(&mut entry, "", "MESSAGE", message);
    add(&mut entry, "", "PRIORITY", priority(line.level));
    add(&mut entry, "SYSLOG_", "FACILITY", FACILITY);
    add(&mut entry, "SYSLOG_", "IDENTIFIER", program);
    for (key, value) in &line.values {
        add(&mut entry, "INSIS_OTP_", key, value);
    }
    entry
}

/// Adds a field, its name in capitals. A value with a line end in it is told by its length, or the rest of it would be fields of its own.
fn add(entry: &mut Vec<u8>, group: &str, key: &str, value: &str) {
    entry.extend_from_slice(group.as_bytes());
    entry.extend(key.bytes().map(|byte| byte.to_ascii_uppercase()));
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

const fn priority(level: Level) -> &'static str {
    match level {
        Level::Critical => "2",
        Level::Error => "3",
        Level::Warning => "4",
        Level::Notice => "5",
        Level::Info => "6",
        Level::Debug => "7",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_fields() {
        let line =
            Line::new(Level::Notice, "refused").field("user", "j\u{f6}rg").journal_only("service", "sshd");
        let expected = "MESSAGE=tag: text\nPRIORITY=5\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=sshd\n\
                        INSIS_OTP_RESULT=refused\nINSIS_OTP_USER=j\u{f6}rg\nINSIS_OTP_SERVICE=sshd\n";
        assert_eq!(String::from_utf8(entry("sshd", "tag: text", &line)).unwrap(), expected);
    }

    #[test]
    fn a_value_with_a_line_end_is_no_second_field() {
        let line = Line::new(Level::Notice, "refused").field("user", "eve\n_UID=0");
        let entry = entry("sshd", "text", &line);
        let end = b"INSIS_OTP_USER\n\x0a\0\0\0\0\0\0\0eve\n_UID=0\n";
        assert!(entry.ends_with(end), "{}", String::from_utf8_lossy(&entry));
    }

    #[test]
    fn an_entry_is_never_too_long_for_a_datagram() {
        let long = "\u{10ffff}".repeat(9_000);
        let line = Line::new(Level::Notice, &long).field("user", &long).field("rhost", &long).message(&long);
        let length = entry("sshd", line.text(), &line).len();
        assert!(length < 10_000, "{length}");
    }
}
