//! What goes wrong while somebody links their own account through `otp-helper`, at every system call of it.

use std::process::Command;

use insis_otp::service::{Reply, Request};
use insis_otp::store::Links;
use insis_otp_tests::env::{CONFIG, HELPER, STORE, talk};
use insis_otp_tests::faults::{Call, Fault, Traced};
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::own_link::{DONE, account, answer, identity, linked, request, script, settings};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP};

/// The helper of anna's, who has a phone and is linked to `s-old`.
fn prepare(machine: &Machine<Person>) {
    for entry in std::fs::read_dir(STORE).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with(".store") {
            std::fs::remove_file(path).unwrap();
        }
    }
    machine.anna.enroll();
    script(&machine.env, "", "s-old");
    let helped = talk(&mut helper(machine), &request(RECOVERY_CODE));
    assert_eq!(answer(&helped.stdout), DONE, "{helped:?}");
    script(&machine.env, "", "s-new");
}

fn helper(machine: &Machine<Person>) -> Command {
    machine.env.as_user("anna", HELPER)
}

fn faulty(machine: &Machine<Person>, request: &str, call: &Call, fault: &Fault, is_link: bool) {
    let what = format!("{fault:?} at {}", call.line);
    prepare(machine);
    let traced = Traced::inject(&helper(machine), request, call, fault);
    let answered = answer(&traced.output.stdout);
    let link = Links::system().load(&account("anna")).unwrap_or_else(|error| panic!("{what}: {error}"));
    let subject = link.map(|link| link.identity.subject().to_owned());
    let new = is_link.then_some("s-new");
    assert!(
        subject.as_deref() == new || subject.as_deref() == Some("s-old") && answered != DONE,
        "{what}: {subject:?}"
    );
    // Whatever was left, the next one succeeds; so does somebody else's whose identity was given up in order.
    machine.anna.file.remove().unwrap();
    machine.anna.enroll();
    let helped = talk(&mut helper(machine), &self::request(RECOVERY_CODE));
    assert_eq!(answer(&helped.stdout), DONE, "{what}: {helped:?}");
    assert_eq!(linked("anna"), Some(identity("s-new")), "{what}");
}

#[test]
#[ignore = "long: make assurance"]
fn death_and_errors_at_any_system_call_leave_the_old_link_or_the_new() {
    let machine = Machine::frozen(ONE_TRY);
    machine.env.write(CONFIG.as_ref(), settings().as_bytes(), 0o644);
    let code = machine.anna.code(STEP);
    let unlink = Request::Unlink(Reply::new(code.as_bytes())).encode().to_string();
    for (request, is_link) in [(request(&code), true), (unlink, false)] {
        prepare(&machine);
        let traced = Traced::run(&helper(&machine), &request);
        assert_eq!(answer(&traced.output.stdout), DONE, "{traced:?}");
        let calls = traced.calls_between("execve(\"/proc/self/exe\"", "no such call");
        assert!(calls.len() > 50, "{calls:?}");
        for call in &calls {
            for fault in [Fault::Kill, Fault::Error("EIO")] {
                faulty(&machine, &request, call, &fault, is_link);
            }
        }
        println!("{} calls", calls.len());
    }
}
