//! Recovery codes: made, shown once, renewed.

use insis_otp::otp::{RecoveryCode, RecoveryCodes, Salt};
use zeroize::Zeroizing;

use super::{Desk, End, Wish};
use crate::page::Page;
use crate::person::{Question, Sheet};

impl Desk<'_> {
    /// As many new codes as a pairing has, and a salt for their hashes.
    pub(super) fn make_recovery_codes(&mut self) -> Result<(Vec<RecoveryCode>, Salt), End> {
        let codes = (0..RecoveryCodes::COUNT)
            .map(|_| RecoveryCode::generate(&mut *self.random))
            .collect::<Result<_, _>>()
            .map_err(End::NoRandom)?;
        let mut salt = Salt::default();
        (self.random)(&mut salt.0).map_err(End::NoRandom)?;
        Ok((codes, salt))
    }

    /// Shows the codes, until the person has them. Whoever goes away now keeps the pairing.
    pub(super) fn show_recovery_codes(&mut self, page: &Page<'_>) {
        let texts = self.texts;
        let mut text = Zeroizing::new(String::with_capacity(2048));
        text.push_str(&format!("{}\n\n{}\n\n", texts.recovery_title(), texts.recovery_why()));
        for (number, code) in page.recovery.iter().enumerate() {
            text.push_str(&Zeroizing::new(format!("  {:>2}.  {}\n", number + 1, *code.reveal())));
        }
        text.push_str(&format!("\n{}\n{}\n", texts.recovery_how(), texts.page_offer()));
        self.person.show(Sheet { qr: Vec::new(), text, texts });
        if !self.batch && self.person.is_watching() {
            self.until_enter(page);
        }
        self.person.hide();
    }

    /// Waits for Enter alone: anything else might have been meant for something, and the codes are shown only once.
    fn until_enter(&mut self, page: &Page<'_>) {
        loop {
            let question = self.texts.ask_enter_to_clear();
            let Ok(answer) = self.person.ask(&Question::plain(&question)) else { return };
            match self.wish(&answer) {
                _ if answer.trim().is_empty() => return,
                Some(wish) => {
                    if self.fulfil(&wish, page).is_err() {
                        return;
                    }
                }
                None => self.say(&self.texts.recovery_enter()),
            }
        }
    }

    /// New recovery codes instead of all former ones.
    pub fn renew_recovery_codes(&mut self, host: &str, date: &str, wishes: &[Wish]) -> Result<(), End> {
        self.must_be_paired()?;
        self.check_wishes(wishes)?;
        let (codes, salt) = self.make_recovery_codes()?;
        if self.backend.needs_proof() {
            self.say(&self.texts.proof_needed());
        }
        self.with_proof(|backend, proof| backend.renew_recovery_codes(&codes, salt, proof))?;
        let user = self.user.clone();
        let date = date.to_owned();
        let page = Page { entry: None, recovery: &codes, user: &user, host, date, texts: self.texts };
        let mut made = Ok(());
        for wish in wishes {
            made = made.and(self.fulfil(wish, &page));
        }
        self.show_recovery_codes(&page);
        self.say(&self.texts.recovery_old_void());
        // The codes hold, and were shown: only the page is missing.
        made.map_err(|end| match end {
            End::NoPage(why) => End::PageMissing(why),
            end => end,
        })
    }
}
