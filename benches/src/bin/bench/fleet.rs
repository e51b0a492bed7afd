//! Logins over a directory: a slapd on this machine, with TLS, and an `otp-fleet` for each login. All in real time: that
//! program keeps nothing of its caller's, no other clock either.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use insis_otp::Source;
use insis_otp::oath::Step;
use insis_otp::service::{FleetClient, FleetResponse, LoginAttempt, Reply, system_clock};
use insis_otp::verify::Verdict;
use insis_otp_benches::count;
use insis_otp_benches::report::{Figure, Row};
use insis_otp_benches::timer::median;
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{Env, run, talk};
use insis_otp_tests::fleet::{Address, BASE, BY_PASSWORD, HOST, Member, Slapd, start_ldif};
use insis_otp_tests::fleet_attempt::{operation, policy};

use super::Bench;

const PROGRAM: &str = "/usr/libexec/otp-fleet";
/// How many log in at once.
const AT_ONCE: usize = 64;
/// How often each of them does.
const EACH: usize = 3;
/// How often each connection of the client in C exchanges a value.
const EXCHANGES: usize = 20;
/// How many logins a median is of.
const MEDIAN_OF: usize = 100;
/// People in a large directory.
const MANY: usize = 100_000;

/// Logins over a directory, beside secret files and beside what the server can do.
pub fn directory(bench: &mut Bench) {
    // What makes the certificates sees the bench's clock, which other sections have set.
    bench.env.clock().shift(0);
    let slapd = Slapd::start();
    join(&bench.env, &slapd);
    bench.report.add(Row::bound("otp-fleet", Figure::count(count::kib(Path::new(PROGRAM)), "KiB"), 2048.0));
    starts(bench);
    let anna = Member::new(&slapd, "anna");
    own_cost(bench, &slapd, &anna);
    at_once(bench, &slapd);
    in_a_large_one(bench, &slapd, &anna);
}

fn join(env: &Env, slapd: &Slapd) {
    slapd.join_as(env, BY_PASSWORD, "");
}

/// From its start until it says that what it was asked is none of its requests.
fn starts(bench: &mut Bench) {
    let times: Vec<_> = (0..MEDIAN_OF)
        .map(|_| {
            let start = Instant::now();
            let said = talk(Command::new(PROGRAM).env_clear(), "nonsense\n");
            assert!(said.status.success(), "{said:?}");
            start.elapsed()
        })
        .collect();
    bench.report.add(Row::bound(
        "otp-fleet: from its start to its end, with nothing to do",
        median(&times),
        3000.0,
    ));
}

fn logs_in(client: &FleetClient, code: &str) -> Duration {
    let start = Instant::now();
    let answer = client.ask(operation(code));
    let time = start.elapsed();
    assert!(matches!(answer, Ok(FleetResponse::Login(Verdict::Accepted(_), _))), "{answer:?}");
    time
}

/// The same login in a secret file and in the directory, in turn. What libpam and the module do besides is the same for both.
fn own_cost(bench: &mut Bench, slapd: &Slapd, anna: &Member) {
    let client = anna.client(&slapd.settings(&slapd.ldaps(), BY_PASSWORD, ""));
    // Other sections have enrolled her, with another secret.
    let _ = std::fs::remove_file("/var/lib/insis-otp/anna");
    let here = Enrolled::user("anna");
    let (mut there_times, mut here_times) = (Vec::new(), Vec::new());
    for _ in 0..MEDIAN_OF {
        anna.again();
        there_times.push(logs_in(&client, &anna.code()));
        here.again();
        let reply = Reply::new(here.code().as_bytes());
        let (typed, policy) = (reply.parse(), policy());
        let start = Instant::now();
        let service =
            insis_otp::service::Service { store: here.file(), policy: &policy, clock: &system_clock };
        let decided = service.login(&LoginAttempt::from(Source::User(0), &typed));
        here_times.push(start.elapsed());
        assert!(matches!(decided, Ok((Verdict::Accepted(_), _))));
    }
    let (there, here) = (median(&there_times), median(&here_times));
    bench.report.add(Row::fact("accept, directory (TLS, on this machine)", there));
    bench.report.add(Row::bound(
        "accept, directory: more than a secret file",
        there.saturating_sub(here),
        8000.0,
    ));
}

