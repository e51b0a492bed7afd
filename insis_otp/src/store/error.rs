//! What can go wrong with a store.

use nix::errno::Errno;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

/// A record that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("{location}: {cause}")]
pub struct StoreError {
    /// Where it is, or what is to blame.
    pub location: Location,
    /// Why.
    pub cause: Cause,
}

/// Where a store keeps something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A file.
    Path(PathBuf),
    /// An entry of a directory, by its distinguished name (RFC 4514).
    Dn(String),
}

impl Location {
    /// The file, where it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Dn(_) => None,
        }
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Dn(dn) => dn.fmt(f),
        }
    }
}

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// There is none: the person has not enrolled.
    #[error("there is no secret file")]
    NotEnrolled,
    /// There is one already.
    #[error("there is a secret file already")]
    Exists,
    /// The identity is another account's.
    #[error("the person who signed in is linked to another account")]
    LinkedElsewhere,
    /// The link is an administrator's.
    #[error("an administrator has linked this account")]
    LinkedByAdministrator,
    /// Somebody else held the lock all the time that we were willing to wait.
    #[error("in use by another login or pairing of the same user (waited {waited} s{})", by(*.holder))]
    Busy {
        /// Seconds.
        waited: u64,
        /// The process that holds it, where the kernel tells.
        holder: Option<u32>,
    },
    /// A resource limit of this process is too low; who set it may want the process to fail half way.
    #[error("cannot be used: the limit of this process on its {0} is too low (ulimit)")]
    Limit(&'static str),
    /// It is not what a secret file has to be; using it would be dangerous.
    #[error("{0}")]
    Unsafe(String),
    /// Its content is damaged, or not of this program.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// The operating system refused.
    #[error("cannot {action}: {error}")]
    Os {
        /// What was tried: `open it`, `write its state`.
        action: &'static str,
        /// What the operating system said.
        error: io::Error,
    },
}

fn by(holder: Option<u32>) -> String {
    holder.map_or_else(String::new, |pid| format!(" for process {pid}"))
}

impl StoreError {
    /// The error of a file.
    #[must_use]
    pub fn at(path: &Path, cause: Cause) -> Self {
        Self { location: Location::Path(path.to_owned()), cause }
    }

    /// Whether the person has simply not enrolled.
    #[must_use]
    pub const fn is_not_enrolled(&self) -> bool {
        matches!(self.cause, Cause::NotEnrolled)
    }
}

/// What turns an error of the operating system into a cause, by what could not be done.
pub(super) fn os(action: &'static str) -> impl Fn(io::Error) -> Cause {
    move |error| Cause::Os { action, error }
}

/// The same for its bare number.
pub(super) fn os_errno(action: &'static str) -> impl Fn(Errno) -> Cause {
    move |errno| Cause::Os { action, error: errno.into() }
}

pub(super) fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_the_lock_is_said_where_the_kernel_tells() {
        let text = |holder| Cause::Busy { waited: 5, holder }.to_string();
        assert_eq!(
            text(Some(4711)),
            "in use by another login or pairing of the same user (waited 5 s for process 4711)"
        );
        assert_eq!(text(None), "in use by another login or pairing of the same user (waited 5 s)");
    }
}
