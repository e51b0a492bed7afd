//! What build scripts call: they write the translations as Rust, or say why there is none.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::source::Message;
use crate::{Domain, LANGUAGES, Problem, check, po, source};

/// The programs that have texts.
pub const DOMAINS: [&str; 2] = ["otp-setup", "pam_insis_otp"];

/// How the texts are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A constant for each message, with its translations.
    ByMessage,
    /// A static for each language, English too, with all texts one behind the other and where each ends: almost nothing of it
    /// has to be relocated when a library is loaded.
    ByLanguage,
}

/// For a build script: writes `catalogue.rs` into cargo's folder for it. What is wrong becomes an error of the build.
pub fn script(name: &'static str, form: Form) {
    let folder = |variable| env::var_os(variable).map(PathBuf::from);
    let (Some(manifest), Some(out)) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR")) else {
        println!("cargo::error=this is a part of a build script");
        return;
    };
    let workspace = manifest.parent().unwrap_or(Path::new("."));
    let domain = Domain::of(workspace, name);
    for path in [&domain.sources, &domain.translations] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let path = out.join("catalogue.rs");
    let written = generated(&domain, form).and_then(|text| {
        fs::write(&path, text).map_err(|error| vec![Problem::new(&path, 0, error.to_string())])
    });
    for problem in written.err().into_iter().flatten() {
        let path = problem.path.strip_prefix(workspace).unwrap_or(&problem.path).to_owned();
        println!("cargo::error={}", Problem { path, ..problem });
    }
}

/// The messages of a program.
struct Catalogue {
    messages: Vec<Message>,
    /// For each language, in the order of the messages.
    translated: Vec<Vec<String>>,
}

/// The messages of a program and their translations, of every language.
///
/// # Errors
/// Everything that is wrong.
fn complete(domain: &Domain) -> Result<Catalogue, Vec<Problem>> {
    let messages = source::messages(&domain.sources).map_err(|problem| vec![problem])?;
    let mut problems = check::sources(&messages);
    let mut translated = Vec::new();
    for language in LANGUAGES {
        let path = domain.file(language);
        let read = fs::read_to_string(&path).map_err(|error| Problem::new(&path, 0, error.to_string()));
        let found = read.and_then(|text| po::parse(&path, &text)).map_err(|problem| vec![problem]);
        match found.and_then(|file| {
            let texts = check::translations(&messages, &path, &file, language)?;
            Ok(texts.into_iter().map(str::to_owned).collect())
        }) {
            Ok(texts) => translated.push(texts),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Catalogue { messages, translated }) } else { Err(problems) }
}

/// The Rust source of a program's translations.
///
/// # Errors
/// Everything that is wrong with them.
pub fn generated(domain: &Domain, form: Form) -> Result<String, Vec<Problem>> {
    let Catalogue { messages, translated } = complete(domain)?;
    Ok(match form {
        Form::ByMessage => by_message(&messages, &translated),
        Form::ByLanguage => by_language(&messages, &translated),
    })
}

fn by_message(messages: &[Message], translated: &[Vec<String>]) -> String {
    let codes = LANGUAGES.map(|language| language.code);
    let count = codes.len();
    let mut text = format!(
        "/// The languages, in this order.\n#[cfg(test)]\npub const CODES: [&str; {count}] = {codes:?};\n"
    );
    let row = |index: usize| translated.iter().filter_map(|texts| texts.get(index)).collect::<Vec<_>>();
    let mut phrases: Vec<(&str, Vec<_>)> = Vec::new();
    for (index, Message { name, is_phrase, .. }) in messages.iter().enumerate() {
        let row = row(index);
        match phrases.last_mut() {
            _ if !is_phrase => {
                let _ = writeln!(text, "pub const {name}: [&str; {count}] = {row:?};");
            }
            Some((block, rows)) if block == name => rows.push(row),
            _ => phrases.push((name, vec![row])),
        }
    }
    for (name, rows) in phrases {
        let _ = writeln!(text, "pub static {name}: [[&str; {count}]; {}] = {rows:?};", rows.len());
    }
    text
}

fn by_language(messages: &[Message], translated: &[Vec<String>]) -> String {
    let count = messages.len();
    let english = messages.iter().map(|message| message.english.clone()).collect();
    let mut text = String::new();
    for (code, texts) in ["en"]
        .into_iter()
        .chain(LANGUAGES.map(|language| language.code))
        .zip([&english].into_iter().chain(translated))
    {
        let mut end = 0;
        let ends: Vec<_> = texts
            .iter()
            .map(|text| {
                end += text.len();
                end
            })
            .collect();
        let name = code.to_uppercase();
        let _ = writeln!(text, "static {name}_ENDS: [u16; {count}] = {ends:?};");
        let _ = writeln!(
            text,
            "pub static {name}: Messages = Messages {{ texts: {:?}, ends: &{name}_ENDS }};",
            texts.concat()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, english: &str, is_phrase: bool) -> Message {
        let [name, english] = [name, english].map(str::to_owned);
        Message {
            name,
            english,
            placeholders: None,
            is_phrase,
            comment: Vec::new(),
            path: PathBuf::new(),
            line: 1,
        }
    }

    #[test]
    fn tables_have_every_text_in_its_place() {
        let messages = [message("one", "a", false), message("SEEN", "b\"", true), message("SEEN", "c", true)];
        let czech: Vec<_> = ["á", "b\"b", "cc"].map(str::to_owned).into();
        let text = by_message(&messages, std::slice::from_ref(&czech));
        assert!(text.contains("pub const one: [&str; 1] = [\"á\"];\n"), "{text}");
        assert!(text.contains("pub static SEEN: [[&str; 1]; 2] = [[\"b\\\"b\"], [\"cc\"]];\n"), "{text}");
        let text = by_language(&messages, &[czech]);
        assert!(text.contains("static EN_ENDS: [u16; 3] = [1, 3, 4];\n"), "{text}");
        assert!(text.contains("static CS_ENDS: [u16; 3] = [2, 5, 7];\n"), "{text}");
        assert!(
            text.contains("pub static CS: Messages = Messages { texts: \"áb\\\"bcc\", ends: &CS_ENDS };"),
            "{text}"
        );
    }
}
