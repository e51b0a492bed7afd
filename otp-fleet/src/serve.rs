//! What is done for whoever asks: one request on one person's part of the directory.

use std::io;

use insis_otp::audit::{self, Level, Line};
use insis_otp::oath::Drift;
use insis_otp::service::{
    Authority, FleetAct, FleetAdministration, FleetListed, FleetLogin, FleetOperation, FleetRecord,
    FleetRequest, FleetResponse, LoginAttempt, Response, SelfService, Service, Side, Status, Traces,
    Transfer, TransferRequest, Transferred, system_clock,
};
use insis_otp::store::{Cause, InvitationStore, StoreError, UserStore};
use insis_otp::verify::Policy;

use crate::starter::Starter;
use crate::store::{LdapStore, LdapUser, NOBODY};

/// Does what is asked, by root only. `say` takes what comes before the response: a list.
#[must_use]
pub fn serve(
    store: &LdapStore,
    policy: &Policy,
    request: &FleetRequest,
    say: &mut dyn FnMut(&FleetListed) -> io::Result<()>,
) -> FleetResponse {
    let user = store.of(&request.user);
    let service = Service { store: &user, policy, clock: &system_clock };
    match &request.operation {
        // Whoever asked reports it: this program does not know who that is.
        FleetOperation::Manage(request) => {
            FleetResponse::Managed(service.handle(request, Authority::Administrator, &|_| {}))
        }
        FleetOperation::Login(login) => self::login(&user, login),
        FleetOperation::Remembers(client, length) => match service.is_remembered(client, *length) {
            Ok(remembers) => FleetResponse::Remembers(remembers),
            Err(error) => failed(error),
        },
        FleetOperation::Refuse => match store.touch_nobody(&request.user) {
            Ok(()) => FleetResponse::Managed(Response::NotEnrolled),
            Err(error) => refused(error),
        },
        FleetOperation::CheckInvitation(code) => {
            FleetResponse::Managed(match service.check_invitation(code) {
                Ok(()) => Response::Done(Drift::default()),
                Err(error) => Response::from(error),
            })
        }
        FleetOperation::Unlock => FleetResponse::Managed(done(service.unlock(&|_| {}))),
        FleetOperation::List => list(store, policy, say),
    }
}

/// Reads or changes a whole record, for a move between stores.
#[must_use]
pub fn transfer(store: &LdapStore, request: &TransferRequest) -> Transferred {
    let user = store.of(&request.user);
    let done = match &request.transfer {
        Transfer::Load => {
            let boxed = |record| Box::new(FleetRecord(record));
            Side::load(&user).map(|record| Transferred::Record(record.map(boxed)))
        }
        Transfer::Change(change) => user.change(change).map(Transferred::Changed),
    };
    match done {
        // Where there is no entry, nothing can be written: that is told before anything is.
        Ok(Transferred::Record(None)) if !user.has_entry() => {
            Transferred::Failed(user.no_entry().to_string())
        }
        Ok(done) => done,
        Err(error) => Transferred::Failed(error.to_string()),
    }
}

/// Does what a person asks for themself, with the site's rules and the proofs that they ask for, and reports it.
///
/// # Errors
/// It is nothing that people ask: in words.
pub fn serve_person(starter: &Starter<'_>, operation: &FleetOperation) -> Result<Response, String> {
    let FleetOperation::Manage(request) = operation else {
        return Err("otp-fleet does not do that for a person".to_owned());
    };
    let (user, config) = (starter.user, starter.config);
    let service = Service { store: user, policy: &config.policy, clock: &system_clock };
    let site = SelfService {
        self_enrollment: config.self_enrollment,
        check_password: &|user, credential| starter.check_password(user, credential),
        provider: starter,
    };
    Ok(service.handle(request, Authority::User(site), &|event| {
        let line = event.line.clone().field("user", user.user()).journal_only("action", event.action);
        audit::send("otp-fleet", event.action, &line);
    }))
}

