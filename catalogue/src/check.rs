//! Whether a translation says what the English text says: of every message, with the same values in it, and not of an older one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::po::{Entry, File};
use crate::source::Message;
use crate::{ENGLISH_FORMS, Language, Problem};

/// The translations of the messages, in their order.
///
/// # Errors
/// Everything that is wrong, with what to do.
pub fn translations<'a>(
    messages: &[Message],
    path: &Path,
    file: &'a File,
    language: Language,
) -> Result<Vec<&'a str>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut entries = BTreeMap::new();
    for entry in &file.entries {
        if let Some(Entry { line, .. }) =
            entries.insert((entry.context.as_str(), entry.english.as_str()), entry)
        {
            let what = format!("{} stands in line {line} already: remove one of the two", entry.context);
            problems.push(Problem::new(path, entry.line, what));
        }
    }
    let mut translations = Vec::new();
    for message in messages {
        match entries.remove(&(message.name.as_str(), message.english.as_str())) {
            Some(entry) => {
                let found = wrong(entry, message.is_phrase, language)
                    .map(|what| Problem::new(path, entry.line, what));
                problems.extend(found);
                translations.push(entry.translation.as_str());
            }
            None => problems.push(missing(message, path, &entries)),
        }
    }
    let names: BTreeSet<_> = messages.iter().map(|message| message.name.as_str()).collect();
    for entry in entries
        .values()
        .filter(|entry| !names.contains(entry.context.as_str()) || is_of_phrases(entry, messages))
    {
        let what = format!("there is no such message {}: remove this entry (make po does)", entry.context);
        problems.push(Problem::new(path, entry.line, what));
    }
    problems.sort_by_key(|problem| problem.line);
    if problems.is_empty() { Ok(translations) } else { Err(problems) }
}

fn is_of_phrases(entry: &Entry, messages: &[Message]) -> bool {
    messages.iter().any(|message| message.is_phrase && message.name == entry.context)
}

/// A message without its entry: there is none, or it is one of an older English text.
fn missing(message: &Message, path: &Path, entries: &BTreeMap<(&str, &str), &Entry>) -> Problem {
    let Message { name, line: at, .. } = message;
    let source = message.path.display();
    let old = entries.values().find(|entry| !message.is_phrase && entry.context == *name);
    let (line, what) = match old {
        Some(old) => (
            old.line,
            format!(
                "the English text of {name} has changed ({source}:{at}): run make po, and translate it anew"
            ),
        ),
        None => (
            0,
            format!("{name} is missing ({source}:{at}): run make po, and translate the entry that it adds"),
        ),
    };
    Problem::new(path, line, what)
}

/// What is wrong with a translation.
fn wrong(entry: &Entry, is_phrase: bool, language: Language) -> Option<String> {
    let Entry { context: name, english, translation, .. } = entry;
    if translation.trim().is_empty() {
        return Some(format!("{name} is not translated: {english:?}"));
    }
    if entry.is_fuzzy {
        return Some(format!(
            "{name} is marked fuzzy: make it say what the English text says, and remove the mark: {english:?}"
        ));
    }
    if translation.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Some(format!("{name} has a control character in it"));
    }
    let [lines, own_lines] = [english, translation].map(|text| text.matches('\n').count());
    if lines != own_lines {
        return Some(format!("{name} must have {} lines, not {}", lines + 1, own_lines + 1));
    }
    let ends =
        |text: &str| (text.starts_with(char::is_whitespace), text.ends_with(' '), text.ends_with('\n'));
    if ends(english) != ends(translation) {
        return Some(format!(
            "{name} must begin and end with a blank or a line's end where the English text does"
        ));
    }
    // Nothing is put into phrases, and a brace in them is a brace.
    if is_phrase { None } else { placeholders(entry, language) }
}

