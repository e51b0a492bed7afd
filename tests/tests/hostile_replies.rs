//! What people, programs and attackers type at the prompt, and the names that they log in with.

use std::io::Write;
use std::process::{Command, Stdio};

use insis_otp_tests::crowd::{self, Outcome};
use insis_otp_tests::machine::{Machine, answer};
use insis_otp_tests::pam::{Code, Stack};
use insis_otp_tests::person::{Person, RECOVERY_CODE, STEP};

const MODULE: &str = "auth required pam_insis_otp.so tries=1";

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

fn replies(machine: &Machine<Person>) -> Vec<(Vec<u8>, &'static str)> {
    let code = machine.anna.code(STEP);
    let next = machine.anna.code(STEP + 1);
    let (front, back) = code.split_at(3);
    let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
    let mapped = |to: fn(char) -> char| code.chars().map(to).collect::<String>();
    let shifted = |zero: u32| {
        move |digit: char| char::from_u32(zero + u32::from(digit) - u32::from('0')).expect("a digit")
    };
    let full_width: String = code.chars().map(shifted(0xFF10)).collect();
    let arabic: String = code.chars().map(shifted(0x0660)).collect();
    let bold: String = code.chars().map(shifted(0x1D7CE)).collect();
    let texts: Vec<(String, &str)> = vec![
        (code.clone(), OPENS),
        (format!(" {code} "), OPENS),
        (format!("{front} {back}"), OPENS),
        (format!("{front}-{back}"), OPENS),
        (format!("{front}\u{a0}{back}"), OPENS),
        (format!("{front}\u{2009}{back}"), OPENS),
        (format!("{front}\u{2013}{back}"), OPENS),
        (format!("\t{code}\r"), OPENS),
        (format!("{}{code}", " ".repeat(122)), OPENS),
        (full_width.clone(), OPENS),
        (arabic, OPENS),
        (bold, OPENS),
        (format!("{front}{}", full_width.chars().skip(3).collect::<String>()), OPENS),
        (format!("{code}\u{200b}"), OPENS),
        (format!("\u{feff}{code}"), OPENS),
        (format!("\u{202e}{code}"), OPENS),
        (format!("\u{1b}[200~{code}\u{1b}[201~"), OPENS),
        (format!("\u{1b}[200~\u{2066}{front}\u{202f}{back}\u{2069} {next}\u{1b}[201~"), OPENS),
        (format!("{code} {next}"), OPENS),
        (format!("{code}{next}"), OPENS),
        (format!("{code}\t-\t{next}"), OPENS),
        (RECOVERY_CODE.to_owned(), OPENS),
        (RECOVERY_CODE.to_uppercase(), OPENS),
        (RECOVERY_CODE.replace('-', ""), OPENS),
        (format!(" {} ", RECOVERY_CODE.replace('-', " - ")), OPENS),
        (wrong.clone(), WRONG),
        (format!("{code}{code}"), WRONG),
        (format!("{next}{code}"), WRONG),
        (format!("{code} {wrong}"), WRONG),
        (format!("{wrong} {code}"), WRONG),
        (RECOVERY_CODE.chars().rev().collect(), WRONG),
        ("abcdefghjk".into(), WRONG),
        (code.chars().rev().collect::<String>() + &code, WRONG),
        (format!("{}{code}", " ".repeat(123)), CHARACTERS),
        (code.get(..5).expect("six digits").to_owned(), LENGTH),
        (format!("{code}0"), LENGTH),
        (format!("0{code}"), LENGTH),
        // Eight digits could be a scratch code, for anybody.
        (format!("{code}00"), WRONG),
        (format!("00{code}"), WRONG),
        (format!("{code}{next}0"), LENGTH),
        (format!("{code}{next}{code}"), LENGTH),
        ("0".into(), LENGTH),
        ("1".repeat(16), LENGTH),
        ("1".repeat(17), LENGTH),
        ("1".repeat(64), LENGTH),
        ("1".repeat(128), LENGTH),
        ("1".repeat(129), CHARACTERS),
        ("18446744073709551616".into(), LENGTH),
        ("①②③④⑤⑥".into(), DIGITS),
        ("²²²²²²".into(), DIGITS),
        ("ⅠⅡⅢⅣⅤⅥ".into(), DIGITS),
        ("一二三四五六".into(), CHARACTERS),
        (" ".into(), CHARACTERS),
        ("-".into(), CHARACTERS),
        ("\t\r \u{a0}".into(), CHARACTERS),
        (format!("+{code}"), CHARACTERS),
        (format!("\u{2212}{code}"), CHARACTERS),
        (format!("{code}."), CHARACTERS),
        (format!("{code}.0"), CHARACTERS),
        (format!("{code},"), CHARACTERS),
        (format!("{code};"), CHARACTERS),
        (format!("{front}_{back}"), CHARACTERS),
        (format!("{front}'{back}"), CHARACTERS),
        (format!("0x{code}"), CHARACTERS),
        (format!("0b{code}"), CHARACTERS),
        (format!("{code}e0"), CHARACTERS),
        (format!("{code}L"), CHARACTERS),
        (format!("'{code}'"), CHARACTERS),
        (format!("\"{code}\""), CHARACTERS),
        (format!("({code})"), CHARACTERS),
        (format!("code: {code}"), CHARACTERS),
        (format!("{code} or 1=1"), CHARACTERS),
        (format!("{code}#"), CHARACTERS),
        (format!("{code}%00"), CHARACTERS),
        (format!("{code}\\0"), CHARACTERS),
        (format!("\u{1b}[202~{code}"), CHARACTERS),
        (format!("[200~{code}[201~"), CHARACTERS),
        (format!("{front}\u{0301}{back}"), CHARACTERS),
        (format!("\u{1b}[31m{code}"), CHARACTERS),
        (format!("\u{1b}]0;x\u{7}{code}"), CHARACTERS),
        (format!("{code}\u{8}"), CHARACTERS),
        (format!("\u{7f}{code}"), CHARACTERS),
        (format!("{code}\u{4}"), CHARACTERS),
        (mapped(|digit| if digit == '0' { 'O' } else { digit }) + "O", CHARACTERS),
        ("l23456".into(), CHARACTERS),
        ("NaN".into(), CHARACTERS),
        ("inf".into(), CHARACTERS),
        ("null".into(), CHARACTERS),
        ("true".into(), CHARACTERS),
        ("secret".into(), CHARACTERS),
        ("%s%s%s%s%s%s".into(), CHARACTERS),
        ("%n%n%n%n%n%n".into(), CHARACTERS),
        ("%1000000d".into(), CHARACTERS),
        ("${jndi:ldap://x}".into(), CHARACTERS),
        ("$(id)".into(), CHARACTERS),
        ("`id`".into(), CHARACTERS),
        ("; reboot".into(), CHARACTERS),
        ("../../etc/passwd".into(), CHARACTERS),
        ("<script>".into(), CHARACTERS),
        ("result=accepted".into(), CHARACTERS),
        ("mzkqwxpbr".into(), CHARACTERS),
        ("mzkqwxpbrtt".into(), CHARACTERS),
        ("mzkqwxpbr0".into(), CHARACTERS),
        ("ſſſſſſſſſſ".into(), CHARACTERS),
        ("éèêëēėęğĝģ".into(), CHARACTERS),
        ("🔑🔑🔑🔑🔑🔑".into(), CHARACTERS),
        ("x".repeat(4096), CHARACTERS),
        (code.repeat(1000), CHARACTERS),
        (format!("{code}{}", "\u{a0}".repeat(1000)), CHARACTERS),
        (String::new(), EMPTY),
    ];
    let mut replies: Vec<_> = texts.into_iter().map(|(text, verdict)| (text.into_bytes(), verdict)).collect();
    let code = code.into_bytes();
    replies.extend([
        // A text of C's ends at its first NUL, before the module sees it.
        ([&code, b"\0\xff\xff".as_slice()].concat(), OPENS),
        ([b"\0".as_slice(), &code].concat(), EMPTY),
        ([&code, b"\xff".as_slice()].concat(), CHARACTERS),
        ([b"\xc3".as_slice(), &code].concat(), CHARACTERS),
        (b"\xff\xfe\xfd".to_vec(), CHARACTERS),
        (b"\xf0\x9f\x94".to_vec(), CHARACTERS),
        (b"\xed\xa0\x80".to_vec(), CHARACTERS),
        (b"\xc0\xb1".repeat(6), CHARACTERS),
        (vec![0x80; 64], CHARACTERS),
        (b"\x08\r\x7fINCORRECT".to_vec(), CHARACTERS),
    ]);
    replies
}

