//! Bypass codes: what the help desk gives somebody whose phone is lost, for a few logins within a few hours.
//!
//! A bypass code stands in the state and not beside it, so that a use is taken off in the write that an accepted login needs
//! anyway: whatever opens no second login by a one-time code opens none by this. It opens logins and nothing else. A new device,
//! new recovery codes or a link last longer than it does.

use subtle::ConstantTimeEq;

use super::{Proof, State};
use crate::oath::{BypassHash, Seconds, UnixTime};

/// A bypass code that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// The code, as a hash.
    pub hash: BypassHash,
    /// From when on it opens nothing.
    pub expires: UnixTime,
    /// How many logins it opens still; never 0.
    pub uses: u8,
}

/// What the owner has not been told of bypass codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BypassNews {
    /// When one was made, or opened a login, last.
    pub at: UnixTime,
    /// How many logins were opened.
    pub logins: u8,
}

impl Bypass {
    /// How long one may be good for, at the most.
    pub const LONGEST_VALIDITY: Seconds = Seconds(7 * 86_400);
    /// The shortest time that makes sense.
    pub const SHORTEST_VALIDITY: Seconds = Seconds(600);
    /// How many logins one may open, at the most.
    pub const MOST_USES: u8 = 20;

    /// Whether it can be good at this time. What a clock made that was far ahead is not good until then.
    #[must_use]
    pub fn is_valid_at(&self, now: UnixTime) -> bool {
        now < self.expires && now.until(self.expires) <= Self::LONGEST_VALIDITY
    }

    /// The code after one more login; `None` after the last.
    const fn used(self) -> Option<Self> {
        match self.uses {
            0 | 1 => None,
            uses => Some(Self { uses: uses - 1, ..self }),
        }
    }
}

impl State {
    /// With a bypass code instead of a former one, which the owner is to be told of.
    #[must_use]
    pub fn with_bypass(&self, bypass: Bypass, now: UnixTime) -> Self {
        let logins = self.bypass_news.map_or(0, |news| news.logins);
        Self { bypass: Some(bypass), bypass_news: Some(BypassNews { at: now, logins }), ..self.clone() }
    }

    /// Whether this is the hash of the bypass code that can be used: the same work whether there is one or not.
    pub(super) fn is_bypass(&self, hash: BypassHash) -> bool {
        let present = self.bypass.map_or(BypassHash::default(), |bypass| bypass.hash);
        let is_same = bool::from(std::hint::black_box(present.0.ct_eq(&hash.0)));
        is_same && self.bypass.is_some()
    }

    /// What the bypass code proves when it opens a login.
    pub(super) fn bypass_proof(&self) -> Proof {
        Proof::Bypass { left: self.bypass.map_or(0, |bypass| bypass.uses.saturating_sub(1).into()) }
    }

