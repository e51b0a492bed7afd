//! Enrollment: two consecutive codes show that a phone holds the secret, and how far its clock is off.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::{Policy, State, UsedSteps};
use crate::oath::{Code, Drift, KeyedHmac, OtpGenerator, Step, UnixTime};

/// A phone and a secret that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentProof {
    /// How far the phone's clock is off.
    pub drift: Drift,
    /// The state that a new secret file begins with: both codes are used.
    pub state: State,
}

/// Why two codes do not enroll a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrollmentRefusal {
    /// The first code is not one of this secret within an hour of now.
    FirstWrong,
    /// The second is not.
    SecondWrong,
    /// The same code twice.
    Same,
    /// Both are right, but the second does not follow the first.
    NotConsecutive,
}

/// Whether two codes belong to two time steps that follow each other, within an hour of now.
///
/// # Errors
/// What is wrong with them. The secret is the asker's own, so that there is nothing to hide.
pub fn enroll(
    first: &Code,
    second: &Code,
    key: &OtpGenerator,
    now: UnixTime,
) -> Result<EnrollmentProof, EnrollmentRefusal> {
    let expected = now.step(key.period());
    let reach = key.period().steps_in(Policy::ENROLLMENT_RESYNC);
    if let Some(step) = find_two_codes(first, second, key, expected.around(reach)) {
        // One step is a person who types late as often as a clock that is off, and the window allows for it anyway.
        let offset = step.next().offset_from(expected);
        let drift = Drift(if offset.abs() <= 1 { 0 } else { offset });
        let used = UsedSteps::since_enrollment(step, step.next());
        return Ok(EnrollmentProof { drift, state: State { used, drift, ..State::default() } });
    }
    if bool::from(first.ct_eq(second)) {
        return Err(EnrollmentRefusal::Same);
    }
    match (locate(first, key, now), locate(second, key, now)) {
        (None, _) => Err(EnrollmentRefusal::FirstWrong),
        (_, None) => Err(EnrollmentRefusal::SecondWrong),
        _ => Err(EnrollmentRefusal::NotConsecutive),
    }
}

/// Which step within an hour of now a code belongs to, if any: of several the nearest. In one hour of steps on either side,
/// one code in eight thousand stands twice.
#[must_use]
pub fn locate(code: &Code, key: &OtpGenerator, now: UnixTime) -> Option<Step> {
    let reach = key.period().steps_in(Policy::ENROLLMENT_RESYNC);
    let (keyed, mut found) = (KeyedHmac::new(key), Found::default());
    for step in now.step(key.period()).around_from_afar(reach) {
        found.take(step, keyed.code(step).ct_eq(code));
    }
    found.step()
}

/// The last step of a range whose code is the first and whose next step's code is the second. Computes and compares
/// every candidate.
pub(super) fn find_two_codes(
    first: &Code,
    second: &Code,
    key: &OtpGenerator,
    steps: std::ops::RangeInclusive<u64>,
) -> Option<Step> {
    let (keyed, mut found) = (KeyedHmac::new(key), Found::default());
    let mut before = Choice::from(0);
    for step in *steps.start()..=steps.end().saturating_add(1) {
        let code = keyed.code(Step(step));
        found.take(Step(step.saturating_sub(1)), before & code.ct_eq(second));
        before = code.ct_eq(first);
    }
    found.step()
}

/// A search result that is updated by the same work whether or not a candidate matches.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    step: u64,
    hit: u8,
}

impl Found {
    /// Remembers a step if it is one that was looked for.
    pub(super) fn take(&mut self, step: Step, matches: Choice) {
        self.step.conditional_assign(&step.0, matches);
        self.hit |= matches.unwrap_u8();
    }

    /// The last step that matched.
    pub(super) fn step(self) -> Option<Step> {
        (self.hit == 1).then_some(Step(self.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oath::{Parameters, Period, Seconds, Secret};
    use crate::verify::fixtures::{T, twins};

    fn key() -> OtpGenerator {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        OtpGenerator::new(secret, Parameters::default())
    }

    const NOW: UnixTime = UnixTime(1_700_000_010);

    fn enroll_at(first: i64, second: i64) -> Result<EnrollmentProof, EnrollmentRefusal> {
        let key = key();
        let code = |offset: i64| key.code(Step(NOW.step(key.period()).0.checked_add_signed(offset).unwrap()));
        enroll(&code(first), &code(second), &key, NOW)
    }

    #[test]
    fn consecutive_codes_pair_and_tell_the_drift() {
        assert_eq!(enroll_at(-1, 0).unwrap().drift, Drift(0));
        assert_eq!(enroll_at(-2, -1).unwrap().drift, Drift(0), "typed late");
        assert_eq!(enroll_at(-3, -2).unwrap().drift, Drift(-2));
        assert_eq!(enroll_at(119, 120).unwrap().drift, Drift(120));
        assert_eq!(enroll_at(119, 120).unwrap().state.drift, Drift(120), "learned for the logins");
        let state = enroll_at(-1, 0).unwrap().state;
        assert_eq!(state.used.upto, NOW.step(Period::default()));
    }

    #[test]
    fn other_codes_say_what_is_wrong() {
        assert_eq!(enroll_at(0, 0), Err(EnrollmentRefusal::Same));
        assert_eq!(enroll_at(0, -1), Err(EnrollmentRefusal::NotConsecutive));
        assert_eq!(enroll_at(-2, 0), Err(EnrollmentRefusal::NotConsecutive));
        assert_eq!(enroll_at(-150, -149), Err(EnrollmentRefusal::FirstWrong));
        let key = key();
        let (right, wrong) = (key.code(NOW.step(key.period())), Code::from_digits(b"000000").unwrap());
        assert_eq!(enroll(&right, &wrong, &key, NOW), Err(EnrollmentRefusal::SecondWrong));
        assert_eq!(enroll(&wrong, &right, &key, NOW), Err(EnrollmentRefusal::FirstWrong));
        assert_eq!(enroll_at(-122, -121), Err(EnrollmentRefusal::FirstWrong));
    }

    #[test]
    fn of_two_steps_with_the_same_code_the_nearest_counts() {
        let (key, [early, late]) = (twins(), [T - 1, T + 30].map(Step));
        let code = key.code(early);
        assert!(bool::from(key.code(late).ct_eq(&code)), "the secret was looked for");
        let at = |step: u64| locate(&code, &key, UnixTime(step * 30));
        assert_eq!(
            (at(T), at(T + 14), at(T + 15), at(T + 30)),
            (Some(early), Some(early), Some(late), Some(late))
        );
    }

    #[test]
    fn near_the_epoch_nothing_overflows() {
        let key = key();
        let (a, b) = (key.code(Step(0)), key.code(Step(1)));
        assert_eq!(enroll(&a, &b, &key, UnixTime(0).plus(Seconds(3))).unwrap().drift, Drift(0));
        assert!(enroll(&a, &b, &key, UnixTime(u64::MAX)).is_err());
    }
}
