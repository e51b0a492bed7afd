//! What is decided about an attempt: windows, replay, throttling, the verdict, and the proof of an enrollment.
//!
//! Everything here is pure: no clock, no file, no call to the operating system. The centre is [`verify`], which decides one
//! attempt, and [`enroll`], which decides whether a phone and a secret belong together.

mod attempt;
mod budget;
mod bypass;
mod enrollment;
#[cfg(test)]
mod fixtures;
mod given_back;
mod policy;
mod reply;
mod resync;
mod state;
mod throttle;
mod used_steps;
mod verdict;

pub use attempt::{Attempt, Charge, Comparison, charge, verify};
pub use budget::{Budgets, Meter, Rate, SourceMeter, SourceTag};
pub use bypass::{Bypass, BypassNews};
pub use enrollment::{EnrollmentProof, EnrollmentRefusal, enroll, locate};
pub use given_back::{GivenBack, Kept};
pub use policy::{Policy, Window};
pub use reply::{Malformed, ParsedReply};
pub use resync::{Resync, ResyncCharge, ResyncCode, ResyncComparison, charge_resync};
pub use state::{Remembered, ResyncStart, State};
pub use throttle::{Throttle, ThrottlePolicy};
pub use used_steps::UsedSteps;
pub use verdict::{Accepted, Proof, Refusal, Verdict};
