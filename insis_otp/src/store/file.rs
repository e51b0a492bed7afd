//! One person's secret file: opening it safely, its lock, and the operations on it.
//!
//! # A guess is charged before it is compared
//!
//! [`SecretFile::transact_charged`] first writes the state as after a wrong guess, and only then compares. A right code
//! takes a second write. Whoever makes a write fail, or kills the process at any moment, has paid.
//!
//! # A holder that does not run is left behind
//!
//! A waiter goes on in a new file that takes the old one's place ([`super::publish`]). So that no code opens two logins
//! then, a holder makes sure that its file is still the one at the path after the charge, before anything is compared,
//! and again after the last write, before anybody learns of it. Whoever takes over reads the old state after the
//! exchange, and so sees everything that an accepted login has written.

use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contract::{Charge, Decision, Record, StillHolds, Write};
use super::directory::check_directory;
use super::error::{errno_of, os};
use super::identity::Identity;
use super::isolation::Isolation;
use super::layout::{self, FileRecord, PAGE, Page};
use super::lock::{self, Patience, Waited};
use super::locked::Locked;
use super::page_io::fill_page;
use super::publish::is_unsupported;
use super::seal::Seal;
use super::slot;
use super::{Cause, InvitationFile, Leftovers, StoreError};
use crate::files::{self, Access};
use crate::record::Enrollment;
use crate::store::Account;
use crate::verify::State;
use nix::errno::Errno;
use nix::fcntl::Flock;

/// Where one person's secret file is, and whose it has to be. Nothing is opened before an operation asks for it.
///
/// An enrollment that is written, read, changed and removed, in a home:
///
/// ```
/// use insis_otp::oath::{OtpGenerator, Parameters, RecoveryCodes, Secret, UnixTime};
/// use insis_otp::record::{AppEntry, Enrollment, UserName};
/// use insis_otp::store::{Account, Decision, Template, UserStore, Write};
/// use insis_otp::verify::State;
/// use nix::unistd::{getegid, geteuid};
///
/// # let home = tempfile::tempdir()?;
/// let name = UserName::parse("anna")?;
/// let account = Account { name: name.clone(), uid: geteuid(), gid: getegid(), home: home.path().into() };
/// let file = Template::parse("%h/.insis-otp").expect("it begins with a home").locate(&account);
/// assert!(file.read().is_err_and(|error| error.is_not_enrolled()));
///
/// let secret = Secret::generate(|bytes| { bytes.fill(7); Ok::<_, std::io::Error>(()) })?;
/// let enrollment = Enrollment {
///     user: name,
///     entry: AppEntry {
///         key: OtpGenerator::new(secret, Parameters::default()),
///         issuer: "example.org".into(),
///         account: "anna@example.org".into(),
///     },
///     enrolled_at: UnixTime(1_700_000_000),
///     recovery: RecoveryCodes::default(),
/// };
/// file.create(&enrollment, &State::default())?;
///
/// // The closure may run more than once: it must do nothing but decide.
/// let failures = file.transact(|_, state| {
///     let state = State { failures: state.failures + 1, ..state.clone() };
///     Decision { answer: state.failures, state, write: Write::Durable }
/// })?;
/// assert_eq!((failures, file.read()?.state.failures), (1, 1));
/// file.remove()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    pub(super) path: PathBuf,
    pub(super) account: Account,
    pub(super) in_home: bool,
    pub(super) seal: Seal,
    /// What is beside it to be cleared away, where that is known.
    pub(super) leftovers: Option<Arc<Leftovers>>,
}

/// Reads many files one after the other: one page serves for all of them, and is wiped once; the directory that they
/// share is looked at once.
#[derive(Debug, Default)]
pub struct Reader {
    page: Page,
    checked: Option<PathBuf>,
}

