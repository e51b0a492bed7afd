//! A connection to one server: over TLS always, but to one of this host, with a deadline on every step.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use insis_otp::config::Server;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use server_certificate::printable;
use zeroize::Zeroizing;

use crate::ber;
use crate::message::{Identity, Request, Response, UNBIND};
use crate::stream::{self, StepDeadline, timed_out};

/// How long to look a name up and to connect.
const CONNECT: Duration = Duration::from_millis(1500);
/// How long a server is waited for that has been asked something.
const ANSWER: Duration = Duration::from_secs(2);
/// No message of a server's may be longer, in bytes; for somebody who looks at the directory itself, and not for a login, it may be.
const LONGEST: usize = 256 * 1024;
const LONGEST_OF_EXAMINATION: usize = 2 * 1024 * 1024;

/// What bytes go through.
pub trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// Puts something in between, for tests: what goes through it is not encrypted.
pub type Wrap = Arc<dyn Fn(Box<dyn Stream>) -> Box<dyn Stream> + Send + Sync>;

/// Why a server does not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached, or hangs up, or takes too long.
    #[error("{0}")]
    Network(io::Error),
    /// Its certificate is not valid, or not that of this name.
    #[error("its certificate is not valid: {0}")]
    Certificate(String),
    /// There is no TLS with it.
    #[error("no TLS: {0}")]
    Tls(String),
    /// What it sends is no LDAP.
    #[error("it does not answer as LDAP asks for")]
    Malformed,
    /// It does not do what it was asked to.
    #[error("it refuses to {action}: {} ({code}){}{message}", result_name(*code), remedy(*code))]
    Refused {
        /// What it was asked to do.
        action: &'static str,
        /// The result code (RFC 4511, appendix A).
        code: u32,
        /// What it says of it.
        message: String,
    },
    /// There is no connection any more, since what was asked before has failed.
    #[error("the connection was lost before")]
    NoConnection,
    /// What was to be sent is too long.
    #[error("what is to be sent is too long")]
    TooLong,
}

/// What was answered.
#[derive(Debug)]
pub struct Outcome {
    /// The result code.
    pub code: u32,
    /// What the server says of it, for people.
    pub message: String,
    /// What to ask the next page with; empty where there is none.
    pub cookie: Vec<u8>,
    /// Whether another server may have more. It is not asked.
    pub is_referred: bool,
}

impl Outcome {
    /// The error that it is, where it is no success.
    ///
    /// # Errors
    /// The server has refused.
    pub fn succeeded(self, action: &'static str) -> Result<Self, Error> {
        match self.code {
            0 => Ok(self),
            code => Err(Error::Refused { action, code, message: self.message }),
        }
    }
}

impl From<ber::Malformed> for Error {
    fn from(_: ber::Malformed) -> Self {
        Self::Malformed
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => {
                Self::Certificate(server_certificate::fault(why, "ca_file"))
            }
            Some(other) => Self::Tls(printable(other.to_string().as_bytes())),
            None if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Self::Network(timed_out())
            }
            None => Self::Network(error),
        }
    }
}

/// A connection on which this host has said who it is.
pub struct Connection {
    stream: Box<dyn Stream>,
    number: u32,
    step: Arc<StepDeadline>,
    /// All of it has to have ended by then.
    deadline: Instant,
    /// No message of the server's may be longer, in bytes.
    longest: usize,
    certificate: Option<Vec<u8>>,
}

impl Connection {
    /// Connects, sees that the server is who it should be, and says who this host is.
    ///
    /// # Errors
    /// The server cannot be reached by the deadline, or is not to be trusted, or does not know this host.
    pub fn open(
        server: &Server,
        (tls, wrap): (&Arc<ClientConfig>, Option<&Wrap>),
        identity: &Identity,
        deadline: Instant,
    ) -> Result<Self, Error> {
        let mut connection = Self::anonymous(server, tls, deadline)?;
        if let Some(wrap) = wrap {
            connection.stream = wrap(connection.take_stream());
        }
        connection.ask("know this host", &Request::Bind(identity))?.succeeded("know this host")?;
        Ok(connection)
    }

    /// The same, and says nothing of who this host is.
    ///
    /// # Errors
    /// The server cannot be reached by the deadline, or is not to be trusted.
    pub fn anonymous(server: &Server, tls: &Arc<ClientConfig>, deadline: Instant) -> Result<Self, Error> {
        let step = Arc::new(StepDeadline::new(deadline.min(Instant::now() + CONNECT)));
        let stream = Box::new(stream::open(server, &step)?);
        let mut connection = Self { stream, number: 0, step, deadline, longest: LONGEST, certificate: None };
        if server.start_tls {
            connection.ask("begin TLS", &Request::StartTls)?.succeeded("begin TLS")?;
        }
        connection.step.set(deadline.min(Instant::now() + ANSWER));
        // What goes to a local one, this host sees anyway.
        if !server.is_local() {
            connection.begin_tls(server, tls)?;
        }
        Ok(connection)
    }

    /// The server's certificate; a local one has none.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// Takes longer messages from here on: a schema is one.
    pub const fn examine(&mut self) {
        self.longest = LONGEST_OF_EXAMINATION;
    }

