//! Waiting for the lock of a secret file, and noticing that whoever holds it does not run.
//!
//! A lock is held for less than a millisecond, and for as long as the disk takes to write one page. A holder that is
//! stopped, frozen or starved would keep its user out for good, and anybody may be able to do that to a process of their
//! own. So a waiter watches the state's sequence number, which every transaction moves on at its beginning; when it
//! stands still for too long, the waiter goes on without the holder ([`super::publish`]).

use std::fs::File;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::Cause;
use super::file::{holder, os_errno};
use super::form::{self, HEAD, PAGE};

/// How long an operation waits for the lock, as long as whoever holds it gets on.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing may move before a holder counts as one that does not run.
const STALL: Duration = Duration::from_millis(250);
/// The same, for holders that come after one that did not run: that is no accident any more.
const NEXT_STALL: Duration = Duration::from_millis(60);
/// How often a waiter looks.
const LOOK: Duration = Duration::from_millis(20);

/// How waiting ended.
pub enum Waited {
    /// The lock is ours.
    Locked(Flock<File>),
    /// Another file is at the path now.
    Moved,
    /// Whoever holds the lock does not run.
    Stalled(File),
}

/// One operation's wait, over all the files that it waits for.
pub struct Patience {
    began: Instant,
    moved: Instant,
    sequence: Option<u64>,
    stall: Duration,
}

impl Patience {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { began: now, moved: now, sequence: None, stall: STALL }
    }

    /// Whether the state has not moved on for too long.
    fn has_stalled(&mut self, file: &File) -> bool {
        let mut slots = [0; PAGE - HEAD];
        let read = nix::sys::uio::pread(file, &mut slots, HEAD as i64);
        let sequence = read.ok().and_then(|_| form::claimed_sequence_of_slots(&slots));
        if sequence != self.sequence {
            (self.sequence, self.moved) = (sequence, Instant::now());
        }
        self.moved.elapsed() >= self.stall
    }

    /// After a holder that did not run, or in a file that took another one's place.
    pub fn restart(&mut self, stalled: bool) {
        (self.sequence, self.moved) = (None, Instant::now());
        if stalled {
            self.stall = NEXT_STALL;
        }
    }

    /// No holder is taken for one that does not run any more: this file system cannot exchange two files.
    pub fn never_take_over(&mut self) {
        self.stall = Duration::MAX;
    }
}

/// Waits for the lock of a file. Longer pauses than these would only leave it free between two of many.
pub fn wait(mut file: File, patience: &mut Patience, is_there: impl Fn() -> bool) -> Result<Waited, Cause> {
    let mut pause = Duration::from_micros(200);
    let mut looked = Instant::now();
    loop {
        file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Ok(Waited::Locked(locked)),
            Err((file, Errno::EWOULDBLOCK | Errno::EINTR)) => file,
            Err((_, errno)) => return Err(os_errno("lock it")(errno)),
        };
        if patience.began.elapsed() >= PATIENCE {
            return Err(Cause::Busy { waited: PATIENCE.as_secs(), holder: holder(&file) });
        }
        if looked.elapsed() >= LOOK {
            if !is_there() {
                return Ok(Waited::Moved);
            }
            if patience.has_stalled(&file) {
                return Ok(Waited::Stalled(file));
            }
            looked = Instant::now();
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
}
