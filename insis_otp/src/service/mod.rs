//! The one way to what can be done with an enrollment.
//!
//! Everything that asks for something of the store comes through [`Service`], so that a proof is charged, an act is
//! reported and a secret is wiped the same everywhere:
//!
//! - [`Service::handle`]: what people ask about their own account, and root about anybody's; from `otp-setup` directly,
//!   or through [`HelperClient`] and `otp-helper` as a message of the [`codec`](Request::encode).
//! - [`Service::login`] and what goes with it: what the PAM module asks. It takes root's rights, or the user's own file.
//! - [`Service::unlock`], [`Service::import`], [`Service::export`] and so on: what root alone may do. No message asks for
//!   them, so that no caller of `otp-helper` can.
//!
//! Each of the three is a set of methods instead of one more message, so that the module holds the code that it uses and
//! no other.

mod administration;
mod authority;
mod client;
mod codec;
mod enrollment;
mod event;
mod examination;
mod fleet;
mod fleet_administration;
mod fleet_person;
mod flow;
mod link;
mod login;
mod management;
mod migration;
mod offer;
mod provider;
mod request;
mod response;
mod sign_in;
mod traces;
mod transfer;
mod verification;

pub use administration::Existing;
pub use authority::{Authority, PasswordCheck, SelfService};
pub use client::{HelperClient, HelperError};
pub use codec::{LONGEST, NotUnderstood};
pub use event::Event;
pub use examination::{FleetFact, FleetFactKind};
pub use fleet::{FleetClient, FleetListed, FleetLogin, FleetOperation, FleetRequest, FleetResponse};
pub use fleet_administration::{FleetAct, FleetAdministration};
pub use fleet_person::{FleetAnswer, FleetQuestion, read_message};
pub use flow::{Flow, FlowError};
pub use login::refuse_unknown;
pub use migration::{Change, Migration, MigrationError, Moved, Side};
pub use offer::Offer;
pub use provider::{LinkProvider, LinkRefusal};
pub use request::{Credential, NewDevice, Reply, Request};
pub use response::{BypassStatus, EnrollmentDenial, Response, Status};
pub use sign_in::{SignIn, SinceLastLogin, record_unknown_sign_in};
pub use traces::Traces;
pub use transfer::{FleetRecord, Transfer, TransferRequest, Transferred};
pub use verification::{LoginAttempt, News};

use crate::oath::UnixTime;
use crate::store::{Cause, InvitationRefusal, SecretFile, StoreError, UserStore};
use crate::verify::{EnrollmentRefusal, Policy, Refusal};

/// Reads the clock. Called under the lock, so that waiting for it does not make the time old.
pub type Clock<'a> = &'a dyn Fn() -> UnixTime;

/// Takes the report of what became of a request.
pub type Reporter<'a> = &'a dyn Fn(&Event);

/// One account's enrollment, and what is needed to do something with it.
///
/// ```
/// use insis_otp::oath::UnixTime;
/// use insis_otp::service::{Authority, Reply, Request, Response, Service};
/// use insis_otp::store::Account;
/// use insis_otp::record::UserName;
/// use insis_otp::store::Template;
/// use insis_otp::verify::Policy;
/// use nix::unistd::{getegid, geteuid};
///
/// # let home = tempfile::tempdir()?;
/// let name = UserName::parse("anna")?;
/// let account = Account { name, uid: geteuid(), gid: getegid(), home: home.path().into() };
/// let file = Template::parse("%h/.insis-otp").expect("it begins with a home").locate(&account);
/// let service = Service { store: &file, policy: &Policy::default(), clock: &|| UnixTime(1_700_000_000) };
///
/// // Everything but a look at the status is reported, for the log.
/// let report = |event: &insis_otp::service::Event| {
///     assert_eq!((event.action, event.line.text()), ("verify", "result=refused reason=not-paired"));
/// };
/// let request = Request::Verify(Reply::new(b"123456"));
/// assert_eq!(service.handle(&request, Authority::FileOwner, &report), Response::NotEnrolled);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Service<'a, S> {
    /// Where the enrollment is, or is to be.
    pub store: &'a S,
    /// The site's rules.
    pub policy: &'a Policy,
    /// The clock.
    pub clock: Clock<'a>,
}

impl<S: UserStore> Service<'_, S> {
    /// An error that is the store's.
    fn error(&self, cause: Cause) -> StoreError {
        StoreError { location: self.store.location(), cause }
    }
}

/// Why an operation was not done. Nothing has changed, except that a proof was charged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be used, or nobody has enrolled, or somebody has already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The proof does not hold.
    #[error("the proof was refused")]
    Proof(Refusal),
    /// The codes do not show that the device holds the new secret.
    #[error("the two codes do not pair the phone")]
    Codes(EnrollmentRefusal),
    /// The invitation does not hold.
    #[error("the invitation was refused")]
    Invitation(InvitationRefusal),
    /// The link was not made or removed.
    #[error("the link was refused")]
    Link(LinkRefusal),
}

/// What the system's clock says, in whole seconds; a clock before 1970 says 0.
#[must_use]
pub fn system_clock() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime(since.map_or(0, |length| length.as_secs()))
}

/// Does the work in a frame of its own, below the caller's, so that [`wipe_stack`] reaches all of it: what is moved from
/// place to place on the way leaves copies behind that no type wipes.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Overwrites the stack below the caller, where HMACs of the secret were computed: types that wipe themselves do
/// not reach the copies that a compiler makes on the way. That takes less than 12 KiB in a release.
#[inline(never)]
fn wipe_stack() {
    std::hint::black_box(&mut [0_u8; 24 * 1024]);
}

/// Has the compiler make what a login needs of [`Service`] here, for secret files. Nobody calls it. Where only the module
/// named that type, the module would get copies of what this crate has as well: 1.3 KiB of them, measured.
#[doc(hidden)]
pub fn made_for_secret_files(
    service: &Service<'_, SecretFile>,
    attempt: &LoginAttempt<'_>,
    (client, length): (&crate::RememberedClient, crate::oath::Seconds),
    (new, code): (&NewDevice, &crate::oath::RecoveryCode),
) {
    let _ = (service.login(attempt), service.status(), service.is_remembered(client, length));
    let _ = (service.enroll(new), service.enroll_invited(new, code), service.check_invitation(code));
}