    fn begin_tls(&mut self, server: &Server, tls: &Arc<ClientConfig>) -> Result<(), Error> {
        let name =
            ServerName::try_from(server.host.clone()).map_err(|error| Error::Tls(error.to_string()))?;
        let session = ClientConnection::new(Arc::clone(tls), name);
        let session = session.map_err(|error| Error::Tls(error.to_string()))?;
        let mut stream = StreamOwned::new(session, self.take_stream());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        let own = stream.conn.peer_certificates().and_then(|chain| chain.first());
        self.certificate = own.map(|certificate| certificate.to_vec());
        self.stream = Box::new(stream);
        Ok(())
    }

    fn take_stream(&mut self) -> Box<dyn Stream> {
        std::mem::replace(&mut self.stream, Box::new(io::empty()))
    }

    /// Lets what comes next go on until then.
    pub const fn extend(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Asks something that has one answer.
    ///
    /// # Errors
    /// There is none. What was asked may have been done.
    pub fn ask(&mut self, action: &'static str, request: &Request<'_>) -> Result<Outcome, Error> {
        self.search(action, request, &mut |_| Ok(()))
    }

    /// Asks something that finds entries.
    ///
    /// # Errors
    /// There is no answer, or `take` does not want what was found.
    pub fn search(
        &mut self,
        action: &'static str,
        request: &Request<'_>,
        take: &mut dyn FnMut(&crate::message::FoundEntry<'_>) -> Result<(), Error>,
    ) -> Result<Outcome, Error> {
        self.send(request)?;
        let mut is_referred = false;
        loop {
            let message = self.receive()?;
            match Response::decode(&message)? {
                (0, Response::Done { code, message, .. }) => {
                    return Err(Error::Refused { action, code, message: server_message(message) });
                }
                (number, _) if number != self.number => return Err(Error::Malformed),
                (_, Response::Entry(entry)) => take(&entry)?,
                (_, Response::Reference) => is_referred = true,
                (_, Response::Done { code, message, cookie }) => {
                    let cookie = cookie.unwrap_or_default().to_vec();
                    return Ok(Outcome { code, message: server_message(message), cookie, is_referred });
                }
            }
        }
    }

    fn send(&mut self, request: &Request<'_>) -> Result<(), Error> {
        self.step.set(self.deadline.min(Instant::now() + ANSWER));
        self.number += 1;
        let message = request.encode(self.number).ok_or(Error::TooLong)?;
        self.stream.write_all(&message)?;
        Ok(self.stream.flush()?)
    }

    /// One message, as it is encoded.
    fn receive(&mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        // One allocation, so that no grown-out-of copy of a secret is left behind.
        let mut start = [0; 6];
        let mut length = 0;
        let (header, content) = loop {
            match ber::header(start.get(..length).unwrap_or_default())? {
                Some((ber::SEQUENCE, header, content)) if content <= self.longest => break (header, content),
                Some(_) => return Err(Error::Malformed),
                None => {
                    self.stream.read_exact(start.get_mut(length..=length).ok_or(Error::Malformed)?)?;
                    length += 1;
                }
            }
        };
        let mut message = Zeroizing::new(vec![0; header + content]);
        let (head, rest) = message.split_at_mut(header);
        head.copy_from_slice(start.get(..header).ok_or(Error::Malformed)?);
        self.stream.read_exact(rest)?;
        Ok(message)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.step.set(Instant::now() + Duration::from_millis(100));
        let _ = self.stream.write_all(UNBIND).and_then(|()| self.stream.flush());
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

/// What a server says, behind a colon.
fn server_message(message: &[u8]) -> String {
    if message.is_empty() { String::new() } else { format!(": {}", printable(message)) }
}

/// Result codes by their names, of those that an administrator has to do with.
const fn result_name(code: u32) -> &'static str {
    match code {
        1 => "operations error",
        2 => "protocol error",
        4 => "size limit exceeded",
        8 => "stronger authentication required",
        10 => "referral: another server has it, and is not asked",
        13 => "confidentiality required",
        17 => "undefined attribute type: is the schema loaded?",
        32 => "no such object",
        48 => "inappropriate authentication",
        49 => "invalid credentials",
        50 => "insufficient access rights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwilling to perform",
        65 => "object class violation",
        _ => "LDAP result",
    }
}

/// What to look at, where the result of a request says so.
const fn remedy(code: u32) -> &'static str {
    match code {
        32 => "; is base right?",
        48 | 49 => "; are bind_dn and password_file right, or the subject of certificate_file?",
        50 => "; do its access rules let this host?",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_look_at() {
        let refused = Error::Refused { action: "know this host", code: 49, message: String::new() };
        assert!(
            refused.to_string().contains("invalid credentials (49); are bind_dn and password_file right")
        );
    }

    #[test]
    fn what_a_server_says_is_fit_for_a_line_of_the_log() {
        let long = [b"a\nresult=accepted\x1b[m".as_slice(), &[b'x'; 500]].concat();
        let text = server_message(&long);
        assert!(text.starts_with(": aresult=accepted[mxxx") && text.len() < 130, "{text}");
        assert_eq!(server_message(b""), "");
    }
}
