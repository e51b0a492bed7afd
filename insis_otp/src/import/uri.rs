//! otpauth URIs.

use std::io::{self, ErrorKind, Read};

use crate::otpauth::Parsed;
use zeroize::Zeroizing;

use super::{Binary, Found, LeftOut, Taken, Unusable};

/// Reads what comes in on standard input: text, and not endless.
pub fn read_input(input: impl Read) -> io::Result<Zeroizing<String>> {
    /// Exports hold icons too.
    const LONGEST: usize = 8 * 1024 * 1024;
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut input = input.take(LONGEST as u64 + 1);
    loop {
        if bytes.len() == bytes.capacity() {
            // Into a longer one by hand, so that no grown-out-of copy of a secret is left behind.
            let mut longer = Zeroizing::new(Vec::with_capacity(bytes.len() * 4));
            longer.extend_from_slice(&bytes);
            bytes = longer;
        }
        let room = (bytes.capacity() - bytes.len()) as u64;
        if Read::take(&mut input, room).read_to_end(&mut bytes)? == 0 {
            break;
        }
    }
    let binary = |_| io::Error::new(ErrorKind::InvalidData, Binary::of(&bytes));
    let text = std::str::from_utf8(&bytes).map_err(binary)?.trim();
    match text.len() {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        1..=LONGEST => Ok(Zeroizing::new(text.to_owned())),
        _ => Err(ErrorKind::FileTooLarge.into()),
    }
}

/// Reads a URI.
pub fn uri(text: &str) -> Found {
    match Parsed::of(text) {
        Ok(Parsed { entry, ignored, unknown }) => {
            let mut left_out: Vec<_> = ignored.into_iter().map(LeftOut::Parameter).collect();
            left_out.extend((unknown > 0).then_some(LeftOut::UnknownParameters(unknown)));
            let taken = Taken { left_out, ..Taken::of(entry.key) };
            Found { names: Some((entry.issuer, entry.account)), ..Found::new(Ok(taken)) }
        }
        Err(why) => Found::new(Err(Unusable::from(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_uri_is_read_and_nothing_else() {
        let found = uri("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&lock=1&x=y\n");
        assert_eq!(found.names, Some(("a".into(), "b".into())));
        assert_eq!(
            found.taken.unwrap().left_out,
            [LeftOut::Parameter("lock"), LeftOut::UnknownParameters(1)]
        );
        assert!(uri("otpauth://hotp/a:b?secret=GEZDGNBVGY3TQOJQ").taken.is_err());
    }

    #[test]
    fn input_is_text_and_not_endless() {
        assert_eq!(read_input(&b" \n"[..]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(read_input(&b"\xff"[..]).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(read_input(std::io::repeat(b'x')).unwrap_err().kind(), ErrorKind::FileTooLarge);
        let long = "x".repeat(700_000);
        assert_eq!(*read_input(long.as_bytes()).unwrap(), long);
    }
}
