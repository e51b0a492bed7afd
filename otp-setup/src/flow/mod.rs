//! What a command says and asks, step by step. Nothing here knows a terminal, a store or a clock of its own.

mod codes;
mod credential;
mod page;
mod pair;
mod proof;
mod recovery;
#[cfg(test)]
mod tests;

pub use codes::said;
pub use credential::denied;
pub use page::Wish;
pub use pair::Pairing;

use insis_otp::otp::{
    Drift, Malformed, Period, Proof, Refusal, Resync, ResyncCode, Seconds, UnixTime, Verdict,
};
use insis_otp::service::Clock;
use insis_otp::service::Reply;

use crate::backend::{Backend, Error};
use crate::page::Pages;
use crate::person::{Countdown, Person, Question, Stop};
use crate::texts::Texts;
use zeroize::Zeroizing;

/// Fills bytes from the kernel's generator.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), String>;

/// One conversation with a person about one account.
pub struct Desk<'a> {
    /// The person.
    pub person: &'a mut dyn Person,
    /// Who keeps the pairing.
    pub backend: &'a Backend<'a>,
    /// The printer and the files.
    pub pages: &'a dyn Pages,
    /// Whether a page with the new secret exists on paper or in a file.
    pub page_made: bool,
    /// The language.
    pub texts: Texts,
    /// The time.
    pub clock: Clock<'a>,
    /// Randomness.
    pub random: Random<'a>,
    /// The user's name.
    pub user: String,
    /// Whether every question that can be answered by yes is.
    pub yes: bool,
    /// Whether nothing may be asked.
    pub batch: bool,
}

