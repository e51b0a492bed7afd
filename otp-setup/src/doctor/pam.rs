//! The PAM stacks: whether the code is asked for after the password, whether something skips it, and whether a wrong
//! code refuses the login.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use insis_otp::config::{Config, Unenrolled};
use insis_otp::otp::UnixTime;

use super::pam_files::{Files, Rule, auth_stack};
use super::settings::{self, Wrong};
use super::{Finding, Remedy, Severity, quoted, reinstall, unusable};
use crate::texts::Texts;

/// The module.
const OURS: &str = "pam_insis_otp.so";
/// Modules that check a password, or another first factor.
const PASSWORD: &[&str] = &[
    "pam_unix.so",
    "pam_sss.so",
    "pam_krb5.so",
    "pam_ldap.so",
    "pam_winbind.so",
    "pam_systemd_home.so",
    "pam_pwdb.so",
    "pam_tcb.so",
    "pam_fprintd.so",
    "pam_himmelblau.so",
    "pam_authd.so",
    "pam_radius_auth.so",
];

/// A service that asks for codes.
pub struct Used {
    /// Its name.
    pub service: String,
    /// The module's line in its stack.
    pub rule: Rule,
    /// What the module is set to there; `None` where it refuses its arguments, and so everybody.
    pub config: Option<Config>,
}

/// Findings of all services at this time, and the services that ask for codes.
pub fn examine(texts: &Texts, files: &Files, site: &Config, now: UnixTime) -> (Vec<Finding>, Vec<Used>) {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for service in files.keys() {
        let stack = auth_stack(service, files);
        let Some((place, ours)) = stack.iter().enumerate().find(|(_, rule)| is_ours(rule)) else { continue };
        let config = settings::effective(site, service, &ours.arguments);
        let own = Stack { texts, stack: &stack, place, ours, site, config: &config, now };
        findings.extend(own.examine());
        used.push(Used { service: service.clone(), rule: ours.clone(), config: config.ok() });
    }
    // A file that many include is looked at once for each of them.
    findings.sort_by(|one, other| (&one.place, &one.what).cmp(&(&other.place, &other.what)));
    findings.dedup();
    if used.is_empty() {
        findings.push(unused(texts, files));
    }
    (findings, used)
}

/// Nobody is asked: sshd is where most sites begin.
fn unused(texts: &Texts, files: &Files) -> Finding {
    let stack = auth_stack("sshd", files);
    let last = stack.last().map(|last| last.within.first().unwrap_or(&last.place));
    let place = last.map_or("/etc/pam.d/sshd", String::as_str);
    let remedy = Remedy::new(texts.how_below(place), format!("auth required {OURS}"));
    Finding::new(Severity::Warning, place, &texts.doctor_pam_unused(), remedy)
}

fn file_name(module: &str) -> &str {
    Path::new(module).file_name().and_then(|name| name.to_str()).unwrap_or(module)
}

fn is_ours(rule: &Rule) -> bool {
    file_name(&rule.module) == OURS
}

/// A stack with our module in it.
struct Stack<'a> {
    texts: &'a Texts,
    stack: &'a [Rule],
    place: usize,
    ours: &'a Rule,
    site: &'a Config,
    config: &'a Result<Config, Vec<Wrong>>,
    now: UnixTime,
}

