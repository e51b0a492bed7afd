//! Ends the program when whoever asked hangs up, whatever it is doing then, and in time in any case.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Watches standard input from a thread of its own.
pub fn begin(lifetime: Duration) -> io::Result<()> {
    let ends = Instant::now() + lifetime;
    std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
        wait(ends);
        std::process::exit(1);
    })?;
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
