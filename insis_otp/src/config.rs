//! What the site decides: `/etc/security/insis-otp.toml`, parsed strictly.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::files::{self, Access};
use crate::network::Network;
use crate::otp::{Algorithm, Digits, InvalidParameter, Period, Policy, Seconds, UnixTime, Window};
use crate::store::Template;
use crate::strict::{Problem, SECTIONS, Value, each_key, unknown};

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
    /// Whether that was said for this PAM service, in a section of its own.
    unenrolled_for_service: bool,
    /// From when on `unenrolled = "ignore"` means `"deny"`.
    pub unenrolled_deny_from: Option<UnixTime>,
    /// Whether a code is asked for at all: may be off for one service.
    pub ask: bool,
    /// What people show to enroll their first device themselves.
    pub self_enrollment: SelfEnrollment,
    /// Who is not asked at all.
    pub exempt: Exempt,
    /// How long a place is remembered, so that nobody is asked again from there; not at all when nothing.
    pub remember: Seconds,
    /// The language of what people read.
    pub language: Language,
    /// The question for the code.
    pub prompt: String,
    /// Whether that was chosen, and so is not the language's own.
    prompt_chosen: bool,
    /// Whether the code is shown while it is typed.
    pub echo: bool,
    /// Whether steps on the way to a decision are logged too. Never a secret or a code.
    pub debug: bool,
    /// The name under which new pairings stand in the app; the host's name when not set.
    pub issuer: Option<String>,
    /// The parameters of new pairings.
    pub new_keys: NewKeys,
    /// What is otherwise for single PAM services.
    services: Vec<(String, Config)>,
}

/// Who is not asked for a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exempt {
    /// By name.
    pub users: Vec<String>,
    /// By a group that they are in.
    pub groups: Vec<String>,
    /// By the address that they come from.
    pub networks: Vec<Network>,
}

/// The language of what people read at the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Czech.
    Cs,
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
    /// They pair a phone within the login, after their password was verified.
    Enrol,
}

/// What a person has to show to enroll a first device without an administrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfEnrollment {
    /// Their password, or an invitation.
    #[default]
    Password,
    /// The one-time code that an administrator gave them.
    Invitation,
    /// Nothing: every process that runs as the user can enroll a device.
    Open,
    /// People do not enroll themselves.
    Off,
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

