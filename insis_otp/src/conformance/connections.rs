//! What only stores meet that write over a connection, on a condition.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{
    Connection, Fate, Fault, NOW, Person, Subject, answered, at_once, code, first_state, opens, start,
};
use crate::Source;
use crate::service::{LoginAttempt, Service};
use crate::store::conditional::ROUNDS;
use crate::store::{Charge, Decision, UserStore, Write};
use crate::verify::{ParsedReply, Policy, Refusal, State, ThrottlePolicy, Verdict};

/// As often as is promised, and not for ever.
pub fn races_that_were_lost_are_run_again_a_few_times<S: Connection>(subject: &S) {
    let anna = Person::enrolled(subject);
    subject.inject(Fault::LosesRaces(ROUNDS - 1));
    let verdict = anna.login(&code(1, NOW), NOW).expect("the race was not run again");
    assert!(opens(&verdict), "{verdict:?}");
    subject.inject(Fault::LosesRaces(u32::MAX));
    let step = NOW.next();
    assert!(anna.login(&code(1, step), step).is_err(), "accepted without a write, or run for ever");
    assert_eq!(anna.state().used.upto, NOW);
    subject.inject(Fault::LosesRaces(ROUNDS - 1));
    anna.part().remove(None).expect("the race was not run again");
}

/// The connection was lost after the write: it is there, and so it counts. Each of the two writes of a login.
pub fn an_answer_that_was_lost_is_looked_for<S: Connection>(subject: &S) {
    let anna = Person::enrolled(subject);
    let mut step = NOW;
    for write in [0, 1] {
        subject.inject(Fault::NoAnswer(write, Fate::Arrived));
        let verdict = anna.login(&code(1, step), step).expect("what was written does not count");
        assert!(opens(&verdict), "{verdict:?}");
        assert_eq!(anna.state().used.upto, step);
        step = step.next();
    }
    subject.inject(Fault::NoAnswer(0, Fate::Arrived));
    anna.part().remove(None).expect("what was removed does not count");
    subject.inject(Fault::NoAnswer(0, Fate::Arrived));
    anna.part()
        .create(&anna.enrollment(1), &first_state(), &|| Ok(()))
        .expect("what was created does not count");
}

/// The connection was lost, and what is there is not what was written: there is no answer, whatever has become of it. When
/// that was the charge, nothing is compared.
pub fn what_may_not_have_arrived_is_not_accepted<S: Connection>(subject: &S) {
    let anna = Person::enrolled(subject);
    for fate in [Fate::Lost, Fate::Overwritten] {
        let compared = Cell::new(false);
        let attempt = || {
            anna.part().transact_charged(
                |_, state| {
                    Charge::Due(State { failures: state.failures + 1, ..state.clone() }, state.clone())
                },
                |_, state| {
                    compared.set(true);
                    Decision { state, write: Write::Durable, answer: () }
                },
            )
        };
        subject.inject(Fault::NoAnswer(0, fate));
        assert!(attempt().is_err(), "answered, but its charge is not there ({fate:?})");
        assert!(!compared.get(), "compared, but its charge is not there ({fate:?})");
        subject.inject(Fault::NoAnswer(1, fate));
        assert!(attempt().is_err(), "answered, but its state is not there ({fate:?})");
        assert!(compared.get());
    }
}

/// A server that has not heard of the last write yet is believed in nothing.
pub fn what_lags_behind_is_not_decided_upon<S: Connection>(subject: &S) {
    let anna = Person::enrolled(subject);
    // The second write is the login's; what was there before it is what the next login reads first.
    let part = anna.part();
    part.transact_charged(
        |_, state| Charge::Due(state.clone(), state.clone()),
        |_, mut state| {
            subject.inject(Fault::Lags);
            state.used.upto = NOW;
            Decision { state, write: Write::Durable, answer: () }
        },
    )
    .unwrap();
    let verdict = anna.login(&code(1, NOW), NOW).expect("the race was not run again");
    assert!(!opens(&verdict), "a code that was used opened a login");
    assert_eq!(anna.state().used.upto, NOW, "a used step is free again");
}

/// Of many at once, wrong codes are charged once each. Right ones that lost their race are not, whether the code opened another
/// login meanwhile or not.
pub fn of_many_at_once_the_wrong_ones_are_charged<S: Subject>(subject: &S) {
    const COUNT: usize = 8;
    let anna = Person::enrolled(subject);
    let throttle = ThrottlePolicy { free: 1000, daily: 1000, consecutive: 1000, ..ThrottlePolicy::default() };
    let policy = Policy { throttle, ..Policy::default() };
    // An attempt that is told that others are in the way has paid, if it lost its last race after the charge.
    let busy = AtomicU32::new(0);
    let mut guesses = 0;
    for (step, right) in [(NOW, 1), (NOW.next(), 4)] {
        let verdicts = at_once(COUNT, |number| {
            let text = code(if number < right { 1 } else { 2 }, step);
            let typed = ParsedReply::parse(text.as_bytes());
            let attempt = LoginAttempt::from(Source::User(0), &typed);
            answered(|| {
                let (store, clock) = (anna.part(), || start(step));
                let login = Service { store: &store, policy: &policy, clock: &clock }.login(&attempt);
                if login.is_err() {
                    busy.fetch_add(1, Ordering::Relaxed);
                }
                login
            })
            .0
        });
        let wrong = |verdict: &&Verdict| **verdict == Verdict::Refused(Refusal::Wrong);
        assert_eq!(verdicts.iter().filter(|verdict| opens(verdict)).count(), 1, "{verdicts:?}");
        assert_eq!(verdicts.iter().filter(wrong).count(), COUNT - right, "{verdicts:?}");
        guesses += u32::try_from(COUNT - right).unwrap();
        let most = guesses + busy.load(Ordering::Relaxed);
        let charged = anna.state().throttle.today;
        assert!(
            (guesses..=most).contains(&charged),
            "charged not once for each wrong code: {charged}, {most}"
        );
    }
}
