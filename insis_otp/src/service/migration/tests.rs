//! A move that ends at every call, and goes on; with somebody who logs in at every call.

use std::cell::{Cell, RefCell};

use nix::unistd::{getegid, geteuid};

use super::*;
use crate::oath::{OtpGenerator, Parameters, RecoveryCodes, Secret, Step as TimeStep, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::store::{Account, Template};
use crate::verify::{State, UsedSteps};

fn record(secret: u8, upto: u64) -> Record {
    let enrollment = Enrollment {
        user: UserName::parse("anna").unwrap(),
        entry: AppEntry {
            key: OtpGenerator::new(Secret::from_bytes(&[secret; 20]).unwrap(), Parameters::default()),
            issuer: "example".into(),
            account: "anna".into(),
        },
        enrolled_at: UnixTime(5),
        recovery: RecoveryCodes::default(),
    };
    let used = UsedSteps { upto: TimeStep(upto), unused_range: None, used_ahead: None };
    Record { enrollment, state: State { used, failures: 2, used_recovery: 1, ..State::default() } }
}

/// One side, and what happens at each call of either.
struct Memory<'c> {
    record: RefCell<Option<Record>>,
    clock: &'c Calls,
}

/// How many calls there were; at which one the program ends, before its effect or after it.
#[derive(Default)]
struct Calls {
    count: Cell<usize>,
    ends: Cell<Option<(usize, bool)>>,
}

impl Calls {
    fn call<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        let number = self.count.replace(self.count.get() + 1);
        let dead =
            || StoreError { location: Location::Dn("memory".into()), cause: Cause::Damaged("the end") };
        match self.ends.get() {
            Some((at, false)) if at == number => Err(dead()),
            Some((at, true)) if at == number => {
                work();
                Err(dead())
            }
            _ => Ok(work()),
        }
    }
}

impl<'c> Memory<'c> {
    fn new(record: Option<Record>, clock: &'c Calls) -> Self {
        Self { record: RefCell::new(record), clock }
    }

    /// Logs in with the code of a step, as a store would let somebody in.
    fn login(&self, step: u64) -> bool {
        let mut record = self.record.borrow_mut();
        match record.as_mut() {
            Some(record) if !record.state.used.contains(TimeStep(step)) => {
                record.state.used = record.state.used.with(TimeStep(step), TimeStep(step));
                true
            }
            Some(record) => {
                record.state.failures += 1;
                false
            }
            None => false,
        }
    }
}

impl Side for Memory<'_> {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.clock.call(|| self.record.borrow().clone())
    }

    fn change(&self, change: &Change) -> Result<bool, StoreError> {
        self.clock.call(|| {
            let mut record = self.record.borrow_mut();
            let present = record.take();
            let is_closed = present.as_ref().is_some_and(|present| present.state.is_closed());
            let (allows, new) = match (change, &present) {
                (Change::Place(new), present) => (present.is_none() || is_closed, Some(new.closed())),
                (Change::Close(noted), Some(present)) => (present.closes_as(noted), Some(present.closed())),
                (Change::Open(new), Some(_)) => (is_closed, Some(new.clone())),
                (Change::Clear, present) => (present.is_none() || is_closed, None),
                _ => (false, None),
            };
            *record = if allows { new } else { present };
            allows
        })
    }

    fn location(&self) -> Location {
        Location::Dn("memory".into())
    }
}

fn journal(folder: &std::path::Path) -> SecretFile {
    let account = Account {
        name: UserName::parse("anna").unwrap(),
        uid: geteuid(),
        gid: getegid(),
        home: folder.to_owned(),
    };
    Template::parse("%h/.moving").unwrap().locate(&account)
}

/// A move between these, and what there is afterwards.
fn moved(
    from: Option<Record>,
    to: Option<Record>,
    clears: bool,
) -> (Result<Moved, String>, [Option<Record>; 2]) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Calls::default());
    let (from, to) = (Memory::new(from, &clock), Memory::new(to, &clock));
    let journal = journal(folder.path());
    let migration = Migration { from: &from, to: &to, journal: &journal, clears };
    let planned = migration.plan().map_err(|error| error.to_string());
    let moved = migration.run().map_err(|error| error.to_string());
    assert_eq!(planned.as_ref().ok(), moved.as_ref().ok(), "what was planned is not what was done");
    assert!(moved.is_err() || !journal.path().exists(), "a journal stays");
    (moved, [from.record.into_inner(), to.record.into_inner()])
}

