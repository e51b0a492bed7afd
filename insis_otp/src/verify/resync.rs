//! Resynchronization (RFC 6238, section 6): learning anew how far a device's clock is off, beyond what a login learns.
//!
//! The two codes arrive in two requests, and the time between them has to match the steps between them: two codes that
//! somebody wrote down earlier and sends at once teach nothing. Neither request tells whether the first code is one of
//! the device's; both are charged as guesses before anything is compared.

use subtle::{Choice, ConstantTimeEq};

use super::attempt::admit_single;
use super::enrollment::Found;
use super::{ParsedReply, Policy, Refusal, ResyncStart, State, UsedSteps};
use crate::oath::{Code, Drift, KeyedHmac, OtpGenerator, Seconds, Step, UnixTime};

/// Which of the two codes a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncCode {
    /// The first.
    First,
    /// The one that the device shows after it.
    Second,
}

/// What a request of a resynchronization costs before anything is compared.
#[derive(Debug)]
#[must_use]
#[allow(clippy::large_enum_variant, reason = "one a request, on the stack, where it is wiped")]
pub enum ResyncCharge {
    /// Nothing is compared.
    Settled(Refusal, State),
    /// It may be compared as soon as [`ResyncComparison::charged`] has been written.
    Due(ResyncComparison),
}

/// A request that may be compared once it is charged.
#[derive(Debug)]
pub struct ResyncComparison {
    which: ResyncCode,
    code: Code,
    before: State,
    charged: State,
    now: UnixTime,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resync {
    /// The first code is noted, whether or not it is right; the second is waited for.
    Noted,
    /// Both codes are right: how far the device's clock is off.
    Learned(Drift),
}

/// How many steps after the first code the second may be: people miss one.
const STEPS_BETWEEN: u64 = 3;

/// Charges a request. Pure, and computes no code.
pub fn charge_resync(
    which: ResyncCode,
    typed: &ParsedReply,
    key: &OtpGenerator,
    state: &State,
    policy: &Policy,
    now: UnixTime,
) -> ResyncCharge {
    let before = state.present(policy, now);
    let admitted = match typed.single(key.digits()) {
        Ok(code) => admit_single(&before, policy, now).map(|()| code),
        Err(why) => Err(Refusal::Malformed(why)),
    };
    match admitted {
        Ok(code) => {
            let throttle = before.throttle.clone().with_guess(true, now);
            let charged = State { throttle, resync: None, ..before.clone() }.with_failure();
            ResyncCharge::Due(ResyncComparison { which, code, before, charged, now })
        }
        Err(refusal) => ResyncCharge::Settled(refusal, before.with_failure()),
    }
}

impl ResyncComparison {
    /// The state as after a wrong guess. It is written before anything is compared.
    #[must_use]
    pub const fn charged(&self) -> &State {
        &self.charged
    }

    /// Compares the code: the same work for right and wrong.
    pub fn compare(self, key: &OtpGenerator) -> (Result<Resync, Refusal>, State) {
        match self.which {
            ResyncCode::First => self.first(key),
            ResyncCode::Second => self.second(key),
        }
    }

    /// Looks for the first code within an hour of now; of several steps that have it, the nearest counts.
    fn first(self, key: &OtpGenerator) -> (Result<Resync, Refusal>, State) {
        let reach = key.period().steps_in(Policy::ENROLLMENT_RESYNC);
        let (keyed, mut found) = (KeyedHmac::new(key), Found::default());
        for step in self.now.step(key.period()).around_from_afar(reach) {
            let fresh = !Choice::from(u8::from(self.before.used.contains(step)));
            found.take(step, keyed.code(step).ct_eq(&self.code) & fresh);
        }
        let resync = found.step().map(|step| ResyncStart { step, at: self.now });
        (Ok(Resync::Noted), State { resync, ..self.charged })
    }

