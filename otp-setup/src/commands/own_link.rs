//! A person's own link to the identity provider: made and removed through `otp-helper`, after a code, or an invitation where
//! there is no device.

use insis_otp::config::SelfEnrollment;
use insis_otp::service::{EnrollmentDenial, Reply, Request, system_clock};
use insis_otp::store::{InvitationRefusal, Link, LinkStatus};

use super::Setup;
use super::options::EnrollOptions;
use crate::backend::{Backend, Error};
use crate::context::Context;
use crate::exit::{self, ExitError, Status};
use crate::output::{Output, complain};
use crate::session::{self, SessionError};
use crate::terminal;

impl Setup<'_> {
    /// Links the account to who signs in now.
    pub(super) fn link_own(&self, site: &Context) -> Result<(), ExitError> {
        let provider = self.provider(site)?;
        self.can_link_own(site)?;
        if site.config.self_enrollment == SelfEnrollment::Off {
            return Err((Status::Refused, Some(self.messages.error(self.messages.link_off()))));
        }
        if provider.client_secret_file.is_some() {
            return Err((Status::Unusable, Some(self.messages.error(self.messages.link_client_secret()))));
        }
        self.after_second_step(site, &self.messages.link_begin(&provider.name), |backend, reply| {
            backend.link(reply, provider.deadline, |offer| {
                let mut output = Output::default();
                output.sentences(&self.messages.idp_open(&provider.name, &offer.uri, &offer.code));
                output.sentences(&self.messages.idp_waiting(provider.deadline));
            })
        })?;
        self.tell(&self.messages.linked_own(&provider.name))
    }

    /// Removes it.
    pub(super) fn unlink_own(&self, site: &Context) -> Result<(), ExitError> {
        let provider = self.provider(site)?;
        self.can_link_own(site)?;
        let begin = self.messages.unlink_begin(&provider.name);
        self.after_second_step(site, &begin, |backend, reply| {
            backend.change(&Request::Unlink(reply.clone())).map(|_| ())
        })?;
        self.tell(&self.messages.unlinked(&site.account.name))
    }

    /// What the person may know of the link of the own account, where the site has a provider and people can ask.
    pub(super) fn own_link(&self, site: &Context) -> Option<Result<LinkStatus, Error>> {
        let can_ask = site.config.identity_provider.is_some() && !site.config.secret_file.is_home();
        can_ask.then(|| site.backend(&system_clock).link_status())
    }

    /// What is said of it.
    pub(super) fn own_link_line(&self, site: &Context) -> Option<String> {
        Some(match self.own_link(site)? {
            Ok(LinkStatus::None) => self.messages.status_not_linked(),
            Ok(LinkStatus::ByAdministrator) => self.messages.status_linked_by_administrator(),
            Ok(LinkStatus::Own(Link { identity, linked_at, .. })) => self.link_text(&identity, linked_at),
            Err(error) => exit::of_look(error, &self.messages, site.account.name.as_str()).1?,
        })
    }

    fn can_link_own(&self, site: &Context) -> Result<(), ExitError> {
        match site.config.secret_file.is_home() {
            true => Err((Status::Unusable, Some(self.messages.error(self.messages.link_home())))),
            false => Ok(()),
        }
    }

    /// Asks for what proves that it is the person, and does something with it; asks again where something else may be right.
    /// While it is done, nothing is asked, and ^C ends this program, and with it the helper.
    fn after_second_step(
        &self,
        site: &Context,
        begin: &str,
        mut act: impl FnMut(&Backend<'_>, &Reply) -> Result<(), Error>,
    ) -> Result<(), ExitError> {
        let (backend, user) = (site.backend(&system_clock), site.account.name.as_str());
        let status = backend.status().map_err(|error| exit::of_backend(error, &self.messages, user))?;
        let has_device = status.is_some();
        // Line by line: what is said later is said below it.
        let options = EnrollOptions { text: true, ..EnrollOptions::default() };
        let mut note = Some(match has_device {
            true => format!("{begin} {}", self.messages.proof_needed()),
            false => format!("{begin} {}", self.messages.link_takes_invitation()),
        });
        loop {
            let mut reply = None;
            self.converse(site, &options, |session| {
                reply = Some(session.ask_second_step(has_device, note.take().as_deref())?);
                Ok(())
            })?;
            let Some(reply) = reply else {
                return Err(exit::of_session(SessionError::Declined, &self.messages, user));
            };
            terminal::release()
                .map_err(|errno| (Status::Unusable, Some(self.messages.error(self.messages.errno(errno)))))?;
            match act(&backend, &reply) {
                Err(Error::Proof(why)) => complain(&session::refusal(&self.messages, &why)),
                Err(Error::Denied(why)) if may_try_again(&why) => {
                    complain(&session::denied(&self.messages, &why));
                }
                Err(Error::Denied(EnrollmentDenial::Invitation(InvitationRefusal::None))) => {
                    let text = self.messages.error(self.messages.link_no_invitation());
                    return Err((Status::Refused, Some(text)));
                }
                done => return done.map_err(|error| exit::of_backend(error, &self.messages, user)),
            }
        }
    }
}

const fn may_try_again(why: &EnrollmentDenial) -> bool {
    matches!(why, EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left: 1.. }))
}
