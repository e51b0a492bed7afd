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
use super::file::{check_directory, os, os_errno, write_at};
use super::layout::{self, PAGE, Page};
use super::seal::Seal;
use super::{Cause, StoreError, Template};
use crate::files::{self, Access};
use crate::oath::{
    Algorithm, Digits, OtpGenerator, Period, RecoveryCodes, RecoveryHash, Salt, Secret, UnixTime,
};
use crate::record::{Enrollment, UserName};
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
            let Spot { page, tag } =
                Spot::of(placeholder.key.secret(), name).ok_or(Cause::Damaged("no entry for a name"))?;
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
        key: OtpGenerator::new(secret, Algorithm::default(), Digits::default(), Period::default()),
        issuer: "nobody".to_owned(),
        account: "nobody".to_owned(),
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
mod tests_as_root {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::oath::Seconds;

    const POLICY: ThrottlePolicy =
        ThrottlePolicy { free: 5, first: Seconds(30), longest: Seconds(3600), daily: 30, consecutive: 100 };

    /// One more guess at that time: how many there are.
    fn guess(unknown: &UnknownUsers, name: &str, now: u64) -> u32 {
        let one_more = |_: &Enrollment, state: &State| {
            let guesses = state.throttle.guesses + 1;
            let throttle = Throttle { guesses, guessed_at: UnixTime(now), ..state.throttle.clone() };
            (State { throttle, ..state.clone() }, guesses)
        };
        unknown.refuse(name, &POLICY, one_more, |_, guesses| guesses).unwrap()
    }

    fn failed(unknown: &UnknownUsers, name: &str, now: u64) {
        guess(unknown, name, now);
    }

    fn unknown(folder: &tempfile::TempDir) -> UnknownUsers {
        assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
        UnknownUsers { path: folder.path().join(".unknown-users") }
    }

    /// Names whose entries are on one page.
    fn neighbours(unknown: &UnknownUsers, count: usize) -> Vec<String> {
        let placeholder = placeholder_record(&unknown.open().unwrap()).unwrap();
        let page = |name: &str| Spot::of(placeholder.key.secret(), name).unwrap().page;
        let names = (0..).map(|number| format!("name{number}"));
        names.filter(|name| page(name) == page("mallory")).take(count).collect()
    }

