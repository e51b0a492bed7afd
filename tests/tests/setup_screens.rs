//! The QR code on other screens than a plain xterm: tmux, a console of 25 rows, plain ASCII, small windows.

use std::process::Command;

use insis_otp_tests::env::{Env, run};
use insis_otp_tests::phone::Phone;
use insis_otp_tests::screen::{Font, Screen, Theme};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, STACK, Sshd};
use insis_otp_tests::terminal::Terminal;

fn machine() -> Env {
    Env::build().user("anna", "secret").start()
}

/// Looks at the code of `otp-setup` in a window of that size, in both themes.
fn scans(rows: u16, what: &str, command: impl Fn() -> Command) {
    let screen = Screen::start();
    for theme in Theme::ALL {
        let xterm = screen.xterm_sized(theme, rows, 80, &command());
        let (_, uri) = xterm.scan().unwrap_or_else(|| panic!("no code: {what}, {theme:?}"));
        let phone = Phone::scanned(&uri);
        assert_eq!(phone.secret().len(), 32, "{uri}");
    }
    assert!(!std::fs::exists("/var/lib/insis-otp/anna").unwrap());
}

#[test]
fn tmux_with_a_status_line_shows_a_code_that_scans() {
    let env = machine();
    scans(24, "tmux", || {
        let mut command = env.as_user("anna", "tmux");
        // A server of its own for each window.
        let socket = format!(
            "{}",
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
        );
        command.args(["-L", &socket, "-f", "/dev/null", "new-session", "otp-setup --yes"]);
        command
    });
}

#[test]
fn a_console_of_25_rows_and_16_colours_shows_a_code_that_scans() {
    let env = machine();
    scans(25, "console", || {
        let mut command = env.as_user("anna", "env");
        command.args(["TERM=linux", "otp-setup", "--yes"]);
        command
    });
}

#[test]
fn plain_ascii_scans_where_there_are_rows_enough() {
    let env = machine();
    scans(58, "--ascii", || {
        let mut command = env.as_user("anna", "otp-setup");
        command.args(["--yes", "--ascii"]);
        command
    });
    // So do locales without Unicode.
    scans(58, "ISO-8859-2", || {
        let mut command = env.as_user("anna", "env");
        command.args(["LC_ALL=cs_CZ.ISO-8859-2", "otp-setup", "--yes"]);
        command
    });
}

#[test]
fn a_small_window_shows_the_secret_and_says_what_to_do() {
    let env = machine();
    let mut terminal = Terminal::sized(env.as_user("anna", "otp-setup").arg("--yes"), 20, 60);
    terminal.expect("First code:");
    let screen = terminal.screen();
    assert!(screen.contains("The window is too small") && screen.contains("Secret:"), "{screen}");
    assert!(!screen.contains('▀'), "{screen}");
    terminal.interrupt();
    assert_eq!(terminal.wait().code(), Some(130));
}

#[test]
fn in_the_smallest_window_the_secret_and_the_recovery_codes_are_seen() {
    let env = Env::build().user("anna", "secret").clock().start();
    env.clock().freeze(1_700_000_022);
    let mut terminal = Terminal::sized(env.as_user("anna", "otp-setup").arg("--yes"), 12, 40);
    terminal.expect("First code:");
    let phone = Phone::typed(&terminal.secret());
    assert_eq!(phone.secret().len(), 32, "{}", terminal.screen());
    terminal.line(&phone.code_at(env.clock().now()));
    terminal.expect("Next code:");
    assert_eq!(terminal.secret(), phone.secret(), "{}", terminal.screen());
    env.clock().advance(30);
    terminal.line(&phone.code_at(env.clock().now()));
    // The question's end, where it is longer than the row.
    terminal.expect("or an invitation code: ");
    terminal.line("secret");
    terminal.expect("is then cleared.");
    let screen = terminal.screen();
    assert!((1..=10).all(|number| screen.contains(&format!("{number:>2}.  "))), "{screen}");
}

#[test]
fn text_alone_moves_nothing_and_is_wiped() {
    let env = machine();
    let mut terminal = Terminal::sized(env.as_user("anna", "otp-setup").args(["--yes", "--text"]), 24, 80);
    terminal.expect("First code:");
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(raw.contains("Secret:") && !raw.contains('\u{1b}') && !raw.contains('▀'), "{raw:?}");
    terminal.interrupt();
    assert_eq!(terminal.wait().code(), Some(130));
    let screen = terminal.screen();
    assert!(!screen.contains("Secret:") && screen.contains("Nothing was changed."), "{screen}");
}

