//! The QR code on other screens than a plain xterm: tmux, a console of 25 rows, plain ASCII, small windows.

use std::process::Command;

use insis_otp_tests::env::Env;
use insis_otp_tests::phone::Phone;
use insis_otp_tests::screen::{Screen, Theme};
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
    assert_eq!(std::fs::read_dir("/var/lib/insis-otp").unwrap().count(), 0);
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
