use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use insis_otp::config::Config;
use insis_otp::config::arguments::{Stacking, apply};
use insis_otp::strict::syntax;

use super::*;

/// Words that stand in the English sentences and not in settings.
const ENGLISH: &[&str] = &[
    "a",
    "an",
    "after",
    "again",
    "and",
    "apps",
    "are",
    "at",
    "be",
    "between",
    "bits",
    "bytes",
    "cannot",
    "changed",
    "colon",
    "day",
    "each",
    "everybody",
    "for",
    "from",
    "is",
    "it",
    "key",
    "length",
    "like",
    "list",
    "meant",
    "must",
    "name",
    "networks",
    "not",
    "of",
    "one",
    "only",
    "opened",
    "path",
    "plain",
    "prefix",
    "read",
    "right",
    "root",
    "section",
    "set",
    "share",
    "single",
    "site",
    "such",
    "text",
    "that",
    "the",
    "there",
    "this",
    "time",
    "twice",
    "unknown",
    "value",
    "whole",
    "with",
    "without",
    "write",
    "written",
    "you",
];
/// Of these, words that are Czech as well, and names that stay.
const BOTH: &[&str] = &["a", "text", "root"];

fn assert_czech(text: &str) {
    // What was found, what may be written, and paths, in quotes or brackets or behind a slash, are nobody's words.
    let own = text.split('"').step_by(2).collect::<String>();
    let words = own.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_lowercase);
    let english: Vec<_> =
        words.filter(|word| ENGLISH.contains(&word.as_str()) && !BOTH.contains(&word.as_str())).collect();
    assert!(english.is_empty(), "{english:?} in {text:?}");
}

fn czech() -> Messages {
    Messages::of_locale("cs")
}

fn english() -> Messages {
    Messages::of_locale("en")
}

/// What the catalogue has as the English text is what the library says.
fn assert_is_librarys(own: &str, librarys: &str) {
    assert_eq!(own, librarys.split(" (os error ").next().unwrap());
}

