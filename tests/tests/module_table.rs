//! The table of outcomes in the design: for each, what the person sees, what PAM returns, what the log says. Through
//! real libpam, the installed module, and stacks of the test's own.

use std::os::unix::fs::{PermissionsExt, symlink};

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, STORE, run};
use insis_otp_tests::faults::ReadOnly;
use insis_otp_tests::machine::{MODULE, Machine, ONE_TRY, PROMPT};
use insis_otp_tests::pam::{ASK_PASSWORD, Code, Login, Message, Reply, Stack, Style};

const WRONG: &str = "Wrong code. Type the digits your app shows now.\nOne-time code: ";
const WRONG_AGAIN: &str = "Wrong. Try two codes in a row or a recovery code.\nOne-time code: ";

fn machine_with(config: &str) -> Machine {
    Machine::of(Machine::build().config(config))
}

fn set_state(machine: &Machine, state: insis_otp::verify::State) {
    use insis_otp::store::{Decision, UserStore, Write};
    let write = |_: &_, _: &_| Decision { state: state.clone(), write: Write::Durable, answer: () };
    machine.anna.file().transact(write).expect("cannot set the state");
}

/// What came of one login.
struct Seen {
    code: Code,
    messages: Vec<Message>,
}

impl Seen {
    fn prompts(&self) -> Vec<&str> {
        self.texts(|style| style == Style::EchoOff)
    }

    fn told(&self) -> Vec<&str> {
        self.texts(|style| !style.asks())
    }

    fn texts(&self, which: impl Fn(Style) -> bool) -> Vec<&str> {
        self.messages.iter().filter(|m| which(m.style)).map(|m| m.text.as_str()).collect()
    }
}

fn login<R: Into<Reply>>(stack: &str, user: &str, replies: impl IntoIterator<Item = R>) -> Seen {
    let stack = Stack::new("door", stack);
    let mut pam = Login::on(&stack).user(user).rhost("192.0.2.7").types(replies).begin();
    let code = pam.authenticate();
    Seen { code, messages: pam.messages() }
}

/// The one line of the module with this priority (authpriv is 80) and these words.
fn line(machine: &Machine, priority: u8, parts: &[&str]) -> String {
    let start = format!("<{priority}>");
    let all = [&[start.as_str(), "]: pam_insis_otp(door:auth): "], parts].concat();
    machine.env.syslog().expect(&all)
}

/// How many lines of the module there are once this one has come.
fn lines(machine: &Machine) -> usize {
    machine.env.syslog().lines().iter().filter(|line| line.contains("pam_insis_otp(")).count()
}

fn fail(machine: &Machine, times: u32) {
    for _ in 0..times {
        assert_eq!(login(ONE_TRY, "anna", [machine.anna.wrong()]).code, Code::AUTH_ERR);
    }
}

#[test]
fn a_right_code() {
    let machine = Machine::new();
    let seen = login(MODULE, "anna", [machine.anna.code()]);
    assert_eq!(seen.code, Code::SUCCESS);
    assert_eq!(seen.prompts(), [PROMPT]);
    assert!(seen.told().is_empty());
    line(&machine, 86, &["result=accepted proof=code offset=", "failures=0 user=anna rhost=192.0.2.7"]);
    assert_eq!(lines(&machine), 1);
}

#[test]
fn a_right_code_after_failures_tells_of_them() {
    let machine = Machine::new();
    fail(&machine, 3);
    let seen = login(MODULE, "anna", [machine.anna.code()]);
    assert_eq!((seen.code, seen.prompts()), (Code::SUCCESS, vec![PROMPT]));
    assert_eq!(seen.told(), ["3 failed codes since your last login."]);
    line(&machine, 86, &["result=accepted", "failures=3"]);
}

#[test]
fn a_typing_error_of_this_login_is_not_told_again() {
    let machine = Machine::new();
    let seen = login(MODULE, "anna", [machine.anna.wrong(), machine.anna.code()]);
    assert_eq!(seen.code, Code::SUCCESS);
    assert!(seen.told().is_empty(), "{:?}", seen.told());
    line(&machine, 86, &["result=accepted", "failures=1"]);
}

