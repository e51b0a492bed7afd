//! Enrolling a first device, by whom the site lets do that.

use insis_otp::config::{Config, SelfEnrollment};
use insis_otp::operations::{self, Failure, NewPairing, system_clock};
use insis_otp::store::{InvitationRefusal, SecretFile};
use insis_otp::wire::{Answer, Credential, EnrollmentDenial};

use crate::{confine, password};

/// What allowed an enrollment: the `by=` of the log.
pub type By = &'static str;

/// Enrolls a device where none is, if the credential is what the site asks for.
pub fn enroll(
    file: &SecretFile,
    new: &NewPairing,
    credential: &Credential,
    config: &Config,
    by: &mut By,
) -> Result<Answer, Failure> {
    let policy = config.self_enrollment;
    if policy == SelfEnrollment::Off {
        return Ok(Answer::Denied(EnrollmentDenial::Off));
    }
    // First what costs nothing: a mistake with the phone must not cost an invitation.
    operations::can_enrol(file, new, &system_clock)?;
    let mut refusal = InvitationRefusal::None;
    if let (Some(code), true) = (credential.invitation_code(), policy != SelfEnrollment::Open) {
        *by = "invitation";
        match operations::enrol_invited(file, new, &code, &system_clock) {
            Err(Failure::Invitation(why)) => refusal = why,
            enrolled => return enrolled.map(Answer::Done),
        }
    }
    match policy {
        SelfEnrollment::Open => *by = "nothing",
        SelfEnrollment::Password => *by = "password",
        _ => return Ok(Answer::Denied(EnrollmentDenial::Invitation(refusal))),
    }
    if policy == SelfEnrollment::Password
        && let Err(denial) = password::check(&file.account().name, credential)
    {
        return Ok(Answer::Denied(match denial {
            // Of a code for which there is an invitation more can be said than that it is not the password.
            EnrollmentDenial::Password if refusal != InvitationRefusal::None => {
                EnrollmentDenial::Invitation(refusal)
            }
            denial => denial,
        }));
    }
    if let Err(error) = confine::renounce() {
        return Ok(Answer::Failed(format!("otp-helper cannot go on safely: {error}")));
    }
    operations::enrol(file, new, &system_clock).map(Answer::Done)
}
