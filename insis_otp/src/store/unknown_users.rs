//! The failures of names without a secret file, so that nobody can tell from a throttle which names have one.
//!
//! One file of root's beside the secret files: a page that is the secret file of a user who does not exist, then 4096
//! pages of 85 entries, 16 MiB at the most and sparse. A name's page and its tag there are a hash under that secret, so
//! that nobody can choose names that meet. An attempt costs what it costs with a secret file: open, lock, read, decode,
//! charge, write, compare. It locks its page alone, and goes on without the lock when whoever holds it does not run:
//! nothing can be accepted here, so that the worst is a failure that is not counted.
//!
//! When a page is full, the entry makes room whose waiting ended first. To have a name forgotten takes, on average, as
//! many others as there are entries, a third of a million, all tried after it. Forgotten, it looks like a name whose
//! owner has logged in. If names shared failures instead, the names that are tried at every machine on the internet
//! would fill the file for good, and every name but the real ones would be delayed from its first try on.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use sha2::{Digest, Sha256};

use super::contract::UnknownUserStore;
use super::directory::check_directory;
use super::error::{os, os_errno};
use super::layout::{self, PAGE, Page};
use super::page_io::write_at;
use super::seal::Seal;
use super::{Cause, StoreError, Template};
use crate::files::{self, Access};
use crate::oath::{OtpGenerator, Parameters, RecoveryCodes, RecoveryHash, Salt, Secret, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::verify::{Budgets, Meter, SourceMeter, SourceTag, State, Throttle, ThrottlePolicy};

/// Where the failures of names without a secret file are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownUsers {
    path: PathBuf,
}

/// The size of an entry.
const ENTRY: usize = 48;

impl UnknownUsers {
    const PAGES: u64 = 4096;

    /// Beside the secret files of the system store, under a name that no user name can be.
    #[must_use]
    pub fn system() -> Self {
        Self::within(Path::new(Template::SYSTEM_DIRECTORY))
    }

    /// The record in a directory.
    #[must_use]
    pub fn within(directory: &Path) -> Self {
        Self { path: directory.join(".unknown-users") }
    }

    fn open(&self) -> Result<File, Cause> {
        let opened = match files::open(&self.path, Access::Update) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                match files::open(&self.path, Access::CreateNew) {
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                        files::open(&self.path, Access::Update)
                    }
                    other => other,
                }
            }
            other => other,
        };
        let (file, metadata) = opened.map_err(os("open it"))?;
        let own = metadata.uid() == nix::unistd::geteuid().as_raw() && metadata.mode() & 0o077 == 0;
        if metadata.is_file() && own && metadata.nlink() == 1 {
            return Ok(file);
        }
        Err(Cause::Unsafe("is not a plain file that only its owner can open".into()))
    }
}

impl UnknownUserStore for UnknownUsers {
    /// It is locked, so that no race is lost.
    fn refuse<P, T>(
        &self,
        name: &str,
        policy: &ThrottlePolicy,
        mut charge: impl FnMut(&Enrollment, &State) -> (State, P),
        compare: impl FnOnce(&Enrollment, P) -> T,
    ) -> Result<T, StoreError> {
        let run = || {
            check_directory(self.path.parent().unwrap_or(Path::new("/")))?;
            let file = self.open()?;
            let placeholder = placeholder_record(&file)?;
            let Spot { page, tag } = Spot::of(placeholder.entry.key.secret(), name)
                .ok_or(Cause::Damaged("no entry for a name"))?;
            lock(&file, page, PAGE)?;
            let entries = Entries::read(&file, page)?;
            let throttle = entries.throttle(tag);
            let (charged, pending) =
                charge(&placeholder, &State { throttle: throttle.clone(), ..State::default() });
            let index = entries.index(tag, policy, charged.throttle.guessed_at);
            // An attempt that is not a guess changes nothing, but the entry is rewritten anyway, so that both cases take
            // the same time.
            let entry = if charged.throttle == throttle {
                entries.at(index)
            } else {
                Entry { tag, throttle: charged.throttle }
            };
            write_at(&file, &entry.encode(), page + ENTRY * index).map_err(os("write it"))?;
            Ok(compare(&placeholder, pending))
        };
        run().map_err(|cause| StoreError::at(&self.path, cause))
    }
}

