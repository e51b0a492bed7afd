//! One person's secret file: opening it safely, its lock, and the operations on it.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::form::{self, Enrolment, PAGE, Page, Record};
use super::identity::Identity;
use super::{Account, Cause, InvitationFile, StoreError};
use crate::files::{self, Access};
use crate::otp::State;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// Where one person's secret file is, and whose it has to be. Nothing is opened before an operation asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    path: PathBuf,
    account: Account,
    in_home: bool,
}

/// What a transaction decided.
#[derive(Clone, Debug)]
pub struct Decision<T> {
    /// The state from now on.
    pub state: State,
    /// Whether it has to be on the disk before anybody learns the answer. The record of a failure need not be.
    pub durable: bool,
    /// The answer.
    pub answer: T,
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
    /// [`Cause::NotPaired`], or why it cannot be used.
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
            let record = form::decode(page).map_err(Cause::Damaged)?;
            file.same_user(&record.enrolment)?;
            Ok(record)
        })
    }
}

/// A secret file that is open, locked, and still the one at its path.
struct Locked {
    file: Flock<File>,
    page: Page,
}

impl SecretFile {
    /// How long an operation waits for the lock before it gives up.
    pub const PATIENCE: Duration = Duration::from_secs(5);
    /// The mode of the system store, whose group is the helper's (setgid).
    const SETGID_STORE: u32 = 0o1730;

    pub(super) const fn new(path: PathBuf, account: Account, in_home: bool) -> Self {
        Self { path, account, in_home }
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
        InvitationFile::beside(self)
    }

    /// Whether nothing can be said of it, since the home that it would be in is not there: not mounted, perhaps.
    #[must_use]
    pub fn home_is_away(&self) -> bool {
        self.in_home && !self.account.home.is_dir()
    }

    /// Reads the file without its lock, to report on it.
    ///
    /// # Errors
    /// [`Cause::NotPaired`], or why it cannot be used.
    pub fn read(&self) -> Result<Record, StoreError> {
        Reader::default().read(self)
    }

    /// Lock, read, decide, write, unlock. The state is written, and durable where that is asked for, before the
    /// answer is returned; if it cannot be, there is no answer.
    ///
    /// # Errors
    /// [`Cause::NotPaired`], or why the file cannot be used.
    pub fn transact<T>(
        &self,
        decide: impl FnOnce(&Enrolment, &State) -> Decision<T>,
    ) -> Result<T, StoreError> {
        self.as_owner(|| {
            let locked = self.lock()?;
            let Record { enrolment, state, place } = form::decode(&locked.page).map_err(Cause::Damaged)?;
            self.same_user(&enrolment)?;
            let decision = decide(&enrolment, &state);
            let slot = place.slot(&decision.state).map_err(Cause::Damaged)?;
            let written = write_at(&locked.file, &slot, place.offset());
            written.map_err(os("write its state"))?;
            if decision.durable {
                nix::unistd::fdatasync(locked.file.as_fd())
                    .map_err(os_errno("write its state to the disk"))?;
            }
            Ok(decision.answer)
        })
    }

    /// Writes a new secret file where there is none.
    ///
    /// # Errors
    /// [`Cause::Exists`], or why it cannot be written; then nothing is left behind.
    pub fn create(&self, enrolment: &Enrolment, state: &State) -> Result<(), StoreError> {
        self.as_owner(|| {
            if self.path.symlink_metadata().is_ok() {
                return Err(Cause::Exists);
            }
            self.publish(enrolment, state, None)
        })
    }

    /// Replaces secret and state together, or not at all. `decide` sees the present record, under its lock, and says
    /// what comes instead; when it says no, nothing changes.
    ///
    /// # Errors
    /// [`Cause::NotPaired`], or why it cannot be written; then the old file stays.
    pub fn replace<E>(
        &self,
        decide: impl FnOnce(&Record) -> Result<(Enrolment, State), E>,
    ) -> Result<Result<(), E>, StoreError> {
        self.as_owner(|| {
            let locked = self.lock()?;
            let record = form::decode(&locked.page).map_err(Cause::Damaged)?;
            self.same_user(&record.enrolment)?;
            match decide(&record) {
                Ok((enrolment, state)) => self.publish(&enrolment, &state, Some(&locked.page)).map(Ok),
                Err(no) => Ok(Err(no)),
            }
        })
    }

