//! The verdict: whether what was typed opens the login, and what is remembered of the attempt.
//!
//! An attempt is decided in two steps, so that no guess is free. [`charge`] looks at the state alone and says what the
//! state is if the guess is wrong; only when that has been written, [`Comparison::compare`] looks at the secret. Whoever
//! makes the write fail, or ends the process in between, has paid for a guess that was never compared.

use subtle::{Choice, ConstantTimeEq};

use super::enrollment::{Found, find_two_codes};
use super::typed::Codes;
use super::{Malformed, Policy, Rate, SourceTag, State, Typed, UsedSteps};
use crate::oath::{
    Code, Drift, KeyedHmac, OtpGenerator, RecoveryCode, RecoveryCodes, ScratchCode, Seconds, Step, UnixTime,
};

/// The outcome of one attempt. [`verify`] has an example.
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
    TwoCodes {
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
    /// Two consecutive codes, or a recovery code, were not compared: too many were tried from there, or in all.
    TooSoon {
        /// Until a single code is compared again.
        wait: Seconds,
    },
    /// Not compared: so many single codes in a row were wrong that only two consecutive codes or a recovery code are.
    SingleCodesUsedUp,
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
            Self::SingleCodesUsedUp => "single-codes-used-up",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether the attempt was a guess that could have opened the login, and so counts towards the delay.
    pub(super) const fn is_guess(&self) -> bool {
        match self {
            Self::Wrong | Self::OutsideWindow { .. } => true,
            Self::Used { .. }
            | Self::ClockAhead { .. }
            | Self::RecoverySpent
            | Self::Throttled { .. }
            | Self::TooSoon { .. }
            | Self::SingleCodesUsedUp
            | Self::Malformed(_) => false,
        }
    }
}

/// One attempt to log in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What was typed.
    pub typed: &'a Typed,
    /// Where it comes from.
    pub source: SourceTag,
    /// Guesses of this login that were made with digits at the end of the password, before anybody was asked. An
    /// accepted code shows that they were none, and gives them back.
    pub refund: u32,
    /// Whether the owner is going to be told of the failures since the last login, so that they may be forgotten.
    pub tells_failures: bool,
}

impl<'a> Attempt<'a> {
    /// An attempt at the prompt, from a source that is not known.
    #[must_use]
    pub fn of(typed: &'a Typed) -> Self {
        Self { typed, source: SourceTag::default(), refund: 0, tells_failures: true }
    }
}

/// What an attempt costs before anything is compared.
#[derive(Debug)]
#[must_use]
#[allow(clippy::large_enum_variant, reason = "one an attempt, on the stack, where it is wiped")]
pub enum Charge {
    /// Nothing is compared.
    Settled(Refusal, State),
    /// It may be compared as soon as [`Comparison::charged`] has been written.
    Due(Comparison),
}

/// An attempt that may be compared once it is charged.
#[derive(Debug)]
pub struct Comparison {
    candidate: Candidate,
    /// The state without the guess.
    before: State,
    charged: State,
    policy: Policy,
    now: UnixTime,
    refund: u32,
    tells_failures: bool,
}

/// What is compared.
#[derive(Debug)]
enum Candidate {
    /// One code; where codes have eight digits, it may be a scratch code as well.
    One(Code, Option<ScratchCode>),
    /// Two consecutive codes, while single codes are compared or not.
    Two(Code, Code, Restricted),
    Recovery(RecoveryCode),
    Scratch(ScratchCode),
}

/// Whether single codes are not compared now, so that two consecutive ones have to come from within the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Restricted(bool);

