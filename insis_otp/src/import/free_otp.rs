//! FreeOTP+: its JSON export, in which secrets are lists of signed bytes.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::Found;
use super::fields::Fields;

/// A token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    secret: Vec<i8>,
    #[serde(default)]
    issuer_ext: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    algo: Option<String>,
    digits: Option<u64>,
    period: Option<u64>,
}

/// The entry as it can be taken.
pub fn found(token: &Token) -> Found {
    let secret: Zeroizing<Vec<u8>> =
        Zeroizing::new(token.secret.iter().map(|byte| byte.cast_unsigned()).collect());
    let fields = Fields {
        issuer: token.issuer_ext.as_deref().unwrap_or_default(),
        account: token.label.as_deref().unwrap_or_default(),
        kind: &token.kind,
        algorithm: token.algo.as_deref().unwrap_or_default(),
        digits: token.digits,
        period: token.period,
    };
    fields.with_bytes(&secret)
}

impl Drop for Token {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.secret);
    }
}
