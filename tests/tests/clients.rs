//! The programs that people and scripts run over ssh: what each does with the second question, and what has to be set.
//! docs/clients.md says the same in words.

use std::path::Path;
use std::process::{Command, Output};

use insis_otp_tests::env::{run, talk};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd, machine};
use insis_otp_tests::terminal::Terminal;

const NOTE: &str = "what anna wrote\n";

/// anna's server, which every program of OpenSSH's on this machine calls `server`, and bob, who works here.
struct Site {
    machine: Machine,
    sshd: Sshd,
}

impl Site {
    fn new() -> Self {
        let machine = machine();
        let server = format!("{KEYBOARD_INTERACTIVE}\nSubsystem sftp internal-sftp");
        let sshd = Sshd::start(&machine.env, "sshd", &server);
        let config = format!(
            "Host server\n HostName 127.0.0.1\n Port {}\n User anna\n StrictHostKeyChecking no\n \
             UserKnownHostsFile /dev/null\n LogLevel ERROR\n NumberOfPasswordPrompts 1\n ControlPath ~/mux\n",
            sshd.port()
        );
        machine.env.write("/etc/ssh/ssh_config.d/00-server.conf".as_ref(), config.as_bytes(), 0o644);
        machine.env.write("/home/anna/note".as_ref(), NOTE.as_bytes(), 0o644);
        Self { machine, sshd }
    }

    /// What bob runs here.
    fn bob(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.machine.env.as_user("bob", program);
        command.args(arguments);
        command
    }

    /// A program with a code that was not used, at the first question.
    fn begin(&self, command: &Command) -> Terminal {
        self.machine.anna.again();
        self.machine.env.syslog().clear();
        Terminal::run(command)
    }

    fn code(&self) -> String {
        self.machine.anna.code()
    }

    /// Runs it in a terminal, types password and code, and waits for its end. Nobody is asked more than that.
    fn succeeds(&self, command: &Command) -> String {
        let mut terminal = self.begin(command);
        terminal.answers(&[("Password: ", PASSWORD), (PROMPT, &self.code())]);
        let status = terminal.wait();
        assert!(status.success(), "{command:?}: {}", terminal.text());
        assert_eq!(self.accepted(), 1, "{command:?}");
        terminal.text()
    }

    /// The same with a wrong code: nothing is done.
    fn fails(&self, command: &Command) {
        let mut terminal = self.begin(command);
        terminal.answers(&[("Password: ", PASSWORD), (PROMPT, &self.machine.anna.wrong())]);
        terminal.expect("Wrong code.");
        terminal.interrupt();
        assert!(!terminal.wait().success(), "{command:?}: {}", terminal.text());
        assert_eq!(self.accepted(), 0, "{command:?}");
    }

    /// Logins since the log was cleared.
    fn accepted(&self) -> usize {
        let lines = self.machine.env.syslog().lines();
        lines.iter().filter(|line| line.contains("pam_insis_otp(sshd:auth): result=accepted")).count()
    }

    fn is_copied(&self, name: &str) -> bool {
        std::fs::read_to_string(Path::new("/home/bob").join(name)).is_ok_and(|text| text == NOTE)
    }

    /// A repository of anna's.
    fn repository(&self) {
        const MAKE: &str = "git init -q repo && cd repo && git config receive.denyCurrentBranch ignore && \
            git -c user.name=anna -c user.email=anna@example.org commit -q --allow-empty -m 'first of anna'";
        run(self.machine.env.as_user("anna", "sh").args(["-c", MAKE]));
    }

    /// A connection that others share, by bob's configuration.
    fn master(&self) -> Terminal {
        let mut master = self.begin(&self.bob("ssh", &["-M", "-tt", "server", "echo now open; cat"]));
        master.answers(&[("Password: ", PASSWORD), (PROMPT, &self.code())]);
        master.expect("now open");
        self.machine.env.syslog().clear();
        master
    }
}

#[test]
fn programs_that_run_ssh_ask_for_password_and_code() {
    let site = Site::new();
    site.repository();
    let programs: [(&str, &[&str]); 4] = [
        ("scp", &["server:note", "by-scp"]),
        ("sftp", &["server:note", "by-sftp"]),
        ("rsync", &["server:note", "by-rsync"]),
        ("git", &["clone", "--quiet", "server:repo", "by-git"]),
    ];
    for (program, arguments) in programs {
        let command = site.bob(program, arguments);
        site.fails(&command);
        assert!(!std::fs::exists(format!("/home/bob/by-{program}")).unwrap());
        site.succeeds(&command);
        assert!(program == "git" || site.is_copied(&format!("by-{program}")), "{program}");
    }
    let log = run(&mut site.bob("git", &["-C", "by-git", "log", "--format=%s"]));
    assert_eq!(String::from_utf8_lossy(&log.stdout), "first of anna\n");
}

