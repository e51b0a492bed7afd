//! Enrolling somebody with a secret that exists already.

use std::io::Read;

use insis_otp::operations::Clock;
use insis_otp::otp::{RecoveryCodes, State};
use insis_otp::otpauth::{Entry, InvalidUri};
use insis_otp::store::{Cause, Enrolment, SecretFile, StoreError};
use zeroize::Zeroizing;

/// Why a URI was not imported.
#[derive(Debug)]
pub enum NoImport {
    /// Nothing came in.
    Empty,
    /// It cannot be used.
    Uri(InvalidUri),
    /// Some apps show wrong codes for its parameters.
    Uncommon(Box<Entry>),
    /// The store cannot be written, or there is a pairing already.
    Store(StoreError),
}

/// Reads a URI: one line, no longer than a URI can be.
pub fn read_uri(input: impl Read) -> Result<Entry, NoImport> {
    let mut text = Zeroizing::new(Vec::with_capacity(Entry::LONGEST + 1));
    let read = input.take(Entry::LONGEST as u64 + 1).read_to_end(&mut text);
    let text = std::str::from_utf8(&text).ok().filter(|text| text.len() <= Entry::LONGEST);
    match text.map(str::trim) {
        Some("") => Err(NoImport::Empty),
        Some(uri) if read.is_ok() => Entry::parse(uri).map_err(NoImport::Uri),
        _ => Err(NoImport::Uri(InvalidUri::NotOtpauth)),
    }
}

/// Enrols the file's owner with an entry.
pub fn enrol(
    file: &SecretFile,
    entry: &Entry,
    force: bool,
    replace: bool,
    clock: Clock<'_>,
) -> Result<(), NoImport> {
    if !entry.has_common_parameters() && !force {
        return Err(NoImport::Uncommon(Box::new(entry.clone())));
    }
    let enrolment = Enrolment {
        user: file.account().name.clone(),
        key: entry.key.clone(),
        issuer: entry.issuer.clone(),
        account: entry.account.clone(),
        paired_at: clock(),
        recovery: RecoveryCodes::default(),
    };
    if replace {
        return put(file, &enrolment).map_err(NoImport::Store);
    }
    file.create(&enrolment, &State::default()).map_err(NoImport::Store)
}

/// Writes the pairing in the place of a present one, whatever state that is in.
fn put(file: &SecretFile, enrolment: &Enrolment) -> Result<(), StoreError> {
    let fresh = || (enrolment.clone(), State::default());
    match file.replace(|_| Ok::<_, std::convert::Infallible>(fresh())) {
        Ok(Ok(())) => Ok(()),
        Err(StoreError { cause: Cause::NotPaired, .. }) => file.create(enrolment, &State::default()),
        Err(StoreError { cause: Cause::Damaged(_) | Cause::Unsafe(_), .. }) => {
            file.remove()?;
            file.create(enrolment, &State::default())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_uri_is_read_and_nothing_else() {
        let uri = "otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(read_uri(format!("{uri}\n").as_bytes()).unwrap().account, "b");
        assert!(matches!(read_uri(&b" \n"[..]), Err(NoImport::Empty)));
        assert!(matches!(read_uri(&b"\xff"[..]), Err(NoImport::Uri(InvalidUri::NotOtpauth))));
        let long = format!("{uri}&x={}", "x".repeat(Entry::LONGEST));
        assert!(matches!(read_uri(long.as_bytes()), Err(NoImport::Uri(InvalidUri::NotOtpauth))));
    }
}
