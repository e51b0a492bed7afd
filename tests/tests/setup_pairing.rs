//! `otp-setup` on real terminals: enrollment from the first question to the secret file, with everything that gets in
//! between.

use std::path::Path;

use insis_otp_tests::env::{Env, STORE, run, talk};
use insis_otp_tests::faults::SmallDisk;
use insis_otp_tests::phone::{App, Phone};
use insis_otp_tests::screen::{Screen, Theme};
use insis_otp_tests::terminal::Terminal;

const PASSWORD: &str = "correct horse";
/// A time at which a step is twelve seconds old.
const NOW: u64 = 1_700_000_022;

fn machine() -> Env {
    let env = Env::build().user("anna", PASSWORD).clock().start();
    env.clock().freeze(NOW);
    env
}

fn setup(env: &Env, args: &[&str]) -> Terminal {
    Terminal::sized(env.as_user("anna", "otp-setup").args(args), 24, 80)
}

fn names_in_store() -> Vec<String> {
    let entries = std::fs::read_dir(STORE).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    // Not the marker that a store has from the beginning on.
    names.filter(|name| name != ".store").collect()
}

/// Goes on until the first code is asked for; returns the phone that the secret was typed into.
fn until_first_code(setup: &mut Terminal) -> Phone {
    setup.expect("[yes/no]");
    setup.line("yes");
    setup.expect("First code:");
    Phone::typed(&setup.secret())
}

/// Types the password, which is not shown.
fn prove(setup: &mut Terminal) {
    setup.expect("Your password (not shown), or an invitation code: ");
    setup.line(PASSWORD);
}

/// Enrolls a phone; its clock is off by so many seconds.
fn enroll(env: &Env, setup: &mut Terminal, off: i64) -> Phone {
    let phone = until_first_code(setup);
    let shown = |env: &Env| phone.code_at(env.clock().now().saturating_add_signed(off));
    setup.line(&shown(env));
    setup.expect("Next code:");
    env.clock().advance(30);
    setup.line(&shown(env));
    prove(setup);
    setup.expect("Press Enter");
    phone
}

#[test]
fn the_code_on_the_screen_is_scanned_in_both_themes_and_all_apps_agree() {
    let env = machine();
    let screen = Screen::start();
    for theme in Theme::ALL {
        let xterm = screen.xterm(theme, env.as_user("anna", "otp-setup").arg("--yes"));
        let (_, uri) = xterm.scan().expect("no QR code on the screen");
        let phone = Phone::scanned(&uri);
        assert!(uri.contains(":anna@") && uri.ends_with("&algorithm=SHA1&digits=6&period=30"), "{uri}");
        for at in [59, NOW, 2_000_000_000] {
            let codes = App::ALL.map(|app| phone.code(app, at));
            assert!(codes.iter().all(|code| *code == ours(phone.secret(), at)), "{codes:?} at {at}");
        }
    }
    assert!(names_in_store().is_empty());
}

/// The code that this project computes.
fn ours(secret: &str, at: u64) -> String {
    use insis_otp::oath::{Digits, OtpGenerator, Parameters, Period, Secret, UnixTime};
    let secret = Secret::from_base32(secret).unwrap();
    let key = OtpGenerator::new(secret, Parameters::default());
    key.code(UnixTime(at).step(Period::default())).reveal(Digits::Six).to_string()
}

#[test]
fn a_phone_is_paired_and_the_screen_cleared() {
    let env = machine();
    let mut terminal = setup(&env, &[]);
    let phone = enroll(&env, &mut terminal, 0);
    assert_eq!(names_in_store(), ["anna"]);
    let screen = terminal.screen();
    assert!(screen.contains("Recovery codes") && screen.contains("10."), "{screen}");
    let recovery =
        screen.lines().find_map(|line| line.trim().strip_prefix("1.  ")).unwrap().trim().to_owned();
    terminal.line("");
    terminal.expect("At the next login");
    assert!(terminal.wait().success());
    let screen = terminal.screen();
    assert!(!screen.contains(&recovery) && !screen.contains(&phone.secret()[..4]), "{screen}");
    assert!(!terminal.text().is_empty());

    let status = run(env.as_user("anna", "otp-setup").args(["status", "--json"]));
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("\"paired\": true") && !status.contains(phone.secret()), "{status}");
}

#[test]
fn a_slow_phone_is_allowed_for_and_told() {
    let env = machine();
    let mut terminal = setup(&env, &[]);
    enroll(&env, &mut terminal, -100);
    terminal.line("");
    assert!(terminal.wait().success());
    assert!(terminal.text().contains("s slow; that is allowed for"), "{}", terminal.text());
    let status = String::from_utf8(run(env.as_user("anna", "otp-setup").arg("status")).stdout).unwrap();
    assert!(status.contains("Phone's clock:         about 90 s slow, which is allowed for\n"), "{status}");
    let mut resync = setup(&env, &["resync"]);
    resync.expect("Type the code that the app shows now; then the one that it shows next.");
    resync.expect("First code: ");
}

