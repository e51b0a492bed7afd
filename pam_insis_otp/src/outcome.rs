//! How an authentication can end, and the one road from there to a PAM code and a line in the log.

use insis_otp::audit::{self, Level, Line};
use insis_otp::oath::UnixTime;
use insis_otp::service::SinceLastLogin;
use insis_otp::verify::{Accepted, Proof, Refusal};
pub use pam::constants::PamResultCode as Code;

use crate::host::NoReply;
use crate::sign_in::{NotSignedIn, SignedIn};

/// The end of an authentication. [`Outcome::code`] is the only function that turns one into a PAM code.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A code was verified, and that is on the disk.
    Accepted(Accepted),
    /// The last code that could be tried was refused.
    Refused(Refusal),
    /// There was nothing to verify a code with, or the reply was none. The person sees the refusal that somebody with a
    /// secret file would see.
    Denied(Denial, Refusal),
    /// Who is linked to the account has signed in at the identity provider, and that is on the disk.
    SignedIn(SignedIn, SinceLastLogin),
    /// Nobody has who is, and for the log why.
    NotSignedIn(NotSignedIn, String),
    /// There was no reply.
    NoReply(NoReply),
    /// The site's policy lets the rest of the stack decide.
    Passed(Passed),
    /// The store cannot be used: with what and why.
    Unavailable(String),
    /// The configuration or an argument is wrong: where and what.
    Misconfigured(String),
}

/// Why no code could have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The user database does not know the name.
    UnknownUser,
    /// The person has not enrolled, and the site's policy is to refuse.
    Unenrolled,
    /// sshd put a filler instead of the reply.
    Filler,
    /// The reply was the password.
    Password,
    /// The password that a module above asked for has no code at its end, and this module may not ask.
    NoCode,
}

/// Why the site's policy lets the rest of the stack decide: every way to PAM_IGNORE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The person has not enrolled: `unenrolled = "ignore"`.
    NotEnrolled {
        /// The day from which that is refused.
        required_from: Option<UnixTime>,
    },
    /// The person has not enrolled, and does so before the login is over: `unenrolled = "enrol"`.
    MustEnroll,
    /// By the service: `ask = false`.
    ExemptService,
    /// By name.
    ExemptUser,
    /// By a group.
    ExemptGroup,
    /// By the address.
    ExemptNetwork,
    /// A code was accepted from here not long ago.
    Remembered,
}

/// What the session calls return: they are none of this module's business.
pub const SESSION: Code = Code::PAM_IGNORE;
/// What a call returns that panicked.
pub const PANICKED: Code = Code::PAM_ABORT;

/// The calls after authenticate, which grant nothing to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Account management, in which whoever has to enrolls.
    Account,
    /// The change of a password that is due.
    ChangePassword,
    /// Credentials, the last call before the session.
    SetCredentials,
}

/// A call that ends in an error: an enrollment that was due has not happened, or cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEnrolled;

impl Call {
    /// The PAM code. There are no credentials to set, and anything but success ends an sshd login that was let in.
    pub const fn code(self, ended: Result<(), NotEnrolled>) -> Code {
        match (self, ended) {
            (Self::Account | Self::ChangePassword, Ok(())) => Code::PAM_IGNORE,
            (Self::SetCredentials, Ok(())) => Code::PAM_SUCCESS,
            (Self::Account, Err(NotEnrolled)) => Code::PAM_PERM_DENIED,
            (Self::ChangePassword, Err(NotEnrolled)) => Code::PAM_AUTHTOK_ERR,
            (Self::SetCredentials, Err(NotEnrolled)) => Code::PAM_CRED_ERR,
        }
    }
}

impl Outcome {
    /// The PAM code. Success comes from a verified code, PAM_IGNORE from policy, and neither from anything else.
    pub const fn code(&self) -> Code {
        match self {
            Self::Accepted(_) | Self::SignedIn(..) => Code::PAM_SUCCESS,
            Self::Passed(_) => Code::PAM_IGNORE,
            // PAM_MAXTRIES for a delay would have sshd give up this method, and login end, although the owner still gets
            // in by two consecutive codes or a recovery code.
            Self::Refused(_) | Self::Denied(..) | Self::NotSignedIn(..) | Self::NoReply(NoReply::Empty) => {
                Code::PAM_AUTH_ERR
            }
            Self::NoReply(NoReply::Conversation) => Code::PAM_CONV_ERR,
            Self::Unavailable(_) => Code::PAM_AUTHINFO_UNAVAIL,
            Self::Misconfigured(_) => Code::PAM_SERVICE_ERR,
        }
    }

