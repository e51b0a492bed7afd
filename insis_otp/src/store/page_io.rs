//! Reading and writing a page of a file.

use std::fs::File;
use std::io::{self, ErrorKind};

use nix::errno::Errno;

use super::Cause;
use super::error::os;
use super::layout::{PAGE, Page};
use crate::files;

pub(super) fn read_page(file: &File) -> Result<Page, Cause> {
    let mut page = Page::blank();
    fill_page(file, &mut page)?;
    Ok(page)
}

pub(super) fn fill_page(file: &File, page: &mut Page) -> Result<(), Cause> {
    page.resize(PAGE, 0);
    let length = files::read_start(file, PAGE, page).map_err(os("read it"))?;
    page.truncate(length);
    Ok(())
}

/// Writes, unless that would be beyond the limit on file sizes.
pub(super) fn write_at(file: &File, bytes: &[u8], offset: usize) -> io::Result<()> {
    check_size_limit(offset + bytes.len())?;
    overwrite(file, bytes, offset)
}

/// Beyond the limit, writing would not fail but end the calling process by SIGXFSZ.
pub(super) fn check_size_limit(size: usize) -> io::Result<()> {
    let (limit, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_FSIZE)?;
    if limit < size as u64 { Err(Errno::EFBIG.into()) } else { Ok(()) }
}

/// One pwrite: a state that is written in part is no state, so that a short write is an error.
pub(super) fn overwrite(file: &File, bytes: &[u8], offset: usize) -> io::Result<()> {
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
