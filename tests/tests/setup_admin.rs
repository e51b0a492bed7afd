//! What a sysadmin does with `otp-setup`: importing from other programs, listing, exporting; and what programs read.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output};

use insis_otp_tests::crowd;
use insis_otp_tests::env::{Env, run, talk};
use insis_otp_tests::machine::answer;
use insis_otp_tests::page::Page;
use insis_otp_tests::pam::Stack;
use insis_otp_tests::phone::Phone;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const NOW: u64 = 1_700_000_022;

fn root(env: &Env, args: &[&str], input: &str) -> Output {
    talk(env.command("otp-setup").args(args), input)
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", out(output)))
}

fn import(env: &Env, user: &str) {
    let uri = format!("otpauth://totp/Uni:{user}?secret={SECRET}&issuer=Uni");
    assert!(root(env, &["import", "--user", user, "--uri", "-"], &uri).status.success());
}

fn verify(env: &Env, user: &str, code: &str) -> serde_json::Value {
    json(&talk(env.as_user(user, "otp-setup").args(["verify", "--json"]), &format!("{code}\n")))
}

#[test]
fn google_authenticators_own_files_are_taken() {
    let env = Env::frozen(NOW, &["anna", "bob", "cyril", "eva"]);
    // Written by the program itself, for anna by time and for bob by counter.
    for (user, kind) in [("anna", "--time-based"), ("bob", "--counter-based")] {
        let mut theirs = env.as_user(user, "google-authenticator");
        let more = if user == "anna" { &["--disallow-reuse", "--no-confirm"][..] } else { &[][..] };
        run(theirs
            .args([kind, "--force", "--quiet", "--rate-limit=3", "--rate-time=30", "--window-size=3"])
            .args(more));
    }
    // cyril's is a link to somebody else's.
    std::os::unix::fs::symlink(
        env.home("anna").join(".google_authenticator"),
        env.home("cyril").join(".google_authenticator"),
    )
    .unwrap();
    let theirs = std::fs::read_to_string(env.home("anna").join(".google_authenticator")).unwrap();
    let secret = theirs.lines().next().unwrap().to_owned();
    let scratch: Vec<_> = theirs.lines().filter(|line| line.len() == 8).map(str::to_owned).collect();
    assert_eq!(scratch.len(), 5, "{theirs}");

    let all = ["import", "--google-authenticator", "--all", "--json"];
    let dry = json(&root(&env, &[&all[..], &["--dry-run"]].concat(), ""));
    let outcomes = root(&env, &all, "");
    assert_eq!(outcomes.status.code(), Some(1));
    let outcomes = json(&outcomes);
    let of = |all: &serde_json::Value, user: &str| {
        all.as_array().unwrap().iter().find(|entry| entry["user"] == user).cloned().unwrap_or_default()
    };
    assert_eq!(of(&dry, "anna")["taken"], true);
    assert_eq!(of(&outcomes, "anna")["taken"], true, "{outcomes}");
    let left_out = of(&outcomes, "anna")["left_out"].to_string();
    assert!(!left_out.contains("scratch") && left_out.contains("rate limit"), "{left_out}");
    assert!(of(&outcomes, "anna")["what"].as_str().unwrap().contains("with 5 scratch codes"), "{outcomes}");
    assert!(of(&outcomes, "bob")["what"].as_str().unwrap().contains("HOTP"));
    assert_eq!(of(&outcomes, "cyril")["taken"], false);
    assert!(of(&outcomes, "eva").is_null());
    assert_eq!(verify(&env, "anna", &Phone::typed(&secret).code_at(NOW))["accepted"], true);
    for scratch in &scratch {
        assert_eq!(verify(&env, "anna", scratch)["accepted"], true, "{scratch}");
        assert_eq!(verify(&env, "anna", scratch)["what"], "used-recovery-code", "{scratch}");
    }
    assert_eq!(root(&env, &["status", "--user", "cyril"], "").status.code(), Some(3));
}

