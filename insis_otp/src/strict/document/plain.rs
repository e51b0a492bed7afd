//! Documents in their plain form, in one go over their bytes.
//!
//! Nearly all of a settings file and of a secret file's head is blank lines, comments, headers of bare words, and bare keys with
//! a text, a number, a flag or a list of texts, none with an escape. These mean in TOML just what they show. The parser takes
//! them apart into tokens, events and decoded values, which took longer than all else that a login computes. Whatever is not
//! plain, and whatever is wrong, is left to the parser as a whole: nothing is refused here, and no error told.

use std::borrow::Cow;

use toml_parser::{ParseError, Source};

use super::{Document, Found, Reader, controls_of};

/// More settings than the shipped file has: the vectors for them are made once.
const USUAL: usize = 32;

/// The document, if it is plain and nothing is wrong with it.
pub(super) fn read(text: &str) -> Option<Document<'_>> {
    let mut cursor = Cursor { text, at: 0 };
    let mut reader = Reader::new(Source::new(text), USUAL);
    let mut error: Option<ParseError> = None;
    cursor.skip_to_word()?;
    while let Some(byte) = cursor.peek() {
        if byte == b'[' {
            cursor.header(&mut reader)?;
            reader.open(&mut error);
        } else {
            cursor.key(&mut reader)?;
            let value = cursor.value()?;
            reader.add_value(value, &mut error);
        }
        cursor.end_of_line()?;
        cursor.skip_to_word()?;
    }
    error.is_none().then_some(reader.document)
}

/// A text, and the byte of it that is read next.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes over that byte, if it is the next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Goes over blank lines and comments.
    fn skip_to_word(&mut self) -> Option<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n') => self.at += 1,
                Some(b'\r' | b'#') => self.end_of_line()?,
                _ => return Some(()),
            }
        }
    }

    /// Goes over what may stand behind a value: blanks, a comment, the end of the line.
    fn end_of_line(&mut self) -> Option<()> {
        self.skip_blanks();
        if self.peek() == Some(b'#') {
            self.skip_comment();
        }
        let is_return = self.take(b'\r');
        (self.take(b'\n') || !is_return && self.peek().is_none()).then_some(())
    }

    /// Goes to the first byte that a comment cannot have: eight at once, as most of a text is read.
    fn skip_comment(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(eight) = bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let controls = controls_of(u64::from_le_bytes(*eight));
            self.at += controls.trailing_zeros() as usize / 8;
            if controls != 0 && !self.take(b'\t') {
                return;
            }
        }
        while self.peek().is_some_and(is_textual) {
            self.at += 1;
        }
    }

    /// A header of bare words, with one dot between two.
    fn header(&mut self, reader: &mut Reader<'t>) -> Option<()> {
        self.at += 1;
        loop {
            self.bare_word(reader)?;
            if !self.take(b'.') {
                return self.take(b']').then_some(());
            }
        }
    }

    /// A bare key, and the sign behind it.
    fn key(&mut self, reader: &mut Reader<'t>) -> Option<()> {
        self.bare_word(reader)?;
        self.skip_blanks();
        self.take(b'=').then(|| self.skip_blanks())
    }

    fn bare_word(&mut self, reader: &mut Reader<'t>) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'_' | b'A'..=b'Z' | b'0'..=b'9' | b'-')) {
            self.at += 1;
        }
        let word = self.since(start).filter(|word| !word.is_empty())?;
        reader.add_to_key(Cow::Borrowed(word), start);
        Some(())
    }

    fn value(&mut self) -> Option<Found<'t>> {
        match self.peek()? {
            b'"' => self.quoted().map(Found::Text),
            b'[' => self.list(),
            b'0'..=b'9' => self.number(),
            _ => self.flag(),
        }
    }

    /// A text in double quotes, without escapes. (Of three quotes the third follows an empty text, and nothing may.)
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        self.take(b'"').then_some(())?;
        let start = self.at;
        while self.peek().is_some_and(|byte| is_textual(byte) && byte != b'"' && byte != b'\\') {
            self.at += 1;
        }
        let text = self.since(start)?;
        self.take(b'"').then_some(Cow::Borrowed(text))
    }

    /// Texts in double quotes, on as many lines as it likes.
    fn list(&mut self) -> Option<Found<'t>> {
        self.at += 1;
        let mut texts = Vec::new();
        self.skip_to_word()?;
        while !self.take(b']') {
            texts.push(self.quoted()?);
            self.skip_to_word()?;
            if !self.take(b',') && self.peek() != Some(b']') {
                return None;
            }
            self.skip_to_word()?;
        }
        Some(Found::Texts(texts))
    }

    /// A decimal number without leading zeros; a sign, a point or an underscore does not end the line.
    fn number(&mut self) -> Option<Found<'t>> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = self.since(start).filter(|digits| *digits == "0" || !digits.starts_with('0'))?;
        digits.parse().ok().map(Found::Number)
    }

    fn flag(&mut self) -> Option<Found<'t>> {
        let rest = self.text.get(self.at..)?;
        let flag = [("true", true), ("false", false)].into_iter().find(|(word, _)| rest.starts_with(word));
        let (word, flag) = flag?;
        self.at += word.len();
        Some(Found::Flag(flag))
    }

    fn since(&self, start: usize) -> Option<&'t str> {
        self.text.get(start..self.at)
    }
}

/// Whether a byte may stand in comments and texts: all but control characters, of which there may be tabs.
fn is_textual(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f || byte == b'\t'
}
