//! Mail to owners: a look at everybody, and what there is to tell.

use std::collections::{BTreeMap, BTreeSet};

use insis_otp::audit::{self, Level, Line};
use insis_otp::config::{Language, Mail};
use insis_otp::identity::Identity;
use insis_otp::oath::UnixTime;
use insis_otp::record::UserName;
use insis_otp::service::{FleetListed, Status, Traces, system_clock};
use insis_otp::store::{Account, Links, Reader, StoreError, UserStore};

use super::Setup;
use crate::context::Context;
use crate::exit::{self, ExitError};
use crate::mail::ledger::{Ledger, LedgerError};
use crate::mail::letter::Letter;
use crate::mail::news::{Device, Known, Link, News, Told, compare};
use crate::mail::sender;
use crate::messages::Messages;
use crate::output::complain;
use crate::users::Directory;
use crate::{parallel, sanitize, stored};

/// After so many mails that the command did not take, a look ends: the mail system is away.
const MOST_FAILED: usize = 10;
/// So many errors of the store are told one by one.
const MOST_TOLD: usize = 10;
const DAY: u64 = 86_400;

/// What is known of somebody's device, or that it cannot be told now.
enum Look {
    /// This.
    Seen(Option<Device>),
    /// What was told before has to do.
    Unclear,
}

/// What a look has found.
#[derive(Default)]
struct Found {
    people: BTreeMap<UserName, Look>,
    broken: Vec<StoreError>,
}

/// A look that is going on.
struct Round<'a> {
    mail: &'a Mail,
    ledger: &'a Ledger,
    /// In the site's language.
    messages: Messages,
    host: String,
    contact: Option<&'a str>,
    first_look: UnixTime,
    today: u64,
    /// Who has a link; `None` where the site has no identity provider.
    linked: Option<BTreeSet<UserName>>,
    failed: usize,
}

impl Setup<'_> {
    /// Looks at everybody, and writes to those of whom there is something new.
    pub(super) fn mail(&self, site: &Context) -> Result<(), ExitError> {
        self.only_root(site)?;
        let unusable = |text| (exit::Status::Unusable, Some(self.messages.error(text)));
        let mail = Mail::site().map_err(|error| unusable(self.messages.config_error(&error)))?;
        let Some(mail) = mail else {
            return Err((exit::Status::Usage, Some(self.messages.error(self.messages.mail_off()))));
        };
        let now = system_clock();
        let no_ledger = |error| self.no_ledger(error);
        let ledger = Ledger::open().map_err(no_ledger)?;
        let first_look = ledger.first_look(now).map_err(no_ledger)?;
        let (found, directory) = self.look(site, &ledger)?;
        let mut round = Round {
            mail: &mail,
            ledger: &ledger,
            messages: in_language(site.config.language),
            host: Self::names(site).host,
            contact: site.config.contact.as_deref(),
            first_look,
            today: now.0 / DAY,
            linked: self.linked_names(site)?.map(|names| names.into_iter().collect()),
            failed: 0,
        };
        // Whoever is first does not keep the others waiting for ever, if the mail system does not like them.
        let people: Vec<_> = found.people.iter().collect();
        let begin = usize::try_from(now.0).unwrap_or(0) % people.len().max(1);
        for (name, look) in people.iter().skip(begin).chain(people.iter().take(begin)) {
            self.tell_owner(&mut round, name, look).map_err(no_ledger)?;
            if round.failed >= MOST_FAILED {
                break;
            }
        }
        for error in found.broken.iter().take(MOST_TOLD) {
            complain(&self.messages.error(self.messages.store_error(error)));
        }
        if found.broken.len() > MOST_TOLD {
            complain(&self.messages.mail_unread(found.broken.len() - MOST_TOLD));
        }
        directory?;
        ledger.finish(now).map_err(no_ledger)?;
        match round.failed {
            0 if found.broken.is_empty() => Ok(()),
            0 => Err((exit::Status::Unusable, None)),
            failed => Err((exit::Status::Unusable, Some(self.messages.mail_given_up(failed)))),
        }
    }

    fn no_ledger(&self, error: LedgerError) -> ExitError {
        match error {
            // That one tells them.
            LedgerError::Busy => (exit::Status::Refused, Some(self.messages.mail_busy())),
            LedgerError::Io(path, why) => {
                let text = self.messages.mail_ledger(path.display(), self.messages.system_error(&why));
                (exit::Status::Unusable, Some(self.messages.error(text)))
            }
        }
    }

    /// Everybody who has something in the store, or was told of something that they had; and whether the directory, where there is
    /// one, could be asked.
    fn look(&self, site: &Context, ledger: &Ledger) -> Result<(Found, Result<(), ExitError>), ExitError> {
        let mut found = Found::default();
        let is_of_directory = |name: &UserName| site.config.fleet_of(name.as_str()).is_some();
        let mut accounts = match stored::list(&site.config.secret_file) {
            Some(listing) => listing.accounts,
            None => self.everybody()?,
        };
        let told = ledger.names().map_err(|error| self.no_ledger(error))?;
        let linked = self.linked_names(site)?.unwrap_or_default();
        let others: BTreeSet<_> = told.iter().chain(&linked).cloned().collect();
        let known: BTreeSet<_> = accounts.iter().map(|account| account.name.clone()).collect();
        let users = Directory::for_lookups(others.len());
        for name in others.difference(&known) {
            match users.lookup(name) {
                Ok(Some(account)) if account.name == *name => accounts.push(account),
                // Nobody, or somebody whom the user database cannot find just now: what they were told stays noted, so that they are
                // neither told it again nor miss what happens meanwhile.
                Ok(_) => {}
                Err(_) => {
                    found.people.insert(name.clone(), Look::Unclear);
                }
            }
        }
        accounts.retain(|account| !is_of_directory(&account.name));
        for (name, look) in
            parallel::map(&accounts, Reader::default, |reader, account| look_at(site, reader, account))
        {
            match look {
                Ok(look) => _ = found.people.insert(name, look),
                Err(error) => found.broken.push(error),
            }
        }
        let directory =
            self.in_directory(site).map(|listed| add_directory(&mut found, listed, &told, &is_of_directory));
        Ok((found, directory))
    }

    /// Tells an owner what is new, if there is anything.
    fn tell_owner(&self, round: &mut Round<'_>, name: &UserName, look: &Look) -> Result<(), LedgerError> {
        let noted = match round.ledger.read(name) {
            // What is damaged says nothing. Everybody else is told.
            Err(error @ LedgerError::Io(..)) => {
                self.no_ledger(error).1.iter().for_each(|text| complain(text));
                None
            }
            read => read?,
        };
        let known = noted.map_or_else(Known::default, |noted| noted.known);
        let device = match look {
            Look::Seen(device) => *device,
            Look::Unclear => known.device,
        };
        let link = match &round.linked {
            None => known.link,
            Some(linked) if linked.contains(name) => link_of(name, known.link),
            Some(_) => None,
        };
        let seen = Known { device, link };
        let before = noted.unwrap_or_else(|| Told::before(&seen, round.first_look));
        let (news, told) = compare(&before, &seen, round.today);
        if !news.is_empty() {
            round.ledger.prepare(&told)?;
            let is_done = self.write_to(round, name, &news);
            return if is_done { round.ledger.commit(name) } else { Ok(()) };
        }
        match noted {
            Some(_) if told.is_over(round.today) => round.ledger.forget(name),
            None if told.is_over(round.today) => Ok(()),
            Some(noted) if noted == told => Ok(()),
            _ => round.ledger.note(name, &told),
        }
    }

    /// Sends the mail; returns whether that was done, or never can be.
    fn write_to(&self, round: &mut Round<'_>, name: &UserName, news: &[News]) -> bool {
        let about = news.iter().map(|one| one.kind.name()).collect::<Vec<_>>().join(",");
        let log = |line: Line| {
            let line = line.field("about", &about).field("user", name).journal_only("action", "mail");
            audit::send("otp-setup", "mail", &line);
        };
        let user = sanitize::name(name.as_str());
        let Some(to) = round.mail.address_of(name.as_str()) else {
            log(Line::new(Level::Warning, "refused").field("reason", "no-address"));
            complain(&self.messages.mail_no_address(user));
            return true;
        };
        let letter = Letter {
            to: &to,
            from: round.mail.from.as_deref(),
            user: name.as_str(),
            host: &round.host,
            contact: round.contact,
        };
        match sender::send(round.mail, &to, &letter.text(&round.messages, news)) {
            Ok(()) => {
                log(Line::new(Level::Info, "done"));
                true
            }
            Err(error) => {
                round.failed += 1;
                log(Line::new(Level::Error, "error").message(&error));
                let command = round.mail.command.display();
                complain(&self.messages.error(self.messages.mail_not_sent(user, command, &error)));
                false
            }
        }
    }
}

