//! Links to the identity provider, and signing in there.

messages! {
    link_root()
        en "Root is never linked: whoever takes over a person at the provider would be root."
        cs "Root se nepropojuje: kdo by u poskytovatele ovládl jednoho člověka, byl by root.";
    link_subject()
        en "A subject is what the provider calls a person for ever (sub, with Entra oid): 1 to 255 printable ASCII characters."
        cs "Subjekt je to, jak poskytovatel člověka nazývá navždy (sub, u Entra oid): 1 až 255 tisknutelných znaků ASCII.";
    link_other(user, subject)
        en "{subject} is linked to {user} already (otp-setup unlink --user {user})."
        cs "{subject} už je propojen s uživatelem {user} (otp-setup unlink --user {user}).";
    linked(user, subject, provider)
        en "{user} is linked to {subject}, and may sign in with {provider} from now on: at the question for the code, m."
        cs "{user} je propojen s {subject} a může se odteď hlásit přes {provider}: u otázky na kód napíše m.";
    link_imported(count)
        en "{count} {count|link|links} written."
        cs "Propojení zapsáno: {count}.";
    unlinked(user)
        en "{user} is linked to nobody any more."
        cs "{user} už s nikým propojen není.";
    not_linked(user)
        en "{user} is linked to nobody."
        cs "{user} s nikým propojen není.";
    link_unreadable(path, why)
        en "{path} cannot be read: {why}"
        cs "{path} nelze přečíst: {why}";
    link_too_large()
        en "it is larger than 32 MiB"
        cs "je to víc než 32 MiB";
    link_line(line, why)
        en "Line {line}: {why} Nothing was changed."
        cs "Řádek {line}: {why} Nic se nezměnilo.";
    link_twice(user, line)
        en "{user} stands in line {line} already."
        cs "{user} je už na řádku {line}.";
    link_form()
        en "A line is USER,SUBJECT."
        cs "Řádek je UŽIVATEL,SUBJEKT.";
    status_linked(subject, issuer, time)
        en "Linked to {subject} at {issuer}, since {time}"
        cs "Propojeno s {subject} u {issuer}, od {time}";
    status_not_linked()
        en "Not linked to the identity provider"
        cs "Není propojeno s poskytovatelem identity";
    link_begin(provider)
        en "To link your account to {provider}, first prove that it is you; then you sign in there."
        cs "Než účet propojíte s {provider}, prokažte, že jste to vy; pak se tam přihlásíte.";
    unlink_begin(provider)
        en "To remove the link of your account to {provider}, prove that it is you."
        cs "Než zrušíte propojení účtu s {provider}, prokažte, že jste to vy.";
    link_takes_invitation()
        en "You have no phone paired here, so that it takes an invitation code of your administrator's."
        cs "Nemáte tu spárovaný telefon, takže je potřeba kód z pozvánky od správce.";
    linked_own(provider)
        en "Your account is linked. From now on you may sign in with {provider}: at the question for the code, type m."
        cs "Váš účet je propojen. Odteď se můžete hlásit přes {provider}: u otázky na kód napište m.";
    link_elsewhere()
        en "Whoever has signed in there is linked to another account already. If that is not right, ask your administrator."
        cs "Ten, kdo se tam přihlásil, už je propojen s jiným účtem. Není-li to správně, obraťte se na správce.";
    link_code_used()
        en "Nothing was linked. The code that you typed is used; the next try takes the next one."
        cs "Nic se nepropojilo. Zadaný kód je použitý; další pokus potřebuje další kód.";
    link_stopped()
        en "Stopped. Nothing was linked."
        cs "Zastaveno. Nic se nepropojilo.";
    link_stopped_code_used()
        en "Stopped. Nothing was linked; the code that you typed is used."
        cs "Zastaveno. Nic se nepropojilo; zadaný kód je použitý.";
    link_by_administrator()
        en "An administrator has linked your account, and alone can change that. Ask yours."
        cs "Váš účet propojil správce a změnit to může jen on. Obraťte se na něj.";
    link_off()
        en "Here accounts are linked by an administrator. Ask yours."
        cs "Účty tu propojuje správce. Obraťte se na něj.";
    link_home()
        en "Where secret files are in homes, accounts are linked by an administrator. Ask yours."
        cs "Kde jsou soubory s klíči v domovských adresářích, propojuje účty správce. Obraťte se na něj.";
    link_client_secret()
        en "With client_secret_file in insis-otp.toml accounts are linked by an administrator: the secret is not for people's processes."
        cs "S client_secret_file v insis-otp.toml propojuje účty správce: to tajemství do procesů uživatelů nepatří.";
    link_no_invitation()
        en "You have no phone paired here: pair one first (otp-setup), or ask your administrator for an invitation."
        cs "Nemáte tu spárovaný telefon: nejdřív ho spárujte (otp-setup), nebo požádejte správce o pozvánku.";
    status_link_own(link)
        en "{link} (linked by the person)"
        cs "{link} (propojil se sám)";
    status_linked_by_administrator()
        en "Linked to the identity provider by an administrator"
        cs "S poskytovatelem identity propojeno správcem";
    list_link_unknown(user)
        en "{user} is linked, and the user database knows nobody of that name: otp-setup unlink --user {user}"
        cs "{user} je propojen, ale databáze uživatelů nikoho takového nezná: otp-setup unlink --user {user}";
    idp_none()
        en "insis-otp.toml has no [identity_provider]. How one is set up: insis-otp.toml(5)."
        cs "V insis-otp.toml není [identity_provider]. Jak se nastaví, říká insis-otp.toml(5).";
    idp_open(provider, uri, code)
        en "Sign in with {provider}: open {uri} on any device, and type this code there: {code}"
        cs "Přihlaste se přes {provider}: na libovolném zařízení otevřete {uri} a opište tam tento kód: {code}";
    idp_waiting(wait)
        en "Waiting {wait} for that."
        cs "Čeká se na to {wait}.";
    idp_test_done()
        en "Everything is as it has to be. Whoever is linked to this subject would be let in:"
        cs "Všechno je, jak má být. Kdo je s tímto subjektem propojen, toho by to pustilo:";
    idp_denied(detail)
        en "The provider says that the person declined, or may not: {detail}"
        cs "Poskytovatel říká, že dotyčný odmítl, nebo nesmí: {detail}";
    idp_expired()
        en "Nobody signed in in time. Begin again."
        cs "Nikdo se včas nepřihlásil. Začněte znovu.";
    idp_no_mfa(detail)
        en "The sign-in does not show the second factor that the key mfa asks for: {detail}"
        cs "Přihlášení neukazuje druhý faktor, který chce klíč mfa: {detail}";
    idp_too_old(detail)
        en "The person signed in there longer ago than max_age allows: {detail}"
        cs "Přihlášení tam je starší, než dovoluje max_age: {detail}";
    idp_no_auth_time()
        en "The ID token has no auth_time, which max_age needs: switch that claim on at the provider (with Entra it is an optional claim), or set max_age = \"off\"."
        cs "ID token nemá auth_time, který potřebuje max_age: zapněte ten údaj u poskytovatele (v Entra je to nepovinný údaj), nebo dejte max_age = \"off\".";
    idp_token(detail)
        en "The ID token is not valid, or not for this login: {detail}"
        cs "ID token není platný, nebo není pro toto přihlášení: {detail}";
    idp_settings(detail)
        en "The provider cannot be asked with these settings: {detail}"
        cs "S tímto nastavením se poskytovatele zeptat nelze: {detail}";
    idp_network(detail)
        en "The provider does not answer: {detail}"
        cs "Poskytovatel neodpovídá: {detail}";
    idp_certificate(detail)
        en "The provider's certificate is not valid, or not for its name: {detail}"
        cs "Certifikát poskytovatele není platný, nebo není na jeho jméno: {detail}";
    idp_answer(detail)
        en "That is no answer of a provider: {detail}"
        cs "To není odpověď poskytovatele: {detail}";
    idp_policy(detail)
        en "The provider does not let this site use the device flow: {detail}"
        cs "Poskytovatel tomuto místu device flow nedovoluje: {detail}";
}
