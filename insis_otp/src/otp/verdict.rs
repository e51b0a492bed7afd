//! The verdict: whether what was typed opens the login, and what is remembered of the attempt.

use subtle::{Choice, ConstantTimeEq};

use super::pairing::{Found, find_pair};
use super::typed::{Codes, DigitString};
use super::{Code, Drift, Key, Malformed, Policy, RecoveryCodes, Seconds, State, Step, Typed, UnixTime};

/// The outcome of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The login is opened.
    Accepted(Accepted),
    /// It is not.
    Refused(Refusal),
}

/// An opened login, and what its owner and the log should hear about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What opened it.
    pub by: Proof,
    /// Failed attempts since the login before.
    pub failures: u32,
    /// The spent steps lay far ahead: the machine's clock was wrong once, and this login led back.
    pub clock_was_ahead: bool,
}

/// What opened a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// One code, this many steps from the expected one.
    Code {
        /// Steps after the expected one; negative when before.
        offset: i32,
    },
    /// Two consecutive codes.
    Pair {
        /// Steps of the second code after the expected one, before the drift was learned.
        offset: i32,
        /// The drift from now on.
        drift: Drift,
    },
    /// A recovery code, or a scratch code.
    Recovery {
        /// How many are left.
        left: u32,
    },
}

/// Why an attempt did not open the login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Matches nothing nearby.
    Wrong,
    /// The right code of a step that is spent; a fresh one is shown after this time (0: already now).
    Used {
        /// Until the phone shows a code that can be accepted.
        wait: Seconds,
    },
    /// Every step near now is spent, as the clock of this machine was far ahead once, or is behind now.
    ClockAhead {
        /// How far ahead the last accepted step lies.
        by: Seconds,
    },
    /// The code of a step outside the window.
    OutsideWindow {
        /// Steps after the expected one; negative when before.
        offset: i32,
    },
    /// A recovery code, or a scratch code, that was used before.
    RecoverySpent,
    /// Not compared, because of earlier wrong guesses.
    Throttled {
        /// Until a single code is compared again.
        wait: Seconds,
    },
    /// A pair or recovery code was not compared: one a second is the limit while single codes are delayed.
    TooSoon {
        /// Until a single code is compared again.
        wait: Seconds,
    },
    /// Cannot be a code at all.
    Malformed(Malformed),
}

impl Refusal {
    /// The refusal in a word: the `reason=` of the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong-code",
            Self::Used { .. } => "used-code",
            Self::ClockAhead { .. } => "clock-ahead",
            Self::OutsideWindow { .. } => "outside-window",
            Self::RecoverySpent => "used-recovery-code",
            Self::Throttled { .. } => "throttled",
            Self::TooSoon { .. } => "too-soon",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether the attempt was a guess that could have opened the login, and so counts towards the delay.
    const fn is_guess(&self) -> bool {
        match self {
            Self::Wrong | Self::OutsideWindow { .. } => true,
            Self::Used { .. }
            | Self::ClockAhead { .. }
            | Self::RecoverySpent
            | Self::Throttled { .. }
            | Self::TooSoon { .. }
            | Self::Malformed(_) => false,
        }
    }
}

/// Decides one attempt. Pure: no clock, no disk, no PAM.
///
/// The caller makes the returned state durable before it acts on the verdict, so that a crash in between refuses a
/// login rather than allow a replay.
///
/// - One code is accepted in the window around the step that the phone should show (RFC 6238, section 5.2), once,
///   and later than every step accepted before.
/// - Two consecutive codes are searched for within five minutes of it, and tell how far the phone's clock is off.
/// - A scratch code is compared where one code is, a recovery code always; each is accepted once.
/// - After too many wrong guesses single codes are not compared for a while (RFC 4226, section 7.3). Two consecutive
///   codes from within the window and recovery codes are, one a second, so that guessing never locks out the owner.
pub fn verify(
    typed: &Typed,
    key: &Key,
    recovery: &RecoveryCodes,
    state: &State,
    policy: &Policy,
    now: UnixTime,
) -> (Verdict, State) {
    let mut attempt = Attempt::new(key, recovery, state, policy, now);
    let outcome = attempt.decide(typed);
    attempt.conclude(outcome)
}

