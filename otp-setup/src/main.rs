//! `otp-setup`: pairs a phone with a Unix account, and looks after the pairing.
//!
//! It runs without privileges. What takes rights goes through `otp-helper`, or is done by root.
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod apps;
mod cli;
mod commands;
mod dates;
mod doctor;
mod exit;
mod flow;
mod import;
mod keeper;
mod naming;
mod output;
mod page;
mod person;
mod plain;
mod qr;
mod report;
mod site;
mod terminal;
mod texts;
mod users;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    ExitCode::from(commands::run(&cli).code())
}
