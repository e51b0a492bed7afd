//! The table of keys: what each is called, where it can stand, what it takes, and what the manual page says of it.
//!
//! A new key is a row here, a field of [`Config`] with its default, an entry in docs/man/insis-otp.toml.5 and one in
//! config/insis-otp.toml. The tests hold all four to each other.

use std::path::{Path, PathBuf};

use super::choices::{Language, SelfEnrollment, Unenrolled};
use super::fleet::{Fleet, Server, StoreKind, is_attribute_name, servers};
use super::identity_provider::{MfaProof, Preset, is_address};
use super::values::{day, deadline, duration, is_printable};
use super::{Config, Deadline, IdentityProvider, Network};
use crate::network::InvalidNetwork;
use crate::oath::{Seconds, UnixTime};
use crate::store::{InvalidTemplate, Template};
use crate::strict::{Error, Found, Name, Requirement, Value};

/// A key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// What it is called.
    pub name: &'static str,
    /// Where it can stand.
    pub scope: Scope,
    /// What it takes.
    pub kind: Kind,
}

/// Where a key can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere: for all services, in a section for one, and as a module argument.
    Any,
    /// For the whole site, and neither in a section for a service nor as a module argument.
    Site,
    /// For one service, in its section or as a module argument.
    Service,
    /// In the section of the identity provider.
    Provider,
    /// In the section of the directory.
    Fleet,
}

/// What a key takes, and where it goes. A setter says `None` to what it cannot take.
#[derive(Debug)]
pub enum Kind {
    /// A whole number, from the first to the second.
    Number(u64, u64, fn(&mut Config, u64) -> Option<()>),
    /// Yes or no.
    Flag(fn(&mut Config, bool)),
    /// One of these words.
    Choice(&'static [&'static str], fn(&mut Config, &str) -> Option<()>),
    /// A length of time, from the first to the second; as they are written.
    Duration(&'static str, &'static str, fn(&mut Config, Seconds)),
    /// The same, or `"off"`, which is no time at all.
    DurationOrOff(&'static str, &'static str, fn(&mut Config, Seconds)),
    /// A day.
    Day(fn(&mut Config, UnixTime)),
    /// A text for a terminal, of so many bytes at most.
    Text(usize, fn(&mut Config, &str)),
    /// The same without colons, at which authenticator apps split the label (FreeOTP, Aegis).
    TextWithoutColon(usize, fn(&mut Config, &str)),
    /// An absolute path.
    Path(fn(&mut Config, PathBuf)),
    /// Where secret files are.
    Template(fn(&mut Config, Template)),
    /// Names of users or groups, each with or without a day.
    Deadlines(fn(&mut Config, Vec<Deadline>)),
    /// Texts.
    List(fn(&mut Config, Vec<String>)),
    /// Networks and addresses.
    Networks(fn(&mut Config, Vec<Network>)),
    /// An address that begins with this.
    Address(&'static str, fn(&mut Config, &str)),
    /// What shows that a second factor was used.
    MfaProof(fn(&mut Config, MfaProof)),
    /// The servers of a directory.
    Servers(fn(&mut Config, Vec<Server>)),
    /// The name of an attribute.
    AttributeName(fn(&mut Config, &str)),
}

/// What the manual page says of a key.
#[derive(Debug)]
pub struct Documentation {
    /// The key.
    pub name: &'static str,
    /// The value that the manual page and the shipped file show.
    pub shown: Shown,
    /// The first sentence about it.
    pub about: &'static str,
}