/// Learns anew how far a phone's clock is off (RFC 6238, section 6): two consecutive codes, searched for within an
/// hour of now, later than every step accepted before. Charged like an attempt to log in.
pub fn resync(
    typed: &Typed,
    key: &Key,
    state: &State,
    policy: &Policy,
    now: UnixTime,
) -> (Result<Drift, Refusal>, State) {
    let none = RecoveryCodes::default();
    let mut attempt = Attempt::new(key, &none, state, policy, now);
    attempt.pair_reach = key.period().steps_in(Policy::PAIRING_REACH);
    let outcome = match typed {
        Typed::Digits(text) if matches!(text.codes(key.digits()), Codes::Two(..)) => attempt.decide(typed),
        Typed::Malformed(why) => Err(Refusal::Malformed(*why)),
        _ => Err(Refusal::Malformed(Malformed::Length)),
    };
    // It is no login, so that the owner is still told of failures at the next one.
    let (last_login, failures) = (state.last_login, state.failures);
    match attempt.conclude(outcome) {
        (Verdict::Accepted(_), next) => (Ok(next.drift), State { last_login, failures, ..next }),
        (Verdict::Refused(why), next) => (Err(why), next),
    }
}

/// One attempt while it is being decided.
struct Attempt<'a> {
    key: &'a Key,
    recovery: &'a RecoveryCodes,
    policy: &'a Policy,
    now: UnixTime,
    next: State,
    /// How far a pair is searched for, in steps.
    pair_reach: u64,
    clock_was_ahead: bool,
}

/// What a single code was found to be in the window.
struct Sight {
    fresh: Option<Step>,
    spent: Option<Step>,
}

impl<'a> Attempt<'a> {
    fn new(
        key: &'a Key,
        recovery: &'a RecoveryCodes,
        state: &State,
        policy: &'a Policy,
        now: UnixTime,
    ) -> Self {
        let mut next = state.clone();
        next.throttle = next.throttle.without_future(now);
        next.remembered.retain(|place| place.until > now);
        let pair_reach = policy.reach(key.period());
        Self { key, recovery, policy, now, next, pair_reach, clock_was_ahead: false }
    }

    fn decide(&mut self, typed: &Typed) -> Result<Proof, Refusal> {
        let delayed = self.next.throttle.wait(&self.policy.throttle, self.now);
        match typed {
            Typed::Digits(text) => self.digits(text, delayed),
            Typed::Recovery(code) => {
                self.one_a_second(delayed)?;
                self.recovery_code(self.recovery.place(code))
            }
            Typed::Malformed(why) => Err(Refusal::Malformed(*why)),
        }
    }

    fn digits(&mut self, text: &DigitString, delayed: Option<Seconds>) -> Result<Proof, Refusal> {
        // For people without scratch codes as well, so that nobody learns who has any.
        let scratch = text.scratch();
        match (text.codes(self.key.digits()), scratch, delayed) {
            (Codes::Two(first, second), _, _) => {
                self.one_a_second(delayed)?;
                self.two_codes(&first, &second, delayed.is_some())
            }
            (Codes::WrongLength, None, _) => Err(Refusal::Malformed(Malformed::Length)),
            (Codes::One(_) | Codes::WrongLength, _, Some(wait)) => Err(Refusal::Throttled { wait }),
            (Codes::WrongLength, Some(code), None) => {
                self.recovery_code(self.recovery.place_of_scratch(&code))
            }
            (Codes::One(code), scratch, None) => {
                // Eight digits can be either where codes have eight.
                let place = scratch.and_then(|scratch| self.recovery.place_of_scratch(&scratch));
                self.one_code(&code).or_else(|why| match place {
                    Some(_) => self.recovery_code(place),
                    None => Err(why),
                })
            }
        }
    }

    /// Charges the outcome to the state.
    fn conclude(mut self, outcome: Result<Proof, Refusal>) -> (Verdict, State) {
        match outcome {
            Ok(by) => {
                let failures = std::mem::take(&mut self.next.failures);
                self.next.throttle = self.next.throttle.after_login();
                self.next.last_login = Some(self.now);
                let accepted = Accepted { by, failures, clock_was_ahead: self.clock_was_ahead };
                (Verdict::Accepted(accepted), self.next)
            }
            Err(refusal) => {
                self.next.failures = self.next.failures.saturating_add(1);
                if refusal.is_guess() {
                    self.next.throttle = self.next.throttle.with_guess(self.now);
                }
                (Verdict::Refused(refusal), self.next)
            }
        }
    }

