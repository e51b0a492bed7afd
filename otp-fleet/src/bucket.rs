//! How much of the directory the logins of this host may take: a flood of guesses at one host must not keep the only server that
//! writes from the logins of all others.
//!
//! Every request is one record of a file for the present two seconds. Nobody waits for anybody there: records are appended, which the
//! kernel does one after the other, so that whoever stops a process of theirs holds up nothing. What was let in is worked out
//! from the records each time, and nothing but their order decides. A record that was cut (by a limit, or where there is no room) is
//! none, takes no other with it, and refuses its own request. Who floods cannot take records away: the folder is
//! closed to them, and so are the processes that write to it.
//!
//! A flood has to keep those who send it waiting, and not the owner of an account: see `Tally` below.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use insis_otp::Source;
use insis_otp::record::UserName;
use insis_otp::store::conditional::Version;
use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, umask};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Group, chown};
use sha2::{Digest as _, Sha256};

/// The folder of the files.
pub const FOLDER: &str = "/run/insis-otp-fleet";

/// How long one file is used.
const SLOT: Duration = Duration::from_secs(2);
/// The length of a record: source, user, and what tells it from others. In the file, `BEGIN` comes before each.
const RECORD: usize = 24;
/// Where a record begins, and nothing else: no record has this byte in it.
const BEGIN: u8 = 0;
/// No file is longer, in bytes.
pub const LONGEST: u64 = 512 * 1024;
/// Nobody is let in beyond this many times the budget, however many sources there are.
const MOST: usize = 4;

/// Where a request comes from, and for whom, as hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    source: [u8; 8],
    user: [u8; 8],
}

impl Flow {
    /// The flow of requests from there for this user. Networks of IPv6 are one source; so are all addresses by which a host
    /// reaches itself, since people of the host have these for nothing.
    #[must_use]
    pub fn of(source: Source, user: &UserName) -> Self {
        let place = match source {
            Source::Address(address) if address.is_loopback() => "loopback".to_owned(),
            Source::Address(IpAddr::V4(address)) => address.to_string(),
            Source::Address(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) if address.is_loopback() => "loopback".to_owned(),
                Some(address) => address.to_string(),
                None => format!("{:x?}", address.segments().get(..4)),
            },
            Source::User(uid) => format!("user {uid}"),
        };
        Self { source: hash(place.as_bytes()), user: hash(user.as_str().as_bytes()) }
    }
}

fn hash(text: &[u8]) -> [u8; 8] {
    let mut hash = [0; 8];
    hash.iter_mut().zip(Sha256::digest(text)).for_each(|(to, from)| *to = without_begin(from));
    hash
}

/// A byte as a record can have it.
const fn without_begin(byte: u8) -> u8 {
    if byte == BEGIN { BEGIN + 1 } else { byte }
}

/// What was let in of late, and whether one more is.
///
/// Half of the budget is for whoever comes first. Then each source has its share, which is smaller the more sources there are, and of it
/// half for whoever comes first, and then each user a share of their own: so whoever floods from one place leaves the others their shares,
/// and whoever floods for one user, or for many, leaves other users of the same place some. A share has one place at least.
#[derive(Debug, Default)]
struct Tally {
    total: usize,
    sources: HashMap<[u8; 8], Place>,
}

/// What was let in from one source: in all, and for each user.
#[derive(Debug, Default)]
struct Place {
    total: usize,
    users: HashMap<[u8; 8], usize>,
}

impl Tally {
    fn admits(&self, flow: Flow, budget: usize) -> bool {
        if self.total < budget / 2 {
            return true;
        }
        let known = self.sources.get(&flow.source);
        let share = (budget / (self.sources.len() + usize::from(known.is_none()))).max(1);
        let Some(place) = known else { return self.total < MOST * budget };
        let of_flow = place.users.get(&flow.user).copied().unwrap_or(0);
        let own = (share / (place.users.len() + usize::from(of_flow == 0))).max(1);
        let has_share = place.total < share / 2 || of_flow < own && place.total < 2 * share;
        has_share && self.total < MOST * budget
    }

    fn add(&mut self, flow: Flow) {
        self.total += 1;
        let place = self.sources.entry(flow.source).or_default();
        place.total += 1;
        *place.users.entry(flow.user).or_default() += 1;
    }

    /// What these records have let in.
    fn of<'r>(records: impl Iterator<Item = &'r [u8; RECORD]>, budget: usize) -> Self {
        let mut tally = Self::default();
        for record in records {
            let flow = flow_of(record);
            if tally.admits(flow, budget) {
                tally.add(flow);
            }
        }
        tally
    }
}

fn flow_of(record: &[u8; RECORD]) -> Flow {
    let mut flow = Flow { source: [0; 8], user: [0; 8] };
    flow.source.iter_mut().zip(record).for_each(|(to, from)| *to = *from);
    flow.user.iter_mut().zip(record.iter().skip(8)).for_each(|(to, from)| *to = *from);
    flow
}

