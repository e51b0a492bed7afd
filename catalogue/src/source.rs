//! Messages in Rust source: a block of a macro with the name of each, its placeholders, and its English text.
//!
//! ```text
//! messages! {
//!     /// For translators, and for the documentation.
//!     removed(user)
//!         "The pairing of {user} is removed.";
//! }
//! ```
//!
//! `findings!`, `named!` and `texts!` are written alike, with or without the list of placeholders. A block of `phrases!` begins
//! with its name, and has texts only, which are known by their English words.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Problem;

/// The macros with names.
const NAMED: [&str; 4] = ["messages! {", "findings! {", "named! {", "texts! {"];
const PHRASES: &str = "phrases! {";

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its name; of a phrase, that of its block.
    pub name: String,
    /// The English text.
    pub english: String,
    /// What its macro is given to put into it, where that is said.
    pub placeholders: Option<Vec<String>>,
    /// Whether it is one of the phrases of a block.
    pub is_phrase: bool,
    /// What translators should know.
    pub comment: Vec<String>,
    /// Where it stands.
    pub path: PathBuf,
    /// In which line.
    pub line: usize,
}

/// The messages of a folder, file by file in the order of their names.
///
/// # Errors
/// What cannot be read as messages.
pub fn messages(folder: &Path) -> Result<Vec<Message>, Problem> {
    let mut messages = Vec::new();
    for path in files(folder)? {
        let text = fs::read_to_string(&path).map_err(|error| Problem::new(&path, 0, error.to_string()))?;
        messages.extend(parse(&path, &text)?);
    }
    Ok(messages)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let failed = |error: std::io::Error| Problem::new(folder, 0, error.to_string());
    let entries = fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The messages of a file.
///
/// # Errors
/// The first place that is not written as it has to be.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Message>, Problem> {
    let mut messages = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let begins = NAMED.contains(&line.trim_end()) || line.starts_with(PHRASES);
        if begins && let Some(block) = text.get(offset + line.find('{').unwrap_or_default() + 1..) {
            let line_number = text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
            let mut reader = Reader { path, rest: block, line: line_number };
            messages.extend(reader.block(line.starts_with(PHRASES))?);
        }
        offset += line.len();
    }
    Ok(messages)
}

