//! The doctor's findings: what and why, a line each.

findings! {
    doctor_config(error)
        en "The configuration cannot be used: {error}\n\
            No login that asks for a code succeeds until it is mended. Nothing that depends on it was looked at."
        cs "Konfiguraci nelze použít: {error}\n\
            Dokud se neopraví, neprojde žádné přihlášení s kódem. Co na ní závisí, se neprohlíželo.";
    doctor_not_root()
        en "Only part of it was looked at.\n\
            The store, sshd and the list of people can be seen by root only."
        cs "Prohlédla se jen část.\n\
            Úložiště, sshd a seznam lidí vidí jen root.";
    doctor_pam_unused()
        en "No PAM stack uses pam_insis_otp.so.\n\
            Nobody is asked for a code; pairings have no effect."
        cs "Žádný zásobník PAM nepoužívá pam_insis_otp.so.\n\
            Na kód se nikdo neptá; spárování nemají účinek.";
    doctor_pam_missing(module)
        en "The module {module} is not where libpam looks for it.\n\
            This stack refuses everybody."
        cs "Modul {module} není tam, kde ho libpam hledá.\n\
            Tento zásobník odmítá všechny.";
    doctor_pam_writable(path)
        en "{path} can be changed by others than root.\n\
            Whoever changes it gets in, as anybody."
        cs "{path} může měnit i někdo jiný než root.\n\
            Kdo ho změní, přihlásí se jako kdokoli.";
    doctor_pam_not_loadable(path)
        en "{path} is no shared library.\n\
            This stack refuses everybody."
        cs "{path} není sdílená knihovna.\n\
            Tento zásobník odmítá všechny.";
    doctor_pam_argument(argument, why)
        en "The module does not take the argument {argument} ({why}).\n\
            It refuses every login by this stack."
        cs "Modul nebere argument {argument} ({why}).\n\
            Odmítá každé přihlášení tímto zásobníkem.";
    doctor_pam_control(control)
        en "With the control {control}, a wrong code does not refuse the login.\n\
            The password alone opens it."
        cs "S řízením {control} nesprávný kód přihlášení neodmítne.\n\
            Otevře ho samo heslo.";
    doctor_pam_skips(module, control)
        en "When {module} ({control}) succeeds, the code is skipped.\n\
            The password alone opens a login."
        cs "Když uspěje {module} ({control}), kód se přeskočí.\n\
            Přihlášení otevře samo heslo.";
    doctor_pam_order(module)
        en "The code is asked for before {module}.\n\
            Whoever does not know the password can try codes, and delay the owner's."
        cs "Na kód se ptá dřív než {module}.\n\
            Kdo nezná heslo, může zkoušet kódy a zdržovat majitele.";
    doctor_pam_ignore(control)
        en "People without a pairing are to be passed over, but {control} turns that into a refusal.\n\
            They are locked out."
        cs "Lidé bez spárování se mají pominout, ale {control} z toho udělá odmítnutí.\n\
            Nepřihlásí se.";
    doctor_pam_no_success()
        en "People without a pairing are to be passed over, but nothing else in this stack can let them in.\n\
            They are locked out."
        cs "Lidé bez spárování se mají pominout, ale nic jiného v tomto zásobníku je nemůže pustit.\n\
            Nepřihlásí se.";
    doctor_store_missing(path)
        en "The store {path} is not there.\n\
            Nobody can pair or log in."
        cs "Úložiště {path} neexistuje.\n\
            Nikdo se nemůže spárovat ani přihlásit.";
    doctor_store_closed(path)
        en "The store {path} is for root only.\n\
            People cannot pair by themselves, and screen lockers cannot check codes."
        cs "Úložiště {path} je jen pro roota.\n\
            Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.";
    doctor_store_mode(path)
        en "The store {path} has the wrong owner or mode.\n\
            Nobody can pair or log in: a store that others can write is not trusted."
        cs "Úložiště {path} má nesprávného vlastníka nebo práva.\n\
            Nikdo se nemůže spárovat ani přihlásit: úložišti, do kterého píší jiní, se nevěří.";
    doctor_fleet(why)
        en "The directory of [fleet] cannot be asked: {why}.\n\
            Nobody whose enrollment is there can log in."
        cs "Adresáře z [fleet] se nelze zeptat: {why}.\n\
            Kdo má záznam v něm, nepřihlásí se.";
    doctor_fleet_people()
        en "Enrollments are in a directory, and are not examined one by one.\n\
            Who has enrolled: otp-setup list."
        cs "Záznamy jsou v adresáři a jeden po druhém se neprohlížejí.\n\
            Kdo je spárován: otp-setup list.";
    doctor_fleet_unreachable(server, why)
        en "{server} cannot be asked: {why}.\n\
            It is passed over, which takes time at each login, and it does not stand in for another one."
        cs "{server} neodpovídá: {why}.\n\
            Přeskakuje se, což při každém přihlášení zdržuje, a za jiný server nezaskočí.";
    doctor_fleet_certificate(server, date)
        en "The certificate of {server} ends on {date}.\n\
            From then on nobody whose enrollment is there can log in."
        cs "Certifikát serveru {server} končí {date}.\n\
            Potom se nepřihlásí nikdo, kdo má záznam v něm.";
    doctor_fleet_clock(server, seconds)
        en "The clock of {server} differs from this host's by {seconds} seconds.\n\
            The host's decides which codes are right: hosts that differ refuse codes that others take."
        cs "Hodiny serveru {server} se od zdejších liší o {seconds} s.\n\
            Který kód je správný, rozhodují hodiny počítače: když se liší, jeden odmítá, co jiný bere.";
    doctor_fleet_replica(server, why)
        en "{server} takes no writes: {why}.\n\
            Every login writes: nobody gets in by this server. It is a replica, or this host may not write there."
        cs "{server} nepřijímá zápisy: {why}.\n\
            Každé přihlášení zapisuje: přes tento server se nedostane nikdo. Je to replika, nebo sem tento počítač psát nesmí.";
    doctor_fleet_writers(count)
        en "{count} of the servers take writes, and changes have come from several.\n\
            Of two that take writes at the same time, each lets a code in once. One may write, the others stand by."
        cs "Zápisy přijímá serverů: {count}, a změny přicházely z několika.\n\
            Ze dvou, které zapisují zároveň, každý pustí týž kód jednou. Zapisovat smí jeden, ostatní čekají v záloze.";
    doctor_fleet_placeholder(name)
        en "The entry {name} is missing, which stands for everybody without a record.\n\
            How long a login takes tells who has paired a phone."
        cs "Chybí položka {name}, která zastupuje všechny bez záznamu.\n\
            Z doby přihlášení se pozná, kdo má spárovaný telefon.";
    doctor_fleet_attribute(server, name)
        en "{server} does not know the attribute {name}.\n\
            Nobody can be enrolled there, and nobody gets in."
        cs "{server} nezná atribut {name}.\n\
            Nikdo tam nemůže mít záznam a nikdo se nepřihlásí.";
    doctor_fleet_values(server, name)
        en "On {server} the attribute {name} may have several values.\n\
            Two logins at once could both be written, and one code open both. It has to be SINGLE-VALUE."
        cs "Na {server} smí mít atribut {name} více hodnot.\n\
            Dvě přihlášení naráz by se mohla zapsat obě a jeden kód otevřít obě. Musí být SINGLE-VALUE.";
    doctor_fleet_schema(server, why)
        en "The schema of {server} cannot be read: {why}.\n\
            Whether it is the one that is needed is not known."
        cs "Schéma serveru {server} nelze přečíst: {why}.\n\
            Není známo, jestli je to ono.";
    doctor_fleet_anonymous(server, name)
        en "{server} shows {name} to whoever asks, without a name.\n\
            Whoever reaches it can learn who has enrolled, and, of oathSecret, make their codes."
        cs "{server} ukazuje {name} komukoli, kdo se zeptá.\n\
            Kdo se k němu dostane, zjistí, kdo je spárován, a z oathSecret vyrobí jejich kódy.";
    doctor_fleet_host_reads(server, name)
        en "{server} shows this host {name}, which it does not need.\n\
            Whoever takes this host over takes these along."
        cs "{server} ukazuje tomuto počítači {name}, který nepotřebuje.\n\
            Kdo ovládne tento počítač, získá i je.";
    doctor_fleet_readable(count)
        en "This host can read the second factors of {count} people (1000: or more).\n\
            Whoever takes it over has them: the access rules should show it nobody but who logs in here."
        cs "Tento počítač může číst druhé faktory lidí: {count} (1000: nebo víc).\n\
            Kdo ho ovládne, má je: přístupová pravidla by mu měla ukazovat jen ty, kdo se sem hlásí.";
    doctor_fleet_strangers(count, all, names)
        en "This host can read the second factors of people who have no account here: {count} of {all} that were looked at ({names}).\n\
            Whoever takes it over has them: the access rules should show it nobody but who logs in here."
        cs "Tento počítač může číst druhé faktory lidí, kteří tu nemají účet: {count} z {all} prohlédnutých ({names}).\n\
            Kdo ho ovládne, má je: přístupová pravidla by mu měla ukazovat jen ty, kdo se sem hlásí.";
    doctor_fleet_overlay(server)
        en "On {server} people bind with codes (slapo-otp), and it is older than slapd 2.7, or does not say what it is.\n\
            There one code opens several binds that arrive at once, and replicas do not learn of it. Logins here are not affected."
        cs "Na {server} se lidé připojují s kódy (slapo-otp) a je starší než slapd 2.7, nebo neříká, co je zač.\n\
            Jeden kód tam otevře několik připojení naráz a repliky se to nedozví. Zdejších přihlášení se to netýká.";
    doctor_fleet_missing(path)
        en "The program that asks the directory is missing: {path}.\n\
            Nobody whose enrollment is there can log in."
        cs "Chybí program, který se ptá adresáře: {path}.\n\
            Kdo má záznam v něm, nepřihlásí se.";
    doctor_fleet_user(user)
        en "There is no user {user}, which otp-fleet runs as.\n\
            Nobody whose enrollment is in the directory can log in."
        cs "Není tu uživatel {user}, pod kterým běží otp-fleet.\n\
            Kdo má záznam v adresáři, nepřihlásí se.";
    doctor_idp_missing(path)
        en "The program that asks the identity provider is missing: {path}.\n\
            Nobody can sign in there in place of a code; codes go on working."
        cs "Chybí program, který se ptá poskytovatele identity: {path}.\n\
            Přes něj se nikdo nepřihlásí; kódy fungují dál.";
    doctor_idp_user(user)
        en "There is no user {user}, which otp-idp runs as.\n\
            Nobody can sign in at the identity provider; codes go on working."
        cs "Není tu uživatel {user}, pod kterým běží otp-idp.\n\
            U poskytovatele identity se nikdo nepřihlásí; kódy fungují dál.";
    doctor_idp_grace(grace, deadline)
        en "sshd ends a login after {grace} s, and the person has {deadline} s to sign in at the identity provider.\n\
            Whoever takes that long is cut off while signing in."
        cs "sshd ukončí přihlášení po {grace} s a u poskytovatele identity je na ně {deadline} s.\n\
            Komu to trvá tak dlouho, toho to odpojí uprostřed.";
    doctor_idp_nobody(provider)
        en "{provider} is offered, and nobody is linked to anybody there.\n\
            Whoever chooses it is refused."
        cs "{provider} se nabízí a nikdo s nikým tam propojen není.\n\
            Kdo to zvolí, toho to nepustí.";
    doctor_link_unknown(user)
        en "{user} is linked to somebody at the identity provider, and the user database knows nobody of that name.\n\
            Whoever gets the name with the same user id gets the link, too."
        cs "{user} je propojen s někým u poskytovatele identity, ale databáze uživatelů nikoho takového nezná.\n\
            Kdo to jméno dostane se stejným číslem uživatele, dostane i propojení.";
    doctor_link_broken(why)
        en "A link to the identity provider cannot be used: {why}\n\
            Whoever it is for cannot sign in with it."
        cs "Propojení s poskytovatelem identity nelze použít: {why}\n\
            Komu patří, ten se s ním nepřihlásí.";
    doctor_helper_missing(path)
        en "There is no helper at {path}.\n\
            People cannot pair by themselves, and screen lockers cannot check codes."
        cs "Pomocník {path} neexistuje.\n\
            Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.";
    doctor_helper_mode(path)
        en "The helper {path} has the wrong owner or mode.\n\
            It cannot open the store, or others can change what it does."
        cs "Pomocník {path} má nesprávného vlastníka nebo práva.\n\
            Nemůže otevřít úložiště, nebo jiní mohou změnit, co dělá.";
    doctor_file_orphan(path)
        en "{path} belongs to no user of this machine.\n\
            It is the secret of somebody who has gone; a new user of the same name could not use it."
        cs "{path} nepatří žádnému uživateli tohoto počítače.\n\
            Je to klíč někoho, kdo odešel; nový uživatel téhož jména by ho nemohl použít.";
    doctor_file_broken(user, why)
        en "The secret file of {user} cannot be used: {why}.\n\
            {user} cannot log in."
        cs "Soubor s klíčem uživatele {user} nelze použít: {why}.\n\
            {user} se nemůže přihlásit.";
    doctor_log()
        en "There is no /dev/log.\n\
            Nobody can see who was refused, and why."
        cs "Chybí /dev/log.\n\
            Nikdo nevidí, kdo byl odmítnut a proč.";
    doctor_clock()
        en "The clock is not synchronised.\n\
            When it is off by more than a minute, right codes are refused."
        cs "Hodiny nejsou synchronizovány.\n\
            Když jdou o víc než minutu špatně, odmítají se správné kódy.";
    doctor_debug()
        en "debug is on.\n\
            The log is long. It holds no secret."
        cs "debug je zapnuto.\n\
            Záznam je dlouhý. Tajemství v něm nejsou.";
    doctor_sshd_silent(why)
        en "sshd does not tell its settings: {why}\n\
            It does not start like this, and its settings were not looked at."
        cs "sshd neřekl svá nastavení: {why}\n\
            Takto se nespustí a jeho nastavení nebyla prohlédnuta.";
    doctor_sshd_usepam()
        en "sshd does not use PAM.\n\
            No code is asked for."
        cs "sshd nepoužívá PAM.\n\
            Na kód se neptá.";
    doctor_sshd_interactive()
        en "Keyboard-interactive authentication is off, the only one that can ask for a code.\n\
            Logins by password are refused, and those by key need no code."
        cs "Vypnuto je keyboard-interactive, jediný způsob, který se umí zeptat na kód.\n\
            Přihlášení heslem se odmítají a ta klíčem kód nepotřebují.";
    doctor_sshd_password()
        en "The method \"password\" is on, which cannot ask for a code.\n\
            Clients that choose it are refused, though the password is right."
        cs "Zapnut je způsob „password“, který se neumí zeptat na kód.\n\
            Klienti, kteří si ho vyberou, jsou odmítnuti, i když heslo souhlasí.";
    doctor_sshd_key()
        en "A key alone opens a login, without a code.\n\
            The second step is for passwords only."
        cs "Samotný klíč otevře přihlášení, bez kódu.\n\
            Druhý krok platí jen pro hesla.";
    doctor_sshd_methods(lists)
        en "AuthenticationMethods lets people in without a code: {lists}\n\
            Only keyboard-interactive asks for one."
        cs "AuthenticationMethods pouští bez kódu: {lists}\n\
            Na kód se ptá jen keyboard-interactive.";
    doctor_sshd_match(key)
        en "{key} is set otherwise for some people.\n\
            Whether they are asked for a code was not looked at."
        cs "{key} je pro některé lidi nastaveno jinak.\n\
            Jestli se jich ptá na kód, se nezjišťovalo.";
    doctor_locked_out(count, names, services)
        en "{count} {count|person has|people have} no pairing: {names}\n\
            They cannot log in by {services} (unenrolled = \"deny\")."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
            Přes {services} se nepřihlásí (unenrolled = \"deny\").";
    doctor_locked_out_since(count, names, services, date, key)
        en "{count} {count|person has|people have} no pairing: {names}\n\
            They cannot log in by {services} since {date} ({key})."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
            Od {date} se přes {services} nepřihlásí ({key}).";
    doctor_locked_out_from(count, names, services, date, key)
        en "{count} {count|person has|people have} no pairing: {names}\n\
            From {date} on they cannot log in by {services} ({key})."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
            Počínaje {date} se přes {services} nepřihlásí ({key}).";
    doctor_would_be_locked_out(count, names, services)
        en "{count} {count|person has|people have} no pairing: {names}\n\
            They log in by {services} without a code."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
            Přes {services} se přihlašují bez kódu.";
    doctor_would_enroll(count, names, services)
        en "{count} {count|person has|people have} no pairing: {names}\n\
            At their next login by {services} they are led through pairing (unenrolled = \"enrol\")."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování: {names}\n\
            Při příštím přihlášení přes {services} je spárování provede (unenrolled = \"enrol\").";
    doctor_pam_missing_passed(module)
        en "The module {module} is not where libpam looks for it.\n\
            Its line has no effect: whom it was to let in, or to refuse, is not."
        cs "Modul {module} není tam, kde ho libpam hledá.\n\
            Jeho řádek nemá účinek: koho měl pustit nebo odmítnout, toho nepustí ani neodmítne.";
    doctor_pam_include(name)
        en "The PAM file {name}, which is included here, does not exist.\n\
            libpam refuses every login by this stack."
        cs "Soubor PAM {name}, který se zde vkládá, neexistuje.\n\
            libpam odmítá každé přihlášení tímto zásobníkem.";
    doctor_pam_line()
        en "libpam does not understand this line.\n\
            It counts as a failure: logins by this stack are refused."
        cs "Tomuto řádku libpam nerozumí.\n\
            Počítá se jako neúspěch: přihlášení tímto zásobníkem se odmítají.";
    doctor_pam_nobody()
        en "Nobody gets in by this stack, not even with the right password and code.\n\
            People are locked out."
        cs "Tímto zásobníkem se nepřihlásí nikdo, ani se správným heslem a kódem.\n\
            Lidé se nepřihlásí.";
    doctor_pam_password_ignored()
        en "The right code opens the login even after a wrong password.\n\
            Whoever has the phone needs no password."
        cs "Správný kód otevře přihlášení i po nesprávném hesle.\n\
            Kdo má telefon, nepotřebuje heslo.";
    doctor_pam_code_alone()
        en "Nothing asks for a password or a key before the code.\n\
            The code alone opens the login, and people who need none get in with nothing."
        cs "Před kódem se nic neptá na heslo ani na klíč.\n\
            Přihlášení otevře samotný kód a koho se na kód neptá, přihlásí se bez čehokoli.";
    doctor_pam_after_wrong(module)
        en "The code is asked for even when {module} has refused the password.\n\
            Whoever does not know the password can try codes, and delay the owner's."
        cs "Na kód se ptá i tehdy, když {module} heslo odmítl.\n\
            Kdo nezná heslo, může zkoušet kódy a zdržovat majitele.";
    doctor_pam_twice(location)
        en "The module stands in this stack already, at {location}.\n\
            People are asked for two codes, and one code opens one login only."
        cs "Modul už v tomto zásobníku je: {location}.\n\
            Lidí se ptá na dva kódy a jeden kód otevře jen jedno přihlášení.";
    doctor_pam_use_first_pass()
        en "use_first_pass expects the code at the end of a password that a module above has checked as a whole.\n\
            Nobody gets in: the password with the code is wrong for that module, and without it there is no code."
        cs "use_first_pass čeká kód na konci hesla, které modul nad ním kontroloval jako celek.\n\
            Nikdo se nepřihlásí: heslo s kódem je pro tamten modul nesprávné a bez něj kód chybí.";
    doctor_pam_try_first_pass()
        en "With try_first_pass, a password that ends in digits is tried as a code first.\n\
            The digits of such a password are taken for a wrong code."
        cs "S try_first_pass se heslo, které končí číslicemi, napřed zkusí jako kód.\n\
            Číslice takového hesla se vezmou za nesprávný kód.";
    doctor_pam_enroll(facility)
        en "unenrolled = \"enrol\" needs a line of the module among the {facility} lines, too.\n\
            People who have no pairing are not led through it: they log in without a code, or not at all."
        cs "unenrolled = \"enrol\" potřebuje řádek modulu i mezi řádky {facility}.\n\
            Lidé bez spárování se při přihlášení nespárují: přihlásí se bez kódu, nebo vůbec ne.";
    doctor_pam_family(with, without)
        en "{with} asks for a code, {without} does not.\n\
            It is the same program, called otherwise: the password alone opens it."
        cs "{with} se na kód ptá, {without} ne.\n\
            Je to týž program, jinak zavolaný: otevře ho samo heslo.";
    doctor_pam_sshd_without()
        en "sshd does not ask for a code, other services do.\n\
            Logins over the network need the password alone."
        cs "sshd se na kód neptá, jiné služby ano.\n\
            K přihlášení po síti stačí samo heslo.";
    doctor_sshd_usedns()
        en "UseDNS is on, and networks decide who is asked for a code.\n\
            Where a name is found for an address, the module has no address: nobody is exempt or remembered there."
        cs "UseDNS je zapnuto a o tom, koho se ptá na kód, rozhodují sítě.\n\
            Kde se k adrese najde jméno, modul adresu nemá: výjimka ani zapamatování tam neplatí.";
    doctor_sshd_password_first(lists)
        en "AuthenticationMethods asks for \"password\" beside keyboard-interactive: {lists}\n\
            \"password\" asks the whole PAM stack and cannot ask for a code: nobody gets in."
        cs "AuthenticationMethods chce vedle keyboard-interactive i „password“: {lists}\n\
            „password“ se ptá celého zásobníku PAM a na kód se zeptat neumí: nikdo se nepřihlásí.";
    doctor_unanswered(why)
        en "The user database does not say whose file that is: {why}\n\
            Such people cannot log in now, and are missing from every list."
        cs "Databáze uživatelů neříká, čí je ten soubor: {why}\n\
            Takoví lidé se teď nepřihlásí a chybí ve všech výpisech.";
    doctor_file_renamed(path, user)
        en "{path} is of somebody whose name is {user} now.\n\
            {user} has no pairing under the new name: no code is right, or none is asked for."
        cs "{path} patří někomu, kdo se teď jmenuje {user}.\n\
            {user} pod novým jménem spárování nemá: žádný kód neplatí, nebo se na něj neptá.";
    doctor_store_read_only()
        en "The store is mounted read-only.\n\
            Every attempt is written before it counts: nobody can log in with a code."
        cs "Úložiště je připojeno jen pro čtení.\n\
            Každý pokus se zapisuje, než platí: s kódem se nikdo nepřihlásí.";
    doctor_store_local_locks(option)
        en "The store is on NFS, mounted with {option}: locks hold on this host only.\n\
            Two hosts can accept the same code, and lose each other's count of wrong ones."
        cs "Úložiště je na NFS připojeném s {option}: zámky platí jen na tomto počítači.\n\
            Dva počítače mohou přijmout týž kód a navzájem si ztratí počet nesprávných.";
    doctor_helper_nosuid(point)
        en "{point} is mounted with nosuid: the helper gets no rights from its group.\n\
            People cannot pair by themselves, and screen lockers cannot check codes."
        cs "{point} je připojeno s nosuid: pomocník práva své skupiny nedostane.\n\
            Lidé se nemohou spárovat sami a zámky obrazovky nemohou kontrolovat kódy.";
    doctor_no_new_privileges()
        en "This shell may gain no privileges (no_new_privs), nor may what it starts.\n\
            The helper cannot open the store from here: otp-setup and sudo fail in this window only."
        cs "Tento shell nesmí získat práva (no_new_privs) a ani to, co spustí.\n\
            Pomocník odsud úložiště neotevře: otp-setup a sudo selžou jen v tomto okně.";
    doctor_config_closed()
        en "The configuration can be read by root only.\n\
            Helper and screen lockers run for people and cannot read it: they refuse everybody."
        cs "Konfiguraci může číst jen root.\n\
            Pomocník a zámky obrazovky běží za lidi a číst ji nemohou: odmítají všechny.";
    doctor_root_in_directory()
        en "root is not among break_glass_users.\n\
            No directory has an entry for root, who gets no code at the console and in su, and cannot log in."
        cs "Mezi break_glass_users není root.\n\
            Žádný adresář pro něj nemá záznam, takže u konzole a v su nedostane kód a nepřihlásí se.";
    doctor_exempt_user(name)
        en "The user {name}, who is to be exempt, does not exist.\n\
            The exemption is for nobody; whoever gets that name would need no code."
        cs "Uživatel {name}, který má mít výjimku, neexistuje.\n\
            Výjimka není pro nikoho; kdo to jméno dostane, nepotřeboval by kód.";
    doctor_exempt_group(name)
        en "The group {name}, which is to be exempt, does not exist.\n\
            The exemption is for nobody: a way out for emergencies would not be one."
        cs "Skupina {name}, která má mít výjimku, neexistuje.\n\
            Výjimka není pro nikoho: nouzový východ by jím nebyl.";
    doctor_helpdesk_group(name, key)
        en "The group {name}, which {key} names, does not exist.\n\
            Nobody can tell who is in it: the help desk helps nobody."
        cs "Skupina {name}, kterou jmenuje {key}, neexistuje.\n\
            Nedá se poznat, kdo v ní je: podpora uživatelů nikomu nepomůže.";
    doctor_required_nobody(key, name)
        en "{key} has {name}, and the user database has nobody of exactly that name.\n\
            A code is required of nobody by it."
        cs "V {key} je {name}, ale přesně toto jméno databáze uživatelů nezná.\n\
            Kód se podle něj nežádá od nikoho.";
    doctor_exempt_everywhere(network)
        en "exempt_networks has {network}, which is every address.\n\
            Nobody is asked for a code over the network."
        cs "V exempt_networks je {network}, tedy každá adresa.\n\
            Na kód se po síti neptá nikoho.";
    doctor_no_service(name)
        en "There is no PAM service {name}.\n\
            The section has no effect: what is for all holds."
        cs "Služba PAM {name} neexistuje.\n\
            Oddíl nemá účinek: platí to, co je pro všechny.";
    doctor_one_uid(user, other, uid)
        en "{user} and {other} have the same user id, {uid}; {user} has a pairing, {other} has none.\n\
            A pairing is for a name: as {other}, the same person has no code, and otp-setup takes them for the first name."
        cs "{user} a {other} mají totéž číslo uživatele, {uid}; {user} má spárování, {other} ne.\n\
            Spárování platí pro jméno: jako {other} tentýž člověk kód nemá a otp-setup ho bere za první jméno.";
    doctor_reused(user)
        en "The pairing of {user} is older than their home directory.\n\
            If the account is a new one, its name and id were somebody else's, and so is the phone."
        cs "Spárování uživatele {user} je starší než jeho domovský adresář.\n\
            Jestli je účet nový, jméno i číslo patřily někomu jinému a telefon také.";
    doctor_store_unmarked(marker)
        en "The store has no marker, {marker}: it may be a mount point where nothing is mounted.\n\
            An empty store looks as if nobody had ever paired."
        cs "V úložišti chybí značka {marker}: možná je to přípojný bod, kde není nic připojeno.\n\
            Prázdné úložiště vypadá, jako by se nikdo nikdy nespároval.";
    doctor_password_service_missing(path)
        en "The PAM service otp-setup is not there: {path}\n\
            People pair with their password (self_enrollment), and it cannot be checked: without an invitation nobody can."
        cs "Služba PAM otp-setup chybí: {path}\n\
            Lidé se párují svým heslem (self_enrollment) a to nelze zkontrolovat: bez pozvánky se nespáruje nikdo.";
    doctor_password_service_ours(module)
        en "The PAM service otp-setup asks {module} too.\n\
            It checks the password of people who have no phone yet: whoever is asked for a code there cannot pair."
        cs "Služba PAM otp-setup se ptá i modulu {module}.\n\
            Kontroluje heslo lidí, kteří telefon ještě nemají: koho se tam ptá na kód, ten se nespáruje.";
    doctor_password_service_open()
        en "The PAM service otp-setup succeeds with a wrong password.\n\
            Every program that runs as somebody can pair a phone for them, as with self_enrollment = \"open\"."
        cs "Službou PAM otp-setup projde i nesprávné heslo.\n\
            Každý program, který za někoho běží, mu může spárovat telefon, jako při self_enrollment = \"open\".";
    doctor_password_service_closed()
        en "The PAM service otp-setup refuses the right password.\n\
            People can pair with an invitation only."
        cs "Služba PAM otp-setup odmítá správné heslo.\n\
            Lidé se spárují jen s pozvánkou.";
    doctor_self_enrollment_open()
        en "self_enrollment is \"open\".\n\
            Every program that runs as somebody can pair a phone for them, without their password."
        cs "self_enrollment je „open“.\n\
            Každý program, který za někoho běží, mu může spárovat telefon, bez jeho hesla.";
    doctor_self_enrollment_off(services)
        en "People without a pairing are to pair at {services}, but self_enrollment is \"off\".\n\
            They are not led through it: they are refused."
        cs "Lidé bez spárování se mají spárovat při přihlášení ({services}), ale self_enrollment je „off“.\n\
            Spárování je neprovede: jsou odmítnuti.";
    doctor_no_password(count, names)
        en "{count} {count|person has|people have} no pairing, no password and no invitation: {names}\n\
            To pair, they have to show one of the two."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování, heslo ani pozvánku: {names}\n\
            Ke spárování je jedno z těch dvou potřeba.";
    doctor_no_invitation(count, names)
        en "{count} {count|person has|people have} no pairing and no invitation: {names}\n\
            Without one they cannot pair (self_enrollment = \"invitation\")."
        cs "{count} {count|člověk nemá|lidé nemají|lidí nemá} spárování ani pozvánku: {names}\n\
            Bez ní se nespárují (self_enrollment = \"invitation\").";
    doctor_stale_invitations(count)
        en "{count} {count|invitation is|invitations are} good for nothing any more.\n\
            {count|Its|Their} time is over, or too many wrong codes were tried: whoever comes with one is refused."
        cs "{count} {count|pozvánka už k ničemu není|pozvánky už k ničemu nejsou|pozvánek už k ničemu není}.\n\
            {count|Prošla|Prošly|Prošly}, nebo se zkusilo příliš mnoho nesprávných kódů: kdo s takovou přijde, je odmítnut.";
    doctor_homes_ticket(option)
        en "Secret files are in homes that are mounted with {option}.\n\
            Before the login there is no Kerberos ticket: the code cannot be checked, and people are refused."
        cs "Soubory s klíči jsou v domovských adresářích připojených s {option}.\n\
            Před přihlášením chybí lístek Kerbera: kód nelze zkontrolovat a lidé jsou odmítnuti.";
    doctor_homes_nfs()
        en "Secret files are in homes on NFS.\n\
            Whoever is root on the server, or on a host that mounts them, can read them; a stopped login delays its owner for seconds."
        cs "Soubory s klíči jsou v domovských adresářích na NFS.\n\
            Přečte je root serveru i každého počítače, který je připojuje; zastavené přihlášení zdrží majitele o vteřiny.";
    doctor_exempt_spelling(name, right)
        en "exempt_users has {name}, whom the user database calls {right}.\n\
            Names are compared as it spells them: the exemption is for nobody."
        cs "V exempt_users je {name}, ale databáze uživatelů říká {right}.\n\
            Jména se porovnávají tak, jak je píše ona: výjimka není pro nikoho.";
    doctor_not_enumerated()
        en "The directory does not list its people.\n\
            Who of them has no pairing cannot be seen here. list and doctor see those who have one."
        cs "Adresář své lidi nevypisuje.\n\
            Kdo z nich nemá spárování, tu není vidět. list a doctor vidí ty, kdo je mají.";
}
