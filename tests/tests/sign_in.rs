//! Signing in at an OpenID provider in place of a code: real sshd, real ssh, the real provider, and a person with a browser.

use std::path::Path;
use std::process::Command;

use insis_otp_tests::env::{Builder, CONFIG, run};
use insis_otp_tests::identity_provider::{CA_FILE, Decision, Provider, authority};
use insis_otp_tests::machine::{Machine, PASSWORD};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, STACK, Sshd};
use insis_otp_tests::terminal::Terminal;

/// What the module asks here.
const CHOICE: &str = "One-time code (or m for Example): ";
/// The end of the second question.
const ENTER: &str = "Then press Enter (or type a one-time code): ";
/// What a person with a second factor brings along.
const MFA: [&str; 1] = ["amr=pwd mfa"];

/// A machine whose sshd offers a provider; anna has enrolled a phone, bob has not.
struct Scene {
    provider: Provider,
    machine: Machine,
    sshd: Sshd,
}

impl Scene {
    fn new(more: &str) -> Self {
        Self::with(more, Machine::build())
    }

    fn with(more: &str, machine: Builder) -> Self {
        let provider = Provider::start();
        let settings = provider.settings("rs256", &format!("mfa = \"amr=mfa\"\ndeadline = \"30s\"\n{more}"));
        let machine =
            Machine::of(machine.service("sshd", STACK).config(&settings).file(CA_FILE, authority(), 0o644));
        let sshd = Sshd::start(&machine.env, "sshd", KEYBOARD_INTERACTIVE);
        Self { provider, machine, sshd }
    }

    fn link(&self, user: &str, subject: &str) {
        run(self.machine.env.command("otp-setup").args(["link", "--user", user, "--subject", subject]));
    }

    /// Up to the second question; returns the address and the code in it.
    fn chooses(&self, user: &str) -> (Terminal, String, String) {
        let mut ssh = self.sshd.login(user, "echo in as $(id -un)");
        ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
        let (uri, code) = asked(&mut ssh);
        (ssh, uri, code)
    }

    /// Somebody with that account at the provider signs in.
    fn person(&self, uri: &str, code: &str, account: &str, fields: &[&str]) {
        let account = format!("account={account}");
        let fields: Vec<&str> = std::iter::once(account.as_str()).chain(fields.iter().copied()).collect();
        self.provider.person(uri, code, Decision::Approve, &fields);
    }

    /// Signs in as that account, and presses Enter.
    fn signs_in(&self, user: &str, account: &str, fields: &[&str]) -> Terminal {
        let (mut ssh, uri, code) = self.chooses(user);
        self.person(&uri, &code, account, fields);
        ssh.line("");
        ssh
    }

    fn reason(&self, reason: &str) -> String {
        self.machine.env.syslog().expect(&["result=refused", &format!("reason={reason} ")])
    }
}

/// The address and the code in the second question.
fn asked(terminal: &mut Terminal) -> (String, String) {
    terminal.expect(ENTER);
    let text = terminal.text();
    let after = |words: &str| {
        let rest = text.rsplit_once(words).unwrap_or_else(|| panic!("{text}")).1;
        rest.lines().next().unwrap_or_default().trim().to_owned()
    };
    (after("Open "), after("type this code there: "))
}

#[test]
fn who_is_linked_signs_in_with_and_without_a_phone() {
    let scene = Scene::new("");
    for (user, subject) in [("anna", "s-anna"), ("bob", "s-bob")] {
        scene.link(user, subject);
        let mut ssh = scene.signs_in(user, subject, &MFA);
        ssh.expect(&format!("in as {user}"));
        assert!(ssh.wait().success());
        let line = scene
            .machine
            .env
            .syslog()
            .expect(&["result=accepted proof=identity-provider", &format!("user={user}")]);
        assert!(line.contains("message=\"amr=pwd,mfa ") && !line.contains(subject), "{line}");
    }
    // A code opens the login as ever.
    let mut ssh = scene.sshd.login("anna", "echo in");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, &scene.machine.anna.code())]);
    ssh.expect("in");
    assert!(ssh.wait().success());
    // And at the second question, too.
    scene.link("anna", "s-anna");
    let (mut ssh, _, _) = scene.chooses("bob");
    ssh.line("123456");
    ssh.expect("Wrong code.");
}

#[test]
fn the_question_says_who_logs_in_where_and_from_where() {
    let scene = Scene::new("");
    let (ssh, uri, code) = scene.chooses("anna");
    assert_eq!(uri, format!("{}/device", scene.provider.issuer()));
    assert!(code.len() >= 8, "{code}");
    let host = String::from_utf8(run(&mut Command::new("hostname")).stdout).unwrap();
    let login =
        format!("That lets anna@{} (127.0.0.1) in. Do it only if you have started this login.", host.trim());
    assert!(ssh.text().contains(&login), "{}", ssh.text());
}

