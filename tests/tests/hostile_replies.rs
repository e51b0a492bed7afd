//! What people, programs and attackers type at the prompt, and the names that they log in with.

use std::io::Write;
use std::process::{Command, Stdio};

use insis_otp_tests::crowd::{self, Outcome};
use insis_otp_tests::machine::{Machine, ONE_TRY, answer};
use insis_otp_tests::pam::{Code, Stack};
use insis_otp_tests::person::{Person, STEP};

const OPENS: &str = "result=accepted";
const WRONG: &str = "reason=wrong-code";
const LENGTH: &str = "reason=malformed kind=length";
const DIGITS: &str = "reason=malformed kind=foreign-digits";
const CHARACTERS: &str = "reason=malformed kind=characters";
const EMPTY: &str = "reason=no-reply";

/// Goes through the door with any bytes but a line end.
fn login(machine: &Machine<Person>, reply: &[u8]) -> Outcome {
    let mut child = machine.driver().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("no driver");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    stdin.write_all(&[b"=", reply, b"\n"].concat()).expect("the driver does not listen");
    drop(stdin);
    let output = child.wait_with_output().expect("no output");
    assert!(output.status.success(), "{:?}", output.status);
    Outcome::read(&String::from_utf8_lossy(&output.stdout))
}

/// What is typed, and what the log says of it. [`fill`] puts codes where a name is in braces.
const REPLIES: &[(&str, &str)] = &[
    ("{code}", OPENS),
    (" {code} ", OPENS),
    ("{front} {back}", OPENS),
    ("{front}-{back}", OPENS),
    ("{front}\u{a0}{back}", OPENS),
    ("{front}\u{2009}{back}", OPENS),
    ("{front}\u{2013}{back}", OPENS),
    ("\t{code}\r", OPENS),
    ("{full-width}", OPENS),
    ("{arabic}", OPENS),
    ("{bold}", OPENS),
    ("{front}{full-width back}", OPENS),
    ("{code}\u{200b}", OPENS),
    ("\u{feff}{code}", OPENS),
    ("\u{202e}{code}", OPENS),
    ("\u{1b}[200~{code}\u{1b}[201~", OPENS),
    ("\u{1b}[200~\u{2066}{front}\u{202f}{back}\u{2069} {next}\u{1b}[201~", OPENS),
    ("{code} {next}", OPENS),
    ("{code}{next}", OPENS),
    ("{code}\t-\t{next}", OPENS),
    ("mzkqw-xpbrt", OPENS),
    ("MZKQW-XPBRT", OPENS),
    ("mzkqwxpbrt", OPENS),
    (" mzkqw - xpbrt ", OPENS),
    ("{wrong}", WRONG),
    ("{code}{code}", WRONG),
    ("{next}{code}", WRONG),
    ("{code} {wrong}", WRONG),
    ("{wrong} {code}", WRONG),
    ("trbpx-wqkzm", WRONG),
    ("abcdefghjk", WRONG),
    ("{reversed}{code}", WRONG),
    ("{five}", LENGTH),
    ("{code}0", LENGTH),
    ("0{code}", LENGTH),
    // Eight digits could be a scratch code, for anybody.
    ("{code}00", WRONG),
    ("00{code}", WRONG),
    ("{code}{next}0", LENGTH),
    ("{code}{next}{code}", LENGTH),
    ("0", LENGTH),
    ("18446744073709551616", LENGTH),
    ("①②③④⑤⑥", DIGITS),
    ("²²²²²²", DIGITS),
    ("ⅠⅡⅢⅣⅤⅥ", DIGITS),
    ("一二三四五六", CHARACTERS),
    (" ", CHARACTERS),
    ("-", CHARACTERS),
    ("\t\r \u{a0}", CHARACTERS),
    ("+{code}", CHARACTERS),
    ("\u{2212}{code}", CHARACTERS),
    ("{code}.", CHARACTERS),
    ("{code}.0", CHARACTERS),
    ("{code},", CHARACTERS),
    ("{code};", CHARACTERS),
    ("{front}_{back}", CHARACTERS),
    ("{front}'{back}", CHARACTERS),
    ("0x{code}", CHARACTERS),
    ("0b{code}", CHARACTERS),
    ("{code}e0", CHARACTERS),
    ("{code}L", CHARACTERS),
    ("'{code}'", CHARACTERS),
    ("\"{code}\"", CHARACTERS),
    ("({code})", CHARACTERS),
    ("code: {code}", CHARACTERS),
    ("{code} or 1=1", CHARACTERS),
    ("{code}#", CHARACTERS),
    ("{code}%00", CHARACTERS),
    ("{code}\\0", CHARACTERS),
    ("\u{1b}[202~{code}", CHARACTERS),
    ("[200~{code}[201~", CHARACTERS),
    ("{front}\u{0301}{back}", CHARACTERS),
    ("\u{1b}[31m{code}", CHARACTERS),
    ("\u{1b}]0;x\u{7}{code}", CHARACTERS),
    ("{code}\u{8}", CHARACTERS),
    ("\u{7f}{code}", CHARACTERS),
    ("{code}\u{4}", CHARACTERS),
    ("{letters}", CHARACTERS),
    ("l23456", CHARACTERS),
    ("NaN", CHARACTERS),
    ("inf", CHARACTERS),
    ("null", CHARACTERS),
    ("true", CHARACTERS),
    ("secret", CHARACTERS),
    ("%s%s%s%s%s%s", CHARACTERS),
    ("%n%n%n%n%n%n", CHARACTERS),
    ("%1000000d", CHARACTERS),
    ("${jndi:ldap://x}", CHARACTERS),
    ("$(id)", CHARACTERS),
    ("`id`", CHARACTERS),
    ("; reboot", CHARACTERS),
    ("../../etc/passwd", CHARACTERS),
    ("<script>", CHARACTERS),
    ("result=accepted", CHARACTERS),
    ("mzkqwxpbr", CHARACTERS),
    ("mzkqwxpbrtt", CHARACTERS),
    ("mzkqwxpbr0", CHARACTERS),
    ("ſſſſſſſſſſ", CHARACTERS),
    ("éèêëēėęğĝģ", CHARACTERS),
    ("🔑🔑🔑🔑🔑🔑", CHARACTERS),
    ("", EMPTY),
];

