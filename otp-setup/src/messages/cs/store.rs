//! What the library says of secret files and of imported entries in English, in Czech. Errors of the store come as text where
//! `otp-helper` had them, so that they are known by their words; what is not known stays as it is.

use insis_otp::import::Unusable;
use insis_otp::oath::{InvalidParameter, InvalidSecret};
use insis_otp::otpauth::InvalidUri;
use nix::errno::Errno;

use super::foreign::errno;

/// A whole sentence is known by its end: what is before it is a path.
const WHOLE: &[(&str, &str)] = &[
    ("is the record of another user", "je to záznam jiného uživatele"),
    (
        "cannot be opened as its user: the identity did not change",
        "nelze otevřít jako jeho uživatel: totožnost procesu se nezměnila",
    ),
    (
        "root's account is never linked to an identity provider",
        "účet root se s poskytovatelem identity nepropojuje",
    ),
    (
        "is no link: a file of root's, mode 0600, of 2048 bytes at most",
        "není to propojení: soubor uživatele root s právy 0600 a nejvýše 2048 bajty",
    ),
    ("there is no secret file", "soubor s klíčem neexistuje"),
    ("there is a secret file already", "soubor s klíčem už existuje"),
    ("is a symbolic link", "je to symbolický odkaz"),
    (
        "can be opened by others than its owner (chmod 0600)",
        "může ho otevřít i někdo jiný než vlastník (chmod 0600)",
    ),
    ("has more than one name (hard links)", "má víc jmen (pevné odkazy)"),
    (
        "its directory must belong to root and be writable by nobody else (or be root:insis-otp 1730)",
        "jeho adresář musí patřit uživateli root a nikdo jiný do něj nesmí psát (nebo root:insis-otp 1730)",
    ),
    ("its directory does not exist (see otp-setup doctor)", "jeho adresář neexistuje (viz otp-setup doctor)"),
    ("its directory is not a directory", "jeho adresář není adresář"),
    ("is replaced again and again while it is being opened", "stále se mění, zatímco se otevírá"),
    ("is replaced again and again while it is being used", "stále se mění, zatímco se používá"),
    ("is another phone's by now, paired while the code was checked", "mezitím se spároval jiný telefon"),
    ("has a bad owner", "má nepoužitelného vlastníka"),
    (
        "is no invitation: a file of its user's, mode 0600, of 512 bytes at most",
        "není pozvánka: soubor svého uživatele s právy 0600, nejvýš 512 bajtů",
    ),
    ("is the invitation of another user", "je to pozvánka někoho jiného"),
    ("is not written: the invitation was taken back", "nezapsalo se: pozvánka byla odvolána"),
    ("damaged: it is not 4096 bytes long", "poškozeno: nemá 4096 bajtů"),
    ("damaged: the checksum of its head is wrong", "poškozeno: nesedí kontrolní součet hlavičky"),
    ("damaged: its head is not text", "poškozeno: hlavička není text"),
    ("damaged: its head is not valid", "poškozeno: hlavička není platná"),
    ("damaged: its head is not complete", "poškozeno: hlavička není celá"),
    ("damaged: no state slot is valid", "poškozeno: žádný stav není platný (opraví otp-setup unlock)"),
    (
        "damaged: the file that it goes on from is gone (otp-setup unlock repairs it)",
        "poškozeno: chybí soubor, na který navazuje (opraví otp-setup unlock)",
    ),
    ("damaged: it is not an invitation", "poškozeno: není to pozvánka"),
    ("damaged: it is not a link", "poškozeno: není to propojení"),
    ("the person who signed in is linked to another account", "kdo se přihlásil, je propojen s jiným účtem"),
    ("keeps no links of people's own", "propojení, která si lidé dělají sami, se tu nevedou"),
    ("an administrator has linked this account", "účet propojil správce"),
    (
        "root's account is never linked to an identity provider",
        "účet uživatele root se s poskytovatelem identity nepropojuje",
    ),
    (
        "does not count: its identity is another account's, or nobody's (otp-setup unlink)",
        "neplatí: ta identita patří jinému účtu, nebo nikomu (otp-setup unlink)",
    ),
    (
        "is no link: a file of root's, mode 0600, of 2048 bytes at most (otp-setup unlink)",
        "není propojení: soubor roota s právy 0600, nejvýš 2048 bajtů (otp-setup unlink)",
    ),
    (
        "is no link: a file of its user's, mode 0600, of 2048 bytes at most (otp-setup unlink)",
        "není propojení: soubor svého uživatele s právy 0600, nejvýš 2048 bajtů (otp-setup unlink)",
    ),
];

