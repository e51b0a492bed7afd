//! `otp-helper`: does for its caller what takes the rights of the group `insis-otp`.
//!
//! The system store is a directory that only root and this group can enter. This program is setgid, never setuid: it
//! runs with the caller's user id, so that the secret files of others stay closed to it whatever happens. It takes
//! one request on standard input and gives one answer on standard output; it has no arguments.
//!
//! What it enforces: only the caller's own secret file; a proof for everything that changes or removes a pairing,
//! charged like a login; for a first pairing what the site asks for: the password, or an invitation.
#![forbid(unsafe_code)]

mod confine;
mod enrollment;
mod password;

use std::io::{Read, Write};
use std::process::ExitCode;

use insis_otp::acts;
use insis_otp::config::Config;
use insis_otp::log::{self, Level, Line};
use insis_otp::operations::{self, Failure, system_clock};
use insis_otp::otp::{Drift, Refusal, Resync, Verdict};
use insis_otp::store::{Account, Cause, SecretFile, StoreError};
use insis_otp::wire::{Answer, EnrollmentDenial, LONGEST, Request};
use zeroize::Zeroizing;

use crate::enrollment::By;

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        eprintln!(
            "otp-helper takes no arguments; otp-setup and the PAM module talk to it. See otp-helper(8)."
        );
        return ExitCode::from(2);
    }
    if let Err(why) = confine::confine() {
        return end(&Answer::Failed(format!("otp-helper cannot start safely: {why}")));
    }
    let answer = match read_request() {
        Ok(request) => match renounced_for(&request) {
            Ok(()) => answer(&request),
            Err(why) => Answer::Failed(format!("otp-helper cannot start safely: {why}")),
        },
        Err(why) => Answer::Failed(why.to_owned()),
    };
    end(&answer)
}

/// Gives up what only a first pairing may still need.
fn renounced_for(request: &Request) -> std::io::Result<()> {
    if matches!(request, Request::Enrol(..)) { Ok(()) } else { confine::renounce() }
}

