//! Whole files at the path of a secret file: the first one, one instead of another, and one that goes on from another.
//!
//! A whole file is written under a name of its own, synced, and only then moved to the path. A file that comes in the
//! place of another one is *exchanged* with it, so that the old one stays in reach under the temporary name until all is
//! on the disk.
//!
//! A file with the same secret must not lose a state: somebody who does not know yet that the old file has lost its place
//! may still write to it. So it says at first that its state is pending ([`Pending`]). After the exchange the old file's
//! last state is read: nobody can have had a login accepted there that is not in it, since they look at the path after
//! they have written. Only then the new file gets a state that counts. Whoever finds a file whose state is pending
//! finishes it, so that death at any moment costs nothing.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, Flock, FlockArg, RenameFlags, renameat2};

use super::file::{Locked, errno_of, os, os_errno, read_page, write_at};
use super::form::{self, Enrolment, Page, Record};
use super::slot::{self, Inherits, Pending, SlotCursor};
use super::{Cause, SecretFile};
use crate::files::{self, Access};
use crate::otp::State;

/// What an earlier program left behind is removed when it is older. Nobody takes that long to lock what they created.
const ABANDONED_AFTER: Duration = Duration::from_secs(60);
/// How many files in a row may have lost their place before their state was taken over.
const CHAIN: u32 = 16;

const GONE: &str = "the file that it goes on from is gone (otp-setup unlock repairs it)";

/// A new file under a name of its own, created and locked by this process; removed when dropped, until it has a place.
pub(super) struct Temporary {
    file: Flock<File>,
    path: PathBuf,
    id: u64,
}

