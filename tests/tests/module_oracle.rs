//! Nobody can tell from outside whether a name is nobody's, has not enrolled, or has enrolled: not by questions, messages and
//! codes, nor by how long it takes.

use std::time::Instant;

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::machine::{MODULE, Machine};
use insis_otp_tests::pam::{Code, Login, Message, Stack};

fn machine(config: &str) -> Machine {
    let machine = Machine::of(Machine::build().config(config));
    let stack = Stack::new("sshd", MODULE);
    std::fs::write(stack.folder().join("other"), "auth required pam_deny.so\n").unwrap();
    Machine { stack, ..machine }
}

fn login(machine: &Machine, user: &str, replies: &[&str]) -> (Code, Vec<Message>) {
    let login = Login::on(&machine.stack).user(user).rhost("192.0.2.7");
    let mut pam = login.types(replies.iter().copied()).begin();
    (pam.authenticate(), pam.messages())
}

/// What three kinds of names get for the same replies; digits of waiting times are made equal.
fn three(machine: &Machine, replies: &[&str]) -> Vec<String> {
    let seen = ["anna", "bob", "mallory"].map(|user| format!("{:?}", login(machine, user, replies)));
    seen.map(|seen| seen.replace(|c: char| c.is_ascii_digit(), "#")).into()
}

#[test]
fn wrong_replies_get_the_same_answers_up_to_the_throttle_and_beyond() {
    let machine = machine("");
    let wrong = machine.anna.wrong();
    let pair = format!("{wrong} {wrong}");
    let rounds = [
        vec![wrong.as_str(), "hello", "12345"],
        vec![wrong.as_str(), "１２３４５６", "abcde-fghjm"],
        vec!["", wrong.as_str(), "1234567"],
        vec![wrong.as_str(); 3],
        vec![wrong.as_str(), wrong.as_str(), "hello"],
        // One pair only: a second one is compared or not, as the second turns.
        vec![wrong.as_str(), pair.as_str(), wrong.as_str()],
        vec![wrong.as_str(); 3],
    ];
    let mut texts = String::new();
    for replies in rounds {
        let seen = three(&machine, &replies);
        assert!(seen[0] == seen[1] && seen[1] == seen[2], "{replies:?}: {seen:#?}");
        texts.push_str(&seen[0]);
    }
    // The rounds went where they should.
    assert!(
        texts.contains("Too many tries. Wait ## s") && texts.contains("Wait ## s, or type two codes"),
        "{texts}"
    );
}

#[test]
fn what_sshd_fills_in_for_unknown_users_is_throttled_like_codes() {
    let machine = machine("tries = 1\n");
    let wrong = machine.anna.wrong();
    for _ in 0..8 {
        let paired = login(&machine, "anna", &[&wrong]);
        assert_eq!(paired.0, login(&machine, "mallory", &["\u{8}\n\r\u{7f}IN"]).0);
    }
    let twice = Stack::new("sshd", "auth required pam_insis_otp.so tries=2");
    let delayed = |user: &str, reply: &str| {
        let mut pam = Login::on(&twice).user(user).rhost("192.0.2.7").types([reply; 2]).begin();
        assert_eq!(pam.authenticate(), Code::AUTH_ERR);
        pam.messages().last().unwrap().text.starts_with("Too many tries. Wait ")
    };
    assert!(
        delayed("anna", &wrong) && delayed("mallory", "\u{8}\n\r\u{7f}IN") && !delayed("nobody", "123456")
    );
    // Root, whom sshd does not let in, is not charged for it.
    let root = Enrolled::user("root");
    for _ in 0..8 {
        login(&machine, "root", &["\u{8}\n\r\u{7f}IN"]);
    }
    assert_eq!(root.status().failures, 0);
    assert_eq!(login(&machine, "root", &[&root.code()]).0, Code::SUCCESS);
}

#[test]
fn trying_many_names_touches_no_secret_file_and_fills_no_disk() {
    let machine = machine("tries = 1\n");
    let before = std::fs::read("/var/lib/insis-otp/anna").unwrap();
    for number in 0..300 {
        login(&machine, &format!("guess{number}"), &["123456"]);
    }
    assert!(std::fs::read("/var/lib/insis-otp/anna").unwrap() == before);
    let blocks = std::os::unix::fs::MetadataExt::blocks(
        &std::fs::metadata("/var/lib/insis-otp/.unknown-users").unwrap(),
    );
    assert!(blocks * 512 <= 301 * 4096 + 65_536, "{blocks}");
    assert_eq!(login(&machine, "anna", &[&machine.anna.code()]).0, Code::SUCCESS);
}

/// The best share of right guesses of somebody who knows one time and a threshold, between two kinds of names.
fn best_guess(one: &[u128], other: &[u128]) -> f64 {
    let mut times: Vec<(u128, i32)> =
        one.iter().map(|t| (*t, 1)).chain(other.iter().map(|t| (*t, -1))).collect();
    times.sort_unstable();
    let (mut lead, mut best) = (0_i32, 0_i32);
    for (_, side) in times {
        lead += side;
        best = best.max(lead.abs());
    }
    0.5 + f64::from(best) / (2.0 * one.len() as f64)
}

#[test]
fn how_long_a_wrong_code_takes_tells_nothing() {
    const TRIES: usize = 2000;
    // All three kinds are throttled at the same try; before that codes are compared, after it they are not.
    let machine = machine("tries = 1\nfree_failures = 20\nfirst_delay = \"24h\"\nlongest_delay = \"24h\"\n");
    let wrong = machine.anna.wrong();
    let users = ["anna", "bob", "mallory"];
    let mut times = [(); 3].map(|()| Vec::with_capacity(TRIES));
    for round in 0..TRIES + 200 {
        for (user, times) in users.iter().zip(&mut times) {
            let mut pam =
                Login::on(&machine.stack).user(user).rhost("192.0.2.7").types([wrong.as_str()]).begin();
            let start = Instant::now();
            let _ = pam.authenticate();
            let took = start.elapsed().as_nanos();
            if round >= 200 {
                times.push(took);
            }
        }
    }
    let [anna, bob, mallory] = &times;
    let shares = [best_guess(anna, bob), best_guess(anna, mallory), best_guess(bob, mallory)];
    let median = |times: &Vec<u128>| {
        let mut sorted = times.clone();
        sorted.sort_unstable();
        sorted[TRIES / 2] / 1000
    };
    println!("{shares:?} medians {:?} us", times.iter().map(median).collect::<Vec<_>>());
    assert!(shares.iter().all(|share| *share < 0.55), "{shares:?}");
}
