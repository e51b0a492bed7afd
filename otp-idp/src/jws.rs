//! JSON Web Signature (RFC 7515), compact: what an ID token is written in.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use zeroize::Zeroizing;

use crate::error::word;
use crate::json::Json;
use crate::key_set::{Algorithm, Key, Public};

/// The longest token, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// A token whose signature nobody has looked at.
pub struct Unverified<'t> {
    /// What it says that it is signed with.
    pub algorithm: Algorithm,
    /// The name of the key, where one is given.
    pub key_id: Option<String>,
    signed: &'t str,
    payload: Zeroizing<Vec<u8>>,
    signature: Vec<u8>,
}

/// Why a text is not accepted as a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAccepted {
    /// It is not of three parts in base64url, or too long.
    Form,
    /// Its header is no object, or has a name twice.
    Header,
    /// It is signed with something else: `none`, or with a shared key.
    Algorithm(String),
    /// Its header says that more has to be understood.
    Critical,
    /// It is another kind of token.
    Type(String),
    /// The signature is not that key's.
    Signature,
    /// What is signed is no object, or has a name twice.
    Payload,
}

impl fmt::Display for NotAccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => {
                f.write_str("the ID token is not three parts in base64url, or is longer than 16 KiB")
            }
            Self::Header => f.write_str("the ID token's header is no JSON object, or has a name twice"),
            Self::Algorithm(name) => {
                write!(f, "the ID token's alg={name} is none of RS256, PS256, ES256 and EdDSA")
            }
            Self::Critical => f.write_str("the ID token's header has crit"),
            Self::Type(name) => write!(f, "the ID token's typ={name} is another kind of token"),
            Self::Signature => f.write_str("the ID token's signature is not right"),
            Self::Payload => f.write_str("the ID token's claims are no JSON object, or one is there twice"),
        }
    }
}

