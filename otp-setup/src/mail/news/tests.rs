use super::*;

const TODAY: u64 = 20_000;

fn device() -> Device {
    Device { enrolled_at: UnixTime(1_000), recovery_set: 7, recovery_left: 10, ..Device::default() }
}

fn with(device: Device) -> Known {
    Known { device: Some(device), link: None }
}

/// Somebody who knows of that.
fn told(known: Known) -> Told {
    Told { known, ..Told::default() }
}

fn kinds(news: &[News]) -> Vec<Kind> {
    news.iter().map(|one| one.kind).collect()
}

/// What is told, when nothing was told today; and that it is told once.
fn news(before: Known, now: Known) -> Vec<(Kind, u32)> {
    let (news, after) = compare(&told(before), &now, TODAY);
    for later in [TODAY, TODAY + 1] {
        assert_eq!(compare(&after, &now, later), (Vec::new(), after), "told again: {news:?}");
    }
    news.into_iter().map(|one| (one.kind, one.count)).collect()
}

#[test]
fn each_event_is_told_once() {
    use Kind::*;
    let none = Known::default();
    let other = Device { enrolled_at: UnixTime(2_000), recovery_set: 8, ..device() };
    let bypass = |at, logins| Device { bypass: Some(BypassNews { at: UnixTime(at), logins }), ..device() };
    let link = |identity| Known { link: Some(Link { identity, linked_at: UnixTime(5) }), ..none };
    for (before, now, expected) in [
        (none, none, vec![]),
        (none, with(device()), vec![(DeviceNew, 0)]),
        (with(device()), with(other), vec![(DeviceReplaced, 0)]),
        (with(device()), none, vec![(DeviceRemoved, 0)]),
        (with(device()), with(Device { recovery_left: 9, ..device() }), vec![(RecoveryUsed, 9)]),
        (with(device()), with(Device { recovery_set: 9, ..device() }), vec![(RecoveryNew, 10)]),
        // Those of a record that was closed on its way are back.
        (with(Device { recovery_left: 9, ..device() }), with(device()), vec![]),
        (with(device()), with(Device { failures: MANY - 1, ..device() }), vec![]),
        (with(device()), with(Device { failures: MANY, ..device() }), vec![(Failures, MANY)]),
        (with(device()), with(Device { guesses: 12, guess_day: 3, ..device() }), vec![(Failures, 12)]),
        (with(device()), with(bypass(9, 0)), vec![(BypassNew, 0)]),
        (with(device()), with(bypass(9, 2)), vec![(BypassUsed, 2)]),
        (with(bypass(9, 0)), with(bypass(10, 1)), vec![(BypassUsed, 1)]),
        (with(bypass(9, 1)), with(bypass(10, 1)), vec![(BypassNew, 1)]),
        // The owner was told at a login.
        (with(bypass(9, 1)), with(device()), vec![]),
        (none, link(1), vec![(LinkNew, 0)]),
        (link(1), link(2), vec![(LinkNew, 0)]),
        (link(1), none, vec![(LinkRemoved, 0)]),
        // Whatever came together is told together.
        (none, with(Device { recovery_left: 10, ..bypass(9, 1) }), vec![(DeviceNew, 0), (BypassUsed, 1)]),
    ] {
        assert_eq!(news(before, now), expected, "{before:?} {now:?}");
    }
}

#[test]
fn of_a_kind_there_is_one_mail_a_day_and_the_rest_waits() {
    let used = |left| with(Device { recovery_left: left, ..device() });
    let (first, after) = compare(&told(used(10)), &used(9), TODAY);
    assert_eq!(kinds(&first), [Kind::RecoveryUsed]);
    let (second, after) = compare(&after, &used(7), TODAY);
    assert_eq!(second, []);
    let (third, after) = compare(&after, &used(6), TODAY + 1);
    assert_eq!(third, [News { kind: Kind::RecoveryUsed, at: None, count: 6 }]);
    // Another kind does not wait for it.
    let (other, _) = compare(&after, &Known::default(), TODAY + 1);
    assert_eq!(kinds(&other), [Kind::DeviceRemoved]);
}

/// However often somebody is attacked: as many mails a day as there are kinds, at the most.
#[test]
fn no_storm_of_events_is_a_storm_of_mail() {
    let mut told = Told::default();
    let mut mails = 0;
    for round in 0..500_u64 {
        let at = UnixTime(1_000 + round);
        let odd = u32::from(round % 2 == 0);
        let device = Device {
            enrolled_at: UnixTime(1_000 + round / 7),
            recovery_set: odd,
            recovery_left: 10 - odd,
            failures: u32::try_from(round * 20).unwrap(),
            bypass: Some(BypassNews { at, logins: u8::try_from(round % 3).unwrap() }),
            ..device()
        };
        let link = (round % 3 > 0).then_some(Link { identity: round, linked_at: at });
        let seen = Known { device: (round % 5 > 0).then_some(device), link };
        let (news, after) = compare(&told, &seen, TODAY);
        mails += usize::from(!news.is_empty());
        told = after;
    }
    assert!((1..=Kind::ALL.len()).contains(&mails), "{mails}");
}

#[test]
fn whoever_guesses_right_at_last_takes_nothing_back() {
    let before = with(device());
    // Twenty-five guesses, and the next one opened a login that was told of failures: they are gone, the day's guesses are not.
    let opened = Device { guesses: 25, guess_day: 3, last_told: Some(UnixTime(9)), ..device() };
    assert_eq!(news(before, with(opened)), [(Kind::Failures, 25)]);
    // An owner who was told of a flood at a login that nobody looked at is told of the next one.
    let flooded = Device { failures: 20, ..device() };
    let again = Device { failures: 25, last_told: Some(UnixTime(9)), ..device() };
    assert_eq!(news(with(flooded), with(again)), [(Kind::Failures, 25)]);
    assert_eq!(news(with(flooded), with(Device { failures: 25, ..device() })), []);
}

#[test]
fn what_is_older_than_the_first_look_is_nothing_new() {
    let link = Some(Link { identity: 1, linked_at: UnixTime(3_000) });
    let seen = Known { link, ..with(Device { failures: 50, ..device() }) };
    let before = Told::before(&seen, UnixTime(2_000));
    let (news, _) = compare(&before, &seen, TODAY);
    assert_eq!(kinds(&news), [Kind::LinkNew]);
    let (news, _) = compare(&Told::before(&seen, UnixTime(1_000)), &seen, TODAY);
    assert_eq!(kinds(&news), [Kind::DeviceNew, Kind::LinkNew, Kind::Failures]);
}

#[test]
fn every_kind_has_its_own_place_and_name() {
    let mut told = Told::default();
    for (kind, day) in Kind::ALL.into_iter().zip(1..) {
        told.set_day(kind, day);
    }
    let mut days: Vec<_> = Kind::ALL.map(|kind| told.day_of(kind)).into();
    days.dedup();
    assert_eq!(days, (1..=10).collect::<Vec<_>>());
    assert!(!told.is_over(10) && told.is_over(11));
}
