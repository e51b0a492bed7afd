//! One authentication: settings, user, questions, end.

use std::ffi::CStr;

use insis_otp::config::{Config, Unenrolled};
use insis_otp::log::{self, Level, Line};
use insis_otp::otp::Verdict;
use insis_otp::store::{Account, UserName};
use insis_otp::wire;
use pam::constants::{PamFlag, PamResultCode};
use pam::items::{RHost, Service, User};
use pam::module::PamHandle;

use crate::access::{Access, Trouble};
use crate::arguments;
use crate::decoy;
use crate::dialogue::{self, Reply};
use crate::outcome::{Denial, NoReply, Outcome};
use crate::texts;

/// `pam_sm_authenticate`: runs the login, logs how it ended, tells the person what there is to tell.
pub fn authenticate(pamh: &mut PamHandle, args: &[&CStr], flags: PamFlag) -> PamResultCode {
    let mut log = Log::of(pamh);
    let mut charged = 0;
    let outcome = match Login::prepare(pamh, args, &mut log) {
        Ok(login) => login.run(pamh, &log, &mut charged),
        Err(outcome) => outcome,
    };
    log.send(outcome.line(), outcome.words());
    match &outcome {
        Outcome::Accepted(accepted) => {
            // Those of this login the person has just seen.
            let failures = accepted.failures.saturating_sub(charged);
            if let Some(text) = texts::accepted(&accepted.by, failures) {
                dialogue::tell(pamh, flags, &text);
            }
        }
        Outcome::Unavailable(_) | Outcome::Misconfigured(_) => {
            dialogue::complain(pamh, flags, texts::CANNOT_CHECK);
        }
        Outcome::Refused(_) | Outcome::Denied(_) | Outcome::NoReply(_) | Outcome::Ignored => {}
    }
    outcome.code()
}

/// A login whose settings and user are known.
struct Login {
    config: Config,
    target: Target,
}

/// Whom a code is verified for.
enum Target {
    /// Somebody with a way to a secret file, if there is one.
    Known(Access),
    /// A name that nobody has. The same questions are asked and the same work is done.
    Unknown,
}

/// How one reply ended.
enum Attempt {
    /// Nothing more is asked.
    End(Outcome),
    /// Another try, if there is one left; this is said in front of the next prompt.
    Again(Outcome, String),
}

impl Login {
    fn prepare(pamh: &mut PamHandle, args: &[&CStr], log: &mut Log) -> Result<Self, Outcome> {
        let config = arguments::settings(args).map_err(Outcome::Misconfigured)?;
        log.debug = config.debug;
        let name = user_name(pamh)?;
        log.user.clone_from(&name);
        let target = Target::find(&name, &config)?;
        if let (Target::Known(access), Unenrolled::Ignore) = (&target, config.unenrolled)
            && !access.is_paired(&config.policy).map_err(ended_by)?
        {
            return Err(Outcome::Ignored);
        }
        Ok(Self { config, target })
    }

    /// Asks until a code is accepted or no tries are left. Counts the attempts that were charged and refused.
    fn run(&self, pamh: &PamHandle, log: &Log, charged: &mut u32) -> Outcome {
        let mut prompt = self.config.prompt.clone();
        let mut left = self.config.tries;
        loop {
            left = left.saturating_sub(1);
            match self.attempt(pamh, &prompt, log) {
                Attempt::Again(outcome, said) if left > 0 => {
                    *charged += u32::from(matches!(outcome, Outcome::Refused(_)));
                    log.send(outcome.line().field("tries_left", left), outcome.words());
                    prompt = said + &self.config.prompt;
                }
                Attempt::End(outcome) | Attempt::Again(outcome, _) => return outcome,
            }
        }
    }

