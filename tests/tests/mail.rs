//! `otp-setup mail`: owners are told what becomes of their accounts, once, whatever goes wrong and whoever minds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use insis_otp_tests::doctor::Finding;
use insis_otp_tests::env::{BASE, CONFIG, Env, run, talk};
use insis_otp_tests::faults::SmallDisk;
use insis_otp_tests::fleet::Slapd;
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP};

const LEDGER: &str = "/var/lib/insis-otp-mail";
const DAY: i64 = 86_400;
/// What the settings of a test have at their end.
const MAIL: &str = "[mail]\ncommand = \"/run/otp-test/sendmail\"\n";
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A mail as the command got it.
#[derive(Debug)]
struct Mail {
    arguments: Vec<String>,
    message: String,
}

fn folder() -> PathBuf {
    Path::new(BASE).join("mails")
}

/// A command that keeps what it gets, a file for each, after `before` and before `after`.
fn command(env: &Env, before: &str, after: &str) {
    std::fs::create_dir_all(folder()).unwrap();
    let script = format!(
        "#!/bin/sh\n{before}\nn=$(ls {0} | wc -l)\n{{ printf '%s\\n' \"$@\"; echo; cat; }} >{0}/$(printf %03d $n)\n{after}\n",
        folder().display()
    );
    env.write(&Path::new(BASE).join("sendmail"), script.as_bytes(), 0o755);
}

/// What was sent since the last time.
fn sent() -> Vec<Mail> {
    let mut paths: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let (arguments, message) = text.split_once("\n\n").expect("arguments, then the message");
        Mail { arguments: arguments.lines().map(str::to_owned).collect(), message: message.to_owned() }
    };
    paths.into_iter().map(read).collect()
}

fn look(env: &Env) -> Output {
    talk(env.command("otp-setup").arg("mail").env("TZ", "UTC"), "")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A look that has nothing to complain of.
fn look_well(env: &Env) -> Vec<Mail> {
    let output = look(env);
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(0), ""));
    sent()
}

/// What one person is told, by one mail.
fn told(env: &Env) -> String {
    let mails = look_well(env);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(look_well(env).len(), 0, "told twice");
    mail.message.clone()
}

fn setup(env: &Env, args: &[&str]) -> String {
    let output = talk(env.command("otp-setup").args(args), "");
    assert!(output.status.success(), "{args:?}: {}", text(&output));
    text(&output)
}

/// Pairs somebody's first phone now.
fn pair(env: &Env, user: &str) {
    let uri = format!("otpauth://totp/Uni:test?secret={SECRET}&issuer=Uni");
    let output = talk(env.command("otp-setup").args(["import", "--user", user, "--uri", "-"]), &uri);
    assert!(output.status.success(), "{}", text(&output));
}

fn machine(settings: &str) -> Machine<Person> {
    let machine = Machine::frozen(ONE_TRY);
    machine.configure(&format!("{settings}\n{MAIL}"));
    command(&machine.env, "", "");
    // What was before is nothing new.
    assert_eq!(look_well(&machine.env).len(), 0);
    machine
}

/// The recovery codes that are shown in a text.
fn codes_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(|word| word.len() == 11 && word.find('-') == Some(5)).map(str::to_owned)
}

/// A mail behind its first word, "To: ".
fn assert_is_for_anna(mail: &str) {
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let head = format!(
        "anna\nSubject: One-time codes: your account anna on {host}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
    );
    assert!(mail.starts_with(&head), "{mail}");
    let says = |what: &str| mail.replace('\n', " ").contains(what);
    assert!(says("tell your administrator now.") && says("help desk, phone 1234"), "{mail}");
}

