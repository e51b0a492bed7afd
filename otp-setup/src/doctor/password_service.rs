//! The PAM service by which people prove their password before they enroll a first device (`self_enrollment = "password"`).

use std::path::Path;

use super::scenario::{OURS, Scenarios, is_ours};
use super::{Finding, Machine, Remedy, Severity};
use crate::messages::{Description, Messages};
use insis_otp::pam_stack::files::{Entry, Facility, Files, Rule, file_name};

/// Its name. `otp-helper` is all that uses it.
pub const SERVICE: &str = "otp-setup";
/// Where `otp-helper` looks for its file besides the folders that are read here.
const VENDOR: &str = "/usr/etc/pam.d";
/// What is shipped.
const MODEL: &str = include_str!("../../../config/pam.d/otp-setup");

/// The service, as it is on a machine.
pub struct PasswordService<'a> {
    messages: &'a Messages,
    machine: &'a Machine,
    files: &'a Files,
}

impl<'a> PasswordService<'a> {
    /// The service of a machine.
    pub fn new(messages: &'a Messages, machine: &'a Machine, files: &'a Files) -> Self {
        Self { messages, machine, files }
    }

    /// Whether it does what it is for: take the right password, nothing else, and no code.
    pub fn examine(&self) -> Option<Finding> {
        let messages = self.messages;
        let path = format!("/etc/pam.d/{SERVICE}");
        let Some(file) = self.files.get(SERVICE) else {
            let missing = !self.machine.path(VENDOR).join(SERVICE).is_file();
            let text = messages.doctor_password_service_missing(&path);
            return missing.then(|| Finding::new(Severity::Warning, &path, &text, self.restore(false)));
        };
        let stack = self.stack();
        let is_broken =
            |rule: &Rule| rule.entry == Entry::MustFail || (self.is_missing(rule) && !rule.may_be_missing);
        let found = |severity, rule: Option<&Rule>, text: Description| {
            let location = rule.map_or(&file.path, |rule| rule.within.first().unwrap_or(&rule.location));
            Some(Finding::new(severity, location, &text, self.restore(true)))
        };
        if let Some(ours) = stack.iter().find(|rule| is_ours(rule)) {
            return found(Severity::Warning, Some(ours), messages.doctor_password_service_ours(OURS));
        }
        let (admits, open) = self.scenarios(&stack).password_check();
        match open {
            Some(rule) => found(Severity::Problem, stack.get(rule), messages.doctor_password_service_open()),
            // What is wrong with a line has been told.
            None if admits || stack.iter().any(is_broken) => None,
            None => found(Severity::Warning, stack.last(), messages.doctor_password_service_closed()),
        }
    }

    /// Whether passwords may be checked that this machine's own shadow file does not have.
    pub fn asks_elsewhere(&self, has_directory: bool) -> bool {
        self.scenarios(&self.stack()).asks_elsewhere(has_directory)
    }

    fn stack(&self) -> Vec<Rule> {
        let stack = self.files.stack(SERVICE, Facility::Auth);
        stack.into_iter().filter(|rule| !(self.is_missing(rule) && rule.may_be_missing)).collect()
    }

