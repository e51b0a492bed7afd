//! Enrollments in a directory: real hosts, a real slapd, real `otp-fleet`s; several at once, and with servers and connections
//! that fail.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep, spawn};
use std::time::{Duration, Instant};

use insis_otp::service::{FleetResponse, Response};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run, talk};
use insis_otp_tests::fleet::{BASE, BY_CERTIFICATE, BY_PASSWORD, Member, Slapd};
use insis_otp_tests::fleet_attempt::{attempt, is_accepted, is_used};
use insis_otp_tests::pam::{Code, Login, Stack};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd};
use insis_otp_tests::terminal::Terminal;

const STACK: &str = "auth required pam_insis_otp.so tries=1";

fn host() -> (Env, Slapd) {
    let env = Env::build().user("anna", "secret").user("bob", "secret").user("rescue", "secret").start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    (env, slapd)
}

/// One login at the module: its end, and what the person reads.
fn login(user: &str, reply: &str) -> (Code, Vec<String>) {
    let stack = Stack::new("door", STACK);
    let mut pam = Login::on(&stack).user(user).rhost("192.0.2.7").types([reply]).begin();
    let code = pam.authenticate();
    (code, pam.messages().into_iter().map(|message| message.text).collect())
}

#[test]
fn root_enrolls_somebody_who_logs_in_on_every_host_with_each_code_once() {
    let (env, slapd) = host();
    slapd.add(&["anna"]);
    let mut setup = Terminal::sized(env.command("otp-setup").args(["--user", "anna"]), 24, 80);
    setup.expect("[yes/no]");
    setup.line("yes");
    setup.expect("First code:");
    let phone = Phone::typed(&setup.secret());
    let began = now();
    setup.line(&phone.code_at(began - 30));
    setup.expect("Next code:");
    setup.line(&phone.code_at(began));
    setup.expect("Press Enter");
    drop(setup);
    assert!(slapd.search("(uid=anna)", &["oathSecret"]).contains("oathSecret:: "));
    assert!(!std::path::Path::new("/var/lib/insis-otp/anna").exists(), "it is in a file as well");
    let _ = env.syslog().expect(&["otp-setup", "result=done", "user=anna uid=0"]);
    // The codes of the enrollment are used: the one after them is the first that opens anything.
    let code = phone.code_at(began + 30);
    assert_eq!(login("anna", &code).0, Code::SUCCESS);
    assert_eq!(login("anna", &code).0, Code::AUTH_ERR, "a code opened two logins");
    slapd.join_as(&env, BY_CERTIFICATE, "");
    env.syslog().clear();
    assert_eq!(login("anna", &code).0, Code::AUTH_ERR, "a code opened a login on another host");
    let _ = env.syslog().expect(&["result=refused reason=used-code"]);
    let status = run(env.command("otp-setup").args(["status", "--user", "anna", "--json"]));
    assert!(String::from_utf8_lossy(&status.stdout).contains("\"paired\": true"), "{status:?}");
}

#[test]
fn a_login_over_ssh_and_what_root_does_about_an_enrollment() {
    let env = Env::build()
        .user("anna", "correct horse")
        .user("bob", "secret")
        .service("sshd", "auth required pam_unix.so\nauth required pam_insis_otp.so\naccount required pam_unix.so\nsession required pam_permit.so")
        .start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    let anna = Member::new(&slapd, "anna");
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("anna", "echo now $(id -un)");
    ssh.expect("Password: ");
    ssh.line("correct horse");
    ssh.expect("One-time code: ");
    ssh.line(&anna.code());
    ssh.expect("now anna");
    assert!(ssh.wait().success());
    // Wrong codes on one host delay on the other.
    for identity in [BY_PASSWORD, BY_CERTIFICATE, BY_PASSWORD, BY_CERTIFICATE, BY_PASSWORD, BY_CERTIFICATE] {
        slapd.join_as(&env, identity, "");
        assert_eq!(login("anna", &anna.wrong()).0, Code::AUTH_ERR);
    }
    assert_eq!(anna.state().throttle.guesses, 6);
    assert_eq!(
        login("anna", &anna.code_of(Member::step().next())).0,
        Code::AUTH_ERR,
        "the delay does not hold"
    );
    let setup = |args: &[&str]| talk(env.command("otp-setup").args(args), "");
    assert!(setup(&["unlock", "--user", "anna"]).status.success());
    let _ = env.syslog().expect(&["otp-setup", "result=done", "user=anna"]);
    assert_eq!(login("anna", &anna.code_of(Member::step().next())).0, Code::SUCCESS);
    let listed = String::from_utf8_lossy(&run(env.command("otp-setup").arg("list")).stdout).into_owned();
    assert!(listed.contains("anna") && !listed.contains("insis-otp-nobody"), "{listed}");
    // She herself cannot, as long as who this host is to the directory is closed to otp-helper.
    let own = talk(env.as_user("anna", "otp-setup").arg("status"), "");
    assert!(!own.status.success() && String::from_utf8_lossy(&own.stderr).contains("directory"), "{own:?}");
    let direct = talk(&mut env.as_user("anna", "/usr/libexec/otp-fleet"), "insis-otp 2 status\nuser=anna\n");
    assert!(String::from_utf8_lossy(&direct.stdout).starts_with("insis-otp 2 failed\n"), "{direct:?}");
    assert!(setup(&["remove", "--yes", "--user", "anna"]).status.success());
    let left = slapd.search("(uid=anna)", &["*"]);
    assert!(!left.contains("\noath") && !left.contains("\ninsisOtp"), "{left}");
    let doctor = String::from_utf8_lossy(&setup(&["doctor"]).stdout).into_owned();
    assert!(
        doctor.contains("Enrollments are in a directory") && !doctor.contains("cannot be asked"),
        "{doctor}"
    );
}

