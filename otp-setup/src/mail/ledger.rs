//! What owners were told, a file of root's for each of them, in a directory that only root enters.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use insis_otp::oath::UnixTime;
use insis_otp::record::UserName;
use insis_otp::verify::BypassNews;
use nix::fcntl::{Flock, FlockArg, OFlag};

use super::news::{Device, Kind, Link, Told};

/// The ledger, which nobody else writes to meanwhile.
#[derive(Debug)]
pub struct Ledger {
    directory: PathBuf,
    _lock: Flock<File>,
}

/// Why there is no ledger to work with.
#[derive(Debug)]
pub enum LedgerError {
    /// Another look is going on.
    Busy,
    /// The file or directory cannot be used.
    Io(PathBuf, io::Error),
}

impl Ledger {
    /// Where it is.
    pub const DIRECTORY: &str = "/var/lib/insis-otp-mail";
    /// When the first look of all was.
    const FIRST_LOOK: &str = ".first-look";
    /// When there was a look last, by its time of modification; and the lock.
    const LAST_LOOK: &str = ".last-look";
    /// What is about to take the place of somebody's file. Names of users begin with no dot.
    const NEW: &str = ".new";
    const HEADING: &str = "insis-otp mail 1";
    /// The bytes of the longest file.
    const LONGEST: u64 = 4096;

    /// Opens it, for root; makes it where there is none.
    ///
    /// # Errors
    /// Somebody else has it, or the directory cannot be used.
    pub fn open() -> Result<Self, LedgerError> {
        Self::at(Path::new(Self::DIRECTORY))
    }

