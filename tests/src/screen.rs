//! A real xterm on a display of its own, and pictures of it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::env::run;
use crate::phone::scan;
use crate::scanner::{self, SCANNERS};

/// The terminal's colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    /// Light letters on black.
    Dark,
    /// Dark letters on white.
    Light,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dark, Self::Light];

    fn colours(self) -> [&'static str; 4] {
        match self {
            Self::Dark => ["-bg", "black", "-fg", "grey90"],
            Self::Light => ["-bg", "white", "-fg", "grey10"],
        }
    }
}

/// The terminal's letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Font {
    /// DejaVu Sans Mono. A full block does not fill its cell at every size: there may be a pixel of ground between rows.
    Scalable,
    /// The same, in so many points.
    Points(u8),
    /// xterm's own, in which blocks meet, as in terminals that draw them themselves.
    Bitmap,
}

/// A display without a screen (Xvfb).
#[derive(Debug)]
pub struct Screen {
    server: Child,
    display: String,
    folder: tempfile::TempDir,
}

impl Screen {
    /// Starts one on a free display number.
    ///
    /// # Panics
    /// When Xvfb does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::of_size(1280, 1024)
    }

    /// One of so many pixels.
    ///
    /// # Panics
    /// When Xvfb does not start.
    #[must_use]
    pub fn of_size(width: u16, height: u16) -> Self {
        let folder = tempfile::tempdir().expect("no folder for pictures");
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                &format!("{width}x{height}x24"),
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is missing: make deps");
        let output = server.stdout.take().expect("standard output is a pipe");
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number).expect("Xvfb said no display number");
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        Self { server, display: format!(":{}", number.trim()), folder }
    }

    /// The display, as in `DISPLAY`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Runs a command in an xterm of 24 rows of 80 columns. It has to stay: the window goes when it ends.
    #[must_use]
    pub fn xterm(&self, theme: Theme, command: &Command) -> Xterm<'_> {
        self.xterm_sized(theme, 24, 80, command)
    }

    /// Runs a command in an xterm of that size.
    #[must_use]
    pub fn xterm_sized(&self, theme: Theme, rows: u16, columns: u16, command: &Command) -> Xterm<'_> {
        self.run(theme, Font::Scalable, (rows, columns), command)
    }

    fn run(&self, theme: Theme, font: Font, (rows, columns): (u16, u16), command: &Command) -> Xterm<'_> {
        let mut xterm = Command::new("xterm");
        xterm.args(["-display", &self.display, "-geometry", &format!("{columns}x{rows}+0+0"), "-u8"]);
        xterm.args(theme.colours());
        match font {
            Font::Scalable => xterm.args(["-fa", "DejaVu Sans Mono", "-fs", "10"]),
            Font::Points(points) => xterm.args(["-fa", "DejaVu Sans Mono", "-fs", &points.to_string()]),
            Font::Bitmap => &mut xterm,
        };
        xterm.arg("-e").arg(command.get_program()).args(command.get_args());
        xterm.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        xterm.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stderr(Stdio::null());
        let child = xterm.spawn().expect("xterm is missing: make deps");
        Xterm { child, screen: self }
    }

    /// Shows what a program wrote to a terminal of that size ([`crate::terminal::Terminal::raw`]), as xterm draws it.
    #[must_use]
    pub fn replay(&self, theme: Theme, font: Font, size: (u16, u16), written: &[u8]) -> Xterm<'_> {
        let path = self.folder.path().join("written");
        std::fs::write(&path, written).expect("cannot keep what was written");
        let mut command = Command::new("sh");
        command.args(["-c", "stty -opost; cat \"$1\"; exec sleep 600", "sh"]).arg(&path);
        self.run(theme, font, size, &command)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        // Killed, it leaves these behind.
        let number = self.display.trim_start_matches(':');
        let _ = std::fs::remove_file(format!("/tmp/.X{number}-lock"));
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{number}"));
    }
}

/// A window with a terminal in it.
#[derive(Debug)]
pub struct Xterm<'a> {
    child: Child,
    screen: &'a Screen,
}

impl Xterm<'_> {
    /// A picture of the whole display as it is now.
    #[must_use]
    pub fn picture(&self) -> PathBuf {
        let path = self.screen.folder.path().join("screen.png");
        run(Command::new("import").args(["-display", &self.screen.display, "-window", "root"]).arg(&path));
        path
    }

    /// A picture with a QR code in it, and what the code says; waits a bounded time for one.
    #[must_use]
    pub fn scan(&self) -> Option<(PathBuf, String)> {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            let picture = self.picture();
            if let Some(text) = scan(&picture).into_iter().next() {
                return Some((picture, text));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        None
    }

    /// What each of the [`SCANNERS`] reads, nothing being an empty text; waits a bounded time for all of them.
    #[must_use]
    pub fn scan_by_all(&self) -> [String; SCANNERS.len()] {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let read = scanner::read(&self.picture());
            if read.iter().all(|text| !text.is_empty()) || Instant::now() >= end {
                return read;
            }
        }
    }

    /// Copies the last picture to where it outlives the test.
    pub fn keep(&self, path: &Path) {
        std::fs::copy(self.picture(), path).expect("cannot keep the picture");
    }
}

impl Drop for Xterm<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
