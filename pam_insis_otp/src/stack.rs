//! Whether a PAM service has the lines that enrollment within the login takes.
//!
//! authenticate steps aside for somebody who has to enroll, and relies on account management to see to it. Where the
//! stack has no such line, nobody would: the login would go on with the password alone. libpam does not tell a module
//! what else stands in its stack, so that the files are read.

use std::path::{Path, PathBuf};

/// The folders of service files, in the order in which libpam looks for them.
const FOLDERS: [&str; 3] = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"];
/// The service that stands in for one that has no line of a kind.
const OTHER: &str = "other";
/// No larger file is read.
const LARGEST: u64 = 64 * 1024;
/// How many files are read for one service: includes may go round in a circle.
const MOST_FILES: u32 = 64;

/// The kind of line that a service lacks: `account`, or `password`.
pub fn lacks(service: &str) -> Option<&'static str> {
    lacks_in(&FOLDERS.map(PathBuf::from), service)
}

fn lacks_in(folders: &[PathBuf], service: &str) -> Option<&'static str> {
    ["account", "password"].into_iter().find(|kind| {
        let mut search = Search { folders, kind, files: 0, lines: 0 };
        let found = search.file(service);
        // libpam takes the lines of "other" where a service has none of a kind.
        !(found || search.lines == 0 && search.file(OTHER))
    })
}

/// A search for a line of this module among those of a kind.
struct Search<'a> {
    folders: &'a [PathBuf],
    kind: &'a str,
    files: u32,
    lines: u32,
}

impl Search<'_> {
    fn file(&mut self, name: &str) -> bool {
        self.files += 1;
        if self.files > MOST_FILES {
            return false;
        }
        let text = self.folders.iter().find_map(|folder| read(&folder.join(name))).unwrap_or_default();
        text.replace("\\\n", " ").lines().any(|line| self.line(line))
    }

    fn line(&mut self, line: &str) -> bool {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some((kind, rest)) = line.split_once(char::is_whitespace) else { return false };
        if kind == "@include" {
            return self.file(rest.trim());
        }
        if !kind.trim_start_matches('-').eq_ignore_ascii_case(self.kind) {
            return false;
        }
        let rest = rest.trim_start();
        let end = if rest.starts_with('[') { rest.find(']').map(|at| at + 1) } else { None };
        let end = end.or_else(|| rest.find(char::is_whitespace)).unwrap_or(rest.len());
        let (control, rest) = rest.split_at(end);
        let module = rest.split_whitespace().next().unwrap_or_default();
        if matches!(control, "include" | "substack") {
            return self.file(module);
        }
        self.lines += 1;
        Path::new(module).file_name().is_some_and(|name| name == "pam_insis_otp.so") && refuses(control)
    }
}

/// Whether a refusal of the module refuses the login: of an `optional` line it would not.
fn refuses(control: &str) -> bool {
    matches!(control, "required" | "requisite")
        || control.starts_with('[')
            && ["default=bad", "default=die"].iter().any(|action| control.contains(action))
}

fn read(path: &Path) -> Option<String> {
    let length = path.metadata().ok()?.len();
    (length <= LARGEST).then(|| std::fs::read_to_string(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(files: &[(&str, &str)]) -> Option<&'static str> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        lacks_in(&[folder.path().join("none"), folder.path().to_owned()], "door")
    }

    const BOTH: &str = "account required pam_insis_otp.so\npassword required pam_insis_otp.so\n";

    #[test]
    fn lines_of_the_service_its_includes_and_of_other_are_found() {
        assert_eq!(lacking(&[("door", BOTH)]), None);
        assert_eq!(lacking(&[("door", "@include common"), ("common", BOTH)]), None);
        let included = "account include common # here\n-password substack common";
        assert_eq!(lacking(&[("door", included), ("common", BOTH)]), None);
        let bracketed = "account [success=ok \\\n default=bad] /lib/security/pam_insis_otp.so debug\n\
                         PASSWORD\t[success=done ignore=ignore default=die]\tpam_insis_otp.so";
        assert_eq!(lacking(&[("door", bracketed)]), None);
        assert_eq!(lacking(&[("door", "auth required pam_insis_otp.so"), ("other", BOTH)]), None);
        let account = "account requisite pam_insis_otp.so\n";
        assert_eq!(lacking(&[("door", account), ("other", BOTH)]), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(lacking(&[]), Some("account"));
        assert_eq!(lacking(&[("door", "auth required pam_insis_otp.so\n")]), Some("account"));
        assert_eq!(lacking(&[("door", "account required pam_insis_otp.so\n")]), Some("password"));
        for line in [
            "account optional pam_insis_otp.so",
            "account sufficient pam_insis_otp.so",
            "account [success=ok default=ignore] pam_insis_otp.so",
            "#account required pam_insis_otp.so",
            "account required pam_unix.so # pam_insis_otp.so",
            "account required pam_insis_otp.so.old",
            "account",
            "auth include common",
            "@include door",
        ] {
            let files = [("door", line), ("common", BOTH), ("other", "")];
            assert_eq!(lacking(&files), Some("account"), "{line}");
        }
        // A line of a kind keeps libpam from looking at "other".
        let own = "account required pam_unix.so\npassword required pam_unix.so";
        assert_eq!(lacking(&[("door", own), ("other", BOTH)]), Some("account"));
    }

    #[test]
    fn circles_and_endless_files_end() {
        let circle = "account include door\naccount include door\n@include door\n";
        assert_eq!(lacking(&[("door", circle)]), Some("account"));
        let large = format!("{BOTH}{}", "#".repeat(LARGEST as usize));
        assert_eq!(lacking(&[("door", &large)]), Some("account"));
        assert_eq!(lacking(&[("door", &"account \\\n".repeat(1000))]), Some("account"));
    }
}
