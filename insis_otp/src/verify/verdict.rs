//! What comes of an attempt: the login is opened or not, by what or why not.

use super::Malformed;
use crate::oath::{Drift, Seconds};

/// The outcome of one attempt. [`super::verify`] has an example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The login is opened.
    Accepted(Accepted),
    /// It is not.
    Refused(Refusal),
}

/// An opened login, and what its owner and the log should hear about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What opened it.
    pub by: Proof,
    /// Failed attempts since the login before.
    pub failures: u32,
    /// The used steps lay far ahead: the machine's clock was wrong once, and this login led back.
    pub clock_was_ahead: bool,
}

/// What opened a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// One code, this many steps from the expected one.
    Code {
        /// Steps after the expected one; negative when before.
        offset: i32,
    },
    /// Two consecutive codes.
    TwoCodes {
        /// Steps of the second code after the expected one, before the drift was learned.
        offset: i32,
        /// The drift from now on.
        drift: Drift,
    },
    /// A recovery code, or a scratch code.
    Recovery {
        /// How many are left.
        left: u32,
    },
    /// A bypass code of the help desk's.
    Bypass {
        /// How many logins it opens still.
        left: u32,
    },
}

/// Why an attempt did not open the login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Matches nothing nearby.
    Wrong,
    /// The right code of a step that is used; a fresh one is shown after this time (0: already now).
    Used {
        /// Until the phone shows a code that can be accepted.
        wait: Seconds,
    },
    /// Every step near now is used, as the clock of this machine was far ahead once, or is behind now.
    ClockAhead {
        /// How far ahead the last accepted step lies.
        by: Seconds,
    },
    /// The code of a step before the window.
    OutsideWindow {
        /// Steps after the expected one: negative.
        offset: i32,
    },
    /// A recovery code, or a scratch code, that was used before.
    RecoveryUsed,
    /// Not compared, because of earlier wrong guesses.
    Throttled {
        /// Until a single code is compared again.
        wait: Seconds,
    },
    /// Two consecutive codes, or a recovery code, were not compared: too many were tried from there, or in all.
    TooSoon {
        /// Until a single code is compared again.
        wait: Seconds,
    },
    /// Not compared: so many single codes in a row were wrong that only two consecutive codes or a recovery code are.
    SingleCodesUsedUp,
    /// Cannot be a code at all.
    Malformed(Malformed),
}

impl Refusal {
    /// The refusal in a word: the `reason=` of the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong-code",
            Self::Used { .. } => "used-code",
            Self::ClockAhead { .. } => "clock-ahead",
            Self::OutsideWindow { .. } => "outside-window",
            Self::RecoveryUsed => "used-recovery-code",
            Self::Throttled { .. } => "throttled",
            Self::TooSoon { .. } => "too-soon",
            Self::SingleCodesUsedUp => "single-codes-used-up",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether the attempt was a guess that could have opened the login, and so counts towards the delay.
    pub(super) const fn is_guess(&self) -> bool {
        match self {
            Self::Wrong | Self::OutsideWindow { .. } => true,
            Self::Used { .. }
            | Self::ClockAhead { .. }
            | Self::RecoveryUsed
            | Self::Throttled { .. }
            | Self::TooSoon { .. }
            | Self::SingleCodesUsedUp
            | Self::Malformed(_) => false,
        }
    }
}
