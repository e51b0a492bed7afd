//! What the caller of a privileged program controls, kept away from a transaction.
//!
//! `su` and `sudo` run with the caller's real user id, resource limits, signal mask and processors, and `otp-helper` with
//! its whole user id. A guess is charged before it is compared, so that none of this makes one free; but a process that
//! is stopped while it holds the lock makes others wait, and one whose limits are too low fails where it should not.
//!
//! For the time of one transaction:
//!
//! - Signals are blocked for this thread: those of the terminal, of timers inherited over exec, and of limits.
//! - Where the effective user is root and the real one is not, the real user id of this thread becomes root's, by the raw
//!   system call. kill(2), sched_setaffinity(2) and the like compare it with the caller's; after that, the caller can
//!   neither stop nor kill this process.
//! - The thread may run on every processor.
//!
//! Where both are root, only the signals are blocked: `sudo` is such a process, and its caller's terminal stops and ends it
//! all the same (^Z, ^C, a line that hangs up). What remains (control groups that the caller may
//! freeze or starve, SIGKILL and SIGSTOP where the user is one's own) ends in others taking over: see [`super::file`].

use nix::sys::resource::{RLIM_INFINITY, Resource, UsageWho, getrlimit, getrusage};
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::time::TimeValLike;
use nix::unistd::{ResUid, Uid, getresuid};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity, set_thread_res_uid};

use super::Cause;

/// The time of one transaction; what was changed for it is put back at its end.
#[derive(Default)]
pub struct Isolation {
    real: Option<Uid>,
    signals: Option<SigSet>,
    processors: Option<CpuSet>,
}

/// What a process needs to get through a transaction: bytes, seconds or descriptors.
const NEEDED: [(Resource, u64, &str); 6] = [
    (Resource::RLIMIT_FSIZE, 32 << 20, "file size"),
    (Resource::RLIMIT_CPU, 5, "CPU time"),
    (Resource::RLIMIT_AS, 64 << 20, "address space"),
    (Resource::RLIMIT_DATA, 16 << 20, "data size"),
    (Resource::RLIMIT_STACK, 256 << 10, "stack size"),
    (Resource::RLIMIT_NOFILE, 16, "open files"),
];

/// The resource limit that is too low for a transaction, if any is.
pub fn limit_that_is_too_low() -> Option<&'static str> {
    let too_low = |(resource, needed, name)| match getrlimit(resource) {
        Ok((RLIM_INFINITY, _)) => None,
        Ok((soft, _)) if soft >= consumed(resource).saturating_add(needed) => None,
        _ => Some(name),
    };
    NEEDED.into_iter().find_map(too_low)
}

/// How much of a resource this process has used up before. Of the others, what it has in use is no longer needed later, or
/// little.
fn consumed(resource: Resource) -> u64 {
    if resource != Resource::RLIMIT_CPU {
        return 0;
    }
    getrusage(UsageWho::RUSAGE_SELF).map_or(u64::MAX, |usage| {
        let seconds = usage.user_time().num_seconds().saturating_add(usage.system_time().num_seconds());
        u64::try_from(seconds).unwrap_or(u64::MAX)
    })
}

impl Isolation {
    /// Begins it.
    ///
    /// # Errors
    /// A limit of this process is too low, or it cannot be kept from its caller. Then nothing may be compared.
    pub fn begin() -> Result<Self, Cause> {
        let os = |action| move |error: nix::Error| Cause::Os { action, error: error.into() };
        let ResUid { real, effective, .. } = getresuid().map_err(os("look whose process this is"))?;
        let is_root = real.is_root() && effective.is_root();
        if let Some(limit) = (!is_root).then(limit_that_is_too_low).flatten() {
            return Err(Cause::Limit(limit));
        }
        let signals = SigSet::all()
            .thread_swap_mask(SigmaskHow::SIG_SETMASK)
            .map_err(os("keep signals from this process"))?;
        let mut isolation = Self { signals: Some(signals), ..Self::default() };
        if is_root {
            return Ok(isolation);
        }
        if effective.is_root() {
            set_real(Uid::from_raw(0)).map_err(os("keep the caller from this process"))?;
            isolation.real = Some(real);
        }
        // What cannot be had here is no reason to refuse: others take over from whoever is too slow.
        if let Ok(former) = sched_getaffinity(None)
            && sched_setaffinity(None, &every_processor()).is_ok()
        {
            isolation.processors = Some(former);
        }
        Ok(isolation)
    }

    /// Ends it.
    ///
    /// # Errors
    /// The real user id could not be put back. Then the process must not go on as if nothing had been.
    pub fn end(mut self) -> Result<(), Cause> {
        self.put_back().map_err(|error| Cause::Os {
            action: "give its user id back to this process",
            error: error.into(),
        })
    }

    fn put_back(&mut self) -> Result<(), nix::Error> {
        if let Some(processors) = self.processors.take() {
            let _ = sched_setaffinity(None, &processors);
        }
        let real = self.real.take().map_or(Ok(()), set_real);
        if let Some(signals) = self.signals.take() {
            let _ = signals.thread_set_mask();
        }
        real
    }
}

impl Drop for Isolation {
    /// After a panic. In order, it has nothing to do.
    fn drop(&mut self) {
        let _ = self.put_back();
    }
}

/// Of this thread, and of no other.
fn set_real(uid: Uid) -> Result<(), nix::Error> {
    let uid = rustix::thread::Uid::from_raw(uid.as_raw());
    set_thread_res_uid(uid, None, None).map_err(|error| nix::Error::from_raw(error.raw_os_error()))
}

fn every_processor() -> CpuSet {
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|number| all.set(number));
    all
}
