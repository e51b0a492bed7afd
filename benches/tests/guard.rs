//! What an authentication may cost at the most, in figures that do not depend on the machine's mood.
//!
//! They have a margin for small things. One that is exceeded says that something became dearer than it has to be, or that
//! something worth its price was added: then the bound is raised, in the commit that adds it.

use insis_otp_benches::candidates::{self, Candidate};
use insis_otp_benches::count;
use insis_otp_tests::env::Env;
use insis_otp_tests::journal;
use insis_otp_tests::person::{Person, STEP, time_of};

/// Hashes count in full here, since callgrind has no instructions for them: more than a half of it. A right code is compared
/// with as many candidates as a wrong one, and two states are written.
const INSTRUCTIONS: u64 = 525_000;
/// Above pam_permit, for a right code and a wrong one, where the journal takes the log's line; six of them are the user
/// database's. The charge, and the looks at the path after it and after the last write, are three; holding signals back is
/// two.
const SYSTEM_CALLS: [usize; 2] = [32, 30];
/// To find that there is no journal, and to write the process's number into the line for /dev/log.
const WITHOUT_JOURNAL: usize = 2;
/// Stripped, in KiB. Of it 58 are the sign-in at the identity provider with people's own links, 22 the way to a
/// directory, and 9 bypass codes and whom to ask for help.
const SIZE: u64 = 934;
/// The code of it that logins run and so have in memory, in KiB. Of it 7 are the sign-in's settings and choice.
const CODE: u64 = 344;

struct Attempts {
    env: Env,
    anna: Person,
    step: u64,
}

impl Attempts {
    fn start() -> Self {
        let env = Env::build().user("anna", "secret").clock().start();
        let anna = candidates::enrolled("anna", 1, "/run/bench".as_ref());
        Self { env, anna, step: STEP }
    }

    /// What is typed next: a code that is right, or not.
    fn code(&mut self, right: bool) -> String {
        self.step += 1;
        self.env.clock().freeze(time_of(self.step));
        if right { self.anna.code(self.step) } else { candidates::wrong_code(&self.anna, self.step) }
    }
}

fn ours() -> Candidate {
    candidates::ours("/run/bench".as_ref())
}

#[test]
fn an_authentication_takes_so_many_instructions() {
    let mut attempts = Attempts::start();
    for (right, expected) in [(true, "PAM_SUCCESS"), (false, "PAM_AUTH_ERR")] {
        let code = attempts.code(right);
        let (instructions, outcome) = count::instructions(&ours(), "anna", &code);
        assert_eq!(outcome, expected);
        assert!(instructions < INSTRUCTIONS, "{expected}: {instructions} instructions");
    }
}

#[test]
fn an_authentication_makes_so_many_system_calls() {
    let mut attempts = Attempts::start();
    // The user database is open, as it is after the password step.
    let warm = |candidate: Candidate| candidate.after("auth required pam_succeed_if.so quiet uid >= 0");
    let (permit, ours) = (warm(candidates::permit()), warm(ours()));
    let idle = count::system_calls(&permit, "anna", "").len();
    let mut check = |more: usize| {
        for (right, bound) in [true, false].into_iter().zip(SYSTEM_CALLS) {
            let code = attempts.code(right);
            let calls = count::system_calls(&ours, "anna", &code);
            let named = |name: &str| calls.iter().filter(|call| call.name.contains(name)).count();
            assert_eq!(named("sync"), usize::from(right), "a code is on the disk before it opens a login");
            assert_eq!(named("fork") + named("clone"), 0);
            let above = calls.len() - idle;
            assert!(above <= bound + more, "{above} above pam_permit: {calls:#?}");
        }
    };
    check(WITHOUT_JOURNAL);
    journal::while_listening(|| check(0));
}

#[test]
fn the_module_is_so_large_and_needs_so_little() {
    let module = count::module("pam_insis_otp.so");
    assert!(count::kib(&module) <= SIZE, "{} KiB", count::kib(&module));
    assert!(count::code_kib(&module) <= CODE, "{} KiB of code", count::code_kib(&module));
    assert!(count::stays(&module), "it is loaded anew for each login");
    for library in count::needed(&module) {
        assert!(["libc.so.6", "libpam.so.0"].contains(&library.as_str()), "{library}");
    }
}