#[test]
fn owners_are_told_of_each_event_once_and_never_a_secret() {
    let machine = machine("contact = \"help desk, phone 1234\"");
    let (env, anna) = (&machine.env, &machine.anna);
    assert!(machine.opens(&anna.code(STEP)));
    assert_eq!(look_well(env).len(), 0, "a login is nothing to tell");
    let mut all = String::new();
    let mut told_of = |what: &str| {
        let message = told(env);
        assert!(message.split_whitespace().collect::<Vec<_>>().join(" ").contains(what), "{what}: {message}");
        all.push_str(&message);
        env.clock().advance(DAY);
    };
    assert!(machine.opens(RECOVERY_CODE));
    told_of("A recovery code was used. Recovery codes left: 0. Make new ones: otp-setup recovery-codes");
    let made = setup(env, &["bypass", "--user", "anna", "--valid", "3d", "--uses", "2"]);
    let bypass = made.split(' ').nth(4).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!(bypass.len(), 11, "{made}");
    told_of("A bypass code was made for it on 2023-11-15 22:13 UTC");
    assert!(machine.opens(&bypass));
    told_of("A bypass code has opened it, the last time on 2023-11-16 22:13 UTC.");
    for code in anna.wrong_codes(STEP, 12) {
        assert!(!machine.opens(&code));
    }
    told_of("12 codes were wrong. Whoever tries codes may know your password.");
    let codes = setup(env, &["recovery-codes", "--user", "anna", "--batch"]);
    told_of("New recovery codes were made. The former ones open nothing any more.");
    setup(env, &["remove", "--user", "anna", "--yes"]);
    told_of("The phone that was paired with it was removed.");
    pair(env, "anna");
    told_of("A phone was paired with it on 2023-11-20 22:13 UTC.");
    let uri = format!("otpauth://totp/Uni:anna?secret={}&issuer=Uni", SECRET.replace('G', "H"));
    env.clock().advance(60);
    let replaced =
        talk(env.command("otp-setup").args(["import", "--user", "anna", "--replace", "--uri", "-"]), &uri);
    assert!(replaced.status.success(), "{}", text(&replaced));
    told_of("Another phone was paired with it on 2023-11-21 22:14 UTC, in the place of the former one");
    let secrets: Vec<_> = codes_in(&codes)
        .chain([bypass, RECOVERY_CODE.to_owned(), SECRET.to_owned(), anna.code(STEP)])
        .collect();
    assert!(secrets.len() > 10, "{codes}");
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret}");
    }
    all.split("To: ").skip(1).for_each(assert_is_for_anna);
    let lines = env.syslog().lines();
    let sent =
        lines.iter().filter(|line| line.contains("otp-setup") && line.contains("mail: result=done about="));
    assert_eq!(sent.count(), 8, "{lines:?}");
}

#[test]
fn several_events_are_one_mail_in_the_sites_language_and_a_flood_is_one_a_day() {
    let machine = machine("language = \"cs\"");
    let (env, anna) = (&machine.env, &machine.anna);
    env.write(
        CONFIG.as_ref(),
        format!("language = \"cs\"\n{MAIL}from = \"otp@uni.example\"\ndomain = \"uni.example\"\n").as_bytes(),
        0o644,
    );
    for code in anna.wrong_codes(STEP, 10) {
        assert!(!machine.opens(&code));
    }
    setup(env, &["bypass", "--user", "anna"]);
    let mails = look_well(env);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.arguments, ["-i", "-f", "otp@uni.example", "--", "anna@uni.example"]);
    assert!(
        mail.message.starts_with("From: otp@uni.example\nTo: anna@uni.example\nSubject: =?UTF-8?B?"),
        "{}",
        mail.message
    );
    assert!(
        mail.message.contains("10 kódů bylo nesprávných.") && mail.message.contains("náhradní kód"),
        "{}",
        mail.message
    );
    for code in anna.wrong_codes(STEP, 30) {
        assert!(!machine.opens(&code));
    }
    setup(env, &["bypass", "--user", "anna", "--revoke"]);
    assert_eq!(look_well(env).len(), 0, "a second mail that day");
    env.clock().advance(DAY);
    assert!(told(env).contains("30 kódů bylo nesprávných."));
}

