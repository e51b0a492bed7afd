//! Everything that people read, a file for each subject.
//!
//! A message stands in one place, by its name and its English text; its translations are in `po/otp-setup`, where `make po` makes
//! room for them. The build refuses a message without all of them, or one whose placeholders (`{user}`) differ.
//! `{left|code|codes}` stands for the form that goes with the number `left`.

#[macro_use]
mod macros;

mod bypass;
mod commands;
mod doctor;
mod ends;
mod enrollment;
mod foreign;
mod help;
mod helpdesk;
mod import;
mod invitation;
mod link;
mod mail;
mod migrate;
mod page;
mod proof;
mod remedy;
mod report;
mod roster;
mod store;

use std::fmt::Display;
use std::io;

use insis_otp::config::ConfigError;
use insis_otp::import::Unusable;
use insis_otp::strict::Error as Setting;
use nix::errno::Errno;

/// The messages in the person's language.
#[derive(Clone, Copy)]
pub struct Messages {
    language: Language,
}

/// What a finding of the doctor's is, in the person's language, and by a name that stays.
#[derive(Debug)]
pub struct Description {
    /// The name of the message.
    pub name: &'static str,
    /// What it is and why it matters, a line each.
    pub text: String,
}

/// The translations, of each message in the order of [`Language::TRANSLATED`].
#[allow(non_upper_case_globals, reason = "a message is a constant by its own name")]
mod translated {
    include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
}

/// A text in every language: English, and the translations.
type Texts = [&'static str; 1 + Language::TRANSLATED.len()];

const fn texts(english: &'static str, [czech]: [&'static str; Language::TRANSLATED.len()]) -> Texts {
    [english, czech]
}

/// Texts that are looked up by their English words.
struct Phrases {
    english: &'static [&'static str],
    translated: &'static [[&'static str; Language::TRANSLATED.len()]],
}

impl Phrases {
    /// Each with its text in a language.
    fn all(&self, language: Language) -> impl Iterator<Item = (&'static str, &'static str)> {
        let pairs = self.english.iter().zip(self.translated);
        pairs.map(move |(english, translated)| (*english, language.of(texts(english, *translated))))
    }

    /// The text of a phrase in a language.
    fn of(&self, language: Language, phrase: &str) -> Option<&'static str> {
        self.all(language).find(|(english, _)| *english == phrase).map(|(_, own)| own)
    }
}

/// The languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    English,
    Czech,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::Czech];
    /// Those that the catalogue has, in its order.
    const TRANSLATED: [Self; 1] = [Self::Czech];

    /// The language of this code, as in LANG.
    fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    const fn code(self) -> &'static str {
        self.of(["en", "cs"])
    }

    const fn of(self, [english, czech]: Texts) -> &'static str {
        match self {
            Self::English => english,
            Self::Czech => czech,
        }
    }

    /// Which of a word's forms goes with a number.
    const fn form(self, number: u64) -> usize {
        match (self, number) {
            (_, 1) => 0,
            (Self::Czech, 2..=4) | (Self::English, _) => 1,
            (Self::Czech, _) => 2,
        }
    }
}

