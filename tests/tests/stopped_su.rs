//! What the caller of su, sudo and terminal programs can do to them while they have the lock of somebody's secret file.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use insis_otp_tests::control_group::ControlGroup;
use insis_otp_tests::env::talk;
use insis_otp_tests::faults::Traced;
use insis_otp_tests::held::{Held, SOON, holders, holds_lock, login, owner_gets_in, pid, status, until};
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD};
use insis_otp_tests::person::{Person, STEP};
use insis_otp_tests::terminal::Terminal;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

fn su(machine: &Machine<Person>) -> Command {
    let mut su = machine.env.as_user("bob", "su");
    su.args(["anna", "-c", "true"]);
    su
}

fn sudo(machine: &Machine<Person>) -> Command {
    let mut sudo = machine.env.as_user("bob", "sudo");
    sudo.args(["-S", "-u", "anna", "--", "true"]);
    sudo
}

/// From the lock to the last write su is out of the reach of whoever called it; before and after it need not be.
#[test]
fn bob_cannot_stop_kill_or_slow_down_his_su_while_it_has_annas_lock() {
    nobody_reaches_it_with_the_lock(su);
}

/// Nor sudo, where it asks for what the other user has.
#[test]
fn bob_cannot_stop_kill_or_slow_down_his_sudo_while_it_has_annas_lock() {
    nobody_reaches_it_with_the_lock(sudo);
}

fn nobody_reaches_it_with_the_lock(program: fn(&Machine<Person>) -> Command) {
    let machine = Machine::frozen(ONE_TRY).with_su().with_sudo();
    for code in [machine.anna.code(STEP), machine.anna.wrong_codes(STEP, 1).remove(0)] {
        machine.anna.reset();
        let input = format!("{PASSWORD}\n{code}\n");
        let traced = Traced::run(&program(&machine), &input);
        let locked = traced.calls.iter().rposition(|call| call.line.contains("LOCK_EX")).expect("no lock");
        let last =
            traced.calls.iter().rposition(|call| ["fdatasync", "fadvise64"].contains(&call.name.as_str()));
        let (mut windows, mut tried) = (0, 0);
        for call in &traced.calls[locked..last.expect("no last write")] {
            machine.anna.reset();
            let held = Held::start(&program(&machine), &input, call, "delay_exit=400000");
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
            let output = held.end();
            assert!(output.status.code().is_some(), "it died: {output:?} {blocked:?}");
        }
        println!(
            "| su or sudo with the lock, delayed at {windows} calls | {tried} things tried by bob, none permitted |"
        );
        assert!(windows > 5 && tried > 5 * windows, "{windows} {tried}");
    }
}

fn bob() -> Uid {
    nix::unistd::User::from_name("bob").expect("no users").expect("no bob").uid
}

/// Does something as bob: the kernel looks at the user of the thread.
fn as_bob(what: impl FnOnce() + Send) {
    let uid = rustix::thread::Uid::from_raw(bob().as_raw());
    let attack = || {
        rustix::thread::set_thread_res_uid(uid, uid, uid).expect("not to be bob");
        what();
    };
    std::thread::scope(|scope| scope.spawn(attack).join()).expect("no attack");
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

    fn types(&mut self, code: &str) {
        self.stdin.write_all(format!("{code}\n").as_bytes()).expect("it does not listen");
    }

    /// The same in a control group of bob's, in which `file` is set a `moment` after the code was typed.
    fn in_group(machine: &Machine<Person>, code: &str, moment: Duration, file: &str) -> (Self, ControlGroup) {
        let mut su = Self::start(machine);
        let group = ControlGroup::delegated_to(bob());
        group.take(pid(su.process.id()));
        su.types(code);
        let typed = Instant::now();
        as_bob(|| {
            while typed.elapsed() < moment {}
            group.set(file, "1");
        });
        (su, group)
    }

    /// How long one takes from a wrong code to its end.
    fn undisturbed(machine: &Machine<Person>, wrong: &str) -> Duration {
        let run = |_| {
            machine.anna.reset();
            let mut su = Self::start(machine);
            let start = Instant::now();
            su.types(wrong);
            su.process.wait().expect("no end");
            start.elapsed()
        };
        (0..10).map(run).min().expect("ten")
    }

    /// Types a code, and has bob stop it as soon after `moment` as he is let. Whether he could.
    fn stopped_after(&mut self, code: &str, moment: Duration) -> bool {
        let process = pid(self.process.id());
        self.types(code);
        let typed = Instant::now();
        as_bob(|| {
            while typed.elapsed() < moment {}
            while let Err(Errno::EPERM) = kill(process, Signal::SIGSTOP) {}
        });
        let end = || status(process, "State").filter(|state| ["T", "Z"].contains(&&state[..1]));
        until("that it stops or ends", end).starts_with('T')
    }
}

/// Bob stops his su at 40 moments from the code to its end.
#[test]
fn wherever_bob_stops_his_su_anna_gets_in_soon() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let whole = Su::undisturbed(&machine, &wrong);
    let (mut with_lock, mut stopped, mut took) = (0, 0, Vec::new());
    for turn in 0..40_u32 {
        machine.anna.reset();
        let mut su = Su::start(&machine);
        let moment = whole * turn / 50;
        stopped += u32::from(su.stopped_after(&wrong, moment));
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

/// What systemd gives every user is a control group: whatever is in it they freeze, whoever's it is.
#[test]
fn wherever_bob_freezes_the_control_group_of_his_su_anna_gets_in_soon() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let whole = Su::undisturbed(&machine, &wrong);
    let (mut with_lock, mut took) = (0, Vec::new());
    for turn in 0..40_u32 {
        machine.anna.reset();
        let (mut su, group) = Su::in_group(&machine, &wrong, whole * turn / 50, "cgroup.freeze");
        until("that it stands still", || group.is_frozen().then_some(()));
        with_lock += u32::from(holds_lock(pid(su.process.id()), machine.anna.file.path()));
        took.push(owner_gets_in(&machine, STEP + 2 * u64::from(turn)));
        drop(group);
        su.process.wait().expect("no end");
    }
    println!(
        "| su frozen by bob's control group at 40 moments of {whole:?}, {with_lock} with the lock | longest {:?} |",
        took.iter().max()
    );
}

/// They also kill whatever is in it, a su that has the lock, too: a code opens once all the same, and is lost only if it is
/// used.
#[test]
fn wherever_bob_kills_the_control_group_of_his_su_a_code_opens_once() {
    let machine = Machine::frozen(ONE_TRY).with_su();
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let whole = Su::undisturbed(&machine, &wrong);
    let (mut killed, mut used) = (0, 0);
    for turn in 0..60_u32 {
        machine.anna.reset();
        let code = machine.anna.code(STEP);
        let (mut su, group) = Su::in_group(&machine, &code, whole * turn / 50, "cgroup.kill");
        let end = su.process.wait().expect("no end");
        drop(group);
        killed += u32::from(end.code().is_none());
        let is_used = machine.anna.has_used(STEP);
        used += u32::from(is_used);
        let (owner, took) = login(&machine, &code);
        assert_eq!(owner.code == "PAM_SUCCESS", !is_used, "turn {turn}: {end:?}");
        assert!(!end.success() || is_used, "turn {turn}: what opened is not used");
        assert!(took < SOON, "turn {turn}: {took:?}");
    }
    println!(
        "| su killed with bob's control group at 60 moments of {whole:?} | {killed} killed, {used} codes used |"
    );
    assert!(killed > 20, "{killed}");
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
        assert!(machine.anna.has_used(STEP), "{name} ended it before the last write");
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
