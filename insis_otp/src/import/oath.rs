//! pam_oath's usersfile: a line for each device of a user, with type, name, PIN, secret, and what the last login left.

use std::collections::BTreeMap;

use crate::oath::{Code, Digits, InvalidParameter, OtpGenerator, Parameters, Period, Secret, UnixTime};
use crate::verify::{State, UsedSteps, locate};
use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use super::{Found, LeftOut, Taken, Unusable};

/// Reads such a file.
pub fn read(text: &str, now: UnixTime) -> Vec<Found> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..);
    let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(line, number)| Found { line: Some(number), ..entry(line, now) }).collect()
}

/// Leaves each user one entry: the first that can be used. The others say which one that is.
pub fn one_of_each_user(mut found: Vec<Found>) -> Vec<Found> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for entry in found.iter().filter(|entry| entry.taken.is_ok()) {
        if let (Some(user), Some(line)) = (&entry.user, entry.line) {
            first.entry(user.clone()).or_insert(line);
        }
    }
    for entry in &mut found {
        let kept = entry.user.as_ref().and_then(|user| first.get(user)).copied();
        if let Some(kept) = kept.filter(|kept| entry.line != Some(*kept)) {
            entry.taken = Err(Unusable::OtherLine(kept));
        }
    }
    found
}

fn entry(line: &str, now: UnixTime) -> Found {
    let fields: Vec<_> = line.split_whitespace().collect();
    let field = |index: usize| fields.get(index).copied();
    let taken = match (field(0), field(2), field(3)) {
        (Some(kind), Some(pin), Some(secret)) => take(kind, pin, secret, field(5), now),
        _ => Err(Unusable::Form),
    };
    Found { user: field(1).map(str::to_owned), ..Found::new(taken) }
}

fn take(kind: &str, pin: &str, secret: &str, last: Option<&str>, now: UnixTime) -> Result<Taken, Unusable> {
    let (period, digits) = parameters(kind)?;
    let bytes = HEXLOWER_PERMISSIVE.decode(secret.as_bytes()).map(Zeroizing::new);
    let secret = Secret::existing_from_bytes(&bytes.map_err(|_| Unusable::Form)?)?;
    let key = OtpGenerator::new(secret, Parameters { digits, period, ..Parameters::default() });
    // The code of the last login, if it is young enough to be found: it must not open another.
    let last = last.and_then(|code| Code::from_digits(code.as_bytes()));
    let used = last.and_then(|code| locate(&code, &key, now));
    let used =
        used.map_or_else(UsedSteps::default, |upto| UsedSteps { upto, unused_range: None, used_ahead: None });
    // "-" and "+" stand for no PIN here, and for the password.
    let left_out = if matches!(pin, "-" | "+") { vec![] } else { vec![LeftOut::Pin] };
    Ok(Taken { state: State { used, ..State::default() }, left_out, ..Taken::of(key) })
}

/// Of a type like `HOTP/T30/6`: period and digits. Without `/T30` it is codes by counter.
fn parameters(kind: &str) -> Result<(Period, Digits), Unusable> {
    let mut parts = kind.split('/');
    if parts.next() != Some("HOTP") {
        return Err(Unusable::Form);
    }
    let period = match parts.next().map(|part| part.strip_prefix('T')) {
        Some(Some(seconds)) => Period::try_from(seconds.parse::<u64>().map_err(|_| Unusable::Form)?)?,
        _ => return Err(Unusable::Counter),
    };
    let digits = match parts.next() {
        None => Digits::Six,
        Some(count) => Digits::try_from(count.parse::<u64>().map_err(|_| unknown_parameter())?)?,
    };
    parts.next().map_or(Ok((period, digits)), |_| Err(unknown_parameter()))
}

const fn unknown_parameter() -> Unusable {
    Unusable::Parameter(InvalidParameter("the token type is not known"))
}

#[cfg(test)]
mod tests {
    use crate::oath::{InvalidSecret, Step};

    use super::*;

    /// As liboath 2.6.7 left it after two logins.
    const FILE: &str = "HOTP/T30/6\tanna\t-\t3132333435363738393031323334353637383930\t0\t481705\t2026-11-24T11:24:52L\n\
        HOTP/T60/8\tbob\t-\t3132333435363738393031323334353637383930\t0\t45736913\t2026-11-24T11:24:52L\n\
        HOTP eva - 31323334353637383930\n\
        HOTP/T30 ida 1234 3132333435363738393031323334353637383930\n\
        HOTP/T30 jan - 31323334\nHOTP/T30 lea\n\n# a comment\n";

    #[test]
    fn its_own_file_is_read() {
        let found = read(FILE, UnixTime(1_795_519_500));
        let users: Vec<_> = found.iter().map(|found| found.user.as_deref().unwrap()).collect();
        assert_eq!(users, ["anna", "bob", "eva", "ida", "jan", "lea"]);
        let taken = |index: usize| found[index].taken.as_ref();
        let anna = taken(0).unwrap();
        assert_eq!((anna.state.used.upto, anna.key.digits()), (Step(1_795_519_492 / 30), Digits::Six));
        let bob = taken(1).unwrap();
        assert_eq!((bob.key.period().seconds(), bob.key.digits()), (60, Digits::Eight));
        assert_eq!(taken(2).unwrap_err(), &Unusable::Counter);
        assert_eq!(taken(3).unwrap().left_out, [LeftOut::Pin]);
        assert_eq!(taken(4).unwrap_err(), &Unusable::Secret(InvalidSecret::FarTooShort));
        assert_eq!(taken(5).unwrap_err(), &Unusable::Form);
    }

    #[test]
    fn a_user_has_one_of_several_lines() {
        let hex = "3132333435363738393031323334353637383930";
        let text = format!(
            "\nHOTP anna - {hex}\nHOTP/T30 anna - {hex}\nHOTP/T30 bob - {hex}\nHOTP/T60 anna - {hex}\n"
        );
        let found = one_of_each_user(read(&text, UnixTime(0)));
        let taken: Vec<_> =
            found.iter().map(|found| found.taken.as_ref().map(drop).map_err(|why| *why)).collect();
        assert_eq!(taken, [Err(Unusable::OtherLine(3)), Ok(()), Ok(()), Err(Unusable::OtherLine(3))]);
        assert_eq!(found[3].line, Some(5));
    }

    #[test]
    fn an_old_code_does_not_matter() {
        let found = read(FILE, UnixTime(1_795_600_000));
        assert_eq!(found[0].taken.as_ref().unwrap().state, State::default());
    }

    #[test]
    fn unknown_types_are_not_taken() {
        for kind in ["MOTP", "HOTP/T30/9", "HOTP/T30/6/SHA256", "HOTP/Tx", "HOTP/E/6", "HOTP/T30/x"] {
            let found = read(&format!("{kind} x - 3132333435363738393031323334353637383930"), UnixTime(0));
            assert!(found[0].taken.is_err(), "{kind}");
        }
    }
}
