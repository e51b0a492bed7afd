//! Čeština.

use super::Catalogue;

pub(super) const CZECH: Catalogue = Catalogue {
    language: "cs",
    form: |n| match n {
        1 => 0,
        2..=4 => 1,
        _ => 2,
    },
    words_yes: "ano a",
    words_no: "ne n",
    word_print: "tisk",
    word_save: "uložit ulozit",
    pair_title: "Spárování telefonu s účtem {user} na {host}",
    pair_not_you: "Toto je pro účet {user}, ne {caller}: svůj telefon spárujete příkazem otp-setup bez sudo.",
    pair_why: "Potom bude přihlášení zde chtít po hesle ještě kód o {digits} číslicích. \
               Ukáže ho ověřovací aplikace v telefonu; ten k tomu nepotřebuje síť.",
    pair_apps: "Takové aplikace jsou Microsoft Authenticator, Google Authenticator, OTP Auth a Authy. \
                Poslouží i každá jiná pro časové kódy (RFC 6238, TOTP).",
    pair_uncommon: "Kódy se zde počítají takto: {algorithm}, číslic: {digits}, {period} s. Některé aplikace k tomu \
                    ukazují nesprávné kódy: {apps}.",
    pair_needs_force: "{algorithm}, číslic: {digits}, {period} s: některé aplikace k tomu ukazují nesprávné kódy ({apps}). \
                       Pokud vaše ne, přidejte --force.",
    pair_already: "Uživatel {user} už telefon spároval, {date}.",
    pair_replaces: "Nový telefon nastoupí na jeho místo. Na konci prokážete, že jste {user}: kódem z nynějšího \
                    telefonu, nebo záchranným kódem. Do té doby platí ten nynější.",
    pair_replaces_as_root: "Nový telefon nastoupí na jeho místo; nynější platí do té doby.",
    ask_app: "Máte takovou aplikaci? [ano/ne] ",
    ask_app_and_proof: "Máte takovou aplikaci a kód jako důkaz? [ano/ne] ",
    ask_replace: "Nahradit nynější spárování? [ano/ne] ",
    say_yes_or_no: "Odpovězte prosím ano, nebo ne.",
    get_an_app: "Nainstalujte si některou z nich z obchodu s aplikacemi a spusťte otp-setup znovu.",
    sheet_scan: "V aplikaci přidejte účet a naskenujte tento kód.",
    sheet_microsoft: "Microsoft Authenticator: zvolte „Jiný účet (Google, Facebook atd.)“.",
    sheet_type: "Nebo ho opište:",
    sheet_issuer: "Vydavatel: {issuer}",
    sheet_account: "Účet: {account}",
    sheet_secret: "Tajný klíč:",
    sheet_kind: "Typ: podle času",
    sheet_parameters: "{algorithm}, číslic: {digits}, {period} s",
    sheet_too_small: "Okno je na QR kód malé: zvětšete ho na 80 krát 24, nebo klíč opište.",
    ask_first: "První kód: ",
    ask_next: "Další kód: ",
    ask_next_in: "Přijde za {wait} s. Další kód: ",
    first_right: "Správně. Počkejte, až aplikace ukáže další kód, a napište ten.",
    first_wrong: "To není kód tohoto klíče. Najděte v aplikaci položku {issuer} ({account}); \
                  starší téhož jména má jiné kódy. Nastavuje si telefon čas sám?",
    next_same: "To je tentýž kód. Počkejte, až aplikace ukáže další.",
    next_skipped: "Oba kódy jsou správné, ale nejdou hned po sobě. Napište ten, který přijde teď.",
    next_wrong: "To není kód, který následuje. Zkuste ten, který aplikace ukazuje teď.",
    next_wrong_again: "Ani to není on. Začněte znovu kódem, který aplikace ukazuje teď.",
    perhaps_parameters: "Možná aplikace nedbá na {algorithm}, číslic: {digits}, {period} s: některé nedbají.",
    drift_slow: "Váš telefon jde asi o {seconds} s pozadu; s tím se počítá.",
    drift_fast: "Váš telefon jde asi o {seconds} s napřed; s tím se počítá.",
    paired: "Telefon je spárován s účtem {user}.",
    paired_next_login: "Při příštím přihlášení napište nejdřív heslo a na otázku „{prompt}“ kód, který aplikace právě ukazuje.",
    recovery_title: "Záchranné kódy",
    recovery_why: "Pro den bez telefonu: každý poslouží jednou místo kódu z aplikace.",
    recovery_how: "Opište si je nebo vytiskněte a nenechávejte je v tomto počítači. Znovu se neukážou; \
                   nové vyrobí „otp-setup recovery-codes“.",
    ask_enter_to_clear: "Až je budete mít, stiskněte Enter; obrazovka se pak smaže. ",
    page_heading: "Náhradní klíč k přihlašovacím kódům",
    page_whose: "{user} na {host}",
    page_warning: "Kdo má tuto stránku, má druhý faktor tohoto účtu. Chraňte ji jako pas: pod zámkem, jinde než heslo \
                   a mimo počítač.",
    page_phone: "Nastavení telefonu",
    page_scan: "V ověřovací aplikaci přidejte účet a naskenujte kód, nebo opište, co je vedle něj. \
                V aplikaci Microsoft Authenticator zvolte „Jiný účet (Google, Facebook atd.)“.",
    page_issuer: "Vydavatel",
    page_account: "Účet",
    page_secret: "Tajný klíč",
    page_kind: "Typ",
    page_parameters: "podle času, {algorithm}, číslic: {digits}, {period} s",
    page_recovery: "Každý poslouží jednou při přihlášení místo kódu, a také v otp-setup. Použité odškrtněte.",
    page_uses: "K čemu to je",
    page_forgotten: "Telefon doma",
    page_forgotten_do: "Přihlaste se heslem a místo kódu záchranným kódem.",
    page_new: "Nový telefon",
    page_new_do: "Naskenujte kód novým telefonem. Na starém pak položku smažte.",
    page_lost: "Telefon či list ztracen",
    page_lost_do: "Přihlaste se, třeba záchranným kódem, a spusťte „otp-setup replace“: vyrobí nový klíč. Starý, i tato \
                   stránka, pak neplatí.",
    page_footer: "Vyrobeno {date} programem otp-setup. Platí od dokončení spárování do příštího.",
    page_offer: "Na papír: napište tisk, nebo uložit SOUBOR.pdf (.png, .svg, .txt).",
    page_printed: "Stránka je na cestě k tiskárně. Platí, až bude spárování dokončeno.",
    page_saved: "Uloženo do {path}. Vytiskněte to a soubor smažte.",
    page_exists: "{path} už existuje. Přepsat? [ano/ne] ",
    page_form: "Jméno souboru musí končit na .pdf, .png, .svg nebo .txt.",
    page_drawing: "Stránku nelze nakreslit. Opište si klíč rukou.",
    page_no_printer: "Není zde tiskový systém (lp). Napište místo toho uložit SOUBOR.pdf.",
    page_failed: "Nepovedlo se: {why}",
    page_void: "Vytištěná nebo uložená stránka neplatí; zničte ji.",
    code_has_digits: "Kód má {digits} číslic. Napište ten, který aplikace ukazuje.",
    code_plain_digits: "Pište prosím obyčejné číslice 0 až 9.",
    code_characters: "To není kód: ten má jen číslice.",
    proof_why: "Teď prokažte, že jste to vy: napište kód z nynějšího telefonu, nebo záchranný kód.",
    proof_old_phone: "Vezměte kód z nynějšího telefonu, ne z nového.",
    ask_proof: "Kód nebo záchranný kód: ",
    ask_two_codes: "Dva kódy po sobě (jeden, mezera, pak další): ",
    proof_needed: "K tomu je potřeba kód z telefonu, nebo záchranný kód.",
    refused_wrong: "Nesprávný kód. Pokud byl správný, napište dva kódy po sobě.",
    refused_used: "Ten kód už byl použit. Další přijde za {wait}.",
    refused_used_now: "Ten kód už byl použit. Napište ten, který aplikace ukazuje teď.",
    refused_clock_ahead: "Hodiny tohoto počítače šly špatně. Napište dva kódy po sobě, nebo záchranný kód.",
    refused_recovery_spent: "Ten záchranný kód už byl použit.",
    refused_throttled: "Příliš mnoho nesprávných kódů: počkejte {wait}, nebo napište dva kódy po sobě či záchranný kód.",
    refused_too_soon: "Nezkontrolováno: jeden pokus za sekundu. Napište to znovu, nebo počkejte {wait}.",
    refused_length: "Takovou délku kód nemá.",
    refused_foreign_digits: "Pište prosím obyčejné číslice 0 až 9.",
    refused_characters: "To není kód ani záchranný kód.",
    removed: "Spárování uživatele {user} je odstraněno. Položka v aplikaci už k ničemu není; smažte ji tam.",
    remove_why: "Podle zdejších pravidel se {user} bez spárování možná nepřihlásí.",
    ask_remove: "Odstranit spárování uživatele {user}? [ano/ne] ",
    forgotten: "Uživatel {user} bude zase odkudkoli požádán o kód.",
    unlocked: "Uživatel {user} je odblokován: kódy se zase kontrolují hned.",
    verified: "Správně: přihlášení s tímto kódem by prošlo. Kód je spotřebován.",
    verified_pair: "Správně: přihlášení s těmito kódy by prošlo. Jsou spotřebovány; posun telefonu v krocích: {steps}.",
    verified_recovery: "Správně: tento záchranný kód je spotřebován. Zbývá: {left}.",
    failures_since: "Od posledního přihlášení {count|byl|byly|bylo} {count} {count|nesprávný kód|nesprávné kódy|nesprávných kódů}.",
    resynced_exact: "Hodiny telefonu jdou správně.",
    resync_two: "Jsou potřeba dva kódy: napište jeden, mezeru a pak další.",
    resync_wrong: "To nejsou dva kódy telefonu po sobě.",
    status_not_paired: "{user}: nespárováno",
    status_paired: "{user}: spárováno {date}",
    status_app: "Položka v aplikaci:         {issuer} ({account})",
    status_parameters: "Parametry:                  {algorithm}, číslic: {digits}, {period} s",
    status_last_login: "Poslední přihlášení kódem:  {date}",
    status_never_login: "Poslední přihlášení kódem:  zatím žádné",
    status_failures: "Nesprávné kódy od té doby:  {count}",
    status_throttled: "Pozdrženo na:               {wait}, po příliš mnoha nesprávných kódech",
    status_recovery: "Zbývá záchranných kódů:     {left}",
    status_recovery_few: "Záchranných kódů zbývá málo. Nové vyrobí: otp-setup recovery-codes",
    doctor_config: "Konfiguraci nelze použít: {error}.\n\
                    Dokud se neopraví, neprojde žádné přihlášení s kódem.\n\
                    Opravte ten řádek. Co se smí, říká insis-otp.toml(5).",
    doctor_not_root: "Prohlédla se jen část.\n\
                      Úložiště, sshd a seznam lidí vidí jen root.\n\
                      sudo otp-setup doctor",
    doctor_pam_unused: "Žádný zásobník PAM nepoužívá pam_insis_otp.so.\n\
                        Na kód se nikdo neptá; spárování nemají účinek.\n\
                        Do /etc/pam.d/sshd, pod „@include common-auth“: auth required pam_insis_otp.so",
    doctor_pam_missing: "Modul {module} není tam, kde ho libpam hledá.\n\
                         Tento zásobník odmítá všechny.\n\
                         apt install libpam-insis-otp, nebo řádek odstraňte.",
    doctor_pam_writable: "{path} může měnit i někdo jiný než root.\n\
                          Kdo ho změní, přihlásí se jako kdokoli.\n\
                          chown root:root {path}; chmod 644 {path}",
    doctor_pam_not_loadable: "{path} není sdílená knihovna.\n\
                              Tento zásobník odmítá všechny.\n\
                              Nainstalujte insis-otp znovu.",
    doctor_pam_argument: "Modul nebere argument {argument} ({why}).\n\
                          Odmítá každé přihlášení tímto zásobníkem.\n\
                          Bez něj: {line}",
    doctor_pam_control: "S řízením {control} nesprávný kód přihlášení neodmítne.\n\
                         Otevře ho samo heslo.\n\
                         auth required pam_insis_otp.so",
    doctor_pam_skips: "Když uspěje {module} ({control}), kód se přeskočí.\n\
                       Přihlášení otevře samo heslo.\n\
                       {line}",
    doctor_pam_order: "Na kód se ptá dřív než {module}.\n\
                       Kdo nezná heslo, může zkoušet kódy a zdržovat majitele.\n\
                       Pod {place}: {line}",
    doctor_pam_ignore: "Lidé bez spárování se mají pominout, ale {control} z toho udělá odmítnutí.\n\
                        Nepřihlásí se.\n\
                        auth required pam_insis_otp.so",
    doctor_pam_no_success: "Lidé bez spárování se mají pominout, ale nic jiného v tomto zásobníku je nemůže pustit.\n\
                            Nepřihlásí se.\n\
                            Pod něj: auth required pam_permit.so",
    doctor_store_missing: "Úložiště {path} neexistuje.\n\
                           Nikdo se nemůže spárovat ani přihlásit.\n\
                           install -d -o root -g insis-otp -m 1730 {path}",
    doctor_store_closed: "Úložiště {path} je jen pro roota.\n\
                          Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.\n\
                          Pokud mají: chgrp insis-otp {path}; chmod 1730 {path}",
    doctor_store_mode: "Úložiště {path} má nesprávného vlastníka nebo práva.\n\
                        Nikdo se nemůže spárovat ani přihlásit: úložišti, do kterého píší jiní, se nevěří.\n\
                        chown root:insis-otp {path}; chmod 1730 {path}",
    doctor_helper_missing: "Pomocník {path} neexistuje.\n\
                            Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.\n\
                            Nainstalujte insis-otp znovu, nebo opravte „helper“ v insis-otp.toml.",
    doctor_helper_mode: "Pomocník {path} má nesprávného vlastníka nebo práva.\n\
                         Nemůže otevřít úložiště, nebo jiní mohou změnit, co dělá.\n\
                         chown root:insis-otp {path}; chmod 2755 {path}",
    doctor_file_orphan: "{path} nepatří žádnému uživateli tohoto počítače.\n\
                         Je to klíč někoho, kdo odešel; nový uživatel téhož jména by ho nemohl použít.\n\
                         Pokud se nemá vrátit: rm {path}",
    doctor_file_broken: "Soubor s klíčem uživatele {user} nelze použít: {why}.\n\
                         {user} se nemůže přihlásit.\n\
                         otp-setup --user {user} unlock; když to nepomůže: otp-setup --user {user}",
    doctor_log: "Chybí /dev/log.\n\
                 Nikdo nevidí, kdo byl odmítnut a proč.\n\
                 Spusťte démona syslogu, nebo systemd-journald.",
    doctor_clock: "Hodiny nejsou synchronizovány.\n\
                   Když jdou o víc než minutu špatně, odmítají se správné kódy.\n\
                   apt install systemd-timesyncd (nebo chrony)",
    doctor_debug: "debug je zapnuto.\n\
                   Záznam je dlouhý. Tajemství v něm nejsou.\n\
                   V insis-otp.toml: debug = false",
    doctor_sshd_silent: "sshd neřekl svá nastavení: {why}\n\
                         Nebyla prohlédnuta.\n\
                         sshd -t",
    doctor_sshd_usepam: "sshd nepoužívá PAM.\n\
                         Na kód se neptá.\n\
                         UsePAM yes",
    doctor_sshd_interactive: "Vypnuto je keyboard-interactive, jediný způsob, který se umí zeptat na kód.\n\
                              Přihlášení heslem se odmítají a ta klíčem kód nepotřebují.\n\
                              KbdInteractiveAuthentication yes",
    doctor_sshd_password: "Zapnut je způsob „password“, který se neumí zeptat na kód.\n\
                           Klienti, kteří si ho vyberou, jsou odmítnuti, i když heslo souhlasí.\n\
                           PasswordAuthentication no",
    doctor_sshd_key: "Samotný klíč otevře přihlášení, bez kódu.\n\
                      Druhý krok platí jen pro hesla.\n\
                      AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam",
    doctor_sshd_methods: "AuthenticationMethods pouští bez kódu: {lists}\n\
                          Na kód se ptá jen keyboard-interactive.\n\
                          AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam",
    doctor_sshd_match: "{key} je pro některé lidi nastaveno jinak.\n\
                        Jestli se jich ptá na kód, se nezjišťovalo.\n\
                        sshd -T -C user=JMÉNO",
    doctor_locked_out: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                        Přes {services} se nepřihlásí (unenrolled = \"deny\").\n\
                        Ať spustí otp-setup; zatím: {line}",
    doctor_locked_out_since: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                              Od {date} se přes {services} nepřihlásí (unenrolled_deny_from).\n\
                              Ať spustí otp-setup; zatím: {line}",
    doctor_locked_out_from: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                             Počínaje {date} se přes {services} nepřihlásí (unenrolled_deny_from).\n\
                             Ať předtím spustí otp-setup, nebo den posuňte: {line}",
    doctor_would_be_locked_out: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                                 Přes {services} se přihlašují bez kódu.\n\
                                 Ať spustí otp-setup; potom: {line}",
    doctor_would_pair: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                        Při příštím přihlášení přes {services} je spárování provede (unenrolled = \"enrol\").\n\
                        Nic; mohou spustit otp-setup předem.",
    doctor_note: "Poznámka",
    doctor_warning: "Varování",
    doctor_problem: "ZÁVADA",
    doctor_why: "Proč na tom záleží: {why}",
    doctor_remedy: "Co s tím: {remedy}",
    doctor_sound: "Nenašlo se nic, co by lidi nepustilo, nebo je pustilo bez kódu.",
    doctor_summary: "{problems} {problems|závada|závady|závad}, {warnings} {warnings|varování|varování|varování}.",
    declined: "Nic se nezměnilo.",
    stopped: "Přerušeno. Nic se nezměnilo.",
    input_ended: "Vstup skončil dřív, než přišla odpověď. Nic se nezměnilo.",
    nothing_changed: "Nic se nezměnilo.",
    delete_entry: "Pokud už aplikace novou položku má, smažte ji tam: její kódy k ničemu nejsou.",
    clear_it_yourself: "Tento terminál odsud smazat nelze: smažte ho sami, je na něm tajný klíč.",
    end_not_paired: "{user} nemá spárovaný telefon. Spáruje ho: {command}",
    end_exists: "{user} se mezitím spároval. Nic se nezměnilo; viz otp-setup status.",
    end_not_pairing: "Ty dva kódy už telefon nespárují. Nic se nezměnilo; spusťte otp-setup znovu.",
    end_no_random: "Jádro nedává náhodné bajty: {why}",
    end_only_root: "To může jen root.",
    end_no_such_user: "Uživatel {user} na tomto počítači není.",
    end_config_not_home: "{path} nemá soubory s klíči v domovských adresářích: přes --config ho může použít jen root.",
    end_helper_start: "{path} nelze spustit: {why}. Je insis-otp nainstalováno celé?",
    end_helper_answer: "{path} neodpovědělo srozumitelně. Je insis-otp nainstalováno celé a v jedné verzi?",
    end_options: "Přepínače příkazu se píší za něj: otp-setup PŘÍKAZ PŘEPÍNAČE",
    end_batch: "S --batch se na nic neptá; k tomu je potřeba {option}.",
    end_user_database: "Databázi uživatelů nelze číst: {why}",
    end_own_account: "Číslo uživatele {uid} nemá v databázi uživatelů použitelné jméno.",
    import_taken: "převzato: {issuer} ({account})",
    import_would: "převzalo by se: {issuer} ({account})",
    import_with_scratch: "{what}, i s nouzovými kódy ({count})",
    import_without_scratch: "bez dalších nouzových kódů ({count}): už se nevejdou",
    import_without_policy: "bez omezení četnosti, okna a opakování, o nichž zde rozhoduje insis-otp.toml",
    import_without_pin: "bez PINu: ten zde není, a tak se ptá jen na kód",
    import_without_drift: "bez posunu hodin telefonu, který byl větší než hodina",
    import_counter: "nepřevzato: je pro kódy podle počítadla (HOTP); zde jsou jen kódy podle času (TOTP)",
    import_secret: "nepřevzato: {why}",
    import_form: "nepřevzato: nemá podobu, která se čekala",
    import_exists: "nepřevzato: spárování už existuje; --replace ho nahradí",
    import_uncommon: "nepřevzato: {algorithm}, číslic: {digits}, {period} s: některé aplikace k tomu ukazují nesprávné kódy; \
                      přesto to převezme --force",
    import_no_user: "nepřevzato: takový uživatel na tomto počítači není",
    import_none: "Není co převzít.",
    import_which: "V tomto exportu je víc položek. Vyberte jednu pomocí --entry: {accounts}",
    import_input: "{from} nelze číst: {why}",
    import_stdin: "standardní vstup",
    import_recovery: "Nikdo z nich zatím nemá záchranné kódy. Vyrobí je: otp-setup recovery-codes",
    need_user: "Řekněte pro koho: --user JMÉNO",
    list_head: "UŽIVATEL         SPÁROVÁNO   POSLEDNÍ LOGIN    CHYB    POZDRŽEN ZÁCHRANNÝCH",
    list_never: "nikdy",
    list_none: "Nikdo není spárován.",
    error: "otp-setup: {why}",
    cannot_write: "na standardní výstup nelze psát: {why}",
    usage_unknown_argument: "{argument} zde není známo.",
    usage_unknown_command: "Příkaz {command} neexistuje.",
    usage_nearest: "Nemá to být {words}?",
    usage_value_missing: "{argument} potřebuje hodnotu.",
    usage_value_wrong: "{argument} nebere {value}.",
    usage_value_too_many: "{argument} žádnou hodnotu nemá; dostalo {value}.",
    usage_twice: "{argument} smí být jen jednou.",
    usage_conflict: "{argument} nejde dohromady s {other}.",
    usage_missing: "Chybí: {arguments}",
    usage_not_utf8: "Některý argument není v UTF-8.",
    usage_unclear: "Příkazové řádce nelze rozumět.",
    usage_more: "Víc řekne --help.",
    help_no_command: "Bez příkazu otp-setup spáruje telefon.",
    help_statuses: "Návratová hodnota: 0 hotovo; 1 odmítnuto, nebo jste řekli ne; 2 nesprávné použití; 3 spárování \
                    neexistuje; 4 už existuje; 5 úložiště, konfiguraci nebo pomocníka nelze použít; 128+N konec \
                    signálem N. Co není 0, nic nezměnilo. doctor: 0 v pořádku; 1 varování; 6 závady.",
    help_choice: "[možné hodnoty: {values}]",
    heading_usage: "Použití:",
    heading_commands: "Příkazy",
    heading_arguments: "Argumenty",
    heading_options: "Přepínače",
    about_otp_setup: "Spáruje telefon s unixovým účtem a stará se o spárování",
    about_pair: "Spárovat telefon: to, co otp-setup dělá bez příkazu",
    about_replace: "Spárovat místo něj jiný telefon; chce kód z nynějšího, nebo záchranný kód",
    about_status: "Říct, co je spárováno",
    about_verify: "Vyzkoušet kód jako při přihlášení; spotřebuje se",
    about_recovery_codes: "Vyrobit nové záchranné kódy místo všech dosavadních",
    about_resync: "Znovu zjistit, o kolik jdou hodiny telefonu špatně, ze dvou kódů po sobě",
    about_remove: "Odstranit spárování",
    about_forget: "Chtít zase kód odkudkoli, i tam, kde by se na něj chvíli neptalo",
    about_unlock: "Ukončit zdržení po nesprávných kódech a opravit poškozený stav (jen root)",
    about_list: "Vypsat, kdo je spárován (jen root)",
    about_completions: "Napsat na standardní výstup doplňování pro shell",
    about_doctor: "Hledat, co by lidi nepustilo, nebo je pustilo bez kódu",
    about_import: "Převzít uživatele s klíči, které už mají (jen root)",
    about_export: "Napsat otpauth URI uživatele na standardní výstup: je to tajný klíč (jen root)",
    about_help: "Říct, jak se používá otp-setup nebo jeho příkaz",
    help_text: "Ukázat klíč jen jako text, bez QR kódu",
    help_ascii: "Kreslit QR kód jen mezerami, pro terminály bez blokových znaků",
    help_yes: "Odpovídat ano tam, kde se ptá ano, nebo ne",
    help_print: "Vytisknout stránku do úschovy na výchozí tiskárně",
    help_save: "Uložit stránku do úschovy: .pdf, .png, .svg nebo .txt",
    help_algorithm: "Hash kódů místo zdejšího: SHA1, SHA256, SHA512",
    help_digits: "Kolik má kód číslic, místo zdejšího: 6, 7, 8",
    help_period: "Kolik sekund platí kód, místo zdejšího: 5 až 300",
    help_force: "I s takovými jejich hodnotami, k nimž některé aplikace ukazují nesprávné kódy",
    help_paper: "Velikost stránky (jinak ta, která je u vás obvyklá)",
    help_user: "Pracovat pro tohoto uživatele (jen root)",
    help_config: "Použít tuto konfiguraci (pro roota a pro soubory s klíči v domovských adresářích)",
    help_batch: "Na nic se neptat: kódy se čtou ze standardního vstupu, každý na řádku; co je potřeba dál, musí říct \
                 přepínače",
    help_json: "Odpovědět v JSON",
    help_remove_yes: "Neptat se, jestli je to míněno vážně",
    help_shell: "Který shell",
    help_uri: "Z otpauth URI na standardním vstupu",
    help_google_authenticator: "Ze souboru ~/.google_authenticator uživatele",
    help_pam_oath: "Z usersfile modulu pam_oath: všechny jeho uživatele, nebo toho, kterého říká --user",
    help_migration: "Z exportu Google Authenticatoru (otpauth-migration://) na standardním vstupu",
    help_entry: "Kterou položku exportu převzít, podle jejího účtu",
    help_all: "Každého uživatele s domovským adresářem",
    help_import_force: "I s parametry, k nimž některé aplikace ukazují nesprávné kódy",
    help_replace: "I místo nynějšího spárování",
    help_dry_run: "Nic nezměnit, jen říct, co by se stalo",
    help_reveal: "Ano, ukázat tajný klíč",
    help_help: "Vypsat tuto nápovědu",
    help_version: "Vypsat verzi",
    value_options: "[PŘEPÍNAČE]",
    value_command: "PŘÍKAZ",
    value_user: "JMÉNO",
    value_config: "CESTA",
    value_save: "SOUBOR",
    value_algorithm: "NÁZEV",
    value_digits: "POČET",
    value_period: "SEKUNDY",
    value_paper: "PAPÍR",
    value_pam_oath: "SOUBOR",
    value_entry: "ÚČET",
    value_shell: "SHELL",
};
