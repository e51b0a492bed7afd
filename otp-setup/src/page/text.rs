//! The page as plain text: for printers of text, braille, and `less`.

use insis_otp::otpauth::Entry;
use zeroize::Zeroizing;

use super::Page;
use crate::qr::Symbol;
use crate::terminal::wrap;
use crate::texts::Texts;

/// The page as text of 72 columns.
pub fn text(page: &Page<'_>) -> Zeroizing<String> {
    let texts = page.texts;
    let mut text = Zeroizing::new(String::with_capacity(32 * 1024));
    for paragraph in [
        texts.page_heading(),
        texts.page_whose(page.user, page.host),
        String::new(),
        texts.page_warning(),
        String::new(),
    ] {
        push(&mut text, &paragraph);
    }
    if let Some((entry, uri)) = &page.entry {
        push_entry(&mut text, texts, entry, uri);
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
    for (when, what) in page.uses() {
        push(&mut text, &format!("{when}: {what}"));
    }
    text.push('\n');
    push(&mut text, &page.footer());
    text
}

fn push_entry(text: &mut String, texts: Texts, entry: &Entry, uri: &str) {
    let (algorithm, digits, period) = crate::flow::said(&entry.key);
    for paragraph in [
        texts.page_phone(),
        texts.page_scan(),
        String::new(),
        texts.sheet_issuer(&entry.issuer),
        texts.sheet_account(&entry.account),
        texts.sheet_secret(),
    ] {
        push(text, &paragraph);
    }
    for part in ["  ", &entry.key.secret().grouped(), "\n"] {
        text.push_str(part);
    }
    push(text, &texts.sheet_kind());
    push(text, &texts.sheet_parameters(algorithm, digits, period));
    text.push('\n');
    for line in Symbol::new(uri).iter().flat_map(Symbol::ink) {
        text.push_str(&line);
        text.push('\n');
    }
}

fn push(text: &mut String, paragraph: &str) {
    for line in wrap(&[paragraph], 72) {
        text.push_str(&line);
        text.push('\n');
    }
}
