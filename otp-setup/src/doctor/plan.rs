//! Changes of PAM files: what would correct a stack, tried on the simulator before it is offered.
//!
//! A change is offered only if afterwards every scenario ends as it should in each stack that has our module, and every
//! stack that has not decides as before.

use super::scenario::{Defect, Scenarios, is_ours, is_password};
use super::{Remedy, quoted};
use crate::messages::Messages;
use insis_otp::pam_stack::files::{Facility, Files, Rule};
use insis_otp::pam_stack::simulator::{Action, ReturnCode, action};

/// No more lines than that are changed for one finding.
const DEEPEST: usize = 5;
/// So many changed sets of files are looked at, at most.
const PATIENCE: usize = 300;

/// A change of one logical line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Another line in its place.
    Replace(Rule, String),
    /// It goes away.
    Remove(Rule),
    /// A new line below a location.
    Below(String, String),
}

/// How a service's stack is to be judged.
pub struct Service<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether people without an enrollment are to get in without a code.
    pub passes_over: bool,
    /// Whether something else has asked for a first proof.
    pub proven: bool,
    /// Our module's line with a control, what is wrong with its arguments corrected.
    pub line: &'a dyn Fn(&str) -> String,
}

/// Searches for changes.
pub struct Planner<'a> {
    /// The files as they are.
    pub files: &'a Files,
    /// Services whose stacks have our module.
    pub services: &'a [Service<'a>],
    /// Whether a rule's module cannot be loaded.
    pub is_missing: &'a dyn Fn(&Rule) -> bool,
}

impl Edit {
    /// The file that it changes, and the lines: the first and the last one.
    fn target(&self) -> Option<(&str, (usize, usize))> {
        match self {
            Self::Replace(rule, _) | Self::Remove(rule) => {
                Some((rule.location.rsplit_once(':')?.0, rule.lines))
            }
            Self::Below(location, _) => {
                let (path, line) = location.rsplit_once(':')?;
                let line = line.parse().ok()?;
                Some((path, (line, line)))
            }
        }
    }
}

/// The files with changes made, which are of different lines.
fn apply(files: &Files, edits: &[Edit]) -> Files {
    let mut changed = files.clone();
    let mut targets: Vec<_> = edits.iter().filter_map(|edit| Some((edit.target()?, edit))).collect();
    // From the end on, so that no number changes before its line is found; what is added stands below what is there.
    targets.sort_by_key(|((_, lines), edit)| (std::cmp::Reverse(lines.0), !matches!(edit, Edit::Below(..))));
    for ((path, (first, last)), edit) in targets {
        let Some(file) = changed.get(path).filter(|file| file.path == path) else { continue };
        let mut lines: Vec<String> = file.text.lines().map(str::to_owned).collect();
        let last = last.min(lines.len());
        let first = first.clamp(1, last.max(1)) - 1;
        match edit {
            Edit::Replace(_, text) => drop(lines.splice(first..last, [text.clone()])),
            Edit::Remove(_) => drop(lines.drain(first..last)),
            Edit::Below(_, text) => lines.insert(last, text.clone()),
        }
        let text = lines.join("\n") + "\n";
        changed = changed.with(insis_otp::pam_stack::files::file_name(path), &text);
    }
    changed
}

impl Planner<'_> {
    /// The defects of a service in some files.
    pub fn defects(&self, service: &Service<'_>, files: &Files) -> (Vec<Rule>, Vec<Defect>) {
        let stack = files.stack(service.name, Facility::Auth);
        let defects = Scenarios::of(&stack, self.is_missing).defects(service.passes_over, service.proven);
        (stack, defects)
    }

    /// Files after whose writing nothing is wrong with a service, nor with any other.
    pub fn plan(&self, service: &Service<'_>) -> Option<Files> {
        let mut patience = PATIENCE;
        (1..=DEEPEST).find_map(|depth| self.search(service, self.files, depth, &mut patience))
    }

    /// What has to be done to have a new line below a location, if nothing is wrong then.
    pub fn insert(&self, service: &Service<'_>, below: &str, line: &str) -> Option<Vec<Change>> {
        let files = apply(self.files, &[Edit::Below(below.to_owned(), line.to_owned())]);
        let (_, defects) = self.defects(service, &files);
        (defects.is_empty() && self.is_safe(&files)).then(|| changes(self.files, &files))
    }

    /// Looks for `depth` more changes.
    fn search(
        &self,
        service: &Service<'_>,
        files: &Files,
        depth: usize,
        patience: &mut usize,
    ) -> Option<Files> {
        let (stack, defects) = self.defects(service, files);
        let Some(defect) = defects.first() else { return self.is_safe(files).then(|| files.clone()) };
        let depth = depth.checked_sub(1)?;
        candidates(*defect, &stack, service).iter().find_map(|edits| {
            *patience = patience.checked_sub(1)?;
            self.search(service, &apply(files, edits), depth, patience)
        })
    }

    /// Whether every other service is as good as before: those with our module have no defect that they had not, and the
    /// others decide as they did.
    fn is_safe(&self, files: &Files) -> bool {
        let mut names = self.files.names();
        names.all(|name| {
            let (before, after) = (self.files.stack(name, Facility::Auth), files.stack(name, Facility::Auth));
            if before == after {
                return true;
            }
            match self.services.iter().find(|service| service.name == name) {
                Some(service) => {
                    let had = self.defects(service, self.files).1.len();
                    let has = self.defects(service, files).1.len();
                    has == 0 || has < had
                }
                None if after.iter().any(is_ours) => true,
                None => {
                    let verdicts = |stack: &[Rule]| Scenarios::of(stack, self.is_missing).verdicts();
                    verdicts(&before) == verdicts(&after)
                }
            }
        })
    }
}

