//! The help.

messages! {
    help_no_command()
        en "Without a command, otp-setup pairs a phone."
        cs "Bez příkazu otp-setup spáruje telefon.";
    help_statuses()
        en "Exit status: 0 done; 1 refused or declined; 2 wrong usage; 3 there is no pairing; 4 there is one \
            already; 5 the store, the configuration or the helper cannot be used; 128+N ended by signal N. \
            Whatever is not 0 has changed nothing, or says so. doctor: 0 sound; 1 warnings; 6 problems."
        cs "Návratová hodnota: 0 hotovo; 1 odmítnuto, nebo jste řekli ne; 2 nesprávné použití; 3 spárování \
            neexistuje; 4 už existuje; 5 úložiště, konfiguraci nebo pomocníka nelze použít; 128+N konec \
            signálem N. Co není 0, nic nezměnilo, nebo to řekne. doctor: 0 v pořádku; 1 varování; 6 závady.";
    help_choice(values)
        en "[possible values: {values}]"
        cs "[možné hodnoty: {values}]";
}

// What is looked up by its name: headings, and what is said of commands, arguments and their values.
named! {
    heading_usage en "Usage:" cs "Použití:";
    heading_commands en "Commands" cs "Příkazy";
    heading_arguments en "Arguments" cs "Argumenty";
    heading_options en "Options" cs "Přepínače";
    about_otp_setup
        en "Pairs a phone with a Unix account, and looks after the pairing"
        cs "Spáruje telefon s unixovým účtem a stará se o spárování";
    about_pair
        en "Pair a phone: what otp-setup does without a command"
        cs "Spárovat telefon: to, co otp-setup dělá bez příkazu";
    about_replace
        en "Pair another phone instead; takes a code of the present one, or a recovery code"
        cs "Spárovat místo něj jiný telefon; chce kód z nynějšího, nebo záchranný kód";
    about_status en "Say what is paired" cs "Říct, co je spárováno";
    about_verify en "Try a code, as a login would; it is used up" cs "Vyzkoušet kód jako při přihlášení; spotřebuje se";
    about_recovery_codes
        en "Make new recovery codes instead of all former ones"
        cs "Vyrobit nové záchranné kódy místo všech dosavadních";
    about_resync
        en "Learn anew how far the phone's clock is off, from two consecutive codes"
        cs "Znovu zjistit, o kolik jdou hodiny telefonu špatně, ze dvou kódů po sobě";
    about_remove en "Remove the pairing" cs "Odstranit spárování";
    about_forget
        en "Ask for a code again everywhere, also where this site would not for a while"
        cs "Chtít zase kód odkudkoli, i tam, kde by se na něj chvíli neptalo";
    about_unlock
        en "End a delay after wrong codes, and mend a damaged state (root only)"
        cs "Ukončit zdržení po nesprávných kódech a opravit poškozený stav (jen root)";
    about_invite
        en "Make a one-time code with which somebody pairs a first phone (root only)"
        cs "Vyrobit jednorázový kód, se kterým si někdo spáruje první telefon (jen root)";
    about_bypass
        en "Make a code with which somebody whose phone is lost logs in for a while (root only)"
        cs "Vyrobit kód, se kterým se někdo bez telefonu chvíli přihlásí (jen root)";
    about_helpdesk
        en "Help somebody as a member of the help desk, by sudo"
        cs "Pomoci někomu jako člen podpory uživatelů, přes sudo";
    about_helpdesk_unlock
        en "End a delay after wrong codes, and mend a damaged state"
        cs "Ukončit zdržení po nesprávných kódech a opravit poškozený stav";
    about_helpdesk_invite
        en "Make a one-time code with which somebody pairs a first phone"
        cs "Vyrobit jednorázový kód, se kterým si někdo spáruje první telefon";
    about_helpdesk_bypass
        en "Make a code with which somebody whose phone is lost logs in for a while"
        cs "Vyrobit kód, se kterým se někdo bez telefonu chvíli přihlásí";
    about_link
        en "Link your account to who signs in with the identity provider; root links any account"
        cs "Propojit svůj účet s tím, kdo se přihlásí přes poskytovatele identity; root kterýkoli";
    about_unlink
        en "Remove the link of your account, or, as root, of any"
        cs "Zrušit propojení svého účtu, root kteréhokoli";
    about_idp_test
        en "Sign in with the identity provider once, and say what was seen"
        cs "Přihlásit se jednou přes poskytovatele identity a říct, co je vidět";
    about_list en "List who is paired (root only)" cs "Vypsat, kdo je spárován (jen root)";
    about_report en "Report who has a second factor and who has not, of all people (root only)" cs "Vypsat, kdo ze všech lidí má druhý faktor a kdo ne (jen root)";
    about_completions
        en "Write completions for a shell to standard output"
        cs "Napsat na standardní výstup doplňování pro shell";
    about_doctor
        en "Look for what would lock people out, or let them in without a code"
        cs "Hledat, co by lidi nepustilo, nebo je pustilo bez kódu";
    about_move
        en "Let a pairing follow its user to another name, after usermod --login (root only)"
        cs "Převést spárování na nové jméno uživatele, po usermod --login (jen root)";
    about_migrate
        en "Move pairings between secret files and the directory, with all that is used up (root only)"
        cs "Přesunout spárování mezi soubory s klíči a adresářem LDAP, i s tím, co je spotřebováno (jen root)";
    about_import
        en "Enroll users with secrets that exist already (root only)"
        cs "Převzít uživatele s klíči, které už mají (jen root)";
    about_export
        en "Write a user's otpauth URI to standard output: it is the secret (root only)"
        cs "Napsat otpauth URI uživatele na standardní výstup: je to tajný klíč (jen root)";
    about_help en "Say how otp-setup or a command of it is used" cs "Říct, jak se používá otp-setup nebo jeho příkaz";
    help_text en "Show the secret as text only, without a QR code" cs "Ukázat klíč jen jako text, bez QR kódu";
    help_ascii
        en "Draw the QR code with blanks only, for terminals without block letters"
        cs "Kreslit QR kód jen mezerami, pro terminály bez blokových znaků";
    help_yes en "Answer yes where the question is yes or no" cs "Odpovídat ano tam, kde se ptá ano, nebo ne";
    help_print
        en "Print the page to keep safe, on the default printer"
        cs "Vytisknout stránku do úschovy na výchozí tiskárně";
    help_save
        en "Save the page to keep safe: .pdf, .png, .svg or .txt"
        cs "Uložit stránku do úschovy: .pdf, .png, .svg nebo .txt";
    help_recovery_codes_print
        en "Print the new codes on the default printer"
        cs "Vytisknout nové kódy na výchozí tiskárně";
    help_recovery_codes_save
        en "Save the new codes: .pdf, .png, .svg or .txt"
        cs "Uložit nové kódy: .pdf, .png, .svg nebo .txt";
    help_algorithm
        en "Hash of the codes, instead of the site's: SHA1, SHA256, SHA512"
        cs "Hash kódů místo zdejšího: SHA1, SHA256, SHA512";
    help_digits en "Digits of a code, instead of the site's: 6, 7, 8" cs "Kolik má kód číslic, místo zdejšího: 6, 7, 8";
    help_period
        en "Seconds of a code, instead of the site's: 5 to 300"
        cs "Kolik sekund platí kód, místo zdejšího: 5 až 300";
    help_force
        en "Also with such values for which some apps show wrong codes, and a phone whose clock is far off"
        cs "I s hodnotami, k nimž některé aplikace ukazují nesprávné kódy, a s telefonem, který jde velmi špatně";
    help_paper
        en "Size of the page (default: what is usual where you are)"
        cs "Velikost stránky (jinak ta, která je u vás obvyklá)";
    help_user en "Act for this user (root only)" cs "Pracovat pro tohoto uživatele (jen root)";
    help_helpdesk_user en "Whom to help" cs "Komu pomoci";
    help_config
        en "Use this configuration (for root, and for secret files in homes)"
        cs "Použít tuto konfiguraci (pro roota a pro soubory s klíči v domovských adresářích)";
    help_batch
        en "Ask nothing: codes and the password are read from standard input, a line each; what else is needed has to be said by \
            options"
        cs "Na nic se neptat: kódy i heslo se čtou ze standardního vstupu, každý na řádku; co je potřeba dál, musí říct \
            přepínače";
    help_json en "Say it as JSON" cs "Odpovědět v JSON";
    help_nagios
        en "Say it in a line, and exit, as plugins of Nagios and Icinga do: 0 OK, 1 warning, 2 critical, 3 unknown"
        cs "Odpovědět řádkem a návratovou hodnotou jako zásuvné moduly Nagiosu a Icingy: 0 OK, 1 varování, 2 kritické, 3 neznámé";
    help_metrics
        en "Say it in numbers for Prometheus, without names of people"
        cs "Odpovědět čísly pro Prometheus, beze jmen lidí";
    help_csv en "Say it as CSV, for spreadsheets" cs "Odpovědět v CSV, pro tabulky";
    help_group en "Only members of this group; may be given more than once" cs "Jen členové této skupiny; lze zadat víckrát";
    help_people en "Only people named in FILE (- is standard input), a name a line" cs "Jen lidé jmenovaní v SOUBORU (- je standardní vstup), každý na řádku";
    help_remove_yes en "Do not ask whether it is meant" cs "Neptat se, jestli je to míněno vážně";
    help_valid en "How long it can be used: 1h to 90d (default: 7d)" cs "Jak dlouho platí: 1h až 90d (jinak 7d)";
    help_bypass_valid en "How long it can be used: 10m to 7d (default: 4h)" cs "Jak dlouho platí: 10m až 7d (jinak 4h)";
    help_uses en "How many logins it opens: 1 to 20 (default: 1)" cs "Kolikrát přihlásí: 1 až 20 (jinak 1)";
    help_revoke en "Take back the code that can be used, and make none" cs "Zrušit kód, který lze použít, a nový nevyrobit";
    help_invite_print
        en "Print it on the default printer, and do not show it"
        cs "Vytisknout ho na výchozí tiskárně a neukazovat";
    help_subject
        en "Link to this subject, without a sign-in (root only)"
        cs "Propojit s tímto subjektem, bez přihlášení (jen root)";
    help_link_import
        en "Link everybody in FILE (- is standard input): USER,SUBJECT a line; nobody if a line is wrong (root only)"
        cs "Propojit všechny ze SOUBORu (- je standardní vstup): UŽIVATEL,SUBJEKT na řádku; je-li řádek chybný, nikoho (jen root)";
    help_shell en "The shell" cs "Který shell";
    help_uri
        en "An otpauth URI on standard input, or several, one a line"
        cs "Z otpauth URI na standardním vstupu, nebo z několika, každé na řádku";
    help_google_authenticator
        en "The user's ~/.google_authenticator, or FILE; %u and %h in it are the user's name and home"
        cs "Z ~/.google_authenticator uživatele, nebo ze SOUBORU; %u a %h v něm jsou jeho jméno a domovský adresář";
    help_pam_oath
        en "A usersfile of pam_oath: of all its users, or of the one that --user names"
        cs "Z usersfile modulu pam_oath: všechny jeho uživatele, nebo toho, kterého říká --user";
    help_migration
        en "An export of Google Authenticator (otpauth-migration://) on standard input"
        cs "Z exportu Google Authenticatoru (otpauth-migration://) na standardním vstupu";
    help_app_export
        en "An unencrypted export of Aegis, 2FAS, andOTP, Bitwarden, FreeOTP+ or KeePassXC (CSV), or a list of URIs; - is \
            standard input"
        cs "Z nešifrovaného exportu aplikací Aegis, 2FAS, andOTP, Bitwarden, FreeOTP+ nebo KeePassXC (CSV), nebo ze seznamu \
            URI; - je standardní vstup";
    help_old en "The name until now" cs "Dosavadní jméno";
    help_new en "The name from now on" cs "Jméno od teď";
    help_entry
        en "Which one of several entries to take: its account, ISSUER:ACCOUNT, or its number (of pam_oath: its line)"
        cs "Kterou z několika položek převzít: její účet, VYDAVATEL:ÚČET nebo číslo (u pam_oath řádek)";
    help_all en "Of every user with a home" cs "Každého uživatele s domovským adresářem";
    help_import_force
        en "Also with parameters for which some apps show wrong codes, and with secrets of fewer than 128 bits"
        cs "I s parametry, k nimž některé aplikace ukazují nesprávné kódy, a s klíči pod 128 bitů";
    help_replace en "Also in the place of a present pairing" cs "I místo nynějšího spárování";
    help_to en "Where to: ldap, file" cs "Kam: ldap, file";
    help_migrate_all
        en "Everybody who is paired in the other one" cs "Všechny, kdo jsou spárováni v tom druhém";
    help_dry_run en "Change nothing, only say what would be done" cs "Nic nezměnit, jen říct, co by se stalo";
    help_reveal en "Yes, show the secret" cs "Ano, ukázat tajný klíč";
    help_help en "Print help" cs "Vypsat tuto nápovědu";
    help_version en "Print version" cs "Vypsat verzi";
    value_options en "[OPTIONS]" cs "[PŘEPÍNAČE]";
    value_command en "COMMAND" cs "PŘÍKAZ";
    value_user en "NAME" cs "JMÉNO";
    value_config en "PATH" cs "CESTA";
    value_save en "FILE" cs "SOUBOR";
    value_algorithm en "NAME" cs "NÁZEV";
    value_digits en "NUMBER" cs "POČET";
    value_period en "SECONDS" cs "SEKUNDY";
    value_paper en "PAPER" cs "PAPÍR";
    value_pam_oath en "FILE" cs "SOUBOR";
    value_google_authenticator en "FILE" cs "SOUBOR";
    value_app_export en "FILE" cs "SOUBOR";
    value_to en "STORE" cs "ÚLOŽIŠTĚ";
    value_old en "OLD" cs "STARÉ";
    value_new en "NEW" cs "NOVÉ";
    value_entry en "ENTRY" cs "POLOŽKA";
    value_subject en "SUBJECT" cs "SUBJEKT";
    value_import en "FILE" cs "SOUBOR";
    value_group en "GROUP" cs "SKUPINA";
    value_people en "FILE" cs "SOUBOR";
    value_shell en "SHELL" cs "SHELL";
    value_valid en "TIME" cs "DOBA";
    value_uses en "NUMBER" cs "POČET";
}