/// The PAM service that programs fall under whose login shells have a service of their own: `sudo -i` asks for `sudo-i`,
/// `su -` for `su-l`, `runuser -l` for `runuser-l`. A section for the family holds for all of them; every other service is a
/// family by itself.
#[must_use]
pub fn service_family(service: &str) -> &str {
    match service {
        "sudo-i" => "sudo",
        "su-l" => "su",
        "runuser-l" => "runuser",
        other => other,
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            secret_file: Template::system(),
            helper: PathBuf::from(option_env!("INSIS_OTP_HELPER").unwrap_or("/usr/libexec/otp-helper")),
            policy: Policy::default(),
            tries: 3,
            unenrolled: Unenrolled::default(),
            unenrolled_for_service: false,
            unenrolled_deny_from: None,
            ask: true,
            self_enrollment: SelfEnrollment::default(),
            exempt: Exempt::default(),
            remember: Seconds(0),
            language: Language::default(),
            prompt: Language::default().prompt().to_owned(),
            prompt_chosen: false,
            echo: false,
            debug: false,
            issuer: None,
            new_keys: NewKeys::default(),
            services: Vec::new(),
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
        "unenrolled_deny_from",
        "self_enrollment",
        "exempt_users",
        "exempt_groups",
        "exempt_networks",
        "remember",
        "tries",
        "window",
        "free_failures",
        "first_delay",
        "longest_delay",
        "daily_failures",
        "consecutive_failures",
        "language",
        "prompt",
        "echo",
        "issuer",
        "algorithm",
        "digits",
        "period",
        "helper",
        "debug",
        "ask",
    ];
    /// Those of them that are for the whole site, and neither in a section for a service nor module arguments.
    pub const SITE_ONLY: &[&str] = &["self_enrollment", "algorithm", "digits", "period"];
    /// Those that are for one service, in its section or as a module argument.
    pub const SERVICE_ONLY: &[&str] = &["ask"];
    /// The PAM services in which `unenrolled = "enrol"` holds without a section of their own: programs that ask line by
    /// line on a terminal, and that do account management, which is where people enroll. In others it means `"deny"`:
    /// a program that goes no further than authenticate would let people in with the password alone.
    pub const ENROLLING_SERVICES: &[&str] = &["login", "sshd", "su", "sudo"];

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
        each_key(text, &mut |key, value| match Self::SERVICE_ONLY.contains(&key) {
            true => Err("can only be set for a service, in a section [service.NAME]".to_owned()),
            false => config.set(key, value),
        })
        .map_err(|problem| ConfigError::Invalid { path: path.into(), problem })?;
        Ok(config)
    }

    /// The configuration of one PAM service: the section with exactly its name, else that of its family
    /// ([`service_family`]), else what is for all.
    #[must_use]
    pub fn for_service(mut self, name: &str) -> Self {
        let mut services = std::mem::take(&mut self.services);
        let index_of = |wanted: &str| services.iter().position(|(service, _)| service == wanted);
        let mut config = match index_of(name).or_else(|| index_of(service_family(name))) {
            Some(index) => services.swap_remove(index).1,
            None => self,
        };
        let enrolls =
            config.unenrolled_for_service || Self::ENROLLING_SERVICES.contains(&service_family(name));
        if config.unenrolled == Unenrolled::Enrol && !enrolls {
            config.unenrolled = Unenrolled::Deny;
        }
        config
    }

    /// What happens to people without a secret file at this time.
    #[must_use]
    pub fn unenrolled_at(&self, now: UnixTime) -> Unenrolled {
        match self.unenrolled {
            Unenrolled::Ignore if self.unenrolled_deny_from.is_some_and(|from| now >= from) => {
                Unenrolled::Deny
            }
            other => other,
        }
    }

    fn set_language(&mut self, language: Language) {
        self.language = language;
        if !self.prompt_chosen {
            self.prompt = language.prompt().to_owned();
        }
    }

    /// Sets a key in the section of a service, which begins as a copy of what is for all.
    fn set_for_service(&mut self, service: &str, key: &str, value: Value<'_>) -> Result<(), String> {
        if Self::SITE_ONLY.contains(&key) {
            return Err("stands in no section: it is for the whole site".to_owned());
        }
        let place = match self.services.iter().position(|(name, _)| name == service) {
            Some(place) => place,
            None => {
                let config = Self { services: Vec::new(), ..self.clone() };
                self.services.push((service.to_owned(), config));
                self.services.len() - 1
            }
        };
        let Some((_, config)) = self.services.get_mut(place) else { return Ok(()) };
        config.unenrolled_for_service |= key == "unenrolled";
        config.set(key, value)
    }

    /// Sets one key. Module arguments go the same way as lines of the file.
    ///
    /// # Errors
    /// An unknown key, or a value that is not allowed, said without the key's name.
    pub fn set(&mut self, key: &str, value: Value<'_>) -> Result<(), String> {
        if let Some((service, key)) = key.strip_prefix(SECTIONS).and_then(|path| path.rsplit_once('.')) {
            return self.set_for_service(service, key, value);
        }
        match key {
            "secret_file" => self.secret_file = Template::parse(value.text()?).map_err(|e| e.to_string())?,
            "helper" => self.helper = absolute(value.text()?)?,
            "window" => self.policy.window = Window::try_from(value.number()?).map_err(said)?,
            "free_failures" => self.policy.throttle.free = within(value.number()?, 1, 20)?,
            "first_delay" => self.policy.throttle.first = delay(value.text()?)?,
            "longest_delay" => self.policy.throttle.longest = delay(value.text()?)?,
            "daily_failures" => self.policy.throttle.daily = within(value.number()?, 10, 500)?,
            "consecutive_failures" => {
                self.policy.throttle.consecutive = within(value.number()?, 10, 1000)?;
            }
            "tries" => self.tries = within(value.number()?, 1, 10)?,
            "unenrolled" => self.unenrolled = value.text()?.parse()?,
            "unenrolled_deny_from" => self.unenrolled_deny_from = Some(date(value.text()?)?),
            "self_enrollment" => self.self_enrollment = value.text()?.parse()?,
            "exempt_users" => self.exempt.users = owned(value.list()?),
            "exempt_groups" => self.exempt.groups = owned(value.list()?),
            "exempt_networks" => self.exempt.networks = networks(&value.list()?)?,
            "remember" => self.remember = remember(value.text()?)?,
            "language" => self.set_language(value.text()?.parse()?),
            "prompt" => {
                self.prompt = printable(value.text()?, 200)?;
                self.prompt_chosen = true;
            }
            "echo" => self.echo = value.flag()?,
            "debug" => self.debug = value.flag()?,
            "ask" => self.ask = value.flag()?,
            "issuer" => self.issuer = Some(issuer(value.text()?)?),
            "algorithm" => self.new_keys.algorithm = value.text()?.parse().map_err(said)?,
            "digits" => self.new_keys.digits = Digits::try_from(value.number()?).map_err(said)?,
            "period" => self.new_keys.period = Period::try_from(value.number()?).map_err(said)?,
            other => return Err(unknown("key", other, Self::KEYS)),
        }
        Ok(())
    }
}

