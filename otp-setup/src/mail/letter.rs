//! A mail to an owner, as text.

use data_encoding::BASE64;

use super::news::{Kind, News};
use crate::messages::Messages;
use crate::report::FEW;
use crate::wrap::wrap;
use crate::{dates, sanitize};

/// How wide the text is (RFC 5322, section 2.1.1, has 78 columns).
const COLUMNS: usize = 72;

/// To whom a mail goes, and what stands in it besides the news.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The address that it goes to.
    pub to: &'a str,
    /// The sender, where the site says one.
    pub from: Option<&'a str>,
    /// Whose account it is.
    pub user: &'a str,
    /// The name of this host.
    pub host: &'a str,
    /// Whom to ask for help.
    pub contact: Option<&'a str>,
}

impl Letter<'_> {
    /// The message (RFC 5322): headers, an empty line, text. What the MTA adds itself (Date, Message-ID) is left to it.
    pub fn text(&self, messages: &Messages, news: &[News]) -> String {
        let (user, host) = (sanitize::name(self.user), sanitize::name(self.host));
        let mut paragraphs = vec![messages.mail_account(&user, &host)];
        paragraphs.extend(news.iter().map(|one| paragraph(messages, *one)));
        paragraphs.push(messages.mail_not_you());
        paragraphs.extend(self.contact.map(|contact| messages.contact(contact)));
        paragraphs.push(messages.mail_no_code());
        let body: Vec<String> = paragraphs
            .iter()
            .map(|text| wrap(&[text], COLUMNS).iter().map(|line| format!("{}\n", **line)).collect())
            .collect();
        let from = self.from.map_or_else(String::new, |from| format!("From: {from}\n"));
        format!(
            "{from}To: {}\nSubject: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{}",
            self.to,
            encoded(&messages.mail_subject(&user, &host)),
            body.join("\n")
        )
    }
}

fn paragraph(messages: &Messages, News { kind, at, count }: News) -> String {
    let at = at.map(dates::local).unwrap_or_default();
    match kind {
        Kind::DeviceNew => messages.mail_device_new(at),
        Kind::DeviceReplaced => messages.mail_device_replaced(at),
        Kind::DeviceRemoved => messages.mail_device_removed(),
        Kind::RecoveryUsed if count <= FEW => messages.mail_recovery_few(count),
        Kind::RecoveryUsed => messages.mail_recovery_used(count),
        Kind::RecoveryNew => messages.mail_recovery_new(),
        Kind::Failures => messages.mail_failures(count),
        Kind::BypassNew => messages.mail_bypass_new(at),
        Kind::BypassUsed => messages.mail_bypass_used(at),
        Kind::LinkNew => messages.mail_link_new(at),
        Kind::LinkRemoved => messages.mail_link_removed(),
    }
}

/// A text in a header: as it is, or, where it has other letters than ASCII's, in encoded words (RFC 2047).
fn encoded(text: &str) -> String {
    // 75 bytes with "=?UTF-8?B?" and "?=".
    const LONGEST: usize = 45;
    let is_plain = |letter: char| letter.is_ascii() && !letter.is_ascii_control();
    if text.chars().all(is_plain) && text.len() < 900 {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + letter.len_utf8() <= LONGEST => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let words = words.iter().map(|word| format!("=?UTF-8?B?{}?=", BASE64.encode(word.as_bytes())));
    words.collect::<Vec<_>>().join("\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_it_the_headers_are_these() {
        for messages in Messages::of_every_language() {
            let letter = Letter {
                to: "anna",
                from: Some("otp@example.org"),
                user: "a\nBcc: all\r\n\r\nx",
                host: "h\r\nBcc: all\u{1b}[m",
                contact: Some("help desk"),
            };
            let news = Kind::ALL.map(|kind| News { kind, at: Some(insis_otp::oath::UnixTime(5)), count: 2 });
            let text = letter.text(&messages, &news);
            let (head, body) = text.split_once("\n\n").unwrap();
            let names: Vec<_> = head
                .lines()
                .filter(|line| !line.starts_with(' '))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            let expected = [
                "From",
                "To",
                "Subject",
                "Auto-Submitted",
                "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding",
            ];
            assert_eq!(names, expected, "{head}");
            assert!(head.is_ascii() && head.lines().all(|line| line.len() <= 120), "{head}");
            assert!(!text.contains(['\r', '\u{1b}']), "{text}");
            assert!(body.lines().all(|line| line.chars().count() <= COLUMNS && line != "."), "{body}");
            assert!(body.contains("help desk") && body.lines().count() > 2 * Kind::ALL.len(), "{body}");
        }
    }

    #[test]
    fn other_letters_are_encoded_in_words_that_are_short_enough() {
        assert_eq!(encoded("One-time codes: anna on host"), "One-time codes: anna on host");
        let text = "Jednorázové kódy: účet příliš-žluťoučký-kůň na počítači h";
        let words: Vec<_> = encoded(text).split("\n ").map(str::to_owned).collect();
        let decode = |word: &String| {
            assert!(word.len() <= 75, "{word}");
            let base64 = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
            String::from_utf8(BASE64.decode(base64.as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(words.iter().map(decode).collect::<String>(), text);
        assert!(words.len() > 1);
    }
}
