//! Requests and responses as programs send them to `otp-helper` and back: one request on its standard input, one response
//! on its standard output. Both are lines `key=value` below a first line that names protocol and kind, small, and bounded.
//! Where a person has to sign in somewhere, an offer comes before the response ([`super::Offer`]); an empty line ends it.
//!
//! Here is what they are made of. Which of it a request or a response has stands beside it: [`super::Request::encode`].

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{BypassStatus, Credential, EnrollmentDenial, LinkRefusal, NewDevice, Reply, Status};
use crate::RememberedClient;
use crate::identity::{FlowRefusal, Identity, Unavailability};
use crate::oath::{
    Code, Drift, OtpGenerator, Parameters, RecoveryCode, RecoveryCodes, Salt, Seconds, Secret, UnixTime,
};
use crate::record::AppEntry;
use crate::store::{InvitationRefusal, Link, LinkMaker, LinkStatus};
use crate::verify::{Accepted, EnrollmentRefusal, Malformed, ParsedReply, Proof, Refusal, State, Verdict};

/// No request or response is longer, in bytes.
pub const LONGEST: usize = 8 * 1024;

/// The first words of every message; the number changes when the protocol does.
const PROTOCOL: &str = "insis-otp 2";

/// A message that is not in this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of this version of insis-otp")]
pub struct NotUnderstood;

pub(super) const fn codes_refusal_word(why: EnrollmentRefusal) -> &'static str {
    match why {
        EnrollmentRefusal::FirstWrong => "first-wrong",
        EnrollmentRefusal::SecondWrong => "second-wrong",
        EnrollmentRefusal::Same => "same",
        EnrollmentRefusal::NotConsecutive => "not-consecutive",
    }
}

pub(super) fn codes_refusal(word: &str) -> Result<EnrollmentRefusal, NotUnderstood> {
    use EnrollmentRefusal::{FirstWrong, NotConsecutive, Same, SecondWrong};
    let all = [FirstWrong, SecondWrong, Same, NotConsecutive];
    all.into_iter().find(|why| codes_refusal_word(*why) == word).ok_or(NotUnderstood)
}

const fn malformed_word(why: Malformed) -> &'static str {
    match why {
        Malformed::Length => "length",
        Malformed::ForeignDigits => "foreign-digits",
        Malformed::Characters => "characters",
    }
}

/// A message while it is written.
pub(super) struct Writer {
    pub text: Zeroizing<String>,
}

impl Writer {
    pub fn new(kind: &str) -> Self {
        // Of the final size at once, so that no grown-out-of copy of a secret is left behind.
        let mut text = Zeroizing::new(String::with_capacity(LONGEST));
        text.push_str(PROTOCOL);
        text.push(' ');
        text.push_str(kind);
        text.push('\n');
        Self { text }
    }

