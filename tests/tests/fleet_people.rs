//! People who reach a directory without root's rights: what `otp-helper` and `otp-fleet` let them do about their own enrollment,
//! and what they try.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insis_otp::oath::{
    Code as OtpCode, Digits, OtpGenerator, Parameters, Period, RecoveryCode, Salt, Seconds, Secret, Step,
};
use insis_otp::record::{AppEntry, UserName};
use insis_otp::service::{Credential, EnrollmentDenial, NewDevice, Reply, Request, Response, system_clock};
use insis_otp::store::{InvitationRefusal, InvitationStore, UserStore};
use insis_otp::verify::{ParsedReply, Proof, Refusal, ResyncCode, Verdict};
use insis_otp_tests::crowd::{Outcome, typing};
use insis_otp_tests::env::{Env, HELPER, program, run, talk};
use insis_otp_tests::fleet::{BY_CERTIFICATE, Member, Slapd};
use insis_otp_tests::pam::{Code, Login, Stack};
use insis_otp_tests::phone::Phone;
use insis_otp_tests::seizer::Seizer;
use insis_otp_tests::terminal::Terminal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use otp_fleet::store::{LdapStore, LdapUser};

const PASSWORD: &str = "correct horse";
const INVITATION: &str = "abcde-fghjk";

fn site(more: &str) -> (Env, Slapd) {
    let env = Env::build().user("anna", PASSWORD).user("bob", "staple").user("rescue", "x").start();
    let slapd = Slapd::start();
    slapd.join(&env, more);
    Slapd::open_to_people(&env);
    (env, slapd)
}

fn key(seed: u8) -> OtpGenerator {
    let secret = Secret::from_bytes(&[seed; 20]).unwrap();
    OtpGenerator::new(secret, Parameters::default())
}

fn entry(key: OtpGenerator) -> AppEntry {
    AppEntry { key, issuer: "test".into(), account: "test".into() }
}

fn device(seed: u8) -> NewDevice {
    let (key, now) = (key(seed), Member::step());
    let code = |step: u64| OtpCode::from_digits(key.code(Step(step)).reveal(Digits::Six).as_bytes()).unwrap();
    let (first, second) = (code(now.0 - 1), code(now.0));
    let recovery = (vec![recovery_code()], Salt([1; 16]));
    NewDevice { entry: entry(key), first, second, recovery }
}

fn recovery_code() -> RecoveryCode {
    let ParsedReply::Recovery(code) = ParsedReply::parse(INVITATION.as_bytes()) else { panic!() };
    code
}

fn code(seed: u8, ahead: u64) -> String {
    key(seed).code(Step(Member::step().0 + ahead)).reveal(Digits::Six).to_string()
}

fn reply(text: &str) -> Reply {
    Reply::new(text.as_bytes())
}

