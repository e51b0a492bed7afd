//! Enrolling a phone, and replacing it by another.

use insis_otp::naming::{self, Names};
use insis_otp::oath::{Drift, OtpGenerator, Parameters, RecoveryCode, Salt, Secret};
use insis_otp::record::AppEntry;
use insis_otp::service::{NewDevice, Request, Status};
use zeroize::Zeroizing;

use super::codes::TwoCodes;
use super::{PageAction, Session, SessionError};
use crate::apps;
use crate::backend::Error;
use crate::page::{Page, parameters};
use crate::qr::Symbol;
use crate::ui::SecretView;

/// How an enrollment is made.
pub struct EnrollmentOptions {
    /// The names for the app.
    pub names: Names,
    /// Algorithm, digits, period.
    pub new_keys: Parameters,
    /// Whether the QR code is shown; the secret as text always is.
    pub qr: bool,
    /// Whether a phone whose clock is far off is taken, too.
    pub force: bool,
    /// Who called this by sudo, and perhaps meant to be enrolled.
    pub instead_of: Option<String>,
    /// What is to be done with the page, without asking.
    pub page_actions: Vec<PageAction>,
    /// The question at logins.
    pub prompt: String,
    /// How dates are said.
    pub date: fn(insis_otp::oath::UnixTime) -> String,
}

