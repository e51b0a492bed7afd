//! Enrollment: from the first question to the recovery codes.

messages! {
    // Answers that count as yes and no, besides the English ones.
    words_yes()
        en "yes y"
        cs "ano a";
    words_no()
        en "no n"
        cs "ne n";
    // What may be typed instead of a code, besides the English words: each may be several, with blanks between.
    word_print()
        en "print"
        cs "tisk";
    word_save()
        en "save"
        cs "uložit ulozit";
    word_quit()
        en "quit"
        cs "konec";
    word_help()
        en "help"
        cs "pomoc nápověda napoveda";
    // From here on, what is said.
    prompt_help()
        en "Type what is asked for, then Enter. quit ends without a change (so does Ctrl-C). While the secret or recovery codes \
            are shown, print and save FILE.pdf put them on paper. More: man otp-setup."
        cs "Napište, nač se ptá, a Enter. konec skončí beze změny (i Ctrl-C). Dokud je vidět tajný klíč nebo záchranné kódy, \
            dostanete je na papír pomocí tisk nebo uložit SOUBOR.pdf. Víc: man otp-setup.";
    enroll_title(user, host)
        en "Pairing a phone with the account {user} on {host}"
        cs "Spárování telefonu s účtem {user} na {host}";
    enroll_not_you(user, caller)
        en "This is for {user}, not {caller}: to pair your own phone, run otp-setup without sudo."
        cs "Toto je pro účet {user}, ne {caller}: svůj telefon spárujete příkazem otp-setup bez sudo.";
    enroll_why(digits)
        en "Once that is done, logins here ask for a code of {digits} digits after the password. \
            An authenticator app on your phone shows it; the phone needs no network for that."
        cs "Potom bude přihlášení zde chtít po hesle ještě kód o {digits} číslicích. \
            Ukáže ho ověřovací aplikace v telefonu; ten k tomu nepotřebuje síť.";
    enroll_takes_password()
        en "To make sure that it is you, your password is asked for at the end. The code of an invitation \
            will do as well."
        cs "Nakonec se zeptá na vaše heslo, aby bylo jisté, že jste to vy. Stačí i kód z pozvánky.";
    enroll_takes_invitation()
        en "At the end the invitation code is asked for that your administrator gave you."
        cs "Nakonec se zeptá na kód z pozvánky, který vám dal správce.";
    ask_password()
        en "Your password (not shown), or an invitation code: "
        cs "Vaše heslo (nebude vidět), nebo kód z pozvánky: ";
    ask_invitation()
        en "Invitation code (not shown): "
        cs "Kód z pozvánky (nebude vidět): ";
    enroll_apps()
        en "Such apps are Microsoft Authenticator, Google Authenticator, OTP Auth and Authy. \
            Any other app for time-based codes (RFC 6238, TOTP) will do as well."
        cs "Takové aplikace jsou Microsoft Authenticator, Google Authenticator, OTP Auth a Authy. \
            Poslouží i každá jiná pro časové kódy (RFC 6238, TOTP).";
    enroll_uncommon(algorithm, digits, period, apps)
        en "Codes here are made by {algorithm}, {digits} digits, {period} s. For these, some apps show wrong \
            codes: {apps}."
        cs "Kódy se zde počítají takto: {algorithm}, číslic: {digits}, {period} s. Některé aplikace k tomu \
            ukazují nesprávné kódy: {apps}.";
    enroll_needs_force(algorithm, digits, period, apps)
        en "{algorithm}, {digits} digits, {period} s: some apps show wrong codes for these ({apps}). If yours \
            does not, say --force."
        cs "{algorithm}, číslic: {digits}, {period} s: některé aplikace k tomu ukazují nesprávné kódy ({apps}). \
            Pokud vaše ne, přidejte --force.";
    enroll_already(user, date)
        en "{user} has paired a phone already, on {date}."
        cs "Uživatel {user} už telefon spároval, {date}.";
    enroll_replaces(user)
        en "The new phone takes its place. At the end you prove that you are {user}: by a code of the present \
            phone, or by a recovery code. Until then the present one stays valid."
        cs "Nový telefon nastoupí na jeho místo. Na konci prokážete, že jste {user}: kódem z nynějšího \
            telefonu, nebo záchranným kódem. Do té doby platí ten nynější.";
    enroll_replaces_as_root()
        en "The new phone takes its place; the present one is valid until then."
        cs "Nový telefon nastoupí na jeho místo; nynější platí do té doby.";
    ask_app()
        en "Do you have such an app? [yes/no] "
        cs "Máte takovou aplikaci? [ano/ne] ";
    ask_app_and_proof()
        en "Do you have such an app, and a code as a proof? [yes/no] "
        cs "Máte takovou aplikaci a kód jako důkaz? [ano/ne] ";
    ask_replace()
        en "Replace the present pairing? [yes/no] "
        cs "Nahradit nynější spárování? [ano/ne] ";
    say_yes_or_no()
        en "Please answer yes or no."
        cs "Odpovězte prosím ano, nebo ne.";
    get_an_app()
        en "Install one of these apps from your phone's app store, then run otp-setup again."
        cs "Nainstalujte si některou z nich z obchodu s aplikacemi a spusťte otp-setup znovu.";
    sheet_scan()
        en "In the app, add an account and scan this code."
        cs "V aplikaci přidejte účet a naskenujte tento kód.";
    sheet_microsoft()
        en "Microsoft Authenticator: choose \"Other account (Google, Facebook, etc.)\"."
        cs "Microsoft Authenticator: zvolte „Jiný účet (Google, Facebook atd.)“.";
    sheet_type()
        en "Or type it in:"
        cs "Nebo ho opište:";
    sheet_issuer(issuer)
        en "Issuer: {issuer}"
        cs "Vydavatel: {issuer}";
    sheet_account(account)
        en "Account: {account}"
        cs "Účet: {account}";
    sheet_secret()
        en "Secret:"
        cs "Tajný klíč:";
    sheet_kind()
        en "Type: time-based"
        cs "Typ: podle času";
    sheet_parameters(algorithm, digits, period)
        en "{algorithm}, {digits} digits, {period} s"
        cs "{algorithm}, číslic: {digits}, {period} s";
    view_too_small(columns, rows)
        en "The window is too small for the QR code: enlarge it to {columns} columns and {rows} rows, or type the secret."
        cs "Okno je na QR kód malé: zvětšete ho na {columns} sloupců a {rows} řádků, nebo klíč opište.";
    ask_first()
        en "First code: "
        cs "První kód: ";
    ask_next()
        en "Next code: "
        cs "Další kód: ";
    ask_next_in(wait)
        en "It comes in {wait} s. Next code: "
        cs "Přijde za {wait} s. Další kód: ";
    first_right()
        en "Right. Now wait until the app shows another code, and type that one."
        cs "Správně. Počkejte, až aplikace ukáže další kód, a napište ten.";
    first_wrong(issuer, account)
        en "That is not a code of this secret. Look for the entry {issuer} ({account}) in the app; \
            an older one of the same name has other codes. Is the phone's time set automatically?"
        cs "To není kód tohoto klíče. Najděte v aplikaci položku {issuer} ({account}); \
            starší téhož jména má jiné kódy. Nastavuje si telefon čas sám?";
    next_same()
        en "That is the same code again. Wait until the app shows another."
        cs "To je tentýž kód. Počkejte, až aplikace ukáže další.";
    next_skipped()
        en "Both codes are right, but they do not follow each other. Type the one that comes next."
        cs "Oba kódy jsou správné, ale nejdou hned po sobě. Napište ten, který přijde teď.";
    next_wrong()
        en "That is not the code that comes next. Try again with the one that the app shows now."
        cs "To není kód, který následuje. Zkuste ten, který aplikace ukazuje teď.";
    next_wrong_again()
        en "That is not it either. Start again with the code that the app shows now."
        cs "Ani to není on. Začněte znovu kódem, který aplikace ukazuje teď.";
    perhaps_parameters(algorithm, digits, period)
        en "Perhaps the app takes no notice of {algorithm}, {digits} digits, {period} s: some do not."
        cs "Možná aplikace nedbá na {algorithm}, číslic: {digits}, {period} s: některé nedbají.";
    clock_far_slow(length, time)
        en "Right, but your phone is about {length} slow: once its clock is set, codes would be refused. Set its time to \
            automatic now (here it is {time}), then begin again with the code that the app shows. If it cannot be \
            set: type quit, and run this again with --force."
        cs "Správně, ale váš telefon jde asi o {length} pozadu: až se jeho hodiny seřídí, kódy by neplatily. Nastavte \
            v něm teď automatický čas (tady je {time}) a začněte znovu kódem, který aplikace ukazuje. Nejde-li to, \
            napište konec a spusťte to znovu s --force.";
    clock_far_fast(length, time)
        en "Right, but your phone is about {length} fast: once its clock is set, codes would be refused. Set its time to \
            automatic now (here it is {time}), then begin again with the code that the app shows. If it cannot be \
            set: type quit, and run this again with --force."
        cs "Správně, ale váš telefon jde asi o {length} napřed: až se jeho hodiny seřídí, kódy by neplatily. Nastavte \
            v něm teď automatický čas (tady je {time}) a začněte znovu kódem, který aplikace ukazuje. Nejde-li to, \
            napište konec a spusťte to znovu s --force.";
    drift_slow(length)
        en "Your phone is about {length} slow; that is allowed for."
        cs "Váš telefon jde asi o {length} pozadu; s tím se počítá.";
    drift_fast(length)
        en "Your phone is about {length} fast; that is allowed for."
        cs "Váš telefon jde asi o {length} napřed; s tím se počítá.";
    enrolled(user)
        en "The phone is paired with {user}."
        cs "Telefon je spárován s účtem {user}.";
    enrolled_next_login(prompt)
        en "At the next login, type your password first, and at \"{prompt}\" the code that the app shows then."
        cs "Při příštím přihlášení napište nejdřív heslo a na otázku „{prompt}“ kód, který aplikace právě ukazuje.";
    recovery_title()
        en "Recovery codes"
        cs "Záchranné kódy";
    recovery_why()
        en "For the day without the phone: each opens one login in place of a code."
        cs "Pro den bez telefonu: každý poslouží jednou místo kódu z aplikace.";
    recovery_how()
        en "Write them down or print them, and keep them off this computer. They are not shown again; \
            \"otp-setup recovery-codes\" makes new ones."
        cs "Opište si je nebo vytiskněte a nenechávejte je v tomto počítači. Znovu se neukážou; \
            nové vyrobí „otp-setup recovery-codes“.";
    ask_enter_to_clear()
        en "Press Enter when you have them; the screen is then cleared. "
        cs "Až je budete mít, stiskněte Enter; obrazovka se pak smaže. ";
    recovery_enter()
        en "Press Enter alone when you have them, or type print, or save FILE.pdf: they are not shown again."
        cs "Až je budete mít, stiskněte samotný Enter; nebo napište tisk, či uložit SOUBOR.pdf. Znovu se neukážou.";
    recovery_old_void()
        en "All former recovery codes are void, also those on a page from earlier: cross them out there. Its QR code and \
            secret stay good."
        cs "Všechny dosavadní záchranné kódy přestaly platit, i ty na dřívější stránce: škrtněte je tam. Její QR kód a tajný \
            klíč platí dál.";
}