#[test]
fn every_mistake_is_explained_and_another_try_given() {
    let env = machine();
    // Beside a QR code, sentences are broken where there is no room.
    let mut terminal = setup(&env, &["--text"]);
    let phone = until_first_code(&mut terminal);
    let mut says = |typed: &str, words: &str| {
        terminal.line(typed);
        terminal.expect(words);
    };
    says("12345", "A code has 6 digits");
    says("①②③④⑤⑥", "plain digits");
    says("no idea", "not a code");
    says("000000", "not a code of this");
    let now = env.clock().now();
    says(&phone.code_at(now), "Next code:");
    says(&phone.code_at(now), "same code again");
    says("000000", "not the code that comes next");
    says(&phone.code_at(now + 90), "Both codes are");
    assert!(names_in_store().is_empty());
    env.clock().advance(120);
    says(&phone.code_at(now + 120), "or an invitation code: ");
    says("wrong horse", "That is not your password.");
    // Each is typed at the very moment when the last is called wrong, before the question comes again.
    for _ in 0..4 {
        says("abcde-fghjk", "That is not your password.");
    }
    assert!(names_in_store().is_empty());
    says(PASSWORD, "Press Enter");
    let text = terminal.text();
    assert!(!text.contains("horse") && !text.contains("fghjk"), "{text}");
    assert_eq!(names_in_store(), ["anna"]);
}

#[test]
fn an_app_that_takes_no_notice_of_the_parameters_is_caught() {
    let env = machine();
    let parameters = ["--algorithm", "SHA256", "--digits", "8"];
    let output = talk(env.as_user("anna", "otp-setup").args(parameters), "");
    let shown = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2));
    assert!(shown.contains("some apps show wrong codes") && shown.contains("--force"), "{shown}");
    assert!(shown.contains("Google Authenticator"), "{shown}");
    let mut terminal = setup(&env, &[&parameters[..], &["--force", "--text"]].concat());
    let right = until_first_code(&mut terminal);
    let now = env.clock().now();
    // One that has the eight digits, but the hash that everybody has.
    let careless = Phone::with(right.secret(), "SHA1", 8, 30);
    terminal.line(&careless.code_at(now));
    terminal.expect("not a code of this");
    let heard = terminal.expect("First code:");
    let shown = heard.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("Perhaps the app takes no notice of SHA256, 8 digits, 30 s"), "{shown}");
    assert!(names_in_store().is_empty());
}

