//! `make demo`: pairs a phone and logs in over a real sshd with password and code.
//!
//! On a terminal the person does it, in a shell as the throwaway user. Otherwise, or with AUTO=1, the demo plays person and
//! phone itself, prints everything that the terminals showed, and ends with 1 if anything went otherwise.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use insis_otp_tests::env::Env;
use insis_otp_tests::phone::{Phone, now, wait_until};
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;
use regex::Regex;

/// What the programs say, as regular expressions (but for [`SECRET`](says::SECRET)): when otp-setup or a prompt changes its words, change them here.
mod says {
    /// otp-setup wants a yes.
    pub(super) const AGREE: &str = r"\[yes/no\] ";
    /// What stands on the screen before the secret.
    pub(super) const SECRET: &str = "Secret:";
    /// One of the secret's groups.
    pub(super) const GROUP: &str = r"\b[A-Z2-7]{4}\b";
    /// otp-setup asks for the first code.
    pub(super) const FIRST: &str = r"(?i)first code[^\n]*: ?";
    /// otp-setup asks for the next code.
    pub(super) const NEXT: &str = r"(?i)(next|second) code[^\n]*: ?";
    /// otp-setup is done, and would clear the screen.
    pub(super) const OWN_PASSWORD: &str = r"Your password \(not shown\)";
    pub(super) const DONE: &str = r"Press Enter";
    /// The login asks for the password.
    pub(super) const PASSWORD: &str = r"Password: ";
    /// The login asks for the code.
    pub(super) const CODE: &str = r"(?i)code[^\n]*: $";
    /// The login asks again, or ends.
    pub(super) const REFUSED: &str = r"(?i)code[^\n]*: $|Permission denied";
    /// What the session over there says (made by [`super::SESSION`]).
    pub(super) const IN: &str = r"logged in as anna";
}

const USER: &str = "anna";
const PASSWORD: &str = "correct horse";
const SESSION: &str = "echo logged in as $(id -un)";
const STACK: &str = "auth     required  pam_unix.so nodelay\n\
                     auth     required  pam_insis_otp.so\n\
                     account  required  pam_unix.so\n\
                     session  required  pam_unix.so";
const SSHD: &str = "AuthenticationMethods keyboard-interactive";

fn main() -> ExitCode {
    let env = Env::build().user(USER, PASSWORD).service("sshd", STACK).start();
    let sshd = Sshd::start(&env, "sshd", SSHD);
    let by_hand = std::io::stdin().is_terminal() && std::env::var("AUTO").is_ok_and(|auto| auto.is_empty());
    if by_hand {
        return by_hand_demo(&env, &sshd);
    }
    match by_itself(&env, &sshd) {
        Ok(()) => {
            println!("\nAs it should be: the password and a fresh code let in, and nothing else did.");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            println!("\nNOT AS IT SHOULD BE: {problem}");
            show("system log", &env.syslog().lines().join("\n"));
            show("sshd", &sshd.log());
            ExitCode::FAILURE
        }
    }
}

