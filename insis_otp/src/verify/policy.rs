//! What the site decides about one attempt.

use super::ThrottlePolicy;
use crate::oath::{Drift, InvalidParameter, Period, Step};

/// How many steps before and after the expected one are accepted (RFC 6238, section 5.2): 0 to 10, 1 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(u8);

/// The site's rules for one attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The window around the expected step.
    pub window: Window,
    /// The throttle.
    pub throttle: ThrottlePolicy,
}

impl Window {
    /// The steps on either side.
    #[must_use]
    pub const fn steps(self) -> u64 {
        self.0 as u64
    }
}

impl Default for Window {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<u64> for Window {
    type Error = InvalidParameter;

    fn try_from(steps: u64) -> Result<Self, InvalidParameter> {
        match u8::try_from(steps) {
            Ok(steps @ 0..=10) => Ok(Self(steps)),
            _ => Err(InvalidParameter("the window is between 0 and 10 steps on either side")),
        }
    }
}

impl Policy {
    /// How far off a phone may be for two consecutive codes to be found at a login: five minutes.
    pub const LOGIN_RESYNC: u64 = Drift::LOGIN_RESYNC;
    /// How far off a phone may be at enrollment, and the most that is ever learned: an hour.
    pub const ENROLLMENT_RESYNC: u64 = 3600;

    /// The steps on either side in which a login looks for two consecutive codes. Never fewer than the window.
    #[must_use]
    pub const fn reach(&self, period: Period) -> u64 {
        let steps = period.steps_in(Self::LOGIN_RESYNC);
        if steps > self.window.steps() { steps } else { self.window.steps() }
    }

    /// The steps that the first of two consecutive codes may belong to, for both to be from within the window around a
    /// step. A window of nothing still has room for the code just gone.
    #[must_use]
    pub(super) fn two_codes_around(&self, expected: Step) -> std::ops::RangeInclusive<u64> {
        let window = self.window.steps();
        expected.0.saturating_sub(window.max(1))..=expected.0.saturating_add(window).saturating_sub(1)
    }

    /// How many pairs of steps two consecutive codes are compared with during a delay: those around the step that the
    /// device should show, and those around our own.
    #[must_use]
    pub const fn two_codes_candidates(&self) -> u64 {
        let window = self.window.steps();
        2 * (window + if window > 0 { window } else { 1 })
    }
}
