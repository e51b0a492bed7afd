//! The directory, for a person: it is asked by `otp-fleet`, which this program starts with its group.
//!
//! Who this host is to the directory, its password say, must not come into a process that the person can look into or steer. With
//! the group `insis-otp` as its effective group `otp-fleet` can read it, and the kernel keeps the person, whose group that is not, out of
//! its memory from its first instruction on. It decides what the person may do, as this program does with secret files; it asks back
//! what takes PAM or the identity provider.

use insis_otp::audit::{self, Level, Line};
use insis_otp::service::{FleetClient, Request, Response, SelfService};

use crate::confine;

/// Has the directory asked. `gives_up_later`: what is started later may need to gain rights.
pub fn ask(
    client: &FleetClient,
    request: &Request,
    site: &SelfService<'_>,
    gives_up_later: bool,
) -> Response {
    if let Err(error) = confinement::closed_to_its_user() {
        return Response::Failed(format!("otp-fleet: {error}"));
    }
    let started = || if gives_up_later { Ok(()) } else { confine::renounce() };
    client.ask_for_person(request, site, &started).unwrap_or_else(|error| {
        let line = Line::new(Level::Error, "error").field("user", client.user()).message(&error);
        audit::send("otp-helper", request.action(), &line);
        Response::Failed(error.to_string())
    })
}