/// Neither a failed login nor one that guessed right at last, nor the end of a process, takes anything from what is told.
#[test]
fn whoever_gets_in_takes_nothing_back_that_was_guessed() {
    let machine = machine("");
    let (env, anna) = (&machine.env, &machine.anna);
    // It is after midnight, and the delays end.
    env.clock().advance(3 * 3600);
    for _ in 0..11 {
        env.clock().advance(1000);
        let code = anna.wrong_codes(env.clock().now() / 30, 1).remove(0);
        let mut driver = machine.driver();
        driver.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = driver.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("={code}\n").as_bytes()).unwrap();
        // It ends after the charge, before anybody has said anything.
        let mut state = anna.state().throttle.today;
        let before = state;
        while state == before && child.try_wait().unwrap().is_none() {
            state = anna.state().throttle.today;
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    env.clock().advance(1000);
    let step = env.clock().now() / 30;
    let two_codes = format!("{} {}", anna.code(step - 1), anna.code(step));
    assert!(machine.opens(&two_codes), "{:?}", env.syslog().lines());
    assert_eq!(anna.state().failures, 0, "told at the login of whoever that was");
    assert!(told(env).contains("11 codes were wrong."));
}

/// As for a directory of users that is away, which the C library tells from nobody of that name only sometimes.
#[test]
fn whom_the_user_database_does_not_know_for_a_while_is_told_nothing_twice_and_misses_nothing() {
    let machine = machine("");
    let env = &machine.env;
    pair(env, "bob");
    assert!(told(env).contains("A phone was paired with it"));
    env.clock().advance(DAY);
    setup(env, &["bypass", "--user", "bob"]);
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let others: String = users.split_inclusive('\n').filter(|line| !line.starts_with("bob:")).collect();
    std::fs::write("/etc/passwd", others).unwrap();
    let meanwhile = look_well(env);
    std::fs::write("/etc/passwd", users).unwrap();
    assert_eq!(meanwhile.len(), 0, "{meanwhile:?}");
    let message = told(env);
    assert!(message.contains("A bypass code was made") && !message.contains("phone was paired"), "{message}");
}

#[test]
fn who_is_killed_in_the_middle_writes_twice_at_the_most_and_forgets_nobody() {
    let machine = machine("");
    let env = &machine.env;
    let kinds =
        [("kill -9 $PPID; exit", "", 1), ("", "kill -9 $PPID", 2), ("", "sleep 0.05; kill -9 $PPID", 2)];
    for (day, (before, after, mails)) in kinds.into_iter().enumerate() {
        for user in ["anna", "bob"] {
            if day == 0 && user == "bob" {
                pair(env, "bob");
            } else {
                setup(env, &["bypass", "--user", user]);
            }
        }
        command(env, before, after);
        let _ = look(env);
        command(env, "", "");
        let told = {
            let again = look(env);
            assert!(again.status.success(), "{}", text(&again));
            sent()
        };
        let mut count: BTreeMap<_, usize> = BTreeMap::new();
        told.iter().for_each(|mail| *count.entry(mail.arguments.last().unwrap().clone()).or_default() += 1);
        assert_eq!(count.keys().collect::<Vec<_>>(), ["anna", "bob"], "{told:?}");
        assert!(count.values().all(|count| *count <= mails) && told.len() <= mails + 1, "{count:?}");
        assert_eq!(look_well(env).len(), 0);
        env.clock().advance(DAY);
    }
}

#[test]
fn what_cannot_be_noted_is_not_sent_and_what_was_not_taken_is_sent_later() {
    let machine = machine("");
    let env = &machine.env;
    pair(env, "bob");
    setup(env, &["bypass", "--user", "anna"]);
    let ledger: Vec<_> = std::fs::read_dir(LEDGER).unwrap().map(|entry| entry.unwrap().path()).collect();
    let kept: Vec<_> = ledger.iter().map(|path| (path, std::fs::read(path).unwrap())).collect();
    let disk = SmallDisk::on(LEDGER.as_ref(), 64 << 10, 64);
    for (path, bytes) in &kept {
        std::fs::write(path, bytes).unwrap();
    }
    disk.fill();
    for _ in 0..3 {
        let output = look(env);
        assert_eq!((output.status.code(), sent().len()), (Some(5), 0), "{}", text(&output));
        assert!(
            text(&output).contains(
                "What owners were told cannot be noted: /var/lib/insis-otp-mail/.new: No space left"
            ),
            "{}",
            text(&output)
        );
    }
    disk.empty();
    // The mail system is there, and takes nothing; then it is away; then it is back.
    command(env, "exit 75", "");
    let output = look(env);
    assert_eq!((output.status.code(), sent().len()), (Some(5), 0));
    assert!(
        text(&output).contains("The mail to bob was not sent") && text(&output).contains("exit status: 75"),
        "{}",
        text(&output)
    );
    let _ = env.syslog().expect(&["otp-setup", "mail: result=error", "about=bypass-new user=anna"]);
    std::fs::remove_file(Path::new(BASE).join("sendmail")).unwrap();
    let output = look(env);
    assert!(text(&output).contains("cannot be run: No such file or directory"), "{}", text(&output));
    command(env, "", "");
    assert_eq!(look_well(env).len(), 2);
    drop(disk);
}

#[test]
fn a_name_that_is_no_address_is_nobodys_option_header_or_command() {
    let machine = machine("");
    let env = &machine.env;
    let odd = ["a b", "a,root", "a;touch", "|cat", "\"x\"", "<x>", "ž", "$HOME", "DOM\\x", "a@b@c", "x%y"];
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let lines: String = odd
        .iter()
        .zip(5000..)
        .map(|(name, uid)| format!("{name}:x:{uid}:{uid}::/home/x:/bin/sh\n"))
        .collect();
    env.write("/etc/passwd".as_ref(), format!("{passwd}{lines}").as_bytes(), 0o644);
    odd.iter().for_each(|name| pair(env, name));
    pair(env, "bob");
    let output = look(env);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let mails = sent();
    assert_eq!(mails.iter().map(|mail| mail.arguments.join(" ")).collect::<Vec<_>>(), ["-i -- bob"]);
    for name in odd {
        assert!(
            text(&output).contains(&format!("The name {name} is no mail address")),
            "{name}: {}",
            text(&output)
        );
    }
    let _ = env.syslog().expect(&["mail: result=refused reason=no-address about=device-new user=a"]);
    assert_eq!(look_well(env).len(), 0, "once");
}

#[test]
fn one_host_tells_the_people_of_a_directory_and_whoever_is_here_when_it_is_away() {
    let env = Env::build().user("anna", "x").user("rescue", "x").start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    let settings = std::fs::read_to_string(CONFIG).unwrap();
    let settings = format!("{settings}break_glass_users = [\"root\", \"rescue\"]\n{MAIL}");
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
    command(&env, "", "");
    if !slapd.has("anna") {
        slapd.add(&["anna"]);
    }
    assert_eq!(look_well(&env).len(), 0);
    std::thread::sleep(std::time::Duration::from_millis(1001));
    pair(&env, "anna");
    let message = told(&env);
    assert!(
        message.starts_with("To: anna\n") && message.contains("A phone was paired with it on"),
        "{message}"
    );
    setup(&env, &["bypass", "--user", "anna"]);
    assert!(told(&env).contains("A bypass code was made for it on"));
    setup(&env, &["remove", "--user", "anna", "--yes"]);
    assert!(told(&env).contains("The phone that was paired with it was removed."));
    pair(&env, "rescue");
    drop(slapd);
    let output = look(&env);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    let mails = sent();
    assert!(mails.len() == 1 && mails[0].message.starts_with("To: rescue\n"), "{mails:?}");
}

#[test]
fn only_root_looks_and_the_doctor_finds_what_keeps_mail_back() {
    let machine = Machine::frozen(ONE_TRY);
    let env = &machine.env;
    let ids = || {
        let output = talk(env.command("otp-setup").args(["doctor", "--json"]), "");
        let findings: Vec<Finding> = serde_json::from_slice(&output.stdout).unwrap();
        findings.into_iter().filter(|one| one.id.starts_with("mail")).map(|one| one.id).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(ids(), none);
    let output = look(env);
    assert_eq!((output.status.code(), text(&output).contains("This site sends no mail")), (Some(2), true));
    machine.configure(MAIL);
    assert_eq!(ids(), ["mail-command", "mail-silent"]);
    command(env, "", "");
    assert_eq!(look_well(env).len(), 0);
    assert_eq!(ids(), none);
    env.clock().advance(DAY);
    assert_eq!(ids(), ["mail-silent"]);
    machine.configure("[mail]\ncommand = \"sendmail\"\n");
    assert_eq!(ids(), ["mail-settings"]);
    let output = look(env);
    assert!(
        text(&output).contains("insis-otp.toml:2: command must be a path that begins with /"),
        "{}",
        text(&output)
    );
    assert!(machine.opens(&machine.anna.code(STEP + 2880)), "a login: {:?}", env.syslog().lines());
    let own = talk(env.as_user("anna", "otp-setup").arg("mail"), "");
    assert_eq!(own.status.code(), Some(2), "{}", text(&own));
    run(env.command("systemd-analyze").args(["verify", "--man=no", &unit("service"), &unit("timer")]));
}

fn unit(kind: &str) -> String {
    format!("{}/../config/systemd/insis-otp-mail.{kind}", env!("CARGO_MANIFEST_DIR"))
}
