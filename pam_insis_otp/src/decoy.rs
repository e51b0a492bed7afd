//! What is verified for people who have nothing to verify: as much work, and never a success.

use insis_otp::otp::{
    Algorithm, Digits, Key, Period, Policy, RecoveryCodes, Refusal, Secret, State, Verdict, verify,
};
use insis_otp::{operations::system_clock, wire::Reply};

/// Refuses a reply after the work of looking for it. What is said is what would be said of a wrong code.
pub fn refuse(reply: &Reply, policy: &Policy) -> Refusal {
    let Ok(secret) = Secret::from_bytes(&[0; Secret::BYTES]) else { return Refusal::Wrong };
    let key = Key::new(secret, Algorithm::default(), Digits::default(), Period::default());
    let none = RecoveryCodes::default();
    match verify(&reply.typed(), &key, &none, &State::default(), policy, system_clock()).0 {
        Verdict::Refused(why @ Refusal::Malformed(_)) => why,
        Verdict::Refused(_) | Verdict::Accepted(_) => Refusal::Wrong,
    }
}
