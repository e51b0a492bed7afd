//! What the library and the operating system say in English, in Czech.

use std::io;

use insis_otp::config::{ConfigError, FileKind, Unreadable};
use insis_otp::strict::{Error, Found, Name, Requirement, syntax};
use nix::errno::Errno;

/// A configuration that cannot be used.
pub fn config(error: &ConfigError) -> String {
    match error {
        ConfigError::Unreadable { path, why } => format!("{}: {}", path.display(), unreadable(why)),
        ConfigError::Invalid { path, problem } => {
            format!("{}:{}: {}", path.display(), problem.line, setting(&problem.error))
        }
    }
}

fn unreadable(why: &Unreadable) -> String {
    match why {
        Unreadable::Missing => "takový soubor neexistuje".to_owned(),
        Unreadable::Open(error) => format!("nelze otevřít: {}", system(error)),
        Unreadable::NotAFile(kind) => format!("je to {}, ne obyčejný soubor", file_kind(*kind)),
        Unreadable::Untrusted => {
            "musí patřit uživateli root a nikdo jiný do něj nesmí psát (chmod 0644)".to_owned()
        }
        Unreadable::Large => "je větší než 64 KiB".to_owned(),
        Unreadable::Read(error) => format!("nelze číst: {}", system(error)),
        Unreadable::Changed => "změnil se, zatímco se četl".to_owned(),
        Unreadable::NotText => "není to text v UTF-8".to_owned(),
    }
}

const fn file_kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "obyčejný soubor",
        FileKind::Directory => "adresář",
        FileKind::Link => "symbolický odkaz",
        FileKind::Fifo => "roura (FIFO)",
        FileKind::Socket => "soket",
        FileKind::Device => "zařízení",
    }
}

/// What is wrong with a setting.
pub fn setting(error: &Error) -> String {
    match error {
        Error::Syntax(why) => toml(why).to_owned(),
        Error::Unknown { what, word, right } => {
            let what = match what {
                Name::Key => "klíč",
                Name::Argument => "argument",
            };
            let meant = match error.suggestion() {
                Some(nearest) => format!("nemá to být \"{nearest}\"?"),
                None => format!("známé jsou {}", right.join(", ")),
            };
            format!("neznámý {what} {word:?}; {meant}")
        }
        Error::Section(name) => {
            format!("neznámý oddíl [{name}]; oddíly jsou jen [service.SLUŽBA], [identity_provider] a [fleet]")
        }
        Error::Missing(section, key) => format!("oddílu [{section}] chybí klíč {key}"),
        Error::MissingIdentity => {
            "oddílu [fleet] chybí klíč bind_dn s password_file, nebo certificate_file s key_file".to_owned()
        }
        Error::MissingSection(setting, section) => format!("{setting} potřebuje oddíl [{section}]"),
        Error::NotTogether(one, other) => format!("{one} a {other} nelze použít zároveň"),
        Error::Value { key, must, found } => {
            let found = match found {
                Found::Nothing => format!(": napište {key}=HODNOTA"),
                Found::List => ", ne seznam".to_owned(),
                Found::Written(written) => format!(", ne {written}"),
                Found::Named => String::new(),
            };
            format!("{key} musí {}{found}", requirement(must))
        }
        Error::OnlyForService(key) => {
            format!("{key} lze nastavit jen pro jednu službu, v oddílu [service.SLUŽBA]")
        }
        Error::OnlyForSite(key) => format!("{key} platí pro celý počítač a do oddílu nepatří"),
    }
}

/// What a value must be, after "musí".
fn requirement(must: &Requirement) -> String {
    match must {
        Requirement::Number(least, most) => format!("být mezi {least} a {most}"),
        Requirement::WholeNumber(least, most) => format!("být celé číslo mezi {least} a {most}"),
        Requirement::Words(words) => format!("být \"{}\"", words.join("\" nebo \"")),
        Requirement::Time(least, most) => format!("být {}", time(least, most)),
        Requirement::TimeOrOff(least, most) => format!("být \"off\", nebo {}", time(least, most)),
        Requirement::Address(beginning) => {
            format!("být adresa, která začíná {beginning}, bez mezer, ?, # a @")
        }
        Requirement::Text(longest) => text(*longest),
        Requirement::TextWithoutColon(longest) => {
            format!("{} a bez dvojtečky, u které aplikace dělí název položky", text(*longest))
        }
        Requirement::NetworksWithout(text) => {
            format!("být seznam sítí: {text:?} není psáno jako \"192.0.2.0/24\" nebo \"2001:db8::/32\"")
        }
        Requirement::NetworksWithoutAddress(text) => {
            format!("být seznam sítí: {text:?} má za předponou nenulové bity; je míněna jedna adresa?")
        }
        Requirement::DeadlinesWithout(text) => {
            format!("být seznam jmen: {text:?} není psáno jako \"anna\" nebo \"staff from 2027-01-31\"")
        }
        fixed => fixed_requirement(fixed).to_owned(),
    }
}

