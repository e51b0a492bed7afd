//! Everything that people read, in one catalogue for each language.
//!
//! A language is one file beside this one. The compiler refuses a catalogue in which a message is missing; a test
//! refuses one whose places (`{user}`) are not those of the message. `{left|code|codes}` stands for the form that goes
//! with the number `left`.

mod cs;
mod en;

use std::fmt::Display;
use std::io;

use insis_otp::config::ConfigError;
use insis_otp::import::Unusable;
use insis_otp::strict::Error as Setting;
use nix::errno::Errno;

/// The messages in the person's language.
#[derive(Clone, Copy)]
pub struct Messages {
    catalogue: &'static Catalogue,
}

/// What the library and the operating system say in English, in the language of the catalogue.
struct Foreign {
    /// A configuration that cannot be used: `/etc/security/insis-otp.toml:2: tries must be between 1 and 10, not 0`.
    config: fn(&ConfigError) -> String,
    /// A setting: `tries must be between 1 and 10, not 0`.
    setting: fn(&Setting) -> String,
    /// The operating system: `Permission denied`.
    system: fn(Errno) -> String,
    /// A secret file, in the words of the library: `/var/lib/insis-otp/anna: is a symbolic link`.
    store: fn(&str) -> String,
    /// An entry that cannot be imported; `None` where the library's own words serve, or another message.
    unusable: fn(Unusable) -> Option<&'static str>,
}

/// The languages.
const CATALOGUES: &[&Catalogue] = &[&en::ENGLISH, &cs::CZECH];

macro_rules! catalogue {
    ($($name:ident($($placeholder:ident),*))* ; $($word:ident)*) => {
        /// The messages of one language.
        struct Catalogue {
            /// The language code, as in LANG.
            language: &'static str,
            /// Which of a word's forms goes with a number.
            form: fn(u64) -> usize,
            /// What the library and the operating system say, who say it in English.
            foreign: Foreign,
            $($name: &'static str,)*
            $($word: &'static str,)*
        }

        #[allow(missing_docs, reason = "a message's name and its English text say what it is")]
        impl Messages {
            $(
                pub fn $name(&self, $($placeholder: impl Display),*) -> String {
                    fill(self.catalogue.$name, self.catalogue.form, &[$((stringify!($placeholder), &$placeholder)),*])
                }
            )*

            /// What is said of a command or an argument, which are looked up by their names.
            pub fn named(&self, name: &str) -> Option<&'static str> {
                match name {
                    $(stringify!($word) => Some(self.catalogue.$word),)*
                    _ => None,
                }
            }
        }

        /// What is looked up by its name.
        #[cfg(test)]
        pub const NAMED: &[&str] = &[$(stringify!($word)),*];

        #[cfg(test)]
        impl Catalogue {
            /// Every message: its name, its text, its places.
            fn messages(&self) -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
                vec![
                    $((stringify!($name), self.$name, vec![$(stringify!($placeholder)),*]),)*
                    $((stringify!($word), self.$word, vec![]),)*
                ]
            }
        }
    };
}

