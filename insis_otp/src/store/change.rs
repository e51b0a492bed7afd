//! Changes of a secret file that no attempt makes: replaced, renewed, repaired, removed.

use super::contract::{Record, check_proof};
use super::file::again_and_again;
use super::layout;
use super::lock::Patience;
use super::locked::Locked;
use super::publish::is_unsupported;
use super::slot;
use super::{Cause, SecretFile, StoreError};
use crate::record::Enrollment;
use crate::verify::State;

impl SecretFile {
    /// Replaces secret and state together, or not at all. `decide` sees the present record, under its lock, and says
    /// what comes instead; when it says no, nothing changes.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be written; then the old file stays.
    pub fn replace<E>(
        &self,
        mut decide: impl FnMut(&Record) -> Result<(Enrollment, State), E>,
    ) -> Result<Result<(), E>, StoreError> {
        self.with_locked(|locked| {
            let record = locked.record.as_ref().map_err(|why| Cause::Damaged(why))?;
            self.same_user(&record.enrollment)?;
            let present = Record { enrollment: record.enrollment.clone(), state: record.state.clone() };
            let (enrollment, state) = match decide(&present) {
                Ok(new) => new,
                Err(no) => return Ok(Some(Err(no))),
            };
            let page = layout::encode(&enrollment, &state, self.seal).map_err(Cause::Damaged)?;
            Ok(self.publish_instead(&page, locked)?.then_some(Ok(())))
        })
    }

    /// Replaces all recovery codes by new ones. The rest of the head stays, and so does the state. Where a
    /// proof was given, only for the enrollment that it was given for.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be written; then the old file stays.
    pub fn replace_recovery_codes(
        &self,
        proved: Option<&Enrollment>,
        recovery: &crate::oath::RecoveryCodes,
    ) -> Result<(), StoreError> {
        let new_head = |enrollment: &Enrollment| {
            check_proof(proved, enrollment)?;
            Ok(Enrollment { recovery: recovery.clone(), ..enrollment.clone() })
        };
        let inherits = slot::Inherits::AllButRecoveryCodes;
        self.update(inherits, &new_head, &|_, state| inherits.derive(state))
    }

    /// Writes the state anew, from the head alone where no state can be read: the administrator's repair.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be written.
    pub fn repair(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), StoreError> {
        self.exclusively(|| {
            let locked = self.lock(&mut Patience::new())?;
            if locked.record.is_ok() {
                return Ok(None);
            }
            let (enrollment, _) = layout::decode_head(&locked.page, self.seal).map_err(Cause::Damaged)?;
            self.same_user(&enrollment)?;
            let page =
                layout::encode(&enrollment, &state(&enrollment, None), self.seal).map_err(Cause::Damaged)?;
            if self.publish_instead(&page, &locked)? { Ok(Some(())) } else { Err(again_and_again()) }
        })?
        .map_or_else(
            || {
                let same_head = |enrollment: &Enrollment| Ok(enrollment.clone());
                self.update(slot::Inherits::State, &same_head, &|enrollment, present| {
                    state(enrollment, Some(present))
                })
            },
            Ok,
        )
    }

    /// Gives the file another head, and a state that comes of the present one.
    fn update(
        &self,
        inherits: slot::Inherits,
        new_head: &dyn Fn(&Enrollment) -> Result<Enrollment, Cause>,
        derive: &dyn Fn(&Enrollment, &State) -> State,
    ) -> Result<(), StoreError> {
        self.with_locked(|locked| {
            let record = locked.record.as_ref().map_err(|why| Cause::Damaged(why))?;
            self.same_user(&record.enrollment)?;
            let enrollment = new_head(&record.enrollment)?;
            let derive = |state: &State| derive(&enrollment, state);
            match self.supersede(&locked.file, record, &enrollment, inherits, &derive) {
                Ok(placed) => {
                    let stands = |new: &Locked| self.stands(|| self.is_current(&new.file));
                    Ok(placed.filter(stands).map(|_| ()))
                }
                Err(cause) if is_unsupported(&cause) => {
                    let page = layout::encode(&enrollment, &derive(&record.state), self.seal)
                        .map_err(Cause::Damaged)?;
                    Ok(self.publish_instead(&page, locked)?.then_some(()))
                }
                Err(cause) => Err(cause),
            }
        })
    }

    /// Removes the file.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be removed.
    pub fn remove(&self) -> Result<(), StoreError> {
        self.remove_proved(None)
    }

    /// Removes the file; where a proof was given, only if it is still that of the enrollment that it was given for.
    ///
    /// # Errors
    /// [`Cause::NotEnrolled`], or why it cannot be removed.
    pub fn remove_proved(&self, proved: Option<&Enrollment>) -> Result<(), StoreError> {
        self.exclusively(|| {
            // The lock keeps a login that is being decided from writing into a file that is gone. What is no secret
            // file (damaged, of another owner) is removed all the same.
            let mut patience = Patience::new();
            for _ in 0..Self::ROUNDS {
                let locked = match self.lock(&mut patience) {
                    Ok(locked) => Some(locked),
                    Err(Cause::Damaged(_) | Cause::Unsafe(_)) if proved.is_none() => None,
                    Err(no) => return Err(no),
                };
                if proved.is_some() {
                    let record = locked.as_ref().map(|locked| locked.record.as_ref());
                    let record = record.ok_or(Cause::NotEnrolled)?.map_err(|why| Cause::Damaged(why))?;
                    check_proof(proved, &record.enrollment)?;
                }
                if self.withdraw(locked.as_ref())? {
                    return Ok(());
                }
                patience.give_turns();
            }
            Err(again_and_again())
        })
    }
}
