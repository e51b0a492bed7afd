//! What a person typed at the prompt, parsed once into something that cannot be wrong.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::oath::{Code, Digits, RecoveryCode, ScratchCode};

/// A reply, parsed as far as that goes without knowing how many digits the person's codes have.
///
/// ```
/// use insis_otp::verify::{Malformed, ParsedReply};
///
/// assert!(matches!(ParsedReply::parse(b"123 456"), ParsedReply::Digits(_)));
/// assert!(matches!(ParsedReply::parse("１２３４５６".as_bytes()), ParsedReply::Digits(_)));
/// assert!(matches!(ParsedReply::parse(b"abcde-fghjk"), ParsedReply::Recovery(_)));
/// assert!(matches!(ParsedReply::parse(b"correct horse"), ParsedReply::Malformed(Malformed::Characters)));
/// ```
#[derive(Clone, Debug)]
pub enum ParsedReply {
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
    /// Numbers that are no decimal digits, circled or Roman ones for instance.
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

impl ParsedReply {
    /// No reply longer than this many bytes is parsed: the longest sensible one is two codes in digits of another script,
    /// with blanks and invisible characters, pasted.
    pub const LONGEST: usize = 128;

    /// Parses a reply. Blanks and hyphens stand wherever people put them; case does not matter. What a terminal puts
    /// around pasted text, and invisible characters that come along from a web page, are dropped; decimal digits of any
    /// script and full-width letters count as plain ones. Other control characters make a reply malformed.
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
        let mut rest = text;
        while let Some(letter) = next_letter(&mut rest) {
            match (plain(letter), kept.get_mut(len)) {
                (Some(byte), Some(slot)) => *slot = byte,
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
                Some(buffer) => {
                    buffer.copy_from_slice(kept);
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

/// The next character that means something; what stands in front of it is dropped.
fn next_letter(rest: &mut &str) -> Option<char> {
    loop {
        // Bracketed paste: a terminal that is in this mode says where pasted text begins and ends.
        if let Some(pasted) = rest.strip_prefix("\u{1b}[200~").or_else(|| rest.strip_prefix("\u{1b}[201~")) {
            *rest = pasted;
            continue;
        }
        let mut letters = rest.chars();
        let letter = letters.next()?;
        *rest = letters.as_str();
        if !is_separator(letter) && !is_invisible(letter) {
            return Some(letter);
        }
    }
}

/// Blanks and dashes of any kind: they are pasted along, or typed where the phone shows a gap.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{ff0d}')
}

/// Characters without a shape: soft hyphen, zero-width ones, marks of the writing direction, variation selectors.
const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

/// A letter or digit in ASCII, in lower case; `None` when it is neither.
fn plain(letter: char) -> Option<u8> {
    let number = u32::from(letter);
    let ascii = match letter {
        // Full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(number.checked_sub(0xfee0)?)?,
        _ => letter,
    };
    if ascii.is_ascii_alphanumeric() {
        return Some(ascii.to_ascii_lowercase() as u8);
    }
    let zero = ZEROS.get(ZEROS.partition_point(|zero| *zero <= number).checked_sub(1)?)?;
    let digit = u8::try_from(number.checked_sub(*zero)?).ok().filter(|digit| *digit < 10)?;
    b'0'.checked_add(digit)
}

/// The zero of each set of decimal digits (Unicode category Nd) beyond ASCII; its nine others follow it.
const ZEROS: [u32; 67] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50,
    0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6,
    0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(reply: &str) -> String {
        match ParsedReply::parse(reply.as_bytes()) {
            ParsedReply::Digits(text) => match text.codes(Digits::Six) {
                Codes::One(code) => code.reveal(Digits::Six).to_string(),
                Codes::Two(a, b) => format!("{} {}", *a.reveal(Digits::Six), *b.reveal(Digits::Six)),
                Codes::WrongLength => "length".into(),
            },
            ParsedReply::Recovery(_) => "recovery".into(),
            ParsedReply::Malformed(why) => format!("{why:?}"),
        }
    }

    #[test]
    fn a_reply_that_is_too_long_is_not_parsed_and_none_is_shown() {
        assert_eq!(kind(&format!("{}123456", " ".repeat(ParsedReply::LONGEST - 6))), "123456");
        assert_eq!(kind(&format!("{}123456", " ".repeat(ParsedReply::LONGEST - 5))), "Characters");
        assert!(!format!("{:?}", ParsedReply::parse(b"123456")).contains("1"));
        assert!(format!("{:?}", ParsedReply::parse(b"123456")).contains("redacted"));
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
        assert_eq!(kind("ＡＢＣＤＥ－fghjk"), "recovery");
    }

    #[test]
    fn codes_are_read_as_terminals_phones_and_web_pages_paste_them() {
        for reply in [
            "\u{1b}[200~012345\u{1b}[201~",
            "\u{1b}[200~012\u{202f}345\n\u{1b}[201~",
            "\u{200b}012\u{200d}345\u{feff}",
            "\u{2066}012345\u{2069}\u{200f}",
            "\u{202b}012\u{ad}345\u{202c}",
            "０１２３４５",
            "٠١٢٣٤٥",
            "۰۱۲۳۴۵",
            "०१२३४५",
            "0１٢3４٥",
            "\u{1d7ce}\u{1d7cf}\u{1d7d0}\u{1d7d1}\u{1d7d2}\u{1d7d3}",
            "012\u{3000}345",
        ] {
            assert_eq!(kind(reply), "012345", "{reply:?}");
        }
        // Two codes of the widest digits, pasted, with blanks.
        let wide = "\u{1b}[200~\u{2066}𝟏𝟐𝟑\u{202f}𝟒𝟓𝟔\u{3000}𝟎𝟓𝟒\u{202f}𝟑𝟐𝟏\u{2069}\n\u{1b}[201~";
        assert_eq!(kind(wide), "123456 054321");
    }

    #[test]
    fn every_decimal_digit_counts_and_no_other_number_does() {
        for zero in ZEROS {
            let digits: String = (0..10).filter_map(|digit| char::from_u32(zero + digit)).collect();
            let read: Vec<_> = digits.chars().map(plain).collect();
            assert_eq!(read, (b'0'..=b'9').map(Some).collect::<Vec<_>>(), "{zero:x}");
        }
        assert!(ZEROS.is_sorted());
        let read = ('\u{80}'..=char::MAX).filter(|c| plain(*c).is_some_and(|byte| byte.is_ascii_digit()));
        assert_eq!(read.count(), 10 * ZEROS.len());
    }

    #[test]
    fn what_is_no_code_says_why() {
        for reply in ["12345", "1234567", "1234567890123", "12345678901234567"] {
            assert!(matches!(kind(reply).as_str(), "length" | "Length"), "{reply:?}");
        }
        for reply in ["①②③④⑤⑥", "ⅠⅡⅢⅣⅤⅥ", "½12345", "一二三四五六"] {
            assert!(matches!(kind(reply).as_str(), "ForeignDigits" | "Characters"), "{reply:?}");
        }
        for reply in [
            "",
            "\u{1b}[200~\u{1b}[201~",
            "\u{200b}",
            "+12345",
            "1e5",
            "12345\0",
            "%s%n",
            "\u{1b}[31m123456",
            "\u{1b}[202~123456",
            "\u{1b}123456",
            "123456\u{8}",
            "123456\u{9b}",
            "hello world",
            "0x12ab",
        ] {
            assert_eq!(kind(reply), "Characters", "{reply:?}");
        }
        assert!(matches!(ParsedReply::parse(b"\xff\xfe"), ParsedReply::Malformed(Malformed::Characters)));
        assert!(matches!(
            ParsedReply::parse(&[b'1'; 1 << 20]),
            ParsedReply::Malformed(Malformed::Characters)
        ));
    }

    #[test]
    fn a_reply_does_not_print() {
        assert!(
            !format!("{:?} {:?}", ParsedReply::parse(b"987654"), ParsedReply::parse(b"abcdefghjk"))
                .contains("987654")
        );
        assert!(!format!("{:?}", ParsedReply::parse(b"abcdefghjk")).contains("abcde"));
    }
}
