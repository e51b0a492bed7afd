//! When a certificate ends (RFC 5280): the one thing about it that nobody tells before it is too late.

use crate::ber::{Malformed, Reader, SEQUENCE};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// The end of a certificate's validity, in seconds since 1970; `None` where it cannot be read.
#[must_use]
pub fn ends(der: &[u8]) -> Option<u64> {
    validity(der).ok().flatten()
}

fn validity(der: &[u8]) -> Result<Option<u64>, Malformed> {
    let mut certificate = Reader::new(der).within(SEQUENCE)?;
    let mut signed = certificate.within(SEQUENCE)?;
    signed.optional(VERSION)?;
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        signed.element()?;
    }
    let mut validity = signed.within(SEQUENCE)?;
    validity.element()?;
    Ok(match validity.element()? {
        (UTC_TIME, text) => utc_time(text),
        (GENERALIZED_TIME, text) => generalized_time(text),
        _ => None,
    })
}

/// `YYMMDDhhmmssZ`, of the years 1950 to 2049.
fn utc_time(text: &[u8]) -> Option<u64> {
    let century: &[u8] = if text.first()? < &b'5' { b"20" } else { b"19" };
    generalized_time(&[century, text].concat())
}

/// `YYYYMMDDhhmmssZ`, perhaps with a fraction (RFC 4517, section 3.3.13); in seconds since 1970.
#[must_use]
pub fn generalized_time(text: &[u8]) -> Option<u64> {
    let (digits, rest) = text.split_at_checked(14)?;
    let is_end = matches!(rest, b"Z") || rest.first() == Some(&b'.') && rest.last() == Some(&b'Z');
    if !is_end || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u64> {
        Some(digits.get(from..to)?.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hours, minutes, seconds) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hours > 23 || minutes > 59 {
        return None;
    }
    // Years that begin in March have the day that comes every four years at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some((days.checked_sub(719_468)? * 24 + hours) * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(generalized_time(b"19700101000000Z"), Some(0));
        assert_eq!(generalized_time(b"20000229120000Z"), Some(951_825_600));
        assert_eq!(generalized_time(b"20261128193000.123Z"), Some(1_795_894_200));
        assert_eq!(utc_time(b"261128193000Z"), Some(1_795_894_200));
        assert_eq!(utc_time(b"491231235959Z"), Some(2_524_607_999));
        for nonsense in
            [&b"20261128193000"[..], b"20261328193000Z", b"2026112819300xZ", b"", b"19690101000000Z"]
        {
            assert_eq!(generalized_time(nonsense), None);
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        for nonsense in [&b""[..], b"\x30\x00", b"\x30\x03\x30\x01\x00", b"nonsense"] {
            assert_eq!(ends(nonsense), None);
        }
    }
}
