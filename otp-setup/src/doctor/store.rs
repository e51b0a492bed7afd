//! The store and the helper: owners and modes.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use insis_otp::config::{Config, SelfEnrollment};
use insis_otp::store::{Account, Cause, Location, Store, StoreError, Template, UserStore};
use nix::unistd::{Gid, Group};

use super::records::Records;
use super::{Finding, Remedy, Severity, mounts, quoted, reinstall};
use crate::messages::{Description, Messages};
use crate::{sanitize, stored, users};

/// The group of the setgid model.
const GROUP: &str = "insis-otp";

/// What installation leaves in the store.
const MARKER: &str = ".store";

/// Looks at the store, and at the program that opens it for people.
pub fn examine(
    messages: &Messages,
    config: &Config,
    (people, records): (&[Account], &Records),
    as_root: bool,
) -> Vec<Finding> {
    if config.secret_file.is_home() {
        return if as_root { homes(messages, config, people, records) } else { Vec::new() };
    }
    let mut findings = Vec::new();
    let group = Group::from_name(GROUP).ok().flatten().map(|group| group.gid);
    let folder = folder(&config.secret_file);
    findings.extend(directory(messages, &folder, group));
    // In a store that is not trusted no file is; they are looked at when it is.
    let trusted = !findings.iter().any(|finding| finding.severity == Severity::Problem);
    findings.extend(helper(messages, config, group));
    findings.extend(mounts::examine(messages, Path::new(&folder), &config.helper));
    if as_root && trusted {
        findings.extend(unmarked(messages, Path::new(&folder)));
        findings.extend(files(messages, config, records));
    }
    findings
}

/// The directory of a template whose last part is the user.
fn folder(template: &Template) -> String {
    let text = template.to_string();
    text.rsplit_once('/').map_or(text.as_str(), |(folder, _)| folder).replace("%%", "%")
}

/// The command, with the group made first where there is none.
fn run(messages: &Messages, group: Option<Gid>, command: &str) -> Remedy {
    let first = if group.is_none() { format!("groupadd --system {GROUP}; ") } else { String::new() };
    Remedy::run(messages, first + command)
}

fn directory(messages: &Messages, folder: &str, group: Option<Gid>) -> Option<Finding> {
    let word = quoted(folder);
    let made = format!("install -d -o root -g {GROUP} -m 1730 {word}");
    let corrected = format!("chown root:{GROUP} {word}; chmod 1730 {word}");
    let finding = |severity, text: Description, command: &str| {
        Some(Finding::new(severity, folder, &text, run(messages, group, command)))
    };
    let Ok(metadata) = Path::new(folder).symlink_metadata() else {
        return finding(Severity::Problem, messages.doctor_store_missing(folder), &made);
    };
    if !metadata.is_dir() {
        let command = format!("mv {word} {word}.old; {made}");
        return finding(Severity::Problem, messages.doctor_store_mode(folder), &command);
    }
    let setgid_model =
        metadata.mode() & 0o7777 == 0o1730 && group.is_some_and(|group| metadata.gid() == group.as_raw());
    let roots_own = metadata.mode() & 0o022 == 0;
    match (metadata.uid() == 0, setgid_model, roots_own) {
        (true, true, _) => None,
        // Safe, but people cannot pair by themselves.
        (true, _, true) => {
            let remedy = Remedy { how: messages.how_if_wanted(), ..run(messages, group, &corrected) };
            Some(Finding::new(Severity::Note, folder, &messages.doctor_store_closed(folder), remedy))
        }
        _ => finding(Severity::Problem, messages.doctor_store_mode(folder), &corrected),
    }
}

