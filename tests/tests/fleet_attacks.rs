//! Somebody else on a host whose enrollments are in a directory: what they try on the `otp-fleet` that their own su has started.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use insis_otp_tests::env::{Env, talk};
use insis_otp_tests::fleet::{HOST, Member, Slapd};
use insis_otp_tests::held::{status, until};
use insis_otp_tests::machine::{ONE_TRY, PASSWORD};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const INSIDE: &str = "inside now";
/// How many moments of the start of `otp-fleet` are tried.
const MOMENTS: u32 = 10;

fn host() -> (Env, Slapd, Member) {
    let stack = format!(
        "auth required pam_unix.so nodelay\n{ONE_TRY}\naccount required pam_permit.so\nsession required pam_permit.so"
    );
    let env = Env::build().user("anna", PASSWORD).user("bob", PASSWORD).service("su", &stack);
    let env = env.file("/etc/login.defs", "FAIL_DELAY 0\n", 0o644).start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    let anna = Member::new(&slapd, "anna");
    (env, slapd, anna)
}

/// Bob's su to anna, whose password he knows, with a limit.
fn su(env: &Env, limit: &str) -> Command {
    let mut su = env.as_user("bob", "prlimit");
    su.args([&format!("--{limit}"), "--", "su", "anna", "-c", &format!("echo {INSIDE}")]);
    su
}

fn start(env: &Env, code: &str) -> Child {
    let mut su = su(env, "core=unlimited");
    let su = su.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = su.spawn().expect("no su");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(format!("{PASSWORD}\n{code}\n").as_bytes()).expect("it does not listen");
    child
}

/// The `otp-fleet` that a su has started.
fn otp_fleet(su: &Child) -> Option<Pid> {
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", su.id())).ok()?;
    let mut numbers = children.split_whitespace().filter_map(|number| number.parse().ok());
    numbers
        .find(|number: &i32| {
            std::fs::read_to_string(format!("/proc/{number}/comm")).is_ok_and(|name| name == "otp-fleet\n")
        })
        .map(Pid::from_raw)
}

/// What somebody can do to a process to learn what it knows.
fn looks(process: Pid) -> Vec<String> {
    let mut looks: Vec<String> =
        ["mem", "environ", "maps", "syscall", "stack", "auxv", "io", "map_files", "fd/3", "exe"]
            .map(|name| {
                format!("head -c 1 /proc/{process}/{name} | grep -q . || ls -l /proc/{process}/{name}/")
            })
            .into();
    looks.push(format!("ls /proc/{process}/fd"));
    looks.push(format!("timeout 2 strace -qq -o /dev/null -p {process}"));
    looks
}

#[test]
fn nobody_learns_who_this_host_is_from_the_otp_fleet_of_their_su() {
    let (env, slapd, anna) = host();
    // It waits for a server that says nothing, with the password in its memory.
    slapd.stop(true);
    let su = start(&env, &anna.code());
    let process = until("that it runs as its own user", || {
        otp_fleet(&su).filter(|process| {
            status(*process, "Uid").is_some_and(|uids| !uids.starts_with("0\t") && !uids.contains("\t0\t"))
        })
    });
    let own = nix::unistd::User::from_name("insis-otp-fleet").expect("no users").expect("no such user").uid;
    until("that it is nobody's but its own", || {
        status(process, "Uid").filter(|uids| uids.split_whitespace().all(|uid| uid == own.to_string()))
    });
    let mut attempts = looks(process);
    attempts.extend(["STOP", "KILL", "QUIT", "TERM"].map(|signal| format!("kill -{signal} {process}")));
    attempts.extend(
        ["fsize=0", "core=unlimited", "nofile=3"].map(|limit| format!("prlimit --pid {process} --{limit}")),
    );
    attempts.push(format!("renice -n 19 -p {process}"));
    attempts.push(format!("taskset -p 1 {process}"));
    for user in ["bob", "anna"] {
        for attempt in &attempts {
            let output = talk(env.as_user(user, "bash").args(["-c", attempt]), "");
            assert!(!output.status.success(), "{user} could {attempt}: {output:?}");
        }
        // What everybody can see of a process has it not in it.
        let all = format!(
            "cd /proc/{process}; cat cmdline status stat limits mountinfo cgroup comm 2>/dev/null; ps auxewww"
        );
        let seen = talk(env.as_user(user, "bash").args(["-c", &all]), "");
        let seen = String::from_utf8_lossy(&seen.stdout).into_owned();
        assert!(seen.contains("otp-fleet") && !seen.contains(HOST.1) && !seen.contains(HOST.0), "{seen}");
    }
    let output = su.wait_with_output().expect("no end");
    assert!(!String::from_utf8_lossy(&output.stdout).contains(INSIDE), "{output:?}");
    slapd.stop(false);
}

