//! `otp-setup migrate`: enrollments between secret files and a directory, with all that is used up, while people log in, and
//! whatever ends it in the middle.

use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use insis_otp::service::FleetClient;
use insis_otp::store::{Record, UserStore};
use insis_otp::verify::State;
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, STORE, talk};
use insis_otp_tests::faults::{Call, Fault, Traced};
use insis_otp_tests::fleet::{BASE, BY_PASSWORD, Slapd};
use insis_otp_tests::fleet_attempt::{is_accepted, operation};
use insis_otp_tests::pam::{Code, Login, Stack};
use otp_fleet::store::{LdapStore, LdapUser};

const STACK: &str = "auth required pam_insis_otp.so tries=1";

/// A host whose enrollments are in secret files, and which knows a directory with entries for anna and bob.
fn host() -> (Env, Slapd) {
    let env = Env::build().user("anna", "secret").user("bob", "secret").user("rescue", "secret").start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    keep_in(&env, &slapd, "file");
    slapd.add(&["anna", "bob"]);
    (env, slapd)
}

/// Where enrollments of this host are from now on.
fn keep_in(env: &Env, slapd: &Slapd, store: &str) {
    let identity = format!("{BY_PASSWORD}\nbreak_glass_users = [\"rescue\"]");
    let settings = slapd.settings(&slapd.ldaps(), &identity, "");
    let settings = settings.replace("store = \"ldap\"", &format!("store = \"{store}\""));
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
}

fn setup(env: &Env, arguments: &str) -> (i32, String) {
    let Output { status, stdout, stderr } = talk(env.command("otp-setup").args(arguments.split(' ')), "");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().expect("killed"), text)
}

fn login(user: &str, reply: &str) -> Code {
    let stack = Stack::new("door", STACK);
    Login::on(&stack).user(user).rhost("192.0.2.7").types([reply]).begin().authenticate()
}

fn in_directory(slapd: &Slapd, name: &str) -> LdapUser {
    LdapStore::new(slapd.directory()).of(&insis_otp::record::UserName::parse(name).unwrap())
}

fn load(store: &impl UserStore) -> Option<Record> {
    store.load().ok()
}

/// A state of which everything shows when it is lost.
fn mark(person: &Enrolled) -> Record {
    let marked = |state: Option<&State>| State { failures: 3, used_recovery: 1, ..state.cloned().unwrap() };
    person.file().repair(|_, state| marked(state)).unwrap();
    load(person.file()).unwrap()
}

#[test]
fn everybody_is_moved_to_the_directory_and_back_with_all_that_is_used_up() {
    let (env, slapd) = host();
    let people = ["anna", "bob", "rescue"].map(Enrolled::user);
    let [anna, _, rescue] = &people;
    let _ = mark(anna);
    let used = anna.code();
    assert_eq!(login("anna", &used), Code::SUCCESS);
    assert_eq!(login("anna", &anna.wrong()), Code::AUTH_ERR);
    let before = load(anna.file()).unwrap();
    let (status, text) = setup(&env, "migrate --to ldap --all --dry-run");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("2 pairings would be moved, 0 are there already. Nothing was changed."), "{text}");
    assert!(load(&in_directory(&slapd, "anna")).is_none() && load(anna.file()).unwrap().is_equal(&before));
    env.syslog().clear();
    let (status, text) = setup(&env, "migrate --to ldap --all");
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("2 pairings moved") && text.contains("rescue is a break-glass user"), "{text}");
    assert!(text.contains("store = \"ldap\""), "{text}");
    let _ = env.syslog().expect(&["otp-setup", "result=done", "user=anna uid=0"]);
    assert!(load(&in_directory(&slapd, "anna")).unwrap().is_equal(&before));
    // Until the host asks the directory, nobody gets in by what is left; and nobody is taken for not enrolled.
    for code in [anna.code_from_now(1), Enrolled::RECOVERY[1].to_owned()] {
        assert_eq!(login("anna", &code), Code::AUTH_ERR);
    }
    assert!(load(anna.file()).unwrap().state.is_closed());
    assert!(setup(&env, "unlock --user anna").0 == 0 && load(anna.file()).unwrap().state.is_closed());
    keep_in(&env, &slapd, "ldap");
    let (status, text) = setup(&env, "migrate --to ldap --all");
    assert!(status == 0 && text.contains("0 pairings moved, 2 were there already"), "{text}");
    assert!(!anna.file().path().exists() && rescue.file().path().exists());
    assert_eq!(login("anna", &used), Code::AUTH_ERR, "a used code is good again");
    assert_eq!(login("anna", Enrolled::RECOVERY[0]), Code::AUTH_ERR, "a used recovery code is good again");
    assert_eq!(login("anna", &anna.code_from_now(1)), Code::SUCCESS);
    assert_eq!(login("rescue", &rescue.code()), Code::SUCCESS);
    // And back, from the host that asks the directory.
    let there = load(&in_directory(&slapd, "anna")).unwrap();
    let (status, text) = setup(&env, "migrate --to file --user anna");
    assert!(status == 0 && text.contains("1 pairing moved") && text.contains("store = \"file\""), "{text}");
    assert_eq!(login("anna", &anna.code_from_now(2)), Code::AUTH_ERR, "the directory lets her in as well");
    keep_in(&env, &slapd, "file");
    assert!(load(anna.file()).unwrap().is_equal(&there));
    assert_eq!(login("anna", &anna.code_from_now(1)), Code::AUTH_ERR);
    let (status, text) = setup(&env, "migrate --to file --all");
    assert!(status == 0 && text.contains("1 pairing moved, 1 was there already"), "{text}");
    let left = slapd.search("(uid=anna)", &["*"]);
    assert!(!left.contains("\noath") && !left.contains("\ninsisOtp"), "{left}");
    assert!(!Path::new(&format!("{STORE}/.anna.moving")).exists());
}

