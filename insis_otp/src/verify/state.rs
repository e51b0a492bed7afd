//! What changes with every attempt: used steps, drift, failures, used recovery codes.

use super::{Bypass, BypassNews, Policy, Rate, Throttle, UsedSteps};
use crate::oath::{Drift, Period, Seconds, Step, UnixTime};

/// The state of an enrollment, as the secret file keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Steps that can no longer be accepted.
    pub used: UsedSteps,
    /// How far the phone's clock is off.
    pub drift: Drift,
    /// Failed attempts of every kind since the last login: what the owner is told.
    pub failures: u32,
    /// Wrong guesses, and the delay that they cost.
    pub throttle: Throttle,
    /// When a code last opened a login.
    pub last_login: Option<UnixTime>,
    /// Where that login could not tell the owner anything: up to when the owner has been told of what is new.
    pub told_until: Option<UnixTime>,
    /// Which recovery codes are used, a bit each.
    pub used_recovery: u16,
    /// Clients that are not asked for a code again for a while.
    pub remembered: Vec<Remembered>,
    /// The first code of a resynchronization, while the second is waited for.
    pub resync: Option<ResyncStart>,
    /// The bypass code that can be used, if there is one.
    pub bypass: Option<Bypass>,
    /// What the owner has not been told of bypass codes.
    pub bypass_news: Option<BypassNews>,
}

/// A client that need not show a code for a while: a keyed hash of user, address, service and password, and the time of
/// the login that it showed one at. How long that counts is the site's present setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The keyed hash.
    pub tag: u64,
    /// When the code was accepted.
    pub since: UnixTime,
}

/// The first code of a resynchronization (RFC 6238, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResyncStart {
    /// The step that it belongs to.
    pub step: Step,
    /// When it arrived.
    pub at: UnixTime,
}

impl Remembered {
    /// Whether the login was less than `length` ago. One from the future was written by a clock that was ahead.
    #[must_use]
    pub const fn is_fresh(&self, length: Seconds, now: UnixTime) -> bool {
        self.since.0 <= now.0 && now.0 - self.since.0 < length.0
    }
}

impl State {
    /// How many clients are remembered at the most; a new one drives out the one whose login is longest ago.
    pub const MOST_REMEMBERED: usize = 8;

    /// Remembers a client that showed a code now.
    pub fn remember(&mut self, tag: u64, now: UnixTime) {
        self.remembered.retain(|client| client.tag != tag);
        if self.remembered.len() >= Self::MOST_REMEMBERED {
            let oldest =
                self.remembered.iter().enumerate().min_by_key(|(_, client)| client.since).map(|(i, _)| i);
            oldest.map(|i| self.remembered.swap_remove(i));
        }
        self.remembered.push(Remembered { tag, since: now });
    }

    /// The state as it is read now: what a clock that was ahead wrote is taken for what it is.
    // Once, and not in each of those who ask.
    #[inline(never)]
    pub(super) fn present(&self, policy: &Policy, now: UnixTime) -> Self {
        let mut next = self.clone();
        next.throttle = next.throttle.without_future(Rate::two_codes(policy.two_codes_candidates()), now);
        next.remembered.retain(|client| client.since <= now);
        next.bypass = next.bypass.filter(|bypass| bypass.is_valid_at(now));
        next
    }

    /// Up to when the owner has been told of what is new; `None`: of nothing yet.
    #[must_use]
    pub fn last_told(&self) -> Option<UnixTime> {
        self.told_until.or(self.last_login)
    }

    /// What [`Self::told_until`] is after a login that can tell the owner what is new, or not (sudo shows nothing): then that is
    /// kept for one that can.
    pub(super) fn told_until_after(&self, tells: bool) -> Option<UnixTime> {
        // At the beginning of time nothing was new.
        (!tells).then_some(self.last_told().unwrap_or(UnixTime(1)))
    }

    /// The same after one more failed attempt.
    pub(super) fn with_failure(self) -> Self {
        Self { failures: self.failures.saturating_add(1), ..self }
    }

    /// Without delay, without remembered clients, without a bypass code, and with a clock that was ahead left behind. Failures stay to be told
    /// to the owner.
    #[must_use]
    pub fn unlocked(&self, period: Period, policy: &Policy, now: UnixTime) -> Self {
        let end = Step(now.step(period).shifted(self.drift).0.saturating_add(policy.window.steps()));
        let used = match self.used {
            // It is open elsewhere.
            closed if self.is_closed() => closed,
            ahead if ahead.upto > end => ahead.back_to(end),
            used => used,
        };
        let throttle = Throttle::default();
        Self { used, throttle, remembered: Vec::new(), resync: None, bypass: None, ..self.clone() }
    }

    /// The step up to which every step of a closed record is used: the last that a store can keep.
    const CLOSED: Step = Step((1 << 40) - 1);

    /// The same in a record that is closed, since it is on its way to another store: every step and every recovery code counts as
    /// used, there is no bypass code, and nobody is remembered.
    #[must_use]
    pub fn closed(&self) -> Self {
        let used = UsedSteps { upto: Self::CLOSED, unused_range: None, used_ahead: None };
        let closed = Self { used, used_recovery: u16::MAX, resync: None, bypass: None, ..self.clone() };
        Self { remembered: Vec::new(), ..closed }
    }

