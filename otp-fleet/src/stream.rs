//! A stream to a server, with a deadline on every step: over TCP, or by a socket of this host.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use insis_otp::config::Server;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect as connect_socket, socket};
use nix::sys::time::TimeVal;

/// A server that takes too long.
pub fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "no answer in time")
}

/// What is at the other end.
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A stream on which no read and no write goes on beyond a moment, however many bytes come one by one.
pub struct Timed {
    socket: Socket,
    step: Arc<StepDeadline>,
}

/// The moment by which what is going on has to have ended.
#[derive(Debug)]
pub struct StepDeadline(Mutex<Instant>);

impl StepDeadline {
    /// Until that moment.
    #[must_use]
    pub const fn new(moment: Instant) -> Self {
        Self(Mutex::new(moment))
    }

    /// Lets what comes next go on until then.
    pub fn set(&self, moment: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }

    /// What is left until then.
    fn left(&self) -> io::Result<Duration> {
        let moment = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(timed_out()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = Some(self.step.left()?);
        match &mut self.socket {
            Socket::Tcp(stream) => {
                stream.set_read_timeout(left)?;
                stream.read(buffer)
            }
            Socket::Unix(stream) => {
                stream.set_read_timeout(left)?;
                stream.read(buffer)
            }
        }
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let left = Some(self.step.left()?);
        match &mut self.socket {
            Socket::Tcp(stream) => {
                stream.set_write_timeout(left)?;
                stream.write(buffer)
            }
            Socket::Unix(stream) => {
                stream.set_write_timeout(left)?;
                stream.write(buffer)
            }
        }
    }

    // Neither keeps anything back.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a stream to a server by that moment.
///
/// # Errors
/// It cannot be reached by then, or is a socket that is not to be trusted.
pub fn open(server: &Server, step: &Arc<StepDeadline>) -> io::Result<Timed> {
    let socket = match server.is_local() {
        true => Socket::Unix(connect_locally(Path::new(&server.host), step.left()?)?),
        false => {
            let stream = connect(server, step.left()?)?;
            // A request is one small packet that is answered by another: nothing is to be waited for.
            stream.set_nodelay(true)?;
            Socket::Tcp(stream)
        }
    };
    Ok(Timed { socket, step: Arc::clone(step) })
}

/// Connects to a server of this host. Nothing but the folder of its socket says that it is the one: nobody else may write there.
fn connect_locally(path: &Path, left: Duration) -> io::Result<UnixStream> {
    let folder = path.parent().unwrap_or(Path::new("/")).metadata()?;
    if folder.mode() & 0o022 != 0 {
        return Err(io::Error::other("others can write to the folder of its socket"));
    }
    let family = AddressFamily::Unix;
    let descriptor = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    // One that nobody accepts at blocks whoever connects; the time for sending bounds that, too.
    let patience = TimeVal::new(left.as_secs().try_into().unwrap_or(1), left.subsec_micros().into());
    nix::sys::socket::setsockopt(&descriptor, nix::sys::socket::sockopt::SendTimeout, &patience)?;
    connect_socket(std::os::fd::AsRawFd::as_raw_fd(&descriptor), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(descriptor))
}

/// Connects to the first address of the server that answers.
fn connect(server: &Server, left: Duration) -> io::Result<TcpStream> {
    let began = Instant::now();
    let mut last = io::Error::new(ErrorKind::NotFound, "its name has no address");
    for address in resolve(server, left)? {
        let left = left.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(timed_out());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses of a server. The system's resolver has no deadline of its own, so that a thread waits for it.
fn resolve(server: &Server, left: Duration) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = server.host.parse() {
        return Ok(vec![SocketAddr::new(address, server.port)]);
    }
    let (sender, receiver) = mpsc::channel();
    let target = (server.host.clone(), server.port);
    std::thread::Builder::new().spawn(move || {
        let addresses = target.to_socket_addrs().map(|addresses| addresses.take(8).collect());
        let _ = sender.send(addresses);
    })?;
    receiver.recv_timeout(left).unwrap_or_else(|_| Err(timed_out()))
}
