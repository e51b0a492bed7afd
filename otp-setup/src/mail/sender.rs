//! The command that sends mail.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use insis_otp::config::Mail;

/// How long the command may take for one mail. It is to take it into its queue, and not to deliver it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The command cannot be run.
    #[error("cannot be run: {0}")]
    Start(io::Error),
    /// It did not take the whole message.
    #[error("did not take the message: {0}")]
    Write(io::Error),
    /// It ended, and not with success.
    #[error("ended with {0}")]
    Status(ExitStatus),
    /// It was ended.
    #[error("took longer than {} seconds", PATIENCE.as_secs())]
    Late,
}

/// Hands a message to the command. What it says goes to standard error, and so, in a service of systemd's, to the journal.
pub fn send(mail: &Mail, to: &str, message: &str) -> Result<(), SendError> {
    let mut command = Command::new(&mail.command);
    // A line with a dot alone does not end the message.
    command.arg("-i");
    if let Some(from) = &mail.from {
        command.args(["-f", from]);
    }
    command.args(["--", to]);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().map_err(SendError::Start)?;
    // Less than a pipe holds, so that nobody is waited for here.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(message.as_bytes()));
    let status = wait(&mut child)?;
    match written {
        _ if !status.success() => Err(SendError::Status(status)),
        Err(error) => Err(SendError::Write(error)),
        Ok(()) => Ok(()),
    }
}

fn wait(child: &mut Child) -> Result<ExitStatus, SendError> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait().map_err(SendError::Start)? {
            Some(status) => return Ok(status),
            None if began.elapsed() < PATIENCE => std::thread::sleep(pause),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(SendError::Late);
            }
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
