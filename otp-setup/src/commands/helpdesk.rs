//! What the help desk does for others, without root's password.

use clap::Subcommand;
use insis_otp::oath::Seconds;
use insis_otp::service::Event;

use super::Setup;
use super::bypass::BypassOptions;
use super::invite;
use crate::context::Context;
use crate::exit::{ExitError, Status};
use crate::helpdesk::{HelpdeskRefusal, may_help};
use crate::sanitize;

/// What somebody of the help desk may do. Nothing of it shows a secret, writes a file or starts a program of the caller's choice.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum HelpdeskAct {
    Status {
        #[arg(long)]
        json: bool,
    },
    Unlock,
    Invite {
        #[arg(long, value_parser = invite::validity, default_value = "7d", hide_default_value = true)]
        valid: Seconds,
    },
    Bypass(BypassOptions),
}

impl HelpdeskAct {
    const fn name(self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Unlock => "unlock",
            Self::Invite { .. } => "invite",
            Self::Bypass(_) => "bypass",
        }
    }
}

impl Setup<'_> {
    /// What is said before configuration and account are looked at.
    pub(super) fn helpdesk_can_begin(&self, act: HelpdeskAct) -> Result<(), ExitError> {
        let refused = |text| Err((Status::Usage, Some(self.messages.error(text))));
        if !nix::unistd::geteuid().is_root() {
            let name = self.messages.named("value_user").unwrap_or_default();
            let user = self.cli.user.as_deref().map_or(name.into(), sanitize::unsecret);
            let command = format!("sudo otp-setup helpdesk {} --user {user}", act.name());
            return refused(self.messages.helpdesk_by_sudo(command));
        }
        // Before it is read: what is wrong in a file may be said with some of its text.
        if self.cli.config.is_some() { refused(self.messages.helpdesk_config()) } else { Ok(()) }
    }

    /// Does it, if the person who came by sudo may do it for whom they say.
    pub(super) fn helpdesk(&self, site: &Context, act: HelpdeskAct) -> Result<(), ExitError> {
        self.only_root(site)?;
        self.need_user()?;
        let site = Context { helpdesk: true, ..site.of(site.account.clone()) };
        let sudo_uid = std::env::var("SUDO_UID").ok();
        if let Err(refusal) = may_help(&site.config, &site.account, sudo_uid.as_deref()) {
            let user = site.account.name.as_str();
            site.caller().report(user, &Event::refused("helpdesk", refusal.name()));
            return Err((Status::Refused, Some(self.messages.error(self.helpdesk_refused(user, &refusal)))));
        }
        match act {
            HelpdeskAct::Status { json } => self.status(&site, json),
            HelpdeskAct::Unlock => self.unlock(&site),
            HelpdeskAct::Invite { valid } => self.invite(&site, valid, false),
            HelpdeskAct::Bypass(options) => self.bypass(&site, options),
        }
    }

    fn helpdesk_refused(&self, user: &str, refusal: &HelpdeskRefusal) -> String {
        let (messages, user) = (self.messages, sanitize::name(user));
        match refusal {
            HelpdeskRefusal::Off => messages.helpdesk_off(),
            HelpdeskRefusal::NotBySudo => messages.helpdesk_not_by_sudo(),
            HelpdeskRefusal::NotMember(group) => messages.helpdesk_not_member(group),
            HelpdeskRefusal::Own => messages.helpdesk_own(),
            HelpdeskRefusal::NoPerson => messages.helpdesk_no_person(user),
            HelpdeskRefusal::SharedUserId(other) => {
                messages.helpdesk_shared_user_id(user, sanitize::name(other.as_str()))
            }
            HelpdeskRefusal::Administrator(group) => messages.helpdesk_administrator(user, group),
            HelpdeskRefusal::NoGroup(group) => messages.helpdesk_no_group(group),
            HelpdeskRefusal::Unanswered(why) => messages.end_user_database(why),
        }
    }
}
