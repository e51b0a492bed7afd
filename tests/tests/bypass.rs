//! Bypass codes: what the help desk gives somebody whose phone is lost.

use std::process::Output;

use insis_otp_tests::crowd;
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, talk};
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD, PROMPT};
use insis_otp_tests::pam::{Code, Login, Stack};
use insis_otp_tests::person::{STEP, time_of};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, Sshd, machine};

/// PAM_SILENT.
const SILENT: i32 = 0x8000;
const MADE: &str = "A bypass code was made for this account on ";
const USED: &str = "This account was opened by a bypass code, the last time on ";

fn setup(env: &Env, args: &[&str]) -> Output {
    talk(env.command("otp-setup").args(args), "")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A bypass code for anna.
fn issue(env: &Env, more: &[&str]) -> String {
    let output = setup(env, &[&["bypass", "--user", "anna"], more].concat());
    assert!(output.status.success(), "{}", text(&output));
    let shown = text(&output);
    let code = shown.strip_prefix("Bypass code for anna: ").and_then(|rest| rest.split('\n').next());
    let code = code.unwrap_or_else(|| panic!("no code in {shown}"));
    assert_eq!((code.len(), code.find('-')), (11, Some(5)), "{code}");
    code.to_owned()
}

/// What a login with this reply ends with, and what it says.
fn login(stack: &Stack, flags: i32, reply: &str) -> (Code, String) {
    let mut pam = Login::on(stack).user("anna").rhost("192.0.2.7").types([reply]).begin();
    let code = pam.authenticate_with(flags);
    (code, pam.messages().into_iter().skip(1).map(|message| message.text + "\n").collect())
}

#[test]
fn it_opens_ssh_once_and_is_logged_with_who_made_it() {
    let Machine { env, anna, .. } = machine();
    let code = issue(&env, &[]);
    let line = env.syslog().expect(&["otp-setup", "result=done uses=1 expires=", "user=anna uid=0"]);
    assert!(!line.contains(&code), "{line}");
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    let mut ssh = sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), (PROMPT, &code)]);
    ssh.expect("Logins left with this bypass code: 0.");
    let _ =
        env.syslog().expect(&["pam_insis_otp(sshd:auth): result=accepted proof=bypass left=0 failures=0"]);
    let mut ssh = sshd.login("anna", "");
    ssh.answers(&[("Password: ", PASSWORD), (PROMPT, &code), (PROMPT, &anna.code())]);
    ssh.expect(USED);
}

#[test]
fn the_owner_is_told_whatever_happens_in_between() {
    let Machine { env, anna, stack } = Machine::of(Machine::build().config("tries = 1\n"));
    let code = issue(&env, &["--uses", "2"]);
    // Not whoever has the code: what they read, the owner reads as well.
    let (opened, heard) = login(&stack, 0, &code);
    assert_eq!(
        (opened, heard.contains(MADE), heard.contains("Logins left with this bypass code: 1.")),
        (Code::SUCCESS, true, true),
        "{heard}"
    );
    assert_eq!(login(&stack, SILENT, &code), (Code::SUCCESS, String::new()));
    assert_eq!(login(&stack, 0, &code).0, Code::AUTH_ERR, "a third time");
    assert_eq!(login(&stack, SILENT, &anna.code_from_now(-1)), (Code::SUCCESS, String::new()));
    // A look at a code is no login.
    let looked =
        talk(env.as_user("anna", "otp-setup").args(["verify", "--batch"]), &format!("{}\n", anna.code()));
    assert!(looked.status.success(), "{}", text(&looked));
    assert_eq!(setup(&env, &["unlock", "--user", "anna"]).status.code(), Some(0));
    let (opened, heard) = login(&stack, 0, &anna.code_from_now(1));
    assert_eq!(opened, Code::SUCCESS);
    assert!(heard.contains(USED) && heard.contains("1 failed code since your last login."), "{heard}");
    let (opened, heard) = login(&stack, 0, Enrolled::RECOVERY[0]);
    assert_eq!((opened, heard.contains(USED)), (Code::SUCCESS, false), "{heard}");
}

#[test]
fn it_opens_as_many_logins_as_it_says_whoever_comes_at_once() {
    let Machine { env, stack, .. } = Machine::of(Machine::build().config("tries = 1\n"));
    for uses in [1, 3] {
        let code = issue(&env, &["--uses", &uses.to_string()]);
        let typed = [code.as_str()];
        let people = vec![("anna", &typed[..]); 12];
        let opened = crowd::at_once(&stack, &people).iter().filter(|one| one.code() == Code::SUCCESS).count();
        assert_eq!(opened, uses);
    }
}

/// Whoever is killed at any moment has at the most paid for a login that they did not get.
#[test]
fn no_login_is_won_by_those_that_are_killed() {
    let Machine { env, stack, .. } = Machine::of(Machine::build().config("tries = 1\n"));
    const USES: usize = 4;
    let code = issue(&env, &["--uses", &USES.to_string()]);
    let mut opened = 0;
    for round in 0..24 {
        let mut driver = crowd::driver(&stack, "anna");
        driver.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = driver.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), crowd::typing(&[&code]).as_bytes())
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(300 * round));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        opened += usize::from(String::from_utf8_lossy(&output.stdout).contains("PAM_SUCCESS"));
    }
    while login(&stack, 0, &code).0 == Code::SUCCESS {
        opened += 1;
    }
    assert!((1..=USES).contains(&opened), "{opened}");
}

