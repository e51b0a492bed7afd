//! The other commands.

messages! {
    removed(user)
        en "The pairing of {user} is removed. Its entry in the app is of no more use; delete it there."
        cs "Spárování uživatele {user} je odstraněno. Položka v aplikaci už k ničemu není; smažte ji tam.";
    remove_why(user)
        en "This site may let nobody in who has no pairing: {user} could be locked out."
        cs "Podle zdejších pravidel se {user} bez spárování možná nepřihlásí.";
    ask_remove(user)
        en "Remove the pairing of {user}? [yes/no] "
        cs "Odstranit spárování uživatele {user}? [ano/ne] ";
    forgotten(user)
        en "{user} is asked for a code again, wherever the next login comes from."
        cs "Uživatel {user} bude zase odkudkoli požádán o kód.";
    unlocked_damaged(user)
        en "It was damaged, and which recovery codes are used is not known any more: none of them counts. New ones: otp-setup recovery-codes --user {user}"
        cs "Stav byl poškozený a nedá se zjistit, které záchranné kódy jsou použité: neplatí žádný. Nové: otp-setup recovery-codes --user {user}";
    unlocked(user)
        en "{user} is unlocked: codes are checked again at once."
        cs "Uživatel {user} je odblokován: kódy se zase kontrolují hned.";
    moved(old, user)
        en "The pairing of {old} is {user}'s now. The entry in the app keeps its name, and its codes."
        cs "Spárování uživatele {old} teď patří uživateli {user}. Položka v aplikaci má dál své jméno a své kódy.";
    move_exists(user)
        en "{user} has a pairing already. Nothing was changed; remove one of them first."
        cs "{user} už spárování má. Nic se nezměnilo; nejdřív jedno z nich odstraňte.";
    move_two_stores(old, user)
        en "One of {old} and {user} is in break_glass_users, the other is not: their enrollments are not kept in the same place. \
            Nothing was changed; enroll {user} anew."
        cs "Jedno ze jmen {old} a {user} je v break_glass_users, druhé ne: jejich záznamy nejsou na stejném místě. \
            Nic se nezměnilo; spárujte uživatele {user} znovu.";
    move_still_there(old)
        en "{old} is still a user of this machine. This is for afterwards: usermod --login NEW {old}"
        cs "{old} na tomto počítači stále je. Tohle je na potom: usermod --login NOVÉ {old}";
    status_not_enrolled(user)
        en "{user}: not paired"
        cs "{user}: nespárováno";
    status_enrolled(user, date)
        en "{user}: paired on {date}"
        cs "{user}: spárováno {date}";
    status_app(issuer, account)
        en "Entry in the app:      {issuer} ({account})"
        cs "Položka v aplikaci:         {issuer} ({account})";
    status_parameters(algorithm, digits, period)
        en "Parameters:            {algorithm}, {digits} digits, {period} s"
        cs "Parametry:                  {algorithm}, číslic: {digits}, {period} s";
    status_last_login(date)
        en "Last login by code:    {date}"
        cs "Poslední přihlášení kódem:  {date}";
    status_never_login()
        en "Last login by code:    none yet"
        cs "Poslední přihlášení kódem:  zatím žádné";
    status_failures(count)
        en "Failed codes since:    {count}"
        cs "Nesprávné kódy od té doby:  {count}";
    status_throttled(wait)
        en "Delayed for:           {wait}, after too many wrong codes"
        cs "Pozdrženo na:               {wait}, po příliš mnoha nesprávných kódech";
    status_single_codes()
        en "Single codes:          not accepted any more; two codes in a row, or a recovery code are"
        cs "Jednotlivé kódy:            už se nepřijímají; dva kódy po sobě nebo záchranný kód ano";
    status_slow(length)
        en "Phone's clock:         about {length} slow, which is allowed for"
        cs "Hodiny telefonu:            asi o {length} pozadu, s tím se počítá";
    status_fast(length)
        en "Phone's clock:         about {length} fast, which is allowed for"
        cs "Hodiny telefonu:            asi o {length} napřed, s tím se počítá";
    status_remembered(count, date)
        en "Remembered clients:    {count}, the last on {date} (otp-setup forget)"
        cs "Zapamatovaná místa:         {count}, naposledy {date} (otp-setup forget)";
    status_recovery(left)
        en "Recovery codes left:   {left}"
        cs "Zbývá záchranných kódů:     {left}";
    status_recovery_few()
        en "Few recovery codes are left. Make new ones: otp-setup recovery-codes"
        cs "Záchranných kódů zbývá málo. Nové vyrobí: otp-setup recovery-codes";
    need_user()
        en "Say for whom: --user NAME"
        cs "Řekněte pro koho: --user JMÉNO";
    list_head()
        en "USER             PAIRED      LAST CODE         FAILED  DELAY    RECOVERY"
        cs "UŽIVATEL         SPÁROVÁNO   POSLEDNÍ KÓD      CHYB    POZDRŽEN ZÁCHRANNÝCH";
    list_never()
        en "never"
        cs "nikdy";
    list_linked()
        en "no phone, signs in with the identity provider"
        cs "bez telefonu, hlásí se přes poskytovatele identity";
    list_none()
        en "Nobody is paired."
        cs "Nikdo není spárován.";
    list_unanswered(path, why)
        en "{path}: the user database does not say whose it is: {why}"
        cs "{path}: databáze uživatelů neříká, čí je: {why}";
}