/// Whatever runs OpenSSH's ssh may take part, without a terminal and without being asked.
#[test]
fn over_a_shared_connection_no_program_asks() {
    let site = Site::new();
    site.repository();
    let batch: [(&str, &[&str]); 5] = [
        ("scp", &["-B", "server:note", "by-scp"]),
        ("sftp", &["-b", "batch", "server"]),
        ("rsync", &["-e", "ssh -o BatchMode=yes", "server:note", "by-rsync"]),
        ("git", &["-c", "core.sshCommand=ssh -o BatchMode=yes", "clone", "--quiet", "server:repo", "by-git"]),
        ("ansible", &["all", "-i", "server,", "-m", "ping", "--ssh-common-args=-o ControlPath=~/mux"]),
    ];
    let runs =
        |(program, arguments): (&str, &[&str])| -> Output { talk(&mut site.bob(program, arguments), "") };
    site.machine.env.write("/home/bob/batch".as_ref(), b"get note by-sftp\n", 0o644);
    // Without it, they fail at once: nobody is there to answer. (ansible has a test of its own for that.)
    for command in batch.into_iter().filter(|(program, _)| *program != "ansible") {
        let output = runs(command);
        assert!(!output.status.success(), "{command:?}: {output:?}");
    }
    let mut master = site.master();
    for command in batch {
        let output = runs(command);
        assert!(output.status.success(), "{command:?}: {output:?}");
        if command.0 == "ansible" {
            assert!(String::from_utf8_lossy(&output.stdout).contains("\"ping\": \"pong\""), "{output:?}");
        }
    }
    assert!(["by-scp", "by-sftp", "by-rsync"].iter().all(|name| site.is_copied(name)));
    let lines = site.machine.env.syslog().lines();
    assert!(lines.iter().all(|line| !line.contains("pam_insis_otp(sshd")), "{lines:?}");
    master.interrupt();
}

#[test]
fn sshfs_asks_once_and_the_folder_stays() {
    assert!(Path::new("/dev/fuse").exists(), "there is no /dev/fuse: modprobe fuse");
    let site = Site::new();
    let folder = site.machine.env.home("bob").join("mnt");
    std::fs::create_dir(&folder).unwrap();
    // The shell stays, as people's do: with the terminal, what it runs in the background would end.
    let mut shell = site.machine.env.command("sh");
    let mut shell =
        site.begin(shell.args(["-c", "sshfs server:/home/anna /home/bob/mnt; echo ended $?; cat"]));
    shell.answers(&[("Password: ", PASSWORD), (PROMPT, &site.code())]);
    shell.expect("ended 0");
    assert_eq!(std::fs::read_to_string(folder.join("note")).unwrap(), NOTE);
    std::fs::write(folder.join("new"), "by bob").unwrap();
    assert_eq!(std::fs::read_to_string("/home/anna/new").unwrap(), "by bob");
    assert_eq!(site.accepted(), 1);
    run(Command::new("umount").arg(&folder));
}

/// mosh logs in by ssh of its own, without a shared connection, and then goes on by UDP.
#[test]
fn mosh_asks_once_and_goes_on_without_ssh() {
    let site = Site::new();
    let mosh = site.bob("mosh", &["server", "--", "sh", "-c", "echo in as $(id -un); read word; echo $word"]);
    let mut terminal = site.begin(&mosh);
    terminal.answers(&[("Password: ", PASSWORD), (PROMPT, &site.code())]);
    terminal.expect("in as anna");
    // The session does not need the server that it came by.
    let Site { machine, sshd } = site;
    drop(sshd);
    terminal.line("still here");
    terminal.expect("still here");
    assert!(terminal.wait().success(), "{}", terminal.text());
    let _ = machine.env.syslog().expect(&["pam_insis_otp(sshd:auth): result=accepted"]);
}

