//! What a store is: what everything above it relies on, whatever keeps the records.
//!
//! # What a store promises
//!
//! - **Order.** [`UserStore::transact_charged`] has the charged state written before `compare` is called, and returns an
//!   answer only when the last state has been. Whoever makes a write fail, ends the process or takes the network away, at
//!   any moment, has paid for the guess.
//! - **Durability.** A state that comes with [`Write::Durable`], an enrollment, its removal and what an invitation has
//!   counted outlive a crash of any machine as soon as the call has returned. A charge is at least on its way there.
//! - **One after the other.** Of two transactions on one user's record, whoever makes them and wherever they run, one sees
//!   what the other has written. So a code that opened a login opens no other.
//! - **Decided again.** A transaction that has lost a race reads the record anew and has it decided anew. So the closures
//!   depend on nothing but what was read and the time, change nothing outside, and may be called any number of times;
//!   what they returned before counts for nothing. Each comparison has its own charge before it; where writes are conditional, that
//!   of an attempt which lost a race after its comparison, and had it given back there, may be the one that stands in the record still.
//! - **Never backwards.** A state is only ever replaced by one that was derived from it. A store that finds an older one (a
//!   restored backup, a replica that lags) does not have it decided upon where it can tell.
//! - **No answer is no success.** When it is not known whether a write has arrived, the store looks: what it wrote itself,
//!   found there, is an answer; anything else is an error. An error means that nothing was accepted. It may mean that a
//!   charge was paid, or, for what is not decided by a code, that the change was made all the same: to do it again is safe,
//!   since a second [`create`](UserStore::create) ends with [`Cause::Exists`] and a second removal with
//!   [`Cause::NotEnrolled`].
//!
//! # How it can be kept
//!
//! A secret file is locked for the time of a transaction, and given up to whoever does not want to wait any longer
//! (`publish.rs`). Where nothing can be locked, in a directory, each write is conditional: *this value instead of
//! the one that was read*. If that fails because another value is there, the race is lost, and all begins anew, a bounded
//! number of times.
//!
//! # Users that it has nothing of
//!
//! Whoever looks on from outside must not learn from answers, delays or times which names a store has a record of. So an
//! attempt for any other name is refused by [`UnknownUserStore::refuse`], with as many reads and writes as an attempt
//! takes that is wrong, and with failures of its own that last as long.
//!
//! Whether a store keeps these promises is what the suite `conformance` tests.

use super::{Account, Cause, InvitationRefusal, Link, Location, StoreError};
use crate::identity::Identity;
use crate::oath::{RecoveryCode, RecoveryCodes, Salt, UnixTime};
use crate::record::{Enrollment, UserName};
use crate::verify::{State, ThrottlePolicy};

/// What a store holds of one user.
#[derive(Clone, Debug)]
pub struct Record {
    /// What stays the same from one login to the next.
    pub enrollment: Enrollment,
    /// What changes with every attempt.
    pub state: State,
}

impl Record {
    /// The same record, in a state in which nothing is accepted: [`State::closed`].
    #[must_use]
    pub fn closed(&self) -> Self {
        Self { enrollment: self.enrollment.clone(), state: self.state.closed() }
    }

    /// The closed record as it was before, when this was noted then.
    #[must_use]
    pub fn reopened(&self, noted: &Self) -> Self {
        Self { enrollment: self.enrollment.clone(), state: self.state.reopened(&noted.state) }
    }

    /// Whether all of it is the same.
    #[must_use]
    pub fn is_equal(&self, other: &Self) -> bool {
        self.has_enrollment_of(other) && self.state == other.state
    }

    /// Whether it is open, and nothing is lost by closing it when the other one has been noted.
    #[must_use]
    pub fn closes_as(&self, noted: &Self) -> bool {
        !self.state.is_closed()
            && self.has_enrollment_of(noted)
            && self.state.closed().reopened(&noted.state) == self.state
    }

