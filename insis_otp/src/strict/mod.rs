//! Reading TOML strictly: every key is known, every value has its type, every error names its line.

mod document;
mod error;
mod value;

use document::{Document, Setting};
pub use error::{Error, Found, Name, Problem, Requirement, nearest, syntax};
pub use value::Value;

/// Calls `set` for every key of the document; then for those in sections `[service.NAME]`, as `service.NAME.KEY`, so
/// that everything for all services is set before anything for one.
///
/// # Errors
/// The first one in the order of the text: of the TOML parser, or of `set`.
pub fn each_key(
    text: &str,
    set: &mut dyn FnMut(&str, Value<'_>) -> Result<(), Error>,
) -> Result<(), Problem> {
    let problem = |(offset, error): (usize, Error)| Problem { line: line_of(text, offset), error };
    let document = Document::parse(text).map_err(|(offset, what)| problem((offset, Error::Syntax(what))))?;
    let stray = document.headers.iter().find(|header| !document.is_section(header));
    let mut first = stray.map(|header| {
        let name = document.name(&header.path);
        (header.offset, Error::Section(error::shortened(&name).to_owned()))
    });
    for in_sections in [false, true] {
        let these = |setting: &&Setting<'_>| document.is_in_section(setting) == in_sections;
        for setting in document.settings.iter().filter(these) {
            let key = document.name(&setting.path);
            if let Err(error) = set(&key, Value::Toml(&setting.value))
                && first.as_ref().is_none_or(|(before, _)| setting.offset < *before)
            {
                first = Some((setting.offset, error));
            }
        }
    }
    first.map_or(Ok(()), |first| Err(problem(first)))
}

/// The line of the first header or setting of which this holds, by its name, as [`each_key`] has it, and the value of a
/// setting.
#[cold]
#[inline(never)]
pub fn line_where(text: &str, holds: &dyn Fn(&str, Option<Value<'_>>) -> bool) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let headers = document.headers.iter().map(|header| (header.offset, &header.path, None));
    let settings = document.settings.iter().map(|setting| {
        let value = Value::Toml(&setting.value);
        (setting.offset, &setting.path, Some(value))
    });
    let those = headers.chain(settings).filter(|(_, path, value)| holds(&document.name(path), *value));
    those.map(|(offset, ..)| offset).min().map(|offset| line_of(text, offset))
}

/// What keys in sections begin with.
pub const SECTIONS: &str = "service.";
/// What keys in the section of the identity provider begin with.
pub const PROVIDER: &str = "identity_provider.";
/// What keys in the section of the directory begin with.
pub const FLEET: &str = "fleet.";
/// What keys in the section of mail to owners begin with.
pub const MAIL: &str = "mail.";

/// The line, counted from 1, in which a byte stands.
#[must_use]
pub fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_line() {
        let not = |key: &str| Error::Syntax(format!("not {key}"));
        let text = "a = 1\n\nb = \"x\"\nc = 3\n";
        let problem = each_key(text, &mut |key, value| match key {
            "b" => value.number().map(drop).ok_or_else(|| not(key)),
            _ => Ok(()),
        });
        assert_eq!(problem, Err(Problem { line: 3, error: not("b") }));
        let first = each_key("z = 1\na = 2\n", &mut |key, _| Err(not(key)));
        assert_eq!(first, Err(Problem { line: 1, error: not("z") }));
        assert_eq!(each_key("a = 1\na = 2\n", &mut |_, _| Ok(())).unwrap_err().line, 2);
        assert_eq!(each_key("\n\nx = = 3\n", &mut |_, _| Ok(())).unwrap_err().line, 3);
    }
}
