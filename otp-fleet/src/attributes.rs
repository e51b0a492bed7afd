//! The attributes of a person's entry that are used, and what they hold.
//!
//! Secret, parameters and last used step are those of the OATH-LDAP schema, as slapo-otp reads them. What that has no place
//! for is in three attributes of our own (config/ldap/):
//!
//! - `insisOtpState`: what changes with every attempt, under the mark of the write that wrote it. Every write of a record
//!   replaces this value by a new one, and nothing is written where it is another than was read.
//! - `insisOtpEnrollment`: names, date, and the hashes of recovery codes.
//! - `insisOtpInvitation`: an invitation to enroll, under a mark likewise.

use data_encoding::HEXLOWER;
use insis_otp::oath::{
    Algorithm, Digits, OtpGenerator, Parameters, Period, RecoveryCodes, RecoveryHash, Salt, Secret, Step,
    UnixTime,
};
use insis_otp::record::{AppEntry, Enrollment, UserName};
use insis_otp::store::conditional::Version;
use insis_otp::store::{Cause, Invitation, Record, STATE_BYTES, state_from_bytes, state_to_bytes};
use insis_otp::verify::State;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::connection::Error;
use crate::message::FoundEntry;

/// The classes of an entry.
pub const OBJECT_CLASS: &str = "objectClass";
/// What changes with every attempt.
pub const STATE: &str = "insisOtpState";
/// What was decided when somebody enrolled.
pub const ENROLLMENT: &str = "insisOtpEnrollment";
/// An invitation to enroll.
pub const INVITATION: &str = "insisOtpInvitation";
/// The secret, as raw bytes.
pub const SECRET: &str = "oathSecret";
/// How many digits a code has.
pub const LENGTH: &str = "oathOTPLength";
/// The HMAC, by its object identifier.
pub const ALGORITHM: &str = "oathHMACAlgorithm";
/// The length of a time step, in seconds.
pub const PERIOD: &str = "oathTOTPTimeStepPeriod";
/// The time step whose code was accepted last.
pub const LAST_STEP: &str = "oathTOTPLastTimeStep";
/// How far slapo-otp has found the device's clock to be off: not used.
pub const DRIFT: &str = "oathTOTPTimeStepDrift";
/// How many steps slapo-otp accepts besides: not used.
pub const WINDOW: &str = "oathTOTPTimeStepWindow";
/// The entry with the parameters of a token: the same one.
pub const PARAMETERS: &str = "oathTOTPParams";

/// The class for attributes of our own.
pub const USER_CLASS: &str = "insisOtpUser";
/// The class of an entry with a token.
pub const TOKEN_CLASS: &str = "oathTOTPToken";
/// The class of an entry with parameters.
pub const PARAMETERS_CLASS: &str = "oathTOTPParams";
/// The class above it, which 389 Directory Server writes out.
pub const PARAMETERS_SUPERCLASS: &str = "oathParams";

/// Those that have one value.
const SINGLE: [&str; 10] =
    [STATE, ENROLLMENT, INVITATION, SECRET, LENGTH, ALGORITHM, PERIOD, LAST_STEP, DRIFT, PARAMETERS];

/// The bytes of a state: a number for the form, the mark, the fields, the checksum.
const STATE_LENGTH: usize = 1 + 16 + STATE_BYTES + 16;
const STATE_FORM: u8 = 1;
const ENROLLMENT_HEADING: &str = "insis-otp enrollment 1";
/// No value that is used may be longer, in bytes.
const LONGEST: usize = 4096;

/// An entry as it was read.
#[derive(Clone, Default)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    /// The values of the user attribute.
    pub names: Vec<Vec<u8>>,
    classes: Vec<String>,
    values: [Option<Zeroizing<Vec<u8>>>; SINGLE.len()],
}

/// What a value is that it cannot be.
const TWICE: Cause = Cause::Damaged("an attribute of its entry has two values, or one that is too long");

impl Entry {
    /// The attributes that are asked for, beside the user attribute.
    #[must_use]
    pub fn requested(user_attribute: &str) -> Vec<&str> {
        [&[user_attribute, OBJECT_CLASS][..], &SINGLE].concat()
    }

