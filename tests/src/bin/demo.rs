//! `make demo`: enrolls a phone and logs in over a real sshd with password and code.
//!
//! On a terminal the person does it, in a shell as the throwaway user. Otherwise, or with AUTO=1, the demo plays person and
//! phone itself, prints everything that the terminals showed, and ends with 1 if anything went otherwise.
//!
//! With FLEET=1 there are a directory and two hosts, in network namespaces: the phone is paired on one, logs in on the other, and
//! the same code is refused on the first.
//!
//! With IDP=1 it shows the sign-in at an OpenID provider instead of a code, and plays the person and her browser.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use insis_otp_tests::env::{CONFIG, Env};
use insis_otp_tests::fleet::{BASE, BY_CERTIFICATE, BY_PASSWORD, Slapd, start_ldif};
use insis_otp_tests::identity_provider::{CA_FILE, Decision, Provider, authority};
use insis_otp_tests::network::Network;
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
    /// The second question: the address and the code in it.
    pub(super) const OPEN: &str =
        r"(?s)Open (\S+)\s+and type this code there: (\S+).*Then press Enter[^\n]*: $";
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
    if std::env::var("IDP").is_ok_and(|idp| !idp.is_empty()) {
        return with_provider();
    }
    if std::env::var("FLEET").is_ok_and(|fleet| !fleet.is_empty()) {
        return with_fleet();
    }
    let env = Env::build().user(USER, PASSWORD).service("sshd", STACK).start();
    let sshd = Sshd::start(&env, "sshd", SSHD);
    let by_hand = std::io::stdin().is_terminal() && std::env::var("AUTO").is_ok_and(|auto| auto.is_empty());
    if by_hand {
        return by_hand_demo(&env, &sshd);
    }
    let as_it_should = "the password and a fresh code let in, and nothing else did.";
    end(&env, &sshd, as_it_should, by_itself(&env, &sshd))
}