#[test]
fn pam_oaths_own_file_is_taken_and_its_last_code_stays_spent() {
    let env = Env::frozen(NOW, &["anna", "bob", "eva"]);
    let hex = "3132333435363738393031323334353637383930";
    let file = "/etc/users.oath";
    let lines = format!(
        "HOTP/T30/6 anna - {hex}\nHOTP/T60/8 bob - {hex}\nHOTP eva - {hex}\nHOTP/T30/6 gone - {hex}\n"
    );
    env.write(Path::new(file), lines.as_bytes(), 0o600);
    // A login by the real library, which leaves its mark in the file.
    let code = Phone::typed(SECRET).code_at(NOW);
    let program = format!(
        "import ctypes; l=ctypes.CDLL('liboath.so.0'); l.oath_init(); n=ctypes.c_long(); \
         exit(l.oath_authenticate_usersfile(b'{file}', b'anna', b'{code}', 2, None, ctypes.byref(n)))"
    );
    run(env.command("/usr/bin/python3").args(["-c", &program]));

    let outcome = root(&env, &["import", "--pam-oath", file, "--json"], "");
    let outcome = json(&outcome);
    let taken: Vec<_> = outcome.as_array().unwrap().iter().map(|entry| entry["taken"] == true).collect();
    assert_eq!(taken, [true, false, false, false], "{outcome}");
    assert!(outcome[1]["what"].as_str().unwrap().contains("--force"));
    let again = verify(&env, "anna", &code);
    assert_eq!((&again["accepted"], &again["what"]), (&false.into(), &"used-code".into()), "{again}");
    env.clock().advance(30);
    assert_eq!(verify(&env, "anna", &Phone::typed(SECRET).code_at(NOW + 30))["accepted"], true);
    assert!(root(&env, &["import", "--pam-oath", file, "--user", "bob", "--force"], "").status.success());
    let eight = Phone::with(SECRET, "SHA1", 8, 60).code_at(NOW + 30);
    assert_eq!(verify(&env, "bob", &eight)["accepted"], true);
    let nowhere = root(&env, &["import", "--pam-oath", "/etc/nowhere"], "");
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("/etc/nowhere cannot be read: No such file"));
}

#[test]
fn help_and_wrong_usage_come_in_the_persons_language() {
    let env = Env::frozen(NOW, &["anna"]);
    let shown = |language: &str, arguments: &str, to: &str| {
        let mut shell = env.as_user("anna", "sh");
        let script = format!("otp-setup {arguments} {to}");
        let output = talk(shell.env("LC_ALL", language).args(["-c", &script]), "");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code(), out, err)
    };
    for (language, help, wrong) in [
        ("cs_CZ.UTF-8", "Použití: otp-setup import", "--al zde není známo. Nemá to být --all?"),
        ("en_GB.UTF-8", "Usage: otp-setup import", "--al is not known here. Is it --all?"),
    ] {
        for arguments in ["import --help", "import -h", "help import"] {
            let (status, out, err) = shown(language, arguments, "");
            assert!(status == Some(0) && out.contains(help) && err.is_empty(), "{arguments}: {out}{err}");
            // No terminal, no colours.
            assert!(!out.contains('\u{1b}'), "{out:?}");
        }
        let (status, out, err) = shown(language, "import --al", "");
        assert!(status == Some(2) && out.is_empty() && err.contains(wrong), "{out}{err}");
    }
    let (status, _, err) = shown("C.UTF-8", "--help", ">/dev/full");
    assert!(status == Some(5) && err.contains("standard output cannot be written"), "{status:?}: {err}");
}

#[test]
fn googles_export_is_taken() {
    let env = Env::frozen(NOW, &["anna"]);
    // One account, as the app's export of it was decoded: issuer Example, name Example:anna@x, SHA1, six digits, TOTP.
    let export = "otpauth-migration://offline?data=CjUKFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEg5FeGFtcGxlOmFubmFAeBoHRXhhbXBsZSABKAEwAhABGAEgAA%3D%3D";
    let output = root(&env, &["import", "--user", "anna", "--migration", "-"], export);
    assert!(output.status.success(), "{}{}", out(&output), String::from_utf8_lossy(&output.stderr));
    assert!(out(&output).contains("anna: taken: Example (anna@x)"), "{}", out(&output));
    assert_eq!(verify(&env, "anna", &Phone::typed(SECRET).code_at(NOW))["accepted"], true);
}

