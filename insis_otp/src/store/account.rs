//! What the user database says of people.

use std::path::PathBuf;

use nix::unistd::{Gid, Uid, User};

use crate::record::UserName;

/// A person of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name, as the user database writes it.
    pub name: UserName,
    /// The user id.
    pub uid: Uid,
    /// The primary group.
    pub gid: Gid,
    /// The home directory.
    pub home: PathBuf,
}

impl Account {
    /// Looks a name up in the user database; `None` when there is no such user.
    ///
    /// [`Account::name`] is the name in the database's answer, which can differ from the one asked for: some
    /// directories ignore case, or add a domain (`anna` is answered with `anna@ex`). Only the name in the answer decides
    /// about files, exemptions and records, so that two spellings of a name never have two records. When that name
    /// belongs to another account (one in `/etc/passwd`, say, that hides the directory's), the spelling is nobody's:
    /// two accounts never share a record.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn lookup(name: &UserName) -> Result<Option<Self>, nix::Error> {
        let Some(account) = Self::answer(name)? else { return Ok(None) };
        if account.name == *name {
            return Ok(Some(account));
        }
        let owner = Self::answer(&account.name)?;
        Ok(owner.filter(|owner| (&owner.name, owner.uid) == (&account.name, account.uid)))
    }

    /// The user database's answer to a name.
    fn answer(name: &UserName) -> Result<Option<Self>, nix::Error> {
        match User::from_name(name.as_str()) {
            Ok(user) => Ok(user.and_then(Self::from_user)),
            // What some C libraries and services answer instead of "no such user".
            Err(nix::Error::ENOENT | nix::Error::ESRCH | nix::Error::EBADF | nix::Error::EPERM) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Looks up the person with this user id.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn of_uid(uid: Uid) -> Result<Option<Self>, nix::Error> {
        Ok(User::from_uid(uid)?.and_then(Self::from_user))
    }

    fn from_user(user: User) -> Option<Self> {
        let name = UserName::parse(&user.name).ok()?;
        Some(Self { name, uid: user.uid, gid: user.gid, home: user.dir })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_looked_up() {
        let root = Account::lookup(&UserName::parse("root").unwrap()).unwrap().unwrap();
        assert!(root.uid.is_root());
        assert_eq!(Account::of_uid(root.uid), Ok(Some(root)));
        assert_eq!(Account::lookup(&UserName::parse("no-such-user-here").unwrap()), Ok(None));
    }
}
