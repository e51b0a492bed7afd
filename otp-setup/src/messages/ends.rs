//! How the program ends, and wrong usage.

messages! {
    declined()
        "Nothing was changed.";
    stopped()
        "Stopped. Nothing was changed.";
    input_ended()
        "The input ended before a reply was given. Nothing was changed.";
    nothing_changed()
        "Nothing was changed.";
    delete_entry()
        "If the app has the new entry already, delete it there: its codes are good for nothing.";
    clear_it_yourself()
        "This terminal cannot be cleared from here: clear it yourself, the secret is on it.";
    end_not_enrolled(user, command)
        "{user} has no pairing. To pair a phone: {command}";
    end_exists(user)
        "{user} has been paired meanwhile. Nothing was changed; see otp-setup status.";
    end_codes_refused()
        "The two codes no longer pair the phone. Nothing was changed; run otp-setup again.";
    end_no_random(why)
        "The kernel gives no random bytes: {why}";
    end_not_permitted()
        "What keeps you from it here: otp-setup doctor";
    end_only_root()
        "Only root can do this.";
    end_no_such_user(user)
        "There is no user {user} on this machine.";
    end_config_not_site(path, site)
        "{path} has store = \"ldap\": enrollments in a directory are reached by {site} alone, without --config.";
    end_config_not_home(path)
        "{path} does not keep secret files in homes: only root can use it by --config.";
    end_helper_start(path, why)
        "{path} cannot be started: {why}. Is insis-otp installed as a whole?";
    end_helper_answer(path)
        "{path} gave no answer that can be understood. Is insis-otp installed as a whole, in one version?";
    end_options()
        "Options of a command stand behind it: otp-setup COMMAND OPTIONS";
    end_batch(option)
        "With --batch nothing is asked; this needs {option}.";
    end_user_database(why)
        "The user database cannot be read: {why}";
    end_own_account(uid)
        "User id {uid} has no usable name in the user database.";
    contact(text)
        "Help: {text}";
    error(why)
        "otp-setup: {why}";
    cannot_write(why)
        "standard output cannot be written: {why}";
    not_shown(why)
        "standard output cannot be written: {why}. What is paired now: otp-setup status. Recovery codes that were not \
            shown: otp-setup recovery-codes makes new ones.";
    usage_unknown_argument(argument)
        "{argument} is not known here.";
    usage_unknown_command(command)
        "There is no command {command}.";
    usage_nearest(words)
        "Is it {words}?";
    usage_value_missing(argument)
        "{argument} needs a value.";
    usage_value_wrong(argument, value)
        "{argument} does not take {value}.";
    usage_value_too_many(argument, value)
        "{argument} takes no value; it was given {value}.";
    usage_twice(argument)
        "{argument} can be said only once.";
    usage_conflict(argument, other)
        "{argument} does not go together with {other}.";
    usage_missing(arguments)
        "Missing: {arguments}";
    usage_not_utf8()
        "An argument is not UTF-8.";
    usage_unclear()
        "The command line cannot be understood.";
    usage_more()
        "For more, see --help.";
}
