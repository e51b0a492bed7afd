use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::unistd::{getegid, geteuid};

use super::*;
use crate::oath::{OtpGenerator, Parameters, RecoveryCodes, Secret, Step, UnixTime};
use crate::record::{AppEntry, UserName};
use crate::store::page_io::{read_page, write_at};
use crate::store::slot::{Inherits, Pending};
use crate::store::{Template, UserStore};

/// Sooner than whoever waits to the end. That it takes less than a second is for a quiet machine: tests/tests/stopped.rs.
const SOON: Duration = Duration::from_secs(4);

struct Home {
    folder: tempfile::TempDir,
    file: SecretFile,
}

fn home() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let account = Account {
        name: UserName::parse("alice").unwrap(),
        uid: geteuid(),
        gid: getegid(),
        home: folder.path().into(),
    };
    let file = Template::parse("%h/.insis-otp").unwrap().locate(&account);
    Home { folder, file }
}

fn enrolled() -> Home {
    let home = home();
    home.file.create(&enrollment("alice", 1), &State::default()).unwrap();
    home
}

fn enrollment(user: &str, seed: u8) -> Enrollment {
    Enrollment {
        user: UserName::parse(user).unwrap(),
        entry: AppEntry {
            key: OtpGenerator::new(Secret::from_bytes(&[seed; 20]).unwrap(), Parameters::default()),
            issuer: "host".into(),
            account: "alice@host".into(),
        },
        enrolled_at: UnixTime(1),
        recovery: RecoveryCodes::default(),
    }
}

fn state(step: u64) -> State {
    let mut state = State::default();
    state.used.upto = Step(step);
    state
}

fn set(file: &SecretFile, step: u64) -> Result<(), StoreError> {
    file.transact(|_, _| Decision { state: state(step), write: Write::Durable, answer: () })
}

fn names(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.folder.path()).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn complaint<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    result.unwrap_err().to_string()
}

/// What is done with a file that is locked until then, when somebody waits for the lock.
fn while_waited_for(home: &Home, meanwhile: impl FnOnce(&Path)) -> Result<u64, StoreError> {
    let path = home.file.path();
    let locked = Flock::lock(File::open(path).unwrap(), nix::fcntl::FlockArg::LockExclusive).unwrap();
    std::thread::scope(|scope| {
        let see = || {
            home.file.transact(|_, old| Decision {
                state: old.clone(),
                write: Write::InPlace,
                answer: old.used.upto.0,
            })
        };
        let waiting = scope.spawn(see);
        std::thread::sleep(Duration::from_millis(100));
        meanwhile(path);
        drop(locked);
        waiting.join().unwrap()
    })
}

#[test]
fn a_file_that_was_exchanged_while_its_lock_was_waited_for_is_not_used() {
    let (home, other) = (enrolled(), home());
    other.file.create(&enrollment("alice", 2), &state(7)).unwrap();
    let seen = while_waited_for(&home, |path| std::fs::rename(other.file.path(), path).unwrap());
    assert_eq!(seen.unwrap(), 7);
    let gone = while_waited_for(&home, |path| std::fs::remove_file(path).unwrap());
    assert!(gone.unwrap_err().is_not_enrolled());
}

#[test]
fn a_home_that_is_not_there_is_away() {
    let home = home();
    assert!(!home.file.home_is_away());
    let account = Account { home: home.folder.path().join("gone"), ..home.file.account().clone() };
    assert!(Template::parse("%h/x").unwrap().locate(&account).home_is_away());
    assert!(!Template::parse("/var/lib/x/%u").unwrap().locate(&account).home_is_away());
}

