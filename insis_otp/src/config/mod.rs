//! What the site decides: `/etc/security/insis-otp.toml`, parsed strictly, and module arguments over it.

pub mod arguments;
mod choices;
mod fleet;
mod identity_provider;
pub mod keys;
pub mod mail;
mod read;
mod values;

use std::io;
use std::path::{Path, PathBuf};

pub use crate::files::Kind as FileKind;
pub use choices::{Language, SelfEnrollment, Unenrolled};
pub use fleet::{Fleet, Server, StoreKind};
pub use identity_provider::{IdentityProvider, MfaProof, Preset};
use keys::Scope;
pub use mail::Mail;
pub use values::duration;

use crate::network::Network;
use crate::oath::{Parameters, Seconds, UnixTime};
use crate::store::Template;
use crate::strict::{Error, FLEET, MAIL, PROVIDER, Problem, SECTIONS, Value, each_key, line_where};
use crate::verify::Policy;

/// The settings of a site, or of one PAM stack: the compiled defaults, then the file, then module arguments.
///
/// ```
/// use std::path::Path;
///
/// use insis_otp::config::{Config, Unenrolled};
///
/// let text = "tries = 5\n[service.sudo]\nunenrolled = \"ignore\"\n";
/// let config = Config::parse(text, Path::new("insis-otp.toml"))?;
/// assert_eq!((config.tries, config.unenrolled), (5, Unenrolled::Deny));
/// assert_eq!(config.for_service("sudo").unenrolled, Unenrolled::Ignore);
///
/// // A mistake stops every login, so that it has to be easy to find.
/// let error = Config::parse("\ntries = 0\n", Path::new("insis-otp.toml")).map_err(|error| error.to_string());
/// assert_eq!(error, Err("insis-otp.toml:2: tries must be between 1 and 10, not 0".to_owned()));
/// # Ok::<(), insis_otp::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where enrollments are.
    pub store: StoreKind,
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
    /// Who must have enrolled where others need not.
    pub required: Required,
    /// Whether a code is asked for at all: may be off for one service.
    pub ask: bool,
    /// What people show to enroll their first device themselves.
    pub self_enrollment: SelfEnrollment,
    /// The group whose members help others without root's rights.
    pub helpdesk_group: Option<String>,
    /// The groups whose members they do not help; `None` where nothing was said.
    administrator_groups: Option<Vec<String>>,
    /// Who is not asked at all.
    pub exempt: Exempt,
    /// How long a client is remembered and not asked for a code again; `None`: not at all.
    pub remember: Seconds,
    /// The language of what people read.
    pub language: Language,
    /// The question for the code.
    pub prompt: String,
    /// Whether that was chosen, and so is not the language's own.
    prompt_chosen: bool,
    /// Whom people ask who cannot help themselves.
    pub contact: Option<String>,
    /// Whether the code is shown while it is typed.
    pub echo: bool,
    /// Whether steps on the way to a decision are logged too. Never a secret or a code.
    pub debug: bool,
    /// The name under which new enrollments stand in the app; the host's name when not set.
    pub issuer: Option<String>,
    /// The parameters of new enrollments.
    pub new_keys: Parameters,
    /// Whose MFA opens logins beside codes.
    pub identity_provider: Option<IdentityProvider>,
    /// The directory in which enrollments can be.
    pub fleet: Option<Fleet>,
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

/// Who must have enrolled: `unenrolled = "ignore"` is `"deny"` for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Required {
    /// By name.
    pub users: Vec<Deadline>,
    /// By a group that they are in.
    pub groups: Vec<Deadline>,
}

/// A user or a group, and from when on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The name, as the user database has it.
    pub name: String,
    /// The beginning of the first day, in UTC; 1970 where no day was said.
    pub from: UnixTime,
}

impl Deadline {
    /// The longest name, in bytes.
    pub const LONGEST_NAME: usize = 256;
}

/// A configuration that cannot be used. Nobody logs in until it is corrected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read, or should not be trusted.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: Unreadable,
    },
    /// It is not valid.
    #[error("{}:{}: {}", path.display(), problem.line, problem.error)]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong there.
        problem: Problem,
    },
}

