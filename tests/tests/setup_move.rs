//! `otp-setup move`: an enrollment follows its user to another name, exactly as it is, and nobody else's.

use std::path::Path;
use std::process::Output;

use insis_otp_tests::env::{Env, STORE, run, talk};
use insis_otp_tests::faults::{Fault, Traced};
use insis_otp_tests::phone::Phone;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const NOW: u64 = 1_700_000_022;

fn root(env: &Env, args: &[&str], input: &str) -> Output {
    talk(env.command("otp-setup").args(args), input)
}

fn import(env: &Env, user: &str) {
    let uri = format!("otpauth://totp/Uni:{user}?secret={SECRET}&issuer=Uni");
    assert!(root(env, &["import", "--user", user, "--uri", "-"], &uri).status.success());
}

fn verify(env: &Env, user: &str, code: &str) -> serde_json::Value {
    let output = talk(env.as_user(user, "otp-setup").args(["verify", "--json"]), &format!("{code}\n"));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn code(env: &Env) -> String {
    Phone::typed(SECRET).code_at(env.clock().now())
}

/// The home stays where it is, as usermod leaves it. It refuses while the user id has processes, and tests beside this one
/// give theirs the same id: it does not see them.
fn rename(env: &Env, old: &str, new: &str) {
    let blind = "mount -t tmpfs none /proc && exec usermod --login \"$2\" \"$1\"";
    run(env.command("unshare").args(["--mount", "sh", "-c", blind, "sh", old, new]));
}

fn names() -> Vec<String> {
    let names =
        std::fs::read_dir(STORE).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// What `status --json` says but for the name.
fn status(env: &Env, user: &str) -> String {
    let output = root(env, &["status", "--user", user, "--json"], "");
    String::from_utf8(output.stdout).unwrap().replace(&format!("\"user\": \"{user}\""), "")
}

#[test]
fn everything_comes_along_and_no_code_becomes_good_again() {
    let env = Env::frozen(NOW, &["anna", "bob"]);
    import(&env, "anna");
    let used = code(&env);
    assert_eq!(verify(&env, "anna", &used)["accepted"], true);
    for _ in 0..7 {
        verify(&env, "anna", "000000");
    }
    let before = status(&env, "anna");
    assert!(before.contains("\"failures\": 7"), "{before}");
    rename(&env, "anna", "anna2");
    env.syslog().clear();
    let moved = root(&env, &["move", "anna", "anna2"], "");
    assert!(moved.status.success(), "{moved:?}");
    assert_eq!(names(), ["anna2"]);
    assert_eq!(status(&env, "anna2"), before);
    let line = env.syslog().expect(&["otp-setup[", "move: result=done old=anna user=anna2 uid=0"]);
    assert!(!line.contains(SECRET), "{line}");
}

#[test]
fn a_used_code_stays_used() {
    let env = Env::frozen(NOW, &["anna"]);
    import(&env, "anna");
    let used = code(&env);
    assert_eq!(verify(&env, "anna", &used)["accepted"], true);
    rename(&env, "anna", "anna2");
    assert!(root(&env, &["move", "anna", "anna2"], "").status.success());
    let as_root = |code: &str| {
        let output = root(&env, &["verify", "--user", "anna2", "--json"], &format!("{code}\n"));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(as_root(&used).contains("used-code"), "{}", as_root(&used));
    env.clock().advance(60);
    assert!(as_root(&code(&env)).contains("\"accepted\": true"));
}

#[test]
fn nothing_is_moved_that_is_not_the_same_persons() {
    let env = Env::frozen(NOW, &["anna", "bob"]);
    import(&env, "anna");
    import(&env, "bob");
    let refused = |args: [&str; 2], status: i32| {
        let before = names();
        let output = root(&env, &["move", args[0], args[1]], "");
        assert_eq!(output.status.code(), Some(status), "{args:?}: {output:?}");
        assert_eq!(names(), before, "{args:?}");
    };
    // Still a user; himself; nobody; no name.
    refused(["anna", "bob"], 2);
    refused(["anna", "anna"], 2);
    refused(["anna", "nobody-there"], 2);
    refused(["../anna", "anna"], 2);
    rename(&env, "anna", "anna2");
    // Somebody else's user id, or an enrollment of one's own.
    refused(["anna", "bob"], 5);
    assert!(root(&env, &["remove", "--user", "bob", "--yes"], "").status.success());
    refused(["anna", "bob"], 5);
    refused(["gone", "anna2"], 3);
    env.clock().advance(1);
    import(&env, "anna2");
    refused(["anna", "anna2"], 4);
    let user = talk(env.as_user("bob", "otp-setup").args(["move", "anna", "bob"]), "");
    assert_eq!(user.status.code(), Some(2), "{user:?}");
}

#[test]
fn a_secret_file_in_a_home_that_stays_is_written_anew() {
    let env = Env::frozen(NOW, &["anna"]);
    env.write(Path::new("/etc/security/insis-otp.toml"), b"secret_file = \"%h/.insis-otp\"\n", 0o644);
    import(&env, "anna");
    rename(&env, "anna", "anna2");
    assert_ne!(root(&env, &["status", "--user", "anna2"], "").status.code(), Some(0));
    assert!(root(&env, &["move", "anna", "anna2"], "").status.success());
    let output = root(&env, &["verify", "--user", "anna2", "--json"], &format!("{}\n", code(&env)));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"accepted\": true"), "{output:?}");
    assert!(
        root(&env, &["move", "anna", "anna2"], "").status.code() != Some(0),
        "there is nothing to move any more"
    );
}

#[test]
fn death_at_any_system_call_leaves_one_enrollment_that_can_be_moved_or_used() {
    let env = Env::frozen(NOW, &["anna"]);
    import(&env, "anna");
    let used = code(&env);
    assert_eq!(verify(&env, "anna", &used)["accepted"], true);
    rename(&env, "anna", "anna2");
    let original = std::fs::read(format!("{STORE}/anna")).unwrap();
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(format!("{STORE}/anna")).unwrap());
    let mut command = env.command("otp-setup");
    command.args(["move", "anna", "anna2"]);
    let back = || {
        for name in names() {
            std::fs::remove_file(format!("{STORE}/{name}")).unwrap();
        }
        let path = format!("{STORE}/anna");
        env.write(Path::new(&path), &original, 0o600);
        std::os::unix::fs::chown(&path, Some(uid), Some(uid)).unwrap();
    };
    back();
    let calls = Traced::run(&command, "").calls_between("/var/lib/insis-otp", "no such call");
    assert!(calls.len() > 20, "{calls:?}");
    let faults = [Fault::Kill, Fault::Error("EIO")];
    for (call, fault) in calls.iter().flat_map(|call| faults.iter().map(move |fault| (call, fault))) {
        // What does not fail: nothing is written there, and the clock is there.
        if *fault != Fault::Kill
            && ["exit_group", "close", "flock", "clock_gettime"].contains(&call.name.as_str())
        {
            continue;
        }
        back();
        let killed = Traced::inject(&command, "", call, fault).output;
        let left = names();
        assert!(left == ["anna"] || left == ["anna", "anna2"] || left == ["anna2"], "{left:?} {killed:?}");
        assert!(*fault == Fault::Kill || left.len() == 1, "{call:?}: {left:?} {killed:?}");
        // Whatever happened: again, and there is exactly one, with the used code used.
        let again = root(&env, &["move", "anna", "anna2"], "");
        let done = left == ["anna2"];
        assert_eq!(again.status.code(), Some(if done { 3 } else { 0 }), "{left:?}: {again:?}");
        assert_eq!(names(), ["anna2"], "{left:?}");
        let output = root(&env, &["verify", "--user", "anna2", "--json"], &format!("{used}\n"));
        assert!(String::from_utf8_lossy(&output.stdout).contains("used-code"), "{output:?}");
    }
}