/// What the helper answers somebody.
fn ask(env: &Env, user: &str, request: &Request) -> Response {
    let output = talk(&mut env.as_user(user, HELPER), &request.encode());
    Response::decode(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn enroll(env: &Env, user: &str, seed: u8, credential: &str) -> Response {
    ask(env, user, &Request::Enroll(device(seed), Credential::new(credential.as_bytes())))
}

fn part(slapd: &Slapd, name: &str) -> LdapUser {
    LdapStore::new(slapd.directory()).of(&UserName::parse(name).unwrap())
}

fn is_enrolled(slapd: &Slapd, name: &str) -> bool {
    part(slapd, name).load().is_ok()
}

fn is_done(response: &Response) -> bool {
    matches!(response, Response::Done(_))
}

fn login(user: &str, code: &str) -> Code {
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    Login::on(&stack).user(user).rhost("192.0.2.7").types([code]).begin().authenticate()
}

/// Somewhere in a step where what is computed now is still right a few seconds later.
fn early_in_a_step() {
    let left = Member::step().next().start(Period::default()).0.saturating_sub(system_clock().0);
    if left < 12 {
        std::thread::sleep(Duration::from_secs(left + 1));
    }
}

#[test]
fn a_person_pairs_a_phone_with_the_password_and_logs_in_once_with_each_code() {
    let (env, slapd) = site("");
    slapd.add(&["anna"]);
    early_in_a_step();
    let mut setup = Terminal::sized(&env.as_user("anna", "otp-setup"), 24, 80);
    setup.expect("[yes/no]");
    setup.line("yes");
    setup.expect("First code:");
    let phone = Phone::typed(&setup.secret());
    let began = system_clock().0;
    setup.line(&phone.code_at(began - 30));
    setup.expect("Next code:");
    setup.line(&phone.code_at(began));
    setup.expect("assword");
    setup.line(PASSWORD);
    setup.expect("Press Enter");
    drop(setup);
    let _ = env.syslog().expect(&["<84>otp-fleet", "enrol: result=done by=password user=anna"]);
    assert!(is_enrolled(&slapd, "anna"));
    assert!(!std::path::Path::new("/var/lib/insis-otp/anna").exists(), "it is in a file as well");
    let next = phone.code_at(began + 30);
    assert_eq!(login("anna", &next), Code::SUCCESS);
    // A code that opened a login is none here, and the other way round.
    let verify = |code: &str| ask(&env, "anna", &Request::Verify(reply(code)));
    assert!(matches!(verify(&next), Response::Verdict(Verdict::Refused(Refusal::Used { .. }))));
    let status = run(env.as_user("anna", "otp-setup").args(["status", "--json"]));
    assert!(String::from_utf8_lossy(&status.stdout).contains("\"paired\": true"), "{status:?}");
}

#[test]
fn a_first_enrollment_takes_what_the_site_asks_for() {
    let (env, slapd) = site("");
    slapd.add(&["anna", "bob"]);
    early_in_a_step();
    for wrong in ["", "staple", INVITATION] {
        let began = Instant::now();
        assert_eq!(enroll(&env, "anna", 1, wrong), Response::Denied(EnrollmentDenial::Password), "{wrong}");
        assert!(began.elapsed() >= Duration::from_secs(2) || wrong.is_empty());
    }
    let _ = env.syslog().expect(&["<84>otp-fleet", "enrol: result=refused reason=wrong-password user=anna"]);
    assert!(!is_enrolled(&slapd, "anna"));
    early_in_a_step();
    assert!(is_done(&enroll(&env, "anna", 1, PASSWORD)));
    assert_eq!(enroll(&env, "anna", 2, PASSWORD), Response::Exists);
    slapd.join(&env, "self_enrollment = \"invitation\"\n");
    Slapd::open_to_people(&env);
    let bobs = || part(&slapd, "bob").invitation();
    let none = Response::Denied(EnrollmentDenial::Invitation(InvitationRefusal::None));
    assert_eq!(enroll(&env, "bob", 3, "staple"), none);
    bobs().issue(&recovery_code(), Salt([9; 16]), system_clock().plus(Seconds(60))).unwrap();
    let wrong = Response::Denied(EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left: 9 }));
    assert_eq!(enroll(&env, "bob", 3, "abcde-fghjm"), wrong);
    early_in_a_step();
    assert!(is_done(&enroll(&env, "bob", 3, INVITATION)));
    let _ = env.syslog().expect(&["<84>otp-fleet", "enrol: result=done by=invitation user=bob"]);
    assert!(!slapd.search("(uid=bob)", &["*"]).contains("insisOtpInvitation"), "it is left");
    for (policy, done) in [("off", false), ("open", true)] {
        slapd.join(&env, &format!("self_enrollment = \"{policy}\"\n"));
        Slapd::open_to_people(&env);
        part(&slapd, "bob").remove(None).unwrap();
        early_in_a_step();
        let response = enroll(&env, "bob", 3, "");
        assert_eq!(is_done(&response), done, "{policy}: {response:?}");
        if !done {
            assert_eq!(response, Response::Denied(EnrollmentDenial::Off));
            part(&slapd, "bob").create(&member_enrollment("bob"), &Default::default(), &|| Ok(())).unwrap();
        }
    }
    // Somebody without an entry, and one whose place is a file of this host.
    early_in_a_step();
    let response = enroll(&env, "rescue", 4, "");
    assert!(matches!(&response, Response::Failed(why) if why.contains("has no entry")), "{response:?}");
    slapd.join(&env, "self_enrollment = \"open\"\n");
    let settings = std::fs::read_to_string(insis_otp_tests::env::CONFIG).unwrap();
    let settings = format!("{settings}break_glass_users = [\"rescue\"]\n");
    env.write(insis_otp_tests::env::CONFIG.as_ref(), settings.as_bytes(), 0o644);
    assert!(is_done(&enroll(&env, "rescue", 4, "")));
    assert!(std::path::Path::new("/var/lib/insis-otp/rescue").exists());
}

