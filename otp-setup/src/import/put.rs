//! Writing what was taken, for whom it was meant.

use insis_otp::operations::Clock;
use insis_otp::otp::{Key, RecoveryCodes, Salt, State};
use insis_otp::otpauth::Entry;
use insis_otp::store::{Cause, Enrolment, SecretFile, StoreError};

use super::{Found, LeftOut, Unusable};

/// What may be done.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Also with parameters for which some apps show wrong codes, and with secrets that are too short.
    pub force: bool,
    /// Also in the place of a present pairing.
    pub replace: bool,
    /// Nothing: only say what would be done.
    pub dry_run: bool,
}

/// An entry that was taken.
#[derive(Debug)]
pub struct Put {
    /// Its issuer.
    pub issuer: String,
    /// Its account.
    pub account: String,
    /// How many scratch codes came along.
    pub scratch: usize,
    /// What of it was left out.
    pub left_out: Vec<LeftOut>,
}

/// Why an entry was not taken.
#[derive(Debug)]
pub enum NotPut {
    /// It cannot be used.
    Unusable(Unusable),
    /// Some apps show wrong codes for its parameters.
    Uncommon(Box<Key>),
    /// Its secret is shorter than RFC 4226 asks for.
    Short,
    /// There is a pairing already.
    Exists,
    /// The store cannot be used.
    Store(StoreError),
}

impl From<StoreError> for NotPut {
    fn from(error: StoreError) -> Self {
        if matches!(error.cause, Cause::Exists) { Self::Exists } else { Self::Store(error) }
    }
}

/// Enrols the file's owner with what was found. `names` are those for an entry that has none, `salt` is for the hashes
/// of scratch codes.
pub fn put(
    file: &SecretFile,
    found: Found,
    names: impl FnOnce(&Key) -> Entry,
    rules: Rules,
    salt: Salt,
    clock: Clock<'_>,
) -> Result<Put, NotPut> {
    let mut taken = found.taken.map_err(NotPut::Unusable)?;
    match (taken.key.secret().is_short(), rules.force) {
        (true, true) => taken.left_out.push(LeftOut::ShortSecret),
        (true, false) => return Err(NotPut::Short),
        (false, _) => {}
    }
    let entry = match found.names {
        Some((issuer, account)) if !issuer.is_empty() || !account.is_empty() => {
            Entry { key: taken.key, issuer: clean(&issuer), account: clean(&account) }
        }
        _ => names(&taken.key),
    };
    if !entry.has_common_parameters() && !rules.force {
        return Err(NotPut::Uncommon(Box::new(entry.key)));
    }
    let enrolment = Enrolment {
        user: file.account().name.clone(),
        key: entry.key,
        issuer: entry.issuer.clone(),
        account: entry.account.clone(),
        paired_at: clock(),
        recovery: RecoveryCodes::of_scratch_codes(&taken.scratch, salt)
            .ok_or(NotPut::Unusable(Unusable::Form))?,
    };
    match (rules.dry_run, rules.replace) {
        (true, _) => check(file, rules.replace)?,
        (false, true) => replace(file, &enrolment, &taken.state)?,
        (false, false) => file.create(&enrolment, &taken.state)?,
    }
    Ok(Put {
        issuer: entry.issuer,
        account: entry.account,
        scratch: taken.scratch.len(),
        left_out: taken.left_out,
    })
}

/// A name that a secret file can hold.
fn clean(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(120).collect()
}

/// Whether it could be written, as far as that shows without writing.
fn check(file: &SecretFile, replace: bool) -> Result<(), NotPut> {
    match file.read() {
        Ok(_) if replace => Ok(()),
        Ok(_) => Err(NotPut::Exists),
        Err(error) if error.is_not_paired() => Ok(()),
        Err(StoreError { cause: Cause::Damaged(_), .. }) if replace => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Writes the pairing in the place of a present one, whatever state that is in.
fn replace(file: &SecretFile, enrolment: &Enrolment, state: &State) -> Result<(), StoreError> {
    let new = || Ok::<_, std::convert::Infallible>((enrolment.clone(), state.clone()));
    match file.replace(|_| new()) {
        Ok(Ok(())) => Ok(()),
        Err(StoreError { cause: Cause::NotPaired, .. }) => file.create(enrolment, state),
        Err(StoreError { cause: Cause::Damaged(_) | Cause::Unsafe(_), .. }) => {
            file.remove()?;
            file.create(enrolment, state)
        }
        Err(error) => Err(error),
    }
}
