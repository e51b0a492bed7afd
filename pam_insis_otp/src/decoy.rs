//! What is verified for people who have nothing to verify: as much work, and never a success.

use insis_otp::otp::{Algorithm, Digits, Key, Period, Policy, RecoveryCodes, Secret, State, verify};
use insis_otp::{operations::system_clock, wire::Reply};

/// Does the work of looking for a reply; whatever it finds is dropped.
pub fn look_for(reply: &Reply, policy: &Policy) {
    let Ok(secret) = Secret::from_bytes(&[0; Secret::BYTES]) else { return };
    let key = Key::new(secret, Algorithm::default(), Digits::default(), Period::default());
    let (none, state) = (RecoveryCodes::default(), State::default());
    let _ = std::hint::black_box(verify(&reply.typed(), &key, &none, &state, policy, system_clock()));
}
