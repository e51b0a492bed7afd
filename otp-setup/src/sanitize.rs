//! Text from stores, homes and other programs, before it comes to a terminal or to a program.
//!
//! A control character in a name can clear the screen or type for the person; one that turns the direction of writing
//! makes a line read as another one. They are written as escapes, so that they are seen, and do nothing.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use insis_otp::otpauth::is_secret_like;

/// Whether text for people is to be ASCII: their terminal would show anything else as other letters.
static ASCII: AtomicBool = AtomicBool::new(false);

/// From here on, text for people is ASCII, accents left out and question marks for letters that have no such form: in locales
/// of other encodings than UTF-8.
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

/// A text whose foreign letters are replaced where the locale has no UTF-8, and which is left alone otherwise, whatever steers
/// in it: what was made harmless before, and what steers the terminal by intent.
pub fn readable(text: &str) -> Cow<'_, str> {
    escaped(text, is_foreign, |letter| without_accent(letter).to_owned())
}

/// Whether text for people is ASCII.
pub fn is_ascii_only() -> bool {
    ASCII.load(Ordering::Relaxed)
}

fn substitute(letter: char) -> String {
    if steers(letter) { letter.escape_unicode().to_string() } else { without_accent(letter).to_owned() }
}

/// Latin letters and marks as people write them where they have ASCII only.
const WITHOUT_ACCENTS: &[(&str, &str)] = &[
    ("A", "ÀÁÂÃÄÅĀĂĄ"),
    ("AE", "Æ"),
    ("C", "ÇĆĈĊČ"),
    ("D", "ÐĎĐ"),
    ("E", "ÈÉÊËĒĔĖĘĚ"),
    ("G", "ĜĞĠĢ"),
    ("H", "ĤĦ"),
    ("I", "ÌÍÎÏĨĪĬĮİ"),
    ("J", "Ĵ"),
    ("K", "Ķ"),
    ("L", "ĹĻĽĿŁ"),
    ("N", "ÑŃŅŇ"),
    ("O", "ÒÓÔÕÖØŌŎŐ"),
    ("OE", "Œ"),
    ("R", "ŔŖŘ"),
    ("S", "ŚŜŞŠȘ"),
    ("T", "ŢŤŦȚ"),
    ("U", "ÙÚÛÜŨŪŬŮŰŲ"),
    ("W", "Ŵ"),
    ("Y", "ÝŶŸ"),
    ("Z", "ŹŻŽ"),
    ("a", "àáâãäåāăą"),
    ("ae", "æ"),
    ("c", "çćĉċč"),
    ("d", "ðďđ"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņň"),
    ("o", "òóôõöøōŏő"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("u", "ùúûüũūŭůűų"),
    ("w", "ŵ"),
    ("y", "ýÿŷ"),
    ("z", "źżž"),
    ("\"", "“”„«»"),
    ("'", "‘’‚"),
    ("-", "–—−"),
    ("x", "×"),
    ("*", "•"),
    ("...", "…"),
    (" ", "\u{a0}"),
];

fn without_accent(letter: char) -> &'static str {
    let found = WITHOUT_ACCENTS.iter().find(|(_, letters)| letters.contains(letter));
    found.map_or("?", |(plain, _)| plain)
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
    fn letters_lose_their_accents_where_there_is_no_utf_8() {
        let plain = |text: &str| {
            let letter =
                |letter: char| if letter.is_ascii() { letter.to_string() } else { substitute(letter) };
            text.chars().map(letter).collect::<String>()
        };
        assert_eq!(
            plain("ŽLUŤOUČKÝ kůň příšerně úpěl ďábelské ódy"),
            "ZLUTOUCKY kun priserne upel dabelske ody"
        );
        assert_eq!(plain("„ano“ – Grüße…"), "\"ano\" - Grusse...");
        assert_eq!(plain("日\u{202e}"), "?\\u{202e}");
        // Every letter that is said in any language has its form.
        for text in crate::messages::Messages::every_text() {
            let foreign = text.chars().filter(|letter| !letter.is_ascii());
            assert_eq!(foreign.filter(|letter| without_accent(*letter) == "?").collect::<String>(), "");
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