    /// Removes the file.
    ///
    /// # Errors
    /// [`Cause::NotPaired`], or why it cannot be removed.
    pub fn remove(&self) -> Result<(), StoreError> {
        self.as_owner(|| {
            // The lock keeps a login that is being decided from writing into a file that is gone. What is no secret
            // file (damaged, of another owner) is removed all the same.
            let locked = match self.lock() {
                Ok(locked) => Some(locked),
                Err(Cause::Damaged(_) | Cause::Unsafe(_)) => None,
                Err(no) => return Err(no),
            };
            std::fs::remove_file(&self.path).map_err(os("remove it"))?;
            let synced = self.sync_directory(locked.as_ref().map(|l| &*l.file));
            if let (Err(_), Some(Locked { page, .. })) = (&synced, &locked) {
                // Not over a pairing that was made meanwhile.
                self.put_back(page, nix::fcntl::RenameFlags::RENAME_NOREPLACE);
            }
            synced
        })
    }

    /// Writes both state slots anew, from the head alone: the administrator's repair of a damaged state.
    ///
    /// # Errors
    /// [`Cause::NotPaired`], or why it cannot be written.
    pub fn repair(&self, state: impl FnOnce(&Enrolment, Option<&State>) -> State) -> Result<(), StoreError> {
        self.as_owner(|| {
            let locked = self.lock()?;
            let (enrolment, _) = form::decode_head(&locked.page).map_err(Cause::Damaged)?;
            self.same_user(&enrolment)?;
            let present = form::decode(&locked.page).ok();
            let state = state(&enrolment, present.as_ref().map(|r| &r.state));
            self.publish(&enrolment, &state, Some(&locked.page))
        })
    }

    /// Runs an operation with the right identity, and puts the path to its complaints.
    fn as_owner<T>(&self, operation: impl FnOnce() -> Result<T, Cause>) -> Result<T, StoreError> {
        self.as_owner_in(Self::check_directory, operation)
    }

