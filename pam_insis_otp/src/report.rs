//! Where this module's lines in the log go, and what stands in each of them.

use insis_otp::audit::{self, Level, Line};

use crate::host::{Host, WriteLog};

/// The log, as one call of one login writes it.
pub struct Log {
    /// The PAM service.
    pub service: String,
    /// The user as typed (PAM_USER), once that is known.
    pub user: String,
    /// The account's name, where the user database has another one for it than was typed.
    pub account: Option<String>,
    /// Where the login comes from, `-` when that is not known.
    pub rhost: String,
    /// Whether steps on the way to a decision are logged too.
    pub debug: bool,
    call: &'static str,
    write: WriteLog,
}

impl Log {
    /// The log of a call (`auth`, `account`, `chauthtok`).
    pub fn of(host: &dyn Host, call: &'static str) -> Self {
        let rhost = Some(host.remote_host()).filter(|rhost| !rhost.is_empty());
        Self {
            service: host.service(),
            user: String::new(),
            account: None,
            rhost: rhost.unwrap_or_else(|| "-".to_owned()),
            debug: false,
            call,
            write: host.log(),
        }
    }

    /// Writes a line.
    pub fn send(&self, line: Line, words: Option<&str>) {
        let line = match &self.account {
            Some(account) => line.field("account", account),
            None => line,
        };
        let line = line.field("user", &self.user).field("rhost", &self.rhost);
        let line = line.journal_only("service", &self.service).journal_only("call", self.call);
        let line = match words {
            Some(words) => line.message(words),
            None => line,
        };
        (self.write)(
            audit::program(),
            &format!("pam_insis_otp({}:{})", printable(&self.service), self.call),
            &line,
        );
    }

    /// Writes a line when steps are wanted.
    pub fn debug(&self, line: impl FnOnce() -> Line) {
        if self.debug {
            self.send(line(), None);
        }
    }

    /// The beginning of such a line.
    pub fn step(step: &str) -> Line {
        Line::new(Level::Debug, "debug").field("step", step)
    }
}

/// A service name as PAM has it; anything else in it was put there by somebody.
fn printable(service: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    service.chars().take(64).map(|c| if plain(c) { c } else { '?' }).collect()
}
