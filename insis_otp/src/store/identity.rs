//! Acting as the user in the user's home, and only there.
//!
//! Root that reads and writes in a user's home can be led by links (CVE-2024-47191); on NFS it is nobody. So the
//! file-system identity of this thread becomes the user's for the time of one operation: user, group and all
//! supplementary groups. The real and effective ids stay, so that there is nothing to regain that could fail.

use std::ffi::CString;

use nix::unistd::{Gid, Uid, geteuid, getgrouplist, getgroups, setfsgid, setfsuid, setgroups};

use super::{Account, Cause};

/// The user's identity; the former one returns when this is dropped.
pub struct Identity {
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

impl Identity {
    /// Takes on the identity of a user. Nothing to do (`None`) for a process that is not root's: it acts as itself.
    ///
    /// # Errors
    /// The groups cannot be looked up or set, or the identity did not change.
    pub fn assume(account: &Account) -> Result<Option<Self>, Cause> {
        if !geteuid().is_root() || account.uid.is_root() {
            return Ok(None);
        }
        let os = |action| move |errno: nix::Error| Cause::Os { action, error: errno.into() };
        let name =
            CString::new(account.name.as_str()).map_err(|_| Cause::Unsafe("has a bad owner".into()))?;
        let theirs = getgrouplist(&name, account.gid).map_err(os("look up the user's groups"))?;
        let groups = getgroups().map_err(os("look up the groups of this process"))?;
        setgroups(&theirs).map_err(os("take on the user's groups"))?;
        // From here on, dropping the value restores everything, also when the next step fails.
        let former = Self { gid: setfsgid(account.gid), uid: setfsuid(account.uid), groups };
        // setfsuid(2) does not report failure; asking for an impossible id tells the present one.
        if setfsuid(Uid::from_raw(u32::MAX)) != account.uid
            || setfsgid(Gid::from_raw(u32::MAX)) != account.gid
        {
            return Err(Cause::Unsafe("cannot be opened as its user: the identity did not change".into()));
        }
        Ok(Some(former))
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        setfsuid(self.uid);
        setfsgid(self.gid);
        // Needs CAP_SETGID only, which a change of the file-system identity does not take away.
        let _ = setgroups(&self.groups);
    }
}
