//! What can be done with a pairing: verify, enrol, replace, remove and so on, each as one transaction on the store.
//!
//! The module, `otp-helper` and `otp-setup` all come through here, so that a proof is charged the same everywhere.

use crate::otp::{
    Code, Drift, Key, PairingRefusal, Policy, RecoveryCode, RecoveryCodes, Refusal, Salt, Seconds, State,
    Typed, UnixTime, Verdict, pair, resync, verify as decide,
};
use crate::place::Place;
use crate::store::{
    Cause, Decision, Decoys, Enrolment, InvitationRefusal, Reader, Record, SecretFile, StoreError, UserName,
};

/// Reads the clock. Called under the lock, so that waiting for it does not make the time old.
pub type Clock<'a> = &'a dyn Fn() -> UnixTime;

/// What the system's clock says, in whole seconds; a clock before 1970 says 0.
#[must_use]
pub fn system_clock() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime(since.map_or(0, |length| length.as_secs()))
}

/// Why an operation was not done. Nothing has changed, except that a proof was charged.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store cannot be used, or there is no pairing, or there is one already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The proof does not hold.
    #[error("the proof was refused")]
    Proof(Refusal),
    /// The codes do not show that the phone holds the new secret.
    #[error("the two codes do not pair the phone")]
    Pair(PairingRefusal),
    /// The invitation does not hold.
    #[error("the invitation was refused")]
    Invitation(InvitationRefusal),
}

/// A pairing to be written, with the two consecutive codes that show that the phone works.
#[derive(Clone, Debug)]
pub struct NewPairing {
    /// The secret and how codes are made of it.
    pub key: Key,
    /// The name above the account in the app.
    pub issuer: String,
    /// The account in the app.
    pub account: String,
    /// The code that the phone showed first.
    pub first: Code,
    /// The one after it.
    pub second: Code,
    /// The recovery codes, and the salt of their hashes.
    pub recovery: (Vec<RecoveryCode>, Salt),
}

/// What there is to tell about a pairing. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// When the phone was paired.
    pub paired_at: UnixTime,
    /// The name above the account in the app.
    pub issuer: String,
    /// The account in the app.
    pub account: String,
    /// Hash, digits and seconds of a step, as the app has them.
    pub parameters: (crate::otp::Algorithm, crate::otp::Digits, crate::otp::Period),
    /// How far the phone's clock is off.
    pub drift: Drift,
    /// When a code last opened a login.
    pub last_login: Option<UnixTime>,
    /// Failed attempts since then.
    pub failures: u32,
    /// How long single codes are not compared.
    pub throttled: Option<Seconds>,
    /// Recovery codes that are left.
    pub recovery_left: u32,
}

impl NewPairing {
    /// The head of the secret file.
    fn enrolment(&self, user: &UserName, now: UnixTime) -> Enrolment {
        Enrolment {
            user: user.clone(),
            key: self.key.clone(),
            issuer: self.issuer.clone(),
            account: self.account.clone(),
            paired_at: now,
            recovery: RecoveryCodes::new(&self.recovery.0, self.recovery.1),
        }
    }

    /// Head and state of the new file, if the codes show that the phone holds the secret.
    fn proved(&self, user: &UserName, now: UnixTime) -> Result<(Enrolment, State), Failure> {
        let paired = pair(&self.first, &self.second, &self.key, now).map_err(Failure::Pair)?;
        Ok((self.enrolment(user, now), paired.state))
    }
}

