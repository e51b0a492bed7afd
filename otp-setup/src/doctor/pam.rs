//! The PAM stacks: whether the code is asked for after the password, whether something skips it, and whether a wrong
//! code refuses the login.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use insis_otp::config::{Config, Unenrolled};
use insis_otp::oath::UnixTime;
use insis_otp::strict::nearest;

use super::authselect::Authselect;
use super::plan::{self, Planner, Service};
use super::scenario::{Defect, OURS, is_ours, is_password};
use super::settings::{self, Fault, Wrong};
use super::{
    Finding, Machine, Remedy, Severity, modules, password_service, quoted, reinstall, remedy, unusable,
};
use crate::messages::Messages;
use insis_otp::pam_stack::files::{Entry, Facility, Files, Rule, file_name};
use insis_otp::pam_stack::simulator::{Action, ReturnCode, action};

/// The shipped stack for pairing within the login: its lines of our module are the ones to write.
const ENROLL_MODEL: &str = include_str!("../../../config/pam.d/sshd-enrol");
/// Services that people know, in the order in which they are named.
const KNOWN: &[&str] = &[
    "sshd",
    "login",
    "sudo",
    "sudo-i",
    "su",
    "su-l",
    "gdm-password",
    "lightdm",
    "sddm",
    "xrdp-sesman",
    "polkit-1",
    "cockpit",
    "openvpn",
    "vsftpd",
];
/// Services that one program uses by turns.
const FAMILIES: [(&str, &str); 3] = [("sudo", "sudo-i"), ("su", "su-l"), ("runuser", "runuser-l")];
/// Debian's way to the profile.
const ENABLE: &str = "pam-auth-update --enable insis-otp";

/// A service that asks for codes.
pub struct Used {
    /// Its name.
    pub service: String,
    /// The module's line in its stack.
    pub rule: Rule,
    /// What the module is set to there; `None` where it refuses its arguments, and so everybody.
    pub config: Option<Config>,
}

/// What the stacks are judged by.
pub struct Examination<'a> {
    /// The language.
    pub messages: &'a Messages,
    /// The machine.
    pub machine: &'a Machine,
    /// Its PAM files.
    pub files: &'a Files,
    /// Its configuration.
    pub site: &'a Config,
    /// The time.
    pub now: UnixTime,
    /// Whether sshd has asked for a key, or another first proof, whenever it calls PAM.
    pub sshd_proves: bool,
}

