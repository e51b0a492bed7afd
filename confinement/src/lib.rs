//! What the small programs give up and shut before they look at anything from outside. Each of them says which of it, and
//! in which order; what cannot be put right is an error, and then the program does nothing else.
#![forbid(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Gid, Group, Uid, User, getresgid, getresuid, setgroups, setresgid, setresuid};

pub mod files;

/// Starts over with an empty environment: nothing in the libraries that look people up can be steered by it. The
/// loader drops the worst of it for a setgid program; this drops the rest.
///
/// # Errors
/// The program cannot be started again.
pub fn leave_environment() -> io::Result<()> {
    if std::env::vars_os().next().is_none() {
        return Ok(());
    }
    Err(Command::new("/proc/self/exe").env_clear().exec())
}

/// The group that opens the system store: that of the setgid `otp-helper`, and of nobody else.
pub const HELPER_GROUP: &str = "insis-otp";

/// Whether this is that group.
#[must_use]
pub fn is_helper_group(gid: Gid) -> bool {
    gid.as_raw() != 0 && matches!(Group::from_name(HELPER_GROUP), Ok(Some(group)) if group.gid == gid)
}

/// Whether the kernel lets others of their user look into programs that have gained rights by exec.
const SUID_DUMPABLE: &str = "/proc/sys/fs/suid_dumpable";

/// Sees that nobody of its own user can look into a program that is started with a group which that user does not have.
///
/// # Errors
/// The kernel is set up to let them, or it is not known.
pub fn closed_to_its_user() -> io::Result<()> {
    match std::fs::read_to_string(SUID_DUMPABLE) {
        Ok(value) if value.trim() != "1" => Ok(()),
        _ => {
            Err(io::Error::other(format!("{SUID_DUMPABLE} must be 0 or 2, so that nobody can look into it")))
        }
    }
}

/// Leaves the group of a setgid program that has started this one: it is good for nothing but for keeping others of the same
/// user out of this process from its start. The change keeps them out, too (`commit_creds` in the kernel), until
/// [`forbid_dumps`] does.
///
/// # Errors
/// The group is not gone.
pub fn leave_group() -> io::Result<()> {
    let gids = getresgid()?;
    if gids.effective == gids.real && gids.saved == gids.real {
        return Ok(());
    }
    setresgid(gids.real, gids.real, gids.real)?;
    let gids = getresgid()?;
    if gids.effective != gids.real || gids.saved != gids.real {
        return Err(io::Error::other("the group that it was started with is not gone"));
    }
    Ok(())
}

/// Neither this process's memory nor the files that it makes are for others: no core dumps, no tracing, no rights but the
/// owner's.
///
/// # Errors
/// The kernel does not want that.
pub fn forbid_dumps() -> io::Result<()> {
    nix::sys::prctl::set_dumpable(false)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    Ok(())
}

