//! What a site can decide: exemptions, people who have not enrolled, remembered places, settings for one service.

use insis_otp::oath::Drift;
use insis_otp::service::{Authority, Request, Response, system_clock};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::machine::{MODULE, Machine, PROMPT};
use insis_otp_tests::pam::{ASK_PASSWORD, Code, Login, Message, Reply, SILENT, Stack};
use insis_otp_tests::person;
use insis_otp_tests::person::SYSTEM_STORE;

/// Passes only for PAM_IGNORE: any other code of the module, success too, ends the stack badly.
const IGNORED: &str =
    "auth [ignore=1 default=die] pam_insis_otp.so\nauth requisite pam_deny.so\nauth required pam_permit.so";

/// Bob is in the group robots; neither he nor carol has enrolled.
fn machine(config: &str) -> Machine {
    Machine::of(Machine::build().user("carol", "secret").group("robots", &["bob"]).config(config))
}

/// Somebody comes from somewhere: what libpam returns, and what they saw.
fn comes<R: Into<Reply>>(
    service: &str,
    stack: &str,
    user: &str,
    rhost: &str,
    replies: impl IntoIterator<Item = R>,
) -> (Code, Vec<Message>) {
    let stack = Stack::new(service, stack);
    let mut pam = Login::on(&stack).user(user).rhost(rhost).types(replies).begin();
    let code = pam.authenticate();
    (code, pam.messages())
}

fn is_ignored(user: &str, rhost: &str) -> bool {
    let (code, messages) = comes("sshd", IGNORED, user, rhost, ["none"]);
    assert_eq!(code == Code::SUCCESS, messages.is_empty(), "{user} from {rhost}: {code:?} {messages:?}");
    code == Code::SUCCESS
}

#[test]
fn exempt_users_and_groups_are_not_asked() {
    let machine = machine("exempt_users = [\"anna\", \"nobody-knows\"]\n");
    assert!(is_ignored("anna", "192.0.2.7"));
    assert!(!is_ignored("bob", "192.0.2.7") && !is_ignored("nobody-knows", "192.0.2.7"));
    let _ =
        machine.env.syslog().expect(&["<86>", "result=ignored reason=exempt-user user=anna rhost=192.0.2.7"]);
    machine.configure("exempt_groups = [\"no-such-group\", \"robots\"]\n");
    assert!(is_ignored("bob", "192.0.2.7") && !is_ignored("anna", "192.0.2.7"));
    let _ = machine.env.syslog().expect(&["<86>", "result=ignored reason=exempt-group user=bob"]);
    // A primary group counts as well.
    machine.configure("exempt_groups = [\"anna\"]\n");
    assert!(is_ignored("anna", "192.0.2.7"));
}

#[test]
fn exempt_networks_are_compared_with_numeric_addresses_only() {
    let machine = machine("exempt_networks = [\"10.1.0.0/16\", \"2001:db8::/32\", \"192.0.2.7\"]\n");
    for rhost in ["10.1.255.3", "::ffff:10.1.0.9", "2001:db8::5", "192.0.2.7"] {
        assert!(is_ignored("anna", rhost), "{rhost}");
        assert!(is_ignored("nobody-knows", rhost), "{rhost}");
    }
    let _ = machine
        .env
        .syslog()
        .expect(&["<86>", "result=ignored reason=exempt-network user=anna rhost=10.1.255.3"]);
    for rhost in
        ["10.2.0.1", "192.0.2.70", "2001:db9::1", "::1", "10.1.0.1.example.org", "localhost", "10.1", ""]
    {
        assert!(!is_ignored("anna", rhost), "{rhost}");
    }
}