#[test]
fn a_record_is_moved_as_it_is_and_what_stays_is_closed() {
    for clears in [false, true] {
        for to in [None, Some(record(9, 3).closed()), Some(record(7, 3).closed())] {
            let (outcome, [from, to]) = moved(Some(record(7, 50)), to, clears);
            assert_eq!(outcome, Ok(Moved::Now));
            assert!(to.unwrap().is_equal(&record(7, 50)));
            assert_eq!(from.is_none(), clears);
            assert!(from.is_none_or(|from| from.is_equal(&record(7, 50).closed())));
        }
    }
}

#[test]
fn what_cannot_be_moved_stays() {
    let (mine, other) = (record(7, 50), record(9, 50));
    for (from, to, expected) in [
        (None, None, Ok(Moved::Nothing)),
        (None, Some(&mine), Ok(Moved::Before)),
        (Some(mine.closed()), Some(&mine), Ok(Moved::Before)),
        (Some(mine.clone()), Some(&mine), Err("the same device is enrolled in both")),
        (Some(mine.clone()), Some(&other), Err("another device is enrolled there")),
        (Some(mine.closed()), None, Err("a move was begun on another host, or to elsewhere")),
        (Some(mine.closed()), Some(&mine.closed()), Err("a move was begun on another host, or to elsewhere")),
        (None, Some(&mine.closed()), Ok(Moved::Nothing)),
    ] {
        let (outcome, [after, there]) = moved(from.clone(), to.cloned(), false);
        assert_eq!(outcome, expected.map_err(str::to_owned));
        let same = |one: &Option<Record>, other: Option<&Record>| match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is_equal(other),
            _ => false,
        };
        assert!(same(&after, from.as_ref()) && same(&there, to));
    }
}

/// Ends at every call, before and after its effect, with logins on both sides in between.
#[test]
fn wherever_it_ends_no_code_gets_in_twice_nothing_is_lost_and_the_next_one_ends_it() {
    for clears in [false, true] {
        for at in 0..60 {
            for after in [false, true] {
                let (folder, clock) = (tempfile::tempdir().unwrap(), Calls::default());
                let (from, to) = (Memory::new(Some(record(7, 50)), &clock), Memory::new(None, &clock));
                let journal = journal(folder.path());
                let migration = Migration { from: &from, to: &to, journal: &journal, clears };
                clock.ends.set(Some((at, after)));
                let first = migration.run();
                clock.ends.set(None);
                // One code on both sides: one login at the most, and none that is lost.
                let accepted = usize::from(from.login(60)) + usize::from(to.login(60));
                assert!(accepted <= 1, "{at} {after}: {accepted}");
                assert!(!from.login(50) && !to.login(50), "a used code");
                let resumed = migration.run();
                assert!(resumed.is_ok(), "{at} {after}: {first:?} {resumed:?}");
                assert_eq!(
                    usize::from(from.login(60)) + usize::from(to.login(60)),
                    1 - accepted,
                    "{at} {after}"
                );
                let there = to.record.borrow().clone().unwrap();
                assert!(there.enrollment.is_same(&record(7, 50).enrollment));
                assert_eq!((there.state.used_recovery, there.state.used.upto), (1, TimeStep(60)));
                assert!(from.record.borrow().as_ref().is_none_or(|left| left.state.is_closed()));
                assert!(!journal.path().exists(), "{at} {after}: a journal stays");
            }
        }
    }
}

#[test]
fn what_is_removed_meanwhile_does_not_come_back() {
    for at in 0..20 {
        for side in 0..2 {
            let (folder, clock) = (tempfile::tempdir().unwrap(), Calls::default());
            let (from, to) = (Memory::new(Some(record(7, 50)), &clock), Memory::new(None, &clock));
            let journal = journal(folder.path());
            let migration = Migration { from: &from, to: &to, journal: &journal, clears: true };
            clock.ends.set(Some((at, false)));
            let first = migration.run();
            clock.ends.set(None);
            let removed = [&from, &to][side];
            // Only what is open is anybody's to remove.
            if removed.record.borrow().as_ref().is_none_or(|record| record.state.is_closed()) {
                continue;
            }
            *removed.record.borrow_mut() = None;
            let resumed = migration.run();
            let open =
                |side: &Memory<'_>| side.record.borrow().as_ref().is_some_and(|one| !one.state.is_closed());
            assert!(!open(&from) && !open(&to), "{at} {side}: {first:?} {resumed:?}");
        }
    }
}
