//! People link their own account to the identity provider: through otp-setup and otp-helper, with the real provider.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp_tests::env::{CONFIG, STORE, run};
use insis_otp_tests::machine::PASSWORD;
use insis_otp_tests::sign_in::{CHOICE, MFA, Scene, asked, below, is_there, programs_below};
use insis_otp_tests::terminal::Terminal;

const ASK_CODE: &str = "Code or recovery code: ";
const ASK_INVITATION: &str = "Invitation code (not shown): ";
const LINKED: &str = "Your account is linked.";

/// `otp-setup` with these arguments, as a user.
fn setup(scene: &Scene, user: &str, arguments: &[&str]) -> Terminal {
    let mut command = match user {
        "root" => scene.machine.env.command("otp-setup"),
        user => scene.machine.env.as_user(user, "otp-setup"),
    };
    Terminal::run(command.args(arguments))
}

/// What it says, and its exit status.
fn said(scene: &Scene, user: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut terminal = setup(scene, user, arguments);
    let status = terminal.wait();
    (status.code(), terminal.text())
}

/// Up to the sign-in; returns address and code.
fn begins(scene: &Scene, user: &str, question: &str, answer: &str) -> (Terminal, String, String) {
    let mut terminal = setup(scene, user, &["link"]);
    terminal.answers(&[(question, answer)]);
    let (uri, code) = offered(&mut terminal);
    (terminal, uri, code)
}

fn offered(terminal: &mut Terminal) -> (String, String) {
    terminal.expect("for that.");
    // Lines are broken where the terminal ends.
    let text = terminal.text().split_whitespace().collect::<Vec<_>>().join(" ");
    let word = |before: &str| {
        let rest = text.rsplit_once(before).unwrap_or_else(|| panic!("{text}")).1;
        rest.split(' ').next().unwrap_or_default().to_owned()
    };
    (word(": open "), word("type this code there: "))
}

fn invite(scene: &Scene, user: &str) -> String {
    let (status, text) = said(scene, "root", &["invite", "--user", user]);
    assert_eq!(status, Some(0), "{text}");
    let code = text.split_once(&format!("Invitation code for {user}: ")).unwrap().1;
    code.lines().next().unwrap().trim().to_owned()
}

/// Files of links and of claims on identities.
fn files() -> Vec<String> {
    let names =
        std::fs::read_dir(STORE).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter(|name| [".link", "-link", "~", ".identity"].iter().any(|end| name.ends_with(end)))
        .collect();
    names.sort();
    names
}

#[test]
fn with_a_phone_a_code_links_and_the_owner_is_told() {
    let scene = Scene::new("");
    let (_, before) = said(&scene, "anna", &["status"]);
    assert!(before.contains("Not linked to the identity provider"), "{before}");
    let mut link = setup(&scene, "anna", &["link"]);
    link.expect("first prove that it is you");
    link.answers(&[(ASK_CODE, "000000")]);
    link.expect("Wrong code.");
    // Charged, and nobody was asked to sign in.
    assert_eq!(scene.machine.anna.status().failures, 1);
    assert!(programs_below(link.pid()).is_empty() && !link.text().contains("/device"));
    link.answers(&[(ASK_CODE, &scene.machine.anna.code())]);
    let (uri, code) = offered(&mut link);
    scene.person(&uri, &code, "s-anna", &MFA);
    link.expect(LINKED);
    assert!(link.wait().success());
    let _ = scene.machine.env.syslog().expect(&["otp-helper", "link: result=done user=anna"]);
    let metadata = Path::new(STORE).join(".anna.own-link").metadata().unwrap();
    let anna = nix::unistd::User::from_name("anna").unwrap().unwrap();
    assert_eq!((metadata.uid(), metadata.mode() & 0o777), (anna.uid.as_raw(), 0o600));
    // Both sides see it.
    assert!(said(&scene, "anna", &["status"]).1.contains("Linked to s-anna at https://127.0.0.1:"));
    assert!(said(&scene, "anna", &["status", "--json"]).1.contains("\"linked\": true"));
    let (_, text) = said(&scene, "root", &["status", "--user", "anna"]);
    assert!(
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains("(linked by the person)"),
        "{text}"
    );
    assert!(said(&scene, "root", &["list", "--json"]).1.contains("\"linked\":true"));
    // The owner is told once, whatever the login was by.
    let mut ssh = scene.sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, &scene.machine.anna.code_from_now(1))]);
    ssh.expect("This account was linked to the identity provider on ");
    let mut ssh = scene.sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
    let (uri, code) = asked(&mut ssh);
    scene.person(&uri, &code, "s-anna", &MFA);
    ssh.line("");
    ssh.expect("$");
    assert!(!ssh.text().contains("was linked"), "{}", ssh.text());
}

