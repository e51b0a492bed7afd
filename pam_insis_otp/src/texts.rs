//! What people read at the prompt: short, true, and what to do next.

use insis_otp::otp::{Malformed, Proof, Refusal};

/// For a broken store or configuration. The details are in the log.
pub const CANNOT_CHECK: &str = "One-time codes cannot be checked now. Please tell your administrator.";

/// Said in the next prompt to somebody who typed the password again.
pub const WAS_PASSWORD: &str = "That was the password, not a code. ";

/// What is said of a refused code, to be put in front of the next prompt.
///
/// A wrong code and a right one from outside the window read the same: otherwise a guesser would learn of a code that
/// is going to be good in a minute.
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Wrong | Refusal::OutsideWindow { .. } => {
            "Wrong code. If it was right, type two consecutive codes. ".to_owned()
        }
        Refusal::Used { wait } if wait.0 == 0 => {
            "That code was already used; type the one shown now. ".to_owned()
        }
        Refusal::Used { wait } => format!("That code was already used, the next one comes in {wait}. "),
        Refusal::ClockAhead { .. } => {
            "This machine's clock was wrong. Type two consecutive codes or a recovery code. ".to_owned()
        }
        Refusal::RecoverySpent => "That recovery code was already used. ".to_owned(),
        Refusal::Throttled { wait } => {
            format!("Too many wrong codes: wait {wait}, or type two consecutive codes. ")
        }
        Refusal::TooSoon { wait } => {
            format!("Not checked: one try a second. Type two consecutive codes again, or wait {wait}. ")
        }
        Refusal::Malformed(Malformed::Length) => "Wrong code: its length is not right. ".to_owned(),
        Refusal::Malformed(Malformed::ForeignDigits) => {
            "Wrong code: please type plain digits, 0 to 9. ".to_owned()
        }
        Refusal::Malformed(Malformed::Characters) => "Wrong code: that is not a code. ".to_owned(),
    }
}

/// What is said after an opened login, if there is anything to say: of the proof, and of failures before this login.
pub fn accepted(by: &Proof, failures: u32) -> Option<String> {
    let mut sentences = Vec::new();
    match failures {
        0 => {}
        1 => sentences.push("1 failed code since your last login.".to_owned()),
        failures => sentences.push(format!("{failures} failed codes since your last login.")),
    }
    if let Proof::Recovery { left } = *by {
        sentences.push(match left {
            0 => "That was your last recovery code; make new ones: otp-setup recovery-codes".to_owned(),
            1 | 2 => format!("Recovery codes left: {left}; make new ones: otp-setup recovery-codes"),
            left => format!("Recovery codes left: {left}."),
        });
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
