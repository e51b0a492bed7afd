//! Enrollment within the login: whoever has to enroll does so, and gets nowhere without it.

use std::path::Path;
use std::process::Command;

use insis_otp::oath::{Salt, Seconds};
use insis_otp::record::UserName;
use insis_otp::service::system_clock;
use insis_otp::store::{Account, Links, SecretFile, Template};
use insis_otp::verify::{ParsedReply, State};
use insis_otp_tests::enrolled::{Enrolled, is_enrolled};
use insis_otp_tests::env::{CONFIG, Env, run};
use insis_otp_tests::machine::{Machine, PASSWORD, PROMPT};
use insis_otp_tests::own_link::{ISSUER, account, identity, provider};
use insis_otp_tests::pam::{
    CHANGE_EXPIRED_AUTHTOK, Code, DELETE_CRED, ESTABLISH_CRED, Item, Login, Message, Pam, Reply, SILENT,
};
use insis_otp_tests::phone::{Phone, now};
use regex::Regex;

const INVITATION: &str = "abcde-fghjk";

/// The password step, a module that looks at PAM_AUTHTOK, and every line of ours.
const AUTH: &str = "auth required pam_exec.so quiet expose_authtok /run/otp-test/check\n\
                    auth required pam_insis_otp.so\nauth required pam_permit.so\n";

const ACCOUNT: &str = "account required pam_insis_otp.so\naccount required pam_permit.so\n";

const TOKEN: &str = "password required pam_permit.so\npassword required pam_insis_otp.so\n";

fn machine(config: &str, service: &str, stack: &str) -> Env {
    let env = Machine::build().config(config).service(service, stack).start();
    let check = format!("#!/bin/sh\nread -r given\n[ \"$given\" = '{PASSWORD}' ]\n");
    env.write("/run/otp-test/check".as_ref(), check.as_bytes(), 0o755);
    env
}

fn file_of(user: &str) -> SecretFile {
    let account = Account::lookup(&UserName::parse(user).unwrap()).unwrap().unwrap();
    Template::system().locate(&account)
}

fn invite(user: &str) {
    let ParsedReply::Recovery(code) = ParsedReply::parse(INVITATION.as_bytes()) else {
        panic!("{INVITATION}")
    };
    let expires = insis_otp::service::system_clock().plus(Seconds(3600));
    file_of(user).invitation().issue(&code, Salt([7; 16]), expires).unwrap();
}

/// A person who does what the questions say; what they type instead at first, at which question.
struct Bob {
    phone: Option<Phone>,
    mistakes: Vec<(&'static str, &'static str)>,
    /// How many seconds the phone is fast, and whether its clock is set when the login says so.
    fast: u64,
    sets_the_clock: bool,
}

impl Bob {
    fn answers(&mut self, message: &Message) -> Reply {
        if let Some((_, rest)) = message.text.split_once("Or type in this secret: ") {
            self.phone = Some(Phone::typed(rest.lines().next().unwrap()));
        }
        if message.text.contains("Set its time to automatic") && self.sets_the_clock {
            self.fast = 0;
        }
        let mistake = self.mistakes.iter().position(|(question, _)| message.text.contains(question));
        if let Some(at) = mistake {
            return self.mistakes.remove(at).1.into();
        }
        match &message.text {
            text if text.contains("Password: ") => PASSWORD.into(),
            text if text.contains("invitation code") => INVITATION.into(),
            text if text.contains("Enter: draw it") => "".into(),
            text if text.contains("Next code") => {
                self.phone.as_ref().unwrap().code_at(now() + self.fast + 30).into()
            }
            _ => self.phone.as_ref().expect("no secret was shown").code_at(now() + self.fast).into(),
        }
    }
}

fn login(service: &str, mistakes: &[(&'static str, &'static str)]) -> Pam {
    by(service, Bob { phone: None, mistakes: mistakes.to_vec(), fast: 0, sets_the_clock: true })
}

fn by(service: &str, mut bob: Bob) -> Pam {
    Login::to(service).user("bob").answers(move |message| bob.answers(message)).begin()
}

fn all() -> String {
    [AUTH, ACCOUNT, TOKEN].concat()
}

