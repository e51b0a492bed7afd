//! What is written of a record or an invitation: changes on the condition that there is still what was read.

use insis_otp::oath::Step;
use insis_otp::record::Enrollment;
use insis_otp::store::conditional::{Conditional, Version, WriteError};
use insis_otp::store::{Cause, Invitation, Record};

use super::entry::LdapEntry;
use super::session::Session;
use crate::attributes::{self as at, Entry};
use crate::message::{Change, Kind};

fn replace<'v>(attribute: &'v str, value: Option<&'v [u8]>) -> Change<'v> {
    Change { kind: Kind::Replace, attribute, values: value.into_iter().collect() }
}

/// This value in the place of that one, if that is still there.
fn exchange<'v>(attribute: &'v str, old: Option<&'v [u8]>, new: Option<&'v [u8]>) -> Vec<Change<'v>> {
    let delete = old.map(|old| Change { kind: Kind::Delete, attribute, values: vec![old] });
    let add = new.map(|new| Change { kind: Kind::Add, attribute, values: vec![new] });
    delete.into_iter().chain(add).collect()
}

/// What is written of a record: texts of the attributes, so that changes can refer to them.
struct Written {
    state: Vec<u8>,
    enrollment: String,
    length: String,
    period: String,
    step: String,
}

impl Written {
    fn of(record: &Record, version: Version, step: Step) -> Self {
        let Record { enrollment, state } = record;
        Self {
            state: at::state_value(enrollment, state, version),
            enrollment: at::enrollment_value(enrollment),
            length: enrollment.entry.key.digits().count().to_string(),
            period: enrollment.entry.key.period().seconds().to_string(),
            step: step.0.to_string(),
        }
    }

    /// The values of [`OF_ENROLLMENT`], but for the last: a drift is slapo-otp's to write.
    fn of_enrollment<'v>(&'v self, enrollment: &'v Enrollment, entry: &'v Entry) -> [&'v [u8]; 6] {
        [
            self.enrollment.as_bytes(),
            enrollment.entry.key.secret().bytes(),
            self.length.as_bytes(),
            at::algorithm_oid(enrollment.entry.key.algorithm()).as_bytes(),
            self.period.as_bytes(),
            entry.dn.as_bytes(),
        ]
    }
}

/// The classes of an entry that holds a record.
const CLASSES: [&str; 3] = [at::USER_CLASS, at::TOKEN_CLASS, at::PARAMETERS_CLASS];

/// Gives an entry the classes of a record that it has not.
fn missing_classes(entry: &Entry) -> Vec<Change<'static>> {
    let missing = CLASSES.into_iter().filter(|class| !entry.has_class(class));
    let add = |class: &'static str| Change {
        kind: Kind::Add,
        attribute: at::OBJECT_CLASS,
        values: vec![class.as_bytes()],
    };
    missing.map(add).collect()
}

/// Writes an attribute of an enrollment. What slapo-otp has enrolled at this very moment is not written over.
fn write<'v>(old: &Entry, attribute: &'v str, value: &'v [u8]) -> Change<'v> {
    let is_guard = attribute == at::SECRET && old.value(attribute).is_none();
    match is_guard {
        true => Change { kind: Kind::Add, attribute, values: vec![value] },
        false => replace(attribute, Some(value)),
    }
}

/// The attributes that an enrollment has beside its state.
const OF_ENROLLMENT: [&str; 7] =
    [at::ENROLLMENT, at::SECRET, at::LENGTH, at::ALGORITHM, at::PERIOD, at::PARAMETERS, at::DRIFT];

impl LdapEntry {
    /// Writes a record in the place of the one that was read, or of none.
    fn put(&self, read: Option<Version>, record: &Record, version: Version) -> Result<(), WriteError> {
        let mut session = self.session();
        let Some(entry) = session.entry.clone() else { return self.modify(&mut session, &[]) };
        let present = entry.record().map_err(WriteError::Failed)?;
        if present.as_ref().map(|(_, version)| *version) != read {
            return Err(WriteError::LostRace);
        }
        self.write_record(&mut session, entry, present.map(|(present, _)| present), record, version)
    }

