//! Lines for /dev/log.

use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, send as send_datagram, socket,
};
use syslog::{Facility, LogFormat, Logger, Severity};

use super::Level;

/// Where the local log's daemon listens.
const PATH: &str = "/dev/log";

/// Whether the last line was not taken.
static STUCK: AtomicBool = AtomicBool::new(false);

/// Sends a message.
pub fn send(socket: UnixDatagram, program: &str, message: String, level: Level) {
    let mut log = Logger::new(Daemon(socket), Undated { program });
    let sent = match level {
        Level::Critical => log.crit(message),
        Level::Error => log.err(message),
        Level::Warning => log.warning(message),
        Level::Notice => log.notice(message),
        Level::Info => log.info(message),
        Level::Debug => log.debug(message),
    };
    STUCK.store(sent.is_err(), Ordering::Relaxed);
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

/// The daemon that keeps the local log.
struct Daemon(UnixDatagram);

impl io::Write for Daemon {
    fn write(&mut self, message: &[u8]) -> io::Result<usize> {
        match self.0.send_to(message, PATH) {
            Err(error) if error.kind() == ErrorKind::WouldBlock && !STUCK.load(Ordering::Relaxed) => {
                self.0.set_nonblocking(false)?;
                self.0.set_write_timeout(Some(Duration::from_millis(250)))?;
                self.0.send_to(message, PATH)
            }
            Err(error) if error.raw_os_error() == Some(Errno::EPROTOTYPE as i32) => stream(message),
            sent => sent,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Some daemons listen for streams instead, in which a NUL ends a message. What is not taken at once is lost.
fn stream(message: &[u8]) -> io::Result<usize> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(socket.as_raw_fd(), &UnixAddr::new(PATH)?)?;
    send_datagram(socket.as_raw_fd(), &[message, b"\0"].concat(), MsgFlags::MSG_NOSIGNAL)?;
    Ok(message.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_what_the_local_log_takes() {
        let mut sent = Vec::new();
        let log = Undated { program: "sshd" };
        log.format(&mut sent, Severity::LOG_NOTICE, "tag: result=refused".to_owned()).unwrap();
        let expected = format!("<85>sshd[{}]: tag: result=refused", std::process::id());
        assert_eq!(String::from_utf8(sent), Ok(expected));
    }
}
