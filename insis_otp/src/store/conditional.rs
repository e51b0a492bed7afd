//! A store in which nothing can be locked: each write is conditional, *this value instead of the one that was read*.
//!
//! That is what a directory offers. A store of that kind has to be able to do no more than [`Conditional`] for what it
//! keeps of one user, and to have [`ConditionalUser`] decide.
//!
//! How often a lost race is run again is bounded by time where the store has a deadline. Five rounds are few where many try the
//! same person's codes at once: the owner among them would be told that the record is in use.

mod lost_round;
#[cfg(test)]
mod tests;
mod version;

use std::thread::sleep;
use std::time::{Duration, Instant};

use self::lost_round::{LostRound, Marks};
pub use self::version::Version;
use super::{
    Cause, Charge, Decision, Invitation, InvitationRefusal, InvitationStore, LinkStore, Location, Record,
    StillHolds, StoreError, UserStore, Write, check_proof,
};
use crate::oath::{RecoveryCode, Salt, UnixTime};
use crate::record::{Enrollment, UserName};
use crate::verify::{GivenBack, Kept, State};

/// How often a transaction is begun in any case, as long as it loses races; more often while there is time.
pub const ROUNDS: u32 = 5;

/// After so many lost races, pauses become no longer.
const MOST_PAUSES: u32 = 16;

/// Something of one user's that can be read, and written on a condition.
pub trait Conditional<T> {
    /// What is there, if anything is, as the server has it to which writes go.
    ///
    /// # Errors
    /// It cannot be read, or it is not certain that this is the last value.
    fn read(&self) -> Result<Option<(T, Version)>, Cause>;

    /// Writes, or removes, what is still there as it was read: nothing, or something with this mark. It is durable when
    /// this returns.
    ///
    /// # Errors
    /// What is there now, or will be, is not only what was to be written.
    fn write(&self, read: Option<Version>, new: Option<(&T, Version)>) -> Result<(), WriteError>;
}

/// Why a conditional write was not made, or is not known to have been.
#[derive(Debug)]
pub enum WriteError {
    /// Something else is there than what was read: somebody was faster. Nothing was written.
    LostRace,
    /// Nothing was written.
    Failed(Cause),
    /// There was no answer: it may have been written.
    NoAnswer(Cause),
}

/// All that is kept of one user.
pub trait UserEntry: Conditional<Record> + Conditional<Invitation> + Clone {
    /// The link.
    type Link: LinkStore;

    /// Where it is.
    fn location(&self) -> Location;

    /// Until when a transaction is begun anew that has lost as many races as any may. Of all who are at it together, each round
    /// lets one of them get to its end: whoever goes on for some time is served, however many there are.
    fn until(&self) -> Option<Instant> {
        None
    }

    /// The person's own link. What is unique in the whole store is nothing of one user's alone.
    fn link(&self) -> Self::Link;
}

/// One user's part of a store with conditional writes.
#[derive(Clone, Debug)]
pub struct ConditionalUser<E> {
    /// Whose it is.
    pub user: UserName,
    /// What is kept of them.
    pub entry: E,
}

/// Reads and has decided what is there, until a decision has lost no race (`None`).
fn rounds<T, A, E: UserEntry + Conditional<T>>(
    entry: &E,
    mut round: impl FnMut(Option<(T, Version)>) -> Result<Option<A>, Cause>,
) -> Result<A, Cause> {
    let has_time = || entry.until().is_some_and(|until| Instant::now() < until);
    let mut lost = 0;
    while lost < ROUNDS || has_time() {
        // So that those who are at it together do not meet again.
        let random = Version::new()?.write % 8;
        sleep(Duration::from_millis(u64::from(lost.min(MOST_PAUSES)) * random));
        lost += 1;
        if let Some(answer) = round(entry.read()?)? {
            return Ok(answer);
        }
    }
    Err(Cause::Busy { waited: 0, holder: None })
}

/// Writes what was decided; returns its mark, or `None` when the race is lost.
fn compare_and_write<T>(
    entry: &impl Conditional<T>,
    read: Option<Version>,
    new: Option<&T>,
) -> Result<Option<Version>, Cause> {
    write_as(Version::new()?, entry, read, new)
}