#[test]
fn it_ends_by_time_by_revoking_by_unlocking_and_with_what_it_was_made_for() {
    let machine = Machine::frozen(ONE_TRY);
    let (env, opens) = (&machine.env, |code: &str| machine.opens(code));
    let status = || text(&setup(env, &["status", "--user", "anna"]));
    let code = issue(env, &["--valid", "1h", "--uses", "20"]);
    assert!(
        opens(&code) && status().contains("Bypass code:           good for 19 logins until "),
        "{}",
        status()
    );
    env.clock().freeze(time_of(STEP) + 3600);
    assert!(!opens(&code) && !status().contains("Bypass code"));
    type End = (&'static str, &'static [&'static str]);
    let ends: [End; 3] = [
        ("revoked", &["bypass", "--user", "anna", "--revoke"]),
        ("unlocked", &["unlock", "--user", "anna"]),
        ("new recovery codes", &["recovery-codes", "--user", "anna", "--batch"]),
    ];
    for (what, command) in ends {
        let code = issue(env, &["--uses", "20"]);
        assert!(opens(&code), "{what}");
        let output = setup(env, command);
        assert!(output.status.success(), "{what}: {}", text(&output));
        assert!(!opens(&code), "{what}");
    }
    // A second one ends the first.
    let (first, second) = (issue(env, &["--uses", "9"]), issue(env, &["--uses", "9"]));
    assert!(!opens(&first) && opens(&second));
    assert!(setup(env, &["remove", "--yes", "--user", "anna"]).status.success());
    assert!(!opens(&second));
}

#[test]
fn it_is_no_proof_for_what_lasts_and_nobody_is_remembered_for_it() {
    let Machine { env, anna, stack } = Machine::of(Machine::build().config("tries = 1\nremember = \"8h\"\n"));
    let code = issue(&env, &["--uses", "20"]);
    for args in [&["remove", "--yes", "--batch"][..], &["recovery-codes", "--batch"], &["resync", "--batch"]]
    {
        let output = talk(env.as_user("anna", "otp-setup").args(args), &format!("{code}\n{code}\n"));
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output));
    }
    // It is a look at a code all the same, as a screen locker has one.
    let looked =
        talk(env.as_user("anna", "otp-setup").args(["verify", "--batch", "--json"]), &format!("{code}\n"));
    assert!(
        text(&looked).contains("\"what\":\"bypass\"") || text(&looked).contains("\"what\": \"bypass\""),
        "{}",
        text(&looked)
    );
    let asked = |reply: &str| {
        let mut pam = Login::on(&stack).user("anna").rhost("192.0.2.7").types([reply]).begin();
        (pam.authenticate(), pam.prompts().len())
    };
    assert_eq!(asked(&code), (Code::SUCCESS, 1));
    assert_eq!(asked(&code), (Code::SUCCESS, 1), "remembered");
    assert_eq!(asked(&anna.code()), (Code::SUCCESS, 1));
    assert_eq!(asked("").1, 0, "not remembered for a code");
}

#[test]
fn who_has_no_phone_is_told_of_invitations_and_wrong_values_are_named() {
    let Machine { env, .. } = Machine::new();
    let output = setup(&env, &["bypass", "--user", "bob"]);
    assert_eq!(
        (output.status.code(), text(&output).contains("otp-setup invite --user bob")),
        (Some(3), true)
    );
    for args in [
        &["--valid", "9m"][..],
        &["--valid", "8d"],
        &["--valid", "x"],
        &["--uses", "0"],
        &["--uses", "21"],
        &["--uses", "-1"],
        &["--revoke", "--uses", "2"],
    ] {
        let output = setup(&env, &[&["bypass", "--user", "anna"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
    }
    assert_eq!(setup(&env, &["bypass"]).status.code(), Some(2));
    let own = talk(env.as_user("anna", "otp-setup").arg("bypass"), "");
    assert_eq!(own.status.code(), Some(2), "{}", text(&own));
    assert!(!text(&setup(&env, &["status", "--user", "anna"])).contains("Bypass"));
}

#[test]
fn list_report_and_programs_say_who_has_one() {
    let Machine { env, .. } = Machine::new();
    let said = |args: &[&str]| text(&setup(&env, args));
    assert!(!said(&["list"]).contains("bypass") && !said(&["report"]).contains("bypass"));
    let code = issue(&env, &["--uses", "2"]);
    assert!(said(&["list"]).contains("  bypass code: 2, until "), "{}", said(&["list"]));
    assert!(said(&["report"]).contains("1 has a bypass code that can be used."), "{}", said(&["report"]));
    for args in [&["status", "--user", "anna", "--json"][..], &["list", "--json"], &["report", "--json"]] {
        let json: serde_json::Value = serde_json::from_str(&said(args)).unwrap();
        let anna = if json.is_array() { json[0].clone() } else { json };
        assert_eq!(anna["bypass_uses_left"], 2, "{anna}");
        assert!(anna["bypass_until"].as_str().unwrap().ends_with('Z'), "{anna}");
    }
    let csv = said(&["report", "--csv"]);
    assert!(csv.lines().next().unwrap().ends_with(",bypass_until,bypass_uses_left"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().ends_with("Z,2"), "{csv}");
    for file in ["/var/lib/insis-otp/anna", CONFIG] {
        let bytes = std::fs::read(file).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(&code), "{file}");
    }
}

#[test]
fn it_is_typed_as_recovery_codes_are() {
    let Machine { env, stack, .. } = Machine::new();
    let code = issue(&env, &["--uses", "4"]);
    for typed in
        [code.to_uppercase(), code.replace('-', ""), format!(" {} ", code.replace('-', " ")), code.clone()]
    {
        assert_eq!(login(&stack, 0, &typed).0, Code::SUCCESS, "{typed}");
    }
}
