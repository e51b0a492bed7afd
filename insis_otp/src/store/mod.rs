//! The secret file: where it is, its form, its lock, and who may touch it.
//!
//! A store is asked to *transact* on a person's record with a pure function, and to *create*, *replace* and *remove*
//! it. It does not know what a code is.

mod account;
mod error;
mod file;
mod helpers;
mod identity;
mod invitation;
mod isolation;
mod layout;
mod lock;
mod publish;
mod rename;
mod slot;
mod slot_v1;
mod template;
mod unknown_users;

pub use account::Account;
pub use error::{Cause, StoreError};
pub use file::{Charge, Decision, Reader, SecretFile, Write};
pub use invitation::{InvitationFile, InvitationRefusal, StillHolds};
pub use isolation::limit_that_is_too_low;
pub use layout::{PAGE, Record};
pub use lock::PATIENCE;
pub use template::{InvalidTemplate, Template};
pub use unknown_users::UnknownUsers;
