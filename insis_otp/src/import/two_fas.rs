//! 2FAS: its backup without a password.

use serde::Deserialize;

use super::Found;
use super::fields::{Fields, Text};

/// A service.
#[derive(Deserialize)]
pub struct Service {
    #[serde(default)]
    name: Option<String>,
    secret: Text,
    #[serde(default)]
    otp: Otp,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Otp {
    account: Option<String>,
    issuer: Option<String>,
    token_type: Option<String>,
    algorithm: Option<String>,
    digits: Option<u64>,
    period: Option<u64>,
}

/// The entry as it can be taken.
pub fn found(service: &Service) -> Found {
    let Service { name, secret, otp } = service;
    let issuer = otp.issuer.as_deref().filter(|issuer| !issuer.is_empty());
    let fields = Fields {
        issuer: issuer.or(name.as_deref()).unwrap_or_default(),
        account: otp.account.as_deref().unwrap_or_default(),
        kind: otp.token_type.as_deref().unwrap_or_default(),
        algorithm: otp.algorithm.as_deref().unwrap_or_default(),
        digits: otp.digits,
        period: otp.period,
    };
    fields.with(secret.reveal())
}
