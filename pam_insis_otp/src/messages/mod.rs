//! What people read at the prompt: short, true, and what to do next. The English texts are in `texts.rs`, the others in
//! `po/pam_insis_otp`; the build refuses a message that a language lacks.
//!
//! ssh puts the user and the host in front of a prompt, as `(novakova@login1.mendelu.cz) `. What is said of a refused code fits
//! a terminal of 80 columns behind that; the question itself comes on the next line.

/// What `texts.rs` has: the name of each message, and its English text, which the build script reads there.
macro_rules! texts {
    ($($(#[$note:meta])* $name:ident $english:literal;)*) => {
        #[allow(non_camel_case_types, reason = "a message goes by its own name")]
        enum Index {
            $($name),*
        }

        impl super::Messages {
            $(
                $(#[$note])*
                pub fn $name(&self) -> &'static str {
                    self.text(Index::$name as usize)
                }
            )*

            /// Every message of a language, with the English text.
            #[cfg(test)]
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((self.$name(), $english)),*]
            }
        }
    };
}

mod texts;

use insis_otp::config::Language;
use insis_otp::oath::UnixTime;
use insis_otp::verify::{BypassNews, EnrollmentRefusal, Proof, Refusal};

use crate::date;

/// The messages of a language, of which each is a method ([`mod@texts`]).
///
/// They stand one behind the other in one text, so that the loader has next to nothing to relocate for languages that nobody reads.
pub struct Messages {
    texts: &'static str,
    /// Where each ends.
    ends: &'static [u16],
}

/// What `build.rs` makes of the English texts and of `po/pam_insis_otp`.
mod translated {
    use super::Messages;
    include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
}

/// What is new to the owner at a login.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnerNews {
    /// When the device was enrolled.
    pub new_device: Option<UnixTime>,
    /// When the account was linked to the identity provider.
    pub new_link: Option<UnixTime>,
    /// What there is of bypass codes.
    pub bypass: Option<BypassNews>,
}

impl Messages {
    /// The messages of a language.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &translated::EN,
            Language::Cs => &translated::CS,
        }
    }

    fn text(&self, index: usize) -> &'static str {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| usize::from(*end));
        self.texts.get(index.checked_sub(1).map_or(0, end)..end(index)).unwrap_or_default()
    }

    /// What is said of a refused code, to be put in front of the next prompt. `again`: it was not the first one.
    pub fn refused(&self, refusal: &Refusal, again: bool) -> String {
        match refusal {
            Refusal::Wrong | Refusal::OutsideWindow { .. } | Refusal::Malformed(_) => {
                if again { self.wrong_again() } else { self.wrong() }.to_owned()
            }
            Refusal::Used { wait } if wait.0 == 0 => self.used().to_owned(),
            Refusal::Used { wait } => fill(self.used_wait(), wait),
            Refusal::ClockAhead { .. } => self.clock_was_wrong().to_owned(),
            Refusal::RecoveryUsed => self.recovery_used().to_owned(),
            Refusal::Throttled { wait } => {
                fill(if again { self.throttled_again() } else { self.throttled() }, wait)
            }
            Refusal::TooSoon { wait } => fill(self.too_soon(), wait),
            Refusal::SingleCodesUsedUp => self.single_codes_used_up().to_owned(),
        }
    }

    /// What is said after an opened login, if there is anything to say: of the proof, and of failures before this login.
    pub fn accepted(
        &self,
        by: Option<&Proof>,
        failures: u32,
        OwnerNews { new_device, new_link, bypass }: OwnerNews,
    ) -> Option<String> {
        let mut sentences = Vec::new();
        sentences.extend(new_device.map(|at| fill(self.new_device(), date::utc(at))));
        sentences.extend(new_link.map(|at| fill(self.new_link(), date::utc(at))));
        sentences.extend(bypass.map(|news| self.new_bypass_of(news)));
        match failures {
            0 => {}
            1 => sentences.push(self.one_failure().to_owned()),
            failures => sentences.push(fill(self.failures(), failures)),
        }
        if let Some(&(Proof::Recovery { left } | Proof::Bypass { left })) = by {
            let is_bypass = matches!(by, Some(Proof::Bypass { .. }));
            let text = match left {
                _ if is_bypass => self.bypass_left(),
                0 => self.recovery_none_left(),
                1 | 2 => self.recovery_few_left(),
                _ => self.recovery_left(),
            };
            sentences.push(fill(text, left));
        }
        (!sentences.is_empty()).then(|| sentences.join("\n"))
    }

    /// What is said of bypass codes that the owner has not been told of.
    #[cold]
    #[inline(never)]
    fn new_bypass_of(&self, BypassNews { at, logins }: BypassNews) -> String {
        fill(if logins > 0 { self.bypass_used() } else { self.new_bypass() }, date::utc(at))
    }

    /// What is said to somebody who has not enrolled and must have by that day.
    pub fn reminder(&self, day: UnixTime) -> String {
        fill(self.required_from(), date::day(day))
    }

    /// What is said of two codes that do not enroll. The secret is the person's own: there is nothing to hide.
    pub fn codes_refused(&self, why: EnrollmentRefusal) -> &'static str {
        match why {
            EnrollmentRefusal::FirstWrong | EnrollmentRefusal::SecondWrong => self.enroll_wrong(),
            EnrollmentRefusal::Same => self.enroll_same(),
            EnrollmentRefusal::NotConsecutive => self.enroll_not_consecutive(),
        }
    }
}