/// Until it has given up root's rights, it has bob's real user id, and bob may send it signals. Nothing can be seen of it all the
/// same, and it leaves nothing.
#[test]
fn stopped_and_ended_at_its_start_otp_fleet_tells_nothing() {
    let (env, _slapd, anna) = host();
    let (mut stopped, wrong) = (0, anna.wrong());
    let bob = nix::unistd::User::from_name("bob").expect("no users").expect("no bob").uid;
    for turn in 0..MOMENTS {
        anna.again();
        let su = start(&env, &wrong);
        let process = until("otp-fleet", || otp_fleet(&su));
        let moment = Duration::from_micros(u64::from(turn) * 150);
        let bob_stops_it = || {
            let uid = rustix::thread::Uid::from_raw(bob.as_raw());
            rustix::thread::set_thread_res_uid(uid, uid, uid).expect("not to be bob");
            let began = Instant::now();
            while began.elapsed() < moment {}
            kill(process, Signal::SIGSTOP).is_ok()
        };
        if std::thread::scope(|scope| scope.spawn(bob_stops_it).join()).expect("no attack") {
            stopped += 1;
            for look in looks(process) {
                let output = talk(env.as_user("bob", "bash").args(["-c", &look]), "");
                assert!(!output.status.success(), "bob could {look}: {output:?}");
            }
            let end = format!(
                "kill -QUIT {process}; kill -SEGV {process}; kill -CONT {process}; kill -KILL {process}"
            );
            let _ = talk(env.as_user("bob", "bash").args(["-c", &end]), "");
        }
        let output = su.wait_with_output().expect("no end");
        assert!(!String::from_utf8_lossy(&output.stdout).contains(INSIDE), "{output:?}");
        assert!(anna.state().failures <= 1);
    }
    println!(
        "| otp-fleet stopped by whoever called su, at {MOMENTS} moments of its start | {stopped} times |"
    );
    assert!(stopped > 0, "bob was never quick enough");
    let left = |folder: &str| {
        let names =
            std::fs::read_dir(folder).expect("no folder").map(|entry| entry.expect("an entry").file_name());
        names.filter(|name| name.to_string_lossy().starts_with("core")).count()
    };
    assert_eq!((left("/"), left("/home/bob")), (0, 0), "a core was left");
}

#[test]
fn whatever_the_limits_of_su_are_what_otp_fleet_compares_is_charged() {
    let (env, _slapd, anna) = host();
    let wrong = anna.wrong();
    let ask = |limit: &str, code: &str| -> (Output, bool) {
        let output = talk(&mut su(&env, limit), &format!("{PASSWORD}\n{code}\n"));
        let is_in = String::from_utf8_lossy(&output.stdout).contains(INSIDE);
        (output, is_in)
    };
    let mut opened = 0;
    for limit in [
        "fsize=0",
        "cpu=0",
        "cpu=1",
        "as=16777216",
        "as=67108864",
        "data=0",
        "data=16777216",
        "stack=65536",
        "stack=262144",
        "nofile=8",
        "nofile=16",
        "nofile=20",
        "core=0",
    ] {
        let mut not_compared = BTreeSet::new();
        for is_right in [true, false, true, false] {
            anna.again();
            let code = if is_right { anna.code() } else { wrong.clone() };
            let (output, is_in) = ask(limit, &code);
            let state = anna.state();
            let is_used = state.last_login.is_some();
            assert!(!is_in || is_right && is_used, "{limit}: {output:?}");
            assert!(is_right || !is_used, "{limit}");
            if !is_used && state.failures == 0 {
                not_compared.extend(output.status.signal().is_none().then(|| format!("{output:?}")));
            }
            opened += usize::from(is_in);
        }
        assert!(not_compared.len() <= 1, "{limit}: {not_compared:?}");
    }
    assert!(opened > 0, "nothing was ever compared");
}
