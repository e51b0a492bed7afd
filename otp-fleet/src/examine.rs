//! Finds out what a directory is like that keeps enrollments: who answers, who writes, who may read what.

use std::time::{Duration, Instant};

use insis_otp::config::Server;
use insis_otp::service::{FleetClient, FleetFact, FleetFactKind as Kind, system_clock};
use insis_otp::store::conditional::Version;

use crate::attributes::{self as at, placeholder_value};
use crate::certificate;
use crate::connection::{Connection, Error};
use crate::message::{Change, Condition, FoundEntry, Kind as ChangeKind, Request, Search};
use crate::store::{Directory, NOBODY};

/// How long one server may take.
const LONGEST: Duration = Duration::from_secs(5);
/// How far people are counted.
const COUNTED: usize = 1000;
/// How many of them are named.
const NAMED: usize = 50;
/// The attributes that have to be in the schema.
const NEEDED: [&str; 9] = [
    at::STATE,
    at::ENROLLMENT,
    at::INVITATION,
    at::SECRET,
    at::LENGTH,
    at::ALGORITHM,
    at::PERIOD,
    at::LAST_STEP,
    at::PARAMETERS,
];
/// The class of people who bind through slapo-otp.
const OVERLAY_USER: &str = "oathTOTPUser";

/// Examines every server in the list.
#[must_use]
pub fn examine(directory: &Directory) -> Vec<FleetFact> {
    let (mut facts, ends) = (Vec::new(), Instant::now() + FleetClient::EXAMINATION);
    for server in &directory.servers {
        let mut examination = Examination {
            directory,
            server,
            facts: &mut facts,
            deadline: ends.min(Instant::now() + LONGEST),
        };
        if let Err(error) = examination.run() {
            examination.note(Kind::Unreachable, error.to_string());
        }
    }
    facts
}

struct Examination<'e> {
    directory: &'e Directory,
    server: &'e Server,
    facts: &'e mut Vec<FleetFact>,
    deadline: Instant,
}

/// What a search has found: attributes in lower case, with their values, of all entries.
type Found = Vec<(String, Vec<u8>)>;