#[test]
fn a_section_is_for_its_service_and_arguments_stand_over_it() {
    let machine = machine("tries = 1\n[service.sshd]\ntries = 2\nprompt = \"Code? \"\n");
    let prompts = |service: &str, stack: &str| {
        let (_, messages) = comes(service, stack, "anna", "192.0.2.7", vec!["x"; 5]);
        messages.len()
    };
    assert_eq!((prompts("sshd", MODULE), prompts("su", MODULE)), (2, 1));
    assert_eq!(prompts("sshd", "auth required pam_insis_otp.so tries=4"), 4);
    let (_, messages) = comes("sshd", MODULE, "anna", "192.0.2.7", ["x"]);
    assert_eq!(messages[0].text, "Code? ");
    machine.configure("[service.sshd]\ntries = 0\n");
    assert_eq!(comes("su", MODULE, "anna", "192.0.2.7", ["x"]).0, Code::SERVICE_ERR);
    let _ = machine.env.syslog().expect(&["insis-otp.toml:2: tries must be between 1 and 10, not 0"]);
}

#[test]
fn ignoring_ends_with_its_date() {
    let machine = machine("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2100-01-01\"\n");
    assert_eq!(reminded("sshd", "bob").len(), 1);
    assert!(is_ignored("bob", "192.0.2.7"));
    let _ = machine.env.syslog().expect(&["<85>", "result=ignored reason=not-paired user=bob"]);
    machine.configure("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2026-01-01\"\n");
    assert!(!is_ignored("bob", "192.0.2.7"));
    let _ = machine.env.syslog().expect(&["result=refused reason=not-paired", "user=bob"]);
}

/// What somebody reads who gets in without a code.
fn reminded(service: &str, user: &str) -> Vec<String> {
    let (code, messages) = comes(service, IGNORED, user, "192.0.2.7", ["none"]);
    assert_eq!(code, Code::SUCCESS, "{messages:?}");
    messages.into_iter().map(|message| message.text).collect()
}

#[test]
fn a_code_is_required_of_some_from_their_day_on() {
    let machine = machine(
        "unenrolled = \"ignore\"\nrequired_users = [\"no-such-user\"]\nrequired_groups = [\"robots from 2026-01-01\"]\n",
    );
    assert!(!is_ignored("bob", "192.0.2.7"));
    let _ = machine.env.syslog().expect(&["result=refused reason=not-paired", "user=bob"]);
    assert!(is_ignored("carol", "192.0.2.7"));
    machine.configure("unenrolled = \"ignore\"\nrequired_users = [\"carol\", \"bob from 2100-01-01\"]\n");
    assert_eq!(reminded("sshd", "bob").len(), 1, "his day is to come");
    assert!(!is_ignored("carol", "192.0.2.7"));
    // The sooner day counts, and an exemption more than either.
    machine.configure("unenrolled = \"ignore\"\nunenrolled_deny_from = \"2026-01-01\"\nrequired_users = [\"bob from 2100-01-01\"]\n");
    assert!(!is_ignored("bob", "192.0.2.7"));
    machine.configure("unenrolled = \"ignore\"\nrequired_users = [\"bob\"]\nexempt_groups = [\"robots\"]\n");
    assert!(is_ignored("bob", "192.0.2.7"));
    // It makes nothing milder.
    machine.configure("required_users = [\"bob from 2100-01-01\"]\n");
    assert!(!is_ignored("bob", "192.0.2.7"));
}

/// What becomes of somebody who has to prove nothing but what the module asks for.
fn outcome(user: &str, code: &str) -> Code {
    let stack = "auth required pam_insis_otp.so tries=1\nauth required pam_permit.so";
    comes("sshd", stack, user, "192.0.2.7", [code]).0
}

/// Looks groups up, and whose groups they are, by these services (nsswitch.conf).
fn look_groups_up(machine: &Machine, lines: &str) {
    let path = "/etc/nsswitch.conf".as_ref();
    let services = std::fs::read_to_string(path).expect("no nsswitch.conf");
    let others =
        services.lines().filter(|line| !line.starts_with("group:") && !line.starts_with("initgroups:"));
    let text: String = others.chain(lines.lines()).flat_map(|line| [line, "\n"]).collect();
    machine.env.write(path, text.as_bytes(), 0o644);
}

