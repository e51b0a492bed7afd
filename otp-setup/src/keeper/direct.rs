//! The store itself: for root, and for secret files in homes.

use insis_otp::acts;
use insis_otp::config::SelfEnrollment;
use insis_otp::operations::{self, Clock, Failure, NewPairing, Status};
use insis_otp::otp::{Drift, Policy, RecoveryCode, Resync, ResyncCode, Salt, Verdict};
use insis_otp::store::{Cause, SecretFile, StoreError};
use insis_otp::wire::{Credential, EnrollmentDenial, Reply};

use super::{Keeper, Trouble};
use crate::caller::Caller;

/// A secret file that this process may open.
pub struct Direct<'a> {
    /// The file.
    pub file: SecretFile,
    /// The site's rules.
    pub policy: Policy,
    /// Whether changes need a proof.
    pub proof: bool,
    /// The clock.
    pub clock: Clock<'a>,
    /// In whose name the log is written.
    pub caller: Caller,
}

impl Direct<'_> {
    /// Reports an act, and hands on how it went.
    fn logged<T>(&self, action: &str, done: Result<T, Failure>) -> Result<T, Trouble> {
        let user = self.file.account().name.as_str();
        match &done {
            Ok(_) => self.caller.done(action, user),
            Err(failure) => self.caller.failed(action, user, acts::failed(failure)),
        }
        Ok(done?)
    }
}

impl Keeper for Direct<'_> {
    fn needs_proof(&self) -> bool {
        self.proof
    }

    /// Nothing: root needs none, and who can write the file can do as they like.
    fn self_enrollment(&self) -> SelfEnrollment {
        SelfEnrollment::Open
    }

    fn status(&self) -> Result<Option<Status>, Trouble> {
        Ok(operations::status(&self.file, &self.policy, self.clock)?)
    }

    fn enrol(&self, new: &NewPairing, _: &Credential) -> Result<Drift, Trouble> {
        self.logged("enrol", operations::enrol(&self.file, new, self.clock))
    }

    fn replace(&self, new: &NewPairing, proof: Option<&Reply>) -> Result<Drift, Trouble> {
        let proof = proof.map(Reply::typed);
        self.logged("replace", operations::replace(&self.file, new, proof.as_ref(), &self.policy, self.clock))
    }

    fn remove(&self, proof: Option<&Reply>) -> Result<(), Trouble> {
        let proof = proof.map(Reply::typed);
        self.logged("remove", operations::remove(&self.file, proof.as_ref(), &self.policy, self.clock))
    }

    fn verify(&self, reply: &Reply) -> Result<Verdict, Trouble> {
        let verdict = operations::verify(&self.file, &reply.typed(), &self.policy, self.clock);
        if let Ok(Verdict::Refused(why)) = &verdict {
            self.caller.failed("verify", self.file.account().name.as_str(), acts::refused(why));
            return Ok(verdict?);
        }
        self.logged("verify", verdict.map_err(Failure::from))
    }

    fn resync(&self, which: ResyncCode, code: &Reply) -> Result<Resync, Trouble> {
        match operations::resync(&self.file, which, &code.typed(), &self.policy, self.clock) {
            // Whether it was right shows with the second.
            Ok(Resync::Noted) => Ok(Resync::Noted),
            outcome => self.logged("resync", outcome),
        }
    }

    fn forget(&self) -> Result<(), Trouble> {
        self.logged("forget", operations::forget_clients(&self.file).map(drop).map_err(Failure::from))
    }

    fn renew_recovery_codes(
        &self,
        codes: &[RecoveryCode],
        salt: Salt,
        proof: Option<&Reply>,
    ) -> Result<(), Trouble> {
        let proof = proof.map(Reply::typed);
        let codes = (codes, salt);
        self.logged(
            "renew-recovery-codes",
            operations::renew_recovery_codes(&self.file, codes, proof.as_ref(), &self.policy, self.clock),
        )
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error.cause {
            Cause::NotPaired => Self::NotPaired,
            Cause::Exists => Self::Exists,
            _ => Self::Unusable(error.to_string()),
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            Failure::Proof(why) => Self::Proof(why),
            Failure::Pair(_) => Self::Pair,
            Failure::Invitation(why) => Self::Denied(EnrollmentDenial::Invitation(why)),
        }
    }
}
