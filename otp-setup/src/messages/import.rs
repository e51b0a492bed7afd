//! Imports.

messages! {
    import_taken(issuer, account)
        en "taken: {issuer} ({account})"
        cs "převzato: {issuer} ({account})";
    import_would(issuer, account)
        en "would be taken: {issuer} ({account})"
        cs "převzalo by se: {issuer} ({account})";
    import_with_scratch(what, count)
        en "{what}, with {count} scratch {count|code|codes}"
        cs "{what}, i s nouzovými kódy ({count})";
    import_without_scratch(count)
        en "not {count} more scratch {count|code|codes}: there is no room for them"
        cs "bez dalších nouzových kódů ({count}): už se nevejdou";
    import_without_policy()
        en "not its rate limit, window and reuse, which the site decides about here (insis-otp.toml)"
        cs "bez omezení četnosti, okna a opakování, o nichž zde rozhoduje insis-otp.toml";
    import_without_pin()
        en "not its PIN: there are none here, so that the code alone is asked for"
        cs "bez PINu: ten zde není, a tak se ptá jen na kód";
    import_without_drift()
        en "not the drift of the phone's clock, which was more than an hour"
        cs "bez posunu hodin telefonu, který byl větší než hodina";
    import_counter()
        en "not taken: it is for codes by counter (HOTP); only codes by time (TOTP) are supported"
        cs "nepřevzato: je pro kódy podle počítadla (HOTP); zde jsou jen kódy podle času (TOTP)";
    import_secret(why)
        en "not taken: {why}"
        cs "nepřevzato: {why}";
    import_form()
        en "not taken: it is not of the form that was expected"
        cs "nepřevzato: nemá podobu, která se čekala";
    import_exists()
        en "not taken: there is a pairing already; --replace puts the imported one in its place"
        cs "nepřevzato: spárování už existuje; --replace ho nahradí";
    import_uncommon(algorithm, digits, period)
        en "not taken: {algorithm}, {digits} digits, {period} s: some authenticator apps show wrong codes for \
            these; --force takes it all the same"
        cs "nepřevzato: {algorithm}, číslic: {digits}, {period} s: některé aplikace k tomu ukazují nesprávné kódy; \
            přesto to převezme --force";
    import_no_user()
        en "not taken: there is no such user on this machine"
        cs "nepřevzato: takový uživatel na tomto počítači není";
    import_none()
        en "There is nothing to import."
        cs "Není co převzít.";
    import_which(accounts)
        en "Choose one entry by --entry, by its number, its account or ISSUER:ACCOUNT: {accounts}"
        cs "Vyberte jednu položku pomocí --entry: číslem, účtem nebo VYDAVATEL:ÚČET: {accounts}";
    import_input(from, why)
        en "{from} cannot be read: {why}"
        cs "{from} nelze číst: {why}";
    import_stdin()
        en "standard input"
        cs "standardní vstup";
    import_recovery(count)
        en "{count} {count|person has|people have} no recovery codes yet. To make some: otp-setup recovery-codes"
        cs "{count} {count|člověk zatím nemá|lidé zatím nemají|lidí zatím nemá} záchranné kódy. Vyrobí je: otp-setup recovery-codes";
    import_old_files()
        en "google-authenticator's own files are left as they are. Remove them when no PAM stack uses its module any \
            more: the secret is in them."
        cs "Soubory google-authenticatoru zůstaly, jak byly. Smažte je, až jeho modul nebude v žádném zásobníku PAM: \
            je v nich tajný klíč.";
    import_not_enumerated()
        en "The directory does not list its people: found were those who have a home here, or a file by their \
            name. For anybody else: --user NAME"
        cs "Adresář své lidi nevypisuje: našli se ti, kdo zde mají domovský adresář nebo soubor se svým \
            jménem. Pro kohokoli dalšího: --user JMÉNO";
    import_without_parameter(name)
        en "not its parameter {name}, which has no use here"
        cs "bez parametru {name}, který tu k ničemu není";
    import_without_unknown(count)
        en "not {count} other {count|parameter|parameters}, which {count|is|are} not known here"
        cs "bez dalších parametrů ({count}), které tu nejsou známy";
    import_short()
        en "not taken: its secret has fewer than 128 bits, which RFC 4226 asks for; --force takes it all the same"
        cs "nepřevzato: klíč má méně než 128 bitů, které chce RFC 4226; přesto ho převezme --force";
    import_short_taken()
        en "its secret has fewer than 128 bits, which RFC 4226 asks for: pair the phone anew some day"
        cs "klíč má méně než 128 bitů, které chce RFC 4226: spárujte telefon časem znovu";
    import_other_line(line)
        en "not taken: line {line} is for the same user, and a user has one device here; --entry chooses another line"
        cs "nepřevzato: pro téhož uživatele je řádek {line}, a uživatel tu má jedno zařízení; jiný řádek vybere --entry";
    import_line(line)
        en "line {line}"
        cs "řádek {line}";
    import_not_text()
        en "it is not text (UTF-8); an encrypted export has to be exported anew without encryption"
        cs "není to text (UTF-8); šifrovaný export je třeba udělat znovu bez šifrování";
    import_empty()
        en "it is empty"
        cs "nic tam není";
    import_encrypted(program)
        en "This is an encrypted export ({program}). Export it anew without encryption, to where nobody else can read \
            it, import that, and delete it."
        cs "Tento export je šifrovaný ({program}). Udělejte ho znovu bez šifrování tam, kde ho nikdo jiný nepřečte, \
            převezměte ten a smažte ho.";
    import_xml()
        en "This is KeePassXC's XML. There, choose Database, Export, CSV File, and import that."
        cs "Tohle je XML z KeePassXC. Zvolte v něm Databáze, Exportovat, Soubor CSV a převezměte to.";
    import_other_xml()
        en "This is XML, which is not read. FreeOTP has no export that others can read: pair the phone anew by \
            otp-setup. FreeOTP+ exports JSON, which is read."
        cs "Tohle je XML a to se nečte. FreeOTP nemá export, který by přečetl někdo jiný: spárujte telefon znovu \
            příkazem otp-setup. FreeOTP+ exportuje JSON, a ten se čte.";
    import_binary(from)
        en "{from} is not text. If it is an encrypted backup (andOTP's .json.aes, say), export anew without encryption, \
            to where nobody else can read it, import that, and delete it. If the app has no such export, pair the \
            phone anew by otp-setup."
        cs "{from} není text. Je-li to šifrovaná záloha (třeba .json.aes z andOTP), exportujte znovu bez šifrování tam, \
            kde to nikdo jiný nepřečte, převezměte to a smažte. Nemá-li aplikace takový export, spárujte telefon znovu \
            příkazem otp-setup.";
    import_free_otp(from)
        en "{from} is a backup of FreeOTP (externalBackup.xml). It is encrypted in a form of its own, and is not read. \
            FreeOTP has no other export: pair the phone anew by otp-setup. FreeOTP+ exports JSON, which is read."
        cs "{from} je záloha FreeOTP (externalBackup.xml). Je šifrovaná svým vlastním způsobem a nečte se. Jiný export \
            FreeOTP nemá: spárujte telefon znovu příkazem otp-setup. FreeOTP+ exportuje JSON, a ten se čte.";
    import_keepass(from)
        en "{from} is a database of KeePass, which is encrypted. In KeePassXC, choose Database, Export, CSV File, and \
            import that."
        cs "{from} je databáze KeePass a ta je šifrovaná. V KeePassXC zvolte Databáze, Exportovat, Soubor CSV a \
            převezměte to.";
    import_archive(from)
        en "{from} is an archive. Unpack it to where nobody else can read it, import the file in it, and delete that. If \
            it asks for a password, export anew without one."
        cs "{from} je archiv. Rozbalte ho tam, kde to nikdo jiný nepřečte, převezměte soubor z něj a smažte ho. Chce-li \
            heslo, exportujte znovu bez hesla.";
    import_picture(from)
        en "{from} is a picture. Read the QR code in it: zbarimg -q --raw FILE | otp-setup import --user NAME \
            --app-export -"
        cs "{from} je obrázek. Přečtěte z něj QR kód: zbarimg -q --raw SOUBOR | otp-setup import --user JMÉNO \
            --app-export -";
    import_database(from)
        en "{from} is the database of an app (SQLite), which is not read. Microsoft Authenticator exports nothing that \
            others can read: pair the phone anew by otp-setup."
        cs "{from} je databáze aplikace (SQLite) a ta se nečte. Microsoft Authenticator neexportuje nic, co by přečetl \
            někdo jiný: spárujte telefon znovu příkazem otp-setup.";
    import_closed(program)
        en "This is data of {program}, encrypted. {program} exports nothing that others can read: pair the phone anew by \
            otp-setup."
        cs "To jsou šifrovaná data z {program}. {program} neexportuje nic, co by přečetl někdo jiný: spárujte telefon \
            znovu příkazem otp-setup.";
    import_unknown_form()
        en "This is no export that is known here: a list of otpauth URIs, or an unencrypted export of Aegis, 2FAS, \
            andOTP, Bitwarden, FreeOTP+ (JSON), or KeePassXC (CSV)."
        cs "Takový export zde není znám. Známy jsou: seznam otpauth URI nebo nešifrovaný export z aplikací Aegis, 2FAS, \
            andOTP, Bitwarden, FreeOTP+ (JSON) nebo KeePassXC (CSV).";
}
