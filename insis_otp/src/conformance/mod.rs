//! What every store has to do ([`UserStore`]), as tests that a store brings itself to (feature `conformance`).
//!
//! ```ignore
//! insis_otp::store_conformance!(every_store: MyStore::empty());
//! insis_otp::store_conformance!(invitations: MyStore::empty());
//! insis_otp::store_conformance!(over_a_connection: MyStore::empty());
//! insis_otp::store_conformance!(unknown_users: MyUnknownUsers::empty());
//! ```
//!
//! Each test begins with an empty store of its own. `tests.rs` runs all of them on secret files and on a store in memory, and
//! shows that each fails for a store that does wrong what it is about.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and what they are made of"
)]

mod changes;
mod connections;
mod invitations;
mod logins;
mod memory;
#[cfg(test)]
mod tests;
mod unknown_users;

use std::sync::Barrier;

use crate::Source;
use crate::oath::{
    Digits, OtpGenerator, Parameters, Period, RecoveryCode, RecoveryCodes, Salt, Secret, Step, UnixTime,
};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::service::{LoginAttempt, NewDevice, Service};
use crate::store::{Account, Cause, Store, StoreError, UserStore};
use crate::verify::{ParsedReply, Policy, State, UsedSteps, Verdict};

pub use changes::*;
pub use connections::*;
pub use invitations::*;
pub use logins::*;
pub use memory::{MemoryEntry, MemoryStore};
pub use unknown_users::*;

/// A store that is tested, and what a test does to it.
pub trait Subject: Sync {
    /// The store.
    type Store: Store<User: Sync>;

    /// Whether it can be listed.
    const LISTS: bool;

    /// The store, in which there is nobody at first.
    fn store(&self) -> &Self::Store;

    /// An account whose part of the store can be used.
    fn account(&self, name: UserName) -> Account;

    /// From now on nothing more can be written to a user's part: each write that is not made yet fails.
    fn break_writes(&self, account: &Account);
}

/// A store that writes over a connection, on a condition ([`crate::store::conditional`]).
pub trait Connection: Subject {
    /// Lets something go wrong.
    fn inject(&self, fault: Fault);
}

/// What goes wrong on the way to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// So many writes from now on are told that somebody else was faster.
    LosesRaces(u32),
    /// After so many writes, one gets no answer.
    NoAnswer(u32, Fate),
    /// After the next write of a record, what was there before it is read once more.
    Lags,
}

/// What becomes of a write that gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is written.
    Arrived,
    /// It is not.
    Lost,
    /// It is written, and somebody else writes something else over it at once.
    Overwritten,
}

/// When the tests take place: the beginning of this step.
const NOW: Step = Step(56_000_000);

/// Somebody of a store under test.
struct Person<'s, S: Subject> {
    subject: &'s S,
    account: Account,
}

impl<'s, S: Subject> Person<'s, S> {
    fn new(subject: &'s S, name: &str) -> Self {
        Self { subject, account: subject.account(UserName::parse(name).unwrap()) }
    }

    /// Somebody who has enrolled.
    fn enrolled(subject: &'s S) -> Self {
        let anna = Self::new(subject, "anna");
        anna.part().create(&anna.enrollment(1), &first_state(), &|| Ok(())).expect("cannot enroll");
        anna
    }

    /// A way of its own to this user's part of the store, as another process has it.
    fn part(&self) -> <S::Store as Store>::User {
        self.subject.store().user(&self.account)
    }

    /// An enrollment with the secret of this number.
    fn enrollment(&self, secret: u8) -> Enrollment {
        Enrollment {
            user: self.account.name.clone(),
            entry: AppEntry {
                key: key(secret),
                issuer: "example.org".into(),
                account: format!("{}@example.org", self.account.name),
            },
            enrolled_at: start(Step(NOW.0 - 100)),
            recovery: RecoveryCodes::new(&[recovery_code(b"abcdefghjk")], Salt([1; 16])),
        }
    }

    fn new_device(&self, secret: u8) -> NewDevice {
        let [first, second] = [0, 1].map(|next| key(secret).code(Step(NOW.0 - 1 + next)));
        let recovery = (vec![recovery_code(b"kkkkkkkkkk")], Salt([2; 16]));
        let (issuer, account) = ("example.org".into(), self.account.name.to_string());
        NewDevice { entry: AppEntry { key: key(secret), issuer, account }, first, second, recovery }
    }

    fn state(&self) -> State {
        self.part().load().expect("nothing to read").state
    }