/// How a file's lines differ from others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk {
    /// How many lines stand before it.
    before: usize,
    /// So many lines go away.
    removed: usize,
    /// These replace them.
    added: Vec<String>,
}

/// What has to be done to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    path: String,
    hunks: Vec<Hunk>,
}

/// What has to be done to get from some files to others.
pub fn changes(from: &Files, to: &Files) -> Vec<Change> {
    let change = |name: &str| {
        let (old, new) = (from.get(name)?, to.get(name)?);
        let hunks = hunks(&old.text.lines().collect::<Vec<_>>(), &new.text.lines().collect::<Vec<_>>());
        (!hunks.is_empty()).then(|| Change { path: old.path.clone(), hunks })
    };
    from.names().filter_map(change).collect()
}

/// The differences of two messages, by their longest common subsequence of lines.
fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let width = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * width];
    let at = |common: &[usize], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let best = match one == other {
                true => at(&common, i + 1, j + 1) + 1,
                false => at(&common, i + 1, j).max(at(&common, i, j + 1)),
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut open = false;
    while i < old.len() || j < new.len() {
        if old.get(i).is_some() && old.get(i) == new.get(j) {
            (i, j, open) = (i + 1, j + 1, false);
            continue;
        }
        if !open {
            hunks.push(Hunk { before: i, removed: 0, added: Vec::new() });
            open = true;
        }
        let Some(hunk) = hunks.last_mut() else { break };
        match new.get(j) {
            Some(line) if i >= old.len() || at(&common, i, j + 1) > at(&common, i + 1, j) => {
                hunk.added.push((*line).to_owned());
                j += 1;
            }
            _ => {
                hunk.removed += 1;
                i += 1;
            }
        }
    }
    hunks
}

impl Hunk {
    /// The commands of sed(1) for it.
    fn sed(&self) -> String {
        let (first, last) = (self.before + 1, self.before + self.removed);
        let lines = if first == last { first.to_string() } else { format!("{first},{last}") };
        let text = |line: &String| line.replace('\\', "\\\\");
        let below = |line| format!("{last}a\\{}", text(line));
        let scripts = match (self.removed, self.added.as_slice()) {
            (0, added) if self.before == 0 => {
                added.iter().map(|line| format!("1i\\{}", text(line))).collect()
            }
            (0, added) => added.iter().map(below).collect(),
            (_, [one]) => vec![format!("{lines}c\\{}", text(one))],
            (_, added) => added.iter().map(below).chain([format!("{lines}d")]).collect::<Vec<_>>(),
        };
        scripts.iter().map(|script| format!("-e {}", quoted(script))).collect::<Vec<_>>().join(" ")
    }
}

/// The remedy that makes these changes, for a finding at a location.
pub fn remedy(messages: &Messages, changes: &[Change], at: &str) -> Remedy {
    if let [Change { path, hunks }] = changes
        && path.starts_with("/etc/")
    {
        let line = |hunk: &Hunk| format!("{path}:{}", hunk.before + 1);
        match hunks.as_slice() {
            [hunk @ Hunk { removed: 1, added, .. }] if added.len() == 1 => {
                let remedy = Remedy::instead(messages, added.concat());
                return if line(hunk) == at { remedy } else { remedy.after(&messages.how_in(line(hunk))) };
            }
            [Hunk { removed: 0, added, before: 0 }] if added.len() == 1 => {
                return Remedy::new(messages.how_above(format!("{path}:1")), added.concat());
            }
            [Hunk { removed: 0, added, before }] if added.len() == 1 => {
                return Remedy::new(messages.how_below(format!("{path}:{before}")), added.concat());
            }
            [gone @ Hunk { removed: 1, added, .. }, Hunk { removed: 0, added: new, before }]
                if added.is_empty() && new.len() == 1 && line(gone) == at =>
            {
                return Remedy::new(messages.how_move(format!("{path}:{before}")), new.concat());
            }
            _ => {}
        }
    }
    let sed = |Change { path, hunks }: &Change| {
        let scripts = hunks.iter().map(Hunk::sed).collect::<Vec<_>>().join(" ");
        let word = quoted(path);
        match path.strip_prefix("/usr/lib/pam.d/") {
            None => format!("sed -i --follow-symlinks {scripts} {word}"),
            Some(name) => format!("sed {scripts} {word} > {}", quoted(&format!("/etc/pam.d/{name}"))),
        }
    };
    Remedy::run(messages, changes.iter().map(sed).collect::<Vec<_>>().join(" && "))
}

