//! Who has the enrollment: this process, which may open the store, `otp-helper` on the caller's behalf, or `otp-fleet`, which asks a
//! directory for root. The rest of the
//! program does not know which.

use std::path::PathBuf;

use insis_otp::config::SelfEnrollment;
use insis_otp::oath::{Drift, RecoveryCode, Salt, Seconds, UnixTime};
use insis_otp::record::{AppEntry, UserName};
use insis_otp::service::{
    Authority, Clock, EnrollmentDenial, Event, FleetAct, FleetClient, FleetOperation, FleetResponse,
    HelperClient, HelperError, LinkRefusal, Offer, Reply, Request, Response, Service, Side, Status,
};
use insis_otp::store::{Cause, LinkStatus, SecretFile, StoreError};
use insis_otp::verify::{Policy, Refusal, Resync, ResyncCode, Verdict};

use crate::caller::Caller;

/// The way to one account's enrollment.
pub enum Backend<'a> {
    /// This process opens the secret file.
    Direct {
        /// The file.
        file: SecretFile,
        /// The site's rules.
        policy: Policy,
        /// Whether root is acting, who needs no proof.
        as_root: bool,
        /// The clock.
        clock: Clock<'a>,
        /// In whose name the log is written.
        caller: Caller,
    },
    /// The helper does.
    Helper {
        /// The program.
        client: HelperClient,
        /// What it asks for before a first enrollment.
        self_enrollment: SelfEnrollment,
    },
    /// The directory does, for root.
    Fleet {
        /// The program that asks it.
        client: FleetClient,
        /// In whose name the log is written.
        caller: Caller,
    },
}

/// Why something was not done. Nothing has changed, except that a proof was charged.
#[derive(Debug)]
pub enum Error {
    /// Nobody has enrolled.
    NotEnrolled,
    /// Somebody has already.
    Exists,
    /// The proof does not hold.
    Proof(Refusal),
    /// The new phone's codes do not show that it holds the secret.
    Codes,
    /// The credential does not allow a first enrollment.
    Denied(EnrollmentDenial),
    /// The link was not made or removed.
    Link(LinkRefusal),
    /// The store cannot be used: where and why.
    Unusable(String),
    /// The helper cannot be started: its path, and why.
    HelperStart(PathBuf, std::io::Error),
    /// The helper's response cannot be understood, or did not come.
    HelperResponse(PathBuf),
}