    /// How an attempt was refused, as the person is told.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::Denied(_, refusal) => Some(refusal),
            Self::NotSignedIn(..) => Some(&Refusal::Wrong),
            _ => None,
        }
    }

    /// What was counted against the account, for the owner's eyes.
    pub const fn is_counted(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::NotSignedIn(why, _) => !why.is_outage(),
            _ => false,
        }
    }

    /// Whether the provider could not be asked.
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::NotSignedIn(why, _) if why.is_outage())
    }

    /// Whether a guess was charged to the account.
    pub const fn is_guess(&self) -> bool {
        matches!(self, Self::Refused(Refusal::Wrong | Refusal::OutsideWindow { .. }))
    }

    /// The line for digits at the end of a password that were tried as a code and refused. Not "refused": what counts
    /// such lines must not shut out people whose passwords end in digits.
    pub fn tried_line(&self) -> Line {
        match self {
            Self::Refused(refusal) => audit::tried(refusal),
            Self::Denied(denial, _) => Line::new(Level::Info, "tried").field("reason", denial.name()),
            _ => self.line(),
        }
    }

    /// The line for the log.
    pub fn line(&self) -> Line {
        match self {
            Self::Accepted(accepted) => accepted_line(accepted),
            Self::Refused(refusal) => audit::refused(refusal),
            Self::Denied(denial, _) => Line::new(Level::Notice, "refused").field("reason", denial.name()),
            Self::SignedIn(_, since) => Line::new(Level::Info, "accepted")
                .field("proof", "identity-provider")
                .field("failures", since.failures),
            Self::NotSignedIn(why, _) => {
                let is_outage = matches!(why, NotSignedIn::Unavailable(_));
                let level = if is_outage { Level::Warning } else { Level::Notice };
                Line::new(level, "refused").field("reason", why.name())
            }
            Self::NoReply(why) => Line::new(Level::Notice, "refused").field(
                "reason",
                match why {
                    NoReply::Conversation => "no-conversation",
                    NoReply::Empty => "no-reply",
                },
            ),
            Self::Passed(why) => Line::new(why.level(), "ignored").field("reason", why.name()),
            Self::Unavailable(_) => Line::new(Level::Error, "error").field("reason", "store"),
            Self::Misconfigured(_) => Line::new(Level::Error, "error").field("reason", "configuration"),
        }
    }

    /// What is said at the end of the line, for this service.
    pub fn message(&self, service: &str) -> Option<&str> {
        match self {
            Self::Unavailable(why) | Self::Misconfigured(why) => Some(why),
            Self::SignedIn(SignedIn { detail, .. }, _) | Self::NotSignedIn(_, detail) => {
                Some(detail.as_str()).filter(|detail| !detail.is_empty())
            }
            Self::Denied(Denial::Filler, _) => Some(
                "sshd does not allow this user (unknown, or root with PermitRootLogin); the code was not seen",
            ),
            Self::Denied(Denial::Password, _) => Some(match service {
                sshd if sshd.starts_with("sshd") => {
                    "the client answers with the password: set KbdInteractiveAuthentication yes and \
                     AuthenticationMethods keyboard-interactive in sshd_config"
                }
                "sudo" | "sudo-i" => {
                    "the password was typed again; a program for sudo -A has to answer by the question, which is its \
                     first argument"
                }
                _ => {
                    "the password was typed again, or the program answers every question with it: then it needs \
                     forward_pass, which asks for both in one"
                }
            }),
            _ => None,
        }
    }
}

fn accepted_line(accepted: &Accepted) -> Line {
    let line = Line::new(if accepted.clock_was_ahead { Level::Warning } else { Level::Info }, "accepted");
    let line = match &accepted.by {
        Proof::Code { offset } => line.field("proof", "code").field("offset", offset),
        Proof::TwoCodes { offset, drift } => {
            line.field("proof", "pair").field("offset", offset).field("drift", drift.0)
        }
        Proof::Recovery { left } | Proof::Bypass { left } => {
            let is_bypass = matches!(accepted.by, Proof::Bypass { .. });
            line.field("proof", if is_bypass { "bypass" } else { "recovery-code" }).field("left", left)
        }
    };
    let line = line.field("failures", accepted.failures);
    if accepted.clock_was_ahead { line.field("clock", "was-ahead") } else { line }
}

