//! `otpauth://totp/…` URIs: how an authenticator app is told of a secret.
//!
//! What is written here is what every app reads: one colon in the label, the issuer in the label and beside it, base32
//! without padding, everything else percent-encoded (a blank is `%20`), no picture.

mod parse;

use std::fmt::Write as _;

use zeroize::Zeroizing;

pub use self::parse::{InvalidUri, Parsed, algorithm, is_secret_like};
use crate::record::AppEntry;

/// As URIs.
///
/// ```
/// use insis_otp::oath::{OtpGenerator, Parameters, Secret};
/// use insis_otp::record::AppEntry;
///
/// let secret = Secret::from_bytes(b"12345678901234567890")?;
/// let key = OtpGenerator::new(secret, Parameters::default());
/// let entry = AppEntry { key, issuer: "example.org".into(), account: "anna@example.org".into() };
/// assert_eq!(
///     *entry.short_uri(),
///     "otpauth://totp/example.org:anna@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=example.org"
/// );
/// # Ok::<(), insis_otp::oath::InvalidSecret>(())
/// ```
impl AppEntry {
    /// The longest URI that is read.
    pub const LONGEST: usize = 4096;

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
        // At a first colon within the issuer, apps would end it.
        encode(&self.issuer.replace(':', " "), &mut uri);
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

    /// Reads a URI. Parameters that are not known here (a picture, a colour) are passed over; [`Parsed`] tells them.
    ///
    /// # Errors
    /// It is none, or not for codes that can be checked here.
    pub fn parse(uri: &str) -> Result<Self, InvalidUri> {
        Ok(Parsed::of(uri)?.entry)
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oath::{Algorithm, Digits, OtpGenerator, Parameters, Period, Secret};

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn entry(issuer: &str, account: &str) -> AppEntry {
        let secret = Secret::from_base32(SECRET).unwrap();
        let key = OtpGenerator::new(secret, Parameters::default());
        AppEntry { key, issuer: issuer.into(), account: account.into() }
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
    fn an_issuer_with_a_colon_is_read_as_it_was_and_its_label_has_one_colon() {
        for issuer in ["https://example.org", "a:b:c", ":", "x://GEZDGNotpauth"] {
            let uri = entry(issuer, "pi@raspberry").uri();
            let label = uri.split('?').next().unwrap().strip_prefix("otpauth://totp/").unwrap();
            assert_eq!((label.matches(':').count(), label.matches("%3A").count()), (1, 0), "{label}");
            let read = AppEntry::parse(&uri).unwrap();
            assert_eq!((&*read.issuer, &*read.account), (issuer, "pi@raspberry"));
        }
    }

    #[test]
    fn uncommon_parameters_are_always_said() {
        let secret = Secret::from_base32(SECRET).unwrap();
        let key = OtpGenerator::new(
            secret,
            Parameters {
                algorithm: Algorithm::Sha256,
                digits: Digits::Eight,
                period: Period::try_from(60).unwrap(),
            },
        );
        let entry = AppEntry { key, issuer: "a".into(), account: "b".into() };
        assert!(entry.short_uri().ends_with("&algorithm=SHA256&digits=8&period=60"));
        assert_eq!(entry.uri(), entry.short_uri());
    }

    proptest! {
        #[test]
        fn any_names_go_there_and_back(issuer in "[^:\\p{C}]{0,40}", account in "[^:\\p{C}]{0,40}") {
            let (issuer, account) = (issuer.trim(), account.trim());
            let read = AppEntry::parse(&entry(issuer, account).uri()).unwrap();
            prop_assert_eq!((&*read.issuer, &*read.account), (issuer, account));
        }
    }
}
