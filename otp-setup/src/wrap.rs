//! Breaking text into lines.

use textwrap::core::Word;
use zeroize::Zeroizing;

use crate::sanitize;

/// How many columns text is wrapped to: what reads well, or what there is.
pub const MEASURE: usize = 78;
/// What stays on the line of the number before it.
const UNITS: [&str; 7] = ["s", "min", "h", "B", "KiB", "MiB", "%"];

/// A line of text. Some hold the secret.
pub type Row = Zeroizing<String>;

/// Breaks paragraphs, one in each line, between words. What begins with two blanks stays in one piece.
pub fn wrap(messages: &[&str], columns: usize) -> Vec<Row> {
    let paragraphs = messages.iter().flat_map(|text| text.split('\n')).map(sanitize::text);
    let lines = paragraphs.flat_map(|paragraph| {
        let paragraph = &*paragraph;
        if paragraph.starts_with("  ") {
            return vec![Row::new(paragraph.to_owned())];
        }
        // Commands and options are not broken at their hyphens.
        let options = textwrap::Options::new(columns.max(10))
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .word_separator(textwrap::WordSeparator::Custom(words));
        textwrap::wrap(paragraph, options).into_iter().map(|line| Row::new(line.into_owned())).collect()
    });
    lines.collect()
}

/// The words between which a line may be broken: a number and its unit are one.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut parts = line.split_inclusive(' ').peekable();
    let mut start = 0;
    Box::new(std::iter::from_fn(move || {
        let mut part = parts.next()?;
        let mut end = start + part.len();
        while parts.peek().is_some_and(|next| *next == " " || is_number(part) && is_unit(next)) {
            part = parts.next()?;
            end += part.len();
        }
        let word = line.get(start..end)?;
        start = end;
        Some(Word::from(word))
    }))
}

fn is_number(word: &str) -> bool {
    word.trim_end().ends_with(|last: char| last.is_ascii_digit())
}

fn is_unit(word: &str) -> bool {
    UNITS.contains(&word.trim_end_matches(|letter: char| letter != '%' && !letter.is_alphanumeric()))
}
