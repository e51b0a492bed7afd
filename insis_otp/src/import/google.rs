//! `~/.google_authenticator`: the secret, options in lines that begin with a quotation mark, scratch codes.

use crate::oath::{
    Drift, OtpGenerator, Parameters, Period, RecoveryCodes, ScratchCode, Secret, Step, UnixTime,
};
use crate::verify::{Policy, State, UsedSteps};

use super::{Found, LeftOut, Taken, Unusable};

/// Reads such a file.
pub fn read(text: &str, now: UnixTime) -> Found {
    Found::new(take(text, now))
}

fn take(text: &str, now: UnixTime) -> Result<Taken, Unusable> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let secret = Secret::existing_from_base32(lines.next().ok_or(Unusable::Form)?.trim())?;
    let mut options = Options::default();
    let mut scratch = Vec::new();
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("\" ") {
            Some(option) => options.take(option)?,
            None => scratch.push(ScratchCode::from_digits(line.as_bytes()).ok_or(Unusable::Form)?),
        }
    }
    if !options.by_time {
        return Err(Unusable::Counter);
    }
    let key = OtpGenerator::new(secret, Parameters { period: options.period, ..Parameters::default() });
    let state = options.state(now);
    options.scratch_left_out = scratch.len().saturating_sub(RecoveryCodes::MOST);
    scratch.truncate(RecoveryCodes::MOST);
    Ok(Taken { key, state, scratch, left_out: options.left_out() })
}

#[derive(Default)]
struct Options {
    by_time: bool,
    period: Period,
    skew: i64,
    used: Vec<u64>,
    policy: bool,
    scratch_left_out: usize,
    skew_too_large: bool,
}

impl Options {
    fn take(&mut self, option: &str) -> Result<(), Unusable> {
        let mut words = option.split_whitespace();
        let name = words.next().unwrap_or_default();
        let mut first = || words.next().ok_or(Unusable::Form);
        match name {
            "TOTP_AUTH" => self.by_time = true,
            "HOTP_COUNTER" => return Err(Unusable::Counter),
            "STEP_SIZE" => self.period = Period::try_from(first()?.parse::<u64>().unwrap_or(0))?,
            "TIME_SKEW" => self.skew = first()?.parse().map_err(|_| Unusable::Form)?,
            "DISALLOW_REUSE" => {
                self.policy = true;
                self.used = words.filter_map(|word| word.parse().ok()).collect();
            }
            _ => self.policy = true,
        }
        Ok(())
    }

    /// What the other program has learned: the drift, and the last step that it accepted.
    fn state(&mut self, now: UnixTime) -> State {
        let most = i64::try_from(self.period.steps_in(Policy::ENROLLMENT_RESYNC)).unwrap_or(0);
        self.skew_too_large = self.skew.abs() > most;
        let drift = if self.skew_too_large { 0 } else { i32::try_from(self.skew).unwrap_or(0) };
        // A step far ahead was written by a clock that was wrong; to take it would lock the person out.
        let newest = now.step(self.period).0.saturating_add_signed(i64::from(drift) + most);
        let upto = self.used.iter().copied().filter(|step| *step <= newest).max().unwrap_or(0);
        let used = UsedSteps { upto: Step(upto), unused_range: None, used_ahead: None };
        State { drift: Drift(drift), used, ..State::default() }
    }

    fn left_out(&self) -> Vec<LeftOut> {
        let mut left_out = Vec::new();
        if self.scratch_left_out > 0 {
            left_out.push(LeftOut::ScratchCodes(self.scratch_left_out));
        }
        if self.policy {
            left_out.push(LeftOut::SitePolicy);
        }
        if self.skew_too_large {
            left_out.push(LeftOut::Drift);
        }
        left_out
    }
}

#[cfg(test)]
mod tests {
    use crate::oath::InvalidSecret;

    use super::*;

    const NOW: UnixTime = UnixTime(1_795_519_477);
    /// As `google-authenticator -t -d -f -r 3 -R 30 -w 3 -C` (20191231) wrote it, and its PAM module after a login.
    const FILE: &str = "DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" RATE_LIMIT 3 30 1795519450\n\" WINDOW_SIZE 3\n\
                        \" DISALLOW_REUSE 59850647 59850648\n\" TOTP_AUTH\n64753986\n26340609\n74232943\n";

    #[test]
    fn its_own_file_is_read() {
        let taken = read(FILE, NOW).taken.unwrap();
        assert_eq!(*taken.key.secret().to_base32(), "DPP7BWYRLXLBOKKHHK3J2FZQFU"[..26]);
        assert_eq!(taken.state.used.upto, Step(59_850_648));
        assert_eq!((taken.scratch.len(), taken.left_out), (3, vec![LeftOut::SitePolicy]));
    }

    #[test]
    fn no_more_scratch_codes_are_taken_than_a_secret_file_holds() {
        let text = "DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" TOTP_AUTH\n".to_owned() + &"12345678\n".repeat(18);
        let taken = read(&text, NOW).taken.unwrap();
        assert_eq!((taken.scratch.len(), taken.left_out), (16, vec![LeftOut::ScratchCodes(2)]));
    }

    #[test]
    fn a_learned_skew_comes_along() {
        let taken = read("DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" TOTP_AUTH\n\" TIME_SKEW -4\n\" STEP_SIZE 60\n", NOW);
        let taken = taken.taken.unwrap();
        assert_eq!((taken.state.drift, taken.key.period().seconds()), (Drift(-4), 60));
        assert_eq!(taken.left_out, []);
        let far = read("DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" TOTP_AUTH\n\" TIME_SKEW 900\n", NOW).taken.unwrap();
        assert_eq!((far.state.drift, far.left_out), (Drift(0), vec![LeftOut::Drift]));
    }

    #[test]
    fn a_secret_of_80_bits_is_one() {
        let taken = read("DPP7BWYRLXLBOKKH\n\" TOTP_AUTH\n", NOW).taken.unwrap();
        assert!(taken.key.secret().is_short());
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let why = |text: &str| read(text, NOW).taken.unwrap_err();
        assert_eq!(why("DPP7BWYRLXLBOKK\n\" TOTP_AUTH\n"), Unusable::Secret(InvalidSecret::FarTooShort));
        assert_eq!(why("DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" HOTP_COUNTER 1\n"), Unusable::Counter);
        assert_eq!(why("DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" TOTP_AUTH\nx\n"), Unusable::Form);
        assert!(matches!(
            why("DPP7BWYRLXLBOKKHHK3J2FZQFU\n\" TOTP_AUTH\n\" STEP_SIZE 1\n"),
            Unusable::Parameter(_)
        ));
        assert_eq!(why(""), Unusable::Form);
    }
}