    pub fn field(&mut self, key: &str, value: impl std::fmt::Display) {
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "{key}={value}");
    }

    /// A text of unknown origin: what would end the line becomes a blank.
    pub fn text_field(&mut self, key: &str, value: &str) {
        let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect();
        self.field(key, line);
    }

    pub fn reply(&mut self, reply: &Reply) {
        self.field("reply", HexOf(&reply.0));
    }

    pub fn entry(&mut self, entry: &AppEntry) {
        let AppEntry { key, issuer, account } = entry;
        self.field("secret", key.secret().to_base32().as_str());
        self.parameters(key.parameters());
        self.text_field("issuer", issuer);
        self.text_field("account", account);
    }

    fn parameters(&mut self, parameters: Parameters) {
        let Parameters { algorithm, digits, period } = parameters;
        self.field("algorithm", algorithm.name());
        self.field("digits", digits.count());
        self.field("period", period.seconds());
    }

    pub fn new_device(&mut self, new: &NewDevice) {
        let digits = new.entry.key.digits();
        self.entry(&new.entry);
        self.field("first", new.first.reveal(digits).as_str());
        self.field("second", new.second.reveal(digits).as_str());
        self.recovery(&new.recovery.0, new.recovery.1);
    }

    pub fn recovery(&mut self, codes: &[RecoveryCode], salt: Salt) {
        self.field("salt", HexOf(&salt.0));
        self.field("recovery_codes", codes.len());
        for code in codes {
            self.field("recovery", code.reveal().as_str());
        }
    }

    pub fn verdict(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted(accepted) => self.accepted(accepted),
            Verdict::Refused(why) => self.refusal(why),
        }
    }

    pub fn client(&mut self, client: &RememberedClient) {
        let (service, address, password) = client.parts();
        self.text_field("client_service", service);
        self.field("client_address", address);
        self.field("client_password", HexOf(password));
    }

    fn accepted(&mut self, accepted: &Accepted) {
        match &accepted.by {
            Proof::Code { offset } => {
                self.field("accepted", "code");
                self.field("offset", offset);
            }
            Proof::TwoCodes { offset, drift } => {
                self.field("accepted", "pair");
                self.field("offset", offset);
                self.field("drift", drift.0);
            }
            Proof::Recovery { left } | Proof::Bypass { left } => {
                let is_bypass = matches!(accepted.by, Proof::Bypass { .. });
                self.field("accepted", if is_bypass { "bypass" } else { "recovery" });
                self.field("left", left);
            }
        }
        self.field("failures", accepted.failures);
        self.field("clock_was_ahead", accepted.clock_was_ahead);
    }

    fn refusal(&mut self, refusal: &Refusal) {
        self.field("refused", refusal.name());
        match refusal {
            Refusal::Wrong | Refusal::RecoveryUsed | Refusal::SingleCodesUsedUp => {}
            Refusal::Used { wait: time }
            | Refusal::ClockAhead { by: time }
            | Refusal::Throttled { wait: time }
            | Refusal::TooSoon { wait: time } => self.field("seconds", time.0),
            Refusal::OutsideWindow { offset } => self.field("offset", offset),
            Refusal::Malformed(why) => self.field("malformed", malformed_word(*why)),
        }
    }

    pub fn denial(&mut self, denial: &EnrollmentDenial) {
        self.field("denied", denial.name());
        match denial {
            EnrollmentDenial::PasswordUnchecked(why) => self.text_field("why", why),
            EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left }) => self.field("left", left),
            EnrollmentDenial::Password | EnrollmentDenial::Invitation(_) | EnrollmentDenial::Off => {}
        }
    }

    pub fn link_status(&mut self, status: &LinkStatus) {
        match status {
            LinkStatus::None => self.field("link", "none"),
            LinkStatus::ByAdministrator => self.field("link", "by-administrator"),
            LinkStatus::Own(link) => {
                self.field("link", "own");
                self.field("issuer", link.identity.issuer());
                self.field("tenant", link.identity.tenant());
                self.field("subject", link.identity.subject());
                self.field("linked_at", link.linked_at.0);
            }
        }
    }

    pub fn link_refusal(&mut self, why: &LinkRefusal) {
        self.field("why", why.name());
        if let Some(detail) = why.detail() {
            self.text_field("detail", detail);
        }
    }

    pub fn status(&mut self, status: &Status) {
        self.field("paired_at", status.enrolled_at.0);
        self.text_field("issuer", &status.issuer);
        self.text_field("account", &status.account);
        self.parameters(status.parameters);
        self.field("drift", status.drift.0);
        if let Some(time) = status.last_login {
            self.field("last_login", time.0);
        }
        self.field("failures", status.failures);
        if let Some(wait) = status.throttled {
            self.field("throttled", wait.0);
        }
        self.field("single_codes_used_up", status.single_codes_used_up);
        self.field("recovery_left", status.recovery_left);
        if let Some(BypassStatus { expires, uses }) = status.bypass {
            self.field("bypass_expires", expires.0);
            self.field("bypass_uses", uses);
        }
        let remembered: Vec<_> = status.remembered.iter().map(|time| time.0.to_string()).collect();
        self.field("remembered", remembered.join(","));
    }
}