impl Temporary {
    fn create(target: &SecretFile) -> Result<Self, Cause> {
        let mut id = new_id();
        loop {
            let path = target.temporary(id);
            let file = match files::open(&path, Access::CreateNew) {
                Ok((file, _)) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    id = id.wrapping_add(1);
                    continue;
                }
                Err(error) => return Err(os("create it")(error)),
            };
            return match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(file) => Ok(Self { file, path, id }),
                Err((_, errno)) => {
                    let _ = std::fs::remove_file(&path);
                    Err(os_errno("lock it")(errno))
                }
            };
        }
    }

    fn fill(&self, target: &SecretFile, page: &[u8]) -> Result<(), Cause> {
        if nix::unistd::geteuid() != target.account.uid && !target.in_home {
            let (uid, gid) = (target.account.uid, target.account.gid);
            nix::unistd::fchown(&*self.file, Some(uid), Some(gid))
                .map_err(os_errno("give it to its user"))?;
        }
        write_at(&self.file, page, 0).map_err(os("write it"))?;
        self.file.sync_all().map_err(os("write it to the disk"))
    }

    /// Removes what is at the temporary name now.
    fn remove(&self) {
        // Nothing better can be done if this fails; what is left behind is removed later.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl SecretFile {
    /// Where a new file is written: beside the path, under a name that no user name can be (they do not begin with a
    /// dot).
    fn temporary(&self, id: u64) -> PathBuf {
        let mut name = self.temporary_prefix();
        name.push(format!(".{id:016x}.new"));
        self.path.with_file_name(name)
    }

    fn temporary_prefix(&self) -> OsString {
        let mut name = OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name
    }

    /// Puts a file where there is none. When anything fails, nothing is left behind.
    pub(super) fn publish_first(&self, page: &Page) -> Result<(), Cause> {
        // Not those of this version, since that takes a look at the whole directory, and many may be enrolled at once.
        self.remove_abandoned_by_v1();
        let new = Temporary::create(self)?;
        let placed = new.fill(self, page).and_then(|()| rename_to_nothing(&new.path, &self.path));
        placed.inspect_err(|_| new.remove())?;
        // Nobody uses it before its lock ends, and that is here.
        self.sync_directory(Some(&new.file)).inspect_err(|_| _ = std::fs::remove_file(&self.path))
    }

    /// Puts a file with a state of its own in the place of one that is locked. When anything fails, the old one is there.
    pub(super) fn publish_instead(&self, page: &Page, old: &Locked) -> Result<(), Cause> {
        self.remove_abandoned();
        let new = Temporary::create(self)?;
        new.fill(self, page).inspect_err(|_| new.remove())?;
        match exchange(&new.path, &self.path) {
            Ok(()) => {
                let synced = self.sync_directory(Some(&new.file));
                if synced.is_err() {
                    // Whoever is told that it failed goes on with what was there before: with the other secret in the
                    // file, nobody could log in.
                    let _ = exchange(&new.path, &self.path);
                }
                new.remove();
                synced
            }
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => self.publish_over(page, &new, old),
            Err(errno) => {
                new.remove();
                Err(os_errno("move it into place")(errno))
            }
        }
    }

    /// The same where two files cannot be exchanged.
    fn publish_over(&self, _page: &Page, new: &Temporary, old: &Locked) -> Result<(), Cause> {
        std::fs::rename(&new.path, &self.path)
            .map_err(os("move it into place"))
            .inspect_err(|_| new.remove())?;
        self.sync_directory(Some(&new.file)).inspect_err(|_| {
            let back = Temporary::create(self).and_then(|back| back.fill(self, &old.page).map(|()| back));
            let _ = back.map(|back| std::fs::rename(&back.path, &self.path));
        })
    }

    /// Takes the file away from the path. When anything fails, it is there again.
    pub(super) fn withdraw(&self, locked: Option<&Locked>) -> Result<(), Cause> {
        self.remove_abandoned();
        let aside = self.temporary(new_id());
        std::fs::rename(&self.path, &aside).map_err(os("remove it"))?;
        let synced = self.sync_directory(locked.map(|locked| &*locked.file));
        match synced {
            Ok(()) => std::fs::remove_file(&aside).map_err(os("remove it")),
            Err(cause) => Err(cause),
        }
        // Not over an enrollment that was made meanwhile.
        .inspect_err(|_| _ = rename_to_nothing(&aside, &self.path))
    }

    /// Goes on in a new file, since whoever holds the lock of the present one does not run. `None` when others have done
    /// so first.
    pub(super) fn take_over(&self, old: &File) -> Result<Option<Locked>, Cause> {
        let page = read_page(old)?;
        let record = form::decode(&page).map_err(Cause::Damaged)?;
        self.same_user(&record.enrolment)?;
        let inherits = Inherits::State;
        self.supersede(old, &record, &record.enrolment, inherits, &|state| inherits.derive(state))
    }

    /// Puts a file in the place of an old one that has the same secret, with a state that comes of the old one's last.
    /// `None` when the old one had lost its place before, or the new one has since.
    ///
    /// The caller holds the old file's lock, or does not wait for it any longer.
    pub(super) fn supersede(
        &self,
        old: &File,
        record: &Record,
        enrolment: &Enrolment,
        inherits: Inherits,
        derive: &dyn Fn(&State) -> State,
    ) -> Result<Option<Locked>, Cause> {
        let new = Temporary::create(self)?;
        let pending = Pending { id: new.id, inherits };
        let prepared =
            form::encode_from(enrolment, &derive(&record.state), record.cursor.sequence, Some(pending))
                .map_err(Cause::Damaged)
                .and_then(|page| new.fill(self, &page));
        prepared.inspect_err(|_| new.remove())?;
        if !self.is_current(old) {
            new.remove();
            return Ok(None);
        }
        if let Err(errno) = exchange(&new.path, &self.path) {
            new.remove();
            return Err(os_errno("move it into place")(errno));
        }
        let opened = new.file.metadata().map_err(os("look at it"))?;
        let locked = Locked::read(new.file, opened)?;
        match self.inherit(&locked, &new.path, derive) {
            Ok(true) => Locked::read(locked.file, locked.opened).map(Some),
            Ok(false) => Ok(None),
            Err(cause) => {
                // Back to what was there before, unless somebody goes on from the new one already.
                if self.is_current(&locked.file) && exchange(&new.path, &self.path).is_ok() {
                    let _ = std::fs::remove_file(&new.path);
                }
                Err(cause)
            }
        }
    }

    /// Finishes a file whose state is pending: whoever put it there died before.
    pub(super) fn finish(&self, locked: &Locked, pending: Pending) -> Result<(), Cause> {
        let derive = |state: &State| pending.inherits.derive(state);
        match self.inherit(locked, &self.temporary(pending.id), &derive)? {
            true => Ok(()),
            false => Err(Cause::Unsafe("is replaced again and again while it is being used".into())),
        }
    }

    /// Takes over the last state of the file under the temporary name, which then goes. False when the new file has lost
    /// its place meanwhile.
    fn inherit(&self, locked: &Locked, old: &Path, derive: &dyn Fn(&State) -> State) -> Result<bool, Cause> {
        let cursor = &locked.record.as_ref().map_err(|why| Cause::Damaged(why))?.cursor;
        let (state, sequence) = self.last_state(old, CHAIN).map_err(|cause| match cause {
            Cause::NotPaired => Cause::Damaged(GONE),
            cause => cause,
        })?;
        let cursor = SlotCursor { sequence: cursor.sequence.max(sequence), ..cursor.clone() };
        locked.write(&slot::encode(&cursor, &derive(&state), None).map_err(Cause::Damaged)?, &cursor)?;
        let is_current = self.is_current(&locked.file);
        locked.sync()?;
        if is_current {
            self.sync_directory(Some(&locked.file))?;
        }
        // From here on nobody asks for it any more: whoever goes on from the new file finds all that was in the old one.
        let _ = std::fs::remove_file(old);
        Ok(is_current)
    }

    /// The last state of a file that lost its place, and a number beyond those of its states. Where its own was pending,
    /// nothing has happened in it, and the one before it counts.
    fn last_state(&self, path: &Path, chain: u32) -> Result<(State, u64), Cause> {
        for _ in 0..2 {
            let record = self.record_at(path)?;
            let Some(pending) = record.pending else {
                return Ok((record.state, record.cursor.sequence));
            };
            let before = match chain.checked_sub(1) {
                Some(chain) => self.last_state(&self.temporary(pending.id), chain),
                None => Err(Cause::Damaged("too many files in a row have lost their place")),
            };
            match before {
                Ok((state, sequence)) => {
                    return Ok((pending.inherits.derive(&state), sequence.max(record.cursor.sequence)));
                }
                // Whoever put it there has finished it just now: once more.
                Err(Cause::NotPaired) => {}
                Err(cause) => return Err(cause),
            }
        }
        Err(Cause::Damaged(GONE))
    }

    fn record_at(&self, path: &Path) -> Result<Record, Cause> {
        let (file, facts) = match files::open(path, Access::Read) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Cause::NotPaired),
            Err(error) => return Err(os("open it")(error)),
        };
        self.check(&facts)?;
        let record = form::decode(&read_page(&file)?).map_err(Cause::Damaged)?;
        self.same_user(&record.enrolment)?;
        Ok(record)
    }

    /// Removes what programs that were killed have left beside the path. Only who may list the directory can: root, and
    /// users in their homes.
    fn remove_abandoned(&self) {
        self.remove_abandoned_by_v1();
        let Ok(entries) = std::fs::read_dir(self.directory()) else { return };
        let prefix = self.temporary_prefix();
        for entry in entries.flatten() {
            if is_temporary(&entry.file_name(), &prefix) {
                remove_if_abandoned(&entry.path(), ABANDONED_AFTER);
            }
        }
    }

    /// Removes what the first version left behind: it had one name for its new files, and locked them at once.
    fn remove_abandoned_by_v1(&self) {
        let mut name = self.temporary_prefix();
        name.push(".new");
        remove_if_abandoned(&self.path.with_file_name(name), Duration::ZERO);
    }

    /// Makes the name durable. The setgid helper may not open the directory for reading; then the whole file system
    /// is synced, which enrollments, being rare, can afford.
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

