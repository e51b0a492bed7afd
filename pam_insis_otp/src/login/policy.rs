//! Whether the site's policy asks this person for a second step at all.

use insis_otp::audit::{Level, Line};
use insis_otp::config::{SelfEnrollment, Unenrolled};
use insis_otp::service::system_clock;

use super::Login;
use crate::access::Access;
use crate::host::Host;
use crate::outcome::{Outcome, Passed};
use crate::report::Log;
use crate::sign_in::Offer;
use crate::stack;
use crate::target::{Known, exemption, required_from};

impl Login {
    /// Whether somebody is linked and has no device, where the site lets that be seen.
    pub(super) fn has_nothing_to_type(&self) -> bool {
        let Some(known) =
            self.target.known.as_ref().filter(|_| self.offer.as_ref().is_some_and(Offer::is_at_once))
        else {
            return false;
        };
        // What cannot be read is told to whoever comes to it.
        self.is_linked(known).unwrap_or(false)
            && known.access.is_enrolled(&self.config.policy).is_ok_and(|is_enrolled| !is_enrolled)
    }

    /// Whether the site's policy is to ask nothing here.
    pub(super) fn passes(&self, host: &mut dyn Host, log: &Log) -> Result<Option<Passed>, Outcome> {
        if !self.config.ask {
            return Ok(Some(Passed::ExemptService));
        }
        if let Some(exempt) = exemption(&self.config.exempt, &self.target, &log.rhost) {
            return Ok(Some(exempt));
        }
        let Some(known) = &self.target.known else { return Ok(None) };
        if self
            .client
            .as_ref()
            .is_some_and(|client| known.access.remembers(client, self.config.remember, &self.config.policy))
        {
            return Ok(Some(Passed::Remembered));
        }
        let now = system_clock();
        match self.config.unenrolled_at(now) {
            Unenrolled::Deny => Ok(None),
            _ if known.access.is_enrolled(&self.config.policy)? || self.is_linked(known)? => Ok(None),
            Unenrolled::Ignore => {
                let required_from = required_from(&self.config, &known.account)?;
                let is_required = required_from.is_some_and(|from| from <= now);
                Ok((!is_required).then_some(Passed::NotEnrolled { required_from }))
            }
            Unenrolled::Enroll if self.config.self_enrollment == SelfEnrollment::Off => Ok(None),
            Unenrolled::Enroll => Ok(must_enroll(host, &self.target.name, known, log)),
        }
    }

    /// Whether somebody can sign in, and so has a second factor without a device.
    fn is_linked(&self, known: &Known) -> Result<bool, Outcome> {
        if self.offer.is_none() {
            return Ok(false);
        }
        let link = self.links.load(&known.account);
        link.map(|link| link.is_some()).map_err(|error| Outcome::Unavailable(error.to_string()))
    }
}

/// Leaves word for account management that this person has to enroll a phone, if a password was asked for before. Whether
/// it was right the stack decides: nobody whose password is wrong gets past it. Without a password there is no enrollment,
/// nor where account management would not come to it: there everybody is refused who has not enrolled.
fn must_enroll(host: &mut dyn Host, typed: &str, known: &Known, log: &Log) -> Option<Passed> {
    host.password()?;
    if matches!(known.access, Access::Helper(_)) {
        return None;
    }
    if let Some(kind) = stack::lacks(&log.service) {
        let line = Line::new(Level::Error, "error").field("reason", "enrollment-line");
        let why = format!(
            "nobody can enroll: the PAM service {} needs the line: {kind} required pam_insis_otp.so",
            log.service
        );
        log.send(line, Some(&why));
        return None;
    }
    host.leave_enrollment_due(typed).then_some(Passed::MustEnroll)
}