catalogue! {
    // Answers that count as yes and no, besides the English ones.
    words_yes()
    words_no()
    // What may be typed in place of a code, besides the English words: each may be several, with blanks between.
    word_print()
    word_save()
    word_quit()
    word_help()
    prompt_help()
    // Enrollment.
    enroll_title(user, host)
    enroll_not_you(user, caller)
    enroll_why(digits)
    enroll_takes_password()
    enroll_takes_invitation()
    ask_password()
    ask_invitation()
    denied_password()
    denied_password_unchecked(why)
    denied_no_invitation()
    denied_invitation_wrong(left)
    denied_invitation_expired()
    denied_invitation_used_up()
    denied_off()
    invite_code(user, code)
    invite_how(user, until)
    invite_off()
    invite_home()
    invite_exists(user)
    // Links to the identity provider.
    link_root()
    link_subject()
    link_other(user, subject)
    linked(user, subject, provider)
    link_imported(count)
    unlinked(user)
    not_linked(user)
    link_unreadable(path, why)
    link_too_large()
    link_line(line, why)
    link_twice(user, line)
    link_form()
    status_linked(subject, issuer, time)
    status_not_linked()
    idp_none()
    idp_open(provider, uri, code)
    idp_waiting(wait)
    idp_test_done()
    idp_denied(detail)
    idp_expired()
    idp_no_mfa(detail)
    idp_too_old(detail)
    idp_no_auth_time()
    idp_token(detail)
    idp_settings(detail)
    idp_network(detail)
    idp_certificate(detail)
    idp_answer(detail)
    idp_policy(detail)
    enroll_apps()
    enroll_uncommon(algorithm, digits, period, apps)
    enroll_needs_force(algorithm, digits, period, apps)
    enroll_already(user, date)
    enroll_replaces(user)
    enroll_replaces_as_root()
    ask_app()
    ask_app_and_proof()
    ask_replace()
    say_yes_or_no()
    get_an_app()
    sheet_scan()
    sheet_microsoft()
    sheet_type()
    sheet_issuer(issuer)
    sheet_account(account)
    sheet_secret()
    sheet_kind()
    sheet_parameters(algorithm, digits, period)
    view_too_small(columns, rows)
    ask_first()
    ask_next()
    ask_next_in(wait)
    first_right()
    first_wrong(issuer, account)
    next_same()
    next_skipped()
    next_wrong()
    next_wrong_again()
    perhaps_parameters(algorithm, digits, period)
    clock_far_slow(length, time)
    clock_far_fast(length, time)
    drift_slow(length)
    drift_fast(length)
    enrolled(user)
    enrolled_next_login(prompt)
    recovery_title()
    recovery_why()
    recovery_how()
    ask_enter_to_clear()
    recovery_enter()
    recovery_old_void()
    // The page to keep safe.
    page_heading()
    page_whose(user, host)
    page_warning()
    page_phone()
    page_scan()
    page_issuer()
    page_account()
    page_secret()
    page_kind()
    page_parameters(algorithm, digits, period)
    page_recovery()
    page_uses()
    page_forgotten()
    page_forgotten_do()
    page_new()
    page_new_do()
    page_lost()
    page_lost_do()
    page_footer(date)
    page_footer_recovery(date)
    page_is_there(path)
    page_offer()
    page_printed()
    page_saved(path)
    page_exists(path)
    page_form()
    page_drawing()
    page_no_printer()
    page_not_printed(why)
    page_failed(why)
    page_void()
    // Codes and proofs.
    code_has_digits(digits)
    code_plain_digits()
    code_characters()
    proof_why()
    proof_old_phone()
    ask_proof()
    proof_needed()
    refused_wrong()
    refused_used(wait)
    refused_used_now()
    refused_clock_ahead()
    refused_recovery_spent()
    refused_throttled(wait)
    refused_too_soon(wait)
    refused_used_up()
    refused_length()
    refused_foreign_digits()
    refused_characters()
    // The other commands.
    removed(user)
    remove_why(user)
    ask_remove(user)
    forgotten(user)
    unlocked(user)
    moved(old, user)
    move_exists(user)
    move_still_there(old)
    verified()
    verified_two_codes(steps)
    verified_recovery(left)
    failures_since(count)
    resync_how()
    resynced_exact()
    resync_wrong()
    resync_by_login()
    status_not_enrolled(user)
    status_enrolled(user, date)
    status_app(issuer, account)
    status_parameters(algorithm, digits, period)
    status_last_login(date)
    status_never_login()
    status_failures(count)
    status_throttled(wait)
    status_single_codes()
    status_slow(length)
    status_fast(length)
    status_remembered(count, date)
    status_recovery(left)
    status_recovery_few()
    // The doctor: what and why, a line each.
    doctor_config(error)
    doctor_not_root()
    doctor_pam_unused()
    doctor_pam_missing(module)
    doctor_pam_writable(path)
    doctor_pam_not_loadable(path)
    doctor_pam_argument(argument, why)
    doctor_pam_control(control)
    doctor_pam_skips(module, control)
    doctor_pam_order(module)
    doctor_pam_ignore(control)
    doctor_pam_no_success()
    doctor_store_missing(path)
    doctor_store_closed(path)
    doctor_store_mode(path)
    doctor_idp_missing(path)
    doctor_idp_user(user)
    doctor_idp_grace(grace, deadline)
    doctor_idp_nobody(provider)
    doctor_helper_missing(path)
    doctor_helper_mode(path)
    doctor_file_orphan(path)
    doctor_file_broken(user, why)
    doctor_log()
    doctor_clock()
    doctor_debug()
    doctor_sshd_silent(why)
    doctor_sshd_usepam()
    doctor_sshd_interactive()
    doctor_sshd_password()
    doctor_sshd_key()
    doctor_sshd_methods(lists)
    doctor_sshd_match(key)
    doctor_locked_out(count, names, services)
    doctor_locked_out_since(count, names, services, date, key)
    doctor_locked_out_from(count, names, services, date, key)
    doctor_would_be_locked_out(count, names, services)
    doctor_would_enroll(count, names, services)
    doctor_pam_missing_passed(module)
    doctor_pam_include(name)
    doctor_pam_line()
    doctor_pam_nobody()
    doctor_pam_password_ignored()
    doctor_pam_code_alone()
    doctor_pam_after_wrong(module)
    doctor_pam_twice(location)
    doctor_pam_use_first_pass()
    doctor_pam_try_first_pass()
    doctor_pam_enroll(facility)
    doctor_pam_family(with, without)
    doctor_pam_sshd_without()
    doctor_sshd_usedns()
    doctor_sshd_password_first(lists)
    doctor_unanswered(why)
    doctor_file_renamed(path, user)
    doctor_store_read_only()
    doctor_store_local_locks(option)
    doctor_helper_nosuid(point)
    doctor_no_new_privileges()
    doctor_config_closed()
    doctor_exempt_user(name)
    doctor_exempt_group(name)
    doctor_required_nobody(key, name)
    doctor_exempt_everywhere(network)
    doctor_no_service(name)
    doctor_one_uid(user, other, uid)
    doctor_reused(user)
    doctor_store_unmarked(marker)
    doctor_password_service_missing(path)
    doctor_password_service_ours(module)
    doctor_password_service_open()
    doctor_password_service_closed()
    doctor_self_enrollment_open()
    doctor_self_enrollment_off(services)
    doctor_no_password(count, names)
    doctor_no_invitation(count, names)
    doctor_stale_invitations(count)
    doctor_homes_ticket(option)
    doctor_homes_nfs()
    doctor_exempt_spelling(name, right)
    doctor_not_enumerated()
    // What to do with the line that follows.
    how_run()
    how_run_in_sources()
    how_instead()
    how_in(location)
    how_top()
    how_below(location)
    how_move(location)
    how_in_config()
    how_defaults()
    how_mend_file()
    how_enroll_again(user)
    how_enroll_again_invited(user)
    how_root_enrolls_again(user)
    how_if_gone()
    how_if_wanted()
    how_reload_sshd()
    how_sshd_says()
    how_idp_grace(path)
    how_sshd_match()
    how_they_enroll()
    how_they_enroll_invited()
    how_root_enrolls()
    how_let_enroll_meanwhile(how)
    how_let_enroll_or_move(how)
    how_let_enroll_then(how)
    how_enroll_before()
    how_invite_before()
    how_no_safe_line()
    how_above(location)
    how_look_again()
    how_mount_option(option)
    how_new_privileges()
    how_group()
    how_section()
    how_one_uid()
    how_reused()
    how_ask_directory()
    how_password_service()
    how_self_enrollment_off()
    how_invite()
    how_stale_invitations()
    how_homes()
    how_authselect(path, template, apply)
    how_authselect_new(path, create, template, select)
    how_authselect_lines()
    how_ask_by_name()
    doctor_note()
    doctor_warning()
    doctor_problem()
    doctor_why(why)
    doctor_remedy(remedy)
    doctor_sound()
    doctor_summary(problems, warnings)
    // Ends.
    declined()
    stopped()
    input_ended()
    nothing_changed()
    delete_entry()
    clear_it_yourself()
    end_not_enrolled(user, command)
    end_exists(user)
    end_codes_refused()
    end_no_random(why)
    end_not_permitted()
    end_only_root()
    end_no_such_user(user)
    end_config_not_home(path)
    end_helper_start(path, why)
    end_helper_answer(path)
    end_options()
    end_batch(option)
    end_user_database(why)
    end_own_account(uid)
    import_taken(issuer, account)
    import_would(issuer, account)
    import_with_scratch(what, count)
    import_without_scratch(count)
    import_without_policy()
    import_without_pin()
    import_without_drift()
    import_counter()
    import_secret(why)
    import_form()
    import_exists()
    import_uncommon(algorithm, digits, period)
    import_no_user()
    import_none()
    import_which(accounts)
    import_input(from, why)
    import_stdin()
    import_recovery(count)
    import_old_files()
    import_not_enumerated()
    import_without_parameter(name)
    import_without_unknown(count)
    import_short()
    import_short_taken()
    import_other_line(line)
    import_line(line)
    import_not_text()
    import_empty()
    import_encrypted(program)
    import_xml()
    import_other_xml()
    import_binary(from)
    import_free_otp(from)
    import_keepass(from)
    import_archive(from)
    import_picture(from)
    import_database(from)
    import_closed(program)
    import_unknown_form()
    need_user()
    list_head()
    list_never()
    list_linked()
    list_none()
    list_unanswered(path, why)
    error(why)
    cannot_write(why)
    not_shown(why)
    // Wrong usage.
    usage_unknown_argument(argument)
    usage_unknown_command(command)
    usage_nearest(words)
    usage_value_missing(argument)
    usage_value_wrong(argument, value)
    usage_value_too_many(argument, value)
    usage_twice(argument)
    usage_conflict(argument, other)
    usage_missing(arguments)
    usage_not_utf8()
    usage_unclear()
    usage_more()
    // The help.
    help_no_command()
    help_statuses()
    help_choice(values)
    // What is looked up by its name: headings, and what is said of commands, arguments and their values.
    ;
    heading_usage
    heading_commands
    heading_arguments
    heading_options
    about_otp_setup
    about_pair
    about_replace
    about_status
    about_verify
    about_recovery_codes
    about_resync
    about_remove
    about_forget
    about_unlock
    about_invite
    about_link
    about_unlink
    about_idp_test
    about_list
    about_completions
    about_doctor
    about_move
    about_import
    about_export
    about_help
    help_text
    help_ascii
    help_yes
    help_print
    help_save
    help_recovery_codes_print
    help_recovery_codes_save
    help_algorithm
    help_digits
    help_period
    help_force
    help_paper
    help_user
    help_config
    help_batch
    help_json
    help_remove_yes
    help_valid
    help_invite_print
    help_subject
    help_link_import
    help_shell
    help_uri
    help_google_authenticator
    help_pam_oath
    help_migration
    help_app_export
    help_old
    help_new
    help_entry
    help_all
    help_import_force
    help_replace
    help_dry_run
    help_reveal
    help_help
    help_version
    value_options
    value_command
    value_user
    value_config
    value_save
    value_algorithm
    value_digits
    value_period
    value_paper
    value_pam_oath
    value_google_authenticator
    value_app_export
    value_old
    value_new
    value_entry
    value_subject
    value_import
    value_shell
    value_valid
}