    /// Takes an entry that was found. One that has a value twice is taken too, and told of when it is used.
    ///
    /// # Errors
    /// It is not encoded as it has to be.
    pub fn read(found: &FoundEntry<'_>, user_attribute: &str) -> Result<(Self, Option<Cause>), Error> {
        let mut entry = Self { dn: found.dn.to_owned(), ..Self::default() };
        let mut wrong = None;
        found.each(&mut |name, value| {
            let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            if is(user_attribute) {
                entry.names.push(value.to_vec());
            } else if is(OBJECT_CLASS) {
                entry.classes.push(String::from_utf8_lossy(value).to_ascii_lowercase());
            } else if let Some(place) =
                SINGLE.iter().position(|known| is(known)).and_then(|i| entry.values.get_mut(i))
            {
                if place.is_some() || value.len() > LONGEST {
                    wrong = Some(TWICE);
                }
                *place = Some(Zeroizing::new(value.to_vec()));
            }
        })?;
        Ok((entry, wrong))
    }

    /// The value of an attribute.
    #[must_use]
    pub fn value(&self, attribute: &str) -> Option<&[u8]> {
        let index = SINGLE.iter().position(|known| *known == attribute)?;
        self.values.get(index)?.as_deref().map(Vec::as_slice)
    }

    /// Notes what an attribute has from now on.
    pub fn note(&mut self, attribute: &str, value: Option<&[u8]>) {
        let index = SINGLE.iter().position(|known| *known == attribute);
        if let Some(place) = index.and_then(|index| self.values.get_mut(index)) {
            *place = value.map(|value| Zeroizing::new(value.to_vec()));
        }
    }

    /// Whether it has an object class.
    #[must_use]
    pub fn has_class(&self, class: &str) -> bool {
        self.classes.iter().any(|known| known.eq_ignore_ascii_case(class))
    }

    /// Notes that it has a class from now on, or has it no more.
    pub fn note_class(&mut self, class: &str, has: bool) {
        self.classes.retain(|known| !known.eq_ignore_ascii_case(class));
        if has {
            self.classes.push(class.to_ascii_lowercase());
        }
    }

    fn text(&self, attribute: &str) -> Option<&str> {
        std::str::from_utf8(self.value(attribute)?).ok()
    }

    fn number(&self, attribute: &str) -> Option<u64> {
        let text = self.text(attribute)?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    }

    /// The step that was used last, whoever has accepted it. One that is none of this world counts as damage.
    ///
    /// # Errors
    /// It is no step.
    pub fn last_step(&self) -> Result<Option<Step>, Cause> {
        match (self.value(LAST_STEP), self.number(LAST_STEP)) {
            (None, _) => Ok(None),
            (Some(_), Some(step)) if step < 1 << 40 => Ok(Some(Step(step))),
            (Some(_), _) => Err(Cause::Damaged("oathTOTPLastTimeStep is no time step")),
        }
    }

    /// The record in it; `None` where it has none.
    ///
    /// # Errors
    /// What it has is no record.
    pub fn record(&self) -> Result<Option<(Record, Version)>, Cause> {
        let Some(value) = self.value(STATE) else { return self.no_record() };
        let enrollment = self.enrollment()?;
        let (version, mut state) = self
            .state(value, &enrollment)
            .ok_or(Cause::Damaged("insisOtpState is not of this enrollment"))?;
        if let Some(step) = self.last_step()? {
            state.used = state.used.with_used_elsewhere(step);
        }
        Ok(Some((Record { enrollment, state }, version)))
    }

