//! Lines of state as the first version wrote them. They are read, and never written any more.

use crate::oath::{Drift, Step, UnixTime};
use crate::verify::{State, Throttle, UsedSteps};

/// The sequence number in a line of which nothing is known yet.
pub(super) fn claimed_sequence(line: &[u8]) -> Option<u64> {
    let digits = line.strip_prefix(b"# sequence=")?.split(|byte| *byte == b' ').next()?;
    number(std::str::from_utf8(digits).ok()?)
}

/// A line of state, by the checksum that belongs to its text. Who was remembered is asked once more: these lines say when
/// that ends, not when it began.
pub(super) fn decode(line: &[u8], sum: impl Fn(&[u8]) -> [u8; 16]) -> Option<(u64, State)> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (text, claimed) = line.trim_end_matches(' ').rsplit_once(" sum=")?;
    if claimed.as_bytes() != sum(text.as_bytes()) {
        return None;
    }
    let mut fields = text.strip_prefix("# ")?.split(' ');
    let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
    let sequence = number(field("sequence")?)?;
    let used = UsedSteps {
        upto: Step(number(field("spent")?)?),
        unused_range: stretch(field("gap")?)?,
        used_ahead: stretch(field("island")?)?,
    };
    let drift = Drift(field("drift")?.parse().ok()?);
    let failures = u32::try_from(number(field("failures")?)?).ok()?;
    let mut throttle = Throttle {
        guesses: u32::try_from(number(field("guesses")?)?).ok()?,
        guessed_at: UnixTime(number(field("guessed")?)?),
        ..Throttle::default()
    };
    // It was the bound of the first version: one proof a second.
    number(field("strong")?)?;
    let last_login = match field("login")? {
        "never" => None,
        time => Some(UnixTime(number(time)?)),
    };
    let used_recovery = u16::from_str_radix(field("recovery")?, 16).ok()?;
    remembered(field("remembered")?)?;
    // Lines from before there was a daily limit end here.
    if let Some(field) = fields.next() {
        let (day, today) = field.strip_prefix("day=")?.split_once(':')?;
        (throttle.day, throttle.today) = (number(day)?, u32::try_from(number(today)?).ok()?);
    }
    let state = State { used, drift, failures, throttle, last_login, used_recovery, ..State::default() };
    fields.next().is_none().then_some((sequence, state))
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn stretch(text: &str) -> Option<Option<(Step, Step)>> {
    if text == "none" {
        return Some(None);
    }
    let (from, to) = text.split_once('-')?;
    Some(Some((Step(number(from)?), Step(number(to)?))))
}

fn remembered(text: &str) -> Option<()> {
    if text == "none" {
        return Some(());
    }
    text.split(',').try_for_each(|client| {
        let (tag, until) = client.split_once(':')?;
        u64::from_str_radix(tag, 16).ok()?;
        number(until).map(drop)
    })
}
