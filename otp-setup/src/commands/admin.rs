//! The administrator's commands.

use std::fmt::Display;

use insis_otp::acts;
use insis_otp::operations::{self, system_clock};
use insis_otp::otp::Salt;
use insis_otp::otpauth::Entry;
use insis_otp::store::{Account, StoreError, UserName};
use serde::Serialize;

use super::Setup;
use crate::caller::Caller;
use crate::cli::ImportOptions;
use crate::doctor::{self, Severity};
use crate::exit::{self, Failure, Status};
use crate::flow::said;
use crate::import::{self, Found, LeftOut, NotPut, Put, Rules, Unusable};
use crate::keeper::Trouble;
use crate::output::{Input, Output, Progress};
use crate::plain;
use crate::qr::Symbol;
use crate::report;
use crate::site::Site;
use crate::users;

/// What became of one entry of an import.
#[derive(Debug, Serialize)]
struct Outcome {
    user: String,
    taken: bool,
    /// What was taken, or why it was not.
    what: String,
    /// What of it was left out.
    left_out: Vec<String>,
    #[serde(skip)]
    status: Status,
}

impl Setup<'_> {
    /// Ends a delay, mends a damaged state.
    pub(super) fn unlock(&self, site: &Site) -> Result<(), Failure> {
        self.only_root(site)?;
        self.need_user()?;
        let user = site.account.name.as_str();
        let unlocked = operations::unlock(&site.file(), &site.config.policy, &system_clock);
        report_act("unlock", user, &unlocked);
        unlocked.map_err(|error| exit::of_end(Trouble::from(error).into(), &self.texts, user))?;
        self.tell(&self.texts.unlocked(user))
    }

    /// Lets every place be asked again that the site's `remember` lets pass.
    pub(super) fn forget(&self, site: &Site) -> Result<(), Failure> {
        let user = site.account.name.as_str();
        let forgotten = site.keeper(&system_clock).forget();
        forgotten.map_err(|trouble| exit::of_end(trouble.into(), &self.texts, user))?;
        self.tell(&self.texts.forgotten(user))
    }

    /// Writes the URI of a pairing, which is its secret.
    pub(super) fn export(&self, site: &Site) -> Result<(), Failure> {
        self.only_root(site)?;
        self.need_user()?;
        let user = site.account.name.as_str();
        let record = site.file().read();
        // Before anything is shown: whatever becomes of this process, it is in the log.
        report_act("export", user, &record);
        let enrolment =
            record.map_err(|error| exit::of_look(Trouble::from(error), &self.texts, user))?.enrolment;
        let entry = Entry { key: enrolment.key, issuer: enrolment.issuer, account: enrolment.account };
        let mut output = Output::default();
        output.write(&entry.uri());
        output.write("\n");
        self.written(output)
    }

    /// Looks for what would lock people out, or let them in without a code.
    pub(super) fn doctor(&self, json: bool) -> Result<(), Failure> {
        let findings = doctor::examine(&self.texts, nix::unistd::geteuid().is_root(), system_clock());
        let mut output = Output::default();
        if json {
            output.json(&findings);
        } else {
            report::findings(&self.texts, &findings).iter().for_each(|line| output.line(line));
        }
        self.written(output)?;
        match findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Problem) => Err((Status::Problems, None)),
            Some(Severity::Warning) => Err((Status::Refused, None)),
            Some(Severity::Note) | None => Ok(()),
        }
    }

    pub(super) fn everybody(&self) -> Result<Vec<Account>, Failure> {
        let failed = |error| (Status::Unusable, Some(self.texts.error(self.texts.end_user_database(error))));
        users::all().map_err(failed)
    }

    /// Takes secrets from elsewhere, and says what became of each.
    pub(super) fn import(&self, site: &Site, options: &ImportOptions) -> Result<(), Failure> {
        self.only_root(site)?;
        let salted = |(user, found)| Ok((user, found, self.salt()?));
        let found =
            self.found(site, options)?.into_iter().map(salted).collect::<Result<Vec<_>, Failure>>()?;
        let rules = Rules { force: options.force, replace: options.replace, dry_run: options.dry_run };
        let mut progress = Progress::of(found.len());
        let put = |(who, found, salt): (String, Found, Salt)| {
            progress.steps(1);
            self.put(site, &who, found, rules, salt)
        };
        let outcomes: Vec<_> = found.into_iter().map(put).collect();
        drop(progress);
        let mut output = Output::default();
        if options.json {
            output.json(&outcomes);
        } else {
            self.say_outcomes(&outcomes, rules, &mut output);
        }
        self.written(output)?;
        let failed = outcomes.iter().map(|outcome| outcome.status).find(|status| *status != Status::Done);
        failed.map_or(Ok(()), |status| Err((status, None)))
    }

    fn say_outcomes(&self, outcomes: &[Outcome], rules: Rules, output: &mut Output) {
        for outcome in outcomes {
            output.line(&format!("{}: {}", outcome.user, outcome.what));
            for left_out in &outcome.left_out {
                output.line(&format!("    {left_out}"));
            }
        }
        match outcomes {
            [] => output.line(&self.texts.import_none()),
            _ if !rules.dry_run && outcomes.iter().any(|outcome| outcome.taken) => {
                output.line(&self.texts.import_recovery());
            }
            _ => {}
        }
    }

    /// The entries of a source, and whose each is to be.
    fn found(&self, site: &Site, options: &ImportOptions) -> Result<Vec<(String, Found)>, Failure> {
        let unreadable = |from: &dyn Display, error: std::io::Error| {
            (Status::Usage, Some(self.texts.error(self.texts.import_input(from, error))))
        };
        let user = site.account.name.to_string();
        let source = &options.source;
        if let Some(path) = &source.pam_oath {
            let text = import::private_file(path).map_err(|error| unreadable(&path.display(), error))?;
            let all = import::oath(&text, system_clock()).into_iter();
            let named = all.map(|found| (found.user.clone().unwrap_or_default(), found));
            return Ok(named.filter(|(name, _)| self.cli.user.is_none() || *name == user).collect());
        }
        if source.google_authenticator && options.all {
            return Ok(self.everybody()?.iter().filter_map(google_of).collect());
        }
        self.need_user()?;
        if source.google_authenticator {
            let path = site.account.home.join(GOOGLE);
            let text = import::own_file(&path, &site.account);
            let text = text.map_err(|error| unreadable(&path.display(), error))?;
            return Ok(vec![(user, import::google(&text, system_clock()))]);
        }
        let text = import::read_input(Input);
        let text = text.map_err(|error| unreadable(&self.texts.import_stdin(), error))?;
        if source.uri.is_some() {
            return Ok(vec![(user, import::uri(&text))]);
        }
        let refused = |_: Unusable| (Status::Refused, Some(self.texts.error(self.texts.import_form())));
        let entries = import::migration(&text).map_err(refused)?;
        self.choose(entries, options.entry.as_deref()).map(|found| vec![(user, found)])
    }

    /// The one entry of an export that is meant.
    fn choose(&self, entries: Vec<Found>, account: Option<&str>) -> Result<Found, Failure> {
        let name = |found: &Found| found.names.as_ref().map_or(String::new(), |(_, account)| account.clone());
        let names: Vec<_> = entries.iter().map(name).collect();
        let is_meant = |found: &Found| account.is_none_or(|account| name(found) == account);
        let mut meant: Vec<_> = entries.into_iter().filter(is_meant).collect();
        match (meant.pop(), meant.is_empty()) {
            (Some(found), true) => Ok(found),
            _ => Err((Status::Usage, Some(self.texts.error(self.texts.import_which(names.join(", ")))))),
        }
    }

    /// What keeps equal scratch codes of two people from having equal hashes.
    fn salt(&self) -> Result<Salt, Failure> {
        let mut salt = Salt::default();
        getrandom::fill(&mut salt.0)
            .map_err(|error| (Status::Unusable, Some(self.texts.error(self.texts.end_no_random(error)))))?;
        Ok(salt)
    }

    fn put(&self, site: &Site, user: &str, found: Found, rules: Rules, salt: Salt) -> Outcome {
        let account = UserName::parse(user).ok().and_then(|name| Account::lookup(&name).ok().flatten());
        let user = plain::name(user).into_owned();
        let Some(account) = account else {
            let what = self.texts.import_no_user();
            return Outcome { user, taken: false, what, left_out: vec![], status: Status::Refused };
        };
        let site = site.of(account);
        let names = |key: &_| Self::names(&site).entry(key, Symbol::fits);
        let put = import::put(&site.file(), found, names, rules, salt, &system_clock);
        if !rules.dry_run {
            report_import(&user, &put);
        }
        match put {
            Ok(Put { issuer, account, scratch, left_out }) => {
                let (issuer, account) = (plain::name(&issuer), plain::name(&account));
                let what = if rules.dry_run {
                    self.texts.import_would(issuer, account)
                } else {
                    self.texts.import_taken(issuer, account)
                };
                let what = if scratch > 0 { self.texts.import_with_scratch(what, scratch) } else { what };
                let left_out = left_out.iter().map(|what| self.left_out(*what)).collect();
                Outcome { user, taken: true, what, left_out, status: Status::Done }
            }
            Err(why) => {
                let (what, status) = self.not_put(why);
                Outcome { user, taken: false, what, left_out: vec![], status }
            }
        }
    }

    fn left_out(&self, what: LeftOut) -> String {
        match what {
            LeftOut::ScratchCodes(count) => self.texts.import_without_scratch(count),
            LeftOut::SitePolicy => self.texts.import_without_policy(),
            LeftOut::Pin => self.texts.import_without_pin(),
            LeftOut::Drift => self.texts.import_without_drift(),
        }
    }

    fn not_put(&self, why: NotPut) -> (String, Status) {
        let texts = &self.texts;
        let text = match why {
            NotPut::Exists => return (texts.import_exists(), Status::Exists),
            NotPut::Store(error) => return (texts.import_secret(error), Status::Unusable),
            NotPut::Unusable(Unusable::Counter) => texts.import_counter(),
            NotPut::Unusable(Unusable::Secret(why)) => texts.import_secret(why),
            NotPut::Unusable(Unusable::Parameter(why)) => texts.import_secret(why),
            NotPut::Unusable(Unusable::Uri(why)) => texts.import_secret(why),
            NotPut::Unusable(Unusable::Form) => texts.import_form(),
            NotPut::Uncommon(key) => {
                let (algorithm, digits, period) = said(&key);
                texts.import_uncommon(algorithm, digits, period)
            }
        };
        (text, Status::Refused)
    }

    /// Root acts for somebody, and has to say for whom.
    fn need_user(&self) -> Result<(), Failure> {
        match self.cli.user {
            Some(_) => Ok(()),
            None => Err((Status::Usage, Some(self.texts.error(self.texts.need_user())))),
        }
    }
}

