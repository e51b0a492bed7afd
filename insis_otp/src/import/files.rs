//! Opening the files of other programs: root reads them, and their owners may have prepared them.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::store::Account;
use nix::fcntl::OFlag;
use zeroize::Zeroizing;

use super::{Binary, read_input};

/// Reads a file of this user's in the user's home: no links, no FIFO, no device, nobody else's (CVE-2024-47191).
pub fn own_file(path: &Path, owner: &Account) -> io::Result<Zeroizing<String>> {
    let (file, metadata) = open(path)?;
    if metadata.uid() != owner.uid.as_raw() || metadata.nlink() != 1 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it does not belong to its user alone"));
    }
    read_input(file)
}

/// Reads a file that root names.
pub fn private_file(path: &Path) -> io::Result<Zeroizing<String>> {
    // A usersfile may be long; a line has a hundred bytes or so.
    const LONGEST: u64 = 64 * 1024 * 1024;
    let (file, metadata) = open(path)?;
    if metadata.len() > LONGEST {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
    io::Read::read_to_end(&mut io::Read::take(file, LONGEST), &mut bytes)?;
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
        let bytes = Zeroizing::new(error.into_bytes());
        io::Error::new(ErrorKind::InvalidData, Binary::of(&bytes))
    })
}

fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let caution = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(caution.bits()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok((file, metadata))
}
