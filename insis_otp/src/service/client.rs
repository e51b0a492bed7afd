//! The one client of helper programs.

use std::io::{self, ErrorKind, Read};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, send};
use zeroize::Zeroizing;

use super::{Flow, LONGEST, NotUnderstood, Offer, Request, Response};

/// A program that answers one request, `otp-helper` for one.
#[derive(Clone, Debug)]
pub struct HelperClient {
    /// Its path.
    pub program: PathBuf,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// It cannot be started.
    #[error("{}: {cause}", program.display())]
    Start {
        /// Its path.
        program: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It took too long, or its response is none. What was asked for may have been done.
    #[error("{}: {cause}", program.display())]
    Response {
        /// Its path.
        program: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl HelperClient {
    /// After this time no response is waited for any more. A helper ends itself after half a minute, so that what was asked
    /// for is either done by then or never is: a password is checked by PAM, which may take long.
    const DEADLINE: Duration = Duration::from_secs(35);

    /// Runs the program for one request.
    ///
    /// # Errors
    /// It cannot be started, or does not respond in time.
    pub fn ask(&self, request: &Request) -> Result<Response, HelperError> {
        let text = converse(&self.program, &request.encode(), LONGEST, Self::DEADLINE)?;
        Response::decode(&text).map_err(|error| HelperError::nonsense(&self.program, error))
    }

    /// The same for a request of which a person has to do something elsewhere first, in so many seconds. `show` is told what.
    /// When this process ends, so does the helper, and nothing comes of it.
    ///
    /// # Errors
    /// As for [`Self::ask`].
    pub fn ask_person(
        &self,
        request: &Request,
        seconds: u64,
        mut show: impl FnMut(&Offer),
    ) -> Result<Response, HelperError> {
        let deadline = Self::DEADLINE + Flow::GRACE + Duration::from_secs(seconds);
        let ends = Instant::now() + deadline;
        let text = with_program(&self.program, |socket| {
            send_request(socket, &request.encode())?;
            read_response_after_offer(socket, ends, &mut show)
        })?;
        Response::decode(&text).map_err(|error| HelperError::nonsense(&self.program, error))
    }
}

impl HelperError {
    /// A response that is none.
    pub(super) fn nonsense(program: &Path, error: NotUnderstood) -> Self {
        Self::Response { program: program.into(), cause: io::Error::new(ErrorKind::InvalidData, error) }
    }
}

/// Runs a program for one request; returns its response, which is no longer than that.
pub(super) fn converse(
    program: &Path,
    request: &str,
    longest: usize,
    deadline: Duration,
) -> Result<Zeroizing<Vec<u8>>, HelperError> {
    let ends = Instant::now() + deadline;
    with_program(program, |socket| {
        send_request(socket, request)?;
        read_response(socket, longest, ends)
    })
}

/// Starts a program, converses with it, and sees it end.
pub(super) fn with_program(
    program: &Path,
    converse: impl FnOnce(&mut UnixStream) -> io::Result<Zeroizing<Vec<u8>>>,
) -> Result<Zeroizing<Vec<u8>>, HelperError> {
    let name = || program.to_owned();
    let (mut child, mut socket) =
        start_helper(program).map_err(|cause| HelperError::Start { program: name(), cause })?;
    let exchanged = converse(&mut socket);
    // Whatever it still has to say goes nowhere, and must not keep it, and us, waiting.
    drop(socket);
    end(&mut child);
    exchanged.map_err(|cause| HelperError::Response { program: name(), cause })
}

/// Starts the program with nothing but a socket: arguments and environments can be read by others.
pub(super) fn start_helper(program: &Path) -> io::Result<(Child, UnixStream)> {
    // A socket instead of pipes: writing to a helper that is gone must not send the host a SIGPIPE.
    let (ours, theirs) = UnixStream::pair()?;
    let (input, output) = (theirs.try_clone()?, theirs);
    let child = Command::new(program)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(input)))
        .stdout(Stdio::from(OwnedFd::from(output)))
        .stderr(Stdio::null())
        .spawn()?;
    Ok((child, ours))
}

/// Sends the request, which fits into the socket's buffers, so that neither side waits for the other.
fn send_request(socket: &mut UnixStream, request: &str) -> io::Result<()> {
    send_all(socket, request)?;
    socket.shutdown(Shutdown::Write)
}

/// Sends a part of a conversation.
pub(super) fn send_all(socket: &UnixStream, text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match send(socket.as_raw_fd(), rest, MsgFlags::MSG_NOSIGNAL) {
            Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
            // It refuses to start, and has said why.
            Err(Errno::EPIPE) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn read_response(socket: &mut UnixStream, longest: usize, ends: Instant) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut response = Zeroizing::new(Vec::with_capacity(longest.min(LONGEST) + 1));
    let mut part = Zeroizing::new([0; LONGEST]);
    loop {
        let left = ends.saturating_duration_since(Instant::now());
        // None at all would be waiting for ever.
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let read = match socket.read(&mut *part) {
            Ok(read) => read,
            // The end of one that did not read the request.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        response.extend_from_slice(part.get(..read).unwrap_or_default());
        if response.len() > longest {
            return Err(ErrorKind::InvalidData.into());
        }
        if read == 0 && response.is_empty() {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "it ended without a response"));
        }
        if read == 0 {
            return Ok(response);
        }
    }
}

/// Takes the response, and an offer before it if there is one. There is one at the most.
fn read_response_after_offer(
    socket: &mut UnixStream,
    ends: Instant,
    show: &mut dyn FnMut(&Offer),
) -> io::Result<Zeroizing<Vec<u8>>> {
    let offer = read_until(socket, Offer::END.as_bytes(), ends)?;
    if !offer.ends_with(Offer::END.as_bytes()) {
        // No offer: this was the response.
        return Ok(offer);
    }
    show(&Offer::decode(&offer).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?);
    read_response(socket, LONGEST, ends)
}

/// Reads up to this end, or to the end of all that there is.
pub(super) fn read_until(
    socket: &mut UnixStream,
    end: &[u8],
    ends: Instant,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut message = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = [0];
    while message.len() < LONGEST && !message.ends_with(end) {
        let left = ends.saturating_duration_since(Instant::now());
        // None at all would be waiting for ever.
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match socket.read(&mut byte) {
            Ok(1..) => message.extend_from_slice(&byte),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() != ErrorKind::ConnectionReset => return Err(error),
            // It has ended.
            _ if message.is_empty() => {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "it ended without a response"));
            }
            _ => break,
        }
    }
    Ok(message)
}

