//! The arguments of the PAM module: a configuration file, and settings over it. The module reads its stack by it, and
//! `otp-setup doctor` everybody's.

use std::ffi::CStr;
use std::path::Path;

use crate::config::{Config, Unenrolled};
use crate::strict::{Value, unknown};

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
        Some(file) => Config::load(file.map_err(|what| complaint("config", &what))?),
        None => Config::site(),
    };
    let mut config = config.map_err(|error| error.to_string())?.for_service(service);
    let mut stacking = Stacking::default();
    for word in words {
        apply(&mut config, &mut stacking, word).map_err(|what| complaint(split(word).0, &what))?;
    }
    Ok((config, stacking))
}

/// The configuration file, where the argument names one.
///
/// # Errors
/// What it names is no path of a file.
pub fn named_file(argument: &str) -> Option<Result<&Path, String>> {
    let right = |path: &&str| path.starts_with('/');
    match split(argument) {
        ("config", path) => Some(
            path.filter(right).map(Path::new).ok_or_else(|| "needs a path that begins with /".to_owned()),
        ),
        _ => None,
    }
}

/// Sets what one argument says. That one names a file is looked at, but not what is in the file.
///
/// # Errors
/// What is wrong with it, said without its name.
pub fn apply(config: &mut Config, stacking: &mut Stacking, argument: &str) -> Result<(), String> {
    if let Some(file) = named_file(argument) {
        return file.map(|_| ());
    }
    match split(argument) {
        ("nullok", None) => config.unenrolled = Unenrolled::Ignore,
        ("try_first_pass", None) => stacking.first_pass = FirstPass::Try,
        ("use_first_pass", None) => stacking.first_pass = FirstPass::Use,
        ("forward_pass", None) => stacking.forward = true,
        (key, value) if is_key(key) => return config.set(key, Value::Argument(value)),
        (key, _) => return Err(unknown("argument", key, &names())),
    }
    Ok(())
}

fn complaint(key: &str, what: &str) -> String {
    format!("argument {key}: {what}")
}

fn split(argument: &str) -> (&str, Option<&str>) {
    argument.split_once('=').map_or((argument, None), |(key, value)| (key, Some(value)))
}

/// Whether a key of the configuration can be an argument too.
fn is_key(key: &str) -> bool {
    Config::KEYS.contains(&key) && !Config::SITE_ONLY.contains(&key)
}

/// The name of every argument.
#[must_use]
pub fn names() -> Vec<&'static str> {
    OWN.into_iter().chain(Config::KEYS.iter().copied().filter(|key| is_key(key))).collect()
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
        let cases: [(&CStr, &str); 10] = [
            (c"nulok", "argument nulok: unknown argument; did you mean \"nullok\"?"),
            (c"tries=0", "argument tries: is between 1 and 10"),
            (c"tries=many", "argument tries: needs a whole number"),
            (c"tries", "argument tries: needs a whole number"),
            (c"nullok=yes", "argument nullok: unknown argument"),
            (c"forward_pass=yes", "argument forward_pass: unknown argument"),
            (c"digits=8", "argument digits: unknown argument"),
            (c"secret_file=/etc/otp", "argument secret_file: needs %u"),
            (c"config=relative", "argument config: needs a path"),
            (c"config=/no/such/file", "/no/such/file: there is no such file"),
        ];
        for (arg, complaint) in cases {
            let error = settings(&[arg], "sshd").unwrap_err();
            assert!(error.starts_with(complaint), "{arg:?} gave {error:?}");
        }
    }
}
