//! Claims: which account an identity is linked to, so that it is linked to one.
//!
//! `otp-helper` makes a person's own link with that person's user id, and can read nobody else's link. What it can see is
//! whether a name is taken: a claim is a small file whose name is a digest of the identity, and which belongs to whoever
//! took it. Of two who take one at once, the kernel gives it to one (`O_EXCL`), and in a directory with the sticky bit nobody
//! but that one and root can take it away. A person's own link counts only as long as its claim is that person's; so an
//! identity opens one account, whatever was stopped or killed in between.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::error::os;
use super::small_file;
use super::{Account, Cause};
use crate::files::{self, Access};
use crate::identity::Identity;
use crate::record::UserName;

/// The claims of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    directory: PathBuf,
}

impl Claims {
    const ENDING: &str = ".identity";
    /// As many bytes of the digest as make a name: no two people have one by chance.
    const NAME: usize = 16;
    /// The name of a user, and nothing more.
    const LONGEST: usize = 256;

    pub(super) fn within(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Takes an identity for an account whose own process this is; returns whether it was free.
    ///
    /// # Errors
    /// [`Cause::LinkedElsewhere`]: it is another account's, or an administrator has given it away.
    pub(super) fn take(&self, identity: &Identity, account: &Account) -> Result<bool, Cause> {
        let path = self.path(identity);
        match files::open(&path, Access::CreateNew) {
            Ok((file, _)) => write_name(file, &account.name)
                .inspect_err(|_| _ = std::fs::remove_file(&path))
                .map(|()| true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match self.is_of(identity, account)? {
                true => Ok(false),
                false => Err(Cause::LinkedElsewhere),
            },
            Err(error) => Err(os("take the identity for this account")(error)),
        }
    }

    /// Takes an identity for an account as root, who has seen that nobody is linked to it.
    pub(super) fn assign(&self, identity: &Identity, user: &UserName) -> Result<(), Cause> {
        let path = self.path(identity);
        if is_roots(&path) && name_in(&path).is_some_and(|name| name == user.as_str()) {
            return Ok(());
        }
        small_file::write(&path, user.as_str().as_bytes(), None)
    }

    /// Whether an identity is an account's, by that account's own claim.
    pub(super) fn is_of(&self, identity: &Identity, account: &Account) -> Result<bool, Cause> {
        match self.path(identity).symlink_metadata() {
            Ok(metadata) => Ok(metadata.is_file() && metadata.uid() == account.uid.as_raw()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(os("see whose identity it is")(error)),
        }
    }

    /// Gives an identity up, if it is this user's.
    pub(super) fn release(&self, identity: &Identity, user: &UserName) {
        release(&self.path(identity), user);
    }

    /// Gives up all that a user has, also what a killed process has left. Takes the right to list the directory.
    pub(super) fn release_all(&self, user: &UserName) -> Result<(), Cause> {
        let entries = std::fs::read_dir(&self.directory).map_err(os("list its directory"))?;
        let is_claim = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(Self::ENDING));
        entries.flatten().map(|entry| entry.path()).filter(is_claim).for_each(|path| release(&path, user));
        Ok(())
    }

    fn path(&self, identity: &Identity) -> PathBuf {
        let digest = identity.digest();
        let name = HEXLOWER.encode(digest.get(..Self::NAME).unwrap_or(&digest));
        self.directory.join(format!(".{name}{}", Self::ENDING))
    }
}

fn write_name(mut file: File, user: &UserName) -> Result<(), Cause> {
    file.write_all(user.as_str().as_bytes()).map_err(os("note whose identity it is"))?;
    file.sync_all().map_err(os("write the identity's owner to the disk"))
}

fn release(path: &Path, user: &UserName) {
    if name_in(path).is_some_and(|name| name == user.as_str()) {
        // What stays is this user's still, and keeps others from it until root removes it.
        let _ = std::fs::remove_file(path);
    }
}

fn is_roots(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.uid() == 0)
}

/// Whose claim it is, by its text; empty where a process was killed before it had written that.
fn name_in(path: &Path) -> Option<String> {
    let (file, metadata) = files::open(path, Access::Read).ok()?;
    let length = usize::try_from(metadata.len()).ok().filter(|length| *length <= Claims::LONGEST)?;
    let mut name = vec![0; length];
    files::read_start(&file, length, &mut name).ok()?;
    metadata.is_file().then(|| String::from_utf8(name).ok()).flatten()
}