/// Those without values of their own.
const fn fixed_requirement(must: &Requirement) -> &'static str {
    match must {
        Requirement::MfaProof => "být \"provider\", \"amr=HODNOTA\", \"acr=HODNOTA\" nebo \"acrs=HODNOTA\"",
        Requirement::Servers => {
            "být seznam 1 až 8 serverů: [\"ldaps://ldap.example.org\"], nebo \"ldap://\" pro StartTLS"
        }
        Requirement::AttributeName => "být jméno atributu: písmena, číslice a spojovníky",
        Requirement::Flag => "být true nebo false",
        Requirement::Day => "být den od roku 1970, psaný jako \"2027-01-31\"",
        Requirement::Path => "být cesta, která začíná znakem /",
        Requirement::Template => "být cesta, v níž je %u, %U nebo %h",
        Requirement::TemplateLetters => {
            "mít za každým % buď u (uživatel), U (číslo uživatele), h (domovský adresář), nebo další %"
        }
        Requirement::TemplateUser => "obsahovat %u, %U nebo %h, jinak by všichni měli jeden soubor s klíčem",
        Requirement::TemplateBeginning => "začínat / nebo %h/ a jinde %h nemít",
        Requirement::TemplatePlain => "být prostá cesta: bez .., bez // a bez řídicích znaků",
        Requirement::Deadlines => "být seznam jmen: [\"anna\", \"staff from 2027-01-31\"]",
        Requirement::List => "být seznam textů: [\"jeden\", \"dva\"]",
        Requirement::Networks => "být seznam sítí: [\"192.0.2.0/24\"]",
        Requirement::Address(_)
        | Requirement::Number(..)
        | Requirement::WholeNumber(..)
        | Requirement::Words(_)
        | Requirement::Time(..)
        | Requirement::TimeOrOff(..)
        | Requirement::Text(_)
        | Requirement::TextWithoutColon(_)
        | Requirement::DeadlinesWithout(_)
        | Requirement::NetworksWithout(_)
        | Requirement::NetworksWithoutAddress(_) => "",
    }
}

fn time(least: &str, most: &str) -> String {
    format!("doba mezi \"{least}\" a \"{most}\", psaná jako \"30s\", \"5m\" nebo \"8h\"")
}

fn text(longest: usize) -> String {
    format!("být text o délce 1 až {longest} bajtů bez řídicích znaků")
}

/// What the parser says, most often of a quote or a bracket that is missing.
fn toml(why: &str) -> &'static str {
    match why {
        syntax::CONTROL => "řídicí znaky je třeba psát jako \\u001b",
        syntax::PARTS => "tento klíč má příliš mnoho částí",
        syntax::TWICE => "tohle je tu dvakrát",
        syntax::TABLE_TWICE => "tento oddíl je tu dvakrát",
        syntax::SETTINGS => "je tu příliš mnoho nastavení",
        syntax::TABLES => "je tu příliš mnoho oddílů",
        syntax::LIST_OF_TABLES => "seznam oddílů [[...]] sem nepatří",
        syntax::INLINE_TABLE => "hodnota v závorkách {...} sem nepatří",
        syntax::LIST_IN_LIST => "seznam v seznamu sem nepatří",
        syntax::UNQUOTED => "text musí být v uvozovkách",
        syntax::FLAG_OR_UNQUOTED => "má to být true, nebo false, nebo text v uvozovkách?",
        syntax::NO_VALUE => "hodnota chybí",
        "string values must be quoted" => "text musí být v uvozovkách (nebo hodnota chybí)",
        "invalid basic string"
        | "invalid literal string"
        | "invalid multi-line basic string"
        | "invalid multi-line literal string" => "text nemá na konci uvozovky",
        "missing escaped value" => "za zpětným lomítkem je znak, který tam být nesmí",
        "unclosed array" | "unclosed table" => "chybí uzavírací závorka",
        "missing table open" => "tato závorka nemá otevírací",
        "key with no value" => "klíč nemá hodnotu",
        "missing comma between array elements" => "mezi položkami seznamu chybí čárka",
        "extra comma in array" => "v seznamu je čárka navíc",
        "extra `=`" => "je tu = navíc",
        "invalid float" | "`_` may only go between digits" => "číslo se píše jinak",
        "unexpected leading zero" => "číslo nesmí začínat nulou",
        "invalid unquoted key" | "unquoted keys cannot be empty" => {
            "klíč se píše: písmena bez háčků a čárek, podtržítka, pak ="
        }
        "unexpected key or value" => "na řádku je něco navíc",
        _ => "tohle není zápis, jaký se čekal (TOML)",
    }
}

/// What the operating system says.
pub fn system(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| "neznámá chyba".to_owned(), |number| errno(Errno::from_raw(number)))
}

