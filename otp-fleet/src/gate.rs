//! Lets a request through that has a place in the [`Bucket`] of this host, or says why it has none.

use std::io::{self, ErrorKind};
use std::time::Duration;

use insis_otp::audit::{self, Level, Line};

use crate::bucket::{Bucket, FOLDER, Flow, Turn};

/// Waits for a place, for half of the time at most that the directory has. Returns what is left of that time.
///
/// Where the folder is not there, and cannot be made, there is no limit, which is better than no login: nobody but root can bring that
/// about. Whatever a person could bring about is refused.
///
/// # Errors
/// There is no place, or it cannot be known: says so. Nothing was compared and nothing charged.
pub fn pass(
    bucket: io::Result<Bucket>,
    is_root: bool,
    flow: Flow,
    rate: u32,
    deadline: Duration,
) -> Result<Duration, String> {
    let unusable = |error: &io::Error| format!("{FOLDER}: {error}");
    let mut bucket = match bucket {
        Ok(bucket) => bucket,
        Err(error) if is_without_folder(&error, is_root) => {
            let line = Line::new(Level::Warning, "warning")
                .message(format!("{}: requests are not limited (attempts_per_second)", unusable(&error)));
            audit::send("otp-fleet", "fleet", &line);
            return Ok(deadline);
        }
        Err(error) => return Err(unusable(&error)),
    };
    let mut left = deadline;
    loop {
        match bucket.take(flow, rate).map_err(|error| unusable(&error))? {
            Turn::Now => return Ok(left),
            Turn::After(wait) if wait <= deadline / 2 => {
                std::thread::sleep(wait);
                left = left.saturating_sub(wait);
            }
            Turn::After(_) | Turn::Never => {
                return Err(format!(
                    "this host asks the directory more often than attempts_per_second = {rate} lets it"
                ));
            }
        }
    }
}

/// Whether the folder is not there, and root cannot make it.
fn is_without_folder(error: &io::Error, is_root: bool) -> bool {
    match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => is_root,
        _ => false,
    }
}
