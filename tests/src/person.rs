//! A person with a phone and a secret file of known content.

use std::sync::LazyLock;

use insis_otp::oath::{OtpGenerator, Parameters, RecoveryCode, RecoveryCodes, Salt, Secret, Step, UnixTime};
use insis_otp::record::{AppEntry, Enrollment, UserName};
use insis_otp::service::{Clock, NewDevice, Service};
use insis_otp::store::{Account, Record, SecretFile, Template};
use insis_otp::verify::{ParsedReply, Policy, State, UsedSteps};

/// A time step in 2023, at which tests begin whose clock stands still.
pub const STEP: u64 = 56_666_667;

/// The template of secret files in the system store.
pub const SYSTEM_STORE: &str = "/var/lib/insis-otp/%u";

/// The time at which the phone shows the code of that step.
#[must_use]
pub const fn time_of(step: u64) -> u64 {
    step * 30 + 12
}

/// A person of the machine, with a phone.
#[derive(Clone, Debug)]
pub struct Person {
    /// The login name.
    pub name: String,
    /// What is on the phone.
    pub key: OtpGenerator,
    /// Where the enrollment is kept.
    pub file: SecretFile,
}

/// The bytes of the secret that belongs to a seed. They look random, and are found nowhere else in a memory.
#[must_use]
pub fn secret_bytes(seed: u8) -> [u8; 20] {
    let mut byte = seed;
    [(); 20].map(|()| {
        byte = byte.wrapping_mul(181).wrapping_add(93);
        byte ^ byte >> 3
    })
}

/// The recovery code that everybody is given here, as it is printed.
pub const RECOVERY_CODE: &str = "mzkqw-xpbrt";

/// [`RECOVERY_CODE`], as the library has it.
#[must_use]
pub fn recovery_code() -> RecoveryCode {
    match ParsedReply::parse(RECOVERY_CODE.as_bytes()) {
        ParsedReply::Recovery(code) => code,
        other => panic!("{other:?}"),
    }
}

/// What can be done with an enrollment under the default policy.
#[must_use]
pub fn service<'a>(file: &'a SecretFile, clock: Clock<'a>) -> Service<'a, SecretFile> {
    static POLICY: LazyLock<Policy> = LazyLock::new(Policy::default);
    Service { store: file, policy: &POLICY, clock }
}

impl Person {
    /// What can be done with this person's enrollment under the default policy.
    #[must_use]
    pub fn service<'a>(&'a self, clock: Clock<'a>) -> Service<'a, SecretFile> {
        service(&self.file, clock)
    }

    /// Somebody of this machine whose phone holds the secret of that seed; not enrolled yet.
    #[must_use]
    pub fn new(name: &str, seed: u8, template: &str) -> Self {
        let secret = Secret::from_bytes(&secret_bytes(seed)).expect("20 bytes are a secret");
        let key = OtpGenerator::new(secret, Parameters::default());
        let user = UserName::parse(name).expect("a user's name");
        let account = Account::lookup(&user).expect("no user database");
        let account = account.unwrap_or_else(|| panic!("{name} is no user of this machine"));
        let file = Template::parse(template).expect("a template").locate(&account);
        Self { name: name.to_owned(), key, file }
    }

    /// Somebody whose secret file is in the system store, enrolled long before [`STEP`].
    #[must_use]
    pub fn enrolled(name: &str, seed: u8) -> Self {
        let person = Self::new(name, seed, SYSTEM_STORE);
        person.enroll();
        person
    }

    /// Writes the secret file as an enrollment long before [`STEP`] would have.
    pub fn enroll(&self) {
        self.file.create(&self.enrollment(), &Self::first_state()).expect("cannot pair");
    }

    /// The head of the secret file.
    #[must_use]
    pub fn enrollment(&self) -> Enrollment {
        Enrollment {
            user: self.file.account().name.clone(),
            entry: AppEntry {
                key: self.key.clone(),
                issuer: "test".into(),
                account: format!("{}@host", self.name),
            },
            enrolled_at: UnixTime(time_of(STEP - 5_000)),
            recovery: RecoveryCodes::new(&[recovery_code()], Salt([7; 16])),
        }
    }

    /// The state after an enrollment long before [`STEP`].
    #[must_use]
    pub fn first_state() -> State {
        // A login since then, so that nobody is told of a phone that was enrolled.
        let last_login = Some(UnixTime(time_of(STEP - 4_990)));
        let used = UsedSteps::since_enrollment(Step(STEP - 5_000), Step(STEP - 4_999));
        State { used, last_login, ..State::default() }
    }

    /// A state in which every step up to that one is used.
    #[must_use]
    pub fn spent_up_to(step: u64) -> State {
        State { used: UsedSteps::since_enrollment(Step(step - 1), Step(step)), ..State::default() }
    }

    /// Takes everything back that was done since the enrollment.
    pub fn reset(&self) {
        self.file.repair(|_, _| Self::first_state()).expect("cannot repair");
    }

    /// The code that the phone shows in that step.
    #[must_use]
    pub fn code(&self, step: u64) -> String {
        self.key.code(Step(step)).reveal(self.key.digits()).to_string()
    }

    /// What enrolls this phone, with the codes of the step before that one and of that one.
    #[must_use]
    pub fn new_device(&self, second: u64) -> NewDevice {
        NewDevice {
            entry: AppEntry { key: self.key.clone(), issuer: "test".into(), account: "test".into() },
            first: self.key.code(Step(second - 1)),
            second: self.key.code(Step(second)),
            recovery: (Vec::new(), Salt([1; 16])),
        }
    }

    /// So many codes that are not right anywhere near that step.
    #[must_use]
    pub fn wrong_codes(&self, step: u64, count: usize) -> Vec<String> {
        let right: Vec<_> = (step - 130..=step + 130).map(|step| self.code(step)).collect();
        // None with zeros at its end: a process holds addresses of its memory as text (/proc/self/maps, which the C library
        // reads), and these end in 000.
        (271_828..1_000_000)
            .map(|code| code.to_string())
            .filter(|code| !right.contains(code))
            .take(count)
            .collect()
    }

    /// What the secret file says now.
    #[must_use]
    pub fn record(&self) -> Record {
        self.file.read().expect("the secret file cannot be read")
    }

    /// The state in the secret file.
    #[must_use]
    pub fn state(&self) -> State {
        self.record().state
    }

    /// Whether the step is used.
    #[must_use]
    pub fn has_used(&self, step: u64) -> bool {
        self.state().used.contains(Step(step))
    }
}
