//! A person's own link to the identity provider: made and removed after the second step that is there now, or, with no
//! device, after an invitation of an administrator's.
//!
//! A link is another way in, so that whoever has the person's session alone must not make one, nor have themselves taken for
//! the person at the provider: first the proof, charged and used up as for any change; then the sign-in, whose identity comes
//! from `otp-idp` and from nobody else; then the link, if what the proof was given for is still so.

use super::authority::{AllowedBy, SelfService};
use super::{EnrollmentDenial, Error, LinkRefusal, Reply, Response, Service};
use crate::config::SelfEnrollment;
use crate::identity::Identity;
use crate::oath::Drift;
use crate::record::Enrollment;
use crate::store::{
    Cause, InvitationRefusal, InvitationStore, LinkStatus, LinkStore, StillHolds, StoreError, UserStore,
    check_proof,
};
use crate::verify::ParsedReply;

impl<S: UserStore> Service<'_, S> {
    /// Links the account to who signs in now.
    pub(super) fn link(
        &self,
        reply: &Reply,
        site: SelfService<'_>,
        by: &mut AllowedBy,
    ) -> Result<Response, Error> {
        if site.self_enrollment == SelfEnrollment::Off {
            return Ok(Response::Denied(EnrollmentDenial::Off));
        }
        // First what costs nothing: where no link can come of it, neither a code nor an invitation is used up.
        site.provider.can_link().map_err(Error::Link)?;
        self.has_own_link()?;
        let linked = self.after_second_step(&reply.parse(), site.self_enrollment, by, |still_holds| {
            let identity = site.provider.sign_in().map_err(Error::Link)?;
            match self.store.link().link(&identity, (self.clock)(), still_holds) {
                // It is there, and counts, although it may not be on the disk: what allowed it is used up.
                Err(error) if self.is_linked_to(&identity) => Ok(Err(error)),
                linked => Ok(Ok(linked?)),
            }
        });
        Ok(linked?.map(|()| Response::Done(Drift::default()))?)
    }

    fn is_linked_to(&self, identity: &Identity) -> bool {
        matches!(self.store.link().status(), Ok(LinkStatus::Own(link)) if link.identity == *identity)
    }

    /// Removes the person's own link.
    pub(super) fn unlink(
        &self,
        reply: &Reply,
        site: SelfService<'_>,
        by: &mut AllowedBy,
    ) -> Result<Response, Error> {
        if !self.has_own_link()? {
            return Err(Error::Link(LinkRefusal::NotLinked));
        }
        let removed = self.after_second_step(&reply.parse(), site.self_enrollment, by, |still_holds| {
            Ok(self.store.link().unlink(still_holds)?)
        })?;
        Ok(if removed {
            Response::Done(Drift::default())
        } else {
            Response::NotLinked(LinkRefusal::NotLinked)
        })
    }

    /// Whether there is a link, if the person can change it. One that does not count can be replaced and removed.
    fn has_own_link(&self) -> Result<bool, Error> {
        match self.store.link().status() {
            Ok(LinkStatus::ByAdministrator) => Err(Error::Link(LinkRefusal::ByAdministrator)),
            Err(StoreError { cause: Cause::Unsafe(_) | Cause::Damaged(_), .. }) => Ok(true),
            status => Ok(status? != LinkStatus::None),
        }
    }

    /// Does something when a proof holds: by the device, or where there is none by an invitation, which is as it was when
    /// nothing came of it. What is done asks once more before its end, since somebody may enroll anew, or take the invitation
    /// back, while a person signs in.
    fn after_second_step<T>(
        &self,
        typed: &ParsedReply,
        policy: SelfEnrollment,
        by: &mut AllowedBy,
        act: impl FnOnce(StillHolds<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.prove(Some(typed)) {
            Ok(proved) => act(&|| self.still_proved(proved.as_ref())),
            Err(Error::Store(error)) if error.is_not_enrolled() => {
                *by = Some("invitation");
                if policy == SelfEnrollment::Off {
                    return Err(Error::Invitation(InvitationRefusal::None));
                }
                let ParsedReply::Recovery(code) = typed else {
                    return Err(Error::Invitation(InvitationRefusal::None));
                };
                let invitation = self.store.invitation();
                let done = invitation.redeem(code, (self.clock)(), act)?.map_err(Error::Invitation)?;
                // It is used up; if it stays, that shows in it.
                done.inspect(|_| _ = invitation.withdraw())
            }
            Err(error) => Err(error),
        }
    }

    fn still_proved(&self, proved: Option<&Enrollment>) -> Result<(), Cause> {
        let present = self.store.load().map_err(|error| error.cause)?;
        check_proof(proved, &present.enrollment)
    }
}