/// Bytes as hexadecimal digits, written without a copy.
pub(super) struct HexOf<'a>(pub &'a [u8]);

impl std::fmt::Display for HexOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A message while it is read: its lines, taken one by one. One that is left over is a mistake.
pub(super) struct Fields<'m> {
    pub kind: &'m str,
    lines: Vec<(&'m str, &'m str)>,
}

impl<'m> Fields<'m> {
    pub fn read(message: &'m [u8]) -> Result<Self, NotUnderstood> {
        if message.len() > LONGEST {
            return Err(NotUnderstood);
        }
        let text = std::str::from_utf8(message).map_err(|_| NotUnderstood)?;
        let mut lines = text.strip_suffix('\n').ok_or(NotUnderstood)?.split('\n');
        let first = lines.next().and_then(|line| line.strip_prefix(PROTOCOL)).ok_or(NotUnderstood)?;
        let kind = first.strip_prefix(' ').ok_or(NotUnderstood)?;
        let lines = lines.map(|line| line.split_once('=').ok_or(NotUnderstood)).collect::<Result<_, _>>()?;
        Ok(Self { kind, lines })
    }

    pub fn finish<T>(self, message: T) -> Result<T, NotUnderstood> {
        if self.lines.is_empty() { Ok(message) } else { Err(NotUnderstood) }
    }

