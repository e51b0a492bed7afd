//! No panic reaches C, and none prints in the host's name.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once};

use insis_otp::audit::{self, Level, Line};

use crate::outcome;

/// Where the last panic of this module happened.
static PANICKED_AT: Mutex<Option<String>> = Mutex::new(None);

/// Runs a hook. If it panics, the log gets a line and the caller the code for that.
pub fn contain(args: &[&CStr], hook: &str, run: impl FnOnce() -> outcome::Code) -> outcome::Code {
    remember_panics();
    catch_unwind(AssertUnwindSafe(|| {
        panic_if_asked(args, hook);
        run()
    }))
    .unwrap_or_else(|payload| {
        // A payload that panics when dropped must not get out either; leaking it is the lesser evil.
        let _leaked = std::mem::ManuallyDrop::new(payload);
        report(hook);
        outcome::PANICKED
    })
}

/// The standard library of this module is its own, so that the panic hook is too: the host's stays as it is. Ours
/// keeps the location instead of writing to standard error, which belongs to the host.
fn remember_panics() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            if let (Ok(mut panicked_at), Some(location)) = (PANICKED_AT.lock(), info.location()) {
                *panicked_at = Some(format!("{}:{}", location.file(), location.line()));
            }
        }));
    });
}

fn report(hook: &str) {
    let panicked_at =
        PANICKED_AT.lock().ok().and_then(|mut panicked_at| panicked_at.take()).unwrap_or_default();
    let line = Line::new(Level::Critical, "error").field("reason", "panic").field("at", panicked_at);
    audit::send(audit::program(), &format!("pam_insis_otp({hook})"), &line);
}

#[cfg(feature = "deliberate-panic")]
fn panic_if_asked(args: &[&CStr], hook: &str) {
    let asked = format!("panic={hook}");
    #[allow(clippy::panic, reason = "the test build exists to show that this is contained")]
    if args.iter().any(|arg| arg.to_bytes() == asked.as_bytes()) {
        panic!("deliberate");
    }
}

#[cfg(not(feature = "deliberate-panic"))]
const fn panic_if_asked(_args: &[&CStr], _hook: &str) {}