/// Says how it went.
fn end(env: &Env, sshd: &Sshd, as_it_should: &str, outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => {
            println!("\nAs it should be: {as_it_should}");
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

/// A directory and two hosts, each in a network namespace of its own.
fn with_fleet() -> ExitCode {
    let env = Env::build().user(USER, PASSWORD).service("sshd", STACK).start();
    let networks = [("dir", 1), ("alpha", 2), ("beta", 3)].map(|(name, cable)| Network::routed(name, cable));
    let [directory, alpha, beta] = &networks;
    let slapd = Slapd::at(directory.address(1), "", &start_ldif());
    slapd.add(&[USER]);
    // One knows itself by a password, the other by a certificate. What otp-setup does here, it does as the first.
    slapd.join(&env, "");
    let hosts = [(alpha, 2, BY_PASSWORD), (beta, 3, BY_CERTIFICATE)].map(|(network, cable, identity)| {
        let address = network.address(cable);
        let name = address.namespace.unwrap_or_default();
        let settings = format!("/run/otp-test/{name}.toml");
        env.write(settings.as_ref(), slapd.settings(&slapd.ldaps(), identity, "").as_bytes(), 0o644);
        let own = format!("mount --bind {settings} {CONFIG} && exec \"$@\"");
        let before = ["ip", "netns", "exec", &name, "unshare", "--mount", "sh", "-c", &own, "sh"];
        Sshd::start_on(&env, "sshd", SSHD, &address.host, &before)
    });
    let by_hand = std::io::stdin().is_terminal() && std::env::var("AUTO").is_ok_and(|auto| auto.is_empty());
    if by_hand {
        return fleet_by_hand(&env, &hosts);
    }
    title("What each host has in /etc/security/insis-otp.toml (the other one has a certificate)");
    show("insis-otp", &slapd.settings(&slapd.ldaps(), BY_PASSWORD, ""));
    let as_it_should = "one pairing let in on both hosts, and each code on one of them.";
    end(&env, &hosts[0], as_it_should, fleet_by_itself(&env, &hosts, &slapd))
}

fn fleet_by_itself(env: &Env, [alpha, beta]: &[Sshd; 2], slapd: &Slapd) -> Outcome {
    title("The pairing: otp-setup --user anna (by root, on alpha)");
    let (phone, paired) = pair(env.command("otp-setup").args(["--user", USER]), false)?;
    show("directory", &slapd.search(&format!("(entryDN=uid={USER},{BASE})"), &["oathTOTPLastTimeStep"]));
    let fresh = paired + phone.period();
    title("The login on beta: password, then a fresh code. (Waiting for the phone's next code.)");
    wait_until(fresh);
    let code = phone.code_at(fresh);
    login(env, beta, &[PASSWORD, &code], true)?;
    title("The same code on alpha");
    login(env, alpha, &[PASSWORD, &code], false)?;
    title("The same code on beta once more");
    login(env, beta, &[PASSWORD, &code], false)?;
    title("The next code, on alpha");
    wait_until(fresh + phone.period());
    login(env, alpha, &[PASSWORD, &phone.code_at(fresh + phone.period())], true)
}

fn fleet_by_hand(env: &Env, hosts: &[Sshd; 2]) -> ExitCode {
    let names = ["alpha", "beta"];
    let entries: String =
        names.iter().zip(hosts).map(|(name, sshd)| host_entry(name, sshd.host(), sshd.port())).collect();
    env.write("/run/otp-test/ssh-config".as_ref(), entries.as_bytes(), 0o644);
    let text = format!(
        "You are root, on alpha of two throwaway hosts; a third one has the directory. The password of {USER} is: {PASSWORD}\n\
         \n\
         \x20 otp-setup --user {USER}   pairs a phone: have an authenticator app at hand\n\
         \x20 ssh {USER}@beta           logs in there: password, then code\n\
         \x20 ssh {USER}@alpha          takes the next code, and not the same one\n\
         \x20 otp-setup doctor         looks at the directory\n\
         \x20 exit                     leaves; nothing of this stays\n"
    );
    let alias = "alias ssh='ssh -F /run/otp-test/ssh-config'\n";
    let rc = format!("cat <<'END'\n{text}END\n{alias}PS1='\\u@alpha \\w # '\n");
    env.write("/run/otp-test/fleet.rc".as_ref(), rc.as_bytes(), 0o644);
    let status = env
        .command("script")
        .args(["--quiet", "--return", "--command", "bash --rcfile /run/otp-test/fleet.rc -i", "/dev/null"])
        .status();
    println!("The throwaway machines are gone, and everything on them.");
    if status.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The sign-in at a provider, which is on this machine, too.
fn with_provider() -> ExitCode {
    let provider = Provider::start();
    let settings = provider.settings("rs256", "mfa = \"amr=mfa\"");
    let env = Env::build().user(USER, PASSWORD).service("sshd", STACK).config(&settings);
    let env = env.file(CA_FILE, authority(), 0o644).start();
    let sshd = Sshd::start(&env, "sshd", SSHD);
    title("What the administrator has written");
    show("insis-otp", &settings);
    let as_it_should = "who is linked signed in with a second factor and was let in, and nobody else was.";
    end(&env, &sshd, as_it_should, signs_in(&env, &sshd, &provider))
}

fn signs_in(env: &Env, sshd: &Sshd, provider: &Provider) -> Outcome {
    title("The link: otp-setup link --user anna --subject s-4711 (by root, once)");
    let linked = env.command("otp-setup").args(["link", "--user", USER, "--subject", "s-4711"]).output();
    let linked = linked.map_err(|error| error.to_string())?;
    show("otp-setup", &String::from_utf8_lossy(&linked.stdout));
    for (account, amr, let_in, text) in [
        (
            "s-4711",
            "pwd mfa",
            true,
            "The login: password, and a sign-in with a second factor in the browser; who has a phone would type m first",
        ),
        ("s-4711", "pwd", false, "The same with a password only"),
        ("s-4712", "pwd mfa", false, "Somebody else signs in"),
    ] {
        title(text);
        sign_in(env, sshd, provider, (account, amr), let_in)?;
    }
    Ok(())
}

fn sign_in(env: &Env, sshd: &Sshd, provider: &Provider, who: (&str, &str), let_in: bool) -> Outcome {
    env.syslog().clear();
    let mut ssh = sshd.login(USER, SESSION);
    wait_for(&mut ssh, says::PASSWORD)?;
    ssh.line(PASSWORD);
    let found = wait_for(&mut ssh, says::OPEN)?;
    let [.., uri, code] = found.as_slice() else { return Err(format!("{found:?}")) };
    let fields = [format!("account={}", who.0), format!("amr={}", who.1)];
    provider.person(uri, code, Decision::Approve, &fields.each_ref().map(String::as_str));
    ssh.line("");
    let found = wait_for(&mut ssh, if let_in { says::IN } else { says::REFUSED });
    let status = if let_in { ssh.wait() } else { ssh.give_up() };
    show("ssh", &ssh.screen());
    show("browser", &format!("signs in as {:?}, having shown {:?}", who.0, who.1));
    let _ = env.syslog().wait_for(|line| line.contains("pam_insis_otp"));
    show("system log", &log_of_module(env));
    found?;
    ended(&ssh, let_in, &status.to_string())
}

/// Whether the session over there has begun, as it should have or not.
fn ended(ssh: &Terminal, let_in: bool, status: &str) -> Outcome {
    let inside = Regex::new(says::IN).map_err(|error| error.to_string())?.is_match(&ssh.text());
    match (let_in, inside) {
        (true, false) => Err(format!("the login was refused: {status}")),
        (false, true) => Err("the login was let in".to_owned()),
        _ => Ok(()),
    }
}

fn by_hand_demo(env: &Env, sshd: &Sshd) -> ExitCode {
    let home = env.home(USER);
    let config = host_entry("demo", sshd.host(), sshd.port());
    env.write(&home.join(".ssh/config"), config.as_bytes(), 0o644);
    let status = env
        .as_user(USER, "script")
        .args(["--quiet", "--return", "--command", &shell(env), "/dev/null"])
        .status();
    println!("The throwaway machine is gone, and everything on it.");
    if status.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A host as ssh_config has it.
fn host_entry(name: &str, host: &str, port: u16) -> String {
    format!(
        "Host {name}\n HostName {host}\n Port {port}\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n \
         GlobalKnownHostsFile /dev/null\n LogLevel ERROR\n PreferredAuthentications keyboard-interactive\n"
    )
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
    pair(&env.as_user(USER, "otp-setup"), true)
}

/// The same by this command, which may ask for the person's password at the end.
fn pair(command: &std::process::Command, asks: bool) -> Result<(Phone, u64), String> {
    let mut setup = Terminal::run(command).patience(Duration::from_secs(60));
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
    if asks {
        wait_for(&mut setup, says::OWN_PASSWORD)?;
        setup.line(PASSWORD);
    }
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
    let found = wait_for(&mut ssh, if let_in { says::IN } else { says::REFUSED });
    let status = if let_in { ssh.wait() } else { ssh.give_up() };
    show("ssh", &ssh.screen());
    show("typed", &format!("password {password:?}, code {code:?}"));
    let _ = env.syslog().wait_for(|line| line.contains("pam_insis_otp"));
    show("system log", &log_of_module(env));
    found?;
    ended(&ssh, let_in, &status.to_string())
}

fn log_of_module(env: &Env) -> String {
    let ours = |line: &String| line.contains("pam_insis_otp");
    env.syslog().lines().into_iter().filter(ours).collect::<Vec<_>>().join("\n")
}

fn wait_for(terminal: &mut Terminal, words: &str) -> Result<Vec<String>, String> {
    let pattern = Regex::new(words).map_err(|error| error.to_string())?;
    let found = terminal.try_find(&pattern);
    let mut found = found.map_err(|found| format!("waited for {words:?}, but there was only:\n{found}"))?;
    found.remove(0);
    Ok(found)
}

fn title(text: &str) {
    println!("\n== {text}");
}

fn show(who: &str, text: &str) {
    for line in text.lines() {
        println!("{who:>10} | {line}");
    }
}
