//! What a site installs from config/, loaded into the real thing.

use std::path::{Path, PathBuf};
use std::process::Command;

use insis_otp_tests::env::{CONFIG, run, talk};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::pam::{ASK_PASSWORD, Code, Login, Stack};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;
use regex::Regex;

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(shipped(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn machine(services: &[(&str, &str)], config: &str) -> Machine {
    let env = Machine::build().group("sudo", &["anna"]).config(config);
    let env = services
        .iter()
        .fold(env, |env, (name, path)| env.file(&format!("/etc/pam.d/{name}"), text(path), 0o644));
    Machine::of(env.file("/etc/sudoers", "Defaults !lecture\n%sudo ALL=(ALL:ALL) ALL\n", 0o440))
}

#[test]
fn sshd_with_the_shipped_stack_and_drop_in() {
    let Machine { env, anna, .. } = machine(&[("sshd", "pam.d/sshd")], &text("insis-otp.toml"));
    let dropin = text("sshd_config.d/insis-otp.conf");
    let sshd = Sshd::start(&env, "sshd", &dropin);
    let mut ssh = sshd.login("anna", "echo now $(id -un)");
    ssh.answers(&[("Password: ", PASSWORD), (PROMPT, &anna.code())]);
    ssh.expect("now anna");
    assert!(ssh.wait().success());
    for options in [["-o", "PreferredAuthentications=password"], ["-o", "PreferredAuthentications=publickey"]]
    {
        assert!(!Terminal::run(&sshd.ssh("anna", &options)).wait().success());
    }
    // A wrong password ends it, as common-auth is there before the code is asked for.
    let mut ssh = sshd.login("anna", "echo in");
    ssh.answers(&[("Password: ", "wrong")]);
    assert!(!ssh.wait().success() && !ssh.text().contains(PROMPT), "{}", ssh.text());
    // Exempt, the password is enough.
    env.write(CONFIG.as_ref(), b"exempt_networks = [\"127.0.0.0/8\"]\n", 0o644);
    let mut ssh = sshd.login("anna", "echo now $(id -un)");
    ssh.answers(&[("Password: ", PASSWORD)]);
    ssh.expect("now anna");
}

#[test]
fn sshd_in_which_people_pair() {
    let Machine { env, anna, .. } = machine(&[("sshd", "pam.d/sshd-enrol")], "unenrolled = \"enrol\"\n");
    let sshd = Sshd::start(&env, "sshd", &text("sshd_config.d/insis-otp.conf"));
    // Nobody enrolls whose password is wrong.
    let mut ssh = sshd.login("bob", "echo in");
    ssh.answers(&[("Password: ", "wrong")]);
    assert!(!ssh.wait().success() && !ssh.text().contains("secret"), "{}", ssh.text());
    let mut ssh = sshd.login("bob", "echo now $(id -un)");
    ssh.answers(&[("Password: ", PASSWORD), ("t: only text. ", "t")]);
    let secret = ssh.find(&Regex::new(r"this secret: ([A-Z2-7 ]+)[\r\n]").unwrap());
    let (phone, start) = (Phone::typed(&secret[2]), now());
    ssh.answers(&[
        ("First code from the app: ", &phone.code_at(start)),
        ("Next code, when the app shows it: ", &phone.code_at(start + 30)),
    ]);
    ssh.expect("now bob");
    assert!(ssh.wait().success() && !ssh.text().contains("New password"), "{}", ssh.text());
    // Who has enrolled is asked for a code and nothing else.
    let mut ssh = sshd.login("anna", "echo now $(id -un)");
    ssh.answers(&[("Password: ", PASSWORD), (PROMPT, &anna.code())]);
    ssh.expect("now anna");
    assert!(ssh.wait().success() && !ssh.text().contains("secret"), "{}", ssh.text());
}

#[test]
fn sshd_takes_the_drop_in_for_what_it_says() {
    let Machine { env, .. } = machine(&[], "");
    let path = "/etc/ssh/sshd_config.d/00-insis-otp.conf";
    env.write(path.as_ref(), text("sshd_config.d/insis-otp.conf").as_bytes(), 0o644);
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", "/run/otp-test/hostkey"]));
    env.write(
        "/etc/ssh/sshd_config".as_ref(),
        b"Include /etc/ssh/sshd_config.d/*.conf\nHostKey /run/otp-test/hostkey\nUsePAM no\n",
        0o644,
    );
    let settings = String::from_utf8(run(Command::new("/usr/sbin/sshd").arg("-T")).stdout).unwrap();
    for line in [
        "usepam yes",
        "kbdinteractiveauthentication yes",
        "passwordauthentication no",
        "authenticationmethods keyboard-interactive:pam",
        "usedns no",
    ] {
        assert!(settings.lines().any(|setting| setting == line), "{line} is not in\n{settings}");
    }
}

#[test]
fn sshd_with_a_key_and_a_code() {
    let Machine { env, anna, .. } = machine(&[("sshd", "pam.d/sshd-key-and-code")], "");
    let key = "/run/otp-test/key";
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", key]));
    env.write(
        &env.home("anna").join(".ssh/authorized_keys"),
        &std::fs::read(format!("{key}.pub")).unwrap(),
        0o644,
    );
    let dropin = text("sshd_config.d/insis-otp.conf");
    let dropin = dropin.replace("\nAuthenticationMethods ", "\nAuthenticationMethods publickey,");
    let sshd = Sshd::start(&env, "sshd", &dropin);
    let mut ssh = sshd.ssh("anna", &["-tt", "-i", key]);
    let mut ssh = Terminal::run(ssh.arg("echo now $(id -un)"));
    ssh.answers(&[(PROMPT, &anna.code())]);
    ssh.expect("now anna");
    assert!(ssh.wait().success() && !ssh.text().contains("Password"));
}

/// sudo and su of both kinds, with the section for sudo alone in the settings.
fn machine_with_programs() -> Machine {
    let services = ["sudo", "sudo-i", "su"].map(|name| (name, format!("pam.d/{name}")));
    let services: Vec<_> = services.iter().map(|(name, path)| (*name, path.as_str())).collect();
    machine(
        &services,
        "[service.sudo]\nprompt = \"Code for sudo: \"\n[service.su]\nprompt = \"Code for su: \"\n",
    )
}

#[test]
fn sudo_and_its_login_shell() {
    let Machine { env, anna, .. } = machine_with_programs();
    for arguments in [["-k", "id", "-un"], ["-k", "-i", "whoami"]] {
        anna.again();
        let mut sudo = Terminal::run(env.as_user("anna", "sudo").args(arguments));
        sudo.answers(&[("password for anna: ", PASSWORD), ("Code for sudo: ", &anna.code())]);
        sudo.expect("root");
        assert!(sudo.wait().success());
        // A wrong password ends it, before the code is asked for; then sudo asks for the password again.
        let mut sudo = Terminal::run(env.as_user("anna", "sudo").args(arguments));
        sudo.answers(&[("password for anna: ", "wrong"), ("password for anna: ", PASSWORD)]);
        sudo.answers(&[("Code for sudo: ", "")]);
        assert!(!sudo.give_up().success() && !sudo.text().contains("root"), "{}", sudo.text());
        let _ = env.syslog().expect(&["pam_insis_otp(sudo", "result=refused reason=no-", "user=anna"]);
    }
    let _ = env.syslog().expect(&["pam_insis_otp(sudo-i:auth): result=accepted", "user=anna"]);
}

/// Debian's su-l includes su, and is left as it is.
#[test]
fn su_and_its_login_shell() {
    let Machine { env, anna, .. } = machine_with_programs();
    for arguments in [&["anna", "-c", "echo now $(id -un)"][..], &["-", "anna", "-c", "echo now $(id -un)"]] {
        anna.again();
        let mut su = Terminal::run(env.as_user("bob", "su").args(arguments));
        su.answers(&[("Password: ", PASSWORD), ("Code for su: ", &anna.code())]);
        su.expect("now anna");
        assert!(su.wait().success());
        let mut su = Terminal::run(env.as_user("bob", "su").args(arguments));
        su.answers(&[("Password: ", "wrong")]);
        assert!(!su.wait().success() && !su.text().contains("Code"), "{}", su.text());
    }
    let _ = env.syslog().expect(&["pam_insis_otp(su-l:auth): result=accepted", "user=anna"]);
}

#[test]
fn login_on_the_console() {
    let Machine { env, anna, .. } = machine(&[("login", "pam.d/login")], "");
    let mut login = Terminal::run(&env.command("login"));
    login.answers(&[
        ("login: ", "anna"),
        ("Password: ", PASSWORD),
        (PROMPT, &anna.code()),
        ("$", "echo now $(id -un); exit"),
    ]);
    login.expect("now anna");
}

const ONE_PROMPT: [&str; 6] = ["dovecot", "radiusd", "saslauthd", "screen-locker", "sddm", "xrdp-sesman"];

/// A program that gives the same answer to every question: one wrong reply is one guess.
#[test]
fn stacks_with_one_prompt() {
    for name in ONE_PROMPT {
        let Machine { env: _env, anna, .. } = machine(&[(name, &format!("pam.d/{name}"))], "");
        let log_in = |reply: &str| {
            let reply = reply.to_owned();
            let mut pam = Login::to(name).user("anna").answers(move |_| reply.clone().into()).begin();
            (pam.authenticate(), pam.prompts())
        };
        let (code, prompts) = log_in(&format!("{PASSWORD}{}", anna.code()));
        assert_eq!((code, prompts), (Code::SUCCESS, vec!["Password+code: ".to_owned()]), "{name}");
        anna.again();
        for reply in [format!("wrong{}", anna.code()), PASSWORD.to_owned()] {
            assert_ne!(log_in(&reply).0, Code::SUCCESS, "{name}");
        }
        anna.again();
        assert_ne!(log_in(&format!("{PASSWORD}{}", anna.wrong())).0, Code::SUCCESS, "{name}");
        assert_eq!(anna.status().failures, 1, "{name}");
    }
}

#[test]
fn stacks_of_programs_that_ask_twice() {
    for name in ["cockpit", "gdm-password", "lightdm", "polkit-1"] {
        let Machine { env: _env, anna, .. } = machine(&[(name, &format!("pam.d/{name}"))], "");
        let log_in = |replies: [&str; 2]| {
            let mut pam = Login::to(name).user("anna").types(replies.map(str::to_owned)).begin();
            (pam.authenticate(), pam.prompts().len())
        };
        assert_eq!(log_in([PASSWORD, &anna.code()]), (Code::SUCCESS, 2), "{name}");
        anna.again();
        // Nobody comes to the code with a wrong password.
        let (code, prompts) = log_in(["wrong", &anna.code()]);
        assert!(code != Code::SUCCESS && prompts == 1, "{name}");
        assert_ne!(log_in([PASSWORD, &anna.wrong()]).0, Code::SUCCESS, "{name}");
    }
}

#[test]
fn every_stack_that_is_shipped_is_tested_here() {
    let mut names: Vec<_> = std::fs::read_dir(shipped("pam.d"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "cockpit",
            "dovecot",
            "gdm-password",
            "lightdm",
            "login",
            "otp-setup",
            "polkit-1",
            "radiusd",
            "saslauthd",
            "screen-locker",
            "sddm",
            "sshd",
            "sshd-enrol",
            "sshd-key-and-code",
            "su",
            "sudo",
            "sudo-i",
            "xrdp-sesman",
        ]
    );
}

#[test]
fn the_profile_is_off_until_it_is_switched_on() {
    let Machine { env, anna, .. } = machine(&[], "");
    let has_module =
        || std::fs::read_to_string("/etc/pam.d/common-auth").unwrap().contains("pam_insis_otp.so");
    env.write("/usr/share/pam-configs/insis-otp".as_ref(), text("pam-configs/insis-otp").as_bytes(), 0o644);
    let update = |arguments: &[&str]| {
        let mut command = env.command("pam-auth-update");
        run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments));
    };
    update(&["--package"]);
    assert!(!has_module(), "it is on by default");
    update(&["--package", "--enable", "insis-otp"]);
    assert!(has_module());
    let service = "@include common-auth\nauth required pam_permit.so\naccount required pam_permit.so";
    env.write("/etc/pam.d/door".as_ref(), service.as_bytes(), 0o644);
    let mut pam = Login::to("door").user("anna").types([PASSWORD, &anna.code()]).begin();
    assert_eq!(
        (pam.authenticate(), pam.prompts()),
        (Code::SUCCESS, vec!["Password: ".to_owned(), PROMPT.to_owned()])
    );
    // Reached only after the password: common-auth ends the stack otherwise.
    let mut pam = Login::to("door").user("anna").types(["wrong", "123456"]).begin();
    assert_ne!(pam.authenticate(), Code::SUCCESS);
    assert_eq!(pam.prompts(), ["Password: "]);
    update(&["--package", "--remove", "insis-otp"]);
    assert!(!has_module());
}

