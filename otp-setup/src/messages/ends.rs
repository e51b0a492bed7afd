//! How the program ends, and wrong usage.

messages! {
    declined()
        en "Nothing was changed."
        cs "Nic se nezměnilo.";
    stopped()
        en "Stopped. Nothing was changed."
        cs "Přerušeno. Nic se nezměnilo.";
    input_ended()
        en "The input ended before a reply was given. Nothing was changed."
        cs "Vstup skončil dřív, než přišla odpověď. Nic se nezměnilo.";
    nothing_changed()
        en "Nothing was changed."
        cs "Nic se nezměnilo.";
    delete_entry()
        en "If the app has the new entry already, delete it there: its codes are good for nothing."
        cs "Pokud už aplikace novou položku má, smažte ji tam: její kódy k ničemu nejsou.";
    clear_it_yourself()
        en "This terminal cannot be cleared from here: clear it yourself, the secret is on it."
        cs "Tento terminál odsud smazat nelze: smažte ho sami, je na něm tajný klíč.";
    end_not_enrolled(user, command)
        en "{user} has no pairing. To pair a phone: {command}"
        cs "{user} nemá spárovaný telefon. Spáruje ho: {command}";
    end_exists(user)
        en "{user} has been paired meanwhile. Nothing was changed; see otp-setup status."
        cs "{user} se mezitím spároval. Nic se nezměnilo; viz otp-setup status.";
    end_codes_refused()
        en "The two codes no longer pair the phone. Nothing was changed; run otp-setup again."
        cs "Ty dva kódy už telefon nespárují. Nic se nezměnilo; spusťte otp-setup znovu.";
    end_no_random(why)
        en "The kernel gives no random bytes: {why}"
        cs "Jádro nedává náhodné bajty: {why}";
    end_not_permitted()
        en "What keeps you from it here: otp-setup doctor"
        cs "Co vám v tom zde brání, řekne: otp-setup doctor";
    end_only_root()
        en "Only root can do this."
        cs "To může jen root.";
    end_no_such_user(user)
        en "There is no user {user} on this machine."
        cs "Uživatel {user} na tomto počítači není.";
    end_config_not_site(path, site)
        en "{path} has store = \"ldap\": enrollments in a directory are reached by {site} alone, without --config."
        cs "{path} má store = \"ldap\": k záznamům v adresáři vede jen {site}, bez --config.";
    end_config_not_home(path)
        en "{path} does not keep secret files in homes: only root can use it by --config."
        cs "{path} nemá soubory s klíči v domovských adresářích: přes --config ho může použít jen root.";
    end_helper_start(path, why)
        en "{path} cannot be started: {why}. Is insis-otp installed as a whole?"
        cs "{path} nelze spustit: {why}. Je insis-otp nainstalováno celé?";
    end_helper_answer(path)
        en "{path} gave no answer that can be understood. Is insis-otp installed as a whole, in one version?"
        cs "{path} neodpovědělo srozumitelně. Je insis-otp nainstalováno celé a v jedné verzi?";
    end_options()
        en "Options of a command stand behind it: otp-setup COMMAND OPTIONS"
        cs "Přepínače příkazu se píší za něj: otp-setup PŘÍKAZ PŘEPÍNAČE";
    end_batch(option)
        en "With --batch nothing is asked; this needs {option}."
        cs "S --batch se na nic neptá; k tomu je potřeba {option}.";
    end_user_database(why)
        en "The user database cannot be read: {why}"
        cs "Databázi uživatelů nelze číst: {why}";
    end_own_account(uid)
        en "User id {uid} has no usable name in the user database."
        cs "Číslo uživatele {uid} nemá v databázi uživatelů použitelné jméno.";
    contact(text)
        en "Help: {text}"
        cs "Pomoc: {text}";
    error(why)
        en "otp-setup: {why}"
        cs "otp-setup: {why}";
    cannot_write(why)
        en "standard output cannot be written: {why}"
        cs "na standardní výstup nelze psát: {why}";
    not_shown(why)
        en "standard output cannot be written: {why}. What is paired now: otp-setup status. Recovery codes that were not \
            shown: otp-setup recovery-codes makes new ones."
        cs "na standardní výstup nelze psát: {why}. Co je teď spárováno, řekne otp-setup status. Záchranné kódy, které \
            se neukázaly, vyrobí nově otp-setup recovery-codes.";
    usage_unknown_argument(argument)
        en "{argument} is not known here."
        cs "{argument} zde není známo.";
    usage_unknown_command(command)
        en "There is no command {command}."
        cs "Příkaz {command} neexistuje.";
    usage_nearest(words)
        en "Is it {words}?"
        cs "Nemá to být {words}?";
    usage_value_missing(argument)
        en "{argument} needs a value."
        cs "{argument} potřebuje hodnotu.";
    usage_value_wrong(argument, value)
        en "{argument} does not take {value}."
        cs "{argument} nebere {value}.";
    usage_value_too_many(argument, value)
        en "{argument} takes no value; it was given {value}."
        cs "{argument} žádnou hodnotu nemá; dostalo {value}.";
    usage_twice(argument)
        en "{argument} can be said only once."
        cs "{argument} smí být jen jednou.";
    usage_conflict(argument, other)
        en "{argument} does not go together with {other}."
        cs "{argument} nejde dohromady s {other}.";
    usage_missing(arguments)
        en "Missing: {arguments}"
        cs "Chybí: {arguments}";
    usage_not_utf8()
        en "An argument is not UTF-8."
        cs "Některý argument není v UTF-8.";
    usage_unclear()
        en "The command line cannot be understood."
        cs "Příkazové řádce nelze rozumět.";
    usage_more()
        en "For more, see --help."
        cs "Víc řekne --help.";
}