    /// The step that the phone should show now.
    fn expected(&self) -> Step {
        self.now.step(self.key.period()).shifted(self.next.drift)
    }

    /// The last step of the window.
    fn window_end(&self) -> Step {
        Step(self.expected().0.saturating_add(self.policy.window.steps()))
    }

    /// Whether the last accepted step lies beyond every step that could be accepted now.
    fn clock_is_behind(&self) -> bool {
        self.next.spent.upto > self.window_end()
    }

    fn one_code(&mut self, code: &Code) -> Result<Proof, Refusal> {
        let expected = self.expected();
        match self.look_in_window(code) {
            Sight { fresh: Some(step), .. } => {
                self.next.spent = self.next.spent.with(step, step);
                Ok(Proof::Code { offset: step.offset_from(expected) })
            }
            Sight { spent: Some(_), .. } => Err(self.spent_already()),
            Sight { .. } => Err(match self.look_outside(code) {
                Some(step) => Refusal::OutsideWindow { offset: step.offset_from(expected) },
                None => Refusal::Wrong,
            }),
        }
    }

    /// Compares a code with every step of the window. The work is the same wherever it matches.
    fn look_in_window(&self, code: &Code) -> Sight {
        let [mut fresh, mut spent] = [Found::default(); 2];
        for step in self.expected().around(self.policy.window.steps()) {
            let matches = self.key.code(Step(step)).ct_eq(code);
            let is_spent = Choice::from(u8::from(self.next.spent.contains(Step(step))));
            fresh.take(Step(step), matches & !is_spent);
            spent.take(Step(step), matches & is_spent);
        }
        Sight { fresh: fresh.step(), spent: spent.step() }
    }

    /// Where around the window a wrong code would have been right, for the log. The work is the same whether or not it
    /// is anywhere.
    fn look_outside(&self, code: &Code) -> Option<Step> {
        let window = self.expected().around(self.policy.window.steps());
        let mut outside = Found::default();
        for step in self.expected().around(self.policy.reach(self.key.period())) {
            if !window.contains(&step) {
                outside.take(Step(step), self.key.code(Step(step)).ct_eq(code));
            }
        }
        outside.step()
    }

    /// A right code that is spent: how long until the phone shows a fresh one.
    fn spent_already(&self) -> Refusal {
        let period = self.key.period();
        let fresh = Step(self.next.spent.upto.next().0.saturating_add_signed(-i64::from(self.next.drift.0)));
        let wait = self.now.until(fresh.start(period));
        if wait.0 > Policy::PAIR_REACH { Refusal::ClockAhead { by: wait } } else { Refusal::Used { wait } }
    }

    fn two_codes(&mut self, first: &Code, second: &Code, throttled: bool) -> Result<Proof, Refusal> {
        let (expected, behind) = (self.expected(), self.clock_is_behind());
        let window = self.policy.window.steps();
        let steps = if throttled || behind {
            // Both codes from within the window; a window of nothing still has room for the code just gone.
            expected.0.saturating_sub(window.max(1))..=expected.0.saturating_add(window).saturating_sub(1)
        } else {
            expected.around(self.pair_reach)
        };
        let Some(step) = find_pair(first, second, self.key, steps) else {
            return Err(Refusal::Wrong);
        };
        if behind && self.next.spent.gap_contains(step, step.next()) {
            self.clock_was_ahead = true;
            return Ok(self.accept_pair(step, expected, |spent| spent.back_in_gap(step.next())));
        }
        if self.next.spent.contains(step) || self.next.spent.contains(step.next()) {
            return Err(self.spent_already());
        }
        Ok(self.accept_pair(step, expected, |spent| spent.with(step, step.next())))
    }

