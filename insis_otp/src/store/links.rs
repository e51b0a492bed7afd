//! Links: who an account's owner is at the site's identity provider.
//!
//! A link opens logins, so that only root writes one, and nobody else reads it. It stands in the system store wherever secret
//! files are, and belongs to name and user id: whoever gets the name later does not inherit it. Root's account has none.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::directory::check_directory;
use super::error::os;
use super::isolation::Isolation;
use super::small_file::{self, number};
use super::{Account, Cause, StoreError, Template};
use crate::files::{self, Access};
use crate::identity::Identity;
use crate::oath::UnixTime;
use crate::record::UserName;

/// Where links are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    directory: PathBuf,
}

/// Who an account's owner is at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Who.
    pub identity: Identity,
    /// When it was made.
    pub linked_at: UnixTime,
}

impl Links {
    const HEADING: &str = "insis-otp link 1";
    const ENDING: &str = ".link";
    /// The bytes of the longest file: a name and three parts of an identity, of 255 each.
    const LONGEST: usize = 2048;

    /// In the system store.
    #[must_use]
    pub fn system() -> Self {
        Self::within(Path::new(Template::SYSTEM_DIRECTORY))
    }

    /// In a directory.
    #[must_use]
    pub fn within(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// The link of an account; `None` when it has none.
    ///
    /// # Errors
    /// It cannot be read, or should not be trusted.
    pub fn load(&self, account: &Account) -> Result<Option<Link>, StoreError> {
        let path = self.path(&account.name);
        self.run(&path, || match files::open(&path, Access::Read) {
            Ok((file, metadata)) => read(&file, &metadata).and_then(|text| decode(&text, account)).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(os("open it")(error)),
        })
    }

    /// Writes a link in the place of a former one.
    ///
    /// # Errors
    /// It is root's account, or the link cannot be written; the former one is as it was.
    pub fn save(&self, account: &Account, link: &Link) -> Result<(), StoreError> {
        let path = self.path(&account.name);
        self.run(&path, || {
            if account.uid.is_root() {
                return Err(Cause::Unsafe("root's account is never linked to an identity provider".into()));
            }
            small_file::write(&path, encode(account, link).as_bytes(), None)
        })
    }

    /// Removes a link, whatever it looks like; returns whether there was one.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, user: &UserName) -> Result<bool, StoreError> {
        let path = self.path(user);
        self.run(&path, || small_file::remove(&path))
    }

    /// The names of those who have a link, in their order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn list(&self) -> Result<Vec<UserName>, StoreError> {
        let entries = std::fs::read_dir(&self.directory).map_err(os("list it"));
        let entries = entries.map_err(|cause| StoreError::at(&self.directory, cause))?;
        let name = |entry: std::fs::DirEntry| {
            let name = entry.file_name();
            UserName::parse(name.to_str()?.strip_prefix('.')?.strip_suffix(Self::ENDING)?).ok()
        };
        let mut names: Vec<UserName> = entries.flatten().filter_map(name).collect();
        names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        Ok(names)
    }

    /// No secret file has this name, since names of users do not begin with a dot; nor has an invitation.
    fn path(&self, user: &UserName) -> PathBuf {
        self.directory.join(format!(".{user}{}", Self::ENDING))
    }

    /// As for a secret file: out of the reach of whoever has started this process.
    fn run<T>(&self, path: &Path, operation: impl FnOnce() -> Result<T, Cause>) -> Result<T, StoreError> {
        let run = || {
            let isolation = Isolation::begin()?;
            let done = check_directory(&self.directory).and_then(|()| operation());
            isolation.end()?;
            done
        };
        run().map_err(|cause| StoreError::at(path, cause))
    }
}

/// The text of a file that nobody but root can have written.
fn read(file: &File, metadata: &std::fs::Metadata) -> Result<Vec<u8>, Cause> {
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let is_sound = metadata.is_file()
        && metadata.uid() == 0
        && metadata.mode() & 0o077 == 0
        && metadata.nlink() <= 1
        && length <= Links::LONGEST;
    if !is_sound {
        return Err(Cause::Unsafe("is no link: a file of root's, mode 0600, of 2048 bytes at most".into()));
    }
    let mut text = vec![0; length];
    files::read_start(file, length, &mut text).map_err(os("read it"))?;
    Ok(text)
}

fn encode(account: &Account, link: &Link) -> String {
    let Link { identity, linked_at } = link;
    format!(
        "{}\nuser={}\nuid={}\nissuer={}\ntenant={}\nsubject={}\nlinked={}\n",
        Links::HEADING,
        account.name,
        account.uid,
        identity.issuer(),
        identity.tenant(),
        identity.subject(),
        linked_at.0
    )
}

/// Reads what [`encode`] has written for this account.
fn decode(text: &[u8], account: &Account) -> Result<Link, Cause> {
    let (link, user, uid) = parse(text).ok_or(Cause::Damaged("it is not a link"))?;
    if user != account.name.as_str() || uid != account.uid.as_raw() || account.uid.is_root() {
        let why = format!("is the link of {user} with user id {uid}: remove it (otp-setup unlink)");
        return Err(Cause::Unsafe(why));
    }
    Ok(link)
}

