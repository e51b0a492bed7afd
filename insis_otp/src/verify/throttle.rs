//! Throttling (RFC 4226, section 7.3): guesses cost time, but never the owner's way in.

use super::{Budgets, Rate};
use crate::oath::{Seconds, UnixTime};

/// How the site throttles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Consecutive wrong guesses that cost nothing.
    pub free: u32,
    /// The delay after the first guess beyond these; it doubles with each further one.
    pub first: Seconds,
    /// The longest delay.
    pub longest: Seconds,
    /// Wrong guesses in one day (UTC), logins between them or not, after which single codes have to wait for the next.
    pub daily: u32,
    /// Wrong single codes without a success between them, after which single codes are not compared any more until two
    /// consecutive codes or a recovery code succeed (NIST SP 800-63B, section 5.2.2: no more than 100).
    pub consecutive: u32,
}

/// Consecutive wrong guesses, and when. Only a login resets them, and not even that what was counted today: otherwise
/// an owner who logs in often would give a guesser fresh guesses each time.
///
/// A guess is a well-formed code, two codes or a recovery code that was compared and did not match. What could never have
/// opened the login (a code used before, a typing error, a code that was not compared because of the delay) is
/// counted for the owner's eyes, but does not lengthen the delay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Throttle {
    /// Wrong guesses since the last login.
    pub guesses: u32,
    /// When the last of them was made.
    pub guessed_at: UnixTime,
    /// The day of the last wrong guess, from 1970-01-01 on.
    pub day: u64,
    /// Wrong guesses on that day.
    pub today: u32,
    /// Wrong single codes since a login.
    pub single_codes: u32,
    /// What is left of the proofs that are compared during a delay.
    pub budgets: Budgets,
}

impl Default for ThrottlePolicy {
    fn default() -> Self {
        Self { free: 5, first: Seconds(30), longest: Seconds(3600), daily: 30, consecutive: 100 }
    }
}

impl ThrottlePolicy {
    /// The delay that stands after this many consecutive guesses.
    #[must_use]
    pub fn delay(&self, guesses: u32) -> Seconds {
        match guesses.saturating_sub(self.free) {
            0 => Seconds(0),
            beyond => {
                let doubled = self.first.0.saturating_mul(1_u64.checked_shl(beyond - 1).unwrap_or(u64::MAX));
                Seconds(doubled.min(self.longest.0))
            }
        }
    }
}

impl Throttle {
    /// How long single codes are still not compared; `None` when they are.
    #[must_use]
    pub fn wait(&self, policy: &ThrottlePolicy, now: UnixTime) -> Option<Seconds> {
        Some(now.until(self.ends(policy))).filter(|wait| wait.0 > 0)
    }

    /// When single codes are compared again: when both the delay and the day that is used up have ended.
    pub(crate) fn ends(&self, policy: &ThrottlePolicy) -> UnixTime {
        let delay = self.guessed_at.plus(policy.delay(self.guesses));
        let day = if self.today >= policy.daily {
            UnixTime::of_day(self.day.saturating_add(1))
        } else {
            UnixTime(0)
        };
        delay.max(day)
    }

    /// Whether so many single codes in a row were wrong that none is compared any more.
    #[must_use]
    pub const fn single_codes_are_used_up(&self, policy: &ThrottlePolicy) -> bool {
        self.single_codes >= policy.consecutive
    }

    /// Times that lie in the future were written by a clock that has been set back since. They count as now: the
    /// delay runs its length once more, and no longer.
    #[must_use]
    pub(super) fn without_future(mut self, two_codes: Rate, now: UnixTime) -> Self {
        self.guessed_at = self.guessed_at.min(now);
        self.day = self.day.min(now.day());
        self.budgets = self.budgets.without_future(two_codes, now);
        self
    }

    /// One more wrong guess.
    #[must_use]
    pub(super) fn with_guess(mut self, single_code: bool, now: UnixTime) -> Self {
        self.guesses = self.guesses.saturating_add(1);
        self.guessed_at = now;
        if self.day != now.day() {
            self.today = 0;
        }
        self.day = now.day();
        self.today = self.today.saturating_add(1);
        self.single_codes = self.single_codes.saturating_add(u32::from(single_code));
        self
    }

    /// One wrong guess fewer, of a single code, that turned out not to have been made. When the one before it was is not
    /// known any more: the delay of the others runs anew.
    #[must_use]
    pub(super) fn without_guess(mut self) -> Self {
        self.guesses = self.guesses.saturating_sub(1);
        self.today = self.today.saturating_sub(1);
        self.single_codes = self.single_codes.saturating_sub(1);
        self
    }

    /// After a login, in which `refunded` guesses turned out to be none: today's count stays, as do the budgets.
    #[must_use]
    pub(super) fn after_login(self, refunded: u32) -> Self {
        let today = self.today.saturating_sub(refunded);
        Self { day: self.day, today, budgets: self.budgets, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_are_free_then_the_delay_doubles_up_to_an_hour() {
        let policy = ThrottlePolicy::default();
        let delays: Vec<u64> = (0..16).map(|guesses| policy.delay(guesses).0).collect();
        assert_eq!(delays, [0, 0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!(policy.delay(u32::MAX), Seconds(3600));
    }

    #[test]
    fn a_delay_ends_to_the_second_and_survives_a_clock_set_back() {
        let policy = ThrottlePolicy::default();
        let throttle = Throttle { guesses: 6, guessed_at: UnixTime(1000), ..Throttle::default() };
        assert_eq!(throttle.wait(&policy, UnixTime(1000)), Some(Seconds(30)));
        assert_eq!(throttle.wait(&policy, UnixTime(1029)), Some(Seconds(1)));
        assert_eq!(throttle.wait(&policy, UnixTime(1030)), None);
        let back = throttle.without_future(Rate::two_codes(2), UnixTime(10));
        assert_eq!(back.wait(&policy, UnixTime(10)), Some(Seconds(30)));
    }

    #[test]
    fn a_day_has_thirty_guesses_whatever_the_owner_does() {
        let policy = ThrottlePolicy::default();
        let (noon, midnight) = (UnixTime(43_200), UnixTime(86_400));
        let mut throttle = Throttle::default();
        for made in 0..30 {
            assert_eq!(throttle.wait(&policy, noon), None, "after {made}");
            throttle = throttle.with_guess(true, noon).after_login(0);
        }
        assert_eq!(throttle.wait(&policy, noon), Some(Seconds(43_200)));
        assert_eq!(throttle.wait(&policy, UnixTime(midnight.0 - 1)), Some(Seconds(1)));
        assert_eq!(throttle.wait(&policy, midnight), None);
        assert_eq!(throttle.with_guess(true, midnight).today, 1);
        // A clock set back gives neither fresh guesses nor a wait beyond the day.
        let later =
            Throttle { day: 9, today: 30, ..Throttle::default() }.without_future(Rate::two_codes(2), noon);
        assert_eq!(later.wait(&policy, noon), Some(Seconds(43_200)));
    }
}