    fn at(directory: &Path) -> Result<Self, LedgerError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| LedgerError::Io(path, error)
        };
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(directory)(error)),
            _ => {}
        }
        let metadata = directory.symlink_metadata().map_err(failed(directory))?;
        if !metadata.is_dir()
            || metadata.uid() != nix::unistd::geteuid().as_raw()
            || metadata.mode() & 0o022 != 0
        {
            let why = "must be a directory of root's that nobody else can write to";
            return Err(LedgerError::Io(directory.to_owned(), io::Error::other(why)));
        }
        let path = directory.join(Self::LAST_LOOK);
        let lock = options().write(true).create(true).truncate(false).open(&path).map_err(failed(&path))?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|_| LedgerError::Busy)?;
        Ok(Self { directory: directory.to_owned(), _lock: lock })
    }

    /// When there was a look last, if ever.
    pub fn last_look() -> Option<UnixTime> {
        let metadata = Path::new(Self::DIRECTORY).join(Self::LAST_LOOK).symlink_metadata().ok()?;
        u64::try_from(metadata.mtime()).ok().map(UnixTime)
    }

    /// Notes that there was a look at everybody.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(&self, now: UnixTime) -> Result<(), LedgerError> {
        let path = self.directory.join(Self::LAST_LOOK);
        let seconds = i64::try_from(now.0).unwrap_or(i64::MAX);
        let time = nix::sys::time::TimeSpec::new(seconds, 0);
        let set = nix::sys::stat::futimens(&*self._lock, &time, &time);
        set.map_err(|error| LedgerError::Io(path, error.into()))
    }

    /// When the first look of all was: now, if there was none before.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn first_look(&self, now: UnixTime) -> Result<UnixTime, LedgerError> {
        match self.text(Self::FIRST_LOOK)? {
            Some(text) => match text.trim().parse() {
                Ok(time) => Ok(UnixTime(time)),
                Err(_) => Err(self.damaged(Self::FIRST_LOOK)),
            },
            None => {
                let file = self.write_new(&format!("{}\n", now.0))?;
                self.synced(&file, Self::FIRST_LOOK)?;
                self.move_to(Self::FIRST_LOOK).map(|()| now)
            }
        }
    }

    /// Of whom something was told.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn names(&self) -> Result<BTreeSet<UserName>, LedgerError> {
        let failed = |error| LedgerError::Io(self.directory.clone(), error);
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            names.extend(name.to_str().and_then(|name| UserName::parse(name).ok()));
        }
        Ok(names)
    }

    /// What somebody was told; `None` if nothing was noted.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn read(&self, user: &UserName) -> Result<Option<Told>, LedgerError> {
        let Some(text) = self.text(user.as_str())? else { return Ok(None) };
        decode(&text).map(Some).ok_or_else(|| self.damaged(user.as_str()))
    }

    /// Writes what somebody is about to be told to the disk, without its counting yet: where there is no room, no mail is sent.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn prepare(&self, told: &Told) -> Result<(), LedgerError> {
        self.write_new(&encode(told)).and_then(|file| self.synced(&file, Self::NEW))
    }

    /// Lets what was prepared count.
    ///
    /// # Errors
    /// It does not.
    pub fn commit(&self, user: &UserName) -> Result<(), LedgerError> {
        self.move_to(user.as_str())?;
        let directory =
            File::open(&self.directory).map_err(|error| LedgerError::Io(self.directory.clone(), error))?;
        self.synced(&directory, user.as_str())
    }

    /// Notes what nobody has to be told. If the machine stops before it is on the disk, the next look finds the same.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn note(&self, user: &UserName, told: &Told) -> Result<(), LedgerError> {
        self.write_new(&encode(told))?;
        self.move_to(user.as_str())
    }

    /// Forgets somebody.
    ///
    /// # Errors
    /// The file stays.
    pub fn forget(&self, user: &UserName) -> Result<(), LedgerError> {
        let path = self.directory.join(user.as_str());
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(LedgerError::Io(path, error)),
            _ => Ok(()),
        }
    }

    fn write_new(&self, text: &str) -> Result<File, LedgerError> {
        let path = self.directory.join(Self::NEW);
        let write = || -> io::Result<File> {
            let mut file = options().write(true).create(true).truncate(true).open(&path)?;
            file.write_all(text.as_bytes())?;
            Ok(file)
        };
        write().map_err(|error| LedgerError::Io(path.clone(), error))
    }

    fn synced(&self, file: &File, name: &str) -> Result<(), LedgerError> {
        file.sync_all().map_err(|error| LedgerError::Io(self.directory.join(name), error))
    }

    fn move_to(&self, name: &str) -> Result<(), LedgerError> {
        let path = self.directory.join(name);
        std::fs::rename(self.directory.join(Self::NEW), &path).map_err(|error| LedgerError::Io(path, error))
    }

    /// The text of a file; `None` where there is none.
    fn text(&self, name: &str) -> Result<Option<String>, LedgerError> {
        let path = self.directory.join(OsStr::new(name));
        let read = || -> io::Result<String> {
            let mut text = String::new();
            options().read(true).open(&path)?.take(Self::LONGEST).read_to_string(&mut text)?;
            Ok(text)
        };
        match read() {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LedgerError::Io(path, error)),
        }
    }

    fn damaged(&self, name: &str) -> LedgerError {
        LedgerError::Io(self.directory.join(name), io::Error::other("is damaged"))
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    options
}

