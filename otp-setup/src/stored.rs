//! Whose records there are: the store is listed, and each name in it is looked up. A user database need not enumerate its
//! people, so that a list of all accounts lacks some of them.

use std::collections::HashMap;
use std::path::Path;

use insis_otp::record::UserName;
use insis_otp::store::{Account, Item, Listed, Location, Owner, Store};
use nix::unistd::Uid;

use crate::users;

/// What is in a store, by whose it is.
#[derive(Debug, Default)]
pub struct Listing {
    /// People who have a record, by name.
    pub accounts: Vec<Account>,
    /// Records of nobody whom the user database knows.
    pub ownerless: Vec<Location>,
    /// Records whose name the user database could not be asked for.
    pub unanswered: Vec<(Location, nix::Error)>,
    /// Invitations, and whose they are: `None` where the user database knows nobody of that name.
    pub invitations: Vec<(Location, Option<Account>)>,
}

/// Lists a store. `None`: it can be asked account by account only, or cannot be read now.
pub fn list(store: &impl Store) -> Option<Listing> {
    let found = store.list().ok()??;
    let mut known = HashMap::new();
    for account in users::all().unwrap_or_default() {
        known.insert(Owner::Uid(account.uid.to_string()), account.clone());
        known.insert(Owner::Name(account.name.to_string()), account);
    }
    let mut listing = Listing::default();
    for Listed { item, owner, location } in found {
        let account = known.get(&owner).cloned().map_or_else(|| look_up(&owner), |account| Ok(Some(account)));
        match (item, account) {
            (Item::Invitation, Ok(account)) => listing.invitations.push((location, account)),
            (Item::Invitation, Err(_)) => {}
            (Item::Record, Ok(Some(account))) => listing.accounts.push(account),
            (Item::Record, Ok(None)) => listing.ownerless.push(location),
            (Item::Record, Err(error)) => listing.unanswered.push((location, error)),
        }
    }
    listing.accounts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Some(listing)
}

/// Who an owner is, for somebody whom the database does not enumerate. Another spelling of a name is nobody's.
fn look_up(owner: &Owner) -> Result<Option<Account>, nix::Error> {
    match owner {
        Owner::Name(name) => {
            let found = UserName::parse(name).map_or(Ok(None), |name| Account::lookup(&name))?;
            Ok(found.filter(|account| account.name.as_str() == name))
        }
        Owner::Uid(digits) => {
            let found = digits.parse().map_or(Ok(None), |uid| Account::of_uid(Uid::from_raw(uid)))?;
            Ok(found.filter(|account| account.uid.to_string() == *digits))
        }
    }
}

/// Who owns a file by its uid, where that is a person.
pub fn owner(path: &Path) -> Option<Account> {
    use std::os::unix::fs::MetadataExt;
    let uid = Uid::from_raw(path.symlink_metadata().ok()?.uid());
    if uid.is_root() { None } else { Account::of_uid(uid).ok()? }
}

#[cfg(test)]
mod tests {
    use insis_otp::store::Template;

    use super::*;

    #[test]
    fn the_store_is_what_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "root.otp",
            "no-such-user-here.otp",
            "daemon.otp",
            "other",
            ".tmp.otp",
            ".daemon.otp.invitation",
            ".none.otp.invitation",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let template = |last: &str| Template::parse(&format!("{}/{last}", folder.path().display())).unwrap();
        let listing = list(&template("%u.otp")).unwrap();
        let names: Vec<_> = listing.accounts.iter().map(|account| account.name.as_str()).collect();
        assert_eq!(names, ["daemon", "root"]);
        assert_eq!(listing.ownerless, [Location::Path(folder.path().join("no-such-user-here.otp"))]);
        let mut invited: Vec<_> = listing
            .invitations
            .iter()
            .map(|(_, account)| account.as_ref().map(|account| account.name.as_str()))
            .collect();
        invited.sort_unstable();
        assert_eq!(invited, [None, Some("daemon")]);
        std::fs::write(folder.path().join("0"), "").unwrap();
        let by_uid = list(&template("%U")).unwrap();
        assert_eq!(by_uid.accounts[0].name.as_str(), "root");
        assert!(list(&template("%u/otp")).is_none() && list(&template("none/%u")).is_none());
        assert!(list(&Template::parse("%h/.otp").unwrap()).is_none());
    }
}