/// Decides one attempt in both steps, for whoever keeps no state that could be written in between.
///
/// A login goes through [`charge`] and [`Comparison::compare`] instead, and writes the state after each.
///
/// ```
/// use insis_otp::oath::{Algorithm, Digits, OtpGenerator, Period, RecoveryCodes, Secret, UnixTime};
/// use insis_otp::verify::{Attempt, Policy, Refusal, State, Typed, Verdict, verify};
///
/// let secret = Secret::from_bytes(b"12345678901234567890")?;
/// let key = OtpGenerator::new(secret, Algorithm::Sha1, Digits::Six, Period::default());
/// let (recovery, policy, now) = (RecoveryCodes::default(), Policy::default(), UnixTime(1_700_000_000));
///
/// // What the phone shows now opens one login, and no second one.
/// let code = key.code(now.step(key.period())).reveal(key.digits());
/// let typed = Typed::parse(code.as_bytes());
/// let attempt = Attempt::of(&typed);
/// let (verdict, state) = verify(&attempt, &key, &recovery, &State::default(), &policy, now);
/// assert!(matches!(verdict, Verdict::Accepted(_)));
/// let (verdict, state) = verify(&attempt, &key, &recovery, &state, &policy, now);
/// assert!(matches!(verdict, Verdict::Refused(Refusal::Used { .. })));
/// assert_eq!(state.failures, 1);
/// # Ok::<(), insis_otp::oath::InvalidSecret>(())
/// ```
pub fn verify(
    attempt: &Attempt<'_>,
    key: &OtpGenerator,
    recovery: &RecoveryCodes,
    state: &State,
    policy: &Policy,
    now: UnixTime,
) -> (Verdict, State) {
    match charge(attempt, key, state, policy, now) {
        Charge::Settled(refusal, state) => (Verdict::Refused(refusal), state),
        Charge::Due(comparison) => comparison.compare(key, recovery),
    }
}

/// Charges an attempt. Pure, and computes no code: nothing that it does depends on the secret.
///
/// - One code, and a scratch code, are compared unless a delay runs (RFC 4226, section 7.3), or as many in a row were
///   wrong as [`super::ThrottlePolicy::consecutive`] allows.
/// - Two consecutive codes and recovery codes are compared all the same, within their budgets, so that guessing never
///   locks out the owner.
pub fn charge(
    attempt: &Attempt<'_>,
    key: &OtpGenerator,
    state: &State,
    policy: &Policy,
    now: UnixTime,
) -> Charge {
    let mut before = present(state, policy, now);
    match admit(attempt, key, &mut before, policy, now) {
        Ok(candidate) => {
            let is_single = matches!(candidate, Candidate::One(..) | Candidate::Scratch(_));
            let charged = with_failure(State {
                throttle: before.throttle.clone().with_guess(is_single, now),
                ..before.clone()
            });
            let Attempt { refund, tells_failures, .. } = *attempt;
            let policy = *policy;
            Charge::Due(Comparison { candidate, before, charged, policy, now, refund, tells_failures })
        }
        Err(refusal) => Charge::Settled(refusal, with_failure(before)),
    }
}

/// The state as it is read now: what a clock that was ahead wrote is taken for what it is.
pub(super) fn present(state: &State, policy: &Policy, now: UnixTime) -> State {
    let mut next = state.clone();
    next.throttle = next.throttle.without_future(Rate::pairs(policy.pair_candidates()), now);
    next.remembered.retain(|client| client.since <= now);
    next
}

pub(super) fn with_failure(state: State) -> State {
    State { failures: state.failures.saturating_add(1), ..state }
}

/// Whether single codes are compared now.
pub(super) fn admit_single(state: &State, policy: &Policy, now: UnixTime) -> Result<(), Refusal> {
    if state.throttle.single_codes_are_used_up(&policy.throttle) {
        return Err(Refusal::SingleCodesUsedUp);
    }
    state.throttle.wait(&policy.throttle, now).map_or(Ok(()), |wait| Err(Refusal::Throttled { wait }))
}

