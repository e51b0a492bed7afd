//! What the library says of secret files and of imported entries in English, in the other languages. Errors of the store come as
//! text where `otp-helper` had them, so that they are known by their words; what is not known stays as it is.

use nix::errno::Errno;

use super::{Messages, Phrases};

messages! {
    store_busy(seconds)
        "in use by another login or pairing of the same user (waited {seconds} s)";
    store_busy_process(seconds, process)
        "in use by another login or pairing of the same user (waited {seconds} s for process {process})";
    store_limit(limit)
        "cannot be used: the limit of this process on its {limit} is too low (ulimit)";
    store_of_other_user(user)
        "is the secret file of another user, {user}";
    store_owner(uid, user)
        "belongs to user id {uid}, not to {user}";
    store_not_a_file()
        "is not a regular file";
    store_unmarked(command)
        "its store has no marker, and may not be mounted (if it is right as it is: {command})";
}

// A whole sentence is known by its end: what is before it is a path.
phrases! { STORE
    "is the record of another user";
    "cannot be opened as its user: the identity did not change";
    "root's account is never linked to an identity provider";
    "is no link: a file of root's, mode 0600, of 2048 bytes at most";
    "there is no secret file";
    "there is a secret file already";
    "is a symbolic link";
    "can be opened by others than its owner (chmod 0600)";
    "has more than one name (hard links)";
    "its directory must belong to root and be writable by nobody else (or be root:insis-otp 1730)";
    "its directory does not exist (see otp-setup doctor)";
    "its directory is not a directory";
    "is replaced again and again while it is being opened";
    "is replaced again and again while it is being used";
    "is another phone's by now, paired while the code was checked";
    "has a bad owner";
    "is no invitation: a file of its user's, mode 0600, of 512 bytes at most";
    "is the invitation of another user";
    "is not written: the invitation was taken back";
    "damaged: it is not 4096 bytes long";
    "damaged: the checksum of its head is wrong";
    "damaged: its head is not text";
    "damaged: its head is not valid";
    "damaged: its head is not complete";
    "damaged: no state slot is valid";
    "damaged: the file that it goes on from is gone (otp-setup unlock repairs it)";
    "damaged: it is not an invitation";
    "damaged: it is not a link";
    "the person who signed in is linked to another account";
    "keeps no links of people's own";
    "an administrator has linked this account";
    "does not count: its identity is another account's, or nobody's (otp-setup unlink)";
    "is no link: a file of root's, mode 0600, of 2048 bytes at most (otp-setup unlink)";
    "is no link: a file of its user's, mode 0600, of 2048 bytes at most (otp-setup unlink)";
}

// What was tried when the operating system refused.
phrases! { TRIED
    /// With "cannot" before it: "cannot open it".
    "open it";
    "read it";
    "look at it";
    "look at its directory";
    "list it";
    "list its directory";
    "take the identity for this account";
    "see whose identity it is";
    "note whose identity it is";
    "write the identity's owner to the disk";
    "look for an administrator's link";
    "lock it";
    "create it";
    "find a name for it";
    "make a secret for it";
    "give it to its user";
    "write it";
    "write it to the disk";
    "write its state";
    "write its state to the disk";
    "write its directory to the disk";
    "write to the invitation";
    "write the invitation to the disk";
    "move it into place";
    "move it to its place";
    "move it back";
    "remove it";
    "remove an old one";
    "empty it";
    "mark a write";
    "look up the user's groups";
    "look up the groups of this process";
    "take on the user's groups";
    "look whose process this is";
    "keep signals from this process";
    "keep the caller from this process";
    "give its user id back to this process";
}