/// The files of the present two seconds and of those that come next, opened with the rights that this takes.
#[derive(Debug)]
pub struct Bucket {
    slot: u64,
    now: File,
    next: File,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may go on.
    Now,
    /// It may ask once more after so long.
    After(Duration),
    /// There are too many.
    Never,
}

impl Bucket {
    /// Opens the files. Root makes the folder if it is not there.
    ///
    /// # Errors
    /// They cannot be opened, or others could write to them.
    pub fn open(folder: &Path) -> io::Result<Self> {
        check_folder(folder)?;
        let slot = slot(uptime()?);
        // The folder is closed, and its group is that of its files.
        let before = umask(Mode::from_bits_truncate(0o007));
        let opened = open_file(folder, slot).and_then(|now| Ok((now, open_file(folder, slot + 1)?)));
        umask(before);
        let (now, next) = opened?;
        if next.metadata()?.len() == 0 {
            remove_old(folder, slot);
        }
        Ok(Self { slot, now, next })
    }

    /// Whether a request may go on, of a host that may make so many in a second. It counts if so.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn take(&mut self, flow: Flow, rate: u32) -> io::Result<Turn> {
        let uptime = uptime()?;
        let budget = usize::try_from(rate).unwrap_or(usize::MAX).saturating_mul(SLOT.as_secs() as usize);
        let (file, is_last) = match slot(uptime).checked_sub(self.slot) {
            Some(0) => (&mut self.now, false),
            Some(1) => (&mut self.next, true),
            // Whoever was stopped for longer has no place in what is over.
            _ => return Ok(Turn::Never),
        };
        if take_from(file, flow, budget)? {
            return Ok(Turn::Now);
        }
        let into_slot = Duration::from_nanos(u64::try_from(uptime.as_nanos() % SLOT.as_nanos()).unwrap_or(0));
        Ok(if is_last { Turn::Never } else { Turn::After(SLOT.saturating_sub(into_slot)) })
    }
}

/// Takes a place in a file, if there is one.
fn take_from(file: &mut File, flow: Flow, budget: usize) -> io::Result<bool> {
    let records = read(file)?;
    if !Tally::of(records.iter(), budget).admits(flow, budget) {
        return Ok(false);
    }
    let mark = Version::new().map_err(|error| io::Error::other(error.to_string()))?.to_bytes();
    let record = record(flow, mark.map(without_begin));
    append(file, &record)?;
    // Others may have been faster: what comes before it decides.
    let records = read(file)?;
    let Some(own) = records.iter().position(|one| *one == record) else { return Ok(false) };
    Ok(Tally::of(records.iter().take(own), budget).admits(flow, budget))
}

fn record(flow: Flow, mark: [u8; 16]) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let bytes = flow.source.iter().chain(&flow.user).chain(&mark);
    record.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    record
}

/// Appends a record at once: the rest of one that was cut would come after another's, and spoil that.
fn append(file: &mut File, record: &[u8; RECORD]) -> io::Result<()> {
    let bytes: Vec<u8> = [BEGIN].iter().chain(record).copied().collect();
    loop {
        return match file.write(&bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err(io::Error::new(ErrorKind::WriteZero, "the request could be written in part only")),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
    }
}

fn read(file: &mut File) -> io::Result<Vec<[u8; RECORD]>> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    Read::take(&mut *file, LONGEST).read_to_end(&mut bytes)?;
    Ok(records_of(&bytes))
}

/// The records that are whole.
fn records_of(bytes: &[u8]) -> Vec<[u8; RECORD]> {
    bytes.split(|byte| *byte == BEGIN).filter_map(|part| part.try_into().ok()).collect()
}

fn check_folder(folder: &Path) -> io::Result<()> {
    let metadata = match folder.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound && nix::unistd::geteuid().is_root() => {
            make_folder(folder)?;
            folder.symlink_metadata()?
        }
        found => found?,
    };
    let owner = nix::unistd::Uid::from_raw(metadata.uid());
    let is_own = owner.is_root() || owner == nix::unistd::geteuid();
    if !metadata.is_dir() || !is_own || metadata.mode() & 0o007 != 0 {
        return Err(io::Error::other("must be a folder of root's that is closed to others: mode 2770"));
    }
    Ok(())
}

/// As tmpfiles.d makes it.
fn make_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let group = Group::from_name(confinement::HELPER_GROUP)?;
    chown(folder, None, group.map(|group| group.gid))?;
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o2770))
}

fn open_file(folder: &Path, slot: u64) -> io::Result<File> {
    let flags = OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
    let mut options = OpenOptions::new();
    let options = options.read(true).append(true).create(true).mode(0o660).custom_flags(flags.bits());
    let file = options.open(folder.join(slot.to_string()))?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("must be files")) }
}

/// Removes the files of times that are over.
fn remove_old(folder: &Path, slot: u64) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(|name| name.parse::<u64>().ok()).is_some_and(|one| one + 1 < slot) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn slot(uptime: Duration) -> u64 {
    uptime.as_secs() / SLOT.as_secs()
}

/// How long this machine is on: no clock that anybody sets.
fn uptime() -> io::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_BOOTTIME)?.into())
}

#[cfg(test)]
mod tests;