#[test]
fn a_file_is_created_once_changed_in_place_replaced_and_removed() {
    let home = enrolled();
    assert!(matches!(home.file.create(&enrollment("alice", 2), &state(0)).unwrap_err().cause, Cause::Exists));
    let inode = std::fs::metadata(home.file.path()).unwrap().ino();
    for step in 1..10 {
        set(&home.file, step).unwrap();
        assert_eq!(home.file.read().unwrap().state, state(step));
    }
    assert_eq!(std::fs::metadata(home.file.path()).unwrap().ino(), inode);
    let no: Result<(), &str> = home.file.replace(|_| Err("no")).unwrap();
    assert_eq!(no, Err("no"));
    let yes = home.file.replace(|old| Ok::<_, ()>((enrollment("alice", 3), old.state.clone())));
    yes.unwrap().unwrap();
    assert_eq!(home.file.read().unwrap().state, state(9));
    assert_eq!(names(&home), [".insis-otp"]);
    home.file.remove().unwrap();
    assert!(
        home.file.read().unwrap_err().is_not_enrolled() && home.file.remove().unwrap_err().is_not_enrolled()
    );
    assert!(names(&home).is_empty());
}

#[test]
fn what_a_crash_left_behind_is_cleared_away() {
    let home = home();
    std::fs::write(home.folder.path().join("..insis-otp.new"), "half a file").unwrap();
    home.file.create(&enrollment("alice", 1), &State::default()).unwrap();
    assert_eq!(names(&home), [".insis-otp"]);
}

#[test]
fn what_is_no_enrollment_is_cleared_away_too() {
    let home = home();
    let temporary = home.folder.path().join("..insis-otp.new");
    symlink("elsewhere", &temporary).unwrap();
    home.file.create(&enrollment("alice", 1), &State::default()).unwrap();
    home.file.remove().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&temporary).unwrap();
    home.file.create(&enrollment("alice", 2), &State::default()).unwrap();
    assert_eq!(names(&home), [".insis-otp"]);
}

#[test]
fn of_enrollments_at_once_one_is_written_even_after_a_crash() {
    for round in 0..60 {
        let home = home();
        std::fs::write(home.folder.path().join("..insis-otp.new"), "half a file").unwrap();
        let enroll = |seed: u8| {
            let file = home.file.clone();
            move || (seed, file.create(&enrollment("alice", seed), &State::default()))
        };
        let ends: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (1..9).map(|seed| scope.spawn(enroll(seed))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let done: Vec<_> = ends.iter().filter(|(_, end)| end.is_ok()).map(|(seed, _)| *seed).collect();
        let [winner] = done.as_slice() else { panic!("round {round}: {ends:?}") };
        let secret = Secret::from_bytes(&[*winner; 20]).unwrap();
        assert_eq!(home.file.read().unwrap().enrollment.entry.key.secret(), &secret, "round {round}");
        assert_eq!(names(&home), [".insis-otp"], "round {round}");
    }
}

#[test]
fn other_things_at_the_path_are_refused() {
    let home = enrolled();
    let (path, moved) = (home.file.path().to_owned(), home.folder.path().join("aside"));
    std::fs::rename(&path, &moved).unwrap();
    symlink(&moved, &path).unwrap();
    assert!(complaint(set(&home.file, 1)).contains("is a symbolic link"));
    std::fs::remove_file(&path).unwrap();
    std::fs::hard_link(&moved, &path).unwrap();
    assert!(complaint(set(&home.file, 1)).contains("hard links"));
    std::fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(complaint(set(&home.file, 1)).contains("FIFO"));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(complaint(home.file.read()).contains("directory"));
    assert!(complaint(set(&home.file, 1)).contains("cannot open it: Is a directory"));
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&moved, &path).unwrap();
    for mode in [0o640, 0o604, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(complaint(set(&home.file, 1)).contains("chmod 0600"));
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    set(&home.file, 1).unwrap();
    std::fs::write(&path, "").unwrap();
    assert!(complaint(set(&home.file, 1)).contains("damaged"));
}

#[test]
fn a_file_of_another_user_is_refused() {
    let home = home();
    home.file.create(&enrollment("bob", 1), &State::default()).unwrap();
    assert!(complaint(set(&home.file, 1)).contains("secret file of another user, \"bob\""));
    let stranger = Account { uid: nix::unistd::Uid::from_raw(12345), ..home.file.account().clone() };
    let theirs = SecretFile { account: stranger, ..home.file.clone() };
    // As root this changes identity and cannot open the file; otherwise the owner is found to be wrong.
    assert!(!theirs.read().unwrap_err().is_not_enrolled());
}

#[test]
fn a_store_in_a_directory_that_others_can_write_is_refused() {
    let home = enrolled();
    let site = SecretFile { in_home: false, ..home.file.clone() };
    for mode in [0o777, 0o1777, 0o770] {
        std::fs::set_permissions(home.folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(complaint(site.read()).contains("its directory must belong to root"));
    }
}

#[test]
fn a_damaged_state_is_repaired_from_the_head() {
    let home = enrolled();
    let mut page = std::fs::read(home.file.path()).unwrap();
    page[2048..].fill(0);
    std::fs::write(home.file.path(), page).unwrap();
    assert!(complaint(set(&home.file, 1)).contains("no state slot is valid"));
    home.file.repair(|_, present| present.cloned().unwrap_or_else(|| state(77))).unwrap();
    assert_eq!(home.file.read().unwrap().state, state(77));
}

#[test]
fn threads_that_count_lose_nothing() {
    let home = enrolled();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let count = |_: &Enrollment, old: &State| {
                        let state = State { failures: old.failures + 1, ..old.clone() };
                        Decision { state, write: Write::InPlace, answer: () }
                    };
                    home.file.transact(count).unwrap();
                }
            });
        }
    });
    assert_eq!(home.file.read().unwrap().state.failures, 320);
}

