//! The page to keep safe, while the secret is on the screen.

use std::path::Path;

use super::{Session, SessionError};
use crate::page::{Page, PageError};

/// What the person wants done with the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAction {
    /// To the printer.
    Print,
    /// Into this file.
    Save(String),
}

impl Session<'_> {
    /// The wish in what was typed instead of a code, if it is one.
    pub(super) fn page_action_in(&self, typed: &str) -> Option<PageAction> {
        let (word, rest) = typed.trim().split_once(' ').unwrap_or((typed.trim(), ""));
        let is = |ours: &str, theirs: String| {
            let word = word.to_lowercase();
            word == ours || theirs.split(' ').any(|one| one == word)
        };
        match rest.trim() {
            "" if is("print", self.messages.word_print()) => Some(PageAction::Print),
            // Also without a name: then it is said what is missing.
            path if is("save", self.messages.word_save()) => Some(PageAction::Save(path.to_owned())),
            _ => None,
        }
    }

    /// Prints or saves the page, and says what became of that.
    pub(super) fn fulfil(&mut self, page_action: &PageAction, page: &Page<'_>) -> Result<(), SessionError> {
        let messages = self.messages;
        let (done, text) = match page_action {
            PageAction::Print => (self.pages.print(page), messages.page_printed()),
            PageAction::Save(path) => (self.save(path, page)?, messages.page_saved(path)),
        };
        self.page_made |= done.is_ok();
        match done {
            Ok(()) => self.say(&text),
            // Nobody reads it, and a page was asked for.
            Err(why) if self.batch => return Err(SessionError::NoPage(why.message(&self.messages))),
            Err(why) => self.say(&why.message(&self.messages)),
        }
        Ok(())
    }

    /// Finds out what can be found out about these page_actions before anything is done.
    pub(super) fn check_page_actions(&self, page_actions: &[PageAction]) -> Result<(), SessionError> {
        for page_action in page_actions {
            let checked = match page_action {
                PageAction::Print => self.pages.can_print(),
                PageAction::Save(path) => self.pages.can_save(Path::new(path)),
            };
            match (checked, page_action) {
                // It is asked about.
                (Err(PageError::Exists), _) if !self.batch || self.yes => {}
                (Err(PageError::Exists), PageAction::Save(path)) => {
                    return Err(SessionError::NoPage(
                        self.messages.page_failed(self.messages.page_is_there(path)),
                    ));
                }
                (Err(why), _) => return Err(SessionError::NoPage(why.message(&self.messages))),
                (Ok(()), _) => {}
            }
        }
        Ok(())
    }

    fn save(&mut self, path: &str, page: &Page<'_>) -> Result<Result<(), PageError>, SessionError> {
        let saved = self.pages.save(page, Path::new(path), false);
        if !matches!(saved, Err(PageError::Exists)) || !self.ask_yes(&self.messages.page_exists(path))? {
            return Ok(saved);
        }
        Ok(self.pages.save(page, Path::new(path), true))
    }
}
