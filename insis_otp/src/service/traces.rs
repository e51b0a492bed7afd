//! What is compared, look after look, to tell owners by mail what has become of their accounts.

use sha2::{Digest, Sha256};

use super::NotUnderstood;
use super::codec::{Fields, Writer};
use crate::oath::UnixTime;
use crate::store::Record;
use crate::verify::BypassNews;

/// What a record tells of what has happened to it, beside its [`super::Status`]. Nothing of it is secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Which recovery codes these are: another number for others.
    pub recovery_set: u32,
    /// The day of the last wrong guess, counted from 1970.
    pub guess_day: u64,
    /// Wrong guesses on that day. Unlike failures, no login takes them back.
    pub guesses: u32,
    /// Up to when the owner was told of failures and news at a login.
    pub last_told: Option<UnixTime>,
    /// What the owner has not been told of bypass codes.
    pub bypass_news: Option<BypassNews>,
}

impl Traces {
    /// Of a record; `None` while it is on its way to another store, where everything counts as used.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        let Record { enrollment, state, .. } = record;
        let digest = Sha256::digest(enrollment.recovery.salt().0);
        let recovery_set = digest.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
        (!state.is_closed()).then(|| Self {
            recovery_set,
            guess_day: state.throttle.day,
            guesses: state.throttle.today,
            last_told: state.last_told(),
            bypass_news: state.bypass_news,
        })
    }

    pub(super) fn write(&self, message: &mut Writer) {
        message.field("recovery_set", self.recovery_set);
        message.field("guess_day", self.guess_day);
        message.field("guesses", self.guesses);
        if let Some(time) = self.last_told {
            message.field("last_told", time.0);
        }
        if let Some(BypassNews { at, logins }) = self.bypass_news {
            message.field("bypass_news", at.0);
            message.field("bypass_logins", logins);
        }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Option<Self>, NotUnderstood> {
        let Some(recovery_set) = fields.parse_optional("recovery_set")? else { return Ok(None) };
        let bypass_news = match fields.parse_optional("bypass_news")?.map(UnixTime) {
            Some(at) => Some(BypassNews { at, logins: fields.parse("bypass_logins")? }),
            None => None,
        };
        Ok(Some(Self {
            recovery_set,
            guess_day: fields.parse("guess_day")?,
            guesses: fields.parse("guesses")?,
            last_told: fields.parse_optional("last_told")?.map(UnixTime),
            bypass_news,
        }))
    }
}
