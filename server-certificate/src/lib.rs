//! What is wrong with the certificate of a server, in words for an administrator. rustls shows the names of its own types.

use rustls::CertificateError;

/// What a server wrote, fit for a line of the log: without control characters, and of 120 characters at most.
#[must_use]
pub fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).take(120).collect()
}

/// What is wrong, as the end of a sentence about the certificate. `trusted` is where the authorities stand that are
/// believed: `ca_file`, say.
#[must_use]
pub fn fault(error: &CertificateError, trusted: &str) -> String {
    use CertificateError as E;
    match error {
        E::UnknownIssuer => format!("it is not from an authority in {trusted}"),
        E::Expired | E::ExpiredContext { .. } => "it has expired, or this host's clock is wrong".to_owned(),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "it is not valid yet, or this host's clock is wrong".to_owned()
        }
        E::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().take(3).map(|name| presented_name(name)).collect();
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            format!("it is for {names}, and not for {}", printable(expected.to_str().as_bytes()))
        }
        E::NotValidForName => "it is for another name".to_owned(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "it is not for servers".to_owned(),
        E::BadSignature => "its signature is wrong".to_owned(),
        E::Revoked => "it was revoked".to_owned(),
        E::BadEncoding => "it is damaged".to_owned(),
        other => {
            let other = format!("{other:?}");
            match other.contains("CaUsedAsEndEntity") {
                true => "it is that of an authority, and not of a server".to_owned(),
                false => printable(other.as_bytes()),
            }
        }
    }
}

/// A name as rustls shows it, `DnsName("ldap.example.org")`, without what is around it.
fn presented_name(shown: &str) -> String {
    let inner =
        shown.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or(shown, |(inner, _)| inner);
    printable(inner.trim_matches('"').as_bytes())
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_in_words() {
        let expected = ServerName::try_from("ldap.example.org").unwrap();
        let name = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: expected.clone(),
            presented: presented.iter().map(|&name| name.to_owned()).collect(),
        };
        for (error, words) in [
            (CertificateError::UnknownIssuer, "it is not from an authority in ca_file"),
            (CertificateError::Expired, "it has expired, or this host's clock is wrong"),
            (
                name(&["DnsName(\"other.example.org\")"]),
                "it is for other.example.org, and not for ldap.example.org",
            ),
            (
                name(&["DnsName(\"a\")", "IpAddress(127.0.0.1)", "DnsName(\"c\")", "DnsName(\"d\")"]),
                "it is for a, 127.0.0.1, c, and not for ldap.example.org",
            ),
            (name(&[]), "it is for no name, and not for ldap.example.org"),
            (name(&["DnsName(\"a\nb\x1b[m\")"]), "it is for ab[m, and not for ldap.example.org"),
        ] {
            assert_eq!(fault(&error, "ca_file"), words);
        }
    }
}
