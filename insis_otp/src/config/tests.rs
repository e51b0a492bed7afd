//! Configurations as they are written.

use super::keys::{
    DOCUMENTATION, Documentation, FLEET_DOCUMENTATION, FLEET_KEYS, KEYS, Key, Kind, PROVIDER_DOCUMENTATION,
    PROVIDER_KEYS, Shown,
};
use super::*;
use crate::oath::Digits;

/// The file as it is shipped.
const SHIPPED: &str = include_str!("../../../config/insis-otp.toml");
/// The manual page of it.
const MANUAL: &str = include_str!("../../../docs/man/insis-otp.toml.5");

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("/etc/security/insis-otp.toml")).map_err(|e| e.to_string())
}

#[test]
fn the_shipped_file_is_the_compiled_defaults_and_names_every_key() {
    let lines = || SHIPPED.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line));
    let uncommented: String = lines().flat_map(|line| [line, "\n"]).collect();
    assert_eq!(parse(SHIPPED), Ok(Config::default()));
    let (keys, sections) = SHIPPED.split_once("#= [identity_provider]").unwrap();
    let (of_provider, of_fleet) = sections.split_once("#= [fleet]").unwrap();
    let (of_fleet, of_mail) = of_fleet.split_once("#= [mail]").unwrap();
    let set: Vec<_> = keys.lines().filter(|line| line.contains(" = ") && !line.starts_with("# ")).collect();
    for (section, documentation) in [
        (of_provider, PROVIDER_DOCUMENTATION),
        (of_fleet, FLEET_DOCUMENTATION),
        (of_mail, mail::DOCUMENTATION),
    ] {
        let shown: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("#= ")).collect();
        let named = named_values(documentation).into_iter().map(|(name, value)| format!("{name} = {value}"));
        assert_eq!(shown, named.collect::<Vec<_>>());
    }
    let named: Vec<_> = DOCUMENTATION
        .iter()
        .map(|key| match key.shown {
            Shown::Default(value) => format!("{} = {value}", key.name),
            Shown::Example(value) => format!("#= {} = {value}", key.name),
        })
        .collect();
    // Below them is a section, as an example.
    assert_eq!([&set[..named.len() - 1], &set[named.len()..]].concat(), named);
    assert_eq!(set[named.len() - 1], "#= tries = 1");
    let site = except(&names(Scope::Site));
    assert!(
        SHIPPED.replace("\n# ", " ").contains(&format!("Any of these but {site} can be otherwise")),
        "{site}"
    );
    let all = parse(&uncommented).unwrap();
    assert_eq!(all.prompt, Config::default().prompt);
    assert_eq!(
        (all.issuer.as_deref(), all.unenrolled_deny_from),
        (Some("Example"), Some(UnixTime(1_798_761_600)))
    );
    let section = all.clone().for_service("sudo");
    assert_eq!((all.tries, section.tries, section.issuer), (3, 1, Some("Example".to_owned())));
    assert_eq!((all.ask, section.ask, all.clone().for_service("smtp").ask), (true, true, false));
}

/// The keys that stand there.
fn names(scope: Scope) -> Vec<&'static str> {
    KEYS.iter().filter(|key| key.scope == scope).map(|key| key.name).collect()
}

/// Names as a sentence has them.
fn except(names: &[&str]) -> String {
    let (last, rest) = names.split_last().unwrap();
    format!("{} and {last}", rest.join(", "))
}

/// Each key with the value that is shown.
fn named_values(all: &[Documentation]) -> Vec<(&'static str, &'static str)> {
    let shown = |key: &Documentation| match key.shown {
        Shown::Default(value) | Shown::Example(value) => (key.name, value),
    };
    all.iter().map(shown).collect()
}

