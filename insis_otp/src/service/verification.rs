//! Deciding an attempt: charged before it is compared, recorded before anybody learns of it.

use super::{Error, Service, below, wipe_stack};
use crate::audit::{self, Level, Line};
use crate::oath::UnixTime;
use crate::record::{Enrollment, UserName};
use crate::store::{Charge, Decision, StoreError, UserStore, Write};
use crate::verify;
use crate::verify::{
    Accepted, Attempt, BypassNews, ParsedReply, Policy, Proof, Refusal, SourceTag, State, Verdict,
};
use crate::{RememberedClient, Source};

/// One attempt to log in, or one proof.
#[derive(Clone, Copy, Debug)]
pub struct LoginAttempt<'a> {
    /// What was typed.
    pub reply: &'a ParsedReply,
    /// Where it comes from.
    pub source: Source,
    /// The client that is remembered if the code is accepted.
    pub remember: Option<&'a RememberedClient>,
    /// Guesses of this login that the end of the password was charged with; an accepted code gives them back.
    pub refund: u32,
    /// Whether the owner is going to be told of the failures since the last login, which are forgotten then.
    pub tells_failures: bool,
}

impl<'a> LoginAttempt<'a> {
    /// An attempt of which nothing more is known than where it comes from.
    #[must_use]
    pub const fn from(source: Source, reply: &'a ParsedReply) -> Self {
        Self { reply, source, remember: None, refund: 0, tells_failures: true }
    }

    /// A proof by the user whose process this is.
    /// It is no login: whoever gives it need not be the owner, and may see how many failures there were, but the owner is
    /// still told at the next login.
    #[must_use]
    pub fn of_this_process(reply: &'a ParsedReply) -> Self {
        let source = Source::User(nix::unistd::getuid().as_raw());
        Self { tells_failures: false, ..Self::from(source, reply) }
    }

    fn at(&self, source: SourceTag, purpose: Purpose) -> Attempt<'a> {
        let Self { reply: typed, refund, tells_failures, .. } = *self;
        Attempt { typed, source, refund, tells_failures, accepts_bypass: purpose != Purpose::Proof }
    }
}

/// What an attempt is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To log in.
    Login,
    /// To see whether a code is right.
    Look,
    /// To be allowed something that changes the enrollment, and lasts: a bypass code will not do.
    Proof,
}

/// What is to be told the owner with an accepted login, besides failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// When the device was enrolled, if that was after the last login.
    pub new_device: Option<UnixTime>,
    /// What there is to tell of bypass codes.
    pub bypass: Option<BypassNews>,
    /// Up to when the owner has been told of what is new, for what else may be.
    pub last_told: Option<UnixTime>,
}

pub(super) struct Decided {
    pub verdict: Verdict,
    /// Wrong single codes in a row.
    single_codes: u32,
    /// What the owner is to be told.
    pub news: News,
    /// What a proof holds for.
    proved: Option<Enrollment>,
}

impl<S: UserStore> Service<'_, S> {
    pub(super) fn decide(&self, attempt: &LoginAttempt<'_>, purpose: Purpose) -> Result<Decided, StoreError> {
        let charge = |enrollment: &Enrollment, state: &State| {
            let key = &enrollment.entry.key;
            let attempt = attempt.at(attempt.source.tag(key.secret()), purpose);
            match verify::charge(&attempt, key, state, self.policy, (self.clock)()) {
                verify::Charge::Settled(refusal, state) => {
                    let (verdict, single_codes) = (Verdict::Refused(refusal), state.throttle.single_codes);
                    let answer = Decided { verdict, single_codes, news: News::default(), proved: None };
                    Charge::Settled(Decision { state, write: Write::InPlace, answer })
                }
                verify::Charge::Due(comparison) => Charge::Due(comparison.charged().clone(), comparison),
            }
        };
        let compare = |enrollment: &Enrollment, comparison: verify::Comparison| {
            // Before it is known what comes of it.
            let tag = attempt.remember.map(|client| client.tag(enrollment));
            let (charged, now) = (comparison.charged().clone(), (self.clock)());
            let last_told = charged.last_told();
            let is_new = last_told.is_none_or(|last| last < enrollment.enrolled_at);
            let (verdict, mut state) = comparison.compare(&enrollment.entry.key, &enrollment.recovery);
            let accepted = matches!(verdict, Verdict::Accepted(_));
            // For a while without a question is longer than the help desk said.
            let is_bypass = matches!(&verdict, Verdict::Accepted(Accepted { by: Proof::Bypass { .. }, .. }));
            if let (true, false, Some(tag)) = (accepted, is_bypass, tag) {
                state.remember(tag, now);
            }
            if purpose != Purpose::Login {
                (state.last_login, state.told_until) = (charged.last_login, charged.told_until);
            }
            let write = match accepted {
                true => Write::Durable,
                false if state == charged => Write::AsCharged,
                false => Write::InPlace,
            };
            let answer = Decided {
                verdict,
                single_codes: state.throttle.single_codes,
                news: News {
                    new_device: (accepted && is_new).then_some(enrollment.enrolled_at),
                    bypass: charged.bypass_news.filter(|_| accepted),
                    last_told,
                },
                proved: (accepted && purpose == Purpose::Proof).then(|| enrollment.clone()),
            };
            Decision { state, write, answer }
        };
        let decided = below(|| self.store.transact_charged(charge, compare));
        wipe_stack();
        let decided = decided?;
        warn_half_way(self.store.user(), &decided.verdict, decided.single_codes, self.policy);
        Ok(decided)
    }

    /// Takes a proof: an attempt like any other, charged and used like a login's. Returns the enrollment that it holds for, and
    /// for no other; `None` where none is asked for.
    pub(super) fn prove(&self, proof: Option<&ParsedReply>) -> Result<Option<Enrollment>, Error> {
        let Some(proof) = proof else { return Ok(None) };
        let attempt = LoginAttempt::of_this_process(proof);
        let decided = self.decide(&attempt, Purpose::Proof)?;
        match decided.verdict {
            Verdict::Accepted(_) => Ok(decided.proved),
            Verdict::Refused(why) => Err(Error::Proof(why)),
        }
    }
}

/// Has the log say when half of the wrong single codes in a row have been made after which none is compared any more:
/// somebody is guessing, and the owner has not logged in for long.
fn warn_half_way(user: &UserName, verdict: &Verdict, single_codes: u32, policy: &Policy) {
    let most = policy.throttle.consecutive;
    let is_guess = matches!(verdict, Verdict::Refused(Refusal::Wrong | Refusal::OutsideWindow { .. }));
    if !is_guess || single_codes != most / 2 {
        return;
    }
    let line = Line::new(Level::Warning, "warning")
        .field("reason", "wrong-codes-in-a-row")
        .field("count", single_codes)
        .field("most", most)
        .field("user", user);
    audit::send(audit::program(), "insis-otp", &line);
}
