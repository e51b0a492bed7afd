//! What can be done with a pairing: verify, enrol, replace, remove and so on, each as one transaction on the store.
//!
//! The module, `otp-helper` and `otp-setup` all come through here, so that a proof is charged the same everywhere.

use crate::log::{self, Level, Line};
use crate::otp::{
    self, Attempt, Code, Drift, Key, PairingRefusal, Policy, RecoveryCode, RecoveryCodes, Refusal, Resync,
    ResyncCharge, ResyncCode, Salt, Seconds, SourceTag, State, Typed, UnixTime, Verdict, charge_resync, pair,
};
use crate::store::{
    Cause, Charge, Decision, Enrolment, InvitationRefusal, Reader, Record, SecretFile, StillHolds,
    StoreError, UnknownUsers, UserName, Write,
};
use crate::{RememberedClient, Source};

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
    /// Whether so many single codes in a row were wrong that only two consecutive codes or a recovery code are compared.
    pub single_codes_used_up: bool,
    /// Recovery codes that are left.
    pub recovery_left: u32,
    /// When the clients that are remembered showed a code. How long that counts is the site's present setting.
    pub remembered: Vec<UnixTime>,
}

/// One attempt to log in, or one proof.
#[derive(Clone, Copy, Debug)]
pub struct LoginAttempt<'a> {
    /// What was typed.
    pub reply: &'a Typed,
    /// Where it comes from.
    pub source: Source,
    /// The client that is remembered if the code is accepted.
    pub remember: Option<&'a RememberedClient>,
    /// Guesses of this login that the end of the password was charged with; an accepted code gives them back.
    pub refund: u32,
    /// Whether the owner is going to be told of the failures since the last login, which are forgotten then.
    pub tells_failures: bool,
}

impl<'a> LoginAttempt<'a> {
    /// An attempt of which nothing more is known than where it comes from.
    #[must_use]
    pub const fn from(source: Source, reply: &'a Typed) -> Self {
        Self { reply, source, remember: None, refund: 0, tells_failures: true }
    }

    /// A proof by the user whose process this is.
    #[must_use]
    pub fn of_this_process(reply: &'a Typed) -> Self {
        Self::from(Source::User(nix::unistd::getuid().as_raw()), reply)
    }

    fn at(&self, source: SourceTag) -> Attempt<'a> {
        Attempt { typed: self.reply, source, refund: self.refund, tells_failures: self.tells_failures }
    }
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

/// Decides one attempt to show the second factor without a login: a look at a code, a screen that is unlocked. It is charged
/// like a login, but is none: whoever has enrolled a device in somebody's name must not keep the owner from being told, by
/// this.
///
/// # Errors
/// There is no pairing, or it cannot be used.
pub fn verify(
    file: &SecretFile,
    typed: &Typed,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Verdict, StoreError> {
    let attempt = LoginAttempt::of_this_process(typed);
    decide(file, &attempt, Purpose::Look, policy, clock).map(|decided| decided.verdict)
}

/// Decides one attempt to log in. It is charged before anything is compared, and the verdict is returned when it is
/// recorded: an accepted one durably, in the same write as the client that is remembered. With it comes when the device
/// was enrolled, if that was after the last login: the owner is to be told.
///
/// # Errors
/// There is no pairing, or it cannot be used: no login.
pub fn login(
    file: &SecretFile,
    attempt: &LoginAttempt<'_>,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<(Verdict, Option<UnixTime>), StoreError> {
    let decided = decide(file, attempt, Purpose::Login, policy, clock)?;
    Ok((decided.verdict, decided.new_device))
}

/// What an attempt is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To log in.
    Login,
    /// To see whether a code is right.
    Look,
    /// To be allowed something that changes the enrollment.
    Proof,
}

struct Decided {
    verdict: Verdict,
    /// Wrong single codes in a row.
    single_codes: u32,
    /// When the device was enrolled, if the owner is to be told.
    new_device: Option<UnixTime>,
    /// What a proof holds for.
    proved: Option<Enrolment>,
}

