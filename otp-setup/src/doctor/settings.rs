//! What the module is set to in a stack: the site's settings, those for the service over them, the stack's own over both.

use std::path::Path;

use insis_otp::config::{Config, Unenrolled};
use insis_otp::strict::{Value, unknown};

use super::mend::suggested;

/// Arguments that are no keys of the configuration (pam_insis_otp(8)).
const OWN: [&str; 5] = ["config", "nullok", "try_first_pass", "use_first_pass", "forward_pass"];

/// An argument that the module refuses, and everybody's login with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The argument.
    pub argument: String,
    /// What is wrong with it.
    pub why: String,
}

/// The settings of a stack, or every argument that is wrong.
pub fn effective(site: &Config, service: &str, arguments: &[String]) -> Result<Config, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut note = |argument: &str, why| wrong.push(Wrong { argument: argument.to_owned(), why });
    let named = arguments.iter().rev().find_map(|argument| argument.strip_prefix("config="));
    let named = named.filter(|path| path.starts_with('/'));
    let mut config = match named.map(|path| Config::load(Path::new(path))) {
        None => site.clone(),
        Some(Ok(config)) => config,
        Some(Err(error)) => {
            note(&format!("config={}", named.unwrap_or_default()), error.to_string());
            site.clone()
        }
    }
    .for_service(service);
    for argument in arguments {
        if let Err(why) = set(&mut config, argument) {
            note(argument, why);
        }
    }
    if wrong.is_empty() { Ok(config) } else { Err(wrong) }
}

/// The arguments of a stack, each that the module refuses as it was probably meant, or left out.
pub fn mended(site: &Config, wrong: &[Wrong], arguments: &[String]) -> Vec<String> {
    let mend = |argument: &String| match wrong.iter().find(|wrong| wrong.argument == *argument) {
        None => Some(argument.clone()),
        Some(wrong) => {
            let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
            let word = suggested(&wrong.why).unwrap_or_default();
            let meant = [format!("{word}={value}"), word.to_owned(), format!("{key}={word}"), key.to_owned()];
            meant.into_iter().find(|argument| set(&mut site.clone(), argument).is_ok())
        }
    };
    arguments.iter().filter_map(mend).collect()
}

fn set(config: &mut Config, argument: &str) -> Result<(), String> {
    let (key, value) = argument.split_once('=').map_or((argument, None), |(key, value)| (key, Some(value)));
    match (key, value) {
        ("config", Some(path)) if path.starts_with('/') => {}
        ("config", _) => return Err("needs a path that begins with /".to_owned()),
        ("nullok", None) => config.unenrolled = Unenrolled::Ignore,
        (own, None) if OWN.contains(&own) => {}
        (key, value) if is_key(key) => return config.set(key, Value::Argument(value)),
        (key, _) => {
            let keys = Config::KEYS.iter().copied().filter(|key| is_key(key));
            return Err(unknown("argument", key, &OWN.into_iter().chain(keys).collect::<Vec<_>>()));
        }
    }
    Ok(())
}

/// Whether a key of the configuration can be an argument too.
fn is_key(key: &str) -> bool {
    Config::KEYS.contains(&key) && !Config::SITE_ONLY.contains(&key)
}

#[cfg(test)]
mod tests {
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
        let mend = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            let wrong = effective(&Config::default(), "sshd", &arguments).unwrap_err();
            mended(&Config::default(), &wrong, &arguments).join(" ")
        };
        assert_eq!(mend(&["trie=2", "echo", "nulok"]), "tries=2 echo nullok");
        assert_eq!(mend(&["tries=99", "remember=8h"]), "remember=8h");
        assert_eq!(mend(&["nullok=yes", "unenrolled=enroll", "digits=6"]), "nullok unenrolled=enrol");
        assert_eq!(mend(&["config=here", "config=/nowhere", "tries=1"]), "tries=1");
    }

    #[test]
    fn what_is_nearer_to_the_stack_counts() {
        let text = "unenrolled = \"deny\"\ntries = 2\n[service.sshd]\nunenrolled = \"enrol\"\n";
        let site = Config::parse(text, Path::new("x")).unwrap();
        let of = |service, arguments: &[String]| effective(&site, service, arguments).unwrap();
        assert_eq!(of("login", &[]).unenrolled, Unenrolled::Deny);
        assert_eq!(of("sshd", &[]).unenrolled, Unenrolled::Enrol);
        let sshd = of("sshd", &["nullok".to_owned()]);
        assert_eq!((sshd.unenrolled, sshd.tries), (Unenrolled::Ignore, 2));
    }
}
