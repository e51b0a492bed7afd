//! Who is taken for the directory, and whom it lets read and write.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use insis_otp::config::Server;
use insis_otp::store::UserStore;
use insis_otp_tests::env::{Env, talk};
use insis_otp_tests::fleet::{BASE, HOST, Member, STRANGER, Slapd};
use otp_fleet::message::Identity;
use otp_fleet::store::{Directory, LdapStore};
use otp_fleet::tls::client_config;

fn host() -> (Env, Slapd) {
    let env = Env::build().user("anna", "secret").start();
    let slapd = Slapd::start();
    slapd.join(&env, "");
    (env, slapd)
}

/// Why a directory cannot be asked.
fn complaint(directory: Directory) -> String {
    let store = LdapStore::new(Directory { deadline: Duration::from_secs(4), ..directory });
    let name = insis_otp::record::UserName::parse("anna").unwrap();
    store.of(&name).load().unwrap_err().to_string()
}

/// The only server, at this address.
fn at(address: &str) -> Vec<Server> {
    vec![Server::parse(address).unwrap()]
}

#[test]
fn nobody_else_is_taken_for_the_directory() {
    let (env, slapd) = host();
    let _anna = Member::new(&slapd, "anna");
    let directory = slapd.directory();
    let other = client_config(&std::fs::read(slapd.file("other-ca.pem")).unwrap(), None).unwrap();
    let wrong = complaint(Directory { tls: other, ..directory.clone() });
    assert!(
        wrong.contains("its certificate is not valid: it is not from an authority in ca_file"),
        "{wrong}"
    );
    env.write("/etc/hosts".as_ref(), b"127.0.0.1 localhost wrong.example.org\n", 0o644);
    let wrong_name = format!("ldaps://wrong.example.org:{}", slapd.ldaps_port());
    let wrong = complaint(Directory { servers: at(&wrong_name), ..directory.clone() });
    assert!(
        wrong.contains("valid: it is for 127.0.0.1, localhost")
            && wrong.contains(", and not for wrong.example.org"),
        "{wrong}"
    );
    // StartTLS, and the second server in the list.
    for servers in [at(&slapd.ldap()), [at(&wrong_name), at(&slapd.ldaps())].concat()] {
        let store = LdapStore::new(Directory { servers, ..directory.clone() });
        let name = insis_otp::record::UserName::parse("anna").unwrap();
        store.of(&name).load().unwrap();
    }
    let wrong = Identity::Simple { dn: HOST.0.into(), password: "wrong".to_owned().into() };
    assert!(
        complaint(Directory { identity: wrong, ..directory.clone() })
            .contains("invalid credentials (49); are bind_dn")
    );
    // Without a certificate nobody is anybody: there is no anonymous bind.
    let anonymous = complaint(Directory { identity: Identity::External, ..directory.clone() });
    assert!(anonymous.contains("it refuses to know this host"), "{anonymous}");
}

#[test]
fn who_does_not_answer_as_a_directory_does_hears_no_password() {
    let (_env, slapd) = host();
    let _anna = Member::new(&slapd, "anna");
    let directory = slapd.directory();
    // Who cannot begin TLS, says nonsense, talks for ever, or nothing, hears no password.
    let no_tls = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00".to_vec();
    let huge = b"\x30\x84\x7f\xff\xff\xff".to_vec();
    for (answer, slowly) in
        [(no_tls, false), (huge, false), (b"HTTP/1.1 400\r\n".to_vec(), false), (vec![0x30, 0x82], true)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("ldap://{}", listener.local_addr().unwrap());
        let heard = spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = vec![0; 4096];
            let length = stream.read(&mut heard).unwrap();
            heard.truncate(length);
            stream.write_all(&answer).unwrap();
            while slowly && stream.write_all(&[0]).is_ok() {
                sleep(Duration::from_millis(100));
            }
            let _ = stream.read_to_end(&mut heard);
            heard
        });
        let began = Instant::now();
        let complaint = complaint(Directory { servers: at(&address), ..directory.clone() });
        assert!(began.elapsed() < Duration::from_secs(4), "{complaint}");
        let heard = heard.join().unwrap();
        assert!(!String::from_utf8_lossy(&heard).contains(HOST.1), "a password in the clear");
        assert!(complaint.contains("cannot ask the directory: 127.0.0.1: "), "{complaint}");
    }
}

#[test]
fn by_the_shipped_rules_hosts_alone_read_and_write_second_factors_and_nothing_else() {
    let (_env, slapd) = host();
    let _anna = Member::new(&slapd, "anna");
    let dn = format!("uid=anna,{BASE}");
    slapd.change(&format!(
        "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: simpleSecurityObject\n-\nadd: userPassword\nuserPassword: own\n"
    ));
    let search = |who| {
        let found =
            slapd.tool("ldapsearch", who).args(["-LLL", "-b", BASE, "(uid=anna)", "*"]).output().unwrap();
        String::from_utf8_lossy(&found.stdout).into_owned()
    };
    assert!(search(HOST).contains("oathSecret") && !search(HOST).contains("userPassword"));
    for who in [STRANGER, (dn.as_str(), "own")] {
        let found = search(who);
        assert!(
            !found.contains("oath") && !found.contains("insisOtp") || found.contains("objectClass: oath"),
            "{found}"
        );
        assert!(!found.contains("oathSecret") && !found.contains("insisOtpState"), "{found}");
    }
    let writes = |who, change: &str| {
        let ldif = format!("dn: {dn}\nchangetype: modify\n{change}\n");
        talk(&mut slapd.tool("ldapmodify", who), &ldif).status.success()
    };
    let step = "replace: oathTOTPLastTimeStep\noathTOTPLastTimeStep: 5";
    assert!(writes(HOST, step));
    for (who, change) in [
        (STRANGER, step),
        ((dn.as_str(), "own"), step),
        (HOST, "replace: userPassword\nuserPassword: mine"),
        (HOST, "add: uid\nuid: root"),
        (HOST, "add: objectClass\nobjectClass: posixAccount"),
        (HOST, "delete: objectClass\nobjectClass: account"),
        (HOST, "add: description\ndescription: x"),
    ] {
        assert!(!writes(who, change), "{}: {change}", who.0);
    }
    let deleted = slapd.tool("ldapdelete", HOST).arg(&dn).output().unwrap();
    assert!(!deleted.status.success(), "a host deletes people");
}