#[test]
fn who_types_the_same_code_again_is_asked_for_the_next_one_and_not_for_the_first() {
    let _env = machine("unenrolled = \"enrol\"\n", "login", &all());
    let mut bob = Bob { phone: None, mistakes: Vec::new(), fast: 0, sets_the_clock: true };
    let mut first = None;
    let mut pam = Login::to("login")
        .user("bob")
        .answers(move |message| {
            if message.text.contains("First code") {
                let code = bob.answers(message);
                first = Some(code.clone());
                return code;
            }
            let repeats = message.text.starts_with("Next code");
            first.take_if(|_| repeats).unwrap_or_else(|| bob.answers(message))
        })
        .begin();
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS));
    assert!(is_enrolled("bob"));
    let again = "The same code twice. Wait for the next one.\nNext code, when the app shows it: ";
    let prompts = pam.prompts();
    let is_asked_again = |asked: &[String]| {
        asked[0].contains("First code") && asked[1].starts_with("Next code") && asked[2].starts_with(again)
    };
    assert!(prompts.windows(3).any(is_asked_again), "{prompts:?}");
}

#[test]
fn somebody_who_has_not_enrolled_does_so_between_password_and_shell() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    for flags in [0, SILENT] {
        env.syslog().clear();
        let mut pam = login("login", &[]);
        assert_eq!(pam.authenticate(), Code::SUCCESS);
        assert!(!is_enrolled("bob"), "before the password step has ended well");
        let code = pam.acct_mgmt(flags);
        assert_eq!(code, Code::SUCCESS, "{:?} {:?}", pam.messages(), env.syslog().lines());
        assert!(is_enrolled("bob"));
        assert_eq!(pam.setcred(ESTABLISH_CRED), Code::SUCCESS);
        let asked = pam.prompts().len();
        assert_eq!((pam.acct_mgmt(0), pam.prompts().len()), (Code::SUCCESS, asked));
        let messages = pam.messages();
        assert!(messages[2].text.contains("Scan this with the app"), "{messages:?}");
        let told = messages.iter().any(|message| message.text.starts_with("Paired."));
        assert_eq!(told, flags == 0, "{messages:?}");
        let _ = env
            .syslog()
            .expect(&["<85>", "pam_insis_otp(login:auth): result=ignored reason=must-pair user=bob"]);
        let _ = env.syslog().expect(&[
            "<84>",
            "pam_insis_otp(login:account): result=paired by=password drift=",
            "user=bob",
        ]);
        assert!(env.syslog().lines().iter().all(|line| !line.contains("secret")));
        // From now on a code is asked for.
        let mut pam = Login::to("login").user("bob").types([PASSWORD, "x", "x", "x"]).begin();
        assert_eq!(pam.authenticate(), Code::AUTH_ERR);
        run(Command::new("rm").arg("/var/lib/insis-otp/bob"));
    }
}

/// A phone that was fast, and is set right after that, would be locked out. Nobody is, whose clock cannot be set.
#[test]
fn a_phone_whose_clock_is_far_off_is_set_first() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    let path = "/var/lib/insis-otp/bob";
    for (fast, sets_the_clock, told, drift) in [(240, true, 0, 240), (600, true, 1, 0), (600, false, 1, 600)]
    {
        env.syslog().clear();
        let mut pam = by("login", Bob { phone: None, mistakes: Vec::new(), fast, sets_the_clock });
        assert_eq!(
            (pam.authenticate(), pam.acct_mgmt(0)),
            (Code::SUCCESS, Code::SUCCESS),
            "{:?}",
            pam.messages()
        );
        let prompts = pam.prompts();
        let warned: Vec<_> = prompts.iter().filter(|prompt| prompt.contains("Set its time")).collect();
        assert_eq!(warned.len(), told, "{prompts:?}");
        assert!(
            warned.iter().all(|prompt| prompt.contains("the phone's clock is 10 min off")),
            "{prompts:?}"
        );
        // What is typed at the end of a step is one late.
        let learned = i64::from(file_of("bob").read().unwrap().state.drift.0) * 30;
        assert!((learned - drift).abs() <= 30, "{learned} for {drift}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn mistakes_are_told_before_anything_more_is_asked() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    let cases = [
        ("First code", "abc", "Not a code of this secret."),
        ("First code", "000000", "Not a code of this secret."),
        ("Next code", "000000", "Not a code of this secret."),
        ("Next code", "xyz", "Not a code of this secret."),
    ];
    for (question, mistake, told) in cases {
        let mut pam = login("login", &[(question, mistake)]);
        assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS), "{question}");
        let prompts = pam.prompts();
        let at =
            prompts.iter().position(|prompt| prompt.contains(told)).unwrap_or_else(|| panic!("{prompts:?}"));
        let before = prompts.iter().position(|prompt| prompt.contains(question)).unwrap();
        assert_eq!(at, before + 1, "{prompts:?}");
        assert!(prompts[at].contains("First code"), "{prompts:?}");
        run(Command::new("rm").arg("/var/lib/insis-otp/bob"));
    }
    drop(env);
}

