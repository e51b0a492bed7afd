//! Whoever keeps the pairings: the store itself, or `otp-helper` on the caller's behalf. The rest of the program does
//! not know which.

mod direct;
mod helper;

pub use direct::Direct;
pub use helper::ViaHelper;

use std::path::PathBuf;

use insis_otp::config::SelfEnrollment;
use insis_otp::operations::{NewPairing, Status};
use insis_otp::otp::{Drift, RecoveryCode, Refusal, Resync, ResyncCode, Salt, Verdict};
use insis_otp::wire::{Credential, EnrollmentDenial, Reply};

/// Keeps one account's pairing.
pub trait Keeper {
    /// Whether changes need a proof (they do, but for root).
    fn needs_proof(&self) -> bool;
    /// What a first pairing takes.
    fn self_enrollment(&self) -> SelfEnrollment;
    /// What there is to tell; `None` when there is no pairing.
    fn status(&self) -> Result<Option<Status>, Trouble>;
    /// Pairs a phone where none is paired.
    fn enrol(&self, new: &NewPairing, credential: &Credential) -> Result<Drift, Trouble>;
    /// Pairs another phone instead.
    fn replace(&self, new: &NewPairing, proof: Option<&Reply>) -> Result<Drift, Trouble>;
    /// Removes the pairing.
    fn remove(&self, proof: Option<&Reply>) -> Result<(), Trouble>;
    /// Decides an attempt as a login would.
    fn verify(&self, reply: &Reply) -> Result<Verdict, Trouble>;
    /// Takes one of the two codes from which the phone's clock is learned anew.
    fn resync(&self, which: ResyncCode, code: &Reply) -> Result<Resync, Trouble>;
    /// Lets every remembered place be asked again. It takes no proof: it gives nobody anything.
    fn forget(&self) -> Result<(), Trouble>;
    /// Puts new recovery codes in the place of all former ones.
    fn renew_recovery_codes(
        &self,
        codes: &[RecoveryCode],
        salt: Salt,
        proof: Option<&Reply>,
    ) -> Result<(), Trouble>;
}

/// Why a keeper did not do as it was asked. Nothing has changed, except that a proof was charged.
#[derive(Debug)]
pub enum Trouble {
    /// There is no pairing.
    NotPaired,
    /// There is one already.
    Exists,
    /// The proof does not hold.
    Proof(Refusal),
    /// The new phone's codes do not pair it.
    Pair,
    /// The credential does not allow a first pairing.
    Denied(EnrollmentDenial),
    /// The store cannot be used: where and why.
    Unusable(String),
    /// The helper cannot be started: its path, and why.
    HelperStart(PathBuf, std::io::Error),
    /// The helper's answer cannot be understood.
    HelperAnswer(PathBuf),
}
