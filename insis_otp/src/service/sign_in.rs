//! What a login by the identity provider leaves in the record of somebody who has enrolled a device, too. There may be none.

use super::{Clock, News, Service, wipe_stack};
use crate::oath::UnixTime;
use crate::record::Enrollment;
use crate::store::{Decision, StoreError, UnknownUserStore, UserStore, Write};
use crate::verify::{Policy, State};

/// What the owner is to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SinceLastLogin {
    /// Failures since the last login.
    pub failures: u32,
    /// What else is new.
    pub news: News,
}

/// What becomes of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// It begins, and is charged as one wrong guess: whoever gives it up, or ends the process, has paid.
    Begins,
    /// The provider could not be asked: the charge is given back.
    Fails,
    /// It opens the login, and is given back as well.
    Opens {
        /// Whether the owner is going to be told of failures, which are forgotten then.
        tells_failures: bool,
    },
}

impl SignIn {
    fn recorded(self, state: &State, policy: &Policy, now: UnixTime) -> State {
        match self {
            Self::Begins => state.charged_for_sign_in(policy, now),
            Self::Fails => state.without_sign_in(),
            Self::Opens { tells_failures } => state.after_sign_in(tells_failures, now),
        }
    }
}

/// Records what becomes of a sign-in where there is no record, so that it is charged and given back like others.
///
/// # Errors
/// The failures of names without a record cannot be read or written.
#[inline(never)]
pub fn record_unknown_sign_in(
    unknown_users: &impl UnknownUserStore,
    name: &str,
    what: SignIn,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<(), StoreError> {
    let charge = |_: &Enrollment, state: &State| (what.recorded(state, policy, clock()), ());
    unknown_users.refuse(name, &policy.throttle, charge, |_, ()| ())
}

impl<S: UserStore> Service<'_, S> {
    /// Records what becomes of a sign-in at the identity provider, in the record of somebody who has enrolled a device; `None`:
    /// there is no record. What opens a login is on the disk when this returns.
    ///
    /// # Errors
    /// The record cannot be read or written: no login.
    // Out of the way of logins by code, as all of the sign-in: see cold.ld.
    #[inline(never)]
    pub fn record_sign_in(&self, what: SignIn) -> Result<Option<SinceLastLogin>, StoreError> {
        let recorded = self.store.transact(|enrollment: &Enrollment, state: &State| {
            let last_told = state.last_told();
            let is_new = last_told.is_none_or(|last| last < enrollment.enrolled_at);
            let new_device = is_new.then_some(enrollment.enrolled_at);
            // Its own charge is no failure.
            let news = News { new_device, bypass: state.bypass_news, last_told };
            let answer = SinceLastLogin { failures: state.failures.saturating_sub(1), news };
            let now = (self.clock)();
            let write = match what {
                SignIn::Begins | SignIn::Fails => Write::InPlace,
                SignIn::Opens { .. } => Write::Durable,
            };
            Decision { state: what.recorded(state, self.policy, now), write, answer }
        });
        wipe_stack();
        match recorded {
            Err(error) if error.is_not_enrolled() => Ok(None),
            recorded => recorded.map(Some),
        }
    }
}
