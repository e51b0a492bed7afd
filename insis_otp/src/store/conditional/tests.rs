//! What an attempt costs that has lost races: one charge, and none that is somebody else's.

use std::cell::Cell;

use crate::Source;
use crate::conformance::{MemoryStore, Subject};
use crate::oath::{Digits, OtpGenerator, Parameters, Period, RecoveryCodes, Salt, Secret, Step, UnixTime};
use crate::record::{AppEntry, Enrollment, UserName};
use crate::service::{LoginAttempt, Service};
use crate::store::{Charge, Decision, Store, UserStore, Write};
use crate::verify::{
    Accepted, ParsedReply, Policy, Refusal, ResyncCharge, ResyncCode, State, ThrottlePolicy, UsedSteps,
    Verdict, charge_resync,
};

const NOW: Step = Step(56_000_000);

/// One user's part of a store in memory.
struct Anna(MemoryStore);

impl Anna {
    fn enrolled() -> Self {
        let anna = Self(MemoryStore::default());
        let used = UsedSteps { upto: Step(NOW.0 - 100), unused_range: None, used_ahead: None };
        let state = State { used, ..State::default() };
        anna.part().create(&enrollment(1), &state, &|| Ok(())).unwrap();
        anna
    }

    fn part(&self) -> <MemoryStore as Store>::User {
        self.0.user(&self.0.account(UserName::parse("anna").unwrap()))
    }

    fn state(&self) -> State {
        self.part().load().unwrap().state
    }

    /// One attempt. While it compares in one of its first rounds, something else is done, which is told the number of the round.
    fn attempt(&self, text: &str, now: UnixTime, meanwhile: &dyn Fn(u32)) -> Verdict {
        let typed = ParsedReply::parse(text.as_bytes());
        let attempt = LoginAttempt::from(Source::User(0), &typed);
        // It is looked at before the charge, and before the comparison.
        let looks = Cell::new(0_u32);
        let clock = || {
            looks.set(looks.get() + 1);
            if looks.get().is_multiple_of(2) {
                meanwhile(looks.get() / 2);
            }
            now
        };
        let (store, policy) = (self.part(), policy());
        Service { store: &store, policy: &policy, clock: &clock }.login(&attempt).unwrap().0
    }

    fn tries(&self, text: &str) -> Verdict {
        self.attempt(text, start(NOW), &|_| ())
    }

    fn guesses_wrong(&self) {
        assert_eq!(self.tries(&code(2, NOW)), Verdict::Refused(Refusal::Wrong));
    }

    fn write(&self, change: impl Fn(&State) -> State) {
        let written = self.part().transact(|_, state| Decision {
            state: change(state),
            write: Write::Durable,
            answer: (),
        });
        written.unwrap();
    }

    fn counts(&self) -> [u32; 4] {
        let State { failures, throttle, .. } = self.state();
        [failures, throttle.guesses, throttle.single_codes, throttle.today]
    }
}

/// A throttle that these tests do not run into.
fn policy() -> Policy {
    let throttle =
        ThrottlePolicy { free: 1000, daily: 10_000, consecutive: 10_000, ..ThrottlePolicy::default() };
    Policy { throttle, ..Policy::default() }
}

fn enrollment(secret: u8) -> Enrollment {
    Enrollment {
        user: UserName::parse("anna").unwrap(),
        entry: AppEntry { key: key(secret), issuer: "example.org".into(), account: "anna".into() },
        enrolled_at: start(Step(NOW.0 - 100)),
        recovery: RecoveryCodes::new(&[], Salt([1; 16])),
    }
}

fn key(secret: u8) -> OtpGenerator {
    OtpGenerator::new(Secret::from_bytes(&[secret; 20]).unwrap(), Parameters::default())
}

fn code(secret: u8, step: Step) -> String {
    key(secret).code(step).reveal(Digits::Six).to_string()
}

fn start(step: Step) -> UnixTime {
    step.start(Period::default())
}

fn told(verdict: &Verdict) -> u32 {
    match verdict {
        Verdict::Accepted(Accepted { failures, .. }) => *failures,
        Verdict::Refused(why) => panic!("{why:?}"),
    }
}

