//! A TOML document as a flat list of settings, on the parser that the toml crate is made of.
//!
//! The crate itself would build tables, dates and errors that nobody asks for: a third of what an authentication
//! computes, and a tenth of the module. What has no place in settings (tables within values, lists of tables) is refused;
//! everything else is TOML as it is defined, which the tests hold to the toml crate.

mod plain;

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use super::error::syntax;

/// All settings and all headers, in the order of the text.
#[derive(Debug)]
pub struct Document<'t> {
    pub settings: Vec<Setting<'t>>,
    pub headers: Vec<Header>,
    /// The parts of all keys and headers, one after the other: together they take one allocation, not one each.
    parts: Vec<Cow<'t, str>>,
    /// A bit for the first part of each setting's key ([`bit_of`]).
    seen: u128,
}

/// A key or header: where its parts are in the document's.
type Path = Range<usize>;

/// The parts of a header `[…]`, and the byte at which the first begins.
#[derive(Debug)]
pub struct Header {
    pub path: Path,
    pub offset: usize,
}

/// A key and its value.
#[derive(Debug)]
pub struct Setting<'t> {
    /// The parts of the key, those of its table before its own.
    pub path: Path,
    /// How many of them are its table's.
    table_parts: usize,
    /// The byte at which the key begins.
    pub offset: usize,
    pub value: Found<'t>,
}

