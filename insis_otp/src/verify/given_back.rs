//! What a comparison gives back of its charge, for a store that learns too late that it cannot write that down.
//!
//! Where nothing can be locked, the state that a comparison decided on may be refused because another attempt was faster. Its charge
//! is in what is there now, among those of others, and only as a number. If nothing has been taken out of these numbers since,
//! it can be given back there; if something may have been, it stays: a charge of somebody else's must never be taken for it.

use super::State;

/// What a comparison gave back. Of each count that is one at the most: a charge is one guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenBack {
    guess: bool,
    single_code: bool,
    /// The day whose guess it was.
    day: Option<u64>,
    /// A failure is counted for every attempt that does not open the login, so that this one is counted again at its end.
    failure: bool,
}

/// Of which counts nothing was taken away from one state to the next, whatever was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Failures and guesses since the last login.
    pub since_login: bool,
    /// Guesses of the day.
    pub of_day: bool,
}

impl GivenBack {
    /// What is given back of the charge between the first two states by a comparison that decided on the third.
    #[must_use]
    pub fn of(before: &State, charged: &State, decided: &State) -> Self {
        let [was, paid, is] = [before, charged, decided].map(|state| &state.throttle);
        let day =
            (is.day, is.today) < (paid.day, paid.today) && (was.day, was.today) < (paid.day, paid.today);
        Self {
            guess: was.guesses < paid.guesses && is.guesses < paid.guesses,
            single_code: was.single_codes < paid.single_codes && is.single_codes < paid.single_codes,
            day: day.then_some(paid.day),
            failure: before.failures < charged.failures,
        }
    }
}

impl Kept {
    /// Nothing is certain.
    pub const NOTHING: Self = Self { since_login: false, of_day: false };

    /// What is kept from one state to the one that was derived from it.
    #[must_use]
    pub fn between(before: &State, after: &State) -> Self {
        let [was, is] = [before, after].map(|state| &state.throttle);
        Self {
            since_login: before.failures <= after.failures
                && was.guesses <= is.guesses
                && was.single_codes <= is.single_codes,
            of_day: was.day < is.day || was.day == is.day && was.today <= is.today,
        }
    }
}

impl State {
    /// The state without what was given back, as far as that is in it still.
    #[must_use]
    pub fn without(&self, given_back: GivenBack, kept: Kept) -> Self {
        let mut next = self.clone();
        let throttle = &mut next.throttle;
        let one_less = |count: &mut u32, is_less: bool| *count = count.saturating_sub(u32::from(is_less));
        one_less(&mut throttle.today, kept.of_day && given_back.day == Some(throttle.day));
        one_less(&mut throttle.guesses, kept.since_login && given_back.guess);
        one_less(&mut throttle.single_codes, kept.since_login && given_back.single_code);
        one_less(&mut next.failures, kept.since_login && given_back.failure);
        next
    }

    /// Whether all is the same, but for the moment of the last guess.
    #[must_use]
    pub fn is_same_guess_later(&self, earlier: &Self) -> bool {
        let mut same = self.clone();
        same.throttle.guessed_at = earlier.throttle.guessed_at;
        same == *earlier
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oath::UnixTime;
    use crate::verify::Throttle;

    const NOON: UnixTime = UnixTime(43_200);

    /// A state in which so much is counted, today.
    fn state(count: u32) -> State {
        let throttle = Throttle {
            guesses: count,
            guessed_at: NOON,
            day: NOON.day(),
            today: count,
            single_codes: count,
            ..Throttle::default()
        };
        State { failures: count, throttle, ..State::default() }
    }

    fn charged(state: &State) -> State {
        State { throttle: state.throttle.clone().with_guess(true, NOON), ..state.clone() }.with_failure()
    }

    fn opened(state: &State) -> State {
        State { throttle: state.throttle.clone().after_login(0), failures: 0, ..state.clone() }
    }

    #[test]
    fn what_a_right_code_gives_back_is_its_own_charge() {
        for before in [State::default(), state(0), state(3)] {
            let paid = charged(&before);
            for decided in [opened(&before), before.clone().with_failure()] {
                let given_back = GivenBack::of(&before, &paid, &decided);
                let all = Kept { since_login: true, of_day: true };
                let others = charged(&charged(&paid));
                let left = others.without(given_back, all);
                assert_eq!(
                    (left.failures, left.throttle.guesses),
                    (others.failures - 1, others.throttle.guesses - 1)
                );
                assert_eq!(left.throttle.today, others.throttle.today - 1);
                assert_eq!(left.throttle.single_codes, others.throttle.single_codes - 1);
                assert!(charged(&left).is_same_guess_later(&others));
                assert_eq!(others.without(given_back, Kept::NOTHING), others);
            }
        }
    }

    /// The decision keeps the charge: only the failure is counted again by whatever comes of the attempt.
    #[test]
    fn a_wrong_guess_gives_nothing_back() {
        let (before, paid) = (state(3), charged(&state(3)));
        let given_back = GivenBack::of(&before, &paid, &paid);
        let left = paid.without(given_back, Kept { since_login: true, of_day: true });
        assert_eq!((left.throttle, left.failures), (paid.throttle, 3));
    }

    #[test]
    fn a_login_takes_away_what_was_counted_since_the_last_but_not_of_the_day() {
        let before = state(3);
        let kept = Kept::between(&before, &opened(&before));
        assert_eq!(kept, Kept { since_login: false, of_day: true });
        let given_back = GivenBack::of(&before, &charged(&before), &before);
        let after = charged(&opened(&charged(&before)));
        let left = after.without(given_back, kept);
        assert_eq!(left, State { throttle: Throttle { today: 4, ..after.throttle.clone() }, ..after });
    }

    #[test]
    fn unlocking_and_other_days_take_away_what_was_counted() {
        let before = state(3);
        let nothing = Kept::between(&before, &State { throttle: Throttle::default(), ..before.clone() });
        assert_eq!(nothing, Kept::NOTHING);
        let midnight = UnixTime(86_400);
        let next_day =
            State { throttle: before.throttle.clone().with_guess(true, midnight), ..before.clone() };
        assert_eq!(Kept::between(&before, &next_day), Kept { since_login: true, of_day: true });
        let given_back = GivenBack::of(&before, &charged(&before), &before);
        let left = next_day.without(given_back, Kept { since_login: true, of_day: true });
        assert_eq!(left.throttle.today, 1, "of another day");
        // Hosts whose clocks differ about the day: what they count begins anew each time.
        let back = State { throttle: next_day.throttle.clone().with_guess(true, NOON), ..next_day.clone() };
        assert!(!Kept::between(&next_day, &back).of_day);
    }

    #[test]
    fn every_other_difference_is_one() {
        let (earlier, mut later) = (state(3), state(3));
        later.throttle.guessed_at = UnixTime(43_205);
        assert!(later.is_same_guess_later(&earlier));
        later.throttle.guesses += 1;
        assert!(!later.is_same_guess_later(&earlier));
        assert!(!State { used_recovery: 1, ..state(3) }.is_same_guess_later(&state(3)));
    }
}
