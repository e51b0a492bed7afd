//! A connection for as long as one thing is done.

use std::time::Instant;

use insis_otp::store::Cause;

use super::Directory;
use crate::attributes::Entry;
use crate::connection::{Connection, Error};

/// The connection, and what was read last over it.
pub(super) struct Session {
    pub(super) deadline: Instant,
    /// The server that was taken: reads and writes go to the same one.
    pub(super) server: Option<usize>,
    pub(super) connection: Option<Connection>,
    pub(super) entry: Option<Entry>,
    pub(super) nobody: Option<Nobody>,
    /// Whether another server may have what the last search has not found.
    pub(super) is_referred: bool,
}

/// The entry that stands for everybody without a record, as the last search found it.
#[derive(Clone)]
pub(super) struct Nobody {
    pub(super) dn: String,
    /// Whether this host sees its state.
    pub(super) shows_state: bool,
}

impl Session {
    /// The connection, made if there is none.
    pub(super) fn connection(&mut self, directory: &Directory) -> Result<&mut Connection, Cause> {
        if self.connection.is_none() {
            self.connection = Some(self.connect(directory)?);
        }
        self.connection.as_mut().ok_or(Cause::Damaged("no connection"))
    }

    /// Connects to the server that was taken before, or else to the first that answers.
    fn connect(&mut self, directory: &Directory) -> Result<Connection, Cause> {
        let mut whys = Vec::new();
        for (index, server) in directory.servers.iter().enumerate() {
            if self.server.is_some_and(|taken| taken != index) {
                continue;
            }
            let tls = (&directory.tls, directory.wrap.as_ref());
            match Connection::open(server, tls, &directory.identity, self.deadline) {
                Ok(connection) => {
                    self.server = Some(index);
                    return Ok(connection);
                }
                Err(error) => whys.push(format!("{}: {error}", server.host)),
            }
        }
        Err(unavailable(whys.join("; ")))
    }

    /// Asks over the connection. One that has failed is not used again.
    pub(super) fn over<T>(
        &mut self,
        ask: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let connection = self.connection.as_mut().ok_or(Error::NoConnection)?;
        let asked = ask(connection);
        if asked.is_err() {
            self.connection = None;
        }
        asked
    }
}

/// The directory cannot be asked.
pub(super) fn unavailable(why: String) -> Cause {
    Cause::Os { action: "ask the directory", error: std::io::Error::other(why) }
}
