//! What goes wrong with `otp-setup` itself while somebody pairs, replaces or removes a pairing, at every system call of
//! it: for root, who writes the store, and for a user, whose helper does.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::time::Duration;

use insis_otp::oath::{Algorithm, Digits, OtpGenerator, Period, Secret, Step};
use insis_otp_tests::door::Door;
use insis_otp_tests::faults::{Call, Conversation, Fault, Traced, adopt_orphans, await_orphans};
use insis_otp_tests::person::STEP;
use nix::fcntl::{Flock, FlockArg};

const STORE: &str = "/var/lib/insis-otp";
const ERRORS: [&str; 8] = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR", "EMFILE", "ENOMEM", "EACCES"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Pair,
    Replace,
    Remove,
}

const DEEDS: [Deed; 3] = [Deed::Pair, Deed::Replace, Deed::Remove];

/// Who does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// Root, for anna.
    Root,
    /// Anna.
    Own,
}

struct Scene {
    door: Door,
}

/// The secret, when it is on the screen.
fn shown(screen: &str) -> Option<OtpGenerator> {
    let below = screen.split_once("Secret:")?.1;
    let group = |word: &&str| word.len() == 4 && word.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    let groups: Vec<_> = below.split_whitespace().take_while(group).collect();
    let secret = Secret::from_base32(&groups.get(..8)?.concat()).ok()?;
    Some(OtpGenerator::new(secret, Algorithm::Sha1, Digits::Six, Period::default()))
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

impl Scene {
    fn new() -> Self {
        adopt_orphans();
        Self { door: Door::new("auth required pam_insis_otp.so tries=1") }
    }

    /// The store as it is before the deed.
    fn prepare(&self, deed: Deed) {
        for name in names().iter().filter(|name| *name != ".store") {
            std::fs::remove_file(format!("{STORE}/{name}")).expect("cannot clear the store");
        }
        if deed != Deed::Pair {
            self.door.anna.pair();
        }
    }

    fn command(&self, deed: Deed, by: By) -> Command {
        let env = &self.door.env;
        let mut command = match by {
            By::Root => env.command("otp-setup"),
            By::Own => env.as_user("anna", "otp-setup"),
        };
        command.args(match deed {
            Deed::Pair => &["--batch", "pair", "--yes", "--text"][..],
            Deed::Replace => &["--batch", "replace", "--yes", "--text"],
            Deed::Remove => &["--batch", "remove", "--yes"],
        });
        if by == By::Root {
            command.args(["--user", "anna"]);
        }
        command
    }

    /// What is typed once the secret is seen: the new codes, and a proof where one is needed.
    fn answer(&self, deed: Deed, by: By, screen: &str) -> Option<String> {
        let proof = || format!("{}\n", self.door.anna.code(STEP));
        let proof = match (by, deed) {
            (By::Root, _) => String::new(),
            // Anna's password.
            (By::Own, Deed::Pair) => "secret\n".to_owned(),
            (By::Own, _) => proof(),
        };
        if deed == Deed::Remove {
            return Some(proof);
        }
        let key = shown(screen)?;
        Some(format!("{}\n{}\n{proof}", code(&key, STEP - 1), code(&key, STEP)))
    }

    fn run(&self, deed: Deed, by: By, wrong: Option<(&Call, &Fault)>) -> Traced {
        self.prepare(deed);
        // What cannot be shown is not answered.
        let silent = wrong.is_some_and(|(call, _)| call.line.starts_with("write(1,"));
        let patience = if silent { Duration::from_millis(400) } else { Duration::from_secs(60) };
        let talk = Conversation { answer: &|screen| self.answer(deed, by, screen), patience };
        let traced = Traced::converse(&self.command(deed, by), wrong, &talk);
        await_orphans("otp-helper");
        traced
    }

    /// Its system calls from its first own one on.
    fn calls(&self, deed: Deed, by: By) -> Vec<Call> {
        let traced = self.run(deed, by, None);
        assert!(traced.output.status.success(), "{deed:?} by {by:?}: {traced:?}");
        self.check(deed, &traced.output, "undisturbed");
        let calls = traced.calls_between("PR_SET_DUMPABLE", "exit_group(");
        assert!(calls.len() > 50, "{deed:?} by {by:?}: {calls:?}");
        calls
    }

    /// The same, from the moment on when everything is said that it needs to know.
    fn last_calls(&self, deed: Deed, by: By) -> Vec<Call> {
        let calls = self.calls(deed, by);
        let told = calls.iter().rposition(|call| call.line.starts_with("read(0,")).unwrap_or(0);
        calls.into_iter().skip(told).collect()
    }

    fn try_it(&self, deed: Deed, by: By, call: &Call, fault: &Fault) {
        let what = format!("{deed:?} by {by:?}, {fault:?} at {}", call.line);
        let traced = self.run(deed, by, Some((call, fault)));
        self.check(deed, &traced.output, &what);
    }

    /// Old or new; never anything in between. What was reported is so, and the person can still log in.
    fn check(&self, deed: Deed, output: &Output, what: &str) {
        let what = &format!("{what}: {output:?}");
        let left = names();
        let known = |name: &String| {
            ["anna", ".unknown-users", ".store"].contains(&name.as_str())
                || insis_otp_tests::paired::is_temporary(name, "anna")
        };
        assert!(left.iter().all(known), "{what}: {left:?}");
        let killed = output.status.signal().is_some();
        let file = &self.door.anna.file;
        let there = file.path().exists();
        let present =
            there.then(|| file.read().unwrap_or_else(|error| panic!("{what}: {error}")).enrollment.key);
        let is = |key: Option<&OtpGenerator>| {
            key.is_some() && present.as_ref().map(OtpGenerator::secret) == key.map(OtpGenerator::secret)
        };
        let old = &self.door.anna.key;
        let (is_old, is_new) = (is(Some(old)), is(shown(&heard(output)).as_ref()));
        let screen = heard(output);
        let done = output.status.success()
            || ["The phone is paired with", "is removed"].iter().any(|words| screen.contains(words));
        match deed {
            Deed::Pair => assert!(is_new || !there && !done, "{what}"),
            Deed::Replace => assert!(is_new || is_old && !done, "{what}"),
            Deed::Remove => assert!(!there || is_old && !done, "{what}"),
        }
        // Nobody is told that nothing was changed, or to delete what is in the store.
        let complaint = String::from_utf8_lossy(&output.stderr);
        let denied =
            screen.contains("delete it there: its codes") || complaint.contains("Nothing was changed");
        let changed = if deed == Deed::Remove { !there } else { is_new };
        assert!(!(denied && changed), "{what}: it was changed");
        assert!(killed || !left.contains(&".anna.new".to_owned()), "{what}: something was left");
        if let Some(key) = &present {
            if is_new {
                assert_ne!(self.door.login(&code(key, STEP)).code, "PAM_SUCCESS", "{what}");
            }
            assert_eq!(self.door.login(&code(key, STEP + 1)).code, "PAM_SUCCESS", "{what}");
            // What a death left behind is cleared away by the next pairing.
            file.remove().expect("cannot remove");
        }
        self.door.anna.pair();
        assert!(!names().contains(&".anna.new".to_owned()), "{what}: something was left for good");
    }
}

/// From where root's `otp-setup` knows all that it needs; the other calls and users are tried by `make assurance`.
#[test]
fn death_at_any_system_call_that_writes_leaves_old_or_new() {
    let scene = Scene::new();
    for deed in DEEDS {
        let calls = scene.last_calls(deed, By::Root);
        for call in &calls {
            scene.try_it(deed, By::Root, call, &Fault::Kill);
        }
        println!("| killed | {deed:?} by Root | {} places |", calls.len());
    }
}

#[test]
fn an_error_where_root_writes_the_store_leaves_old_or_new() {
    let scene = Scene::new();
    for deed in DEEDS {
        let calls = scene.last_calls(deed, By::Root);
        let writes = |call: &&Call| {
            let names = ["write", "sync", "open", "rename", "unlink", "chown"];
            names.iter().any(|name| call.name.contains(name)) && !call.line.starts_with("write(1,")
        };
        let places: Vec<_> = calls.iter().filter(writes).collect();
        assert!(places.len() > 3, "{deed:?}: {calls:?}");
        for call in &places {
            scene.try_it(deed, By::Root, call, &Fault::Error("EIO"));
        }
        println!("| EIO | {deed:?} by Root | {} places |", places.len());
    }
}

/// What the first version called its new files: one that somebody works on is left alone, one that a crash has left goes.
#[test]
fn a_new_file_of_the_first_version_goes_unless_somebody_works_on_it() {
    let scene = Scene::new();
    let path = format!("{STORE}/.anna.new");
    let talk = Conversation {
        answer: &|screen| scene.answer(Deed::Pair, By::Root, screen),
        patience: Duration::from_secs(60),
    };
    for held in [true, false] {
        scene.prepare(Deed::Pair);
        let other = File::options().write(true).create_new(true).mode(0o600).open(&path).expect("no file");
        let other = held.then(|| Flock::lock(other, FlockArg::LockExclusive).map_err(|(_, error)| error));
        let output = Traced::converse(&scene.command(Deed::Pair, By::Root), None, &talk).output;
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
    let scene = Scene::new();
    for deed in DEEDS {
        let calls = scene.calls(deed, by);
        for fault in faults {
            let places: Vec<_> = calls.iter().filter(|call| may(call, fault)).collect();
            places.iter().for_each(|call| scene.try_it(deed, by, call, fault));
            println!("| {fault:?} | {deed:?} by {by:?} | {} places |", places.len());
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
