//! The store and the helper: owners and modes.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use insis_otp::config::Config;
use insis_otp::store::{Account, Template};
use nix::unistd::{Gid, Group};

use super::{Finding, Severity};
use crate::texts::Texts;
use crate::{plain, users};

/// The group of the setgid model.
const GROUP: &str = "insis-otp";

/// Looks at the store, and at the program that opens it for people.
pub fn examine(texts: &Texts, config: &Config, as_root: bool) -> Vec<Finding> {
    if config.secret_file.is_home() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let group = Group::from_name(GROUP).ok().flatten().map(|group| group.gid);
    let folder = folder(&config.secret_file);
    findings.extend(directory(texts, &folder, group));
    findings.extend(helper(texts, &config.helper, group));
    if as_root {
        findings.extend(files(texts, &config.secret_file, Path::new(&folder)));
    }
    findings
}

/// The directory of a template whose last part is the user.
fn folder(template: &Template) -> String {
    let text = template.to_string();
    text.rsplit_once('/').map_or(text.as_str(), |(folder, _)| folder).replace("%%", "%")
}

fn directory(texts: &Texts, folder: &str, group: Option<Gid>) -> Option<Finding> {
    let problem = |text: String| Some(Finding::new(Severity::Problem, folder, &text));
    let Ok(facts) = Path::new(folder).symlink_metadata() else {
        return problem(texts.doctor_store_missing(folder));
    };
    let setgid_model =
        facts.mode() & 0o7777 == 0o1730 && group.is_some_and(|group| facts.gid() == group.as_raw());
    let roots_own = facts.mode() & 0o022 == 0;
    if facts.is_dir() && facts.uid() == 0 && setgid_model {
        return None;
    }
    if facts.is_dir() && facts.uid() == 0 && roots_own {
        // Safe, but people cannot pair by themselves.
        return Some(Finding::new(Severity::Note, folder, &texts.doctor_store_closed(folder)));
    }
    problem(texts.doctor_store_mode(folder))
}

fn helper(texts: &Texts, path: &Path, group: Option<Gid>) -> Option<Finding> {
    let place = path.display().to_string();
    let Some(facts) = path.metadata().ok().filter(Metadata::is_file) else {
        return Some(Finding::new(Severity::Warning, &place, &texts.doctor_helper_missing(&place)));
    };
    let sound = facts.uid() == 0
        && group.is_some_and(|group| facts.gid() == group.as_raw())
        && facts.mode() & 0o7022 == 0o2000
        && facts.mode() & 0o001 != 0;
    (!sound).then(|| Finding::new(Severity::Problem, &place, &texts.doctor_helper_mode(&place)))
}

/// Secret files that cannot be used, or that belong to nobody.
fn files(texts: &Texts, template: &Template, folder: &Path) -> Vec<Finding> {
    let accounts: HashMap<String, Account> = users::all()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|account| {
            Some((template.locate(&account).path().file_name()?.to_str()?.to_owned(), account))
        })
        .collect();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let finding = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let place = plain::name(&entry.path().display().to_string()).into_owned();
        if name.starts_with('.') {
            // A pairing that is going on, or what a crash left of one; the next one removes it.
            return None;
        }
        let Some(account) = accounts.get(&name) else {
            return Some(Finding::new(Severity::Note, &place, &texts.doctor_file_orphan(&place)));
        };
        let error = template.locate(account).read().err()?;
        let text = texts.doctor_file_broken(&account.name, &error.cause);
        Some(Finding::new(Severity::Problem, &place, &text))
    };
    entries.filter_map(finding).collect()
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