/// An error number of the operating system.
pub fn errno(errno: Errno) -> String {
    let known = match errno {
        Errno::EACCES => "přístup odepřen",
        Errno::EPERM => "operace není dovolena",
        Errno::ENOENT => "takový soubor nebo adresář neexistuje",
        Errno::ENOTDIR => "něco v cestě není adresář",
        Errno::EISDIR => "je to adresář",
        Errno::ELOOP => "je to symbolický odkaz, nebo jich je v cestě příliš mnoho",
        Errno::ENAMETOOLONG => "jméno je příliš dlouhé",
        Errno::EEXIST => "už to existuje",
        Errno::EIO => "chyba vstupu nebo výstupu",
        Errno::ENOSPC => "na disku není místo",
        Errno::EDQUOT => "disková kvóta je vyčerpána",
        Errno::EROFS => "souborový systém je jen pro čtení",
        Errno::EFBIG => "soubor by byl příliš velký",
        Errno::EMFILE | Errno::ENFILE => "je otevřeno příliš mnoho souborů",
        Errno::ENOMEM => "nedostatek paměti",
        Errno::EAGAIN => "teď to nejde, zkuste to znovu",
        Errno::EBUSY | Errno::ETXTBSY => "právě se používá",
        Errno::EINVAL => "neplatný argument",
        Errno::ENXIO | Errno::ENODEV => "takové zařízení není",
        Errno::ENOEXEC => "není to spustitelný program",
        Errno::EPIPE => "nikdo to nečte",
        Errno::ESTALE => "soubor na síťovém disku už není",
        Errno::ETIMEDOUT => "čas vypršel",
        Errno::ECONNREFUSED => "spojení bylo odmítnuto",
        other => return format!("chyba číslo {}", other as i32),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use insis_otp::config::Config;
    use insis_otp::config::arguments::{Stacking, apply};

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
        let words =
            own.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_lowercase);
        let english: Vec<_> =
            words.filter(|word| ENGLISH.contains(&word.as_str()) && !BOTH.contains(&word.as_str())).collect();
        assert!(english.is_empty(), "{english:?} in {text:?}");
    }

    fn czech(text: &str) -> String {
        config(&Config::parse(text, Path::new("x.toml")).unwrap_err())
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
        (
            "unenrolled_deny_from = \"soon\"",
            "musí být den od roku 1970, psaný jako \"2027-01-31\", ne \"soon\"",
        ),
        (
            "prompt = \"\"",
            "x.toml:1: prompt musí být text o délce 1 až 200 bajtů bez řídicích znaků, ne \"\"",
        ),
        ("issuer = \"a:b\"", " a bez dvojtečky, u které aplikace dělí název položky, ne \"a:b\""),
        ("helper = \"x\"", "x.toml:1: helper musí být cesta, která začíná znakem /, ne \"x\""),
        ("secret_file = 1", "x.toml:1: secret_file musí být cesta, v níž je %u, %U nebo %h, ne 1"),
        ("secret_file = \"/x/%q\"", "x.toml:1: secret_file musí mít za každým % buď u (uživatel), U (číslo"),
        ("secret_file = \"/x\"", "x.toml:1: secret_file musí obsahovat %u, %U nebo %h, jinak by všichni"),
        (
            "secret_file = \"x/%u\"",
            "x.toml:1: secret_file musí začínat / nebo %h/ a jinde %h nemít, ne \"x/%u\"",
        ),
        ("secret_file = \"/x/../%u\"", "x.toml:1: secret_file musí být prostá cesta: bez .., bez // a bez"),
        ("required_groups = 1", "musí být seznam jmen: [\"anna\", \"staff from 2027-01-31\"], ne 1"),
        (
            "required_users = [\"anna from soon\"]",
            "být seznam jmen: \"anna from soon\" není psáno jako \"anna\"",
        ),
        ("exempt_users = \"root\"", "musí být seznam textů: [\"jeden\", \"dva\"], ne \"root\""),
        ("exempt_networks = 1", "exempt_networks musí být seznam sítí: [\"192.0.2.0/24\"], ne 1"),
        ("exempt_networks = [\"::1\", \"x.org\"]", "musí být seznam sítí: \"x.org\" není psáno jako"),
        ("exempt_networks = [\"10.0.0.1/8\"]", ": \"10.0.0.1/8\" má za předponou nenulové bity; je míněna"),
        ("ask = false", "x.toml:1: ask lze nastavit jen pro jednu službu, v oddílu [service.SLUŽBA]"),
        ("[service.x]\ndigits = 8", "x.toml:2: digits platí pro celý počítač a do oddílu nepatří"),
        (
            "[window]\nx = 1",
            "x.toml:1: neznámý oddíl [window]; oddíly jsou jen [service.SLUŽBA], [identity_provider] a [fleet]",
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
            let localized = czech(text);
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
            let localized = setting(&error);
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
        let expected: BTreeSet<_> = all.map(toml).into_iter().collect();
        assert_eq!(expected.len(), all.len());
        expected.into_iter().for_each(assert_czech);
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
            let localized = config(&ConfigError::Unreadable { path: PathBuf::from("/x"), why });
            assert!(localized.starts_with("/x: ") && localized.ends_with(expected), "{localized}");
            assert_czech(&localized);
        }
        for number in 1..134 {
            assert_czech(&errno(Errno::from_raw(number)));
        }
    }
}
