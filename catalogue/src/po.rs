//! PO files, read strictly: what gettext has and this project has no use for is refused.

use std::path::Path;

use crate::Problem;

/// A message of a PO file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The message's name.
    pub context: String,
    /// The English text.
    pub english: String,
    /// The translation; empty where there is none yet.
    pub translation: String,
    /// Whether it is to be looked at again.
    pub is_fuzzy: bool,
    /// What translators have written to one another.
    pub comments: Vec<String>,
    /// The line that it begins in.
    pub line: usize,
}

/// A PO file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// What stands before the header.
    pub comments: Vec<String>,
    /// The header's fields, as one text.
    pub header: String,
    /// The messages, in the order of the file.
    pub entries: Vec<Entry>,
}

/// Which text the lines that follow belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Context,
    English,
    Translation,
}

/// An entry while it is read.
#[derive(Default)]
struct Begun {
    entry: Entry,
    part: Option<Part>,
    has: [bool; 3],
}

/// Reads a PO file.
///
/// # Errors
/// The first line that is not understood.
pub fn parse(path: &Path, text: &str) -> Result<File, Problem> {
    let mut file = File::default();
    let mut begun = Begun::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let problem = |what: &str| Problem::new(path, number, what);
        if line.trim().is_empty() || (line.starts_with('#') && begun.part == Some(Part::Translation)) {
            file.take(path, std::mem::take(&mut begun))?;
        }
        if let Some(comment) = line.strip_prefix('#') {
            begun.comment(comment);
        } else if !line.trim().is_empty() {
            begun.line(line, number).map_err(problem)?;
        }
    }
    file.take(path, begun)?;
    if file.header.is_empty() {
        return Err(Problem::new(
            path,
            1,
            "the header is missing: an entry with an empty msgid (make po writes it)",
        ));
    }
    Ok(file)
}

impl Begun {
    fn comment(&mut self, comment: &str) {
        match comment.chars().next() {
            Some(',') => self.entry.is_fuzzy |= comment.split(',').any(|flag| flag.trim() == "fuzzy"),
            // Where it stands, what the source says, what it was, and what is gone: make po writes these anew.
            Some(':' | '.' | '|' | '~') => {}
            _ => self.entry.comments.push(comment.trim().to_owned()),
        }
    }

    fn line(&mut self, line: &str, number: usize) -> Result<(), &'static str> {
        let (part, literal) = match line.split_once(' ') {
            Some(("msgctxt", literal)) => (Some(Part::Context), literal),
            Some(("msgid", literal)) => (Some(Part::English), literal),
            Some(("msgstr", literal)) => (Some(Part::Translation), literal),
            Some(("msgid_plural" | "msgstr[0]" | "msgstr[1]" | "msgstr[2]", _)) => {
                return Err("no plural entries here: the forms stand in the text, as {count|code|codes}");
            }
            _ => (None, line),
        };
        if let Some(part) = part {
            let [context, english, translation] = &mut self.has;
            let (is_next, has) = match part {
                Part::Context => (!*english && !*translation, context),
                Part::English => (!*translation, english),
                Part::Translation => (*english, translation),
            };
            if !is_next || std::mem::replace(has, true) {
                return Err(
                    "an entry is msgctxt, msgid and msgstr, in this order, and a blank line behind it",
                );
            }
            if self.entry.line == 0 {
                self.entry.line = number;
            }
            self.part = Some(part);
        }
        let text = match self.part {
            Some(Part::Context) => &mut self.entry.context,
            Some(Part::English) => &mut self.entry.english,
            Some(Part::Translation) => &mut self.entry.translation,
            None => return Err("msgctxt, msgid or msgstr is expected here"),
        };
        text.push_str(&unquoted(literal.trim()).ok_or("a text in double quotes is expected here")?);
        Ok(())
    }
}

impl File {
    /// Takes an entry that is complete.
    fn take(&mut self, path: &Path, begun: Begun) -> Result<(), Problem> {
        let Begun { entry, part, has } = begun;
        let problem = |what: &str| Err(Problem::new(path, entry.line, what));
        match (part, has) {
            // Comments alone, of what is gone.
            (None, _) => return Ok(()),
            (_, [false, true, true]) if entry.english.is_empty() => {
                if !self.header.is_empty() || !self.entries.is_empty() {
                    return problem("the header stands once, at the beginning");
                }
                if !entry.translation.contains("charset=UTF-8") {
                    return problem("the header must say charset=UTF-8");
                }
                self.comments = entry.comments;
                self.header = entry.translation;
            }
            (_, [true, true, true]) if !entry.english.is_empty() => self.entries.push(entry),
            _ => return problem("an entry needs msgctxt, msgid and msgstr"),
        }
        Ok(())
    }
}

