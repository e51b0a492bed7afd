//! What a store does for names that it has no record of ([`UnknownUserStore`]), and what keeps their failures in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{NOW, Person, at_once, code, key, start};
use crate::conformance::MemoryStore;
use crate::oath::{RecoveryCodes, Step, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::service::refuse_unknown;
use crate::store::{Cause, Location, StoreError, UnknownUserStore};
use crate::verify::{ParsedReply, Policy, Refusal, State, Throttle, ThrottlePolicy, Verdict};

/// The failures of unknown users in memory, with conditional writes.
#[derive(Clone, Debug, Default)]
pub struct MemoryUnknownUsers {
    throttles: Arc<Mutex<BTreeMap<String, Throttle>>>,
    flaw: Option<Flaw>,
}

/// What it does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No failure is kept.
    CountsNothing,
    /// All names have the same failures.
    CountsTogether,
    /// Whoever writes last wins, whatever they have read.
    LastWriterWins,
    /// Something is compared before its charge is written.
    ComparesFirst,
}

impl MemoryUnknownUsers {
    /// How often a charge is decided, at the most.
    const ROUNDS: u32 = 1000;

    /// One that does something wrong on purpose.
    #[must_use]
    pub fn with(flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..Self::default() }
    }

    fn read(&self, name: &str) -> Throttle {
        let read = self.throttles.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if self.flaw == Some(Flaw::LastWriterWins) {
            // So that those who are at it together meet.
            std::thread::sleep(Duration::from_millis(2));
        }
        read.unwrap_or_default()
    }

    /// Writes what is still there as it was read; false when it is not.
    fn write(&self, name: &str, read: &Throttle, new: Throttle) -> bool {
        let mut throttles = self.throttles.lock().unwrap_or_else(PoisonError::into_inner);
        let present = throttles.entry(name.to_owned()).or_default();
        if present != read && self.flaw != Some(Flaw::LastWriterWins) {
            return false;
        }
        if self.flaw != Some(Flaw::CountsNothing) {
            *present = new;
        }
        true
    }
}

impl UnknownUserStore for MemoryUnknownUsers {
    fn refuse<P, T>(
        &self,
        name: &str,
        _policy: &ThrottlePolicy,
        mut charge: impl FnMut(&Enrollment, &State) -> (State, P),
        compare: impl FnOnce(&Enrollment, P) -> T,
    ) -> Result<T, StoreError> {
        let placeholder = placeholder();
        let name = if self.flaw == Some(Flaw::CountsTogether) { "" } else { name };
        for _ in 0..Self::ROUNDS {
            let throttle = self.read(name);
            let (charged, pending) =
                charge(&placeholder, &State { throttle: throttle.clone(), ..State::default() });
            if self.flaw == Some(Flaw::ComparesFirst) {
                let answer = compare(&placeholder, pending);
                self.write(name, &throttle, charged.throttle);
                return Ok(answer);
            }
            if self.write(name, &throttle, charged.throttle) {
                return Ok(compare(&placeholder, pending));
            }
        }
        let location = Location::Dn(format!("uid={name},ou=unknown,dc=example,dc=org"));
        Err(StoreError { location, cause: Cause::Busy { waited: 0, holder: None } })
    }
}

fn placeholder() -> Enrollment {
    Enrollment {
        user: UserName::parse("nobody").unwrap(),
        entry: AppEntry { key: key(0), issuer: "nobody".into(), account: "nobody".into() },
        enrolled_at: UnixTime(0),
        recovery: RecoveryCodes::default(),
    }
}

/// An attempt for an unknown name. That a guess is by chance the code of a step outside the window is no matter here.
fn refused(store: &impl UnknownUserStore, name: &str, text: &str, now: Step) -> Refusal {
    let typed = ParsedReply::parse(text.as_bytes());
    let refusal = refuse_unknown(store, name, &typed, &Policy::default(), &|| start(now));
    plainly(refusal.expect("unknown users cannot be refused"))
}

fn plainly(refusal: Refusal) -> Refusal {
    if matches!(refusal, Refusal::OutsideWindow { .. }) { Refusal::Wrong } else { refusal }
}

/// Whatever is typed, and however often: the answers are those that somebody has who has enrolled.
pub fn an_unknown_user_is_refused_like_somebody_who_has_enrolled<S: UnknownUserStore>(store: &S) {
    let memory = MemoryStore::default();
    let anna = Person::enrolled(&memory);
    let (one, two) = (code(2, NOW), code(2, NOW) + &code(3, NOW));
    let replies = [one.as_str(), "letters?", &two, &one, &one, "bcdef-ghjkm", &one, &one, &one, &two, &one];
    let mut delayed = false;
    for (round, reply) in replies.iter().cycle().take(4 * replies.len()).enumerate() {
        let now = Step(NOW.0 + round as u64 / 3);
        let verdict = anna.login(reply, now).unwrap();
        let Verdict::Refused(expected) = verdict else { panic!("{verdict:?}") };
        delayed |= matches!(expected, Refusal::Throttled { .. });
        assert_eq!(refused(store, "mallory", reply, now), plainly(expected), "told apart ({round}: {reply})");
    }
    assert!(delayed, "nobody was delayed");
}

/// The failures of one name delay no other.
pub fn each_unknown_user_has_failures_of_its_own<S: UnknownUserStore>(store: &S) {
    let wrong = code(2, NOW);
    while !matches!(refused(store, "mallory", &wrong, NOW), Refusal::Throttled { .. }) {}
    for name in ["trent", "", "../mallory", "mallory\n", "\u{fffd}"] {
        assert_eq!(refused(store, name, &wrong, NOW), Refusal::Wrong, "another name's failures: {name:?}");
    }
}

/// A guess, counted: how many there were before it.
fn count(store: &impl UnknownUserStore, meanwhile: impl FnOnce()) -> u32 {
    let one_more = |_: &Enrollment, state: &State| {
        let throttle = Throttle {
            guesses: state.throttle.guesses + 1,
            guessed_at: start(NOW),
            ..state.throttle.clone()
        };
        (State { throttle, ..state.clone() }, state.throttle.guesses)
    };
    let compare = |_: &Enrollment, before: u32| {
        meanwhile();
        before
    };
    store
        .refuse("mallory", &Policy::default().throttle, one_more, compare)
        .expect("a guess cannot be counted")
}

/// Of what several guess at once, nothing is lost.
pub fn what_several_guess_at_an_unknown_user_is_not_lost<S: UnknownUserStore + Sync>(store: &S) {
    at_once(4, |_| (0..10).for_each(|_| _ = count(store, || ())));
    assert_eq!(count(store, || ()), 40, "a guess is lost");
}

/// Whoever comes while something is compared finds it counted.
pub fn an_unknown_user_is_charged_before_anything_is_compared<S: UnknownUserStore>(store: &S) {
    let compared = std::cell::Cell::new(false);
    count(store, || {
        compared.set(true);
        assert_eq!(count(store, || ()), 1, "compared before it was charged");
    });
    assert!(compared.get(), "nothing is compared");
}