fn encode(told: &Told) -> String {
    let mut lines = vec![Ledger::HEADING.to_owned()];
    if let Some(device) = told.known.device {
        let Device { enrolled_at, recovery_set, recovery_left, failures, guess_day, guesses, .. } = device;
        lines.push(format!(
            "device={} {recovery_set} {recovery_left} {failures} {guess_day} {guesses} {}",
            enrolled_at.0,
            device.last_told.map_or(0, |time| time.0)
        ));
        lines.extend(device.bypass.map(|BypassNews { at, logins }| format!("bypass={} {logins}", at.0)));
    }
    lines.extend(
        told.known.link.map(|Link { identity, linked_at }| format!("link={identity} {}", linked_at.0)),
    );
    let mailed = Kind::ALL.into_iter().filter(|kind| told.day_of(*kind) > 0);
    lines.extend(mailed.map(|kind| format!("{}={}", kind.name(), told.day_of(kind))));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn decode(text: &str) -> Option<Told> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != Ledger::HEADING {
        return None;
    }
    let mut told = Told::default();
    for line in lines {
        let (key, values) = line.split_once('=')?;
        let numbers = values.split(' ').map(|word| word.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let small = |number: u64| u32::try_from(number).ok();
        match (key, numbers.as_slice()) {
            ("device", &[enrolled_at, set, left, failures, guess_day, guesses, last_told]) => {
                told.known.device = Some(Device {
                    enrolled_at: UnixTime(enrolled_at),
                    recovery_set: small(set)?,
                    recovery_left: small(left)?,
                    failures: small(failures)?,
                    guess_day,
                    guesses: small(guesses)?,
                    last_told: Some(UnixTime(last_told)).filter(|time| time.0 > 0),
                    bypass: None,
                });
            }
            ("bypass", &[at, logins]) => {
                let news = BypassNews { at: UnixTime(at), logins: u8::try_from(logins).ok()? };
                told.known.device.as_mut()?.bypass = Some(news);
            }
            ("link", &[identity, at]) => told.known.link = Some(Link { identity, linked_at: UnixTime(at) }),
            (key, &[day]) => {
                let kind = Kind::ALL.into_iter().find(|kind| kind.name() == key)?;
                told.set_day(kind, day);
            }
            _ => return None,
        }
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::super::news::Known;
    use super::*;

    fn told() -> Told {
        let bypass = Some(BypassNews { at: UnixTime(9), logins: 2 });
        let device = Device {
            enrolled_at: UnixTime(1),
            recovery_set: u32::MAX,
            recovery_left: 3,
            failures: 4,
            guess_day: 5,
            guesses: 6,
            last_told: Some(UnixTime(7)),
            bypass,
        };
        let link = Some(Link { identity: u64::MAX, linked_at: UnixTime(8) });
        let mut told = Told { known: Known { device: Some(device), link }, ..Told::default() };
        Kind::ALL.into_iter().zip(20_000..).for_each(|(kind, day)| told.set_day(kind, day));
        told
    }

    #[test]
    fn what_was_told_is_read_again_and_nothing_else_is_taken_for_it() {
        for told in [told(), Told::default()] {
            assert_eq!(decode(&encode(&told)), Some(told));
        }
        let text = encode(&told());
        for cut in 0..text.len() {
            // At the end of a line it is another one.
            let is_line = text[..cut].ends_with('\n');
            assert!(decode(&text[..cut]).is_none() || is_line, "{cut}");
        }
        for wrong in ["", "insis-otp mail 2\n", "insis-otp mail 1\nx=1\n", "insis-otp mail 1\ndevice=1\n"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_at_a_time_keeps_it_and_what_was_not_committed_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("mail");
        let ledger = Ledger::at(&directory).unwrap();
        assert_eq!(directory.metadata().unwrap().mode() & 0o777, 0o700);
        assert!(matches!(Ledger::at(&directory), Err(LedgerError::Busy)));
        let anna = UserName::parse("anna").unwrap();
        assert_eq!(ledger.first_look(UnixTime(5)).unwrap(), UnixTime(5));
        assert_eq!(ledger.first_look(UnixTime(6)).unwrap(), UnixTime(5));
        ledger.prepare(&told()).unwrap();
        assert_eq!((ledger.read(&anna).unwrap(), ledger.names().unwrap().len()), (None, 0));
        ledger.commit(&anna).unwrap();
        assert_eq!((ledger.read(&anna).unwrap(), ledger.names().unwrap().len()), (Some(told()), 1));
        std::fs::write(directory.join("anna"), "insis-otp mail 1\nhalf").unwrap();
        assert!(ledger.read(&anna).is_err());
        ledger.forget(&anna).unwrap();
        assert_eq!(ledger.read(&anna).unwrap(), None);
        drop(ledger);
        std::fs::set_permissions(&directory, std::os::unix::fs::PermissionsExt::from_mode(0o770)).unwrap();
        assert!(matches!(Ledger::at(&directory), Err(LedgerError::Io(..))));
    }
}