impl Denial {
    /// The `reason=` of the log.
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown-user",
            Self::Unenrolled => "not-paired",
            Self::Filler => "sshd-filler",
            Self::Password => "password-as-code",
            Self::NoCode => "no-code-in-password",
        }
    }
}

impl Passed {
    /// The `reason=` of the log.
    const fn name(self) -> &'static str {
        match self {
            Self::NotEnrolled { .. } => "not-paired",
            Self::MustEnroll => "must-pair",
            Self::ExemptService => "exempt-service",
            Self::ExemptUser => "exempt-user",
            Self::ExemptGroup => "exempt-group",
            Self::ExemptNetwork => "exempt-network",
            Self::Remembered => "remembered",
        }
    }

    /// Who gets in without a second step because none was set up is worth a second look.
    const fn level(self) -> Level {
        match self {
            Self::NotEnrolled { .. } | Self::MustEnroll => Level::Notice,
            Self::ExemptService
            | Self::ExemptUser
            | Self::ExemptGroup
            | Self::ExemptNetwork
            | Self::Remembered => Level::Info,
        }
    }

    /// Whether it depends on where somebody is, so that the person may not know of it.
    pub const fn depends_on_place(self) -> bool {
        matches!(self, Self::ExemptNetwork | Self::Remembered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::Offer;
    use insis_otp::identity::{FlowRefusal, Identity, Unavailability};
    use insis_otp::oath::{Drift, Seconds};
    use insis_otp::store::{Link, LinkMaker};
    use insis_otp::verify::Malformed;

    fn refusals() -> Vec<Refusal> {
        let wait = Seconds(17);
        vec![
            Refusal::Wrong,
            Refusal::Used { wait },
            Refusal::ClockAhead { by: wait },
            Refusal::OutsideWindow { offset: -4 },
            Refusal::RecoveryUsed,
            Refusal::Throttled { wait },
            Refusal::TooSoon { wait },
            Refusal::SingleCodesUsedUp,
            Refusal::Malformed(Malformed::Length),
        ]
    }

    /// One of each way to end.
    fn all() -> Vec<Outcome> {
        let accepted = |by| Outcome::Accepted(Accepted { by, failures: 1, clock_was_ahead: true });
        let mut all = vec![
            accepted(Proof::Code { offset: 0 }),
            accepted(Proof::TwoCodes { offset: 0, drift: Drift(1) }),
            accepted(Proof::Recovery { left: 1 }),
            accepted(Proof::Bypass { left: 1 }),
            Outcome::NoReply(NoReply::Conversation),
            Outcome::NoReply(NoReply::Empty),
            Outcome::Unavailable("x".into()),
            Outcome::Misconfigured("x".into()),
        ];
        let denials =
            [Denial::UnknownUser, Denial::Unenrolled, Denial::Filler, Denial::Password, Denial::NoCode];
        let as_if = |denial| refusals().into_iter().map(move |refusal| Outcome::Denied(denial, refusal));
        all.extend(denials.into_iter().flat_map(as_if));
        let passed = [
            Passed::NotEnrolled { required_from: None },
            Passed::MustEnroll,
            Passed::ExemptService,
            Passed::ExemptUser,
            Passed::ExemptGroup,
            Passed::ExemptNetwork,
            Passed::Remembered,
        ];
        all.extend(passed.map(Outcome::Passed));
        all.extend(refusals().into_iter().map(Outcome::Refused));
        all.extend(not_signed_in().into_iter().map(|why| Outcome::NotSignedIn(why, String::new())));
        let identity = Identity::new("https://x.example", "", "s").unwrap();
        let link = Link { identity: identity.clone(), linked_at: UnixTime(0), made_by: LinkMaker::Person };
        let signed_in = Offer::judge(Some(&link), &identity, String::new()).unwrap();
        all.push(Outcome::SignedIn(signed_in, SinceLastLogin::default()));
        all
    }

    fn not_signed_in() -> Vec<NotSignedIn> {
        use NotSignedIn::{Abandoned, Busy, NotLinked, OtherPerson};
        let refused = FlowRefusal::ALL.map(NotSignedIn::Refused);
        let unavailable = Unavailability::ALL.map(NotSignedIn::Unavailable);
        refused.into_iter().chain(unavailable).chain([Abandoned, Busy, NotLinked, OtherPerson]).collect()
    }

    #[test]
    fn what_the_administrator_can_mend_is_said_in_words() {
        let words = |outcome: Outcome| outcome.message("sshd").map(str::to_owned).unwrap_or_default();
        assert_eq!(words(Outcome::Unavailable("no store".into())), "no store");
        assert_eq!(words(Outcome::Misconfigured("line 7".into())), "line 7");
        let denied = |denial| words(Outcome::Denied(denial, Refusal::Wrong));
        assert!(denied(Denial::Filler).starts_with("sshd does not allow this user"));
        assert!(denied(Denial::Password).contains("KbdInteractiveAuthentication"));
        assert_eq!(denied(Denial::UnknownUser) + &words(Outcome::Refused(Refusal::Wrong)), "");
    }

    #[test]
    fn advice_fits_the_service() {
        let outcome = Outcome::Denied(Denial::Password, Refusal::Wrong);
        for (service, advice) in [("sshd", "sshd_config"), ("sudo", "sudo -A"), ("vsftpd", "forward_pass")] {
            let words = outcome.message(service).unwrap();
            assert!(words.contains(advice), "{words}");
            assert_eq!(words.contains("sshd"), service == "sshd", "{words}");
        }
    }

    #[test]
    fn a_code_that_was_looked_for_in_a_password_is_no_refusal_in_the_log() {
        let of_a_code = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Denied(..));
        for outcome in all().iter().filter(of_a_code) {
            let line = format!("{:?}", outcome.tried_line());
            assert!(line.contains("result=tried reason=") && line.contains("Info"), "{line}");
        }
    }

    #[test]
    fn a_throttle_and_a_clock_that_is_ahead_are_warnings() {
        for refusal in refusals() {
            use Refusal::{ClockAhead, SingleCodesUsedUp, Throttled, TooSoon};
            let warns =
                matches!(refusal, Throttled { .. } | TooSoon { .. } | ClockAhead { .. } | SingleCodesUsedUp);
            let line = format!("{:?}", Outcome::Refused(refusal).line());
            assert_eq!((line.contains("Warning"), line.contains("Notice")), (warns, !warns), "{line}");
        }
    }

    #[test]
    fn only_a_verified_code_succeeds_and_only_policy_steps_aside() {
        for outcome in all() {
            let code = outcome.code();
            let is_proved = matches!(outcome, Outcome::Accepted(_) | Outcome::SignedIn(..));
            assert_eq!(code == Code::PAM_SUCCESS, is_proved, "{outcome:?}");
            assert_eq!(code == Code::PAM_IGNORE, matches!(outcome, Outcome::Passed(_)), "{outcome:?}");
        }
    }

    #[test]
    fn the_other_calls_grant_nothing() {
        for call in [Call::Account, Call::ChangePassword, Call::SetCredentials] {
            let failed = call.code(Err(NotEnrolled));
            assert!(!matches!(failed, Code::PAM_SUCCESS | Code::PAM_IGNORE), "{call:?}");
            // An application takes no success of account management from this module alone.
            let ended = call.code(Ok(()));
            assert_eq!(ended == Code::PAM_SUCCESS, call == Call::SetCredentials);
        }
    }

    #[test]
    fn who_has_no_secret_file_is_refused_by_the_code_of_those_who_have() {
        for refusal in refusals() {
            let denied = Outcome::Denied(Denial::UnknownUser, refusal.clone()).code();
            assert_eq!(denied, Outcome::Refused(refusal).code());
        }
    }

    #[test]
    fn the_manual_names_every_reason_and_no_other() {
        let lines: Vec<_> = all().iter().map(|outcome| outcome.line().text().to_owned()).collect();
        let reasons = lines.iter().filter_map(|line| line.split_once("reason=")?.1.split(' ').next());
        // Those of other calls, and of the guard.
        let mut right: Vec<_> = reasons.chain(["codes-do-not-pair", "panic"]).collect();
        right.extend(["enrollment-line", "not-enrolled", "other-user", "self-enrollment-off"]);
        right.extend(["no-invitation", "wrong-invitation", "expired-invitation", "spent-invitation"]);
        let mut named = crate::manual::tags("Reasons");
        right.sort_unstable();
        right.dedup();
        named.sort_unstable();
        assert_eq!(named, right);
    }
}