    #[test]
    fn each_name_has_a_state_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = ["mallory", "", "../x", "a\nb", "\u{fffd}"];
        for round in 1..=7 {
            assert_eq!(names.map(|name| guess(&unknown, name, 1000)), [round; 5]);
        }
    }

    #[test]
    fn thousands_of_other_names_do_not_make_one_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = || (0..20).map(|number| format!("mallory{number}"));
        names().for_each(|name| assert_eq!(guess(&unknown, &name, 1000), 1));
        (0..3000).for_each(|number| failed(&unknown, &number.to_string(), 1001));
        names().for_each(|name| assert_eq!(guess(&unknown, &name, 1002), 2));
        let metadata = std::fs::metadata(&unknown.path).unwrap();
        assert!(metadata.len() <= (UnknownUsers::PAGES + 1) * PAGE as u64, "{}", metadata.len());
        assert_eq!(metadata.mode() & 0o777, 0o600);
    }

    #[test]
    fn of_many_that_make_the_file_at_once_each_is_counted() {
        for _ in 0..40 {
            let folder = tempfile::tempdir().unwrap();
            let unknown = unknown(&folder);
            let one = || guess(&unknown, "mallory", 1000);
            let counts: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(counts, (1..=8).collect());
        }
    }

    #[test]
    fn names_are_on_every_page_but_the_first_and_not_by_a_known_rule() {
        let folder = tempfile::tempdir().unwrap();
        let one = unknown(&folder);
        let other = UnknownUsers { path: folder.path().join(".others") };
        let pages = |unknown: &UnknownUsers| -> Vec<_> {
            let placeholder = placeholder_record(&unknown.open().unwrap()).unwrap();
            let names = (0..15_000).map(|number| number.to_string());
            names.map(|name| Spot::of(placeholder.key.secret(), &name).unwrap().page).collect()
        };
        let [one, other] = [&one, &other].map(pages);
        assert!(one.iter().all(|page| (PAGE..=PAGE * UnknownUsers::PAGES as usize).contains(page)));
        assert_ne!(one, other);
    }

    #[test]
    fn on_a_full_page_the_entry_whose_delay_ended_first_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = neighbours(&unknown, Entries::COUNT + 1);
        let [early, delayed, others @ .., last] = names.as_slice() else { panic!("too few names") };
        (0..6).for_each(|_| failed(&unknown, delayed, 999));
        assert_eq!(guess(&unknown, early, 1000), 1);
        others.iter().for_each(|name| failed(&unknown, name, 1001));
        // The page is full, and everybody is known.
        assert_eq!((guess(&unknown, early, 1000), guess(&unknown, delayed, 999)), (2, 7));
        assert_eq!(guess(&unknown, last, 1002), 1);
        assert_eq!(guess(&unknown, delayed, 999), 8, "a delay that still runs is kept");
        assert_eq!(guess(&unknown, early, 1003), 1, "this one made room");
    }

    #[test]
    fn on_a_full_page_a_name_that_waits_for_the_next_day_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = neighbours(&unknown, Entries::COUNT + 1);
        let [used, others @ .., last] = names.as_slice() else { panic!("too few names") };
        let used_up = |_: &Enrollment, state: &State| {
            let throttle = Throttle {
                guesses: 1,
                guessed_at: UnixTime(1000),
                day: 0,
                today: 30,
                ..state.throttle.clone()
            };
            (State { throttle, ..state.clone() }, ())
        };
        unknown.refuse(used, &POLICY, used_up, |_, ()| ()).unwrap();
        others.iter().for_each(|name| failed(&unknown, name, 1001));
        assert_eq!(guess(&unknown, last, 1002), 1);
        assert_eq!(guess(&unknown, used, 1003), 2, "its day is not over");
    }

    #[test]
    fn an_entry_from_the_future_makes_room_first() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = neighbours(&unknown, Entries::COUNT + 1);
        let [others @ .., ahead, last] = names.as_slice() else { panic!("too few names") };
        others.iter().for_each(|name| failed(&unknown, name, 1000));
        guess(&unknown, ahead, 1_000_000);
        guess(&unknown, last, 1001);
        assert!(others.iter().all(|name| guess(&unknown, name, 1001) == 2));
    }

    #[test]
    fn an_entry_of_this_second_is_none_from_the_future() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = neighbours(&unknown, Entries::COUNT + 1);
        let [others @ .., early, last] = names.as_slice() else { panic!("too few names") };
        guess(&unknown, early, 999);
        others.iter().for_each(|name| failed(&unknown, name, 1000));
        guess(&unknown, last, 1000);
        assert!(others.iter().all(|name| guess(&unknown, name, 1000) == 2));
    }

    #[test]
    fn while_there_is_room_nothing_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        let names = neighbours(&unknown, Entries::COUNT);
        let [ahead, others @ ..] = names.as_slice() else { panic!("too few names") };
        guess(&unknown, ahead, 1_000_000);
        others.iter().for_each(|name| failed(&unknown, name, 1000));
        assert_eq!(guess(&unknown, ahead, 1_000_000), 2);
    }

    #[test]
    fn what_lies_beyond_the_end_of_the_file_is_empty() {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &[b'x'; PAGE + 100]).unwrap();
        let page = read(&file, PAGE).unwrap();
        assert_eq!(page.len(), PAGE);
        assert!(page[..100].iter().all(|byte| *byte == b'x') && page[100..].iter().all(|byte| *byte == 0));
        assert_eq!(read(&file, 9 * PAGE).unwrap().as_slice(), [0; PAGE]);
    }

    #[test]
    fn a_holder_that_does_not_run_holds_up_its_page_for_a_moment_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        guess(&unknown, "mallory", 1000);
        let held = unknown.open().unwrap();
        let placeholder = placeholder_record(&held).unwrap();
        let page = |name: &str| Spot::of(placeholder.key.secret(), name).unwrap().page;
        lock(&held, page("mallory"), PAGE).unwrap();
        let took = |name: &str, guesses: u32| {
            let start = Instant::now();
            assert_eq!(guess(&unknown, name, 1000), guesses, "counted all the same");
            start.elapsed()
        };
        let others = (0..100).map(|number| number.to_string()).filter(|name| page(name) != page("mallory"));
        // On a busy machine some may be slow, but whoever waits is never quick.
        let mut others: Vec<_> = others.map(|name| took(&name, 1)).collect();
        others.sort_unstable();
        assert!(others[others.len() / 2] < PATIENCE, "{others:?}");
        assert!(took("mallory", 2) >= PATIENCE);
        drop(held);
    }

    #[test]
    fn every_field_of_an_entry_is_read_as_it_was_written() {
        let source = SourceMeter { tag: SourceTag::default(), two_codes: Meter(6), recovery: Meter(7) };
        let budgets = Budgets { two_codes: Meter(1 << 47), sources: vec![source] };
        let throttle =
            Throttle { guesses: 1, guessed_at: UnixTime(2), day: 3, today: 4, single_codes: 5, budgets };
        let entry = Entry { tag: u64::MAX, throttle: throttle.clone() };
        let bytes = entry.encode();
        assert_eq!(bytes.len(), ENTRY);
        let read = Entry::decode(&bytes);
        assert_eq!((read.tag, read.throttle), (u64::MAX, throttle));
    }

    #[test]
    fn what_is_no_such_file_begins_anew_and_a_file_of_others_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let unknown = unknown(&folder);
        guess(&unknown, "mallory", 1000);
        std::fs::write(&unknown.path, vec![b'x'; 100_000]).unwrap();
        assert_eq!((guess(&unknown, "mallory", 1000), guess(&unknown, "mallory", 1000)), (1, 2));
        std::fs::set_permissions(&unknown.path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let nothing = |_: &Enrollment, state: &State| (state.clone(), ());
        assert!(unknown.refuse("x", &POLICY, nothing, |_, ()| ()).is_err());
    }
}
