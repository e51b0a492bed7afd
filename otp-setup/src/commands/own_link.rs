//! A person's own link to the identity provider: made and removed through `otp-helper`, after a code, or an invitation where
//! there is no device.

use insis_otp::config::SelfEnrollment;
use insis_otp::identity::Unavailability;
use insis_otp::service::{EnrollmentDenial, LinkRefusal, Reply, Request, system_clock};
use insis_otp::store::{InvitationRefusal, Link, LinkStatus};
use nix::errno::Errno;

use super::Setup;
use super::options::EnrollOptions;
use crate::backend::{Backend, Error};
use crate::context::Context;
use crate::exit::{self, ExitError, Status};
use crate::output::{Output, complain};
use crate::session::{self, SessionError};
use crate::terminal::{self, Farewell};

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
        self.is_not_by_administrator(site)?;
        let stopped = |has_device| match has_device {
            true => self.messages.link_stopped_code_used(),
            false => self.messages.link_stopped(),
        };
        let begin = self.messages.link_begin(&provider.name);
        self.after_second_step(site, &begin, Some(&stopped), |backend, reply| {
            let mut is_offered = false;
            let linked = backend.link(reply, provider.deadline, |offer| {
                is_offered = true;
                let mut output = Output::default();
                output.sentences(&self.messages.idp_open(&provider.name, &offer.uri, &offer.code));
                output.sentences(&self.messages.idp_waiting(provider.deadline));
            });
            linked.map_err(|error| {
                let is_used = is_offered || is_after_proof(&error);
                Failure { error, is_used }
            })
        })?;
        self.tell(&self.messages.linked_own(&provider.name))
    }

    /// Removes it.
    pub(super) fn unlink_own(&self, site: &Context) -> Result<(), ExitError> {
        let provider = self.provider(site)?;
        self.can_link_own(site)?;
        if matches!(self.own_link(site), Some(Ok(LinkStatus::None))) {
            return Err(self.refused(site, LinkRefusal::NotLinked));
        }
        self.is_not_by_administrator(site)?;
        let begin = self.messages.unlink_begin(&provider.name);
        self.after_second_step(site, &begin, None, |backend, reply| {
            let removed = backend.change(&Request::Unlink(reply.clone()));
            removed.map(|_| ()).map_err(|error| Failure { error, is_used: false })
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

    /// Before anything is asked. What cannot be looked at is told by whoever changes it.
    fn is_not_by_administrator(&self, site: &Context) -> Result<(), ExitError> {
        match self.own_link(site) {
            Some(Ok(LinkStatus::ByAdministrator)) => Err(self.refused(site, LinkRefusal::ByAdministrator)),
            _ => Ok(()),
        }
    }

    fn refused(&self, site: &Context, why: LinkRefusal) -> ExitError {
        exit::of_backend(Error::Link(why), &self.messages, site.account.name.as_str())
    }

    /// Asks for what proves that it is the person, and does something with it; asks again where something else may be right.
    /// While it is done, nothing is asked, and ^C ends this program, and with it the helper; `stopped` says what is said then.
    fn after_second_step(
        &self,
        site: &Context,
        begin: &str,
        stopped: Option<&dyn Fn(bool) -> String>,
        mut act: impl FnMut(&Backend<'_>, &Reply) -> Result<(), Failure>,
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
            let failed = |errno| (Status::Unusable, Some(self.messages.error(self.messages.errno(errno))));
            let _farewell = match stopped {
                Some(stopped) => Some(Farewell::saying(stopped(has_device)).map_err(|error| {
                    failed(error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw))
                })?),
                None => terminal::release().map(|()| None).map_err(failed)?,
            };
            let Err(Failure { error, is_used }) = act(&backend, &reply) else { return Ok(()) };
            match error {
                Error::Proof(why) => complain(&session::refusal(&self.messages, &why)),
                Error::Denied(why) if may_try_again(&why) => {
                    complain(&session::denied(&self.messages, &why));
                }
                Error::Denied(EnrollmentDenial::Invitation(InvitationRefusal::None)) => {
                    let text = self.messages.error(self.messages.link_no_invitation());
                    return Err((Status::Refused, Some(text)));
                }
                error => {
                    let (status, why) = exit::of_backend(error, &self.messages, user);
                    // An invitation is given back.
                    let used = (has_device && is_used).then(|| self.messages.link_code_used());
                    let text: Vec<_> = why.into_iter().chain(used).collect();
                    return Err((status, (!text.is_empty()).then(|| text.join("\n"))));
                }
            }
        }
    }
}

/// Why something was not done, and whether the code was used all the same.
struct Failure {
    error: Error,
    is_used: bool,
}

/// Whether it can only have come of a sign-in, which begins after a proof.
const fn is_after_proof(error: &Error) -> bool {
    match error {
        Error::Link(why) => match why {
            LinkRefusal::LinkedElsewhere | LinkRefusal::Abandoned | LinkRefusal::Refused(..) => true,
            // Settings are looked at before it, too.
            LinkRefusal::Unavailable(why, _) => !matches!(why, Unavailability::Settings),
            _ => false,
        },
        _ => false,
    }
}

const fn may_try_again(why: &EnrollmentDenial) -> bool {
    matches!(why, EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left: 1.. }))
}
