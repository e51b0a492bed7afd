//! Bypass codes.

messages! {
    bypass_code(user, code)
        "Bypass code for {user}: {code}";
    bypass_how(user, uses, until)
        "In place of a code it lets {user} log in {uses} {uses|time|times} until {until}, and does nothing else. Give it to nobody \
            but {user}, who is told of it at the next login by a code. A former bypass code is void.";
    bypass_revoked(user)
        "{user} has no bypass code now.";
    bypass_not_enrolled(user, invite)
        "{user} has no paired phone, and so no code to bypass. What {user} needs is an invitation: {invite}";
    status_bypass(uses, until)
        "Bypass code:           good for {uses} {uses|login|logins} until {until}";
    list_bypass(uses, until)
        "bypass code: {uses}, until {until}";
    roster_bypass(count)
        "{count} {count|has|have} a bypass code that can be used.";
    verified_bypass(left)
        "Right: that was a bypass code. It opens {left} more {left|login|logins}.";
}
