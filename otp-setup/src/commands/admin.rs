//! The administrator's commands.

use clap::Args;
use insis_otp::record::UserName;
use insis_otp::service::system_clock;
use insis_otp::store::Account;

use super::Setup;
use crate::backend::Error;
use crate::context::{Context, ContextError};
use crate::doctor::{self, Severity};
use crate::exit::{self, ExitError, Status};
use crate::monitoring::{self, Check};
use crate::output::Output;
use crate::report;
use crate::sanitize;
use crate::session::codes_count_as_used;
use crate::users;

/// In what form the doctor says what it found.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoctorOptions {
    #[arg(long)]
    json: bool,
    #[arg(long, conflicts_with = "json")]
    nagios: bool,
    #[arg(long, conflicts_with_all = ["json", "nagios"])]
    metrics: bool,
}

impl Setup<'_> {
    /// Ends a delay, repairs a damaged state.
    pub(super) fn unlock(&self, site: &Context) -> Result<(), ExitError> {
        self.only_root(site)?;
        self.need_user()?;
        let user = site.account.name.as_str();
        let backend = site.backend(&system_clock);
        let was_damaged = backend.status().is_err();
        backend.unlock().map_err(|error| match error {
            Error::NotEnrolled if site.helpdesk => {
                let text = self.messages.helpdesk_not_enrolled(user, site.invite_command());
                (Status::NotEnrolled, Some(self.messages.error(text)))
            }
            error => exit::of_session(error.into(), &self.messages, user),
        })?;
        let status = backend.status().ok().flatten();
        let mut text = self.messages.unlocked(user);
        if was_damaged && status.as_ref().is_some_and(|status| status.recovery_left == 0) {
            let damaged = match site.helpdesk {
                true => self.messages.helpdesk_damaged(user),
                false => self.messages.unlocked_damaged(user),
            };
            text = format!("{text}\n{damaged}");
        }
        if status.is_some_and(|status| codes_count_as_used(&status)) {
            text = format!("{text}\n{}", self.messages.resync_by_login());
        }
        self.tell(&text)
    }

    /// Lets an enrollment follow its user to another name.
    pub(super) fn rename(&self, site: &Context, old: &str, new: &str) -> Result<(), ExitError> {
        self.only_root(site)?;
        let unknown = |name: &str| {
            exit::of_context(ContextError::NoSuchUser(sanitize::unsecret(name).into_owned()), &self.messages)
        };
        let lookup = |name: &UserName| {
            Account::lookup(name)
                .map_err(|error| exit::of_context(ContextError::Database(error), &self.messages))
        };
        let (old_name, new_name) = (UserName::parse(old), UserName::parse(new));
        let (old_name, new_name) = old_name.and_then(|old| Ok((old, new_name?))).map_err(|_| unknown(new))?;
        let account = lookup(&new_name)?.ok_or_else(|| unknown(new))?;
        // A directory that ignores case answers the old spelling with the new name.
        if account.name == old_name || lookup(&old_name)?.is_some_and(|present| present.name == old_name) {
            return Err((
                Status::Usage,
                Some(self.messages.error(self.messages.move_still_there(sanitize::name(old)))),
            ));
        }
        let user = account.name.to_string();
        let before = Account { name: old_name, ..account.clone() };
        let (old_backend, new_backend) =
            (site.of(before).backend(&system_clock), site.of(account).backend(&system_clock));
        let moved = old_backend.rename_to(&new_backend).ok_or_else(|| {
            (
                Status::Unusable,
                Some(self.messages.error(self.messages.move_two_stores(sanitize::name(old), &user))),
            )
        })?;
        moved.map_err(|error| match error {
            Error::NotEnrolled => exit::of_session(error.into(), &self.messages, old),
            Error::Exists => (Status::Exists, Some(self.messages.error(self.messages.move_exists(&user)))),
            error => exit::of_session(error.into(), &self.messages, &user),
        })?;
        self.tell(&self.messages.moved(sanitize::name(old), &user))
    }

    /// Writes the URI of an enrollment, which is its secret.
    pub(super) fn export(&self, site: &Context) -> Result<(), ExitError> {
        self.only_root(site)?;
        self.need_user()?;
        let user = site.account.name.as_str();
        let entry = site.backend(&system_clock).export();
        let entry = entry.map_err(|error| exit::of_look(error, &self.messages, user))?;
        let mut output = Output::default();
        output.write(&entry.uri());
        output.write("\n");
        self.written(output)
    }

    /// Looks for what would lock people out, or let them in without a code.
    pub(super) fn doctor(&self, form: DoctorOptions) -> Result<(), ExitError> {
        let (as_root, now) = (nix::unistd::geteuid().is_root(), system_clock());
        let findings = doctor::examine(&self.messages, as_root, now);
        let mut output = Output::default();
        match form {
            DoctorOptions { json: true, .. } => output.json(&findings),
            DoctorOptions { nagios: true, .. } => {
                let check = Check::of(&findings, as_root);
                output.write(&monitoring::plugin_line(check, &findings));
                self.written(output)?;
                return Err((Status::Checked(check), None));
            }
            // Who collects them looks at the numbers.
            DoctorOptions { metrics: true, .. } => {
                output.write(&monitoring::finding_metrics(&findings, now));
                return self.written(output);
            }
            _ => report::findings(&self.messages, &findings).iter().for_each(|line| output.line(line)),
        }
        self.written(output)?;
        match findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Problem) => Err((Status::Problems, None)),
            Some(Severity::Warning) => Err((Status::Refused, None)),
            Some(Severity::Note) | None => Ok(()),
        }
    }

    pub(super) fn everybody(&self) -> Result<Vec<Account>, ExitError> {
        let failed = |error| {
            (
                Status::Unusable,
                Some(
                    self.messages.error(self.messages.end_user_database(self.messages.system_error(&error))),
                ),
            )
        };
        users::all().map_err(failed)
    }

    /// Root acts for somebody, and has to say for whom.
    pub(super) fn need_user(&self) -> Result<(), ExitError> {
        match self.cli.user {
            Some(_) => Ok(()),
            None => Err((Status::Usage, Some(self.messages.error(self.messages.need_user())))),
        }
    }
}