impl Messages {
    /// The messages in the language of a locale's name (`cs_CZ.UTF-8`); English where there are none.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
        let found = CATALOGUES.iter().find(|catalogue| catalogue.language == language);
        Self { catalogue: found.unwrap_or(&&en::ENGLISH) }
    }

    /// The messages of every language.
    #[cfg(test)]
    pub fn of_every_language() -> Vec<Self> {
        CATALOGUES.iter().map(|catalogue| Self { catalogue }).collect()
    }

    /// Whether these are the English messages.
    #[cfg(test)]
    pub fn is_english(&self) -> bool {
        self.catalogue.language == en::ENGLISH.language
    }

    /// What is wrong with a configuration.
    pub fn config_error(&self, error: &ConfigError) -> String {
        (self.catalogue.foreign.config)(error)
    }

    /// What is wrong with a setting.
    pub fn setting_error(&self, error: &Setting) -> String {
        (self.catalogue.foreign.setting)(error)
    }

    /// What is wrong with a secret file, in the library's words.
    pub fn store_error(&self, text: impl Display) -> String {
        (self.catalogue.foreign.store)(&text.to_string())
    }

    /// Why an entry cannot be imported, where its own words are `why`.
    pub fn unusable_entry(&self, entry: Unusable, why: impl Display) -> String {
        (self.catalogue.foreign.unusable)(entry).map_or_else(|| why.to_string(), str::to_owned)
    }

    /// What the operating system says, without its number.
    pub fn errno(&self, errno: Errno) -> String {
        (self.catalogue.foreign.system)(errno)
    }

    /// What the operating system says, without its number, or what the library says of input and output.
    pub fn system_error(&self, error: &io::Error) -> String {
        error.raw_os_error().map_or_else(|| error.to_string(), |number| self.errno(Errno::from_raw(number)))
    }

    /// Whether a word that was typed is one of these: of the person's language, or English.
    pub fn is_word(typed: &str, english: &str, own: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        english.split(' ').chain(own.split(' ')).any(|word| word == typed)
    }

    /// Whether an answer means yes or no, in the person's language or in English.
    pub fn yes_or_no(&self, answer: &str) -> Option<bool> {
        let answer = answer.trim().to_lowercase();
        let among = |words: &str| words.split(' ').any(|word| word == answer);
        let [yes, no] = [self.words_yes(), self.words_no()];
        match (among(&yes) || among("yes y"), among(&no) || among("no n")) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    /// The messages in the language that the environment asks for, and the locale for messages. As gettext has it, LANGUAGE
    /// lists languages, which count where the locale is not C.
    #[must_use]
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> (Self, String) {
        let locale = Self::locale(&variable);
        let base = locale.split('.').next().unwrap_or_default();
        let listed = variable("LANGUAGE").filter(|_| !matches!(base, "" | "C" | "POSIX"));
        let language = |name: &str| name.split(['_', '.', '@']).next().unwrap_or_default().to_owned();
        let known = listed.and_then(|listed| {
            let languages = listed.split(':').map(language);
            languages
                .into_iter()
                .find_map(|name| CATALOGUES.iter().find(|catalogue| catalogue.language == name))
        });
        let messages = known.map_or_else(|| Self::of_locale(&locale), |catalogue| Self { catalogue });
        (messages, locale)
    }

    /// The locale for messages, from the environment.
    #[must_use]
    pub fn locale(variable: impl Fn(&str) -> Option<String>) -> String {
        let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default()
    }
}