impl Messages {
    /// The messages in the language of a locale's name (`cs_CZ.UTF-8`); English where there are none.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let code = locale.split(['_', '.', '@']).next().unwrap_or_default();
        Self { language: Language::named(code).unwrap_or(Language::English) }
    }

    /// The messages of every language.
    #[cfg(test)]
    pub fn of_every_language() -> Vec<Self> {
        Language::ALL.map(|language| Self { language }).into()
    }

    /// The names of what is looked up by its name.
    #[cfg(test)]
    pub fn names() -> impl Iterator<Item = &'static str> {
        help::NAMED.iter().map(|(name, _)| *name)
    }

    /// Every text in every language.
    #[cfg(test)]
    pub fn every_text() -> impl Iterator<Item = &'static str> {
        let named = help::NAMED.iter().flat_map(|(_, texts)| *texts);
        tests::all().into_iter().flat_map(|message| message.texts).chain(named)
    }

    /// Whether these are the English messages.
    #[cfg(test)]
    pub fn is_english(&self) -> bool {
        self.language == Language::English
    }

    /// A message: its text in the person's language, with its values.
    fn filled(&self, texts: Texts, values: &[(&str, &dyn Display)]) -> String {
        fill(self.language.of(texts), |number| self.language.form(number), values)
    }

    /// What is said of a command or an argument, which are looked up by their names.
    pub fn named(&self, name: &str) -> Option<&'static str> {
        let found = help::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, texts)| self.language.of(*texts))
    }

    /// What is wrong with a configuration: `/etc/security/insis-otp.toml:2: tries must be between 1 and 10, not 0`.
    pub fn config_error(&self, error: &ConfigError) -> String {
        match self.language {
            Language::English => error.to_string(),
            _ => self.foreign_config(error),
        }
    }

    /// What is wrong with a setting: `tries must be between 1 and 10, not 0`.
    pub fn setting_error(&self, error: &Setting) -> String {
        match self.language {
            Language::English => error.to_string(),
            _ => self.foreign_setting(error),
        }
    }

    /// What is wrong with a secret file, in the library's words: `/var/lib/insis-otp/anna: is a symbolic link`.
    pub fn store_error(&self, text: impl Display) -> String {
        match self.language {
            Language::English => text.to_string(),
            _ => self.foreign_store(&text.to_string()),
        }
    }

    /// Why an entry cannot be imported, where its own words are `why`.
    pub fn unusable_entry(&self, entry: Unusable, why: impl Display) -> String {
        let own = match entry {
            Unusable::Secret(why) => self.foreign_unusable(&why.to_string()),
            Unusable::Parameter(why) => self.foreign_unusable(why.0),
            Unusable::Uri(why) => self.foreign_unusable(&why.to_string()),
            Unusable::Counter | Unusable::Form | Unusable::OtherLine(_) => None,
        };
        own.map_or_else(|| why.to_string(), str::to_owned)
    }

    /// What the operating system says, without its number: `Permission denied`.
    pub fn errno(&self, errno: Errno) -> String {
        match self.language {
            Language::English => errno.desc().to_owned(),
            _ => self.foreign_errno(errno),
        }
    }

    /// What the operating system says, without its number, or what the library says of input and output.
    pub fn system_error(&self, error: &io::Error) -> String {
        error.raw_os_error().map_or_else(|| error.to_string(), |number| self.errno(Errno::from_raw(number)))
    }

    /// Whether a word that was typed is one of these: of the person's language, or English.
    pub fn is_word(typed: &str, english: &str, own: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        english.split(' ').chain(own.split(' ')).any(|word| word == typed)
    }

    /// Whether an answer means yes or no, in the person's language or in English.
    pub fn yes_or_no(&self, answer: &str) -> Option<bool> {
        let answer = answer.trim().to_lowercase();
        let among = |words: &str| words.split(' ').any(|word| word == answer);
        let [yes, no] = [self.words_yes(), self.words_no()];
        match (among(&yes) || among("yes y"), among(&no) || among("no n")) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    /// The messages in the language that the environment asks for, and the locale for messages. As gettext has it, LANGUAGE
    /// lists languages, which count where the locale is not C.
    #[must_use]
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> (Self, String) {
        let locale = Self::locale(&variable);
        let base = locale.split('.').next().unwrap_or_default();
        let listed = variable("LANGUAGE").filter(|_| !matches!(base, "" | "C" | "POSIX"));
        let known = |name: &str| Language::named(name.split(['_', '.', '@']).next().unwrap_or_default());
        let known = listed.and_then(|listed| listed.split(':').find_map(known));
        let messages = known.map_or_else(|| Self::of_locale(&locale), |language| Self { language });
        (messages, locale)
    }

    /// The locale for messages, from the environment.
    #[must_use]
    pub fn locale(variable: impl Fn(&str) -> Option<String>) -> String {
        let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default()
    }
}

/// Whether terminals of a locale take UTF-8. One that names no encoding is taken for one that does.
pub fn is_utf8(locale: &str) -> bool {
    let encoding = locale.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
    encoding.is_none_or(|encoding| encoding.starts_with("utf-8") || encoding.starts_with("utf8"))
}

