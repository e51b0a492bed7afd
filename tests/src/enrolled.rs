//! People who have enrolled a phone already.

use std::path::Path;
use std::process::Command;

use insis_otp::oath::{
    Code, Digits, OtpGenerator, Parameters, RecoveryCode, Salt, Seconds, Secret, Step, UnixTime,
};
use insis_otp::record::{AppEntry, UserName};
use insis_otp::service::{NewDevice, Status, system_clock};
use insis_otp::store::{Account, SecretFile, Template};
use insis_otp::verify::{ParsedReply, State};

use crate::env::{STORE, run};
use crate::person::{SYSTEM_STORE, service};
use crate::phone::{Phone, now};

/// Somebody who enrolled a phone two hours ago, so that no code of today was used for it.
#[derive(Debug)]
pub struct Enrolled {
    phone: Phone,
    key: OtpGenerator,
    file: SecretFile,
}

impl Enrolled {
    /// The recovery codes of everybody here.
    pub const RECOVERY: [&str; 2] = ["abcde-fghjk", "kkkkk-mmmmm"];
    /// How long ago everybody here enrolled.
    const AGO: Seconds = Seconds(7200);

    /// In the system store, with a phone of the usual kind.
    ///
    /// # Panics
    /// When there is no such user, or the store cannot be written.
    #[must_use]
    pub fn user(name: &str) -> Self {
        Self::with(name, SYSTEM_STORE, Digits::Six, now())
    }

    /// With a secret file at this template, so many digits, and a machine whose clock shows `at`.
    ///
    /// # Panics
    /// When there is no such user, or the store cannot be written.
    #[must_use]
    pub fn with(name: &str, template: &str, digits: Digits, at: u64) -> Self {
        let account = Account::lookup(&UserName::parse(name).expect("a user name")).expect("a user database");
        let account = account.expect("add the user first");
        let file = Template::parse(template).expect("a template").locate(&account);
        let seed = format!("{name:-<20}");
        let secret = Secret::from_bytes(seed.as_bytes()).expect("a secret");
        let count = u8::try_from(digits.count()).expect("few digits");
        let phone = Phone::with(&secret.to_base32(), "SHA1", count, 30);
        let key = OtpGenerator::new(secret, Parameters { digits, ..Parameters::default() });
        let paired = Self { phone, key, file };
        paired.enrol(UnixTime(at - Self::AGO.0));
        paired
    }

    fn enrol(&self, at: UnixTime) {
        let code = |at| Code::from_digits(self.phone.code_at(at).as_bytes()).expect("a code");
        let recovery = Self::RECOVERY.map(recovery_code).into();
        let new = NewDevice {
            entry: AppEntry { key: self.key.clone(), issuer: "Test".into(), account: "test".into() },
            first: code(at.0),
            second: code(at.0 + self.phone.period()),
            recovery: (recovery, Salt([7; 16])),
        };
        // The second code is typed while the phone shows it.
        let then = at.plus(Seconds(self.phone.period()));
        service(&self.file, &|| then).enroll(&new).expect("cannot pair");
        // A login since then, so that nobody is told of a phone that was enrolled.
        let last_login = Some(then.plus(Seconds(60)));
        let logged_in = |state: Option<&State>| State { last_login, ..state.cloned().unwrap_or_default() };
        self.file.repair(|_, state| logged_in(state)).expect("cannot log in");
    }

    /// The phone.
    #[must_use]
    pub fn phone(&self) -> &Phone {
        &self.phone
    }

    /// The secret file.
    #[must_use]
    pub fn file(&self) -> &SecretFile {
        &self.file
    }

    /// What the phone shows now.
    #[must_use]
    pub fn code(&self) -> String {
        self.phone.code_at(now())
    }

    /// What the phone shows so many steps from now.
    #[must_use]
    pub fn code_from_now(&self, steps: i64) -> String {
        self.phone.code_at(now().saturating_add_signed(steps * 30))
    }

    /// Two consecutive codes, of the last step and of this one.
    #[must_use]
    pub fn two_codes(&self) -> String {
        format!("{} {}", self.code_from_now(-1), self.code())
    }

    /// A code that the phone shows nowhere near now.
    #[must_use]
    pub fn wrong(&self) -> String {
        let (here, digits) = (now() / 30, self.key.digits());
        let near: Vec<_> =
            (here - 40..here + 40).map(|step| self.key.code(Step(step)).reveal(digits).to_string()).collect();
        let candidates = (0..100).map(|n| format!("{n:0width$}", width = digits.count()));
        candidates.into_iter().find(|code| !near.contains(code)).expect("80 steps have 80 codes")
    }

    /// What there is to tell of the enrollment.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn status(&self) -> Status {
        let status = service(&self.file, &system_clock).status();
        status.expect("a secret file that can be read").expect("a pairing")
    }

    /// Puts the enrollment back to its beginning, also where there is none any more.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn again(&self) {
        match self.file.remove() {
            Err(error) if !error.is_not_enrolled() => panic!("cannot remove the pairing: {error}"),
            _ => {}
        }
        self.enrol(UnixTime(now() - Self::AGO.0));
    }
}

fn recovery_code(text: &str) -> RecoveryCode {
    match ParsedReply::parse(text.as_bytes()) {
        ParsedReply::Recovery(code) => code,
        other => panic!("not a recovery code: {other:?}"),
    }
}

/// Makes the system store, as `make install` leaves it.
pub fn make_store() {
    run(Command::new("install").args(["-d", "-m", "1730", "-g", "insis-otp", STORE]));
}

/// Whether the user has a secret file in the system store.
///
/// # Panics
/// When the store cannot be read.
#[must_use]
pub fn is_enrolled(user: &str) -> bool {
    std::fs::exists(Path::new(STORE).join(user)).expect("no store")
}

/// Whether a file in the store is one that was about to take the place of a user's secret file, and was left behind.
#[must_use]
pub fn is_temporary(name: &str, user: &str) -> bool {
    let number = name
        .strip_prefix('.')
        .and_then(|name| name.strip_prefix(user)?.strip_prefix('.')?.strip_suffix(".new"));
    number.is_some_and(|number| number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
