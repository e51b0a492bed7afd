//! What is asked about one account.

use zeroize::Zeroizing;

use super::codec::{Fields, HexOf, Writer};
use super::{Error, NotUnderstood};
use crate::oath::{Code, RecoveryCode, RecoveryCodes, Salt, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::verify::{ParsedReply, ResyncCode, State, enroll};

/// What a caller asks about its own account.
///
/// A request goes to `otp-helper` as text:
///
/// ```
/// use insis_otp::service::{NotUnderstood, Request};
///
/// let text = Request::Status.encode();
/// assert_eq!(*text, "insis-otp 2 status\n");
/// assert!(matches!(Request::decode(text.as_bytes())?, Request::Status));
/// assert!(Request::decode(b"insis-otp 1 status\n").is_err());
/// # Ok::<(), NotUnderstood>(())
/// ```
#[derive(Clone, Debug)]
pub enum Request {
    /// Decide an attempt to log in.
    Verify(Reply),
    /// Tell about the enrollment.
    Status,
    /// Enroll a phone where there is none, with what allows it; of root, who needs no leave, with nothing, or with the code of an
    /// invitation that the person has shown.
    Enroll(NewDevice, Credential),
    /// Enroll another phone instead.
    Replace(NewDevice, Reply),
    /// Remove the device.
    Remove(Reply),
    /// Take one of the two codes that show how far the phone's clock is off.
    Resync(ResyncCode, Reply),
    /// Ask every client again that is remembered.
    Forget,
    /// New recovery codes instead of all former ones.
    RenewRecoveryCodes(Vec<RecoveryCode>, Salt, Reply),
    /// Link the account to who signs in at the identity provider, with a code of the device, or of an invitation where there is
    /// no device. Before the response comes an [`Offer`](super::Offer).
    Link(Reply),
    /// Remove that link, with the same.
    Unlink(Reply),
    /// Tell about the link.
    LinkStatus,
}

/// What a person typed, as it came. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Reply(pub Zeroizing<Vec<u8>>);

/// What a person shows to enroll a first device: the password, the code of an invitation, or nothing. Wiped when
/// dropped, never printed.
#[derive(Clone)]
pub struct Credential(pub(super) Zeroizing<Vec<u8>>);

/// An enrollment to be written, with the two consecutive codes that show that the phone works.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// The secret, and the entry in the app.
    pub entry: AppEntry,
    /// The code that the phone showed first.
    pub first: Code,
    /// The one after it.
    pub second: Code,
    /// The recovery codes, and the salt of their hashes.
    pub recovery: (Vec<RecoveryCode>, Salt),
}

impl Request {
    /// What is to be done, by its name in the log.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Verify(_) => "verify",
            Self::Status => "status",
            Self::Enroll(..) => "enrol",
            Self::Replace(..) => "replace",
            Self::Remove(_) => "remove",
            Self::Resync(..) => "resync",
            Self::Forget => "forget",
            Self::RenewRecoveryCodes(..) => "renew-recovery-codes",
            Self::Link(_) => "link",
            Self::Unlink(_) => "unlink",
            Self::LinkStatus => "link-status",
        }
    }
}

impl Request {
    /// The request as text: what goes to `otp-helper`.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        self.write().text
    }

    pub(super) fn write(&self) -> Writer {
        let mut message = Writer::new(match self {
            Self::Resync(which, _) => resync_word(*which),
            request => request.action(),
        });
        match self {
            Self::Status | Self::Forget | Self::LinkStatus => {}
            Self::Verify(reply)
            | Self::Remove(reply)
            | Self::Resync(_, reply)
            | Self::Link(reply)
            | Self::Unlink(reply) => message.reply(reply),
            Self::Enroll(new, credential) => {
                message.new_device(new);
                message.field("credential", HexOf(&credential.0));
            }
            Self::Replace(new, reply) => {
                message.new_device(new);
                message.reply(reply);
            }
            Self::RenewRecoveryCodes(codes, salt, reply) => {
                message.recovery(codes, *salt);
                message.reply(reply);
            }
        }
        message
    }

    /// Reads a request.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        Self::read(Fields::read(text)?)
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, NotUnderstood> {
        let request = match fields.kind {
            "verify" => Self::Verify(fields.reply()?),
            "status" => Self::Status,
            "forget" => Self::Forget,
            "enrol" => Self::Enroll(fields.new_device()?, fields.credential()?),
            "replace" => Self::Replace(fields.new_device()?, fields.reply()?),
            "remove" => Self::Remove(fields.reply()?),
            "resync-first" => Self::Resync(ResyncCode::First, fields.reply()?),
            "resync-second" => Self::Resync(ResyncCode::Second, fields.reply()?),
            "renew-recovery-codes" => {
                let (codes, salt) = fields.recovery()?;
                Self::RenewRecoveryCodes(codes, salt, fields.reply()?)
            }
            "link" => Self::Link(fields.reply()?),
            "unlink" => Self::Unlink(fields.reply()?),
            "link-status" => Self::LinkStatus,
            _ => return Err(NotUnderstood),
        };
        fields.finish(request)
    }
}

const fn resync_word(which: ResyncCode) -> &'static str {
    match which {
        ResyncCode::First => "resync-first",
        ResyncCode::Second => "resync-second",
    }
}

impl Reply {
    /// Takes what was typed.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        // Longer ones are no codes; they are cut to a length that still is none.
        Self(Zeroizing::new(bytes.iter().copied().take(ParsedReply::LONGEST + 1).collect()))
    }

    /// Parses it.
    #[must_use]
    pub fn parse(&self) -> ParsedReply {
        ParsedReply::parse(&self.0)
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reply(redacted)")
    }
}

impl Credential {
    /// No password or code is longer: libpam takes none that is.
    pub const LONGEST: usize = 512;

    /// Takes what was typed; one that is too long is none.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let bytes = if bytes.len() > Self::LONGEST { &[] } else { bytes };
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The code of an invitation.
    #[must_use]
    pub fn of_invitation(code: &RecoveryCode) -> Self {
        Self::new(code.reveal().as_bytes())
    }

    /// As it was typed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The code of an invitation, if it looks like one.
    #[must_use]
    pub fn invitation_code(&self) -> Option<RecoveryCode> {
        match ParsedReply::parse(&self.0) {
            ParsedReply::Recovery(code) => Some(code),
            ParsedReply::Digits(_) | ParsedReply::Malformed(_) => None,
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(redacted)")
    }
}

impl NewDevice {
    /// The head of the secret file.
    fn enrollment(&self, user: &UserName, now: UnixTime) -> Enrollment {
        Enrollment {
            user: user.clone(),
            entry: self.entry.clone(),
            enrolled_at: now,
            recovery: RecoveryCodes::new(&self.recovery.0, self.recovery.1),
        }
    }

    /// Head and state of the new file, if the codes show that the phone holds the secret.
    pub(super) fn proved(&self, user: &UserName, now: UnixTime) -> Result<(Enrollment, State), Error> {
        let proof = enroll(&self.first, &self.second, &self.entry.key, now).map_err(Error::Codes)?;
        Ok((self.enrollment(user, now), proof.state))
    }
}
