//! What root does with `otp-setup` about enrollments in a directory, beside enrolling people.

use std::process::Output;

use insis_otp::record::UserName;
use insis_otp::service::system_clock;
use insis_otp::store::{InvitationStore, UserStore};
use insis_otp::verify::ParsedReply;
use insis_otp_tests::env::{Env, run, talk};
use insis_otp_tests::fleet::{BASE, Member, Slapd};
use insis_otp_tests::pam::{Code, Login, Stack};
use otp_fleet::store::LdapStore;

fn host(users: &[&str]) -> (Env, Slapd) {
    let builder = users.iter().fold(Env::build(), |builder, user| builder.user(user, "secret"));
    let (env, slapd) = (builder.start(), Slapd::start());
    slapd.join(&env, "self_enrollment = \"invitation\"\n");
    (env, slapd)
}

fn root(env: &Env, args: &[&str]) -> Output {
    talk(env.command("otp-setup").args(args), "")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn login(user: &str, code: &str) -> Code {
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    Login::on(&stack).user(user).rhost("192.0.2.7").types([code]).begin().authenticate()
}

/// The home stays where it is, as usermod leaves it; it does not see other tests' processes of the same user id.
fn rename(env: &Env, old: &str, new: &str) {
    let blind = "mount -t tmpfs none /proc && exec usermod --login \"$2\" \"$1\"";
    run(env.command("unshare").args(["--mount", "sh", "-c", blind, "sh", old, new]));
}

#[test]
fn an_enrollment_follows_its_user_to_another_entry_with_what_was_used() {
    let (env, slapd) = host(&["anna", "bob"]);
    let anna = Member::new(&slapd, "anna");
    let code = anna.code();
    assert_eq!(login("anna", &code), Code::SUCCESS);
    // Still a user; somebody else.
    assert_eq!(root(&env, &["move", "anna", "bob"]).status.code(), Some(2));
    rename(&env, "anna", "anna2");
    let nowhere = root(&env, &["move", "anna", "anna2"]);
    assert!(text(&nowhere).contains("has no entry"), "{nowhere:?}");
    assert_eq!(anna.part().load().unwrap().enrollment.user.as_str(), "anna", "it was lost");
    slapd.add(&["anna2"]);
    env.syslog().clear();
    let moved = root(&env, &["move", "anna", "anna2"]);
    assert!(moved.status.success(), "{moved:?}");
    let _ = env.syslog().expect(&["otp-setup[", "move: result=done old=anna user=anna2 uid=0"]);
    assert!(!slapd.search("(uid=anna)", &["*"]).contains("\ninsisOtp"), "the former entry has it, too");
    assert_eq!(login("anna2", &code), Code::AUTH_ERR, "a code became good again");
    let _ = env.syslog().expect(&["result=refused reason=used-code"]);
    assert_eq!(login("anna2", &anna.code_of(Member::step().next())), Code::SUCCESS);
    assert_eq!(root(&env, &["move", "anna", "anna2"]).status.code(), Some(3), "nothing was left to move");
}

#[test]
fn an_entry_that_was_renamed_keeps_its_enrollment() {
    let (env, slapd) = host(&["anna", "bob"]);
    let anna = Member::new(&slapd, "anna");
    let _ = Member::new(&slapd, "bob");
    let code = anna.code();
    assert_eq!(login("anna", &code), Code::SUCCESS);
    rename(&env, "anna", "anna2");
    slapd.change(&format!("dn: uid=anna,{BASE}\nchangetype: modrdn\nnewrdn: uid=anna2\ndeleteoldrdn: 1\n"));
    assert_eq!(login("anna2", &anna.code_of(Member::step().next())), Code::AUTHINFO_UNAVAIL);
    let _ = env.syslog().expect(&["reason=store", "is the record of another user"]);
    // Under no other name than the one that it has had.
    rename(&env, "bob", "bob2");
    assert!(!root(&env, &["move", "bob", "anna2"]).status.success());
    assert!(!root(&env, &["move", "carol", "anna2"]).status.success());
    assert!(root(&env, &["move", "anna", "anna2"]).status.success());
    assert_eq!(login("anna2", &code), Code::AUTH_ERR, "a code became good again");
    assert_eq!(login("anna2", &anna.code_of(Member::step().next())), Code::SUCCESS);
    assert!(!root(&env, &["move", "anna", "anna2"]).status.success());
}

#[test]
fn the_report_has_whoever_is_in_the_directory_and_whoever_is_not() {
    let (env, slapd) = host(&["anna", "bob", "carol", "dan", "rescue"]);
    let _ = Member::new(&slapd, "anna");
    slapd.add(&["bob", "carol"]);
    assert!(root(&env, &["invite", "--user", "bob"]).status.success());
    let report = root(&env, &["report"]);
    assert!(report.status.success(), "{report:?}");
    let shown = text(&report);
    for (user, state) in
        [("anna", " enrolled "), ("bob", " invited "), ("carol", " not enrolled "), ("dan", " not enrolled ")]
    {
        let row = shown.lines().find(|line| line.split(' ').next() == Some(user));
        assert!(row.is_some_and(|row| row.contains(state)), "{user}: {shown}");
    }
    assert!(shown.contains("1 enrolled, 0 linked without a phone, 1 invited"), "{shown}");
    let listed = text(&root(&env, &["list"]));
    assert!(listed.contains("anna") && !listed.contains("bob"), "{listed}");
    // What cannot be read is told of; the others are in the report.
    let damage =
        format!("dn: uid=anna,{BASE}\nchangetype: modify\nreplace: oathOTPLength\noathOTPLength: 99\n");
    slapd.change(&damage);
    let report = root(&env, &["report", "--csv"]);
    assert!(!report.status.success() && text(&report).contains("not complete, or not valid"), "{report:?}");
    assert!(text(&report).contains("bob,"), "{report:?}");
}

#[test]
fn an_invitation_is_made_replaced_and_refused_where_there_is_an_enrollment() {
    let (env, slapd) = host(&["anna", "bob", "carol"]);
    let _ = Member::new(&slapd, "anna");
    slapd.add(&["bob"]);
    let part = |name: &str| LdapStore::new(slapd.directory()).of(&UserName::parse(name).unwrap());
    let code = || {
        let invited = root(&env, &["invite", "--user", "bob"]);
        assert!(invited.status.success(), "{invited:?}");
        let text = text(&invited);
        let code = text.split_whitespace().find(|word| word.len() == 11 && word.contains('-'));
        let code = code.unwrap_or_else(|| panic!("{text}"));
        let ParsedReply::Recovery(code) = ParsedReply::parse(code.as_bytes()) else { panic!("{text}") };
        code
    };
    let (first, second) = (code(), code());
    let line = env.syslog().expect(&["otp-setup[", "invite: result=done user=bob uid=0"]);
    assert!(!line.contains(first.reveal().as_str()), "{line}");
    let check = |code| part("bob").invitation().check(code, system_clock()).unwrap();
    assert!(check(&first).is_err() && check(&second).is_ok());
    assert_eq!(root(&env, &["invite", "--user", "anna"]).status.code(), Some(4), "anna has enrolled");
    let nowhere = root(&env, &["invite", "--user", "carol"]);
    assert!(!nowhere.status.success() && text(&nowhere).contains("has no entry"), "{nowhere:?}");
    slapd.kill();
    let away = root(&env, &["invite", "--user", "bob"]);
    assert!(!away.status.success() && away.stdout.is_empty(), "{away:?}");
}

#[test]
fn a_bypass_code_opens_so_many_logins_and_its_owner_is_told() {
    let (env, slapd) = host(&["anna", "bob"]);
    let anna = Member::new(&slapd, "anna");
    slapd.add(&["bob"]);
    let issue = |user: &str, uses: &str| root(&env, &["bypass", "--user", user, "--uses", uses]);
    let code = |uses: &str| {
        let text = text(&issue("anna", uses));
        let code = text.split_whitespace().find(|word| word.len() == 11 && word.contains('-'));
        code.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let two = code("2");
    let line =
        env.syslog().expect(&["otp-setup[", "bypass: result=done", "user=anna uid=0", "uses=2 expires="]);
    assert!(!line.contains(&two), "{line}");
    let opened: Vec<_> = (0..3).map(|_| login("anna", &two)).collect();
    assert_eq!(opened, [Code::SUCCESS, Code::SUCCESS, Code::AUTH_ERR]);
    let _ = env.syslog().expect(&["result=accepted proof=bypass left=1"]);
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    let mut pam = Login::on(&stack).user("anna").rhost("192.0.2.7").types([anna.code().as_str()]).begin();
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    let told: String = pam.messages().into_iter().map(|message| message.text).collect();
    assert!(told.contains("This account was opened by a bypass code, the last time on "), "{told}");
    let revoked = code("9");
    assert!(root(&env, &["bypass", "--user", "anna", "--revoke"]).status.success());
    let _ = env.syslog().expect(&["otp-setup[", "revoke-bypass: result=done user=anna"]);
    assert_eq!(login("anna", &revoked), Code::AUTH_ERR);
    assert_eq!(issue("bob", "1").status.code(), Some(3), "bob has no phone");
    let last = code("9");
    assert!(text(&root(&env, &["list", "--json"])).contains("\"bypass_uses_left\":9"), "{last}");
    slapd.kill();
    let away = issue("anna", "1");
    assert!(!away.status.success() && away.stdout.is_empty(), "{away:?}");
}

#[test]
fn what_is_exported_is_imported_and_nothing_is_written_over_unasked() {
    let (env, slapd) = host(&["anna", "bob", "carol"]);
    let anna = Member::new(&slapd, "anna");
    slapd.add(&["bob"]);
    env.syslog().clear();
    let exported = root(&env, &["export", "--reveal", "--user", "anna"]);
    let uri = text(&exported);
    assert!(exported.status.success() && uri.starts_with("otpauth://totp/"), "{exported:?}");
    let line = env.syslog().expect(&["otp-setup[", "export: result=done user=anna uid=0"]);
    assert!(!line.contains("otpauth"), "{line}");
    assert_eq!(root(&env, &["export", "--reveal", "--user", "bob"]).status.code(), Some(3));
    let import = |more: &[&str], user: &str| {
        let args = [&["import", "--uri", "-", "--user", user][..], more].concat();
        talk(env.command("otp-setup").args(args), &uri)
    };
    assert!(import(&["--dry-run"], "bob").status.success());
    assert!(LdapStore::new(slapd.directory()).of(&UserName::parse("bob").unwrap()).load().is_err(), "dry");
    assert!(import(&[], "bob").status.success());
    let _ = env.syslog().expect(&["otp-setup[", "import: result=done user=bob uid=0"]);
    assert!(!std::path::Path::new("/var/lib/insis-otp/bob").exists(), "it is in a file as well");
    assert_eq!(login("bob", &anna.code()), Code::SUCCESS);
    let state =
        || LdapStore::new(slapd.directory()).of(&UserName::parse("bob").unwrap()).load().unwrap().state;
    let before = state();
    assert_eq!(import(&[], "bob").status.code(), Some(4));
    assert_eq!(import(&["--dry-run"], "bob").status.code(), Some(4));
    assert_eq!(state(), before);
    assert!(import(&["--dry-run", "--replace"], "bob").status.success() && state() == before);
    assert!(import(&["--replace"], "bob").status.success());
    assert!(state() != before);
    // A damaged one is replaced as well, where that is asked for.
    slapd.change(&format!(
        "dn: uid=bob,{BASE}\nchangetype: modify\nreplace: oathOTPLength\noathOTPLength: 99\n"
    ));
    assert!(!import(&[], "bob").status.success());
    assert!(import(&["--replace"], "bob").status.success());
    let nowhere = import(&[], "carol");
    assert!(!nowhere.status.success() && text(&nowhere).contains("has no entry"), "{nowhere:?}");
}
