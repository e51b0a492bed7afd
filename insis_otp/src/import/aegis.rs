//! Aegis: its vault, as it is exported without encryption. An encrypted one has text instead of its entries.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Found;
use super::fields::{Fields, Text};

/// The contents of a vault.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Vault {
    /// In clear.
    Plain {
        /// The entries.
        entries: Vec<Entry>,
    },
    /// Encrypted: text.
    Encrypted(IgnoredAny),
}

/// An entry.
#[derive(Deserialize)]
pub struct Entry {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    secret: Text,
    #[serde(default)]
    algo: Option<String>,
    digits: Option<u64>,
    period: Option<u64>,
}

/// The entry as it can be taken.
pub fn found(entry: &Entry) -> Found {
    let Entry { kind, name, issuer, info } = entry;
    let fields = Fields {
        issuer: issuer.as_deref().unwrap_or_default(),
        account: name.as_deref().unwrap_or_default(),
        kind,
        algorithm: info.algo.as_deref().unwrap_or_default(),
        digits: info.digits,
        period: info.period,
    };
    fields.with(info.secret.reveal())
}
