//! Whoever holds the lock of a secret file and does not run: how long others wait, who can bring that about, and that one
//! code opens one login all the same.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use insis_otp::record::{AppEntry, Enrollment};
use insis_otp::service::{Reply, Request, Response};
use insis_otp::verify::Verdict;
use insis_otp_tests::control_group::ControlGroup;
use insis_otp_tests::env::HELPER;
use insis_otp_tests::faults::{Call, Traced};
use insis_otp_tests::held::{Held, SOON, holds_lock, login, owner_gets_in, pid, status};
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::person::{Person, STEP, SYSTEM_STORE, time_of};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd};

fn verify(code: &str) -> String {
    Request::Verify(Reply::new(code.as_bytes())).encode().to_string()
}

/// The calls of an attempt through the helper, from the lock on.
fn calls_from_the_lock(machine: &Machine<Person>, code: &str) -> Vec<Call> {
    machine.anna.reset();
    let traced = Traced::run(&machine.env.as_user("anna", HELPER), &verify(code));
    let locked = traced.calls.iter().rposition(|call| call.line.contains("LOCK_EX")).expect("no lock");
    traced.calls[locked..].to_vec()
}

fn accepted(output: &std::process::Output) -> bool {
    matches!(Response::decode(&output.stdout), Ok(Response::Verdict(Verdict::Accepted(_))))
}

/// One code, typed twice: in a helper that is stopped wherever it may be, and at the door meanwhile.
#[test]
fn of_a_stopped_helper_and_its_owner_with_one_code_one_gets_in_and_soon() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let code = machine.anna.code(STEP);
    let calls = calls_from_the_lock(&machine, &code);
    let (mut longest, mut by_helper, mut by_owner, mut by_nobody) = (Duration::ZERO, 0, 0, 0);
    for call in calls.iter().filter(|call| call.name != "exit_group") {
        machine.env.clock().freeze(time_of(STEP));
        machine.anna.reset();
        let held = Held::start(&machine.env.as_user("anna", HELPER), &verify(&code), call, "signal=STOP");
        held.until_stopped();
        let (outcome, took) = login(&machine, &code);
        assert!(took < SOON, "stopped at {}: {took:?}", call.line);
        let next = owner_gets_in(&machine, STEP + 1);
        let output = held.go_on();
        let opened = [accepted(&output), outcome.code == "PAM_SUCCESS"];
        match opened {
            [true, false] => by_helper += 1,
            [false, true] => by_owner += 1,
            // Written down as used by a helper that had been replaced before it could say so: nobody got in.
            [false, false] => by_nobody += 1,
            [true, true] => panic!("opened twice, at {}: {output:?}", call.line),
        }
        longest = longest.max(took).max(next);
        // What was used up meanwhile stays so, and the next one is good once.
        for step in [STEP, STEP + 1] {
            machine.env.clock().freeze(time_of(STEP + 1));
            assert_ne!(
                machine.login(&machine.anna.code(step)).code,
                "PAM_SUCCESS",
                "twice, at {}",
                call.line
            );
        }
        owner_gets_in(&machine, STEP + 3);
    }
    println!(
        "| stopped helper | {} places | by it: {by_helper}, by the owner: {by_owner}, by nobody: {by_nobody} | longest {longest:?} |",
        calls.len() - 1
    );
    assert!(by_helper > 0 && by_owner > 0 && by_nobody <= 2, "{by_helper} {by_owner} {by_nobody}");
}

fn first_write(machine: &Machine<Person>, code: &str) -> Call {
    let calls = calls_from_the_lock(machine, code);
    calls.into_iter().find(|call| call.name == "pwrite64").expect("no charge")
}

#[test]
fn twenty_logins_beside_a_stopped_helper_take_less_than_a_second_each() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let call = first_write(&machine, &wrong);
    let took: Vec<_> = (0..20)
        .map(|turn| {
            machine.anna.reset();
            let held =
                Held::start(&machine.env.as_user("anna", HELPER), &verify(&wrong), &call, "signal=STOP");
            held.until_stopped();
            let process = held.pid().expect("it is gone");
            assert!(holds_lock(process, machine.anna.file.path()), "it does not hold the lock");
            let took = owner_gets_in(&machine, STEP + 2 * turn);
            assert!(took > Duration::from_millis(50), "nobody was in the way");
            assert!(!accepted(&held.go_on()));
            took
        })
        .collect();
    println!("| 20 logins beside a stopped helper | longest {:?} |", took.iter().max());
}

