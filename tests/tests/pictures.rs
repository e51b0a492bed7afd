//! The picture within a login, as people see it in their terminals and as their phones read it: names of any length, letters
//! of any size, terminals without UTF-8, other clients than OpenSSH's.

use std::process::Command;

use insis_otp::record::AppEntry;
use insis_otp_tests::env::{CONFIG, Env, run};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::scanner::SCANNERS;
use insis_otp_tests::screen::{Font, Screen, Theme};
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;
use nix::sched::{CloneFlags, unshare};

const PASSWORD: &str = "staple";
/// Many pictures are looked at during one login.
const KEYBOARD: &str = "AuthenticationMethods keyboard-interactive\nLoginGraceTime 600";
const STACK: &str = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so\n\
                     account required pam_insis_otp.so\naccount required pam_unix.so\n\
                     password required pam_insis_otp.so\nsession required pam_unix.so\n";
/// What question of how the picture is drawn ends with; what the question for the first code is.
const ENGLISH: [&str; 2] = ["t: only text. ", "First code from the app: "];
const CZECH: [&str; 2] = ["t: jen text. ", "První kód z aplikace: "];
/// The rows and columns in which the picture in plain letters is seen whole.
const HIGH: (u16, u16) = (42, 80);
const USUAL: (u16, u16) = (24, 80);

struct Server {
    env: Env,
    sshd: Sshd,
}

impl Server {
    /// One with a host name of its own, which neither the real machine nor other tests see.
    fn new() -> Self {
        unshare(CloneFlags::CLONE_NEWUTS).unwrap();
        nix::unistd::sethostname("login1.mendelu.cz").unwrap();
        let env = Env::build().user("bert", PASSWORD).service("sshd", STACK);
        let env = env.file(CONFIG, "unenrolled = \"enrol\"\n", 0o644).start();
        let sshd = Sshd::start(&env, "sshd", KEYBOARD);
        Self { env, sshd }
    }

    fn configure(&self, more: &str) {
        self.env.write(CONFIG.as_ref(), format!("unenrolled = \"enrol\"\n{more}").as_bytes(), 0o644);
    }

    /// A login up to the question of how the picture is drawn.
    fn login(&self, user: &str, size: (u16, u16), [question, _]: [&str; 2]) -> Terminal {
        let ssh = self.sshd.ssh(user, &["-tt"]);
        asked(&ssh, size, "Password: ", question)
    }
}

/// Types the password, and waits for the question of how the picture is drawn.
fn asked(client: &Command, (rows, columns): (u16, u16), password: &str, question: &str) -> Terminal {
    let mut terminal = Terminal::sized(client, rows, columns);
    terminal.expect(password);
    terminal.line(PASSWORD);
    terminal.expect(question);
    terminal
}

/// Everything that is needed is on the screen at once: the heading, each row of the picture, the secret, the question.
fn is_whole(terminal: &Terminal) {
    let screen = terminal.screen();
    let lines: Vec<_> = screen.lines().collect();
    let heading = lines.iter().position(|line| line.contains("(i: ")).unwrap_or_else(|| panic!("{screen}"));
    // plink marks what a server says.
    let lines: Vec<_> = lines.iter().map(|line| line.trim_start_matches("| ")).collect();
    let [picture @ .., secret, question] = &lines[heading + 1..] else { panic!("{screen}") };
    let width = picture[0].chars().count();
    // The quiet zone is all ink above and on the left; a row of blocks is two modules high, and in ASCII two letters are one.
    let (ink, blank) = if picture[0].is_ascii() { ("@", "@ ") } else { ("█", "█▀▄ ") };
    let rows = width.div_ceil(2);
    assert!(width <= 80 && picture.len() == rows && picture[0].chars().all(|c| ink.contains(c)), "{screen}");
    assert!(picture[..rows - 1].iter().all(|row| row.starts_with(ink)), "{screen}");
    assert!(picture.iter().all(|row| row.chars().count() == width), "{screen}");
    assert!(picture.iter().all(|row| row.chars().all(|c| blank.contains(c))), "{screen}");
    assert_eq!(secret_in(secret).split(' ').map(str::len).collect::<Vec<_>>(), [4; 8], "{screen}");
    assert!(question.ends_with(':'), "{screen}");
}

fn secret_in(line: &str) -> &str {
    line.split_once(": ").unwrap_or_default().1
}

/// The secret to type in, as it is on the screen.
fn shown_secret(terminal: &Terminal) -> String {
    let screen = terminal.screen();
    secret_in(screen.lines().rev().nth(1).unwrap_or_default()).to_owned()
}

