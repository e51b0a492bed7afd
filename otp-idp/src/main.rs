//! `otp-idp`: has a person sign in at the site's OpenID provider, for whoever holds the other end of its socket.
//!
//! It takes one question on standard input, answers with the address and the code that the person needs, and later with who
//! has signed in, or why nobody has. Who that is to this host, it does not know. It has no arguments, and keeps nothing.
#![forbid(unsafe_code)]

mod confine;
mod watch;

use std::io::{self, ErrorKind, Read, Write};
use std::panic::AssertUnwindSafe;
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
    let message = answer()
        .unwrap_or_else(|error| Error::settings(format!("otp-idp cannot start safely: {error}")).into());
    if say(&message).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Becomes as little as possible, hears what is asked, and has somebody sign in. What is said last is returned.
fn answer() -> io::Result<Message> {
    confine::confine()?;
    watch::bound_start()?;
    let site = prepare();
    watch::begin(LIFETIME)?;
    // Heard in any case: whoever asks would take an end without that for a failure, and miss what is said.
    let start = read_start();
    let began = Instant::now();
    Ok(match (site, start) {
        (Ok(site), Ok(start)) => run(&site, start, &Surroundings { clock: &system_clock, say: &say, began }),
        (Err(error), _) => error.into(),
        (_, Err(error)) => Error::settings(format!("the question: {error}")).into(),
    })
}

/// Has somebody sign in. Where no thread can be had, libraries panic; that is told, too.
fn run(site: &Site, start: Start, surroundings: &Surroundings) -> Message {
    let ran = std::panic::catch_unwind(AssertUnwindSafe(|| flow::run(site, start, surroundings)));
    ran.unwrap_or_else(|_| {
        Error::settings("otp-idp has failed: is there memory for it, and a thread?").into()
    })
}

/// Reads what only root can, and gives up root's rights.
fn prepare() -> Result<Site, Error> {
    let site = Site::read();
    // Also where there is nothing to do: what is said then is said without root's rights.
    confine::drop_privileges()?;
    site
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