#[test]
fn another_persons_sign_in_and_one_without_a_link_open_nothing() {
    let scene = Scene::new("");
    scene.link("bob", "s-bob");
    let refused = "That does not open this login. Type a code.";
    // The same name at the provider is no link.
    let mut ssh = scene.signs_in("bob", "bob", &MFA);
    ssh.expect(refused);
    let line = scene.reason("idp-other-person");
    assert!(line.contains("message=\"signed in: bob at https://127.0.0.1:"), "{line}");
    drop(ssh);
    let mut ssh = scene.signs_in("anna", "s-bob", &MFA);
    ssh.expect(refused);
    let _ = scene.reason("idp-not-linked");
    // It counts like a wrong code, and is told.
    ssh.expect(CHOICE);
    ssh.line(&scene.machine.anna.code());
    ssh.expect("in as anna");
    let mut ssh = scene.signs_in("anna", "s-anna", &MFA);
    ssh.expect(refused);
    drop(ssh);
    let mut ssh = scene.sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, &scene.machine.anna.code_from_now(1))]);
    ssh.expect("1 failed code since your last login.");
}

#[test]
fn one_factor_an_old_sign_in_and_a_refusal_open_nothing() {
    let scene = Scene::new("max_age = \"5m\"");
    scene.link("anna", "s-anna");
    for (fields, reason) in
        [(&["amr=pwd"][..], "idp-no-mfa"), (&["amr=pwd mfa", "ago=600"][..], "idp-signed-in-too-long-ago")]
    {
        let mut ssh = scene.signs_in("anna", "s-anna", fields);
        ssh.expect("That does not open this login.");
        let _ = scene.reason(reason);
    }
    let (mut ssh, uri, code) = scene.chooses("anna");
    scene.provider.person(&uri, &code, Decision::Refuse, &["account=s-anna"]);
    ssh.line("");
    ssh.expect("That does not open this login.");
    let _ = scene.reason("idp-denied");
}

#[test]
fn unknown_and_unlinked_people_see_what_linked_ones_see() {
    let scene = Scene::new("");
    scene.link("anna", "s-anna");
    for user in ["anna", "bob", "nobody-of-that-name"] {
        let (mut ssh, uri, code) = scene.chooses(user);
        scene.person(&uri, &code, "s-carol", &MFA);
        ssh.line("");
        ssh.expect("That does not open this login. Type a code.");
        ssh.expect(CHOICE);
    }
}

/// The processes of that name below another one.
fn descendants(ancestor: u32, name: &str) -> Vec<u32> {
    let stats = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = stats.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let parse = |stat: String| {
        let (pid, rest) = stat.split_once(" (")?;
        let (comm, rest) = rest.rsplit_once(") ")?;
        Some((pid.parse::<u32>().ok()?, comm.to_owned(), rest.split(' ').nth(1)?.parse::<u32>().ok()?))
    };
    let all: Vec<_> = stats.filter_map(parse).collect();
    let mut below = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = below.get(next).copied() {
        below.extend(all.iter().filter(|(_, _, of)| *of == parent).map(|(pid, _, _)| *pid));
        next += 1;
    }
    all.iter().filter(|(pid, comm, _)| comm == name && below.contains(pid)).map(|(pid, _, _)| *pid).collect()
}

#[test]
fn whoever_hangs_up_ends_the_flow_and_leaves_nothing_running() {
    let scene = Scene::new("");
    let (ssh, _, _) = scene.chooses("anna");
    // Other tests have theirs.
    let programs = descendants(scene.sshd.pid(), "otp-idp");
    assert!(!programs.is_empty());
    let running = || programs.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists()).count();
    // Charged before it began.
    assert_eq!(scene.machine.anna.status().failures, 1);
    drop(ssh);
    let began = std::time::Instant::now();
    while running() > 0 {
        assert!(began.elapsed().as_millis() < 3000, "it goes on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(scene.machine.anna.status().failures, 1);
}

#[test]
fn one_flow_a_user_at_a_time() {
    let scene = Scene::new("");
    let (ssh, _, _) = scene.chooses("anna");
    let mut other = scene.sshd.login("anna", "echo in");
    other.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
    other.expect("You sign in elsewhere already. Type a code.");
    let _ = scene.reason("idp-busy");
    // Others can, and a code is taken.
    let _bob = scene.chooses("bob");
    other.expect(CHOICE);
    other.line(&scene.machine.anna.code());
    other.expect("in");
    assert!(other.wait().success());
    drop(ssh);
}

#[test]
fn login_and_sudo_offer_it_where_the_site_lists_them() {
    let machine = ["sudo", "login", "su"].into_iter().fold(Machine::build(), |machine, service| {
        machine.service(
            service,
            "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
             account required pam_unix.so\nsession required pam_permit.so",
        )
    });
    let sudoers = "Defaults timestamp_timeout=0, !lecture, passwd_tries=1\nanna ALL=(ALL:ALL) ALL\n";
    let scene = Scene::with("services = [\"login\", \"sudo\"]", machine.file("/etc/sudoers", sudoers, 0o440));
    scene.link("anna", "s-anna");
    let env = &scene.machine.env;
    let mut login = Terminal::run(&env.command("login"));
    login.answers(&[("login: ", "anna"), ("Password: ", PASSWORD), (CHOICE, "m")]);
    let (uri, code) = asked(&mut login);
    scene.person(&uri, &code, "s-anna", &MFA);
    login.line("");
    login.expect("$");
    login.line("echo now $(id -un); exit");
    login.expect("now anna");
    let mut sudo = Terminal::run(env.as_user("anna", "sudo").args(["id", "-un"]));
    sudo.answers(&[("password for anna: ", PASSWORD), (CHOICE, "m")]);
    let (uri, code) = asked(&mut sudo);
    scene.person(&uri, &code, "s-anna", &MFA);
    sudo.line("");
    sudo.expect("root");
    assert!(sudo.wait().success());
    // Not in su, nor, here, in sshd.
    let mut su = Terminal::run(env.as_user("bob", "su").args(["anna", "-c", "id"]));
    su.answers(&[("Password: ", PASSWORD), ("One-time code: ", "m")]);
    su.expect("Wrong code.");
    let mut ssh = scene.sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), ("One-time code: ", "m")]);
    ssh.expect("Wrong code.");
}