/// What stands in a configuration, and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    ("\nwindw = 1", "x.toml:2: neznámý klíč \"windw\"; nemá to být \"window\"?"),
    ("zebra = 1", "x.toml:1: neznámý klíč \"zebra\"; známé jsou store, secret_file, unenrolled, "),
    ("window = 11", "x.toml:1: window musí být mezi 0 a 10, ne 11"),
    ("tries = \"1\"", "x.toml:1: tries musí být celé číslo mezi 1 a 10, ne \"1\""),
    ("tries = [1]", "x.toml:1: tries musí být celé číslo mezi 1 a 10, ne seznam"),
    ("echo = 1", "x.toml:1: echo musí být true nebo false, ne 1"),
    ("language = \"de\"", "x.toml:1: language musí být \"en\" nebo \"cs\", ne \"de\""),
    (
        "first_delay = \"0s\"",
        "x.toml:1: first_delay musí být doba mezi \"1s\" a \"24h\", psaná jako \"30s\", \"5m\" nebo \"8h\", ne \"0s\"",
    ),
    ("remember = \"31d\"", "x.toml:1: remember musí být \"off\", nebo doba mezi \"1m\" a \"30d\", psaná"),
    ("unenrolled_deny_from = \"soon\"", "musí být den od roku 1970, psaný jako \"2027-01-31\", ne \"soon\""),
    ("prompt = \"\"", "x.toml:1: prompt musí být text o délce 1 až 200 bajtů bez řídicích znaků, ne \"\""),
    ("issuer = \"a:b\"", " a bez dvojtečky, u které aplikace dělí název položky, ne \"a:b\""),
    ("helper = \"x\"", "x.toml:1: helper musí být cesta, která začíná znakem /, ne \"x\""),
    ("secret_file = 1", "x.toml:1: secret_file musí být cesta, v níž je %u, %U nebo %h, ne 1"),
    ("secret_file = \"/x/%q\"", "x.toml:1: secret_file musí mít za každým % buď u (uživatel), U (číslo"),
    ("secret_file = \"/x\"", "x.toml:1: secret_file musí obsahovat %u, %U nebo %h, jinak by všichni"),
    ("secret_file = \"x/%u\"", "x.toml:1: secret_file musí začínat / nebo %h/ a jinde %h nemít, ne \"x/%u\""),
    ("secret_file = \"/x/../%u\"", "x.toml:1: secret_file musí být prostá cesta: bez .., bez // a bez"),
    ("required_groups = 1", "musí být seznam jmen: [\"anna\", \"staff from 2027-01-31\"], ne 1"),
    ("required_users = [\"anna from soon\"]", "být seznam jmen: \"anna from soon\" není psáno jako \"anna\""),
    ("exempt_users = \"root\"", "musí být seznam textů: [\"jeden\", \"dva\"], ne \"root\""),
    ("exempt_networks = 1", "exempt_networks musí být seznam sítí: [\"192.0.2.0/24\"], ne 1"),
    ("exempt_networks = [\"::1\", \"x.org\"]", "musí být seznam sítí: \"x.org\" není psáno jako"),
    ("exempt_networks = [\"10.0.0.1/8\"]", ": \"10.0.0.1/8\" má za předponou nenulové bity; je míněna"),
    ("ask = false", "x.toml:1: ask lze nastavit jen pro jednu službu, v oddílu [service.SLUŽBA]"),
    ("[service.x]\ndigits = 8", "x.toml:2: digits platí pro celý počítač a do oddílu nepatří"),
    (
        "[window]\nx = 1",
        "x.toml:1: neznámý oddíl [window]; oddíly jsou jen [service.SLUŽBA], [identity_provider], [fleet] a [mail]",
    ),
    ("tries = 1\ntries = 2", "x.toml:2: tohle je tu dvakrát"),
    ("unenrolled = deny", "x.toml:1: text musí být v uvozovkách"),
    ("unenrolled = ignore", "x.toml:1: text musí být v uvozovkách"),
    ("tries =", "x.toml:1: hodnota chybí"),
    ("store = \"ldap\"", "x.toml:1: store = \"ldap\" potřebuje oddíl [fleet]"),
    ("prompt = \"x", "x.toml:1: text nemá na konci uvozovky"),
    ("prompt = 'x", "x.toml:1: text nemá na konci uvozovky"),
    ("prompt = \"\"\"x", "x.toml:1: text nemá na konci uvozovky"),
    ("prompt = '''x", "x.toml:1: text nemá na konci uvozovky"),
    ("prompt = \"\\q\"", "x.toml:1: za zpětným lomítkem je znak, který tam být nesmí"),
    ("exempt_users = [\"x\"\ntries = 2", "x.toml:2: mezi položkami seznamu chybí čárka"),
    ("exempt_users = [\"x\",, \"y\"]", "x.toml:1: v seznamu je čárka navíc"),
    ("exempt_users = [\"x\"", "x.toml:1: chybí uzavírací závorka"),
    ("[service.x", "x.toml:1: chybí uzavírací závorka"),
    ("\n]", "x.toml:2: tato závorka nemá otevírací"),
    ("tries", "x.toml:1: klíč nemá hodnotu"),
    ("tries == 1", "x.toml:1: je tu = navíc"),
    ("echo = tru", "x.toml:1: má to být true, nebo false, nebo text"),
    ("tries = 1.2.3", "x.toml:1: číslo se píše jinak"),
    ("tries = 1_", "x.toml:1: číslo se píše jinak"),
    ("tries = 01", "x.toml:1: číslo nesmí začínat nulou"),
    ("tries: 1", "x.toml:1: klíč se píše: písmena"),
    ("= 1", "x.toml:1: klíč se píše: písmena"),
    ("prompt = \"x\" y", "x.toml:1: na řádku je něco navíc"),
];

