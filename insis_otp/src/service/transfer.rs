//! What `otp-fleet` is asked when a record is moved between the directory and secret files: whole records, with their secrets,
//! for root only.

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::client::converse;
use super::codec::{Fields, HexOf, LONGEST, Writer};
use super::{Change, FleetClient, HelperError, NotUnderstood};
use crate::oath::{OtpGenerator, RecoveryCodes, RecoveryHash, Salt, Secret, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::store::{Record, state_from_bytes, state_to_bytes};

/// A record, as it is sent.
#[derive(Clone, Debug)]
pub struct FleetRecord(pub Record);

impl PartialEq for FleetRecord {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_equal(&other.0)
    }
}

/// What is asked about a user.
#[derive(Clone, Debug)]
pub struct TransferRequest {
    /// Who.
    pub user: UserName,
    /// What.
    pub transfer: Transfer,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Transfer {
    /// For the record.
    Load,
    /// To do a step of a move.
    Change(Box<Change>),
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Transferred {
    /// The record.
    Record(Option<Box<FleetRecord>>),
    /// Whether it was done.
    Changed(bool),
    /// Nothing, for this reason.
    Failed(String),
}

impl TransferRequest {
    /// The request as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = match &self.transfer {
            Transfer::Load => Writer::new("load"),
            Transfer::Change(change) => match &**change {
                Change::Place(record) => with_record("place", record),
                Change::Close(record) => with_record("close", record),
                Change::Open(record) => with_record("open", record),
                Change::Clear => Writer::new("clear"),
            },
        };
        message.field("user", &self.user);
        message.text
    }

    /// Reads a request; `None` where it is one of another kind.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Option<Self>, NotUnderstood> {
        let record = |fields: &mut Fields<'_>| read(fields)?.ok_or(NotUnderstood);
        let change = |change| Transfer::Change(Box::new(change));
        let mut fields = Fields::read(text)?;
        let transfer = match fields.kind {
            "load" => Transfer::Load,
            "place" => change(Change::Place(record(&mut fields)?)),
            "close" => change(Change::Close(record(&mut fields)?)),
            "open" => change(Change::Open(record(&mut fields)?)),
            "clear" => change(Change::Clear),
            _ => return Ok(None),
        };
        let user = UserName::parse(fields.take("user")?).map_err(|_| NotUnderstood)?;
        fields.finish(Some(Self { user, transfer }))
    }
}

impl Transferred {
    /// The response as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = Writer::new(match self {
            Self::Record(_) => "record",
            Self::Changed(_) => "changed",
            Self::Failed(_) => "failed",
        });
        match self {
            Self::Record(None) => {}
            Self::Record(Some(record)) => write(&mut message, &record.0),
            Self::Changed(changed) => message.field("changed", changed),
            Self::Failed(why) => message.text_field("why", why),
        }
        message.text
    }

    /// Reads a response.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        let response = match fields.kind {
            "record" => Self::Record(read(&mut fields)?.map(|record| Box::new(FleetRecord(record)))),
            "changed" => Self::Changed(fields.parse("changed")?),
            "failed" => Self::Failed(fields.take("why")?.to_owned()),
            _ => return Err(NotUnderstood),
        };
        fields.finish(response)
    }
}

impl FleetClient {
    /// Asks for a record, or has one exchanged.
    ///
    /// # Errors
    /// The program cannot be started, or does not respond in time. Then it may have been done.
    pub fn transfer(&self, transfer: Transfer) -> Result<Transferred, HelperError> {
        let request = TransferRequest { user: self.user.clone(), transfer };
        let text = converse(&self.program, &request.encode(), LONGEST, self.deadline)?;
        Transferred::decode(&text).map_err(|error| HelperError::nonsense(&self.program, error))
    }
}

fn with_record(kind: &str, record: &Record) -> Writer {
    let mut message = Writer::new(kind);
    write(&mut message, record);
    message
}

pub(super) fn write(message: &mut Writer, record: &Record) {
    let Record { enrollment, state } = record;
    let Enrollment { user, entry, enrolled_at, recovery } = enrollment;
    message.field("name", user);
    message.entry(entry);
    message.field("enrolled_at", enrolled_at.0);
    message.field("salt", HexOf(&recovery.salt().0));
    for (name, hashes) in [("recovery", recovery.hashes()), ("scratch", recovery.scratch())] {
        let hashes: Vec<_> = hashes.iter().map(|hash| HEXLOWER.encode(&hash.0)).collect();
        message.field(name, hashes.join(","));
    }
    message.field("state", HexOf(&state_to_bytes(state)));
}

