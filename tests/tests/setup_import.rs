//! Importing what people and administrators really bring: several URIs, URIs as other programs write them, exports, files in
//! other places. Nothing that might be a secret is ever repeated.

use std::path::Path;
use std::process::{Command, Output};

use insis_otp_tests::directory::Directory;
use insis_otp_tests::env::{Env, run, talk};
use insis_otp_tests::keepassxc::KeePassXc;
use insis_otp_tests::phone::Phone;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const OTHER: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const NOW: u64 = 1_700_000_022;

/// Runs otp-setup as root. Whatever it says or logs: no secret, in none of its forms.
fn root(env: &Env, args: &[&str], input: &str) -> Output {
    let output = talk(env.command("otp-setup").args(args), input);
    let logged = env.syslog().lines().join("\n");
    for text in [
        &String::from_utf8_lossy(&output.stdout),
        &String::from_utf8_lossy(&output.stderr),
        &logged[..].into(),
    ] {
        for secret in [SECRET, OTHER, SHORT] {
            let lower = text.to_lowercase();
            assert!(!lower.contains(&secret[..16].to_lowercase()), "{args:?}: {text}");
        }
    }
    output
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn opens(env: &Env, user: &str, phone: &Phone) -> bool {
    let code = phone.code_at(env.clock().now());
    let verified = talk(env.as_user(user, "otp-setup").args(["verify", "--json"]), &format!("{code}\n"));
    String::from_utf8_lossy(&verified.stdout).contains("\"accepted\": true")
}

const SHORT: &str = "MFRGGZDFMZTWQ2LK";

const URI: [&str; 5] = ["import", "--user", "anna", "--uri", "-"];

#[test]
fn of_several_uris_one_is_chosen_and_none_becomes_a_name() {
    let env = Env::frozen(NOW, &["anna"]);
    let two = format!(
        "otpauth://totp/pi%40raspberrypi?secret={SECRET}&issuer=raspberrypi\notpauth://totp/bank:anna?secret={OTHER}\n"
    );
    let undecided = root(&env, &URI, &two);
    assert_eq!(undecided.status.code(), Some(2), "{undecided:?}");
    let list = "1 (raspberrypi:pi@raspberrypi), 2 (bank:anna)";
    assert!(shown(&undecided).contains(list), "{}", shown(&undecided));
    for (entry, name) in
        [("bank:anna", "bank (anna)"), ("anna", "bank (anna)"), ("1", "raspberrypi (pi@raspberrypi)")]
    {
        let taken = root(&env, &[&URI[..], &["--dry-run", "--entry", entry]].concat(), &two);
        assert!(taken.status.success() && shown(&taken).contains(name), "{entry}: {}", shown(&taken));
    }
    let json = root(&env, &[&URI[..], &["--json", "--entry", "2"]].concat(), &two);
    assert!(json.status.success() && opens(&env, "anna", &Phone::typed(OTHER)), "{}", shown(&json));
    // The second one hidden in the first.
    for between in [" ", "%0A", "&issuer=", "&amp;issuer=x%20"] {
        let one = two.replace("=raspberrypi\n", &format!("={between}")).replace("&issuer=&issuer", "&issuer");
        let refused = root(&env, &[&URI[..], &["--replace"]].concat(), &one);
        assert!(!refused.status.success(), "{between}: {}", shown(&refused));
    }
    assert!(opens_later(&env, &Phone::typed(OTHER)));
}

/// A minute on, so that no code was used yet.
fn opens_later(env: &Env, phone: &Phone) -> bool {
    env.clock().advance(60);
    opens(env, "anna", phone)
}

#[test]
fn uris_of_every_style_mean_the_same() {
    let env = Env::frozen(NOW, &["anna"]);
    let eight = Phone::with(SECRET, "SHA256", 8, 60);
    for uri in [
        format!(
            "otpauth://totp/Uni:anna?secret={SECRET}&amp;issuer=Uni&amp;digits=8&amp;algorithm=SHA256&amp;period=60"
        ),
        format!(
            "\u{feff}otpauth://totp/Uni:anna?Secret={SECRET}&Digits=8&Algorithm=HmacSHA256&Period=60\r\n"
        ),
        format!(
            "otpauth://TOTP/Uni:anna?algorithm=SHA-256&secret={}&digits=8&period=60&issuer=",
            SECRET.to_lowercase()
        ),
    ] {
        let taken = root(&env, &[&URI[..], &["--force", "--replace"]].concat(), &uri);
        assert!(
            taken.status.success() && shown(&taken).contains("anna: taken: Uni (anna)"),
            "{}",
            shown(&taken)
        );
        env.clock().advance(120);
        assert!(opens(&env, "anna", &eight), "{uri}");
    }
    let plus =
        format!("otpauth://totp/My+Uni:anna?secret={SECRET}&issuer=My+Uni&lock=1&algorithm=&{OTHER}=x");
    let plus = shown(&root(&env, &[&URI[..], &["--replace"]].concat(), &plus));
    assert!(plus.contains("taken: My Uni (anna)\n"), "{plus}");
    assert!(
        plus.contains("    not its parameter lock") && plus.contains("    not 1 other parameter,"),
        "{plus}"
    );
}

#[test]
fn a_secret_on_the_command_line_is_not_repeated() {
    let env = Env::frozen(NOW, &["anna"]);
    let uri = format!("otpauth://totp/Uni:anna?secret={SECRET}");
    for args in
        [&["import", "--uri", &uri][..], &[&uri], &["import", "--user", &uri, "--uri", "-"], &[SECRET]]
    {
        let wrong = root(&env, args, "");
        assert_eq!(wrong.status.code(), Some(2), "{}", shown(&wrong));
    }
}

#[test]
fn secrets_of_80_bits_are_taken_with_force_and_a_warning() {
    let env = Env::frozen(NOW, &["anna"]);
    let uri = format!("otpauth://totp/Uni:anna?secret={SHORT}");
    let refused = root(&env, &URI, &uri);
    assert!(!refused.status.success() && shown(&refused).contains("--force"), "{}", shown(&refused));
    let taken = root(&env, &[&URI[..], &["--force"]].concat(), &uri);
    assert!(taken.status.success() && shown(&taken).contains("fewer than 128 bits"), "{}", shown(&taken));
    assert!(opens(&env, "anna", &Phone::typed(SHORT)));
    let status = root(&env, &["status", "--user", "anna"], "");
    assert!(status.status.success(), "{}", shown(&status));
}

#[test]
fn exports_of_apps_are_taken() {
    let env = Env::frozen(NOW, &["anna"]);
    let args = ["import", "--user", "anna", "--replace", "--app-export"];
    let aegis = format!(
        r#"{{"version":1,"header":{{"slots":null,"params":null}},"db":{{"version":2,"entries":[{{"type":"totp","name":"anna",
        "issuer":"Uni","info":{{"secret":"{SECRET}","algo":"SHA1","digits":6,"period":30}}}},{{"type":"totp","name":"anna",
        "issuer":"Bank","info":{{"secret":"{OTHER}","algo":"SHA1","digits":6,"period":30}}}}]}}}}"#
    );
    env.write(Path::new("/root/aegis.json"), aegis.as_bytes(), 0o600);
    let undecided = root(&env, &[&args[..], &["/root/aegis.json"]].concat(), "");
    assert!(shown(&undecided).contains("1 (Uni:anna), 2 (Bank:anna)"), "{}", shown(&undecided));
    assert_eq!(
        root(&env, &[&args[..], &["/root/aegis.json", "--entry", "anna"]].concat(), "").status.code(),
        Some(2)
    );
    let taken = root(&env, &[&args[..], &["/root/aegis.json", "--entry", "Bank:anna"]].concat(), "");
    assert!(taken.status.success() && opens(&env, "anna", &Phone::typed(OTHER)), "{}", shown(&taken));

    // What the real KeePassXC exports.
    let csv =
        KeePassXc::csv([
            format!("otpauth://totp/Uni:anna?secret={SECRET}&period=30&digits=6&issuer=Uni").as_str()
        ]);
    let taken = root(&env, &[&args[..], &["-"]].concat(), &csv);
    assert!(taken.status.success() && opens_later(&env, &Phone::typed(SECRET)), "{}", shown(&taken));

    for (text, told) in [
        (r#"{"version":1,"header":{"slots":[{}],"params":{}},"db":"c2VjcmV0"}"#, "encrypted export (Aegis)"),
        (r#"{"encrypted":true,"passwordProtected":true,"data":"2.abc"}"#, "encrypted export (Bitwarden)"),
        ("<?xml version=\"1.0\"?><KeePassFile></KeePassFile>", "choose Database, Export, CSV File"),
        (&format!("{{\"secret\": \"{SECRET}\", \"x\""), "no export that is known here"),
        (SECRET, "no export that is known here"),
    ] {
        let refused = root(&env, &[&args[..], &["-"]].concat(), text);
        assert!(refused.status.code() == Some(1) && shown(&refused).contains(told), "{}", shown(&refused));
    }
    env.write(Path::new("/root/andotp.aes"), &[0xff, 0xfe, 0, 1], 0o600);
    let binary = root(&env, &[&args[..], &["/root/andotp.aes"]].concat(), "");
    assert!(shown(&binary).contains("not text"), "{}", shown(&binary));
}

#[test]
fn of_two_lines_for_one_user_it_is_said_which_one_stays() {
    let env = Env::frozen(NOW, &["anna", "bob"]);
    let hex = |secret: &str| {
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        data_encoding::HEXLOWER.encode(&bytes)
    };
    let lines = format!(
        "# devices\nHOTP/T30/6 anna - {}\nHOTP/T30/6 bob - {}\nHOTP/T30/6 anna - {}\nHOTP/T30/6 {SECRET} - {}\n",
        hex(SECRET),
        hex(SECRET),
        hex(OTHER),
        hex(OTHER)
    );
    env.write(Path::new("/etc/users.oath"), lines.as_bytes(), 0o600);
    let all = shown(&root(&env, &["import", "--pam-oath", "/etc/users.oath", "--replace"], ""));
    assert_eq!(all.matches("anna: taken").count(), 1, "{all}");
    assert!(
        all.contains("anna: not taken: line 2 is for the same user") && all.contains("bob: taken"),
        "{all}"
    );
    assert!(all.contains("line 5: not taken: there is no such user"), "{all}");
    assert!(opens(&env, "anna", &Phone::typed(SECRET)));
    let other = ["import", "--pam-oath", "/etc/users.oath", "--user", "anna", "--entry", "4", "--replace"];
    let other = root(&env, &other, "");
    assert!(other.status.success() && opens_later(&env, &Phone::typed(OTHER)), "{}", shown(&other));
}

#[test]
fn google_authenticators_files_are_taken_from_where_they_are() {
    let env = Env::frozen(NOW, &["anna", "bob"]);
    let theirs = |secret: &str, scratch: &str| format!("{secret}\n\" TOTP_AUTH\n{scratch}");
    env.write(Path::new("/var/lib/ga/anna"), theirs(SECRET, "12345678\n87654321\n").as_bytes(), 0o400);
    env.write(Path::new("/var/lib/ga/bob"), theirs(OTHER, "").as_bytes(), 0o400);
    let one = ["import", "--user", "anna", "--google-authenticator", "/var/lib/ga/anna"];
    let one = shown(&root(&env, &one, ""));
    assert!(one.contains("anna: taken") && one.contains("with 2 scratch codes"), "{one}");
    assert!(!one.contains("no recovery codes") && one.contains("own files are left as they are"), "{one}");
    assert!(opens(&env, "anna", &Phone::typed(SECRET)));
    let all = ["import", "--all", "--replace", "--google-authenticator", "/var/lib/ga/${USER}"];
    let all = shown(&root(&env, &all, ""));
    assert!(all.contains("anna: taken") && all.contains("bob: taken"), "{all}");
    assert!(all.contains("1 person has no recovery codes yet"), "{all}");
    assert!(Path::new("/var/lib/ga/anna").exists());
}

/// SSSD does not list the people of a directory unless it is told to.
#[test]
fn people_whom_the_directory_does_not_list_are_found_by_their_files() {
    let env = Env::build().user("bob", "secret").start();
    let _directory = Directory::start(&env, "", "");
    let theirs = format!("{SECRET}\n\" TOTP_AUTH\n");
    let old = env.home("anna").join(".google_authenticator");
    env.write(&old, theirs.as_bytes(), 0o400);
    let all = ["import", "--google-authenticator", "--all"];
    // Whose file it is not.
    let taken = shown(&root(&env, &all, ""));
    assert!(taken.contains("anna: not taken"), "{taken}");
    std::os::unix::fs::chown(&old, Some(20_001), Some(20_001)).unwrap();
    let taken = shown(&root(&env, &all, ""));
    assert!(taken.contains("anna: taken") && taken.contains("does not list its people"), "{taken}");
    assert!(Path::new("/var/lib/insis-otp/anna").exists());
    std::fs::remove_file("/var/lib/insis-otp/anna").unwrap();
    std::fs::remove_file(&old).unwrap();
    env.write(Path::new("/srv/old/anna.ga"), theirs.as_bytes(), 0o400);
    let taken = shown(&root(&env, &["import", "--all", "--google-authenticator", "/srv/old/%u.ga"], ""));
    assert!(taken.contains("anna: taken"), "{taken}");
    // Each name in a usersfile is looked up.
    std::fs::remove_file("/var/lib/insis-otp/anna").unwrap();
    let hex = "3132333435363738393031323334353637383930";
    env.write(Path::new("/etc/users.oath"), format!("HOTP/T30 anna - {hex}\n").as_bytes(), 0o600);
    let taken = shown(&root(&env, &["import", "--pam-oath", "/etc/users.oath"], ""));
    assert!(taken.contains("anna: taken") && !taken.contains("does not list"), "{taken}");
}

#[test]
fn exports_that_are_not_read_are_told_what_to_export_instead() {
    let env = Env::frozen(NOW, &["anna"]);
    let file = Path::new("/root/export");
    for (export, words) in [
        (&b"<?xml version=\"1.0\"?><KeePassFile><Root/></KeePassFile>"[..], "Database, Export, CSV File"),
        (b"<?xml version='1.0'?><map><string name=\"x\">{}</string></map>", "pair the phone anew"),
        // A serialized map of Java's: the backup of FreeOTP 2.
        (b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap", "is a backup of FreeOTP (externalBackup.xml)"),
        (
            b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap",
            "pair the phone anew by otp-setup. FreeOTP+ exports JSON",
        ),
        (
            b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5",
            "is a database of KeePass, which is encrypted. In KeePassXC, choose",
        ),
        (b"AUTHENTICATORPRO\xff\xfe\x00", "This is an encrypted export (Stratum)"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff", "is an archive. Unpack it"),
        (b"\x89PNG\r\n\x1a\n\x00", "is a picture. Read the QR code in it: zbarimg"),
        (b"SQLite format 3\x00\x10\xff", "Microsoft Authenticator exports nothing"),
        (b"\x85\x01\x0c\x03\xff", "is not text. If it is an encrypted backup (andOTP's"),
        (br#"{"version":1,"header":{"slots":[{}],"params":{}},"db":"x"}"#, "an encrypted export (Aegis)"),
        (br#"{"services":[],"servicesEncrypted":"x:y:z"}"#, "an encrypted export (2FAS)"),
        (br#"{"encrypted":true,"data":"2.x"}"#, "an encrypted export (Bitwarden)"),
        (br#"{"version":1,"kdfParams":{},"encryptedData":"x"}"#, "an encrypted export (Ente Auth)"),
        (br#"{"authenticator_tokens":[{"encrypted_seed":"x"}]}"#, "This is data of Authy, encrypted."),
    ] {
        env.write(file, export, 0o600);
        let refused = root(&env, &["import", "--user", "anna", "--app-export", "/root/export"], "");
        let text = shown(&refused).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(refused.status.code() == Some(1) && text.contains(words), "{text}");
    }
    // The same of standard input; and what is said of a picture can be done.
    let picture = Path::new("/root/code.png");
    let uri = format!("otpauth://totp/Uni:anna?secret={SECRET}&issuer=Uni");
    run(Command::new("qrencode").arg("-o").arg(picture).arg(uri));
    let shell = |line: &str| {
        let path = std::env::var("PATH").unwrap_or_default();
        Command::new("sh").args(["-c", line]).env("PATH", path).output().unwrap()
    };
    let refused = shown(&shell("otp-setup import --user anna --app-export - </root/code.png"));
    assert!(refused.contains("is a picture"), "{refused}");
    let taken =
        shown(&shell("zbarimg -q --raw /root/code.png | otp-setup import --user anna --app-export -"));
    assert!(taken.contains("anna: taken"), "{taken}");
}
