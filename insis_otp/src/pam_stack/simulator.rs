//! What libpam makes of the results of a stack's modules: `_pam_dispatch_aux` of Linux-PAM, and the controls of
//! pam.conf(5).

use super::files::{Entry, Rule};

/// A return value of a module, by its number in `_pam_types.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReturnCode(pub u8);

/// The names in a control, in the order of their numbers.
pub const NAMES: [&str; 32] = [
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
];

#[allow(missing_docs, reason = "the names are libpam's")]
impl ReturnCode {
    pub const SUCCESS: Self = Self(0);
    pub const PERM_DENIED: Self = Self(6);
    pub const AUTH_ERR: Self = Self(7);
    pub const USER_UNKNOWN: Self = Self(10);
    pub const IGNORE: Self = Self(25);
    pub const MODULE_UNKNOWN: Self = Self(28);

    /// Every return value with which a module refuses.
    pub fn errors() -> impl Iterator<Item = Self> {
        (0..32).map(Self).filter(|code| !matches!(*code, Self::SUCCESS | Self::IGNORE))
    }
}

/// What libpam does with a return value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It counts as a success, unless something has failed.
    Ok,
    /// The same, and the stack ends.
    Done,
    /// It fails.
    Bad,
    /// It fails, and the stack ends.
    Die,
    /// It does not count.
    Ignore,
    /// What was before does not count any more.
    Reset,
    /// So many modules are passed over.
    Jump(usize),
}

/// What a control does with a return value.
pub fn action(control: &str, code: ReturnCode) -> Action {
    let list = control.trim_start_matches('[').trim_end_matches(']');
    let list = match list.to_ascii_lowercase().as_str() {
        "required" => "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
        "requisite" => "success=ok new_authtok_reqd=ok ignore=ignore default=die",
        "sufficient" => "success=done new_authtok_reqd=done default=ignore",
        "optional" => "success=ok new_authtok_reqd=ok default=ignore",
        _ => list,
    };
    parse(list).and_then(|actions| actions.get(usize::from(code.0)).copied()).unwrap_or(Action::Bad)
}

/// The action for each return value; `None` for a list that libpam does not understand: everything is bad then.
fn parse(list: &str) -> Option<[Action; 32]> {
    let mut actions = [None; 32];
    let mut rest = list.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (word, tail) = after.split_at_checked(end)?;
        let action = action_of(word)?;
        match name.trim() {
            "default" => actions.iter_mut().for_each(|each| *each = each.or(Some(action))),
            name => {
                let index = NAMES.iter().position(|known| *known == name)?;
                *actions.get_mut(index)? = Some(action);
            }
        }
        rest = tail.trim_start();
    }
    Some(actions.map(|action| action.unwrap_or(Action::Bad)))
}

fn action_of(word: &str) -> Option<Action> {
    Some(match word {
        "ok" => Action::Ok,
        "done" => Action::Done,
        "bad" => Action::Bad,
        "die" => Action::Die,
        "ignore" => Action::Ignore,
        "reset" => Action::Reset,
        number => match number.parse().ok()? {
            0 => return None,
            over => Action::Jump(over),
        },
    })
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the application is told.
    pub code: ReturnCode,
    /// The rules that were called, in their order.
    pub called: Vec<usize>,
}

impl Outcome {
    /// Whether the application is told that it succeeded.
    pub fn is_success(&self) -> bool {
        self.code == ReturnCode::SUCCESS
    }

    /// The rule that was called last before this one could be, where this one was not called.
    pub fn passed_over_by(&self, rule: usize) -> Option<usize> {
        match self.called.contains(&rule) {
            true => None,
            false => self.called.iter().rev().find(|called| **called < rule).copied(),
        }
    }
}

/// What the modules called so far amount to.
#[derive(Clone, Copy)]
enum Impression {
    Undefined,
    Positive,
    Negative,
}

/// The state of a stack or substack.
#[derive(Clone, Copy)]
struct State {
    impression: Impression,
    code: ReturnCode,
}

impl State {
    const FAILED: Self = Self { impression: Impression::Negative, code: ReturnCode::PERM_DENIED };

    fn succeed(&mut self, code: ReturnCode) {
        let sound = matches!(self.impression, Impression::Positive) && self.code == ReturnCode::SUCCESS;
        if sound || matches!(self.impression, Impression::Undefined) {
            *self = Self { impression: Impression::Positive, code };
        }
    }

    fn fail(&mut self, code: ReturnCode) {
        if !matches!(self.impression, Impression::Negative) {
            let code = if code == ReturnCode::IGNORE { ReturnCode::PERM_DENIED } else { code };
            *self = Self { impression: Impression::Negative, code };
        }
    }
}

/// Calls the modules of a stack in libpam's order; `result` says what each of them returns.
pub fn dispatch(stack: &[Rule], result: impl Fn(usize, &Rule) -> ReturnCode) -> Outcome {
    let mut state = State { impression: Impression::Undefined, code: ReturnCode::PERM_DENIED };
    // The states with which the substacks around were entered.
    let mut entered: Vec<State> = vec![state];
    let mut previous = 0;
    let mut called = Vec::new();
    let mut index = 0;
    while let Some(rule) = stack.get(index) {
        let depth = rule.depth;
        if depth > previous {
            entered.truncate(previous + 1);
            entered.resize(depth + 1, state);
        }
        previous = depth;
        let code = match rule.entry {
            Entry::Substack => {
                index += 1;
                continue;
            }
            Entry::MustFail => ReturnCode::PERM_DENIED,
            Entry::Module => result(index, rule),
        };
        called.push(index);
        match action(&rule.control, code) {
            Action::Ok => state.succeed(code),
            Action::Done => {
                state.succeed(code);
                if matches!(state.impression, Impression::Positive) {
                    index = end_of_level(stack, index, depth);
                }
            }
            Action::Bad => state.fail(code),
            Action::Die => {
                state.fail(code);
                index = end_of_level(stack, index, depth);
            }
            Action::Ignore => {}
            Action::Reset => {
                if let Some(before) = entered.get(depth) {
                    state = *before;
                }
            }
            Action::Jump(over) => match jump(stack, index, depth, over) {
                Ok(last) => index = last,
                Err(last) => (index, state) = (last, State::FAILED),
            },
        }
        index += 1;
    }
    let refused = state.code == ReturnCode::SUCCESS && !matches!(state.impression, Impression::Positive);
    let code = if refused { ReturnCode::PERM_DENIED } else { state.code };
    Outcome { code, called }
}

/// The last of so many rules that are passed over, with a substack as one; an error where the stack ends before.
fn jump(stack: &[Rule], from: usize, depth: usize, over: usize) -> Result<usize, usize> {
    let depth_at = |index: usize| stack.get(index).map(|rule| rule.depth);
    let mut index = from;
    for _ in 0..over {
        if depth_at(index + 1).is_none_or(|next| next < depth) {
            return Err(index);
        }
        index += 1;
        while depth_at(index + 1).is_some_and(|next| next > depth) {
            index += 1;
        }
    }
    Ok(index)
}

/// The last rule of the stack or substack in which this one stands.
fn end_of_level(stack: &[Rule], from: usize, depth: usize) -> usize {
    let later = stack.iter().skip(from + 1).take_while(|rule| rule.depth >= depth);
    from + later.count()
}