/// How long the lock of a page is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Waits for the lock of a part of the file, and goes on without it when it does not come. It ends when the file is closed.
fn lock(file: &File, start: usize, length: usize) -> Result<(), Cause> {
    let part = |value: usize| libc::off_t::try_from(value).unwrap_or(libc::off_t::MAX);
    let wanted = libc::flock {
        l_type: libc::F_WRLCK as _,
        l_whence: libc::SEEK_SET as _,
        l_start: part(start),
        l_len: part(length),
        l_pid: 0,
    };
    let began = Instant::now();
    loop {
        match fcntl(file.as_fd(), FcntlArg::F_OFD_SETLK(&wanted)) {
            Ok(_) => return Ok(()),
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) if began.elapsed() >= PATIENCE => return Ok(()),
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => {}
            Err(errno) => return Err(os_errno("lock it")(errno)),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The secret file in the first page, of a user who does not exist; a file that begins otherwise begins anew.
fn placeholder_record(file: &File) -> Result<Enrollment, Cause> {
    if let Ok(record) = layout::decode(&read(file, 0)?, Seal::Plain) {
        return Ok(record.enrollment);
    }
    lock(file, 0, PAGE)?;
    if let Ok(record) = layout::decode(&read(file, 0)?, Seal::Plain) {
        return Ok(record.enrollment);
    }
    let enrollment = new_placeholder()?;
    let page = layout::encode(&enrollment, &State::default(), Seal::Plain).map_err(Cause::Damaged)?;
    file.set_len(0).map_err(os("empty it"))?;
    write_at(file, &page, 0).map_err(os("write it"))?;
    Ok(enrollment)
}

/// With a secret that no device has.
fn new_placeholder() -> Result<Enrollment, Cause> {
    let mut random = File::open("/dev/urandom").map_err(os("make a secret for it"))?;
    let secret = Secret::generate(|bytes| random.read_exact(bytes)).map_err(os("make a secret for it"))?;
    let no_hashes = vec![RecoveryHash([0; 16]); RecoveryCodes::COUNT];
    let recovery = RecoveryCodes::from_hashes(Salt::default(), no_hashes, Vec::new());
    Ok(Enrollment {
        user: UserName::parse("nobody").map_err(|_| Cause::Damaged("no name for it"))?,
        entry: AppEntry {
            key: OtpGenerator::new(secret, Parameters::default()),
            issuer: "nobody".to_owned(),
            account: "nobody".to_owned(),
        },
        enrolled_at: UnixTime(0),
        recovery: recovery.ok_or(Cause::Damaged("no recovery codes for it"))?,
    })
}

/// A page. What lies beyond the end of the file is empty.
fn read(file: &File, start: usize) -> Result<Page, Cause> {
    let mut page = Page::blank();
    let mut length = 0;
    while let Some(rest @ [_, ..]) = page.get_mut(length..) {
        match file.read_at(rest, (start + length) as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(os("read it")(error)),
        }
    }
    Ok(page)
}

/// Where a name is: where its page begins, and its name there.
struct Spot {
    page: usize,
    /// Never 0, which is an empty entry.
    tag: u64,
}

impl Spot {
    fn of(secret: &Secret, name: &str) -> Option<Self> {
        let hash = Sha256::new().chain_update(secret.to_base32().as_bytes()).chain_update(name).finalize();
        let (page, rest) = hash.split_first_chunk()?;
        let (tag, _) = rest.split_first_chunk()?;
        let number = usize::try_from(1 + u64::from_be_bytes(*page) % UnknownUsers::PAGES).ok()?;
        Some(Self { page: PAGE * number, tag: u64::from_be_bytes(*tag).max(1) })
    }
}

/// A name's guesses.
#[derive(Clone, Default)]
struct Entry {
    tag: u64,
    throttle: Throttle,
}

impl Entry {
    fn encode(&self) -> Vec<u8> {
        let Throttle { guesses, guessed_at, day, today, single_codes, budgets } = &self.throttle;
        let day = u32::try_from(*day).unwrap_or(u32::MAX);
        let source = budgets.sources.first().copied().unwrap_or_default();
        let mut bytes = Vec::with_capacity(ENTRY);
        let mut number = |size: usize, value: u64| {
            let most = 1_u64.checked_shl(8 * size as u32).map_or(u64::MAX, |over| over - 1);
            bytes.extend_from_slice(value.min(most).to_be_bytes().get(8 - size..).unwrap_or_default());
        };
        number(8, self.tag);
        number(5, guessed_at.0);
        [budgets.two_codes, source.two_codes, source.recovery]
            .into_iter()
            .for_each(|meter| number(6, meter.0));
        [*guesses, *single_codes, day, *today].into_iter().for_each(|value| number(4, value.into()));
        bytes.resize(ENTRY, 0);
        bytes
    }

    fn decode(entry: &[u8]) -> Self {
        let mut rest = entry;
        let mut number = |size: usize| {
            let (bytes, after) = rest.split_at_checked(size).unwrap_or_default();
            rest = after;
            bytes.iter().fold(0, |value: u64, byte| value << 8 | u64::from(*byte))
        };
        let (tag, guessed_at) = (number(8), UnixTime(number(5)));
        let [all, two_codes, recovery] = [(); 3].map(|()| Meter(number(6)));
        // Where somebody comes from is not told apart for names that nobody has: there is one source.
        let source = SourceMeter { tag: SourceTag::default(), two_codes, recovery };
        let budgets = Budgets { two_codes: all, sources: vec![source] };
        let mut small = || number(4) as u32;
        let (guesses, single_codes, day, today) = (small(), small(), small().into(), small());
        Self { tag, throttle: Throttle { guesses, guessed_at, day, today, single_codes, budgets } }
    }

    /// When its waiting ends, and whether there is an entry at all. One from the future is by a clock that has been set
    /// back since, and counts for nothing.
    fn worth(&self, policy: &ThrottlePolicy, now: UnixTime) -> (UnixTime, bool) {
        let end = if self.throttle.guessed_at > now { UnixTime(0) } else { self.throttle.ends(policy) };
        (end, self.tag != 0)
    }
}

/// The entries of a page.
struct Entries(Vec<Entry>);

impl Entries {
    const COUNT: usize = PAGE / ENTRY;

    fn read(file: &File, start: usize) -> Result<Self, Cause> {
        Ok(Self(read(file, start)?.chunks_exact(ENTRY).map(Entry::decode).collect()))
    }

    fn at(&self, index: usize) -> Entry {
        self.0.get(index).cloned().unwrap_or_default()
    }

    fn throttle(&self, tag: u64) -> Throttle {
        self.0
            .iter()
            .find(|entry| entry.tag == tag)
            .map_or_else(Throttle::default, |entry| entry.throttle.clone())
    }

    /// Which entry is this name's from now on: its own, an empty one, or the one whose waiting ended first.
    fn index(&self, tag: u64, policy: &ThrottlePolicy, now: UnixTime) -> usize {
        let own = self.0.iter().position(|entry| entry.tag == tag);
        let first = || (0..Self::COUNT).min_by_key(|index| self.at(*index).worth(policy, now));
        own.or_else(first).unwrap_or(0)
    }
}

// Only root's directory will do for it.
#[cfg(test)]
mod tests_as_root;
