//! The machine that most tests begin with: anna has enrolled a phone, bob has not, and there is a PAM stack.
//!
//! | the clock | anna | made by |
//! | --- | --- | --- |
//! | runs | a [`Enrolled`], whose phone shows the codes of now | [`Machine::new`], [`Machine::of`] |
//! | stands still at [`STEP`] | a [`Person`], whose code of any step is known | [`Machine::frozen`], [`Machine::frozen_at`] |

use std::process::Command;
use std::time::{Duration, Instant};

use crate::crowd::{self, Outcome};
use crate::enrolled::Enrolled;
use crate::env::{Builder, CONFIG, Env, feed};
use crate::pam::{Code, Stack};
use crate::person::{Person, STEP, SYSTEM_STORE, time_of};

/// anna's and bob's password.
pub const PASSWORD: &str = "correct horse";
/// The module alone, as it is in most stacks.
pub const MODULE: &str = "auth required pam_insis_otp.so";
/// The module alone; one reply decides.
pub const ONE_TRY: &str = "auth required pam_insis_otp.so tries=1";
/// What the module asks.
pub const PROMPT: &str = "One-time code: ";
/// A login that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(15);

/// A machine on which anna has enrolled.
#[derive(Debug)]
pub struct Machine<Anna = Enrolled> {
    /// Users, files, log, clock.
    pub env: Env,
    /// The user.
    pub anna: Anna,
    /// The stack of the service `door`.
    pub stack: Stack,
}

impl Machine {
    /// With anna, who has enrolled, and bob, who has not.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Self::build())
    }

    /// What more such a machine has can be said.
    pub fn build() -> Builder {
        Env::build().user("anna", PASSWORD).user("bob", PASSWORD)
    }

    /// One that was described: it needs anna at least.
    #[must_use]
    pub fn of(builder: Builder) -> Self {
        let env = builder.start();
        Self { anna: Enrolled::user("anna"), env, stack: Stack::new("door", MODULE) }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine<Person> {
    /// With a stack of these lines; anna's secret file is in the system store.
    #[must_use]
    pub fn frozen(lines: &str) -> Self {
        Self::frozen_at(lines, SYSTEM_STORE)
    }

    /// With anna's secret file at that template.
    #[must_use]
    pub fn frozen_at(lines: &str, template: &str) -> Self {
        let env = Machine::build().clock().start();
        let anna = Person::new("anna", 1, template);
        anna.enroll();
        env.clock().freeze(time_of(STEP));
        let stack = Stack::new("door", lines);
        crowd::show_to_everybody(&stack);
        Self { env, anna, stack }
    }
}

impl<Anna> Machine<Anna> {
    /// Installs a stack for su with both steps. A refusal takes no second more than it must.
    #[must_use]
    pub fn with_su(self) -> Self {
        let stack = format!(
            "auth required pam_unix.so nodelay\n{ONE_TRY}\naccount required pam_permit.so\nsession required pam_permit.so\n"
        );
        self.env.write("/etc/pam.d/su".as_ref(), stack.as_bytes(), 0o644);
        for file in ["/etc/default/su", "/etc/login.defs"] {
            self.env.write(file.as_ref(), b"FAIL_DELAY 0\n", 0o644);
        }
        self
    }

    /// Installs a stack for sudo with both steps. Bob may run what he likes as anna, if he knows what anna knows
    /// (`targetpw`); anna, as anybody.
    #[must_use]
    pub fn with_sudo(self) -> Self {
        let stack = format!(
            "auth required pam_unix.so nodelay\n{ONE_TRY}\naccount required pam_permit.so\nsession required pam_permit.so\n"
        );
        self.env.write("/etc/pam.d/sudo".as_ref(), stack.as_bytes(), 0o644);
        let sudoers = "Defaults timestamp_timeout=0, !lecture, passwd_tries=1\nDefaults:bob targetpw\n\
                       anna ALL=(ALL:ALL) ALL\nbob ALL=(anna) ALL\n";
        self.env.write("/etc/sudoers".as_ref(), sudoers.as_bytes(), 0o440);
        self
    }

    /// Other settings; the log begins anew.
    pub fn configure(&self, config: &str) {
        self.env.write(CONFIG.as_ref(), config.as_bytes(), 0o644);
        self.env.syslog().clear();
    }

    /// A process in which anna logs in.
    #[must_use]
    pub fn driver(&self) -> Command {
        crowd::driver(&self.stack, "anna")
    }

    /// A login of anna's with that one reply.
    ///
    /// # Panics
    /// When it hangs or crashes.
    #[must_use]
    pub fn login(&self, text: &str) -> Outcome {
        answer(&mut self.driver(), &crowd::typing(&[text]))
    }

    /// Whether that reply lets anna in.
    #[must_use]
    pub fn opens(&self, text: &str) -> bool {
        self.login(text).code() == Code::SUCCESS
    }

    /// What the log says to one login.
    #[must_use]
    pub fn logged(&self, login: impl FnOnce() -> Outcome) -> (Outcome, String) {
        self.env.syslog().clear();
        let outcome = login();
        let line = self.env.syslog().expect(&["pam_insis_otp(door:auth): result="]);
        (outcome, line)
    }
}

/// Runs a driver to its end.
///
/// # Panics
/// When it hangs or crashes.
pub fn answer(driver: &mut Command, replies: &str) -> Outcome {
    let start = Instant::now();
    let output = feed(driver, replies);
    assert!(start.elapsed() < PATIENCE, "it took {:?}", start.elapsed());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Outcome::read(&String::from_utf8_lossy(&output.stdout))
}
