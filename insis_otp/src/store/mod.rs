//! Where records are kept: what a store promises ([`Store`], [`UserStore`]), and the store of secret files: where each is,
//! its form, its lock, and who may touch it.
//!
//! A store is asked to *transact* on a person's record with a pure function, and to *create*, *replace* and *remove*
//! it. It does not know what a code is.

mod account;
mod change;
mod claims;
pub mod conditional;
pub mod contract;
mod directory;
mod error;
mod file;
mod file_store;
mod helpers;
mod identity;
mod invitation;
mod isolation;
mod layout;
mod leftovers;
mod links;
mod lock;
mod locked;
mod own_link;
mod page_io;
mod publish;
mod rename;
mod seal;
mod slot;
mod slot_v1;
mod small_file;
mod succession;
mod template;
mod unknown_users;

pub use account::Account;
pub use contract::{
    Charge, Decision, InvitationStore, Item, LinkStatus, LinkStore, Listed, NoLinks, Owner, Record,
    StillHolds, Store, UnknownUserStore, UserStore, Write, check_proof,
};
pub use error::{Cause, Location, StoreError};
pub use file::{Reader, SecretFile};
pub use invitation::{Invitation, InvitationFile, InvitationRefusal};
pub use isolation::limit_that_is_too_low;
pub use layout::PAGE;
pub use leftovers::Leftovers;
pub use links::{Link, LinkMaker, Links};
pub use lock::PATIENCE;
pub use own_link::OwnLink;
pub use slot::{STATE_BYTES, STATE_LENGTHS, state_from_bytes, state_to_bytes};
pub use template::{InvalidTemplate, Template};
pub use unknown_users::UnknownUsers;
