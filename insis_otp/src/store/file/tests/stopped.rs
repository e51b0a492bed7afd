//! Holders of the lock that do not run.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::store::page_io::{read_page, write_at};

/// Sooner than whoever waits to the end. That it takes less than a second is for a quiet machine: tests/tests/stopped.rs.
const SOON: Duration = Duration::from_secs(4);

#[test]
fn nobody_waits_for_a_holder_that_does_not_run() {
    let home = enrolled();
    set(&home.file, 1).unwrap();
    let stopped = held(&home);
    let start = Instant::now();
    set(&home.file, 2).unwrap();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    // It is another file now, which the holder's late write does not reach.
    let record = layout::decode(&read_page(&stopped).unwrap(), Seal::Plain).unwrap();
    write_at(&stopped, &slot::encode(&record.cursor, &state(9), None).unwrap(), record.cursor.offset())
        .unwrap();
    assert_eq!(home.file.read().unwrap().state, state(2));
    assert_eq!(names(&home), [".insis-otp"], "nothing is left behind");
}

#[test]
fn every_operation_goes_on_without_a_holder_that_does_not_run() {
    let recovery = RecoveryCodes::default();
    type Operation<'o> = &'o dyn Fn(&SecretFile) -> Result<(), StoreError>;
    let operations: [Operation<'_>; 5] = [
        &|file| set(file, 3),
        &|file| file.replace(|_| Ok::<_, ()>((enrollment("alice", 2), state(3)))).map(|done| done.unwrap()),
        &|file| file.replace_recovery_codes(None, &recovery),
        &|file| file.repair(|_, _| state(3)),
        &SecretFile::remove,
    ];
    for (number, operation) in operations.into_iter().enumerate() {
        let home = enrolled();
        let _stopped = held(&home);
        let start = Instant::now();
        operation(&home.file).unwrap();
        assert!(start.elapsed() < SOON, "{number}: {:?}", start.elapsed());
        assert!(names(&home).len() <= 1, "{number}: {:?}", names(&home));
    }
}

#[test]
fn many_stopped_holders_in_a_row_hold_nobody_up_for_long() {
    let home = enrolled();
    let stopped: Vec<_> = (0..4)
        .map(|_| {
            let held = held(&home);
            set(&home.file, 1).unwrap();
            held
        })
        .collect();
    let inode = || home.file.path().metadata().unwrap().ino();
    let last = inode();
    set(&home.file, 2).unwrap();
    assert_eq!(inode(), last, "their files have lost their place: there is nobody to go on without");
    drop(stopped);
}

/// Whoever stops many others, each for a moment while it has the lock, has them take turns: the state moves on, and
/// nobody else comes to it.
#[test]
fn nobody_waits_long_for_others_that_take_turns() {
    let home = enrolled();
    let (taken, end) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (file, _) = files::open(home.file.path(), Access::Update).unwrap();
                let mut file = Some(file);
                while !end.load(Ordering::SeqCst) {
                    // The kernel wakes whoever waits in it before anybody else tries again.
                    let held = Flock::lock(file.take().unwrap(), nix::fcntl::FlockArg::LockExclusive);
                    let held = held.map_err(|(_, errno)| errno).unwrap();
                    let record = layout::decode(&read_page(&held).unwrap(), Seal::Plain).unwrap();
                    let slot = slot::encode(&record.cursor, &record.state, None).unwrap();
                    write_at(&held, &slot, record.cursor.offset()).unwrap();
                    taken.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(150));
                    file = Some(held.unlock().map_err(|(_, errno)| errno).unwrap());
                }
            });
        }
        while taken.load(Ordering::SeqCst) < 2 {
            std::thread::yield_now();
        }
        let start = Instant::now();
        let done = set(&home.file, 2);
        end.store(true, Ordering::SeqCst);
        done.unwrap();
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    });
    assert_eq!(home.file.read().unwrap().state, state(2));
}

/// Counts every comparison, and accepts once.
struct Login<'h> {
    file: &'h SecretFile,
    compared: AtomicU32,
    opened: AtomicU32,
}

/// Where somebody is stopped for longer than others wait.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stopped {
    Nowhere,
    BeforeTheCharge,
    BeforeComparing,
}

impl Login<'_> {
    fn attempt(&self, stopped: Stopped, pause: Duration) {
        let mut once = Some(stopped);
        let mut stop = |here: Stopped| {
            if once == Some(here) {
                once = None;
                std::thread::sleep(pause);
            }
        };
        let stop = std::cell::RefCell::new(&mut stop);
        let charge = |_: &Enrollment, old: &State| {
            let charged = State { failures: old.failures + 1, ..old.clone() };
            (stop.borrow_mut())(Stopped::BeforeTheCharge);
            Charge::Due(charged.clone(), charged)
        };
        let compare = |_: &Enrollment, charged: State| {
            self.compared.fetch_add(1, Ordering::SeqCst);
            (stop.borrow_mut())(Stopped::BeforeComparing);
            let opens = charged.used.upto < Step(7);
            let next = if opens { State { failures: charged.failures, ..state(7) } } else { charged };
            let write = if opens { Write::Durable } else { Write::AsCharged };
            Decision { state: next, write, answer: opens }
        };
        if self.file.transact_charged(charge, compare).unwrap() {
            self.opened.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn whoever_is_stopped_anywhere_one_code_opens_once_and_every_comparison_is_charged() {
    for round in 0..12_u64 {
        let home = enrolled();
        set(&home.file, 1).unwrap();
        let login = Login { file: &home.file, compared: AtomicU32::new(0), opened: AtomicU32::new(0) };
        std::thread::scope(|scope| {
            for number in 0..6_u64 {
                let login = &login;
                scope.spawn(move || {
                    let stopped = match (round + number) % 3 {
                        0 => Stopped::BeforeTheCharge,
                        1 => Stopped::BeforeComparing,
                        _ => Stopped::Nowhere,
                    };
                    std::thread::sleep(Duration::from_millis((round * 7 + number * 13) % 40));
                    login.attempt(stopped, Duration::from_millis(200 + (round * 31 + number * 47) % 250));
                });
            }
        });
        assert_eq!(login.opened.load(Ordering::SeqCst), 1, "round {round}");
        let charged = home.file.read().unwrap().state.failures;
        let compared = login.compared.load(Ordering::SeqCst);
        // Who loses the file between the charge and the comparison has paid for nothing, once at the most.
        assert!((compared..=compared + 6).contains(&charged), "round {round}: {charged} for {compared}");
        assert_eq!(names(&home), [".insis-otp"], "round {round}");
    }
}
