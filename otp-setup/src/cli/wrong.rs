//! What is wrong with a command line, in the person's language.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

use super::help;
use crate::messages::Messages;
use crate::sanitize;

/// What is wrong, how it is used, and where more is said.
pub fn say(error: &Error, words: &[OsString], command: &Command, messages: &Messages) -> String {
    let nearest = nearest(error, words, command, messages);
    let mut lines = vec![messages.error(what(error, messages) + &nearest)];
    if matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        // What the argument is for says what it takes.
        let help = help_of(&context(error, ContextKind::InvalidArg), &given(words, command));
        lines.extend(help.map(|help| format!("  {help}")));
    }
    let used = context(error, ContextKind::Usage);
    lines.extend((!used.is_empty()).then(|| help::usage(&used, messages)));
    lines.push(messages.usage_more());
    lines.join("\n")
}

fn what(error: &Error, messages: &Messages) -> String {
    let argument = context(error, ContextKind::InvalidArg);
    let value = context(error, ContextKind::InvalidValue);
    let prior = context(error, ContextKind::PriorArg);
    match error.kind() {
        ErrorKind::UnknownArgument => messages.usage_unknown_argument(argument),
        ErrorKind::InvalidSubcommand => {
            messages.usage_unknown_command(context(error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::InvalidValue if value.is_empty() => messages.usage_value_missing(argument),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => messages.usage_value_wrong(argument, value),
        ErrorKind::TooManyValues => messages.usage_value_too_many(argument, value),
        ErrorKind::ArgumentConflict if prior == argument => messages.usage_twice(argument),
        ErrorKind::ArgumentConflict => messages.usage_conflict(argument, prior),
        ErrorKind::MissingRequiredArgument => messages.usage_missing(argument),
        ErrorKind::InvalidUtf8 => messages.usage_not_utf8(),
        _ => messages.usage_unclear(),
    }
}

/// The nearest right word, if there is one.
fn nearest(error: &Error, words: &[OsString], command: &Command, messages: &Messages) -> String {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let mut right: Vec<_> = kinds.map(|kind| context(error, kind)).into();
    right.retain(|word| !word.is_empty());
    if right.is_empty() && error.kind() == ErrorKind::UnknownArgument {
        right.extend(of_its_command(&context(error, ContextKind::InvalidArg), words, command));
    }
    if right.is_empty() { String::new() } else { format!(" {}", messages.usage_nearest(right.join(", "))) }
}

/// An argument that stands before the command on the line that takes it: `otp-setup --json status`. What clap has of it is
/// an English sentence.
fn of_its_command(argument: &str, words: &[OsString], command: &Command) -> Option<String> {
    let long = argument.strip_prefix("--")?;
    let stands = |word: &OsString| word.to_str().is_some_and(|word| word.split('=').next() == Some(argument));
    let (before, after) = words.split_at(words.iter().position(stands)?);
    let takes_it = |command: &&Command| {
        after.iter().any(|word| word.as_os_str() == command.get_name())
            && command.get_arguments().any(|known| known.get_long() == Some(long))
    };
    let refused_by = *given(before, command).last()?;
    refused_by.get_subcommands().find(takes_it).map(|command| format!("{} --{long}", command.get_name()))
}

/// The commands that the words give, each below the one before. What an option takes may be called like a command.
fn given<'c>(words: &[OsString], command: &'c Command) -> Vec<&'c Command> {
    let mut given = vec![command];
    let mut deepest = command;
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if deepest.get_arguments().any(|known| takes_next(known, word)) {
            words.next();
        } else if let Some(command) = deepest.find_subcommand(word) {
            given.push(command);
            deepest = command;
        }
    }
    given
}

/// Whether this word is the option, and its value the word behind it.
fn takes_next(option: &Arg, word: &str) -> bool {
    let is_it = word.strip_prefix("--").is_some_and(|long| option.get_long() == Some(long))
        || word
            .strip_prefix('-')
            .is_some_and(|short| option.get_short().is_some_and(|own| short == own.to_string()));
    is_it && option.get_num_args().is_some_and(|values| values.min_values() > 0)
}

/// The help of the argument that is shown so: each command says its own.
fn help_of(argument: &str, given: &[&Command]) -> Option<String> {
    let own = |command: &&Command| {
        let own = command.get_arguments().find(|known| known.to_string() == argument)?;
        own.get_help().map(ToString::to_string)
    };
    given.iter().rev().find_map(own)
}

