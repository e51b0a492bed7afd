//! An invitation: a one-time code that an administrator gives somebody, who enrolls a first device with it.
//!
//! It stands beside the secret file, belongs to its user like it, and holds the code only as a hash. Each guess is
//! charged before it is compared: whoever kills the process, or keeps it from writing, has learnt nothing.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use subtle::ConstantTimeEq;

use super::contract::StillHolds;
use super::small_file::{self, number};
use super::{Cause, SecretFile, StoreError};
use crate::files::{self, Access};
use crate::oath::{RecoveryCode, RecoveryCodes, RecoveryHash, Salt, Seconds, UnixTime};
use crate::record::UserName;

/// Where one person's invitation is.
#[derive(Clone, Debug)]
pub struct InvitationFile {
    path: PathBuf,
    secret_file: SecretFile,
}

/// Why a code is not the invitation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationRefusal {
    /// There is no invitation.
    None,
    /// It is another code, and so many guesses are left.
    Wrong {
        /// Guesses.
        left: u8,
    },
    /// The time in which it could be used is over.
    Expired,
    /// Too many wrong codes were tried, or it was used.
    UsedUp,
}

/// What is kept of an invitation, whatever keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    user: UserName,
    salt: Salt,
    hash: RecoveryHash,
    expires: UnixTime,
    attempts: u8,
}

/// What becomes of an invitation whose code was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It was only looked at, and stays as it was.
    Look,
    /// It opened an enrollment, and is good for nothing more.
    Enroll,
}

impl Invitation {
    const HEADING: &str = "insis-otp invitation 1";
    /// The bytes of the longest file: the name of a user has 255 at the most.
    const LONGEST: usize = 512;
    /// What is counted to, beyond every guess: the invitation was used.
    const USED: u8 = 99;

    /// It as text.
    #[must_use]
    pub fn encode(&self) -> String {
        let Self { user, salt, hash, expires, attempts } = self;
        let (salt, hash) = (HEXLOWER.encode(&salt.0), HEXLOWER.encode(&hash.0));
        let head =
            format!("{}\nuser={user}\nsalt={salt}\nhash={hash}\nexpires={}\n", Self::HEADING, expires.0);
        format!("{head}attempts={}\n", Self::digits(*attempts))
    }

    /// Always two of them, at the end of the file, so that they can be written in place.
    fn digits(attempts: u8) -> String {
        format!("{attempts:02}")
    }

    /// The invitation in a text; `None` where it is none.
    #[must_use]
    pub fn decode(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let mut field = |key: &str| lines.next()?.strip_prefix(key);
        if field(Self::HEADING) != Some("") {
            return None;
        }
        let user = UserName::parse(field("user=")?).ok()?;
        let salt = Salt(bytes(field("salt=")?)?);
        let hash = RecoveryHash(bytes(field("hash=")?)?);
        let expires = UnixTime(number(field("expires=")?)?);
        let attempts = field("attempts=").filter(|digits| digits.len() == 2)?;
        let attempts = u8::try_from(number(attempts)?).ok()?;
        lines.next().is_none().then_some(Self { user, salt, hash, expires, attempts })
    }
}

fn bytes(hex: &str) -> Option<[u8; 16]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// An invitation's file that is open and locked.
struct Open {
    file: Flock<File>,
    invitation: Invitation,
    length: usize,
}

impl Open {
    /// Writes how often a code was tried, durably.
    fn count(&self, attempts: u8) -> Result<(), Cause> {
        let digits = Invitation::digits(attempts);
        // Before the line end at the end of the file.
        let offset = i64::try_from(self.length.saturating_sub(3)).unwrap_or(i64::MAX);
        let os = |action| move |error: Errno| Cause::Os { action, error: error.into() };
        let written = nix::sys::uio::pwrite(&*self.file, digits.as_bytes(), offset);
        if written.map_err(os("write to the invitation"))? != digits.len() {
            return Err(os("write to the invitation")(Errno::EIO));
        }
        nix::unistd::fdatasync(&*self.file).map_err(os("write the invitation to the disk"))
    }
}

impl InvitationFile {
    /// How many wrong codes are compared. Of 23^10 codes that is no chance worth a name.
    pub const GUESSES: u8 = 10;
    /// How long an invitation may be good for.
    pub const LONGEST_VALIDITY: Seconds = Seconds(90 * 86_400);

