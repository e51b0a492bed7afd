//! Many at the same instant, and many users.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp_benches::candidates;
use insis_otp_benches::plot::{Curve, Plot};
use insis_otp_benches::report::{Figure, Row};
use insis_otp_benches::timer::{Timer, median};
use insis_otp_tests::env::run;
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::Person;
use insis_otp_tests::rounds::Crowd;

use super::{Bench, CROWD, crowd_name};

/// Many at the same instant.
pub fn crowds(bench: &mut Bench) {
    let (disk, memory) = (bench.disk.clone(), bench.memory.clone());
    let mut curves = ["insis_otp", "google-authenticator"].map(|name| Curve { name, points: Vec::new() });
    for size in [1, 2, 4, 8, 16, CROWD] {
        let (times, outside) = crowd(bench, &disk, size);
        for (curve, time) in curves.iter_mut().zip(times) {
            curve.points.push((Figure::count(size as u64, "").value, Figure::from(time).value));
        }
        if size == CROWD {
            let [ours, google] = times;
            let what = "32 people at once: until the last is in, disk";
            bench.report.add(Row::ratio(what, ours, "google-authenticator", google, 0.5));
            let outside = Figure::count(outside, "");
            bench.report.add(Row::bound("32 people at once, 20 times: not let in", outside, 0.0));
        }
    }
    let ([ours, google], _) = crowd(bench, &memory, CROWD);
    let what = "32 people at once: until the last is in, tmpfs";
    let row = Row::ratio(what, ours, "google-authenticator", google, f64::INFINITY);
    bench.report.add(Row { most: None, ..row });
    bench.report.plots.push(Plot {
        name: "at-once",
        title: "People who log in at the same instant, each with the right code",
        across: "people",
        up: "µs until the last one is in",
        curves: curves.into(),
    });
    one_code(bench);
}

/// So many people with their stores in that folder, each with the right code, 20 times: how long it takes until the last
/// is in, by this project's module and by google-authenticator, and how many this one did not let in.
fn crowd(bench: &mut Bench, folder: &Path, size: usize) -> ([Duration; 2], u64) {
    let names: Vec<String> = (0..size).map(crowd_name).collect();
    let enrolled = |(name, seed): (&String, u8)| candidates::enrolled(name, seed, folder);
    let people: Vec<Person> = names.iter().zip(1..).map(enrolled).collect();
    let everybody: Vec<&Person> = people.iter().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = [candidates::ours(folder), candidates::google(folder, &everybody)];
    let mut crowds = all.each_ref().map(|candidate| Crowd::of(&candidate.stack, &names));
    let mut times = all.each_ref().map(|_| Vec::new());
    let mut outside = 0;
    for _ in 0..20 {
        for (number, (crowd, times)) in crowds.iter_mut().zip(&mut times).enumerate() {
            let step = bench.next_step();
            let codes: Vec<String> = people.iter().map(|person| person.code(step)).collect();
            let (took, codes) = timed_round(crowd, &codes);
            times.push(took);
            if number == 0 {
                outside += codes.iter().filter(|code| **code != Code::SUCCESS).count() as u64;
            }
        }
    }
    (times.map(|times| median(&times)), outside)
}

fn timed_round(crowd: &mut Crowd, replies: &[String]) -> (Duration, Vec<Code>) {
    let mut start = Instant::now();
    let codes = crowd.round_with(replies, || start = Instant::now());
    (start.elapsed(), codes)
}

/// 128 processes with one code.
fn one_code(bench: &mut Bench) {
    let folder = bench.disk.clone();
    let person = candidates::enrolled(&crowd_name(0), 1, &folder);
    let all = [candidates::ours(&folder), candidates::google(&folder, &[&person])];
    let mut crowds =
        all.each_ref().map(|candidate| Crowd::of(&candidate.stack, &[person.name.as_str(); 128]));
    let mut opened = all.each_ref().map(|_| Vec::new());
    let mut times = all.each_ref().map(|_| Vec::new());
    for _ in 0..20 {
        for ((crowd, opened), times) in crowds.iter_mut().zip(&mut opened).zip(&mut times) {
            let code = person.code(bench.next_step());
            let (took, codes) = timed_round(crowd, &vec![code; 128]);
            opened.push(codes.iter().filter(|code| **code == Code::SUCCESS).count() as u64);
            times.push(took);
        }
    }
    let [ours, google] = opened;
    let most = |opened: &[u64]| Figure::count(opened.iter().copied().max().unwrap_or(0), "");
    let least = Figure::count(ours.iter().copied().min().unwrap_or(0), "");
    bench.report.add(Row::fact("128 processes with one code, 20 times: let in at the least", least));
    let what = "128 processes with one code, 20 times: let in at the most";
    bench.report.add(Row::compared_with(what, most(&ours), "google-authenticator", most(&google)));
    let [ours, google] = times;
    let row = Row::ratio(
        "128 processes with one code: until the last is answered, disk",
        median(&ours),
        "google-authenticator",
        median(&google),
        f64::INFINITY,
    );
    bench.report.add(Row { most: None, ..row });
}

/// Users by the hundred thousand. Their secret files are one another's copies; one of them is a person's.
pub fn many_users(bench: &mut Bench) {
    let sizes = [10, 100, 1_000, 10_000, 100_000];
    let mut stores = Vec::new();
    for size in sizes {
        let folder = bench.disk.join(format!("users.{size}"));
        let anna = candidates::enrolled("anna", 1, &folder);
        crowd_the_store(&folder, size);
        let oath = candidates::oath(&folder, &[&anna], size);
        stores.push((size, anna, candidates::ours(&folder), oath, Vec::new(), Vec::new()));
    }
    run(&mut Command::new("sync"));
    let mut timer = Timer::start();
    for round in 0..200 {
        for (_, anna, ours, oath, our_times, their_times) in &mut stores {
            our_times.push(bench.accept(&mut timer, ours, anna));
            if round % 20 == 0 {
                their_times.push(bench.accept(&mut timer, oath, anna));
            }
        }
    }
    let mut curves = ["insis_otp", "pam_oath"].map(|name| Curve { name, points: Vec::new() });
    let mut ends = Vec::new();
    for (size, .., our_times, their_times) in &stores {
        for (curve, times) in curves.iter_mut().zip([our_times, their_times]) {
            let point = (Figure::count(*size as u64, "").value, Figure::from(median(times)).value);
            curve.points.push(point);
        }
        ends.push((median(our_times), median(their_times)));
    }
    if let (Some((few, _)), Some((many, oath))) = (ends.first(), ends.last()) {
        bench.report.add(Row::ratio("accept, 100,000 users, disk", *many, "10 users", *few, 1.05));
        let row = Row::ratio("accept, 100,000 users, disk", *many, "pam_oath", *oath, f64::INFINITY);
        bench.report.add(Row { most: None, ..row });
    }
    bench.report.plots.push(Plot {
        name: "users",
        title: "Accepted authentication by the number of users, on a disk",
        across: "users",
        up: "µs",
        curves: curves.into(),
    });
}

fn crowd_the_store(folder: &Path, size: usize) {
    let store = folder.join("store");
    let page = std::fs::read(store.join("anna")).expect("no secret file");
    for number in 1..size {
        std::fs::write(store.join(format!("stranger{number}")), &page).expect("cannot write a secret file");
    }
}