impl<'t> Unverified<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// It is none that could be accepted, whatever its signature.
    pub fn parse(token: &'t str) -> Result<Self, NotAccepted> {
        if token.len() > LONGEST {
            return Err(NotAccepted::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(NotAccepted::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(NotAccepted::Form)?;
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| NotAccepted::Form);
        let (header, payload) = (decode(header)?, Zeroizing::new(decode(payload)?));
        let (algorithm, key_id) = parse_header(&header)?;
        Ok(Self { algorithm, key_id, signed, payload, signature: decode(signature)? })
    }

    /// The claims, if the signature is that key's.
    ///
    /// # Errors
    /// It is not, or what is signed is no set of claims.
    pub fn verify(&self, key: &Key) -> Result<Json, NotAccepted> {
        if !key.fits(self.algorithm)
            || !is_signed(self.algorithm, key, self.signed.as_bytes(), &self.signature)
        {
            return Err(NotAccepted::Signature);
        }
        Json::parse_object(&self.payload).map_err(|_| NotAccepted::Payload)
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unverified({:?})", self.algorithm)
    }
}

fn parse_header(header: &[u8]) -> Result<(Algorithm, Option<String>), NotAccepted> {
    let header = Json::parse_object(header).map_err(|_| NotAccepted::Header)?;
    let optional = |name: &str| match header.get(name) {
        Some(value) => value.as_text().map(Some).ok_or(NotAccepted::Header),
        None => Ok(None),
    };
    let name = optional("alg")?.ok_or(NotAccepted::Header)?;
    let algorithm = Algorithm::named(name).ok_or_else(|| NotAccepted::Algorithm(word(name, 20)))?;
    if header.has("crit") {
        return Err(NotAccepted::Critical);
    }
    match optional("typ")? {
        Some(kind) if !kind.eq_ignore_ascii_case("JWT") => Err(NotAccepted::Type(word(kind, 20))),
        _ => Ok((algorithm, optional("kid")?.map(str::to_owned))),
    }
}

fn is_signed(algorithm: Algorithm, key: &Key, message: &[u8], signature: &[u8]) -> bool {
    let verified = match (&key.public, algorithm) {
        (Public::Rsa { n, e }, Algorithm::Rs256) => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        }
        (Public::Rsa { n, e }, Algorithm::Ps256) => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature)
        }
        (Public::P256(point), Algorithm::Es256) => {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
        }
        (Public::Ed25519(x), Algorithm::EdDsa) => {
            UnparsedPublicKey::new(&ED25519, x).verify(message, signature)
        }
        _ => return false,
    };
    verified.is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::key_set::KeySet;
    use crate::signing::SigningKey;

    fn key(signing: &SigningKey, algorithm: &str) -> Key {
        let set = json!({ "keys": [signing.jwk()] }).to_string();
        let set = KeySet::parse(&Json::parse(set.as_bytes()).unwrap()).unwrap();
        set.choose(Some("k"), Algorithm::named(algorithm).unwrap()).unwrap().clone()
    }

    fn verify(token: &str, key: &Key) -> Result<Json, NotAccepted> {
        Unverified::parse(token)?.verify(key)
    }

    fn all() -> [(SigningKey, &'static str); 4] {
        [
            (SigningKey::rsa("k"), "RS256"),
            (SigningKey::rsa("k"), "PS256"),
            (SigningKey::p256("k"), "ES256"),
            (SigningKey::ed25519("k"), "EdDSA"),
        ]
    }

    /// What stands between the dots, written anew.
    fn with_part(token: &str, index: usize, bytes: &[u8]) -> String {
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[index] = BASE64URL_NOPAD.encode(bytes);
        parts.join(".")
    }

    #[test]
    fn what_is_signed_is_what_is_read() {
        for (signing, algorithm) in all() {
            let token = signing.token(algorithm, &json!({ "sub": "anna" }));
            let claims = verify(&token, &key(&signing, algorithm)).unwrap();
            assert_eq!(claims.text("sub"), Some("anna"), "{algorithm}");
        }
    }

    #[test]
    fn no_byte_of_a_token_can_be_another() {
        for (signing, algorithm) in all() {
            let token = signing.token(algorithm, &json!({ "sub": "anna" }));
            let key = key(&signing, algorithm);
            for at in 0..token.len() {
                for other in [b'A', b'z', b'.', b'=', b'-'] {
                    let mut bytes = token.clone().into_bytes();
                    if std::mem::replace(&mut bytes[at], other) != other {
                        assert!(
                            verify(std::str::from_utf8(&bytes).unwrap(), &key).is_err(),
                            "{algorithm} {at}"
                        );
                    }
                }
                assert!(verify(&token[..at], &key).is_err(), "{algorithm} {at}");
            }
        }
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        let claims = json!({ "sub": "anna" });
        let rs256 = SigningKey::rsa("k").token("RS256", &claims);
        assert_eq!(verify(&rs256, &key(&SigningKey::other_rsa("k"), "RS256")), Err(NotAccepted::Signature));
        for (signing, algorithm) in all() {
            let own = key(&signing, algorithm);
            // An RSA key that does not say for which of the two it is may sign with both.
            let is_rsa = |name: &str| matches!(name, "RS256" | "PS256");
            for (other, name) in all() {
                let is_own = is_rsa(algorithm) && is_rsa(name);
                assert_eq!(
                    verify(&other.token(name, &claims), &own).is_ok(),
                    is_own,
                    "{name} for {algorithm}"
                );
            }
        }
        // The key says that it is for PS256 alone.
        let own = Key { algorithm: Some(Algorithm::Ps256), ..key(&SigningKey::rsa("k"), "RS256") };
        assert_eq!(verify(&rs256, &own), Err(NotAccepted::Signature));
        // PS256 in the header, and a signature of RS256.
        let header = with_part(&rs256, 0, br#"{"alg":"PS256","kid":"k"}"#);
        assert_eq!(verify(&header, &key(&SigningKey::rsa("k"), "PS256")), Err(NotAccepted::Signature));
    }

    #[test]
    fn nothing_unsigned_or_signed_with_what_everybody_knows_is_accepted() {
        let signing = SigningKey::rsa("k");
        let token = signing.token("RS256", &json!({ "sub": "anna" }));
        for name in ["none", "None", "HS256", "HS512", "RS1", "RS384", "ES256K", "rs256", "", "EdDSA "] {
            let header = json!({ "alg": name, "kid": "k" }).to_string();
            let token = with_part(&token, 0, header.as_bytes());
            assert!(matches!(Unverified::parse(&token), Err(NotAccepted::Algorithm(_))), "{name}");
        }
        // A shared key that is the public one.
        let (signed, _) = token.rsplit_once('.').unwrap();
        let (_, payload) = signed.split_once('.').unwrap();
        let signed = format!("{}.{payload}", BASE64URL_NOPAD.encode(br#"{"alg":"HS256","kid":"k"}"#));
        let public = BASE64URL_NOPAD.decode(signing.jwk()["n"].as_str().unwrap().as_bytes()).unwrap();
        let shared = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
        let signature = BASE64URL_NOPAD.encode(ring::hmac::sign(&shared, signed.as_bytes()).as_ref());
        let token = format!("{signed}.{signature}");
        assert_eq!(verify(&token, &key(&signing, "RS256")), Err(NotAccepted::Algorithm("HS256".to_owned())));
    }

    #[test]
    fn a_header_has_one_meaning_and_asks_for_nothing_more() {
        let refused = |header: &str| Unverified::parse(&SigningKey::rsa("k").sign(header, "{}")).unwrap_err();
        assert_eq!(refused(r#"{"alg":"RS256","crit":["exp"],"exp":1}"#), NotAccepted::Critical);
        assert_eq!(refused(r#"{"alg":"RS256","crit":null}"#), NotAccepted::Critical);
        assert_eq!(refused(r#"{"alg":"RS256","typ":"at+jwt"}"#), NotAccepted::Type("at+jwt".to_owned()));
        for header in [
            r#"{"alg":"RS256","alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":"a","kid":"b"}"#,
            r#"{"alg":1}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","typ":[]}"#,
            "{}",
            "[]",
            "",
            "\"RS256\"",
        ] {
            assert_eq!(refused(header), NotAccepted::Header, "{header}");
        }
        let parsed =
            |header: &str| Unverified::parse(&SigningKey::rsa("k").sign(header, "{}")).map(|t| t.key_id);
        assert_eq!(
            parsed(r#"{"alg":"RS256","typ":"JWT","kid":"k","x5t":"y","jku":"https://evil.example/"}"#),
            Ok(Some("k".to_owned()))
        );
        assert_eq!(parsed(r#"{"alg":"RS256","kid":null}"#), Ok(None));
    }

    #[test]
    fn claims_have_one_meaning() {
        let signing = SigningKey::rsa("k");
        let key = key(&signing, "RS256");
        for claims in
            [r#"{"sub":"anna","sub":"eve"}"#, r#"{"sub":"anna","\u0073ub":"eve"}"#, "[]", "", "1", "{}x"]
        {
            let token = signing.sign(r#"{"alg":"RS256"}"#, claims);
            assert_eq!(verify(&token, &key), Err(NotAccepted::Payload), "{claims}");
        }
    }

    #[test]
    fn a_token_is_three_parts_of_base64url_and_no_longer_than_16_kib() {
        let signing = SigningKey::rsa("k");
        let of_length = |length: usize| signing.token("RS256", &json!({ "x": "y".repeat(length) }));
        assert!(verify(&of_length(11_900), &key(&signing, "RS256")).is_ok());
        assert_eq!(Unverified::parse(&of_length(12_300)).unwrap_err(), NotAccepted::Form);
        let token = of_length(1);
        for bad in [
            String::new(),
            "..".to_owned(),
            token.replacen('.', "", 1),
            format!("{token}."),
            format!("{token}.x"),
            format!("{token}="),
            format!(" {token}"),
            format!("{token}\n"),
            token.replace('.', ".\u{17e}"),
        ] {
            assert!(Unverified::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn it_is_not_shown() {
        let token = SigningKey::rsa("k").token("RS256", &Value::Object(Default::default()));
        assert_eq!(format!("{:?}", Unverified::parse(&token).unwrap()), "Unverified(Rs256)");
    }
}
