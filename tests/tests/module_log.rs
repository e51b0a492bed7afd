//! The log is no reason to fail a login, nor to delay one, and nobody can write into it what is not so.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp_tests::crowd::{Gate, Waiting, driver, typing};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{BASE, Env, feed, program, run, talk};
use insis_otp_tests::journal::{Journal, SOCKETS};
use insis_otp_tests::machine::{MODULE, Machine, PASSWORD};
use insis_otp_tests::pam::{Code, Login, Stack};
use insis_otp_tests::syslog::stuck;

/// Anna alone.
fn machine() -> Machine {
    Machine::of(Env::build().user("anna", PASSWORD))
}

/// A wrong code, then a right one: how long it took.
fn timed_login(anna: &Enrolled) -> Duration {
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
    let Machine { mut env, anna, .. } = machine();
    env.syslog_mut().stop();
    assert!(timed_login(&anna) < Duration::from_millis(150));
}

#[test]
fn a_stuck_log_delays_a_login_once_by_a_quarter_of_a_second() {
    let Machine { mut env, anna, .. } = machine();
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
fn fill(log: &UnixDatagram) {
    let sender = UnixDatagram::unbound().unwrap();
    sender.connect_addr(&log.local_addr().unwrap()).unwrap();
    sender.set_nonblocking(true).unwrap();
    let sent = (0..100_000).take_while(|_| sender.send(b"x").is_ok()).count();
    assert!(sent < 100_000, "the queue has no end");
}

#[test]
fn a_line_cannot_be_forged() {
    let Machine { env, .. } = machine();
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
    let Machine { env, .. } = machine();
    let stack = Stack::new("do) result=accepted (or", MODULE);
    let mut pam = Login::on(&stack).user("anna").types(["x"]).begin();
    pam.authenticate();
    env.syslog().expect(&["pam_insis_otp(do??result?accepted??or:auth): result=refused reason=malformed"]);
}

#[test]
fn a_program_that_was_replaced_keeps_its_name() {
    let Machine { env, .. } = machine();
    let stack = Stack::new("door", MODULE);
    let folder = tempfile::tempdir().unwrap();
    let lockd = folder.path().join("lockd");
    std::fs::copy(program("pam-driver"), &lockd).unwrap();
    let mut gate = Gate::closed();
    let mut command = Command::new(&lockd);
    command.args(driver(&stack, "anna").get_args()).arg("--gate").arg(gate.path());
    let mut running = Waiting::start(command, &typing(&["123456"]));
    running.until("ready");
    std::fs::remove_file(&lockd).unwrap();
    gate.open();
    running.outcome().unwrap();
    let line = env.syslog().expect(&["pam_insis_otp(door:auth): result=refused"]);
    assert!(line.contains(">lockd["), "{line}");
}

/// A wrong code of somebody from somewhere.
fn refused(user: &str, rhost: &str) {
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    let mut pam = Login::on(&stack).user(user).rhost(rhost).types(["123456"]).begin();
    assert_eq!(pam.authenticate(), Code::AUTH_ERR);
}

/// The lines of this module that came to /dev/log.
fn plain_lines(env: &Env) -> Vec<String> {
    env.syslog().lines().into_iter().filter(|line| line.contains("pam_insis_otp(")).collect()
}

/// Listens in the journal's place.
fn journal_socket() -> UnixDatagram {
    std::fs::create_dir_all(SOCKETS).unwrap();
    UnixDatagram::bind(format!("{SOCKETS}/socket")).unwrap()
}

#[test]
fn where_the_journal_is_a_line_goes_there_and_nowhere_else() {
    let Machine { env, .. } = machine();
    let journal = journal_socket();
    refused("bob", "192.0.2.7");
    let mut entry = [0; 4096];
    let length = journal.recv(&mut entry).unwrap();
    let program = std::env::current_exe().unwrap();
    let program = program.file_name().unwrap().to_string_lossy();
    let expected = format!(
        "MESSAGE=pam_insis_otp(door:auth): result=refused reason=unknown-user user=bob rhost=192.0.2.7\n\
         PRIORITY=5\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER={program}\nINSIS_OTP_RESULT=refused\n\
         INSIS_OTP_REASON=unknown-user\nINSIS_OTP_USER=bob\nINSIS_OTP_RHOST=192.0.2.7\nINSIS_OTP_SERVICE=door\n\
         INSIS_OTP_CALL=auth\n"
    );
    assert_eq!(String::from_utf8_lossy(&entry[..length]), expected);
    journal.set_nonblocking(true).unwrap();
    assert!(journal.recv(&mut entry).is_err(), "one decision, one line");
    assert!(plain_lines(&env).is_empty());
}

#[test]
fn a_journal_that_is_gone_or_stuck_leaves_the_line_to_the_other_log_at_once() {
    let Machine { env, .. } = machine();
    let journal = journal_socket();
    fill(&journal);
    let start = Instant::now();
    refused("bob", "-");
    drop(journal);
    refused("carl", "-");
    assert!(start.elapsed() < Duration::from_millis(150), "{:?}", start.elapsed());
    let lines = plain_lines(&env);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("user=bob") && lines[1].contains("user=carl"), "{lines:?}");
}