/// What might correct a defect, the likeliest first.
fn candidates(defect: Defect, stack: &[Rule], service: &Service<'_>) -> Vec<Vec<Edit>> {
    let Some((position, ours)) = stack.iter().enumerate().find(|(_, rule)| is_ours(rule)) else {
        return Vec::new();
    };
    match defect {
        Defect::Skipped(by) | Defect::NobodyGetsIn(Some(by)) => {
            stack.get(by).map(|rule| leading(rule, by, position)).unwrap_or_default()
        }
        Defect::CodeIgnored | Defect::PassedOverRefused => {
            vec![vec![Edit::Replace(ours.clone(), (service.line)("required"))]]
        }
        Defect::PassedOverAlone => {
            vec![vec![Edit::Below(ours.location.clone(), "auth required pam_permit.so".to_owned())]]
        }
        Defect::Twice(again) => stack
            .get(again)
            .map(|rule| vec![vec![Edit::Remove(rule.clone())], vec![Edit::Remove(ours.clone())]])
            .unwrap_or_default(),
        Defect::BeforePassword(_) => {
            let last = stack.last().filter(|last| last.location != ours.location);
            let below = |last: &Rule| {
                vec![
                    Edit::Remove(ours.clone()),
                    Edit::Below(ours.line_that_brings(last).to_owned(), (service.line)(&ours.control)),
                ]
            };
            last.map(|last| vec![below(last)]).unwrap_or_default()
        }
        Defect::PasswordIgnored | Defect::AfterWrongPassword(_) => {
            let before = stack.iter().take(position);
            let ends = before.filter(|rule| is_password(rule) || rule.module.ends_with("pam_deny.so"));
            let ends: Vec<_> = ends.filter(|rule| !rule.control.eq_ignore_ascii_case("requisite")).collect();
            // Of the rules that refuse, the last one is the likeliest to be at fault.
            ends.iter().rev().map(|rule| vec![with_control(rule, "requisite")]).collect()
        }
        Defect::CodeAlone => {
            let above = |line: &str| {
                vec![Edit::Replace(ours.clone(), format!("{line}\n{}", (service.line)(&ours.control)))]
            };
            ["@include common-auth", "auth include password-auth", "auth include system-auth"]
                .map(above)
                .to_vec()
        }
        Defect::NobodyGetsIn(None) => Vec::new(),
    }
}

/// A rule that passes over our module, so that it leads to it.
fn leading(rule: &Rule, index: usize, ours: usize) -> Vec<Vec<Edit>> {
    let between = ours.saturating_sub(index + 1);
    let mut controls = Vec::new();
    match action(&rule.control, ReturnCode::SUCCESS) {
        // As far as it may jump.
        Action::Jump(over) => {
            let shorter =
                |to: usize| rule.control.replace(&format!("success={over}"), &format!("success={to}"));
            controls.extend((1..=between.min(over)).rev().map(shorter));
        }
        _ => controls.extend((1..=between).rev().map(|over| format!("[success={over} default=ignore]"))),
    }
    // Where others know people too, they have to be asked; where this one is alone, its refusal is the end.
    let own = ["requisite", "required"].map(str::to_owned);
    let all = if between == 0 {
        own.into_iter().chain(controls).collect::<Vec<_>>()
    } else {
        controls.into_iter().chain(own).collect()
    };
    all.iter().map(|control| vec![with_control(rule, control)]).collect()
}

fn with_control(rule: &Rule, control: &str) -> Edit {
    Edit::Replace(rule.clone(), text(rule, control))
}

/// A rule's line with another control.
pub fn text(rule: &Rule, control: &str) -> String {
    let kind = if rule.may_be_missing { "-auth" } else { "auth" };
    line(kind, control, &rule.module, &rule.arguments)
}

/// A line of a stack, as it is to be written.
pub fn line(kind: &str, control: &str, module: &str, arguments: &[String]) -> String {
    let bracketed = |argument: &String| match argument.contains(char::is_whitespace) {
        true => format!("[{}]", argument.replace(']', "\\]")),
        false => argument.clone(),
    };
    let words = [format!("{kind} {control} {module}")].into_iter().chain(arguments.iter().map(bracketed));
    words.collect::<Vec<_>>().join(" ")
}
