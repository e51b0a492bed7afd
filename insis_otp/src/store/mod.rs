//! The secret file: where it is, its form, its lock, and who may touch it.
//!
//! A store is asked to *transact* on a person's record with a pure function, and to *create*, *replace* and *remove*
//! it. It does not know what a code is.

mod account;
mod decoys;
mod error;
mod file;
mod form;
mod identity;
mod invitation;
mod rename;
mod template;

pub use account::{Account, InvalidUserName, UserName};
pub use decoys::Decoys;
pub use error::{Cause, StoreError};
pub use file::{Decision, Reader, SecretFile};
pub use form::{Enrolment, PAGE, Record};
pub use invitation::{InvitationFile, InvitationRefusal};
pub use template::{InvalidTemplate, Template};
