//! Files that lost their place, and the states that are pending in them.

use super::*;
use crate::store::slot::{Inherits, Pending};

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
