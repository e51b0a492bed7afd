//! How a secret file is reached: opened here, or, by a process without rights, through `otp-helper`.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use insis_otp::RememberedClient;
use insis_otp::config::Config;
use insis_otp::operations::{self, LoginAttempt, system_clock};
use insis_otp::otp::{Digits, Policy, Seconds, UnixTime, Verdict};
use insis_otp::store::{Account, SecretFile};
use insis_otp::wire::{Answer, LONGEST, Reply, Request};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, send};
use zeroize::Zeroizing;

use crate::ffi::DefaultScheduling;

/// A way to somebody's secret file.
pub enum Access {
    /// This process opens it.
    Direct(SecretFile),
    /// The helper does, for the user that this process runs as.
    Helper(PathBuf),
}

/// Why a code could not be verified.
pub enum Trouble {
    /// The person has not paired.
    NotPaired,
    /// The store cannot be used, and why.
    Unavailable(String),
}

impl Access {
    /// The way to a person's secret file.
    ///
    /// # Errors
    /// This process may only ask about its own user.
    pub fn to(account: &Account, config: &Config) -> Result<Self, Trouble> {
        let me = nix::unistd::geteuid();
        if me.is_root() || config.secret_file.is_home() && me == account.uid {
            return Ok(Self::Direct(config.secret_file.locate(account)));
        }
        if me == account.uid && nix::unistd::getuid() == account.uid {
            return Ok(Self::Helper(config.helper.clone()));
        }
        Err(Trouble::Unavailable(format!("user id {me} may not ask for codes of {}", account.name)))
    }

    /// Whether the person has paired.
    pub fn is_paired(&self, policy: &Policy) -> Result<bool, Trouble> {
        match self {
            Self::Direct(file) => match operations::status(file, policy, &system_clock) {
                // Whoever keeps a home from being mounted must not switch the second step off.
                Ok(None) if file.home_is_away() => {
                    let home = file.account().home.display();
                    Err(Trouble::Unavailable(format!("{home}: the home directory is not there")))
                }
                Ok(status) => Ok(status.is_some()),
                Err(error) => Err(Trouble::Unavailable(error.to_string())),
            },
            Self::Helper(helper) => match ask(helper, &Request::Status)? {
                Answer::Status(_) => Ok(true),
                Answer::NotPaired => Ok(false),
                other => Err(unexpected(other)),
            },
        }
    }

    /// How many digits the person's codes have.
    pub fn digits(&self, policy: &Policy) -> Result<Digits, Trouble> {
        let status = match self {
            Self::Direct(file) => operations::status(file, policy, &system_clock)
                .map_err(|error| Trouble::Unavailable(error.to_string()))?,
            Self::Helper(helper) => match ask(helper, &Request::Status)? {
                Answer::Status(status) => Some(status),
                _ => None,
            },
        };
        status.map(|status| status.parameters.1).ok_or(Trouble::NotPaired)
    }

    /// Whether this client showed a code less than `length` ago, so that nobody is asked.
    pub fn remembers(&self, client: &RememberedClient, length: Seconds) -> bool {
        match self {
            Self::Direct(file) => {
                operations::is_remembered(file, client, length, &system_clock).unwrap_or(false)
            }
            // Whoever needs the helper is on this machine, and no client.
            Self::Helper(_) => false,
        }
    }

    /// Decides an attempt; an accepted one is on the disk when this returns, with the client that it remembers. With it
    /// comes when the device was enrolled, if that was after the last login. The helper knows nothing of what goes with the reply: it serves its own caller only.
    pub fn verify(
        &self,
        reply: &Reply,
        attempt: &LoginAttempt<'_>,
        policy: &Policy,
    ) -> Result<(Verdict, Option<UnixTime>), Trouble> {
        match self {
            Self::Direct(file) => {
                let _scheduling = DefaultScheduling::begin();
                let verdict = operations::login(file, attempt, policy, &system_clock);
                verdict.map_err(|error| match error.is_not_paired() {
                    true => Trouble::NotPaired,
                    false => Trouble::Unavailable(error.to_string()),
                })
            }
            Self::Helper(helper) => match ask(helper, &Request::Verify(reply.clone()))? {
                Answer::Verdict(verdict) => Ok((verdict, None)),
                Answer::NotPaired => Err(Trouble::NotPaired),
                other => Err(unexpected(other)),
            },
        }
    }
}

fn unexpected(answer: Answer) -> Trouble {
    match answer {
        Answer::Failed(why) => Trouble::Unavailable(why),
        _ => Trouble::Unavailable("otp-helper gave an answer to another question".to_owned()),
    }
}

/// Runs the helper for one request.
fn ask(helper: &Path, request: &Request) -> Result<Answer, Trouble> {
    exchange(helper, request).map_err(|error| Trouble::Unavailable(format!("{}: {error}", helper.display())))
}

fn exchange(helper: &Path, request: &Request) -> std::io::Result<Answer> {
    // A socket instead of pipes: writing to a helper that is gone must not send the host a SIGPIPE.
    let (mut ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(Duration::from_secs(20)))?;
    let (input, output) = (theirs.try_clone()?, theirs);
    let mut child = Command::new(helper)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(input)))
        .stdout(Stdio::from(OwnedFd::from(output)))
        .stderr(Stdio::null())
        .spawn()?;
    let exchanged = talk(&mut ours, request);
    // Whatever it still has to say goes nowhere, and must not keep it, and us, waiting.
    drop(ours);
    end(&mut child);
    let text = exchanged?;
    Answer::decode(&text).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
}

/// Sees the helper end: by itself within half a second, as it does, or else killed. The host may collect its children
/// itself; the answer counts, not the exit status.
fn end(child: &mut Child) {
    for _ in 0..100 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn talk(socket: &mut UnixStream, request: &Request) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let message = request.encode();
    let mut rest = message.as_bytes();
    while !rest.is_empty() {
        match send(socket.as_raw_fd(), rest, MsgFlags::MSG_NOSIGNAL) {
            Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
            // It refuses to start, and has said why.
            Err(Errno::EPIPE) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    socket.shutdown(Shutdown::Write)?;
    let mut answer = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    match socket.take(LONGEST as u64 + 1).read_to_end(&mut answer) {
        // The end of one that did not read the request.
        Err(error) if error.kind() != ErrorKind::ConnectionReset || answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use insis_otp::store::{Template, UserName};

    use super::*;

    #[test]
    fn who_has_no_home_just_now_is_not_somebody_who_has_not_paired() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let account = Account {
            name: UserName::parse("alice").unwrap(),
            uid: nix::unistd::geteuid(),
            gid: nix::unistd::getegid(),
            home: home.clone(),
        };
        let access = Access::Direct(Template::parse("%h/.insis-otp").unwrap().locate(&account));
        assert!(matches!(access.is_paired(&Policy::default()), Err(Trouble::Unavailable(_))));
        std::fs::create_dir(&home).unwrap();
        assert!(matches!(access.is_paired(&Policy::default()), Ok(false)));
    }
}
