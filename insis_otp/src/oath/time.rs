//! Time as RFC 6238 counts it: seconds since 1970, steps of a period, and a phone's drift in steps.

use super::Period;

/// A time: whole seconds since 1970-01-01 00:00 UTC, the T0 = 0 of RFC 6238.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub u64);

/// A length of time in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

/// A time step: T = (t − T0) / X of RFC 6238, section 4.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(pub u64);

/// How many steps a phone's clock is ahead of ours (negative: behind). Learned from two consecutive codes only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift(pub i32);

impl UnixTime {
    /// The seconds of a day.
    const DAY: u64 = 86_400;

    /// The step that this time falls into.
    #[must_use]
    pub const fn step(self, period: Period) -> Step {
        Step(self.0 / period.seconds())
    }

    /// The day (UTC) that this time falls into, from 1970-01-01 on.
    #[must_use]
    pub const fn day(self) -> u64 {
        self.0 / Self::DAY
    }

    /// When a day begins.
    #[must_use]
    pub const fn of_day(day: u64) -> Self {
        Self(day.saturating_mul(Self::DAY))
    }

    /// This time and `length` more.
    #[must_use]
    pub const fn plus(self, length: Seconds) -> Self {
        Self(self.0.saturating_add(length.0))
    }

    /// How long it is from `self` until `later`; nothing when that has passed.
    #[must_use]
    pub const fn until(self, later: Self) -> Seconds {
        Seconds(later.0.saturating_sub(self.0))
    }
}

impl Step {
    /// When this step begins.
    #[must_use]
    pub const fn start(self, period: Period) -> UnixTime {
        UnixTime(self.0.saturating_mul(period.seconds()))
    }

    /// The step after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The step that a phone shows whose clock is off by `drift`, while ours is at `self`.
    #[must_use]
    pub const fn shifted(self, drift: Drift) -> Self {
        Self(self.0.saturating_add_signed(drift.0 as i64))
    }

    /// The `steps` steps on either side of this one, and itself.
    #[must_use]
    pub const fn around(self, steps: u64) -> std::ops::RangeInclusive<u64> {
        self.0.saturating_sub(steps)..=self.0.saturating_add(steps)
    }

    /// The same steps, the nearest last: of several that match, the last that is kept is the likeliest.
    pub fn around_from_afar(self, steps: u64) -> impl Iterator<Item = Self> {
        let pair = move |distance| [self.0.saturating_add(distance), self.0.saturating_sub(distance)];
        (0..=steps).rev().flat_map(pair).map(Self)
    }

    /// How many steps this one lies after `origin` (negative: before it), held to the range of an `i32`.
    #[must_use]
    pub fn offset_from(self, origin: Self) -> i32 {
        let distance = i128::from(self.0) - i128::from(origin.0);
        i32::try_from(distance).unwrap_or(if distance < 0 { i32::MIN } else { i32::MAX })
    }
}

impl Drift {
    /// How far off, in seconds, a clock may be whose two codes open a login and teach the drift.
    pub(crate) const LOGIN_RESYNC: u64 = 300;

    /// The drift in seconds for steps of `period`.
    #[must_use]
    pub const fn seconds(self, period: Period) -> i64 {
        (self.0 as i64).saturating_mul(period.seconds() as i64)
    }

    /// Whether it is more than a login finds its way back from, when the phone's clock is set right later: by two consecutive
    /// codes, within five minutes (`LOGIN_RESYNC`).
    #[must_use]
    pub fn is_far(self, period: Period) -> bool {
        u64::from(self.0.unsigned_abs()) > period.steps_in(Self::LOGIN_RESYNC)
    }
}

impl std::fmt::Display for Seconds {
    /// As a person says it: `17 s`, `4 min`, `1 h`; minutes and hours are rounded up, so that waiting as long is enough.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0..=90 => write!(f, "{} s", self.0),
            91..=5400 => write!(f, "{} min", self.0.div_ceil(60)),
            5401..=172_800 => write!(f, "{} h", self.0.div_ceil(3600)),
            _ => write!(f, "{} days", self.0.div_ceil(86_400)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_is_told_in_seconds() {
        let period = Period::try_from(60).unwrap();
        assert_eq!([Drift(-3), Drift(0), Drift(2)].map(|drift| drift.seconds(period)), [-180, 0, 120]);
        let far = |drift, period| Drift(drift).is_far(Period::try_from(period).unwrap());
        assert_eq!([far(10, 30), far(-10, 30), far(11, 30), far(-11, 30)], [false, false, true, true]);
        assert_eq!([far(5, 60), far(6, 60), far(1, 300), far(2, 300)], [false, true, false, true]);
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        let shown = |s| Seconds(s).to_string();
        assert_eq!((shown(17), shown(90), shown(91)), ("17 s".into(), "90 s".into(), "2 min".into()));
        assert_eq!((shown(240), shown(3600), shown(5401)), ("4 min".into(), "60 min".into(), "2 h".into()));
        assert_eq!(shown(31_536_000), "365 days");
    }

    #[test]
    fn steps_follow_rfc_6238() {
        let period = Period::default();
        assert_eq!(UnixTime(59).step(period), Step(1));
        assert_eq!(UnixTime(1_111_111_109).step(period), Step(0x0000_0000_0235_23EC));
        assert_eq!(Step(2).start(period), UnixTime(60));
        assert_eq!(Step(5).shifted(Drift(-7)), Step(0));
        assert_eq!(Step(0).offset_from(Step(u64::MAX)), i32::MIN);
    }
}
