//! Whole conversations, with a scripted person, a phone whose clock may be off, and a store in a temporary home.

mod script;

use insis_otp::naming::Names;
use insis_otp::oath::Parameters;

use self::script::Do::{Code, Go, OldRecovery, Type, Wait};
use self::script::{Do, Home, Script, script};
use super::*;

fn options() -> EnrollmentOptions {
    EnrollmentOptions {
        names: Names { user: "anna".into(), host: "aisa".into(), issuer: None },
        new_keys: Parameters::default(),
        qr: true,
        force: false,
        instead_of: Some("bob".into()),
        page_actions: vec![],
        prompt: "One-time code: ".into(),
        date: |time| time.0.to_string(),
    }
}

fn enroll(home: &Home, todo: &[Do]) -> (Script, Result<(), SessionError>) {
    let script = script(todo);
    let outcome = home.talk(&script, true, |session| session.enroll(&options()));
    assert!(!script.shown.get(), "the secret is still on the screen");
    assert!(outcome.is_err() || script.todo.borrow().is_empty(), "not everything was asked for");
    (script, outcome)
}

const PAIR: [Do; 5] = [Type("yes"), Code(0), Wait(30), Code(0), Type("")];

#[test]
fn a_phone_is_paired_by_two_consecutive_codes() {
    let home = Home::new();
    let (script, outcome) = enroll(&home, &PAIR);
    outcome.unwrap();
    let status = home.status().unwrap();
    assert_eq!((&*status.account, status.recovery_left, status.drift), ("anna@aisa", 10, Drift(0)));
    assert_eq!(script.recovery.borrow().len(), 10);
    assert!(!script.was_told("slow") && !script.was_told("fast"));
    assert!(script.was_told("not bob"));
}

#[test]
fn every_mistake_is_explained_and_can_be_mended() {
    let home = Home::new();
    let (script, outcome) = enroll(
        &home,
        &[
            Type("perhaps"),
            Type("Y"),
            Type("12345"),
            Type("①②③④⑤⑥"),
            Type("hello"),
            Type(""),
            Type("000000"),
            Code(0),
            Code(0),
            Type("000000"),
            Wait(60),
            Code(0),
            Wait(30),
            Code(0),
            Type(""),
        ],
    );
    outcome.unwrap();
    let messages = Messages::of_locale("en");
    for text in [
        messages.say_yes_or_no(),
        messages.code_has_digits(6),
        messages.code_plain_digits(),
        messages.code_characters(),
        messages.first_wrong("aisa", "anna@aisa"),
        messages.next_same(),
        messages.next_wrong(),
        messages.next_skipped(),
    ] {
        assert!(script.was_told(&text), "{text}");
    }
}

#[test]
fn wrong_second_codes_lead_back_to_the_first() {
    let (script, outcome) = enroll(
        &Home::new(),
        &[
            Type("yes"),
            Code(0),
            Type("000000"),
            Type("000000"),
            Type("000000"),
            Code(0),
            Wait(30),
            Code(0),
            Type(""),
        ],
    );
    outcome.unwrap();
    assert!(script.was_told(&Messages::of_locale("en").next_wrong_again()));
}

#[test]
fn a_page_is_printed_or_saved_in_place_of_a_code() {
    let todo = [
        Type("yes"),
        Type("print"),
        Type("save"),
        Type("save over.pdf"),
        Type("no"),
        Type("SAVE over.pdf"),
        Type("yes"),
    ];
    let todo: Vec<_> =
        todo.into_iter().chain([Code(0), Type("save x.png"), Wait(30), Code(0), Type("")]).collect();
    let (script, outcome) = enroll(&Home::new(), &todo);
    outcome.unwrap();
    let messages = Messages::of_locale("en");
    for text in [
        messages.page_failed(messages.errno(nix::errno::Errno::EIO)),
        // "save" alone.
        messages.page_form(),
        messages.page_exists("over.pdf"),
        messages.page_saved("over.pdf"),
        messages.page_saved("x.png"),
    ] {
        assert!(script.was_told(&text), "{text}");
    }
    let (script, _) = enroll(&Home::new(), &[Type("yes"), Type("save x.pdf"), Go(Stop::EndOfInput)]);
    assert!(script.was_told(&messages.page_void()));
}

