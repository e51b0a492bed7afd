//! What a first pairing takes where people pair themselves: the password, or the code of an invitation.

use insis_otp::config::SelfEnrollment;
use insis_otp::otp::Drift;
use insis_otp::service::NewDevice;
use insis_otp::service::{Credential, EnrollmentDenial};
use insis_otp::store::InvitationRefusal;

use super::{Desk, End};
use crate::backend::Error;
use crate::person::Question;
use crate::texts::Texts;

impl Desk<'_> {
    /// Says at the beginning what will be asked for at the end, so that nobody begins in vain.
    pub(super) fn say_credential(&mut self) -> Result<(), End> {
        match self.backend.self_enrollment() {
            SelfEnrollment::Open => {}
            SelfEnrollment::Password => self.say(&self.texts.pair_takes_password()),
            SelfEnrollment::Invitation => self.say(&self.texts.pair_takes_invitation()),
            SelfEnrollment::Off => return Err(Error::Denied(EnrollmentDenial::Off).into()),
        }
        Ok(())
    }

    /// Writes a first pairing, asking for what it takes, and again when that is wrong.
    pub(super) fn enroll(&mut self, new: &NewDevice) -> Result<Drift, End> {
        let policy = self.backend.self_enrollment();
        let texts = self.texts;
        let question = match policy {
            SelfEnrollment::Open | SelfEnrollment::Off => {
                return Ok(self.backend.enroll(new, &Credential::new(b""))?);
            }
            SelfEnrollment::Password => texts.ask_password(),
            SelfEnrollment::Invitation => texts.ask_invitation(),
        };
        loop {
            let answer = self.person.ask(&Question::hidden(&question))?;
            if answer.is_empty() {
                continue;
            }
            match self.backend.enroll(new, &Credential::new(answer.as_bytes())) {
                Err(Error::Denied(denial)) if may_try_again(policy, &denial) => {
                    self.say(&denied(&texts, &denial));
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

/// What is said of a credential that does not allow a first pairing.
pub fn denied(texts: &Texts, denial: &EnrollmentDenial) -> String {
    match denial {
        EnrollmentDenial::Password => texts.denied_password(),
        EnrollmentDenial::PasswordUnchecked(why) => texts.denied_password_unchecked(why),
        EnrollmentDenial::Invitation(InvitationRefusal::None) => texts.denied_no_invitation(),
        EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left }) => {
            texts.denied_invitation_wrong(left)
        }
        EnrollmentDenial::Invitation(InvitationRefusal::Expired) => texts.denied_invitation_expired(),
        EnrollmentDenial::Invitation(InvitationRefusal::Spent) => texts.denied_invitation_spent(),
        EnrollmentDenial::Off => texts.denied_off(),
    }
}