impl Stack<'_> {
    fn examine(&self) -> Vec<Finding> {
        let ours = self.ours;
        let mut findings = Vec::new();
        findings.extend(self.module_file(ours));
        findings.extend(self.arguments(ours));
        findings.extend(self.refuses(ours));
        findings.extend(self.skipped());
        findings.extend(self.order(ours));
        findings.extend(self.success(ours));
        findings
    }

    /// The module's line as it should be. All that is wrong with it is mended at once, so that no finding's line brings
    /// back what another one's mends.
    fn own_line(&self) -> String {
        let ours = self.ours;
        let refuses = matches!(action(&ours.control, "auth_err"), Action::Bad | Action::Die);
        let control = if refuses && !self.locks_out() { &ours.control } else { "required" };
        let module = match module_path(&ours.module).filter(|path| is_loadable(path)) {
            Some(_) => &ours.module,
            None => OURS,
        };
        let wrong = self.config.as_ref().err().map_or([].as_slice(), Vec::as_slice);
        line(control, module, &settings::mended(self.site, wrong, &ours.arguments))
    }

    /// Whether people without a pairing are to be passed over, and are refused by the control.
    fn locks_out(&self) -> bool {
        self.passes_over() && !matches!(action(&self.ours.control, "ignore"), Action::Ignore)
    }

    fn passes_over(&self) -> bool {
        self.config.as_ref().is_ok_and(|config| config.unenrolled_at(self.now) == Unenrolled::Ignore)
    }

    /// The module has to be where libpam looks for it, and nobody else's to change.
    fn module_file(&self, ours: &Rule) -> Option<Finding> {
        let problem =
            |place: &str, text: String, remedy| Some(Finding::new(Severity::Problem, place, &text, remedy));
        // Where the installed one is sound, another one is a mistake in the line.
        let other = || match module_path(OURS).filter(|path| is_loadable(path)) {
            Some(_) if ours.module != OURS => Remedy::instead(self.texts, self.own_line()),
            _ => reinstall(self.texts),
        };
        let Some(path) = module_path(&ours.module) else {
            return problem(&ours.place, self.texts.doctor_pam_missing(&ours.module), other());
        };
        let facts = path.metadata().ok()?;
        let place = path.display().to_string();
        if facts.uid() != 0 || facts.mode() & 0o022 != 0 {
            let word = quoted(&place);
            let remedy = Remedy::run(self.texts, format!("chown root:root {word}; chmod 644 {word}"));
            return problem(&place, self.texts.doctor_pam_writable(&place), remedy);
        }
        if !is_loadable(&path) {
            let remedy = match other() {
                line if ours.module != OURS => line.after(&self.texts.how_in(&ours.place)),
                command => command,
            };
            return problem(&place, self.texts.doctor_pam_not_loadable(&place), remedy);
        }
        None
    }

    /// An argument that the module does not take makes it refuse everybody.
    fn arguments(&self, ours: &Rule) -> Vec<Finding> {
        let wrong = self.config.as_ref().err().map_or([].as_slice(), Vec::as_slice);
        let finding = |one: &Wrong| {
            // Another configuration: it is that one that is to be mended, if it is there.
            let named = one.argument.strip_prefix("config=").map(Path::new).filter(|path| path.exists());
            if let Some(error) = named.and_then(|path| Config::load(path).err()) {
                return unusable(self.texts, &error);
            }
            let remedy = Remedy::instead(self.texts, self.own_line());
            let text = self.texts.doctor_pam_argument(&one.argument, &one.why);
            Finding::new(Severity::Problem, &ours.place, &text, remedy)
        };
        wrong.iter().map(finding).collect()
    }

    /// A wrong code has to refuse the login.
    fn refuses(&self, ours: &Rule) -> Option<Finding> {
        match action(&ours.control, "auth_err") {
            Action::Bad | Action::Die => None,
            _ => {
                let remedy = Remedy::instead(self.texts, self.own_line());
                let text = self.texts.doctor_pam_control(&ours.control);
                Some(Finding::new(Severity::Problem, &ours.place, &text, remedy))
            }
        }
    }

    /// Nothing before the module may end the stack with success, or jump over it.
    fn skipped(&self) -> Vec<Finding> {
        let before = self.stack.iter().take(self.place).enumerate();
        let skips = before.filter(|(place, rule)| {
            // These are how a site says who needs no code.
            !is_condition(&rule.module)
                && match action(&rule.control, "success") {
                    Action::Done => self.ends_here(rule, *place),
                    Action::Jump(over) => place + over >= self.place,
                    _ => false,
                }
        });
        let finding = |(place, rule): (usize, &Rule)| {
            let line = line(&self.not_skipping(rule, place), &rule.module, &rule.arguments);
            let remedy = Remedy::instead(self.texts, line);
            let text = self.texts.doctor_pam_skips(file_name(&rule.module), &rule.control);
            Finding::new(Severity::Problem, &rule.place, &text, remedy)
        };
        skips.map(finding).collect()
    }

    /// The control with which a rule before our module leads to it.
    fn not_skipping(&self, rule: &Rule, place: usize) -> String {
        let between = self.stack.get(place + 1..self.place).unwrap_or_default();
        let room = between.len();
        match action(&rule.control, "success") {
            // As far as it may jump; nowhere, where it stands right before our module.
            Action::Jump(over) if room > 0 => {
                rule.control.replace(&format!("success={over}"), &format!("success={room}"))
            }
            // Over what refuses those whom this one has let in, or knows others: as Debian's common-auth has it.
            Action::Done if between.iter().any(refuses_others) => format!("[success={room} default=ignore]"),
            _ => "required".to_owned(),
        }
    }

    /// Whether the end of this rule's stack or substack lies behind our module.
    fn ends_here(&self, rule: &Rule, place: usize) -> bool {
        let between = self.stack.iter().take(self.place + 1).skip(place);
        between.map(|later| later.depth).min().is_some_and(|least| least >= rule.depth)
    }

    /// First the password, then the code.
    fn order(&self, ours: &Rule) -> Option<Finding> {
        let asks = |rule: &&Rule| PASSWORD.contains(&file_name(&rule.module));
        let before = self.stack.iter().take(self.place).any(|rule| asks(&rule));
        let after = self.stack.iter().skip(self.place).find(asks);
        let (false, Some(after), Some(last)) = (before, after, self.stack.last()) else { return None };
        // Below the whole of it: right below a password's line there may be one that is jumped to.
        let remedy = Remedy::new(self.texts.how_move(ours.beside(last)), self.own_line());
        let text = self.texts.doctor_pam_order(file_name(&after.module));
        Some(Finding::new(Severity::Warning, &ours.place, &text, remedy))
    }

    /// Where people without a pairing are passed over, something else has to say yes.
    fn success(&self, ours: &Rule) -> Option<Finding> {
        if !self.passes_over() {
            return None;
        }
        if self.locks_out() {
            let text = self.texts.doctor_pam_ignore(&ours.control);
            let remedy = Remedy::instead(self.texts, self.own_line());
            return Some(Finding::new(Severity::Warning, &ours.place, &text, remedy));
        }
        let says_yes = |rule: &Rule| {
            !is_ours(rule)
                && !matches!(file_name(&rule.module), "pam_deny.so" | "pam_faildelay.so" | "pam_env.so")
        };
        if self.stack.iter().any(says_yes) {
            return None;
        }
        let remedy = Remedy::new(self.texts.how_below(&ours.place), "auth required pam_permit.so");
        Some(Finding::new(Severity::Warning, &ours.place, &self.texts.doctor_pam_no_success(), remedy))
    }
}