/// Without its marker the system's store may be the mount point of one that is not mounted.
fn unmarked(messages: &Messages, folder: &Path) -> Option<Finding> {
    if folder != Path::new(Template::SYSTEM_DIRECTORY) || folder.join(MARKER).symlink_metadata().is_ok() {
        return None;
    }
    let (shown, word) = (folder.display().to_string(), quoted(&folder.display().to_string()));
    let fstab = std::fs::read_to_string("/etc/fstab").unwrap_or_default();
    let is_to_be_mounted = fstab.lines().any(|line| line.split_whitespace().nth(1) == folder.to_str());
    let command = match is_to_be_mounted && !mounts::is_mount_point(folder) {
        true => format!("mount {word}"),
        false => format!("install -m 644 -o root -g root /dev/null {word}/{MARKER}"),
    };
    let text = messages.doctor_store_unmarked(MARKER);
    Some(Finding::new(Severity::Problem, shown, &text, Remedy::run(messages, command)))
}

fn helper(messages: &Messages, config: &Config, group: Option<Gid>) -> Option<Finding> {
    let path = &config.helper;
    let location = path.display().to_string();
    let Some(metadata) = path.metadata().ok().filter(Metadata::is_file) else {
        let usual = Config::default().helper;
        let remedy = match *path != usual && usual.is_file() {
            true => Remedy::new(messages.how_in_config(), format!("helper = \"{}\"", usual.display())),
            false => reinstall(messages),
        };
        return Some(Finding::new(
            Severity::Warning,
            &location,
            &messages.doctor_helper_missing(&location),
            remedy,
        ));
    };
    let sound = metadata.uid() == 0
        && group.is_some_and(|group| metadata.gid() == group.as_raw())
        && metadata.mode() & 0o7022 == 0o2000
        && metadata.mode() & 0o001 != 0;
    let word = quoted(&location);
    // In this order: the kernel takes setgid away from a file that gets another owner.
    let command = format!("chown root:{GROUP} {word}; chmod 2755 {word}");
    let finding = || {
        let text = messages.doctor_helper_mode(&location);
        Finding::new(Severity::Problem, &location, &text, run(messages, group, &command))
    };
    (!sound).then(finding)
}

/// A file that belongs to its user alone is corrected by `unlock`, if it can be. In a home the user does it: there, somebody
/// could put a link to another file in its place before root's command comes to it.
fn broken(messages: &Messages, config: &Config, account: &Account, error: &StoreError) -> Remedy {
    let in_home = config.secret_file.is_home();
    let (user, word) = (quoted(account.name.as_str()), quoted(&error.location.to_string()));
    let by_user = if in_home { format!("runuser -u {user} -- ") } else { String::new() };
    // A link is not followed: it is none of the user's own.
    let metadata =
        error.location.path().and_then(|path| path.symlink_metadata().ok()).filter(Metadata::is_file);
    let metadata =
        metadata.map(|metadata| (metadata.uid() == account.uid.as_raw(), metadata.mode() & 0o177 != 0));
    match (&error.cause, metadata) {
        (_, Some((true, true))) if in_home => Remedy::run(messages, format!("{by_user}chmod 600 {word}")),
        (_, Some((false, _) | (_, true))) if !in_home => {
            Remedy::run(messages, format!("chown {user} {word}; chmod 600 {word}"))
        }
        (Cause::Damaged(_), _) => {
            let command = format!("otp-setup unlock --user {user} || {by_user}rm -i {word}");
            Remedy::new(messages.how_mend_file(), command)
        }
        // Somebody else's file in a home, or something else than a file, like a symbolic link: it is not the person's.
        (_, Some((false, _))) => {
            Remedy::new(how_to_enroll_again(messages, config, &user), format!("{by_user}rm -r {word}"))
        }
        (Cause::Unsafe(_), None) => {
            Remedy::new(how_to_enroll_again(messages, config, &user), format!("{by_user}rm -r {word}"))
        }
        (Cause::Unsafe(_), Some(_)) => {
            Remedy::new(how_to_enroll_again(messages, config, &user), format!("{by_user}rm -i {word}"))
        }
        // It may be sound: nothing is removed because the disk, or another login, was in the way.
        _ => Remedy::new(messages.how_look_again(), format!("otp-setup status --user {user}")),
    }
}

