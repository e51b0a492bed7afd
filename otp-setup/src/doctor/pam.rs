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
use crate::messages::{Description, Messages};
use insis_otp::pam_stack::files::{Entry, Facility, Files, Rule, file_name};
use insis_otp::pam_stack::simulator::{Action, ReturnCode, action};

/// The shipped stack for enrollment within the login: its lines of our module are the ones to write.
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
        let broken: Vec<_> = broken.into_iter().map(|one| one.location.clone()).collect();
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
        findings.sort_by(|one, other| (&one.location, &one.what).cmp(&(&other.location, &other.what)));
        findings.dedup_by(|one, other| (&one.location, &one.what) == (&other.location, &other.what));
        // A misspelt name of ours is told as such.
        let misspelt = findings.iter().any(|finding| finding.line.contains(OURS));
        if stacks.is_empty() && !misspelt {
            findings.push(self.unused());
        }
        if self.files.has_generated() {
            let authselect = Authselect::of(self.machine);
            let corrected = |finding| authselect.corrected(self.messages, self.files, finding);
            findings = findings.into_iter().map(corrected).collect();
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
        let location = last.map_or("/etc/pam.d/sshd", String::as_str);
        let remedy = match self.machine.path("/usr/share/pam-configs/insis-otp").exists() {
            true => Remedy::run(self.messages, ENABLE),
            false => Remedy::new(self.messages.how_below(location), format!("auth required {OURS}")),
        };
        Finding::new(Severity::Warning, location, &self.messages.doctor_pam_unused(), remedy)
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
    fn left_out(
        &self,
        severity: Severity,
        service: &str,
        text: &Description,
        planner: &Planner<'_>,
    ) -> Finding {
        let line = |control: &str| format!("auth {control} {OURS}");
        let judged = Service { name: service, passes_over: false, proven: false, line: &line };
        let stack = self.files.stack(service, Facility::Auth);
        let last = stack.last().map(|last| last.within.first().unwrap_or(&last.location).clone());
        let location = last.unwrap_or_else(|| format!("/etc/pam.d/{service}:1"));
        let remedy = planner.insert(&judged, &location, &line("required"));
        let remedy = remedy.map(|changes| plan::remedy(self.messages, &changes, &location));
        Finding::new(severity, location, text, remedy.unwrap_or_else(|| unsafe_to_mend(self.messages)))
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
        let described = defects.iter().map(|defect| self.described(*defect));
        let new: Vec<_> = described
            .filter(|(_, location, text)| seen.insert((location.clone(), text.text.clone())))
            .collect();
        if new.is_empty() {
            return Vec::new();
        }
        let changes = planner.plan(service).map(|files| plan::changes(planner.files, &files));
        let finding = |(severity, location, text): (Severity, String, Description)| {
            let remedy = match &changes {
                Some(changes) => plan::remedy(self.messages, changes, &location),
                None => unsafe_to_mend(self.messages),
            };
            Finding::new(severity, location, &text, remedy)
        };
        new.into_iter().map(finding).collect()
    }

    /// A defect: how bad it is, where, and in words.
    fn described(&self, defect: Defect) -> (Severity, String, Description) {
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

    /// The module's line as it should be with a control. All that is wrong with it is corrected at once, so that no
    /// finding's line brings back what another one's corrects.
    fn own_line(&self, control: &str) -> String {
        let wrong = self.config.as_ref().err().map_or([].as_slice(), Vec::as_slice);
        let arguments = settings::corrected(self.examination.site, wrong, &self.ours.arguments);
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
        let problem = |location: &str, text: Description, remedy| {
            Some(Finding::new(Severity::Problem, location, &text, remedy))
        };
        // Where the installed one is sound, another one is a mistake in the line.
        let other = || match machine.module(OURS).filter(|path| modules::is_loadable(path)) {
            Some(_) if ours.module != OURS => Remedy::instead(self.messages, self.sound_line()),
            _ => reinstall(self.messages),
        };
        let Some(path) = machine.module(&ours.module) else {
            return problem(&ours.location, self.messages.doctor_pam_missing(&ours.module), other());
        };
        let metadata = path.metadata().ok()?;
        let location = path.display().to_string();
        if metadata.uid() != 0 || metadata.mode() & 0o022 != 0 {
            let word = quoted(&location);
            let remedy = Remedy::run(self.messages, format!("chown root:root {word}; chmod 644 {word}"));
            return problem(&location, self.messages.doctor_pam_writable(&location), remedy);
        }
        if !modules::is_loadable(&path) {
            let remedy = match other() {
                line if ours.module != OURS => line.after(&self.messages.how_in(&ours.location)),
                command => command,
            };
            return problem(&location, self.messages.doctor_pam_not_loadable(&location), remedy);
        }
        None
    }

    /// An argument that the module does not take makes it refuse everybody.
    fn arguments(&self) -> Vec<Finding> {
        let wrong = self.config.as_ref().err().map_or([].as_slice(), Vec::as_slice);
        let finding = |one: &Wrong| {
            // Another configuration: it is that one that is to be corrected, if it is there.
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

    /// Enrollment within the login takes lines in the account and in the password stack.
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
            let location = first.unwrap_or_else(|| format!("/etc/pam.d/{}:1", self.service));
            let remedy = Remedy::new(self.messages.how_above(&location), line);
            Some(Finding::new(Severity::Problem, location, &text, remedy))
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
mod tests;