#[test]
fn whoever_has_not_enrolled_or_is_nobody_is_answered_like_everybody() {
    let (env, slapd) = host();
    let anna = Member::new(&slapd, "anna");
    slapd.add(&["mallory"]);
    let placeholder = || slapd.search("(uid=insis-otp-nobody)", &["insisOtpState"]);
    // With an entry and without one, without an account here, and names that nobody can have.
    for name in ["bob", "rescue", "mallory", "nobody-here", "insis-otp-nobody", "*", "a)(uid=anna", "ANNA"] {
        let before = placeholder();
        let (code, said) = login(name, &anna.wrong());
        assert_eq!((code, &said), (Code::AUTH_ERR, &login("anna", &anna.wrong()).1), "{name}");
        assert_ne!(placeholder(), before, "nothing was written for {name}");
        anna.again();
    }
    let before = placeholder();
    assert_eq!(login("anna", &anna.code()).0, Code::SUCCESS);
    assert_eq!(placeholder(), before);
    // A name that nobody has here costs whoever has it elsewhere nothing.
    let mallory = Member::new(&slapd, "mallory");
    assert_eq!(login("mallory", &mallory.code()).0, Code::AUTH_ERR);
    assert_eq!((mallory.state().failures, mallory.state().used.upto < Member::step()), (0, true));
    slapd.delete("insis-otp-nobody");
    env.syslog().clear();
    assert_eq!(login("bob", "123456").0, Code::AUTH_ERR);
    let _ = env.syslog().expect(&["otp-fleet", "insis-otp-nobody is missing"]);
}

#[test]
fn of_many_with_one_code_at_once_one_gets_in() {
    let (_env, slapd) = host();
    let settings = slapd.settings(&slapd.ldaps(), BY_PASSWORD, "");
    let anna = Member::new(&slapd, "anna");
    for count in [2, 4, 8, 16, 32].into_iter().cycle().take(20) {
        anna.again();
        let (code, barrier, accepted) = (anna.code(), Barrier::new(count), AtomicUsize::new(0));
        scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| {
                    let client = anna.client(&settings);
                    barrier.wait();
                    // Who has lost five races is told that the store is busy, and tries again.
                    for _ in 0..50 {
                        match attempt(&client, &code) {
                            FleetResponse::Managed(Response::Failed(why)) => {
                                assert!(why.contains("in use"), "{why}")
                            }
                            answer if is_used(&answer) => break,
                            answer => {
                                assert!(is_accepted(&answer), "{answer:?}");
                                accepted.fetch_add(1, Ordering::SeqCst);
                                break;
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(accepted.load(Ordering::SeqCst), 1, "of {count} with one code at once");
    }
}

#[test]
fn a_server_that_crashes_in_the_middle_lets_no_code_in_twice_and_forgets_no_charge() {
    let (_env, slapd) = host();
    let settings = slapd.settings(&slapd.ldaps(), BY_PASSWORD, "");
    let anna = Member::new(&slapd, "anna");
    for round in 0..8_u64 {
        anna.again();
        let code = anna.code();
        let accepted = AtomicUsize::new(0);
        scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let client = anna.client(&settings);
                    for _ in 0..3 {
                        accepted
                            .fetch_add(usize::from(is_accepted(&attempt(&client, &code))), Ordering::SeqCst);
                    }
                });
            }
            sleep(Duration::from_millis(5 + 9 * round));
            slapd.restart();
        });
        let accepted = accepted.load(Ordering::SeqCst);
        assert!(accepted <= 1, "{accepted} with one code");
        let after = attempt(&anna.client(&settings), &code);
        // Not even one may have got in, where what it wrote was not answered; then the code is used, or still good.
        assert!(is_used(&after) || accepted == 0 && is_accepted(&after), "{accepted} {after:?}");
        assert!(is_used(&attempt(&anna.client(&settings), &code)));
        let wrong = anna.state().failures;
        let _ = attempt(&anna.client(&settings), &anna.wrong());
        slapd.restart();
        assert_eq!(anna.state().failures, wrong + 1, "a charge is forgotten");
    }
}

