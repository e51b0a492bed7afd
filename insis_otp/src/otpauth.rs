//! `otpauth://totp/…` URIs: how an authenticator app is told of a secret.
//!
//! What is written here is what every app reads: one colon in the label, the issuer in the label and beside it, base32
//! without padding, everything else percent-encoded (a blank is `%20`), no picture.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::otp::{Algorithm, Digits, InvalidParameter, InvalidSecret, Key, Period, Secret};

/// An entry of an authenticator app.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The secret, and how codes are made of it.
    pub key: Key,
    /// The name above the account.
    pub issuer: String,
    /// The account.
    pub account: String,
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
    /// The same parameter twice.
    #[error("a parameter is in it twice")]
    Twice,
    /// No secret.
    #[error("there is no secret in it")]
    NoSecret,
    /// The secret is none.
    #[error("{0}")]
    Secret(#[from] InvalidSecret),
    /// Algorithm, digits or period are out of range.
    #[error("{0}")]
    Parameter(#[from] InvalidParameter),
}

impl Entry {
    /// The longest URI that is read.
    pub const LONGEST: usize = 4096;

    /// Whether these are the parameters of every app: SHA1, six digits, 30 seconds.
    #[must_use]
    pub fn has_common_parameters(&self) -> bool {
        let Self { key, .. } = self;
        key.algorithm() == Algorithm::default()
            && key.digits() == Digits::default()
            && key.period() == Period::default()
    }

    /// The URI, all parameters said.
    #[must_use]
    pub fn uri(&self) -> Zeroizing<String> {
        let mut uri = self.short_uri();
        if self.has_common_parameters() {
            self.write_parameters(&mut uri);
        }
        uri
    }

    /// The URI without parameters that every app takes for granted.
    #[must_use]
    pub fn short_uri(&self) -> Zeroizing<String> {
        // Of the final size at once, so that no grown-out-of copy of the secret is left behind.
        let names = 2 * self.issuer.len() + self.account.len();
        let mut uri = Zeroizing::new(String::with_capacity(names * 3 + 256));
        uri.push_str("otpauth://totp/");
        encode(&self.issuer, &mut uri);
        uri.push(':');
        encode(&self.account, &mut uri);
        uri.push_str("?secret=");
        uri.push_str(&self.key.secret().to_base32());
        uri.push_str("&issuer=");
        encode(&self.issuer, &mut uri);
        if !self.has_common_parameters() {
            self.write_parameters(&mut uri);
        }
        uri
    }

    fn write_parameters(&self, uri: &mut String) {
        let (algorithm, digits, period) = (self.key.algorithm(), self.key.digits(), self.key.period());
        // Writing to a String does not fail.
        let _ = write!(
            uri,
            "&algorithm={}&digits={}&period={}",
            algorithm.name(),
            digits.count(),
            period.seconds()
        );
    }

    /// Reads a URI. Parameters that are not known here (a picture, a counter) are passed over.
    ///
    /// # Errors
    /// It is none, or not for codes that can be checked here.
    pub fn parse(uri: &str) -> Result<Self, InvalidUri> {
        let uri = uri.trim();
        let (head, query) = uri.split_once('?').unwrap_or((uri, ""));
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let label = decode(label(head)?)?;
        let (issuer, account) = split_label(&label);
        let mut fields = Parameters::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            fields.set(name, value)?;
        }
        Ok(Self {
            key: fields.key()?,
            issuer: fields.issuer.unwrap_or_else(|| issuer.to_owned()),
            account: account.to_owned(),
        })
    }
}

