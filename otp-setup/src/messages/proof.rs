//! Codes, proofs, and what is wrong with them.

messages! {
    code_has_digits(digits)
        en "A code has {digits} digits. Type the one that the app shows."
        cs "Kód má {digits} číslic. Napište ten, který aplikace ukazuje.";
    code_plain_digits()
        en "Please type plain digits, 0 to 9."
        cs "Pište prosím obyčejné číslice 0 až 9.";
    code_characters()
        en "That is not a code: it has digits only."
        cs "To není kód: ten má jen číslice.";
    proof_why()
        en "Now prove that it is you: type a code of the present phone, or a recovery code."
        cs "Teď prokažte, že jste to vy: napište kód z nynějšího telefonu, nebo záchranný kód.";
    proof_old_phone()
        en "Take the code of the present phone, not of the new one."
        cs "Vezměte kód z nynějšího telefonu, ne z nového.";
    ask_proof()
        en "Code or recovery code: "
        cs "Kód nebo záchranný kód: ";
    proof_needed()
        en "This needs a code of the phone, or a recovery code."
        cs "K tomu je potřeba kód z telefonu, nebo záchranný kód.";
    refused_wrong()
        en "Wrong code. If it was right, type two consecutive codes."
        cs "Nesprávný kód. Pokud byl správný, napište dva kódy po sobě.";
    refused_used(wait)
        en "That code was used before. The next one comes in {wait}."
        cs "Ten kód už byl použit. Další přijde za {wait}.";
    refused_used_now()
        en "That code was used before. Type the one that the app shows now."
        cs "Ten kód už byl použit. Napište ten, který aplikace ukazuje teď.";
    refused_clock_ahead()
        en "This machine's clock was wrong. Type two consecutive codes, or a recovery code."
        cs "Hodiny tohoto počítače šly špatně. Napište dva kódy po sobě, nebo záchranný kód.";
    refused_recovery_spent()
        en "That recovery code was used before."
        cs "Ten záchranný kód už byl použit.";
    refused_throttled(wait)
        en "Too many wrong codes: wait {wait}, or type two consecutive codes or a recovery code."
        cs "Příliš mnoho nesprávných kódů: počkejte {wait}, nebo napište dva kódy po sobě či záchranný kód.";
    refused_too_soon(wait)
        en "Not checked: too many tries. Type a recovery code, or wait {wait}."
        cs "Nezkontrolováno: příliš mnoho pokusů. Napište záchranný kód, nebo počkejte {wait}.";
    refused_used_up()
        en "Too many wrong codes in a row: type two consecutive codes, or a recovery code."
        cs "Příliš mnoho nesprávných kódů po sobě: napište dva kódy po sobě, nebo záchranný kód.";
    refused_length()
        en "That has not the length of a code."
        cs "Takovou délku kód nemá.";
    refused_foreign_digits()
        en "Please type plain digits, 0 to 9."
        cs "Pište prosím obyčejné číslice 0 až 9.";
    refused_characters()
        en "That is neither a code nor a recovery code."
        cs "To není kód ani záchranný kód.";
    verified()
        en "Right: a login with this code would be let in. The code is used up."
        cs "Správně: přihlášení s tímto kódem by prošlo. Kód je spotřebován.";
    verified_two_codes(steps)
        en "Right: a login with these codes would be let in. They are used up; the phone was {steps} steps off."
        cs "Správně: přihlášení s těmito kódy by prošlo. Jsou spotřebovány; posun telefonu v krocích: {steps}.";
    verified_recovery(left)
        en "Right: this recovery code is used up. {left} {left|is|are} left."
        cs "Správně: tento záchranný kód je spotřebován. Zbývá: {left}.";
    failures_since(count)
        en "{count} failed {count|code|codes} since the last login."
        cs "Od posledního přihlášení {count|byl|byly|bylo} {count} {count|nesprávný kód|nesprávné kódy|nesprávných kódů}.";
    resync_how()
        en "Type the code that the app shows now; then the one that it shows next."
        cs "Napište kód, který aplikace ukazuje teď; potom ten, který ukáže jako další.";
    resynced_exact()
        en "The phone's clock is right."
        cs "Hodiny telefonu jdou správně.";
    resync_wrong()
        en "These are not two consecutive codes, each typed when the phone showed it. Once more."
        cs "To nejsou dva kódy po sobě, každý napsaný, když ho telefon ukazoval. Ještě jednou.";
    resync_by_login()
        en "If the phone was fast when it was paired and is right now, its codes count as used for as long as it was fast. \
            Two codes in a row set that right at once: at a login, or by otp-setup verify."
        cs "Jestliže šel telefon při párování napřed a teď jde správně, berou se jeho kódy jako použité tak dlouho, o kolik \
            šel napřed. Hned to napraví dva kódy po sobě: při přihlášení, nebo v otp-setup verify.";
}