#[test]
fn every_mistake_in_a_configuration_is_told_in_czech() {
    for (text, expected) in MISTAKES {
        let error = Config::parse(text, Path::new("x.toml")).unwrap_err();
        assert_is_librarys(&english().foreign_config(&error), &error.to_string());
        let localized = czech().config_error(&error);
        assert!(localized.contains(expected), "{text:?} gave {localized:?}");
        assert_czech(&localized.replace("x.toml", "").replace("secret_file, unenrolled", ""));
    }
}

#[test]
fn every_mistake_in_module_arguments_is_told_in_czech() {
    for (argument, expected) in [
        ("nulok", "neznámý argument \"nulok\"; nemá to být \"nullok\"?"),
        ("zebrawood", "neznámý argument \"zebrawood\"; známé jsou config, nullok, "),
        ("tries", "tries musí být celé číslo mezi 1 a 10: napište tries=HODNOTA"),
        ("tries=0", "tries musí být mezi 1 a 10, ne 0"),
        ("config=here", "config musí být cesta, která začíná znakem /, ne \"here\""),
    ] {
        let error = apply(&mut Config::default(), &mut Stacking::default(), argument).unwrap_err();
        assert_is_librarys(&english().foreign_setting(&error), &error.to_string());
        let localized = czech().setting_error(&error);
        assert!(localized.starts_with(expected), "{argument} gave {localized:?}");
        assert_czech(&localized);
    }
}

#[test]
fn whatever_has_no_place_in_settings_is_told_in_its_own_words() {
    let all = [
        syntax::CONTROL,
        syntax::PARTS,
        syntax::TWICE,
        syntax::TABLE_TWICE,
        syntax::SETTINGS,
        syntax::TABLES,
        syntax::LIST_OF_TABLES,
        syntax::INLINE_TABLE,
        syntax::LIST_IN_LIST,
        "what the parser may say some day",
    ];
    let expected: BTreeSet<_> = all.map(|why| czech().syntax(why)).into_iter().collect();
    assert_eq!(expected.len(), all.len());
    expected.iter().for_each(|text| assert_czech(text));
}

#[test]
fn files_that_cannot_be_used_are_told_of_in_czech() {
    let denied = || io::Error::from(Errno::EACCES);
    let kinds = [
        FileKind::File,
        FileKind::Directory,
        FileKind::Link,
        FileKind::Fifo,
        FileKind::Socket,
        FileKind::Device,
    ];
    let mut all = vec![
        (Unreadable::Missing, "takový soubor neexistuje"),
        (Unreadable::Open(denied()), "nelze otevřít: přístup odepřen"),
        (Unreadable::Untrusted, "musí patřit uživateli root a nikdo jiný do něj nesmí psát (chmod 0644)"),
        (Unreadable::Large, "je větší než 64 KiB"),
        (Unreadable::Read(denied()), "nelze číst: přístup odepřen"),
        (Unreadable::Changed, "změnil se, zatímco se četl"),
        (Unreadable::NotText, "není to text v UTF-8"),
        (Unreadable::NotAFile(FileKind::Directory), "je to adresář, ne obyčejný soubor"),
    ];
    all.extend(kinds.map(|kind| (Unreadable::NotAFile(kind), "ne obyčejný soubor")));
    for (why, expected) in all {
        let error = ConfigError::Unreadable { path: PathBuf::from("/x"), why };
        assert_is_librarys(&english().foreign_config(&error), &error.to_string());
        let localized = czech().config_error(&error);
        assert!(localized.starts_with("/x: ") && localized.ends_with(expected), "{localized}");
        assert_czech(&localized);
    }
    for number in 1..134 {
        let errno = Errno::from_raw(number);
        assert_czech(&czech().errno(errno));
        let own = english().foreign_errno(errno);
        let is_one_of_two = matches!(errno, Errno::ENFILE | Errno::ETXTBSY | Errno::ENXIO);
        assert!(is_one_of_two || own.starts_with("error ") || own == errno.desc(), "{own}: {}", errno.desc());
    }
}
