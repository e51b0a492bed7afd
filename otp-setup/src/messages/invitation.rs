//! Invitations, and other credentials for a first enrollment.

messages! {
    denied_password()
        en "That is not your password."
        cs "To není vaše heslo.";
    denied_password_unchecked(why)
        en "Your password cannot be checked: {why}. An administrator can give you an invitation, by \
            otp-setup invite."
        cs "Vaše heslo nelze ověřit: {why}. Správce vám může dát pozvánku příkazem otp-setup invite.";
    denied_no_invitation()
        en "To pair a phone here, you need an invitation. Ask your administrator for one."
        cs "Ke spárování telefonu je tu potřeba pozvánka. Požádejte o ni správce.";
    denied_invitation_wrong(left)
        en "That is not your invitation code. You have {left} more {left|try|tries}."
        cs "To není kód z vaší pozvánky. {left|Zbývá|Zbývají|Zbývá} {left} {left|pokus|pokusy|pokusů}.";
    denied_invitation_expired()
        en "Your invitation has expired. Ask your administrator for a new one."
        cs "Vaše pozvánka už neplatí. Požádejte správce o novou.";
    denied_invitation_used_up()
        en "Your invitation cannot be used any more. Ask your administrator for a new one."
        cs "Vaši pozvánku už nelze použít. Požádejte správce o novou.";
    denied_off()
        en "Here phones are paired by an administrator. Ask yours."
        cs "Telefony tu páruje správce. Obraťte se na něj.";
    invite_code(user, code)
        en "Invitation code for {user}: {code}"
        cs "Kód z pozvánky pro uživatele {user}: {code}";
    invite_how(user, until)
        en "With it {user} pairs one phone until {until}, by the command otp-setup or at the next login. Give it to \
            nobody else. A former invitation is void."
        cs "{user} s ním do {until} spáruje jeden telefon, příkazem otp-setup nebo při příštím přihlášení. Nedávejte ho \
            nikomu jinému. Dřívější pozvánka neplatí.";
    invite_off()
        en "self_enrollment is \"off\" in insis-otp.toml: nobody could use an invitation."
        cs "V insis-otp.toml je self_enrollment = \"off\": pozvánku by nikdo nemohl použít.";
    invite_home()
        en "Here secret files are in homes, whose owners need no invitation."
        cs "Soubory s klíči jsou tu v domovských adresářích, jejichž majitelé pozvánku nepotřebují.";
    invite_exists(user)
        en "{user} has a paired phone. Remove the pairing first: otp-setup remove --user {user}"
        cs "{user} má spárovaný telefon. Nejdřív spárování odstraňte: otp-setup remove --user {user}";
}
