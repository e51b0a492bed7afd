//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use insis_otp::config::NewKeys;
use insis_otp::otp::{Algorithm, Digits, InvalidParameter, Period};

use crate::flow::Wish;
use crate::page::Paper;

/// Pairs a phone with your account, and looks after the pairing.
#[derive(Debug, Parser)]
#[command(
    name = "otp-setup",
    version,
    about,
    after_help = "Without a command, otp-setup pairs a phone.\n\n\
                  Exit status: 0 done; 1 refused or declined; 2 wrong usage; 3 there is no pairing; 4 there is one \
                  already;\n5 the store, the configuration or the helper cannot be used; 128+N ended by signal N.\n\
                  Whatever is not 0 has changed nothing. doctor: 0 sound; 1 warnings; 6 problems."
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
    /// As for `pair`
    #[command(flatten)]
    pub pair: PairOptions,
    /// Act for this user (root only)
    #[arg(long, short, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// Use this configuration (for root, and for secret files in homes)
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Ask nothing: codes are read from standard input, a line each; what else is needed has to be said by options
    #[arg(long, global = true)]
    pub batch: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pair a phone: what otp-setup does without a command
    Pair(PairOptions),
    /// Pair another phone instead; takes a code of the present one, or a recovery code
    Replace(PairOptions),
    /// Say what is paired
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Try a code, as a login would; it is used up
    Verify {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make new recovery codes instead of all former ones
    RecoveryCodes,
    /// Learn anew how far the phone's clock is off, from two consecutive codes
    Resync,
    /// Remove the pairing
    Remove {
        /// Do not ask whether it is meant
        #[arg(long, short)]
        yes: bool,
    },
    /// Ask for a code again everywhere, also where this site would not for a while
    Forget,
    /// End a delay after wrong codes, and mend a damaged state (root only)
    Unlock,
    /// List who is paired (root only)
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write completions for a shell to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Look for what would lock people out, or let them in without a code
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Enrol users with secrets that exist already (root only)
    Import(ImportOptions),
    /// Write a user's otpauth URI to standard output: it is the secret (root only)
    Export {
        /// Yes, show the secret
        #[arg(long, required = true)]
        reveal: bool,
    },
}

/// What is imported.
#[derive(Args, Clone, Debug)]
pub struct ImportOptions {
    /// Where the secrets are
    #[command(flatten)]
    pub source: Source,
    /// Which entry of an export to take, by its account
    #[arg(long, value_name = "ACCOUNT", requires = "migration")]
    pub entry: Option<String>,
    /// Of every user with a home
    #[arg(long, requires = "google_authenticator", conflicts_with = "user")]
    pub all: bool,
    /// Also with parameters for which some apps show wrong codes
    #[arg(long)]
    pub force: bool,
    /// Also in the place of a present pairing
    #[arg(long)]
    pub replace: bool,
    /// Change nothing, only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Say it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Where the secrets are.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Source {
    /// An otpauth URI on standard input
    #[arg(long, value_name = "-", value_parser = ["-"])]
    pub uri: Option<String>,
    /// The user's ~/.google_authenticator
    #[arg(long)]
    pub google_authenticator: bool,
    /// A usersfile of pam_oath: of all its users, or of the one that --user names
    #[arg(long, value_name = "FILE")]
    pub pam_oath: Option<PathBuf>,
    /// An export of Google Authenticator (otpauth-migration://) on standard input
    #[arg(long, value_name = "-", value_parser = ["-"])]
    pub migration: Option<String>,
}

/// How a phone is paired.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct PairOptions {
    /// Show the secret as text only, without a QR code
    #[arg(long)]
    pub text: bool,
    /// Draw the QR code with blanks only, for terminals without block letters
    #[arg(long)]
    pub ascii: bool,
    /// Answer yes where the question is yes or no
    #[arg(long, short)]
    pub yes: bool,
    /// Print the page to keep safe, on the default printer
    #[arg(long)]
    pub print: bool,
    /// Save the page to keep safe: .pdf, .png, .svg or .txt
    #[arg(long, value_name = "FILE")]
    pub save: Option<String>,
    /// Hash of the codes, instead of the site's: SHA1, SHA256, SHA512
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    pub algorithm: Option<Algorithm>,
    /// Digits of a code, instead of the site's: 6, 7, 8
    #[arg(long, value_name = "NUMBER", value_parser = digits)]
    pub digits: Option<Digits>,
    /// Seconds of a code, instead of the site's: 5 to 300
    #[arg(long, value_name = "SECONDS", value_parser = period)]
    pub period: Option<Period>,
    /// Also with values of these for which some apps show wrong codes
    #[arg(long)]
    pub force: bool,
    /// Size of the page (default: what is usual where you are)
    #[arg(long, value_enum)]
    pub paper: Option<Paper>,
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
    pub fn wishes(&self) -> Vec<Wish> {
        let print = self.print.then_some(Wish::Print);
        print.into_iter().chain(self.save.clone().map(Wish::Save)).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The manual page, its hyphens unescaped.
    fn manual() -> String {
        include_str!("../../docs/man/otp-setup.1").replace("\\-", "-")
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_is_in_the_manual_page() {
        let manual = manual();
        let root = Cli::command();
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
        let root = Cli::command();
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
            clap_complete::generate(shell, &mut Cli::command(), "otp-setup", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("recovery-codes") && script.contains("google-authenticator"), "{shell}");
        }
    }
}