/// Does what root alone may do, beside what is asked about a login. Whoever asked reports it.
#[must_use]
pub fn administer(store: &LdapStore, policy: &Policy, request: &FleetAdministration) -> Response {
    let user = store.of(&request.user);
    let service = Service { store: &user, policy, clock: &system_clock };
    match &request.act {
        FleetAct::Invite { code, salt, expires } => done(service.invite(code, *salt, *expires, &|_| {})),
        FleetAct::Bypass { code, expires, uses } => {
            done(service.issue_bypass(code, (*expires, *uses), &|_| {}))
        }
        FleetAct::RevokeBypass => done(service.revoke_bypass(&|_| {})),
        FleetAct::Withdraw => done(user.invitation().withdraw()),
        FleetAct::Move(new) => done(rename(&user, &store.of(new))),
        FleetAct::CanImport(existing) => done(service.can_import(*existing)),
        FleetAct::Import(record, existing) => {
            done(service.import(&record.enrollment, &record.state, *existing, &|_| {}))
        }
    }
}

/// Lets an enrollment follow its user. Where the person's entry was renamed, it is there already, under the former name.
fn rename(old: &LdapUser, new: &LdapUser) -> Result<(), StoreError> {
    match old.rename_to(new) {
        Err(error) if error.is_not_enrolled() => new.take_over(old.user()),
        renamed => renamed,
    }
}

/// Decides an attempt. Of somebody who has no record as much is written as of somebody who has one.
fn login(user: &LdapUser, login: &FleetLogin) -> FleetResponse {
    let typed = login.reply.parse();
    let attempt = LoginAttempt {
        remember: login.remember.as_ref(),
        refund: login.refund,
        tells_failures: login.tells_failures,
        ..LoginAttempt::from(login.source, &typed)
    };
    let service = Service { store: user, policy: &login.policy, clock: &system_clock };
    match service.login(&attempt) {
        Ok((verdict, news)) => FleetResponse::Login(verdict, news),
        Err(error) if error.is_not_enrolled() => match user.touch_nobody() {
            Ok(()) => failed(error),
            Err(error) => refused(error),
        },
        Err(error) => failed(error),
    }
}

/// What comes of it that nothing could be written for nobody. Where the entry is missing, everybody without a record is
/// refused all the same, but sooner, and the administrator is told.
fn refused(error: StoreError) -> FleetResponse {
    match error.cause {
        Cause::Unsafe(_) => {
            let line = Line::new(Level::Warning, "warning")
                .message(format!("{error}: see {NOBODY} in otp-fleet(8)"));
            audit::send("otp-fleet", "fleet", &line);
            FleetResponse::Managed(Response::NotEnrolled)
        }
        _ => failed(error),
    }
}

fn failed(error: StoreError) -> FleetResponse {
    FleetResponse::Managed(done(Err(error)))
}

fn done(outcome: Result<(), StoreError>) -> Response {
    match outcome {
        Ok(()) => Response::Done(Drift::default()),
        Err(StoreError { cause: Cause::NotEnrolled, .. }) => Response::NotEnrolled,
        Err(StoreError { cause: Cause::Exists, .. }) => Response::Exists,
        Err(error) => Response::Failed(error.to_string()),
    }
}

fn list(
    store: &LdapStore,
    policy: &Policy,
    say: &mut dyn FnMut(&FleetListed) -> io::Result<()>,
) -> FleetResponse {
    let (now, mut said) = (system_clock(), Ok(()));
    let listed = store.each(&mut |person| {
        // One that cannot be read is nobody's way in.
        let invitation = person.invitation.ok().flatten();
        let invited = invitation.is_some_and(|invitation| invitation.refusal(now).is_none());
        let traces = person.record.as_ref().ok().and_then(Option::as_ref).and_then(Traces::of);
        let status = match person.record {
            Ok(None) if !invited => return,
            Ok(record) => Ok(record.map(|record| Status::of(&record, policy, now))),
            Err(cause) => Err(format!("{}: {cause}", person.dn)),
        };
        if said.is_ok() {
            said = say(&FleetListed { name: person.name.to_owned(), status, traces, invited });
        }
    });
    match (listed, said) {
        (Ok(()), Ok(())) => FleetResponse::Managed(Response::Done(Drift::default())),
        (Err(error), _) => failed(error),
        (_, Err(error)) => FleetResponse::Managed(Response::Failed(error.to_string())),
    }
}
