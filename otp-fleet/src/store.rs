//! The directory as a store: one entry for each person, one conditional Modify for each write.

mod absence;
mod entry;
mod record;
mod session;
mod user;

use std::sync::Arc;
use std::time::Duration;

use insis_otp::config::Server;
use insis_otp::record::{Enrollment, UserName};
use insis_otp::store::conditional::ConditionalUser;
use insis_otp::store::{
    Account, Cause, Invitation, Item, Listed, Location, Owner, Record, Store, StoreError, UnknownUserStore,
    UnknownUsers,
};
use insis_otp::verify::{State, ThrottlePolicy};
use rustls::ClientConfig;

pub use self::entry::LdapEntry;
pub use self::user::LdapUser;
use crate::connection::Wrap;
use crate::message::Identity;

/// Who stands for everybody who has no record, so that an attempt for them takes as long.
pub const NOBODY: &str = "insis-otp-nobody";

/// Where the directory is, and who this host is to it.
#[derive(Clone)]
pub struct Directory {
    /// The servers, in the order in which they are tried.
    pub servers: Vec<Server>,
    /// Below this entry people are looked up.
    pub base: String,
    /// The attribute that has their names.
    pub user_attribute: String,
    /// Whom this host believes to be a server.
    pub tls: Arc<ClientConfig>,
    /// Who this host is.
    pub identity: Identity,
    /// How long a transaction may take.
    pub deadline: Duration,
    /// What is put between, in tests.
    pub wrap: Option<Wrap>,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({:?}, {})", self.servers, self.base)
    }
}

/// The directory as a store.
#[derive(Clone)]
pub struct LdapStore(Arc<Directory>);

/// What is done for names that the directory has no record of: as much there as for one that has, and failures that this host
/// keeps.
#[derive(Clone)]
pub struct LdapUnknownUsers {
    store: LdapStore,
    failures: UnknownUsers,
}

impl LdapStore {
    /// The store in this directory. Nothing is connected yet.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self(Arc::new(directory))
    }

    /// The part of a user of that name.
    #[must_use]
    pub fn of(&self, user: &UserName) -> LdapUser {
        LdapUser::of(ConditionalUser { user: user.clone(), entry: LdapEntry::of(&self.0, user) })
    }

    /// Does for a name that has no record what is done for one that has: one search, and one write that takes as long.
    ///
    /// # Errors
    /// The directory cannot be asked, or nothing can be written there.
    pub fn touch_nobody(&self, user: &UserName) -> Result<(), StoreError> {
        let user = self.of(user);
        user.find()?;
        user.touch_nobody()
    }

    /// Hands everybody on who has something here: a record, or an invitation.
    ///
    /// # Errors
    /// It cannot be listed.
    pub fn each(&self, take: &mut dyn FnMut(Person<'_>)) -> Result<(), StoreError> {
        let nobody = UserName::parse(NOBODY).map_err(|_| Cause::Damaged("no name for nobody"));
        let each = || {
            let entry = LdapEntry::of(&self.0, &nobody?);
            entry.find()?;
            entry.see_states()?;
            entry.each(take)
        };
        each().map_err(|cause| StoreError { location: Location::Dn(self.0.base.clone()), cause })
    }
}

/// Somebody who has something in the directory.
pub struct Person<'e> {
    /// The name.
    pub name: &'e str,
    /// The name of the entry.
    pub dn: &'e str,
    /// The record, or why it is none.
    pub record: Result<Option<Record>, Cause>,
    /// The invitation, or why it is none.
    pub invitation: Result<Option<Invitation>, Cause>,
}

impl UnknownUserStore for LdapUnknownUsers {
    fn refuse<P, T>(
        &self,
        name: &str,
        policy: &ThrottlePolicy,
        charge: impl FnMut(&Enrollment, &State) -> (State, P),
        compare: impl FnOnce(&Enrollment, P) -> T,
    ) -> Result<T, StoreError> {
        let user = UserName::parse(name).or_else(|_| UserName::parse(NOBODY));
        let no_name = |_| StoreError {
            location: Location::Dn(self.store.0.base.clone()),
            cause: Cause::Damaged("no name for nobody"),
        };
        self.store.touch_nobody(&user.map_err(no_name)?)?;
        self.failures.refuse(name, policy, charge, compare)
    }
}

impl Store for LdapStore {
    type User = LdapUser;
    type UnknownUsers = LdapUnknownUsers;

    fn unknown_users(&self) -> LdapUnknownUsers {
        LdapUnknownUsers { store: self.clone(), failures: UnknownUsers::system() }
    }

    fn user(&self, account: &Account) -> LdapUser {
        self.of(&account.name)
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, StoreError> {
        let mut all = Vec::new();
        self.each(&mut |person| {
            let listed = |item| Listed {
                item,
                owner: Owner::Name(person.name.to_owned()),
                location: Location::Dn(person.dn.to_owned()),
            };
            if !matches!(person.record, Ok(None)) {
                all.push(listed(Item::Record));
            }
            if !matches!(person.invitation, Ok(None)) {
                all.push(listed(Item::Invitation));
            }
        })?;
        Ok(Some(all))
    }
}