#[test]
fn recovery_codes_are_printed_and_saved_where_they_are_shown() {
    let messages = Messages::of_locale("en");
    let shown = [Type("perhaps"), Type("print"), Type("save x.txt"), Type("")];
    let todo: Vec<_> = PAIR.iter().copied().take(4).chain(shown).collect();
    let home = Home::new();
    let (first, outcome) = enroll(&home, &todo);
    outcome.unwrap();
    let renewed = super::tests::script(&[OldRecovery, Type("hello"), Type("save y.pdf"), Type("")]);
    *renewed.old_recovery.borrow_mut() = Some(first.recovery.borrow()[0].clone());
    home.talk(&renewed, true, |session| session.renew_recovery_codes("aisa", "today", &[])).unwrap();
    assert!(
        renewed.was_told(&messages.page_saved("y.pdf")) && renewed.was_told(&messages.recovery_old_void())
    );
    for script in [first, renewed] {
        assert!(script.was_told(&messages.recovery_enter()) && script.todo.borrow().is_empty());
    }
}

#[test]
fn a_page_that_cannot_be_made_is_known_before_anything_is_done() {
    let page_actions = vec![PageAction::Save("/nodir/x.pdf".into())];
    let home = Home::new();
    let options = EnrollmentOptions { page_actions: page_actions.clone(), ..options() };
    let outcome = home.talk(&script(&[]), true, |session| session.enroll(&options));
    assert!(
        matches!(outcome, Err(SessionError::NoPage(why)) if why.contains("/nodir: No such file"))
            && home.is_empty()
    );
    enroll(&home, &PAIR).1.unwrap();
    let outcome =
        home.talk(&script(&[]), true, |session| session.renew_recovery_codes("aisa", "today", &page_actions));
    assert!(matches!(outcome, Err(SessionError::NoPage(_))));
    // In a batch also what shows only when it is tried.
    let outcome = Home::new().talk(&script(&[]), true, |session| {
        (session.batch, session.yes) = (true, true);
        session.enroll(&EnrollmentOptions { page_actions: vec![PageAction::Print], ..self::options() })
    });
    assert!(matches!(outcome, Err(SessionError::NoPage(why)) if why.contains("I/O error")));
}

#[test]
fn quit_and_help_are_understood_at_every_prompt() {
    let messages = Messages::of_locale("en");
    for answers in 0..4 {
        let home = Home::new();
        let todo: Vec<_> = PAIR.iter().copied().take(answers).chain([Type("help"), Type(" Quit ")]).collect();
        let (script, outcome) = enroll(&home, &todo);
        assert!(matches!(outcome, Err(SessionError::Declined)) && home.is_empty(), "{answers} answers");
        assert!(script.was_told(&messages.prompt_help()), "{answers} answers");
    }
}

