//! Control groups (version 2), in which processes are frozen or killed together, whoever's they are.

use std::os::unix::fs::chown;
use std::path::PathBuf;

use nix::unistd::{Pid, Uid};

use crate::held::until;

/// Where the second version of control groups is mounted.
fn cgroups() -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/mounts").expect("no mounts");
    let mut folders = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let folder = words.next()?;
        (words.next() == Some("cgroup2")).then(|| PathBuf::from(folder))
    });
    folders.next().expect("no control groups (version 2) on this machine: nothing can be frozen")
}

/// A control group, until it is dropped.
#[derive(Debug)]
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    /// A new one, with nobody in it.
    ///
    /// # Panics
    /// Where there are none, or this process is not root.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Self {
        let path =
            cgroups().join(format!("otp-test-{}-{:?}", std::process::id(), std::thread::current().id()));
        std::fs::create_dir(&path).expect("cannot make a control group");
        Self(path)
    }

    /// A new one that is delegated to somebody, as systemd delegates a slice to each user.
    ///
    /// # Panics
    /// As `new`.
    #[must_use]
    pub fn delegated_to(owner: Uid) -> Self {
        let group = Self::new();
        for name in ["", "cgroup.procs", "cgroup.threads", "cgroup.freeze", "cgroup.kill"] {
            chown(group.0.join(name), Some(owner.as_raw()), None).expect("cannot be delegated");
        }
        group
    }

    /// Writes to one of its files, with the rights of this thread.
    ///
    /// # Panics
    /// When that is refused.
    pub fn set(&self, file: &str, value: &str) {
        std::fs::write(self.0.join(file), value).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Takes a process in.
    ///
    /// # Panics
    /// When that is refused.
    pub fn take(&self, process: Pid) {
        self.set("cgroup.procs", &process.to_string());
    }

    /// Freezes it, and waits until it is.
    ///
    /// # Panics
    /// When that is refused, or takes long.
    pub fn freeze(&self) {
        self.set("cgroup.freeze", "1");
        until("that it is frozen", || self.is_frozen().then_some(()));
    }

    /// Whether all that is in it stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        std::fs::read_to_string(self.0.join("cgroup.events")).is_ok_and(|text| text.contains("frozen 1"))
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let _ = std::fs::write(self.0.join("cgroup.kill"), "1");
        let _ = std::fs::write(self.0.join("cgroup.freeze"), "0");
        // It is gone when the last one in it is.
        for _ in 0..100 {
            if std::fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