    pub fn optional(&mut self, key: &str) -> Option<&'m str> {
        let index = self.lines.iter().position(|(name, _)| *name == key)?;
        Some(self.lines.remove(index).1)
    }

    pub fn take(&mut self, key: &str) -> Result<&'m str, NotUnderstood> {
        self.optional(key).ok_or(NotUnderstood)
    }

    pub fn parse<T: std::str::FromStr>(&mut self, key: &str) -> Result<T, NotUnderstood> {
        self.take(key)?.parse().map_err(|_| NotUnderstood)
    }

    pub fn parse_optional<T: std::str::FromStr>(&mut self, key: &str) -> Result<Option<T>, NotUnderstood> {
        self.optional(key).map(|text| text.parse().map_err(|_| NotUnderstood)).transpose()
    }

    pub fn reply(&mut self) -> Result<Reply, NotUnderstood> {
        let bytes = HEXLOWER.decode(self.take("reply")?.as_bytes()).map(Zeroizing::new);
        bytes.map(|bytes| Reply::new(&bytes)).map_err(|_| NotUnderstood)
    }

    /// The client that is to be remembered, if there is one.
    pub fn client(&mut self) -> Result<Option<RememberedClient>, NotUnderstood> {
        let Some(service) = self.optional("client_service") else { return Ok(None) };
        let (address, password) = (self.take("client_address")?, self.take("client_password")?);
        let password = HEXLOWER.decode(password.as_bytes()).map_err(|_| NotUnderstood)?;
        let password = password.try_into().map_err(|_| NotUnderstood)?;
        RememberedClient::of(service, address, password).map(Some).ok_or(NotUnderstood)
    }

    pub fn credential(&mut self) -> Result<Credential, NotUnderstood> {
        let bytes = HEXLOWER.decode(self.take("credential")?.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| NotUnderstood)?;
        if bytes.len() > Credential::LONGEST { Err(NotUnderstood) } else { Ok(Credential(bytes)) }
    }

    pub fn denial(&mut self) -> Result<EnrollmentDenial, NotUnderstood> {
        Ok(match self.take("denied")? {
            "wrong-password" => EnrollmentDenial::Password,
            "password-unchecked" => EnrollmentDenial::PasswordUnchecked(self.take("why")?.to_owned()),
            "no-invitation" => EnrollmentDenial::Invitation(InvitationRefusal::None),
            "wrong-invitation" => {
                EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left: self.parse("left")? })
            }
            "expired-invitation" => EnrollmentDenial::Invitation(InvitationRefusal::Expired),
            "spent-invitation" => EnrollmentDenial::Invitation(InvitationRefusal::UsedUp),
            "self-enrollment-off" => EnrollmentDenial::Off,
            _ => return Err(NotUnderstood),
        })
    }

    pub fn parameters(&mut self) -> Result<Parameters, NotUnderstood> {
        Ok(Parameters {
            algorithm: self.parse("algorithm")?,
            digits: self.parse::<u64>("digits")?.try_into().map_err(|_| NotUnderstood)?,
            period: self.parse::<u64>("period")?.try_into().map_err(|_| NotUnderstood)?,
        })
    }

    pub fn new_device(&mut self) -> Result<NewDevice, NotUnderstood> {
        let secret = Secret::from_base32(self.take("secret")?).map_err(|_| NotUnderstood)?;
        let parameters = self.parameters()?;
        Ok(NewDevice {
            entry: AppEntry {
                key: OtpGenerator::new(secret, parameters),
                issuer: self.name("issuer")?,
                account: self.name("account")?,
            },
            first: Code::from_digits(self.take("first")?.as_bytes()).ok_or(NotUnderstood)?,
            second: Code::from_digits(self.take("second")?.as_bytes()).ok_or(NotUnderstood)?,
            recovery: self.recovery()?,
        })
    }

    /// A name that is going to stand in the secret file, and on root's terminal.
    fn name(&mut self, key: &str) -> Result<String, NotUnderstood> {
        let name = self.take(key)?;
        if name.chars().any(char::is_control) { Err(NotUnderstood) } else { Ok(name.to_owned()) }
    }

    pub fn salt(&mut self) -> Result<Salt, NotUnderstood> {
        let salt = HEXLOWER.decode(self.take("salt")?.as_bytes()).map_err(|_| NotUnderstood)?;
        Ok(Salt(salt.try_into().map_err(|_| NotUnderstood)?))
    }

    pub fn recovery_code(&mut self, key: &str) -> Result<RecoveryCode, NotUnderstood> {
        match ParsedReply::parse(self.take(key)?.as_bytes()) {
            ParsedReply::Recovery(code) => Ok(code),
            ParsedReply::Digits(_) | ParsedReply::Malformed(_) => Err(NotUnderstood),
        }
    }

    pub fn recovery(&mut self) -> Result<(Vec<RecoveryCode>, Salt), NotUnderstood> {
        let salt = self.salt()?;
        let count: usize = self.parse("recovery_codes")?;
        if count > RecoveryCodes::MOST {
            return Err(NotUnderstood);
        }
        let codes = (0..count).map(|_| self.recovery_code("recovery"));
        Ok((codes.collect::<Result<_, _>>()?, salt))
    }

    pub fn verdict(&mut self) -> Result<Verdict, NotUnderstood> {
        let Some(proof) = self.optional("accepted") else {
            return Ok(Verdict::Refused(self.refusal()?));
        };
        let by = match proof {
            "code" => Proof::Code { offset: self.parse("offset")? },
            "pair" => Proof::TwoCodes { offset: self.parse("offset")?, drift: Drift(self.parse("drift")?) },
            "recovery" => Proof::Recovery { left: self.parse("left")? },
            "bypass" => Proof::Bypass { left: self.parse("left")? },
            _ => return Err(NotUnderstood),
        };
        let (failures, clock_was_ahead) = (self.parse("failures")?, self.parse("clock_was_ahead")?);
        Ok(Verdict::Accepted(Accepted { by, failures, clock_was_ahead }))
    }

    fn refusal(&mut self) -> Result<Refusal, NotUnderstood> {
        Ok(match self.take("refused")? {
            "wrong-code" => Refusal::Wrong,
            "used-code" => Refusal::Used { wait: self.seconds()? },
            "clock-ahead" => Refusal::ClockAhead { by: self.seconds()? },
            "outside-window" => Refusal::OutsideWindow { offset: self.parse("offset")? },
            "used-recovery-code" => Refusal::RecoveryUsed,
            "throttled" => Refusal::Throttled { wait: self.seconds()? },
            "too-soon" => Refusal::TooSoon { wait: self.seconds()? },
            "single-codes-used-up" => Refusal::SingleCodesUsedUp,
            "malformed" => {
                let word = self.take("malformed")?;
                let all = [Malformed::Length, Malformed::ForeignDigits, Malformed::Characters];
                let why = all.into_iter().find(|why| malformed_word(*why) == word);
                Refusal::Malformed(why.ok_or(NotUnderstood)?)
            }
            _ => return Err(NotUnderstood),
        })
    }

    pub fn link_status(&mut self) -> Result<LinkStatus, NotUnderstood> {
        Ok(match self.take("link")? {
            "none" => LinkStatus::None,
            "by-administrator" => LinkStatus::ByAdministrator,
            "own" => {
                let (issuer, tenant) = (self.take("issuer")?, self.take("tenant")?);
                let identity = Identity::new(issuer, tenant, self.take("subject")?);
                let linked_at = UnixTime(self.parse("linked_at")?);
                let identity = identity.map_err(|_| NotUnderstood)?;
                LinkStatus::Own(Link { identity, linked_at, made_by: LinkMaker::Person })
            }
            _ => return Err(NotUnderstood),
        })
    }

    pub fn link_refusal(&mut self) -> Result<LinkRefusal, NotUnderstood> {
        let why = self.take("why")?;
        if let Some(refusal) = LinkRefusal::PLAIN.into_iter().find(|refusal| refusal.name() == why) {
            return Ok(refusal);
        }
        let detail = self.take("detail")?.to_owned();
        let refused = FlowRefusal::ALL.into_iter().find(|refusal| refusal.name() == why);
        let unavailable = Unavailability::ALL.into_iter().find(|reason| reason.name() == why);
        match (refused, unavailable) {
            (Some(refusal), _) => Ok(LinkRefusal::Refused(refusal, detail)),
            (_, Some(reason)) => Ok(LinkRefusal::Unavailable(reason, detail)),
            _ => Err(NotUnderstood),
        }
    }

    fn times(&mut self, key: &str) -> Result<Vec<UnixTime>, NotUnderstood> {
        let list = self.take(key)?;
        let words = list.split(',').filter(|_| !list.is_empty()).take(State::MOST_REMEMBERED + 1);
        let times: Vec<_> = words
            .map(|word| word.parse().map(UnixTime).map_err(|_| NotUnderstood))
            .collect::<Result<_, _>>()?;
        if times.len() > State::MOST_REMEMBERED { Err(NotUnderstood) } else { Ok(times) }
    }

    fn seconds(&mut self) -> Result<Seconds, NotUnderstood> {
        self.parse("seconds").map(Seconds)
    }

    pub fn status(&mut self) -> Result<Status, NotUnderstood> {
        Ok(Status {
            enrolled_at: UnixTime(self.parse("paired_at")?),
            issuer: self.take("issuer")?.to_owned(),
            account: self.take("account")?.to_owned(),
            parameters: self.parameters()?,
            drift: Drift(self.parse("drift")?),
            last_login: self.parse_optional("last_login")?.map(UnixTime),
            failures: self.parse("failures")?,
            throttled: self.parse_optional("throttled")?.map(Seconds),
            single_codes_used_up: self.parse("single_codes_used_up")?,
            recovery_left: self.parse("recovery_left")?,
            bypass: match self.parse_optional("bypass_expires")? {
                Some(expires) => {
                    Some(BypassStatus { expires: UnixTime(expires), uses: self.parse("bypass_uses")? })
                }
                None => None,
            },
            remembered: self.times("remembered")?,
        })
    }
}

#[cfg(test)]
mod tests;
