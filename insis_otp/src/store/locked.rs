//! A secret file that is open and locked: reading and writing its page.

use std::fs::{File, Metadata};
use std::os::fd::AsFd;

use nix::fcntl::{Flock, PosixFadviseAdvice, posix_fadvise};

use super::Cause;
use super::error::{os, os_errno};
use super::layout::{self, Damage, FileRecord, PAGE, Page};
use super::page_io::{check_size_limit, overwrite, read_page};
use super::seal::Seal;
use super::slot::SlotCursor;

/// A secret file that is open, locked, and was the one at its path when it was locked.
pub(super) struct Locked {
    pub file: Flock<File>,
    pub opened: Metadata,
    pub page: Page,
    pub record: Result<FileRecord, Damage>,
}

impl Locked {
    pub fn read(file: Flock<File>, opened: Metadata, seal: Seal) -> Result<Self, Cause> {
        let page = read_page(&file)?;
        let record = layout::decode(&page, seal);
        Ok(Self { file, opened, page, record })
    }

    /// Writes a state.
    pub fn write(&self, slot: &[u8], cursor: &SlotCursor) -> Result<(), Cause> {
        check_size_limit(PAGE).map_err(os("write its state"))?;
        self.write_again(slot, cursor)
    }

    /// Writes another state after the first. The limit on file sizes has been looked at for the whole page then, and
    /// stays: only a process that may signal this one as root does could lower it meanwhile (prlimit(2); the helper's
    /// group keeps its own user from that, and a raised real user id keeps su's caller). If it were lowered, this write
    /// would fail, or end the process, after the charge: the guess is paid for.
    pub fn write_again(&self, slot: &[u8], cursor: &SlotCursor) -> Result<(), Cause> {
        overwrite(&self.file, slot, cursor.offset()).map_err(os("write its state"))
    }

    pub fn sync(&self) -> Result<(), Cause> {
        nix::unistd::fdatasync(self.file.as_fd()).map_err(os_errno("write its state to the disk"))
    }

    /// Has the kernel begin to write a guess to the disk, without waiting for it: pulling the plug must not make guesses
    /// free. (That is what this advice does to pages that are dirty.)
    pub fn send_to_disk(&self) {
        let _ = posix_fadvise(self.file.as_fd(), 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    }
}
