//! Many processes at once: one code opens one login, and every failure is counted.

use insis_otp_tests::env::Env;
use insis_otp_tests::pam::{Code, Stack};
use insis_otp_tests::person::{Person, STEP, time_of};
use insis_otp_tests::rounds::Crowd;

const MODULE: &str = "auth required pam_insis_otp.so tries=1";

fn count(codes: &[Code], code: Code) -> usize {
    codes.iter().filter(|one| **one == code).count()
}

/// The same right code by so many processes at once, each round with the next code.
fn one_code_opens_one_login(processes: usize, rounds: u64) {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::paired("anna", 1);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &vec!["anna"; processes]);
    for round in 0..rounds {
        let step = STEP + round;
        env.clock().freeze(time_of(step));
        let codes = crowd.round(&vec![anna.code(step); processes]);
        let (opened, refused) = (count(&codes, Code::SUCCESS), count(&codes, Code::AUTH_ERR));
        assert_eq!((opened, refused), (1, processes - 1), "round {round}: {codes:?}");
        // Those who came after the one that got in; those before are in what it was told.
        assert!(anna.state().failures < u32::try_from(processes).expect("a small number"));
        assert!(anna.has_spent(step));
    }
}

#[test]
fn of_128_processes_with_the_same_code_one_gets_in_200_times() {
    one_code_opens_one_login(128, 200);
}

#[test]
fn of_2_processes_with_the_same_code_one_gets_in_200_times() {
    one_code_opens_one_login(2, 200);
}

#[test]
#[ignore = "long: make assurance"]
fn of_4_to_256_processes_with_the_same_code_one_gets_in_200_times() {
    for processes in [4, 8, 16, 32, 64, 256] {
        one_code_opens_one_login(processes, 200);
    }
}

#[test]
fn each_of_128_wrong_codes_at_once_is_counted() {
    let env = Env::build().user("anna", "secret").clock().start();
    let anna = Person::paired("anna", 1);
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &["anna"; 128]);
    let wrong = anna.wrong_codes(STEP, 128);
    for round in 0..10 {
        anna.reset();
        env.clock().freeze(time_of(STEP));
        let codes = crowd.round(&wrong);
        // Six were compared (five are free, the sixth begins the delay), the others were not.
        let (refused, throttled) = (count(&codes, Code::AUTH_ERR), count(&codes, Code::MAXTRIES));
        assert_eq!((refused, throttled), (6, 122), "round {round}: {codes:?}");
        let state = anna.state();
        assert_eq!((state.failures, state.throttle.guesses), (128, 6), "round {round}");
    }
}

#[test]
fn people_do_not_wait_for_one_another() {
    let names: Vec<String> = (0..32).map(|number| format!("user{number}")).collect();
    let builder = names.iter().fold(Env::build(), |builder, name| builder.user(name, "secret"));
    let env = builder.clock().start();
    let people: Vec<Person> = names.iter().zip(1..).map(|(name, seed)| Person::paired(name, seed)).collect();
    let stack = Stack::new("door", MODULE);
    let mut crowd = Crowd::of(&stack, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for step in STEP..STEP + 20 {
        env.clock().freeze(time_of(step));
        let codes = crowd.round(&people.iter().map(|person| person.code(step)).collect::<Vec<_>>());
        assert_eq!(count(&codes, Code::SUCCESS), 32, "{codes:?}");
    }
}