/// SSSD is there, and does not run.
#[test]
fn where_a_required_group_cannot_be_looked_up_nobody_passes_without_a_code() {
    let of_directory = "unenrolled = \"ignore\"\nrequired_groups = [\"staff-of-the-directory\"]\n";
    let of_machine = "unenrolled = \"ignore\"\nrequired_groups = [\"robots\"]\n";
    let machine = machine(of_directory);
    assert_eq!(outcome("bob", "123456"), Code::SUCCESS, "nobody is in a group that does not exist");
    look_groups_up(&machine, "group: files sss");
    for user in ["bob", "carol"] {
        assert_eq!(outcome(user, "123456"), Code::AUTHINFO_UNAVAIL, "{user}");
        let line = machine.env.syslog().expect(&[
            "<83>",
            "the group staff-of-the-directory",
            &format!("user={user}"),
        ]);
        assert!(line.contains("the group staff-of-the-directory cannot be looked up: "), "{line}");
    }
    assert_eq!(outcome("anna", &machine.anna.code()), Code::SUCCESS, "she has enrolled");
    // A group that answers names its members, also when their groups cannot be asked for.
    for lines in ["group: files sss", "group: files\ninitgroups: sss"] {
        look_groups_up(&machine, lines);
        machine.configure(of_machine);
        assert_ne!(outcome("bob", "123456"), Code::SUCCESS, "{lines}");
        let _ = machine.env.syslog().expect(&["result=refused reason=not-paired", "user=bob"]);
        assert_eq!(outcome("carol", "123456"), Code::SUCCESS, "{lines}");
    }
}

#[test]
fn whoever_will_need_a_code_is_reminded_once_a_day_where_they_log_in() {
    let machine = machine("unenrolled = \"ignore\"\nrequired_groups = [\"robots from 2100-01-01\"]\n");
    assert_eq!(reminded("sudo", "bob"), [""; 0], "nobody can do anything about it there");
    // A login in which nothing may be shown is no reminder.
    let mut silent = Login::on(&Stack::new("sshd", IGNORED)).user("bob").rhost("192.0.2.7").begin();
    assert_eq!((silent.authenticate_with(SILENT), silent.messages().len()), (Code::SUCCESS, 0));
    let said = reminded("sshd", "bob").concat();
    assert!(
        said.starts_with("From 2100-01-01 on you need a one-time code") && said.ends_with(": otp-setup"),
        "{said}"
    );
    for service in ["sshd", "login"] {
        assert_eq!(reminded(service, "bob"), [""; 0], "it is the same day");
        assert_eq!(reminded(service, "carol"), [""; 0], "nothing is required of her");
    }
    let day = "/run/insis-otp-reminders/bob";
    std::fs::write(day, "20000").expect("cannot change the day of the last reminder");
    machine.configure("language = \"cs\"\nunenrolled = \"ignore\"\nunenrolled_deny_from = \"2099-01-01\"\nrequired_groups = [\"robots from 2100-01-01\"]\n");
    let said = reminded("login", "bob").concat();
    assert!(said.starts_with("Od 2099-01-01 budete k p\u{159}ihl\u{e1}\u{161}en\u{ed}"), "{said}");
    assert_eq!(reminded("sshd", "carol").len(), 1);
    // Nothing that keeps the day from being noted keeps anybody out.
    std::fs::remove_file(day).and_then(|()| std::fs::create_dir(day)).expect("cannot put a folder there");
    assert_eq!((reminded("sshd", "bob").len(), reminded("sshd", "bob").len()), (1, 1));
}

