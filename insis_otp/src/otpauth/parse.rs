//! Reading otpauth URIs: also those of programs that write them in their own way.
//!
//! What is understood: names of parameters in any case, `&amp;` for `&`, a plus sign for a blank, empty values, algorithms
//! under other names, secrets in lower case or with blanks and padding. What cannot be understood is refused rather than
//! passed over, and neither an error nor a name ever holds what might be a secret.

use zeroize::Zeroizing;

use crate::oath::{
    Algorithm, Digits, InvalidParameter, InvalidSecret, OtpGenerator, Parameters, Period, Secret,
};
use crate::record::AppEntry;

/// An entry as it was read, and what its URI has besides.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The entry.
    pub entry: AppEntry,
    /// The parameters that are passed over, as far as other programs are known to write them.
    pub ignored: Vec<&'static str>,
    /// How many others are passed over. Their names are not repeated: what stands there might be a secret.
    pub unknown: usize,
}

/// Why a text is no URI of an entry that can be used here. Says nothing of what was in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUri {
    /// Another kind of text.
    #[error("it does not begin with otpauth://totp/")]
    NotOtpauth,
    /// Codes by counter.
    #[error("it is for codes by counter (HOTP); only codes by time (TOTP) are supported")]
    Counter,
    /// A percent sign without two hexadecimal digits, or what they say is not UTF-8.
    #[error("its percent-encoding is broken")]
    Encoding,
    /// A `#`, behind which nothing would be read.
    #[error("there is a # in it, which has to be written as %23")]
    Fragment,
    /// A line end in it, or another URI.
    #[error("there is more than one URI in it: each needs a line of its own")]
    Several,
    /// A name that may hold a secret.
    #[error("its issuer or account looks like a secret")]
    SecretInName,
    /// The same parameter twice.
    #[error("a parameter is in it twice")]
    Twice,
    /// No secret.
    #[error("there is no secret in it")]
    NoSecret,
    /// Codes that are computed in another way.
    #[error("its codes are computed in another way than RFC 6238 has it (Steam)")]
    OtherCodes,
    /// The secret is none.
    #[error("{0}")]
    Secret(#[from] InvalidSecret),
    /// Algorithm, digits or period are out of range.
    #[error("{0}")]
    Parameter(#[from] InvalidParameter),
}

impl Parsed {
    /// Parameters that say nothing about the codes.
    const HARMLESS: [&'static str; 12] = [
        "image",
        "icon",
        "color",
        "lock",
        "counter",
        "group",
        "tag",
        "tags",
        "note",
        "codedisplay",
        "pinned",
        "service",
    ];

    /// Reads a URI.
    ///
    /// # Errors
    /// It is none, or not for codes that can be checked here.
    pub fn of(uri: &str) -> Result<Self, InvalidUri> {
        let uri = Zeroizing::new(uri.trim_matches(is_blank).to_owned());
        if uri.contains(char::is_control) {
            return Err(InvalidUri::Several);
        }
        let (head, query) = uri.split_once('?').unwrap_or((&uri, ""));
        let label = label(head)?;
        let mut parameters = Query::default();
        for (name, value) in pairs(&without_entities(query))?.into_iter().map(split) {
            parameters.set(name, value)?;
        }
        parameters.parsed(label)
    }
}

/// An algorithm by the names that other programs have for it: `SHA-1`, `HmacSHA256`, `sha_512`. An empty one is the usual.
///
/// # Errors
/// It is another one.
pub fn algorithm(name: &str) -> Result<Algorithm, InvalidParameter> {
    let letters: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    match letters.strip_prefix("HMAC").unwrap_or(&letters) {
        "" if name.trim().is_empty() => Ok(Algorithm::default()),
        name => name.parse(),
    }
}

/// Whether a text could be a secret, or hold a URI: then it is not shown.
#[must_use]
pub fn is_secret_like(text: &str) -> bool {
    /// The fewest letters of a secret: 80 bits in base32.
    const LEAST: usize = 16;
    let base32 =
        |word: &str| word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'2'..=b'7'));
    let hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Long words of small letters alone are ordinary; as a secret, one in thousands has no digit.
    let is_word = |word: &str| word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let mut words =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| word.len() >= LEAST);
    holds_uri(text) || words.any(|word| (base32(word) || hex(word)) && !is_word(word))
}