/// Many people at once, each with a code of their own; beside a client in C with as many connections that do nothing but exchange a
/// value, and one that does for each two of them what else a login takes: a connection with TLS, a bind, a search.
fn at_once(bench: &mut Bench, slapd: &Slapd) {
    let people: Vec<_> = (0..AT_ONCE).map(|number| Member::new(slapd, &format!("crowd{number}"))).collect();
    let settings = slapd.settings(&slapd.ldaps(), BY_PASSWORD, "");
    // The codes of three steps are good at a time, in their order.
    while system_clock().0 % 30 > 10 {
        std::thread::sleep(Duration::from_millis(200));
    }
    let step = Member::step().0;
    let start = Instant::now();
    let failed = AtomicUsize::new(0);
    scope(|scope| {
        for person in &people {
            let (settings, failed) = (&settings, &failed);
            scope.spawn(move || {
                let client = person.client(settings);
                for step in step - 1..=step + 1 {
                    let answer = client.ask(operation(&person.code_of(Step(step))));
                    let is_in = matches!(answer, Ok(FleetResponse::Login(Verdict::Accepted(_), _)));
                    failed.fetch_add(usize::from(!is_in), Ordering::SeqCst);
                }
            });
        }
    });
    let time = start.elapsed();
    let logins = AT_ONCE * EACH - failed.load(Ordering::SeqCst);
    let per_second = |count: usize, time: Duration| {
        #[allow(clippy::cast_precision_loss, reason = "some hundreds")]
        let rate = count as f64 / time.as_secs_f64();
        Figure { value: rate, unit: "/s" }
    };
    let row = Row::fact(
        "64 people at once: logins not answered in time",
        Figure::count(failed.into_inner() as u64, ""),
    );
    bench.report.add(row);
    let logins_rate = per_second(logins, time);
    // Each is two of them: the charge, and what comes of it.
    let by_logins = per_second(2 * logins, time);
    let [bare, whole] =
        [("bare", EXCHANGES), ("login", EACH)].map(|(how, times)| by_c(bench, slapd, how, times));
    let what = "64 connections of a client in C: exchanges of a value";
    bench.report.add(Row::ratio(what, bare, "logins of 64 people at once", logins_rate, 1.25));
    bench.report.add(Row::compared_with(what, bare, "exchanges of these logins, two each", by_logins));
    let what = "the same, with a connection, a bind and a search for each two";
    bench.report.add(Row::ratio(what, whole, "exchanges of these logins, two each", by_logins, 1.25));
}

/// How many exchanges a second a client in C makes (benches/exchange.c), each person's of an entry of its own.
fn by_c(bench: &Bench, slapd: &Slapd, how: &str, times: usize) -> Figure {
    let mut ldif = String::new();
    for number in 0..AT_ONCE {
        let entry =
            format!("dn: uid=crowd{number},{BASE}\nchangetype: modify\nreplace: insisOtpInvitation\n\n");
        ldif.push_str(&entry);
    }
    slapd.change(&ldif);
    let program = bench.disk.with_file_name("exchange");
    let (connections, times) = (AT_ONCE.to_string(), times.to_string());
    let output = run(Command::new(&program).env("LDAPTLS_CACERT", slapd.file("ca.pem")).args([
        &slapd.ldaps(),
        HOST.0,
        HOST.1,
        BASE,
        &connections,
        &times,
        how,
    ]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [count, seconds] = numbers[..] else { panic!("{} said {said:?}", program.display()) };
    Figure { value: count / seconds, unit: "/s" }
}

/// Logins among very many people and among few, in turn.
fn in_a_large_one(bench: &mut Bench, small: &Slapd, anna: &Member) {
    let entries = (0..MANY).fold(start_ldif(), |mut ldif, number| {
        let _ = write!(ldif, "\ndn: uid=p{number},{BASE}\nobjectClass: account\nuid: p{number}\n");
        ldif
    });
    let large = Slapd::at(Address::here(), "", &entries);
    let person = Member::new(&large, "p77777");
    // A directory has been asked before somebody logs in: what it has read is in memory.
    let mut times = [(small, anna), (&large, &person)].map(|(slapd, member)| (slapd, member, Vec::new()));
    for round in 0..2 * MEDIAN_OF {
        for (slapd, member, times) in &mut times {
            join(&bench.env, slapd);
            let client = member.client(&slapd.settings(&slapd.ldaps(), BY_PASSWORD, ""));
            member.again();
            let time = logs_in(&client, &member.code());
            if round >= MEDIAN_OF / 10 {
                times.push(time);
            }
        }
    }
    let [few, many] = times.map(|(_, _, times)| median(&times));
    bench.report.add(Row::ratio("accept, directory of 100,000 entries", many, "of 65", few, 1.1));
}
