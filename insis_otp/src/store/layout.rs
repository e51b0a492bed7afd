//! The form of a secret file: one page of text.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0–1983 | the head: TOML, filled up with line ends |
//! | 1984–2047 | the checksum of these bytes, as one more line of TOML |
//! | 2048–3071 | state slot A: one line of 512 bytes, twice |
//! | 3072–4095 | state slot B, likewise |
//!
//! The head is written once, the slots in turn. A line of state ([`super::slot`]) is a comment to TOML, carries a
//! sequence number and a checksum that covers the head's too, and is a sector of its own. The newest valid line counts.
//! Since a slot holds its line twice, a torn write leaves the older slot or one good line of the newer, and no single
//! damaged sector takes the newest state away, which would make its last code good again.

use std::ops::{Deref, DerefMut};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::seal::{KeptSecret, Seal};
use super::slot::{self, Pending, SlotCursor};
use crate::oath::{
    Algorithm, Digits, OtpGenerator, Parameters, Period, RecoveryCodes, RecoveryHash, Salt, Secret, UnixTime,
};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::strict::{Error, Value, each_key};
use crate::verify::State;

/// The size of a secret file.
pub const PAGE: usize = 4096;
/// Where the state slots begin.
pub(super) const HEAD: usize = 2048;
const HEAD_TEXT: usize = HEAD - SUM_LINE;
const SUM_LINE: usize = 64;
/// The size of a line of state.
pub(super) const LINE: usize = 512;
/// The size of a state slot: the line, twice.
pub const SLOT: usize = 2 * LINE;

/// The first line of every secret file.
const WARNING: &str = "# A secret file of insis-otp: whoever reads it holds the second factor. See otp-setup(1); do not edit.\n";

/// The record in a secret file, with where the next state goes.
#[derive(Clone, Debug)]
pub(super) struct FileRecord {
    /// The head.
    pub enrollment: Enrollment,
    /// The newest state.
    pub state: State,
    pub cursor: SlotCursor,
    /// Set when the state of the file before it has not been taken over yet.
    pub pending: Option<Pending>,
}

/// A page of text, wiped when dropped.
#[derive(Clone, Default)]
pub(super) struct Page(Vec<u8>);

impl Page {
    /// A page of zeros.
    pub(super) fn blank() -> Self {
        Self(vec![0; PAGE])
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.0.resize(self.0.capacity(), 0);
        // As a slice at once; a Vec would be wiped byte by byte.
        self.0.as_mut_slice().zeroize();
    }
}

impl Deref for Page {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Page {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Page(redacted)")
    }
}

/// Why a page is no secret file.
pub(super) type Damage = &'static str;

/// A whole secret file: this head, this state in both slots.
pub(super) fn encode(enrollment: &Enrollment, state: &State, seal: Seal) -> Result<Page, Damage> {
    encode_from(enrollment, state, seal, 0, None)
}

/// The same, for a file that goes on from another one: with states of that number and the next.
pub(super) fn encode_from(
    enrollment: &Enrollment,
    state: &State,
    seal: Seal,
    sequence: u64,
    pending: Option<Pending>,
) -> Result<Page, Damage> {
    let mut page = Page(Vec::with_capacity(PAGE));
    let head = head_text(enrollment, seal)?;
    if head.len() > HEAD_TEXT {
        return Err("issuer and account are too long for it");
    }
    page.extend_from_slice(head.as_bytes());
    page.resize(HEAD_TEXT, b'\n');
    let head_sum = digest(&[&page]);
    page.extend_from_slice(&sum_line(head_sum));
    for sequence in sequence..sequence.saturating_add(2) {
        page.extend_from_slice(&slot::encode(&SlotCursor { head_sum, sequence, slot: 0 }, state, pending)?);
    }
    Ok(page)
}

/// Reads a page.
pub(super) fn decode(page: &[u8], seal: Seal) -> Result<FileRecord, Damage> {
    let (enrollment, head_sum) = decode_head(page, seal)?;
    let (slot, newest) = newest_line(page, head_sum).ok_or("no state slot is valid")?;
    let cursor = SlotCursor { head_sum, sequence: newest.sequence.saturating_add(1), slot: 1 - slot };
    Ok(FileRecord { enrollment, state: newest.state, cursor, pending: newest.pending })
}