/// Sees the program end: by itself within half a second, as it does, or else killed. The host may collect its children
/// itself; the response counts, not the exit status.
fn end(child: &mut Child) {
    for _ in 0..100 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(program: &str) -> Result<Response, HelperError> {
        HelperClient { program: program.into() }.ask(&Request::Status)
    }

    #[test]
    fn a_program_that_is_missing_or_says_nothing_is_told_apart_from_one_that_talks_nonsense() {
        assert!(matches!(ask("/nonexistent/otp-helper"), Err(HelperError::Start { .. })));
        for silent in ["/bin/true", "/bin/false"] {
            let error = ask(silent).unwrap_err();
            assert_eq!(error.to_string(), format!("{silent}: it ended without a response"));
        }
        // One that a person has to wait for may be offered something, once.
        let wait = |text: &str| {
            let mut shown = Vec::new();
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("helper");
            std::fs::write(&program, format!("#!/bin/sh\ncat >/dev/null; printf '{text}'\n")).unwrap();
            std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
            let request = Request::Link(crate::service::Reply::new(b"123456"));
            let response =
                HelperClient { program }.ask_person(&request, 1, |offer| shown.push(offer.clone()));
            (response.map_err(|error| error.to_string()), shown.len())
        };
        let (offer, done) =
            ("insis-otp 2 offer\nuri=https://x\ncode=A\nseconds=9\n\n", "insis-otp 2 noted\n");
        assert_eq!(wait(&format!("{offer}{done}")), (Ok(Response::Noted), 1));
        assert_eq!(wait(done), (Ok(Response::Noted), 0));
        for (text, offers) in
            [(format!("{offer}{offer}{done}"), 1), (offer.to_owned(), 1), (format!("{done}\n"), 0)]
        {
            let (response, shown) = wait(&text);
            assert!(response.is_err() && shown == offers, "{text:?} {response:?}");
        }
        // What was asked comes back: a request is no response.
        let error = ask("/bin/cat").unwrap_err();
        assert_eq!(error.to_string(), "/bin/cat: not a message of this version of insis-otp");
    }
}
