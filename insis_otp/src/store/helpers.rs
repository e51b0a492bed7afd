//! Helpers that are still at work for somebody whose enrollment root has just changed.
//!
//! `otp-helper` runs with its caller's user id, who may stop it just before the last step of what a code allowed, and let
//! it go on much later. What root does about an enrollment must not be undone like that. So root ends those helpers
//! afterwards, and only then looks whether what it did stands: whoever is started later has to show a proof for what is
//! there now.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use crate::files;
use crate::store::Account;

/// How long a process that was killed is waited for: one that is writing to a disk ends when that has written.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends the helpers of a user that use a store. Best effort: where there is no /proc, or one does not end, it is as if none
/// had been found.
pub fn end(account: &Account, store: &Path) {
    let Ok(metadata) = store.symlink_metadata() else { return };
    let Ok(processes) = fs::read_dir("/proc") else { return };
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // Containers may have users and groups of the same numbers, and stores of their own.
    let is_helper = |number: i32| {
        is_helper(number, account.uid.as_raw(), metadata.gid())
            && sees(number, store).is_some_and(|theirs| files::is_same(&theirs, &metadata))
    };
    let ended: Vec<i32> = numbers.filter(|number| is_helper(*number) && kill(*number, is_helper)).collect();
    let begun = Instant::now();
    while ended.iter().any(|number| is_helper(*number)) && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a process has at the path of the store.
fn sees(number: i32, store: &Path) -> Option<Metadata> {
    let theirs = Path::new("/proc").join(number.to_string()).join("root").join(store.strip_prefix("/").ok()?);
    theirs.symlink_metadata().ok()
}

/// Whether a process runs as the user, and has the store's group by its program alone.
fn is_helper(number: i32, uid: u32, group: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{number}/status")) else { return false };
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let ids = |name: &str| -> Vec<u32> {
        let numbers = field(name).into_iter().flat_map(str::split_whitespace);
        numbers.filter_map(|number| number.parse().ok()).collect()
    };
    let has_ended = field("State:").is_some_and(|state| state.trim_start().starts_with(['Z', 'X']));
    let is_of_group =
        matches!(ids("Gid:").as_slice(), [real, effective, ..] if *real != group && *effective == group);
    !has_ended && ids("Uid:").first() == Some(&uid) && is_of_group
}

/// Kills a process, unless its number is another's by now.
fn kill(number: i32, is_helper: impl Fn(i32) -> bool) -> bool {
    let Some(pid) = Pid::from_raw(number) else { return false };
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    is_helper(number) && pidfd_send_signal(&process, rustix::process::Signal::KILL).is_ok()
}