#[test]
fn stopping_at_any_point_leaves_nothing_behind() {
    let env = machine();
    let all = ["[yes/no]", "First code:", "Next code:", "Your password"];
    for way in ["^C", "^D", "hang-up"] {
        for prompts in (1..=all.len()).map(|count| &all[..count]) {
            env.clock().freeze(NOW);
            let mut terminal = setup(&env, &[]);
            let mut phone = None;
            for (i, prompt) in prompts.iter().enumerate() {
                terminal.expect(prompt);
                match (i + 1 < prompts.len(), i) {
                    (false, _) => {}
                    (true, 0) => terminal.line("yes"),
                    (true, 2) => {
                        env.clock().freeze(NOW + 30);
                        let on_phone: &Phone = phone.as_ref().unwrap();
                        terminal.line(&on_phone.code_at(NOW + 30));
                    }
                    (true, _) => {
                        let on_phone = Phone::typed(&terminal.secret());
                        terminal.line(&on_phone.code_at(NOW));
                        phone = Some(on_phone);
                    }
                }
            }
            match way {
                "^C" => terminal.interrupt(),
                "^D" => terminal.send("\u{4}"),
                _ => terminal.hang_up(),
            }
            assert!(!terminal.wait().success(), "{way} at {prompts:?}");
            if way != "hang-up" {
                let screen = terminal.screen();
                assert!(screen.contains("Nothing was changed."), "{way} at {prompts:?}:\n{screen}");
                assert!(phone.is_none_or(|phone| !screen.contains(&phone.secret()[..4])), "{screen}");
            }
            assert!(names_in_store().is_empty(), "{way} at {prompts:?}");
        }
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind_and_is_told() {
    let env = machine();
    let disk = SmallDisk::on(Path::new(STORE), 64 * 1024, 16);
    let mut terminal = setup(&env, &[]);
    let phone = until_first_code(&mut terminal);
    terminal.line(&phone.code_at(NOW));
    terminal.expect("Next code:");
    disk.fill();
    let before = names_in_store();
    env.clock().advance(30);
    terminal.line(&phone.code_at(NOW + 30));
    prove(&mut terminal);
    assert!(!terminal.wait().success());
    let screen = terminal.screen();
    assert!(screen.contains("No space left"), "{screen}");
    assert!(!screen.contains("is paired with"), "{screen}");
    assert_eq!(names_in_store(), before);
}

#[test]
fn a_pairing_is_replaced_with_a_proof_only() {
    let env = machine();
    let mut terminal = setup(&env, &[]);
    let old = enroll(&env, &mut terminal, 0);
    drop(terminal);
    env.clock().advance(60);
    let page = std::fs::read(Path::new(STORE).join("anna")).unwrap();

    let mut terminal = setup(&env, &[]);
    let new = until_first_code(&mut terminal);
    terminal.line(&new.code_at(env.clock().now()));
    terminal.expect("Next code:");
    env.clock().advance(30);
    terminal.line(&new.code_at(env.clock().now()));
    terminal.expect("Code or recovery code:");
    terminal.line(&new.code_at(env.clock().now()));
    terminal.expect("Wrong code");
    let now = std::fs::read(Path::new(STORE).join("anna")).unwrap();
    assert_eq!(page[..2048], now[..2048], "replaced without a proof");
    terminal.line(&old.code_at(env.clock().now()));
    terminal.expect("Press Enter");
    let now = std::fs::read(Path::new(STORE).join("anna")).unwrap();
    assert_ne!(page[..2048], now[..2048]);
    assert_eq!(names_in_store(), ["anna"]);
}

#[test]
fn root_provisions_reports_unlocks_and_removes() {
    let env = machine();
    let root = |args: &[&str], input: &str| talk(env.command("otp-setup").args(args), input);
    let uri = "otpauth://totp/Uni:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Uni";
    let import = ["import", "--user", "anna", "--uri", "-"];
    assert_eq!(root(&["status", "--user", "anna"], "").status.code(), Some(3));
    assert!(root(&import, uri).status.success());
    assert_eq!(root(&import, uri).status.code(), Some(4));
    let status = root(&["status", "--user", "anna", "--json"], "");
    assert!(status.status.success());
    assert!(String::from_utf8_lossy(&status.stdout).contains("\"issuer\": \"Uni\""));
    assert!(root(&["unlock", "--user", "anna"], "").status.success());
    let page = std::fs::read_to_string(Path::new(STORE).join("anna")).unwrap();
    assert!(page.contains("user = \"anna\"") && page.contains("GEZDGNBVGY3TQOJQ"));
    assert!(!env.syslog().lines().iter().any(|line| line.contains("GEZDGNBV")));
    for other in ["bob", "../anna", "root/x", "-x"] {
        let output = root(&["import", &format!("--user={other}"), "--uri", "-"], uri);
        assert!(!output.status.success(), "{other}");
    }
    let by_anna = talk(env.as_user("anna", "otp-setup").args(["unlock"]), "");
    assert!(!by_anna.status.success());
    assert!(root(&["remove", "--user", "anna", "--yes"], "").status.success());
    assert!(names_in_store().is_empty());
    // "otp-setup" alone would enroll root.
    let gone = root(&["unlock", "--user", "anna"], "");
    assert!(String::from_utf8_lossy(&gone.stderr).contains("To pair a phone: otp-setup --user anna\n"));
    for garbage in
        ["", "otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "otpauth://totp/a?secret=ABC", "x"]
    {
        assert!(!root(&import, garbage).status.success(), "{garbage:?}");
    }
    assert!(names_in_store().is_empty());
}

#[test]
fn strange_names_give_codes_that_scan_on_24_rows() {
    let env = machine();
    let screen = Screen::start();
    let long = "h".repeat(64);
    // This thread, and what it starts, on a host whose name others do not see.
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUTS).unwrap();
    let cases = [
        ("anna", long.as_str(), "issuer = \"Vysoká škola ekonomická v Praze, Fakulta informatiky\"\n"),
        ("anna", "a b%c@d", ""),
        ("jiří 50%@ x", "ústav", "issuer = \"Ústav 50 % @ home\"\n"),
    ];
    for (user, host, config) in cases {
        env.write(Path::new("/etc/security/insis-otp.toml"), config.as_bytes(), 0o644);
        if user != "anna" {
            let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
            env.write(
                Path::new("/etc/passwd"),
                format!("{passwd}{user}:x:4242:4242::/:/bin/sh\n").as_bytes(),
                0o644,
            );
        }
        nix::unistd::sethostname(host).unwrap();
        let xterm = screen.xterm(Theme::Dark, env.command("otp-setup").args(["--yes", "--user", user]));
        let (_, uri) = xterm.scan().unwrap_or_else(|| panic!("no QR code for {user} on {host}"));
        let label = uri.strip_prefix("otpauth://totp/").and_then(|rest| rest.split('?').next()).unwrap();
        assert_eq!(label.matches(':').count(), 1, "{uri}");
        assert!(uri.bytes().all(|b| b.is_ascii_graphic()), "{uri}");
        let phone = Phone::scanned(&uri);
        let codes = App::ALL.map(|app| phone.code(app, NOW));
        assert!(codes.iter().all(|code| *code == ours(phone.secret(), NOW)), "{codes:?} for {uri}");
    }
}
