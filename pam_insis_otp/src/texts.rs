//! What people read at the prompt: short, true, and what to do next.

use insis_otp::otp::{Proof, Refusal};

/// For a broken store or configuration. The details are in the log.
pub const CANNOT_CHECK: &str = "One-time codes cannot be checked now. Please tell your administrator.";

/// Said in the next prompt after a reply that opens nothing, whatever it was: a wrong code, a right one from outside the
/// window, the password, no code at all.
///
/// One text, because sshd shows us nothing but the length of what an unknown user typed: anything more exact would tell
/// the others from these. Nor may a guesser learn of a code that is going to be good in a minute. The log is exact.
pub const WRONG: &str = "Wrong code. Type the digits 0 to 9 from your app, or two consecutive codes. ";

/// What is said of a refused code, to be put in front of the next prompt.
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Wrong | Refusal::OutsideWindow { .. } | Refusal::Malformed(_) => WRONG.to_owned(),
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
