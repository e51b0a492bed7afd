//! `bench FOLDER [--docs DOCS] [SECTION…]`: measures everything, or some sections, on the throwaway machine.
//!
//! FOLDER is on the disk that is to be measured; the report goes there, and with `--docs` into the documentation too.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp_benches::candidates::{self, Candidate};
use insis_otp_benches::count;
use insis_otp_benches::plot::{Curve, Plot};
use insis_otp_benches::report::{Figure, Report, Row};
use insis_otp_benches::timer::{Input, Timer, median};
use insis_otp_tests::env::{Env, run, talk};
use insis_otp_tests::journal;
use insis_otp_tests::page::Page;
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP, time_of};
use insis_otp_tests::rounds::Crowd;
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;

type Section = fn(&mut Bench);

const SECTIONS: [(&str, Section); 10] = [
    ("counts", counts),
    ("attempts", attempts),
    ("refusals", expensive_replies),
    ("fresh", fresh_processes),
    ("crowd", crowds),
    ("growth", growth),
    ("ssh", ssh_logins),
    ("setup", otp_setup),
    ("users", many_users),
    ("list", list_of_many),
];

/// How many people come at once at the most.
const CROWD: usize = 32;
const REFUSED: [Code; 1] = [Code::AUTH_ERR];

struct Bench {
    env: Env,
    disk: PathBuf,
    memory: PathBuf,
    step: u64,
    report: Report,
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let folder = PathBuf::from(arguments.next().expect("usage: bench FOLDER [--docs DOCS] [SECTION…]"));
    let docs = arguments.next_if(|argument| argument == "--docs").and_then(|_| arguments.next());
    let chosen: Vec<String> = arguments.collect();
    let mut bench = Bench::start(&folder);
    for (name, section) in SECTIONS {
        if chosen.is_empty() || chosen.iter().any(|one| one == name) {
            eprintln!("--- {name}");
            section(&mut bench);
        }
    }
    bench.publish(&folder, docs.as_deref().map(Path::new));
}

impl Bench {
    fn start(folder: &Path) -> Self {
        let builder = Env::build().user("anna", "correct horse").clock();
        let builder = (0..CROWD).fold(builder, |builder, number| builder.user(&crowd_name(number), "secret"));
        let env = builder.start();
        let (disk, memory) = (folder.join("disk"), PathBuf::from("/run/bench"));
        for folder in [&disk, &memory] {
            let _ = std::fs::remove_dir_all(folder);
            std::fs::create_dir_all(folder).expect("cannot make a folder");
        }
        Self { env, disk, memory, step: STEP, report: Report::default() }
    }

    /// A time step after all that were used.
    fn next_step(&mut self) -> u64 {
        // As long as google-authenticator counts attempts, twice over.
        self.step += 4;
        self.env.clock().freeze(time_of(self.step));
        self.step
    }

    /// One accepted authentication.
    fn accept(&mut self, timer: &mut Timer, candidate: &Candidate, person: &Person) -> Duration {
        let code = person.code(self.next_step());
        timer.time(candidate, &person.name, Input::Text(code), &[Code::SUCCESS]).time()
    }

    /// One refused authentication.
    fn refuse(&mut self, timer: &mut Timer, candidate: &Candidate, person: &Person) -> Duration {
        let code = candidates::wrong_code(person, self.next_step());
        timer.time(candidate, &person.name, Input::Text(code), &REFUSED).time()
    }

    fn publish(&self, folder: &Path, docs: Option<&Path>) {
        let table = self.report.table();
        println!("{table}");
        let json = serde_json::to_string_pretty(&self.report).expect("a report is JSON");
        std::fs::write(folder.join("report.json"), json).expect("cannot write the report");
        let _ = std::fs::remove_dir_all(&self.disk);
        for target in [Some(folder), docs].into_iter().flatten() {
            for plot in &self.report.plots {
                let path = target.join(format!("{}.svg", plot.name));
                std::fs::write(path, plot.svg()).expect("cannot write a picture");
            }
        }
        if let Some(docs) = docs {
            insert(&docs.join("performance.md"), &table);
        }
    }
}

/// Puts the table between the two marks in a page.
fn insert(page: &Path, table: &str) {
    let text = std::fs::read_to_string(page).expect("cannot read the page");
    let (before, rest) = text.split_once("<!-- table -->").expect("the page has a place for the table");
    let (_, after) = rest.split_once("<!-- end of the table -->").expect("the place has an end");
    let text = format!("{before}<!-- table -->\n{table}<!-- end of the table -->{after}");
    std::fs::write(page, text).expect("cannot write the page");
}

fn crowd_name(number: usize) -> String {
    format!("user{number}")
}

