//! Everybody on this machine.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use insis_otp::record::UserName;
use insis_otp::store::Account;
use nix::unistd::{Gid, Uid};

/// All accounts that can be listed. Asking for them one by one would take quadratic time on a machine of many.
pub fn all() -> io::Result<Vec<Account>> {
    let mut accounts: Vec<_> = lines()?.lines().filter_map(account).collect();
    accounts.sort_by(|one, other| one.name.cmp(&other.name));
    accounts.dedup_by(|one, other| one.name == other.name);
    Ok(accounts)
}

/// Accounts by name, for many look-ups: each look-up in the user database can read the whole of it.
#[derive(Debug, Default)]
pub struct Directory(HashMap<String, Account>);

impl Directory {
    /// Reads all accounts that can be listed, if so many look-ups are worth it.
    pub fn for_lookups(count: usize) -> Self {
        let accounts = if count > 1 { all().unwrap_or_default() } else { Vec::new() };
        Self(accounts.into_iter().map(|account| (account.name.to_string(), account)).collect())
    }

    /// The account of that name, as [`Account::lookup`] answers: the user database is asked only for a name that is not
    /// listed, since a directory need not list its people.
    pub fn lookup(&self, name: &UserName) -> Result<Option<Account>, nix::Error> {
        match self.0.get(name.as_str()) {
            Some(account) => Ok(Some(account.clone())),
            None => Account::lookup(name),
        }
    }
}

/// Whether a user id is one of people's, and not of root or a system account.
pub fn is_person(uid: Uid) -> bool {
    const FIRST_PERSON: u32 = 1000;
    const NOBODY: u32 = 65534;
    uid.as_raw() >= FIRST_PERSON && uid.as_raw() != NOBODY
}

/// All people: accounts with a shell in which they can work, system accounts left out.
pub fn with_shells() -> io::Result<Vec<Account>> {
    let works = |line: &&str| {
        let shell = line.rsplit(':').next().unwrap_or_default();
        !shell.ends_with("/nologin") && !shell.ends_with("/false") && !shell.ends_with("/sync")
    };
    Ok(lines()?.lines().filter(works).filter_map(account).filter(|one| is_person(one.uid)).collect())
}

/// Whether people are looked for elsewhere than on this machine, where the answer "nobody" can mean "nobody to ask".
pub fn has_directory() -> bool {
    let switch = std::fs::read_to_string("/etc/nsswitch.conf").unwrap_or_default();
    asks_elsewhere(&switch)
}

/// Whether groups, or who is in them, are looked for elsewhere than on this machine.
pub fn groups_are_elsewhere() -> bool {
    let switch = std::fs::read_to_string("/etc/nsswitch.conf").unwrap_or_default();
    ["group:", "initgroups:"].iter().any(|database| asks_for(database, &switch))
}

fn asks_elsewhere(switch: &str) -> bool {
    asks_for("passwd:", switch)
}

fn asks_for(database: &str, switch: &str) -> bool {
    let sources =
        switch.lines().filter_map(|line| line.trim().strip_prefix(database)).flat_map(str::split_whitespace);
    let local = ["files", "compat", "systemd", "db", "altfiles", "extrausers"];
    sources
        .take_while(|word| !word.starts_with('#'))
        .any(|word| !word.starts_with('[') && !local.contains(&word))
}

/// Whether people of a directory are listed at all: SSSD, for one, does not unless it is told to.
pub fn are_enumerated() -> bool {
    if !has_directory() {
        return true;
    }
    let own = local();
    all().unwrap_or_default().iter().any(|account| !own.contains(account.name.as_str()))
}

/// People who have a home here: everybody who is listed, and whoever owns a directory where homes are and calls it their
/// home. A directory of people need not list them.
pub fn with_homes() -> io::Result<Vec<Account>> {
    let mut accounts = all()?;
    if has_directory() {
        let parents = accounts.iter().filter_map(|account| account.home.parent().map(Path::to_owned));
        let usual = Path::new("/home");
        let parents: BTreeSet<PathBuf> =
            parents.filter(|parent| parent.starts_with(usual)).chain([usual.to_owned()]).collect();
        let known: HashSet<PathBuf> = accounts.iter().map(|account| account.home.clone()).collect();
        let homes = parents.iter().flat_map(|parent| directories(parent));
        // Some sites have /home/DOMAIN/anna.
        let deeper = |home: PathBuf| directories(&home).into_iter().chain([home]).collect::<Vec<_>>();
        let unknown = homes.flat_map(deeper).filter(|home| !known.contains(home));
        accounts.extend(unknown.filter_map(|home| owner_of_home(&home)));
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        accounts.dedup_by(|one, other| one.name == other.name);
    }
    Ok(accounts)
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

fn owner_of_home(home: &Path) -> Option<Account> {
    use std::os::unix::fs::MetadataExt;
    let owner = Uid::from_raw(home.symlink_metadata().ok()?.uid());
    let account = if owner.is_root() { None } else { Account::of_uid(owner).ok()? };
    account.filter(|account| account.home == home)
}

/// The names of this machine's own accounts.
pub fn local() -> HashSet<String> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd.lines().filter_map(|line| line.split(':').next()).map(str::to_owned).collect()
}

/// The lines of passwd(5), from every source that the name service switch names, as far as it may be listed.
fn lines() -> io::Result<String> {
    let output = Command::new("/usr/bin/getent").arg("passwd").env_clear().output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The account in a line of passwd(5).
fn account(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = UserName::parse(fields.next()?).ok()?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let home = PathBuf::from(fields.nth(1)?);
    Some(Account { name, uid: Uid::from_raw(uid), gid: Gid::from_raw(gid), home })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_seen_in_the_switch() {
        assert!(!asks_elsewhere("passwd: files systemd # sss\ngroup: files sss\n"));
        assert!(asks_elsewhere("group: files\npasswd:\tfiles [SUCCESS=return] sss\n"));
    }

    #[test]
    fn lines_of_passwd_are_read() {
        let anna = account("anna:x:1001:1002:Anna,,,:/home/anna:/bin/bash").unwrap();
        assert_eq!((anna.name.as_str(), anna.uid.as_raw(), anna.gid.as_raw()), ("anna", 1001, 1002));
        assert_eq!(anna.home, PathBuf::from("/home/anna"));
        for line in ["", "anna", "anna:x:1", "anna:x:y:1::/:", "../x:x:1:1::/:/bin/sh", "+::::::"] {
            assert!(account(line).is_none(), "{line}");
        }
        assert!(all().unwrap().iter().any(|account| account.name.as_str() == "root"));
    }
}
