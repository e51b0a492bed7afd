//! Who gets in by a stack: right and wrong passwords and codes, of local people and those of a directory, whatever the
//! site's own conditions and modules that nobody knows say.
//!
//! Each stack is simulated with every combination of results; see [`insis_otp::pam_stack::simulator`].

use insis_otp::pam_stack::files::{Entry, Rule, file_name};
use insis_otp::pam_stack::simulator::{Action, Outcome, ReturnCode, action, dispatch};

/// The module.
pub const OURS: &str = "pam_insis_otp.so";
/// So many results are tried in every combination; of further modules only the usual one is.
const FREE: usize = 5;

/// Modules that check passwords of this machine's own user database.
const LOCAL: &[&str] = &["pam_unix.so", "pam_unix2.so", "pam_pwdb.so", "pam_tcb.so"];
/// Modules that check passwords elsewhere.
const DIRECTORY: &[&str] = &[
    "pam_sss.so",
    "pam_krb5.so",
    "pam_ldap.so",
    "pam_winbind.so",
    "pam_systemd_home.so",
    "pam_himmelblau.so",
    "pam_authd.so",
    "pam_aad.so",
    "pam_radius_auth.so",
    "pam_centrifydc.so",
    "pam_lsass.so",
];
/// Modules by which a site says for whom something holds.
const CONDITIONS: &[&str] = &[
    "pam_rootok.so",
    "pam_succeed_if.so",
    "pam_localuser.so",
    "pam_listfile.so",
    "pam_access.so",
    "pam_time.so",
    "pam_group.so",
    "pam_exec.so",
    "pam_wheel.so",
    "pam_usertype.so",
    "pam_sepermit.so",
];
/// Modules that succeed whatever the person knows.
const SUCCEED: &[&str] = &[
    "pam_permit.so",
    "pam_nologin.so",
    "pam_shells.so",
    "pam_securetty.so",
    "pam_tally2.so",
    "pam_gnome_keyring.so",
    "pam_kwallet5.so",
    "pam_mount.so",
    "pam_selinux.so",
    "pam_lastlog.so",
];
/// Modules that say nothing about the person.
const IGNORED: &[&str] = &[
    "pam_env.so",
    "pam_faildelay.so",
    "pam_cap.so",
    "pam_echo.so",
    "pam_issue.so",
    "pam_motd.so",
    "pam_warn.so",
    "pam_keyinit.so",
    "pam_umask.so",
    "pam_limits.so",
];

/// How a module behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    Ours,
    Fixed(ReturnCode),
    /// It checks the password of local people, or of those of a directory.
    Password {
        local: bool,
    },
    /// It tells local people from others.
    IsLocal,
    /// A condition of the site's.
    Condition,
    Unknown,
}

/// Whether a rule calls our module.
pub fn is_ours(rule: &Rule) -> bool {
    rule.entry == Entry::Module && file_name(&rule.module) == OURS
}

/// Whether a rule checks a password.
pub fn is_password(rule: &Rule) -> bool {
    matches!(model(rule), Model::Password { .. })
}

/// Whether a rule asks sshd for the proof that it has had, as the shipped stack for key and code does.
fn is_proof_of_key(rule: &Rule) -> bool {
    let ends = ["required", "requisite"].iter().any(|word| rule.control.eq_ignore_ascii_case(word));
    ends && file_name(&rule.module) == "pam_exec.so"
        && rule.arguments.iter().any(|argument| argument.contains("SSH_AUTH_INFO_0"))
}

fn model(rule: &Rule) -> Model {
    let name = file_name(&rule.module);
    let has = |argument: &str| rule.arguments.iter().any(|own| own == argument);
    let fixed = |code| Model::Fixed(code);
    match name {
        OURS => Model::Ours,
        "pam_deny.so" => fixed(ReturnCode::AUTH_ERR),
        "pam_localuser.so" => Model::IsLocal,
        // People are no system accounts.
        "pam_usertype.so" if has("isregular") => fixed(ReturnCode::SUCCESS),
        "pam_usertype.so" if has("issys") => fixed(ReturnCode::PERM_DENIED),
        // After a wrong password it counts; that is no answer.
        "pam_faillock.so" if has("authfail") => fixed(ReturnCode::IGNORE),
        "pam_faillock.so" => fixed(ReturnCode::SUCCESS),
        _ if LOCAL.contains(&name) => Model::Password { local: true },
        _ if DIRECTORY.contains(&name) => Model::Password { local: false },
        _ if CONDITIONS.contains(&name) => Model::Condition,
        _ if SUCCEED.contains(&name) => fixed(ReturnCode::SUCCESS),
        _ if IGNORED.contains(&name) => fixed(ReturnCode::IGNORE),
        _ => Model::Unknown,
    }
}

