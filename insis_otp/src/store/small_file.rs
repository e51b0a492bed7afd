//! Small files beside secret files, which are written as a whole.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid};

use super::directory::check_directory;
use super::error::os;
use super::isolation::Isolation;
use super::{Cause, StoreError};
use crate::files::{self, Access};

/// Runs an operation on a file of a store that is not in homes: as for a secret file, out of the reach of whoever has started
/// this process, and in a directory that only root writes to.
pub(super) fn exclusively<T>(
    path: &Path,
    operation: impl FnOnce() -> Result<T, Cause>,
) -> Result<T, StoreError> {
    let run = || {
        let isolation = Isolation::begin()?;
        let done = check_directory(path.parent().unwrap_or(Path::new("/"))).and_then(|()| operation());
        isolation.end()?;
        done
    };
    run().map_err(|cause| StoreError::at(path, cause))
}

/// Whether a file is one that nobody but this user can have written or read, of this length at the most.
pub(super) fn is_private(metadata: &Metadata, owner: Uid, longest: usize) -> bool {
    metadata.is_file()
        && metadata.uid() == owner.as_raw()
        && metadata.mode() & 0o077 == 0
        && metadata.nlink() <= 1
        && metadata.len() <= longest as u64
}

/// Writes a file instead of a former one, durably. On an error the former one is as it was. Whoever writes the same file
/// at the same time may get the error.
pub(super) fn write(path: &Path, text: &[u8], owner: Option<(Uid, Gid)>) -> Result<(), Cause> {
    let mut new = path.to_owned().into_os_string();
    new.push("~");
    let new = PathBuf::from(new);
    write_and_move(&new, path, text, owner).inspect_err(|_| _ = std::fs::remove_file(&new))
}

fn write_and_move(new: &Path, path: &Path, text: &[u8], owner: Option<(Uid, Gid)>) -> Result<(), Cause> {
    match std::fs::remove_file(new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(os("remove an old one")(error)),
        _ => {}
    }
    let (mut file, _) = files::open(new, Access::CreateNew).map_err(os("create it"))?;
    file.write_all(text).map_err(os("write it"))?;
    if let Some((uid, gid)) = owner {
        nix::unistd::fchown(&file, Some(uid), Some(gid)).map_err(|e| os("give it to its user")(e.into()))?;
    }
    file.sync_all().map_err(os("write it to the disk"))?;
    std::fs::rename(new, path).map_err(os("move it to its place"))?;
    sync_directory(path, Some(&file))
}

/// Removes a file, durably; returns whether there was one.
pub(super) fn remove(path: &Path) -> Result<bool, Cause> {
    // For whoever may not open the directory; whatever it is, it is removed all the same.
    let file = files::open(path, Access::Read).ok();
    match std::fs::remove_file(path) {
        Ok(()) => sync_directory(path, file.as_ref().map(|(file, _)| file)).map(|()| true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(os("remove it")(error)),
    }
}

/// A number of nothing but decimal digits, as these files have them.
pub(super) fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Makes a change to the directory of a path durable. The setgid helper may not open the directory for reading; then the
/// whole file system of a file in it is synced, which enrollments and links, being rare, can afford.
pub(super) fn sync_directory(path: &Path, file: Option<&File>) -> Result<(), Cause> {
    let synced = match (File::open(path.parent().unwrap_or(Path::new("/"))), file) {
        (Ok(directory), _) => directory.sync_all(),
        (Err(error), Some(file)) if error.kind() == ErrorKind::PermissionDenied => {
            nix::unistd::syncfs(file).map_err(io::Error::from)
        }
        (Err(error), _) => Err(error),
    };
    synced.map_err(os("write its directory to the disk"))
}
