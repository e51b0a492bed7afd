//! A file that goes on from another one, with the same secret.
//!
//! It must not lose a state: somebody who does not know yet that the old file has been replaced may still write to it. So
//! it says at first that its state is pending ([`Pending`]). After the exchange the old file's last state is read: nobody
//! can have had a login accepted there that is not in it, since they look at the path after they have written. Only then
//! the new file gets a state that counts. Whoever finds a file whose state is pending finishes it, so that death at any
//! moment costs nothing.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::error::{os, os_errno};
use super::layout::{self, FileRecord};
use super::locked::Locked;
use super::page_io::read_page;
use super::publish::{Temporary, exchange};
use super::slot::{self, Inherits, Pending, SlotCursor};
use super::{Cause, SecretFile};
use crate::files::{self, Access};
use crate::record::Enrollment;
use crate::verify::State;

/// How often what came before is read anew, because others finish it meanwhile.
const AGAIN: u32 = 16;

const GONE: &str = "the file that it goes on from is gone (otp-setup unlock repairs it)";

/// What a file whose state is pending goes on from.
enum Before {
    /// The last state before it, with a number beyond those of its states, and the files that nobody needs when it has
    /// taken that over.
    Last(Box<FileRecord>, Vec<PathBuf>),
    /// Another enrollment, whose place it has taken without a right to it.
    Other(Box<FileRecord>),
}

/// Whether an old file is one that a new one may go on from: the same enrollment, with the same recovery codes unless
/// those are what is new.
fn goes_on_from(new: &Enrollment, old: &Enrollment, inherits: Inherits) -> bool {
    new.is_same(old) && (inherits == Inherits::AllButRecoveryCodes || new.recovery == old.recovery)
}

impl FileRecord {
    /// What stands in a file with a pending state, once it is known what is before it.
    fn after(self, before: Self, inherits: Inherits) -> Self {
        let sequence = self.cursor.sequence.max(before.cursor.sequence);
        let real = if goes_on_from(&self.enrollment, &before.enrollment, inherits) {
            Self { state: inherits.derive(&before.state), ..self }
        } else {
            before
        };
        Self { cursor: SlotCursor { sequence, ..real.cursor.clone() }, pending: None, ..real }
    }
}

impl SecretFile {
    /// Goes on in a new file, since whoever holds the lock of the present one does not run. `None` when others have done
    /// so first.
    pub(super) fn take_over(&self, old: &File) -> Result<Option<Locked>, Cause> {
        let page = read_page(old)?;
        let record = layout::decode(&page, self.seal).map_err(Cause::Damaged)?;
        self.same_user(&record.enrollment)?;
        let inherits = Inherits::State;
        let taken =
            self.supersede(old, &record, &record.enrollment, inherits, &|state| inherits.derive(state))?;
        // Under the lock of a file that has all of the state. Whoever makes and kills many such processes fills the
        // directory with what is left of them; the helper cannot list it, but root's logins clear it.
        if taken.is_some() {
            self.remove_abandoned();
        }
        Ok(taken)
    }

    /// Replaces an old file by one that has the same secret, with a state that comes of the old one's last.
    /// `None` when the old one had been replaced before, or the new one has since.
    ///
    /// The caller holds the old file's lock, or does not wait for it any longer.
    pub(super) fn supersede(
        &self,
        old: &File,
        record: &FileRecord,
        enrollment: &Enrollment,
        inherits: Inherits,
        derive: &dyn Fn(&State) -> State,
    ) -> Result<Option<Locked>, Cause> {
        let new = Temporary::create(self)?;
        let pending = Pending { id: new.id, inherits };
        let prepared = layout::encode_from(
            enrollment,
            &derive(&record.state),
            self.seal,
            record.cursor.sequence,
            Some(pending),
        )
        .map_err(Cause::Damaged)
        .and_then(|page| new.fill(self, &page));
        prepared.inspect_err(|_| new.remove())?;
        if !self.is_current(old) {
            new.remove();
            return Ok(None);
        }
        let opened = new.file.metadata().map_err(os("look at it")).inspect_err(|_| new.remove())?;
        if let Err(errno) = exchange(&new.path, &self.path) {
            new.remove();
            return Err(os_errno("move it into place")(errno));
        }
        let locked = Locked::read(new.file, opened, self.seal)?;
        match self.inherit(&locked, pending, derive) {
            Ok(true) => Locked::read(locked.file, locked.opened, self.seal).map(Some),
            Ok(false) => Ok(None),
            Err(cause) => {
                // Back to what was there before where nobody can have gone on from the new one: what it goes on from cannot
                // be read. New recovery codes that nobody is told go, too. Any other new file stays, for whoever comes
                // next: it may have a state by now, and somebody may have had a login accepted after it.
                let back = matches!(cause, Cause::Damaged(_)) || inherits == Inherits::AllButRecoveryCodes;
                if back
                    && self.is_current(&locked.file)
                    && self.exchange_back(&new.path, &locked.opened).is_ok_and(|given_back| given_back)
                {
                    let _ = std::fs::remove_file(&new.path);
                }
                Err(cause)
            }
        }
    }

