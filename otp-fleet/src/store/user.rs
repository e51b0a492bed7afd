//! One person's part of the directory.

use insis_otp::oath::RecoveryCodes;
use insis_otp::record::{Enrollment, UserName};
use insis_otp::store::conditional::{Conditional, ConditionalUser, Version, WriteError};
use insis_otp::store::{
    Cause, Charge, Decision, Location, NoLinks, Record, StillHolds, StoreError, UserStore,
};
use insis_otp::verify::State;

use super::entry::LdapEntry;

/// One person's part of it.
#[derive(Clone)]
pub struct LdapUser(ConditionalUser<LdapEntry>);

impl LdapUser {
    pub(super) const fn of(user: ConditionalUser<LdapEntry>) -> Self {
        Self(user)
    }

    fn entry(&self) -> &LdapEntry {
        &self.0.entry
    }

    /// Goes on with a new connection, and as much time as there was at the beginning: somebody was waited for.
    pub fn begin_anew(&self) {
        self.entry().begin_anew();
    }

    /// Looks the entry up, as for an attempt.
    pub(super) fn find(&self) -> Result<(), StoreError> {
        self.at(self.entry().find())
    }

    /// Writes for this user, who has no record, as much as an attempt of somebody writes who has one.
    ///
    /// # Errors
    /// Nothing can be written.
    pub fn touch_nobody(&self) -> Result<(), StoreError> {
        self.at(self.entry().touch_nobody())
    }

    /// Whether the search has found an entry, with a record or without.
    #[must_use]
    pub fn has_entry(&self) -> bool {
        self.entry().session().entry.is_some()
    }

    /// What is said where there is none.
    #[must_use]
    pub fn no_entry(&self) -> StoreError {
        StoreError { location: self.location(), cause: self.entry().no_entry() }
    }

    /// Takes the record of an entry that was renamed, which still has this former name.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`] where there is none of that name, or why it cannot be written.
    pub fn take_over(&self, former: &UserName) -> Result<(), StoreError> {
        let take_over = || {
            let (record, read) = Conditional::<Record>::read(self.entry())?.ok_or(Cause::NotEnrolled)?;
            if record.enrollment.user != *former {
                return Err(Cause::NotEnrolled);
            }
            let enrollment = Enrollment { user: self.user().clone(), ..record.enrollment };
            let record = Record { enrollment, state: record.state };
            self.entry().write(Some(read), Some((&record, Version::new()?))).map_err(cause_of)
        };
        self.at(take_over())
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

impl std::fmt::Debug for LdapUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LdapUser({})", self.location())
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
        let loaded = self.0.load_by(reader);
        if loaded.as_ref().is_err_and(StoreError::is_not_enrolled) {
            self.at(self.entry().show_stateless())?;
            self.at(self.entry().see_states())?;
        }
        loaded
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
