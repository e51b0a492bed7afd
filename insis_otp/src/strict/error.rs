//! What is wrong with a setting: what must be and what was found, and the word that was probably meant.

use std::fmt::{self, Display};

/// What is wrong with a setting. Displayed as the log has it, in English: `tries must be between 1 and 10, not 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The text is not TOML, or has what no setting can be. As the parser says it, or one of [`syntax`].
    Syntax(String),
    /// A word that is none of the right ones.
    Unknown {
        /// What it should name.
        what: Name,
        /// The word, shortened.
        word: String,
        /// The right ones.
        right: Vec<&'static str>,
    },
    /// A section that is none for a service, nor another one that there is; its name, shortened.
    Section(String),
    /// A section needs a key, and has it not.
    Missing(&'static str, &'static str),
    /// The section of the directory needs the keys of one of two kinds, and has none of them.
    MissingIdentity,
    /// A setting, as it is written, needs a section, and there is none.
    MissingSection(&'static str, &'static str),
    /// Two settings that cannot be used together, as they are written.
    NotTogether(&'static str, &'static str),
    /// A value that the key does not take.
    Value {
        /// The key.
        key: &'static str,
        /// What it takes.
        must: Requirement,
        /// What was found.
        found: Found,
    },
    /// A key for single services that was set for all.
    OnlyForService(&'static str),
    /// A key for the whole site in a section.
    OnlyForSite(&'static str),
}

/// What a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A key of the file.
    Key,
    /// An argument of the module.
    Argument,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A number, from the first to the second.
    Number(u64, u64),
    /// The same, where no number was found.
    WholeNumber(u64, u64),
    /// Yes or no.
    Flag,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A length of time, from the first to the second; as they are written.
    Time(&'static str, &'static str),
    /// The same, or `"off"`.
    TimeOrOff(&'static str, &'static str),
    /// A day.
    Day,
    /// A text for a terminal, of so many bytes at most.
    Text(usize),
    /// The same without colons.
    TextWithoutColon(usize),
    /// An absolute path.
    Path,
    /// A template of paths, where none was found.
    Template,
    /// One with a letter that stands for something after each percent sign.
    TemplateLetters,
    /// One that is another path for each user.
    TemplateUser,
    /// One that begins in the right place.
    TemplateBeginning,
    /// One that is a plain path.
    TemplatePlain,
    /// A list of names, each with or without a day, where none was found.
    Deadlines,
    /// One without this text, which has no day behind its "from", or no name.
    DeadlinesWithout(String),
    /// A list of texts.
    List,
    /// A list of networks, where none was found.
    Networks,
    /// One without this text, which is no network.
    NetworksWithout(String),
    /// One without this text, which is a network and an address in it.
    NetworksWithoutAddress(String),
    /// An address that begins with this.
    Address(&'static str),
    /// What shows that a second factor was used.
    MfaProof,
    /// The servers of a directory.
    Servers,
    /// The name of an attribute.
    AttributeName,
    /// A mail address.
    MailAddress,
    /// The domain of a mail address.
    MailDomain,
}

/// What was found instead of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: a module argument without a value.
    Nothing,
    /// A list.
    List,
    /// This, as it is written and shortened.
    Written(String),
    /// What the requirement names already.
    Named,
}

/// What has no place in settings, in the words that stand in the log.
pub mod syntax {
    /// A control character.
    pub const CONTROL: &str = "control characters must be written as escapes (\\u001b)";
    /// A key of more parts than any has.
    pub const PARTS: &str = "this has too many parts";
    /// A key that was set before.
    pub const TWICE: &str = "this is there twice";
    /// A table that was there before.
    pub const TABLE_TWICE: &str = "this table is there twice";
    /// More settings than any site has.
    pub const SETTINGS: &str = "there are too many settings";
    /// More tables than any site has.
    pub const TABLES: &str = "there are too many tables";
    /// A list of tables.
    pub const LIST_OF_TABLES: &str = "there are no lists of tables here";
    /// A table as a value.
    pub const INLINE_TABLE: &str = "there are no tables within values here";
    /// A list in a list.
    pub const LIST_IN_LIST: &str = "there are no lists within lists here";
    /// A word that is none of TOML's.
    pub const UNQUOTED: &str = "a text must stand in quotes";
    /// A word that may have been meant as one of TOML's.
    pub const FLAG_OR_UNQUOTED: &str = "this must be true or false, or a text in quotes";
    /// Nothing behind the sign.
    pub const NO_VALUE: &str = "the value is missing";
}

