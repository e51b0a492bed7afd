//! Bypass codes: what the help desk gives somebody whose phone is lost.

use clap::{Args, value_parser};
use insis_otp::config::duration;
use insis_otp::oath::{RecoveryCode, Seconds};
use insis_otp::service::system_clock;
use insis_otp::verify::Bypass;
use zeroize::Zeroizing;

use super::Setup;
use crate::backend::Error;
use crate::context::Context;
use crate::exit::{self, ExitError, Status};
use crate::output::Output;
use crate::{dates, sanitize};

/// For how long, and for how many logins; or that the code is taken back.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BypassOptions {
    #[arg(long, value_parser = validity, default_value = "4h", hide_default_value = true)]
    valid: Seconds,
    #[arg(long, value_parser = value_parser!(u8).range(1..=i64::from(Bypass::MOST_USES)), default_value = "1",
          hide_default_value = true)]
    uses: u8,
    #[arg(long, conflicts_with_all = ["valid", "uses"])]
    revoke: bool,
}

impl Setup<'_> {
    /// Makes a bypass code instead of a former one, and shows it; or takes it back.
    pub(super) fn bypass(&self, site: &Context, options: BypassOptions) -> Result<(), ExitError> {
        self.only_root(site)?;
        self.need_user()?;
        let BypassOptions { valid, uses, revoke } = options;
        let user = sanitize::name(site.account.name.as_str());
        let backend = site.backend(&system_clock);
        let failed = |error: Error| match error {
            Error::NotEnrolled => (
                Status::NotEnrolled,
                Some(self.messages.error(self.messages.bypass_not_enrolled(&user, site.invite_command()))),
            ),
            error => exit::of_look(error, &self.messages, site.account.name.as_str()),
        };
        if revoke {
            backend.revoke_bypass().map_err(failed)?;
            return self.tell(&self.messages.bypass_revoked(&user));
        }
        let code = RecoveryCode::generate(getrandom::fill);
        let code = code.map_err(|error| {
            (Status::Unusable, Some(self.messages.error(self.messages.end_no_random(error))))
        })?;
        let expires = system_clock().plus(valid);
        backend.issue_bypass(&code, expires, uses).map_err(failed)?;
        let shown = Zeroizing::new(self.messages.bypass_code(&user, code.reveal().as_str()));
        let mut output = Output::default();
        output.write(&shown);
        output.write("\n\n");
        output.sentences(&self.messages.bypass_how(&user, uses, dates::local(expires)));
        // Nobody has a code that was not shown.
        self.written(output).inspect_err(|_| _ = backend.revoke_bypass())
    }
}

/// How long a bypass code is good for.
fn validity(text: &str) -> Result<Seconds, &'static str> {
    let range = Bypass::SHORTEST_VALIDITY.0..=Bypass::LONGEST_VALIDITY.0;
    duration(text).filter(|valid| range.contains(&valid.0)).ok_or("is a time between 10m and 7d")
}
