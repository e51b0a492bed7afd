//! What goes wrong in `otp-idp` while somebody signs in, at every system call of it.

use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp::identity::{Message, Start};
use insis_otp_tests::env::Env;
use insis_otp_tests::faults::{Call, Fault, Traced};
use insis_otp_tests::identity_provider::{CA_FILE, PROGRAM, authority, settings};
use insis_otp_tests::stub_provider::{Page, Stub, claims, done};
use otp_idp::signing::SigningKey;

/// A provider at which anna has signed in already.
fn provider() -> Stub {
    Stub::start(|question| match question.page {
        Page::Token => Some(done(&SigningKey::rsa("a").token("RS256", &claims(&question.issuer)))),
        _ => None,
    })
}

fn machine(stub: &Stub) -> Env {
    let settings = settings(stub.issuer(), "otp", "mfa = \"amr=mfa\"");
    Env::build().config(&settings).file(CA_FILE, authority(), 0o644).start()
}

fn traced(wrong: Option<(&Call, &Fault)>) -> Traced {
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir("/");
    Traced::until_it_ends(&command, &Start { seconds: 20 }.encode(), wrong)
}

/// The program's system calls, from where it begins with an environment of its own.
fn calls() -> Vec<Call> {
    let traced = traced(None);
    let messages = messages(&traced);
    assert!(matches!(messages.as_slice(), [Message::Offered { .. }, Message::Proved { .. }]), "{messages:?}");
    let calls = traced.calls_between("execve(\"/proc/self/exe\"", "no such call");
    assert!(calls.len() > 100, "{calls:?}");
    calls
}

/// What it said. The last line of one that was killed may not be whole.
fn messages(traced: &Traced) -> Vec<Message> {
    let lines = traced.output.stdout.split_inclusive(|byte| *byte == b'\n');
    let whole = lines.filter(|line| line.ends_with(b"\n"));
    whole.map(|line| Message::decode(line).expect("a message")).collect()
}

/// It says who has signed in, or that nobody has, or nothing; in bounded time.
fn try_it(stub: &Stub, call: &Call, fault: &Fault) {
    let began = Instant::now();
    let traced = traced(Some((call, fault)));
    let what = format!("{fault:?} at {}", call.line);
    assert!(began.elapsed() < Duration::from_secs(25), "{what}: {:?}", began.elapsed());
    for message in messages(&traced) {
        if let Message::Proved { identity, .. } = message {
            assert_eq!((identity.issuer(), identity.subject()), (stub.issuer(), "anna-7"), "{what}");
        }
    }
    let complaints = String::from_utf8_lossy(&traced.output.stderr);
    // The runtime panics where it cannot set up a stack; nothing of ours does.
    assert!(!complaints.contains("otp-idp/src"), "{what}: {complaints}");
}

/// Several at a time, since each waits for a provider that is asked once a second.
fn try_all(stub: &Stub, calls: &[Call], fault: &Fault) {
    for group in calls.chunks(12) {
        std::thread::scope(|scope| {
            let tries: Vec<_> = group.iter().map(|call| scope.spawn(|| try_it(stub, call, fault))).collect();
            tries.into_iter().for_each(|tried| tried.join().unwrap());
        });
    }
    println!("| {fault:?} | {} places |", calls.len());
}

#[test]
fn death_at_any_system_call_proves_nobody_else() {
    let stub = provider();
    let _env = machine(&stub);
    try_all(&stub, &calls(), &Fault::Kill);
}

#[test]
#[ignore = "long: make assurance"]
fn an_error_at_any_system_call_proves_nobody_else() {
    let stub = provider();
    let _env = machine(&stub);
    // The end of a process cannot fail.
    let calls: Vec<_> = calls().into_iter().filter(|call| call.name != "exit_group").collect();
    for error in ["EIO", "EINTR", "EMFILE", "ENOMEM", "EACCES", "ECONNRESET", "EAGAIN"] {
        try_all(&stub, &calls, &Fault::Error(error));
    }
}

#[test]
fn what_it_cannot_give_up_is_told_and_nobody_is_asked() {
    let stub = provider();
    let _env = machine(&stub);
    let is_step = |call: &&Call| {
        let giving_up = ["setgroups", "setresgid", "setresuid"].contains(&call.name.as_str());
        let limiting =
            call.name == "prlimit64" && !call.line.contains("NULL, {") && !call.line.contains("NULL, NULL");
        giving_up
            || limiting
            || call.line.contains("PR_SET_NO_NEW_PRIVS")
            || call.line.contains("PR_SET_DUMPABLE")
    };
    let steps: Vec<_> = calls().into_iter().filter(|call| is_step(&call)).collect();
    assert!(steps.iter().filter(|call| call.name == "setresuid").count() == 2, "{steps:?}");
    let before = stub.asked().len();
    for step in &steps {
        // The second one is to be refused: it tries whether the rights are gone.
        let is_trial = step.line.starts_with("setresuid(0,");
        let fault = if is_trial { Fault::Returns(0) } else { Fault::Error("EPERM") };
        let faults = match step.name.as_str() {
            "setresuid" | "setresgid" if !is_trial => vec![fault, Fault::Returns(0)],
            _ => vec![fault],
        };
        for fault in faults {
            let messages = messages(&traced(Some((step, &fault))));
            let what = format!("{fault:?} at {}: {messages:?}", step.line);
            let [Message::Unavailable(why, detail)] = messages.as_slice() else { panic!("{what}") };
            assert_eq!(why.name(), "idp-settings", "{what}");
            assert!(detail.starts_with("otp-idp cannot"), "{what}");
        }
    }
    assert_eq!(stub.asked().len(), before);
    println!("{} steps", steps.len());
}
