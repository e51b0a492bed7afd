//! `otp-setup doctor` on a sound machine, and with each fault planted in it. Wherever that is possible, what a finding says
//! is done to the letter, and the doctor has nothing more to say.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use insis_otp_tests::directory::Directory;
use insis_otp_tests::env::{CONFIG, Env, run, talk};
use insis_otp_tests::paired::Paired;
use insis_otp_tests::pam::{Code, Login};

const STACK: &str = "@include common-auth\nauth required pam_insis_otp.so\n";
const SSHD: &str = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n\
                    AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam\n";
const DROP_IN: &str = "/etc/ssh/sshd_config.d/00-otp.conf";

/// A machine on which everybody is paired and nothing is wrong.
fn sound() -> Env {
    let env = Env::build()
        .user("anna", "secret")
        .file("/etc/pam.d/sshd", STACK, 0o644)
        .file(DROP_IN, SSHD, 0o644)
        .clock()
        .start();
    // Whoever else has a shell on the machine that this one is a copy of.
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let people: Vec<_> = passwd
        .lines()
        .filter(|line| {
            let fields: Vec<_> = line.split(':').collect();
            let uid: u32 = fields[2].parse().unwrap();
            uid >= 1000 && uid != 65534 && !fields[6].ends_with("nologin") && !fields[6].ends_with("false")
        })
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    for user in people {
        let uri = format!("otpauth://totp/Uni:{user}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Uni");
        talk(env.command("otp-setup").args(["import", "--user", &user, "--uri", "-"]), &uri);
    }
    env
}

/// What the doctor says of one thing.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    severity: String,
    place: String,
    what: String,
    why: String,
    remedy: String,
    line: String,
}

/// Exit status, and every finding.
fn examined(env: &Env, synchronised: &str) -> (i32, Vec<Finding>) {
    let mut doctor = env.command("otp-setup");
    let output = talk(doctor.args(["doctor", "--json"]).env("CLOCK_SYNCHRONISED", synchronised), "");
    let findings: Vec<Finding> = serde_json::from_slice(&output.stdout).unwrap();
    for finding in &findings {
        assert!(!finding.why.is_empty() && finding.remedy.ends_with(':'), "{finding:?}");
        assert!(!finding.line.trim().is_empty() && !finding.line.contains('\n'), "{finding:?}");
    }
    (output.status.code().unwrap(), findings)
}

/// The finding that is looked for.
#[track_caller]
fn found(env: &Env, severity: &str, place: &str, words: &str) -> Finding {
    let (_, found) = examined(env, "yes");
    let wanted = |finding: &&Finding| {
        finding.severity == severity && finding.place.starts_with(place) && finding.what.contains(words)
    };
    let finding = found.iter().find(wanted).cloned();
    finding.unwrap_or_else(|| panic!("no {severity} at {place} about {words:?} in {found:#?}"))
}

/// Exit status, and every finding as severity, place and what.
fn doctor(env: &Env) -> (i32, Vec<String>) {
    doctor_with(env, "yes")
}

/// The same, where the kernel says that its clock is synchronised, or not.
fn doctor_with(env: &Env, synchronised: &str) -> (i32, Vec<String>) {
    let (status, found) = examined(env, synchronised);
    let said = found.iter().map(|finding| format!("{} {} {}", finding.severity, finding.place, finding.what));
    (status, said.collect())
}

/// The finding that is looked for, and its exact line.
#[track_caller]
fn finds(env: &Env, severity: &str, place: &str, words: &str, line: &str) -> Finding {
    let finding = found(env, severity, place, words);
    let (status, all) = examined(env, "yes");
    assert_eq!(status, if severity == "problem" { 6 } else { 1 }, "{all:#?}");
    assert_eq!(finding.line, line, "{finding:#?}");
    finding
}

/// Finds it, does what it says, and has a sound machine.
#[track_caller]
fn mends(env: &Env, severity: &str, place: &str, words: &str, line: &str) {
    let finding = finds(env, severity, place, words, line);
    obey(&finding);
    assert_eq!(doctor(env), (0, vec![]), "after {finding:#?}");
}

/// Does what a finding says.
#[track_caller]
fn obey(finding: &Finding) {
    let Finding { place, remedy, line, .. } = finding;
    let below = remedy.rsplit_once("below ").map(|(_, place)| place.trim_end_matches(':'));
    let above = remedy.rsplit_once("Write above ").map(|(_, place)| place.trim_end_matches(':'));
    if remedy.ends_with("Run:") {
        run(Command::new("sh").args(["-c", line]));
    } else if let Some(below) = below {
        // From the end on, so that no number changes before its line is found.
        edit(below, |lines, number| lines.insert(number, line.clone()));
        if remedy.starts_with("Take that line out") {
            edit(place, |lines, number| drop(lines.remove(number - 1)));
        }
    } else if let Some(above) = above {
        edit(above, |lines, number| lines.insert(number - 1, line.clone()));
    } else if remedy.ends_with("at the top of that file:") {
        edit(&format!("{place}:1"), |lines, _| lines.insert(0, line.clone()));
    } else if remedy.contains("insis-otp.toml, instead of") {
        let key = line.split(' ').next().unwrap();
        let is_it = |old: &String| old.starts_with(key);
        edit(&format!("{CONFIG}:1"), |lines, _| {
            let old = lines.iter_mut().find(|old| is_it(old)).unwrap();
            old.clone_from(line);
        });
    } else {
        assert!(remedy.ends_with("Write instead of that line:"), "{finding:#?}");
        // A line of another file is named before it.
        let place =
            remedy.strip_prefix("In ").and_then(|rest| rest.split_once(": ")).map_or(&**place, |(at, _)| at);
        edit(place, |lines, number| lines[number - 1].clone_from(line));
    }
}

