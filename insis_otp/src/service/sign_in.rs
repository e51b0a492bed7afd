//! What a login by the identity provider leaves in the record of somebody who has enrolled a device, too. There may be none.

use super::{Service, wipe_stack};
use crate::oath::UnixTime;
use crate::record::Enrollment;
use crate::store::{Decision, StoreError, UserStore, Write};
use crate::verify::State;

/// What the owner is to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SinceLastLogin {
    /// Failures since the last login.
    pub failures: u32,
    /// When the device was enrolled, if that was since then.
    pub new_device: Option<UnixTime>,
}

impl<S: UserStore> Service<'_, S> {
    /// Records that the identity provider has opened a login. `tells_failures`: the owner is going to be told of failures,
    /// which are forgotten then. `None`: there is no record.
    ///
    /// # Errors
    /// The record cannot be read or written: no login.
    pub fn record_sign_in(&self, tells_failures: bool) -> Result<Option<SinceLastLogin>, StoreError> {
        let decide = |enrollment: &Enrollment, state: &State| {
            let is_new = state.last_login.is_none_or(|last| last < enrollment.paired_at);
            let new_device = is_new.then_some(enrollment.paired_at);
            let answer = SinceLastLogin { failures: state.failures, new_device };
            let state = state.after_sign_in(tells_failures, (self.clock)());
            Decision { state, write: Write::Durable, answer }
        };
        self.recorded(decide)
    }

    /// Counts a sign-in that was refused or not finished as one wrong guess. `None`: there is no record.
    ///
    /// # Errors
    /// The record cannot be read or written.
    pub fn count_refused_sign_in(&self) -> Result<Option<()>, StoreError> {
        let decide = |_: &Enrollment, state: &State| {
            let state = state.after_refused_sign_in(self.policy, (self.clock)());
            Decision { state, write: Write::InPlace, answer: () }
        };
        self.recorded(decide)
    }

    /// Has a record changed, if there is one.
    fn recorded<T>(
        &self,
        decide: impl FnMut(&Enrollment, &State) -> Decision<T>,
    ) -> Result<Option<T>, StoreError> {
        let recorded = self.store.transact(decide);
        wipe_stack();
        match recorded {
            Err(error) if error.is_not_enrolled() => Ok(None),
            recorded => recorded.map(Some),
        }
    }
}
