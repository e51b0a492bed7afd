//! `otp-fleet`: does something with an enrollment in the site's directory, for whoever holds the other end of its socket: the
//! PAM module or `otp-setup`, with root's rights; or `otp-helper`, for a person and what is theirs.
//!
//! It takes one request on standard input and answers on standard output. It has no arguments, and keeps nothing.
#![forbid(unsafe_code)]

mod confine;

use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use confinement::Lifetime;
use insis_otp::Source;
use insis_otp::service::{
    FleetAdministration, FleetClient, FleetFact, FleetOperation, FleetRequest, FleetResponse, NotUnderstood,
    Response, TransferRequest, read_message,
};
use nix::unistd::getuid;
use otp_fleet::bucket::{self, Bucket, Flow};
use otp_fleet::examine::examine;
use otp_fleet::gate::pass;
use otp_fleet::serve::{administer, serve, serve_person, transfer};
use otp_fleet::site;
use otp_fleet::starter::{StartedBy, Starter};
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

/// What may be asked.
enum Asked {
    /// About a login, or an enrollment.
    Request(FleetRequest),
    /// What goes with neither.
    Administration(FleetAdministration),
    /// What the directory is like.
    Examination,
    /// A whole record.
    Transfer(TransferRequest),
}

impl Asked {
    fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        if let Some(request) = FleetAdministration::decode(text)? {
            return Ok(Self::Administration(request));
        }
        match TransferRequest::decode(text)? {
            None if FleetFact::is_asked_for(text) => Ok(Self::Examination),
            Some(request) => Ok(Self::Transfer(request)),
            None => FleetRequest::decode(text).map(Self::Request),
        }
    }

    /// Whose place it takes, if it takes one: what people bring about does, and what an administrator asks does not.
    fn flow(&self, started_by: &StartedBy) -> Option<Flow> {
        match (started_by, self) {
            (StartedBy::Helper(name), _) => Some(Flow::of(Source::User(getuid().as_raw()), name)),
            (StartedBy::Root, Self::Request(request)) => {
                request.source().map(|source| Flow::of(source, &request.user))
            }
            (StartedBy::Root, _) => None,
        }
    }

    /// How long it may take.
    fn lifetime(&self, deadline: Duration) -> Duration {
        match self {
            Self::Request(FleetRequest { operation: FleetOperation::List, .. }) => LIFETIME,
            Self::Examination => FleetClient::EXAMINATION + FleetClient::GRACE,
            _ => deadline + FleetClient::GRACE,
        }
    }
}

/// Becomes as little as possible, hears what is asked, and does it; or says why not.
fn answer() -> Result<Zeroizing<String>, String> {
    let unsafe_start = |error: io::Error| format!("otp-fleet cannot start safely: {error}");
    confine::confine().map_err(unsafe_start)?;
    let started_by = StartedBy::find();
    // Nothing is read for anybody else.
    let site = started_by.as_ref().map_err(String::clone).and_then(|_| site::read());
    // With the rights that this takes.
    let bucket = Bucket::open(Path::new(bucket::FOLDER));
    confine::drop_privileges().map_err(|error| format!("otp-fleet: {error}"))?;
    let asked = read_request()?;
    let (started_by, (mut directory, config)) = (started_by?, site?);
    let lifetime = Lifetime::begin(asked.lifetime(directory.deadline)).map_err(unsafe_start)?;
    if let (Some(flow), Some(fleet)) = (asked.flow(&started_by), &config.fleet) {
        let is_root = started_by == StartedBy::Root;
        directory.deadline = pass(bucket, is_root, flow, fleet.attempts_per_second, directory.deadline)?;
    }
    let store = LdapStore::new(directory.clone());
    match (started_by, &asked) {
        (StartedBy::Root, Asked::Request(request)) => {
            Ok(serve(&store, &config.policy, request, &mut |listed| say(&listed.encode())).encode())
        }
        (StartedBy::Root, Asked::Administration(request)) => {
            Ok(administer(&store, &config.policy, request).encode())
        }
        (StartedBy::Root, Asked::Examination) => Ok(FleetFact::encode_all(&examine(&directory))),
        (StartedBy::Root, Asked::Transfer(request)) => Ok(transfer(&store, request).encode()),
        (StartedBy::Helper(name), Asked::Request(request)) if name == request.user => {
            let user = store.of(&name);
            let starter = Starter { config: &config, lifetime: &lifetime, user: &user };
            serve_person(&starter, &request.operation).map(|response| response.encode())
        }
        (StartedBy::Helper(_), _) => Err("otp-fleet asks for a person's own enrollment only".to_owned()),
    }
}

/// Sends text. Whoever asked may be gone; then there is nobody to tell.
fn say(text: &str) -> io::Result<()> {
    io::stdout().lock().write_all(text.as_bytes())?;
    io::stdout().flush()
}

fn read_request() -> Result<Asked, String> {
    let text = read_message(&mut io::stdin().lock()).map_err(|error| error.to_string())?;
    Asked::decode(&text).map_err(|error| error.to_string())
}