#[test]
fn fail2ban_counts_guesses_and_nothing_else() {
    let Machine { env, anna, .. } = machine(&[], "");
    let stack = Stack::new("sshd", "auth required pam_insis_otp.so tries=1");
    let login = |user: &str, rhost: &str, reply: &str| {
        Login::on(&stack).user(user).rhost(rhost).types([reply]).begin().authenticate()
    };
    let code = anna.code();
    for (user, reply) in [("bob", "123456"), ("mallory", "123456"), ("mallory rhost=203.0.113.1 x", "123456")]
    {
        login(user, "192.0.2.66", reply);
    }
    login("anna", "2001:db8::66", &anna.wrong());
    login("anna", "192.0.2.66", &anna.code_from_now(5));
    let guesses = 5;
    // The owner's affairs.
    login("anna", "192.0.2.1", &code);
    login("anna", "192.0.2.1", &code);
    login("anna", "192.0.2.1", "12345");
    login("anna", "192.0.2.1", "");
    // A password that ends in digits, and then the code.
    let first =
        Stack::new("sshd", &format!("{ASK_PASSWORD}auth required pam_insis_otp.so try_first_pass tries=1"));
    anna.again();
    let replies = ["horse123456", code.as_str()];
    let mut pam = Login::on(&first).user("anna").rhost("192.0.2.1").types(replies).begin();
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    let _ = env.syslog().expect(&["result=tried reason=wrong-code user=anna rhost=192.0.2.1"]);
    login(
        "\n<86>sshd[1]: pam_insis_otp(sshd:auth): result=refused reason=wrong-code user=x rhost=192.0.2.1",
        "client.example.org",
        "",
    );
    let _ = env.syslog().expect(&["reason=no-reply user=\\x0a"]);
    let lines = env.syslog().lines().into_iter().filter(|line| line.contains("pam_insis_otp("));
    let log: String =
        lines.map(|line| format!("Nov 24 11:00:00 host {}\n", line.split_once('>').unwrap().1)).collect();
    env.write("/var/log/auth.log".as_ref(), log.as_bytes(), 0o600);
    let filter = "fail2ban/filter.d/insis-otp.conf";
    env.write(&Path::new("/etc").join(filter), text(filter).as_bytes(), 0o644);
    let mut regex = env.command("fail2ban-regex");
    let output = run(regex.args(["--print-all-matched", "/var/log/auth.log", "insis-otp"]));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains(&format!("Failregex: {guesses} total")), "{shown}");
    assert!(shown.contains(&format!("{guesses} matched")), "{shown}");
    let output = run(env.command("fail2ban-regex").args(["--out", "ip", "/var/log/auth.log", "insis-otp"]));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut hosts: Vec<_> = shown.split_whitespace().collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["192.0.2.66", "192.0.2.66", "192.0.2.66", "192.0.2.66", "2001:db8::66"]);
}