/// A login: who, and what they know.
#[derive(Clone, Copy, Debug)]
struct Login {
    local: bool,
    password: bool,
    /// What our module returns.
    ours: ReturnCode,
}

/// A stack with what is known of its modules.
pub struct Scenarios<'a> {
    stack: &'a [Rule],
    models: Vec<Model>,
    /// Rules whose result is free: one for each condition that is written differently.
    free: Vec<usize>,
}

/// What is wrong with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// A rule ends the stack, or jumps over our module, and lets people in.
    Skipped(usize),
    /// A login is opened although our module has refused it.
    CodeIgnored,
    /// A login is opened although the password was wrong.
    PasswordIgnored,
    /// Nobody gets in who knows password and code; a rule that passes over our module, where one does.
    NobodyGetsIn(Option<usize>),
    /// Nothing asks for a password; the code is all.
    CodeAlone,
    /// Whom our module is to pass over is refused by its control.
    PassedOverRefused,
    /// Whom our module is to pass over is let in by nothing else.
    PassedOverAlone,
    /// The code is asked for before the password, which this rule checks.
    BeforePassword(usize),
    /// The code is asked for although the password that this rule checks was wrong.
    AfterWrongPassword(usize),
    /// The module is there a second time.
    Twice(usize),
}

impl<'a> Scenarios<'a> {
    /// Of a stack; `is_missing` says which modules cannot be loaded.
    pub fn of(stack: &'a [Rule], is_missing: impl Fn(&Rule) -> bool) -> Self {
        let model =
            |rule| if is_missing(rule) { Model::Fixed(ReturnCode::MODULE_UNKNOWN) } else { model(rule) };
        let models: Vec<_> = stack.iter().map(model).collect();
        let same =
            |one: &Rule, other: &Rule| (&one.module, &one.arguments) == (&other.module, &other.arguments);
        let mut free: Vec<usize> = Vec::new();
        for (index, (rule, model)) in stack.iter().zip(&models).enumerate() {
            let known = free.iter().any(|&free| stack.get(free).is_some_and(|free| same(free, rule)));
            if rule.entry == Entry::Module
                && matches!(model, Model::Condition | Model::Unknown)
                && !known
                && free.len() < FREE
            {
                free.push(index);
            }
        }
        Self { stack, models, free }
    }

    /// Our module's first rule.
    fn ours(&self) -> Option<usize> {
        self.stack.iter().position(is_ours)
    }

    /// How many combinations of free results there are.
    fn worlds(&self) -> usize {
        let options = |index: &usize| if self.models.get(*index) == Some(&Model::Condition) { 2 } else { 3 };
        self.free.iter().map(options).product()
    }

    /// The result of a free rule in a combination.
    fn chosen(&self, index: usize, world: usize) -> Option<ReturnCode> {
        const RESULTS: [ReturnCode; 3] = [ReturnCode::AUTH_ERR, ReturnCode::SUCCESS, ReturnCode::IGNORE];
        let rule = self.stack.get(index)?;
        let mut rest = world;
        for free in &self.free {
            let options = if self.models.get(*free) == Some(&Model::Condition) { 2 } else { 3 };
            let twin = self.stack.get(*free)?;
            if (&twin.module, &twin.arguments) == (&rule.module, &rule.arguments) {
                return RESULTS.get(rest % options).copied();
            }
            rest /= options;
        }
        None
    }

    fn result(&self, login: Login, world: usize, index: usize) -> ReturnCode {
        match self.models.get(index).copied().unwrap_or(Model::Unknown) {
            Model::Ours => login.ours,
            Model::Fixed(code) => code,
            Model::IsLocal if login.local => ReturnCode::SUCCESS,
            Model::IsLocal => ReturnCode::PERM_DENIED,
            Model::Password { local } if local != login.local => ReturnCode::USER_UNKNOWN,
            Model::Password { .. } if login.password => ReturnCode::SUCCESS,
            Model::Password { .. } => ReturnCode::AUTH_ERR,
            Model::Condition => self.chosen(index, world).unwrap_or(ReturnCode::AUTH_ERR),
            Model::Unknown => self.chosen(index, world).unwrap_or(ReturnCode::IGNORE),
        }
    }