    /// Whether it is what the other one is when it is closed, whatever was tried on it since.
    #[must_use]
    pub fn is_closed_copy_of(&self, other: &Self) -> bool {
        self.state.is_closed() && self.has_enrollment_of(other)
    }

    /// Whether it is the other one, or what became of it by logins.
    #[must_use]
    pub fn has_all_of(&self, other: &Self) -> bool {
        let (used, of_other) = (self.state.used_recovery, other.state.used_recovery);
        self.has_enrollment_of(other)
            && self.state.used.upto >= other.state.used.upto
            && used & of_other == of_other
    }

    fn has_enrollment_of(&self, other: &Self) -> bool {
        let parts = |record: &Self| {
            let Enrollment { user, entry, recovery, .. } = record.enrollment.clone();
            (user, entry.key.parameters(), entry.issuer, entry.account, recovery)
        };
        self.enrollment.is_same(&other.enrollment) && parts(self) == parts(other)
    }
}

/// What a transaction does before anything is compared.
#[derive(Debug)]
pub enum Charge<P, T> {
    /// Nothing is compared.
    Settled(Decision<T>),
    /// Something is, as soon as this state has been written.
    Due(State, P),
}

/// What a transaction decided.
#[derive(Clone, Debug)]
pub struct Decision<T> {
    /// The state from now on.
    pub state: State,
    /// How it is written.
    pub write: Write,
    /// The answer.
    pub answer: T,
}

/// How a decision is written before anybody learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// What was charged is all that there is to write. It is on its way to the disk.
    AsCharged,
    /// In place; it need not be on the disk yet.
    InPlace,
    /// It is on the disk.
    Durable,
}

/// Whether what an enrollment was begun with still holds; asked when all of it is written but its place.
pub type StillHolds<'a> = &'a dyn Fn() -> Result<(), Cause>;

/// Where a site keeps the records of its users.
pub trait Store {
    /// One user's part of it.
    type User: UserStore;
    /// What it keeps of names that it has no record of.
    type UnknownUsers: UnknownUserStore;

    /// The part of a user. Nothing is opened or asked for before an operation is.
    fn user(&self, account: &Account) -> Self::User;

    /// What there is in it, in no order; `None` where only those who ask for each account learn that.
    ///
    /// # Errors
    /// It cannot be listed now.
    fn list(&self) -> Result<Option<Vec<Listed>>, StoreError>;

    /// The failures of names that it has no record of.
    fn unknown_users(&self) -> Self::UnknownUsers;
}

/// The failures of names that a store has no record of, so that nobody can tell from a delay which names it has one of.
pub trait UnknownUserStore {
    /// Refuses an attempt for this name as [`UserStore::transact_charged`] does one that is wrong: `charge` is given a
    /// placeholder enrollment, whose secret no device has, and the failures of this name; what it says is written before
    /// `compare` compares anything. Nothing is written after that. Where a race is lost, `charge` is called again with
    /// what is there then. `policy` says which failures matter longest, where there is no room for those of all names.
    ///
    /// # Errors
    /// What is kept of unknown users cannot be read or written.
    fn refuse<P, T>(
        &self,
        name: &str,
        policy: &ThrottlePolicy,
        charge: impl FnMut(&Enrollment, &State) -> (State, P),
        compare: impl FnOnce(&Enrollment, P) -> T,
    ) -> Result<T, StoreError>;
}

/// Something that a store holds for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub item: Item,
    /// Whose it is. The user database may know nobody of that name or number.
    pub owner: Owner,
    /// Where it is.
    pub location: Location,
}

/// What a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A record: somebody has enrolled.
    Record,
    /// An invitation to enroll.
    Invitation,
}

/// What a store calls an owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// By name.
    Name(String),
    /// By user id, in digits; as they stand in the store, since they may be none.
    Uid(String),
}

/// One user's part of a store: a record or none, and an invitation or none.
///
/// The functions promise what the head of this module says. Errors carry the user's location in the store.
pub trait UserStore {
    /// What reads many users' records one after the other, and need not begin from nothing for each.
    type Reader: Default;
    /// The invitation.
    type Invitation: InvitationStore;
    /// The link to the identity provider.
    type Link: LinkStore;