    fn accept_pair(
        &mut self,
        step: Step,
        expected: Step,
        spend: impl FnOnce(super::SpentSteps) -> super::SpentSteps,
    ) -> Proof {
        self.next.spent = spend(self.next.spent);
        let offset = step.next().offset_from(expected);
        if u64::from(offset.unsigned_abs()) > self.policy.window.steps() {
            let most = i32::try_from(self.key.period().steps_in(Policy::PAIRING_REACH)).unwrap_or(i32::MAX);
            self.next.drift = Drift(self.next.drift.0.saturating_add(offset).clamp(-most, most));
        }
        Proof::Pair { offset, drift: self.next.drift }
    }

    /// The recovery or scratch code at this place, if it is any.
    fn recovery_code(&mut self, place: Option<u8>) -> Result<Proof, Refusal> {
        let place = place.ok_or(Refusal::Wrong)?;
        let bit = 1_u16.checked_shl(u32::from(place)).unwrap_or(0);
        if self.next.spent_recovery & bit != 0 {
            return Err(Refusal::RecoverySpent);
        }
        self.next.spent_recovery |= bit;
        if self.clock_is_behind() {
            // Go on from now, with every code of the present window spent, so that none seen earlier opens a login.
            self.clock_was_ahead = true;
            self.next.spent = self.next.spent.back_in_gap(self.window_end());
        }
        Ok(Proof::Recovery { left: self.recovery.left(self.next.spent_recovery) })
    }

    /// While single codes are delayed, one strong proof a second is compared: a bound on guessing that the owner
    /// does not feel.
    fn one_a_second(&mut self, delayed: Option<Seconds>) -> Result<(), Refusal> {
        let Some(wait) = delayed else { return Ok(()) };
        if self.next.throttle.strong_wait(self.now).is_some() {
            return Err(Refusal::TooSoon { wait });
        }
        self.next.throttle.strong_at = self.now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::otp::{Algorithm, Digits, Period, RecoveryCode, Salt, Secret, Throttle};

    const T: u64 = 56_000_000;
    const NOW: UnixTime = UnixTime(T * 30 + 12);

    struct Phone {
        key: Key,
        recovery: RecoveryCodes,
        state: State,
        policy: Policy,
    }

    fn phone() -> Phone {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        let key = Key::new(secret, Algorithm::Sha1, Digits::Six, Period::default());
        let spent = crate::otp::SpentSteps::since_pairing(Step(T - 2001), Step(T - 2000));
        let recovery =
            RecoveryCodes::new(&[recovery_code(b"abcdefghjk"), recovery_code(b"kkkkkkkkkk")], Salt([1; 16]));
        Phone { key, recovery, state: State { spent, ..State::default() }, policy: Policy::default() }
    }

    fn recovery_code(letters: &[u8]) -> RecoveryCode {
        match Typed::parse(letters) {
            Typed::Recovery(code) => code,
            other => panic!("{other:?}"),
        }
    }

    impl Phone {
        fn code(&self, step: u64) -> String {
            self.key.code(Step(step)).reveal(self.key.digits()).to_string()
        }

        fn try_text(&mut self, text: &str, now: UnixTime) -> Verdict {
            let typed = Typed::parse(text.as_bytes());
            let (verdict, state) = verify(&typed, &self.key, &self.recovery, &self.state, &self.policy, now);
            self.state = state;
            verdict
        }

        fn try_step(&mut self, step: u64, now: UnixTime) -> Verdict {
            let code = self.code(step);
            self.try_text(&code, now)
        }

        fn try_pair(&mut self, step: u64, now: UnixTime) -> Verdict {
            let text = format!("{} {}", self.code(step), self.code(step + 1));
            self.try_text(&text, now)
        }

        fn fail(&mut self, times: u32, now: UnixTime) {
            for _ in 0..times {
                assert!(!opens(&self.try_text("000000", now)));
            }
        }
    }

    fn opens(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Accepted(_))
    }

    fn refused(refusal: Refusal) -> Verdict {
        Verdict::Refused(refusal)
    }

    #[test]
    fn the_window_is_one_step_on_either_side() {
        for (offset, open) in [(-2_i64, false), (-1, true), (0, true), (1, true), (2, false)] {
            let mut phone = phone();
            let verdict = phone.try_step(T.strict_add_signed(offset), NOW);
            assert_eq!(opens(&verdict), open, "{offset}: {verdict:?}");
        }
        let verdict = phone().try_step(T - 4, NOW);
        assert_eq!(verdict, refused(Refusal::OutsideWindow { offset: -4 }));
    }

