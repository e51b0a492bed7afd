//! Times as people read them.

use insis_otp::oath::UnixTime;

/// A time in the machine's zone, which is named: `2026-11-24 11:05 CET`.
pub fn local(time: UnixTime) -> String {
    formatted(time, "%Y-%m-%d %H:%M %Z")
}

/// The same without the zone, for tables.
pub fn short(time: UnixTime) -> String {
    formatted(time, "%Y-%m-%d %H:%M")
}

fn formatted(time: UnixTime, form: &str) -> String {
    let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_second(seconds) {
        Ok(stamp) => stamp.to_zoned(jiff::tz::TimeZone::system()).strftime(form).to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// A time for programs: RFC 3339, UTC.
pub fn exact(time: UnixTime) -> String {
    let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |stamp| stamp.to_string())
}
