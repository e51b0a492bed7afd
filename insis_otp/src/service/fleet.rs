//! What is asked of `otp-fleet`, by root only: as of `otp-helper`, but for any user, and with what goes with a login.

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::client::converse;
use super::codec::{Fields, LONGEST, Writer};
use super::{HelperError, LoginAttempt, News, NotUnderstood, Reply, Request, Response, Status, Traces};
use crate::config::{Config, Fleet};
use crate::oath::{RecoveryCode, Seconds, UnixTime};
use crate::record::UserName;
use crate::verify::{BypassNews, Policy, ThrottlePolicy, Verdict, Window};
use crate::{RememberedClient, Source};

/// What is asked about a user.
#[derive(Clone, Debug)]
pub struct FleetRequest {
    /// Who.
    pub user: UserName,
    /// What.
    pub operation: FleetOperation,
    /// Where it comes from, where it is part of a login. What root or a person asks otherwise has none.
    pub source: Option<Source>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum FleetOperation {
    /// What root may ask about anybody.
    Manage(Request),
    /// To decide an attempt to log in.
    Login(FleetLogin),
    /// Whether a client showed a code less than so long ago.
    Remembers(RememberedClient, Seconds),
    /// To do for a name that nobody has on this host what is done for one that has no record.
    Refuse,
    /// Whether the code of an invitation is right. A wrong one is charged.
    CheckInvitation(RecoveryCode),
    /// To end a delay, and to repair a damaged state.
    Unlock,
    /// To list everybody who has enrolled. The name says nothing.
    List,
}

/// An attempt to log in, with all that decides it.
#[derive(Clone, Debug)]
pub struct FleetLogin {
    /// What was typed.
    pub reply: Reply,
    /// Where it comes from.
    pub source: Source,
    /// The client that is remembered if the code is accepted.
    pub remember: Option<RememberedClient>,
    /// Guesses of this login that an accepted code gives back.
    pub refund: u32,
    /// Whether the owner is going to be told of failures.
    pub tells_failures: bool,
    /// The site's rules for this service.
    pub policy: Policy,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetResponse {
    /// As of `otp-helper`; also why something else was not done.
    Managed(Response),
    /// The outcome of an attempt, and what the owner is to be told. Up to when the owner has been told does not come along: there
    /// is nothing else here that may be new.
    Login(Verdict, News),
    /// Whether the client is remembered.
    Remembers(bool),
}

/// Somebody in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetListed {
    /// The name.
    pub name: String,
    /// What there is to tell, or why nothing can be told; `None` of somebody who has an invitation only.
    pub status: Result<Option<Status>, String>,
    /// What has happened to it; `None` where there is no device, or it is on its way to another store.
    pub traces: Option<Traces>,
    /// Whether there is an invitation that holds.
    pub invited: bool,
}

impl FleetLogin {
    /// An attempt, as the module has it.
    #[must_use]
    pub fn of(reply: &Reply, attempt: &LoginAttempt<'_>, policy: &Policy) -> Self {
        Self {
            reply: reply.clone(),
            source: attempt.source,
            remember: attempt.remember.cloned(),
            refund: attempt.refund,
            tells_failures: attempt.tells_failures,
            policy: *policy,
        }
    }