#[test]
fn the_real_journal_has_the_fields_and_hands_the_plain_line_on() {
    let Machine { env, .. } = machine();
    let journal = Journal::start(&env);
    // rsyslog's place.
    let forwarded = UnixDatagram::bind(format!("{SOCKETS}/syslog")).unwrap();
    forwarded.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let forged = "eve\nINSIS_OTP_RESULT=accepted\n_UID=4711\n\nMESSAGE=accepted";
    refused(forged, "192.0.2.7");
    let entries = journal.entries();
    let ours: Vec<_> = entries.iter().filter(|entry| entry.get("INSIS_OTP_RESULT").is_some()).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    let message = "pam_insis_otp(door:auth): result=refused reason=unknown-user \
                   user=eve\\x0aINSIS_OTP_RESULT\\x3daccepted\\x0a_UID\\x3d4711\\x0a\\x0aMESSAGE\\x3daccepted rhost=192.0.2.7";
    let pid = std::process::id().to_string();
    for (field, value) in [
        ("MESSAGE", message),
        ("PRIORITY", "5"),
        ("SYSLOG_FACILITY", "10"),
        ("INSIS_OTP_RESULT", "refused"),
        ("INSIS_OTP_REASON", "unknown-user"),
        ("INSIS_OTP_USER", forged),
        ("INSIS_OTP_RHOST", "192.0.2.7"),
        ("INSIS_OTP_SERVICE", "door"),
        ("_PID", &pid),
        ("_UID", "0"),
    ] {
        assert_eq!(ours[0][field], value, "{field}");
    }
    assert!(entries.iter().all(|entry| entry["MESSAGE"] != "accepted"));
    let mut line = [0; 4096];
    let line = loop {
        let length = forwarded.recv(&mut line).unwrap();
        let line = String::from_utf8_lossy(&line[..length]).into_owned();
        if line.contains("pam_insis_otp(") {
            break line;
        }
    };
    assert!(line.starts_with("<85>") && line.contains(&format!("[{pid}]: {message}")), "{line}");
}

#[test]
fn fail2ban_finds_its_hosts_in_the_journal() {
    let Machine { env, .. } = machine();
    let journal = Journal::start(&env);
    refused("bob", "192.0.2.7");
    refused("carl", "2001:db8::7");
    refused("dora", "client.example.org");
    assert_eq!(journal.entries().iter().filter(|entry| entry.get("INSIS_OTP_USER").is_some()).count(), 3);
    forge(&env, "203.0.113.9");
    assert_eq!(journal.entries().iter().filter(|entry| says(entry, "203.0.113.9")).count(), 3);
    let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/fail2ban/filter.d/insis-otp.conf");
    env.write("/etc/fail2ban/filter.d/insis-otp.conf".as_ref(), &std::fs::read(filter).unwrap(), 0o644);
    let output = run(env.command("fail2ban-regex").args(["--out", "ip", "systemd-journal", "insis-otp"]));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut hosts: Vec<_> = shown.split_whitespace().collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["192.0.2.7", "2001:db8::7"]);
}

fn says(entry: &serde_json::Value, text: &str) -> bool {
    entry["MESSAGE"].as_str().is_some_and(|message| message.contains(text))
}

/// The journal's own /dev/log.
const DEV_LOG: &str = "/run/systemd/journal/dev-log";

