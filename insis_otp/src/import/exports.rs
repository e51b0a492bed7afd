//! Exports of authenticator apps and password managers, told apart by what is in them.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Found, aegis, and_otp, bitwarden, csv, free_otp, migration, two_fas, uri};

/// Why a file is no export that can be read. Says nothing of what was in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is encrypted: by this program.
    Encrypted(&'static str),
    /// What this program keeps, encrypted; it has no export that others can read.
    Closed(&'static str),
    /// XML, as KeePassXC writes it besides CSV.
    Xml {
        /// Whether it is KeePass's.
        keepass: bool,
    },
    /// None of the forms that are known.
    Form,
}

/// What JSON exports have at their top: each program's own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    db: Option<aegis::Vault>,
    services: Option<Vec<two_fas::Service>>,
    #[serde(rename = "servicesEncrypted")]
    services_encrypted: Option<IgnoredAny>,
    tokens: Option<Vec<free_otp::Token>>,
    items: Option<Vec<bitwarden::Item>>,
    #[serde(rename = "encryptedData")]
    encrypted_data: Option<IgnoredAny>,
    authenticator_tokens: Option<IgnoredAny>,
    encrypted: bool,
}

/// Reads an export of any program that is known here.
///
/// # Errors
/// It is encrypted, or in a form that is not known.
pub fn read(text: &str) -> Result<Vec<Found>, Unreadable> {
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.chars().next() {
        Some('{') => document(text),
        Some('[') => {
            let entries: Vec<and_otp::Entry> = json(text)?;
            Ok(entries.iter().map(and_otp::found).collect())
        }
        Some('<') => Err(Unreadable::Xml { keepass: text.contains("<KeePassFile") }),
        _ if text.starts_with("-----BEGIN PGP") => Err(Unreadable::Encrypted("OpenPGP")),
        _ => match csv::read(text) {
            Some(found) => Ok(found),
            None => Some(uris(text)).filter(|found| !found.is_empty()).ok_or(Unreadable::Form),
        },
    }
}

fn document(text: &str) -> Result<Vec<Found>, Unreadable> {
    let document: Document = json(text)?;
    match document {
        Document { encrypted: true, .. } => Err(Unreadable::Encrypted("Bitwarden")),
        Document { services_encrypted: Some(_), .. } => Err(Unreadable::Encrypted("2FAS")),
        Document { encrypted_data: Some(_), .. } => Err(Unreadable::Encrypted("Ente Auth")),
        Document { authenticator_tokens: Some(_), .. } => Err(Unreadable::Closed("Authy")),
        Document { db: Some(aegis::Vault::Encrypted(_)), .. } => Err(Unreadable::Encrypted("Aegis")),
        Document { db: Some(aegis::Vault::Plain { entries }), .. } => {
            Ok(entries.iter().map(aegis::found).collect())
        }
        Document { services: Some(services), .. } => Ok(services.iter().map(two_fas::found).collect()),
        Document { tokens: Some(tokens), .. } => Ok(tokens.iter().map(free_otp::found).collect()),
        Document { items: Some(items), .. } => Ok(items.iter().filter_map(bitwarden::found).collect()),
        _ => Err(Unreadable::Form),
    }
}

/// What the reader of JSON complains of holds parts of the text: none of it is told.
fn json<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable::Form)
}