fn member_enrollment(name: &str) -> insis_otp::record::Enrollment {
    insis_otp::record::Enrollment {
        user: UserName::parse(name).unwrap(),
        entry: entry(key(9)),
        enrolled_at: system_clock(),
        recovery: insis_otp::oath::RecoveryCodes::new(&[], Salt::default()),
    }
}

#[test]
fn changes_take_a_proof_that_is_charged_like_a_login() {
    let (env, slapd) = site("");
    slapd.join_as(&env, BY_CERTIFICATE, "");
    Slapd::open_to_people(&env);
    let anna = Member::new(&slapd, "anna");
    let wrong = anna.wrong();
    let refused = Response::Verdict(Verdict::Refused(Refusal::Wrong));
    for request in [
        Request::Verify(reply(&wrong)),
        Request::Replace(device(2), reply(&wrong)),
        Request::Remove(reply(&wrong)),
        Request::RenewRecoveryCodes(vec![recovery_code()], Salt([2; 16]), reply(&wrong)),
    ] {
        early_in_a_step();
        let before = anna.state().throttle.guesses;
        assert_eq!(ask(&env, "anna", &request), refused, "{request:?}");
        assert_eq!(anna.state().throttle.guesses, before + 1, "{request:?}");
        let _ = env.syslog().expect(&["otp-fleet", "result=refused reason=wrong-code user=anna"]);
        anna.again();
    }
    // Bob's request is about bob, whoever's code it has.
    assert_eq!(ask(&env, "bob", &Request::Verify(reply(&anna.code()))), Response::NotEnrolled);
    let renew = Request::RenewRecoveryCodes(vec![recovery_code()], Salt([2; 16]), reply(&anna.code()));
    assert!(is_done(&ask(&env, "anna", &renew)));
    let verify = ask(&env, "anna", &Request::Verify(reply(INVITATION)));
    let by_recovery = |verdict: &Response| match verdict {
        Response::Verdict(Verdict::Accepted(accepted)) => matches!(accepted.by, Proof::Recovery { left: 0 }),
        _ => false,
    };
    assert!(by_recovery(&verify), "{verify:?}");
    assert_eq!(
        ask(&env, "anna", &Request::Verify(reply(INVITATION))),
        Response::Verdict(Verdict::Refused(Refusal::RecoveryUsed))
    );
    anna.again();
    early_in_a_step();
    let step = Member::step();
    assert_eq!(
        ask(&env, "anna", &Request::Resync(ResyncCode::First, reply(&anna.code_of(Step(step.0 + 40))))),
        Response::Noted
    );
    anna.again();
    early_in_a_step();
    assert!(is_done(&ask(&env, "anna", &Request::Replace(device(2), reply(&anna.code())))));
    assert_eq!(login("anna", &anna.code_of(Member::step().next())), Code::AUTH_ERR, "the old phone opens it");
    assert_eq!(login("anna", &code(2, 1)), Code::SUCCESS);
    let used = ask(&env, "anna", &Request::Remove(reply(&code(2, 1))));
    assert!(matches!(used, Response::Verdict(Verdict::Refused(Refusal::Used { .. }))), "{used:?}");
    assert!(is_done(&ask(&env, "anna", &Request::Remove(reply(INVITATION)))));
    assert!(!is_enrolled(&slapd, "anna"));
    assert_eq!(ask(&env, "anna", &Request::Status), Response::NotEnrolled);
}