/// Whether a rule refuses people whom one before it has let in.
fn refuses_others(rule: &Rule) -> bool {
    file_name(&rule.module) == "pam_deny.so" || PASSWORD.contains(&file_name(&rule.module))
}

/// The module's line with a setting that stands over the others.
pub fn with_setting(rule: &Rule, key: &str, value: &str) -> String {
    let is_other = |argument: &&String| {
        let word = argument.split('=').next().unwrap_or_default();
        word != key && !(word == "nullok" && key == "unenrolled")
    };
    let others = rule.arguments.iter().filter(is_other).cloned();
    line(&rule.control, &rule.module, &others.chain([format!("{key}={value}")]).collect::<Vec<_>>())
}

/// A line of a stack, as it is to be written.
fn line(control: &str, module: &str, arguments: &[String]) -> String {
    let bracketed = |argument: &String| match argument.contains(char::is_whitespace) {
        true => format!("[{}]", argument.replace(']', "\\]")),
        false => argument.clone(),
    };
    let words = [format!("auth {control} {module}")].into_iter().chain(arguments.iter().map(bracketed));
    words.collect::<Vec<_>>().join(" ")
}

/// Modules by which a site says who needs no code.
fn is_condition(module: &str) -> bool {
    matches!(
        file_name(module),
        "pam_rootok.so"
            | "pam_succeed_if.so"
            | "pam_localuser.so"
            | "pam_listfile.so"
            | "pam_access.so"
            | "pam_time.so"
            | "pam_group.so"
            | "pam_exec.so"
            | "pam_wheel.so"
            | "pam_shells.so"
    )
}