    /// The same, with another look at the directory.
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
        run().map_err(|cause| StoreError { path: self.path.clone(), cause })
    }

    /// A store that is not in a home is in a directory that only root can write, but for the setgid model.
    fn check_directory(&self) -> Result<(), Cause> {
        if self.in_home { Ok(()) } else { check_directory(self.directory()) }
    }

    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    fn open(&self, access: Access) -> Result<(File, Metadata), Cause> {
        let (file, facts) = files::open(&self.path, access).map_err(|error| match errno_of(&error) {
            Errno::ENOENT => Cause::NotPaired,
            Errno::ELOOP => Cause::Unsafe("is a symbolic link".into()),
            _ => os("open it")(error),
        })?;
        self.check(&facts)?;
        Ok((file, facts))
    }

    /// What was opened has to be a plain file of its owner's, of the right size, that nobody else can reach.
    fn check(&self, facts: &Metadata) -> Result<(), Cause> {
        let unsafe_because = |what: String| Err(Cause::Unsafe(what));
        if !facts.is_file() {
            return unsafe_because(format!("is {}, not a regular file", files::kind(facts)));
        }
        if facts.uid() != self.account.uid.as_raw() {
            return unsafe_because(format!(
                "belongs to user id {}, not to {}",
                facts.uid(),
                self.account.name
            ));
        }
        if facts.mode() & 0o077 != 0 {
            return unsafe_because("can be opened by others than its owner (chmod 0600)".into());
        }
        // One that has no name any more was replaced a moment ago; the lock will notice.
        if facts.nlink() > 1 {
            return unsafe_because("has more than one name (hard links)".into());
        }
        if facts.len() != PAGE as u64 {
            return Err(Cause::Damaged("it is not 4096 bytes long"));
        }
        Ok(())
    }

    fn same_user(&self, enrolment: &Enrolment) -> Result<(), Cause> {
        if enrolment.user == self.account.name {
            Ok(())
        } else {
            Err(Cause::Unsafe(format!("is the secret file of another user, {:?}", enrolment.user.as_str())))
        }
    }

    /// Opens and locks the file, and makes sure that it is still the one at the path: whoever replaces it holds the
    /// lock of the old one meanwhile.
    fn lock(&self) -> Result<Locked, Cause> {
        for _ in 0..16 {
            let (file, opened) = self.open(Access::Update)?;
            let file = wait_for_lock(file, Self::PATIENCE)?;
            match self.path.symlink_metadata() {
                Ok(named) if (named.dev(), named.ino()) == (opened.dev(), opened.ino()) => {
                    self.check(&named)?;
                    let page = read_page(&file)?;
                    return Ok(Locked { file, page });
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(Cause::NotPaired),
                Err(error) => return Err(os("look at it")(error)),
            }
        }
        Err(Cause::Unsafe("is replaced again and again while it is being opened".into()))
    }

    /// Writes a whole file in the place of the former one, or where there was none. When anything fails, it is as it
    /// was before, and nothing is left behind.
    fn publish(&self, enrolment: &Enrolment, state: &State, former: Option<&Page>) -> Result<(), Cause> {
        let page = form::encode(enrolment, state).map_err(Cause::Damaged)?;
        let flags = match former {
            Some(_) => nix::fcntl::RenameFlags::empty(),
            None => nix::fcntl::RenameFlags::RENAME_NOREPLACE,
        };
        // Nobody uses the new file before its lock ends, and that is here.
        let file = self.put(&page, flags)?;
        let synced = self.sync_directory(Some(&*file));
        match (&synced, former) {
            (Ok(()), _) => {}
            (Err(_), Some(former)) => self.put_back(former, flags),
            (Err(_), None) => _ = std::fs::remove_file(&self.path),
        }
        synced
    }

    /// Writes a whole file beside the path and moves it there. When anything fails, nothing is left behind.
    fn put(&self, page: &[u8], flags: nix::fcntl::RenameFlags) -> Result<Flock<File>, Cause> {
        let beside = self.beside();
        let file = Self::create_beside(&beside)?;
        let written = self.fill(&file, page).and_then(|()| rename(&beside, &self.path, flags));
        if let Err(cause) = written {
            // Nothing better can be done if this fails too; the next pairing removes it.
            let _ = std::fs::remove_file(&beside);
            return Err(cause);
        }
        Ok(file)
    }

    /// Undoes what is not known to be on the disk. Whoever is told that it failed goes on with what was there before,
    /// and deletes what is new from the app: with the other in the file, nobody could log in. If this fails too, nothing
    /// better can be done.
    fn put_back(&self, former: &Page, flags: nix::fcntl::RenameFlags) {
        let _ = self.put(former, flags);
    }

    fn fill(&self, file: &File, page: &[u8]) -> Result<(), Cause> {
        if nix::unistd::geteuid() != self.account.uid && !self.in_home {
            let (uid, gid) = (self.account.uid, self.account.gid);
            nix::unistd::fchown(file, Some(uid), Some(gid)).map_err(os_errno("give it to its user"))?;
        }
        write_at(file, page, 0).map_err(os("write it"))?;
        file.sync_all().map_err(os("write it to the disk"))
    }

    /// The name under which a new file is written: a fixed one, so that a crash leaves at most one, and one that no
    /// user name can be (they do not begin with a dot).
    fn beside(&self) -> PathBuf {
        let mut name = std::ffi::OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".new");
        self.path.with_file_name(name)
    }

    /// Creates the file beside, or leaves none.
    fn create_beside(beside: &Path) -> Result<Flock<File>, Cause> {
        Self::try_to_create(beside).inspect_err(|_| {
            // It may have been created, and only then something failed. Another pairing's is locked.
            if let Ok((file, _)) = files::open(beside, Access::Update) {
                let _ = remove_unheld(file, beside);
            }
        })
    }

    /// One that is there already is another pairing that is going on, or, when nobody holds its lock, what a crash left
    /// behind.
    fn try_to_create(beside: &Path) -> Result<Flock<File>, Cause> {
        for _ in 0..4 {
            match files::open(beside, Access::CreateNew) {
                Ok((file, _)) => {
                    let file = wait_for_lock(file, Self::PATIENCE)?;
                    if beside.symlink_metadata().is_ok_and(|named| same_file(&file, &named)) {
                        return Ok(file);
                    }
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => remove_abandoned(beside)?,
                Err(error) => return Err(os("create it")(error)),
            }
        }
        Err(Cause::Busy { waited: 0, holder: None })
    }

    /// Makes the name durable. The setgid helper may not open the directory for reading; then the whole file system
    /// is synced, which pairings, being rare, can afford.
    fn sync_directory(&self, file: Option<&File>) -> Result<(), Cause> {
        let synced = match (File::open(self.directory()), file) {
            (Ok(directory), _) => directory.sync_all(),
            (Err(error), Some(file)) if error.kind() == ErrorKind::PermissionDenied => {
                nix::unistd::syncfs(file).map_err(io::Error::from)
            }
            (Err(error), _) => Err(error),
        };
        synced.map_err(os("write its directory to the disk"))
    }
}

