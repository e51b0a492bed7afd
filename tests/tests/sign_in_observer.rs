//! What somebody who watches logins from outside learns of who is linked, has enrolled or exists: nothing, by words or by time.
//!
//! In the worst of stacks: it goes on to the second step whatever the password was, and for names that nobody has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use insis_otp_tests::env::run;
use insis_otp_tests::identity_provider::{CA_FILE, authority, settings};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::pam::Code;
use insis_otp_tests::sign_in::{self, CHOICE, ENTER};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, STACK, Sshd};
use insis_otp_tests::stub_provider::{Page, Reply, Stub, claims, done};
use insis_otp_tests::terminal::Terminal;
use otp_idp::signing::SigningKey;
use regex::Regex;
use serde_json::json;

/// anna has a phone and is linked, bob is linked and has none, carol has neither, and of mallory nobody knows.
const USERS: [&str; 4] = ["anna", "bob", "carol", "mallory"];

/// What the provider says to whoever has chosen to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Declined,
    Expired,
    SomebodyElse,
    Outage,
}

const ANSWERS: [Answer; 4] = [Answer::Declined, Answer::Expired, Answer::SomebodyElse, Answer::Outage];

struct Scene {
    answer: Arc<AtomicU8>,
    _stub: Stub,
    machine: Machine,
    sshd: Sshd,
}

impl Scene {
    fn new() -> Self {
        let answer = Arc::new(AtomicU8::new(0));
        let now = Arc::clone(&answer);
        let stub = Stub::start(move |question| {
            let error = |name: &str| Reply::Json(400, json!({ "error": name }));
            let answer = ANSWERS[usize::from(now.load(Ordering::SeqCst))];
            match (question.page, answer) {
                (Page::Token, Answer::Declined) => Some(error("authorization_declined")),
                (Page::Token, Answer::Expired) => Some(error("expired_token")),
                (Page::Token, Answer::SomebodyElse) => {
                    Some(done(&SigningKey::rsa("a").token("RS256", &claims(&question.issuer))))
                }
                (Page::Device, Answer::Outage) => Some(Reply::Text(503, String::new())),
                _ => None,
            }
        });
        let more = "mfa = \"amr=mfa\"\ndeadline = \"30s\"\nat_once = false";
        let machine = Machine::build().user("carol", PASSWORD).service("sshd", STACK);
        let machine = machine.config(&settings(stub.issuer(), "otp", more)).file(CA_FILE, authority(), 0o644);
        let machine = Machine::of(machine);
        for user in ["anna", "bob"] {
            let link = ["link", "--user", user, "--subject", user];
            run(machine.env.command("otp-setup").args(link));
        }
        let sshd = Sshd::start(&machine.env, "sshd", &format!("{KEYBOARD_INTERACTIVE}\nMaxStartups 100"));
        Self { answer, _stub: stub, machine, sshd }
    }

    fn answers(&self, answer: Answer) {
        let number = ANSWERS.iter().position(|one| *one == answer).and_then(|number| number.try_into().ok());
        self.answer.store(number.unwrap(), Ordering::SeqCst);
    }

    /// Nobody has failed, waited or met an outage.
    fn forgets(&self) {
        self.machine.anna.again();
        let noted = "/var/lib/insis-otp/.unknown-users /run/insis-otp-sign-in/*";
        run(self.machine.env.command("sh").args(["-c", &format!("rm -f {noted}")]));
    }

    /// Everybody's login, up to the question for the code.
    fn everybody(&self, password: &str) -> [Terminal; 4] {
        let mut clients = USERS.map(|user| self.sshd.login(user, "echo in"));
        for client in &mut clients {
            client.answers(&[("Password: ", password)]);
        }
        clients
    }
}