#[test]
fn people_are_listed_and_a_secret_is_exported_only_on_demand() {
    let env = Env::frozen(NOW, &["anna", "bob", "eva"]);
    assert!(out(&root(&env, &["list"], "")).contains("Nobody is paired"));
    import(&env, "anna");
    import(&env, "bob");
    for _ in 0..7 {
        verify(&env, "bob", "000000");
    }
    let code = |at| Phone::typed(SECRET).code_at(at);
    assert_eq!(verify(&env, "anna", &code(NOW))["what"], "code");
    // To try a code is no login.
    let listed = out(&root(&env, &["list"], ""));
    assert!(listed.lines().filter(|line| line.contains("never")).count() == 2, "{listed}");
    let stack = Stack::new("door", "auth required pam_insis_otp.so");
    let login = answer(&mut crowd::driver(&stack, "anna"), &crowd::typing(&[&code(NOW + 30)]));
    assert_eq!(login.code, "PAM_SUCCESS");
    let listed = out(&root(&env, &["list"], ""));
    let row = |user: &str| listed.lines().find(|line| line.starts_with(user)).unwrap_or_default().to_owned();
    assert!(row("anna").contains("2023-11-14 22:13") && row("bob").contains("never"), "{listed}");
    assert!(row("bob").contains(" 7 ") && row("eva").is_empty() && !listed.contains(SECRET), "{listed}");
    let listed = json(&root(&env, &["list", "--json"], ""));
    assert_eq!(listed[0]["user"], "anna");
    assert_eq!(listed[1]["failures"], 7);

    assert_eq!(root(&env, &["export", "--user", "anna"], "").status.code(), Some(2));
    let exported = out(&root(&env, &["export", "--user", "anna", "--reveal"], ""));
    assert!(exported.trim().starts_with("otpauth://totp/Uni:anna?secret=GEZDGNBV"), "{exported}");
    for command in [&["list"][..], &["export", "--reveal"], &["import", "--uri", "-"], &["unlock"]] {
        let output = talk(env.as_user("anna", "otp-setup").args(command), "");
        assert_eq!(output.status.code(), Some(2), "{command:?}");
    }
}

#[test]
fn what_is_said_fits_the_locale_and_dates_name_their_zone() {
    let env = Env::frozen(NOW, &["anna"]);
    let uri = format!("otpauth://totp/%C5%BDi%C5%BEkov:anna?secret={SECRET}");
    assert!(root(&env, &["import", "--user", "anna", "--uri", "-"], &uri).status.success());
    let status = |locale: &str, languages: &str| {
        let mut status = env.as_user("anna", "otp-setup");
        status.env("LC_ALL", locale).env("LANGUAGE", languages).env("TZ", "UTC").arg("status");
        talk(&mut status, "").stdout
    };
    let english = String::from_utf8(status("en_GB.UTF-8", "")).unwrap();
    assert!(english.contains("2023-11-14 22:13 UTC") && english.contains("\u{17d}i\u{17e}kov"), "{english}");
    assert!(String::from_utf8(status("en_GB.UTF-8", "cs:en")).unwrap().contains("sp\u{e1}rov\u{e1}no"));
    assert_eq!(status("cs_CZ.UTF-8", "en"), english.as_bytes());
    // The same language without its accents, everywhere: also where clap writes, and where questions are.
    let latin = status("cs_CZ.ISO-8859-2", "");
    assert!(latin.is_ascii(), "{latin:?}");
    let latin = String::from_utf8(latin).unwrap();
    assert!(latin.contains("anna: sparovano") && latin.contains("Zizkov"), "{latin}");
    let shown = |command: &str, input: &str| {
        let mut setup = env.as_user("anna", "otp-setup");
        let output = talk(setup.env("LC_ALL", "cs_CZ.ISO-8859-2").args(command.split_whitespace()), input);
        let shown = [output.stdout, output.stderr].concat();
        assert!(shown.is_ascii(), "{command}: {}", String::from_utf8_lossy(&shown));
        String::from_utf8(shown).unwrap()
    };
    assert!(shown("--help", "").contains("Pouziti:") && shown("remove --help", "").contains("Odstrani"));
    assert!(shown("--nosuch", "").contains("zde neni znamo"));
    assert!(shown("remove", "ne\n").contains("[ano/ne]"));
    let json = talk(
        env.as_user("anna", "otp-setup").env("LC_ALL", "cs_CZ.ISO-8859-2").args(["status", "--json"]),
        "",
    );
    assert!(
        String::from_utf8(json.stdout).unwrap().contains("\u{17d}i\u{17e}kov"),
        "programs read all letters"
    );
}

