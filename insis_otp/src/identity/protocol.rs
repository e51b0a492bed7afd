//! What is said to `otp-idp` and by it: lines, each of which is one message. Texts of the provider's are written in
//! hexadecimal digits, so that nothing in them ends a message or begins another.
//!
//! ```text
//! > insis-otp-idp 1 start seconds=90
//! < offered uri=68747470733a2f2f6d6963726f736f66742e636f6d2f6465766963656c6f67696e code=41424344
//! < proved issuer=… tenant=… subject=… detail=…
//! ```
//!
//! Instead of `offered` or `proved` there may be `refused` or `unavailable`, which end the conversation too.

use data_encoding::HEXLOWER;

use super::Identity;

/// No message is longer, in bytes, with its end.
pub const LONGEST: usize = 4096;

/// The first words of what is asked; the number changes when the protocol does.
const PROTOCOL: &str = "insis-otp-idp 1 ";
/// The longest text in a message, in bytes.
const LONGEST_TEXT: usize = 400;

/// A line that is no message of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of this version of insis-otp")]
pub struct NotUnderstood;

/// The question: begin a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// How long the person is waited for, in seconds: 1 to 600.
    pub seconds: u64,
}

/// What `otp-idp` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The person has to type this code at that address. The polling has begun.
    Offered {
        /// The address: printable ASCII.
        uri: String,
        /// The user code: printable ASCII.
        code: String,
    },
    /// Somebody has signed in with all that the site asks for. Who that is, the caller compares.
    Proved {
        /// Who.
        identity: Identity,
        /// For the log: how the second factor was shown, and when.
        detail: String,
    },
    /// Nobody has.
    Refused(FlowRefusal, String),
    /// The provider cannot be asked now, or not with these settings.
    Unavailable(Unavailability, String),
}

/// Why a flow that began did not end in a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowRefusal {
    /// The person said no, or the provider's policy did.
    Denied,
    /// The person did not sign in in time.
    Expired,
    /// The token does not show a second factor.
    NoMfa,
    /// The person signed in too long ago.
    TooOld,
    /// The token does not say when the person signed in.
    NoAuthTime,
    /// The token is not valid, or not for this login.
    Token,
}

/// Why the provider cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailability {
    /// The settings, or the program's own surroundings.
    Settings,
    /// It does not answer.
    Network,
    /// Its certificate is not valid.
    Certificate,
    /// What it answers is no answer.
    Answer,
    /// It does not let this site use the flow.
    Policy,
}

impl FlowRefusal {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Denied, Self::Expired, Self::NoMfa, Self::TooOld, Self::NoAuthTime, Self::Token];

    /// The refusal in a word: the `reason=` of the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "idp-denied",
            Self::Expired => "idp-expired",
            Self::NoMfa => "idp-no-mfa",
            Self::TooOld => "idp-signed-in-too-long-ago",
            Self::NoAuthTime => "idp-no-auth-time",
            Self::Token => "idp-token",
        }
    }
}

impl Unavailability {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Settings, Self::Network, Self::Certificate, Self::Answer, Self::Policy];

    /// The reason in a word: the `reason=` of the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "idp-settings",
            Self::Network => "idp-network",
            Self::Certificate => "idp-certificate",
            Self::Answer => "idp-answer",
            Self::Policy => "idp-policy",
        }
    }
}

impl Start {
    const LONGEST: u64 = 600;

    /// The line, with its end.
    #[must_use]
    pub fn encode(self) -> String {
        format!("{PROTOCOL}start seconds={}\n", self.seconds)
    }

    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// It is something else.
    pub fn decode(line: &[u8]) -> Result<Self, NotUnderstood> {
        let line = std::str::from_utf8(line).map_err(|_| NotUnderstood)?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let digits = line.strip_prefix(PROTOCOL).and_then(|rest| rest.strip_prefix("start seconds="));
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let seconds = digits.and_then(|digits| digits.parse().ok()).ok_or(NotUnderstood)?;
        (1..=Self::LONGEST).contains(&seconds).then_some(Self { seconds }).ok_or(NotUnderstood)
    }
}

