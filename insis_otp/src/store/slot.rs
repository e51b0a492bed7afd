//! One line of state, as a secret file holds it.
//!
//! `# state 2 SEQUENCE FIELDS SUM`: the sequence number in hexadecimal, the fields below in base64, and a checksum that
//! covers the head's too, so that no state can be moved to another file. Every line has the same length, and writing it
//! is the same work whatever stands in it: what an attempt comes to cannot be told from how long its state takes to write.
//! docs/secret-file.md has the bytes. Lines of the first version, which were text, are read as well.

use data_encoding::{BASE64, Encoding, HEXLOWER};
use sha2::{Digest, Sha256};

use super::contract::without_recovery_codes;
use super::layout::{Damage, HEAD, LINE, SLOT};
use super::slot_v1;
use crate::oath::{BypassHash, Drift, Step, UnixTime};
use crate::verify::{
    Budgets, Bypass, BypassNews, Meter, Remembered, ResyncStart, SourceMeter, SourceTag, State, Throttle,
    UsedSteps,
};

/// The bytes of all fields; those that are not used yet are zeros. A line has room for no more.
const FIELDS: usize = 348;
/// The bytes of a state as a store keeps them that has no lines.
pub const STATE_BYTES: usize = FIELDS;
/// How long it can be: now, and before there were bypass codes.
pub const STATE_LENGTHS: [usize; 2] = [STATE_BYTES, FIELDS_WITHOUT_BYPASS];
/// What they were before there were bypass codes. Such a line is read as if zeros followed.
const FIELDS_WITHOUT_BYPASS: usize = 330;
/// What they were before sources had a budget of recovery codes. So is this.
const FORMER_FIELDS: usize = 300;
/// Where it stands up to when the owner has been told of what is new. In lines that were shorter, it was a budget of recovery
/// codes from everywhere.
const TOLD_UNTIL: std::ops::Range<usize> = 75..81;
const PREFIX: &str = "# state 2 ";
/// Steps and times are held to this, forty bits: it is the year 36812.
const MOST: u64 = (1 << 40) - 1;

/// Where the next state is written, and what ties it to the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotCursor {
    /// The checksum of the head.
    pub head_sum: [u8; 16],
    /// The number of the next state.
    pub sequence: u64,
    /// Which of the two slots it goes to.
    pub slot: usize,
}

impl SlotCursor {
    /// Where in the file the slot begins.
    pub const fn offset(&self) -> usize {
        HEAD + self.slot * SLOT
    }

    /// The slot for the state after the next.
    pub const fn next(&self) -> Self {
        Self { head_sum: self.head_sum, sequence: self.sequence.saturating_add(1), slot: 1 - self.slot }
    }
}

/// A file that has taken another one's place, but has not got that one's last state yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    /// The number in the other one's present name.
    pub id: u64,
    /// What becomes of its state.
    pub inherits: Inherits,
}

/// What a file takes over from the state of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inherits {
    /// All of it.
    State,
    /// All but which recovery codes are used, since it has new ones; and nobody is remembered any more.
    AllButRecoveryCodes,
}

/// A line that was read.
pub(super) struct Line {
    pub sequence: u64,
    pub state: State,
    pub pending: Option<Pending>,
}

impl Inherits {
    /// The state that is taken over.
    pub fn derive(self, state: &State) -> State {
        match self {
            Self::State => state.clone(),
            Self::AllButRecoveryCodes => without_recovery_codes(state),
        }
    }
}

/// The line of a state, twice: a slot of the file.
pub(super) fn encode(
    cursor: &SlotCursor,
    state: &State,
    pending: Option<Pending>,
) -> Result<Vec<u8>, Damage> {
    let mut line = Vec::with_capacity(2 * LINE);
    line.extend_from_slice(PREFIX.as_bytes());
    append(&mut line, &HEXLOWER, &cursor.sequence.to_be_bytes());
    line.push(b' ');
    append(&mut line, &BASE64, &fields(state, pending));
    let sum = sum(cursor.head_sum, &line);
    line.push(b' ');
    line.extend_from_slice(&sum);
    if line.len() >= LINE {
        return Err("its state does not fit");
    }
    line.resize(LINE - 1, b' ');
    line.push(b'\n');
    line.extend_from_within(..);
    Ok(line)
}

