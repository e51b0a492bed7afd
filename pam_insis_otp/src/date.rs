//! A time for people, in UTC: asking for the zone of the host would mean reading its files inside of it.

use insis_otp::oath::UnixTime;

/// `2026-11-27 21:04 UTC`.
pub fn utc(time: UnixTime) -> String {
    let seconds = time.0 % 86_400;
    format!("{} {:02}:{:02} UTC", day(time), seconds / 3600, seconds / 60 % 60)
}

/// `2026-11-27`.
pub fn day(time: UnixTime) -> String {
    let (year, month, day) = civil(time.0 / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// The date so many days after 1970-01-01, in the Gregorian calendar.
const fn civil(days: u64) -> (u64, u64, u64) {
    // Years that begin in March have their leap day at the end; eras of 400 years have the same days each.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, year) } else { (month - 9, year + 1) };
    (400 * era + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_over_leap_years_and_centuries() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59 UTC"),
            (1_795_813_440, "2026-11-27 21:04 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(utc(UnixTime(seconds)), text);
        }
    }
}
