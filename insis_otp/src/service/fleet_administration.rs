//! What `otp-fleet` is asked for `otp-setup` when root acts, and for nobody else: the module, which holds the code that it uses,
//! has none of it.

use zeroize::Zeroizing;

use super::client::converse;
use super::codec::{Fields, HexOf, LONGEST, Writer};
use super::{Event, Existing, FleetClient, HelperError, NotUnderstood, Response, transfer};
use crate::oath::{RecoveryCode, Salt, UnixTime};
use crate::record::UserName;
use crate::store::{Cause, Location, Record, StoreError};

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
    /// To make a bypass code instead of a former one.
    Bypass {
        /// The code.
        code: RecoveryCode,
        /// When it is over.
        expires: UnixTime,
        /// How many logins it opens.
        uses: u8,
    },
    /// To take the bypass code back.
    RevokeBypass,
    /// To let the enrollment follow its user to this name.
    Move(UserName),
    /// Whether an import could be written.
    CanImport(Existing),
    /// To write an enrollment that was made elsewhere.
    Import(Box<Record>, Existing),
}

impl FleetAct {
    /// Its name in the log; `None` of what is no act of its own.
    #[must_use]
    pub const fn action(&self) -> Option<&'static str> {
        match self {
            Self::Invite { .. } => Some("invite"),
            Self::Withdraw | Self::CanImport(_) => None,
            Self::Bypass { .. } => Some("bypass"),
            Self::RevokeBypass => Some("revoke-bypass"),
            Self::Move(_) => Some("move"),
            Self::Import(..) => Some("import"),
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
            FleetAct::Bypass { code, expires, uses } => {
                let mut message = Writer::new("bypass");
                message.field("code", code.reveal().as_str());
                message.field("expires", expires.0);
                message.field("uses", uses);
                message
            }
            FleetAct::RevokeBypass => Writer::new("revoke-bypass"),
            FleetAct::Move(new) => {
                let mut message = Writer::new("move");
                message.field("new", new);
                message
            }
            FleetAct::CanImport(existing) => {
                let mut message = Writer::new("can-import");
                message.field("replace", *existing == Existing::Replace);
                message
            }
            FleetAct::Import(record, existing) => {
                let mut message = Writer::new("import");
                transfer::write(&mut message, record);
                message.field("replace", *existing == Existing::Replace);
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
            "bypass" => FleetAct::Bypass {
                code: fields.recovery_code("code")?,
                expires: UnixTime(fields.parse("expires")?),
                uses: fields.parse("uses")?,
            },
            "revoke-bypass" => FleetAct::RevokeBypass,
            "move" => FleetAct::Move(name(fields.take("new")?)?),
            "can-import" => FleetAct::CanImport(existing(&mut fields)?),
            "import" => {
                let record = transfer::read(&mut fields)?.ok_or(NotUnderstood)?;
                FleetAct::Import(Box::new(record), existing(&mut fields)?)
            }
            _ => return Ok(None),
        };
        let user = name(fields.take("user")?)?;
        fields.finish(Some(Self { user, act }))
    }
}

fn existing(fields: &mut Fields<'_>) -> Result<Existing, NotUnderstood> {
    Ok(if fields.parse("replace")? { Existing::Replace } else { Existing::Keep })
}

impl FleetClient {
    /// Has something done that root alone may do. `report` takes what the log has of it.
    ///
    /// # Errors
    /// The program cannot be started, or does not respond in time. Then it may have been done.
    pub fn administer(&self, act: FleetAct, report: &dyn Fn(&Event)) -> Result<Response, HelperError> {
        let (action, is_move) = (act.action(), matches!(act, FleetAct::Move(_)));
        let bypass = match &act {
            FleetAct::Bypass { expires, uses, .. } => Some((*uses, expires.0)),
            _ => None,
        };
        let request = FleetAdministration { user: self.user().clone(), act };
        let text = converse(self.program(), &request.encode(), LONGEST, self.deadline())?;
        let response =
            Response::decode(&text).map_err(|error| HelperError::nonsense(self.program(), error))?;
        if let Some(action) = action {
            let event = Event::of_root_elsewhere(action, &response);
            let line = event.line.clone();
            let line = if is_move { line.field("old", self.user()) } else { line };
            let event = Event { line, ..event };
            report(&match bypass {
                Some((uses, expires)) => event.with("uses", uses).with("expires", expires),
                None => event,
            });
        }
        Ok(response)
    }

    /// The same, where nothing but its success matters.
    ///
    /// # Errors
    /// Why it was not done.
    pub fn done(&self, act: FleetAct, report: &dyn Fn(&Event)) -> Result<(), StoreError> {
        let cause = match self.administer(act, report) {
            Ok(Response::Done(_)) => return Ok(()),
            Ok(Response::NotEnrolled) => Cause::NotEnrolled,
            Ok(Response::Exists) => Cause::Exists,
            Ok(Response::Failed(why)) => Cause::Unsafe(why),
            Ok(_) => Cause::Damaged("otp-fleet answers something else"),
            Err(error) => Cause::Unsafe(error.to_string()),
        };
        Err(StoreError { location: Location::Dn(self.user().to_string()), cause })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::ParsedReply;

    #[test]
    fn what_root_asks_arrives_and_nobody_else_can_ask_it() {
        let ParsedReply::Recovery(code) = ParsedReply::parse(b"abcde-fghjk") else { panic!() };
        let bypass = FleetAct::Bypass { code: code.clone(), expires: UnixTime(9), uses: 2 };
        let invite = FleetAct::Invite { code, salt: Salt([7; 16]), expires: UnixTime(9) };
        for act in [
            invite,
            bypass,
            FleetAct::RevokeBypass,
            FleetAct::Withdraw,
            FleetAct::Move(UserName::parse("bob").unwrap()),
        ] {
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
