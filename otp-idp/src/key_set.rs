//! The provider's keys: a JWK Set (RFC 7517, RFC 7518, RFC 8037).

use data_encoding::BASE64URL_NOPAD;

use crate::json::Json;

/// The algorithms that ID tokens may be signed with. Neither `none` nor one with a shared key is among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// The public key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Public {
    /// Modulus and exponent, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point on P-256, uncompressed.
    P256(Vec<u8>),
    /// An Ed25519 key.
    Ed25519(Vec<u8>),
}

/// A key that signatures can be checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub id: Option<String>,
    /// What it is for alone, where that is said.
    pub algorithm: Option<Algorithm>,
    /// The key.
    pub public: Public,
}

/// The keys of a provider. Those that nothing here can be signed with are left out, but their names are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Key>,
    others: Vec<String>,
}

/// Why no key can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// None has that name: there may be newer ones.
    Unknown,
    /// The one of that name is for something else, or cannot be used.
    Unfit,
    /// Several could be meant.
    Ambiguous,
}

impl Algorithm {
    /// By its name in RFC 7518 or RFC 8037.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

impl Key {
    /// Whether signatures of that algorithm can be this key's.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let type_fits = match self.public {
            Public::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Public::P256(_) => algorithm == Algorithm::Es256,
            Public::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        type_fits && self.algorithm.is_none_or(|own| own == algorithm)
    }

    fn parse(jwk: &Json) -> Option<Self> {
        if !is_for_signatures(jwk) {
            return None;
        }
        let algorithm = match jwk.get("alg") {
            Some(name) => Some(Algorithm::named(name.as_text()?)?),
            None => None,
        };
        let id = jwk.text("kid").map(str::to_owned);
        let key = Self { id, algorithm, public: Public::parse(jwk)? };
        key.algorithm.is_none_or(|own| key.fits(own)).then_some(key)
    }
}

impl Public {
    /// Shorter moduli can be factored.
    const SHORTEST_MODULUS: usize = 2048;
    /// Longer ones take too long.
    const LONGEST_MODULUS: usize = 8192;

    fn parse(jwk: &Json) -> Option<Self> {
        let bytes = |name: &str| BASE64URL_NOPAD.decode(jwk.text(name)?.as_bytes()).ok();
        match (jwk.text("kty")?, jwk.text("crv")) {
            ("RSA", _) => {
                let (n, e) = (without_zeros(bytes("n")?), without_zeros(bytes("e")?));
                let is_sound = (Self::SHORTEST_MODULUS..=Self::LONGEST_MODULUS).contains(&bits(&n));
                (is_sound && !e.is_empty()).then_some(Self::Rsa { n, e })
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                (x.len() == 32 && y.len() == 32).then(|| Self::P256([&[4], x.as_slice(), &y].concat()))
            }
            ("OKP", Some("Ed25519")) => bytes("x").filter(|x| x.len() == 32).map(Self::Ed25519),
            _ => None,
        }
    }
}

/// Some providers write a sign byte before the number.
fn without_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}

/// The length of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// What `use` and `key_ops` say, where they do.
fn is_for_signatures(jwk: &Json) -> bool {
    let by_use = jwk.get("use").is_none_or(|purpose| purpose.as_text() == Some("sig"));
    let by_operations = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one.as_text() == Some("verify")))
    });
    by_use && by_operations
}

impl KeySet {
    /// Reads a key set; `None` where it is none.
    #[must_use]
    pub fn parse(document: &Json) -> Option<Self> {
        let mut set = Self::default();
        for jwk in document.get("keys")?.as_array()? {
            match Key::parse(jwk) {
                Some(key) => set.keys.push(key),
                None => set.others.extend(jwk.text("kid").map(str::to_owned)),
            }
        }
        Some(set)
    }

