//! `otp-setup`: enrolls a phone with a Unix account, and looks after the enrollment.
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
mod context;
mod dates;
mod doctor;
mod exit;
mod helpdesk;
mod mail;
mod messages;
mod monitoring;
mod named;
mod output;
mod page;
mod parallel;
mod qr;
mod report;
mod roster;
mod sanitize;
mod session;
mod sign_in;
mod stored;
mod terminal;
mod ui;
mod users;
mod wrap;

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::cli::Answer;
use crate::exit::Status;
use crate::messages::{Messages, is_utf8};
use crate::output::Output;

fn main() -> ExitCode {
    let (messages, locale) = Messages::of_environment(|name| std::env::var(name).ok());
    sanitize::only_ascii(!is_utf8(&locale));
    let status = match cli::parse::<commands::Cli>(std::env::args_os(), &messages) {
        Ok(cli) => commands::run(&cli, messages, locale),
        Err(Answer::Help(help)) if sanitize::is_ascii_only() => {
            let mut output = Output::default();
            output.write(&help.to_string());
            match output.failure() {
                Some(error) => {
                    output::complain(&messages.error(messages.cannot_write(messages.system_error(&error))));
                    Status::Unusable
                }
                None => Status::Done,
            }
        }
        Err(Answer::Help(help)) => match help.print() {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                output::complain(&messages.error(messages.cannot_write(messages.system_error(&error))));
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