/// Bytes, system calls, instructions.
fn counts(bench: &mut Bench) {
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
fn attempts(bench: &mut Bench) {
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
fn expensive_replies(bench: &mut Bench) {
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
fn fresh_processes(bench: &mut Bench) {
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

/// Many at the same instant.
fn crowds(bench: &mut Bench) {
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
    bench.report.add(Row {
        reference: Some(("google-authenticator".into(), most(&google))),
        most: None,
        ..Row::bound("128 processes with one code, 20 times: let in at the most", most(&ours), 1.0)
    });
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

/// 10,000 authentications in one process.
fn growth(bench: &mut Bench) {
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

/// Whole logins over ssh, with the password alone and with the code too.
fn ssh_logins(bench: &mut Bench) {
    let rest = "account required pam_permit.so\nsession required pam_permit.so\n";
    let unix = "auth required pam_unix.so\n";
    let code = "auth required pam_insis_otp.so\n";
    bench.env.write(Path::new("/etc/pam.d/one"), format!("{unix}{rest}").as_bytes(), 0o644);
    bench.env.write(Path::new("/etc/pam.d/two"), format!("{unix}{code}{rest}").as_bytes(), 0o644);
    let anna = Person::enrolled("anna", 1);
    let servers = [Sshd::start(&bench.env, "one", ""), Sshd::start(&bench.env, "two", "")];
    let mut times = servers.each_ref().map(|_| Vec::new());
    // sshd itself takes by a twentieth more or less each time, which fifty logins do not even out.
    for _ in 0..200 {
        for (number, (server, times)) in servers.iter().zip(&mut times).enumerate() {
            let typed = anna.code(bench.next_step());
            let start = Instant::now();
            let mut login = server.login("anna", "echo here I am");
            login.expect("Password: ");
            login.line("correct horse");
            if number == 1 {
                login.expect("One-time code: ");
                login.line(&typed);
            }
            login.expect("here I am");
            times.push(start.elapsed());
            login.wait();
        }
    }
    let [without, with] = times;
    let row = Row::ratio(
        "login over ssh, password and code",
        median(&with),
        "password alone",
        median(&without),
        1.02,
    );
    bench.report.add(row);
}

/// The program that a person runs.
fn otp_setup(bench: &mut Bench) {
    let program = Path::new("/usr/bin/otp-setup");
    bench.report.add(Row::bound("otp-setup", Figure::count(count::kib(program), "KiB"), 4096.0));
    let mut times = Vec::new();
    for _ in 0..50 {
        let mut command = bench.env.command("/usr/bin/otp-setup");
        command.args(["--yes", "--user", "anna"]);
        let start = Instant::now();
        let mut terminal = Terminal::sized(&command, 50, 100);
        // The question comes after the whole picture.
        terminal.expect("▀▀▀▀▀▀▀");
        terminal.expect("First code:");
        times.push(start.elapsed());
        terminal.interrupt();
    }
    bench.report.add(Row::bound(
        "otp-setup: from its start to the QR code on the screen",
        median(&times),
        20_000.0,
    ));
    print_page(bench);
}

/// The page to keep safe, as a file: the program goes away without codes once it is written, and on the disk.
fn print_page(bench: &mut Bench) {
    let pdf = bench.disk.join("page.pdf");
    let mut times = Vec::new();
    for _ in 0..50 {
        let mut command = bench.env.command("/usr/bin/otp-setup");
        command.args(["--batch", "--yes", "--user", "anna", "--save"]).arg(&pdf);
        let start = Instant::now();
        talk(&mut command, "");
        times.push(start.elapsed());
        let page = std::fs::read(&pdf).expect("no page was written");
        assert!(page.starts_with(b"%PDF-"), "not a page");
        std::fs::remove_file(&pdf).expect("cannot remove the page");
    }
    bench.report.add(Row::bound(
        "otp-setup: from its start to its end, with the page as a PDF on the disk",
        median(&times),
        50_000.0,
    ));
}

/// `otp-setup list`, with everybody enrolled.
fn list_of_many(bench: &mut Bench) {
    const MANY: usize = 100_000;
    let folder = bench.disk.join("listed");
    let anna = candidates::enrolled("anna", 1, &folder);
    let template = folder.join("store/%u");
    let config = format!("secret_file = \"{}\"\n", template.display());
    bench.env.write(Path::new("/etc/security/insis-otp.toml"), config.as_bytes(), 0o644);
    enroll_everybody(&anna, MANY);
    let mut times = Vec::new();
    for _ in 0..5 {
        let mut command = bench.env.command("/usr/bin/otp-setup");
        let start = Instant::now();
        let listed = run(command.arg("list"));
        times.push(start.elapsed());
        // Everybody, anna, and the head of the table.
        let lines = listed.stdout.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(lines, MANY + 2, "somebody is not in the list");
    }
    bench.report.add(Row::bound("otp-setup list, 100,000 paired users", median(&times), 2_000_000.0));
}

/// Adds that many users to the machine. Each has a secret file like anna's.
fn enroll_everybody(anna: &Person, count: usize) {
    let mut passwd = std::fs::read_to_string("/etc/passwd").expect("no users");
    let page = Page::of(&std::fs::read(anna.file.path()).expect("no secret file"));
    for number in 0..count {
        let (name, id) = (format!("listed{number}"), 200_000 + number as u32);
        passwd.push_str(&format!("{name}:x:{id}:{id}::/home/{name}:/bin/sh\n"));
        let path = anna.file.path().with_file_name(&name);
        let page = page.clone().head("user = \"anna\"", &format!("user = \"{name}\""));
        std::fs::write(&path, page.bytes()).expect("cannot write a secret file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("cannot protect a file");
        std::os::unix::fs::chown(&path, Some(id), Some(id)).expect("cannot give a file away");
    }
    std::fs::write("/etc/passwd", passwd).expect("cannot add users");
}

/// Users by the hundred thousand. Their secret files are one another's copies; one of them is a person's.
fn many_users(bench: &mut Bench) {
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
