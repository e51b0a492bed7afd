//! A round that has charged and compared, and could not write what came of it.
//!
//! What it decided to give back of its own charge is still to be given back, where it stands: in what is there now. Then the next
//! round charges the attempt as if it was its first, and finds its charge there already, among those of others.
//!
//! Nothing else is carried from one round to the next. What the comparison found is not: the next round compares anew, with
//! what is used by then. And a guess that was wrong has nothing to give back.

use super::Version;
use crate::record::Enrollment;
use crate::store::Record;
use crate::verify::{GivenBack, Kept, State};

pub(super) struct LostRound {
    pub(super) given_back: GivenBack,
    /// For which device it was charged.
    pub(super) enrollment: Enrollment,
    pub(super) marks: Marks,
}

/// By what the charge of an attempt is known in the store.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// What was there before it.
    pub(super) read: Version,
    /// What was written with it.
    pub(super) charged: Version,
}

impl LostRound {
    /// The state of what is there now, without the charge of this round as far as it stands there for certain; and its marks, if
    /// all of it does.
    pub(super) fn give_back(&self, record: &Record, found: Version) -> (State, Option<Marks>) {
        // A server that lags behind shows what was there before the charge.
        let is_other = found == self.marks.read || !self.enrollment.is_same(&record.enrollment);
        let kept = if is_other { Kept::NOTHING } else { self.marks.charged.kept_by(found) };
        let stands = kept.since_login && kept.of_day;
        (record.state.without(self.given_back, kept), stands.then_some(self.marks))
    }
}
