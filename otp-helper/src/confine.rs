//! What the helper gives up and shuts before it looks at anything from outside.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

/// The helper ends after this time, whatever its caller does.
const LIFETIME: Duration = Duration::from_secs(30);

/// Leaves nothing of the caller's choosing that matters: environment, descriptors, limits, dumps, signals, timers and
/// processors. What cannot be put right is refused before anything is read.
pub fn confine() -> io::Result<()> {
    leave_environment()?;
    raise_limits()?;
    // The kernel does not let a setgid program be traced or dumped; this holds when it is run without that too.
    nix::sys::prctl::set_dumpable(false)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    close_inherited();
    // Timers and alarms that were set before this program was started end in signals, and so do the keys of a terminal:
    // none of them shall choose the moment of its end. Before there is a thread that could take them instead.
    SigSet::all().thread_block()?;
    end_in_time()?;
    leave_processors();
    Ok(())
}

/// Nothing that this process starts gains rights from here on. Only PAM's modules may still need that, to have a
/// password checked.
pub fn renounce() -> io::Result<()> {
    Ok(nix::sys::prctl::set_no_new_privs()?)
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
        Some(limit) => Err(io::Error::other(format!("the limit on its {limit} is too low (ulimit)"))),
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

/// Starts over with an empty environment: nothing in the libraries that look people up can be steered by it. The
/// loader drops the worst of it for a setgid program; this drops the rest.
fn leave_environment() -> io::Result<()> {
    if std::env::vars_os().next().is_none() {
        return Ok(());
    }
    Err(Command::new("/proc/self/exe").env_clear().exec())
}

/// Ends the helper in time. A thread does it, since a caller can leave the alarm's signal ignored; where no thread can be
/// had, the alarm has to do.
fn end_in_time() -> io::Result<()> {
    let watch = std::thread::Builder::new().spawn(|| {
        std::thread::sleep(LIFETIME);
        std::process::exit(1);
    });
    if watch.is_err() {
        // In the place of one that the caller may have set.
        nix::unistd::alarm::set(30);
        SigSet::from(Signal::SIGALRM).thread_unblock()?;
    }
    Ok(())
}

/// Closes everything beyond the standard descriptors (which the runtime has opened, if they were closed).
fn close_inherited() {
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