    /// Writes a record in the place of what the entry has.
    pub(super) fn write_record(
        &self,
        session: &mut Session,
        mut entry: Entry,
        present: Option<Record>,
        record: &Record,
        version: Version,
    ) -> Result<(), WriteError> {
        let last = entry.last_step().map_err(WriteError::Failed)?;
        let Record { enrollment, state } = record;
        // The step of a closed record is none that was used.
        let was_closed = present.as_ref().is_some_and(|present| present.state.is_closed());
        let is_new = present.as_ref().is_none_or(|present| !present.enrollment.is_same(enrollment));
        let step = match last {
            // A step of another secret says nothing of this one; of this one, none is ever free again.
            Some(last) if !is_new && !was_closed => last.max(state.used.upto),
            _ => state.used.upto,
        };
        let written = Written::of(record, version, step);
        let old = entry.clone();
        let mut changes = missing_classes(&old);
        changes.extend(exchange(at::STATE, old.value(at::STATE), Some(&written.state)));
        for (attribute, value) in OF_ENROLLMENT.into_iter().zip(written.of_enrollment(enrollment, &old)) {
            if old.value(attribute) != Some(value) {
                changes.push(write(&old, attribute, value));
                entry.note(attribute, Some(value));
            }
        }
        // The drift that slapo-otp has noted is that of the former device.
        if is_new && old.value(at::DRIFT).is_some() {
            changes.push(replace(at::DRIFT, None));
            entry.note(at::DRIFT, None);
        }
        if last != Some(step) {
            changes.extend(exchange(at::LAST_STEP, old.value(at::LAST_STEP), Some(written.step.as_bytes())));
            entry.note(at::LAST_STEP, Some(written.step.as_bytes()));
        }
        self.modify(session, &changes)?;
        entry.note(at::STATE, Some(&written.state));
        CLASSES.into_iter().for_each(|class| entry.note_class(class, true));
        session.entry = Some(entry);
        Ok(())
    }

    /// Removes the record, whatever state it is in, if that is still the one that was read.
    pub(super) fn clear(&self, session: &mut Session) -> Result<(), WriteError> {
        let Some(old) = session.entry.clone() else { return Err(WriteError::Failed(Cause::NotEnrolled)) };
        let mut changes = exchange(at::STATE, old.value(at::STATE), None);
        let present = OF_ENROLLMENT.into_iter().chain([at::LAST_STEP]);
        changes.extend(
            present.filter(|attribute| old.value(attribute).is_some()).map(|name| replace(name, None)),
        );
        // A window that somebody else has put there belongs to the class that goes.
        changes.push(replace(at::WINDOW, None));
        let classes = [at::PARAMETERS_CLASS, at::PARAMETERS_SUPERCLASS];
        let values: Vec<_> =
            classes.into_iter().filter(|class| old.has_class(class)).map(str::as_bytes).collect();
        if !values.is_empty() {
            changes.push(Change { kind: Kind::Delete, attribute: at::OBJECT_CLASS, values });
        }
        self.modify(session, &changes)?;
        session.entry = None;
        Ok(())
    }
}

impl Conditional<Record> for LdapEntry {
    fn read(&self) -> Result<Option<(Record, Version)>, Cause> {
        self.find()?;
        self.session().entry.as_ref().map_or(Ok(None), Entry::record)
    }

    fn write(&self, read: Option<Version>, new: Option<(&Record, Version)>) -> Result<(), WriteError> {
        match new {
            Some((record, version)) => self.put(read, record, version),
            None => {
                let mut session = self.session();
                if session.entry.as_ref().and_then(Entry::version) != read {
                    return Err(WriteError::LostRace);
                }
                self.clear(&mut session)
            }
        }
    }
}

impl Conditional<Invitation> for LdapEntry {
    fn read(&self) -> Result<Option<(Invitation, Version)>, Cause> {
        self.find()?;
        self.session().entry.as_ref().map_or(Ok(None), Entry::invitation)
    }

    fn write(&self, read: Option<Version>, new: Option<(&Invitation, Version)>) -> Result<(), WriteError> {
        let mut session = self.session();
        let Some(mut entry) = session.entry.clone() else { return self.modify(&mut session, &[]) };
        let present = entry.invitation().map_err(WriteError::Failed)?;
        if present.map(|(_, version)| version) != read {
            return Err(WriteError::LostRace);
        }
        let old = entry.clone();
        let value = new.map(|(invitation, version)| at::invitation_value(invitation, version));
        let mut changes = exchange(at::INVITATION, old.value(at::INVITATION), value.as_deref());
        if value.is_some() && !entry.has_class(at::USER_CLASS) {
            let values = vec![at::USER_CLASS.as_bytes()];
            changes.insert(0, Change { kind: Kind::Add, attribute: at::OBJECT_CLASS, values });
            entry.note_class(at::USER_CLASS, true);
        }
        self.modify(&mut session, &changes)?;
        entry.note(at::INVITATION, value.as_deref());
        session.entry = Some(entry);
        Ok(())
    }
}
