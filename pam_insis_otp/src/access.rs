//! How an enrollment is reached: a secret file that is opened here, or, by a process without rights, through `otp-helper`; or
//! the directory, through `otp-fleet`.

use insis_otp::config::Config;
use insis_otp::oath::{Digits, Drift, RecoveryCode, Seconds};
use insis_otp::record::UserName;
use insis_otp::service::{
    Credential, EnrollmentDenial, Error, FleetClient, FleetLogin, FleetOperation, FleetResponse,
    HelperClient, HelperError, LoginAttempt, NewDevice, News, Reply, Request, Response, Service, Status,
    system_clock,
};
use insis_otp::store::{Account, Cause, Location, SecretFile, StoreError};
use insis_otp::verify::{Policy, Verdict};
use std::path::Path;

use insis_otp::{RememberedClient, Source};
use nix::unistd::ResUid;

/// A way to somebody's secret file.
pub enum Access {
    /// This process opens it.
    Direct(SecretFile),
    /// The helper does, for the user that this process runs as.
    Helper(HelperClient),
    /// It is in the directory.
    Fleet(FleetClient),
}

/// Why a code could not be verified.
pub enum AccessError {
    /// The person has not enrolled.
    NotEnrolled,
    /// The store cannot be used, and why.
    Unavailable(String),
}

impl Access {
    /// The way to a person's secret file, for a process with these user ids.
    ///
    /// # Errors
    /// This process may only ask about its own user.
    pub fn to(account: &Account, config: &Config, process: ResUid) -> Result<Self, AccessError> {
        let ResUid { real, effective: me, .. } = process;
        let fleet = config.fleet_of(account.name.as_str());
        if let (true, Some(fleet)) = (me.is_root(), fleet) {
            return Ok(Self::Fleet(FleetClient::new(config, fleet, &account.name)));
        }
        if me.is_root() || fleet.is_none() && config.secret_file.is_home() && me == account.uid {
            return Ok(Self::Direct(config.secret_file.locate(account)));
        }
        if me == account.uid && real == account.uid {
            return Ok(Self::Helper(HelperClient { program: config.helper.clone() }));
        }
        Err(AccessError::Unavailable(format!("user id {me} may not ask for codes of {}", account.name)))
    }

    /// What there is to tell of the person's enrollment; `None` when there is none.
    pub fn status(&self, policy: &Policy) -> Result<Option<Status>, AccessError> {
        let response = match self {
            Self::Direct(file) => return Ok(service(file, policy).status()?),
            Self::Helper(helper) => helper.ask(&Request::Status)?,
            Self::Fleet(fleet) => fleet.manage(&Request::Status)?,
        };
        match response {
            Response::Status(status) => Ok(Some(status)),
            Response::NotEnrolled => Ok(None),
            other => Err(unexpected(other)),
        }
    }

    /// Whether the person has enrolled.
    pub fn is_enrolled(&self, policy: &Policy) -> Result<bool, AccessError> {
        match (self.status(policy)?, self) {
            // Whoever keeps a home from being mounted must not switch the second step off.
            (None, Self::Direct(file)) if file.home_is_away() => {
                let home = file.account().home.display();
                Err(AccessError::Unavailable(format!("{home}: the home directory is not there")))
            }
            (status, _) => Ok(status.is_some()),
        }
    }

    /// How many digits the person's codes have.
    pub fn digits(&self, policy: &Policy) -> Result<Digits, AccessError> {
        self.status(policy)?.map(|status| status.parameters.digits).ok_or(AccessError::NotEnrolled)
    }

    /// Whether this client showed a code less than `length` ago, so that nobody is asked.
    pub fn remembers(&self, client: &RememberedClient, length: Seconds, policy: &Policy) -> bool {
        match self {
            Self::Direct(file) => service(file, policy).is_remembered(client, length).unwrap_or(false),
            // Whoever needs the helper is on this machine, and no client.
            Self::Helper(_) => false,
            Self::Fleet(fleet) => {
                let asked = fleet.ask(FleetOperation::Remembers(client.clone(), length));
                matches!(asked, Ok(FleetResponse::Remembers(true)))
            }
        }
    }

    /// Decides an attempt; an accepted one is on the disk when this returns, with the client that it remembers. With it
    /// comes what the owner is to be told. The helper knows nothing of what goes with the reply: it serves its own caller only,
    /// and what it decides is no login.
    pub fn verify(
        &self,
        reply: &Reply,
        attempt: &LoginAttempt<'_>,
        policy: &Policy,
    ) -> Result<(Verdict, News), AccessError> {
        match self {
            Self::Direct(file) => Ok(service(file, policy).login(attempt)?),
            Self::Helper(helper) => match helper.ask(&Request::Verify(reply.clone()))? {
                Response::Verdict(verdict) => Ok((verdict, News::default())),
                Response::NotEnrolled => Err(AccessError::NotEnrolled),
                other => Err(unexpected(other)),
            },
            Self::Fleet(fleet) => {
                match fleet.ask(FleetOperation::Login(FleetLogin::of(reply, attempt, policy)))? {
                    FleetResponse::Login(verdict, news) => Ok((verdict, news)),
                    FleetResponse::Managed(response) => Err(unexpected(response)),
                    FleetResponse::Remembers(_) => Err(other_question()),
                }
            }
        }
    }
}

