//! The page as plain text: for printers of text, braille, and `less`.

use zeroize::Zeroizing;

use super::Page;
use crate::qr::Symbol;
use crate::terminal::wrap;

/// The page as text of 72 columns.
pub fn text(page: &Page<'_>) -> Zeroizing<String> {
    let texts = page.texts;
    let mut text = Zeroizing::new(String::with_capacity(32 * 1024));
    let (algorithm, digits, period) = crate::flow::said(&page.entry.key);
    for paragraph in [
        texts.page_heading(),
        texts.page_whose(page.user, page.host),
        String::new(),
        texts.page_warning(),
        String::new(),
        texts.page_phone(),
        texts.page_scan(),
        String::new(),
        texts.sheet_issuer(&page.entry.issuer),
        texts.sheet_account(&page.entry.account),
    ] {
        push(&mut text, &paragraph);
    }
    push(&mut text, &texts.sheet_secret());
    for part in ["  ", &page.entry.key.secret().grouped(), "\n"] {
        text.push_str(part);
    }
    push(&mut text, &texts.sheet_kind());
    push(&mut text, &texts.sheet_parameters(algorithm, digits, period));
    text.push('\n');
    for line in Symbol::new(&page.uri).iter().flat_map(Symbol::ink) {
        text.push_str(&line);
        text.push('\n');
    }
    push(&mut text, &texts.recovery_title());
    push(&mut text, &texts.page_recovery());
    for code in page.recovery {
        for part in ["  [ ] ", &code.reveal(), "\n"] {
            text.push_str(part);
        }
    }
    text.push('\n');
    push(&mut text, &texts.page_uses());
    for (when, what) in [
        (texts.page_forgotten(), texts.page_forgotten_do()),
        (texts.page_new(), texts.page_new_do()),
        (texts.page_lost(), texts.page_lost_do()),
    ] {
        push(&mut text, &format!("{when}: {what}"));
    }
    text.push('\n');
    push(&mut text, &texts.page_footer(&page.date));
    text
}

fn push(text: &mut String, paragraph: &str) {
    for line in wrap(&[paragraph], 72) {
        text.push_str(&line);
        text.push('\n');
    }
}
