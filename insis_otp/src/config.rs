//! What the site decides: `/etc/security/insis-otp.toml`, parsed strictly.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::files::{self, Access};
use crate::otp::{Algorithm, Digits, InvalidParameter, Period, Policy, Seconds, Window};
use crate::store::Template;
use crate::strict::{Problem, Value, each_key, unknown};

/// The settings of a site, or of one PAM stack: the compiled defaults, then the file, then module arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where secret files are.
    pub secret_file: Template,
    /// The program that opens the system store for callers without privileges.
    pub helper: PathBuf,
    /// Window and throttle.
    pub policy: Policy,
    /// How many codes one login may try: 1 to 10.
    pub tries: u8,
    /// What happens to people without a secret file.
    pub unenrolled: Unenrolled,
    /// The question for the code.
    pub prompt: String,
    /// Whether the code is shown while it is typed.
    pub echo: bool,
    /// Whether steps on the way to a decision are logged too. Never a secret or a code.
    pub debug: bool,
    /// The name under which new pairings stand in the app; the host's name when not set.
    pub issuer: Option<String>,
    /// The parameters of new pairings.
    pub new_keys: NewKeys,
}

/// The parameters of new pairings. Other than the defaults, some apps compute wrong codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewKeys {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// The digits of a code.
    pub digits: Digits,
    /// The length of a time step.
    pub period: Period,
}

/// What happens to people without a secret file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unenrolled {
    /// They are asked like everybody and refused.
    #[default]
    Deny,
    /// The module steps aside for them: PAM_IGNORE.
    Ignore,
}

/// A configuration that cannot be used. Nobody logs in until it is mended.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read, or should not be trusted.
    #[error("{}: {what}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It is not valid.
    #[error("{}:{}: {}", path.display(), problem.line, problem.what)]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong there.
        problem: Problem,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            secret_file: Template::system(),
            helper: PathBuf::from(option_env!("INSIS_OTP_HELPER").unwrap_or("/usr/libexec/otp-helper")),
            policy: Policy::default(),
            tries: 3,
            unenrolled: Unenrolled::default(),
            prompt: "One-time code: ".to_owned(),
            echo: false,
            debug: false,
            issuer: None,
            new_keys: NewKeys::default(),
        }
    }
}

impl Config {
    /// Where the configuration is.
    pub const PATH: &str = "/etc/security/insis-otp.toml";
    /// No larger file is read.
    pub const LARGEST: u64 = 64 * 1024;
    /// Every key, in the order of the shipped file.
    pub const KEYS: &[&str] = &[
        "secret_file",
        "unenrolled",
        "tries",
        "window",
        "free_failures",
        "first_delay",
        "longest_delay",
        "prompt",
        "echo",
        "issuer",
        "algorithm",
        "digits",
        "period",
        "helper",
        "debug",
    ];

    /// The site's configuration: the file at [`Config::PATH`], or the compiled defaults where there is none.
    ///
    /// # Errors
    /// The file cannot be read, should not be trusted, or is not valid.
    pub fn site() -> Result<Self, ConfigError> {
        let path = Path::new(Self::PATH);
        read(path)?.map_or_else(|| Ok(Self::default()), |text| Self::parse(&text, path))
    }