// Why an entry or its parameters cannot be imported.
phrases! { UNUSABLE
    "the secret is too short: 128 bits (26 base32 characters) are the least";
    "the secret is too short: even of another program's, 80 bits (16 base32 characters) are the least";
    "the secret is too long: 512 bits are the most";
    "the secret is not base32 (letters A to Z and digits 2 to 7)";
    "it does not begin with otpauth://totp/";
    "its percent-encoding is broken";
    "there is a # in it, which has to be written as %23";
    "there is more than one URI in it: each needs a line of its own";
    "its issuer or account looks like a secret";
    "a parameter is in it twice";
    "there is no secret in it";
    "its codes are computed in another way than RFC 6238 has it (Steam)";
    "the algorithm is SHA1, SHA256 or SHA512";
    "a code has 6, 7 or 8 digits";
    "the period is between 5 and 300 seconds";
    "the token type is not known";
    "the algorithm is not known";
    "the number of digits is not known";
}

impl Phrases {
    /// The translation of a phrase that a text ends with, and what is before it.
    fn at_end<'a>(&self, messages: &Messages, text: &'a str) -> Option<(&'a str, &'static str)> {
        let mut all = self.all(messages.language);
        all.find_map(|(english, own)| Some((text.strip_suffix(english)?, own)))
    }
}

impl Messages {
    /// An error of the store, with its path or without.
    pub(super) fn foreign_store(&self, text: &str) -> String {
        let whole = STORE.at_end(self, text).map(|(before, own)| format!("{before}{own}"));
        let told = whole.or_else(|| self.refused(text)).or_else(|| self.described(text));
        told.unwrap_or_else(|| text.to_owned())
    }

    /// `PATH: cannot open it: Permission denied (os error 13)`.
    fn refused(&self, text: &str) -> Option<String> {
        let (rest, number) = text.strip_suffix(')')?.rsplit_once(" (os error ")?;
        let (before, rest) = rest.rsplit_once("cannot ")?;
        let (tried, _) = rest.split_once(": ")?;
        let own = TRIED.of(self.language, tried)?;
        Some(format!("{before}{own}: {}", self.foreign_errno(Errno::from_raw(number.parse().ok()?))))
    }

    /// Sentences with something in them.
    fn described(&self, text: &str) -> Option<String> {
        if let Some((before, rest)) =
            text.split_once("in use by another login or pairing of the same user (waited ")
        {
            let (waited, by) = rest.strip_suffix(')')?.split_once(" s")?;
            let own = match by.strip_prefix(" for process ") {
                Some(process) => self.store_busy_process(waited, process),
                None => self.store_busy(waited),
            };
            return Some(format!("{before}{own}"));
        }
        if let Some((before, rest)) = text.split_once("cannot be used: the limit of this process on its ") {
            let limit = rest.strip_suffix(" is too low (ulimit)")?;
            return Some(format!("{before}{}", self.store_limit(limit)));
        }
        if let Some((before, user)) = text.split_once("is the secret file of another user, ") {
            return Some(format!("{before}{}", self.store_of_other_user(user)));
        }
        if let Some((before, rest)) = text.split_once("belongs to user id ") {
            let (uid, user) = rest.split_once(", not to ")?;
            return Some(format!("{before}{}", self.store_owner(uid, user)));
        }
        if text.ends_with(", not a regular file") {
            let (before, _) = text.rsplit_once("is a")?;
            return Some(format!("{before}{}", self.store_not_a_file()));
        }
        let (before, rest) =
            text.split_once("its store has no marker, and may not be mounted (if it is right as it is: ")?;
        Some(format!("{before}{}", self.store_unmarked(rest.strip_suffix(')')?)))
    }

    /// Why an entry cannot be imported, if that is said in other words than English ones.
    pub(super) fn foreign_unusable(&self, why: &str) -> Option<&'static str> {
        UNUSABLE.of(self.language, why)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use insis_otp::import;
    use insis_otp::store::{Cause, StoreError};

    use super::*;

    fn store(text: &str) -> String {
        Messages::of_locale("cs").store_error(text)
    }

