//! How the program ends: an exit status, and what is said.

use insis_otp::config::Config;
use nix::errno::Errno;

use crate::backend::Error;
use crate::context::ContextError;
use crate::messages::Messages;
use crate::monitoring::Check;
use crate::session::SessionError;
use crate::ui::Stop;

/// The exit statuses, as `otp-setup --help` and the manual page list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done,
    /// A code was refused.
    Refused,
    /// The person said no, or went away.
    Declined,
    /// Wrong usage.
    Usage,
    /// There is no enrollment.
    NotEnrolled,
    /// There is one already.
    Exists,
    /// Store, configuration, helper or terminal cannot be used.
    Unusable,
    /// The doctor found problems.
    Problems,
    /// What a plugin of a monitoring system ends with.
    Checked(Check),
    /// Ended by a signal.
    Signal(i32),
}

impl Status {
    /// Whether somebody may need help then: nothing that they can do about it has been said.
    pub const fn calls_for_help(self) -> bool {
        match self {
            Self::Refused | Self::Unusable => true,
            Self::Done
            | Self::Declined
            | Self::Usage
            | Self::NotEnrolled
            | Self::Exists
            | Self::Problems
            | Self::Checked(_)
            | Self::Signal(_) => false,
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused | Self::Declined => 1,
            Self::Usage => 2,
            Self::NotEnrolled => 3,
            Self::Exists => 4,
            Self::Unusable => 5,
            Self::Problems => 6,
            Self::Checked(check) => check.code(),
            Self::Signal(number) => u8::try_from(128 + number).unwrap_or(u8::MAX),
        }
    }
}

/// A failure: its exit status, and what the person is told, if it has not been said.
pub type ExitError = (Status, Option<String>);

/// What is said of a command that ended early.
pub fn of_session(end: SessionError, messages: &Messages, user: &str) -> ExitError {
    match end {
        SessionError::Declined => (Status::Declined, Some(messages.declined())),
        SessionError::Refused => (Status::Refused, None),
        SessionError::Stopped(Stop::Signal(number)) => (Status::Signal(number), Some(messages.stopped())),
        SessionError::Stopped(Stop::EndOfInput) => (Status::Declined, Some(messages.input_ended())),
        SessionError::Missing(option) => (Status::Usage, Some(messages.error(messages.end_batch(option)))),
        SessionError::NoRandom(why) => (Status::Unusable, Some(messages.error(messages.end_no_random(why)))),
        SessionError::NoPage(why) => {
            (Status::Unusable, Some(messages.error(format!("{why} {}", messages.nothing_changed()))))
        }
        SessionError::PageMissing(why) => (Status::Unusable, Some(messages.error(why))),
        SessionError::Backend(error) => of_backend(error, messages, user),
    }
}

/// What is said when something could not be looked at. That nothing was changed goes without saying.
pub fn of_look(error: Error, messages: &Messages, user: &str) -> ExitError {
    match error {
        Error::Unusable(why) => (Status::Unusable, Some(messages.error(unusable(&why, messages)))),
        error => of_backend(error, messages, user),
    }
}

/// The command that enrolls them: said without a name, it would enroll root's phone for root.
fn options(user: &str) -> String {
    if nix::unistd::geteuid().is_root() { format!("otp-setup --user {user}") } else { "otp-setup".to_owned() }
}

/// Why the store cannot be used. People may open it by the helper: where that is denied, its rights are missing.
fn unusable(why: &str, messages: &Messages) -> String {
    let text = messages.store_error(why);
    let is_denied = why.ends_with(&std::io::Error::from(Errno::EACCES).to_string());
    match is_denied && !nix::unistd::geteuid().is_root() {
        true => format!("{text}\n{}", messages.end_not_permitted()),
        false => text,
    }
}

/// What is said when something could not be done.
pub fn of_backend(error: Error, messages: &Messages, user: &str) -> ExitError {
    let failed = |why: String| (Status::Unusable, Some(messages.error(why)));
    match error {
        Error::NotEnrolled => (Status::NotEnrolled, Some(messages.end_not_enrolled(user, options(user)))),
        Error::Exists => (Status::Exists, Some(messages.end_exists(user))),
        Error::Proof(why) => (Status::Refused, Some(crate::session::refusal(messages, &why))),
        Error::Codes => (Status::Refused, Some(messages.end_codes_refused())),
        Error::Denied(why) => (Status::Refused, Some(messages.error(crate::session::denied(messages, &why)))),
        Error::Link(why) => {
            let (status, text) = crate::sign_in::not_linked(messages, user, &why);
            (status, Some(messages.error(text)))
        }
        Error::Unusable(why) => {
            failed(format!("{}\n{}", unusable(&why, messages), messages.nothing_changed()))
        }
        Error::HelperStart(path, why) => {
            failed(messages.end_helper_start(path.display(), messages.system_error(&why)))
        }
        Error::HelperResponse(path) => failed(messages.end_helper_answer(path.display())),
    }
}

/// What is said when the account or the way to it is not known.
pub fn of_context(why: ContextError, messages: &Messages) -> ExitError {
    let (status, text) = match why {
        ContextError::Config(error) => (Status::Unusable, messages.config_error(&error)),
        ContextError::ConfigNotHome(path) => (Status::Usage, messages.end_config_not_home(path.display())),
        ContextError::ConfigNotSite(path) => {
            (Status::Usage, messages.end_config_not_site(path.display(), Config::PATH))
        }
        ContextError::OnlyRoot => (Status::Usage, messages.end_only_root()),
        ContextError::NoSuchUser(user) => (Status::Usage, messages.end_no_such_user(user)),
        ContextError::OwnAccount(uid) => (Status::Unusable, messages.end_own_account(uid)),
        ContextError::Database(error) => {
            (Status::Unusable, messages.end_user_database(messages.errno(error)))
        }
    };
    (status, Some(messages.error(text)))
}
