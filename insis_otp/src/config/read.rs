//! Reading the file.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Config, ConfigError, Unreadable};
use crate::files::{self, Access};

/// The text of a configuration file, `None` when there is none. It has to be a plain file of root's (or of whoever
/// runs this) that nobody else can write: it decides who gets in.
pub(super) fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |why| ConfigError::Unreadable { path: path.into(), why };
    let (file, metadata) = match files::open(path, Access::Read) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(Unreadable::Open(error))),
    };
    if !metadata.is_file() {
        return Err(unreadable(Unreadable::NotAFile(files::kind(&metadata))));
    }
    let trusted = metadata.uid() == 0 || metadata.uid() == nix::unistd::geteuid().as_raw();
    if !trusted || files::others_can_write(&metadata) {
        return Err(unreadable(Unreadable::Untrusted));
    }
    if metadata.len() > Config::LARGEST {
        return Err(unreadable(Unreadable::Large));
    }
    // One byte more than it should have, to notice a file that grows while it is read.
    let expected = usize::try_from(metadata.len()).unwrap_or(0);
    let mut text = vec![0; expected + 1];
    let length =
        files::read_start(&file, expected, &mut text).map_err(|error| unreadable(Unreadable::Read(error)))?;
    if length != expected {
        return Err(unreadable(Unreadable::Changed));
    }
    text.truncate(length);
    String::from_utf8(text).map(Some).map_err(|_| unreadable(Unreadable::NotText))
}