/// The same, with this mark. Where there is no answer, what is there tells: what was written here and nothing else.
fn write_as<T>(
    version: Version,
    entry: &impl Conditional<T>,
    read: Option<Version>,
    new: Option<&T>,
) -> Result<Option<Version>, Cause> {
    match entry.write(read, new.map(|new| (new, version))) {
        Ok(()) => Ok(Some(version)),
        Err(WriteError::LostRace) => Ok(None),
        Err(WriteError::Failed(cause)) => Err(cause),
        Err(WriteError::NoAnswer(cause)) => match entry.read()? {
            Some((_, found)) if new.is_some() && found == version => Ok(Some(version)),
            None if new.is_none() => Ok(Some(version)),
            _ => Err(cause),
        },
    }
}

impl<E: UserEntry> ConditionalUser<E> {
    /// Charges a guess at the invitation, compares it, and writes what is kept of the invitation when it is right. Returns
    /// what was there before, and the mark of what is there now.
    fn guess(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        after: impl Fn(&Invitation) -> Invitation,
    ) -> Result<Result<(Invitation, Version), InvitationRefusal>, StoreError> {
        self.at(rounds(&self.entry, |found: Option<(Invitation, Version)>| {
            let Some((before, read)) = found else { return Ok(Some(Err(InvitationRefusal::None))) };
            if let Some(refusal) = before.refusal(now) {
                return Ok(Some(Err(refusal)));
            }
            let Some(charged) = compare_and_write(&self.entry, Some(read), Some(&before.charged()))? else {
                return Ok(None);
            };
            if let Err(wrong) = before.compare(code)? {
                return Ok(Some(Err(wrong)));
            }
            let written = compare_and_write(&self.entry, Some(charged), Some(&after(&before)))?;
            Ok(written.map(|version| Ok((before, version))))
        }))
    }

    fn at<T>(&self, done: Result<T, Cause>) -> Result<T, StoreError> {
        done.map_err(|cause| StoreError { location: self.entry.location(), cause })
    }

    /// What is there of this user's.
    fn present(&self, found: Option<(Record, Version)>) -> Result<(Record, Version), Cause> {
        let (record, version) = found.ok_or(Cause::NotEnrolled)?;
        if record.enrollment.user != self.user {
            return Err(Cause::Unsafe("is the record of another user".into()));
        }
        Ok((record, version))
    }
}

impl<E: UserEntry> UserStore for ConditionalUser<E> {
    type Reader = ();
    type Invitation = Self;
    type Link = E::Link;

    fn user(&self) -> &UserName {
        &self.user
    }

    fn location(&self) -> Location {
        self.entry.location()
    }

    fn load_by(&self, (): &mut ()) -> Result<Record, StoreError> {
        self.at(self.entry.read().and_then(|found| self.present(found)).map(|(record, _)| record))
    }

