//! What a person typed at the prompt, parsed once into something that cannot be wrong.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Code, Digits, RecoveryCode, ScratchCode};

/// A reply, parsed as far as that goes without knowing how many digits the person's codes have.
#[derive(Clone, Debug)]
pub enum Typed {
    /// Digits: one code, two consecutive ones, or a scratch code.
    Digits(DigitString),
    /// A recovery code.
    Recovery(RecoveryCode),
    /// Something that cannot be any of these.
    Malformed(Malformed),
}

/// Up to sixteen decimal digits; wiped when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DigitString {
    digits: [u8; Self::LONGEST],
    len: u8,
}

/// Why a reply is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Digits, but neither as many as a code has nor twice as many.
    Length,
    /// Digits of another script, full-width ones for instance.
    ForeignDigits,
    /// Anything else.
    Characters,
}

/// What digits say, once it is known how many a code has.
pub(super) enum Codes {
    One(Code),
    Two(Code, Code),
    WrongLength,
}

impl DigitString {
    const LONGEST: usize = 16;

    /// Splits the digits into one code or two.
    pub(super) fn codes(&self, digits: Digits) -> Codes {
        let text = self.digits.get(..usize::from(self.len)).unwrap_or_default();
        let (first, second) = text.split_at(text.len().min(digits.count()));
        match (Code::from_digits(first), Code::from_digits(second)) {
            (Some(code), None) if first.len() == digits.count() && second.is_empty() => Codes::One(code),
            (Some(one), Some(two)) if second.len() == digits.count() => Codes::Two(one, two),
            _ => Codes::WrongLength,
        }
    }

    /// The digits as a scratch code, if there are as many as one has.
    pub(super) fn scratch(&self) -> Option<ScratchCode> {
        ScratchCode::from_digits(self.digits.get(..usize::from(self.len))?)
    }
}

impl std::fmt::Debug for DigitString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DigitString(redacted)")
    }
}

impl Typed {
    /// No reply longer than this many bytes is looked at: the longest sensible one is two codes with blanks.
    pub const LONGEST: usize = 64;

    /// Parses a reply. Blanks and hyphens stand wherever people put them; case does not matter.
    #[must_use]
    pub fn parse(reply: &[u8]) -> Self {
        if reply.len() > Self::LONGEST {
            return Self::Malformed(Malformed::Characters);
        }
        let Ok(text) = std::str::from_utf8(reply) else {
            return Self::Malformed(Malformed::Characters);
        };
        let mut kept = zeroize::Zeroizing::new([0_u8; Self::LONGEST]);
        let mut len = 0;
        for letter in text.chars().filter(|c| !is_separator(*c)) {
            match (letter.is_ascii_alphanumeric(), kept.get_mut(len)) {
                (true, Some(place)) => *place = letter.to_ascii_lowercase() as u8,
                _ if letter.is_numeric() => return Self::Malformed(Malformed::ForeignDigits),
                _ => return Self::Malformed(Malformed::Characters),
            }
            len += 1;
        }
        Self::classify(kept.get(..len).unwrap_or_default())
    }

    fn classify(kept: &[u8]) -> Self {
        if !kept.is_empty() && kept.iter().all(u8::is_ascii_digit) {
            let mut digits = [0; DigitString::LONGEST];
            return match digits.get_mut(..kept.len()) {
                Some(place) => {
                    place.copy_from_slice(kept);
                    Self::Digits(DigitString { digits, len: kept.len() as u8 })
                }
                None => Self::Malformed(Malformed::Length),
            };
        }
        match RecoveryCode::from_letters(kept) {
            Some(code) => Self::Recovery(code),
            None => Self::Malformed(Malformed::Characters),
        }
    }

    /// The one code that was typed, where exactly one is asked for.
    ///
    /// # Errors
    /// Anything but as many digits as a code has.
    pub fn single(&self, digits: Digits) -> Result<Code, Malformed> {
        match self {
            Self::Digits(text) => match text.codes(digits) {
                Codes::One(code) => Ok(code),
                Codes::Two(..) | Codes::WrongLength => Err(Malformed::Length),
            },
            Self::Recovery(_) => Err(Malformed::Characters),
            Self::Malformed(why) => Err(*why),
        }
    }
}

/// Blanks and dashes of any kind: they are pasted along, or typed where the phone shows a gap.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(reply: &str) -> String {
        match Typed::parse(reply.as_bytes()) {
            Typed::Digits(text) => match text.codes(Digits::Six) {
                Codes::One(code) => code.reveal(Digits::Six).to_string(),
                Codes::Two(a, b) => format!("{} {}", *a.reveal(Digits::Six), *b.reveal(Digits::Six)),
                Codes::WrongLength => "length".into(),
            },
            Typed::Recovery(_) => "recovery".into(),
            Typed::Malformed(why) => format!("{why:?}"),
        }
    }

    #[test]
    fn sixty_four_bytes_are_looked_at_and_not_shown() {
        assert_eq!(kind(&format!("{}123456", " ".repeat(58))), "123456");
        assert!(matches!(
            Typed::parse(format!("{}123456", " ".repeat(59)).as_bytes()),
            Typed::Malformed(Malformed::Characters)
        ));
        assert!(!format!("{:?}", Typed::parse(b"123456")).contains("1"));
        assert!(format!("{:?}", Typed::parse(b"123456")).contains("redacted"));
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        for reply in ["012345", " 012 345\r\n", "012-345", "0 1 2 3 4 5", "012\u{a0}345", "012\u{2013}345"] {
            assert_eq!(kind(reply), "012345", "{reply:?}");
        }
        for reply in ["123456 054321", "123456054321", "123 456 054 321", "123456-054321"] {
            assert_eq!(kind(reply), "123456 054321", "{reply:?}");
        }
        assert_eq!(kind("ABCDE-fghjk"), "recovery");
    }

    #[test]
    fn what_is_no_code_says_why() {
        for reply in ["12345", "1234567", "1234567890123", "12345678901234567"] {
            assert!(matches!(kind(reply).as_str(), "length" | "Length"), "{reply:?}");
        }
        assert_eq!(kind("１２３４５６"), "ForeignDigits");
        assert_eq!(kind("٠١٢٣٤٥"), "ForeignDigits");
        for reply in ["", "+12345", "1e5", "12345\0", "%s%n", "\u{1b}[31m123456", "hello world", "0x12ab"] {
            assert_eq!(kind(reply), "Characters", "{reply:?}");
        }
        assert!(matches!(Typed::parse(b"\xff\xfe"), Typed::Malformed(Malformed::Characters)));
        assert!(matches!(Typed::parse(&[b'1'; 1 << 20]), Typed::Malformed(Malformed::Characters)));
    }

    #[test]
    fn a_reply_does_not_print() {
        assert!(
            !format!("{:?} {:?}", Typed::parse(b"987654"), Typed::parse(b"abcdefghjk")).contains("987654")
        );
        assert!(!format!("{:?}", Typed::parse(b"abcdefghjk")).contains("abcde"));
    }
}
