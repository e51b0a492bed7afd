//! Secret files that former versions wrote: every later one reads them.
//!
//! `tests/fixtures/VERSION/` holds what each version wrote; a new form of the file adds a folder, and none is ever
//! removed. `cargo test -p insis-otp-tests --test upgrade -- --ignored` writes the folder of the present version.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use insis_otp::oath::{
    Algorithm, BypassHash, Digits, Drift, OtpGenerator, Parameters, Period, RecoveryCodes, Salt, ScratchCode,
    Secret, Step, UnixTime,
};
use insis_otp::record::{AppEntry, Enrollment, UserName};
use insis_otp::store::{Account, Decision, SecretFile, Template, UserStore, Write};
use insis_otp::verify::{
    Budgets, Bypass, BypassNews, Meter, Remembered, ResyncStart, SourceMeter, SourceTag, State, Throttle,
    UsedSteps,
};
use insis_otp_tests::person::{STEP, recovery_code, secret_bytes};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Anna's secret file in that home, whoever runs this.
fn file_in(home: &Path) -> SecretFile {
    let account = Account {
        name: UserName::parse("anna").expect("a name"),
        uid: nix::unistd::geteuid(),
        gid: nix::unistd::getegid(),
        home: home.to_owned(),
    };
    Template::parse("%h/.insis-otp").expect("a template").locate(&account)
}

fn enrollment(algorithm: Algorithm, digits: u64, period: u64, bytes: usize) -> Enrollment {
    let secret: Vec<u8> = secret_bytes(1).into_iter().cycle().take(bytes).collect();
    let secret = Secret::from_bytes(&secret).expect("a secret");
    let (digits, period) =
        (Digits::try_from(digits).expect("digits"), Period::try_from(period).expect("a period"));
    Enrollment {
        user: UserName::parse("anna").expect("a name"),
        entry: AppEntry {
            key: OtpGenerator::new(secret, Parameters { algorithm, digits, period }),
            issuer: "InSIS \"quoted\" \\ ž".into(),
            account: "anna@host".into(),
        },
        enrolled_at: UnixTime(1_700_000_000),
        recovery: RecoveryCodes::new(&[recovery_code()], Salt([7; 16])),
    }
}

fn state() -> State {
    State {
        used: UsedSteps {
            upto: Step(STEP),
            unused_range: Some((Step(STEP - 9_000), Step(STEP - 10))),
            used_ahead: Some((Step(STEP + 1_000), Step(STEP + 2_000))),
        },
        drift: Drift(-3),
        failures: 4,
        throttle: Throttle {
            guesses: 7,
            guessed_at: UnixTime(1_700_000_100),
            day: 19_675,
            today: 29,
            ..Throttle::default()
        },
        last_login: Some(UnixTime(1_700_000_010)),
        used_recovery: 1,
        // Those of the first lines of state are asked once more.
        ..State::default()
    }
}

/// The version of the secret file that is written now: 0.1.0 with lines of state of the second kind, recovery codes
/// counted by source, and bypass codes.
const PRESENT: &str = "0.1.0-state-2-bypass";
/// The version before, without bypass codes.
const WITH_SOURCES: &str = "0.1.0-state-2-sources";
/// The version before that, in which recovery codes had one budget for all sources.
const FORMER: &str = "0.1.0-state-2";

/// What lines of state of the first kind did not hold.
fn with_the_present_fields(state: &State, recovery: Meter) -> State {
    let source =
        |number: u32| SourceMeter { tag: SourceTag(number), two_codes: Meter(1_700_000_000_123), recovery };
    let budgets =
        Budgets { two_codes: Meter(1_700_000_111_222), sources: vec![source(0x0123_4567), source(u32::MAX)] };
    State {
        throttle: Throttle { single_codes: 6, budgets, ..state.throttle.clone() },
        remembered: vec![Remembered { tag: 0x0123_4567_89ab_cdef, since: UnixTime(1_700_000_009) }],
        resync: Some(ResyncStart { step: Step(STEP + 40), at: UnixTime(1_700_000_020) }),
        ..state.clone()
    }
}