    fn write(&self, message: &mut Writer) {
        message.reply(&self.reply);
        write_source(message, self.source);
        if let Some(client) = &self.remember {
            message.client(client);
        }
        message.field("refund", self.refund);
        message.field("tells_failures", self.tells_failures);
        let Policy { window, throttle } = self.policy;
        message.field("window", window.steps());
        message.field("free", throttle.free);
        message.field("first", throttle.first.0);
        message.field("longest", throttle.longest.0);
        message.field("daily", throttle.daily);
        message.field("consecutive", throttle.consecutive);
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, NotUnderstood> {
        Ok(Self {
            reply: fields.reply()?,
            source: read_source(fields)?.ok_or(NotUnderstood)?,
            remember: fields.client()?,
            refund: fields.parse("refund")?,
            tells_failures: fields.parse("tells_failures")?,
            policy: Policy {
                window: Window::try_from(fields.parse::<u64>("window")?).map_err(|_| NotUnderstood)?,
                throttle: ThrottlePolicy {
                    free: fields.parse("free")?,
                    first: Seconds(fields.parse("first")?),
                    longest: Seconds(fields.parse("longest")?),
                    daily: fields.parse("daily")?,
                    consecutive: fields.parse("consecutive")?,
                },
            },
        })
    }
}

fn write_source(message: &mut Writer, source: Source) {
    match source {
        Source::Address(address) => message.field("source_address", address),
        Source::User(uid) => message.field("source_user", uid),
    }
}

fn read_source(fields: &mut Fields<'_>) -> Result<Option<Source>, NotUnderstood> {
    Ok(match fields.parse_optional("source_address")? {
        Some(address) => Some(Source::Address(address)),
        None => fields.parse_optional("source_user")?.map(Source::User),
    })
}

impl FleetRequest {
    /// Where it comes from, where it is part of a login.
    #[must_use]
    pub const fn source(&self) -> Option<Source> {
        match &self.operation {
            FleetOperation::Login(login) => Some(login.source),
            _ => self.source,
        }
    }

    /// The request as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = match &self.operation {
            FleetOperation::Manage(request) => request.write(),
            FleetOperation::Login(login) => {
                let mut message = Writer::new("login");
                login.write(&mut message);
                message
            }
            FleetOperation::Remembers(client, length) => {
                let mut message = Writer::new("remembers");
                message.client(client);
                message.field("length", length.0);
                message
            }
            FleetOperation::Refuse => Writer::new("refuse"),
            FleetOperation::CheckInvitation(code) => {
                let mut message = Writer::new("check-invitation");
                message.field("code", code.reveal().as_str());
                message
            }
            FleetOperation::Unlock => Writer::new("unlock"),
            FleetOperation::List => Writer::new("list"),
        };
        message.field("user", &self.user);
        if let (Some(source), false) = (self.source, matches!(self.operation, FleetOperation::Login(_))) {
            write_source(&mut message, source);
        }
        message.text
    }

    /// Reads a request.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        let user = UserName::parse(fields.take("user")?).map_err(|_| NotUnderstood)?;
        if fields.kind == "login" {
            let login = FleetLogin::read(&mut fields)?;
            let source = Some(login.source);
            return fields.finish(Self { user, operation: FleetOperation::Login(login), source });
        }
        let source = read_source(&mut fields)?;
        let operation = match fields.kind {
            "remembers" => FleetOperation::Remembers(
                fields.client()?.ok_or(NotUnderstood)?,
                Seconds(fields.parse("length")?),
            ),
            "refuse" => FleetOperation::Refuse,
            "check-invitation" => FleetOperation::CheckInvitation(fields.recovery_code("code")?),
            "unlock" => FleetOperation::Unlock,
            "list" => FleetOperation::List,
            _ => {
                let operation = FleetOperation::Manage(Request::read(fields)?);
                return Ok(Self { user, operation, source });
            }
        };
        fields.finish(Self { user, operation, source })
    }
}

impl FleetResponse {
    /// The response as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        match self {
            Self::Managed(response) => response.encode(),
            Self::Login(verdict, News { new_device, bypass, .. }) => {
                let mut message = Writer::new("login");
                message.verdict(verdict);
                if let Some(time) = new_device {
                    message.field("new_device", time.0);
                }
                if let Some(BypassNews { at, logins }) = bypass {
                    message.field("bypass_news", at.0);
                    message.field("bypass_logins", logins);
                }
                message.text
            }
            Self::Remembers(remembers) => {
                let mut message = Writer::new("remembers");
                message.field("remembers", remembers);
                message.text
            }
        }
    }

    /// Reads a response.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        let response = match fields.kind {
            "login" => {
                let new_device = fields.parse_optional("new_device")?.map(UnixTime);
                let bypass = match fields.parse_optional("bypass_news")?.map(UnixTime) {
                    Some(at) => Some(BypassNews { at, logins: fields.parse("bypass_logins")? }),
                    None => None,
                };
                Self::Login(fields.verdict()?, News { new_device, bypass, last_told: None })
            }
            "remembers" => Self::Remembers(fields.parse("remembers")?),
            _ => return Response::decode(text).map(Self::Managed),
        };
        fields.finish(response)
    }
}

