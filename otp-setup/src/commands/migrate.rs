//! Moving enrollments between secret files and the directory.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use insis_otp::config::{Fleet, StoreKind};
use insis_otp::record::UserName;
use insis_otp::service::{Event, FleetClient, Migration, MigrationError, Moved};
use insis_otp::store::{Account, Cause, Location, StoreError, Template};

use super::Setup;
use crate::caller::Caller;
use crate::context::Context;
use crate::exit::{self, ExitError, Status};
use crate::output::{Output, complain};
use crate::users::{self, Directory};
use crate::{parallel, sanitize, stored};

/// What a record is called while it is on its way, in the system store.
const JOURNAL: &str = "/var/lib/insis-otp/.%u.moving";

/// Where to, and of whom.
#[derive(Args, Clone, Debug)]
pub struct MigrateOptions {
    #[arg(long)]
    to: Target,
    #[arg(long, conflicts_with = "user")]
    all: bool,
    #[arg(long)]
    dry_run: bool,
}

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    Ldap,
    File,
}

/// What became of somebody.
type Outcome = (UserName, Result<Moved, MigrationError>);

/// Of whom records are to be moved.
struct Asked {
    accounts: Vec<Account>,
    /// How many in the directory have no account here, or cannot be looked up.
    without_account: usize,
    /// Who always stays in a secret file.
    break_glass: Vec<UserName>,
}

impl Setup<'_> {
    /// Moves enrollments, and says what became of them.
    pub(super) fn migrate(&self, site: &Context, options: &MigrateOptions) -> Result<(), ExitError> {
        self.only_root(site)?;
        let usage = |text: String| (Status::Usage, Some(self.messages.error(text)));
        if !options.all && self.cli.user.is_none() {
            return Err(usage(self.messages.migrate_whom()));
        }
        let fleet = site.config.fleet.as_ref().ok_or_else(|| usage(self.messages.migrate_no_fleet()))?;
        let asked = self.to_move(site, fleet, options)?;
        let journal = Template::parse(JOURNAL).map_err(|_| usage(JOURNAL.to_owned()))?;
        let outcomes = parallel::map(
            &asked.accounts,
            || (),
            |(), account| (account.name.clone(), migrate(site, fleet, &journal, account, options)),
        );
        self.report_moves(site, options, &asked, &outcomes)
    }

    /// Whose records are to be moved: those of the source. Break-glass users are asked for here when the directory is away.
    fn to_move(&self, site: &Context, fleet: &Fleet, options: &MigrateOptions) -> Result<Asked, ExitError> {
        let (mut accounts, mut without_account) = (vec![site.account.clone()], 0);
        if options.all {
            (accounts, without_account) = match options.to {
                Target::Ldap => (self.in_files(site)?, 0),
                Target::File => self.in_the_directory(site, fleet)?,
            };
        }
        let stays = |account: &Account| {
            options.to == Target::Ldap
                && fleet.break_glass_users.iter().any(|name| name == account.name.as_str())
        };
        let (stay, accounts): (Vec<_>, Vec<_>) = accounts.into_iter().partition(stays);
        let break_glass = stay.into_iter().map(|account| account.name).collect();
        Ok(Asked { accounts, without_account, break_glass })
    }

    fn in_files(&self, site: &Context) -> Result<Vec<Account>, ExitError> {
        if let Some(listing) = stored::list(&site.config.secret_file) {
            return Ok(listing.accounts);
        }
        users::with_homes().map_err(|error| {
            (Status::Unusable, Some(self.messages.error(self.messages.system_error(&error))))
        })
    }

    fn in_the_directory(&self, site: &Context, fleet: &Fleet) -> Result<(Vec<Account>, usize), ExitError> {
        let client = FleetClient::new(&site.config, fleet, &site.account.name);
        let unusable = |why: String| exit::of_look(crate::backend::Error::Unusable(why), &self.messages, "");
        let listed = client.list().map_err(|error| unusable(error.to_string()))?.map_err(unusable)?;
        let names: BTreeSet<_> =
            listed.iter().filter_map(|listed| UserName::parse(&listed.name).ok()).collect();
        let directory = Directory::for_lookups(names.len());
        // Another spelling of a name is nobody's.
        let known =
            |name: &UserName| directory.lookup(name).ok().flatten().filter(|account| account.name == *name);
        let accounts: Vec<_> = names.iter().filter_map(known).collect();
        let without = listed.len() - accounts.len();
        Ok((accounts, without))
    }

    fn report_moves(
        &self,
        site: &Context,
        options: &MigrateOptions,
        asked: &Asked,
        outcomes: &[Outcome],
    ) -> Result<(), ExitError> {
        let messages = &self.messages;
        let count = |wanted: Moved| {
            outcomes
                .iter()
                .filter(|(_, outcome)| outcome.as_ref().is_ok_and(|moved| *moved == wanted))
                .count()
        };
        let (now, resumed, before) = (count(Moved::Now), count(Moved::Resumed), count(Moved::Before));
        let moved = now + resumed;
        let mut said = vec![match options.dry_run {
            true => messages.migrate_would(moved, before),
            false => messages.migrate_done(moved, before),
        }];
        if resumed > 0 {
            said.push(messages.migrate_resumed(resumed));
        }
        said.extend(asked.break_glass.iter().map(|user| messages.migrate_break_glass(user)));
        if asked.without_account > 0 {
            said.push(messages.migrate_no_account(asked.without_account));
        }
        let is_target = store_of(options.to) == site.config.store;
        if moved + before > 0 && !options.dry_run && !is_target {
            let store = match options.to {
                Target::Ldap => "ldap",
                Target::File => "file",
            };
            said.extend([messages.migrate_switch(store), messages.migrate_again()]);
        }
        let mut output = Output::default();
        output.sentences(&said.join("\n"));
        self.written(output)?;
        let failed = outcomes.iter().filter_map(|(user, outcome)| Some((user, outcome.as_ref().err()?)));
        let failed: Vec<_> = failed.map(|(user, why)| self.not_moved(user, why)).collect();
        failed.iter().for_each(|text| complain(&messages.error(text)));
        match (failed.is_empty(), moved + before) {
            (false, _) => {
                Err((Status::Unusable, Some(messages.error(messages.migrate_failed(failed.len())))))
            }
            (true, 0) if !options.all => Err((Status::NotEnrolled, None)),
            _ => Ok(()),
        }
    }

    fn not_moved(&self, user: &UserName, why: &MigrationError) -> String {
        let messages = &self.messages;
        let why = match why {
            MigrationError::Store(error) => messages.store_error(error),
            MigrationError::OtherDevice => messages.migrate_other_device(),
            MigrationError::Both => messages.migrate_both(),
            MigrationError::Elsewhere => messages.migrate_elsewhere(),
            MigrationError::NotProved => messages.migrate_not_proved(),
            MigrationError::InUse => messages.migrate_in_use(),
        };
        format!("{}: {why}", sanitize::name(user.as_str()))
    }
}

