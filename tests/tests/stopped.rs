//! Whoever holds the lock of a secret file and does not run: how long others wait, who can bring that about, and that one
//! code opens one login all the same.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use insis_otp::record::Enrollment;
use insis_otp::service::{Reply, Request, Response};
use insis_otp::verify::Verdict;
use insis_otp_tests::crowd::Outcome;
use insis_otp_tests::env::{HELPER, talk};
use insis_otp_tests::faults::{Call, Traced};
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD};
use insis_otp_tests::person::{Person, STEP, SYSTEM_STORE, time_of};
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

/// Nobody waits longer for a process that does not run.
const SOON: Duration = Duration::from_secs(1);

fn verify(code: &str) -> String {
    Request::Verify(Reply::new(code.as_bytes())).encode().to_string()
}

/// Waits for something that comes soon.
fn until<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().expect("a process id"))
}

/// A field of /proc/PID/status.
fn status(process: Pid, field: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(field)?.strip_prefix(':')?.trim().to_owned()))
}

/// The processes that have the lock of the file.
fn holders(file: &Path) -> Vec<Pid> {
    use std::os::unix::fs::MetadataExt;
    let Ok(facts) = file.metadata() else { return Vec::new() };
    let locks = std::fs::read_to_string("/proc/locks").expect("no list of locks");
    let inode = format!(":{}", facts.ino());
    let holder = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, place, ..] = words.as_slice() else { return None };
        place.ends_with(&inode).then(|| process.parse().ok().map(Pid::from_raw)).flatten()
    };
    locks.lines().filter_map(holder).collect()
}

/// Whether a process has the lock of the file.
fn holds_lock(process: Pid, file: &Path) -> bool {
    holders(file).contains(&process)
}

/// A login of the owner's, and how long it took.
fn login(machine: &Machine<Person>, code: &str) -> (Outcome, Duration) {
    let said = machine.login(code);
    let took = Duration::from_nanos(said.nanos);
    (said, took)
}

/// The owner logs in with the code of that step, and soon.
fn owner_gets_in(machine: &Machine<Person>, step: u64) -> Duration {
    machine.env.clock().freeze(time_of(step));
    let (said, took) = login(machine, &machine.anna.code(step));
    assert_eq!(said.code, "PAM_SUCCESS", "step {step}: {:?}", machine.env.syslog().lines());
    assert!(took < SOON, "{took:?}");
    took
}

/// A program under strace, of which something is stopped or slowed down.
struct Held {
    strace: Child,
    trace: PathBuf,
    _folder: tempfile::TempDir,
}

impl Held {
    fn start(command: &Command, input: &str, call: &Call, what: &str) -> Self {
        let folder = tempfile::tempdir().expect("no folder");
        let trace = folder.path().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-s", "64", "-o"]).arg(&trace);
        strace.arg("-e").arg(format!("inject={}:{what}:when={}", call.name, call.number));
        strace.arg("--").arg(command.get_program()).args(command.get_args()).current_dir("/").env_clear();
        strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        strace.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut strace = strace.spawn().expect("no strace");
        let mut stdin = strace.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("it does not listen");
        Self { strace, trace, _folder: folder }
    }

    /// The traced process. (At its start strace has others, by which it finds out what the kernel can do.)
    fn pid(&self) -> Option<Pid> {
        let path = format!("/proc/{0}/task/{0}/children", self.strace.id());
        std::fs::read_to_string(path).ok()?.split_whitespace().next()?.parse().ok().map(Pid::from_raw)
    }

    fn until_stopped(&self) {
        until("that it stops", || {
            let trace = std::fs::read_to_string(&self.trace).ok()?;
            trace.contains("--- stopped by SIGSTOP ---").then_some(())
        });
    }

    /// Lets it go on; what it says in the end.
    fn go_on(self) -> std::process::Output {
        let process = self.pid().expect("it is gone");
        kill(process, Signal::SIGCONT).expect("it is gone");
        self.strace.wait_with_output().expect("no end")
    }
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
        let (said, took) = login(&machine, &code);
        assert!(took < SOON, "stopped at {}: {took:?}", call.line);
        let next = owner_gets_in(&machine, STEP + 1);
        let output = held.go_on();
        let opened = [accepted(&output), said.code == "PAM_SUCCESS"];
        match opened {
            [true, false] => by_helper += 1,
            [false, true] => by_owner += 1,
            // Written down as used by a helper that had lost its place before it could say so: nobody got in.
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

/// Where the second version of control groups is mounted.
fn cgroups() -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/mounts").expect("no mounts");
    let mut folders = mounts.lines().filter_map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        (words.get(2) == Some(&"cgroup2")).then(|| PathBuf::from(words[1]))
    });
    folders.next().expect("no control groups (version 2) on this machine: nothing can be frozen")
}