#[test]
fn what_cannot_be_moved_stays_and_is_told() {
    let (env, slapd) = host();
    let anna = Enrolled::user("anna");
    let alone = setup(&env, "migrate --to ldap");
    assert!(alone.0 == 2 && alone.1.contains("--user NAME, or --all"), "{alone:?}");
    let other = talk(env.as_user("anna", "otp-setup").args(["migrate", "--to", "ldap", "--all"]), "");
    assert_eq!(other.status.code(), Some(2));
    slapd.delete("anna");
    for arguments in ["migrate --to ldap --user anna --dry-run", "migrate --to ldap --user anna"] {
        let (status, text) = setup(&env, arguments);
        assert!(status == 5 && text.contains("has no entry: nothing below"), "{text}");
    }
    slapd.add(&["anna"]);
    assert_eq!(setup(&env, "migrate --to ldap --user anna").0, 0);
    // The former file comes back: out of a backup, say.
    anna.file().remove().unwrap();
    anna.again();
    let (status, text) = setup(&env, "migrate --to ldap --user anna");
    assert!(status == 5 && (text.contains("paired in both") || text.contains("another phone")), "{text}");
    // Closed here, and removed there: it does not come back.
    anna.file().remove().unwrap();
    assert!(in_directory(&slapd, "anna").remove(None).is_ok());
    anna.again();
    assert_eq!(setup(&env, "migrate --to ldap --user anna").0, 0);
    in_directory(&slapd, "anna").remove(None).unwrap();
    let (status, text) = setup(&env, "migrate --to ldap --user anna");
    assert!(status == 5 && text.contains("the pairing was removed"), "{text}");
    anna.again();
    slapd.kill();
    let (status, text) = setup(&env, "migrate --to ldap --all");
    assert!(status == 5 && text.contains("ask the directory"), "{text}");
    assert!(!load(anna.file()).unwrap().state.is_closed());
    assert_eq!(login("anna", &anna.code()), Code::SUCCESS);
    env.write(CONFIG.as_ref(), b"store = \"file\"\n", 0o644);
    let (status, text) = setup(&env, "migrate --to ldap --all");
    assert!(status == 2 && text.contains("no section [fleet]"), "{text}");
}

/// One attempt as another host makes it. Meanwhile there may be no answer.
fn attempt_there(client: &FleetClient, code: &str) -> bool {
    client.ask(operation(code)).is_ok_and(|answer| is_accepted(&answer))
}

#[test]
fn while_people_log_in_each_code_gets_in_once_and_nobody_is_locked_out() {
    let (env, slapd) = host();
    let anna = Enrolled::user("anna");
    let config = insis_otp::config::Config::site().unwrap();
    let name = insis_otp::record::UserName::parse("anna").unwrap();
    let client = FleetClient::new(&config, config.fleet.as_ref().unwrap(), &name);
    for (round, to) in ["ldap", "file"].into_iter().cycle().take(8).enumerate() {
        // Both stores are as after an enrollment, on the side that it comes from.
        anna.again();
        if to == "file" {
            assert_eq!(setup(&env, "migrate --to ldap --user anna").0, 0);
        }
        let (code, accepted, ends) = (anna.code(), AtomicUsize::new(0), AtomicBool::new(false));
        scope(|scope| {
            for there in [false, true, false, true] {
                let (client, code, accepted, ends) = (&client, &code, &accepted, &ends);
                scope.spawn(move || {
                    while !ends.load(Ordering::SeqCst) {
                        let is_in = match there {
                            true => attempt_there(client, code),
                            false => login("anna", code) == Code::SUCCESS,
                        };
                        accepted.fetch_add(usize::from(is_in), Ordering::SeqCst);
                    }
                });
            }
            sleep(Duration::from_millis(7 * round as u64));
            // What is in use is tried again, as the message says.
            let moved = (0..20).any(|_| setup(&env, &format!("migrate --to {to} --user anna")).0 == 0);
            ends.store(true, Ordering::SeqCst);
            assert!(moved, "not moved in round {round}");
        });
        assert!(accepted.load(Ordering::SeqCst) <= 1, "{accepted:?} with one code, to {to}");
        let (from, there) = match to {
            "ldap" => (load(anna.file()), load(&in_directory(&slapd, "anna"))),
            _ => (load(&in_directory(&slapd, "anna")), load(anna.file())),
        };
        assert!(!there.unwrap().state.is_closed() && from.is_none_or(|from| from.state.is_closed()));
        if to == "ldap" {
            in_directory(&slapd, "anna").remove(None).unwrap();
        } else {
            let _ = in_directory(&slapd, "anna").remove(None);
        }
    }
}