/// The manual page's entries on keys in a section: name, value, and what is said.
fn manual(section: &str) -> Vec<(&'static str, String, String)> {
    let section = MANUAL.split("\n.SH ").find(|text| text.starts_with(section)).unwrap();
    let plain = |text: &str| text.replace("\\(dq", "\"").replace("\\-", "-");
    let entry = |entry: &'static str| {
        let (tag, text) = entry.strip_prefix(".BR ").unwrap().split_once('\n').unwrap();
        let (name, value) = tag.split_once(" \" = ").unwrap();
        (name, plain(value.trim_end_matches('"')), plain(text).replace('\n', " "))
    };
    let entries = section.split("\n.PP\n.nf").next().unwrap();
    entries.split("\n.TP\n").skip(1).map(entry).collect()
}

/// Sees that a section of the manual page says of these keys what the table does.
fn says(section: &str, keys: &[Key], documentation: &[Documentation]) {
    let manual = manual(section);
    let named: Vec<_> = manual.iter().map(|(name, value, _)| (*name, value.as_str())).collect();
    assert_eq!(named, named_values(documentation));
    for ((key, documentation), (name, _, text)) in keys.iter().zip(documentation).zip(&manual) {
        assert_eq!((key.name, documentation.name), (*name, *name));
        assert!(text.starts_with(documentation.about), "{name}: {text}");
        let range: Vec<String> = match key.kind {
            Kind::Number(least, most, _) => vec![format!(" {least} to {most}")],
            Kind::Duration(least, most, _) => vec![format!(" \"{least}\" to \"{most}\"")],
            Kind::DurationOrOff(least, most, _) => vec![format!(" \"{least}\" to \"{most}\"")],
            Kind::Choice(words, _) => words.iter().map(|word| format!("\"{word}\"")).collect(),
            Kind::Text(longest, _) => vec![format!("at most {longest} bytes")],
            Kind::TextWithoutColon(longest, _) => vec![format!("at most {longest} bytes"), "No colon".into()],
            _ => Vec::new(),
        };
        for part in range {
            assert!(text.contains(&part), "{name}: {part}: {text}");
        }
    }
}

#[test]
fn the_manual_says_what_the_table_says() {
    says("KEYS", KEYS, DOCUMENTATION);
    says("IDENTITY PROVIDER", PROVIDER_KEYS, PROVIDER_DOCUMENTATION);
    says("FLEET", FLEET_KEYS, FLEET_DOCUMENTATION);
    let mail = manual("MAIL");
    let named: Vec<_> = mail.iter().map(|(name, value, _)| (*name, value.as_str())).collect();
    assert_eq!(named, named_values(mail::DOCUMENTATION));
    for (documentation, (name, _, text)) in mail::DOCUMENTATION.iter().zip(&mail) {
        assert!(text.starts_with(documentation.about), "{name}: {text}");
    }
    let plain = MANUAL.replace(['\n'], " ").replace(".BR ", "").replace(".B ", "").replace(" ,", ",");
    let sentence = format!("All keys but {} can stand there.", except(&names(Scope::Site)));
    assert!(plain.contains(&sentence), "{sentence}");
    assert_eq!(names(Scope::Service), ["ask"]);
}

#[test]
fn defaults_are_what_the_table_says() {
    for (key, Key { scope, .. }) in DOCUMENTATION.iter().zip(KEYS) {
        match key.shown {
            Shown::Example(value) if *scope == Scope::Site => {
                assert_ne!(parse(&format!("{} = {value}", key.name)), Ok(Config::default()), "{}", key.name);
            }
            Shown::Default(value) => {
                assert_eq!(parse(&format!("{} = {value}", key.name)), Ok(Config::default()), "{}", key.name);
            }
            Shown::Example(value) => {
                let section = parse(&format!("[service.x]\n{} = {value}", key.name)).unwrap();
                assert_ne!(section.for_service("x"), Config::default(), "{}", key.name);
            }
        }
    }
}

/// A section that has all that it needs.
const PROVIDER: &str = "[identity_provider]\nname = \"Uni\"\nissuer = \"https://login.example.org\"\n\
                        client_id = \"insis\"\nmfa = \"amr=mfa\"\n";