/// A value, as far as a setting can be one.
#[derive(Debug)]
pub enum Found<'t> {
    Text(Cow<'t, str>),
    /// A whole number that is not negative.
    Number(u64),
    Flag(bool),
    /// A list of nothing but texts.
    Texts(Vec<Cow<'t, str>>),
    /// A list of anything else.
    List,
    /// Anything else, as it is written.
    Other(&'t str),
}

/// Where in the text it is wrong, and what is wrong.
type Complaint = (usize, String);

impl<'t> Document<'t> {
    /// More settings than any site has; twice would be looked for among all of them.
    const MOST: usize = 1000;
    /// More parts than a key has; those of a header are repeated for each of its settings.
    const DEEPEST: usize = 16;

    pub fn parse(text: &'t str) -> Result<Self, Complaint> {
        plain::read(text).map_or_else(|| Self::parse_any(text), Ok)
    }

    /// As [`Self::parse`], of any form.
    fn parse_any(text: &'t str) -> Result<Self, Complaint> {
        if let Some(offset) = control_character(text) {
            return Err((offset, syntax::CONTROL.to_owned()));
        }
        let source = Source::new(text);
        let tokens = source.lex().into_vec();
        let is_equals = |token: &&Token| token.kind() == TokenKind::Equals;
        let mut reader = Reader::new(source, tokens.iter().filter(is_equals).count());
        let mut error: Option<ParseError> = None;
        parse_document(&tokens, &mut reader, &mut error);
        match error {
            None => Ok(reader.document),
            Some(error) => {
                let offset = error.unexpected().or(error.context()).map_or(0, |span| span.start());
                Err((offset, description(text, offset, error.description()).to_owned()))
            }
        }
    }

    /// The parts of a key or header.
    pub fn parts(&self, path: &Path) -> &[Cow<'t, str>] {
        self.parts.get(path.clone()).unwrap_or_default()
    }

    /// A key or header as it is written, without needless quotes.
    pub fn name(&self, path: &Path) -> Cow<'_, str> {
        match self.parts(path) {
            [alone] => Cow::Borrowed(alone),
            parts => Cow::Owned(parts.join(".")),
        }
    }

    /// Whether it stands in a section `[service.NAME]`.
    pub fn is_in_section(&self, setting: &Setting<'_>) -> bool {
        matches!(self.parts(&setting.path), [service, _, _] if service == "service")
    }

    /// Whether it is such a section, a table with only such in it, or the section of the identity provider, of the directory
    /// or of mail to owners.
    pub fn is_section(&self, header: &Header) -> bool {
        match self.parts(&header.path) {
            [service, _] => service == "service",
            [section] => ["service", "identity_provider", "fleet", "mail"].contains(&&**section),
            _ => false,
        }
    }

    /// Whether a header's path begins with another one.
    fn begins_with(&self, path: &Path, beginning: &Path) -> bool {
        self.parts(path).starts_with(self.parts(beginning))
    }
}

/// One of 128 bits by the first part of a key. Where it is not among those of other keys, none of them has the same first
/// part: hardly any key has to be compared with all those before it.
fn bit_of(parts: &[Cow<'_, str>]) -> u128 {
    let first = parts.first().map_or("", |part| part);
    1 << (first.bytes().fold(0, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 128)
}

/// Whether one path is the beginning of the other, or the same.
fn is_way_to(one: &[Cow<'_, str>], other: &[Cow<'_, str>]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// The first character that TOML has nowhere: controls but tab and line end. In one go over the text, since the parser
/// would look at each comment once more.
fn control_character(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_control = |offset: &usize| match bytes.get(*offset..) {
        Some([b'\t' | b'\n', ..] | [b'\r', b'\n', ..]) => false,
        Some([byte, ..]) => byte.is_ascii_control(),
        _ => false,
    };
    let eights = bytes.chunks(8).enumerate().filter(|(_, eight)| may_hold_control(eight));
    eights.map(|(number, _)| 8 * number).find_map(|start| (start..start + 8).find(is_control))
}

/// Whether one of up to eight bytes is below 0x20 or 0x7f.
fn may_hold_control(bytes: &[u8]) -> bool {
    bytes.try_into().map_or(true, |eight| controls_of(u64::from_ne_bytes(eight)) != 0)
}

/// Marks bytes below 0x20 and 0x7f, of eight all at once, as most of a text is read: the highest bit of a byte is set in
/// `x - n & !x` only if it was below n, or a lower one was. The lowest mark is right, therefore.
const fn controls_of(eight: u64) -> u64 {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let (deleted, below) = (eight ^ (0x7f * EACH), eight.wrapping_sub(0x20 * EACH) & !eight);
    (below | deleted.wrapping_sub(EACH) & !deleted) & (0x80 * EACH)
}

/// What the parser says of a byte of the text. A word without quotes is a number to it that is none, by its first letter.
#[cold]
#[inline(never)]
fn description<'d>(text: &str, offset: usize, of_parser: &'d str) -> &'d str {
    let line = text.lines().nth(super::line_of(text, offset) - 1).unwrap_or_default();
    let value = line.split_once('=').map_or("", |(_, value)| value.trim_start());
    let is_word = value.starts_with(|first: char| first.is_alphabetic());
    match of_parser {
        "invalid float" | "string values must be quoted" if is_word => syntax::UNQUOTED,
        "string values must be quoted" if value.is_empty() || value.starts_with('#') => syntax::NO_VALUE,
        "invalid boolean" => syntax::FLAG_OR_UNQUOTED,
        other => other,
    }
}

/// Listens to the parser.
struct Reader<'t> {
    source: Source<'t>,
    /// What was read so far; the last header is the table of the settings that follow.
    document: Document<'t>,
    /// Where the key begins that is being read: in the text, and in the parts.
    key: Option<(usize, usize)>,
    /// The list that is being read.
    list: Option<Found<'t>>,
}

impl<'t> Reader<'t> {
    /// With room for so many settings.
    fn new(source: Source<'t>, expected: usize) -> Self {
        let expected = expected.min(Document::MOST);
        let document = Document {
            settings: Vec::with_capacity(expected),
            headers: Vec::new(),
            parts: Vec::with_capacity(expected),
            seen: 0,
        };
        Self { source, document, key: None, list: None }
    }

    fn raw(&self, span: Span, kind: Option<Encoding>) -> Raw<'t> {
        let text = self.source.get(span).map_or("", |raw| raw.as_str());
        Raw::new_unchecked(text, kind, span)
    }

    fn value(&self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) -> Found<'t> {
        let mut decoded = Cow::Borrowed("");
        let other = || Found::Other(self.source.get(span).map_or("", |raw| raw.as_str()));
        match self.raw(span, kind).decode_scalar(&mut decoded, error) {
            ScalarKind::String => Found::Text(decoded),
            ScalarKind::Boolean(flag) => Found::Flag(flag),
            ScalarKind::Integer(radix) => {
                u64::from_str_radix(&decoded, radix.value()).map_or_else(|_| other(), Found::Number)
            }
            ScalarKind::DateTime | ScalarKind::Float => other(),
        }
    }

    /// Another part of the key that is being read, or its first, which begins at that byte of the text.
    fn add_to_key(&mut self, part: Cow<'t, str>, offset: usize) {
        self.key.get_or_insert((offset, self.document.parts.len()));
        self.document.parts.push(part);
    }

    /// The key that was read, and where it begins in the text.
    fn take_key(&mut self, error: &mut dyn ErrorSink) -> (Path, usize) {
        let end = self.document.parts.len();
        let (offset, start) = self.key.take().unwrap_or((0, end));
        if end - start > Document::DEEPEST {
            complain(syntax::PARTS, offset, error);
        }
        (start..end.min(start + Document::DEEPEST), offset)
    }

    /// The key that was read has this value.
    fn add_value(&mut self, value: Found<'t>, error: &mut dyn ErrorSink) {
        let (own, offset) = self.take_key(error);
        let document = &mut self.document;
        let table = document.headers.last().map_or(0..0, |header| header.path.clone());
        let table_parts = table.len();
        let path = if table.is_empty() { own } else { joined(&mut document.parts, table, own) };
        // A key with dots makes tables on its way, which are neither values nor headers.
        let first = path.start..path.end.min(path.start + table_parts + 1);
        let parts = document.parts(&path);
        let is_header = |header: &Header| {
            document.begins_with(&header.path, &first) && is_way_to(document.parts(&header.path), parts)
        };
        let bit = bit_of(parts);
        let is_there = document.seen & bit != 0
            && document.settings.iter().any(|other| is_way_to(parts, document.parts(&other.path)));
        if is_there || document.headers.iter().any(is_header) {
            complain(syntax::TWICE, offset, error);
        } else if document.settings.len() == Document::MOST {
            complain(syntax::SETTINGS, offset, error);
        } else {
            document.seen |= bit;
            document.settings.push(Setting { path, table_parts, offset, value });
        }
    }

    /// The header that was read begins a table.
    fn open(&mut self, error: &mut dyn ErrorSink) {
        let (path, offset) = self.take_key(error);
        let document = &mut self.document;
        // A header can stand for no value, and for no table that keys with dots have made.
        let is_taken = |setting: &Setting<'_>| {
            document.begins_with(&path, &setting.path)
                || path.len() > setting.table_parts && document.begins_with(&setting.path, &path)
        };
        let is_same = |header: &Header| document.parts(&header.path) == document.parts(&path);
        if document.headers.iter().any(is_same) || document.settings.iter().any(is_taken) {
            complain(syntax::TABLE_TWICE, offset, error);
        } else if document.headers.len() == Document::MOST {
            complain(syntax::TABLES, offset, error);
        }
        document.headers.push(Header { path, offset });
    }
}

