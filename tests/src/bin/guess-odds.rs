//! Prints how likely a guesser with the password gets in, as the tables in docs/guessing.md.

use insis_otp::oath::{Digits, Seconds};
use insis_otp::verify::{Budgets, Policy, Rate, ThrottlePolicy, Window};
use insis_otp_tests::guess::{
    DAY, Site, allowed, guesses, odds, odds_against_google, odds_of_pairs, odds_of_recovery_codes, year,
};

fn main() {
    println!("{}", tables());
}

fn tables() -> String {
    [ours(), strong(), google()].join("\n\n")
}

/// A change of the default policy, and its name.
type Change = (&'static str, fn(&mut Policy, &mut Digits));

const CHANGES: [Change; 17] = [
    ("default", |_, _| ()),
    ("window = 0", |policy, _| policy.window = window(0)),
    ("window = 2", |policy, _| policy.window = window(2)),
    ("window = 10", |policy, _| policy.window = window(10)),
    ("digits = 7", |_, digits| *digits = Digits::Seven),
    ("digits = 8", |_, digits| *digits = Digits::Eight),
    ("free_failures = 1", |policy, _| policy.throttle.free = 1),
    ("free_failures = 20", |policy, _| policy.throttle.free = 20),
    ("first_delay = \"5m\"", |policy, _| policy.throttle.first = Seconds(300)),
    ("longest_delay = \"5m\"", |policy, _| policy.throttle.longest = Seconds(300)),
    ("longest_delay = \"24h\"", |policy, _| policy.throttle.longest = Seconds(DAY)),
    ("daily_failures = 10", |policy, _| policy.throttle.daily = 10),
    ("daily_failures = 500", |policy, _| policy.throttle.daily = 500),
    ("no daily limit", |policy, _| policy.throttle.daily = u32::MAX),
    ("consecutive_failures = 10", |policy, _| policy.throttle.consecutive = 10),
    ("consecutive_failures = 1000", |policy, _| policy.throttle.consecutive = 1000),
    ("neither delays nor limit", |policy, _| {
        policy.throttle = ThrottlePolicy {
            free: 20,
            first: Seconds(1),
            longest: Seconds(1),
            daily: u32::MAX,
            consecutive: u32::MAX,
        };
    }),
];

fn window(steps: u64) -> Window {
    Window::try_from(steps).unwrap_or_default()
}

fn ours() -> String {
    let mut lines = vec![
        "| policy | owner logs in | guesses a day | odds a day | odds a year |".to_owned(),
        "| --- | --- | ---: | ---: | ---: |".to_owned(),
    ];
    for (name, change) in CHANGES {
        let (mut policy, mut digits) = (Policy::default(), Digits::default());
        change(&mut policy, &mut digits);
        for (habit, logins) in
            [("never", 0), ("once a day", 1), ("10 times a day", 10), ("50 times a day", 50)]
        {
            lines.push(line(name, habit, &Site { policy, digits, logins }));
        }
    }
    lines.join("\n")
}

fn line(name: &str, habit: &str, site: &Site) -> String {
    // Without logins the first day is the guesser's best, and then the whole year is one long wait; where a day has
    // thousands of guesses, one is like another.
    let day = guesses(site, DAY);
    let a_day = odds(site, &day);
    let (moments, days, a_year) = if site.logins > 0 || day.len() > 1_000 {
        (day, 1, year(a_day))
    } else {
        let moments = guesses(site, 365 * DAY);
        let a_year = odds(site, &moments);
        (moments, 365, a_year)
    };
    // Of an owner who never logs in, the bound on wrong codes in a row ends them.
    let count = match moments.len() as u64 {
        all if all == u64::from(site.policy.throttle.consecutive) => format!("{all} in all"),
        all => (all / days).to_string(),
    };
    format!("| {name} | {habit} | {count} | {} | {} |", formatted(a_day), formatted(a_year))
}

fn strong() -> String {
    let site = |window_steps| {
        let policy = Policy { window: window(window_steps), ..Policy::default() };
        Site { policy, digits: Digits::Six, logins: 0 }
    };
    let row = |name: &str, burst: u64, a_day: u64, odds: &dyn Fn(u64) -> f64| {
        let (burst, a_day) = (grouped(burst as f64), grouped(a_day as f64));
        format!("| {name} | {burst} | {a_day} | {} | {} |", formatted(odds(DAY)), formatted(odds(365 * DAY)))
    };
    let a_day = |rate: Rate| DAY * 1000 / rate.interval;
    let two_codes = |name: &str, steps: u64| {
        let site = site(steps);
        let rate = Rate::two_codes(site.policy.two_codes_candidates());
        row(name, rate.burst, a_day(rate), &|span| odds_of_pairs(&site, span))
    };
    let recovery = |name: &str, sources: u64| {
        let rate = Rate::RECOVERY;
        let odds = |span| odds_of_recovery_codes(sources * allowed(rate, span));
        row(name, sources * rate.burst, sources * a_day(rate), &odds)
    };
    let unbounded = |name: &str, a_second: u64| {
        row(name, 0, a_second * DAY, &|span| odds_of_recovery_codes(a_second * span))
    };
    [
        "| instead of single codes | at once | then a day | odds of the first day | odds a year |".to_owned(),
        "| --- | ---: | ---: | ---: | ---: |".to_owned(),
        two_codes("two consecutive codes", 1),
        two_codes("two consecutive codes, window = 10", 10),
        recovery("one of ten recovery codes, from one source", 1),
        recovery("one of ten recovery codes, from eight sources", Budgets::SOURCES as u64),
        unbounded("one of ten recovery codes, from more, 13 a second", 13),
        unbounded("one of ten recovery codes, from more, 100 a second", 100),
    ]
    .join("\n")
}

fn google() -> String {
    let row = |name: &str, a_step: u64| {
        let (a_day, a_year) = (odds_against_google(a_step, DAY), odds_against_google(a_step, 365 * DAY));
        format!("| {name} | {} | {} | {} |", a_step * DAY / 30, formatted(a_day), formatted(a_year))
    };
    [
        "| google-authenticator (window of 3 codes) | guesses a day | odds a day | odds a year |".to_owned(),
        "| --- | ---: | ---: | ---: |".to_owned(),
        row("as it comes, one guess a second", 30),
        row("as it comes, ten guesses a second", 300),
        row("RATE_LIMIT 3 30, as its setup offers", 3),
    ]
    .join("\n")
}

/// As a share, and as people say it.
fn formatted(odds: f64) -> String {
    match odds {
        odds if odds >= 0.9995 => "certain".to_owned(),
        odds if odds >= 0.001 => format!("{:.1} %", odds * 100.0),
        odds => format!("1 in {}", grouped((1.0 / odds).round())),
    }
}

/// Digits in groups of three.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let first = digits.len() % 3;
    let (front, rest) = digits.split_at(first);
    let rest = rest.as_bytes().chunks(3).map(|three| String::from_utf8_lossy(three).into_owned());
    let groups: Vec<_> =
        std::iter::once(front.to_owned()).chain(rest).filter(|group| !group.is_empty()).collect();
    groups.join(",")
}