/// A store that is not in a home is in a directory that only root can write, but for the setgid model.
pub(super) fn check_directory(directory: &Path) -> Result<(), Cause> {
    let facts = match directory.symlink_metadata() {
        Ok(facts) => facts,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Cause::Unsafe("its directory does not exist (see otp-setup doctor)".into()));
        }
        Err(error) => return Err(os("look at its directory")(error)),
    };
    let safe = !files::others_can_write(&facts) || facts.mode() & 0o7777 == SecretFile::SETGID_STORE;
    match () {
        () if !facts.is_dir() => Err(Cause::Unsafe("its directory is not a directory".into())),
        () if facts.uid() != 0 || !safe => {
            let rule = "its directory must belong to root and be writable by nobody else (or be root:insis-otp 1730)";
            Err(Cause::Unsafe(rule.into()))
        }
        () => Ok(()),
    }
}

fn same_file(file: &File, named: &Metadata) -> bool {
    file.metadata().is_ok_and(|opened| (named.dev(), named.ino()) == (opened.dev(), opened.ino()))
}

/// Removes a file beside that nobody works on.
fn remove_abandoned(beside: &Path) -> Result<(), Cause> {
    // For writing: NFS gives an exclusive lock to nobody else.
    match files::open(beside, Access::Update) {
        Ok((file, _)) => remove_unheld(file, beside),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        // A link, a socket, or a file of somebody else: no pairing that goes on. What cannot be opened for want of memory
        // or descriptors may be one.
        Err(error) if [Errno::ELOOP, Errno::ENXIO, Errno::EACCES].contains(&errno_of(&error)) => {
            std::fs::remove_file(beside).map_err(os("remove what an earlier pairing left behind"))
        }
        Err(error) => Err(os("open what an earlier pairing left behind")(error)),
    }
}

fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}

/// Removes it when its lock is free.
fn remove_unheld(file: File, beside: &Path) -> Result<(), Cause> {
    let held = wait_for_lock(file, Duration::ZERO)?;
    // Between opening and locking it, somebody else may have removed it and begun another one of that name.
    match beside.symlink_metadata() {
        Ok(named) if same_file(&held, &named) => {
            std::fs::remove_file(beside).map_err(os("remove what an earlier pairing left behind"))
        }
        _ => Ok(()),
    }
}

/// Waits for the lock, and no longer than `patience`: who holds it and is stopped must not stop others for good.
///
/// It is held for less than a millisecond at a time, so that longer pauses would only leave it free between two of many.
pub(super) fn wait_for_lock(mut file: File, patience: Duration) -> Result<Flock<File>, Cause> {
    let start = std::time::Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Ok(locked),
            Err((file, Errno::EWOULDBLOCK | Errno::EINTR)) => file,
            Err((_, errno)) => return Err(os_errno("lock it")(errno)),
        };
        if start.elapsed() >= patience {
            return Err(Cause::Busy { waited: patience.as_secs(), holder: holder(&file) });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}

/// The process that holds the lock of a file, as /proc/locks has it: `1: FLOCK ADVISORY WRITE 4711 fe:01:12345 0 EOF`.
fn holder(file: &File) -> Option<u32> {
    let facts = file.metadata().ok()?;
    let (major, minor) = (nix::sys::stat::major(facts.dev()), nix::sys::stat::minor(facts.dev()));
    let wanted = format!("{major:02x}:{minor:02x}:{}", facts.ino());
    // The kernel gives the list in pieces, and passes over locks when others before them go meanwhile.
    (0..8).find_map(|_| holder_of(&wanted))
}