/// What was tried when the operating system refused.
const TRIED: &[(&str, &str)] = &[
    ("open it", "nelze otevřít"),
    ("read it", "nelze číst"),
    ("look at it", "nelze se na něj podívat"),
    ("look at its directory", "nelze se podívat na jeho adresář"),
    ("list it", "nelze vypsat"),
    ("list its directory", "nelze vypsat jeho adresář"),
    ("take the identity for this account", "nelze zabrat identitu pro tento účet"),
    ("see whose identity it is", "nelze zjistit, čí je ta identita"),
    ("note whose identity it is", "nelze zapsat, čí je ta identita"),
    ("write the identity's owner to the disk", "nelze zapsat na disk, čí je ta identita"),
    ("look for an administrator's link", "nelze zjistit, zda je tu propojení od správce"),
    ("lock it", "nelze zamknout"),
    ("create it", "nelze založit"),
    ("find a name for it", "nelze mu najít jméno"),
    ("make a secret for it", "nelze vyrobit klíč"),
    ("give it to its user", "nelze dát jeho uživateli"),
    ("write it", "nelze zapsat"),
    ("write it to the disk", "nelze zapsat na disk"),
    ("write its state", "nelze zapsat stav"),
    ("write its state to the disk", "nelze zapsat stav na disk"),
    ("write its directory to the disk", "nelze zapsat jeho adresář na disk"),
    ("write to the invitation", "nelze psát do pozvánky"),
    ("write the invitation to the disk", "nelze zapsat pozvánku na disk"),
    ("move it into place", "nelze přesunout na místo"),
    ("move it to its place", "nelze přesunout na místo"),
    ("move it back", "nelze vrátit na místo"),
    ("remove it", "nelze odstranit"),
    ("remove an old one", "nelze odstranit dřívější"),
    ("empty it", "nelze vyprázdnit"),
    ("mark a write", "nelze označit zápis"),
    ("look up the user's groups", "nelze zjistit skupiny uživatele"),
    ("look up the groups of this process", "nelze zjistit skupiny tohoto procesu"),
    ("take on the user's groups", "nelze přijmout skupiny uživatele"),
    ("look whose process this is", "nelze zjistit, čí je tento proces"),
    ("keep signals from this process", "nelze tento proces chránit před signály"),
    ("keep the caller from this process", "nelze tento proces chránit před volajícím"),
    ("give its user id back to this process", "nelze tomuto procesu vrátit číslo uživatele"),
];

/// An error of the store, with its path or without.
pub fn store(text: &str) -> String {
    let translated =
        |(english, czech): &(&str, &str)| Some(format!("{}{czech}", text.strip_suffix(english)?));
    let whole = WHOLE.iter().find_map(translated);
    whole.or_else(|| refused(text)).or_else(|| described(text)).unwrap_or_else(|| text.to_owned())
}

/// `PATH: cannot open it: Permission denied (os error 13)`.
fn refused(text: &str) -> Option<String> {
    let (rest, number) = text.strip_suffix(')')?.rsplit_once(" (os error ")?;
    let (before, rest) = rest.rsplit_once("cannot ")?;
    let (tried, _) = rest.split_once(": ")?;
    let (_, czech) = TRIED.iter().find(|(english, _)| *english == tried)?;
    Some(format!("{before}{czech}: {}", errno(Errno::from_raw(number.parse().ok()?))))
}

/// Sentences with something in them.
fn described(text: &str) -> Option<String> {
    if let Some((before, rest)) =
        text.split_once("in use by another login or pairing of the same user (waited ")
    {
        let rest = rest.replace(" s for process ", " s na proces ");
        return Some(format!(
            "{before}používá ho jiné přihlášení nebo párování téhož uživatele (čekalo se {rest}"
        ));
    }
    if let Some((before, rest)) = text.split_once("cannot be used: the limit of this process on its ") {
        let limit = rest.strip_suffix(" is too low (ulimit)")?;
        return Some(format!(
            "{before}nelze použít: omezení tohoto procesu (ulimit) je příliš nízké: {limit}"
        ));
    }
    if let Some((before, rest)) = text.split_once("is the secret file of another user, ") {
        return Some(format!("{before}je to soubor s klíčem jiného uživatele, {rest}"));
    }
    if let Some((before, rest)) = text.split_once("belongs to user id ") {
        return Some(format!(
            "{before}patří uživateli číslo {}",
            rest.replace(", not to ", ", ne uživateli ")
        ));
    }
    if text.ends_with(", not a regular file") {
        let (before, _) = text.rsplit_once("is a")?;
        return Some(format!("{before}není obyčejný soubor"));
    }
    let (before, rest) =
        text.split_once("its store has no marker, and may not be mounted (if it is right as it is: ")?;
    Some(format!("{before}jeho úložiště nemá značku, a možná tedy není připojeno (je-li v pořádku: {rest}"))
}