const fn store_of(target: Target) -> StoreKind {
    match target {
        Target::Ldap => StoreKind::Ldap,
        Target::File => StoreKind::File,
    }
}

/// Moves the record of an account, or says what would be done.
fn migrate(
    site: &Context,
    fleet: &Fleet,
    journal: &Template,
    account: &Account,
    options: &MigrateOptions,
) -> Result<Moved, MigrationError> {
    let file = site.of(account.clone()).file();
    if file.home_is_away() || file.store_is_away() {
        let cause = Cause::Unsafe("its home or store is not there: is it mounted?".to_owned());
        return Err(StoreError { location: Location::Path(file.path().to_owned()), cause }.into());
    }
    let journal = journal.locate(account);
    let client = FleetClient::new(&site.config, fleet, &account.name);
    let clears = store_of(options.to) == site.config.store;
    let moved = match (options.to, options.dry_run) {
        (Target::Ldap, dry) => {
            let migration = Migration { from: &file, to: &client, journal: &journal, clears };
            if dry { migration.plan() } else { migration.run() }
        }
        (Target::File, dry) => {
            let migration = Migration { from: &client, to: &file, journal: &journal, clears };
            if dry { migration.plan() } else { migration.run() }
        }
    };
    if !options.dry_run && !matches!(moved, Ok(Moved::Nothing | Moved::Before)) {
        report(account, &moved);
    }
    moved
}

/// Leaves a line in the log.
fn report(account: &Account, moved: &Result<Moved, MigrationError>) {
    let outcome = moved.as_ref().map_err(|error| StoreError {
        location: Location::Dn(account.name.to_string()),
        cause: Cause::Unsafe(error.to_string()),
    });
    let event = Event::of_root("migrate", &outcome);
    Caller::of_this_process().report(account.name.as_str(), &event);
}
