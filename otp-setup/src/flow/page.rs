//! The page to keep safe, while the secret is on the screen.

use std::path::Path;

use super::{Desk, End};
use crate::page::{Page, PageError};

/// What the person wants done with the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To the printer.
    Print,
    /// Into this file.
    Save(String),
}

impl Desk<'_> {
    /// The wish in what was typed in place of a code, if it is one.
    pub(super) fn wish(&self, typed: &str) -> Option<Wish> {
        let (word, rest) = typed.trim().split_once(' ').unwrap_or((typed.trim(), ""));
        let is = |ours: &str, theirs: String| {
            let word = word.to_lowercase();
            word == ours || theirs.split(' ').any(|one| one == word)
        };
        match rest.trim() {
            "" if is("print", self.texts.word_print()) => Some(Wish::Print),
            // Also without a name: then it is said what is missing.
            path if is("save", self.texts.word_save()) => Some(Wish::Save(path.to_owned())),
            _ => None,
        }
    }

    /// Prints or saves the page, and says what became of that.
    pub(super) fn fulfil(&mut self, wish: &Wish, page: &Page<'_>) -> Result<(), End> {
        let texts = self.texts;
        let (done, text) = match wish {
            Wish::Print => (self.pages.print(page), texts.page_printed()),
            Wish::Save(path) => (self.save(path, page)?, texts.page_saved(path)),
        };
        self.page_made |= done.is_ok();
        self.say(&match done {
            Ok(()) => text,
            Err(PageError::Form) => texts.page_form(),
            Err(PageError::Drawing) => texts.page_drawing(),
            Err(PageError::NoPrinter) => texts.page_no_printer(),
            // Not written over: there is nothing to say but what has been asked.
            Err(PageError::Exists) => texts.nothing_changed(),
            Err(PageError::NotPrinted(why)) => texts.page_not_printed(why),
            Err(PageError::Failed(why)) => texts.page_failed(why),
        });
        Ok(())
    }

    fn save(&mut self, path: &str, page: &Page<'_>) -> Result<Result<(), PageError>, End> {
        let saved = self.pages.save(page, Path::new(path), false);
        if !matches!(saved, Err(PageError::Exists)) || !self.ask_yes(&self.texts.page_exists(path))? {
            return Ok(saved);
        }
        Ok(self.pages.save(page, Path::new(path), true))
    }
}