/// Changes the lines of a file, at a place that is written FILE:LINE.
#[track_caller]
fn edit(place: &str, change: impl FnOnce(&mut Vec<String>, usize)) {
    let (path, number) = place.rsplit_once(':').unwrap_or_else(|| panic!("{place} names no line"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines, number.parse().unwrap());
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_sound_machine_gives_no_finding() {
    let env = sound();
    let (status, found) = doctor(&env);
    assert_eq!((status, found), (0, vec![]));
    let said = run(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"));
    assert!(String::from_utf8_lossy(&said.stdout).contains("Nothing was found"));
}

const OURS: &str = "auth required pam_insis_otp.so";

#[test]
fn faults_in_pam_stacks_are_found() {
    let env = sound();
    let stack = |text: &str| env.write(Path::new("/etc/pam.d/sshd"), text.as_bytes(), 0o644);
    let sshd = |line: usize| format!("/etc/pam.d/sshd:{line}");
    stack("auth sufficient pam_unix.so\nauth required pam_insis_otp.so\n");
    mends(&env, "problem", &sshd(1), "skipped", "auth requisite pam_unix.so");
    // Two lines at once: a wrong password is to end the login, too.
    stack("auth sufficient pam_unix.so nullok\nauth required pam_deny.so\nauth required pam_insis_otp.so\n");
    let command = r"sed -i --follow-symlinks -e '2a\auth [success=1 default=ignore] pam_unix.so nullok' -e '2a\auth requisite pam_deny.so' -e 1,2d /etc/pam.d/sshd";
    mends(&env, "problem", &sshd(1), "skipped", command);
    stack(
        "auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_insis_otp.so\n",
    );
    mends(&env, "problem", &sshd(1), "Nobody gets in", "auth [success=1 default=ignore] pam_unix.so");
    stack("@include common-auth\nauth sufficient pam_insis_otp.so tries=2\n");
    mends(&env, "problem", &sshd(2), "does not refuse", "auth required pam_insis_otp.so tries=2");
    // Below the include: right below pam_unix.so stands what it jumps over.
    stack("auth required pam_insis_otp.so\n@include common-auth\nauth optional pam_cap.so\n");
    mends(&env, "warning", &sshd(1), "before pam_unix.so", OURS);
    stack("auth required pam_insis_otp.so\n@include common-auth\n");
    mends(&env, "warning", &sshd(1), "before pam_unix.so", OURS);
    assert_eq!(std::fs::read_to_string("/etc/pam.d/sshd").unwrap(), STACK);
    // Three mistakes in one line: one line mends them all.
    stack("auth sufficient pam_insis_otp.so trie=2\n@include common-auth\n");
    let line = "auth required pam_insis_otp.so tries=2";
    finds(&env, "problem", &sshd(1), "trie=2", line);
    mends(&env, "problem", &sshd(1), "does not refuse", line);
    stack("@include common-auth\nauth required pam_insis_otp.so trie=2\n");
    mends(&env, "problem", &sshd(2), "trie=2", "auth required pam_insis_otp.so tries=2");
    stack("@include common-auth\nauth required pam_insis_otp.so tries=99 nulok remember=8h\n");
    mends(&env, "problem", &sshd(2), "tries=99", "auth required pam_insis_otp.so nullok remember=8h");
    // A pam_permit.so below it would let people in for nothing.
    stack("auth required pam_insis_otp.so nullok\n");
    mends(&env, "problem", &sshd(1), "Nothing asks for a password", "@include common-auth");
    stack("@include common-auth\nauth [success=ok default=die] pam_insis_otp.so nullok\n");
    mends(&env, "warning", &sshd(2), "turns that into a refusal", "auth required pam_insis_otp.so nullok");
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
    mends(&env, "problem", "/etc/pam.d/sshd:2", "not where libpam looks", OURS);
    let other = "@include common-auth\nauth required /etc/pam_insis_otp.so\n";
    stack(other);
    env.write(Path::new("/etc/pam_insis_otp.so"), b"text", 0o666);
    let command = "chown root:root /etc/pam_insis_otp.so; chmod 644 /etc/pam_insis_otp.so";
    obey(&finds(&env, "problem", "/etc/pam_insis_otp.so", "can be changed by others", command));
    mends(&env, "problem", "/etc/pam_insis_otp.so", "no shared library", OURS);
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
    mends(&env, "problem", &at(1), "does not use PAM", "UsePAM yes");
    // With AuthenticationMethods that need it, sshd does not even start.
    with("KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication no");
    mends(&env, "problem", &at(2), "Disabled method", "KbdInteractiveAuthentication yes");
    with(
        "KbdInteractiveAuthentication yes\nPasswordAuthentication no\nAuthenticationMethods",
        "ChallengeResponseAuthentication no\n#",
    );
    obey(&finds(&env, "problem", &at(2), "Keyboard-interactive", "KbdInteractiveAuthentication yes"));
    // Where no line has it, it stands first; that is before what is included, too.
    mends(&env, "warning", "/etc/ssh/sshd_config", "A key alone", methods);
    let main = "/etc/ssh/sshd_config:1";
    edit(main, |lines, _| drop(lines.remove(0)));
    with(
        "PasswordAuthentication no\nAuthenticationMethods",
        "PasswordAuthentication yes\nPubkeyAuthentication no\n#",
    );
    mends(&env, "warning", &at(3), "\"password\" is on", "PasswordAuthentication no");
    with("PasswordAuthentication no\nAuthenticationMethods", "PubkeyAuthentication no\n#");
    mends(&env, "warning", "/etc/ssh/sshd_config", "\"password\" is on", "PasswordAuthentication no");
    edit(main, |lines, _| drop(lines.remove(0)));
    with("publickey,keyboard-interactive:pam keyboard-interactive:pam", "publickey keyboard-interactive");
    mends(&env, "problem", &at(4), "without a code: publickey", methods);
    // What holds for some people only is judged for one of them.
    with("KbdInteractive", "Match User bob\n  PasswordAuthentication yes\nMatch all\nKbdInteractive");
    assert_eq!(doctor(&env), (0, vec![]));
    let bob = format!("{SSHD}Match User bob\n  AuthenticationMethods publickey\nMatch all\n");
    env.write(Path::new(DROP_IN), bob.as_bytes(), 0o644);
    mends(&env, "problem", &at(6), "without a code: publickey", methods);
    let list = "AuthenticationMethods password,keyboard-interactive";
    with(methods, list);
    mends(&env, "problem", &at(4), "Disabled method \"password", methods);
    with(&format!("PasswordAuthentication no\n{methods}"), &format!("PasswordAuthentication yes\n{list}"));
    mends(&env, "problem", &at(4), "beside keyboard-interactive", methods);
    env.write(Path::new(CONFIG), b"exempt_networks = [\"192.0.2.0/24\"]\n", 0o644);
    with("UsePAM yes", "UsePAM yes\nUseDNS yes");
    mends(&env, "warning", &at(2), "UseDNS is on", "UseDNS no");
    env.write(Path::new(CONFIG), b"", 0o644);
    with("UsePAM", "UsePAMM");
    mends(&env, "problem", &at(1), "does not tell", "UsePAM yes");
    with("PasswordAuthentication no", "PasswordAuthentication noo");
    mends(&env, "problem", &at(3), "does not tell", "PasswordAuthentication no");
    with("UsePAM yes", "UsePAM yes\nNoSuchThing yes");
    mends(&env, "problem", &at(2), "does not tell", "# NoSuchThing yes");
    with("UsePAM yes", "Include /etc/ssh/more\nUsePAM yes");
    env.write(Path::new("/etc/ssh/more"), b"NoSuchThing yes\n", 0o644);
    finds(&env, "problem", "/usr/sbin/sshd", "does not tell", "/usr/sbin/sshd -t");
}

#[test]
fn faults_of_the_store_are_found() {
    let env = sound();
    let (store, path) = (Path::new("/var/lib/insis-otp"), "/var/lib/insis-otp");
    let mode =
        |path: &Path, mode: u32| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let command = "chown root:insis-otp /var/lib/insis-otp; chmod 1730 /var/lib/insis-otp";
    // One finding, and none that would remove anybody's file: they are sound when the store is.
    for open in [0o777, 0o1777] {
        mode(store, open);
        let (_, found) = examined(&env, "yes");
        assert_eq!(found.len(), 1, "{found:#?}");
        mends(&env, "problem", path, "wrong owner or mode", command);
    }
    chown(store, Some(1), Some(1)).unwrap();
    mends(&env, "problem", path, "wrong owner or mode", command);
    std::fs::remove_file(store.join(".store")).unwrap();
    let mark = "install -m 644 -o root -g root /dev/null /var/lib/insis-otp/.store";
    mends(&env, "problem", path, "no marker", mark);
    mode(store, 0o700);
    let (status, found) = examined(&env, "yes");
    assert!(status == 0 && found[0].remedy.starts_with("If they shall") && found[0].line == command);
    mode(store, 0o1730);
    let file = store.join("anna");
    let sound_page = std::fs::read(&file).unwrap();
    mode(&file, 0o644);
    let command = "chown anna /var/lib/insis-otp/anna; chmod 600 /var/lib/insis-otp/anna";
    mends(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
    chown(&file, Some(0), None).unwrap();
    mends(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
    // Its state is damaged: it is mended. Its head is: whoever says yes removes it.
    let command = "otp-setup unlock --user anna || rm -i /var/lib/insis-otp/anna";
    let damage = |from: usize| {
        let page = [&sound_page[..from], &vec![b'x'; 4096 - from]].concat();
        std::fs::write(&file, page).unwrap();
    };
    damage(2048);
    mends(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
    damage(1000);
    let finding = finds(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
    talk(Command::new("sh").args(["-c", &finding.line]), "no\n");
    assert!(file.exists());
    talk(Command::new("sh").args(["-c", &finding.line]), "yes\n");
    assert!(!file.exists());
    std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
    let finding =
        finds(&env, "problem", "/var/lib/insis-otp/anna", "symbolic link", "rm -r /var/lib/insis-otp/anna");
    obey(&finding);
    env.write(&file, &sound_page, 0o600);
    chown(&file, Some(nix::unistd::User::from_name("anna").unwrap().unwrap().uid.as_raw()), None).unwrap();
    assert_eq!(doctor(&env), (0, vec![]));
    std::fs::copy(&file, store.join("gone away")).unwrap();
    let (status, found) = examined(&env, "yes");
    assert!(
        status == 0 && found[0].severity == "note" && found[0].place.ends_with("/gone away"),
        "{found:?}"
    );
    run(Command::new("sh").args(["-c", &found[0].line]));
    assert_eq!(doctor(&env), (0, vec![]));
    run(Command::new("mv").arg(store).arg("/var/lib/insis-otp.away"));
    let command = "install -d -o root -g insis-otp -m 1730 /var/lib/insis-otp";
    obey(&finds(&env, "problem", path, "is not there", command));
    std::fs::remove_dir(store).unwrap();
    std::fs::write(store, "").unwrap();
    let command = format!("mv /var/lib/insis-otp /var/lib/insis-otp.old; {command}");
    obey(&finds(&env, "problem", path, "wrong owner or mode", &command));
    std::fs::remove_dir(store).unwrap();
    run(Command::new("mv").arg("/var/lib/insis-otp.away").arg(store));
    assert_eq!(doctor(&env), (0, vec![]));
}

/// A stack as many write it for pam_faillock: a line that is right elsewhere locks everybody out of it.
#[test]
fn what_is_offered_for_faillock_lets_in_who_knows_both_and_nobody_else() {
    let env = sound();
    let stack = "auth required pam_env.so\nauth requisite pam_faillock.so preauth\nauth sufficient pam_unix.so nullok\n\
                 auth [default=die] pam_faillock.so authfail\nauth required pam_insis_otp.so tries=1\naccount required pam_permit.so\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    let line = "auth [success=1 default=ignore] pam_unix.so nullok";
    mends(&env, "problem", "/etc/pam.d/sshd:3", "skipped", line);
    let login = |password: &str, code: String| {
        Login::to("sshd").user("anna").types([password.to_owned(), code]).begin().authenticate()
    };
    std::fs::remove_file("/var/lib/insis-otp/anna").unwrap();
    let anna = Paired::user("anna");
    assert_ne!(login("wrong", anna.code()), Code::SUCCESS);
    assert_ne!(login("secret", "000000".to_owned()), Code::SUCCESS);
    anna.again();
    assert_eq!(login("secret", anna.code()), Code::SUCCESS);
}

/// SSSD does not enumerate people unless it is told to.
#[test]
fn people_whom_the_directory_does_not_enumerate_are_known() {
    let env = Env::build().file("/etc/pam.d/sshd", STACK, 0o644).file(DROP_IN, SSHD, 0o644).clock().start();
    let _directory = Directory::start(&env, "", "");
    let enumerated = run(Command::new("getent").arg("passwd"));
    assert!(!String::from_utf8_lossy(&enumerated.stdout).contains("anna"));
    let _anna = Paired::user("anna");
    let list = run(env.command("otp-setup").arg("list"));
    assert!(String::from_utf8_lossy(&list.stdout).contains("anna"), "{list:?}");
    let removes = |found: &[Finding]| found.iter().any(|finding| finding.line.contains("rm "));
    let (_, found) = examined(&env, "yes");
    assert!(found.iter().all(|finding| !finding.place.contains("/anna")) && !removes(&found), "{found:#?}");
    // Somebody whom it does not know may be somebody whom it cannot be asked about.
    std::fs::copy("/var/lib/insis-otp/anna", "/var/lib/insis-otp/ghost").unwrap();
    let (_, found) = examined(&env, "yes");
    assert!(
        found.iter().any(|finding| finding.line == "getent passwd ghost") && !removes(&found),
        "{found:#?}"
    );
}

/// What is in exempt_users is compared with what the user database says, letter for letter.
#[test]
fn exempt_names_that_the_directory_spells_otherwise_are_found() {
    let env = Env::build().file("/etc/pam.d/sshd", STACK, 0o644).file(DROP_IN, SSHD, 0o644).clock().start();
    let _directory = Directory::start(&env, "", "case_sensitive = false");
    env.write(Path::new(CONFIG), b"exempt_users = [\"root\", \"ANNA\"]\n", 0o644);
    let right = "exempt_users = [\"root\", \"anna\"]";
    let finding = finds(&env, "warning", &format!("{CONFIG}:1"), "whom the user database calls anna", right);
    obey(&finding);
    let (_, found) = examined(&env, "yes");
    assert!(found.iter().all(|finding| !finding.what.contains("exempt_users")), "{found:#?}");
}

/// The PAM service by which a password is proved before a first phone is paired.
#[test]
fn faults_of_the_service_that_checks_passwords_are_found() {
    let env = sound();
    let service = Path::new("/etc/pam.d/otp-setup");
    let shipped = std::fs::read(service).expect("the service is installed");
    let login = |password: &str| Login::to("otp-setup").user("anna").types([password]).begin().authenticate();
    let mends = |severity: &str, place: &str, words: &str| {
        obey(&found(&env, severity, place, words));
        assert_eq!(doctor(&env), (0, vec![]), "after {words}");
        assert_eq!((login("secret"), login("wrong") == Code::SUCCESS), (Code::SUCCESS, false), "{words}");
    };
    std::fs::remove_file(service).unwrap();
    mends("warning", "/etc/pam.d/otp-setup", "otp-setup is not there");
    for (text, severity, line, words) in [
        ("auth required pam_permit.so\n", "problem", 1, "succeeds with a wrong password"),
        ("auth optional pam_unix.so\nauth required pam_permit.so\n", "problem", 2, "succeeds with a wrong"),
        ("auth required pam_deny.so\n", "warning", 1, "refuses the right password"),
        (
            "auth required pam_unix.so\nauth required pam_insis_otp.so\n",
            "warning",
            2,
            "asks pam_insis_otp.so",
        ),
    ] {
        env.write(service, text.as_bytes(), 0o644);
        mends(severity, &format!("/etc/pam.d/otp-setup:{line}"), words);
        assert_eq!(std::fs::read_to_string("/etc/pam.d/otp-setup.bak").unwrap(), text);
    }
    // The profile brings the module into it, where it takes the shared stack in.
    let common = std::fs::read_to_string("/etc/pam.d/common-auth").unwrap();
    env.write(Path::new("/etc/pam.d/common-auth"), format!("{common}{OURS}\n").as_bytes(), 0o644);
    env.write(Path::new("/etc/pam.d/sshd"), b"@include common-auth\n", 0o644);
    env.write(service, b"@include common-auth\n", 0o644);
    mends("warning", "/etc/pam.d/otp-setup:1", "asks pam_insis_otp.so");
    // Who shows something else needs it not.
    std::fs::remove_file(service).unwrap();
    env.write(Path::new(CONFIG), b"self_enrollment = \"invitation\"\n", 0o644);
    assert_eq!(doctor(&env), (0, vec![]));
    env.write(service, &shipped, 0o644);
}

#[test]
fn people_who_cannot_enroll_and_invitations_that_are_over_are_found() {
    let env = sound();
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let at = format!("{CONFIG}:1");
    config("self_enrollment = \"open\"\n");
    obey(&found(&env, "note", &at, "self_enrollment is \"open\""));
    assert_eq!(doctor(&env), (0, vec![]));
    let stack = "@include common-auth\nauth required pam_insis_otp.so unenrolled=enrol\n\
                 account required pam_insis_otp.so\npassword required pam_insis_otp.so\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    config("self_enrollment = \"off\"\n");
    mends(&env, "warning", &at, "are to pair at sshd", "self_enrollment = \"password\"");
    env.write(Path::new("/etc/pam.d/sshd"), STACK.as_bytes(), 0o644);
    // Both are one finding, and who is exempt is none.
    for user in ["bob", "carol", "dave", "robot"] {
        env.add_user(user, "secret");
    }
    config("unenrolled = \"ignore\"\nexempt_users = [\"robot\"]\n");
    let shadow = std::fs::read_to_string("/etc/shadow").unwrap();
    let lock = |line: &str| match line.split_once(':') {
        Some((name @ ("bob" | "carol" | "robot"), rest)) => format!("{name}:!{rest}\n"),
        _ => format!("{line}\n"),
    };
    let locked: String = shadow.lines().map(lock).collect();
    env.write(Path::new("/etc/shadow"), locked.as_bytes(), 0o640);
    let lacking = |words: &str| {
        let finding = found(&env, "note", "self_enrollment", words);
        assert!(!finding.what.contains("robot"), "{finding:#?}");
        finding
    };
    let finding = lacking("2 people have no pairing, no password and no invitation: bob, carol");
    assert_eq!(finding.line, "otp-setup invite --user bob");
    let _ = run(env.command("otp-setup").args(["invite", "--user", "bob"]));
    lacking("1 person has no pairing, no password and no invitation: carol");
    let _ = run(env.command("otp-setup").args(["invite", "--user", "carol", "--valid", "90d"]));
    let (_, all) = examined(&env, "yes");
    assert!(all.iter().all(|finding| finding.place != "self_enrollment"), "{all:#?}");
    config("self_enrollment = \"invitation\"\nunenrolled = \"ignore\"\nexempt_users = [\"robot\"]\n");
    lacking("1 person has no pairing and no invitation: dave");
    // A week later one of them is over.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    env.clock().freeze(now + 8 * 86_400);
    let finding = found(&env, "note", "/var/lib/insis-otp", "1 invitation is good for nothing any more");
    assert_eq!(finding.line, "rm /var/lib/insis-otp/.bob.invitation");
    run(Command::new("sh").args(["-c", &finding.line]));
    let (_, all) = examined(&env, "yes");
    assert!(all.iter().all(|finding| !finding.what.contains("for nothing")), "{all:#?}");
    lacking("2 people have no pairing and no invitation: bob, dave");
}

#[test]
fn names_that_changed_or_share_a_user_id_are_found() {
    let env = sound();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let anna = passwd.lines().find(|line| line.starts_with("anna:")).unwrap();
    env.write(Path::new("/etc/passwd"), passwd.replace("\nanna:", "\nannette:").as_bytes(), 0o644);
    finds(
        &env,
        "warning",
        "/var/lib/insis-otp/anna",
        "whose name is annette now",
        "otp-setup move anna annette",
    );
    let alias = format!("{passwd}{}\n", anna.replacen("anna:", "annie:", 1));
    env.write(Path::new("/etc/passwd"), alias.as_bytes(), 0o644);
    finds(&env, "warning", "uid ", "anna and annie have the same user id", "otp-setup --user annie");
    env.write(Path::new("/etc/passwd"), passwd.as_bytes(), 0o644);
    assert_eq!(doctor(&env), (0, vec![]));
}

#[test]
fn settings_that_do_something_else_than_they_say_are_found() {
    let env = sound();
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let at = |line: usize| format!("{CONFIG}:{line}");
    config("exempt_groups = [\"otp-exempt\"]\n");
    mends(&env, "warning", &at(1), "group otp-exempt", "groupadd --system otp-exempt");
    config("tries = 2\nexempt_users = [\"nobody\", \"anne\"]\n");
    mends(&env, "warning", &at(2), "user anne", "exempt_users = [\"nobody\"]");
    config("exempt_networks = [\"0.0.0.0/0\", \"192.0.2.0/24\"]\n");
    mends(&env, "problem", &at(1), "every address", "exempt_networks = [\"192.0.2.0/24\"]");
    config("[service.ssh]\ntries = 2\n");
    mends(&env, "warning", &at(1), "no PAM service ssh", "[service.sshd]");
    config("[service.common-auth]\ntries = 2\n");
    finds(&env, "warning", &at(1), "no PAM service common-auth", "ls /etc/pam.d");
    env.write(Path::new(CONFIG), b"tries = 2\n", 0o600);
    mends(&env, "problem", CONFIG, "by root only", "chmod 644 /etc/security/insis-otp.toml");
    // In a stack's own arguments, too.
    let stack =
        "@include common-auth\nauth required pam_insis_otp.so tries=1 exempt_networks=::/0,192.0.2.0/24\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    let line = "auth required pam_insis_otp.so tries=1 exempt_networks=192.0.2.0/24";
    mends(&env, "problem", "/etc/pam.d/sshd:2", "every address", line);
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
    mends(
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
    mends(&env, "warning", "/etc/pam.d/sshd:1", "has refused the password", "auth requisite pam_unix.so");
    stack("auth optional pam_unix.so\nauth required pam_insis_otp.so\n");
    mends(&env, "problem", "/etc/pam.d/sshd:2", "after a wrong password", "auth requisite pam_unix.so");
    stack("@include common-auth\nauth required pam_insis_otp.so use_first_pass\n");
    mends(&env, "problem", "/etc/pam.d/sshd:2", "use_first_pass", OURS);
    let control = "[success=ok ignore=ignore auth_err=die default=ignore]";
    stack(&format!("@include common-auth\nauth {control} pam_insis_otp.so\n"));
    mends(&env, "problem", "/etc/pam.d/sshd:2", "does not refuse", OURS);
    stack(&format!("{STACK}auth required pam_sss_not_here.so\n"));
    finds(&env, "problem", "/etc/pam.d/sshd:3", "not where libpam looks", "man otp-setup");
    stack(STACK);
    env.write(Path::new("/etc/pam.d/sudo"), STACK.as_bytes(), 0o644);
    env.write(Path::new("/etc/pam.d/sudo-i"), b"@include common-auth\n", 0o644);
    mends(&env, "warning", "/etc/pam.d/sudo-i:1", "sudo asks for a code, sudo-i does not", OURS);
}

#[test]
fn faults_of_files_in_homes_are_found() {
    let env = sound();
    let file = env.home("anna").join(".insis-otp");
    let page = std::fs::read("/var/lib/insis-otp/anna").unwrap();
    let anna = nix::unistd::User::from_name("anna").unwrap().unwrap().uid.as_raw();
    let place = |mode: u32, owner: u32| {
        std::fs::remove_file(&file).ok();
        env.write(&file, &page, mode);
        chown(&file, Some(owner), None).unwrap();
    };
    // Nobody else is asked for.
    let people = std::fs::read_dir("/var/lib/insis-otp").unwrap().map(|entry| entry.unwrap().file_name());
    let others: Vec<_> = people
        .map(|name| name.into_string().unwrap())
        .filter(|name| name != "anna" && !name.starts_with('.'))
        .collect();
    let config = format!("secret_file = \"%h/.insis-otp\"\nexempt_users = {others:?}\n");
    env.write(Path::new(CONFIG), config.as_bytes(), 0o644);
    place(0o600, anna);
    assert_eq!(doctor(&env), (0, vec![]));
    let path = "/home/anna/.insis-otp";
    place(0o640, anna);
    let command = "runuser -u anna -- chmod 600 /home/anna/.insis-otp";
    mends(&env, "problem", path, "of anna cannot be used", command);
    // Somebody else's, and no file at all: root's hands stay off it.
    let command = "runuser -u anna -- rm -r /home/anna/.insis-otp";
    place(0o600, 0);
    obey(&finds(&env, "problem", path, "of anna cannot be used", command));
    std::os::unix::fs::symlink("/etc/shadow", &file).unwrap();
    obey(&finds(&env, "problem", path, "symbolic link", command));
    assert!(Path::new("/etc/shadow").exists());
    env.write(&file, &page[..100], 0o600);
    chown(&file, Some(anna), None).unwrap();
    let command = "otp-setup unlock --user anna || runuser -u anna -- rm -i /home/anna/.insis-otp";
    finds(&env, "problem", path, "of anna cannot be used", command);
}

#[test]
fn faults_of_helper_configuration_and_log_are_found() {
    let mut env = sound();
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    // A helper that is not setgid: the configuration names another one, since /usr is shared by the tests.
    std::fs::copy("/usr/libexec/otp-helper", "/etc/otp-helper").unwrap();
    std::fs::set_permissions("/etc/otp-helper", PermissionsExt::from_mode(0o755)).unwrap();
    config("helper = \"/etc/otp-helper\"\n");
    let command = "chown root:insis-otp /etc/otp-helper; chmod 2755 /etc/otp-helper";
    mends(&env, "problem", "/etc/otp-helper", "wrong owner or mode", command);
    config("tries = 2\nhelper = \"/etc/none\"\n");
    mends(&env, "warning", "/etc/none", "no helper", "helper = \"/usr/libexec/otp-helper\"");
    config("debug = true\n");
    let (status, found) = examined(&env, "yes");
    assert!(status == 0 && found.len() == 1 && found[0].what.starts_with("debug is on"), "{found:?}");
    obey(&found[0]);
    assert_eq!(doctor(&env), (0, vec![]));
    for (text, number, line) in [
        ("\nwindw = 1\n", 2, "window = 1"),
        ("unenrolled = deny\n", 1, "unenrolled = \"deny\""),
        ("tries = 2\n[sudo]\ntries = 1\n", 2, "[service.sudo]"),
        ("tries = 99\n", 1, "tries = 3"),
        ("exempt_users = [\"nobody\"\ntries = 2\n", 1, "exempt_users = [\"nobody\"]"),
        ("colour = \"blue\"\n", 1, "# colour = \"blue\""),
    ] {
        config(text);
        mends(&env, "problem", &format!("{CONFIG}:{number}"), "cannot be used", line);
    }
    // One mistake after the other.
    config("windw = 1\ntrys = 2\n");
    obey(&finds(&env, "problem", &format!("{CONFIG}:1"), "windw", "window = 1"));
    mends(&env, "problem", &format!("{CONFIG}:2"), "trys", "tries = 2");
    env.write(Path::new(CONFIG), b"tries = 2\n", 0o666);
    let command = "chown root:root /etc/security/insis-otp.toml; chmod 644 /etc/security/insis-otp.toml";
    mends(&env, "problem", CONFIG, "writable by nobody else", command);
    std::fs::write(CONFIG, b"\xff").unwrap();
    let command = "mv /etc/security/insis-otp.toml /etc/security/insis-otp.toml.old";
    mends(&env, "problem", CONFIG, "UTF-8", command);
    // A configuration of a stack's own: it is mended where it is, or not named.
    let stack = b"@include common-auth\nauth required pam_insis_otp.so config=/etc/own.toml\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack, 0o644);
    env.write(Path::new("/etc/own.toml"), b"windw = 1\n", 0o644);
    mends(&env, "problem", "/etc/own.toml:1", "windw", "window = 1");
    std::fs::write("/etc/own.toml", b"\xff").unwrap();
    let command = "mv /etc/own.toml /etc/own.toml.old; install -m 644 /dev/null /etc/own.toml";
    mends(&env, "problem", "/etc/own.toml", "UTF-8", command);
    std::fs::remove_file("/etc/own.toml").unwrap();
    mends(&env, "problem", "/etc/pam.d/sshd:2", "/etc/own.toml", OURS);
    env.syslog_mut().stop();
    let command = if Path::new("/usr/sbin/rsyslogd").exists() {
        "service rsyslog start"
    } else {
        "apt install rsyslog"
    };
    finds(&env, "warning", "/dev/log", "no /dev/log", command);
}

#[test]
fn mistakes_in_settings_are_told_in_the_persons_language() {
    let env = sound();
    env.write(Path::new(CONFIG), b"tries = 0\n", 0o644);
    let said = |locale: &str, args: &[&str]| {
        let mut command = env.command("otp-setup");
        let output = talk(command.args(args).env("LC_ALL", locale), "");
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for args in [["doctor"].as_slice(), &["--user", "anna", "status"]] {
        let english = said("C.UTF-8", args);
        assert!(english.contains("insis-otp.toml:1: tries must be between 1 and 10, not 0"), "{english}");
        let czech = said("cs_CZ.UTF-8", args);
        assert!(czech.contains("insis-otp.toml:1: tries musí být mezi 1 a 10, ne 0"), "{czech}");
        assert!(!czech.contains("must"), "{czech}");
    }
    env.write(Path::new(CONFIG), b"", 0o644);
    env.write(Path::new("/etc/pam.d/sshd"), STACK.replace(".so\n", ".so trys=1\n").as_bytes(), 0o644);
    let czech = said("cs_CZ.UTF-8", &["doctor"]);
    assert!(czech.contains("argument trys=1 (neznámý argument \"trys\"; nemá to být \"tries\"?)"), "{czech}");
    let missing = said("cs_CZ.UTF-8", &["--user", "anna", "--config", "/etc/none.toml", "status"]);
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
    let is_named = |findings: &[Finding]| findings.iter().any(|finding| finding.place == "no_new_privs");
    assert!(is_named(&examine(&["setpriv", "--no-new-privs"])));
    assert!(!is_named(&examine(&[])));
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
    let said = |locale: &str| {
        let mut doctor = env.command("otp-setup");
        let output = talk(doctor.args(["doctor", "--json"]).env("LC_ALL", locale), "");
        let found: Vec<Finding> = serde_json::from_slice(&output.stdout).unwrap();
        found.into_iter().map(|finding| (finding.line, finding.what)).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (english, czech) = (said("en_GB.UTF-8"), said("cs_CZ.UTF-8"));
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
    assert!(status == 1 && found.len() == 1 && found[0].severity == "warning" && found[0].place == "clock");
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

#[test]
fn who_is_or_will_be_locked_out_is_said() {
    let env = sound();
    env.add_user("bob", "secret");
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let notes = |words: &str| {
        let (status, found) = doctor(&env);
        assert!(status == 0 && found.len() == 1 && found[0].starts_with("note"), "{found:?}");
        let all = talk(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"), "");
        let all = String::from_utf8_lossy(&all.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(all.contains("bob") && all.contains(words), "{all}");
    };
    // Until they have paired: with that line, they are a note.
    let ignore = "unenrolled = \"ignore\"";
    obey(&finds(&env, "warning", CONFIG, "1 person has no pairing: bob", ignore));
    notes("log in by sshd without a code");
    config("tries = 2\nunenrolled = \"deny\"\n");
    obey(&finds(&env, "warning", &format!("{CONFIG}:2"), "bob", ignore));
    notes("log in by sshd without a code");
    config("[service.sshd]\nunenrolled = \"deny\"\n");
    obey(&finds(&env, "warning", &format!("{CONFIG}:2"), "bob", ignore));
    notes("Write instead of that line: unenrolled = \"deny\"");
    config("unenrolled = \"enrol\"\n");
    let lines = ["account required pam_insis_otp.so", "password required pam_insis_otp.so"];
    for (stack, line) in ["account", "password"].into_iter().zip(lines) {
        obey(&finds(
            &env,
            "problem",
            &format!("/etc/pam.d/common-{stack}:"),
            "needs a line of the module",
            line,
        ));
    }
    notes("led through pairing");
    // A deadline: far away, near, past.
    config("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2027-01-31\"\n");
    let deadline = 1_801_353_600;
    env.clock().freeze(deadline - 15 * 86_400);
    notes("From 2027-01-31 on they cannot log in by sshd");
    env.clock().freeze(deadline - 86_400);
    let later = |day: &str| format!("unenrolled_deny_from = \"{day}\"");
    finds(&env, "warning", &format!("{CONFIG}:2"), "bob", &later("2027-02-13"));
    env.clock().freeze(deadline);
    let finding = finds(&env, "warning", &format!("{CONFIG}:2"), "bob", &later("2027-02-14"));
    let said = talk(env.command("otp-setup").arg("doctor").env("CLOCK_SYNCHRONISED", "yes"), "");
    let said = String::from_utf8_lossy(&said.stdout).replace("\n    ", " ");
    assert!(said.contains("cannot log in by sshd since 2027-01-31"), "{said}");
    obey(&finding);
    env.clock().freeze(deadline - 86_400);
    notes("From 2027-02-14 on");
    // What is nearer to the stack counts, and who is exempt is not locked out.
    config("unenrolled = \"deny\"\n[service.sshd]\nunenrolled = \"ignore\"\n");
    notes("without a code");
    config("exempt_groups = [\"bob\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    config("exempt_users = [\"bob\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    config("unenrolled = \"ignore\"\n");
    let stack = "@include common-auth\nauth requisite pam_insis_otp.so nullok tries=2 unenrolled=deny\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    let line = "auth requisite pam_insis_otp.so tries=2 unenrolled=ignore";
    obey(&finds(&env, "warning", "/etc/pam.d/sshd:2", "bob", line));
    notes("without a code");
    let by_bob = talk(env.as_user("bob", "otp-setup").arg("doctor"), "");
    assert!(String::from_utf8_lossy(&by_bob.stdout).contains("sudo otp-setup doctor"));
    chown("/var/lib/insis-otp", Some(1), None).unwrap();
    let command = "chown root:insis-otp /var/lib/insis-otp; chmod 1730 /var/lib/insis-otp";
    finds(&env, "problem", "/var/lib/insis-otp", "wrong owner", command);
}
