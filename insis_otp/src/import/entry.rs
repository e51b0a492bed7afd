//! Writing what was taken, for whom it was meant.

use crate::oath::{OtpGenerator, RecoveryCodes, Salt, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::service::{Existing, FleetAct, FleetClient, Reporter, Service, system_clock};
use crate::store::{Cause, Record, StoreError, UserStore};

use super::{Found, LeftOut, Unusable};

/// What may be done.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Also with parameters for which some apps show wrong codes, and with secrets that are too short.
    pub force: bool,
    /// Also instead of a present enrollment.
    pub replace: bool,
    /// Nothing: only say what would be done.
    pub dry_run: bool,
}

/// An entry that was taken.
#[derive(Debug)]
pub struct Imported {
    /// What was taken of it.
    pub entry: AppEntry,
    /// How many scratch codes came along.
    pub scratch: usize,
    /// What of it was left out.
    pub left_out: Vec<LeftOut>,
}

/// Why an entry was not taken.
#[derive(Debug)]
pub enum ImportError {
    /// It cannot be used.
    Unusable(Unusable),
    /// Some apps show wrong codes for its parameters.
    Uncommon(Box<OtpGenerator>),
    /// Its secret is shorter than RFC 4226 asks for.
    Short,
    /// There is an enrollment already.
    Exists,
    /// The store cannot be used.
    Store(StoreError),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        if matches!(error.cause, Cause::Exists) { Self::Exists } else { Self::Store(error) }
    }
}

/// Where an import goes: one user's part of a store.
pub trait Destination {
    /// Whose it is.
    fn user(&self) -> &UserName;

    /// What the clock says.
    fn now(&self) -> UnixTime;

    /// Whether an import could be written, as far as that shows without writing.
    ///
    /// # Errors
    /// As for [`Self::import`].
    fn can_import(&self, existing: Existing) -> Result<(), StoreError>;

    /// Writes it, and reports that.
    ///
    /// # Errors
    /// Somebody has enrolled and is to be kept, or it cannot be written.
    fn import(&self, record: &Record, existing: Existing, report: Reporter<'_>) -> Result<(), StoreError>;
}

impl<S: UserStore> Destination for Service<'_, S> {
    fn user(&self) -> &UserName {
        self.store.user()
    }

    fn now(&self) -> UnixTime {
        (self.clock)()
    }

    fn can_import(&self, existing: Existing) -> Result<(), StoreError> {
        Service::can_import(self, existing)
    }

    fn import(&self, record: &Record, existing: Existing, report: Reporter<'_>) -> Result<(), StoreError> {
        Service::import(self, &record.enrollment, &record.state, existing, report)
    }
}

impl Destination for FleetClient {
    fn user(&self) -> &UserName {
        self.user()
    }

    fn now(&self) -> UnixTime {
        system_clock()
    }

    fn can_import(&self, existing: Existing) -> Result<(), StoreError> {
        self.done(FleetAct::CanImport(existing), &|_| {})
    }

    fn import(&self, record: &Record, existing: Existing, report: Reporter<'_>) -> Result<(), StoreError> {
        self.done(FleetAct::Import(Box::new(record.clone()), existing), report)
    }
}

/// Enrols the owner of a part of a store with what was found. `names` are those for an entry that has none, `salt` is for the hashes
/// of scratch codes.
pub fn import_entry(
    destination: &impl Destination,
    found: Found,
    names: impl FnOnce(&OtpGenerator) -> AppEntry,
    rules: Rules,
    salt: Salt,
    report: Reporter<'_>,
) -> Result<Imported, ImportError> {
    let mut taken = found.taken.map_err(ImportError::Unusable)?;
    match (taken.key.secret().is_short(), rules.force) {
        (true, true) => taken.left_out.push(LeftOut::ShortSecret),
        (true, false) => return Err(ImportError::Short),
        (false, _) => {}
    }
    let entry = match found.names {
        Some((issuer, account)) if !issuer.is_empty() || !account.is_empty() => {
            AppEntry { key: taken.key, issuer: clean(&issuer), account: clean(&account) }
        }
        _ => names(&taken.key),
    };
    if !entry.has_common_parameters() && !rules.force {
        return Err(ImportError::Uncommon(Box::new(entry.key)));
    }
    let enrollment = Enrollment {
        user: destination.user().clone(),
        entry,
        enrolled_at: destination.now(),
        recovery: RecoveryCodes::of_scratch_codes(&taken.scratch, salt)
            .ok_or(ImportError::Unusable(Unusable::Form))?,
    };
    let existing = if rules.replace { Existing::Replace } else { Existing::Keep };
    let record = Record { enrollment, state: taken.state };
    if rules.dry_run {
        destination.can_import(existing)?;
    } else {
        destination.import(&record, existing, report)?;
    }
    Ok(Imported { entry: record.enrollment.entry, scratch: taken.scratch.len(), left_out: taken.left_out })
}

/// A name that a secret file can hold.
fn clean(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(120).collect()
}