#[test]
fn a_frozen_control_group_keeps_nobody_out() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    // strace itself would keep the process from freezing: a shell that locks and waits is frozen in its place, and then a
    // helper at whatever it does.
    let hold = "exec 9<>\"$1\"; flock 9; echo locked; exec sleep 100";
    let mut took = Vec::new();
    for turn in 0..10 {
        machine.anna.reset();
        let group = ControlGroup::new();
        let mut holder = machine.env.command("sh");
        let holder = holder.args(["-c", hold, "sh"]).arg(machine.anna.file.path());
        let mut holder = holder.stdout(Stdio::piped()).spawn().expect("no shell");
        let mut word = [0; 6];
        std::io::Read::read_exact(holder.stdout.as_mut().expect("a pipe"), &mut word).expect("no lock");
        group.take(pid(holder.id()));
        group.freeze();
        took.push(owner_gets_in(&machine, STEP + 2 * turn));
        assert!(took[took.len() - 1] > Duration::from_millis(50), "nobody was in the way");
        holder.kill().expect("it is gone");
        group.set("cgroup.freeze", "0");
        holder.wait().expect("no end");
    }
    let mut frozen_with_lock = 0;
    for turn in 0..40_u64 {
        machine.anna.reset();
        let group = ControlGroup::new();
        let mut helper = machine
            .env
            .as_user("anna", HELPER)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("no helper");
        std::thread::sleep(Duration::from_millis(20));
        group.take(pid(helper.id()));
        let mut stdin = helper.stdin.take().expect("a pipe");
        stdin.write_all(verify(&wrong).as_bytes()).expect("it does not listen");
        drop(stdin);
        std::thread::sleep(Duration::from_micros(turn * 10));
        group.set("cgroup.freeze", "1");
        std::thread::sleep(Duration::from_millis(5));
        frozen_with_lock += u32::from(holds_lock(pid(helper.id()), machine.anna.file.path()));
        took.push(owner_gets_in(&machine, STEP + 40 + 2 * turn));
        group.set("cgroup.freeze", "0");
        helper.wait().expect("no end");
    }
    println!(
        "| frozen, 10 holders and 40 helpers ({frozen_with_lock} of these with the lock) | longest {:?} |",
        took.iter().max()
    );
}

#[test]
fn helpers_that_get_no_processor_keep_nobody_out() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let mut busy: Vec<_> = (0..2)
        .map(|_| {
            machine.env.as_user("bob", "sh").args(["-c", "while :; do :; done"]).spawn().expect("no shell")
        })
        .collect();
    let (mut took, mut with_lock) = (Vec::new(), 0);
    for turn in 0..20_u64 {
        machine.anna.reset();
        let idle = |_| {
            let mut helper = machine.env.as_user("anna", "chrt");
            helper.args(["--idle", "0", HELPER]).stdin(Stdio::piped()).stdout(Stdio::null());
            let mut helper = helper.spawn().expect("no helper");
            let mut stdin = helper.stdin.take().expect("a pipe");
            stdin.write_all(verify(&wrong).as_bytes()).expect("it does not listen");
            helper
        };
        let mut helpers: Vec<_> = (0..3).map(idle).collect();
        // One that is starved with the lock has it for long enough to be seen. On a slow machine it takes them long to get there.
        let end = Instant::now() + Duration::from_secs(5);
        let file = machine.anna.file.path();
        let has_it = |helpers: &[Child]| helpers.iter().any(|one| holds_lock(pid(one.id()), file));
        while Instant::now() < end && !has_it(&helpers) {}
        with_lock += u32::from(has_it(&helpers));
        took.push(owner_gets_in(&machine, STEP + 2 * turn));
        helpers.iter_mut().for_each(|helper| {
            let _ = helper.kill();
            let _ = helper.wait();
        });
    }
    busy.iter_mut().for_each(|busy| {
        let _ = busy.kill();
        let _ = busy.wait();
    });
    println!(
        "| 20 logins beside idle helpers on busy processors, {with_lock} of these with the lock | longest {:?} |",
        took.iter().max()
    );
    assert!(with_lock > 0, "no helper was starved with the lock");
}

