//! Who runs this program, for the log: what root does with somebody's enrollment, and what a user does with a secret file
//! in a home, leaves a line. For everything else `otp-helper` writes it.

use insis_otp::audit::{self as system_log, Line};
use insis_otp::service::Event;
use nix::unistd::{Uid, geteuid, getuid};

use crate::audit;

/// The kernel's record of who logged in, whatever they became since.
const LOGINUID: &str = "/proc/self/loginuid";

/// Whoever runs this program.
#[derive(Clone, Debug)]
pub struct Caller {
    uid: Uid,
    /// The user id of the login (audit), as the kernel has it.
    loginuid: String,
    /// Who became root by sudo. Anybody else could have set the variable, so that it counts for root only.
    sudo_user: Option<String>,
    /// Whether it is somebody of the help desk, who has root's rights for this act alone.
    pub helpdesk: bool,
    log: fn(&str, &str, &Line),
    audit: fn(&str, &str, bool),
}

impl Caller {
    /// Whoever runs this process.
    pub fn of_this_process() -> Self {
        let sudo_user = std::env::var_os("SUDO_USER").filter(|name| geteuid().is_root() && !name.is_empty());
        Self {
            uid: getuid(),
            loginuid: login_uid(std::fs::read_to_string(LOGINUID).ok().as_deref()),
            sudo_user: sudo_user.map(|name| name.to_string_lossy().into_owned()),
            helpdesk: false,
            log: system_log::send,
            audit: audit::send,
        }
    }

    /// Somebody whose acts in a unit test do not reach the log of the machine that it runs on.
    #[cfg(test)]
    pub fn in_a_test() -> Self {
        Self { log: |_, _, _| {}, audit: |_, _, _| {}, ..Self::of_this_process() }
    }

    /// Reports events of this user's enrollment.
    pub fn reporter<'a>(&'a self, user: &'a str) -> impl Fn(&Event) + 'a {
        move |event| self.report(user, event)
    }

    /// Reports an event, with who brought it about and for whom.
    pub fn report(&self, user: &str, event: &Event) {
        let line = event.line.clone();
        let line = line.field("user", user).field("uid", self.uid).field("loginuid", &self.loginuid);
        let line = match &self.sudo_user {
            Some(name) => line.field("sudo_user", name),
            None => line,
        };
        let line = if self.helpdesk { line.field("role", "helpdesk") } else { line };
        (self.log)("otp-setup", event.action, &line.journal_only("action", event.action));
        if geteuid().is_root() {
            (self.audit)(event.action, user, event.succeeded);
        }
    }
}

/// The login's user id; "unset" where nobody logged in (a service, a boot script), "unknown" where the kernel keeps none.
fn login_uid(text: Option<&str>) -> String {
    match text.and_then(|text| text.trim().parse::<u32>().ok()) {
        Some(u32::MAX) => "unset".to_owned(),
        Some(uid) => uid.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_login_uid_is_read() {
        let shown = [Some("1000"), Some("4294967295\n"), Some("x"), Some(""), None].map(login_uid);
        assert_eq!(shown, ["1000", "unset", "unknown", "unknown", "unknown"]);
    }
}