#[test]
fn a_right_code_that_loses_races_to_wrong_ones_costs_nothing() {
    for races in [1, 2, 4] {
        let anna = Anna::enrolled();
        anna.guesses_wrong();
        let verdict = anna.attempt(&code(1, NOW), start(NOW), &|round| {
            if round <= races {
                anna.guesses_wrong();
            }
        });
        assert_eq!(told(&verdict), races + 1, "of so many wrong ones");
        assert_eq!(anna.counts(), [0, 0, 0, races + 1]);
    }
}

#[test]
fn a_used_code_that_loses_races_is_one_failure_and_no_guess() {
    let anna = Anna::enrolled();
    assert_eq!(told(&anna.tries(&code(1, NOW))), 0);
    let again = anna.attempt(&code(1, NOW), start(NOW), &|round| {
        if round < 4 {
            anna.guesses_wrong();
        }
    });
    assert!(matches!(again, Verdict::Refused(Refusal::Used { .. })), "{again:?}");
    assert_eq!(anna.counts(), [4, 3, 3, 3]);
}

/// Its charge is in what the owner is told by the login that was faster, and in nothing else.
#[test]
fn a_right_code_that_loses_its_race_to_a_login_costs_one_failure() {
    let anna = Anna::enrolled();
    let later = anna.attempt(&code(1, NOW), start(NOW), &|round| {
        if round == 1 {
            assert_eq!(told(&anna.tries(&code(1, NOW))), 1, "that of the one which is compared");
            anna.guesses_wrong();
        }
    });
    assert!(matches!(later, Verdict::Refused(Refusal::Used { .. })), "{later:?}");
    assert_eq!(anna.counts(), [2, 1, 1, 1]);
}

/// Whatever takes counts away meanwhile: a guess of somebody else's stays charged.
#[test]
fn no_charge_of_another_guess_is_given_back() {
    let unlock = |anna: &Anna| anna.write(|state| state.unlocked(Period::default(), &policy(), start(NOW)));
    let anew = |anna: &Anna| {
        let new = |record: &crate::store::Record| {
            Ok::<_, ()>((record.enrollment.clone(), State { used: record.state.used, ..State::default() }))
        };
        anna.part().replace(new).unwrap().unwrap();
    };
    let other_device = |anna: &Anna| {
        let state = State { used: anna.state().used, ..State::default() };
        anna.part().remove(None).unwrap();
        anna.part().create(&enrollment(3), &State::default(), &|| Ok(())).unwrap();
        let new = |_: &_| Ok::<_, ()>((enrollment(1), state.clone()));
        anna.part().replace(new).unwrap().unwrap();
    };
    let ways: [&dyn Fn(&Anna); 3] = [&unlock, &anew, &other_device];
    for (number, way) in ways.into_iter().enumerate() {
        for before in 0..3 {
            for after in 1..4 {
                let anna = Anna::enrolled();
                (0..before).for_each(|_| anna.guesses_wrong());
                assert_eq!(told(&anna.tries(&code(1, NOW))), before);
                // A code that is used: to whom it was shown, it is worth nothing.
                let _ = anna.attempt(&code(1, NOW), start(NOW), &|round| {
                    if round == 1 {
                        way(&anna);
                        (0..after).for_each(|_| anna.guesses_wrong());
                    }
                });
                let [_, guesses, single_codes, today] = anna.counts();
                assert!(
                    guesses.min(single_codes).min(today) >= after,
                    "{number}: {before}, {after}: {:?}",
                    anna.counts()
                );
            }
        }
    }
}

/// The administrator unlocks, or the owner logs in, while many with a used code are being compared: none of them takes away a guess that is made since.
#[test]
fn many_attempts_that_straddle_an_unlock_give_nothing_back_of_later_guesses() {
    fn nested(anna: &Anna, depth: u32) {
        let _ = anna.attempt(&code(1, NOW), start(NOW), &|round| {
            if round == 1 && depth > 0 {
                nested(anna, depth - 1);
            } else if round == 1 {
                anna.write(|state| state.unlocked(Period::default(), &policy(), start(NOW)));
                (0..6).for_each(|_| anna.guesses_wrong());
            }
        });
    }
    let anna = Anna::enrolled();
    assert_eq!(told(&anna.tries(&code(1, NOW))), 0);
    nested(&anna, 5);
    assert_eq!(anna.counts()[1..], [6, 6, 6]);
}

