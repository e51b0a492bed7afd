//! What a first enrollment takes where people enroll themselves: the password, or the code of an invitation.

use insis_otp::config::SelfEnrollment;
use insis_otp::oath::Drift;
use insis_otp::service::{Credential, EnrollmentDenial, NewDevice, Request};
use insis_otp::store::InvitationRefusal;

use super::{Session, SessionError};
use crate::backend::Error;
use crate::messages::Messages;
use crate::ui::Question;

impl Session<'_> {
    /// Says at the beginning what will be asked for at the end, so that nobody begins in vain.
    pub(super) fn say_credential(&mut self) -> Result<(), SessionError> {
        match self.backend.self_enrollment() {
            SelfEnrollment::Open => {}
            SelfEnrollment::Password => self.say(&self.messages.enroll_takes_password()),
            SelfEnrollment::Invitation => self.say(&self.messages.enroll_takes_invitation()),
            SelfEnrollment::Off => return Err(Error::Denied(EnrollmentDenial::Off).into()),
        }
        Ok(())
    }

    /// Writes a first enrollment, asking for what it takes, and again when that is wrong.
    pub(super) fn enroll_with_credential(&mut self, new: &NewDevice) -> Result<Drift, SessionError> {
        let (policy, backend) = (self.backend.self_enrollment(), self.backend);
        let enroll = |answer: &[u8]| backend.change(&Request::Enroll(new.clone(), Credential::new(answer)));
        let messages = self.messages;
        let question = match policy {
            SelfEnrollment::Open | SelfEnrollment::Off => {
                return Ok(enroll(b"")?);
            }
            SelfEnrollment::Password => messages.ask_password(),
            SelfEnrollment::Invitation => messages.ask_invitation(),
        };
        loop {
            let answer = self.ui.ask(&Question::hidden(&question))?;
            if answer.is_empty() {
                continue;
            }
            match enroll(answer.as_bytes()) {
                Err(Error::Denied(denial)) if may_try_again(policy, &denial) => {
                    self.say(&denied(&messages, &denial));
                }
                other => return Ok(other?),
            }
        }
    }
}

/// Whether something else that is typed can be right.
fn may_try_again(policy: SelfEnrollment, denial: &EnrollmentDenial) -> bool {
    match denial {
        EnrollmentDenial::Password | EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left: 1.. }) => {
            true
        }
        EnrollmentDenial::Invitation(_) => policy == SelfEnrollment::Password,
        EnrollmentDenial::PasswordUnchecked(_) | EnrollmentDenial::Off => false,
    }
}

/// What is said of a credential that does not allow a first enrollment.
pub fn denied(messages: &Messages, denial: &EnrollmentDenial) -> String {
    match denial {
        EnrollmentDenial::Password => messages.denied_password(),
        EnrollmentDenial::PasswordUnchecked(why) => messages.denied_password_unchecked(why),
        EnrollmentDenial::Invitation(InvitationRefusal::None) => messages.denied_no_invitation(),
        EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left }) => {
            messages.denied_invitation_wrong(left)
        }
        EnrollmentDenial::Invitation(InvitationRefusal::Expired) => messages.denied_invitation_expired(),
        EnrollmentDenial::Invitation(InvitationRefusal::UsedUp) => messages.denied_invitation_used_up(),
        EnrollmentDenial::Off => messages.denied_off(),
    }
}