#[test]
fn an_identity_provider_has_what_its_preset_says_and_what_is_set() {
    assert_eq!(Config::default().identity_provider, None);
    let provider = |text: &str| parse(text).map(|config| config.identity_provider.unwrap());
    let plain = provider(PROVIDER).unwrap();
    assert_eq!((plain.subject.as_str(), plain.max_age, plain.deadline), ("sub", Seconds(600), Seconds(90)));
    assert_eq!((plain.mfa.clone(), plain.preset), (MfaProof::Amr("mfa".into()), None));
    for (line, expected) in [
        ("mfa = \"provider\"", MfaProof::Provider),
        (
            "mfa = \"acr=https://refeds.org/profile/mfa\"",
            MfaProof::Acr("https://refeds.org/profile/mfa".into()),
        ),
        ("mfa = \"acrs=c1\"", MfaProof::Acrs("c1".into())),
    ] {
        assert_eq!(provider(&PROVIDER.replace("mfa = \"amr=mfa\"", line)).unwrap().mfa, expected);
    }
    let entra =
        "[identity_provider]\npreset = \"entra\"\ntenant = \"t-1\"\nclient_id = \"c\"\nmfa = \"provider\"\n";
    let entra = provider(entra).unwrap();
    assert_eq!(entra.issuer, "https://login.microsoftonline.com/t-1/v2.0");
    assert_eq!((entra.name.as_str(), entra.subject.as_str()), ("Microsoft 365", "oid"));
    let google =
        "[identity_provider]\npreset = \"google\"\nclient_id = \"c\"\nmfa = \"provider\"\nname = \"G\"\n";
    let google = provider(google).unwrap();
    assert_eq!((google.issuer.as_str(), google.name.as_str()), ("https://accounts.google.com", "G"));
}

#[test]
fn an_identity_provider_is_offered_where_its_services_say() {
    let config =
        parse(&format!("{PROVIDER}services = [\"sshd\", \"sudo\"]\n[service.sshd]\ntries = 1\n")).unwrap();
    let offered = |service: &str| {
        let provider = config.clone().for_service(service).identity_provider;
        provider.is_some_and(|provider| provider.is_offered_in(service))
    };
    assert!(offered("sshd") && offered("sudo") && offered("sudo-i") && !offered("login") && !offered("su"));
}

#[test]
fn what_sections_lack_is_told_with_their_line_and_not_with_that_of_a_comment() {
    let count = |text: &str| text.lines().count();
    let shipped = SHIPPED.replace("store = \"file\"", "store = \"ldap\"");
    let line_of =
        |text: &str, start: &str| 1 + text.lines().position(|line| line.starts_with(start)).unwrap();
    let section = |text: &str| format!("{SHIPPED}{text}");
    for (text, line) in [
        (shipped.clone(), line_of(&shipped, "store = ")),
        (section("[fleet]\nbase = \"dc=ex\"\n"), count(SHIPPED) + 1),
        (section("\n[fleet] # [fleet]\nbase = \"dc=ex\"\n"), count(SHIPPED) + 2),
        (format!("{shipped}\n[fleet]\n"), count(SHIPPED) + 2),
        (section("[ fleet ]\nbase = \"dc=ex\"\n"), count(SHIPPED) + 1),
        (section("[identity_provider]\nname = \"x\"\n"), count(SHIPPED) + 1),
        ("# fleet\n\nfleet.base = \"dc=ex\"\n".to_owned(), 3),
        (format!("# [identity_provider]\nstore = \"ldap\"\n{FLEET}{PROVIDER}"), 9),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.contains(&format!("toml:{line}: ")), "line {line}: {error}");
    }
}

