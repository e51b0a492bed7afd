//! The report on a roll-out.

messages! {
    roster_head()
        en "USER           STATE        SINCE      LAST CODE  FAILED DELAY  CODES NEEDED"
        cs "UŽIVATEL       STAV         OD         POSLEDNÍ     CHYB ČEKÁ    KÓDŮ POTŘEBA";
    roster_enrolled()
        en "enrolled"
        cs "spárován";
    roster_linked()
        en "linked"
        cs "propojen";
    roster_invited()
        en "invited"
        cs "pozván";
    roster_not_enrolled()
        en "not enrolled"
        cs "nespárován";
    roster_unreadable()
        en "unreadable"
        cs "nečitelný";
    roster_unknown()
        en "unknown"
        cs "neznámý";
    roster_exempt()
        en "exempt"
        cs "vyňat";
    roster_now()
        en "now"
        cs "už teď";
    roster_total(all, enrolled, linked, invited, none)
        en "{all} {all|person|people}: {enrolled} enrolled, {linked} linked without a phone, {invited} invited, {none} not enrolled."
        cs "{all} {all|člověk|lidé|lidí}: spárováno {enrolled}, propojeno bez telefonu {linked}, pozváno {invited}, nespárováno {none}.";
    roster_overdue(count)
        en "{count} {count|needs|need} a second factor by now and {count|has|have} none."
        cs "{count} {count|už potřebuje|už potřebují|už potřebuje} druhý faktor a {count|nemá|nemají|nemá} ho.";
    roster_throttled(count)
        en "{count} {count|is|are} delayed after wrong codes."
        cs "{count} {count|čeká|čekají|čeká} po nesprávných kódech.";
    roster_few(count)
        en "{count} {count|has|have} two recovery codes or fewer."
        cs "{count} {count|má|mají|má} nejvýše dva záchranné kódy.";
    roster_unreadables(count)
        en "Of {count} the secret file or invitation cannot be read."
        cs "U {count} nelze přečíst soubor s tajemstvím nebo pozvánku.";
    roster_unknowns(count)
        en "{count} {count|name is|names are} not in the user database."
        cs "{count} {count|jméno není|jména nejsou|jmen není} v databázi uživatelů.";
    roster_no_group(group)
        en "There is no group called {group}."
        cs "Skupina {group} není.";
    roster_not_enumerated()
        en "The directory does not list its people: those of them who have nothing here are missing. \
                            --people takes a list of names."
        cs "Adresář nevypisuje své lidi: ti z nich, kteří tu nic nemají, chybí. --people bere seznam jmen.";
}
