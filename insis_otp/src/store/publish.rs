//! Whole files at the path of a secret file: the first one, and one instead of another.
//!
//! A whole file is written under a name of its own, synced, and only then moved to the path. A file that comes in the
//! place of another one is *exchanged* with it, so that the old one stays in reach under the temporary name until all is
//! on the disk.
//!
//! One that goes on from another, with the same secret, must not lose a state: see [`super::succession`].

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, Flock, FlockArg, RenameFlags, renameat2};
use rustix::rand::{GetRandomFlags, getrandom};

use super::contract::StillHolds;
use super::error::{errno_of, os, os_errno};
use super::helpers;
use super::layout::Page;
use super::leftovers;
use super::locked::Locked;
use super::page_io::write_at;
use super::small_file;
use super::{Cause, SecretFile};
use crate::files::{self, Access};

/// What an earlier program left behind is removed when it is older. Nobody takes that long to lock what they created.
const ABANDONED_AFTER: Duration = Duration::from_secs(60);
/// How long a login clears away what others have left, at the most: they may have left any number.
const CLEARING: Duration = Duration::from_millis(100);
/// A new file under a name of its own, created and locked by this process; removed when dropped, until it has a place.
pub(super) struct Temporary {
    pub file: Flock<File>,
    pub path: PathBuf,
    pub id: u64,
}

