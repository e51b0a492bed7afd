//! Recovery codes: ten strong proofs on paper, each good once, kept only as hashes. And the scratch codes that
//! google-authenticator printed, for those who came from there.

use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// One recovery code: ten letters, 45 bits. Wiped when dropped, never printed by accident.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; Self::LETTERS]);

/// A scratch code of google-authenticator's: eight digits on paper, good once. Its 26 bits are too few for what a
/// recovery code may do during a delay, so that it is compared only where one code is. Wiped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ScratchCode([u8; Self::DIGITS]);

/// Random bytes that keep equal codes of two people from having equal hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// The first half of SHA-256 over salt and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryHash(pub [u8; 16]);

/// The first 12 bytes of the same: enough to know one code of 45 bits by, and as many as a line of state has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BypassHash(pub [u8; 12]);

impl BypassHash {
    fn of(RecoveryHash(bytes): RecoveryHash) -> Self {
        let mut start = [0; 12];
        for (to, from) in start.iter_mut().zip(bytes) {
            *to = from;
        }
        Self(start)
    }
}

/// The recovery codes of an enrollment, as hashes; a code is known by its index among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryCodes {
    salt: Salt,
    hashes: Vec<RecoveryHash>,
    scratch: Vec<RecoveryHash>,
}

impl RecoveryCode {
    /// The letters of one code, shown as two groups of five.
    pub const LETTERS: usize = 10;
    /// Letters that are not taken for one another, nor for digits: no i, l, o. Only letters, so that a recovery code
    /// can never be taken for a one-time code.
    const ALPHABET: &[u8; 23] = b"abcdefghjkmnpqrstuvwxyz";

    /// A new code from bytes that `fill` takes from the kernel's generator.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn generate<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut code = Self([0; Self::LETTERS]);
        let mut random = Zeroizing::new([0_u8; 64]);
        let mut made = 0;
        while made < Self::LETTERS {
            fill(&mut *random)?;
            // 230 is the largest multiple of 23 in a byte: what lies above would favour some letters.
            for byte in random.iter().filter(|byte| **byte < 230) {
                let letter = Self::ALPHABET.get(usize::from(byte % 23));
                if let (Some(slot), Some(letter)) = (code.0.get_mut(made), letter) {
                    *slot = *letter;
                    made += 1;
                }
            }
        }
        Ok(code)
    }

    /// The code in these lower-case letters, blanks and hyphens already removed.
    pub(crate) fn from_letters(letters: &[u8]) -> Option<Self> {
        let letters: &[u8; Self::LETTERS] = letters.try_into().ok()?;
        letters.iter().all(|letter| Self::ALPHABET.contains(letter)).then(|| Self(*letters))
    }

    /// The code as it is printed: `abcde-fghjk`.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(Self::LETTERS + 1));
        for (i, letter) in self.0.iter().enumerate() {
            if i == Self::LETTERS / 2 {
                text.push('-');
            }
            text.push(char::from(*letter));
        }
        text
    }
}

impl ScratchCode {
    /// The digits of one code.
    pub const DIGITS: usize = 8;

    /// The code of exactly eight digits.
    #[must_use]
    pub fn from_digits(digits: &[u8]) -> Option<Self> {
        let digits: &[u8; Self::DIGITS] = digits.try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then(|| Self(*digits))
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(redacted)")
    }
}

impl std::fmt::Debug for ScratchCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScratchCode(redacted)")
    }
}

/// Letters and digits have no code in common, so that one hash does for both kinds.
fn hash(code: &[u8], salt: Salt) -> RecoveryHash {
    let digest = Sha256::new().chain_update(b"insis-otp recovery").chain_update(salt.0).chain_update(code);
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(digest.finalize()) {
        *to = from;
    }
    RecoveryHash(half)
}

impl RecoveryCodes {
    /// How many are made at enrollment.
    pub const COUNT: usize = 10;
    /// How many a file may hold: one bit each in the state.
    pub const MOST: usize = 16;

    /// The hashes of these codes.
    #[must_use]
    pub fn new(codes: &[RecoveryCode], salt: Salt) -> Self {
        let hashes = codes.iter().take(Self::MOST).map(|code| hash(&code.0, salt)).collect();
        Self { salt, hashes, scratch: Vec::new() }
    }

    /// No recovery codes, but the hashes of these scratch codes; `None` when there are too many.
    #[must_use]
    pub fn of_scratch_codes(codes: &[ScratchCode], salt: Salt) -> Option<Self> {
        let scratch = codes.iter().map(|code| hash(&code.0, salt)).collect();
        Self::from_hashes(salt, Vec::new(), scratch)
    }

    /// From what a secret file holds, recovery codes and scratch codes; `None` when there are too many.
    #[must_use]
    pub fn from_hashes(salt: Salt, hashes: Vec<RecoveryHash>, scratch: Vec<RecoveryHash>) -> Option<Self> {
        (hashes.len() + scratch.len() <= Self::MOST).then_some(Self { salt, hashes, scratch })
    }

