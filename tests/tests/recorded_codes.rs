//! Codes that somebody saw or recorded: whatever their age, they open nothing, alone or two in a row.
//!
//! Each is played through libpam against the state that the owner's logins left. What may open is said for each state,
//! and has to open: a door that is shut to everything would not pass.

use std::fs::File;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;

use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP, time_of};
use insis_otp_tests::rounds::Crowd;

/// How many steps are recorded: three days, and two hours that the phone is going to show.
const BEFORE: u64 = 3 * 2_880;
const AFTER: u64 = 240;

/// What the owner's logins left, and what may open the next one.
struct History {
    name: &'static str,
    /// The owner's logins: the step at which the clock stands, and what is typed.
    logins: Vec<(u64, String)>,
    /// Wrong codes at the end.
    guesses: usize,
    /// The steps of single codes that open.
    codes: RangeInclusive<u64>,
    /// The first steps of two codes that open.
    pairs: RangeInclusive<u64>,
    /// How many steps back are tried. The longest is for the histories that are the likeliest.
    back: u64,
}

#[expect(clippy::reversed_empty_ranges, reason = "that is no step")]
const NONE: RangeInclusive<u64> = 1..=0;

fn histories(machine: &Machine<Person>) -> Vec<History> {
    let at = |clock: u64, step: u64| (clock, machine.anna.code(step));
    let two = |clock: u64, step: u64| {
        (clock, format!("{} {}", machine.anna.code(step), machine.anna.code(step + 1)))
    };
    // Since the enrollment, which the older ones are from before.
    let every_hour = (0..40).rev().map(|hours| STEP - hours * 120).map(|step| at(step, step)).collect();
    vec![
        History {
            name: "a login each hour, the last one just now",
            logins: every_hour,
            guesses: 0,
            codes: STEP + 1..=STEP + 1,
            pairs: STEP + 1..=STEP + 10,
            back: BEFORE,
        },
        History {
            name: "no login for days",
            logins: vec![],
            guesses: 0,
            codes: STEP - 1..=STEP + 1,
            pairs: STEP - 10..=STEP + 10,
            back: BEFORE,
        },
        History {
            name: "after a quiet time, a login whose code skipped the one before",
            logins: vec![at(STEP, STEP + 1)],
            guesses: 0,
            codes: NONE,
            pairs: STEP + 2..=STEP + 10,
            back: 1_000,
        },
        History {
            name: "a login by two codes, ahead of the window, which the phone's clock was learnt from",
            logins: vec![two(STEP, STEP + 5)],
            guesses: 0,
            codes: STEP + 7..=STEP + 7,
            pairs: STEP + 7..=STEP + 16,
            back: 1_000,
        },
        History {
            name: "a delay after wrong codes",
            logins: vec![at(STEP - 100, STEP - 100)],
            guesses: 6,
            codes: NONE,
            pairs: STEP - 1..=STEP,
            back: 1_000,
        },
        History {
            name: "a clock that was three months ahead",
            logins: vec![at(STEP - 3_000, STEP - 3_000), at(STEP + 259_200, STEP + 259_200)],
            guesses: 0,
            codes: NONE,
            pairs: STEP - 1..=STEP,
            back: 4_000,
        },
    ]
}

/// Everything typed by one process, as fast as it goes.
struct Player<'a> {
    machine: &'a Machine<Person>,
    crowd: Crowd,
}

impl Player<'_> {
    fn opens(&mut self, text: &str) -> bool {
        // Only what was typed decides: any other failure would let the test pass for nothing.
        match self.crowd.round(&[text]).as_slice() {
            [code] if *code == Code::SUCCESS => true,
            [code] if *code == Code::AUTH_ERR => false,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// Plays every code, and every two in a row, each against what these logins left.
    fn play(&mut self, history: &History) -> (usize, usize) {
        let anna = &self.machine.anna;
        anna.reset();
        for (clock, text) in &history.logins {
            self.machine.env.clock().freeze(time_of(*clock));
            assert!(self.opens(text), "{}: the owner's own login", history.name);
        }
        self.machine.env.clock().freeze(time_of(STEP));
        for wrong in anna.wrong_codes(STEP, history.guesses) {
            assert!(!self.opens(&wrong), "{}", history.name);
        }
        // Put back at once after each try, so that none is charged for another.
        let path = anna.file.path();
        let left = std::fs::read(path).expect("no secret file");
        let file = File::options().write(true).open(path).expect("no secret file");
        let good: Vec<String> = history.codes.clone().map(|step| anna.code(step)).collect();
        let (mut opened, mut tried) = (0, 0);
        let mut next = anna.code(STEP - history.back);
        for step in STEP - history.back..=STEP + AFTER {
            let code = std::mem::replace(&mut next, anna.code(step + 1));
            // Of some thousand codes, one or the other reads like one that is good now.
            let is_good = good.contains(&code);
            let pair = format!("{code}{next}");
            for (text, expected) in [(code, is_good), (pair, history.pairs.contains(&step))] {
                file.write_all_at(&left, 0).expect("cannot put the state back");
                let away = step.wrapping_sub(STEP).cast_signed();
                assert_eq!(self.opens(&text), expected, "{}: {text}, {away} steps from now", history.name);
                opened += usize::from(expected);
                tried += 1;
            }
        }
        (opened, tried)
    }
}

#[test]
fn recorded_codes_of_every_age_open_nothing() {
    let machine = Machine::frozen(ONE_TRY);
    let mut player = Player { machine: &machine, crowd: Crowd::of(&machine.stack, &["anna"]) };
    for history in histories(&machine) {
        let start = std::time::Instant::now();
        let (opened, tried) = player.play(&history);
        println!("{}: {opened} of {tried} opened, in {:?}", history.name, start.elapsed());
        let fresh = history.codes.clone().count() + history.pairs.clone().count();
        assert!(opened >= fresh, "{}", history.name);
    }
}

/// Three in a row that are an hour old, as google-authenticator takes for a clock that is off.
#[test]
fn three_old_codes_in_a_row_teach_nothing() {
    let machine = Machine::frozen(ONE_TRY);
    for turn in 0..3 {
        machine.env.clock().freeze(time_of(STEP + turn));
        assert_eq!(machine.login(&machine.anna.code(STEP + turn - 120)).code(), Code::AUTH_ERR);
    }
    let due = STEP + 3;
    machine.env.clock().freeze(time_of(due));
    assert_eq!(machine.login(&machine.anna.code(due - 120)).code(), Code::AUTH_ERR);
    assert_eq!(machine.login(&machine.anna.code(due)).code(), Code::SUCCESS);
}
