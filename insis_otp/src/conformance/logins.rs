//! What decides attempts: races, the charge before the comparison, replay.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{NOW, Person, Subject, answered, at_once, code, first_state, opens, recovery_code, start};
use crate::oath::{Seconds, Step, UnixTime};
use crate::record::Enrollment;
use crate::store::{Charge, Decision, UserStore, Write};
use crate::verify::{Bypass, Refusal, State, Verdict};

/// Of several who show the same code at once, one gets in.
pub fn one_code_opens_one_login<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    for step in (0..10).map(|round| Step(NOW.0 + 3 * round)) {
        let verdicts = at_once(4, |_| anna.try_step(step));
        let opened = verdicts.iter().filter(|verdict| opens(verdict)).count();
        assert_eq!(opened, 1, "a code opened so many logins: {verdicts:?}");
    }
}

/// A bypass code opens as many logins as it says, whoever comes at once, and none when it is taken back.
pub fn a_bypass_code_opens_as_many_logins_as_it_says<S: Subject>(subject: &S) {
    const USES: u8 = 3;
    let anna = Person::enrolled(subject);
    let code = recovery_code(b"pppppqqqqq");
    let issue = |uses| {
        answered(|| {
            anna.part().transact(|enrollment, state| {
                let hash = enrollment.recovery.bypass_hash(&code);
                let bypass = Bypass { hash, expires: start(NOW).plus(Seconds(3600)), uses };
                let state = state.with_bypass(bypass, UnixTime(1));
                Decision { state, write: Write::Durable, answer: () }
            })
        });
    };
    issue(USES);
    let verdicts = at_once(4, |_| [(); 2].map(|()| answered(|| anna.login("ppppp-qqqqq", NOW))));
    let opened = verdicts.iter().flatten().filter(|verdict| opens(verdict)).count();
    assert_eq!(opened, usize::from(USES), "a bypass code opened so many logins: {verdicts:?}");
    issue(1);
    answered(|| {
        anna.part().transact(|_, state| {
            let state = State { bypass: None, ..state.clone() };
            Decision { state, write: Write::Durable, answer: () }
        })
    });
    assert!(!opens(&answered(|| anna.login("ppppp-qqqqq", NOW))), "a code that was taken back opens a login");
}

/// Of what several write at once, nothing is lost.
pub fn what_several_count_at_once_is_not_lost<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    at_once(4, |_| {
        for _ in 0..10 {
            answered(|| {
                anna.part().transact(|_, state| {
                    let state = State { failures: state.failures + 1, ..state.clone() };
                    Decision { state, write: Write::Durable, answer: () }
                })
            });
        }
    });
    assert_eq!(anna.state().failures, 40, "what was counted is lost");
}

fn charged(state: &State) -> State {
    State { failures: state.failures + 1, ..state.clone() }
}

/// Whoever looks while something is compared sees the charge.
pub fn a_charge_is_in_the_store_before_anything_is_compared<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    let compare = |_: &Enrollment, state: State| {
        assert_eq!(anna.state().failures, 1, "compared before it was charged");
        Decision { state: State { failures: 7, ..state }, write: Write::Durable, answer: () }
    };
    let charge = |_: &Enrollment, state: &State| Charge::Due(charged(state), charged(state));
    anna.part().transact_charged(charge, compare).unwrap();
    assert_eq!(anna.state().failures, 7, "the last state is not written");
}

/// Where the charge cannot be written, nothing is compared.
pub fn what_cannot_be_charged_is_not_compared<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    let compared = Cell::new(0);
    let done = anna.part().transact_charged(
        |_, state| {
            subject.break_writes(&anna.account);
            Charge::Due(charged(state), charged(state))
        },
        |_, state| {
            compared.set(compared.get() + 1);
            Decision { state, write: Write::AsCharged, answer: () }
        },
    );
    assert_eq!(compared.get(), 0, "compared without a charge");
    assert!(done.is_err(), "answered without a charge");
}