/// Enrollment within the login.
impl Access {
    /// Whether a code is that of the person's invitation; a wrong one is charged.
    #[cold]
    #[inline(never)]
    pub fn check_invitation(&self, code: &RecoveryCode, policy: &Policy) -> Result<(), Error> {
        match self {
            Self::Direct(file) => service(file, policy).check_invitation(code),
            Self::Fleet(fleet) => {
                enrolled(fleet, fleet.ask(FleetOperation::CheckInvitation(code.clone()))).map(|_| ())
            }
            Self::Helper(helper) => Err(unusable(&helper.program, ONLY_ROOT)),
        }
    }

    /// Enrolls a device where there is none, with the code of an invitation if that is what it takes.
    #[cold]
    #[inline(never)]
    pub fn enroll(
        &self,
        new: &NewDevice,
        invitation: Option<&RecoveryCode>,
        policy: &Policy,
    ) -> Result<Drift, Error> {
        match (self, invitation) {
            (Self::Direct(file), Some(code)) => service(file, policy).enroll_invited(new, code),
            (Self::Direct(file), None) => service(file, policy).enroll(new),
            (Self::Fleet(fleet), code) => {
                let credential = code.map_or_else(|| Credential::new(b""), Credential::of_invitation);
                let request = Request::Enroll(new.clone(), credential);
                enrolled(fleet, fleet.ask(FleetOperation::Manage(request)))
            }
            (Self::Helper(helper), _) => Err(unusable(&helper.program, ONLY_ROOT)),
        }
    }
}

/// What `otp-fleet` answers to whoever enrolls.
#[cold]
#[inline(never)]
fn enrolled(fleet: &FleetClient, asked: Result<FleetResponse, HelperError>) -> Result<Drift, Error> {
    match asked {
        Ok(FleetResponse::Managed(Response::Done(drift))) => Ok(drift),
        Ok(FleetResponse::Managed(Response::CodesRefused(why))) => Err(Error::Codes(why)),
        Ok(FleetResponse::Managed(Response::Denied(EnrollmentDenial::Invitation(why)))) => {
            Err(Error::Invitation(why))
        }
        Ok(FleetResponse::Managed(Response::Failed(why))) => Err(unusable(fleet.program(), &why)),
        Ok(_) => Err(unusable(fleet.program(), "there is an enrollment already, or another answer")),
        Err(error) => Err(unusable(fleet.program(), &error.to_string())),
    }
}

/// Why somebody else cannot enroll within the login.
pub const ONLY_ROOT: &str = "enrollment within the login takes an application with root's rights";

#[cold]
#[inline(never)]
fn unusable(program: &Path, why: &str) -> Error {
    Error::Store(StoreError { location: Location::Path(program.into()), cause: Cause::Unsafe(why.into()) })
}

/// Does for a name that nobody has here what is done for one that the directory has no record of, where enrollments are in a
/// directory: answers and times are the same.
pub fn refuse_in_directory(name: &str, config: &Config, source: Source) -> Result<(), AccessError> {
    let name = UserName::parse(name).or_else(|_| UserName::parse("nobody"));
    let (Ok(name), Some(fleet)) = (name, config.fleet_of("")) else { return Ok(()) };
    if !nix::unistd::geteuid().is_root() {
        return Err(only_root_asks());
    }
    let mut client = FleetClient::new(config, fleet, &name);
    client.source = Some(source);
    match client.ask(FleetOperation::Refuse)? {
        FleetResponse::Managed(Response::NotEnrolled) => Ok(()),
        FleetResponse::Managed(response) => Err(unexpected(response)),
        _ => Err(other_question()),
    }
}

/// Who this host is to the directory is root's secret.
fn only_root_asks() -> AccessError {
    AccessError::Unavailable("enrollments are in a directory, which only root can ask".to_owned())
}

impl From<HelperError> for AccessError {
    fn from(error: HelperError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        if error.is_not_enrolled() { Self::NotEnrolled } else { Self::Unavailable(error.to_string()) }
    }
}

/// What is asked of a file that this process opens.
pub const fn service<'a>(file: &'a SecretFile, policy: &'a Policy) -> Service<'a, SecretFile> {
    Service { store: file, policy, clock: &system_clock }
}

fn unexpected(response: Response) -> AccessError {
    match response {
        Response::Failed(why) => AccessError::Unavailable(why),
        Response::NotEnrolled => AccessError::NotEnrolled,
        _ => other_question(),
    }
}

fn other_question() -> AccessError {
    AccessError::Unavailable("a helper gave an answer to another question".to_owned())
}

#[cfg(test)]
mod tests {
    use insis_otp::store::Template;

    use super::*;

    #[test]
    fn who_has_no_home_just_now_is_not_somebody_who_has_not_paired() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let account = Account {
            name: UserName::parse("alice").unwrap(),
            uid: nix::unistd::geteuid(),
            gid: nix::unistd::getegid(),
            home: home.clone(),
        };
        let access = Access::Direct(Template::parse("%h/.insis-otp").unwrap().locate(&account));
        assert!(matches!(access.is_enrolled(&Policy::default()), Err(AccessError::Unavailable(_))));
        std::fs::create_dir(&home).unwrap();
        assert!(matches!(access.is_enrolled(&Policy::default()), Ok(false)));
    }
}
