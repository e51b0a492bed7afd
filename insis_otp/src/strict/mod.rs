//! Reading TOML strictly: every key is known, every value has its type, every complaint names its line.

mod document;

use document::{Document, Found, Setting};

/// What is wrong with a text, and in which line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, with the key and what would be right.
    pub what: String,
}

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
    ///
    /// # Errors
    /// It is something else.
    pub fn text(self) -> Result<&'v str, String> {
        match self {
            Self::Toml(Found::Text(text)) => Ok(text),
            Self::Toml(_) => Err("needs a text in quotes".to_owned()),
            Self::Argument(text) => text.ok_or_else(|| "needs a value, written key=value".to_owned()),
        }
    }

    /// The value as a whole number that is not negative.
    ///
    /// # Errors
    /// It is something else.
    pub fn number(self) -> Result<u64, String> {
        let wrong = || "needs a whole number".to_owned();
        match self {
            Self::Toml(Found::Number(number)) => Ok(*number),
            Self::Toml(_) => Err(wrong()),
            Self::Argument(text) => {
                let text = text.filter(|t| t.bytes().all(|b| b.is_ascii_digit())).ok_or_else(wrong)?;
                text.parse().map_err(|_| wrong())
            }
        }
    }

    /// The value as yes or no. A module argument without value says yes.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(self) -> Result<bool, String> {
        match self {
            Self::Toml(Found::Flag(flag)) => Ok(*flag),
            Self::Argument(None | Some("true")) => Ok(true),
            Self::Argument(Some("false")) => Ok(false),
            Self::Toml(_) | Self::Argument(_) => Err("needs true or false".to_owned()),
        }
    }

    /// The value as a list of texts; a module argument separates them by commas.
    ///
    /// # Errors
    /// It is something else.
    pub fn list(self) -> Result<Vec<&'v str>, String> {
        let wrong = || "needs a list of texts: [\"one\", \"two\"]".to_owned();
        match self {
            Self::Toml(Found::Texts(texts)) => Ok(texts.iter().map(AsRef::as_ref).collect()),
            Self::Toml(_) => Err(wrong()),
            Self::Argument(text) => Ok(text.ok_or_else(wrong)?.split(',').collect()),
        }
    }
}

/// Calls `set` for every key of the document; then for those in sections `[service.NAME]`, as `service.NAME.KEY`, so
/// that everything for all services is set before anything for one.
///
/// # Errors
/// The first complaint in the order of the text: of the TOML parser, or of `set`.
pub fn each_key(
    text: &str,
    set: &mut dyn FnMut(&str, Value<'_>) -> Result<(), String>,
) -> Result<(), Problem> {
    let problem = |(place, what): (usize, String)| Problem { line: line_of(text, place), what };
    let document = Document::parse(text).map_err(problem)?;
    let stray = document.headers.iter().find(|header| !document.is_section(header));
    let mut first = stray.map(|header| {
        let name = document.name(&header.path);
        (header.place, format!("[{name}]: unknown section; the right ones are [service.NAME]"))
    });
    for in_sections in [false, true] {
        let these = |setting: &&Setting<'_>| document.is_in_section(setting) == in_sections;
        for setting in document.settings.iter().filter(these) {
            let key = document.name(&setting.path);
            if let Err(what) = set(&key, Value::Toml(&setting.value))
                && first.as_ref().is_none_or(|(before, _)| setting.place < *before)
            {
                first = Some((setting.place, format!("{key}: {what}")));
            }
        }
    }
    first.map_or(Ok(()), |first| Err(problem(first)))
}

/// What keys in sections begin with.
pub const SECTIONS: &str = "service.";

/// The line, counted from 1, in which a byte stands.
#[must_use]
pub fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

/// "unknown key; did you mean …?", with the nearest of the right words when one is near.
#[must_use]
pub fn unknown(what: &str, word: &str, right: &[&str]) -> String {
    let nearest = right.iter().map(|r| (strsim::osa_distance(word, r), r)).min();
    match nearest {
        Some((distance, right)) if distance <= 1 + word.len() / 3 => {
            format!("unknown {what}; did you mean \"{right}\"?")
        }
        _ => format!("unknown {what}; the right ones are {}", right.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_name_their_line() {
        let text = "a = 1\n\nb = \"x\"\nc = 3\n";
        let problem = each_key(text, &mut |key, value| match key {
            "b" => value.number().map(drop),
            _ => Ok(()),
        });
        assert_eq!(problem, Err(Problem { line: 3, what: "b: needs a whole number".into() }));
        let first = each_key("z = 1\na = 2\n", &mut |key, _| Err(format!("not {key}")));
        assert_eq!(first, Err(Problem { line: 1, what: "z: not z".into() }));
        assert_eq!(each_key("a = 1\na = 2\n", &mut |_, _| Ok(())).unwrap_err().line, 2);
        assert_eq!(each_key("\n\nx = = 3\n", &mut |_, _| Ok(())).unwrap_err().line, 3);
    }

    #[test]
    fn the_nearest_right_word_is_offered() {
        assert_eq!(unknown("key", "windw", &["tries", "window"]), "unknown key; did you mean \"window\"?");
        assert_eq!(
            unknown("key", "zebra", &["tries", "window"]),
            "unknown key; the right ones are tries, window"
        );
    }

    #[test]
    fn numbers_are_whole_and_not_negative() {
        for (text, ok) in
            [("x = 5", true), ("x = 0x1f", true), ("x = -1", false), ("x = 99999999999999999999", false)]
        {
            let read = each_key(text, &mut |_, value| value.number().map(drop));
            assert_eq!(read.is_ok(), ok, "{text}");
        }
        assert!(Value::Argument(Some("+5")).number().is_err());
        assert!(Value::Argument(Some("")).number().is_err());
    }
}