    #[test]
    fn the_work_is_the_same_whichever_step_matches() {
        let work = |step: u64, used: bool| {
            let mut phone = phone();
            if used {
                assert!(opens(&phone.try_step(step, NOW)));
            }
            let text = phone.code(step);
            let before = crate::otp::key::COMPUTED.get();
            let _ = phone.try_text(&text, NOW);
            crate::otp::key::COMPUTED.get() - before
        };
        // The window, whether the code is right or used; five minutes on either side and the step itself for any other.
        for (step, compared) in
            [(T - 1, 3), (T, 3), (T + 1, 3), (T - 2, 21), (T - 4, 21), (T + 9, 21), (T - 4000, 21)]
        {
            assert_eq!(work(step, false), compared, "{step}");
        }
        assert_eq!((work(T, true), work(T + 1, true)), (3, 3));
    }

    #[test]
    fn a_code_opens_once_and_then_tells_how_long_to_wait() {
        let mut phone = phone();
        assert!(opens(&phone.try_step(T, NOW)));
        assert_eq!(phone.try_step(T, NOW), refused(Refusal::Used { wait: Seconds(18) }));
        assert_eq!(phone.try_step(T - 1, NOW), refused(Refusal::Used { wait: Seconds(18) }));
        assert!(opens(&phone.try_step(T + 1, NOW)));
        assert_eq!(phone.try_step(T, NOW), refused(Refusal::Used { wait: Seconds(48) }));
        assert_eq!(phone.state.throttle, Throttle::default());
        assert_eq!(phone.state.failures, 1);
    }

    #[test]
    fn success_tells_of_failures_and_forgets_them() {
        let mut phone = phone();
        phone.fail(4, NOW);
        let Verdict::Accepted(accepted) = phone.try_step(T, NOW) else { panic!() };
        assert_eq!((accepted.failures, phone.state.failures), (4, 0));
        assert_eq!(phone.state.last_login, Some(NOW));
    }

    #[test]
    fn a_throttle_stops_codes_but_not_the_owner() {
        let mut phone = phone();
        phone.fail(6, NOW);
        assert_eq!(phone.try_step(T, NOW), refused(Refusal::Throttled { wait: Seconds(30) }));
        assert_eq!((phone.state.failures, phone.state.throttle.guesses), (7, 6));
        let mut later = phone.state.clone();
        std::mem::swap(&mut later, &mut phone.state);
        assert!(opens(&phone.try_pair(T - 1, NOW)));
        phone.state = later;
        assert!(opens(&phone.try_text("ABCDE fghjk", NOW)));
    }

    #[test]
    fn in_a_throttle_one_strong_proof_a_second_is_compared_within_the_window() {
        let mut phone = phone();
        phone.fail(6, NOW);
        assert_eq!(phone.try_pair(T - 4, NOW), refused(Refusal::Wrong));
        assert_eq!(phone.try_pair(T - 1, NOW), refused(Refusal::TooSoon { wait: Seconds(60) }));
        assert_eq!(phone.try_text("zzzzz zzzzz", NOW), refused(Refusal::TooSoon { wait: Seconds(60) }));
        let next_second = NOW.plus(Seconds(1));
        assert!(opens(&phone.try_pair(T, next_second)));
    }

    #[test]
    fn a_pair_teaches_the_drift() {
        let mut phone = phone();
        assert_eq!(phone.try_step(T - 6, NOW), refused(Refusal::OutsideWindow { offset: -6 }));
        let verdict = phone.try_pair(T - 7, NOW);
        assert!(matches!(
            &verdict,
            Verdict::Accepted(Accepted { by: Proof::Pair { offset: -6, drift: Drift(-6) }, .. })
        ));
        let later = NOW.plus(Seconds(60));
        assert!(opens(&phone.try_step(T - 4, later)));
        assert!(!opens(&phone.try_step(T + 2, later)));
    }

