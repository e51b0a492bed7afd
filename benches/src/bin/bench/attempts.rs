//! One authentication after the other: what it costs, and what stays of it.

use std::time::Duration;

use insis_otp_benches::candidates::{self, Candidate};
use insis_otp_benches::count;
use insis_otp_benches::report::{Figure, Row};
use insis_otp_benches::timer::{Input, Timer, median};
use insis_otp_tests::journal;
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::Person;

use super::{Bench, REFUSED};

/// Bytes, system calls, instructions.
pub fn counts(bench: &mut Bench) {
    let module = count::module("pam_insis_otp.so");
    bench.report.add(Row::bound("module, stripped", Figure::count(count::kib(&module), "KiB"), 450.0));
    let allowed = ["libc.so.6", "libpam.so.0", "libgcc_s.so.1"];
    let strange = count::needed(&module).iter().filter(|name| !allowed.contains(&name.as_str())).count();
    let strange = Figure::count(strange as u64, "");
    bench.report.add(Row::bound("shared libraries but libc, libpam and libgcc_s", strange, 0.0));
    let folder = bench.memory.clone();
    let anna = candidates::enrolled("anna", 1, &folder);
    let (ours, google) = (candidates::ours(&folder), candidates::google(&folder, &[&anna]));
    let oath = candidates::oath(&folder, &[&anna], 1);
    system_calls(bench, &anna);
    for (what, right) in [("instructions, accepted", true), ("instructions, refused", false)] {
        for (name, other) in [("google-authenticator", &google), ("pam_oath", &oath)] {
            let mut counted = |candidate| {
                let step = bench.next_step();
                let code = if right { anna.code(step) } else { candidates::wrong_code(&anna, step) };
                Figure::count(count::instructions(candidate, "anna", &code).0, "")
            };
            let row = Row::ratio(what, counted(&ours), name, counted(other), f64::INFINITY);
            bench.report.add(Row { most: None, ..row });
        }
    }
}

fn system_calls(bench: &mut Bench, anna: &Person) {
    let calls = |bench: &mut Bench, candidate: &Candidate, right| {
        let step = bench.next_step();
        let code = if right { anna.code(step) } else { candidates::wrong_code(anna, step) };
        count::system_calls(candidate, "anna", &code)
    };
    let folder = bench.memory.clone();
    // The password step before it has looked the user up, so that the user database is open.
    let warm = |candidate: Candidate| candidate.after("auth required pam_succeed_if.so quiet uid >= 0");
    let (permit, ours) = (warm(candidates::permit()), warm(candidates::ours(&folder)));
    let idle = calls(bench, &permit, true).len();
    for (what, right, most) in [("accepted", true, 30.0), ("refused", false, 25.0)] {
        let made = calls(bench, &ours, right);
        let named = |name: &str| made.iter().filter(|call| call.name.contains(name)).count() as u64;
        let (syncs, forks) = (named("sync"), named("fork") + named("clone"));
        let by_journal = journal::while_listening(|| calls(bench, &ours, right));
        let above = |calls: usize| Figure::count(calls.saturating_sub(idle) as u64, "");
        let what = |subject| format!("system calls above pam_permit, {what}{subject}");
        let rows = [
            (what(", logged by the journal"), above(by_journal.len()), most),
            (what(", logged by /dev/log"), above(made.len()), most),
            (what(": syncs"), Figure::count(syncs, ""), if right { 1.0 } else { 0.0 }),
            (what(": forks"), Figure::count(forks, ""), 0.0),
        ];
        rows.into_iter().for_each(|(what, figure, most)| bench.report.add(Row::bound(&what, figure, most)));
    }
}

/// Accepted and refused authentications: everybody once in each round, in an order that chance decides, the same each time.
pub fn attempts(bench: &mut Bench) {
    let mut order = fastrand::Rng::with_seed(1);
    for (medium, folder) in [("disk", bench.disk.clone()), ("tmpfs", bench.memory.clone())] {
        let anna = candidates::enrolled("anna", 1, &folder);
        let all = [
            candidates::permit(),
            candidates::floor(&folder),
            candidates::google(&folder, &[&anna]),
            candidates::google_with(&folder, &[&anna], "noskewadj"),
            candidates::oath(&folder, &[&anna], 1),
            candidates::ours(&folder),
        ];
        let mut timer = Timer::start();
        let mut times = all.each_ref().map(|_| (Vec::new(), Vec::new()));
        for _ in 0..200 {
            let mut turns = Vec::new();
            for (candidate, (accepted, refused)) in all.iter().zip(&mut times) {
                turns.push((candidate, true, accepted));
                if candidate.name != "floor" && candidate.name != "pam_permit" {
                    turns.push((candidate, false, refused));
                }
            }
            // Whoever comes after a module that has written a lot waits for it too, and finds no cache warm.
            order.shuffle(&mut turns);
            for (candidate, is_right, times) in turns {
                times.push(match is_right {
                    true => bench.accept(&mut timer, candidate, &anna),
                    false => bench.refuse(&mut timer, candidate, &anna),
                });
            }
        }
        let [permit, floor, google, noskew, oath, ours] = times;
        let accepted = |times: &(Vec<Duration>, Vec<Duration>)| median(&times.0);
        let refused = |times: &(Vec<Duration>, Vec<Duration>)| median(&times.1);
        let mut compare = |what: &str, ours, other: &str, theirs, most: Option<f64>| {
            let row = Row::ratio(&format!("{what}, {medium}"), ours, other, theirs, f64::INFINITY);
            bench.report.add(Row { most, ..row });
        };
        let on_disk = medium == "disk";
        compare("accept", accepted(&ours), "pam_permit", accepted(&permit), None);
        compare("accept", accepted(&ours), "floor", accepted(&floor), on_disk.then_some(1.25));
        compare(
            "accept",
            accepted(&ours),
            "google-authenticator",
            accepted(&google),
            Some(if on_disk { 0.45 } else { 1.0 }),
        );
        compare("floor", accepted(&floor), "google-authenticator", accepted(&google), None);
        compare("accept", accepted(&ours), "pam_oath", accepted(&oath), None);
        compare("refuse", refused(&ours), "google-authenticator", refused(&google), on_disk.then_some(0.1));
        compare("refuse", refused(&ours), "google-authenticator noskewadj", refused(&noskew), None);
        compare("refuse", refused(&ours), "pam_oath", refused(&oath), on_disk.then_some(1.2));
    }
}