impl FleetListed {
    /// One of many as text, which an empty line ends.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = Writer::new("listed");
        message.text_field("user", &self.name);
        message.field("invited", self.invited);
        match &self.status {
            Ok(Some(status)) => message.status(status),
            Ok(None) => message.field("enrolled", false),
            Err(why) => message.text_field("why", why),
        }
        if let Some(traces) = &self.traces {
            traces.write(&mut message);
        }
        message.text.push('\n');
        message.text
    }

    fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        if fields.kind != "listed" {
            return Err(NotUnderstood);
        }
        let name = fields.take("user")?.to_owned();
        let invited = fields.parse("invited")?;
        let traces = Traces::read(&mut fields)?;
        let status = match (fields.optional("why"), fields.optional("enrolled")) {
            (Some(why), None) => Err(why.to_owned()),
            (None, Some("false")) => Ok(None),
            (None, None) => Ok(Some(fields.status()?)),
            _ => return Err(NotUnderstood),
        };
        fields.finish(Self { name, status, traces, invited })
    }
}

/// `otp-fleet`, as the module and `otp-setup` run it.
#[derive(Clone, Debug)]
pub struct FleetClient {
    pub(super) program: PathBuf,
    pub(super) user: UserName,
    pub(super) deadline: Duration,
    /// Where a login comes from whose requests these are; `None` of what is none.
    pub source: Option<Source>,
}

impl FleetClient {
    /// How much longer the program is waited for than it waits for the directory.
    pub const GRACE: Duration = Duration::from_secs(1);
    /// How long a list may take, and how long it may be.
    const LIST: (Duration, usize) = (Duration::from_secs(120), 512 * 1024 * 1024);

    /// The way to a user's enrollment in the directory of this site.
    #[must_use]
    pub fn new(config: &Config, fleet: &Fleet, user: &UserName) -> Self {
        Self {
            program: config.helper.with_file_name("otp-fleet"),
            user: user.clone(),
            deadline: Duration::from_secs(fleet.deadline.0) + Self::GRACE,
            source: None,
        }
    }

    /// Whose enrollment is asked for.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }

    /// Its program.
    #[must_use]
    pub fn program(&self) -> &PathBuf {
        &self.program
    }

    /// How long an answer is waited for.
    pub(super) const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Asks something.
    ///
    /// # Errors
    /// The program cannot be started, or does not respond in time.
    pub fn ask(&self, operation: FleetOperation) -> Result<FleetResponse, HelperError> {
        let request = FleetRequest { user: self.user.clone(), operation, source: self.source };
        let text = converse(&self.program, &request.encode(), LONGEST, self.deadline)?;
        FleetResponse::decode(&text).map_err(|error| HelperError::nonsense(&self.program, error))
    }

    /// Asks what `otp-helper` is asked elsewhere.
    ///
    /// # Errors
    /// As for [`Self::ask`].
    pub fn manage(&self, request: &Request) -> Result<Response, HelperError> {
        match self.ask(FleetOperation::Manage(request.clone()))? {
            FleetResponse::Managed(response) => Ok(response),
            _ => Err(HelperError::nonsense(&self.program, NotUnderstood)),
        }
    }

