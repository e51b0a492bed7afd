//! What killed programs have left in a directory, for who replaces many files there.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The temporary files of a directory, by the secret files that they are beside. Replacing one file lists its directory to
/// clear it; for many, that would be as many listings of all of it.
///
/// Those that were there before a file was replaced are not needed afterwards: what replaces it goes on from none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// In the order of what they are beside. No map, of which the PAM module would get the code.
    by_prefix: Vec<(OsString, PathBuf)>,
}

impl Leftovers {
    /// Those of a directory; none where it cannot be listed.
    #[must_use]
    pub fn of(directory: &Path) -> Self {
        let mut leftovers = Self::default();
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if let Some(prefix) = prefix(&entry.file_name()) {
                leftovers.by_prefix.push((prefix.to_owned(), entry.path()));
            }
        }
        leftovers.by_prefix.sort_unstable();
        leftovers
    }

    /// Those beside a secret file.
    pub(super) fn of_file(&self, wanted: &OsStr) -> impl Iterator<Item = &Path> {
        let start = self.by_prefix.partition_point(|(prefix, _)| prefix.as_os_str() < wanted);
        let rest = self.by_prefix.get(start..).unwrap_or_default();
        let of_file = rest.iter().take_while(move |(prefix, _)| prefix == wanted);
        of_file.map(|(_, path)| path.as_path())
    }
}

/// What stands before the number in the name of a temporary file: `PREFIX.0123456789abcdef.new`.
pub(super) fn prefix(name: &OsStr) -> Option<&OsStr> {
    let rest = name.as_bytes().strip_suffix(b".new")?;
    let (prefix, number) = rest.split_at_checked(rest.len().checked_sub(17)?)?;
    let is_number = number.strip_prefix(b".")?.iter().all(u8::is_ascii_hexdigit);
    is_number.then(|| OsStr::from_bytes(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_are_known_by_the_secret_file_that_they_are_beside() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            ".anna.0123456789abcdef.new",
            ".anna.fedcba9876543210.new",
            ".an.na.0123456789abcdef.new",
            ".anna.new",
            ".anna.0123456789abcde.new",
            ".anna.0123456789abcdeg.new",
            ".anna.0123456789abcdef.old",
            "anna",
        ];
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let leftovers = Leftovers::of(folder.path());
        let of_file =
            |prefix: &str| leftovers.of_file(prefix.as_ref()).map(Path::to_owned).collect::<Vec<_>>();
        assert_eq!(of_file(".anna"), [folder.path().join(names[0]), folder.path().join(names[1])]);
        assert_eq!(of_file(".an.na"), [folder.path().join(names[2])]);
        assert!(of_file(".bob").is_empty() && of_file(".an").is_empty() && of_file(".z").is_empty());
        assert_eq!(Leftovers::of(&folder.path().join("none")), Leftovers::default());
    }
}
