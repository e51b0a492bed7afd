//! What the program gives up and shuts: as much as it can before it looks at anything from outside, and root's rights as
//! soon as it has read what only root may read.

use std::io;

use confinement::{block_signals, close_inherited, forbid_dumps, leave_environment, renounce};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Uid, User, getresgid, getresuid, setgroups, setresgid, setresuid};

use otp_idp::error::Error;

/// The system user that it runs as where root starts it.
const USER: &str = "insis-otp-idp";

/// Leaves nothing of the caller's choosing that matters: environment, descriptors, limits, dumps, signals.
pub fn confine() -> io::Result<()> {
    leave_environment()?;
    forbid_dumps()?;
    close_inherited();
    limit()?;
    block_signals()?;
    renounce()
}

/// No more than it needs, whatever an answer of the provider's makes it do.
fn limit() -> io::Result<()> {
    const ADDRESS_SPACE: u64 = 1 << 30;
    for (resource, most) in [
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_CPU, 60),
        (Resource::RLIMIT_AS, ADDRESS_SPACE),
        (Resource::RLIMIT_NOFILE, 64),
    ] {
        let (_, hard) = getrlimit(resource)?;
        let most = most.min(hard);
        setrlimit(resource, most, most)?;
    }
    Ok(())
}

/// Becomes the system user, where root started it. Nobody else's rights are changed: there is nothing to give up.
pub fn drop_privileges() -> Result<(), Error> {
    if !Uid::effective().is_root() && !Uid::current().is_root() {
        return Ok(());
    }
    let user =
        User::from_name(USER).ok().flatten().filter(|user| !user.uid.is_root() && user.gid.as_raw() != 0);
    let user = user.ok_or_else(|| {
        Error::settings(format!(
            "there is no system user {USER}: create it (systemd-sysusers, or useradd --system {USER})"
        ))
    })?;
    become_user(&user).map_err(|error| Error::settings(format!("otp-idp cannot become {USER}: {error}")))
}

fn become_user(user: &User) -> io::Result<()> {
    setgroups(&[])?;
    setresgid(user.gid, user.gid, user.gid)?;
    setresuid(user.uid, user.uid, user.uid)?;
    let (uids, gids) = (getresuid()?, getresgid()?);
    let is_user = [uids.real, uids.effective, uids.saved] == [user.uid; 3]
        && [gids.real, gids.effective, gids.saved] == [user.gid; 3];
    if !is_user || setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)).is_ok() {
        return Err(io::Error::other("root's rights are not gone"));
    }
    // The kernel has made it dumpable again, or may have, with the change of user.
    forbid_dumps()
}
