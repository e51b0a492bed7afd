//! `otp-setup doctor` on a sound machine, and with each fault planted in it. Wherever that is possible, what a finding says
//! is done to the letter, and the doctor has nothing more to say.

use insis_otp_tests::doctor::{
    DROP_IN, Finding, OURS, SSHD, STACK, corrects, doctor, doctor_with, edit, examined, finds, obey, sound,
};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, run, talk};
use insis_otp_tests::pam::{Code, Login};
use std::path::Path;
use std::process::Command;

#[test]
fn a_sound_machine_gives_no_finding() {
    let env = sound();
    let (status, found) = doctor(&env);
    assert_eq!((status, found), (0, vec![]));
    let shown = run(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("Nothing was found"));
}

#[test]
fn faults_in_pam_stacks_are_found() {
    let env = sound();
    let stack = |text: &str| env.write(Path::new("/etc/pam.d/sshd"), text.as_bytes(), 0o644);
    let sshd = |line: usize| format!("/etc/pam.d/sshd:{line}");
    stack("auth sufficient pam_unix.so\nauth required pam_insis_otp.so\n");
    corrects(&env, "problem", &sshd(1), "skipped", "auth requisite pam_unix.so");
    // Two lines at once: a wrong password is to end the login, too.
    stack("auth sufficient pam_unix.so nullok\nauth required pam_deny.so\nauth required pam_insis_otp.so\n");
    let command = r"sed -i --follow-symlinks -e '2a\auth [success=1 default=ignore] pam_unix.so nullok' -e '2a\auth requisite pam_deny.so' -e 1,2d /etc/pam.d/sshd";
    corrects(&env, "problem", &sshd(1), "skipped", command);
    stack(
        "auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_insis_otp.so\n",
    );
    corrects(&env, "problem", &sshd(1), "Nobody gets in", "auth [success=1 default=ignore] pam_unix.so");
    stack("@include common-auth\nauth sufficient pam_insis_otp.so tries=2\n");
    corrects(&env, "problem", &sshd(2), "does not refuse", "auth required pam_insis_otp.so tries=2");
    // Below the include: right below pam_unix.so stands what it jumps over.
    stack("auth required pam_insis_otp.so\n@include common-auth\nauth optional pam_cap.so\n");
    corrects(&env, "warning", &sshd(1), "before pam_unix.so", OURS);
    stack("auth required pam_insis_otp.so\n@include common-auth\n");
    corrects(&env, "warning", &sshd(1), "before pam_unix.so", OURS);
    assert_eq!(std::fs::read_to_string("/etc/pam.d/sshd").unwrap(), STACK);
    // Three mistakes in one line: one line corrects them all.
    stack("auth sufficient pam_insis_otp.so trie=2\n@include common-auth\n");
    let line = "auth required pam_insis_otp.so tries=2";
    finds(&env, "problem", &sshd(1), "trie=2", line);
    corrects(&env, "problem", &sshd(1), "does not refuse", line);
    stack("@include common-auth\nauth required pam_insis_otp.so trie=2\n");
    corrects(&env, "problem", &sshd(2), "trie=2", "auth required pam_insis_otp.so tries=2");
    stack("@include common-auth\nauth required pam_insis_otp.so tries=99 nulok remember=8h\n");
    corrects(&env, "problem", &sshd(2), "tries=99", "auth required pam_insis_otp.so nullok remember=8h");
    // A pam_permit.so below it would let people in for nothing.
    stack("auth required pam_insis_otp.so nullok\n");
    corrects(&env, "problem", &sshd(1), "Nothing asks for a password", "@include common-auth");
    stack("@include common-auth\nauth [success=ok default=die] pam_insis_otp.so nullok\n");
    corrects(&env, "warning", &sshd(2), "turns that into a refusal", "auth required pam_insis_otp.so nullok");
    stack(
        "@include common-auth\nauth required pam_insis_otp.so remember=8h exempt_users=nobody [prompt=My code: ]\n",
    );
    assert_eq!(doctor(&env), (0, vec![]));
    stack("@include common-auth\n");
    if Path::new("/usr/share/pam-configs/insis-otp").exists() {
        finds(&env, "warning", "/etc/pam.d/sshd:1", "No PAM stack", "pam-auth-update --enable insis-otp");
    } else {
        obey(&finds(&env, "warning", "/etc/pam.d/sshd:1", "No PAM stack", OURS));
        assert_eq!(doctor(&env), (0, vec![]));
        assert_eq!(std::fs::read_to_string("/etc/pam.d/sshd").unwrap(), STACK);
    }
}

