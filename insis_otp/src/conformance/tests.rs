//! The suite on each store that there is, and on stores that do one thing wrong on purpose.

mod wrong;

use std::path::PathBuf;

use nix::unistd::{getegid, geteuid};

use super::{MemoryStore, Subject};
use crate::record::{Enrollment, UserName};
use crate::store::{Account, Store, StoreError, Template, UnknownUserStore, UnknownUsers};
use crate::verify::{State, ThrottlePolicy};

mod in_memory {
    use super::{MemoryStore, Store};

    crate::store_conformance!(every_store: MemoryStore::default());
    crate::store_conformance!(invitations: MemoryStore::default());
    crate::store_conformance!(over_a_connection: MemoryStore::default());
    crate::store_conformance!(unknown_users: MemoryStore::default().unknown_users());
}

/// Secret files, in homes or in one directory.
struct Files<const IN_HOMES: bool> {
    folder: tempfile::TempDir,
    store: Template,
}

impl<const IN_HOMES: bool> Files<IN_HOMES> {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let template = if IN_HOMES { "%h/.insis-otp".to_owned() } else { format!("{path}/%u") };
        Self { store: Template::parse(&template).unwrap(), folder }
    }
}

impl<const IN_HOMES: bool> Subject for Files<IN_HOMES> {
    type Store = Template;
    const LISTS: bool = !IN_HOMES;

    fn store(&self) -> &Template {
        &self.store
    }

    fn account(&self, name: UserName) -> Account {
        let home: PathBuf = self.folder.path().join(name.as_str());
        if IN_HOMES {
            std::fs::create_dir_all(&home).unwrap();
        }
        Account { name, uid: geteuid(), gid: getegid(), home }
    }

    /// The file is gone from its path.
    fn break_writes(&self, account: &Account) {
        let file = self.store.locate(account);
        let invitation = file.path().with_file_name(format!(".{}.invitation", account.name));
        let _ = (std::fs::remove_file(file.path()), std::fs::remove_file(invitation));
    }
}

/// The failures of names without a secret file, in a directory of the test's own.
struct OwnDirectory(tempfile::TempDir);

impl UnknownUserStore for OwnDirectory {
    fn refuse<P, T>(
        &self,
        name: &str,
        policy: &ThrottlePolicy,
        charge: impl FnMut(&Enrollment, &State) -> (State, P),
        compare: impl FnOnce(&Enrollment, P) -> T,
    ) -> Result<T, StoreError> {
        UnknownUsers::within(self.0.path()).refuse(name, policy, charge, compare)
    }
}

/// Where nobody is invited: an invitation stands in a directory of root's.
mod files_in_homes {
    crate::store_conformance!(every_store: super::Files::<true>::new());
}

mod as_root {
    mod files_in_a_directory {
        fn new() -> crate::conformance::tests::Files<false> {
            assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
            crate::conformance::tests::Files::new()
        }

        crate::store_conformance!(every_store: new());
        crate::store_conformance!(invitations: new());
    }

    mod a_file_of_unknown_users {
        fn new() -> crate::conformance::tests::OwnDirectory {
            assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
            crate::conformance::tests::OwnDirectory(tempfile::tempdir().unwrap())
        }

        crate::store_conformance!(unknown_users: new());
    }
}

#[test]
fn each_test_has_a_store_that_fails_it() {
    let (suite, wrong) = (include_str!("mod.rs"), include_str!("tests/wrong.rs"));
    let lists = suite.split("store_conformance! { $new;").skip(1).map(|list| list.split('}').next().unwrap());
    let tests: Vec<_> = lists.flat_map(str::split_whitespace).collect();
    assert!(tests.len() > 20, "{tests:?}");
    for test in tests {
        assert!(wrong.contains(&format!("\n    {test}: ")), "no store is shown to fail {test}");
    }
}