/// What of an attempt is compared, and what that takes from the budgets.
fn admit(
    attempt: &Attempt<'_>,
    key: &OtpGenerator,
    state: &mut State,
    policy: &Policy,
    now: UnixTime,
) -> Result<Candidate, Refusal> {
    let single = admit_single(state, policy, now);
    let wait = state.throttle.wait(&policy.throttle, now).unwrap_or(Seconds(1));
    let text = match attempt.typed {
        Typed::Malformed(why) => return Err(Refusal::Malformed(*why)),
        Typed::Recovery(code) if state.throttle.budgets.take_recovery(attempt.source, now) => {
            return Ok(Candidate::Recovery(code.clone()));
        }
        Typed::Recovery(_) => return Err(Refusal::TooSoon { wait }),
        Typed::Digits(text) => text,
    };
    // For people without scratch codes as well, so that nobody learns who has any.
    match (text.codes(key.digits()), text.scratch()) {
        (Codes::Two(first, second), _) => {
            let rate = Rate::pairs(policy.pair_candidates());
            if single.is_err() && !state.throttle.budgets.take_pair(attempt.source, rate, now) {
                return Err(Refusal::TooSoon { wait });
            }
            Ok(Candidate::Two(first, second, Restricted(single.is_err())))
        }
        (Codes::WrongLength, None) => Err(Refusal::Malformed(Malformed::Length)),
        (Codes::WrongLength, Some(code)) => single.map(|()| Candidate::Scratch(code)),
        (Codes::One(code), scratch) => single.map(|()| Candidate::One(code, scratch)),
    }
}

/// Where a code was found by [`Comparison::look`].
struct Sight {
    fresh: Option<Step>,
    spent: Option<Step>,
    outside: Option<Step>,
}

/// What makes an attempt an accepted one.
struct Acceptance {
    proof: Proof,
    spent: UsedSteps,
    drift: Drift,
    spent_recovery: u16,
    clock_was_ahead: bool,
}

impl Comparison {
    /// The state as after a wrong guess. It is written before anything is compared.
    #[must_use]
    pub const fn charged(&self) -> &State {
        &self.charged
    }

    /// Compares what was typed with everything that it could be: the same work in the same order for right and wrong.
    ///
    /// - One code is accepted in the window around the step that the device should show (RFC 6238, section 5.2), once,
    ///   and later than every step accepted before.
    /// - Two consecutive codes are searched for within five minutes of it, and tell how far the device's clock is off;
    ///   those that are right by our own clock count whatever was learned before.
    /// - A scratch code and a recovery code are accepted once.
    ///
    /// The caller makes the returned state durable before it acts on an acceptance, so that a crash in between refuses a
    /// login rather than allow a replay.
    pub fn compare(self, key: &OtpGenerator, recovery: &RecoveryCodes) -> (Verdict, State) {
        let outcome = match &self.candidate {
            Candidate::One(code, scratch) => {
                // Eight digits can be either where codes have eight.
                let place = scratch.as_ref().map(|scratch| recovery.place_of_scratch(scratch));
                self.one_code(key, code).or_else(|why| match place {
                    Some(Some(place)) => self.recovery_code(key, recovery, Some(place)),
                    _ => Err(why),
                })
            }
            Candidate::Two(first, second, restricted) => self.two_codes(key, first, second, *restricted),
            Candidate::Recovery(code) => self.recovery_code(key, recovery, recovery.place(code)),
            Candidate::Scratch(code) => self.recovery_code(key, recovery, recovery.place_of_scratch(code)),
        };
        self.conclude(outcome)
    }

    /// Makes the states of all three outcomes, and takes one: what comes after the comparison is the same work as well.
    fn conclude(self, outcome: Result<Acceptance, Refusal>) -> (Verdict, State) {
        let (acceptance, refusal) = match outcome {
            Ok(acceptance) => (acceptance, None),
            Err(refusal) => (self.unchanged(), Some(refusal)),
        };
        let (accepted, state) = self.accepted(acceptance);
        let states = std::hint::black_box([state, self.charged, with_failure(self.before)]);
        let [opened, charged, uncharged] = states;
        match refusal {
            None => (Verdict::Accepted(accepted), opened),
            Some(refusal) if refusal.is_guess() => (Verdict::Refused(refusal), charged),
            Some(refusal) => (Verdict::Refused(refusal), uncharged),
        }
    }

    fn accepted(&self, acceptance: Acceptance) -> (Accepted, State) {
        let Acceptance { proof, spent, drift, spent_recovery, clock_was_ahead } = acceptance;
        let before = self.before.clone();
        let failures = before.failures;
        let next = State {
            spent,
            drift,
            spent_recovery,
            failures: if self.tells_failures { 0 } else { failures },
            throttle: before.throttle.after_login(self.refund),
            last_login: Some(self.now),
            resync: None,
            ..before
        };
        (Accepted { by: proof, failures, clock_was_ahead }, next)
    }

