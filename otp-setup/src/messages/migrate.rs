//! Moving pairings between secret files and the directory.

messages! {
    migrate_whom()
        en "Say whose: --user NAME, or --all"
        cs "Řekněte čí: --user JMÉNO, nebo --all";
    migrate_no_fleet()
        en "There is no directory here: /etc/security/insis-otp.toml has no section [fleet]."
        cs "Žádný adresář LDAP tu není: /etc/security/insis-otp.toml nemá oddíl [fleet].";
    migrate_would(moved, before)
        en "{moved} {moved|pairing|pairings} would be moved, {before} {before|is|are} there already. Nothing was changed."
        cs "Přesunulo by se spárování: {moved}; už tam jsou: {before}. Nic se nezměnilo.";
    migrate_done(moved, before)
        en "{moved} {moved|pairing|pairings} moved, {before} {before|was|were} there already."
        cs "Přesunuto spárování: {moved}; už tam byla: {before}.";
    migrate_resumed(count)
        en "{count} of them had been begun before."
        cs "Z nich dříve začatých: {count}.";
    migrate_break_glass(user)
        en "{user} is a break-glass user and stays in a secret file."
        cs "{user} je pro případ nouze a zůstává v souboru s klíčem.";
    migrate_no_account(count)
        en "{count} {count|has|have} no account on this machine and {count|stays|stay} where they are."
        cs "Účet na tomto počítači nemá, a tak zůstává: {count}.";
    migrate_switch(store)
        en "Here nobody who was moved gets in until /etc/security/insis-otp.toml has: store = \"{store}\""
        cs "Kdo byl přesunut, se sem nedostane, dokud v /etc/security/insis-otp.toml nebude: store = \"{store}\"";
    migrate_again()
        en "Then run the same command again: it removes what is left of them here."
        cs "Potom spusťte týž příkaz znovu: odstraní, co po nich zbylo.";
    migrate_failed(count)
        en "{count} {count|was|were} not moved. What was moved stays; the same command goes on from there."
        cs "Nepřesunuto: {count}. Co je přesunuto, zůstává; týž příkaz pokračuje odtud.";
    migrate_other_device()
        en "another phone is paired there. Remove one of the two pairings first."
        cs "tam je spárován jiný telefon. Nejdřív jedno z obou spárování odstraňte.";
    migrate_both()
        en "the same phone is paired in both, and both take its codes: one is an old copy. Remove that with otp-setup remove."
        cs "týž telefon je spárován v obou a obě berou jeho kódy: jedno je stará kopie. Odstraňte ji pomocí otp-setup remove.";
    migrate_elsewhere()
        en "it is closed here and not open there: the move was begun on another machine (end it there), or the pairing was removed \
            since. Then otp-setup remove, and pair anew."
        cs "zde je zavřeno a tam není otevřeno: přesun začal na jiném počítači (dokončete ho tam), nebo bylo spárování mezitím \
            odstraněno. Pak otp-setup remove a spárovat znovu.";
    migrate_not_proved()
        en "what was read back is not what was written. The pairing is where it was."
        cs "přečetlo se něco jiného, než se zapsalo. Spárování je, kde bylo.";
    migrate_in_use()
        en "somebody keeps trying codes. Run the same command again."
        cs "někdo pořád zkouší kódy. Spusťte týž příkaz znovu.";
}