/// Puts the values for their placeholders.
fn fill(text: &str, form: impl Fn(u64) -> usize + Copy, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, inside, after)) = next_placeholder(rest) {
        filled.push_str(before);
        filled.push_str(&expand(inside, form, values));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The text before a placeholder, what is between its braces, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

fn expand(inside: &str, form: impl Fn(u64) -> usize, values: &[(&str, &dyn Display)]) -> String {
    let mut parts = inside.split('|');
    let name = parts.next().unwrap_or_default();
    let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
    let value = value.unwrap_or_default();
    let forms: Vec<_> = parts.collect();
    match (forms.last(), value.parse()) {
        (None, _) => value,
        (Some(last), Ok(number)) => (*forms.get(form(number)).unwrap_or(last)).to_owned(),
        (Some(last), Err(_)) => (*last).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every message of every subject.
    pub fn all() -> Vec<&'static macros::Message> {
        let subjects = [
            bypass::MESSAGES,
            commands::MESSAGES,
            doctor::MESSAGES,
            ends::MESSAGES,
            enrollment::MESSAGES,
            foreign::MESSAGES,
            help::MESSAGES,
            helpdesk::MESSAGES,
            import::MESSAGES,
            invitation::MESSAGES,
            link::MESSAGES,
            mail::MESSAGES,
            migrate::MESSAGES,
            page::MESSAGES,
            proof::MESSAGES,
            remedy::MESSAGES,
            report::MESSAGES,
            roster::MESSAGES,
            store::MESSAGES,
        ];
        subjects.into_iter().flatten().collect()
    }

    /// What else the build checks is in the crate `catalogue`.
    #[test]
    fn findings_have_two_lines_and_all_else_has_one() {
        assert!(all().len() > 500);
        for (message, language) in all().into_iter().flat_map(|one| Language::ALL.map(|of| (one, of))) {
            let text = language.of(message.texts);
            let lines = if is_finding(message) { 1 } else { 0 };
            assert_eq!(text.matches('\n').count(), lines, "{language:?}: lines of {}", message.name);
        }
    }

    #[test]
    fn the_catalogue_has_the_languages_in_this_order() {
        assert_eq!(Language::TRANSLATED.map(Language::code), translated::CODES);
        assert_eq!(Language::ALL[1..], Language::TRANSLATED);
    }

    #[test]
    fn the_language_is_that_of_the_environment() {
        let language = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            Messages::of_environment(variable).0.language.code()
        };
        assert_eq!(language(&[("LANG", "cs_CZ.UTF-8")]), "cs");
        assert_eq!(language(&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "de:cs_CZ:en")]), "cs");
        assert_eq!(language(&[("LANG", "cs_CZ.UTF-8"), ("LANGUAGE", "en_GB:cs")]), "en");
        assert_eq!(language(&[("LC_ALL", "C.UTF-8"), ("LANGUAGE", "cs")]), "en");
        assert_eq!(language(&[("LANG", "cs_CZ.UTF-8"), ("LANGUAGE", "")]), "cs");
        // Without accents, see crate::sanitize.
        assert_eq!(language(&[("LANG", "cs_CZ.ISO-8859-2"), ("LANGUAGE", "cs")]), "cs");
    }

    #[test]
    fn questions_leave_room_for_their_answers() {
        for message in all().into_iter().filter(|message| message.name.starts_with("ask_")) {
            let placeholders: usize =
                message.placeholders.iter().map(|placeholder| placeholder.len() + 2).sum();
            for text in message.texts {
                assert!(text.chars().count() - placeholders <= 60, "{}: {text}", message.name);
            }
        }
    }

    fn is_finding(message: &macros::Message) -> bool {
        doctor::MESSAGES.iter().any(|finding| finding.name == message.name)
    }

    /// Programs go by these names, and administrators look them up.
    #[test]
    fn the_manual_page_lists_the_id_of_every_finding_and_no_other() {
        let page = include_str!("../../../docs/man/otp-setup.1").replace('\\', "");
        let section = page.split(".SH FINDINGS\n").nth(1).and_then(|rest| rest.split(".SH ").next());
        let entries = section.expect("the section").split(".TP\n.B ").skip(1);
        let listed: Vec<_> = entries.filter_map(|entry| entry.lines().next()).collect();
        let mut ids: Vec<_> =
            doctor::MESSAGES.iter().map(|finding| crate::doctor::id(finding.name)).collect();
        ids.sort_unstable();
        assert_eq!(listed, ids);
    }

    #[test]
    fn czech_has_three_forms_and_takes_czech_answers() {
        let czech = Messages::of_locale("cs");
        let localized = [1, 2, 5].map(|count| czech.failures_since(count));
        assert!(localized[0].ends_with("byl 1 nesprávný kód."), "{localized:?}");
        assert!(
            localized[1].ends_with("byly 2 nesprávné kódy.")
                && localized[2].ends_with("bylo 5 nesprávných kódů.")
        );
        assert_eq!(
            ["Ano", "a", "yes", "ne", "N", "možná"].map(|word| czech.yes_or_no(word)),
            [Some(true), Some(true), Some(true), Some(false), Some(false), None]
        );
    }

    #[test]
    fn forms_go_with_their_numbers() {
        let english = |n: u64| usize::from(n != 1);
        let text = |n: u64| fill("{n} {n|code|codes} left", english, &[("n", &n)]);
        assert_eq!(
            (text(1), text(2), text(0)),
            ("1 code left".into(), "2 codes left".into(), "0 codes left".into())
        );
    }

    #[test]
    fn a_value_is_never_taken_for_a_placeholder() {
        assert_eq!(fill("{a}{b}", |_| 0, &[("a", &"{b}"), ("b", &"x")]), "{b}x");
    }

    #[test]
    fn the_language_is_the_locales() {
        let none = Messages::locale(|_| None);
        assert_eq!(none, "");
        let locale = Messages::locale(|name| (name != "LC_ALL").then(|| format!("{name}_X")));
        assert_eq!(locale, "LC_MESSAGES_X");
        assert_eq!(Messages::of_locale("en_GB.UTF-8").language.code(), "en");
        assert_eq!(Messages::of_locale("cs_CZ.UTF-8").language.code(), "cs");
        assert_eq!(Messages::of_locale("cs_CZ.ISO-8859-2").language.code(), "cs");
        assert_eq!(Messages::of_locale("xx").language.code(), "en");
    }
}