    /// The step that the device should show now.
    fn expected(&self, key: &OtpGenerator) -> Step {
        self.now.step(key.period()).shifted(self.before.drift)
    }

    /// The last step of the window.
    fn window_end(&self, key: &OtpGenerator) -> Step {
        Step(self.expected(key).0.saturating_add(self.policy.window.steps()))
    }

    /// The last step of the window around the step of our own clock.
    fn our_window_end(&self, key: &OtpGenerator) -> u64 {
        self.now.step(key.period()).0.saturating_add(self.policy.window.steps())
    }

    /// Whether the last accepted step lies beyond every step that could be accepted now.
    fn clock_is_behind(&self, key: &OtpGenerator) -> bool {
        self.before.spent.upto > self.window_end(key)
    }

    fn one_code(&self, key: &OtpGenerator, code: &Code) -> Result<Acceptance, Refusal> {
        let expected = self.expected(key);
        match self.look(key, code) {
            Sight { fresh: Some(step), .. } => Ok(Acceptance {
                proof: Proof::Code { offset: step.offset_from(expected) },
                spent: self.before.spent.with(step, step),
                ..self.unchanged()
            }),
            Sight { spent: Some(_), .. } => Err(self.spent_already(key)),
            Sight { outside: Some(step), .. } => {
                Err(Refusal::OutsideWindow { offset: step.offset_from(expected) })
            }
            Sight { .. } => Err(Refusal::Wrong),
        }
    }

    /// An acceptance that changes nothing yet.
    fn unchanged(&self) -> Acceptance {
        Acceptance {
            proof: Proof::Code { offset: 0 },
            spent: self.before.spent,
            drift: self.before.drift,
            spent_recovery: self.before.spent_recovery,
            clock_was_ahead: false,
        }
    }

    /// Compares a code with every step of the window and, for the log, with those around it. The work is the same
    /// wherever it matches, and when it matches nowhere.
    fn look(&self, key: &OtpGenerator, code: &Code) -> Sight {
        let keyed = KeyedHmac::new(key);
        let [mut fresh, mut spent, mut outside] = [Found::default(); 3];
        let window = self.expected(key).around(self.policy.window.steps());
        for step in self.expected(key).around(self.policy.reach(key.period())) {
            let matches = keyed.code(Step(step)).ct_eq(code);
            let in_window = Choice::from(u8::from(window.contains(&step)));
            let is_spent = Choice::from(u8::from(self.before.spent.contains(Step(step))));
            fresh.take(Step(step), matches & in_window & !is_spent);
            spent.take(Step(step), matches & in_window & is_spent);
            outside.take(Step(step), matches & !in_window);
        }
        Sight { fresh: fresh.step(), spent: spent.step(), outside: outside.step() }
    }

    /// A right code that is spent: how long until the device shows a fresh one.
    fn spent_already(&self, key: &OtpGenerator) -> Refusal {
        let next = self.before.spent.upto.next().0;
        let fresh = Step(next.saturating_add_signed(-i64::from(self.before.drift.0)));
        let wait = self.now.until(fresh.start(key.period()));
        if wait.0 > Policy::LOGIN_RESYNC { Refusal::ClockAhead { by: wait } } else { Refusal::Used { wait } }
    }

    fn two_codes(
        &self,
        key: &OtpGenerator,
        first: &Code,
        second: &Code,
        restricted: Restricted,
    ) -> Result<Acceptance, Refusal> {
        let (expected, behind) = (self.expected(key), self.clock_is_behind(key));
        let steps = if restricted.0 || behind {
            self.policy.two_codes_around(expected)
        } else {
            expected.around(self.policy.reach(key.period()))
        };
        let shown = find_two_codes(first, second, key, steps);
        // Whatever was learned of the device's clock, by whose codes ever.
        let by_our_clock =
            find_two_codes(first, second, key, self.policy.two_codes_around(self.now.step(key.period())));
        let Some(step) = shown.or(by_our_clock) else { return Err(Refusal::Wrong) };
        let spent = self.before.spent;
        if !spent.contains(step) && !spent.contains(step.next()) {
            return Ok(self.accept_two(key, step, spent.with(step, step.next())));
        }
        // This machine's clock was ahead once, or the device's was, or was made to look so.
        let drift_is_far = u64::from(self.before.drift.0.unsigned_abs()) > self.policy.reach(key.period());
        let ours_is_behind = by_our_clock == Some(step)
            && spent.upto.0 > self.our_window_end(key)
            && (drift_is_far || spent.gap_is_of_a_resync());
        if (behind || ours_is_behind) && spent.gap_contains(step, step.next()) {
            let back = self.accept_two(key, step, spent.back_in_gap(step.next()));
            return Ok(Acceptance { clock_was_ahead: true, ..back });
        }
        Err(self.spent_already(key))
    }