/// Hosts with an earlier version of these programs write marks of which no part is kept.
#[test]
fn where_the_marks_are_new_the_charge_stays() {
    let anna = Anna::enrolled();
    let verdict = anna.attempt(&code(1, NOW), start(NOW), &|round| {
        if round == 1 {
            let same = |record: &crate::store::Record| {
                Ok::<_, ()>((record.enrollment.clone(), record.state.clone()))
            };
            anna.part().replace(same).unwrap().unwrap();
        }
    });
    assert_eq!(told(&verdict), 1);
    assert_eq!(anna.counts(), [0, 0, 0, 1]);
}

/// A half of a resynchronization is written whatever came of it: a wrong code loses races too. It stays charged, though nothing is
/// compared any more in the next round.
#[test]
fn a_wrong_code_that_loses_its_race_is_charged() {
    let anna = Anna::enrolled();
    let typed = ParsedReply::parse(code(2, NOW).as_bytes());
    let is_compared = Cell::new(false);
    let decided = anna.part().transact_charged(
        |enrollment, state| {
            let key = &enrollment.entry.key;
            if is_compared.get() {
                return Charge::Settled(Decision { state: state.clone(), write: Write::InPlace, answer: () });
            }
            match charge_resync(ResyncCode::First, &typed, key, state, &policy(), start(NOW)) {
                ResyncCharge::Settled(why, _) => panic!("{why:?}"),
                ResyncCharge::Due(comparison) => Charge::Due(comparison.charged().clone(), comparison),
            }
        },
        |enrollment, comparison| {
            is_compared.set(true);
            anna.guesses_wrong();
            let (_, state) = comparison.compare(&enrollment.entry.key);
            Decision { state, write: Write::Durable, answer: () }
        },
    );
    decided.unwrap();
    assert_eq!(anna.counts()[1..], [2, 2, 2]);
}

/// On another day, what was charged yesterday is no guess of today's.
#[test]
fn over_midnight_no_guess_of_today_is_given_back() {
    let anna = Anna::enrolled();
    let midnight = UnixTime::of_day(start(NOW).day() + 1);
    let late = Step(midnight.0 / 30 - 1);
    let verdict = anna.attempt(&code(1, late), start(late), &|round| {
        if round == 1 {
            let wrong = anna.attempt(&code(2, NOW), midnight, &|_| ());
            assert_eq!(wrong, Verdict::Refused(Refusal::Wrong));
        }
    });
    assert_eq!(told(&verdict), 1);
    assert!(anna.counts()[3] >= 1, "{:?}", anna.counts());
}

/// Many at once, with one right code among wrong ones, or with the same right code all.
#[test]
fn of_many_at_once_the_wrong_ones_are_counted_and_the_right_ones_are_not() {
    for (count, every) in [(2, 2), (4, 2), (8, 1), (16, 4), (32, 32), (64, 64), (64, 2)] {
        let anna = Anna::enrolled();
        let verdicts = crate::conformance::at_once(count, |number| {
            anna.tries(&code(if number % every == 0 { 1 } else { 2 }, NOW))
        });
        let wrong = verdicts.iter().filter(|verdict| **verdict == Verdict::Refused(Refusal::Wrong)).count();
        let opened: Vec<_> =
            verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Accepted(_))).collect();
        assert_eq!((wrong, opened.len()), (count - count / every, 1), "{verdicts:?}");
        let [failures, .., today] = anna.counts();
        assert_eq!(today as usize, wrong, "of {count}, each {every}th is right");
        // Those which are compared as the right one gets in are in what it is told, and are refused.
        let told = (told(opened[0]) + failures) as usize;
        assert!((count - 1..count + count / every).contains(&told), "{count}, {every}: {told}");
    }
}
