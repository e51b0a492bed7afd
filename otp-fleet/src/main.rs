//! `otp-fleet`: does something with an enrollment in the site's directory, for whoever holds the other end of its socket: the
//! PAM module or `otp-setup`, with root's rights.
//!
//! It takes one request on standard input and answers on standard output. It has no arguments, and keeps nothing.
#![forbid(unsafe_code)]

mod confine;

use std::io::{self, Read, Write};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use confinement::Lifetime;
use insis_otp::service::{
    FleetClient, FleetOperation, FleetRequest, FleetResponse, LONGEST, NotUnderstood, Response,
    TransferRequest,
};
use nix::unistd::geteuid;
use otp_fleet::serve::{serve, transfer};
use otp_fleet::site;
use otp_fleet::store::LdapStore;
use zeroize::Zeroizing;

/// After this time it ends, whatever it does, where nothing else is said: reading the settings may hang.
const LIFETIME: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        eprintln!("otp-fleet takes no arguments; otp-setup and the PAM module talk to it. See otp-fleet(8).");
        return ExitCode::from(2);
    }
    // Where no thread can be had, libraries panic; that is told, too.
    let answered = std::panic::catch_unwind(AssertUnwindSafe(answer));
    let why = "otp-fleet has failed: is there memory for it, and a thread?";
    let response = answered.unwrap_or_else(|_| Err(why.to_owned()));
    let response = response.unwrap_or_else(|why| FleetResponse::Managed(Response::Failed(why)).encode());
    if say(&response).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Becomes as little as possible, hears what is asked, and does it; or says why not.
fn answer() -> Result<Zeroizing<String>, String> {
    let unsafe_start = |error: io::Error| format!("otp-fleet cannot start safely: {error}");
    confine::confine().map_err(unsafe_start)?;
    // In su and sudo, the real user id is that of whoever started them.
    let is_root = geteuid().is_root();
    let site = site::read();
    confine::drop_privileges().map_err(|error| format!("otp-fleet: {error}"))?;
    let request = read_request()?;
    if !is_root {
        return Err("otp-fleet works for root only".to_owned());
    }
    let (directory, config) = site?;
    let lifetime = match &request {
        Asked::Fleet(FleetRequest { operation: FleetOperation::List, .. }) => LIFETIME,
        _ => directory.deadline + FleetClient::GRACE,
    };
    Lifetime::begin(lifetime).map_err(unsafe_start)?;
    let store = LdapStore::new(directory);
    Ok(match request {
        Asked::Fleet(request) => {
            serve(&store, &config.policy, &request, &mut |listed| say(&listed.encode())).encode()
        }
        Asked::Transfer(request) => transfer(&store, &request).encode(),
    })
}

/// What is asked.
enum Asked {
    /// Something about an enrollment.
    Fleet(FleetRequest),
    /// A whole record.
    Transfer(TransferRequest),
}

impl Asked {
    fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        match TransferRequest::decode(text)? {
            Some(request) => Ok(Self::Transfer(request)),
            None => FleetRequest::decode(text).map(Self::Fleet),
        }
    }
}

/// Sends text. Whoever asked may be gone; then there is nobody to tell.
fn say(text: &str) -> io::Result<()> {
    io::stdout().lock().write_all(text.as_bytes())?;
    io::stdout().flush()
}

fn read_request() -> Result<Asked, String> {
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let read = io::stdin().lock().take(LONGEST as u64 + 1).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    Asked::decode(&text).map_err(|error| error.to_string())
}
