//! `contact`: whom to ask for help is said to whoever cannot help themselves, and tells nothing of an account.

use insis_otp_tests::env::talk;
use insis_otp_tests::machine::{MODULE, Machine, ONE_TRY, PASSWORD, PROMPT};
use insis_otp_tests::pam::{Code, Login, Message, Stack, Style};
use insis_otp_tests::ssh::{KEYBOARD_INTERACTIVE, STACK, Sshd};

const CONTACT: &str = "help desk, phone 1234, https://it.example.org";

fn machine(lines: &str, config: &str) -> Machine {
    let machine = Machine::of(Machine::build().config(&format!("contact = \"{CONTACT}\"\n{config}")));
    let stack = Stack::new("sshd", lines);
    std::fs::write(stack.folder().join("other"), "auth required pam_deny.so\n").unwrap();
    Machine { stack, ..machine }
}

fn login(machine: &Machine, user: &str, replies: &[&str]) -> Vec<Message> {
    let login = Login::on(&machine.stack).user(user).rhost("192.0.2.7");
    let mut pam = login.types(replies.iter().copied()).begin();
    assert_eq!(pam.authenticate(), Code::AUTH_ERR);
    pam.messages()
}

/// The messages, which are the same for somebody who has enrolled, somebody who has not, and nobody; digits of waiting times
/// are made equal.
fn of_all_three(machine: &Machine, replies: &[&str]) -> Vec<Message> {
    let seen = ["anna", "bob", "mallory"].map(|user| login(machine, user, replies));
    let [anna, bob, mallory] =
        [0, 1, 2].map(|i| format!("{:?}", seen[i]).replace(|c: char| c.is_ascii_digit(), "#"));
    assert!(anna == bob && bob == mallory, "{anna}\n{bob}\n{mallory}");
    seen.into_iter().next().unwrap()
}

fn with_contact(messages: &[Message], word: &str) -> Vec<usize> {
    let said = format!("{word}: {CONTACT}");
    let has = |(i, message): (usize, &Message)| message.text.lines().any(|line| line == said).then_some(i);
    messages.iter().enumerate().filter_map(has).collect()
}

#[test]
fn it_is_said_once_below_the_second_refusal_to_everybody_alike() {
    let machine = machine(MODULE, "");
    let wrong = machine.anna.wrong();
    let messages = of_all_three(&machine, &[&wrong, &wrong, &wrong]);
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert_eq!(with_contact(&messages, "Help"), [2], "{messages:?}");
    assert!(messages[2].text.ends_with(&format!("\nHelp: {CONTACT}\n{PROMPT}")), "{messages:?}");
}

#[test]
fn a_single_try_ends_with_it_and_a_long_delay_begins_with_it() {
    let machine = machine(ONE_TRY, "language = \"cs\"\nfirst_delay = \"10m\"\n");
    let wrong = machine.anna.wrong();
    let messages = of_all_three(&machine, &[&wrong]);
    assert_eq!(
        (with_contact(&messages, "Pomoc"), messages[1].style),
        (vec![1], Style::Error),
        "{messages:?}"
    );
    for _ in 0..5 {
        let _ = of_all_three(&machine, &[&wrong]);
    }
    let machine = Machine { stack: Stack::new("sshd", MODULE), ..machine };
    let messages = of_all_three(&machine, &[&*wrong; 3]);
    assert_eq!(with_contact(&messages, "Pomoc"), [1], "{messages:?}");
    assert!(messages[1].text.starts_with("Moc chyb. Čekejte "), "{messages:?}");
}

#[test]
fn nobody_who_gets_in_or_gives_up_reads_it_and_it_is_there_when_nothing_can_be_checked() {
    let machine = machine(MODULE, "");
    let says = |replies: &[&str]| {
        let mut pam = Login::on(&machine.stack).user("anna").types(replies.iter().copied()).begin();
        (pam.authenticate(), with_contact(&pam.messages(), "Help").len())
    };
    assert_eq!(says(&[&machine.anna.wrong(), &machine.anna.code()]), (Code::SUCCESS, 0));
    assert_eq!(says(&[""]), (Code::AUTH_ERR, 0));
    machine.env.write("/var/lib/insis-otp/anna".as_ref(), b"damaged", 0o600);
    assert_eq!(says(&["123456"]), (Code::AUTHINFO_UNAVAIL, 1));
}

/// The real server and client, which show a refusal in the next question only.
#[test]
fn ssh_shows_it_before_the_last_try() {
    let machine = Machine::of(
        Machine::build().service("sshd", STACK).config(&format!("contact = \"{CONTACT}\"\ntries = 2\n")),
    );
    let sshd = Sshd::start(&machine.env, "sshd", KEYBOARD_INTERACTIVE);
    for user in ["anna", "bob", "mallory"] {
        let mut ssh = sshd.login(user, "echo in");
        ssh.answers(&[("Password: ", PASSWORD), (PROMPT, &machine.anna.wrong())]);
        ssh.expect(&format!("Help: {CONTACT}"));
        ssh.line(&machine.anna.wrong());
        assert!(!ssh.wait().success());
    }
}

#[test]
fn otp_setup_says_it_below_errors_but_not_to_root_and_puts_it_on_the_page() {
    let machine = machine(MODULE, "");
    let env = &machine.env;
    let run = |user: &str, args: &[&str], input: &str| {
        let mut setup =
            if user == "root" { env.command("otp-setup") } else { env.as_user(user, "otp-setup") };
        let output = talk(setup.args(args), input);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let wrong = machine.anna.wrong();
    let (status, text) = run("anna", &["verify", "--batch"], &format!("{wrong}\n"));
    assert_eq!((status, text.ends_with(&format!("Help: {CONTACT}\n"))), (Some(1), true), "{text}");
    let (status, text) = run("root", &["verify", "--batch", "--user", "anna"], &format!("{wrong}\n"));
    assert_eq!((status, text.contains(CONTACT)), (Some(1), false), "{text}");
    // Whoever changed their mind knows what to do.
    let (status, text) = run("anna", &["remove"], "no\n");
    assert_eq!((status, text.contains(CONTACT)), (Some(1), false), "{text}");
    let page = env.home("bob").join("page.txt");
    let (_, text) = run("bob", &["--yes", "--save", page.to_str().unwrap()], "");
    let saved = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(saved.contains(&format!("Help: {CONTACT}")), "{saved}");
}

#[test]
fn what_is_no_contact_stops_every_login_and_is_named() {
    for (value, wrong) in [
        ("\"\"".to_owned(), "a text of 1 to 72 bytes without control"),
        (format!("\"{}\"", "x".repeat(73)), "a text of 1 to 72 bytes without control"),
        ("\"a\\u001b[2Jb\"".to_owned(), "a text of 1 to 72 bytes without control"),
        ("\"a\\nb\"".to_owned(), "a text of 1 to 72 bytes without control"),
        ("7".to_owned(), "a text of 1 to 72 bytes without control"),
    ] {
        let machine = Machine::of(Machine::build().config(&format!("contact = {value}\n")));
        let (outcome, line) = machine.logged(|| machine.login(&machine.anna.code()));
        assert_eq!(outcome.code(), Code::SERVICE_ERR, "{value}");
        assert!(line.contains("insis-otp.toml:1: contact must be ") && line.contains(wrong), "{line}");
    }
}
