//! Many processes at once: one code opens one login, and every failure is counted.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use insis_otp::oath::UnixTime;
use insis_otp::service::{Reply, Request, Response};
use insis_otp::store::{Decision, UserStore, Write};
use insis_otp::verify::{Rate, State, Verdict};
use insis_otp_tests::env::Env;
use insis_otp_tests::pam::{Code, Stack};
use insis_otp_tests::person::{Person, STEP, SYSTEM_STORE, time_of};
use insis_otp_tests::rounds::Crowd;
use insis_otp_tests::slow::Delays;

const MODULE: &str = "auth required pam_insis_otp.so tries=1";

fn count(codes: &[Code], code: Code) -> usize {
    codes.iter().filter(|one| **one == code).count()
}

/// The same right code by so many processes at once, each round with the next code.
fn one_code_opens_one_login(processes: usize, rounds: u64) {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::enrolled("anna", 1);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &vec!["anna"; processes]);
    for round in 0..rounds {
        let step = STEP + round;
        env.clock().freeze(time_of(step));
        let codes = crowd.round(&vec![anna.code(step); processes]);
        let (opened, refused) = (count(&codes, Code::SUCCESS), count(&codes, Code::AUTH_ERR));
        assert_eq!((opened, refused), (1, processes - 1), "round {round}: {codes:?}");
        // Those who came after the one that got in; those before are in what it was told.
        assert!(anna.state().failures < u32::try_from(processes).expect("a small number"));
        assert!(anna.has_used(step));
    }
}

#[test]
fn of_128_processes_with_the_same_code_one_gets_in_200_times() {
    one_code_opens_one_login(128, 200);
}

#[test]
fn of_2_processes_with_the_same_code_one_gets_in_200_times() {
    one_code_opens_one_login(2, 200);
}

#[test]
#[ignore = "long: make assurance"]
fn of_4_to_256_processes_with_the_same_code_one_gets_in_200_times() {
    for processes in [4, 8, 16, 32, 64, 256] {
        one_code_opens_one_login(processes, 200);
    }
}

#[test]
fn each_of_128_wrong_codes_at_once_is_counted() {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::enrolled("anna", 1);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &["anna"; 128]);
    let wrong = anna.wrong_codes(STEP, 128);
    for round in 0..10 {
        anna.reset();
        env.clock().freeze(time_of(STEP));
        let codes = crowd.round(&wrong);
        assert_eq!(count(&codes, Code::AUTH_ERR), 128, "round {round}: {codes:?}");
        // Six were compared (five are free, the sixth begins the delay), the others were not.
        let state = anna.state();
        assert_eq!((state.failures, state.throttle.guesses), (128, 6), "round {round}");
    }
}

#[test]
fn people_do_not_wait_for_one_another() {
    let names: Vec<String> = (0..32).map(|number| format!("user{number}")).collect();
    let builder = names.iter().fold(Env::build(), |builder, name| builder.user(name, "secret"));
    let env = builder.clock().start();
    let people: Vec<Person> =
        names.iter().zip(1..).map(|(name, seed)| Person::enrolled(name, seed)).collect();
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for step in STEP..STEP + 20 {
        env.clock().freeze(time_of(step));
        let codes = crowd.round(&people.iter().map(|person| person.code(step)).collect::<Vec<_>>());
        assert_eq!(count(&codes, Code::SUCCESS), 32, "{codes:?}");
    }
}

/// Rounds in which the same code is typed by many while something else is done to the enrollment.
fn while_codes_are_typed(rounds: u64, meanwhile: impl Fn(&Person, u64)) {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::enrolled("anna", 1);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &["anna"; 12]);
    for round in 0..rounds {
        if !anna.file.path().exists() {
            anna.enroll();
        }
        let step = STEP + 3 * round;
        env.clock().freeze(time_of(step));
        let codes = crowd.round_with(&vec![anna.code(step); 12], || meanwhile(&anna, step));
        let opened = count(&codes, Code::SUCCESS);
        // While there is no enrollment, wrong codes are throttled as if there was one.
        let refused = count(&codes, Code::AUTH_ERR);
        assert!(opened <= 1 && opened + refused == 12, "round {round}: {codes:?}");
        // Nothing but the enrollment is left, and it can be read.
        let left = std::fs::read_dir("/var/lib/insis-otp").expect("no store");
        let names: Vec<_> = left.map(|entry| entry.expect("no entry").file_name()).collect();
        assert!(
            names.iter().all(|name| name == "anna" || name == ".unknown-users" || name == ".store"),
            "round {round}: {names:?}"
        );
        if anna.file.path().exists() {
            assert!(opened == 0 || anna.has_used(step), "round {round}: the login was forgotten");
        }
    }
}

