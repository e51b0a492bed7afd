//! Deciding an attempt: whether what was typed opens the login, and what is remembered of it.
//!
//! An attempt is decided in two steps, so that no guess is free. [`charge`] looks at the state alone and says what the
//! state is if the guess is wrong; only when that has been written, [`Comparison::compare`] looks at the secret. Whoever
//! makes the write fail, or ends the process in between, has paid for a guess that was never compared.

use subtle::{Choice, ConstantTimeEq};

use super::enrollment::{Found, find_two_codes};
use super::reply::Codes;
use super::{
    Accepted, Malformed, ParsedReply, Policy, Proof, Rate, Refusal, SourceTag, State, UsedSteps, Verdict,
};
use crate::oath::{
    Code, Drift, KeyedHmac, OtpGenerator, RecoveryCode, RecoveryCodes, ScratchCode, Seconds, Step, UnixTime,
};

/// One attempt to log in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What was typed.
    pub typed: &'a ParsedReply,
    /// Where it comes from.
    pub source: SourceTag,
    /// Guesses of this login that were made with digits at the end of the password, before anybody was asked. An
    /// accepted code shows that they were none, and gives them back.
    pub refund: u32,
    /// Whether the owner is going to be told of the failures since the last login, so that they may be forgotten.
    pub tells_failures: bool,
    /// Whether a bypass code will do: for a login, and for nothing that lasts.
    pub accepts_bypass: bool,
}

