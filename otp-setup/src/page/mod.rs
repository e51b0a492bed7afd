//! The page to keep safe: QR code, secret and recovery codes on paper, for the day when the phone is new, lost or at
//! home.

mod deliver;
mod drawing;
mod font;
mod layout;
mod pdf;
mod png;
mod svg;
mod text;

pub use deliver::{Desktop, PageError, Pages};

use insis_otp::oath::{OtpGenerator, RecoveryCode};
use insis_otp::record::AppEntry;
use zeroize::Zeroizing;

use crate::messages::Messages;

/// What stands on the page.
pub struct Page<'a> {
    /// The entry of the app and its URI, as the screen shows it; none where recovery codes are made anew, since nobody can
    /// read the secret then.
    pub entry: Option<(&'a AppEntry, Zeroizing<String>)>,
    /// The recovery codes.
    pub recovery: &'a [RecoveryCode],
    /// The user's name.
    pub user: &'a str,
    /// The host's.
    pub host: &'a str,
    /// The date.
    pub date: String,
    /// Whom people ask for help, as the site says.
    pub contact: Option<String>,
    /// The language.
    pub messages: Messages,
}

impl Page<'_> {
    /// What it is good for: when, and what to do then.
    fn uses(&self) -> Vec<(String, String)> {
        let messages = self.messages;
        let new = self.entry.as_ref().map(|_| (messages.page_new(), messages.page_new_do()));
        let forgotten = (messages.page_forgotten(), messages.page_forgotten_do());
        let lost = (messages.page_lost(), messages.page_lost_do());
        let help = self.contact.clone().map(|contact| (messages.page_help(), contact));
        std::iter::once(forgotten).chain(new).chain([lost]).chain(help).collect()
    }

    /// When it was made, and how long it is good.
    fn footer(&self) -> String {
        match self.entry {
            Some(_) => self.messages.page_footer(&self.date),
            None => self.messages.page_footer_recovery(&self.date),
        }
    }
}

/// Algorithm, digits and period, for people.
pub fn parameters(key: &OtpGenerator) -> (&'static str, usize, u64) {
    (key.algorithm().name(), key.digits().count(), key.period().seconds())
}

/// A size of paper, in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Paper {
    // No comments for clap: its help would be a longer one for them, and in English.
    A4,
    Letter,
}

impl Paper {
    /// The paper that is usual where a locale is.
    pub fn of_locale(locale: &str) -> Self {
        // CLDR, supplemental data, paperSize US-Letter.
        const LETTER: &[&str] =
            &["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"];
        let territory =
            locale.split_once('_').map(|(_, rest)| rest.split(['.', '@']).next().unwrap_or_default());
        if territory.is_some_and(|territory| LETTER.contains(&territory)) { Self::Letter } else { Self::A4 }
    }

    /// Width and height.
    pub const fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.28, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }

    /// Its name for the printer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A4 => "A4",
            Self::Letter => "Letter",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paper_is_what_is_usual() {
        let cases = [
            ("en_US.UTF-8", Paper::Letter),
            ("cs_CZ.UTF-8", Paper::A4),
            ("C", Paper::A4),
            ("fr_CA", Paper::Letter),
        ];
        for (locale, paper) in cases {
            assert_eq!(Paper::of_locale(locale), paper, "{locale}");
        }
    }
}
