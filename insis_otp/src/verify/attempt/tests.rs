use proptest::prelude::*;

use super::*;
use crate::oath::{Digits, Parameters, Salt};
use crate::verify::Throttle;
use crate::verify::fixtures::{NOW, Phone, T, opens, phone};

fn refused(refusal: Refusal) -> Verdict {
    Verdict::Refused(refusal)
}

#[test]
fn the_window_is_one_step_on_either_side() {
    for (offset, open) in [(-2_i64, false), (-1, true), (0, true), (1, true), (2, false)] {
        let mut phone = phone();
        let verdict = phone.try_step(T.checked_add_signed(offset).unwrap(), NOW);
        assert_eq!(opens(&verdict), open, "{offset}: {verdict:?}");
    }
    for (offset, refusal) in [
        (-4_i64, Refusal::OutsideWindow { offset: -4 }),
        (-10, Refusal::OutsideWindow { offset: -10 }),
        (-11, Refusal::Wrong),
        // Of a code to come nobody is told, not even the log.
        (2, Refusal::Wrong),
        (4, Refusal::Wrong),
    ] {
        let verdict = phone().try_step(T.checked_add_signed(offset).unwrap(), NOW);
        assert_eq!(verdict, refused(refusal), "{offset}");
    }
}

#[test]
fn the_work_is_the_same_for_right_and_wrong() {
    let work = |text: &dyn Fn(&Phone) -> String, used: bool| {
        let mut phone = phone();
        let text = text(&phone);
        if used {
            assert!(opens(&phone.try_text(&text, NOW)));
        }
        let before = crate::oath::COMPUTED.get();
        let _ = phone.try_text(&text, NOW);
        crate::oath::COMPUTED.get() - before
    };
    // Five minutes before, the step itself, and the one after it.
    for step in [T - 4000, T - 4, T - 2, T - 1, T, T + 1, T + 9] {
        assert_eq!(work(&|phone| phone.code(step), false), 12, "{step}");
    }
    assert_eq!((work(&|p| p.code(T), true), work(&|p| p.code(T + 1), true)), (12, 12));
    // One more than there are pairs of steps, by the device's clock and by ours.
    let two_codes = |step: u64| move |phone: &Phone| format!("{}{}", phone.code(step), phone.code(step + 1));
    for step in [T - 4000, T - 10, T - 1, T, T + 9] {
        assert_eq!(work(&two_codes(step), false), 22 + 3, "{step}");
    }
    for text in ["abcdefghjk", "zzzzzzzzzz"] {
        assert_eq!(work(&|_| text.to_owned(), false), 0, "hashes only");
    }
}

#[test]
fn charging_computes_nothing_and_is_what_a_wrong_guess_costs() {
    for text in ["000000", "000000 000001", "zzzzz-zzzzz"] {
        let mut phone = phone();
        let before = crate::oath::COMPUTED.get();
        let typed = ParsedReply::parse(text.as_bytes());
        let charge = charge(&Attempt::of(&typed), &phone.key, &phone.state, &phone.policy, NOW);
        assert_eq!(crate::oath::COMPUTED.get(), before, "{text}: computed before it was charged");
        let Charge::Due(comparison) = charge else { panic!("{text}") };
        let charged = comparison.charged().clone();
        assert_eq!(phone.try_text(text, NOW), refused(Refusal::Wrong));
        assert_eq!(phone.state, charged, "{text}");
        assert_eq!((charged.failures, charged.throttle.guesses, charged.throttle.today), (1, 1, 1));
    }
}

