//! A crowd that comes together again and again: races that are run often enough to be lost once.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::crowd::Gate;
use crate::env::program;
use crate::pam::{Code, Stack};
use crate::slow::Delays;

/// Processes that authenticate at the same instant, as many rounds as a test wants.
#[derive(Debug)]
pub struct Crowd {
    racers: Vec<Racer>,
}

#[derive(Debug)]
struct Racer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Crowd {
    /// One process for each of these users, on that stack.
    #[must_use]
    pub fn of(stack: &Stack, users: &[&str]) -> Self {
        Self { racers: users.iter().map(|user| Racer::start(stack, user, &Delays::default())).collect() }
    }

    /// One process of that user for each of these delays.
    #[must_use]
    pub fn slowed(stack: &Stack, user: &str, delays: &[Delays]) -> Self {
        Self { racers: delays.iter().map(|delays| Racer::start(stack, user, delays)).collect() }
    }

    /// One round: everybody types their reply at once. Returns what libpam said to each.
    #[must_use]
    pub fn round<R: AsRef<str>>(&mut self, replies: &[R]) -> Vec<Code> {
        self.round_with(replies, || ())
    }

    /// One round in which something else is done at the same time.
    #[must_use]
    pub fn round_with<R: AsRef<str>>(&mut self, replies: &[R], meanwhile: impl FnOnce()) -> Vec<Code> {
        self.round_between(replies, || (), meanwhile)
    }

    /// One round in which something else has a head start, and something is done at the same time.
    #[must_use]
    pub fn round_between<R: AsRef<str>>(
        &mut self,
        replies: &[R],
        before: impl FnOnce(),
        meanwhile: impl FnOnce(),
    ) -> Vec<Code> {
        assert_eq!(replies.len(), self.racers.len(), "one reply for each");
        let mut gate = Gate::closed();
        for (racer, reply) in self.racers.iter_mut().zip(replies) {
            racer.tell(&format!("{} {}", gate.path().display(), reply.as_ref()));
        }
        self.racers.iter_mut().for_each(|racer| assert_eq!(racer.hear(), "ready"));
        before();
        gate.open();
        meanwhile();
        let code = |word: String| Code::named(&word).unwrap_or_else(|| panic!("a racer said {word:?}"));
        self.racers.iter_mut().map(|racer| code(racer.hear())).collect()
    }

    /// The processes.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        self.racers.iter().map(|racer| racer.child.id()).collect()
    }
}

impl Racer {
    fn start(stack: &Stack, user: &str, delays: &Delays) -> Self {
        let mut command = Command::new(program("racer"));
        command.arg(stack.folder()).args([stack.service(), user]);
        let mut command = delays.slow_down(command);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.expect("cannot start a racer");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        Self { child, input, output }
    }

    fn tell(&mut self, round: &str) {
        let input = self.input.as_mut().expect("the racer's standard input is open");
        writeln!(input, "{round}").expect("a racer is gone");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a racer is gone");
        line.trim().to_owned()
    }
}

impl Drop for Racer {
    fn drop(&mut self) {
        // At the end of its input it ends by itself; one that hangs is not waited for.
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
