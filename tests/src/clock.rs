//! A real-time clock that a test sets.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The library that processes load to see another time.
#[must_use]
pub fn library() -> &'static Path {
    Path::new(env!("CLOCK_LIBRARY"))
}

/// A clock: runs at the kernel's pace with an offset, or stands still, as a test says, for all processes that use it.
#[derive(Debug)]
pub struct Clock {
    path: PathBuf,
    file: File,
}

impl Clock {
    /// A clock that shows the kernel's time until it is set.
    ///
    /// # Panics
    /// When the file that the processes read cannot be made.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
        let file = file.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let clock = Self { path: path.to_owned(), file };
        clock.write(0, 0);
        clock
    }

    /// Stands still at that Unix time.
    pub fn freeze(&self, seconds: u64) {
        self.write(0, i64::try_from(seconds).expect("a time in reach") * 1_000_000_000);
    }

    /// Runs on, so many seconds away from the kernel's time.
    pub fn shift(&self, seconds: i64) {
        self.write(seconds * 1_000_000_000, 0);
    }

    /// Moves the clock, standing or running, by so many seconds.
    pub fn advance(&self, seconds: i64) {
        let (offset, frozen) = self.read();
        let step = seconds * 1_000_000_000;
        if frozen == 0 { self.write(offset + step, 0) } else { self.write(0, frozen + step) }
    }

    /// The Unix time that the processes see.
    #[must_use]
    pub fn now(&self) -> u64 {
        let (offset, frozen) = self.read();
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos();
        let shown = if frozen == 0 { i64::try_from(real).unwrap_or(i64::MAX) + offset } else { frozen };
        u64::try_from(shown / 1_000_000_000).expect("the clock stands before 1970")
    }

    /// Gives one command this clock. (Programs that gain privileges at their start ignore it; see
    /// [`crate::env::Builder::clock`] for those.)
    pub fn give<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", library()).env("CLOCK_FILE", &self.path)
    }

    fn read(&self) -> (i64, i64) {
        let mut both = [0; 16];
        self.file.read_exact_at(&mut both, 0).expect("cannot read the clock");
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_ne_bytes).expect("eight bytes");
        let (offset, frozen) = both.split_at(8);
        (number(offset), number(frozen))
    }

    fn write(&self, offset: i64, frozen: i64) {
        let both = [offset.to_ne_bytes(), frozen.to_ne_bytes()].concat();
        self.file.write_all_at(&both, 0).expect("cannot set the clock");
    }
}
