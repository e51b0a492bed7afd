//! Who is enrolled. A site may have a hundred thousand people: their records are read by several threads, and shown as they
//! come.

use std::collections::HashSet;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Mutex;

use insis_otp::record::UserName;
use insis_otp::service::{Status as UserStatus, system_clock};
use insis_otp::store::{Account, Location, Reader, StoreError};

use super::Setup;
use crate::context::Context;
use crate::exit::{ExitError, Status};
use crate::output::{Output, Progress, complain};
use crate::report::{self, UserDetails};
use crate::sanitize;
use crate::stored;

/// Records, and why the user database did not say whose they are.
type Unanswered = Vec<(Location, nix::Error)>;

/// How a person is shown.
type Row<'a> = &'a (dyn Fn(&str, &UserStatus) -> String + Sync);

/// Some people who stand together in the list.
#[derive(Default)]
struct Part {
    users: Vec<UserName>,
    rows: Vec<String>,
    broken: Vec<StoreError>,
}

impl Setup<'_> {
    /// Lists who is enrolled.
    pub(super) fn list(&self, site: &Context, json: bool) -> Result<(), ExitError> {
        self.only_root(site)?;
        let (accounts, unanswered) = self.with_files(site)?;
        let messages = self.messages;
        let linked = self.linked_names(site)?;
        let is_linked = |user: &str| linked.as_ref().map(|names| is_among(names, user));
        let as_json = |user: &str, status: Option<&UserStatus>| {
            let details = UserDetails::new(user, status, is_linked(user));
            sanitize::json(&serde_json::to_string(&details).unwrap_or_default()).into_owned()
        };
        let parts = if json {
            read(site, &accounts, &|user, status| as_json(user, Some(status)))
        } else {
            read(site, &accounts, &|user, status| report::row(&messages, user, status))
        };
        // A link alone is a second factor, too.
        let enrolled: HashSet<&str> =
            parts.iter().flat_map(|part| &part.users).map(UserName::as_str).collect();
        let without_phone = linked.iter().flatten().filter(|name| !enrolled.contains(name.as_str()));
        let without_phone: Vec<String> = without_phone
            .map(|name| match json {
                true => as_json(name.as_str(), None),
                false => report::row_without_phone(&messages, name.as_str()),
            })
            .collect();
        let rows = parts.iter().flat_map(|part| &part.rows).chain(&without_phone);
        let rows: Vec<_> = rows.map(String::as_str).collect();
        let broken: Vec<_> = parts.iter().flat_map(|part| &part.broken).collect();
        let sound = broken.is_empty() && unanswered.is_empty();
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
        if sound { Ok(()) } else { Err((Status::Unusable, None)) }
    }

    /// Everybody whose file may be there, and files of which it could not be learnt whose they are.
    fn with_files(&self, site: &Context) -> Result<(Vec<Account>, Unanswered), ExitError> {
        match stored::list(&site.config.secret_file) {
            Some(listing) => Ok((listing.accounts, listing.unanswered)),
            None => Ok((self.everybody()?, Vec::new())),
        }
    }
}

/// Whether a name is among names in their order.
fn is_among(names: &[UserName], name: &str) -> bool {
    names.binary_search_by(|one| one.as_str().cmp(name)).is_ok()
}

/// Everybody who is enrolled, in their order.
fn read(site: &Context, accounts: &[Account], row: Row<'_>) -> Vec<Part> {
    let progress = Mutex::new(Progress::of(accounts.len()));
    in_shares(accounts, &|share| {
        let mut reader = Reader::default();
        let read = |accounts: &[Account]| {
            let part = read_part(site, accounts, row, &mut reader);
            // Nobody panics while they hold it; if somebody did, the bar would be of no more interest.
            if let Ok(mut progress) = progress.lock() {
                progress.steps(accounts.len());
            }
            part
        };
        share.chunks(256).map(read).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect()
}

/// What `work` makes of equal shares, in their order, by a thread each. A panic in any of them is one here: a list that
/// lacks people and does not say so is worse than none.
fn in_shares<T: Sync, R: Send>(all: &[T], work: &(dyn Fn(&[T]) -> R + Sync)) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get).clamp(1, 8);
    let share = all.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = all.chunks(share).map(|share| scope.spawn(move || work(share))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

fn read_part(site: &Context, accounts: &[Account], row: Row<'_>, reader: &mut Reader) -> Part {
    let mut part = Part::default();
    for account in accounts {
        let file = site.config.secret_file.locate(account);
        match site.service(&file, &system_clock).status_by(reader) {
            Ok(None) => {}
            Ok(Some(status)) => {
                part.users.push(account.name.clone());
                part.rows.push(row(account.name.as_str(), &status));
            }
            Err(error) => part.broken.push(error),
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_in_their_order() {
        for count in [0, 1, 2, 7, 1000] {
            let all: Vec<_> = (0..count).collect();
            assert_eq!(in_shares(&all, &<[i32]>::to_vec).concat(), all);
        }
    }

    #[test]
    fn a_panic_in_another_thread_is_not_a_shorter_list() {
        let list = || in_shares(&[1, 2, 3], &|share| assert!(!share.contains(&2), "somebody is missing"));
        assert!(std::panic::catch_unwind(list).is_err());
    }
}