    /// There is no state. What else there is must not be taken for nothing, nor be written over.
    fn no_record(&self) -> Result<Option<(Record, Version)>, Cause> {
        match (self.value(SECRET), self.value(ENROLLMENT)) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(Cause::Unsafe("has an oathSecret that is not of this program".into())),
            (_, Some(_)) => Err(Cause::Damaged("insisOtpState is missing")),
        }
    }

    /// What does not change with every attempt.
    ///
    /// # Errors
    /// It is not complete, or not valid.
    pub fn enrollment(&self) -> Result<Enrollment, Cause> {
        let key =
            self.generator().ok_or(Cause::Damaged("its OATH attributes are not complete, or not valid"))?;
        let text = self.value(ENROLLMENT).ok_or(Cause::Damaged("insisOtpEnrollment is missing"))?;
        parse_enrollment(text, key).ok_or(Cause::Damaged("insisOtpEnrollment is not valid"))
    }

    fn generator(&self) -> Option<OtpGenerator> {
        let secret = Secret::existing_from_bytes(self.value(SECRET)?).ok()?;
        let algorithm = algorithm(self.text(ALGORITHM)?)?;
        let digits = Digits::try_from(self.number(LENGTH)?).ok()?;
        let period = Period::try_from(self.number(PERIOD)?).ok()?;
        Some(OtpGenerator::new(secret, Parameters { algorithm, digits, period }))
    }

    fn state(&self, value: &[u8], enrollment: &Enrollment) -> Option<(Version, State)> {
        let (text, claimed) = value.split_at_checked(value.len().checked_sub(16)?)?;
        if claimed != checksum(enrollment, text) {
            return None;
        }
        let (head, fields) = text.split_at_checked(17)?;
        let (form, mark) = head.split_first()?;
        if *form != STATE_FORM {
            return None;
        }
        Some((Version::from_bytes(mark.try_into().ok()?), state_from_bytes(fields)?))
    }

    /// The mark of the state, where there is one that has the form of one.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        mark(self.value(STATE)?.get(1..)?)
    }

    /// The invitation in it; `None` where it has none.
    ///
    /// # Errors
    /// What it has is none.
    pub fn invitation(&self) -> Result<Option<(Invitation, Version)>, Cause> {
        let Some(value) = self.value(INVITATION) else { return Ok(None) };
        let read = || Some((Invitation::decode(value.get(16..)?)?, mark(value)?));
        read().map(Some).ok_or(Cause::Damaged("insisOtpInvitation is no invitation"))
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({})", self.dn)
    }
}

fn mark(value: &[u8]) -> Option<Version> {
    value.get(..16)?.try_into().ok().map(Version::from_bytes)
}

/// The value of a state.
#[must_use]
pub fn state_value(enrollment: &Enrollment, state: &State, version: Version) -> Vec<u8> {
    let mut value = Vec::with_capacity(STATE_LENGTH);
    value.push(STATE_FORM);
    value.extend_from_slice(&version.to_bytes());
    value.extend_from_slice(&state_to_bytes(state));
    let sum = checksum(enrollment, &value);
    value.extend_from_slice(&sum);
    value
}

/// A value as long as a state, of somebody who has none.
#[must_use]
pub fn placeholder_value(version: Version) -> Vec<u8> {
    let mut value = vec![0; STATE_LENGTH];
    for (to, from) in value.iter_mut().skip(1).zip(version.to_bytes()) {
        *to = from;
    }
    value
}

/// Ties a state to its enrollment, so that none is moved to another entry, or stays where the secret has been exchanged.
fn checksum(enrollment: &Enrollment, text: &[u8]) -> [u8; 16] {
    let key = &enrollment.entry.key;
    let parameters = [key.digits().count() as u64, key.period().seconds()].map(u64::to_be_bytes);
    let mut sha = Sha256::new();
    let names = enrollment_value(enrollment);
    let parts: [&[u8]; 6] = [
        b"insis-otp state",
        key.secret().bytes(),
        key.algorithm().name().as_bytes(),
        parameters.as_flattened(),
        names.as_bytes(),
        text,
    ];
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(sha.finalize()) {
        *to = from;
    }
    half
}

/// The value of an invitation.
#[must_use]
pub fn invitation_value(invitation: &Invitation, version: Version) -> Vec<u8> {
    [&version.to_bytes()[..], invitation.encode().as_bytes()].concat()
}