/// A number for a name that nobody else has taken: of this process and this moment.
fn new_id() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::from(std::process::id()) << 32 | u64::from(now.subsec_nanos())
}

/// Whether a name is `PREFIX.0123456789abcdef.new`.
fn is_temporary(name: &std::ffi::OsStr, prefix: &std::ffi::OsStr) -> bool {
    let number = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
    let number = number.and_then(|rest| rest.strip_prefix(b".")?.strip_suffix(b".new"));
    number.is_some_and(|number| number.len() == 16 && number.iter().all(u8::is_ascii_hexdigit))
}

/// Removes a file that nobody has locked, and nobody is about to lock. Where anything about it is in doubt it stays.
fn remove_if_abandoned(path: &Path, after: Duration) {
    // For writing: NFS gives an exclusive lock to nobody else.
    let (file, metadata) = match files::open(path, Access::Update) {
        Ok(opened) => opened,
        // A link, a socket, or a file of somebody else: no enrollment that goes on.
        Err(error) if [Errno::ELOOP, Errno::ENXIO, Errno::EACCES].contains(&errno_of(&error)) => {
            let _ = std::fs::remove_file(path);
            return;
        }
        Err(_) => return,
    };
    let age = metadata.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
    if !after.is_zero() && age.is_none_or(|age| age < after) {
        return;
    }
    if let Ok(held) = Flock::lock(file, FlockArg::LockExclusiveNonblock)
        && let (Ok(opened), Ok(named)) = (held.metadata(), path.symlink_metadata())
        && files::is_same(&opened, &named)
    {
        let _ = std::fs::remove_file(path);
    }
}

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE)
}

fn rename_to_nothing(from: &Path, to: &Path) -> Result<(), Cause> {
    match renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EEXIST) => Err(Cause::Exists),
        // NFS knows no RENAME_NOREPLACE. That there was no file was checked before; two first enrollments of one user
        // at the same time on NFS end with one of them.
        Err(Errno::EINVAL | Errno::ENOSYS) => std::fs::rename(from, to).map_err(os("move it into place")),
        Err(errno) => Err(os_errno("move it into place")(errno)),
    }
}
