//! Whose secret files there are: the store is listed, and each name in it is looked up. A directory need not enumerate
//! its people, so that a list of all accounts lacks some of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use insis_otp::record::UserName;
use insis_otp::store::{Account, InvitationFile, Template};
use nix::unistd::Uid;

use crate::users;

/// The files of a store, by whose they are.
#[derive(Debug, Default)]
pub struct Listing {
    /// People who have a file, by name.
    pub accounts: Vec<Account>,
    /// Files of nobody whom the user database knows.
    pub ownerless: Vec<PathBuf>,
    /// Files whose name the user database could not be asked for.
    pub unanswered: Vec<(PathBuf, nix::Error)>,
    /// Invitations, and whose they are: `None` where the user database knows nobody of that name.
    pub invitations: Vec<(PathBuf, Option<Account>)>,
}

/// The last part of a template, with what stands around the user.
struct Names {
    folder: PathBuf,
    before: String,
    after: String,
    by_uid: bool,
}

/// Lists a store. `None`: it has no directory of its own that could be listed, or that directory cannot be read.
pub fn list(template: &Template) -> Option<Listing> {
    let names = Names::of(template)?;
    let entries = std::fs::read_dir(&names.folder).ok()?;
    let all = users::all().unwrap_or_default();
    let known: HashMap<String, Account> =
        all.into_iter().map(|account| (names.key(&account), account)).collect();
    let mut listing = Listing::default();
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        let look_up =
            |key| known.get(key).cloned().map_or_else(|| names.look_up(key), |account| Ok(Some(account)));
        if let Some(key) = InvitationFile::secret_file_name(name).and_then(|name| names.key_in(name)) {
            if let Ok(account) = look_up(key) {
                listing.invitations.push((path, account));
            }
            continue;
        }
        // An enrollment that is going on, or what a crash left of one, begins with a dot.
        let Some(key) = names.key_in(name).filter(|_| !name.starts_with('.')) else { continue };
        match look_up(key) {
            Ok(Some(account)) => listing.accounts.push(account),
            Ok(None) => listing.ownerless.push(path),
            Err(error) => listing.unanswered.push((path, error)),
        }
    }
    listing.accounts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Some(listing)
}

impl Names {
    fn of(template: &Template) -> Option<Self> {
        let text = template.to_string();
        let (folder, last) = text.rsplit_once('/')?;
        let plain = |text: &str| (!text.replace("%%", "").contains('%')).then(|| text.replace("%%", "%"));
        // "%%u" is a percent sign and a letter; such a name is left to those who ask account by account.
        let (before, after, by_uid) = match (last.split_once("%u"), last.split_once("%U")) {
            (Some((before, after)), None) => (before, after, false),
            (None, Some((before, after))) => (before, after, true),
            _ => return None,
        };
        let folder = PathBuf::from(plain(folder)?);
        Some(Self { folder, before: plain(before)?, after: plain(after)?, by_uid })
    }

    /// What stands for an account in the name of a file.
    fn key_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(&*self.before)?.strip_suffix(&*self.after)
    }

    /// What stands for an account in its file's name.
    fn key(&self, account: &Account) -> String {
        if self.by_uid { account.uid.to_string() } else { account.name.as_str().to_owned() }
    }

    /// Whose file it is, for somebody whom the database does not enumerate.
    fn look_up(&self, key: &str) -> Result<Option<Account>, nix::Error> {
        let found = if self.by_uid {
            key.parse().map_or(Ok(None), |uid| Account::of_uid(Uid::from_raw(uid)))?
        } else {
            UserName::parse(key).map_or(Ok(None), |name| Account::lookup(&name))?
        };
        // Another spelling of a name is nobody's.
        Ok(found.filter(|account| self.key(account) == key))
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
        assert_eq!(listing.ownerless, [folder.path().join("no-such-user-here.otp")]);
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
