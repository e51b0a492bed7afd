//! `otp-idp`: has a person sign in at the site's OpenID provider, for whoever holds the other end of its socket.
//!
//! It takes one question on standard input, answers with the address and the code that the person needs, and later with who
//! has signed in, or why nobody has. Who that is to this host, it does not know. It has no arguments, and keeps nothing.
#![forbid(unsafe_code)]

mod confine;
mod watch;

use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use insis_otp::identity::{LONGEST, Message, Start};
use insis_otp::service::system_clock;
use otp_idp::error::Error;
use otp_idp::flow::{self, Surroundings};
use otp_idp::site::Site;

/// It ends after this time, whatever its caller does: after the longest flow, and what may come before and after it.
const LIFETIME: Duration = Duration::from_secs(600 + 30);

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        eprintln!("otp-idp takes no arguments; otp-setup and the PAM module talk to it. See otp-idp(8).");
        return ExitCode::from(2);
    }
    let answered = match prepare() {
        Ok((site, start)) => {
            let surroundings = Surroundings { clock: &system_clock, say: &say, began: Instant::now() };
            say(&flow::run(&site, start, &surroundings))
        }
        Err(error) => say(&error.into()),
    };
    if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Becomes as little as possible, and hears what is asked.
fn prepare() -> Result<(Site, Start), Error> {
    let unsafe_start = |error: io::Error| Error::settings(format!("otp-idp cannot start safely: {error}"));
    confine::confine().map_err(unsafe_start)?;
    watch::begin(LIFETIME).map_err(unsafe_start)?;
    let site = Site::read();
    // Also where there is nothing to do: what is said then is said without root's rights.
    confine::drop_privileges()?;
    let site = site?;
    let start = read_start().map_err(|error| Error::settings(format!("the question: {error}")))?;
    Ok((site, start))
}

/// Sends a message. Whoever asked may be gone; then there is nobody to tell.
fn say(message: &Message) -> io::Result<()> {
    io::stdout().lock().write_all(message.encode().as_bytes())?;
    io::stdout().flush()
}

/// One line.
fn read_start() -> io::Result<Start> {
    let mut line = Vec::with_capacity(LONGEST);
    for byte in io::stdin().lock().take(LONGEST as u64).bytes() {
        match byte? {
            b'\n' => {
                return Start::decode(&line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error));
            }
            byte => line.push(byte),
        }
    }
    Err(ErrorKind::UnexpectedEof.into())
}
