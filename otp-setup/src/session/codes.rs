//! The two consecutive codes that show that a phone holds the secret.

use insis_otp::oath::{Code, Drift, OtpGenerator, Seconds, Step, UnixTime};
use insis_otp::record::AppEntry;
use insis_otp::verify::{EnrollmentRefusal, Malformed, ParsedReply, enroll, locate};

use super::{EnrollmentOptions, Session, SessionError};
use crate::page::{Page, parameters};
use crate::ui::{Countdown, Question};

/// Two codes that belong together.
pub(super) struct TwoCodes {
    pub first: Code,
    pub second: Code,
    /// How far the phone's clock is off, as far as that can be told.
    pub drift: Drift,
}

/// A right code, and how far it was from the expected one when it was typed.
struct Seen {
    code: Code,
    offset: i32,
    at: UnixTime,
}

impl Session<'_> {
    /// Wrong second codes after which it is better to begin with the first again.
    const PATIENCE: u32 = 3;

    /// Asks for codes until two follow each other. Those of a phone whose clock is far off are none, unless that is meant.
    pub(super) fn two_codes(
        &mut self,
        entry: &AppEntry,
        page: &Page<'_>,
        options: &EnrollmentOptions,
    ) -> Result<TwoCodes, SessionError> {
        let key = &entry.key;
        let mut first = self.first_code(entry, page, options)?;
        self.say(&self.messages.first_right());
        let mut wrong = 0;
        loop {
            let second = self.next_code(key, page, &first)?;
            let now = (self.clock)();
            match enroll(&first.code, &second, key, now) {
                Ok(enrolled) => {
                    let drift = nearer_to_nought(first.offset, enrolled.drift.0);
                    if !self.is_too_far(drift, key, options) {
                        return Ok(TwoCodes { first: first.code, second, drift });
                    }
                    wrong = 0;
                    first = self.first_code(entry, page, options)?;
                    self.say(&self.messages.first_right());
                }
                Err(EnrollmentRefusal::Same) => self.say(&self.messages.next_same()),
                Err(EnrollmentRefusal::NotConsecutive) => {
                    self.say(&self.messages.next_skipped());
                    first = see(second, key, now).unwrap_or(first);
                }
                Err(EnrollmentRefusal::SecondWrong) if wrong + 1 < Self::PATIENCE => {
                    wrong += 1;
                    self.say(&self.messages.next_wrong());
                }
                Err(EnrollmentRefusal::SecondWrong | EnrollmentRefusal::FirstWrong) => {
                    wrong = 0;
                    self.say(&self.messages.next_wrong_again());
                    first = self.first_code(entry, page, options)?;
                    self.say(&self.messages.first_right());
                }
            }
        }
    }

    /// Whether a phone's clock is so far off that its codes would be refused for good once it is set right; that is told.
    fn is_too_far(&mut self, drift: Drift, key: &OtpGenerator, options: &EnrollmentOptions) -> bool {
        if options.force || !drift.is_far(key.period()) {
            return false;
        }
        let seconds = drift.seconds(key.period());
        let (length, time) = (Seconds(seconds.unsigned_abs()), (options.date)((self.clock)()));
        let text = match seconds {
            ..0 => self.messages.clock_far_slow(length, time),
            0.. => self.messages.clock_far_fast(length, time),
        };
        self.say(&text);
        true
    }

    fn first_code(
        &mut self,
        entry: &AppEntry,
        page: &Page<'_>,
        options: &EnrollmentOptions,
    ) -> Result<Seen, SessionError> {
        let question = self.messages.ask_first();
        loop {
            let code = self.ask_code(&entry.key, page, &Question::plain(&question))?;
            let now = (self.clock)();
            if let Some(seen) = see(code, &entry.key, now) {
                if self.is_too_far(Drift(seen.offset), &entry.key, options) {
                    continue;
                }
                return Ok(seen);
            }
            let mut text = self.messages.first_wrong(&entry.issuer, &entry.account);
            if !entry.has_common_parameters() {
                let (algorithm, digits, period) = parameters(&entry.key);
                text.push(' ');
                text.push_str(&self.messages.perhaps_parameters(algorithm, digits, period));
            }
            self.say(&text);
        }
    }

    fn next_code(&mut self, key: &OtpGenerator, page: &Page<'_>, first: &Seen) -> Result<Code, SessionError> {
        let messages = self.messages;
        let (question, counting) = (messages.ask_next(), |left: Seconds| messages.ask_next_in(left.0));
        // A phone that was behind by one step is more likely a person who took some time: the next code is there.
        let late = first.offset == -1;
        let period = key.period();
        let until = first.at.step(period).next().start(period);
        let countdown = (!late).then_some(Countdown { until, text: &counting });
        self.ask_code(key, page, &Question { text: &question, countdown, hidden: false })
    }

    /// Asks until what is typed has the form of a code. Instead of one, the page may be asked for.
    fn ask_code(
        &mut self,
        key: &OtpGenerator,
        page: &Page<'_>,
        question: &Question<'_>,
    ) -> Result<Code, SessionError> {
        let digits = key.digits();
        loop {
            let answer = self.ask(question)?;
            if let Some(page_action) = self.page_action_in(&answer) {
                self.fulfil(&page_action, page)?;
                continue;
            }
            match ParsedReply::parse(answer.as_bytes()).single(digits) {
                Ok(code) => return Ok(code),
                Err(_) if answer.trim().is_empty() => {}
                Err(Malformed::Length) => self.say(&self.messages.code_has_digits(digits.count())),
                Err(Malformed::ForeignDigits) => self.say(&self.messages.code_plain_digits()),
                Err(Malformed::Characters) => self.say(&self.messages.code_characters()),
            }
        }
    }
}

fn see(code: Code, key: &OtpGenerator, now: UnixTime) -> Option<Seen> {
    let step: Step = locate(&code, key, now)?;
    Some(Seen { offset: step.offset_from(now.step(key.period())), code, at: now })
}

/// Whoever types a code when it is about to go is a step late, though the phone is not: of the two offsets the smaller
/// is nearer to the truth, and none at all when they contradict each other.
fn nearer_to_nought(one: i32, other: i32) -> Drift {
    match (one.signum(), other.signum()) {
        (a, b) if a != b => Drift(0),
        (-1, _) => Drift(one.max(other)),
        _ => Drift(one.min(other)),
    }
}