/// A secret that was not shown is on no phone, and recovery codes that were not shown are on no paper.
#[test]
fn what_could_not_be_shown_is_no_success() {
    let env = Env::frozen(NOW, &["anna", "bob"]);
    import(&env, "anna");
    let full = |user: &str, command: &str, input: &str| {
        let script = format!("exec otp-setup {command} >/dev/full");
        talk(env.as_user(user, "sh").args(["-c", &script]), input)
    };
    let code = format!("{}\n", Phone::typed(SECRET).code_at(NOW));
    for (user, command, input) in [
        ("bob", "--batch --yes --text", "000000\n000001\n"),
        ("anna", "recovery-codes --batch", code.as_str()),
    ] {
        let output = full(user, command, input);
        assert_eq!(output.status.code(), Some(5), "{command}: {output:?}");
        let shown = String::from_utf8(output.stderr).unwrap();
        assert!(shown.contains("cannot be written") && shown.contains("otp-setup recovery-codes"), "{shown}");
    }
    assert!(!std::fs::exists("/var/lib/insis-otp/bob").unwrap());
}

#[test]
fn a_batch_is_asked_nothing() {
    let env = Env::frozen(NOW, &["anna"]);
    import(&env, "anna");
    let code = |at: u64| format!("{}\n", Phone::typed(SECRET).code_at(at));
    let batch =
        |args: &[&str], input: &str| talk(env.as_user("anna", "otp-setup").arg("--batch").args(args), input);
    let output = batch(&["remove"], &code(NOW));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    let renewed = batch(&["recovery-codes"], &code(NOW));
    assert!(renewed.status.success());
    let heard = out(&renewed);
    let recovery: Vec<_> =
        heard.split_whitespace().filter(|word| word.len() == 11 && word.as_bytes()[5] == b'-').collect();
    assert_eq!(recovery.len(), 10, "{heard}");
    let spent = verify(&env, "anna", recovery[3]);
    assert_eq!((&spent["what"], &spent["recovery_codes_left"]), (&"recovery-code".into(), &9.into()));
    assert_eq!(verify(&env, "anna", recovery[3])["what"], "used-recovery-code");
    // Two codes at once teach nothing, since they could have been written down.
    let at_once = batch(&["resync"], &format!("{}{}", code(NOW + 600), code(NOW + 630)));
    assert!(out(&at_once).contains("each typed when"), "{}", out(&at_once));
    assert!(batch(&["remove", "--yes"], &format!("{}\n", recovery[4])).status.success());
    assert_eq!(batch(&["verify"], "").status.code(), Some(3));
}

