//! Values of keys: lengths of time, days, names with a day, and texts for a terminal.

use super::Deadline;
use crate::oath::{Seconds, UnixTime};

/// A length of time with its unit: `30s`, `5m`, `8h`, `7d`.
#[must_use]
pub fn duration(text: &str) -> Option<Seconds> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(factor).map(Seconds)
}

/// The beginning, in UTC, of a day written `2027-01-31`.
pub(super) fn day(text: &str) -> Option<UnixTime> {
    let parts: Vec<_> = text.split('-').collect();
    let number = |part: &str, digits| {
        let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<i64>().ok()).flatten()
    };
    let date = match parts.as_slice() {
        [y, m, d] => number(y, 4).zip(number(m, 2)).zip(number(d, 2)),
        _ => None,
    };
    let days = date.and_then(|((year, month), day)| days_since_1970(year, month, day));
    days.map(|days| UnixTime(days * 86_400))
}

/// A name, with the day from which it counts or without: `anna`, `domain users from 2027-01-31`.
pub(super) fn deadline(text: &str) -> Option<Deadline> {
    const FROM: &[u8] = b" from ";
    let (name, from) = match text.as_bytes().windows(FROM.len()).rposition(|six| six == FROM) {
        Some(at) => (text.get(..at)?, day(text.get(at + FROM.len()..)?.trim())?),
        None => (text, UnixTime(0)),
    };
    let name = name.trim();
    is_printable(name, Deadline::LONGEST_NAME).then(|| Deadline { name: name.to_owned(), from })
}

/// The days from 1970-01-01 to a date of the Gregorian calendar; `None` when there is no such date.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<u64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    u64::try_from(days - 719_468).ok()
}

/// Text for a terminal: no control characters, not empty, not endless.
pub(super) fn is_printable(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}