/// Reads the head alone, for the repair of a file whose slots are both damaged.
pub(super) fn decode_head(page: &[u8], seal: Seal) -> Result<(Enrollment, [u8; 16]), Damage> {
    let [text, sum] = [page.get(..HEAD_TEXT), page.get(HEAD_TEXT..HEAD)].map(Option::unwrap_or_default);
    if page.len() != PAGE {
        return Err("it is not 4096 bytes long");
    }
    let head_sum = digest(&[text]);
    if sum != sum_line(head_sum) {
        return Err("the checksum of its head is wrong");
    }
    let text = std::str::from_utf8(without_filling(text)).map_err(|_| "its head is not text")?;
    let mut head = Head::default();
    let wrong = || Error::Syntax(String::new());
    each_key(text, &mut |key, value| head.set(key, value).ok_or_else(wrong))
        .map_err(|_| "its head is not valid")?;
    Ok((head.finish(seal)?, head_sum))
}

/// The head without the line ends that fill it up, which a TOML parser would take one by one. Many at once, since there
/// are more of them than of anything else in a login to be looked at byte by byte.
fn without_filling(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_suffix(&[b'\n'; 64]) {
        text = rest;
    }
    text.trim_ascii_end()
}

/// The highest sequence number that a line of state claims to have: it moves on with every attempt.
pub(super) fn claimed_sequence_of_slots(slots: &[u8]) -> Option<u64> {
    slots.chunks_exact(LINE).filter_map(slot::claimed_sequence).max()
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part);
    }
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(sha.finalize()) {
        *to = from;
    }
    half
}

fn sum_line(head_sum: [u8; 16]) -> Vec<u8> {
    let mut line = format!("sum = \"{}\"\n", HEXLOWER.encode(&head_sum)).into_bytes();
    line.resize(SUM_LINE, b'\n');
    line
}

fn head_text(enrollment: &Enrollment, seal: Seal) -> Result<Zeroizing<String>, Damage> {
    let Enrollment { user, entry: AppEntry { key, issuer, account }, enrolled_at, recovery } = enrollment;
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let hashes = |key: &str, hashes: &[RecoveryHash]| {
        let lines: Vec<_> = hashes.iter().map(|h| format!("\n  \"{}\",", HEXLOWER.encode(&h.0))).collect();
        format!("{key} = [{}\n]\n", lines.concat())
    };
    let rest = [
        format!("\"\nalgorithm = \"{}\"\n", key.algorithm().name()),
        format!("digits = {}\nperiod = {}\n", key.digits().count(), key.period().seconds()),
        format!("issuer = {}\naccount = {}\n", quoted(issuer), quoted(account)),
        format!("paired_at = {}\n", enrolled_at.0),
        format!("recovery_salt = \"{}\"\n", HEXLOWER.encode(&recovery.salt().0)),
        hashes("recovery_hashes", recovery.hashes()),
        // Only where there are any: most people have none.
        if recovery.scratch().is_empty() {
            String::new()
        } else {
            hashes("scratch_hashes", recovery.scratch())
        },
    ]
    .concat();
    let start = format!("{WARNING}format = 1\nuser = {}\nsecret = \"", quoted(user.as_str()));
    let KeptSecret::Plain(secret) = seal.seal(user, key.secret())?;
    let secret = secret.to_base32();
    // One allocation of the right size, so that no grown-out-of copy of the secret is left behind.
    let mut text = Zeroizing::new(String::with_capacity(start.len() + secret.len() + rest.len()));
    text.push_str(&start);
    text.push_str(&secret);
    text.push_str(&rest);
    Ok(text)
}

/// The head while it is read.
#[derive(Default)]
struct Head {
    format: Option<u64>,
    user: Option<UserName>,
    secret: Option<KeptSecret>,
    algorithm: Option<Algorithm>,
    digits: Option<Digits>,
    period: Option<Period>,
    issuer: Option<String>,
    account: Option<String>,
    enrolled_at: Option<UnixTime>,
    salt: Option<Salt>,
    hashes: Option<Vec<RecoveryHash>>,
    scratch: Vec<RecoveryHash>,
}