/// What each fixture of a version holds.
fn expected(version: &str) -> Vec<(&'static str, Enrollment, State)> {
    let common = enrollment(Algorithm::Sha1, 6, 30, 20);
    let scratch = RecoveryCodes::of_scratch_codes(&SCRATCH.map(scratch_code), Salt([9; 16]));
    let imported = Enrollment { recovery: scratch.expect("scratch codes"), ..common.clone() };
    let mut all = vec![
        ("new", common.clone(), State::default()),
        ("used", common, state()),
        ("sha256", enrollment(Algorithm::Sha256, 7, 60, 32), state()),
        ("sha512", enrollment(Algorithm::Sha512, 8, 300, 64), State::default()),
        ("imported", imported, state()),
    ];
    let recovery = match version {
        PRESENT | WITH_SOURCES => Some(Meter(1_700_000_222_333)),
        FORMER => Some(Meter(0)),
        _ => None,
    };
    if let Some(recovery) = recovery {
        for (_, _, state) in &mut all {
            *state = with_the_present_fields(state, recovery);
        }
    }
    if version == PRESENT {
        for (_, _, state) in &mut all {
            let hash = BypassHash(*b"twelve bytes");
            state.bypass = Some(Bypass { hash, expires: UnixTime(1_700_014_400), uses: 3 });
            state.bypass_news = Some(BypassNews { at: UnixTime(1_700_000_500), logins: 2 });
        }
    }
    if version == "0.1.0-alpha" {
        // There was no daily limit, and scratch codes were left out.
        all.retain(|(name, ..)| *name != "imported");
        for (_, _, state) in &mut all {
            state.throttle = Throttle { day: 0, today: 0, ..std::mem::take(&mut state.throttle) };
        }
    }
    all
}

const SCRATCH: [&str; 2] = ["64753986", "06340609"];

fn scratch_code(digits: &str) -> ScratchCode {
    ScratchCode::from_digits(digits.as_bytes()).expect("eight digits")
}

fn versions() -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(fixtures()).expect("no fixtures").map(|entry| entry.expect("no entry"));
    entries.map(|entry| (entry.file_name().into_string().expect("a name"), entry.path())).collect()
}

#[test]
fn secret_files_of_every_version_are_read_and_written_on() {
    let versions = versions();
    assert!(versions.len() > 1);
    for (version, folder) in versions {
        for (name, enrollment, state) in expected(&version) {
            let home = tempfile::tempdir().expect("no folder");
            let file = file_in(home.path());
            std::fs::copy(folder.join(name), file.path()).expect("no fixture");
            std::fs::set_permissions(file.path(), PermissionsExt::from_mode(0o600))
                .expect("cannot set a mode");
            let record = file.read().unwrap_or_else(|error| panic!("{version}: {error}"));
            let read = &record.enrollment;
            assert_eq!(read.entry.key.secret(), enrollment.entry.key.secret());
            assert_eq!(read.entry.key.algorithm(), enrollment.entry.key.algorithm());
            assert_eq!(
                (read.entry.key.digits(), read.entry.key.period()),
                (enrollment.entry.key.digits(), enrollment.entry.key.period())
            );
            assert_eq!(
                (&read.entry.issuer, &read.entry.account),
                (&enrollment.entry.issuer, &enrollment.entry.account)
            );
            assert_eq!((read.enrolled_at, &read.recovery), (enrollment.enrolled_at, &enrollment.recovery));
            assert_eq!(record.state, state, "{version}/{name}");
            let next = State { failures: 99, ..state };
            let write = |_: &_, _: &_| Decision { state: next.clone(), write: Write::Durable, answer: () };
            file.transact(write).expect("a former version's file can be written");
            assert_eq!(file.read().expect("and read").state, next);
        }
    }
}

#[test]
#[ignore = "writes the fixtures of this version"]
fn write_the_fixtures_of_this_version() {
    let folder = fixtures().join(PRESENT);
    std::fs::create_dir_all(&folder).expect("no folder");
    for (name, enrollment, state) in expected(PRESENT) {
        let home = tempfile::tempdir().expect("no folder");
        let file = file_in(home.path());
        file.create(&enrollment, &state).expect("cannot write");
        std::fs::copy(file.path(), folder.join(name)).expect("cannot copy");
        std::fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o644))
            .expect("cannot set a mode");
    }
}
