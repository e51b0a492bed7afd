//! Importing: whose each entry is, writing it, and saying what became of it.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use insis_otp::import::{self, Binary, Found, ImportError, Imported, LeftOut, Rules, Unreadable, Unusable};
use insis_otp::oath::Salt;
use insis_otp::otpauth::is_secret_like;
use insis_otp::record::{AppEntry, UserName};
use insis_otp::service::{Event, system_clock};
use insis_otp::store::{Account, SecretFile, Template};
use serde::Serialize;
use zeroize::Zeroizing;

use super::Setup;
use crate::caller::Caller;
use crate::context::Context;
use crate::exit::{ExitError, Status};
use crate::output::{Input, Output, Progress, complain};
use crate::page::parameters;
use crate::qr::Symbol;
use crate::users::{self, Directory};
use crate::{sanitize, stored};

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
    scratch: usize,
    #[serde(skip)]
    status: Status,
}

/// What is imported.
#[derive(Args, Clone, Debug)]
pub struct ImportOptions {
    #[command(flatten)]
    pub source: Source,
    #[arg(long, conflicts_with = "google_authenticator")]
    pub entry: Option<String>,
    #[arg(long, requires = "google_authenticator", conflicts_with = "user")]
    pub all: bool,
    #[arg(long)]
    pub force: bool,
    #[arg(long)]
    pub replace: bool,
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long)]
    pub json: bool,
}

/// Where the secrets are.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Source {
    #[arg(long, value_name = "-", value_parser = ["-"])]
    pub uri: Option<String>,
    #[arg(long, num_args = 0..=1)]
    pub google_authenticator: Option<Option<PathBuf>>,
    #[arg(long)]
    pub pam_oath: Option<PathBuf>,
    #[arg(long, value_name = "-", value_parser = ["-"])]
    pub migration: Option<String>,
    #[arg(long)]
    pub app_export: Option<PathBuf>,
}

