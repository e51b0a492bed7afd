//! Texts that people read, and their translations: put together when a program is built, so that nothing is looked for when it
//! runs, and a translation that is missing or old fails the build.
//!
//! English stands in the source, beside the name of the message ([`source`]). Translations are gettext's PO files, which every
//! editor and service for translators takes ([`po`]): `msgctxt` is the name, `msgid` the English text. [`check`] holds one to the
//! other, [`build`] is what build scripts call, and [`update`] is `make po`, which brings the files up to date with the source.

pub mod build;
pub mod check;
pub mod po;
pub mod source;
pub mod update;

use std::fmt;
use std::path::PathBuf;

/// A language that texts are translated into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its code (ISO 639-1), which is the name of its files.
    pub code: &'static str,
    /// Its name, for error messages.
    pub name: &'static str,
    /// How many forms a word has beside a number: `{count|code|codes}`.
    pub forms: usize,
    /// Which numbers these are for, for error messages.
    pub numbers: &'static str,
    /// The same for editors of PO files.
    pub plural: &'static str,
}

/// The languages beside English, in the order in which generated tables have them.
pub const LANGUAGES: [Language; 1] = [Language {
    code: "cs",
    name: "Czech",
    forms: 3,
    numbers: "1; 2 to 4; all others",
    plural: "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;",
}];

/// How many forms an English word has beside a number.
const ENGLISH_FORMS: usize = 2;

/// The texts of a program, and where their translations are.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The folder with the sources that have texts in them.
    pub sources: PathBuf,
    /// The folder with its PO files.
    pub translations: PathBuf,
    /// Its name, which is that of the template.
    pub name: &'static str,
}

impl Domain {
    /// Those of a crate of this workspace, whose texts are in `src/messages`.
    #[must_use]
    pub fn of(workspace: &std::path::Path, name: &'static str) -> Self {
        Self {
            sources: workspace.join(name).join("src/messages"),
            translations: workspace.join("po").join(name),
            name,
        }
    }

    /// The PO file of a language.
    #[must_use]
    pub fn file(&self, language: Language) -> PathBuf {
        self.translations.join(format!("{}.po", language.code))
    }

    /// The template, which has the English texts alone.
    #[must_use]
    pub fn template(&self) -> PathBuf {
        self.translations.join(format!("{}.pot", self.name))
    }
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 where it is the whole file.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Problem {
    fn new(path: &std::path::Path, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}", self.what)
    }
}
