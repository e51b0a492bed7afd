//! Bitwarden: its JSON export without encryption, also that of its authenticator. A login may have a code, as a URI or as
//! the secret alone.

use serde::Deserialize;

use super::Found;
use super::fields::{Fields, Text};

/// An item.
#[derive(Deserialize)]
pub struct Item {
    #[serde(default)]
    name: Option<String>,
    login: Option<Login>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    totp: Option<Text>,
}

/// The entry as it can be taken; nothing where the item has no codes.
pub fn found(item: &Item) -> Option<Found> {
    let login = item.login.as_ref()?;
    let totp = login.totp.as_ref().filter(|totp| !totp.reveal().trim().is_empty())?;
    let fields = Fields {
        issuer: item.name.as_deref().unwrap_or_default(),
        account: login.username.as_deref().unwrap_or_default(),
        ..Fields::default()
    };
    Some(fields.with(totp.reveal()))
}