    fn run(&self, login: Login, world: usize) -> Outcome {
        dispatch(self.stack, |index, _| self.result(login, world, index))
    }

    /// Whose passwords are checked: of local people, of those of a directory. Where nobody's is, local people stand for
    /// all.
    fn kinds(&self) -> Vec<bool> {
        let checks = |local| self.models.contains(&Model::Password { local });
        [true, false].into_iter().filter(|&local| checks(local) || local && !checks(false)).collect()
    }

    /// For which logins and combinations it succeeds: what must stay as it is where our module is not.
    pub fn verdicts(&self) -> Vec<bool> {
        let logins =
            [true, false].into_iter().flat_map(|local| [true, false].map(|password| (local, password)));
        let all = |(local, password)| {
            let login = Login { local, password, ours: ReturnCode::SUCCESS };
            (0..self.worlds()).map(move |world| self.run(login, world).is_success()).collect::<Vec<_>>()
        };
        logins.flat_map(all).collect()
    }

    /// What a stack that is to check a password does: whether it admits whoever knows theirs, and the rule by which it admits
    /// somebody who does not. A module that nobody knows is taken for one that checks passwords.
    pub fn password_check(&self) -> (bool, Option<usize>) {
        let run = |local, password, world| {
            let login = Login { local, password, ours: ReturnCode::IGNORE };
            dispatch(self.stack, |index, rule| match self.models.get(index) {
                Some(Model::Unknown) if password => ReturnCode::SUCCESS,
                Some(Model::Unknown) => ReturnCode::AUTH_ERR,
                // It runs as the person, and not as root.
                _ if file_name(&rule.module) == "pam_rootok.so" => ReturnCode::AUTH_ERR,
                _ => self.result(login, world, index),
            })
        };
        let all = || [true, false].into_iter().flat_map(|local| (0..self.worlds()).map(move |w| (local, w)));
        let admits = all().any(|(local, world)| run(local, true, world).is_success());
        let wrong = all().map(|(local, world)| run(local, false, world));
        let open = wrong.filter(Outcome::is_success).find_map(|outcome| outcome.called.last().copied());
        (admits, open)
    }

    /// Whether a password may be checked that this machine's own files do not have: by a module that nobody knows, by a server
    /// that need not know who else people are, or by the directory, where people are looked for in one.
    pub fn asks_elsewhere(&self, has_directory: bool) -> bool {
        let elsewhere = |(rule, model): (&Rule, &Model)| match model {
            Model::Unknown => rule.entry == Entry::Module,
            Model::Password { local: false } => {
                has_directory || matches!(file_name(&rule.module), "pam_krb5.so" | "pam_radius_auth.so")
            }
            _ => false,
        };
        self.stack.iter().zip(&self.models).any(elsewhere)
    }

    /// What is wrong. `passes_over`: people without an enrollment are to get in without a code; `proven`: something else than this
    /// stack has asked for a first proof.
    pub fn defects(&self, passes_over: bool, proven: bool) -> Vec<Defect> {
        let Some(ours) = self.ours() else { return Vec::new() };
        let mut defects = Vec::new();
        let again = self.stack.iter().enumerate().skip(ours + 1).filter(|(_, rule)| is_ours(rule));
        defects.extend(again.map(|(index, _)| Defect::Twice(index)));
        defects.extend(self.order(ours, proven));
        let mut jumped = None;
        for local in self.kinds() {
            let (mut admitted, mut passed) = (false, false);
            for world in 0..self.worlds() {
                let login = |password, code| Login { local, password, ours: code };
                let right = self.run(login(true, ReturnCode::SUCCESS), world);
                admitted |= right.is_success();
                jumped = jumped.or_else(|| right.passed_over_by(ours).filter(|by| !self.is_policy(*by)));
                passed |= self.run(login(true, ReturnCode::IGNORE), world).is_success();
                self.wrong_codes(ours, world, &login, &mut defects);
                self.wrong_passwords(ours, world, passes_over, &login, &mut defects);
            }
            if !admitted {
                defects.push(Defect::NobodyGetsIn(jumped));
            } else if passes_over && !passed {
                defects.push(self.passed_over(ours));
            }
        }
        defects.sort_unstable();
        defects.dedup();
        if defects.contains(&Defect::CodeAlone) {
            // It takes a password first, and whoever it lets in.
            defects.retain(|defect| *defect != Defect::PassedOverAlone);
        }
        defects
    }