/// PuTTY's programs, of which WinSCP and FileZilla have their way of logging in.
#[test]
fn psftp_asks_both_questions() {
    let site = Site::new();
    let port = site.sshd.port().to_string();
    let psftp = site.bob("psftp", &["-P", &port, "-l", "anna", "127.0.0.1"]);
    let mut terminal = site.begin(&psftp);
    terminal.expect("(y/n, Return cancels connection, i for more info)");
    terminal.line("n");
    terminal.answers(&[("Password: ", PASSWORD), (PROMPT, &site.code())]);
    terminal.answers(&[("psftp> ", "get note by-psftp"), ("psftp> ", "quit")]);
    assert!(terminal.wait().success(), "{}", terminal.text());
    assert!(site.is_copied("by-psftp"));
    // A password that it was told before is its answer to every question.
    let psftp = site.bob("psftp", &["-P", &port, "-l", "anna", "-pw", PASSWORD, "127.0.0.1"]);
    let mut terminal = site.begin(&psftp);
    terminal.expect("(y/n, Return cancels connection, i for more info)");
    terminal.line("n");
    terminal.expect("Configured password was not accepted");
    assert!(!terminal.wait().success(), "{}", terminal.text());
    assert_eq!(site.machine.anna.status().failures, 0);
}

/// FileZilla's own process for SFTP, as FileZilla talks to it: each question is a line of its own.
#[test]
#[ignore = "takes the package filezilla: make test-clients"]
fn filezillas_sftp_process_hands_on_both_questions() {
    let site = Site::new();
    let mut terminal = site.begin(&site.bob("sh", &["-c", "stty -echo; exec fzsftp -v"]));
    terminal.expect("fzSftp started");
    terminal.line(&format!("open \"anna@127.0.0.1\" {}", site.sshd.port()));
    // As much as it likes, in both directions.
    ["-0-", "-1-"].iter().for_each(|quota| terminal.line(quota));
    terminal.expect("ssh-ed25519");
    terminal.line("y");
    terminal.answers(&[("Password: ", PASSWORD), (PROMPT, &site.code())]);
    terminal.expect("Remote working directory is /home/anna");
    assert_eq!(site.accepted(), 1);
}

/// Programs with windows have a program of theirs ask (SSH_ASKPASS), question by question: git in an editor, VS Code.
#[test]
fn a_program_that_asks_in_a_window_is_given_the_words_of_each_question() {
    const ASK: &str = "#!/bin/sh\necho \"$1\" >>/home/bob/asked\ncase $1 in\n*Password:*) echo \"$PASSWORD\" ;;\n\
                       *code:*) echo \"$CODE\" ;;\nesac\n";
    let site = Site::new();
    site.machine.env.write("/usr/local/bin/ask".as_ref(), ASK.as_bytes(), 0o755);
    let mut ssh = site.bob("ssh", &["server", "id -un"]);
    ssh.envs([
        ("SSH_ASKPASS", "/usr/local/bin/ask"),
        ("SSH_ASKPASS_REQUIRE", "force"),
        ("PASSWORD", PASSWORD),
    ]);
    let output = run(ssh.env("CODE", site.code()));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "anna\n");
    let asked = std::fs::read_to_string("/home/bob/asked").unwrap();
    assert_eq!(asked, "(anna@127.0.0.1) Password: \n(anna@127.0.0.1) One-time code: \n");
}

/// ansible runs ssh where it cannot ask, in a terminal as well: it takes a shared connection.
#[test]
fn ansible_does_not_ask() {
    let site = Site::new();
    let mut terminal = site.begin(&site.bob("ansible", &["all", "-i", "server,", "-m", "ping"]));
    terminal.expect("server | UNREACHABLE!");
    assert!(!terminal.wait().success());
    assert_eq!((site.accepted(), site.machine.anna.status().failures), (0, 0));
}

/// paramiko's connect() with a password answers every question with it, and so no second one.
#[test]
fn paramikos_connect_with_a_password_alone_does_not_get_in() {
    const CLIENT: &str = "
import sys, paramiko
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
try:
    client.connect('127.0.0.1', int(sys.argv[1]), 'anna', sys.argv[2], look_for_keys=False, allow_agent=False)
    print('in')
except paramiko.SSHException as error: print('refused:', error)
";
    let site = Site::new();
    let port = site.sshd.port().to_string();
    let output = run(&mut site.bob("/usr/bin/python3", &["-W", "ignore", "-c", CLIENT, &port, PASSWORD]));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.starts_with("refused:"), "{shown}");
    assert_eq!(site.accepted(), 0);
    assert_eq!(site.machine.anna.status().failures, 0, "a password is no guess at a code");
}
