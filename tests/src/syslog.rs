//! The system log, as a test reads it.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a line may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What no program writes to the log.
const MARK: &str = "end of the lines so far";

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Vec<String>>,
    arrived: Condvar,
    stop: AtomicBool,
}

/// A listener where /dev/log points to.
#[derive(Debug)]
pub struct Syslog {
    path: PathBuf,
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
    marks: AtomicU64,
}

impl Syslog {
    /// Listens at that path, for everybody.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let socket = bind(path);
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("cannot set a time-out");
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        let reader = std::thread::spawn(move || collect(&socket, &own));
        Self { path: path.to_owned(), shared, reader: Some(reader), marks: AtomicU64::new(0) }
    }

    /// All lines sent so far, with priority as they were sent (`<86>sshd[7]: …`).
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.settle();
        self.shared.lines.lock().expect("the log's reader panicked").clone()
    }

    /// Waits for a line that contains all of these; fails the test when none comes.
    pub fn expect(&self, parts: &[&str]) -> String {
        self.wait_for(|line| parts.iter().all(|part| line.contains(part)))
            .unwrap_or_else(|| panic!("no log line with {parts:?} among:\n{}", self.lines().join("\n")))
    }

    /// Waits for a line that fits, for a bounded time.
    #[must_use]
    pub fn wait_for(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        let end = Instant::now() + PATIENCE;
        let mut lines = self.shared.lines.lock().expect("the log's reader panicked");
        loop {
            if let Some(line) = lines.iter().find(|line| fits(line)) {
                return Some(line.clone());
            }
            let left = end.checked_duration_since(Instant::now())?;
            (lines, _) = self.shared.arrived.wait_timeout(lines, left).expect("the log's reader panicked");
        }
    }

    /// Forgets the lines sent so far.
    pub fn clear(&self) {
        self.settle();
        self.shared.lines.lock().expect("the log's reader panicked").clear();
    }

    /// Waits until every line that was sent before has been read: a line of this listener's own comes out behind them.
    fn settle(&self) {
        if self.reader.is_none() {
            return;
        }
        let end = format!("{MARK} {}", self.marks.fetch_add(1, Ordering::Relaxed));
        let sender = UnixDatagram::unbound().expect("no socket");
        sender.send_to(end.as_bytes(), &self.path).expect("cannot write to the log");
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.shared.lines.lock().expect("the log's reader panicked");
        while !lines.contains(&end) {
            let left = deadline.checked_duration_since(Instant::now()).expect("the log's reader is stuck");
            (lines, _) = self.shared.arrived.wait_timeout(lines, left).expect("the log's reader panicked");
        }
        lines.retain(|line| *line != end);
    }

    /// From now on nobody listens, and there is no /dev/log.
    pub fn stop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Drop for Syslog {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A listener that never reads: its queue fills up, and a careless sender then waits for ever.
#[must_use]
pub fn stuck(path: &Path) -> UnixDatagram {
    bind(path)
}

fn bind(path: &Path) -> UnixDatagram {
    let _ = std::fs::remove_file(path);
    let socket = UnixDatagram::bind(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o666))
        .expect("cannot open the log to everybody");
    socket
}

fn collect(socket: &UnixDatagram, shared: &Shared) {
    let mut buffer = vec![0; 1 << 16];
    while !shared.stop.load(Ordering::Relaxed) {
        let Ok(length) = socket.recv(&mut buffer) else { continue };
        let line = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
        let line = line.trim_end_matches(['\0', '\n']).to_owned();
        shared.lines.lock().expect("a reader of the log panicked").push(line);
        shared.arrived.notify_all();
    }
}
