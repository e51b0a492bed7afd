//! Looking for secrets where none may be left: in the memory of a process, in its core dump, in what it wrote.

use std::fs::File;
use std::os::unix::fs::FileExt;

use regex::bytes::{Regex, RegexBuilder};

/// Something that must not be found, in one of the forms in which it could be.
#[derive(Clone, Debug)]
pub struct Needle {
    /// What it is.
    pub name: String,
    bytes: Vec<u8>,
}

/// How long a piece of a secret has to be to be looked for.
const PIECE: usize = 8;

impl Needle {
    /// These bytes.
    #[must_use]
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    /// Every piece of eight bytes: a part of a secret is too much already.
    #[must_use]
    pub fn pieces(name: &str, bytes: &[u8]) -> Vec<Self> {
        bytes.windows(PIECE).map(|piece| Self::new(name, piece)).collect()
    }

    /// A secret in every form in which a program may hold it: as it is, as text, and as HMAC-SHA-1 makes use of it
    /// (RFC 2104): padded, and as the two states of the hash that are all that is needed to compute codes.
    #[must_use]
    pub fn secret(secret: &[u8]) -> Vec<Self> {
        let pad = |with: u8| -> [u8; 64] {
            std::array::from_fn(|index| secret.get(index).copied().unwrap_or(0) ^ with)
        };
        let words = |state: [u32; 5]| state.map(u32::to_ne_bytes).concat();
        let base32 = base32(secret);
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let keyed = |with| pad(with).into_iter().take(secret.len()).collect::<Vec<_>>();
        let forms: [(&str, Vec<u8>); 9] = [
            ("secret", secret.to_vec()),
            ("secret in base32", base32.clone().into_bytes()),
            ("secret in small base32", base32.to_lowercase().into_bytes()),
            ("secret in hexadecimal", hex.clone().into_bytes()),
            ("secret in capital hexadecimal", hex.to_uppercase().into_bytes()),
            ("secret with the inner pad", keyed(0x36)),
            ("secret with the outer pad", keyed(0x5c)),
            ("inner state of the HMAC", words(sha1_state(&pad(0x36)))),
            ("outer state of the HMAC", words(sha1_state(&pad(0x5c)))),
        ];
        forms.iter().flat_map(|(name, bytes)| Self::pieces(name, bytes)).collect()
    }

    /// What somebody typed: as it is, and as it goes to the helper.
    #[must_use]
    pub fn typed(text: &str) -> Vec<Self> {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        vec![
            Self::new("what was typed", text.as_bytes()),
            Self::new("what was typed, in hexadecimal", hex.as_bytes()),
        ]
    }
}

/// Looks for needles.
#[derive(Debug)]
pub struct Search {
    needles: Vec<Needle>,
    pattern: Regex,
}

impl Search {
    /// For these.
    ///
    /// # Panics
    /// When they make no pattern.
    #[must_use]
    pub fn of(needles: Vec<Needle>) -> Self {
        let escaped =
            |needle: &Needle| needle.bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let alternatives: Vec<_> = needles.iter().map(escaped).collect();
        let pattern = RegexBuilder::new(&alternatives.join("|")).unicode(false).build();
        Self { needles, pattern: pattern.expect("a pattern of bytes") }
    }

