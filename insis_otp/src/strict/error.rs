//! What is wrong with a setting: what must be and what was found, and the word that was probably meant.

use std::fmt::{self, Display};

/// What is wrong with a setting, in a sentence that names it: `tries must be between 1 and 10, not 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The sentence.
    pub message: String,
    /// The right word that was probably meant, where one is near.
    pub suggestion: Option<&'static str>,
}

impl Error {
    /// Something else that is wrong.
    #[must_use]
    pub const fn new(message: String) -> Self {
        Self { message, suggestion: None }
    }

    /// A word that is none of the right ones: `unknown key "windw"; did you mean "window"?`.
    #[must_use]
    pub fn unknown(what: &str, word: &str, right: &[&'static str]) -> Self {
        let suggestion = nearest(word, right);
        let remedy = match suggestion {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => format!("the right ones are {}", right.join(", ")),
        };
        Self { message: format!("unknown {what} {:?}; {remedy}", shortened(word)), suggestion }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What is wrong with a text, and in which line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub error: Error,
}

/// The nearest of the right words, when one is near: a third of the letters may be others, and one more.
#[must_use]
pub fn nearest<'w>(word: &str, right: &[&'w str]) -> Option<&'w str> {
    let (distance, nearest) = right.iter().map(|right| (strsim::osa_distance(word, right), *right)).min()?;
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
        let near = Error::unknown("key", "windw", &keys);
        assert_eq!(near.to_string(), "unknown key \"windw\"; did you mean \"window\"?");
        assert_eq!(near.suggestion, Some("window"));
        let far = Error::unknown("key", "zebra", &keys);
        assert_eq!(far.to_string(), "unknown key \"zebra\"; the right ones are tries, window");
        assert_eq!(far.suggestion, None);
    }

    #[test]
    fn messages_do_not_grow_with_what_was_found() {
        let long = "ž".repeat(60_000);
        assert!(Error::unknown("key", &long, &["tries"]).message.len() < 200);
        assert_eq!(shortened("tries"), "tries");
    }
}
