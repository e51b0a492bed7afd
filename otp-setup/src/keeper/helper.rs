//! `otp-helper`: opens the system store for the caller's own account.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use insis_otp::config::SelfEnrollment;
use insis_otp::operations::{NewPairing, Status};
use insis_otp::otp::{Drift, RecoveryCode, Resync, ResyncCode, Salt, Verdict};
use insis_otp::wire::{Answer, Credential, LONGEST, Reply, Request};
use zeroize::Zeroizing;

use super::{Keeper, Trouble};

/// The helper at a path.
pub struct ViaHelper {
    /// The program.
    pub path: PathBuf,
    /// What it asks for before a first pairing.
    pub self_enrollment: SelfEnrollment,
}

impl ViaHelper {
    fn ask(&self, request: &Request) -> Result<Answer, Trouble> {
        // Nothing but the request, and that by a pipe: arguments and environments can be read by others.
        let child = Command::new(&self.path)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Trouble::HelperStart(self.path.clone(), error))?;
        let answer = converse(child, request).ok().and_then(|text| Answer::decode(&text).ok());
        match answer {
            Some(Answer::NotPaired) => Err(Trouble::NotPaired),
            Some(Answer::Exists) => Err(Trouble::Exists),
            Some(Answer::NotPairing(_)) => Err(Trouble::Pair),
            Some(Answer::Denied(why)) => Err(Trouble::Denied(why)),
            Some(Answer::Failed(why)) => Err(Trouble::Unusable(why)),
            Some(answer) => Ok(answer),
            None => Err(self.not_understood()),
        }
    }

    fn done(&self, request: &Request) -> Result<Drift, Trouble> {
        match self.ask(request)? {
            Answer::Done(drift) => Ok(drift),
            Answer::Verdict(Verdict::Refused(why)) => Err(Trouble::Proof(why)),
            _ => Err(self.not_understood()),
        }
    }

    fn not_understood(&self) -> Trouble {
        Trouble::HelperAnswer(self.path.clone())
    }
}

/// Sends the request and takes the answer. Both fit into a pipe, so that neither side waits for the other.
fn converse(mut child: Child, request: &Request) -> io::Result<Zeroizing<Vec<u8>>> {
    let sent = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(request.encode().as_bytes()));
    let mut answer = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let heard =
        child.stdout.take().map_or(Ok(0), |pipe| pipe.take(LONGEST as u64 + 1).read_to_end(&mut answer));
    child.wait()?;
    sent?;
    heard?;
    Ok(answer)
}

/// The helper asks for a proof of everybody; who gives none is told so by it.
fn given(proof: Option<&Reply>) -> Reply {
    proof.cloned().unwrap_or_else(|| Reply::new(b""))
}

impl Keeper for ViaHelper {
    fn needs_proof(&self) -> bool {
        true
    }

    fn self_enrollment(&self) -> SelfEnrollment {
        self.self_enrollment
    }

    fn status(&self) -> Result<Option<Status>, Trouble> {
        match self.ask(&Request::Status) {
            Ok(Answer::Status(status)) => Ok(Some(status)),
            Ok(_) => Err(self.not_understood()),
            Err(Trouble::NotPaired) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn enrol(&self, new: &NewPairing, credential: &Credential) -> Result<Drift, Trouble> {
        self.done(&Request::Enrol(new.clone(), credential.clone()))
    }

    fn replace(&self, new: &NewPairing, proof: Option<&Reply>) -> Result<Drift, Trouble> {
        self.done(&Request::Replace(new.clone(), given(proof)))
    }

    fn remove(&self, proof: Option<&Reply>) -> Result<(), Trouble> {
        self.done(&Request::Remove(given(proof))).map(drop)
    }

    fn verify(&self, reply: &Reply) -> Result<Verdict, Trouble> {
        match self.ask(&Request::Verify(reply.clone()))? {
            Answer::Verdict(verdict) => Ok(verdict),
            _ => Err(self.not_understood()),
        }
    }

    fn resync(&self, which: ResyncCode, code: &Reply) -> Result<Resync, Trouble> {
        match self.ask(&Request::Resync(which, code.clone()))? {
            Answer::Noted => Ok(Resync::Noted),
            Answer::Done(drift) => Ok(Resync::Learned(drift)),
            Answer::Verdict(Verdict::Refused(why)) => Err(Trouble::Proof(why)),
            _ => Err(self.not_understood()),
        }
    }

    fn forget(&self) -> Result<(), Trouble> {
        self.done(&Request::Forget).map(drop)
    }

    fn renew_recovery_codes(
        &self,
        codes: &[RecoveryCode],
        salt: Salt,
        proof: Option<&Reply>,
    ) -> Result<(), Trouble> {
        self.done(&Request::RenewRecoveryCodes(codes.to_vec(), salt, given(proof))).map(drop)
    }
}
