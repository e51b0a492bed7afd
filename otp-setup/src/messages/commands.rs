//! The other commands.

messages! {
    removed(user)
        "The pairing of {user} is removed. Its entry in the app is of no more use; delete it there.";
    remove_why(user)
        "This site may let nobody in who has no pairing: {user} could be locked out.";
    ask_remove(user)
        "Remove the pairing of {user}? [yes/no] ";
    forgotten(user)
        "{user} is asked for a code again, wherever the next login comes from.";
    unlocked_damaged(user)
        "It was damaged, and which recovery codes are used is not known any more: none of them counts. New ones: otp-setup recovery-codes --user {user}";
    unlocked(user)
        "{user} is unlocked: codes are checked again at once.";
    moved(old, user)
        "The pairing of {old} is {user}'s now. The entry in the app keeps its name, and its codes.";
    move_exists(user)
        "{user} has a pairing already. Nothing was changed; remove one of them first.";
    move_two_stores(old, user)
        "One of {old} and {user} is in break_glass_users, the other is not: their enrollments are not kept in the same place. \
            Nothing was changed; enroll {user} anew.";
    move_still_there(old)
        "{old} is still a user of this machine. This is for afterwards: usermod --login NEW {old}";
    status_not_enrolled(user)
        "{user}: not paired";
    status_enrolled(user, date)
        "{user}: paired on {date}";
    status_app(issuer, account)
        "Entry in the app:      {issuer} ({account})";
    status_parameters(algorithm, digits, period)
        "Parameters:            {algorithm}, {digits} digits, {period} s";
    status_last_login(date)
        "Last login by code:    {date}";
    status_never_login()
        "Last login by code:    none yet";
    status_failures(count)
        "Failed codes since:    {count}";
    status_throttled(wait)
        "Delayed for:           {wait}, after too many wrong codes";
    status_single_codes()
        "Single codes:          not accepted any more; two codes in a row, or a recovery code are";
    status_slow(length)
        "Phone's clock:         about {length} slow, which is allowed for";
    status_fast(length)
        "Phone's clock:         about {length} fast, which is allowed for";
    status_remembered(count, date)
        "Remembered clients:    {count}, the last on {date} (otp-setup forget)";
    status_recovery(left)
        "Recovery codes left:   {left}";
    status_recovery_few()
        "Few recovery codes are left. Make new ones: otp-setup recovery-codes";
    need_user()
        "Say for whom: --user NAME";
    list_head()
        "USER             PAIRED      LAST CODE         FAILED  DELAY    RECOVERY";
    list_never()
        "never";
    list_linked()
        "no phone, signs in with the identity provider";
    list_none()
        "Nobody is paired.";
    list_unanswered(path, why)
        "{path}: the user database does not say whose it is: {why}";
}
