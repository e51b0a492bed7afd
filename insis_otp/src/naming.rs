//! The names under which an enrollment stands in the app.
//!
//! Apps tell entries apart by the label (Microsoft's overwrites one that has the same), so it names user and host. A
//! QR code of 24 rows holds 134 bytes, the secret among them: long names are shortened, and a short mark made of the
//! whole names keeps them apart then.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::oath::OtpGenerator;
use crate::record::AppEntry;

/// Who is enrolled with what, in full.
#[derive(Clone, Debug)]
pub struct Names {
    /// The user's name.
    pub user: String,
    /// The host's name.
    pub host: String,
    /// The issuer that the site chose; the host's name where it chose none.
    pub issuer: Option<String>,
}

impl Names {
    /// Whether less than the names in full stands in an entry.
    #[must_use]
    pub fn are_shortened_in(&self, entry: &AppEntry) -> bool {
        let host = clean(&self.host);
        let issuer = clean(self.issuer.as_deref().unwrap_or(&self.host));
        entry.issuer != issuer || entry.account != format!("{}@{host}", clean(&self.user))
    }

    /// The entry for a key: as much of the names as leaves a URI that `fits`.
    #[must_use]
    pub fn entry(&self, key: &OtpGenerator, fits: impl Fn(&str) -> bool) -> AppEntry {
        let host = clean(&self.host);
        let issuer = clean(self.issuer.as_deref().unwrap_or(&self.host));
        let user = clean(&self.user);
        let short_host = host.split('.').next().unwrap_or_default();
        let entry =
            |issuer: &str, account: String| AppEntry { key: key.clone(), issuer: issuer.to_owned(), account };
        let mut candidates = vec![entry(&issuer, format!("{user}@{host}"))];
        if issuer == host {
            // The issuer says the rest of the host's name.
            candidates.push(entry(&issuer, format!("{user}@{short_host}")));
        }
        let mark = self.mark();
        let shorter = (1..=48).rev().map(|room| {
            let (issuer, user) = (cut(&issuer, room / 2 + 4), cut(&user, room / 2 + 4));
            entry(issuer, format!("{user}@{}~{mark}", cut(short_host, room)))
        });
        let mut candidates = candidates.into_iter().chain(shorter);
        let fitting = candidates.by_ref().find(|entry| fits(&entry.short_uri()));
        // The shortest of all is far below any code's size.
        fitting.unwrap_or_else(|| entry("", mark.clone()))
    }

    /// Four letters that depend on all of the names.
    fn mark(&self) -> String {
        let issuer = self.issuer.as_deref().unwrap_or_default();
        let digest = Sha256::new();
        let digest = [&self.user, &self.host, issuer].into_iter().fold(digest, |digest, name| {
            digest.chain_update((name.len() as u64).to_be_bytes()).chain_update(name)
        });
        let mut mark = data_encoding::BASE32_NOPAD.encode(&digest.finalize()).to_lowercase();
        mark.truncate(4);
        mark
    }
}

/// The URI to be shown: with all parameters where they fit, and without those that every app takes for granted
/// otherwise.
#[must_use]
pub fn shown_uri(entry: &AppEntry, fits: impl Fn(&str) -> bool) -> Zeroizing<String> {
    let whole = entry.uri();
    if fits(&whole) { whole } else { entry.short_uri() }
}

/// The label for another enrollment of the same names, different from the present one's, so that no app overwrites the
/// entry that is still needed for the proof.
#[must_use]
pub fn another(account: &str, present: &str) -> String {
    let number = |label: &str| label.strip_prefix(account)?.strip_prefix(" #")?.parse::<u32>().ok();
    match number(present) {
        Some(number) => format!("{account} #{}", number.saturating_add(1)),
        None if present == account => format!("{account} #2"),
        None => account.to_owned(),
    }
}

/// A name for a label: a colon would end it in some apps, control characters do not belong there.
fn clean(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c == ':' || c.is_control() { '_' } else { c }).collect();
    clean.trim().to_owned()
}

/// The beginning of a name, no longer than so many bytes when it is percent-encoded.
fn cut(name: &str, most: usize) -> &str {
    let mut length = 0;
    let end = name.char_indices().find_map(|(index, letter)| {
        let plain = letter.is_ascii_alphanumeric() || "-._~@".contains(letter);
        length += if plain { 1 } else { 3 * letter.len_utf8() };
        (length > most).then_some(index)
    });
    name.get(..end.unwrap_or(name.len())).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oath::{Parameters, Secret};

    /// As many bytes as a QR code of version 6 with the lowest error correction holds: 24 rows of a terminal.
    fn fits(uri: &str) -> bool {
        uri.len() <= 134
    }

    fn key() -> OtpGenerator {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        OtpGenerator::new(secret, Parameters::default())
    }

    fn names(user: &str, host: &str, issuer: Option<&str>) -> Names {
        Names { user: user.into(), host: host.into(), issuer: issuer.map(str::to_owned) }
    }

    fn label(names: &Names) -> String {
        let entry = names.entry(&key(), fits);
        assert!(fits(&entry.short_uri()));
        format!("{}:{}", entry.issuer, entry.account)
    }

    #[test]
    fn short_names_stand_in_full() {
        assert_eq!(label(&names("anna", "aisa", None)), "aisa:anna@aisa");
        assert_eq!(label(&names("anna", "aisa.fi.example", None)), "aisa.fi.example:anna@aisa.fi.example");
        assert_eq!(label(&names("anna", "aisa", Some("Faculty: X"))), "Faculty_ X:anna@aisa");
        let uri = shown_uri(&names("anna", "aisa", None).entry(&key(), fits), fits);
        assert!(uri.ends_with("&algorithm=SHA1&digits=6&period=30"));
    }

    #[test]
    fn long_names_are_shortened_and_stay_apart() {
        let long = "h".repeat(255);
        let (one, two) = (
            label(&names("anna", &format!("{long}1"), None)),
            label(&names("anna", &format!("{long}2"), None)),
        );
        assert_ne!(one, two);
        assert!(one.contains("anna@hhhh"), "{one}");
        let host = "room-12.department.example";
        assert_eq!(label(&names("anna", host, None)), format!("{host}:anna@room-12"));
        let shortened = |names: Names| names.are_shortened_in(&names.entry(&key(), fits));
        assert!(shortened(names("anna", host, None)) && !shortened(names("anna", "aisa", Some("a: b"))));
    }

    #[test]
    fn a_replacement_is_another_entry() {
        assert_eq!(another("anna@aisa", "anna@aisa"), "anna@aisa #2");
        assert_eq!(another("anna@aisa", "anna@aisa #2"), "anna@aisa #3");
        assert_eq!(another("anna@aisa", "someone@else"), "anna@aisa");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_names_leave_a_uri_that_fits(user in ".{1,255}", host in ".{0,256}", issuer in prop::option::of(".{1,64}")) {
            let names = Names { user, host, issuer };
            let entry = names.entry(&key(), fits);
            let uri = shown_uri(&entry, fits);
            prop_assert!(fits(&uri));
            let label = uri.split_once('?').unwrap().0.trim_start_matches("otpauth://totp/");
            prop_assert_eq!(label.matches(':').count(), 1);
            prop_assert!(!label.to_uppercase().contains("%3A"));
            prop_assert!(AppEntry::parse(&uri).is_ok());
        }
    }
}