impl Examination<'_> {
    fn note(&mut self, kind: Kind, detail: impl Into<String>) {
        self.facts.push(FleetFact { kind, server: self.server.to_string(), detail: detail.into() });
    }

    fn run(&mut self) -> Result<(), Error> {
        let Directory { tls, identity, .. } = self.directory;
        let deadline = self.deadline;
        let mut connection = Connection::open(self.server, (tls, None), identity, deadline)?;
        connection.examine();
        let version = version(&mut connection);
        self.note(Kind::Reached, version.clone().unwrap_or_default());
        if let Some(end) = connection.certificate().and_then(certificate::ends) {
            self.note(Kind::CertificateEnds, end.to_string());
        }
        self.write(&mut connection)?;
        let writers = self.writers(&mut connection);
        if writers > 0 {
            self.note(Kind::Writers, writers.to_string());
        }
        self.schema(&mut connection);
        self.reads(&mut connection)?;
        let overlay =
            self.count(&mut connection, Condition::Equal(at::OBJECT_CLASS, OVERLAY_USER.as_bytes()), 1)?;
        if overlay > 0 {
            self.note(Kind::SharesWithOverlay, version.unwrap_or_default());
        }
        self.anonymous(deadline)
    }

    /// Writes to the entry for everybody without a record, and asks when the server thinks that it was.
    fn write(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let condition = Condition::Equal(&self.directory.user_attribute, NOBODY.as_bytes());
        let mut dn = None;
        self.search(connection, condition, &["1.1"], 2, &mut |entry| dn = Some(entry.dn.to_owned()))?;
        let (Some(dn), Ok(version)) = (dn, Version::new()) else {
            self.note(Kind::NoPlaceholder, "");
            return Ok(());
        };
        let value = placeholder_value(version);
        let changes = [Change { kind: ChangeKind::Replace, attribute: at::STATE, values: vec![&value] }];
        let asked = connection.ask("write to the entry", &Request::Modify { dn: &dn, changes: &changes })?;
        let now = system_clock().0;
        if let Err(error) = asked.succeeded("write to the entry") {
            self.note(Kind::RefusesWrites, error.to_string());
            return Ok(());
        }
        self.note(Kind::Writes, "");
        let read = read(connection, &dn, &["modifyTimestamp"])?;
        if let Some(time) = first(&read, "modifytimestamp").and_then(certificate::generalized_time) {
            self.note(Kind::Clock, (i128::from(time) - i128::from(now)).to_string());
        }
        Ok(())
    }

    /// How many servers have taken writes, as their change sequence numbers say: `...#000000#SID#000000`.
    fn writers(&self, connection: &mut Connection) -> usize {
        let root = read(connection, "", &["namingContexts"]).unwrap_or_default();
        let base = self.directory.base.to_ascii_lowercase();
        let contexts = root.iter().filter_map(|(_, value)| std::str::from_utf8(value).ok());
        let context = contexts
            .filter(|context| base.ends_with(&context.to_ascii_lowercase()))
            .max_by_key(|one| one.len());
        let Some(context) = context else { return 0 };
        let numbers = read(connection, context, &["contextCSN"]).unwrap_or_default();
        let mut ids: Vec<_> = numbers
            .iter()
            .filter(|(name, _)| name == "contextcsn")
            .filter_map(|(_, value)| Some(std::str::from_utf8(value).ok()?.split('#').nth(2)?.to_owned()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }

    fn schema(&mut self, connection: &mut Connection) {
        let schema = || {
            let root = read(connection, "", &["subschemaSubentry"])?;
            let dn = first(&root, "subschemasubentry").unwrap_or(b"cn=Subschema");
            let dn = String::from_utf8_lossy(dn).into_owned();
            read(connection, &dn, &["attributeTypes"])
        };
        let types = match { schema }() {
            Ok(types) if !types.is_empty() => types,
            Ok(_) => return self.note(Kind::NoSchema, "nothing is shown of it"),
            Err(error) => return self.note(Kind::NoSchema, error.to_string()),
        };
        for needed in NEEDED {
            let definition = types
                .iter()
                .map(|(_, value)| String::from_utf8_lossy(value))
                .find(|text| names(text, needed));
            match definition {
                None => self.note(Kind::NoAttribute, needed),
                Some(text) if !text.contains("SINGLE-VALUE") => self.note(Kind::SeveralValues, needed),
                Some(_) => {}
            }
        }
    }

    /// What this host may read: what it has to, and what it need not.
    fn reads(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let attribute = self.directory.user_attribute.as_str();
        let (mut count, mut names) = (0, Vec::new());
        self.search(connection, Condition::Present(at::SECRET), &[attribute], COUNTED, &mut |entry| {
            count += 1;
            let _ = entry.each(&mut |name, value| {
                let is_name = name.eq_ignore_ascii_case(attribute.as_bytes()) && names.len() < NAMED;
                names.extend(is_name.then(|| text(value)));
            });
        })?;
        self.note(Kind::Readable, count.to_string());
        names.into_iter().for_each(|name| self.note(Kind::ReadableName, name));
        let mut shown = false;
        self.search(connection, Condition::Present("userPassword"), &["userPassword"], 2, &mut |entry| {
            let _ = entry.each(&mut |_, _| shown = true);
        })?;
        if shown {
            self.note(Kind::HostReads, "userPassword");
        }
        Ok(())
    }

    /// What is shown to whoever does not say who they are. A filter that finds somebody tells who has enrolled.
    fn anonymous(&mut self, deadline: Instant) -> Result<(), Error> {
        let Ok(mut connection) = Connection::anonymous(self.server, &self.directory.tls, deadline) else {
            return Ok(());
        };
        for attribute in [at::SECRET, at::STATE, at::ENROLLMENT] {
            let mut shown = false;
            let found =
                self.search(&mut connection, Condition::Present(attribute), &[attribute], 2, &mut |_| {
                    shown = true
                });
            match found {
                Ok(()) if shown => self.note(Kind::AnonymousReads, attribute),
                Ok(()) => {}
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    fn count(
        &self,
        connection: &mut Connection,
        condition: Condition<'_>,
        most: usize,
    ) -> Result<usize, Error> {
        let mut count = 0;
        self.search(connection, condition, &["1.1"], most, &mut |_| count += 1)?;
        Ok(count)
    }

    /// Looks for entries below the base. That there are more than were asked for is no error, and a base that is not shown has
    /// none.
    fn search(
        &self,
        connection: &mut Connection,
        condition: Condition<'_>,
        attributes: &[&str],
        most: usize,
        take: &mut dyn FnMut(&FoundEntry<'_>),
    ) -> Result<(), Error> {
        let search = Search {
            base: &self.directory.base,
            any_of: &[condition],
            attributes,
            most: u32::try_from(most).unwrap_or(u32::MAX),
            page: None,
            // Where nothing is indexed, a large directory takes long: what is found by then is enough.
            seconds: 1,
        };
        let asked = connection.search("look around", &Request::Search(&search), &mut |entry| {
            take(entry);
            Ok(())
        })?;
        match asked.code {
            0 | 3 | 4 | 11 | 32 | 50 => Ok(()),
            _ => asked.succeeded("look around").map(|_| ()),
        }
    }
}

/// Whether a definition in a schema is of an attribute of this name: `NAME 'x'` or `NAME ( 'x' 'y' )`.
fn names(definition: &str, wanted: &str) -> bool {
    let rest = definition.split_once(" NAME ").map_or("", |(_, rest)| rest);
    let list = rest
        .split_once(')')
        .filter(|_| rest.starts_with('('))
        .map_or_else(|| rest.split(' ').next().unwrap_or_default(), |(list, _)| list);
    list.split('\'').any(|name| name.eq_ignore_ascii_case(wanted))
}

/// What a server says, of a length that is fit for a line.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).chars().filter(|c| !c.is_control()).take(60).collect()
}

/// What the server says that it is: OpenLDAP in its monitor, others in their root entry.
fn version(connection: &mut Connection) -> Option<String> {
    let root = read(connection, "", &["vendorName", "vendorVersion"]).unwrap_or_default();
    if let Some(vendor) = first(&root, "vendorversion") {
        return Some(text(vendor));
    }
    let monitor = read(connection, "cn=Monitor", &["monitoredInfo"]).ok()?;
    first(&monitor, "monitoredinfo").map(text)
}

/// Everything that is shown of an entry.
fn read(connection: &mut Connection, dn: &str, attributes: &[&str]) -> Result<Found, Error> {
    let mut found = Vec::new();
    let asked = connection.search("read an entry", &Request::Read { dn, attributes }, &mut |entry| {
        entry.each(&mut |name, value| {
            found.push((String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec()));
        })?;
        Ok(())
    })?;
    match asked.code {
        0 | 32 | 50 => Ok(found),
        _ => asked.succeeded("read an entry").map(|_| found),
    }
}

fn first<'f>(found: &'f Found, name: &str) -> Option<&'f [u8]> {
    found.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_known_by_any_of_their_names() {
        let definition = "( 1.2.3 NAME ( 'uid' 'userid' ) DESC 'NAME insisOtpState' SINGLE-VALUE )";
        assert!(
            names(definition, "userid") && names(definition, "UID") && !names(definition, "insisOtpState")
        );
        assert!(names("( 1.2 NAME 'oathSecret' DESC 'x' )", "oathSecret"));
        assert!(!names("( 1.2 NAME 'oathSecret2' DESC 'x' )", "oathSecret") && !names("", "x"));
    }
}
