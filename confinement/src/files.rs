//! Files of the site that a small program reads before it gives up root's rights.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;
use zeroize::Zeroizing;

/// A file that nobody but root can read.
///
/// # Errors
/// It cannot be read, or others could, or it is longer than that.
pub fn read_secret(path: &Path, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = open(path, OFlag::O_NOFOLLOW)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.uid() != 0 || metadata.mode() & 0o177 != 0 {
        return Err(io::Error::other("must be a file of root's with mode 0600"));
    }
    read_at_most(&file, longest)
}

/// One line that nobody but root can read.
///
/// # Errors
/// As for [`read_secret`]; or it is not one line of printable ASCII.
pub fn read_secret_line(path: &Path, longest: u64) -> io::Result<Zeroizing<String>> {
    let text = read_secret(path, longest)?;
    let text = std::str::from_utf8(&text).unwrap_or_default().trim_end_matches(['\r', '\n']);
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(io::Error::other("must be one line of printable ASCII characters"));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// A file that everybody may read.
///
/// # Errors
/// It cannot be read, or it is longer than that.
pub fn read_public(path: &Path, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    read_at_most(&open(path, OFlag::empty())?, longest)
}

/// Opens a file without waiting for what may be on the other side of it.
fn open(path: &Path, how: OFlag) -> io::Result<File> {
    let flags = OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | how;
    OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)
}

fn read_at_most(file: &File, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > longest {
        return Err(io::Error::other(format!("must be a regular file of at most {longest} bytes")));
    }
    // Of the final size at once, so that no grown-out-of copy of a secret is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
    file.take(metadata.len()).read_to_end(&mut bytes)?;
    Ok(bytes)
}