/// The record, if there is one.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Option<Record>, NotUnderstood> {
    let Some(user) = fields.optional("name") else { return Ok(None) };
    let user = UserName::parse(user).map_err(|_| NotUnderstood)?;
    let secret = Secret::existing_from_base32(fields.take("secret")?).map_err(|_| NotUnderstood)?;
    let parameters = fields.parameters()?;
    let mut name = |key: &str| {
        let text = fields.take(key)?;
        if text.chars().any(char::is_control) { Err(NotUnderstood) } else { Ok(text.to_owned()) }
    };
    let (issuer, account) = (name("issuer")?, name("account")?);
    let enrolled_at = UnixTime(fields.parse("enrolled_at")?);
    let salt = Salt(half(fields.take("salt")?)?);
    let recovery = hashes(fields.take("recovery")?)?;
    let recovery = RecoveryCodes::from_hashes(salt, recovery, hashes(fields.take("scratch")?)?);
    let state = HEXLOWER.decode(fields.take("state")?.as_bytes()).map_err(|_| NotUnderstood)?;
    let enrollment = Enrollment {
        user,
        entry: AppEntry { key: OtpGenerator::new(secret, parameters), issuer, account },
        enrolled_at,
        recovery: recovery.ok_or(NotUnderstood)?,
    };
    Ok(Some(Record { enrollment, state: state_from_bytes(&state).ok_or(NotUnderstood)? }))
}

fn half(hex: &str) -> Result<[u8; 16], NotUnderstood> {
    let bytes = HEXLOWER.decode(hex.as_bytes()).map_err(|_| NotUnderstood)?;
    bytes.try_into().map_err(|_| NotUnderstood)
}

fn hashes(list: &str) -> Result<Vec<RecoveryHash>, NotUnderstood> {
    let words = list.split(',').filter(|_| !list.is_empty()).take(RecoveryCodes::MOST + 1);
    words.map(|word| half(word).map(RecoveryHash)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oath::{Algorithm, Digits, Parameters, Step};
    use crate::verify::{State, UsedSteps};

    fn record() -> Record {
        let hashes = (vec![RecoveryHash([1; 16]); 10], vec![RecoveryHash([2; 16]); 5]);
        let secret = Secret::from_bytes(&[7; 20]).unwrap();
        let enrollment = Enrollment {
            user: UserName::parse("anna=ž").unwrap(),
            entry: AppEntry {
                key: OtpGenerator::new(
                    secret,
                    Parameters {
                        algorithm: Algorithm::Sha512,
                        digits: Digits::Eight,
                        ..Parameters::default()
                    },
                ),
                issuer: "Example = ž".into(),
                account: "anna@example.org".into(),
            },
            enrolled_at: UnixTime(5),
            recovery: RecoveryCodes::from_hashes(Salt([3; 16]), hashes.0, hashes.1).unwrap(),
        };
        let used = UsedSteps { upto: Step(50), unused_range: Some((Step(1), Step(9))), used_ahead: None };
        Record { enrollment, state: State { used, failures: 3, used_recovery: 5, ..State::default() } }
    }

    #[test]
    fn records_arrive_whole() {
        let user = UserName::parse("anna").unwrap();
        let changes = [
            Change::Place(record()),
            Change::Close(record().closed()),
            Change::Open(record()),
            Change::Clear,
        ];
        for transfer in
            changes.map(|change| Transfer::Change(Box::new(change))).into_iter().chain([Transfer::Load])
        {
            let text = TransferRequest { user: user.clone(), transfer }.encode();
            assert!(text.len() < LONGEST, "{}", text.len());
            let read = TransferRequest::decode(text.as_bytes()).unwrap().unwrap();
            assert_eq!(*read.encode(), *text);
            assert!(!format!("{read:?}").contains("A4DQOBYHA4DQOBYH"), "a secret is shown");
        }
        for response in [
            Transferred::Record(None),
            Transferred::Record(Some(Box::new(FleetRecord(record())))),
            Transferred::Changed(false),
            Transferred::Failed("why".into()),
        ] {
            assert_eq!(Transferred::decode(response.encode().as_bytes()), Ok(response));
        }
        assert_ne!(FleetRecord(record()), FleetRecord(record().closed()));
    }

    #[test]
    fn what_is_no_record_is_refused_and_what_is_no_transfer_is_somebody_elses() {
        let text = Transferred::Record(Some(Box::new(FleetRecord(record())))).encode();
        for line in text.lines().skip(2) {
            let without = text.replace(&format!("{line}\n"), "");
            assert!(Transferred::decode(without.as_bytes()).is_err(), "without {line}");
            let twice = text.replace(line, &format!("{line}\n{line}"));
            assert!(Transferred::decode(twice.as_bytes()).is_err(), "twice {line}");
        }
        assert!(matches!(TransferRequest::decode(b"insis-otp 2 unlock\nuser=anna\n"), Ok(None)));
        assert!(TransferRequest::decode(b"insis-otp 2 load\n").is_err());
        // Nothing that otp-helper's callers could ask.
        assert!(super::super::Request::decode(b"insis-otp 2 load\nuser=anna\n").is_err());
    }
}
