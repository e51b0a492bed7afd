//! Which time steps are used. A step is accepted once, whatever the clock does in between.

use crate::oath::Step;

/// The steps that can no longer be accepted.
///
/// In ordinary life that is every step up to the last accepted one (`upto`). Two more numbers cover a clock that
/// was once far ahead. Steps in the `unused_range` below the accepted ones were certainly never accepted; if the clock
/// turns out to be back in there, two consecutive codes may continue from it, and what was accepted ahead stays used
/// (`used_ahead`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsedSteps {
    /// Every step up to this one is used.
    pub upto: Step,
    /// The ends of a stretch below `upto` in which no step was accepted, ends excluded.
    pub unused_range: Option<(Step, Step)>,
    /// The ends of a stretch above `upto` that is used as well, ends included.
    pub used_ahead: Option<(Step, Step)>,
}

impl UsedSteps {
    /// A stretch without logins that is shorter is not worth remembering: about a day of 30-second steps.
    const WORTHY_RANGE: u64 = 2_880;

    /// Nothing accepted yet, except that steps up to `last` were shown at enrollment, from `first` on.
    #[must_use]
    pub const fn since_enrollment(first: Step, last: Step) -> Self {
        Self { upto: last, unused_range: Some((Step(0), first)), used_ahead: None }
    }

    /// Whether a step can no longer be accepted.
    #[must_use]
    pub fn contains(&self, step: Step) -> bool {
        step <= self.upto || self.used_ahead.is_some_and(|(from, to)| from <= step && step <= to)
    }

    /// Whether both steps lie in the stretch of which it is certain that none was accepted.
    #[must_use]
    pub fn unused_range_contains(&self, first: Step, last: Step) -> bool {
        self.unused_range.is_some_and(|(from, to)| from < first && first <= last && last < to)
    }

    /// These steps, and all before them, after an ordinary login. Used steps never become fresh again.
    #[must_use]
    pub fn with(mut self, first: Step, last: Step) -> Self {
        match self.used_ahead {
            Some((_, to)) if to < last => {
                self.used_ahead = None;
                self.unused_range = (first > to).then_some((to, first));
            }
            Some(_) => {}
            None => {
                let unused_range = (self.upto, first);
                // A clock that is ahead for some days must not lose the way back on each quiet night.
                if width(unused_range) >= Self::WORTHY_RANGE.max(self.unused_range.map_or(0, width) / 8) {
                    self.unused_range = Some(unused_range);
                }
            }
        }
        self.upto = self.upto.max(last);
        self
    }

    /// These steps, and all before them, after a resynchronization. Nothing was accepted between the last login and them;
    /// so that codes that somebody recorded cannot lock out the owner, two consecutive codes lead back in there.
    #[must_use]
    pub fn with_resync(self, first: Step, last: Step) -> Self {
        let jumped = (self.used_ahead.is_none() && self.upto.next() < first).then_some((self.upto, first));
        let next = self.with(first, last);
        Self { unused_range: jumped.or(next.unused_range), ..next }
    }

    /// These steps, when another program that shares the secret says that it has last accepted this one: all before it may
    /// have been accepted there, too.
    #[must_use]
    pub fn with_used_elsewhere(self, step: Step) -> Self {
        match self.used_ahead {
            _ if self.contains(step) => self,
            Some((from, _)) if step < from => Self { upto: step, ..self },
            _ => Self { upto: step, unused_range: None, used_ahead: None },
        }
    }

    /// Whether the unused range is one that a resynchronization has left: those that logins leave are wider, and the one below an
    /// enrollment begins at nothing.
    #[must_use]
    pub fn unused_range_is_of_a_resync(&self) -> bool {
        self.unused_range.is_some_and(|unused_range| (1..Self::WORTHY_RANGE).contains(&width(unused_range)))
    }

    /// Continues from within the unused range, all up to `last` being used. What was accepted ahead stays used.
    #[must_use]
    pub fn back_in_unused_range(self, last: Step) -> Self {
        match self.unused_range {
            Some((from, to)) if from < last && last < to => {
                Self { upto: last, unused_range: None, used_ahead: Some((to, self.upto)) }
            }
            _ => self,
        }
    }

    /// Continues from a clock that is behind, all up to `last` being used, on the administrator's word. What is known
    /// to have been accepted ahead of it stays used.
    ///
    /// Less than a day ahead with no unused range known, it is more likely that the clock is wrong now than that it was then:
    /// nothing changes, since the codes of that day may all have been accepted, and seen.
    #[must_use]
    pub fn back_to(self, last: Step) -> Self {
        let ahead = match (self.used_ahead, self.unused_range) {
            (None, Some((from, to))) if from < last && last < to => (to, self.upto),
            _ if self.upto.0.saturating_sub(last.0) < Self::WORTHY_RANGE => return self,
            (Some((_, to)), _) => (self.upto, to.max(self.upto)),
            (None, _) => (self.upto, self.upto),
        };
        Self { upto: last, unused_range: None, used_ahead: Some(ahead) }
    }
}