    fn scenarios<'s>(&self, stack: &'s [Rule]) -> Scenarios<'s> {
        Scenarios::of(stack, |rule| self.is_missing(rule))
    }

    fn is_missing(&self, rule: &Rule) -> bool {
        rule.entry == Entry::Module && self.machine.module(&rule.module).is_none()
    }

    /// The shipped lines, of those modules that are here; a former file is set aside.
    fn restore(&self, is_there: bool) -> Remedy {
        let is_here = |line: &&str| {
            let module = line.split_whitespace().find(|word| word.ends_with(".so")).unwrap_or_default();
            line.contains("auth ") && self.machine.module(file_name(module)).is_some()
        };
        let lines = MODEL.lines().filter(|line| !line.starts_with('#')).filter(is_here);
        let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        let lines: Vec<_> = lines.map(|line| format!("'{line}'")).collect();
        let path = Path::new("/etc/pam.d").join(SERVICE).display().to_string();
        let backup = if is_there { format!("cp {path} {path}.bak; ") } else { String::new() };
        let command = format!("{backup}printf '%s\\n' {} >{path}", lines.join(" "));
        Remedy::new(self.messages.how_password_service(), command)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{self, DEBIAN_12, FEDORA, GENTOO};
    use super::*;

    /// Severity and location of what is found, with the modules that the files name on the machine.
    fn found(files: &Files) -> Option<(Severity, String)> {
        let root = tempfile::tempdir().unwrap();
        let machine = fixtures::machine(root.path(), &files.clone().with("model", MODEL));
        let messages = Messages::of_locale("en");
        let finding = PasswordService::new(&messages, &machine, files).examine()?;
        // What it says to do was tried.
        let lines: Vec<_> = finding.line.split('\'').skip(3).step_by(2).collect();
        let corrected = files.clone().with(SERVICE, &(lines.join("\n") + "\n"));
        assert_eq!(PasswordService::new(&messages, &machine, &corrected).examine(), None, "{finding:#?}");
        Some((finding.severity, finding.location))
    }

    fn with(service: &str) -> Option<(Severity, String)> {
        let files =
            Files::default().with("common-auth", DEBIAN_12).with("other", "auth required pam_deny.so\n");
        found(&files.with(SERVICE, service))
    }

    #[test]
    fn sound_systems_give_no_finding() {
        for (name, files) in fixtures::sound() {
            assert_eq!(found(&files.with(SERVICE, MODEL)), None, "{name}");
        }
    }

    #[test]
    fn passwords_may_be_elsewhere() {
        let messages = Messages::of_locale("en");
        let elsewhere = |service: &str, has_directory| {
            let files = Files::default().with(SERVICE, service);
            let root = tempfile::tempdir().unwrap();
            let machine = fixtures::machine(root.path(), &files);
            PasswordService::new(&messages, &machine, &files).asks_elsewhere(has_directory)
        };
        assert!(elsewhere(MODEL, true) && !elsewhere(MODEL, false));
        let unix = "auth required pam_unix.so\n";
        assert!(!elsewhere(unix, true));
        for module in ["pam_krb5.so", "pam_corporate.so"] {
            assert!(elsewhere(&format!("auth sufficient {module}\n{unix}"), false), "{module}");
        }
    }

    #[test]
    fn what_takes_the_right_password_only_is_sound() {
        for sound in
            [MODEL, DEBIAN_12, FEDORA, GENTOO, "@include common-auth\n", "auth required pam_corporate.so\n"]
        {
            assert_eq!(with(sound), None, "{sound}");
        }
        // As root does not ask by it, this admits nobody.
        assert_eq!(with("auth sufficient pam_rootok.so\nauth required pam_unix.so\n"), None);
    }

    #[test]
    fn what_asks_for_no_password_or_takes_none_or_wants_a_code_is_found() {
        let at = |severity, line: &str| Some((severity, format!("/etc/pam.d/otp-setup{line}")));
        let (problem, warning) = (Severity::Problem, Severity::Warning);
        assert_eq!(found(&Files::default()), at(warning, ""));
        for (service, location) in [
            ("auth required pam_permit.so\n", ":1"),
            ("auth optional pam_unix.so\nauth required pam_permit.so\n", ":2"),
            ("auth sufficient pam_succeed_if.so user ingroup staff\nauth required pam_unix.so\n", ":1"),
            ("auth [success=1 default=ignore] pam_unix.so\nauth required pam_permit.so\n", ":2"),
        ] {
            assert_eq!(with(service), at(problem, location), "{service}");
        }
        assert_eq!(with("auth required pam_unix.so\nauth required pam_deny.so\n"), at(warning, ":2"));
        assert_eq!(with("account required pam_unix.so\n"), Some((warning, "/etc/pam.d/other:1".to_owned())));
        assert_eq!(with("auth required pam_unix.so\nauth required pam_insis_otp.so\n"), at(warning, ":2"));
        let profile = Files::default().with("common-auth", fixtures::DEBIAN_PROFILE);
        assert_eq!(found(&profile.with(SERVICE, "@include common-auth\n")), at(warning, ":1"));
    }
}
