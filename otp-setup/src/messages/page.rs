//! The page to keep safe.

messages! {
    page_heading()
        en "Spare key for your login codes"
        cs "Náhradní klíč k přihlašovacím kódům";
    page_whose(user, host)
        en "{user} on {host}"
        cs "{user} na {host}";
    page_warning()
        en "Whoever holds this page holds the second factor of this account. Keep it like a passport: locked \
            away, not with the password, and not on a computer."
        cs "Kdo má tuto stránku, má druhý faktor tohoto účtu. Chraňte ji jako pas: pod zámkem, jinde než heslo \
            a mimo počítač.";
    page_phone()
        en "To set up a phone"
        cs "Nastavení telefonu";
    page_scan()
        en "In the authenticator app, add an account and scan the code, or type in what stands beside it. \
            In Microsoft Authenticator, choose “Other account (Google, Facebook, etc.)”."
        cs "V ověřovací aplikaci přidejte účet a naskenujte kód, nebo opište, co je vedle něj. \
            V aplikaci Microsoft Authenticator zvolte „Jiný účet (Google, Facebook atd.)“.";
    page_issuer()
        en "Issuer"
        cs "Vydavatel";
    page_account()
        en "Account"
        cs "Účet";
    page_secret()
        en "Secret"
        cs "Tajný klíč";
    page_kind()
        en "Type"
        cs "Typ";
    page_parameters(algorithm, digits, period)
        en "time-based, {algorithm}, {digits} digits, {period} s"
        cs "podle času, {algorithm}, číslic: {digits}, {period} s";
    page_recovery()
        en "Each opens one login in place of a code, and is a proof for otp-setup. Tick off the used ones."
        cs "Každý poslouží jednou při přihlášení místo kódu, a také v otp-setup. Použité odškrtněte.";
    page_uses()
        en "What it is for"
        cs "K čemu to je";
    page_forgotten()
        en "Phone forgotten"
        cs "Telefon doma";
    page_forgotten_do()
        en "Log in with your password and, in place of the code, a recovery code."
        cs "Přihlaste se heslem a místo kódu záchranným kódem.";
    page_new()
        en "New phone"
        cs "Nový telefon";
    page_new_do()
        en "Scan the code with the new phone. Then delete the entry on the old one."
        cs "Naskenujte kód novým telefonem. Na starém pak položku smažte.";
    page_lost()
        en "Phone or page lost"
        cs "Telefon či list ztracen";
    page_lost_do()
        en "Log in, with a recovery code if need be, and run “otp-setup replace”: it makes a new secret. The old \
            one, and this page, are good for nothing from then on."
        cs "Přihlaste se, třeba záchranným kódem, a spusťte „otp-setup replace“: vyrobí nový klíč. Starý, i tato \
            stránka, pak neplatí.";
    page_help()
        en "Help"
        cs "Pomoc";
    page_footer(date)
        en "Made on {date} by otp-setup. Good once the pairing is complete, and until the next one."
        cs "Vyrobeno {date} programem otp-setup. Platí od dokončení spárování do příštího.";
    page_footer_recovery(date)
        en "Made on {date} by otp-setup. Good until new recovery codes are made, or another phone is paired."
        cs "Vyrobeno {date} programem otp-setup. Platí do vyrobení nových záchranných kódů nebo do příštího spárování.";
    page_is_there(path)
        en "{path} exists already"
        cs "{path} už existuje";
    page_offer()
        en "To keep it on paper, type print, or save page.pdf (.png, .svg, .txt)."
        cs "Na papír: napište tisk, nebo uložit SOUBOR.pdf (.png, .svg, .txt).";
    page_printed()
        en "The page is on its way to the printer. It is good once the pairing is complete."
        cs "Stránka je na cestě k tiskárně. Platí, až bude spárování dokončeno.";
    page_saved(path)
        en "Saved as {path}. Print it, then delete the file."
        cs "Uloženo do {path}. Vytiskněte to a soubor smažte.";
    page_exists(path)
        en "{path} is there already. Write over it? [yes/no] "
        cs "{path} už existuje. Přepsat? [ano/ne] ";
    page_form()
        en "The file's name has to end in .pdf, .png, .svg or .txt."
        cs "Jméno souboru musí končit na .pdf, .png, .svg nebo .txt.";
    page_drawing()
        en "The page cannot be drawn. Write the secret down by hand."
        cs "Stránku nelze nakreslit. Opište si klíč rukou.";
    page_no_printer()
        en "There is no printing system here (lp). Type save page.pdf instead."
        cs "Není zde tiskový systém (lp). Napište místo toho uložit SOUBOR.pdf.";
    page_not_printed(why)
        en "It was not printed: {why}. lpstat -e lists the printers, lpoptions -d NAME makes one the default. \
            Then type print again, or save page.pdf instead."
        cs "Nevytisklo se: {why}. Tiskárny vypíše lpstat -e, výchozí určí lpoptions -d JMÉNO. Potom napište \
            znovu tisk, nebo místo toho uložit SOUBOR.pdf.";
    page_failed(why)
        en "It did not work: {why}"
        cs "Nepovedlo se: {why}";
    page_void()
        en "The page that you printed or saved is void; destroy it."
        cs "Vytištěná nebo uložená stránka neplatí; zničte ji.";
}