/// The steps of an unused range. The one before the enrollment counts for nothing: any later one is of more use.
const fn width((from, to): (Step, Step)) -> u64 {
    if from.0 == 0 { 0 } else { to.0.saturating_sub(from.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_is_left_without_reopening_a_step() {
        let year = 1_051_200;
        let used = UsedSteps::since_enrollment(Step(9_998), Step(9_999)).with(Step(10_000), Step(10_000));
        let ahead = used
            .with(Step(10_000 + year), Step(10_000 + year))
            .with(Step(15_000 + year), Step(15_000 + year));
        assert!(
            ahead.unused_range_contains(Step(10_001), Step(10_002))
                && !ahead.unused_range_contains(Step(10_000), Step(10_001))
        );
        let back = ahead.back_in_unused_range(Step(10_002));
        assert!(back.contains(Step(10_002)) && !back.contains(Step(10_003)));
        assert!(back.contains(Step(10_000 + year)) && back.contains(Step(15_000 + year)));
        assert!(!back.contains(Step(9_999 + year)) && !back.contains(Step(15_001 + year)));
        let later = back.with(Step(15_001 + year), Step(15_001 + year));
        assert_eq!(later.used_ahead, None);
        assert!(later.contains(Step(10_000 + year)));
    }

    fn used(upto: u64, unused_range: Option<(u64, u64)>, used_ahead: Option<(u64, u64)>) -> UsedSteps {
        let steps = |(from, to)| (Step(from), Step(to));
        UsedSteps {
            upto: Step(upto),
            unused_range: unused_range.map(steps),
            used_ahead: used_ahead.map(steps),
        }
    }

    #[test]
    fn what_is_used_elsewhere_is_used_and_frees_nothing() {
        for (before, step, after) in [
            (used(50, Some((1, 9)), None), 49, used(50, Some((1, 9)), None)),
            (used(50, Some((1, 9)), None), 51, used(51, None, None)),
            (used(50, None, Some((100, 110))), 60, used(60, None, Some((100, 110)))),
            (used(50, None, Some((100, 110))), 105, used(50, None, Some((100, 110)))),
            (used(50, None, Some((100, 110))), 111, used(111, None, None)),
        ] {
            assert_eq!(before.with_used_elsewhere(Step(step)), after);
        }
    }

    #[test]
    fn the_ends_of_a_gap_are_not_in_it() {
        let ahead = used(10_000, Some((10, 20)), None);
        for (first, last, inside) in [
            (11, 12, true),
            (11, 11, true),
            (18, 19, true),
            (10, 11, false),
            (19, 20, false),
            (12, 11, false),
        ] {
            assert_eq!(ahead.unused_range_contains(Step(first), Step(last)), inside, "{first}, {last}");
        }
        let back = used(15, None, Some((20, 10_000)));
        assert_eq!((ahead.back_in_unused_range(Step(15)), ahead.back_to(Step(15))), (back, back));
        for outside in [9, 10, 20, 21] {
            assert_eq!(ahead.back_in_unused_range(Step(outside)), ahead, "{outside}");
            // On the administrator's word: all that may have been accepted ahead is one step as far as is known.
            let word = used(outside, None, Some((10_000, 10_000)));
            assert_eq!(ahead.back_to(Step(outside)), word, "{outside}");
        }
    }

    #[test]
    fn less_than_a_day_ahead_nothing_is_left_behind() {
        let ahead = used(5_000, None, None);
        assert_eq!(ahead.back_to(Step(2_121)), ahead);
        assert_eq!(ahead.back_to(Step(2_120)), used(2_120, None, Some((5_000, 5_000))));
        let twice = used(5_000, None, Some((6_000, 7_000)));
        assert_eq!(twice.back_to(Step(1_000)), used(1_000, None, Some((5_000, 7_000))));
        // An unused range below used steps that are ahead is no way back from them.
        let both = used(5_000, Some((10, 2_000)), Some((6_000, 7_000)));
        assert_eq!(both.back_to(Step(1_000)), used(1_000, None, Some((5_000, 7_000))));
    }

    #[test]
    fn beyond_an_island_there_is_a_gap_if_there_is_room() {
        let used_ahead = used(50, None, Some((100, 110)));
        let with = |first, last| used_ahead.with(Step(first), Step(last));
        assert_eq!(with(60, 60), used(60, None, Some((100, 110))));
        assert_eq!(with(110, 110), used(110, None, Some((100, 110))));
        assert_eq!(with(110, 111), used(111, None, None));
        assert_eq!(with(111, 112), used(112, Some((110, 111)), None));
        assert_eq!(with(500, 500), used(500, Some((110, 500)), None));
    }

    #[test]
    fn a_wide_gap_is_kept_until_there_is_one_an_eighth_as_wide() {
        let wide = used(50_000, Some((1, 40_001)), None);
        assert_eq!(wide.with(Step(54_999), Step(54_999)).unused_range, wide.unused_range);
        assert_eq!(wide.with(Step(55_000), Step(55_000)).unused_range, Some((Step(50_000), Step(55_000))));
        let none = used(50_000, None, None);
        assert_eq!(none.with(Step(52_879), Step(52_879)).unused_range, None);
        assert_eq!(none.with(Step(52_880), Step(52_880)).unused_range, Some((Step(50_000), Step(52_880))));
    }
}
