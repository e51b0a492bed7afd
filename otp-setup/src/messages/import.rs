//! Imports.

messages! {
    import_taken(issuer, account)
        "taken: {issuer} ({account})";
    import_would(issuer, account)
        "would be taken: {issuer} ({account})";
    import_with_scratch(what, count)
        "{what}, with {count} scratch {count|code|codes}";
    import_without_scratch(count)
        "not {count} more scratch {count|code|codes}: there is no room for them";
    import_without_policy()
        "not its rate limit, window and reuse, which the site decides about here (insis-otp.toml)";
    import_without_pin()
        "not its PIN: there are none here, so that the code alone is asked for";
    import_without_drift()
        "not the drift of the phone's clock, which was more than an hour";
    import_counter()
        "not taken: it is for codes by counter (HOTP); only codes by time (TOTP) are supported";
    import_secret(why)
        "not taken: {why}";
    import_form()
        "not taken: it is not of the form that was expected";
    import_exists()
        "not taken: there is a pairing already; --replace puts the imported one in its place";
    import_uncommon(algorithm, digits, period)
        "not taken: {algorithm}, {digits} digits, {period} s: some authenticator apps show wrong codes for \
            these; --force takes it all the same";
    import_no_user()
        "not taken: there is no such user on this machine";
    import_none()
        "There is nothing to import.";
    import_which(accounts)
        "Choose one entry by --entry, by its number, its account or ISSUER:ACCOUNT: {accounts}";
    import_input(from, why)
        "{from} cannot be read: {why}";
    import_stdin()
        "standard input";
    import_recovery(count)
        "{count} {count|person has|people have} no recovery codes yet. To make some: otp-setup recovery-codes";
    import_old_files()
        "google-authenticator's own files are left as they are. Remove them when no PAM stack uses its module any \
            more: the secret is in them.";
    import_not_enumerated()
        "The directory does not list its people: found were those who have a home here, or a file by their \
            name. For anybody else: --user NAME";
    import_without_parameter(name)
        "not its parameter {name}, which has no use here";
    import_without_unknown(count)
        "not {count} other {count|parameter|parameters}, which {count|is|are} not known here";
    import_short()
        "not taken: its secret has fewer than 128 bits, which RFC 4226 asks for; --force takes it all the same";
    import_short_taken()
        "its secret has fewer than 128 bits, which RFC 4226 asks for: pair the phone anew some day";
    import_other_line(line)
        "not taken: line {line} is for the same user, and a user has one device here; --entry chooses another line";
    import_line(line)
        "line {line}";
    import_not_text()
        "it is not text (UTF-8); an encrypted export has to be exported anew without encryption";
    import_empty()
        "it is empty";
    import_encrypted(program)
        "This is an encrypted export ({program}). Export it anew without encryption, to where nobody else can read \
            it, import that, and delete it.";
    import_xml()
        "This is KeePassXC's XML. There, choose Database, Export, CSV File, and import that.";
    import_other_xml()
        "This is XML, which is not read. FreeOTP has no export that others can read: pair the phone anew by \
            otp-setup. FreeOTP+ exports JSON, which is read.";
    import_binary(from)
        "{from} is not text. If it is an encrypted backup (andOTP's .json.aes, say), export anew without encryption, \
            to where nobody else can read it, import that, and delete it. If the app has no such export, pair the \
            phone anew by otp-setup.";
    import_free_otp(from)
        "{from} is a backup of FreeOTP (externalBackup.xml). It is encrypted in a form of its own, and is not read. \
            FreeOTP has no other export: pair the phone anew by otp-setup. FreeOTP+ exports JSON, which is read.";
    import_keepass(from)
        "{from} is a database of KeePass, which is encrypted. In KeePassXC, choose Database, Export, CSV File, and \
            import that.";
    import_archive(from)
        "{from} is an archive. Unpack it to where nobody else can read it, import the file in it, and delete that. If \
            it asks for a password, export anew without one.";
    import_picture(from)
        "{from} is a picture. Read the QR code in it: zbarimg -q --raw FILE | otp-setup import --user NAME \
            --app-export -";
    import_database(from)
        "{from} is the database of an app (SQLite), which is not read. Microsoft Authenticator exports nothing that \
            others can read: pair the phone anew by otp-setup.";
    import_closed(program)
        "This is data of {program}, encrypted. {program} exports nothing that others can read: pair the phone anew by \
            otp-setup.";
    import_unknown_form()
        "This is no export that is known here: a list of otpauth URIs, or an unencrypted export of Aegis, 2FAS, \
            andOTP, Bitwarden, FreeOTP+ (JSON), or KeePassXC (CSV).";
}
