//! `bench FOLDER [--docs DOCS] [SECTION…]`: measures everything, or some sections, on the throwaway machine.
//!
//! FOLDER is on the disk that is to be measured; the report goes there, and with `--docs` into the documentation too.

mod attempts;
mod crowds;
mod fleet;
mod programs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use insis_otp_benches::candidates::{self, Candidate};
use insis_otp_benches::report::Report;
use insis_otp_benches::timer::{Input, Timer};
use insis_otp_tests::env::Env;
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP, time_of};

type Section = fn(&mut Bench);

const SECTIONS: [(&str, Section); 11] = [
    ("counts", attempts::counts),
    ("attempts", attempts::attempts),
    ("refusals", attempts::expensive_replies),
    ("fresh", attempts::fresh_processes),
    ("crowd", crowds::crowds),
    ("growth", attempts::growth),
    ("ssh", programs::ssh_logins),
    ("setup", programs::otp_setup),
    ("users", crowds::many_users),
    ("list", programs::list_of_many),
    ("directory", fleet::directory),
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
