//! What `otp-setup` writes, word by word, in both languages: the files in `tests/transcripts` are what somebody sees who types
//! these commands one after the other, and any other word fails.
//!
//! ```text
//! # A comment.
//! anna$ echo 000000 | otp-setup verify
//! Wrong code.
//! (exit status 2)
//! ```
//!
//! Each file begins with a machine of its own, on which neither anna nor bob has a device. `{code}` in a command is the code of
//! the secret that the files import. `make test T=transcripts SNAPSHOTS=overwrite` takes the words as they are now; git shows the
//! difference.

use std::path::PathBuf;

use insis_otp_tests::env::{Env, talk};
use insis_otp_tests::phone::Phone;
use snapbox::{Assert, Data};

const NOW: u64 = 1_700_000_022;
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const LOCALES: [(&str, &str); 2] = [("en", "en_US.UTF-8"), ("cs", "cs_CZ.UTF-8")];

fn path(language: &str, name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("transcripts/{language}/{name}.txt"))
}

fn read(language: &str, name: &str) -> String {
    let path = path(language, name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A line of a transcript that is not output.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Comment(&'a str),
    Command { user: &'a str, script: &'a str },
}

fn input(line: &str) -> Option<Line<'_>> {
    if line.starts_with("# ") {
        return Some(Line::Comment(line));
    }
    let (user, script) = line.split_once("$ ")?;
    ["root", "anna"].contains(&user).then_some(Line::Command { user, script })
}

/// What the user sees of that command: both outputs as they come, and the exit status if it is a failure.
fn seen(env: &Env, user: &str, script: &str, locale: &str) -> String {
    let script = script.replace("{code}", &Phone::typed(SECRET).code_at(NOW));
    let mut shell = if user == "root" { env.command("bash") } else { env.as_user(user, "bash") };
    let script = format!("set -o pipefail; exec 2>&1; {script}");
    let output = talk(shell.args(["-c", &script]).env("LC_ALL", locale).env("TZ", "UTC"), "");
    let mut seen = String::from_utf8(output.stdout).expect("text");
    assert!(seen.lines().all(|line| input(line).is_none()), "an output like a command: {seen}");
    if !seen.is_empty() && !seen.ends_with('\n') {
        seen.push('\n');
    }
    match output.status.code() {
        Some(0) => seen,
        Some(code) => format!("{seen}(exit status {code})\n"),
        None => panic!("{script}: {}", output.status),
    }
}

/// The transcript of the same commands now.
fn again(transcript: &str, locale: &str) -> String {
    let env = Env::frozen(NOW, &["anna", "bob"]);
    let lines = transcript.lines().filter_map(|line| Some((line, input(line)?)));
    let parts = lines.map(|(line, input)| match input {
        Line::Comment(_) => format!("{line}\n"),
        Line::Command { user, script } => format!("{line}\n{}", seen(&env, user, script, locale)),
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn check(name: &str) {
    let commands = |text: &str| text.lines().filter(|line| input(line).is_some()).count();
    let [english, czech] = LOCALES.map(|(language, _)| commands(&read(language, name)));
    assert!(english > 0 && english == czech, "{name}: {english} commands in English, {czech} in Czech");
    for (language, locale) in LOCALES {
        let actual = again(&read(language, name), locale);
        let expected = Data::read_from(&path(language, name), None).raw();
        Assert::new().action_env("SNAPSHOTS").eq(Data::text(actual).raw(), expected);
    }
}

#[test]
fn transcripts_of_help() {
    check("help");
}

#[test]
fn transcripts_of_mistakes() {
    check("mistakes");
}

#[test]
fn transcripts_of_a_store() {
    check("store");
}