#[test]
fn a_wrong_code_with_tries_left_and_without() {
    let machine = Machine::new();
    let wrong = machine.anna.wrong();
    let seen = login(MODULE, "anna", [&wrong, &wrong, &wrong].map(String::as_str));
    assert_eq!(seen.code, Code::AUTH_ERR);
    assert_eq!(seen.prompts(), [PROMPT, WRONG, WRONG_AGAIN]);
    assert!(seen.told().is_empty());
    line(&machine, 85, &["result=refused reason=wrong-code tries_left=2 user=anna"]);
    line(&machine, 85, &["result=refused reason=wrong-code tries_left=1 user=anna"]);
    line(&machine, 85, &["result=refused reason=wrong-code user=anna rhost=192.0.2.7"]);
    assert_eq!((lines(&machine), machine.anna.status().failures), (3, 3));
}

#[test]
fn a_code_that_was_used() {
    let machine = Machine::new();
    let code = machine.anna.code();
    assert_eq!(login(MODULE, "anna", [code.as_str()]).code, Code::SUCCESS);
    let seen = login(MODULE, "anna", [code.as_str(), machine.anna.wrong().as_str(), code.as_str()]);
    assert_eq!(seen.code, Code::AUTH_ERR);
    let prompt = seen.prompts()[1];
    assert!(
        prompt.starts_with("That code was used. Wait ") && prompt.ends_with(PROMPT)
            || prompt == "That code was used. Type the one shown now.\nOne-time code: ",
        "{prompt}"
    );
    line(&machine, 85, &["result=refused reason=used-code wait=", "tries_left=2 user=anna"]);
}

#[test]
fn a_right_code_outside_the_window_reads_like_a_wrong_one() {
    let machine = Machine::new();
    for steps in [-5, 5] {
        let seen = login(
            "auth required pam_insis_otp.so tries=2",
            "anna",
            [machine.anna.code_from_now(steps), machine.anna.wrong()],
        );
        assert_eq!((seen.code, seen.prompts()), (Code::AUTH_ERR, vec![PROMPT, WRONG]));
    }
    line(&machine, 85, &["result=refused reason=outside-window offset=-5 tries_left=1 user=anna"]);
    // That a code is going to be good is not told at all: it would be worth waiting for.
    line(&machine, 85, &["result=refused reason=wrong-code tries_left=1 user=anna"]);
}

#[test]
fn a_throttled_login() {
    let machine = Machine::new();
    fail(&machine, 6);
    let seen =
        login("auth required pam_insis_otp.so tries=2", "anna", [machine.anna.code(), machine.anna.code()]);
    assert_eq!(seen.code, Code::AUTH_ERR, "PAM_MAXTRIES would end sshd's method, and login");
    let prompt = seen.prompts()[1];
    assert!(
        prompt.starts_with("Too many tries. Wait ")
            && prompt.ends_with(" s or type two in a row.\nOne-time code: "),
        "{prompt}"
    );
    line(&machine, 84, &["result=refused reason=throttled wait=", "tries_left=1 user=anna"]);
    line(&machine, 84, &["result=refused reason=throttled wait=", " user=anna rhost=192.0.2.7"]);
    // The owner gets in all the same.
    let seen = login(MODULE, "anna", [machine.anna.two_codes()]);
    assert_eq!((seen.code, seen.told()), (Code::SUCCESS, vec!["8 failed codes since your last login."]));
    line(&machine, 86, &["result=accepted proof=pair offset=0 drift=0 failures=8 user=anna"]);
}

#[test]
fn during_a_delay_wrong_pairs_are_compared_and_keep_no_owner_out() {
    let machine = Machine::new();
    fail(&machine, 6);
    let stack = "auth required pam_insis_otp.so tries=10";
    let wrong = format!("{0} {0}", machine.anna.wrong());
    let seen = login(stack, "anna", [wrong.as_str(); 10]);
    assert_eq!(seen.code, Code::AUTH_ERR);
    line(&machine, 85, &["result=refused reason=wrong-code", " user=anna rhost=192.0.2.7"]);
    assert_eq!(login(MODULE, "anna", [machine.anna.two_codes()]).code, Code::SUCCESS);
}