    /// Finishes a file whose state is pending: whoever put it there died before.
    /// False when the file was replaced meanwhile.
    pub(super) fn finish(&self, locked: &Locked, pending: Pending) -> Result<bool, Cause> {
        self.inherit(locked, pending, &|state| pending.inherits.derive(state))
    }

    /// Takes over the last state of the file under the temporary name, which then goes. False when the new file has lost
    /// its place meanwhile, or should not have had it.
    fn inherit(
        &self,
        locked: &Locked,
        pending: Pending,
        derive: &dyn Fn(&State) -> State,
    ) -> Result<bool, Cause> {
        let record = locked.record.as_ref().map_err(|why| Cause::Damaged(why))?;
        let (state, sequence, needless) = match self.before(&record.enrollment, pending) {
            Ok(Before::Last(last, needless)) => (last.state, last.cursor.sequence, needless),
            Ok(Before::Other(other)) => {
                self.put_forward(&other, locked)?;
                return Ok(false);
            }
            // Somebody has gone on from it, and needs what is before it no longer.
            Err(_) if !self.is_current(&locked.file) => return Ok(false),
            Err(Cause::NotEnrolled) => return Err(Cause::Damaged(GONE)),
            Err(cause) => return Err(cause),
        };
        let sequence = record.cursor.sequence.max(sequence);
        let cursor = SlotCursor { sequence, ..record.cursor.clone() };
        locked.write(&slot::encode(&cursor, &derive(&state), None).map_err(Cause::Damaged)?, &cursor)?;
        let is_current = self.is_current(&locked.file);
        locked.sync()?;
        if is_current {
            self.sync_directory(Some(&locked.file))?;
        }
        // From here on nobody asks for it any more: whoever goes on from the new file finds all that was in the old one.
        needless.iter().for_each(|path| _ = std::fs::remove_file(path));
        Ok(is_current)
    }

    /// What came before a file: the last state of the one that it has replaced, and a number beyond those of its
    /// states. Where that one's own state was pending, nothing has happened in it, and the one before it counts: as many
    /// in a row as there are, since whoever stops each who takes over may make them many.
    ///
    /// Whoever was stopped just before the exchange may have put it over an enrollment that was made since. Then the
    /// place is not the new file's.
    fn before(&self, new: &Enrollment, pending: Pending) -> Result<Before, Cause> {
        for _ in 0..AGAIN {
            match self.follow(new, pending) {
                // Whoever put one of them there has finished it just now.
                Err(Cause::NotEnrolled) => {}
                before => return before,
            }
        }
        Err(Cause::NotEnrolled)
    }

    fn follow(&self, new: &Enrollment, pending: Pending) -> Result<Before, Cause> {
        let (mut chain, mut paths, mut next) = (Vec::new(), Vec::new(), Some(pending));
        while let Some(link) = next {
            let path = self.temporary(link.id);
            if paths.contains(&path) {
                return Err(Cause::Damaged("the files that it goes on from are a circle"));
            }
            let record = self.record_at(&path)?;
            next = record.pending;
            chain.push(record);
            paths.push(path);
        }
        // From the oldest on: each that may go on from what is before it does, and the others never counted.
        let mut last: Option<FileRecord> = None;
        for record in chain.into_iter().rev() {
            last = Some(match (last, record.pending) {
                (Some(before), Some(link)) => record.after(before, link.inherits),
                _ => record,
            });
        }
        let last = Box::new(last.ok_or(Cause::NotEnrolled)?);
        let goes_on = goes_on_from(new, &last.enrollment, pending.inherits);
        Ok(if goes_on { Before::Last(last, paths) } else { Before::Other(last) })
    }

    /// Gives an enrollment its place again, in a file that goes on from the one that took it. Files only ever come to the
    /// path by the hand of who made them, and once: one that came back would be taken for the present one by somebody who
    /// has had a code accepted in it while others went on from it.
    fn put_forward(&self, other: &FileRecord, locked: &Locked) -> Result<(), Cause> {
        let new = Temporary::create(self)?;
        let pending = Pending { id: new.id, inherits: Inherits::State };
        let page = layout::encode_from(
            &other.enrollment,
            &other.state,
            self.seal,
            other.cursor.sequence,
            Some(pending),
        );
        let written = page.map_err(Cause::Damaged).and_then(|page| new.fill(self, &page));
        written.inspect_err(|_| new.remove())?;
        if !self.is_current(&locked.file) {
            new.remove();
            return Ok(());
        }
        match exchange(&new.path, &self.path) {
            Ok(()) => Ok(()),
            Err(errno) => {
                new.remove();
                // Where it has been removed meanwhile there is nothing to go on from.
                if errno == Errno::ENOENT { Ok(()) } else { Err(os_errno("move it into place")(errno)) }
            }
        }
    }

    fn record_at(&self, path: &Path) -> Result<FileRecord, Cause> {
        let (file, metadata) = match files::open(path, Access::Read) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Cause::NotEnrolled),
            Err(error) => return Err(os("open it")(error)),
        };
        self.check(&metadata)?;
        let record = layout::decode(&read_page(&file)?, self.seal).map_err(Cause::Damaged)?;
        self.same_user(&record.enrollment)?;
        Ok(record)
    }
}