    fn accept_two(&self, key: &OtpGenerator, step: Step, spent: UsedSteps) -> Acceptance {
        let offset = step.next().offset_from(self.expected(key));
        let mut drift = self.before.drift;
        if u64::from(offset.unsigned_abs()) > self.policy.window.steps() {
            let most = i32::try_from(key.period().steps_in(Policy::ENROLLMENT_RESYNC)).unwrap_or(i32::MAX);
            drift = Drift(drift.0.saturating_add(offset).clamp(-most, most));
        }
        Acceptance { proof: Proof::TwoCodes { offset, drift }, spent, drift, ..self.unchanged() }
    }

    /// The recovery or scratch code at this place, if it is any.
    fn recovery_code(
        &self,
        key: &OtpGenerator,
        recovery: &RecoveryCodes,
        place: Option<u8>,
    ) -> Result<Acceptance, Refusal> {
        let place = place.ok_or(Refusal::Wrong)?;
        let bit = 1_u16.checked_shl(u32::from(place)).unwrap_or(0);
        if self.before.spent_recovery & bit != 0 {
            return Err(Refusal::RecoverySpent);
        }
        let spent_recovery = self.before.spent_recovery | bit;
        let proof = Proof::Recovery { left: recovery.left(spent_recovery) };
        let accepted = Acceptance { proof, spent_recovery, ..self.unchanged() };
        if !self.clock_is_behind(key) {
            return Ok(accepted);
        }
        // Go on from now, with every code of the present window spent, so that none seen earlier opens a login.
        let spent = accepted.spent.back_in_gap(self.window_end(key));
        Ok(Acceptance { spent, clock_was_ahead: true, ..accepted })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oath::{Algorithm, Digits, Period, Salt, Secret};
    use crate::verify::Throttle;

    const T: u64 = 56_000_000;
    const NOW: UnixTime = UnixTime(T * 30 + 12);

    struct Phone {
        key: OtpGenerator,
        recovery: RecoveryCodes,
        state: State,
        policy: Policy,
    }

    fn phone() -> Phone {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        let key = OtpGenerator::new(secret, Algorithm::Sha1, Digits::Six, Period::default());
        let spent = crate::verify::UsedSteps::since_pairing(Step(T - 2001), Step(T - 2000));
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
            let attempt = Attempt::of(&typed);
            let (verdict, state) =
                verify(&attempt, &self.key, &self.recovery, &self.state, &self.policy, now);
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
            let verdict = phone.try_step(T.checked_add_signed(offset).unwrap(), NOW);
            assert_eq!(opens(&verdict), open, "{offset}: {verdict:?}");
        }
        let verdict = phone().try_step(T - 4, NOW);
        assert_eq!(verdict, refused(Refusal::OutsideWindow { offset: -4 }));
    }

    #[test]
    fn the_work_is_the_same_for_right_and_wrong() {
        let work = |text: &dyn Fn(&Phone) -> String, used: bool| {
            let mut phone = phone();
            let text = text(&phone);
            if used {
                assert!(opens(&phone.try_text(&text, NOW)));
            }
            let before = crate::oath::COMPUTED.get();
            let _ = phone.try_text(&text, NOW);
            crate::oath::COMPUTED.get() - before
        };
        // Five minutes on either side, and the step itself.
        for step in [T - 4000, T - 4, T - 2, T - 1, T, T + 1, T + 9] {
            assert_eq!(work(&|phone| phone.code(step), false), 21, "{step}");
        }
        assert_eq!((work(&|p| p.code(T), true), work(&|p| p.code(T + 1), true)), (21, 21));
        // One more than there are pairs of steps, by the device's clock and by ours.
        let pair = |step: u64| move |phone: &Phone| format!("{}{}", phone.code(step), phone.code(step + 1));
        for step in [T - 4000, T - 10, T - 1, T, T + 9] {
            assert_eq!(work(&pair(step), false), 22 + 3, "{step}");
        }
        for text in ["abcdefghjk", "zzzzzzzzzz"] {
            assert_eq!(work(&|_| text.to_owned(), false), 0, "hashes only");
        }
    }

