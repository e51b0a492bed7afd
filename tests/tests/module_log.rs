//! The log is no reason to fail a login, nor to delay one, and nobody can write into it what is not so.

use std::path::Path;
use std::time::{Duration, Instant};

use insis_otp_tests::env::{BASE, Env};
use insis_otp_tests::paired::Paired;
use insis_otp_tests::pam::{Code, Login, Stack};
use insis_otp_tests::syslog::stuck;

const MODULE: &str = "auth required pam_insis_otp.so";

fn house() -> (Env, Paired) {
    let env = Env::build().user("anna", "correct horse").start();
    (env, Paired::user("anna"))
}

/// A wrong code, then a right one: how long it took.
fn timed_login(anna: &Paired) -> Duration {
    let stack = Stack::new("door", MODULE);
    // Without one, libpam itself writes a line, and waits for a stuck log for ever.
    std::fs::write(stack.folder().join("other"), "auth required pam_deny.so\n").unwrap();
    let mut pam = Login::on(&stack).user("anna").types([anna.wrong(), anna.wrong(), anna.code()]).begin();
    let start = Instant::now();
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    start.elapsed()
}

#[test]
fn a_missing_log_neither_fails_nor_delays_a_login() {
    let (mut env, anna) = house();
    env.syslog_mut().stop();
    assert!(timed_login(&anna) < Duration::from_millis(150));
}

#[test]
fn a_stuck_log_delays_a_login_once_by_a_quarter_of_a_second() {
    let (mut env, anna) = house();
    env.syslog_mut().stop();
    let log = stuck(&Path::new(BASE).join("log"));
    fill(&log);
    let took = timed_login(&anna);
    assert!((200..600).contains(&took.as_millis()), "{took:?} for three lines");
    anna.again();
    // The module was loaded anew, and so tries again.
    assert!(timed_login(&anna) < Duration::from_millis(600));
}

/// Fills the queue of a listener that never reads.
fn fill(log: &std::os::unix::net::UnixDatagram) {
    let sender = std::os::unix::net::UnixDatagram::unbound().unwrap();
    sender.connect_addr(&log.local_addr().unwrap()).unwrap();
    sender.set_nonblocking(true).unwrap();
    let sent = (0..100_000).take_while(|_| sender.send(b"x").is_ok()).count();
    assert!(sent < 100_000, "the queue has no end");
}

#[test]
fn a_line_cannot_be_forged() {
    let (env, _anna) = house();
    let stack = Stack::new("door", MODULE);
    let forged =
        "mallory rhost=1.2.3.4\n<86>Nov 24 11:00:00 sshd[1]: pam_insis_otp(sshd:auth): result=accepted";
    let mut pam =
        Login::on(&stack).user(forged).rhost("198.51.100.9 user=anna\u{1b}]0;x").types(["123456"]).begin();
    pam.authenticate();
    let line = env.syslog().expect(&["reason=unknown-user"]);
    assert_eq!(line.matches(" rhost=").count(), 1, "{line}");
    assert_eq!(line.matches(" user=").count(), 1, "{line}");
    assert!(line.ends_with("rhost=198.51.100.9\\x20user\\x3danna\\x1b]0;x"), "{line}");
    let ours = env.syslog().lines().into_iter().filter(|line| line.contains("pam_insis_otp("));
    assert!(ours.clone().all(|line| !line.contains(|c: char| c.is_control())));
    assert!(ours.into_iter().all(|line| !line.contains("result=accepted ") && line.starts_with("<85>")));
}

#[test]
fn a_service_name_cannot_forge_a_line_either() {
    let (env, _anna) = house();
    let stack = Stack::new("do) result=accepted (or", MODULE);
    let mut pam = Login::on(&stack).user("anna").types(["x"]).begin();
    pam.authenticate();
    env.syslog().expect(&["pam_insis_otp(do??result?accepted??or:auth): result=refused reason=malformed"]);
}
