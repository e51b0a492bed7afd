//! The doctor: what to do with the line that follows.

messages! {
    how_run()
        "Run:";
    how_run_in_sources()
        "Run, where the sources of insis-otp are:";
    how_instead()
        "Write instead of that line:";
    how_in(location)
        "In {location}:";
    how_top()
        "Write at the top of that file:";
    how_below(location)
        "Write below {location}:";
    how_below_with_own(location)
        "With a value of your own, write below {location}:";
    how_correct()
        "Correct that line; insis-otp.toml(5) says what may stand there. Run:";
    how_mail_command()
        "Install a mail system, or name its command in the section [mail]:";
    how_move(location)
        "Take that line out, and write below {location}:";
    how_in_config()
        "Write in insis-otp.toml, instead of the line that is there:";
    how_defaults()
        "Set it aside, so that the defaults hold until it is mended. Run:";
    how_mend_file()
        "Mend it, or else, after a question, remove it. Run:";
    how_enroll_again(user)
        "Then {user} has to pair again. Run:";
    how_enroll_again_invited(user)
        "Then {user} has to pair again, with an invitation (otp-setup invite --user {user}). Run:";
    how_root_enrolls_again(user)
        "Then pair a phone with {user} again, as root (otp-setup --user {user}). Run:";
    how_if_gone()
        "If that user is not to come back, run:";
    how_if_wanted()
        "If they shall, run:";
    how_reload_sshd()
        "sshd takes it after systemctl reload ssh.";
    how_sshd_says()
        "It says which line is to be mended. Run:";
    how_fleet()
        "See DIAGNOSTICS in otp-fleet(8). When it is put right, this answers:";
    how_fleet_then()
        "See docs/howto-fleet.md and otp-fleet(8). Then:";
    how_idp_grace(path)
        "Write this line into {path}, then reload sshd:";
    how_sshd_match()
        "To see what holds for them, run:";
    how_they_enroll()
        "Let them run otp-setup.";
    how_they_enroll_invited()
        "Give each an invitation (otp-setup invite --user NAME), and let them run otp-setup with it.";
    how_root_enrolls()
        "They cannot pair by themselves (self_enrollment = \"off\"). As root, pair a phone with each of them \
            (otp-setup --user NAME).";
    how_let_enroll_meanwhile(how)
        "{how} Until all are paired:";
    how_let_enroll_or_move(how)
        "{how} Or else move the day:";
    how_let_enroll_then(how)
        "{how} When all are paired:";
    how_enroll_before()
        "They can pair before that, by:";
    how_invite_before()
        "They are asked for the code of an invitation there. Give one to each who has none, by:";
    how_no_safe_line()
        "No change of a line is known that is safe here. What a stack has to look like is said, under STACKS, by:";
    how_above(location)
        "Write above {location}:";
    how_look_again()
        "It may be in use, or the disk in error; nothing is to be removed. Look again by:";
    how_mount_option(option)
        "In its options in /etc/fstab, instead of {option}, write (and mount it anew):";
    how_new_privileges()
        "In the systemd unit that started this shell, or log in by another way; the unit's line is:";
    how_group()
        "Make it, and add the people to it. Run:";
    how_section()
        "Name a service in it, or take the section out. Services are what sshd, sudo and the like are called here:";
    how_one_uid()
        "Give each name an id of its own (usermod -u), or pair the other one, too. As root:";
    how_reused()
        "If it is another person now, run:";
    how_ask_directory()
        "A directory of people is in use, and may be away. Ask it again before anything is removed:";
    how_password_service()
        "Write it as it is shipped, with the modules that are here; a former file is kept as .bak. Run:";
    how_self_enrollment_off()
        "Let people show their password, or set unenrolled otherwise.";
    how_invite()
        "Give each of them an invitation. Run:";
    how_stale_invitations()
        "Who still needs one gets a new one by otp-setup invite. To remove them, run:";
    how_homes()
        "Put them into the store of this machine; who is paired has to pair again, or is imported.";
    how_authselect(path, template, apply)
        "authselect writes {path}, where no edit lasts. Make the change in {template}, then run {apply}.";
    how_authselect_new(path, create, template, select)
        "authselect writes {path}, where no edit lasts. Make a profile ({create}), make the change in {template}, and select it ({select}).";
    how_authselect_lines()
        "The lines that have to change are shown by:";
    how_ask_by_name()
        "Ask for each by name:";
}
