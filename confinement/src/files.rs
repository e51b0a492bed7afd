//! Files of the site that a small program reads before it gives up root's rights.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::unistd::Gid;
use zeroize::Zeroizing;

use crate::is_helper_group;

/// Who may read a file beside root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nobody.
    Root,
    /// The group of `otp-helper` as well, where it is the file's and its mode is 0640.
    Helper,
}

impl Readers {
    /// Whether a file is closed to everybody else.
    fn are_alone(self, metadata: &Metadata) -> bool {
        let for_others = match self {
            Self::Helper if is_helper_group(Gid::from_raw(metadata.gid())) => 0o137,
            Self::Root | Self::Helper => 0o177,
        };
        metadata.is_file() && metadata.uid() == 0 && metadata.mode() & for_others == 0
    }

    const fn demand(self) -> &'static str {
        match self {
            Self::Root => "must be a file of root's with mode 0600",
            Self::Helper => {
                "must be a file of root's with mode 0600, or with mode 0640 and of the group insis-otp"
            }
        }
    }
}

/// A file that nobody but these can read.
///
/// # Errors
/// It cannot be read, or others could, or it is longer than that.
pub fn read_secret(path: &Path, longest: u64, readers: Readers) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = open(path, OFlag::O_NOFOLLOW)?;
    if !readers.are_alone(&file.metadata()?) {
        return Err(io::Error::other(readers.demand()));
    }
    read_at_most(&file, longest)
}

/// One line that nobody but these can read.
///
/// # Errors
/// As for [`read_secret`]; or it is not one line of printable ASCII.
pub fn read_secret_line(path: &Path, longest: u64, readers: Readers) -> io::Result<Zeroizing<String>> {
    let text = read_secret(path, longest, readers)?;
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