    fn transact_charged<P, T>(
        &self,
        mut charge: impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        mut compare: impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<T, StoreError> {
        let mut lost = None::<LostRound>;
        self.at(rounds(&self.entry, |found| {
            let (record, read) = self.present(found)?;
            let enrollment = &record.enrollment;
            let (before, given_back) = match &lost {
                Some(round) => round.give_back(&record, read),
                None => (record.state.clone(), None),
            };
            let write = |read: Version, state: &State| {
                let version = read.followed_by(Kept::between(&before, state))?;
                let new = Record { enrollment: enrollment.clone(), state: state.clone() };
                write_as(version, &self.entry, Some(read), Some(&new))
            };
            let (version, charged, decision) = match charge(enrollment, &before) {
                Charge::Settled(decision) => (read, None, decision),
                Charge::Due(charged, pending) => {
                    let standing = given_back.filter(|_| charged.is_same_guess_later(&record.state));
                    let version = if standing.is_some() { Some(read) } else { write(read, &charged)? };
                    let Some(version) = version else { return Ok(None) };
                    let marks = standing.unwrap_or(Marks { read, charged: version });
                    (version, Some((charged, marks)), compare(enrollment, pending))
                }
            };
            let Decision { state, write: how, answer } = decision;
            if how == Write::AsCharged || write(version, &state)?.is_some() {
                return Ok(Some(answer));
            }
            if let Some((charged, marks)) = charged {
                let given_back = GivenBack::of(&before, &charged, &state);
                lost = Some(LostRound { given_back, enrollment: enrollment.clone(), marks });
            }
            Ok(None)
        }))
    }

    fn create(
        &self,
        enrollment: &Enrollment,
        state: &State,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        let record = Record { enrollment: enrollment.clone(), state: state.clone() };
        let create = || {
            if Conditional::<Record>::read(&self.entry)?.is_some() {
                return Err(Cause::Exists);
            }
            still_holds()?;
            compare_and_write(&self.entry, None, Some(&record))?.map(|_| ()).ok_or(Cause::Exists)
        };
        self.at(create())
    }

    fn replace<F>(
        &self,
        mut decide: impl FnMut(&Record) -> Result<(Enrollment, State), F>,
    ) -> Result<Result<(), F>, StoreError> {
        self.at(rounds(&self.entry, |found| {
            let (record, version) = self.present(found)?;
            let (enrollment, state) = match decide(&record) {
                Ok(new) => new,
                Err(no) => return Ok(Some(Err(no))),
            };
            Ok(compare_and_write(&self.entry, Some(version), Some(&Record { enrollment, state }))?
                .map(|_| Ok(())))
        }))
    }

    fn repair(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), StoreError> {
        let repaired = self.replace::<Cause>(|record| {
            Ok((record.enrollment.clone(), state(&record.enrollment, Some(&record.state))))
        })?;
        self.at(repaired)
    }

    fn remove(&self, proved: Option<&Enrollment>) -> Result<(), StoreError> {
        self.at(rounds(&self.entry, |found: Option<(Record, Version)>| {
            let (record, version) = found.ok_or(Cause::NotEnrolled)?;
            check_proof(proved, &record.enrollment)?;
            Ok(compare_and_write::<Record>(&self.entry, Some(version), None)?.map(|_| ()))
        }))
    }

    fn rename_to(&self, new: &Self) -> Result<(), StoreError> {
        self.at(rounds(&self.entry, |found| {
            let (record, version) = self.present(found)?;
            let enrollment = Enrollment { user: new.user.clone(), ..record.enrollment };
            new.create(&enrollment, &record.state, &|| Ok(())).map_err(|error| error.cause)?;
            let removed = compare_and_write::<Record>(&self.entry, Some(version), None);
            if !matches!(removed, Ok(Some(_))) {
                // Both would be one too many.
                let _ = new.remove(Some(&enrollment));
            }
            Ok(removed?.map(|_| ()))
        }))
    }

    fn invitation(&self) -> Self {
        self.clone()
    }

    fn link(&self) -> E::Link {
        self.entry.link()
    }
}

impl<E: UserEntry> InvitationStore for ConditionalUser<E> {
    fn issue(&self, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<(), StoreError> {
        let issue = |found: Option<(Invitation, Version)>| {
            if Conditional::<Record>::read(&self.entry)?.is_some() {
                return Err(Cause::Exists);
            }
            let new = Invitation::new(self.user.clone(), code, salt, expires)?;
            Ok(compare_and_write(&self.entry, found.map(|(_, version)| version), Some(&new))?.map(|_| ()))
        };
        self.at(rounds(&self.entry, issue))
    }

    fn check(&self, code: &RecoveryCode, now: UnixTime) -> Result<Result<(), InvitationRefusal>, StoreError> {
        let guessed = self.guess(code, now, Invitation::clone)?;
        Ok(guessed.map(|_| ()))
    }

    fn redeem<T, F>(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        enroll: impl FnOnce(StillHolds<'_>) -> Result<T, F>,
    ) -> Result<Result<Result<T, F>, InvitationRefusal>, StoreError> {
        let taken = self.guess(code, now, Invitation::used)?;
        let (before, used) = match taken {
            Ok(taken) => taken,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let outcome = enroll(&|| match Conditional::<Invitation>::read(&self.entry)? {
            Some((_, version)) if version == used => Ok(()),
            _ => Err(Cause::Unsafe("is not written: the invitation was taken back".into())),
        });
        if outcome.is_err() {
            self.at(compare_and_write(&self.entry, Some(used), Some(&before)))?;
        }
        Ok(Ok(outcome))
    }

    fn withdraw(&self) -> Result<(), StoreError> {
        self.at(rounds(&self.entry, |found: Option<(Invitation, Version)>| match found {
            None => Ok(Some(())),
            Some((_, version)) => {
                Ok(compare_and_write::<Invitation>(&self.entry, Some(version), None)?.map(|_| ()))
            }
        }))
    }
}
