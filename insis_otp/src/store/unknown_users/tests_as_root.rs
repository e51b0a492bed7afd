use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::oath::Seconds;

const POLICY: ThrottlePolicy =
    ThrottlePolicy { free: 5, first: Seconds(30), longest: Seconds(3600), daily: 30, consecutive: 100 };

/// One more guess at that time: how many there are.
fn guess(unknown: &UnknownUsers, name: &str, now: u64) -> u32 {
    let one_more = |_: &Enrollment, state: &State| {
        let guesses = state.throttle.guesses + 1;
        let throttle = Throttle { guesses, guessed_at: UnixTime(now), ..state.throttle.clone() };
        (State { throttle, ..state.clone() }, guesses)
    };
    unknown.refuse(name, &POLICY, one_more, |_, guesses| guesses).unwrap()
}

fn failed(unknown: &UnknownUsers, name: &str, now: u64) {
    guess(unknown, name, now);
}

fn unknown(folder: &tempfile::TempDir) -> UnknownUsers {
    assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
    UnknownUsers { path: folder.path().join(".unknown-users") }
}

/// Names whose entries are on one page.
fn neighbours(unknown: &UnknownUsers, count: usize) -> Vec<String> {
    let placeholder = placeholder_record(&unknown.open().unwrap()).unwrap();
    let page = |name: &str| Spot::of(placeholder.entry.key.secret(), name).unwrap().page;
    let names = (0..).map(|number| format!("name{number}"));
    names.filter(|name| page(name) == page("mallory")).take(count).collect()
}

#[test]
fn each_name_has_a_state_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = ["mallory", "", "../x", "a\nb", "\u{fffd}"];
    for round in 1..=7 {
        assert_eq!(names.map(|name| guess(&unknown, name, 1000)), [round; 5]);
    }
}

#[test]
fn thousands_of_other_names_do_not_make_one_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = || (0..20).map(|number| format!("mallory{number}"));
    names().for_each(|name| assert_eq!(guess(&unknown, &name, 1000), 1));
    (0..3000).for_each(|number| failed(&unknown, &number.to_string(), 1001));
    names().for_each(|name| assert_eq!(guess(&unknown, &name, 1002), 2));
    let metadata = std::fs::metadata(&unknown.path).unwrap();
    assert!(metadata.len() <= (UnknownUsers::PAGES + 1) * PAGE as u64, "{}", metadata.len());
    assert_eq!(metadata.mode() & 0o777, 0o600);
}

#[test]
fn of_many_that_make_the_file_at_once_each_is_counted() {
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let one = || guess(&unknown, "mallory", 1000);
        let counts: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(counts, (1..=8).collect());
    }
}

#[test]
fn names_are_on_every_page_but_the_first_and_not_by_a_known_rule() {
    let folder = tempfile::tempdir().unwrap();
    let one = unknown(&folder);
    let other = UnknownUsers { path: folder.path().join(".others") };
    let pages = |unknown: &UnknownUsers| -> Vec<_> {
        let placeholder = placeholder_record(&unknown.open().unwrap()).unwrap();
        let names = (0..15_000).map(|number| number.to_string());
        names.map(|name| Spot::of(placeholder.entry.key.secret(), &name).unwrap().page).collect()
    };
    let [one, other] = [&one, &other].map(pages);
    assert!(one.iter().all(|page| (PAGE..=PAGE * UnknownUsers::PAGES as usize).contains(page)));
    assert_ne!(one, other);
}

#[test]
fn on_a_full_page_the_entry_whose_delay_ended_first_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = neighbours(&unknown, Entries::COUNT + 1);
    let [early, delayed, others @ .., last] = names.as_slice() else { panic!("too few names") };
    (0..6).for_each(|_| failed(&unknown, delayed, 999));
    assert_eq!(guess(&unknown, early, 1000), 1);
    others.iter().for_each(|name| failed(&unknown, name, 1001));
    // The page is full, and everybody is known.
    assert_eq!((guess(&unknown, early, 1000), guess(&unknown, delayed, 999)), (2, 7));
    assert_eq!(guess(&unknown, last, 1002), 1);
    assert_eq!(guess(&unknown, delayed, 999), 8, "a delay that still runs is kept");
    assert_eq!(guess(&unknown, early, 1003), 1, "this one made room");
}

