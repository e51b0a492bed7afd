//! Logins over a directory: a slapd on this machine, with TLS, and an `otp-fleet` for each login. All in real time: that
//! program keeps nothing of its caller's, no other clock either.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use insis_otp::Source;
use insis_otp::config::Server;
use insis_otp::oath::Step;
use insis_otp::service::{FleetClient, FleetResponse, LoginAttempt, Reply, system_clock};
use insis_otp::verify::Verdict;
use insis_otp_benches::count;
use insis_otp_benches::report::{Figure, Row};
use insis_otp_benches::timer::median;
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{Env, talk};
use insis_otp_tests::fleet::{Address, BASE, BY_PASSWORD, HOST, Member, Slapd, start_ldif};
use insis_otp_tests::fleet_attempt::{operation, policy};
use otp_fleet::connection::Connection;
use otp_fleet::message::{Change, Identity, Kind, Request};

use super::Bench;

const PROGRAM: &str = "/usr/libexec/otp-fleet";
/// How many log in at once.
const AT_ONCE: usize = 64;
/// How often each of them does.
const EACH: usize = 3;
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
    let small = own_cost(bench, &slapd, &anna);
    at_once(bench, &slapd);
    drop(slapd);
    in_a_large_one(bench, small);
}

fn join(env: &Env, slapd: &Slapd) {
    slapd.join_as(env, BY_PASSWORD, "");
}

/// From its start until it says that what it was asked is none of its requests.
fn starts(bench: &mut Bench) {
    let times: Vec<_> = (0..MEDIAN_OF)
        .map(|_| {
            let start = Instant::now();
            let said = talk(std::process::Command::new(PROGRAM).env_clear(), "nonsense\n");
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
fn own_cost(bench: &mut Bench, slapd: &Slapd, anna: &Member) -> Duration {
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
    there
}

/// Many people at once, each with a code of their own; beside as many connections that do nothing but exchange a value.
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
    let (bare, swaps) = exchanges(slapd);
    let row = Row::fact(
        "64 people at once: logins not answered in time",
        Figure::count(failed.into_inner() as u64, ""),
    );
    bench.report.add(row);
    bench.report.add(Row::ratio(
        "64 connections: exchanges of a value",
        per_second(swaps, bare),
        "logins of 64 people at once",
        per_second(logins, time),
        1.25,
    ));
}

/// How long so many connections take for so many exchanges of a value, each of an entry of its own.
fn exchanges(slapd: &Slapd) -> (Duration, usize) {
    const TIMES: usize = 20;
    let directory = slapd.directory();
    let server = Server::parse(&slapd.ldaps()).expect("an address");
    let identity = Identity::Simple { dn: HOST.0.to_owned(), password: HOST.1.to_owned().into() };
    let deadline = Instant::now() + Duration::from_secs(60);
    let connections: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            Connection::open(&server, (&directory.tls, None), &identity, deadline).expect("no connection")
        })
        .collect();
    let start = Instant::now();
    scope(|scope| {
        for (number, mut connection) in connections.into_iter().enumerate() {
            scope.spawn(move || {
                let dn = format!("uid=crowd{number},{BASE}");
                let mut old: Option<String> = None;
                for time in 0..TIMES {
                    let new = format!("value {time:0300}");
                    let delete = old.as_ref().map(|old| Change {
                        kind: Kind::Delete,
                        attribute: "insisOtpInvitation",
                        values: vec![old.as_bytes()],
                    });
                    let add = Change {
                        kind: Kind::Add,
                        attribute: "insisOtpInvitation",
                        values: vec![new.as_bytes()],
                    };
                    let changes: Vec<_> = delete.into_iter().chain([add]).collect();
                    let asked = connection.ask("exchange", &Request::Modify { dn: &dn, changes: &changes });
                    asked.and_then(|answer| answer.succeeded("exchange")).expect("no exchange");
                    old = Some(new);
                }
            });
        }
    });
    (start.elapsed(), AT_ONCE * TIMES)
}

/// One login among very many people, beside one among few.
fn in_a_large_one(bench: &mut Bench, small: Duration) {
    let entries = (0..MANY).fold(start_ldif(), |mut ldif, number| {
        ldif.push_str(&format!("\ndn: uid=p{number},{BASE}\nobjectClass: account\nuid: p{number}\n"));
        ldif
    });
    let slapd = Slapd::at(Address::here(), "", &entries);
    join(&bench.env, &slapd);
    let person = Member::new(&slapd, "p77777");
    let client = person.client(&slapd.settings(&slapd.ldaps(), BY_PASSWORD, ""));
    let times: Vec<_> = (0..MEDIAN_OF)
        .map(|_| {
            person.again();
            logs_in(&client, &person.code())
        })
        .collect();
    bench.report.add(Row::ratio("accept, directory of 100,000 entries", median(&times), "of 10", small, 1.1));
}