/// Both paths as one.
fn joined(parts: &mut Vec<Cow<'_, str>>, one: Path, other: Path) -> Path {
    let start = parts.len();
    parts.extend_from_within(one);
    parts.extend_from_within(other);
    start..parts.len()
}

fn complain(what: &'static str, offset: usize, error: &mut dyn ErrorSink) {
    error.report_error(ParseError::new(what).with_unexpected(Span::new_unchecked(offset, offset)));
}

impl EventReceiver for Reader<'_> {
    fn std_table_close(&mut self, _: Span, error: &mut dyn ErrorSink) {
        self.open(error);
    }

    fn array_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) {
        complain(syntax::LIST_OF_TABLES, span.start(), error);
    }

    fn inline_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        complain(syntax::INLINE_TABLE, span.start(), error);
        false
    }

    fn simple_key(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut key = Cow::Borrowed("");
        self.raw(span, kind).decode_key(&mut key, error);
        self.add_to_key(key, span.start());
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let value = self.value(span, kind, error);
        match (&mut self.list, value) {
            (None, value) => self.add_value(value, error),
            (Some(Found::Texts(texts)), Found::Text(text)) => texts.push(text),
            (Some(list), _) => *list = Found::List,
        }
    }

    fn array_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        if self.list.is_some() {
            complain(syntax::LIST_IN_LIST, span.start(), error);
            return false;
        }
        self.list = Some(Found::Texts(Vec::new()));
        true
    }

    fn array_close(&mut self, _: Span, error: &mut dyn ErrorSink) {
        if let Some(list) = self.list.take() {
            self.add_value(list, error);
        }
    }
}

#[cfg(test)]
mod tests;
