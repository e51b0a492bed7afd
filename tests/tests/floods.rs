//! A delay runs, and somebody floods the door with pairs of codes or recovery codes: the owner's is compared all the same.

use std::process::{Child, Stdio};
use std::time::Instant;

use insis_otp::verify::{Budgets, Meter, Policy, Rate, State};
use insis_otp_tests::crowd::typing;
use insis_otp_tests::machine::{Machine, ONE_TRY, answer};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP, time_of};

const OWNER: &str = "198.51.100.7";
const TRIES: u64 = 100;

fn machine() -> Machine<Person> {
    Machine::frozen(ONE_TRY)
}

/// At that step, six wrong codes begin a delay: a right one does not open the door.
fn delay(machine: &Machine<Person>, step: u64) {
    machine.env.clock().freeze(time_of(step));
    for code in machine.anna.wrong_codes(step, 6) {
        assert_eq!(machine.login(&code).code, "PAM_AUTH_ERR");
    }
    assert_eq!(machine.login(&machine.anna.code(step)).code, "PAM_AUTH_ERR", "no delay runs");
}

/// So many wrong pairs, one after the other, from that address.
fn flood(machine: &Machine<Person>, address: &str, pairs: u64) -> Child {
    flood_of(machine, address, &machine.anna.wrong_codes(STEP, 2).join(" "), pairs)
}

/// So many times that, one after the other, from that address.
fn flood_of(machine: &Machine<Person>, address: &str, wrong: &str, times: u64) -> Child {
    let mut driver = machine.driver();
    driver.args(["--rhost", address, "--times", &times.to_string()]);
    let mut child = driver.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("no driver");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, typing(&[wrong]).as_bytes()).expect("it does not listen");
    child
}

/// The owner's two codes of the last step and this one.
fn owners_pair(machine: &Machine<Person>, step: u64) -> bool {
    let pair = format!("{} {}", machine.anna.code(step - 1), machine.anna.code(step));
    let outcome = answer(machine.driver().args(["--rhost", OWNER]), &typing(&[&pair]));
    assert!(outcome.nanos < 2_000_000_000, "{} s", outcome.nanos / 1_000_000_000);
    outcome.code == "PAM_SUCCESS"
}

/// The owner comes a hundred times, once a minute, while each of these floods at the same time. Returns how often a pair
/// of theirs was compared at once or a second later.
fn owner_beside(machine: &Machine<Person>, floods: impl Fn(u64) -> Vec<(String, u64)>) -> u64 {
    let begin = Instant::now();
    let (mut compared, mut tried) = (0, 0);
    for turn in 0..TRIES {
        let step = STEP + 2 * turn + 2;
        delay(machine, step);
        let crowd: Vec<_> = floods(turn)
            .iter()
            .map(|(address, pairs)| {
                tried += pairs;
                flood(machine, address, *pairs)
            })
            .collect();
        let mut gets_in = owners_pair(machine, step);
        if !gets_in {
            machine.env.clock().advance(1);
            gets_in = owners_pair(machine, step);
        }
        compared += u64::from(gets_in);
        for mut one in crowd {
            assert!(one.wait().expect("no end").success());
        }
        machine.env.syslog().clear();
    }
    println!(
        "| {tried} pairs in {TRIES} minutes | the owner's compared: {compared} of {TRIES} | {:?} |",
        begin.elapsed()
    );
    compared
}

#[test]
fn twenty_pairs_a_second_from_one_address_keep_nobody_out_at_another() {
    let machine = machine();
    // 20 a second, for eight seconds before and during each of the owner's logins.
    let compared = owner_beside(&machine, |_| vec![("203.0.113.9".to_owned(), 40); 4]);
    assert!(compared >= 99, "{compared}");
    // The flood has met itself: at its address the right pair is not compared.
    let step = STEP + 2 * TRIES + 2;
    delay(&machine, step);
    assert!(flood(&machine, "203.0.113.9", 20).wait().expect("no end").success());
    let pair = format!("{} {}", machine.anna.code(step - 1), machine.anna.code(step));
    let there = answer(machine.driver().args(["--rhost", "203.0.113.9"]), &typing(&[&pair]));
    assert_eq!(there.code, "PAM_AUTH_ERR");
    let _line = machine.env.syslog().expect(&["reason=too-soon", "rhost=203.0.113.9"]);
    assert!(owners_pair(&machine, step));
}