/// What has to follow when a user's file is removed.
fn how_to_enroll_again(messages: &Messages, config: &Config, user: &str) -> String {
    match config.self_enrollment {
        SelfEnrollment::Invitation if !config.secret_file.is_home() => {
            messages.how_enroll_again_invited(user)
        }
        SelfEnrollment::Off if !config.secret_file.is_home() => messages.how_root_enrolls_again(user),
        _ => messages.how_enroll_again(user),
    }
}

/// Secret files in homes that cannot be used.
fn homes(messages: &Messages, config: &Config, people: &[Account], records: &Records) -> Vec<Finding> {
    let finding = |account: &Account| {
        let error =
            records.enrolled(&config.secret_file, account).err().filter(|error| !error.is_not_enrolled())?;
        Some(unusable(messages, config, account, &error))
    };
    let mut findings: Vec<_> = people.iter().filter_map(finding).collect();
    findings.extend(mounts::homes(messages, people.iter().map(|account| account.home.as_path())));
    findings
}

/// A secret file that its user cannot log in with.
fn unusable(messages: &Messages, config: &Config, account: &Account, error: &StoreError) -> Finding {
    let location = sanitize::name(&error.location.to_string()).into_owned();
    let text = messages.doctor_file_broken(&account.name, messages.store_error(&error.cause));
    Finding::new(Severity::Problem, location, &text, broken(messages, config, account, error))
}

/// Secret files that cannot be used, or that belong to nobody. The store is listed, and each name looked up: a directory
/// need not enumerate its people.
fn files(messages: &Messages, config: &Config, records: &Records) -> Vec<Finding> {
    let template = &config.secret_file;
    let Some(listing) = stored::list(template) else { return Vec::new() };
    let mut findings: Vec<_> =
        listing.ownerless.iter().map(|location| ownerless(messages, template, location)).collect();
    if let Some((location, error)) = listing.unanswered.first() {
        let name = sanitize::name(&last_part(location)).into_owned();
        let location = sanitize::name(&location.to_string()).into_owned();
        let remedy = Remedy::run(messages, format!("getent passwd {}", quoted(&name)));
        findings.push(Finding::new(
            Severity::Warning,
            location,
            &messages.doctor_unanswered(messages.errno(*error)),
            remedy,
        ));
    }
    let broken = |account: &Account| {
        let error = records.enrolled(template, account).err();
        // Not of the identity that the file is read with.
        let at_fault = |error: &StoreError| {
            !error.is_not_enrolled() && error.location == template.user(account).location()
        };
        let error = error.filter(|error| at_fault(error))?;
        Some(unusable(messages, config, account, &error))
    };
    findings.extend(listing.accounts.iter().filter_map(broken));
    findings
}

/// The name by which a record stands in its directory.
fn last_part(location: &Location) -> String {
    let name = location.path().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| location.to_string())
}

/// A record of a name that nobody has: its owner may have another name now.
fn ownerless(messages: &Messages, template: &Template, location: &Location) -> Finding {
    let old = last_part(location);
    let owner = location.path().and_then(stored::owner);
    let renamed = owner.filter(|owner| !template.locate(owner).path().exists());
    let location = sanitize::name(&location.to_string()).into_owned();
    match renamed {
        Some(new) => {
            let command =
                format!("otp-setup move {} {}", quoted(&sanitize::name(&old)), quoted(new.name.as_str()));
            let text = messages.doctor_file_renamed(&location, &new.name);
            Finding::new(Severity::Warning, &location, &text, Remedy::run(messages, command))
        }
        None => {
            let remedy = match users::has_directory() {
                // It may be away, or not say everything; then it is the file of somebody who is still here.
                true => Remedy::new(
                    messages.how_ask_directory(),
                    format!("getent passwd {}", quoted(&sanitize::name(&old))),
                ),
                false => Remedy::new(messages.how_if_gone(), format!("rm {}", quoted(&location))),
            };
            Finding::new(Severity::Note, &location, &messages.doctor_file_orphan(&location), remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_the_templates_folder() {
        assert_eq!(folder(&Template::system()), "/var/lib/insis-otp");
        assert_eq!(folder(&Template::parse("/srv/100%%/%U").unwrap()), "/srv/100%");
    }
}
