//! The store in a directory, on a real slapd: it does what every store has to, whatever becomes of its connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use insis_otp::conformance::{Connection, Fate, Fault, Subject};
use insis_otp::record::UserName;
use insis_otp::store::{Account, Decision, UserStore};
use insis_otp::verify::State;
use insis_otp_tests::fleet::{BASE, Slapd};
use nix::unistd::{getegid, geteuid};
use otp_fleet::ber::{self, INTEGER, Reader, SEQUENCE};
use otp_fleet::connection::{Stream, Wrap};
use otp_fleet::message::{MODIFY_REQUEST, SEARCH_REQUEST};
use otp_fleet::store::{Directory, LdapStore};

insis_otp::store_conformance!(every_store: Subjected::new());
insis_otp::store_conformance!(invitations: Subjected::new());
insis_otp::store_conformance!(over_a_connection: Subjected::new());

/// A store in a directory of its own, with a connection on which something goes wrong.
struct Subjected {
    slapd: Slapd,
    store: LdapStore,
    wrong: Arc<Wrong>,
}

/// What goes wrong.
struct Wrong {
    /// The same store over a connection on which nothing does: somebody else's.
    other: LdapStore,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    races: u32,
    unanswered: Option<(u32, Fate)>,
    lags: bool,
    /// What the last search found, as the server sent it.
    last_search: Vec<u8>,
    /// What the next search finds instead.
    lagging: Option<Vec<u8>>,
}

impl Subjected {
    fn new() -> Self {
        let slapd = Slapd::start();
        let other = LdapStore::new(slapd.directory());
        let wrong = Arc::new(Wrong { other, faults: Mutex::default() });
        let for_stream = Arc::clone(&wrong);
        let wrap: Wrap = Arc::new(move |inner| {
            Box::new(Faulty { inner, wrong: Arc::clone(&for_stream), is_cut: false, replay: VecDeque::new() })
        });
        // A race that is always lost is run again until then.
        let deadline = std::time::Duration::from_secs(5);
        let store = LdapStore::new(Directory { wrap: Some(wrap), deadline, ..slapd.directory() });
        Self { slapd, store, wrong }
    }
}

impl Subject for Subjected {
    type Store = LdapStore;
    const LISTS: bool = true;

    fn store(&self) -> &LdapStore {
        &self.store
    }

    fn account(&self, name: UserName) -> Account {
        if !self.slapd.has(name.as_str()) {
            self.slapd.add(&[name.as_str()]);
        }
        Account { name, uid: geteuid(), gid: getegid(), home: "/nonexistent".into() }
    }

    fn break_writes(&self, account: &Account) {
        self.slapd.delete(account.name.as_str());
    }
}

impl Connection for Subjected {
    fn inject(&self, fault: Fault) {
        let mut faults = self.wrong.faults();
        match fault {
            Fault::LosesRaces(count) => faults.races = count,
            Fault::NoAnswer(writes, fate) => faults.unanswered = Some((writes, fate)),
            Fault::Lags => faults.lags = true,
        }
    }
}

impl Wrong {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap()
    }

    /// Somebody else writes to the same entry.
    fn write_elsewhere(&self, dn: &[u8], failures: u32) {
        let dn = std::str::from_utf8(dn).unwrap();
        let name = dn.strip_prefix("uid=").and_then(|dn| dn.strip_suffix(&format!(",{BASE}"))).unwrap();
        let part = self.other.of(&UserName::parse(name).unwrap());
        let written = part.transact(|_, state| {
            let state = State { failures: state.failures + failures, ..state.clone() };
            Decision { state, write: insis_otp::store::Write::Durable, answer: () }
        });
        written.unwrap();
    }

    /// What becomes of the write that comes now.
    fn fate(&self) -> Option<Fate> {
        let mut faults = self.faults();
        match faults.unanswered {
            Some((0, fate)) => {
                faults.unanswered = None;
                Some(fate)
            }
            Some((writes, fate)) => {
                faults.unanswered = Some((writes - 1, fate));
                None
            }
            None => None,
        }
    }
}