/// What stands between `totp/` and the question mark.
fn label(head: &str) -> Result<&str, InvalidUri> {
    let after = |prefix: &str| {
        let (start, rest) = head.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    match (after("otpauth://totp/"), after("otpauth://hotp/")) {
        (Some(label), _) => Ok(label),
        (None, Some(_)) => Err(InvalidUri::Counter),
        (None, None) => Err(InvalidUri::NotOtpauth),
    }
}

fn split_label(label: &str) -> (&str, &str) {
    label.split_once(':').map_or(("", label.trim()), |(issuer, account)| (issuer.trim(), account.trim()))
}

/// The parameters while they are read.
#[derive(Default)]
struct Parameters {
    secret: Option<Secret>,
    issuer: Option<String>,
    algorithm: Option<Algorithm>,
    digits: Option<Digits>,
    period: Option<Period>,
}

impl Parameters {
    fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidUri> {
        let value = decode(value)?;
        match name {
            "secret" => once(&mut self.secret, Secret::from_base32(&value)?),
            "issuer" => once(&mut self.issuer, value.trim().to_owned()),
            "algorithm" => once(&mut self.algorithm, value.parse()?),
            "digits" => once(&mut self.digits, Digits::try_from(number(&value))?),
            "period" => once(&mut self.period, Period::try_from(number(&value))?),
            _ => Ok(()),
        }
    }

    fn key(&mut self) -> Result<Key, InvalidUri> {
        let secret = self.secret.take().ok_or(InvalidUri::NoSecret)?;
        let (algorithm, digits) = (self.algorithm.unwrap_or_default(), self.digits.unwrap_or_default());
        Ok(Key::new(secret, algorithm, digits, self.period.unwrap_or_default()))
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), InvalidUri> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(InvalidUri::Twice),
    }
}

/// A number, or one that is out of every range.
fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

/// Percent-encodes what is not unreserved (RFC 3986, section 2.3) nor an `@`, which may stand in path and query.
fn encode(text: &str, uri: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

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

    fn entry(issuer: &str, account: &str) -> Entry {
        let secret = Secret::from_base32(SECRET).unwrap();
        let key = Key::new(secret, Algorithm::default(), Digits::default(), Period::default());
        Entry { key, issuer: issuer.into(), account: account.into() }
    }

    #[test]
    fn the_uri_is_the_one_that_every_app_reads() {
        assert_eq!(
            *entry("Faculty of X", "anna@host").uri(),
            format!(
                "otpauth://totp/Faculty%20of%20X:anna@host?secret={SECRET}&issuer=Faculty%20of%20X\
                 &algorithm=SHA1&digits=6&period=30"
            )
        );
        assert!(entry("a", "b").short_uri().ends_with("&issuer=a"));
    }

    #[test]
    fn uncommon_parameters_are_always_said() {
        let secret = Secret::from_base32(SECRET).unwrap();
        let key = Key::new(secret, Algorithm::Sha256, Digits::Eight, Period::try_from(60).unwrap());
        let entry = Entry { key, issuer: "a".into(), account: "b".into() };
        assert!(entry.short_uri().ends_with("&algorithm=SHA256&digits=8&period=60"));
        assert_eq!(entry.uri(), entry.short_uri());
    }

    #[test]
    fn uris_of_other_programs_are_read() {
        let read = |rest: &str| Entry::parse(&format!("otpauth://totp/{rest}"));
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
    fn what_cannot_be_used_says_why_and_nothing_else() {
        use InvalidUri::{Counter, Encoding, NoSecret, NotOtpauth, Parameter, Secret, Twice};
        let read = |uri: &str| Entry::parse(uri).map(drop).unwrap_err();
        assert_eq!(read("https://example.org"), NotOtpauth);
        assert_eq!(read("otpauth://hotp/a?secret=x&counter=0"), Counter);
        assert_eq!(read("otpauth://totp/a"), NoSecret);
        assert_eq!(read("otpauth://totp/a%2?secret=x"), Encoding);
        assert_eq!(read("otpauth://totp/a%FF?secret=x"), Encoding);
        assert_eq!(read(&format!("otpauth://totp/a?secret={SECRET}&secret={SECRET}")), Twice);
        assert!(matches!(read("otpauth://totp/a?secret=ABCD"), Secret(InvalidSecret::TooShort)));
        assert!(matches!(read(&format!("otpauth://totp/a?secret={SECRET}&digits=5")), Parameter(_)));
        assert!(matches!(read(&format!("otpauth://totp/a?secret={SECRET}&period=x")), Parameter(_)));
    }

    proptest! {
        #[test]
        fn any_names_go_there_and_back(issuer in "[^:\\p{C}]{0,40}", account in "[^:\\p{C}]{0,40}") {
            let (issuer, account) = (issuer.trim(), account.trim());
            let read = Entry::parse(&entry(issuer, account).uri()).unwrap();
            prop_assert_eq!((&*read.issuer, &*read.account), (issuer, account));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = Entry::parse(&text);
            let _ = Entry::parse(&format!("otpauth://totp/{text}"));
        }
    }
}
