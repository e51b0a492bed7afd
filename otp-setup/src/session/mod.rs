//! What a command says and asks, step by step. Nothing here knows a terminal, a store or a clock of its own.

mod codes;
mod credential;
mod enroll;
mod page;
mod proof;
mod recovery;
#[cfg(test)]
mod tests;

pub use credential::denied;
pub use enroll::EnrollmentOptions;
pub use page::PageAction;

use insis_otp::oath::{Drift, Period, Seconds, UnixTime};
use insis_otp::service::{Clock, Reply, Request, Status};
use insis_otp::verify::{Malformed, Proof, Refusal, Resync, ResyncCode, Verdict};

use crate::backend::{Backend, Error};
use crate::messages::Messages;
use crate::page::Pages;
use crate::ui::{Countdown, Question, Stop, Ui};
use zeroize::Zeroizing;

/// Fills bytes from the kernel's generator.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), String>;

/// One conversation with a person about one account.
pub struct Session<'a> {
    /// The person.
    pub ui: &'a mut dyn Ui,
    /// Who keeps the enrollment.
    pub backend: &'a Backend<'a>,
    /// The printer and the files.
    pub pages: &'a dyn Pages,
    /// Whether a page with the new secret exists on paper or in a file.
    pub page_made: bool,
    /// The language.
    pub messages: Messages,
    /// The time.
    pub clock: Clock<'a>,
    /// Randomness.
    pub random: Random<'a>,
    /// The user's name.
    pub user: String,
    /// Whom people ask for help, as the site says.
    pub contact: Option<String>,
    /// Whether every question that can be answered by yes is.
    pub yes: bool,
    /// Whether nothing may be asked.
    pub batch: bool,
}

