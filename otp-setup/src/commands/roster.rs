//! How far a roll-out is: who has a second factor, who has not, and who is on the way to one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use insis_otp::config::{Config, Unenrolled};
use insis_otp::oath::UnixTime;
use insis_otp::record::UserName;
use insis_otp::service::{FleetListed, Status, system_clock};
use insis_otp::store::{Account, Reader, StoreError};
use nix::unistd::Group;

use super::Setup;
use super::list::broken;
use crate::context::Context;
use crate::exit::{self, ExitError};
use crate::named::{Days, Named};
use crate::output::{Output, complain};
use crate::roster::{CSV_HEAD, Person, State, Totals};
use crate::users::{self, Directory};
use crate::{monitoring, parallel, sanitize, stored};

/// Of whom, and in what form.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RosterOptions {
    #[arg(long)]
    group: Vec<String>,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[arg(long)]
    json: bool,
    #[arg(long, conflicts_with_all = ["csv", "json"])]
    metrics: bool,
}

/// What the site asks of people.
struct Rules<'a> {
    exempt: Named<'a>,
    required: Days<'a>,
    /// From when on everybody is asked for a code, enrolled or not.
    for_all: Option<UnixTime>,
}

impl<'a> Rules<'a> {
    fn of(config: &'a Config) -> Self {
        let (users, groups) = (&config.exempt.users, &config.exempt.groups);
        Self {
            exempt: Named::of(users.iter().map(String::as_str), groups.iter().map(String::as_str)),
            required: Days::of(&config.required),
            for_all: match config.unenrolled {
                Unenrolled::Ignore => config.unenrolled_deny_from,
                Unenrolled::Deny | Unenrolled::Enroll => Some(UnixTime(0)),
            },
        }
    }

    /// From when on somebody needs a second factor; `None` where they do not.
    fn required_from(&self, account: &Account) -> Option<UnixTime> {
        self.required.first(account).into_iter().chain(self.for_all).min()
    }
}

/// What the directory has of people, by name.
type InDirectory = BTreeMap<String, FleetListed>;

/// Of whom there is a report.
struct Asked {
    accounts: Vec<Account>,
    /// Names that the user database does not know.
    unknown: Vec<String>,
}

