//! What `otp-setup doctor` finds about the store, homes, settings, the helper and the log.

use insis_otp_tests::doctor::{OURS, corrects, doctor, examined, finds, obey, sound};
use insis_otp_tests::env::{CONFIG, STORE, run, talk};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn faults_of_the_store_are_found() {
    let env = sound();
    let (store, path) = (Path::new(STORE), STORE);
    let command = "chown root:insis-otp /var/lib/insis-otp; chmod 1730 /var/lib/insis-otp";
    // One finding, and none that would remove anybody's file: they are sound when the store is.
    for open in [0o777, 0o1777] {
        mode(store, open);
        let (_, found) = examined(&env, "yes");
        assert_eq!(found.len(), 1, "{found:#?}");
        corrects(&env, "problem", path, "wrong owner or mode", command);
    }
    chown(store, Some(1), Some(1)).unwrap();
    corrects(&env, "problem", path, "wrong owner or mode", command);
    std::fs::remove_file(store.join(".store")).unwrap();
    let mark = "install -m 644 -o root -g root /dev/null /var/lib/insis-otp/.store";
    corrects(&env, "problem", path, "no marker", mark);
    mode(store, 0o700);
    let (status, found) = examined(&env, "yes");
    assert!(status == 0 && found[0].remedy.starts_with("If they shall") && found[0].line == command);
    mode(store, 0o1730);
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

#[test]
fn faults_of_a_secret_file_are_found() {
    let env = sound();
    let store = Path::new(STORE);
    let file = store.join("anna");
    let sound_page = std::fs::read(&file).unwrap();
    mode(&file, 0o644);
    let command = "chown anna /var/lib/insis-otp/anna; chmod 600 /var/lib/insis-otp/anna";
    corrects(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
    chown(&file, Some(0), None).unwrap();
    corrects(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
    // Its state is damaged: it is corrected. Its head is: whoever says yes removes it.
    let command = "otp-setup unlock --user anna || rm -i /var/lib/insis-otp/anna";
    let damage = |from: usize| {
        let page = [&sound_page[..from], &vec![b'x'; 4096 - from]].concat();
        std::fs::write(&file, page).unwrap();
    };
    damage(2048);
    corrects(&env, "problem", "/var/lib/insis-otp/anna", "of anna cannot be used", command);
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
        status == 0 && found[0].severity == "note" && found[0].location.ends_with("/gone away"),
        "{found:?}"
    );
    run(Command::new("sh").args(["-c", &found[0].line]));
    assert_eq!(doctor(&env), (0, vec![]));
}

#[test]
fn settings_that_do_something_else_than_they_say_are_found() {
    let env = sound();
    let config = |text: &str| env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let at = |line: usize| format!("{CONFIG}:{line}");
    config("exempt_groups = [\"otp-exempt\"]\n");
    corrects(&env, "warning", &at(1), "group otp-exempt", "groupadd --system otp-exempt");
    config("tries = 2\nexempt_users = [\"nobody\", \"anne\"]\n");
    corrects(&env, "warning", &at(2), "user anne", "exempt_users = [\"nobody\"]");
    config("exempt_networks = [\"0.0.0.0/0\", \"192.0.2.0/24\"]\n");
    corrects(&env, "problem", &at(1), "every address", "exempt_networks = [\"192.0.2.0/24\"]");
    config("[service.ssh]\ntries = 2\n");
    corrects(&env, "warning", &at(1), "no PAM service ssh", "[service.sshd]");
    config("[service.common-auth]\ntries = 2\n");
    finds(&env, "warning", &at(1), "no PAM service common-auth", "ls /etc/pam.d");
    config("helpdesk_group = \"otp-helpers\"\n");
    corrects(&env, "warning", &at(1), "group otp-helpers", "groupadd --system otp-helpers");
    let groups = "helpdesk_group = \"otp-helpers\"\nadministrator_groups = [\"wheel\", \"domain admins\"]\n";
    config(groups);
    let editor = format!("editor +2 {CONFIG}");
    finds(&env, "warning", &at(2), "group domain admins, which administrator_groups names", &editor);
    config(&groups.replace(", \"domain admins\"", ""));
    assert_eq!(doctor(&env), (0, vec![]));
    // Without a help desk nobody asks who is an administrator.
    config("administrator_groups = [\"domain admins\"]\n");
    assert_eq!(doctor(&env), (0, vec![]));
    env.write(Path::new(CONFIG), b"tries = 2\n", 0o600);
    corrects(&env, "problem", CONFIG, "by root only", "chmod 644 /etc/security/insis-otp.toml");
    // In a stack's own arguments, too.
    let stack =
        "@include common-auth\nauth required pam_insis_otp.so tries=1 exempt_networks=::/0,192.0.2.0/24\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack.as_bytes(), 0o644);
    let line = "auth required pam_insis_otp.so tries=1 exempt_networks=192.0.2.0/24";
    corrects(&env, "problem", "/etc/pam.d/sshd:2", "every address", line);
}

/// The file as it is shipped.
const SHIPPED: &str = include_str!("../../config/insis-otp.toml");

#[test]
fn sections_that_lack_keys_are_completed_and_nobody_is_judged_by_the_defaults() {
    let env = sound();
    // Whom the defaults would call locked out; where the settings look for enrollments, nobody knows yet.
    std::fs::remove_file("/var/lib/insis-otp/anna").unwrap();
    let host = "bind_dn = \"cn=host1,dc=example,dc=org\"\n";
    for (section, header, missing) in [
        (format!("[fleet]\n{host}"), "[fleet]", &["servers", "base", "ca_file", "password_file"][..]),
        (
            "[identity_provider]\npreset = \"entra\"\n".into(),
            "[identity_provider]",
            &["tenant", "client_id", "mfa"],
        ),
    ] {
        env.write(Path::new(CONFIG), format!("{SHIPPED}{section}").as_bytes(), 0o644);
        let line = 1 + SHIPPED.lines().count();
        for key in missing {
            let words = format!("insis-otp.toml:{line}: {header} needs the key {key}");
            let (status, found) = examined(&env, "yes");
            assert!(
                status == 6 && found.len() == 1 && found[0].what.ends_with(&words),
                "{words}: {found:#?}"
            );
            assert!(found[0].line.starts_with(&format!("{key} = ")), "{found:#?}");
            obey(&found[0]);
        }
        let text = std::fs::read_to_string(CONFIG).unwrap();
        assert!(text.contains(&format!("\n{header}\n")), "{text}");
        let (_, found) = examined(&env, "yes");
        assert!(!found.iter().any(|finding| finding.what.contains("cannot be used")), "{found:#?}");
    }
    // Two settings that do not go together: nothing is offered that would look for enrollments in files.
    let shipped = SHIPPED.replace("store = \"file\"", "store = \"ldap\"");
    let fleet = format!(
        "[fleet]\n{host}servers = [\"ldaps://127.0.0.1\"]\nbase = \"dc=ex\"\nca_file = \"/ca.pem\"\npassword_file = \"/p\"\n"
    );
    let provider = "[identity_provider]\npreset = \"entra\"\ntenant = \"uni\"\nclient_id = \"otp\"\nmfa = \"provider\"\n";
    let text = format!("{shipped}{fleet}{provider}");
    env.write(Path::new(CONFIG), text.as_bytes(), 0o644);
    let line = 1 + text.lines().position(|line| line == "[identity_provider]").unwrap();
    let finding = finds(
        &env,
        "problem",
        &format!("{CONFIG}:{line}"),
        "cannot be used together",
        &format!("editor +{line} {CONFIG}"),
    );
    assert!(finding.remedy.contains("insis-otp.toml(5)"), "{finding:?}");
    assert_eq!(examined(&env, "yes").1.len(), 1, "nobody is judged");
    // What nothing is known to correct is not set aside: that would look for enrollments in files.
    env.write(Path::new(CONFIG), text.replace("\"ldap\"", "\"LDAP\"").as_bytes(), 0o644);
    let finding = finds(
        &env,
        "problem",
        &format!("{CONFIG}:9"),
        "store must be",
        "editor +9 /etc/security/insis-otp.toml",
    );
    assert!(finding.remedy.contains("insis-otp.toml(5)"), "{finding:?}");
}

#[test]
fn faults_of_files_in_homes_are_found() {
    let env = sound();
    let file = env.home("anna").join(".insis-otp");
    let page = std::fs::read("/var/lib/insis-otp/anna").unwrap();
    let anna = nix::unistd::User::from_name("anna").unwrap().unwrap().uid.as_raw();
    let put_file = |mode: u32, owner: u32| {
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
    put_file(0o600, anna);
    assert_eq!(doctor(&env), (0, vec![]));
    let path = "/home/anna/.insis-otp";
    put_file(0o640, anna);
    let command = "runuser -u anna -- chmod 600 /home/anna/.insis-otp";
    corrects(&env, "problem", path, "of anna cannot be used", command);
    // Somebody else's, and no file at all: root's hands stay off it.
    let command = "runuser -u anna -- rm -r /home/anna/.insis-otp";
    put_file(0o600, 0);
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
    corrects(&env, "problem", "/etc/otp-helper", "wrong owner or mode", command);
    config("tries = 2\nhelper = \"/etc/none\"\n");
    corrects(&env, "warning", "/etc/none", "no helper", "helper = \"/usr/libexec/otp-helper\"");
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
        corrects(&env, "problem", &format!("{CONFIG}:{number}"), "cannot be used", line);
    }
    // One mistake after the other.
    config("windw = 1\ntrys = 2\n");
    obey(&finds(&env, "problem", &format!("{CONFIG}:1"), "windw", "window = 1"));
    corrects(&env, "problem", &format!("{CONFIG}:2"), "trys", "tries = 2");
    env.write(Path::new(CONFIG), b"tries = 2\n", 0o666);
    let command = "chown root:root /etc/security/insis-otp.toml; chmod 644 /etc/security/insis-otp.toml";
    corrects(&env, "problem", CONFIG, "writable by nobody else", command);
    std::fs::write(CONFIG, b"\xff").unwrap();
    let command = "mv /etc/security/insis-otp.toml /etc/security/insis-otp.toml.old";
    corrects(&env, "problem", CONFIG, "UTF-8", command);
    // A configuration of a stack's own: it is corrected where it is, or not named.
    let stack = b"@include common-auth\nauth required pam_insis_otp.so config=/etc/own.toml\n";
    env.write(Path::new("/etc/pam.d/sshd"), stack, 0o644);
    env.write(Path::new("/etc/own.toml"), b"windw = 1\n", 0o644);
    corrects(&env, "problem", "/etc/own.toml:1", "windw", "window = 1");
    std::fs::write("/etc/own.toml", b"\xff").unwrap();
    let command = "mv /etc/own.toml /etc/own.toml.old; install -m 644 /dev/null /etc/own.toml";
    corrects(&env, "problem", "/etc/own.toml", "UTF-8", command);
    std::fs::remove_file("/etc/own.toml").unwrap();
    corrects(&env, "problem", "/etc/pam.d/sshd:2", "/etc/own.toml", OURS);
    env.syslog_mut().stop();
    let command = if Path::new("/usr/sbin/rsyslogd").exists() {
        "service rsyslog start"
    } else {
        "apt install rsyslog"
    };
    finds(&env, "warning", "/dev/log", "no /dev/log", command);
}