fn holds_uri(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["otpauth:", "otpauth%3a", "otpauth-migration", "secret=", "secret%3d"]
        .iter()
        .any(|mark| lower.contains(mark))
}

/// Whether the name has the secret in it.
fn holds(name: &str, secret: &str) -> bool {
    let letters: Zeroizing<String> =
        Zeroizing::new(name.chars().filter(char::is_ascii_alphanumeric).collect());
    letters.to_ascii_uppercase().contains(secret)
}

/// Blanks, line ends, and the mark at the start of a file that some editors write.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter == '\u{feff}'
}

/// What stands between `totp/` and the question mark.
fn label(head: &str) -> Result<&str, InvalidUri> {
    let after = |prefix: &str| {
        let (start, rest) = head.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    match (after("otpauth://totp/"), after("otpauth://hotp/"), after("otpauth://steam/")) {
        (Some(label), ..) => Ok(label),
        (None, Some(_), _) => Err(InvalidUri::Counter),
        (None, None, Some(_)) => Err(InvalidUri::OtherCodes),
        (None, None, None) => Err(InvalidUri::NotOtpauth),
    }
}

/// The query with `&` for what HTML and XML write in its place.
fn without_entities(query: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(query.to_owned());
    for entity in ["&amp;", "&AMP;", "&#38;", "&#x26;", "&#X26;"] {
        // Also `&amp;amp;`, which went through two hands.
        while text.contains(entity) {
            text = Zeroizing::new(text.replace(entity, "&"));
        }
    }
    text
}

fn pairs(query: &str) -> Result<Vec<&str>, InvalidUri> {
    match query.split_once('#') {
        Some((_, rest)) if !rest.is_empty() => Err(InvalidUri::Fragment),
        Some((query, _)) => Ok(query.split('&').filter(|pair| !pair.is_empty()).collect()),
        None => Ok(query.split('&').filter(|pair| !pair.is_empty()).collect()),
    }
}

fn split(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

/// The query while it is read.
#[derive(Default)]
struct Query {
    secret: Option<Secret>,
    issuer: Option<String>,
    algorithm: Option<Algorithm>,
    digits: Option<Digits>,
    period: Option<Period>,
    ignored: Vec<&'static str>,
    unknown: usize,
}

impl Query {
    fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidUri> {
        let name = name.trim().to_ascii_lowercase();
        let raw = value;
        let value = decode(raw)?;
        let value = value.trim_matches(is_blank);
        match name.as_str() {
            "secret" | "issuer" | "algorithm" | "digits" | "period" | "encoder" if value.is_empty() => Ok(()),
            "secret" => {
                let value = decode(&Zeroizing::new(raw.replace('+', "")))?;
                once(&mut self.secret, Secret::existing_from_base32(value.trim_matches(is_blank))?)
            }
            "issuer" => {
                let value = decode(&with_blanks(raw))?;
                once(&mut self.issuer, value.trim_matches(is_blank).to_owned())
            }
            "algorithm" => once(&mut self.algorithm, algorithm(value)?),
            "digits" => once(&mut self.digits, Digits::try_from(number(value))?),
            "period" => once(&mut self.period, Period::try_from(number(value))?),
            "encoder" if !value.eq_ignore_ascii_case("default") => Err(InvalidUri::OtherCodes),
            "encoder" => Ok(()),
            other => {
                match Parsed::HARMLESS.iter().find(|known| **known == other) {
                    Some(known) => self.ignored.push(known),
                    None => self.unknown += 1,
                }
                Ok(())
            }
        }
    }

    fn parsed(self, label: &str) -> Result<Parsed, InvalidUri> {
        let (issuer, account) = names(label)?;
        let key = {
            let secret = self.secret.ok_or(InvalidUri::NoSecret)?;
            let (algorithm, digits) = (self.algorithm.unwrap_or_default(), self.digits.unwrap_or_default());
            let period = self.period.unwrap_or_default();
            OtpGenerator::new(secret, Parameters { algorithm, digits, period })
        };
        let entry = AppEntry { key, issuer: self.issuer.unwrap_or(issuer), account };
        let secret = entry.key.secret().to_base32();
        let names = [&entry.issuer, &entry.account];
        if names.iter().any(|name| holds_uri(name)) {
            return Err(InvalidUri::Several);
        }
        if names.iter().any(|name| holds(name, &secret)) {
            return Err(InvalidUri::SecretInName);
        }
        Ok(Parsed { entry, ignored: self.ignored, unknown: self.unknown })
    }
}

/// Issuer and account in a label.
fn names(label: &str) -> Result<(String, String), InvalidUri> {
    let raw = label.to_ascii_lowercase();
    let colon = [raw.find(':'), raw.find("%3a")].into_iter().flatten().min();
    let (issuer, account) = label.split_at_checked(colon.unwrap_or(0)).unwrap_or(("", label));
    // An address may have a plus sign (anna+otp@example.org).
    let is_address = account.contains('@') || raw.contains("%40");
    let account =
        decode(&if is_address { Zeroizing::new(account.to_owned()) } else { with_blanks(account) })?;
    let account = if colon.is_some() { account.strip_prefix(':').unwrap_or(&account) } else { &account };
    let issuer = decode(&with_blanks(issuer))?;
    Ok((issuer.trim_matches(is_blank).to_owned(), account.trim_matches(is_blank).to_owned()))
}

/// What is percent-encoded, with blanks for plus signs between words, as HTML's forms have it. Others mean themselves (C++).
fn with_blanks(raw: &str) -> Zeroizing<String> {
    let word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'%');
    let mut text = Zeroizing::new(String::with_capacity(raw.len() * 3));
    let mut before = None;
    for (index, letter) in raw.char_indices() {
        let after = raw.as_bytes().get(index + letter.len_utf8()).copied();
        if letter == '+' && word(before) && word(after) {
            text.push_str("%20");
        } else {
            text.push(letter);
        }
        before = raw.as_bytes().get(index).copied();
    }
    text
}

fn once<T>(value: &mut Option<T>, new: T) -> Result<(), InvalidUri> {
    match value.replace(new) {
        None => Ok(()),
        Some(_) => Err(InvalidUri::Twice),
    }
}

/// A number, or one that is out of every range.
fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

/// Decodes percent-encoding.
fn decode(text: &str) -> Result<Zeroizing<String>, InvalidUri> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            plain => plain,
        });
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| InvalidUri::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn hex(digit: Option<u8>) -> Result<u8, InvalidUri> {
    let value = digit.and_then(|digit| char::from(digit).to_digit(16)).ok_or(InvalidUri::Encoding)?;
    u8::try_from(value).map_err(|_| InvalidUri::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn read(rest: &str) -> Result<AppEntry, InvalidUri> {
        AppEntry::parse(&format!("otpauth://totp/{rest}"))
    }

    #[test]
    fn uris_of_other_programs_are_read() {
        let google =
            read(&format!("Example%3A%20anna@x?secret={SECRET}&issuer=Example&image=http%3A%2F%2Fx"));
        let google = google.unwrap();
        assert_eq!((&*google.issuer, &*google.account), ("Example", "anna@x"));
        let bare = read(&format!("anna?secret={}%3D%3D", SECRET.to_lowercase())).unwrap();
        assert_eq!((&*bare.issuer, &*bare.account, bare.key.secret().to_base32().len()), ("", "anna", 32));
        let eight = read(&format!("a:b?algorithm=sha512&digits=8&period=60&secret={SECRET}\n")).unwrap();
        assert_eq!(
            (eight.key.algorithm(), eight.key.digits(), eight.key.period().seconds()),
            (Algorithm::Sha512, Digits::Eight, 60)
        );
    }

    #[test]
    fn parameters_are_read_however_they_are_written() {
        let eight = |entry: &AppEntry| {
            (entry.key.algorithm(), entry.key.digits(), entry.key.period().seconds())
                == (Algorithm::Sha256, Digits::Eight, 60)
        };
        for rest in [
            "x:y?secret=KEY&amp;issuer=x&amp;digits=8&amp;algorithm=SHA256&amp;period=60",
            "x:y?secret=KEY&amp;amp;digits=8&#38;algorithm=SHA256&#x26;period=60",
            "x:y?Secret=KEY&DIGITS=8&Algorithm=HmacSHA256&Period=60",
            "x:y?secret=KEY&digits=8&algorithm=SHA-256&period=60&issuer=",
            "x:y?secret=KEY&digits=8&algorithm=hmac-sha-256&period=%2060",
            "x:y?secret=KEY&&digits=8&algorithm=sha_256&period=60&",
        ] {
            let entry = read(&rest.replace("=KEY", &format!("={SECRET}"))).unwrap();
            assert!(eight(&entry) && (&*entry.issuer, &*entry.account) == ("x", "y"), "{rest}");
        }
        let usual =
            read(&format!("x:y?secret={SECRET}&digits=&algorithm=&period=&issuer=&encoder=")).unwrap();
        assert!(usual.has_common_parameters());
        assert!(matches!(read(&format!("x?secret={SECRET}&algorithm=MD5")), Err(InvalidUri::Parameter(_))));
        assert!(matches!(read(&format!("x?secret={SECRET}&algorithm=HMAC")), Err(InvalidUri::Parameter(_))));
    }

    #[test]
    fn secrets_are_read_however_they_are_written() {
        let groups = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
        for secret in [
            groups.to_lowercase(),
            groups.replace(' ', "%20"),
            groups.replace(' ', "+"),
            groups.replace(' ', "-"),
            format!("{SECRET}===="),
            format!("{SECRET}%3D%3D"),
        ] {
            let entry = read(&format!("x?secret={secret}&digits=6")).unwrap();
            assert_eq!(*entry.key.secret().to_base32(), SECRET, "{secret}");
        }
        let text = format!("\u{feff}  otpauth://TOTP/x?secret={SECRET}\r\n\r\n");
        assert_eq!(*AppEntry::parse(&text).unwrap().key.secret().to_base32(), SECRET);
        assert!(read("x?secret=GEZDGNBVGY3TQOJQ").unwrap().key.secret().is_short());
    }

    #[test]
    fn a_plus_sign_between_words_is_a_blank() {
        for (rest, issuer, account) in [
            ("My+Company:anna?issuer=My+Company", "My Company", "anna"),
            ("My+Company:Anna+Nov%C3%A1", "My Company", "Anna Nov\u{e1}"),
            ("C%2B%2B:a?issuer=C++", "C++", "a"),
            ("C++:anna+otp@example.org", "C++", "anna+otp@example.org"),
            ("A%2BB:anna%2Botp%40x?issuer=A%2BB", "A+B", "anna+otp@x"),
            ("a:b:c", "a", "b:c"),
        ] {
            let mark = if rest.contains('?') { '&' } else { '?' };
            let entry = read(&format!("{rest}{mark}secret={SECRET}")).unwrap();
            assert_eq!((&*entry.issuer, &*entry.account), (issuer, account), "{rest}");
        }
    }

    #[test]
    fn what_is_passed_over_is_told() {
        let rest = format!("x?secret={SECRET}&image=y&Lock=1&encoder=default&{SECRET}&more=1");
        let parsed = Parsed::of(&format!("otpauth://totp/{rest}")).unwrap();
        assert_eq!((parsed.ignored, parsed.unknown), (vec!["image", "lock"], 2));
    }

    #[test]
    fn what_cannot_be_used_says_why_and_nothing_else() {
        use InvalidUri::{
            Counter, Encoding, Fragment, NoSecret, NotOtpauth, OtherCodes, Parameter, Secret, SecretInName,
            Several, Twice,
        };
        let refused = |uri: &str| AppEntry::parse(uri).map(drop).unwrap_err();
        let rest = |rest: &str| read(&rest.replace("=S", &format!("={SECRET}"))).map(drop).unwrap_err();
        assert_eq!(refused("https://example.org"), NotOtpauth);
        assert_eq!(refused("otpauth://hotp/a?secret=x&counter=0"), Counter);
        assert_eq!(refused("otpauth://steam/a?secret=x"), OtherCodes);
        assert_eq!(rest("a?secret=S&encoder=steam"), OtherCodes);
        assert_eq!(rest("a"), NoSecret);
        assert_eq!(rest("a?secret="), NoSecret);
        assert_eq!(rest("a%2?secret=S"), Encoding);
        assert_eq!(rest("a%FF?secret=S"), Encoding);
        assert_eq!(rest("a?secret=S&secret=S"), Twice);
        assert_eq!(rest("a?secret=S&Secret=S"), Twice);
        assert_eq!(rest("a?secret=S#&digits=8"), Fragment);
        assert!(matches!(rest("a?secret=ABCD"), Secret(InvalidSecret::FarTooShort)));
        assert!(matches!(rest("a?secret=S&digits=5"), Parameter(_)));
        assert!(matches!(rest("a?secret=S&period=x"), Parameter(_)));
        // Two URIs, one behind the other, in every way in which the second could become a name.
        let two = format!("otpauth://totp/pi%40raspberrypi?secret={SECRET}&issuer=raspberrypi");
        let second = "otpauth://totp/bank:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
        for (between, why) in
            [("\n", Several), ("\r\n", Several), ("\t", Several), (" ", Several), ("%0A", Several)]
        {
            assert_eq!(refused(&format!("{two}{between}{second}")), why, "{between:?}");
        }
        assert!(matches!(rest(&format!("a:b{second}?secret=S")), Secret(InvalidSecret::NotBase32)));
        assert_eq!(rest("a:otpauth%3A%2F%2Ftotp?secret=S"), Several);
        assert_eq!(rest(&format!("{}:b?secret=S", SECRET.to_lowercase())), SecretInName);
        assert_eq!(rest("a:b?secret=S&issuer=GEZD%20GNBV+GY3TQOJQGEZDGNBVGY3TQOJQ"), SecretInName);
    }

    #[test]
    fn what_might_be_a_secret_is_known() {
        let long = SECRET.to_lowercase();
        for text in
            [SECRET, &long, "3132333435363738393031323334353637383930", "a otpauth://totp/x", "xsecret=1"]
        {
            assert!(is_secret_like(text), "{text}");
        }
        for text in [
            "anna",
            "anna@login1.mendelu.cz",
            "Informationsgesellschaft",
            "--google-authenticator",
            "550e8400-e29b-41d4-a716-446655440000",
            "Mendel University in Brno",
        ] {
            assert!(!is_secret_like(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = AppEntry::parse(&text);
            let _ = AppEntry::parse(&format!("otpauth://totp/{text}"));
        }

        /// Whatever stands around two secrets: no name has either of them in it, and no error.
        #[test]
        fn no_name_holds_a_secret(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    SECRET, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "secret=", "issuer=", "&", "&amp;", "?", "#", ":", "%3A", "%0A",
                    "\n", " ", "otpauth://totp/", "a", "+", "=", "%", "digits=6",
                ]),
                0..24,
            )
        ) {
            let text = format!("otpauth://totp/{}", parts.concat());
            if let Ok(entry) = AppEntry::parse(&text) {
                let secret = entry.key.secret().to_base32();
                for name in [&entry.issuer, &entry.account] {
                    prop_assert!(!name.contains(&**secret) && !name.contains("secret="), "{name}");
                }
            } else if let Err(why) = AppEntry::parse(&text) {
                prop_assert!(!is_secret_like(&why.to_string()));
            }
        }
    }
}
