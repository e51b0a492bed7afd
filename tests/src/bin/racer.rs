//! A process that authenticates in many rounds, each time at a gate with others.
//!
//! `racer CONFDIR SERVICE USER`; each line of standard input is a round: `GATE REPLY`. It loads the stack, prints
//! `ready`, waits for a shared lock on the file GATE, authenticates with that reply, and prints libpam's return code.

use std::fs::File;
use std::io::Write;

use insis_otp_tests::pam::Login;
use nix::fcntl::{Flock, FlockArg};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [confdir, service, user] = arguments.as_slice() else { panic!("usage: racer CONFDIR SERVICE USER") };
    let say = |word: &str| {
        let mut output = std::io::stdout();
        writeln!(output, "{word}").and_then(|()| output.flush()).expect("nobody listens");
    };
    for round in std::io::stdin().lines() {
        let round = round.expect("cannot read the round");
        let (gate, reply) = round.split_once(' ').expect("a round is a gate and a reply");
        let login = Login::to(service).confdir(confdir.as_ref()).user(user);
        let mut pam = login.types([reply.to_owned()]).begin();
        let gate = File::open(gate).expect("no gate");
        say("ready");
        drop(
            Flock::lock(gate, FlockArg::LockShared)
                .map_err(|(_, error)| error)
                .expect("cannot wait at the gate"),
        );
        say(pam.authenticate().name());
    }
}
