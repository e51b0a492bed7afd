//! The price of a guess: how likely somebody who has the password gets in without the phone.
//!
//! The guesser is as good as a guesser can be: knows the policy, guesses at the first moment at which a code is
//! compared, never the same code twice within a window, only codes that truncation makes a little more likely
//! (RFC 4226, section 5.3: 2 to the 31 is no multiple of 10 to the 6), and waits out the minute after a login of the
//! owner, when part of the window is used.

use std::collections::BTreeMap;

use insis_otp::oath::{Digits, OtpGenerator, RecoveryCodes, Step, UnixTime};
use insis_otp::verify::{Attempt, ParsedReply, Policy, Rate, State, Throttle, UsedSteps, Verdict, verify};

/// A day, in seconds.
pub const DAY: u64 = 86_400;
const PERIOD: u64 = 30;
/// How long the guesser waits after the owner's login, so that the whole window is fresh.
const WAIT: u64 = 90;

/// What a guesser is up against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Window and throttle.
    pub policy: Policy,
    /// The digits of a code.
    pub digits: Digits,
    /// How often the owner logs in, which ends every delay: so many times a day, evenly spread. Zero: never.
    pub logins: u64,
}

/// The odds of one guess at one step, for the likeliest codes.
#[must_use]
pub fn odds_of_a_code(digits: Digits) -> f64 {
    let words = 1_u64 << 31;
    let most = words.div_ceil(u64::from(digits.codes()));
    as_float(most) / as_float(words)
}

/// The moments of a span at which a guesser's codes are compared, in order.
#[must_use]
pub fn guesses(site: &Site, span: u64) -> Vec<u64> {
    let throttle = &site.policy.throttle;
    let every = DAY.checked_div(site.logins).unwrap_or(u64::MAX);
    let mut moments = Vec::new();
    let (mut day, mut today) = (0, 0);
    let mut login = 0;
    while login < span {
        let end = login.saturating_add(every).min(span);
        let mut moment = if site.logins == 0 { 0 } else { login + WAIT };
        let mut made = 0;
        while moment < end && made < throttle.consecutive {
            if moment / DAY != day {
                (day, today) = (moment / DAY, 0);
            }
            if today >= throttle.daily {
                moment = (day + 1) * DAY;
                continue;
            }
            moments.push(moment);
            (made, today) = (made + 1, today + 1);
            moment += throttle.delay(made).0;
        }
        login = end;
    }
    moments
}

/// The odds that one of the guesses opens the login. Exact: the code of each step is compared with the guesses made
/// while it lies in the window, and the codes of different steps have nothing to do with one another.
#[must_use]
pub fn odds(site: &Site, moments: &[u64]) -> f64 {
    let window = site.policy.window.steps();
    let mut exposed = BTreeMap::<u64, u64>::new();
    for moment in moments {
        // Far from zero, so that the window has its full width.
        let step = 1_000 + moment / PERIOD;
        (step - window..=step + window).for_each(|step| *exposed.entry(step).or_default() += 1);
    }
    let code = odds_of_a_code(site.digits);
    let safe: f64 = exposed.values().map(|guesses| (1.0 - as_float(*guesses) * code).ln()).sum();
    1.0 - safe.exp()
}

/// The odds of a year of which every day has these odds.
#[must_use]
pub fn year(day: f64) -> f64 {
    -(365.0 * (-day).ln_1p()).exp_m1()
}

/// How many attempts a budget allows in a span: all of it at once, and what refills.
#[must_use]
pub fn allowed(rate: Rate, span: u64) -> u64 {
    rate.burst + span * 1000 / rate.interval
}

/// The odds of two consecutive codes, guessed as often as their budget allows, each compared with all pairs of steps.
#[must_use]
pub fn odds_of_pairs(site: &Site, span: u64) -> f64 {
    let candidates = site.policy.two_codes_candidates();
    let one = as_float(candidates) * odds_of_a_code(site.digits).powi(2);
    -(as_float(allowed(Rate::two_codes(candidates), span)) * (-one).ln_1p()).exp_m1()
}