struct Reader<'a> {
    path: &'a Path,
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn block(&mut self, is_phrases: bool) -> Result<Vec<Message>, Problem> {
        let mut messages = Vec::new();
        let block = if is_phrases { Some(self.word()?) } else { None };
        // What is said at the head of a block of phrases is said of each.
        let shared = if is_phrases { self.comments() } else { Vec::new() };
        loop {
            let mut comment = shared.clone();
            comment.extend(self.comments());
            if self.skip("}") {
                return Ok(messages);
            }
            let line = self.line;
            let name = match &block {
                Some(block) => block.clone(),
                None => self.word()?,
            };
            let placeholders =
                if block.is_none() && self.skip("(") { Some(self.placeholders()?) } else { None };
            let english = self.literal()?;
            self.require(";")?;
            let path = self.path.to_owned();
            let is_phrase = block.is_some();
            messages.push(Message { name, english, placeholders, is_phrase, comment, path, line });
        }
    }

    /// Skips what is between messages; of comments, those with three slashes are for translators.
    fn comments(&mut self) -> Vec<String> {
        let mut comment = Vec::new();
        loop {
            self.blanks();
            let Some(rest) = self.rest.strip_prefix("//") else { return comment };
            let (line, _) = rest.split_once('\n').unwrap_or((rest, ""));
            comment.extend(line.strip_prefix("/ ").map(str::to_owned));
            self.advance(2 + line.len());
        }
    }

    fn placeholders(&mut self) -> Result<Vec<String>, Problem> {
        let mut placeholders = Vec::new();
        while !self.skip(")") {
            placeholders.push(self.word()?);
            self.skip(",");
        }
        Ok(placeholders)
    }

    fn word(&mut self) -> Result<String, Problem> {
        self.blanks();
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        match self.rest.get(..end.unwrap_or(self.rest.len())) {
            Some(word) if !word.is_empty() => {
                self.advance(word.len());
                Ok(word.to_owned())
            }
            _ => Err(self.problem("a name is expected here")),
        }
    }

    /// A string literal, with what its escapes stand for.
    fn literal(&mut self) -> Result<String, Problem> {
        self.require("\"")?;
        let mut text = String::new();
        loop {
            let mut letters = self.rest.chars();
            match letters.next() {
                Some('"') => {
                    self.advance(1);
                    return Ok(text);
                }
                Some('\\') => {
                    let escape = letters.next();
                    self.advance(1 + escape.map_or(0, char::len_utf8));
                    self.escape(escape, &mut text)?;
                }
                Some(letter) => {
                    text.push(letter);
                    self.advance(letter.len_utf8());
                }
                None => return Err(self.problem("this text has no end")),
            }
        }
    }

    fn escape(&mut self, letter: Option<char>, text: &mut String) -> Result<(), Problem> {
        match letter {
            Some('n') => text.push('\n'),
            Some(letter @ ('"' | '\\')) => text.push(letter),
            Some('\n') => self.blanks(),
            Some('u') => {
                self.require("{")?;
                let digits = self.word()?;
                self.require("}")?;
                let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                text.push(letter.ok_or_else(|| self.problem("this is the number of no letter"))?);
            }
            _ => return Err(self.problem("of escapes, texts have \\n, \\\", \\\\ and \\u{...}")),
        }
        Ok(())
    }

    fn blanks(&mut self) {
        self.advance(self.rest.len() - self.rest.trim_start().len());
    }

    fn skip(&mut self, mark: &str) -> bool {
        self.blanks();
        let is_there = self.rest.starts_with(mark);
        if is_there {
            self.advance(mark.len());
        }
        is_there
    }

    fn require(&mut self, mark: &str) -> Result<(), Problem> {
        if self.skip(mark) { Ok(()) } else { Err(self.problem(format!("{mark} is expected here"))) }
    }

    fn advance(&mut self, bytes: usize) {
        let (before, after) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += before.matches('\n').count();
        self.rest = after;
    }

    fn problem(&self, what: impl Into<String>) -> Problem {
        Problem::new(self.path, self.line, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Message>, Problem> {
        parse(Path::new("x.rs"), text)
    }

    #[test]
    fn blocks_are_read_with_their_lines() {
        let text = "//! Head.\n\nmessages! {\n    // For us.\n    /// For translators:\n    /// two lines.\n    one(a, b)\n        \
                    \"{a} \\\"b\\\" {b} \\\n         more\\n\";\n    two() \"\\u{2588}\\\\\";\n}\n\nphrases! { SEEN\n    \"x\";\n    \
                    \"y\";\n}\nnamed! {\n    three \"z\";\n}\n";
        let found = read(text).unwrap();
        let plain: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.english.as_str(), one.line)).collect();
        assert_eq!(
            plain,
            [
                ("one", "{a} \"b\" {b} more\n", 7),
                ("two", "\u{2588}\\", 10),
                ("SEEN", "x", 14),
                ("SEEN", "y", 15),
                ("three", "z", 18)
            ]
        );
        assert_eq!(found[0].comment, ["For translators:", "two lines."]);
        assert_eq!(found[0].placeholders.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert!(found[2].is_phrase && !found[4].is_phrase);
    }

    #[test]
    fn what_is_not_a_block_of_messages_is_left_alone() {
        assert_eq!(read("/// A macro.\nmacro_rules! messages {\n    () => {};\n}\nfn f() {}\n").unwrap(), []);
    }

    #[test]
    fn mistakes_are_told_with_their_lines() {
        for (text, expected) in [
            ("messages! {\n    one\n        5;\n}", "x.rs:3: \" is expected here"),
            ("messages! {\n    one() \"x\"\n    two() \"y\";\n}", "x.rs:3: ; is expected here"),
            ("messages! {\n    one() \"x\\t\";\n}", "x.rs:2: of escapes, texts have"),
            ("messages! {\n    one() \"x", "x.rs:2: this text has no end"),
            ("messages! {\n    one() \"\\u{110000}\";\n}", "x.rs:2: this is the number of no letter"),
            ("messages! {\n    one() \"x\";\n", "x.rs:3: a name is expected here"),
        ] {
            let problem = read(text).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{text:?} gave {problem}");
        }
    }
}
