//! `make po`: the templates and translations, brought up to date with the texts in the source.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use catalogue::build::DOMAINS;
use catalogue::{Domain, LANGUAGES, Problem, check, po, source, update};

fn main() -> ExitCode {
    let workspace = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let mut problems = Vec::new();
    for name in DOMAINS {
        problems.extend(updated(&Domain::of(Path::new(&workspace), name)));
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    ExitCode::from(u8::from(!problems.is_empty()))
}

/// Writes the files of a program, and returns what is left to do.
fn updated(domain: &Domain) -> Vec<Problem> {
    let messages = match source::messages(&domain.sources) {
        Ok(messages) => messages,
        Err(problem) => return vec![problem],
    };
    let mut problems = check::sources(&messages);
    let template = update::template(domain, &messages);
    problems.extend(write(&domain.template(), &template));
    for language in LANGUAGES {
        let path = domain.file(language);
        let former = fs::read_to_string(&path).ok().map(|text| po::parse(&path, &text)).transpose();
        match former {
            Ok(former) => {
                let text = update::brought_up_to_date(domain, &messages, language, former);
                problems.extend(write(&path, &text));
                problems.extend(po::parse(&path, &text).map_or_else(
                    |problem| vec![problem],
                    |file| check::translations(&messages, &path, &file, language).err().unwrap_or_default(),
                ));
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems
}

fn write(path: &Path, text: &str) -> Option<Problem> {
    let error = fs::write(path, text).err()?;
    Some(Problem { path: path.to_owned(), line: 0, what: error.to_string() })
}