    #[test]
    fn errors_of_the_store_are_told_in_czech_with_their_paths() {
        let denied = || Errno::EACCES.into();
        for (cause, expected) in [
            (Cause::NotEnrolled, "soubor s klíčem neexistuje"),
            (Cause::Exists, "soubor s klíčem už existuje"),
            (
                Cause::Busy { waited: 5, holder: Some(4711) },
                "používá ho jiné přihlášení nebo párování téhož uživatele (čekalo se 5 s na proces 4711)",
            ),
            (
                Cause::Busy { waited: 5, holder: None },
                "používá ho jiné přihlášení nebo párování téhož uživatele (čekalo se 5 s)",
            ),
            (Cause::Limit("x"), "nelze použít: omezení tohoto procesu (ulimit) je příliš nízké: x"),
            (Cause::Damaged("its head is not text"), "poškozeno: hlavička není text"),
            (Cause::Os { action: "open it", error: denied() }, "nelze otevřít: přístup odepřen"),
            (Cause::Os { action: "write it", error: denied() }, "nelze zapsat: přístup odepřen"),
            (Cause::Unsafe("is a FIFO, not a regular file".into()), "není obyčejný soubor"),
            (
                Cause::Unsafe("belongs to user id 7, not to anna".into()),
                "patří uživateli číslo 7, ne uživateli anna",
            ),
            (
                Cause::Unsafe("is the secret file of another user, \"bob\"".into()),
                "je to soubor s klíčem jiného uživatele, \"bob\"",
            ),
        ] {
            assert_eq!(store(&cause.to_string()), expected);
            let path = Path::new("/var/lib/it: cannot be");
            assert_eq!(
                store(&StoreError::at(path, cause).to_string()),
                format!("{}: {expected}", path.display())
            );
        }
        assert_eq!(store("something new"), "something new");
    }

    /// Every error that the store can have has its words here: what the source says is looked up.
    #[test]
    fn what_the_store_says_is_known() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../insis_otp/src/store");
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
        assert!(files.len() > 20, "{files:?}");
        // What the module alone reads and writes is told to the log alone.
        let files = files.iter().filter(|path| !path.ends_with("unknown_users.rs"));
        let mut looked_up = 0;
        for file in files {
            let source = std::fs::read_to_string(file).unwrap();
            for (before, known) in
                [("os(\"", &TRIED), ("os_errno(\"", &TRIED), ("action: \"", &TRIED), ("Unsafe(\"", &STORE)]
            {
                for rest in source.split(before).skip(1) {
                    let words = rest.split('"').next().unwrap();
                    assert!(known.english.contains(&words), "{}: {words:?}", file.display());
                    looked_up += 1;
                }
            }
        }
        assert!(looked_up > 40, "{looked_up}");
    }

    #[test]
    fn why_an_entry_cannot_be_imported_is_told_in_czech() {
        let why = |uri: &str| match import::uri(uri).taken {
            Err(why) => Some(Messages::of_locale("cs").unusable_entry(why, "?")),
            Ok(_) => panic!("{uri}"),
        };
        let with = |parameters: &str| {
            why(&format!("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ{parameters}"))
        };
        assert_eq!(why("http://x"), Some("nezačíná otpauth://totp/".to_owned()));
        assert_eq!(why("otpauth://totp/x?secret="), Some("není v něm tajný klíč".to_owned()));
        assert_eq!(
            why("otpauth://totp/x?secret=M1"),
            Some("klíč není v base32 (písmena A až Z a číslice 2 až 7)".to_owned())
        );
        assert!(why("otpauth://totp/x?secret=MFRA").is_some_and(|why| why.contains("nejméně 80 bitů")));
        assert_eq!(with("&digits=9"), Some("kód má 6, 7 nebo 8 číslic".to_owned()));
        assert_eq!(with("&period=0"), Some("perioda má být 5 až 300 sekund".to_owned()));
        assert_eq!(with("&algorithm=MD5"), Some("algoritmus má být SHA1, SHA256 nebo SHA512".to_owned()));
        assert_eq!(with("&digits=6&digits=8"), Some("některý parametr je v něm dvakrát".to_owned()));
        assert_eq!(with("#x"), Some("je v něm #, které se píše %23".to_owned()));
    }
}
