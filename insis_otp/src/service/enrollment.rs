//! Connecting a device to an account, replacing it, and removing it.

use super::{Error, NewDevice, Service, wipe_stack};
use crate::oath::{Drift, RecoveryCode};
use crate::store::{Cause, InvitationStore, StillHolds, StoreError, UserStore, check_proof};
use crate::verify::{ParsedReply, State};

impl<S: UserStore> Service<'_, S> {
    /// Enrolls a phone where none is enrolled.
    ///
    /// # Errors
    /// There is an enrollment, the codes do not show that the phone works, or the file cannot be written.
    pub fn enroll(&self, new: &NewDevice) -> Result<Drift, Error> {
        self.enroll_if(new, &|| Ok(()))
    }

    fn enroll_if(&self, new: &NewDevice, still_holds: StillHolds<'_>) -> Result<Drift, Error> {
        let (enrollment, state) = new.proved(self.store.user(), (self.clock)())?;
        self.store.create(&enrollment, &state, still_holds)?;
        wipe_stack();
        // Nobody is left to be invited. If it stays, it is one that an administrator gave.
        let _ = self.store.invitation().withdraw();
        Ok(state.drift)
    }

    /// Whether an enrollment could be made where none is, as far as that can be told without anybody's leave: what fails here
    /// must cost neither an invitation nor a question for the password.
    ///
    /// # Errors
    /// There is an enrollment, the codes do not show that the phone works, or the store cannot be used.
    pub(super) fn can_enroll(&self, new: &NewDevice) -> Result<(), Error> {
        new.proved(self.store.user(), (self.clock)())?;
        wipe_stack();
        match self.store.load() {
            Ok(_) => Err(self.error(Cause::Exists).into()),
            Err(error) if error.is_not_enrolled() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a code is that of the person's invitation. A wrong one is charged; the invitation stays.
    ///
    /// # Errors
    /// It does not hold, or cannot be read or written.
    pub fn check_invitation(&self, code: &RecoveryCode) -> Result<(), Error> {
        self.store.invitation().check(code, (self.clock)())?.map_err(Error::Invitation)
    }

    /// Enrolls a phone where none is enrolled, with the code of an invitation, which is used up. A wrong one is charged.
    ///
    /// # Errors
    /// As for [`Self::enroll`]; or the invitation does not hold.
    pub fn enroll_invited(&self, new: &NewDevice, code: &RecoveryCode) -> Result<Drift, Error> {
        self.can_enroll(new)?;
        let redeemed =
            self.store.invitation().redeem(code, (self.clock)(), |still| self.enroll_if(new, still))?;
        redeemed.map_err(Error::Invitation)?
    }

    /// Enrolls another phone instead. Without a proof (root's right) an unusable old file is replaced too.
    ///
    /// # Errors
    /// As for [`Self::enroll`] and [`Self::verify`].
    pub(super) fn replace(&self, new: &NewDevice, proof: Option<&ParsedReply>) -> Result<Drift, Error> {
        let user = self.store.user();
        // First what costs nothing: a mistake with the new phone must not spend a code of the old one.
        new.proved(user, (self.clock)())?;
        let proved = self.prove(proof)?;
        let mut drift = Drift::default();
        let replaced = self.store.replace(|old| -> Result<_, Error> {
            check_proof(proved.as_ref(), &old.enrollment).map_err(|cause| self.error(cause))?;
            let (enrollment, state) = new.proved(user, (self.clock)())?;
            drift = state.drift;
            // What the owner is told at the next login is of the account, not of the phone.
            let State { last_login, told_until, failures, bypass_news, .. } = old.state;
            Ok((enrollment, State { last_login, told_until, failures, bypass_news, ..state }))
        });
        wipe_stack();
        match replaced {
            Ok(done) => done.map(|()| drift),
            Err(StoreError { cause: Cause::Damaged(_), .. }) if proof.is_none() => {
                self.store.remove(None)?;
                self.enroll(new)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an enrollment. Without a proof it is root's right.
    ///
    /// # Errors
    /// As for [`Self::verify`].
    pub(super) fn remove(&self, proof: Option<&ParsedReply>) -> Result<(), Error> {
        let proved = self.prove(proof)?;
        Ok(self.store.remove(proved.as_ref())?)
    }
}