    pub(super) fn of(file: &SecretFile) -> Self {
        // No user's secret file has this name, since names of users do not begin with a dot; nor has any other file that
        // is written there, since each ends otherwise.
        let mut name = std::ffi::OsString::from(".");
        name.push(file.path().file_name().unwrap_or_default());
        name.push(".invitation");
        Self { path: file.path().with_file_name(name), secret_file: file.clone() }
    }

    /// Writes an invitation instead of a former one, and stops enrollments that are still going on with that one:
    /// whoever has its code may have kept a process stopped just before its end. Only root can.
    ///
    /// # Errors
    /// It cannot be written, and the former one is as it was; or [`Cause::Exists`]: the user has enrolled.
    pub fn issue(&self, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<(), StoreError> {
        self.run(|| {
            let text = Invitation::new(self.secret_file.account.name.clone(), code, salt, expires)?.encode();
            let owner = (self.secret_file.account.uid, self.secret_file.account.gid);
            small_file::write(&self.path, text.as_bytes(), Some(owner))?;
            self.secret_file.stop_first_enrollments()
        })
    }

    /// Why no code can be right: `None` where the right one is. Only looks, without the lock, so that whoever redeems it
    /// at this time is not refused because of it.
    ///
    /// # Errors
    /// It cannot be read, or should not be trusted.
    pub fn refusal(&self, now: UnixTime) -> Result<Option<InvitationRefusal>, StoreError> {
        self.run(|| {
            Ok(match self.find(Access::Read)? {
                None => Some(InvitationRefusal::None),
                Some((file, length)) => self.read(&file, length)?.refusal(now),
            })
        })
    }

    /// The name of the secret file beside which an invitation with this name of a file stands.
    #[must_use]
    pub fn secret_file_name(name: &str) -> Option<&str> {
        name.strip_prefix('.')?.strip_suffix(".invitation")
    }

    /// Whether a code is the invitation's; a wrong one is charged. The invitation stays.
    ///
    /// # Errors
    /// The invitation cannot be read or written; then nothing was compared.
    pub fn check(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
    ) -> Result<Result<(), InvitationRefusal>, StoreError> {
        self.attempt(code, now, Use::Look, |_| Ok::<_, ()>(())).map(|outcome| outcome.map(|_| ()))
    }

    /// Enrolls with the invitation's code. The invitation counts as used before `enroll` begins; when that fails, it is
    /// as it was. `enroll` is given a question to ask just before the end: whether the invitation still holds.
    ///
    /// # Errors
    /// The invitation cannot be read or written; then nothing was compared, and `enroll` not called.
    pub fn redeem<T, E>(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        enroll: impl FnOnce(StillHolds<'_>) -> Result<T, E>,
    ) -> Result<Result<Result<T, E>, InvitationRefusal>, StoreError> {
        self.attempt(code, now, Use::Enroll, enroll)
    }

    fn attempt<T, E>(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        purpose: Use,
        enroll: impl FnOnce(StillHolds<'_>) -> Result<T, E>,
    ) -> Result<Result<Result<T, E>, InvitationRefusal>, StoreError> {
        self.run(|| {
            let Some(open) = self.open()? else { return Ok(Err(InvitationRefusal::None)) };
            let before = open.invitation.attempts;
            if let Some(refusal) = open.invitation.refusal(now) {
                return Ok(Err(refusal));
            }
            // First the charge, and only then the comparison.
            open.count(before + 1)?;
            if let Err(wrong) = open.invitation.compare(code)? {
                return Ok(Err(wrong));
            }
            if purpose == Use::Enroll {
                open.count(Invitation::USED)?;
            }
            let outcome = enroll(&|| self.still_holds(&open));
            if purpose == Use::Look || outcome.is_err() {
                open.count(before)?;
            }
            Ok(Ok(outcome))
        })
    }

    fn still_holds(&self, open: &Open) -> Result<(), Cause> {
        let named = self.path.symlink_metadata();
        match (named, open.file.metadata()) {
            (Ok(named), Ok(opened)) if files::is_same(&named, &opened) => Ok(()),
            _ => Err(Cause::Unsafe("is not written: the invitation was taken back".into())),
        }
    }

    /// Takes the invitation back, if there is one.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn withdraw(&self) -> Result<(), StoreError> {
        // Mostly there is none: no change to the directory then, which would have to reach the disk.
        if self.path.symlink_metadata().is_err() {
            return Ok(());
        }
        self.run(|| small_file::remove(&self.path).map(|_| ()))
    }

    fn run<T>(&self, operation: impl FnOnce() -> Result<T, Cause>) -> Result<T, StoreError> {
        small_file::exclusively(&self.path, operation)
    }

    /// Opens and locks it; `None` when there is none. Nobody waits for the lock: it is held for a moment, and by nobody
    /// but its own user or root.
    fn open(&self) -> Result<Option<Open>, Cause> {
        let Some((file, length)) = self.find(Access::Update)? else { return Ok(None) };
        let file = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
            Errno::EWOULDBLOCK => Cause::Busy { waited: 0, holder: None },
            errno => Cause::Os { action: "lock it", error: errno.into() },
        })?;
        let invitation = self.read(&file, length)?;
        Ok(Some(Open { file, invitation, length }))
    }

