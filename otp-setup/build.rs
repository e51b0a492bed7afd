//! Puts the translations of `po/otp-setup` into the program, or says what is wrong with them.

use catalogue::build::{Form, script};

fn main() {
    script("otp-setup", Form::ByMessage);
}
