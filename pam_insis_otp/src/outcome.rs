//! How an authentication can end, and the one road from there to a PAM code and a line in the log.

use insis_otp::log::{Level, Line};
use insis_otp::otp::{Accepted, Malformed, Proof, Refusal};
use pam::constants::PamResultCode;

/// The end of an authentication. [`Outcome::code`] is the only place that turns one into a PAM code.
#[derive(Debug)]
pub enum Outcome {
    /// A code was verified, and that is on the disk.
    Accepted(Accepted),
    /// The last code that could be tried was refused.
    Refused(Refusal),
    /// There was nothing to verify a code with, or the reply was none; the person sees a refusal like any other.
    Denied(Denial),
    /// There was no reply.
    NoReply(NoReply),
    /// The site's policy lets the rest of the stack decide.
    Ignored,
    /// The store cannot be used: with what and why.
    Unavailable(String),
    /// The configuration or an argument is wrong: where and what.
    Misconfigured(String),
}

/// Why no code could have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The user database does not know the name.
    UnknownUser,
    /// The person has not paired, and the site's policy is to refuse.
    Unenrolled,
    /// sshd put a filler in the place of the reply.
    Filler,
    /// The reply was the password.
    Password,
}

/// Why there was no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// The application cannot ask, was told not to, or the person hung up.
    Conversation,
    /// The reply was NULL or empty.
    Empty,
}

impl Outcome {
    /// The PAM code. Success comes from a verified code, PAM_IGNORE from policy, and neither from anything else.
    pub const fn code(&self) -> PamResultCode {
        match self {
            Self::Accepted(_) => PamResultCode::PAM_SUCCESS,
            Self::Ignored => PamResultCode::PAM_IGNORE,
            Self::Refused(Refusal::Throttled { .. } | Refusal::TooSoon { .. }) => PamResultCode::PAM_MAXTRIES,
            Self::Refused(
                Refusal::Wrong
                | Refusal::Used { .. }
                | Refusal::ClockAhead { .. }
                | Refusal::OutsideWindow { .. }
                | Refusal::RecoverySpent
                | Refusal::Malformed(_),
            )
            | Self::Denied(_)
            | Self::NoReply(NoReply::Empty) => PamResultCode::PAM_AUTH_ERR,
            Self::NoReply(NoReply::Conversation) => PamResultCode::PAM_CONV_ERR,
            Self::Unavailable(_) => PamResultCode::PAM_AUTHINFO_UNAVAIL,
            Self::Misconfigured(_) => PamResultCode::PAM_SERVICE_ERR,
        }
    }

    /// The line for the log.
    pub fn line(&self) -> Line {
        match self {
            Self::Accepted(accepted) => accepted_line(accepted),
            Self::Refused(refusal) => refused_line(refusal),
            Self::Denied(denial) => denied_line(*denial),
            Self::NoReply(why) => Line::new(Level::Notice, "refused").field(
                "reason",
                match why {
                    NoReply::Conversation => "no-conversation",
                    NoReply::Empty => "no-reply",
                },
            ),
            Self::Ignored => Line::new(Level::Notice, "ignored").field("reason", "not-paired"),
            Self::Unavailable(_) => Line::new(Level::Error, "error").field("reason", "store"),
            Self::Misconfigured(_) => Line::new(Level::Error, "error").field("reason", "configuration"),
        }
    }

    /// What is said at the end of the line.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Unavailable(why) | Self::Misconfigured(why) => Some(why),
            Self::Denied(Denial::Filler) => Some(
                "sshd does not allow this user (unknown, or root with PermitRootLogin); the code was not seen",
            ),
            Self::Denied(Denial::Password) => Some(
                "the client answers with the password: set KbdInteractiveAuthentication yes and \
                 AuthenticationMethods keyboard-interactive in sshd_config",
            ),
            _ => None,
        }
    }
}

fn accepted_line(accepted: &Accepted) -> Line {
    let line = Line::new(if accepted.clock_was_ahead { Level::Warning } else { Level::Info }, "accepted");
    let line = match &accepted.by {
        Proof::Code { offset } => line.field("proof", "code").field("offset", offset),
        Proof::Pair { offset, drift } => {
            line.field("proof", "pair").field("offset", offset).field("drift", drift.0)
        }
        Proof::Recovery { left } => line.field("proof", "recovery-code").field("left", left),
    };
    let line = line.field("failures", accepted.failures);
    if accepted.clock_was_ahead { line.field("clock", "was-ahead") } else { line }
}

fn denied_line(denial: Denial) -> Line {
    Line::new(Level::Notice, "refused").field(
        "reason",
        match denial {
            Denial::UnknownUser => "unknown-user",
            Denial::Unenrolled => "not-paired",
            Denial::Filler => "sshd-filler",
            Denial::Password => "password-as-code",
        },
    )
}

fn refused_line(refusal: &Refusal) -> Line {
    let level = match refusal {
        Refusal::Throttled { .. } | Refusal::TooSoon { .. } | Refusal::ClockAhead { .. } => Level::Warning,
        _ => Level::Notice,
    };
    let line = Line::new(level, "refused").field("reason", refusal.name());
    match refusal {
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
        Refusal::Wrong | Refusal::RecoverySpent => line,
    }
}
