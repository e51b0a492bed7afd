//! Codes, proofs, and what is wrong with them.

messages! {
    code_has_digits(digits)
        "A code has {digits} digits. Type the one that the app shows.";
    code_plain_digits()
        "Please type plain digits, 0 to 9.";
    code_characters()
        "That is not a code: it has digits only.";
    proof_why()
        "Now prove that it is you: type a code of the present phone, or a recovery code.";
    proof_old_phone()
        "Take the code of the present phone, not of the new one.";
    ask_proof()
        "Code or recovery code: ";
    proof_needed()
        "This needs a code of the phone, or a recovery code.";
    refused_wrong()
        "Wrong code. If it was right, type two consecutive codes.";
    refused_used(wait)
        "That code was used before. The next one comes in {wait}.";
    refused_used_now()
        "That code was used before. Type the one that the app shows now.";
    refused_clock_ahead()
        "This machine's clock was wrong. Type two consecutive codes, or a recovery code.";
    refused_recovery_spent()
        "That recovery code was used before.";
    refused_throttled(wait)
        "Too many wrong codes: wait {wait}, or type two consecutive codes or a recovery code.";
    refused_too_soon(wait)
        "Not checked: too many tries. Type a recovery code, or wait {wait}.";
    refused_used_up()
        "Too many wrong codes in a row: type two consecutive codes, or a recovery code.";
    refused_length()
        "That has not the length of a code.";
    refused_foreign_digits()
        "Please type plain digits, 0 to 9.";
    refused_characters()
        "That is neither a code nor a recovery code.";
    verified()
        "Right: a login with this code would be let in. The code is used up.";
    verified_two_codes(steps)
        "Right: a login with these codes would be let in. They are used up; the phone was {steps} steps off.";
    verified_recovery(left)
        "Right: this recovery code is used up. {left} {left|is|are} left.";
    failures_since(count)
        "{count} failed {count|code|codes} since the last login.";
    resync_how()
        "Type the code that the app shows now; then the one that it shows next.";
    resynced_exact()
        "The phone's clock is right.";
    resync_wrong()
        "These are not two consecutive codes, each typed when the phone showed it. Once more.";
    resync_by_login()
        "If the phone was fast when it was paired and is right now, its codes count as used for as long as it was fast. \
            Two codes in a row set that right at once: at a login, or by otp-setup verify.";
}