#[test]
fn after_a_hundred_wrong_single_codes_only_two_in_a_row_or_a_recovery_code_open() {
    let machine = Machine::new();
    let state = machine.anna.file().read().expect("a record").state;
    let throttle = insis_otp::verify::Throttle { single_codes: 49, ..state.throttle.clone() };
    set_state(&machine, insis_otp::verify::State { throttle, ..state.clone() });
    fail(&machine, 1);
    let warning = "insis-otp: result=warning reason=wrong-codes-in-a-row count=50 most=100 user=anna";
    let _ = machine.env.syslog().expect(&["<84>", warning]);
    let throttle = insis_otp::verify::Throttle { single_codes: 100, ..state.throttle.clone() };
    set_state(&machine, insis_otp::verify::State { throttle, ..state });
    let seen = login(MODULE, "anna", [machine.anna.code()]);
    line(&machine, 84, &["result=refused reason=single-codes-used-up", " user=anna"]);
    assert_ne!(seen.code, Code::SUCCESS);
    assert_eq!(login(MODULE, "anna", [machine.anna.two_codes()]).code, Code::SUCCESS);
    let throttle = machine.anna.file().read().expect("a record").state.throttle;
    assert_eq!(throttle.single_codes, 0);
}

#[test]
fn a_recovery_code_and_the_same_again() {
    let machine = Machine::new();
    let seen = login(MODULE, "anna", [Enrolled::RECOVERY[0]]);
    assert_eq!(seen.code, Code::SUCCESS);
    assert_eq!(seen.told(), ["Recovery codes left: 1; make new ones: otp-setup recovery-codes"]);
    line(&machine, 86, &["result=accepted proof=recovery-code left=1 failures=0 user=anna"]);
    let seen = login(MODULE, "anna", [Enrolled::RECOVERY[0], Enrolled::RECOVERY[1]]);
    assert_eq!(seen.prompts()[1], "That recovery code was used. Type another one.\nOne-time code: ");
    assert_eq!(
        (seen.code, seen.told()),
        (Code::SUCCESS, vec!["That was your last recovery code; make new ones: otp-setup recovery-codes"])
    );
    line(&machine, 85, &["result=refused reason=used-recovery-code tries_left=2 user=anna"]);
}

#[test]
fn replies_that_are_no_codes() {
    let machine = Machine::new();
    for (reply, kind) in [("12345", "length"), ("①②③④⑤⑥", "foreign-digits"), ("hello", "characters")]
    {
        let seen = login("auth required pam_insis_otp.so tries=2", "anna", [reply, reply]);
        assert_eq!((seen.code, seen.prompts()), (Code::AUTH_ERR, vec![PROMPT, WRONG]));
        line(&machine, 85, &["reason=malformed", &format!("kind={kind} tries_left=1 user=anna")]);
    }
}

#[test]
fn somebody_who_has_not_paired_is_asked_and_refused() {
    let machine = Machine::new();
    let seen = login(MODULE, "bob", ["123456", "123456", "123456"]);
    assert_eq!((seen.code, seen.prompts()), (Code::AUTH_ERR, vec![PROMPT, WRONG, WRONG_AGAIN]));
    line(&machine, 85, &["result=refused reason=not-paired tries_left=2 user=bob rhost=192.0.2.7"]);
}

/// Passes only for PAM_IGNORE: any other code of the module, success too, ends the stack badly.
fn ignored(arguments: &str) -> String {
    format!(
        "auth [ignore=1 default=die] pam_insis_otp.so {arguments}\nauth requisite pam_deny.so\nauth required pam_permit.so"
    )
}