impl Setup<'_> {
    /// Reports how far the roll-out is.
    pub(super) fn roster(&self, site: &Context, options: &RosterOptions) -> Result<(), ExitError> {
        self.only_root(site)?;
        let in_directory: BTreeMap<_, _> =
            self.in_directory(site)?.into_iter().map(|listed| (listed.name.clone(), listed)).collect();
        let asked = self.asked(site, options, &in_directory)?;
        let linked = self.linked_names(site)?.unwrap_or_default();
        let rules = Rules::of(&site.config);
        let person = |reader: &mut Reader, account: &Account| {
            let is_linked = linked.binary_search(&account.name).is_ok();
            match site.config.fleet_of(account.name.as_str()) {
                Some(_) => {
                    let listed = in_directory.get(account.name.as_str());
                    person(account, found_in_directory(listed), is_linked, &rules)
                }
                None => person(account, found_in_file(site, reader, account, is_linked), is_linked, &rules),
            }
        };
        let (mut people, mut broken) = (Vec::new(), Vec::new());
        for (person, error) in parallel::map(&asked.accounts, Reader::default, person) {
            people.push(person);
            broken.extend(error);
        }
        people.extend(asked.unknown.into_iter().map(Person::unknown));
        let mut output = Output::default();
        let lines = |line: &dyn Fn(&Person) -> String, end: &str| {
            people.iter().map(line).collect::<Vec<_>>().join(end)
        };
        match options {
            // A person in each line.
            RosterOptions { json: true, .. } => {
                output.write(&format!("[\n{}\n]\n", lines(&Person::json, ",\n")))
            }
            RosterOptions { csv: true, .. } => {
                output.write(&format!("{CSV_HEAD}\r\n{}\r\n", lines(&Person::csv, "\r\n")))
            }
            RosterOptions { metrics: true, .. } => {
                let now = system_clock();
                output.write(&monitoring::people_metrics(&Totals::of(&people, now), now));
            }
            _ => {
                let rows = lines(&|person| person.row(&self.messages), "\n");
                output.line(&format!("{}\n{rows}\n", self.messages.roster_head()));
                output.sentences(&Totals::of(&people, system_clock()).text(&self.messages));
            }
        }
        broken.iter().for_each(|error| complain(&self.messages.error(self.messages.store_error(error))));
        if options.people.is_none() && !users::are_enumerated() {
            complain(&self.messages.roster_not_enumerated());
        }
        self.written(output)?;
        if broken.is_empty() { Ok(()) } else { Err((exit::Status::Unusable, None)) }
    }

    /// The people who were named, or else everybody who could log in or has something in the store; of these, the members
    /// of the groups that were named.
    fn asked(
        &self,
        site: &Context,
        options: &RosterOptions,
        in_directory: &InDirectory,
    ) -> Result<Asked, ExitError> {
        let mut asked = match &options.people {
            Some(path) => self.look_up(&self.read_list(path)?)?,
            None => Asked { accounts: self.all_people(site, in_directory)?, unknown: Vec::new() },
        };
        if let Some(none) = options.group.iter().find(|name| !matches!(Group::from_name(name), Ok(Some(_)))) {
            let text = self.messages.roster_no_group(sanitize::unsecret(none));
            return Err((exit::Status::Usage, Some(self.messages.error(text))));
        }
        if !options.group.is_empty() {
            let members = Named::of([], options.group.iter().map(String::as_str));
            asked.accounts.retain(|account| members.contains(account));
        }
        Ok(asked)
    }

    /// Everybody who could log in, or has something in the store.
    fn all_people(&self, site: &Context, in_directory: &InDirectory) -> Result<Vec<Account>, ExitError> {
        let failed = |error: &std::io::Error| {
            (exit::Status::Unusable, Some(self.messages.error(self.messages.system_error(error))))
        };
        let mut people = users::with_shells().map_err(|error| failed(&error))?;
        if let Some(listing) = stored::list(&site.config.secret_file) {
            people.extend(listing.accounts);
            people.extend(listing.invitations.into_iter().filter_map(|(_, account)| account));
        }
        let linked = self.linked_names(site)?.unwrap_or_default();
        let known: BTreeMap<_, _> = people.into_iter().map(|one| (one.name.clone(), one)).collect();
        let in_directory = in_directory.keys().filter_map(|name| UserName::parse(name).ok());
        let missing = linked.into_iter().chain(in_directory).filter(|name| !known.contains_key(name));
        let missing: Vec<_> = missing.filter_map(|name| Account::lookup(&name).ok()?).collect();
        let mut people: Vec<_> = known.into_values().chain(missing).collect();
        people.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        people.dedup_by(|one, other| one.name == other.name);
        Ok(people)
    }

    /// The accounts of the names in a text, a line each, each once. Blank lines and such that begin with # are none.
    fn look_up(&self, text: &str) -> Result<Asked, ExitError> {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let names: BTreeSet<_> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let directory = Directory::for_lookups(names.len());
        let mut asked = Asked { accounts: Vec::new(), unknown: Vec::new() };
        for name in names {
            match UserName::parse(name).map_or(Ok(None), |name| directory.lookup(&name)) {
                Ok(Some(account)) => asked.accounts.push(account),
                Ok(None) => asked.unknown.push(name.to_owned()),
                Err(error) => {
                    let text = self.messages.end_user_database(self.messages.errno(error));
                    return Err((exit::Status::Unusable, Some(self.messages.error(text))));
                }
            }
        }
        asked.accounts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        asked.accounts.dedup_by(|one, other| one.name == other.name);
        Ok(asked)
    }
}

/// What there is of somebody: a device, or how far they are without one.
type Found = Result<Result<Status, State>, StoreError>;

/// How far somebody is, and why it cannot be told where it cannot.
fn person(account: &Account, found: Found, linked: bool, rules: &Rules<'_>) -> (Person, Option<StoreError>) {
    let (state, device, error) = match found {
        Ok(Ok(device)) => (State::Enrolled, Some(device), None),
        Ok(Err(_)) if linked => (State::Linked, None, None),
        Ok(Err(state)) => (state, None, None),
        Err(error) => (State::Unreadable, None, Some(error)),
    };
    let (user, exempt) = (account.name.to_string(), rules.exempt.contains(account));
    let required_from = if exempt { None } else { rules.required_from(account) };
    (Person { user, state, device, linked, exempt, required_from }, error)
}

fn found_in_file(site: &Context, reader: &mut Reader, account: &Account, linked: bool) -> Found {
    let file = site.config.secret_file.locate(account);
    if let Some(device) = site.service(&file, &system_clock).status_by(reader)? {
        return Ok(Ok(device));
    }
    if linked || site.config.secret_file.is_home() {
        return Ok(Err(State::NotEnrolled));
    }
    let refusal = file.invitation().refusal(system_clock())?;
    Ok(Err(if refusal.is_none() { State::Invited } else { State::NotEnrolled }))
}

fn found_in_directory(listed: Option<&FleetListed>) -> Found {
    let Some(FleetListed { name, status, invited, .. }) = listed else { return Ok(Err(State::NotEnrolled)) };
    match status {
        Ok(Some(device)) => Ok(Ok(device.clone())),
        Ok(None) => Ok(Err(if *invited { State::Invited } else { State::NotEnrolled })),
        Err(why) => Err(broken(name.clone(), why.clone())),
    }
}
