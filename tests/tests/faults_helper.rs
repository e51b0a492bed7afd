//! What goes wrong while somebody enrolls, replaces or removes an enrollment through `otp-helper`, at every system call of it.

use std::process::Command;

use insis_otp::oath::{Drift, Salt};
use insis_otp::service::{Credential, Reply, Request, Response};
use insis_otp::verify::{ParsedReply, State};
use insis_otp_tests::env::{HELPER, STORE, talk};
use insis_otp_tests::faults::{Call, Fault, Quota, Traced};
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP, SYSTEM_STORE};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Enroll,
    Replace,
    Remove,
}

fn new_machine() -> Machine<Person> {
    let machine = Machine::frozen(ONE_TRY);
    // What PAM does before a first enrollment is tried elsewhere; each of its refusals would take seconds.
    machine.configure("self_enrollment = \"open\"\n");
    machine
}

/// Anna with another phone.
fn with_other_phone() -> Person {
    Person::new("anna", 9, SYSTEM_STORE)
}

fn request(machine: &Machine<Person>, deed: Deed) -> String {
    let new = || with_other_phone().new_device(STEP);
    let proof = Reply::new(machine.anna.code(STEP).as_bytes());
    let request = match deed {
        Deed::Enroll => Request::Enroll(new(), Credential::new(b"")),
        Deed::Replace => Request::Replace(new(), proof),
        Deed::Remove => Request::Remove(proof),
    };
    request.encode().to_string()
}

/// The store as it is before the deed.
fn prepare(machine: &Machine<Person>, deed: Deed) {
    for entry in std::fs::read_dir(STORE).expect("no store") {
        let path = entry.expect("no entry").path();
        if !path.ends_with(".store") {
            std::fs::remove_file(path).expect("cannot clear the store");
        }
    }
    if deed != Deed::Enroll {
        machine.anna.enroll();
    }
}

fn helper(machine: &Machine<Person>) -> Command {
    machine.env.as_user("anna", HELPER)
}

/// The helper's system calls, from where it begins with an environment of its own.
fn calls(machine: &Machine<Person>, deed: Deed) -> Vec<Call> {
    prepare(machine, deed);
    let traced = Traced::run(&helper(machine), &request(machine, deed));
    assert_eq!(answer(&traced), Some(Response::Done(Drift(0))), "{deed:?}: {traced:?}");
    let calls = traced.calls_between("execve(\"/proc/self/exe\"", "no such call");
    assert!(calls.len() > 50, "{deed:?}: {calls:?}");
    calls
}

fn try_it(machine: &Machine<Person>, deed: Deed, call: &Call, fault: &Fault) {
    let what = format!("{deed:?}, {fault:?} at {}", call.line);
    prepare(machine, deed);
    let traced = Traced::inject(&helper(machine), &request(machine, deed), call, fault);
    check(machine, deed, answer(&traced).as_ref(), &what);
}

/// Old, new or nothing; never anything in between, and what was reported is so: that it was done, or that it was not.
fn check(machine: &Machine<Person>, deed: Deed, response: Option<&Response>, what: &str) {
    let done = response == Some(&Response::Done(Drift(0)));
    let names: Vec<_> = std::fs::read_dir(STORE)
        .expect("no store")
        .map(|entry| entry.expect("no entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        names.iter().all(|name| ["anna", ".unknown-users", ".store"].contains(&name.as_str())
            || insis_otp_tests::enrolled::is_temporary(name, "anna")),
        "{what}: {names:?}"
    );
    let file = &machine.anna.file;
    let there = file.path().exists();
    let secret = there
        .then(|| file.read().unwrap_or_else(|error| panic!("{what}: {error}")))
        .map(|record| record.enrollment.entry.key.secret().clone());
    let other = with_other_phone();
    let (old, new) = (machine.anna.key.secret(), other.key.secret());
    let is_new = secret.as_ref() == Some(new);
    let is_old = secret.as_ref() == Some(old);
    match deed {
        Deed::Enroll => assert!(is_new || !there && !done, "{what}"),
        Deed::Replace => assert!(is_new || is_old && !done, "{what}"),
        Deed::Remove => assert!(!there || is_old && !done, "{what}"),
    }
    let changed = if deed == Deed::Remove { !there } else { is_new };
    assert!(!(changed && matches!(response, Some(Response::Failed(_)))), "{what}: {response:?}");
    // The code that was the proof opens nothing, if it was used; the codes of the enrollment neither.
    if is_new {
        assert_ne!(machine.login(&other.code(STEP)).code, "PAM_SUCCESS", "{what}");
    }
    let phone = if is_new { &other } else { &machine.anna };
    if there {
        assert_eq!(machine.login(&phone.code(STEP + 1)).code, "PAM_SUCCESS", "{what}");
    }
    // What a death left behind is cleared away by the next enrollment.
    if there {
        file.remove().expect("cannot remove");
    }
    machine.anna.enroll();
    let left = std::fs::exists(format!("{STORE}/.anna.new")).expect("no store");
    assert!(!left, "{what}: something was left");
}

fn answer(traced: &Traced) -> Option<Response> {
    Response::decode(&traced.output.stdout).ok()
}

