//! A person's own link, made and removed by `otp-helper` with that person's user id.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::contract::{LinkStatus, LinkStore, StillHolds};
use super::error::os;
use super::links::encode;
use super::small_file::{self, exclusively, sync_directory};
use super::{Account, Cause, LinkMaker, Links, StoreError};
use crate::files::{self, Access};
use crate::identity::Identity;
use crate::oath::UnixTime;

/// Where one person's own link is.
#[derive(Clone, Debug)]
pub struct OwnLink {
    links: Links,
    account: Account,
}

impl OwnLink {
    pub(super) const fn of(links: Links, account: Account) -> Self {
        Self { links, account }
    }

    fn path(&self) -> PathBuf {
        self.links.path(&self.account.name, LinkMaker::Person)
    }

    /// Sees that the link is the person's to change.
    fn must_be_own(&self) -> Result<(), Cause> {
        match self.links.is_by_administrator(&self.account.name)? {
            true => Err(Cause::LinkedByAdministrator),
            false => Ok(()),
        }
    }

    /// Writes the new link and moves it to its place. Until then all is as it was; from then on the link counts, whatever
    /// fails.
    fn move_into_place(
        &self,
        identity: &Identity,
        now: UnixTime,
        still_holds: StillHolds<'_>,
    ) -> Result<New, Cause> {
        let path = self.path();
        let new = New::open(&path)?;
        let text = encode(&self.account, identity, now);
        new.file.set_len(0).and_then(|()| (&*new.file).write_all(text.as_bytes())).map_err(os("write it"))?;
        new.file.sync_all().map_err(os("write it to the disk"))?;
        still_holds()?;
        std::fs::rename(&new.path, &path).map_err(os("move it to its place"))?;
        Ok(new)
    }
}

impl LinkStore for OwnLink {
    fn status(&self) -> Result<LinkStatus, StoreError> {
        let path = self.path();
        match exclusively(&path, || self.links.is_by_administrator(&self.account.name))? {
            true => Ok(LinkStatus::ByAdministrator),
            false => Ok(self.links.load_own(&self.account)?.map_or(LinkStatus::None, LinkStatus::Own)),
        }
    }

    fn link(
        &self,
        identity: &Identity,
        now: UnixTime,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        let former = self.links.load_own(&self.account).ok().flatten();
        let path = self.path();
        exclusively(&path, || {
            if self.account.uid.is_root() {
                return Err(Cause::Unsafe("root's account is never linked to an identity provider".into()));
            }
            self.must_be_own()?;
            let claims = self.links.claims();
            let is_new = claims.take(identity, &self.account)?;
            let new = self.move_into_place(identity, now, still_holds).inspect_err(|_| {
                if is_new {
                    claims.release(identity, &self.account.name);
                }
            })?;
            sync_directory(&path, Some(&new.file))?;
            // Another process of this person's may have given the identity up meanwhile. Such a link does not count.
            if !claims.is_of(identity, &self.account)? {
                return Err(Cause::Busy { waited: 0, holder: None });
            }
            if let Some(former) = former.filter(|former| former.identity != *identity) {
                claims.release(&former.identity, &self.account.name);
            }
            Ok(())
        })
    }

    fn unlink(&self, still_holds: StillHolds<'_>) -> Result<bool, StoreError> {
        let former = self.links.load_own(&self.account).ok().flatten();
        let path = self.path();
        exclusively(&path, || {
            self.must_be_own()?;
            still_holds()?;
            let removed = small_file::remove(&path)?;
            if let Some(former) = former {
                self.links.claims().release(&former.identity, &self.account.name);
            }
            Ok(removed)
        })
    }
}

/// A link on its way to its place. Its lock keeps a second process of the same person from writing into it.
struct New {
    path: PathBuf,
    file: Flock<File>,
}

impl New {
    fn open(target: &Path) -> Result<Self, Cause> {
        let mut path = target.to_owned().into_os_string();
        path.push("~");
        let path = PathBuf::from(path);
        let opened = match files::open(&path, Access::CreateNew) {
            // What a process that was killed has left.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => files::open(&path, Access::Update),
            opened => opened,
        };
        let (file, metadata) = opened.map_err(os("create it"))?;
        let busy = Cause::Busy { waited: 0, holder: None };
        let file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => file,
            Err((_, Errno::EWOULDBLOCK)) => return Err(busy),
            Err((_, errno)) => return Err(os("lock it")(errno.into())),
        };
        // The one that had it may have moved it to its place.
        match path.symlink_metadata() {
            Ok(named) if files::is_same(&named, &metadata) => Ok(Self { path, file }),
            _ => Err(busy),
        }
    }
}
