//! Recovery codes: made, shown once, renewed.

use insis_otp::oath::{RecoveryCode, RecoveryCodes, Salt};
use insis_otp::service::Request;
use zeroize::Zeroizing;

use super::{PageAction, Session, SessionError};
use crate::page::Page;
use crate::ui::{Question, SecretView};

impl Session<'_> {
    /// As many new codes as an enrollment has, and a salt for their hashes.
    pub(super) fn make_recovery_codes(&mut self) -> Result<(Vec<RecoveryCode>, Salt), SessionError> {
        let codes = (0..RecoveryCodes::COUNT)
            .map(|_| RecoveryCode::generate(&mut *self.random))
            .collect::<Result<_, _>>()
            .map_err(SessionError::NoRandom)?;
        let mut salt = Salt::default();
        (self.random)(&mut salt.0).map_err(SessionError::NoRandom)?;
        Ok((codes, salt))
    }

    /// Shows the codes, until the person has them. Whoever goes away now keeps the enrollment.
    pub(super) fn show_recovery_codes(&mut self, page: &Page<'_>) {
        let messages = self.messages;
        let mut text = Zeroizing::new(String::with_capacity(2048));
        text.push_str(&format!("{}\n\n{}\n\n", messages.recovery_title(), messages.recovery_why()));
        for (number, code) in page.recovery.iter().enumerate() {
            text.push_str(&Zeroizing::new(format!("  {:>2}.  {}\n", number + 1, *code.reveal())));
        }
        text.push_str(&format!("\n{}\n{}\n", messages.recovery_how(), messages.page_offer()));
        self.ui.show(SecretView { qr: Vec::new(), text, messages });
        if !self.batch && self.ui.is_watching() {
            self.until_enter(page);
        }
        self.ui.hide();
    }

    /// Waits for Enter alone: anything else might have been meant for something, and the codes are shown only once.
    fn until_enter(&mut self, page: &Page<'_>) {
        loop {
            let question = self.messages.ask_enter_to_clear();
            let Ok(answer) = self.ui.ask(&Question::plain(&question)) else { return };
            match self.page_action_in(&answer) {
                _ if answer.trim().is_empty() => return,
                Some(page_action) => {
                    if self.fulfil(&page_action, page).is_err() {
                        return;
                    }
                }
                None => self.say(&self.messages.recovery_enter()),
            }
        }
    }

    /// New recovery codes instead of all former ones.
    pub fn renew_recovery_codes(
        &mut self,
        host: &str,
        date: &str,
        page_actions: &[PageAction],
    ) -> Result<(), SessionError> {
        self.must_be_enrolled()?;
        self.check_page_actions(page_actions)?;
        let (codes, salt) = self.make_recovery_codes()?;
        if self.backend.needs_proof() {
            self.say(&self.messages.proof_needed());
        }
        self.with_proof(|backend, proof| {
            backend.change(&Request::RenewRecoveryCodes(codes.clone(), salt, proof.clone()))
        })?;
        let user = self.user.clone();
        let date = date.to_owned();
        let (contact, messages) = (self.contact.clone(), self.messages);
        let page = Page { entry: None, recovery: &codes, user: &user, host, date, contact, messages };
        let mut made = Ok(());
        for page_action in page_actions {
            made = made.and(self.fulfil(page_action, &page));
        }
        self.show_recovery_codes(&page);
        self.say(&self.messages.recovery_old_void());
        // The codes hold, and were shown: only the page is missing.
        made.map_err(|end| match end {
            SessionError::NoPage(why) => SessionError::PageMissing(why),
            end => end,
        })
    }
}
