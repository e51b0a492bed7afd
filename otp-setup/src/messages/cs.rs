//! Čeština.

mod foreign;
mod store;

use super::{Catalogue, Foreign};

pub(super) const CZECH: Catalogue = Catalogue {
    language: "cs",
    form: |n| match n {
        1 => 0,
        2..=4 => 1,
        _ => 2,
    },
    foreign: Foreign {
        config: foreign::config,
        setting: foreign::setting,
        system: foreign::errno,
        store: store::store,
        unusable: store::unusable,
    },
    words_yes: "ano a",
    words_no: "ne n",
    word_print: "tisk",
    word_quit: "konec",
    word_help: "pomoc nápověda napoveda",
    prompt_help: "Napište, nač se ptá, a Enter. konec skončí beze změny (i Ctrl-C). Dokud je vidět tajný klíč nebo záchranné kódy, \
                  dostanete je na papír pomocí tisk nebo uložit SOUBOR.pdf. Víc: man otp-setup.",
    word_save: "uložit ulozit",
    enroll_title: "Spárování telefonu s účtem {user} na {host}",
    enroll_not_you: "Toto je pro účet {user}, ne {caller}: svůj telefon spárujete příkazem otp-setup bez sudo.",
    enroll_why: "Potom bude přihlášení zde chtít po hesle ještě kód o {digits} číslicích. \
               Ukáže ho ověřovací aplikace v telefonu; ten k tomu nepotřebuje síť.",
    enroll_apps: "Takové aplikace jsou Microsoft Authenticator, Google Authenticator, OTP Auth a Authy. \
                Poslouží i každá jiná pro časové kódy (RFC 6238, TOTP).",
    enroll_uncommon: "Kódy se zde počítají takto: {algorithm}, číslic: {digits}, {period} s. Některé aplikace k tomu \
                    ukazují nesprávné kódy: {apps}.",
    enroll_needs_force: "{algorithm}, číslic: {digits}, {period} s: některé aplikace k tomu ukazují nesprávné kódy ({apps}). \
                       Pokud vaše ne, přidejte --force.",
    enroll_already: "Uživatel {user} už telefon spároval, {date}.",
    enroll_replaces: "Nový telefon nastoupí na jeho místo. Na konci prokážete, že jste {user}: kódem z nynějšího \
                    telefonu, nebo záchranným kódem. Do té doby platí ten nynější.",
    enroll_replaces_as_root: "Nový telefon nastoupí na jeho místo; nynější platí do té doby.",
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
    view_too_small: "Okno je na QR kód malé: zvětšete ho na {columns} sloupců a {rows} řádků, nebo klíč opište.",
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
    clock_far_slow: "Správně, ale váš telefon jde asi o {length} pozadu: až se jeho hodiny seřídí, kódy by neplatily. Nastavte \
                     v něm teď automatický čas (tady je {time}) a začněte znovu kódem, který aplikace ukazuje. Nejde-li to, \
                     napište konec a spusťte to znovu s --force.",
    clock_far_fast: "Správně, ale váš telefon jde asi o {length} napřed: až se jeho hodiny seřídí, kódy by neplatily. Nastavte \
                     v něm teď automatický čas (tady je {time}) a začněte znovu kódem, který aplikace ukazuje. Nejde-li to, \
                     napište konec a spusťte to znovu s --force.",
    drift_slow: "Váš telefon jde asi o {length} pozadu; s tím se počítá.",
    drift_fast: "Váš telefon jde asi o {length} napřed; s tím se počítá.",
    enrolled: "Telefon je spárován s účtem {user}.",
    enrolled_next_login: "Při příštím přihlášení napište nejdřív heslo a na otázku „{prompt}“ kód, který aplikace právě ukazuje.",
    recovery_title: "Záchranné kódy",
    recovery_why: "Pro den bez telefonu: každý poslouží jednou místo kódu z aplikace.",
    recovery_how: "Opište si je nebo vytiskněte a nenechávejte je v tomto počítači. Znovu se neukážou; \
                   nové vyrobí „otp-setup recovery-codes“.",
    recovery_enter: "Až je budete mít, stiskněte samotný Enter; nebo napište tisk, či uložit SOUBOR.pdf. Znovu se neukážou.",
    recovery_old_void: "Všechny dosavadní záchranné kódy přestaly platit, i ty na dřívější stránce: škrtněte je tam. Její QR kód a tajný \
                        klíč platí dál.",
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
    page_footer_recovery: "Vyrobeno {date} programem otp-setup. Platí do vyrobení nových záchranných kódů nebo do příštího spárování.",
    page_is_there: "{path} už existuje",
    page_footer: "Vyrobeno {date} programem otp-setup. Platí od dokončení spárování do příštího.",
    page_offer: "Na papír: napište tisk, nebo uložit SOUBOR.pdf (.png, .svg, .txt).",
    page_printed: "Stránka je na cestě k tiskárně. Platí, až bude spárování dokončeno.",
    page_saved: "Uloženo do {path}. Vytiskněte to a soubor smažte.",
    page_exists: "{path} už existuje. Přepsat? [ano/ne] ",
    page_form: "Jméno souboru musí končit na .pdf, .png, .svg nebo .txt.",
    page_drawing: "Stránku nelze nakreslit. Opište si klíč rukou.",
    page_no_printer: "Není zde tiskový systém (lp). Napište místo toho uložit SOUBOR.pdf.",
    page_not_printed: "Nevytisklo se: {why}. Tiskárny vypíše lpstat -e, výchozí určí lpoptions -d JMÉNO. Potom napište \
                       znovu tisk, nebo místo toho uložit SOUBOR.pdf.",
    page_failed: "Nepovedlo se: {why}",
    page_void: "Vytištěná nebo uložená stránka neplatí; zničte ji.",
    code_has_digits: "Kód má {digits} číslic. Napište ten, který aplikace ukazuje.",
    code_plain_digits: "Pište prosím obyčejné číslice 0 až 9.",
    code_characters: "To není kód: ten má jen číslice.",
    enroll_takes_password: "Nakonec se zeptá na vaše heslo, aby bylo jisté, že jste to vy. Stačí i kód z pozvánky.",
    enroll_takes_invitation: "Nakonec se zeptá na kód z pozvánky, který vám dal správce.",
    ask_password: "Vaše heslo (nebude vidět), nebo kód z pozvánky: ",
    ask_invitation: "Kód z pozvánky (nebude vidět): ",
    denied_password: "To není vaše heslo.",
    denied_password_unchecked: "Vaše heslo nelze ověřit: {why}. Správce vám může dát pozvánku příkazem otp-setup invite.",
    denied_no_invitation: "Ke spárování telefonu je tu potřeba pozvánka. Požádejte o ni správce.",
    denied_invitation_wrong: "To není kód z vaší pozvánky. {left|Zbývá|Zbývají|Zbývá} {left} {left|pokus|pokusy|pokusů}.",
    denied_invitation_expired: "Vaše pozvánka už neplatí. Požádejte správce o novou.",
    denied_invitation_used_up: "Vaši pozvánku už nelze použít. Požádejte správce o novou.",
    denied_off: "Telefony tu páruje správce. Obraťte se na něj.",
    invite_code: "Kód z pozvánky pro uživatele {user}: {code}",
    invite_how: "{user} s ním do {until} spáruje jeden telefon, příkazem otp-setup nebo při příštím přihlášení. Nedávejte ho \
                 nikomu jinému. Dřívější pozvánka neplatí.",
    invite_off: "V insis-otp.toml je self_enrollment = \"off\": pozvánku by nikdo nemohl použít.",
    invite_home: "Soubory s klíči jsou tu v domovských adresářích, jejichž majitelé pozvánku nepotřebují.",
    invite_exists: "{user} má spárovaný telefon. Nejdřív spárování odstraňte: otp-setup remove --user {user}",
    link_root: "Root se nepropojuje: kdo by u poskytovatele ovládl jednoho člověka, byl by root.",
    link_subject: "Subjekt je to, jak poskytovatel člověka nazývá navždy (sub, u Entra oid): 1 až 255 tisknutelných znaků ASCII.",
    link_other: "{subject} už je propojen s uživatelem {user}: otp-setup unlink --user {user}",
    linked: "{user} je propojen s {subject} a může se odteď hlásit přes {provider}: u otázky na kód napíše m.",
    link_imported: "Propojení zapsáno: {count}.",
    unlinked: "{user} už s nikým propojen není.",
    not_linked: "{user} s nikým propojen není.",
    link_unreadable: "{path} nelze přečíst: {why}",
    link_too_large: "je to víc než 32 MiB",
    link_line: "Řádek {line}: {why} Nic se nezměnilo.",
    link_twice: "{user} je už na řádku {line}.",
    link_form: "Řádek je UŽIVATEL,SUBJEKT.",
    status_linked: "Propojeno s {subject} u {issuer}, od {time}",
    status_not_linked: "Není propojeno s poskytovatelem identity",
    idp_none: "V insis-otp.toml není [identity_provider]. Jak se nastaví, říká insis-otp.toml(5).",
    idp_open: "Přihlaste se přes {provider}: na libovolném zařízení otevřete {uri} a opište tam tento kód: {code}",
    idp_waiting: "Čeká se na to {wait}.",
    idp_test_done: "Všechno je, jak má být. Kdo je s tímto subjektem propojen, toho by to pustilo:",
    idp_denied: "Poskytovatel říká, že dotyčný odmítl, nebo nesmí: {detail}",
    idp_expired: "Nikdo se včas nepřihlásil. Začněte znovu.",
    idp_no_mfa: "Přihlášení neukazuje druhý faktor, který chce klíč mfa: {detail}",
    idp_too_old: "Přihlášení tam je starší, než dovoluje max_age: {detail}",
    idp_no_auth_time: "ID token nemá auth_time, který potřebuje max_age: zapněte ten údaj u poskytovatele (v Entra je to nepovinný údaj), nebo dejte max_age = \"off\".",
    idp_token: "ID token není platný, nebo není pro toto přihlášení: {detail}",
    idp_settings: "S tímto nastavením se poskytovatele zeptat nelze: {detail}",
    idp_network: "Poskytovatel neodpovídá: {detail}",
    idp_certificate: "Certifikát poskytovatele není platný, nebo není na jeho jméno: {detail}",
    idp_answer: "To není odpověď poskytovatele: {detail}",
    idp_policy: "Poskytovatel tomuto místu device flow nedovoluje: {detail}",
    proof_why: "Teď prokažte, že jste to vy: napište kód z nynějšího telefonu, nebo záchranný kód.",
    proof_old_phone: "Vezměte kód z nynějšího telefonu, ne z nového.",
    ask_proof: "Kód nebo záchranný kód: ",
    proof_needed: "K tomu je potřeba kód z telefonu, nebo záchranný kód.",
    refused_wrong: "Nesprávný kód. Pokud byl správný, napište dva kódy po sobě.",
    refused_used: "Ten kód už byl použit. Další přijde za {wait}.",
    refused_used_now: "Ten kód už byl použit. Napište ten, který aplikace ukazuje teď.",
    refused_clock_ahead: "Hodiny tohoto počítače šly špatně. Napište dva kódy po sobě, nebo záchranný kód.",
    refused_recovery_spent: "Ten záchranný kód už byl použit.",
    refused_throttled: "Příliš mnoho nesprávných kódů: počkejte {wait}, nebo napište dva kódy po sobě či záchranný kód.",
    refused_too_soon: "Nezkontrolováno: příliš mnoho pokusů. Napište záchranný kód, nebo počkejte {wait}.",
    refused_used_up: "Příliš mnoho nesprávných kódů po sobě: napište dva kódy po sobě, nebo záchranný kód.",
    refused_length: "Takovou délku kód nemá.",
    refused_foreign_digits: "Pište prosím obyčejné číslice 0 až 9.",
    refused_characters: "To není kód ani záchranný kód.",
    removed: "Spárování uživatele {user} je odstraněno. Položka v aplikaci už k ničemu není; smažte ji tam.",
    remove_why: "Podle zdejších pravidel se {user} bez spárování možná nepřihlásí.",
    ask_remove: "Odstranit spárování uživatele {user}? [ano/ne] ",
    forgotten: "Uživatel {user} bude zase odkudkoli požádán o kód.",
    unlocked: "Uživatel {user} je odblokován: kódy se zase kontrolují hned.",
    moved: "Spárování uživatele {old} teď patří uživateli {user}. Položka v aplikaci má dál své jméno a své kódy.",
    move_exists: "{user} už spárování má. Nic se nezměnilo; nejdřív jedno z nich odstraňte.",
    move_still_there: "{old} na tomto počítači stále je. Tohle je na potom: usermod --login NOVÉ {old}",
    verified: "Správně: přihlášení s tímto kódem by prošlo. Kód je spotřebován.",
    verified_two_codes: "Správně: přihlášení s těmito kódy by prošlo. Jsou spotřebovány; posun telefonu v krocích: {steps}.",
    verified_recovery: "Správně: tento záchranný kód je spotřebován. Zbývá: {left}.",
    failures_since: "Od posledního přihlášení {count|byl|byly|bylo} {count} {count|nesprávný kód|nesprávné kódy|nesprávných kódů}.",
    resync_how: "Napište kód, který aplikace ukazuje teď; potom ten, který ukáže jako další.",
    resynced_exact: "Hodiny telefonu jdou správně.",
    resync_by_login: "Jestliže šel telefon při párování napřed a teď jde správně, berou se jeho kódy jako použité tak dlouho, o kolik \
                      šel napřed. Hned to napraví dva kódy po sobě: při přihlášení, nebo v otp-setup verify.",
    resync_wrong: "To nejsou dva kódy po sobě, každý napsaný, když ho telefon ukazoval. Ještě jednou.",
    status_not_enrolled: "{user}: nespárováno",
    status_enrolled: "{user}: spárováno {date}",
    status_app: "Položka v aplikaci:         {issuer} ({account})",
    status_parameters: "Parametry:                  {algorithm}, číslic: {digits}, {period} s",
    status_last_login: "Poslední přijatý kód:       {date}",
    status_never_login: "Poslední přijatý kód:       zatím žádný",
    status_failures: "Nesprávné kódy od té doby:  {count}",
    status_throttled: "Pozdrženo na:               {wait}, po příliš mnoha nesprávných kódech",
    status_single_codes: "Jednotlivé kódy:            už se nepřijímají; dva kódy po sobě nebo záchranný kód ano",
    status_slow: "Hodiny telefonu:            asi o {length} pozadu, s tím se počítá",
    status_fast: "Hodiny telefonu:            asi o {length} napřed, s tím se počítá",
    status_remembered: "Zapamatovaná místa:         {count}, naposledy {date} (otp-setup forget)",
    status_recovery: "Zbývá záchranných kódů:     {left}",
    status_recovery_few: "Záchranných kódů zbývá málo. Nové vyrobí: otp-setup recovery-codes",
    doctor_config: "Konfiguraci nelze použít: {error}\n\
                    Dokud se neopraví, neprojde žádné přihlášení s kódem.",
    doctor_not_root: "Prohlédla se jen část.\n\
                      Úložiště, sshd a seznam lidí vidí jen root.",
    doctor_pam_unused: "Žádný zásobník PAM nepoužívá pam_insis_otp.so.\n\
                        Na kód se nikdo neptá; spárování nemají účinek.",
    doctor_pam_missing: "Modul {module} není tam, kde ho libpam hledá.\n\
                         Tento zásobník odmítá všechny.",
    doctor_pam_writable: "{path} může měnit i někdo jiný než root.\n\
                          Kdo ho změní, přihlásí se jako kdokoli.",
    doctor_pam_not_loadable: "{path} není sdílená knihovna.\n\
                              Tento zásobník odmítá všechny.",
    doctor_pam_argument: "Modul nebere argument {argument} ({why}).\n\
                          Odmítá každé přihlášení tímto zásobníkem.",
    doctor_pam_control: "S řízením {control} nesprávný kód přihlášení neodmítne.\n\
                         Otevře ho samo heslo.",
    doctor_pam_skips: "Když uspěje {module} ({control}), kód se přeskočí.\n\
                       Přihlášení otevře samo heslo.",
    doctor_pam_order: "Na kód se ptá dřív než {module}.\n\
                       Kdo nezná heslo, může zkoušet kódy a zdržovat majitele.",
    doctor_pam_ignore: "Lidé bez spárování se mají pominout, ale {control} z toho udělá odmítnutí.\n\
                        Nepřihlásí se.",
    doctor_pam_no_success: "Lidé bez spárování se mají pominout, ale nic jiného v tomto zásobníku je nemůže pustit.\n\
                            Nepřihlásí se.",
    doctor_store_missing: "Úložiště {path} neexistuje.\n\
                           Nikdo se nemůže spárovat ani přihlásit.",
    doctor_store_closed: "Úložiště {path} je jen pro roota.\n\
                          Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.",
    doctor_store_mode: "Úložiště {path} má nesprávného vlastníka nebo práva.\n\
                        Nikdo se nemůže spárovat ani přihlásit: úložišti, do kterého píší jiní, se nevěří.",
    doctor_idp_missing: "Chybí program, který se ptá poskytovatele identity: {path}.\n\
    Přes něj se nikdo nepřihlásí; kódy fungují dál.",
    doctor_idp_user: "Není tu uživatel {user}, pod kterým běží otp-idp.\n\
    U poskytovatele identity se nikdo nepřihlásí; kódy fungují dál.",
    doctor_idp_grace: "sshd ukončí přihlášení po {grace} s a u poskytovatele identity je na ně {deadline} s.\n\
    Komu to trvá tak dlouho, toho to odpojí uprostřed.",
    doctor_idp_nobody: "{provider} se nabízí a nikdo s nikým tam propojen není.\n\
    Kdo to zvolí, toho to nepustí.",
    doctor_helper_missing: "Pomocník {path} neexistuje.\n\
                            Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.",
    doctor_helper_mode: "Pomocník {path} má nesprávného vlastníka nebo práva.\n\
                         Nemůže otevřít úložiště, nebo jiní mohou změnit, co dělá.",
    doctor_file_orphan: "{path} nepatří žádnému uživateli tohoto počítače.\n\
                         Je to klíč někoho, kdo odešel; nový uživatel téhož jména by ho nemohl použít.",
    doctor_file_broken: "Soubor s klíčem uživatele {user} nelze použít: {why}.\n\
                         {user} se nemůže přihlásit.",
    doctor_log: "Chybí /dev/log.\n\
                 Nikdo nevidí, kdo byl odmítnut a proč.",
    doctor_clock: "Hodiny nejsou synchronizovány.\n\
                   Když jdou o víc než minutu špatně, odmítají se správné kódy.",
    doctor_debug: "debug je zapnuto.\n\
                   Záznam je dlouhý. Tajemství v něm nejsou.",
    doctor_sshd_silent: "sshd neřekl svá nastavení: {why}\n\
                         Takto se nespustí a jeho nastavení nebyla prohlédnuta.",
    doctor_sshd_usepam: "sshd nepoužívá PAM.\n\
                         Na kód se neptá.",
    doctor_sshd_interactive: "Vypnuto je keyboard-interactive, jediný způsob, který se umí zeptat na kód.\n\
                              Přihlášení heslem se odmítají a ta klíčem kód nepotřebují.",
    doctor_sshd_password: "Zapnut je způsob „password“, který se neumí zeptat na kód.\n\
                           Klienti, kteří si ho vyberou, jsou odmítnuti, i když heslo souhlasí.",
    doctor_sshd_key: "Samotný klíč otevře přihlášení, bez kódu.\n\
                      Druhý krok platí jen pro hesla.",
    doctor_sshd_methods: "AuthenticationMethods pouští bez kódu: {lists}\n\
                          Na kód se ptá jen keyboard-interactive.",
    doctor_sshd_match: "{key} je pro některé lidi nastaveno jinak.\n\
                        Jestli se jich ptá na kód, se nezjišťovalo.",
    doctor_locked_out: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                        Přes {services} se nepřihlásí (unenrolled = \"deny\").",
    doctor_locked_out_since: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                              Od {date} se přes {services} nepřihlásí ({key}).",
    doctor_locked_out_from: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                             Počínaje {date} se přes {services} nepřihlásí ({key}).",
    doctor_would_be_locked_out: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                                 Přes {services} se přihlašují bez kódu.",
    doctor_would_enroll: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
                        Při příštím přihlášení přes {services} je spárování provede (unenrolled = \"enrol\").",
    doctor_pam_missing_passed: "Modul {module} není tam, kde ho libpam hledá.\n\
                                Jeho řádek nemá účinek: koho měl pustit nebo odmítnout, toho nepustí ani neodmítne.",
    doctor_pam_include: "Soubor PAM {name}, který se zde vkládá, neexistuje.\n\
                         libpam odmítá každé přihlášení tímto zásobníkem.",
    doctor_pam_line: "Tomuto řádku libpam nerozumí.\n\
                      Počítá se jako neúspěch: přihlášení tímto zásobníkem se odmítají.",
    doctor_pam_nobody: "Tímto zásobníkem se nepřihlásí nikdo, ani se správným heslem a kódem.\n\
                        Lidé se nepřihlásí.",
    doctor_pam_password_ignored: "Správný kód otevře přihlášení i po nesprávném hesle.\n\
                                  Kdo má telefon, nepotřebuje heslo.",
    doctor_pam_code_alone: "Před kódem se nic neptá na heslo ani na klíč.\n\
                            Přihlášení otevře samotný kód a koho se na kód neptá, přihlásí se bez čehokoli.",
    doctor_pam_after_wrong: "Na kód se ptá i tehdy, když {module} heslo odmítl.\n\
                             Kdo nezná heslo, může zkoušet kódy a zdržovat majitele.",
    doctor_pam_twice: "Modul už v tomto zásobníku je: {location}.\n\
                       Lidí se ptá na dva kódy a jeden kód otevře jen jedno přihlášení.",
    doctor_pam_use_first_pass: "use_first_pass čeká kód na konci hesla, které modul nad ním kontroloval jako celek.\n\
                                Nikdo se nepřihlásí: heslo s kódem je pro tamten modul nesprávné a bez něj kód chybí.",
    doctor_pam_try_first_pass: "S try_first_pass se heslo, které končí číslicemi, napřed zkusí jako kód.\n\
                                Číslice takového hesla se vezmou za nesprávný kód.",
    doctor_pam_enroll: "unenrolled = \"enrol\" potřebuje řádek modulu i mezi řádky {facility}.\n\
                        Lidé bez spárování se při přihlášení nespárují: přihlásí se bez kódu, nebo vůbec ne.",
    doctor_pam_family: "{with} se na kód ptá, {without} ne.\n\
                        Je to týž program, jinak zavolaný: otevře ho samo heslo.",
    doctor_pam_sshd_without: "sshd se na kód neptá, jiné služby ano.\n\
                              K přihlášení po síti stačí samo heslo.",
    doctor_sshd_usedns: "UseDNS je zapnuto a o tom, koho se ptá na kód, rozhodují sítě.\n\
                         Kde se k adrese najde jméno, modul adresu nemá: výjimka ani zapamatování tam neplatí.",
    doctor_sshd_password_first: "AuthenticationMethods chce vedle keyboard-interactive i „password“: {lists}\n\
                                 „password“ se ptá celého zásobníku PAM a na kód se zeptat neumí: nikdo se nepřihlásí.",
    doctor_unanswered: "Databáze uživatelů neříká, čí je ten soubor: {why}\n\
                        Takoví lidé se teď nepřihlásí a chybí ve všech výpisech.",
    doctor_file_renamed: "{path} patří někomu, kdo se teď jmenuje {user}.\n\
                          {user} pod novým jménem spárování nemá: žádný kód neplatí, nebo se na něj neptá.",
    doctor_store_read_only: "Úložiště je připojeno jen pro čtení.\n\
                             Každý pokus se zapisuje, než platí: s kódem se nikdo nepřihlásí.",
    doctor_store_local_locks: "Úložiště je na NFS připojeném s {option}: zámky platí jen na tomto počítači.\n\
                               Dva počítače mohou přijmout týž kód a navzájem si ztratí počet nesprávných.",
    doctor_helper_nosuid: "{point} je připojeno s nosuid: pomocník práva své skupiny nedostane.\n\
                           Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.",
    doctor_no_new_privileges: "Tento shell nesmí získat práva (no_new_privs) a ani to, co spustí.\n\
                               Pomocník odsud úložiště neotevře: otp-setup a sudo selžou jen v tomto okně.",
    doctor_config_closed: "Konfiguraci může číst jen root.\n\
                           Pomocník a zámky obrazovky běží za lidi a číst ji nemohou: odmítají všechny.",
    doctor_exempt_user: "Uživatel {name}, který má mít výjimku, neexistuje.\n\
                         Výjimka není pro nikoho; kdo to jméno dostane, nepotřeboval by kód.",
    doctor_exempt_group: "Skupina {name}, která má mít výjimku, neexistuje.\n\
                          Výjimka není pro nikoho: nouzový východ by jím nebyl.",
    doctor_required_nobody: "V {key} je {name}, ale přesně toto jméno databáze uživatelů nezná.\n\
                             Kód se podle něj nežádá od nikoho.",
    doctor_exempt_everywhere: "V exempt_networks je {network}, tedy každá adresa.\n\
                               Na kód se po síti neptá nikoho.",
    doctor_no_service: "Služba PAM {name} neexistuje.\n\
                        Oddíl nemá účinek: platí to, co je pro všechny.",
    doctor_one_uid: "{user} a {other} mají totéž číslo uživatele, {uid}; {user} má spárování, {other} ne.\n\
                     Spárování platí pro jméno: jako {other} tentýž člověk kód nemá a otp-setup ho bere za první jméno.",
    doctor_reused: "Spárování uživatele {user} je starší než jeho domovský adresář.\n\
                    Jestli je účet nový, jméno i číslo patřily někomu jinému a telefon také.",
    doctor_store_unmarked: "V úložišti chybí značka {marker}: možná je to přípojný bod, kde není nic připojeno.\n\
                            Prázdné úložiště vypadá, jako by se nikdo nikdy nespároval.",
    doctor_password_service_missing: "Služba PAM otp-setup chybí: {path}\n\
                                      Lidé se párují svým heslem (self_enrollment) a to nelze zkontrolovat: bez pozvánky se nespáruje nikdo.",
    doctor_password_service_ours: "Služba PAM otp-setup se ptá i modulu {module}.\n\
                                   Kontroluje heslo lidí, kteří telefon ještě nemají: koho se tam ptá na kód, ten se nespáruje.",
    doctor_password_service_open: "Službou PAM otp-setup projde i nesprávné heslo.\n\
                                   Každý program, který za někoho běží, mu může spárovat telefon, jako při self_enrollment = \"open\".",
    doctor_password_service_closed: "Služba PAM otp-setup odmítá správné heslo.\n\
                                     Lidé se spárují jen s pozvánkou.",
    doctor_self_enrollment_open: "self_enrollment je „open“.\n\
                                  Každý program, který za někoho běží, mu může spárovat telefon, bez jeho hesla.",
    doctor_self_enrollment_off: "Lidé bez spárování se mají spárovat při přihlášení ({services}), ale self_enrollment je „off“.\n\
                                 Spárování je neprovede: jsou odmítnuti.",
    doctor_no_password: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování, heslo ani pozvánku: {names}\n\
                         Ke spárování je jedno z těch dvou potřeba.",
    doctor_no_invitation: "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování ani pozvánku: {names}\n\
                           Bez ní se nespárují (self_enrollment = \"invitation\").",
    doctor_stale_invitations: "{count} {count|pozvánka už k ničemu není|pozvánky už k ničemu nejsou|pozvánek už k ničemu není}.\n\
                               {count|Prošla|Prošly|Prošly}, nebo se zkusilo příliš mnoho nesprávných kódů: kdo s takovou přijde, je odmítnut.",
    doctor_homes_ticket: "Soubory s klíči jsou v domovských adresářích připojených s {option}.\n\
                          Před přihlášením chybí lístek Kerbera: kód nelze zkontrolovat a lidé jsou odmítnuti.",
    doctor_homes_nfs: "Soubory s klíči jsou v domovských adresářích na NFS.\n\
                       Přečte je root serveru i každého počítače, který je připojuje; zastavené přihlášení zdrží majitele o vteřiny.",
    doctor_exempt_spelling: "V exempt_users je {name}, ale databáze uživatelů říká {right}.\n\
                             Jména se porovnávají tak, jak je píše ona: výjimka není pro nikoho.",
    doctor_not_enumerated: "Adresář své lidi nevypisuje.\n\
                            Kdo z nich nemá spárování, tu není vidět. list a doctor vidí ty, kdo je mají.",
    how_run: "Spusťte:",
    how_run_in_sources: "Spusťte tam, kde jsou zdrojové kódy insis-otp:",
    how_instead: "Místo toho řádku napište:",
    how_in: "V {location}:",
    how_top: "Na začátek toho souboru napište:",
    how_below: "Pod {location} napište:",
    how_move: "Ten řádek odstraňte a napište pod {location}:",
    how_in_config: "V insis-otp.toml napište místo tamějšího řádku:",
    how_defaults: "Odložte ji, ať platí výchozí nastavení, než se opraví. Spusťte:",
    how_mend_file: "Opravte ho, nebo ho po dotazu odstraňte. Spusťte:",
    how_enroll_again: "Potom se {user} musí spárovat znovu. Spusťte:",
    how_enroll_again_invited: "Potom se {user} musí spárovat znovu, s pozvánkou (otp-setup invite --user {user}). Spusťte:",
    how_root_enrolls_again: "Potom telefon s účtem {user} znovu spárujte jako root (otp-setup --user {user}). Spusťte:",
    how_if_gone: "Pokud se nemá vrátit, spusťte:",
    how_if_wanted: "Pokud mají, spusťte:",
    how_reload_sshd: "sshd to převezme po systemctl reload ssh.",
    how_sshd_says: "Řekne, který řádek opravit. Spusťte:",
    how_idp_grace: "Napište tento řádek do {path} a načtěte sshd znovu:",
    how_sshd_match: "Co pro ně platí, ukáže:",
    how_they_enroll: "Ať spustí otp-setup.",
    how_they_enroll_invited: "Dejte každému pozvánku (otp-setup invite --user NAME), ať s ní spustí otp-setup.",
    how_root_enrolls: "Sami se spárovat nemohou (self_enrollment = \"off\"). Spárujte je jako root, každého zvlášť \
                     (otp-setup --user NAME).",
    how_let_enroll_meanwhile: "{how} Než budou všichni spárováni:",
    how_let_enroll_or_move: "{how} Nebo den posuňte:",
    how_let_enroll_then: "{how} Až budou všichni spárováni:",
    how_enroll_before: "Předem se mohou spárovat takto:",
    how_invite_before: "Tam se jich zeptá na kód z pozvánky. Kdo ji nemá, tomu ji dejte takto:",
    how_no_safe_line: "Žádná bezpečná změna řádku zde není známa. Jak má zásobník vypadat, řekne v části STACKS:",
    how_above: "Nad {location} napište:",
    how_look_again: "Možná se právě používá, nebo má potíže disk; nic se nemá mazat. Znovu se podívá:",
    how_mount_option: "V jeho volbách v /etc/fstab napište místo {option} (a připojte je znovu):",
    how_new_privileges: "V jednotce systemd, která tento shell spustila, nebo se přihlaste jinak; řádek jednotky:",
    how_group: "Založte ji a přidejte do ní lidi. Spusťte:",
    how_section: "Uveďte v něm službu, nebo oddíl odstraňte. Služby jsou to, jak se zde jmenuje sshd, sudo a podobné:",
    how_one_uid: "Dejte každému jménu vlastní číslo (usermod -u), nebo spárujte i to druhé. Jako root:",
    how_reused: "Jestli je to teď někdo jiný, spusťte:",
    how_ask_directory: "Používá se adresář lidí a ten může být nedostupný. Než se cokoli smaže, zeptejte se ho znovu:",
    how_password_service: "Napište ji tak, jak se dodává, s moduly, které tu jsou; dřívější soubor zůstane jako .bak. Spusťte:",
    how_self_enrollment_off: "Ať lidé dokládají své heslo, nebo nastavte jinak unenrolled.",
    how_invite: "Dejte každému z nich pozvánku. Spusťte:",
    how_stale_invitations: "Kdo ji ještě potřebuje, dostane novou příkazem otp-setup invite. K odstranění spusťte:",
    how_homes: "Dejte je do úložiště tohoto počítače; kdo je spárován, musí se spárovat znovu, nebo se převezme.",
    how_authselect: "{path} píše authselect a žádná úprava tam nevydrží. Změnu udělejte v {template} a spusťte {apply}.",
    how_authselect_new: "{path} píše authselect a žádná úprava tam nevydrží. Založte profil ({create}), změnu udělejte v {template} a profil vyberte ({select}).",
    how_authselect_lines: "Řádky, které se mají změnit, ukáže:",
    how_ask_by_name: "Zeptejte se na každého jménem:",
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
    end_not_enrolled: "{user} nemá spárovaný telefon. Spáruje ho: {command}",
    end_exists: "{user} se mezitím spároval. Nic se nezměnilo; viz otp-setup status.",
    end_codes_refused: "Ty dva kódy už telefon nespárují. Nic se nezměnilo; spusťte otp-setup znovu.",
    end_no_random: "Jádro nedává náhodné bajty: {why}",
    end_not_permitted: "Co vám v tom zde brání, řekne: otp-setup doctor",
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
    import_which: "Vyberte jednu položku pomocí --entry: číslem, účtem nebo VYDAVATEL:ÚČET: {accounts}",
    import_input: "{from} nelze číst: {why}",
    import_stdin: "standardní vstup",
    import_recovery: "{count} {count|člověk zatím nemá|lidé zatím nemají|lidí zatím nemá} záchranné kódy. Vyrobí je: otp-setup recovery-codes",
    import_old_files: "Soubory google-authenticatoru zůstaly, jak byly. Smažte je, až jeho modul nebude v žádném zásobníku PAM: \
                       je v nich tajný klíč.",
    import_not_enumerated: "Adresář své lidi nevypisuje: našli se ti, kdo zde mají domovský adresář nebo soubor se svým \
                            jménem. Pro kohokoli dalšího: --user JMÉNO",
    import_without_parameter: "bez parametru {name}, který tu k ničemu není",
    import_without_unknown: "bez dalších parametrů ({count}), které tu nejsou známy",
    import_short: "nepřevzato: klíč má méně než 128 bitů, které chce RFC 4226; přesto ho převezme --force",
    import_short_taken: "klíč má méně než 128 bitů, které chce RFC 4226: spárujte telefon časem znovu",
    import_other_line: "nepřevzato: pro téhož uživatele je řádek {line}, a uživatel tu má jedno zařízení; jiný řádek vybere --entry",
    import_line: "řádek {line}",
    import_not_text: "není to text (UTF-8); šifrovaný export je třeba udělat znovu bez šifrování",
    import_empty: "nic tam není",
    import_encrypted: "Tento export je šifrovaný ({program}). Udělejte ho znovu bez šifrování tam, kde ho nikdo jiný nepřečte, \
                       převezměte ten a smažte ho.",
    import_xml: "Tohle je XML z KeePassXC. Zvolte v něm Databáze, Exportovat, Soubor CSV a převezměte to.",
    import_other_xml: "Tohle je XML a to se nečte. FreeOTP nemá export, který by přečetl někdo jiný: spárujte telefon znovu \
                       příkazem otp-setup. FreeOTP+ exportuje JSON, a ten se čte.",
    import_binary: "{from} není text. Je-li to šifrovaná záloha (třeba .json.aes z andOTP), exportujte znovu bez šifrování tam, \
                    kde to nikdo jiný nepřečte, převezměte to a smažte. Nemá-li aplikace takový export, spárujte telefon znovu \
                    příkazem otp-setup.",
    import_free_otp: "{from} je záloha FreeOTP (externalBackup.xml). Je šifrovaná svým vlastním způsobem a nečte se. Jiný export \
                      FreeOTP nemá: spárujte telefon znovu příkazem otp-setup. FreeOTP+ exportuje JSON, a ten se čte.",
    import_keepass: "{from} je databáze KeePass a ta je šifrovaná. V KeePassXC zvolte Databáze, Exportovat, Soubor CSV a \
                     převezměte to.",
    import_archive: "{from} je archiv. Rozbalte ho tam, kde to nikdo jiný nepřečte, převezměte soubor z něj a smažte ho. Chce-li \
                     heslo, exportujte znovu bez hesla.",
    import_picture: "{from} je obrázek. Přečtěte z něj QR kód: zbarimg -q --raw SOUBOR | otp-setup import --user JMÉNO \
                     --app-export -",
    import_database: "{from} je databáze aplikace (SQLite) a ta se nečte. Microsoft Authenticator neexportuje nic, co by přečetl \
                      někdo jiný: spárujte telefon znovu příkazem otp-setup.",
    import_closed: "To jsou šifrovaná data z {program}. {program} neexportuje nic, co by přečetl někdo jiný: spárujte telefon \
                    znovu příkazem otp-setup.",
    import_unknown_form: "Takový export zde není znám. Známy jsou: seznam otpauth URI nebo nešifrovaný export z aplikací Aegis, 2FAS, \
                          andOTP, Bitwarden, FreeOTP+ (JSON) nebo KeePassXC (CSV).",
    need_user: "Řekněte pro koho: --user JMÉNO",
    list_head: "UŽIVATEL         SPÁROVÁNO   POSLEDNÍ KÓD      CHYB    POZDRŽEN ZÁCHRANNÝCH",
    list_never: "nikdy",
    list_linked: "bez telefonu, hlásí se přes poskytovatele identity",
    list_none: "Nikdo není spárován.",
    list_unanswered: "{path}: databáze uživatelů neříká, čí je: {why}",
    error: "otp-setup: {why}",
    cannot_write: "na standardní výstup nelze psát: {why}",
    not_shown: "na standardní výstup nelze psát: {why}. Co je teď spárováno, řekne otp-setup status. Záchranné kódy, které \
                se neukázaly, vyrobí nově otp-setup recovery-codes.",
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
                    signálem N. Co není 0, nic nezměnilo, nebo to řekne. doctor: 0 v pořádku; 1 varování; 6 závady.",
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
    about_invite: "Vyrobit jednorázový kód, se kterým si někdo spáruje první telefon (jen root)",
    about_link: "Propojit účet s tím, kdo se přihlásí přes poskytovatele identity (jen root)",
    about_unlink: "Zrušit propojení účtu (jen root)",
    about_idp_test: "Přihlásit se jednou přes poskytovatele identity a říct, co je vidět",
    about_list: "Vypsat, kdo je spárován (jen root)",
    about_completions: "Napsat na standardní výstup doplňování pro shell",
    about_doctor: "Hledat, co by lidi nepustilo, nebo je pustilo bez kódu",
    about_move: "Převést spárování na nové jméno uživatele, po usermod --login (jen root)",
    about_import: "Převzít uživatele s klíči, které už mají (jen root)",
    about_export: "Napsat otpauth URI uživatele na standardní výstup: je to tajný klíč (jen root)",
    about_help: "Říct, jak se používá otp-setup nebo jeho příkaz",
    help_text: "Ukázat klíč jen jako text, bez QR kódu",
    help_ascii: "Kreslit QR kód jen mezerami, pro terminály bez blokových znaků",
    help_yes: "Odpovídat ano tam, kde se ptá ano, nebo ne",
    help_print: "Vytisknout stránku do úschovy na výchozí tiskárně",
    help_recovery_codes_print: "Vytisknout nové kódy na výchozí tiskárně",
    help_recovery_codes_save: "Uložit nové kódy: .pdf, .png, .svg nebo .txt",
    help_save: "Uložit stránku do úschovy: .pdf, .png, .svg nebo .txt",
    help_algorithm: "Hash kódů místo zdejšího: SHA1, SHA256, SHA512",
    help_digits: "Kolik má kód číslic, místo zdejšího: 6, 7, 8",
    help_period: "Kolik sekund platí kód, místo zdejšího: 5 až 300",
    help_force: "I s hodnotami, k nimž některé aplikace ukazují nesprávné kódy, a s telefonem, který jde velmi špatně",
    help_paper: "Velikost stránky (jinak ta, která je u vás obvyklá)",
    help_user: "Pracovat pro tohoto uživatele (jen root)",
    help_config: "Použít tuto konfiguraci (pro roota a pro soubory s klíči v domovských adresářích)",
    help_batch: "Na nic se neptat: kódy i heslo se čtou ze standardního vstupu, každý na řádku; co je potřeba dál, musí říct \
                 přepínače",
    help_json: "Odpovědět v JSON",
    help_remove_yes: "Neptat se, jestli je to míněno vážně",
    help_valid: "Jak dlouho platí: 1h až 90d (jinak 7d)",
    help_invite_print: "Vytisknout ho na výchozí tiskárně a neukazovat",
    help_subject: "Propojit s tímto subjektem, bez přihlášení",
    help_link_import: "Propojit všechny ze SOUBORu (- je standardní vstup): UŽIVATEL,SUBJEKT na řádku; je-li řádek chybný, nikoho",
    help_shell: "Který shell",
    help_uri: "Z otpauth URI na standardním vstupu, nebo z několika, každé na řádku",
    help_google_authenticator: "Z ~/.google_authenticator uživatele, nebo ze SOUBORU; %u a %h v něm jsou jeho jméno a domovský adresář",
    help_pam_oath: "Z usersfile modulu pam_oath: všechny jeho uživatele, nebo toho, kterého říká --user",
    help_migration: "Z exportu Google Authenticatoru (otpauth-migration://) na standardním vstupu",
    help_app_export: "Z nešifrovaného exportu aplikací Aegis, 2FAS, andOTP, Bitwarden, FreeOTP+ nebo KeePassXC (CSV), nebo ze seznamu \
                      URI; - je standardní vstup",
    help_old: "Dosavadní jméno",
    help_new: "Jméno od teď",
    help_entry: "Kterou z několika položek převzít: její účet, VYDAVATEL:ÚČET nebo číslo (u pam_oath řádek)",
    help_all: "Každého uživatele s domovským adresářem",
    help_import_force: "I s parametry, k nimž některé aplikace ukazují nesprávné kódy, a s klíči pod 128 bitů",
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
    value_google_authenticator: "SOUBOR",
    value_app_export: "SOUBOR",
    value_old: "STARÉ",
    value_new: "NOVÉ",
    value_entry: "POLOŽKA",
    value_shell: "SHELL",
    value_valid: "DOBA",
    value_subject: "SUBJEKT",
    value_import: "SOUBOR",
};
