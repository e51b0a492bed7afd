//! The module's arguments: a configuration file, and settings over it.

use std::ffi::CStr;
use std::path::Path;

use insis_otp::config::{Config, Unenrolled};
use insis_otp::strict::{Value, unknown};

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

/// The settings of this PAM stack: the site's, those for the service over them, and the arguments over both.
///
/// # Errors
/// The mistake, with the argument or the file and line.
pub fn settings(args: &[&CStr], service: &str) -> Result<(Config, Stacking), String> {
    let words: Vec<(&str, Option<&str>)> = args.iter().map(|arg| split(arg)).collect::<Result<_, _>>()?;
    let mut config = match words.iter().rev().find(|(key, _)| *key == "config") {
        Some((_, Some(path))) if path.starts_with('/') => Config::load(Path::new(path)),
        Some(_) => return Err("argument config: needs a path that begins with /".to_owned()),
        None => Config::site(),
    }
    .map_err(|error| error.to_string())?
    .for_service(service);
    let mut stacking = Stacking::default();
    for (key, value) in words {
        set(&mut config, &mut stacking, key, value).map_err(|what| format!("argument {key}: {what}"))?;
    }
    Ok((config, stacking))
}

fn split(arg: &CStr) -> Result<(&str, Option<&str>), String> {
    let text = arg.to_str().map_err(|_| "an argument is not UTF-8 text".to_owned())?;
    Ok(text.split_once('=').map_or((text, None), |(key, value)| (key, Some(value))))
}

fn set(config: &mut Config, stacking: &mut Stacking, key: &str, value: Option<&str>) -> Result<(), String> {
    match (key, value) {
        ("config", _) => {}
        ("nullok", None) => config.unenrolled = Unenrolled::Ignore,
        ("try_first_pass", None) => stacking.first_pass = FirstPass::Try,
        ("use_first_pass", None) => stacking.first_pass = FirstPass::Use,
        ("forward_pass", None) => stacking.forward = true,
        #[cfg(feature = "deliberate-panic")]
        ("panic", _) => {}
        (key, value) if is_key(key) => return config.set(key, Value::Argument(value)),
        _ => return Err(unknown("argument", key, &all())),
    }
    Ok(())
}

/// Whether a key of the configuration can be an argument too.
fn is_key(key: &str) -> bool {
    Config::KEYS.contains(&key) && !Config::SITE_ONLY.contains(&key)
}

/// Every argument.
fn all() -> Vec<&'static str> {
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
    fn the_manual_names_every_argument_and_no_other() {
        let mut named = crate::manual::tags("ARGUMENTS");
        let mut right = all();
        named.sort_unstable();
        right.sort_unstable();
        assert_eq!(named, right);
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
