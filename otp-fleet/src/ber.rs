//! The part of the Basic Encoding Rules that LDAP has (RFC 4511, section 5.1): definite lengths and one-byte tags.
//!
//! Reading copies nothing and calls nothing recursively, so that neither the depth nor the lengths that a server claims
//! cost memory or stack.

use zeroize::Zeroizing;

/// A number.
pub const INTEGER: u8 = 0x02;
/// Bytes.
pub const OCTET_STRING: u8 = 0x04;
/// True or false.
pub const BOOLEAN: u8 = 0x01;
/// One of some numbers.
pub const ENUMERATED: u8 = 0x0a;
/// Several elements in their order.
pub const SEQUENCE: u8 = 0x30;
/// Several elements in no order.
pub const SET: u8 = 0x31;

/// Elements that are read one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'b>(&'b [u8]);

/// What is read is not encoded as it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an LDAP message")]
pub struct Malformed;

impl<'b> Reader<'b> {
    /// Reads these bytes.
    #[must_use]
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element: its tag and its content.
    ///
    /// # Errors
    /// There is none.
    pub fn element(&mut self) -> Result<(u8, &'b [u8]), Malformed> {
        let (tag, header, length) = header(self.0)?.ok_or(Malformed)?;
        let content = self.0.get(header..).and_then(|rest| rest.split_at_checked(length)).ok_or(Malformed)?;
        self.0 = content.1;
        Ok((tag, content.0))
    }

    /// The content of the next element, which has this tag.
    ///
    /// # Errors
    /// There is none, or it is another one.
    pub fn expect(&mut self, expected: u8) -> Result<&'b [u8], Malformed> {
        match self.element()? {
            (tag, content) if tag == expected => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// The elements within the next one, which has this tag.
    ///
    /// # Errors
    /// There is none, or it is another one.
    pub fn within(&mut self, expected: u8) -> Result<Self, Malformed> {
        self.expect(expected).map(Self)
    }

    /// The content of the next element, if it has this tag.
    ///
    /// # Errors
    /// There is one that is none.
    pub fn optional(&mut self, expected: u8) -> Result<Option<&'b [u8]>, Malformed> {
        if self.0.first() == Some(&expected) { self.expect(expected).map(Some) } else { Ok(None) }
    }

    /// A number of four bytes at most (`INTEGER`, `ENUMERATED`), not negative.
    ///
    /// # Errors
    /// There is none.
    pub fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let bytes = self.expect(tag)?;
        match bytes {
            [first, ..] if bytes.len() <= 5 && *first < 0x80 && (bytes.len() < 5 || *first == 0) => {
                Ok(bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
            }
            _ => Err(Malformed),
        }
    }
}

/// Tag, length of tag and length, and length of the content, of the element that these bytes begin with; `None` where there
/// are too few of them to know.
///
/// # Errors
/// They are no element.
pub fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Malformed> {
    let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let count = match first {
        0..=0x7f => return Ok(Some((tag, 2, first.into()))),
        0x81..=0x84 => usize::from(first - 0x80),
        _ => return Err(Malformed),
    };
    let Some(length) = bytes.get(2..2 + count) else { return Ok(None) };
    let length = length.iter().fold(0_u32, |length, byte| length << 8 | u32::from(*byte));
    Ok(Some((tag, 2 + count, usize::try_from(length).map_err(|_| Malformed)?)))
}

/// Elements that are written one after the other, into one allocation that is wiped: there may be secrets in it.
#[derive(Debug)]
pub struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    /// No message is longer, in bytes.
    pub const LONGEST: usize = 16 * 1024;

    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(Self::LONGEST)))
    }

    /// An element with these bytes.
    pub fn bytes(&mut self, tag: u8, content: &[u8]) {
        self.within(tag, |writer| writer.0.extend_from_slice(content));
    }

    /// A number.
    pub fn number(&mut self, tag: u8, value: u32) {
        self.within(tag, |writer| {
            let bytes = value.to_be_bytes();
            // A first bit that is set would be a sign.
            let skip = bytes.iter().take(3).take_while(|byte| **byte == 0).count();
            let rest = bytes.get(skip..).unwrap_or_default();
            if rest.first().is_some_and(|byte| *byte >= 0x80) {
                writer.0.push(0);
            }
            writer.0.extend_from_slice(rest);
        });
    }

    /// An element with what `content` writes. Its length is put in afterwards, in two bytes whatever it is.
    pub fn within(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.0.extend_from_slice(&[tag, 0x82, 0, 0]);
        let start = self.0.len();
        content(self);
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX).to_be_bytes();
        if let Some(place) = self.0.get_mut(start - 2..start) {
            place.copy_from_slice(&length);
        }
    }

    /// What was written; `None` where it is too long.
    #[must_use]
    pub fn finish(self) -> Option<Zeroizing<Vec<u8>>> {
        (self.0.len() <= Self::LONGEST).then_some(self.0)
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(number: u32, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut writer = Writer::new();
            writer.within(SEQUENCE, |writer| {
                writer.number(INTEGER, number);
                writer.bytes(OCTET_STRING, &bytes);
            });
            let written = writer.finish().unwrap();
            prop_assert_eq!(header(&written).unwrap().unwrap(), (SEQUENCE, 4, written.len() - 4));
            let mut reader = Reader::new(&written);
            let mut within = reader.within(SEQUENCE).unwrap();
            prop_assert_eq!(within.number(INTEGER).unwrap(), number);
            prop_assert_eq!(within.optional(INTEGER).unwrap(), None);
            prop_assert_eq!(within.expect(OCTET_STRING).unwrap(), &bytes[..]);
            prop_assert!(within.is_empty() && reader.is_empty());
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            while let Ok((_, content)) = reader.element() {
                let _ = (Reader::new(content).number(INTEGER), Reader::new(content).element());
            }
            let _ = header(&bytes);
        }
    }

    #[test]
    fn lengths_that_are_none_and_long_tags_are_refused() {
        for bytes in [
            &b"\x30\x80\0\0"[..],
            b"\x30\x85\0\0\0\0\0",
            b"\x3f\x01\0",
            b"\x04\x02a",
            b"\x04\x84\xff\xff\xff\xff",
        ] {
            assert_eq!(Reader::new(bytes).element(), Err(Malformed), "{bytes:?}");
        }
        assert_eq!(Reader::new(b"\x02\x01\xff").number(INTEGER), Err(Malformed), "a negative one");
        assert_eq!(Reader::new(b"\x02\x06\0\0\0\0\0\x01").number(INTEGER), Err(Malformed));
        assert_eq!(header(b"\x30\x82\x01").unwrap(), None);
    }

    #[test]
    fn what_is_too_long_is_not_sent() {
        let mut writer = Writer::new();
        writer.bytes(OCTET_STRING, &[0; Writer::LONGEST]);
        assert!(writer.finish().is_none());
    }
}
