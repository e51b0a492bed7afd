//! The section `[mail]`: how owners are told by mail what becomes of their accounts.
//!
//! Only `otp-setup` reads it. To the module and the other programs it is a section that does not concern them, so that a mistake
//! in it stops no login.

use std::path::{Path, PathBuf};

use super::keys::{Documentation, Shown};
use super::{Config, ConfigError, read};
use crate::strict::{Error, MAIL, Name, Problem, Requirement, Value, each_key, line_where};

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The program that takes a message on standard input and recipients as arguments, as sendmail does.
    pub command: PathBuf,
    /// The sender; the command's own choice where nothing was said.
    pub from: Option<String>,
    /// What stands behind the user's name in an address; nothing where the mail system knows the names of users.
    pub domain: Option<String>,
}

/// What the manual page says of each key, in the order of the shipped file.
pub static DOCUMENTATION: &[Documentation] = &[
    Documentation {
        name: "command",
        shown: Shown::Example("\"/usr/sbin/sendmail\""),
        about: "The program that sends mail, as sendmail does:",
    },
    Documentation {
        name: "from",
        shown: Shown::Example("\"otp@example.org\""),
        about: "The sender of the mail,",
    },
    Documentation {
        name: "domain",
        shown: Shown::Example("\"example.org\""),
        about: "The domain of people's addresses:",
    },
];

impl Mail {
    /// The site's; `None` where it sends none.
    ///
    /// # Errors
    /// The file cannot be read, should not be trusted, or the section is not valid.
    pub fn site() -> Result<Option<Self>, ConfigError> {
        let path = Path::new(Config::PATH);
        read::read(path)?.map_or(Ok(None), |text| Self::parse(&text, path))
    }

    /// The section in the text of a configuration; `path` is for complaints. What else stands there is not looked at.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(text: &str, path: &Path) -> Result<Option<Self>, ConfigError> {
        let (mut command, mut from, mut domain) = (None, None, None);
        let mut set = |key: &str, value: Value<'_>| match key.strip_prefix(MAIL) {
            None => Ok(()),
            Some("command") => {
                let path = value.text().map(PathBuf::from).filter(|path| path.is_absolute());
                taken(&mut command, path, "command", Requirement::Path, value)
            }
            Some("from") => {
                let address = value.text().filter(|text| is_address(text)).map(str::to_owned);
                taken(&mut from, address, "from", Requirement::MailAddress, value)
            }
            Some("domain") => {
                let name = value.text().filter(|text| is_domain(text)).map(str::to_owned);
                taken(&mut domain, name, "domain", Requirement::MailDomain, value)
            }
            Some(other) => {
                Err(Error::unknown(Name::Key, other, DOCUMENTATION.iter().map(|key| key.name).collect()))
            }
        };
        let invalid = |problem| ConfigError::Invalid { path: path.into(), problem };
        each_key(text, &mut set).map_err(invalid)?;
        let is_in_section = |path: &str, _: Option<Value<'_>>| path.split('.').next() == Some("mail");
        match (command, line_where(text, &is_in_section)) {
            (Some(command), _) => Ok(Some(Self { command, from, domain })),
            (None, Some(line)) => Err(invalid(Problem { line, error: Error::Missing("mail", "command") })),
            (None, None) => Ok(None),
        }
    }

    /// The address of a user; `None` where the name can be none. A name that is an address already stays as it is.
    #[must_use]
    pub fn address_of(&self, user: &str) -> Option<String> {
        match (user.contains('@'), &self.domain) {
            (true, _) => is_address(user).then(|| user.to_owned()),
            (false, None) => is_local_part(user).then(|| user.to_owned()),
            (false, Some(domain)) => is_local_part(user).then(|| format!("{user}@{domain}")),
        }
    }
}

fn taken<T>(
    target: &mut Option<T>,
    parsed: Option<T>,
    key: &'static str,
    must: Requirement,
    value: Value<'_>,
) -> Result<(), Error> {
    *target = Some(parsed.ok_or_else(|| Error::Value { key, must, found: value.found() })?);
    Ok(())
}

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, without its brackets).
const LONGEST: usize = 254;
/// The longest part before the @ (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;

/// An address in which nothing needs quotes, and which no program takes for an option, a header, a list or a command.
fn is_address(text: &str) -> bool {
    let is_whole = |(local, domain): (&str, &str)| is_local_part(local) && is_domain(domain);
    text.len() <= LONGEST && text.split_once('@').is_some_and(is_whole)
}

