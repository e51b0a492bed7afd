//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Pairs a phone with your account, and looks after the pairing.
#[derive(Debug, Parser)]
#[command(
    name = "otp-setup",
    version,
    about,
    after_help = "Without a command, otp-setup pairs a phone.\n\n\
                  Exit status: 0 done; 1 refused or declined; 2 wrong usage; 3 there is no pairing; 4 there is one \
                  already;\n5 the store, the configuration or the helper cannot be used; 128+N ended by signal N. \
                  Whatever is not 0\nhas changed nothing."
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
    Verify,
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
    /// End a delay after wrong codes, and mend a damaged state (root only)
    Unlock,
    /// Enrol a user with a secret that exists already (root only)
    Import {
        /// The otpauth URI, always given as `-`: it is read from standard input
        #[arg(long, value_name = "-", value_parser = ["-"], required = true)]
        uri: String,
        /// Also with parameters for which some apps show wrong codes
        #[arg(long)]
        force: bool,
        /// Instead of a present pairing
        #[arg(long)]
        replace: bool,
    },
}

/// How a phone is paired.
#[derive(Args, Clone, Debug, Default)]
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
}
