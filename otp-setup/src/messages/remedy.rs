//! The doctor: what to do with the line that follows.

messages! {
    how_run()
        en "Run:"
        cs "Spusťte:";
    how_run_in_sources()
        en "Run, where the sources of insis-otp are:"
        cs "Spusťte tam, kde jsou zdrojové kódy insis-otp:";
    how_instead()
        en "Write instead of that line:"
        cs "Místo toho řádku napište:";
    how_in(location)
        en "In {location}:"
        cs "V {location}:";
    how_top()
        en "Write at the top of that file:"
        cs "Na začátek toho souboru napište:";
    how_below(location)
        en "Write below {location}:"
        cs "Pod {location} napište:";
    how_below_with_own(location)
        en "With a value of your own, write below {location}:"
        cs "S vlastní hodnotou napište pod {location}:";
    how_correct()
        en "Correct that line; insis-otp.toml(5) says what may stand there. Run:"
        cs "Ten řádek opravte; co tam smí být, říká insis-otp.toml(5). Spusťte:";
    how_move(location)
        en "Take that line out, and write below {location}:"
        cs "Ten řádek odstraňte a napište pod {location}:";
    how_in_config()
        en "Write in insis-otp.toml, instead of the line that is there:"
        cs "V insis-otp.toml napište místo tamějšího řádku:";
    how_defaults()
        en "Set it aside, so that the defaults hold until it is mended. Run:"
        cs "Odložte ji, ať platí výchozí nastavení, než se opraví. Spusťte:";
    how_mend_file()
        en "Mend it, or else, after a question, remove it. Run:"
        cs "Opravte ho, nebo ho po dotazu odstraňte. Spusťte:";
    how_enroll_again(user)
        en "Then {user} has to pair again. Run:"
        cs "Potom se {user} musí spárovat znovu. Spusťte:";
    how_enroll_again_invited(user)
        en "Then {user} has to pair again, with an invitation (otp-setup invite --user {user}). Run:"
        cs "Potom se {user} musí spárovat znovu, s pozvánkou (otp-setup invite --user {user}). Spusťte:";
    how_root_enrolls_again(user)
        en "Then pair a phone with {user} again, as root (otp-setup --user {user}). Run:"
        cs "Potom telefon s účtem {user} znovu spárujte jako root (otp-setup --user {user}). Spusťte:";
    how_if_gone()
        en "If that user is not to come back, run:"
        cs "Pokud se nemá vrátit, spusťte:";
    how_if_wanted()
        en "If they shall, run:"
        cs "Pokud mají, spusťte:";
    how_reload_sshd()
        en "sshd takes it after systemctl reload ssh."
        cs "sshd to převezme po systemctl reload ssh.";
    how_sshd_says()
        en "It says which line is to be mended. Run:"
        cs "Řekne, který řádek opravit. Spusťte:";
    how_fleet()
        en "See DIAGNOSTICS in otp-fleet(8). When it is put right, this answers:"
        cs "Viz otp-fleet(8), oddíl DIAGNOSTICS. Až to bude v pořádku, odpoví tohle:";
    how_fleet_then()
        en "See docs/howto-fleet.md and otp-fleet(8). Then:"
        cs "Viz docs/howto-fleet.md a otp-fleet(8). Potom:";
    how_idp_grace(path)
        en "Write this line into {path}, then reload sshd:"
        cs "Napište tento řádek do {path} a načtěte sshd znovu:";
    how_sshd_match()
        en "To see what holds for them, run:"
        cs "Co pro ně platí, ukáže:";
    how_they_enroll()
        en "Let them run otp-setup."
        cs "Ať spustí otp-setup.";
    how_they_enroll_invited()
        en "Give each an invitation (otp-setup invite --user NAME), and let them run otp-setup with it."
        cs "Dejte každému pozvánku (otp-setup invite --user NAME), ať s ní spustí otp-setup.";
    how_root_enrolls()
        en "They cannot pair by themselves (self_enrollment = \"off\"). As root, pair a phone with each of them \
            (otp-setup --user NAME)."
        cs "Sami se spárovat nemohou (self_enrollment = \"off\"). Spárujte je jako root, každého zvlášť \
            (otp-setup --user NAME).";
    how_let_enroll_meanwhile(how)
        en "{how} Until all are paired:"
        cs "{how} Než budou všichni spárováni:";
    how_let_enroll_or_move(how)
        en "{how} Or else move the day:"
        cs "{how} Nebo den posuňte:";
    how_let_enroll_then(how)
        en "{how} When all are paired:"
        cs "{how} Až budou všichni spárováni:";
    how_enroll_before()
        en "They can pair before that, by:"
        cs "Předem se mohou spárovat takto:";
    how_invite_before()
        en "They are asked for the code of an invitation there. Give one to each who has none, by:"
        cs "Tam se jich zeptá na kód z pozvánky. Kdo ji nemá, tomu ji dejte takto:";
    how_no_safe_line()
        en "No change of a line is known that is safe here. What a stack has to look like is said, under STACKS, by:"
        cs "Žádná bezpečná změna řádku zde není známa. Jak má zásobník vypadat, řekne v části STACKS:";
    how_above(location)
        en "Write above {location}:"
        cs "Nad {location} napište:";
    how_look_again()
        en "It may be in use, or the disk in error; nothing is to be removed. Look again by:"
        cs "Možná se právě používá, nebo má potíže disk; nic se nemá mazat. Znovu se podívá:";
    how_mount_option(option)
        en "In its options in /etc/fstab, instead of {option}, write (and mount it anew):"
        cs "V jeho volbách v /etc/fstab napište místo {option} (a připojte je znovu):";
    how_new_privileges()
        en "In the systemd unit that started this shell, or log in by another way; the unit's line is:"
        cs "V jednotce systemd, která tento shell spustila, nebo se přihlaste jinak; řádek jednotky:";
    how_group()
        en "Make it, and add the people to it. Run:"
        cs "Založte ji a přidejte do ní lidi. Spusťte:";
    how_section()
        en "Name a service in it, or take the section out. Services are what sshd, sudo and the like are called here:"
        cs "Uveďte v něm službu, nebo oddíl odstraňte. Služby jsou to, jak se zde jmenuje sshd, sudo a podobné:";
    how_one_uid()
        en "Give each name an id of its own (usermod -u), or pair the other one, too. As root:"
        cs "Dejte každému jménu vlastní číslo (usermod -u), nebo spárujte i to druhé. Jako root:";
    how_reused()
        en "If it is another person now, run:"
        cs "Jestli je to teď někdo jiný, spusťte:";
    how_ask_directory()
        en "A directory of people is in use, and may be away. Ask it again before anything is removed:"
        cs "Používá se adresář lidí a ten může být nedostupný. Než se cokoli smaže, zeptejte se ho znovu:";
    how_password_service()
        en "Write it as it is shipped, with the modules that are here; a former file is kept as .bak. Run:"
        cs "Napište ji tak, jak se dodává, s moduly, které tu jsou; dřívější soubor zůstane jako .bak. Spusťte:";
    how_self_enrollment_off()
        en "Let people show their password, or set unenrolled otherwise."
        cs "Ať lidé dokládají své heslo, nebo nastavte jinak unenrolled.";
    how_invite()
        en "Give each of them an invitation. Run:"
        cs "Dejte každému z nich pozvánku. Spusťte:";
    how_stale_invitations()
        en "Who still needs one gets a new one by otp-setup invite. To remove them, run:"
        cs "Kdo ji ještě potřebuje, dostane novou příkazem otp-setup invite. K odstranění spusťte:";
    how_homes()
        en "Put them into the store of this machine; who is paired has to pair again, or is imported."
        cs "Dejte je do úložiště tohoto počítače; kdo je spárován, musí se spárovat znovu, nebo se převezme.";
    how_authselect(path, template, apply)
        en "authselect writes {path}, where no edit lasts. Make the change in {template}, then run {apply}."
        cs "{path} píše authselect a žádná úprava tam nevydrží. Změnu udělejte v {template} a spusťte {apply}.";
    how_authselect_new(path, create, template, select)
        en "authselect writes {path}, where no edit lasts. Make a profile ({create}), make the change in {template}, and select it ({select})."
        cs "{path} píše authselect a žádná úprava tam nevydrží. Založte profil ({create}), změnu udělejte v {template} a profil vyberte ({select}).";
    how_authselect_lines()
        en "The lines that have to change are shown by:"
        cs "Řádky, které se mají změnit, ukáže:";
    how_ask_by_name()
        en "Ask for each by name:"
        cs "Zeptejte se na každého jménem:";
}