/// What was shown, whoever it was and whichever flow.
fn assert_same_words(mut clients: [Terminal; 4], scenario: &str) -> String {
    let code = Regex::new(r"CASE-\d+").unwrap();
    let text = |(client, user): (&mut Terminal, &str)| {
        assert!(!client.wait().success(), "{scenario}: {user}");
        code.replace_all(&client.text().replace(user, "USER"), "CASE").into_owned()
    };
    let shown: Vec<_> = clients.iter_mut().zip(USERS).map(text).collect();
    for (text, user) in shown.iter().zip(USERS) {
        assert_eq!(*text, shown[0], "{scenario}: {user}");
    }
    shown[0].clone()
}

/// Ends a login in its last two tries.
fn give_up(client: &mut Terminal, question: &str) {
    client.answers(&[(question, "no code"), (question, "no code")]);
}

#[test]
fn linked_unlinked_and_unknown_people_read_the_same_words() {
    let scene = Scene::new();
    for password in ["wrong", PASSWORD] {
        let mut clients = scene.everybody(password);
        for client in &mut clients {
            client.answers(&[(CHOICE, "000000")]);
            give_up(client, CHOICE);
        }
        let shown = assert_same_words(clients, password);
        assert!(shown.contains("Wrong") && !shown.contains("in\n"), "{shown}");
    }
    for (answer, words) in [
        (Answer::Declined, "That does not open this login. Type a code."),
        (Answer::Expired, "That took too long. Type a code, or try again."),
        (Answer::SomebodyElse, "That does not open this login. Type a code."),
        (Answer::Outage, "That cannot be asked now. Type a code."),
    ] {
        scene.forgets();
        scene.answers(answer);
        let question = if answer == Answer::Outage { PROMPT } else { CHOICE };
        let mut clients = scene.everybody(PASSWORD);
        // All have been asked before anybody meets the outage, which is noted for whoever is asked later.
        for client in &mut clients {
            client.expect(CHOICE);
        }
        for client in &mut clients {
            client.line("m");
        }
        for client in &mut clients {
            if answer != Answer::Outage {
                client.answers(&[(ENTER, "")]);
            }
            give_up(client, question);
        }
        let shown = assert_same_words(clients, &format!("{answer:?}"));
        assert!(shown.contains(words), "{answer:?}: {shown}");
    }
    // During an outage, too, from the first question on.
    let mut clients = scene.everybody(PASSWORD);
    for client in &mut clients {
        client.answers(&[(PROMPT, "m")]);
        give_up(client, PROMPT);
    }
    let shown = assert_same_words(clients, "outage");
    assert!(!shown.contains("or m for") && shown.contains("That cannot be asked now."), "{shown}");
}

/// How long each step takes of a login that fails: from a wrong code, from the choice, from Enter to what comes next, and from the
/// choice during an outage; for each user.
type Times = [[Vec<Duration>; 4]; 4];
const STEPS: [&str; 4] = ["a wrong code", "the choice", "Enter, somebody else", "the choice, in an outage"];

fn timed(client: &mut Terminal, reply: &str, next: &str) -> Duration {
    let began = Instant::now();
    client.line(reply);
    client.expect(next);
    began.elapsed()
}

fn measure(scene: &Scene, rounds: usize) -> Times {
    let mut times = Times::default();
    for round in 0..rounds {
        scene.forgets();
        scene.answers(Answer::SomebodyElse);
        // In another order each time.
        let order = (0..USERS.len()).map(|place| (place + round) % USERS.len());
        let mut clients: Vec<_> =
            order.clone().map(|user| (user, scene.sshd.login(USERS[user], "echo in"))).collect();
        for (user, client) in &mut clients {
            client.answers(&[("Password: ", PASSWORD)]);
            client.expect(CHOICE);
            times[0][*user].push(timed(client, "000000", CHOICE));
            times[1][*user].push(timed(client, "m", ENTER));
        }
        // Then the provider has answered: what is left is this machine's work.
        std::thread::sleep(Duration::from_millis(1300));
        for (user, client) in &mut clients {
            times[2][*user].push(timed(client, "", CHOICE));
            sign_in::kill_client(client);
        }
        std::fs::write("/run/insis-otp-sign-in/unavailable", "idp-network").unwrap();
        for user in order {
            let mut client = scene.sshd.login(USERS[user], "echo in");
            client.answers(&[("Password: ", PASSWORD)]);
            client.expect(PROMPT);
            times[3][user].push(timed(&mut client, "m", PROMPT));
            sign_in::kill_client(&client);
        }
    }
    times
}

