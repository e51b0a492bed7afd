//! `make demo`, as it plays person and phone itself: it must not rot when a prompt changes its words.

use std::process::{Command, Stdio};

use insis_otp_tests::env::{program, require_machine};

fn goes_as_it_should(variable: &str) {
    require_machine();
    let output = Command::new(program("demo")).env(variable, "1").stdin(Stdio::null()).output().unwrap();
    let [shown, heard] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}\n{shown}\n{heard}", output.status);
}

#[test]
fn the_demo_goes_as_it_should() {
    goes_as_it_should("AUTO");
}

#[test]
fn the_demo_of_the_sign_in_goes_as_it_should() {
    goes_as_it_should("IDP");
}