/// A connection on which something goes wrong. Each write is one message.
struct Faulty {
    inner: Box<dyn Stream>,
    wrong: Arc<Wrong>,
    is_cut: bool,
    replay: VecDeque<u8>,
}

fn cut() -> io::Error {
    io::Error::new(ErrorKind::ConnectionReset, "cut by the test")
}

impl Faulty {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.inner.write_all(message)?;
        self.inner.flush()
    }

    /// One message of the server's.
    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut message = Vec::new();
        loop {
            let mut byte = [0];
            self.inner.read_exact(&mut byte)?;
            message.extend_from_slice(&byte);
            if let Ok(Some((_, header, content))) = ber::header(&message) {
                let mut rest = vec![0; header + content - message.len()];
                self.inner.read_exact(&mut rest)?;
                message.extend_from_slice(&rest);
                return Ok(message);
            }
        }
    }

    fn modify(&mut self, message: &[u8], dn: &[u8]) -> io::Result<()> {
        let (races, last) = {
            let mut faults = self.wrong.faults();
            let races = faults.races;
            faults.races = races.saturating_sub(1);
            let last = std::mem::take(&mut faults.lags).then(|| faults.last_search.clone());
            (races, last)
        };
        if races > 0 {
            self.wrong.write_elsewhere(dn, 0);
        }
        match self.wrong.fate() {
            None => self.send(message)?,
            Some(fate) => {
                if fate != Fate::Lost {
                    self.send(message)?;
                    let _ = self.receive()?;
                }
                if fate == Fate::Overwritten {
                    self.wrong.write_elsewhere(dn, 1);
                }
                self.is_cut = true;
            }
        }
        if last.is_some() {
            self.wrong.faults().lagging = last;
        }
        Ok(())
    }

    /// Answers a search with what another one has found, or has the server answer and remembers it.
    fn search(&mut self, message: &[u8], number: u8) -> io::Result<()> {
        let lagging = self.wrong.faults().lagging.take();
        if let Some(lagging) = lagging {
            self.replay.extend(renumbered(&lagging, number));
            return Ok(());
        }
        self.send(message)?;
        let mut all = Vec::new();
        loop {
            let message = self.receive()?;
            let is_last = tag(&message) == 0x65;
            all.extend_from_slice(&message);
            if is_last {
                break;
            }
        }
        self.replay.extend(&all);
        self.wrong.faults().last_search = all;
        Ok(())
    }
}

fn tag(message: &[u8]) -> u8 {
    let mut within = Reader::new(message).within(SEQUENCE).unwrap();
    within.expect(INTEGER).unwrap();
    within.element().unwrap().0
}

/// The same messages with another number, which has one byte.
fn renumbered(messages: &[u8], number: u8) -> Vec<u8> {
    let (mut bytes, mut at) = (messages.to_vec(), 0);
    while at < bytes.len() {
        let (_, header, content) = ber::header(&bytes[at..]).unwrap().unwrap();
        assert_eq!(&bytes[at + header..at + header + 2], &[INTEGER, 1]);
        bytes[at + header + 2] = number;
        at += header + content;
    }
    bytes
}

impl Read for Faulty {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_cut {
            return Err(cut());
        }
        if !self.replay.is_empty() {
            return self.replay.read(buffer);
        }
        self.inner.read(buffer)
    }
}

impl Write for Faulty {
    fn write(&mut self, message: &[u8]) -> io::Result<usize> {
        if self.is_cut {
            return Err(cut());
        }
        let mut within = Reader::new(message).within(SEQUENCE).expect("one message at a time");
        let number = *within.expect(INTEGER).unwrap().last().unwrap();
        let (tag, content) = within.element().unwrap();
        match tag {
            MODIFY_REQUEST => {
                let dn = Reader::new(content).expect(ber::OCTET_STRING).unwrap();
                self.modify(message, dn)?;
            }
            SEARCH_REQUEST => self.search(message, number)?,
            _ => self.send(message)?,
        }
        Ok(message.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