/// Lines that a user of the machine makes up: by logger, by the journal's own program, with the journal's own fields.
fn forge(env: &Env, address: &str) {
    let line =
        format!("pam_insis_otp(sshd:auth): result=refused reason=wrong-code user=anna rhost={address}");
    run(env.as_user("anna", "logger").args(["-u", DEV_LOG, "-p", "authpriv.notice", "-t", "sshd", &line]));
    run(env.as_user("anna", "sh").args([
        "-c",
        "printf '<85>sshd[1]: %s\\n' \"$0\" | systemd-cat -t sshd",
        &line,
    ]));
    let fields = format!(
        "MESSAGE={line}\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=sshd\n_UID=0\nINSIS_OTP_RESULT=refused\n"
    );
    feed(env.as_user("anna", "logger").arg("--journald"), &fields);
}

/// A fail2ban-server with the shipped jail alone, which notes down whom it bans; ended when dropped.
struct Fail2ban {
    child: std::process::Child,
}

const FAIL2BAN_LOG: &str = "/run/otp-test/fail2ban.log";

impl Fail2ban {
    fn start(env: &Env) -> Self {
        for name in ["filter.d/insis-otp.conf", "jail.d/insis-otp.conf"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/fail2ban").join(name);
            env.write(&Path::new("/etc/fail2ban").join(name), &std::fs::read(path).unwrap(), 0o644);
        }
        // Debian's own jail wants a log file, which Debian itself no longer has.
        run(env.command("rm").args(["-f", "/etc/fail2ban/jail.d/defaults-debian.conf", "/var/log/auth.log"]));
        let ban = "[Definition]\nactionban = echo <ip> >>/run/otp-test/banned\nactionunban =\n";
        env.write("/etc/fail2ban/action.d/noted.conf".as_ref(), ban.as_bytes(), 0o644);
        let local = "[DEFAULT]\nbanaction = noted\nbanaction_allports = noted\n";
        env.write("/etc/fail2ban/jail.local".as_ref(), local.as_bytes(), 0o644);
        std::fs::create_dir_all("/run/fail2ban").unwrap();
        let mut server = env.command("fail2ban-server");
        let child = server.args(["-f", "--logtarget", FAIL2BAN_LOG, "start"]).spawn().unwrap();
        let server = Self { child };
        until("the jail runs", || {
            talk(env.command("fail2ban-client").args(["status", "insis-otp"]), "").status.success()
        });
        server
    }

    fn banned() -> String {
        std::fs::read_to_string("/run/otp-test/banned").unwrap_or_default()
    }
}

impl Drop for Fail2ban {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !reached() {
        let log = std::fs::read_to_string(FAIL2BAN_LOG).unwrap_or_default();
        assert!(Instant::now() < end, "not within a minute: {what}\n{log}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_jail_bans_who_guesses_and_nobody_whom_a_user_of_the_machine_names() {
    let Machine { env, .. } = machine();
    let journal = Journal::start(&env);
    let _fail2ban = Fail2ban::start(&env);
    for _ in 0..12 {
        forge(&env, "203.0.113.9");
    }
    for number in 0..12 {
        refused(&format!("bob{number}"), "192.0.2.7");
    }
    assert!(journal.entries().iter().filter(|entry| says(entry, "203.0.113.9")).count() >= 36);
    until("the guesser is banned", || !Fail2ban::banned().is_empty());
    assert_eq!(Fail2ban::banned(), "192.0.2.7\n");
}

#[test]
fn a_log_that_takes_streams_gets_its_lines_too() {
    let Machine { mut env, anna, .. } = machine();
    env.syslog_mut().stop();
    let path = Path::new(BASE).join("log");
    let log = UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
    // libpam itself writes by libc's syslog, which keeps a stream open; the module's is a connection of its own.
    let took = timed_login(&anna);
    assert!(took < Duration::from_millis(150), "{took:?}");
    log.set_nonblocking(true).unwrap();
    let mut heard = Vec::new();
    while let Ok((mut stream, _)) = log.accept() {
        let mut text = String::new();
        stream.set_nonblocking(true).unwrap();
        let _ = stream.read_to_string(&mut text);
        heard.push(text);
    }
    let ours: Vec<_> = heard.iter().filter(|text| text.contains("pam_insis_otp(")).collect();
    assert_eq!(ours.len(), 3, "{heard:?}");
    assert!(ours.iter().all(|text| text.starts_with('<') && text.ends_with('\0')), "{heard:?}");
    assert!(ours[2].contains("result=accepted"), "{heard:?}");
}