    /// First the password, then the code.
    fn order(&self, ours: usize, proven: bool) -> Option<Defect> {
        let asks = |model: &Model| matches!(model, Model::Password { .. } | Model::Unknown);
        if self.models.iter().take(ours).any(asks) || self.stack.iter().take(ours).any(is_proof_of_key) {
            return None;
        }
        let password = |model: &Model| matches!(model, Model::Password { .. });
        match self.models.iter().skip(ours).position(password) {
            Some(after) => {
                let own = self.stack.get(ours)?;
                let one_reply = own.arguments.iter().any(|argument| argument == "forward_pass");
                (!one_reply).then_some(Defect::BeforePassword(ours + after))
            }
            None => (!proven).then_some(Defect::CodeAlone),
        }
    }

    fn passed_over(&self, ours: usize) -> Defect {
        let control = self.stack.get(ours).map_or("", |rule| rule.control.as_str());
        match action(control, ReturnCode::IGNORE) {
            Action::Ignore => Defect::PassedOverAlone,
            _ => Defect::PassedOverRefused,
        }
    }

    /// Whether a rule that passes over ours does so because the site has said it of somebody.
    fn is_policy(&self, by: usize) -> bool {
        matches!(self.models.get(by), Some(Model::Condition | Model::IsLocal))
    }

    /// Return values with which our module refuses: one for each action that its control has for them.
    fn errors(&self, ours: usize) -> Vec<ReturnCode> {
        let control = self.stack.get(ours).map_or("", |rule| rule.control.as_str());
        let mut actions = Vec::new();
        let mut errors = Vec::new();
        for code in ReturnCode::errors() {
            let action = action(control, code);
            if !actions.contains(&action) {
                actions.push(action);
                errors.push(code);
            }
        }
        errors
    }

    /// Whatever our module refuses with, the login has to be refused.
    fn wrong_codes(
        &self,
        ours: usize,
        world: usize,
        login: &impl Fn(bool, ReturnCode) -> Login,
        defects: &mut Vec<Defect>,
    ) {
        for error in self.errors(ours) {
            let outcome = self.run(login(true, error), world);
            if !outcome.is_success() {
                continue;
            }
            match outcome.passed_over_by(ours) {
                None if outcome.called.contains(&ours) => defects.push(Defect::CodeIgnored),
                None => {}
                Some(by) if self.is_policy(by) => {}
                Some(by) => defects.push(Defect::Skipped(by)),
            }
        }
    }

    /// A wrong password has to be refused too, and best before the code is asked for.
    fn wrong_passwords(
        &self,
        ours: usize,
        world: usize,
        passes_over: bool,
        login: &impl Fn(bool, ReturnCode) -> Login,
        defects: &mut Vec<Defect>,
    ) {
        // What a module that nobody knows lets in may be somebody with another first factor.
        let unknown = |index: &usize| self.models.get(*index) == Some(&Model::Unknown);
        let other = |index| unknown(index) && self.chosen(*index, world) == Some(ReturnCode::SUCCESS);
        if self.free.iter().any(other) {
            return;
        }
        for code in [ReturnCode::SUCCESS, ReturnCode::IGNORE] {
            let outcome = self.run(login(false, code), world);
            if !outcome.called.contains(&ours) {
                continue;
            }
            let checked = |index: &usize| matches!(self.models.get(*index), Some(Model::Password { .. }));
            let wrong = |index: &&usize| matches!(self.models.get(**index), Some(Model::Password { local }) if *local == login(false, code).local);
            if outcome.is_success()
                && outcome.called.iter().any(checked)
                && (passes_over || code == ReturnCode::SUCCESS)
            {
                defects.push(Defect::PasswordIgnored);
            }
            let before = outcome.called.iter().take_while(|index| **index < ours).find(wrong);
            defects.extend(before.map(|password| Defect::AfterWrongPassword(*password)));
        }
    }
}
