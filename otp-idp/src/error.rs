//! Why a flow did not end in a proof.

use insis_otp::identity::{FlowRefusal, Message, Unavailability};

/// Why a flow did not end in a proof, with a detail for the log: never a name, a token or a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nobody has signed in as the site asks for it.
    Refused(FlowRefusal, String),
    /// The provider cannot be asked, or not with these settings.
    Unavailable(Unavailability, String),
}

impl Error {
    /// The ID token is not valid, or not for this login.
    pub fn token(detail: impl Into<String>) -> Self {
        Self::Refused(FlowRefusal::Token, detail.into())
    }

    /// What the provider answers is no answer.
    pub fn answer(detail: impl Into<String>) -> Self {
        Self::Unavailable(Unavailability::Answer, detail.into())
    }

    /// The settings, or the surroundings of the program.
    pub fn settings(detail: impl Into<String>) -> Self {
        Self::Unavailable(Unavailability::Settings, detail.into())
    }

    /// The provider does not let this site use the flow.
    pub fn policy(detail: impl Into<String>) -> Self {
        Self::Unavailable(Unavailability::Policy, detail.into())
    }

    /// The provider does not answer.
    pub fn network(detail: impl Into<String>) -> Self {
        Self::Unavailable(Unavailability::Network, detail.into())
    }
}

impl From<Error> for Message {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(why, detail) => Self::Refused(why, detail),
            Error::Unavailable(why, detail) => Self::Unavailable(why, detail),
        }
    }
}

/// What the provider wrote, for the log: one word of printable ASCII, and not longer than that.
#[must_use]
pub fn word(text: &str, longest: usize) -> String {
    let plain = |char: char| if char.is_ascii_graphic() { char } else { '?' };
    text.chars().take(longest).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_provider_wrote_cannot_end_a_line_or_begin_a_field() {
        assert_eq!(word("a b\n\u{17e}=c", 9), "a?b??=c");
        assert_eq!(word("abcdef", 3), "abc");
    }
}
