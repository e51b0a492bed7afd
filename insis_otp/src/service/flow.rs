//! The conversation with `otp-idp`, from the side of whoever has somebody sign in.

use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};

use super::client::start_helper;
use crate::identity::{LONGEST, Message, Start};

/// A flow at the provider, which ends when this is dropped: the program sees its socket close.
#[derive(Debug)]
pub struct Flow {
    child: Child,
    socket: UnixStream,
    heard: Vec<u8>,
    ends: Instant,
    offered: bool,
}

/// Why nothing is known of a flow.
#[derive(Debug, thiserror::Error)]
#[error("otp-idp: {0}")]
pub struct FlowError(#[from] io::Error);

impl Flow {
    /// How much longer than the person `otp-idp` is waited for: it says itself that the time is over.
    pub const GRACE: Duration = Duration::from_secs(2);

    /// Starts the program, and a flow.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn begin(program: &Path, start: Start) -> Result<Self, FlowError> {
        let (child, socket) = start_helper(program)?;
        let ends = Instant::now() + Duration::from_secs(start.seconds) + Self::GRACE;
        let flow = Self { child, socket, heard: Vec::new(), ends, offered: false };
        let line = start.encode();
        match send(flow.socket.as_raw_fd(), line.as_bytes(), MsgFlags::MSG_NOSIGNAL) {
            Ok(sent) if sent == line.len() => Ok(flow),
            // It refuses to start, and has said why.
            Err(Errno::EPIPE) => Ok(flow),
            Ok(_) => Err(io::Error::from(ErrorKind::WriteZero).into()),
            Err(errno) => Err(io::Error::from(errno).into()),
        }
    }

    /// Waits for the next message, within the time of the flow.
    ///
    /// # Errors
    /// There is none in time, or what is there is none, or comes out of turn.
    pub fn hear(&mut self) -> Result<Message, FlowError> {
        let mut part = [0; 512];
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return self.in_turn(Message::decode(&line).map_err(nonsense)?);
            }
            if self.heard.len() > LONGEST {
                return Err(io::Error::from(ErrorKind::InvalidData).into());
            }
            let left = self.ends.saturating_duration_since(Instant::now());
            // None at all would be waiting for ever.
            self.socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.socket.read(&mut part) {
                Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                Ok(length) => self.heard.extend_from_slice(part.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Flow {
    /// The program offers once, and proves nothing before it has offered: a sign-in that nobody was asked for is none.
    fn in_turn(&mut self, message: Message) -> Result<Message, FlowError> {
        match (&message, self.offered) {
            (Message::Offered { .. }, true) => return Err(nonsense("offered twice").into()),
            (Message::Proved { .. }, false) => return Err(nonsense("proved before it was offered").into()),
            (Message::Offered { .. }, false) => self.offered = true,
            _ => {}
        }
        Ok(message)
    }
}

fn nonsense(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

impl Drop for Flow {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        // It holds nothing that it would have to put in order; the host may collect its children itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Flow {
    /// How often it is seen to that somebody is there who waits.
    const LOOK: u16 = 250;

    /// Waits for the next message, as long as somebody is there who waits; `None`: nobody is any more.
    ///
    /// # Errors
    /// As for [`Self::hear`].
    pub fn hear_while(&mut self, is_there: &dyn Fn() -> bool) -> Result<Option<Message>, FlowError> {
        while self.heard.is_empty() && Instant::now() < self.ends {
            let mut socket = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            match poll(&mut socket, PollTimeout::from(Self::LOOK)) {
                Ok(0) | Err(Errno::EINTR) if is_there() => {}
                Ok(0) | Err(Errno::EINTR) => return Ok(None),
                // It says something, or has ended.
                Ok(_) => break,
                Err(errno) => return Err(io::Error::from(errno).into()),
            }
        }
        self.hear().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> tempfile::TempPath {
        use std::io::Write;
        use std::os::unix::fs::PermissionsExt;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "#!/bin/sh\n{text}\n").unwrap();
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o700)).unwrap();
        file.into_temp_path()
    }

    #[test]
    fn messages_come_one_by_one_and_an_end_without_one_is_an_error() {
        let program = script(
            "read start; printf 'offered uri=41 code=42\\nrefused rea'; echo 'son=idp-denied detail='",
        );
        let mut flow = Flow::begin(&program, Start { seconds: 9 }).unwrap();
        assert_eq!(flow.hear().unwrap(), Message::Offered { uri: "A".into(), code: "B".into() });
        assert_eq!(
            flow.hear().unwrap(),
            Message::Refused(crate::identity::FlowRefusal::Denied, String::new())
        );
        assert!(flow.hear().unwrap_err().to_string().starts_with("otp-idp: "));
    }

    #[test]
    fn nobody_is_waited_for_who_has_hung_up() {
        let program = script("echo offered uri=41 code=42; exec sleep 60");
        let mut flow = Flow::begin(&program, Start { seconds: 9 }).unwrap();
        // What was said before counts.
        assert!(matches!(flow.hear_while(&|| true), Ok(Some(Message::Offered { .. }))));
        let (began, asked) = (Instant::now(), std::cell::Cell::new(0));
        let is_there = || asked.replace(asked.get() + 1) < 2;
        assert!(matches!(flow.hear_while(&is_there), Ok(None)));
        assert!((500..2000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    }

    #[test]
    fn nothing_is_proved_before_it_was_offered_and_nothing_offered_twice() {
        let offered = "echo offered uri=41 code=42";
        let proved = "echo proved issuer=68747470733a2f2f78 tenant= subject=73 detail=";
        let heard = |text: &str, count: usize| {
            let program = script(&format!("read start\n{text}"));
            let mut flow = Flow::begin(&program, Start { seconds: 9 }).unwrap();
            let heard: Vec<_> = (0..count).map(|_| flow.hear()).collect();
            heard.into_iter().next_back().unwrap().map_err(|error| error.to_string())
        };
        let last = heard(&format!("{offered}\n{proved}"), 2);
        assert!(matches!(last, Ok(Message::Proved { .. })), "{last:?}");
        assert_eq!(heard(proved, 1).unwrap_err(), "otp-idp: proved before it was offered");
        assert_eq!(heard(&format!("{offered}\n{offered}"), 2).unwrap_err(), "otp-idp: offered twice");
    }

    #[test]
    fn nonsense_endless_and_absent_programs_are_errors() {
        for text in ["echo hello", "exec cat /dev/zero", "exit 1"] {
            let program = script(text);
            let next = Flow::begin(&program, Start { seconds: 9 }).and_then(|mut flow| flow.hear());
            assert!(next.is_err(), "{text}");
        }
        assert!(Flow::begin(Path::new("/nonexistent/otp-idp"), Start { seconds: 9 }).is_err());
    }

    #[test]
    fn a_program_that_hangs_is_waited_for_no_longer_than_the_flow_may_take_and_ends_with_it() {
        let program = script("exec sleep 60");
        let began = Instant::now();
        let mut flow = Flow::begin(&program, Start { seconds: 1 }).unwrap();
        let pid = flow.child.id();
        assert!(flow.hear().is_err());
        drop(flow);
        assert!(began.elapsed() < Duration::from_secs(10));
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