    /// The configuration at a path that somebody named: it has to be there.
    ///
    /// # Errors
    /// The file is missing, cannot be read, should not be trusted, or is not valid.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match read(path)? {
            Some(text) => Self::parse(&text, path),
            None => Err(ConfigError::Unreadable { path: path.into(), what: "there is no such file".into() }),
        }
    }

    /// Parses the text of a configuration; `path` is for complaints.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        each_key(text, &mut |key, value| config.set(key, value))
            .map_err(|problem| ConfigError::Invalid { path: path.into(), problem })?;
        Ok(config)
    }

    /// Sets one key. Module arguments go the same way as lines of the file.
    ///
    /// # Errors
    /// An unknown key, or a value that is not allowed, said without the key's name.
    pub fn set(&mut self, key: &str, value: Value<'_>) -> Result<(), String> {
        match key {
            "secret_file" => self.secret_file = Template::parse(value.text()?).map_err(|e| e.to_string())?,
            "helper" => self.helper = absolute(value.text()?)?,
            "window" => self.policy.window = Window::try_from(value.number()?).map_err(said)?,
            "free_failures" => self.policy.throttle.free = within(value.number()?, 1, 20)?,
            "first_delay" => self.policy.throttle.first = delay(value.text()?)?,
            "longest_delay" => self.policy.throttle.longest = delay(value.text()?)?,
            "tries" => self.tries = within(value.number()?, 1, 10)?,
            "unenrolled" => self.unenrolled = value.text()?.parse()?,
            "prompt" => self.prompt = printable(value.text()?, 200)?,
            "echo" => self.echo = value.flag()?,
            "debug" => self.debug = value.flag()?,
            "issuer" => self.issuer = Some(issuer(value.text()?)?),
            "algorithm" => self.new_keys.algorithm = value.text()?.parse().map_err(said)?,
            "digits" => self.new_keys.digits = Digits::try_from(value.number()?).map_err(said)?,
            "period" => self.new_keys.period = Period::try_from(value.number()?).map_err(said)?,
            other => return Err(unknown("key", other, Self::KEYS)),
        }
        Ok(())
    }
}

impl std::str::FromStr for Unenrolled {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "deny" => Ok(Self::Deny),
            "ignore" => Ok(Self::Ignore),
            _ => Err(unknown("value", word, &["deny", "ignore"])),
        }
    }
}

/// The text of a configuration file, `None` when there is none. It has to be a plain file of root's (or of whoever
/// runs this) that nobody else can write: it decides who gets in.
fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |what: String| ConfigError::Unreadable { path: path.into(), what };
    let (file, facts) = match files::open(path, Access::Read) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(format!("cannot be opened: {error}"))),
    };
    if !facts.is_file() {
        return Err(unreadable(format!("is {}, not a regular file", files::kind(&facts))));
    }
    let trusted = [0, nix::unistd::geteuid().as_raw()];
    if !trusted.contains(&facts.uid()) || files::others_can_write(&facts) {
        return Err(unreadable("must belong to root and be writable by nobody else (chmod 0644)".into()));
    }
    if facts.len() > Config::LARGEST {
        return Err(unreadable("is larger than 64 KiB".into()));
    }
    // One byte more than it should have, to notice a file that grows while it is read.
    let expected = usize::try_from(facts.len()).unwrap_or(0);
    let mut text = vec![0; expected + 1];
    let length = files::read_start(&file, expected, &mut text)
        .map_err(|e| unreadable(format!("cannot be read: {e}")))?;
    if length != expected {
        return Err(unreadable("changed while it was read".into()));
    }
    text.truncate(length);
    String::from_utf8(text).map(Some).map_err(|_| unreadable("is not UTF-8 text".into()))
}

fn said(error: InvalidParameter) -> String {
    error.to_string()
}

fn within<N: TryFrom<u64>>(number: u64, least: u64, most: u64) -> Result<N, String> {
    let outside = || format!("is between {least} and {most}");
    if !(least..=most).contains(&number) {
        return Err(outside());
    }
    N::try_from(number).map_err(|_| outside())
}

/// A length of time between a second and a day, written with its unit: `30s`, `5m`, `1h`.
fn delay(text: &str) -> Result<Seconds, String> {
    duration(text).filter(|d| (1..=86_400).contains(&d.0)).ok_or_else(|| {
        "is a time between \"1s\" and \"24h\", written like \"30s\", \"5m\" or \"1h\"".to_owned()
    })
}

/// A length of time with its unit.
fn duration(text: &str) -> Option<Seconds> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(factor).map(Seconds)
}