#[test]
fn nobody_elses_file_is_imported_through_a_home() {
    let env = Env::frozen(NOW, &["anna", "eva"]);
    let file = env.home("eva").join(".google_authenticator");
    std::fs::write(&file, format!("{SECRET}\n\" TOTP_AUTH\n")).unwrap();
    // Not eva's own; then a FIFO, at which a careless reader waits for ever.
    let one = ["import", "--user", "eva", "--google-authenticator"];
    assert!(!root(&env, &one, "").status.success());
    std::fs::remove_file(&file).unwrap();
    run(Command::new("mkfifo").arg(&file));
    let uid = env.home("eva").metadata().map(|listed| std::os::unix::fs::MetadataExt::uid(&listed)).unwrap();
    chown(&file, Some(uid), None).unwrap();
    assert!(!root(&env, &one, "").status.success());
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, format!("{SECRET}\n\" TOTP_AUTH\n")).unwrap();
    chown(&file, Some(uid), None).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o400)).unwrap();
    assert!(root(&env, &one, "").status.success());
}

/// What nobody's name may send to a terminal: control characters of either set, DEL, and what turns the direction of
/// writing.
fn steering(text: &str) -> Vec<char> {
    let steers = |letter: &char| {
        (letter.is_control() && *letter != '\n')
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(steers).collect()
}

#[test]
fn no_name_steers_the_terminal_or_a_program() {
    const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{9b}2J\u{7f}\u{202e}\u{2066}\u{200f}";
    let env = Env::frozen(NOW, &["anna", "eva"]);
    env.write(Path::new("/etc/security/insis-otp.toml"), b"secret_file = \"%h/.insis-otp\"\n", 0o644);
    let heard = |args: &[&str], input: &str| {
        let output = root(&env, args, input);
        let heard = out(&output) + &String::from_utf8(output.stderr).unwrap();
        assert!(steering(&heard).is_empty(), "{args:?}: {heard:?}");
        assert!(!heard.is_empty(), "{args:?}");
        heard
    };
    // A user writes their own file in their own home; TOML has escapes for all of it.
    import(&env, "anna");
    let file = env.home("anna").join(".insis-otp");
    let escaped: String = HOSTILE.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect();
    let page = Page::of(&std::fs::read(&file).unwrap());
    let page = page.head("issuer = \"Uni\"", &format!("issuer = \"Uni{escaped}\"")).bytes();
    std::fs::write(&file, page).unwrap();
    for command in [&["status", "--user", "anna"][..], &["list"], &["doctor"], &["doctor", "--json"]] {
        heard(command, "");
    }
    for command in [&["status", "--user", "anna", "--json"][..], &["list", "--json"]] {
        let listed = serde_json::from_str::<serde_json::Value>(&heard(command, "")).unwrap();
        let issuer = listed.get(0).unwrap_or(&listed)["issuer"].clone();
        assert_eq!(issuer, format!("Uni{HOSTILE}"), "programs get what is there, by escapes");
    }
    // Imports: a label, a user name in somebody's list, an account in an export.
    let percent: String = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let uri = format!("otpauth://totp/Uni{percent}:eva{percent}?secret={SECRET}&issuer=Uni{percent}");
    heard(&["import", "--user", "eva", "--uri", "-", "--dry-run"], &uri);
    heard(&["import", "--user", "eva", "--uri", "-", "--dry-run", "--json"], &uri);
    env.write(
        Path::new("/etc/users.oath"),
        format!("HOTP/T30/6 x{HOSTILE} - 3132333435363738393031323334353637383930\n").as_bytes(),
        0o600,
    );
    heard(&["import", "--pam-oath", "/etc/users.oath"], "");
    heard(&["import", "--pam-oath", "/etc/users.oath", "--json"], "");
    heard(&["status", "--user", HOSTILE], "");
    // A file of nobody's in the store, and a module's argument.
    env.write(Path::new("/etc/security/insis-otp.toml"), b"", 0o644);
    std::fs::write(format!("/var/lib/insis-otp/x{HOSTILE}\nNothing was found"), "").unwrap();
    env.write(
        Path::new("/etc/pam.d/door"),
        format!("auth required pam_insis_otp.so x{HOSTILE}\n").as_bytes(),
        0o644,
    );
    let found = heard(&["doctor"], "");
    assert!(found.contains("\\u{a}Nothing was found") && !found.contains("\nNothing was found"), "{found}");
    heard(&["doctor", "--json"], "");
}