    fn attempt(&self, pamh: &PamHandle, prompt: &str, log: &Log) -> Attempt {
        let wrong = |denial| Attempt::Again(Outcome::Denied(denial), texts::WRONG.to_owned());
        let reply = match dialogue::ask(pamh, prompt, self.config.echo) {
            Ok(Reply::Attempt(reply)) => wire::Reply::new(reply.as_bytes()),
            Ok(Reply::Filler) if matches!(self.target, Target::Unknown) => return wrong(Denial::UnknownUser),
            Ok(Reply::Filler) => return wrong(Denial::Filler),
            Ok(Reply::Password) => return wrong(Denial::Password),
            Err(why) => return Attempt::End(Outcome::NoReply(why)),
        };
        log.debug(|| Line::new(Level::Debug, "debug").field("reply_bytes", reply.0.len()));
        let (verdict, denial) = match &self.target {
            Target::Known(access) => (access.verify(&reply, &self.config.policy), Denial::Unenrolled),
            Target::Unknown => (Err(Trouble::NotPaired), Denial::UnknownUser),
        };
        match verdict {
            Ok(Verdict::Accepted(accepted)) => Attempt::End(Outcome::Accepted(accepted)),
            Ok(Verdict::Refused(why)) => {
                let said = texts::refused(&why);
                Attempt::Again(Outcome::Refused(why), said)
            }
            Err(Trouble::NotPaired) => {
                decoy::look_for(&reply, &self.config.policy);
                wrong(denial)
            }
            Err(trouble) => Attempt::End(ended_by(trouble)),
        }
    }
}

/// Who logs in. In a name that is not UTF-8 the odd bytes are replaced; [`Target::find`] knows no such name.
fn user_name(pamh: &mut PamHandle) -> Result<String, Outcome> {
    let asked = pamh.get_user(None);
    let item = pamh.get_item::<User<'_>>().ok().flatten();
    match (asked, item) {
        (Ok(name), _) => Ok(name),
        (Err(PamResultCode::PAM_SYSTEM_ERR), Some(bytes)) => Ok(bytes.to_string_lossy().into_owned()),
        (Err(_), _) => Err(Outcome::NoReply(NoReply::Conversation)),
    }
}

impl Target {
    fn find(name: &str, config: &Config) -> Result<Self, Outcome> {
        // A name that could not be a path component is nobody's, nor is one that was not UTF-8.
        let Some(name) = UserName::parse(name).ok().filter(|_| !name.contains(char::REPLACEMENT_CHARACTER))
        else {
            return Ok(Self::Unknown);
        };
        match Account::lookup(&name) {
            Ok(Some(account)) => Access::to(&account, config).map(Self::Known).map_err(ended_by),
            Ok(None) => Ok(Self::Unknown),
            Err(error) => {
                Err(Outcome::Unavailable(format!("the user database cannot be read: {}", error.desc())))
            }
        }
    }
}

fn ended_by(trouble: Trouble) -> Outcome {
    match trouble {
        Trouble::NotPaired => Outcome::Denied(Denial::Unenrolled),
        Trouble::Unavailable(why) => Outcome::Unavailable(why),
    }
}

/// Where lines go, and what stands in each of them.
struct Log {
    service: String,
    user: String,
    rhost: String,
    debug: bool,
}

impl Log {
    fn of(pamh: &PamHandle) -> Self {
        let text = |item: Option<&CStr>| item.map(|t| t.to_string_lossy().into_owned()).unwrap_or_default();
        let service = pamh.get_item::<Service<'_>>().ok().flatten();
        let rhost = pamh.get_item::<RHost<'_>>().ok().flatten();
        let (service, rhost) = (text(service.map(|s| s.0)), text(rhost.map(|r| r.0)));
        let rhost = if rhost.is_empty() { "-".to_owned() } else { rhost };
        Self { service, user: String::new(), rhost, debug: false }
    }

    fn send(&self, line: Line, words: Option<&str>) {
        let line = line.field("user", &self.user).field("rhost", &self.rhost);
        let line = match words {
            Some(words) => line.words(words),
            None => line,
        };
        log::send(&log::program(), &format!("pam_insis_otp({}:auth)", printable(&self.service)), &line);
    }

    fn debug(&self, line: impl FnOnce() -> Line) {
        if self.debug {
            self.send(line(), None);
        }
    }
}

/// A service name as PAM has it; anything else in it was put there by somebody.
fn printable(service: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    service.chars().take(64).map(|c| if plain(c) { c } else { '?' }).collect()
}