#[test]
fn an_unlock_at_the_same_time_makes_no_code_good_twice() {
    while_codes_are_typed(60, |anna, step| {
        let clock = move || insis_otp::oath::UnixTime(time_of(step));
        anna.service(&clock).unlock(&|_| {}).expect("cannot unlock");
    });
}

#[test]
fn new_recovery_codes_at_the_same_time_make_no_code_good_twice() {
    while_codes_are_typed(60, |anna, _| {
        let kept = anna.file.replace(|old| Ok::<_, ()>((old.enrollment.clone(), old.state.clone())));
        kept.expect("cannot replace").expect("it was decided to");
    });
}

#[test]
fn a_removal_at_the_same_time_lets_in_one_at_the_most() {
    while_codes_are_typed(60, |anna, _| anna.file.remove().expect("cannot remove"));
}

#[test]
fn two_pairings_at_the_same_time_are_one() {
    while_codes_are_typed(60, |anna, _| {
        anna.file.remove().expect("cannot remove");
        let pairings: Vec<_> = std::thread::scope(|scope| {
            let pair = || anna.file.create(&anna.enrollment(), &Person::spent_up_to(u64::MAX >> 32));
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(pair)).collect();
            threads.into_iter().map(|thread| thread.join().expect("a pairing panicked")).collect()
        });
        assert_eq!(pairings.iter().filter(|end| end.is_ok()).count(), 1, "{pairings:?}");
    });
}

/// The two codes of an enrollment open no login, not even while it is made.
#[test]
fn the_codes_of_a_pairing_open_no_login_at_the_same_time() {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::new("anna", 1, SYSTEM_STORE);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &["anna"; 12]);
    let mut compared = 0;
    for round in 0..60 {
        let step = STEP + 3 * round;
        env.clock().freeze(time_of(step));
        let new = anna.new_device(step);
        let typed: Vec<_> = (0..12).map(|racer| anna.code(step - racer % 2)).collect();
        let codes = crowd.round_with(&typed, || {
            anna.service(&|| UnixTime(time_of(step))).enroll(&new).expect("cannot pair");
        });
        assert_eq!(count(&codes, Code::SUCCESS), 0, "round {round}: {codes:?}");
        compared += anna.state().failures;
        anna.file.remove().expect("cannot remove");
    }
    println!(
        "| codes of a pairing typed while it is made | 60 rounds of 12 | compared: {compared} | opened: 0 |"
    );
    assert!(compared > 0, "nobody was in time");
}

/// A helper that has read its request but for the end of it.
fn helper(env: &Env, code: &str) -> Child {
    use std::io::Write;
    let mut command = env.as_user("anna", "/usr/libexec/otp-helper");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("no helper");
    let request = Request::Verify(Reply::new(code.as_bytes())).encode();
    let stdin = child.stdin.as_mut().expect("standard input is a pipe");
    stdin.write_all(request.as_bytes()).expect("the helper does not listen");
    child
}