/// Text before, a text so many times, text behind.
const LONG_REPLIES: &[(&str, (&str, usize), &str, &str)] = &[
    ("", (" ", 122), "{code}", OPENS),
    ("", (" ", 123), "{code}", CHARACTERS),
    ("", ("1", 16), "", LENGTH),
    ("", ("1", 17), "", LENGTH),
    ("", ("1", 64), "", LENGTH),
    ("", ("1", 128), "", LENGTH),
    ("", ("1", 129), "", CHARACTERS),
    ("", ("x", 4096), "", CHARACTERS),
    ("", ("{code}", 1000), "", CHARACTERS),
    ("{code}", ("\u{a0}", 1000), "", CHARACTERS),
];

/// What is no text: bytes before the right code, whether it is there, bytes behind it.
const BYTES: &[(&[u8], bool, &[u8], &str)] = &[
    // A text of C's ends at its first NUL, before the module sees it.
    (b"", true, b"\0\xff\xff", OPENS),
    (b"\0", true, b"", EMPTY),
    (b"", true, b"\xff", CHARACTERS),
    (b"\xc3", true, b"", CHARACTERS),
    (b"\xff\xfe\xfd", false, b"", CHARACTERS),
    (b"\xf0\x9f\x94", false, b"", CHARACTERS),
    (b"\xed\xa0\x80", false, b"", CHARACTERS),
    (b"\xc0\xb1\xc0\xb1\xc0\xb1\xc0\xb1\xc0\xb1\xc0\xb1", false, b"", CHARACTERS),
    (&[0x80; 64], false, b"", CHARACTERS),
    (b"\x08\r\x7fINCORRECT", false, b"", CHARACTERS),
];