    #[test]
    fn resync_learns_up_to_an_hour_and_is_charged() {
        let mut phone = phone();
        let text = |phone: &Phone, step| format!("{}{}", phone.code(step), phone.code(step + 1));
        let mut attempt = |text: &str| {
            let typed = Typed::parse(text.as_bytes());
            let (outcome, state) = resync(&typed, &phone.key, &phone.state, &phone.policy, NOW);
            phone.state = state;
            outcome
        };
        let model = self::phone();
        assert_eq!(attempt(&text(&model, T + 90)), Ok(Drift(91)));
        assert_eq!(attempt("123456"), Err(Refusal::Malformed(Malformed::Length)));
        assert_eq!(attempt("000000 000000"), Err(Refusal::Wrong));
        assert_eq!(attempt("no code"), Err(Refusal::Malformed(Malformed::Characters)));
        // It is no login: the owner is told of the failures at the next one.
        assert_eq!(attempt(&text(&model, T + 94)), Ok(Drift(95)));
        assert_eq!((phone.state.failures, phone.state.throttle.guesses), (3, 0));
        assert_eq!(phone.state.last_login, None);
    }

    #[test]
    fn after_the_last_code_of_the_window_a_pair_goes_on() {
        let mut phone = phone();
        assert!(opens(&phone.try_step(T + 1, NOW)));
        assert!(opens(&phone.try_pair(T + 2, NOW)));
    }

    /// After a quiet day there is a gap below the login; it is a way back for a clock that was ahead, and for nothing else.
    #[test]
    fn a_pair_from_before_the_login_opens_nothing() {
        let mut phone = phone();
        phone.state.spent = crate::otp::SpentSteps::since_pairing(Step(T - 4_001), Step(T - 4_000));
        assert!(opens(&phone.try_step(T, NOW)));
        assert!(phone.state.spent.gap_contains(Step(T - 3), Step(T - 2)));
        assert!(!opens(&phone.try_pair(T - 3, NOW)));
    }

    #[test]
    fn a_used_code_tells_when_the_phone_shows_the_next() {
        let mut ahead = phone();
        ahead.state.drift = Drift(2);
        assert!(opens(&ahead.try_step(T + 2, NOW)));
        // The next one is shown at the next step of our clock, whatever step the phone calls it.
        assert_eq!(ahead.try_step(T + 2, NOW), refused(Refusal::Used { wait: Seconds(18) }));
        // Five minutes are a clock that is somewhat off, more are one that was ahead.
        let mut behind = phone();
        behind.state.spent.upto = Step(T + 10);
        let at = |seconds: u64| UnixTime((T + 11) * 30 - seconds);
        assert_eq!(behind.try_step(T + 1, at(300)), refused(Refusal::Used { wait: Seconds(300) }));
        assert_eq!(behind.try_step(T + 1, at(301)), refused(Refusal::ClockAhead { by: Seconds(301) }));
    }

    #[test]
    fn old_codes_of_every_age_open_nothing() {
        for age in 2..3_000 {
            let mut phone = phone();
            assert!(opens(&phone.try_step(T, NOW)));
            for text in [phone.code(T - age), format!("{}{}", phone.code(T - age), phone.code(T - age + 1))] {
                assert!(!opens(&phone.try_text(&text, NOW)), "{age} steps old");
            }
        }
    }

    #[test]
    fn recovery_codes_are_good_once() {
        let mut phone = phone();
        let Verdict::Accepted(accepted) = phone.try_text("abcde-fghjk", NOW) else { panic!() };
        assert_eq!(accepted.by, Proof::Recovery { left: 1 });
        assert_eq!(phone.try_text("abcde-fghjk", NOW), refused(Refusal::RecoverySpent));
        assert_eq!(phone.try_text("bbbbb-bbbbb", NOW), refused(Refusal::Wrong));
    }

    #[test]
    fn scratch_codes_are_good_once_and_delayed_like_single_codes() {
        let scratch = [b"01234567", b"76543210"].map(|c| crate::otp::ScratchCode::from_digits(c).unwrap());
        for digits in [Digits::Six, Digits::Eight] {
            let mut phone = phone();
            phone.key = Key::new(phone.key.secret().clone(), Algorithm::Sha1, digits, Period::default());
            phone.recovery = RecoveryCodes::of_scratch_codes(&scratch, Salt([1; 16])).unwrap();
            let Verdict::Accepted(accepted) = phone.try_text("0123 4567", NOW) else { panic!("{digits:?}") };
            assert_eq!(accepted.by, Proof::Recovery { left: 1 });
            assert!(opens(&phone.try_step(T, NOW)), "{digits:?}");
            assert_eq!(phone.try_text("01234567", NOW), refused(Refusal::RecoverySpent));
            for _ in 0..6 {
                assert_eq!(phone.try_text("11111111", NOW), refused(Refusal::Wrong));
            }
            assert_eq!(phone.try_text("76543210", NOW), refused(Refusal::Throttled { wait: Seconds(30) }));
            assert!(opens(&phone.try_text("76543210", NOW.plus(Seconds(30)))));
        }
    }

