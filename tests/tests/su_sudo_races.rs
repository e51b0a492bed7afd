//! One code that su, sudo and the helper try at once, while those who have started them stop them and let them go on.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use insis_otp::service::{Reply, Request};
use insis_otp_tests::env::HELPER;
use insis_otp_tests::held::pid;
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD};
use insis_otp_tests::person::{Person, STEP, time_of};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

const INSIDE: &str = "inside now";

/// How often an attempt is made by each of the ways.
const EACH: usize = 3;

fn commands(machine: &Machine<Person>) -> Vec<(Command, bool)> {
    let env = &machine.env;
    let way = |number: usize| {
        let (user, program) =
            [("bob", "su"), ("bob", "sudo"), ("anna", "sudo"), ("anna", HELPER)][number % 4];
        let mut command = env.as_user(user, program);
        let arguments: &[&str] = match (program, user) {
            ("su", _) => &["anna", "-c", "echo inside now"],
            ("sudo", "bob") => &["-S", "-u", "anna", "--", "echo", INSIDE],
            ("sudo", _) => &["-S", "--", "echo", INSIDE],
            _ => &[],
        };
        command.args(arguments);
        (command, program == HELPER)
    };
    (0..4 * EACH).map(way).collect()
}

fn start((mut command, is_helper): (Command, bool), code: &str) -> Child {
    let input = match is_helper {
        true => Request::Verify(Reply::new(code.as_bytes())).encode().to_string(),
        false => format!("{PASSWORD}\n{code}\n"),
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child
}

/// Has somebody stop those of their processes that they may, in turn, and let them go on a moment later. How often they could.
fn disturb(user: Uid, processes: &[Pid], over: &AtomicBool) -> u32 {
    let uid = rustix::thread::Uid::from_raw(user.as_raw());
    rustix::thread::set_thread_res_uid(uid, uid, uid).expect("not to be somebody");
    let (mut turn, mut stopped) = (0_u64, 0);
    while !over.load(Ordering::Relaxed) {
        for process in processes {
            turn += 1;
            if kill(*process, Signal::SIGSTOP).is_ok() {
                stopped += 1;
                std::thread::sleep(Duration::from_micros(50 * (turn * 7 % 40)));
                let _ = kill(*process, Signal::SIGCONT);
            }
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    stopped
}

#[test]
fn one_code_opens_once_however_su_sudo_and_helpers_are_stopped() {
    let machine = Machine::frozen(ONE_TRY).with_su().with_sudo();
    let uid = |name| nix::unistd::User::from_name(name).expect("no users").expect("no such user").uid;
    let (began, mut stopped) = (Instant::now(), 0);
    for round in 0..12 {
        let step = STEP + 4 * round;
        machine.env.clock().freeze(time_of(step));
        let code = machine.anna.code(step);
        let children: Vec<Child> = commands(&machine).into_iter().map(|one| start(one, &code)).collect();
        let processes: Vec<Pid> = children.iter().map(|child| pid(child.id())).collect();
        let over = AtomicBool::new(false);
        let outputs = std::thread::scope(|scope| {
            let (processes, over) = (&processes, &over);
            let disturbing =
                ["anna", "bob"].map(uid).map(|user| scope.spawn(move || disturb(user, processes, over)));
            let outputs: Vec<_> =
                children.into_iter().map(|child| child.wait_with_output().expect("no end")).collect();
            over.store(true, Ordering::Relaxed);
            stopped += disturbing.into_iter().map(|one| one.join().expect("nobody disturbs")).sum::<u32>();
            outputs
        });
        let opens = |output: &&std::process::Output| {
            let text = String::from_utf8_lossy(&output.stdout);
            text.contains(INSIDE) || text.contains("accepted=")
        };
        let opened = outputs.iter().filter(opens).count();
        let said: Vec<_> = outputs.iter().map(|output| String::from_utf8_lossy(&output.stdout)).collect();
        assert_eq!(opened, 1, "round {round}: {said:?}\n{:#?}", machine.env.syslog().lines());
        assert!(machine.anna.has_used(step), "round {round}");
        let refused = 4 * EACH - 1;
        let failures = machine.anna.state().failures as usize;
        assert!(failures <= refused * (round as usize + 1), "{failures}");
    }
    println!(
        "| 12 rounds of {} attempts with one code, stopped {stopped} times | {:?} |",
        4 * EACH,
        began.elapsed()
    );
    assert!(stopped > 100, "{stopped}");
}