#[test]
fn the_policy_for_people_who_have_not_paired_can_be_to_step_aside() {
    let machine = machine_with("unenrolled = \"ignore\"\n");
    for arguments in ["", "nullok", "unenrolled=ignore"] {
        let seen = login(&ignored(arguments), "bob", ["none"]);
        assert_eq!(seen.code, Code::SUCCESS, "{arguments}");
        assert!(seen.messages.is_empty());
    }
    line(&machine, 85, &["result=ignored reason=not-paired user=bob rhost=192.0.2.7"]);
    // For her the policy says nothing, nor does it for somebody whom nobody knows.
    assert_ne!(login(&ignored(""), "anna", [machine.anna.code()]).code, Code::SUCCESS);
    assert_eq!(login(MODULE, "nobody-knows", ["123456"]).prompts(), [PROMPT, WRONG]);
    // Over the configuration, an argument.
    assert_eq!(login("auth required pam_insis_otp.so unenrolled=deny", "bob", ["123456"]).prompts().len(), 2);
}

#[test]
fn an_unknown_user_is_asked_like_everybody() {
    let machine = Machine::new();
    for name in ["mallory", "../anna", ".anna", "", "a/b", "anna\u{1b}[2J", "-x", "\u{fffd}"] {
        machine.env.syslog().clear();
        let seen = login(MODULE, name, ["123456", "123456", "123456"]);
        assert_eq!(seen.prompts(), [PROMPT, WRONG, WRONG_AGAIN], "{name:?}");
        assert_eq!(seen.code, Code::AUTH_ERR);
        let line = line(&machine, 85, &["result=refused reason=unknown-user user="]);
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
    line(&machine, 85, &["user=\\xef\\xbf\\xbd "]);
}

#[test]
fn with_a_store_elsewhere_nobody_needs_the_system_store() {
    let machine = Machine::new();
    machine.env.write(std::path::Path::new("/run/elsewhere/keep"), b"", 0o644);
    std::fs::remove_dir_all(STORE).unwrap();
    for user in ["bob", "mallory"] {
        let seen = login("auth required pam_insis_otp.so secret_file=/run/elsewhere/%u", user, ["123456"; 3]);
        assert_eq!((seen.code, seen.prompts()), (Code::AUTH_ERR, vec![PROMPT, WRONG, WRONG_AGAIN]), "{user}");
    }
}

#[test]
fn no_reply() {
    let machine = Machine::new();
    let cases = [
        (Reply::Null, Code::AUTH_ERR, "no-reply"),
        (Reply::text(""), Code::AUTH_ERR, "no-reply"),
        (Reply::NoReplies, Code::CONV_ERR, "no-conversation"),
        (Reply::Error, Code::CONV_ERR, "no-conversation"),
        (Reply::Again, Code::CONV_ERR, "no-conversation"),
    ];
    for (reply, code, reason) in cases {
        for user in ["anna", "bob", "mallory"] {
            machine.env.syslog().clear();
            let seen = login(MODULE, user, [reply.clone()]);
            assert_eq!((seen.code, seen.prompts()), (code, vec![PROMPT]), "{reply:?}");
            assert!(seen.told().is_empty());
            line(&machine, 85, &[&format!("result=refused reason={reason} user={user} rhost=192.0.2.7")]);
        }
    }
    assert_eq!(machine.anna.status().failures, 0, "what is no attempt is not charged");
}

#[test]
fn a_reply_of_a_mebibyte() {
    let machine = Machine::new();
    let seen = login(ONE_TRY, "anna", [Reply::huge(1 << 20)]);
    assert_eq!(seen.code, Code::AUTH_ERR);
    line(&machine, 85, &["reason=malformed kind=characters user=anna"]);
}

#[test]
fn the_password_in_the_place_of_the_code() {
    let machine = Machine::new();
    let stack = format!("{ASK_PASSWORD}{MODULE}");
    let seen = login(&stack, "anna", ["correct horse"; 4]);
    assert_eq!((seen.code, seen.prompts()), (Code::AUTH_ERR, vec!["Password: ", PROMPT, WRONG, WRONG_AGAIN]));
    let line = line(&machine, 85, &["result=refused reason=password-as-code", "user=anna"]);
    assert!(line.contains("forward_pass") && !line.contains("sshd"), "{line}");
    assert_eq!(machine.anna.status().failures, 0, "what is no attempt is not charged");
}

#[test]
fn what_sshd_puts_in_the_place_of_a_reply() {
    let machine = Machine::new();
    // As long as what was typed; the password too, if one was asked for.
    let filler = "\u{8}\n\r\u{7f}INCORRECT\u{8}\n\r\u{7f}INCO";
    for length in [1, 6, 12, 16] {
        machine.env.syslog().clear();
        let filler = &filler[..length];
        let seen = login(&format!("{ASK_PASSWORD}{MODULE}"), "anna", [filler; 4]);
        assert_eq!(
            (seen.code, seen.prompts()),
            (Code::AUTH_ERR, vec!["Password: ", PROMPT, WRONG, WRONG_AGAIN])
        );
        line(&machine, 85, &["result=refused reason=sshd-filler user=anna", "PermitRootLogin"]);
        login(MODULE, "mallory", [filler]);
        line(&machine, 85, &["result=refused reason=unknown-user tries_left=2 user=mallory"]);
    }
    assert_eq!(machine.anna.status().failures, 0, "what is no attempt is not charged");
}

/// A login that cannot be decided: what is said, returned and logged.
fn cannot(machine: &Machine, stack: &str, code: Code, parts: &[&str]) {
    machine.env.syslog().clear();
    let seen = login(stack, "anna", [machine.anna.code()]);
    assert_eq!(seen.code, code);
    assert_eq!(seen.told(), ["One-time codes cannot be checked now. Please tell your administrator."]);
    assert!(seen.messages.iter().any(|message| message.style == Style::Error));
    line(machine, 83, parts);
    assert_eq!(lines(machine), 1);
}

fn broken(machine: &Machine, cause: &str) {
    let words = format!("message=\"{cause}");
    cannot(machine, MODULE, Code::AUTHINFO_UNAVAIL, &["result=error reason=store user=anna", &words]);
}

#[test]
fn a_broken_store() {
    let machine = Machine::new();
    let path = machine.anna.file().path().to_owned();
    let set = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    set(0o644);
    broken(&machine, "/var/lib/insis-otp/anna: can be opened by others than its owner (chmod 0600)");
    set(0o600);
    std::fs::set_permissions(STORE, PermissionsExt::from_mode(0o777)).unwrap();
    broken(&machine, "/var/lib/insis-otp/anna: its directory must belong to root");
    std::fs::set_permissions(STORE, PermissionsExt::from_mode(0o1730)).unwrap();
    std::os::unix::fs::chown(&path, Some(0), Some(0)).unwrap();
    broken(&machine, "/var/lib/insis-otp/anna: belongs to user id 0, not to anna");
    std::fs::rename(&path, "/var/lib/insis-otp/aside").unwrap();
    symlink("/var/lib/insis-otp/aside", &path).unwrap();
    broken(&machine, "/var/lib/insis-otp/anna: is a symbolic link");
    std::fs::remove_file(&path).unwrap();
    run(machine.env.command("mkfifo").arg(&path));
    broken(&machine, "/var/lib/insis-otp/anna: is a FIFO");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, vec![b'x'; 4096]).unwrap();
    run(machine.env.command("chown").arg("anna").arg(&path));
    set(0o600);
    broken(&machine, "/var/lib/insis-otp/anna: damaged: ");
}