#[test]
fn a_text_without_quotes_is_called_that() {
    for (text, complaint) in [
        ("unenrolled = deny", "a text must stand in quotes"),
        ("unenrolled = ignore", "a text must stand in quotes"),
        ("issuer = never", "a text must stand in quotes"),
        ("store = file", "this must be true or false, or a text in quotes"),
        ("echo = tru", "this must be true or false, or a text in quotes"),
        ("tries =", "the value is missing"),
        ("tries = # three", "the value is missing"),
        ("tries = 1.2.3", "invalid float"),
    ] {
        assert_eq!(
            parse(text).unwrap_err(),
            format!("/etc/security/insis-otp.toml:1: {complaint}"),
            "{text}"
        );
    }
}

#[test]
fn an_identity_provider_that_is_not_complete_or_not_right_is_refused() {
    for missing in ["name", "issuer", "client_id", "mfa"] {
        let text: String = PROVIDER
            .lines()
            .filter(|line| !line.starts_with(missing))
            .map(|line| format!("{line}\n"))
            .collect();
        let error = parse(&format!("tries = 3\n\n{text}")).unwrap_err();
        assert!(error.ends_with(&format!("toml:3: [identity_provider] needs the key {missing}")), "{error}");
    }
    let entra = "[identity_provider]\npreset = \"entra\"\nclient_id = \"c\"\nmfa = \"provider\"\n";
    assert!(parse(entra).unwrap_err().ends_with(":1: [identity_provider] needs the key tenant"));
    for (line, complaint) in [
        ("isuer = 1", "unknown key \"isuer\"; did you mean \"issuer\"?"),
        ("tries = 3", "unknown key \"tries\""),
        ("preset = \"azure\"", "preset must be \"entra\" or \"keycloak\" or \"google\", not \"azure\""),
        ("issuer = \"http://x.org\"", "issuer must be an address that begins with https://"),
        ("issuer = \"https://anna@x.org\"", "issuer must be an address"),
        ("issuer = \"https:///x\"", "issuer must be an address"),
        ("proxy = \"https://x.org\"", "proxy must be an address that begins with http://"),
        (
            "mfa = \"mfa\"",
            "mfa must be \"provider\", \"amr=VALUE\", \"acr=VALUE\" or \"acrs=VALUE\", not \"mfa\"",
        ),
        ("mfa = \"amr=\"", "mfa must be \"provider\""),
        ("deadline = \"29s\"", "deadline must be a time between \"30s\" and \"10m\""),
        ("max_age = \"59s\"", "max_age must be \"off\" or a time"),
        ("ca_file = \"ca.pem\"", "ca_file must be a path that begins with /"),
        ("name = \"\"", "name must be a text of 1 to 32 bytes"),
    ] {
        let error = parse(&format!("[identity_provider]\n{line}\n")).unwrap_err();
        assert!(error.contains(&format!(":2: {complaint}")), "{error}");
    }
    assert!(parse("identity_provider = 1").unwrap_err().contains("unknown key \"identity_provider\""));
    assert!(parse("[identity_provider.x]\ny = 1").unwrap_err().contains("unknown section"));
    assert!(parse("[service.x]\nname = \"y\"").unwrap_err().contains("unknown key \"name\""));
}

#[test]
fn every_value_within_its_range_is_taken_and_the_next_is_not() {
    let tried = |name: &str, value: String| parse(&format!("{name} = {value}"));
    for key in KEYS {
        let name = key.name;
        let (good, bad): (Vec<String>, Vec<String>) = match key.kind {
            Kind::Number(least, most, _) => (
                vec![least.to_string(), most.to_string()],
                [least.checked_sub(1), most.checked_add(1), Some(u64::MAX)]
                    .into_iter()
                    .flatten()
                    .map(|number| number.to_string())
                    .collect(),
            ),
            // Another store needs another section, which other tests are about.
            Kind::Choice(..) if name == "store" => continue,
            Kind::Choice(words, _) => (
                words.iter().map(|word| format!("\"{word}\"")).collect(),
                vec!["\"\"".into(), "\"other\"".into(), "1".into()],
            ),
            Kind::Duration(least, most, _) | Kind::DurationOrOff(least, most, _) => {
                let [least, most] = [least, most].map(|text| duration(text).unwrap().0);
                (
                    vec![format!("\"{least}s\""), format!("\"{most}s\"")],
                    vec![format!("\"{}s\"", least - 1), format!("\"{}s\"", most + 1), "60".into()],
                )
            }
            Kind::Text(longest, _) | Kind::TextWithoutColon(longest, _) => (
                vec!["\"x\"".into(), format!("\"{}\"", "x".repeat(longest))],
                vec!["\"\"".into(), format!("\"{}\"", "x".repeat(longest + 1)), "\"\\n\"".into()],
            ),
            _ => continue,
        };
        for value in good {
            assert!(tried(name, value.clone()).is_ok(), "{name} = {value}");
        }
        for value in bad {
            let error = tried(name, value.clone()).unwrap_err();
            assert!(error.contains(&format!(":1: {name} must be ")), "{error}");
            assert!(
                error.ends_with(&format!(", not {}", value.chars().take(41).collect::<String>()))
                    || value.len() > 40,
                "{error}"
            );
        }
    }
}