#[test]
fn the_picture_is_drawn_as_the_person_wishes() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    let shown = |choice: &'static str, mistakes: &[(&'static str, &'static str)]| {
        let mistakes = [&[("Enter: draw it", choice)], mistakes].concat();
        let mut pam = login("login", &mistakes);
        assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS));
        run(Command::new("rm").arg("/var/lib/insis-otp/bob"));
        pam.prompts().into_iter().filter(|text| text.contains("Or type in")).collect::<Vec<_>>()
    };
    assert!(shown("", &[])[0].contains('█'));
    let ascii = shown("a", &[]);
    assert!(ascii[0].is_ascii() && ascii[0].contains("@@@@"), "{}", ascii[0]);
    let text = shown("t", &[]);
    assert!(!text[0].contains('█') && !text[0].contains('@'), "{}", text[0]);
    let inverted = shown("", &[("First code", "i")]);
    assert!(inverted.len() == 2 && inverted[0] != inverted[1] && inverted[1].contains('█'));
    let then_ascii = shown("", &[("First code", "a")]);
    assert!(then_ascii[1].contains("@@@@") && !then_ascii[1].contains('█'));
    drop(env);
}

#[test]
fn nobody_enrolls_whose_password_was_not_proved() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    env.write("/run/otp-test/check".as_ref(), b"#!/bin/sh\nexit 1\n", 0o755);
    assert_ne!(login("login", &[]).authenticate(), Code::SUCCESS);
    env.write("/run/otp-test/check".as_ref(), b"#!/bin/sh\nexit 0\n", 0o755);
    // Where no password was asked for, the login is refused like anybody's, and nothing is left for later.
    let stack = ["auth required pam_insis_otp.so\n", ACCOUNT, TOKEN].concat();
    env.write("/etc/pam.d/sshd".as_ref(), stack.as_bytes(), 0o644);
    let mut pam = Login::to("sshd").user("bob").types(["123456"; 3]).begin();
    assert_eq!(pam.authenticate(), Code::AUTH_ERR);
    assert_eq!((pam.acct_mgmt(0), pam.chauthtok(CHANGE_EXPIRED_AUTHTOK)), (Code::SUCCESS, Code::SUCCESS));
    // Account management and a change of password without a login before enroll nobody.
    let mut pam = Login::to("sshd").user("bob").types(["123456"; 3]).begin();
    assert_eq!((pam.acct_mgmt(0), pam.chauthtok(0)), (Code::SUCCESS, Code::SUCCESS));
    assert!(pam.messages().is_empty() && !is_enrolled("bob"));
}

/// Whoever steps aside for one user lets nobody pass as another one, whom neither password nor code was asked for.
#[test]
fn nobody_becomes_another_user_between_authentication_and_account_management() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    let anna = Enrolled::user("anna");
    let mut pam = login("login", &[]);
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    for (name, code) in [("anna", Code::PERM_DENIED), ("nobody-here", Code::PERM_DENIED)] {
        pam.set(Item::User, name);
        assert_eq!(pam.acct_mgmt(0), code, "{name}");
        let line = format!("pam_insis_otp(login:account): result=refused reason=other-user user={name}");
        let _ = env.syslog().expect(&["<84>", &line]);
        assert_eq!(pam.chauthtok(CHANGE_EXPIRED_AUTHTOK), Code::AUTHTOK_ERR, "{name}");
    }
    assert!(!is_enrolled("bob"));
    // Who authenticates as that other user on the same handle is that one.
    let mut pam = Login::to("login").user("bob").types([PASSWORD, PASSWORD, &anna.code()]).begin();
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    pam.set(Item::User, "anna");
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    assert_eq!((pam.acct_mgmt(0), pam.setcred(ESTABLISH_CRED)), (Code::SUCCESS, Code::SUCCESS));
}

