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