#[test]
fn replies_of_every_shape_have_their_verdict() {
    let machine = Machine::frozen(MODULE);
    let replies = replies(&machine);
    assert!(replies.len() >= 110);
    for (reply, verdict) in replies {
        machine.anna.reset();
        let shown: String = String::from_utf8_lossy(&reply).chars().take(40).collect();
        let (said, line) = machine.logged(|| login(&machine, &reply));
        let expected = if verdict == OPENS { Code::SUCCESS } else { Code::AUTH_ERR };
        assert!(said.code() == expected && line.contains(verdict), "{shown:?}: {verdict}, got {line}");
        println!("| {shown:?} | {verdict} |");
    }
}

#[test]
fn a_broken_or_boundless_conversation_opens_nothing() {
    let machine = Machine::frozen(MODULE);
    let cases = [
        ("null", Code::AUTH_ERR, EMPTY),
        ("noreplies", Code::CONV_ERR, "reason=no-conversation"),
        ("again", Code::CONV_ERR, "reason=no-conversation"),
        ("error", Code::CONV_ERR, "reason=no-conversation"),
        ("huge 1048576", Code::AUTH_ERR, CHARACTERS),
        ("huge 67108864", Code::AUTH_ERR, CHARACTERS),
    ];
    for (reply, code, reason) in cases {
        let (said, line) = machine.logged(|| answer(&mut machine.driver(), &format!("{reply}\n")));
        assert!(line.contains(reason), "{reply}: {line}");
        assert_eq!(said.code(), code, "{reply}: {line}");
    }
    assert!(machine.login(&machine.anna.code(STEP)).code() == Code::SUCCESS);
}

