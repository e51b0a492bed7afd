//! Waiting for the lock of a secret file, and noticing that whoever holds it does not run.
//!
//! A lock is held for less than a millisecond, and for as long as the disk takes to write one page. A holder that is
//! stopped, frozen or starved would keep its user out for good, and anybody may be able to do that to a process of their
//! own. So a waiter watches the state's sequence number, which every transaction moves on at its beginning; when it
//! stands still for too long, the waiter goes on without the holder ([`super::publish`]). It does so as well when others
//! get on, but one after the other for too long: whoever has many of them wait, and stops each for a moment while it has
//! the lock, would keep the user out.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::Cause;
use super::error::os_errno;
use super::layout::{self, HEAD, PAGE};

/// How long an operation waits for the lock, as long as whoever holds it gets on.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing may move before a holder counts as one that does not run.
const STALL: Duration = Duration::from_millis(250);
/// The same, for holders that come after one that did not run: that is no accident any more.
const NEXT_STALL: Duration = Duration::from_millis(60);
/// How long others may go first, however they get on. Honest ones take a millisecond each; only what is accepted waits for
/// the disk, and that is one code in a step.
const TURNS: Duration = Duration::from_millis(600);
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
    /// When we last went on without a holder, and lost our place.
    tried: Instant,
    moved: Instant,
    sequence: Option<u64>,
    stall: Duration,
    /// How long others have their turns after that. It doubles, so that of those who take over from each other one gets to
    /// its end, however slow the disk is.
    turn: Duration,
    takes_over: bool,
}

impl Patience {
    pub fn new() -> Self {
        let now = Instant::now();
        let (stall, turn) = (STALL, NEXT_STALL);
        Self { began: now, tried: now, moved: now, sequence: None, stall, turn, takes_over: true }
    }

    /// Whether the state has not moved on for too long, or others have gone first for too long.
    fn has_stalled(&mut self, file: &File) -> bool {
        let mut slots = [0; PAGE - HEAD];
        let read = nix::sys::uio::pread(file, &mut slots, HEAD as i64);
        let sequence = read.ok().and_then(|_| layout::claimed_sequence_of_slots(&slots));
        if sequence != self.sequence {
            (self.sequence, self.moved) = (sequence, Instant::now());
        }
        let had_their_turns = self.began.elapsed() >= TURNS && self.tried.elapsed() >= self.turn;
        self.takes_over && (self.moved.elapsed() >= self.stall || had_their_turns)
    }

    /// Another file has taken the place of the one that was waited for.
    pub fn begin_anew(&mut self) {
        (self.sequence, self.moved) = (None, Instant::now());
    }

    /// Whoever held the lock did not run.
    pub fn expect_more(&mut self) {
        self.begin_anew();
        self.stall = NEXT_STALL;
    }

    /// We went on without a holder, and have lost our place.
    pub fn give_turns(&mut self) {
        self.expect_more();
        self.tried = self.moved;
        self.turn = self.turn.saturating_mul(2);
    }

    /// No holder is taken for one that does not run any more: this file system cannot exchange two files.
    pub fn never_take_over(&mut self) {
        self.takes_over = false;
    }
}

/// Waits for the lock of a file. Longer pauses than these would only leave it free between two of many.
pub fn wait(mut file: File, patience: &mut Patience, is_there: impl Fn() -> bool) -> Result<Waited, Cause> {
    let mut pause = Duration::from_micros(200);
    let mut looked = patience.moved;
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

/// The process that holds the lock of a file, as /proc/locks has it: `1: FLOCK ADVISORY WRITE 4711 fe:01:12345 0 EOF`.
fn holder(file: &File) -> Option<u32> {
    let metadata = file.metadata().ok()?;
    let (major, minor) = (nix::sys::stat::major(metadata.dev()), nix::sys::stat::minor(metadata.dev()));
    let wanted = format!("{major:02x}:{minor:02x}:{}", metadata.ino());
    // The kernel gives the list in pieces, and passes over locks when others before them go meanwhile.
    (0..8).find_map(|_| holder_of(&wanted))
}

fn holder_of(wanted: &str) -> Option<u32> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let mut pids = locks.lines().filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, inode, ..] = words.as_slice() else { return None };
        (*inode == wanted).then(|| pid.parse().ok()).flatten()
    });
    // 0 is somebody in another container.
    pids.find(|pid| *pid != 0)
}