impl Language {
    /// The question for the code.
    #[must_use]
    pub const fn prompt(self) -> &'static str {
        match self {
            Self::En => "One-time code: ",
            Self::Cs => "Jednorázový kód: ",
        }
    }
}

impl std::str::FromStr for Unenrolled {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "deny" => Ok(Self::Deny),
            "ignore" => Ok(Self::Ignore),
            "enrol" => Ok(Self::Enrol),
            _ => Err(unknown("value", word, &["deny", "ignore", "enrol"])),
        }
    }
}

impl std::str::FromStr for SelfEnrollment {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "password" => Ok(Self::Password),
            "invitation" => Ok(Self::Invitation),
            "open" => Ok(Self::Open),
            "off" => Ok(Self::Off),
            _ => Err(unknown("value", word, &["password", "invitation", "open", "off"])),
        }
    }
}

impl std::str::FromStr for Language {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "en" => Ok(Self::En),
            "cs" => Ok(Self::Cs),
            _ => Err(unknown("language", word, &["en", "cs"])),
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
    let trusted = facts.uid() == 0 || facts.uid() == nix::unistd::geteuid().as_raw();
    if !trusted || files::others_can_write(&facts) {
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

/// A length of time with its unit: `30s`, `5m`, `8h`, `7d`.
#[must_use]
pub fn duration(text: &str) -> Option<Seconds> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(factor).map(Seconds)
}

/// How long a place is remembered: nothing, or between a minute and thirty days.
fn remember(text: &str) -> Result<Seconds, String> {
    if text == "off" {
        return Ok(Seconds(0));
    }
    duration(text)
        .filter(|d| (60..=30 * 86_400).contains(&d.0))
        .ok_or_else(|| "is \"off\", or a time between \"1m\" and \"30d\", written like \"8h\"".to_owned())
}

/// The beginning, in UTC, of a day written `2027-01-31`.
fn date(text: &str) -> Result<UnixTime, String> {
    let parts: Vec<_> = text.split('-').collect();
    let number = |part: &str, digits| {
        let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<i64>().ok()).flatten()
    };
    let date = match parts.as_slice() {
        [y, m, d] => number(y, 4).zip(number(m, 2)).zip(number(d, 2)),
        _ => None,
    };
    let days = date.and_then(|((year, month), day)| days_since_1970(year, month, day));
    days.map(|days| UnixTime(days * 86_400))
        .ok_or_else(|| "is a day from 1970 on, written like \"2027-01-31\"".to_owned())
}

