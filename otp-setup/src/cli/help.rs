//! The command line with its help in the person's language.

use clap::{Arg, Command, CommandFactory};

use crate::messages::Messages;

/// Commands that are about no user, so that their help does not offer one.
const OF_NOBODY: [&str; 6] = ["completions", "doctor", "idp_test", "list", "move", "report"];

/// The commands and arguments, with what is said of each.
pub fn command<C: CommandFactory>(messages: &Messages) -> Command {
    // The values are listed in our own words.
    let mut command = C::command().hide_possible_values(true);
    // What clap adds by itself, as --help, is then there too.
    command.build();
    localized(command, "", messages).after_help(format!(
        "{}\n\n{}",
        messages.help_no_command(),
        messages.help_statuses()
    ))
}

/// How a command is used, as clap says it, with the words of the language.
pub fn usage(english: &str, messages: &Messages) -> String {
    let word = |name| messages.named(name).unwrap_or_default();
    english.replacen("Usage:", word("heading_usage"), 1).replace("[OPTIONS]", word("value_options"))
}

/// The command as it stands below another, which may allow what it does to others than root.
fn localized(command: Command, above: &str, messages: &Messages) -> Command {
    let name = command.get_name().replace('-', "_");
    let about = messages.named(&format!("about_{above}_{name}"));
    // What help is given of stands beside it.
    let below = if name == "help" { above } else { &name };
    let command = command
        .about(about.or_else(|| messages.named(&format!("about_{name}"))))
        .subcommand_help_heading(messages.named("heading_commands"))
        .subcommand_value_name(messages.named("value_command"))
        .mut_args(|argument| localized_argument(argument, &name, above, messages))
        .mut_subcommands(|command| localized(command, below, messages));
    let usage = usage(&command.clone().render_usage().ansi().to_string(), messages);
    command.help_template(format!("{{about-with-newline}}\n{usage}\n\n{{all-args}}{{after-help}}"))
}

fn localized_argument(argument: Arg, command: &str, above: &str, messages: &Messages) -> Arg {
    let id = argument.get_id().as_str().to_owned();
    let heading = if argument.is_positional() { "heading_arguments" } else { "heading_options" };
    // What a command takes in its own sense is said for this command.
    let names = [format!("help_{command}_{id}"), format!("help_{above}_{id}"), format!("help_{id}")];
    let mut help = names.iter().find_map(|name| messages.named(name)).unwrap_or_default().to_owned();
    let choice = choice(&argument);
    if choice.len() > 1 {
        help = format!("{help} {}", messages.help_choice(choice.join(", ")));
    }
    let is_refused = id == "config" && [command, above].contains(&"helpdesk");
    let is_hidden = id == "user" && OF_NOBODY.contains(&command) || is_refused;
    let argument = argument.help(help).help_heading(messages.named(heading)).hide(is_hidden);
    match messages.named(&format!("value_{id}")) {
        Some(value) => argument.value_name(value),
        None => argument,
    }
}

/// The values that an argument takes, where they are a few words.
fn choice(argument: &Arg) -> Vec<String> {
    if !argument.get_action().takes_values() {
        return Vec::new();
    }
    argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::commands::Cli;

    fn with_all_below(command: &Command) -> Vec<&Command> {
        std::iter::once(command).chain(command.get_subcommands().flat_map(with_all_below)).collect()
    }

    #[test]
    fn everything_is_explained_in_every_language() {
        for messages in Messages::of_every_language() {
            let root = command::<Cli>(&messages);
            for command in with_all_below(&root) {
                let name = command.get_name();
                assert!(command.get_about().is_some(), "{name}");
                for argument in command.get_arguments() {
                    let help = argument.get_help().map(ToString::to_string);
                    assert!(help.is_some_and(|help| !help.trim().is_empty()), "{name}: {argument}");
                }
            }
        }
    }

    #[test]
    fn a_text_that_belongs_to_nothing_is_found() {
        let root = command::<Cli>(&Messages::of_locale("en"));
        let mut known: BTreeSet<_> =
            ["usage", "commands", "arguments", "options"].map(|of| format!("heading_{of}")).into();
        known.extend(["options", "command"].map(|of| format!("value_{of}")));
        for command in with_all_below(&root) {
            let name = command.get_name().replace('-', "_");
            known.insert(format!("about_{name}"));
            for below in command.get_subcommands() {
                known.insert(format!("about_{name}_{}", below.get_name()));
            }
            for id in command.get_arguments().map(Arg::get_id) {
                known.extend([format!("help_{id}"), format!("help_{name}_{id}"), format!("value_{id}")]);
            }
        }
        for name in Messages::names() {
            assert!(known.contains(name), "{name} belongs to nothing");
        }
    }

    #[test]
    fn the_help_desk_is_offered_what_it_may_do() {
        for messages in Messages::of_every_language() {
            let root = command::<Cli>(&messages);
            for command in with_all_below(root.find_subcommand("helpdesk").expect("helpdesk")) {
                let help = command.clone().term_width(0).render_long_help().to_string();
                for not in ["root only", "jen root", "--config"] {
                    assert!(!help.contains(not), "{}: {help}", command.get_name());
                }
            }
            let unlock = root.find_subcommand("unlock").expect("unlock").clone().render_help().to_string();
            assert!(unlock.contains("--config"), "{unlock}");
        }
    }

    #[test]
    fn nothing_english_is_left_in_the_help_of_another_language() {
        let english = Messages::of_locale("en");
        // The same word everywhere.
        let same = ["value_shell"];
        let words =
            Messages::names().filter(|name| !same.contains(name)).filter_map(|name| english.named(name));
        // What clap says by itself.
        let words: Vec<_> = words.chain(["Print", "possible values", "default:", "Usage", "Exit"]).collect();
        for messages in Messages::of_every_language().into_iter().filter(|messages| !messages.is_english()) {
            let root = command::<Cli>(&messages);
            for command in with_all_below(&root) {
                for help in [
                    command.clone().term_width(0).render_help(),
                    command.clone().term_width(0).render_long_help(),
                ] {
                    let help = help.to_string();
                    for word in &words {
                        assert!(!help.contains(word), "{word:?} stands in: {help}");
                    }
                }
            }
        }
    }
}