/// Puts the codes of this machine where their names are.
fn fill(machine: &Machine<Person>, template: &str) -> String {
    let code = machine.anna.code(STEP);
    let (front, back) = code.split_at(3);
    let from_zero = |text: &str, zero: u32| -> String {
        let digit = |digit: char| char::from_u32(zero + u32::from(digit) - u32::from('0'));
        text.chars().map(|c| digit(c).expect("a digit")).collect()
    };
    let names = [
        ("{next}", machine.anna.code(STEP + 1)),
        ("{wrong}", machine.anna.wrong_codes(STEP, 1).remove(0)),
        ("{front}", front.to_owned()),
        ("{back}", back.to_owned()),
        ("{five}", code.chars().take(5).collect()),
        ("{reversed}", code.chars().rev().collect()),
        ("{letters}", code.replace('0', "O") + "O"),
        ("{full-width}", from_zero(&code, 0xFF10)),
        ("{full-width back}", from_zero(back, 0xFF10)),
        ("{arabic}", from_zero(&code, 0x0660)),
        ("{bold}", from_zero(&code, 0x1D7CE)),
        ("{code}", code),
    ];
    names.iter().fold(template.to_owned(), |text, (name, code)| text.replace(name, code))
}

/// All of the above, as what is typed.
fn replies(machine: &Machine<Person>) -> Vec<(Vec<u8>, &'static str)> {
    let code = machine.anna.code(STEP).into_bytes();
    let short = REPLIES.iter().map(|(template, verdict)| (fill(machine, template).into_bytes(), *verdict));
    let long = LONG_REPLIES.iter().map(|(front, (text, times), back, verdict)| {
        let template = format!("{front}{}{back}", text.repeat(*times));
        (fill(machine, &template).into_bytes(), *verdict)
    });
    let bytes = BYTES.iter().map(|(front, with_code, back, verdict)| {
        let code: &[u8] = if *with_code { &code } else { b"" };
        ([front, code, back].concat(), *verdict)
    });
    short.chain(long).chain(bytes).collect()
}

#[test]
fn replies_of_every_shape_have_their_verdict() {
    let machine = Machine::frozen(ONE_TRY);
    let replies = replies(&machine);
    assert_eq!(replies.len(), 120);
    for (reply, verdict) in replies {
        machine.anna.reset();
        let shown: String = String::from_utf8_lossy(&reply).chars().take(40).collect();
        let (outcome, line) = machine.logged(|| login(&machine, &reply));
        let expected = if verdict == OPENS { Code::SUCCESS } else { Code::AUTH_ERR };
        assert!(outcome.code() == expected && line.contains(verdict), "{shown:?}: {verdict}, got {line}");
        println!("| {shown:?} | {verdict} |");
    }
}

#[test]
fn a_broken_or_boundless_conversation_opens_nothing() {
    let machine = Machine::frozen(ONE_TRY);
    let cases = [
        ("null", Code::AUTH_ERR, EMPTY),
        ("noreplies", Code::CONV_ERR, "reason=no-conversation"),
        ("again", Code::CONV_ERR, "reason=no-conversation"),
        ("error", Code::CONV_ERR, "reason=no-conversation"),
        ("huge 1048576", Code::AUTH_ERR, CHARACTERS),
        ("huge 67108864", Code::AUTH_ERR, CHARACTERS),
    ];
    for (reply, code, reason) in cases {
        let (outcome, line) = machine.logged(|| answer(&mut machine.driver(), &format!("{reply}\n")));
        assert!(line.contains(reason), "{reply}: {line}");
        assert_eq!(outcome.code(), code, "{reply}: {line}");
    }
    assert!(machine.login(&machine.anna.code(STEP)).code() == Code::SUCCESS);
}

