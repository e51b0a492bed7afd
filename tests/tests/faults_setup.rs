//! What goes wrong with `otp-setup` itself while somebody enrolls, replaces or removes an enrollment, at every system call of
//! it: for root, who writes the store, and for a user, whose helper does.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::time::Duration;

use insis_otp::oath::{Digits, OtpGenerator, Parameters, Secret, Step};
use insis_otp_tests::env::STORE;
use insis_otp_tests::faults::{Call, Conversation, Fault, Traced, adopt_orphans, await_orphans};
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD};
use insis_otp_tests::person::{Person, STEP};
use nix::fcntl::{Flock, FlockArg};

const ERRORS: [&str; 8] = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR", "EMFILE", "ENOMEM", "EACCES"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Enroll,
    Replace,
    Remove,
}

const DEEDS: [Deed; 3] = [Deed::Enroll, Deed::Replace, Deed::Remove];

/// Who does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// Root, for anna.
    Root,
    /// Anna.
    Own,
}

/// The secret, when it is on the screen.
fn shown(screen: &str) -> Option<OtpGenerator> {
    let below = screen.split_once("Secret:")?.1;
    let group = |word: &&str| word.len() == 4 && word.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    let groups: Vec<_> = below.split_whitespace().take_while(group).collect();
    let secret = Secret::from_base32(&groups.get(..8)?.concat()).ok()?;
    Some(OtpGenerator::new(secret, Parameters::default()))
}

fn code(key: &OtpGenerator, step: u64) -> String {
    key.code(Step(step)).reveal(Digits::Six).to_string()
}

fn heard(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(STORE).expect("no store");
    entries.map(|entry| entry.expect("no entry").file_name().to_string_lossy().into_owned()).collect()
}

fn new_machine() -> Machine<Person> {
    adopt_orphans();
    Machine::frozen(ONE_TRY)
}

/// The store as it is before the deed.
fn prepare(machine: &Machine<Person>, deed: Deed) {
    for name in names().iter().filter(|name| *name != ".store") {
        std::fs::remove_file(format!("{STORE}/{name}")).expect("cannot clear the store");
    }
    if deed != Deed::Enroll {
        machine.anna.enroll();
    }
}

fn command(machine: &Machine<Person>, deed: Deed, by: By) -> Command {
    let env = &machine.env;
    let mut command = match by {
        By::Root => env.command("otp-setup"),
        By::Own => env.as_user("anna", "otp-setup"),
    };
    command.args(match deed {
        Deed::Enroll => &["--batch", "pair", "--yes", "--text"][..],
        Deed::Replace => &["--batch", "replace", "--yes", "--text"],
        Deed::Remove => &["--batch", "remove", "--yes"],
    });
    if by == By::Root {
        command.args(["--user", "anna"]);
    }
    command
}

/// What is typed once the secret is seen: the new codes, and a proof where one is needed.
fn answer(machine: &Machine<Person>, deed: Deed, by: By, screen: &str) -> Option<String> {
    let proof = || format!("{}\n", machine.anna.code(STEP));
    let proof = match (by, deed) {
        (By::Root, _) => String::new(),
        (By::Own, Deed::Enroll) => format!("{PASSWORD}\n"),
        (By::Own, _) => proof(),
    };
    if deed == Deed::Remove {
        return Some(proof);
    }
    let key = shown(screen)?;
    Some(format!("{}\n{}\n{proof}", code(&key, STEP - 1), code(&key, STEP)))
}

fn run(machine: &Machine<Person>, deed: Deed, by: By, wrong: Option<(&Call, &Fault)>) -> Traced {
    prepare(machine, deed);
    // What cannot be shown is not answered.
    let silent = wrong.is_some_and(|(call, _)| call.line.starts_with("write(1,"));
    let patience = if silent { Duration::from_millis(400) } else { Duration::from_secs(60) };
    let talk = Conversation { answer: &|screen| answer(machine, deed, by, screen), patience };
    let traced = Traced::converse(&command(machine, deed, by), wrong, &talk);
    await_orphans("otp-helper");
    traced
}

/// Its system calls from its first own one on.
fn calls(machine: &Machine<Person>, deed: Deed, by: By) -> Vec<Call> {
    let traced = run(machine, deed, by, None);
    assert!(traced.output.status.success(), "{deed:?} by {by:?}: {traced:?}");
    check(machine, deed, &traced.output, "undisturbed");
    let calls = traced.calls_between("PR_SET_DUMPABLE", "exit_group(");
    assert!(calls.len() > 50, "{deed:?} by {by:?}: {calls:?}");
    calls
}

/// The same, from the moment on when everything is said that it needs to know.
fn last_calls(machine: &Machine<Person>, deed: Deed, by: By) -> Vec<Call> {
    let calls = calls(machine, deed, by);
    let told = calls.iter().rposition(|call| call.line.starts_with("read(0,")).unwrap_or(0);
    calls.into_iter().skip(told).collect()
}

fn try_it(machine: &Machine<Person>, deed: Deed, by: By, call: &Call, fault: &Fault) {
    let what = format!("{deed:?} by {by:?}, {fault:?} at {}", call.line);
    let traced = run(machine, deed, by, Some((call, fault)));
    check(machine, deed, &traced.output, &what);
}