    /// The salt of the hashes.
    #[must_use]
    pub const fn salt(&self) -> Salt {
        self.salt
    }

    /// The hashes of the recovery codes.
    #[must_use]
    pub fn hashes(&self) -> &[RecoveryHash] {
        &self.hashes
    }

    /// The hashes of the scratch codes.
    #[must_use]
    pub fn scratch(&self) -> &[RecoveryHash] {
        &self.scratch
    }

    /// How many of them are not among the `used` ones.
    #[must_use]
    pub fn left(&self, used: u16) -> u32 {
        (0..self.hashes.len() + self.scratch.len()).filter(|index| used >> index & 1 == 0).count() as u32
    }

    /// The hash of a bypass code, which has the form of a recovery code, with the salt of these.
    #[must_use]
    pub fn bypass_hash(&self, code: &RecoveryCode) -> BypassHash {
        BypassHash::of(hash(&code.0, self.salt))
    }

    /// The index of a code, used or not, and what its hash is as a bypass code.
    pub(crate) fn find(&self, code: &RecoveryCode) -> (Option<u8>, BypassHash) {
        let hash = hash(&code.0, self.salt);
        (self.index_of(hash), BypassHash::of(hash))
    }

    /// The index of a scratch code, used or not.
    pub(crate) fn index_of_scratch(&self, code: &ScratchCode) -> Option<u8> {
        self.index_of(hash(&code.0, self.salt))
    }

    /// Looks at every hash, whichever matches.
    fn index_of(&self, hash: RecoveryHash) -> Option<u8> {
        let mut index = u8::MAX;
        for (i, candidate) in (0_u8..).zip(self.hashes.iter().chain(&self.scratch)) {
            index.conditional_assign(&i, candidate.0.ct_eq(&hash.0));
        }
        (index != u8::MAX).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_drawn_evenly_from_clear_letters() {
        let mut seed = 0_u32;
        let mut fill = |bytes: &mut [u8]| {
            for byte in bytes {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (seed >> 24) as u8;
            }
            Ok::<_, ()>(())
        };
        let mut seen = [0_u32; 256];
        for _ in 0..2_300 {
            for letter in RecoveryCode::generate(&mut fill).unwrap().0 {
                seen[usize::from(letter)] += 1;
            }
        }
        assert!(RecoveryCode::ALPHABET.iter().all(|l| (850..1150).contains(&seen[usize::from(*l)])));
        assert_eq!(seen.iter().sum::<u32>(), 23_000);
    }

    #[test]
    fn a_byte_that_would_favour_a_letter_is_left_out() {
        let mut bytes = [230, 255, 229].into_iter().cycle();
        let code = RecoveryCode::generate(|all| {
            all.fill_with(|| bytes.next().unwrap());
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!(code.0, [b'z'; 10]);
        assert_eq!(format!("{code:?}"), "RecoveryCode(redacted)");
    }

    #[test]
    fn a_code_is_found_among_hashes() {
        let codes: Vec<_> =
            [b"abcdefghjk", b"kjhgfedcba"].map(|c| RecoveryCode::from_letters(c).unwrap()).into();
        let hashes = RecoveryCodes::new(&codes, Salt([3; 16]));
        assert_eq!(hashes.find(&codes[1]).0, Some(1));
        assert_eq!(hashes.find(&RecoveryCode::from_letters(b"zzzzzzzzzz").unwrap()).0, None);
        assert_ne!(hashes, RecoveryCodes::new(&codes, Salt([4; 16])));
        assert_eq!((hashes.left(0), hashes.left(0b10), hashes.left(0b11)), (2, 1, 0));
        assert_eq!(*codes[0].reveal(), "abcde-fghjk");
    }

    #[test]
    fn scratch_codes_come_after_recovery_codes() {
        let letters = RecoveryCode::from_letters(b"abcdefghjk").unwrap();
        let digits = [b"01234567", b"76543210"].map(|c| ScratchCode::from_digits(c).unwrap());
        let salt = Salt([3; 16]);
        let scratch = RecoveryCodes::of_scratch_codes(&digits, salt).unwrap();
        assert_eq!((scratch.index_of_scratch(&digits[1]), scratch.left(0b1)), (Some(1), 1));
        let hashes = RecoveryCodes::new(std::slice::from_ref(&letters), salt).hashes().to_vec();
        let both = RecoveryCodes::from_hashes(salt, hashes, scratch.scratch().to_vec()).unwrap();
        assert_eq!((both.find(&letters).0, both.index_of_scratch(&digits[0])), (Some(0), Some(1)));
        assert_eq!(both.left(0), 3);
        assert!(RecoveryCodes::from_hashes(salt, vec![RecoveryHash([0; 16]); 16], both.scratch).is_none());
        assert!(
            ScratchCode::from_digits(b"1234567").is_none() && ScratchCode::from_digits(b"1234567a").is_none()
        );
        assert!(format!("{:?}", digits[0]).contains("redacted"));
    }
}
