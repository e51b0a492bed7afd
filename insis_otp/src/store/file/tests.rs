use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use nix::unistd::{getegid, geteuid};

use super::*;
use crate::oath::{OtpGenerator, Parameters, RecoveryCodes, Secret, Step, UnixTime};
use crate::record::{AppEntry, UserName};
use crate::store::{Template, UserStore};

mod pending;
mod stopped;

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

/// The lock of a file, held by somebody who does nothing else.
fn held(home: &Home) -> Flock<File> {
    let (file, _) = files::open(home.file.path(), Access::Update).unwrap();
    Flock::lock(file, nix::fcntl::FlockArg::LockExclusive).unwrap()
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
