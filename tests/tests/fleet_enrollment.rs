//! Enrollment within the login where enrollments are in a directory.

use insis_otp::oath::{RecoveryCode, Salt, Seconds};
use insis_otp::record::UserName;
use insis_otp::service::system_clock;
use insis_otp::store::{InvitationStore, UserStore};
use insis_otp::verify::ParsedReply;
use insis_otp_tests::env::Env;
use insis_otp_tests::fleet::Slapd;
use insis_otp_tests::pam::{Code, ESTABLISH_CRED, Login, Message, Pam, Reply};
use insis_otp_tests::phone::{Phone, now};
use otp_fleet::store::{LdapStore, LdapUser};

const PASSWORD: &str = "correct horse";
const INVITATION: &str = "abcde-fghjk";
const STACK: &str = "auth required pam_unix.so\nauth required pam_insis_otp.so tries=1\n\
                     account required pam_insis_otp.so\naccount required pam_permit.so\n\
                     password required pam_insis_otp.so\npassword required pam_permit.so\n";

fn site(more: &str) -> (Env, Slapd) {
    let env = Env::build().user("bob", PASSWORD).service("login", STACK).start();
    let slapd = Slapd::start();
    slapd.join(&env, &format!("unenrolled = \"enrol\"\n{more}"));
    slapd.add(&["bob"]);
    (env, slapd)
}

fn part(slapd: &Slapd) -> LdapUser {
    LdapStore::new(slapd.directory()).of(&UserName::parse("bob").unwrap())
}

fn invitation() -> RecoveryCode {
    let ParsedReply::Recovery(code) = ParsedReply::parse(INVITATION.as_bytes()) else { panic!() };
    code
}

/// Bob, who does what the questions say.
struct Bob {
    phone: Option<Phone>,
    invitation: &'static str,
}

impl Bob {
    fn answers(&mut self, message: &Message) -> Reply {
        if let Some((_, rest)) = message.text.split_once("Or type in this secret: ") {
            self.phone = Some(Phone::typed(rest.lines().next().unwrap()));
        }
        match &message.text {
            text if text.contains("Password: ") => PASSWORD.into(),
            text if text.contains("invitation code") => self.invitation.into(),
            text if text.contains("Enter: draw it") => "".into(),
            text if text.contains("Next code") => self.phone.as_ref().unwrap().code_at(now()).into(),
            _ => self.phone.as_ref().expect("no secret was shown").code_at(now() - 30).into(),
        }
    }
}

fn login(invitation: &'static str) -> Pam {
    let mut bob = Bob { phone: None, invitation };
    Login::to("login").user("bob").answers(move |message| bob.answers(message)).begin()
}

#[test]
fn somebody_who_has_not_enrolled_does_so_between_password_and_shell() {
    let (env, slapd) = site("");
    let mut pam = login("");
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    assert!(part(&slapd).load().is_err(), "before the password step has ended well");
    // Nobody gets a session who has gone round it.
    assert_eq!(login("").setcred(ESTABLISH_CRED), Code::SUCCESS);
    assert_eq!(pam.acct_mgmt(0), Code::SUCCESS, "{:?} {:?}", pam.messages(), env.syslog().lines());
    assert_eq!(pam.setcred(ESTABLISH_CRED), Code::SUCCESS);
    assert!(part(&slapd).load().is_ok());
    assert!(!std::path::Path::new("/var/lib/insis-otp/bob").exists(), "it is in a file as well");
    let _ = env.syslog().expect(&["<84>", "pam_insis_otp(login:account): result=paired by=password drift="]);
    // From now on a code is asked for.
    let mut pam = Login::to("login").user("bob").types([PASSWORD, "x"]).begin();
    assert_eq!(pam.authenticate(), Code::AUTH_ERR);
}

#[test]
fn with_invitations_each_wrong_code_is_charged_in_the_directory() {
    let (env, slapd) = site("self_enrollment = \"invitation\"\n");
    let ends = |invitation: &'static str| {
        let mut pam = login(invitation);
        (pam.authenticate(), pam.acct_mgmt(0))
    };
    assert_eq!(ends(INVITATION), (Code::SUCCESS, Code::PERM_DENIED));
    let _ = env.syslog().expect(&["<84>", "result=refused reason=no-invitation user=bob"]);
    let expires = system_clock().plus(Seconds(3600));
    part(&slapd).invitation().issue(&invitation(), Salt([7; 16]), expires).unwrap();
    assert_eq!(ends("zzzzz-zzzzz"), (Code::SUCCESS, Code::PERM_DENIED));
    let _ = env.syslog().expect(&["<84>", "result=refused reason=wrong-invitation user=bob"]);
    assert_eq!(ends(INVITATION), (Code::SUCCESS, Code::PERM_DENIED), "ten guesses left it good");
    let _ = env.syslog().expect(&["<84>", "result=refused reason=spent-invitation user=bob"]);
    part(&slapd).invitation().issue(&invitation(), Salt([8; 16]), expires).unwrap();
    assert_eq!(ends(INVITATION), (Code::SUCCESS, Code::SUCCESS));
    let _ = env.syslog().expect(&["<84>", "result=paired by=invitation"]);
    assert!(!slapd.search("(uid=bob)", &["*"]).contains("insisOtpInvitation"), "it is left");
}

#[test]
fn while_the_directory_is_away_nobody_enrolls_and_nobody_passes() {
    let (env, slapd) = site("");
    let mut pam = login("");
    assert_eq!(pam.authenticate(), Code::SUCCESS);
    slapd.kill();
    assert_eq!(pam.acct_mgmt(0), Code::PERM_DENIED);
    // As sshd calls it, in another process than the one that has authenticated.
    let elsewhere = || Login::to("login").user("bob").rhost("192.0.2.7").types::<&str>([]).begin();
    assert_ne!(elsewhere().setcred(ESTABLISH_CRED), Code::SUCCESS);
    let _ = env.syslog().expect(&["<83>", "result=error reason=store", "user=bob"]);
    assert_ne!(login("").authenticate(), Code::SUCCESS);
    // Without an entry, too, and it is said why.
    slapd.restart();
    slapd.delete("bob");
    let mut pam = login("");
    assert_eq!((pam.authenticate(), pam.acct_mgmt(0)), (Code::SUCCESS, Code::PERM_DENIED));
    let _ = env.syslog().expect(&["reason=store", "has no entry"]);
}