/// Why a file cannot be read, or should not be trusted.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It was named, and is not there.
    #[error("there is no such file")]
    Missing,
    /// It cannot be opened.
    #[error("cannot be opened: {0}")]
    Open(io::Error),
    /// It is something else.
    #[error("is {0}, not a regular file")]
    NotAFile(FileKind),
    /// It is not root's, or others can write it.
    #[error("must belong to root and be writable by nobody else (chmod 0644)")]
    Untrusted,
    /// It is larger than any configuration.
    #[error("is larger than 64 KiB")]
    Large,
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// Somebody wrote it at the same time.
    #[error("changed while it was read")]
    Changed,
    /// It is no text.
    #[error("is not UTF-8 text")]
    NotText,
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
            store: StoreKind::default(),
            secret_file: Template::system(),
            helper: PathBuf::from(option_env!("INSIS_OTP_HELPER").unwrap_or("/usr/libexec/otp-helper")),
            policy: Policy::default(),
            tries: 3,
            unenrolled: Unenrolled::default(),
            unenrolled_for_service: false,
            unenrolled_deny_from: None,
            required: Required::default(),
            ask: true,
            self_enrollment: SelfEnrollment::default(),
            helpdesk_group: None,
            administrator_groups: None,
            exempt: Exempt::default(),
            remember: Seconds(0),
            language: Language::default(),
            prompt: Language::default().prompt().to_owned(),
            prompt_chosen: false,
            contact: None,
            echo: false,
            debug: false,
            issuer: None,
            new_keys: Parameters::default(),
            identity_provider: None,
            fleet: None,
            services: Vec::new(),
        }
    }
}

impl Config {
    /// Where the configuration is.
    pub const PATH: &str = "/etc/security/insis-otp.toml";
    /// No larger file is read.
    pub const LARGEST: u64 = 64 * 1024;
    /// The PAM services in which `unenrolled = "enrol"` holds without a section of their own: programs that ask line by
    /// line on a terminal, and that do account management, which is where people enroll. In others it means `"deny"`:
    /// a program that goes no further than authenticate would let people in with the password alone.
    pub const ENROLLING_SERVICES: &[&str] = &["login", "sshd", "su", "sudo"];

    /// The groups that administrators are in, where a site says nothing. Not every system has all of them.
    pub const ADMINISTRATOR_GROUPS: [&str; 11] = [
        "root",
        "sudo",
        "wheel",
        "adm",
        "admin",
        "disk",
        "docker",
        "incus-admin",
        "libvirt",
        "lxd",
        "shadow",
    ];

    /// The groups whose members the help desk does not help.
    pub fn administrator_groups(&self) -> impl Iterator<Item = &str> {
        let usual = Self::ADMINISTRATOR_GROUPS.into_iter().filter(|_| self.administrator_groups.is_none());
        usual.chain(self.administrator_groups.iter().flatten().map(String::as_str))
    }

    /// The site's configuration: the file at [`Config::PATH`], or the compiled defaults where there is none.
    ///
    /// # Errors
    /// The file cannot be read, should not be trusted, or is not valid.
    pub fn site() -> Result<Self, ConfigError> {
        let path = Path::new(Self::PATH);
        read::read(path)?.map_or_else(|| Ok(Self::default()), |text| Self::parse(&text, path))
    }