#[test]
fn a_module_that_cannot_be_loaded_is_found() {
    let env = sound();
    let stack = |text: &str| env.write(Path::new("/etc/pam.d/sshd"), text.as_bytes(), 0o644);
    stack("@include common-auth\nauth required /usr/lib/pam_insis_otp.so\n");
    corrects(&env, "problem", "/etc/pam.d/sshd:2", "not where libpam looks", OURS);
    let other = "@include common-auth\nauth required /etc/pam_insis_otp.so\n";
    stack(other);
    env.write(Path::new("/etc/pam_insis_otp.so"), b"text", 0o666);
    let command = "chown root:root /etc/pam_insis_otp.so; chmod 644 /etc/pam_insis_otp.so";
    obey(&finds(&env, "problem", "/etc/pam_insis_otp.so", "can be changed by others", command));
    corrects(&env, "problem", "/etc/pam_insis_otp.so", "no shared library", OURS);
    stack(other);
    // A library, but another one; then the right one, cut off.
    std::fs::copy(insis_otp_tests::clock::library(), "/etc/pam_insis_otp.so").unwrap();
    finds(&env, "problem", "/etc/pam_insis_otp.so", "no shared library", OURS);
    let installed = ["x86_64", "aarch64"]
        .map(|machine| format!("/lib/{machine}-linux-gnu/security/pam_insis_otp.so"))
        .into_iter()
        .find(|path| Path::new(path).exists())
        .expect("the module is installed");
    let module = std::fs::read(&installed).unwrap();
    std::fs::write("/etc/pam_insis_otp.so", &module[..module.len() - 4096]).unwrap();
    finds(&env, "problem", "/etc/pam_insis_otp.so", "no shared library", OURS);
    std::fs::write("/etc/pam_insis_otp.so", &module).unwrap();
    assert_eq!(doctor(&env), (0, vec![]));
    // The installed one itself: in its place, for this test alone, lies another file.
    stack(STACK);
    env.write(Path::new("/etc/broken.so"), b"text", 0o644);
    let over = |path: &str| {
        let (none, bind) = (None::<&str>, nix::mount::MsFlags::MS_BIND);
        nix::mount::mount(Some("/etc/broken.so"), path, none, bind, none).unwrap();
    };
    over(&installed);
    let again = if is_packaged() {
        "apt install --reinstall libpam-insis-otp otp-setup"
    } else {
        "make build && make install"
    };
    finds(&env, "problem", &installed, "no shared library", again);
}

/// Whether our package is installed on the machine that this one is a copy of.
fn is_packaged() -> bool {
    Command::new("dpkg").args(["-L", "libpam-insis-otp"]).output().is_ok_and(|output| output.status.success())
}

