//! The command line in the person's language. What is said of it stands in the catalogues, as `about_…` for each command,
//! `help_…` for each argument and `value_…` for what an argument takes. What there is, [`crate::commands`] says.

mod help;
mod wrong;

use std::ffi::OsString;

use clap::Parser;

use crate::messages::Messages;

/// The command line that was given, or what is to be said instead: to standard output or to standard error, as
/// [`clap::Error::use_stderr`] says.
pub fn parse<C: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    messages: &Messages,
) -> Result<C, Answer> {
    let mut command = help::command::<C>(messages);
    let arguments: Vec<_> = arguments.into_iter().collect();
    let matches = command.try_get_matches_from_mut(&arguments);
    matches.and_then(|matches| C::from_arg_matches(&matches)).map_err(|error| {
        if error.use_stderr() {
            Answer::Wrong(wrong::say(&error, &arguments, &command, messages))
        } else {
            Answer::Help(error)
        }
    })
}

/// What is said instead of doing something.
#[derive(Debug)]
pub enum Answer {
    /// The help or the version, which was asked for.
    Help(clap::Error),
    /// What is wrong with the command line.
    Wrong(String),
}

/// The commands and arguments for scripts of completions, in English: they are installed for everybody.
pub fn for_completions<C: Parser>() -> clap::Command {
    help::command::<C>(&Messages::of_locale("en"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::commands::Cli;

    /// The manual page, its hyphens unescaped.
    fn manual() -> String {
        include_str!("../../../docs/man/otp-setup.1").replace("\\-", "-")
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_shortest_form_of_each_command_is_taken() {
        let taken = |words: &[&str]| {
            let arguments = std::iter::once("otp-setup").chain(words.iter().copied()).map(OsString::from);
            parse::<Cli>(arguments, &Messages::of_locale("cs")).is_ok()
        };
        for command in
            ["pair", "status", "recovery-codes", "remove -y", "completions bash", "export --reveal"]
        {
            assert!(taken(&command.split(' ').collect::<Vec<_>>()), "{command}");
        }
        assert!(taken(&[]) && taken(&["-u", "anna", "import", "--uri", "-", "--json"]));
        assert!(taken(&["import", "--user", "anna", "--migration", "-", "--entry", "b", "--batch"]));
    }

    #[test]
    fn every_command_and_option_is_in_the_manual_page() {
        let manual = manual();
        let root = for_completions::<Cli>();
        let commands: Vec<_> = root.get_subcommands().collect();
        for command in &commands {
            let name = command.get_name();
            let stands =
                [format!(".B {name}\n"), format!(".BI {name} ")].iter().any(|line| manual.contains(line));
            assert!(name == "help" || stands, "{name} is not in otp-setup.1");
        }
        let options = std::iter::once(&root).chain(commands).flat_map(|command| command.get_arguments());
        for option in options.filter_map(|option| option.get_long()) {
            assert!(manual.contains(&format!("--{option}")), "--{option} is not in otp-setup.1");
        }
    }

    #[test]
    fn the_manual_page_knows_no_other_option() {
        let root = for_completions::<Cli>();
        let known: Vec<_> = std::iter::once(&root)
            .chain(root.get_subcommands())
            .flat_map(|command| command.get_arguments())
            .filter_map(|option| option.get_long())
            .chain(["help", "version"])
            .collect();
        for word in manual().split("--").skip(1) {
            let end =
                word.find(|letter: char| !letter.is_ascii_lowercase() && letter != '-').unwrap_or(word.len());
            assert!(known.contains(&&word[..end]), "otp-setup.1 has --{}", &word[..end]);
        }
    }

    #[test]
    fn completions_are_written_for_each_shell() {
        use clap_complete::Shell;
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut for_completions::<Cli>(), "otp-setup", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("recovery-codes") && script.contains("google-authenticator"), "{shell}");
        }
    }
}