/// Around every size that a buffer may have, of digits, of letters, and of blanks about a right code.
#[test]
fn replies_of_every_length_have_their_verdict() {
    let machine = Machine::frozen(MODULE);
    let around = |size: usize| size - 2..=size + 2;
    let lengths = (1..=140).chain([255, 256, 257]).chain(around(512)).chain(around(1024)).chain(around(4096));
    let mut opened = 0;
    for length in lengths {
        machine.anna.reset();
        for filler in [b'1', b'x'] {
            let said = login(&machine, &vec![filler; length]);
            assert_eq!(said.code(), Code::AUTH_ERR, "{length} times {:?}", char::from(filler));
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
    let machine = Machine::frozen(MODULE);
    let program = machine.env.publish(&insis_otp_tests::env::program("pam-driver"));
    let as_anna = |replies: &str| {
        let mut driver = machine.env.as_user("anna", &program.to_string_lossy());
        driver.args(machine.driver().get_args());
        answer(&mut driver, replies)
    };
    for length in [65, 4_096, 65_535, 65_536, 65_537, 262_144, 1 << 20, 64 << 20] {
        machine.anna.reset();
        let said = as_anna(&format!("huge {length}\n"));
        assert_eq!(said.code(), Code::AUTH_ERR, "{length} bytes");
        assert_eq!(machine.anna.state().failures, 1, "{length} bytes");
    }
    let cut = machine.anna.code(STEP) + &" ".repeat(70_000);
    assert_eq!(as_anna(&crowd::typing(&[&cut])).code(), Code::AUTH_ERR);
    assert_eq!(as_anna(&crowd::typing(&[&machine.anna.code(STEP)])).code(), Code::SUCCESS);
}

/// Nothing that is typed makes a login another user's.
#[test]
fn the_user_of_a_login_stays_the_same() {
    let machine = Machine::frozen(MODULE);
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
#[test]
fn names_of_every_shape_open_nothing_and_touch_nothing() {
    let machine = Machine::frozen(MODULE);
    let code = machine.anna.code(STEP);
    let long = |length: usize| "a".repeat(length);
    let names = [
        "/".into(),
        "//".into(),
        ".".into(),
        "..".into(),
        "../anna".into(),
        "./anna".into(),
        "anna/".into(),
        "anna/.".into(),
        "x/../anna".into(),
        "../insis-otp/anna".into(),
        "/var/lib/insis-otp/anna".into(),
        "../../../etc/shadow".into(),
        ".anna.new".into(),
        ".anna".into(),
        "-anna".into(),
        "--".into(),
        "%u".into(),
        "%h".into(),
        "%U".into(),
        "%%".into(),
        "%s%s%n".into(),
        "anna%u".into(),
        "anna\nroot".into(),
        "anna\n".into(),
        "\nanna".into(),
        "anna\r".into(),
        "anna\t".into(),
        "anna ".into(),
        " anna".into(),
        "anna\u{1b}[2J".into(),
        "anna\u{7f}".into(),
        "anna\u{1}".into(),
        "ANNA".into(),
        "Anna".into(),
        "anna:x:0:0".into(),
        "anna:".into(),
        ":".into(),
        "anna,root".into(),
        "anna@host".into(),
        "HOST\\anna".into(),
        "ａｎｎａ".into(),
        "anna\u{200b}".into(),
        "аnna".into(),
        "an\u{0}na".replace('\0', "\u{fffd}"),
        "*".into(),
        "?nna".into(),
        "[a]nna".into(),
        "~anna".into(),
        "~".into(),
        "$USER".into(),
        "${USER}".into(),
        "$(id)".into(),
        "`id`".into(),
        ";id".into(),
        "|id".into(),
        "anna'".into(),
        "anna\"".into(),
        "\\".into(),
        "#0".into(),
        "0".into(),
        "1001".into(),
        "+1001".into(),
        "4294967295".into(),
        "-1".into(),
        "+".into(),
        "nobody-here".into(),
        "result=accepted".into(),
        "user=anna".into(),
        "x rhost=-".into(),
        long(255),
        long(256),
        long(257),
        long(4096),
        long(100_000),
        "é".repeat(128),
        "/".repeat(4096),
    ];
    assert!(names.len() >= 70);
    let before = std::fs::read(machine.anna.file.path()).expect("no secret file");
    for name in &names {
        let stack = &machine.stack;
        let (said, line) =
            machine.logged(|| answer(&mut crowd::driver(stack, name), &crowd::typing(&[code.as_str()])));
        let shown: String = name.chars().take(40).collect();
        assert_eq!(said.code(), Code::AUTH_ERR, "{shown:?}: {line}");
        assert!(line.contains("result=refused reason=unknown-user"), "{shown:?}: {line}");
        assert!(!line.contains("user=anna rhost") && line.len() < 1500, "{shown:?} forged {line}");
        assert_eq!(line.lines().count(), 1, "{shown:?} forged {line}");
        assert!(
            said.messages.iter().any(|message| message.text == "One-time code: "),
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
        let said =
            answer(&mut crowd::driver(&machine.stack, name), &crowd::typing(&[&machine.anna.code(STEP)]));
        assert_eq!(said.code(), Code::AUTH_ERR, "{name}");
    }
    assert_eq!(machine.login(&machine.anna.code(STEP)).code(), Code::SUCCESS);
}

#[test]
fn a_stack_of_many_questions_is_answered_in_turn() {
    // Three tries, each another kind of nonsense, and then the connection is gone.
    let machine = Machine::frozen("auth required pam_insis_otp.so tries=10");
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=10");
    let said = answer(&mut crowd::driver(&stack, "anna"), &crowd::typing(&["a", "1", "٣"]));
    assert_eq!(said.code(), Code::CONV_ERR);
    assert_eq!(machine.anna.state().failures, 3);
    let mut prlimit = Command::new("prlimit");
    let driver = crowd::driver(&stack, "anna");
    prlimit.arg("--nofile=3").arg(driver.get_program()).args(driver.get_args());
    let output = insis_otp_tests::env::talk(&mut prlimit, &crowd::typing(&[&machine.anna.code(STEP)]));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("PAM_SUCCESS"));
}