/// A control group, until it is dropped.
struct Group(PathBuf);

impl Group {
    fn new() -> Self {
        let path =
            cgroups().join(format!("otp-test-{}-{:?}", std::process::id(), std::thread::current().id()));
        std::fs::create_dir(&path).expect("cannot make a control group");
        Self(path)
    }

    fn set(&self, file: &str, value: &str) {
        std::fs::write(self.0.join(file), value).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    fn is_frozen(&self) -> bool {
        std::fs::read_to_string(self.0.join("cgroup.events")).is_ok_and(|text| text.contains("frozen 1"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::write(self.0.join("cgroup.freeze"), "0");
        let _ = std::fs::remove_dir(&self.0);
    }
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
        let group = Group::new();
        let mut holder = machine.env.command("sh");
        let holder = holder.args(["-c", hold, "sh"]).arg(machine.anna.file.path());
        let mut holder = holder.stdout(Stdio::piped()).spawn().expect("no shell");
        let mut word = [0; 6];
        std::io::Read::read_exact(holder.stdout.as_mut().expect("a pipe"), &mut word).expect("no lock");
        group.set("cgroup.procs", &holder.id().to_string());
        group.set("cgroup.freeze", "1");
        until("that it is frozen", || group.is_frozen().then_some(()));
        took.push(owner_gets_in(&machine, STEP + 2 * turn));
        assert!(took[took.len() - 1] > Duration::from_millis(50), "nobody was in the way");
        holder.kill().expect("it is gone");
        group.set("cgroup.freeze", "0");
        holder.wait().expect("no end");
    }
    let mut frozen_with_lock = 0;
    for turn in 0..40_u64 {
        machine.anna.reset();
        let group = Group::new();
        let mut helper = machine
            .env
            .as_user("anna", HELPER)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("no helper");
        std::thread::sleep(Duration::from_millis(20));
        group.set("cgroup.procs", &helper.id().to_string());
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
        // One that is starved with the lock has it for long enough to be seen.
        let end = Instant::now() + Duration::from_millis(1000);
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
/// back. Root pairs the person anew: that stands, whatever becomes of the helper.
#[test]
fn what_root_does_is_not_undone_by_a_helper_that_was_stopped_before() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let (theirs, roots) = (Person::new("anna", 9, SYSTEM_STORE), Person::new("anna", 8, SYSTEM_STORE));
    let proof = || Reply::new(machine.anna.code(STEP).as_bytes());
    let new = theirs.new_pairing(STEP);
    for (request, step) in
        [(Request::Replace(new, proof()), "renameat2"), (Request::Remove(proof()), "rename")]
    {
        machine.env.clock().freeze(time_of(STEP));
        let (helper, request) = (machine.env.as_user("anna", HELPER), request.encode().to_string());
        let pair = || {
            let _ = machine.anna.file.remove();
            machine.anna.pair();
        };
        pair();
        let calls = Traced::run(&helper, &request).calls;
        let last = calls.iter().rposition(|call| call.name == step).expect("no such step");
        pair();
        let held = Held::start(&helper, &request, &calls[last - 1], "signal=STOP");
        held.until_stopped();
        let process = held.pid().expect("it is gone");
        let enrollment =
            Enrollment { key: roots.key.clone(), ..machine.anna.file.read().expect("none").enrollment };
        let done = machine.anna.file.replace(|_| Ok::<_, ()>((enrollment.clone(), Person::first_state())));
        done.expect("cannot be replaced").expect("it may");
        assert_ne!(
            status(process, "State").map(|state| state.starts_with('T')),
            Some(true),
            "{step}: it is there"
        );
        let _ = held.strace.wait_with_output().expect("no end");
        let there = machine.anna.file.read().expect("nothing there").enrollment;
        assert!(there.key.secret() == roots.key.secret(), "{step}: undone");
    }
    machine.anna.file.remove().expect("cannot remove");
}

fn su(machine: &Machine<Person>) -> Command {
    let mut su = machine.env.as_user("bob", "su");
    su.args(["anna", "-c", "true"]);
    su
}

/// From the lock to the last write su is out of the reach of whoever called it; before and after it need not be.
#[test]
fn bob_cannot_stop_kill_or_slow_down_his_su_while_it_has_annas_lock() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    for code in [machine.anna.code(STEP), machine.anna.wrong_codes(STEP, 1).remove(0)] {
        machine.anna.reset();
        let input = format!("{PASSWORD}\n{code}\n");
        let traced = Traced::run(&su(&machine), &input);
        let locked = traced.calls.iter().rposition(|call| call.line.contains("LOCK_EX")).expect("no lock");
        let last =
            traced.calls.iter().rposition(|call| ["fdatasync", "fadvise64"].contains(&call.name.as_str()));
        let (mut windows, mut tried) = (0, 0);
        for call in &traced.calls[locked..last.expect("no last write")] {
            machine.anna.reset();
            let held = Held::start(&su(&machine), &input, call, "delay_exit=400000");
            let locked = |process: &Pid| holds_lock(*process, machine.anna.file.path());
            let process = until("the lock", || held.pid().filter(locked));
            windows += 1;
            for attempt in [
                format!("kill -STOP {process}"),
                format!("kill -KILL {process}"),
                format!("kill -TSTP {process}"),
                format!("taskset -p 1 {process}"),
                format!("chrt --idle -p 0 {process}"),
                format!("renice -n 19 -p {process}"),
                format!("prlimit --pid {process} --fsize=0"),
                format!("ionice -c 3 -p {process}"),
            ] {
                let output = talk(machine.env.as_user("bob", "bash").args(["-c", &attempt]), "");
                let heard = String::from_utf8_lossy(&output.stderr);
                let there = holds_lock(process, machine.anna.file.path());
                assert!(
                    !there || !output.status.success() && heard.contains("not permitted"),
                    "at {}: bob could {attempt}: {output:?}",
                    call.line
                );
                if !there {
                    break;
                }
                tried += 1;
            }
            let blocked = status(process, "SigBlk");
            let output = held.strace.wait_with_output().expect("no end");
            assert!(output.status.code().is_some(), "it died: {output:?} {blocked:?}");
        }
        println!(
            "| su with the lock, delayed at {windows} calls | {tried} things tried by bob, none permitted |"
        );
        assert!(windows > 5 && tried > 5 * windows, "{windows} {tried}");
    }
}

/// Bob's su, which has asked for the code.
struct Su {
    process: Child,
    stdin: ChildStdin,
}

impl Su {
    fn start(machine: &Machine<Person>) -> Self {
        let mut su = su(machine);
        let su = su.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = su.spawn().expect("no su");
        let mut stdin = process.stdin.take().expect("a pipe");
        stdin.write_all(format!("{PASSWORD}\n").as_bytes()).expect("it does not listen");
        let waits = || {
            let call = std::fs::read_to_string(format!("/proc/{}/syscall", process.id())).ok()?;
            let name = std::fs::read_to_string(format!("/proc/{}/comm", process.id())).ok()?;
            (name == "su\n" && call.starts_with("0 0x0 ")).then_some(())
        };
        until("the question for the code", waits);
        Self { process, stdin }
    }

    /// Types a code, and has bob stop it as soon after `moment` as he is let. Whether he could.
    fn stopped_after(&mut self, code: &str, bob: Uid, moment: Duration) -> bool {
        let process = pid(self.process.id());
        self.stdin.write_all(format!("{code}\n").as_bytes()).expect("it does not listen");
        let typed = Instant::now();
        // The kernel looks at the user of the thread that sends the signal.
        let attack = || {
            let uid = rustix::thread::Uid::from_raw(bob.as_raw());
            rustix::thread::set_thread_res_uid(uid, uid, uid).expect("not to be bob");
            while typed.elapsed() < moment {}
            while let Err(Errno::EPERM) = kill(process, Signal::SIGSTOP) {}
        };
        std::thread::scope(|scope| scope.spawn(attack).join()).expect("no attack");
        let end = || status(process, "State").filter(|state| ["T", "Z"].contains(&&state[..1]));
        until("that it stops or ends", end).starts_with('T')
    }
}

/// Bob stops his su at 40 moments from the code to its end.
#[test]
fn wherever_bob_stops_his_su_anna_gets_in_soon() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let bob = nix::unistd::User::from_name("bob").expect("no users").expect("no bob").uid;
    let undisturbed = || {
        machine.anna.reset();
        let mut su = Su::start(&machine);
        let start = Instant::now();
        su.stdin.write_all(format!("{wrong}\n").as_bytes()).expect("it does not listen");
        su.process.wait().expect("no end");
        start.elapsed()
    };
    let whole = (0..10).map(|_| undisturbed()).min().expect("ten");
    let (mut with_lock, mut stopped, mut took) = (0, 0, Vec::new());
    for turn in 0..40_u32 {
        machine.anna.reset();
        let mut su = Su::start(&machine);
        let moment = whole * turn / 50;
        stopped += u32::from(su.stopped_after(&wrong, bob, moment));
        with_lock += u32::from(holds_lock(pid(su.process.id()), machine.anna.file.path()));
        took.push(owner_gets_in(&machine, STEP + 2 * u64::from(turn)));
        let _ = su.process.kill();
        su.process.wait().expect("no end");
    }
    println!(
        "| su stopped by bob at {stopped} of 40 moments of {whole:?}, {with_lock} with the lock | longest {:?} |",
        took.iter().max()
    );
    assert!(stopped > 10, "{stopped}");
    assert_eq!(with_lock, 0);
}

/// A program as a job of a shell on a terminal, and under strace: each write takes half a second longer. (Only a job that
/// has a shell above it is stopped by ^Z. strace itself is not stopped nor ended by the terminal.)
fn slow_on_a_terminal(machine: &Machine<Person>, program: &Command, trace: &Path) -> Terminal {
    let mut shell = machine.env.command("bash");
    shell.args(["--norc", "-mc", "\"$@\"; echo over", "bash", "strace", "-I4", "-qq", "-o"]).arg(trace);
    shell.args(["-e", "inject=pwrite64:delay_exit=500000", "--"]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Terminal::run(&shell)
}

/// What is typed on the terminal of `program`, to which the right code is typed by `line`, neither stops nor ends it from
/// the lock to the last write.
fn terminal_reaches_nobody_with_the_lock(
    machine: &Machine<Person>,
    program: &Command,
    prompt: &str,
    line: &str,
) {
    let folder = tempfile::tempdir().expect("no folder");
    let file = machine.anna.file.path();
    for (key, name) in [("\x1a", "SIGTSTP"), ("\x03", "SIGINT"), ("\x1c", "SIGQUIT"), ("", "SIGHUP")] {
        machine.anna.reset();
        let trace = folder.path().join(name);
        let mut terminal = slow_on_a_terminal(machine, program, &trace);
        terminal.expect(prompt);
        terminal.line(line);
        let process = until("the lock", || holders(file).first().copied());
        match key {
            "" => terminal.hang_up(),
            key => terminal.send(key),
        }
        let heard = |what: &str| std::fs::read_to_string(&trace).is_ok_and(|trace| trace.contains(what));
        let stopped = || heard("--- stopped by");
        let end = || (stopped() || !holds_lock(process, file)).then_some(());
        until("that it stops or has done with the lock", end);
        assert!(!stopped() || !holds_lock(process, file), "{name} stopped it with the lock");
        assert!(machine.anna.has_spent(STEP), "{name} ended it before the last write");
        until("that the signal comes afterwards", || heard(&format!("--- {name} ")).then_some(()));
        let _ = kill(process, Signal::SIGKILL);
    }
}

/// sudo keeps its caller's real user id while it asks for the code, and so is out of reach as su is.
#[test]
fn a_terminal_neither_stops_nor_ends_a_sudo_that_has_the_lock() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let stack = format!("{ONE_TRY}\naccount required pam_permit.so\nsession required pam_permit.so\n");
    machine.env.write("/etc/pam.d/sudo".as_ref(), stack.as_bytes(), 0o644);
    let sudoers = b"Defaults timestamp_timeout=0, !lecture, passwd_tries=1\nanna ALL=(ALL:ALL) ALL\n";
    machine.env.write("/etc/sudoers".as_ref(), sudoers, 0o440);
    let mut sudo = machine.env.as_user("anna", "sudo");
    sudo.args(["-k", "true"]);
    terminal_reaches_nobody_with_the_lock(&machine, &sudo, "One-time code: ", &machine.anna.code(STEP));
}

/// Programs that are root's through and through when they ask have a terminal that need not be root's.
#[test]
fn a_terminal_neither_stops_nor_ends_a_program_of_roots_that_has_the_lock() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let code = format!("={}", machine.anna.code(STEP));
    let program = machine.driver();
    let mut driver = machine.env.command("sh");
    driver.args(["-c", "echo begins; exec \"$@\"", "sh"]).arg(program.get_program()).args(program.get_args());
    terminal_reaches_nobody_with_the_lock(&machine, &driver, "begins", &format!("{code}\n\x04"));
}

/// The same by the real sshd, from the code to the shell's first word.
#[test]
fn over_ssh_a_stopped_holder_costs_less_than_a_second() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let stack = "auth required pam_insis_otp.so tries=1\naccount required pam_permit.so\nsession required pam_permit.so\n";
    machine.env.write("/etc/pam.d/sshd".as_ref(), stack.as_bytes(), 0o644);
    let sshd = Sshd::start(&machine.env, "sshd", "AuthenticationMethods keyboard-interactive");
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