/// Old or new; never anything in between. What was reported is so, and the person can still log in.
fn check(machine: &Machine<Person>, deed: Deed, output: &Output, what: &str) {
    let what = &format!("{what}: {output:?}");
    let left = names();
    let known = |name: &String| {
        ["anna", ".unknown-users", ".store"].contains(&name.as_str())
            || insis_otp_tests::enrolled::is_temporary(name, "anna")
    };
    assert!(left.iter().all(known), "{what}: {left:?}");
    let killed = output.status.signal().is_some();
    let file = &machine.anna.file;
    let there = file.path().exists();
    let present =
        there.then(|| file.read().unwrap_or_else(|error| panic!("{what}: {error}")).enrollment.entry.key);
    let is = |key: Option<&OtpGenerator>| {
        key.is_some() && present.as_ref().map(OtpGenerator::secret) == key.map(OtpGenerator::secret)
    };
    let old = &machine.anna.key;
    let (is_old, is_new) = (is(Some(old)), is(shown(&heard(output)).as_ref()));
    let screen = heard(output);
    let done = output.status.success()
        || ["The phone is paired with", "is removed"].iter().any(|words| screen.contains(words));
    match deed {
        Deed::Enroll => assert!(is_new || !there && !done, "{what}"),
        Deed::Replace => assert!(is_new || is_old && !done, "{what}"),
        Deed::Remove => assert!(!there || is_old && !done, "{what}"),
    }
    // Nobody is told that nothing was changed, or to delete what is in the store.
    let complaint = String::from_utf8_lossy(&output.stderr);
    let denied = screen.contains("delete it there: its codes") || complaint.contains("Nothing was changed");
    let changed = if deed == Deed::Remove { !there } else { is_new };
    assert!(!(denied && changed), "{what}: it was changed");
    assert!(killed || !left.contains(&".anna.new".to_owned()), "{what}: something was left");
    if let Some(key) = &present {
        if is_new {
            assert_ne!(machine.login(&code(key, STEP)).code, "PAM_SUCCESS", "{what}");
        }
        assert_eq!(machine.login(&code(key, STEP + 1)).code, "PAM_SUCCESS", "{what}");
        // What a death left behind is cleared away by the next enrollment.
        file.remove().expect("cannot remove");
    }
    machine.anna.enroll();
    assert!(!names().contains(&".anna.new".to_owned()), "{what}: something was left for good");
}

/// From where root's `otp-setup` knows all that it needs; the other calls and users are tried by `make assurance`.
#[test]
fn death_at_any_system_call_that_writes_leaves_old_or_new() {
    let machine = new_machine();
    for deed in DEEDS {
        let calls = last_calls(&machine, deed, By::Root);
        for call in &calls {
            try_it(&machine, deed, By::Root, call, &Fault::Kill);
        }
        println!("| killed | {deed:?} by Root | {} places |", calls.len());
    }
}

#[test]
fn an_error_where_root_writes_the_store_leaves_old_or_new() {
    let machine = new_machine();
    for deed in DEEDS {
        let calls = last_calls(&machine, deed, By::Root);
        let writes = |call: &&Call| {
            let names = ["write", "sync", "open", "rename", "unlink", "chown"];
            names.iter().any(|name| call.name.contains(name)) && !call.line.starts_with("write(1,")
        };
        let chosen: Vec<_> = calls.iter().filter(writes).collect();
        assert!(chosen.len() > 3, "{deed:?}: {calls:?}");
        for call in &chosen {
            try_it(&machine, deed, By::Root, call, &Fault::Error("EIO"));
        }
        println!("| EIO | {deed:?} by Root | {} places |", chosen.len());
    }
}

/// What the first version called its new files: one that somebody works on is left alone, one that a crash has left goes.
#[test]
fn a_new_file_of_the_first_version_goes_unless_somebody_works_on_it() {
    let machine = new_machine();
    let path = format!("{STORE}/.anna.new");
    let talk = Conversation {
        answer: &|screen| answer(&machine, Deed::Enroll, By::Root, screen),
        patience: Duration::from_secs(60),
    };
    for held in [true, false] {
        prepare(&machine, Deed::Enroll);
        let other = File::options().write(true).create_new(true).mode(0o600).open(&path).expect("no file");
        let other = held.then(|| Flock::lock(other, FlockArg::LockExclusive).map_err(|(_, error)| error));
        let output = Traced::converse(&command(&machine, Deed::Enroll, By::Root), None, &talk).output;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(std::path::Path::new(&path).exists(), held, "held: {held}");
        drop(other);
        let _ = std::fs::remove_file(&path);
    }
}

#[test]
#[ignore = "long: make assurance"]
fn death_at_any_system_call_of_otp_setup_leaves_old_or_new() {
    everywhere(By::Root, &[Fault::Kill]);
    everywhere(By::Own, &[Fault::Kill]);
}

#[test]
#[ignore = "long: make assurance"]
fn an_error_at_any_system_call_of_roots_otp_setup_leaves_old_or_new() {
    everywhere(By::Root, &ERRORS.map(Fault::Error));
}

#[test]
#[ignore = "long: make assurance"]
fn an_error_at_any_system_call_of_a_users_otp_setup_leaves_old_or_new() {
    everywhere(By::Own, &ERRORS.map(Fault::Error));
}

fn everywhere(by: By, faults: &[Fault]) {
    let machine = new_machine();
    for deed in DEEDS {
        let calls = calls(&machine, deed, by);
        for fault in faults {
            let chosen: Vec<_> = calls.iter().filter(|call| may(call, fault)).collect();
            chosen.iter().for_each(|call| try_it(&machine, deed, by, call, fault));
            println!("| {fault:?} | {deed:?} by {by:?} | {} places |", chosen.len());
        }
    }
}

/// Whether that may happen there. Looking at the clock cannot fail (the test's own clock makes system calls of it); a
/// file is closed even where that fails, while strace leaves it open; and what is said goes to no disk of its own.
fn may(call: &Call, fault: &Fault) -> bool {
    match fault {
        Fault::Error(error) if call.line.starts_with("write(1,") => ["EIO", "ENOSPC"].contains(error),
        Fault::Error(_) => !["clock_gettime", "close"].contains(&call.name.as_str()),
        _ => true,
    }
}
