//! A directory on the host itself, by its socket.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp::service::{Request, Response};
use insis_otp_tests::env::{CONFIG, Env, HELPER, run, talk};
use insis_otp_tests::fleet::{BASE, BY_PASSWORD, HOST, Member, Slapd};
use insis_otp_tests::pam::{Code, Login, Stack};

fn login(user: &str, reply: &str) -> Code {
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    Login::on(&stack).user(user).rhost("192.0.2.7").types([reply]).begin().authenticate()
}

#[test]
fn a_server_on_this_host_is_asked_by_its_socket() {
    let env = Env::build().user("anna", "secret").user("bob", "secret").start();
    let id = run(Command::new("id").args(["-u", "insis-otp-fleet"]));
    let uid = String::from_utf8_lossy(&id.stdout).trim().to_owned();
    let map = format!(
        "authz-regexp \"gidNumber=[0-9]+\\\\+uidNumber={uid},cn=peercred,cn=external,cn=auth\" \"{}\"\n",
        HOST.0
    );
    let slapd = Slapd::with(&map);
    let anna = Member::new(&slapd, "anna");
    let bare = format!("store = \"ldap\"\n[fleet]\nservers = [\"{}\"]\nbase = \"{BASE}\"\n", slapd.ldapi());
    slapd.join(&env, "");
    Slapd::open_to_people(&env);
    let status = || {
        let output = talk(&mut env.as_user("anna", HELPER), &Request::Status.encode());
        Response::decode(&output.stdout).unwrap()
    };
    for (settings, for_people) in [(bare.clone(), false), (format!("{bare}{BY_PASSWORD}\n"), true)] {
        env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
        anna.again();
        let code = anna.code();
        assert_eq!(login("anna", &code), Code::SUCCESS, "{settings}");
        assert_eq!(login("anna", &code), Code::AUTH_ERR);
        assert_eq!(login("bob", &code), Code::AUTH_ERR);
        // By the socket alone, slapd takes a person for that person, who is not this host.
        let status = status();
        assert_eq!(matches!(status, Response::Status(_)), for_people, "{status:?}");
        assert!(!matches!(status, Response::NotEnrolled), "{status:?}");
    }
    let refused = |words: &str| {
        env.syslog().clear();
        let (code, began) = (anna.code(), Instant::now());
        assert_eq!(login("anna", &code), Code::AUTHINFO_UNAVAIL);
        assert!(began.elapsed() < Duration::from_secs(5));
        let _ = env.syslog().expect(&["result=error reason=store", "/ldapi: ", words]);
    };
    // A server that says nothing, one that is not there, and a socket that anybody could have put there.
    slapd.stop(true);
    refused("no answer in time");
    slapd.stop(false);
    std::fs::set_permissions(slapd.file(""), PermissionsExt::from_mode(0o777)).unwrap();
    refused("others can write to the folder of its socket");
    std::fs::set_permissions(slapd.file(""), PermissionsExt::from_mode(0o711)).unwrap();
    assert_eq!(login("anna", &anna.wrong()), Code::AUTH_ERR);
    slapd.kill();
    refused("Connection refused");
}
