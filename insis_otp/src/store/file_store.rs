//! The store of secret files: a [`Template`] says where each user's is.

use std::ffi::OsString;
use std::path::PathBuf;

use super::contract::{InvitationStore, Item, Listed, Owner, Record, StillHolds, Store, UserStore};
use super::error::os;
use super::{
    Account, Charge, Decision, InvitationFile, InvitationRefusal, Leftovers, Links, Location, OwnLink,
    Reader, SecretFile, StoreError, Template, UnknownUsers,
};
use crate::oath::{RecoveryCode, RecoveryCodes, Salt, UnixTime};
use crate::record::{Enrollment, UserName};
use crate::verify::State;

impl Store for Template {
    type User = SecretFile;
    type UnknownUsers = UnknownUsers;

    fn user(&self, account: &Account) -> SecretFile {
        self.locate(account)
    }

    /// The directory in which all files are, by their names; none where the last part of the path is not the user.
    fn list(&self) -> Result<Option<Vec<Listed>>, StoreError> {
        let Some(names) = FileNames::of(self) else { return Ok(None) };
        let entries = std::fs::read_dir(&names.directory)
            .map_err(|error| StoreError::at(&names.directory, os("list it")(error)))?;
        Ok(Some(entries.flatten().filter_map(|entry| names.listed(&entry.file_name())).collect()))
    }

    /// In the system store, wherever the secret files are: only root can keep count, in a directory that only root can write
    /// to.
    fn unknown_users(&self) -> UnknownUsers {
        UnknownUsers::system()
    }
}

impl Template {
    /// What killed programs have left in the directory in which all files are; `None` where the last part of the path is
    /// not the user.
    #[must_use]
    pub fn leftovers(&self) -> Option<Leftovers> {
        FileNames::of(self).map(|names| Leftovers::of(&names.directory))
    }
}

/// What files are called: the last part of a template.
struct FileNames {
    directory: PathBuf,
    before: String,
    after: String,
    by_uid: bool,
}

impl FileNames {
    fn of(template: &Template) -> Option<Self> {
        let text = template.to_string();
        let (directory, last) = text.rsplit_once('/')?;
        let plain = |text: &str| (!text.replace("%%", "").contains('%')).then(|| text.replace("%%", "%"));
        // "%%u" is a percent sign and a letter; such a name is left to those who ask account by account.
        let (before, after, by_uid) = match (last.split_once("%u"), last.split_once("%U")) {
            (Some((before, after)), None) => (before, after, false),
            (None, Some((before, after))) => (before, after, true),
            _ => return None,
        };
        let directory = PathBuf::from(plain(directory)?);
        Some(Self { directory, before: plain(before)?, after: plain(after)?, by_uid })
    }

    /// What a file is that has this name, if it is anything.
    fn listed(&self, name: &OsString) -> Option<Listed> {
        let text = name.to_str()?;
        let (item, text) = match InvitationFile::secret_file_name(text) {
            Some(text) => (Item::Invitation, text),
            // An enrollment that is going on, or what a crash left of one, begins with a dot.
            None if text.starts_with('.') => return None,
            None => (Item::Record, text),
        };
        let owner = text.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?.to_owned();
        let owner = if self.by_uid { Owner::Uid(owner) } else { Owner::Name(owner) };
        Some(Listed { item, owner, location: Location::Path(self.directory.join(name)) })
    }
}

impl UserStore for SecretFile {
    type Reader = Reader;
    type Invitation = InvitationFile;
    type Link = OwnLink;

    fn user(&self) -> &UserName {
        &self.account().name
    }

    fn location(&self) -> Location {
        Location::Path(self.path().to_owned())
    }

    fn load_by(&self, reader: &mut Reader) -> Result<Record, StoreError> {
        match reader.read(self) {
            // An empty store must not look like one in which nobody has enrolled.
            Err(error) if error.is_not_enrolled() && self.store_is_away() => Err(self.away()),
            read => read,
        }
    }

    fn transact_charged<P, T>(
        &self,
        charge: impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        compare: impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<T, StoreError> {
        self.transact_charged(charge, compare)
    }

    fn create(
        &self,
        enrollment: &Enrollment,
        state: &State,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        self.create_if(enrollment, state, still_holds)
    }

    fn replace<E>(
        &self,
        decide: impl FnMut(&Record) -> Result<(Enrollment, State), E>,
    ) -> Result<Result<(), E>, StoreError> {
        self.replace(decide)
    }

    /// In a file that goes on from the present one: somebody who does not know yet that they were left behind may still
    /// write to that.
    fn replace_recovery_codes(
        &self,
        proved: Option<&Enrollment>,
        recovery: &RecoveryCodes,
    ) -> Result<(), StoreError> {
        self.replace_recovery_codes(proved, recovery)
    }

    fn repair(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), StoreError> {
        self.repair(state)
    }

    fn remove(&self, proved: Option<&Enrollment>) -> Result<(), StoreError> {
        self.remove_proved(proved)
    }

    fn rename_to(&self, new: &Self) -> Result<(), StoreError> {
        self.rename_to(new)
    }

    fn invitation(&self) -> InvitationFile {
        self.invitation()
    }

    /// In the system store, wherever secret files are.
    fn link(&self) -> OwnLink {
        OwnLink::of(Links::system(), self.account().clone())
    }
}

impl InvitationStore for InvitationFile {
    fn issue(&self, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<(), StoreError> {
        self.issue(code, salt, expires)
    }

    fn check(&self, code: &RecoveryCode, now: UnixTime) -> Result<Result<(), InvitationRefusal>, StoreError> {
        self.check(code, now)
    }

    fn redeem<T, E>(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        enroll: impl FnOnce(StillHolds<'_>) -> Result<T, E>,
    ) -> Result<Result<Result<T, E>, InvitationRefusal>, StoreError> {
        self.redeem(code, now, enroll)
    }

    fn withdraw(&self) -> Result<(), StoreError> {
        self.withdraw()
    }
}
