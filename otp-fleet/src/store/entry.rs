//! A person's entry: finding it, and writing to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use insis_otp::record::UserName;
use insis_otp::store::conditional::{UserEntry, Version, WriteError};
use insis_otp::store::{Cause, Location, NoLinks, Record};

use super::session::{Nobody, Session, unavailable};
use super::{Directory, NOBODY, Person};
use crate::attributes::{self as at, Entry};
use crate::connection::Error;
use crate::message::{Change, Condition, FoundEntry, Kind, Request, Search};

/// What a host cannot do that may not use second factors.
const TO_NOBODY: &str = "let this host write to the entry insis-otp-nobody";

/// How many entries a page of a list has.
const PAGE: u32 = 500;

/// A person's entry, over a connection of its own.
#[derive(Clone)]
pub struct LdapEntry {
    pub(super) directory: Arc<Directory>,
    user: UserName,
    session: Arc<Mutex<Session>>,
}

impl LdapEntry {
    /// The entry of a user of that name. Nothing is connected yet.
    pub(super) fn of(directory: &Arc<Directory>, user: &UserName) -> Self {
        let session = Session {
            deadline: Instant::now() + directory.deadline,
            server: None,
            connection: None,
            entry: None,
            nobody: None,
            is_referred: false,
        };
        let session = Arc::new(Mutex::new(session));
        Self { directory: Arc::clone(directory), user: user.clone(), session }
    }

    /// Lets what comes next take a new connection, to the same server, and as much time as there was at the beginning.
    pub(super) fn begin_anew(&self) {
        let mut session = self.session();
        session.connection = None;
        session.deadline = Instant::now() + self.directory.deadline;
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks the person up, with the entry that stands for nobody. What is found is kept: a write depends on it.
    pub(super) fn find(&self) -> Result<(), Cause> {
        let directory = &*self.directory;
        let attribute = directory.user_attribute.as_str();
        let mut session = self.session();
        session.connection(directory)?;
        let (name, nobody) = (self.user.as_str().as_bytes(), NOBODY.as_bytes());
        let search = Search {
            base: &directory.base,
            any_of: &[Condition::Equal(attribute, name), Condition::Equal(attribute, nobody)],
            attributes: &Entry::requested(attribute),
            most: 4,
            page: None,
            seconds: 2,
        };
        let (mut found, mut placeholder, mut others, mut wrong) = (None, None, 0, None);
        let mut take = |entry: &FoundEntry<'_>| {
            let (entry, why) = Entry::read(entry, attribute)?;
            if entry.names.iter().any(|one| one == nobody) {
                placeholder = Some(Nobody { shows_state: entry.value(at::STATE).is_some(), dn: entry.dn });
                return Ok(());
            }
            others += 1;
            // Names are compared byte by byte: what the directory holds for equal is not for the system.
            if entry.names.iter().any(|one| one == name) {
                wrong = wrong.take().or(why);
                found = Some(entry);
            }
            Ok(())
        };
        let asked = session.over(|connection| {
            connection
                .search("find the entry", &Request::Search(&search), &mut take)?
                .succeeded("find the entry")
        });
        session.entry = None;
        match asked {
            Err(Error::Refused { code: 4, .. }) => return Err(Self::several()),
            Err(error) => return Err(unavailable(error.to_string())),
            Ok(_) if others > 1 => return Err(Self::several()),
            Ok(outcome) => session.is_referred = outcome.is_referred,
        }
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        session.entry = found;
        session.nobody = placeholder;
        Ok(())
    }

    fn several() -> Cause {
        Cause::Unsafe("there is more than one entry of that name".into())
    }

    /// Writes as much to the entry that stands for nobody as an attempt writes to one of somebody.
    pub(super) fn touch_nobody(&self) -> Result<(), Cause> {
        let mut session = self.session();
        let Some(Nobody { dn, .. }) = session.nobody.clone() else {
            return Err(Cause::Unsafe(format!(
                "the entry {NOBODY} is missing, which stands for everybody without a record"
            )));
        };
        let value = at::placeholder_value(Version::new()?);
        let changes = [Change { kind: Kind::Replace, attribute: at::STATE, values: vec![&value] }];
        let modify = Request::Modify { dn: &dn, changes: &changes };
        let asked = session.over(|connection| connection.ask(TO_NOBODY, &modify)?.succeeded(TO_NOBODY));
        asked.map(|_| ()).map_err(|error| unavailable(error.to_string()))
    }