#[test]
fn faults_in_sshds_settings_are_found_where_they_are() {
    let env = sound();
    let with = |from: &str, to: &str| env.write(Path::new(DROP_IN), SSHD.replace(from, to).as_bytes(), 0o644);
    let at = |line: usize| format!("{DROP_IN}:{line}");
    let methods = "AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam";
    with("UsePAM yes", "UsePAM no");
    corrects(&env, "problem", &at(1), "does not use PAM", "UsePAM yes");
    // With AuthenticationMethods that need it, sshd does not even start.
    with("KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication no");
    corrects(&env, "problem", &at(2), "Disabled method", "KbdInteractiveAuthentication yes");
    with(
        "KbdInteractiveAuthentication yes\nPasswordAuthentication no\nAuthenticationMethods",
        "ChallengeResponseAuthentication no\n#",
    );
    obey(&finds(&env, "problem", &at(2), "Keyboard-interactive", "KbdInteractiveAuthentication yes"));
    // Where no line has it, it stands first; that is before what is included, too.
    corrects(&env, "warning", "/etc/ssh/sshd_config", "A key alone", methods);
    let main = "/etc/ssh/sshd_config:1";
    edit(main, |lines, _| drop(lines.remove(0)));
    with(
        "PasswordAuthentication no\nAuthenticationMethods",
        "PasswordAuthentication yes\nPubkeyAuthentication no\n#",
    );
    corrects(&env, "warning", &at(3), "\"password\" is on", "PasswordAuthentication no");
    with("PasswordAuthentication no\nAuthenticationMethods", "PubkeyAuthentication no\n#");
    corrects(&env, "warning", "/etc/ssh/sshd_config", "\"password\" is on", "PasswordAuthentication no");
    edit(main, |lines, _| drop(lines.remove(0)));
    with("publickey,keyboard-interactive:pam keyboard-interactive:pam", "publickey keyboard-interactive");
    corrects(&env, "problem", &at(4), "without a code: publickey", methods);
    // What holds for some people only is judged for one of them.
    with("KbdInteractive", "Match User bob\n  PasswordAuthentication yes\nMatch all\nKbdInteractive");
    assert_eq!(doctor(&env), (0, vec![]));
    let bob = format!("{SSHD}Match User bob\n  AuthenticationMethods publickey\nMatch all\n");
    env.write(Path::new(DROP_IN), bob.as_bytes(), 0o644);
    corrects(&env, "problem", &at(6), "without a code: publickey", methods);
    let list = "AuthenticationMethods password,keyboard-interactive";
    with(methods, list);
    corrects(&env, "problem", &at(4), "Disabled method \"password", methods);
    with(&format!("PasswordAuthentication no\n{methods}"), &format!("PasswordAuthentication yes\n{list}"));
    corrects(&env, "problem", &at(4), "beside keyboard-interactive", methods);
    env.write(Path::new(CONFIG), b"exempt_networks = [\"192.0.2.0/24\"]\n", 0o644);
    with("UsePAM yes", "UsePAM yes\nUseDNS yes");
    corrects(&env, "warning", &at(2), "UseDNS is on", "UseDNS no");
    env.write(Path::new(CONFIG), b"", 0o644);
    with("UsePAM", "UsePAMM");
    corrects(&env, "problem", &at(1), "does not tell", "UsePAM yes");
    with("PasswordAuthentication no", "PasswordAuthentication noo");
    corrects(&env, "problem", &at(3), "does not tell", "PasswordAuthentication no");
    with("UsePAM yes", "UsePAM yes\nNoSuchThing yes");
    corrects(&env, "problem", &at(2), "does not tell", "# NoSuchThing yes");
    with("UsePAM yes", "Include /etc/ssh/more\nUsePAM yes");
    env.write(Path::new("/etc/ssh/more"), b"NoSuchThing yes\n", 0o644);
    finds(&env, "problem", "/usr/sbin/sshd", "does not tell", "/usr/sbin/sshd -t");
}

/// A stack as many write it for pam_faillock: a line that is right elsewhere locks everybody out of it.
#[test]
fn what_is_offered_for_faillock_lets_in_who_knows_both_and_nobody_else() {
    let env = sound();
    let stack = "auth required pam_env.so\nauth requisite pam_faillock.so preauth\nauth sufficient pam_unix.so nullok\n\
                 auth [default=die] pam_faillock.so authfail\nauth required pam_insis_otp.so tries=1\naccount required pam_permit.so\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    let line = "auth [success=1 default=ignore] pam_unix.so nullok";
    corrects(&env, "problem", "/etc/pam.d/sshd:3", "skipped", line);
    let login = |password: &str, code: String| {
        Login::to("sshd").user("anna").types([password.to_owned(), code]).begin().authenticate()
    };
    std::fs::remove_file("/var/lib/insis-otp/anna").unwrap();
    let anna = Enrolled::user("anna");
    assert_ne!(login("wrong", anna.code()), Code::SUCCESS);
    assert_ne!(login("secret", "000000".to_owned()), Code::SUCCESS);
    anna.again();
    assert_eq!(login("secret", anna.code()), Code::SUCCESS);
}