    /// The state of a closed record as it was before, when this was noted then. Failures, delays and drift are in it still.
    #[must_use]
    pub fn reopened(&self, noted: &Self) -> Self {
        let Self { used, used_recovery, remembered, resync, bypass, .. } = noted.clone();
        Self { used, used_recovery, remembered, resync, bypass, ..self.clone() }
    }

    /// Whether the record is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.used.upto == Self::CLOSED
    }

    /// Before a sign-in at the identity provider begins: it counts as one wrong guess until it has succeeded, so that none
    /// is free that is given up.
    #[must_use]
    pub fn charged_for_sign_in(&self, policy: &Policy, now: UnixTime) -> Self {
        let before = self.present(policy, now);
        let throttle = before.throttle.clone().with_guess(true, now);
        Self { throttle, ..before }.with_failure()
    }

    /// After a charged sign-in that opens the login: failures are told, where they can be, and the delay ends. No code is
    /// used, and what else was guessed today stays counted.
    #[must_use]
    pub fn after_sign_in(&self, tells_failures: bool, now: UnixTime) -> Self {
        let failures = if tells_failures { 0 } else { self.failures.saturating_sub(1) };
        let throttle = self.throttle.clone().after_login(1);
        let told_until = self.told_until_after(tells_failures);
        let bypass_news = self.bypass_news.filter(|_| !tells_failures);
        let last_login = Some(now);
        Self { failures, throttle, told_until, bypass_news, last_login, resync: None, ..self.clone() }
    }

    /// After a charged sign-in that could not begin: nobody has tried anything.
    #[must_use]
    pub fn without_sign_in(&self) -> Self {
        let throttle = self.throttle.clone().without_guess();
        Self { failures: self.failures.saturating_sub(1), throttle, ..self.clone() }
    }

    /// The state of which nothing is known any more: every code up to now and every recovery code counts as used.
    #[must_use]
    pub fn unknown(period: Period, policy: &Policy, now: UnixTime) -> Self {
        let end = Step(now.step(period).0.saturating_add(policy.window.steps()));
        let used = UsedSteps { upto: end, unused_range: None, used_ahead: None };
        Self { used, used_recovery: u16::MAX, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlocking_ends_the_delay_and_forgets_nothing_else() {
        let now = UnixTime(3_000_000);
        let throttle = Throttle { guesses: 9, guessed_at: now, ..Throttle::default() };
        let used =
            UsedSteps { upto: Step(100_001), unused_range: Some((Step(1), Step(5))), used_ahead: None };
        let state = State { used, throttle, failures: 9, used_recovery: 3, ..State::default() };
        let unlocked = state.unlocked(Period::default(), &Policy::default(), now);
        assert_eq!(unlocked, State { throttle: Throttle::default(), ..state });
    }

    #[test]
    fn a_sign_in_ends_the_delay_and_spends_nothing() {
        let (now, policy) = (UnixTime(3_000_000), Policy::default());
        let used = UsedSteps { upto: Step(100_001), unused_range: None, used_ahead: None };
        let mut state = State { used, used_recovery: 3, ..State::default() };
        for charged in 1..=6 {
            state = state.charged_for_sign_in(&policy, now);
            assert_eq!((state.failures, state.throttle.today), (charged, charged));
        }
        assert!(state.throttle.wait(&policy.throttle, now).is_some(), "like wrong codes");
        let charged = state.charged_for_sign_in(&policy, now);
        assert_eq!(charged.without_sign_in(), state, "an outage costs nothing");
        let (kept, told) = (charged.after_sign_in(false, now), charged.after_sign_in(true, now));
        assert_eq!((kept.failures, told.failures, told.last_login), (6, 0, Some(now)));
        assert_eq!((told.used, told.used_recovery, told.throttle.today), (used, 3, 6));
        assert_eq!(told.throttle.wait(&policy.throttle, now), None);
    }

    #[test]
    fn of_an_unknown_state_everything_counts_as_spent() {
        let unknown = State::unknown(Period::default(), &Policy::default(), UnixTime(3_000_000));
        assert_eq!(unknown.used, UsedSteps { upto: Step(100_001), unused_range: None, used_ahead: None });
        assert_eq!(unknown.used_recovery, u16::MAX);
    }

    #[test]
    fn eight_clients_are_remembered_and_the_oldest_makes_room() {
        let mut state = State::default();
        for tag in 0..8 {
            state.remember(tag, UnixTime(100 - tag));
        }
        state.remember(3, UnixTime(200));
        assert_eq!(state.remembered.len(), 8);
        state.remember(9, UnixTime(150));
        let mut tags: Vec<_> = state.remembered.iter().map(|client| client.tag).collect();
        tags.sort_unstable();
        assert_eq!(tags, [0, 1, 2, 3, 4, 5, 6, 9]);
    }

    #[test]
    fn a_client_is_remembered_for_the_present_length_and_not_from_the_future() {
        let client = Remembered { tag: 1, since: UnixTime(1000) };
        let fresh = |length, now| client.is_fresh(Seconds(length), UnixTime(now));
        assert!(fresh(60, 1000) && fresh(60, 1059) && !fresh(60, 1060));
        assert!(!fresh(60, 999), "a login in the future");
        assert!(fresh(3600, 1060) && !fresh(30, 1059), "the present setting counts");
    }

    #[test]
    fn unlocking_forgets_remembered_clients() {
        let mut state = State::default();
        state.remember(1, UnixTime(5));
        let unlocked = state.unlocked(Period::default(), &Policy::default(), UnixTime(3_000_000));
        assert!(unlocked.remembered.is_empty());
    }
}
