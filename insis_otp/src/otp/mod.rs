//! The ground floor: codes (RFC 4226, RFC 6238), time steps, throttling and the verdict.
//!
//! Everything here is pure. Time and randomness come in as parameters; nothing is read or written. The centre is
//! [`verify`], which decides one attempt, and [`pair`], which decides whether a phone and a secret belong together.

mod budget;
mod key;
mod keyed_hmac;
mod pairing;
mod policy;
mod recovery;
mod resync;
mod secret;
mod spent;
mod state;
mod throttle;
mod time;
mod typed;
mod verdict;

pub use budget::{Budgets, Meter, Rate, SourceMeter, SourceTag};
pub use key::{Algorithm, Code, Digits, InvalidParameter, Key, Period};
pub use pairing::{Paired, PairingRefusal, locate, pair};
pub use policy::{Policy, Window};
pub use recovery::{RecoveryCode, RecoveryCodes, RecoveryHash, Salt, ScratchCode};
pub use resync::{Resync, ResyncCharge, ResyncCode, ResyncComparison, charge_resync};
pub use secret::{InvalidSecret, Secret};
pub use spent::SpentSteps;
pub use state::{Remembered, ResyncStart, State};
pub use throttle::{Throttle, ThrottlePolicy};
pub use time::{Drift, Seconds, Step, UnixTime};
pub use typed::{Malformed, Typed};
pub use verdict::{Accepted, Attempt, Charge, Comparison, Proof, Refusal, Verdict, charge, verify};
