//! What comes of it.

use zeroize::Zeroizing;

use super::codec::{Fields, Writer, codes_refusal, codes_refusal_word};
use super::{LinkRefusal, NotUnderstood};
use crate::oath::{Drift, Parameters, Seconds, UnixTime};
use crate::store::{InvitationRefusal, LinkStatus, Record};
use crate::verify::{Bypass, EnrollmentRefusal, Policy, Verdict};

/// The helper's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The outcome of an attempt.
    Verdict(Verdict),
    /// What there is to tell.
    Status(Status),
    /// Done; the drift where a phone was enrolled or resynchronized.
    Done(Drift),
    /// The first code of a resynchronization is noted, whether or not it is right.
    Noted,
    /// The new phone's codes do not enroll it.
    CodesRefused(EnrollmentRefusal),
    /// There is no leave to enroll a first phone.
    Denied(EnrollmentDenial),
    /// There is no enrollment.
    NotEnrolled,
    /// There is one already.
    Exists,
    /// What there is to tell about the link.
    Link(LinkStatus),
    /// The link was not made or removed.
    NotLinked(LinkRefusal),
    /// It cannot be done now, and why.
    Failed(String),
}

impl Response {
    /// The answer as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = Writer::new(match self {
            Self::Verdict(_) => "verdict",
            Self::Status(_) => "status",
            Self::Done(_) => "done",
            Self::Noted => "noted",
            Self::CodesRefused(_) => "not-pairing",
            Self::Denied(_) => "denied",
            Self::NotEnrolled => "not-paired",
            Self::Exists => "exists",
            Self::Link(_) => "link",
            Self::NotLinked(_) => "not-linked",
            Self::Failed(_) => "failed",
        });
        match self {
            Self::NotEnrolled | Self::Exists | Self::Noted => {}
            Self::Verdict(verdict) => message.verdict(verdict),
            Self::Status(status) => message.status(status),
            Self::Done(drift) => message.field("drift", drift.0),
            Self::CodesRefused(why) => message.field("why", codes_refusal_word(*why)),
            Self::Denied(why) => message.denial(why),
            Self::Link(status) => message.link_status(status),
            Self::NotLinked(why) => message.link_refusal(why),
            Self::Failed(why) => message.text_field("why", why),
        }
        message.text
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        let answer = match fields.kind {
            "verdict" => Self::Verdict(fields.verdict()?),
            "status" => Self::Status(fields.status()?),
            "done" => Self::Done(Drift(fields.parse("drift")?)),
            "noted" => Self::Noted,
            "not-pairing" => Self::CodesRefused(codes_refusal(fields.take("why")?)?),
            "denied" => Self::Denied(fields.denial()?),
            "not-paired" => Self::NotEnrolled,
            "exists" => Self::Exists,
            "link" => Self::Link(fields.link_status()?),
            "not-linked" => Self::NotLinked(fields.link_refusal()?),
            "failed" => Self::Failed(fields.take("why")?.to_owned()),
            _ => return Err(NotUnderstood),
        };
        fields.finish(answer)
    }
}

/// Why somebody may not enroll a first device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrollmentDenial {
    /// The password is wrong.
    Password,
    /// The password cannot be checked, and why.
    PasswordUnchecked(String),
    /// The invitation does not hold.
    Invitation(InvitationRefusal),
    /// People do not enroll themselves here.
    Off,
}

/// What there is to tell about an enrollment. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// When the phone was enrolled.
    pub enrolled_at: UnixTime,
    /// The name above the account in the app.
    pub issuer: String,
    /// The account in the app.
    pub account: String,
    /// Hash, digits and seconds of a step, as the app has them.
    pub parameters: Parameters,
    /// How far the phone's clock is off.
    pub drift: Drift,
    /// When a code last opened a login.
    pub last_login: Option<UnixTime>,
    /// Failed attempts since then.
    pub failures: u32,
    /// How long single codes are not compared.
    pub throttled: Option<Seconds>,
    /// Whether so many single codes in a row were wrong that only two consecutive codes or a recovery code are compared.
    pub single_codes_used_up: bool,
    /// Recovery codes that are left.
    pub recovery_left: u32,
    /// The bypass code that can be used.
    pub bypass: Option<BypassStatus>,
    /// When the clients that are remembered showed a code. How long that counts is the site's present setting.
    pub remembered: Vec<UnixTime>,
}

/// What there is to tell about a bypass code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BypassStatus {
    /// From when on it opens nothing.
    pub expires: UnixTime,
    /// How many logins it opens still.
    pub uses: u8,
}

impl EnrollmentDenial {
    /// The word for it, in messages and in the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Password => "wrong-password",
            Self::PasswordUnchecked(_) => "password-unchecked",
            Self::Invitation(InvitationRefusal::None) => "no-invitation",
            Self::Invitation(InvitationRefusal::Wrong { .. }) => "wrong-invitation",
            Self::Invitation(InvitationRefusal::Expired) => "expired-invitation",
            Self::Invitation(InvitationRefusal::UsedUp) => "spent-invitation",
            Self::Off => "self-enrollment-off",
        }
    }
}

impl Status {
    /// What there is to tell about a record.
    #[must_use]
    pub fn of(record: &Record, policy: &Policy, now: UnixTime) -> Self {
        let Record { enrollment, state, .. } = record;
        let bypass = state.bypass.filter(|bypass| bypass.is_valid_at(now));
        Self {
            bypass: bypass.map(|Bypass { expires, uses, .. }| BypassStatus { expires, uses }),
            enrolled_at: enrollment.enrolled_at,
            issuer: enrollment.entry.issuer.clone(),
            account: enrollment.entry.account.clone(),
            parameters: enrollment.entry.key.parameters(),
            drift: state.drift,
            last_login: state.last_login,
            failures: state.failures,
            throttled: state.throttle.wait(&policy.throttle, now),
            single_codes_used_up: state.throttle.single_codes_are_used_up(&policy.throttle),
            recovery_left: enrollment.recovery.left(state.used_recovery),
            remembered: state.remembered.iter().map(|client| client.since).collect(),
        }
    }
}
