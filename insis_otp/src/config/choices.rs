//! What some keys choose from.

/// The language of what people read at the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Czech.
    Cs,
}

/// What happens to people without a secret file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unenrolled {
    /// They are asked like everybody and refused.
    #[default]
    Deny,
    /// The module steps aside for them: PAM_IGNORE.
    Ignore,
    /// They enroll a phone within the login, after their password was verified.
    Enroll,
}

/// What a person has to show to enroll a first device without an administrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfEnrollment {
    /// Their password, or an invitation.
    #[default]
    Password,
    /// The one-time code that an administrator gave them.
    Invitation,
    /// Nothing: every process that runs as the user can enroll a device.
    Open,
    /// People do not enroll themselves.
    Off,
}

impl Language {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "en" => Some(Self::En),
            "cs" => Some(Self::Cs),
            _ => None,
        }
    }

    /// The question for the code.
    #[must_use]
    pub const fn prompt(self) -> &'static str {
        match self {
            Self::En => "One-time code: ",
            Self::Cs => "Jednorázový kód: ",
        }
    }
}

impl Unenrolled {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "deny" => Some(Self::Deny),
            "ignore" => Some(Self::Ignore),
            "enrol" => Some(Self::Enroll),
            _ => None,
        }
    }
}

impl SelfEnrollment {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "password" => Some(Self::Password),
            "invitation" => Some(Self::Invitation),
            "open" => Some(Self::Open),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}