impl Head {
    /// Takes one key; `None` for one that is unknown or not as it is written.
    fn set(&mut self, key: &str, value: Value<'_>) -> Option<()> {
        fn bytes(text: &str) -> Option<[u8; 16]> {
            let (digits, mut bytes): (&[u8; 32], _) = (text.as_bytes().try_into().ok()?, [0; 16]);
            HEXLOWER.decode_mut(digits, &mut bytes).ok()?;
            Some(bytes)
        }
        fn hashes(list: Value<'_>) -> Option<Vec<RecoveryHash>> {
            list.list()?.into_iter().map(|text| bytes(text).map(RecoveryHash)).collect()
        }
        match key {
            "format" => self.format = Some(value.number()?),
            "user" => self.user = Some(UserName::parse(value.text()?).ok()?),
            // It may have been imported with --force.
            "secret" => {
                let secret = Secret::existing_from_base32(value.text()?).ok()?;
                self.secret = Some(KeptSecret::Plain(secret));
            }
            "algorithm" => self.algorithm = Some(value.text()?.parse().ok()?),
            "digits" => self.digits = Some(Digits::try_from(value.number()?).ok()?),
            "period" => self.period = Some(Period::try_from(value.number()?).ok()?),
            "issuer" => self.issuer = Some(value.text()?.to_owned()),
            "account" => self.account = Some(value.text()?.to_owned()),
            "paired_at" => self.enrolled_at = Some(UnixTime(value.number()?)),
            "recovery_salt" => self.salt = Some(Salt(bytes(value.text()?)?)),
            "recovery_hashes" => self.hashes = Some(hashes(value)?),
            "scratch_hashes" => self.scratch = hashes(value)?,
            _ => return None,
        }
        Some(())
    }

    fn finish(self, seal: Seal) -> Result<Enrollment, Damage> {
        const INCOMPLETE: Damage = "its head is not complete";
        if self.format != Some(1) {
            return Err(INCOMPLETE);
        }
        let user = self.user.ok_or(INCOMPLETE)?;
        let secret = seal.open(&user, self.secret.ok_or(INCOMPLETE)?)?;
        let rest = || {
            Some(Enrollment {
                user,
                entry: AppEntry {
                    key: OtpGenerator::new(
                        secret,
                        Parameters { algorithm: self.algorithm?, digits: self.digits?, period: self.period? },
                    ),
                    issuer: self.issuer?,
                    account: self.account?,
                },
                enrolled_at: self.enrolled_at?,
                recovery: RecoveryCodes::from_hashes(self.salt?, self.hashes?, self.scratch)?,
            })
        };
        rest().ok_or(INCOMPLETE)
    }
}

