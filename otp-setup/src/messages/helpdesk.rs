//! What the help desk may not do.

messages! {
    helpdesk_off()
        en "This site has no help desk: helpdesk_group is not set in insis-otp.toml."
        cs "Zde není žádná podpora uživatelů: v insis-otp.toml není helpdesk_group.";
    helpdesk_not_by_sudo()
        en "This is for the help desk, by sudo. Root uses status, unlock, invite and bypass without helpdesk."
        cs "Tohle je pro podporu uživatelů, přes sudo. Root použije status, unlock, invite a bypass rovnou, bez helpdesk.";
    helpdesk_not_member(group)
        en "You are not in the group {group}."
        cs "Nejste ve skupině {group}.";
    helpdesk_own()
        en "Nobody helps themselves. Ask a colleague or an administrator."
        cs "Sám sobě nikdo nepomáhá. Obraťte se na kolegu nebo na správce.";
    helpdesk_no_person(user)
        en "{user} is root or a system account, which an administrator looks after."
        cs "{user} je root nebo systémový účet, o ty se stará správce.";
    helpdesk_shared_user_id(user, other)
        en "{user} and {other} have the same user id. An administrator looks after such accounts."
        cs "{user} a {other} mají stejné číslo uživatele. O takové účty se stará správce.";
    helpdesk_administrator(user, group)
        en "{user} is in the group {group}, whose members an administrator looks after."
        cs "{user} je ve skupině {group}, o jejíž členy se stará správce.";
    helpdesk_no_group(group)
        en "insis-otp.toml names the group {group}, which does not exist: nobody can tell whom the help desk may help. An administrator \
            has to create the group, or take it out of insis-otp.toml."
        cs "insis-otp.toml jmenuje skupinu {group}, která neexistuje: nedá se poznat, komu podpora smí pomáhat. Správce ji musí \
            založit, nebo z insis-otp.toml odebrat.";
    helpdesk_by_sudo(command)
        en "The help desk does this by sudo: {command}"
        cs "Podpora uživatelů to dělá přes sudo: {command}";
    helpdesk_not_enrolled(user, invite)
        en "{user} has no pairing. What {user} needs is an invitation: {invite}"
        cs "{user} nemá spárovaný telefon. Potřebuje pozvánku: {invite}";
    helpdesk_paired(user)
        en "{user} has a paired phone. An administrator removes the pairing first."
        cs "{user} má spárovaný telefon. Nejdřív správce odstraní spárování.";
    helpdesk_damaged(user)
        en "It was damaged, and which recovery codes are used is not known any more: none of them counts. {user} makes new ones, \
            by recovery-codes."
        cs "Stav byl poškozený a nedá se zjistit, které záchranné kódy jsou použité: neplatí žádný. {user} si vyrobí nové příkazem \
            recovery-codes.";
    helpdesk_config()
        en "The help desk has the site's settings: without --config."
        cs "Podpora uživatelů má zdejší nastavení: bez --config.";
}
