//! A login by a sign-in at the identity provider: charged before it begins, judged by the account's link, recorded at its end.

use std::time::Instant;

use insis_otp::identity::Identity;
use insis_otp::oath::UnixTime;
use insis_otp::service::{self, SignIn, SinceLastLogin};

use super::{Login, LoginReply, Seen};
use crate::access::{self, Access};
use crate::dialogue::Reply;
use crate::host::Host;
use crate::outcome::Outcome;
use crate::report::Log;
use crate::sign_in::{For, NotSignedIn, Offer, SignInResult, SignedIn};

impl Login {
    /// Has the person sign in at the identity provider. It is charged like a wrong guess before it begins.
    // Out of the way of logins by code: see cold.ld.
    #[cold]
    #[inline(never)]
    pub(super) fn sign_in(&self, host: &mut dyn Host, log: &Log, seen: &Seen) -> Outcome {
        let Some(offer) = &self.offer else { return self.filler(0) };
        let arrived = Instant::now();
        let account = self.target.known.as_ref().map(|known| known.account.name.as_str());
        let turn = match offer.begin(&self.target.name, account, self.source) {
            Ok(turn) => turn,
            Err((why, detail)) => return Outcome::NotSignedIn(why, detail),
        };
        if let Err(outcome) = self.record_sign_in(SignIn::Begins) {
            return outcome;
        }
        // Whom it was charged to is not told by when the provider is asked.
        self.pad_to_interval(arrived, Self::REFUSAL);
        let whom = For { user: &self.target.name, rhost: &log.rhost };
        match offer.sign_in(&turn, host, self.messages, &whom) {
            SignInResult::Proved(identity, detail) => match self.judge(&identity, detail) {
                Ok(signed_in) => self.accept_sign_in(signed_in, seen),
                Err(outcome) => outcome,
            },
            SignInResult::Not(why, detail) if why.is_outage() => {
                // What cannot be given back stays charged; the person is told of the outage all the same.
                let _ = self.record_sign_in(SignIn::Fails);
                Outcome::NotSignedIn(why, detail)
            }
            SignInResult::Not(why, detail) => Outcome::NotSignedIn(why, detail),
            // What was charged turns out to be no guess, if the code is right.
            SignInResult::Code(code) => {
                let refund = Seen { first_pass_guesses: seen.first_pass_guesses + 1, ..Seen::default() };
                let outcome =
                    self.attempt(host, LoginReply::Code(service::Reply::new(&code), None), log, &refund);
                seen.new_device.set(refund.new_device.get());
                seen.new_link.set(refund.new_link.get());
                seen.bypass.set(refund.bypass.get());
                seen.given_up.set(seen.given_up.get() + 1);
                outcome
            }
            SignInResult::Other(Reply::Filler(length)) => self.filler(length),
            SignInResult::Other(_) => self.attempt(host, LoginReply::Password, log, seen),
            SignInResult::NoReply(why) => {
                log.send(Outcome::NotSignedIn(NotSignedIn::Abandoned, String::new()).line(), None);
                Outcome::NoReply(why)
            }
        }
    }

    /// Decides whether who has signed in is the account's owner.
    fn judge(&self, identity: &Identity, detail: String) -> Result<SignedIn, Outcome> {
        let proved = Instant::now();
        let link = match &self.target.known {
            Some(known) => self.links.load(&known.account),
            None => Ok(None),
        };
        let link = link.map_err(|error| Outcome::Unavailable(error.to_string()))?;
        Offer::judge(link.as_ref(), identity, detail).map_err(|why| {
            // Reading a link takes longer than finding none.
            self.pad_to_interval(proved, Self::REFUSAL);
            Outcome::NotSignedIn(why, format!("signed in: {identity}"))
        })
    }

    /// Records that the account's owner has signed in.
    fn accept_sign_in(&self, signed_in: SignedIn, seen: &Seen) -> Outcome {
        match self.record_sign_in(SignIn::Opens { tells_failures: self.tells_failures }) {
            // Where nothing is kept of logins, nobody knows what is new.
            Ok(None) => Outcome::SignedIn(signed_in, SinceLastLogin::default()),
            Ok(Some(since)) => {
                seen.new_link.set(self.new_link(since.news.last_told));
                Outcome::SignedIn(signed_in, since)
            }
            Err(outcome) => outcome,
        }
    }

    /// Has what becomes of a sign-in recorded, of whomever it is: where nobody has enrolled, as for a name that nobody has;
    /// `None` then.
    fn record_sign_in(&self, what: SignIn) -> Result<Option<SinceLastLogin>, Outcome> {
        if let Some(Access::Direct(file)) = self.target.known.as_ref().map(|known| &known.access) {
            let recorded = access::service(file, &self.config.policy).record_sign_in(what);
            if let Some(since) = recorded.map_err(|error| Outcome::Unavailable(error.to_string()))? {
                return Ok(Some(since));
            }
        }
        self.target.record_sign_in(what, &self.config)?;
        Ok(None)
    }

    /// When the account was linked to the identity provider, if the owner has not been told: that is done in whatever service,
    /// since the next login may be the one that the link opens.
    pub(super) fn new_link(&self, last_told: Option<UnixTime>) -> Option<UnixTime> {
        let known = self.target.known.as_ref().filter(|_| self.has_provider)?;
        if !matches!(known.access, Access::Direct(_)) {
            return None;
        }
        let linked = self.links.written_at(&known.account)?;
        last_told.is_none_or(|last| last < linked).then_some(linked)
    }
}
