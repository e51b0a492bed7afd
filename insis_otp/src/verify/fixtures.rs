//! A phone, and what is kept of it: for the tests of the verdict and of resynchronization.

use super::{Attempt, ParsedReply, Policy, State, UsedSteps, Verdict, verify};
use crate::oath::{OtpGenerator, Parameters, RecoveryCode, RecoveryCodes, Salt, Secret, Step, UnixTime};

pub const T: u64 = 56_000_000;
pub const NOW: UnixTime = UnixTime(T * 30 + 12);

pub struct Phone {
    pub key: OtpGenerator,
    pub recovery: RecoveryCodes,
    pub state: State,
    pub policy: Policy,
}

pub fn phone() -> Phone {
    let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
    let key = OtpGenerator::new(secret, Parameters::default());
    let used = UsedSteps::since_enrollment(Step(T - 2001), Step(T - 2000));
    let recovery =
        RecoveryCodes::new(&[recovery_code(b"abcdefghjk"), recovery_code(b"kkkkkkkkkk")], Salt([1; 16]));
    Phone { key, recovery, state: State { used, ..State::default() }, policy: Policy::default() }
}

/// A key that was looked for: the code of the step before [`T`] stands once more, 31 steps later.
pub fn twins() -> OtpGenerator {
    let mut bytes = [7; Secret::BYTES];
    bytes[..4].copy_from_slice(&18_132_u32.to_be_bytes());
    let secret = Secret::from_bytes(&bytes).unwrap();
    OtpGenerator::new(secret, Parameters::default())
}

fn recovery_code(letters: &[u8]) -> RecoveryCode {
    match ParsedReply::parse(letters) {
        ParsedReply::Recovery(code) => code,
        other => panic!("{other:?}"),
    }
}

impl Phone {
    pub fn code(&self, step: u64) -> String {
        self.key.code(Step(step)).reveal(self.key.digits()).to_string()
    }

    pub fn try_text(&mut self, text: &str, now: UnixTime) -> Verdict {
        let typed = ParsedReply::parse(text.as_bytes());
        let attempt = Attempt::of(&typed);
        let (verdict, state) = verify(&attempt, &self.key, &self.recovery, &self.state, &self.policy, now);
        self.state = state;
        verdict
    }

    pub fn try_step(&mut self, step: u64, now: UnixTime) -> Verdict {
        let code = self.code(step);
        self.try_text(&code, now)
    }

    pub fn try_two_codes(&mut self, step: u64, now: UnixTime) -> Verdict {
        let text = format!("{} {}", self.code(step), self.code(step + 1));
        self.try_text(&text, now)
    }

    pub fn fail(&mut self, times: u32, now: UnixTime) {
        for _ in 0..times {
            assert!(!opens(&self.try_text("000000", now)));
        }
    }
}

pub fn opens(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted(_))
}