#[test]
fn an_enrollment_that_is_given_up_leaves_nothing_and_gives_no_shell() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    for (replies, reason) in [
        (vec![], "no-conversation"),
        (vec![Reply::text("")], "no-conversation"),
        (vec![Reply::text(""), Reply::text("")], "no-reply"),
        (vec![Reply::text("123456"); 11], "codes-do-not-pair"),
    ] {
        env.syslog().clear();
        let replies = [vec![Reply::text(PASSWORD)], replies].concat();
        let mut pam = Login::to("login").user("bob").types(replies).begin();
        assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::PERM_DENIED), "{reason}");
        let line = format!("pam_insis_otp(login:account): result=refused reason={reason} user=bob");
        let _ = env.syslog().expect(&["<85>", &line]);
        assert!(!is_enrolled("bob"));
    }
}

#[test]
fn what_keeps_somebody_from_enrolling_is_said_in_the_sites_language() {
    let env = machine("unenrolled = \"enrol\"\nlanguage = \"cs\"\n", "login", &all());
    let mut pam = login("login", &[]);
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    std::fs::remove_file("/var/lib/insis-otp/.store").unwrap();
    assert_eq!(pam.acct_mgmt(0), Code::PERM_DENIED);
    let said = pam.messages().pop().expect("nothing was said").text;
    assert_eq!(said, "Jednorázové kódy teď nelze ověřit. Obraťte se prosím na správce.");
    let _ = env.syslog().expect(&["login:account): result=error reason=store user=bob"]);
}

#[test]
fn where_a_line_is_missing_nobody_passes_and_the_log_names_it() {
    let env = machine("unenrolled = \"enrol\"\n", "login", AUTH);
    env.write(
        "/etc/pam.d/other".as_ref(),
        b"account required pam_permit.so\npassword required pam_permit.so\n",
        0o644,
    );
    for (service, lines, kind) in [
        ("login", String::new(), "account"),
        ("sudo", TOKEN.to_owned(), "account"),
        ("su", ACCOUNT.to_owned(), "password"),
        ("sshd", format!("account optional pam_insis_otp.so\n{TOKEN}"), "account"),
    ] {
        env.syslog().clear();
        let stack = [AUTH, &lines, "account required pam_permit.so\n"].concat();
        env.write(&Path::new("/etc/pam.d").join(service), stack.as_bytes(), 0o644);
        let mut pam = Login::to(service).user("bob").types([PASSWORD, "1", "2", "3"]).begin();
        assert_eq!(pam.authenticate(), Code::AUTH_ERR, "{service}");
        let line = format!(
            "reason=enrollment-line user=bob rhost=- message=\"nobody can enroll: the PAM service \
                            {service} needs the line: {kind} required pam_insis_otp.so\""
        );
        let _ = env.syslog().expect(&["<83>", &line]);
    }
}

#[test]
fn programs_that_are_not_known_to_do_account_management_let_nobody_pass() {
    let all = all();
    let env = machine("unenrolled = \"enrol\"\n", "vpn", &all);
    let refused = || {
        let mut pam = Login::to("vpn").user("bob").types([PASSWORD, "1", "2", "3"]).begin();
        pam.authenticate()
    };
    assert_eq!(refused(), Code::AUTH_ERR);
    // Unless the site says that this one does.
    let text = "unenrolled = \"enrol\"\n[service.vpn]\nunenrolled = \"enrol\"\n";
    env.write(CONFIG.as_ref(), text.as_bytes(), 0o644);
    let mut pam = login("vpn", &[]);
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS));
    assert!(is_enrolled("bob"));
}