/// Where the last state cannot be written, there is no answer.
pub fn an_answer_is_in_the_store_before_anybody_has_it<S: Subject>(subject: &S) {
    for write in [Write::InPlace, Write::Durable] {
        let name = if write == Write::Durable { "bob" } else { "anna" };
        let person = Person::new(subject, name);
        person.part().create(&person.enrollment(1), &first_state(), &|| Ok(())).unwrap();
        let done = person.part().transact_charged(
            |_, state| Charge::Due(charged(state), state.clone()),
            |_, state| {
                subject.break_writes(&person.account);
                Decision { state: State { failures: 7, ..state }, write, answer: () }
            },
        );
        assert!(done.is_err(), "answered without the last state ({write:?})");
    }
}

/// A guess is counted, for whoever comes next.
pub fn a_wrong_code_costs_its_charge<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    let wrong = code(2, NOW);
    for guesses in 1..=5 {
        assert_eq!(anna.login(&wrong, NOW).unwrap(), Verdict::Refused(Refusal::Wrong));
        assert_eq!(anna.state().failures, guesses, "a guess was free");
    }
}

/// No code opens a second login: neither the same, nor one before it.
pub fn a_code_that_was_used_stays_used<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    assert!(opens(&anna.try_step(NOW)), "a right code is refused");
    for step in [NOW.0, NOW.0 - 1, NOW.0] {
        let verdict = anna.login(&code(1, Step(step)), NOW).unwrap();
        assert!(
            matches!(verdict, Verdict::Refused(Refusal::Used { .. })),
            "a used code is not known as such: {verdict:?}"
        );
    }
    assert!(opens(&anna.try_step(NOW.next())), "the next code is refused");
}

/// Whoever has decided on what was there before does not write it over what has been written since: it is decided anew.
pub fn a_slow_transaction_takes_nothing_back<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    for (round, in_charge) in [true, false].into_iter().enumerate() {
        let step = Step(NOW.0 + 3 * round as u64);
        let (rounds, seen) = (AtomicU32::new(0), Cell::new(false));
        let meanwhile = || {
            if rounds.fetch_add(1, Ordering::SeqCst) == 0 {
                assert!(opens(&anna.try_step(step)));
            }
        };
        let done = anna.part().transact_charged(
            |_, state| {
                if in_charge {
                    meanwhile();
                }
                seen.set(state.used.upto >= step);
                Charge::Due(charged(state), charged(state))
            },
            |_, state| {
                if !in_charge {
                    meanwhile();
                }
                Decision { state, write: Write::Durable, answer: () }
            },
        );
        done.expect("it is not decided anew");
        assert!(seen.get(), "decided on what was there before");
        assert!(anna.state().used.upto >= step, "a used step is free again");
        assert!(!opens(&anna.try_step(step)), "a code opened two logins");
    }
}

/// What was decided for an enrollment is no answer any more when that is gone.
pub fn a_login_does_not_outlive_its_enrollment<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    let decided_for = |meanwhile: &dyn Fn()| {
        let first = Cell::new(true);
        anna.part().transact(|enrollment, state| {
            if first.take() {
                meanwhile();
            }
            let answer = enrollment.is_same(&anna.enrollment(1));
            Decision { state: state.clone(), write: Write::Durable, answer }
        })
    };
    let replace = || {
        let new = |_: &_| Ok::<_, ()>((anna.enrollment(2), first_state()));
        answered(|| anna.part().replace(new)).unwrap();
    };
    assert!(!decided_for(&replace).unwrap(), "an answer for an enrollment that was replaced");
    let remove = || answered(|| anna.part().remove(None));
    let gone = decided_for(&remove);
    assert!(gone.is_err_and(|error| error.is_not_enrolled()), "an answer for an enrollment that was removed");
    assert!(!anna.is_enrolled(), "what was removed is there again");
}
