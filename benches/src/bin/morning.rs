//! `morning RATE [PEOPLE [MINUTES]]`: what becomes of a morning in which so many people log in over a directory whose one writer takes
//! RATE logins a second: how long they wait, and how many are refused, since their turn comes after the deadline. For
//! docs/sizing-fleet.md.
//!
//! People arrive independently of one another, most of them in the middle of the time (a triangle). The writer takes them in
//! their order, each for as long as the last ones took, give or take a half. Whoever would wait for longer than the deadline
//! is refused when it has passed, and tries again half a minute later, with the next code.

use std::collections::BinaryHeap;

/// What a login waits for at the most, in seconds: `deadline`.
const DEADLINE: f64 = 4.0;
/// When somebody who was refused tries again, in seconds.
const AGAIN: f64 = 30.0;

/// Somebody who tries to log in at a moment, in microseconds, and which of their tries it is. The earliest is the greatest, since
/// a [`BinaryHeap`] gives the greatest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    at: std::cmp::Reverse<u64>,
    tries: u32,
}

impl Arrival {
    fn new(at: f64, tries: u32) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hours in microseconds"
        )]
        let at = (at * 1e6).round() as u64;
        Self { at: std::cmp::Reverse(at), tries }
    }

    fn at(self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "some hours in microseconds")]
        let at = self.at.0 as f64;
        at / 1e6
    }
}

/// What came of a morning.
struct Morning {
    waits: Vec<f64>,
    refused: u64,
    most_tries: u32,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<f64>().expect("a number"));
    let rate = arguments.next().expect("usage: morning RATE [PEOPLE [MINUTES]]");
    let people = arguments.next().unwrap_or(100_000.0);
    let minutes = arguments.next().unwrap_or(60.0);
    let peak = 2.0 * people / (minutes * 60.0);
    println!(
        "{people} people within {minutes} minutes, at the peak {peak:.1} a second; the writer takes {rate} a second"
    );
    println!(
        "| the writer is away for | wait: median | 99 of 100 | longest | refused and tried again | tries at the most |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    for outage in [0.0, 10.0, 60.0, 300.0] {
        let Morning { mut waits, refused, most_tries } = morning(rate, people, minutes * 60.0, outage);
        waits.sort_unstable_by(f64::total_cmp);
        let part = |part: usize| waits.get((waits.len() * part / 100).min(waits.len().saturating_sub(1)));
        let shown = |wait: Option<&f64>| format!("{:.3} s", wait.copied().unwrap_or_default());
        println!(
            "| {outage} s | {} | {} | {} | {refused} | {most_tries} |",
            shown(part(50)),
            shown(part(99)),
            shown(waits.last())
        );
    }
}

/// A morning in which the writer is away for so long, from the peak on.
fn morning(rate: f64, people: f64, length: f64, outage: f64) -> Morning {
    let mut random = fastrand::Rng::with_seed(7);
    let mut arrivals: BinaryHeap<Arrival> = BinaryHeap::new();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of people")]
    for _ in 0..people as u64 {
        arrivals.push(Arrival::new((random.f64() + random.f64()) / 2.0 * length, 1));
    }
    let (gone, back) = (length / 2.0, length / 2.0 + outage);
    let mut free_at = 0.0_f64;
    let mut morning = Morning { waits: Vec::new(), refused: 0, most_tries: 0 };
    while let Some(arrival) = arrivals.pop() {
        let at = arrival.at();
        let mut begins = free_at.max(at);
        if (gone..back).contains(&begins) {
            begins = back;
        }
        let ends = begins + (0.5 + random.f64()) / rate;
        if ends - at > DEADLINE {
            morning.refused += 1;
            arrivals.push(Arrival::new(at + DEADLINE + AGAIN * (0.5 + random.f64()), arrival.tries + 1));
            continue;
        }
        free_at = ends;
        morning.waits.push(ends - at);
        morning.most_tries = morning.most_tries.max(arrival.tries);
    }
    morning
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_is_quick_enough_keeps_nobody_and_everybody_gets_in() {
        let quiet = morning(200.0, 10_000.0, 600.0, 0.0);
        assert_eq!((quiet.waits.len(), quiet.refused), (10_000, 0));
        let outage = morning(200.0, 10_000.0, 600.0, 30.0);
        assert!(outage.waits.len() == 10_000 && outage.refused > 500);
        // One that is too slow refuses many, and is done later.
        let slow = morning(20.0, 10_000.0, 600.0, 0.0);
        assert!(slow.waits.len() == 10_000 && slow.refused > 1000);
        assert!(slow.waits.iter().all(|wait| *wait <= DEADLINE));
    }
}