fn by_hand_demo(env: &Env, sshd: &Sshd) -> ExitCode {
    let home = env.home(USER);
    let config = format!(
        "Host demo\n HostName 127.0.0.1\n Port {}\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n \
         GlobalKnownHostsFile /dev/null\n LogLevel ERROR\n PreferredAuthentications keyboard-interactive\n",
        sshd.port()
    );
    env.write(&home.join(".ssh/config"), config.as_bytes(), 0o644);
    let status = env
        .as_user(USER, "script")
        .args(["--quiet", "--return", "--command", &shell(env), "/dev/null"])
        .status();
    println!("The throwaway machine is gone, and everything on it.");
    if status.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the shell of the demo by hand says at its start.
fn instructions() -> String {
    format!(
        "You are {USER}, on a throwaway machine. Your password is: {PASSWORD}\n\
         \n\
         \x20 otp-setup    pairs your phone: have an authenticator app at hand\n\
         \x20 ssh demo     logs in, over a real sshd: password, then code\n\
         \x20 exit         leaves; nothing of this stays\n"
    )
}

/// A shell that greets: the command to start it.
fn shell(env: &Env) -> String {
    let path = std::path::Path::new("/run/otp-test/demo.rc");
    let rc = format!("cat <<'END'\n{}END\nPS1='\\u@demo \\w $ '\n", instructions());
    env.write(path, rc.as_bytes(), 0o644);
    format!("bash --rcfile {} -i", path.display())
}

type Outcome = Result<(), String>;

fn by_itself(env: &Env, sshd: &Sshd) -> Outcome {
    let (phone, paired) = enroll(env)?;
    let fresh = paired + phone.period();
    title("The login: password, then a fresh code. (Waiting for the phone's next code.)");
    wait_until(fresh);
    let code = phone.code_at(fresh);
    login(env, sshd, &[PASSWORD, &code], true)?;
    title("The same code once more");
    login(env, sshd, &[PASSWORD, &code], false)?;
    title("A wrong code");
    login(env, sshd, &[PASSWORD, &wrong(&phone)], false)?;
    title("The password alone");
    login(env, sshd, &[PASSWORD, ""], false)
}

/// Plays person and phone for otp-setup. Returns the phone, and the time of the last code that was used.
fn enroll(env: &Env) -> Result<(Phone, u64), String> {
    title("The pairing: otp-setup");
    let mut setup = Terminal::run(&env.as_user(USER, "otp-setup")).patience(Duration::from_secs(60));
    wait_for(&mut setup, says::AGREE)?;
    setup.line("yes");
    wait_for(&mut setup, says::FIRST)?;
    // Without its colours, the code would be white on black on most terminals, and no scanner reads that.
    let in_colours = std::io::stdout().is_terminal();
    show("otp-setup", &if in_colours { setup.screen_in_colours() } else { setup.screen() });
    let phone = Phone::typed(&secret(&setup.screen())?);
    let first = start_of_step(&phone);
    setup.line(&phone.code_at(first));
    wait_for(&mut setup, says::NEXT)?;
    let next = first + phone.period();
    wait_until(next);
    setup.line(&phone.code_at(next));
    wait_for(&mut setup, says::OWN_PASSWORD)?;
    setup.line(PASSWORD);
    let done = wait_for(&mut setup, says::DONE);
    show("otp-setup", &setup.screen());
    done?;
    setup.line("");
    let status = setup.wait();
    if status.success() { Ok((phone, next)) } else { Err(format!("otp-setup ended with {status}")) }
}

/// The secret, as somebody types it into a phone.
fn secret(screen: &str) -> Result<String, String> {
    let (_, after) = screen.split_once(says::SECRET).ok_or("there is no secret on the screen")?;
    let group = Regex::new(says::GROUP).map_err(|error| error.to_string())?;
    let groups: Vec<_> = group.find_iter(after).take(8).map(|group| group.as_str()).collect();
    if groups.len() == 8 {
        Ok(groups.concat())
    } else {
        Err(format!("no secret of eight groups: {groups:?}"))
    }
}

/// The start of this time step; of the next one, when this one is nearly over.
fn start_of_step(phone: &Phone) -> u64 {
    let (time, period) = (now(), phone.period());
    let start = time - time % period;
    if time % period < period - 5 {
        return start;
    }
    wait_until(start + period);
    start + period
}

/// A code that the phone does not show anywhere near now.
fn wrong(phone: &Phone) -> String {
    let near: Vec<_> = (0..21).map(|step| phone.code_at(now() + step * 30 - 300)).collect();
    ["000000", "111111", "222222"]
        .map(str::to_owned)
        .into_iter()
        .find(|code| !near.contains(code))
        .unwrap_or_default()
}

fn login(env: &Env, sshd: &Sshd, answers: &[&str; 2], let_in: bool) -> Outcome {
    env.syslog().clear();
    let mut ssh = sshd.login(USER, SESSION);
    wait_for(&mut ssh, says::PASSWORD)?;
    let [password, code] = answers;
    ssh.line(password);
    wait_for(&mut ssh, says::CODE)?;
    ssh.line(code);
    let heard = wait_for(&mut ssh, if let_in { says::IN } else { says::REFUSED });
    let status = if let_in { ssh.wait() } else { ssh.give_up() };
    show("ssh", &ssh.screen());
    show("typed", &format!("password {password:?}, code {code:?}"));
    let _ = env.syslog().wait_for(|line| line.contains("pam_insis_otp"));
    show("system log", &log_of_module(env));
    heard?;
    let inside = Regex::new(says::IN).map_err(|error| error.to_string())?.is_match(&ssh.text());
    match (let_in, inside) {
        (true, false) => Err(format!("the login was refused: {status}")),
        (false, true) => Err("the login was let in".to_owned()),
        _ => Ok(()),
    }
}

fn log_of_module(env: &Env) -> String {
    let ours = |line: &String| line.contains("pam_insis_otp");
    env.syslog().lines().into_iter().filter(ours).collect::<Vec<_>>().join("\n")
}

fn wait_for(terminal: &mut Terminal, words: &str) -> Result<Vec<String>, String> {
    let pattern = Regex::new(words).map_err(|error| error.to_string())?;
    let heard = terminal.try_find(&pattern);
    let mut heard = heard.map_err(|heard| format!("waited for {words:?}, but there was only:\n{heard}"))?;
    heard.remove(0);
    Ok(heard)
}

fn title(text: &str) {
    println!("\n== {text}");
}

fn show(who: &str, text: &str) {
    for line in text.lines() {
        println!("{who:>10} | {line}");
    }
}