/// Reads URIs, one a line: otpauth:// and Google's otpauth-migration://. Lines between them are passed over.
pub fn uris(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        let begins =
            |prefix: &str| line.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        if begins("otpauth-migration:") {
            found.extend(migration(line).unwrap_or_else(|why| vec![Found::new(Err(why))]));
        } else if begins("otpauth:") {
            found.push(uri(line));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::oath::{Algorithm, Digits};
    use crate::otpauth::is_secret_like;
    use proptest::prelude::*;

    use super::super::Unusable;
    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const OTHER: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

    /// Two entries, for anna at the university and at her bank, as each program exports them.
    fn exports() -> Vec<(&'static str, String)> {
        vec![
            ("Aegis", aegis()),
            ("2FAS", two_fas()),
            ("andOTP", and_otp()),
            ("FreeOTP+", free_otp()),
            ("Bitwarden", bitwarden()),
            ("KeePassXC", keepassxc()),
            ("Bitwarden's CSV", bitwarden_csv()),
            ("a list of URIs", list_of_uris()),
        ]
    }

    fn aegis() -> String {
        format!(
            r#"{{"version":1,"header":{{"slots":null,"params":null}},"db":{{"version":3,"groups":[],"entries":[
            {{"type":"totp","uuid":"x","name":"anna","issuer":"Uni","note":"","favorite":false,"icon":null,
              "info":{{"secret":"{SECRET}","algo":"SHA1","digits":6,"period":30}},"groups":[]}},
            {{"type":"totp","uuid":"y","name":"anna","issuer":"Bank","icon":null,
              "info":{{"secret":"{OTHER}","algo":"SHA256","digits":8,"period":60}}}}]}}}}"#
        )
    }

    fn two_fas() -> String {
        format!(
            r#"{{"services":[{{"name":"Uni","secret":"{SECRET}","updatedAt":1,"otp":{{"label":"anna","account":"anna",
              "issuer":"","digits":6,"period":30,"algorithm":"SHA1","tokenType":"TOTP","source":"Link"}}}},
            {{"name":"My bank","secret":"{OTHER}","otp":{{"account":"anna","issuer":"Bank","digits":8,"period":60,
              "algorithm":"SHA256","tokenType":"TOTP"}},"order":{{"position":1}}}}],
            "groups":[],"updatedAt":1,"schemaVersion":4,"appVersionCode":1,"appOrigin":"android"}}"#
        )
    }

    fn and_otp() -> String {
        format!(
            r#"[{{"secret":"{SECRET}","issuer":"Uni","label":"anna","digits":6,"type":"TOTP","algorithm":"SHA1",
              "thumbnail":"Default","last_used":0,"used_frequency":0,"period":30,"tags":[]}},
            {{"secret":"{OTHER}","issuer":"Bank","label":"anna","digits":8,"type":"TOTP","algorithm":"SHA256","period":60}}]"#
        )
    }

    fn free_otp() -> String {
        let signed = |secret: &str| {
            let key = uri(&format!("otpauth://totp/x?secret={secret}")).taken.unwrap().key;
            let base32 = key.secret().to_base32();
            let bytes = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).unwrap();
            bytes.iter().map(|byte| byte.cast_signed().to_string()).collect::<Vec<_>>().join(",")
        };
        format!(
            r#"{{"tokenOrder":["Uni:anna","Bank:anna"],"tokens":[
            {{"algo":"SHA1","counter":0,"digits":6,"issuerExt":"Uni","issuerInt":"Uni","label":"anna","period":30,
              "secret":[{}],"type":"TOTP"}},
            {{"algo":"SHA256","counter":0,"digits":8,"issuerExt":"Bank","label":"anna","period":60,"secret":[{}],"type":"TOTP"}}]}}"#,
            signed(SECRET),
            signed(OTHER)
        )
    }

    fn bitwarden() -> String {
        format!(
            r#"{{"encrypted":false,"folders":[],"items":[{{"id":"1","type":2,"name":"A note","login":null}},
            {{"type":1,"name":"Uni","login":{{"username":"anna","password":"p","totp":"{}","uris":[]}}}},
            {{"type":1,"name":"Shop","login":{{"username":"anna","password":"p","totp":null}}}},
            {{"type":1,"name":"My bank","login":{{"username":"anna","password":"p",
              "totp":"otpauth://totp/Bank:anna?secret={OTHER}&algorithm=SHA256&digits=8&period=60"}}}}]}}"#,
            SECRET.to_lowercase()
        )
    }

    fn keepassxc() -> String {
        format!(
            "\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\",\"TOTP\",\"Icon\",\"Last Modified\",\"Created\"\n\
             \"Root\",\"Uni\",\"anna\",\"p,\"\"q\",\"\",\"two\nlines\",\"otpauth://totp/Uni:anna?secret={SECRET}&period=30&digits=6&issuer=Uni\",\"0\",\"\",\"\"\n\
             \"Root\",\"Shop\",\"anna\",\"p\",\"\",\"\",\"\",\"0\",\"\",\"\"\n\
             \"Root\",\"Bank\",\"anna\",\"p\",\"\",\"\",\"otpauth://totp/?secret={OTHER}&period=60&digits=8&algorithm=SHA256\",\"0\",\"\",\"\"\n"
        )
    }

    fn bitwarden_csv() -> String {
        format!(
            "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\r\n\
             ,,login,Uni,,,0,,anna,p,{SECRET}\r\n\
             ,,login,Bank,,,0,,anna,p,otpauth://totp/Bank:anna?secret={OTHER}&digits=8&algorithm=SHA256&period=60\r\n"
        )
    }

    fn list_of_uris() -> String {
        format!(
            "\u{feff}My codes\r\n\r\notpauth://totp/Uni:anna?secret={SECRET}&issuer=Uni\r\n\
             OTPAUTH://totp/Bank:anna?secret={OTHER}&digits=8&algorithm=SHA256&period=60\r\n"
        )
    }

    #[test]
    fn plain_exports_are_read() {
        for (program, text) in exports() {
            let found = read(&text).unwrap_or_else(|why| panic!("{program}: {why:?}"));
            let names: Vec<_> = found.iter().map(|found| found.names.clone().unwrap()).collect();
            assert_eq!(names, [("Uni".into(), "anna".into()), ("Bank".into(), "anna".into())], "{program}");
            let keys: Vec<_> = found.iter().map(|found| &found.taken.as_ref().unwrap().key).collect();
            let secrets: Vec<_> = keys.iter().map(|key| key.secret().to_base32().to_string()).collect();
            assert_eq!(secrets, [SECRET, OTHER], "{program}");
            let parameters =
                |key: &crate::oath::OtpGenerator| (key.algorithm(), key.digits(), key.period().seconds());
            assert_eq!(parameters(keys[0]), (Algorithm::Sha1, Digits::Six, 30), "{program}");
            assert_eq!(parameters(keys[1]), (Algorithm::Sha256, Digits::Eight, 60), "{program}");
        }
    }

    #[test]
    fn what_is_encrypted_or_unknown_is_told() {
        let why = |text: &str| match read(text) {
            Err(why) => why,
            Ok(found) => panic!("{text}: {}", found.len()),
        };
        let aegis = r#"{"version":1,"header":{"slots":[{"type":1}],"params":{}},"db":"c2VjcmV0"}"#;
        assert_eq!(why(aegis), Unreadable::Encrypted("Aegis"));
        assert_eq!(
            why(r#"{"services":[],"servicesEncrypted":"x:y:z","schemaVersion":4}"#),
            Unreadable::Encrypted("2FAS")
        );
        assert_eq!(
            why(r#"{"encrypted":true,"passwordProtected":true,"data":"2.x"}"#),
            Unreadable::Encrypted("Bitwarden")
        );
        assert_eq!(
            why(
                r#"{"version":1,"kdfParams":{"memLimit":4096,"opsLimit":3,"salt":"x"},"encryptedData":"x","encryptionNonce":"y"}"#
            ),
            Unreadable::Encrypted("Ente Auth")
        );
        assert_eq!(
            why(
                r#"{"message":"success","authenticator_tokens":[{"name":"Uni","encrypted_seed":"x","salt":"y"}],"success":true}"#
            ),
            Unreadable::Closed("Authy")
        );
        assert_eq!(why("-----BEGIN PGP MESSAGE-----\n"), Unreadable::Encrypted("OpenPGP"));
        assert_eq!(why("<?xml version=\"1.0\"?><KeePassFile/>"), Unreadable::Xml { keepass: true });
        // What a backup of an Android phone has of FreeOTP.
        let map = "<?xml version='1.0'?><map><string name=\"x\">{&quot;secret&quot;:[1]}</string></map>";
        assert_eq!(why(map), Unreadable::Xml { keepass: false });
        for text in ["", "x", "{}", "[1]", "{", "a,b\n1,2", "{\"tokens\":[{\"secret\":[300]}]}", "my codes"] {
            assert_eq!(why(text), Unreadable::Form, "{text}");
        }
        let steam = r#"[{"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","type":"STEAM"},
            {"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","type":"HOTP","counter":1}]"#;
        let found = read(steam).unwrap();
        assert!(found[0].taken.is_err());
        assert_eq!(found[1].taken.as_ref().unwrap_err(), &Unusable::Counter);
    }

    #[test]
    fn a_second_uri_is_an_entry_of_its_own() {
        let text = format!(
            "otpauth://totp/pi%40raspberrypi?secret={SECRET}&issuer=raspberrypi\notpauth://totp/bank:anna?secret={OTHER}"
        );
        let found = uris(&text);
        let names: Vec<_> = found.into_iter().filter_map(|found| found.names).collect();
        assert_eq!(names, [("raspberrypi".into(), "pi@raspberrypi".into()), ("bank".into(), "anna".into())]);
    }

    proptest! {
        /// Whatever is cut out of an export or put into it: nothing panics, and no reason and no name tells a secret.
        #[test]
        fn damaged_exports_tell_no_secret(which in 0..8_usize, cut in 0..2000_usize, length in 0..40_usize, into in "[\"{}:,\\[\\]\\\\ n0a\n]{0,3}") {
            let exports = exports();
            let (_, text) = &exports[which];
            let letters: Vec<_> = text.chars().collect();
            let cut = cut % letters.len();
            let end = (cut + length).min(letters.len());
            let damaged: String =
                letters[..cut].iter().copied().chain(into.chars()).chain(letters[end..].iter().copied()).collect();
            match read(&damaged) {
                Err(why) => {
                    let why = format!("{why:?}");
                    prop_assert!(!is_secret_like(&why), "{}", why);
                },
                Ok(found) => for found in found {
                    let taken = format!("{:?}", found.taken);
                    prop_assert!(!taken.contains("GEZDGNBV"), "{}", taken);
                },
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(\\{|\\[|<|\"|)[\\PC\n]{0,200}") {
            let _ = read(&text);
        }
    }
}
