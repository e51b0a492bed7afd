//! Signing in at an OpenID provider in place of a code: real sshd, real ssh, the real provider, and a person with a browser.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use insis_otp_tests::env::{CONFIG, run};
use insis_otp_tests::identity_provider::Decision;
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::sign_in::{self, CHOICE, ENTER, MFA, SOUND_STACK, Scene};
use insis_otp_tests::ssh::STACK;
use insis_otp_tests::terminal::Terminal;
use regex::Regex;

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
    let named = [MFA[0], r#"claims={"preferred_username":"bob"}"#];
    for subject in ["bob", "s-carol"] {
        let mut ssh = scene.signs_in("bob", subject, &named);
        ssh.expect(refused);
        let line = scene.reason("idp-other-person");
        assert!(line.contains(&format!("message=\"signed in: {subject} at https://127.0.0.1:")), "{line}");
        scene.machine.env.syslog().clear();
    }
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

#[test]
fn whoever_hangs_up_ends_the_flow_and_leaves_nothing_running() {
    let scene = Scene::new("");
    for (failures, presses_enter) in [(1, false), (2, true)] {
        let (mut ssh, _, _) = scene.chooses("anna");
        if presses_enter {
            ssh.line("");
            // Nothing tells that it has arrived.
            std::thread::sleep(Duration::from_millis(300));
        }
        assert_eq!(sign_in::programs_below(scene.sshd.pid()).len(), 1);
        sign_in::kill_client(&ssh);
        let began = Instant::now();
        while !sign_in::below(scene.sshd.pid()).is_empty() {
            let running = sign_in::below(scene.sshd.pid());
            assert!(began.elapsed() < Duration::from_secs(1), "after Enter: {presses_enter}; {running:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        // Charged before it began, and once.
        assert_eq!(scene.machine.anna.status().failures, failures);
    }
}

#[test]
fn one_flow_a_user_at_a_time() {
    let scene = Scene::new("");
    let (ssh, _, _) = scene.chooses("anna");
    let mut other = scene.sshd.login("anna", "echo in");
    other.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
    other.expect("Too many sign-ins. Wait a minute or type a code.");
    let _ = scene.reason("idp-busy");
    assert_eq!(sign_in::programs_below(scene.sshd.pid()).len(), 1);
    // Others can, and a code is taken.
    let _bob = scene.chooses("bob");
    other.expect(CHOICE);
    other.line(&scene.machine.anna.code());
    other.expect("in");
    assert!(other.wait().success());
    drop(ssh);
}

/// Chooses to sign in from that address of this machine's.
fn chooses_from(scene: &Scene, address: &str) -> Terminal {
    let client = ["-tt", "-b", address, "-o", "PreferredAuthentications=keyboard-interactive"];
    let mut ssh = scene.sshd.ssh("anna", &client);
    let mut ssh = Terminal::run(ssh.arg("echo in as $(id -un)"));
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
    ssh
}

#[test]
fn who_has_the_password_elsewhere_cannot_keep_the_owner_from_signing_in() {
    let scene = Scene::new("");
    scene.link("anna", "s-anna");
    // A flood from one place, of which the last flow goes on.
    let mut flood: Vec<Terminal> = Vec::new();
    for _ in 0..6 {
        drop(flood.pop());
        let mut ssh = chooses_from(&scene, "127.0.0.1");
        let _ = sign_in::asked(&mut ssh);
        flood.push(ssh);
    }
    let mut attacker = flood.remove(0);
    attacker.line("");
    // One place in 64 shares its turn with another one.
    let owner = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].iter().find_map(|address| {
        let mut ssh = chooses_from(&scene, address);
        let either = Regex::new("Too many sign-ins|or type a one-time code").unwrap();
        (ssh.find(&either)[1] != "Too many sign-ins").then_some(ssh)
    });
    let mut owner = owner.expect("the owner cannot sign in");
    let (uri, code) = sign_in::shown(&owner);
    scene.person(&uri, &code, "s-anna", &MFA);
    owner.line("");
    owner.expect("in as anna");
    assert!(owner.wait().success());
    // The flow of another login has no part in that.
    sign_in::kill_client(&attacker);
    let _ = attacker.wait();
    assert!(!attacker.text().contains("in as"), "{}", attacker.text());
    // More than six in a row nobody begins from one place, not even one after the other: this is when six had begun now.
    while !sign_in::below(scene.sshd.pid()).is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    for turn in std::fs::read_dir("/run/insis-otp-sign-in").unwrap().flatten() {
        let turn = std::fs::File::options().write(true).open(turn.path()).unwrap();
        turn.set_modified(SystemTime::now() + Duration::from_secs(59)).unwrap();
    }
    let mut seventh = chooses_from(&scene, "127.0.0.1");
    seventh.expect("Too many sign-ins. Wait a minute or type a code.");
    let line = scene.reason("idp-busy");
    assert!(line.contains("too many sign-ins in a row from there"), "{line}");
}

#[test]
fn who_is_linked_and_has_no_phone_gets_the_second_question_at_once() {
    let scene = Scene::with("", Machine::build().service("sshd", SOUND_STACK));
    scene.link("bob", "s-bob");
    scene.link("anna", "s-anna");
    let mut ssh = scene.signs_in("bob", "s-bob", &MFA);
    ssh.expect("in as bob");
    assert!(ssh.wait().success() && !ssh.text().contains(CHOICE), "{}", ssh.text());
    // Somebody else's sign-in opens nothing, and then it is asked as ever; so it is after what is no code.
    let mut ssh = scene.signs_in("bob", "s-anna", &MFA);
    ssh.expect("That does not open this login. Type a code.");
    let _ = scene.reason("idp-other-person");
    ssh.answers(&[(CHOICE, "m"), (ENTER, "123456"), ("Wrong", "")]);
    // Who has a phone is asked, linked or not; who is not linked, too.
    for (user, words) in [("anna", CHOICE), ("bob", ENTER)] {
        let mut ssh = scene.sshd.login(user, "");
        ssh.answers(&[("Password: ", PASSWORD)]);
        ssh.expect(words);
        assert_eq!(ssh.text().contains(CHOICE), user == "anna", "{}", ssh.text());
    }
    // Whoever does not know the password learns nothing.
    let shown = ["anna", "bob", "nobody-of-that-name"].map(|user| {
        let mut ssh = scene.sshd.login(user, "");
        ssh.answers(&[("Password: ", "wrong")]);
        assert!(!ssh.wait().success());
        ssh.text().replace(user, "USER")
    });
    assert!(shown.iter().all(|text| *text == shown[0] && !text.contains("Open")), "{shown:?}");
    // The site can have everybody asked.
    scene.configure("at_once = false");
    let mut ssh = scene.sshd.login("bob", "");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "")]);
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
    let scene = Scene::with(
        "services = [\"login\", \"sudo\"]",
        machine.service("sshd", STACK).file("/etc/sudoers", sudoers, 0o440),
    );
    scene.link("anna", "s-anna");
    let env = &scene.machine.env;
    let mut login = Terminal::run(&env.command("login"));
    login.answers(&[("login: ", "anna"), ("Password: ", PASSWORD), (CHOICE, "m")]);
    let (uri, code) = sign_in::asked(&mut login);
    scene.person(&uri, &code, "s-anna", &MFA);
    login.line("");
    login.expect("$");
    login.line("echo now $(id -un); exit");
    login.expect("now anna");
    let mut sudo = Terminal::run(env.as_user("anna", "sudo").args(["id", "-un"]));
    sudo.answers(&[("password for anna: ", PASSWORD), (CHOICE, "m")]);
    let (uri, code) = sign_in::asked(&mut sudo);
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
    scene.link("bob", "s-bob");
    let config = std::fs::read_to_string(CONFIG).unwrap();
    // Nobody listens there.
    let away = config.replace(scene.provider.issuer(), "https://127.0.0.1:1");
    scene.machine.configure(&away);
    let mut ssh = scene.sshd.login("anna", "echo in");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "m")]);
    ssh.expect("That cannot be asked now. Type a code.");
    let _ = scene.reason("idp-network");
    // It is offered to nobody for a minute, to her, to others, linked or not, or not known. Who was led there at once is told why not.
    ssh.expect(PROMPT);
    for (user, told) in [("anna", ""), ("bob", "That cannot be asked now. Type a code."), ("nobody-here", "")]
    {
        let mut ssh = scene.sshd.login(user, "");
        ssh.answers(&[("Password: ", PASSWORD)]);
        let before = ssh.expect(PROMPT);
        assert_eq!(before.trim().trim_start_matches(&format!("({user}@127.0.0.1)")).trim(), told);
    }
    // Who types the choice all the same is told at once.
    ssh.line("m");
    ssh.expect("That cannot be asked now. Type a code.");
    ssh.expect(PROMPT);
    ssh.line(&scene.machine.anna.code());
    ssh.expect("in");
    assert!(ssh.wait().success() && !ssh.text().contains("Wrong"));
    assert_eq!(scene.machine.anna.status().failures, 0);
    // Then it is offered again.
    let minute_ago = SystemTime::now() - Duration::from_secs(61);
    let noted = std::fs::File::options().write(true).open("/run/insis-otp-sign-in/unavailable").unwrap();
    noted.set_modified(minute_ago).unwrap();
    let mut ssh = scene.sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), (CHOICE, "")]);
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
