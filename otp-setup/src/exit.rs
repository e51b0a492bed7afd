//! How the program ends: an exit status, and what is said.

use crate::backend::Error;
use crate::flow::End;
use crate::person::Stop;
use crate::site::NoSite;
use crate::texts::Texts;

/// The exit statuses, as `otp-setup --help` and the manual page list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done,
    /// A code was refused, or the person said no.
    Refused,
    /// Wrong usage.
    Usage,
    /// There is no pairing.
    NotPaired,
    /// There is one already.
    Exists,
    /// Store, configuration, helper or terminal cannot be used.
    Unusable,
    /// The doctor found problems.
    Problems,
    /// Ended by a signal.
    Signal(i32),
}

impl Status {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NotPaired => 3,
            Self::Exists => 4,
            Self::Unusable => 5,
            Self::Problems => 6,
            Self::Signal(number) => u8::try_from(128 + number).unwrap_or(u8::MAX),
        }
    }
}

/// A failure: its exit status, and what the person is told, if it has not been said.
pub type Failure = (Status, Option<String>);

/// What is said of a command that ended early.
pub fn of_end(end: End, texts: &Texts, user: &str) -> Failure {
    match end {
        End::Declined => (Status::Refused, Some(texts.declined())),
        End::Refused => (Status::Refused, None),
        End::Stopped(Stop::Signal(number)) => (Status::Signal(number), Some(texts.stopped())),
        End::Stopped(Stop::EndOfInput) => (Status::Refused, Some(texts.input_ended())),
        End::Missing(option) => (Status::Usage, Some(texts.error(texts.end_batch(option)))),
        End::NoRandom(why) => (Status::Unusable, Some(texts.error(texts.end_no_random(why)))),
        End::NoPage(why) => {
            (Status::Unusable, Some(texts.error(format!("{why} {}", texts.nothing_changed()))))
        }
        End::PageMissing(why) => (Status::Unusable, Some(texts.error(why))),
        End::Backend(error) => of_backend(error, texts, user),
    }
}

/// What is said when something could not be looked at. That nothing was changed goes without saying.
pub fn of_look(error: Error, texts: &Texts, user: &str) -> Failure {
    match error {
        Error::Unusable(why) => (Status::Unusable, Some(texts.error(why))),
        error => of_backend(error, texts, user),
    }
}

/// The command that pairs them: said without a name, it would pair root's phone for root.
fn pairing(user: &str) -> String {
    if nix::unistd::geteuid().is_root() { format!("otp-setup --user {user}") } else { "otp-setup".to_owned() }
}

fn of_backend(error: Error, texts: &Texts, user: &str) -> Failure {
    let unusable = |why: String| (Status::Unusable, Some(texts.error(why)));
    match error {
        Error::NotEnrolled => (Status::NotPaired, Some(texts.end_not_paired(user, pairing(user)))),
        Error::Exists => (Status::Exists, Some(texts.end_exists(user))),
        Error::Proof(why) => (Status::Refused, Some(crate::flow::refusal(texts, &why))),
        Error::Codes => (Status::Refused, Some(texts.end_not_pairing())),
        Error::Denied(why) => (Status::Refused, Some(texts.error(crate::flow::denied(texts, &why)))),
        Error::Unusable(why) => unusable(format!("{why}\n{}", texts.nothing_changed())),
        Error::HelperStart(path, why) => unusable(texts.end_helper_start(path.display(), why)),
        Error::HelperResponse(path) => unusable(texts.end_helper_answer(path.display())),
    }
}

/// What is said when the account or the way to it is not known.
pub fn of_no_site(why: NoSite, texts: &Texts) -> Failure {
    let (status, text) = match why {
        NoSite::Config(error) => (Status::Unusable, error.to_string()),
        NoSite::ConfigNotHome(path) => (Status::Usage, texts.end_config_not_home(path.display())),
        NoSite::OnlyRoot => (Status::Usage, texts.end_only_root()),
        NoSite::NoSuchUser(user) => (Status::Usage, texts.end_no_such_user(user)),
        NoSite::OwnAccount(uid) => (Status::Unusable, texts.end_own_account(uid)),
        NoSite::Database(error) => (Status::Unusable, texts.end_user_database(error.desc())),
    };
    (status, Some(texts.error(text)))
}
