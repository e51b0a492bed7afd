//! Times and lengths of time as providers write them.

use crate::json::Json;

/// Beyond that is no time: the year 31,689,000 or so.
const LARGEST: u64 = 1_000_000_000_000_000;

/// A number of seconds; a fraction of a second is dropped (NumericDate, RFC 7519, section 2).
#[must_use]
pub fn seconds(value: &Json) -> Option<u64> {
    let seconds = match value {
        Json::Integer(number) => u64::try_from(*number).ok()?,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was looked at"
        )]
        Json::Float(number) if (0.0..1e15).contains(number) => *number as u64,
        _ => return None,
    };
    (seconds <= LARGEST).then_some(seconds)
}

/// The same, or a string of digits: some write `"interval": "5"`.
#[must_use]
pub fn seconds_or_digits(value: &Json) -> Option<u64> {
    match value {
        Json::Text(digits) if (1..=15).contains(&digits.len()) => {
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        }
        _ => seconds(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<u64>, Option<u64>) {
        let value = Json::parse(text.as_bytes()).unwrap();
        (seconds(&value), seconds_or_digits(&value))
    }

    #[test]
    fn numbers_are_seconds_and_digits_are_where_they_may_be() {
        for (text, expected) in [("0", 0), ("5", 5), ("1.9", 1), ("1.7e9", 1_700_000_000)] {
            assert_eq!(read(text), (Some(expected), Some(expected)), "{text}");
        }
        for (text, expected) in [(r#""5""#, 5), (r#""900""#, 900), (r#""007""#, 7)] {
            assert_eq!(read(text), (None, Some(expected)), "{text}");
        }
    }

    #[test]
    fn everything_else_is_none() {
        for text in [
            "-1",
            "-0.5",
            "1e15",
            "1e300",
            "1000000000000001",
            "18446744073709551615",
            r#""""#,
            r#""+5""#,
            r#""5 ""#,
            r#""1e3""#,
            r#""1234567890123456""#,
            "true",
            "null",
            "[5]",
            "{}",
        ] {
            assert_eq!(read(text), (None, None), "{text}");
        }
    }
}