    pub(super) fn each(&self, take: &mut dyn FnMut(Person<'_>)) -> Result<(), Cause> {
        let directory = &*self.directory;
        let attribute = directory.user_attribute.as_str();
        let mut session = self.session();
        let mut cookie = Vec::new();
        loop {
            session.deadline = Instant::now() + directory.deadline;
            let deadline = session.deadline;
            session.connection(directory)?.extend(deadline);
            let search = Search {
                base: &directory.base,
                any_of: &[Condition::Present(at::STATE), Condition::Present(at::INVITATION)],
                attributes: &Entry::requested(attribute),
                most: 0,
                page: Some((PAGE, &cookie)),
                seconds: 0,
            };
            let mut each = |entry: &FoundEntry<'_>| {
                let (entry, wrong) = Entry::read(entry, attribute)?;
                hand_on(&entry, wrong, take);
                Ok(())
            };
            let asked = session.over(|connection| {
                connection
                    .search("list entries", &Request::Search(&search), &mut each)?
                    .succeeded("list entries")
            });
            cookie = asked.map_err(|error| unavailable(error.to_string()))?.cookie;
            if cookie.is_empty() {
                return Ok(());
            }
        }
    }

    /// What is said where there is no entry.
    pub(super) fn no_entry(&self) -> Cause {
        Cause::Unsafe(format!("has no entry: nothing below {} has this name", self.directory.base))
    }

    /// Makes changes to the entry that was read last, which `condition` makes conditional.
    pub(super) fn modify(&self, session: &mut Session, changes: &[Change<'_>]) -> Result<(), WriteError> {
        let Some(entry) = &session.entry else { return Err(WriteError::Failed(self.no_entry())) };
        let dn = entry.dn.clone();
        let modify = Request::Modify { dn: &dn, changes };
        // What was read is the condition, over whichever connection.
        session.connection(&self.directory).map_err(WriteError::Failed)?;
        match session.over(|connection| connection.ask("write to the entry", &modify)) {
            Ok(outcome) => match outcome.code {
                0 => Ok(()),
                // Something else is there than what was read.
                16 | 19 | 20 | 122 => Err(WriteError::LostRace),
                _ => {
                    let refused = outcome.succeeded("write to the entry").map(|_| ());
                    Err(WriteError::Failed(unavailable(
                        refused.err().map_or_else(String::new, |error| error.to_string()),
                    )))
                }
            },
            Err(error @ Error::TooLong) => Err(WriteError::Failed(unavailable(error.to_string()))),
            Err(error) => Err(WriteError::NoAnswer(unavailable(error.to_string()))),
        }
    }
}

/// Hands on whom an entry is of, once for each of their names.
fn hand_on(entry: &Entry, mut wrong: Option<Cause>, take: &mut dyn FnMut(Person<'_>)) {
    for name in &entry.names {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if name == NOBODY {
            continue;
        }
        let record = match wrong.take() {
            Some(wrong) => Err(wrong),
            None => entry.record().map(|found| found.map(|(record, _)| record)),
        };
        // Of somebody with several names, the record is that of one.
        let is_another_ones = |record: &Record| record.enrollment.user.as_str() != name;
        if entry.names.len() > 1
            && record.as_ref().is_ok_and(|record| record.as_ref().is_some_and(is_another_ones))
        {
            continue;
        }
        let invitation = entry.invitation().map(|found| found.map(|(invitation, _)| invitation));
        take(Person { name, dn: &entry.dn, record, invitation });
    }
}

impl UserEntry for LdapEntry {
    type Link = NoLinks;

    fn location(&self) -> Location {
        let Directory { base, user_attribute, .. } = &*self.directory;
        Location::Dn(format!("{user_attribute}={},{base}", self.user))
    }

    /// Where nothing is left of the deadline, the next round would be refused for that, and not for what it is.
    fn until(&self) -> Option<Instant> {
        self.session().deadline.checked_sub(Duration::from_millis(300))
    }

    fn link(&self) -> NoLinks {
        NoLinks(self.location())
    }
}
