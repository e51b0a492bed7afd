//! Who is reminded of the day from which a code is needed: whoever logs in over ssh or at the console without one, once a day.

use std::path::Path;

use insis_otp::config::service_family;
use insis_otp::oath::UnixTime;
use nix::sys::stat::Mode;

use crate::report::Log;

/// A file for each person, with the day on which they were reminded last, counted from 1970.
const FOLDER: &str = "/run/insis-otp-reminders";

/// Whether this login is to remind the person, which counts as done.
pub fn is_due(log: &Log, now: UnixTime) -> bool {
    // Elsewhere nobody can do anything about it: not in a screen locker, and not in the middle of a command.
    let is_login = matches!(service_family(&log.service), "sshd" | "login");
    is_login && !was_reminded(Path::new(FOLDER), log.account.as_deref().unwrap_or(&log.user), now)
}

/// Whether somebody was reminded today (UTC); notes it where not. What cannot be noted is said again.
fn was_reminded(folder: &Path, name: &str, now: UnixTime) -> bool {
    let (path, today) = (folder.join(name), (now.0 / 86_400).to_string());
    if std::fs::read_to_string(&path).is_ok_and(|day| day == today) {
        return true;
    }
    // Only root makes anything in /run, so that nobody else can have prepared it.
    let _ = nix::unistd::mkdir(folder, Mode::S_IRWXU);
    let _ = std::fs::write(path, today);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_reminded_once_a_day() {
        let run = tempfile::tempdir().unwrap();
        let folder = run.path().join("reminders");
        let noon = UnixTime(20_000 * 86_400 + 43_200);
        let was_reminded =
            |name, seconds| was_reminded(&folder, name, noon.plus(insis_otp::oath::Seconds(seconds)));
        assert!(!was_reminded("anna", 0));
        assert!(was_reminded("anna", 0) && was_reminded("anna", 43_199));
        assert!(!was_reminded("bob", 0), "each for themselves");
        assert!(!was_reminded("anna", 43_200), "it is another day");
        assert!(was_reminded("anna", 43_200));
    }

    #[test]
    fn whom_nothing_can_be_noted_of_is_reminded_again() {
        let nowhere = Path::new("/proc/no-such-folder");
        assert!(!was_reminded(nowhere, "anna", UnixTime(0)) && !was_reminded(nowhere, "anna", UnixTime(0)));
    }
}