impl Temporary {
    pub fn create(target: &SecretFile) -> Result<Self, Cause> {
        let mut id = new_id()?;
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

    pub fn fill(&self, target: &SecretFile, page: &[u8]) -> Result<(), Cause> {
        if nix::unistd::geteuid() != target.account.uid && !target.in_home {
            let (uid, gid) = (target.account.uid, target.account.gid);
            nix::unistd::fchown(&*self.file, Some(uid), Some(gid))
                .map_err(os_errno("give it to its user"))?;
        }
        write_at(&self.file, page, 0).map_err(os("write it"))?;
        self.file.sync_all().map_err(os("write it to the disk"))
    }

    /// Removes what is at the temporary name now.
    pub fn remove(&self) {
        // Nothing better can be done if this fails; what is left behind is removed later.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl SecretFile {
    /// Where a new file is written: beside the path, under a name that no user name can be (they do not begin with a
    /// dot).
    pub(super) fn temporary(&self, id: u64) -> PathBuf {
        let mut name = self.temporary_prefix();
        name.push(format!(".{id:016x}.new"));
        self.path.with_file_name(name)
    }

    fn temporary_prefix(&self) -> OsString {
        let mut name = OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name
    }

    /// Puts a file where there is none, if what allows that still holds when all else is done. When anything fails, nothing
    /// is left behind.
    pub(super) fn publish_first(&self, page: &Page, still_holds: StillHolds<'_>) -> Result<(), Cause> {
        // Not those of this version, since that takes a look at the whole directory, and many may be enrolled at once.
        self.remove_abandoned_by_v1();
        let new = Temporary::create(self)?;
        let written = new.fill(self, page).and_then(|()| still_holds());
        let placed = written.and_then(|()| rename_to_nothing(&new.path, &self.path));
        placed.inspect_err(|_| new.remove())?;
        // Nobody uses it before its lock ends, and that is here.
        self.sync_directory(Some(&new.file)).inspect_err(|_| _ = std::fs::remove_file(&self.path))
    }

    /// Takes the new files away that first enrollments are still going to put to the path. They fail, wherever they are
    /// stopped, if they have asked whether they may before this; whoever asks afterwards has to be told no.
    ///
    /// # Errors
    /// [`Cause::Exists`]: there is an enrollment. Or the directory cannot be read.
    pub(super) fn stop_first_enrollments(&self) -> Result<(), Cause> {
        let new: Vec<_> = self.temporaries(None)?.collect();
        // Those of an enrollment that is there may hold its state. Where there is none, none of them does.
        if self.path.symlink_metadata().is_ok() {
            return Err(Cause::Exists);
        }
        for path in new {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(os("remove an old one")(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The new files beside the path, or those that are found until then. Only who may list the directory can: root, and
    /// users in their homes.
    fn temporaries(&self, end: Option<Instant>) -> Result<impl Iterator<Item = PathBuf>, Cause> {
        let prefix = self.temporary_prefix();
        let entries = std::fs::read_dir(self.directory()).map_err(os("list its directory"))?;
        let entries = entries.take_while(move |_| end.is_none_or(|end| Instant::now() < end));
        let ours =
            entries.flatten().filter(move |entry| leftovers::prefix(&entry.file_name()) == Some(&*prefix));
        Ok(ours.map(|entry| entry.path()))
    }

    /// Replaces a file that is locked by one with a state of its own. When anything fails, the old one is there.
    /// False when the old one has been replaced: somebody did not wait for us any longer, and goes on in another file.
    pub(super) fn publish_instead(&self, page: &Page, old: &Locked) -> Result<bool, Cause> {
        self.remove_abandoned();
        let new = Temporary::create(self)?;
        new.fill(self, page).inspect_err(|_| new.remove())?;
        if !self.is_current(&old.file) {
            new.remove();
            return Ok(false);
        }
        // Before the exchange: after it an error would be told as a failure, with the new file in place.
        let placed = new.file.metadata().map_err(os("look at it")).inspect_err(|_| new.remove())?;
        match exchange(&new.path, &self.path) {
            Ok(()) => self.keep_instead(&new, old, &placed),
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => {
                self.publish_over(&new, old).map(|()| self.stands(|| self.is_current(&new.file)))
            }
            Err(errno) => {
                new.remove();
                Err(os_errno("move it into place")(errno))
            }
        }
    }

    /// After the exchange with what was at the path, which should have been the old file.
    fn keep_instead(&self, new: &Temporary, old: &Locked, placed: &Metadata) -> Result<bool, Cause> {
        if !is_at(&new.path, &old.opened) && self.exchange_back(&new.path, placed)? {
            new.remove();
            return Ok(false);
        }
        let synced = self.sync_directory(Some(&new.file));
        // Whoever is told that it failed goes on with what was there before: with the other secret in the file, nobody
        // could log in.
        if synced.is_ok() || self.exchange_back(&new.path, placed).is_ok() {
            // Not where it cannot be said what is under that name now.
            new.remove();
        }
        synced.map(|()| self.stands(|| self.is_current(&new.file)))
    }

    /// Whether what was done stands. What root did does when the user's helpers have ended that had begun before: stopped
    /// just before their last step, they would undo it.
    pub(super) fn stands(&self, is_done: impl Fn() -> bool) -> bool {
        let is_root = nix::unistd::getuid().is_root() && nix::unistd::geteuid().is_root();
        if !is_root || self.in_home {
            return true;
        }
        helpers::end(&self.account, self.directory());
        is_done()
    }

    /// The same where two files cannot be exchanged.
    fn publish_over(&self, new: &Temporary, old: &Locked) -> Result<(), Cause> {
        std::fs::rename(&new.path, &self.path)
            .map_err(os("move it into place"))
            .inspect_err(|_| new.remove())?;
        self.sync_directory(Some(&new.file)).inspect_err(|_| {
            let back = Temporary::create(self).and_then(|back| back.fill(self, &old.page).map(|()| back));
            let _ = back.map(|back| std::fs::rename(&back.path, &self.path));
        })
    }

    /// Takes the file away from the path. When anything fails, it is there again. False when it is not the one that is
    /// locked: somebody goes on in another one, or has enrolled anew.
    pub(super) fn withdraw(&self, locked: Option<&Locked>) -> Result<bool, Cause> {
        self.remove_abandoned();
        let moved = self.temporary(new_id()?);
        if locked.is_some_and(|locked| !self.is_current(&locked.file)) {
            return Ok(false);
        }
        std::fs::rename(&self.path, &moved).map_err(os("remove it"))?;
        if locked.is_some_and(|locked| !is_at(&moved, &locked.opened)) {
            return rename_to_nothing(&moved, &self.path).map(|()| false);
        }
        let synced = self.sync_directory(locked.map(|locked| &*locked.file));
        match synced {
            Ok(()) => std::fs::remove_file(&moved)
                .map(|()| self.stands(|| self.path.symlink_metadata().is_err()))
                .map_err(os("remove it")),
            Err(cause) => Err(cause),
        }
        // Not over an enrollment that was made meanwhile.
        .inspect_err(|_| _ = rename_to_nothing(&moved, &self.path))
    }

    /// Gives the file under a temporary name its place again, which `taker` has taken. False where somebody has gone on from
    /// the taker meanwhile: then they keep the place, since what was accepted there must stay known.
    pub(super) fn exchange_back(&self, temporary: &Path, taker: &Metadata) -> Result<bool, Cause> {
        exchange(temporary, &self.path).map_err(os_errno("move it back"))?;
        if is_at(temporary, taker) {
            return Ok(true);
        }
        exchange(temporary, &self.path).map_err(os_errno("move it back")).map(|()| false)
    }

    /// Removes what programs that were killed have left beside the path, where the directory can be listed.
    pub(super) fn remove_abandoned(&self) {
        self.remove_abandoned_by_v1();
        let remove = |path: &Path| remove_if_abandoned(path, ABANDONED_AFTER);
        if let Some(known) = &self.leftovers {
            known.of_file(&self.temporary_prefix()).for_each(remove);
        } else if let Ok(left) = self.temporaries(Some(Instant::now() + CLEARING)) {
            left.for_each(|path| remove(&path));
        }
    }

    /// Removes what the first version left behind: it had one name for its new files, and locked them at once.
    fn remove_abandoned_by_v1(&self) {
        let mut name = self.temporary_prefix();
        name.push(".new");
        remove_if_abandoned(&self.path.with_file_name(name), Duration::ZERO);
    }

    /// Makes the name durable.
    pub(super) fn sync_directory(&self, file: Option<&File>) -> Result<(), Cause> {
        small_file::sync_directory(&self.path, file)
    }
}

/// A number for a name that nobody has taken, and that nobody ever had: whoever has been left behind may still remove the
/// files that it went on from, by their names. So it is random, and not of a moment, at which a clock may stand still.
fn new_id() -> Result<u64, Cause> {
    let mut id = [0; 8];
    match getrandom(&mut id, GetRandomFlags::empty()) {
        Ok(read) if read == id.len() => Ok(u64::from_ne_bytes(id)),
        Ok(_) => Err(os("find a name for it")(ErrorKind::UnexpectedEof.into())),
        Err(errno) => Err(os_errno("find a name for it")(Errno::from_raw(errno.raw_os_error()))),
    }
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

/// Whether a file is the one at a path.
fn is_at(path: &Path, opened: &Metadata) -> bool {
    path.symlink_metadata().is_ok_and(|named| files::is_same(opened, &named))
}

pub(super) fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
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

/// Whether a file system cannot exchange two files: NFS, for one.
pub(super) fn is_unsupported(cause: &Cause) -> bool {
    let Cause::Os { error, .. } = cause else { return false };
    error
        .raw_os_error()
        .is_some_and(|code| [nix::libc::EINVAL, nix::libc::ENOSYS, nix::libc::EOPNOTSUPP].contains(&code))
}