/// Around every size that a buffer may have, of digits, of letters, and of blanks about a right code.
#[test]
fn replies_of_every_length_have_their_verdict() {
    let machine = Machine::frozen(ONE_TRY);
    let around = |size: usize| size - 2..=size + 2;
    let lengths = (1..=140).chain([255, 256, 257]).chain(around(512)).chain(around(1024)).chain(around(4096));
    let mut opened = 0;
    for length in lengths {
        machine.anna.reset();
        for filler in [b'1', b'x'] {
            let outcome = login(&machine, &vec![filler; length]);
            assert_eq!(outcome.code(), Code::AUTH_ERR, "{length} times {:?}", char::from(filler));
        }
        assert_eq!(machine.anna.state().failures, 2, "{length}");
        // Up to 128 bytes are parsed; what is longer is not cut to what would open.
        let code = machine.anna.code(STEP);
        let expected = if length <= 128 { Code::SUCCESS } else { Code::AUTH_ERR };
        for padded in [format!("{code:>length$}"), format!("{code:<length$}")] {
            machine.anna.reset();
            assert_eq!(login(&machine, padded.as_bytes()).code(), expected, "a code in {length} bytes");
        }
        opened += usize::from(expected == Code::SUCCESS);
    }
    assert_eq!(opened, 128);
}

/// A process without rights hands its replies to the helper: nothing blocks, nothing is cut to a right code.
#[test]
fn through_the_helper_a_boundless_reply_is_refused() {
    let machine = Machine::frozen(ONE_TRY);
    let program = machine.env.publish(&insis_otp_tests::env::program("pam-driver"));
    let as_anna = |replies: &str| {
        let mut driver = machine.env.as_user("anna", &program.to_string_lossy());
        driver.args(machine.driver().get_args());
        answer(&mut driver, replies)
    };
    for length in [65, 4_096, 65_535, 65_536, 65_537, 262_144, 1 << 20, 64 << 20] {
        machine.anna.reset();
        let outcome = as_anna(&format!("huge {length}\n"));
        assert_eq!(outcome.code(), Code::AUTH_ERR, "{length} bytes");
        assert_eq!(machine.anna.state().failures, 1, "{length} bytes");
    }
    let cut = machine.anna.code(STEP) + &" ".repeat(70_000);
    assert_eq!(as_anna(&crowd::typing(&[&cut])).code(), Code::AUTH_ERR);
    assert_eq!(as_anna(&crowd::typing(&[&machine.anna.code(STEP)])).code(), Code::SUCCESS);
}

/// Nothing that is typed makes a login another user's.
#[test]
fn the_user_of_a_login_stays_the_same() {
    let machine = Machine::frozen(ONE_TRY);
    // In this process the clock is the real one.
    let step = insis_otp::service::system_clock().step(insis_otp::oath::Period::default()).0;
    for reply in ["bob".into(), "000000".into(), machine.anna.code(step)] {
        let opens = reply == machine.anna.code(step);
        let mut pam = insis_otp_tests::pam::Login::on(&machine.stack).user("anna").types([reply]).begin();
        assert_eq!(pam.authenticate() == Code::SUCCESS, opens);
        assert_eq!(pam.get(insis_otp_tests::pam::Item::User).as_deref(), Some("anna"));
    }
}

/// Every name but anna's own is nobody's.
const NAMES: &[&str] = &[
    "/",
    "//",
    ".",
    "..",
    "../anna",
    "./anna",
    "anna/",
    "anna/.",
    "x/../anna",
    "../insis-otp/anna",
    "/var/lib/insis-otp/anna",
    "../../../etc/shadow",
    ".anna.new",
    ".anna",
    "-anna",
    "--",
    "%u",
    "%h",
    "%U",
    "%%",
    "%s%s%n",
    "anna%u",
    "anna\nroot",
    "anna\n",
    "\nanna",
    "anna\r",
    "anna\t",
    "anna ",
    " anna",
    "anna\u{1b}[2J",
    "anna\u{7f}",
    "anna\u{1}",
    "ANNA",
    "Anna",
    "anna:x:0:0",
    "anna:",
    ":",
    "anna,root",
    "anna@host",
    "HOST\\anna",
    "ａｎｎａ",
    "anna\u{200b}",
    "аnna",
    "an\u{fffd}na",
    "*",
    "?nna",
    "[a]nna",
    "~anna",
    "~",
    "$USER",
    "${USER}",
    "$(id)",
    "`id`",
    ";id",
    "|id",
    "anna'",
    "anna\"",
    "\\",
    "#0",
    "0",
    "1001",
    "+1001",
    "4294967295",
    "-1",
    "+",
    "nobody-here",
    "result=accepted",
    "user=anna",
    "x rhost=-",
];

