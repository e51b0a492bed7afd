//! A real sshd on 127.0.0.1, and the real ssh that logs in to it.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::env::{BASE, Env, run};
use crate::machine::Machine;
use crate::terminal::Terminal;

/// A stack with both steps.
pub const STACK: &str = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
                         account required pam_unix.so\nsession required pam_unix.so";
/// The setting of sshd that brings both questions.
pub const KEYBOARD_INTERACTIVE: &str = "AuthenticationMethods keyboard-interactive";

/// A machine whose sshd has both steps.
#[must_use]
pub fn machine() -> Machine {
    Machine::of(Machine::build().service("sshd", STACK))
}

/// An sshd with its own keys, port and PAM service; ended when dropped.
#[derive(Debug)]
pub struct Sshd {
    child: Child,
    host: String,
    port: u16,
    folder: PathBuf,
}

impl Sshd {
    /// Starts it with these lines of sshd_config before the usual ones (sshd takes the first it finds). The PAM service
    /// is /etc/pam.d/NAME, since sshd goes by the name of its own file.
    ///
    /// # Panics
    /// When it does not listen within seconds.
    #[must_use]
    pub fn start(env: &Env, name: &str, config: &str) -> Self {
        Self::start_on(env, name, config, "127.0.0.1", &[])
    }

    /// The same on another address, by a command before its own that brings it there.
    ///
    /// # Panics
    /// When it does not listen within seconds.
    #[must_use]
    pub fn start_on(env: &Env, name: &str, config: &str, host: &str, before: &[&str]) -> Self {
        let folder = Path::new(BASE).join(if host == "127.0.0.1" { "" } else { host }).join(name);
        std::fs::create_dir_all(&folder).expect("cannot make a folder for sshd");
        std::fs::copy("/usr/sbin/sshd", folder.join(name)).expect("sshd is missing: make deps");
        let key = folder.join("host_key");
        if !key.exists() {
            run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key));
        }
        // A free port may be taken by another test before sshd has it.
        (0..10).find_map(|_| Self::try_start(env, &folder, config, (host, before))).unwrap_or_else(|| {
            panic!(
                "sshd does not listen: {}",
                std::fs::read_to_string(folder.join("log")).unwrap_or_default()
            )
        })
    }

    fn try_start(env: &Env, folder: &Path, config: &str, (host, before): (&str, &[&str])) -> Option<Self> {
        let program = folder.join(folder.file_name()?).to_string_lossy().into_owned();
        let port = free_port();
        let path = folder.join("config");
        std::fs::write(&path, full_config(config, (host, port), folder))
            .expect("cannot write sshd's configuration");
        let log = File::create(folder.join("log")).expect("cannot make sshd's log");
        let words = [before, &[program.as_str()]].concat();
        let (first, rest) = words.split_first()?;
        let mut command = env.command(first);
        command
            .args(rest)
            .args(["-D", "-e", "-f"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let child = command.spawn().expect("cannot start sshd");
        let mut sshd = Self { child, host: host.to_owned(), port, folder: folder.to_owned() };
        sshd.listens().then_some(sshd)
    }

    fn listens(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if self.log().contains(&format!("Server listening on {}", self.host)) {
                return true;
            }
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// The address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port there.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process, the parent of all its connections.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What sshd itself says (not what its PAM modules say to the system log).
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The command `ssh [OPTION...] USER@HOST`: no configuration, no keys of its own, no agent; arguments added
    /// later are the command to run over there.
    #[must_use]
    pub fn ssh(&self, user: &str, options: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        command.args(["-F", "none", "-p", &self.port.to_string(), "-l", user]).args(options);
        for option in [
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "GlobalKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
            "IdentityAgent=none",
            "IdentitiesOnly=yes",
            "BatchMode=no",
            "NumberOfPasswordPrompts=1",
        ] {
            command.args(["-o", option]);
        }
        command.arg(&self.host).env("LC_ALL", "C.UTF-8");
        command
    }

    /// Logs in by keyboard-interactive in a terminal, up to the first prompt, to run `command` (or a shell, if empty).
    #[must_use]
    pub fn login(&self, user: &str, command: &str) -> Terminal {
        let mut ssh = self.ssh(user, &["-tt", "-o", "PreferredAuthentications=keyboard-interactive"]);
        if !command.is_empty() {
            ssh.arg(command);
        }
        Terminal::run(&ssh)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.child.wait();
    }
}

fn full_config(config: &str, (host, port): (&str, u16), folder: &Path) -> String {
    format!(
        "{config}\n\
         ListenAddress {host}\n\
         Port {port}\n\
         HostKey {}/host_key\n\
         PidFile none\n\
         UsePAM yes\n\
         KbdInteractiveAuthentication yes\n\
         PasswordAuthentication no\n\
         PermitRootLogin no\n\
         PrintMotd no\n\
         LogLevel VERBOSE\n",
        folder.display()
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("no free port on 127.0.0.1");
    listener.local_addr().expect("a listener has an address").port()
}