/// The days from 1970-01-01 to a date of the Gregorian calendar; `None` when there is no such date.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<u64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    u64::try_from(days - 719_468).ok()
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn networks(texts: &[&str]) -> Result<Vec<Network>, String> {
    texts.iter().map(|text| text.parse()).collect()
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
        let all = parse(&uncommented).unwrap();
        assert_eq!(all.prompt, Config::default().prompt);
        assert_eq!(
            (all.issuer.as_deref(), all.unenrolled_deny_from),
            (Some("Example"), Some(UnixTime(1_798_761_600)))
        );
        let section = all.clone().for_service("sudo");
        assert_eq!((all.tries, section.tries, section.issuer), (3, 1, Some("Example".to_owned())));
        assert_eq!((all.ask, section.ask, all.clone().for_service("smtp").ask), (true, true, false));
    }

    #[test]
    fn a_section_stands_over_what_is_for_all_wherever_that_is_written() {
        let text =
            "tries = 2\n[service.sshd]\ntries = 5\nremember = \"8h\"\n[service.polkit-1]\necho = true\n";
        let config = parse(text).unwrap();
        let [sshd, polkit, su] = ["sshd", "polkit-1", "su"].map(|name| config.clone().for_service(name));
        assert_eq!((sshd.tries, sshd.remember, sshd.echo), (5, Seconds(28_800), false));
        assert_eq!((polkit.tries, polkit.remember, polkit.echo), (2, Seconds(0), true));
        assert_eq!(su.tries, 2);
        let dotted = parse("service.sshd.tries = 5\ntries = 2\n").unwrap();
        assert_eq!((dotted.tries, dotted.for_service("sshd").tries), (2, 5));
    }

    #[test]
    fn a_section_holds_for_the_whole_family_of_a_service() {
        let config =
            parse("[service.sudo]\ntries = 1\n[service.su]\ntries = 2\n[service.su-l]\necho = true\n")
                .unwrap();
        let of = |name: &str| config.clone().for_service(name);
        assert_eq!((of("sudo").tries, of("sudo-i").tries), (1, 1));
        // A section with exactly the name decides alone.
        assert_eq!((of("su").tries, of("su").echo), (2, false));
        assert_eq!((of("su-l").tries, of("su-l").echo), (3, true));
        // It goes in one direction only, and other names with a hyphen are families by themselves.
        assert_eq!(parse("[service.su-l]\ntries = 1\n").unwrap().for_service("su").tries, 3);
        for other in ["sudo-x", "sudo-i-", "su-", "sshd", "runuser"] {
            assert_eq!(of(other).tries, 3, "{other}");
        }
        let runuser = parse("[service.runuser]\ntries = 1\n").unwrap();
        assert_eq!(runuser.for_service("runuser-l").tries, 1);
    }

    #[test]
    fn enrollment_within_the_login_is_for_programs_that_do_account_management() {
        let unenrolled = |text: &str, service: &str| parse(text).unwrap().for_service(service).unenrolled;
        let all = "unenrolled = \"enrol\"\n";
        for service in Config::ENROLLING_SERVICES.iter().chain(&["su-l", "sudo-i"]) {
            assert_eq!(unenrolled(all, service), Unenrolled::Enrol, "{service}");
        }
        for service in ["openvpn", "i3lock", "sshd2", ""] {
            assert_eq!(unenrolled(all, service), Unenrolled::Deny, "{service}");
        }
        let own =
            "unenrolled = \"enrol\"\n[service.vpn]\nunenrolled = \"enrol\"\n[service.mail]\ntries = 1\n";
        assert_eq!(unenrolled(own, "vpn"), Unenrolled::Enrol);
        assert_eq!(unenrolled(own, "mail"), Unenrolled::Deny);
        assert_eq!(unenrolled("unenrolled = \"ignore\"", "mail"), Unenrolled::Ignore);
    }

    #[test]
    fn the_prompt_is_the_languages_own_unless_one_is_chosen() {
        let prompt = |text: &str| parse(text).unwrap().prompt;
        assert_eq!(prompt("language = \"cs\""), "Jednorázový kód: ");
        for text in [
            "prompt = \"One-time code: \"\nlanguage = \"cs\"",
            "language = \"cs\"\nprompt = \"One-time code: \"",
        ] {
            assert_eq!(prompt(text), "One-time code: ");
        }
    }

    #[test]
    fn ignoring_ends_with_its_date() {
        let config = parse("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2027-01-31\"").unwrap();
        let from = UnixTime(1_801_353_600);
        assert_eq!(config.unenrolled_deny_from, Some(from));
        assert_eq!(config.unenrolled_at(UnixTime(from.0 - 1)), Unenrolled::Ignore);
        assert_eq!(config.unenrolled_at(from), Unenrolled::Deny);
        for (day, seconds) in [("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2024-12-31", 1_735_603_200)]
        {
            assert_eq!(date(day), Ok(UnixTime(seconds)));
        }
        for day in
            ["2027-02-29", "2027-13-01", "2027-1-1", "1969-12-31", "today", "2027-01-00", "2027-01-01-01"]
        {
            assert!(date(day).is_err(), "{day}");
        }
    }

    #[test]
    fn the_manual_names_every_key_with_its_default() {
        let page = include_str!("../../docs/man/insis-otp.toml.5");
        let section = page.split("\n.SH ").find(|section| section.starts_with("KEYS")).unwrap();
        let tags = section.lines().filter_map(|line| line.strip_prefix(".BR ")?.split_once(" \" = "));
        let tags: Vec<_> =
            tags.map(|(key, value)| (key, value.trim_end_matches('"').replace("\\(dq", "\""))).collect();
        let shipped = include_str!("../../config/insis-otp.toml");
        let keys: Vec<_> = tags.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, Config::KEYS);
        for (key, value) in tags {
            let line = format!("{key} = {value}");
            assert!(shipped.lines().any(|shipped| shipped.trim_start_matches("#= ") == line), "{line}");
        }
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
            daily_failures = 10
            prompt = "Code: "
            echo = true
            issuer = "InSIS"
            algorithm = "SHA256"
            digits = 8
            period = 60
            helper = "/opt/otp-helper"
            debug = true
            unenrolled_deny_from = "2027-01-31"
            self_enrollment = "invitation"
            exempt_users = ["root"]
            exempt_groups = ["robots", "backup"]
            exempt_networks = ["192.0.2.0/24", "2001:db8::1"]
            remember = "8h"
            language = "cs"
            service.smtp.ask = false
        "#;
        let config = parse(text).unwrap();
        assert_eq!(
            (config.tries, config.policy.window.steps(), config.unenrolled),
            (1, 2, Unenrolled::Ignore)
        );
        assert_eq!(config.policy.throttle.longest, Seconds(7200));
        assert_eq!(config.new_keys.digits, Digits::Eight);
        assert!(config.secret_file.is_home() && config.echo && config.debug);
        assert_eq!(
            (config.exempt.users.len(), config.exempt.groups.len(), config.exempt.networks.len()),
            (1, 2, 2)
        );
        assert_eq!(config.self_enrollment, SelfEnrollment::Invitation);
        assert_eq!((config.remember, config.language), (Seconds(28_800), Language::Cs));
        assert_eq!((config.ask, config.for_service("smtp").ask), (true, false));
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
            ("daily_failures = 501", "toml:1: daily_failures: is between 10 and 500"),
            ("longest_delay = \"25h\"", "toml:1: longest_delay: is a time between"),
            ("unenrolled = \"ignor\"", "toml:1: unenrolled: unknown value; did you mean \"ignore\"?"),
            ("self_enrollment = \"opne\"", "toml:1: self_enrollment: unknown value; did you mean \"open\"?"),
            (
                "[service.sshd]\nself_enrollment = \"open\"",
                "toml:2: service.sshd.self_enrollment: stands in no",
            ),
            ("prompt = \"a\\u001bb\"", "toml:1: prompt: is a text of"),
            ("issuer = \"a:b\"", "toml:1: issuer: cannot contain a colon"),
            ("helper = \"otp-helper\"", "toml:1: helper: is a path that begins with /"),
            ("secret_file = \"/x/%q\"", "toml:1: secret_file: "),
            ("tries = 1\ntries = 2", "toml:2: "),
            ("\n[service.sshd]\ntrys = 1", "toml:3: service.sshd.trys: unknown key; did you mean \"tries\"?"),
            ("ask = false", "toml:1: ask: can only be set for a service, in a section [service.NAME]"),
            ("[service.smtp]\nask = \"no\"", "toml:2: service.smtp.ask: needs true or false"),
            ("[service.sshd]\ndigits = 8", "toml:2: service.sshd.digits: stands in no section"),
            ("service = 1", "toml:1: service: unknown key"),
            ("[service]\ntries = 1", "toml:2: service.tries: unknown key"),
            ("exempt_networks = [\"example.org\"]", "toml:1: exempt_networks: \"example.org\" is no network"),
            ("exempt_users = \"root\"", "toml:1: exempt_users: needs a list of texts"),
            ("remember = \"31d\"", "toml:1: remember: is \"off\", or a time between"),
            ("language = \"de\"", "toml:1: language: unknown language"),
            ("unenrolled_deny_from = \"soon\"", "toml:1: unenrolled_deny_from: is a day"),
            ("[window]\nx = 1", "toml:1: [window]: unknown section; the right ones are [service.NAME]"),
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