    /// Everybody who has enrolled.
    ///
    /// # Errors
    /// As for [`Self::ask`]; or, in words, why there is no list.
    pub fn list(&self) -> Result<Result<Vec<FleetListed>, String>, HelperError> {
        let operation = FleetOperation::List;
        let request = FleetRequest { user: self.user.clone(), operation, source: None };
        let (deadline, longest) = Self::LIST;
        let text = converse(&self.program, &request.encode(), longest, deadline)?;
        let nonsense = |error| HelperError::nonsense(&self.program, error);
        // Whatever came before it, the last message says whether that was all.
        let text = std::str::from_utf8(&text).map_err(|_| nonsense(NotUnderstood))?;
        let (list, last) = text.rsplit_once("\n\n").map_or(("", text), |(list, last)| (list, last));
        match FleetResponse::decode(last.as_bytes()).map_err(nonsense)? {
            FleetResponse::Managed(Response::Done(_)) => {}
            FleetResponse::Managed(Response::Failed(why)) => return Ok(Err(why)),
            _ => return Err(nonsense(NotUnderstood)),
        }
        let messages = list.split("\n\n").filter(|message| !message.is_empty());
        let listed = messages.map(|message| FleetListed::decode(format!("{message}\n").as_bytes()));
        listed.collect::<Result<_, _>>().map(Ok).map_err(nonsense)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{ParsedReply, Refusal};

    fn again(operation: FleetOperation) -> String {
        let user = UserName::parse("anna=b ž").unwrap();
        let request = FleetRequest { user, operation, source: Some(Source::User(7)) };
        let text = request.encode();
        let read = FleetRequest::decode(text.as_bytes()).unwrap();
        assert_eq!((*read.encode()).clone(), (*text).clone());
        assert_eq!(read.source(), request.source());
        assert!(read.source().is_some());
        assert!(!format!("{read:?}").contains("123456"), "a code is shown");
        text.to_string()
    }

    #[test]
    fn what_is_asked_arrives() {
        let client = RememberedClient::of("sshd", "2001:db8::1", [7; 32]).unwrap();
        let throttle = ThrottlePolicy { free: 2, daily: 11, ..ThrottlePolicy::default() };
        let policy = Policy { window: Window::try_from(3).unwrap(), throttle };
        for (source, remember) in [
            (Source::Address("192.0.2.7".parse().unwrap()), Some(client.clone())),
            (Source::User(1000), None),
        ] {
            let reply = Reply::new(b"123456");
            let login = FleetLogin { reply, source, remember, refund: 2, tells_failures: true, policy };
            let text = again(FleetOperation::Login(login));
            assert!(text.contains("\nwindow=3\nfree=2\n"), "{text}");
        }
        let _ = again(FleetOperation::Remembers(client, Seconds(60)));
        let _ = again(FleetOperation::Manage(Request::Status));
        let _ = again(FleetOperation::Manage(Request::Verify(Reply::new(b"123456"))));
        let ParsedReply::Recovery(code) = ParsedReply::parse(b"abcde-fghjk") else { panic!() };
        let _ = again(FleetOperation::CheckInvitation(code));
        for operation in [FleetOperation::Refuse, FleetOperation::Unlock, FleetOperation::List] {
            let _ = again(operation);
        }
        for wrong in
            ["insis-otp 2 unlock\n", "insis-otp 2 unlock\nuser=\n", "insis-otp 2 refuse\nuser=a\nmore=1\n"]
        {
            assert!(FleetRequest::decode(wrong.as_bytes()).is_err(), "{wrong}");
        }
        // Nothing that otp-helper's callers could ask.
        assert!(Request::decode(b"insis-otp 2 status\nuser=anna\n").is_err());
        assert!(Request::decode(b"insis-otp 2 unlock\n").is_err());
    }

    #[test]
    fn what_is_answered_arrives() {
        for response in [
            FleetResponse::Managed(Response::NotEnrolled),
            FleetResponse::Login(Verdict::Refused(Refusal::Wrong), News::default()),
            FleetResponse::Login(
                Verdict::Refused(Refusal::Wrong),
                News {
                    new_device: Some(UnixTime(5)),
                    bypass: Some(BypassNews { at: UnixTime(6), logins: 1 }),
                    last_told: None,
                },
            ),
            FleetResponse::Remembers(true),
        ] {
            assert_eq!(FleetResponse::decode(response.encode().as_bytes()), Ok(response));
        }
        let bypass_news = Some(BypassNews { at: UnixTime(6), logins: 1 });
        let all = Traces { recovery_set: 7, last_told: Some(UnixTime(5)), bypass_news, ..Traces::default() };
        for (status, traces, invited) in [
            (Err("damaged".into()), None, false),
            (Ok(None), None, true),
            (Err("half".into()), Some(Traces::default()), false),
            (Err("half".into()), Some(all), false),
        ] {
            let listed = FleetListed { name: "anna".into(), status, traces, invited };
            let text = listed.encode();
            assert_eq!(FleetListed::decode(text.strip_suffix('\n').unwrap().as_bytes()), Ok(listed));
        }
    }
}
