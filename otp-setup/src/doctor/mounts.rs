//! What mounts do to the store and to the helper: read-only, without setgid, locks of one host only.

use std::path::{Path, PathBuf};

use super::{Finding, Remedy, Severity, quoted};
use crate::messages::Messages;

/// A mount, as /proc/self/mountinfo has it (proc_pid_mountinfo(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    kind: String,
    /// Options of the mount, and of the file system.
    options: Vec<String>,
}

/// Looks at the mounts of the store and of the helper.
pub fn examine(messages: &Messages, store: &Path, helper: &Path) -> Vec<Finding> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut findings = judge(messages, &table, store, helper);
    findings.extend(privileges(messages, &status));
    findings
}

/// Looks at the mounts of homes in which secret files are.
pub fn homes<'h>(messages: &Messages, homes: impl Iterator<Item = &'h Path>) -> Vec<Finding> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    judge_homes(messages, &table, homes)
}

/// One finding of a kind, however many homes are mounted each for itself.
fn judge_homes<'h>(messages: &Messages, table: &str, homes: impl Iterator<Item = &'h Path>) -> Vec<Finding> {
    let mounts: Vec<Mount> = table.lines().filter_map(parse).collect();
    let mut seen = std::collections::BTreeSet::new();
    let own = homes.filter_map(|home| mount_of(&mounts, home));
    let own = own.filter(|mount| mount.kind.starts_with("nfs") && seen.insert(mount.point.clone()));
    let mut findings: Vec<Finding> = Vec::new();
    for mount in own {
        let found = mount.locks(messages).into_iter().chain([mount.holds_secrets(messages)]);
        for finding in found {
            if !findings
                .iter()
                .any(|other| (&other.what, other.severity) == (&finding.what, finding.severity))
            {
                findings.push(finding);
            }
        }
    }
    findings
}

/// The mount that a path is on.
fn mount_of<'m>(mounts: &'m [Mount], path: &Path) -> Option<&'m Mount> {
    let around = mounts.iter().rev().filter(|mount| path.starts_with(&mount.point));
    around.max_by_key(|mount| mount.point.components().count())
}

/// Whether something is mounted right there.
pub fn is_mount_point(path: &Path) -> bool {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    table.lines().filter_map(parse).any(|mount| mount.point == path)
}

fn judge(messages: &Messages, table: &str, store: &Path, helper: &Path) -> Vec<Finding> {
    let mounts: Vec<Mount> = table.lines().filter_map(parse).collect();
    let mut findings = Vec::new();
    if let Some(mount) = mount_of(&mounts, store) {
        findings.extend(mount.locks(messages));
        if mount.has("ro") {
            let (shown, text) = (store.display().to_string(), messages.doctor_store_read_only());
            findings.push(Finding::new(Severity::Problem, shown, &text, mount.again(messages, "rw")));
        }
    }
    if let Some(mount) = mount_of(&mounts, helper).filter(|mount| mount.has("nosuid")) {
        let (shown, text) =
            (helper.display().to_string(), messages.doctor_helper_nosuid(mount.point.display()));
        findings.push(Finding::new(Severity::Problem, shown, &text, mount.again(messages, "suid")));
    }
    findings
}

/// A process that may gain no privileges has no use of the helper.
fn privileges(messages: &Messages, status: &str) -> Option<Finding> {
    let denied =
        status.lines().any(|line| line.strip_prefix("NoNewPrivs:").is_some_and(|value| value.trim() == "1"));
    denied.then(|| {
        let remedy = Remedy::new(messages.how_new_privileges(), "NoNewPrivileges=no");
        Finding::new(Severity::Note, "no_new_privs", &messages.doctor_no_new_privileges(), remedy)
    })
}