#[test]
fn a_store_without_its_directory() {
    let machine = Machine::new();
    run(machine.env.command("mv").args([STORE, "/var/lib/elsewhere"]));
    broken(&machine, "/var/lib/insis-otp/anna: its directory does not exist");
}

#[test]
fn a_store_that_cannot_be_written() {
    let machine = Machine::new();
    let before = std::fs::read(machine.anna.file().path()).unwrap();
    let locked = ReadOnly::on(std::path::Path::new(STORE));
    broken(&machine, "/var/lib/insis-otp/anna: cannot ");
    drop(locked);
    assert!(std::fs::read(machine.anna.file().path()).unwrap() == before);
    assert_eq!(login(MODULE, "anna", [machine.anna.code()]).code, Code::SUCCESS);
}

#[test]
fn a_bad_configuration_or_argument() {
    let machine = Machine::new();
    let bad = |stack: &str, words: &str| {
        let words = format!("message=\"{words}");
        cannot(&machine, stack, Code::SERVICE_ERR, &["result=error reason=configuration", &words]);
    };
    bad(
        "auth required pam_insis_otp.so nulok",
        "module arguments: unknown argument 'nulok'; did you mean 'nullok'?",
    );
    bad("auth required pam_insis_otp.so tries=0", "module arguments: tries must be between 1 and 10, not 0");
    bad("auth required pam_insis_otp.so config=/etc/none.toml", "/etc/none.toml: there is no such file");
    machine.env.write(CONFIG.as_ref(), b"\n\nwindw = 1\n", 0o644);
    bad(MODULE, "/etc/security/insis-otp.toml:3: unknown key 'windw'; did you mean 'window'?");
    machine.env.write(CONFIG.as_ref(), b"window = 1\n", 0o666);
    bad(MODULE, "/etc/security/insis-otp.toml: must belong to root and be writable by nobody else");
    machine.env.write(CONFIG.as_ref(), b"window = 1\n", 0o644);
    assert_eq!(login(MODULE, "anna", [machine.anna.code()]).code, Code::SUCCESS);
    std::fs::remove_file("/etc/security/insis-otp.toml").unwrap();
    machine.anna.again();
    assert_eq!(
        login(MODULE, "anna", [machine.anna.code()]).code,
        Code::SUCCESS,
        "no file means the defaults"
    );
}