    #[test]
    fn logins_do_not_buy_more_guesses_a_day() {
        let mut phone = phone();
        let midnight = UnixTime::of_day(NOW.day() + 1);
        let morning = UnixTime::of_day(NOW.day());
        for login in 0..6_u64 {
            phone.fail(5, morning.plus(Seconds(login * 3600)));
            let step = (morning.0 + login * 3600) / 30;
            assert!(opens(&phone.try_pair(step, UnixTime(step * 30))), "{login}");
        }
        let evening = UnixTime(midnight.0 - 600);
        assert_eq!(
            phone.try_step(evening.0 / 30, evening),
            refused(Refusal::Throttled { wait: Seconds(600) })
        );
        assert!(opens(&phone.try_pair(evening.0 / 30 - 1, evening)));
        assert!(opens(&phone.try_step(midnight.0 / 30, midnight)));
    }

    #[test]
    fn a_clock_once_far_ahead_is_left_by_pair_or_recovery_code() {
        const YEAR: u64 = 1_051_200;
        let ahead = UnixTime(NOW.0 + YEAR * 30);
        for way_back in ["pair", "recovery"] {
            let mut phone = phone();
            assert!(opens(&phone.try_step(T, NOW)));
            assert!(opens(&phone.try_step(T + YEAR, ahead)));
            let back = NOW.plus(Seconds(300));
            assert!(matches!(phone.try_step(T + 10, back), Verdict::Refused(Refusal::ClockAhead { .. })));
            let verdict = match way_back {
                "pair" => phone.try_pair(T + 9, back),
                _ => phone.try_text("abcdefghjk", back),
            };
            assert!(
                matches!(verdict, Verdict::Accepted(Accepted { clock_was_ahead: true, .. })),
                "{way_back}"
            );
            assert!(!opens(&phone.try_step(T + 10, back)), "{way_back}: spent");
            assert!(opens(&phone.try_step(T + 12, back.plus(Seconds(60)))), "{way_back}: next");
            assert!(!opens(&phone.try_step(T + YEAR, ahead)), "{way_back}: accepted while ahead");
        }
    }

    #[test]
    fn unlocking_does_not_reopen_what_was_accepted_while_the_clock_was_ahead() {
        for (ahead, quiet) in [(5_000, true), (9_000, true), (9_000, false)] {
            let mut phone = phone();
            let then = UnixTime(NOW.0 + ahead * 30);
            assert!(opens(&phone.try_step(T, NOW)));
            if !quiet {
                assert!(opens(&phone.try_step(T + ahead - 3, UnixTime(then.0 - 90))));
            }
            assert!(opens(&phone.try_step(T + ahead, then)));
            let back = NOW.plus(Seconds(300));
            phone.state = phone.state.unlocked(phone.key.period(), &phone.policy, back);
            assert!(
                !opens(&phone.try_step(T + 10, back)),
                "{ahead}: every code of the window counts as spent"
            );
            assert!(opens(&phone.try_step(T + 12, back.plus(Seconds(60)))), "{ahead}: the next one does not");
            assert!(!opens(&phone.try_step(T + ahead, then)), "{ahead}: accepted while ahead");
        }
    }

    /// The clock goes back by some hours, the administrator unlocks, the clock comes by again: what was recorded when it
    /// was accepted must not be good a second time.
    #[test]
    fn unlocking_under_a_clock_set_back_reopens_nothing() {
        let mut phone = phone();
        let accepted = [T, T + 10, T + 20];
        for step in accepted {
            assert!(opens(&phone.try_step(step, UnixTime(step * 30))));
        }
        let back = UnixTime((T - 120) * 30);
        phone.state = phone.state.unlocked(phone.key.period(), &phone.policy, back);
        for step in accepted {
            assert!(!opens(&phone.try_step(step, UnixTime(step * 30))), "T + {} twice", step - T);
        }
    }