/// The screen locker of somebody against a login of theirs: one of them.
#[test]
fn helpers_and_modules_share_one_code_between_them() {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::enrolled("anna", 1);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &["anna"; 4]);
    let (mut by_helper, mut by_module) = (0, 0);
    for round in 0..100 {
        let step = STEP + round;
        env.clock().freeze(time_of(step));
        let mut helpers: Vec<_> = (0..4).map(|_| helper(&env, &anna.code(step))).collect();
        // The end of their requests is their start: after the modules in one round, before them in the next.
        let mut start_helpers = || helpers.iter_mut().for_each(|helper| drop(helper.stdin.take()));
        let typed = vec![anna.code(step); 4];
        let codes = if round % 2 == 0 {
            crowd.round_with(&typed, start_helpers)
        } else {
            let head_start = std::time::Duration::from_micros(50 * round);
            let before = || {
                start_helpers();
                std::thread::sleep(head_start);
            };
            crowd.round_between(&typed, before, || ())
        };
        let answers: Vec<_> = helpers
            .into_iter()
            .map(|helper| Response::decode(&helper.wait_with_output().expect("no answer").stdout))
            .collect();
        let accepted =
            |answer: &&Result<Response, _>| matches!(answer, Ok(Response::Verdict(Verdict::Accepted(_))));
        let (helpers, modules) = (answers.iter().filter(accepted).count(), count(&codes, Code::SUCCESS));
        assert_eq!(helpers + modules, 1, "round {round}: {answers:?} {codes:?}");
        assert!(answers.iter().all(|answer| matches!(answer, Ok(Response::Verdict(_)))), "{answers:?}");
        by_helper += helpers;
        by_module += modules;
    }
    println!("| one code, 4 helpers and 4 modules | by a helper: {by_helper} | by a module: {by_module} |");
    assert!(by_helper > 0 && by_module > 0, "{by_helper} by a helper, {by_module} by a module: no race");
}

/// In the system store only root can exchange files. Whatever is read then is the file of the one or of the other.
#[test]
fn files_that_are_exchanged_while_they_are_read_open_nothing_for_the_other() {
    const ROUNDS: u64 = 100;
    let env = Env::build().user("anna", "secret").user("bob", "secret").clock().start();
    let (anna, bob) = (Person::enrolled("anna", 1), Person::enrolled("bob", 2));
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &["anna", "anna", "anna", "bob", "bob", "bob"]);
    let end = AtomicBool::new(false);
    let (mut opened, mut refused) = (0, 0);
    let exchange = || {
        let (one, other) = (anna.file.path(), bob.file.path());
        let flags = nix::fcntl::RenameFlags::RENAME_EXCHANGE;
        let here = nix::fcntl::AT_FDCWD;
        nix::fcntl::renameat2(here, one, here, other, flags).expect("cannot exchange them");
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                exchange();
                std::thread::sleep(std::time::Duration::from_micros(50));
                exchange();
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        });
        for round in 0..ROUNDS {
            let step = STEP + round;
            env.clock().freeze(time_of(step));
            let (a, b) = (anna.code(step), bob.code(step));
            // Each types the own code twice, and the other's once.
            let codes = crowd.round(&[&a, &a, &b, &b, &b, &a]);
            assert!(
                codes[2] != Code::SUCCESS && codes[5] != Code::SUCCESS,
                "round {round}: the other's code: {codes:?}"
            );
            for own in [&codes[..2], &codes[3..5]] {
                assert!(count(own, Code::SUCCESS) <= 1, "round {round}: twice: {codes:?}");
            }
            opened += count(&codes, Code::SUCCESS);
            refused += count(&codes, Code::AUTHINFO_UNAVAIL);
        }
        end.store(true, Ordering::Relaxed);
    });
    println!("| exchanged while read, {ROUNDS} rounds of 6 | opened: {opened} | cannot be used: {refused} |");
    assert!(opened > 0 && refused > 0, "opened {opened}, refused {refused}: no race");
    assert!(anna.file.read().is_ok() && bob.file.read().is_ok());
}

/// Whoever holds the lock and does not run delays others by less than a second.
#[test]
fn a_holder_of_the_lock_that_does_not_run_delays_nobody_for_long() {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::enrolled("anna", 1);
    env.clock().freeze(time_of(STEP));
    let stack = Stack::new("door", MODULE);
    let hold = "exec 9<>\"$1\"; flock 9; exec sleep 60";
    let mut holder = env.command("sh");
    let mut holder = holder.args(["-c", hold, "sh"]).arg(anna.file.path()).spawn().expect("no shell");
    std::thread::sleep(std::time::Duration::from_millis(300));
    insis_otp_tests::env::run(env.command("kill").args(["-STOP", &holder.id().to_string()]));
    let mut crowd = Crowd::of(&stack, &["anna"; 4]);
    let start = std::time::Instant::now();
    let codes = crowd.round(&vec![anna.code(STEP); 4]);
    let waited = start.elapsed().as_secs_f32();
    assert_eq!(count(&codes, Code::SUCCESS), 1, "{codes:?}");
    assert_eq!(count(&codes, Code::AUTH_ERR), 3, "{codes:?}");
    assert!(waited < 2.0, "{waited} s for four of them");
    insis_otp_tests::env::run(env.command("kill").args(["-KILL", &holder.id().to_string()]));
    let _ = holder.wait();
    env.clock().freeze(time_of(STEP + 1));
    let free = crowd.round(&vec![anna.code(STEP + 1); 4]);
    assert_eq!(count(&free, Code::SUCCESS), 1, "{free:?}");
}