/// sshd authenticates in another process than the one that calls setcred.
#[test]
fn setcred_fails_as_long_as_an_enrollment_was_due_and_has_not_happened() {
    let env = machine("unenrolled = \"enrol\"\n", "sshd", &all());
    let setcred = |user: &str, rhost: &str, flags: i32| {
        let login = Login::to("sshd").user(user);
        let login = if rhost.is_empty() { login } else { login.rhost(rhost) };
        let mut pam = login.types::<&str>([]).begin();
        let code = pam.setcred(flags);
        assert!(pam.messages().is_empty());
        code
    };
    assert_eq!(setcred("bob", "192.0.2.7", ESTABLISH_CRED), Code::CRED_ERR);
    let _ = env
        .syslog()
        .expect(&["<84>", "pam_insis_otp(sshd:setcred): result=refused reason=not-enrolled user=bob"]);
    assert_eq!(setcred("bob", "192.0.2.7", DELETE_CRED), Code::SUCCESS);
    // A job of cron's, or a session of systemd's: nobody comes from anywhere, and nobody could type anything.
    assert_eq!(setcred("bob", "", ESTABLISH_CRED), Code::SUCCESS);
    assert_eq!(setcred("nobody-knows", "192.0.2.7", ESTABLISH_CRED), Code::SUCCESS);
    // In the process that authenticated, PAM remembers that this module stepped aside, and takes no answer from it.
    let mut pam = login("sshd", &[]);
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS));
    assert_eq!(setcred("bob", "192.0.2.7", ESTABLISH_CRED), Code::SUCCESS);
    for config in [
        "unenrolled = \"enrol\"\nexempt_users = [\"anna\"]\n",
        "unenrolled = \"ignore\"\n",
        "unenrolled = \"deny\"\n",
    ] {
        env.write(CONFIG.as_ref(), config.as_bytes(), 0o644);
        assert_eq!(setcred("anna", "192.0.2.7", ESTABLISH_CRED), Code::SUCCESS, "{config}");
    }
    // Who is linked signs in where the provider is offered, and need not enroll.
    let offered = format!("unenrolled = \"enrol\"\n{}", provider(ISSUER));
    env.write(CONFIG.as_ref(), offered.as_bytes(), 0o644);
    assert_eq!(setcred("anna", "192.0.2.7", ESTABLISH_CRED), Code::CRED_ERR);
    Links::system().save(&account("anna"), &identity("s-1"), system_clock()).unwrap();
    assert_eq!(setcred("anna", "192.0.2.7", ESTABLISH_CRED), Code::SUCCESS);
    let elsewhere = format!("{offered}services = [\"login\"]\n");
    env.write(CONFIG.as_ref(), elsewhere.as_bytes(), 0o644);
    assert_eq!(setcred("anna", "192.0.2.7", ESTABLISH_CRED), Code::CRED_ERR);
    env.write(CONFIG.as_ref(), b"unenrolled = \"no such\"\n", 0o644);
    assert_eq!(setcred("anna", "192.0.2.7", ESTABLISH_CRED), Code::CRED_ERR);
    assert_eq!(setcred("anna", "", ESTABLISH_CRED), Code::SUCCESS);
}

#[test]
fn who_came_to_no_account_line_enrolls_with_the_new_password() {
    let env = machine("unenrolled = \"enrol\"\n", "login", &all());
    // As where the password is due: the line before ours ends account management.
    let stack = [AUTH, "account [default=done] pam_permit.so\n", ACCOUNT, TOKEN].concat();
    env.write("/etc/pam.d/login".as_ref(), stack.as_bytes(), 0o644);
    let mut pam = login("login", &[]);
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS));
    assert!(!is_enrolled("bob"));
    assert_eq!(pam.chauthtok(CHANGE_EXPIRED_AUTHTOK), Code::SUCCESS);
    assert!(is_enrolled("bob"));
    let _ = env.syslog().expect(&["pam_insis_otp(login:chauthtok): result=paired by=password"]);
}

#[test]
fn with_invitations_the_code_is_asked_for_and_bounded() {
    let env = machine("unenrolled = \"enrol\"\nself_enrollment = \"invitation\"\n", "login", &all());
    // Without one nobody enrolls.
    let mut pam = login("login", &[]);
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::PERM_DENIED));
    let _ = env.syslog().expect(&["<84>", "result=refused reason=no-invitation user=bob"]);
    invite("bob");
    let mut pam = login("login", &[("invitation code", "zzzzz-zzzzz"), ("invitation code", "123456")]);
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::SUCCESS));
    assert!(pam.prompts()[2].contains("That is not your invitation code."), "{:?}", pam.prompts());
    let _ = env.syslog().expect(&["<84>", "result=paired by=invitation"]);
    assert!(!std::fs::exists("/var/lib/insis-otp/.bob.invitation").unwrap());
    run(Command::new("rm").arg("/var/lib/insis-otp/bob"));
    // Wrong ones are few, in one login or in many.
    invite("bob");
    for _ in 0..5 {
        let mut pam = Login::to("login").user("bob").types([PASSWORD, "zzzzz-zzzzz", "zzzzz-zzzzz"]).begin();
        assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::PERM_DENIED));
    }
    let mut pam = login("login", &[]);
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::PERM_DENIED));
    let _ = env.syslog().expect(&["<84>", "result=refused reason=spent-invitation user=bob"]);
    assert!(!is_enrolled("bob"));
}