/// What libpam does with a result (pam.conf(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Ok,
    Done,
    Bad,
    Die,
    Ignore,
    Reset,
    Jump(usize),
}

/// What a control does with a result: `success`, `auth_err`, `ignore`.
fn action(control: &str, result: &str) -> Action {
    let word = match control.trim_start_matches('[').trim_end_matches(']') {
        "required" => "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
        "requisite" => "success=ok new_authtok_reqd=ok ignore=ignore default=die",
        "sufficient" => "success=done new_authtok_reqd=done default=ignore",
        "optional" => "success=ok new_authtok_reqd=ok default=ignore",
        list => list,
    };
    let value =
        |key: &str| word.split_whitespace().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    match value(result).or_else(|| value("default")).unwrap_or("bad") {
        "ok" => Action::Ok,
        "done" => Action::Done,
        "bad" => Action::Bad,
        "die" => Action::Die,
        "ignore" => Action::Ignore,
        "reset" => Action::Reset,
        number => number.parse().map_or(Action::Bad, Action::Jump),
    }
}

/// Whether it is a shared library for this machine, as a whole, with the entry that libpam calls.
fn is_loadable(path: &Path) -> bool {
    const LARGEST: u64 = 64 << 20;
    const ENTRY: &[u8] = b"pam_sm_authenticate\0";
    let read = |path: &Path| {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).ok()?;
        std::io::Read::read_to_end(&mut std::io::Read::take(file, LARGEST), &mut bytes).ok()?;
        Some(bytes)
    };
    let (Some(library), Some(own)) = (read(path), read(Path::new("/proc/self/exe"))) else { return false };
    // Class and byte order, that it is a shared object, and the processor (elf(5)).
    let kind = |bytes: &[u8]| Some((bytes.get(..6)?.to_vec(), bytes.get(16..20)?.to_vec()));
    // The section headers are the last thing that a linker writes.
    let number = |range| Some(u64::from_le_bytes(<[u8; 8]>::try_from(library.get(range)?).ok()?));
    let whole = cfg!(not(all(target_pointer_width = "64", target_endian = "little")))
        || number(0x28..0x30).is_some_and(|sections| sections <= library.len() as u64);
    kind(&library) == kind(&own) && whole && library.windows(ENTRY.len()).any(|window| window == ENTRY)
}