/// The odds of a recovery code in so many guesses, while ten of them are unspent.
#[must_use]
pub fn odds_of_recovery_codes(guesses: u64) -> f64 {
    let one = 10.0 / 23_f64.powi(10);
    -(as_float(guesses) * (-one).ln_1p()).exp_m1()
}

/// Google-authenticator's odds: so many guesses for each step of 30 seconds, each compared with three steps.
#[must_use]
pub fn odds_against_google(guesses_a_step: u64, span: u64) -> f64 {
    let exposed = as_float(3 * guesses_a_step) * odds_of_a_code(Digits::Six);
    -(as_float(span / PERIOD) * (-exposed).ln_1p()).exp_m1()
}

/// What became of a guesser in a simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// How many guesses were compared.
    pub compared: u64,
    /// How many opened the login.
    pub opened: u64,
}

/// Lets a guesser loose on the real [`verify`], for so many seconds, the owner logging in as the site has it. A
/// guesser who gets in goes on: the number of successes is what is counted.
///
/// # Panics
/// When the owner is not let in.
#[must_use]
pub fn simulate(site: &Site, key: &OtpGenerator, span: u64, random: &mut u64) -> Simulated {
    let start = 1_700_000_000 / DAY * DAY;
    let mut state = State {
        used: UsedSteps::since_enrollment(Step(start / PERIOD - 5_001), Step(start / PERIOD - 5_000)),
        ..State::default()
    };
    let mut done = Simulated::default();
    let mut last_login = u64::MAX;
    for moment in guesses(site, span) {
        let login =
            moment.checked_div(DAY / site.logins.max(1)).filter(|_| site.logins > 0).unwrap_or(u64::MAX);
        if login != last_login {
            state = owner(site, key, &state, start + login * (DAY / site.logins));
            last_login = login;
        }
        let before = state.clone();
        let (verdict, next) = attempt(site, key, &before, &guess(site.digits, random), start + moment);
        done.compared += u64::from(next.throttle.guesses > before.throttle.guesses);
        if matches!(verdict, Verdict::Accepted(_)) {
            // As if it had been wrong, so that what follows is as it would have been.
            done.opened += 1;
            done.compared += 1;
            state.throttle = with_guess(state.throttle, UnixTime(start + moment));
        } else {
            state = next;
        }
    }
    done
}

fn with_guess(before: Throttle, now: UnixTime) -> Throttle {
    let today = if before.day == now.day() { before.today } else { 0 };
    let (guesses, single_codes) = (before.guesses + 1, before.single_codes + 1);
    Throttle { guesses, guessed_at: now, day: now.day(), today: today + 1, single_codes, ..before }
}

fn attempt(site: &Site, key: &OtpGenerator, state: &State, text: &str, now: u64) -> (Verdict, State) {
    let none = RecoveryCodes::default();
    let typed = ParsedReply::parse(text.as_bytes());
    verify(&Attempt::of(&typed), key, &none, state, &site.policy, UnixTime(now))
}

/// The owner logs in; with two consecutive codes, as single ones may be delayed.
fn owner(site: &Site, key: &OtpGenerator, state: &State, now: u64) -> State {
    let code = |step| key.code(Step(step)).reveal(site.digits).to_string();
    let step = now / PERIOD;
    let (verdict, next) = attempt(site, key, state, &(code(step - 1) + &code(step)), now);
    assert!(matches!(verdict, Verdict::Accepted(_)), "the owner was not let in: {verdict:?}");
    next
}

/// Any of the likeliest codes.
fn guess(digits: Digits, random: &mut u64) -> String {
    // xorshift64*: good enough to guess with.
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    let number = random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
    let likely = (1_u64 << 31) % u64::from(digits.codes());
    format!("{:0width$}", number % likely, width = digits.count())
}

#[allow(clippy::cast_precision_loss, reason = "numbers far below 2 to the 53")]
const fn as_float(number: u64) -> f64 {
    number as f64
}
