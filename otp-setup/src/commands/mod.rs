//! What commands there are, and the way from each to what it does, and to its exit status.

mod admin;
mod bypass;
mod helpdesk;
mod import;
mod invite;
mod link;
mod list;
mod mail;
mod migrate;
mod options;
mod own_link;
mod roster;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use insis_otp::naming::Names;
use insis_otp::oath::Parameters;
use insis_otp::oath::Seconds;
use insis_otp::service::{Request, system_clock};
use insis_otp::verify::Verdict;
use nix::sys::resource::{Resource, setrlimit};

use crate::apps;
use crate::cli;
use crate::context::{Context, ContextError};
use crate::exit::{self, ExitError, Status};
use crate::messages::{Messages, is_utf8};
use crate::output::{Output, complain};
use crate::page::{Desktop, Paper};
use crate::qr::Drawing;
use crate::report;
use crate::sanitize;
use crate::session::{EnrollmentOptions, Session, SessionError};
use crate::terminal::{AfterSecrets, Lines, Screen};
use crate::ui::Ui;

use self::admin::DoctorOptions;
use self::bypass::BypassOptions;
use self::helpdesk::HelpdeskAct;
use self::import::ImportOptions;
use self::migrate::MigrateOptions;
use self::options::{EnrollOptions, RecoveryOptions};
use self::roster::RosterOptions;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "otp-setup", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub enroll: EnrollOptions,
    #[arg(long, short, global = true)]
    pub user: Option<String>,
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    #[arg(long, global = true)]
    pub batch: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Pair(EnrollOptions),
    Replace(EnrollOptions),
    Status {
        #[arg(long)]
        json: bool,
    },
    Verify {
        #[arg(long)]
        json: bool,
    },
    RecoveryCodes(RecoveryOptions),
    Resync,
    Remove {
        #[arg(long, short)]
        yes: bool,
    },
    Forget,
    Unlock,
    Invite {
        #[arg(long, value_parser = invite::validity, default_value = "7d", hide_default_value = true)]
        valid: Seconds,
        #[arg(long)]
        print: bool,
    },
    Bypass(BypassOptions),
    Helpdesk {
        #[command(subcommand)]
        act: HelpdeskAct,
    },
    Link {
        #[arg(long)]
        subject: Option<String>,
        #[arg(long, conflicts_with = "subject")]
        import: Option<PathBuf>,
    },
    Unlink,
    IdpTest,
    List {
        #[arg(long)]
        json: bool,
    },
    Report(RosterOptions),
    Mail,
    Completions {
        shell: clap_complete::Shell,
    },
    Doctor(DoctorOptions),
    Move {
        old: String,
        new: String,
    },
    Migrate(MigrateOptions),
    Import(ImportOptions),
    Export {
        #[arg(long, required = true)]
        reveal: bool,
    },
}

/// Whether it is a serial line or less, by the terminal's type, and nothing says that letters of UTF-8 come out of it.
fn is_line(term: &str, locale: &str) -> bool {
    let is_known = matches!(term, "" | "dumb") || term.starts_with("vt");
    is_known && !locale.contains('.')
}

/// Runs a command; whatever is said about its failure goes to standard error.
pub fn run(cli: &Cli, messages: Messages, locale: String) -> Status {
    keep_secrets_in_memory();
    let setup = Setup { cli, messages, locale };
    match setup.run() {
        Ok(()) => Status::Done,
        Err((status, text)) => {
            if let Some(text) = text {
                complain(&text);
            }
            status
        }
    }
}

/// No core dump, and no look into this process by others of the same user.
fn keep_secrets_in_memory() {
    // Neither can fail but on a kernel that knows neither; then there is nothing else to do.
    let _ = nix::sys::prctl::set_dumpable(false);
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
}

/// One run of the program.
struct Setup<'a> {
    cli: &'a Cli,
    messages: Messages,
    locale: String,
}