/// What is wrong with the places for values.
fn placeholders(entry: &Entry, language: Language) -> Option<String> {
    let Entry { context: name, english, translation, .. } = entry;
    let (expected, found) = match (self::found(english), self::found(translation)) {
        (Some(expected), Some(found)) => (expected, found),
        _ => return Some(format!("{name} has a brace without the other")),
    };
    if let Some(lacks) = expected.keys().find(|placeholder| !found.contains_key(*placeholder)) {
        return Some(format!("{name} lacks {{{lacks}}}, which the English text has"));
    }
    if let Some(strange) = found.keys().find(|placeholder| !expected.contains_key(*placeholder)) {
        return Some(format!("{name} has {{{strange}}}, which the English text has not"));
    }
    if let Some(times) = found.get("").filter(|times| Some(*times) != expected.get("")) {
        return Some(format!("{name} has {{}} {} times, not as often as the English text", times.0));
    }
    let forms = |(placeholder, (_, forms)): (&&str, &(usize, BTreeSet<usize>)), right| {
        let other = forms.iter().find(|count| **count != right)?;
        Some((format!("{{{placeholder}|...}}"), *other))
    };
    if let Some((place, _)) = expected.iter().find_map(|one| forms(one, ENGLISH_FORMS)) {
        return Some(format!("{place} of the English text of {name} must have 2 forms: 1; all others"));
    }
    let (place, count) = found.iter().find_map(|one| forms(one, language.forms))?;
    let Language { name: language, forms, numbers, .. } = language;
    Some(format!("{place} in {name} must have {forms} forms, not {count}: {language} has {numbers}"))
}

/// What is in braces: of each name, how often it is there, and how many forms it has where it stands for some. `None` where a
/// brace has no other.
#[must_use]
pub fn found(text: &str) -> Option<BTreeMap<&str, (usize, BTreeSet<usize>)>> {
    let mut found: BTreeMap<&str, (usize, BTreeSet<usize>)> = BTreeMap::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, behind) = after.split_once('}')?;
        if before.contains('}') || inside.contains('{') {
            return None;
        }
        let mut parts = inside.split('|');
        let (times, forms) = found.entry(parts.next().unwrap_or_default()).or_default();
        *times += 1;
        let count = parts.count();
        if count > 0 {
            forms.insert(count);
        }
        rest = behind;
    }
    (!rest.contains('}')).then_some(found)
}

