//! The module's arguments: a configuration file, and settings over it.

use std::ffi::CStr;
use std::path::Path;

use insis_otp::config::{Config, Unenrolled};
use insis_otp::strict::{Value, unknown};

/// Arguments that are no keys of the configuration.
const OWN: [&str; 2] = ["config", "nullok"];
/// Keys that make sense for one PAM stack.
const KEYS: [&str; 12] = [
    "secret_file",
    "unenrolled",
    "prompt",
    "echo",
    "tries",
    "debug",
    "window",
    "free_failures",
    "first_delay",
    "longest_delay",
    "helper",
    "issuer",
];

/// The settings of this PAM stack.
///
/// # Errors
/// The mistake, with the argument or the file and line.
pub fn settings(args: &[&CStr]) -> Result<Config, String> {
    let words: Vec<(&str, Option<&str>)> = args.iter().map(|arg| split(arg)).collect::<Result<_, _>>()?;
    let mut config = match words.iter().rev().find(|(key, _)| *key == "config") {
        Some((_, Some(path))) if path.starts_with('/') => Config::load(Path::new(path)),
        Some(_) => return Err("argument config: needs a path that begins with /".to_owned()),
        None => Config::site(),
    }
    .map_err(|error| error.to_string())?;
    for (key, value) in words {
        set(&mut config, key, value).map_err(|what| format!("argument {key}: {what}"))?;
    }
    Ok(config)
}

fn split(arg: &CStr) -> Result<(&str, Option<&str>), String> {
    let text = arg.to_str().map_err(|_| "an argument is not UTF-8 text".to_owned())?;
    Ok(text.split_once('=').map_or((text, None), |(key, value)| (key, Some(value))))
}

fn set(config: &mut Config, key: &str, value: Option<&str>) -> Result<(), String> {
    match (key, value) {
        ("config", _) => Ok(()),
        ("nullok", None) => {
            config.unenrolled = Unenrolled::Ignore;
            Ok(())
        }
        #[cfg(feature = "deliberate-panic")]
        ("panic", _) => Ok(()),
        (key, value) if KEYS.contains(&key) => config.set(key, Value::Argument(value)),
        _ => Err(unknown("argument", key, &[OWN.as_slice(), KEYS.as_slice()].concat())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_over_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otp.toml");
        std::fs::write(&path, "tries = 7\nunenrolled = \"deny\"\n").unwrap();
        let config_argument = std::ffi::CString::new(format!("config={}", path.display())).unwrap();
        let with = |args: &[&CStr]| settings(&[&[config_argument.as_c_str()], args].concat());
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
        let cases: [(&CStr, &str); 9] = [
            (c"nulok", "argument nulok: unknown argument; did you mean \"nullok\"?"),
            (c"tries=0", "argument tries: is between 1 and 10"),
            (c"tries=many", "argument tries: needs a whole number"),
            (c"tries", "argument tries: needs a whole number"),
            (c"nullok=yes", "argument nullok: unknown argument"),
            (c"digits=8", "argument digits: unknown argument"),
            (c"secret_file=/etc/otp", "argument secret_file: needs %u"),
            (c"config=relative", "argument config: needs a path"),
            (c"config=/no/such/file", "/no/such/file: there is no such file"),
        ];
        for (arg, complaint) in cases {
            let error = settings(&[arg]).unwrap_err();
            assert!(error.starts_with(complaint), "{arg:?} gave {error:?}");
        }
    }
}
