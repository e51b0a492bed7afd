//! A line while it is typed.

use zeroize::Zeroizing;

/// What a key did.
#[derive(Debug, PartialEq, Eq)]
pub enum Key {
    /// The line has changed, or not.
    Edited,
    /// The line is done.
    Done,
    /// ^C or ^\.
    Interrupt,
    /// ^D on an empty line.
    EndOfInput,
}

/// The line so far, byte by byte, and where in an escape sequence we are.
pub struct Line {
    bytes: Zeroizing<Vec<u8>>,
    escape: Escape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Within,
}

impl Line {
    /// No answer is longer: longer ones are cut.
    const LONGEST: usize = 256;

    /// Nothing typed yet.
    pub fn new() -> Self {
        // Of the final size at once, so that no grown-out-of copy is left behind.
        Self { bytes: Zeroizing::new(Vec::with_capacity(Self::LONGEST)), escape: Escape::None }
    }

    /// Takes a byte of what the terminal sends.
    pub fn take(&mut self, byte: u8) -> Key {
        if self.skipped(byte) {
            return Key::Edited;
        }
        match byte {
            b'\r' | b'\n' => return Key::Done,
            0x03 | 0x1c => return Key::Interrupt,
            0x04 if self.bytes.is_empty() => return Key::EndOfInput,
            0x08 | 0x7f => self.rub_out(),
            // ^U and ^W: the line, the word; what is typed here is one word or two.
            0x15 | 0x17 => self.bytes.clear(),
            b'\t' => self.push(b' '),
            0x00..=0x1f => {}
            _ => self.push(byte),
        }
        Key::Edited
    }

    /// Arrow keys and the like send sequences that are no text.
    fn skipped(&mut self, byte: u8) -> bool {
        let (skip, next) = match (self.escape, byte) {
            (Escape::None, 0x1b) => (true, Escape::Begun),
            (Escape::None, _) => (false, Escape::None),
            (Escape::Begun, b'[' | b'O') => (true, Escape::Within),
            (Escape::Begun, 0x20..=0x7e) => (true, Escape::None),
            // A bare escape key before Enter or ^C must not swallow these.
            (Escape::Begun | Escape::Within, 0x00..=0x1f) => (byte == 0x1b, Escape::None),
            (Escape::Within, 0x40..=0x7e) => (true, Escape::None),
            (state, _) => (true, state),
        };
        self.escape = next;
        skip
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < Self::LONGEST {
            self.bytes.push(byte);
        }
    }

    /// Takes back the last letter, all of its bytes.
    fn rub_out(&mut self) {
        while self.bytes.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {}
    }

    /// The line as text; what is no UTF-8 becomes question marks, which no code is made of.
    pub fn text(&self) -> Zeroizing<String> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Zeroizing::new(text.to_owned()),
            Err(_) => Zeroizing::new(String::from_utf8_lossy(&self.bytes).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> (String, Key) {
        let mut line = Line::new();
        let mut last = Key::Edited;
        for byte in bytes {
            last = line.take(*byte);
        }
        (line.text().to_string(), last)
    }

    #[test]
    fn lines_are_edited() {
        assert_eq!(typed(b"123\x7f4\r"), ("124".into(), Key::Done));
        assert_eq!(typed("a\u{17e}\x7f\n".as_bytes()), ("a".into(), Key::Done));
        assert_eq!(typed(b"12 34\x1556"), ("56".into(), Key::Edited));
        assert_eq!(typed(b"1\x1b[D\x1b[3~\x1bOA2"), ("12".into(), Key::Edited));
        assert_eq!(typed(b"\x7f\x7f7"), ("7".into(), Key::Edited));
    }

    #[test]
    fn the_ways_out_are_seen() {
        assert_eq!(typed(b"12\x03").1, Key::Interrupt);
        assert_eq!(typed(b"\x04").1, Key::EndOfInput);
        assert_eq!(typed(b"1\x04").1, Key::Edited);
        assert_eq!(typed(b"\x1b\x03").1, Key::Interrupt);
        assert_eq!(typed(b"\x1b\r").1, Key::Done);
    }
}
