//! `make po`: writes the template, and brings the translations up to date with the source. What is new has no translation yet; what
//! has changed is marked fuzzy, with the former English text beside it; what is gone is removed.

use std::fmt::Write;
use std::path::Path;

use crate::po::{Entry, File, quoted};
use crate::source::Message;
use crate::{Domain, Language};

/// The template: the English texts, with what translators should know.
#[must_use]
pub fn template(domain: &Domain, messages: &[Message]) -> String {
    let header = header(domain, "", "nplurals=INTEGER; plural=EXPRESSION;");
    written(&File { header, ..File::default() }, domain, messages, None)
}

/// The PO file of a language, brought up to date.
#[must_use]
pub fn brought_up_to_date(
    domain: &Domain,
    messages: &[Message],
    language: Language,
    file: Option<File>,
) -> String {
    let file = file.unwrap_or_else(|| File {
        header: header(domain, language.code, language.plural),
        ..File::default()
    });
    written(&file, domain, messages, Some(&file.entries))
}

fn header(domain: &Domain, language: &str, plural: &str) -> String {
    format!(
        "Project-Id-Version: {}\nLanguage: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\
         Content-Transfer-Encoding: 8bit\nPlural-Forms: {plural}\n",
        domain.name
    )
}

fn written(file: &File, domain: &Domain, messages: &[Message], entries: Option<&[Entry]>) -> String {
    let mut text = String::new();
    for comment in &file.comments {
        text.push_str(format!("# {comment}").trim_end());
        text.push('\n');
    }
    let _ = writeln!(text, "msgid \"\"\nmsgstr {}", quoted(&file.header));
    for message in messages {
        text.push('\n');
        entry(&mut text, domain, message, entries.and_then(|entries| of(message, entries)));
    }
    text
}

/// The entry of a message: that of its text, or else that of its name.
fn of<'a>(message: &Message, entries: &'a [Entry]) -> Option<&'a Entry> {
    let named = || entries.iter().filter(|entry| entry.context == message.name);
    named().find(|entry| entry.english == message.english).or_else(|| {
        let mut named = named();
        named.next().filter(|_| !message.is_phrase)
    })
}

fn entry(text: &mut String, domain: &Domain, message: &Message, former: Option<&Entry>) {
    let Message { name, english, comment, path, .. } = message;
    let changed = former.filter(|former| former.english != *english && !former.translation.is_empty());
    for comment in former.iter().flat_map(|former| &former.comments) {
        text.push_str(format!("# {comment}").trim_end());
        text.push('\n');
    }
    for comment in comment {
        let _ = writeln!(text, "#. {comment}");
    }
    let file = path.strip_prefix(&domain.sources).unwrap_or(Path::new("")).display();
    let _ = writeln!(text, "#: {file}");
    if changed.is_some() || former.is_some_and(|former| former.is_fuzzy) {
        text.push_str("#, fuzzy\n");
    }
    if let Some(changed) = changed {
        for line in quoted(&changed.english).lines().enumerate() {
            let _ = match line {
                (0, line) => writeln!(text, "#| msgid {line}"),
                (_, line) => writeln!(text, "#| {line}"),
            };
        }
    }
    let translation = former.map_or("", |former| former.translation.as_str());
    let _ = writeln!(text, "msgctxt \"{name}\"\nmsgid {}\nmsgstr {}", quoted(english), quoted(translation));
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{LANGUAGES, check, po, source};

    fn domain() -> Domain {
        Domain { sources: PathBuf::from("src"), translations: PathBuf::from("po"), name: "x" }
    }

    fn updated(text: &str, source: &str) -> (File, String) {
        let messages =
            source::parse(Path::new("src/x.rs"), &format!("messages! {{\n{source}\n}}\n")).unwrap();
        let former = (!text.is_empty()).then(|| po::parse(Path::new("cs.po"), text).unwrap());
        let text = brought_up_to_date(&domain(), &messages, LANGUAGES[0], former);
        (po::parse(Path::new("cs.po"), &text).unwrap(), text)
    }

    #[test]
    fn translations_follow_the_source_and_nothing_is_lost() {
        let (file, text) = updated("", "    /// Note.\n    one() \"a\\nb\";\n    two() \"c\";");
        assert!(
            text.contains("#. Note.\n#: x.rs\nmsgctxt \"one\"\nmsgid \"\"\n\"a\\n\"\n\"b\"\nmsgstr \"\"\n"),
            "{text}"
        );
        assert!(text.contains("Language: cs\\n") && file.entries.len() == 2);
        let translated =
            text.replace("\"c\"\nmsgstr \"\"", "\"c\"\nmsgstr \"t\"").replace("#. Note", "# Mine.\n#. Note");
        // One is gone, two has changed, three is new.
        let (file, text) = updated(&translated, "    two() \"C\";\n    three() \"d\";");
        assert!(
            text.contains("#, fuzzy\n#| msgid \"c\"\nmsgctxt \"two\"\nmsgid \"C\"\nmsgstr \"t\"\n"),
            "{text}"
        );
        let states: Vec<_> =
            file.entries.iter().map(|entry| (entry.context.as_str(), entry.is_fuzzy)).collect();
        assert_eq!(states, [("two", true), ("three", false)]);
        // And what was up to date stays as it is, with the translators' own notes.
        let same = updated(&translated, "    /// Note.\n    one() \"a\\nb\";\n    two() \"c\";").1;
        assert_eq!(same, translated);
        assert!(same.contains("# Mine.\n"));
    }

    /// The templates of this project are those of its source, so that services for translators see what is new.
    #[test]
    fn the_templates_are_up_to_date() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in crate::build::DOMAINS {
            let domain = Domain::of(&workspace, name);
            let messages = source::messages(&domain.sources).unwrap();
            assert!(messages.len() > 40 && check::sources(&messages).is_empty());
            let template = std::fs::read_to_string(domain.template()).unwrap();
            assert!(
                template == template_of(&domain, &messages),
                "{}: run make po",
                domain.template().display()
            );
        }
    }

    fn template_of(domain: &Domain, messages: &[Message]) -> String {
        template(domain, messages)
    }
}
