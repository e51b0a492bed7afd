//! An enrollment that follows its user to another name (`usermod -l`).
//!
//! The new name's file is written whole before the old one goes, under the lock of the old one: a login that is still being
//! decided under the old name ends before, or finds nothing. A crash in between leaves both; nobody logs in under the old
//! name, which no account has any more, and the next try ends what the first began.

use std::convert::Infallible;

use super::{Cause, SecretFile, StoreError};
use crate::record::Enrollment;
use crate::verify::State;

impl SecretFile {
    /// Moves the enrollment to another name of the same user id, with its state as it is.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`] when there is nothing to move; [`Cause::Exists`] when the other name has an enrollment of its
    /// own; or why a file cannot be used or written. Then the old file is as it was, and there is no new one.
    pub fn rename_to(&self, new: &Self) -> Result<(), StoreError> {
        let renamed =
            |enrollment: &Enrollment| Enrollment { user: new.account().name.clone(), ..enrollment.clone() };
        if self.path() == new.path() {
            let Ok(()) = self
                .replace(|record| Ok::<_, Infallible>((renamed(&record.enrollment), record.state.clone())))?;
            return Ok(());
        }
        self.with_locked(|locked| {
            let record = locked.record.as_ref().map_err(|why| Cause::Damaged(why))?;
            self.same_user(&record.enrollment)?;
            if let Err(error) = new.create_or_find(&renamed(&record.enrollment), &record.state) {
                return Ok(Some(Err(error)));
            }
            let withdrawn = self.withdraw(Some(locked));
            if !matches!(withdrawn, Ok(true)) {
                // Both would be one too many. If this fails too, the next try goes on from here.
                let _ = new.remove();
            }
            Ok(withdrawn?.then_some(Ok(())))
        })?
    }

    /// Creates the file, or finds it there from a try that was cut short.
    fn create_or_find(&self, enrollment: &Enrollment, state: &State) -> Result<(), StoreError> {
        match self.create(enrollment, state) {
            Err(StoreError { cause: Cause::Exists, .. })
                if self.read().is_ok_and(|present| present.enrollment.is_same(enrollment)) =>
            {
                Ok(())
            }
            other => other,
        }
    }
}
