//! The lines of attempts that were refused: the same from the module, `otp-helper` and `otp-setup`.

use super::{Level, Line};
use crate::verify::{Malformed, Refusal};

/// The line of an attempt that was refused because of what was typed, or of those before it.
#[must_use]
pub fn refused(why: &Refusal) -> Line {
    let level = match why {
        Refusal::Throttled { .. }
        | Refusal::TooSoon { .. }
        | Refusal::ClockAhead { .. }
        | Refusal::SingleCodesUsedUp => Level::Warning,
        _ => Level::Notice,
    };
    with_reason(Line::new(level, "refused"), why)
}

/// The line of digits at the end of a password that were tried as a code and refused. Not "refused": what counts such
/// lines must not shut out people whose passwords end in digits.
#[must_use]
pub fn tried(why: &Refusal) -> Line {
    with_reason(Line::new(Level::Info, "tried"), why)
}

/// The line of something that was refused for another reason than a code.
#[must_use]
pub fn refused_because(reason: &str) -> Line {
    Line::new(Level::Notice, "refused").field("reason", reason)
}

fn with_reason(line: Line, why: &Refusal) -> Line {
    let line = line.field("reason", why.name());
    match why {
        Refusal::OutsideWindow { offset } => line.field("offset", offset),
        Refusal::Used { wait } | Refusal::Throttled { wait } | Refusal::TooSoon { wait } => {
            line.field("wait", wait.0)
        }
        Refusal::ClockAhead { by } => line.field("ahead", by.0),
        Refusal::Malformed(why) => line.field(
            "kind",
            match why {
                Malformed::Length => "length",
                Malformed::ForeignDigits => "foreign-digits",
                Malformed::Characters => "characters",
            },
        ),
        Refusal::Wrong | Refusal::RecoveryUsed | Refusal::SingleCodesUsedUp => line,
    }
}
