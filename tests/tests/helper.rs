//! `otp-helper` on a real system store: what a user can do through it, and what not.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Output;

use insis_otp::oath::{Digits, Drift, OtpGenerator, Parameters, Period, RecoveryCode, Salt, Secret};
use insis_otp::record::AppEntry;
use insis_otp::service::{Credential, NewDevice, Reply, Request, Response, system_clock};
use insis_otp::verify::{EnrollmentRefusal, ParsedReply, Proof, Refusal, Verdict};
use insis_otp_tests::env::{Env, HELPER, run, talk};

/// A person with a phone.
struct Person<'e> {
    env: &'e Env,
    name: &'static str,
    key: OtpGenerator,
}

fn key(seed: u8) -> OtpGenerator {
    let secret = Secret::from_bytes(&[seed; 20]).unwrap();
    OtpGenerator::new(secret, Parameters::default())
}

fn recovery_code() -> RecoveryCode {
    match ParsedReply::parse(b"abcde-fghjk") {
        ParsedReply::Recovery(code) => code,
        other => panic!("{other:?}"),
    }
}

fn machine(users: &[&'static str]) -> Env {
    users.iter().fold(Env::build(), |builder, user| builder.user(user, "secret")).start()
}

impl<'e> Person<'e> {
    fn new(env: &'e Env, name: &'static str, seed: u8) -> Self {
        Self { env, name, key: key(seed) }
    }

    fn raw(&self, request: &str) -> Output {
        talk(&mut self.env.as_user(self.name, HELPER), request)
    }

    fn ask(&self, request: &Request) -> Response {
        let output = self.raw(&request.encode());
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        Response::decode(&output.stdout).unwrap()
    }

    /// The code of the step that is this far from now, as typed.
    fn code(&self, offset: i64) -> Reply {
        let step = system_clock().step(Period::default());
        let step = insis_otp::oath::Step(step.0.checked_add_signed(offset).unwrap());
        Reply::new(self.key.code(step).reveal(Digits::Six).as_bytes())
    }

    fn pairing(&self, first: i64, second: i64) -> NewDevice {
        let code = |offset| insis_otp::oath::Code::from_digits(&self.code(offset).0).unwrap();
        NewDevice {
            entry: AppEntry {
                key: self.key.clone(),
                issuer: "test".into(),
                account: format!("{}@host", self.name),
            },
            first: code(first),
            second: code(second),
            recovery: (vec![recovery_code()], Salt([7; 16])),
        }
    }

    fn enrollment(&self, first: i64, second: i64) -> Request {
        Request::Enroll(self.pairing(first, second), Credential::new(b"secret"))
    }

    fn enrol(&self) {
        assert_eq!(self.ask(&self.enrollment(-3, -2)), Response::Done(Drift(-2)));
    }

    fn path(&self) -> std::path::PathBuf {
        Path::new("/var/lib/insis-otp").join(self.name)
    }
}

fn refused(why: Refusal) -> Response {
    Response::Verdict(Verdict::Refused(why))
}

#[test]
fn a_user_pairs_and_uses_what_no_user_can_open() {
    let env = machine(&["alice", "bob"]);
    let alice = Person::new(&env, "alice", 1);
    assert_eq!(alice.ask(&Request::Status), Response::NotEnrolled);
    assert_eq!(
        alice.ask(&alice.enrollment(-3, -1)),
        Response::CodesRefused(EnrollmentRefusal::NotConsecutive)
    );
    assert_eq!(alice.ask(&Request::Status), Response::NotEnrolled);
    alice.enrol();
    assert_eq!(alice.ask(&alice.enrollment(-1, 0)), Response::Exists);

    let metadata = std::fs::metadata(alice.path()).unwrap();
    let owner = run(std::process::Command::new("id").args(["-u", "alice"])).stdout;
    assert_eq!(metadata.uid().to_string(), String::from_utf8_lossy(&owner).trim());
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
    let names: Vec<_> =
        std::fs::read_dir("/var/lib/insis-otp").unwrap().map(|e| e.unwrap().file_name()).collect();
    // And the marker that a store has from the beginning on.
    assert!(names.len() == 2 && names.iter().any(|name| name == "alice"), "{names:?}");

    for user in ["alice", "bob"] {
        for attempt in [
            "cat /var/lib/insis-otp/alice",
            "ls /var/lib/insis-otp",
            "rm -f /var/lib/insis-otp/alice",
            "touch /var/lib/insis-otp/x",
            "ln -s /etc/passwd /var/lib/insis-otp/bob",
        ] {
            let output = talk(env.as_user(user, "sh").args(["-c", attempt]), "");
            assert!(!output.status.success(), "{user} could {attempt}");
        }
    }
    let Response::Status(status) = alice.ask(&Request::Status) else { panic!() };
    assert_eq!((status.drift, status.recovery_left, status.account.as_str()), (Drift(-2), 1, "alice@host"));
}

#[test]
fn proofs_are_charged_and_good_once() {
    let env = machine(&["alice"]);
    let mut alice = Person::new(&env, "alice", 1);
    alice.enrol();
    // The phone is two steps behind.
    let Response::Verdict(Verdict::Accepted(accepted)) = alice.ask(&Request::Verify(alice.code(-1))) else {
        panic!()
    };
    assert_eq!(accepted.by, Proof::Code { offset: 1 });
    assert!(matches!(
        alice.ask(&Request::Verify(alice.code(-1))),
        Response::Verdict(Verdict::Refused(Refusal::Used { .. }))
    ));

    let stolen = Person::new(&env, "alice", 2);
    let wrong = Reply::new(b"000000");
    assert_eq!(alice.ask(&Request::Replace(stolen.pairing(-1, 0), wrong.clone())), refused(Refusal::Wrong));
    assert_eq!(alice.ask(&Request::Remove(wrong.clone())), refused(Refusal::Wrong));
    let renew = Request::RenewRecoveryCodes(vec![recovery_code()], Salt([8; 16]), wrong.clone());
    assert_eq!(alice.ask(&renew), refused(Refusal::Wrong));
    for _ in 0..3 {
        assert_eq!(alice.ask(&Request::Verify(wrong.clone())), refused(Refusal::Wrong));
    }
    assert!(matches!(
        alice.ask(&Request::Remove(wrong)),
        Response::Verdict(Verdict::Refused(Refusal::Throttled { .. }))
    ));
    let Response::Status(status) = alice.ask(&Request::Status) else { panic!() };
    assert_eq!(status.failures, 8);
    assert!(status.throttled.is_some());
    let _line =
        env.syslog().expect(&["otp-helper", "remove: result=refused reason=throttled wait=", "user=alice"]);

    let replaced = alice.ask(&Request::Replace(stolen.pairing(-1, 0), Reply::new(b"ABCDE fghjk")));
    assert_eq!(replaced, Response::Done(Drift(0)));
    alice.key = stolen.key;
    let Response::Status(status) = alice.ask(&Request::Status) else { panic!() };
    assert_eq!((status.failures, status.throttled), (8, None), "the owner is still told of them");
    assert_eq!(alice.ask(&Request::Remove(alice.code(1))), Response::Done(Drift(0)));
    assert!(!alice.path().exists());
}

/// What a code is shown for.
type Showing<'a> = (&'a str, &'a dyn Fn(&Person) -> Request);

/// Whoever has seen a code must not keep the owner from being told of the guesses before it.
#[test]
fn failures_are_kept_until_a_login_tells_of_them_whatever_a_code_is_shown_for() {
    let env = machine(&["alice"]);
    let mut alice = Person::new(&env, "alice", 1);
    let other = Person::new(&env, "alice", 2);
    let wrong = Reply::new(b"000000");
    let two = |person: &Person| Reply::new(&[person.code(-1).0.as_slice(), &person.code(0).0].concat());
    let new_codes = |proof| Request::RenewRecoveryCodes(vec![recovery_code()], Salt([8; 16]), proof);
    let requests: [Showing<'_>; 6] = [
        ("a code", &|person| Request::Verify(person.code(-1))),
        ("two codes", &|person| Request::Verify(two(person))),
        ("a recovery code", &|_| Request::Verify(Reply::new(b"abcde-fghjk"))),
        ("new recovery codes", &|person| new_codes(person.code(-1))),
        ("another phone", &|person| Request::Replace(other.pairing(-1, 0), person.code(-1))),
        ("another phone, by a recovery code", &|_| {
            Request::Replace(other.pairing(-1, 0), Reply::new(b"abcde-fghjk"))
        }),
    ];
    for (what, request) in requests {
        let _ = std::fs::remove_file(alice.path());
        alice.key = key(1);
        alice.enrol();
        for _ in 0..3 {
            assert_eq!(alice.ask(&Request::Verify(wrong.clone())), refused(Refusal::Wrong));
        }
        let answer = alice.ask(&request(&alice));
        let done = matches!(answer, Response::Done(_) | Response::Verdict(Verdict::Accepted(_)));
        assert!(done, "{what}: {answer:?}");
        let Response::Status(status) = alice.ask(&Request::Status) else { panic!() };
        assert_eq!(status.failures, 3, "{what}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let env = machine(&["alice"]);
    let alice = Person::new(&env, "alice", 1);
    let big = format!("insis-otp 2 verify\nreply={}\n", "31".repeat(100_000));
    for request in ["", "\n", "verify", "insis-otp 1 status\n", "insis-otp 2 status\nuser=root\n", &big] {
        let answer = Response::decode(&alice.raw(request).stdout).unwrap();
        assert!(matches!(answer, Response::Failed(_)), "{answer:?}");
    }
    let output = talk(env.as_user("alice", HELPER).args(["--user", "root"]), &Request::Status.encode());
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn without_its_group_the_helper_can_do_nothing() {
    let env = machine(&["alice"]);
    Person::new(&env, "alice", 1).enrol();
    std::fs::copy(HELPER, "/home/alice/copy").unwrap();
    let output = talk(&mut env.as_user("alice", "/home/alice/copy"), &Request::Status.encode());
    let answer = Response::decode(&output.stdout).unwrap();
    assert!(matches!(&answer, Response::Failed(why) if why.contains("Permission denied")), "{answer:?}");
}

#[test]
fn a_store_that_is_not_safe_is_not_used() {
    let env = machine(&["alice"]);
    let alice = Person::new(&env, "alice", 1);
    alice.enrol();
    let mode =
        |mode| std::fs::set_permissions("/var/lib/insis-otp", PermissionsExt::from_mode(mode)).unwrap();
    mode(0o1777);
    assert!(
        matches!(alice.ask(&Request::Status), Response::Failed(why) if why.contains("its directory must belong to root"))
    );
    mode(0o1730);
    assert!(matches!(alice.ask(&Request::Status), Response::Status(_)));
}

#[test]
fn a_user_has_every_place_asked_again_and_nobody_elses() {
    use insis_otp::oath::UnixTime;
    use insis_otp::record::UserName;
    use insis_otp::store::{Account, Decision, Template, UserStore, Write};

    let env = machine(&["alice", "bob"]);
    let file = |name| {
        let account = Account::lookup(&UserName::parse(name).unwrap()).unwrap().unwrap();
        Template::system().locate(&account)
    };
    for (name, seed) in [("alice", 1), ("bob", 2)] {
        Person::new(&env, name, seed).enrol();
        let remember = |_: &_, state: &insis_otp::verify::State| {
            let mut state = state.clone();
            state.remember(7, UnixTime(99_999_999_999));
            Decision { state, write: Write::Durable, answer: () }
        };
        file(name).transact(remember).unwrap();
    }
    let output = talk(env.as_user("alice", "otp-setup").arg("forget"), "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(file("alice").read().unwrap().state.remembered.is_empty());
    assert_eq!(file("bob").read().unwrap().state.remembered.len(), 1);
    let _line = env.syslog().expect(&["otp-helper", "forget: result=done user=alice"]);
    assert!(!talk(env.as_user("alice", "otp-setup").args(["forget", "--user", "bob"]), "").status.success());
}
