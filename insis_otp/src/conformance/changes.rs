//! What creates, replaces, moves and removes enrollments, and what is listed.

use super::{NOW, Person, Subject, at_once, first_state, opens};
use crate::oath::{RecoveryCodes, Salt, UnixTime};
use crate::store::{Cause, Decision, Item, Listed, Owner, Store, StoreError, UserStore, Write};
use crate::verify::{Remembered, State};

fn exists<T>(done: &Result<T, StoreError>) -> bool {
    matches!(done, Err(StoreError { cause: Cause::Exists, .. }))
}

fn is_not_enrolled<T>(done: &Result<T, StoreError>) -> bool {
    done.as_ref().is_err_and(StoreError::is_not_enrolled)
}

/// Where there is an enrollment, none is created, and of several at once one is.
pub fn an_enrollment_is_created_once<S: Subject>(subject: &S) {
    let anna = Person::new(subject, "anna");
    let create = |secret| anna.part().create(&anna.enrollment(secret), &first_state(), &|| Ok(()));
    let done = at_once(4, |number| create(1 + number as u8));
    let created: Vec<_> =
        (1..).zip(&done).filter(|(_, done)| done.is_ok()).map(|(secret, _)| secret).collect();
    let [secret] = created.as_slice() else { panic!("so many were created: {done:?}") };
    assert!(done.iter().all(|done| done.is_ok() || exists(done)), "{done:?}");
    assert!(
        anna.part().load().unwrap().enrollment.is_same(&anna.enrollment(*secret)),
        "another one is there"
    );
    assert!(exists(&create(9)), "created over another one");
    assert!(
        anna.part().load().unwrap().enrollment.is_same(&anna.enrollment(*secret)),
        "another one is there"
    );
}

/// The leave is asked for at the end; without it there is nothing.
pub fn an_enrollment_whose_leave_has_ended_is_not_written<S: Subject>(subject: &S) {
    let anna = Person::new(subject, "anna");
    let no_leave = || Err(Cause::Unsafe("is not allowed any more".into()));
    let done = anna.part().create(&anna.enrollment(1), &first_state(), &no_leave);
    assert!(done.is_err(), "created without leave");
    assert!(!anna.is_enrolled(), "there without leave");
}

/// Enrollment and state go together, and come of what is there.
pub fn a_replacement_is_decided_on_what_is_there<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    assert!(opens(&anna.try_step(NOW)));
    let replaced = anna.part().replace(|old| {
        assert!(old.enrollment.is_same(&anna.enrollment(1)));
        assert_eq!(old.state.used.upto, NOW);
        Ok::<_, ()>((anna.enrollment(2), State { failures: 3, ..first_state() }))
    });
    replaced.unwrap().unwrap();
    let there = anna.part().load().unwrap();
    assert!(there.enrollment.is_same(&anna.enrollment(2)), "the old enrollment is there");
    assert_eq!(there.state, State { failures: 3, ..first_state() }, "the old state is there");
}

/// What says no changes nothing.
pub fn a_replacement_that_is_refused_changes_nothing<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    assert_eq!(anna.part().replace(|_| Err("no")).unwrap(), Err("no"));
    assert!(anna.part().load().unwrap().enrollment.is_same(&anna.enrollment(1)));
    assert_eq!(anna.state(), first_state(), "it has changed all the same");
}

/// Whoever has proved one enrollment may not remove or change another one that has come in its place.
pub fn a_proof_holds_for_the_enrollment_that_it_was_given_for<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    let (old, new) = (anna.enrollment(1), anna.enrollment(2));
    anna.part().replace(|_| Ok::<_, ()>((new.clone(), first_state()))).unwrap().unwrap();
    assert!(anna.part().remove(Some(&old)).is_err(), "removed with the proof of another one");
    let codes = RecoveryCodes::default();
    assert!(
        anna.part().replace_recovery_codes(Some(&old), &codes).is_err(),
        "changed with the proof of another one"
    );
    let there = anna.part().load().unwrap().enrollment;
    assert!(there.is_same(&new) && there.recovery == new.recovery, "changed with the proof of another one");
    anna.part().replace_recovery_codes(Some(&new), &codes).expect("its own proof does not hold");
    anna.part().remove(Some(&new)).expect("its own proof does not hold");
    assert!(!anna.is_enrolled(), "it is still there");
}

