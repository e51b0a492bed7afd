//! Whether the person is still there while nobody is asked anything.
//!
//! An application looks at its connection when it waits for a reply. While it waits for this module, sshd does not, and a
//! terminal says that it was hung up by a signal that the application may catch. So the module looks itself.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::os::fd::RawFd;

use insis_otp::network::numeric;
use nix::sys::socket::{SockaddrStorage, getpeername};

use crate::ffi;

/// Where the person is.
#[derive(Debug)]
pub struct Presence {
    /// The application's connection to them, or its terminal; none: that is not known.
    descriptor: Option<RawFd>,
}

impl Presence {
    /// Of whoever logs in from there: by the connection to that address that the application has. Whoever is on this machine
    /// sits at the terminal that standard input is.
    pub fn of(rhost: &str) -> Self {
        let descriptor = match numeric(rhost) {
            Some(address) => descriptors().find(|descriptor| peer(*descriptor) == Some(address)),
            // Who writes into a pipe has gone when everything is written, and still waits for what comes of it.
            None => (rhost == "-" && std::io::stdin().is_terminal()).then_some(0),
        };
        Self { descriptor }
    }

    /// Whether the person has hung up.
    pub fn has_left(&self) -> bool {
        self.descriptor.is_some_and(ffi::has_hung_up)
    }
}

/// Everything that this process has open.
fn descriptors() -> impl Iterator<Item = RawFd> {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The other side of a connection.
fn peer(descriptor: RawFd) -> Option<IpAddr> {
    let address = getpeername::<SockaddrStorage>(descriptor).ok()?;
    let address = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(address), _) => IpAddr::V4(address.ip()),
        (None, address) => IpAddr::V6(address?.ip()),
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_connection_that_the_other_side_has_closed_is_seen() {
        for address in ["127.0.0.1", "::1"] {
            let listener = TcpListener::bind((address, 0)).unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, _) = listener.accept().unwrap();
            assert!(Presence::of(address).descriptor.is_some());
            assert_eq!(peer(server.as_raw_fd()), address.parse().ok());
            let presence = Presence { descriptor: Some(server.as_raw_fd()) };
            assert!(!presence.has_left());
            // Somebody else waits for what comes from there, and has not taken it.
            (&client).write_all(b"x").unwrap();
            assert!(!presence.has_left());
            drop(client);
            let began = Instant::now();
            while !presence.has_left() {
                assert!(began.elapsed() < Duration::from_secs(2), "{address}");
            }
        }
    }

    #[test]
    fn where_no_connection_is_known_nobody_is_gone() {
        for nobody in ["192.0.2.1", "host.example", "", "127.81.0.9"] {
            let presence = Presence::of(nobody);
            assert!(presence.descriptor.is_none() && !presence.has_left(), "{nobody}");
        }
        assert!(!Presence { descriptor: Some(RawFd::MAX) }.has_left(), "closed by the application");
    }
}