/// Encodes bytes at the end of a line, without a text in between.
fn append(line: &mut Vec<u8>, encoding: &Encoding, bytes: &[u8]) {
    let start = line.len();
    line.resize(start + encoding.encode_len(bytes.len()), 0);
    encoding.encode_mut(bytes, line.get_mut(start..).unwrap_or_default());
}

/// The sequence number in a line of which nothing is known yet.
pub(super) fn claimed_sequence(line: &[u8]) -> Option<u64> {
    match line.strip_prefix(PREFIX.as_bytes()) {
        Some(rest) => sequence(rest.get(..16)?),
        None => slot_v1::claimed_sequence(line),
    }
}

/// A line of state; `None` if its checksum or anything else about it is wrong.
pub(super) fn decode(line: &[u8], head_sum: [u8; 16]) -> Option<Line> {
    if !line.starts_with(PREFIX.as_bytes()) {
        let (sequence, state) = slot_v1::decode(line, |text| sum(head_sum, text))?;
        return Some(Line { sequence, state, pending: None });
    }
    let line = line.strip_suffix(b"\n")?.trim_ascii_end();
    let (text, claimed) = line.split_at_checked(line.len().checked_sub(17)?)?;
    if claimed.strip_prefix(b" ")? != sum(head_sum, text) {
        return None;
    }
    let (number, rest) = text.strip_prefix(PREFIX.as_bytes())?.split_at_checked(16)?;
    let mut fields = BASE64.decode(rest.strip_prefix(b" ")?).ok()?;
    if fields.len() == FORMER_FIELDS {
        fields.get_mut(TOLD_UNTIL)?.fill(0);
    }
    if matches!(fields.len(), FORMER_FIELDS | FIELDS_WITHOUT_BYPASS) {
        fields.resize(FIELDS, 0);
    }
    let (state, pending) = Reader(&fields).state()?;
    Some(Line { sequence: sequence(number)?, state, pending })
}

fn sequence(digits: &[u8]) -> Option<u64> {
    let (digits, mut bytes): (&[u8; 16], _) = (digits.try_into().ok()?, [0; 8]);
    HEXLOWER.decode_mut(digits, &mut bytes).ok()?;
    Some(u64::from_be_bytes(bytes))
}

/// The checksum of a line: 64 bits, in hexadecimal.
fn sum(head_sum: [u8; 16], text: &[u8]) -> [u8; 16] {
    let digest = Sha256::new().chain_update(head_sum).chain_update(text).finalize();
    let (half, _) = digest.split_at(8);
    let mut sum = [0; 16];
    HEXLOWER.encode_mut(half, &mut sum);
    sum
}

fn fields(state: &State, pending: Option<Pending>) -> [u8; FIELDS] {
    let mut bytes = [0; FIELDS];
    Writer(&mut bytes).state(state, pending);
    bytes
}

/// A state as bytes: the fields of a line, for a store that has no lines.
#[must_use]
pub fn state_to_bytes(state: &State) -> [u8; STATE_BYTES] {
    fields(state, None)
}

/// The state in these bytes, which an earlier version may have written; `None` where they are none, or of a later version.
#[must_use]
pub fn state_from_bytes(bytes: &[u8]) -> Option<State> {
    let mut fields = [0; STATE_BYTES];
    if !STATE_LENGTHS.contains(&bytes.len()) {
        return None;
    }
    fields.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let (state, pending) = Reader(&fields).state()?;
    pending.is_none().then_some(state)
}

/// Bytes that are written from the front, as big-endian numbers.
struct Writer<'b>(&'b mut [u8]);

