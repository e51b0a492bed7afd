//! Whether somebody has no record, and not only none that this host may see.
//!
//! A directory leaves out what somebody may not read: of a person whose record is hidden it says what it says of one who has none.
//! A site where people without a record pass (`unenrolled = "ignore"`) would let them in by that. So "no record" is believed
//! where two things show that nothing is hidden: this host sees the state of the entry that stands for nobody, and the directory
//! says of the person's entry, to somebody who may write there, that it has no state.
//!
//! What this cannot tell is an entry that is hidden as a whole from one that is not there.

use insis_otp::store::Cause;
use insis_otp::store::conditional::Version;

use super::NOBODY;
use super::entry::LdapEntry;
use super::session::unavailable;
use crate::attributes as at;
use crate::message::{Change, Kind, Request};

/// What an entry says that has no such value (RFC 4511, appendix A.2: noSuchAttribute).
const NO_SUCH_VALUE: u32 = 16;

impl LdapEntry {
    /// Sees to it that this host sees states. Where the entry that stands for nobody has none yet, it gets one.
    ///
    /// # Errors
    /// It does not, or cannot write one.
    pub(super) fn see_states(&self) -> Result<(), Cause> {
        if self.shows_state() {
            return Ok(());
        }
        self.touch_nobody()?;
        self.find()?;
        if self.shows_state() {
            return Ok(());
        }
        Err(Cause::Unsafe(format!(
            "this host may not read {} of the entry {NOBODY}, so that nothing it finds missing is known to be",
            at::STATE
        )))
    }

    fn shows_state(&self) -> bool {
        self.session().nobody.as_ref().is_some_and(|nobody| nobody.shows_state)
    }

    /// Shows that the person's entry has no state: a value that it cannot have is to be taken away, on which whoever may not
    /// write there is told that.
    ///
    /// # Errors
    /// It may have one.
    pub(super) fn show_stateless(&self) -> Result<(), Cause> {
        const ACTION: &str = "let this host write insisOtpState";
        let mut session = self.session();
        let Some(dn) = session.entry.as_ref().map(|entry| entry.dn.clone()) else {
            let elsewhere = "a part of the directory is on another server (a referral), which is not asked";
            return if session.is_referred { Err(unavailable(elsewhere.to_owned())) } else { Ok(()) };
        };
        let value = Version::new()?.to_bytes();
        let changes = [Change { kind: Kind::Delete, attribute: at::STATE, values: vec![&value] }];
        let asked = session.over(|connection| {
            let outcome = connection.ask(ACTION, &Request::Modify { dn: &dn, changes: &changes })?;
            if outcome.code == NO_SUCH_VALUE { Ok(true) } else { outcome.succeeded(ACTION).map(|_| false) }
        });
        match asked {
            Ok(true) => Ok(()),
            Ok(false) => Err(Cause::Damaged("a value that nobody has written was taken away")),
            Err(error) => Err(unavailable(error.to_string())),
        }
    }
}