#[test]
fn a_place_is_remembered_by_user_address_and_service() {
    let machine = machine("remember = \"8h\"\n");
    let login =
        |service: &str, rhost: &str| comes(service, MODULE, "anna", rhost, [machine.anna.code_from_now(0)]).0;
    assert!(!is_ignored("anna", "192.0.2.7"), "nothing is remembered yet");
    assert_eq!(login("sshd", "192.0.2.7"), Code::SUCCESS);
    assert!(is_ignored("anna", "192.0.2.7") && is_ignored("anna", "::ffff:192.0.2.7"));
    let _ =
        machine.env.syslog().expect(&["<86>", "result=ignored reason=remembered user=anna rhost=192.0.2.7"]);
    assert!(!is_ignored("anna", "192.0.2.8") && !is_ignored("bob", "192.0.2.7"));
    assert_ne!(comes("cockpit", IGNORED, "anna", "192.0.2.7", ["none"]).0, Code::SUCCESS);
    // A refused code remembers nothing.
    let _ = comes("sshd", MODULE, "anna", "192.0.2.9", [machine.anna.wrong()]);
    assert!(!is_ignored("anna", "192.0.2.9"));
    // Off again, nothing that was remembered counts.
    machine.configure("");
    assert!(!is_ignored("anna", "192.0.2.7"));
    machine.configure("remember = \"8h\"\n");
    assert!(is_ignored("anna", "192.0.2.7"));
    assert_eq!(machine.anna.status().remembered.len(), 1);
    let forgotten = person::service(machine.anna.file(), &system_clock).handle(
        &Request::Forget,
        Authority::Administrator,
        &|_| {},
    );
    assert_eq!(forgotten, Response::Done(Drift::default()));
    assert!(!is_ignored("anna", "192.0.2.7"));
}

#[test]
fn pairing_anew_forgets_and_local_services_and_names_are_not_remembered() {
    let machine = machine("remember = \"30d\"\n");
    for (service, rhost) in
        [("sudo", "192.0.2.7"), ("su", "192.0.2.7"), ("sshd", "client.example.org"), ("sshd", "")]
    {
        machine.anna.again();
        assert_eq!(comes(service, MODULE, "anna", rhost, [machine.anna.code()]).0, Code::SUCCESS);
        assert_ne!(comes(service, IGNORED, "anna", rhost, ["none"]).0, Code::SUCCESS, "{service} {rhost}");
        assert!(machine.anna.file().read().unwrap().state.remembered.is_empty());
    }
    machine.anna.again();
    assert_eq!(comes("sshd", MODULE, "anna", "192.0.2.7", [machine.anna.code()]).0, Code::SUCCESS);
    assert!(is_ignored("anna", "192.0.2.7"));
    machine.anna.again();
    assert!(!is_ignored("anna", "192.0.2.7"));
}

#[test]
fn nothing_but_questions_is_said_when_silence_is_wanted() {
    let machine = machine("");
    let stack = Stack::new("sshd", MODULE);
    let silent = |replies: Vec<String>| {
        let mut pam = Login::on(&stack).user("anna").types(replies).begin();
        (pam.authenticate_with(SILENT), pam.messages())
    };
    let _ = comes("sshd", MODULE, "anna", "192.0.2.7", [machine.anna.wrong()]);
    let (code, messages) = silent(vec![machine.anna.code()]);
    assert_eq!((code, messages.len()), (Code::SUCCESS, 1));
    machine.configure("tries = 0\n");
    let (code, messages) = silent(vec![]);
    assert_eq!((code, messages.len()), (Code::SERVICE_ERR, 0));
}

#[test]
fn people_read_their_language() {
    let machine = machine("language = \"cs\"\n");
    let (_, messages) =
        comes("sshd", MODULE, "anna", "192.0.2.7", [machine.anna.wrong(), machine.anna.code()]);
    let texts: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
    let wrong = "Chybný kód. Opište, co aplikace ukazuje teď.\nJednorázový kód: ";
    assert_eq!(texts, ["Jednorázový kód: ", wrong]);
}

// Stacking.