#[test]
fn where_people_do_not_enroll_themselves_they_are_refused() {
    let env = machine("unenrolled = \"enrol\"\nself_enrollment = \"off\"\n", "login", &all());
    let mut pam = Login::to("login").user("bob").types([PASSWORD, "1", "2", "3"]).begin();
    assert_eq!(pam.authenticate(), Code::AUTH_ERR);
    let _ = env.syslog().expect(&["result=refused reason=not-paired user=bob"]);
}

#[test]
fn the_owner_is_told_of_a_phone_that_was_enrolled_since_the_last_login() {
    let env = machine("", "door", "auth required pam_insis_otp.so\n");
    let anna = Enrolled::user("anna");
    // As it is when nobody has logged in since.
    anna.file().repair(|_, state| State { last_login: None, ..state.unwrap().clone() }).unwrap();
    let told = |code: &str| {
        let mut pam = Login::to("door").user("anna").types([code]).begin();
        assert_eq!(pam.authenticate(), Code::SUCCESS);
        pam.messages().last().unwrap().text.clone()
    };
    // A look at a code by otp-setup is no login: it must not keep the owner from being told.
    let mut verify = env.as_user("anna", "otp-setup");
    let verified = insis_otp_tests::env::talk(
        verify.args(["--batch", "verify"]),
        &format!("{}\n", anna.code_from_now(-1)),
    );
    assert!(verified.status.success(), "{verified:?}");
    let first = told(&anna.code());
    let pattern = r"^A phone was paired with this account on 20\d\d-\d\d-\d\d \d\d:\d\d UTC\.\nIf that was not you, tell your administrator now\.$";
    assert!(Regex::new(pattern).unwrap().is_match(&first), "{first}");
    assert_eq!(told(&anna.code_from_now(1)), PROMPT);
}

/// Whoever has made another way in for themself must not be able to count on the owner's next sudo, which shows nothing.
#[test]
fn a_login_that_shows_nothing_keeps_what_is_new_for_one_that_does() {
    let env = machine(&provider(ISSUER), "door", "auth required pam_insis_otp.so\n");
    let anna = Enrolled::user("anna");
    env.write("/etc/pam.d/dovecot".as_ref(), b"auth required pam_insis_otp.so\n", 0o644);
    let told_in = |service: &str, code: &str, flags: i32| {
        let mut pam = Login::to(service).user("anna").types([code]).begin();
        assert_eq!(pam.authenticate_with(flags), Code::SUCCESS);
        pam.messages().iter().map(|message| format!("{}\n", message.text)).collect::<String>()
    };
    anna.file().repair(|_, state| State { last_login: None, ..state.unwrap().clone() }).unwrap();
    Links::system().save(&account("anna"), &identity("s-1"), system_clock()).unwrap();
    let told = |code: &str, flags: i32| told_in("door", code, flags);
    // A mail server drops what is said, and does not tell the module so.
    let _ = told_in("dovecot", &anna.code_from_now(-1), 0);
    anna.file().repair(|_, state| forget_codes(state.unwrap())).unwrap();
    for _ in 0..2 {
        // A login that was told of nothing, once and again.
        assert_eq!(told(&anna.code_from_now(-1), SILENT).trim_end(), PROMPT.trim_end());
        anna.file().repair(|_, state| forget_codes(state.unwrap())).unwrap();
    }
    assert!(anna.status().last_login.is_some());
    let text = told(&anna.code(), 0);
    assert!(text.contains("A phone was paired with this account on"), "{text}");
    assert!(text.contains("This account was linked to the identity provider on"), "{text}");
    let text = told(&anna.code_from_now(1), 0);
    assert!(!text.contains("A phone was paired") && !text.contains("was linked"), "{text}");
}

/// The state with every code good once more.
fn forget_codes(state: &State) -> State {
    State { used: insis_otp::verify::UsedSteps::default(), ..state.clone() }
}
