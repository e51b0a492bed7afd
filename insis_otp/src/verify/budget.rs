//! Budgets for the proofs that are compared even while single codes are delayed: two consecutive codes, and recovery
//! codes. They bound what a guesser gains by a flood, and leave the owner's way in open while it lasts.
//!
//! Two consecutive codes are counted twice: per source, so that a flood from one client exhausts its own budget only, and in all, so
//! that the odds of a guess stay below 1 in 10,000 a year however many clients it comes from (docs/guessing.md).
//!
//! Recovery codes are counted per source alone. They are the way in that no flood from elsewhere may close, and a budget
//! that all sources share can be used up by any of them; with 45 bits, the odds stay small without one.

use crate::oath::UnixTime;

/// A budget that refills with time, as one number (generic cell rate algorithm): when it will be full again, in
/// milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meter(pub u64);

/// How fast a [`Meter`] refills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Milliseconds until one more attempt is allowed, in the long run.
    pub interval: u64,
    /// Attempts that a full budget allows at once.
    pub burst: u64,
}

/// Where an attempt comes from: a keyed hash of an address or of a local user id, so that the state tells nobody where
/// its owner has been, and nobody can choose two sources that share an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceTag(pub u32);

/// What one source has used of its budgets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceMeter {
    /// The source.
    pub tag: SourceTag,
    /// Its two consecutive codes.
    pub two_codes: Meter,
    /// Its recovery codes.
    pub recovery: Meter,
}

/// The budgets of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Two consecutive codes, from everywhere.
    pub two_codes: Meter,
    /// By source: those that used theirs last, at most [`Budgets::SOURCES`].
    pub sources: Vec<SourceMeter>,
}

impl Meter {
    /// One attempt less; `None` when the budget does not allow it now.
    fn take(self, rate: Rate, now: UnixTime) -> Option<Self> {
        let now = now.0.saturating_mul(1000);
        let next = self.0.max(now).saturating_add(rate.interval);
        (next - now <= rate.interval.saturating_mul(rate.burst)).then_some(Self(next))
    }

    /// A time too far in the future was written by a clock that has been set back since: the budget is empty then, and
    /// refills from now on.
    fn without_future(self, rate: Rate, now: UnixTime) -> Self {
        let empty = rate.interval.saturating_mul(rate.burst);
        Self(self.0.min(now.0.saturating_mul(1000).saturating_add(empty)))
    }
}

impl Rate {
    /// Two consecutive codes from one source: 10,000 at once, then one in eight seconds.
    pub const SOURCE: Self = Self { interval: 8_000, burst: 10_000 };
    /// Recovery codes, of 45 bits each, from one source: 500,000 at once, then one a second.
    pub const RECOVERY: Self = Self { interval: 1_000, burst: 500_000 };
    /// Milliseconds for each pair of steps that a guess of two codes is compared with.
    const PER_CANDIDATE: u64 = 385;

    /// Two consecutive codes from everywhere, by how many pairs of steps each is compared with. The more there are, the
    /// better are the odds of a guess, and the fewer guesses there may be.
    #[must_use]
    pub const fn two_codes(candidates: u64) -> Self {
        Self { interval: candidates.saturating_mul(Self::PER_CANDIDATE), burst: 100_000 }
    }
}

impl Budgets {
    /// How many sources have an entry of their own. When there are more, the one that has been quiet for longest makes
    /// room; two consecutive codes from many sources are bounded by the budget of all.
    pub const SOURCES: usize = 8;

    /// These budgets, with the times of a clock that was set back taken for what they are.
    #[must_use]
    pub(super) fn without_future(mut self, two_codes: Rate, now: UnixTime) -> Self {
        self.two_codes = self.two_codes.without_future(two_codes, now);
        for source in &mut self.sources {
            source.two_codes = source.two_codes.without_future(Rate::SOURCE, now);
            source.recovery = source.recovery.without_future(Rate::RECOVERY, now);
        }
        self
    }

    /// What a source has used.
    fn source(&self, tag: SourceTag) -> SourceMeter {
        let known = self.sources.iter().find(|known| known.tag == tag);
        known.copied().unwrap_or(SourceMeter { tag, ..SourceMeter::default() })
    }

    /// Keeps what a source has used now.
    fn keep(&mut self, source: SourceMeter) {
        self.sources.retain(|known| known.tag != source.tag);
        if self.sources.len() >= Self::SOURCES {
            // The first is the one that has been quiet for longest.
            self.sources.remove(0);
        }
        self.sources.push(source);
    }

    /// Whether two consecutive codes may be compared now; if so, that is charged.
    pub(super) fn take_two_codes(&mut self, tag: SourceTag, rate: Rate, now: UnixTime) -> bool {
        let source = self.source(tag);
        let (Some(own), Some(all)) =
            (source.two_codes.take(Rate::SOURCE, now), self.two_codes.take(rate, now))
        else {
            return false;
        };
        self.keep(SourceMeter { two_codes: own, ..source });
        self.two_codes = all;
        true
    }

    /// Whether a recovery code may be compared now; if so, that is charged.
    pub(super) fn take_recovery(&mut self, tag: SourceTag, now: UnixTime) -> bool {
        let source = self.source(tag);
        let Some(recovery) = source.recovery.take(Rate::RECOVERY, now) else { return false };
        self.keep(SourceMeter { recovery, ..source });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_700_000_000);
    const RATE: Rate = Rate::two_codes(4);

