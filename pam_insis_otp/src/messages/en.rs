//! English.

use super::Messages;

pub const TEXTS: Messages = Messages {
    cannot_check: "One-time codes cannot be checked now. Please tell your administrator.",
    contact: "Help: {}",
    press_enter: "Press Enter to end: ",
    wrong: "Wrong code. Type the digits your app shows now. ",
    wrong_again: "Wrong. Try two codes in a row or a recovery code. ",
    used: "That code was used. Type the one shown now. ",
    used_wait: "That code was used. Wait {} for the next. ",
    clock_was_wrong: "This host's clock was off. Type two codes in a row. ",
    recovery_used: "That recovery code was used. Type another one. ",
    throttled: "Too many tries. Wait {} or type two in a row. ",
    throttled_again: "Wait {}, or type two codes or a recovery code. ",
    too_soon: "Too many tries. Use a recovery code or wait {}. ",
    single_codes_used_up: "Locked. Type two codes in a row or a recovery code. ",
    one_failure: "1 failed code since your last login.",
    failures: "{} failed codes since your last login.",
    new_device: "A phone was paired with this account on {}.\nIf that was not you, tell your administrator now.",
    new_link: "This account was linked to the identity provider on {}.\nIf that was not you, tell your administrator now.",
    required_from: "From {} on you need a one-time code to log in here.\n\
                    Before that day, pair your phone: otp-setup",
    recovery_none_left: "That was your last recovery code; make new ones: otp-setup recovery-codes",
    recovery_few_left: "Recovery codes left: {}; make new ones: otp-setup recovery-codes",
    recovery_left: "Recovery codes left: {}.",
    both: "Password+code: ",
    code_or_sign_in: "One-time code (or m for {}): ",
    sign_in_address: "Open {}",
    sign_in_code: "and type this code there: {}",
    sign_in_login: "That lets {} in. Do it only if you have started this login.",
    sign_in_enter: "Then press Enter (or type a one-time code): ",
    sign_in_refused: "That does not open this login. Type a code. ",
    sign_in_expired: "That took too long. Type a code, or try again. ",
    sign_in_busy: "Too many sign-ins. Wait a minute or type a code. ",
    sign_in_unavailable: "That cannot be asked now. Type a code. ",
    enroll_intro: "{} asks for one-time codes from now on.\n\
              An app on your phone makes them (Microsoft Authenticator: \"Other account\").",
    enroll_name: "In the app it stands as {}",
    enroll_short_name: "In the app it stands, shortened, as {}",
    enroll_picture: "The app scans a picture, drawn with blocks like these: \u{2588}\u{2580}\u{2584}\n\
                      Enter: draw it.  i: for a light screen.\n\
                      a: in plain letters (42 rows, dark screen).  t: only text. ",
    enroll_scan: "Scan this with the app (i: if the screen is light, a: plain letters):",
    enroll_secret: "Or type in this secret: {}",
    enroll_first: "First code from the app: ",
    enroll_next: "Next code, when the app shows it: ",
    enroll_wrong: "Not a code of this secret. Is the phone's clock right?",
    enroll_clock: "Right, but the phone's clock is {} off, and codes fail once it is set.\n\
                    Set its time to automatic, then begin again (or go on, if it cannot be set).",
    enroll_same: "The same code twice. Wait for the next one.",
    enroll_not_consecutive: "These two codes do not follow each other.",
    enroll_invitation: "To pair a phone, type the invitation code that you were given: ",
    enroll_not_invited: "That is not your invitation code.\n",
    enrolled: "Paired. Recovery codes for the day the phone is lost: otp-setup recovery-codes",
};