#[test]
fn a_section_stands_over_what_is_for_all_wherever_that_is_written() {
    let text = "tries = 2\n[service.sshd]\ntries = 5\nremember = \"8h\"\n[service.polkit-1]\necho = true\n";
    let config = parse(text).unwrap();
    let [sshd, polkit, su] = ["sshd", "polkit-1", "su"].map(|name| config.clone().for_service(name));
    assert_eq!((sshd.tries, sshd.remember, sshd.echo), (5, Seconds(28_800), false));
    assert_eq!((polkit.tries, polkit.remember, polkit.echo), (2, Seconds(0), true));
    assert_eq!(su.tries, 2);
    let dotted = parse("service.sshd.tries = 5\ntries = 2\n").unwrap();
    assert_eq!((dotted.tries, dotted.for_service("sshd").tries), (2, 5));
}

#[test]
fn a_section_holds_for_the_whole_family_of_a_service() {
    let config =
        parse("[service.sudo]\ntries = 1\n[service.su]\ntries = 2\n[service.su-l]\necho = true\n").unwrap();
    let of = |name: &str| config.clone().for_service(name);
    assert_eq!((of("sudo").tries, of("sudo-i").tries), (1, 1));
    // A section with exactly the name decides alone.
    assert_eq!((of("su").tries, of("su").echo), (2, false));
    assert_eq!((of("su-l").tries, of("su-l").echo), (3, true));
    // It goes in one direction only, and other names with a hyphen are families by themselves.
    assert_eq!(parse("[service.su-l]\ntries = 1\n").unwrap().for_service("su").tries, 3);
    for other in ["sudo-x", "sudo-i-", "su-", "sshd", "runuser"] {
        assert_eq!(of(other).tries, 3, "{other}");
    }
    let runuser = parse("[service.runuser]\ntries = 1\n").unwrap();
    assert_eq!(runuser.for_service("runuser-l").tries, 1);
}

#[test]
fn enrollment_within_the_login_is_for_programs_that_do_account_management() {
    let unenrolled = |text: &str, service: &str| parse(text).unwrap().for_service(service).unenrolled;
    let all = "unenrolled = \"enrol\"\n";
    for service in Config::ENROLLING_SERVICES.iter().chain(&["su-l", "sudo-i"]) {
        assert_eq!(unenrolled(all, service), Unenrolled::Enroll, "{service}");
    }
    for service in ["openvpn", "i3lock", "sshd2", ""] {
        assert_eq!(unenrolled(all, service), Unenrolled::Deny, "{service}");
    }
    let own = "unenrolled = \"enrol\"\n[service.vpn]\nunenrolled = \"enrol\"\n[service.mail]\ntries = 1\n";
    assert_eq!(unenrolled(own, "vpn"), Unenrolled::Enroll);
    assert_eq!(unenrolled(own, "mail"), Unenrolled::Deny);
    assert_eq!(unenrolled("unenrolled = \"ignore\"", "mail"), Unenrolled::Ignore);
}

