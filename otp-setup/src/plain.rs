//! Text from stores, homes and other programs, before it comes to a terminal or to a program.
//!
//! A control character in a name can clear the screen or type for the person; one that turns the direction of writing
//! makes a line read as another one. They are written as escapes, so that they are seen, and do nothing.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use insis_otp::otpauth::is_secret_like;

/// Whether text for people is to be ASCII: their terminal would show anything else as other letters.
static ASCII: AtomicBool = AtomicBool::new(false);

/// From here on, text for people is ASCII, with question marks for other letters: in locales of other encodings than UTF-8.
pub fn only_ascii(only: bool) {
    ASCII.store(only, Ordering::Relaxed);
}

/// A text without anything that steers: what does is written as an escape. Ends of lines stay.
pub fn text(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\n' && (steers(letter) || is_foreign(letter)), substitute)
}

/// A name, in a single line.
pub fn name(name: &str) -> Cow<'_, str> {
    escaped(name, |letter| steers(letter) || is_foreign(letter), substitute)
}

/// A name in a single line that came from anywhere: where it might be a secret, dots stand for it.
pub fn unsecret(text: &str) -> Cow<'_, str> {
    if is_secret_like(text) { Cow::Borrowed("...") } else { name(text) }
}

fn substitute(letter: char) -> String {
    if steers(letter) { letter.escape_unicode().to_string() } else { "?".to_owned() }
}

fn is_foreign(letter: char) -> bool {
    !letter.is_ascii() && ASCII.load(Ordering::Relaxed)
}

/// JSON that says the same without anything that steers. Its ends of lines are between its values.
pub fn json(json: &str) -> Cow<'_, str> {
    let units = |letter: char| {
        let mut units = [0; 2];
        letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    escaped(json, |letter| letter != '\n' && steers(letter), units)
}

fn escaped(text: &str, which: impl Fn(char) -> bool, how: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(&which) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|letter| if which(letter) { how(letter) } else { letter.into() })
        .collect::<String>()
        .into()
}

/// Whether a letter is not there to be read: control characters, and those that are invisible, turn the direction of
/// writing, or end a line without being its end.
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_seen_and_does_nothing() {
        let hostile = "a\x1b[2J\u{9b}\x7f\r\t\u{202e}b\u{2066}\u{e0041}\nc";
        assert_eq!(text(hostile), "a\\u{1b}[2J\\u{9b}\\u{7f}\\u{d}\\u{9}\\u{202e}b\\u{2066}\\u{e0041}\nc");
        assert!(name(hostile).ends_with("\\u{a}c"));
        for kind in ["Příliš žluťoučký kůň", "日本 \\ \"x\" 'y'", "العربية"] {
            assert!(matches!(text(kind), Cow::Borrowed(_)), "{kind}");
        }
    }

    #[test]
    fn json_says_the_same() {
        let value = serde_json::json!({ "a": "\x1b\u{9b}\x7f\u{202e}\u{e0041}\n\"", "b": ["\u{2028}"] });
        let written = serde_json::to_string_pretty(&value).unwrap();
        let safe = json(&written);
        assert!(!safe.chars().any(|letter| letter != '\n' && steers(letter)), "{safe:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
}
