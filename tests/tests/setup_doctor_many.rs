//! `otp-setup` where there are many people: what `doctor` and `import` do for each of them.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run};
use insis_otp_tests::page::Page;
use nix::sys::resource::{UsageWho, getrusage};

const USERSFILE: &str = "/etc/users.oath";
const STACK: &str = "@include common-auth\nauth required pam_insis_otp.so\n";

/// A machine with that many people more; all but one in `each` have enrolled, and everybody is in a group of their own.
fn crowd(count: u32, each: u32) -> Env {
    let env = Env::build().user("anna", "secret").file("/etc/pam.d/sshd", STACK, 0o644).start();
    let anna = Enrolled::user("anna");
    let page = Page::of(&std::fs::read(anna.file().path()).unwrap());
    let (mut passwd, mut group) =
        ["/etc/passwd", "/etc/group"].map(|file| std::fs::read_to_string(file).unwrap()).into();
    for number in 0..count {
        let (name, id) = (format!("many{number}"), 200_000 + number);
        passwd.push_str(&format!("{name}:x:{id}:{id}::/home/{name}:/bin/sh\n"));
        group.push_str(&format!("{name}:x:{id}:\n"));
        if number % each != 0 {
            let path = anna.file().path().with_file_name(&name);
            let page = page.clone().head("user = \"anna\"", &format!("user = \"{name}\""));
            std::fs::write(&path, page.bytes()).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            chown(&path, Some(id), Some(id)).unwrap();
        }
    }
    group.push_str("exempt:x:99999:many0,many500\n");
    env.write(Path::new("/etc/passwd"), passwd.as_bytes(), 0o644);
    env.write(Path::new("/etc/group"), group.as_bytes(), 0o644);
    let config = "exempt_groups = [\"exempt\"]\nself_enrollment = \"invitation\"\n";
    env.write(Path::new(CONFIG), config.as_bytes(), 0o644);
    env
}

