//! Who would be locked out.

use insis_otp::config::{Config, Unenrolled};
use insis_otp::store::Account;

use super::{Finding, Severity};
use crate::texts::Texts;
use crate::users;

/// How many names are said.
const NAMED: usize = 10;

/// People with a login shell and without a pairing.
pub fn examine(texts: &Texts, config: &Config, used: bool) -> Option<Finding> {
    if !used {
        return None;
    }
    let people: Vec<_> = users::with_shells().unwrap_or_default();
    let unpaired: Vec<_> = people.iter().filter(|account| is_unpaired(config, account)).collect();
    let names: Vec<_> = unpaired.iter().take(NAMED).map(|account| account.name.as_str()).collect();
    let more = if unpaired.len() > NAMED { ", …" } else { "" };
    let names = format!("{}{more}", names.join(", "));
    let (severity, text) = match (unpaired.len(), config.unenrolled) {
        (0, _) => return None,
        (count, Unenrolled::Deny) => (Severity::Warning, texts.doctor_locked_out(count, names)),
        (count, Unenrolled::Ignore | Unenrolled::Enrol) => {
            (Severity::Note, texts.doctor_would_be_locked_out(count, names))
        }
    };
    Some(Finding::new(severity, Config::PATH, &text))
}

fn is_unpaired(config: &Config, account: &Account) -> bool {
    config.secret_file.locate(account).read().is_err_and(|error| error.is_not_paired())
}