/// Why a command ends before it is done. Nothing has changed, except where it says so.
#[derive(Debug)]
pub enum End {
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

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Backend(error)
    }
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl Desk<'_> {
    /// Asks until the answer is yes or no.
    fn ask_yes(&mut self, question: &str) -> Result<bool, End> {
        if self.yes {
            return Ok(true);
        }
        if self.batch {
            return Err(End::Missing("--yes"));
        }
        loop {
            let answer = self.ask(&Question::plain(question))?;
            match self.texts.yes_or_no(&answer) {
                Some(answer) => return Ok(answer),
                None => {
                    let text = self.texts.say_yes_or_no();
                    self.person.say(&text);
                }
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.person.say(text);
    }

    /// Asks, unless the answer is a word that is understood at every prompt.
    fn ask(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, End> {
        loop {
            let answer = self.person.ask(question)?;
            if Texts::is_word(&answer, "quit exit q", &self.texts.word_quit()) {
                return Err(End::Declined);
            }
            if !Texts::is_word(&answer, "help ?", &self.texts.word_help()) {
                return Ok(answer);
            }
            self.say(&self.texts.prompt_help());
        }
    }

    /// Says by how much a phone's clock is off, if it is.
    fn say_drift(&mut self, seconds: i64) {
        let length = Seconds(seconds.unsigned_abs());
        match seconds {
            ..0 => self.say(&self.texts.drift_slow(length)),
            0 => {}
            1.. => self.say(&self.texts.drift_fast(length)),
        }
    }

    /// Takes a code, and decides as a login would.
    pub fn try_code(&mut self) -> Result<Verdict, End> {
        self.must_be_paired()?;
        let reply = self.ask_reply(&self.texts.ask_proof())?;
        Ok(self.backend.verify(&reply)?)
    }

    /// Tries a code, and says what a login would.
    pub fn verify(&mut self) -> Result<(), End> {
        match self.try_code()? {
            Verdict::Refused(why) => {
                self.say(&refusal(&self.texts, &why));
                Err(End::Refused)
            }
            Verdict::Accepted(accepted) => {
                let text = match accepted.by {
                    Proof::Code { .. } => self.texts.verified(),
                    Proof::Pair { offset, .. } => self.texts.verified_pair(offset),
                    Proof::Recovery { left } => self.texts.verified_recovery(left),
                };
                self.say(&text);
                if accepted.failures > 0 {
                    self.say(&self.texts.failures_since(accepted.failures));
                }
                Ok(())
            }
        }
    }

    /// Removes the pairing.
    pub fn remove(&mut self) -> Result<(), End> {
        self.must_be_paired()?;
        if !self.yes && !self.batch {
            self.say(&self.texts.remove_why(&self.user));
        }
        if !self.ask_yes(&self.texts.ask_remove(&self.user))? {
            return Err(End::Declined);
        }
        self.with_proof(|backend, proof| backend.remove(proof))?;
        self.say(&self.texts.removed(&self.user));
        Ok(())
    }

    /// Learns how far the phone's clock is off: from two codes, each when the phone shows it, since codes that arrive at
    /// once could have been written down earlier.
    pub fn resync(&mut self) -> Result<(), End> {
        let period = self.must_be_paired()?.parameters.2;
        if !self.batch {
            self.say(&self.texts.resync_how());
        }
        loop {
            let first = self.ask_reply(&self.texts.ask_first())?;
            let shown_at = (self.clock)();
            if let Err(error) = self.backend.resync(ResyncCode::First, &first) {
                self.say_refused(error)?;
                continue;
            }
            let second = self.ask_second(shown_at, period)?;
            match self.backend.resync(ResyncCode::Second, &second) {
                Ok(Resync::Learned(Drift(0))) => {
                    self.say(&self.texts.resynced_exact());
                    return Ok(());
                }
                Ok(Resync::Learned(drift)) => {
                    self.say_drift(drift.seconds(period));
                    return Ok(());
                }
                Ok(Resync::Noted) | Err(Error::Proof(Refusal::Wrong)) => self.say(&self.texts.resync_wrong()),
                Err(error) => self.say_refused(error)?,
            }
        }
    }

    /// Asks for the code after the one that was typed at that time, and counts down until it comes.
    fn ask_second(&mut self, shown_at: UnixTime, period: Period) -> Result<Reply, End> {
        let texts = self.texts;
        let (question, counting) = (texts.ask_next(), |left: Seconds| texts.ask_next_in(left.0));
        let until = shown_at.step(period).next().start(period);
        self.ask_reply_to(&Question {
            hidden: false,
            text: &question,
            countdown: Some(Countdown { until, text: &counting }),
        })
    }

    /// Says why a code was refused; anything else ends the command.
    fn say_refused(&mut self, error: Error) -> Result<(), End> {
        match error {
            Error::Proof(why) => {
                self.say(&refusal(&self.texts, &why));
                Ok(())
            }
            error => Err(error.into()),
        }
    }

    fn must_be_paired(&self) -> Result<insis_otp::service::Status, End> {
        self.backend.status()?.ok_or(End::Backend(Error::NotEnrolled))
    }
}

/// What is said of a refused code.
pub fn refusal(texts: &Texts, why: &Refusal) -> String {
    match why {
        Refusal::Wrong | Refusal::OutsideWindow { .. } => texts.refused_wrong(),
        Refusal::Used { wait: Seconds(0) } => texts.refused_used_now(),
        Refusal::Used { wait } => texts.refused_used(wait),
        Refusal::ClockAhead { .. } => texts.refused_clock_ahead(),
        Refusal::RecoverySpent => texts.refused_recovery_spent(),
        Refusal::Throttled { wait } => texts.refused_throttled(wait),
        Refusal::TooSoon { wait } => texts.refused_too_soon(wait),
        Refusal::SingleCodesUsedUp => texts.refused_used_up(),
        Refusal::Malformed(Malformed::Length) => texts.refused_length(),
        Refusal::Malformed(Malformed::ForeignDigits) => texts.refused_foreign_digits(),
        Refusal::Malformed(Malformed::Characters) => texts.refused_characters(),
    }
}
