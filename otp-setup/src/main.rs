//! `otp-setup`: pairs a phone with a Unix account, and looks after the pairing.
//!
//! It runs without privileges. What takes rights goes through `otp-helper`, or is done by root.
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod apps;
mod audit;
mod backend;
mod caller;
mod cli;
mod commands;
mod dates;
mod doctor;
mod exit;
mod flow;
mod output;
mod page;
mod person;
mod plain;
mod qr;
mod report;
mod site;
mod stored;
mod terminal;
mod texts;
mod users;

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::cli::Answer;
use crate::exit::Status;
use crate::output::Output;
use crate::texts::{Texts, is_utf8};

fn main() -> ExitCode {
    let (texts, locale) = Texts::of_environment(|name| std::env::var(name).ok());
    plain::only_ascii(!is_utf8(&locale));
    let status = match cli::parse(std::env::args_os(), &texts) {
        Ok(cli) => commands::run(&cli, texts, locale),
        Err(Answer::Help(help)) if plain::is_ascii_only() => {
            let mut output = Output::default();
            output.write(&help.to_string());
            match output.failure() {
                Some(error) => {
                    output::complain(&texts.error(texts.cannot_write(error)));
                    Status::Unusable
                }
                None => Status::Done,
            }
        }
        Err(Answer::Help(help)) => match help.print() {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                output::complain(&texts.error(texts.cannot_write(error)));
                Status::Unusable
            }
            _ => Status::Done,
        },
        Err(Answer::Wrong(what)) => {
            output::complain(&what);
            Status::Usage
        }
    };
    ExitCode::from(status.code())
}
