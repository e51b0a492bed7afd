//! The store itself: for root, and for secret files in homes.

use insis_otp::operations::{self, Clock, Failure, NewPairing, Status};
use insis_otp::otp::{Drift, Policy, RecoveryCode, Salt, Verdict};
use insis_otp::store::{Cause, SecretFile, StoreError};
use insis_otp::wire::Reply;

use super::{Keeper, Trouble};

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
}

impl Keeper for Direct<'_> {
    fn needs_proof(&self) -> bool {
        self.proof
    }

    fn status(&self) -> Result<Option<Status>, Trouble> {
        Ok(operations::status(&self.file, &self.policy, self.clock)?)
    }

    fn enrol(&self, new: &NewPairing) -> Result<Drift, Trouble> {
        Ok(operations::enrol(&self.file, new, self.clock)?)
    }

    fn replace(&self, new: &NewPairing, proof: Option<&Reply>) -> Result<Drift, Trouble> {
        let proof = proof.map(Reply::typed);
        Ok(operations::replace(&self.file, new, proof.as_ref(), &self.policy, self.clock)?)
    }

    fn remove(&self, proof: Option<&Reply>) -> Result<(), Trouble> {
        let proof = proof.map(Reply::typed);
        Ok(operations::remove(&self.file, proof.as_ref(), &self.policy, self.clock)?)
    }

    fn verify(&self, reply: &Reply) -> Result<Verdict, Trouble> {
        Ok(operations::verify(&self.file, &reply.typed(), &self.policy, self.clock)?)
    }

    fn resynchronise(&self, codes: &Reply) -> Result<Drift, Trouble> {
        Ok(operations::resynchronise(&self.file, &codes.typed(), &self.policy, self.clock)?)
    }

    fn forget(&self) -> Result<(), Trouble> {
        Ok(operations::forget_places(&self.file).map(drop)?)
    }

    fn renew_recovery_codes(
        &self,
        codes: &[RecoveryCode],
        salt: Salt,
        proof: Option<&Reply>,
    ) -> Result<(), Trouble> {
        let proof = proof.map(Reply::typed);
        let codes = (codes, salt);
        Ok(operations::renew_recovery_codes(&self.file, codes, proof.as_ref(), &self.policy, self.clock)?)
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
        }
    }
}