/// Where libpam finds a module.
fn module_path(module: &str) -> Option<PathBuf> {
    if module.starts_with('/') {
        return Some(PathBuf::from(module)).filter(|path| path.exists());
    }
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    let folders = [
        "/lib".to_owned(),
        format!("/lib/{triplet}"),
        "/lib64".into(),
        "/usr/lib".into(),
        format!("/usr/lib/{triplet}"),
        "/usr/lib64".into(),
    ];
    folders.iter().map(|folder| Path::new(folder).join("security").join(module)).find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The findings about a stack, by the first words of what they are; the module's file left out of account.
    fn findings(sshd: &str, common: &str) -> Vec<(Severity, String)> {
        let files: Files =
            [("sshd".to_owned(), sshd.to_owned()), ("common-auth".to_owned(), common.to_owned())].into();
        let texts = Texts::of_locale("en");
        let (findings, used) = examine(&texts, &files, &Config::default(), UnixTime(0));
        assert!(used.iter().any(|used| used.service == "sshd"));
        let missing = texts.doctor_pam_missing(OURS);
        let other = findings
            .into_iter()
            .filter(|finding| !missing.starts_with(&finding.what) && !finding.place.starts_with("/usr"));
        other.map(|finding| (finding.severity, format!("{} {}", finding.place, finding.what))).collect()
    }

    const DEBIAN: &str = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n";
    const SOUND: &str = "@include common-auth\nauth required pam_insis_otp.so\n";

    #[test]
    fn sound_stacks_give_no_finding() {
        assert_eq!(findings(SOUND, DEBIAN), []);
        assert_eq!(findings("auth required pam_insis_otp.so\n", DEBIAN), []);
        assert_eq!(
            findings(
                "auth sufficient pam_rootok.so\n@include common-auth\nauth requisite pam_insis_otp.so tries=2 [prompt=Your code: ]\n",
                DEBIAN
            ),
            []
        );
        assert_eq!(
            findings(
                "auth substack common-auth\nauth required pam_insis_otp.so nullok\n",
                "auth sufficient pam_unix.so\nauth required pam_deny.so\n"
            ),
            []
        );
        assert_eq!(
            findings(
                "auth required pam_unix.so\nauth [success=ok ignore=ignore default=die] pam_insis_otp.so nullok\n",
                ""
            ),
            []
        );
    }

    #[test]
    fn a_password_that_skips_the_code_is_found() {
        for common in [
            "auth sufficient pam_unix.so\nauth required pam_deny.so\n",
            "auth [success=done default=ignore] pam_unix.so\n",
            "auth [success=3 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
        ] {
            let found = findings(SOUND, common);
            assert_eq!(found.len(), 1, "{common}: {found:?}");
            assert!(
                found[0].0 == Severity::Problem && found[0].1.starts_with("/etc/pam.d/common-auth:1"),
                "{found:?}"
            );
        }
        // The substack ends with it, and our module stands within.
        let found = findings(
            "auth substack common-auth\n",
            "auth sufficient pam_unix.so\nauth required pam_insis_otp.so\n",
        );
        assert!(found.iter().any(|(severity, _)| *severity == Severity::Problem), "{found:?}");
    }

    #[test]
    fn a_wrong_code_that_refuses_nothing_is_found() {
        for control in [
            "sufficient",
            "optional",
            "[success=ok default=ignore]",
            "[success=done auth_err=ok default=die]",
        ] {
            let found = findings(&format!("@include common-auth\nauth {control} pam_insis_otp.so\n"), DEBIAN);
            assert_eq!(found.len(), 1, "{control}: {found:?}");
            assert!(
                found[0].0 == Severity::Problem && found[0].1.starts_with("/etc/pam.d/sshd:2"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn order_arguments_and_a_stack_without_success_are_found() {
        let one = |stack: &str| {
            let found = findings(stack, DEBIAN);
            assert_eq!(found.len(), 1, "{stack}: {found:?}");
            found[0].clone()
        };
        assert!(one("auth required pam_insis_otp.so\n@include common-auth\n").1.contains("pam_unix.so"));
        assert!(one("@include common-auth\nauth required pam_insis_otp.so nulok\n").1.contains("nulok"));
        assert_eq!(one("auth required pam_insis_otp.so nullok\n").0, Severity::Warning);
        assert_eq!(
            one("auth required pam_unix.so\nauth [success=ok default=die] pam_insis_otp.so nullok\n").0,
            Severity::Warning
        );
    }

    #[test]
    fn the_line_to_write_mends_it() {
        let remedies = |sshd: &str, common: &str| {
            let files: Files =
                [("sshd".to_owned(), sshd.to_owned()), ("common-auth".to_owned(), common.to_owned())].into();
            let (found, _) = examine(&Texts::of_locale("en"), &files, &Config::default(), UnixTime(0));
            found.into_iter().map(|finding| finding.line).collect::<Vec<_>>().join("\n")
        };
        let found = remedies(
            SOUND,
            "auth [success=2 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n",
        );
        assert!(found.contains("auth [success=1 default=ignore] pam_unix.so nullok"), "{found}");
        let found = remedies(SOUND, "auth sufficient pam_unix.so\n");
        assert!(found.contains("auth required pam_unix.so"), "{found}");
        let found = remedies("auth required pam_insis_otp.so trie=2 [prompt=My code: ]\n", "");
        assert!(found.contains("auth required pam_insis_otp.so tries=2 [prompt=My code: ]"), "{found}");
        // What refuses others is jumped over, so that nobody is locked out by it.
        let found = remedies(SOUND, "auth sufficient pam_unix.so\nauth required pam_deny.so\n");
        assert!(found.contains("auth [success=1 default=ignore] pam_unix.so"), "{found}");
    }

    #[test]
    fn machines_that_do_not_use_it_are_told() {
        let (found, used) = examine(&Texts::of_locale("en"), &Files::new(), &Config::default(), UnixTime(0));
        assert_eq!((found.len(), used.len()), (1, 0));
    }
}