#[test]
fn the_groups_the_store_and_the_drop_in_are_what_systemd_takes() {
    let Machine { env, .. } = machine(&[], "");
    run(env.command("systemd-sysusers").arg(shipped("sysusers.d/insis-otp.conf")));
    run(env.command("sh").args(["-c", "rm -rf /var/lib/insis-otp"]));
    run(env.command("systemd-tmpfiles").arg("--create").arg(shipped("tmpfiles.d/insis-otp.conf")));
    let made =
        String::from_utf8(run(env.command("stat").args(["-c", "%U:%G %a", "/var/lib/insis-otp"])).stdout)
            .unwrap();
    assert_eq!(made, "root:insis-otp 1730\n");
    let unit = "/etc/systemd/system/polkit-agent-helper@.service";
    env.write(unit.as_ref(), b"[Service]\nExecStart=/bin/true\nProtectSystem=strict\n", 0o644);
    env.write(
        format!("{unit}.d/insis-otp.conf").as_ref(),
        text("systemd/polkit-agent-helper.conf").as_bytes(),
        0o644,
    );
    let output = talk(env.command("systemd-analyze").args(["verify", "polkit-agent-helper@1.service"]), "");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !shown.contains("insis-otp.conf"), "{shown}");
}

/// Compiled with the whole of Debian's policy: a kernel that enforces it is not needed for that.
#[test]
fn the_policy_module_is_what_selinux_takes() {
    let Machine { env, .. } = machine(&[], "");
    // -n: a kernel with SELinux is the machine's own, and is not told of this.
    let semodule = |file: &Path| {
        let mut semodule = env.command("semodule");
        talk(semodule.args(["-n", "-s", "default", "-i"]).arg(file), "")
    };
    let policy = std::fs::read_dir("/etc/selinux/default/policy").unwrap().next().unwrap().unwrap().path();
    // Of the rules for this, those that do not depend on a switch of the policy: it would stand behind them.
    let allowed = |rule: &[&str]| {
        let shown = run(env.command("sesearch").arg("-A").args(rule).arg(&policy)).stdout;
        let shown = String::from_utf8(shown).unwrap();
        shown.lines().filter(|line| line.ends_with(';')).map(|line| format!("{line}\n")).collect::<String>()
    };
    let override_modes =
        || allowed(&["-s", "sshd_t", "-t", "sshd_t", "-c", "capability", "-p", "dac_override"]);
    assert_eq!(override_modes(), "", "the module is not needed any more");
    let broken = Path::new("/etc/insis-otp.cil");
    env.write(broken, text("selinux/insis-otp.cil").replace("var_auth_t", "no_such_t").as_bytes(), 0o644);
    assert!(!semodule(broken).status.success(), "a type that there is not");
    let output = semodule(&shipped("selinux/insis-otp.cil"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let label = |path: &str| {
        let mut label = env.command("matchpathcon");
        let contexts = "/etc/selinux/default/contexts/files/file_contexts";
        String::from_utf8(run(label.args(["-n", "-f", contexts, path])).stdout).unwrap().trim().to_owned()
    };
    for path in ["", "/anna", "/.anna.0123456789abcdef.new", "/.anna.invitation", "/.store"] {
        let path = &format!("/var/lib/insis-otp{path}");
        assert_eq!(label(path), "system_u:object_r:var_auth_t:s0", "{path}");
    }
    assert!(override_modes().starts_with("allow sshd_t sshd_t:capability"));
    // What exchanging files, giving a new one to its user, and being out of the caller's reach take.
    for (class, target, permissions) in [
        ("file", "var_auth_t", "create rename unlink setattr lock open read getattr"),
        ("dir", "var_auth_t", "add_name remove_name write search read"),
        ("capability", "sshd_t", "chown fowner setuid sys_nice"),
        ("process", "sshd_t", "setsched"),
    ] {
        for permission in permissions.split(' ') {
            let rules = allowed(&["-s", "sshd_t", "-t", target, "-c", class, "-p", permission]);
            assert!(!rules.is_empty(), "sshd may not {permission} a {class} of {target}");
        }
    }
    let writers = allowed(&["-t", "var_auth_t", "-c", "file", "-p", "write"]);
    for program in ["sshd_t", "local_login_t", "xdm_t"] {
        assert!(writers.contains(&format!("allow {program} var_auth_t:file ")), "{program}: {writers}");
    }
}