impl Writer<'_> {
    fn number(&mut self, size: usize, value: u64) {
        let bytes = value.to_be_bytes();
        let Some((slot_bytes, rest)) = std::mem::take(&mut self.0).split_at_mut_checked(size) else { return };
        slot_bytes.copy_from_slice(bytes.get(8 - size..).unwrap_or_default());
        self.0 = rest;
    }

    /// A step or a time.
    fn time(&mut self, value: u64) {
        self.number(5, value.min(MOST));
    }

    /// The ends of a stretch; zeros are none.
    fn stretch(&mut self, stretch: Option<(Step, Step)>) {
        let (from, to) = stretch.unwrap_or_default();
        self.time(from.0);
        self.time(to.0);
    }

    fn meter(&mut self, meter: Meter) {
        self.number(6, meter.0.min((1 << 48) - 1));
    }

    fn state(&mut self, state: &State, pending: Option<Pending>) {
        let State { used, drift, throttle, .. } = state;
        self.time(used.upto.0);
        self.stretch(used.unused_range);
        self.stretch(used.used_ahead);
        // Two's complement in two bytes: an hour is at most 720 steps.
        self.number(2, u64::from(drift.0.clamp(i16::MIN.into(), i16::MAX.into()) as u16));
        self.number(4, state.failures.into());
        self.number(4, throttle.guesses.into());
        self.time(throttle.guessed_at.0);
        self.number(4, throttle.single_codes.into());
        self.number(4, throttle.day.min(u32::MAX.into()));
        self.number(4, throttle.today.into());
        self.time(state.last_login.map_or(0, |time| time.0));
        self.number(2, state.used_recovery.into());
        let resync = state.resync.unwrap_or(ResyncStart { step: Step(0), at: UnixTime(0) });
        self.time(resync.step.0);
        self.time(resync.at.0);
        self.meter(throttle.budgets.two_codes);
        self.number(TOLD_UNTIL.len(), state.told_until.map_or(0, |time| time.0.min(MOST)));
        let source = |i| throttle.budgets.sources.get(i).copied().unwrap_or_default();
        for i in 0..Budgets::SOURCES {
            self.number(4, source(i).tag.0.into());
            self.meter(source(i).two_codes);
        }
        for i in 0..State::MOST_REMEMBERED {
            let client = state.remembered.get(i).copied();
            let client = client.unwrap_or(Remembered { tag: 0, since: UnixTime(0) });
            self.number(8, client.tag);
            self.time(client.since.0);
        }
        self.number(1, pending.map_or(0, |pending| pending.inherits.number()));
        self.number(8, pending.map_or(0, |pending| pending.id));
        (0..Budgets::SOURCES).for_each(|i| self.meter(source(i).recovery));
        self.bypass(state);
    }

    /// The bypass code, and what the owner has not been told of such; zeros are none.
    fn bypass(&mut self, state: &State) {
        let none = Bypass { hash: BypassHash::default(), expires: UnixTime(0), uses: 0 };
        let Bypass { hash, expires, uses } = state.bypass.unwrap_or(none);
        hash.0.into_iter().for_each(|byte| self.number(1, byte.into()));
        self.time(expires.0);
        self.number(1, uses.into());
        let BypassNews { at, logins } =
            state.bypass_news.unwrap_or(BypassNews { at: UnixTime(0), logins: 0 });
        self.time(at.0);
        self.number(1, logins.into());
    }
}

impl Inherits {
    const ALL: [Self; 2] = [Self::State, Self::AllButRecoveryCodes];

    /// Its number in the file; 0 is none.
    const fn number(self) -> u64 {
        match self {
            Self::State => 1,
            Self::AllButRecoveryCodes => 2,
        }
    }
}

