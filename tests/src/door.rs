//! One person, one PAM stack, a clock that stands still: where most attacks are tried.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::crowd::{self, Outcome};
use crate::env::{Env, feed};
use crate::pam::Stack;
use crate::person::{Person, STEP, time_of};

/// A login that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(15);

/// A door that the user anna goes through.
#[derive(Debug)]
pub struct Door {
    /// The machine.
    pub env: Env,
    /// The user.
    pub anna: Person,
    /// The stack of the service `door`.
    pub stack: Stack,
}

impl Door {
    /// With a stack of these lines; anna's secret file is in the system store.
    #[must_use]
    pub fn new(lines: &str) -> Self {
        Self::with(lines, "/var/lib/insis-otp/%u")
    }

    /// With anna's secret file at that template.
    #[must_use]
    pub fn with(lines: &str, template: &str) -> Self {
        let env = Env::build().user("anna", "secret").user("bob", "secret").clock().start();
        let anna = Person::new("anna", 1, template);
        anna.pair();
        env.clock().freeze(time_of(STEP));
        let stack = Stack::new("door", lines);
        crowd::show_to_everybody(&stack);
        Self { env, anna, stack }
    }

    /// A process that goes through it.
    #[must_use]
    pub fn driver(&self) -> Command {
        crowd::driver(&self.stack, "anna")
    }

    /// Goes through it, or not, with that one reply.
    ///
    /// # Panics
    /// When it hangs or crashes.
    #[must_use]
    pub fn login(&self, text: &str) -> Outcome {
        answer(&mut self.driver(), &crowd::typing(&[text]))
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