    /// Opens it, and sees whether it can be trusted; with its length. `None` when there is none.
    fn find(&self, access: Access) -> Result<Option<(File, usize)>, Cause> {
        let (file, metadata) = match files::open(&self.path, access) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Cause::Os { action: "open it", error }),
        };
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        let owner = self.secret_file.account.uid;
        if !small_file::is_private(&metadata, owner, Invitation::LONGEST) {
            return Err(Cause::Unsafe(
                "is no invitation: a file of its user's, mode 0600, of 512 bytes at most".into(),
            ));
        }
        Ok(Some((file, length)))
    }

    fn read(&self, file: &File, length: usize) -> Result<Invitation, Cause> {
        let mut text = vec![0; length];
        let read = files::read_start(file, length, &mut text);
        read.map_err(|error| Cause::Os { action: "read it", error })?;
        let invitation = Invitation::decode(&text).ok_or(Cause::Damaged("it is not an invitation"))?;
        if invitation.user != self.secret_file.account.name {
            return Err(Cause::Unsafe("is the invitation of another user".into()));
        }
        Ok(invitation)
    }
}

impl Invitation {
    /// A new one, which holds the code as a hash.
    ///
    /// # Errors
    /// There is no hash.
    pub fn new(user: UserName, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<Self, Cause> {
        Ok(Self { user, salt, hash: hash(code, salt)?, expires, attempts: 0 })
    }

    /// Whose it is.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }

    /// Why no code can be right.
    #[must_use]
    pub fn refusal(&self, now: UnixTime) -> Option<InvitationRefusal> {
        match () {
            () if self.attempts >= InvitationFile::GUESSES => Some(InvitationRefusal::UsedUp),
            () if now >= self.expires => Some(InvitationRefusal::Expired),
            // A clock made it that was far ahead.
            () if now.until(self.expires) > InvitationFile::LONGEST_VALIDITY => {
                Some(InvitationRefusal::Expired)
            }
            () => None,
        }
    }

    /// The same after a guess, which has to be written before it is compared.
    #[must_use]
    pub fn charged(&self) -> Self {
        Self { attempts: self.attempts.saturating_add(1), ..self.clone() }
    }

    /// The same when it is good for nothing more.
    #[must_use]
    pub fn used(&self) -> Self {
        Self { attempts: Self::USED, ..self.clone() }
    }

    /// Compares a guess, in constant time. It has been charged to what is kept, not to this value.
    ///
    /// # Errors
    /// There is no hash.
    pub fn compare(&self, code: &RecoveryCode) -> Result<Result<(), InvitationRefusal>, Cause> {
        let is_right = bool::from(hash(code, self.salt)?.0.ct_eq(&self.hash.0));
        let left = InvitationFile::GUESSES.saturating_sub(self.attempts.saturating_add(1));
        Ok(if is_right { Ok(()) } else { Err(InvitationRefusal::Wrong { left }) })
    }
}

fn hash(code: &RecoveryCode, salt: Salt) -> Result<RecoveryHash, Cause> {
    let codes = RecoveryCodes::new(std::slice::from_ref(code), salt);
    codes.hashes().first().copied().ok_or(Cause::Damaged("there is no hash"))
}

// Only root can make a store, and give an invitation away in it.
#[cfg(test)]
mod tests_as_root;
