//! English.

use super::Catalogue;

pub(super) const ENGLISH: Catalogue = Catalogue {
    language: "en",
    form: |n| if n == 1 { 0 } else { 1 },
    words_yes: "yes y",
    words_no: "no n",
    word_print: "print",
    word_save: "save",
    pair_title: "Pairing a phone with the account {user} on {host}",
    pair_not_you: "This is for {user}, not {caller}: to pair your own phone, run otp-setup without sudo.",
    pair_why: "Once that is done, logins here ask for a code of {digits} digits after the password. \
               An authenticator app on your phone shows it; the phone needs no network for that.",
    pair_apps: "Such apps are Microsoft Authenticator, Google Authenticator, OTP Auth and Authy. \
                Any other app for time-based codes (RFC 6238, TOTP) will do as well.",
    pair_uncommon: "Codes here are made by {algorithm}, {digits} digits, {period} s. For these, some apps show wrong \
                    codes: {apps}.",
    pair_needs_force: "{algorithm}, {digits} digits, {period} s: some apps show wrong codes for these ({apps}). If yours \
                       does not, say --force.",
    pair_already: "{user} has paired a phone already, on {date}.",
    pair_replaces: "The new phone takes its place. At the end you prove that you are {user}: by a code of the present \
                    phone, or by a recovery code. Until then the present one stays valid.",
    pair_replaces_as_root: "The new phone takes its place; the present one is valid until then.",
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
    sheet_too_small: "The window is too small for the QR code: enlarge it to 80 by 24, or type the secret.",
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
    drift_slow: "Your phone is about {seconds} s slow; that is allowed for.",
    drift_fast: "Your phone is about {seconds} s fast; that is allowed for.",
    paired: "The phone is paired with {user}.",
    paired_next_login: "At the next login, type your password first, and at \"{prompt}\" the code that the app shows then.",
    recovery_title: "Recovery codes",
    recovery_why: "For the day without the phone: each opens one login in place of a code.",
    recovery_how: "Write them down or print them, and keep them off this computer. They are not shown again; \
                   \"otp-setup recovery-codes\" makes new ones.",
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
    page_footer: "Made on {date} by otp-setup. Good once the pairing is complete, and until the next one.",
    page_offer: "To keep it on paper, type print, or save page.pdf (.png, .svg, .txt).",
    page_printed: "The page is on its way to the printer. It is good once the pairing is complete.",
    page_saved: "Saved as {path}. Print it, then delete the file.",
    page_exists: "{path} is there already. Write over it? [yes/no] ",
    page_form: "The file's name has to end in .pdf, .png, .svg or .txt.",
    page_drawing: "The page cannot be drawn. Write the secret down by hand.",
    page_no_printer: "There is no printing system here (lp). Type save page.pdf instead.",
    page_failed: "It did not work: {why}",
    page_void: "The page that you printed or saved is void; destroy it.",
    code_has_digits: "A code has {digits} digits. Type the one that the app shows.",
    code_plain_digits: "Please type plain digits, 0 to 9.",
    code_characters: "That is not a code: it has digits only.",
    proof_why: "Now prove that it is you: type a code of the present phone, or a recovery code.",
    proof_old_phone: "Take the code of the present phone, not of the new one.",
    ask_proof: "Code or recovery code: ",
    ask_two_codes: "Two consecutive codes (type one, a blank, then the next): ",
    proof_needed: "This needs a code of the phone, or a recovery code.",
    refused_wrong: "Wrong code. If it was right, type two consecutive codes.",
    refused_used: "That code was used before. The next one comes in {wait}.",
    refused_used_now: "That code was used before. Type the one that the app shows now.",
    refused_clock_ahead: "This machine's clock was wrong. Type two consecutive codes, or a recovery code.",
    refused_recovery_spent: "That recovery code was used before.",
    refused_throttled: "Too many wrong codes: wait {wait}, or type two consecutive codes or a recovery code.",
    refused_too_soon: "Not checked: one try a second. Type it again, or wait {wait}.",
    refused_length: "That has not the length of a code.",
    refused_foreign_digits: "Please type plain digits, 0 to 9.",
    refused_characters: "That is neither a code nor a recovery code.",
    removed: "The pairing of {user} is removed. Its entry in the app is of no more use; delete it there.",
    remove_why: "Depending on this site's rules, {user} cannot log in without a pairing.",
    ask_remove: "Remove the pairing of {user}? [yes/no] ",
    forgotten: "{user} is asked for a code again, wherever the next login comes from.",
    unlocked: "{user} is unlocked: codes are checked again at once.",
    verified: "Right: a login with this code would be let in. The code is used up.",
    verified_pair: "Right: a login with these codes would be let in. They are used up; the phone was {steps} steps off.",
    verified_recovery: "Right: this recovery code is used up. {left} {left|is|are} left.",
    failures_since: "{count} failed {count|code|codes} since the last login.",
    resynced_exact: "The phone's clock is right.",
    resync_two: "Two codes are needed: type one, a blank, then the next.",
    resync_wrong: "These are not two consecutive codes of the phone.",
    status_not_paired: "{user}: not paired",
    status_paired: "{user}: paired on {date}",
    status_app: "Entry in the app:      {issuer} ({account})",
    status_parameters: "Parameters:            {algorithm}, {digits} digits, {period} s",
    status_last_login: "Last login by code:    {date}",
    status_never_login: "Last login by code:    none yet",
    status_failures: "Failed codes since:    {count}",
    status_throttled: "Delayed for:           {wait}, after too many wrong codes",
    status_recovery: "Recovery codes left:   {left}",
    status_recovery_few: "Few recovery codes are left. Make new ones: otp-setup recovery-codes",
    doctor_config: "The configuration cannot be used: {error}.\n\
                    No login that asks for a code succeeds until it is mended.\n\
                    Mend the line. insis-otp.toml(5) lists what is allowed.",
    doctor_not_root: "Only part of it was looked at.\n\
                      The store, sshd and the list of people can be seen by root only.\n\
                      sudo otp-setup doctor",
    doctor_pam_unused: "No PAM stack uses pam_insis_otp.so.\n\
                        Nobody is asked for a code; pairings have no effect.\n\
                        In /etc/pam.d/sshd, below \"@include common-auth\": auth required pam_insis_otp.so",
    doctor_pam_missing: "The module {module} is not where libpam looks for it.\n\
                         This stack refuses everybody.\n\
                         apt install libpam-insis-otp, or take the line out.",
    doctor_pam_writable: "{path} can be changed by others than root.\n\
                          Whoever changes it gets in, as anybody.\n\
                          chown root:root {path}; chmod 644 {path}",
    doctor_pam_not_loadable: "{path} is no shared library.\n\
                              This stack refuses everybody.\n\
                              Install insis-otp again.",
    doctor_pam_argument: "The module does not take the argument {argument} ({why}).\n\
                          It refuses every login by this stack.\n\
                          Without it: {line}",
    doctor_pam_control: "With the control {control}, a wrong code does not refuse the login.\n\
                         The password alone opens it.\n\
                         auth required pam_insis_otp.so",
    doctor_pam_skips: "When {module} ({control}) succeeds, the code is skipped.\n\
                       The password alone opens a login.\n\
                       {line}",
    doctor_pam_order: "The code is asked for before {module}.\n\
                       Whoever does not know the password can try codes, and delay the owner's.\n\
                       Below {place}: {line}",
    doctor_pam_ignore: "People without a pairing are to be passed over, but {control} turns that into a refusal.\n\
                        They are locked out.\n\
                        auth required pam_insis_otp.so",
    doctor_pam_no_success: "People without a pairing are to be passed over, but nothing else in this stack can let them in.\n\
                            They are locked out.\n\
                            Below it: auth required pam_permit.so",
    doctor_store_missing: "The store {path} is not there.\n\
                           Nobody can pair or log in.\n\
                           install -d -o root -g insis-otp -m 1730 {path}",
    doctor_store_closed: "The store {path} is for root only.\n\
                          People cannot pair by themselves, and screen lockers cannot check codes.\n\
                          If they shall: chgrp insis-otp {path}; chmod 1730 {path}",
    doctor_store_mode: "The store {path} has the wrong owner or mode.\n\
                        Nobody can pair or log in: a store that others can write is not trusted.\n\
                        chown root:insis-otp {path}; chmod 1730 {path}",
    doctor_helper_missing: "There is no helper at {path}.\n\
                            People cannot pair by themselves, and screen lockers cannot check codes.\n\
                            Install insis-otp again, or correct \"helper\" in insis-otp.toml.",
    doctor_helper_mode: "The helper {path} has the wrong owner or mode.\n\
                         It cannot open the store, or others can change what it does.\n\
                         chown root:insis-otp {path}; chmod 2755 {path}",
    doctor_file_orphan: "{path} belongs to no user of this machine.\n\
                         It is the secret of somebody who has gone; a new user of the same name could not use it.\n\
                         If that user is not to come back: rm {path}",
    doctor_file_broken: "The secret file of {user} cannot be used: {why}.\n\
                         {user} cannot log in.\n\
                         otp-setup --user {user} unlock; if that does not help: otp-setup --user {user}",
    doctor_log: "There is no /dev/log.\n\
                 Nobody can see who was refused, and why.\n\
                 Start a syslog daemon, or systemd-journald.",
    doctor_clock: "The clock is not synchronised.\n\
                   When it is off by more than a minute, right codes are refused.\n\
                   apt install systemd-timesyncd (or chrony)",
    doctor_debug: "debug is on.\n\
                   The log is long. It holds no secret.\n\
                   In insis-otp.toml: debug = false",
    doctor_sshd_silent: "sshd does not tell its settings: {why}\n\
                         They were not looked at.\n\
                         sshd -t",
    doctor_sshd_usepam: "sshd does not use PAM.\n\
                         No code is asked for.\n\
                         UsePAM yes",
    doctor_sshd_interactive: "Keyboard-interactive authentication is off, the only one that can ask for a code.\n\
                              Logins by password are refused, and those by key need no code.\n\
                              KbdInteractiveAuthentication yes",
    doctor_sshd_password: "The method \"password\" is on, which cannot ask for a code.\n\
                           Clients that choose it are refused, though the password is right.\n\
                           PasswordAuthentication no",
    doctor_sshd_key: "A key alone opens a login, without a code.\n\
                      The second step is for passwords only.\n\
                      AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam",
    doctor_sshd_methods: "AuthenticationMethods lets people in without a code: {lists}\n\
                          Only keyboard-interactive asks for one.\n\
                          AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam",
    doctor_sshd_match: "{key} is set otherwise for some people.\n\
                        Whether they are asked for a code was not looked at.\n\
                        sshd -T -C user=NAME",
    doctor_locked_out: "{count} {count|person has|people have} no pairing: {names}\n\
                        They cannot log in by {services} (unenrolled = \"deny\").\n\
                        Let them run otp-setup; meanwhile: {line}",
    doctor_locked_out_since: "{count} {count|person has|people have} no pairing: {names}\n\
                              They cannot log in by {services} since {date} (unenrolled_deny_from).\n\
                              Let them run otp-setup; meanwhile: {line}",
    doctor_locked_out_from: "{count} {count|person has|people have} no pairing: {names}\n\
                             From {date} on they cannot log in by {services} (unenrolled_deny_from).\n\
                             Let them run otp-setup before, or move the day: {line}",
    doctor_would_be_locked_out: "{count} {count|person has|people have} no pairing: {names}\n\
                                 They log in by {services} without a code.\n\
                                 Let them run otp-setup; after that: {line}",
    doctor_would_pair: "{count} {count|person has|people have} no pairing: {names}\n\
                        At their next login by {services} they are led through pairing (unenrolled = \"enrol\").\n\
                        Nothing; they can run otp-setup before.",
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
    end_not_paired: "{user} has no pairing. To pair a phone: {command}",
    end_exists: "{user} has been paired meanwhile. Nothing was changed; see otp-setup status.",
    end_not_pairing: "The two codes no longer pair the phone. Nothing was changed; run otp-setup again.",
    end_no_random: "The kernel gives no random bytes: {why}",
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
    import_which: "Several entries are in this export. Choose one with --entry: {accounts}",
    import_input: "{from} cannot be read: {why}",
    import_stdin: "standard input",
    import_recovery: "Nobody has recovery codes yet. To make some: otp-setup recovery-codes",
    need_user: "Say for whom: --user NAME",
    list_head: "USER             PAIRED      LAST LOGIN        FAILED  DELAY    RECOVERY",
    list_never: "never",
    list_none: "Nobody is paired.",
    error: "otp-setup: {why}",
    cannot_write: "standard output cannot be written: {why}",
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
                    Whatever is not 0 has changed nothing. doctor: 0 sound; 1 warnings; 6 problems.",
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
    about_list: "List who is paired (root only)",
    about_completions: "Write completions for a shell to standard output",
    about_doctor: "Look for what would lock people out, or let them in without a code",
    about_import: "Enrol users with secrets that exist already (root only)",
    about_export: "Write a user's otpauth URI to standard output: it is the secret (root only)",
    about_help: "Say how otp-setup or a command of it is used",
    help_text: "Show the secret as text only, without a QR code",
    help_ascii: "Draw the QR code with blanks only, for terminals without block letters",
    help_yes: "Answer yes where the question is yes or no",
    help_print: "Print the page to keep safe, on the default printer",
    help_save: "Save the page to keep safe: .pdf, .png, .svg or .txt",
    help_algorithm: "Hash of the codes, instead of the site's: SHA1, SHA256, SHA512",
    help_digits: "Digits of a code, instead of the site's: 6, 7, 8",
    help_period: "Seconds of a code, instead of the site's: 5 to 300",
    help_force: "Also with values of these for which some apps show wrong codes",
    help_paper: "Size of the page (default: what is usual where you are)",
    help_user: "Act for this user (root only)",
    help_config: "Use this configuration (for root, and for secret files in homes)",
    help_batch: "Ask nothing: codes are read from standard input, a line each; what else is needed has to be said by \
                 options",
    help_json: "Say it as JSON",
    help_remove_yes: "Do not ask whether it is meant",
    help_shell: "The shell",
    help_uri: "An otpauth URI on standard input",
    help_google_authenticator: "The user's ~/.google_authenticator",
    help_pam_oath: "A usersfile of pam_oath: of all its users, or of the one that --user names",
    help_migration: "An export of Google Authenticator (otpauth-migration://) on standard input",
    help_entry: "Which entry of an export to take, by its account",
    help_all: "Of every user with a home",
    help_import_force: "Also with parameters for which some apps show wrong codes",
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
    value_entry: "ACCOUNT",
    value_shell: "SHELL",
};