#[test]
fn a_screen_locker_without_privileges_asks_the_directory() {
    let (env, slapd) = site("");
    env.write("/etc/pam.d/locker".as_ref(), b"auth required pam_insis_otp.so\n", 0o644);
    let anna = Member::new(&slapd, "anna");
    let locker = |who: &str, replies: &[&str]| -> Outcome {
        let driver = env.publish(&program("pam-driver"));
        let mut locker = env.as_user(who, &driver.to_string_lossy());
        let output = talk(locker.args(["--service", "locker", "--user", "anna"]), &typing(replies));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    };
    let code = anna.code();
    let outcome = locker("anna", &[&anna.wrong(), &code]);
    assert_eq!(outcome.code, "PAM_SUCCESS", "{:?}", outcome.messages);
    assert!(outcome.messages[1].text.starts_with("Wrong code."), "{:?}", outcome.messages);
    assert_ne!(locker("anna", &[&code]).code, "PAM_SUCCESS");
    assert_eq!(locker("bob", &[&anna.code_of(Member::step().next())]).code, "PAM_AUTHINFO_UNAVAIL");
    // Where people are not let in to the host's identity, and where the directory is away, what is missing is said.
    run(env.command("chmod").args(["0600", "/etc/security/insis-otp-fleet-password"]));
    assert_eq!(locker("anna", &[&anna.wrong()]).code, "PAM_AUTHINFO_UNAVAIL");
    let _ = env.syslog().expect(&["reason=store", "of the group insis-otp, with mode 0640"]);
    let status = talk(env.as_user("anna", "otp-setup").arg("status"), "");
    let said = String::from_utf8_lossy(&status.stderr).replace('\n', " ");
    assert!(!status.status.success() && said.contains("password_file"), "{status:?}");
    Slapd::open_to_people(&env);
    // Nor is one taken that more people can read, or of another group.
    for (group, mode) in [("insis-otp", "0644"), ("insis-otp", "0660"), ("anna", "0640")] {
        run(env.command("chgrp").args([group, "/etc/security/insis-otp-fleet-password"]));
        run(env.command("chmod").args([mode, "/etc/security/insis-otp-fleet-password"]));
        assert!(!is_known(&ask(&env, "anna", &Request::Status)), "{group} {mode}");
        assert_ne!(login("anna", &anna.wrong()), Code::AUTH_ERR, "{group} {mode}: root's otp-fleet takes it");
    }
    Slapd::open_to_people(&env);
    assert!(is_known(&ask(&env, "anna", &Request::Status)));
    slapd.kill();
    assert!(!is_known(&ask(&env, "anna", &Request::Status)));
}

const fn is_known(response: &Response) -> bool {
    matches!(response, Response::Status(_))
}