#[test]
fn death_at_any_system_call_of_the_helper_leaves_old_or_new() {
    let machine = new_machine();
    for deed in [Deed::Enroll, Deed::Replace, Deed::Remove] {
        let calls = calls(&machine, deed);
        // Before it reads its request it has nothing to lose.
        let start = calls.iter().position(|call| call.line.starts_with("read(0,")).expect("it reads");
        for call in calls.iter().skip(start) {
            try_it(&machine, deed, call, &Fault::Kill);
        }
        println!("| killed | {deed:?} | {} places |", calls.len() - start);
    }
}

/// New recovery codes, or still the old ones with what is used of them: in neither case is a used one good again.
#[test]
fn death_at_any_system_call_of_a_renewal_leaves_spent_recovery_codes_spent() {
    let machine = new_machine();
    let anna = &machine.anna;
    let new = "abcde-fghjk";
    let request = || {
        let ParsedReply::Recovery(code) = ParsedReply::parse(new.as_bytes()) else {
            panic!("{new} is no recovery code")
        };
        let proof = Reply::new(anna.code(STEP).as_bytes());
        Request::RenewRecoveryCodes(vec![code], Salt([1; 16]), proof).encode().to_string()
    };
    let prepare = || {
        prepare(&machine, Deed::Replace);
        anna.file.repair(|_, _| State { used_recovery: 1, ..Person::first_state() }).expect("cannot repair");
    };
    prepare();
    let traced = Traced::run(&helper(&machine), &request());
    assert_eq!(answer(&traced), Some(Response::Done(Drift(0))), "{traced:?}");
    let calls = traced.calls_between("execve(\"/proc/self/exe\"", "no such call");
    let start = calls.iter().position(|call| call.line.starts_with("read(0,")).expect("it reads");
    let mut ends = [0, 0];
    for call in calls.iter().skip(start) {
        let what = &call.line;
        prepare();
        let traced = Traced::inject(&helper(&machine), &request(), call, &Fault::Kill);
        let done = answer(&traced) == Some(Response::Done(Drift(0)));
        assert_ne!(machine.login(RECOVERY_CODE).code, "PAM_SUCCESS", "{what}: spent, and good again");
        let renewed = machine.login(new).code == "PAM_SUCCESS";
        assert!(renewed || !done, "{what}: done, but the new codes are not good");
        assert_ne!(machine.login(new).code, "PAM_SUCCESS", "{what}: good twice");
        assert_eq!(machine.login(&anna.code(STEP + 1)).code, "PAM_SUCCESS", "{what}");
        ends[usize::from(renewed)] += 1;
    }
    println!("| killed | renewal | {} places: {} old, {} new |", calls.len() - start, ends[0], ends[1]);
    assert!(ends.iter().all(|count| *count > 0), "{ends:?}");
}

/// Name and content: first the file is synced, then it gets its name, then the directory, and only then is it said.
#[test]
fn what_the_helper_reports_is_on_the_disk() {
    let machine = new_machine();
    for deed in [Deed::Enroll, Deed::Replace, Deed::Remove] {
        let calls = calls(&machine, deed);
        let last = |names: &[&str]| calls.iter().rposition(|call| names.contains(&call.name.as_str()));
        // What goes in the end is a temporary name.
        let named = last(&["rename", "renameat", "renameat2"]).expect("no name was changed");
        let reported = calls.iter().rposition(|call| call.line.starts_with("write(1,")).expect("no answer");
        let synced = |index: usize| calls[index].name.contains("sync") && calls[index].line.ends_with("= 0");
        assert!((named..reported).any(synced), "{deed:?}: its name is not on the disk: {calls:?}");
        assert!(
            deed == Deed::Remove || (0..named).any(synced),
            "{deed:?}: its content is not on the disk: {calls:?}"
        );
    }
}

/// A real quota, not an error that was made up.
#[test]
fn over_quota_the_helper_leaves_old_or_new() {
    let machine = new_machine();
    let quota = Quota::on(std::path::Path::new(STORE));
    for deed in [Deed::Enroll, Deed::Replace, Deed::Remove] {
        prepare(&machine, deed);
        quota.exhaust();
        let response = Response::decode(&talk(&mut helper(&machine), &request(&machine, deed)).stdout);
        println!("| over quota | {deed:?} | {response:?} |");
        if deed == Deed::Enroll {
            assert!(
                matches!(&response, Ok(Response::Failed(why)) if why.contains("uota exceeded")),
                "{response:?}"
            );
            // The marker.
            assert_eq!(std::fs::read_dir(STORE).expect("no store").count(), 1, "something was left");
        }
        quota.lift();
        check(&machine, deed, response.as_ref().ok(), &format!("{deed:?} over quota"));
    }
}

#[test]
#[ignore = "long: make assurance"]
fn an_error_at_any_system_call_of_the_helper_leaves_old_or_new() {
    let machine = new_machine();
    for deed in [Deed::Enroll, Deed::Replace, Deed::Remove] {
        let calls = calls(&machine, deed);
        let start = calls.iter().position(|call| call.line.starts_with("read(0,")).expect("it reads");
        for error in ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR", "EMFILE", "ENOMEM", "EACCES"] {
            // The end of a process cannot fail.
            for call in calls.iter().skip(start).filter(|call| call.name != "exit_group") {
                try_it(&machine, deed, call, &Fault::Error(error));
            }
            println!("| {error} | {deed:?} | {} places |", calls.len() - start);
        }
    }
}
