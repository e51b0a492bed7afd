//! Logins at which people may sign in at an OpenID provider: a real sshd, ssh, the provider, and people with a browser.

use std::process::Command;

use regex::Regex;

use crate::env::{Builder, run};
use crate::identity_provider::{CA_FILE, Decision, Provider, authority};
use crate::machine::{Machine, PASSWORD};
use crate::ssh::{KEYBOARD_INTERACTIVE, STACK, Sshd};
use crate::terminal::Terminal;

/// What the module asks here.
pub const CHOICE: &str = "One-time code (or m for Example): ";
/// The end of the second question.
pub const ENTER: &str = "Then press Enter (or type a one-time code): ";
/// What a person with a second factor brings along.
pub const MFA: [&str; 1] = ["amr=pwd mfa"];
/// Has the provider asked each second.
pub const QUICK: (&str, &str) = ("DEVICE_INTERVAL", "1");
/// Both steps; who does not know the password does not come to the second one.
pub const SOUND_STACK: &str = "auth requisite pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
                               account required pam_unix.so\nsession required pam_unix.so";

/// A machine whose sshd offers a provider; anna has enrolled a phone, bob has not.
#[derive(Debug)]
pub struct Scene {
    /// The provider.
    pub provider: Provider,
    /// The machine.
    pub machine: Machine,
    /// Its sshd.
    pub sshd: Sshd,
}

impl Scene {
    /// With more lines in the section of the provider. The stack asks for the code whatever the password was.
    #[must_use]
    pub fn new(more: &str) -> Self {
        Self::with(more, Machine::build().service("sshd", STACK))
    }

    /// The same, of a machine that has the service sshd already.
    #[must_use]
    pub fn with(more: &str, machine: Builder) -> Self {
        Self::of(Provider::with(&[QUICK]), KEYBOARD_INTERACTIVE, more, machine)
    }

    /// The same, with that provider and these lines in the configuration of sshd.
    #[must_use]
    pub fn of(provider: Provider, sshd: &str, more: &str, machine: Builder) -> Self {
        let settings = settings(&provider, more);
        let machine = Machine::of(machine.config(&settings).file(CA_FILE, authority(), 0o644));
        let sshd = Sshd::start(&machine.env, "sshd", sshd);
        Self { provider, machine, sshd }
    }

    /// Other lines in the section of the provider.
    pub fn configure(&self, more: &str) {
        self.machine.configure(&settings(&self.provider, more));
    }

    /// Links somebody, as root.
    pub fn link(&self, user: &str, subject: &str) {
        run(self.machine.env.command("otp-setup").args(["link", "--user", user, "--subject", subject]));
    }

    /// Up to the second question, by the choice or without being asked; returns the address and the code in it.
    #[must_use]
    pub fn chooses(&self, user: &str) -> (Terminal, String, String) {
        let mut ssh = self.sshd.login(user, "echo in as $(id -un)");
        ssh.answers(&[("Password: ", PASSWORD)]);
        let either = format!("{}|{}", regex::escape(CHOICE), regex::escape(ENTER));
        let question = ssh.find(&Regex::new(&either).expect("a regular expression"));
        if question.get(1).is_some_and(|question| question == CHOICE) {
            ssh.line("m");
            ssh.expect(ENTER);
        }
        let (uri, code) = shown(&ssh);
        (ssh, uri, code)
    }

    /// Somebody with that account at the provider signs in.
    pub fn person(&self, uri: &str, code: &str, account: &str, fields: &[&str]) {
        let account = format!("account={account}");
        let fields: Vec<&str> = std::iter::once(account.as_str()).chain(fields.iter().copied()).collect();
        self.provider.person(uri, code, Decision::Approve, &fields);
    }

    /// Signs in as that account, and presses Enter.
    #[must_use]
    pub fn signs_in(&self, user: &str, account: &str, fields: &[&str]) -> Terminal {
        let (mut ssh, uri, code) = self.chooses(user);
        self.person(&uri, &code, account, fields);
        ssh.line("");
        ssh
    }

    /// Waits for a refusal with that reason in the log, and returns its line.
    #[must_use]
    pub fn reason(&self, reason: &str) -> String {
        self.machine.env.syslog().expect(&["result=refused", &format!("reason={reason} ")])
    }
}

fn settings(provider: &Provider, more: &str) -> String {
    provider.settings("rs256", &format!("mfa = \"amr=mfa\"\ndeadline = \"30s\"\n{more}"))
}

/// Waits for the second question; the address and the code in it.
#[must_use]
pub fn asked(terminal: &mut Terminal) -> (String, String) {
    terminal.expect(ENTER);
    shown(terminal)
}

/// The address and the code that were shown last.
///
/// # Panics
/// None were.
#[must_use]
pub fn shown(terminal: &Terminal) -> (String, String) {
    let text = terminal.text();
    let after = |words: &str| {
        let rest = text.rsplit_once(words).unwrap_or_else(|| panic!("{text}")).1;
        rest.lines().next().unwrap_or_default().trim().to_owned()
    };
    (after("Open "), after("type this code there: "))
}

/// The processes `otp-idp` below another one.
///
/// # Panics
/// There is no /proc.
#[must_use]
pub fn programs_below(ancestor: u32) -> Vec<u32> {
    below(ancestor).into_iter().filter(|(_, name)| name == "otp-idp").map(|(pid, _)| pid).collect()
}

/// The processes below another one, and what they are called.
///
/// # Panics
/// There is no /proc.
#[must_use]
pub fn below(ancestor: u32) -> Vec<(u32, String)> {
    let stats = std::fs::read_dir("/proc").expect("no /proc").flatten();
    let stats = stats.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let parse = |stat: String| {
        let (pid, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        Some((pid.parse::<u32>().ok()?, name.to_owned(), rest.split(' ').nth(1)?.parse::<u32>().ok()?))
    };
    let all: Vec<_> = stats.filter_map(parse).collect();
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut parents = vec![ancestor];
    while let Some(parent) = parents.pop() {
        let children = all.iter().filter(|(_, _, of)| *of == parent);
        let children: Vec<_> = children.map(|(pid, name, _)| (*pid, name.clone())).collect();
        parents.extend(children.iter().map(|(pid, _)| *pid));
        found.extend(children);
    }
    found
}

/// Whether a process is there, be it as what its parent has not taken notice of.
#[must_use]
pub fn is_there(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// Pulls the plug of a client: it is killed, and says nothing more.
///
/// # Panics
/// It is gone.
pub fn kill_client(client: &Terminal) {
    run(Command::new("kill").args(["-KILL", &client.pid().to_string()]));
}