impl Examination<'_> {
    /// Findings of all services, and the services that ask for codes, those first that people know.
    pub fn run(&self) -> (Vec<Finding>, Vec<Used>) {
        let mut findings = self.broken_lines();
        // By which people prove their password before they have a phone: that one is judged on its own.
        let asks = |name: &&str| *name != password_service::SERVICE;
        let mut stacks: Vec<Stack<'_>> =
            services(self.files).into_iter().filter(asks).filter_map(|name| self.stack(name)).collect();
        stacks.sort_by_key(|stack| rank(stack.service));
        let lines: Vec<_> = stacks.iter().map(|stack| move |control: &str| stack.own_line(control)).collect();
        let judged: Vec<_> = stacks.iter().zip(&lines).map(|(stack, line)| stack.judged(line)).collect();
        let planner =
            Planner { files: self.files, services: &judged, is_missing: &|rule| self.is_missing(rule) };
        let broken: Vec<_> = findings.iter().filter(|one| one.severity == Severity::Problem).collect();
        let broken: Vec<_> = broken.into_iter().map(|one| one.place.clone()).collect();
        let mut seen = BTreeSet::new();
        for (stack, judged) in stacks.iter().zip(&judged) {
            findings.extend(stack.examine());
            // What else is wrong with a stack is seen when its lines do what they say.
            if !stack.rules.iter().any(|rule| broken.contains(&rule.location)) {
                findings.extend(stack.judge(&planner, judged, &mut seen));
            }
        }
        findings.extend(self.siblings(&stacks, &planner));
        // A file that many include is looked at once for each of them.
        findings.sort_by(|one, other| (&one.place, &one.what).cmp(&(&other.place, &other.what)));
        findings.dedup_by(|one, other| (&one.place, &one.what) == (&other.place, &other.what));
        // A misspelt name of ours is told as such.
        let misspelt = findings.iter().any(|finding| finding.line.contains(OURS));
        if stacks.is_empty() && !misspelt {
            findings.push(self.unused());
        }
        if self.files.has_generated() {
            let authselect = Authselect::of(self.machine);
            let mended = |finding| authselect.mended(self.messages, self.files, finding);
            findings = findings.into_iter().map(mended).collect();
        }
        let used = |stack: Stack<'_>| Used {
            service: stack.service.to_owned(),
            rule: stack.ours.clone(),
            config: stack.config.ok(),
        };
        (findings, stacks.into_iter().map(used).collect())
    }

    fn stack<'s>(&'s self, service: &'s str) -> Option<Stack<'s>> {
        let rules = self.files.stack(service, Facility::Auth);
        let ours = rules.iter().find(|rule| is_ours(rule))?.clone();
        let config = settings::effective(self.site, service, &ours.arguments);
        let sound = self.machine.module(&ours.module).is_some_and(|path| modules::is_loadable(&path));
        let module = if sound { ours.module.clone() } else { OURS.to_owned() };
        Some(Stack { examination: self, messages: self.messages, service, rules, ours, module, config })
    }

    fn is_missing(&self, rule: &Rule) -> bool {
        !is_ours(rule) && rule.entry == Entry::Module && self.machine.module(&rule.module).is_none()
    }

    /// Nobody is asked. Debian's profile asks in all services; elsewhere sshd is where most sites begin.
    fn unused(&self) -> Finding {
        let stack = self.files.stack("sshd", Facility::Auth);
        let last = stack.last().map(|last| last.within.first().unwrap_or(&last.location));
        let place = last.map_or("/etc/pam.d/sshd", String::as_str);
        let remedy = match self.machine.path("/usr/share/pam-configs/insis-otp").exists() {
            true => Remedy::run(self.messages, ENABLE),
            false => Remedy::new(self.messages.how_below(place), format!("auth required {OURS}")),
        };
        Finding::new(Severity::Warning, place, &self.messages.doctor_pam_unused(), remedy)
    }

    /// Lines that libpam does not understand, and modules and files that are not there, in any service.
    fn broken_lines(&self) -> Vec<Finding> {
        let stacks =
            services(self.files).into_iter().flat_map(|name| self.files.own_stack(name, Facility::Auth));
        let mut seen = BTreeSet::new();
        let rules = stacks.filter(|rule| seen.insert(rule.location.clone()));
        rules.filter_map(|rule| self.broken_line(&rule)).collect()
    }

    fn broken_line(&self, rule: &Rule) -> Option<Finding> {
        let messages = self.messages;
        if rule.entry == Entry::MustFail {
            let text = match rule.control.starts_with("[default=") && !rule.module.is_empty() {
                true => messages.doctor_pam_include(&rule.module),
                false => messages.doctor_pam_line(),
            };
            let remedy = self.corrected(rule).unwrap_or_else(|| unsafe_to_mend(messages));
            return Some(Finding::new(Severity::Problem, &rule.location, &text, remedy));
        }
        if !self.is_missing(rule) || rule.may_be_missing {
            return None;
        }
        let name = file_name(&rule.module);
        let fails = matches!(action(&rule.control, ReturnCode::MODULE_UNKNOWN), Action::Bad | Action::Die);
        let text = match fails {
            true => messages.doctor_pam_missing(&rule.module),
            false => messages.doctor_pam_missing_passed(&rule.module),
        };
        let remedy = match modules::package(name) {
            Some(package) if self.machine.path("/usr/bin/apt").exists() => {
                Remedy::run(messages, format!("apt install {package}"))
            }
            Some(_) => unsafe_to_mend(messages),
            None => self.respelt(rule, name).unwrap_or_else(|| unsafe_to_mend(messages)),
        };
        Some(Finding::new(Severity::Problem, &rule.location, &text, remedy))
    }

    /// A line whose module is not there, with the one that was probably meant.
    fn respelt(&self, rule: &Rule, name: &str) -> Option<Remedy> {
        let stem = |module: &str| module.trim_start_matches("pam_").trim_end_matches(".so").to_owned();
        let known: Vec<String> =
            modules::names(self.machine.root()).iter().map(|own| stem(own)).chain([stem(OURS)]).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let right = format!("pam_{}.so", nearest(&stem(name), &known)?);
        Some(Remedy::instead(self.messages, plan::line("auth", &rule.control, &right, &rule.arguments)))
    }

    /// A line that libpam does not understand, as it was probably meant.
    fn corrected(&self, rule: &Rule) -> Option<Remedy> {
        let text = &self.files.get(rule.location.rsplit_once(':')?.0)?.text;
        let line = text.lines().nth(rule.lines.0.checked_sub(1)?)?;
        let first = line.split_whitespace().next()?;
        let facilities = ["auth", "account", "password", "session", "@include"];
        let names: Vec<&str> = self.files.names().collect();
        let right = match facilities.contains(&first.trim_start_matches('-')) {
            false => line.replacen(first, nearest(first, &facilities)?, 1),
            true => line.replacen(&rule.module, nearest(file_name(&rule.module), &names)?, 1),
        };
        // What is offered was tried.
        let changed = remedy::with_line(text, rule.lines.0, &right);
        let files = self.files.clone().with(&rule.file, &changed);
        let own = files.own_stack(&rule.file, Facility::Auth);
        let is_broken = |other: &Rule| other.location == rule.location && other.entry == Entry::MustFail;
        (!own.iter().any(is_broken)).then(|| Remedy::instead(self.messages, right.trim_end()))
    }

    /// Services that are left out where their siblings, or others, are not.
    fn siblings(&self, stacks: &[Stack<'_>], planner: &Planner<'_>) -> Vec<Finding> {
        let uses = |name: &str| stacks.iter().any(|stack| stack.service == name);
        let lacks = |name: &str| self.files.get(name).is_some() && !uses(name);
        let mut findings = Vec::new();
        for (one, other) in FAMILIES {
            for (with, without) in [(one, other), (other, one)] {
                if uses(with) && lacks(without) {
                    let text = self.messages.doctor_pam_family(with, without);
                    findings.push(self.left_out(Severity::Warning, without, &text, planner));
                }
            }
        }
        if !stacks.is_empty() && lacks("sshd") {
            findings.push(self.left_out(
                Severity::Note,
                "sshd",
                &self.messages.doctor_pam_sshd_without(),
                planner,
            ));
        }
        findings
    }

    /// A service that lacks our module; the line for it, if it is one that does no harm there.
    fn left_out(&self, severity: Severity, service: &str, text: &str, planner: &Planner<'_>) -> Finding {
        let line = |control: &str| format!("auth {control} {OURS}");
        let judged = Service { name: service, passes_over: false, proven: false, line: &line };
        let stack = self.files.stack(service, Facility::Auth);
        let last = stack.last().map(|last| last.within.first().unwrap_or(&last.location).clone());
        let place = last.unwrap_or_else(|| format!("/etc/pam.d/{service}:1"));
        let remedy = planner.insert(&judged, &place, &line("required"));
        let remedy = remedy.map(|changes| plan::remedy(self.messages, &changes, &place));
        Finding::new(severity, place, text, remedy.unwrap_or_else(|| unsafe_to_mend(self.messages)))
    }
}

