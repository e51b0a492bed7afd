//! What the helper gives up and shuts before it looks at anything from outside.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};

/// The helper ends after this time, whatever its caller does.
const LIFETIME: Duration = Duration::from_secs(30);

/// Leaves nothing of the caller's choosing that matters: environment, descriptors, limits, dumps, blocked signals.
pub fn confine() -> io::Result<()> {
    leave_environment()?;
    // The kernel does not let a setgid program be traced or dumped; this holds when it is run without that too.
    nix::sys::prctl::set_dumpable(false)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    close_inherited();
    nix::sys::signal::SigSet::all().thread_unblock()?;
    end_in_time();
    Ok(())
}

/// Nothing that this process starts gains rights from here on. Only PAM's modules may still need that, to have a
/// password checked.
pub fn renounce() -> io::Result<()> {
    Ok(nix::sys::prctl::set_no_new_privs()?)
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
fn end_in_time() {
    let watch = std::thread::Builder::new().spawn(|| {
        std::thread::sleep(LIFETIME);
        std::process::exit(1);
    });
    if watch.is_err() {
        nix::unistd::alarm::set(30);
    }
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
