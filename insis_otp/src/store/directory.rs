//! The directory of a store that is not in homes.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Cause;
use super::error::os;
use crate::files;

/// The mode of the system store, whose group is the helper's (setgid).
const SETGID_STORE: u32 = 0o1730;

/// A store that is not in a home is in a directory that only root can write, but for the setgid model.
pub(super) fn check_directory(directory: &Path) -> Result<(), Cause> {
    let metadata = match directory.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Cause::Unsafe("its directory does not exist (see otp-setup doctor)".into()));
        }
        Err(error) => return Err(os("look at its directory")(error)),
    };
    let safe = !files::others_can_write(&metadata) || metadata.mode() & 0o7777 == SETGID_STORE;
    match () {
        () if !metadata.is_dir() => Err(Cause::Unsafe("its directory is not a directory".into())),
        () if metadata.uid() != 0 || !safe => {
            let rule = "its directory must belong to root and be writable by nobody else (or be root:insis-otp 1730)";
            Err(Cause::Unsafe(rule.into()))
        }
        () => Ok(()),
    }
}