/// Whether terminals of a locale take UTF-8. One that names no encoding is taken for one that does.
pub fn is_utf8(locale: &str) -> bool {
    let encoding = locale.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
    encoding.is_none_or(|encoding| encoding.starts_with("utf-8") || encoding.starts_with("utf8"))
}

/// Puts the values into their places.
fn fill(text: &str, form: fn(u64) -> usize, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, inside, after)) = next_place(rest) {
        filled.push_str(before);
        filled.push_str(&placeholder(inside, form, values));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The text before a place, what is between its braces, and the text after it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

fn placeholder(inside: &str, form: fn(u64) -> usize, values: &[(&str, &dyn Display)]) -> String {
    let mut parts = inside.split('|');
    let name = parts.next().unwrap_or_default();
    let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
    let value = value.unwrap_or_default();
    let forms: Vec<_> = parts.collect();
    match (forms.last(), value.parse()) {
        (None, _) => value,
        (Some(last), Ok(number)) => (*forms.get(form(number)).unwrap_or(last)).to_owned(),
        (Some(last), Err(_)) => (*last).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut names = Vec::new();
        let mut rest = text;
        while let Some((_, inside, after)) = next_place(rest) {
            names.push(inside.split('|').next().unwrap());
            rest = after;
        }
        names
    }

    #[test]
    fn every_message_of_every_language_has_its_places() {
        for catalogue in CATALOGUES {
            for (name, text, expected) in catalogue.messages() {
                let found = placeholders(text);
                let language = catalogue.language;
                assert!(!text.trim().is_empty(), "{language}: {name} is empty");
                let is_finding = catalogue_of_findings().contains(&name);
                assert_eq!(
                    text.matches('\n').count(),
                    if is_finding { 1 } else { 0 },
                    "{language}: lines of {name}"
                );
                for placeholder in &expected {
                    assert!(found.contains(placeholder), "{language}: {name} lacks {{{placeholder}}}");
                }
                for placeholder in &found {
                    assert!(expected.contains(placeholder), "{language}: {name} has no {{{placeholder}}}");
                }
            }
        }
    }

    #[test]
    fn the_language_is_that_of_the_environment() {
        let language = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            Messages::of_environment(variable).0.catalogue.language
        };
        assert_eq!(language(&[("LANG", "cs_CZ.UTF-8")]), "cs");
        assert_eq!(language(&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "de:cs_CZ:en")]), "cs");
        assert_eq!(language(&[("LANG", "cs_CZ.UTF-8"), ("LANGUAGE", "en_GB:cs")]), "en");
        assert_eq!(language(&[("LC_ALL", "C.UTF-8"), ("LANGUAGE", "cs")]), "en");
        assert_eq!(language(&[("LANG", "cs_CZ.UTF-8"), ("LANGUAGE", "")]), "cs");
        // Without accents, see crate::sanitize.
        assert_eq!(language(&[("LANG", "cs_CZ.ISO-8859-2"), ("LANGUAGE", "cs")]), "cs");
    }

    #[test]
    fn questions_leave_room_for_their_answers() {
        for catalogue in CATALOGUES {
            for (name, text, placeholders) in catalogue.messages() {
                let placeholders: usize = placeholders.iter().map(|placeholder| placeholder.len() + 2).sum();
                let width = text.chars().count() - placeholders;
                assert!(!name.starts_with("ask_") || width <= 60, "{}: {name}", catalogue.language);
            }
        }
    }

    /// The doctor's findings: all messages of two lines in English.
    fn catalogue_of_findings() -> Vec<&'static str> {
        let english = en::ENGLISH.messages();
        english
            .iter()
            .filter(|(name, text, _)| name.starts_with("doctor_") && text.contains('\n'))
            .map(|(name, ..)| *name)
            .collect()
    }

    #[test]
    fn czech_has_three_forms_and_takes_czech_answers() {
        let czech = Messages::of_locale("cs");
        let localized = [1, 2, 5].map(|count| czech.failures_since(count));
        assert!(localized[0].ends_with("byl 1 nesprávný kód."), "{localized:?}");
        assert!(
            localized[1].ends_with("byly 2 nesprávné kódy.")
                && localized[2].ends_with("bylo 5 nesprávných kódů.")
        );
        assert_eq!(
            ["Ano", "a", "yes", "ne", "N", "možná"].map(|word| czech.yes_or_no(word)),
            [Some(true), Some(true), Some(true), Some(false), Some(false), None]
        );
    }

    #[test]
    fn forms_go_with_their_numbers() {
        let english = |n: u64| usize::from(n != 1);
        let text = |n: u64| fill("{n} {n|code|codes} left", english, &[("n", &n)]);
        assert_eq!(
            (text(1), text(2), text(0)),
            ("1 code left".into(), "2 codes left".into(), "0 codes left".into())
        );
    }

    #[test]
    fn a_value_is_never_taken_for_a_place() {
        assert_eq!(fill("{a}{b}", |_| 0, &[("a", &"{b}"), ("b", &"x")]), "{b}x");
    }

    #[test]
    fn the_language_is_the_locales() {
        let none = Messages::locale(|_| None);
        assert_eq!(none, "");
        let locale = Messages::locale(|name| (name != "LC_ALL").then(|| format!("{name}_X")));
        assert_eq!(locale, "LC_MESSAGES_X");
        assert_eq!(Messages::of_locale("en_GB.UTF-8").catalogue.language, "en");
        assert_eq!(Messages::of_locale("cs_CZ.UTF-8").catalogue.language, "cs");
        assert_eq!(Messages::of_locale("cs_CZ.ISO-8859-2").catalogue.language, "cs");
        assert_eq!(Messages::of_locale("xx").catalogue.language, "en");
    }
}
