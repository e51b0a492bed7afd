//! The price of a guess: what is computed is what the real verdict does, and what the documentation says.

use std::collections::HashSet;

use insis_otp::oath::{Digits, OtpGenerator, Parameters, RecoveryCodes, Seconds, Secret, Step, UnixTime};
use insis_otp::verify::{Attempt, ParsedReply, Policy, State, ThrottlePolicy, Verdict, Window, verify};
use insis_otp_tests::guess::{DAY, Simulated, Site, guesses, odds, simulate};

fn site(window: u64, throttle: ThrottlePolicy, logins: u64) -> Site {
    let window = Window::try_from(window).expect("a window");
    Site { policy: Policy { window, throttle }, digits: Digits::Six, logins }
}

fn key(seed: u64) -> OtpGenerator {
    let bytes: Vec<u8> = (0..20_u64).map(|n| (seed * 131 + n * 17 + 7) as u8).collect();
    OtpGenerator::new(Secret::from_bytes(&bytes).expect("a secret"), Parameters::default())
}

/// As many guesses as there can be: one a second.
const OPEN: ThrottlePolicy = ThrottlePolicy {
    free: 20,
    first: Seconds(1),
    longest: Seconds(1),
    daily: u32::MAX,
    consecutive: u32::MAX,
};

#[test]
fn a_guesser_is_compared_as_often_as_computed() {
    let throttles = [
        ThrottlePolicy::default(),
        ThrottlePolicy { free: 1, ..ThrottlePolicy::default() },
        ThrottlePolicy { daily: u32::MAX, ..ThrottlePolicy::default() },
        ThrottlePolicy { longest: Seconds(300), ..ThrottlePolicy::default() },
        ThrottlePolicy { consecutive: 20, ..ThrottlePolicy::default() },
    ];
    for throttle in throttles {
        for logins in [0, 1, 10, 50] {
            let site = site(1, throttle, logins);
            let expected = guesses(&site, 3 * DAY).len() as u64;
            let done = simulate(&site, &key(1), 3 * DAY, &mut 1);
            assert_eq!(done.compared, expected, "{site:?}");
        }
    }
    // Five quick ones, then ever longer delays; the last five of the day that fit into an hour each are one too many.
    let unlimited = ThrottlePolicy { daily: u32::MAX, ..ThrottlePolicy::default() };
    assert_eq!(guesses(&site(1, unlimited, 0), DAY).len(), 35);
    assert_eq!(guesses(&site(1, ThrottlePolicy::default(), 50), 7 * DAY).len(), 7 * 30);
    // Of an owner who never logs in, a hundred in all.
    assert_eq!(guesses(&site(1, ThrottlePolicy::default(), 0), 365 * DAY).len(), 100);
}

/// Runs a guesser against many keys; returns what was seen and what was to be expected.
fn many(site: &Site, keys: std::ops::Range<u64>, span: u64) -> (Simulated, f64) {
    let mut random = 0x9E37_79B9_7F4A_7C15;
    let (mut all, mut expected) = (Simulated::default(), 0.0);
    for seed in keys {
        let done = simulate(site, &key(seed), span, &mut random);
        all.compared += done.compared;
        all.opened += done.opened;
        // The odds of none turned into the mean of a Poisson distribution, since successes are counted.
        expected -= (1.0 - odds(site, &guesses(site, span))).ln();
    }
    (all, expected)
}

/// Within five standard deviations.
fn assert_near(site: &Site, (seen, expected): (Simulated, f64)) {
    let off = (seen.opened as f64 - expected).abs();
    assert!(off <= 5.0 * expected.sqrt() + 1.0, "{site:?}: {seen:?}, expected {expected:.1}");
    println!(
        "| window {} | {} logins a day | {} | {expected:.1} | {} |",
        site.policy.window.steps(),
        site.logins,
        seen.compared,
        seen.opened
    );
}

/// Of all codes, those of the window open the login, and no others.
#[test]
fn as_many_codes_open_the_login_as_computed() {
    for window in [0, 1, 2, 10] {
        let site = site(window, ThrottlePolicy::default(), 0);
        for seed in 0..5 {
            let (key, step) = (key(seed), 56_666_667);
            let code = |step| key.code(Step(step)).reveal(Digits::Six).to_string();
            let inside: HashSet<String> = (step - window..=step + window).map(code).collect();
            let outside = (step - 200..step - window).chain(step + window + 1..step + 200).map(code);
            let opened: HashSet<String> =
                outside.chain(inside.iter().cloned()).filter(|text| opens(&site, &key, text, step)).collect();
            assert_eq!(opened, inside, "window {window}");
        }
    }
}

fn opens(site: &Site, key: &OtpGenerator, text: &str, step: u64) -> bool {
    let (none, state) = (RecoveryCodes::default(), State::default());
    let typed = ParsedReply::parse(text.as_bytes());
    let (verdict, _) =
        verify(&Attempt::of(&typed), key, &none, &state, &site.policy, UnixTime(step * 30 + 7));
    matches!(verdict, Verdict::Accepted(_))
}

#[test]
#[ignore = "long: make assurance"]
fn a_guesser_of_every_kind_gets_in_as_often_as_computed() {
    println!("| window | owner | guesses compared | logins expected | logins simulated |");
    println!("| --- | --- | ---: | ---: | ---: |");
    for (window, logins) in [(0, 0), (1, 0), (2, 0), (10, 0), (10, 10)] {
        let site = site(window, OPEN, logins);
        assert_near(&site, many(&site, 0..40, DAY));
    }
    let lifelong = site(1, ThrottlePolicy::default(), 1);
    assert_near(&lifelong, many(&lifelong, 0..200, 365 * DAY));
}

#[test]
fn the_documentation_says_what_is_computed() {
    let printed = std::process::Command::new(insis_otp_tests::env::program("guess-odds")).output();
    let printed = String::from_utf8(printed.expect("no guess-odds").stdout).expect("a text");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guessing.md");
    let page = std::fs::read_to_string(page).expect("docs/guessing.md is missing");
    assert!(page.contains(printed.trim()), "docs/guessing.md is out of date: put in what guess-odds prints");
}
