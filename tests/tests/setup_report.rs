//! `otp-setup report`: who of all people has a second factor.

use std::path::Path;
use std::process::Output;

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{Env, talk};

const CONFIG: &str = "unenrolled = \"ignore\"\nrequired_groups = [\"staff\", \"guests from 2035-01-31\"]\n\
                      exempt_users = [\"robot\"]\nself_enrollment = \"invitation\"\n";

fn report(env: &Env, args: &[&str], input: &str) -> Output {
    talk(env.command("otp-setup").arg("report").args(args), input)
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Anna has enrolled, bob is invited, carol has nothing, and dan has it too, with time left; nobody asks robot.
fn site() -> Env {
    let mut builder = Env::build().config(CONFIG);
    for name in ["anna", "bob", "carol", "dan", "robot"] {
        builder = builder.user(name, "secret");
    }
    let env = builder.group("staff", &["anna", "bob", "carol", "robot"]).group("guests", &["dan"]).start();
    let _ = Enrolled::user("anna");
    assert!(talk(env.command("otp-setup").args(["invite", "--user", "bob"]), "").status.success());
    env
}

#[test]
fn everybody_is_in_the_report_with_what_they_have_and_need() {
    let env = site();
    let output = report(&env, &[], "");
    assert!(output.status.success(), "{}", text(&output));
    let shown = text(&output);
    let row = |user: &str| {
        let row = shown.lines().find(|line| line.split(' ').next() == Some(user));
        row.unwrap_or_else(|| panic!("{user} is not in {shown}")).to_owned()
    };
    for (user, state, needed) in [
        ("anna", " enrolled ", "now"),
        ("bob", " invited ", "now"),
        ("carol", " not enrolled ", "now"),
        ("dan", " not enrolled ", "2035-01-31"),
        ("robot", " not enrolled ", "exempt"),
    ] {
        assert!(row(user).contains(state) && row(user).ends_with(needed), "{shown}");
    }
    assert!(shown.contains("1 enrolled, 0 linked without a phone, 1 invited"), "{shown}");
    assert!(shown.contains("2 need a second factor by now and have none."), "{shown}");
    let mut rows = shown.lines().take_while(|line| !line.is_empty());
    assert!(rows.all(|row| row.chars().count() <= 80), "{shown}");
    assert!(!talk(env.as_user("anna", "otp-setup").arg("report"), "").status.success());
}

#[test]
fn programs_and_spreadsheets_read_the_same() {
    let env = site();
    let output = report(&env, &["--json", "--group", "staff", "--group", "guests"], "");
    let people: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |user: &str| people.as_array().unwrap().iter().find(|one| one["user"] == user).unwrap().clone();
    assert_eq!((of("anna")["state"].as_str(), of("anna")["devices"].as_u64()), (Some("enrolled"), Some(1)));
    assert_eq!(of("bob")["state"], "invited");
    assert_eq!((of("robot")["exempt"].as_bool(), of("robot")["required_from"].is_null()), (Some(true), true));
    assert_eq!(of("dan")["required_from"], "2035-01-31T00:00:00Z");
    assert_eq!(people.as_array().unwrap().len(), 5, "{people}");
    let csv = String::from_utf8(report(&env, &["--csv", "--group", "guests"], "").stdout).unwrap();
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("user,state,paired_at,"), "{csv}");
    assert_eq!(lines[1..], ["dan,not-enrolled,,,,,,0,false,false,2035-01-31T00:00:00Z,,", ""]);
    assert!(!report(&env, &["--csv", "--json"], "").status.success());
}

#[test]
fn people_can_be_named_and_nothing_of_a_name_is_lost() {
    let env = site();
    let names = "\u{feff}# who is new\nanna\r\n\n  nobody-here \nanna\n../etc\n";
    let output = report(&env, &["--people", "-"], names);
    assert!(output.status.success(), "{}", text(&output));
    let shown = text(&output);
    assert!(shown.contains("3 people: 1 enrolled"), "{shown}");
    assert!(shown.contains("2 names are not in the user database."), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.contains(" unknown ")).count(), 2, "{shown}");
    let file = Path::new("/etc/people");
    env.write(file, b"dan\ncarol\n", 0o644);
    let shown = text(&report(&env, &["--people", "/etc/people", "--group", "staff"], ""));
    assert!(shown.contains("carol") && !shown.contains("dan "), "{shown}");
    for wrong in [&["--people", "/etc/nothing"][..], &["--group", "no-such-group"]] {
        let output = report(&env, wrong, "");
        assert!(!output.status.success() && output.stdout.is_empty(), "{}", text(&output));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_said_and_the_others_are_there() {
    let env = site();
    std::fs::write(Path::new("/var/lib/insis-otp/carol"), "nonsense").unwrap();
    let output = report(&env, &[], "");
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    let shown = text(&output);
    assert!(shown.contains("Of 1 the secret file or invitation cannot be read."), "{shown}");
    assert!(shown.contains("/var/lib/insis-otp/carol") && shown.contains("anna "), "{shown}");
}