/// What lies between a host and the directory: it cuts the first connection at a certain record of the host's, before it is
/// handed on or after it.
struct Cutter {
    port: u16,
    ends: std::sync::Arc<AtomicBool>,
}

impl Cutter {
    fn start(to: u16, record: usize, hands_on: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, ends) =
            (listener.local_addr().unwrap().port(), std::sync::Arc::new(AtomicBool::new(false)));
        let ended = std::sync::Arc::clone(&ends);
        spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", to)).unwrap());
                let (from, into) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                spawn(move || copy(from, into));
                let cut = (number == 0).then_some((record, hands_on));
                spawn(move || forward(client, server, cut));
            }
        });
        Self { port, ends }
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn copy(mut from: TcpStream, mut into: TcpStream) {
    let _ = std::io::copy(&mut from, &mut into);
    let _ = into.shutdown(Shutdown::Both);
}

/// Hands TLS records on, one by one.
fn forward(mut client: TcpStream, mut server: TcpStream, cut: Option<(usize, bool)>) {
    for number in 0.. {
        let mut record = vec![0; 5];
        if client.read_exact(&mut record).is_err() {
            break;
        }
        let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
        record.resize(5 + length, 0);
        if client.read_exact(&mut record[5..]).is_err() {
            break;
        }
        let is_cut = cut.is_some_and(|(at, _)| at == number);
        if (!is_cut || cut.is_some_and(|(_, hands_on)| hands_on)) && server.write_all(&record).is_err() {
            break;
        }
        if is_cut {
            // What was handed on has its effect before anybody looks.
            sleep(Duration::from_millis(40));
            break;
        }
    }
    for stream in [client, server] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

#[test]
fn a_connection_that_is_cut_anywhere_lets_no_code_in_twice_and_locks_nobody_out() {
    let (env, slapd) = host();
    let anna = Member::new(&slapd, "anna");
    let direct = slapd.settings(&slapd.ldaps(), BY_PASSWORD, "");
    let mut outcomes = Vec::new();
    // The handshake, the bind, the search, two changes, the end.
    for record in 0..9 {
        for hands_on in [false, true] {
            anna.again();
            let code = anna.code();
            let cutter = Cutter::start(slapd.ldaps_port(), record, hands_on);
            let settings = slapd.settings(&format!("ldaps://127.0.0.1:{}", cutter.port), BY_PASSWORD, "");
            env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
            let accepted = is_accepted(&attempt(&anna.client(&settings), &code));
            env.write(CONFIG.as_ref(), direct.as_bytes(), 0o644);
            outcomes.push(accepted);
            let again = attempt(&anna.client(&direct), &code);
            assert!(is_used(&again) || !accepted && is_accepted(&again), "{record} {hands_on} {again:?}");
            let next = attempt(&anna.client(&direct), &anna.code_of(Member::step().next()));
            assert!(is_accepted(&next), "locked out: {record} {hands_on} {next:?}");
        }
    }
    // Otherwise nothing was cut, or everything.
    assert!(outcomes.contains(&true) && outcomes.contains(&false), "{outcomes:?}");
}

#[test]
fn while_the_directory_is_away_nobody_gets_in_but_whose_enrollment_is_here() {
    let (env, slapd) = host();
    let anna = Member::new(&slapd, "anna");
    let more = "break_glass_users = [\"rescue\"]";
    slapd.join_as(&env, &format!("{BY_PASSWORD}\n{more}"), "");
    let rescue = Enrolled::user("rescue");
    // It is there and answers nothing; then it is gone.
    for (is_stopped, longest) in [(true, 6), (false, 2)] {
        if is_stopped {
            slapd.stop(true)
        } else {
            slapd.kill()
        }
        for name in ["anna", "bob", "nobody-here"] {
            let typed = anna.code();
            let began = Instant::now();
            let (code, _) = login(name, &typed);
            assert_eq!(code, Code::AUTHINFO_UNAVAIL, "{name}");
            assert!(began.elapsed() < Duration::from_secs(longest), "{name}: {:?}", began.elapsed());
        }
        let line = env.syslog().expect(&["result=error reason=store", "127.0.0.1"]);
        assert!(line.contains("ask the directory"), "{line}");
        rescue.again();
        assert_eq!(login("rescue", &rescue.code()).0, Code::SUCCESS);
        if is_stopped {
            slapd.stop(false);
        }
    }
    slapd.restart();
    anna.again();
    assert_eq!(login("anna", &anna.code()).0, Code::SUCCESS);
}

#[test]
fn what_an_entry_cannot_have_is_refused_and_root_repairs_it() {
    let (env, slapd) = host();
    let anna = Member::new(&slapd, "anna");
    let change = |text: &str| slapd.change(&format!("dn: uid=anna,{BASE}\nchangetype: modify\n{text}\n"));
    for (attribute, value) in [
        ("oathSecret", "short"),
        ("oathSecret", "another secret, of twenty"),
        ("oathOTPLength", "9"),
        ("oathOTPLength", "-6"),
        ("oathTOTPTimeStepPeriod", "0"),
        ("oathHMACAlgorithm", "1.2.3"),
        ("oathTOTPLastTimeStep", "-1"),
        ("oathTOTPLastTimeStep", "99999999999999999999"),
        ("insisOtpEnrollment", "insis-otp enrollment 1"),
        ("insisOtpState", "nonsense"),
    ] {
        anna.again();
        change(&format!("replace: {attribute}\n{attribute}: {value}"));
        let (code, _) = login("anna", &anna.code());
        assert_eq!(code, Code::AUTHINFO_UNAVAIL, "{attribute}: {value}");
    }
    anna.again();
    // A state that cannot be read is one of which nothing is known: every code up to now is used.
    change("replace: insisOtpState\ninsisOtpState: nonsense");
    assert!(run(env.command("otp-setup").args(["unlock", "--user", "anna"])).status.success());
    assert_eq!(login("anna", &anna.code()).0, Code::AUTH_ERR);
    anna.again();
    // Two entries of one name, by case or by place, are nobody's.
    slapd
        .change(&format!("dn: ou=more,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: more\n"));
    slapd.change(&format!("dn: uid=Anna,ou=more,{BASE}\nchangetype: add\nobjectClass: account\nuid: Anna\n"));
    assert_eq!(login("anna", &anna.code()).0, Code::AUTHINFO_UNAVAIL);
    let _ = env.syslog().expect(&["more than one entry"]);
    slapd.change(&format!("dn: uid=Anna,ou=more,{BASE}\nchangetype: delete\n"));
    assert_eq!(login("anna", &anna.code()).0, Code::SUCCESS);
    // Of another program's secret nothing is written over.
    slapd.add(&["bob"]);
    slapd.change(&format!(
        "dn: uid=bob,{BASE}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPToken\n-\nadd: oathSecret\noathSecret: 12345678901234567890\n"
    ));
    assert_eq!(login("bob", "123456").0, Code::AUTHINFO_UNAVAIL);
    let _ = env.syslog().expect(&["has an oathSecret that is not of this program"]);
}

#[test]
fn a_code_that_slapo_otp_has_used_is_used_and_the_other_way_round() {
    let slapd = Slapd::with("overlay otp\n");
    let env = Env::build().user("anna", "secret").start();
    slapd.join(&env, "");
    let anna = Member::new(&slapd, "anna");
    let dn = format!("uid=anna,{BASE}");
    slapd.change(&format!(
        "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPUser\nobjectClass: simpleSecurityObject\n-\n\
         add: oathTOTPToken\noathTOTPToken: {dn}\n-\nadd: userPassword\nuserPassword: secret\n"
    ));
    let binds = |code: &str| {
        let password = format!("secret{code}");
        slapd.tool("ldapwhoami", (&dn, &password)).output().unwrap().status.success()
    };
    assert!(!binds(""), "slapo-otp asks for no code");
    let code = anna.code();
    assert!(binds(&code), "slapo-otp does not know the secret");
    assert_eq!(login("anna", &code).0, Code::AUTH_ERR, "a code opened a bind and a login");
    let _ = env.syslog().expect(&["result=refused reason=used-code"]);
    assert_eq!(anna.state().throttle.guesses, 0, "it counts as a guess");
    anna.again();
    let code = anna.code();
    assert_eq!(login("anna", &code).0, Code::SUCCESS);
    assert!(!binds(&code), "a code opened a login and a bind");
}
