//! Recovery codes: made, shown once, renewed.

use insis_otp::otp::{RecoveryCode, RecoveryCodes, Salt};
use zeroize::Zeroizing;

use super::{Desk, End};
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
    pub(super) fn show_recovery_codes(&mut self, codes: &[RecoveryCode]) {
        let texts = self.texts;
        let mut text = Zeroizing::new(String::with_capacity(2048));
        text.push_str(&format!("{}\n\n{}\n\n", texts.recovery_title(), texts.recovery_why()));
        for (number, code) in codes.iter().enumerate() {
            text.push_str(&Zeroizing::new(format!("  {:>2}.  {}\n", number + 1, *code.reveal())));
        }
        text.push_str(&format!("\n{}\n", texts.recovery_how()));
        self.person.show(Sheet { qr: Vec::new(), text, too_small: String::new() });
        if !self.batch {
            let _ = self.person.ask(&Question::plain(&texts.ask_enter_to_clear()));
        }
        self.person.hide();
    }

    /// New recovery codes instead of all former ones.
    pub fn renew_recovery_codes(&mut self) -> Result<(), End> {
        self.must_be_paired()?;
        let (codes, salt) = self.make_recovery_codes()?;
        if self.keeper.needs_proof() {
            self.say(&self.texts.proof_needed());
        }
        self.with_proof(|keeper, proof| keeper.renew_recovery_codes(&codes, salt, proof))?;
        self.show_recovery_codes(&codes);
        Ok(())
    }
}