    /// What is found in these bytes, by name.
    #[must_use]
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<String> {
        let name = |found: regex::bytes::Match<'_>| {
            let needle = self.needles.iter().find(|needle| needle.bytes == found.as_bytes());
            needle.map_or_else(String::new, |needle| needle.name.clone())
        };
        self.pattern.find_iter(bytes).map(name).collect()
    }

    /// What is found in all that the process can write (heap, stacks, data), by name and mapping.
    ///
    /// # Panics
    /// When the process is gone.
    #[must_use]
    pub fn in_process(&self, pid: u32) -> Vec<String> {
        self.in_mappings(pid, "rw")
    }

    /// What is found in all that the process can read, the programs in its memory too.
    ///
    /// # Panics
    /// When the process is gone.
    #[must_use]
    pub fn in_all_of_process(&self, pid: u32) -> Vec<String> {
        self.in_mappings(pid, "r")
    }

    fn in_mappings(&self, pid: u32, rights: &str) -> Vec<String> {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("the process is gone");
        let memory =
            File::open(format!("/proc/{pid}/mem")).expect("only root reads another process's memory");
        let mut found = Vec::new();
        for line in maps.lines() {
            let Some((start, end)) = bounds(line, rights) else { continue };
            let mut bytes = vec![0; usize::try_from(end - start).expect("a mapping fits into memory")];
            // Some mappings of the kernel's cannot be read.
            if memory.read_exact_at(&mut bytes, start).is_ok() {
                found.extend(self.in_bytes(&bytes).into_iter().map(|name| format!("{name} in {line}")));
            }
        }
        found
    }
}

/// Gives a running program a fault: its code is written over, so that the next instruction is none that it may run.
///
/// # Panics
/// When it is gone, or its code is not found.
pub fn break_program(pid: u32, program: &str) {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("the process is gone");
    let memory = File::options().write(true).open(format!("/proc/{pid}/mem")).expect("the process is gone");
    let code = maps.lines().filter(|line| line.ends_with(program));
    let code: Vec<_> = code.filter_map(|line| bounds(line, "r-x")).collect();
    assert!(!code.is_empty(), "{maps}");
    for (start, end) in code {
        let length = usize::try_from(end - start).expect("a mapping fits into memory");
        memory.write_all_at(&vec![0xf4; length], start).expect("cannot write over it");
    }
}

/// The bounds of a mapping with these rights.
fn bounds(line: &str, rights: &str) -> Option<(u64, u64)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with(rights).then_some((number(start)?, number(end)?))
}

fn base32(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letter = |five: &[u8]| {
        let five = std::str::from_utf8(five).ok().and_then(|five| usize::from_str_radix(five, 2).ok());
        five.and_then(|five| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().nth(five)).expect("five bits")
    };
    bits.as_bytes().chunks_exact(5).map(letter).collect()
}

/// The state of SHA-1 after one block (FIPS 180-4, section 6.1.2).
fn sha1_state(block: &[u8; 64]) -> [u32; 5] {
    let mut schedule: Vec<u32> = block
        .chunks_exact(4)
        .map(|word| word.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
        .collect();
    let past = |schedule: &[u32], back: usize| schedule.iter().rev().nth(back - 1).copied().unwrap_or(0);
    while schedule.len() < 80 {
        let mixed = past(&schedule, 3) ^ past(&schedule, 8) ^ past(&schedule, 14) ^ past(&schedule, 16);
        schedule.push(mixed.rotate_left(1));
    }
    let start: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let [mut a, mut b, mut c, mut d, mut e] = start;
    for (round, word) in schedule.into_iter().enumerate() {
        let (f, k) = match round {
            0..20 => (b & c | !b & d, 0x5A82_7999),
            20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
            40..60 => (b & c | b & d | c & d, 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
        };
        let sum = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
    }
    let mut end = [a, b, c, d, e];
    for (state, before) in end.iter_mut().zip(start) {
        *state = state.wrapping_add(before);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needles_are_found_in_every_form() {
        // FIPS 180-4's example "abc", padded to a block by hand, has this hash.
        let mut block = [0; 64];
        block[..4].copy_from_slice(b"abc\x80");
        block[63] = 24;
        assert_eq!(
            sha1_state(&block).map(|word| format!("{word:08x}")).concat(),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let search = Search::of(Needle::secret(b"12345678901234567890"));
        for text in ["..34567890..", "..NBVGY3TQ..", "..nbvgy3tq..", "..3334353637.."] {
            assert!(!search.in_bytes(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(search.in_bytes(b"1234567").is_empty());
    }
}