impl Backend<'_> {
    /// Whether changes need a proof (they do, but for root).
    pub const fn needs_proof(&self) -> bool {
        !matches!(self, Self::Direct { as_root: true, .. } | Self::Fleet { .. })
    }

    /// What a first enrollment takes: nothing of root, and of whoever can write the file as they like.
    pub const fn self_enrollment(&self) -> SelfEnrollment {
        match self {
            Self::Direct { .. } | Self::Fleet { .. } => SelfEnrollment::Open,
            Self::Helper { self_enrollment, .. } => *self_enrollment,
        }
    }

    /// What there is to tell; `None` when nobody has enrolled.
    pub fn status(&self) -> Result<Option<Status>, Error> {
        match self.ask(&Request::Status)? {
            Response::Status(status) => Ok(Some(status)),
            Response::NotEnrolled => Ok(None),
            other => Err(self.error(other)),
        }
    }

    /// Decides an attempt as a login would.
    pub fn verify(&self, reply: &Reply) -> Result<Verdict, Error> {
        match self.ask(&Request::Verify(reply.clone()))? {
            Response::Verdict(verdict) => Ok(verdict),
            other => Err(self.error(other)),
        }
    }

    /// Takes one of the two codes from which the phone's clock is learned anew.
    pub fn resync(&self, which: ResyncCode, code: &Reply) -> Result<Resync, Error> {
        match self.ask(&Request::Resync(which, code.clone()))? {
            Response::Noted => Ok(Resync::Noted),
            Response::Done(drift) => Ok(Resync::Learned(drift)),
            other => Err(self.error(other)),
        }
    }

    /// Has something done, of which nothing is told but how far the phone's clock is off.
    pub fn change(&self, request: &Request) -> Result<Drift, Error> {
        match self.ask(request)? {
            Response::Done(drift) => Ok(drift),
            other => Err(self.error(other)),
        }
    }

    /// Links the account to who signs in now, in so much time; `show` is told where.
    pub fn link(&self, proof: &Reply, wait: Seconds, show: impl FnMut(&Offer)) -> Result<(), Error> {
        let request = Request::Link(proof.clone());
        let response = match self {
            Self::Direct { .. } | Self::Fleet { .. } => self.ask(&request)?,
            Self::Helper { client, .. } => client.ask_person(&request, wait.0, show)?,
        };
        match response {
            Response::Done(_) => Ok(()),
            other => Err(self.error(other)),
        }
    }

    /// What the person may know of the link of the own account.
    pub fn link_status(&self) -> Result<LinkStatus, Error> {
        match self.ask(&Request::LinkStatus)? {
            Response::Link(status) => Ok(status),
            other => Err(self.error(other)),
        }
    }

    fn ask(&self, request: &Request) -> Result<Response, Error> {
        match self {
            Self::Direct { file, policy, as_root, clock, caller } => {
                let authority = if *as_root { Authority::Administrator } else { Authority::FileOwner };
                let report = caller.reporter(file.account().name.as_str());
                Ok(Service { store: file, policy, clock: *clock }.handle(request, authority, &report))
            }
            Self::Helper { client, .. } => Ok(client.ask(request)?),
            Self::Fleet { client, caller } => {
                let response = client.manage(request)?;
                if let Some(event) = Event::of_administrator(request, &response) {
                    caller.report(client.user().as_str(), &event);
                }
                Ok(response)
            }
        }
    }

    /// Ends a delay, repairs a damaged state. Root's right.
    pub fn unlock(&self) -> Result<(), Error> {
        match self {
            Self::Direct { file, policy, clock, caller, .. } => {
                let report = caller.reporter(file.account().name.as_str());
                Ok(Service { store: file, policy, clock: *clock }.unlock(&report)?)
            }
            Self::Helper { client, .. } => Err(Error::HelperResponse(client.program.clone())),
            Self::Fleet { client, caller } => {
                let answer = client.ask(FleetOperation::Unlock)?;
                let FleetResponse::Managed(response) = answer else {
                    return Err(Error::HelperResponse(client.program().clone()));
                };
                caller.report(client.user().as_str(), &Event::of_root_elsewhere("unlock", &response));
                match response {
                    Response::Done(_) => Ok(()),
                    other => Err(self.error(other)),
                }
            }
        }
    }

    /// What the app has, with its secret. The report comes before anybody has seen it. Root's right.
    pub fn export(&self) -> Result<AppEntry, Error> {
        match self {
            Self::Direct { file, policy, clock, caller, .. } => {
                let report = caller.reporter(file.account().name.as_str());
                let service = Service { store: file, policy, clock: *clock };
                Ok(service.export(&report)?.entry)
            }
            Self::Helper { client, .. } => Err(Error::HelperResponse(client.program.clone())),
            Self::Fleet { client, caller } => {
                let missing = || StoreError { location: Side::location(client), cause: Cause::NotEnrolled };
                let loaded = Side::load(client).and_then(|record| record.ok_or_else(missing));
                caller.report(client.user().as_str(), &Event::of_root("export", &loaded));
                Ok(loaded?.enrollment.entry)
            }
        }
    }

    /// Makes an invitation instead of a former one. Root's right.
    pub fn invite(&self, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<(), Error> {
        match self {
            Self::Direct { file, policy, clock, caller, .. } => {
                let report = caller.reporter(file.account().name.as_str());
                let service = Service { store: file, policy, clock: *clock };
                Ok(service.invite(code, salt, expires, &report)?)
            }
            _ => self.administer(FleetAct::Invite { code: code.clone(), salt, expires }, None),
        }
    }

    /// Takes an invitation back whose code nobody has seen. Root's right.
    pub fn withdraw_invitation(&self) {
        match self {
            Self::Direct { file, policy, clock, .. } => {
                Service { store: file, policy, clock: *clock }.withdraw_invitation();
            }
            // If it stays, nobody has its code.
            _ => _ = self.administer(FleetAct::Withdraw, None),
        }
    }

    /// Makes a bypass code instead of a former one, for so many logins until then. Root's right.
    pub fn issue_bypass(&self, code: &RecoveryCode, expires: UnixTime, uses: u8) -> Result<(), Error> {
        match self {
            Self::Direct { file, policy, clock, caller, .. } => {
                let report = caller.reporter(file.account().name.as_str());
                let service = Service { store: file, policy, clock: *clock };
                Ok(service.issue_bypass(code, (expires, uses), &report)?)
            }
            _ => self.administer(FleetAct::Bypass { code: code.clone(), expires, uses }, None),
        }
    }

    /// Takes the bypass code back, if there is one. Root's right.
    pub fn revoke_bypass(&self) -> Result<(), Error> {
        match self {
            Self::Direct { file, policy, clock, caller, .. } => {
                let report = caller.reporter(file.account().name.as_str());
                Ok(Service { store: file, policy, clock: *clock }.revoke_bypass(&report)?)
            }
            _ => self.administer(FleetAct::RevokeBypass, None),
        }
    }

    /// Lets the enrollment follow its user to another name. Root's right. `None` when the two names are kept in different stores.
    pub fn rename_to(&self, new: &Self) -> Option<Result<(), Error>> {
        match (self, new) {
            (Self::Direct { file, policy, clock, caller, .. }, Self::Direct { file: new, .. }) => {
                let report = caller.reporter(new.account().name.as_str());
                let service = Service { store: file, policy, clock: *clock };
                Some(service.rename_to(new, &report).map_err(Error::from))
            }
            (Self::Fleet { .. }, Self::Fleet { client, .. }) => {
                Some(self.administer(FleetAct::Move(client.user().clone()), Some(client.user())))
            }
            _ => None,
        }
    }

    /// Has the directory do what root alone may do; the log has it of this user, or of whom is asked for.
    fn administer(&self, act: FleetAct, of: Option<&UserName>) -> Result<(), Error> {
        let Self::Fleet { client, caller } = self else { return Err(Error::NotEnrolled) };
        let report = caller.reporter(of.unwrap_or_else(|| client.user()).as_str());
        match client.administer(act, &report)? {
            Response::Done(_) => Ok(()),
            other => Err(self.error(other)),
        }
    }

    /// The error in a response, which may also be one to another request.
    fn error(&self, response: Response) -> Error {
        match response {
            Response::NotEnrolled => Error::NotEnrolled,
            Response::Exists => Error::Exists,
            Response::Verdict(Verdict::Refused(why)) => Error::Proof(why),
            Response::CodesRefused(_) => Error::Codes,
            Response::Denied(why) => Error::Denied(why),
            Response::NotLinked(why) => Error::Link(why),
            Response::Failed(why) => Error::Unusable(why),
            Response::Verdict(Verdict::Accepted(_))
            | Response::Status(_)
            | Response::Link(_)
            | Response::Done(_)
            | Response::Noted => Error::HelperResponse(match self {
                Self::Direct { file, .. } => file.path().to_owned(),
                Self::Helper { client, .. } => client.program.clone(),
                Self::Fleet { client, .. } => client.program().clone(),
            }),
        }
    }
}

impl From<HelperError> for Error {
    fn from(error: HelperError) -> Self {
        match error {
            HelperError::Start { program, cause } => Self::HelperStart(program, cause),
            HelperError::Response { program, .. } => Self::HelperResponse(program),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error.cause {
            Cause::NotEnrolled => Self::NotEnrolled,
            Cause::Exists => Self::Exists,
            _ => Self::Unusable(error.to_string()),
        }
    }
}
