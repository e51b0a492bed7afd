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
        match done {
            Ok(()) => self.say(&text),
            // Nobody reads it, and a page was asked for.
            Err(why) if self.batch => return Err(End::NoPage(self.page_error(why))),
            Err(why) => self.say(&self.page_error(why)),
        }
        Ok(())
    }

    /// Finds out what can be found out about these wishes before anything is done.
    pub(super) fn check_wishes(&self, wishes: &[Wish]) -> Result<(), End> {
        for wish in wishes {
            let checked = match wish {
                Wish::Print => self.pages.can_print(),
                Wish::Save(path) => self.pages.can_save(Path::new(path)),
            };
            match (checked, wish) {
                // It is asked about.
                (Err(PageError::Exists), _) if !self.batch || self.yes => {}
                (Err(PageError::Exists), Wish::Save(path)) => {
                    return Err(End::NoPage(self.texts.page_failed(self.texts.page_is_there(path))));
                }
                (Err(why), _) => return Err(End::NoPage(self.page_error(why))),
                (Ok(()), _) => {}
            }
        }
        Ok(())
    }

    fn page_error(&self, why: PageError) -> String {
        let texts = self.texts;
        match why {
            PageError::Form => texts.page_form(),
            PageError::Drawing => texts.page_drawing(),
            PageError::NoPrinter => texts.page_no_printer(),
            // Not written over: there is nothing to say but what has been asked.
            PageError::Exists => texts.nothing_changed(),
            PageError::NotPrinted(why) => texts.page_not_printed(why),
            PageError::Failed(why) => texts.page_failed(why),
        }
    }

    fn save(&mut self, path: &str, page: &Page<'_>) -> Result<Result<(), PageError>, End> {
        let saved = self.pages.save(page, Path::new(path), false);
        if !matches!(saved, Err(PageError::Exists)) || !self.ask_yes(&self.texts.page_exists(path))? {
            return Ok(saved);
        }
        Ok(self.pages.save(page, Path::new(path), true))
    }
}
