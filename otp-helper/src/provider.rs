//! The site's identity provider, for a person who links themself to it.
//!
//! Who has signed in is said by `otp-idp`, and opens logins from then on. So nothing that the person has, malware in their
//! session say, may speak for that program or steer it. It runs with the person's user id, as this one does; what keeps the
//! person from it is the kernel: it is started with this program's group, which the person does not have, so that its memory
//! is closed to others of its user from its first instruction on, and it stays closed when it gives the group up. Its
//! environment is empty, its path the site's, and its socket is nobody else's.

use std::io::Write;
use std::os::fd::AsFd;
use std::time::Duration;

use confinement::Lifetime;
use insis_otp::config::{Config, IdentityProvider};
use insis_otp::identity::{Identity, Message, Start, Unavailability};
use insis_otp::service::{Flow, FlowError, LinkProvider, LinkRefusal, Offer};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::confine;

/// The site's provider.
pub struct Provider<'a> {
    /// The site's rules.
    pub config: &'a Config,
    /// How long this process lives.
    pub lifetime: &'a Lifetime,
}

impl LinkProvider for Provider<'_> {
    fn can_link(&self) -> Result<(), LinkRefusal> {
        let provider = self.provider()?;
        // It is root's to read, and must not come into a process of the person's.
        if provider.client_secret_file.is_some() {
            return Err(LinkRefusal::ClientSecret);
        }
        confinement::closed_to_its_user().map_err(|error| settings(format!("otp-idp: {error}")))
    }

    fn sign_in(&self) -> Result<Identity, LinkRefusal> {
        let seconds = self.provider()?.deadline.0;
        self.lifetime.extend(Duration::from_secs(seconds) + Flow::GRACE);
        let program = self.config.helper.with_file_name("otp-idp");
        let mut flow = Flow::begin(&program, Start { seconds }).map_err(no_answer)?;
        // Nothing more is started.
        confine::renounce().map_err(|error| settings(format!("otp-helper cannot go on safely: {error}")))?;
        let output = std::io::stdout();
        loop {
            match flow.hear_while(&caller_is_there).map_err(no_answer)?.ok_or(LinkRefusal::Abandoned)? {
                Message::Offered { uri, code } => {
                    let offer = Offer { uri, code, seconds }.encode();
                    let sent = output.lock().write_all(offer.as_bytes()).and_then(|()| output.lock().flush());
                    sent.map_err(|_| LinkRefusal::Abandoned)?;
                }
                Message::Proved { identity, .. } => return Ok(identity),
                Message::Refused(why, detail) => return Err(LinkRefusal::Refused(why, detail)),
                Message::Unavailable(why, detail) => return Err(LinkRefusal::Unavailable(why, detail)),
            }
        }
    }
}

impl Provider<'_> {
    fn provider(&self) -> Result<&IdentityProvider, LinkRefusal> {
        self.config.identity_provider.as_ref().ok_or(LinkRefusal::NoProvider)
    }
}

fn settings(why: String) -> LinkRefusal {
    LinkRefusal::Unavailable(Unavailability::Settings, why)
}

fn no_answer(error: FlowError) -> LinkRefusal {
    LinkRefusal::Unavailable(Unavailability::Answer, error.to_string())
}

/// Whether anybody has the other side of standard output, whose end is told of even while there is nothing to write.
fn caller_is_there() -> bool {
    let output = std::io::stdout();
    let mut watched = [PollFd::new(output.as_fd(), PollFlags::empty())];
    matches!(poll(&mut watched, PollTimeout::ZERO), Ok(0) | Err(Errno::EINTR))
}