impl Error {
    /// A word that is none of the right ones.
    #[must_use]
    pub fn unknown(what: Name, word: &str, right: Vec<&'static str>) -> Self {
        Self::Unknown { what, word: shortened(word).to_owned(), right }
    }

    /// The right word that was probably meant, where one is near.
    #[must_use]
    pub fn suggestion(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { word, right, .. } => nearest(word, right),
            Self::Value { must: Requirement::Words(words), found: Found::Written(written), .. } => {
                nearest(written.trim_matches('"'), words)
            }
            _ => None,
        }
    }
}

/// `unknown key "windw"; did you mean "window"?`
impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => f.write_str(why),
            Self::Unknown { what, word, right } => {
                write!(f, "unknown {what} {word:?}; ")?;
                match nearest(word, right) {
                    Some(nearest) => write!(f, "did you mean \"{nearest}\"?"),
                    None => write!(f, "the right ones are {}", right.join(", ")),
                }
            }
            Self::Section(name) => {
                write!(
                    f,
                    "unknown section [{name}]; the right ones are [service.NAME], \
                           [identity_provider], [fleet] and [mail]"
                )
            }
            Self::Missing(section, key) => write!(f, "[{section}] needs the key {key}"),
            Self::MissingIdentity => f.write_str(
                "[fleet] needs the key bind_dn with password_file, or certificate_file with key_file",
            ),
            Self::MissingSection(setting, section) => write!(f, "{setting} needs the section [{section}]"),
            Self::NotTogether(one, other) => write!(f, "{one} and {other} cannot be used together"),
            Self::Value { key, must, found } => {
                write!(f, "{key} must {must}")?;
                match found {
                    Found::Nothing => write!(f, ": write {key}=VALUE"),
                    Found::List => f.write_str(", not a list"),
                    Found::Written(written) => write!(f, ", not {written}"),
                    Found::Named => Ok(()),
                }
            }
            Self::OnlyForService(key) => {
                write!(f, "{key} can only be set for a service, in a section [service.NAME]")
            }
            Self::OnlyForSite(key) => {
                write!(f, "{key} is for the whole site and cannot stand in a section")
            }
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Argument => "argument",
        })
    }
}

/// What a value must be, after "must".
impl Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(least, most) => write!(f, "be between {least} and {most}"),
            Self::WholeNumber(least, most) => write!(f, "be a whole number between {least} and {most}"),
            Self::Words(words) => write!(f, "be \"{}\"", words.join("\" or \"")),
            Self::Time(least, most) => time(f, "", least, most),
            Self::TimeOrOff(least, most) => time(f, "\"off\" or ", least, most),
            Self::Text(longest) => text(f, *longest, ""),
            Self::TextWithoutColon(longest) => {
                text(f, *longest, " and without a colon, at which apps split the label")
            }
            Self::NetworksWithout(text) => write!(
                f,
                "be a list of networks: {text:?} is not written like \"192.0.2.0/24\" or \"2001:db8::/32\""
            ),
            Self::NetworksWithoutAddress(text) => write!(
                f,
                "be a list of networks: {text:?} has bits set behind its prefix: is a single address meant?"
            ),
            Self::DeadlinesWithout(text) => {
                write!(
                    f,
                    "be a list of names: {text:?} is not written like \"anna\" or \"staff from 2027-01-31\""
                )
            }
            Self::Address(beginning) => {
                write!(f, "be an address that begins with {beginning}, without blanks, ?, # and @")
            }
            Self::MfaProof => f.write_str("be \"provider\", \"amr=VALUE\", \"acr=VALUE\" or \"acrs=VALUE\""),
            Self::Servers => f.write_str(
                "be a list of 1 to 8 servers: [\"ldaps://ldap.example.org\"], or \"ldap://\" for StartTLS",
            ),
            Self::AttributeName => f.write_str("be the name of an attribute: letters, digits and hyphens"),
            Self::MailAddress => f.write_str("be a mail address, written like \"otp@example.org\""),
            Self::MailDomain => f.write_str("be a domain, written like \"example.org\""),
            Self::Flag => f.write_str("be true or false"),
            Self::Day => f.write_str("be a day from 1970 on, written like \"2027-01-31\""),
            Self::Path => f.write_str("be a path that begins with /"),
            Self::Template => f.write_str("be a path with %u, %U or %h in it"),
            Self::TemplateLetters => f.write_str("have u (user), U (user id), h (home) or % after each %"),
            Self::TemplateUser => {
                f.write_str("have %u, %U or %h in it, or everybody would share one secret file")
            }
            Self::TemplateBeginning => f.write_str("begin with / or with %h/, and have %h nowhere else"),
            Self::TemplatePlain => f.write_str("be a plain path: no .., no //, no control characters"),
            Self::Deadlines => f.write_str("be a list of names: [\"anna\", \"staff from 2027-01-31\"]"),
            Self::List => f.write_str("be a list of texts: [\"one\", \"two\"]"),
            Self::Networks => f.write_str("be a list of networks: [\"192.0.2.0/24\"]"),
        }
    }
}

