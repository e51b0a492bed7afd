//! What the program gives up and shuts: as much as it can before it looks at anything from outside, and root's rights as
//! soon as it has read what only root may read.

use std::io;

use confinement::{
    block_signals, close_inherited, forbid_dumps, leave_environment, leave_group, limit, renounce,
};
use otp_fleet::bucket::LONGEST;

/// The system user that it runs as where root starts it.
const USER: &str = "insis-otp-fleet";
/// How long it may work, in seconds: a list of everybody takes some.
const WORK: u64 = 60;

/// Leaves nothing of the caller's choosing that matters: environment, descriptors, limits, dumps, signals.
pub fn confine() -> io::Result<()> {
    leave_environment()?;
    forbid_dumps()?;
    close_inherited();
    limit(WORK, LONGEST)?;
    block_signals()?;
    renounce()
}

/// Becomes the system user, where root started it; leaves the group of `otp-helper`, where that did.
pub fn drop_privileges() -> io::Result<()> {
    confinement::drop_privileges(USER)?;
    leave_group()?;
    forbid_dumps()
}