/// Why a command ends before it is done. Nothing has changed, except where it says so.
#[derive(Debug)]
pub enum SessionError {
    /// The person said no.
    Declined,
    /// The person went away.
    Stopped(Stop),
    /// It could not be done.
    Backend(Error),
    /// The attempt was refused, which has been said.
    Refused,
    /// Nothing may be asked, and this option would have answered.
    Missing(&'static str),
    /// The kernel gives no random bytes.
    NoRandom(String),
    /// The page that was asked for cannot be made, and why.
    NoPage(String),
    /// Everything is done but the page, and why.
    PageMissing(String),
}

impl From<Error> for SessionError {
    fn from(error: Error) -> Self {
        Self::Backend(error)
    }
}

impl From<Stop> for SessionError {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl Session<'_> {
    /// Asks until the answer is yes or no.
    fn ask_yes(&mut self, question: &str) -> Result<bool, SessionError> {
        if self.yes {
            return Ok(true);
        }
        if self.batch {
            return Err(SessionError::Missing("--yes"));
        }
        loop {
            let answer = self.ask(&Question::plain(question))?;
            match self.messages.yes_or_no(&answer) {
                Some(answer) => return Ok(answer),
                None => {
                    let text = self.messages.say_yes_or_no();
                    self.ui.say(&text);
                }
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.ui.say(text);
    }

    /// Asks, unless the answer is a word that is understood at every prompt.
    fn ask(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, SessionError> {
        loop {
            let answer = self.ui.ask(question)?;
            if Messages::is_word(&answer, "quit exit q", &self.messages.word_quit()) {
                return Err(SessionError::Declined);
            }
            if !Messages::is_word(&answer, "help ?", &self.messages.word_help()) {
                return Ok(answer);
            }
            self.say(&self.messages.prompt_help());
        }
    }

    /// Says by how much a phone's clock is off, if it is.
    fn say_drift(&mut self, seconds: i64) {
        let length = Seconds(seconds.unsigned_abs());
        match seconds {
            ..0 => self.say(&self.messages.drift_slow(length)),
            0 => {}
            1.. => self.say(&self.messages.drift_fast(length)),
        }
    }

    /// Takes a code, and decides as a login would.
    pub fn try_code(&mut self) -> Result<Verdict, SessionError> {
        self.must_be_enrolled()?;
        let reply = self.ask_reply(&self.messages.ask_proof())?;
        Ok(self.backend.verify(&reply)?)
    }

    /// Tries a code, and says what a login would.
    pub fn verify(&mut self) -> Result<(), SessionError> {
        match self.try_code()? {
            Verdict::Refused(why) => {
                self.say(&refusal(&self.messages, &why));
                Err(SessionError::Refused)
            }
            Verdict::Accepted(accepted) => {
                let text = match accepted.by {
                    Proof::Code { .. } => self.messages.verified(),
                    Proof::TwoCodes { offset, .. } => self.messages.verified_two_codes(offset),
                    Proof::Recovery { left } => self.messages.verified_recovery(left),
                    Proof::Bypass { left } => self.messages.verified_bypass(left),
                };
                self.say(&text);
                if accepted.failures > 0 {
                    self.say(&self.messages.failures_since(accepted.failures));
                }
                Ok(())
            }
        }
    }

    /// Removes the enrollment.
    pub fn remove(&mut self) -> Result<(), SessionError> {
        self.must_be_enrolled()?;
        if !self.yes && !self.batch {
            self.say(&self.messages.remove_why(&self.user));
        }
        if !self.ask_yes(&self.messages.ask_remove(&self.user))? {
            return Err(SessionError::Declined);
        }
        self.with_proof(|backend, proof| backend.change(&Request::Remove(proof.clone())))?;
        self.say(&self.messages.removed(&self.user));
        Ok(())
    }

    /// Learns how far the phone's clock is off: from two codes, each when the phone shows it, since codes that arrive at
    /// once could have been written down earlier.
    pub fn resync(&mut self) -> Result<(), SessionError> {
        let status = self.must_be_enrolled()?;
        let period = status.parameters.period;
        if !self.batch {
            self.say(&self.messages.resync_how());
        }
        loop {
            let first = self.ask_reply(&self.messages.ask_first())?;
            let shown_at = (self.clock)();
            if let Err(error) = self.backend.resync(ResyncCode::First, &first) {
                self.say_refused(error)?;
                continue;
            }
            let second = self.ask_second(shown_at, period)?;
            match self.backend.resync(ResyncCode::Second, &second) {
                Ok(Resync::Learned(Drift(0))) => {
                    self.say(&self.messages.resynced_exact());
                    return Ok(());
                }
                Ok(Resync::Learned(drift)) => {
                    self.say_drift(drift.seconds(period));
                    return Ok(());
                }
                Ok(Resync::Noted) | Err(Error::Proof(Refusal::Wrong)) => {
                    self.say(&wrong_resync(&self.messages, &status));
                }
                Err(error) => self.say_refused(error)?,
            }
        }
    }

    /// Asks for the code after the one that was typed at that time, and counts down until it comes.
    fn ask_second(&mut self, shown_at: UnixTime, period: Period) -> Result<Reply, SessionError> {
        let messages = self.messages;
        let (question, counting) = (messages.ask_next(), |left: Seconds| messages.ask_next_in(left.0));
        let until = shown_at.step(period).next().start(period);
        self.ask_reply_to(&Question {
            hidden: false,
            text: &question,
            countdown: Some(Countdown { until, text: &counting }),
        })
    }

    /// Says why a code was refused; anything else ends the command.
    fn say_refused(&mut self, error: Error) -> Result<(), SessionError> {
        match error {
            Error::Proof(why) => {
                self.say(&refusal(&self.messages, &why));
                Ok(())
            }
            error => Err(error.into()),
        }
    }

    fn must_be_enrolled(&self) -> Result<Status, SessionError> {
        self.backend.status()?.ok_or(SessionError::Backend(Error::NotEnrolled))
    }
}

/// What is said of two codes that teach nothing.
fn wrong_resync(messages: &Messages, status: &Status) -> String {
    match codes_count_as_used(status) {
        true => format!("{}\n{}", messages.resync_wrong(), messages.resync_by_login()),
        false => messages.resync_wrong(),
    }
}

/// Whether the codes of a phone that is right count as used: it was so fast that what it showed is still to come.
pub fn codes_count_as_used(status: &Status) -> bool {
    status.drift > Drift(0) && status.drift.is_far(status.parameters.period)
}

/// What is said of a refused code.
pub fn refusal(messages: &Messages, why: &Refusal) -> String {
    match why {
        Refusal::Wrong | Refusal::OutsideWindow { .. } => messages.refused_wrong(),
        Refusal::Used { wait: Seconds(0) } => messages.refused_used_now(),
        Refusal::Used { wait } => messages.refused_used(wait),
        Refusal::ClockAhead { .. } => messages.refused_clock_ahead(),
        Refusal::RecoveryUsed => messages.refused_recovery_spent(),
        Refusal::Throttled { wait } => messages.refused_throttled(wait),
        Refusal::TooSoon { wait } => messages.refused_too_soon(wait),
        Refusal::SingleCodesUsedUp => messages.refused_used_up(),
        Refusal::Malformed(Malformed::Length) => messages.refused_length(),
        Refusal::Malformed(Malformed::ForeignDigits) => messages.refused_foreign_digits(),
        Refusal::Malformed(Malformed::Characters) => messages.refused_characters(),
    }
}