/// The calls of a move, from where it has read its settings.
fn calls(env: &Env, to: &str) -> Vec<Call> {
    let mut command = env.command("otp-setup");
    command.args(["migrate", "--to", to, "--user", "anna"]);
    let traced = Traced::run(&command, "");
    assert!(traced.output.status.success(), "{traced:?}");
    let start =
        traced.calls.iter().position(|call| call.line.contains("insis-otp.toml")).expect("no settings");
    traced.calls[start..].to_vec()
}

/// Kills a move at these calls, and has the next one end it.
fn killed(to: &str, every: usize) {
    let (env, slapd) = host();
    let anna = Enrolled::user("anna");
    let prepare = || {
        let _ = in_directory(&slapd, "anna").remove(None);
        let _ = std::fs::remove_file(format!("{STORE}/.anna.moving"));
        anna.again();
        let _ = mark(&anna);
        if to == "file" {
            assert_eq!(setup(&env, "migrate --to ldap --user anna").0, 0);
        }
    };
    prepare();
    let calls = calls(&env, to);
    assert!(calls.len() > 100, "{}", calls.len());
    let config = insis_otp::config::Config::site().unwrap();
    let name = insis_otp::record::UserName::parse("anna").unwrap();
    let client = FleetClient::new(&config, config.fleet.as_ref().unwrap(), &name);
    let mut states = [0, 0, 0];
    for call in calls.iter().step_by(every) {
        prepare();
        let mut command = env.command("otp-setup");
        command.args(["migrate", "--to", to, "--user", "anna"]);
        let _ = Traced::inject(&command, "", call, &Fault::Kill);
        // What its otp-fleet still does, it does before long.
        sleep(Duration::from_millis(20));
        let is_open = |record: Option<Record>| record.is_some_and(|record| !record.state.is_closed());
        let open = [is_open(load(anna.file())), is_open(load(&in_directory(&slapd, "anna")))];
        assert_ne!(open, [true, true], "{}", call.line);
        states[match open {
            [true, _] => 0,
            [_, true] => 1,
            _ => 2,
        }] += 1;
        // The code gets in once, now or when the move has ended.
        let code = anna.code();
        let first = [login("anna", &code) == Code::SUCCESS, attempt_there(&client, &code)];
        let (status, text) = setup(&env, &format!("migrate --to {to} --user anna"));
        assert_eq!(status, 0, "{}: {text}", call.line);
        let second = [login("anna", &code) == Code::SUCCESS, attempt_there(&client, &code)];
        let count = first.iter().chain(&second).filter(|is_in| **is_in).count();
        assert_eq!(count, 1, "{}: {first:?} {second:?}", call.line);
        let there = match to {
            "ldap" => load(&in_directory(&slapd, "anna")),
            _ => load(anna.file()),
        };
        let there = there.expect("it is lost");
        assert_eq!(there.state.used_recovery, 1, "{}: a used recovery code is good again", call.line);
        assert!(!Path::new(&format!("{STORE}/.anna.moving")).exists(), "{}: a journal stays", call.line);
    }
    // Otherwise it was always killed before it did anything, or after.
    assert!(states.iter().all(|count| *count > 0) || every > 8, "{states:?}");
    println!("| migrate --to {to} killed | {} places | {states:?} |", calls.len().div_ceil(every));
}

#[test]
fn killed_in_the_middle_it_goes_on_from_there() {
    killed("ldap", 23);
    killed("file", 29);
}

#[test]
#[ignore = "evidence: every system call of a move, in both directions, some minutes"]
fn killed_at_any_system_call_it_goes_on_from_there() {
    killed("ldap", 1);
    killed("file", 1);
}

#[test]
fn the_directory_is_a_side_like_others() {
    // The step of a closed record goes with it, and nothing of it stays.
    let (env, slapd) = host();
    let anna = Enrolled::user("anna");
    let before = load(anna.file()).unwrap();
    assert_eq!(setup(&env, "migrate --to ldap --user anna").0, 0);
    let step = |text: &str| {
        let found = slapd.search("(uid=anna)", &["oathTOTPLastTimeStep"]);
        assert!(found.contains(&format!("oathTOTPLastTimeStep: {text}\n")), "{found}");
    };
    step(&before.state.used.upto.0.to_string());
    assert!(slapd.search(&format!("(entryDN=uid=anna,{BASE})"), &["1.1"]).contains("uid=anna"));
    keep_in(&env, &slapd, "ldap");
    assert_eq!(setup(&env, "migrate --to file --user anna").0, 0);
    step("1099511627775");
    assert_eq!(setup(&env, "migrate --to ldap --user anna").0, 0);
    step(&before.state.used.upto.0.to_string());
}