fn is_local_part(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    text.len() <= LONGEST_LOCAL_PART
        && text.bytes().all(is_plain)
        && !text.starts_with(['-', '+'])
        && text.split('.').all(|part| !part.is_empty())
}

fn is_domain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= LONGEST && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Mail>, String> {
        Mail::parse(text, Path::new("x.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_section_is_read_by_itself_and_a_mistake_in_it_is_no_mistake_of_the_rest() {
        assert_eq!(parse("tries = 3\n"), Ok(None));
        let command = PathBuf::from("/usr/sbin/sendmail");
        let text = "windw = 1\n[mail]\ncommand = \"/usr/sbin/sendmail\"\n";
        assert_eq!(parse(text), Ok(Some(Mail { command: command.clone(), from: None, domain: None })));
        let whole = "mail.command = \"/usr/sbin/sendmail\"\n[mail]\n";
        assert!(parse(whole).is_err(), "the section twice");
        let whole = "[mail]\ncommand = \"/usr/sbin/sendmail\"\nfrom = \"otp@example.org\"\ndomain = \"example.org\"\n";
        let mail = Mail { command, from: Some("otp@example.org".into()), domain: Some("example.org".into()) };
        assert_eq!(parse(whole), Ok(Some(mail)));
        for (wrong, why) in [
            ("[mail]\n", "x.toml:1: [mail] needs the key command"),
            ("[mail]\nfrom = \"a@b\"\n", "x.toml:1: [mail] needs the key command"),
            ("[mail]\ncomand = \"/x\"\n", "x.toml:2: unknown key \"comand\"; did you mean \"command\"?"),
            (
                "[mail]\ncommand = \"sendmail -t\"\n",
                "x.toml:2: command must be a path that begins with /, not \"sendmail -t\"",
            ),
            (
                "[mail]\ncommand = [\"/x\"]\n",
                "x.toml:2: command must be a path that begins with /, not a list",
            ),
            (
                "[mail]\ncommand = \"/x\"\nfrom = \"Otp <otp@example.org>\"\n",
                "x.toml:3: from must be a mail address, written like \"otp@example.org\", not \"Otp <otp@example.org>\"",
            ),
            (
                "[mail]\ncommand = \"/x\"\ndomain = \"@example.org\"\n",
                "x.toml:3: domain must be a domain, written like \"example.org\", not \"@example.org\"",
            ),
        ] {
            assert_eq!(parse(wrong), Err(why.to_owned()));
            // No login is refused for it.
            assert_eq!(Config::parse(wrong, Path::new("x.toml")).ok(), Some(Config::default()), "{wrong}");
        }
        assert!(Config::parse("[service.sshd.mail]\ncommand = \"/x\"\n", Path::new("x.toml")).is_err());
        assert!(Config::parse("mail = \"/x\"\n", Path::new("x.toml")).is_err());
    }

    #[test]
    fn a_name_is_an_address_or_none() {
        let plain = Mail { command: "/x".into(), from: None, domain: None };
        let at = Mail { domain: Some("example.org".into()), ..plain.clone() };
        for (user, address, with_domain) in [
            ("anna", "anna", "anna@example.org"),
            ("anna.smith", "anna.smith", "anna.smith@example.org"),
            ("_build-1", "_build-1", "_build-1@example.org"),
            ("anna@uni.example", "anna@uni.example", "anna@uni.example"),
        ] {
            assert_eq!(plain.address_of(user).as_deref(), Some(address));
            assert_eq!(at.address_of(user).as_deref(), Some(with_domain));
        }
        let long = "a".repeat(65);
        for user in [
            "",
            "-t",
            "-oQ/tmp",
            "a b",
            "a,b",
            "a\nBcc: x",
            "a\r",
            "a;b",
            "|sh",
            "/etc/passwd",
            ":include:/x",
            "\"a\"",
            "a<b>",
            "(a)",
            "DOM\\anna",
            "w00t$",
            "ž",
            "a@b@c",
            "@b",
            "a@",
            "a@-b",
            "a@b..c",
            ".a",
            "a.",
            "a..b",
            "+a",
            "a%b",
            "a!b",
            "a`b",
            &long,
        ] {
            assert_eq!((plain.address_of(user), at.address_of(user)), (None, None), "{user}");
        }
    }
}