fn in_language(language: Language) -> Messages {
    Messages::of_locale(match language {
        Language::En => "en",
        Language::Cs => "cs",
    })
}

/// What the secret file of somebody says.
fn look_at(site: &Context, reader: &mut Reader, account: &Account) -> (UserName, Result<Look, StoreError>) {
    let look = match site.config.secret_file.locate(account).load_by(reader) {
        Ok(record) => {
            let status = Status::of(&record, &site.config.policy, system_clock());
            Ok(Traces::of(&record).map_or(Look::Unclear, |traces| Look::Seen(Some(device(&status, &traces)))))
        }
        Err(error) if error.is_not_enrolled() => Ok(Look::Seen(None)),
        Err(error) => Err(error),
    };
    (account.name.clone(), look)
}

/// Adds everybody in the directory, and whoever was there before.
fn add_directory(
    found: &mut Found,
    listed: Vec<FleetListed>,
    told: &BTreeSet<UserName>,
    is_of_directory: &dyn Fn(&UserName) -> bool,
) {
    for name in told.iter().filter(|name| is_of_directory(name)) {
        found.people.insert(name.clone(), Look::Seen(None));
    }
    for FleetListed { name, status, traces, .. } in listed {
        let Ok(name) = UserName::parse(&name) else { continue };
        if !is_of_directory(&name) {
            continue;
        }
        let look = match (status, traces) {
            (Ok(Some(status)), Some(traces)) => Look::Seen(Some(device(&status, &traces))),
            (Ok(None), _) => Look::Seen(None),
            // otp-setup report tells what is wrong with it.
            (Ok(Some(_)), None) | (Err(_), _) => Look::Unclear,
        };
        found.people.insert(name, look);
    }
}

fn device(status: &Status, traces: &Traces) -> Device {
    let Traces { recovery_set, guess_day, guesses, last_told, bypass_news } = *traces;
    let Status { enrolled_at, recovery_left, failures, .. } = *status;
    Device {
        enrolled_at,
        recovery_set,
        recovery_left,
        failures,
        guess_day,
        guesses,
        last_told,
        bypass: bypass_news,
    }
}

/// The link of somebody. One that cannot be read counts as it was.
fn link_of(name: &UserName, before: Option<Link>) -> Option<Link> {
    let Ok(Some(account)) = Account::lookup(name) else { return before };
    match Links::system().load(&account) {
        Ok(link) => link.map(|link| Link { identity: number_of(&link.identity), linked_at: link.linked_at }),
        Err(_) => before,
    }
}

/// A number for an identity, the same in every version.
fn number_of(identity: &Identity) -> u64 {
    identity.digest().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