    /// Whose it is.
    fn user(&self) -> &UserName;

    /// Where it is.
    fn location(&self) -> Location;

    /// Reads the record, to report on it: nothing may be decided by what was read. [`Cause::NotEnrolled`] means that
    /// somebody looked and there is none, never that the store could not be asked.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be read.
    fn load_by(&self, reader: &mut Self::Reader) -> Result<Record, StoreError>;

    /// The same, for one user.
    ///
    /// # Errors
    /// As for [`Self::load_by`].
    fn load(&self) -> Result<Record, StoreError> {
        self.load_by(&mut Self::Reader::default())
    }

    /// Reads, charges, writes, compares, writes. Nothing is compared before its charge is written, and nobody learns of an
    /// answer before the last state is.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why the record cannot be read or written. Then there was no answer.
    fn transact_charged<P, T>(
        &self,
        charge: impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        compare: impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<T, StoreError>;

    /// Reads, decides, writes, for what compares nothing.
    ///
    /// # Errors
    /// As for [`Self::transact_charged`].
    fn transact<T>(
        &self,
        mut decide: impl FnMut(&Enrollment, &State) -> Decision<T>,
    ) -> Result<T, StoreError> {
        self.transact_charged(
            |enrollment, state| Charge::Settled(decide(enrollment, state)),
            |_, decision: Decision<T>| decision,
        )
    }

    /// Writes a record where there is none, if what allows it still holds when all is done that takes time.
    ///
    /// # Errors
    /// [`Cause::Exists`], or it does not hold, or it cannot be written. Then there is none of it.
    fn create(
        &self,
        enrollment: &Enrollment,
        state: &State,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError>;

    /// Replaces enrollment and state together, or not at all. `decide` sees the present record and says what comes
    /// instead; when it says no, nothing changes. It may be called more than once.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be written. Then the old record stays.
    fn replace<E>(
        &self,
        decide: impl FnMut(&Record) -> Result<(Enrollment, State), E>,
    ) -> Result<Result<(), E>, StoreError>;

    /// Replaces all recovery codes by new ones, and forgets the clients that are remembered; all else
    /// stays. Where a proof was given, only for the enrollment that it was given for.
    ///
    /// # Errors
    /// As for [`Self::replace`].
    fn replace_recovery_codes(
        &self,
        proved: Option<&Enrollment>,
        recovery: &RecoveryCodes,
    ) -> Result<(), StoreError> {
        let replaced = self.replace(|present| {
            check_proof(proved, &present.enrollment)?;
            let enrollment = Enrollment { recovery: recovery.clone(), ..present.enrollment.clone() };
            Ok((enrollment, without_recovery_codes(&present.state)))
        })?;
        replaced.map_err(|cause| StoreError { location: self.location(), cause })
    }

    /// Writes the state anew, from the enrollment alone where no state can be read: the administrator's repair. `state` may
    /// be called more than once.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be written.
    fn repair(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), StoreError>;

    /// Removes the record. Where a proof was given, only if it is still that of the enrollment that it was given for;
    /// without one, whatever state it is in.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be removed.
    fn remove(&self, proved: Option<&Enrollment>) -> Result<(), StoreError>;

    /// Lets the record follow its user to another name, with its state as it is: what was used up under the old name is
    /// under the new one.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`] when there is nothing to move; [`Cause::Exists`] when there is another record; or why it cannot
    /// be done. Then all is as it was.
    fn rename_to(&self, new: &Self) -> Result<(), StoreError>;

    /// The invitation to enroll.
    fn invitation(&self) -> Self::Invitation;

    /// The person's own link to the identity provider.
    fn link(&self) -> Self::Link;
}

/// An invitation in a store: a one-time code that an administrator gives somebody, who enrolls a first device with it. Like
/// a login's, each guess is charged durably before it is compared.
pub trait InvitationStore {
    /// Writes an invitation instead of a former one. Enrollments that are still going on with that one fail.
    ///
    /// # Errors
    /// [`Cause::Exists`]: the user has enrolled. Or it cannot be written.
    fn issue(&self, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<(), StoreError>;

    /// Whether a code is the invitation's; a wrong one is charged. The invitation stays.
    ///
    /// # Errors
    /// It cannot be read or written; then nothing was compared.
    fn check(&self, code: &RecoveryCode, now: UnixTime) -> Result<Result<(), InvitationRefusal>, StoreError>;

    /// Enrolls with the invitation's code. It counts as used before `enroll` begins; when that fails, it is as it was.
    /// `enroll` is given a question to ask just before its end: whether the invitation still holds.
    ///
    /// # Errors
    /// It cannot be read or written; then nothing was compared, and `enroll` not called.
    fn redeem<T, E>(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        enroll: impl FnOnce(StillHolds<'_>) -> Result<T, E>,
    ) -> Result<Result<Result<T, E>, InvitationRefusal>, StoreError>;

    /// Takes it back, if there is one.
    ///
    /// # Errors
    /// It cannot be removed.
    fn withdraw(&self) -> Result<(), StoreError>;
}

/// A person's own link to the identity provider in a store. An administrator's goes before it, and is nothing that the person
/// can change. What the proof is for it, [`super::super::service`] decides; the store sees that an identity opens one account.
pub trait LinkStore {
    /// What the person may know.
    ///
    /// # Errors
    /// It cannot be read, or should not be trusted.
    fn status(&self) -> Result<LinkStatus, StoreError>;

    /// Links the account to an identity instead of a former one, if what allows it still holds when all is done that takes
    /// time.
    ///
    /// # Errors
    /// [`Cause::LinkedElsewhere`], [`Cause::LinkedByAdministrator`], or it does not hold, or it cannot be written. Then the
    /// former link is as it was.
    fn link(&self, identity: &Identity, now: UnixTime, still_holds: StillHolds<'_>)
    -> Result<(), StoreError>;

    /// Removes the link, if what allows it still holds; returns whether there was one.
    ///
    /// # Errors
    /// [`Cause::LinkedByAdministrator`], or it does not hold, or it cannot be removed.
    fn unlink(&self, still_holds: StillHolds<'_>) -> Result<bool, StoreError>;
}

/// The links of a store that keeps none: at this place.
#[derive(Clone, Debug)]
pub struct NoLinks(pub Location);

impl NoLinks {
    fn refuse<T>(&self) -> Result<T, StoreError> {
        Err(StoreError {
            location: self.0.clone(),
            cause: Cause::Unsafe("keeps no links of people's own".into()),
        })
    }
}

impl LinkStore for NoLinks {
    fn status(&self) -> Result<LinkStatus, StoreError> {
        Ok(LinkStatus::None)
    }

    fn link(&self, _: &Identity, _: UnixTime, _: StillHolds<'_>) -> Result<(), StoreError> {
        self.refuse()
    }

    fn unlink(&self, _: StillHolds<'_>) -> Result<bool, StoreError> {
        self.refuse()
    }
}

/// What a person may know of the link of the own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// There is none.
    None,
    /// An administrator has made it, and alone can read it.
    ByAdministrator,
    /// The person has.
    Own(Link),
}

/// A proof holds for the enrollment that it was given for. Whoever has enrolled since was not asked.
///
/// # Errors
/// The enrollment is another one.
pub fn check_proof(proved: Option<&Enrollment>, present: &Enrollment) -> Result<(), Cause> {
    match proved {
        Some(proved) if !proved.is_same(present) => {
            Err(Cause::Unsafe("is another phone's by now, paired while the code was checked".into()))
        }
        _ => Ok(()),
    }
}

/// The state for new recovery codes: none of them is used, and nobody is remembered any more. A bypass code, whose hash has the
/// salt of the former ones, ends with them.
pub(super) fn without_recovery_codes(state: &State) -> State {
    State { used_recovery: 0, remembered: Vec::new(), bypass: None, ..state.clone() }
}