    /// The one key of that name with which a signature of that algorithm is checked. Where no name is given, the only one that
    /// fits.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn choose(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, NoKey> {
        let is_named = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let mut fitting = self.keys.iter().filter(is_named).filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(NoKey::Ambiguous),
            (None, _) if self.knows(id) => Err(NoKey::Unfit),
            (None, _) => Err(NoKey::Unknown),
        }
    }

    fn knows(&self, id: Option<&str>) -> bool {
        let mut ids = self
            .keys
            .iter()
            .filter_map(|key| key.id.as_deref())
            .chain(self.others.iter().map(String::as_str));
        id.is_some_and(|id| ids.any(|known| known == id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::signing::SigningKey;

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(&Json::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()).unwrap()
    }

    fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
        jwk[name] = value.into();
        jwk
    }

    #[test]
    fn a_key_is_chosen_by_its_very_name() {
        let set =
            set(&[SigningKey::rsa("a").jwk(), SigningKey::p256("b").jwk(), SigningKey::ed25519("c").jwk()]);
        assert_eq!(set.choose(Some("a"), Algorithm::Rs256), set.choose(Some("a"), Algorithm::Ps256));
        assert!(set.choose(Some("b"), Algorithm::Es256).is_ok());
        assert!(set.choose(Some("c"), Algorithm::EdDsa).is_ok());
        for name in ["A", "", "a ", "d"] {
            assert_eq!(set.choose(Some(name), Algorithm::Rs256), Err(NoKey::Unknown), "{name}");
        }
        for (name, algorithm) in [("a", Algorithm::Es256), ("b", Algorithm::Rs256), ("c", Algorithm::Es256)] {
            assert_eq!(set.choose(Some(name), algorithm), Err(NoKey::Unfit), "{name}");
        }
    }

    #[test]
    fn a_token_without_a_name_is_of_the_only_key_that_fits() {
        let (one, two) = (SigningKey::rsa("a").jwk(), SigningKey::other_rsa("b").jwk());
        let alone = set(&[one.clone(), SigningKey::p256("p").jwk()]);
        assert_eq!(alone.choose(None, Algorithm::Rs256).unwrap().id.as_deref(), Some("a"));
        assert_eq!(set(&[one.clone(), two.clone()]).choose(None, Algorithm::Rs256), Err(NoKey::Ambiguous));
        assert_eq!(set(&[]).choose(None, Algorithm::Rs256), Err(NoKey::Unknown));
        let twins = set(&[one, with(two, "kid", "a")]);
        assert_eq!(twins.choose(Some("a"), Algorithm::Rs256), Err(NoKey::Ambiguous));
    }

    #[test]
    fn a_key_is_used_for_what_it_is_for_only() {
        let rsa = || SigningKey::rsa("a").jwk();
        for jwk in [
            with(rsa(), "use", "enc"),
            with(rsa(), "use", 1),
            with(rsa(), "key_ops", json!(["encrypt"])),
            with(rsa(), "key_ops", "verify"),
            with(rsa(), "alg", "RSA-OAEP"),
            with(rsa(), "alg", "HS256"),
            with(rsa(), "alg", "ES256"),
            with(rsa(), "kty", "oct"),
            with(rsa(), "kty", "rsa"),
            with(rsa(), "n", "AQAB"),
            with(rsa(), "n", "not base64url!"),
            with(rsa(), "e", ""),
            with(SigningKey::p256("a").jwk(), "crv", "P-384"),
            with(SigningKey::p256("a").jwk(), "crv", "secp256k1"),
            with(SigningKey::p256("a").jwk(), "x", "AQAB"),
            with(SigningKey::ed25519("a").jwk(), "crv", "X25519"),
            with(SigningKey::ed25519("a").jwk(), "x", "AQAB"),
        ] {
            for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
                assert_eq!(
                    set(std::slice::from_ref(&jwk)).choose(Some("a"), algorithm),
                    Err(NoKey::Unfit),
                    "{jwk}"
                );
            }
        }
        let own = set(&[with(rsa(), "alg", "PS256")]);
        assert!(own.choose(Some("a"), Algorithm::Ps256).is_ok());
        assert_eq!(own.choose(Some("a"), Algorithm::Rs256), Err(NoKey::Unfit));
    }

    #[test]
    fn moduli_have_2048_to_8192_bits_and_may_have_a_sign_byte() {
        let modulus = |bytes: &[u8]| with(SigningKey::rsa("a").jwk(), "n", BASE64URL_NOPAD.encode(bytes));
        let usable = |bytes: &[u8]| set(&[modulus(bytes)]).choose(Some("a"), Algorithm::Rs256).is_ok();
        assert!(!usable(&[0x7f; 256]));
        assert!(!usable(&[[0].as_slice(), &[0xff; 128]].concat()));
        assert!(usable(&[0x80; 256]));
        assert!(usable(&[[0].as_slice(), &[0x80; 256]].concat()));
        assert!(usable(&[0xff; 1024]));
        assert!(!usable(&[0xff; 1025]));
    }

    #[test]
    fn what_is_no_key_set_is_none() {
        for text in ["{}", r#"{"keys":{}}"#, r#"{"keys":null}"#] {
            assert_eq!(KeySet::parse(&Json::parse(text.as_bytes()).unwrap()), None, "{text}");
        }
        assert_eq!(set(&[json!(1), json!({}), json!([])]), KeySet::default());
    }
}
