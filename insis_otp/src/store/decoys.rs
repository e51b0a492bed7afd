//! The failures of names without a secret file, so that nobody can tell from a throttle which names have one.
//!
//! One file of root's beside the secret files, with a page for each of 4096 groups of names. A page is that of a secret
//! file, so that an attempt costs the same here: open, lock, read, decode, decide, write. The file is sparse and never
//! larger than 16 MiB, however many names are tried. Of two names with the same page the later one takes it over; which
//! names these are depends on a key that is in the file's first page.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::file::{Decision, SecretFile, check_directory, os, wait_for_lock, write_at};
use super::form::{self, Enrolment, PAGE, Page, Record};
use super::{Cause, StoreError, Template, UserName};
use crate::files::{self, Access};
use crate::otp::{
    Algorithm, Digits, Key, Period, RecoveryCodes, RecoveryHash, Salt, Secret, State, UnixTime,
};

/// Where the failures of names without a secret file are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoys {
    path: PathBuf,
}

/// The key in the first page.
type FileKey = Zeroizing<[u8; 32]>;

impl Decoys {
    const PAGES: u64 = 4096;

    /// Beside the secret files of the system store, under a name that no user name can be.
    #[must_use]
    pub fn system() -> Self {
        Self { path: Path::new(Template::SYSTEM_DIRECTORY).join(".decoys") }
    }

    /// As [`SecretFile::transact`], on the page of this name, with a secret that nobody has.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub fn transact<T>(
        &self,
        name: &str,
        decide: impl FnOnce(&Enrolment, &State) -> Decision<T>,
    ) -> Result<T, StoreError> {
        let run = || {
            check_directory(self.path.parent().unwrap_or(Path::new("/")))?;
            let file = wait_for_lock(self.open()?, SecretFile::PATIENCE)?;
            let key = file_key(&file)?;
            let (number, fresh) = stand_in(&key, name).ok_or(Cause::Damaged("no page for a name"))?;
            let offset = PAGE * number;
            let (record, page) = present(&file, offset, &fresh)?;
            let decision = decide(&record.enrolment, &record.state);
            let slot = record.place.slot(&decision.state).map_err(Cause::Damaged)?;
            if let Some(page) = page {
                write_at(&file, &page, offset).map_err(os("write it"))?;
            }
            write_at(&file, &slot, offset + record.place.offset()).map_err(os("write it"))?;
            Ok(decision.answer)
        };
        run().map_err(|cause| StoreError { path: self.path.clone(), cause })
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
        let (file, facts) = opened.map_err(os("open it"))?;
        let own = facts.uid() == nix::unistd::geteuid().as_raw() && facts.mode() & 0o077 == 0;
        if facts.is_file() && own && facts.nlink() == 1 {
            return Ok(file);
        }
        Err(Cause::Unsafe("is not a plain file that only its owner can open".into()))
    }
}

/// The key of a locked file; a new one is given to a file that has none yet.
fn file_key(file: &File) -> Result<FileKey, Cause> {
    let mut key = FileKey::default();
    match file.read_exact_at(&mut *key, 0) {
        Ok(()) => return Ok(key),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(os("read it")(error)),
    }
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut *key))
        .map_err(os("make a key for it"))?;
    write_at(file, &*key, 0).map_err(os("write it"))?;
    Ok(key)
}

/// Which page a name has, and the head that stands there for it.
fn stand_in(key: &FileKey, name: &str) -> Option<(usize, Enrolment)> {
    let digest =
        |what: &str| Sha256::new().chain_update(**key).chain_update(what).chain_update(name).finalize();
    let hash = digest("page ");
    let (start, _) = hash.split_first_chunk::<8>()?;
    let number = 1 + u64::from_be_bytes(*start) % Decoys::PAGES;
    let secret = Secret::from_bytes(digest("secret ").get(..Secret::BYTES)?).ok()?;
    let enrolment = Enrolment {
        user: UserName::parse(&HEXLOWER.encode(&hash)).ok()?,
        key: Key::new(secret, Algorithm::default(), Digits::default(), Period::default()),
        issuer: "nobody".to_owned(),
        account: "nobody".to_owned(),
        paired_at: UnixTime(0),
        recovery: RecoveryCodes::from_hashes(
            Salt::default(),
            vec![RecoveryHash([0; 16]); RecoveryCodes::COUNT],
            Vec::new(),
        )?,
    };
    Some((usize::try_from(number).ok()?, enrolment))
}

/// What a page says of this name; otherwise what it says from now on, and the page for that.
fn present(file: &File, offset: usize, fresh: &Enrolment) -> Result<(Record, Option<Page>), Cause> {
    let mut page = Zeroizing::new(vec![0; PAGE]);
    match file.read_exact_at(&mut page, offset as u64) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => page.fill(0),
        Err(error) => return Err(os("read it")(error)),
    }
    match form::decode(&page) {
        Ok(record) if record.enrolment.user == fresh.user => Ok((record, None)),
        _ => {
            let page = form::encode(fresh, &State::default()).map_err(Cause::Damaged)?;
            Ok((form::decode(&page).map_err(Cause::Damaged)?, Some(page)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn count(decoys: &Decoys, name: &str) -> u32 {
        let one_more = |_: &Enrolment, state: &State| {
            let failures = state.failures + 1;
            Decision { state: State { failures, ..state.clone() }, durable: false, answer: failures }
        };
        decoys.transact(name, one_more).unwrap()
    }

    fn decoys(folder: &tempfile::TempDir) -> Option<Decoys> {
        // Only root's directory will do.
        nix::unistd::geteuid().is_root().then(|| Decoys { path: folder.path().join(".decoys") })
    }

    #[test]
    fn each_name_has_a_state_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let Some(decoys) = decoys(&folder) else { return };
        let names = ["mallory", "", "../x", "a\nb", "\u{fffd}"];
        for round in 1..=7 {
            assert_eq!(names.map(|name| count(&decoys, name)), [round; 5]);
        }
    }

    #[test]
    fn many_names_do_not_make_it_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let Some(decoys) = decoys(&folder) else { return };
        for number in 0..2000 {
            count(&decoys, &number.to_string());
        }
        let facts = std::fs::metadata(&decoys.path).unwrap();
        assert!(facts.len() <= (Decoys::PAGES + 1) * PAGE as u64, "{}", facts.len());
        assert_eq!(facts.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_page_that_is_damaged_begins_anew_and_a_file_of_others_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let Some(decoys) = decoys(&folder) else { return };
        count(&decoys, "mallory");
        let (number, _) = stand_in(&file_key(&decoys.open().unwrap()).unwrap(), "mallory").unwrap();
        let file = File::options().write(true).open(&decoys.path).unwrap();
        file.write_all_at(&[b'x'; 100], (number * PAGE) as u64).unwrap();
        assert_eq!((count(&decoys, "mallory"), count(&decoys, "mallory")), (1, 2));
        std::fs::set_permissions(&decoys.path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(
            decoys
                .transact("x", |_, state| Decision { state: state.clone(), durable: false, answer: () })
                .is_err()
        );
    }
}