#[test]
fn on_a_full_page_a_name_that_waits_for_the_next_day_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = neighbours(&unknown, Entries::COUNT + 1);
    let [used, others @ .., last] = names.as_slice() else { panic!("too few names") };
    let used_up = |_: &Enrollment, state: &State| {
        let throttle =
            Throttle { guesses: 1, guessed_at: UnixTime(1000), day: 0, today: 30, ..state.throttle.clone() };
        (State { throttle, ..state.clone() }, ())
    };
    unknown.refuse(used, &POLICY, used_up, |_, ()| ()).unwrap();
    others.iter().for_each(|name| failed(&unknown, name, 1001));
    assert_eq!(guess(&unknown, last, 1002), 1);
    assert_eq!(guess(&unknown, used, 1003), 2, "its day is not over");
}

#[test]
fn an_entry_from_the_future_makes_room_first() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = neighbours(&unknown, Entries::COUNT + 1);
    let [others @ .., ahead, last] = names.as_slice() else { panic!("too few names") };
    others.iter().for_each(|name| failed(&unknown, name, 1000));
    guess(&unknown, ahead, 1_000_000);
    guess(&unknown, last, 1001);
    assert!(others.iter().all(|name| guess(&unknown, name, 1001) == 2));
}

#[test]
fn an_entry_of_this_second_is_none_from_the_future() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = neighbours(&unknown, Entries::COUNT + 1);
    let [others @ .., early, last] = names.as_slice() else { panic!("too few names") };
    guess(&unknown, early, 999);
    others.iter().for_each(|name| failed(&unknown, name, 1000));
    guess(&unknown, last, 1000);
    assert!(others.iter().all(|name| guess(&unknown, name, 1000) == 2));
}

#[test]
fn while_there_is_room_nothing_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    let names = neighbours(&unknown, Entries::COUNT);
    let [ahead, others @ ..] = names.as_slice() else { panic!("too few names") };
    guess(&unknown, ahead, 1_000_000);
    others.iter().for_each(|name| failed(&unknown, name, 1000));
    assert_eq!(guess(&unknown, ahead, 1_000_000), 2);
}

#[test]
fn what_lies_beyond_the_end_of_the_file_is_empty() {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &[b'x'; PAGE + 100]).unwrap();
    let page = read(&file, PAGE).unwrap();
    assert_eq!(page.len(), PAGE);
    assert!(page[..100].iter().all(|byte| *byte == b'x') && page[100..].iter().all(|byte| *byte == 0));
    assert_eq!(read(&file, 9 * PAGE).unwrap().as_slice(), [0; PAGE]);
}

#[test]
fn a_holder_that_does_not_run_holds_up_its_page_for_a_moment_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    guess(&unknown, "mallory", 1000);
    let held = unknown.open().unwrap();
    let placeholder = placeholder_record(&held).unwrap();
    let page = |name: &str| Spot::of(placeholder.entry.key.secret(), name).unwrap().page;
    lock(&held, page("mallory"), PAGE).unwrap();
    let took = |name: &str, guesses: u32| {
        let start = Instant::now();
        assert_eq!(guess(&unknown, name, 1000), guesses, "counted all the same");
        start.elapsed()
    };
    let others = (0..100).map(|number| number.to_string()).filter(|name| page(name) != page("mallory"));
    // On a busy machine some may be slow, but whoever waits is never quick.
    let mut others: Vec<_> = others.map(|name| took(&name, 1)).collect();
    others.sort_unstable();
    assert!(others[others.len() / 2] < PATIENCE, "{others:?}");
    assert!(took("mallory", 2) >= PATIENCE);
    drop(held);
}

#[test]
fn every_field_of_an_entry_is_read_as_it_was_written() {
    let source = SourceMeter { tag: SourceTag::default(), two_codes: Meter(6), recovery: Meter(7) };
    let budgets = Budgets { two_codes: Meter(1 << 47), sources: vec![source] };
    let throttle =
        Throttle { guesses: 1, guessed_at: UnixTime(2), day: 3, today: 4, single_codes: 5, budgets };
    let entry = Entry { tag: u64::MAX, throttle: throttle.clone() };
    let bytes = entry.encode();
    assert_eq!(bytes.len(), ENTRY);
    let read = Entry::decode(&bytes);
    assert_eq!((read.tag, read.throttle), (u64::MAX, throttle));
}

#[test]
fn what_is_no_such_file_begins_anew_and_a_file_of_others_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = unknown(&folder);
    guess(&unknown, "mallory", 1000);
    std::fs::write(&unknown.path, vec![b'x'; 100_000]).unwrap();
    assert_eq!((guess(&unknown, "mallory", 1000), guess(&unknown, "mallory", 1000)), (1, 2));
    std::fs::set_permissions(&unknown.path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let nothing = |_: &Enrollment, state: &State| (state.clone(), ());
    assert!(unknown.refuse("x", &POLICY, nothing, |_, ()| ()).is_err());
}