#[test]
fn whoever_starts_otp_fleet_themself_learns_nothing() {
    let (env, slapd) = site("");
    let anna = Member::new(&slapd, "anna");
    let direct = |request: &str| {
        let output = talk(&mut env.as_user("anna", "/usr/libexec/otp-fleet"), request);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for request in ["status", "unlock", "list", "withdraw", "refuse"] {
        let answer = direct(&format!("insis-otp 2 {request}\nuser=anna\n"));
        assert!(answer.contains("works for root and for otp-helper only"), "{request}: {answer}");
    }
    // By otp-helper nobody is asked for but whose process it is, and nothing that is root's.
    for request in
        ["status\nuser=bob\n", "unlock\nuser=anna\n", "list\nuser=anna\n", "move\nuser=anna\nnew=bob\n"]
    {
        let output = talk(&mut env.as_user("anna", HELPER), &format!("insis-otp 2 {request}"));
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(answer.contains("not one of this version"), "{request}: {answer}");
    }
    assert!(
        !env.as_user("anna", "cat").arg("/etc/security/insis-otp-fleet-password").status().unwrap().success()
    );
    assert_eq!(anna.state().failures, 0);
}

/// The environment, descriptors and limits of somebody who means no good.
#[test]
fn what_the_caller_has_set_up_changes_nothing_or_ends_it() {
    let (env, slapd) = site("");
    let anna = Member::new(&slapd, "anna");
    let ask = |script: &str, text: &str| {
        let mut shell = env.as_user("anna", "bash");
        shell.args(["-c", script, "bash", HELPER]);
        let output = talk(&mut shell, &Request::Verify(reply(text)).encode());
        Response::decode(&output.stdout).ok()
    };
    let harmless = [
        "export LD_PRELOAD=/tmp/x.so SSLKEYLOGFILE=/tmp/keys RUST_BACKTRACE=1 PATH=/tmp HOME=/tmp; exec \"$1\"",
        "exec 3</etc/passwd 9>/dev/null; exec \"$1\"",
        "ulimit -c unlimited; exec \"$1\"",
        "trap '' ALRM TERM PIPE HUP; exec \"$1\"",
        "cd /tmp; umask 0; exec \"$1\"",
        "nice -n 19 \"$1\"",
        "taskset -c 0 \"$1\"",
    ];
    for script in harmless {
        anna.again();
        let wrong = anna.wrong();
        let refused = Some(Response::Verdict(Verdict::Refused(Refusal::Wrong)));
        assert_eq!(ask(script, &wrong), refused, "{script}");
        assert_eq!(anna.state().throttle.guesses, 1, "{script}");
    }
    assert!(!std::path::Path::new("/tmp/keys").exists());
    // Less than it needs: a guess is charged, or nothing was compared.
    for limit in ["-n 3", "-n 8", "-v 20000", "-v 60000", "-u 1", "-t 1", "-f 0", "-d 100", "-s 64"] {
        anna.again();
        let code = anna.code();
        let response = ask(&format!("ulimit -H {limit}; ulimit -S {limit}; exec \"$1\""), &code);
        let accepted = matches!(response, Some(Response::Verdict(Verdict::Accepted(_))));
        let used = anna.state().used.upto >= Member::step();
        assert!(!accepted || used, "{limit}: accepted and not used up");
        let again = ask("exec \"$1\"", &code);
        let twice = accepted && matches!(again, Some(Response::Verdict(Verdict::Accepted(_))));
        assert!(!twice, "{limit}: a code was accepted twice");
    }
}

/// Whether a child of this process has ended.
fn is_over(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

#[test]
fn killed_or_stopped_at_any_moment_no_guess_is_free() {
    let (env, slapd) = site("free_failures = 8\n");
    let anna = Member::new(&slapd, "anna");
    let mut informed = 0;
    for round in 0..60_u64 {
        if round % 8 == 0 {
            anna.again();
        }
        let before = anna.state().throttle.guesses;
        let mut child = env.as_user("anna", HELPER);
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let request = Request::Verify(reply(&anna.wrong())).encode();
        child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
        // As anna could, what this helper has started: other tests have processes of their own. In each tenth round nobody
        // is in the way, and in each third as soon as there is anything.
        let started = || {
            let children = format!("/proc/{0}/task/{0}/children", child.id());
            let children = std::fs::read_to_string(children).unwrap_or_default();
            children.split_whitespace().map(|pid| Pid::from_raw(pid.parse().unwrap())).collect::<Vec<_>>()
        };
        let signal = |signal| started().into_iter().for_each(|pid| _ = kill(pid, signal));
        let end = Instant::now() + Duration::from_micros(round * 500);
        while if round % 3 == 0 { started().is_empty() && !is_over(child.id()) } else { Instant::now() < end }
        {
            std::thread::sleep(Duration::from_micros(100));
        }
        if round % 10 != 9 {
            if round % 2 == 1 {
                signal(Signal::SIGSTOP);
                std::thread::sleep(Duration::from_millis(20));
            }
            signal(Signal::SIGKILL);
        }
        let output = child.wait_with_output().unwrap();
        let response = Response::decode(&output.stdout);
        let told = matches!(response, Ok(Response::Verdict(Verdict::Refused(Refusal::Wrong))));
        let charged = anna.state().throttle.guesses - before;
        assert!(!told || charged == 1, "round {round}: told without a charge");
        assert!(charged <= 1, "round {round}");
        informed += u32::from(told);
    }
    assert!((1..60).contains(&informed), "{informed} of 60 were told: none was hit, or all");
    // Nobody else's login waits for what is stopped.
    anna.again();
    assert_eq!(login("anna", &anna.code()), Code::SUCCESS);
}

#[test]
fn nobody_of_the_same_user_gets_at_otp_fleet_from_its_start_on() {
    let (env, slapd) = site("");
    run(Command::new("useradd").args(["--create-home", "--uid", "4712", "mallory"]));
    let mallory = Member::new(&slapd, "mallory");
    let seizer = Seizer::start(&env, "mallory", "/usr/libexec/otp-fleet");
    let mut known = 0;
    for _ in 0..30 {
        known += u32::from(is_known(&ask(&env, "mallory", &Request::Status)));
    }
    assert!(known > 0);
    assert_eq!(seizer.end(), [""; 0]);
    drop(mallory);
}
