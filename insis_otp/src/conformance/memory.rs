//! A store in memory, with conditional writes and the faults of a connection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::unistd::{getegid, geteuid};

use super::{Connection, Fate, Fault, MemoryUnknownUsers, Subject};
use crate::identity::Identity;
use crate::oath::UnixTime;
use crate::record::UserName;
use crate::store::conditional::{Conditional, ConditionalUser, UserEntry, Version, WriteError};
use crate::store::{
    Account, Cause, Invitation, Item, Link, LinkMaker, LinkStatus, LinkStore, Listed, Location, Owner,
    Record, StillHolds, Store, StoreError,
};

/// A store in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    records: Table<Record>,
    invitations: Table<Invitation>,
    links: BTreeMap<UserName, Link>,
    /// Users whose part cannot be written.
    broken: BTreeSet<UserName>,
    unknown_users: MemoryUnknownUsers,
    /// How many more writes lose their race.
    races: u32,
    /// Which of the next writes gets no answer, and what becomes of it.
    unanswered: Option<(u32, Fate)>,
    /// A record that is read once more, though there is a newer one.
    lagging: Option<(Record, Version)>,
    /// Whether the next record that is written is to be read like that after the one that comes next.
    lags: bool,
    /// What it does wrong on purpose.
    flaw: Option<Flaw>,
}

type Table<T> = BTreeMap<UserName, (T, Version)>;

/// What a store does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Whoever writes last wins, whatever they have read.
    LastWriterWins,
    /// A lost race is the end of it.
    GivesUp,
    /// No answer is taken for none having been written.
    NoAnswerIsNo,
    /// No answer is taken for a yes.
    NoAnswerIsYes,
}

/// What is kept of one user.
#[derive(Clone, Debug)]
pub struct MemoryEntry {
    store: MemoryStore,
    user: UserName,
}

impl MemoryStore {
    /// One that does something wrong on purpose.
    #[must_use]
    pub fn with(flaw: Flaw) -> Self {
        let store = Self::default();
        store.contents().flaw = Some(flaw);
        store
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// What is to become of the next write.
    fn fault(&mut self, user: &UserName) -> Result<Option<Fate>, WriteError> {
        let broken = || Cause::Os { action: "write", error: std::io::ErrorKind::Unsupported.into() };
        if self.broken.contains(user) {
            return Err(WriteError::Failed(broken()));
        }
        if self.races > 0 {
            self.races -= 1;
            return Err(lost_race(self.flaw));
        }
        match self.unanswered {
            Some((0, fate)) => {
                self.unanswered = None;
                Ok(Some(fate))
            }
            Some((writes, fate)) => {
                self.unanswered = Some((writes - 1, fate));
                Ok(None)
            }
            None => Ok(None),
        }
    }
}

fn write<T: Clone>(
    table: &mut Table<T>,
    user: &UserName,
    read: Option<Version>,
    new: Option<(&T, Version)>,
    flaw: Option<Flaw>,
) -> Result<(), WriteError> {
    let present = table.get(user).map(|(_, version)| *version);
    if present != read && flaw != Some(Flaw::LastWriterWins) {
        return Err(lost_race(flaw));
    }
    match new {
        Some((value, version)) => _ = table.insert(user.clone(), (value.clone(), version)),
        None => _ = table.remove(user),
    }
    Ok(())
}

fn lost_race(flaw: Option<Flaw>) -> WriteError {
    match flaw {
        Some(Flaw::GivesUp) => WriteError::Failed(Cause::Busy { waited: 0, holder: None }),
        _ => WriteError::LostRace,
    }
}

/// What is heard of a write that gets no answer.
fn no_answer(flaw: Option<Flaw>) -> Result<(), WriteError> {
    let cause = Cause::Os { action: "write", error: std::io::ErrorKind::ConnectionReset.into() };
    match flaw {
        Some(Flaw::NoAnswerIsYes) => Ok(()),
        Some(Flaw::NoAnswerIsNo) => Err(WriteError::Failed(cause)),
        _ => Err(WriteError::NoAnswer(cause)),
    }
}

impl Conditional<Record> for MemoryEntry {
    fn read(&self) -> Result<Option<(Record, Version)>, Cause> {
        let mut contents = self.store.contents();
        let lagging = contents.lagging.take();
        let found = lagging.or_else(|| contents.records.get(&self.user).cloned());
        if contents.flaw == Some(Flaw::LastWriterWins) {
            drop(contents);
            // So that those who are at it together meet.
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(found)
    }

    fn write(&self, read: Option<Version>, new: Option<(&Record, Version)>) -> Result<(), WriteError> {
        let contents = &mut *self.store.contents();
        let fate = contents.fault(&self.user)?;
        if fate == Some(Fate::Lost) {
            return no_answer(contents.flaw);
        }
        let before = contents.records.get(&self.user).cloned();
        write(&mut contents.records, &self.user, read, new, contents.flaw)?;
        if std::mem::take(&mut contents.lags) {
            contents.lagging.clone_from(&before);
        }
        match fate {
            None | Some(Fate::Lost) => Ok(()),
            Some(Fate::Arrived) => no_answer(contents.flaw),
            Some(Fate::Overwritten) => {
                if let (Some((record, version)), Some((old, _))) =
                    (contents.records.get_mut(&self.user), before)
                {
                    *version = version.next();
                    record.state.failures = old.state.failures + 1;
                }
                no_answer(contents.flaw)
            }
        }
    }
}

impl Conditional<Invitation> for MemoryEntry {
    fn read(&self) -> Result<Option<(Invitation, Version)>, Cause> {
        Ok(self.store.contents().invitations.get(&self.user).cloned())
    }

