//! `otp-helper`, where it has started this program for a person: what this program cannot find out, it asks there.
//!
//! That it was `otp-helper`, the group says: nobody else's process has it as its effective group and not as its real one. With
//! that group this program can read who the host is to the directory; and since it had it from its first instruction on, the kernel has kept
//! the person out of it from there on. That is not so where `fs.suid_dumpable` is 1: then nothing is read.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use confinement::Lifetime;
use insis_otp::config::Config;
use insis_otp::identity::Identity;
use insis_otp::record::UserName;
use insis_otp::service::{
    Credential, EnrollmentDenial, FleetAnswer, FleetQuestion, Flow, LinkProvider, LinkRefusal, read_message,
};
use insis_otp::store::Account;
use nix::unistd::{getegid, geteuid, getgid, getuid};

use crate::store::LdapUser;

/// How long a password may be checked: as long as `otp-helper` lives.
const PASSWORD: Duration = Duration::from_secs(35);

/// Whose wish a request is, by who has started the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// Root: anybody's enrollment.
    Root,
    /// `otp-helper`, for this person's own.
    Helper(UserName),
}

impl StartedBy {
    /// Who has started this process. To be asked before it gives anything up.
    ///
    /// # Errors
    /// Nobody who may, or the person has no name: says so.
    pub fn find() -> Result<Self, String> {
        // In su and sudo, the real user id is that of whoever started them.
        if geteuid().is_root() {
            return Ok(Self::Root);
        }
        if getuid() != geteuid() || getegid() == getgid() || !confinement::is_helper_group(getegid()) {
            return Err("otp-fleet works for root and for otp-helper only".to_owned());
        }
        confinement::closed_to_its_user()
            .map_err(|error| format!("otp-fleet cannot start safely: {error}"))?;
        match Account::of_uid(getuid()) {
            Ok(Some(account)) => Ok(Self::Helper(account.name)),
            Ok(None) => Err(format!("user id {} has no usable name in the user database", getuid())),
            Err(error) => Err(format!("the user database cannot be read: {}", error.desc())),
        }
    }
}

/// `otp-helper`, while it waits for the response.
#[derive(Debug)]
pub struct Starter<'a> {
    /// The site's rules.
    pub config: &'a Config,
    /// How long this process lives.
    pub lifetime: &'a Lifetime,
    /// What is done for: it takes a new connection after a person was waited for.
    pub user: &'a LdapUser,
}

impl Starter<'_> {
    /// Has the person's password checked.
    ///
    /// # Errors
    /// It is wrong, or cannot be checked.
    pub fn check_password(&self, _: &UserName, _: &Credential) -> Result<(), EnrollmentDenial> {
        match self.ask(FleetQuestion::Password) {
            Ok(FleetAnswer::Yes) => Ok(()),
            Ok(FleetAnswer::Denied(why)) => Err(why),
            Ok(_) => Err(EnrollmentDenial::PasswordUnchecked("otp-helper answers something else".into())),
            Err(error) => Err(EnrollmentDenial::PasswordUnchecked(error.to_string())),
        }
    }

    fn ask(&self, question: FleetQuestion) -> io::Result<FleetAnswer> {
        self.lifetime.extend(self.patience(question));
        let output = io::stdout();
        output.lock().write_all(question.encode().as_bytes())?;
        output.lock().write_all(b"\n")?;
        output.lock().flush()?;
        let text = read_message(&mut io::stdin().lock())?;
        // What was decided so far is decided again where it matters, by a fresh look.
        self.user.begin_anew();
        FleetAnswer::decode(&text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    fn patience(&self, question: FleetQuestion) -> Duration {
        let provider = self.config.identity_provider.as_ref();
        match question {
            FleetQuestion::Password => PASSWORD,
            FleetQuestion::CanLink => Duration::ZERO,
            FleetQuestion::SignIn => {
                Duration::from_secs(provider.map_or(0, |provider| provider.deadline.0)) + 2 * Flow::GRACE
            }
        }
    }
}

impl LinkProvider for Starter<'_> {
    fn can_link(&self) -> Result<(), LinkRefusal> {
        match self.ask(FleetQuestion::CanLink) {
            Ok(FleetAnswer::Yes) => Ok(()),
            Ok(FleetAnswer::NotLinked(why)) => Err(why),
            _ => Err(LinkRefusal::Abandoned),
        }
    }

    fn sign_in(&self) -> Result<Identity, LinkRefusal> {
        match self.ask(FleetQuestion::SignIn) {
            Ok(FleetAnswer::SignedIn(identity)) => Ok(identity),
            Ok(FleetAnswer::NotLinked(why)) => Err(why),
            _ => Err(LinkRefusal::Abandoned),
        }
    }
}
