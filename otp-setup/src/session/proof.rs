//! Asking for a proof, and again when it does not hold.

use insis_otp::service::Reply;

use super::{Session, SessionError, refusal};
use crate::backend::{Backend, Error};
use crate::ui::Question;

impl Session<'_> {
    /// Asks until something is typed.
    pub(super) fn ask_reply(&mut self, question: &str) -> Result<Reply, SessionError> {
        self.ask_reply_to(&Question::plain(question))
    }

    pub(super) fn ask_reply_to(&mut self, question: &Question<'_>) -> Result<Reply, SessionError> {
        loop {
            let answer = self.ask(question)?;
            if !answer.trim().is_empty() {
                return Ok(Reply::new(answer.as_bytes()));
            }
        }
    }

    /// Asks for what proves that it is the person: a code, or the code of an invitation where there is no device.
    pub fn ask_second_step(&mut self, has_device: bool, note: Option<&str>) -> Result<Reply, SessionError> {
        if let Some(note) = note {
            self.say(note);
        }
        match has_device {
            true => self.ask_reply(&self.messages.ask_proof()),
            false => self.ask_reply_to(&Question::hidden(&self.messages.ask_invitation())),
        }
    }

    /// Does something that takes a proof, asking for one as often as it is refused. Each one is charged.
    pub(super) fn with_proof<T>(
        &mut self,
        mut act: impl FnMut(&Backend<'_>, &Reply) -> Result<T, Error>,
    ) -> Result<T, SessionError> {
        if !self.backend.needs_proof() {
            return Ok(act(self.backend, &Reply::new(b""))?);
        }
        loop {
            let proof = self.ask_reply(&self.messages.ask_proof())?;
            match act(self.backend, &proof) {
                Err(Error::Proof(why)) => {
                    let text = refusal(&self.messages, &why);
                    self.say(&text);
                }
                other => return Ok(other?),
            }
        }
    }
}
