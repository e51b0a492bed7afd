//! An attempt to log in, as the module asks `otp-fleet` for it, without a module.

use insis_otp::Source;
use insis_otp::service::{FleetClient, FleetLogin, FleetOperation, FleetResponse, Reply};
use insis_otp::verify::{Policy, Refusal, ThrottlePolicy, Verdict};

/// A throttle that many attempts at once do not run into: that is another test's matter.
#[must_use]
pub fn policy() -> Policy {
    let throttle =
        ThrottlePolicy { free: 1000, daily: 10_000, consecutive: 10_000, ..ThrottlePolicy::default() };
    Policy { throttle, ..Policy::default() }
}

/// What is asked.
#[must_use]
pub fn operation(code: &str) -> FleetOperation {
    FleetOperation::Login(FleetLogin {
        reply: Reply::new(code.as_bytes()),
        source: Source::User(0),
        remember: None,
        refund: 0,
        tells_failures: true,
        policy: policy(),
    })
}

/// One attempt, by an `otp-fleet` of its own.
///
/// # Panics
/// When that does not answer.
#[must_use]
pub fn attempt(client: &FleetClient, code: &str) -> FleetResponse {
    client.ask(operation(code)).expect("otp-fleet does not answer")
}

/// Whether the code opened the login.
#[must_use]
pub const fn is_accepted(response: &FleetResponse) -> bool {
    matches!(response, FleetResponse::Login(Verdict::Accepted(_), _))
}

/// Whether the code had opened another.
#[must_use]
pub const fn is_used(response: &FleetResponse) -> bool {
    matches!(response, FleetResponse::Login(Verdict::Refused(Refusal::Used { .. }), _))
}

/// Whether the code was compared, and was none.
#[must_use]
pub const fn is_wrong(response: &FleetResponse) -> bool {
    matches!(response, FleetResponse::Login(Verdict::Refused(Refusal::Wrong), _))
}
