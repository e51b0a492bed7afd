//! Mail to owners.

messages! {
    mail_subject(user, host)
        "One-time codes: your account {user} on {host}";
    mail_account(user, host)
        "This is about the second step of logins to your account {user} on {host}:";
    mail_device_new(date)
        "A phone was paired with it on {date}.";
    mail_device_replaced(date)
        "Another phone was paired with it on {date}, in the place of the former one, which opens nothing any more.";
    mail_device_removed()
        "The phone that was paired with it was removed.";
    mail_link_new(date)
        "It was linked to the identity provider on {date}: whoever signs in there can log in.";
    mail_link_removed()
        "Its link to the identity provider was removed.";
    mail_bypass_new(date)
        "A bypass code was made for it on {date}: whoever has that code can log in without your phone for a while.";
    mail_bypass_used(date)
        "A bypass code has opened it, the last time on {date}.";
    mail_recovery_used(left)
        "A recovery code was used. Recovery codes left: {left}.";
    mail_recovery_few(left)
        "A recovery code was used. Recovery codes left: {left}. Make new ones: otp-setup recovery-codes";
    mail_recovery_new()
        "New recovery codes were made. The former ones open nothing any more.";
    mail_failures(count)
        "{count} {count|code was|codes were} wrong. Whoever tries codes may know your password.";
    mail_not_you()
        "If that was not you, or not at your request, tell your administrator now.";
    mail_no_code()
        "Nobody needs a code or a secret of yours: do not send one in reply to this or any other mail.";
    mail_off()
        "This site sends no mail: the settings have no section [mail].";
    mail_busy()
        "Another otp-setup mail is at work.";
    mail_ledger(path, why)
        "What owners were told cannot be noted: {path}: {why}";
    mail_not_sent(user, command, why)
        "The mail to {user} was not sent, and is tried again at the next look: {command} {why}";
    mail_no_address(user)
        "The name {user} is no mail address: nothing was sent.";
    mail_given_up(count)
        "{count} {count|mail was|mails were} not sent; the rest waits for the next look.";
    mail_unread(count)
        "{count} more could not be looked at.";
}