/// Asks for nothing, and passes only when PAM_AUTHTOK is this.
fn expects(password: &str) -> String {
    let check = format!("#!/bin/sh\nread -r given\n[ \"$given\" = '{password}' ]\n");
    std::fs::write("/run/otp-test/check", check).unwrap();
    std::fs::set_permissions("/run/otp-test/check", std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    "auth required pam_exec.so quiet expose_authtok /run/otp-test/check\n".to_owned()
}

#[test]
fn one_reply_for_both_is_split_and_the_password_handed_on() {
    let machine = machine("");
    let both = "Password+code: ";
    let stack = format!("auth required pam_insis_otp.so forward_pass\n{}", expects("correct 123456 horse"));
    let reply = format!("correct 123456 horse{}", machine.anna.code());
    let (code, messages) = comes("swaylock", &stack, "anna", "", [reply.as_str()]);
    assert_eq!((code, messages.len(), messages[0].text.as_str()), (Code::SUCCESS, 1, both));
    // A wrong code is told, the modules below see the password all the same, and the login fails.
    let stack = format!("auth required pam_insis_otp.so forward_pass tries=1\n{}", expects("correct"));
    for user in ["anna", "bob", "mallory"] {
        let (code, messages) =
            comes("swaylock", &stack, user, "", [format!("correct{}", machine.anna.wrong())]);
        assert_eq!((code, messages.len()), (Code::AUTH_ERR, 1), "{user}");
    }
    let (code, messages) = comes(
        "swaylock",
        "auth required pam_insis_otp.so forward_pass tries=2",
        "anna",
        "",
        ["correct", "correct"],
    );
    assert_eq!(code, Code::AUTH_ERR);
    assert_eq!(messages[1].text, format!("Wrong code. Type the digits your app shows now.\n{both}"));
}

#[test]
fn the_split_goes_by_the_digits_that_were_enrolled() {
    let machine = machine("");
    let eight =
        Enrolled::with("bob", SYSTEM_STORE, insis_otp::oath::Digits::Eight, insis_otp_tests::phone::now());
    let stack = format!("auth required pam_insis_otp.so forward_pass\n{}", expects("pass99"));
    assert_eq!(comes("swaylock", &stack, "bob", "", [format!("pass99{}", eight.code())]).0, Code::SUCCESS);
    let stack = format!("auth required pam_insis_otp.so forward_pass\n{}", expects("pass99"));
    assert_eq!(
        comes("swaylock", &stack, "anna", "", [format!("pass99{}", machine.anna.code())]).0,
        Code::SUCCESS
    );
}

#[test]
fn a_code_behind_the_password_is_tried_first() {
    let machine = machine("");
    let stack =
        format!("{ASK_PASSWORD}auth required pam_insis_otp.so try_first_pass\n{}", expects("correct horse"));
    let (code, messages) =
        comes("vpn", &stack, "anna", "", [format!("correct horse{}", machine.anna.code())]);
    assert_eq!((code, messages.len()), (Code::SUCCESS, 1));
    // A password without a code: it asks, and the password stays.
    machine.anna.again();
    let (code, messages) = comes("vpn", &stack, "anna", "", ["correct horse", machine.anna.code().as_str()]);
    assert_eq!((code, messages.len(), messages[1].text.as_str()), (Code::SUCCESS, 2, PROMPT));
    assert_eq!(machine.anna.status().failures, 0);
}

#[test]
fn a_password_that_ends_in_digits_takes_no_try_and_is_no_refusal() {
    let machine = machine("");
    let password = "correct horse 123456";
    for user in ["anna", "bob", "mallory"] {
        let stack = format!(
            "{ASK_PASSWORD}auth required pam_insis_otp.so try_first_pass tries=1\n{}",
            expects(password)
        );
        machine.env.syslog().clear();
        let (code, messages) = comes("vpn", &stack, user, "", [password, &machine.anna.code()]);
        assert_eq!((code == Code::SUCCESS, messages.len()), (user == "anna", 2), "{user}: {code:?}");
        assert_eq!(messages[1].text, PROMPT, "nothing was typed that could be wrong");
        let tried = machine.env.syslog().expect(&["<86>", "result=tried reason=", &format!("user={user}")]);
        assert!(!tried.contains("tries_left"), "{tried}");
        let refused =
            machine.env.syslog().lines().iter().filter(|line| line.contains("result=refused")).count();
        assert_eq!(refused, usize::from(user != "anna"), "what fail2ban counts");
    }
    // A used code is told: it can have been nothing else.
    let stack = format!("{ASK_PASSWORD}auth required pam_insis_otp.so try_first_pass");
    let (_, messages) = comes("vpn", &stack, "anna", "", [format!("correct horse{}", machine.anna.code())]);
    assert!(messages[1].text.starts_with("That code was used. "), "{messages:?}");
}

#[test]
fn a_service_in_which_nobody_is_asked() {
    let machine = machine("[service.smtp]\nask = false\n");
    for user in ["anna", "bob", "mallory"] {
        assert_eq!(comes("smtp", IGNORED, user, "192.0.2.7", ["none"]), (Code::SUCCESS, vec![]), "{user}");
        let line = format!("result=ignored reason=exempt-service user={user} rhost=192.0.2.7");
        let _ = machine.env.syslog().expect(&["<86>", &line]);
        assert!(!is_ignored(user, "192.0.2.7"));
    }
    let stack = IGNORED.replace(".so\nauth req", ".so ask=false\nauth req");
    assert_eq!(comes("imap", &stack, "anna", "192.0.2.7", ["none"]).0, Code::SUCCESS);
    // For the whole site there is no such thing.
    machine.configure("ask = false\n");
    assert_eq!(comes("imap", MODULE, "anna", "192.0.2.7", ["none"]).0, Code::SERVICE_ERR);
    let _ = machine.env.syslog().expect(&["insis-otp.toml:1: ask can only be set for a service"]);
}

#[test]
fn with_use_first_pass_nothing_is_ever_asked() {
    let machine = machine("");
    let stack =
        format!("{ASK_PASSWORD}auth required pam_insis_otp.so use_first_pass\n{}", expects("correct horse"));
    let login = |reply: String| comes("vpn", &stack, "anna", "", [reply]);
    let (code, messages) = login(format!("correct horse{}", machine.anna.code()));
    assert_eq!((code, messages.len()), (Code::SUCCESS, 1));
    for reply in [format!("correct horse{}", machine.anna.wrong()), "correct horse".to_owned()] {
        let (code, messages) = login(reply);
        assert_eq!((code, messages.len()), (Code::AUTH_ERR, 1));
    }
    let _ = machine.env.syslog().expect(&["reason=wrong-code user=anna"]);
    let _ = machine.env.syslog().expect(&["reason=no-code-in-password user=anna"]);
    let (code, messages) = comes("vpn", "auth required pam_insis_otp.so use_first_pass", "anna", "", ["x"]);
    assert_eq!((code, messages.len()), (Code::AUTH_ERR, 0));
}

/// A store that is not mounted looks empty: nobody passes for not having enrolled.
#[test]
fn without_the_stores_marker_nobody_is_taken_for_not_enrolled() {
    let machine = machine("unenrolled = \"ignore\"\n");
    let come = |user: &str, code: &str| {
        comes(
            "sshd",
            "auth required pam_insis_otp.so\nauth required pam_permit.so",
            user,
            "192.0.2.7",
            [code],
        )
        .0
    };
    assert_eq!(come("bob", "123456"), Code::SUCCESS, "who has not enrolled passes");
    std::fs::remove_file("/var/lib/insis-otp/.store").expect("no marker");
    assert_eq!(come("bob", "123456"), Code::AUTHINFO_UNAVAIL);
    let line = machine.env.syslog().expect(&["<83>", "reason=store user=bob"]);
    assert!(line.contains("its store has no marker"), "{line}");
    // Who has enrolled is let in by a code all the same.
    assert_eq!(come("anna", &machine.anna.code()), Code::SUCCESS);
    std::fs::write("/var/lib/insis-otp/.store", "").expect("no marker");
    assert_eq!(come("bob", "123456"), Code::SUCCESS);
}