#[test]
fn without_a_phone_it_takes_an_invitation_which_is_used_up() {
    let scene = Scene::new("");
    let mut link = setup(&scene, "bob", &["link"]);
    link.expect("so that it takes an invitation code");
    link.answers(&[(ASK_INVITATION, "abcde-fghjk")]);
    link.expect("pair one first");
    assert_eq!(link.wait().code(), Some(1));
    let invitation = invite(&scene, "bob");
    let mut link = setup(&scene, "bob", &["link"]);
    link.answers(&[(ASK_INVITATION, "abcde-fghjk")]);
    link.expect("You have 9 more tries.");
    link.answers(&[(ASK_INVITATION, &invitation)]);
    let (uri, code) = offered(&mut link);
    // Whoever hangs up ends it all, and has the invitation as it was; who signs in afterwards is linked to nobody.
    let running = below(link.pid());
    let is_of_ours = |name: &str| running.iter().any(|(_, other)| other == name);
    assert!(is_of_ours("otp-idp") && is_of_ours("otp-helper"), "{running:?}");
    link.interrupt();
    let began = Instant::now();
    while running.iter().any(|(pid, _)| is_there(*pid)) {
        assert!(began.elapsed() < Duration::from_secs(1), "something goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = scene.machine.env.syslog().expect(&["link: result=refused reason=idp-abandoned", "user=bob"]);
    scene.person(&uri, &code, "s-bob", &MFA);
    assert_eq!(files(), Vec::<String>::new());
    let (mut link, uri, code) = begins(&scene, "bob", ASK_INVITATION, &invitation);
    scene.person(&uri, &code, "s-bob", &MFA);
    link.expect(LINKED);
    let _ = scene.machine.env.syslog().expect(&["link: result=done by=invitation user=bob"]);
    // It is good for nothing more.
    for command in ["link", "unlink"] {
        let mut again = setup(&scene, "bob", &[command]);
        again.answers(&[(ASK_INVITATION, &invitation)]);
        again.expect("pair one first");
    }
    let invitation = invite(&scene, "bob");
    let mut unlink = setup(&scene, "bob", &["unlink"]);
    unlink.answers(&[(ASK_INVITATION, &invitation)]);
    unlink.expect("bob is linked to nobody any more.");
    assert_eq!((unlink.wait().code(), files()), (Some(0), Vec::new()));
}

#[test]
fn what_becomes_of_a_code_that_links_nothing_is_told() {
    let scene = Scene::new("");
    // Who has no link is asked for nothing.
    for user in ["anna", "bob"] {
        let (status, text) = said(&scene, user, &["unlink"]);
        assert!(status == Some(3) && text.contains("is linked to nobody"), "{status:?} {text}");
        assert!(!text.contains(ASK_CODE) && !text.contains(ASK_INVITATION), "{text}");
    }
    let words = |terminal: &Terminal| terminal.text().split_whitespace().collect::<Vec<_>>().join(" ");
    // Stopped while the provider waits.
    let (mut link, ..) = begins(&scene, "anna", ASK_CODE, &scene.machine.anna.code());
    link.interrupt();
    assert!(!link.wait().success());
    assert!(
        words(&link).contains("Stopped. Nothing was linked; the code that you typed is used."),
        "{}",
        link.text()
    );
    let invitation = invite(&scene, "bob");
    let (mut link, ..) = begins(&scene, "bob", ASK_INVITATION, &invitation);
    let running = below(link.pid());
    link.interrupt();
    assert!(!link.wait().success());
    // The invitation is theirs as long as they are there.
    while running.iter().any(|(pid, _)| is_there(*pid)) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(words(&link).ends_with("Stopped. Nothing was linked."), "{}", link.text());
    // The provider is away: a code is used, and an invitation is as it was.
    let config = std::fs::read_to_string(CONFIG).unwrap();
    let issuer = config.lines().find(|line| line.starts_with("issuer")).unwrap();
    scene.machine.configure(&config.replace(issuer, "issuer = \"https://127.0.0.1:9\""));
    let used = "Nothing was linked. The code that you typed is used";
    let anna = scene.machine.anna.code_from_now(1);
    for (user, question, answer, is_used) in
        [("anna", ASK_CODE, &anna, true), ("bob", ASK_INVITATION, &invitation, false)]
    {
        let mut link = setup(&scene, user, &["link"]);
        link.answers(&[(question, answer)]);
        assert_eq!(link.wait().code(), Some(5));
        let text = words(&link);
        assert!(text.contains("The provider does not answer") && text.contains(used) == is_used, "{text}");
    }
}

#[test]
fn an_administrators_link_goes_before_a_persons() {
    let scene = Scene::new("");
    scene.link("bob", "s-bob");
    for command in ["link", "unlink"] {
        // Before an invitation is asked for.
        let (status, text) = said(&scene, "bob", &[command]);
        assert!(status == Some(1) && text.contains("An administrator has linked your account"), "{text}");
        assert!(!text.contains(ASK_INVITATION), "{text}");
    }
    assert!(
        said(&scene, "bob", &["status"]).1.contains("Linked to the identity provider by an administrator")
    );
    // One of the person's own that is in the way of an administrator's is replaced.
    let own = Path::new(STORE).join(".anna.own-link");
    let text =
        std::fs::read_to_string(Path::new(STORE).join(".bob.link")).unwrap().replace("s-bob", "s-anna");
    let anna = nix::unistd::User::from_name("anna").unwrap().unwrap();
    let text = text.replace("user=bob", "user=anna");
    let bob = nix::unistd::User::from_name("bob").unwrap().unwrap();
    std::fs::write(&own, text.replace(&format!("uid={}", bob.uid), &format!("uid={}", anna.uid))).unwrap();
    std::fs::set_permissions(&own, PermissionsExt::from_mode(0o600)).unwrap();
    std::os::unix::fs::chown(&own, Some(anna.uid.as_raw()), None).unwrap();
    // Nobody has claimed its identity for anna.
    assert!(said(&scene, "root", &["status", "--user", "anna"]).1.contains("does not count"));
    scene.link("anna", "s-new");
    assert!(!own.exists());
    assert!(said(&scene, "root", &["status", "--user", "anna"]).1.contains("Linked to s-new"));
    let (status, text) = said(&scene, "root", &["link", "--user", "anna", "--subject", "s-bob"]);
    assert!(status == Some(4) && text.contains("linked to bob already"), "{text}");

    site_that_lets_nobody_link(&scene);
    people_who_are_gone(&scene);
}

/// Nothing is charged there.
fn site_that_lets_nobody_link(scene: &Scene) {
    let config = std::fs::read_to_string(CONFIG).unwrap();
    let secret = config.replace("client_id", "client_secret_file = \"/etc/security/x\"\nclient_id");
    let no_provider = "tries = 3\n".to_owned();
    for (config, complaint) in [
        (format!("self_enrollment = \"off\"\n{config}"), "Here accounts are linked by an administrator."),
        (secret, "With client_secret_file in insis-otp.toml accounts are linked by an administrator"),
        (no_provider, "has no [identity_provider]"),
    ] {
        scene.machine.configure(&config);
        let (status, text) = said(scene, "anna", &["link"]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(status != Some(0) && text.contains(complaint), "{text}");
    }
    for arguments in [&["link", "--subject", "x"][..], &["link", "--import", "/dev/null"]] {
        assert!(said(scene, "anna", arguments).1.contains("Only root can do this."));
    }
    assert_eq!(scene.machine.anna.status().failures, 0);
    scene.machine.configure(&config);
}

fn edit_users(script: &str) {
    run(Command::new("sed").args(["-i", script, "/etc/passwd"]));
}

/// What is left of them is found and removed.
fn people_who_are_gone(scene: &Scene) {
    scene.machine.env.add_user("gone", "x");
    scene.link("gone", "s-gone");
    // Other tests have processes of the same user ids, which userdel minds.
    edit_users("/^gone:/d");
    let (_, text) = said(scene, "root", &["list"]);
    assert!(text.contains("gone is linked, and the user database knows nobody"), "{text}");
    let doctor = || {
        let output = scene.machine.env.command("otp-setup").arg("doctor").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = doctor();
    assert!(text.contains("otp-setup unlink --user gone") && !text.contains("unlink --user bob"), "{text}");
    run(scene.machine.env.command("otp-setup").args(["unlink", "--user", "gone"]));
    edit_users("s/^bob:x:[0-9]*:/bob:x:5711:/");
    let text = doctor();
    assert!(text.contains("otp-setup unlink --user bob") && !text.contains("gone"), "{text}");
    run(scene.machine.env.command("otp-setup").args(["unlink", "--user", "bob"]));
    assert!(!doctor().contains("unlink") && files().len() == 2, "{:?}", files());
    let (status, _) = said(scene, "root", &["unlink", "--user", "gone"]);
    assert_eq!(status, Some(2));
}