/// Reports an act of root's on the store.
fn report_act<T>(action: &str, user: &str, done: &Result<T, StoreError>) {
    let caller = Caller::of_this_process();
    match done {
        Ok(_) => caller.done(action, user),
        Err(error) => caller.failed(action, user, acts::store_failed(error)),
    }
}

/// Reports an entry of an import. Why one cannot be used is no matter of the log's: it is about a secret.
fn report_import(user: &str, put: &Result<Put, NotPut>) {
    let caller = Caller::of_this_process();
    let why = match put {
        Ok(_) => return caller.done("import", user),
        Err(NotPut::Exists) => acts::refused_because("paired-already"),
        Err(NotPut::Store(error)) => acts::store_failed(error),
        Err(NotPut::Unusable(_) | NotPut::Uncommon(_)) => acts::refused_because("unusable"),
    };
    caller.failed("import", user, why);
}

/// Where google-authenticator keeps a user's secret.
const GOOGLE: &str = ".google_authenticator";

/// What a user has of google-authenticator; nothing where there is no such file.
fn google_of(account: &Account) -> Option<(String, Found)> {
    let path = account.home.join(GOOGLE);
    path.symlink_metadata().ok()?;
    let found = match import::own_file(&path, account) {
        Ok(text) => import::google(&text, system_clock()),
        Err(_) => Found { user: None, names: None, taken: Err(Unusable::Form) },
    };
    Some((account.name.to_string(), found))
}