/// Somebody who has seen one code begins what it allows, and stops the helper just before the step that cannot be taken
/// back. Root enrolls the person anew: that stands, whatever becomes of the helper.
#[test]
fn what_root_does_is_not_undone_by_a_helper_that_was_stopped_before() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let (theirs, roots) = (Person::new("anna", 9, SYSTEM_STORE), Person::new("anna", 8, SYSTEM_STORE));
    let proof = || Reply::new(machine.anna.code(STEP).as_bytes());
    let new = theirs.new_device(STEP);
    for (request, step) in
        [(Request::Replace(new, proof()), "renameat2"), (Request::Remove(proof()), "rename")]
    {
        machine.env.clock().freeze(time_of(STEP));
        let (helper, request) = (machine.env.as_user("anna", HELPER), request.encode().to_string());
        let pair = || {
            let _ = machine.anna.file.remove();
            machine.anna.enroll();
        };
        pair();
        let calls = Traced::run(&helper, &request).calls;
        let last = calls.iter().rposition(|call| call.name == step).expect("no such step");
        pair();
        let held = Held::start(&helper, &request, &calls[last - 1], "signal=STOP");
        held.until_stopped();
        let process = held.pid().expect("it is gone");
        let present = machine.anna.file.read().expect("none").enrollment;
        let enrollment =
            Enrollment { entry: AppEntry { key: roots.key.clone(), ..present.entry }, ..present };
        let done = machine.anna.file.replace(|_| Ok::<_, ()>((enrollment.clone(), Person::first_state())));
        done.expect("cannot be replaced").expect("it may");
        assert_ne!(
            status(process, "State").map(|state| state.starts_with('T')),
            Some(true),
            "{step}: it is there"
        );
        let _ = held.end();
        let there = machine.anna.file.read().expect("nothing there").enrollment;
        assert!(there.entry.key.secret() == roots.key.secret(), "{step}: undone");
    }
    machine.anna.file.remove().expect("cannot remove");
}

/// The same by the real sshd, from the code to the shell's first word.
#[test]
fn over_ssh_a_stopped_holder_costs_less_than_a_second() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let stack = "auth required pam_insis_otp.so tries=1\naccount required pam_permit.so\nsession required pam_permit.so\n";
    machine.env.write("/etc/pam.d/sshd".as_ref(), stack.as_bytes(), 0o644);
    let sshd = Sshd::start(&machine.env, "sshd", KEYBOARD_INTERACTIVE);
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let call = first_write(&machine, &wrong);
    let ssh = |step: u64| {
        machine.env.clock().freeze(time_of(step));
        let mut ssh = sshd.login("anna", "echo inside $((1+1))");
        ssh.expect("One-time code: ");
        let start = Instant::now();
        ssh.line(&machine.anna.code(step));
        ssh.expect("inside 2");
        let took = start.elapsed();
        assert!(ssh.wait().success());
        took
    };
    let alone = (0..5).map(|turn| ssh(STEP + 2 * turn)).min().expect("some");
    let beside: Vec<_> = (0..20)
        .map(|turn| {
            machine.anna.reset();
            let held =
                Held::start(&machine.env.as_user("anna", HELPER), &verify(&wrong), &call, "signal=STOP");
            held.until_stopped();
            let took = ssh(STEP + 20 + 2 * turn);
            assert!(took < SOON, "{took:?}; alone {alone:?}");
            assert!(!accepted(&held.go_on()));
            took
        })
        .collect();
    println!(
        "| 20 logins over ssh beside a stopped helper | longest {:?}, alone {alone:?} |",
        beside.iter().max()
    );
}