/// The valid line with the highest sequence number, and its slot. Checksums are expensive: only the line that claims the
/// highest number is verified, the next one only if that fails.
fn newest_line(page: &[u8], head_sum: [u8; 16]) -> Option<(usize, slot::Line)> {
    let mut lines: Vec<_> = page.get(HEAD..)?.chunks_exact(LINE).enumerate().collect();
    loop {
        let claimed = |(_, (_, line)): &(usize, &(usize, &[u8]))| slot::claimed_sequence(line);
        let (index, _) = lines.iter().enumerate().max_by_key(claimed)?;
        let (i, line) = lines.swap_remove(index);
        if let Some(line) = slot::decode(line, head_sum) {
            return Some((i / 2, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oath::{Drift, Step};
    use crate::verify::{Remembered, UsedSteps};

    fn named(account: String) -> Enrollment {
        let enrollment = enrollment();
        Enrollment { entry: AppEntry { account, ..enrollment.entry }, ..enrollment }
    }

    fn enrollment() -> Enrollment {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        Enrollment {
            user: UserName::parse("alice").unwrap(),
            entry: AppEntry {
                key: OtpGenerator::new(secret, Parameters::default()),
                issuer: "Ex\"am\\ple".into(),
                account: "alice@host ž".into(),
            },
            enrolled_at: UnixTime(1_764_000_000),
            recovery: RecoveryCodes::from_hashes(
                Salt([5; 16]),
                vec![RecoveryHash([6; 16]); 10],
                vec![RecoveryHash([7; 16]); 6],
            )
            .unwrap(),
        }
    }

    fn state(step: u64) -> State {
        State {
            used: UsedSteps { upto: Step(step), unused_range: Some((Step(1), Step(5))), used_ahead: None },
            drift: Drift(-2),
            failures: 3,
            used_recovery: 0b101,
            remembered: vec![Remembered { tag: 0xabc, since: UnixTime(7) }],
            ..State::default()
        }
    }

    /// A page after some states were written in turn.
    fn page(steps: std::ops::Range<u64>) -> Page {
        let mut page = encode(&enrollment(), &state(0), Seal::Plain).unwrap();
        for step in steps {
            write(&mut page, &state(step));
        }
        page
    }

    fn write(page: &mut Page, state: &State) {
        let cursor = decode(page, Seal::Plain).unwrap().cursor;
        let slot = slot::encode(&cursor, state, None).unwrap();
        page[cursor.offset()..cursor.offset() + SLOT].copy_from_slice(&slot);
    }

    #[test]
    fn a_page_is_text_toml_and_readable_again() {
        let page = page(1..4);
        assert_eq!(page.len(), PAGE);
        let text = std::str::from_utf8(&page).unwrap();
        assert!(toml::de::DeTable::parse(text).is_ok());
        let record = decode(&page, Seal::Plain).unwrap();
        assert_eq!(record.state, state(3));
        let read = record.enrollment;
        assert_eq!(
            (read.entry.issuer, read.entry.account),
            (enrollment().entry.issuer, enrollment().entry.account)
        );
        assert_eq!(read.entry.key.secret(), enrollment().entry.key.secret());
        assert_eq!(read.recovery, enrollment().recovery);
    }

    #[test]
    fn a_page_prints_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", page(0..1)), "Page(redacted)");
    }

    #[test]
    fn a_torn_write_costs_nothing() {
        let before = page(1..6);
        let cursor = decode(&before, Seal::Plain).unwrap().cursor;
        let slot = slot::encode(&cursor, &state(6), None).unwrap();
        for torn in 0..=SLOT {
            let mut page = before.clone();
            page[cursor.offset()..cursor.offset() + torn].copy_from_slice(&slot[..torn]);
            let record = decode(&page, Seal::Plain).unwrap();
            let newest = if record.state == state(6) { 6 } else { 5 };
            assert_eq!(record.state, state(newest), "torn after {torn} bytes");
            assert!(newest == 6 || torn < LINE, "torn after {torn} bytes, a whole line was lost");
            write(&mut page, &state(9));
            assert_eq!(decode(&page, Seal::Plain).unwrap().state, state(9));
        }
    }

    #[test]
    fn a_slot_that_is_lost_leaves_the_state_before() {
        for last in [5, 6] {
            let mut page = page(1..last + 1);
            let next = decode(&page, Seal::Plain).unwrap().cursor.offset();
            let newest = HEAD + SLOT - (next - HEAD);
            page[newest..newest + SLOT].fill(0);
            assert_eq!(decode(&page, Seal::Plain).unwrap().state, state(last - 1), "{next}");
        }
    }

    #[test]
    fn no_flipped_bit_changes_what_is_read() {
        let good = page(1..6);
        for position in 0..PAGE * 8 {
            let mut page = good.clone();
            page[position / 8] ^= 1 << (position % 8);
            match decode(&page, Seal::Plain) {
                Ok(record) => assert_eq!(record.state, state(5), "bit {position}"),
                Err(_) => {
                    assert!(position / 8 < HEAD, "bit {position} of the state made the file unreadable")
                }
            }
        }
    }

    #[test]
    fn other_pages_are_damaged() {
        let good = page(0..1);
        let mut without_state = good.clone();
        without_state[HEAD..].fill(b' ');
        assert_eq!(decode(&without_state, Seal::Plain).unwrap_err(), "no state slot is valid");
        assert!(decode_head(&without_state, Seal::Plain).is_ok());
        for page in [&good[..PAGE - 1], &[], &[0; PAGE], &[b'\n'; PAGE + 1]] {
            assert!(decode(page, Seal::Plain).is_err());
        }
        let long = named("x".repeat(2000));
        assert!(encode(&long, &state(0), Seal::Plain).is_err());
    }

    #[test]
    fn a_head_that_just_fits_is_written_and_one_byte_more_is_not() {
        let named = |length| named("x".repeat(length));
        let room = HEAD_TEXT - head_text(&named(0), Seal::Plain).unwrap().len();
        let page = encode(&named(room), &state(0), Seal::Plain).unwrap();
        assert_eq!(decode(&page, Seal::Plain).unwrap().enrollment.entry.account, named(room).entry.account);
        assert!(encode(&named(room + 1), &state(0), Seal::Plain).is_err());
    }

    #[test]
    fn a_state_of_another_file_is_not_taken() {
        let mut mixed = page(0..9);
        let other = encode(&named("other".into()), &state(1), Seal::Plain).unwrap();
        mixed[..HEAD].copy_from_slice(&other[..HEAD]);
        assert!(decode(&mixed, Seal::Plain).is_err());
    }
}
