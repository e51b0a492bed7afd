//! Links: who an account's owner is at the site's identity provider.
//!
//! A link opens logins, so that nobody but root and the setgid helper writes one, and nobody else reads one. It stands in the
//! system store wherever secret files are, and belongs to name and user id: whoever gets the name later does not inherit it.
//! Root's account has none.
//!
//! An administrator's link, `.NAME.link`, is a file of root's. A person's own, `.NAME.own-link`, belongs to that person like a
//! secret file, is made by `otp-helper` ([`super::OwnLink`]), and counts only where there is none of root's, and as long as
//! its identity is that account's ([`super::claims`]).

use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use super::claims::Claims;
use super::error::os;
use super::small_file::{self, exclusively, is_private, number};
use super::{Account, Cause, StoreError, Template, helpers};
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
    /// Who made it.
    pub made_by: LinkMaker,
}

/// Who made a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkMaker {
    /// An administrator.
    Administrator,
    /// The person, with the second step that was there before, or by invitation.
    Person,
}

impl LinkMaker {
    const fn ending(self) -> &'static str {
        match self {
            Self::Administrator => ".link",
            Self::Person => ".own-link",
        }
    }
}

impl Links {
    const HEADING: &str = "insis-otp link 1";
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

    /// The link of an account; `None` when it has none. To be asked by root.
    ///
    /// # Errors
    /// It cannot be read, or should not be trusted.
    pub fn load(&self, account: &Account) -> Result<Option<Link>, StoreError> {
        match self.read(account, LinkMaker::Administrator)? {
            Some(link) => Ok(Some(link)),
            None => self.load_own(account),
        }
    }

    /// The person's own link, whatever an administrator's says.
    pub(super) fn load_own(&self, account: &Account) -> Result<Option<Link>, StoreError> {
        let Some(link) = self.read(account, LinkMaker::Person)? else { return Ok(None) };
        let path = self.path(&account.name, LinkMaker::Person);
        match exclusively(&path, || self.claims().is_of(&link.identity, account))? {
            true => Ok(Some(link)),
            false => {
                let why = "does not count: its identity is another account's, or nobody's (otp-setup unlink)";
                Err(StoreError::at(&path, Cause::Unsafe(why.into())))
            }
        }
    }

    fn read(&self, account: &Account, made_by: LinkMaker) -> Result<Option<Link>, StoreError> {
        let path = self.path(&account.name, made_by);
        exclusively(&path, || match files::open(&path, Access::Read) {
            Ok((file, metadata)) => {
                let text = read(&file, &metadata, account, made_by)?;
                decode(&text, account, made_by).map(Some)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(os("open it")(error)),
        })
    }

    /// Writes an administrator's link in the place of any former one. Only root can, who has seen that nobody else is linked to
    /// the identity.
    ///
    /// # Errors
    /// It is root's account, or the link cannot be written; the former one is as it was.
    pub fn save(&self, account: &Account, identity: &Identity, now: UnixTime) -> Result<(), StoreError> {
        let path = self.path(&account.name, LinkMaker::Administrator);
        exclusively(&path, || {
            if account.uid.is_root() {
                return Err(Cause::Unsafe("root's account is never linked to an identity provider".into()));
            }
            let former =
                [LinkMaker::Administrator, LinkMaker::Person].map(|made_by| self.identity(account, made_by));
            // From here on no helper takes it for anybody.
            self.claims().assign(identity, &account.name)?;
            small_file::write(&path, encode(account, identity, now).as_bytes(), None)?;
            let own = small_file::remove(&self.path(&account.name, LinkMaker::Person));
            let former = former.iter().flatten().filter(|former| *former != identity);
            former.for_each(|former| self.claims().release(former, &account.name));
            own.map(|_| ())
        })
    }

    /// Removes all links of a user, whatever they look like; returns whether there was one. Only root can. Helpers of the user's
    /// that are about to make another are ended first.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn remove(&self, user: &UserName) -> Result<bool, StoreError> {
        if let Ok(Some(account)) = Account::lookup(user) {
            helpers::end(&account, &self.directory);
        }
        let path = self.path(user, LinkMaker::Administrator);
        exclusively(&path, || {
            let own = small_file::remove(&self.path(user, LinkMaker::Person))?;
            let roots = small_file::remove(&path)?;
            self.claims().release_all(user)?;
            Ok(own || roots)
        })
    }