/// Names of a text so many times.
const LONG_NAMES: &[(&str, usize)] =
    &[("a", 255), ("a", 256), ("a", 257), ("a", 4096), ("a", 100_000), ("é", 128), ("/", 4096)];

#[test]
fn names_of_every_shape_open_nothing_and_touch_nothing() {
    let machine = Machine::frozen(ONE_TRY);
    let code = machine.anna.code(STEP);
    let long = LONG_NAMES.iter().map(|(text, times)| text.repeat(*times));
    let names: Vec<_> = NAMES.iter().map(|&name| name.to_owned()).chain(long).collect();
    assert_eq!(names.len(), 76);
    let before = std::fs::read(machine.anna.file.path()).expect("no secret file");
    for name in &names {
        let stack = &machine.stack;
        let (outcome, line) =
            machine.logged(|| answer(&mut crowd::driver(stack, name), &crowd::typing(&[code.as_str()])));
        let shown: String = name.chars().take(40).collect();
        assert_eq!(outcome.code(), Code::AUTH_ERR, "{shown:?}: {line}");
        assert!(line.contains("result=refused reason=unknown-user"), "{shown:?}: {line}");
        assert!(!line.contains("user=anna rhost") && line.len() < 1500, "{shown:?} forged {line}");
        assert_eq!(line.lines().count(), 1, "{shown:?} forged {line}");
        assert!(
            outcome.messages.iter().any(|message| message.text == "One-time code: "),
            "{shown:?} was not asked"
        );
    }
    assert_eq!(std::fs::read(machine.anna.file.path()).expect("no secret file"), before);
    let listed = std::fs::read_dir("/var/lib/insis-otp").expect("no store");
    // Beside the store's marker, which is empty.
    let sizes: Vec<u64> = listed
        .map(|entry| entry.and_then(|entry| entry.metadata()).expect("no file").len())
        .filter(|size| *size > 0)
        .collect();
    // The secret file, and one file of bounded size for the names that nobody has.
    assert!(sizes.len() <= 2 && sizes.iter().sum::<u64>() <= (1 << 24) + 3 * 4096);
    assert_eq!(machine.login(&code).code(), Code::SUCCESS);
}

/// A home store with the names in it that a path could be led by.
#[test]
fn a_home_is_where_the_user_database_says() {
    let machine = Machine::frozen_at(
        "auth required pam_insis_otp.so tries=1 secret_file=%h/.insis-otp",
        "%h/.insis-otp",
    );
    for name in ["../anna", "anna/../anna", "anna/", "."] {
        let outcome =
            answer(&mut crowd::driver(&machine.stack, name), &crowd::typing(&[&machine.anna.code(STEP)]));
        assert_eq!(outcome.code(), Code::AUTH_ERR, "{name}");
    }
    assert_eq!(machine.login(&machine.anna.code(STEP)).code(), Code::SUCCESS);
}

#[test]
fn a_stack_of_many_questions_is_answered_in_turn() {
    // Three tries, each another kind of nonsense, and then the connection is gone.
    let machine = Machine::frozen("auth required pam_insis_otp.so tries=10");
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=10");
    let outcome = answer(&mut crowd::driver(&stack, "anna"), &crowd::typing(&["a", "1", "٣"]));
    assert_eq!(outcome.code(), Code::CONV_ERR);
    assert_eq!(machine.anna.state().failures, 3);
    let mut prlimit = Command::new("prlimit");
    let driver = crowd::driver(&stack, "anna");
    prlimit.arg("--nofile=3").arg(driver.get_program()).args(driver.get_args());
    let output = insis_otp_tests::env::talk(&mut prlimit, &crowd::typing(&[&machine.anna.code(STEP)]));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("PAM_SUCCESS"));
}