    /// Notes an accepted login: a use is taken off a bypass code that has opened it, and noted for the owner; a login
    /// that tells the owner leaves no news.
    #[inline(never)]
    pub(super) fn count_bypass(&mut self, opened: bool, tells: bool, now: UnixTime) {
        if opened {
            self.bypass = self.bypass.and_then(Bypass::used);
            let logins = self.bypass_news.map_or(0, |news| news.logins).saturating_add(1);
            self.bypass_news = Some(BypassNews { at: now, logins });
        } else if tells {
            self.bypass_news = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{NOW, Phone, phone};
    use super::super::{Attempt, ParsedReply, Policy, Refusal, Verdict, verify};
    use super::*;
    use crate::oath::{Period, RecoveryCode};

    const CODE: &str = "ppppp-qqqqq";

    fn code() -> RecoveryCode {
        match ParsedReply::parse(CODE.as_bytes()) {
            ParsedReply::Recovery(code) => code,
            other => panic!("{other:?}"),
        }
    }

    /// A phone of whose owner the help desk was asked for so many logins within an hour.
    fn with_bypass(uses: u8) -> Phone {
        let mut phone = phone();
        let bypass =
            Bypass { hash: phone.recovery.bypass_hash(&code()), expires: NOW.plus(Seconds(3600)), uses };
        phone.state =
            State { last_login: Some(UnixTime(5)), failures: 3, ..phone.state }.with_bypass(bypass, NOW);
        phone
    }

    fn left(verdict: &Verdict) -> Option<u32> {
        match verdict {
            Verdict::Accepted(accepted) => match accepted.by {
                Proof::Bypass { left } => Some(left),
                _ => None,
            },
            Verdict::Refused(_) => None,
        }
    }

    #[test]
    fn it_opens_as_many_logins_as_it_says() {
        let mut phone = with_bypass(3);
        let opened: Vec<_> = (0..4).map(|_| left(&phone.try_text("PPPPP qqqqq", NOW))).collect();
        assert_eq!(opened, [Some(2), Some(1), Some(0), None]);
        assert_eq!((phone.state.bypass, phone.state.throttle.guesses), (None, 1), "the fourth was a guess");
    }

    #[test]
    fn it_ends_by_time_and_does_not_come_back_with_a_clock_that_was_ahead() {
        let mut phone = with_bypass(3);
        assert_eq!(left(&phone.try_text(CODE, NOW.plus(Seconds(3599)))), Some(2));
        assert_eq!(phone.try_text(CODE, NOW.plus(Seconds(3600))), Verdict::Refused(Refusal::Wrong));
        assert_eq!(phone.try_text(CODE, NOW), Verdict::Refused(Refusal::Wrong));
    }

    #[test]
    fn what_a_clock_made_that_was_years_ahead_is_not_good_until_then() {
        let mut phone = with_bypass(3);
        let years = Seconds(3 * 365 * 86_400);
        let ahead = |bypass: Bypass| Bypass { expires: bypass.expires.plus(years), ..bypass };
        phone.state.bypass = phone.state.bypass.map(ahead);
        assert_eq!(phone.try_text(CODE, NOW), Verdict::Refused(Refusal::Wrong));
    }

    #[test]
    fn it_ends_when_the_record_is_unlocked_or_closed() {
        let state = with_bypass(3).state;
        let unlocked = state.unlocked(Period::default(), &Policy::default(), NOW);
        assert_eq!((unlocked.bypass, unlocked.bypass_news), (None, state.bypass_news));
        assert_eq!(state.closed().bypass, None);
        assert_eq!(state.closed().reopened(&state).bypass, state.bypass);
    }

    #[test]
    fn it_is_no_proof_for_what_lasts() {
        let mut phone = with_bypass(1);
        let typed = ParsedReply::parse(CODE.as_bytes());
        let attempt = Attempt { accepts_bypass: false, ..Attempt::of(&typed) };
        let (key, recovery) = (phone.key.clone(), phone.recovery.clone());
        let (verdict, state) = verify(&attempt, &key, &recovery, &phone.state, &phone.policy, NOW);
        assert_eq!(verdict, Verdict::Refused(Refusal::Wrong));
        assert_eq!(
            (state.throttle.guesses, state.bypass),
            (1, phone.state.bypass),
            "charged, and not used up"
        );
        assert_eq!(left(&phone.try_text(CODE, NOW)), Some(0));
    }

    #[test]
    fn who_has_one_takes_nothing_from_what_the_owner_is_told() {
        let mut phone = with_bypass(2);
        assert_eq!(left(&phone.try_text(CODE, NOW)), Some(1));
        let later = NOW.plus(Seconds(9));
        assert_eq!(left(&phone.try_text(CODE, later)), Some(0));
        let State { failures, bypass_news, .. } = phone.state;
        assert_eq!((failures, phone.state.last_told()), (3, Some(UnixTime(5))));
        assert_eq!(bypass_news, Some(BypassNews { at: later, logins: 2 }));
        // A login that shows nothing, and one that fails, take nothing away either.
        let typed = ParsedReply::parse(phone.code(super::super::fixtures::T).as_bytes());
        let silent = Attempt { tells_failures: false, ..Attempt::of(&typed) };
        let (key, recovery) = (phone.key.clone(), phone.recovery.clone());
        let (verdict, state) = verify(&silent, &key, &recovery, &phone.state, &phone.policy, later);
        assert!(matches!(verdict, Verdict::Accepted(_)));
        assert_eq!(state.bypass_news, bypass_news);
        let _ = phone.try_text("000000", later);
        assert_eq!(phone.state.bypass_news, bypass_news);
        // The owner has read it.
        assert!(matches!(phone.try_step(super::super::fixtures::T, later), Verdict::Accepted(_)));
        assert_eq!((phone.state.bypass_news, phone.state.failures), (None, 0));
    }

    #[test]
    fn it_is_compared_during_a_delay_as_a_recovery_code_is() {
        let mut phone = with_bypass(1);
        phone.fail(6, NOW);
        assert!(matches!(
            phone.try_step(super::super::fixtures::T, NOW),
            Verdict::Refused(Refusal::Throttled { .. })
        ));
        assert_eq!(left(&phone.try_text(CODE, NOW)), Some(0));
        // No code of zeros is the hash of no code.
        assert!(!phone.state.is_bypass(BypassHash::default()));
    }
}