    /// Sees that every administrator's link has its identity for itself: those that were made when there were no claims had not.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn assign(&self, account: &Account, link: &Link) -> Result<(), StoreError> {
        if link.made_by == LinkMaker::Person {
            return Ok(());
        }
        let path = self.path(&account.name, LinkMaker::Administrator);
        exclusively(&path, || self.claims().assign(&link.identity, &account.name))
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
            let name = name.to_str()?.strip_prefix('.')?;
            let makers = [LinkMaker::Administrator, LinkMaker::Person];
            UserName::parse(makers.into_iter().find_map(|maker| name.strip_suffix(maker.ending()))?).ok()
        };
        let mut names: Vec<UserName> = entries.flatten().filter_map(name).collect();
        names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup();
        Ok(names)
    }

    /// When the newest of an account's links was written, as the file system has it. To be asked by root, and cheap: one look
    /// where there is none of root's, and none is opened.
    #[must_use]
    pub fn written_at(&self, account: &Account) -> Option<UnixTime> {
        let written = |made_by| {
            let metadata = self.path(&account.name, made_by).symlink_metadata().ok()?;
            u64::try_from(metadata.mtime()).ok().map(UnixTime)
        };
        written(LinkMaker::Administrator).max(written(LinkMaker::Person))
    }

    /// Whether an administrator has linked this user.
    pub(super) fn is_by_administrator(&self, user: &UserName) -> Result<bool, Cause> {
        match self.path(user, LinkMaker::Administrator).symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(os("look for an administrator's link")(error)),
        }
    }

    /// Who was linked before, as far as that can be read.
    fn identity(&self, account: &Account, made_by: LinkMaker) -> Option<Identity> {
        self.read(account, made_by).ok().flatten().map(|link| link.identity)
    }

    pub(super) fn claims(&self) -> Claims {
        Claims::within(&self.directory)
    }

    /// No secret file has this name, since names of users do not begin with a dot; nor has an invitation or a claim.
    pub(super) fn path(&self, user: &UserName, made_by: LinkMaker) -> PathBuf {
        self.directory.join(format!(".{user}{}", made_by.ending()))
    }
}

/// The text of a file that nobody but its maker, or root, can have written.
fn read(file: &File, metadata: &Metadata, account: &Account, made_by: LinkMaker) -> Result<Vec<u8>, Cause> {
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let (owner, whose) = match made_by {
        LinkMaker::Administrator => (Uid::from_raw(0), "root's"),
        LinkMaker::Person => (account.uid, "its user's"),
    };
    if !is_private(metadata, owner, Links::LONGEST) {
        return Err(Cause::Unsafe(format!(
            "is no link: a file of {whose}, mode 0600, of 2048 bytes at most (otp-setup unlink)"
        )));
    }
    let mut text = vec![0; length];
    files::read_start(file, length, &mut text).map_err(os("read it"))?;
    Ok(text)
}

pub(super) fn encode(account: &Account, identity: &Identity, linked_at: UnixTime) -> String {
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
fn decode(text: &[u8], account: &Account, made_by: LinkMaker) -> Result<Link, Cause> {
    let (link, user, uid) = parse(text, made_by).ok_or(Cause::Damaged("it is not a link"))?;
    if user != account.name.as_str() || uid != account.uid.as_raw() || account.uid.is_root() {
        let why = format!("is the link of {user} with user id {uid}: remove it (otp-setup unlink)");
        return Err(Cause::Unsafe(why));
    }
    Ok(link)
}

fn parse(text: &[u8], made_by: LinkMaker) -> Option<(Link, &str, u32)> {
    let mut lines = std::str::from_utf8(text).ok()?.strip_suffix('\n')?.split('\n');
    let mut field = |key: &str| lines.next()?.strip_prefix(key);
    field(Links::HEADING).filter(|rest| rest.is_empty())?;
    let (user, uid) = (field("user=")?, number(field("uid=")?)?);
    let (issuer, tenant, subject) = (field("issuer=")?, field("tenant=")?, field("subject=")?);
    let identity = Identity::new(issuer, tenant, subject).ok()?;
    let linked_at = UnixTime(number(field("linked=")?)?);
    let link = Link { identity, linked_at, made_by };
    lines.next().is_none().then_some((link, user, u32::try_from(uid).ok()?))
}

// Only root can make a store, and a link.
#[cfg(test)]
mod tests_as_root {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: UnixTime = UnixTime(1_700_000_000);

    fn identity(subject: &str) -> Identity {
        Identity::new("https://login.example.org", "t-1", subject).unwrap()
    }

    fn link(subject: &str) -> Link {
        Link { identity: identity(subject), linked_at: NOW, made_by: LinkMaker::Administrator }
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
                links.save(daemon, &identity(subject), NOW).unwrap();
                assert_eq!(links.load(daemon).unwrap(), Some(link(subject)));
            }
            let metadata = path.metadata().unwrap();
            assert_eq!((metadata.mode() & 0o777, metadata.uid(), metadata.nlink()), (0o600, 0, 1));
            assert_eq!(links.list().unwrap(), std::slice::from_ref(&daemon.name));
            assert!(links.remove(&daemon.name).unwrap() && !links.remove(&daemon.name).unwrap());
            assert_eq!((links.load(daemon).unwrap(), links.list().unwrap()), (None, Vec::new()));
            assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0, "claims are left");
        });
    }

    #[test]
    fn root_is_never_linked_and_a_name_that_comes_back_inherits_nothing() {
        with_links(|links, daemon, path| {
            assert!(links.save(&account("root"), &identity("x"), NOW).is_err());
            links.save(daemon, &identity("x"), NOW).unwrap();
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
            links.save(daemon, &identity("x"), NOW).unwrap();
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
            links.save(daemon, &identity("x"), NOW).unwrap();
            std::fs::set_permissions(path.parent().unwrap(), PermissionsExt::from_mode(0o777)).unwrap();
            assert!(links.load(daemon).is_err() && links.save(daemon, &identity("y"), NOW).is_err());
        });
    }
}