impl Message {
    /// The line, with its end. Texts are cut to a length that a message has space for.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Offered { uri, code } => format!("offered uri={} code={}\n", hex(uri), hex(code)),
            Self::Proved { identity, detail } => format!(
                "proved issuer={} tenant={} subject={} detail={}\n",
                hex(identity.issuer()),
                hex(identity.tenant()),
                hex(identity.subject()),
                hex(detail)
            ),
            Self::Refused(why, detail) => format!("refused reason={} detail={}\n", why.name(), hex(detail)),
            Self::Unavailable(why, detail) => {
                format!("unavailable reason={} detail={}\n", why.name(), hex(detail))
            }
        }
    }

    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// It is something else, or what is shown to people is not printable ASCII.
    pub fn decode(line: &[u8]) -> Result<Self, NotUnderstood> {
        let line = std::str::from_utf8(line).map_err(|_| NotUnderstood)?;
        let mut words = line.strip_suffix('\n').unwrap_or(line).split(' ');
        let kind = words.next();
        let mut field = |key: &str| words.next()?.strip_prefix(key)?.strip_prefix('=');
        let message = match kind {
            Some("offered") => {
                let (uri, code) = (shown(field("uri"), 200)?, shown(field("code"), 32)?);
                Self::Offered { uri, code }
            }
            Some("proved") => {
                let issuer = text(field("issuer"))?;
                let (tenant, subject) = (text(field("tenant"))?, text(field("subject"))?);
                let identity = Identity::new(&issuer, &tenant, &subject).map_err(|_| NotUnderstood)?;
                Self::Proved { identity, detail: text(field("detail"))? }
            }
            Some("refused") => {
                let word = field("reason");
                let why = FlowRefusal::ALL.into_iter().find(|why| Some(why.name()) == word);
                Self::Refused(why.ok_or(NotUnderstood)?, text(field("detail"))?)
            }
            Some("unavailable") => {
                let word = field("reason");
                let why = Unavailability::ALL.into_iter().find(|why| Some(why.name()) == word);
                Self::Unavailable(why.ok_or(NotUnderstood)?, text(field("detail"))?)
            }
            _ => return Err(NotUnderstood),
        };
        words.next().is_none().then_some(message).ok_or(NotUnderstood)
    }
}

fn hex(text: &str) -> String {
    let end = (0..=text.len().min(LONGEST_TEXT)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    HEXLOWER.encode(text.get(..end).unwrap_or_default().as_bytes())
}

fn text(hex: Option<&str>) -> Result<String, NotUnderstood> {
    let bytes = HEXLOWER.decode(hex.ok_or(NotUnderstood)?.as_bytes()).map_err(|_| NotUnderstood)?;
    String::from_utf8(bytes).ok().filter(|text| text.len() <= LONGEST_TEXT).ok_or(NotUnderstood)
}

/// A text that a terminal is shown: of printable ASCII characters, at least one and at most so many.
fn shown(hex: Option<&str>, longest: usize) -> Result<String, NotUnderstood> {
    let text = text(hex)?;
    let is_plain =
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_plain.then_some(text).ok_or(NotUnderstood)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_heard() {
        let identity = Identity::new("https://login.example.org", "", "anna x").unwrap();
        let mut all = vec![
            Message::Offered { uri: "https://example.org/device".into(), code: "ABCD-EFGH".into() },
            Message::Proved { identity, detail: "amr=mfa \u{17e}\n".into() },
        ];
        all.extend(FlowRefusal::ALL.map(|why| Message::Refused(why, String::new())));
        all.extend(Unavailability::ALL.map(|why| Message::Unavailable(why, "AADSTS53003".into())));
        for message in all {
            let line = message.encode();
            assert_eq!(line.matches('\n').count(), 1);
            assert!(line.len() <= LONGEST);
            assert_eq!(Message::decode(line.as_bytes()), Ok(message));
        }
        let start = Start { seconds: 90 };
        assert_eq!(start.encode(), "insis-otp-idp 1 start seconds=90\n");
        assert_eq!(Start::decode(start.encode().as_bytes()), Ok(start));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for line in [
            "",
            "offered",
            "offered uri= code=41",
            "offered uri=41 code=",
            "offered uri=0a code=41",
            "offered uri=c5be code=41",
            "offered uri=4 code=41",
            "offered code=41 uri=41",
            "offered uri=41 code=41 more=41",
            "refused reason=other detail=",
            "refused reason=idp-network detail=",
            "proved issuer=41 tenant= subject=41 detail=",
            "\u{17e}",
        ] {
            assert_eq!(Message::decode(line.as_bytes()), Err(NotUnderstood), "{line:?}");
        }
        let long = format!("offered uri={} code=41", "41".repeat(201));
        assert_eq!(Message::decode(long.as_bytes()), Err(NotUnderstood));
        for line in ["", "insis-otp-idp 2 start seconds=90", "insis-otp-idp 1 start seconds=+9"] {
            assert_eq!(Start::decode(line.as_bytes()), Err(NotUnderstood), "{line:?}");
        }
        for seconds in ["0", "601", "", "99999999999999999999"] {
            let line = format!("insis-otp-idp 1 start seconds={seconds}\n");
            assert_eq!(Start::decode(line.as_bytes()), Err(NotUnderstood), "{line:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_where_a_character_ends() {
        let detail = "\u{17e}".repeat(300);
        let line = Message::Refused(FlowRefusal::Token, detail).encode();
        assert!(line.len() <= LONGEST);
        let Message::Refused(_, detail) = Message::decode(line.as_bytes()).unwrap() else { panic!("{line}") };
        assert_eq!(detail, "\u{17e}".repeat(200));
    }
}
