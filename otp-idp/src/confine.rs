//! What the program gives up and shuts: as much as it can before it looks at anything from outside, and root's rights as
//! soon as it has read what only root may read.

use std::io;

use confinement::{
    block_signals, close_inherited, forbid_dumps, leave_environment, leave_group, limit, renounce,
};
use otp_idp::error::Error;

/// The system user that it runs as where root starts it.
const USER: &str = "insis-otp-idp";
/// How long it may work, in seconds.
const WORK: u64 = 60;

/// Leaves nothing of the caller's choosing that matters: environment, descriptors, limits, dumps, signals.
pub fn confine() -> io::Result<()> {
    leave_environment()?;
    leave_group()?;
    forbid_dumps()?;
    close_inherited();
    limit(WORK, 0)?;
    block_signals()?;
    renounce()
}

/// Becomes the system user, where root started it.
pub fn drop_privileges() -> Result<(), Error> {
    confinement::drop_privileges(USER).map_err(|error| {
        let why = error.to_string();
        Error::settings(why.strip_prefix("it ").map_or_else(|| why.clone(), |why| format!("otp-idp {why}")))
    })
}
