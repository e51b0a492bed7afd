//! Where the page goes: to the printer without a file, or into a file that only its owner can read.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::unistd::AccessFlags;
use zeroize::Zeroizing;

use super::{Page, Paper, layout, pdf, png, svg, text};
use crate::messages::Messages;

/// The printing system's program.
const PRINT: &str = "/usr/bin/lp";

/// Prints and saves pages.
pub trait Pages {
    /// Whether there is a printing system, as far as that shows without printing.
    fn can_print(&self) -> Result<(), PageError>;
    /// Whether a page can be written there, as far as that shows without writing.
    fn can_save(&self, path: &Path) -> Result<(), PageError>;
    /// Sends the page to the default printer.
    fn print(&self, page: &Page<'_>) -> Result<(), PageError>;
    /// Writes the page to a file, over an existing one only where that is said.
    fn save(&self, page: &Page<'_>, path: &Path, over: bool) -> Result<(), PageError>;
}

/// Why a page was not printed or saved.
#[derive(Debug)]
pub enum PageError {
    /// The name ends in none of the forms that there are.
    Form,
    /// There is such a file.
    Exists,
    /// It cannot be drawn.
    Drawing,
    /// There is no printing system.
    NoPrinter,
    /// The printing system does not take it, and says why: most often, nobody has said which printer is the default.
    NotPrinted(String),
    /// The operating system says why, of a file or folder where it is one.
    Failed(Option<PathBuf>, io::Error),
}

impl PageError {
    /// What is said of it.
    pub fn message(&self, messages: &Messages) -> String {
        match self {
            Self::Form => messages.page_form(),
            Self::Drawing => messages.page_drawing(),
            Self::NoPrinter => messages.page_no_printer(),
            // Not written over: there is nothing to say but what has been asked.
            Self::Exists => messages.nothing_changed(),
            Self::NotPrinted(why) => messages.page_not_printed(why),
            Self::Failed(None, error) => messages.page_failed(messages.system_error(error)),
            Self::Failed(Some(path), error) => {
                messages.page_failed(format!("{}: {}", path.display(), messages.system_error(error)))
            }
        }
    }
}

impl From<io::Error> for PageError {
    fn from(error: io::Error) -> Self {
        Self::Failed(None, error)
    }
}

/// The printer and the files of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Desktop {
    /// The size of paper.
    pub paper: Paper,
}

impl Desktop {
    fn pdf(self, page: &Page<'_>) -> Result<Zeroizing<Vec<u8>>, PageError> {
        pdf::pdf(&layout::draw(page, self.paper)).ok_or(PageError::Drawing)
    }

    /// The page in the form that a file's name asks for.
    fn form(self, page: &Page<'_>, path: &Path) -> Result<Zeroizing<Vec<u8>>, PageError> {
        let bytes = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        match ending(path)? {
            Ending::Pdf => self.pdf(page),
            Ending::Png => png::png(&layout::draw(page, self.paper)).ok_or(PageError::Drawing),
            Ending::Svg => Ok(bytes(&svg::svg(&layout::draw(page, self.paper)))),
            Ending::Txt => Ok(bytes(&text::text(page))),
        }
    }
}

impl Desktop {
    /// Sends a text to the default printer.
    pub fn print_text(self, text: &str) -> Result<(), PageError> {
        self.lp(text.as_bytes())
    }

    fn lp(self, document: &[u8]) -> Result<(), PageError> {
        let media = format!("media={}", self.paper.name());
        // Its complaints begin with its name, not with where it is.
        let child = Command::new(PRINT)
            .arg0("lp")
            .args(["-s", "-t", "insis-otp", "-o", &media, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(PageError::NoPrinter),
            Err(error) => return Err(error.into()),
        };
        // A printing system that refuses says why, and that counts.
        let sent = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(document));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            let why = why.trim().trim_end_matches('.');
            return Err(PageError::NotPrinted(why.chars().filter(|c| !c.is_control()).collect()));
        }
        Ok(sent?)
    }
}

impl Pages for Desktop {
    fn can_print(&self) -> Result<(), PageError> {
        if Path::new(PRINT).exists() { Ok(()) } else { Err(PageError::NoPrinter) }
    }

    fn can_save(&self, path: &Path) -> Result<(), PageError> {
        ending(path)?;
        let path = at_home(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let denied = |errno: Errno| PageError::Failed(Some(folder.to_owned()), errno.into());
        nix::unistd::access(folder, AccessFlags::W_OK | AccessFlags::X_OK).map_err(denied)?;
        if path.symlink_metadata().is_ok() { Err(PageError::Exists) } else { Ok(()) }
    }

    fn print(&self, page: &Page<'_>) -> Result<(), PageError> {
        self.lp(&self.pdf(page)?)
    }

    fn save(&self, page: &Page<'_>, path: &Path, over: bool) -> Result<(), PageError> {
        let path = &at_home(path);
        let bytes = self.form(page, path)?;
        let part = if over { temporary_path(path) } else { path.to_owned() };
        if over {
            // What an earlier attempt left behind.
            let _ = std::fs::remove_file(&part);
        }
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::AlreadyExists => PageError::Exists,
            _ => PageError::Failed(Some(path.clone()), error),
        };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        let mut file = file.map_err(failed)?;
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        let written = written.and_then(|()| if over { std::fs::rename(&part, path) } else { Ok(()) });
        if let Err(error) = written {
            let _ = std::fs::remove_file(&part);
            return Err(failed(error));
        }
        Ok(())
    }
}

/// The forms of a page in a file.
#[derive(Clone, Copy)]
enum Ending {
    Pdf,
    Png,
    Svg,
    Txt,
}

/// The form that a file's name asks for.
fn ending(path: &Path) -> Result<Ending, PageError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("pdf") => Ok(Ending::Pdf),
        Some("png") => Ok(Ending::Png),
        Some("svg") => Ok(Ending::Svg),
        Some("txt") => Ok(Ending::Txt),
        _ => Err(PageError::Form),
    }
}

/// `~/` at the start of a path, which no shell has seen.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}

/// A file in the same directory, to be moved over the other one when it is whole.
fn temporary_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    path.with_file_name(name)
}