impl Session<'_> {
    /// Enrolls a phone: two codes that follow each other, and only then is anything written.
    pub fn enroll(&mut self, options: &EnrollmentOptions) -> Result<(), SessionError> {
        let present = self.backend.status()?;
        self.check_page_actions(&options.page_actions)?;
        self.introduce(options, present.as_ref())?;
        let entry = self.new_entry(options, present.as_ref())?;
        let recovery = self.make_recovery_codes()?;
        let codes = self.show_and_prove(&entry, options, &recovery.0);
        self.ui.hide();
        let new = codes.and_then(|codes| self.keep(entry, codes, recovery, present.is_some()));
        // Whatever failed, the app may have the entry by now. If the helper's answer is lost, the entry may be good.
        let (new, drift) = new.inspect_err(|end| {
            if !matches!(end, SessionError::Backend(Error::HelperResponse(_))) {
                self.say_void();
            }
        })?;
        self.say(&self.messages.enrolled(&self.user));
        self.say_drift(drift.seconds(new.entry.key.period()));
        let user = self.user.clone();
        let page = self.page(&new.entry, options, &new.recovery.0, &user);
        self.show_recovery_codes(&page);
        self.say(&self.messages.enrolled_next_login(options.prompt.trim_end_matches([' ', ':'])));
        Ok(())
    }

    /// Shows the secret, has it printed if that is wished, and asks for the two codes.
    fn show_and_prove(
        &mut self,
        entry: &AppEntry,
        options: &EnrollmentOptions,
        recovery: &[RecoveryCode],
    ) -> Result<TwoCodes, SessionError> {
        self.ui.show(self.view(entry, options));
        let user = self.user.clone();
        let page = self.page(entry, options, recovery, &user);
        for page_action in &options.page_actions {
            self.fulfil(page_action, &page)?;
        }
        self.two_codes(entry, &page, options)
    }

    fn page<'p>(
        &self,
        entry: &'p AppEntry,
        options: &'p EnrollmentOptions,
        recovery: &'p [RecoveryCode],
        user: &'p str,
    ) -> Page<'p> {
        Page {
            entry: Some((entry, naming::shown_uri(entry, Symbol::fits))),
            recovery,
            user,
            host: &options.names.host,
            date: (options.date)((self.clock)()),
            contact: self.contact.clone(),
            messages: self.messages,
        }
    }

    /// Says what is good for nothing now.
    fn say_void(&mut self) {
        self.say(&self.messages.delete_entry());
        if self.page_made {
            self.say(&self.messages.page_void());
        }
    }

    /// Enrolls another phone instead of the present one.
    pub fn replace(&mut self, options: &EnrollmentOptions) -> Result<(), SessionError> {
        self.must_be_enrolled()?;
        self.enroll(options)
    }

    /// Says what is going to happen, and asks whether it shall.
    fn introduce(
        &mut self,
        options: &EnrollmentOptions,
        present: Option<&Status>,
    ) -> Result<(), SessionError> {
        let messages = self.messages;
        self.say(&messages.enroll_title(&self.user, &options.names.host));
        if let Some(caller) = &options.instead_of {
            self.say(&messages.enroll_not_you(&self.user, caller));
        }
        self.say("");
        let mut question = messages.ask_app();
        if let Some(status) = present {
            self.say(&messages.enroll_already(&self.user, (options.date)(status.enrolled_at)));
            if self.backend.needs_proof() {
                self.say(&messages.enroll_replaces(&self.user));
                question = messages.ask_app_and_proof();
            } else {
                self.say(&messages.enroll_replaces_as_root());
                question = messages.ask_replace();
            }
        } else {
            self.say(&messages.enroll_why(options.new_keys.digits.count()));
            self.say_credential()?;
        }
        self.say(&messages.enroll_apps());
        let Parameters { algorithm, digits, period } = options.new_keys;
        let failing = apps::that_fail(algorithm, digits, period);
        if !failing.is_empty() {
            let (name, count, seconds) = (algorithm.name(), digits.count(), period.seconds());
            self.say(&messages.enroll_uncommon(name, count, seconds, failing.join(", ")));
        }
        self.say("");
        if self.ask_yes(&question)? {
            return Ok(());
        }
        if present.is_none() {
            self.say(&messages.get_an_app());
        }
        Err(SessionError::Declined)
    }

    /// A new secret, under names that leave a code for 24 rows.
    fn new_entry(
        &mut self,
        options: &EnrollmentOptions,
        present: Option<&Status>,
    ) -> Result<AppEntry, SessionError> {
        let secret = Secret::generate(&mut *self.random).map_err(SessionError::NoRandom)?;
        let key = OtpGenerator::new(secret, options.new_keys);
        // Room for what tells a replacement from what it replaces.
        const ROOM: &str = "%20%23999";
        let fits = |uri: &str| Symbol::fits(&Zeroizing::new(format!("{uri}{ROOM}")));
        let mut entry = options.names.entry(&key, fits);
        if let Some(present) = present.filter(|present| present.issuer == entry.issuer) {
            entry.account = naming::another(&entry.account, &present.account);
        }
        Ok(entry)
    }

    fn view(&self, entry: &AppEntry, options: &EnrollmentOptions) -> SecretView {
        let messages = self.messages;
        let grouped = entry.key.secret().grouped();
        let mut text = Zeroizing::new(String::with_capacity(2048));
        if options.qr {
            text.push_str(&format!(
                "{}\n{}\n\n{}\n",
                messages.sheet_scan(),
                messages.sheet_microsoft(),
                messages.sheet_type()
            ));
        }
        text.push_str(&format!(
            "{}\n{}\n",
            messages.sheet_issuer(&entry.issuer),
            messages.sheet_account(&entry.account)
        ));
        text.push_str(&messages.sheet_secret());
        // Rows of four groups, which fit beside the code.
        for row in grouped.as_bytes().chunks(20) {
            text.push_str("\n  ");
            text.push_str(std::str::from_utf8(row).unwrap_or_default().trim_end());
        }
        text.push('\n');
        text.push_str(&messages.sheet_kind());
        if !entry.has_common_parameters() {
            let (algorithm, digits, period) = parameters(&entry.key);
            text.push_str(&format!("\n{}", messages.sheet_parameters(algorithm, digits, period)));
        }
        text.push_str(&format!("\n\n{}", messages.page_offer()));
        let uris = [naming::shown_uri(entry, Symbol::fits), entry.short_uri()];
        let codes = uris.iter().filter(|_| options.qr).filter_map(|uri| Symbol::new(uri));
        let qr = codes.collect();
        SecretView { qr, text, messages }
    }

    /// Writes the enrollment; only here does anything change.
    fn keep(
        &mut self,
        entry: AppEntry,
        codes: TwoCodes,
        recovery: (Vec<RecoveryCode>, Salt),
        replaces: bool,
    ) -> Result<(NewDevice, Drift), SessionError> {
        let TwoCodes { first, second, drift } = codes;
        let new = NewDevice { entry, first, second, recovery };
        if !replaces {
            self.enroll_with_credential(&new)?;
            return Ok((new, drift));
        }
        if self.backend.needs_proof() {
            self.say(&self.messages.proof_why());
            self.say(&self.messages.proof_old_phone());
        }
        match self.with_proof(|backend, proof| backend.change(&Request::Replace(new.clone(), proof.clone())))
        {
            // It was removed meanwhile.
            Err(SessionError::Backend(Error::NotEnrolled)) => _ = self.enroll_with_credential(&new)?,
            replaced => _ = replaced?,
        }
        Ok((new, drift))
    }
}
