//! An otpauth URI.

use std::io::{self, ErrorKind, Read};

use insis_otp::otp::State;
use insis_otp::otpauth::Entry;
use zeroize::Zeroizing;

use super::{Found, Taken, Unusable};

/// Reads what comes in on standard input: text, and not endless.
pub fn read_input(input: impl Read) -> io::Result<Zeroizing<String>> {
    const LONGEST: usize = 64 * 1024;
    // Of the final size at once, so that no grown-out-of copy of a secret is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    input.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ErrorKind::InvalidData)?.trim();
    match text.len() {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        1..=LONGEST => Ok(Zeroizing::new(text.to_owned())),
        _ => Err(ErrorKind::FileTooLarge.into()),
    }
}

/// Reads a URI.
pub fn uri(text: &str) -> Found {
    match Entry::parse(text) {
        Ok(Entry { key, issuer, account }) => Found {
            user: None,
            names: Some((issuer, account)),
            taken: Ok(Taken { key, state: State::default(), scratch: Vec::new(), left_out: Vec::new() }),
        },
        Err(why) => Found { user: None, names: None, taken: Err(Unusable::from(why)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_uri_is_read_and_nothing_else() {
        let found = uri("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n");
        assert_eq!(found.names, Some(("a".into(), "b".into())));
        assert!(uri("otpauth://hotp/a:b?secret=GEZDGNBVGY3TQOJQ").taken.is_err());
        assert_eq!(read_input(&b" \n"[..]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(read_input(&b"\xff"[..]).unwrap_err().kind(), ErrorKind::InvalidData);
        let long = "x".repeat(70_000);
        assert_eq!(read_input(long.as_bytes()).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}
