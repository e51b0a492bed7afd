//! `otp-idp` as a process: when it ends, what it may, what it takes.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use insis_otp::identity::{Message, Start};
use insis_otp_tests::env::{Env, run};
use insis_otp_tests::identity_flow::{detail_of, first, machine, stub_settings, word};
use insis_otp_tests::identity_provider::{CA_FILE, PROGRAM, authority, settings};
use insis_otp_tests::stub_provider::{Page, Reply, Stub, claims, done};
use otp_idp::signing::SigningKey;

/// The program, with one end of a socket of ours.
fn spawn() -> (Child, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir("/").stderr(Stdio::null());
    command.stdin(OwnedFd::from(theirs.try_clone().unwrap())).stdout(OwnedFd::from(theirs));
    (command.spawn().unwrap(), ours)
}

/// Whether the program has ended by itself a second after its socket was closed.
fn ends_within_a_second(mut child: Child) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

fn start_line(socket: &mut UnixStream) {
    socket.write_all(Start { seconds: 60 }.encode().as_bytes()).unwrap();
}

#[test]
fn it_ends_within_a_second_when_the_person_hangs_up_whatever_it_does() {
    for hanging in [None, Some(Page::Discovery), Some(Page::Device), Some(Page::Keys), Some(Page::Token)] {
        let stub = Stub::start(move |question| (Some(question.page) == hanging).then_some(Reply::Hang));
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let (child, mut socket) = spawn();
        start_line(&mut socket);
        let until = hanging.unwrap_or(Page::Token);
        let began = Instant::now();
        while stub.count(until) == 0 {
            assert!(began.elapsed() < Duration::from_secs(10), "{until:?} is not asked for");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(socket);
        assert!(ends_within_a_second(child), "{hanging:?}");
    }
    // Before anything was asked.
    let (child, socket) = spawn();
    drop(socket);
    assert!(ends_within_a_second(child));
}

/// A line of /proc/PID/status.
fn status(pid: u32, name: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_keeps_no_rights_of_roots_and_no_memory_for_others() {
    let stub = Stub::start(|question| (question.page == Page::Device).then_some(Reply::Hang));
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    let (mut child, mut socket) = spawn();
    start_line(&mut socket);
    while stub.count(Page::Device) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = |what: &str| {
        let output = run(env.command("id").args([what, "insis-otp-idp"])).stdout;
        String::from_utf8(output).unwrap().trim().to_owned()
    };
    let pid = child.id();
    assert_eq!(status(pid, "Uid"), [id("-u").as_str(); 4].join(" "));
    assert_eq!(status(pid, "Gid"), [id("-g").as_str(); 4].join(" "));
    assert_ne!(id("-u"), "0");
    assert_eq!(status(pid, "Groups"), "");
    assert_eq!(status(pid, "NoNewPrivs"), "1");
    for set in ["CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status(pid, set), "0000000000000000", "{set}");
    }
    // Of a process that is not dumpable, everything belongs to root.
    let owner = std::fs::metadata(format!("/proc/{pid}/mem")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&owner), 0);
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(core.split_whitespace().filter(|word| *word == "0").count() == 2, "{core}");
    assert!(std::fs::read(format!("/proc/{pid}/environ")).unwrap().is_empty());
    assert_eq!(std::fs::read(format!("/proc/{pid}/cmdline")).unwrap(), [PROGRAM.as_bytes(), b"\0"].concat());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_person_can_ask_and_stays_that_person() {
    let stub = Stub::start(|question| {
        let token = || done(&SigningKey::rsa("a").token("RS256", &claims(&question.issuer)));
        (question.page == Page::Token).then(token)
    });
    let env = Env::build().user("anna", "secret").config(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    let env = env.file(CA_FILE, authority(), 0o644).start();
    // The other end stays open.
    let mut child =
        env.as_user("anna", PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(Start { seconds: 30 }.encode().as_bytes()).unwrap();
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    let messages: Vec<_> = output.lines().map(|line| Message::decode(line.as_bytes()).unwrap()).collect();
    assert_eq!(messages.iter().map(word).collect::<Vec<_>>(), ["offered", "proved"]);
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_the_program_lacks_is_named() {
    let env = machine("");
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-settings");
    assert!(detail_of(&message).contains("[identity_provider]"), "{message:?}");
    let stub = Stub::start(|_| None);
    drop(env);
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    // userdel would mind the processes of other tests' machines.
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let others: String =
        users.split_inclusive('\n').filter(|line| !line.starts_with("insis-otp-idp:")).collect();
    env.write(Path::new("/etc/passwd"), others.as_bytes(), 0o644);
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-settings");
    assert!(detail_of(&message).contains("useradd --system") && stub.asked().is_empty(), "{message:?}");
    // Arguments are for nobody.
    let output = env.command(PROGRAM).arg("--version").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("otp-idp(8)"));
}

#[test]
fn what_is_no_question_is_answered_without_asking_anybody() {
    let stub = Stub::start(|_| None);
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    for question in
        ["\n", "insis-otp-idp 2 start seconds=90\n", "insis-otp-idp 1 start seconds=0\n", &"x".repeat(5000)]
    {
        let mut child = env.command(PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let _ = input.write_all(question.as_bytes());
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!(word(&Message::decode(output.as_bytes()).unwrap()), "idp-settings", "{output:?}");
        child.wait().unwrap();
    }
    assert!(stub.asked().is_empty());
}

/// How long the threads of a process have been on a processor.
fn own_time(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let times = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(times.sum())
}

#[test]
fn it_takes_little_time_of_its_own() {
    let stub = Stub::start(|_| None);
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    // As many authorities as a system trusts.
    let system = std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    env.write(Path::new(CA_FILE), format!("{system}{}", authority()).as_bytes(), 0o644);
    let (mut child, mut socket) = spawn();
    start_line(&mut socket);
    while stub.count(Page::Token) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = own_time(child.id());
    println!("{took:?}, with {} authorities", system.matches("BEGIN CERTIFICATE").count() + 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(took < Duration::from_millis(30), "{took:?}");
}

#[test]
fn names_that_are_not_looked_up_hold_nobody_up() {
    // It is asked, and says nothing.
    let server = std::net::UdpSocket::bind("127.0.0.1:53").unwrap();
    let env = machine(&settings("https://login.example.org", "otp", "mfa = \"provider\""));
    env.write(Path::new("/etc/resolv.conf"), b"nameserver 127.0.0.1\noptions timeout:30\n", 0o644);
    env.write(Path::new("/etc/nsswitch.conf"), b"passwd: files\ngroup: files\nhosts: files dns\n", 0o644);
    let (message, took) = first(30);
    assert_eq!(word(&message), "idp-network", "{message:?}");
    assert!((2.5..4.5).contains(&took.as_secs_f64()), "{took:?}");
    let (child, mut socket) = spawn();
    start_line(&mut socket);
    server.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut query = [0; 512];
    assert!(server.recv(&mut query).unwrap() > 0, "nobody is asked");
    std::thread::sleep(Duration::from_millis(200));
    drop(socket);
    assert!(ends_within_a_second(child));
}
