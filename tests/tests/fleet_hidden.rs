//! A host that cannot see second factors: the directory answers it as if nobody had one. Where people without one pass, nobody
//! may pass for that.

use insis_otp_tests::env::Env;
use insis_otp_tests::fleet::{BASE, HOST, Member, STRANGER, Slapd};
use insis_otp_tests::pam::{Code, Login, Stack};

/// A password that is right, and then our line as the README begins with it.
const STACK: &str = "auth required pam_permit.so\nauth required pam_insis_otp.so tries=1 unenrolled=ignore";

/// What hides the second factors of a person, and of nobody else.
const HIDES_ANNA: &str = "access to dn.base=\"uid=anna,ou=people,dc=example,dc=org\" \
     attrs=insisOtpState,insisOtpEnrollment,insisOtpInvitation,oathSecret,oathTOTPLastTimeStep,oathTOTPParams by * none";

fn host() -> (Env, Slapd) {
    let env = Env::build().user("anna", "secret").user("bob", "secret").start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    slapd.add(&["bob"]);
    (env, slapd)
}

/// How a login of somebody ends who types a wrong code, if there is a question at all.
fn login(user: &str) -> Code {
    let stack = Stack::new("door", STACK);
    Login::on(&stack).user(user).rhost("192.0.2.7").types(["000000"]).begin().authenticate()
}

/// Makes one host the only one that may use second factors.
fn permit(slapd: &Slapd, host: (&str, &str)) {
    slapd.change(&format!(
        "dn: cn=otp-hosts,ou=groups,dc=example,dc=org\nchangetype: modify\nreplace: member\nmember: {}\n",
        host.0
    ));
}

#[test]
fn a_host_that_loses_its_rights_lets_nobody_pass_as_not_enrolled() {
    let (env, slapd) = host();
    let _anna = Member::new(&slapd, "anna");
    assert_eq!(login("anna"), Code::AUTH_ERR);
    assert_eq!(login("bob"), Code::SUCCESS, "who has not enrolled does not pass");
    permit(&slapd, STRANGER);
    for user in ["anna", "bob"] {
        assert_eq!(login(user), Code::AUTHINFO_UNAVAIL, "{user}");
    }
    let _ = env.syslog().expect(&["result=error reason=store", "insisOtpState"]);
    for arguments in [&["status", "--user", "anna"][..], &["list"]] {
        let told = told(&env, arguments);
        assert!(
            told.contains("insufficient access rights (50)") && !told.contains("Nobody"),
            "{arguments:?}: {told}"
        );
    }
    let doctor = told(&env, &["doctor"]);
    assert!(doctor.contains("PROBLEM: [fleet]") && doctor.contains("insis-otp-nobody"), "{doctor}");
    permit(&slapd, HOST);
    let doctor = told(&env, &["doctor"]);
    assert!(!doctor.contains("PROBLEM: [fleet]"), "{doctor}");
    assert_eq!(login("bob"), Code::SUCCESS);
}

#[test]
fn who_is_hidden_alone_does_not_pass_as_not_enrolled() {
    // The rule is loaded after somebody has enrolled: it hides from hosts as well.
    let (env, slapd) = host();
    let _anna = Member::new(&slapd, "anna");
    assert_eq!(login("anna"), Code::AUTH_ERR);
    slapd.reconfigure(HIDES_ANNA);
    assert_eq!(login("anna"), Code::AUTHINFO_UNAVAIL);
    assert_eq!(login("bob"), Code::SUCCESS);
    let _ = env.syslog().expect(&["result=error reason=store", "user=anna"]);
}

#[test]
fn without_the_entry_that_stands_for_nobody_nobody_passes_as_not_enrolled() {
    let (env, slapd) = host();
    let _anna = Member::new(&slapd, "anna");
    slapd.delete("insis-otp-nobody");
    assert_eq!(login("anna"), Code::AUTH_ERR);
    assert_eq!(login("bob"), Code::AUTHINFO_UNAVAIL);
    let _ = env.syslog().expect(&["result=error reason=store", "insis-otp-nobody"]);
    let doctor = told(&env, &["doctor"]);
    assert!(
        doctor.contains("PROBLEM: [fleet]") && doctor.contains("insis-otp-nobody is missing"),
        "{doctor}"
    );
}

#[test]
fn who_is_behind_a_referral_does_not_pass_as_not_enrolled() {
    let (env, slapd) = host();
    slapd.change(&format!(
        "dn: ou=away,{BASE}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\n\
         ref: ldap://192.0.2.1/ou=away,{BASE}\n"
    ));
    assert_eq!(login("anna"), Code::AUTHINFO_UNAVAIL);
    assert_eq!(login("bob"), Code::SUCCESS, "who is here is not behind it");
    let _ = env.syslog().expect(&["result=error reason=store", "referral"]);
}

/// All that a command of otp-setup writes.
fn told(env: &Env, arguments: &[&str]) -> String {
    let output = env.command("otp-setup").args(arguments).output().expect("cannot be run");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
