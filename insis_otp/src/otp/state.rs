//! What changes with every attempt: spent steps, drift, failures, spent recovery codes.

use super::{Drift, Period, Policy, SpentSteps, Step, Throttle, UnixTime};

/// The state of a pairing, as the secret file keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Steps that can no longer be accepted.
    pub spent: SpentSteps,
    /// How far the phone's clock is off.
    pub drift: Drift,
    /// Failed attempts of every kind since the last login: what the owner is told.
    pub failures: u32,
    /// Wrong guesses, and the delay that they cost.
    pub throttle: Throttle,
    /// When a code last opened a login.
    pub last_login: Option<UnixTime>,
    /// Which recovery codes are spent, a bit each.
    pub spent_recovery: u16,
    /// Where the second step is not asked again for a while.
    pub remembered: Vec<Remembered>,
}

/// "Not again for some hours from here": a tag of user, address and service, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Keyed hash of what is remembered.
    pub tag: u64,
    /// The end.
    pub until: UnixTime,
}

impl State {
    /// How many places are remembered at the most; a new one drives out the one that ends first.
    pub const MOST_REMEMBERED: usize = 8;

    /// Remembers a place. When there are too many, the one that ends first is forgotten.
    pub fn remember(&mut self, tag: u64, until: UnixTime) {
        self.remembered.retain(|place| place.tag != tag);
        if self.remembered.len() >= Self::MOST_REMEMBERED {
            let first =
                self.remembered.iter().enumerate().min_by_key(|(_, place)| place.until).map(|(i, _)| i);
            first.map(|i| self.remembered.swap_remove(i));
        }
        self.remembered.push(Remembered { tag, until });
    }

    /// Without delay, and with a clock that was ahead left behind. Failures stay to be told to the owner.
    #[must_use]
    pub fn unlocked(&self, period: Period, policy: &Policy, now: UnixTime) -> Self {
        let end = Step(now.step(period).shifted(self.drift).0.saturating_add(policy.window.steps()));
        let spent = match self.spent {
            ahead if ahead.upto > end => ahead.back_to(end),
            spent => spent,
        };
        Self { spent, throttle: Throttle::default(), ..self.clone() }
    }

    /// The state of which nothing is known any more: every code up to now and every recovery code counts as spent.
    #[must_use]
    pub fn unknown(period: Period, policy: &Policy, now: UnixTime) -> Self {
        let end = Step(now.step(period).0.saturating_add(policy.window.steps()));
        let spent = SpentSteps { upto: end, gap: None, island: None };
        Self { spent, spent_recovery: u16::MAX, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlocking_ends_the_delay_and_forgets_nothing_else() {
        let now = UnixTime(3_000_000);
        let throttle = Throttle { guesses: 9, guessed_at: now, ..Throttle::default() };
        let spent = SpentSteps { upto: Step(100_001), gap: Some((Step(1), Step(5))), island: None };
        let state = State { spent, throttle, failures: 9, spent_recovery: 3, ..State::default() };
        let unlocked = state.unlocked(Period::default(), &Policy::default(), now);
        assert_eq!(unlocked, State { throttle: Throttle::default(), ..state });
    }

    #[test]
    fn of_an_unknown_state_everything_counts_as_spent() {
        let unknown = State::unknown(Period::default(), &Policy::default(), UnixTime(3_000_000));
        assert_eq!(unknown.spent, SpentSteps { upto: Step(100_001), gap: None, island: None });
        assert_eq!(unknown.spent_recovery, u16::MAX);
    }

    #[test]
    fn eight_places_are_remembered_and_the_one_that_ends_first_makes_room() {
        let mut state = State::default();
        for tag in 0..8 {
            state.remember(tag, UnixTime(100 - tag));
        }
        state.remember(3, UnixTime(200));
        assert_eq!(state.remembered.len(), 8);
        state.remember(9, UnixTime(150));
        let mut tags: Vec<_> = state.remembered.iter().map(|place| place.tag).collect();
        tags.sort_unstable();
        assert_eq!(tags, [0, 1, 2, 3, 4, 5, 6, 9]);
    }
}
