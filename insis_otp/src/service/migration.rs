//! Moving a record from one store to another, so that no code opens a login in both, and nothing is lost on the way.
//!
//! 1. The record is written to a journal: a secret file of its own, on this host. It is read back and compared.
//! 2. A copy is made in the other store that is [closed](State::closed): it has everything but a state in which anything is
//!    accepted. It is read back and compared.
//! 3. The source is closed, if all that is lost by that is as it was noted; if somebody has used a code meanwhile, it goes on at
//!    1 with what there is now. Failures and delays stay in the closed source, and so are not lost either.
//! 4. The copy gets the state of the source, if it is still closed. It is read back: from here on it lets people in.
//! 5. The journal and the source are removed.
//!
//! At every moment one of them at the most accepts anything, and the record is complete in one of them. Whatever ends the
//! program, the next one finds where it was from what is open and what is closed. A closed record stays where people are still
//! asked for it: without one, a site that lets people in who have not enrolled would let them in without a code.

use super::{FleetClient, Transfer, Transferred};
use crate::store::{Cause, Location, Record, SecretFile, StoreError, UserStore};
#[cfg(doc)]
use crate::verify::State;

/// How often a record that is in use is copied anew.
const ROUNDS: usize = 20;

/// A store as one of the two that a record is moved between: one user's part of it.
pub trait Side {
    /// What there is.
    ///
    /// # Errors
    /// It cannot be read.
    fn load(&self) -> Result<Option<Record>, StoreError>;

    /// Does one of the steps of a move, if what is there allows it. Returns whether it did.
    ///
    /// # Errors
    /// It cannot be read or written.
    fn change(&self, change: &Change) -> Result<bool, StoreError>;

    /// Where it is.
    fn location(&self) -> Location;
}

/// A step of a move.
#[derive(Clone, Debug)]
pub enum Change {
    /// Writes this record, closed, where there is none or a closed one.
    Place(Record),
    /// Closes the record, if it is this one, but for what stays in a closed one: failures, delays, drift.
    Close(Record),
    /// Writes this record in the place of a closed one of the same device.
    Open(Record),
    /// Removes a record that is closed, or finds none.
    Clear,
}

impl<S: UserStore> Side for S {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        match UserStore::load(self) {
            Ok(record) => Ok(Some(record)),
            Err(error) if error.is_not_enrolled() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn change(&self, change: &Change) -> Result<bool, StoreError> {
        let replace = |allows: &dyn Fn(&Record) -> bool, new: &dyn Fn(&Record) -> Record| {
            let replaced = self.replace(|present| match allows(present) {
                true => {
                    let Record { enrollment, state } = new(present);
                    Ok((enrollment, state))
                }
                false => Err(()),
            });
            replaced.map(|replaced| replaced.is_ok())
        };
        let is_closed = |present: &Record| present.state.is_closed();
        let done = match change {
            Change::Place(record) => {
                let closed = record.closed();
                match self.create(&closed.enrollment, &closed.state, &|| Ok(())) {
                    Err(StoreError { cause: Cause::Exists, .. }) => replace(&is_closed, &|_| closed.clone()),
                    created => created.map(|()| true),
                }
            }
            Change::Close(noted) => replace(&|present| present.closes_as(noted), &Record::closed),
            Change::Open(record) => {
                let same = |present: &Record| present.enrollment.is_same(&record.enrollment);
                replace(&|present| is_closed(present) && same(present), &|_| record.clone())
            }
            Change::Clear => match Side::load(self)? {
                Some(closed) if is_closed(&closed) => self.remove(Some(&closed.enrollment)).map(|()| true),
                present => Ok(present.is_none()),
            },
        };
        match done {
            Err(error) if error.is_not_enrolled() => Ok(false),
            done => done,
        }
    }

    fn location(&self) -> Location {
        UserStore::location(self)
    }
}

impl Side for FleetClient {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        match self.transferred(Transfer::Load)? {
            Transferred::Record(record) => Ok(record.map(|record| record.0)),
            other => Err(self.failed(other)),
        }
    }

    fn change(&self, change: &Change) -> Result<bool, StoreError> {
        match self.transferred(Transfer::Change(Box::new(change.clone())))? {
            Transferred::Changed(changed) => Ok(changed),
            other => Err(self.failed(other)),
        }
    }

    fn location(&self) -> Location {
        Location::Dn(self.user().to_string())
    }
}

impl FleetClient {
    fn transferred(&self, transfer: Transfer) -> Result<Transferred, StoreError> {
        let failed = |error: super::HelperError| self.cause(Cause::Unsafe(error.to_string()));
        self.transfer(transfer).map_err(failed)
    }

    fn failed(&self, answer: Transferred) -> StoreError {
        match answer {
            Transferred::Failed(why) => self.cause(Cause::Unsafe(why)),
            _ => self.cause(Cause::Damaged("otp-fleet answers something else")),
        }
    }

    fn cause(&self, cause: Cause) -> StoreError {
        StoreError { location: Side::location(self), cause }
    }
}

/// A move from one store to another.
#[derive(Debug)]
pub struct Migration<'a, F, T> {
    /// Where the record is.
    pub from: &'a F,
    /// Where it is going to be.
    pub to: &'a T,
    /// What is kept on this host until it is there.
    pub journal: &'a SecretFile,
    /// Whether nobody is asked any more for what is left where it was, so that it can go.
    pub clears: bool,
}

/// What was done, or is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was moved, or would be.
    Now,
    /// A move was ended that somebody else had begun.
    Resumed,
    /// It was there already.
    Before,
    /// There is nothing to move.
    Nothing,
}