/// A value as TOML has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The default.
    Default(&'static str),
    /// An example, of a key that is not set by default.
    Example(&'static str),
}

/// Makes two tables of one, so that the module, which needs no documentation, does not carry it.
macro_rules! keys {
    (
        $(#[$about_keys:meta])* $keys:ident, $documentation:ident;
        $($name:literal = $shown:ident($value:literal), $scope:ident, $kind:expr, $about:literal;)*
    ) => {
        $(#[$about_keys])*
        pub static $keys: &[Key] = &[$(Key { name: $name, scope: Scope::$scope, kind: $kind },)*];

        /// What the manual page says of each.
        pub static $documentation: &[Documentation] =
            &[$(Documentation { name: $name, shown: Shown::$shown($value), about: $about },)*];
    };
}

keys! {
    /// Every key but those of the identity provider and of the directory, in the order of the shipped file.
    KEYS, DOCUMENTATION;
    "store" = Default("\"file\""), Site,
        Kind::Choice(&["file", "ldap"], |config, word| StoreKind::named(word).map(|kind| config.store = kind)),
        "Where enrollments are:";
    "secret_file" = Default("\"/var/lib/insis-otp/%u\""), Any,
        Kind::Template(|config, template| config.secret_file = template),
        "Where secret files are: %u is the user's name, %U the user id, %h the home directory, %% a percent sign.";
    "unenrolled" = Default("\"deny\""), Any,
        Kind::Choice(&["deny", "ignore", "enrol"], |config, word| {
            Unenrolled::named(word).map(|unenrolled| config.unenrolled = unenrolled)
        }),
        "People without a secret file: \"deny\" asks them like everybody and refuses;";
    "unenrolled_deny_from" = Example("\"2027-01-01\""), Any,
        Kind::Day(|config, day| config.unenrolled_deny_from = Some(day)),
        "The day, in UTC, from which \"ignore\" means \"deny\".";
    "required_users" = Default("[]"), Any,
        Kind::Deadlines(|config, users| config.required.users = users),
        "Users who must have paired a phone where others need not:";
    "required_groups" = Default("[]"), Any,
        Kind::Deadlines(|config, groups| config.required.groups = groups),
        "Groups whose members must have paired a phone where others need not,";
    "self_enrollment" = Default("\"password\""), Site,
        Kind::Choice(&["password", "invitation", "open", "off"], |config, word| {
            SelfEnrollment::named(word).map(|shown| config.self_enrollment = shown)
        }),
        "What people show to pair their first phone without an administrator:";
    "helpdesk_group" = Example("\"helpdesk\""), Site,
        Kind::Text(256, |config, text| config.helpdesk_group = Some(text.to_owned())),
        "The group whose members may help others without root's rights:";
    "administrator_groups" = Default("[\"root\", \"sudo\", \"wheel\", \"adm\", \"admin\", \"disk\", \"docker\", \"incus-admin\", \"libvirt\", \"lxd\", \"shadow\"]"), Site,
        Kind::List(|config, groups| {
            config.administrator_groups = Some(groups).filter(|groups| *groups != Config::ADMINISTRATOR_GROUPS);
        }),
        "Groups whose members the help desk does not help:";
    "exempt_users" = Default("[]"), Any,
        Kind::List(|config, users| config.exempt.users = users),
        "Names of users who are not asked, as getent passwd prints them.";
    "exempt_groups" = Default("[]"), Any,
        Kind::List(|config, groups| config.exempt.groups = groups),
        "Groups whose members are not asked.";
    "exempt_networks" = Default("[]"), Any,
        Kind::Networks(|config, networks| config.exempt.networks = networks),
        "Networks from which nobody is asked:";
    "remember" = Default("\"off\""), Any,
        Kind::DurationOrOff("1m", "30d", |config, time| config.remember = time),
        "How long nobody is asked again who comes to the same service from the same numeric address,";
    "tries" = Default("3"), Any,
        Kind::Number(1, 10, |config, number| to(&mut config.tries, number)),
        "How many codes one login may try,";
    "window" = Default("1"), Any,
        Kind::Number(0, 10, |config, number| to(&mut config.policy.window, number)),
        "How many time steps before and after the expected one are accepted,";
    "free_failures" = Default("5"), Any,
        Kind::Number(1, 20, |config, number| to(&mut config.policy.throttle.free, number)),
        "So many wrong guesses in a row cost nothing,";
    "first_delay" = Default("\"30s\""), Any,
        Kind::Duration("1s", "24h", |config, time| config.policy.throttle.first = time),
        "How long single codes are not compared after the first guess beyond these,";
    "longest_delay" = Default("\"1h\""), Any,
        Kind::Duration("1s", "24h", |config, time| config.policy.throttle.longest = time),
        "The longest such delay,";
    "daily_failures" = Default("30"), Any,
        Kind::Number(10, 500, |config, number| to(&mut config.policy.throttle.daily, number)),
        "How many wrong guesses a day (UTC) may have,";
    "consecutive_failures" = Default("100"), Any,
        Kind::Number(10, 1000, |config, number| to(&mut config.policy.throttle.consecutive, number)),
        "How many single codes in a row may be wrong,";
    "language" = Default("\"en\""), Any,
        Kind::Choice(&["en", "cs"], |config, word| {
            Language::named(word).map(|language| config.set_language(language))
        }),
        "The language of what people read at the prompt:";
    "prompt" = Example("\"One-time code: \""), Any,
        Kind::Text(200, |config, text| {
            config.prompt = text.to_owned();
            config.prompt_chosen = true;
        }),
        "The question for the code;";
    "contact" = Example("\"help desk, phone 1234, https://it.example.org\""), Site,
        Kind::Text(72, |config, text| config.contact = Some(text.to_owned())),
        "Whom people ask who cannot help themselves:";
    "echo" = Default("false"), Any,
        Kind::Flag(|config, flag| config.echo = flag),
        "Whether the code is shown while it is typed.";
    "issuer" = Example("\"Example\""), Any,
        Kind::TextWithoutColon(64, |config, text| config.issuer = Some(text.to_owned())),
        "The name above new pairings in the app;";
    "algorithm" = Default("\"SHA1\""), Site,
        Kind::Choice(&["SHA1", "SHA256", "SHA512"], |config, word| {
            word.parse().ok().map(|algorithm| config.new_keys.algorithm = algorithm)
        }),
        "The hash of new pairings:";
    "digits" = Default("6"), Site,
        Kind::Number(6, 8, |config, number| to(&mut config.new_keys.digits, number)),
        "The digits of the codes of new pairings,";
    "period" = Default("30"), Site,
        Kind::Number(5, 300, |config, number| to(&mut config.new_keys.period, number)),
        "The length of a time step of new pairings, in seconds,";
    "helper" = Default("\"/usr/libexec/otp-helper\""), Any,
        Kind::Path(|config, path| config.helper = path),
        "The program that opens the system store for callers without privileges.";
    "debug" = Default("false"), Any,
        Kind::Flag(|config, flag| config.debug = flag),
        "Whether steps on the way to a decision are logged too.";
    "ask" = Example("false"), Service,
        Kind::Flag(|config, flag| config.ask = flag),
        "Whether a code is asked for.";
}

keys! {
    /// Every key of the section `[identity_provider]`, in the order of the shipped file.
    PROVIDER_KEYS, PROVIDER_DOCUMENTATION;
    "preset" = Example("\"entra\""), Provider,
        Kind::Choice(&["entra", "keycloak", "google"], |config, word| {
            Preset::named(word).map(|preset| provider(config).preset = Some(preset))
        }),
        "A provider whose peculiarities are known:";
    "name" = Example("\"Microsoft 365\""), Provider,
        Kind::Text(32, |config, text| text.clone_into(&mut provider(config).name)),
        "What people read;";
    "issuer" = Example("\"https://login.example.org/realms/uni\""), Provider,
        Kind::Address("https://", |config, text| text.clone_into(&mut provider(config).issuer)),
        "The issuer of the ID tokens, as the provider's discovery document has it.";
    "tenant" = Example("\"11111111-2222-3333-4444-555555555555\""), Provider,
        Kind::Text(64, |config, text| text.clone_into(&mut provider(config).tenant)),
        "The tenant that the claim tid must name,";
    "client_id" = Example("\"66666666-7777-8888-9999-000000000000\""), Provider,
        Kind::Text(200, |config, text| text.clone_into(&mut provider(config).client_id)),
        "This site's name at the provider,";
    "client_secret_file" = Example("\"/etc/security/insis-otp-client-secret\""), Provider,
        Kind::Path(|config, path| provider(config).client_secret_file = Some(path)),
        "A file of root's, mode 0600, with this site's secret at the provider.";
    "subject" = Example("\"sub\""), Provider,
        Kind::Text(64, |config, text| text.clone_into(&mut provider(config).subject)),
        "The claim that names a person for ever:";
    "mfa" = Example("\"acr=https://refeds.org/profile/mfa\""), Provider,
        Kind::MfaProof(|config, proof| provider(config).mfa = proof),
        "What shows that the person has used a second factor; it must be chosen.";
    "max_age" = Default("\"10m\""), Provider,
        Kind::DurationOrOff("1m", "30d", |config, time| provider(config).max_age = time),
        "How long ago the person may have signed in at the provider,";
    "deadline" = Default("\"90s\""), Provider,
        Kind::Duration("30s", "10m", |config, time| provider(config).deadline = time),
        "How long a login waits for the person,";
    "at_once" = Default("true"), Provider,
        Kind::Flag(|config, flag| provider(config).at_once = flag),
        "Whether who is linked and has paired no phone gets the second question at once,";
    "services" = Default("[\"sshd\", \"login\"]"), Provider,
        Kind::List(|config, services| provider(config).services = services),
        "The PAM services in which the provider is offered.";
    "proxy" = Example("\"http://proxy.example.org:3128\""), Provider,
        Kind::Address("http://", |config, text| provider(config).proxy = Some(text.to_owned())),
        "The proxy through which the provider is reached.";
    "ca_file" = Example("\"/etc/ssl/certs/example-ca.pem\""), Provider,
        Kind::Path(|config, path| provider(config).ca_file = Some(path)),
        "The certificates of the authorities that are trusted, in place of the system's.";
}

keys! {
    /// Every key of the section `[fleet]`, in the order of the shipped file.
    FLEET_KEYS, FLEET_DOCUMENTATION;
    "servers" = Example("[\"ldaps://ldap1.example.org\", \"ldaps://ldap2.example.org\"]"), Fleet,
        Kind::Servers(|config, servers| fleet(config).servers = servers),
        "The servers of the directory, in the order in which they are tried:";
    "base" = Example("\"ou=people,dc=example,dc=org\""), Fleet,
        Kind::Text(500, |config, text| text.clone_into(&mut fleet(config).base)),
        "The entry below which people are looked up,";
    "user_attribute" = Default("\"uid\""), Fleet,
        Kind::AttributeName(|config, name| name.clone_into(&mut fleet(config).user_attribute)),
        "The attribute that has the user's name,";
    "ca_file" = Example("\"/etc/ssl/certs/example-ca.pem\""), Fleet,
        Kind::Path(|config, path| fleet(config).ca_file = path),
        "The certificates of the authorities that are trusted, as PEM; no others are.";
    "certificate_file" = Example("\"/etc/ssl/certs/host.pem\""), Fleet,
        Kind::Path(|config, path| fleet(config).certificate_file = Some(path)),
        "The certificate by which this host says who it is (SASL EXTERNAL), as PEM.";
    "key_file" = Example("\"/etc/ssl/private/host.key\""), Fleet,
        Kind::Path(|config, path| fleet(config).key_file = Some(path)),
        "The key of the certificate: a file as password_file.";
    "bind_dn" = Example("\"cn=host1,ou=hosts,dc=example,dc=org\""), Fleet,
        Kind::Text(500, |config, text| fleet(config).bind_dn = Some(text.to_owned())),
        "Who this host is, where a password says so and no certificate,";
    "password_file" = Example("\"/etc/security/insis-otp-fleet-password\""), Fleet,
        Kind::Path(|config, path| fleet(config).password_file = Some(path)),
        "A file with the password of bind_dn:";
    "deadline" = Default("\"4s\""), Fleet,
        Kind::Duration("2s", "30s", |config, time| fleet(config).deadline = time),
        "How long a login waits for the directory,";
    "unreachable" = Default("\"deny\""), Fleet,
        Kind::Choice(&["deny"], |_, word| (word == "deny").then_some(())),
        "What becomes of logins while no server answers:";
    "attempts_per_second" = Default("20"), Fleet,
        Kind::Number(1, 1000, |config, number| to(&mut fleet(config).attempts_per_second, number)),
        "How many requests of its logins this host sends to the directory in a second,";
    "break_glass_users" = Default("[\"root\"]"), Fleet,
        Kind::List(|config, users| fleet(config).break_glass_users = users),
        "Users whose enrollments are in secret files of this host,";
}

/// The directory of a section that is being read.
fn fleet(config: &mut Config) -> &mut Fleet {
    config.fleet.get_or_insert_default()
}

/// The provider of a section that is being read.
fn provider(config: &mut Config) -> &mut IdentityProvider {
    config.identity_provider.get_or_insert_default()
}

/// The key of that name.
///
/// # Errors
/// There is none: names the nearest one.
pub(super) fn find(name: &str) -> Result<&'static Key, Error> {
    find_in(KEYS, name)
}

/// The same, of the section of the identity provider.
pub(super) fn find_of_provider(name: &str) -> Result<&'static Key, Error> {
    find_in(PROVIDER_KEYS, name)
}

/// The same, of the section of the directory.
pub(super) fn find_of_fleet(name: &str) -> Result<&'static Key, Error> {
    find_in(FLEET_KEYS, name)
}

