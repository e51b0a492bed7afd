//! andOTP: its plain-text backup, a list of entries.

use serde::Deserialize;

use super::Found;
use super::fields::{Fields, Text};

/// An entry.
#[derive(Deserialize)]
pub struct Entry {
    secret: Text,
    #[serde(default)]
    issuer: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    algorithm: Option<String>,
    digits: Option<u64>,
    period: Option<u64>,
}

/// The entry as it can be taken.
pub fn found(entry: &Entry) -> Found {
    let fields = Fields {
        issuer: entry.issuer.as_deref().unwrap_or_default(),
        account: entry.label.as_deref().unwrap_or_default(),
        kind: &entry.kind,
        algorithm: entry.algorithm.as_deref().unwrap_or_default(),
        digits: entry.digits,
        period: entry.period,
    };
    fields.with(entry.secret.reveal())
}