/// What was used stays used, and the secret the same.
pub fn new_recovery_codes_leave_all_else_as_it_is<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    assert!(opens(&anna.try_step(NOW)));
    anna.part()
        .transact(|_, state| {
            let remembered = vec![Remembered { tag: 1, since: UnixTime(1) }];
            let state = State { used_recovery: 1, failures: 2, remembered, ..state.clone() };
            Decision { state, write: Write::Durable, answer: () }
        })
        .unwrap();
    let codes = RecoveryCodes::from_hashes(Salt([3; 16]), Vec::new(), Vec::new()).unwrap();
    let before = anna.state();
    anna.part().replace_recovery_codes(None, &codes).unwrap();
    let there = anna.part().load().unwrap();
    assert!(there.enrollment.is_same(&anna.enrollment(1)) && there.enrollment.recovery == codes);
    let expected = State { used_recovery: 0, remembered: Vec::new(), ..before };
    assert_eq!(there.state, expected, "more than the recovery codes has changed");
}

/// The administrator's repair sees the state where it can be read.
pub fn a_repair_starts_from_what_is_there<S: Subject>(subject: &S) {
    let anna = Person::enrolled(subject);
    assert!(opens(&anna.try_step(NOW)));
    let repair = |_: &_, state: Option<&State>| State { failures: 5, ..state.cloned().unwrap_or_default() };
    anna.part().repair(repair).unwrap();
    assert_eq!(anna.state().failures, 5);
    assert_eq!(anna.state().used.upto, NOW, "a used step is free again");
}

/// Under the new name is what was under the old one, which has nothing any more.
pub fn an_enrollment_moves_with_its_state<S: Subject>(subject: &S) {
    let (anna, new) = (Person::enrolled(subject), Person::new(subject, "anna.b"));
    assert!(opens(&anna.try_step(NOW)));
    anna.part().rename_to(&new.part()).unwrap();
    assert!(!anna.is_enrolled(), "it is still under the old name");
    assert!(!opens(&new.try_step(NOW)), "a code opened two logins");
    assert!(opens(&new.try_step(NOW.next())), "it is not under the new name");
    assert!(is_not_enrolled(&anna.part().rename_to(&new.part())));
    anna.part().create(&anna.enrollment(4), &first_state(), &|| Ok(())).unwrap();
    assert!(exists(&anna.part().rename_to(&new.part())), "moved over another one");
    assert!(anna.is_enrolled() && new.is_enrolled());
}

/// Where there is no enrollment, everything says so, and nothing is called.
pub fn of_nobody_nothing_is_done<S: Subject>(subject: &S) {
    let anna = Person::new(subject, "anna");
    assert!(!anna.is_enrolled());
    let called = |_: &_, _: &_| -> Decision<()> { panic!("decided on nothing") };
    assert!(is_not_enrolled(&anna.part().transact(called)));
    assert!(is_not_enrolled(&anna.part().replace(|_| -> Result<_, ()> { panic!("decided on nothing") })));
    assert!(is_not_enrolled(&anna.part().replace_recovery_codes(None, &RecoveryCodes::default())));
    assert!(is_not_enrolled(&anna.part().repair(|_, _| panic!("decided on nothing"))));
    assert!(is_not_enrolled(&anna.part().remove(None)), "removed where nobody was");
    assert!(!anna.is_enrolled(), "created by what only changes");
}

/// Who has enrolled is in the list, and nobody else.
pub fn the_store_is_listed<S: Subject>(subject: &S) {
    let names = || {
        let listed = subject.store().list().unwrap();
        assert_eq!(listed.is_some(), S::LISTS);
        let records = listed.unwrap_or_default().into_iter().filter(|listed| listed.item == Item::Record);
        let mut names: Vec<_> = records
            .map(|Listed { owner, .. }| match owner {
                Owner::Name(name) | Owner::Uid(name) => name,
            })
            .collect();
        names.sort_unstable();
        names
    };
    let expected =
        |names: &[&str]| if S::LISTS { names.iter().map(ToString::to_string).collect() } else { vec![] };
    assert_eq!(names(), expected(&[]));
    let anna = Person::enrolled(subject);
    let bob = Person::new(subject, "bob");
    bob.part().create(&bob.enrollment(1), &first_state(), &|| Ok(())).unwrap();
    assert_eq!(names(), expected(&["anna", "bob"]), "the list is not of who has enrolled");
    anna.part().remove(None).unwrap();
    assert_eq!(names(), expected(&["bob"]));
    assert_ne!(anna.part().location(), bob.part().location());
}