    /// Looks for the second code in the steps after the first, and at how long it took to come.
    fn second(self, key: &OtpGenerator) -> (Result<Resync, Refusal>, State) {
        let start = self.before.resync.filter(|start| start.at <= self.now);
        // Without a first code that was right, the work is the same, and nothing matches.
        let ResyncStart { step: first, at } =
            start.unwrap_or(ResyncStart { step: self.now.step(key.period()), at: self.now });
        let elapsed = at.until(self.now);
        let (keyed, mut found) = (KeyedHmac::new(key), Found::default());
        for between in 1..=STEPS_BETWEEN {
            let step = Step(first.0.saturating_add(between));
            let in_time = Choice::from(u8::from(start.is_some() && is_in_time(key, between, elapsed)));
            let fresh = !Choice::from(u8::from(self.before.used.contains(step)));
            found.take(step, keyed.code(step).ct_eq(&self.code) & in_time & fresh);
        }
        match found.step() {
            Some(step) => self.learned(key, first, step),
            None => (Err(Refusal::Wrong), self.charged),
        }
    }

    fn learned(self, key: &OtpGenerator, first: Step, second: Step) -> (Result<Resync, Refusal>, State) {
        let offset = second.offset_from(self.now.step(key.period()));
        // One step is a person who types late as often as a clock that is off, and the window allows for it anyway.
        let drift = Drift(if offset.abs() <= 1 { 0 } else { offset });
        let used: UsedSteps = self.before.used.with_resync(first, second);
        // Both requests turned out to be no guesses. It is no login: the owner is still told of failures at the next one.
        // The second request is not in the state before it, so that one is given back.
        let own = 1;
        let throttle = self.before.throttle.after_login(own);
        let failures = self.before.failures.saturating_sub(own);
        let next = State { used, drift, throttle, failures, resync: None, ..self.before };
        (Ok(Resync::Learned(drift)), next)
    }
}

/// Whether so much time is what passes between codes of so many steps: each may be typed at any moment of its step.
fn is_in_time(key: &OtpGenerator, steps: u64, elapsed: Seconds) -> bool {
    let period = key.period().seconds();
    elapsed.0.abs_diff(steps * period) < period
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::fixtures::{NOW, Phone, T, opens, phone, twins};
    use crate::verify::{Malformed, Throttle};

    impl Phone {
        fn send(&mut self, which: ResyncCode, text: &str, now: UnixTime) -> Result<Resync, Refusal> {
            let typed = ParsedReply::parse(text.as_bytes());
            let (outcome, state) =
                match charge_resync(which, &typed, &self.key, &self.state, &self.policy, now) {
                    ResyncCharge::Settled(refusal, state) => (Err(refusal), state),
                    ResyncCharge::Due(comparison) => comparison.compare(&self.key),
                };
            self.state = state;
            outcome
        }

        fn resync(&mut self, first: u64, second: u64, seconds: u64) -> Result<Resync, Refusal> {
            let [one, two] = [first, second].map(|step| self.code(step));
            assert_eq!(self.send(ResyncCode::First, &one, NOW), Ok(Resync::Noted));
            self.send(ResyncCode::Second, &two, NOW.plus(Seconds(seconds)))
        }
    }

    #[test]
    fn two_codes_at_the_right_distance_teach_the_drift() {
        for offset in [-119_i64, -40, 0, 40, 119] {
            let mut phone = phone();
            let first = T.checked_add_signed(offset).unwrap();
            let learned = phone.resync(first, first + 1, 30);
            // It arrives a step later.
            let drift = if offset == 0 { 0 } else { offset as i32 };
            assert_eq!(learned, Ok(Resync::Learned(Drift(drift))), "{offset}");
            assert_eq!(
                (&phone.state.throttle, phone.state.failures),
                (&Throttle { day: NOW.day(), ..Throttle::default() }, 0)
            );
        }
    }

    #[test]
    fn a_first_code_that_stands_once_more_is_the_nearest() {
        let key = twins();
        let now = NOW.step(key.period()).0;
        let mut phone = Phone { key, ..phone() };
        assert_eq!(phone.resync(now - 1, now, 30), Ok(Resync::Learned(Drift(0))));
    }

    #[test]
    fn the_guesses_of_the_day_stay_counted() {
        let mut phone = phone();
        for _ in 0..3 {
            assert_eq!(phone.send(ResyncCode::Second, "000000", NOW), Err(Refusal::Wrong));
        }
        assert!(phone.resync(T - 60, T - 59, 30).is_ok());
        assert_eq!(phone.state.throttle.today, 3, "what others guessed");
    }

    #[test]
    fn two_codes_at_once_or_too_far_apart_teach_nothing() {
        for (between, seconds) in [(1, 0), (1, 60), (1, 3000), (2, 30), (2, 90), (3, 60), (4, 120)] {
            let mut phone = phone();
            assert_eq!(
                phone.resync(T - 60, T - 60 + between, seconds),
                Err(Refusal::Wrong),
                "{between} {seconds}"
            );
            assert_eq!(phone.state.drift, Drift(0));
            assert_eq!(phone.state.throttle.guesses, 2);
        }
        assert!(
            phone().resync(T - 60, T - 59, 1).is_ok(),
            "at the end of one step and the beginning of the next"
        );
        assert!(phone().resync(T - 60, T - 58, 60).is_ok(), "one was missed");
    }

    #[test]
    fn nobody_learns_whether_the_first_code_was_right() {
        let (mut right, mut wrong) = (phone(), phone());
        let code = right.code(T + 50);
        assert_eq!(right.send(ResyncCode::First, &code, NOW), wrong.send(ResyncCode::First, "000000", NOW));
        assert_eq!(right.state.throttle, wrong.state.throttle);
        let later = NOW.plus(Seconds(30));
        assert_eq!(
            right.send(ResyncCode::Second, "000000", later),
            wrong.send(ResyncCode::Second, "000000", later)
        );
        assert_eq!(right.state, wrong.state);
    }

    #[test]
    fn the_second_code_alone_or_twice_teaches_nothing() {
        let mut phone = phone();
        let [one, two] = [T - 60, T - 59].map(|step| phone.code(step));
        assert_eq!(phone.send(ResyncCode::Second, &two, NOW), Err(Refusal::Wrong));
        assert_eq!(phone.send(ResyncCode::First, &one, NOW), Ok(Resync::Noted));
        assert_eq!(phone.send(ResyncCode::Second, "000000", NOW.plus(Seconds(30))), Err(Refusal::Wrong));
        assert_eq!(phone.send(ResyncCode::Second, &two, NOW.plus(Seconds(31))), Err(Refusal::Wrong));
    }

    #[test]
    fn what_is_no_single_code_is_refused_and_a_delay_holds() {
        let mut phone = phone();
        assert_eq!(
            phone.send(ResyncCode::First, "123456 654321", NOW),
            Err(Refusal::Malformed(Malformed::Length))
        );
        for _ in 0..6 {
            let _ = phone.send(ResyncCode::First, "000000", NOW);
        }
        let code = phone.code(T);
        assert!(matches!(phone.send(ResyncCode::First, &code, NOW), Err(Refusal::Throttled { .. })));
    }

    #[test]
    fn used_codes_teach_nothing() {
        let mut phone = phone();
        let [one, two] = [T - 2001, T - 2000].map(|step| phone.code(step));
        let then = UnixTime((T - 2000) * 30);
        assert_eq!(phone.send(ResyncCode::First, &one, then), Ok(Resync::Noted));
        assert_eq!(phone.state.resync, None);
        assert_eq!(phone.send(ResyncCode::Second, &two, then.plus(Seconds(30))), Err(Refusal::Wrong));
    }

    /// Somebody who recorded codes makes them count; the owner gets in all the same, and the drift is right again.
    #[test]
    fn the_owner_gets_in_whatever_recorded_codes_have_taught() {
        for offset in [-110_i64, -20, 20, 110] {
            let mut phone = phone();
            let first = T.checked_add_signed(offset).unwrap();
            assert!(phone.resync(first, first + 1, 30).is_ok());
            let now = NOW.plus(Seconds(60));
            let single = phone.code(T + 2);
            assert!(!opens(&phone.try_text(&single, now)), "{offset}: the drift is theirs");
            let two_codes = format!("{} {}", phone.code(T + 1), phone.code(T + 2));
            assert!(opens(&phone.try_text(&two_codes, now)), "{offset}");
            assert_eq!(phone.state.drift, Drift(0), "{offset}");
            let next = phone.code(T + 3);
            assert!(
                opens(&phone.try_text(&next, NOW.plus(Seconds(90)))),
                "{offset}: single codes count again"
            );
        }
    }
}