    fn tag(number: u32) -> SourceTag {
        SourceTag(number)
    }

    #[test]
    fn a_meter_allows_its_burst_and_then_its_rate() {
        let rate = Rate { interval: 2_000, burst: 3 };
        let mut meter = Meter::default();
        for _ in 0..3 {
            meter = meter.take(rate, NOW).unwrap();
        }
        assert_eq!(meter.take(rate, NOW), None);
        assert_eq!(meter.take(rate, UnixTime(NOW.0 + 1)), None);
        meter = meter.take(rate, UnixTime(NOW.0 + 2)).unwrap();
        assert_eq!(meter.take(rate, UnixTime(NOW.0 + 3)), None);
        // Quiet for long enough, it is full, and no fuller than that.
        let later = UnixTime(NOW.0 + 1_000_000);
        let mut full = meter;
        for _ in 0..3 {
            full = full.take(rate, later).unwrap();
        }
        assert_eq!(full.take(rate, later), None);
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_an_empty_budget_that_refills() {
        let mut budgets = Budgets::default();
        let ahead = UnixTime(NOW.0 + 400 * 86_400);
        assert!(budgets.take_two_codes(tag(1), RATE, ahead) && budgets.take_recovery(tag(1), ahead));
        let mut budgets = budgets.without_future(RATE, NOW);
        assert!(!budgets.take_two_codes(tag(1), RATE, NOW) && !budgets.take_recovery(tag(1), NOW));
        assert!(budgets.take_two_codes(tag(1), RATE, UnixTime(NOW.0 + 8)));
        assert!(budgets.take_recovery(tag(1), UnixTime(NOW.0 + 1)));
    }

    #[test]
    fn a_flood_from_one_source_meets_itself() {
        let mut budgets = Budgets::default();
        let mut owner = 0;
        for second in 0..40_000 {
            let now = UnixTime(NOW.0 + second);
            for _ in 0..20 {
                budgets.take_two_codes(tag(7), RATE, now);
            }
            if second % 400 == 0 {
                owner += u32::from(budgets.take_two_codes(tag(1), RATE, now));
            }
        }
        assert_eq!(owner, 100, "eleven hours of a flood from one address");
    }

    #[test]
    fn a_flood_from_a_hundred_sources_leaves_room_for_an_hour() {
        let mut budgets = Budgets::default();
        let mut owner = 0;
        for second in 0..3_600 {
            let now = UnixTime(NOW.0 + second);
            for number in 0..20 {
                budgets.take_two_codes(tag(100 + (second as u32 * 20 + number) % 100), RATE, now);
            }
            if second % 36 == 0 {
                owner += u32::from(budgets.take_two_codes(tag(1), RATE, now));
            }
        }
        assert_eq!(owner, 100);
        assert_eq!(budgets.sources.len(), Budgets::SOURCES);
    }

    /// Recovery codes from one address, or from a hundred, and two codes from a hundred others: for days there is a way in.
    #[test]
    fn no_flood_keeps_a_recovery_code_from_being_compared_elsewhere() {
        for addresses in [1, 100] {
            let mut budgets = Budgets::default();
            let (mut owner, mut flood, mut days_two_codes) = (0, 0, 0);
            for second in 0..3 * 86_400_u64 {
                let now = UnixTime(NOW.0 + second);
                for number in 0..20 {
                    let attempt = second as u32 * 20 + number;
                    flood += u64::from(budgets.take_recovery(tag(1_000 + attempt % addresses), now));
                    budgets.take_two_codes(tag(100 + attempt % 100), RATE, now);
                }
                if second % 864 == 0 {
                    owner += u32::from(budgets.take_recovery(tag(1), now));
                }
                if second < 3_600 && second % 36 == 0 {
                    days_two_codes += u32::from(budgets.take_two_codes(tag(2), RATE, now));
                }
            }
            assert_eq!((owner, days_two_codes), (300, 100), "{addresses}");
            let most = Rate::RECOVERY.burst + 3 * 86_400;
            assert!(addresses > 1 || (most - 2..=most).contains(&flood), "{flood}: it does not meet itself");
        }
    }

    #[test]
    fn pairs_and_recovery_codes_of_one_source_have_budgets_of_their_own() {
        let mut budgets = Budgets::default();
        while budgets.take_two_codes(tag(7), RATE, NOW) {}
        assert!(budgets.take_recovery(tag(7), NOW));
        while budgets.take_recovery(tag(7), NOW) {}
        assert!(!budgets.take_two_codes(tag(7), RATE, NOW), "given back");
        assert!(budgets.take_two_codes(tag(8), RATE, NOW) && budgets.take_recovery(tag(8), NOW));
        assert_eq!(budgets.sources.len(), 2);
    }

    #[test]
    fn in_the_long_run_no_more_is_compared_than_the_price_allows() {
        let mut budgets = Budgets::default();
        let mut compared = 0_u64;
        for step in 0..4_000_000_u64 {
            // Twice a second, from ever other sources.
            let now = UnixTime(NOW.0 + step / 2);
            compared += u64::from(budgets.take_two_codes(tag(step as u32), RATE, now));
        }
        let most = RATE.burst + 2_000_000 * 1000 / RATE.interval;
        assert!((most - 2..=most).contains(&compared), "{compared} of {most}");
    }
}