/// Sends the answer. Whoever asked may be gone; then there is nobody to tell.
fn end(answer: &Answer) -> ExitCode {
    let sent = std::io::stdout().write_all(answer.encode().as_bytes());
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

/// Finds the caller's secret file and does what was asked.
fn answer(request: &Request) -> Answer {
    let config = match Config::site() {
        Ok(config) => config,
        Err(error) => return Answer::Failed(error.to_string()),
    };
    let uid = nix::unistd::getuid();
    if uid != nix::unistd::geteuid() {
        return Answer::Failed("otp-helper must not be called by a setuid program".to_owned());
    }
    if config.secret_file.is_home() {
        return Answer::Failed("secret files are in home directories here; no helper is needed".to_owned());
    }
    let account = match Account::of_uid(uid) {
        Ok(Some(account)) => account,
        Ok(None) => return Answer::Failed(format!("user id {uid} has no usable name in the user database")),
        Err(error) => return Answer::Failed(format!("the user database cannot be read: {}", error.desc())),
    };
    let file = config.secret_file.locate(&account);
    let mut by = "";
    let (action, done) = act(request, &file, &config, &mut by);
    report(action, &account, &done, by);
    to_caller(done.unwrap_or_else(answer_to_failure))
}

/// What the caller may hear. That a guess is the code of a step to come would be worth waiting for: it stays in the log.
fn to_caller(answer: Answer) -> Answer {
    match answer {
        Answer::Verdict(Verdict::Refused(Refusal::OutsideWindow { .. })) => {
            Answer::Verdict(Verdict::Refused(Refusal::Wrong))
        }
        other => other,
    }
}

/// The one action that was asked for, by its name in the log; and what allowed it, where that is not a proof.
fn act(
    request: &Request,
    file: &SecretFile,
    config: &Config,
    by: &mut By,
) -> (&'static str, Result<Answer, Failure>) {
    let policy = &config.policy;
    match request {
        Request::Verify(reply) => {
            let verdict = operations::verify(file, &reply.typed(), policy, &system_clock);
            ("verify", verdict.map(Answer::Verdict).map_err(Failure::from))
        }
        Request::Status => {
            let status = operations::status(file, policy, &system_clock).map_err(Failure::from);
            ("status", status.map(|status| status.map_or(Answer::NotPaired, Answer::Status)))
        }
        Request::Enrol(new, credential) => ("enrol", enrollment::enroll(file, new, credential, config, by)),
        Request::Replace(new, proof) => (
            "replace",
            operations::replace(file, new, Some(&proof.typed()), policy, &system_clock).map(Answer::Done),
        ),
        Request::Remove(proof) => {
            let removed = operations::remove(file, Some(&proof.typed()), policy, &system_clock);
            ("remove", removed.map(|()| Answer::Done(Drift::default())))
        }
        Request::Forget => {
            let forgotten = operations::forget_clients(file).map_err(Failure::from);
            ("forget", forgotten.map(|_| Answer::Done(Drift::default())))
        }
        Request::Resync(which, code) => {
            let outcome = operations::resync(file, *which, &code.typed(), policy, &system_clock);
            (
                "resync",
                outcome.map(|outcome| match outcome {
                    Resync::Noted => Answer::Noted,
                    Resync::Learned(drift) => Answer::Done(drift),
                }),
            )
        }
        Request::RenewRecoveryCodes(codes, salt, proof) => {
            let proof = proof.typed();
            let renewed =
                operations::renew_recovery_codes(file, (codes, *salt), Some(&proof), policy, &system_clock);
            ("renew-recovery-codes", renewed.map(|()| Answer::Done(Drift::default())))
        }
    }
}

fn answer_to_failure(failure: Failure) -> Answer {
    match failure {
        Failure::Store(StoreError { cause: Cause::NotPaired, .. }) => Answer::NotPaired,
        Failure::Store(StoreError { cause: Cause::Exists, .. }) => Answer::Exists,
        Failure::Store(error) => Answer::Failed(error.to_string()),
        Failure::Proof(why) => Answer::Verdict(Verdict::Refused(why)),
        Failure::Pair(why) => Answer::NotPairing(why),
        Failure::Invitation(why) => Answer::Denied(EnrollmentDenial::Invitation(why)),
    }
}

/// One line in the log for everything but a look: who uses the helper is the user, or malware that runs as the user.
fn report(action: &str, account: &Account, done: &Result<Answer, Failure>, by: By) {
    let line = match done {
        Ok(Answer::Status(_) | Answer::NotPaired) => return,
        Ok(Answer::Noted) => Line::new(Level::Info, "noted"),
        Ok(Answer::Verdict(Verdict::Refused(why))) => acts::refused(why),
        Ok(Answer::Denied(why)) => acts::denied(why),
        // Whoever did it without the person's leave has a second factor of their own now.
        Ok(Answer::Done(_)) if action == "enrol" => Line::new(Level::Warning, "done").field("by", by),
        Ok(Answer::Failed(why)) => Line::new(Level::Error, "error").words(why),
        Ok(_) => Line::new(Level::Info, "done"),
        Err(failure) => acts::failed(failure),
    };
    let line = line.field("user", &account.name).aside("action", action);
    log::send("otp-helper", action, &line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guesser_does_not_learn_of_a_code_that_is_going_to_be_good() {
        let refused = |why| Answer::Verdict(Verdict::Refused(why));
        for offset in [-10, -2, 2, 10] {
            let answer = answer_to_failure(Failure::Proof(Refusal::OutsideWindow { offset }));
            assert_eq!(to_caller(answer), refused(Refusal::Wrong));
            assert_eq!(to_caller(refused(Refusal::OutsideWindow { offset })), refused(Refusal::Wrong));
        }
        let used = Refusal::Used { wait: insis_otp::otp::Seconds(3) };
        assert_eq!(to_caller(refused(used.clone())), refused(used));
    }
}