#[test]
fn the_prompt_is_the_languages_own_unless_one_is_chosen() {
    let prompt = |text: &str| parse(text).unwrap().prompt;
    assert_eq!(prompt("language = \"cs\""), "Jednorázový kód: ");
    for text in
        ["prompt = \"One-time code: \"\nlanguage = \"cs\"", "language = \"cs\"\nprompt = \"One-time code: \""]
    {
        assert_eq!(prompt(text), "One-time code: ");
    }
}

#[test]
fn a_code_is_required_of_names_at_once_or_from_a_day_on() {
    let config = parse("required_users = [\"anna\", \" bob  from 2027-01-31 \"]\nrequired_groups = [\"from from 1970-01-02\", \"domain users\"]").unwrap();
    let of = |all: &[Deadline]| all.iter().map(|one| (one.name.clone(), one.from.0)).collect::<Vec<_>>();
    assert_eq!(of(&config.required.users), [("anna".to_owned(), 0), ("bob".to_owned(), 1_801_353_600)]);
    assert_eq!(of(&config.required.groups), [("from".to_owned(), 86_400), ("domain users".to_owned(), 0)]);
    for wrong in ["", " ", "anna from soon", "anna from ", " from 2027-01-31", "a\\nb", &"x".repeat(257)] {
        let error = parse(&format!("required_users = [\"anna\", \"{wrong}\"]")).unwrap_err().to_string();
        assert!(error.contains("required_users must be a list of names: "), "{error}");
    }
    let error = parse("required_groups = \"staff\"").unwrap_err().to_string();
    assert!(
        error.ends_with("list of names: [\"anna\", \"staff from 2027-01-31\"], not \"staff\""),
        "{error}"
    );
}

#[test]
fn ignoring_ends_with_its_date() {
    let config = parse("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2027-01-31\"").unwrap();
    let from = UnixTime(1_801_353_600);
    assert_eq!(config.unenrolled_deny_from, Some(from));
    assert_eq!(config.unenrolled_at(UnixTime(from.0 - 1)), Unenrolled::Ignore);
    assert_eq!(config.unenrolled_at(from), Unenrolled::Deny);
    for (day, seconds) in [("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2024-12-31", 1_735_603_200)] {
        assert_eq!(super::values::day(day), Some(UnixTime(seconds)));
    }
    for day in ["2027-02-29", "2027-13-01", "2027-1-1", "1969-12-31", "today", "2027-01-00", "2027-01-01-01"]
    {
        assert_eq!(super::values::day(day), None, "{day}");
    }
}

#[test]
fn every_key_is_read() {
    let text = r#"
        secret_file = "%h/.insis-otp"
        unenrolled = "ignore"
        tries = 1
        window = 2
        free_failures = 3
        first_delay = "10s"
        longest_delay = "2h"
        daily_failures = 10
        prompt = "Code: "
        echo = true
        issuer = "InSIS"
        algorithm = "SHA256"
        digits = 8
        period = 60
        helper = "/opt/otp-helper"
        debug = true
        unenrolled_deny_from = "2027-01-31"
        self_enrollment = "invitation"
        exempt_users = ["root"]
        exempt_groups = ["robots", "backup"]
        exempt_networks = ["192.0.2.0/24", "2001:db8::1"]
        remember = "8h"
        language = "cs"
        service.smtp.ask = false
    "#;
    let config = parse(text).unwrap();
    assert_eq!((config.tries, config.policy.window.steps(), config.unenrolled), (1, 2, Unenrolled::Ignore));
    assert_eq!(config.policy.throttle.longest, Seconds(7200));
    assert_eq!(config.new_keys.digits, Digits::Eight);
    assert!(config.secret_file.is_home() && config.echo && config.debug);
    assert_eq!(
        (config.exempt.users.len(), config.exempt.groups.len(), config.exempt.networks.len()),
        (1, 2, 2)
    );
    assert_eq!(config.self_enrollment, SelfEnrollment::Invitation);
    assert_eq!((config.remember, config.language), (Seconds(28_800), Language::Cs));
    assert_eq!((config.ask, config.for_service("smtp").ask), (true, false));
}