fn absolute(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("is a path that begins with /".to_owned()) }
}

/// Text for a terminal: no control characters, not empty, not endless.
fn printable(text: &str, most: usize) -> Result<String, String> {
    if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
        return Err(format!("is a text of 1 to {most} bytes without control characters"));
    }
    Ok(text.to_owned())
}

/// The issuer in otpauth URIs: a colon would end it in some apps (field: FreeOTP, Aegis).
fn issuer(text: &str) -> Result<String, String> {
    if text.contains(':') {
        return Err("cannot contain a colon: authenticator apps split the label there".to_owned());
    }
    printable(text, 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("/etc/security/insis-otp.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_shipped_file_is_the_compiled_defaults_and_names_every_key() {
        let shipped = include_str!("../../config/insis-otp.toml");
        let uncommented: String = shipped
            .lines()
            .map(|line| line.strip_prefix("#= ").unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        assert_eq!(parse(shipped), Ok(Config::default()));
        for key in Config::KEYS {
            assert!(uncommented.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
        }
        let all = Config { issuer: Some("Example".into()), ..Config::default() };
        assert_eq!(parse(&uncommented), Ok(all));
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            secret_file = "%h/.insis-otp"
            unenrolled = "ignore"
            tries = 1
            window = 2
            free_failures = 3
            first_delay = "10s"
            longest_delay = "2h"
            prompt = "Code: "
            echo = true
            issuer = "InSIS"
            algorithm = "SHA256"
            digits = 8
            period = 60
            helper = "/opt/otp-helper"
            debug = true
        "#;
        let config = parse(text).unwrap();
        assert_eq!(
            (config.tries, config.policy.window.steps(), config.unenrolled),
            (1, 2, Unenrolled::Ignore)
        );
        assert_eq!(config.policy.throttle.longest, Seconds(7200));
        assert_eq!(config.new_keys.digits, Digits::Eight);
        assert!(config.secret_file.is_home() && config.echo && config.debug);
    }

    #[test]
    fn mistakes_name_line_key_and_remedy() {
        let cases = [
            ("\nwindw = 1", "toml:2: windw: unknown key; did you mean \"window\"?"),
            ("window = 11", "toml:1: window: the window is between 0 and 10 steps"),
            ("window = \"1\"", "toml:1: window: needs a whole number"),
            ("tries = 0", "toml:1: tries: is between 1 and 10"),
            ("first_delay = \"0s\"", "toml:1: first_delay: is a time between"),
            ("first_delay = \"5\"", "toml:1: first_delay: is a time between"),
            ("longest_delay = \"25h\"", "toml:1: longest_delay: is a time between"),
            ("unenrolled = \"ignor\"", "toml:1: unenrolled: unknown value; did you mean \"ignore\"?"),
            ("prompt = \"a\\u001bb\"", "toml:1: prompt: is a text of"),
            ("issuer = \"a:b\"", "toml:1: issuer: cannot contain a colon"),
            ("helper = \"otp-helper\"", "toml:1: helper: is a path that begins with /"),
            ("secret_file = \"/x/%q\"", "toml:1: secret_file: "),
            ("tries = 1\ntries = 2", "toml:2: "),
            ("[window]\nx = 1", "toml:1: window: needs a whole number"),
        ];
        for (text, complaint) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.contains(complaint), "{text:?} gave {error:?}");
        }
    }

    #[test]
    fn a_file_that_others_can_write_is_not_trusted() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("insis-otp.toml");
        std::fs::write(&path, "tries = 2\n").unwrap();
        assert_eq!(Config::load(&path).unwrap().tries, 2);
        for mode in [0o664, 0o646] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(Config::load(&path).unwrap_err().to_string().contains("must belong to root"));
        }
        assert!(Config::load(folder.path()).unwrap_err().to_string().contains("a directory"));
        assert!(Config::load(&folder.path().join("none")).unwrap_err().to_string().contains("no such file"));
    }
}