fn parse(text: &[u8]) -> Option<(Link, &str, u32)> {
    let mut lines = std::str::from_utf8(text).ok()?.strip_suffix('\n')?.split('\n');
    let mut field = |key: &str| lines.next()?.strip_prefix(key);
    field(Links::HEADING).filter(|rest| rest.is_empty())?;
    let (user, uid) = (field("user=")?, number(field("uid=")?)?);
    let (issuer, tenant, subject) = (field("issuer=")?, field("tenant=")?, field("subject=")?);
    let identity = Identity::new(issuer, tenant, subject).ok()?;
    let linked_at = UnixTime(number(field("linked=")?)?);
    let link = Link { identity, linked_at };
    lines.next().is_none().then_some((link, user, u32::try_from(uid).ok()?))
}

// Only root can make a store, and a link.
#[cfg(test)]
mod tests_as_root {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn link(subject: &str) -> Link {
        let identity = Identity::new("https://login.example.org", "t-1", subject).unwrap();
        Link { identity, linked_at: UnixTime(1_700_000_000) }
    }

    /// Links of root's, daemon and the file of daemon's.
    fn with_links(test: impl FnOnce(&Links, &Account, &Path)) {
        assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        test(&Links::within(folder.path()), &account("daemon"), &folder.path().join(".daemon.link"));
    }

    fn account(name: &str) -> Account {
        Account::lookup(&UserName::parse(name).unwrap()).unwrap().unwrap()
    }

    #[test]
    fn a_link_is_kept_changed_and_removed() {
        with_links(|links, daemon, path| {
            assert_eq!(links.load(daemon).unwrap(), None);
            for subject in ["subject one", "subject-2"] {
                links.save(daemon, &link(subject)).unwrap();
                assert_eq!(links.load(daemon).unwrap(), Some(link(subject)));
            }
            let metadata = path.metadata().unwrap();
            assert_eq!((metadata.mode() & 0o777, metadata.uid(), metadata.nlink()), (0o600, 0, 1));
            assert_eq!(links.list().unwrap(), std::slice::from_ref(&daemon.name));
            assert!(links.remove(&daemon.name).unwrap() && !links.remove(&daemon.name).unwrap());
            assert_eq!((links.load(daemon).unwrap(), links.list().unwrap()), (None, Vec::new()));
            assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
        });
    }

    #[test]
    fn root_is_never_linked_and_a_name_that_comes_back_inherits_nothing() {
        with_links(|links, daemon, path| {
            assert!(links.save(&account("root"), &link("x")).is_err());
            links.save(daemon, &link("x")).unwrap();
            std::fs::copy(path, path.with_file_name(".root.link")).unwrap();
            assert!(links.load(&account("root")).is_err());
            let text = std::fs::read_to_string(path).unwrap();
            let of_root = text.replace("user=daemon", "user=root").replace("uid=1\n", "uid=0\n");
            std::fs::write(path.with_file_name(".root.link"), of_root).unwrap();
            assert!(links.load(&account("root")).is_err());
            let later = Account { uid: nix::unistd::Uid::from_raw(4711), ..daemon.clone() };
            let error = links.load(&later).unwrap_err().to_string();
            assert!(error.contains("is the link of daemon with user id 1: remove it"), "{error}");
            assert!(
                links
                    .load(&Account { name: UserName::parse("bin").unwrap(), ..daemon.clone() })
                    .unwrap()
                    .is_none()
            );
        });
    }

    #[test]
    fn only_a_file_of_its_own_form_and_of_roots_is_a_link() {
        with_links(|links, daemon, path| {
            links.save(daemon, &link("x")).unwrap();
            let right = std::fs::read_to_string(path).unwrap();
            let refused = |text: &str| {
                std::fs::write(path, text).unwrap();
                links.load(daemon).is_err()
            };
            assert!(!refused(&right));
            for (from, to) in [
                ("link 1", "link 2"),
                ("user=daemon", "user=anna"),
                ("uid=1\n", "uid=+1\n"),
                ("uid=1\n", "uid=4294967297\n"),
                ("https://", "http://"),
                ("subject=x", "subject="),
                ("subject=x", "subject=\u{17e}"),
                ("subject=x\n", "subject=x\nsubject=y\n"),
                ("linked=1", "linked=-1"),
                ("000\n", "000"),
                ("000\n", "000\nmore=1\n"),
            ] {
                assert!(right.contains(from) && refused(&right.replace(from, to)), "{from:?} -> {to:?}");
            }
            assert!(refused("") && refused(&right.repeat(20)));
            assert!(!refused(&right));
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o640)).unwrap();
            assert!(links.load(daemon).is_err());
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
            std::os::unix::fs::chown(path, Some(1), None).unwrap();
            assert!(links.load(daemon).is_err());
            std::os::unix::fs::chown(path, Some(0), None).unwrap();
            assert!(links.load(daemon).is_ok());
            std::fs::hard_link(path, path.with_extension("other")).unwrap();
            assert!(links.load(daemon).is_err());
            std::fs::remove_file(path).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
            assert!(links.load(daemon).is_err() && links.remove(&daemon.name).unwrap());
        });
    }

    #[test]
    fn a_directory_that_others_can_write_holds_no_links() {
        with_links(|links, daemon, path| {
            links.save(daemon, &link("x")).unwrap();
            std::fs::set_permissions(path.parent().unwrap(), PermissionsExt::from_mode(0o777)).unwrap();
            assert!(links.load(daemon).is_err() && links.save(daemon, &link("y")).is_err());
        });
    }
}