impl Setup<'_> {
    /// Takes secrets from elsewhere, and says what became of each.
    pub(super) fn import(&self, site: &Context, options: &ImportOptions) -> Result<(), ExitError> {
        self.only_root(site)?;
        let salted = |(user, found)| Ok((user, found, self.salt()?));
        let found =
            self.found(site, options)?.into_iter().map(salted).collect::<Result<Vec<_>, ExitError>>()?;
        let rules = Rules { force: options.force, replace: options.replace, dry_run: options.dry_run };
        let directory = Directory::for_lookups(found.len());
        let many = rules.replace && !rules.dry_run && found.len() > 1;
        let leftovers = many.then(|| site.config.secret_file.leftovers()).flatten().map(Arc::new);
        let mut progress = Progress::of(found.len());
        let import = |(who, found, salt): (String, Found, Salt)| {
            progress.steps(1);
            let account = UserName::parse(&who).ok().and_then(|name| directory.lookup(&name).ok().flatten());
            let file = |site: &Context| match &leftovers {
                Some(leftovers) => site.file().among_many(Arc::clone(leftovers)),
                None => site.file(),
            };
            self.import_entry(site, (&who, account), found, &file, (rules, salt))
        };
        let outcomes: Vec<_> = found.into_iter().map(import).collect();
        drop(progress);
        let mut output = Output::default();
        if options.json {
            output.json(&outcomes);
        } else {
            self.say_outcomes(&outcomes, options, &mut output);
        }
        self.written(output)?;
        if options.all && !users::are_enumerated() {
            complain(&self.messages.import_not_enumerated());
        }
        let failed = outcomes.iter().map(|outcome| outcome.status).find(|status| *status != Status::Done);
        failed.map_or(Ok(()), |status| Err((status, None)))
    }

    fn say_outcomes(&self, outcomes: &[Outcome], options: &ImportOptions, output: &mut Output) {
        for outcome in outcomes {
            output.sentences(&format!("{}: {}", outcome.user, outcome.what));
            for left_out in &outcome.left_out {
                output.line(&format!("    {left_out}"));
            }
        }
        if outcomes.is_empty() {
            output.line(&self.messages.import_none());
        }
        let taken: Vec<_> = outcomes.iter().filter(|outcome| outcome.taken && !options.dry_run).collect();
        let without = taken.iter().filter(|outcome| outcome.scratch == 0).count();
        if without > 0 {
            output.sentences(&self.messages.import_recovery(without));
        }
        if !taken.is_empty() && options.source.google_authenticator.is_some() {
            output.sentences(&self.messages.import_old_files());
        }
    }

    /// The entries of a source, and whose each is to be.
    fn found(&self, site: &Context, options: &ImportOptions) -> Result<Vec<(String, Found)>, ExitError> {
        let source = &options.source;
        if let Some(path) = &source.pam_oath {
            return self.found_by_pam_oath(site, path, options.entry.as_deref());
        }
        if let Some(path) = &source.google_authenticator {
            return self.found_by_google_authenticator(site, path.as_deref(), options.all);
        }
        self.need_user()?;
        let entries = if let Some(path) = source.app_export.as_deref().filter(|path| *path != Path::new("-"))
        {
            let text = import::private_file(path);
            let text =
                text.map_err(|error| self.no_export(&sanitize::name(&path.display().to_string()), &error))?;
            import::exports(&text).map_err(|why| self.not_an_export(why))?
        } else {
            let text = import::read_input(Input);
            let from = self.messages.import_stdin();
            let text = text.map_err(|error| match source.app_export {
                Some(_) => self.no_export(&from, &error),
                None => self.unreadable(&from, &error),
            })?;
            self.entries(&text, source.app_export.is_some())?
        };
        let user = site.account.name.to_string();
        self.choose(entries, options.entry.as_deref()).map(|found| vec![(user, found)])
    }

    /// The entries in a text: of any export, or URIs only. Where there is none, the first line says why it is none.
    fn entries(&self, text: &Zeroizing<String>, any: bool) -> Result<Vec<Found>, ExitError> {
        if any {
            return import::exports(text).map_err(|why| self.not_an_export(why));
        }
        let found = import::uris(text);
        let first = || vec![import::uri(text.lines().next().unwrap_or_default())];
        Ok(if found.is_empty() { first() } else { found })
    }

    fn found_by_pam_oath(
        &self,
        site: &Context,
        path: &Path,
        line: Option<&str>,
    ) -> Result<Vec<(String, Found)>, ExitError> {
        let text = import::private_file(path).map_err(|error| self.unreadable(&path.display(), &error))?;
        let mut all = import::oath(&text, system_clock());
        if self.cli.user.is_some() {
            let user = site.account.name.as_str();
            all.retain(|found| found.user.as_deref() == Some(user));
        }
        if let Some(line) = line {
            self.need_user()?;
            all.retain(|found| found.line.is_some_and(|number| number.to_string() == line));
        }
        let all = import::one_of_each_user(all).into_iter();
        Ok(all.map(|found| (found.user.clone().unwrap_or_default(), found)).collect())
    }

    fn found_by_google_authenticator(
        &self,
        site: &Context,
        path: Option<&Path>,
        all: bool,
    ) -> Result<Vec<(String, Found)>, ExitError> {
        if all {
            let everybody = self.with_old_files(path)?;
            return Ok(everybody.iter().filter_map(|account| google_of(account, path)).collect());
        }
        self.need_user()?;
        let file = google_file(&site.account, path);
        let text = read_google(&file, &site.account, path.is_some());
        let text = text.map_err(|error| self.unreadable(&file.display(), &error))?;
        Ok(vec![(site.account.name.to_string(), import::google(&text, system_clock()))])
    }

    /// Whoever may have such a file, also those whom a directory does not list: by their homes, or by the names of the files.
    fn with_old_files(&self, path: Option<&Path>) -> Result<Vec<Account>, ExitError> {
        let failed = |error| {
            (
                Status::Unusable,
                Some(
                    self.messages.error(self.messages.end_user_database(self.messages.system_error(&error))),
                ),
            )
        };
        let mut accounts = users::with_homes().map_err(failed)?;
        let template = path.and_then(Path::to_str).map(|path| path.replace("${USER}", "%u"));
        let template = template.and_then(|path| Template::parse(&path).ok());
        let listing = template.and_then(|template| stored::list(&template));
        accounts.extend(listing.unwrap_or_default().accounts);
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        accounts.dedup_by(|one, other| one.name == other.name);
        Ok(accounts)
    }

    fn unreadable(&self, from: &dyn Display, error: &std::io::Error) -> ExitError {
        let why = match error.kind() {
            ErrorKind::InvalidData => self.messages.import_not_text(),
            ErrorKind::UnexpectedEof => self.messages.import_empty(),
            _ => self.messages.system_error(error),
        };
        (Status::Usage, Some(self.messages.error(self.messages.import_input(from, why))))
    }

    /// The same, of an app's export: what is no text is one that is encrypted.
    fn no_export(&self, from: &dyn Display, error: &std::io::Error) -> ExitError {
        match error.kind() {
            ErrorKind::InvalidData => {
                let binary = error.get_ref().and_then(|inner| inner.downcast_ref::<Binary>());
                let text = match binary.copied().unwrap_or(Binary::Other) {
                    Binary::FreeOtp => self.messages.import_free_otp(from),
                    Binary::KeePass => self.messages.import_keepass(from),
                    Binary::Encrypted(program) => self.messages.import_encrypted(program),
                    Binary::Archive => self.messages.import_archive(from),
                    Binary::Picture => self.messages.import_picture(from),
                    Binary::Database => self.messages.import_database(from),
                    Binary::Other => self.messages.import_binary(from),
                };
                (Status::Refused, Some(self.messages.error(text)))
            }
            _ => self.unreadable(from, error),
        }
    }

    fn not_an_export(&self, why: Unreadable) -> ExitError {
        let text = match why {
            Unreadable::Encrypted(program) => self.messages.import_encrypted(program),
            Unreadable::Closed(program) => self.messages.import_closed(program),
            Unreadable::Xml { keepass: true } => self.messages.import_xml(),
            Unreadable::Xml { keepass: false } => self.messages.import_other_xml(),
            Unreadable::Form => self.messages.import_unknown_form(),
        };
        (Status::Refused, Some(self.messages.error(text)))
    }

    /// The one entry of an export that is meant: by its account, by issuer and account, or by its number.
    fn choose(&self, entries: Vec<Found>, wanted: Option<&str>) -> Result<Found, ExitError> {
        let listed: Vec<_> = entries.iter().zip(1..).map(|(found, number)| listed(found, number)).collect();
        let is_named = |found: &Found| match (wanted, &found.names) {
            (None, _) => true,
            (Some(wanted), Some((issuer, account))) => {
                wanted == account || wanted == format!("{issuer}:{account}")
            }
            (Some(_), None) => false,
        };
        // A number is one only where it is nobody's name.
        let number: Option<usize> = match wanted {
            Some(wanted) if !entries.iter().any(is_named) => wanted.parse().ok(),
            _ => None,
        };
        let is_meant = |(found, position): &(Found, usize)| {
            number.map_or_else(|| is_named(found), |number| *position == number)
        };
        let mut meant: Vec<_> = entries.into_iter().zip(1..).filter(is_meant).collect();
        match (meant.pop(), meant.is_empty()) {
            (Some((found, _)), true) => Ok(found),
            _ => {
                Err((Status::Usage, Some(self.messages.error(self.messages.import_which(listed.join(", "))))))
            }
        }
    }

    /// What keeps equal scratch codes of two people from having equal hashes.
    pub(super) fn salt(&self) -> Result<Salt, ExitError> {
        let mut salt = Salt::default();
        getrandom::fill(&mut salt.0).map_err(|error| {
            (Status::Unusable, Some(self.messages.error(self.messages.end_no_random(error))))
        })?;
        Ok(salt)
    }

    fn import_entry(
        &self,
        site: &Context,
        (user, account): (&str, Option<Account>),
        found: Found,
        file: &dyn Fn(&Context) -> SecretFile,
        (rules, salt): (Rules, Salt),
    ) -> Outcome {
        let not_taken = |user: String, (what, status): (String, Status)| Outcome {
            user,
            taken: false,
            what,
            left_out: vec![],
            scratch: 0,
            status,
        };
        let Some(account) = account else {
            return not_taken(
                self.nobody(user, found.line),
                (self.messages.import_no_user(), Status::Refused),
            );
        };
        let site = site.of(account);
        let user = site.account.name.to_string();
        let names = |key: &_| Self::names(&site).entry(key, Symbol::fits);
        let caller = Caller::of_this_process();
        let imported = match site.fleet() {
            Some(client) => import::import_entry(&client, found, names, rules, salt, &caller.reporter(&user)),
            None => {
                let file = file(&site);
                let service = site.service(&file, &system_clock);
                import::import_entry(&service, found, names, rules, salt, &caller.reporter(&user))
            }
        };
        // What the store was not asked for has no report yet.
        if let (Err(ImportError::Unusable(_) | ImportError::Uncommon(_) | ImportError::Short), false) =
            (&imported, rules.dry_run)
        {
            caller.report(&user, &Event::refused("import", "unusable"));
        }
        match imported {
            Ok(Imported { entry: AppEntry { issuer, account, .. }, scratch, left_out }) => {
                let (issuer, account) = (sanitize::unsecret(&issuer), sanitize::unsecret(&account));
                let what = if rules.dry_run {
                    self.messages.import_would(issuer, account)
                } else {
                    self.messages.import_taken(issuer, account)
                };
                let what = if scratch > 0 { self.messages.import_with_scratch(what, scratch) } else { what };
                let left_out = left_out.iter().map(|what| self.left_out(*what)).collect();
                Outcome { user, taken: true, what, left_out, scratch, status: Status::Done }
            }
            Err(why) => not_taken(user, self.import_error(why)),
        }
    }

    /// A name that is nobody's. In a line that is not in order, a secret may stand in its place.
    fn nobody(&self, user: &str, line: Option<usize>) -> String {
        match line {
            Some(line) if user.is_empty() || is_secret_like(user) => self.messages.import_line(line),
            _ => sanitize::name(user).into_owned(),
        }
    }

    fn left_out(&self, what: LeftOut) -> String {
        match what {
            LeftOut::ScratchCodes(count) => self.messages.import_without_scratch(count),
            LeftOut::SitePolicy => self.messages.import_without_policy(),
            LeftOut::Pin => self.messages.import_without_pin(),
            LeftOut::Drift => self.messages.import_without_drift(),
            LeftOut::Parameter(name) => self.messages.import_without_parameter(name),
            LeftOut::UnknownParameters(count) => self.messages.import_without_unknown(count),
            LeftOut::ShortSecret => self.messages.import_short_taken(),
        }
    }

    fn import_error(&self, why: ImportError) -> (String, Status) {
        let messages = &self.messages;
        let text = match why {
            ImportError::Exists => return (messages.import_exists(), Status::Exists),
            ImportError::Store(error) => {
                return (messages.import_secret(messages.store_error(error)), Status::Unusable);
            }
            ImportError::Short => messages.import_short(),
            ImportError::Unusable(Unusable::Counter) => messages.import_counter(),
            ImportError::Unusable(entry @ Unusable::Secret(why)) => {
                messages.import_secret(messages.unusable_entry(entry, why))
            }
            ImportError::Unusable(entry @ Unusable::Parameter(why)) => {
                messages.import_secret(messages.unusable_entry(entry, why))
            }
            ImportError::Unusable(entry @ Unusable::Uri(why)) => {
                messages.import_secret(messages.unusable_entry(entry, why))
            }
            ImportError::Unusable(Unusable::Form) => messages.import_form(),
            ImportError::Unusable(Unusable::OtherLine(line)) => messages.import_other_line(line),
            ImportError::Uncommon(key) => {
                let (algorithm, digits, period) = parameters(&key);
                messages.import_uncommon(algorithm, digits, period)
            }
        };
        (text, Status::Refused)
    }
}