#[test]
fn a_hundred_wrong_single_codes_in_a_row_end_them() {
    let mut phone = phone();
    let mut now = NOW;
    let mut compared = 0;
    for _ in 0..4_000 {
        match phone.try_text("000000", now) {
            Verdict::Refused(Refusal::Wrong) => compared += 1,
            Verdict::Refused(Refusal::Throttled { wait }) => now = now.plus(wait),
            Verdict::Refused(Refusal::SingleCodesUsedUp) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(compared, 100);
    let later = now.plus(Seconds(400 * 86_400));
    let step = later.0 / 30;
    assert_eq!(phone.try_step(step, later), refused(Refusal::SingleCodesUsedUp), "for good");
    let mut other = Phone {
        key: phone.key.clone(),
        recovery: phone.recovery.clone(),
        state: phone.state.clone(),
        policy: phone.policy,
    };
    assert!(opens(&other.try_text("abcdefghjk", later)));
    assert!(opens(&other.try_step(step, later)));
    assert!(opens(&phone.try_two_codes(step - 1, later)));
    assert!(opens(&phone.try_step(step + 1, later)));
    assert_eq!(phone.state.throttle.single_codes, 0);
}

#[test]
fn an_accepted_code_gives_back_what_the_password_was_charged() {
    let mut phone = phone();
    phone.fail(2, NOW);
    let text = phone.code(T);
    let typed = ParsedReply::parse(text.as_bytes());
    let attempt = Attempt { refund: 1, ..Attempt::of(&typed) };
    let (verdict, state) = verify(&attempt, &phone.key, &phone.recovery, &phone.state, &phone.policy, NOW);
    assert!(opens(&verdict));
    assert_eq!((state.throttle.today, state.throttle.guesses), (1, 0));
}

#[test]
fn failures_that_nobody_is_told_of_are_kept() {
    let mut phone = phone();
    phone.fail(3, NOW);
    let text = phone.code(T);
    let typed = ParsedReply::parse(text.as_bytes());
    let attempt = Attempt { tells_failures: false, ..Attempt::of(&typed) };
    let (verdict, state) = verify(&attempt, &phone.key, &phone.recovery, &phone.state, &phone.policy, NOW);
    assert!(opens(&verdict));
    assert_eq!((state.failures, state.throttle.guesses), (3, 0));
}

#[test]
fn a_code_opens_once_and_then_tells_how_long_to_wait() {
    let mut phone = phone();
    assert!(opens(&phone.try_step(T, NOW)));
    assert_eq!(phone.try_step(T, NOW), refused(Refusal::Used { wait: Seconds(18) }));
    assert_eq!(phone.try_step(T - 1, NOW), refused(Refusal::Used { wait: Seconds(18) }));
    assert!(opens(&phone.try_step(T + 1, NOW)));
    assert_eq!(phone.try_step(T, NOW), refused(Refusal::Used { wait: Seconds(48) }));
    assert_eq!(phone.state.throttle, Throttle::default());
    assert_eq!(phone.state.failures, 1);
}

#[test]
fn success_tells_of_failures_and_forgets_them() {
    let mut phone = phone();
    phone.fail(4, NOW);
    let Verdict::Accepted(accepted) = phone.try_step(T, NOW) else { panic!() };
    assert_eq!((accepted.failures, phone.state.failures), (4, 0));
    assert_eq!(phone.state.last_login, Some(NOW));
}

#[test]
fn a_throttle_stops_codes_but_not_the_owner() {
    let mut phone = phone();
    phone.fail(6, NOW);
    assert_eq!(phone.try_step(T, NOW), refused(Refusal::Throttled { wait: Seconds(30) }));
    assert_eq!((phone.state.failures, phone.state.throttle.guesses), (7, 6));
    let mut later = phone.state.clone();
    std::mem::swap(&mut later, &mut phone.state);
    assert!(opens(&phone.try_two_codes(T - 1, NOW)));
    phone.state = later;
    assert!(opens(&phone.try_text("ABCDE fghjk", NOW)));
}

#[test]
fn in_a_throttle_pairs_are_compared_within_the_window_and_their_budget() {
    let mut phone = phone();
    phone.fail(6, NOW);
    assert_eq!(phone.try_two_codes(T - 4, NOW), refused(Refusal::Wrong));
    for _ in 0..9_999 {
        assert_eq!(phone.try_text("000000 000000", NOW), refused(Refusal::Wrong));
    }
    assert!(matches!(phone.try_two_codes(T - 1, NOW), Verdict::Refused(Refusal::TooSoon { .. })));
    // Somewhere else they are, and recovery codes are everywhere.
    let text = format!("{} {}", phone.code(T - 1), phone.code(T));
    let typed = ParsedReply::parse(text.as_bytes());
    let attempt = Attempt { source: SourceTag(5), ..Attempt::of(&typed) };
    let elsewhere = verify(&attempt, &phone.key, &phone.recovery, &phone.state, &phone.policy, NOW).0;
    assert!(opens(&elsewhere));
    assert!(opens(&phone.try_text("abcdefghjk", NOW)));
}

#[test]
fn a_pair_teaches_the_drift() {
    let mut phone = phone();
    assert_eq!(phone.try_step(T - 6, NOW), refused(Refusal::OutsideWindow { offset: -6 }));
    let verdict = phone.try_two_codes(T - 7, NOW);
    assert!(matches!(
        &verdict,
        Verdict::Accepted(Accepted { by: Proof::TwoCodes { offset: -6, drift: Drift(-6) }, .. })
    ));
    let later = NOW.plus(Seconds(60));
    assert!(opens(&phone.try_step(T - 4, later)));
    assert!(!opens(&phone.try_step(T + 2, later)));
}

#[test]
fn after_the_last_code_of_the_window_a_pair_goes_on() {
    let mut phone = phone();
    assert!(opens(&phone.try_step(T + 1, NOW)));
    assert!(opens(&phone.try_two_codes(T + 2, NOW)));
}

/// After a quiet day there is an unused range below the login; it is a way back for a clock that was ahead, and for nothing else.
#[test]
fn a_pair_from_before_the_login_opens_nothing() {
    let mut phone = phone();
    phone.state.used = crate::verify::UsedSteps::since_enrollment(Step(T - 4_001), Step(T - 4_000));
    assert!(opens(&phone.try_step(T, NOW)));
    assert!(phone.state.used.unused_range_contains(Step(T - 3), Step(T - 2)));
    assert!(!opens(&phone.try_two_codes(T - 3, NOW)));
}

#[test]
fn a_used_code_tells_when_the_phone_shows_the_next() {
    let mut ahead = phone();
    ahead.state.drift = Drift(2);
    assert!(opens(&ahead.try_step(T + 2, NOW)));
    // The next one is shown at the next step of our clock, whatever step the phone calls it.
    assert_eq!(ahead.try_step(T + 2, NOW), refused(Refusal::Used { wait: Seconds(18) }));
    // Five minutes are a clock that is somewhat off, more are one that was ahead.
    let mut behind = phone();
    behind.state.used.upto = Step(T + 10);
    let at = |seconds: u64| UnixTime((T + 11) * 30 - seconds);
    assert_eq!(behind.try_step(T + 1, at(300)), refused(Refusal::Used { wait: Seconds(300) }));
    assert_eq!(behind.try_step(T + 1, at(301)), refused(Refusal::ClockAhead { by: Seconds(301) }));
}

#[test]
fn old_codes_of_every_age_open_nothing() {
    for age in 2..3_000 {
        let mut phone = phone();
        assert!(opens(&phone.try_step(T, NOW)));
        for text in [phone.code(T - age), format!("{}{}", phone.code(T - age), phone.code(T - age + 1))] {
            assert!(!opens(&phone.try_text(&text, NOW)), "{age} steps old");
        }
    }
}

#[test]
fn recovery_codes_are_good_once() {
    let mut phone = phone();
    let Verdict::Accepted(accepted) = phone.try_text("abcde-fghjk", NOW) else { panic!() };
    assert_eq!(accepted.by, Proof::Recovery { left: 1 });
    assert_eq!(phone.try_text("abcde-fghjk", NOW), refused(Refusal::RecoveryUsed));
    assert_eq!(phone.try_text("bbbbb-bbbbb", NOW), refused(Refusal::Wrong));
}

/// Twenty recovery codes a second from one address for two days, and twenty times two codes a second from a hundred others.
#[test]
fn floods_of_recovery_codes_and_pairs_leave_a_recovery_code_as_the_way_in() {
    let mut phone = phone();
    phone.fail(6, NOW);
    let typed = |text: &str| ParsedReply::parse(text.as_bytes());
    let (recovery, two_codes) = (typed("bbbbb-bbbbb"), typed("000000 000000"));
    let now = |second: u64| NOW.plus(Seconds(second));
    let is_compared = |phone: &Phone, typed: &ParsedReply, source, second| {
        let attempt = Attempt { source: SourceTag(source), ..Attempt::of(typed) };
        matches!(charge(&attempt, &phone.key, &phone.state, &phone.policy, now(second)), Charge::Due(_))
    };
    for second in 0..2 * 86_400_u64 {
        for number in 0..20 {
            let budgets = &mut phone.state.throttle.budgets;
            budgets.take_recovery(SourceTag(7), now(second));
            let rate = Rate::two_codes(phone.policy.two_codes_candidates());
            budgets.take_two_codes(SourceTag(100 + (second as u32 * 20 + number) % 100), rate, now(second));
        }
        if second % 600 == 0 {
            assert!(is_compared(&phone, &recovery, 1, second), "recovery code after {second} s");
            assert!(
                second > 3_600 || is_compared(&phone, &two_codes, 1, second),
                "two codes after {second} s"
            );
        }
    }
    assert!(!is_compared(&phone, &recovery, 7, 2 * 86_400 - 1), "the flood does not meet itself");
    assert!(opens(&phone.try_text("abcdefghjk", now(2 * 86_400))));
}

#[test]
fn scratch_codes_are_good_once_and_delayed_like_single_codes() {
    let scratch = [b"01234567", b"76543210"].map(|c| crate::oath::ScratchCode::from_digits(c).unwrap());
    for digits in [Digits::Six, Digits::Eight] {
        let mut phone = phone();
        phone.key =
            OtpGenerator::new(phone.key.secret().clone(), Parameters { digits, ..Parameters::default() });
        phone.recovery = RecoveryCodes::of_scratch_codes(&scratch, Salt([1; 16])).unwrap();
        let Verdict::Accepted(accepted) = phone.try_text("0123 4567", NOW) else { panic!("{digits:?}") };
        assert_eq!(accepted.by, Proof::Recovery { left: 1 });
        assert!(opens(&phone.try_step(T, NOW)), "{digits:?}");
        assert_eq!(phone.try_text("01234567", NOW), refused(Refusal::RecoveryUsed));
        for _ in 0..6 {
            assert_eq!(phone.try_text("11111111", NOW), refused(Refusal::Wrong));
        }
        assert_eq!(phone.try_text("76543210", NOW), refused(Refusal::Throttled { wait: Seconds(30) }));
        assert!(opens(&phone.try_text("76543210", NOW.plus(Seconds(30)))));
    }
}

#[test]
fn logins_do_not_buy_more_guesses_a_day() {
    let mut phone = phone();
    let midnight = UnixTime::of_day(NOW.day() + 1);
    let morning = UnixTime::of_day(NOW.day());
    for login in 0..6_u64 {
        phone.fail(5, morning.plus(Seconds(login * 3600)));
        let step = (morning.0 + login * 3600) / 30;
        assert!(opens(&phone.try_two_codes(step, UnixTime(step * 30))), "{login}");
    }
    let evening = UnixTime(midnight.0 - 600);
    assert_eq!(phone.try_step(evening.0 / 30, evening), refused(Refusal::Throttled { wait: Seconds(600) }));
    assert!(opens(&phone.try_two_codes(evening.0 / 30 - 1, evening)));
    assert!(opens(&phone.try_step(midnight.0 / 30, midnight)));
}

#[test]
fn a_clock_once_far_ahead_is_left_by_pair_or_recovery_code() {
    const YEAR: u64 = 1_051_200;
    let ahead = UnixTime(NOW.0 + YEAR * 30);
    for way_back in ["two codes", "recovery"] {
        let mut phone = phone();
        assert!(opens(&phone.try_step(T, NOW)));
        assert!(opens(&phone.try_step(T + YEAR, ahead)));
        let back = NOW.plus(Seconds(300));
        assert!(matches!(phone.try_step(T + 10, back), Verdict::Refused(Refusal::ClockAhead { .. })));
        let verdict = match way_back {
            "two codes" => phone.try_two_codes(T + 9, back),
            _ => phone.try_text("abcdefghjk", back),
        };
        assert!(matches!(verdict, Verdict::Accepted(Accepted { clock_was_ahead: true, .. })), "{way_back}");
        assert!(!opens(&phone.try_step(T + 10, back)), "{way_back}: spent");
        assert!(opens(&phone.try_step(T + 12, back.plus(Seconds(60)))), "{way_back}: next");
        assert!(!opens(&phone.try_step(T + YEAR, ahead)), "{way_back}: accepted while ahead");
    }
}

#[test]
fn unlocking_does_not_reopen_what_was_accepted_while_the_clock_was_ahead() {
    for (ahead, quiet) in [(5_000, true), (9_000, true), (9_000, false)] {
        let mut phone = phone();
        let then = UnixTime(NOW.0 + ahead * 30);
        assert!(opens(&phone.try_step(T, NOW)));
        if !quiet {
            assert!(opens(&phone.try_step(T + ahead - 3, UnixTime(then.0 - 90))));
        }
        assert!(opens(&phone.try_step(T + ahead, then)));
        let back = NOW.plus(Seconds(300));
        phone.state = phone.state.unlocked(phone.key.period(), &phone.policy, back);
        assert!(!opens(&phone.try_step(T + 10, back)), "{ahead}: every code of the window counts as spent");
        assert!(opens(&phone.try_step(T + 12, back.plus(Seconds(60)))), "{ahead}: the next one does not");
        assert!(!opens(&phone.try_step(T + ahead, then)), "{ahead}: accepted while ahead");
    }
}

/// The clock goes back by some hours, the administrator unlocks, the clock comes by again: what was recorded when it
/// was accepted must not be good a second time.
#[test]
fn unlocking_under_a_clock_set_back_reopens_nothing() {
    let mut phone = phone();
    let accepted = [T, T + 10, T + 20];
    for step in accepted {
        assert!(opens(&phone.try_step(step, UnixTime(step * 30))));
    }
    let back = UnixTime((T - 120) * 30);
    phone.state = phone.state.unlocked(phone.key.period(), &phone.policy, back);
    for step in accepted {
        assert!(!opens(&phone.try_step(step, UnixTime(step * 30))), "T + {} twice", step - T);
    }
}

#[test]
fn a_clock_set_back_reopens_nothing() {
    let mut phone = phone();
    assert!(opens(&phone.try_step(T, NOW)));
    let back = UnixTime(NOW.0 - 1000);
    assert!(!opens(&phone.try_step(T - 33, back)));
    assert!(!opens(&phone.try_step(T, NOW)));
}

#[test]
fn malformed_replies_are_counted_but_cost_no_delay() {
    let mut phone = phone();
    for text in ["12345", "①②③④⑤⑥", "no idea", "+12345"] {
        assert!(matches!(phone.try_text(text, NOW), Verdict::Refused(Refusal::Malformed(_))));
    }
    assert_eq!((phone.state.failures, phone.state.throttle.guesses), (4, 0));
}

/// One thing that happens: the clock moves, then something is typed.
#[derive(Clone, Debug)]
enum Event {
    Code { clock: i64, offset: i64 },
    Pair { clock: i64, offset: i64 },
    Recovery { clock: i64, which: bool },
    Nonsense { clock: i64 },
}

fn clock() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..90_i64, 1 => -4000..4000_i64, 1 => -400_000_000..400_000_000_i64]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (clock(), -12..13_i64).prop_map(|(clock, offset)| Event::Code { clock, offset }),
        3 => (clock(), -12..13_i64).prop_map(|(clock, offset)| Event::Pair { clock, offset }),
        1 => (clock(), any::<bool>()).prop_map(|(clock, which)| Event::Recovery { clock, which }),
        1 => clock().prop_map(|clock| Event::Nonsense { clock }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// In any order of attempts and clock moves: no step twice, nothing from outside the window, and the count
    /// of failures falls by success only.
    #[test]
    fn histories_keep_the_promises(events in prop::collection::vec(event(), 1..60)) {
        let mut phone = phone();
        let mut now = NOW.0;
        let mut accepted = std::collections::HashSet::new();
        for event in events {
            let (clock, offset, kind) = match event {
                Event::Code { clock, offset } => (clock, offset, 1),
                Event::Pair { clock, offset } => (clock, offset, 2),
                Event::Recovery { clock, which } => (clock, i64::from(which), 3),
                Event::Nonsense { clock } => (clock, 0, 4),
            };
            now = now.saturating_add_signed(clock).max(1_000_000);
            let before = phone.state.clone();
            let expected = (now / 30).saturating_add_signed(i64::from(before.drift.0));
            let step = expected.saturating_add_signed(offset);
            let verdict = match kind {
                1 => phone.try_step(step, UnixTime(now)),
                2 => phone.try_two_codes(step, UnixTime(now)),
                3 => phone.try_text(if offset == 0 { "abcdefghjk" } else { "kkkkkkkkkk" }, UnixTime(now)),
                _ => phone.try_text("nonsense", UnixTime(now)),
            };
            match (&verdict, kind) {
                (Verdict::Accepted(_), 1) => {
                    // Of some ten thousand codes, one or the other is that of a step in the window as well.
                    let window = expected.saturating_sub(1)..=expected.saturating_add(1);
                    let opened = window.into_iter().find(|near| phone.code(*near) == phone.code(step));
                    prop_assert!(opened.is_some(), "outside the window: {offset}");
                    prop_assert!(accepted.insert(opened.unwrap_or(step)), "step {step} twice");
                }
                (Verdict::Accepted(_), 2) => {
                    let by_our_clock = step as i64 - (now / 30) as i64;
                    prop_assert!((-10..=10).contains(&offset) || (-1..=0).contains(&by_our_clock));
                    prop_assert!(accepted.insert(step) && accepted.insert(step + 1), "{step} and the next twice");
                }
                (Verdict::Accepted(_), 3) => {
                    prop_assert!(accepted.insert(u64::MAX - offset.unsigned_abs()), "recovery code twice");
                }
                (Verdict::Accepted(_), _) => prop_assert!(false, "nonsense opened a login"),
                (Verdict::Refused(_), _) => {
                    prop_assert_eq!(phone.state.failures, before.failures + 1);
                    prop_assert!(phone.state.throttle.guesses >= before.throttle.guesses);
                    prop_assert_eq!(phone.state.used, before.used);
                }
            }
        }
    }
}