/// Decides one attempt to show the second factor without a login: a proof, or a look at a code. The verdict is returned
/// when it is recorded: an accepted one durably.
///
/// # Errors
/// There is no pairing, or it cannot be used: no login.
pub fn verify(
    file: &SecretFile,
    typed: &Typed,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Verdict, StoreError> {
    let verdict = file.transact(|enrolment, state| {
        let (verdict, next) = decide(typed, &enrolment.key, &enrolment.recovery, state, policy, clock());
        let durable = matches!(verdict, Verdict::Accepted(_));
        // No login: who has enrolled a device in somebody's name must not keep the owner from being told, by this.
        let next = State { last_login: state.last_login, ..next };
        Decision { state: next, durable, answer: verdict }
    });
    wipe_stack();
    verdict
}

/// Decides one attempt to log in, as [`verify`] does; an accepted one also remembers a place for a while, in the same
/// write. With it comes when the device was enrolled, if that was after the last login: the owner is to be told.
///
/// # Errors
/// As for [`verify`].
pub fn verify_and_remember(
    file: &SecretFile,
    typed: &Typed,
    policy: &Policy,
    remember: Option<(&Place, Seconds)>,
    clock: Clock<'_>,
) -> Result<(Verdict, Option<UnixTime>), StoreError> {
    let verdict = file.transact(|enrolment, former| {
        let (now, state) = (clock(), former);
        let (verdict, mut state) = decide(typed, &enrolment.key, &enrolment.recovery, state, policy, now);
        let accepted = matches!(verdict, Verdict::Accepted(_));
        if let (true, Some((place, length))) = (accepted, remember) {
            state.remember(place.tag(enrolment), now.plus(length));
        }
        let is_new = former.last_login.is_none_or(|last| last < enrolment.paired_at);
        let new_device = (accepted && is_new).then_some(enrolment.paired_at);
        Decision { state, durable: accepted, answer: (verdict, new_device) }
    });
    wipe_stack();
    verdict
}

/// Whether a place is remembered, so that nobody is asked there.
///
/// # Errors
/// There is no pairing, or it cannot be used.
pub fn is_remembered(file: &SecretFile, place: &Place, clock: Clock<'_>) -> Result<bool, StoreError> {
    let Record { enrolment, state, .. } = file.read()?;
    let (tag, now) = (place.tag(&enrolment), clock());
    wipe_stack();
    Ok(state.remembered.iter().any(|known| known.tag == tag && known.until > now))
}

/// Forgets every place that is remembered; returns how many there were.
///
/// # Errors
/// There is no pairing, or it cannot be used.
pub fn forget_places(file: &SecretFile) -> Result<usize, StoreError> {
    file.transact(|_, state| {
        let (count, remembered) = (state.remembered.len(), Vec::new());
        Decision { state: State { remembered, ..state.clone() }, durable: true, answer: count }
    })
}

/// Refuses an attempt for a name that has no secret file, after the same work, and as a wrong one of somebody who has
/// one would be refused: throttled too.
///
/// # Errors
/// The decoys cannot be used.
pub fn refuse(
    decoys: &Decoys,
    name: &str,
    typed: &Typed,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Refusal, StoreError> {
    let refusal = decoys.transact(name, &policy.throttle, |enrolment, state| {
        let (verdict, next) = decide(typed, &enrolment.key, &enrolment.recovery, state, policy, clock());
        let (state, answer) = match verdict {
            Verdict::Refused(why) => (next, why),
            // By chance, the code of a secret that nobody has.
            Verdict::Accepted(_) => (state.clone(), Refusal::Wrong),
        };
        Decision { state, durable: false, answer }
    });
    wipe_stack();
    refusal
}

/// Pairs a phone where none is paired.
///
/// # Errors
/// There is a pairing, the codes do not show that the phone works, or the file cannot be written.
pub fn enrol(file: &SecretFile, new: &NewPairing, clock: Clock<'_>) -> Result<Drift, Failure> {
    let (enrolment, state) = new.proved(&file.account().name, clock())?;
    file.create(&enrolment, &state)?;
    wipe_stack();
    // Nobody is left to be invited. If it stays, it is one that an administrator gave.
    let _ = file.invitation().withdraw();
    Ok(state.drift)
}

/// Whether a pairing could be made where none is, as far as that can be told without anybody's leave: what fails here
/// must cost neither an invitation nor a question for the password.
///
/// # Errors
/// There is a pairing, the codes do not show that the phone works, or the store cannot be used.
pub fn can_enrol(file: &SecretFile, new: &NewPairing, clock: Clock<'_>) -> Result<(), Failure> {
    new.proved(&file.account().name, clock())?;
    wipe_stack();
    match file.read() {
        Ok(_) => Err(StoreError { path: file.path().to_owned(), cause: Cause::Exists }.into()),
        Err(error) if error.is_not_paired() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a code is that of the person's invitation. A wrong one is charged; the invitation stays.
///
/// # Errors
/// It does not hold, or cannot be read or written.
pub fn check_invitation(file: &SecretFile, code: &RecoveryCode, clock: Clock<'_>) -> Result<(), Failure> {
    file.invitation().check(code, clock())?.map_err(Failure::Invitation)
}

/// Pairs a phone where none is paired, with the code of an invitation, which is used up. A wrong one is charged.
///
/// # Errors
/// As for [`enrol`]; or the invitation does not hold.
pub fn enrol_invited(
    file: &SecretFile,
    new: &NewPairing,
    code: &RecoveryCode,
    clock: Clock<'_>,
) -> Result<Drift, Failure> {
    can_enrol(file, new, clock)?;
    let redeemed = file.invitation().redeem(code, clock(), || enrol(file, new, clock))?;
    redeemed.map_err(Failure::Invitation)?
}

/// Pairs another phone instead. Without a proof (root's right) an unusable old file is replaced too.
///
/// # Errors
/// As for [`enrol`] and [`verify`].
pub fn replace(
    file: &SecretFile,
    new: &NewPairing,
    proof: Option<&Typed>,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Drift, Failure> {
    let user = &file.account().name;
    // First what costs nothing: a mistake with the new phone must not spend a code of the old one.
    new.proved(user, clock())?;
    if let Some(proof) = proof {
        prove(file, proof, policy, clock)?;
    }
    let mut drift = Drift::default();
    let replaced = file.replace(|old| -> Result<_, Failure> {
        let (enrolment, state) = new.proved(user, clock())?;
        drift = state.drift;
        Ok((enrolment, State { last_login: old.state.last_login, ..state }))
    });
    wipe_stack();
    match replaced {
        Ok(done) => done.map(|()| drift),
        Err(StoreError { cause: Cause::Damaged(_), .. }) if proof.is_none() => {
            file.remove()?;
            enrol(file, new, clock)
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes a pairing. Without a proof it is root's right.
///
/// # Errors
/// As for [`verify`].
pub fn remove(
    file: &SecretFile,
    proof: Option<&Typed>,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<(), Failure> {
    if let Some(proof) = proof {
        prove(file, proof, policy, clock)?;
    }
    Ok(file.remove()?)
}

/// Learns anew how far the phone's clock is off, from two consecutive codes within an hour; charged like a login.
///
/// # Errors
/// As for [`verify`].
pub fn resynchronise(
    file: &SecretFile,
    typed: &Typed,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Drift, Failure> {
    let outcome = file.transact(|enrolment, state| {
        let (outcome, state) = resync(typed, &enrolment.key, state, policy, clock());
        Decision { state, durable: outcome.is_ok(), answer: outcome }
    })?;
    wipe_stack();
    outcome.map_err(Failure::Proof)
}

/// Puts new recovery codes in the place of all former ones.
///
/// # Errors
/// As for [`verify`].
pub fn renew_recovery_codes(
    file: &SecretFile,
    codes: (&[RecoveryCode], Salt),
    proof: Option<&Typed>,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<(), Failure> {
    if let Some(proof) = proof {
        prove(file, proof, policy, clock)?;
    }
    let recovery = RecoveryCodes::new(codes.0, codes.1);
    file.replace(|old| -> Result<_, Failure> {
        let enrolment = Enrolment { recovery, ..old.enrolment.clone() };
        Ok((enrolment, State { spent_recovery: 0, remembered: Vec::new(), ..old.state.clone() }))
    })?
}

/// The administrator's way out: ends a delay, leaves a clock that was ahead, mends a damaged state.
///
/// # Errors
/// There is no pairing, or its head is damaged: then only pairing again helps.
pub fn unlock(file: &SecretFile, policy: &Policy, clock: Clock<'_>) -> Result<(), StoreError> {
    file.repair(|enrolment, present| match present {
        Some(state) => state.unlocked(enrolment.key.period(), policy, clock()),
        None => State::unknown(enrolment.key.period(), policy, clock()),
    })
}

/// What there is to tell about a pairing; `None` when there is none.
///
/// # Errors
/// The file cannot be used.
pub fn status(file: &SecretFile, policy: &Policy, clock: Clock<'_>) -> Result<Option<Status>, StoreError> {
    status_by(&mut Reader::default(), file, policy, clock)
}

/// The same, for one of many.
///
/// # Errors
/// The file cannot be used.
pub fn status_by(
    reader: &mut Reader,
    file: &SecretFile,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Option<Status>, StoreError> {
    match reader.read(file) {
        Ok(record) => Ok(Some(Status::of(&record, policy, clock()))),
        Err(error) if error.is_not_paired() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Status {
    fn of(record: &Record, policy: &Policy, now: UnixTime) -> Self {
        let Record { enrolment, state, .. } = record;
        Self {
            paired_at: enrolment.paired_at,
            issuer: enrolment.issuer.clone(),
            account: enrolment.account.clone(),
            parameters: (enrolment.key.algorithm(), enrolment.key.digits(), enrolment.key.period()),
            drift: state.drift,
            last_login: state.last_login,
            failures: state.failures,
            throttled: state.throttle.wait(&policy.throttle, now),
            recovery_left: enrolment.recovery.left(state.spent_recovery),
        }
    }
}

/// Asks for a proof: an attempt like any other, charged and spent like a login's.
fn prove(file: &SecretFile, proof: &Typed, policy: &Policy, clock: Clock<'_>) -> Result<(), Failure> {
    match verify(file, proof, policy, clock)? {
        Verdict::Accepted(_) => Ok(()),
        Verdict::Refused(why) => Err(Failure::Proof(why)),
    }
}

/// Overwrites the stack below the caller, where HMACs of the secret were computed: types that wipe themselves do
/// not reach the copies that a compiler makes on the way. That takes less than 6 KiB in a release.
#[inline(never)]
fn wipe_stack() {
    std::hint::black_box(&mut [0_u8; 8 * 1024]);
}