impl Setup<'_> {
    fn run(&self) -> Result<(), ExitError> {
        if self.cli.command.is_some() && self.cli.enroll != EnrollOptions::default() {
            // They would be ignored, and nobody would notice.
            return Err((Status::Usage, Some(self.messages.error(self.messages.end_options()))));
        }
        match self.cli.command {
            // Configuration and account may be what is wrong.
            Some(Command::Doctor(form)) => return self.doctor(form),
            Some(Command::Completions { shell }) => return self.completions(shell),
            Some(Command::Helpdesk { act }) => self.helpdesk_can_begin(act)?,
            _ => {}
        }
        let site = match Context::find(self.cli.config.as_deref(), self.cli.user.as_deref()) {
            // A link may be left of somebody who is gone.
            Err(ContextError::NoSuchUser(_)) if matches!(self.cli.command, Some(Command::Unlink)) => {
                return self.unlink_unknown();
            }
            found => found.map_err(|why| exit::of_context(why, &self.messages))?,
        };
        self.command(&site).map_err(|end| self.with_contact(&site, end))
    }

    /// A failure with whom to ask for help, where the site says so and it is not root who reads it.
    fn with_contact(&self, site: &Context, (status, text): ExitError) -> ExitError {
        let contact = site.config.contact.as_ref().filter(|_| status.calls_for_help() && !site.as_root);
        let Some(contact) = contact.map(|contact| self.messages.contact(contact)) else {
            return (status, text);
        };
        (status, Some(text.map_or_else(|| contact.clone(), |text| format!("{text}\n{contact}"))))
    }

    fn command(&self, site: &Context) -> Result<(), ExitError> {
        let (enroll, user) = (&self.cli.enroll, site.account.name.as_str());
        match &self.cli.command {
            None => self.enroll(site, enroll),
            Some(Command::Pair(options)) => self.enroll(site, options),
            Some(Command::Replace(options)) => self.replace(site, options),
            Some(Command::Status { json }) => self.status(site, *json),
            Some(Command::Verify { json: false }) => self.converse(site, enroll, |session| session.verify()),
            Some(Command::Verify { json: true }) => self.verify_as_json(site),
            Some(Command::RecoveryCodes(options)) => {
                let options = options.as_enrollment();
                let (host, date) = (Self::names(site).host, crate::dates::local(system_clock()));
                self.converse(site, &options, |session| {
                    session.renew_recovery_codes(&host, &date, &options.page_actions())
                })
            }
            Some(Command::Resync) => self.converse(site, enroll, |session| session.resync()),
            Some(Command::Remove { yes }) => {
                let options = EnrollOptions { yes: *yes, ..EnrollOptions::default() };
                self.converse(site, &options, |session| session.remove())
            }
            Some(Command::Doctor(_) | Command::Completions { .. }) => Ok(()),
            Some(Command::Forget) => self.change(site, &Request::Forget, &self.messages.forgotten(user)),
            Some(Command::Unlock) => self.unlock(site),
            Some(Command::Invite { valid, print }) => self.invite(site, *valid, *print),
            Some(Command::Bypass(options)) => self.bypass(site, *options),
            Some(Command::Helpdesk { act }) => self.helpdesk(site, *act),
            Some(Command::Link { import: Some(path), .. }) => self.link_all(site, path),
            Some(Command::Link { subject, .. }) => self.link(site, subject.as_deref()),
            Some(Command::Unlink) => self.unlink(site),
            Some(Command::IdpTest) => self.test_provider(site),
            Some(Command::List { json }) => self.list(site, *json),
            Some(Command::Report(options)) => self.roster(site, options),
            Some(Command::Mail) => self.mail(site),
            Some(Command::Move { old, new }) => self.rename(site, old, new),
            Some(Command::Migrate(options)) => self.migrate(site, options),
            Some(Command::Import(options)) => self.import(site, options),
            Some(Command::Export { .. }) => self.export(site),
        }
    }

    /// Has something done that needs no conversation, and says that it is.
    fn change(&self, site: &Context, request: &Request, done: &str) -> Result<(), ExitError> {
        let changed = site.backend(&system_clock).change(request);
        changed
            .map_err(|error| exit::of_session(error.into(), &self.messages, site.account.name.as_str()))?;
        self.tell(done)
    }

    fn enroll(&self, site: &Context, options: &EnrollOptions) -> Result<(), ExitError> {
        let settings = self.enrollment_options(site, options)?;
        self.converse(site, options, |session| session.enroll(&settings))
    }

    fn replace(&self, site: &Context, options: &EnrollOptions) -> Result<(), ExitError> {
        let settings = self.enrollment_options(site, options)?;
        self.converse(site, options, |session| session.replace(&settings))
    }

    /// Holds a conversation, with the terminal put right at its end before anything is said about a failure.
    fn converse(
        &self,
        site: &Context,
        options: &EnrollOptions,
        talk: impl FnOnce(&mut Session<'_>) -> Result<(), SessionError>,
    ) -> Result<(), ExitError> {
        let mut ui = self.ui(options)?;
        let backend = site.backend(&system_clock);
        let user = site.account.name.to_string();
        let outcome = talk(&mut Session {
            ui: &mut *ui,
            backend: &backend,
            pages: &Desktop { paper: self.paper(options) },
            page_made: false,
            messages: self.messages,
            clock: &system_clock,
            random: &mut |bytes| getrandom::fill(bytes).map_err(|error| error.to_string()),
            user: user.clone(),
            contact: site.config.contact.clone(),
            yes: options.yes,
            batch: self.cli.batch,
        });
        let output_error = ui.output_error();
        drop(ui);
        match output_error {
            Some(error) => Err((
                Status::Unusable,
                Some(self.messages.error(self.messages.not_shown(self.messages.system_error(&error)))),
            )),
            None => outcome.map_err(|end| exit::of_session(end, &self.messages, &user)),
        }
    }

    /// The terminal, or standard input and output.
    fn ui(&self, options: &EnrollOptions) -> Result<Box<dyn Ui>, ExitError> {
        let term = std::env::var("TERM").unwrap_or_default();
        let drawing = self.drawing(options, &term);
        let on_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let failed =
            |error: nix::Error| (Status::Unusable, Some(self.messages.error(self.messages.errno(error))));
        let moves = on_terminal && !matches!(term.as_str(), "" | "dumb");
        // A screen reader reads line by line: what moves would be read again and again.
        if moves && !options.text && !self.is_silent() {
            return Ok(Box::new(Screen::enter(&term, drawing, &system_clock).map_err(failed)?));
        }
        let seen = std::io::stdout().is_terminal();
        let after_secrets = match (moves, seen) {
            (true, _) => AfterSecrets::Wipe,
            (false, true) => AfterSecrets::Say(self.messages.clear_it_yourself()),
            (false, false) => AfterSecrets::Nothing,
        };
        let lines = Lines::begin(seen.then_some(drawing), after_secrets, &system_clock).map_err(failed)?;
        Ok(Box::new(if self.is_silent() { lines.without_questions() } else { lines }))
    }

    /// Whether standard output is for a program, so that no question belongs there.
    fn is_silent(&self) -> bool {
        self.cli.batch || matches!(self.cli.command, Some(Command::Verify { json: true }))
    }

    /// How QR codes are drawn here: locales that name another encoding than UTF-8 get plain ASCII.
    fn drawing(&self, options: &EnrollOptions, term: &str) -> Drawing {
        match () {
            () if options.ascii || !is_utf8(&self.locale) || is_line(term, &self.locale) => Drawing::Ascii,
            () if term.contains("256color") || std::env::var_os("COLORTERM").is_some() => Drawing::Blocks256,
            () => Drawing::Blocks16,
        }
    }

    /// The paper for pages: what was said, or what is usual here.
    fn paper(&self, options: &EnrollOptions) -> Paper {
        options.paper.unwrap_or_else(|| self.usual_paper())
    }

    /// What is usual here.
    fn usual_paper(&self) -> Paper {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let usual = variable("LC_ALL").or_else(|| variable("LC_PAPER")).or_else(|| variable("LANG"));
        Paper::of_locale(&usual.unwrap_or_default())
    }

    fn names(site: &Context) -> Names {
        let host = nix::unistd::gethostname();
        Names {
            user: site.account.name.to_string(),
            host: host.map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned()),
            issuer: site.config.issuer.clone(),
        }
    }

    /// How a phone is to be enrolled. What the site decided is taken as it is; who wants something else has to mean it.
    fn enrollment_options(
        &self,
        site: &Context,
        options: &EnrollOptions,
    ) -> Result<EnrollmentOptions, ExitError> {
        let new_keys = options.new_keys(site.config.new_keys);
        let Parameters { algorithm, digits, period } = new_keys;
        let failing = apps::that_fail(algorithm, digits, period);
        if new_keys != site.config.new_keys && !failing.is_empty() && !options.force {
            let (name, count, seconds) = (algorithm.name(), digits.count(), period.seconds());
            let text = self.messages.enroll_needs_force(name, count, seconds, failing.join(", "));
            return Err((Status::Usage, Some(self.messages.error(text))));
        }
        Ok(EnrollmentOptions {
            names: Self::names(site),
            new_keys,
            qr: !options.text,
            force: options.force,
            instead_of: self.sudo_caller(site),
            page_actions: options.page_actions(),
            prompt: site.config.prompt.clone(),
            date: crate::dates::local,
        })
    }

    /// Who became root by sudo, without saying whom to enroll.
    fn sudo_caller(&self, site: &Context) -> Option<String> {
        let caller = std::env::var("SUDO_USER").ok().filter(|_| site.as_root && self.cli.user.is_none())?;
        (!caller.is_empty() && caller != site.account.name.as_str())
            .then(|| sanitize::name(&caller).into_owned())
    }

    fn verify_as_json(&self, site: &Context) -> Result<(), ExitError> {
        let mut details = None;
        let outcome = self.converse(site, &self.cli.enroll, |session| {
            let verdict = session.try_code()?;
            details = Some(report::VerdictDetails::new(&verdict));
            if matches!(verdict, Verdict::Accepted(_)) { Ok(()) } else { Err(SessionError::Refused) }
        });
        if let Some(details) = details {
            let mut output = Output::default();
            output.json(&details);
            self.written(output)?;
        }
        outcome
    }

    fn completions(&self, shell: clap_complete::Shell) -> Result<(), ExitError> {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli::for_completions::<Cli>(), "otp-setup", &mut script);
        let mut output = Output::default();
        output.write(&String::from_utf8_lossy(&script));
        self.written(output)
    }

    fn status(&self, site: &Context, json: bool) -> Result<(), ExitError> {
        let user = site.account.name.as_str();
        let status = site.backend(&system_clock).status();
        let mut status = status.map_err(|error| exit::of_look(error, &self.messages, user))?;
        if let Some(status) = &mut status {
            // What counts is the present setting, not the one at the time of the login.
            let (length, now) = (site.config.remember, system_clock());
            status.remembered.retain(|since| since.until(now) < length && *since <= now);
        }
        let mut output = Output::default();
        if json {
            output.json(&report::UserDetails::new(user, status.as_ref(), self.is_linked(site)));
        } else {
            report::text(&self.messages, user, status.as_ref()).iter().for_each(|line| output.line(line));
            self.link_line(site).iter().for_each(|line| output.line(line));
        }
        self.written(output)?;
        if status.is_some() { Ok(()) } else { Err((Status::NotEnrolled, None)) }
    }

    fn only_root(&self, site: &Context) -> Result<(), ExitError> {
        if site.as_root { Ok(()) } else { Err(exit::of_context(ContextError::OnlyRoot, &self.messages)) }
    }

    fn tell(&self, text: &str) -> Result<(), ExitError> {
        let mut output = Output::default();
        output.sentences(text);
        self.written(output)
    }

    fn written(&self, output: Output) -> Result<(), ExitError> {
        match output.failure() {
            None => Ok(()),
            Some(error) => Err((
                Status::Unusable,
                Some(self.messages.error(self.messages.cannot_write(self.messages.system_error(&error)))),
            )),
        }
    }
}
