//! The doctor's findings: what and why, a line each.

findings! {
    doctor_config(error)
        "The configuration cannot be used: {error}\n\
            No login that asks for a code succeeds until it is mended. Nothing that depends on it was looked at.";
    doctor_not_root()
        "Only part of it was looked at.\n\
            The store, sshd and the list of people can be seen by root only.";
    doctor_pam_unused()
        "No PAM stack uses pam_insis_otp.so.\n\
            Nobody is asked for a code; pairings have no effect.";
    doctor_pam_missing(module)
        "The module {module} is not where libpam looks for it.\n\
            This stack refuses everybody.";
    doctor_pam_writable(path)
        "{path} can be changed by others than root.\n\
            Whoever changes it gets in, as anybody.";
    doctor_pam_not_loadable(path)
        "{path} is no shared library.\n\
            This stack refuses everybody.";
    doctor_pam_argument(argument, why)
        "The module does not take the argument {argument} ({why}).\n\
            It refuses every login by this stack.";
    doctor_pam_control(control)
        "With the control {control}, a wrong code does not refuse the login.\n\
            The password alone opens it.";
    doctor_pam_skips(module, control)
        "When {module} ({control}) succeeds, the code is skipped.\n\
            The password alone opens a login.";
    doctor_pam_order(module)
        "The code is asked for before {module}.\n\
            Whoever does not know the password can try codes, and delay the owner's.";
    doctor_pam_ignore(control)
        "People without a pairing are to be passed over, but {control} turns that into a refusal.\n\
            They are locked out.";
    doctor_pam_no_success()
        "People without a pairing are to be passed over, but nothing else in this stack can let them in.\n\
            They are locked out.";
    doctor_store_missing(path)
        "The store {path} is not there.\n\
            Nobody can pair or log in.";
    doctor_store_closed(path)
        "The store {path} is for root only.\n\
            People cannot pair by themselves, and screen lockers cannot check codes.";
    doctor_store_mode(path)
        "The store {path} has the wrong owner or mode.\n\
            Nobody can pair or log in: a store that others can write is not trusted.";
    doctor_fleet(why)
        "The directory of [fleet] cannot be asked: {why}.\n\
            Nobody whose enrollment is there can log in.";
    doctor_fleet_people()
        "Enrollments are in a directory, and are not examined one by one.\n\
            Who has enrolled: otp-setup list.";
    doctor_fleet_unreachable(server, why)
        "{server} cannot be asked: {why}.\n\
            It is passed over, which takes time at each login, and it does not stand in for another one.";
    doctor_fleet_certificate(server, date)
        "The certificate of {server} ends on {date}.\n\
            From then on nobody whose enrollment is there can log in.";
    doctor_fleet_clock(server, seconds)
        "The clock of {server} differs from this host's by {seconds} seconds.\n\
            The host's decides which codes are right: hosts that differ refuse codes that others take.";
    doctor_mail_settings(error)
        "Owners are told nothing by mail: {error}\n\
            No login minds it, and nobody learns of what becomes of their account but at their next login.";
    doctor_mail_command(path)
        "The command that sends mail is missing, or is no program: {path}\n\
            Nobody is written to; what there is to tell waits until it is there.";
    doctor_mail_silent()
        "The settings have a section [mail], and nobody has looked for a day for what there is to tell.\n\
            Owners are told nothing by mail. The timer of the package is off until it is switched on.";
    doctor_fleet_replica(server, why)
        "{server} takes no writes: {why}.\n\
            Every login writes: nobody gets in by this server. It is a replica, or this host may not write there.";
    doctor_fleet_writers(count)
        "{count} of the servers take writes, and changes have come from several.\n\
            Of two that take writes at the same time, each lets a code in once. One may write, the others stand by.";
    doctor_fleet_placeholder(name)
        "The entry {name} is missing, which stands for everybody without a record.\n\
            How long a login takes tells who has paired a phone.";
    doctor_fleet_attribute(server, name)
        "{server} does not know the attribute {name}.\n\
            Nobody can be enrolled there, and nobody gets in.";
    doctor_fleet_values(server, name)
        "On {server} the attribute {name} may have several values.\n\
            Two logins at once could both be written, and one code open both. It has to be SINGLE-VALUE.";
    doctor_fleet_schema(server, why)
        "The schema of {server} cannot be read: {why}.\n\
            Whether it is the one that is needed is not known.";
    doctor_fleet_anonymous(server, name)
        "{server} shows {name} to whoever asks, without a name.\n\
            Whoever reaches it can learn who has enrolled, and, of oathSecret, make their codes.";
    doctor_fleet_host_reads(server, name)
        "{server} shows this host {name}, which it does not need.\n\
            Whoever takes this host over takes these along.";
    doctor_fleet_readable(count)
        "This host can read the second factors of {count} people (1000: or more).\n\
            Whoever takes it over has them: the access rules should show it nobody but who logs in here.";
    doctor_fleet_strangers(count, all, names)
        "This host can read the second factors of people who have no account here: {count} of {all} that were looked at ({names}).\n\
            Whoever takes it over has them: the access rules should show it nobody but who logs in here.";
    doctor_fleet_overlay(server)
        "On {server} people bind with codes (slapo-otp), and it is older than slapd 2.7, or does not say what it is.\n\
            There one code opens several binds that arrive at once, and replicas do not learn of it. Logins here are not affected.";
    doctor_fleet_missing(path)
        "The program that asks the directory is missing: {path}.\n\
            Nobody whose enrollment is there can log in.";
    doctor_fleet_user(user)
        "There is no user {user}, which otp-fleet runs as.\n\
            Nobody whose enrollment is in the directory can log in.";
    doctor_idp_missing(path)
        "The program that asks the identity provider is missing: {path}.\n\
            Nobody can sign in there in place of a code; codes go on working.";
    doctor_idp_user(user)
        "There is no user {user}, which otp-idp runs as.\n\
            Nobody can sign in at the identity provider; codes go on working.";
    doctor_idp_grace(grace, deadline)
        "sshd ends a login after {grace} s, and the person has {deadline} s to sign in at the identity provider.\n\
            Whoever takes that long is cut off while signing in.";
    doctor_idp_nobody(provider)
        "{provider} is offered, and nobody is linked to anybody there.\n\
            Whoever chooses it is refused.";
    doctor_link_unknown(user)
        "{user} is linked to somebody at the identity provider, and the user database knows nobody of that name.\n\
            Whoever gets the name with the same user id gets the link, too.";
    doctor_link_broken(why)
        "A link to the identity provider cannot be used: {why}\n\
            Whoever it is for cannot sign in with it.";
    doctor_helper_missing(path)
        "There is no helper at {path}.\n\
            People cannot pair by themselves, and screen lockers cannot check codes.";
    doctor_helper_mode(path)
        "The helper {path} has the wrong owner or mode.\n\
            It cannot open the store, or others can change what it does.";
    doctor_file_orphan(path)
        "{path} belongs to no user of this machine.\n\
            It is the secret of somebody who has gone; a new user of the same name could not use it.";
    doctor_file_broken(user, why)
        "The secret file of {user} cannot be used: {why}.\n\
            {user} cannot log in.";
    doctor_log()
        "There is no /dev/log.\n\
            Nobody can see who was refused, and why.";
    doctor_clock()
        "The clock is not synchronised.\n\
            When it is off by more than a minute, right codes are refused.";
    doctor_debug()
        "debug is on.\n\
            The log is long. It holds no secret.";
    doctor_sshd_silent(why)
        "sshd does not tell its settings: {why}\n\
            It does not start like this, and its settings were not looked at.";
    doctor_sshd_usepam()
        "sshd does not use PAM.\n\
            No code is asked for.";
    doctor_sshd_interactive()
        "Keyboard-interactive authentication is off, the only one that can ask for a code.\n\
            Logins by password are refused, and those by key need no code.";
    doctor_sshd_password()
        "The method \"password\" is on, which cannot ask for a code.\n\
            Clients that choose it are refused, though the password is right.";
    doctor_sshd_key()
        "A key alone opens a login, without a code.\n\
            The second step is for passwords only.";
    doctor_sshd_methods(lists)
        "AuthenticationMethods lets people in without a code: {lists}\n\
            Only keyboard-interactive asks for one.";
    doctor_sshd_match(key)
        "{key} is set otherwise for some people.\n\
            Whether they are asked for a code was not looked at.";
    doctor_locked_out(count, names, services)
        "{count} {count|person has|people have} no pairing: {names}\n\
            They cannot log in by {services} (unenrolled = \"deny\").";
    doctor_locked_out_since(count, names, services, date, key)
        "{count} {count|person has|people have} no pairing: {names}\n\
            They cannot log in by {services} since {date} ({key}).";
    doctor_locked_out_from(count, names, services, date, key)
        "{count} {count|person has|people have} no pairing: {names}\n\
            From {date} on they cannot log in by {services} ({key}).";
    doctor_would_be_locked_out(count, names, services)
        "{count} {count|person has|people have} no pairing: {names}\n\
            They log in by {services} without a code.";
    doctor_would_enroll(count, names, services)
        "{count} {count|person has|people have} no pairing: {names}\n\
            At their next login by {services} they are led through pairing (unenrolled = \"enrol\").";
    doctor_pam_missing_passed(module)
        "The module {module} is not where libpam looks for it.\n\
            Its line has no effect: whom it was to let in, or to refuse, is not.";
    doctor_pam_include(name)
        "The PAM file {name}, which is included here, does not exist.\n\
            libpam refuses every login by this stack.";
    doctor_pam_line()
        "libpam does not understand this line.\n\
            It counts as a failure: logins by this stack are refused.";
    doctor_pam_nobody()
        "Nobody gets in by this stack, not even with the right password and code.\n\
            People are locked out.";
    doctor_pam_password_ignored()
        "The right code opens the login even after a wrong password.\n\
            Whoever has the phone needs no password.";
    doctor_pam_code_alone()
        "Nothing asks for a password or a key before the code.\n\
            The code alone opens the login, and people who need none get in with nothing.";
    doctor_pam_after_wrong(module)
        "The code is asked for even when {module} has refused the password.\n\
            Whoever does not know the password can try codes, and delay the owner's.";
    doctor_pam_twice(location)
        "The module stands in this stack already, at {location}.\n\
            People are asked for two codes, and one code opens one login only.";
    doctor_pam_use_first_pass()
        "use_first_pass expects the code at the end of a password that a module above has checked as a whole.\n\
            Nobody gets in: the password with the code is wrong for that module, and without it there is no code.";
    doctor_pam_try_first_pass()
        "With try_first_pass, a password that ends in digits is tried as a code first.\n\
            The digits of such a password are taken for a wrong code.";
    doctor_pam_enroll(facility)
        "unenrolled = \"enrol\" needs a line of the module among the {facility} lines, too.\n\
            People who have no pairing are not led through it: they log in without a code, or not at all.";
    doctor_pam_family(with, without)
        "{with} asks for a code, {without} does not.\n\
            It is the same program, called otherwise: the password alone opens it.";
    doctor_pam_sshd_without()
        "sshd does not ask for a code, other services do.\n\
            Logins over the network need the password alone.";
    doctor_sshd_usedns()
        "UseDNS is on, and networks decide who is asked for a code.\n\
            Where a name is found for an address, the module has no address: nobody is exempt or remembered there.";
    doctor_sshd_password_first(lists)
        "AuthenticationMethods asks for \"password\" beside keyboard-interactive: {lists}\n\
            \"password\" asks the whole PAM stack and cannot ask for a code: nobody gets in.";
    doctor_unanswered(why)
        "The user database does not say whose file that is: {why}\n\
            Such people cannot log in now, and are missing from every list.";
    doctor_file_renamed(path, user)
        "{path} is of somebody whose name is {user} now.\n\
            {user} has no pairing under the new name: no code is right, or none is asked for.";
    doctor_store_read_only()
        "The store is mounted read-only.\n\
            Every attempt is written before it counts: nobody can log in with a code.";
    doctor_store_local_locks(option)
        "The store is on NFS, mounted with {option}: locks hold on this host only.\n\
            Two hosts can accept the same code, and lose each other's count of wrong ones.";
    doctor_helper_nosuid(point)
        "{point} is mounted with nosuid: the helper gets no rights from its group.\n\
            People cannot pair by themselves, and screen lockers cannot check codes.";
    doctor_no_new_privileges()
        "This shell may gain no privileges (no_new_privs), nor may what it starts.\n\
            The helper cannot open the store from here: otp-setup and sudo fail in this window only.";
    doctor_config_closed()
        "The configuration can be read by root only.\n\
            Helper and screen lockers run for people and cannot read it: they refuse everybody.";
    doctor_root_in_directory()
        "root is not among break_glass_users.\n\
            No directory has an entry for root, who gets no code at the console and in su, and cannot log in.";
    doctor_exempt_user(name)
        "The user {name}, who is to be exempt, does not exist.\n\
            The exemption is for nobody; whoever gets that name would need no code.";
    doctor_exempt_group(name)
        "The group {name}, which is to be exempt, does not exist.\n\
            The exemption is for nobody: a way out for emergencies would not be one.";
    doctor_helpdesk_group(name, key)
        "The group {name}, which {key} names, does not exist.\n\
            Nobody can tell who is in it: the help desk helps nobody.";
    doctor_required_nobody(key, name)
        "{key} has {name}, and the user database has nobody of exactly that name.\n\
            A code is required of nobody by it.";
    doctor_exempt_everywhere(network)
        "exempt_networks has {network}, which is every address.\n\
            Nobody is asked for a code over the network.";
    doctor_no_service(name)
        "There is no PAM service {name}.\n\
            The section has no effect: what is for all holds.";
    doctor_one_uid(user, other, uid)
        "{user} and {other} have the same user id, {uid}; {user} has a pairing, {other} has none.\n\
            A pairing is for a name: as {other}, the same person has no code, and otp-setup takes them for the first name.";
    doctor_reused(user)
        "The pairing of {user} is older than their home directory.\n\
            If the account is a new one, its name and id were somebody else's, and so is the phone.";
    doctor_store_unmarked(marker)
        "The store has no marker, {marker}: it may be a mount point where nothing is mounted.\n\
            An empty store looks as if nobody had ever paired.";
    doctor_password_service_missing(path)
        "The PAM service otp-setup is not there: {path}\n\
            People pair with their password (self_enrollment), and it cannot be checked: without an invitation nobody can.";
    doctor_password_service_ours(module)
        "The PAM service otp-setup asks {module} too.\n\
            It checks the password of people who have no phone yet: whoever is asked for a code there cannot pair.";
    doctor_password_service_open()
        "The PAM service otp-setup succeeds with a wrong password.\n\
            Every program that runs as somebody can pair a phone for them, as with self_enrollment = \"open\".";
    doctor_password_service_closed()
        "The PAM service otp-setup refuses the right password.\n\
            People can pair with an invitation only.";
    doctor_self_enrollment_open()
        "self_enrollment is \"open\".\n\
            Every program that runs as somebody can pair a phone for them, without their password.";
    doctor_self_enrollment_off(services)
        "People without a pairing are to pair at {services}, but self_enrollment is \"off\".\n\
            They are not led through it: they are refused.";
    doctor_no_password(count, names)
        "{count} {count|person has|people have} no pairing, no password and no invitation: {names}\n\
            To pair, they have to show one of the two.";
    doctor_no_invitation(count, names)
        "{count} {count|person has|people have} no pairing and no invitation: {names}\n\
            Without one they cannot pair (self_enrollment = \"invitation\").";
    doctor_stale_invitations(count)
        "{count} {count|invitation is|invitations are} good for nothing any more.\n\
            {count|Its|Their} time is over, or too many wrong codes were tried: whoever comes with one is refused.";
    doctor_homes_ticket(option)
        "Secret files are in homes that are mounted with {option}.\n\
            Before the login there is no Kerberos ticket: the code cannot be checked, and people are refused.";
    doctor_homes_nfs()
        "Secret files are in homes on NFS.\n\
            Whoever is root on the server, or on a host that mounts them, can read them; a stopped login delays its owner for seconds.";
    doctor_exempt_spelling(name, right)
        "exempt_users has {name}, whom the user database calls {right}.\n\
            Names are compared as it spells them: the exemption is for nobody.";
    doctor_not_enumerated()
        "The directory does not list its people.\n\
            Who of them has no pairing cannot be seen here. list and doctor see those who have one.";
}
