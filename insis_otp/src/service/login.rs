//! What the PAM module asks.

use super::verification::Purpose;
use super::{Clock, LoginAttempt, News, Service, below, wipe_stack};
use crate::RememberedClient;
use crate::oath::Seconds;
use crate::record::Enrollment;
use crate::store::{Record, StoreError, UnknownUserStore, UserStore};
use crate::verify;
use crate::verify::{Attempt, ParsedReply, Policy, Refusal, State, Verdict};

impl<S: UserStore> Service<'_, S> {
    /// Decides one attempt to log in. It is charged before anything is compared, and the verdict is returned when it is
    /// recorded: an accepted one durably, in the same write as the client that is remembered. With it comes what the owner is
    /// to be told.
    ///
    /// # Errors
    /// There is no enrollment, or it cannot be used: no login.
    pub fn login(&self, attempt: &LoginAttempt<'_>) -> Result<(Verdict, News), StoreError> {
        let decided = self.decide(attempt, Purpose::Login)?;
        Ok((decided.verdict, decided.news))
    }

    /// Whether a client showed a code less than `length` ago, so that nobody is asked there.
    ///
    /// # Errors
    /// There is no enrollment, or it cannot be used.
    pub fn is_remembered(&self, client: &RememberedClient, length: Seconds) -> Result<bool, StoreError> {
        let Record { enrollment, state, .. } = self.store.load()?;
        let (tag, now) = (client.tag(&enrollment), (self.clock)());
        wipe_stack();
        Ok(state.remembered.iter().any(|known| known.tag == tag && known.is_fresh(length, now)))
    }
}

/// Refuses an attempt for a name that the store has no record of, after the same work, and as a wrong one of somebody who has
/// one would be refused: throttled too.
///
/// # Errors
/// What is kept of unknown users cannot be read or written.
pub fn refuse_unknown(
    unknown_users: &impl UnknownUserStore,
    name: &str,
    typed: &ParsedReply,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Refusal, StoreError> {
    let charge = |enrollment: &Enrollment, state: &State| match verify::charge(
        &Attempt::of(typed),
        &enrollment.entry.key,
        state,
        policy,
        clock(),
    ) {
        verify::Charge::Settled(refusal, state) => (state, Err(refusal)),
        verify::Charge::Due(comparison) => (comparison.charged().clone(), Ok(comparison)),
    };
    let compare = |enrollment: &Enrollment, comparison: Result<verify::Comparison, Refusal>| match comparison
    {
        Err(refusal) => refusal,
        Ok(comparison) => match comparison.compare(&enrollment.entry.key, &enrollment.recovery).0 {
            Verdict::Refused(why) => why,
            // By chance, the code of a secret that nobody has.
            Verdict::Accepted(_) => Refusal::Wrong,
        },
    };
    let refusal = below(|| unknown_users.refuse(name, &policy.throttle, charge, compare));
    wipe_stack();
    refusal
}
