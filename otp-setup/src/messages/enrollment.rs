//! Enrollment: from the first question to the recovery codes.

messages! {
    // Answers that count as yes and no, besides the English ones.
    words_yes()
        "yes y";
    words_no()
        "no n";
    // What may be typed instead of a code, besides the English words: each may be several, with blanks between.
    word_print()
        "print";
    word_save()
        "save";
    word_quit()
        "quit";
    word_help()
        "help";
    // From here on, what is said.
    prompt_help()
        "Type what is asked for, then Enter. quit ends without a change (so does Ctrl-C). While the secret or recovery codes \
            are shown, print and save FILE.pdf put them on paper. More: man otp-setup.";
    enroll_title(user, host)
        "Pairing a phone with the account {user} on {host}";
    enroll_not_you(user, caller)
        "This is for {user}, not {caller}: to pair your own phone, run otp-setup without sudo.";
    enroll_why(digits)
        "Once that is done, logins here ask for a code of {digits} digits after the password. \
            An authenticator app on your phone shows it; the phone needs no network for that.";
    enroll_takes_password()
        "To make sure that it is you, your password is asked for at the end. The code of an invitation \
            will do as well.";
    enroll_takes_invitation()
        "At the end the invitation code is asked for that your administrator gave you.";
    ask_password()
        "Your password (not shown), or an invitation code: ";
    ask_invitation()
        "Invitation code (not shown): ";
    enroll_apps()
        "Such apps are Microsoft Authenticator, Google Authenticator, OTP Auth and Authy. \
            Any other app for time-based codes (RFC 6238, TOTP) will do as well.";
    enroll_uncommon(algorithm, digits, period, apps)
        "Codes here are made by {algorithm}, {digits} digits, {period} s. For these, some apps show wrong \
            codes: {apps}.";
    enroll_needs_force(algorithm, digits, period, apps)
        "{algorithm}, {digits} digits, {period} s: some apps show wrong codes for these ({apps}). If yours \
            does not, say --force.";
    enroll_already(user, date)
        "{user} has paired a phone already, on {date}.";
    enroll_replaces(user)
        "The new phone takes its place. At the end you prove that you are {user}: by a code of the present \
            phone, or by a recovery code. Until then the present one stays valid.";
    enroll_replaces_as_root()
        "The new phone takes its place; the present one is valid until then.";
    ask_app()
        "Do you have such an app? [yes/no] ";
    ask_app_and_proof()
        "Do you have such an app, and a code as a proof? [yes/no] ";
    ask_replace()
        "Replace the present pairing? [yes/no] ";
    say_yes_or_no()
        "Please answer yes or no.";
    get_an_app()
        "Install one of these apps from your phone's app store, then run otp-setup again.";
    sheet_scan()
        "In the app, add an account and scan this code.";
    sheet_microsoft()
        "Microsoft Authenticator: choose \"Other account (Google, Facebook, etc.)\".";
    sheet_type()
        "Or type it in:";
    sheet_issuer(issuer)
        "Issuer: {issuer}";
    sheet_account(account)
        "Account: {account}";
    sheet_secret()
        "Secret:";
    sheet_kind()
        "Type: time-based";
    sheet_parameters(algorithm, digits, period)
        "{algorithm}, {digits} digits, {period} s";
    view_too_small(columns, rows)
        "The window is too small for the QR code: enlarge it to {columns} columns and {rows} rows, or type the secret.";
    ask_first()
        "First code: ";
    ask_next()
        "Next code: ";
    ask_next_in(wait)
        "It comes in {wait} s. Next code: ";
    first_right()
        "Right. Now wait until the app shows another code, and type that one.";
    first_wrong(issuer, account)
        "That is not a code of this secret. Look for the entry {issuer} ({account}) in the app; \
            an older one of the same name has other codes. Is the phone's time set automatically?";
    next_same()
        "That is the same code again. Wait until the app shows another.";
    next_skipped()
        "Both codes are right, but they do not follow each other. Type the one that comes next.";
    next_wrong()
        "That is not the code that comes next. Try again with the one that the app shows now.";
    next_wrong_again()
        "That is not it either. Start again with the code that the app shows now.";
    perhaps_parameters(algorithm, digits, period)
        "Perhaps the app takes no notice of {algorithm}, {digits} digits, {period} s: some do not.";
    clock_far_slow(length, time)
        "Right, but your phone is about {length} slow: once its clock is set, codes would be refused. Set its time to \
            automatic now (here it is {time}), then begin again with the code that the app shows. If it cannot be \
            set: type quit, and run this again with --force.";
    clock_far_fast(length, time)
        "Right, but your phone is about {length} fast: once its clock is set, codes would be refused. Set its time to \
            automatic now (here it is {time}), then begin again with the code that the app shows. If it cannot be \
            set: type quit, and run this again with --force.";
    drift_slow(length)
        "Your phone is about {length} slow; that is allowed for.";
    drift_fast(length)
        "Your phone is about {length} fast; that is allowed for.";
    enrolled(user)
        "The phone is paired with {user}.";
    enrolled_next_login(prompt)
        "At the next login, type your password first, and at \"{prompt}\" the code that the app shows then.";
    recovery_title()
        "Recovery codes";
    recovery_why()
        "For the day without the phone: each opens one login in place of a code.";
    recovery_how()
        "Write them down or print them, and keep them off this computer. They are not shown again; \
            \"otp-setup recovery-codes\" makes new ones.";
    ask_enter_to_clear()
        "Press Enter when you have them; the screen is then cleared. ";
    recovery_enter()
        "Press Enter alone when you have them, or type print, or save FILE.pdf: they are not shown again.";
    recovery_old_void()
        "All former recovery codes are void, also those on a page from earlier: cross them out there. Its QR code and \
            secret stay good.";
}
