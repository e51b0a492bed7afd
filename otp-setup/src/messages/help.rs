//! The help.

messages! {
    help_no_command()
        "Without a command, otp-setup pairs a phone.";
    help_statuses()
        "Exit status: 0 done; 1 refused or declined; 2 wrong usage; 3 there is no pairing; 4 there is one \
            already; 5 the store, the configuration or the helper cannot be used; 128+N ended by signal N. \
            Whatever is not 0 has changed nothing, or says so. doctor: 0 sound; 1 warnings; 6 problems.";
    help_choice(values)
        "[possible values: {values}]";
}

// What is looked up by its name: headings, and what is said of commands, arguments and their values.
named! {
    heading_usage "Usage:";
    heading_commands "Commands";
    heading_arguments "Arguments";
    heading_options "Options";
    about_otp_setup
        "Pairs a phone with a Unix account, and looks after the pairing";
    about_pair
        "Pair a phone: what otp-setup does without a command";
    about_replace
        "Pair another phone instead; takes a code of the present one, or a recovery code";
    about_status "Say what is paired";
    about_verify "Try a code, as a login would; it is used up";
    about_recovery_codes
        "Make new recovery codes instead of all former ones";
    about_resync
        "Learn anew how far the phone's clock is off, from two consecutive codes";
    about_remove "Remove the pairing";
    about_forget
        "Ask for a code again everywhere, also where this site would not for a while";
    about_unlock
        "End a delay after wrong codes, and mend a damaged state (root only)";
    about_invite
        "Make a one-time code with which somebody pairs a first phone (root only)";
    about_bypass
        "Make a code with which somebody whose phone is lost logs in for a while (root only)";
    about_helpdesk
        "Help somebody as a member of the help desk, by sudo";
    about_helpdesk_unlock
        "End a delay after wrong codes, and mend a damaged state";
    about_helpdesk_invite
        "Make a one-time code with which somebody pairs a first phone";
    about_helpdesk_bypass
        "Make a code with which somebody whose phone is lost logs in for a while";
    about_link
        "Link your account to who signs in with the identity provider; root links any account";
    about_unlink
        "Remove the link of your account, or, as root, of any";
    about_idp_test
        "Sign in with the identity provider once, and say what was seen";
    about_list "List who is paired (root only)";
    about_report "Report who has a second factor and who has not, of all people (root only)";
    about_mail
        "Tell owners by mail what has become of their accounts, as [mail] of the settings says (root only)";
    about_completions
        "Write completions for a shell to standard output";
    about_doctor
        "Look for what would lock people out, or let them in without a code";
    about_move
        "Let a pairing follow its user to another name, after usermod --login (root only)";
    about_migrate
        "Move pairings between secret files and the directory, with all that is used up (root only)";
    about_import
        "Enroll users with secrets that exist already (root only)";
    about_export
        "Write a user's otpauth URI to standard output: it is the secret (root only)";
    about_help "Say how otp-setup or a command of it is used";
    help_text "Show the secret as text only, without a QR code";
    help_ascii
        "Draw the QR code with blanks only, for terminals without block letters";
    help_yes "Answer yes where the question is yes or no";
    help_print
        "Print the page to keep safe, on the default printer";
    help_save
        "Save the page to keep safe: .pdf, .png, .svg or .txt";
    help_recovery_codes_print
        "Print the new codes on the default printer";
    help_recovery_codes_save
        "Save the new codes: .pdf, .png, .svg or .txt";
    help_algorithm
        "Hash of the codes, instead of the site's: SHA1, SHA256, SHA512";
    help_digits "Digits of a code, instead of the site's: 6, 7, 8";
    help_period
        "Seconds of a code, instead of the site's: 5 to 300";
    help_force
        "Also with such values for which some apps show wrong codes, and a phone whose clock is far off";
    help_paper
        "Size of the page (default: what is usual where you are)";
    help_user "Act for this user (root only)";
    help_helpdesk_user "Whom to help";
    help_config
        "Use this configuration (for root, and for secret files in homes)";
    help_batch
        "Ask nothing: codes and the password are read from standard input, a line each; what else is needed has to be said by \
            options";
    help_json "Say it as JSON";
    help_nagios
        "Say it in a line, and exit, as plugins of Nagios and Icinga do: 0 OK, 1 warning, 2 critical, 3 unknown";
    help_metrics
        "Say it in numbers for Prometheus, without names of people";
    help_csv "Say it as CSV, for spreadsheets";
    help_group "Only members of this group; may be given more than once";
    help_people "Only people named in FILE (- is standard input), a name a line";
    help_remove_yes "Do not ask whether it is meant";
    help_valid "How long it can be used: 1h to 90d (default: 7d)";
    help_bypass_valid "How long it can be used: 10m to 7d (default: 4h)";
    help_uses "How many logins it opens: 1 to 20 (default: 1)";
    help_revoke "Take back the code that can be used, and make none";
    help_invite_print
        "Print it on the default printer, and do not show it";
    help_subject
        "Link to this subject, without a sign-in (root only)";
    help_link_import
        "Link everybody in FILE (- is standard input): USER,SUBJECT a line; nobody if a line is wrong (root only)";
    help_shell "The shell";
    help_uri
        "An otpauth URI on standard input, or several, one a line";
    help_google_authenticator
        "The user's ~/.google_authenticator, or FILE; %u and %h in it are the user's name and home";
    help_pam_oath
        "A usersfile of pam_oath: of all its users, or of the one that --user names";
    help_migration
        "An export of Google Authenticator (otpauth-migration://) on standard input";
    help_app_export
        "An unencrypted export of Aegis, 2FAS, andOTP, Bitwarden, FreeOTP+ or KeePassXC (CSV), or a list of URIs; - is \
            standard input";
    help_old "The name until now";
    help_new "The name from now on";
    help_entry
        "Which one of several entries to take: its account, ISSUER:ACCOUNT, or its number (of pam_oath: its line)";
    help_all "Of every user with a home";
    help_import_force
        "Also with parameters for which some apps show wrong codes, and with secrets of fewer than 128 bits";
    help_replace "Also in the place of a present pairing";
    help_to "Where to: ldap, file";
    help_migrate_all
        "Everybody who is paired in the other one";
    help_dry_run "Change nothing, only say what would be done";
    help_reveal "Yes, show the secret";
    help_help "Print help";
    help_version "Print version";
    value_options "[OPTIONS]";
    value_command "COMMAND";
    value_user "NAME";
    value_config "PATH";
    value_save "FILE";
    value_algorithm "NAME";
    value_digits "NUMBER";
    value_period "SECONDS";
    value_paper "PAPER";
    value_pam_oath "FILE";
    value_google_authenticator "FILE";
    value_app_export "FILE";
    value_to "STORE";
    value_old "OLD";
    value_new "NEW";
    value_entry "ENTRY";
    value_subject "SUBJECT";
    value_import "FILE";
    value_group "GROUP";
    value_people "FILE";
    value_shell "SHELL";
    value_valid "TIME";
    value_uses "NUMBER";
}