impl Reader {
    /// Reads a file without its lock, to report on it.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be used.
    pub fn read(&mut self, file: &SecretFile) -> Result<Record, StoreError> {
        let Self { page, checked } = self;
        let check = |file: &SecretFile| {
            if checked.as_deref() != Some(file.directory()) {
                file.check_directory()?;
                *checked = Some(file.directory().to_owned());
            }
            Ok(())
        };
        file.as_owner_in(check, || {
            let (opened, _) = file.open(Access::Read)?;
            fill_page(&opened, page)?;
            let FileRecord { enrollment, state, .. } =
                layout::decode(page, file.seal).map_err(Cause::Damaged)?;
            file.same_user(&enrollment)?;
            Ok(Record { enrollment, state })
        })
    }
}

impl SecretFile {
    /// The name of the marker of a system store, which no user name can be.
    const MARKER: &str = ".store";
    /// How often an operation begins anew because others have put another file instead of its own.
    pub(super) const ROUNDS: usize = 16;

    pub(super) const fn new(path: PathBuf, account: Account, in_home: bool) -> Self {
        Self { path, account, in_home, seal: Seal::Plain, leftovers: None }
    }

    /// The same file among many that are replaced: what killed programs have left beside it is known, and not looked for.
    #[must_use]
    pub fn among_many(self, leftovers: Arc<Leftovers>) -> Self {
        Self { leftovers: Some(leftovers), ..self }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The invitation to enroll, beside it.
    #[must_use]
    pub fn invitation(&self) -> InvitationFile {
        InvitationFile::of(self)
    }

    /// Whether nothing can be said of it, since the home that it would be in is not there: not mounted, perhaps.
    #[must_use]
    pub fn home_is_away(&self) -> bool {
        self.in_home && !self.account.home.is_dir()
    }

    /// Whether nothing can be said of who has enrolled, since the system store is not the one that was set up: an empty
    /// directory where it is not mounted has no marker. Installing makes one, and nothing that runs at each boot does.
    #[must_use]
    pub fn store_is_away(&self) -> bool {
        let system = Path::new(super::Template::SYSTEM_DIRECTORY);
        !self.in_home && self.directory() == system && system.join(Self::MARKER).symlink_metadata().is_err()
    }

    /// What is said then.
    pub(crate) fn away(&self) -> StoreError {
        let marker = self.directory().join(Self::MARKER);
        let what = format!(
            "its store has no marker, and may not be mounted (if it is right as it is: install -m 644 /dev/null {})",
            marker.display()
        );
        StoreError::at(&self.path, Cause::Unsafe(what))
    }

    /// Reads the file without its lock, to report on it.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be used.
    pub fn read(&self) -> Result<Record, StoreError> {
        Reader::default().read(self)
    }

    /// Lock, read, charge, write, compare, write, unlock. Nothing is compared before its charge is written, and nobody
    /// learns of an answer before the last state is. Both closures may run more than once: when another file has taken
    /// this one's place meanwhile, it all begins anew there.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why the file cannot be used.
    pub fn transact_charged<P, T>(
        &self,
        mut charge: impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        mut compare: impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<T, StoreError> {
        self.with_locked(|locked| self.attempt(locked, &mut charge, &mut compare))
    }

    /// One attempt on a locked file; `None` when the file was replaced meanwhile, so that nothing of it counts.
    fn attempt<P, T>(
        &self,
        locked: &Locked,
        charge: &mut impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        compare: &mut impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<Option<T>, Cause> {
        let FileRecord { enrollment, state, cursor, .. } =
            locked.record.as_ref().map_err(|why| Cause::Damaged(why))?;
        self.same_user(enrollment)?;
        let (decision, cursor, is_second) = match charge(enrollment, state) {
            Charge::Settled(decision) => (decision, cursor.clone(), false),
            Charge::Due(charged, pending) => {
                locked.write(&slot::encode(cursor, &charged, None).map_err(Cause::Damaged)?, cursor)?;
                if !self.is_at_path(&locked.opened) {
                    return Ok(None);
                }
                (compare(enrollment, pending), cursor.next(), true)
            }
        };
        // Encoded whether it is written or not: up to here, right and wrong are the same work.
        let slot = slot::encode(&cursor, &decision.state, None).map_err(Cause::Damaged)?;
        if decision.write == Write::AsCharged {
            locked.send_to_disk();
            return Ok(Some(decision.answer));
        }
        match is_second {
            true => locked.write_again(&slot, &cursor)?,
            false => locked.write(&slot, &cursor)?,
        }
        if !self.is_at_path(&locked.opened) {
            return Ok(None);
        }
        if decision.write == Write::Durable {
            locked.sync()?;
        }
        Ok(Some(decision.answer))
    }

    /// Writes a new secret file where there is none.
    ///
    /// # Errors
    /// [`Cause::Exists`], or why it cannot be written; then nothing is left behind.
    pub fn create(&self, enrollment: &Enrollment, state: &State) -> Result<(), StoreError> {
        self.create_if(enrollment, state, &|| Ok(()))
    }

    /// The same, if what allows it still holds when all is written but its place.
    ///
    /// # Errors
    /// As for [`Self::create`]; or it does not hold.
    pub fn create_if(
        &self,
        enrollment: &Enrollment,
        state: &State,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        if self.store_is_away() {
            return Err(self.away());
        }
        self.exclusively(|| {
            if self.path.symlink_metadata().is_ok() {
                return Err(Cause::Exists);
            }
            self.publish_first(
                &layout::encode(enrollment, state, self.seal).map_err(Cause::Damaged)?,
                still_holds,
            )
        })
    }

    /// Runs an operation on the file under its lock, and again when the file was replaced meanwhile and the operation
    /// says so by `None`.
    pub(super) fn with_locked<T>(
        &self,
        mut operation: impl FnMut(&Locked) -> Result<Option<T>, Cause>,
    ) -> Result<T, StoreError> {
        self.exclusively(|| {
            let mut patience = Patience::new();
            for _ in 0..Self::ROUNDS {
                if let Some(done) = operation(&self.lock(&mut patience)?)? {
                    return Ok(done);
                }
                patience.give_turns();
            }
            Err(again_and_again())
        })
    }

    /// Runs an operation under the lock: out of the caller's reach, and with the right identity.
    pub(super) fn exclusively<T>(
        &self,
        operation: impl FnOnce() -> Result<T, Cause>,
    ) -> Result<T, StoreError> {
        let blamed = |cause| StoreError::at(&self.path, cause);
        // Before the identity, since a change of the real user id resets that of the file system.
        let isolation = Isolation::begin().map_err(blamed)?;
        let done = self.as_owner_in(Self::check_directory, operation);
        isolation.end().map_err(blamed)?;
        done
    }

    /// Runs an operation with the right identity, after a look at the directory, and puts the path to its complaints.
    fn as_owner_in<T>(
        &self,
        check: impl FnOnce(&Self) -> Result<(), Cause>,
        operation: impl FnOnce() -> Result<T, Cause>,
    ) -> Result<T, StoreError> {
        let run = || {
            let _identity = if self.in_home { Identity::assume(&self.account)? } else { None };
            check(self)?;
            operation()
        };
        run().map_err(|cause| StoreError::at(&self.path, cause))
    }

    /// A store that is not in a home is in a directory that only root can write, but for the setgid model.
    fn check_directory(&self) -> Result<(), Cause> {
        if self.in_home { Ok(()) } else { check_directory(self.directory()) }
    }

    pub(super) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    fn open(&self, access: Access) -> Result<(File, Metadata), Cause> {
        let (file, metadata) = files::open(&self.path, access).map_err(|error| match errno_of(&error) {
            Errno::ENOENT => Cause::NotEnrolled,
            Errno::ELOOP => Cause::Unsafe("is a symbolic link".into()),
            _ => os("open it")(error),
        })?;
        self.check(&metadata)?;
        Ok((file, metadata))
    }

    /// What was opened has to be a plain file of its owner's, of the right size, that nobody else can reach.
    pub(super) fn check(&self, metadata: &Metadata) -> Result<(), Cause> {
        let unsafe_because = |what: String| Err(Cause::Unsafe(what));
        if !metadata.is_file() {
            return unsafe_because(format!("is {}, not a regular file", files::kind(metadata)));
        }
        if metadata.uid() != self.account.uid.as_raw() {
            return unsafe_because(format!(
                "belongs to user id {}, not to {}",
                metadata.uid(),
                self.account.name
            ));
        }
        if metadata.mode() & 0o077 != 0 {
            return unsafe_because("can be opened by others than its owner (chmod 0600)".into());
        }
        // One that has no name any more was replaced a moment ago; the lock will notice.
        if metadata.nlink() > 1 {
            return unsafe_because("has more than one name (hard links)".into());
        }
        if metadata.len() != PAGE as u64 {
            return Err(Cause::Damaged("it is not 4096 bytes long"));
        }
        Ok(())
    }

    pub(super) fn same_user(&self, enrollment: &Enrollment) -> Result<(), Cause> {
        if enrollment.user == self.account.name {
            Ok(())
        } else {
            Err(Cause::Unsafe(format!("is the secret file of another user, {:?}", enrollment.user.as_str())))
        }
    }

    /// Opens and locks the file, and makes sure that it is still the one at the path. Goes on without a holder that does
    /// not run.
    pub(super) fn lock(&self, patience: &mut Patience) -> Result<Locked, Cause> {
        for _ in 0..Self::ROUNDS * 4 {
            let (file, opened) = self.open(Access::Update)?;
            match lock::wait(file, patience, || self.is_at_path(&opened))? {
                Waited::Locked(file) if self.is_at_path(&opened) => match self.settled(file, opened)? {
                    Some(locked) => return Ok(locked),
                    None => patience.begin_anew(),
                },
                Waited::Locked(_) | Waited::Moved => patience.begin_anew(),
                Waited::Stalled(file) => {
                    patience.expect_more();
                    match self.take_over(&file) {
                        Ok(Some(locked)) => return Ok(locked),
                        Ok(None) => patience.give_turns(),
                        Err(cause) if is_unsupported(&cause) => patience.never_take_over(),
                        Err(cause) => return Err(cause),
                    }
                }
            }
            if let Err(error) = self.path.symlink_metadata()
                && error.kind() == ErrorKind::NotFound
            {
                return Err(Cause::NotEnrolled);
            }
        }
        Err(Cause::Unsafe("is replaced again and again while it is being opened".into()))
    }

    /// A locked file, after it has taken over what it still has to.
    /// `None` when it was replaced meanwhile.
    fn settled(&self, file: Flock<File>, opened: Metadata) -> Result<Option<Locked>, Cause> {
        let locked = Locked::read(file, opened, self.seal)?;
        match locked.record.as_ref().ok().and_then(|record| record.pending) {
            None => Ok(Some(locked)),
            Some(pending) => match self.finish(&locked, pending) {
                Ok(true) => Locked::read(locked.file, locked.opened, self.seal).map(Some),
                Ok(false) => Ok(None),
                // Then only the head counts.
                Err(Cause::Damaged(why)) => Ok(Some(Locked { record: Err(why), ..locked })),
                Err(cause) => Err(cause),
            },
        }
    }

    /// Whether this file is the one at the path.
    pub(super) fn is_current(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|opened| self.is_at_path(&opened))
    }

    fn is_at_path(&self, opened: &Metadata) -> bool {
        self.path.symlink_metadata().is_ok_and(|named| files::is_same(opened, &named))
    }
}

/// The end of trying.
pub(super) fn again_and_again() -> Cause {
    Cause::Unsafe("is replaced again and again while it is being used".into())
}

#[cfg(test)]
mod tests;