/// A helper of anna's that strace slows down around its writes and wherever it takes over from others, and that is killed
/// after four seconds. Each number has delays of its own.
fn slow_helper(env: &Env, number: u64) -> Command {
    let (before, after) = (number * 7_919 * 20 % 650_000, number * 5_407 * 10 % 320_000);
    let delays = Delays::at([
        format!("renameat2:delay_enter={before}:delay_exit=150000"),
        format!("pwrite64:delay_exit={after}"),
    ]);
    let slow = delays.slow_down(env.as_user("anna", "/usr/libexec/otp-helper"));
    let mut killed = Command::new("timeout");
    killed.args(["-s", "KILL", "4"]).arg(slow.get_program()).args(slow.get_args());
    killed.envs(slow.get_envs().filter_map(|(name, value)| Some((name, value?))));
    killed.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    killed
}

/// Runs it with a wrong code, again and again until `end`.
fn again_and_again(mut helper: Command, end: &AtomicBool) {
    let request = Request::Verify(Reply::new(b"000000")).encode().to_string();
    while !end.load(Ordering::Relaxed) {
        let mut helper = helper.spawn().expect("no strace");
        let mut stdin = helper.stdin.take().expect("a pipe");
        // One that is killed early does not listen.
        let _ = std::io::Write::write_all(&mut stdin, request.as_bytes());
        drop(stdin);
        helper.wait().expect("no end");
    }
}

/// What ten that log in at once do before anybody learns of their answer.
#[derive(Clone, Copy)]
enum LastWrite {
    Charge,
    Outcome,
}

/// How ten log in at once: every other one is held up with the lock just before its last write, for long enough to be
/// overtaken there, and then not again at once. The others begin a little later, so that those get the lock.
fn every_other_held_up(last: LastWrite) -> Vec<Delays> {
    // Whoever has to take over first writes the new file and its state before that.
    let write = |number| match (last, number % 4) {
        (LastWrite::Charge, 1) => 3,
        (LastWrite::Charge, _) => 1,
        (LastWrite::Outcome, 1) => 4,
        (LastWrite::Outcome, _) => 2,
    };
    let held_up = |number: u64| {
        Delays::at([
            format!("pwrite64:delay_enter={}:when={}", 400_000 + number * 20_000, write(number)),
            format!("fdatasync:delay_enter={}", number * 3_000),
            "renameat2:delay_exit=10000".into(),
        ])
    };
    // The first lock is that of the gate.
    let late = |number: u64| Delays::at([format!("flock:delay_exit={}:when=1", 10_000 + number * 1_000)]);
    (0..10).map(|number| if number % 2 == 0 { late(number) } else { held_up(number) }).collect()
}

/// An enrollment for which single codes are no longer compared, so that the budgets count each pair that is, and nothing else.
fn enroll_with_single_codes_used_up(anna: &Person) {
    let mut state = Person::first_state();
    state.throttle.single_codes = 100;
    anna.file.create(&anna.enrollment(), &state).expect("cannot enroll");
}

/// How many pairs of codes the state was charged with at that time. Under the lock: a look without it may see a file that has
/// just taken another one's place, before the last state is in it.
fn charged_pairs(anna: &Person, now: u64) -> u64 {
    let as_it_is = |_: &_, state: &State| Decision {
        state: state.clone(),
        write: Write::InPlace,
        answer: state.clone(),
    };
    let state = anna.file.transact(as_it_is).expect("cannot read");
    let used =
        state.throttle.budgets.sources.iter().map(|source| source.two_codes.0.saturating_sub(now * 1_000));
    used.sum::<u64>() / Rate::SOURCE.interval
}