#[test]
fn arguments_change_how_it_asks() {
    let machine = Machine::new();
    let seen = login(
        "auth required pam_insis_otp.so [prompt=Code, please: ] echo tries=1",
        "anna",
        [machine.anna.wrong()],
    );
    assert_eq!(seen.code, Code::AUTH_ERR);
    assert_eq!(seen.messages, [Message { style: Style::EchoOn, text: "Code, please: ".into() }]);
    let other =
        Enrolled::with("bob", "%h/.otp", insis_otp::oath::Digits::Eight, insis_otp_tests::phone::now());
    let seen = login("auth required pam_insis_otp.so secret_file=%h/.otp debug", "bob", [other.code()]);
    assert_eq!(seen.code, Code::SUCCESS);
    let line = line(&machine, 87, &["result=debug step=reply reply_bytes=8 user=bob"]);
    assert!(!line.contains(&other.code()));
}

#[test]
fn the_other_calls() {
    let _machine = Machine::new();
    let stack = Stack::new("door", &["auth", "account", "session", "password"].map(|kind| {
        format!("{kind} [success=1 ignore=2 default=die] pam_insis_otp.so\n{kind} requisite pam_deny.so\n{kind} sufficient pam_permit.so\n{kind} requisite pam_deny.so\n")
    }).concat());
    // Lines below the module: a success skips one, PAM_IGNORE two, so that only success passes.
    let mut pam = Login::on(&stack).user("anna").types(["none"]).begin();
    assert_eq!(pam.setcred(insis_otp_tests::pam::ESTABLISH_CRED), Code::SUCCESS);
    assert_eq!(pam.setcred(insis_otp_tests::pam::DELETE_CRED), Code::SUCCESS);
    assert_ne!(pam.acct_mgmt(0), Code::SUCCESS);
    assert_ne!(pam.open_session(0), Code::SUCCESS);
    assert_ne!(pam.close_session(0), Code::SUCCESS);
    assert!(pam.messages().is_empty());
    let stack = Stack::new(
        "door",
        "account [ignore=1 default=die] pam_insis_otp.so\naccount requisite pam_deny.so\naccount required pam_permit.so",
    );
    assert_eq!(Login::on(&stack).user("anna").types(["none"]).begin().acct_mgmt(0), Code::SUCCESS);
}
