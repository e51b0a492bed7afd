//! Invitations: the one-time code that a help session hands out.

use insis_otp::config::{SelfEnrollment, duration};
use insis_otp::oath::{RecoveryCode, Seconds};
use insis_otp::service::system_clock;
use insis_otp::store::InvitationFile;
use zeroize::Zeroizing;

use super::Setup;
use crate::backend::Error;
use crate::context::Context;
use crate::exit::{self, ExitError, Status};
use crate::output::Output;
use crate::page::Desktop;
use crate::{dates, sanitize};

impl Setup<'_> {
    /// Makes an invitation instead of a former one, and shows or prints its code.
    pub(super) fn invite(&self, site: &Context, valid: Seconds, print: bool) -> Result<(), ExitError> {
        self.only_root(site)?;
        self.need_user()?;
        self.can_invite(site)?;
        let failed = |error: Error| exit::of_look(error, &self.messages, site.account.name.as_str());
        let code = RecoveryCode::generate(getrandom::fill);
        let no_random =
            |error| (Status::Unusable, Some(self.messages.error(self.messages.end_no_random(error))));
        let (code, salt) = (code.map_err(no_random)?, self.salt()?);
        let expires = system_clock().plus(valid);
        let backend = site.backend(&system_clock);
        backend.invite(&code, salt, expires).map_err(failed)?;
        let user = sanitize::name(site.account.name.as_str());
        let until = dates::local(expires);
        let shown = Zeroizing::new(self.messages.invite_code(&user, code.reveal().as_str()));
        let how = self.messages.invite_how(&user, &until);
        if print {
            let text = Zeroizing::new(format!("{}\n\n{how}\n", *shown));
            // Nobody knows a code that is on no paper.
            return Desktop { paper: self.usual_paper() }.print_text(&text).map_err(|error| {
                backend.withdraw_invitation();
                (Status::Unusable, Some(self.messages.error(error.message(&self.messages))))
            });
        }
        let mut output = Output::default();
        output.write(&shown);
        output.write("\n\n");
        output.sentences(&how);
        self.written(output)
    }

    /// Whether anybody could use an invitation.
    fn can_invite(&self, site: &Context) -> Result<(), ExitError> {
        let user = site.account.name.as_str();
        let refused = |status, text| Err((status, Some(self.messages.error(text))));
        if site.config.secret_file.is_home() && !site.is_in_directory() {
            return refused(Status::Usage, self.messages.invite_home());
        }
        if site.config.self_enrollment == SelfEnrollment::Off {
            return refused(Status::Usage, self.messages.invite_off());
        }
        let status = site.backend(&system_clock).status();
        match status.map_err(|error| exit::of_look(error, &self.messages, user))? {
            Some(_) if site.helpdesk => {
                refused(Status::Exists, self.messages.helpdesk_paired(sanitize::name(user)))
            }
            Some(_) => refused(Status::Exists, self.messages.invite_exists(sanitize::name(user))),
            None => Ok(()),
        }
    }
}

/// How long an invitation is good for.
pub(super) fn validity(text: &str) -> Result<Seconds, &'static str> {
    let valid = duration(text).filter(|valid| (3600..=InvitationFile::LONGEST_VALIDITY.0).contains(&valid.0));
    valid.ok_or("is a time between 1h and 90d")
}