impl<'a> Attempt<'a> {
    /// An attempt at the prompt, from a source that is not known.
    #[must_use]
    pub fn of(typed: &'a ParsedReply) -> Self {
        let source = SourceTag::default();
        Self { typed, source, refund: 0, tells_failures: true, accepts_bypass: true }
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
    accepts_bypass: bool,
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
/// use insis_otp::oath::{OtpGenerator, Parameters, RecoveryCodes, Secret, UnixTime};
/// use insis_otp::verify::{Attempt, Policy, Refusal, State, ParsedReply, Verdict, verify};
///
/// let secret = Secret::from_bytes(b"12345678901234567890")?;
/// let key = OtpGenerator::new(secret, Parameters::default());
/// let (recovery, policy, now) = (RecoveryCodes::default(), Policy::default(), UnixTime(1_700_000_000));
///
/// // What the phone shows now opens one login, and no second one.
/// let code = key.code(now.step(key.period())).reveal(key.digits());
/// let typed = ParsedReply::parse(code.as_bytes());
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
    let mut before = state.present(policy, now);
    match admit(attempt, key, &mut before, policy, now) {
        Ok(candidate) => {
            let is_single = matches!(candidate, Candidate::One(..) | Candidate::Scratch(_));
            let charged =
                State { throttle: before.throttle.clone().with_guess(is_single, now), ..before.clone() };
            let charged = charged.with_failure();
            let Attempt { refund, tells_failures, accepts_bypass, .. } = *attempt;
            let policy = *policy;
            Charge::Due(Comparison {
                candidate,
                before,
                charged,
                policy,
                now,
                refund,
                tells_failures,
                accepts_bypass,
            })
        }
        Err(refusal) => Charge::Settled(refusal, before.with_failure()),
    }
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
        ParsedReply::Malformed(why) => return Err(Refusal::Malformed(*why)),
        ParsedReply::Recovery(code) if state.throttle.budgets.take_recovery(attempt.source, now) => {
            return Ok(Candidate::Recovery(code.clone()));
        }
        ParsedReply::Recovery(_) => return Err(Refusal::TooSoon { wait }),
        ParsedReply::Digits(text) => text,
    };
    // For people without scratch codes as well, so that nobody learns who has any.
    match (text.codes(key.digits()), text.scratch()) {
        (Codes::Two(first, second), _) => {
            let rate = Rate::two_codes(policy.two_codes_candidates());
            if single.is_err() && !state.throttle.budgets.take_two_codes(attempt.source, rate, now) {
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
struct Matches {
    fresh: Option<Step>,
    used: Option<Step>,
    outside: Option<Step>,
}

/// What makes an attempt an accepted one.
struct Acceptance {
    proof: Proof,
    used: UsedSteps,
    drift: Drift,
    used_recovery: u16,
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
    /// - A scratch code and a recovery code are accepted once, a bypass code as often as it says.
    ///
    /// The caller makes the returned state durable before it acts on an acceptance, so that a crash in between refuses a
    /// login rather than allow a replay.
    pub fn compare(self, key: &OtpGenerator, recovery: &RecoveryCodes) -> (Verdict, State) {
        let outcome = match &self.candidate {
            Candidate::One(code, scratch) => {
                // Eight digits can be either where codes have eight.
                let index = scratch.as_ref().map(|scratch| recovery.index_of_scratch(scratch));
                self.one_code(key, code).or_else(|why| match index {
                    Some(Some(index)) => self.recovery_code(key, recovery, Some(index)),
                    _ => Err(why),
                })
            }
            Candidate::Two(first, second, restricted) => self.two_codes(key, first, second, *restricted),
            Candidate::Recovery(code) => self.recovery_or_bypass_code(key, recovery, code),
            Candidate::Scratch(code) => self.recovery_code(key, recovery, recovery.index_of_scratch(code)),
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
        let states = std::hint::black_box([state, self.charged, self.before.with_failure()]);
        let [opened, charged, uncharged] = states;
        match refusal {
            None => (Verdict::Accepted(accepted), opened),
            Some(refusal) if refusal.is_guess() => (Verdict::Refused(refusal), charged),
            Some(refusal) => (Verdict::Refused(refusal), uncharged),
        }
    }

    fn accepted(&self, acceptance: Acceptance) -> (Accepted, State) {
        let Acceptance { proof, used, drift, used_recovery, clock_was_ahead } = acceptance;
        let before = self.before.clone();
        let failures = before.failures;
        // Whoever has a bypass code need not be the owner, who is told of everything at the next login of their own.
        let by_bypass = matches!(proof, Proof::Bypass { .. });
        let tells = self.tells_failures && !by_bypass;
        let mut next = State {
            used,
            drift,
            used_recovery,
            failures: if tells { 0 } else { failures },
            told_until: before.told_until_after(tells),
            throttle: before.throttle.after_login(self.refund),
            last_login: Some(self.now),
            resync: None,
            ..before
        };
        next.count_bypass(by_bypass, tells, self.now);
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
        self.before.used.upto > self.window_end(key)
    }

    fn one_code(&self, key: &OtpGenerator, code: &Code) -> Result<Acceptance, Refusal> {
        let expected = self.expected(key);
        match self.look(key, code) {
            Matches { fresh: Some(step), .. } => Ok(Acceptance {
                proof: Proof::Code { offset: step.offset_from(expected) },
                used: self.before.used.with(step, step),
                ..self.unchanged()
            }),
            Matches { used: Some(_), .. } => Err(self.spent_already(key)),
            Matches { outside: Some(step), .. } => {
                Err(Refusal::OutsideWindow { offset: step.offset_from(expected) })
            }
            Matches { .. } => Err(Refusal::Wrong),
        }
    }

    /// An acceptance that changes nothing yet.
    fn unchanged(&self) -> Acceptance {
        Acceptance {
            proof: Proof::Code { offset: 0 },
            used: self.before.used,
            drift: self.before.drift,
            used_recovery: self.before.used_recovery,
            clock_was_ahead: false,
        }
    }

    /// Compares a code with every step of the window and, for the log, with those before it. The work is the same
    /// wherever it matches, and when it matches nowhere.
    ///
    /// Nothing after the window is looked at. That a guess is the code of a step to come would be worth waiting for, and
    /// somebody else on this machine can watch by the processor's caches which code is run for it, whatever the answer says
    /// (Flush+Reload).
    fn look(&self, key: &OtpGenerator, code: &Code) -> Matches {
        let keyed = KeyedHmac::new(key);
        let [mut fresh, mut used, mut outside] = [Found::default(); 3];
        let window = self.expected(key).around(self.policy.window.steps());
        let first = *self.expected(key).around(self.policy.reach(key.period())).start();
        for step in first..=*window.end() {
            let matches = keyed.code(Step(step)).ct_eq(code);
            let in_window = Choice::from(u8::from(window.contains(&step)));
            let is_spent = Choice::from(u8::from(self.before.used.contains(Step(step))));
            fresh.take(Step(step), matches & in_window & !is_spent);
            used.take(Step(step), matches & in_window & is_spent);
            outside.take(Step(step), matches & !in_window);
        }
        Matches { fresh: fresh.step(), used: used.step(), outside: outside.step() }
    }

    /// A right code that is used: how long until the device shows a fresh one.
    fn spent_already(&self, key: &OtpGenerator) -> Refusal {
        let next = self.before.used.upto.next().0;
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
        // What comes of them is the same work without a match: as for the step of now, whose outcome is thrown away.
        let found = shown.or(by_our_clock);
        let step = found.unwrap_or(expected);
        let outcome = self.take_two(key, step, behind, by_our_clock == Some(step));
        let outcome = std::hint::black_box(outcome);
        if found.is_some() { outcome } else { Err(Refusal::Wrong) }
    }

    /// What comes of two codes of this step and the next.
    fn take_two(
        &self,
        key: &OtpGenerator,
        step: Step,
        behind: bool,
        is_by_our_clock: bool,
    ) -> Result<Acceptance, Refusal> {
        let used = self.before.used;
        if !used.contains(step) && !used.contains(step.next()) {
            return Ok(self.accept_two(key, step, used.with(step, step.next())));
        }
        // This machine's clock was ahead once, or the device's was, or was made to look so.
        let drift_is_far = u64::from(self.before.drift.0.unsigned_abs()) > self.policy.reach(key.period());
        let ours_is_behind = is_by_our_clock
            && used.upto.0 > self.our_window_end(key)
            && (drift_is_far || used.unused_range_is_of_a_resync());
        if (behind || ours_is_behind) && used.unused_range_contains(step, step.next()) {
            let back = self.accept_two(key, step, used.back_in_unused_range(step.next()));
            return Ok(Acceptance { clock_was_ahead: true, ..back });
        }
        Err(self.spent_already(key))
    }

    fn accept_two(&self, key: &OtpGenerator, step: Step, used: UsedSteps) -> Acceptance {
        let offset = step.next().offset_from(self.expected(key));
        let mut drift = self.before.drift;
        if u64::from(offset.unsigned_abs()) > self.policy.window.steps() {
            let most = i32::try_from(key.period().steps_in(Policy::ENROLLMENT_RESYNC)).unwrap_or(i32::MAX);
            drift = Drift(drift.0.saturating_add(offset).clamp(-most, most));
        }
        Acceptance { proof: Proof::TwoCodes { offset, drift }, used, drift, ..self.unchanged() }
    }

    /// A bypass code has the form of a recovery code: both are looked for, whichever it is.
    // Out of the way of logins by code, as what it calls: see cold.ld.
    #[inline(never)]
    fn recovery_or_bypass_code(
        &self,
        key: &OtpGenerator,
        recovery: &RecoveryCodes,
        code: &RecoveryCode,
    ) -> Result<Acceptance, Refusal> {
        let (index, hash) = recovery.find(code);
        let is_bypass = self.before.is_bypass(hash) && self.accepts_bypass;
        let outcome = self.recovery_code(key, recovery, index);
        let bypass = Acceptance { proof: self.before.bypass_proof(), ..self.unchanged() };
        if is_bypass { Ok(bypass) } else { outcome }
    }

    /// The recovery or scratch code of this index, if there is one.
    #[inline(never)]
    fn recovery_code(
        &self,
        key: &OtpGenerator,
        recovery: &RecoveryCodes,
        index: Option<u8>,
    ) -> Result<Acceptance, Refusal> {
        let index = index.ok_or(Refusal::Wrong)?;
        let bit = 1_u16.checked_shl(u32::from(index)).unwrap_or(0);
        if self.before.used_recovery & bit != 0 {
            return Err(Refusal::RecoveryUsed);
        }
        let used_recovery = self.before.used_recovery | bit;
        let proof = Proof::Recovery { left: recovery.left(used_recovery) };
        let accepted = Acceptance { proof, used_recovery, ..self.unchanged() };
        if !self.clock_is_behind(key) {
            return Ok(accepted);
        }
        // Go on from now, with every code of the present window used, so that none seen earlier opens a login.
        let used = accepted.used.back_in_unused_range(self.window_end(key));
        Ok(Acceptance { used, clock_was_ahead: true, ..accepted })
    }
}

#[cfg(test)]
mod tests;