/// Why a record stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// One of the stores, or the journal, cannot be used.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// There is another device in the other store.
    #[error("another device is enrolled there")]
    OtherDevice,
    /// The same device is in both, and both accept its codes.
    #[error("the same device is enrolled in both")]
    Both,
    /// Both are closed, and what they were is not known on this host.
    #[error("a move was begun on another host, or to elsewhere")]
    Elsewhere,
    /// What was read back is not what was written.
    #[error("what was read back is not what was written")]
    NotProved,
    /// Somebody always tried a code meanwhile.
    #[error("it is in use")]
    InUse,
}

/// What is to be done next.
enum Step {
    Copy(Record),
    Open(Record),
    Clear(Moved),
    Discard,
}

impl<F: Side, T: Side> Migration<'_, F, T> {
    /// What would be done.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn plan(&self) -> Result<Moved, MigrationError> {
        Ok(match self.step()? {
            Step::Copy(_) => Moved::Now,
            Step::Open(_) => Moved::Resumed,
            Step::Clear(moved) => moved,
            Step::Discard => Moved::Nothing,
        })
    }

    /// Moves it, or ends a move that was begun.
    ///
    /// # Errors
    /// It is where it was; or, once the source was closed, the same again goes on from there.
    pub fn run(&self) -> Result<Moved, MigrationError> {
        match self.step()? {
            Step::Copy(source) => self.copy(source),
            Step::Open(record) => self.open(&record, Moved::Resumed),
            Step::Clear(moved) => self.clear(moved),
            Step::Discard => self.discard(),
        }
    }

    fn step(&self) -> Result<Step, MigrationError> {
        let (source, copy) = (self.from.load()?, self.to.load()?);
        let is_open = |record: &Record| !record.state.is_closed();
        let same = |one: &Record, other: &Record| one.enrollment.is_same(&other.enrollment);
        match (source, copy) {
            (Some(source), Some(copy)) if is_open(&source) && is_open(&copy) => {
                Err(if same(&source, &copy) { MigrationError::Both } else { MigrationError::OtherDevice })
            }
            (Some(source), _) if is_open(&source) => Ok(Step::Copy(source)),
            (_, Some(copy)) if is_open(&copy) => Ok(Step::Clear(Moved::Before)),
            (Some(source), Some(copy)) => {
                let noted = self.noted()?.filter(|noted| same(noted, &source) && same(noted, &copy));
                noted.map(|noted| Step::Open(source.reopened(&noted))).ok_or(MigrationError::Elsewhere)
            }
            // A copy that is gone was removed by somebody: it must not come back.
            (Some(_), None) => Err(MigrationError::Elsewhere),
            // The source was removed while its move was interrupted.
            (None, Some(copy)) if self.noted()?.is_some_and(|noted| same(&noted, &copy)) => Ok(Step::Discard),
            (None, _) => Ok(Step::Clear(Moved::Nothing)),
        }
    }

    fn copy(&self, mut source: Record) -> Result<Moved, MigrationError> {
        for _ in 0..ROUNDS {
            self.note(&source)?;
            if !self.to.change(&Change::Place(source.clone()))? {
                return Err(MigrationError::InUse);
            }
            let copy = self.to.load()?.filter(|copy| copy.is_closed_copy_of(&source));
            copy.ok_or(MigrationError::NotProved)?;
            let closed = self.from.change(&Change::Close(source.clone()))?;
            match self.from.load()? {
                Some(now) if closed && now.state.is_closed() => {
                    return self.open(&now.reopened(&source), Moved::Now);
                }
                Some(now) if !closed && !now.state.is_closed() => source = now,
                Some(_) => return Err(MigrationError::InUse),
                // Whose it is has removed it.
                None => return self.discard(),
            }
        }
        Err(MigrationError::InUse)
    }

    fn noted(&self) -> Result<Option<Record>, MigrationError> {
        Ok(Side::load(self.journal)?)
    }

    /// Writes the journal, and sees that it is there.
    fn note(&self, record: &Record) -> Result<(), MigrationError> {
        let Record { enrollment, state } = record;
        match self.journal.remove() {
            Err(error) if !error.is_not_enrolled() => return Err(error.into()),
            _ => self.journal.create(enrollment, state)?,
        }
        let is_noted = self.noted()?.is_some_and(|noted| noted.is_equal(record));
        if is_noted { Ok(()) } else { Err(MigrationError::NotProved) }
    }

    /// Lets people in by the copy.
    fn open(&self, record: &Record, moved: Moved) -> Result<Moved, MigrationError> {
        self.to.change(&Change::Open(record.clone()))?;
        match self.to.load()? {
            Some(copy) if copy.state.is_closed() => Err(MigrationError::InUse),
            // Somebody may have logged in there already.
            Some(copy) if copy.has_all_of(record) => self.clear(moved),
            Some(_) => Err(MigrationError::NotProved),
            None => Err(MigrationError::Elsewhere),
        }
    }

    fn discard(&self) -> Result<Moved, MigrationError> {
        self.to.change(&Change::Clear)?;
        self.clear(Moved::Nothing)
    }

    /// The journal goes first: what it has is of no use any more, and would bring back what is removed from now on.
    fn clear(&self, moved: Moved) -> Result<Moved, MigrationError> {
        match self.journal.remove() {
            Err(error) if !error.is_not_enrolled() => return Err(error.into()),
            _ => {}
        }
        if self.clears {
            self.from.change(&Change::Clear)?;
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests;