#[test]
fn mistakes_name_line_key_and_remedy() {
    let cases = [
        ("\nwindw = 1", "toml:2: unknown key \"windw\"; did you mean \"window\"?"),
        ("window = 11", "toml:1: window must be between 0 and 10, not 11"),
        ("window = \"1\"", "toml:1: window must be a whole number between 0 and 10, not \"1\""),
        ("tries = 0", "toml:1: tries must be between 1 and 10, not 0"),
        ("tries = -1", "toml:1: tries must be a whole number between 1 and 10, not -1"),
        ("tries = [1]", "toml:1: tries must be a whole number between 1 and 10, not a list"),
        ("first_delay = \"0s\"", "toml:1: first_delay must be a time between \"1s\" and \"24h\""),
        ("first_delay = \"5\"", "toml:1: first_delay must be a time between"),
        ("daily_failures = 501", "toml:1: daily_failures must be between 10 and 500, not 501"),
        ("longest_delay = \"25h\"", ", written like \"30s\", \"5m\" or \"8h\", not \"25h\""),
        (
            "unenrolled = \"ignor\"",
            "toml:1: unenrolled must be \"deny\" or \"ignore\" or \"enrol\", not \"ignor\"",
        ),
        ("self_enrollment = 1", "\"password\" or \"invitation\" or \"open\" or \"off\", not 1"),
        (
            "[service.sshd]\nself_enrollment = \"open\"",
            "toml:2: self_enrollment is for the whole site and cannot stand in a section",
        ),
        ("prompt = \"a\\u001bb\"", "toml:1: prompt must be a text of 1 to 200 bytes without control"),
        ("issuer = \"a:b\"", "and without a colon, at which apps split the label, not \"a:b\""),
        ("helper = \"otp-helper\"", "helper must be a path that begins with /, not \"otp-helper\""),
        ("secret_file = \"/x/%q\"", "toml:1: secret_file must have u (user), U (user id)"),
        ("secret_file = 1", "toml:1: secret_file must be a path with %u, %U or %h in it, not 1"),
        ("tries = 1\ntries = 2", "toml:2: "),
        ("\n[service.sshd]\ntrys = 1", "toml:3: unknown key \"trys\"; did you mean \"tries\"?"),
        ("ask = false", "toml:1: ask can only be set for a service, in a section [service.NAME]"),
        ("[service.smtp]\nask = \"no\"", "toml:2: ask must be true or false, not \"no\""),
        ("[service.sshd]\ndigits = 8", "toml:2: digits is for the whole site"),
        ("service = 1", "toml:1: unknown key \"service\""),
        ("[service]\ntries = 1", "toml:2: unknown key \"service.tries\""),
        (
            "exempt_networks = [\"192.0.2.1\", \"example.org\"]",
            "toml:1: exempt_networks must be a list of networks: \"example.org\" is not written like",
        ),
        ("exempt_networks = 1", "exempt_networks must be a list of networks: [\"192.0.2.0/24\"], not 1"),
        ("exempt_users = \"root\"", "exempt_users must be a list of texts: [\"one\", \"two\"], not \"root\""),
        ("remember = \"31d\"", "toml:1: remember must be \"off\" or a time between \"1m\" and \"30d\""),
        ("language = \"de\"", "toml:1: language must be \"en\" or \"cs\", not \"de\""),
        ("unenrolled_deny_from = \"soon\"", "toml:1: unenrolled_deny_from must be a day from 1970 on"),
        ("[window]\nx = 1", "toml:1: unknown section [window]; the right ones are [service.NAME],"),
    ];
    for (text, complaint) in cases {
        let error = parse(text).unwrap_err();
        assert!(error.contains(complaint), "{text:?} gave {error:?}");
    }
}