fn time(f: &mut fmt::Formatter<'_>, or: &str, least: &str, most: &str) -> fmt::Result {
    write!(f, "be {or}a time between \"{least}\" and \"{most}\", written like \"30s\", \"5m\" or \"8h\"")
}

fn text(f: &mut fmt::Formatter<'_>, longest: usize, more: &str) -> fmt::Result {
    write!(f, "be a text of 1 to {longest} bytes without control characters{more}")
}

/// What is wrong with a text, and in which line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub error: Error,
}

/// The nearest of the right words, when one is near: a third of the letters may be others, and one more. What exempts somebody
/// is offered only to who means to exempt: else `admin_groups` would be answered with `exempt_groups`, and who takes that
/// advice asks administrators for no code.
#[must_use]
pub fn nearest<'w>(word: &str, right: &[&'w str]) -> Option<&'w str> {
    const EXEMPT: &str = "exempt";
    const LETTERS_OFF: usize = 1;
    let verb = word.get(..EXEMPT.len() + LETTERS_OFF).unwrap_or(word).split('_').next().unwrap_or_default();
    let exempts = strsim::osa_distance(verb, EXEMPT) <= LETTERS_OFF;
    let right = right.iter().filter(|right| exempts || !right.starts_with(EXEMPT));
    let (distance, nearest) = right.map(|right| (strsim::osa_distance(word, right), *right)).min()?;
    (distance <= 1 + word.len() / 3).then_some(nearest)
}

/// As much of a text as a message has space for.
pub(super) fn shortened(text: &str) -> &str {
    const LONGEST: usize = 40;
    text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_right_word_is_offered() {
        let keys = ["tries", "window"];
        assert_eq!(nearest("windw", &keys), Some("window"));
        assert_eq!(nearest("zebra", &keys), None);
        assert_eq!(nearest("windw", &[]), None);
        // Whoever takes the advice exempts nobody who is not to be exempt.
        let exempt = ["exempt_groups", "exempt_users", "required_groups"];
        for meant in ["admin_groups", "xempt", "root_groups", "groups"] {
            assert_eq!(nearest(meant, &exempt), None, "{meant}");
        }
        for meant in ["exempt_group", "excempt_groups", "exemptgroups", "exemt_groups"] {
            assert_eq!(nearest(meant, &exempt), Some("exempt_groups"), "{meant}");
        }
        let near = Error::unknown(Name::Key, "windw", keys.to_vec());
        assert_eq!(near.to_string(), "unknown key \"windw\"; did you mean \"window\"?");
        assert_eq!(near.suggestion(), Some("window"));
        let far = Error::unknown(Name::Key, "zebra", keys.to_vec());
        assert_eq!(far.to_string(), "unknown key \"zebra\"; the right ones are tries, window");
        assert_eq!(far.suggestion(), None);
    }

    #[test]
    fn messages_do_not_grow_with_what_was_found() {
        let long = "ž".repeat(60_000);
        assert!(Error::unknown(Name::Key, &long, vec!["tries"]).to_string().len() < 200);
        assert_eq!(shortened("tries"), "tries");
    }
}
