//! What `otp-fleet` finds out about the directory, for the doctor.

use std::time::Duration;

use zeroize::Zeroizing;

use super::client::converse;
use super::codec::{Fields, Writer};
use super::{FleetClient, HelperError, NotUnderstood};

/// The first words of the request, and of each fact in the response.
const EXAMINE: &str = "examine";
const FACT: &str = "fact";
const EXAMINED: &str = "examined";

/// The longest response, in bytes.
const LONGEST: usize = 256 * 1024;

/// What was found out, about which server of the list, and what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetFact {
    /// What.
    pub kind: FleetFactKind,
    /// The server, as in the settings.
    pub server: String,
    /// A number, a name, or why.
    pub detail: String,
}

/// What there is to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FleetFactKind {
    /// It does not answer, or does not know this host; why.
    Unreachable,
    /// It answers. What it is, if it says so.
    Reached,
    /// When its certificate ends, in seconds since 1970.
    CertificateEnds,
    /// By how many seconds its clock is ahead of this host's.
    Clock,
    /// It takes writes.
    Writes,
    /// It does not; why.
    RefusesWrites,
    /// How many servers have ever taken writes, by contextCSN.
    Writers,
    /// The entry for everybody without a record is missing.
    NoPlaceholder,
    /// This attribute is not in the schema.
    NoAttribute,
    /// This attribute may have several values.
    SeveralValues,
    /// The schema cannot be read; why.
    NoSchema,
    /// Whoever does not say who they are can read this attribute.
    AnonymousReads,
    /// This host can read this attribute, which it does not need.
    HostReads,
    /// How many people's second factors this host can read; 1000 is as far as it counts.
    Readable,
    /// The name of one of them. Not all are named.
    ReadableName,
    /// People bind through slapo-otp, whose version is this, if it says so.
    SharesWithOverlay,
}

impl FleetFactKind {
    const ALL: [Self; 16] = [
        Self::Unreachable,
        Self::Reached,
        Self::CertificateEnds,
        Self::Clock,
        Self::Writes,
        Self::RefusesWrites,
        Self::Writers,
        Self::NoPlaceholder,
        Self::NoAttribute,
        Self::SeveralValues,
        Self::NoSchema,
        Self::AnonymousReads,
        Self::HostReads,
        Self::Readable,
        Self::ReadableName,
        Self::SharesWithOverlay,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Reached => "reached",
            Self::CertificateEnds => "certificate-ends",
            Self::Clock => "clock",
            Self::Writes => "writes",
            Self::RefusesWrites => "refuses-writes",
            Self::Writers => "writers",
            Self::NoPlaceholder => "no-placeholder",
            Self::NoAttribute => "no-attribute",
            Self::SeveralValues => "several-values",
            Self::NoSchema => "no-schema",
            Self::AnonymousReads => "anonymous-reads",
            Self::HostReads => "host-reads",
            Self::Readable => "readable",
            Self::ReadableName => "readable-name",
            Self::SharesWithOverlay => "shares-with-overlay",
        }
    }
}

impl FleetFact {
    /// Whether a request is the one for an examination.
    #[must_use]
    pub fn is_asked_for(request: &[u8]) -> bool {
        Fields::read(request).is_ok_and(|fields| fields.kind == EXAMINE && fields.finish(()).is_ok())
    }

    /// Facts as text.
    #[must_use]
    pub fn encode_all(facts: &[Self]) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for fact in facts {
            let mut message = Writer::new(FACT);
            message.field("kind", fact.kind.word());
            message.text_field("server", &fact.server);
            message.text_field("detail", &fact.detail);
            text.push_str(&message.text);
            text.push('\n');
        }
        text.push_str(&Writer::new(EXAMINED).text);
        text
    }

    /// Reads facts; or, in words, why there are none.
    ///
    /// # Errors
    /// They are none, or not all of them.
    pub fn decode_all(text: &[u8]) -> Result<Result<Vec<Self>, String>, NotUnderstood> {
        let text = std::str::from_utf8(text).map_err(|_| NotUnderstood)?;
        let (list, last) = text.rsplit_once("\n\n").map_or(("", text), |(list, last)| (list, last));
        let mut end = Fields::read(last.as_bytes())?;
        match end.kind {
            EXAMINED => end.finish(())?,
            "failed" => return Ok(Err(end.take("why")?.to_owned())),
            _ => return Err(NotUnderstood),
        }
        let messages = list.split("\n\n").filter(|message| !message.is_empty());
        messages.map(|message| Self::decode(&format!("{message}\n"))).collect::<Result<_, _>>().map(Ok)
    }

    fn decode(text: &str) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text.as_bytes())?;
        if fields.kind != FACT {
            return Err(NotUnderstood);
        }
        let word = fields.take("kind")?;
        let kind = FleetFactKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or(NotUnderstood)?;
        let (server, detail) = (fields.take("server")?.to_owned(), fields.take("detail")?.to_owned());
        fields.finish(Self { kind, server, detail })
    }
}

impl FleetClient {
    /// How long an examination may take, of all servers together.
    pub const EXAMINATION: Duration = Duration::from_secs(20);

    /// Has the directory examined: all its servers, one after the other.
    ///
    /// # Errors
    /// The program cannot be started, or does not respond in time; or, in words, why it cannot begin.
    pub fn examine(&self) -> Result<Result<Vec<FleetFact>, String>, HelperError> {
        let text =
            converse(&self.program, &Writer::new(EXAMINE).text, LONGEST, Self::EXAMINATION + Self::GRACE)?;
        FleetFact::decode_all(&text).map_err(|error| HelperError::nonsense(&self.program, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_arrive() {
        let fact =
            |kind| FleetFact { kind, server: "ldaps://ldap.example.org".into(), detail: "a=b ž".into() };
        let facts = FleetFactKind::ALL.map(fact).to_vec();
        let text = FleetFact::encode_all(&facts);
        assert_eq!(FleetFact::decode_all(text.as_bytes()), Ok(Ok(facts)));
        assert_eq!(FleetFact::decode_all(FleetFact::encode_all(&[]).as_bytes()), Ok(Ok(Vec::new())));
        assert_eq!(FleetFact::decode_all(b"insis-otp 2 failed\nwhy=x\n"), Ok(Err("x".into())));
        let half = &text[..text.len() - "insis-otp 2 examined\n".len()];
        assert!(FleetFact::decode_all(half.as_bytes()).is_err(), "not all of them");
        assert!(FleetFact::is_asked_for(Writer::new(EXAMINE).text.as_bytes()));
        assert!(!FleetFact::is_asked_for(b"insis-otp 2 examine\nuser=a\n"));
    }
}