#[test]
fn the_words_for_a_page_are_understood_in_both_languages_and_without_accents() {
    let save = Some(super::PageAction::Save("a b.pdf".into()));
    Home::new()
        .talk(&super::tests::script(&[]), true, |session| {
            session.messages = Messages::of_locale("cs");
            for typed in ["uložit a b.pdf", "Ulozit a b.pdf", "ULOŽIT  a b.pdf ", "save a b.pdf"] {
                assert_eq!(session.page_action_in(typed), save, "{typed}");
            }
            assert_eq!(session.page_action_in("Tisk"), Some(super::PageAction::Print));
            assert_eq!(
                (
                    session.page_action_in("123456"),
                    session.page_action_in("ulo a.pdf"),
                    session.page_action_in("print a")
                ),
                (None, None, None)
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_clock_that_is_off_is_learned_and_said() {
    let home = Home::new();
    let (script, outcome) = enroll(&home, &[Type("yes"), Code(-3), Wait(30), Code(-3), Type("")]);
    outcome.unwrap();
    assert!(script.was_told("90 s slow"));
    assert_eq!(home.status().unwrap().drift, Drift(-3));
    let (script, _) = enroll(&Home::new(), &[Type("yes"), Code(2), Wait(30), Code(2), Type("")]);
    assert!(script.was_told("60 s fast"));
    // Who is slow at typing is not told that the phone is.
    let (script, _) = enroll(&Home::new(), &[Type("yes"), Code(0), Wait(60), Code(-1), Type("")]);
    assert!(!script.was_told(" slow;"));
}

/// A phone that was fast at enrollment, and is set right later, would be locked out.
#[test]
fn a_clock_that_is_far_off_is_to_be_set_first() {
    let far = [Code(25), Wait(30), Code(25), Type("quit")];
    let todo: Vec<_> = [Type("yes")].into_iter().chain(far).collect();
    let home = Home::new();
    let (script, outcome) = enroll(&home, &todo);
    assert!(matches!(outcome, Err(SessionError::Declined)) && home.is_empty(), "{outcome:?}");
    assert!(script.was_told("about 13 min fast") && script.was_told("here it is 1700000010"));
    // When it is set, nothing else is to be done than to begin again.
    for offset in [25, -11] {
        let home = Home::new();
        let set = [Type("yes"), Code(offset), Code(0), Wait(30), Code(0), Type("")];
        let (script, outcome) = enroll(&home, &set);
        outcome.unwrap();
        assert_eq!((home.status().unwrap().drift, script.was_told("Set its time")), (Drift(0), true));
    }
    // One that was right at first, and then is not.
    let home = Home::new();
    let (_, outcome) = enroll(
        &home,
        &[Type("yes"), Code(0), Code(11), Wait(30), Code(11), Code(0), Wait(30), Code(0), Type("")],
    );
    outcome.unwrap();
    assert_eq!(home.status().unwrap().drift, Drift(0));
    // As far as a login finds its way by itself, nobody is bothered; farther, who means it.
    let with = |offset: i64, force: bool| {
        let (home, script) = (
            Home::new(),
            super::tests::script(&[Type("yes"), Code(offset), Wait(30), Code(offset), Type("")]),
        );
        home.talk(&script, true, |session| session.enroll(&EnrollmentOptions { force, ..options() }))
            .unwrap();
        assert!(!script.was_told("Set its time"));
        home.status().unwrap().drift
    };
    assert_eq!((with(10, false), with(-10, false)), (Drift(10), Drift(-10)));
    assert_eq!((with(25, true), with(-100, true)), (Drift(25), Drift(-100)));
}

#[test]
fn whoever_goes_away_leaves_nothing_behind() {
    for stop in [Stop::Signal(2), Stop::Signal(1), Stop::EndOfInput] {
        for answers in 0..4 {
            let home = Home::new();
            let todo: Vec<_> = PAIR.iter().copied().take(answers).chain([Go(stop)]).collect();
            let (script, outcome) = enroll(&home, &todo);
            assert!(matches!(outcome, Err(SessionError::Stopped(seen)) if seen == stop), "{answers} answers");
            assert!(home.is_empty());
            assert_eq!(script.was_told("delete it there"), answers > 0);
        }
        // With the recovery codes on the screen, the phone is enrolled.
        let home = Home::new();
        let (_, outcome) = enroll(&home, &[Type("yes"), Code(0), Wait(30), Code(0), Go(stop)]);
        outcome.unwrap();
        assert!(home.status().is_some());
    }
    let home = Home::new();
    let (_, outcome) = enroll(&home, &[Type("no")]);
    assert!(matches!(outcome, Err(SessionError::Declined)) && home.is_empty());
}

#[test]
fn a_pairing_is_replaced_only_with_a_proof() {
    let home = Home::new();
    let (first, outcome) = enroll(&home, &PAIR);
    outcome.unwrap();
    let replacement = [Type("yes"), Code(0), Wait(30), Code(0), Type("000000"), Go(Stop::Signal(2))];
    let (script, outcome) = enroll(&home, &replacement);
    assert!(matches!(outcome, Err(SessionError::Stopped(_))));
    assert!(script.was_told("Wrong code"));
    assert_eq!(home.status().unwrap().account, "anna@aisa");
    assert_eq!(home.status().unwrap().failures, 1);

    let script = super::tests::script(&[Type("yes"), Code(0), Wait(30), Code(0), OldRecovery, Type("")]);
    *script.old_recovery.borrow_mut() = Some(first.recovery.borrow()[3].clone());
    home.talk(&script, true, |session| session.replace(&options())).unwrap();
    assert_eq!(home.status().unwrap().account, "anna@aisa #2");
    assert_eq!(home.status().unwrap().recovery_left, 10);
}

#[test]
fn recovery_codes_are_renewed_and_a_pairing_removed_with_a_proof() {
    let home = Home::new();
    let (first, outcome) = enroll(&home, &PAIR);
    outcome.unwrap();
    let script = super::tests::script(&[OldRecovery, Type("")]);
    *script.old_recovery.borrow_mut() = Some(first.recovery.borrow()[0].clone());
    home.talk(&script, true, |session| session.renew_recovery_codes("aisa", "today", &[])).unwrap();
    assert_ne!(*script.recovery.borrow(), *first.recovery.borrow());

    let renewed = script.recovery.borrow()[9].clone();
    let script = super::tests::script(&[Type("yes"), Type("abcde-abcde"), OldRecovery]);
    *script.old_recovery.borrow_mut() = Some(renewed);
    home.talk(&script, true, |session| session.remove()).unwrap();
    assert!(home.is_empty() && script.was_told("Wrong code"));
    assert!(script.was_told("anna could be locked out"));
    let outcome = home.talk(&script, true, |session| session.remove());
    assert!(matches!(outcome, Err(SessionError::Backend(Error::NotEnrolled))));
}

#[test]
fn codes_are_tried_and_clocks_learned_anew() {
    let home = Home::new();
    let (first, outcome) = enroll(&home, &PAIR);
    outcome.unwrap();
    let script = super::tests::script(&[Wait(3000), Code(0), Code(0)]);
    *script.secret.borrow_mut() = first.secret.borrow().clone();
    home.talk(&script, true, |session| session.verify()).unwrap();
    assert!(script.was_told("would be let in"));
    assert!(matches!(home.talk(&script, true, |session| session.verify()), Err(SessionError::Refused)));
    assert!(script.was_told("used before"));

    // What is no code, then two codes at once, then each when the phone shows it.
    script.todo.borrow_mut().extend([Type("123456 654321"), Code(20), Code(21)]);
    script.todo.borrow_mut().extend([Code(22), Wait(30), Code(22)]);
    home.talk(&script, true, |session| session.resync()).unwrap();
    assert!(script.was_told("each typed when"));
    assert!(script.was_told("11 min fast"));
}

#[test]
fn a_batch_is_told_which_option_is_missing() {
    let home = Home::new();
    enroll(&home, &PAIR).1.unwrap();
    let outcome = home.talk(&super::tests::script(&[]), true, |session| {
        session.batch = true;
        session.remove()
    });
    assert!(matches!(outcome, Err(SessionError::Missing("--yes"))));
}

#[test]
fn root_needs_no_proof() {
    let home = Home::new();
    enroll(&home, &PAIR).1.unwrap();
    let script = super::tests::script(&PAIR);
    home.talk(&script, false, |session| session.enroll(&options())).unwrap();
    assert_eq!(home.status().unwrap().account, "anna@aisa #2");
}

#[test]
fn where_the_codes_of_a_right_phone_count_as_used_it_is_said_what_sets_that_right() {
    let status = |steps| Status {
        enrolled_at: UnixTime(1),
        issuer: String::new(),
        account: String::new(),
        parameters: Parameters::default(),
        drift: Drift(steps),
        last_login: None,
        failures: 0,
        throttled: None,
        single_codes_used_up: false,
        recovery_left: 0,
        bypass: None,
        remembered: Vec::new(),
    };
    for messages in Messages::of_every_language() {
        let is_said = |steps| wrong_resync(&messages, &status(steps)).contains(&messages.resync_by_login());
        assert_eq!([120, 11, 10, 0, -120].map(is_said), [true, true, false, false, false]);
    }
}