/// What the scanners read; they have to agree.
fn scanned(terminal: &Terminal, theme: Theme, font: Font, size: (u16, u16)) -> Phone {
    let screen = Screen::of_size(1400, 1500);
    let read = screen.replay(theme, font, size, &terminal.raw()).scan_by_all();
    assert!(
        !read[0].is_empty() && read.iter().all(|text| *text == read[0]),
        "{theme:?}, {font:?}: {SCANNERS:?} read {read:?}:\n{}",
        terminal.screen()
    );
    Phone::scanned(&read[0])
}

/// Types what the phone shows, and is let in.
fn enrolls(mut terminal: Terminal, phone: &Phone, next: &str) {
    let start = now();
    terminal.line(&phone.code_at(start));
    terminal.expect(next);
    terminal.line(&phone.code_at(start + 30));
    terminal.expect("$");
    assert!(std::fs::exists("/var/lib/insis-otp/bert").unwrap());
    run(Command::new("rm").arg("/var/lib/insis-otp/bert"));
}

/// User, host, what the site says, and whether the names are too long for the picture.
const NAMES: [(&str, &str, &str, bool); 9] = [
    ("bert", "aisa", "", false),
    ("bert", "login1.mendelu.cz", "", true),
    ("bert", "login1", "issuer = \"Mendel University in Brno\"\n", true),
    ("bert", "login1.mendelu.cz", "issuer = \"Mendel University in Brno\"\nlanguage = \"cs\"\n", true),
    ("bert", "stratus.fi.muni.cz", "issuer = \"Fakulta informatiky Masarykovy univerzity v Brně\"\n", true),
    ("bert", "localhost", "issuer = \"Žluťoučký kůň\"\n", true),
    ("jan.novotny-dlouhy.employee2026x", "compute-node-17.hpc.department.faculty.example.edu", "", true),
    ("jan.novotny-dlouhy.employee2026x", "h", "issuer = \"日本語大学\"\n", true),
    ("jiří", "ústav.example", "language = \"cs\"\n", true),
];

/// Logs in under each of the names, up to the picture.
fn with_all_names(size: (u16, u16), choice: &str, see: impl Fn(&mut Terminal, &AppEntry, bool)) {
    let server = Server::new();
    server.env.add_user("jan.novotny-dlouhy.employee2026x", PASSWORD);
    // useradd takes no such name; directories do.
    for file in ["/etc/passwd", "/etc/shadow"] {
        let text = std::fs::read_to_string(file).unwrap();
        let line = text.lines().find(|line| line.starts_with("bert:")).unwrap();
        let line = line.replacen("bert:", "jiří:", 1).replacen(":1000:", ":4242:", 1);
        std::fs::write(file, format!("{text}{line}\n")).unwrap();
    }
    for (user, host, config, short) in NAMES {
        nix::unistd::sethostname(host).unwrap();
        server.configure(config);
        let language = if config.contains("cs") { CZECH } else { ENGLISH };
        let mut terminal = server.login(user, size, language);
        let told = terminal.screen();
        let line =
            told.lines().find(|line| line.contains("In the app") || line.contains("V aplikaci")).unwrap();
        let said_short = line.contains("shortened") || line.contains("zkráceně");
        assert_eq!(said_short, short, "{told}");
        // The line is whole: it did not run into the next one.
        assert!(told.lines().all(|line| line.chars().count() <= 80) && told.lines().count() <= 24, "{told}");
        let (_, name) = line.split_once(" as ").or_else(|| line.split_once(" jako ")).unwrap();
        let (issuer, account) = name.split_once(": ").unwrap();
        terminal.line(choice);
        terminal.expect(language[1]);
        let uri = format!("otpauth://totp/x?secret={}", shown_secret(&terminal).replace(' ', ""));
        let key = AppEntry::parse(&uri).unwrap().key;
        see(&mut terminal, &AppEntry { key, issuer: issuer.to_owned(), account: account.to_owned() }, short);
    }
}

fn is_the_one(phone: &Phone, entry: &AppEntry) {
    let read = AppEntry::parse(phone.uri()).unwrap();
    assert_eq!((&read.issuer, &read.account), (&entry.issuer, &entry.account), "{}", phone.uri());
    assert_eq!(phone.secret(), Phone::typed(entry.key.secret().grouped().as_str()).secret());
}

#[test]
fn with_names_of_any_length_the_picture_is_whole_at_24_rows_and_scanned() {
    with_all_names(USUAL, "", |terminal, entry, _| {
        is_whole(terminal);
        is_the_one(&scanned(terminal, Theme::Dark, Font::Scalable, USUAL), entry);
    });
}

#[test]
fn with_names_of_any_length_the_picture_in_plain_letters_is_whole_and_scanned() {
    with_all_names(HIGH, "a", |terminal, entry, _| {
        is_whole(terminal);
        is_the_one(&scanned(terminal, Theme::Dark, Font::Scalable, HIGH), entry);
    });
}

