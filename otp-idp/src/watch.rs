//! Ends the program when whoever asked hangs up, whatever it is doing then, and in time in any case.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::alarm;

/// How long the program may take before it has a thread, in seconds.
const START: u32 = 30;

/// Ends the program if it does not come to [`begin`] in time: looking up a user may hang. There is no thread as yet, so that the
/// ids of all threads are those of one.
pub fn bound_start() -> io::Result<()> {
    alarm::set(START);
    Ok(SigSet::from(Signal::SIGALRM).thread_unblock()?)
}

/// Watches standard input from a thread of its own.
pub fn begin(lifetime: Duration) -> io::Result<()> {
    let ends = Instant::now() + lifetime;
    std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
        wait(ends);
        std::process::exit(1);
    })?;
    alarm::cancel();
    Ok(())
}

/// Until the other side of standard input is closed, or the time is over.
fn wait(ends: Instant) {
    let input = io::stdin();
    loop {
        let left = ends.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        // The end of the other side is always told of.
        let mut watched = [PollFd::new(input.as_fd(), PollFlags::empty())];
        match poll(&mut watched, timeout) {
            // A lifetime that is longer than a poll may take is waited for in parts.
            Ok(0) if Instant::now() < ends => {}
            Err(Errno::EINTR) => {}
            _ => return,
        }
    }
}
