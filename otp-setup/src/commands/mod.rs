//! From the command line to the flow of a command, and to its exit status.

mod admin;

use std::io::IsTerminal;

use insis_otp::operations::system_clock;
use nix::sys::resource::{Resource, setrlimit};

use crate::cli::{Cli, Command, PairOptions};
use crate::exit::{self, Failure, Status};
use crate::flow::{Desk, End, Pairing};
use crate::naming::Names;
use crate::output::{Output, complain};
use crate::page::{Desktop, Paper};
use crate::person::Person;
use crate::qr::Drawing;
use crate::report;
use crate::site::{NoSite, Site};
use crate::terminal::{Lines, Screen};
use crate::texts::Texts;

/// Runs a command; whatever is said about its failure goes to standard error.
pub fn run(cli: &Cli) -> Status {
    keep_secrets_in_memory();
    let locale = Texts::locale(|name| std::env::var(name).ok());
    let texts = Texts::of_locale(&locale);
    let setup = Setup { cli, texts, locale };
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
    texts: Texts,
    locale: String,
}

impl Setup<'_> {
    fn run(&self) -> Result<(), Failure> {
        if let Some(Command::Doctor { json }) = self.cli.command {
            // Configuration and account may be what is wrong.
            return self.doctor(json);
        }
        let site = Site::find(self.cli.config.as_deref(), self.cli.user.as_deref())
            .map_err(|why| exit::of_no_site(why, &self.texts))?;
        let pair = &self.cli.pair;
        match &self.cli.command {
            None => self.converse(&site, pair, |desk| desk.pair(&self.pairing(&site, pair))),
            Some(Command::Pair(options)) => {
                self.converse(&site, options, |desk| desk.pair(&self.pairing(&site, options)))
            }
            Some(Command::Replace(options)) => {
                self.converse(&site, options, |desk| desk.replace(&self.pairing(&site, options)))
            }
            Some(Command::Status { json }) => self.status(&site, *json),
            Some(Command::Verify) => self.converse(&site, pair, |desk| desk.verify()),
            Some(Command::RecoveryCodes) => self.converse(&site, pair, |desk| desk.renew_recovery_codes()),
            Some(Command::Resync) => self.converse(&site, pair, |desk| desk.resynchronise()),
            Some(Command::Remove { yes }) => {
                let options = PairOptions { yes: *yes, ..PairOptions::default() };
                self.converse(&site, &options, |desk| desk.remove())
            }
            Some(Command::Doctor { json }) => self.doctor(*json),
            Some(Command::Unlock) => self.unlock(&site),
            Some(Command::List { json }) => self.list(&site, *json),
            Some(Command::Import(options)) => self.import(&site, options),
            Some(Command::Export { .. }) => self.export(&site),
        }
    }

    /// Holds a conversation, with the terminal put right at its end before anything is said about a failure.
    fn converse(
        &self,
        site: &Site,
        options: &PairOptions,
        talk: impl FnOnce(&mut Desk<'_>) -> Result<(), End>,
    ) -> Result<(), Failure> {
        let mut person = self.person(options)?;
        let keeper = site.keeper(&system_clock);
        let user = site.account.name.to_string();
        let outcome = talk(&mut Desk {
            person: &mut *person,
            keeper: &*keeper,
            pages: &Desktop { paper: self.paper(options) },
            page_made: false,
            texts: self.texts,
            clock: &system_clock,
            random: &mut |bytes| getrandom::fill(bytes).map_err(|error| error.to_string()),
            user: user.clone(),
            yes: options.yes,
        });
        drop(person);
        outcome.map_err(|end| exit::of_end(end, &self.texts, &user))
    }

    /// The terminal, or standard input and output.
    fn person(&self, options: &PairOptions) -> Result<Box<dyn Person>, Failure> {
        let term = std::env::var("TERM").unwrap_or_default();
        let drawing = self.drawing(options, &term);
        let on_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let failed = |error: nix::Error| (Status::Unusable, Some(self.texts.error(error.desc())));
        if on_terminal && !matches!(term.as_str(), "" | "dumb") {
            return Ok(Box::new(Screen::enter(&term, drawing, &system_clock).map_err(failed)?));
        }
        let seen = std::io::stdout().is_terminal();
        let clear_it = seen.then(|| self.texts.clear_it_yourself());
        Ok(Box::new(Lines::begin(seen.then_some(drawing), clear_it, &system_clock).map_err(failed)?))
    }

    /// How QR codes are drawn here: locales that name another encoding than UTF-8 get plain ASCII.
    fn drawing(&self, options: &PairOptions, term: &str) -> Drawing {
        let encoding = self.locale.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
        let utf8 =
            encoding.is_none_or(|encoding| encoding.starts_with("utf-8") || encoding.starts_with("utf8"));
        match () {
            () if options.ascii || !utf8 => Drawing::Ascii,
            () if term.contains("256color") || std::env::var_os("COLORTERM").is_some() => Drawing::Blocks256,
            () => Drawing::Blocks16,
        }
    }

    /// The paper for pages: what was said, or what is usual here.
    fn paper(&self, options: &PairOptions) -> Paper {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let usual = || variable("LC_ALL").or_else(|| variable("LC_PAPER")).or_else(|| variable("LANG"));
        options.paper.unwrap_or_else(|| Paper::of_locale(&usual().unwrap_or_default()))
    }

    fn names(site: &Site) -> Names {
        let host = nix::unistd::gethostname();
        Names {
            user: site.account.name.to_string(),
            host: host.map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned()),
            issuer: site.config.issuer.clone(),
        }
    }

    fn pairing(&self, site: &Site, options: &PairOptions) -> Pairing {
        Pairing {
            names: Self::names(site),
            new_keys: site.config.new_keys,
            qr: !options.text,
            wishes: options.wishes(),
            prompt: site.config.prompt.clone(),
            date: crate::dates::said,
        }
    }

    fn status(&self, site: &Site, json: bool) -> Result<(), Failure> {
        let user = site.account.name.as_str();
        let status = site.keeper(&system_clock).status();
        let status = status.map_err(|trouble| exit::of_end(trouble.into(), &self.texts, user))?;
        let mut output = Output::default();
        if json {
            let facts = serde_json::to_string_pretty(&report::Facts::new(user, status.as_ref()));
            output.line(&facts.unwrap_or_default());
        } else {
            report::text(&self.texts, user, status.as_ref()).iter().for_each(|line| output.line(line));
        }
        self.written(output)?;
        if status.is_some() { Ok(()) } else { Err((Status::NotPaired, None)) }
    }

    fn only_root(&self, site: &Site) -> Result<(), Failure> {
        if site.as_root { Ok(()) } else { Err(exit::of_no_site(NoSite::OnlyRoot, &self.texts)) }
    }

    fn tell(&self, text: &str) -> Result<(), Failure> {
        let mut output = Output::default();
        output.line(text);
        self.written(output)
    }

    fn written(&self, output: Output) -> Result<(), Failure> {
        match output.failure() {
            None => Ok(()),
            Some(error) => Err((Status::Unusable, Some(self.texts.error(self.texts.cannot_write(error))))),
        }
    }
}