#[test]
fn what_is_said_after_an_interrupt_begins_a_line() {
    let env = machine();
    let command = |term: &str| {
        let mut command = env.as_user("anna", "env");
        command.args([&format!("TERM={term}"), "otp-setup", "--yes", "--text"]);
        command
    };
    for (term, key, status, shown) in [
        ("dumb", "\u{3}", 130, "This terminal cannot be cleared"),
        ("dumb", "\u{4}", 1, "This terminal cannot be cleared"),
        ("xterm", "\u{4}", 1, "The input ended before a reply was given."),
    ] {
        let mut terminal = Terminal::sized(&command(term), 24, 80);
        terminal.expect("First code:");
        terminal.send(key);
        assert_eq!(terminal.wait().code(), Some(status));
        let screen = terminal.screen();
        assert!(screen.lines().any(|line| line.starts_with(shown)), "{term}: {screen}");
    }
}

#[test]
fn a_reply_longer_than_its_row_leaves_the_code_where_it_is() {
    let env = machine();
    let mut setup = Terminal::sized(env.as_user("anna", "otp-setup").arg("--yes"), 24, 80);
    setup.expect("First code:");
    let name = "x".repeat(100);
    setup.line(&format!("save {name}.pdf"));
    setup.expect("Saved as");
    let raw = String::from_utf8(setup.raw()).unwrap();
    // A row of 80 would be the end of the last one, and the code above would move up.
    assert!(raw.contains(&name[..70]) && !raw.contains(&name[..80]));
}

/// The picture in the README, of a window as people see it. What is in its QR code is nobody's: it is not written down.
#[test]
#[ignore = "it makes docs/pairing.png anew: make picture"]
fn the_readmes_picture_is_made() {
    let env = machine();
    let screen = Screen::start();
    let mut command = env.as_user("anna", "otp-setup");
    command.arg("--yes");
    let xterm = screen.xterm(Theme::Dark, &command);
    let (picture, _) = xterm.scan().expect("no code");
    let path = std::env::var("PICTURE").expect("PICTURE says where it is kept");
    run(Command::new("convert").arg(picture).args(["-trim", "+repage", "-strip", "-colors", "32"]).arg(path));
}

/// A picture of what is on that terminal now, as xterm draws it: once nothing changes in it any more.
fn keep(screen: &Screen, terminal: &Terminal, rows: u16, name: &str) {
    let xterm = screen.replay(Theme::Dark, Font::Scalable, (rows, 80), &terminal.raw());
    let folder =
        std::path::PathBuf::from(std::env::var("PICTURES").expect("PICTURES says where they are kept"));
    let picture = || std::fs::read(xterm.picture()).expect("a picture");
    let mut last = Vec::new();
    // Before there is a window, the display is one colour, and a picture of it small.
    for _ in 0..50 {
        std::thread::sleep(std::time::Duration::from_millis(200));
        let now = picture();
        if now == last && now.len() > 3000 {
            let path = folder.join(format!("{name}.png"));
            let mut convert = Command::new("convert");
            convert.arg(xterm.picture()).args(["-trim", "+repage", "-strip", "-colors", "32"]);
            run(convert.arg(path));
            return;
        }
        last = now;
    }
    panic!("{name}: the window does not come to rest");
}

/// The pictures in docs/howto-pair.md. Secret and codes in them are of a machine that is gone.
#[test]
#[ignore = "it makes docs/pictures anew: make picture"]
fn the_pictures_of_each_step_are_made() {
    let env = Env::build().user("anna", "secret").service("sshd", STACK).clock().start();
    env.clock().freeze(1_700_000_022);
    let screen = Screen::start();
    let mut setup = Terminal::sized(&env.as_user("anna", "otp-setup"), 24, 80);
    setup.expect("[yes/no]");
    keep(&screen, &setup, 24, "pair-1-app");
    setup.line("yes");
    setup.expect("First code:");
    keep(&screen, &setup, 24, "pair-2-scan");
    let phone = Phone::typed(&setup.secret());
    let code = || phone.code_at(env.clock().now());
    setup.line(&code());
    setup.expect("Next code:");
    keep(&screen, &setup, 24, "pair-3-next-code");
    env.clock().advance(30);
    setup.line(&code());
    setup.expect("Your password (not shown), or an invitation code: ");
    setup.line("secret");
    setup.expect("Press Enter");
    keep(&screen, &setup, 24, "pair-4-recovery-codes");
    setup.line("");
    assert!(setup.wait().success());
    let sshd = Sshd::start(&env, "sshd", KEYBOARD_INTERACTIVE);
    env.clock().advance(60);
    let mut ssh = sshd.login("anna", "echo You are in.; sleep 60");
    ssh.answers(&[("Password: ", "secret"), ("One-time code: ", &code())]);
    ssh.expect("You are in.");
    keep(&screen, &ssh, 8, "pair-5-login");
}