    #[test]
    fn a_clock_set_back_reopens_nothing() {
        let mut phone = phone();
        assert!(opens(&phone.try_step(T, NOW)));
        let back = UnixTime(NOW.0 - 1000);
        assert!(!opens(&phone.try_step(T - 33, back)));
        assert!(!opens(&phone.try_step(T, NOW)));
    }

    #[test]
    fn malformed_replies_are_counted_but_cost_no_delay() {
        let mut phone = phone();
        for text in ["12345", "①②③④⑤⑥", "no idea", "+12345"] {
            assert!(matches!(phone.try_text(text, NOW), Verdict::Refused(Refusal::Malformed(_))));
        }
        assert_eq!((phone.state.failures, phone.state.throttle.guesses), (4, 0));
    }

    /// One thing that happens: the clock moves, then something is typed.
    #[derive(Clone, Debug)]
    enum Event {
        Code { clock: i64, offset: i64 },
        Pair { clock: i64, offset: i64 },
        Recovery { clock: i64, which: bool },
        Nonsense { clock: i64 },
    }

    fn clock() -> impl Strategy<Value = i64> {
        prop_oneof![8 => 0..90_i64, 1 => -4000..4000_i64, 1 => -400_000_000..400_000_000_i64]
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => (clock(), -12..13_i64).prop_map(|(clock, offset)| Event::Code { clock, offset }),
            3 => (clock(), -12..13_i64).prop_map(|(clock, offset)| Event::Pair { clock, offset }),
            1 => (clock(), any::<bool>()).prop_map(|(clock, which)| Event::Recovery { clock, which }),
            1 => clock().prop_map(|clock| Event::Nonsense { clock }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        /// In any order of attempts and clock moves: no step twice, nothing from outside the window, and the count
        /// of failures falls by success only.
        #[test]
        fn histories_keep_the_promises(events in prop::collection::vec(event(), 1..60)) {
            let mut phone = phone();
            let mut now = NOW.0;
            let mut accepted = std::collections::HashSet::new();
            for event in events {
                let (clock, offset, kind) = match event {
                    Event::Code { clock, offset } => (clock, offset, 1),
                    Event::Pair { clock, offset } => (clock, offset, 2),
                    Event::Recovery { clock, which } => (clock, i64::from(which), 3),
                    Event::Nonsense { clock } => (clock, 0, 4),
                };
                now = now.saturating_add_signed(clock).max(1_000_000);
                let before = phone.state.clone();
                let expected = (now / 30).saturating_add_signed(i64::from(before.drift.0));
                let step = expected.saturating_add_signed(offset);
                let verdict = match kind {
                    1 => phone.try_step(step, UnixTime(now)),
                    2 => phone.try_pair(step, UnixTime(now)),
                    3 => phone.try_text(if offset == 0 { "abcdefghjk" } else { "kkkkkkkkkk" }, UnixTime(now)),
                    _ => phone.try_text("nonsense", UnixTime(now)),
                };
                match (&verdict, kind) {
                    (Verdict::Accepted(_), 1) => {
                        prop_assert!(offset.abs() <= 1, "outside the window: {offset}");
                        prop_assert!(accepted.insert(step), "step {step} twice");
                    }
                    (Verdict::Accepted(_), 2) => {
                        prop_assert!((-10..=10).contains(&offset));
                        prop_assert!(accepted.insert(step) && accepted.insert(step + 1), "pair {step} twice");
                    }
                    (Verdict::Accepted(_), 3) => {
                        prop_assert!(accepted.insert(u64::MAX - offset.unsigned_abs()), "recovery code twice");
                    }
                    (Verdict::Accepted(_), _) => prop_assert!(false, "nonsense opened a login"),
                    (Verdict::Refused(_), _) => {
                        prop_assert_eq!(phone.state.failures, before.failures + 1);
                        prop_assert!(phone.state.throttle.guesses >= before.throttle.guesses);
                        prop_assert_eq!(phone.state.spent, before.spent);
                    }
                }
            }
        }
    }
}
