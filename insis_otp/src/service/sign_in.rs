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
            let is_new = state.last_login.is_none_or(|last| last < enrollment.enrolled_at);
            let new_device = is_new.then_some(enrollment.enrolled_at);
            // Its own charge is no failure.
            let answer = SinceLastLogin { failures: state.failures.saturating_sub(1), new_device };
            let now = (self.clock)();
            let (state, write) = match what {
                SignIn::Begins => (state.charged_for_sign_in(self.policy, now), Write::InPlace),
                SignIn::Fails => (state.without_sign_in(), Write::InPlace),
                SignIn::Opens { tells_failures } => {
                    (state.after_sign_in(tells_failures, now), Write::Durable)
                }
            };
            Decision { state, write, answer }
        });
        wipe_stack();
        match recorded {
            Err(error) if error.is_not_enrolled() => Ok(None),
            recorded => recorded.map(Some),
        }
    }
}
