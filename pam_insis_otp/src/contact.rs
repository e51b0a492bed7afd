//! Whom to ask for help, where the site says so: said once in a login, to whoever is refused and cannot help themselves.
//!
//! Whether it is said depends on the refusal alone, as the person reads it. So it tells nothing of an account that the refusal
//! does not: names that nobody has, people who have not enrolled and those who have are refused alike.

use insis_otp::oath::Seconds;
use insis_otp::verify::Refusal;

use crate::dialogue;
use crate::host::{Flags, Host};
use crate::messages::{Messages, fill};
use crate::outcome::Outcome;

/// A delay after which people rather ask than wait.
const LONG: Seconds = Seconds(300);

/// What the site says, until it has been said.
#[derive(Default)]
pub struct Contact(Option<String>);

impl Contact {
    /// Of these settings.
    pub const fn of(setting: Option<String>) -> Self {
        Self(setting)
    }

    /// A text with it on a line below, if it has not been said.
    #[cold]
    #[inline(never)]
    pub fn below(&mut self, text: String, messages: &Messages) -> String {
        match self.alone(messages) {
            Some(contact) => format!("{}\n{contact}", text.trim_end()),
            None => text,
        }
    }

    /// It, if it has not been said.
    #[cold]
    #[inline(never)]
    pub fn alone(&mut self, messages: &Messages) -> Option<String> {
        self.0.take().map(|contact| fill(messages.contact(), contact))
    }
}

/// Says at the end of a login that did not succeed what no question has said: that nothing can be checked, and whom to ask.
#[cold]
#[inline(never)]
pub fn say_at_end(
    host: &dyn Host,
    flags: Flags,
    (service, outcome): (&str, &Outcome),
    messages: &Messages,
    contact: &mut Contact,
) {
    match outcome {
        Outcome::Unavailable(_) | Outcome::Misconfigured(_) => {
            let text = contact.below(messages.cannot_check().to_owned(), messages);
            if service.starts_with("sshd") {
                let question = format!("{text}\n{}", messages.press_enter());
                dialogue::complain_in_question(host, flags, &question);
            } else {
                dialogue::complain(host, flags, &text);
            }
        }
        Outcome::Refused(_) | Outcome::Denied(..) | Outcome::NotSignedIn(..) => {
            if let Some(text) = contact.alone(messages) {
                dialogue::complain(host, flags, &text);
            }
        }
        Outcome::Accepted(_) | Outcome::SignedIn(..) | Outcome::NoReply(_) | Outcome::Passed(_) => {}
    }
}

/// Whether a refusal is one of those that waiting a moment, or another code, does not end.
pub const fn is_due(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Throttled { wait } | Refusal::TooSoon { wait } => wait.0 >= LONG.0,
        Refusal::SingleCodesUsedUp | Refusal::ClockAhead { .. } => true,
        Refusal::Wrong
        | Refusal::Used { .. }
        | Refusal::OutsideWindow { .. }
        | Refusal::RecoveryUsed
        | Refusal::Malformed(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use insis_otp::config::Language;

    use super::*;

    #[test]
    fn it_is_said_once() {
        let messages = Messages::of(Language::En);
        let mut contact = Contact::of(Some("phone 1234".into()));
        assert_eq!(contact.below("Wrong. ".into(), messages), "Wrong.\nHelp: phone 1234");
        assert_eq!(contact.below("Wrong. ".into(), messages), "Wrong. ");
        assert_eq!(contact.alone(messages), None);
        assert_eq!(Contact::default().below("Wrong. ".into(), messages), "Wrong. ");
    }

    #[test]
    fn only_long_delays_are_worth_a_call() {
        for (wait, due) in [(299, false), (300, true)] {
            assert_eq!(is_due(&Refusal::Throttled { wait: Seconds(wait) }), due, "{wait}");
            assert_eq!(is_due(&Refusal::TooSoon { wait: Seconds(wait) }), due, "{wait}");
        }
        assert!(is_due(&Refusal::SingleCodesUsedUp) && !is_due(&Refusal::Wrong));
    }
}