/// An entry in a list to choose from.
fn listed(found: &Found, number: usize) -> String {
    match &found.names {
        Some((issuer, account)) => {
            format!("{number} ({}:{})", sanitize::unsecret(issuer), sanitize::unsecret(account))
        }
        None => number.to_string(),
    }
}

/// Where google-authenticator keeps a user's secret: in the home, or where its option `secret=` says.
fn google_file(account: &Account, path: Option<&Path>) -> PathBuf {
    match path.and_then(Path::to_str) {
        Some(path) => {
            let user = account.name.as_str();
            let home = account.home.to_string_lossy();
            let placeholders = [("${USER}", user), ("%u", user), ("${HOME}", &home), ("%h", &home)];
            PathBuf::from(
                placeholders.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value)),
            )
        }
        None => path.map_or_else(|| account.home.join(".google_authenticator"), Path::to_owned),
    }
}

/// A file that root named is read whosever it is; one in a home has to be its user's.
fn read_google(file: &Path, account: &Account, named: bool) -> std::io::Result<Zeroizing<String>> {
    if named && !file.starts_with(&account.home) {
        import::private_file(file)
    } else {
        import::own_file(file, account)
    }
}

/// What a user has of google-authenticator; nothing where there is no such file.
fn google_of(account: &Account, path: Option<&Path>) -> Option<(String, Found)> {
    let file = google_file(account, path);
    file.symlink_metadata().ok()?;
    let found = match read_google(&file, account, path.is_some()) {
        Ok(text) => import::google(&text, system_clock()),
        Err(_) => Found::new(Err(Unusable::Form)),
    };
    Some((account.name.to_string(), found))
}