/// Where the shortest times of users differ by more than the padding and what a login's processes cost.
fn differing(times: &Times) -> Vec<String> {
    // What a user's kind takes longer, it takes each time; what a busy machine takes longer, it does not.
    let shortest = times.each_ref().map(|step| step.each_ref().map(|times| *times.iter().min().unwrap()));
    let differ = |times: &[Duration; 4]| {
        *times.iter().max().unwrap() - *times.iter().min().unwrap() >= Duration::from_millis(8)
    };
    let named = STEPS.iter().zip(shortest).filter(|(_, times)| differ(times));
    named.map(|(step, times)| format!("{step}: {USERS:?}: {times:?}")).collect()
}

#[test]
fn linked_unlinked_and_unknown_people_wait_as_long() {
    let scene = Scene::new();
    let mut times = measure(&scene, 3);
    // On a busy machine it takes some more until each has once been served at once.
    for _ in 0..8 {
        if differing(&times).is_empty() {
            return;
        }
        for (times, more) in times.iter_mut().flatten().zip(measure(&scene, 1).into_iter().flatten()) {
            times.extend(more);
        }
    }
    panic!("{:#?}", differing(&times));
}

#[test]
fn while_the_provider_is_away_a_code_takes_as_long_as_without_one() {
    let away = settings("https://127.0.0.1:1", "otp", "mfa = \"provider\"\nservices = [\"door\"]");
    let machine = Machine::of(Machine::build().config(&away).file(CA_FILE, authority(), 0o644));
    // The one login that finds it away.
    let outcome = machine.login("m");
    assert!(
        outcome.messages.iter().any(|message| message.text.contains("cannot be asked now")),
        "{outcome:?}"
    );
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..9 {
        for (config, times) in [away.as_str(), ""].iter().zip(&mut times) {
            machine.configure(config);
            machine.anna.again();
            let outcome = machine.login(&machine.anna.code());
            assert_eq!(outcome.code(), Code::SUCCESS);
            assert!(outcome.messages.iter().all(|message| !message.text.contains("or m for")), "{outcome:?}");
            times.push(Duration::from_nanos(outcome.nanos));
        }
    }
    let [with, without] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("a code, while the provider is away: {with:?}; without the section: {without:?}");
    assert!(with < without + Duration::from_millis(50), "{with:?}, {without:?}");
}

/// The chance that a time of one is longer than a time of the other (the rank-sum test of Mann and Whitney).
fn chance_longer(one: &[Duration], other: &[Duration]) -> f64 {
    let wins: usize = one.iter().map(|time| other.iter().filter(|than| time > *than).count()).sum();
    let ties: usize = one.iter().map(|time| other.iter().filter(|than| time == *than).count()).sum();
    (wins as f64 + ties as f64 / 2.0) / (one.len() * other.len()) as f64
}

#[test]
#[ignore = "takes a quarter of an hour"]
fn times_of_linked_unlinked_and_unknown_people_cannot_be_told_apart_in_many_rounds() {
    let rounds: usize = std::env::var("ROUNDS").map_or(200, |rounds| rounds.parse().unwrap());
    let times = measure(&Scene::new(), rounds);
    // Four standard deviations of the chance, were both the same.
    let bound = 4.0 * ((2 * rounds + 1) as f64 / (12 * rounds * rounds) as f64).sqrt();
    let mut differ = Vec::new();
    for (step, times) in STEPS.iter().zip(&times) {
        for (user, other) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            let chance = chance_longer(&times[user], &times[other]);
            println!("{step}: {} longer than {}: {chance:.3}", USERS[user], USERS[other]);
            if (chance - 0.5).abs() > bound {
                differ.push(format!("{step}: {} and {}: {chance:.3}", USERS[user], USERS[other]));
            }
        }
    }
    assert!(differ.is_empty(), "more than {bound:.3} from one half: {differ:#?}");
}
