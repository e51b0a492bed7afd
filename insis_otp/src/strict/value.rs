//! A value, from a TOML file or from a module argument.

use super::document::Found;
use super::error::{self, shortened};

/// A value as a setting sees it, from a TOML file or from a module argument.
#[derive(Clone, Copy, Debug)]
pub enum Value<'v> {
    /// A TOML value.
    Toml(&'v Found<'v>),
    /// The text after `=` in a module argument; `None` for an argument without one.
    Argument(Option<&'v str>),
}

impl<'v> Value<'v> {
    /// The value as text.
    #[must_use]
    pub fn text(self) -> Option<&'v str> {
        match self {
            Self::Toml(Found::Text(text)) => Some(text),
            Self::Toml(_) => None,
            Self::Argument(text) => text,
        }
    }

    /// The value as a whole number that is not negative.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Toml(Found::Number(number)) => Some(*number),
            Self::Toml(_) => None,
            Self::Argument(text) => text.filter(|text| is_number(text))?.parse().ok(),
        }
    }

    /// The value as yes or no. A module argument without value says yes.
    #[must_use]
    pub fn flag(self) -> Option<bool> {
        match self {
            Self::Toml(Found::Flag(flag)) => Some(*flag),
            Self::Argument(None | Some("true")) => Some(true),
            Self::Argument(Some("false")) => Some(false),
            Self::Toml(_) | Self::Argument(_) => None,
        }
    }

    /// The value as a list of texts; a module argument separates them by commas.
    #[must_use]
    pub fn list(self) -> Option<Vec<&'v str>> {
        match self {
            Self::Toml(Found::Texts(texts)) => Some(texts.iter().map(AsRef::as_ref).collect()),
            Self::Toml(_) => None,
            Self::Argument(text) => Some(text?.split(',').collect()),
        }
    }

    /// What was found, as a message shows it: short, texts in quotes.
    #[must_use]
    pub fn found(self) -> error::Found {
        error::Found::Written(match self {
            Self::Argument(None) => return error::Found::Nothing,
            Self::Toml(Found::Texts(_) | Found::List) => return error::Found::List,
            Self::Toml(Found::Number(number)) => number.to_string(),
            Self::Toml(Found::Flag(flag)) => flag.to_string(),
            Self::Toml(Found::Other(text)) => shortened(text).to_owned(),
            Self::Argument(Some(text)) if is_number(text) && !text.is_empty() => shortened(text).to_owned(),
            Self::Toml(Found::Text(_)) | Self::Argument(_) => {
                format!("{:?}", shortened(self.text().unwrap_or_default()))
            }
        })
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::{Error, each_key};
    use super::*;

    fn shown(toml: &str) -> error::Found {
        let mut shown = error::Found::Named;
        let mut note = |_: &str, value: Value<'_>| -> Result<(), Error> {
            shown = value.found();
            Ok(())
        };
        each_key(&format!("x = {toml}"), &mut note).unwrap();
        shown
    }

    fn written(text: &str) -> error::Found {
        error::Found::Written(text.to_owned())
    }

    #[test]
    fn what_was_found_is_shown_as_it_is_written() {
        for text in ["0", "true", "-1", "99999999999999999999", "1.5", "1979-05-27", "\"many\"", "\"a\\nb\""]
        {
            assert_eq!(shown(text), written(text));
        }
        let list = error::Found::List;
        assert_eq!([shown("[]"), shown("[1]"), shown("0x1f")], [list.clone(), list, written("31")]);
        assert_eq!(shown(&format!("-{}", "9".repeat(1000))), written(&format!("-{}", "9".repeat(39))));
        for (argument, text) in [("0", "0"), ("many", "\"many\""), ("", "\"\"")] {
            assert_eq!(Value::Argument(Some(argument)).found(), written(text));
        }
        assert_eq!(Value::Argument(None).found(), error::Found::Nothing);
    }

    #[test]
    fn numbers_are_whole_and_not_negative() {
        for (text, number) in
            [("5", Some(5)), ("0x1f", Some(31)), ("-1", None), ("99999999999999999999", None), ("1.0", None)]
        {
            let mut read = None;
            each_key(&format!("x = {text}"), &mut |_, value| {
                read = value.number();
                Ok(())
            })
            .unwrap();
            assert_eq!(read, number, "{text}");
        }
        assert_eq!(Value::Argument(Some("+5")).number(), None);
        assert_eq!(Value::Argument(Some("")).number(), None);
    }
}
