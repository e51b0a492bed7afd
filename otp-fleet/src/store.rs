//! The directory as a store: one entry for each person, one conditional Modify for each write.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use insis_otp::config::Server;
use insis_otp::oath::{RecoveryCodes, Step};
use insis_otp::record::{Enrollment, UserName};
use insis_otp::store::conditional::{Conditional, ConditionalUser, UserEntry, Version, WriteError};
use insis_otp::store::{
    Account, Cause, Charge, Decision, Invitation, Item, Listed, Location, NoLinks, Owner, Record, StillHolds,
    Store, StoreError, UnknownUserStore, UnknownUsers, UserStore,
};
use insis_otp::verify::{State, ThrottlePolicy};
use rustls::ClientConfig;

use crate::attributes::{self as at, Entry};
use crate::connection::{Connection, Error, Wrap};
use crate::message::{Change, Condition, Identity, Kind, Request, Search};

/// Who stands for everybody who has no record, so that an attempt for them takes as long.
pub const NOBODY: &str = "insis-otp-nobody";

/// How many entries a page of a list has.
const PAGE: u32 = 500;

/// Where the directory is, and who this host is to it.
#[derive(Clone)]
pub struct Directory {
    /// The servers, in the order in which they are tried.
    pub servers: Vec<Server>,
    /// Below this entry people are looked up.
    pub base: String,
    /// The attribute that has their names.
    pub user_attribute: String,
    /// Whom this host believes to be a server.
    pub tls: Arc<ClientConfig>,
    /// Who this host is.
    pub identity: Identity,
    /// How long a transaction may take.
    pub deadline: Duration,
    /// What is put between, in tests.
    pub wrap: Option<Wrap>,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({:?}, {})", self.servers, self.base)
    }
}

/// The directory as a store.
#[derive(Clone)]
pub struct LdapStore(Arc<Directory>);

/// What is done for names that the directory has no record of: as much there as for one that has, and failures that this host
/// keeps.
#[derive(Clone)]
pub struct LdapUnknownUsers {
    store: LdapStore,
    failures: UnknownUsers,
}

/// One person's part of it.
#[derive(Clone)]
pub struct LdapUser(ConditionalUser<LdapEntry>);

/// A person's entry, over a connection of its own.
#[derive(Clone)]
pub struct LdapEntry {
    directory: Arc<Directory>,
    user: UserName,
    session: Arc<Mutex<Session>>,
}

/// The connection, and what was read last over it.
struct Session {
    deadline: Instant,
    /// The server that was taken: reads and writes go to the same one.
    server: Option<usize>,
    connection: Option<Connection>,
    entry: Option<Entry>,
    nobody: Option<String>,
}

impl LdapStore {
    /// The store in this directory. Nothing is connected yet.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self(Arc::new(directory))
    }

    fn entry(&self, user: &UserName) -> LdapEntry {
        let session = Session {
            deadline: Instant::now() + self.0.deadline,
            server: None,
            connection: None,
            entry: None,
            nobody: None,
        };
        let session = Arc::new(Mutex::new(session));
        LdapEntry { directory: Arc::clone(&self.0), user: user.clone(), session }
    }

    /// The part of a user of that name.
    #[must_use]
    pub fn of(&self, user: &UserName) -> LdapUser {
        LdapUser(ConditionalUser { user: user.clone(), entry: self.entry(user) })
    }

    /// Does for a name that has no record what is done for one that has: one search, and one write that takes as long.
    ///
    /// # Errors
    /// The directory cannot be asked, or nothing can be written there.
    pub fn touch_nobody(&self, user: &UserName) -> Result<(), StoreError> {
        let user = self.of(user);
        user.at(user.entry().find())?;
        user.touch_nobody()
    }

    /// Hands everybody on who has something here: a record, or an invitation.
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn each(&self, take: &mut dyn FnMut(Person<'_>)) -> Result<(), StoreError> {
        let nobody = UserName::parse(NOBODY).map_err(|_| Cause::Damaged("no name for nobody"));
        let each = || self.entry(&nobody?).each(take);
        each().map_err(|cause| StoreError { location: Location::Dn(self.0.base.clone()), cause })
    }
}