/// What the doctor says of people who have not enrolled.
fn unenrolled(env: &Env) -> String {
    let output = env.command("otp-setup").args(["doctor", "--json"]).output().unwrap();
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = findings.as_array().unwrap().iter().map(|finding| finding["what"].as_str().unwrap());
    shown.filter(|what| what.contains("no pairing")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_secret_file_is_opened_once_and_passwd_a_few_times() {
    const MANY: u32 = 1_000;
    let env = crowd(MANY, 100);
    // The two of the group are exempt.
    let shown = unenrolled(&env);
    assert!(
        shown.contains("many100, many200, many300, many400, many600, many700, many800, many900\n"),
        "{shown}"
    );
    let calls = opens_of(&env, &["doctor"]);
    let opened = |what: &str| calls.lines().filter(|line| line.contains(what)).count();
    assert!(opened("doctor") == 0 && !calls.is_empty());
    for user in ["many1", "many999"] {
        assert_eq!(opened(&format!("{user}\"")), 1, "{user}");
    }
    let databases = opened("\"/etc/passwd\"") + opened("\"/etc/group\"");
    assert!(databases < 60, "{databases}");
}

/// The files that `otp-setup` opens, a line each.
fn opens_of(env: &Env, args: &[&str]) -> String {
    let calls = tempfile::NamedTempFile::new().unwrap();
    let mut strace = env.command("strace");
    strace.args(["-f", "-qq", "-e", "trace=openat", "-o"]).arg(calls.path()).arg("otp-setup").args(args);
    strace.output().unwrap();
    std::fs::read_to_string(calls.path()).unwrap()
}

/// A file of pam_oath's with a line for each of the crowd, and for those.
fn write_usersfile(env: &Env, count: u32, others: &[&str]) {
    let names = (0..count).map(|number| format!("many{number}"));
    let names = names.chain(others.iter().map(|&name| name.to_owned()));
    let lines = names.zip(0..).map(|(name, number): (_, u32)| format!("HOTP/T30/6 {name} - {number:040x}\n"));
    env.write(Path::new(USERSFILE), lines.collect::<String>().as_bytes(), 0o600);
}

#[test]
fn an_import_reads_the_user_database_once_and_asks_only_for_unlisted_names() {
    const MANY: u32 = 500;
    let env = crowd(MANY, 1);
    let passwd = |others: &[&str]| {
        write_usersfile(&env, MANY, others);
        let calls = opens_of(&env, &["import", "--pam-oath", USERSFILE, "--dry-run"]);
        assert!(calls.contains(USERSFILE), "{calls}");
        calls.lines().filter(|line| line.contains("\"/etc/passwd\"")).count()
    };
    let (listed, unlisted) = (passwd(&[]), passwd(&["nobody1", "nobody2", "nobody3"]));
    assert!(listed < 10, "{listed}");
    assert_eq!(unlisted, listed + 3);
    let imported = env.command("otp-setup").args(["import", "--pam-oath", USERSFILE]).output().unwrap();
    let imported = String::from_utf8_lossy(&imported.stdout).into_owned();
    assert!(imported.contains("nobody3: "), "{imported}");
    for user in ["many0", "many499"] {
        assert!(Path::new("/var/lib/insis-otp").join(user).is_file(), "{user}");
    }
    assert!(!Path::new("/var/lib/insis-otp/nobody1").exists());
}

#[test]
fn an_import_that_replaces_many_lists_the_store_once_and_clears_it() {
    const MANY: u32 = 300;
    const STORE: &str = "/var/lib/insis-otp";
    let env = crowd(MANY, 1_000_000);
    write_usersfile(&env, MANY, &[]);
    // What a killed program has left, and what one is about to put to its place.
    let left = |user: &str, age: &str| {
        let path = Path::new(STORE).join(format!(".{user}.0123456789abcdef.new"));
        env.write(&path, b"", 0o600);
        run(Command::new("touch").arg("--date").arg(age).arg(&path));
        path
    };
    let [abandoned, other, young] =
        [left("many1", "1 hour ago"), left("anna", "1 hour ago"), left("many2", "now")];
    let listings = |args: &[&str]| {
        let calls = opens_of(&env, &[&["import", "--pam-oath", USERSFILE], args].concat());
        assert!(calls.contains("/.many299."), "nothing was written: {calls}");
        calls
            .lines()
            .filter(|line| line.contains(&format!("\"{STORE}\"")) && line.contains("O_DIRECTORY"))
            .count()
    };
    assert_eq!(listings(&["--replace"]), 1);
    assert!(!abandoned.exists() && young.exists() && other.exists());
}

/// `cargo nextest run -E 'test(an_import_of)' --run-ignored all --no-capture` says how long it takes.
#[test]
#[ignore = "a measurement"]
fn an_import_of_ten_times_as_many_takes_ten_times_as_long() {
    for count in [10_000, 100_000] {
        let env = crowd(count, 1);
        write_usersfile(&env, count, &[]);
        for args in [[].as_slice(), &["--replace"]] {
            let start = std::time::Instant::now();
            let mut import = env.command("otp-setup");
            let output = import.args(["import", "--pam-oath", USERSFILE]).args(args).output().unwrap();
            println!("{count} lines, {args:?}: {:.1?}", start.elapsed());
            assert!(output.status.success());
        }
        assert!(Path::new("/var/lib/insis-otp").join(format!("many{}", count - 1)).is_file());
        run(Command::new("find").args(["/var/lib/insis-otp", "-name", "many*", "-delete"]));
    }
}

/// `cargo nextest run -E 'test(a_hundred_thousand)' --run-ignored all --no-capture` says how long it takes.
#[test]
#[ignore = "a measurement"]
fn a_hundred_thousand_people_take_a_few_seconds_of_processor_time() {
    for each in [1_000_000, 2] {
        let env = crowd(100_000, each);
        let spent = || {
            let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
            let [user, system] = [usage.user_time(), usage.system_time()];
            (user.tv_sec() + system.tv_sec()) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e6
        };
        let (before, start) = (spent(), std::time::Instant::now());
        let shown = unenrolled(&env);
        let (cpu, wall) = (spent() - before, start.elapsed());
        println!("every {each}th not enrolled: {cpu:.1} s of processor time, {wall:.1?}: {shown}");
        assert!(cpu < 6.0, "{cpu}");
        run(Command::new("find").args(["/var/lib/insis-otp", "-name", "many*", "-delete"]));
    }
}
