//! The command line: what there is. What is said of it stands in the catalogues, as `about_…` for each command, `help_…` for
//! each argument and `value_…` for what an argument takes.

mod help;
mod wrong;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, FromArgMatches, Parser, Subcommand};
use insis_otp::config::{NewKeys, duration};
use insis_otp::oath::{Algorithm, Digits, InvalidParameter, Period, Seconds};
use insis_otp::store::InvitationFile;

use crate::messages::Messages;
use crate::page::Paper;
use crate::session::PageAction;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "otp-setup", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub pair: PairOptions,
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
    Pair(PairOptions),
    Replace(PairOptions),
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
        #[arg(long, value_parser = validity, default_value = "7d", hide_default_value = true)]
        valid: Seconds,
        #[arg(long)]
        print: bool,
    },
    List {
        #[arg(long)]
        json: bool,
    },
    Completions {
        shell: clap_complete::Shell,
    },
    Doctor {
        #[arg(long)]
        json: bool,
    },
    Move {
        old: String,
        new: String,
    },
    Import(ImportOptions),
    Export {
        #[arg(long, required = true)]
        reveal: bool,
    },
}

/// What is done with new recovery codes.
#[derive(Args, Clone, Debug)]
pub struct RecoveryOptions {
    #[arg(long)]
    pub text: bool,
    #[arg(long, short)]
    pub yes: bool,
    #[arg(long)]
    pub print: bool,
    #[arg(long)]
    pub save: Option<String>,
    #[arg(long, value_enum)]
    pub paper: Option<Paper>,
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

/// How a phone is paired.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct PairOptions {
    #[arg(long)]
    pub text: bool,
    #[arg(long)]
    pub ascii: bool,
    #[arg(long, short)]
    pub yes: bool,
    #[arg(long)]
    pub print: bool,
    #[arg(long)]
    pub save: Option<String>,
    #[arg(long, value_parser = algorithm)]
    pub algorithm: Option<Algorithm>,
    #[arg(long, value_parser = digits)]
    pub digits: Option<Digits>,
    #[arg(long, value_parser = period)]
    pub period: Option<Period>,
    #[arg(long)]
    pub force: bool,
    #[arg(long, value_enum)]
    pub paper: Option<Paper>,
}

/// The command line that was given, or what is to be said instead: to standard output or to standard error, as
/// [`clap::Error::use_stderr`] says.
pub fn parse(arguments: impl IntoIterator<Item = OsString>, messages: &Messages) -> Result<Cli, Answer> {
    let mut command = help::command(messages);
    let arguments: Vec<_> = arguments.into_iter().collect();
    let matches = command.try_get_matches_from_mut(&arguments);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        if error.use_stderr() {
            Answer::Wrong(wrong::say(&error, &arguments, &command, messages))
        } else {
            Answer::Help(error)
        }
    })
}

/// What is said in place of doing something.
#[derive(Debug)]
pub enum Answer {
    /// The help or the version, which was asked for.
    Help(clap::Error),
    /// What is wrong with the command line.
    Wrong(String),
}

/// The commands and arguments for scripts of completions, in English: they are installed for everybody.
pub fn for_completions() -> clap::Command {
    help::command(&Messages::of_locale("en"))
}

fn validity(text: &str) -> Result<Seconds, &'static str> {
    let valid = duration(text).filter(|valid| (3600..=InvitationFile::LONGEST_VALIDITY.0).contains(&valid.0));
    valid.ok_or("is a time between 1h and 90d")
}

fn algorithm(text: &str) -> Result<Algorithm, InvalidParameter> {
    text.parse()
}

fn digits(text: &str) -> Result<Digits, InvalidParameter> {
    Digits::try_from(text.parse::<u64>().unwrap_or(0))
}

fn period(text: &str) -> Result<Period, InvalidParameter> {
    Period::try_from(text.parse::<u64>().unwrap_or(0))
}

impl RecoveryOptions {
    /// The same, as options of pairing.
    pub fn as_pairing(&self) -> PairOptions {
        let Self { text, yes, print, save, paper } = self.clone();
        PairOptions { text, yes, print, save, paper, ..PairOptions::default() }
    }
}

impl PairOptions {
    /// The parameters of the new pairing: the site's, or what was said.
    pub fn new_keys(&self, site: NewKeys) -> NewKeys {
        NewKeys {
            algorithm: self.algorithm.unwrap_or(site.algorithm),
            digits: self.digits.unwrap_or(site.digits),
            period: self.period.unwrap_or(site.period),
        }
    }

    /// What is to be done with the page.
    pub fn page_actions(&self) -> Vec<PageAction> {
        let print = self.print.then_some(PageAction::Print);
        print.into_iter().chain(self.save.clone().map(PageAction::Save)).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The manual page, its hyphens unescaped.
    fn manual() -> String {
        include_str!("../../../docs/man/otp-setup.1").replace("\\-", "-")
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_shortest_form_of_each_command_is_taken() {
        let taken = |words: &[&str]| {
            let arguments = std::iter::once("otp-setup").chain(words.iter().copied()).map(OsString::from);
            parse(arguments, &Messages::of_locale("cs")).is_ok()
        };
        for command in
            ["pair", "status", "recovery-codes", "remove -y", "completions bash", "export --reveal"]
        {
            assert!(taken(&command.split(' ').collect::<Vec<_>>()), "{command}");
        }
        assert!(taken(&[]) && taken(&["-u", "anna", "import", "--uri", "-", "--json"]));
        assert!(taken(&["import", "--user", "anna", "--migration", "-", "--entry", "b", "--batch"]));
    }

    #[test]
    fn every_command_and_option_is_in_the_manual_page() {
        let manual = manual();
        let root = for_completions();
        let commands: Vec<_> = root.get_subcommands().collect();
        for command in &commands {
            let name = command.get_name();
            let stands =
                [format!(".B {name}\n"), format!(".BI {name} ")].iter().any(|line| manual.contains(line));
            assert!(name == "help" || stands, "{name} is not in otp-setup.1");
        }
        let options = std::iter::once(&root).chain(commands).flat_map(|command| command.get_arguments());
        for option in options.filter_map(|option| option.get_long()) {
            assert!(manual.contains(&format!("--{option}")), "--{option} is not in otp-setup.1");
        }
    }

    #[test]
    fn the_manual_page_knows_no_other_option() {
        let root = for_completions();
        let known: Vec<_> = std::iter::once(&root)
            .chain(root.get_subcommands())
            .flat_map(|command| command.get_arguments())
            .filter_map(|option| option.get_long())
            .chain(["help", "version"])
            .collect();
        for word in manual().split("--").skip(1) {
            let end =
                word.find(|letter: char| !letter.is_ascii_lowercase() && letter != '-').unwrap_or(word.len());
            assert!(known.contains(&&word[..end]), "otp-setup.1 has --{}", &word[..end]);
        }
    }

    #[test]
    fn completions_are_written_for_each_shell() {
        use clap_complete::Shell;
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut for_completions(), "otp-setup", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("recovery-codes") && script.contains("google-authenticator"), "{shell}");
        }
    }
}