/// What a quoted text stands for.
fn unquoted(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => text.push(match letters.next()? {
                'n' => '\n',
                same @ ('"' | '\\') => same,
                _ => return None,
            }),
            letter => text.push(letter),
        }
    }
    Some(text)
}

/// A text as PO files have it: in quotes, with a line of the file for each of its lines.
#[must_use]
pub fn quoted(text: &str) -> String {
    let line = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("\"{text}\"")
    };
    let lines: Vec<_> = text.split_inclusive('\n').map(line).collect();
    if lines.len() > 1 { format!("\"\"\n{}", lines.join("\n")) } else { line(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n";

    fn read(text: &str) -> Result<File, Problem> {
        parse(Path::new("cs.po"), &format!("{HEAD}{text}"))
    }

    #[test]
    fn entries_are_read_as_gettext_has_them() {
        let text = "#. For translators.\n# A note.\n#: x.rs\n#, fuzzy, c-format\n#| msgid \"old\"\nmsgctxt \"one\"\nmsgid \"\"\n\"a \\\"b\\\"\\n\"\n\
                    \"c\"\nmsgstr \"d\\\\\"\nmsgctxt \"x\"\n";
        assert!(
            read(text)
                .unwrap_err()
                .to_string()
                .starts_with("cs.po:14: an entry is msgctxt, msgid and msgstr")
        );
        let text = text.replace(
            "msgctxt \"x\"\n",
            "\n#~ msgid \"gone\"\n#~ msgstr \"weg\"\n\nmsgctxt \"two\"\nmsgid \"e\"\nmsgstr \"\"",
        );
        let file = read(&text).unwrap();
        let [one, two] = &file.entries[..] else { panic!("{file:?}") };
        assert_eq!(
            (one.context.as_str(), one.english.as_str(), one.translation.as_str()),
            ("one", "a \"b\"\nc", "d\\")
        );
        assert!(one.is_fuzzy && one.comments == ["A note."] && one.line == 9 && !two.is_fuzzy);
        assert_eq!((two.english.as_str(), two.translation.as_str()), ("e", ""));
    }

    #[test]
    fn what_is_written_reads_as_it_was() {
        for text in ["", "a", "a\n", "a\nb", "\"\\\n\nč"] {
            let file = read(&format!("msgctxt \"x\"\nmsgid \"x\"\nmsgstr {}\n", quoted(text))).unwrap();
            assert_eq!(file.entries[0].translation, text);
        }
    }

    #[test]
    fn mistakes_are_told_with_their_lines() {
        for (text, expected) in [
            ("msgid \"x\"\nmsgstr \"y\"\n", "cs.po:4: an entry needs msgctxt, msgid and msgstr"),
            ("msgctxt \"x\"\nmsgid \"x\"\n\n", "cs.po:4: an entry needs"),
            ("msgctxt \"x\"\nmsgstr \"x\"\n", "cs.po:5: an entry is msgctxt, msgid and msgstr"),
            ("msgctxt \"x\"\nmsgid \"x\"\nmsgid_plural \"y\"\n", "cs.po:6: no plural entries here"),
            ("msgctxt \"x\"\nmsgid \"x\\t\"\n", "cs.po:5: a text in double quotes is expected here"),
            ("msgctxt \"x\"\nmsgid x\n", "cs.po:5: a text in double quotes is expected here"),
            ("\"x\"\n", "cs.po:4: msgctxt, msgid or msgstr is expected here"),
            ("msgid \"\"\nmsgstr \"x\"\n", "cs.po:4: the header stands once"),
        ] {
            let problem = read(text).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{text:?} gave {problem}");
        }
        let whole = |text: &str| parse(Path::new("cs.po"), text).unwrap_err().to_string();
        assert!(whole("").contains("the header is missing"));
        assert!(
            whole("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=ISO-8859-2\\n\"\n")
                .contains("charset=UTF-8")
        );
    }
}