/// Where no line is known that is safe, doctor says so.
fn unsafe_to_mend(messages: &Messages) -> Remedy {
    Remedy::new(messages.how_no_safe_line(), "man otp-setup")
}

/// Files that are services: not what others include.
pub fn services(files: &Files) -> Vec<&str> {
    let shared = |name: &str| {
        name.starts_with("common-")
            || name.starts_with("system-") && name != "system-services"
            || matches!(
                name,
                "password-auth" | "smartcard-auth" | "fingerprint-auth" | "postlogin" | "config-util"
            )
    };
    files.names().filter(|name| !shared(name)).collect()
}

/// Services that people know come first.
fn rank(service: &str) -> (usize, &str) {
    (KNOWN.iter().position(|known| *known == service).unwrap_or(KNOWN.len()), service)
}

/// A stack with our module in it.
struct Stack<'a> {
    examination: &'a Examination<'a>,
    messages: &'a Messages,
    service: &'a str,
    rules: Vec<Rule>,
    ours: Rule,
    /// The module as its line should name it.
    module: String,
    config: Result<Config, Vec<Wrong>>,
}

impl Stack<'_> {
    /// What is wrong with our line, whatever stands around it.
    fn examine(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.module_file());
        findings.extend(self.arguments());
        findings.extend(self.first_pass());
        findings.extend(self.enrollment());
        findings
    }

    /// How the scenarios judge it.
    fn judged<'l>(&'l self, line: &'l dyn Fn(&str) -> String) -> Service<'l> {
        let proven = self.service == "sshd" && self.examination.sshd_proves;
        Service { name: self.service, passes_over: self.passes_over(), proven, line }
    }

    /// What is wrong with the whole stack.
    fn judge(
        &self,
        planner: &Planner<'_>,
        service: &Service<'_>,
        seen: &mut BTreeSet<(String, String)>,
    ) -> Vec<Finding> {
        let (_, defects) = planner.defects(service, planner.files);
        let told = defects.iter().map(|defect| self.told(*defect));
        let new: Vec<_> =
            told.filter(|(_, place, text)| seen.insert((place.clone(), text.clone()))).collect();
        if new.is_empty() {
            return Vec::new();
        }
        let changes = planner.plan(service).map(|files| plan::changes(planner.files, &files));
        let finding = |(severity, place, text): (Severity, String, String)| {
            let remedy = match &changes {
                Some(changes) => plan::remedy(self.messages, changes, &place),
                None => unsafe_to_mend(self.messages),
            };
            Finding::new(severity, place, &text, remedy)
        };
        new.into_iter().map(finding).collect()
    }

    /// A defect: how bad it is, where, and in words.
    fn told(&self, defect: Defect) -> (Severity, String, String) {
        let (messages, ours) = (self.messages, &self.ours);
        let rule = |index: usize| self.rules.get(index).unwrap_or(ours);
        let at = |rule: &Rule| rule.location.clone();
        let own = |severity, text| (severity, at(ours), text);
        match defect {
            Defect::Skipped(by) => {
                let by = rule(by);
                (Severity::Problem, at(by), messages.doctor_pam_skips(file_name(&by.module), &by.control))
            }
            Defect::NobodyGetsIn(by) => {
                let by = by.map_or(ours, rule);
                (Severity::Problem, at(by), messages.doctor_pam_nobody())
            }
            Defect::CodeIgnored => own(Severity::Problem, messages.doctor_pam_control(&ours.control)),
            Defect::PasswordIgnored => own(Severity::Problem, messages.doctor_pam_password_ignored()),
            Defect::CodeAlone => own(Severity::Problem, messages.doctor_pam_code_alone()),
            Defect::PassedOverRefused => own(Severity::Warning, messages.doctor_pam_ignore(&ours.control)),
            Defect::PassedOverAlone => own(Severity::Warning, messages.doctor_pam_no_success()),
            Defect::BeforePassword(after) => {
                own(Severity::Warning, messages.doctor_pam_order(file_name(&rule(after).module)))
            }
            Defect::AfterWrongPassword(before) => {
                let before = rule(before);
                (Severity::Warning, at(before), messages.doctor_pam_after_wrong(file_name(&before.module)))
            }
            Defect::Twice(again) => {
                (Severity::Warning, at(rule(again)), messages.doctor_pam_twice(&ours.location))
            }
        }
    }

    /// The module's line as it should be with a control. All that is wrong with it is mended at once, so that no
    /// finding's line brings back what another one's mends.
    fn own_line(&self, control: &str) -> String {
        let wrong = self.config.as_ref().err().map_or([].as_slice(), Vec::as_slice);
        let arguments = settings::mended(self.examination.site, wrong, &self.ours.arguments);
        plan::line("auth", control, &self.module, &arguments)
    }

    /// The same, with a control that refuses wrong codes.
    fn sound_line(&self) -> String {
        let refuses = ReturnCode::errors()
            .all(|error| matches!(action(&self.ours.control, error), Action::Bad | Action::Die));
        let passes = matches!(action(&self.ours.control, ReturnCode::IGNORE), Action::Ignore);
        self.own_line(if refuses && (passes || !self.passes_over()) {
            &self.ours.control
        } else {
            "required"
        })
    }

    fn passes_over(&self) -> bool {
        self.unenrolled() == Some(Unenrolled::Ignore)
    }

    fn unenrolled(&self) -> Option<Unenrolled> {
        Some(self.config.as_ref().ok()?.unenrolled_at(self.examination.now))
    }

    /// The module has to be where libpam looks for it, and nobody else's to change.
    fn module_file(&self) -> Option<Finding> {
        let (ours, machine) = (&self.ours, self.examination.machine);
        let problem =
            |place: &str, text: String, remedy| Some(Finding::new(Severity::Problem, place, &text, remedy));
        // Where the installed one is sound, another one is a mistake in the line.
        let other = || match machine.module(OURS).filter(|path| modules::is_loadable(path)) {
            Some(_) if ours.module != OURS => Remedy::instead(self.messages, self.sound_line()),
            _ => reinstall(self.messages),
        };
        let Some(path) = machine.module(&ours.module) else {
            return problem(&ours.location, self.messages.doctor_pam_missing(&ours.module), other());
        };
        let facts = path.metadata().ok()?;
        let place = path.display().to_string();
        if facts.uid() != 0 || facts.mode() & 0o022 != 0 {
            let word = quoted(&place);
            let remedy = Remedy::run(self.messages, format!("chown root:root {word}; chmod 644 {word}"));
            return problem(&place, self.messages.doctor_pam_writable(&place), remedy);
        }
        if !modules::is_loadable(&path) {
            let remedy = match other() {
                line if ours.module != OURS => line.after(&self.messages.how_in(&ours.location)),
                command => command,
            };
            return problem(&place, self.messages.doctor_pam_not_loadable(&place), remedy);
        }
        None
    }

    /// An argument that the module does not take makes it refuse everybody.
    fn arguments(&self) -> Vec<Finding> {
        let wrong = self.config.as_ref().err().map_or([].as_slice(), Vec::as_slice);
        let finding = |one: &Wrong| {
            // Another configuration: it is that one that is to be mended, if it is there.
            let named = one.argument.strip_prefix("config=").map(Path::new).filter(|path| path.exists());
            if let Some(error) = named.and_then(|path| Config::load(path).err()) {
                return unusable(self.messages, &error);
            }
            let remedy = Remedy::instead(self.messages, self.sound_line());
            let why = match &one.fault {
                Fault::Argument(error) => self.messages.setting_error(error),
                Fault::File(error) => self.messages.config_error(error),
            };
            let text = self.messages.doctor_pam_argument(&one.argument, why);
            Finding::new(Severity::Problem, &self.ours.location, &text, remedy)
        };
        wrong.iter().map(finding).collect()
    }

    /// A code at the end of the password that a module above has checked as a whole.
    fn first_pass(&self) -> Option<Finding> {
        let has = |word: &str| self.ours.arguments.iter().any(|argument| argument == word);
        let above = self.rules.iter().take_while(|rule| rule.location != self.ours.location);
        let checked = above.filter(|rule| is_password(rule)).count() > 0;
        let (word, severity, text) = match (has("use_first_pass"), has("try_first_pass")) {
            (true, _) if checked => {
                ("use_first_pass", Severity::Problem, self.messages.doctor_pam_use_first_pass())
            }
            (_, true) if checked => {
                ("try_first_pass", Severity::Note, self.messages.doctor_pam_try_first_pass())
            }
            _ => return None,
        };
        let others: Vec<_> =
            self.ours.arguments.iter().filter(|argument| *argument != word).cloned().collect();
        let line = plan::line("auth", &self.ours.control, &self.ours.module, &others);
        Some(Finding::new(severity, &self.ours.location, &text, Remedy::instead(self.messages, line)))
    }

    /// Pairing within the login takes lines in the account and in the password stack.
    fn enrollment(&self) -> Vec<Finding> {
        if self.unenrolled() != Some(Unenrolled::Enroll) {
            return Vec::new();
        }
        let lacking = |(facility, word): &(Facility, &str)| {
            let stack = self.examination.files.stack(self.service, *facility);
            if stack.iter().any(is_ours) {
                return None;
            }
            let line = ENROLL_MODEL.lines().find(|line| line.starts_with(word) && line.contains(OURS))?;
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = self.messages.doctor_pam_enroll(word);
            let first = stack.first().map(|first| first.location.clone());
            let place = first.unwrap_or_else(|| format!("/etc/pam.d/{}:1", self.service));
            let remedy = Remedy::new(self.messages.how_above(&place), line);
            Some(Finding::new(Severity::Problem, place, &text, remedy))
        };
        [(Facility::Account, "account"), (Facility::Password, "password")]
            .iter()
            .filter_map(lacking)
            .collect()
    }
}