/// What `insisOtpEnrollment` holds.
#[must_use]
pub fn enrollment_value(enrollment: &Enrollment) -> String {
    let Enrollment { user, entry: AppEntry { issuer, account, .. }, enrolled_at, recovery } = enrollment;
    let hashes = |hashes: &[RecoveryHash]| -> String {
        let hashes: Vec<_> = hashes.iter().map(|hash| HEXLOWER.encode(&hash.0)).collect();
        hashes.join(",")
    };
    let line = |text: &str| text.replace(char::is_control, " ");
    format!(
        "{ENROLLMENT_HEADING}\nuser={user}\nissuer={}\naccount={}\nenrolled_at={}\nsalt={}\nrecovery={}\nscratch={}\n",
        line(issuer),
        line(account),
        enrolled_at.0,
        HEXLOWER.encode(&recovery.salt().0),
        hashes(recovery.hashes()),
        hashes(recovery.scratch()),
    )
}

fn parse_enrollment(text: &[u8], key: OtpGenerator) -> Option<Enrollment> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let mut field = |key: &str| lines.next()?.strip_prefix(key);
    if field(ENROLLMENT_HEADING) != Some("") {
        return None;
    }
    let user = UserName::parse(field("user=")?).ok()?;
    let (issuer, account) = (field("issuer=")?, field("account=")?);
    let enrolled_at = UnixTime(field("enrolled_at=")?.parse().ok()?);
    let salt = Salt(half(field("salt=")?)?);
    let (hashes, scratch) = (hashes(field("recovery=")?)?, hashes(field("scratch=")?)?);
    let is_plain = |text: &str| !text.chars().any(char::is_control);
    let recovery = RecoveryCodes::from_hashes(salt, hashes, scratch)?;
    (lines.next().is_none() && is_plain(issuer) && is_plain(account)).then(|| Enrollment {
        user,
        entry: AppEntry { key, issuer: issuer.to_owned(), account: account.to_owned() },
        enrolled_at,
        recovery,
    })
}

fn half(hex: &str) -> Option<[u8; 16]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

fn hashes(list: &str) -> Option<Vec<RecoveryHash>> {
    let words = list.split(',').filter(|_| !list.is_empty()).take(RecoveryCodes::MOST + 1);
    words.map(|word| half(word).map(RecoveryHash)).collect()
}

/// The object identifier of an HMAC (RFC 8018, appendix B.1.2), as slapo-otp knows it.
#[must_use]
pub const fn algorithm_oid(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "1.2.840.113549.2.7",
        Algorithm::Sha256 => "1.2.840.113549.2.9",
        Algorithm::Sha512 => "1.2.840.113549.2.11",
    }
}

fn algorithm(oid: &str) -> Option<Algorithm> {
    let all = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    all.into_iter().find(|algorithm| algorithm_oid(*algorithm) == oid)
}

#[cfg(test)]
mod tests {
    use insis_otp::verify::UsedSteps;
    use proptest::prelude::*;

    use super::*;

    fn enrollment(user: &str) -> Enrollment {
        let secret = Secret::from_bytes(&[7; 20]).unwrap();
        let hashes = (vec![RecoveryHash([1; 16]); 10], vec![RecoveryHash([2; 16]); 6]);
        Enrollment {
            user: UserName::parse(user).unwrap(),
            entry: AppEntry {
                key: OtpGenerator::new(
                    secret,
                    Parameters { algorithm: Algorithm::Sha256, ..Parameters::default() },
                ),
                issuer: "Example = ž".into(),
                account: "anna@example.org".into(),
            },
            enrolled_at: UnixTime(5),
            recovery: RecoveryCodes::from_hashes(Salt([3; 16]), hashes.0, hashes.1).unwrap(),
        }
    }

    fn entry(enrollment: &Enrollment, state: &State) -> Entry {
        let mut entry = Entry { dn: "uid=anna,dc=ex".into(), ..Entry::default() };
        let key = &enrollment.entry.key;
        entry.note(SECRET, Some(key.secret().bytes()));
        entry.note(ALGORITHM, Some(algorithm_oid(key.algorithm()).as_bytes()));
        entry.note(LENGTH, Some(b"6"));
        entry.note(PERIOD, Some(b"30"));
        entry.note(ENROLLMENT, Some(enrollment_value(enrollment).as_bytes()));
        entry.note(STATE, Some(&state_value(enrollment, state, Version::from_bytes([9; 16]))));
        entry
    }