/// Somebody who has something in the directory.
pub struct Person<'e> {
    /// The name.
    pub name: &'e str,
    /// The name of the entry.
    pub dn: &'e str,
    /// The record, or why it is none.
    pub record: Result<Option<Record>, Cause>,
    /// Whether there is an invitation.
    pub is_invited: bool,
}

impl Session {
    /// The connection, made if there is none.
    fn connection(&mut self, directory: &Directory) -> Result<&mut Connection, Cause> {
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
    fn over<T>(
        &mut self,
        directory: &Directory,
        ask: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let connection = self.connection.as_mut().ok_or(Error::Malformed)?;
        let asked = ask(connection);
        let _ = directory;
        if asked.is_err() {
            self.connection = None;
        }
        asked
    }
}

/// The directory cannot be asked.
fn unavailable(why: String) -> Cause {
    Cause::Os { action: "ask the directory", error: std::io::Error::other(why) }
}

impl LdapEntry {
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks the person up, with the entry that stands for nobody. What is found is kept: a write depends on it.
    fn find(&self) -> Result<(), Cause> {
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
        let mut take = |entry: &crate::message::FoundEntry<'_>| {
            let (entry, why) = Entry::read(entry, attribute)?;
            if entry.names.iter().any(|one| one == nobody) {
                placeholder = Some(entry.dn);
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
        let asked = session.over(directory, |connection| {
            connection
                .search("find the entry", &Request::Search(&search), &mut take)?
                .succeeded("find the entry")
        });
        session.entry = None;
        match asked {
            Err(Error::Refused { code: 4, .. }) => return Err(Self::several()),
            Err(error) => return Err(unavailable(error.to_string())),
            Ok(_) if others > 1 => return Err(Self::several()),
            Ok(_) => {}
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
    fn touch_nobody(&self) -> Result<(), Cause> {
        let mut session = self.session();
        let Some(dn) = session.nobody.clone() else {
            return Err(Cause::Unsafe(format!(
                "the entry {NOBODY} is missing, which stands for everybody without a record"
            )));
        };
        let value = at::placeholder_value(Version::new()?);
        let changes = [Change { kind: Kind::Replace, attribute: at::STATE, values: vec![&value] }];
        let modify = Request::Modify { dn: &dn, changes: &changes };
        let asked = session.over(&self.directory, |connection| {
            connection.ask("write to the entry", &modify)?.succeeded("write to the entry")
        });
        asked.map(|_| ()).map_err(|error| unavailable(error.to_string()))
    }

    fn each(&self, take: &mut dyn FnMut(Person<'_>)) -> Result<(), Cause> {
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
            let mut each = |entry: &crate::message::FoundEntry<'_>| {
                let (entry, wrong) = Entry::read(entry, attribute)?;
                hand_on(&entry, wrong, take);
                Ok(())
            };
            let asked = session.over(directory, |connection| {
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

    /// Makes changes to the entry that was read last, which `condition` makes conditional.
    fn modify(&self, session: &mut Session, changes: &[Change<'_>]) -> Result<(), WriteError> {
        let Some(entry) = &session.entry else {
            let why = format!("has no entry: nothing below {} has this name", self.directory.base);
            return Err(WriteError::Failed(Cause::Unsafe(why)));
        };
        let dn = entry.dn.clone();
        let modify = Request::Modify { dn: &dn, changes };
        match session.over(&self.directory, |connection| connection.ask("write to the entry", &modify)) {
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
        let is_anothers = |record: &Record| record.enrollment.user.as_str() != name;
        if entry.names.len() > 1
            && record.as_ref().is_ok_and(|record| record.as_ref().is_some_and(is_anothers))
        {
            continue;
        }
        let is_invited = entry.value(at::INVITATION).is_some();
        take(Person { name, dn: &entry.dn, record, is_invited });
    }
}

fn replace<'v>(attribute: &'v str, value: Option<&'v [u8]>) -> Change<'v> {
    Change { kind: Kind::Replace, attribute, values: value.into_iter().collect() }
}

/// This value in the place of that one, if that is still there.
fn exchange<'v>(attribute: &'v str, old: Option<&'v [u8]>, new: Option<&'v [u8]>) -> Vec<Change<'v>> {
    let delete = old.map(|old| Change { kind: Kind::Delete, attribute, values: vec![old] });
    let add = new.map(|new| Change { kind: Kind::Add, attribute, values: vec![new] });
    delete.into_iter().chain(add).collect()
}

/// What is written of a record: texts of the attributes, so that changes can refer to them.
struct Written {
    state: Vec<u8>,
    enrollment: String,
    length: String,
    period: String,
    step: String,
}

impl Written {
    fn of(record: &Record, version: Version, step: Step) -> Self {
        let Record { enrollment, state } = record;
        Self {
            state: at::state_value(enrollment, state, version),
            enrollment: at::enrollment_value(enrollment),
            length: enrollment.key.digits().count().to_string(),
            period: enrollment.key.period().seconds().to_string(),
            step: step.0.to_string(),
        }
    }

    /// The values of [`OF_ENROLLMENT`], but for the last: a drift is slapo-otp's to write.
    fn of_enrollment<'v>(&'v self, enrollment: &'v Enrollment, entry: &'v Entry) -> [&'v [u8]; 6] {
        [
            self.enrollment.as_bytes(),
            enrollment.key.secret().bytes(),
            self.length.as_bytes(),
            at::algorithm_oid(enrollment.key.algorithm()).as_bytes(),
            self.period.as_bytes(),
            entry.dn.as_bytes(),
        ]
    }
}

/// The classes of an entry that holds a record.
const CLASSES: [&str; 3] = [at::USER_CLASS, at::TOKEN_CLASS, at::PARAMETERS_CLASS];

/// Gives an entry the classes of a record that it has not.
fn missing_classes(entry: &Entry) -> Vec<Change<'static>> {
    let missing = CLASSES.into_iter().filter(|class| !entry.has_class(class));
    let add = |class: &'static str| Change {
        kind: Kind::Add,
        attribute: at::OBJECT_CLASS,
        values: vec![class.as_bytes()],
    };
    missing.map(add).collect()
}

/// Writes an attribute of an enrollment. What slapo-otp has enrolled at this very moment is not written over.
fn write<'v>(old: &Entry, attribute: &'v str, value: &'v [u8]) -> Change<'v> {
    let is_guard = attribute == at::SECRET && old.value(attribute).is_none();
    match is_guard {
        true => Change { kind: Kind::Add, attribute, values: vec![value] },
        false => replace(attribute, Some(value)),
    }
}

/// The attributes that an enrollment has beside its state.
const OF_ENROLLMENT: [&str; 7] =
    [at::ENROLLMENT, at::SECRET, at::LENGTH, at::ALGORITHM, at::PERIOD, at::PARAMETERS, at::DRIFT];

impl LdapEntry {
    /// Writes a record in the place of the one that was read, or of none.
    fn put(&self, read: Option<Version>, record: &Record, version: Version) -> Result<(), WriteError> {
        let mut session = self.session();
        let Some(entry) = session.entry.clone() else { return self.modify(&mut session, &[]) };
        let present = entry.record().map_err(WriteError::Failed)?;
        if present.as_ref().map(|(_, version)| *version) != read {
            return Err(WriteError::LostRace);
        }
        self.write_record(&mut session, entry, present.map(|(present, _)| present), record, version)
    }

    /// Writes a record in the place of what the entry has.
    fn write_record(
        &self,
        session: &mut Session,
        mut entry: Entry,
        present: Option<Record>,
        record: &Record,
        version: Version,
    ) -> Result<(), WriteError> {
        let last = entry.last_step().map_err(WriteError::Failed)?;
        let Record { enrollment, state } = record;
        let is_new = present.as_ref().is_none_or(|present| !present.enrollment.is_same(enrollment));
        let step = match last {
            // A step of another secret says nothing of this one; of this one, none is ever free again.
            Some(last) if !is_new => last.max(state.used.upto),
            _ => state.used.upto,
        };
        let written = Written::of(record, version, step);
        let old = entry.clone();
        let mut changes = missing_classes(&old);
        changes.extend(exchange(at::STATE, old.value(at::STATE), Some(&written.state)));
        for (attribute, value) in OF_ENROLLMENT.into_iter().zip(written.of_enrollment(enrollment, &old)) {
            if old.value(attribute) != Some(value) {
                changes.push(write(&old, attribute, value));
                entry.note(attribute, Some(value));
            }
        }
        // The drift that slapo-otp has noted is that of the former device.
        if is_new && old.value(at::DRIFT).is_some() {
            changes.push(replace(at::DRIFT, None));
            entry.note(at::DRIFT, None);
        }
        if last != Some(step) {
            changes.extend(exchange(at::LAST_STEP, old.value(at::LAST_STEP), Some(written.step.as_bytes())));
            entry.note(at::LAST_STEP, Some(written.step.as_bytes()));
        }
        self.modify(session, &changes)?;
        entry.note(at::STATE, Some(&written.state));
        CLASSES.into_iter().for_each(|class| entry.note_class(class, true));
        session.entry = Some(entry);
        Ok(())
    }

    /// Removes the record, whatever state it is in, if that is still the one that was read.
    fn clear(&self, session: &mut Session) -> Result<(), WriteError> {
        let Some(old) = session.entry.clone() else { return Err(WriteError::Failed(Cause::NotEnrolled)) };
        let mut changes = exchange(at::STATE, old.value(at::STATE), None);
        let present = OF_ENROLLMENT.into_iter().chain([at::LAST_STEP]);
        changes.extend(
            present.filter(|attribute| old.value(attribute).is_some()).map(|name| replace(name, None)),
        );
        // A window that somebody else has put there belongs to the class that goes.
        changes.push(replace(at::WINDOW, None));
        if old.has_class(at::PARAMETERS_CLASS) {
            let values = vec![at::PARAMETERS_CLASS.as_bytes()];
            changes.push(Change { kind: Kind::Delete, attribute: at::OBJECT_CLASS, values });
        }
        self.modify(session, &changes)?;
        session.entry = None;
        Ok(())
    }
}

impl Conditional<Record> for LdapEntry {
    fn read(&self) -> Result<Option<(Record, Version)>, Cause> {
        self.find()?;
        self.session().entry.as_ref().map_or(Ok(None), Entry::record)
    }

    fn write(&self, read: Option<Version>, new: Option<(&Record, Version)>) -> Result<(), WriteError> {
        match new {
            Some((record, version)) => self.put(read, record, version),
            None => {
                let mut session = self.session();
                if session.entry.as_ref().and_then(Entry::version) != read {
                    return Err(WriteError::LostRace);
                }
                self.clear(&mut session)
            }
        }
    }
}

impl Conditional<Invitation> for LdapEntry {
    fn read(&self) -> Result<Option<(Invitation, Version)>, Cause> {
        self.find()?;
        self.session().entry.as_ref().map_or(Ok(None), Entry::invitation)
    }

    fn write(&self, read: Option<Version>, new: Option<(&Invitation, Version)>) -> Result<(), WriteError> {
        let mut session = self.session();
        let Some(mut entry) = session.entry.clone() else { return self.modify(&mut session, &[]) };
        let present = entry.invitation().map_err(WriteError::Failed)?;
        if present.map(|(_, version)| version) != read {
            return Err(WriteError::LostRace);
        }
        let old = entry.clone();
        let value = new.map(|(invitation, version)| at::invitation_value(invitation, version));
        let mut changes = exchange(at::INVITATION, old.value(at::INVITATION), value.as_deref());
        if value.is_some() && !entry.has_class(at::USER_CLASS) {
            let values = vec![at::USER_CLASS.as_bytes()];
            changes.insert(0, Change { kind: Kind::Add, attribute: at::OBJECT_CLASS, values });
            entry.note_class(at::USER_CLASS, true);
        }
        self.modify(&mut session, &changes)?;
        entry.note(at::INVITATION, value.as_deref());
        session.entry = Some(entry);
        Ok(())
    }
}

impl UserEntry for LdapEntry {
    type Link = NoLinks;

    fn location(&self) -> Location {
        let Directory { base, user_attribute, .. } = &*self.directory;
        Location::Dn(format!("{user_attribute}={},{base}", self.user))
    }

    fn link(&self) -> NoLinks {
        NoLinks(self.location())
    }
}

impl LdapUser {
    fn entry(&self) -> &LdapEntry {
        &self.0.entry
    }

    /// Writes for this user, who has no record, as much as an attempt of somebody writes who has one.
    ///
    /// # Errors
    /// Nothing can be written.
    pub fn touch_nobody(&self) -> Result<(), StoreError> {
        self.at(self.entry().touch_nobody())
    }

    fn at<T>(&self, done: Result<T, Cause>) -> Result<T, StoreError> {
        done.map_err(|cause| StoreError { location: self.location(), cause })
    }

    /// Writes a new state where there is none that can be read.
    fn rewrite(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), Cause> {
        let mut session = self.entry().session();
        let entry = session.entry.clone().ok_or(Cause::NotEnrolled)?;
        let enrollment = entry.enrollment()?;
        let record = Record { state: state(&enrollment, None), enrollment };
        let present = Some(record.clone());
        let written = self.entry().write_record(&mut session, entry, present, &record, Version::new()?);
        written.map_err(cause_of)
    }
}

/// Why a write was not made that is not tried again.
fn cause_of(error: WriteError) -> Cause {
    match error {
        WriteError::LostRace => Cause::Busy { waited: 0, holder: None },
        WriteError::Failed(cause) | WriteError::NoAnswer(cause) => cause,
    }
}

impl UserStore for LdapUser {
    type Reader = ();
    type Invitation = ConditionalUser<LdapEntry>;
    type Link = NoLinks;

    fn user(&self) -> &UserName {
        &self.0.user
    }

    fn location(&self) -> Location {
        self.0.location()
    }

    fn load_by(&self, reader: &mut ()) -> Result<Record, StoreError> {
        self.0.load_by(reader)
    }

    fn transact_charged<P, T>(
        &self,
        charge: impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        compare: impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<T, StoreError> {
        self.0.transact_charged(charge, compare)
    }

    fn create(
        &self,
        enrollment: &Enrollment,
        state: &State,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        self.0.create(enrollment, state, still_holds)
    }

    fn replace<E>(
        &self,
        decide: impl FnMut(&Record) -> Result<(Enrollment, State), E>,
    ) -> Result<Result<(), E>, StoreError> {
        self.0.replace(decide)
    }

    fn replace_recovery_codes(
        &self,
        proved: Option<&Enrollment>,
        recovery: &RecoveryCodes,
    ) -> Result<(), StoreError> {
        self.0.replace_recovery_codes(proved, recovery)
    }

    fn repair(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), StoreError> {
        match self.0.repair(&state) {
            Err(StoreError { cause: Cause::Damaged(_), .. }) => self.at(self.rewrite(state)),
            repaired => repaired,
        }
    }

    fn remove(&self, proved: Option<&Enrollment>) -> Result<(), StoreError> {
        match self.0.remove(proved) {
            Err(StoreError { cause: Cause::Damaged(_), .. }) if proved.is_none() => {
                let mut session = self.entry().session();
                self.at(self.entry().clear(&mut session).map_err(cause_of))
            }
            removed => removed,
        }
    }

    fn rename_to(&self, new: &Self) -> Result<(), StoreError> {
        self.0.rename_to(&new.0)
    }

    fn invitation(&self) -> Self::Invitation {
        self.0.clone()
    }

    fn link(&self) -> NoLinks {
        self.0.link()
    }
}

impl UnknownUserStore for LdapUnknownUsers {
    fn refuse<P, T>(
        &self,
        name: &str,
        policy: &ThrottlePolicy,
        charge: impl FnMut(&Enrollment, &State) -> (State, P),
        compare: impl FnOnce(&Enrollment, P) -> T,
    ) -> Result<T, StoreError> {
        let user = UserName::parse(name).or_else(|_| UserName::parse(NOBODY));
        let no_name = |_| StoreError {
            location: Location::Dn(self.store.0.base.clone()),
            cause: Cause::Damaged("no name for nobody"),
        };
        self.store.touch_nobody(&user.map_err(no_name)?)?;
        self.failures.refuse(name, policy, charge, compare)
    }
}

impl Store for LdapStore {
    type User = LdapUser;
    type UnknownUsers = LdapUnknownUsers;

    fn unknown_users(&self) -> LdapUnknownUsers {
        LdapUnknownUsers { store: self.clone(), failures: UnknownUsers::system() }
    }

    fn user(&self, account: &Account) -> LdapUser {
        self.of(&account.name)
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, StoreError> {
        let mut all = Vec::new();
        self.each(&mut |person| {
            let listed = |item| Listed {
                item,
                owner: Owner::Name(person.name.to_owned()),
                location: Location::Dn(person.dn.to_owned()),
            };
            if !matches!(person.record, Ok(None)) {
                all.push(listed(Item::Record));
            }
            if person.is_invited {
                all.push(listed(Item::Invitation));
            }
        })?;
        Ok(Some(all))
    }
}
