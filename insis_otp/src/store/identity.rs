//! Acting as the user in the user's home, and only there.
//!
//! Root that reads and writes in a user's home can be led by links (CVE-2024-47191); on NFS it is nobody. So the
//! file-system identity of this thread becomes the user's for the time of one operation: user, group and all
//! supplementary groups. The real and effective ids stay, so that there is nothing to regain that could fail.
//!
//! Of this thread: setgroups(3) of the C library sets the groups of all threads, those of the host's among them. Two
//! logins at once would act with each other's groups, and the one that ends last would leave the host with the other's.

use std::ffi::CString;

use nix::unistd::{Gid, Uid, geteuid, getgrouplist, getgroups, setfsgid, setfsuid};
use rustix::thread::set_thread_groups;

use super::Cause;
use crate::store::Account;

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
        set_groups(&theirs).map_err(os("take on the user's groups"))?;
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
        let _ = set_groups(&self.groups);
    }
}

/// Sets the supplementary groups of this thread, and of no other.
fn set_groups(groups: &[Gid]) -> Result<(), nix::Error> {
    let groups: Vec<_> = groups.iter().map(|group| rustix::thread::Gid::from_raw(group.as_raw())).collect();
    set_thread_groups(&groups).map_err(|error| nix::Error::from_raw(error.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::record::UserName;

    /// This thread, as the kernel names it below /proc.
    fn me() -> std::path::PathBuf {
        std::path::Path::new("/proc").join(std::fs::read_link("/proc/thread-self").unwrap())
    }

    /// The groups of a thread, as the kernel has them.
    fn groups_of(thread: &std::path::Path) -> String {
        let status = std::fs::read_to_string(thread.join("status")).unwrap();
        status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap().trim().to_owned()
    }

    #[test]
    fn root_at_home_and_who_is_not_root_stay_who_they_are() {
        let name = if geteuid().is_root() { "root" } else { "daemon" };
        let account = Account::lookup(&UserName::parse(name).unwrap()).unwrap().unwrap();
        assert!(matches!(Identity::assume(&account), Ok(None)));
    }

    mod as_root {
        use super::*;

        #[test]
        fn other_threads_of_the_host_keep_their_groups() {
            assert!(
                geteuid().is_root(),
                "only root changes its identity at all: make test, or make check without it"
            );
            let account = Account::lookup(&UserName::parse("daemon").unwrap()).unwrap().unwrap();
            let main = me();
            let before = groups_of(&main);
            let (begun, wait) = mpsc::channel();
            let (end, ended) = mpsc::channel::<()>();
            let other = std::thread::spawn(move || {
                let identity = Identity::assume(&account).unwrap();
                let mine = groups_of(&me());
                begun.send(mine).unwrap();
                let _ = ended.recv();
                drop(identity);
                groups_of(&me())
            });
            let theirs = wait.recv().unwrap();
            let meanwhile = groups_of(&main);
            drop(end);
            assert_eq!(other.join().unwrap(), before);
            assert!(theirs.split_whitespace().any(|gid| gid == "1"), "{theirs}");
            assert_eq!(meanwhile, before, "the groups of a thread that opens nobody's file");
        }
    }
}
