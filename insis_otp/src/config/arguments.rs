//! The arguments of the PAM module: a configuration file, and settings over it. The module reads its stack by it, and
//! `otp-setup doctor` everybody's.

use std::ffi::CStr;
use std::path::Path;

use super::keys::KEYS;
use super::{Config, StoreKind, Unenrolled};
use crate::strict::{Error, Name, Requirement, Value};

/// Arguments that are no keys of the configuration.
const OWN: [&str; 5] = ["config", "nullok", "try_first_pass", "use_first_pass", "forward_pass"];

/// How this module shares one reply for password and code with the modules around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stacking {
    /// What is done with a password that a module above asked for.
    pub first_pass: FirstPass,
    /// Password and code are asked for in one reply, and the password is handed on.
    pub forward: bool,
}

/// What is done with a password that a module above asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstPass {
    /// It is left alone.
    #[default]
    No,
    /// A code at its end is tried before anything is asked.
    Try,
    /// A code at its end is the only one; nothing is asked.
    Use,
}

/// The settings of a PAM stack: the site's, those for the service over them, and the arguments over both.
///
/// # Errors
/// The mistake, with the argument or the file and line.
pub fn settings(args: &[&CStr], service: &str) -> Result<(Config, Stacking), String> {
    let words = args.iter().map(|arg| arg.to_str()).collect::<Result<Vec<_>, _>>();
    let words = words.map_err(|_| "an argument is not UTF-8 text".to_owned())?;
    let config = match words.iter().rev().find_map(|word| named_file(word)) {
        Some(file) => Config::load(file.map_err(in_arguments)?),
        None => Config::site(),
    };
    let config = config.map_err(|error| error.to_string())?;
    let is_sites =
        |word: &&str| matches!(named_file(word), Some(Ok(path)) if path == Path::new(Config::PATH));
    if config.store == StoreKind::Ldap
        && words.iter().any(|word| named_file(word).is_some() && !is_sites(word))
    {
        return Err(format!("config=FILE: store = \"ldap\" can only be set in {}", Config::PATH));
    }
    let mut config = config.for_service(service);
    let mut stacking = Stacking::default();
    for word in words {
        apply(&mut config, &mut stacking, word).map_err(in_arguments)?;
    }
    Ok((config, stacking))
}

/// The configuration file, where the argument names one.
///
/// # Errors
/// What it names is no path of a file.
pub fn named_file(argument: &str) -> Option<Result<&Path, Error>> {
    let ("config", path) = split(argument) else { return None };
    let wrong = || {
        let found = Value::Argument(Some(path.unwrap_or_default())).found();
        Error::Value { key: "config", must: Requirement::Path, found }
    };
    Some(path.filter(|path| path.starts_with('/')).map(Path::new).ok_or_else(wrong))
}

/// Sets what one argument says. That one names a file is looked at, but not what is in the file.
///
/// # Errors
/// The mistake in it.
pub fn apply(config: &mut Config, stacking: &mut Stacking, argument: &str) -> Result<(), Error> {
    if let Some(file) = named_file(argument) {
        return file.map(|_| ());
    }
    match split(argument) {
        ("nullok", None) => config.unenrolled = Unenrolled::Ignore,
        ("try_first_pass", None) => stacking.first_pass = FirstPass::Try,
        ("use_first_pass", None) => stacking.first_pass = FirstPass::Use,
        ("forward_pass", None) => stacking.forward = true,
        (name, value) => {
            let key = KEYS.iter().find(|key| key.name == name && key.is_argument());
            let key = key.ok_or_else(|| Error::unknown(Name::Argument, name, names()))?;
            return key.set(config, Value::Argument(value));
        }
    }
    Ok(())
}

/// An error with its location, like those of a file.
fn in_arguments(error: Error) -> String {
    format!("module arguments: {error}")
}

fn split(argument: &str) -> (&str, Option<&str>) {
    argument.split_once('=').map_or((argument, None), |(key, value)| (key, Some(value)))
}

/// The name of every argument.
#[must_use]
pub fn names() -> Vec<&'static str> {
    OWN.into_iter().chain(KEYS.iter().filter(|key| key.is_argument()).map(|key| key.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_over_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otp.toml");
        std::fs::write(&path, "tries = 9\nunenrolled = \"deny\"\n[service.sshd]\ntries = 7\n").unwrap();
        let config_argument = std::ffi::CString::new(format!("config={}", path.display())).unwrap();
        let with = |args: &[&CStr]| {
            settings(&[&[config_argument.as_c_str()], args].concat(), "sshd").map(|(config, _)| config)
        };
        assert_eq!(with(&[]).unwrap().tries, 7);
        let config =
            with(&[c"tries=2", c"nullok", c"prompt=Code? ", c"echo", c"debug", c"secret_file=%h/.otp"])
                .unwrap();
        assert_eq!(
            (config.tries, config.unenrolled, config.prompt.as_str()),
            (2, Unenrolled::Ignore, "Code? ")
        );
        assert!(config.echo && config.debug && config.secret_file.is_home());
        assert_eq!(with(&[c"unenrolled=ignore"]).unwrap().unenrolled, Unenrolled::Ignore);
    }

    #[test]
    fn mistakes_name_the_argument() {
        let cases: [(&CStr, &str); 11] = [
            (c"nulok", "module arguments: unknown argument \"nulok\"; did you mean \"nullok\"?"),
            (c"tries=0", "module arguments: tries must be between 1 and 10, not 0"),
            (c"tries=many", "module arguments: tries must be a whole number between 1 and 10, not \"many\""),
            (c"tries", "module arguments: tries must be a whole number between 1 and 10: write tries=VALUE"),
            (c"nullok=yes", "module arguments: unknown argument \"nullok\""),
            (c"forward_pass=yes", "module arguments: unknown argument \"forward_pass\""),
            (c"digits=8", "module arguments: unknown argument \"digits\""),
            (c"secret_file=/etc/otp", "module arguments: secret_file must have %u"),
            (
                c"config=relative",
                "module arguments: config must be a path that begins with /, not \"relative\"",
            ),
            (c"config", "module arguments: config must be a path that begins with /, not \"\""),
            (c"config=/no/such/file", "/no/such/file: there is no such file"),
        ];
        for (arg, complaint) in cases {
            let error = settings(&[arg], "sshd").unwrap_err();
            assert!(error.starts_with(complaint), "{arg:?} gave {error:?}");
        }
    }
}