#[test]
fn pairs_from_a_hundred_addresses_keep_nobody_out_at_another() {
    let machine = machine();
    // A hundred addresses in five turns, 20 a second for eight seconds before and during each of the owner's logins.
    let compared = owner_beside(&machine, |turn| {
        (0..20).map(|n| (format!("203.0.113.{}", turn % 5 * 20 + n), 8)).collect()
    });
    assert!(compared >= 99, "{compared}");
}

/// What a flood from many addresses comes to after an hour or two, and what opens the login even then.
#[test]
fn when_the_pairs_of_all_are_used_up_a_recovery_code_opens_the_login() {
    let machine = machine();
    delay(&machine, STEP + 2);
    use_up(&machine, |budgets, now| {
        budgets.two_codes = full(Rate::two_codes(Policy::default().two_codes_candidates()), now)
    });
    assert!(!owners_pair(&machine, STEP + 2), "the budget was not used up");
    let _line = machine.env.syslog().expect(&["reason=too-soon", OWNER]);
    assert_eq!(machine.login(RECOVERY_CODE).code, "PAM_SUCCESS");
}

fn full(rate: Rate, now: u64) -> Meter {
    Meter(now * 1000 + rate.interval * rate.burst)
}

/// Changes what is left of the budgets.
fn use_up(machine: &Machine<Person>, change: impl Fn(&mut Budgets, u64)) {
    let changed = |_: &_, state: Option<&State>| {
        let mut state = state.cloned().unwrap_or_default();
        change(&mut state.throttle.budgets, time_of(STEP + 2));
        state
    };
    machine.anna.file.repair(changed).expect("cannot repair");
}

/// Recovery codes flood from one address for so long that its own are used up, and the pairs of all are used up as well.
#[test]
fn a_flood_of_recovery_codes_from_one_address_keeps_no_recovery_code_out_at_another() {
    const FLOOD: &str = "203.0.113.9";
    let machine = machine();
    delay(&machine, STEP + 2);
    assert!(flood_of(&machine, FLOOD, "bbbbb-bbbbb", 20).wait().expect("no end").success());
    use_up(&machine, |budgets, now| {
        assert_eq!(budgets.sources.len(), 1, "the flood has no budget of its own");
        budgets.sources.iter_mut().for_each(|source| source.recovery = full(Rate::RECOVERY, now));
        budgets.two_codes = full(Rate::two_codes(Policy::default().two_codes_candidates()), now);
    });
    let there = answer(machine.driver().args(["--rhost", FLOOD]), &typing(&[RECOVERY_CODE]));
    assert_eq!(there.code, "PAM_AUTH_ERR", "the flood does not meet itself");
    let _line = machine.env.syslog().expect(&["reason=too-soon", "rhost=203.0.113.9"]);
    let crowd: Vec<_> = (0..4).map(|_| flood_of(&machine, FLOOD, "bbbbb-bbbbb", 100)).collect();
    assert!(!owners_pair(&machine, STEP + 2), "the pairs were not used up");
    let owner = answer(machine.driver().args(["--rhost", OWNER]), &typing(&[RECOVERY_CODE]));
    assert_eq!(owner.code, "PAM_SUCCESS");
    assert!(owner.nanos < 2_000_000_000, "{} s", owner.nanos / 1_000_000_000);
    crowd.into_iter().for_each(|mut one| assert!(one.wait().expect("no end").success()));
}
