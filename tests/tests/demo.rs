//! `make demo`, as it plays person and phone itself: it must not rot when a prompt changes its words.

use std::process::{Command, Stdio};

use insis_otp_tests::env::{program, require_machine};

fn goes_as_it_should(variable: &str) {
    require_machine();
    let output = Command::new(program("demo")).env(variable, "1").stdin(Stdio::null()).output().unwrap();
    let [shown, heard] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}\n{shown}\n{heard}", output.status);
}

/// What make would run.
fn commands(arguments: &[&str]) -> String {
    let mut make = Command::new("make");
    make.args(["--dry-run", "--no-print-directory", "-C", concat!(env!("CARGO_MANIFEST_DIR"), "/..")])
        .args(arguments);
    let output = make.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn make_plays_the_demo_that_was_asked_for() {
    for (arguments, variables) in [
        (&["demo"][..], r#"AUTO="" IDP="" FLEET="""#),
        (&["demo", "AUTO=1"], r#"AUTO="1" IDP="""#),
        (&["demo", "FLEET=1"], r#"IDP="" FLEET="1""#),
        (&["demo", "IDP=1"], r#"AUTO="" IDP="1""#),
    ] {
        let commands = commands(arguments);
        assert!(commands.contains(variables), "{arguments:?}: {commands}");
    }
    // And neither changes what an installation makes.
    let install = commands(&["install", "IDP=1"]);
    assert!(install.contains("for user in insis-otp-idp insis-otp-fleet; do getent passwd "), "{install}");
}

#[test]
fn the_demo_goes_as_it_should() {
    goes_as_it_should("AUTO");
}

#[test]
fn the_demo_of_the_fleet_goes_as_it_should() {
    goes_as_it_should("FLEET");
}

#[test]
fn the_demo_of_the_sign_in_goes_as_it_should() {
    goes_as_it_should("IDP");
}