impl Mount {
    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|own| own == option)
    }

    /// The command that mounts it anew with an option.
    fn again(&self, messages: &Messages, option: &str) -> Remedy {
        Remedy::run(
            messages,
            format!("mount -o remount,{option} {}", quoted(&self.point.display().to_string())),
        )
    }

    /// Locks that hold on one host only let one code open a login on each of them.
    fn locks(&self, messages: &Messages) -> Option<Finding> {
        let local = |option: &&String| {
            *option == "nolock" || option.strip_prefix("local_lock=").is_some_and(|what| what != "none")
        };
        let option = self.options.iter().find(local).filter(|_| self.kind.starts_with("nfs"))?;
        let remedy = Remedy::new(messages.how_mount_option(option), "lock,local_lock=none");
        let point = self.point.display().to_string();
        Some(Finding::new(Severity::Problem, point, &messages.doctor_store_local_locks(option), remedy))
    }

    /// Homes on a file server: what it takes to read the secrets, and who else can.
    fn holds_secrets(&self, messages: &Messages) -> Finding {
        let ticket = self.options.iter().find(|option| option.starts_with("sec=krb5"));
        let (severity, text) = match ticket {
            Some(option) => (Severity::Warning, messages.doctor_homes_ticket(option)),
            None => (Severity::Note, messages.doctor_homes_nfs()),
        };
        let remedy = Remedy::new(messages.how_in_config(), "secret_file = \"/var/lib/insis-otp/%u\"");
        let remedy = remedy.after(&messages.how_homes());
        Finding::new(severity, self.point.display().to_string(), &text, remedy)
    }
}

fn parse(line: &str) -> Option<Mount> {
    let (mount, system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(4);
    let (point, own) = (fields.next()?, fields.next()?);
    let mut system = system.split(' ');
    let kind = system.next()?.to_owned();
    let all = own.split(',').chain(system.nth(1).unwrap_or_default().split(','));
    Some(Mount { point: unescaped(point).into(), kind, options: all.map(str::to_owned).collect() })
}

/// Blanks and the like are written as octal numbers.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:5 / /proc rw,nosuid - proc proc rw
31 22 8:2 / /var rw,nosuid - ext4 /dev/sda2 rw
40 31 0:9 / /var/lib/insis-otp rw,relatime - nfs4 server:/otp rw,vers=4.2,local_lock=none
";

    fn found(table: &str) -> Vec<(String, String)> {
        let messages = Messages::of_locale("en");
        let paths = ["/var/lib/insis-otp", "/usr/libexec/otp-helper"].map(Path::new);
        let findings = judge(&messages, table, paths[0], paths[1]);
        findings.into_iter().map(|finding| (finding.location, finding.line)).collect()
    }

    #[test]
    fn mounts_that_break_store_and_helper_are_found() {
        let with = |from: &str, to: &str| found(&SOUND.replacen(from, to, 1));
        assert_eq!(found(SOUND), []);
        let store = "/var/lib/insis-otp".to_owned();
        assert_eq!(
            with("otp rw,relatime", "otp ro,relatime"),
            [(store.clone(), format!("mount -o remount,rw {store}"))]
        );
        assert_eq!(
            with("server:/otp rw", "server:/otp ro"),
            [(store.clone(), format!("mount -o remount,rw {store}"))]
        );
        let local = (store, "lock,local_lock=none".to_owned());
        for option in ["local_lock=all", "local_lock=flock", "nolock"] {
            assert_eq!(with("local_lock=none", option), std::slice::from_ref(&local));
        }
        let helper = ("/usr/libexec/otp-helper".to_owned(), "mount -o remount,suid /".to_owned());
        assert_eq!(with("rw,relatime", "rw,nosuid,relatime"), [helper]);
    }

    #[test]
    fn homes_on_a_file_server_are_told_once() {
        let messages = Messages::of_locale("en");
        let with = |option: &str| {
            format!(
                "{SOUND}50 22 0:9 / /home/anna rw - nfs4 server:/home/anna rw,{option}\n\
                 51 22 0:9 / /home/bob rw - nfs4 server:/home/bob rw,{option}\n"
            )
        };
        let found = |table: &str| {
            let findings = judge_homes(
                &messages,
                table,
                ["/home/anna", "/home/bob", "/home/carl"].map(Path::new).into_iter(),
            );
            findings.into_iter().map(|finding| (finding.severity, finding.location)).collect::<Vec<_>>()
        };
        let anna = "/home/anna".to_owned();
        assert_eq!(found(SOUND), []);
        assert_eq!(found(&with("vers=4.2,sec=sys,local_lock=none")), [(Severity::Note, anna.clone())]);
        assert_eq!(found(&with("sec=krb5p")), [(Severity::Warning, anna.clone())]);
        assert_eq!(found(&with("nolock")), [(Severity::Problem, anna.clone()), (Severity::Note, anna)]);
    }

    #[test]
    fn a_process_without_new_privileges_is_told() {
        let messages = Messages::of_locale("en");
        assert!(privileges(&messages, "Name:\tx\nNoNewPrivs:\t1\n").is_some());
        assert!(privileges(&messages, "Name:\tx\nNoNewPrivs:\t0\n").is_none());
    }
}