#[test]
fn more_faults_of_pam_stacks_are_found() {
    let env = sound();
    let stack = |text: &str| env.write(Path::new("/etc/pam.d/sshd"), text.as_bytes(), 0o644);
    let common = std::fs::read_to_string("/etc/pam.d/common-auth").unwrap();
    let shared = |text: &str| env.write(Path::new("/etc/pam.d/common-auth"), text.as_bytes(), 0o644);
    let common_at = |word: &str| {
        let text = std::fs::read_to_string("/etc/pam.d/common-auth").unwrap();
        format!("/etc/pam.d/common-auth:{}", text.lines().position(|line| line.contains(word)).unwrap() + 1)
    };
    // Our own name, misspelt: nobody gets in anywhere.
    stack("@include common-auth\n");
    shared(&format!("{common}auth required pam_insis_opt.so\n"));
    obey(&finds(&env, "problem", &common_at("insis_opt"), "not where libpam looks", OURS));
    assert_eq!(doctor(&env), (0, vec![]));
    // The profile's line and the model's.
    stack(STACK);
    corrects(
        &env,
        "warning",
        "/etc/pam.d/sshd:2",
        "in this stack already",
        "sed -i --follow-symlinks -e 2d /etc/pam.d/sshd",
    );
    shared(&common);
    stack(STACK);
    for (wrong, words, line) in [
        ("@include comon-auth", "does not exist", "@include common-auth"),
        ("auht required pam_unix.so", "does not understand", "auth required pam_unix.so"),
    ] {
        stack(&format!("{STACK}{wrong}\n"));
        obey(&finds(&env, "problem", "/etc/pam.d/sshd:3", words, line));
    }
    stack("auth required pam_unix.so\nauth required pam_insis_otp.so\n");
    corrects(&env, "warning", "/etc/pam.d/sshd:1", "has refused the password", "auth requisite pam_unix.so");
    stack("auth optional pam_unix.so\nauth required pam_insis_otp.so\n");
    corrects(&env, "problem", "/etc/pam.d/sshd:2", "after a wrong password", "auth requisite pam_unix.so");
    stack("@include common-auth\nauth required pam_insis_otp.so use_first_pass\n");
    corrects(&env, "problem", "/etc/pam.d/sshd:2", "use_first_pass", OURS);
    let control = "[success=ok ignore=ignore auth_err=die default=ignore]";
    stack(&format!("@include common-auth\nauth {control} pam_insis_otp.so\n"));
    corrects(&env, "problem", "/etc/pam.d/sshd:2", "does not refuse", OURS);
    stack(&format!("{STACK}auth required pam_sss_not_here.so\n"));
    finds(&env, "problem", "/etc/pam.d/sshd:3", "not where libpam looks", "man otp-setup");
    stack(STACK);
    env.write(Path::new("/etc/pam.d/sudo"), STACK.as_bytes(), 0o644);
    env.write(Path::new("/etc/pam.d/sudo-i"), b"@include common-auth\n", 0o644);
    corrects(&env, "warning", "/etc/pam.d/sudo-i:1", "sudo asks for a code, sudo-i does not", OURS);
}

