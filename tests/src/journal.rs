//! systemd's journal: the real daemon, which a test starts by itself.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::env::{Env, run};

/// Where the journal's sockets are.
pub const SOCKETS: &str = "/run/systemd/journal";

/// Does something while there is as much of the journal as a line's sender sees of it.
///
/// # Panics
/// When it cannot listen there.
pub fn while_listening<T>(act: impl FnOnce() -> T) -> T {
    std::fs::create_dir_all(SOCKETS).expect("cannot make a folder for the journal");
    let path = format!("{SOCKETS}/socket");
    let _socket = UnixDatagram::bind(&path).expect("cannot listen as the journal does");
    let result = act();
    let _ = std::fs::remove_file(path);
    result
}

/// A journald of the test's own, in memory; ended when dropped.
#[derive(Debug)]
pub struct Journal {
    child: Child,
}

impl Journal {
    /// Starts it.
    ///
    /// # Panics
    /// When it does not listen within seconds.
    #[must_use]
    pub fn start(env: &Env) -> Self {
        std::fs::create_dir_all(SOCKETS).expect("cannot make a folder for the journal");
        let mut command = env.command("/lib/systemd/systemd-journald");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let journal = Self { child: command.spawn().expect("systemd-journald is missing: make deps") };
        let end = Instant::now() + Duration::from_secs(10);
        while !std::fs::exists(format!("{SOCKETS}/socket")).unwrap_or(false) {
            assert!(Instant::now() < end, "systemd-journald does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        journal
    }

    /// Every entry so far, as `journalctl -o json` shows it.
    #[must_use]
    pub fn entries(&self) -> Vec<Value> {
        run(Command::new("journalctl").arg("--sync"));
        let output = run(Command::new("journalctl").args(["--all", "--output=json"]));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(|line| serde_json::from_str(line).expect("journalctl writes JSON")).collect()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