/// The key of that name in a table.
///
/// # Errors
/// There is none: names the nearest one.
fn find_in(keys: &'static [Key], name: &str) -> Result<&'static Key, Error> {
    let known = || keys.iter().map(|key| key.name).collect();
    keys.iter().find(|key| key.name == name).ok_or_else(|| Error::unknown(Name::Key, name, known()))
}

impl Key {
    /// Whether it can be a module argument.
    #[must_use]
    pub fn is_argument(&self) -> bool {
        matches!(self.scope, Scope::Any | Scope::Service)
    }

    /// Sets it to a value.
    ///
    /// # Errors
    /// The value is not allowed: says what must be, and what was found.
    pub fn set(&self, config: &mut Config, value: Value<'_>) -> Result<(), Error> {
        self.kind.set(config, value).ok_or_else(|| self.error(value))
    }

    fn error(&self, value: Value<'_>) -> Error {
        let must = self.kind.requirement(value);
        let is_named = matches!(
            must,
            Requirement::NetworksWithout(_)
                | Requirement::NetworksWithoutAddress(_)
                | Requirement::DeadlinesWithout(_)
        );
        let found = if is_named { Found::Named } else { value.found() };
        Error::Value { key: self.name, must, found }
    }
}

impl Kind {
    fn set(&self, config: &mut Config, value: Value<'_>) -> Option<()> {
        match self {
            Self::Number(least, most, set) => {
                set(config, value.number().filter(|number| (least..=most).contains(&number))?)?;
            }
            Self::Flag(set) => set(config, value.flag()?),
            Self::Choice(_, set) => set(config, value.text()?)?,
            Self::DurationOrOff(_, _, set) if value.text() == Some("off") => set(config, Seconds(0)),
            Self::Duration(least, most, set) | Self::DurationOrOff(least, most, set) => {
                let time = duration(value.text()?)?;
                let is_allowed = duration(least)? <= time && time <= duration(most)?;
                set(config, is_allowed.then_some(time)?);
            }
            Self::Day(set) => set(config, day(value.text()?)?),
            Self::Text(longest, set) => {
                set(config, value.text().filter(|text| is_printable(text, *longest))?)
            }
            Self::TextWithoutColon(longest, set) => {
                let text = value.text().filter(|text| is_printable(text, *longest))?;
                set(config, (!text.contains(':')).then_some(text)?);
            }
            Self::Path(set) => {
                set(config, Some(Path::new(value.text()?)).filter(|path| path.is_absolute())?.into());
            }
            Self::Template(set) => set(config, Template::parse(value.text()?).ok()?),
            Self::Deadlines(set) => {
                set(config, value.list()?.into_iter().map(deadline).collect::<Option<_>>()?);
            }
            Self::List(set) => set(config, value.list()?.into_iter().map(str::to_owned).collect()),
            Self::Networks(set) => {
                set(config, value.list()?.into_iter().map(str::parse).collect::<Result<_, _>>().ok()?);
            }
            Self::Address(beginning, set) => {
                set(config, value.text().filter(|text| is_address(text, beginning))?);
            }
            Self::MfaProof(set) => set(config, MfaProof::parse(value.text()?)?),
            Self::Servers(set) => {
                set(config, servers(&value.list()?)?);
            }
            Self::AttributeName(set) => set(config, value.text().filter(|text| is_attribute_name(text))?),
        }
        Some(())
    }

    /// What a value must be.
    fn requirement(&self, value: Value<'_>) -> Requirement {
        match *self {
            Self::Number(least, most, _) if value.number().is_some() => Requirement::Number(least, most),
            Self::Number(least, most, _) => Requirement::WholeNumber(least, most),
            Self::Flag(_) => Requirement::Flag,
            Self::Choice(words, _) => Requirement::Words(words),
            Self::Duration(least, most, _) => Requirement::Time(least, most),
            Self::DurationOrOff(least, most, _) => Requirement::TimeOrOff(least, most),
            Self::Day(_) => Requirement::Day,
            Self::Text(longest, _) => Requirement::Text(longest),
            Self::TextWithoutColon(longest, _) => Requirement::TextWithoutColon(longest),
            Self::Path(_) => Requirement::Path,
            Self::Template(_) => match value.text().map(Template::parse) {
                Some(Err(InvalidTemplate::UnknownPlace)) => Requirement::TemplateLetters,
                Some(Err(InvalidTemplate::NoPlace)) => Requirement::TemplateUser,
                Some(Err(InvalidTemplate::NotAbsolute)) => Requirement::TemplateBeginning,
                Some(Err(InvalidTemplate::NotPlain)) => Requirement::TemplatePlain,
                Some(Ok(_)) | None => Requirement::Template,
            },
            Self::Deadlines(_) => {
                let wrong =
                    value.list().and_then(|list| list.into_iter().find(|text| deadline(text).is_none()));
                wrong.map_or(Requirement::Deadlines, |text| Requirement::DeadlinesWithout(text.to_owned()))
            }
            Self::List(_) => Requirement::List,
            Self::Networks(_) => networks(value),
            Self::Address(beginning, _) => Requirement::Address(beginning),
            Self::MfaProof(_) => Requirement::MfaProof,
            Self::Servers(_) => Requirement::Servers,
            Self::AttributeName(_) => Requirement::AttributeName,
        }
    }
}

/// What a list of networks must be, and the text in it that is none.
fn networks(value: Value<'_>) -> Requirement {
    let wrong = |text: &str| match text.parse::<Network>().err()? {
        InvalidNetwork::Form => Some(Requirement::NetworksWithout(text.to_owned())),
        InvalidNetwork::Address => Some(Requirement::NetworksWithoutAddress(text.to_owned())),
    };
    value.list().and_then(|list| list.into_iter().find_map(wrong)).unwrap_or(Requirement::Networks)
}

/// Puts a number where it goes, if it fits.
fn to<N: TryFrom<u64>>(target: &mut N, number: u64) -> Option<()> {
    *target = N::try_from(number).ok()?;
    Some(())
}
