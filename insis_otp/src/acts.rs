//! Log lines for acts on an enrollment: those of `otp-helper` on behalf of its caller, and those of `otp-setup`.

use crate::log::{Level, Line};
use crate::operations::Failure;
use crate::otp::Refusal;
use crate::store::{Cause, StoreError};
use crate::wire::EnrollmentDenial;

/// The line of an act that was refused because of a code.
#[must_use]
pub fn refused(why: &Refusal) -> Line {
    let level = match why {
        Refusal::Throttled { .. } | Refusal::TooSoon { .. } | Refusal::SingleCodesUsedUp => Level::Warning,
        _ => Level::Notice,
    };
    let line = Line::new(level, "refused").field("reason", why.name());
    match why {
        Refusal::OutsideWindow { offset } => line.field("offset", offset),
        _ => line,
    }
}

/// The line of an act that failed.
#[must_use]
pub fn failed(failure: &Failure) -> Line {
    match failure {
        Failure::Proof(why) => refused(why),
        Failure::Pair(_) => refused_because("codes-do-not-pair"),
        Failure::Invitation(why) => denied(&EnrollmentDenial::Invitation(*why)),
        Failure::Store(error) => store_failed(error),
    }
}

/// The line of a first enrollment for which there was no leave: a stranger, perhaps, who has the account's processes.
#[must_use]
pub fn denied(why: &EnrollmentDenial) -> Line {
    let line = |level| Line::new(level, "refused").field("reason", why.name());
    match why {
        EnrollmentDenial::PasswordUnchecked(why) => line(Level::Error).words(why),
        EnrollmentDenial::Off => line(Level::Notice),
        EnrollmentDenial::Password | EnrollmentDenial::Invitation(_) => line(Level::Warning),
    }
}

/// The line of an act that the store did not allow. Its text holds a path and a reason, never a secret or a code.
#[must_use]
pub fn store_failed(error: &StoreError) -> Line {
    match error.cause {
        Cause::NotPaired => refused_because("not-paired"),
        Cause::Exists => refused_because("paired-already"),
        _ => Line::new(Level::Error, "error").words(error),
    }
}

/// The line of an act that was refused for another reason than a code.
#[must_use]
pub fn refused_because(reason: &str) -> Line {
    Line::new(Level::Notice, "refused").field("reason", reason)
}
