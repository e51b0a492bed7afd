//! A process that authenticates once (or N times), and prints what happened as a line of JSON.
//!
//! `pam-driver --confdir DIR --service NAME --user NAME [--rhost HOST] [--tty TTY] [--do CALL,…] [--flags N]
//! [--times N] [--gate FILE] [--hold FILE]`
//!
//! The replies are read from standard input, one a line: `=TEXT` for a text, `null`, `noreplies`, `again`, or `huge N`;
//! after the last one, a question gets a conversation error. `--do` names the calls (default `authenticate`; also
//! `setcred`, `acct_mgmt`, `chauthtok`, `open_session`, `close_session`).
//!
//! For races: with `--gate FILE` the process loads the stack, prints `ready`, and then waits for a shared lock on FILE.
//! For a look into its memory: with `--hold FILE` it waits in the same way once more after the calls, before `pam_end`.
//! For fault injection: it looks at the path `/begin-of-calls` before the first call and at `/end-of-calls` after the
//! last one, so that a trace of its system calls shows where they are.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;

use insis_otp_tests::pam::{Code, Item, Login, Message, Pam, Reply};
use nix::fcntl::{Flock, FlockArg};
use serde::Serialize;
use zeroize::Zeroizing;

#[derive(Debug, Default)]
struct Arguments {
    confdir: Option<String>,
    service: String,
    user: Option<String>,
    items: Vec<(Item, String)>,
    calls: Vec<String>,
    flags: i32,
    times: usize,
    gate: Option<String>,
    hold: Option<String>,
}

/// The line that is printed.
#[derive(Serialize)]
struct Outcome {
    /// The last call's return code.
    code: &'static str,
    /// Each call's return code.
    codes: Vec<(String, &'static str)>,
    messages: Vec<Message>,
    delays: Vec<u32>,
    /// How long the calls took, in nanoseconds.
    nanos: u128,
}

fn main() {
    let arguments = parse(std::env::args().skip(1));
    let mut replies = read_replies();
    for turn in 1..=arguments.times {
        let last = turn == arguments.times;
        let own = if last { std::mem::take(&mut replies) } else { replies.clone() };
        let outcome = run(&arguments, own, turn == 1, last);
        println!("{}", serde_json::to_string(&outcome).expect("cannot write the outcome as JSON"));
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Arguments {
    let mut arguments = Arguments { times: 1, ..Arguments::default() };
    while let Some(option) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{option} needs a value"));
        match option.as_str() {
            "--confdir" => arguments.confdir = Some(value),
            "--service" => arguments.service = value,
            "--user" => arguments.user = Some(value),
            "--rhost" => arguments.items.push((Item::Rhost, value)),
            "--ruser" => arguments.items.push((Item::Ruser, value)),
            "--tty" => arguments.items.push((Item::Tty, value)),
            "--do" => arguments.calls = value.split(',').map(str::to_owned).collect(),
            "--flags" => arguments.flags = value.parse().expect("--flags takes a number"),
            "--times" => arguments.times = value.parse().expect("--times takes a number"),
            "--gate" => arguments.gate = Some(value),
            "--hold" => arguments.hold = Some(value),
            _ => panic!("unknown option {option}"),
        }
    }
    if arguments.calls.is_empty() {
        arguments.calls.push("authenticate".to_owned());
    }
    arguments
}

/// Read into one buffer that is wiped: no code may be left in this process by anybody but the module.
fn read_replies() -> VecDeque<Reply> {
    let mut input = Zeroizing::new(Vec::with_capacity(1 << 20));
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().expect("no standard input");
    File::from(stdin).take(1 << 20).read_to_end(&mut input).expect("cannot read the replies");
    input.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(reply).collect()
}

fn reply(line: &[u8]) -> Reply {
    match line {
        [b'=', text @ ..] => Reply::text(text),
        b"null" => Reply::Null,
        b"noreplies" => Reply::NoReplies,
        b"again" => Reply::Again,
        b"error" => Reply::Error,
        _ => match std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("huge ")?.parse().ok()) {
            Some(length) => Reply::huge(length),
            None => panic!("no such reply: a text begins with ="),
        },
    }
}

fn run(arguments: &Arguments, replies: VecDeque<Reply>, first: bool, last: bool) -> Outcome {
    let mut pam = begin(arguments, replies);
    if let (true, Some(gate)) = (first, &arguments.gate) {
        println!("ready");
        std::io::stdout().flush().expect("cannot say ready");
        pass(gate);
    }
    let start = std::time::Instant::now();
    let _ = std::fs::exists("/begin-of-calls");
    let codes: Vec<_> = arguments
        .calls
        .iter()
        .map(|name| (name.clone(), call(&mut pam, name, arguments.flags).name()))
        .collect();
    let _ = std::fs::exists("/end-of-calls");
    let nanos = start.elapsed().as_nanos();
    if let (true, Some(hold)) = (last, &arguments.hold) {
        println!("holding");
        std::io::stdout().flush().expect("cannot say holding");
        pass(hold);
    }
    let code = codes.last().map_or("none", |(_, code)| *code);
    Outcome { code, codes, messages: pam.messages(), delays: pam.delays(), nanos }
}

fn begin(arguments: &Arguments, mut replies: VecDeque<Reply>) -> Pam {
    let mut login =
        Login::to(&arguments.service).answers(move |_| replies.pop_front().unwrap_or(Reply::Error));
    if let Some(folder) = &arguments.confdir {
        login = login.confdir(folder.as_ref());
    }
    if let Some(user) = &arguments.user {
        login = login.user(user);
    }
    for (item, value) in &arguments.items {
        login = login.item(*item, value);
    }
    login.begin()
}

/// Waits until nobody holds the file exclusively any more.
fn pass(gate: &str) {
    let file = File::open(gate).unwrap_or_else(|error| panic!("{gate}: {error}"));
    let passed = Flock::lock(file, FlockArg::LockShared);
    passed.unwrap_or_else(|(_, error)| panic!("{gate}: {error}"));
}

fn call(pam: &mut Pam, name: &str, flags: i32) -> Code {
    match name {
        "authenticate" => pam.authenticate_with(flags),
        "setcred" => pam.setcred(flags),
        "acct_mgmt" => pam.acct_mgmt(flags),
        "chauthtok" => pam.chauthtok(flags),
        "open_session" => pam.open_session(flags),
        "close_session" => pam.close_session(flags),
        _ => panic!("unknown call {name}"),
    }
}