/// Root enrolls anna anew again and again, and ten log in at once with wrong pairs of codes, and with each of three right
/// ones, half of them so slow that they are overtaken while they have the lock; while twenty slow helpers of anna's hold the
/// lock, are left behind, take over from one another and are killed.
fn one_code_opens_one_login_among_slow_helpers(enrollments: u64) {
    const HELPERS: u64 = 20;
    let env = Env::build().user("anna", "secret").clock().start();
    let _first = Person::enrolled("anna", 1);
    env.clock().freeze(time_of(STEP));
    let stack = Stack::new("door", MODULE);
    let (end, begin) = (AtomicBool::new(false), std::time::Instant::now());
    let (mut opened, mut taken_over, mut refused, mut charged) = (0, 0, 0, 0);
    std::thread::scope(|scope| {
        let ended = EndOnDrop(&end);
        for number in 1..=HELPERS {
            let (helper, end) = (slow_helper(&env, number), &end);
            scope.spawn(move || again_and_again(helper, end));
        }
        for enrollment in 0..enrollments {
            // Another secret each time: the state of a former enrollment has no place in the present one.
            let anna = Person::new("anna", u8::try_from(2 + enrollment).unwrap(), SYSTEM_STORE);
            let wrong: Vec<_> =
                anna.wrong_codes(STEP, 20).chunks(2).map(|two| format!("{} {}", two[0], two[1])).collect();
            anna.file.remove().expect("cannot remove");
            enroll_with_single_codes_used_up(&anna);
            env.clock().freeze(time_of(STEP));
            let codes = Crowd::slowed(&stack, "anna", &every_other_held_up(LastWrite::Charge)).round(&wrong);
            let (answers, pairs) =
                (count(&codes, Code::AUTH_ERR) as u64, charged_pairs(&anna, time_of(STEP)));
            assert_eq!(count(&codes, Code::SUCCESS), 0, "enrollment {enrollment}: {codes:?}");
            let log = || env.syslog().lines().join("\n");
            assert!(answers <= pairs, "enrollment {enrollment}: {pairs} of {answers}: {codes:?}\n{}", log());
            (refused, charged) = (refused + answers, charged + pairs);
            for step in [STEP, STEP + 2, STEP + 4] {
                env.clock().freeze(time_of(step));
                let before = inode(&anna);
                let right = vec![format!("{} {}", anna.code(step - 1), anna.code(step)); 10];
                let codes =
                    Crowd::slowed(&stack, "anna", &every_other_held_up(LastWrite::Outcome)).round(&right);
                taken_over += usize::from(inode(&anna) != before);
                let success = count(&codes, Code::SUCCESS);
                assert!(success <= 1, "enrollment {enrollment}, step {step}: {success} logins: {codes:?}");
                opened += success;
            }
            let damaged = env.syslog().lines().into_iter().find(|line| line.contains("damaged"));
            assert_eq!(damaged, None, "enrollment {enrollment}: nobody gets in any more");
        }
        drop(ended);
    });
    println!(
        "| {HELPERS} slow helpers, {enrollments} enrollments, 10 pairs by 10 each, 3 by all | wrong, charged: {refused}, {charged} \
         | opened: {opened} | another file meanwhile: {taken_over} | {:?} |",
        begin.elapsed()
    );
    assert!(taken_over > 0, "nobody was left behind");
    // They may be used up by a login whose file was replaced before it could say so.
    assert!(opened as u64 >= enrollments * 2, "{opened} of {}", enrollments * 3);
}

/// Ends the helpers when a test fails, too.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn inode(person: &Person) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    person.file.path().symlink_metadata().ok().map(|metadata| metadata.ino())
}

#[test]
fn among_slow_helpers_one_code_opens_one_login_over_two_enrollments() {
    one_code_opens_one_login_among_slow_helpers(2);
}

#[test]
#[ignore = "long: make assurance"]
fn among_slow_helpers_one_code_opens_one_login_over_sixty_enrollments() {
    one_code_opens_one_login_among_slow_helpers(60);
}
