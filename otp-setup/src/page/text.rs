//! The page as plain text: for printers of text, braille, and `less`.

use insis_otp::record::AppEntry;
use zeroize::Zeroizing;

use super::Page;
use crate::messages::Messages;
use crate::qr::Symbol;
use crate::wrap::wrap;

/// The page as text of 72 columns.
pub fn text(page: &Page<'_>) -> Zeroizing<String> {
    let messages = page.messages;
    let mut text = Zeroizing::new(String::with_capacity(32 * 1024));
    for paragraph in [
        messages.page_heading(),
        messages.page_whose(page.user, page.host),
        String::new(),
        messages.page_warning(),
        String::new(),
    ] {
        push(&mut text, &paragraph);
    }
    if let Some((entry, uri)) = &page.entry {
        push_entry(&mut text, messages, entry, uri);
    }
    push(&mut text, &messages.recovery_title());
    push(&mut text, &messages.page_recovery());
    for code in page.recovery {
        for part in ["  [ ] ", &code.reveal(), "\n"] {
            text.push_str(part);
        }
    }
    text.push('\n');
    push(&mut text, &messages.page_uses());
    for (when, what) in page.uses() {
        push(&mut text, &format!("{when}: {what}"));
    }
    text.push('\n');
    push(&mut text, &page.footer());
    text
}

fn push_entry(text: &mut String, messages: Messages, entry: &AppEntry, uri: &str) {
    let (algorithm, digits, period) = super::parameters(&entry.key);
    for paragraph in [
        messages.page_phone(),
        messages.page_scan(),
        String::new(),
        messages.sheet_issuer(&entry.issuer),
        messages.sheet_account(&entry.account),
        messages.sheet_secret(),
    ] {
        push(text, &paragraph);
    }
    for part in ["  ", &entry.key.secret().grouped(), "\n"] {
        text.push_str(part);
    }
    push(text, &messages.sheet_kind());
    push(text, &messages.sheet_parameters(algorithm, digits, period));
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
