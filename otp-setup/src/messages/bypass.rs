//! Bypass codes.

messages! {
    bypass_code(user, code)
        en "Bypass code for {user}: {code}"
        cs "Náhradní kód pro uživatele {user}: {code}";
    bypass_how(user, uses, until)
        en "In place of a code it lets {user} log in {uses} {uses|time|times} until {until}, and does nothing else. Give it to nobody \
            but {user}, who is told of it at the next login by a code. A former bypass code is void."
        cs "Místo kódu uživatele {user} do {until} přihlásí {uses}krát a k ničemu jinému není. Nedávejte ho nikomu jinému; \
            {user} se o něm dozví při příštím přihlášení kódem. Dřívější náhradní kód neplatí.";
    bypass_revoked(user)
        en "{user} has no bypass code now."
        cs "Uživatel {user} teď nemá žádný náhradní kód.";
    bypass_not_enrolled(user, invite)
        en "{user} has no paired phone, and so no code to bypass. What {user} needs is an invitation: {invite}"
        cs "{user} nemá spárovaný telefon, takže není co nahrazovat. Potřebuje pozvánku: {invite}";
    status_bypass(uses, until)
        en "Bypass code:           good for {uses} {uses|login|logins} until {until}"
        cs "Náhradní kód:               přihlásí ještě {uses}krát, do {until}";
    list_bypass(uses, until)
        en "bypass code: {uses}, until {until}"
        cs "náhradní kód: {uses}, do {until}";
    roster_bypass(count)
        en "{count} {count|has|have} a bypass code that can be used."
        cs "{count} {count|má|mají|má} náhradní kód, který lze použít.";
    verified_bypass(left)
        en "Right: that was a bypass code. It opens {left} more {left|login|logins}."
        cs "Správně: to byl náhradní kód. Přihlásí ještě {left}krát.";
}
