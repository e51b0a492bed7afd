//! What root alone may do.

use super::{Event, Reporter, Service};
use crate::oath::{RecoveryCode, Salt, UnixTime};
use crate::record::Enrollment;
use crate::store::{Cause, Decision, InvitationStore, StoreError, UserStore, Write};
use crate::verify::{Bypass, State};

/// What becomes of somebody who has enrolled already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They keep what they have.
    Keep,
    /// They get the new device instead.
    Replace,
}

impl<S: UserStore> Service<'_, S> {
    /// Ends a delay, leaves a clock that was ahead, repairs a damaged state.
    ///
    /// # Errors
    /// Nobody has enrolled, or the head is damaged: then only enrolling again helps.
    pub fn unlock(&self, report: Reporter<'_>) -> Result<(), StoreError> {
        let unlocked = self.store.repair(|enrollment, present| match present {
            Some(state) => state.unlocked(enrollment.entry.key.period(), self.policy, (self.clock)()),
            None => State::unknown(enrollment.entry.key.period(), self.policy, (self.clock)()),
        });
        reported("unlock", unlocked, report)
    }

    /// The enrollment, with its secret. The report comes before anybody has seen it: whatever becomes of the caller, it is
    /// in the log.
    ///
    /// # Errors
    /// Nobody has enrolled, or the file cannot be used.
    pub fn export(&self, report: Reporter<'_>) -> Result<Enrollment, StoreError> {
        reported("export", self.store.load(), report).map(|record| record.enrollment)
    }

    /// Writes an enrollment that was made elsewhere, as it is.
    ///
    /// # Errors
    /// Somebody has enrolled and is to be kept, or it cannot be written.
    pub fn import(
        &self,
        enrollment: &Enrollment,
        state: &State,
        existing: Existing,
        report: Reporter<'_>,
    ) -> Result<(), StoreError> {
        let written = match existing {
            Existing::Keep => self.store.create(enrollment, state, &|| Ok(())),
            Existing::Replace => self.overwrite(enrollment, state),
        };
        reported("import", written, report)
    }

    /// Whether an import could be written, as far as that shows without writing.
    ///
    /// # Errors
    /// As for [`Self::import`].
    pub fn can_import(&self, existing: Existing) -> Result<(), StoreError> {
        let replaces = existing == Existing::Replace;
        match self.store.load() {
            Ok(_) if replaces => Ok(()),
            Ok(_) => Err(self.error(Cause::Exists)),
            Err(error) if error.is_not_enrolled() => Ok(()),
            Err(StoreError { cause: Cause::Damaged(_), .. }) if replaces => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Replaces a present enrollment, whatever state that is in.
    fn overwrite(&self, enrollment: &Enrollment, state: &State) -> Result<(), StoreError> {
        let new = || Ok::<_, std::convert::Infallible>((enrollment.clone(), state.clone()));
        match self.store.replace(|_| new()) {
            Ok(Ok(())) => Ok(()),
            Err(StoreError { cause: Cause::NotEnrolled, .. }) => {
                self.store.create(enrollment, state, &|| Ok(()))
            }
            Err(StoreError { cause: Cause::Damaged(_) | Cause::Unsafe(_), .. }) => {
                self.store.remove(None)?;
                self.store.create(enrollment, state, &|| Ok(()))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes an invitation instead of a former one.
    ///
    /// # Errors
    /// Somebody has enrolled, or it cannot be written; then there is no invitation.
    pub fn invite(
        &self,
        code: &RecoveryCode,
        salt: Salt,
        expires: UnixTime,
        report: Reporter<'_>,
    ) -> Result<(), StoreError> {
        let invitation = self.store.invitation();
        let issued = reported("invite", invitation.issue(code, salt, expires), report);
        // Somebody may have enrolled in this moment; what was written is of no use then.
        issued.inspect_err(|_| _ = invitation.withdraw())
    }

    /// Takes an invitation back whose code nobody has seen.
    pub fn withdraw_invitation(&self) {
        let _ = self.store.invitation().withdraw();
    }

    /// Makes a bypass code instead of a former one, for so many logins until then.
    ///
    /// # Errors
    /// Nobody has enrolled, or it cannot be written; then there is none.
    pub fn issue_bypass(
        &self,
        code: &RecoveryCode,
        (expires, uses): (UnixTime, u8),
        report: Reporter<'_>,
    ) -> Result<(), StoreError> {
        let issued = self.change_bypass(|enrollment, state| {
            let hash = enrollment.recovery.bypass_hash(code);
            state.with_bypass(Bypass { hash, expires, uses }, (self.clock)())
        });
        report(&Event::of_root("bypass", &issued).with("uses", uses).with("expires", expires.0));
        issued
    }

    /// Takes back the bypass code, if there is one.
    ///
    /// # Errors
    /// Nobody has enrolled, or it cannot be written; then it is as it was.
    pub fn revoke_bypass(&self, report: Reporter<'_>) -> Result<(), StoreError> {
        let revoked = self.change_bypass(|_, state| State { bypass: None, ..state.clone() });
        reported("revoke-bypass", revoked, report)
    }

    fn change_bypass(&self, change: impl Fn(&Enrollment, &State) -> State) -> Result<(), StoreError> {
        self.store
            .transact(|enrollment, state| {
                // What is on its way to another store takes nothing with it that came later.
                let (state, answer) = match state.is_closed() {
                    true => (state.clone(), Err(Cause::Unsafe("is being moved to another store".into()))),
                    false => (change(enrollment, state), Ok(())),
                };
                Decision { state, write: Write::Durable, answer }
            })?
            .map_err(|cause| self.error(cause))
    }

    /// Lets the enrollment follow its user to another name.
    ///
    /// # Errors
    /// Nobody has enrolled, somebody of the new name has, or it cannot be written.
    pub fn rename_to(&self, new: &S, report: Reporter<'_>) -> Result<(), StoreError> {
        let moved = self.store.rename_to(new);
        let event = Event::of_root("move", &moved);
        report(&Event { line: event.line.field("old", self.store.user()), ..event });
        moved
    }
}

/// Reports what root did, and hands it on.
fn reported<T>(
    action: &'static str,
    outcome: Result<T, StoreError>,
    report: Reporter<'_>,
) -> Result<T, StoreError> {
    report(&Event::of_root(action, &outcome));
    outcome
}
