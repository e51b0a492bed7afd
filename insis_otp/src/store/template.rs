//! Where a person's secret file is: a path with places for the user's name, id or home.

use std::path::PathBuf;

use super::SecretFile;
use crate::store::Account;

/// A path template: `%u` user name, `%U` user id, `%h` home directory, `%%` a percent sign.
///
/// ```
/// use insis_otp::store::{InvalidTemplate, Template};
///
/// assert_eq!(Template::system().to_string(), "/var/lib/insis-otp/%u");
/// assert!(Template::parse("%h/.config/insis-otp")?.is_home());
/// assert_eq!(Template::parse("/etc/otp"), Err(InvalidTemplate::NoPlace));
/// assert_eq!(Template::parse("/home/../%u"), Err(InvalidTemplate::NotPlain));
/// # Ok::<(), InvalidTemplate>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    User,
    Uid,
    Home,
}

/// A template that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidTemplate {
    /// A percent sign before another letter.
    UnknownPlace,
    /// Everybody would share one file.
    NoPlace,
    /// A relative path, or `%h` elsewhere than in front.
    NotAbsolute,
    /// `..`, an empty component, or a control character.
    NotPlain,
}

impl Template {
    /// The directory of the system store.
    pub const SYSTEM_DIRECTORY: &str = "/var/lib/insis-otp";

    /// The system store.
    #[must_use]
    pub fn system() -> Self {
        Self { parts: vec![Part::Text(format!("{}/", Self::SYSTEM_DIRECTORY)), Part::User] }
    }

    /// Reads a template.
    ///
    /// # Errors
    /// It is no absolute, plain path with a place for the user.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let placeholder = match letter {
                '%' => match letters.next() {
                    Some('u') => Part::User,
                    Some('U') => Part::Uid,
                    Some('h') => Part::Home,
                    Some('%') => {
                        plain.push('%');
                        continue;
                    }
                    _ => return Err(InvalidTemplate::UnknownPlace),
                },
                other => {
                    plain.push(other);
                    continue;
                }
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(placeholder);
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self { parts }.checked(text)
    }

    fn checked(self, text: &str) -> Result<Self, InvalidTemplate> {
        let homes = self.parts.iter().filter(|p| **p == Part::Home).count();
        let from_home = self.parts.first() == Some(&Part::Home) && text.starts_with("%h/");
        if !self.parts.iter().any(|p| !matches!(p, Part::Text(_))) {
            return Err(InvalidTemplate::NoPlace);
        }
        if !(text.starts_with('/') && homes == 0 || from_home && homes == 1) {
            return Err(InvalidTemplate::NotAbsolute);
        }
        let mut components = text.split('/').skip(1);
        if text.chars().any(char::is_control) || components.any(|c| matches!(c, "" | "." | "..")) {
            return Err(InvalidTemplate::NotPlain);
        }
        Ok(self)
    }

    /// Whether secret files are in homes, and so opened with the user's identity.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.parts.contains(&Part::Home)
    }

    /// The secret file of a person.
    #[must_use]
    pub fn locate(&self, account: &Account) -> SecretFile {
        let mut path = PathBuf::new().into_os_string();
        for part in &self.parts {
            match part {
                Part::Text(text) => path.push(text),
                Part::User => path.push(account.name.as_str()),
                Part::Uid => path.push(account.uid.to_string()),
                Part::Home => path.push(&account.home),
            }
        }
        SecretFile::new(path.into(), account.clone(), self.is_home())
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace('%', "%%")),
            Part::User => f.write_str("%u"),
            Part::Uid => f.write_str("%U"),
            Part::Home => f.write_str("%h"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use nix::unistd::{Gid, Uid};

    use super::*;
    use crate::record::UserName;

    #[test]
    fn places_are_filled_once() {
        let account = Account {
            name: UserName::parse("a%U").unwrap(),
            uid: Uid::from_raw(1007),
            gid: Gid::from_raw(1007),
            home: "/home/%u".into(),
        };
        let path = |t: &str| Template::parse(t).unwrap().locate(&account).path().to_owned();
        assert_eq!(path("/var/lib/insis-otp/%u"), Path::new("/var/lib/insis-otp/a%U"));
        assert_eq!(path("/x/%U/100%%"), Path::new("/x/1007/100%"));
        assert_eq!(path("%h/.insis-otp"), Path::new("/home/%u/.insis-otp"));
        assert_eq!(Template::parse("/var/lib/insis-otp/%u"), Ok(Template::system()));
        assert_eq!(Template::parse("/x/%U/100%%").unwrap().to_string(), "/x/%U/100%%");
    }

    #[test]
    fn useless_templates_are_refused() {
        use InvalidTemplate::{NoPlace, NotAbsolute, NotPlain, UnknownPlace};
        let cases = [
            ("", NoPlace),
            ("/etc/otp", NoPlace),
            ("%u", NotAbsolute),
            ("otp/%u", NotAbsolute),
            ("/x/%h/y", NotAbsolute),
            ("%h", NotAbsolute),
            ("%hx/%u", NotAbsolute),
            ("/x/%q", UnknownPlace),
            ("/x/%", UnknownPlace),
            ("/x/../%u", NotPlain),
            ("/x//%u", NotPlain),
            ("/x/%u/", NotPlain),
            ("/x/\n%u", NotPlain),
        ];
        for (text, wrong) in cases {
            assert_eq!(Template::parse(text), Err(wrong), "{text:?}");
        }
    }
}