#[test]
fn mistakes_in_settings_are_told_in_the_persons_language() {
    let env = sound();
    env.write(Path::new(CONFIG), b"tries = 0\n", 0o644);
    let shown = |locale: &str, args: &[&str]| {
        let mut command = env.command("otp-setup");
        let output = talk(command.args(args).env("LC_ALL", locale), "");
        let shown = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&shown).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for args in [["doctor"].as_slice(), &["--user", "anna", "status"]] {
        let english = shown("C.UTF-8", args);
        assert!(english.contains("insis-otp.toml:1: tries must be between 1 and 10, not 0"), "{english}");
        let czech = shown("cs_CZ.UTF-8", args);
        assert!(czech.contains("insis-otp.toml:1: tries musí být mezi 1 a 10, ne 0"), "{czech}");
        assert!(!czech.contains("must"), "{czech}");
    }
    env.write(Path::new(CONFIG), b"", 0o644);
    env.write(Path::new("/etc/pam.d/sshd"), STACK.replace(".so\n", ".so trys=1\n").as_bytes(), 0o644);
    let czech = shown("cs_CZ.UTF-8", &["doctor"]);
    assert!(czech.contains("argument trys=1 (neznámý argument \"trys\"; nemá to být \"tries\"?)"), "{czech}");
    let missing = shown("cs_CZ.UTF-8", &["--user", "anna", "--config", "/etc/none.toml", "status"]);
    assert!(missing.contains("/etc/none.toml: takový soubor neexistuje"), "{missing}");
}

#[test]
fn a_shell_that_may_gain_no_privileges_is_found() {
    let env = sound();
    let examine = |options: &[&str]| {
        let doctor = ["otp-setup", "doctor", "--json"];
        let output = talk(env.command("env").args(options).args(doctor), "");
        serde_json::from_slice::<Vec<Finding>>(&output.stdout).unwrap()
    };
    let is_named = |findings: &[Finding]| findings.iter().any(|finding| finding.location == "no_new_privs");
    assert!(is_named(&examine(&["setpriv", "--no-new-privs"])));
    assert!(!is_named(&examine(&[])));
    // Who meets it is led there.
    let mut setup = env.as_user("anna", "setpriv");
    let output = talk(setup.args(["--no-new-privs", "otp-setup", "status"]), "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Permission denied") && said.contains("here: otp-setup doctor"), "{said}");
}

/// The same in Czech: other words, the same lines.
#[test]
fn the_lines_are_the_same_in_every_language() {
    let env = sound();
    env.write(Path::new(CONFIG), b"windw = 1\n", 0o644);
    env.write(
        Path::new("/etc/pam.d/sshd"),
        b"auth sufficient pam_insis_otp.so\n@include common-auth\n",
        0o644,
    );
    let shown = |locale: &str| {
        let mut doctor = env.command("otp-setup");
        let output = talk(doctor.args(["doctor", "--json"]).env("LC_ALL", locale), "");
        let found: Vec<Finding> = serde_json::from_slice(&output.stdout).unwrap();
        found.into_iter().map(|finding| (finding.line, finding.what)).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (english, czech) = (shown("en_GB.UTF-8"), shown("cs_CZ.UTF-8"));
    assert!(english.0.len() >= 3 && english.0 == czech.0, "{english:?}\n{czech:?}");
    assert!(english.1.iter().zip(&czech.1).all(|(one, other)| one != other));
    let shown = talk(env.command("otp-setup").arg("doctor").env("LC_ALL", "cs_CZ.UTF-8"), "");
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.contains("Co s tím: Místo toho řádku napište:\n        window = 1\n"), "{shown}");
}

#[test]
fn a_clock_that_nobody_keeps_is_found() {
    let env = sound();
    assert_eq!(doctor_with(&env, "yes"), (0, vec![]));
    let (status, found) = examined(&env, "no");
    assert!(
        status == 1 && found.len() == 1 && found[0].severity == "warning" && found[0].location == "clock"
    );
    let line = found[0].line.as_str();
    assert!(matches!(line, "apt install systemd-timesyncd" | "timedatectl set-ntp true"), "{found:?}");
    // What this kernel says, by another way to it: struct timex has the status at its 40th byte, STA_UNSYNC is 64.
    let program = "import ctypes; timex = ctypes.create_string_buffer(512); ctypes.CDLL(None).adjtimex(timex); \
                   print(int.from_bytes(timex[40:44], 'little') & 64)";
    let kernel = run(env.command("/usr/bin/python3").args(["-c", program]));
    let kept = String::from_utf8_lossy(&kernel.stdout).trim() == "0";
    let mut doctor = env.command("otp-setup");
    assert_eq!(talk(doctor.arg("doctor"), "").status.code(), Some(if kept { 0 } else { 1 }));
}