    /// The configuration at a path that somebody named: it has to be there.
    ///
    /// # Errors
    /// The file is missing, cannot be read, should not be trusted, or is not valid.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match read::read(path)? {
            Some(text) => Self::parse(&text, path),
            None => Err(ConfigError::Unreadable { path: path.into(), why: Unreadable::Missing }),
        }
    }

    /// Parses the text of a configuration; `path` is for complaints.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        each_key(text, &mut |key, value| config.set(key, value))
            .and_then(|()| if config.has_sections() { config.complete(text) } else { Ok(()) })
            .map_err(|problem| ConfigError::Invalid { path: path.into(), problem })?;
        Ok(config)
    }

    fn has_sections(&self) -> bool {
        self.identity_provider.is_some() || self.fleet.is_some() || self.store == StoreKind::Ldap
    }

    /// Sees that the sections that are not of services have all that they take, and agree.
    #[cold]
    #[inline(never)]
    fn complete(&mut self, text: &str) -> Result<(), Problem> {
        // By its header, or by the first of its keys where it is written without one.
        let line_of_section = |name: &str| {
            line_where(text, &|path: &str, _: Option<Value<'_>>| path.split('.').next() == Some(name))
        };
        let in_section = |name: &str, error| Problem { line: line_of_section(name).unwrap_or(1), error };
        // By a key, for all or in a section, and its value.
        let at = |key: &str, word: &str, error| {
            let is_it = |path: &str, value: Option<Value<'_>>| {
                path.rsplit('.').next() == Some(key) && value.and_then(|value| value.text()) == Some(word)
            };
            Problem { line: line_where(text, &is_it).unwrap_or(1), error }
        };
        if let Some(provider) = &mut self.identity_provider {
            provider.complete().map_err(|error| in_section("identity_provider", error))?;
        }
        if let Some(fleet) = &self.fleet {
            fleet.complete().map_err(|error| in_section("fleet", error))?;
        }
        if self.store == StoreKind::Ldap {
            const LDAP: &str = "store = \"ldap\"";
            match () {
                // A header without a key.
                () if self.fleet.is_none() && line_of_section("fleet").is_some() => {
                    return Err(in_section("fleet", Error::Missing("fleet", "servers")));
                }
                () if self.fleet.is_none() => {
                    return Err(at("store", "ldap", Error::MissingSection(LDAP, "fleet")));
                }
                () if self.identity_provider.is_some() => {
                    let error = Error::NotTogether(LDAP, "[identity_provider]");
                    return Err(in_section("identity_provider", error));
                }
                () => {}
            }
        }
        for (_, config) in &mut self.services {
            config.identity_provider.clone_from(&self.identity_provider);
            config.fleet.clone_from(&self.fleet);
        }
        Ok(())
    }

    /// The directory, where the enrollment of a user is there.
    #[must_use]
    pub fn fleet_of(&self, user: &str) -> Option<&Fleet> {
        let fleet = self.fleet.as_ref().filter(|_| self.store == StoreKind::Ldap)?;
        (!fleet.break_glass_users.iter().any(|name| name == user)).then_some(fleet)
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
        if config.unenrolled == Unenrolled::Enroll && !enrolls {
            config.unenrolled = Unenrolled::Deny;
        }
        config
    }

    /// What happens to people without a secret file at this time, of whom it is not required to have one.
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

    /// Sets one key of the file: `service.NAME.KEY` for one service.
    fn set(&mut self, key: &str, value: Value<'_>) -> Result<(), Error> {
        if let Some((service, key)) = key.strip_prefix(SECTIONS).and_then(|path| path.rsplit_once('.')) {
            return self.set_for_service(service, key, value);
        }
        if let Some(key) = key.strip_prefix(PROVIDER) {
            return keys::find_of_provider(key)?.set(self, value);
        }
        if let Some(key) = key.strip_prefix(FLEET) {
            return keys::find_of_fleet(key)?.set(self, value);
        }
        // otp-setup reads it: a mistake there is no reason to refuse logins.
        if key.starts_with(MAIL) {
            return Ok(());
        }
        let key = keys::find(key)?;
        if key.scope == Scope::Service {
            return Err(Error::OnlyForService(key.name));
        }
        key.set(self, value)
    }

    /// Sets a key in the section of a service, which begins as a copy of what is for all.
    fn set_for_service(&mut self, service: &str, key: &str, value: Value<'_>) -> Result<(), Error> {
        let key = keys::find(key)?;
        if key.scope == Scope::Site {
            return Err(Error::OnlyForSite(key.name));
        }
        let index = match self.services.iter().position(|(name, _)| name == service) {
            Some(index) => index,
            None => {
                let config = Self { services: Vec::new(), ..self.clone() };
                self.services.push((service.to_owned(), config));
                self.services.len() - 1
            }
        };
        let Some((_, config)) = self.services.get_mut(index) else { return Ok(()) };
        config.unenrolled_for_service |= key.name == "unenrolled";
        key.set(config, value)
    }
}

#[cfg(test)]
mod tests;