    fn state() -> State {
        State {
            used: UsedSteps { upto: Step(50), unused_range: None, used_ahead: None },
            failures: 3,
            ..State::default()
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let (record, version) = entry(&enrollment("anna"), &state()).record().unwrap().unwrap();
        assert_eq!((record.state, version), (state(), Version::from_bytes([9; 16])));
        let (read, written) = (record.enrollment, enrollment("anna"));
        assert!(read.is_same(&written) && read.recovery == written.recovery);
        assert_eq!(
            (read.user, read.entry.issuer, read.entry.account),
            (written.user, written.entry.issuer, written.entry.account)
        );
        assert_eq!(read.entry.key.algorithm(), Algorithm::Sha256);
    }

    /// Before there were bypass codes, a state was shorter.
    #[test]
    fn a_state_of_an_earlier_version_is_read() {
        let (enrollment, mut entry) = (enrollment("anna"), entry(&enrollment("anna"), &state()));
        let mut value = entry.value(STATE).unwrap()[..1 + 16 + 330].to_vec();
        value.extend_from_slice(&checksum(&enrollment, &value));
        entry.note(STATE, Some(&value));
        assert_eq!(entry.record().unwrap().unwrap().0.state, state());
        value.truncate(40);
        entry.note(STATE, Some(&value));
        assert!(entry.record().is_err());
    }

    #[test]
    fn a_step_that_was_used_elsewhere_is_used() {
        let mut entry = entry(&enrollment("anna"), &state());
        for (last, upto) in [("60", 60), ("49", 50), ("0", 50)] {
            entry.note(LAST_STEP, Some(last.as_bytes()));
            assert_eq!(entry.record().unwrap().unwrap().0.state.used.upto, Step(upto));
        }
        for nonsense in ["-1", "99999999999999999999", "", "x", "1099511627776"] {
            entry.note(LAST_STEP, Some(nonsense.as_bytes()));
            assert!(entry.record().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_state_of_another_enrollment_is_not_taken() {
        let other = entry(&enrollment("bob"), &state());
        let mut entry = entry(&enrollment("anna"), &state());
        entry.note(STATE, other.value(STATE));
        assert!(matches!(entry.record(), Err(Cause::Damaged(_))));
        for (attribute, value) in [(SECRET, &[8; 20][..]), (LENGTH, b"8"), (PERIOD, b"60")] {
            let mut entry = self::entry(&enrollment("anna"), &state());
            entry.note(attribute, Some(value));
            assert!(matches!(entry.record(), Err(Cause::Damaged(_))), "{attribute}");
        }
    }

    #[test]
    fn what_is_missing_is_damage_and_no_secret_is_nobodys() {
        for attribute in [SECRET, LENGTH, ALGORITHM, PERIOD, ENROLLMENT, STATE] {
            let mut entry = entry(&enrollment("anna"), &state());
            entry.note(attribute, None);
            assert!(matches!(entry.record(), Err(Cause::Damaged(_))), "{attribute}");
        }
        let mut entry = Entry::default();
        assert!(matches!(entry.record(), Ok(None)));
        entry.note(SECRET, Some(&[7; 20]));
        assert!(matches!(entry.record(), Err(Cause::Unsafe(_))), "a secret of another program's");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(which in 0..SINGLE.len(), value in prop::collection::vec(any::<u8>(), 0..400), at in 0..363_usize) {
            let mut entry = entry(&enrollment("anna"), &state());
            entry.note(INVITATION, Some(b"0123456789abcdefinsis-otp invitation 1\nuser=a\n"));
            entry.note(SINGLE[which], Some(&value));
            let _ = (entry.record(), entry.invitation(), entry.version());
            let mut changed = self::entry(&enrollment("anna"), &state());
            let mut state = changed.value(STATE).unwrap().to_vec();
            state[at] ^= 1;
            changed.note(STATE, Some(&state));
            prop_assert!(changed.record().is_err(), "a changed byte was not noticed");
        }
    }
}
