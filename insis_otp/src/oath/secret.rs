//! The shared secret (RFC 4226, section 4, R6): made of random bytes, wiped when dropped, never printed by accident.

use data_encoding::BASE32_NOPAD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The secret that phone and host share: 16 to 64 bytes; RFC 4226 asks for 128 bits and recommends 160. Only what another
/// program made may have as few as 10.
///
/// ```
/// use insis_otp::oath::{InvalidSecret, Secret};
///
/// // Read as people and apps write it, shown in groups of four to be typed.
/// let secret = Secret::from_base32("gezd gnbv gy3t qojq GEZD GNBV GY3T QOJQ")?;
/// assert_eq!(*secret.grouped(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
///
/// assert_eq!(Secret::from_bytes(&[0; 10]), Err(InvalidSecret::TooShort));
/// assert_eq!(format!("{secret:?}"), "Secret(redacted)");
/// # Ok::<(), InvalidSecret>(())
/// ```
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

/// Why bytes or text are no secret. Says nothing of what was in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// Fewer than 128 bits (RFC 4226, section 4, R6).
    #[error("the secret is too short: 128 bits (26 base32 characters) are the least")]
    TooShort,
    /// Fewer than 80 bits, which no program made.
    #[error(
        "the secret is too short: even of another program's, 80 bits (16 base32 characters) are the least"
    )]
    FarTooShort,
    /// More than 512 bits: no authenticator app takes them, and HMAC would hash them down.
    #[error("the secret is too long: 512 bits are the most")]
    TooLong,
    /// Not base32 (RFC 4648, section 6).
    #[error("the secret is not base32 (letters A to Z and digits 2 to 7)")]
    NotBase32,
}

impl Secret {
    /// The length of the secrets made here: 160 bits, as RFC 4226 recommends.
    pub const BYTES: usize = 20;
    const SHORTEST: usize = 16;
    const SHORTEST_EXISTING: usize = 10;
    const LONGEST: usize = 64;

    /// A new secret from bytes that `fill` takes from the kernel's generator.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn generate<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Self(vec![0; Self::BYTES]);
        fill(&mut bytes.0)?;
        Ok(bytes)
    }

    /// The secret in these bytes.
    ///
    /// # Errors
    /// Fewer than 16 or more than 64 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidSecret> {
        Self::existing_from_bytes(bytes)?.long_enough()
    }

    /// Reads base32 as people and programs write it: either case, with spaces, hyphens or `=` padding.
    ///
    /// # Errors
    /// Other characters, or a length that is out of range.
    pub fn from_base32(text: &str) -> Result<Self, InvalidSecret> {
        Self::existing_from_base32(text)?.long_enough()
    }

    /// The secret in these bytes, which another program made: google-authenticator once made secrets of 80 bits.
    ///
    /// # Errors
    /// Fewer than 10 or more than 64 bytes.
    pub fn existing_from_bytes(bytes: &[u8]) -> Result<Self, InvalidSecret> {
        match bytes.len() {
            ..Self::SHORTEST_EXISTING => Err(InvalidSecret::FarTooShort),
            Self::SHORTEST_EXISTING..=Self::LONGEST => Ok(Self(bytes.to_vec())),
            _ => Err(InvalidSecret::TooLong),
        }
    }

    /// The same, in base32 as [`Self::from_base32`] reads it.
    ///
    /// # Errors
    /// Other characters, or a length that is out of range.
    pub fn existing_from_base32(text: &str) -> Result<Self, InvalidSecret> {
        let mut letters = Zeroizing::new(Vec::with_capacity(128));
        for byte in text.bytes().filter(|b| !matches!(b, b' ' | b'-' | b'=')) {
            if letters.len() == letters.capacity() {
                return Err(InvalidSecret::TooLong);
            }
            letters.push(byte.to_ascii_uppercase());
        }
        let bytes = decode(&letters).ok_or(InvalidSecret::NotBase32)?;
        Self::existing_from_bytes(&bytes)
    }

    /// Whether it has fewer bits than RFC 4226 asks for.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.0.len() < Self::SHORTEST
    }

    fn long_enough(self) -> Result<Self, InvalidSecret> {
        if self.is_short() { Err(InvalidSecret::TooShort) } else { Ok(self) }
    }

    /// Upper-case base32 without padding: what every authenticator app takes.
    #[must_use]
    pub fn to_base32(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(BASE32_NOPAD.encode_len(self.0.len())));
        BASE32_NOPAD.encode_append(&self.0, &mut text);
        text
    }

    /// Base32 in groups of four, to be read and typed.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        let plain = self.to_base32();
        let mut text = Zeroizing::new(String::with_capacity(plain.len() + plain.len() / 4));
        for (i, letter) in plain.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                text.push(' ');
            }
            text.push(letter);
        }
        text
    }

    /// The bytes, for the HMAC.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Decodes base32 letters, forgiving spare bits in the last one as authenticator apps do.
fn decode(letters: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    // A last letter may carry bits that belong to no byte; other programs write them, so they are dropped.
    let mut value: u32 = 0;
    let mut bits = 0;
    let mut bytes = Zeroizing::new(Vec::with_capacity(letters.len()));
    for letter in letters {
        let five = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        value = (value << 5 | u32::from(five)) & 0xFFF;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits & 0xFF) as u8);
        }
    }
    Some(bytes)
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_goes_there_and_back() {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        assert_eq!(*secret.to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(*secret.grouped(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(Secret::from_base32(&secret.grouped()), Ok(secret.clone()));
        assert_eq!(Secret::from_base32("gezd-gnbv-gy3t-qojq gezd gnbv gy3t qojq===="), Ok(secret));
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        assert_eq!(*Secret::from_base32(letters).unwrap().to_base32(), letters);
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        assert_eq!(Secret::from_base32("GEZDGNBVGY3TQOJQ"), Err(InvalidSecret::TooShort));
        assert_eq!(Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0"), Err(InvalidSecret::NotBase32));
        assert_eq!(Secret::from_base32(&"A".repeat(129)), Err(InvalidSecret::TooLong));
        assert_eq!(Secret::from_bytes(&[0; 65]), Err(InvalidSecret::TooLong));
        assert_eq!(Secret::from_base32("GEZDGNBVGY3TQ"), Err(InvalidSecret::FarTooShort));
    }

    #[test]
    fn what_another_program_made_may_be_shorter() {
        let short = Secret::existing_from_base32("GEZDGNBVGY3TQOJQ").unwrap();
        assert!(short.is_short() && *short.to_base32() == *"GEZDGNBVGY3TQOJQ");
        assert_eq!(Secret::existing_from_base32("GEZDGNBVGY3TQ"), Err(InvalidSecret::FarTooShort));
        assert!(!Secret::existing_from_bytes(&[7; 16]).unwrap().is_short());
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::generate(|b| {
            b.fill(7);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }
}