#[test]
fn in_a_light_terminal_the_inverted_picture_is_scanned() {
    let server = Server::new();
    let mut terminal = server.login("bert", USUAL, ENGLISH);
    terminal.line("");
    terminal.expect(ENGLISH[1]);
    terminal.line("i");
    terminal.expect(ENGLISH[1]);
    let phone = scanned(&terminal, Theme::Light, Font::Bitmap, USUAL);
    assert_eq!(scanned(&terminal, Theme::Light, Font::Scalable, USUAL), phone);
    enrolls(terminal, &phone, "Next code");
}

#[test]
fn the_picture_for_a_light_terminal_can_be_asked_for_at_once() {
    let server = Server::new();
    let mut terminal = server.login("bert", USUAL, ENGLISH);
    let screen = terminal.screen();
    // In plain letters, dark ones on a light ground have too many gaps for two of three scanners: that is said.
    assert!(
        screen.contains("i: for a light screen.") && screen.contains("(42 rows, dark screen)"),
        "{screen}"
    );
    terminal.line("i");
    terminal.expect(ENGLISH[1]);
    let phone = scanned(&terminal, Theme::Light, Font::Bitmap, USUAL);
    enrolls(terminal, &phone, "Next code");
}

#[test]
fn letters_of_8_to_20_points_are_scanned() {
    let server = Server::new();
    let mut terminal = server.login("bert", USUAL, ENGLISH);
    terminal.line("");
    terminal.expect(ENGLISH[1]);
    let phones = [8, 9, 10, 12, 14, 16, 18, 20]
        .map(|points| scanned(&terminal, Theme::Dark, Font::Points(points), USUAL));
    assert!(phones.iter().all(|phone| *phone == phones[0]));
    enrolls(terminal, &phones[0], "Next code");
}

/// OpenSSH's client where nothing says that the terminal knows UTF-8.
fn without_utf8(mut client: Command) -> Command {
    for name in ["LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE"] {
        client.env_remove(name);
    }
    client
}

#[test]
fn plain_letters_of_8_to_20_points_are_scanned_where_lang_is_unset() {
    let server = Server::new();
    let ssh = without_utf8(server.sshd.ssh("bert", &["-tt"]));
    let mut terminal = asked(&ssh, HIGH, "Password: ", ENGLISH[0]);
    // What blocks would become is seen before any is drawn.
    let screen = terminal.screen();
    assert!(
        screen.contains(r"like these: \342\226\210") && screen.contains("a: in plain letters"),
        "{screen}"
    );
    terminal.line("a");
    terminal.expect(ENGLISH[1]);
    let phones =
        [8, 10, 12, 14, 16, 18, 20].map(|points| scanned(&terminal, Theme::Dark, Font::Points(points), HIGH));
    assert!(phones.iter().all(|phone| *phone == phones[0]));
    enrolls(terminal, &phones[0], "Next code");
}

/// The picture in plain letters in another client than OpenSSH's, first as it is there, then scanned.
fn other_client(server: &Server, client: Command, password: &str, before: impl Fn(&mut Terminal)) {
    let mut terminal = Terminal::sized(&without_utf8(client), HIGH.0, HIGH.1);
    before(&mut terminal);
    terminal.expect(password);
    terminal.line(PASSWORD);
    terminal.expect(ENGLISH[0]);
    let screen = terminal.screen();
    assert!(screen.contains("a: in plain letters"), "{screen}");
    terminal.line("a");
    terminal.expect(ENGLISH[1]);
    is_whole(&terminal);
    let phone = scanned(&terminal, Theme::Dark, Font::Scalable, HIGH);
    enrolls(terminal, &phone, "Next code");
    let _ = server.env.syslog().expect(&["result=paired by=password"]);
}

#[test]
fn plink_asks_first_and_shows_a_picture_that_is_scanned() {
    let server = Server::new();
    let mut plink = server.env.as_user("bert", "plink");
    let port = server.sshd.port().to_string();
    plink.args(["-ssh", "-no-antispoof", "-P", &port, "-l", "bert", "127.0.0.1"]);
    other_client(&server, plink, "Password: ", |terminal| {
        terminal.expect("(y/n, Return cancels connection, i for more info)");
        terminal.line("n");
    });
}

#[test]
fn dropbears_client_asks_first_and_shows_a_picture_that_is_scanned() {
    let server = Server::new();
    let mut dbclient = server.env.as_user("bert", "dbclient");
    dbclient.args(["-y", "-y", "-p", &server.sshd.port().to_string(), "bert@127.0.0.1"]);
    other_client(&server, dbclient, "Password: ", |_| {});
}