/// What is wrong with the messages themselves: a name twice, or a text without what its macro puts into it.
#[must_use]
pub fn sources(messages: &[Message]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for message in messages {
        let Message { name, english, path, line, .. } = message;
        let key = (name.as_str(), if message.is_phrase { english.as_str() } else { "" });
        if !names.insert(key) {
            problems.push(Problem::new(path, *line, format!("{name} is there twice")));
        }
        if message.is_phrase {
            continue;
        }
        let Some(found) = found(english) else {
            problems.push(Problem::new(path, *line, format!("{name} has a brace without the other")));
            continue;
        };
        if let Some(placeholders) = &message.placeholders {
            let expected: BTreeSet<_> = placeholders.iter().map(String::as_str).collect();
            let found: BTreeSet<_> = found.into_keys().filter(|name| !name.is_empty()).collect();
            if let Some(one) = expected.symmetric_difference(&found).next() {
                let what = format!("{{{one}}} must stand both behind the name {name} and in its text");
                problems.push(Problem::new(path, *line, what));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{LANGUAGES, po, source};

    const SOURCE: &str = "messages! {\n    one(user)\n        \"{user}: go\\n\";\n    two(count)\n        \"{count} {count|code|codes} \";\n}\n\
                          phrases! { SEEN\n    \"is a link\";\n}\ntexts! {\n    wait \"Wait {} s\";\n}\n";

    fn entry(name: &str, english: &str, translation: &str) -> String {
        let [english, translation] = [english, translation].map(po::quoted);
        format!("msgctxt \"{name}\"\nmsgid {english}\nmsgstr {translation}\n\n")
    }

    fn whole() -> [String; 4] {
        [
            entry("one", "{user}: go\n", "{user}: jdi\n"),
            entry("two", "{count} {count|code|codes} ", "{count} {count|kód|kódy|kódů} "),
            entry("SEEN", "is a link", "je to odkaz"),
            entry("wait", "Wait {} s", "Čekejte {} s"),
        ]
    }

    fn problems(entries: &str) -> Vec<String> {
        let messages = source::parse(Path::new("x.rs"), SOURCE).unwrap();
        let head = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n";
        let path = PathBuf::from("cs.po");
        let file = po::parse(&path, &format!("{head}{entries}")).unwrap();
        match translations(&messages, &path, &file, LANGUAGES[0]) {
            Ok(found) => {
                assert_eq!(
                    found,
                    ["{user}: jdi\n", "{count} {count|kód|kódy|kódů} ", "je to odkaz", "Čekejte {} s"]
                );
                Vec::new()
            }
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_complete_translation_is_taken_in_any_order() {
        let mut entries = whole();
        assert_eq!(problems(&entries.concat()), [""; 0]);
        entries.reverse();
        assert_eq!(problems(&entries.concat()), [""; 0]);
    }

    #[test]
    fn what_is_missing_old_unknown_or_different_is_told_with_its_line() {
        let [one, two, seen, wait] = whole();
        let rest = format!("{two}{seen}{wait}");
        for (entries, expected) in [
            (
                rest.clone(),
                "cs.po: one is missing (x.rs:2): run make po, and translate the entry that it adds",
            ),
            (format!("{one}{one}{rest}"), "one stands in line 4 already: remove one of the two"),
            (
                format!("{}{rest}", entry("one", "{user}: run\n", "{user}: jdi\n")),
                "cs.po:4: the English text of one has changed (x.rs:2): run make po, and translate it anew",
            ),
            (
                format!("{one}{two}{wait}{}", entry("SEEN", "is a file", "je to soubor")),
                "there is no such message SEEN: remove this entry",
            ),
            (
                format!("{one}{rest}{}", entry("four", "x", "y")),
                "there is no such message four: remove this entry",
            ),
            (format!("#, fuzzy\n{one}{rest}"), "cs.po:5: one is marked fuzzy: make it say what"),
            (
                format!("{}{rest}", entry("one", "{user}: go\n", "")),
                "cs.po:4: one is not translated: \"{user}: go\\n\"",
            ),
            (format!("{}{rest}", entry("one", "{user}: go\n", "jdi\n")), "cs.po:4: one lacks {user}, which"),
            (
                format!("{}{rest}", entry("one", "{user}: go\n", "{user} {host}\n")),
                "one has {host}, which the English",
            ),
            (
                format!("{}{rest}", entry("one", "{user}: go\n", "{user: jdi\n")),
                "one has a brace without the other",
            ),
            (
                format!("{}{rest}", entry("one", "{user}: go\n", "{user}: jdi")),
                "one must have 2 lines, not 1",
            ),
            (
                format!("{}{rest}", entry("one", "{user}: go\n", " {user}: jdi\n")),
                "one must begin and end with",
            ),
            (
                format!("{}{rest}", entry("one", "{user}: go\n", "{user}:\u{1b}\n")),
                "one has a control character",
            ),
            (
                format!(
                    "{one}{seen}{wait}{}",
                    entry("two", "{count} {count|code|codes} ", "{count|kód|kódy} ")
                ),
                "{count|...} in two must have 3 forms, not 2: Czech has 1; 2 to 4; all others",
            ),
            (
                format!("{one}{two}{seen}{}", entry("wait", "Wait {} s", "{} a {} s")),
                "wait has {} 2 times, not as often",
            ),
        ] {
            let problems = problems(&entries);
            assert!(
                problems.iter().any(|problem| problem.contains(expected)),
                "{expected:?} not in {problems:?}"
            );
        }
    }

    #[test]
    fn a_text_has_what_its_macro_puts_into_it() {
        let wrong = |text: &str| {
            let messages = source::parse(Path::new("x.rs"), &format!("messages! {{\n{text}\n}}\n")).unwrap();
            sources(&messages).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(wrong("a(user) \"{user}\";"), "");
        assert!(wrong("a(user) \"x\";").contains("{user} must stand both behind the name a and in its text"));
        assert!(wrong("a() \"{user}\";").contains("{user} must stand both"));
        assert!(wrong("a() \"{\";").contains("a has a brace without the other"));
        assert!(wrong("a() \"x\"; a() \"y\";").contains("a is there twice"));
    }
}
