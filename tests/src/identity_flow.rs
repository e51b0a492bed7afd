//! One question to `otp-idp`, and what comes of it.

use std::path::Path;
use std::time::{Duration, Instant};

use insis_otp::identity::{Message, Start};
use insis_otp::service::Flow;

use crate::env::Env;
use crate::identity_provider::{CA_FILE, PROGRAM, authority, settings};
use crate::stub_provider::Stub;

/// A machine with these settings, which trusts the authority of the tests.
#[must_use]
pub fn machine(settings: &str) -> Env {
    Env::build().config(settings).file(CA_FILE, authority(), 0o644).start()
}

/// Asks it to begin, and to end in so many seconds.
///
/// # Panics
/// When the program does not answer.
#[must_use]
pub fn begin(seconds: u64) -> Flow {
    Flow::begin(Path::new(PROGRAM), Start { seconds }).expect("no answer")
}

/// What the person is told.
///
/// # Panics
/// When the program does not answer.
pub fn offered(flow: &mut Flow) -> (String, String) {
    match flow.hear().expect("no answer") {
        Message::Offered { uri, code } => (uri, code),
        other => panic!("{other:?}"),
    }
}

/// What comes of it, in a word.
#[must_use]
pub fn word(message: &Message) -> &'static str {
    match message {
        Message::Offered { .. } => "offered",
        Message::Proved { .. } => "proved",
        Message::Refused(why, _) => why.name(),
        Message::Unavailable(why, _) => why.name(),
    }
}

/// What it says besides.
#[must_use]
pub fn detail_of(message: &Message) -> &str {
    match message {
        Message::Refused(_, detail) | Message::Unavailable(_, detail) | Message::Proved { detail, .. } => {
            detail
        }
        Message::Offered { .. } => "",
    }
}

/// The settings for a provider that behaves as none should.
#[must_use]
pub fn stub_settings(stub: &Stub, more: &str) -> String {
    settings(stub.issuer(), "otp", more)
}

/// The first message, and how long it took.
///
/// # Panics
/// When the program does not answer.
#[must_use]
pub fn first(seconds: u64) -> (Message, Duration) {
    let began = Instant::now();
    let message = begin(seconds).hear().expect("no answer");
    (message, began.elapsed())
}

/// What comes after the offer.
///
/// # Panics
/// When the program does not answer.
#[must_use]
pub fn outcome(seconds: u64) -> Message {
    let mut flow = begin(seconds);
    offered(&mut flow);
    flow.hear().expect("no answer")
}
