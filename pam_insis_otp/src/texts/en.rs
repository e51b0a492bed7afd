//! English.

use super::Texts;

pub const TEXTS: Texts = Texts {
    cannot_check: "One-time codes cannot be checked now. Please tell your administrator.",
    wrong: "Wrong code. Type the digits 0 to 9 from your app, or two consecutive codes. ",
    used: "That code was already used; type the one shown now. ",
    used_wait: "That code was already used, the next one comes in {}. ",
    clock_was_wrong: "This machine's clock was wrong. Type two consecutive codes or a recovery code. ",
    recovery_used: "That recovery code was already used. ",
    throttled: "Too many wrong codes: wait {}, or type two consecutive codes. ",
    too_soon: "Not checked: one try a second. Type two consecutive codes again, or wait {}. ",
    one_failure: "1 failed code since your last login.",
    failures: "{} failed codes since your last login.",
    recovery_none_left: "That was your last recovery code; make new ones: otp-setup recovery-codes",
    recovery_few_left: "Recovery codes left: {}; make new ones: otp-setup recovery-codes",
    recovery_left: "Recovery codes left: {}.",
    both: "Password and one-time code: ",
    pairing: "{} asks for one-time codes from now on. Scan this with an authenticator app on your phone \
              (Microsoft Authenticator: account type \"Other account\"):",
    pairing_secret: "Or type in this secret: {}",
    pairing_first: "First code that the app shows: ",
    pairing_next: "Next code, when the app shows it: ",
    pairing_wrong: "That is not a code of this secret. Is the phone's clock right? ",
    pairing_same: "That was the same code twice; wait for the next one. ",
    pairing_not_consecutive: "These two codes do not follow each other. ",
    paired: "Your phone is paired. Recovery codes for the day it is lost: otp-setup recovery-codes",
};