#[test]
fn a_provider_that_is_away_costs_one_login_a_minute_some_time_and_no_code() {
    let scene = Scene::new("");
    let config = std::fs::read_to_string(CONFIG).unwrap();
    // Nobody listens there.
    let away = config.replace(scene.provider.issuer(), "https://127.0.0.1:1");
    scene.machine.configure(&away);
    let mut ssh = scene.sshd.login("anna", "echo in");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
    ssh.expect("That cannot be asked now. Type a code.");
    let _ = scene.reason("idp-network");
    ssh.expect(CHOICE);
    ssh.line(&scene.machine.anna.code());
    ssh.expect("in");
    assert!(ssh.wait().success());
}

#[test]
fn an_administrator_links_tests_and_unlinks() {
    let scene = Scene::new("");
    let env = &scene.machine.env;
    let setup = |arguments: &[&str]| {
        let output = env.command("otp-setup").args(arguments).output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    };
    assert_eq!(setup(&["unlink", "--user", "anna"]).0, Some(3));
    assert!(setup(&["link", "--user", "root", "--subject", "x"]).1.contains("Root is never linked"));
    assert_eq!(setup(&["link", "--user", "anna", "--subject", "s-1"]).0, Some(0));
    let (status, text) = setup(&["link", "--user", "bob", "--subject", "s-1"]);
    assert!(status == Some(4) && text.contains("s-1 is linked to anna already"), "{text}");
    assert!(setup(&["status", "--user", "anna"]).1.contains("Linked to s-1 at https://127.0.0.1:"));
    // All of a file, or nothing of it.
    let file = |text: &str| {
        env.write("/root/links".as_ref(), text.as_bytes(), 0o600);
        setup(&["link", "--import", "/root/links"])
    };
    for (text, complaint) in [
        ("bob,s-2\nnobody-here,s-3\n", "Line 2: "),
        ("bob,s-2\n\n# x\nbob,s-3\n", "Line 4: bob stands in line 1 already."),
        ("bob,s-1\n", "Line 1: s-1 is linked to anna already"),
        ("bob\n", "Line 1: A line is USER,SUBJECT."),
        ("bob,\n", "Line 1: A subject is"),
        ("root,s-9\n", "Line 1: Root is never linked"),
    ] {
        let (status, said) = file(text);
        assert!(status == Some(2) && said.contains(complaint), "{text:?}: {said}");
        assert!(setup(&["status", "--user", "bob"]).1.contains("Not linked"), "{text:?}");
    }
    // Two who change places.
    assert_eq!(file("anna,s-2\nbob, s-1\n").0, Some(0));
    assert!(setup(&["status", "--user", "bob"]).1.contains("Linked to s-1 "));
    assert_eq!(setup(&["unlink", "--user", "bob"]).0, Some(0));
    assert!(setup(&["status", "--user", "bob"]).1.contains("Not linked"));
    // bob has no phone.
    assert_eq!(setup(&["link", "--user", "bob", "--subject", "s-7"]).0, Some(0));
    let (_, text) = setup(&["list"]);
    assert!(text.contains("bob              no phone, signs in with the identity provider"), "{text}");
    let (_, json) = setup(&["list", "--json"]);
    assert!(json.contains(r#"{"user":"bob","paired":false,"linked":true}"#), "{json}");
    assert!(json.contains(r#"{"user":"anna","paired":true,"linked":true,"#), "{json}");
    let log = env.syslog().expect(&["otp-setup", "link: result=done user=anna"]);
    assert!(!log.contains("s-2"), "{log}");
    // People cannot read or make links.
    for arguments in [&["link", "--user", "bob", "--subject", "x"][..], &["unlink", "--user", "bob"]] {
        assert!(!env.as_user("bob", "otp-setup").args(arguments).output().unwrap().status.success());
    }
}
