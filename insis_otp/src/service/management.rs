//! What people ask about their own account, and root about anybody's.

use super::authority::{AllowedBy, Authority, SelfService};
use super::verification::Purpose;
use super::{
    Credential, EnrollmentDenial, Error, Event, LinkRefusal, LoginAttempt, NewDevice, Reply, Reporter,
    Request, Response, Service, Status, below, wipe_stack,
};
use crate::config::SelfEnrollment;
use crate::oath::{Drift, RecoveryCode, RecoveryCodes, Salt};
use crate::record::Enrollment;
use crate::store::{Cause, Charge, Decision, InvitationRefusal, LinkStore, StoreError, UserStore, Write};
use crate::verify::{
    self, ParsedReply, Refusal, Resync, ResyncCharge, ResyncCode, State, Verdict, charge_resync,
};

impl<S: UserStore> Service<'_, S> {
    /// Does what is asked, if the authority allows it, and reports it.
    #[must_use]
    pub fn handle(&self, request: &Request, authority: Authority<'_>, report: Reporter<'_>) -> Response {
        let mut by = None;
        let response = self.manage(request, authority, &mut by);
        let response = response.unwrap_or_else(Response::from);
        if let Some(event) = Event::of(request, &response, by, authority) {
            report(&event);
        }
        match (authority, response) {
            // How exactly a guess was wrong is for the log alone.
            (Authority::User(..), Response::Verdict(Verdict::Refused(Refusal::OutsideWindow { .. }))) => {
                Response::Verdict(Verdict::Refused(Refusal::Wrong))
            }
            (_, response) => response,
        }
    }

    fn manage(
        &self,
        request: &Request,
        authority: Authority<'_>,
        by: &mut AllowedBy,
    ) -> Result<Response, Error> {
        let proof = |reply: &Reply| authority.takes_proof().then(|| reply.parse());
        let done = |()| Response::Done(Drift::default());
        match request {
            Request::Verify(reply) => Ok(Response::Verdict(self.verify(&reply.parse())?)),
            Request::Status => Ok(self.status()?.map_or(Response::NotEnrolled, Response::Status)),
            Request::Enroll(new, credential) => self.enroll_as(new, credential, authority, by),
            Request::Replace(new, reply) => self.replace(new, proof(reply).as_ref()).map(Response::Done),
            Request::Remove(reply) => self.remove(proof(reply).as_ref()).map(done),
            Request::Forget => Ok(self.forget_clients().map(|_| ()).map(done)?),
            Request::Resync(which, reply) => Ok(match self.resync(*which, &reply.parse())? {
                Resync::Noted => Response::Noted,
                Resync::Learned(drift) => Response::Done(drift),
            }),
            Request::RenewRecoveryCodes(codes, salt, reply) => {
                self.renew_recovery_codes((codes, *salt), proof(reply).as_ref()).map(done)
            }
            Request::Link(reply) => self.link(reply, people(authority)?, by),
            Request::Unlink(reply) => self.unlink(reply, people(authority)?, by),
            Request::LinkStatus => Ok(Response::Link(self.store.link().status()?)),
        }
    }

    /// Enrolls a device where none is, if the credential is what the site asks for.
    fn enroll_as(
        &self,
        new: &NewDevice,
        credential: &Credential,
        authority: Authority<'_>,
        by: &mut AllowedBy,
    ) -> Result<Response, Error> {
        let Authority::User(SelfService { self_enrollment: policy, check_password, .. }) = authority else {
            // Whoever enrolls within a login may have shown an invitation, which is used up then.
            return match credential.invitation_code() {
                Some(code) => self.enroll_invited(new, &code).map(Response::Done),
                None => self.enroll(new).map(Response::Done),
            };
        };
        if policy == SelfEnrollment::Off {
            return Ok(Response::Denied(EnrollmentDenial::Off));
        }
        // First what costs nothing: a mistake with the phone must not cost an invitation.
        self.can_enroll(new)?;
        let mut refusal = InvitationRefusal::None;
        if let (Some(code), true) = (credential.invitation_code(), policy != SelfEnrollment::Open) {
            *by = Some("invitation");
            match self.enroll_invited(new, &code) {
                Err(Error::Invitation(why)) => refusal = why,
                enrolled => return enrolled.map(Response::Done),
            }
        }
        match policy {
            SelfEnrollment::Open => *by = Some("nothing"),
            SelfEnrollment::Password => *by = Some("password"),
            SelfEnrollment::Invitation | SelfEnrollment::Off => {
                return Ok(Response::Denied(EnrollmentDenial::Invitation(refusal)));
            }
        }
        if policy == SelfEnrollment::Password
            && let Err(denial) = check_password(self.store.user(), credential)
        {
            return Ok(Response::Denied(match denial {
                // Of a code for which there is an invitation more can be said than that it is not the password.
                EnrollmentDenial::Password if refusal != InvitationRefusal::None => {
                    EnrollmentDenial::Invitation(refusal)
                }
                denial => denial,
            }));
        }
        self.enroll(new).map(Response::Done)
    }

    /// Decides one attempt to show the second factor without a login: a look at a code, a screen that is unlocked. It is charged
    /// like a login, but is none: whoever has enrolled a device in somebody's name must not keep the owner from being told, by
    /// this.
    ///
    /// # Errors
    /// There is no enrollment, or it cannot be used.
    pub fn verify(&self, typed: &ParsedReply) -> Result<Verdict, StoreError> {
        let attempt = LoginAttempt::of_this_process(typed);
        self.decide(&attempt, Purpose::Look).map(|decided| decided.verdict)
    }

    /// Takes one of the two codes from which a phone's clock is learned anew, within an hour; charged like a login.
    fn resync(&self, which: ResyncCode, typed: &ParsedReply) -> Result<Resync, Error> {
        let charge = |enrollment: &Enrollment, state: &State| match charge_resync(
            which,
            typed,
            &enrollment.entry.key,
            state,
            self.policy,
            (self.clock)(),
        ) {
            ResyncCharge::Settled(refusal, state) => {
                Charge::Settled(Decision { state, write: Write::InPlace, answer: Err(refusal) })
            }
            ResyncCharge::Due(comparison) => Charge::Due(comparison.charged().clone(), comparison),
        };
        let compare = |enrollment: &Enrollment, comparison: verify::ResyncComparison| {
            let (answer, state) = comparison.compare(&enrollment.entry.key);
            // Always, so that a write does not tell whether the first code was right.
            Decision { state, write: Write::Durable, answer }
        };
        let outcome = below(|| self.store.transact_charged(charge, compare));
        wipe_stack();
        outcome?.map_err(Error::Proof)
    }

    /// Replaces all recovery codes by new ones.
    ///
    /// # Errors
    /// As for [`Self::verify`].
    fn renew_recovery_codes(
        &self,
        codes: (&[RecoveryCode], Salt),
        proof: Option<&ParsedReply>,
    ) -> Result<(), Error> {
        let proved = self.prove(proof)?;
        Ok(self.store.replace_recovery_codes(proved.as_ref(), &RecoveryCodes::new(codes.0, codes.1))?)
    }

    /// Forgets every client that is remembered; returns how many there were.
    ///
    /// # Errors
    /// There is no enrollment, or it cannot be used.
    fn forget_clients(&self) -> Result<usize, StoreError> {
        self.store.transact(|_, state| {
            let (count, remembered) = (state.remembered.len(), Vec::new());
            Decision { state: State { remembered, ..state.clone() }, write: Write::Durable, answer: count }
        })
    }

    /// What there is to tell about an enrollment; `None` when there is none.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn status(&self) -> Result<Option<Status>, StoreError> {
        self.status_by(&mut S::Reader::default())
    }

    /// The same, for one of many.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn status_by(&self, reader: &mut S::Reader) -> Result<Option<Status>, StoreError> {
        match self.store.load_by(reader) {
            Ok(record) => Ok(Some(Status::of(&record, self.policy, (self.clock)()))),
            Err(error) if error.is_not_enrolled() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Links of their own are made by people, through `otp-helper`: the secret files in homes are theirs to change, and would prove
/// nothing; root needs no proof, and has a way of its own.
const fn people(authority: Authority<'_>) -> Result<SelfService<'_>, Error> {
    match authority {
        Authority::User(site) => Ok(site),
        Authority::Administrator | Authority::FileOwner => Err(Error::Link(LinkRefusal::NotHere)),
    }
}

impl From<Error> for Response {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(StoreError { cause: Cause::NotEnrolled, .. }) => Self::NotEnrolled,
            Error::Store(StoreError { cause: Cause::Exists, .. }) => Self::Exists,
            Error::Store(StoreError { cause: Cause::LinkedElsewhere, .. }) => {
                Self::NotLinked(LinkRefusal::LinkedElsewhere)
            }
            Error::Store(StoreError { cause: Cause::LinkedByAdministrator, .. }) => {
                Self::NotLinked(LinkRefusal::ByAdministrator)
            }
            Error::Store(error) => Self::Failed(error.to_string()),
            Error::Proof(why) => Self::Verdict(Verdict::Refused(why)),
            Error::Codes(why) => Self::CodesRefused(why),
            Error::Invitation(why) => Self::Denied(EnrollmentDenial::Invitation(why)),
            Error::Link(why) => Self::NotLinked(why),
        }
    }
}