/// The lock of a file, held by somebody who does nothing else.
fn held(home: &Home) -> Flock<File> {
    let (file, _) = files::open(home.file.path(), Access::Update).unwrap();
    Flock::lock(file, nix::fcntl::FlockArg::LockExclusive).unwrap()
}

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

/// A file that has just taken the place of another one, when whoever put it there died.
fn died_after_the_exchange(home: &Home, inherits: Inherits, last: &State) {
    let record = layout::decode(&std::fs::read(home.file.path()).unwrap(), Seal::Plain).unwrap();
    set(&home.file, 8).unwrap();
    let id = 0x1234;
    let moved = home.folder.path().join(format!("..insis-otp.{id:016x}.new"));
    std::fs::rename(home.file.path(), &moved).unwrap();
    let pending = Some(Pending { id, inherits });
    let page = layout::encode_from(
        &record.enrollment,
        &inherits.derive(&record.state),
        Seal::Plain,
        record.cursor.sequence,
        pending,
    );
    std::fs::write(home.file.path(), page.unwrap().as_slice()).unwrap();
    std::fs::set_permissions(home.file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    // What somebody wrote who did not know yet.
    let there = SecretFile { path: moved, ..home.file.clone() };
    there.transact(|_, _| Decision { state: last.clone(), write: Write::Durable, answer: () }).unwrap();
}

#[test]
fn a_state_that_is_pending_is_taken_over_by_whoever_comes_next() {
    let last = State { failures: 5, used_recovery: 3, ..state(77) };
    for (inherits, recovery) in [(Inherits::State, 3), (Inherits::AllButRecoveryCodes, 0)] {
        let home = enrolled();
        died_after_the_exchange(&home, inherits, &last);
        let seen = home.file.transact(|_, state| Decision {
            state: state.clone(),
            write: Write::InPlace,
            answer: state.clone(),
        });
        assert_eq!(seen.unwrap(), State { used_recovery: recovery, ..last.clone() });
        assert_eq!(names(&home), [".insis-otp"]);
    }
}

/// Somebody who takes over may be stopped just before the exchange, and go on when there is another enrollment.
#[test]
fn who_takes_over_too_late_brings_no_former_enrollment_back() {
    for inherits in [Inherits::State, Inherits::AllButRecoveryCodes] {
        let home = enrolled();
        let former = home.file.read().unwrap();
        home.file.replace(|_| Ok::<_, ()>((enrollment("alice", 2), state(5)))).unwrap().unwrap();
        let left = home.file.path().metadata().unwrap().ino();
        pending_over_the_present(&home, &former, inherits);
        set(&home.file, 6).unwrap();
        // The file that had its place taken does not come back: somebody may have had a code accepted in it just before,
        // who would not notice that others have gone on from it.
        assert_ne!(home.file.path().metadata().unwrap().ino(), left, "{inherits:?}");
        let now = home.file.read().unwrap();
        assert_eq!(
            now.enrollment.entry.key.secret(),
            enrollment("alice", 2).entry.key.secret(),
            "{inherits:?}"
        );
        assert_eq!((now.state, names(&home)), (state(6), vec![".insis-otp".to_owned()]));
    }
}

#[test]
fn who_takes_over_too_late_makes_no_used_recovery_code_good() {
    let home = enrolled();
    let former = home.file.read().unwrap();
    let code = |text: &[u8]| match crate::verify::ParsedReply::parse(text) {
        crate::verify::ParsedReply::Recovery(code) => code,
        other => panic!("{other:?}"),
    };
    let new = RecoveryCodes::new(&[code(b"abcdefghjk")], crate::oath::Salt([1; 16]));
    home.file.replace_recovery_codes(None, &new).unwrap();
    pending_over_the_present(&home, &former, Inherits::State);
    set(&home.file, 6).unwrap();
    assert_eq!(home.file.read().unwrap().enrollment.recovery, new);
}

/// Whoever starts others and stops each just after it took over, before it has gone on, makes them as many as they like.
#[test]
fn however_many_files_in_a_row_have_lost_their_place_the_last_state_is_found() {
    let home = enrolled();
    set(&home.file, 5).unwrap();
    let former = home.file.read().unwrap();
    for id in 1..=100 {
        pending_with(&home, &former, Pending { id, inherits: Inherits::State });
    }
    let seen = home.file.transact(|_, state| Decision {
        state: self::state(6),
        write: Write::Durable,
        answer: state.clone(),
    });
    assert_eq!(seen.unwrap(), state(5));
    assert_eq!(home.file.read().unwrap().state, state(6));
}

#[test]
fn files_that_go_on_from_one_another_are_no_state() {
    let home = enrolled();
    let former = home.file.read().unwrap();
    let moved = |id: u64| home.folder.path().join(format!("..insis-otp.{id:016x}.new"));
    for id in [1, 2] {
        pending_with(&home, &former, Pending { id, inherits: Inherits::State });
    }
    std::fs::copy(home.file.path(), moved(1)).unwrap();
    assert!(complaint(set(&home.file, 6)).contains("a circle"));
}

/// Lays a file that goes on from a former one over the present one, as an exchange that comes too late does.
fn pending_over_the_present(home: &Home, former: &Record, inherits: Inherits) {
    pending_with(home, former, Pending { id: 0x1234, inherits });
}

fn pending_with(home: &Home, former: &Record, pending: Pending) {
    let id = pending.id;
    let moved = home.folder.path().join(format!("..insis-otp.{id:016x}.new"));
    std::fs::rename(home.file.path(), &moved).unwrap();
    let page = layout::encode_from(&former.enrollment, &former.state, Seal::Plain, 9, Some(pending));
    std::fs::write(home.file.path(), page.unwrap().as_slice()).unwrap();
    std::fs::set_permissions(home.file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_replacement_that_lost_its_place_meanwhile_loses_no_state() {
    let home = enrolled();
    let mut rounds = 0;
    let replaced = home.file.replace(|record| {
        rounds += 1;
        if rounds == 1 {
            // So slow that somebody else does not wait any longer, and has a code accepted.
            set(&home.file, 7).unwrap();
        }
        Ok::<_, ()>((record.enrollment.clone(), record.state.clone()))
    });
    replaced.unwrap().unwrap();
    assert_eq!((rounds, home.file.read().unwrap().state), (2, state(7)));
}

#[test]
fn a_replacement_that_lost_its_place_does_not_undo_a_later_one() {
    let home = enrolled();
    let mut seen = Vec::new();
    let replaced = home.file.replace(|record| {
        seen.push(record.enrollment.entry.key.secret().clone());
        if seen.len() > 1 {
            return Err(());
        }
        home.file.replace(|_| Ok::<_, ()>((enrollment("alice", 2), state(5)))).unwrap().unwrap();
        Ok((enrollment("alice", 3), state(6)))
    });
    assert_eq!(replaced.unwrap(), Err(()), "what it was allowed for is no longer there");
    let secret = |seed| enrollment("alice", seed).entry.key.secret().clone();
    assert_eq!(seen, [secret(1), secret(2)]);
    assert_eq!(home.file.read().unwrap().enrollment.entry.key.secret(), &secret(2));
}

/// A code proves something for the phone that shows it. Between the proof and what it allows, another may be enrolled.
#[test]
fn a_proof_holds_for_the_enrollment_that_it_was_given_for() {
    let home = enrolled();
    let proved = home.file.read().unwrap().enrollment;
    home.file.replace(|_| Ok::<_, ()>((enrollment("alice", 2), state(5)))).unwrap().unwrap();
    let recovery = RecoveryCodes::default();
    let refused = |done: Result<(), StoreError>| complaint(done).contains("another phone's by now");
    assert!(refused(home.file.remove_proved(Some(&proved))));
    assert!(refused(home.file.replace_recovery_codes(Some(&proved), &recovery)));
    let now = home.file.read().unwrap();
    assert_eq!(
        (now.enrollment.entry.key.secret(), now.state),
        (enrollment("alice", 2).entry.key.secret(), state(5))
    );
    // The same secret that was imported once more is not the same enrollment either.
    let again = Enrollment { enrolled_at: UnixTime(2), ..proved.clone() };
    home.file.replace(|_| Ok::<_, ()>((again.clone(), state(5)))).unwrap().unwrap();
    assert!(refused(home.file.remove_proved(Some(&proved))));
    home.file.replace_recovery_codes(Some(&again), &recovery).unwrap();
    home.file.remove_proved(Some(&again)).unwrap();
    assert!(home.file.read().unwrap_err().is_not_enrolled());
}

#[test]
fn who_goes_on_from_a_file_that_is_taken_back_keeps_the_place() {
    let home = enrolled();
    let temporary = home.folder.path().join("..insis-otp.0000000000001234.new");
    std::fs::copy(home.file.path(), &temporary).unwrap();
    let taker = home.file.path().metadata().unwrap();
    assert!(home.file.exchange_back(&temporary, &taker).unwrap());
    assert!(files::is_same(&temporary.metadata().unwrap(), &taker));
    let (back, taken) = (home.file.path().metadata().unwrap(), taker);
    // A third one has come to the path meanwhile.
    home.file.replace(|old| Ok::<_, ()>((old.enrollment.clone(), state(7)))).unwrap().unwrap();
    assert!(!home.file.exchange_back(&temporary, &back).unwrap());
    assert_eq!(home.file.read().unwrap().state, state(7));
    assert!(files::is_same(&temporary.metadata().unwrap(), &taken));
}

#[test]
fn whoever_takes_over_clears_away_what_killed_ones_have_left() {
    let home = enrolled();
    let left = |name: &str, age: u64| {
        let file = File::create(home.folder.path().join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).unwrap();
    };
    left("..insis-otp.0000000000000001.new", 61);
    left("..insis-otp.0000000000000002.new", 1);
    left("..insis-otp.000000000000000x.new", 61);
    let _stopped = held(&home);
    set(&home.file, 2).unwrap();
    let mut names = names(&home);
    names.sort();
    assert_eq!(names, ["..insis-otp.0000000000000002.new", "..insis-otp.000000000000000x.new", ".insis-otp"]);
}

/// Whoever kills helpers of their own all day leaves any number of files. The owner's login must not pay for that.
#[test]
fn what_killed_ones_have_left_holds_nobody_up_however_much_it_is() {
    let home = enrolled();
    let age = std::time::SystemTime::now() - Duration::from_secs(61);
    for id in 0..30_000 {
        let file = File::create(home.folder.path().join(format!("..insis-otp.{id:016x}.new"))).unwrap();
        file.set_modified(age).unwrap();
    }
    let _stopped = held(&home);
    set(&home.file, 2).unwrap();
    assert!(names(&home).len() > 10_000, "the rest goes another time");
}

#[test]
fn without_the_state_that_is_pending_nothing_is_accepted_until_it_is_repaired() {
    let home = enrolled();
    died_after_the_exchange(&home, Inherits::State, &state(77));
    std::fs::remove_file(home.folder.path().join("..insis-otp.0000000000001234.new")).unwrap();
    let complaint = complaint(set(&home.file, 1));
    assert!(complaint.contains("otp-setup unlock"), "{complaint}");
    home.file.repair(|_, present| present.cloned().unwrap_or_else(|| state(78))).unwrap();
    assert_eq!(home.file.read().unwrap().state, state(78));
}

#[test]
fn the_charge_is_in_the_file_before_anything_is_compared() {
    let home = enrolled();
    set(&home.file, 1).unwrap();
    let charge = |_: &Enrollment, old: &State| Charge::Due(State { failures: 4, ..old.clone() }, ());
    let compare = |_: &Enrollment, ()| {
        let now = home.file.read().unwrap().state;
        assert_eq!(now, State { failures: 4, ..state(1) });
        Decision { state: state(2), write: Write::Durable, answer: () }
    };
    home.file.transact_charged(charge, compare).unwrap();
    assert_eq!(home.file.read().unwrap().state, state(2));
}

#[test]
fn what_cannot_be_charged_is_not_compared() {
    let home = enrolled();
    let too_long = |_: &Enrollment, _: &State| Charge::Due(State::default(), ());
    let path = home.file.path().to_owned();
    let replaced = |enrollment: &Enrollment, state: &State| {
        // Gone from its place between the lock and the charge.
        let _ = std::fs::remove_file(&path);
        too_long(enrollment, state)
    };
    let compare = |_: &Enrollment, ()| -> Decision<()> { panic!("compared without a charge") };
    assert!(home.file.transact_charged(replaced, compare).unwrap_err().is_not_enrolled());
}

#[test]
fn every_secret_is_sealed_on_its_way_into_a_file_and_opened_on_its_way_out() {
    let home = home();
    let file = SecretFile { seal: Seal::Masked, ..home.file.clone() };
    let secret = |seed| enrollment("alice", seed).entry.key.secret().to_base32();
    let is_in_file = |seed| {
        let page = String::from_utf8(std::fs::read(file.path()).unwrap()).unwrap();
        page.contains(secret(seed).as_str())
    };
    let kept = |seed| {
        assert_eq!(file.read().unwrap().enrollment.entry.key.secret().to_base32(), secret(seed));
        assert!(!is_in_file(seed));
        assert!(
            home.file.read().unwrap().enrollment.entry.key.secret().to_base32() != secret(seed),
            "without it"
        );
    };
    file.create(&enrollment("alice", 1), &state(1)).unwrap();
    kept(1);
    file.transact(|seen, state| {
        assert_eq!(seen.entry.key.secret().to_base32(), secret(1));
        Decision { state: state.clone(), write: Write::Durable, answer: () }
    })
    .unwrap();
    file.replace(|_| Ok::<_, ()>((enrollment("alice", 2), state(2)))).unwrap().unwrap();
    kept(2);
    file.replace_recovery_codes(None, &RecoveryCodes::default()).unwrap();
    kept(2);
    // Somebody goes on in another file.
    let stopped = held(&home);
    set(&file, 9).unwrap();
    drop(stopped);
    kept(2);
    file.repair(|_, state| state.unwrap().clone()).unwrap();
    kept(2);
}

#[test]
fn a_sealed_secret_opens_for_its_user_only() {
    let (alice, bob) = (enrollment("alice", 1), enrollment("bob", 1));
    let kept = || Seal::Masked.seal(&alice.user, alice.entry.key.secret()).unwrap();
    let opened = |user| Seal::Masked.open(user, kept()).unwrap().to_base32();
    assert_eq!(opened(&alice.user), alice.entry.key.secret().to_base32());
    assert_ne!(opened(&bob.user), alice.entry.key.secret().to_base32());
}

mod as_root {
    use super::*;

    #[test]
    fn a_store_is_a_directory_of_roots_alone_or_of_the_setgid_model() {
        assert!(geteuid().is_root(), "it takes root: make test, or make check without it");
        let folder = tempfile::tempdir().unwrap();
        let safe = |mode: u32| {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            check_directory(folder.path()).is_ok()
        };
        assert_eq!([0o700, 0o755, 0o1730].map(safe), [true; 3]);
        assert_eq!([0o730, 0o777, 0o1777, 0o770, 0o1731, 0o3730].map(safe), [false; 6]);
        let why = |name: &str| check_directory(&folder.path().join(name)).unwrap_err().to_string();
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(why("none").contains("does not exist") && why("file").contains("is not a directory"));
    }
}
