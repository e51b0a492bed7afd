//! The texts, in English. Each becomes a method of [`super::Messages`]; the translations are in `po/pam_insis_otp`. `{}` stands for
//! the one number or name that a message tells.

texts! {
    /// For a broken store or configuration. The details are in the log.
    cannot_check
        "One-time codes cannot be checked now. Please tell your administrator.";
    /// Whom to ask for help: what the site says.
    contact
        "Help: {}";
    /// The question below it, where nothing but a question is shown.
    press_enter
        "Press Enter to end: ";
    /// Said in the next prompt after a reply that opens nothing, whatever it was: a wrong code, one from before the
    /// window, the password, no code at all.
    ///
    /// One text, because sshd shows us nothing but the length of what an unknown user typed: anything more exact would
    /// tell the others from these. Nor may a guesser learn of a code that is going to be good in a minute. The log is
    /// exact.
    wrong
        "Wrong code. Type the digits your app shows now. ";
    /// The same, when it was not the first refusal of this login: what else opens it.
    wrong_again
        "Wrong. Try two codes in a row or a recovery code. ";
    /// A right code that was used, while the next one is on the phone already.
    used
        "That code was used. Type the one shown now. ";
    /// The same, with how long the next one takes.
    used_wait
        "That code was used. Wait {} for the next. ";
    /// Every code near now counts as used, since this machine's clock was ahead.
    clock_was_wrong
        "This host's clock was off. Type two codes in a row. ";
    /// A recovery code that was used.
    recovery_used
        "That recovery code was used. Type another one. ";
    /// Single codes are delayed: how long.
    throttled
        "Too many tries. Wait {} or type two in a row. ";
    /// The same, when it was not the first refusal of this login: what else opens it.
    throttled_again
        "Wait {}, or type two codes or a recovery code. ";
    /// A second pair or recovery code within a second of a delay: how long single codes are delayed.
    too_soon
        "Too many tries. Use a recovery code or wait {}. ";
    /// So many single codes in a row were wrong that none is compared any more.
    single_codes_used_up
        "Locked. Type two codes in a row or a recovery code. ";
    /// After a login: one failure since the last one.
    one_failure
        "1 failed code since your last login.";
    /// After a login: how many failures since the last one.
    failures
        "{} failed codes since your last login.";
    /// After a login: when a device was enrolled since the last one.
    new_device
        "A phone was paired with this account on {}.\n\
            If that was not you, tell your administrator now.";
    /// At the first login after the account was linked: when.
    new_link
        "This account was linked to the identity provider on {}.\n\
            If that was not you, tell your administrator now.";
    /// At the next login of the owner's: when a bypass code was made.
    new_bypass
        "A bypass code was made for this account on {}.\n\
            If you did not ask for it, tell your administrator now.";
    /// The same, where it has opened logins: when the last.
    bypass_used
        "This account was opened by a bypass code, the last time on {}.\n\
            If that was not you, tell your administrator now.";
    /// After a login by bypass code: how many logins it opens still.
    bypass_left
        "Logins left with this bypass code: {}.";
    /// After a login without a code: the day from which one is needed.
    required_from
        "From {} on you need a one-time code to log in here.\n\
            Before that day, pair your phone: otp-setup";
    /// After a login by recovery code: none is left.
    recovery_none_left
        "That was your last recovery code; make new ones: otp-setup recovery-codes";
    /// One or two are left.
    recovery_few_left
        "Recovery codes left: {}; make new ones: otp-setup recovery-codes";
    /// More are left.
    recovery_left
        "Recovery codes left: {}.";
    /// The question for password and code in one reply.
    both
        "Password+code: ";
    /// The question for the code where the identity provider is offered, too: by its name.
    code_or_sign_in
        "One-time code (or m for {}): ";
    /// Where to sign in at the identity provider.
    sign_in_address
        "Open {}";
    /// With what code.
    sign_in_code
        "and type this code there: {}";
    /// For which login.
    sign_in_login
        "That lets {} in. Do it only if you have started this login.";
    /// What to do then.
    sign_in_enter
        "Then press Enter (or type a one-time code): ";
    /// The sign-in does not open the login, whatever the reason.
    sign_in_refused
        "That does not open this login. Type a code. ";
    /// Nobody has signed in in time.
    sign_in_expired
        "That took too long. Type a code, or try again. ";
    /// Another login of this user waits for a sign-in.
    sign_in_busy
        "Too many sign-ins. Wait a minute or type a code. ";
    /// The provider cannot be asked.
    sign_in_unavailable
        "That cannot be asked now. Type a code. ";
    /// Why a phone is enrolled within the login, on this host.
    enroll_intro
        "{} asks for one-time codes from now on.\n\
            An app on your phone makes them (Microsoft Authenticator: \"Other account\").";
    /// How the entry in the app is called.
    enroll_name
        "In the app it stands as {}";
    /// The same, of names that are not in full there.
    enroll_short_name
        "In the app it stands, shortened, as {}";
    /// The question how the picture is to be drawn.
    enroll_picture
        "The app scans a picture, drawn with blocks like these: \u{2588}\u{2580}\u{2584}\n\
            Enter: draw it.  i: for a light screen.\n\
            a: in plain letters (42 rows, dark screen).  t: only text. ";
    /// Above the QR code.
    enroll_scan
        "Scan this with the app (i: if the screen is light, a: plain letters):";
    /// Below it: the secret to type in.
    enroll_secret
        "Or type in this secret: {}";
    /// The question for the first code.
    enroll_first
        "First code from the app: ";
    /// The question for the one after it.
    enroll_next
        "Next code, when the app shows it: ";
    /// Said in front of the question for the first code: that was no code, or none of this secret.
    enroll_wrong
        "Not a code of this secret. Is the phone's clock right?";
    /// Said once of a phone whose clock is far off, by this length.
    enroll_clock
        "Right, but the phone's clock is {} off, and codes fail once it is set.\n\
            Set its time to automatic, then begin again (or go on, if it cannot be set).";
    /// The same code twice.
    enroll_same
        "The same code twice. Wait for the next one.";
    /// The second code does not follow the first.
    enroll_not_consecutive
        "These two codes do not follow each other.";
    /// The question for the code of an invitation.
    enroll_invitation
        "To pair a phone, type the invitation code that you were given: ";
    /// Said in front of it: that was another code.
    enroll_not_invited
        "That is not your invitation code.\n";
    /// The enrollment is done.
    enrolled
        "Paired. Recovery codes for the day the phone is lost: otp-setup recovery-codes";
}