/// Nothing that is typed, and no setting, makes a refusal expensive.
pub fn expensive_replies(bench: &mut Bench) {
    let folder = bench.memory.clone();
    let anna = candidates::enrolled("anna", 1, &folder);
    let guessed = candidates::enrolled("user0", 2, &folder);
    let plain = candidates::ours(&folder);
    let wide = candidates::ours_with(&folder, "window=10");
    let google = candidates::google(&folder, &[&anna]);
    let [mut usual, mut widest, mut throttled] = [const { Vec::new() }; 3];
    let mut timer = Timer::start();
    for _ in 0..100 {
        bench.accept(&mut timer, &plain, &anna);
        usual.push(bench.refuse(&mut timer, &plain, &anna));
        bench.accept(&mut timer, &plain, &anna);
        widest.push(bench.refuse(&mut timer, &wide, &anna));
        // Somebody else who has typed wrong codes only: after the free ones, all but a few are not compared.
        let code = Input::Text(candidates::wrong_code(&guessed, bench.step));
        throttled.push(timer.time(&plain, &guessed.name, code, &REFUSED).time());
    }
    let usual = median(&usual);
    bench.report.add(Row::ratio("refuse, window=10", median(&widest), "window=1", usual, 1.2));
    bench.report.add(Row::ratio("refuse, throttled", median(&throttled), "not throttled", usual, 1.2));
    let huge = |bench: &mut Bench, candidate: &Candidate| {
        let mut timer = Timer::start();
        let times = (0..10).map(|_| {
            bench.next_step();
            timer.time(candidate, "anna", Input::Huge(64 << 20), &REFUSED)
        });
        let done: Vec<_> = times.collect();
        let peak = done.iter().map(|one| one.peak).max().unwrap_or(0);
        (median(&done.iter().map(|one| one.time()).collect::<Vec<_>>()), peak)
    };
    let (our_time, our_peak) = huge(bench, &plain);
    let (their_time, their_peak) = huge(bench, &google);
    let other = "google-authenticator";
    bench.report.add(Row::ratio("refuse, reply of 64 MiB", our_time, other, their_time, 1.0));
    bench.report.add(Row::ratio(
        "memory at most, reply of 64 MiB",
        Figure::count(our_peak, "KiB"),
        other,
        Figure::count(their_peak, "KiB"),
        1.02,
    ));
}

/// Load and first authentication, and the memory that stays.
pub fn fresh_processes(bench: &mut Bench) {
    let folder = bench.memory.clone();
    let anna = candidates::enrolled("anna", 1, &folder);
    let all = [candidates::ours(&folder), candidates::google(&folder, &[&anna])];
    let mut times = all.each_ref().map(|_| Vec::new());
    let mut memory = all.each_ref().map(|_| Vec::new());
    for _ in 0..50 {
        for ((candidate, times), memory) in all.iter().zip(&mut times).zip(&mut memory) {
            let code = Input::Text(anna.code(bench.next_step()));
            let done = Timer::start().time(candidate, "anna", code, &[Code::SUCCESS]);
            times.push(done.time());
            memory.push(done.resident);
        }
    }
    let [ours, google] = times;
    let other = "google-authenticator";
    bench.report.add(Row::ratio("load and first accept, tmpfs", median(&ours), other, median(&google), 1.0));
    // It differs from one process to the next: the kernel maps files in pieces, and where they lie is left to chance.
    let [ours, google] = memory.map(|all| Figure::count(median(&all), "KiB"));
    bench.report.add(Row::ratio("resident memory afterwards", ours, other, google, 1.2));
}

/// 10,000 authentications in one process.
pub fn growth(bench: &mut Bench) {
    let folder = bench.memory.clone();
    let anna = candidates::enrolled("anna", 1, &folder);
    let ours = candidates::ours(&folder);
    let mut timer = Timer::start();
    let mut authenticate = |bench: &mut Bench| {
        let code = Input::Text(anna.code(bench.next_step()));
        timer.time(&ours, "anna", code, &[Code::SUCCESS])
    };
    for _ in 0..100 {
        authenticate(bench);
    }
    let files = || std::fs::read_dir(folder.join("store")).expect("no store").count() as u64;
    let before = files();
    let first = authenticate(bench);
    let mut last = first.clone();
    for _ in 0..10_000 {
        last = authenticate(bench);
    }
    let grown = Figure::count(last.resident.saturating_sub(first.resident), "KiB");
    bench.report.add(Row::bound("memory grown over 10,000 authentications", grown, 64.0));
    let opened = last.descriptors.saturating_sub(first.descriptors) as u64;
    bench.report.add(Row::bound(
        "descriptors left by 10,000 authentications",
        Figure::count(opened, ""),
        0.0,
    ));
    let left = Figure::count(files().saturating_sub(before), "");
    bench.report.add(Row::bound("files left by 10,000 authentications", left, 0.0));
}
