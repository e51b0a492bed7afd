//! An enrollment that follows its user to another name (`usermod -l`).
//!
//! The new name's file is written whole before the old one goes, under the lock of the old one: a login that is still being
//! decided under the old name ends before, or finds nothing. A crash in between leaves both; nobody logs in under the old
//! name, which no account has any more, and the next try ends what the first began.

use std::fs::File;

use super::{Cause, Enrolment, SecretFile, StoreError};
use crate::otp::State;

impl SecretFile {
    /// Moves the enrollment to another name of the same user id, with its state as it is.
    ///
    /// # Errors
    /// [`Cause::NotPaired`] when there is nothing to move; [`Cause::Exists`] when the other name has an enrollment of its
    /// own; or why a file cannot be used or written. Then the old file is as it was, and there is no new one.
    pub fn rename_to(&self, new: &Self) -> Result<(), StoreError> {
        let in_place = self.path() == new.path();
        let mut moved = Ok(());
        let replaced = self.replace(|record| {
            let user = new.account().name.clone();
            let enrolment = Enrolment { user, ..record.enrolment.clone() };
            if in_place {
                return Ok((enrolment, record.state.clone()));
            }
            moved = self.move_under_lock(new, &enrolment, &record.state);
            Err(())
        })?;
        if replaced.is_ok() { Ok(()) } else { moved }
    }

    fn move_under_lock(&self, new: &Self, enrolment: &Enrolment, state: &State) -> Result<(), StoreError> {
        match new.create(enrolment, state) {
            Err(StoreError { cause: Cause::Exists, .. }) if new.is_same_enrollment(enrolment) => {}
            other => other?,
        }
        self.remove_under_lock().map_err(|error| {
            // Both, after an error, would be one too many. If this fails too, the next try goes on from here.
            let _ = new.remove();
            let cause = Cause::Os { action: "remove it", error };
            StoreError { path: self.path().to_owned(), cause }
        })
    }

    /// Whether the file holds this enrollment already, from a try that was cut short.
    fn is_same_enrollment(&self, enrolment: &Enrolment) -> bool {
        self.read().is_ok_and(|present| {
            let present = present.enrolment;
            present.key.secret() == enrolment.key.secret() && present.paired_at == enrolment.paired_at
        })
    }

    fn remove_under_lock(&self) -> std::io::Result<()> {
        std::fs::remove_file(self.path())?;
        // A directory that cannot be opened or synced holds the old name for a while after a power failure, and no harm.
        if let Some(directory) = self.path().parent().and_then(|directory| File::open(directory).ok()) {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}