fn holder_of(wanted: &str) -> Option<u32> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let mut pids = locks.lines().filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, place, ..] = words.as_slice() else { return None };
        (*place == wanted).then(|| pid.parse().ok()).flatten()
    });
    // 0 is somebody in another container.
    pids.find(|pid| *pid != 0)
}

fn read_page(file: &File) -> Result<Page, Cause> {
    let mut page = Page::blank();
    fill_page(file, &mut page)?;
    Ok(page)
}

fn fill_page(file: &File, page: &mut Page) -> Result<(), Cause> {
    page.resize(PAGE, 0);
    let length = files::read_start(file, PAGE, page).map_err(os("read it"))?;
    page.truncate(length);
    Ok(())
}

/// One pwrite: a state that is written in part is no state, so that a short write is an error.
pub(super) fn write_at(file: &File, bytes: &[u8], offset: usize) -> io::Result<()> {
    // Beyond the limit, writing would not fail but end the calling process by SIGXFSZ.
    let (limit, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_FSIZE)?;
    if limit < (offset + bytes.len()) as u64 {
        return Err(Errno::EFBIG.into());
    }
    let offset = i64::try_from(offset).map_err(|_| ErrorKind::InvalidInput)?;
    loop {
        return match nix::sys::uio::pwrite(file, bytes, offset) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err(ErrorKind::WriteZero.into()),
            Err(Errno::EINTR) => continue,
            Err(errno) => Err(errno.into()),
        };
    }
}

fn rename(from: &Path, to: &Path, flags: nix::fcntl::RenameFlags) -> Result<(), Cause> {
    let here = nix::fcntl::AT_FDCWD;
    match nix::fcntl::renameat2(here, from, here, to, flags) {
        Ok(()) => Ok(()),
        Err(Errno::EEXIST) => Err(Cause::Exists),
        // NFS knows no RENAME_NOREPLACE. That there was no file was checked before; two first pairings of one user
        // at the same time on NFS end with one of them.
        Err(Errno::EINVAL | Errno::ENOSYS) if !flags.is_empty() => {
            std::fs::rename(from, to).map_err(os("move it into place"))
        }
        Err(errno) => Err(os_errno("move it into place")(errno)),
    }
}

pub(super) fn os(action: &'static str) -> impl Fn(io::Error) -> Cause {
    move |error| Cause::Os { action, error }
}

