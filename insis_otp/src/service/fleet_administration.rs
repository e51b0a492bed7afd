//! What `otp-fleet` is asked for `otp-setup` when root acts, and for nobody else: the module, which holds the code that it uses,
//! has none of it.

use zeroize::Zeroizing;

use super::client::converse;
use super::codec::{Fields, HexOf, LONGEST, Writer};
use super::{Event, FleetClient, HelperError, NotUnderstood, Response};
use crate::oath::{RecoveryCode, Salt, UnixTime};
use crate::record::UserName;

/// What root asks about a user.
#[derive(Clone, Debug)]
pub struct FleetAdministration {
    /// Who.
    pub user: UserName,
    /// What.
    pub act: FleetAct,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum FleetAct {
    /// To make an invitation instead of a former one.
    Invite {
        /// Its code.
        code: RecoveryCode,
        /// What its hash is salted with.
        salt: Salt,
        /// When it is over.
        expires: UnixTime,
    },
    /// To take an invitation back whose code nobody has seen.
    Withdraw,
    /// To let the enrollment follow its user to this name.
    Move(UserName),
}

impl FleetAct {
    /// Its name in the log; `None` of what is no act of its own.
    #[must_use]
    pub const fn action(&self) -> Option<&'static str> {
        match self {
            Self::Invite { .. } => Some("invite"),
            Self::Withdraw => None,
            Self::Move(_) => Some("move"),
        }
    }
}

impl FleetAdministration {
    /// The request as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = match &self.act {
            FleetAct::Invite { code, salt, expires } => {
                let mut message = Writer::new("invite");
                message.field("code", code.reveal().as_str());
                message.field("salt", HexOf(&salt.0));
                message.field("expires", expires.0);
                message
            }
            FleetAct::Withdraw => Writer::new("withdraw"),
            FleetAct::Move(new) => {
                let mut message = Writer::new("move");
                message.field("new", new);
                message
            }
        };
        message.field("user", &self.user);
        message.text
    }

    /// Reads a request; `None` where it is one of another kind.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Option<Self>, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        let name = |text: &str| UserName::parse(text).map_err(|_| NotUnderstood);
        let act = match fields.kind {
            "invite" => FleetAct::Invite {
                code: fields.recovery_code("code")?,
                salt: fields.salt()?,
                expires: UnixTime(fields.parse("expires")?),
            },
            "withdraw" => FleetAct::Withdraw,
            "move" => FleetAct::Move(name(fields.take("new")?)?),
            _ => return Ok(None),
        };
        let user = name(fields.take("user")?)?;
        fields.finish(Some(Self { user, act }))
    }
}

impl FleetClient {
    /// Has something done that root alone may do. `report` takes what the log has of it.
    ///
    /// # Errors
    /// The program cannot be started, or does not respond in time. Then it may have been done.
    pub fn administer(&self, act: FleetAct, report: &dyn Fn(&Event)) -> Result<Response, HelperError> {
        let (action, is_move) = (act.action(), matches!(act, FleetAct::Move(_)));
        let request = FleetAdministration { user: self.user().clone(), act };
        let text = converse(self.program(), &request.encode(), LONGEST, self.deadline())?;
        let response =
            Response::decode(&text).map_err(|error| HelperError::nonsense(self.program(), error))?;
        if let Some(action) = action {
            let event = Event::of_root_elsewhere(action, &response);
            let line = event.line.clone();
            let line = if is_move { line.field("old", self.user()) } else { line };
            report(&Event { line, ..event });
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::ParsedReply;

    #[test]
    fn what_root_asks_arrives_and_nobody_else_can_ask_it() {
        let ParsedReply::Recovery(code) = ParsedReply::parse(b"abcde-fghjk") else { panic!() };
        let invite = FleetAct::Invite { code, salt: Salt([7; 16]), expires: UnixTime(9) };
        for act in [invite, FleetAct::Withdraw, FleetAct::Move(UserName::parse("bob").unwrap())] {
            let request = FleetAdministration { user: UserName::parse("anna").unwrap(), act };
            let text = request.encode();
            let read = FleetAdministration::decode(text.as_bytes()).unwrap().unwrap();
            assert_eq!(*read.encode(), *text);
            assert!(!format!("{read:?}").to_lowercase().contains("abcde"), "a code is shown");
            assert!(super::super::Request::decode(text.as_bytes()).is_err());
            for line in text.lines().skip(1) {
                let without = text.replace(&format!("{line}\n"), "");
                assert!(FleetAdministration::decode(without.as_bytes()).is_err(), "without {line}");
            }
        }
        assert!(matches!(FleetAdministration::decode(b"insis-otp 2 unlock\nuser=anna\n"), Ok(None)));
    }
}
