//! Opening files that somebody else may have prepared.

use std::fmt::{self, Display};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

/// What every open here asks for: no symlink at the end, no waiting on a FIFO or device (CVE-2024-22365), no
/// controlling terminal, nothing inherited by children.
const CAUTION: OFlag =
    OFlag::O_NOFOLLOW.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be read.
    Read,
    /// To be read and written in place.
    Update,
    /// To be written; it must not exist, and gets mode 0600.
    CreateNew,
}

/// Opens a file cautiously and looks at what was opened. Whoever calls decides whether it may be used.
pub fn open(path: &Path, access: Access) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.custom_flags(CAUTION.bits()).mode(0o600);
    match access {
        Access::Read => options.read(true),
        Access::Update => options.read(true).write(true),
        Access::CreateNew => options.read(true).write(true).create_new(true),
    };
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// Reads a file of that length from its start; `buffer` may be longer, to notice one that has grown. Returns how much
/// there was.
pub fn read_start(file: &File, expected: usize, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let rest = buffer.get_mut(length..).unwrap_or_default();
        match nix::sys::uio::pread(file, rest, i64::try_from(length).unwrap_or(i64::MAX)) {
            Ok(read) => {
                length += read;
                if read == 0 || length >= expected {
                    return Ok(length);
                }
            }
            Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// What kind of thing a path led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a regular file",
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Fifo => "a FIFO",
            Self::Socket => "a socket",
            Self::Device => "a device",
        })
    }
}

/// What kind of thing a path led to.
pub fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => Kind::File,
        () if kind.is_dir() => Kind::Directory,
        () if kind.is_symlink() => Kind::Link,
        () if kind.is_fifo() => Kind::Fifo,
        () if kind.is_socket() => Kind::Socket,
        () => Kind::Device,
    }
}

/// Whether both are the same file.
pub fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether anybody but the owner could write.
pub fn others_can_write(metadata: &Metadata) -> bool {
    metadata.mode() & 0o022 != 0
}