/// The module's line with a setting that stands over the others.
pub fn with_setting(rule: &Rule, key: &str, value: &str) -> String {
    let is_other = |argument: &&String| {
        let word = argument.split('=').next().unwrap_or_default();
        word != key && !(word == "nullok" && key == "unenrolled")
    };
    let others = rule.arguments.iter().filter(is_other).cloned();
    let arguments = others.chain([format!("{key}={value}")]).collect::<Vec<_>>();
    plan::line("auth", &rule.control, &rule.module, &arguments)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        self, ARCH, DEBIAN_12, FEDORA, FEDORA_FAILLOCK, GENTOO_SUFFICIENT, OPENSUSE, files, sshd,
    };
    use super::*;

    /// What is found about a machine's stacks; our module's file, which is none here, left out of account.
    fn examined(files: &Files, config: &str, sshd_proves: bool) -> (Vec<Finding>, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        let machine = fixtures::machine(root.path(), files);
        examined_on(&machine, files, config, sshd_proves)
    }

    fn examined_on(
        machine: &Machine,
        files: &Files,
        config: &str,
        sshd_proves: bool,
    ) -> (Vec<Finding>, Vec<String>) {
        let messages = Messages::of_locale("en");
        let site = Config::parse(config, Path::new("x")).unwrap();
        let examination =
            Examination { messages: &messages, machine, files, site: &site, now: UnixTime(0), sshd_proves };
        let (findings, used) = examination.run();
        let own = |finding: &Finding| !finding.place.starts_with(&*machine.root().to_string_lossy());
        let findings = findings.into_iter().filter(own).collect();
        (findings, used.into_iter().map(|used| used.service).collect())
    }

    /// Severity, place and what of the findings about sshd on Debian's common-auth, or another one.
    fn found(sshd: &str, common: &str) -> Vec<(Severity, String)> {
        let files = files(sshd, ("common-auth", common));
        let (findings, used) = examined(&files, "", false);
        assert!(used.iter().any(|used| used == "sshd"), "{findings:?}");
        findings
            .into_iter()
            .map(|finding| (finding.severity, format!("{} {}", finding.place, finding.what)))
            .collect()
    }

    /// The line of the only finding.
    #[track_caller]
    fn line(sshd: &str, common: &str) -> (Severity, String, String) {
        let (findings, _) = examined(&files(sshd, ("common-auth", common)), "", false);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        let finding = findings[0].clone();
        (finding.severity, finding.place, finding.line)
    }

    const SOUND: &str = "@include common-auth\nauth required pam_insis_otp.so\n";

    #[test]
    fn sound_systems_give_no_finding() {
        let systems = fixtures::sound();
        assert!(systems.len() >= 10);
        for (name, files) in systems {
            for config in ["", "unenrolled = \"ignore\"\n"] {
                let (findings, used) = examined(&files, config, false);
                assert!(findings.is_empty() && used[0] == "sshd", "{name} {config}: {findings:#?}");
            }
        }
        // A key before the code, and nothing else: the shipped stack makes sure of it, others have to trust sshd.
        let ignore = "unenrolled = \"ignore\"\n";
        let model = include_str!("../../../config/pam.d/sshd-key-and-code");
        assert_eq!(examined(&files(model, ("common-auth", DEBIAN_12)), ignore, false).0, []);
        let alone = "auth required pam_insis_otp.so\nauth required pam_permit.so\n";
        let alone = files(alone, ("common-auth", DEBIAN_12));
        assert_eq!(examined(&alone, ignore, true).0, []);
        let (findings, _) = examined(&alone, ignore, false);
        assert!(findings.len() == 1 && findings[0].severity == Severity::Problem, "{findings:#?}");
    }

    /// Every shipped stack is sound in the doctor's eyes.
    #[test]
    fn shipped_stacks_give_no_finding() {
        let models = [
            ("login", include_str!("../../../config/pam.d/login")),
            ("su", include_str!("../../../config/pam.d/su")),
            ("sudo", include_str!("../../../config/pam.d/sudo")),
            ("sudo-i", include_str!("../../../config/pam.d/sudo-i")),
            ("swaylock", include_str!("../../../config/pam.d/screen-locker")),
        ];
        for sshd in [include_str!("../../../config/pam.d/sshd"), ENROLL_MODEL] {
            let mut all = files(sshd, ("common-auth", DEBIAN_12)).with("common-session-noninteractive", "");
            for (name, text) in models {
                all = all.with(name, text);
            }
            for config in ["", "unenrolled = \"ignore\"\n"] {
                let (findings, used) = examined(&all, config, false);
                assert!(findings.is_empty() && used.len() == 6, "{findings:#?}");
            }
        }
    }

    #[test]
    fn a_password_that_skips_the_code_is_found() {
        for common in [
            "auth sufficient pam_unix.so\nauth required pam_deny.so\n",
            "auth [success=done default=ignore] pam_unix.so\nauth requisite pam_deny.so\n",
            "auth [success=3 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
        ] {
            let found = found(&format!("{SOUND}auth required pam_permit.so\n"), common);
            let skipped = found.iter().find(|(_, what)| what.contains("skipped")).unwrap();
            assert!(
                skipped.0 == Severity::Problem && skipped.1.starts_with("/etc/pam.d/common-auth:1"),
                "{found:?}"
            );
        }
        // Profiles of other packages that end the stack before our line.
        let other = "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n\
                     auth sufficient pam_encfs.so\nauth required pam_insis_otp.so\n";
        let found = found("@include common-auth\n", other);
        assert!(found[0].1.starts_with("/etc/pam.d/common-auth:4 When pam_encfs.so"), "{found:?}");
    }

    #[test]
    fn a_wrong_code_that_refuses_nothing_is_found() {
        for control in [
            "sufficient",
            "optional",
            "[success=ok default=ignore]",
            "[success=done auth_err=ignore default=die]",
            // What the module says when the store is away.
            "[success=ok ignore=ignore auth_err=die authinfo_unavail=ignore default=die]",
        ] {
            let found = found(&format!("@include common-auth\nauth {control} pam_insis_otp.so\n"), DEBIAN_12);
            assert_eq!(found.len(), 1, "{control}: {found:?}");
            assert!(
                found[0].0 == Severity::Problem && found[0].1.starts_with("/etc/pam.d/sshd:2"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_wrong_password_that_refuses_nothing_is_found() {
        let found = found("auth optional pam_unix.so\nauth required pam_insis_otp.so\n", "");
        assert!(
            found
                .iter()
                .any(|(severity, what)| *severity == Severity::Problem && what.contains("wrong password")),
            "{found:?}"
        );
    }

    #[test]
    fn the_code_after_a_wrong_password_is_found() {
        let (severity, place, text) =
            line(SOUND, &OPENSUSE.replace("auth\toptional\tpam_gnome_keyring.so\n", ""));
        assert_eq!((severity, place.as_str()), (Severity::Warning, "/etc/pam.d/common-auth:2"));
        assert_eq!(text, "auth requisite pam_unix.so try_first_pass");
        let (severity, place, text) =
            line(SOUND, "auth [success=1 default=ignore] pam_unix.so\nauth required pam_deny.so\n");
        assert_eq!((severity, place.as_str()), (Severity::Warning, "/etc/pam.d/common-auth:1"));
        assert_eq!(text, "auth requisite pam_deny.so");
    }

    #[test]
    fn order_arguments_and_a_stack_without_success_are_found() {
        let order = found("auth required pam_insis_otp.so\n@include common-auth\n", DEBIAN_12);
        assert!(order.len() == 1 && order[0].1.contains("pam_unix.so"), "{order:?}");
        let (_, _, text) = line(
            "@include common-auth\nauth required pam_insis_otp.so trie=2 [prompt=My code: ]\n",
            DEBIAN_12,
        );
        assert_eq!(text, "auth required pam_insis_otp.so tries=2 [prompt=My code: ]");
        let die = "auth requisite pam_unix.so\nauth [success=ok default=die] pam_insis_otp.so nullok\n";
        assert_eq!(line(die, "").2, "auth required pam_insis_otp.so nullok");
        let alone = "auth required pam_insis_otp.so nullok\n";
        assert_eq!(line(alone, DEBIAN_12).0, Severity::Problem);
        let (_, _, text) =
            line("@include common-auth\nauth required pam_insis_otp.so use_first_pass\n", DEBIAN_12);
        assert_eq!(text, "auth required pam_insis_otp.so");
        let first = line("@include common-auth\nauth required pam_insis_otp.so try_first_pass\n", DEBIAN_12);
        assert_eq!(first.0, Severity::Note);
    }

    /// The real file of a Fedora, as authselect writes it.
    #[test]
    fn what_authselect_writes_is_changed_in_a_profile() {
        let generated = format!("# Generated by authselect\n{FEDORA}{}", fixtures::OURS);
        let stack = sshd("auth substack password-auth\nauth include postlogin", "");
        let (findings, _) = examined(&files(&stack, ("password-auth", &generated)), "", false);
        assert!(!findings.is_empty(), "{findings:#?}");
        for finding in findings {
            let profile = finding.remedy.contains("/etc/authselect/custom/insis-otp/password-auth");
            assert!(profile && !finding.line.contains("sed -i"), "{finding:#?}");
        }
    }

    #[test]
    fn what_is_there_twice_is_found() {
        let (severity, place, text) = line(SOUND, fixtures::DEBIAN_PROFILE);
        assert_eq!((severity, place.as_str()), (Severity::Warning, "/etc/pam.d/sshd:2"));
        assert_eq!(text, "sed -i --follow-symlinks -e 2d /etc/pam.d/sshd");
    }

    #[test]
    fn every_change_that_is_offered_mends_all_of_it() {
        let gentoo =
            |stack: &str| files(&sshd("auth include system-auth", fixtures::OURS), ("system-auth", stack));
        let fedora = |stack: &str| {
            let own = format!("{stack}{}", fixtures::OURS);
            files(&sshd("auth substack password-auth\nauth include postlogin", ""), ("password-auth", &own))
        };
        let systems = [
            ("Gentoo", gentoo(GENTOO_SUFFICIENT)),
            (
                "Arch, included too late",
                files("auth required pam_insis_otp.so\nauth include system-login\n", ("system-auth", ARCH)),
            ),
            ("Fedora", fedora(FEDORA)),
            ("Fedora with faillock", fedora(FEDORA_FAILLOCK)),
            (
                "Debian, jumps too far",
                files(SOUND, ("common-auth", &DEBIAN_12.replace("success=1", "success=4"))),
            ),
            (
                "continued lines",
                files(
                    "auth sufficient \\\n pam_unix.so \\\n nullok\nauth required pam_insis_otp.so\n",
                    ("x", ""),
                ),
            ),
            (
                "two faults",
                files(
                    "auth sufficient pam_insis_otp.so trie=2\n@include common-auth\n",
                    ("common-auth", DEBIAN_12),
                ),
            ),
        ];
        for (name, files) in systems {
            let root = tempfile::tempdir().unwrap();
            let machine = fixtures::machine(root.path(), &files);
            let (findings, _) = examined_on(&machine, &files, "", false);
            assert!(
                !findings.is_empty() && findings.iter().all(|finding| finding.line != "man otp-setup"),
                "{name}: {findings:#?}"
            );
            let messages = Messages::of_locale("en");
            let site = Config::default();
            let examination = Examination {
                messages: &messages,
                machine: &machine,
                files: &files,
                site: &site,
                now: UnixTime(0),
                sshd_proves: false,
            };
            let stack = examination.stack("sshd").unwrap();
            let line = |control: &str| stack.own_line(control);
            let service = stack.judged(&line);
            let services = [stack.judged(&line)];
            let planner = Planner { files: &files, services: &services, is_missing: &|_| false };
            let mended = planner.plan(&service).unwrap();
            assert_eq!(examined_on(&machine, &mended, "", false).0, [], "{name}: {findings:#?}");
        }
    }

    #[test]
    fn where_no_line_is_safe_the_doctor_says_so() {
        // The end of a substack is not the end of the stack, and another service needs the substack as it is.
        let files = files(&sshd("auth substack password-auth", fixtures::OURS), ("password-auth", FEDORA))
            .with("vpn", "auth substack password-auth\n");
        let (findings, _) = examined(&files, "", false);
        assert!(
            !findings.is_empty() && findings.iter().all(|finding| finding.line == "man otp-setup"),
            "{findings:#?}"
        );
    }

    #[test]
    fn modules_files_and_words_that_are_not_there_are_found() {
        let root = tempfile::tempdir().unwrap();
        let machine = fixtures::machine(root.path(), &fixtures::sound()[0].1);
        let find = |sshd: &str, common: &str| {
            let (findings, _) = examined_on(&machine, &files(sshd, ("common-auth", common)), "", false);
            findings
                .into_iter()
                .find(|finding| finding.severity == Severity::Problem && !finding.place.ends_with("otp.so"))
        };
        let misspelt = DEBIAN_12
            .replace("pam_cap.so", "pam_x.so")
            .replace("auth\toptional", "auth required pam_insis_opt.so\nauth\toptional");
        let finding = find("@include common-auth\n", &misspelt).unwrap();
        assert_eq!(
            (finding.place.as_str(), finding.line.as_str()),
            ("/etc/pam.d/common-auth:4", "auth required pam_insis_otp.so")
        );
        let finding = find(SOUND, &DEBIAN_12.replace("pam_unix.so", "pam_unx.so")).unwrap();
        assert_eq!(finding.line, "auth [success=1 default=ignore] pam_unix.so nullok");
        let finding = find("@include comon-auth\nauth required pam_insis_otp.so\n", DEBIAN_12).unwrap();
        assert_eq!(
            (finding.place.as_str(), finding.line.as_str()),
            ("/etc/pam.d/sshd:1", "@include common-auth")
        );
        let finding = find(&format!("{SOUND}atuh required pam_permit.so\n"), DEBIAN_12).unwrap();
        assert_eq!(finding.line, "auth required pam_permit.so");
        assert_eq!(find(&format!("{SOUND}-auth optional pam_not_here.so\n"), DEBIAN_12), None);
    }

    #[test]
    fn services_that_are_left_out_are_found() {
        let sudo = "@include common-auth\n";
        let all = files(SOUND, ("common-auth", DEBIAN_12)).with("sudo", SOUND).with("sudo-i", sudo);
        let (findings, used) = examined(&all, "", false);
        assert_eq!(used, ["sshd", "sudo"]);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(
            (findings[0].place.as_str(), findings[0].line.as_str()),
            ("/etc/pam.d/sudo-i:1", "auth required pam_insis_otp.so")
        );
        let (findings, _) = examined(&files(sudo, ("common-auth", DEBIAN_12)).with("sudo", SOUND), "", false);
        assert!(findings.len() == 1 && findings[0].place == "/etc/pam.d/sshd:1", "{findings:#?}");
        // What others include is no service.
        let profile = files("@include common-auth\n", ("common-auth", fixtures::DEBIAN_PROFILE));
        assert_eq!(examined(&profile, "", false).1, ["sshd"]);
    }

    #[test]
    fn pairing_in_the_login_needs_its_lines() {
        let enroll = "unenrolled = \"enrol\"\n";
        let model = ENROLL_MODEL;
        let with = |sshd: &str| {
            let files = files(sshd, ("common-auth", DEBIAN_12))
                .with("common-account", "account required pam_permit.so\n")
                .with("common-password", "password required pam_unix.so\n")
                .with("common-session", "session required pam_permit.so\n");
            examined(&files, enroll, false).0
        };
        assert_eq!(with(model), []);
        let found = with(
            "@include common-auth\nauth required pam_insis_otp.so\n@include common-account\n@include common-password\n",
        );
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found.iter().all(
            |finding| finding.severity == Severity::Problem && finding.line.contains("pam_insis_otp.so")
        ));
    }

    #[test]
    fn machines_that_do_not_use_it_are_told() {
        let (found, used) = examined(&Files::default(), "", false);
        assert_eq!((found.len(), used.len()), (1, 0));
    }
}