pub(super) fn os_errno(action: &'static str) -> impl Fn(Errno) -> Cause {
    move |errno| Cause::Os { action, error: errno.into() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use nix::unistd::{getegid, geteuid};

    use super::*;
    use crate::otp::{Algorithm, Digits, Key, Period, RecoveryCodes, Secret, Step, UnixTime};
    use crate::store::{Template, UserName};

    struct Home {
        folder: tempfile::TempDir,
        file: SecretFile,
    }

    fn home() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let account = Account {
            name: UserName::parse("alice").unwrap(),
            uid: geteuid(),
            gid: getegid(),
            home: folder.path().into(),
        };
        let file = Template::parse("%h/.insis-otp").unwrap().locate(&account);
        Home { folder, file }
    }

    fn paired() -> Home {
        let home = home();
        home.file.create(&enrolment("alice", 1), &State::default()).unwrap();
        home
    }

    fn enrolment(user: &str, seed: u8) -> Enrolment {
        Enrolment {
            user: UserName::parse(user).unwrap(),
            key: Key::new(
                Secret::from_bytes(&[seed; 20]).unwrap(),
                Algorithm::Sha1,
                Digits::Six,
                Period::default(),
            ),
            issuer: "host".into(),
            account: "alice@host".into(),
            paired_at: UnixTime(1),
            recovery: RecoveryCodes::default(),
        }
    }

    fn state(step: u64) -> State {
        let mut state = State::default();
        state.spent.upto = Step(step);
        state
    }

    fn set(file: &SecretFile, step: u64) -> Result<(), StoreError> {
        file.transact(|_, _| Decision { state: state(step), durable: true, answer: () })
    }

    fn names(home: &Home) -> Vec<String> {
        let entries = std::fs::read_dir(home.folder.path()).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn complaint<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
        result.unwrap_err().to_string()
    }

    /// What is done with a file that is locked until then, when somebody waits for the lock.
    fn while_waited_for(home: &Home, meanwhile: impl FnOnce(&Path)) -> Result<u64, StoreError> {
        let path = home.file.path();
        let locked = Flock::lock(File::open(path).unwrap(), nix::fcntl::FlockArg::LockExclusive).unwrap();
        std::thread::scope(|scope| {
            let see = || {
                home.file.transact(|_, old| Decision {
                    state: old.clone(),
                    durable: false,
                    answer: old.spent.upto.0,
                })
            };
            let waiting = scope.spawn(see);
            std::thread::sleep(Duration::from_millis(100));
            meanwhile(path);
            drop(locked);
            waiting.join().unwrap()
        })
    }

    #[test]
    fn a_file_that_was_exchanged_while_its_lock_was_waited_for_is_not_used() {
        let (home, other) = (paired(), home());
        other.file.create(&enrolment("alice", 2), &state(7)).unwrap();
        let seen = while_waited_for(&home, |path| std::fs::rename(other.file.path(), path).unwrap());
        assert_eq!(seen.unwrap(), 7);
        let gone = while_waited_for(&home, |path| std::fs::remove_file(path).unwrap());
        assert!(gone.unwrap_err().is_not_paired());
    }

    #[test]
    fn a_store_is_a_directory_of_roots_alone_or_of_the_setgid_model() {
        if !geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let safe = |mode: u32| {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            check_directory(folder.path()).is_ok()
        };
        assert_eq!([0o700, 0o755, 0o1730].map(safe), [true; 3]);
        assert_eq!([0o730, 0o777, 0o1777, 0o770, 0o1731, 0o3730].map(safe), [false; 6]);
        let why = |name: &str| check_directory(&folder.path().join(name)).unwrap_err().to_string();
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(why("none").contains("does not exist") && why("file").contains("is not a directory"));
    }

    #[test]
    fn a_home_that_is_not_there_is_away() {
        let home = home();
        assert!(!home.file.home_is_away());
        let account = Account { home: home.folder.path().join("gone"), ..home.file.account().clone() };
        assert!(Template::parse("%h/x").unwrap().locate(&account).home_is_away());
        assert!(!Template::parse("/var/lib/x/%u").unwrap().locate(&account).home_is_away());
    }

    #[test]
    fn a_file_is_created_once_changed_in_place_replaced_and_removed() {
        let home = paired();
        assert!(matches!(
            home.file.create(&enrolment("alice", 2), &state(0)).unwrap_err().cause,
            Cause::Exists
        ));
        let inode = std::fs::metadata(home.file.path()).unwrap().ino();
        for step in 1..10 {
            set(&home.file, step).unwrap();
            assert_eq!(home.file.read().unwrap().state, state(step));
        }
        assert_eq!(std::fs::metadata(home.file.path()).unwrap().ino(), inode);
        let no: Result<(), &str> = home.file.replace(|_| Err("no")).unwrap();
        assert_eq!(no, Err("no"));
        let yes = home.file.replace(|old| Ok::<_, ()>((enrolment("alice", 3), old.state.clone())));
        yes.unwrap().unwrap();
        assert_eq!(home.file.read().unwrap().state, state(9));
        assert_eq!(names(&home), [".insis-otp"]);
        home.file.remove().unwrap();
        assert!(
            home.file.read().unwrap_err().is_not_paired() && home.file.remove().unwrap_err().is_not_paired()
        );
        assert!(names(&home).is_empty());
    }

    #[test]
    fn what_a_crash_left_behind_is_cleared_away() {
        let home = home();
        std::fs::write(home.folder.path().join("..insis-otp.new"), "half a file").unwrap();
        home.file.create(&enrolment("alice", 1), &State::default()).unwrap();
        assert_eq!(names(&home), [".insis-otp"]);
    }

    #[test]
    fn what_is_no_pairing_is_cleared_away_too() {
        let home = home();
        let beside = home.folder.path().join("..insis-otp.new");
        symlink("elsewhere", &beside).unwrap();
        home.file.create(&enrolment("alice", 1), &State::default()).unwrap();
        home.file.remove().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(&beside).unwrap();
        home.file.create(&enrolment("alice", 2), &State::default()).unwrap();
        assert_eq!(names(&home), [".insis-otp"]);
    }

    #[test]
    fn of_pairings_at_once_one_is_written_even_after_a_crash() {
        for round in 0..60 {
            let home = home();
            std::fs::write(home.folder.path().join("..insis-otp.new"), "half a file").unwrap();
            let pair = |seed: u8| {
                let file = home.file.clone();
                move || (seed, file.create(&enrolment("alice", seed), &State::default()))
            };
            let ends: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (1..9).map(|seed| scope.spawn(pair(seed))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let done: Vec<_> = ends.iter().filter(|(_, end)| end.is_ok()).map(|(seed, _)| *seed).collect();
            let [winner] = done.as_slice() else { panic!("round {round}: {ends:?}") };
            let secret = Secret::from_bytes(&[*winner; 20]).unwrap();
            assert_eq!(home.file.read().unwrap().enrolment.key.secret(), &secret, "round {round}");
            assert_eq!(names(&home), [".insis-otp"], "round {round}");
        }
    }

    #[test]
    fn other_things_at_the_path_are_refused() {
        let home = paired();
        let (path, aside) = (home.file.path().to_owned(), home.folder.path().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        assert!(complaint(set(&home.file, 1)).contains("is a symbolic link"));
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&aside, &path).unwrap();
        assert!(complaint(set(&home.file, 1)).contains("hard links"));
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(complaint(set(&home.file, 1)).contains("FIFO"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(complaint(home.file.read()).contains("directory"));
        assert!(complaint(set(&home.file, 1)).contains("cannot open it: Is a directory"));
        std::fs::remove_dir(&path).unwrap();
        std::fs::rename(&aside, &path).unwrap();
        for mode in [0o640, 0o604, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(complaint(set(&home.file, 1)).contains("chmod 0600"));
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        set(&home.file, 1).unwrap();
        std::fs::write(&path, "").unwrap();
        assert!(complaint(set(&home.file, 1)).contains("damaged"));
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let home = home();
        home.file.create(&enrolment("bob", 1), &State::default()).unwrap();
        assert!(complaint(set(&home.file, 1)).contains("secret file of another user, \"bob\""));
        let stranger = Account { uid: nix::unistd::Uid::from_raw(12345), ..home.file.account().clone() };
        let theirs = SecretFile { account: stranger, ..home.file.clone() };
        // As root this changes identity and cannot open the file; otherwise the owner is found to be wrong.
        assert!(!theirs.read().unwrap_err().is_not_paired());
    }

    #[test]
    fn a_store_in_a_directory_that_others_can_write_is_refused() {
        let home = paired();
        let site = SecretFile { in_home: false, ..home.file.clone() };
        for mode in [0o777, 0o1777, 0o770] {
            std::fs::set_permissions(home.folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(complaint(site.read()).contains("its directory must belong to root"));
        }
    }

    #[test]
    fn a_damaged_state_is_repaired_from_the_head() {
        let home = paired();
        let mut page = std::fs::read(home.file.path()).unwrap();
        page[2048..].fill(0);
        std::fs::write(home.file.path(), page).unwrap();
        assert!(complaint(set(&home.file, 1)).contains("no state slot is valid"));
        home.file.repair(|_, present| present.cloned().unwrap_or_else(|| state(77))).unwrap();
        assert_eq!(home.file.read().unwrap().state, state(77));
    }

    #[test]
    fn threads_that_count_lose_nothing() {
        let home = paired();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let count = |_: &Enrolment, old: &State| {
                            let state = State { failures: old.failures + 1, ..old.clone() };
                            Decision { state, durable: false, answer: () }
                        };
                        home.file.transact(count).unwrap();
                    }
                });
            }
        });
        assert_eq!(home.file.read().unwrap().state.failures, 320);
    }

    #[test]
    fn a_holder_of_the_lock_delays_others_by_a_bound() {
        let home = paired();
        let (file, _) = files::open(home.file.path(), Access::Update).unwrap();
        let held = wait_for_lock(file, Duration::ZERO).unwrap();
        let start = std::time::Instant::now();
        let (other, _) = files::open(home.file.path(), Access::Update).unwrap();
        let me = Some(std::process::id());
        let waited = wait_for_lock(other, Duration::from_millis(300));
        assert!(matches!(waited, Err(Cause::Busy { waited: 0, holder }) if holder == me), "{waited:?}");
        assert!((300..900).contains(&start.elapsed().as_millis()));
        drop(held);
        set(&home.file, 1).unwrap();
    }
}