    #[test]
    fn charging_computes_nothing_and_is_what_a_wrong_guess_costs() {
        for text in ["000000", "000000 000001", "zzzzz-zzzzz"] {
            let mut phone = phone();
            let before = crate::oath::COMPUTED.get();
            let typed = Typed::parse(text.as_bytes());
            let charge = charge(&Attempt::of(&typed), &phone.key, &phone.state, &phone.policy, NOW);
            assert_eq!(crate::oath::COMPUTED.get(), before, "{text}: computed before it was charged");
            let Charge::Due(comparison) = charge else { panic!("{text}") };
            let charged = comparison.charged().clone();
            assert_eq!(phone.try_text(text, NOW), refused(Refusal::Wrong));
            assert_eq!(phone.state, charged, "{text}");
            assert_eq!((charged.failures, charged.throttle.guesses, charged.throttle.today), (1, 1, 1));
        }
    }

    #[test]
    fn a_hundred_wrong_single_codes_in_a_row_end_them() {
        let mut phone = phone();
        let mut now = NOW;
        let mut compared = 0;
        for _ in 0..4_000 {
            match phone.try_text("000000", now) {
                Verdict::Refused(Refusal::Wrong) => compared += 1,
                Verdict::Refused(Refusal::Throttled { wait }) => now = now.plus(wait),
                Verdict::Refused(Refusal::SingleCodesUsedUp) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(compared, 100);
        let later = now.plus(Seconds(400 * 86_400));
        let step = later.0 / 30;
        assert_eq!(phone.try_step(step, later), refused(Refusal::SingleCodesUsedUp), "for good");
        let mut other = Phone {
            key: phone.key.clone(),
            recovery: phone.recovery.clone(),
            state: phone.state.clone(),
            policy: phone.policy,
        };
        assert!(opens(&other.try_text("abcdefghjk", later)));
        assert!(opens(&other.try_step(step, later)));
        assert!(opens(&phone.try_pair(step - 1, later)));
        assert!(opens(&phone.try_step(step + 1, later)));
        assert_eq!(phone.state.throttle.single_codes, 0);
    }

    #[test]
    fn an_accepted_code_gives_back_what_the_password_was_charged() {
        let mut phone = phone();
        phone.fail(2, NOW);
        let text = phone.code(T);
        let typed = Typed::parse(text.as_bytes());
        let attempt = Attempt { refund: 1, ..Attempt::of(&typed) };
        let (verdict, state) =
            verify(&attempt, &phone.key, &phone.recovery, &phone.state, &phone.policy, NOW);
        assert!(opens(&verdict));
        assert_eq!((state.throttle.today, state.throttle.guesses), (1, 0));
    }

    #[test]
    fn failures_that_nobody_is_told_of_are_kept() {
        let mut phone = phone();
        phone.fail(3, NOW);
        let text = phone.code(T);
        let typed = Typed::parse(text.as_bytes());
        let attempt = Attempt { tells_failures: false, ..Attempt::of(&typed) };
        let (verdict, state) =
            verify(&attempt, &phone.key, &phone.recovery, &phone.state, &phone.policy, NOW);
        assert!(opens(&verdict));
        assert_eq!((state.failures, state.throttle.guesses), (3, 0));
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
    fn in_a_throttle_pairs_are_compared_within_the_window_and_their_budget() {
        let mut phone = phone();
        phone.fail(6, NOW);
        assert_eq!(phone.try_pair(T - 4, NOW), refused(Refusal::Wrong));
        for _ in 0..9_999 {
            assert_eq!(phone.try_text("000000 000000", NOW), refused(Refusal::Wrong));
        }
        assert!(matches!(phone.try_pair(T - 1, NOW), Verdict::Refused(Refusal::TooSoon { .. })));
        // Somewhere else they are, and recovery codes are everywhere.
        let text = format!("{} {}", phone.code(T - 1), phone.code(T));
        let typed = Typed::parse(text.as_bytes());
        let attempt = Attempt { source: SourceTag(5), ..Attempt::of(&typed) };
        let elsewhere = verify(&attempt, &phone.key, &phone.recovery, &phone.state, &phone.policy, NOW).0;
        assert!(opens(&elsewhere));
        assert!(opens(&phone.try_text("abcdefghjk", NOW)));
    }

    #[test]
    fn a_pair_teaches_the_drift() {
        let mut phone = phone();
        assert_eq!(phone.try_step(T - 6, NOW), refused(Refusal::OutsideWindow { offset: -6 }));
        let verdict = phone.try_pair(T - 7, NOW);
        assert!(matches!(
            &verdict,
            Verdict::Accepted(Accepted { by: Proof::TwoCodes { offset: -6, drift: Drift(-6) }, .. })
        ));
        let later = NOW.plus(Seconds(60));
        assert!(opens(&phone.try_step(T - 4, later)));
        assert!(!opens(&phone.try_step(T + 2, later)));
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
        phone.state.spent = crate::verify::UsedSteps::since_pairing(Step(T - 4_001), Step(T - 4_000));
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

    /// Twenty recovery codes a second from one address for two days, and twenty pairs a second from a hundred others.
    #[test]
    fn floods_of_recovery_codes_and_pairs_leave_a_recovery_code_as_the_way_in() {
        let mut phone = phone();
        phone.fail(6, NOW);
        let typed = |text: &str| Typed::parse(text.as_bytes());
        let (recovery, pair) = (typed("bbbbb-bbbbb"), typed("000000 000000"));
        let now = |second: u64| NOW.plus(Seconds(second));
        let is_compared = |phone: &Phone, typed: &Typed, source, second| {
            let attempt = Attempt { source: SourceTag(source), ..Attempt::of(typed) };
            matches!(charge(&attempt, &phone.key, &phone.state, &phone.policy, now(second)), Charge::Due(_))
        };
        for second in 0..2 * 86_400_u64 {
            for number in 0..20 {
                let budgets = &mut phone.state.throttle.budgets;
                budgets.take_recovery(SourceTag(7), now(second));
                let rate = Rate::pairs(phone.policy.pair_candidates());
                budgets.take_pair(SourceTag(100 + (second as u32 * 20 + number) % 100), rate, now(second));
            }
            if second % 600 == 0 {
                assert!(is_compared(&phone, &recovery, 1, second), "recovery code after {second} s");
                assert!(second > 3_600 || is_compared(&phone, &pair, 1, second), "pair after {second} s");
            }
        }
        assert!(!is_compared(&phone, &recovery, 7, 2 * 86_400 - 1), "the flood does not meet itself");
        assert!(opens(&phone.try_text("abcdefghjk", now(2 * 86_400))));
    }

    #[test]
    fn scratch_codes_are_good_once_and_delayed_like_single_codes() {
        let scratch = [b"01234567", b"76543210"].map(|c| crate::oath::ScratchCode::from_digits(c).unwrap());
        for digits in [Digits::Six, Digits::Eight] {
            let mut phone = phone();
            phone.key =
                OtpGenerator::new(phone.key.secret().clone(), Algorithm::Sha1, digits, Period::default());
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
                        // Of some ten thousand codes, one or the other is that of a step in the window as well.
                        let window = expected.saturating_sub(1)..=expected.saturating_add(1);
                        let opened = window.into_iter().find(|near| phone.code(*near) == phone.code(step));
                        prop_assert!(opened.is_some(), "outside the window: {offset}");
                        prop_assert!(accepted.insert(opened.unwrap_or(step)), "step {step} twice");
                    }
                    (Verdict::Accepted(_), 2) => {
                        let by_our_clock = step as i64 - (now / 30) as i64;
                        prop_assert!((-10..=10).contains(&offset) || (-1..=0).contains(&by_our_clock));
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
