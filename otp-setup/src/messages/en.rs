//! English.

use super::{Catalogue, Foreign};

pub(super) const ENGLISH: Catalogue = Catalogue {
    language: "en",
    form: |n| if n == 1 { 0 } else { 1 },
    foreign: Foreign {
        config: |error| error.to_string(),
        setting: |error| error.to_string(),
        system: |errno| errno.desc().to_owned(),
        store: str::to_owned,
        unusable: |_| None,
    },
    words_yes: "yes y",
    words_no: "no n",
    word_print: "print",
    word_quit: "quit",
    word_help: "help",
    prompt_help: "Type what is asked for, then Enter. quit ends without a change (so does Ctrl-C). While the secret or recovery codes \
                  are shown, print and save FILE.pdf put them on paper. More: man otp-setup.",
    word_save: "save",
    enroll_title: "Pairing a phone with the account {user} on {host}",
    enroll_not_you: "This is for {user}, not {caller}: to pair your own phone, run otp-setup without sudo.",
    enroll_why: "Once that is done, logins here ask for a code of {digits} digits after the password. \
               An authenticator app on your phone shows it; the phone needs no network for that.",
    enroll_apps: "Such apps are Microsoft Authenticator, Google Authenticator, OTP Auth and Authy. \
                Any other app for time-based codes (RFC 6238, TOTP) will do as well.",
    enroll_uncommon: "Codes here are made by {algorithm}, {digits} digits, {period} s. For these, some apps show wrong \
                    codes: {apps}.",
    enroll_needs_force: "{algorithm}, {digits} digits, {period} s: some apps show wrong codes for these ({apps}). If yours \
                       does not, say --force.",
    enroll_already: "{user} has paired a phone already, on {date}.",
    enroll_replaces: "The new phone takes its place. At the end you prove that you are {user}: by a code of the present \
                    phone, or by a recovery code. Until then the present one stays valid.",
    enroll_replaces_as_root: "The new phone takes its place; the present one is valid until then.",
    ask_app: "Do you have such an app? [yes/no] ",
    ask_app_and_proof: "Do you have such an app, and a code as a proof? [yes/no] ",
    ask_replace: "Replace the present pairing? [yes/no] ",
    say_yes_or_no: "Please answer yes or no.",
    get_an_app: "Install one of these apps from your phone's app store, then run otp-setup again.",
    sheet_scan: "In the app, add an account and scan this code.",
    sheet_microsoft: "Microsoft Authenticator: choose \"Other account (Google, Facebook, etc.)\".",
    sheet_type: "Or type it in:",
    sheet_issuer: "Issuer: {issuer}",
    sheet_account: "Account: {account}",
    sheet_secret: "Secret:",
    sheet_kind: "Type: time-based",
    sheet_parameters: "{algorithm}, {digits} digits, {period} s",
    view_too_small: "The window is too small for the QR code: enlarge it to {columns} columns and {rows} rows, or type the secret.",
    ask_first: "First code: ",
    ask_next: "Next code: ",
    ask_next_in: "It comes in {wait} s. Next code: ",
    first_right: "Right. Now wait until the app shows another code, and type that one.",
    first_wrong: "That is not a code of this secret. Look for the entry {issuer} ({account}) in the app; \
                  an older one of the same name has other codes. Is the phone's time set automatically?",
    next_same: "That is the same code again. Wait until the app shows another.",
    next_skipped: "Both codes are right, but they do not follow each other. Type the one that comes next.",
    next_wrong: "That is not the code that comes next. Try again with the one that the app shows now.",
    next_wrong_again: "That is not it either. Start again with the code that the app shows now.",
    perhaps_parameters: "Perhaps the app takes no notice of {algorithm}, {digits} digits, {period} s: some do not.",
    clock_far_slow: "Right, but your phone is about {length} slow: once its clock is set, codes would be refused. Set its time to \
                     automatic now (here it is {time}), then begin again with the code that the app shows. If it cannot be \
                     set: type quit, and run this again with --force.",
    clock_far_fast: "Right, but your phone is about {length} fast: once its clock is set, codes would be refused. Set its time to \
                     automatic now (here it is {time}), then begin again with the code that the app shows. If it cannot be \
                     set: type quit, and run this again with --force.",
    drift_slow: "Your phone is about {length} slow; that is allowed for.",
    drift_fast: "Your phone is about {length} fast; that is allowed for.",
    enrolled: "The phone is paired with {user}.",
    enrolled_next_login: "At the next login, type your password first, and at \"{prompt}\" the code that the app shows then.",
    recovery_title: "Recovery codes",
    recovery_why: "For the day without the phone: each opens one login in place of a code.",
    recovery_how: "Write them down or print them, and keep them off this computer. They are not shown again; \
                   \"otp-setup recovery-codes\" makes new ones.",
    recovery_enter: "Press Enter alone when you have them, or type print, or save FILE.pdf: they are not shown again.",
    recovery_old_void: "All former recovery codes are void, also those on a page from earlier: cross them out there. Its QR code and \
                        secret stay good.",
    ask_enter_to_clear: "Press Enter when you have them; the screen is then cleared. ",
    page_heading: "Spare key for your login codes",
    page_whose: "{user} on {host}",
    page_warning: "Whoever holds this page holds the second factor of this account. Keep it like a passport: locked \
                   away, not with the password, and not on a computer.",
    page_phone: "To set up a phone",
    page_scan: "In the authenticator app, add an account and scan the code, or type in what stands beside it. \
                In Microsoft Authenticator, choose “Other account (Google, Facebook, etc.)”.",
    page_issuer: "Issuer",
    page_account: "Account",
    page_secret: "Secret",
    page_kind: "Type",
    page_parameters: "time-based, {algorithm}, {digits} digits, {period} s",
    page_recovery: "Each opens one login in place of a code, and is a proof for otp-setup. Tick off the used ones.",
    page_uses: "What it is for",
    page_forgotten: "Phone forgotten",
    page_forgotten_do: "Log in with your password and, in place of the code, a recovery code.",
    page_new: "New phone",
    page_new_do: "Scan the code with the new phone. Then delete the entry on the old one.",
    page_lost: "Phone or page lost",
    page_lost_do: "Log in, with a recovery code if need be, and run “otp-setup replace”: it makes a new secret. The old \
                   one, and this page, are good for nothing from then on.",
    page_footer_recovery: "Made on {date} by otp-setup. Good until new recovery codes are made, or another phone is paired.",
    page_is_there: "{path} exists already",
    page_footer: "Made on {date} by otp-setup. Good once the pairing is complete, and until the next one.",
    page_offer: "To keep it on paper, type print, or save page.pdf (.png, .svg, .txt).",
    page_printed: "The page is on its way to the printer. It is good once the pairing is complete.",
    page_saved: "Saved as {path}. Print it, then delete the file.",
    page_exists: "{path} is there already. Write over it? [yes/no] ",
    page_form: "The file's name has to end in .pdf, .png, .svg or .txt.",
    page_drawing: "The page cannot be drawn. Write the secret down by hand.",
    page_no_printer: "There is no printing system here (lp). Type save page.pdf instead.",
    page_not_printed: "It was not printed: {why}. lpstat -e lists the printers, lpoptions -d NAME makes one the default. \
                       Then type print again, or save page.pdf instead.",
    page_failed: "It did not work: {why}",
    page_void: "The page that you printed or saved is void; destroy it.",
    code_has_digits: "A code has {digits} digits. Type the one that the app shows.",
    code_plain_digits: "Please type plain digits, 0 to 9.",
    code_characters: "That is not a code: it has digits only.",
    enroll_takes_password: "To make sure that it is you, your password is asked for at the end. The code of an invitation \
                          will do as well.",
    enroll_takes_invitation: "At the end the invitation code is asked for that your administrator gave you.",
    ask_password: "Your password (not shown), or an invitation code: ",
    ask_invitation: "Invitation code (not shown): ",
    denied_password: "That is not your password.",
    denied_password_unchecked: "Your password cannot be checked: {why}. An administrator can give you an invitation, by \
                                otp-setup invite.",
    denied_no_invitation: "To pair a phone here, you need an invitation. Ask your administrator for one.",
    denied_invitation_wrong: "That is not your invitation code. You have {left} more {left|try|tries}.",
    denied_invitation_expired: "Your invitation has expired. Ask your administrator for a new one.",
    denied_invitation_used_up: "Your invitation cannot be used any more. Ask your administrator for a new one.",
    denied_off: "Here phones are paired by an administrator. Ask yours.",
    invite_code: "Invitation code for {user}: {code}",
    invite_how: "With it {user} pairs one phone until {until}, by the command otp-setup or at the next login. Give it to \
                 nobody else. A former invitation is void.",
    invite_off: "self_enrollment is \"off\" in insis-otp.toml: nobody could use an invitation.",
    invite_home: "Here secret files are in homes, whose owners need no invitation.",
    invite_exists: "{user} has a paired phone. Remove the pairing first: otp-setup remove --user {user}",
    link_root: "Root is never linked: whoever takes over a person at the provider would be root.",
    link_subject: "A subject is what the provider calls a person for ever (sub, with Entra oid): 1 to 255 printable ASCII characters.",
    link_other: "{subject} is linked to {user} already: otp-setup unlink --user {user}",
    linked: "{user} is linked to {subject}, and may sign in with {provider} from now on: at the question for the code, m.",
    link_imported: "{count} {count|link|links} written.",
    unlinked: "{user} is linked to nobody any more.",
    not_linked: "{user} is linked to nobody.",
    link_unreadable: "{path} cannot be read: {why}",
    link_too_large: "it is larger than 32 MiB",
    link_line: "Line {line}: {why} Nothing was changed.",
    link_twice: "{user} stands in line {line} already.",
    link_form: "A line is USER,SUBJECT.",
    status_linked: "Linked to {subject} at {issuer}, since {time}",
    status_not_linked: "Not linked to the identity provider",
    idp_none: "insis-otp.toml has no [identity_provider]. How one is set up: insis-otp.toml(5).",
    idp_open: "Sign in with {provider}: open {uri} on any device, and type this code there: {code}",
    idp_waiting: "Waiting {wait} for that.",
    idp_test_done: "Everything is as it has to be. Whoever is linked to this subject would be let in:",
    idp_denied: "The provider says that the person declined, or may not: {detail}",
    idp_expired: "Nobody signed in in time. Begin again.",
    idp_no_mfa: "The sign-in does not show the second factor that the key mfa asks for: {detail}",
    idp_too_old: "The person signed in there longer ago than max_age allows: {detail}",
    idp_no_auth_time: "The ID token has no auth_time, which max_age needs: switch that claim on at the provider (with Entra it is an optional claim), or set max_age = \"off\".",
    idp_token: "The ID token is not valid, or not for this login: {detail}",
    idp_settings: "The provider cannot be asked with these settings: {detail}",
    idp_network: "The provider does not answer: {detail}",
    idp_certificate: "The provider's certificate is not valid, or not for its name: {detail}",
    idp_answer: "That is no answer of a provider: {detail}",
    idp_policy: "The provider does not let this site use the device flow: {detail}",
    proof_why: "Now prove that it is you: type a code of the present phone, or a recovery code.",
    proof_old_phone: "Take the code of the present phone, not of the new one.",
    ask_proof: "Code or recovery code: ",
    proof_needed: "This needs a code of the phone, or a recovery code.",
    refused_wrong: "Wrong code. If it was right, type two consecutive codes.",
    refused_used: "That code was used before. The next one comes in {wait}.",
    refused_used_now: "That code was used before. Type the one that the app shows now.",
    refused_clock_ahead: "This machine's clock was wrong. Type two consecutive codes, or a recovery code.",
    refused_recovery_spent: "That recovery code was used before.",
    refused_throttled: "Too many wrong codes: wait {wait}, or type two consecutive codes or a recovery code.",
    refused_too_soon: "Not checked: too many tries. Type a recovery code, or wait {wait}.",
    refused_used_up: "Too many wrong codes in a row: type two consecutive codes, or a recovery code.",
    refused_length: "That has not the length of a code.",
    refused_foreign_digits: "Please type plain digits, 0 to 9.",
    refused_characters: "That is neither a code nor a recovery code.",
    removed: "The pairing of {user} is removed. Its entry in the app is of no more use; delete it there.",
    remove_why: "This site may let nobody in who has no pairing: {user} could be locked out.",
    ask_remove: "Remove the pairing of {user}? [yes/no] ",
    forgotten: "{user} is asked for a code again, wherever the next login comes from.",
    unlocked: "{user} is unlocked: codes are checked again at once.",
    moved: "The pairing of {old} is {user}'s now. The entry in the app keeps its name, and its codes.",
    move_exists: "{user} has a pairing already. Nothing was changed; remove one of them first.",
    move_still_there: "{old} is still a user of this machine. This is for afterwards: usermod --login NEW {old}",
    verified: "Right: a login with this code would be let in. The code is used up.",
    verified_two_codes: "Right: a login with these codes would be let in. They are used up; the phone was {steps} steps off.",
    verified_recovery: "Right: this recovery code is used up. {left} {left|is|are} left.",
    failures_since: "{count} failed {count|code|codes} since the last login.",
    resync_how: "Type the code that the app shows now; then the one that it shows next.",
    resynced_exact: "The phone's clock is right.",
    resync_by_login: "If the phone was fast when it was paired and is right now, its codes count as used for as long as it was fast. \
                      Two codes in a row set that right at once: at a login, or by otp-setup verify.",
    resync_wrong: "These are not two consecutive codes, each typed when the phone showed it. Once more.",
    status_not_enrolled: "{user}: not paired",
    status_enrolled: "{user}: paired on {date}",
    status_app: "Entry in the app:      {issuer} ({account})",
    status_parameters: "Parameters:            {algorithm}, {digits} digits, {period} s",
    status_last_login: "Last accepted code:    {date}",
    status_never_login: "Last accepted code:    none yet",
    status_failures: "Failed codes since:    {count}",
    status_throttled: "Delayed for:           {wait}, after too many wrong codes",
    status_single_codes: "Single codes:          not accepted any more; two codes in a row, or a recovery code are",
    status_slow: "Phone's clock:         about {length} slow, which is allowed for",
    status_fast: "Phone's clock:         about {length} fast, which is allowed for",
    status_remembered: "Remembered clients:    {count}, the last on {date} (otp-setup forget)",
    status_recovery: "Recovery codes left:   {left}",
    status_recovery_few: "Few recovery codes are left. Make new ones: otp-setup recovery-codes",
    doctor_config: "The configuration cannot be used: {error}\n\
                    No login that asks for a code succeeds until it is mended.",
    doctor_not_root: "Only part of it was looked at.\n\
                      The store, sshd and the list of people can be seen by root only.",
    doctor_pam_unused: "No PAM stack uses pam_insis_otp.so.\n\
                        Nobody is asked for a code; pairings have no effect.",
    doctor_pam_missing: "The module {module} is not where libpam looks for it.\n\
                         This stack refuses everybody.",
    doctor_pam_writable: "{path} can be changed by others than root.\n\
                          Whoever changes it gets in, as anybody.",
    doctor_pam_not_loadable: "{path} is no shared library.\n\
                              This stack refuses everybody.",
    doctor_pam_argument: "The module does not take the argument {argument} ({why}).\n\
                          It refuses every login by this stack.",
    doctor_pam_control: "With the control {control}, a wrong code does not refuse the login.\n\
                         The password alone opens it.",
    doctor_pam_skips: "When {module} ({control}) succeeds, the code is skipped.\n\
                       The password alone opens a login.",
    doctor_pam_order: "The code is asked for before {module}.\n\
                       Whoever does not know the password can try codes, and delay the owner's.",
    doctor_pam_ignore: "People without a pairing are to be passed over, but {control} turns that into a refusal.\n\
                        They are locked out.",
    doctor_pam_no_success: "People without a pairing are to be passed over, but nothing else in this stack can let them in.\n\
                            They are locked out.",
    doctor_store_missing: "The store {path} is not there.\n\
                           Nobody can pair or log in.",
    doctor_store_closed: "The store {path} is for root only.\n\
                          People cannot pair by themselves, and screen lockers cannot check codes.",
    doctor_store_mode: "The store {path} has the wrong owner or mode.\n\
                        Nobody can pair or log in: a store that others can write is not trusted.",
    doctor_idp_missing: "The program that asks the identity provider is missing: {path}.\n\
    Nobody can sign in there in place of a code; codes go on working.",
    doctor_idp_user: "There is no user {user}, which otp-idp runs as.\n\
    Nobody can sign in at the identity provider; codes go on working.",
    doctor_idp_grace: "sshd ends a login after {grace} s, and the person has {deadline} s to sign in at the identity provider.\n\
    Whoever takes that long is cut off while signing in.",
    doctor_idp_nobody: "{provider} is offered, and nobody is linked to anybody there.\n\
    Whoever chooses it is refused.",
    doctor_helper_missing: "There is no helper at {path}.\n\
                            People cannot pair by themselves, and screen lockers cannot check codes.",
    doctor_helper_mode: "The helper {path} has the wrong owner or mode.\n\
                         It cannot open the store, or others can change what it does.",
    doctor_file_orphan: "{path} belongs to no user of this machine.\n\
                         It is the secret of somebody who has gone; a new user of the same name could not use it.",
    doctor_file_broken: "The secret file of {user} cannot be used: {why}.\n\
                         {user} cannot log in.",
    doctor_log: "There is no /dev/log.\n\
                 Nobody can see who was refused, and why.",
    doctor_clock: "The clock is not synchronised.\n\
                   When it is off by more than a minute, right codes are refused.",
    doctor_debug: "debug is on.\n\
                   The log is long. It holds no secret.",
    doctor_sshd_silent: "sshd does not tell its settings: {why}\n\
                         It does not start like this, and its settings were not looked at.",
    doctor_sshd_usepam: "sshd does not use PAM.\n\
                         No code is asked for.",
    doctor_sshd_interactive: "Keyboard-interactive authentication is off, the only one that can ask for a code.\n\
                              Logins by password are refused, and those by key need no code.",
    doctor_sshd_password: "The method \"password\" is on, which cannot ask for a code.\n\
                           Clients that choose it are refused, though the password is right.",
    doctor_sshd_key: "A key alone opens a login, without a code.\n\
                      The second step is for passwords only.",
    doctor_sshd_methods: "AuthenticationMethods lets people in without a code: {lists}\n\
                          Only keyboard-interactive asks for one.",
    doctor_sshd_match: "{key} is set otherwise for some people.\n\
                        Whether they are asked for a code was not looked at.",
    doctor_locked_out: "{count} {count|person has|people have} no pairing: {names}\n\
                        They cannot log in by {services} (unenrolled = \"deny\").",
    doctor_locked_out_since: "{count} {count|person has|people have} no pairing: {names}\n\
                              They cannot log in by {services} since {date} ({key}).",
    doctor_locked_out_from: "{count} {count|person has|people have} no pairing: {names}\n\
                             From {date} on they cannot log in by {services} ({key}).",
    doctor_would_be_locked_out: "{count} {count|person has|people have} no pairing: {names}\n\
                                 They log in by {services} without a code.",
    doctor_would_enroll: "{count} {count|person has|people have} no pairing: {names}\n\
                        At their next login by {services} they are led through pairing (unenrolled = \"enrol\").",
    doctor_pam_missing_passed: "The module {module} is not where libpam looks for it.\n\
                                Its line has no effect: whom it was to let in, or to refuse, is not.",
    doctor_pam_include: "The PAM file {name}, which is included here, does not exist.\n\
                         libpam refuses every login by this stack.",
    doctor_pam_line: "libpam does not understand this line.\n\
                      It counts as a failure: logins by this stack are refused.",
    doctor_pam_nobody: "Nobody gets in by this stack, not even with the right password and code.\n\
                        People are locked out.",
    doctor_pam_password_ignored: "The right code opens the login even after a wrong password.\n\
                                  Whoever has the phone needs no password.",
    doctor_pam_code_alone: "Nothing asks for a password or a key before the code.\n\
                            The code alone opens the login, and people who need none get in with nothing.",
    doctor_pam_after_wrong: "The code is asked for even when {module} has refused the password.\n\
                             Whoever does not know the password can try codes, and delay the owner's.",
    doctor_pam_twice: "The module stands in this stack already, at {location}.\n\
                       People are asked for two codes, and one code opens one login only.",
    doctor_pam_use_first_pass: "use_first_pass expects the code at the end of a password that a module above has checked as a whole.\n\
                                Nobody gets in: the password with the code is wrong for that module, and without it there is no code.",
    doctor_pam_try_first_pass: "With try_first_pass, a password that ends in digits is tried as a code first.\n\
                                The digits of such a password are taken for a wrong code.",
    doctor_pam_enroll: "unenrolled = \"enrol\" needs a line of the module among the {facility} lines, too.\n\
                        People who have no pairing are not led through it: they log in without a code, or not at all.",
    doctor_pam_family: "{with} asks for a code, {without} does not.\n\
                        It is the same program, called otherwise: the password alone opens it.",
    doctor_pam_sshd_without: "sshd does not ask for a code, other services do.\n\
                              Logins over the network need the password alone.",
    doctor_sshd_usedns: "UseDNS is on, and networks decide who is asked for a code.\n\
                         Where a name is found for an address, the module has no address: nobody is exempt or remembered there.",
    doctor_sshd_password_first: "AuthenticationMethods asks for \"password\" beside keyboard-interactive: {lists}\n\
                                 \"password\" asks the whole PAM stack and cannot ask for a code: nobody gets in.",
    doctor_unanswered: "The user database does not say whose file that is: {why}\n\
                        Such people cannot log in now, and are missing from every list.",
    doctor_file_renamed: "{path} is of somebody whose name is {user} now.\n\
                          {user} has no pairing under the new name: no code is right, or none is asked for.",
    doctor_store_read_only: "The store is mounted read-only.\n\
                             Every attempt is written before it counts: nobody can log in with a code.",
    doctor_store_local_locks: "The store is on NFS, mounted with {option}: locks hold on this host only.\n\
                               Two hosts can accept the same code, and lose each other's count of wrong ones.",
    doctor_helper_nosuid: "{point} is mounted with nosuid: the helper gets no rights from its group.\n\
                           People cannot pair by themselves, and screen lockers cannot check codes.",
    doctor_no_new_privileges: "This shell may gain no privileges (no_new_privs), nor may what it starts.\n\
                               The helper cannot open the store from here: otp-setup and sudo fail in this window only.",
    doctor_config_closed: "The configuration can be read by root only.\n\
                           Helper and screen lockers run for people and cannot read it: they refuse everybody.",
    doctor_exempt_user: "The user {name}, who is to be exempt, does not exist.\n\
                         The exemption is for nobody; whoever gets that name would need no code.",
    doctor_exempt_group: "The group {name}, which is to be exempt, does not exist.\n\
                          The exemption is for nobody: a way out for emergencies would not be one.",
    doctor_required_nobody: "{key} has {name}, and the user database has nobody of exactly that name.\n\
                             A code is required of nobody by it.",
    doctor_exempt_everywhere: "exempt_networks has {network}, which is every address.\n\
                               Nobody is asked for a code over the network.",
    doctor_no_service: "There is no PAM service {name}.\n\
                        The section has no effect: what is for all holds.",
    doctor_one_uid: "{user} and {other} have the same user id, {uid}; {user} has a pairing, {other} has none.\n\
                     A pairing is for a name: as {other}, the same person has no code, and otp-setup takes them for the first name.",
    doctor_reused: "The pairing of {user} is older than their home directory.\n\
                    If the account is a new one, its name and id were somebody else's, and so is the phone.",
    doctor_store_unmarked: "The store has no marker, {marker}: it may be a mount point where nothing is mounted.\n\
                            An empty store looks as if nobody had ever paired.",
    doctor_password_service_missing: "The PAM service otp-setup is not there: {path}\n\
                                      People pair with their password (self_enrollment), and it cannot be checked: without an invitation nobody can.",
    doctor_password_service_ours: "The PAM service otp-setup asks {module} too.\n\
                                   It checks the password of people who have no phone yet: whoever is asked for a code there cannot pair.",
    doctor_password_service_open: "The PAM service otp-setup succeeds with a wrong password.\n\
                                   Every program that runs as somebody can pair a phone for them, as with self_enrollment = \"open\".",
    doctor_password_service_closed: "The PAM service otp-setup refuses the right password.\n\
                                     People can pair with an invitation only.",
    doctor_self_enrollment_open: "self_enrollment is \"open\".\n\
                                  Every program that runs as somebody can pair a phone for them, without their password.",
    doctor_self_enrollment_off: "People without a pairing are to pair at {services}, but self_enrollment is \"off\".\n\
                                 They are not led through it: they are refused.",
    doctor_no_password: "{count} {count|person has|people have} no pairing, no password and no invitation: {names}\n\
                         To pair, they have to show one of the two.",
    doctor_no_invitation: "{count} {count|person has|people have} no pairing and no invitation: {names}\n\
                           Without one they cannot pair (self_enrollment = \"invitation\").",
    doctor_stale_invitations: "{count} {count|invitation is|invitations are} good for nothing any more.\n\
                               {count|Its|Their} time is over, or too many wrong codes were tried: whoever comes with one is refused.",
    doctor_homes_ticket: "Secret files are in homes that are mounted with {option}.\n\
                          Before the login there is no Kerberos ticket: the code cannot be checked, and people are refused.",
    doctor_homes_nfs: "Secret files are in homes on NFS.\n\
                       Whoever is root on the server, or on a host that mounts them, can read them; a stopped login delays its owner for seconds.",
    doctor_exempt_spelling: "exempt_users has {name}, whom the user database calls {right}.\n\
                             Names are compared as it spells them: the exemption is for nobody.",
    doctor_not_enumerated: "The directory does not list its people.\n\
                            Who of them has no pairing cannot be seen here. list and doctor see those who have one.",
    how_run: "Run:",
    how_run_in_sources: "Run, where the sources of insis-otp are:",
    how_instead: "Write instead of that line:",
    how_in: "In {location}:",
    how_top: "Write at the top of that file:",
    how_below: "Write below {location}:",
    how_move: "Take that line out, and write below {location}:",
    how_in_config: "Write in insis-otp.toml, instead of the line that is there:",
    how_defaults: "Set it aside, so that the defaults hold until it is mended. Run:",
    how_mend_file: "Mend it, or else, after a question, remove it. Run:",
    how_enroll_again: "Then {user} has to pair again. Run:",
    how_enroll_again_invited: "Then {user} has to pair again, with an invitation (otp-setup invite --user {user}). Run:",
    how_root_enrolls_again: "Then pair a phone with {user} again, as root (otp-setup --user {user}). Run:",
    how_if_gone: "If that user is not to come back, run:",
    how_if_wanted: "If they shall, run:",
    how_reload_sshd: "sshd takes it after systemctl reload ssh.",
    how_sshd_says: "It says which line is to be mended. Run:",
    how_idp_grace: "Write this line into {path}, then reload sshd:",
    how_sshd_match: "To see what holds for them, run:",
    how_they_enroll: "Let them run otp-setup.",
    how_they_enroll_invited: "Give each an invitation (otp-setup invite --user NAME), and let them run otp-setup with it.",
    how_root_enrolls: "They cannot pair by themselves (self_enrollment = \"off\"). As root, pair a phone with each of them \
                     (otp-setup --user NAME).",
    how_let_enroll_meanwhile: "{how} Until all are paired:",
    how_let_enroll_or_move: "{how} Or else move the day:",
    how_let_enroll_then: "{how} When all are paired:",
    how_enroll_before: "They can pair before that, by:",
    how_invite_before: "They are asked for the code of an invitation there. Give one to each who has none, by:",
    how_no_safe_line: "No change of a line is known that is safe here. What a stack has to look like is said, under STACKS, by:",
    how_above: "Write above {location}:",
    how_look_again: "It may be in use, or the disk in error; nothing is to be removed. Look again by:",
    how_mount_option: "In its options in /etc/fstab, instead of {option}, write (and mount it anew):",
    how_new_privileges: "In the systemd unit that started this shell, or log in by another way; the unit's line is:",
    how_group: "Make it, and add the people to it. Run:",
    how_section: "Name a service in it, or take the section out. Services are what sshd, sudo and the like are called here:",
    how_one_uid: "Give each name an id of its own (usermod -u), or pair the other one, too. As root:",
    how_reused: "If it is another person now, run:",
    how_ask_directory: "A directory of people is in use, and may be away. Ask it again before anything is removed:",
    how_password_service: "Write it as it is shipped, with the modules that are here; a former file is kept as .bak. Run:",
    how_self_enrollment_off: "Let people show their password, or set unenrolled otherwise.",
    how_invite: "Give each of them an invitation. Run:",
    how_stale_invitations: "Who still needs one gets a new one by otp-setup invite. To remove them, run:",
    how_homes: "Put them into the store of this machine; who is paired has to pair again, or is imported.",
    how_authselect: "authselect writes {path}, where no edit lasts. Make the change in {template}, then run {apply}.",
    how_authselect_new: "authselect writes {path}, where no edit lasts. Make a profile ({create}), make the change in {template}, and select it ({select}).",
    how_authselect_lines: "The lines that have to change are shown by:",
    how_ask_by_name: "Ask for each by name:",
    doctor_note: "Note",
    doctor_warning: "Warning",
    doctor_problem: "PROBLEM",
    doctor_why: "Why it matters: {why}",
    doctor_remedy: "What to do: {remedy}",
    doctor_sound: "Nothing was found that would lock people out or let them in without a code.",
    doctor_summary: "{problems} {problems|problem|problems}, {warnings} {warnings|warning|warnings}.",
    declined: "Nothing was changed.",
    stopped: "Stopped. Nothing was changed.",
    input_ended: "The input ended before a reply was given. Nothing was changed.",
    nothing_changed: "Nothing was changed.",
    delete_entry: "If the app has the new entry already, delete it there: its codes are good for nothing.",
    clear_it_yourself: "This terminal cannot be cleared from here: clear it yourself, the secret is on it.",
    end_not_enrolled: "{user} has no pairing. To pair a phone: {command}",
    end_exists: "{user} has been paired meanwhile. Nothing was changed; see otp-setup status.",
    end_codes_refused: "The two codes no longer pair the phone. Nothing was changed; run otp-setup again.",
    end_no_random: "The kernel gives no random bytes: {why}",
    end_not_permitted: "What keeps you from it here: otp-setup doctor",
    end_only_root: "Only root can do this.",
    end_no_such_user: "There is no user {user} on this machine.",
    end_config_not_home: "{path} does not keep secret files in homes: only root can use it by --config.",
    end_helper_start: "{path} cannot be started: {why}. Is insis-otp installed as a whole?",
    end_helper_answer: "{path} gave no answer that can be understood. Is insis-otp installed as a whole, in one version?",
    end_options: "Options of a command stand behind it: otp-setup COMMAND OPTIONS",
    end_batch: "With --batch nothing is asked; this needs {option}.",
    end_user_database: "The user database cannot be read: {why}",
    end_own_account: "User id {uid} has no usable name in the user database.",
    import_taken: "taken: {issuer} ({account})",
    import_would: "would be taken: {issuer} ({account})",
    import_with_scratch: "{what}, with {count} scratch {count|code|codes}",
    import_without_scratch: "not {count} more scratch {count|code|codes}: there is no room for them",
    import_without_policy: "not its rate limit, window and reuse, which the site decides about here (insis-otp.toml)",
    import_without_pin: "not its PIN: there are none here, so that the code alone is asked for",
    import_without_drift: "not the drift of the phone's clock, which was more than an hour",
    import_counter: "not taken: it is for codes by counter (HOTP); only codes by time (TOTP) are supported",
    import_secret: "not taken: {why}",
    import_form: "not taken: it is not of the form that was expected",
    import_exists: "not taken: there is a pairing already; --replace puts the imported one in its place",
    import_uncommon: "not taken: {algorithm}, {digits} digits, {period} s: some authenticator apps show wrong codes for \
                      these; --force takes it all the same",
    import_no_user: "not taken: there is no such user on this machine",
    import_none: "There is nothing to import.",
    import_which: "Choose one entry by --entry, by its number, its account or ISSUER:ACCOUNT: {accounts}",
    import_input: "{from} cannot be read: {why}",
    import_stdin: "standard input",
    import_recovery: "{count} {count|person has|people have} no recovery codes yet. To make some: otp-setup recovery-codes",
    import_old_files: "google-authenticator's own files are left as they are. Remove them when no PAM stack uses its module any \
                       more: the secret is in them.",
    import_not_enumerated: "The directory does not list its people: found were those who have a home here, or a file by their \
                            name. For anybody else: --user NAME",
    import_without_parameter: "not its parameter {name}, which has no use here",
    import_without_unknown: "not {count} other {count|parameter|parameters}, which {count|is|are} not known here",
    import_short: "not taken: its secret has fewer than 128 bits, which RFC 4226 asks for; --force takes it all the same",
    import_short_taken: "its secret has fewer than 128 bits, which RFC 4226 asks for: pair the phone anew some day",
    import_other_line: "not taken: line {line} is for the same user, and a user has one device here; --entry chooses another line",
    import_line: "line {line}",
    import_not_text: "it is not text (UTF-8); an encrypted export has to be exported anew without encryption",
    import_empty: "it is empty",
    import_encrypted: "This is an encrypted export ({program}). Export it anew without encryption, to where nobody else can read \
                       it, import that, and delete it.",
    import_xml: "This is KeePassXC's XML. There, choose Database, Export, CSV File, and import that.",
    import_other_xml: "This is XML, which is not read. FreeOTP has no export that others can read: pair the phone anew by \
                       otp-setup. FreeOTP+ exports JSON, which is read.",
    import_binary: "{from} is not text. If it is an encrypted backup (andOTP's .json.aes, say), export anew without encryption, \
                    to where nobody else can read it, import that, and delete it. If the app has no such export, pair the \
                    phone anew by otp-setup.",
    import_free_otp: "{from} is a backup of FreeOTP (externalBackup.xml). It is encrypted in a form of its own, and is not read. \
                      FreeOTP has no other export: pair the phone anew by otp-setup. FreeOTP+ exports JSON, which is read.",
    import_keepass: "{from} is a database of KeePass, which is encrypted. In KeePassXC, choose Database, Export, CSV File, and \
                     import that.",
    import_archive: "{from} is an archive. Unpack it to where nobody else can read it, import the file in it, and delete that. If \
                     it asks for a password, export anew without one.",
    import_picture: "{from} is a picture. Read the QR code in it: zbarimg -q --raw FILE | otp-setup import --user NAME \
                     --app-export -",
    import_database: "{from} is the database of an app (SQLite), which is not read. Microsoft Authenticator exports nothing that \
                      others can read: pair the phone anew by otp-setup.",
    import_closed: "This is data of {program}, encrypted. {program} exports nothing that others can read: pair the phone anew by \
                    otp-setup.",
    import_unknown_form: "This is no export that is known here: a list of otpauth URIs, or an unencrypted export of Aegis, 2FAS, \
                          andOTP, Bitwarden, FreeOTP+ (JSON), or KeePassXC (CSV).",
    need_user: "Say for whom: --user NAME",
    list_head: "USER             PAIRED      LAST CODE         FAILED  DELAY    RECOVERY",
    list_never: "never",
    list_linked: "no phone, signs in with the identity provider",
    list_none: "Nobody is paired.",
    list_unanswered: "{path}: the user database does not say whose it is: {why}",
    error: "otp-setup: {why}",
    cannot_write: "standard output cannot be written: {why}",
    not_shown: "standard output cannot be written: {why}. What is paired now: otp-setup status. Recovery codes that were not \
                shown: otp-setup recovery-codes makes new ones.",
    usage_unknown_argument: "{argument} is not known here.",
    usage_unknown_command: "There is no command {command}.",
    usage_nearest: "Is it {words}?",
    usage_value_missing: "{argument} needs a value.",
    usage_value_wrong: "{argument} does not take {value}.",
    usage_value_too_many: "{argument} takes no value; it was given {value}.",
    usage_twice: "{argument} can be said only once.",
    usage_conflict: "{argument} does not go together with {other}.",
    usage_missing: "Missing: {arguments}",
    usage_not_utf8: "An argument is not UTF-8.",
    usage_unclear: "The command line cannot be understood.",
    usage_more: "For more, see --help.",
    help_no_command: "Without a command, otp-setup pairs a phone.",
    help_statuses: "Exit status: 0 done; 1 refused or declined; 2 wrong usage; 3 there is no pairing; 4 there is one \
                    already; 5 the store, the configuration or the helper cannot be used; 128+N ended by signal N. \
                    Whatever is not 0 has changed nothing, or says so. doctor: 0 sound; 1 warnings; 6 problems.",
    help_choice: "[possible values: {values}]",
    heading_usage: "Usage:",
    heading_commands: "Commands",
    heading_arguments: "Arguments",
    heading_options: "Options",
    about_otp_setup: "Pairs a phone with a Unix account, and looks after the pairing",
    about_pair: "Pair a phone: what otp-setup does without a command",
    about_replace: "Pair another phone instead; takes a code of the present one, or a recovery code",
    about_status: "Say what is paired",
    about_verify: "Try a code, as a login would; it is used up",
    about_recovery_codes: "Make new recovery codes instead of all former ones",
    about_resync: "Learn anew how far the phone's clock is off, from two consecutive codes",
    about_remove: "Remove the pairing",
    about_forget: "Ask for a code again everywhere, also where this site would not for a while",
    about_unlock: "End a delay after wrong codes, and mend a damaged state (root only)",
    about_invite: "Make a one-time code with which somebody pairs a first phone (root only)",
    about_link: "Link an account to who signs in with the identity provider (root only)",
    about_unlink: "Remove the link of an account (root only)",
    about_idp_test: "Sign in with the identity provider once, and say what was seen",
    about_list: "List who is paired (root only)",
    about_completions: "Write completions for a shell to standard output",
    about_doctor: "Look for what would lock people out, or let them in without a code",
    about_move: "Let a pairing follow its user to another name, after usermod --login (root only)",
    about_import: "Enroll users with secrets that exist already (root only)",
    about_export: "Write a user's otpauth URI to standard output: it is the secret (root only)",
    about_help: "Say how otp-setup or a command of it is used",
    help_text: "Show the secret as text only, without a QR code",
    help_ascii: "Draw the QR code with blanks only, for terminals without block letters",
    help_yes: "Answer yes where the question is yes or no",
    help_print: "Print the page to keep safe, on the default printer",
    help_recovery_codes_print: "Print the new codes on the default printer",
    help_recovery_codes_save: "Save the new codes: .pdf, .png, .svg or .txt",
    help_save: "Save the page to keep safe: .pdf, .png, .svg or .txt",
    help_algorithm: "Hash of the codes, instead of the site's: SHA1, SHA256, SHA512",
    help_digits: "Digits of a code, instead of the site's: 6, 7, 8",
    help_period: "Seconds of a code, instead of the site's: 5 to 300",
    help_force: "Also with such values for which some apps show wrong codes, and a phone whose clock is far off",
    help_paper: "Size of the page (default: what is usual where you are)",
    help_user: "Act for this user (root only)",
    help_config: "Use this configuration (for root, and for secret files in homes)",
    help_batch: "Ask nothing: codes and the password are read from standard input, a line each; what else is needed has to be said by \
                 options",
    help_json: "Say it as JSON",
    help_remove_yes: "Do not ask whether it is meant",
    help_valid: "How long it can be used: 1h to 90d (default: 7d)",
    help_invite_print: "Print it on the default printer, and do not show it",
    help_subject: "Link to this subject, without a sign-in",
    help_link_import: "Link everybody in FILE (- is standard input): USER,SUBJECT a line; nobody if a line is wrong",
    help_shell: "The shell",
    help_uri: "An otpauth URI on standard input, or several, one a line",
    help_google_authenticator: "The user's ~/.google_authenticator, or FILE; %u and %h in it are the user's name and home",
    help_pam_oath: "A usersfile of pam_oath: of all its users, or of the one that --user names",
    help_migration: "An export of Google Authenticator (otpauth-migration://) on standard input",
    help_app_export: "An unencrypted export of Aegis, 2FAS, andOTP, Bitwarden, FreeOTP+ or KeePassXC (CSV), or a list of URIs; - is \
                      standard input",
    help_old: "The name until now",
    help_new: "The name from now on",
    help_entry: "Which one of several entries to take: its account, ISSUER:ACCOUNT, or its number (of pam_oath: its line)",
    help_all: "Of every user with a home",
    help_import_force: "Also with parameters for which some apps show wrong codes, and with secrets of fewer than 128 bits",
    help_replace: "Also in the place of a present pairing",
    help_dry_run: "Change nothing, only say what would be done",
    help_reveal: "Yes, show the secret",
    help_help: "Print help",
    help_version: "Print version",
    value_options: "[OPTIONS]",
    value_command: "COMMAND",
    value_user: "NAME",
    value_config: "PATH",
    value_save: "FILE",
    value_algorithm: "NAME",
    value_digits: "NUMBER",
    value_period: "SECONDS",
    value_paper: "PAPER",
    value_pam_oath: "FILE",
    value_google_authenticator: "FILE",
    value_app_export: "FILE",
    value_old: "OLD",
    value_new: "NEW",
    value_entry: "ENTRY",
    value_shell: "SHELL",
    value_valid: "TIME",
    value_subject: "SUBJECT",
    value_import: "FILE",
};