    fn write(&self, read: Option<Version>, new: Option<(&Invitation, Version)>) -> Result<(), WriteError> {
        let contents = &mut *self.store.contents();
        contents.fault(&self.user)?;
        write(&mut contents.invitations, &self.user, read, new, contents.flaw)
    }
}

impl UserEntry for MemoryEntry {
    type Link = Self;

    fn location(&self) -> Location {
        Location::Dn(format!("uid={},ou=people,dc=example,dc=org", self.user))
    }

    fn link(&self) -> Self {
        self.clone()
    }
}

impl LinkStore for MemoryEntry {
    fn status(&self) -> Result<LinkStatus, StoreError> {
        Ok(match self.store.contents().links.get(&self.user) {
            None => LinkStatus::None,
            Some(Link { made_by: LinkMaker::Administrator, .. }) => LinkStatus::ByAdministrator,
            Some(link) => LinkStatus::Own(link.clone()),
        })
    }

    fn link(
        &self,
        identity: &Identity,
        now: UnixTime,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        self.change(still_holds, |links, user| {
            if links.iter().any(|(other, link)| other != user && link.identity == *identity) {
                return Err(Cause::LinkedElsewhere);
            }
            let link = Link { identity: identity.clone(), linked_at: now, made_by: LinkMaker::Person };
            links.insert(user.clone(), link);
            Ok(())
        })
    }

    fn unlink(&self, still_holds: StillHolds<'_>) -> Result<bool, StoreError> {
        self.change(still_holds, |links, user| Ok(links.remove(user).is_some()))
    }
}

impl MemoryEntry {
    fn change<T>(
        &self,
        still_holds: StillHolds<'_>,
        change: impl FnOnce(&mut BTreeMap<UserName, Link>, &UserName) -> Result<T, Cause>,
    ) -> Result<T, StoreError> {
        let changed = still_holds().and_then(|()| {
            let links = &mut self.store.contents().links;
            match links.get(&self.user).map(|link| link.made_by) {
                Some(LinkMaker::Administrator) => Err(Cause::LinkedByAdministrator),
                _ => change(links, &self.user),
            }
        });
        changed.map_err(|cause| StoreError { location: self.location(), cause })
    }
}

impl Store for MemoryStore {
    type User = ConditionalUser<MemoryEntry>;
    type UnknownUsers = MemoryUnknownUsers;

    fn user(&self, account: &Account) -> Self::User {
        let user = account.name.clone();
        ConditionalUser { user: user.clone(), entry: MemoryEntry { store: self.clone(), user } }
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, StoreError> {
        let contents = self.contents();
        let listed = |item, user: &UserName| Listed {
            item,
            owner: Owner::Name(user.to_string()),
            location: MemoryEntry { store: self.clone(), user: user.clone() }.location(),
        };
        let records = contents.records.keys().map(|user| listed(Item::Record, user));
        let invitations = contents.invitations.keys().map(|user| listed(Item::Invitation, user));
        Ok(Some(records.chain(invitations).collect()))
    }

    fn unknown_users(&self) -> MemoryUnknownUsers {
        self.contents().unknown_users.clone()
    }
}

impl Subject for MemoryStore {
    type Store = Self;
    const LISTS: bool = true;

    fn store(&self) -> &Self {
        self
    }

    fn account(&self, name: UserName) -> Account {
        Account { name, uid: geteuid(), gid: getegid(), home: "/nonexistent".into() }
    }

    fn break_writes(&self, account: &Account) {
        self.contents().broken.insert(account.name.clone());
    }
}

impl Connection for MemoryStore {
    fn inject(&self, fault: Fault) {
        let mut contents = self.contents();
        match fault {
            Fault::LosesRaces(count) => contents.races = count,
            Fault::NoAnswer(writes, fate) => contents.unanswered = Some((writes, fate)),
            Fault::Lags => contents.lags = true,
        }
    }
}