/// Puts a value into its place in a message.
pub fn fill(text: &str, value: impl std::fmt::Display) -> String {
    text.replace("{}", &value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 2] = [Language::En, Language::Cs];

    #[test]
    fn every_language_has_every_message() {
        let languages = LANGUAGES.map(|language| Messages::of(language).all());
        let [english, others @ ..] = &languages;
        assert!(english.len() > 40);
        for (text, source) in english {
            assert_eq!(text, source);
        }
        for (text, english) in others.iter().flatten() {
            assert!(text != english && !text.is_empty() && text.len() < 300, "{text:?}");
            assert_eq!(text.matches("{}").count(), english.matches("{}").count(), "{text:?}");
        }
    }

    /// The columns of the widest line.
    fn columns(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    #[test]
    fn whoever_is_refused_twice_reads_what_else_opens_the_login() {
        let wait = insis_otp::oath::Seconds(27);
        for (language, recovery) in [(Language::En, "recovery code"), (Language::Cs, "záchranný")] {
            let messages = Messages::of(language);
            for refusal in [Refusal::Wrong, Refusal::Throttled { wait }] {
                assert_ne!(messages.refused(&refusal, false), messages.refused(&refusal, true));
                assert!(messages.refused(&refusal, true).contains(recovery));
            }
        }
    }

    #[test]
    fn every_prompt_fits_a_terminal_behind_the_name_that_ssh_puts_there() {
        for language in LANGUAGES {
            let messages = Messages::of(language);
            // The longest way to say a length of time.
            let waits = (1..=86_400).map(|seconds| insis_otp::oath::Seconds(seconds).to_string());
            let wait = waits.max_by_key(String::len).unwrap();
            for note in [
                "",
                messages.wrong(),
                messages.wrong_again(),
                messages.used(),
                messages.used_wait(),
                messages.clock_was_wrong(),
                messages.recovery_used(),
                messages.throttled(),
                messages.throttled_again(),
                messages.too_soon(),
                messages.single_codes_used_up(),
                messages.sign_in_refused(),
                messages.sign_in_expired(),
                messages.sign_in_busy(),
                messages.sign_in_unavailable(),
            ] {
                let or_sign_in = fill(messages.code_or_sign_in(), "Microsoft 365");
                for question in [language.prompt(), messages.both(), &or_sign_in] {
                    let shown = format!("(novakova@login1.mendelu.cz) {}\n{question}", note.trim_end());
                    let prompt = fill(&shown, &wait);
                    assert!(columns(&prompt) <= 80, "{prompt:?}: {}", columns(&prompt));
                    assert!(note.is_empty() || note.ends_with(". "), "{note:?} is no sentence");
                }
            }
            for shown in [
                messages.enroll_wrong(),
                messages.enroll_same(),
                messages.enroll_not_consecutive(),
                messages.enroll_next(),
            ] {
                assert!(columns(shown) <= 60, "{shown:?}: {}", columns(shown));
            }
            let clock = fill(messages.enroll_clock(), &wait);
            assert!(columns(&clock) <= 80, "{clock:?}: {}", columns(&clock));
            // These are on lines of their own; a code is typed behind the question.
            for shown in [
                messages.enroll_intro(),
                messages.enroll_scan(),
                messages.cannot_check(),
                messages.enrolled(),
            ] {
                assert!(columns(&fill(shown, "host.example.org")) <= 80, "{shown:?}: {}", columns(shown));
            }
            let (name, short) = ("Example: anna@room-12.example.org", "Mendel Univers: anna@login1~abcd");
            assert!(columns(&fill(messages.enroll_name(), name)) <= 80);
            assert!(columns(&fill(messages.enroll_short_name(), short)) <= 80);
            assert!(
                columns(messages.enroll_first()) <= 80 - 8 && columns(messages.enroll_picture()) <= 80 - 2
            );
            assert!(columns(messages.enroll_invitation()) <= 80 - 11);
            assert!(columns(&messages.reminder(UnixTime(0))) <= 80);
            assert!(columns(&fill(messages.contact(), "x".repeat(72))) <= 80);
            let day = Some(UnixTime(0));
            for (left, logins) in [(0, 0), (1, 1), (12, 255)] {
                let bypass = Some(BypassNews { at: UnixTime(0), logins });
                let news = OwnerNews { new_device: day, new_link: day, bypass };
                for by in [Proof::Recovery { left }, Proof::Bypass { left: logins.into() }] {
                    let shown = messages.accepted(Some(&by), u32::MAX, news).unwrap();
                    assert!(columns(&shown) <= 80, "{shown:?}");
                }
            }
        }
    }
}