/// What clap knows of an error, in a single line: it may be what somebody else wrote.
fn context(error: &Error, kind: ContextKind) -> String {
    let text = match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(messages)) => messages.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        Some(ContextValue::StyledStrs(messages)) => {
            messages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    };
    // Somebody pasted it where a name was expected, and standard error goes to logs.
    sanitize::unsecret(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::super::{Answer, parse};
    use super::*;

    fn message(line: &str, language: &str) -> String {
        // Latin-1, so that a case can hold a byte that is no UTF-8.
        let word = |word: &str| OsString::from_vec(word.chars().map(|letter| letter as u32 as u8).collect());
        match parse::<crate::commands::Cli>(line.split(' ').map(word), &Messages::of_locale(language)) {
            Err(Answer::Wrong(message)) => message,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// A wrong command line, what is said of it in English and in Czech, and what is said besides.
    const CASES: &[(&str, &str, &str)] = &[
        (
            "otp-setup --tex",
            "--tex is not known here. Is it --text?",
            "--tex zde není známo. Nemá to být --text?",
        ),
        (
            "otp-setup --json status",
            "--json is not known here. Is it status --json?",
            "--json zde není známo. Nemá to být status --json?",
        ),
        // It is refused where it stands.
        ("otp-setup helpdesk invite --print", "--print is not known here.", "--print zde není známo."),
        (
            "otp-setup helpdesk --json status",
            "--json is not known here. Is it status --json?",
            "--json zde není známo. Nemá to být status --json?",
        ),
        ("otp-setup status --force", "--force is not known here.", "--force zde není známo."),
        ("otp-setup status x", "x is not known here.", "x zde není známo."),
        ("otp-setup --jsoon", "--jsoon is not known here.", "--jsoon zde není známo."),
        (
            "otp-setup stauts",
            "There is no command stauts. Is it status?",
            "Příkaz stauts neexistuje. Nemá to být status?",
        ),
        ("otp-setup help x", "There is no command x.", "Příkaz x neexistuje."),
        ("otp-setup --user", "--user <NAME> needs a value.", "--user <JMÉNO> potřebuje hodnotu."),
        (
            "otp-setup --paper lettr",
            "--paper <PAPER> does not take lettr. Is it letter?",
            "--paper <PAPÍR> nebere lettr. Nemá to být letter?",
        ),
        ("otp-setup pair --digits 9", "--digits <NUMBER> does not take 9.", "--digits <POČET> nebere 9."),
        ("otp-setup import --uri x", "--uri <-> does not take x.", "--uri <-> nebere x."),
        (
            "otp-setup status --json=1",
            "--json takes no value; it was given 1.",
            "--json žádnou hodnotu nemá; dostalo 1.",
        ),
        ("otp-setup --text --text", "--text can be said only once.", "--text smí být jen jednou."),
        (
            "otp-setup import --all --google-authenticator --user x",
            "--all does not go together with --user <NAME>.",
            "--all nejde dohromady s --user <JMÉNO>.",
        ),
        ("otp-setup export", "Missing: --reveal", "Chybí: --reveal"),
        ("otp-setup completions", "Missing: <SHELL>", "Chybí: <SHELL>"),
        ("otp-setup --user a\u{ff}", "An argument is not UTF-8.", "Některý argument není v UTF-8."),
        (
            "otp-setup import --uri otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ",
            "--uri <-> does not take ....",
            "--uri <-> nebere ....",
        ),
        ("otp-setup GEZDGNBVGY3TQOJQ", "There is no command ....", "Příkaz ... neexistuje."),
        ("otp-setup \u{1b}[2J", "There is no command \\u{1b}[2J.", "Příkaz \\u{1b}[2J neexistuje."),
    ];

    #[test]
    fn what_is_wrong_is_said_in_the_persons_language() {
        for (line, english, czech) in CASES {
            let [english_message, czech_message] = ["en", "cs"].map(|language| message(line, language));
            assert_eq!(english_message.lines().next(), Some(&*format!("otp-setup: {english}")), "{line}");
            assert_eq!(czech_message.lines().next(), Some(&*format!("otp-setup: {czech}")), "{line}");
            let english: Vec<_> = english_message.lines().collect();
            for czech in czech_message.lines().filter(|line| !line.ends_with("<SHELL>")) {
                assert!(!english.contains(&czech), "{line}: {czech}");
                assert!(!czech.contains("[OPTIONS]") && !czech.contains("Usage"), "{line}: {czech}");
            }
        }
    }

    #[test]
    fn no_kind_of_error_is_left_to_a_general_sentence() {
        for (line, ..) in CASES {
            let general = Messages::of_locale("en").usage_unclear();
            assert!(!message(line, "en").contains(&general), "{line}");
        }
    }

    #[test]
    fn what_an_argument_takes_is_said_with_a_wrong_value() {
        let digits = message("otp-setup --digits 9", "cs");
        assert!(digits.lines().nth(1).is_some_and(|line| line.ends_with(": 6, 7, 8")), "{digits}");
        let paper = message("otp-setup --paper x", "cs");
        assert!(paper.contains("[možné hodnoty: a4, letter]"), "{paper}");
        // Each command's own, also where a value is called like another command, or stands before it.
        for (line, english, czech) in [
            ("otp-setup bypass --user anna --valid 9m", "10m to 7d (default: 4h)", "10m až 7d (jinak 4h)"),
            ("otp-setup bypass --user invite --valid 9m", "10m to 7d (default: 4h)", "10m až 7d (jinak 4h)"),
            ("otp-setup -u invite bypass --valid 9m", "10m to 7d (default: 4h)", "10m až 7d (jinak 4h)"),
            ("otp-setup invite --user bypass --valid 9m", "1h to 90d (default: 7d)", "1h až 90d (jinak 7d)"),
            ("otp-setup helpdesk bypass --valid 9m", "10m to 7d (default: 4h)", "10m až 7d (jinak 4h)"),
            ("otp-setup helpdesk invite --valid 9m", "1h to 90d (default: 7d)", "1h až 90d (jinak 7d)"),
        ] {
            for (language, takes) in [("en", english), ("cs", czech)] {
                let message = message(line, language);
                assert!(
                    message.lines().nth(1).is_some_and(|line| line.ends_with(takes)),
                    "{line}: {message}"
                );
            }
        }
        assert!(message("otp-setup export", "cs").contains("\nPoužití: otp-setup export --reveal\n"));
        assert!(message("otp-setup status x", "cs").contains("\nPoužití: otp-setup status [PŘEPÍNAČE]\n"));
    }
}
