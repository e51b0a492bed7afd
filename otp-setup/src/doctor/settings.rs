//! What the module is set to in a stack: the site's settings, those for the service over them, the stack's own over both.

use insis_otp::config::arguments::{self, named_file};
use insis_otp::config::{Config, ConfigError};
use insis_otp::strict::Error;

/// An argument that the module refuses, and everybody's login with it.
#[derive(Debug)]
pub struct Wrong {
    /// The argument.
    pub argument: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an argument.
#[derive(Debug)]
pub enum Fault {
    /// The argument itself.
    Argument(Error),
    /// The configuration that it names.
    File(ConfigError),
}

/// The settings of a stack, or every argument that is wrong.
pub fn effective(site: &Config, service: &str, arguments: &[String]) -> Result<Config, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut note = |argument: &str, fault| wrong.push(Wrong { argument: argument.to_owned(), fault });
    let named = arguments.iter().rev().find_map(|argument| Some((argument, named_file(argument)?.ok()?)));
    let mut config = match named.map(|(argument, path)| (argument, Config::load(path))) {
        None => site.clone(),
        Some((_, Ok(config))) => config,
        Some((argument, Err(error))) => {
            note(argument, Fault::File(error));
            site.clone()
        }
    }
    .for_service(service);
    for argument in arguments {
        if let Err(error) = set(&mut config, argument) {
            note(argument, Fault::Argument(error));
        }
    }
    if wrong.is_empty() { Ok(config) } else { Err(wrong) }
}

/// The arguments of a stack, each that the module refuses as it was probably meant, or left out.
pub fn corrected(site: &Config, wrong: &[Wrong], arguments: &[String]) -> Vec<String> {
    let correct = |argument: &String| match wrong.iter().find(|wrong| wrong.argument == *argument) {
        None => Some(argument.clone()),
        Some(wrong) => {
            let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
            let suggestion = match &wrong.fault {
                Fault::Argument(error) => error.suggestion(),
                Fault::File(_) => None,
            };
            let word = suggestion.unwrap_or_default();
            let meant = [format!("{word}={value}"), word.to_owned(), format!("{key}={word}"), key.to_owned()];
            meant.into_iter().find(|argument| set(&mut site.clone(), argument).is_ok())
        }
    };
    arguments.iter().filter_map(correct).collect()
}

fn set(config: &mut Config, argument: &str) -> Result<(), Error> {
    arguments::apply(config, &mut arguments::Stacking::default(), argument)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use insis_otp::config::Unenrolled;

    use super::*;

    fn wrong(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let found = effective(&Config::default(), "sshd", &arguments).err().unwrap_or_default();
        found.into_iter().map(|wrong| wrong.argument).collect()
    }

    #[test]
    fn arguments_are_taken_as_the_module_takes_them() {
        let good =
            ["tries=2", "nullok", "use_first_pass", "exempt_groups=a,b", "remember=8h", "prompt=Code: "];
        assert_eq!(wrong(&good), [""; 0]);
        let bad = ["nullok=yes", "tries=99", "trie=2", "digits=6", "config=here", "forward_pass=1"];
        assert_eq!(wrong(&bad), bad.map(|argument| argument.to_owned()));
        assert_eq!(wrong(&["config=/nowhere/at/all"]), ["config=/nowhere/at/all"]);
    }

    #[test]
    fn arguments_are_mended_as_they_were_meant() {
        let correct = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            let wrong = effective(&Config::default(), "sshd", &arguments).unwrap_err();
            corrected(&Config::default(), &wrong, &arguments).join(" ")
        };
        assert_eq!(correct(&["trie=2", "echo", "nulok"]), "tries=2 echo nullok");
        assert_eq!(correct(&["tries=99", "remember=8h"]), "remember=8h");
        assert_eq!(correct(&["nullok=yes", "unenrolled=enroll", "digits=6"]), "nullok unenrolled=enrol");
        assert_eq!(correct(&["config=here", "config=/nowhere", "tries=1"]), "tries=1");
    }

    #[test]
    fn what_is_nearer_to_the_stack_counts() {
        let text = "unenrolled = \"deny\"\ntries = 2\n[service.sshd]\nunenrolled = \"enrol\"\n";
        let site = Config::parse(text, Path::new("x")).unwrap();
        let of = |service, arguments: &[String]| effective(&site, service, arguments).unwrap();
        assert_eq!(of("login", &[]).unenrolled, Unenrolled::Deny);
        assert_eq!(of("sshd", &[]).unenrolled, Unenrolled::Enroll);
        let sshd = of("sshd", &["nullok".to_owned()]);
        assert_eq!((sshd.unenrolled, sshd.tries), (Unenrolled::Ignore, 2));
    }
}