fn decide(
    file: &SecretFile,
    attempt: &LoginAttempt<'_>,
    purpose: Purpose,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Decided, StoreError> {
    let charge = |enrolment: &Enrolment, state: &State| {
        let key = &enrolment.key;
        let attempt = attempt.at(attempt.source.tag(key.secret()));
        match otp::charge(&attempt, key, state, policy, clock()) {
            otp::Charge::Settled(refusal, state) => {
                let (verdict, single_codes) = (Verdict::Refused(refusal), state.throttle.single_codes);
                let answer = Decided { verdict, single_codes, new_device: None, proved: None };
                Charge::Settled(Decision { state, write: Write::InPlace, answer })
            }
            otp::Charge::Due(comparison) => Charge::Due(comparison.charged().clone(), comparison),
        }
    };
    let compare = |enrolment: &Enrolment, comparison: otp::Comparison| {
        // Before it is known what comes of it.
        let tag = attempt.remember.map(|client| client.tag(enrolment));
        let (charged, now) = (comparison.charged().clone(), clock());
        let is_new = charged.last_login.is_none_or(|last| last < enrolment.paired_at);
        let (verdict, mut state) = comparison.compare(&enrolment.key, &enrolment.recovery);
        let accepted = matches!(verdict, Verdict::Accepted(_));
        if let (true, Some(tag)) = (accepted, tag) {
            state.remember(tag, now);
        }
        if purpose != Purpose::Login {
            state.last_login = charged.last_login;
        }
        let write = match accepted {
            true => Write::Durable,
            false if state == charged => Write::AsCharged,
            false => Write::InPlace,
        };
        let answer = Decided {
            verdict,
            single_codes: state.throttle.single_codes,
            new_device: (accepted && is_new).then_some(enrolment.paired_at),
            proved: (accepted && purpose == Purpose::Proof).then(|| enrolment.clone()),
        };
        Decision { state, write, answer }
    };
    let decided = below(|| file.transact_charged(charge, compare));
    wipe_stack();
    let decided = decided?;
    warn_half_way(&file.account().name, &decided.verdict, decided.single_codes, policy);
    Ok(decided)
}

/// Has the log say when half of the wrong single codes in a row have been made after which none is compared any more:
/// somebody is guessing, and the owner has not logged in for long.
fn warn_half_way(user: &UserName, verdict: &Verdict, single_codes: u32, policy: &Policy) {
    let most = policy.throttle.consecutive;
    let is_guess = matches!(verdict, Verdict::Refused(Refusal::Wrong | Refusal::OutsideWindow { .. }));
    if !is_guess || single_codes != most / 2 {
        return;
    }
    let line = Line::new(Level::Warning, "warning")
        .field("reason", "wrong-codes-in-a-row")
        .field("count", single_codes)
        .field("most", most)
        .field("user", user);
    log::send(log::program(), "insis-otp", &line);
}

/// Whether a client showed a code less than `length` ago, so that nobody is asked there.
///
/// # Errors
/// There is no pairing, or it cannot be used.
pub fn is_remembered(
    file: &SecretFile,
    client: &RememberedClient,
    length: Seconds,
    clock: Clock<'_>,
) -> Result<bool, StoreError> {
    let Record { enrolment, state, .. } = file.read()?;
    let (tag, now) = (client.tag(&enrolment), clock());
    wipe_stack();
    Ok(state.remembered.iter().any(|known| known.tag == tag && known.is_fresh(length, now)))
}

/// Forgets every client that is remembered; returns how many there were.
///
/// # Errors
/// There is no pairing, or it cannot be used.
pub fn forget_clients(file: &SecretFile) -> Result<usize, StoreError> {
    file.transact(|_, state| {
        let (count, remembered) = (state.remembered.len(), Vec::new());
        Decision { state: State { remembered, ..state.clone() }, write: Write::Durable, answer: count }
    })
}

/// Refuses an attempt for a name that has no secret file, after the same work, and as a wrong one of somebody who has
/// one would be refused: throttled too.
///
/// # Errors
/// The record of unknown users cannot be used.
pub fn refuse(
    unknown_users: &UnknownUsers,
    name: &str,
    typed: &Typed,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Refusal, StoreError> {
    let charge = |enrolment: &Enrolment, state: &State| match otp::charge(
        &Attempt::of(typed),
        &enrolment.key,
        state,
        policy,
        clock(),
    ) {
        otp::Charge::Settled(refusal, state) => (state, Err(refusal)),
        otp::Charge::Due(comparison) => (comparison.charged().clone(), Ok(comparison)),
    };
    let compare = |enrolment: &Enrolment, comparison: Result<otp::Comparison, Refusal>| match comparison {
        Err(refusal) => refusal,
        Ok(comparison) => match comparison.compare(&enrolment.key, &enrolment.recovery).0 {
            Verdict::Refused(why) => why,
            // By chance, the code of a secret that nobody has.
            Verdict::Accepted(_) => Refusal::Wrong,
        },
    };
    let refusal = below(|| unknown_users.refuse(name, &policy.throttle, charge, compare));
    wipe_stack();
    refusal
}

/// Pairs a phone where none is paired.
///
/// # Errors
/// There is a pairing, the codes do not show that the phone works, or the file cannot be written.
pub fn enrol(file: &SecretFile, new: &NewPairing, clock: Clock<'_>) -> Result<Drift, Failure> {
    enrol_if(file, new, &|| Ok(()), clock)
}

fn enrol_if(
    file: &SecretFile,
    new: &NewPairing,
    still_holds: StillHolds<'_>,
    clock: Clock<'_>,
) -> Result<Drift, Failure> {
    let (enrolment, state) = new.proved(&file.account().name, clock())?;
    file.create_if(&enrolment, &state, still_holds)?;
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
    let redeemed = file.invitation().redeem(code, clock(), |still| enrol_if(file, new, still, clock))?;
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
    let proved = prove(file, proof, policy, clock)?;
    let mut drift = Drift::default();
    let replaced = file.replace(|old| -> Result<_, Failure> {
        SecretFile::check_proof(proved.as_ref(), &old.enrolment)
            .map_err(|cause| StoreError { path: file.path().to_owned(), cause })?;
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
    let proved = prove(file, proof, policy, clock)?;
    Ok(file.remove_proved(proved.as_ref())?)
}

/// Takes one of the two codes from which a phone's clock is learned anew, within an hour; charged like a login.
///
/// # Errors
/// As for [`verify`].
pub fn resync(
    file: &SecretFile,
    which: ResyncCode,
    typed: &Typed,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Resync, Failure> {
    let charge = |enrolment: &Enrolment, state: &State| match charge_resync(
        which,
        typed,
        &enrolment.key,
        state,
        policy,
        clock(),
    ) {
        ResyncCharge::Settled(refusal, state) => {
            Charge::Settled(Decision { state, write: Write::InPlace, answer: Err(refusal) })
        }
        ResyncCharge::Due(comparison) => Charge::Due(comparison.charged().clone(), comparison),
    };
    let compare = |enrolment: &Enrolment, comparison: otp::ResyncComparison| {
        let (answer, state) = comparison.compare(&enrolment.key);
        // Always, so that a write does not tell whether the first code was right.
        Decision { state, write: Write::Durable, answer }
    };
    let outcome = below(|| file.transact_charged(charge, compare));
    wipe_stack();
    outcome?.map_err(Failure::Proof)
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
    let proved = prove(file, proof, policy, clock)?;
    Ok(file.replace_recovery_codes(proved.as_ref(), &RecoveryCodes::new(codes.0, codes.1))?)
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
        // An empty store must not look like one in which nobody has enrolled.
        Err(error) if error.is_not_paired() && file.store_is_away() => Err(file.away()),
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
            single_codes_used_up: state.throttle.single_codes_are_used_up(&policy.throttle),
            recovery_left: enrolment.recovery.left(state.spent_recovery),
            remembered: state.remembered.iter().map(|client| client.since).collect(),
        }
    }
}

/// Takes a proof: an attempt like any other, charged and spent like a login's. Returns the enrollment that it holds for, and
/// for no other; `None` where none is asked for.
fn prove(
    file: &SecretFile,
    proof: Option<&Typed>,
    policy: &Policy,
    clock: Clock<'_>,
) -> Result<Option<Enrolment>, Failure> {
    let Some(proof) = proof else { return Ok(None) };
    // Nobody is told of failures here, so that they are kept.
    let attempt = LoginAttempt { tells_failures: false, ..LoginAttempt::of_this_process(proof) };
    let decided = decide(file, &attempt, Purpose::Proof, policy, clock)?;
    match decided.verdict {
        Verdict::Accepted(_) => Ok(decided.proved),
        Verdict::Refused(why) => Err(Failure::Proof(why)),
    }
}

/// Does the work in a frame of its own, below the caller's, so that [`wipe_stack`] reaches all of it: what is moved from
/// place to place on the way leaves copies behind that no type wipes.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Overwrites the stack below the caller, where HMACs of the secret were computed: types that wipe themselves do
/// not reach the copies that a compiler makes on the way. That takes less than 12 KiB in a release.
#[inline(never)]
fn wipe_stack() {
    std::hint::black_box(&mut [0_u8; 24 * 1024]);
}
