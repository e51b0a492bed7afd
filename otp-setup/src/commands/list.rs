//! Who is enrolled.

use std::collections::BTreeSet;

use insis_otp::config::StoreKind;
use insis_otp::record::UserName;
use insis_otp::service::{FleetClient, FleetListed, Status as UserStatus, system_clock};
use insis_otp::store::{Account, Cause, Location, Reader, StoreError};

use super::Setup;
use crate::backend::Error;
use crate::context::Context;
use crate::exit::{self, ExitError, Status};
use crate::output::{Output, complain};
use crate::parallel;
use crate::report::{self, UserDetails};
use crate::sanitize;
use crate::stored;

/// Records, and why the user database did not say whose they are.
type Unanswered = Vec<(Location, nix::Error)>;

/// How a person is shown.
type Row<'a> = &'a (dyn Fn(&str, &UserStatus) -> String + Sync);

/// Who is enrolled.
#[derive(Default)]
struct Listed {
    users: BTreeSet<UserName>,
    rows: Vec<String>,
    broken: Vec<StoreError>,
}

impl Setup<'_> {
    /// Lists who is enrolled.
    pub(super) fn list(&self, site: &Context, json: bool) -> Result<(), ExitError> {
        self.only_root(site)?;
        let (mut accounts, unanswered) = self.with_files(site)?;
        accounts.retain(|account| site.config.fleet_of(account.name.as_str()).is_none());
        let messages = self.messages;
        let linked = self.linked_names(site)?.map(|names| self.without_unknown(names));
        let is_linked = |user: &str| linked.as_ref().map(|names| is_among(names, user));
        let as_json = |user: &str, status: Option<&UserStatus>| {
            let details = UserDetails::new(user, status, is_linked(user));
            sanitize::json(&serde_json::to_string(&details).unwrap_or_default()).into_owned()
        };
        let row = |user: &str, status: &UserStatus| match json {
            true => as_json(user, Some(status)),
            false => report::row(&messages, user, status),
        };
        let mut listed = read(site, &accounts, &row);
        let directory = self.add_from_directory(site, &row, &mut listed);
        let Listed { users, mut rows, broken } = listed;
        // A link alone is a second factor, too.
        let without_phone = linked.iter().flatten().filter(|name| !users.contains(name));
        rows.extend(without_phone.map(|name| match json {
            true => as_json(name.as_str(), None),
            false => report::row_without_phone(&messages, name.as_str()),
        }));
        let sound = broken.is_empty() && unanswered.is_empty() && directory.is_ok();
        let mut output = Output::default();
        match (json, rows.is_empty()) {
            (true, true) => output.write("[]\n"),
            // A person in each line.
            (true, false) => output.write(&format!("[\n{}\n]\n", rows.join(",\n"))),
            (false, true) if sound => output.line(&messages.list_none()),
            // Nobody whose file could be read; who knows whose the others are.
            (false, true) => {}
            (false, false) => output.line(&format!("{}\n{}", messages.list_head(), rows.join("\n"))),
        }
        broken.iter().for_each(|error| complain(&messages.error(messages.store_error(error))));
        for (location, error) in unanswered {
            let location = location.to_string();
            complain(
                &messages.error(messages.list_unanswered(sanitize::name(&location), messages.errno(error))),
            );
        }
        self.written(output)?;
        // Whoever is enrolled on this host was listed all the same.
        directory?;
        if sound { Ok(()) } else { Err((Status::Unusable, None)) }
    }

    /// Adds everybody who has enrolled in the directory, where there is one, by name.
    fn add_from_directory(&self, site: &Context, row: Row<'_>, listed: &mut Listed) -> Result<(), ExitError> {
        for FleetListed { name, status, .. } in self.in_directory(site)? {
            match (UserName::parse(&name), status) {
                (_, Ok(None)) => {}
                (Ok(user), Ok(Some(status))) => {
                    listed.rows.push(row(user.as_str(), &status));
                    listed.users.insert(user);
                }
                (_, Err(why)) => listed.broken.push(broken(name, why)),
                (Err(_), Ok(_)) => listed.broken.push(broken(name, "is no user name".to_owned())),
            }
        }
        Ok(())
    }

    /// Everybody who has something in the directory, by name; nobody where there is none.
    pub(super) fn in_directory(&self, site: &Context) -> Result<Vec<FleetListed>, ExitError> {
        let fleet = site.config.fleet.as_ref().filter(|_| site.config.store == StoreKind::Ldap);
        let Some(fleet) = fleet else { return Ok(Vec::new()) };
        let client = FleetClient::new(&site.config, fleet, &site.account.name);
        let failed = |error: Error| exit::of_look(error, &self.messages, site.account.name.as_str());
        let everybody = client.list().map_err(|error| failed(error.into()))?;
        let mut everybody = everybody.map_err(|why| failed(Error::Unusable(why)))?;
        everybody.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(everybody)
    }

    /// Everybody whose file may be there, and files of which it could not be learnt whose they are.
    fn with_files(&self, site: &Context) -> Result<(Vec<Account>, Unanswered), ExitError> {
        match stored::list(&site.config.secret_file) {
            Some(listing) => Ok((listing.accounts, listing.unanswered)),
            None => Ok((self.everybody()?, Vec::new())),
        }
    }
}

/// What is in the directory and cannot be used.
pub(super) fn broken(name: String, why: String) -> StoreError {
    StoreError { location: Location::Dn(name), cause: Cause::Unsafe(why) }
}

/// Whether a name is among names in their order.
fn is_among(names: &[UserName], name: &str) -> bool {
    names.binary_search_by(|one| one.as_str().cmp(name)).is_ok()
}

/// Everybody who is enrolled, in their order, and what could not be read.
fn read(site: &Context, accounts: &[Account], row: Row<'_>) -> Listed {
    let read = |reader: &mut Reader, account: &Account| {
        let file = site.config.secret_file.locate(account);
        let status = site.service(&file, &system_clock).status_by(reader).transpose()?;
        Some(status.map(|status| (account.name.clone(), row(account.name.as_str(), &status))))
    };
    let mut listed = Listed::default();
    for one in parallel::map(accounts, Reader::default, read).into_iter().flatten() {
        match one {
            Ok((user, row)) => {
                listed.users.insert(user);
                listed.rows.push(row);
            }
            Err(error) => listed.broken.push(error),
        }
    }
    listed
}
