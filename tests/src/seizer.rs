//! Somebody who tries to get at the programs of a user of theirs, from exec on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::env::{Env, program};

/// The program `seizer`, run by a user against their own helpers.
#[derive(Debug)]
pub struct Seizer {
    process: Child,
    told: Receiver<String>,
}

impl Seizer {
    /// Starts it, and sees that it is quick enough for this program where the user starts it themself.
    ///
    /// # Panics
    /// When it never gets at that.
    #[must_use]
    pub fn start(env: &Env, user: &str, own: &str) -> Self {
        let seizer = env.publish(&program("seizer"));
        let mut command = env.as_user(user, &seizer.to_string_lossy());
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it does not start");
        let output = process.stdout.take().expect("a pipe");
        let mut said = BufReader::new(output).lines().map_while(Result::ok);
        assert_eq!(said.next().as_deref(), Some("ready"));
        let (tell, told) = channel();
        std::thread::spawn(move || said.for_each(|line| _ = tell.send(line)));
        let began = Instant::now();
        while told.try_recv().is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "the attacker never gets at anything");
            let mut own = env.as_user(user, own);
            let _ = own.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
        std::thread::sleep(Duration::from_millis(200));
        while told.try_recv().is_ok() {}
        Self { process, told }
    }

    /// Ends it; returns what it got at since it was started.
    ///
    /// # Panics
    /// When it does not end as it should.
    #[must_use]
    pub fn end(mut self) -> Vec<String> {
        drop(self.process.stdin.take());
        self.process.wait().expect("it cannot be waited for");
        let mut told: Vec<_> = self.told.iter().collect();
        assert_eq!(told.pop().as_deref(), Some("over"), "it ended before");
        told
    }
}