/// Bytes that are read from the front.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn number(&mut self, size: usize) -> Option<u64> {
        let (bytes, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn small(&mut self, size: usize) -> Option<u32> {
        u32::try_from(self.number(size)?).ok()
    }

    fn step(&mut self) -> Option<Step> {
        self.number(5).map(Step)
    }

    fn time(&mut self) -> Option<UnixTime> {
        self.number(5).map(UnixTime)
    }

    fn meter(&mut self) -> Option<Meter> {
        self.number(6).map(Meter)
    }

    fn stretch(&mut self) -> Option<Option<(Step, Step)>> {
        let ends = (self.step()?, self.step()?);
        Some(Some(ends).filter(|ends| *ends != (Step(0), Step(0))))
    }

    /// The sources with what they have used of two consecutive codes; of recovery codes, that comes later.
    fn sources(&mut self) -> Option<Vec<SourceMeter>> {
        let entry = |_| {
            let (tag, two_codes) = (SourceTag(self.small(4)?), self.meter()?);
            Some(SourceMeter { tag, two_codes, recovery: Meter(0) })
        };
        (0..Budgets::SOURCES).map(entry).collect()
    }

    fn recovery_of_sources(&mut self, sources: &mut Vec<SourceMeter>) -> Option<()> {
        for source in &mut *sources {
            source.recovery = self.meter()?;
        }
        sources.retain(|source| (source.two_codes, source.recovery) != (Meter(0), Meter(0)));
        Some(())
    }

    fn remembered(&mut self) -> Option<Vec<Remembered>> {
        let entries = (0..State::MOST_REMEMBERED)
            .map(|_| Some(Remembered { tag: self.number(8)?, since: self.time()? }));
        let entries = entries.collect::<Option<Vec<_>>>()?;
        Some(entries.into_iter().filter(|client| client.since != UnixTime(0)).collect())
    }

    fn bypass(&mut self) -> Option<Option<Bypass>> {
        let (hash, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        let (expires, uses) = (self.time()?, u8::try_from(self.number(1)?).ok()?);
        Some((uses > 0).then_some(Bypass { hash: BypassHash(*hash), expires, uses }))
    }

    fn bypass_news(&mut self) -> Option<Option<BypassNews>> {
        let (at, logins) = (self.time()?, u8::try_from(self.number(1)?).ok()?);
        Some((at.0 > 0).then_some(BypassNews { at, logins }))
    }

    fn pending(&mut self) -> Option<Option<Pending>> {
        let (kind, id) = (self.number(1)?, self.number(8)?);
        let inherits = Inherits::ALL.into_iter().find(|inherits| inherits.number() == kind);
        (kind == 0 || inherits.is_some()).then_some(inherits.map(|inherits| Pending { id, inherits }))
    }

    fn state(&mut self) -> Option<(State, Option<Pending>)> {
        let used =
            UsedSteps { upto: self.step()?, unused_range: self.stretch()?, used_ahead: self.stretch()? };
        let drift = Drift(i32::from(u16::try_from(self.number(2)?).ok()? as i16));
        let failures = self.small(4)?;
        let (guesses, guessed_at) = (self.small(4)?, self.time()?);
        let (single_codes, day, today) = (self.small(4)?, self.number(4)?, self.small(4)?);
        let last_login = Some(self.time()?).filter(|time| time.0 > 0);
        let used_recovery = u16::try_from(self.number(2)?).ok()?;
        let resync = ResyncStart { step: self.step()?, at: self.time()? };
        let two_codes = self.meter()?;
        let told_until = Some(UnixTime(self.number(TOLD_UNTIL.len())?)).filter(|time| time.0 > 0);
        let budgets = Budgets { two_codes, sources: self.sources()? };
        let throttle = Throttle { guesses, guessed_at, single_codes, day, today, budgets };
        let mut state = State {
            used,
            drift,
            failures,
            throttle,
            last_login,
            told_until,
            used_recovery,
            resync: Some(resync).filter(|start| start.at.0 > 0),
            remembered: self.remembered()?,
            bypass: None,
            bypass_news: None,
        };
        let pending = self.pending()?;
        self.recovery_of_sources(&mut state.throttle.budgets.sources)?;
        state.bypass = self.bypass()?;
        state.bypass_news = self.bypass_news()?;
        // What a later version writes there means something that this one does not know.
        self.0.iter().all(|byte| *byte == 0).then_some((state, pending))
    }
}

#[cfg(test)]
mod tests;
