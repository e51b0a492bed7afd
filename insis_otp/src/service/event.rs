//! What became of a request, as the log has it.

use super::authority::{AllowedBy, Authority};
use super::{EnrollmentDenial, LinkRefusal, Request, Response};
use crate::audit::{self, Level, Line};
use crate::store::{Cause, StoreError};
use crate::verify::Verdict;

/// An act on an enrollment, for the log: what was to be done, and a line that says what became of it. Who did it, and
/// for whom, whoever reports it adds.
#[derive(Clone, Debug)]
pub struct Event {
    /// The act.
    pub action: &'static str,
    /// What became of it.
    pub line: Line,
    /// Whether it was done.
    pub succeeded: bool,
}

impl Event {
    /// The event of a request; `None` for a look, which is none. Everything else is one: who asks is the user, or malware
    /// that runs as the user.
    pub(super) fn of(
        request: &Request,
        response: &Response,
        by: AllowedBy,
        authority: Authority<'_>,
    ) -> Option<Self> {
        match (request, response, authority) {
            (Request::Status | Request::LinkStatus, ..) => return None,
            // Whether the first code of a resynchronization was right shows with the second; otp-helper tells of both.
            (_, Response::Noted, Authority::Administrator | Authority::FileOwner) => return None,
            _ => {}
        }
        let succeeded = matches!(
            response,
            Response::Done(_)
                | Response::Noted
                | Response::Status(_)
                | Response::Verdict(Verdict::Accepted(_))
        );
        let line = match response {
            Response::Noted => Line::new(Level::Info, "noted"),
            Response::Verdict(Verdict::Refused(why)) => audit::refused(why),
            Response::Denied(why) => denied(why),
            Response::CodesRefused(_) => audit::refused_because("codes-do-not-pair"),
            Response::NotEnrolled => audit::refused_because("not-paired"),
            Response::Exists => audit::refused_because("paired-already"),
            Response::NotLinked(why) => not_linked(why),
            Response::Failed(why) => Line::new(Level::Error, "error").message(why),
            // Whoever did it without the person's leave has a second factor of their own now.
            Response::Done(_) if by.is_some() => {
                Line::new(Level::Warning, "done").field("by", by.unwrap_or_default())
            }
            Response::Done(_)
            | Response::Status(_)
            | Response::Link(_)
            | Response::Verdict(Verdict::Accepted(_)) => done(matches!(authority, Authority::Administrator)),
        };
        Some(Self { action: request.action(), line, succeeded })
    }

    /// The event of a request that root has made, and another program has done.
    #[must_use]
    pub fn of_administrator(request: &Request, response: &Response) -> Option<Self> {
        Self::of(request, response, None, Authority::Administrator)
    }

    /// The event of something that root alone may do, and another program has done.
    #[must_use]
    pub fn of_root_elsewhere(action: &'static str, response: &Response) -> Self {
        let succeeded = matches!(response, Response::Done(_));
        let line = match response {
            Response::Done(_) => done(true),
            Response::NotEnrolled => audit::refused_because("not-paired"),
            Response::Exists => audit::refused_because("paired-already"),
            Response::Failed(why) => Line::new(Level::Error, "error").message(why),
            _ => Line::new(Level::Error, "error"),
        };
        Self { action, line, succeeded }
    }

    /// The event of something that root did, or could not do, with the store.
    pub fn of_root<T>(action: &'static str, outcome: &Result<T, StoreError>) -> Self {
        let line = match outcome {
            Ok(_) => done(true),
            Err(error) => store_failed(error),
        };
        Self { action, line, succeeded: outcome.is_ok() }
    }

    /// With one more field.
    #[must_use]
    pub fn with(self, key: &'static str, value: impl std::fmt::Display) -> Self {
        Self { line: self.line.field(key, value), ..self }
    }

    /// The event of something that was refused before the store was asked.
    #[must_use]
    pub fn refused(action: &'static str, reason: &str) -> Self {
        Self { action, line: audit::refused_because(reason), succeeded: false }
    }
}

/// Root acts on what is other people's.
fn done(by_root: bool) -> Line {
    Line::new(if by_root { Level::Notice } else { Level::Info }, "done")
}

/// The line of a first enrollment for which there was no leave: a stranger, perhaps, who has the account's processes.
fn denied(why: &EnrollmentDenial) -> Line {
    let line = |level| Line::new(level, "refused").field("reason", why.name());
    match why {
        EnrollmentDenial::PasswordUnchecked(why) => line(Level::Error).message(why),
        EnrollmentDenial::Off => line(Level::Notice),
        EnrollmentDenial::Password | EnrollmentDenial::Invitation(_) => line(Level::Warning),
    }
}

/// The line of a link that was not made or removed. That somebody else's identity was tried may be a theft of either.
fn not_linked(why: &LinkRefusal) -> Line {
    let level = match why {
        LinkRefusal::LinkedElsewhere => Level::Warning,
        LinkRefusal::Unavailable(..) => Level::Error,
        _ => Level::Notice,
    };
    let line = Line::new(level, "refused").field("reason", why.name());
    match why.detail() {
        Some(detail) if !detail.is_empty() => line.message(detail),
        _ => line,
    }
}

/// The line of an act that the store did not allow. Its text holds a path and a reason, never a secret or a code.
fn store_failed(error: &StoreError) -> Line {
    match error.cause {
        Cause::NotEnrolled => audit::refused_because("not-paired"),
        Cause::Exists => audit::refused_because("paired-already"),
        _ => Line::new(Level::Error, "error").message(error),
    }
}