/// Why an entry cannot be imported.
pub fn unusable(why: Unusable) -> Option<&'static str> {
    Some(match why {
        Unusable::Secret(why) | Unusable::Uri(InvalidUri::Secret(why)) => match why {
            InvalidSecret::TooShort => "klíč je příliš krátký: nejméně 128 bitů (26 znaků base32)",
            InvalidSecret::FarTooShort => {
                "klíč je příliš krátký: i z jiného programu má mít nejméně 80 bitů (16 znaků base32)"
            }
            InvalidSecret::TooLong => "klíč je příliš dlouhý: nejvýš 512 bitů",
            InvalidSecret::NotBase32 => "klíč není v base32 (písmena A až Z a číslice 2 až 7)",
        },
        Unusable::Parameter(why) | Unusable::Uri(InvalidUri::Parameter(why)) => parameter(why)?,
        Unusable::Uri(why) => match why {
            InvalidUri::NotOtpauth => "nezačíná otpauth://totp/",
            InvalidUri::Encoding => "jeho kódování procenty je porušené",
            InvalidUri::Fragment => "je v něm #, které se píše %23",
            InvalidUri::Several => "je v něm víc než jedno URI: každé má mít svůj řádek",
            InvalidUri::SecretInName => "jeho vydavatel nebo účet vypadá jako tajný klíč",
            InvalidUri::Twice => "některý parametr je v něm dvakrát",
            InvalidUri::NoSecret => "není v něm tajný klíč",
            InvalidUri::OtherCodes => "jeho kódy se počítají jinak, než stojí v RFC 6238 (Steam)",
            InvalidUri::Counter | InvalidUri::Secret(_) | InvalidUri::Parameter(_) => return None,
        },
        Unusable::Counter | Unusable::Form | Unusable::OtherLine(_) => return None,
    })
}

fn parameter(why: InvalidParameter) -> Option<&'static str> {
    Some(match why.0 {
        "the algorithm is SHA1, SHA256 or SHA512" => "algoritmus má být SHA1, SHA256 nebo SHA512",
        "a code has 6, 7 or 8 digits" => "kód má 6, 7 nebo 8 číslic",
        "the period is between 5 and 300 seconds" => "perioda má být 5 až 300 sekund",
        "the token type is not known" => "takový druh tokenu není znám",
        "the algorithm is not known" => "takový algoritmus není znám",
        "the number of digits is not known" => "takový počet číslic není znám",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use insis_otp::import;
    use insis_otp::store::{Cause, StoreError};

    use super::*;

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
                [("os(\"", TRIED), ("os_errno(\"", TRIED), ("action: \"", TRIED), ("Unsafe(\"", WHOLE)]
            {
                for rest in source.split(before).skip(1) {
                    let words = rest.split('"').next().unwrap();
                    assert!(
                        known.iter().any(|(english, _)| *english == words),
                        "{}: {words:?}",
                        file.display()
                    );
                    looked_up += 1;
                }
            }
        }
        assert!(looked_up > 40, "{looked_up}");
    }

    #[test]
    fn why_an_entry_cannot_be_imported_is_told_in_czech() {
        let why = |uri: &str| match import::uri(uri).taken {
            Err(why) => unusable(why),
            Ok(_) => panic!("{uri}"),
        };
        let with = |parameters: &str| {
            why(&format!("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ{parameters}"))
        };
        assert_eq!(why("http://x"), Some("nezačíná otpauth://totp/"));
        assert_eq!(why("otpauth://totp/x?secret="), Some("není v něm tajný klíč"));
        assert_eq!(
            why("otpauth://totp/x?secret=M1"),
            Some("klíč není v base32 (písmena A až Z a číslice 2 až 7)")
        );
        assert!(why("otpauth://totp/x?secret=MFRA").is_some_and(|why| why.contains("nejméně 80 bitů")));
        assert_eq!(with("&digits=9"), Some("kód má 6, 7 nebo 8 číslic"));
        assert_eq!(with("&period=0"), Some("perioda má být 5 až 300 sekund"));
        assert_eq!(with("&algorithm=MD5"), Some("algoritmus má být SHA1, SHA256 nebo SHA512"));
        assert_eq!(with("&digits=6&digits=8"), Some("některý parametr je v něm dvakrát"));
        assert_eq!(with("#x"), Some("je v něm #, které se píše %23"));
    }
}