    fn is_enrolled(&self) -> bool {
        match self.part().load() {
            Ok(_) => true,
            Err(error) => {
                assert!(error.is_not_enrolled(), "{error}");
                false
            }
        }
    }

    /// One login with this text, at this step.
    fn login(&self, text: &str, now: Step) -> Result<Verdict, StoreError> {
        let typed = ParsedReply::parse(text.as_bytes());
        let attempt = LoginAttempt::from(Source::User(0), &typed);
        let (store, policy, clock) = (self.part(), Policy::default(), || start(now));
        Service { store: &store, policy: &policy, clock: &clock }.login(&attempt).map(|(verdict, _)| verdict)
    }

    /// The same with the code of a step, tried again while others are in the way.
    fn try_step(&self, step: Step) -> Verdict {
        answered(|| self.login(&code(1, step), step))
    }
}

fn key(secret: u8) -> OtpGenerator {
    let secret = Secret::from_bytes(&[secret; 20]).unwrap();
    OtpGenerator::new(secret, Parameters::default())
}

fn code(secret: u8, step: Step) -> String {
    key(secret).code(step).reveal(Digits::Six).to_string()
}

fn start(step: Step) -> UnixTime {
    step.start(Period::default())
}

/// The state after an enrollment some time ago.
fn first_state() -> State {
    State { used: UsedSteps::since_enrollment(Step(NOW.0 - 101), Step(NOW.0 - 100)), ..State::default() }
}

fn recovery_code(letters: &[u8]) -> RecoveryCode {
    match ParsedReply::parse(letters) {
        ParsedReply::Recovery(code) => code,
        other => panic!("{other:?}"),
    }
}

fn opens(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted(_))
}

/// What comes of something, tried again as a person would while others are in the way.
fn answered<T>(attempt: impl Fn() -> Result<T, StoreError>) -> T {
    for _ in 0..1000 {
        match attempt() {
            Err(StoreError { cause: Cause::Busy { .. }, .. }) => {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            answer => return answer.expect("the store cannot be used"),
        }
    }
    panic!("others are in the way for ever");
}

/// What comes of the same thing done by several at once.
pub(crate) fn at_once<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (barrier, act) = (Barrier::new(count), &act);
    std::thread::scope(|scope| {
        let barrier = &barrier;
        let act = |number| {
            move || {
                barrier.wait();
                act(number)
            }
        };
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(act(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread failed")).collect()
    })
}

/// The tests of a group, each for a new store.
#[macro_export]
macro_rules! store_conformance {
    (every_store: $new:expr) => {
        $crate::store_conformance! { $new;
            one_code_opens_one_login
            a_bypass_code_opens_as_many_logins_as_it_says
            what_several_count_at_once_is_not_lost
            a_charge_is_in_the_store_before_anything_is_compared
            what_cannot_be_charged_is_not_compared
            an_answer_is_in_the_store_before_anybody_has_it
            a_wrong_code_costs_its_charge
            a_code_that_was_used_stays_used
            a_slow_transaction_takes_nothing_back
            a_login_does_not_outlive_its_enrollment
            an_enrollment_is_created_once
            an_enrollment_whose_leave_has_ended_is_not_written
            a_replacement_is_decided_on_what_is_there
            a_replacement_that_is_refused_changes_nothing
            a_proof_holds_for_the_enrollment_that_it_was_given_for
            new_recovery_codes_leave_all_else_as_it_is
            a_repair_starts_from_what_is_there
            an_enrollment_moves_with_its_state
            of_nobody_nothing_is_done
            the_store_is_listed
        }
    };
    (invitations: $new:expr) => {
        $crate::store_conformance! { $new;
            an_invitation_is_guessed_a_few_times_only
            an_invitation_enrolls_once
            an_invitation_that_was_taken_back_enrolls_nobody
        }
    };
    (unknown_users: $new:expr) => {
        $crate::store_conformance! { $new;
            an_unknown_user_is_refused_like_somebody_who_has_enrolled
            each_unknown_user_has_failures_of_its_own
            what_several_guess_at_an_unknown_user_is_not_lost
            an_unknown_user_is_charged_before_anything_is_compared
        }
    };
    (over_a_connection: $new:expr) => {
        $crate::store_conformance! { $new;
            races_that_were_lost_are_run_again_a_few_times
            an_answer_that_was_lost_is_looked_for
            what_may_not_have_arrived_is_not_accepted
            what_lags_behind_is_not_decided_upon
            of_many_at_once_the_wrong_ones_are_charged
        }
    };
    ($new:expr; $($test:ident)+) => {
        $(#[test] fn $test() { $crate::conformance::$test(&$new) })+
    };
}