#[test]
fn a_file_that_others_can_write_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("insis-otp.toml");
    std::fs::write(&path, "tries = 2\n").unwrap();
    assert_eq!(Config::load(&path).unwrap().tries, 2);
    for mode in [0o664, 0o646] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(Config::load(&path).unwrap_err().to_string().contains("must belong to root"));
    }
    assert!(Config::load(folder.path()).unwrap_err().to_string().contains("a directory"));
    assert!(Config::load(&folder.path().join("none")).unwrap_err().to_string().contains("no such file"));
}

#[test]
fn the_word_that_was_meant_is_a_value() {
    let suggestion = |text: &str| match Config::parse(text, Path::new("x")) {
        Err(ConfigError::Invalid { problem, .. }) => problem.error.suggestion(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(suggestion("windw = 1"), Some("window"));
    assert_eq!(suggestion("[service.x]\nwindw = 1"), Some("window"));
    assert_eq!(suggestion("unenrolled = \"ignor\""), Some("ignore"));
    assert_eq!(suggestion("unenrolled = \"allow everybody\""), None);
    assert_eq!(suggestion("tries = 0"), None);
}

/// A section with all that it needs.
const FLEET: &str = "[fleet]\nservers = [\"ldaps://ldap.example.org\"]\nbase = \"dc=ex\"\nca_file = \"/ca.pem\"\n\
                     bind_dn = \"cn=host\"\npassword_file = \"/password\"\n";

#[test]
fn a_directory_is_for_the_whole_site_and_not_for_some_users() {
    let config = parse(&format!(
        "store = \"ldap\"\n{FLEET}break_glass_users = [\"root\"]\n[service.sudo]\ntries = 1\n"
    ));
    let config = config.unwrap();
    for config in [config.clone(), config.for_service("sudo")] {
        assert_eq!(config.fleet_of("anna").unwrap().deadline, Seconds(4));
        assert_eq!(config.fleet_of("root"), None);
    }
    assert_eq!(parse(FLEET).unwrap().fleet_of("anna"), None, "the section alone changes nothing");
}

#[test]
fn a_directory_that_is_not_complete_or_not_right_is_refused() {
    let error = |text: &str| parse(&format!("store = \"ldap\"\n{text}")).unwrap_err();
    assert!(error("").ends_with("toml:1: store = \"ldap\" needs the section [fleet]"), "{}", error(""));
    for missing in ["servers", "base", "ca_file", "bind_dn", "password_file"] {
        let text: Vec<_> = FLEET.lines().filter(|line| !line.starts_with(missing)).collect();
        let error = error(&text.join("\n"));
        assert!(error.ends_with(&format!("toml:2: [fleet] needs the key {missing}")), "{error}");
    }
    let neither = FLEET.replace("bind_dn = \"cn=host\"\npassword_file = \"/password\"\n", "");
    let identity = "[fleet] needs the key bind_dn with password_file, or certificate_file with key_file";
    assert!(error(&neither).ends_with(identity), "{}", error(&neither));
    assert!(
        error(&format!("{neither}certificate_file = \"/c\"\n")).ends_with("[fleet] needs the key key_file")
    );
    for (line, complaint) in [
        ("servers = [\"ldap.example.org\"]", "servers must be a list of 1 to 8 servers"),
        ("servers = []", "servers must be a list of 1 to 8 servers"),
        ("user_attribute = \"u=*\"", "user_attribute must be the name of an attribute"),
        ("unreachable = \"allow\"", "unreachable must be \"deny\", not \"allow\""),
        ("deadline = \"1s\"", "deadline must be a time between \"2s\" and \"30s\""),
        ("server = []", "unknown key \"server\"; did you mean \"servers\"?"),
    ] {
        let error = parse(&format!("[fleet]\n{line}\n")).unwrap_err();
        assert!(error.contains(&format!("toml:2: {complaint}")), "{error}");
    }
    assert!(error(&format!("{FLEET}{PROVIDER}")).contains("store = \"ldap\" and [identity_provider] cannot"));
}
