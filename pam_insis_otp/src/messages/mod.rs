//! What people read at the prompt: short, true, and what to do next. One file for each language.
//!
//! ssh puts the user and the host in front of a prompt, as `(novakova@login1.mendelu.cz) `. What is said of a refused code fits
//! a terminal of 80 columns behind that; the question itself comes on the next line.

mod cs;
mod en;

use insis_otp::config::Language;
use insis_otp::oath::UnixTime;
use insis_otp::verify::{BypassNews, EnrollmentRefusal, Proof, Refusal};

use crate::date;

/// The messages of a language. `{}` stands for the one number or name that a message tells.
///
/// A message that a language lacks does not compile; a test looks for one that is empty or lacks its place.
pub struct Messages {
    /// For a broken store or configuration. The details are in the log.
    pub cannot_check: &'static str,
    /// Whom to ask for help: what the site says.
    pub contact: &'static str,
    /// The question below it, where nothing but a question is shown.
    pub press_enter: &'static str,
    /// Said in the next prompt after a reply that opens nothing, whatever it was: a wrong code, one from before the
    /// window, the password, no code at all.
    ///
    /// One text, because sshd shows us nothing but the length of what an unknown user typed: anything more exact would
    /// tell the others from these. Nor may a guesser learn of a code that is going to be good in a minute. The log is
    /// exact.
    pub wrong: &'static str,
    /// The same, when it was not the first refusal of this login: what else opens it.
    pub wrong_again: &'static str,
    /// A right code that was used, while the next one is on the phone already.
    pub used: &'static str,
    /// The same, with how long the next one takes.
    pub used_wait: &'static str,
    /// Every code near now counts as used, since this machine's clock was ahead.
    pub clock_was_wrong: &'static str,
    /// A recovery code that was used.
    pub recovery_used: &'static str,
    /// Single codes are delayed: how long.
    pub throttled: &'static str,
    /// The same, when it was not the first refusal of this login: what else opens it.
    pub throttled_again: &'static str,
    /// A second pair or recovery code within a second of a delay: how long single codes are delayed.
    pub too_soon: &'static str,
    /// So many single codes in a row were wrong that none is compared any more.
    pub single_codes_used_up: &'static str,
    /// After a login: one failure since the last one.
    pub one_failure: &'static str,
    /// After a login: how many failures since the last one.
    pub failures: &'static str,
    /// After a login: when a device was enrolled since the last one.
    pub new_device: &'static str,
    /// At the first login after the account was linked: when.
    pub new_link: &'static str,
    /// At the next login of the owner's: when a bypass code was made.
    pub new_bypass: &'static str,
    /// The same, where it has opened logins: when the last.
    pub bypass_used: &'static str,
    /// After a login by bypass code: how many logins it opens still.
    pub bypass_left: &'static str,
    /// After a login without a code: the day from which one is needed.
    pub required_from: &'static str,
    /// After a login by recovery code: none is left.
    pub recovery_none_left: &'static str,
    /// One or two are left.
    pub recovery_few_left: &'static str,
    /// More are left.
    pub recovery_left: &'static str,
    /// The question for password and code in one reply.
    pub both: &'static str,
    /// The question for the code where the identity provider is offered, too: by its name.
    pub code_or_sign_in: &'static str,
    /// Where to sign in at the identity provider.
    pub sign_in_address: &'static str,
    /// With what code.
    pub sign_in_code: &'static str,
    /// For which login.
    pub sign_in_login: &'static str,
    /// What to do then.
    pub sign_in_enter: &'static str,
    /// The sign-in does not open the login, whatever the reason.
    pub sign_in_refused: &'static str,
    /// Nobody has signed in in time.
    pub sign_in_expired: &'static str,
    /// Another login of this user waits for a sign-in.
    pub sign_in_busy: &'static str,
    /// The provider cannot be asked.
    pub sign_in_unavailable: &'static str,
    /// Why a phone is enrolled within the login, on this host.
    pub enroll_intro: &'static str,
    /// How the entry in the app is called.
    pub enroll_name: &'static str,
    /// The same, of names that are not in full there.
    pub enroll_short_name: &'static str,
    /// The question how the picture is to be drawn.
    pub enroll_picture: &'static str,
    /// Above the QR code.
    pub enroll_scan: &'static str,
    /// Below it: the secret to type in.
    pub enroll_secret: &'static str,
    /// The question for the first code.
    pub enroll_first: &'static str,
    /// The question for the one after it.
    pub enroll_next: &'static str,
    /// Said in front of the question for the first code: that was no code, or none of this secret.
    pub enroll_wrong: &'static str,
    /// Said once of a phone whose clock is far off, by this length.
    pub enroll_clock: &'static str,
    /// The same code twice.
    pub enroll_same: &'static str,
    /// The second code does not follow the first.
    pub enroll_not_consecutive: &'static str,
    /// The question for the code of an invitation.
    pub enroll_invitation: &'static str,
    /// Said in front of it: that was another code.
    pub enroll_not_invited: &'static str,
    /// The enrollment is done.
    pub enrolled: &'static str,
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
            Language::En => &en::TEXTS,
            Language::Cs => &cs::TEXTS,
        }
    }

    /// What is said of a refused code, to be put in front of the next prompt. `again`: it was not the first one.
    pub fn refused(&self, refusal: &Refusal, again: bool) -> String {
        match refusal {
            Refusal::Wrong | Refusal::OutsideWindow { .. } | Refusal::Malformed(_) => {
                if again { self.wrong_again } else { self.wrong }.to_owned()
            }
            Refusal::Used { wait } if wait.0 == 0 => self.used.to_owned(),
            Refusal::Used { wait } => fill(self.used_wait, wait),
            Refusal::ClockAhead { .. } => self.clock_was_wrong.to_owned(),
            Refusal::RecoveryUsed => self.recovery_used.to_owned(),
            Refusal::Throttled { wait } => {
                fill(if again { self.throttled_again } else { self.throttled }, wait)
            }
            Refusal::TooSoon { wait } => fill(self.too_soon, wait),
            Refusal::SingleCodesUsedUp => self.single_codes_used_up.to_owned(),
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
        sentences.extend(new_device.map(|at| fill(self.new_device, date::utc(at))));
        sentences.extend(new_link.map(|at| fill(self.new_link, date::utc(at))));
        sentences.extend(bypass.map(|news| self.new_bypass_of(news)));
        match failures {
            0 => {}
            1 => sentences.push(self.one_failure.to_owned()),
            failures => sentences.push(fill(self.failures, failures)),
        }
        if let Some(&(Proof::Recovery { left } | Proof::Bypass { left })) = by {
            let is_bypass = matches!(by, Some(Proof::Bypass { .. }));
            let text = match left {
                _ if is_bypass => self.bypass_left,
                0 => self.recovery_none_left,
                1 | 2 => self.recovery_few_left,
                _ => self.recovery_left,
            };
            sentences.push(fill(text, left));
        }
        (!sentences.is_empty()).then(|| sentences.join("\n"))
    }

    /// What is said of bypass codes that the owner has not been told of.
    #[cold]
    #[inline(never)]
    fn new_bypass_of(&self, BypassNews { at, logins }: BypassNews) -> String {
        fill(if logins > 0 { self.bypass_used } else { self.new_bypass }, date::utc(at))
    }

    /// What is said to somebody who has not enrolled and must have by that day.
    pub fn required_from(&self, day: UnixTime) -> String {
        fill(self.required_from, date::day(day))
    }

    /// What is said of two codes that do not enroll. The secret is the person's own: there is nothing to hide.
    pub const fn codes_refused(&self, why: EnrollmentRefusal) -> &'static str {
        match why {
            EnrollmentRefusal::FirstWrong | EnrollmentRefusal::SecondWrong => self.enroll_wrong,
            EnrollmentRefusal::Same => self.enroll_same,
            EnrollmentRefusal::NotConsecutive => self.enroll_not_consecutive,
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

    /// Every message of a language, and whether it has a place.
    fn all(messages: &Messages) -> [(&'static str, bool); 49] {
        // Without `..`: a new message does not compile until it stands here too.
        let Messages {
            cannot_check,
            contact,
            press_enter,
            wrong,
            wrong_again,
            used,
            used_wait,
            clock_was_wrong,
            recovery_used,
            throttled,
            throttled_again,
            too_soon,
            single_codes_used_up,
            one_failure,
            failures,
            new_device,
            new_link,
            new_bypass,
            bypass_used,
            bypass_left,
            required_from,
            recovery_none_left,
            recovery_few_left,
            recovery_left,
            both,
            code_or_sign_in,
            sign_in_address,
            sign_in_code,
            sign_in_login,
            sign_in_enter,
            sign_in_refused,
            sign_in_expired,
            sign_in_busy,
            sign_in_unavailable,
            enroll_intro,
            enroll_name,
            enroll_short_name,
            enroll_picture,
            enroll_scan,
            enroll_secret,
            enroll_first,
            enroll_next,
            enroll_wrong,
            enroll_clock,
            enroll_same,
            enroll_not_consecutive,
            enroll_invitation,
            enroll_not_invited,
            enrolled,
        } = messages;
        [
            (cannot_check, false),
            (contact, true),
            (press_enter, false),
            (wrong, false),
            (wrong_again, false),
            (used, false),
            (used_wait, true),
            (clock_was_wrong, false),
            (recovery_used, false),
            (throttled, true),
            (throttled_again, true),
            (too_soon, true),
            (single_codes_used_up, false),
            (one_failure, false),
            (failures, true),
            (new_device, true),
            (new_link, true),
            (new_bypass, true),
            (bypass_used, true),
            (bypass_left, true),
            (required_from, true),
            (recovery_none_left, false),
            (recovery_few_left, true),
            (recovery_left, true),
            (both, false),
            (code_or_sign_in, true),
            (sign_in_address, true),
            (sign_in_code, true),
            (sign_in_login, true),
            (sign_in_enter, false),
            (sign_in_refused, false),
            (sign_in_expired, false),
            (sign_in_busy, false),
            (sign_in_unavailable, false),
            (enroll_intro, true),
            (enroll_name, true),
            (enroll_short_name, true),
            (enroll_picture, false),
            (enroll_scan, false),
            (enroll_secret, true),
            (enroll_first, false),
            (enroll_next, false),
            (enroll_wrong, false),
            (enroll_clock, true),
            (enroll_same, false),
            (enroll_not_consecutive, false),
            (enroll_invitation, false),
            (enroll_not_invited, false),
            (enrolled, false),
        ]
    }

    #[test]
    fn every_language_has_every_message() {
        let languages = [Language::En, Language::Cs].map(|language| all(Messages::of(language)));
        for (text, has_place) in languages.concat() {
            assert!(!text.trim().is_empty() && text.len() < 300, "{text:?}");
            assert_eq!(text.matches("{}").count(), usize::from(has_place), "{text:?}");
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        }
        let [en, cs] = languages;
        assert!(en.iter().zip(&cs).all(|(en, cs)| en.0 != cs.0), "a message is not translated");
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
        for language in [Language::En, Language::Cs] {
            let messages = Messages::of(language);
            // The longest way to say a length of time.
            let waits = (1..=86_400).map(|seconds| insis_otp::oath::Seconds(seconds).to_string());
            let wait = waits.max_by_key(String::len).unwrap();
            let Messages { wrong, wrong_again, used, used_wait, clock_was_wrong, recovery_used, .. } =
                messages;
            let Messages { throttled, throttled_again, too_soon, single_codes_used_up, .. } = messages;
            let refused = [wrong, wrong_again, used, used_wait, clock_was_wrong, recovery_used];
            for note in refused.into_iter().copied().chain([
                "",
                throttled,
                throttled_again,
                too_soon,
                single_codes_used_up,
                messages.sign_in_refused,
                messages.sign_in_expired,
                messages.sign_in_busy,
                messages.sign_in_unavailable,
            ]) {
                let or_sign_in = fill(messages.code_or_sign_in, "Microsoft 365");
                for question in [language.prompt(), messages.both, &or_sign_in] {
                    let shown = format!("(novakova@login1.mendelu.cz) {}\n{question}", note.trim_end());
                    let prompt = fill(&shown, &wait);
                    assert!(columns(&prompt) <= 80, "{prompt:?}: {}", columns(&prompt));
                    assert!(note.is_empty() || note.ends_with(". "), "{note:?} is no sentence");
                }
            }
            let Messages { enroll_wrong, enroll_same, enroll_not_consecutive, enroll_next, .. } = messages;
            for shown in [enroll_wrong, enroll_same, enroll_not_consecutive, enroll_next] {
                assert!(columns(shown) <= 60, "{shown:?}: {}", columns(shown));
            }
            let clock = fill(messages.enroll_clock, &wait);
            assert!(columns(&clock) <= 80, "{clock:?}: {}", columns(&clock));
            // These are on lines of their own; a code is typed behind the question.
            let Messages { enroll_name, enroll_short_name, enroll_scan, .. } = messages;
            for shown in [messages.enroll_intro, enroll_scan, messages.cannot_check, messages.enrolled] {
                assert!(columns(&fill(shown, "host.example.org")) <= 80, "{shown:?}: {}", columns(shown));
            }
            let (name, short) = ("Example: anna@room-12.example.org", "Mendel Univers: anna@login1~abcd");
            assert!(
                columns(&fill(enroll_name, name)) <= 80 && columns(&fill(enroll_short_name, short)) <= 80
            );
            assert!(columns(messages.enroll_first) <= 80 - 8 && columns(messages.enroll_picture) <= 80 - 2);
            assert!(columns(messages.enroll_invitation) <= 80 - 11);
            assert!(columns(&messages.required_from(UnixTime(0))) <= 80);
            assert!(columns(&fill(messages.contact, "x".repeat(72))) <= 80);
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
