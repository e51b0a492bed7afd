//! `otp-helper`: does for its caller what takes the rights of the group `insis-otp`.
//!
//! The system store is a directory that only root and this group can enter. This program is setgid, never setuid: it
//! runs with the caller's user id, so that the secret files of others stay closed to it whatever happens. It takes
//! one request on standard input and gives one answer on standard output; it has no arguments.
//!
//! What it enforces: only the caller's own secret file; a proof for everything that changes or removes an enrollment,
//! charged like a login; for a first enrollment what the site asks for: the password, or an invitation. Who links themself to
//! the identity provider signs in there, asked by `otp-idp`, which this program starts: the caller's word is none.
#![forbid(unsafe_code)]

mod confine;
mod directory;
mod password;
mod provider;

use std::io::{Read, Write};
use std::process::ExitCode;

use confinement::Lifetime;
use insis_otp::audit;
use insis_otp::config::{Config, SelfEnrollment, StoreKind};
use insis_otp::record::UserName;
use insis_otp::service::{
    Authority, Credential, EnrollmentDenial, FleetClient, LONGEST, Request, Response, SelfService, Service,
    system_clock,
};
use insis_otp::store::Account;
use zeroize::Zeroizing;

use crate::provider::Provider;

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        eprintln!(
            "otp-helper takes no arguments; otp-setup and the PAM module talk to it. See otp-helper(8)."
        );
        return ExitCode::from(2);
    }
    let lifetime = match confine::confine() {
        Ok(lifetime) => lifetime,
        Err(why) => return end(&Response::Failed(format!("otp-helper cannot start safely: {why}"))),
    };
    let response = match read_request() {
        Ok(request) => respond(&request, &lifetime),
        Err(why) => Response::Failed(why.to_owned()),
    };
    end(&response)
}

/// Sends the response. Whoever asked may be gone; then there is nobody to tell.
fn end(response: &Response) -> ExitCode {
    let sent = std::io::stdout().write_all(response.encode().as_bytes());
    if sent.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read_request() -> Result<Request, &'static str> {
    // Of the final size at once, so that no grown-out-of copy of a secret is left behind.
    let mut message = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let limit = LONGEST as u64 + 1;
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut message)
        .map_err(|_| "the request cannot be read")?;
    Request::decode(&message).map_err(|_| "the request is not one of this version of insis-otp")
}

/// Finds the caller's secret file and has done what was asked.
fn respond(request: &Request, lifetime: &Lifetime) -> Response {
    let config = match Config::site() {
        Ok(config) => config,
        Err(error) => return Response::Failed(error.to_string()),
    };
    // Only PAM's modules, which check a password before a first enrollment, and other programs of this site may need what is
    // given up here; for the directory, it is given up when otp-fleet was started.
    let gives_up_later = needs_more(request, &config);
    let renounce = |now: bool| if now && !gives_up_later { confine::renounce() } else { Ok(()) };
    let unsafe_start = |error| Response::Failed(format!("otp-helper cannot start safely: {error}"));
    if let Err(error) = renounce(config.store == StoreKind::File) {
        return unsafe_start(error);
    }
    let account = match caller(&config) {
        Ok(account) => account,
        Err(why) => return Response::Failed(why),
    };
    let site = SelfService {
        self_enrollment: config.self_enrollment,
        check_password: &check_password,
        provider: &Provider { config: &config, lifetime },
    };
    if let Some(fleet) = config.fleet_of(account.name.as_str()) {
        let client = FleetClient::new(&config, fleet, &account.name);
        return directory::ask(&client, request, &site, gives_up_later);
    }
    if let Err(error) = renounce(true) {
        return unsafe_start(error);
    }
    let file = config.secret_file.locate(&account);
    let service = Service { store: &file, policy: &config.policy, clock: &system_clock };
    service.handle(request, Authority::User(site), &|event| {
        let line = event.line.clone().field("user", &account.name).journal_only("action", event.action);
        audit::send("otp-helper", event.action, &line);
    })
}

/// Whether something is going to be started that may need to gain rights: PAM's modules, or `otp-idp`.
fn needs_more(request: &Request, config: &Config) -> bool {
    match request {
        Request::Enroll(..) => config.self_enrollment == SelfEnrollment::Password,
        Request::Link(_) => true,
        _ => false,
    }
}

/// Whose process asks.
fn caller(config: &Config) -> Result<Account, String> {
    let uid = nix::unistd::getuid();
    if uid != nix::unistd::geteuid() {
        return Err("otp-helper must not be called by a setuid program".to_owned());
    }
    match Account::of_uid(uid) {
        Ok(Some(account))
            if config.secret_file.is_home() && config.fleet_of(account.name.as_str()).is_none() =>
        {
            Err("secret files are in home directories here; no helper is needed".to_owned())
        }
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(format!("user id {uid} has no usable name in the user database")),
        Err(error) => Err(format!("the user database cannot be read: {}", error.desc())),
    }
}

/// Checks the password, and gives up afterwards what that takes.
fn check_password(user: &UserName, credential: &Credential) -> Result<(), EnrollmentDenial> {
    password::check(user, credential)?;
    confine::renounce().map_err(|error| {
        EnrollmentDenial::PasswordUnchecked(format!("otp-helper cannot go on safely: {error}"))
    })
}
