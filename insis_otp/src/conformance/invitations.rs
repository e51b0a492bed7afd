//! Invitations to enroll, in a store that keeps any.

use super::{NOW, Person, Subject, answered, at_once, recovery_code, start};
use crate::oath::{RecoveryCode, Salt, Seconds, UnixTime};
use crate::service::{Error, Service};
use crate::store::{InvitationFile, InvitationRefusal, InvitationStore, StoreError, UserStore};
use crate::verify::Policy;

fn right() -> RecoveryCode {
    recovery_code(b"bbbbbbbbbb")
}

fn wrong() -> RecoveryCode {
    recovery_code(b"cccccccccc")
}

/// Somebody who is invited.
fn invited<S: Subject>(subject: &S) -> Person<'_, S> {
    let anna = Person::new(subject, "anna");
    let expires = start(NOW).plus(Seconds(3600));
    anna.part().invitation().issue(&right(), Salt([5; 16]), expires).expect("cannot invite");
    anna
}

fn now() -> UnixTime {
    start(NOW)
}

/// Enrolls with the invitation's code.
fn enroll<S: Subject>(anna: &Person<'_, S>, secret: u8) -> Result<(), Error> {
    let store = anna.part();
    let service = Service { store: &store, policy: &Policy::default(), clock: &now };
    service.enroll_invited(&anna.new_device(secret), &right()).map(|_| ())
}

/// A wrong code is charged, a right one that is only looked at is not; after so many not even the right one helps.
pub fn an_invitation_is_guessed_a_few_times_only<S: Subject>(subject: &S) {
    let anna = invited(subject);
    let check = |code| anna.part().invitation().check(&code, now()).unwrap();
    for left in (1..InvitationFile::GUESSES).rev() {
        assert_eq!(check(wrong()), Err(InvitationRefusal::Wrong { left }), "a guess was free");
        assert_eq!(check(right()), Ok(()));
    }
    assert_eq!(check(wrong()), Err(InvitationRefusal::Wrong { left: 0 }));
    assert_eq!(check(right()), Err(InvitationRefusal::UsedUp));
    assert!(matches!(enroll(&anna, 1), Err(Error::Invitation(InvitationRefusal::UsedUp))));
    assert!(!anna.is_enrolled());
    let guess = || {
        subject.break_writes(&anna.account);
        anna.part().invitation().check(&wrong(), now())
    };
    anna.part().invitation().issue(&right(), Salt([6; 16]), now().plus(Seconds(3600))).unwrap();
    assert!(!matches!(guess(), Ok(Err(InvitationRefusal::Wrong { .. }))), "compared without a charge");
}

/// Of several with the same code at once, one enrolls; when none does, the invitation is as good as before.
pub fn an_invitation_enrolls_once<S: Subject>(subject: &S) {
    let anna = invited(subject);
    let failed = anna.part().invitation().redeem(&right(), now(), |_| Err::<(), _>("no"));
    assert!(matches!(failed, Ok(Ok(Err("no")))), "{failed:?}");
    assert_eq!(anna.part().invitation().check(&right(), now()).unwrap(), Ok(()), "it is used up");
    let redeem = |number: usize| {
        let attempt = || match enroll(&anna, 1 + number as u8) {
            Err(Error::Store(error @ StoreError { cause: crate::store::Cause::Busy { .. }, .. })) => {
                Err(error)
            }
            done => Ok(done.is_ok()),
        };
        answered(attempt)
    };
    let enrolled = at_once(4, redeem).into_iter().filter(|enrolled| *enrolled).count();
    assert_eq!(enrolled, 1, "so many enrolled with one invitation");
    anna.part().remove(None).unwrap();
    assert!(enroll(&anna, 7).is_err(), "it enrolled a second time");
}

/// What was begun with an invitation ends with it.
pub fn an_invitation_that_was_taken_back_enrolls_nobody<S: Subject>(subject: &S) {
    let anna = invited(subject);
    let redeemed = anna.part().invitation().redeem(&right(), now(), |still_holds| {
        anna.part().invitation().withdraw().unwrap();
        anna.part().create(&anna.enrollment(1), &super::first_state(), still_holds)
    });
    assert!(!matches!(redeemed, Ok(Ok(Ok(())))), "enrolled without an invitation");
    assert!(!anna.is_enrolled(), "enrolled without an invitation");
    assert_eq!(anna.part().invitation().check(&right(), now()).unwrap(), Err(InvitationRefusal::None));
}
