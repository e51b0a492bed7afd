//! What the helper gives up and shuts before it looks at anything from outside.

use std::io;
use std::time::Duration;

use confinement::{Lifetime, block_signals, close_inherited, forbid_dumps, leave_environment, too_low};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

/// Only PAM's modules may still need to gain rights, to have a password checked; and `otp-idp` to be confined as its own
/// AppArmor profile says, when a person signs in.
pub use confinement::renounce;

/// The helper ends after this time, whatever its caller does; later by as long as a person has to sign in.
const LIFETIME: Duration = Duration::from_secs(30);

/// Leaves nothing of the caller's choosing that matters: environment, descriptors, limits, dumps, signals, timers and
/// processors. What cannot be put right is refused before anything is read.
pub fn confine() -> io::Result<Lifetime> {
    leave_environment()?;
    raise_limits()?;
    // The kernel does not let a setgid program be traced or dumped; this holds when it is run without that too.
    forbid_dumps()?;
    close_inherited();
    block_signals()?;
    let lifetime = Lifetime::begin(LIFETIME)?;
    leave_processors();
    Ok(lifetime)
}

/// The limits that a transaction needs; a soft one that is lower is raised, as far as the hard one allows.
fn raise_limits() -> io::Result<()> {
    for resource in [
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_CPU,
        Resource::RLIMIT_AS,
        Resource::RLIMIT_DATA,
        Resource::RLIMIT_STACK,
        Resource::RLIMIT_NOFILE,
    ] {
        let (soft, hard) = getrlimit(resource)?;
        if soft < hard {
            setrlimit(resource, hard, hard)?;
        }
    }
    match insis_otp::store::limit_that_is_too_low() {
        Some(limit) => Err(too_low(limit)),
        None => Ok(()),
    }
}

/// Runs on every processor, and not only where the caller keeps others busy. The caller may take that back, being of the
/// same user; then whoever waits goes on without this process.
fn leave_processors() {
    let mut all = CpuSet::new();
    (0..CpuSet::count()).for_each(|number| _ = all.set(number));
    let _ = sched_setaffinity(Pid::from_raw(0), &all);
}
