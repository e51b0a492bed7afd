//! English.

use super::Texts;

pub const TEXTS: Texts = Texts {
    cannot_check: "One-time codes cannot be checked now. Please tell your administrator.",
    wrong: "Wrong code. Type the digits your app shows now. ",
    wrong_again: "Wrong. Try two codes in a row or a recovery code. ",
    used: "That code was used. Type the one shown now. ",
    used_wait: "That code was used. Wait {} for the next. ",
    clock_was_wrong: "This host's clock was off. Type two codes in a row. ",
    recovery_used: "That recovery code was used. Type another one. ",
    throttled: "Too many tries. Wait {} or type two in a row. ",
    throttled_again: "Wait {}, or type two codes or a recovery code. ",
    too_soon: "Please try again in a second, or wait {}. ",
    one_failure: "1 failed code since your last login.",
    failures: "{} failed codes since your last login.",
    recovery_none_left: "That was your last recovery code; make new ones: otp-setup recovery-codes",
    recovery_few_left: "Recovery codes left: {}; make new ones: otp-setup recovery-codes",
    recovery_left: "Recovery codes left: {}.",
    both: "Password+code: ",
    pairing: "{} asks for one-time codes from now on.\n\
              Scan this with an authenticator app (Microsoft Authenticator: \"Other account\"):",
    pairing_secret: "Or type in this secret: {}",
    pairing_first: "First code from the app (i: invert the picture): ",
    pairing_next: "Next code, when the app shows it: ",
    pairing_wrong: "Not a code of this secret. Is the phone's clock right?",
    pairing_same: "The same code twice. Wait for the next one.",
    pairing_not_consecutive: "These two codes do not follow each other.",
    paired: "Paired. Recovery codes for the day the phone is lost: otp-setup recovery-codes",
};
