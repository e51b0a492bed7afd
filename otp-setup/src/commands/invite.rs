//! Invitations: the one-time code that a help desk hands out.

use insis_otp::config::SelfEnrollment;
use insis_otp::operations::system_clock;
use insis_otp::otp::{RecoveryCode, Seconds};
use zeroize::Zeroizing;

use super::Setup;
use super::admin::report_act;
use crate::exit::{self, Failure, Status};
use crate::keeper::Trouble;
use crate::output::Output;
use crate::page::{Desktop, PageError};
use crate::site::Site;
use crate::{dates, plain};

impl Setup<'_> {
    /// Makes an invitation in the place of a former one, and shows or prints its code.
    pub(super) fn invite(&self, site: &Site, valid: Seconds, print: bool) -> Result<(), Failure> {
        self.only_root(site)?;
        self.need_user()?;
        self.can_invite(site)?;
        let failed = |trouble: Trouble| exit::of_look(trouble, &self.texts, site.account.name.as_str());
        let code = RecoveryCode::generate(getrandom::fill);
        let no_random = |error| (Status::Unusable, Some(self.texts.error(self.texts.end_no_random(error))));
        let (code, salt) = (code.map_err(no_random)?, self.salt()?);
        let expires = system_clock().plus(valid);
        let invitation = site.file().invitation();
        let issued = invitation.issue(&code, salt, expires);
        report_act("invite", site.account.name.as_str(), &issued);
        // Somebody may have enrolled in this moment; what was written is of no use then.
        issued.inspect_err(|_| _ = invitation.withdraw()).map_err(|error| failed(error.into()))?;
        let user = plain::name(site.account.name.as_str());
        let until = dates::said(expires);
        let shown = Zeroizing::new(self.texts.invite_code(&user, code.reveal().as_str()));
        let how = self.texts.invite_how(&user, &until);
        if print {
            let text = Zeroizing::new(format!("{}\n\n{how}\n", *shown));
            // Nobody knows a code that is on no paper.
            return Desktop { paper: self.usual_paper() }.print_text(&text).map_err(|error| {
                let _ = invitation.withdraw();
                (Status::Unusable, Some(self.texts.error(self.not_printed(error))))
            });
        }
        let mut output = Output::default();
        output.write(&shown);
        output.write("\n\n");
        output.sentences(&how);
        self.written(output)
    }

    /// Whether anybody could use an invitation.
    fn can_invite(&self, site: &Site) -> Result<(), Failure> {
        let user = site.account.name.as_str();
        let refused = |status, text| Err((status, Some(self.texts.error(text))));
        if site.config.secret_file.is_home() {
            return refused(Status::Usage, self.texts.invite_home());
        }
        if site.config.self_enrollment == SelfEnrollment::Off {
            return refused(Status::Usage, self.texts.invite_off());
        }
        let status = site.keeper(&system_clock).status();
        match status.map_err(|trouble| exit::of_look(trouble, &self.texts, user))? {
            Some(_) => refused(Status::Exists, self.texts.invite_exists(plain::name(user))),
            None => Ok(()),
        }
    }

    fn not_printed(&self, error: PageError) -> String {
        match error {
            PageError::NoPrinter => self.texts.page_no_printer(),
            PageError::NotPrinted(why) => self.texts.page_not_printed(why),
            PageError::Failed(why) => self.texts.page_failed(why),
            PageError::Form | PageError::Exists | PageError::Drawing => self.texts.page_drawing(),
        }
    }
}