/// Closes everything beyond the standard descriptors (which the runtime has opened, if they were closed).
pub fn close_inherited() {
    let number = |entry: io::Result<std::fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse::<i32>().ok();
    let descriptors: Vec<i32> = match std::fs::read_dir("/proc/self/fd") {
        Ok(entries) => entries.filter_map(number).collect(),
        Err(_) => (3..1024).collect(),
    };
    for descriptor in descriptors.into_iter().filter(|d| *d > 2) {
        // One of them was the listing's own, and is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}

/// Timers and alarms that were set before this program was started end in signals, and so do the keys of a terminal: none
/// of them shall choose the moment of its end. To be called before there is a thread that could take them instead.
///
/// # Errors
/// The kernel does not want that.
pub fn block_signals() -> io::Result<()> {
    Ok(SigSet::all().thread_block()?)
}

/// Nothing that this process starts gains rights from here on.
///
/// # Errors
/// The kernel does not want that.
pub fn renounce() -> io::Result<()> {
    Ok(nix::sys::prctl::set_no_new_privs()?)
}

/// The time after which the program ends, whatever its caller does.
#[derive(Debug)]
pub struct Lifetime {
    ends: Arc<Mutex<Instant>>,
    by_alarm: bool,
}

impl Lifetime {
    /// Begins. A thread ends the program, since a caller can leave the alarm's signal ignored; where no thread can be had, the
    /// alarm has to do.
    ///
    /// # Errors
    /// Neither can be had.
    pub fn begin(length: Duration) -> io::Result<Self> {
        let ends = Arc::new(Mutex::new(Instant::now() + length));
        let watched = Arc::clone(&ends);
        let watch = std::thread::Builder::new().spawn(move || {
            wait_for(&watched);
            std::process::exit(1);
        });
        let lifetime = Self { ends, by_alarm: watch.is_err() };
        if lifetime.by_alarm {
            lifetime.set_alarm();
            SigSet::from(Signal::SIGALRM).thread_unblock()?;
        }
        Ok(lifetime)
    }

    /// Adds to it.
    pub fn extend(&self, by: Duration) {
        *lock(&self.ends) += by;
        if self.by_alarm {
            self.set_alarm();
        }
    }

    /// In the place of one that the caller may have set.
    fn set_alarm(&self) {
        let left = lock(&self.ends).saturating_duration_since(Instant::now());
        nix::unistd::alarm::set(u32::try_from(left.as_secs() + 1).unwrap_or(u32::MAX));
    }
}

fn wait_for(ends: &Mutex<Instant>) {
    loop {
        let left = lock(ends).saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left);
    }
}

fn lock(ends: &Mutex<Instant>) -> MutexGuard<'_, Instant> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No more than a program needs that talks to a server, whatever an answer makes it do: no file that it writes
/// is longer than that, in bytes, and it ends after so many seconds of work. And no less: a setuid program, such as su, passes the
/// limits of its caller on, who may want this one to fail half way. Root's rights are above these limits.
///
/// # Errors
/// The kernel does not want that, or a limit is too low, and there are no rights to raise it.
pub fn limit(seconds: u64, longest_file: u64) -> io::Result<()> {
    const ADDRESS_SPACE: u64 = 1 << 30;
    for (resource, least, most, name) in [
        (Resource::RLIMIT_FSIZE, longest_file, longest_file, "file size"),
        (Resource::RLIMIT_CPU, seconds.min(5), seconds, "CPU time"),
        (Resource::RLIMIT_AS, 64 << 20, ADDRESS_SPACE, "address space"),
        (Resource::RLIMIT_DATA, 16 << 20, ADDRESS_SPACE, "data size"),
        (Resource::RLIMIT_STACK, 256 << 10, 8 << 20, "stack size"),
        (Resource::RLIMIT_NOFILE, 16, 64, "open files"),
    ] {
        let (_, hard) = getrlimit(resource)?;
        if hard < most && setrlimit(resource, most, most).is_ok() {
            continue;
        }
        let most = most.min(hard);
        if most < least {
            return Err(too_low(name));
        }
        setrlimit(resource, most, most)?;
    }
    Ok(())
}

/// What a program says that a limit keeps from its work.
#[must_use]
pub fn too_low(limit: &str) -> io::Error {
    io::Error::other(format!("the limit on its {limit} is too low (ulimit)"))
}

/// Becomes a system user, where root started the program. Nobody else's rights are changed: there is nothing to give up.
///
/// # Errors
/// There is no such user, or root's rights are not gone.
pub fn drop_privileges(name: &str) -> io::Result<()> {
    if !Uid::effective().is_root() && !Uid::current().is_root() {
        return Ok(());
    }
    let user =
        User::from_name(name).ok().flatten().filter(|user| !user.uid.is_root() && user.gid.as_raw() != 0);
    let user = user.ok_or_else(|| {
        io::Error::other(format!(
            "there is no system user {name}: create it (systemd-sysusers, or useradd --system {name})"
        ))
    })?;
    become_user(&user).map_err(|error| io::Error::other(format!("it cannot become {name}: {error}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_waited_for() {
        let began = Instant::now();
        let ends = Arc::new(Mutex::new(began + Duration::from_millis(50)));
        let lifetime = Lifetime { ends: Arc::clone(&ends), by_alarm: false };
        let waits = std::thread::spawn(move || wait_for(&ends));
        lifetime.extend(Duration::from_millis(150));
        waits.join().unwrap();
        assert!(began.elapsed() >= Duration::from_millis(200));
    }
}
