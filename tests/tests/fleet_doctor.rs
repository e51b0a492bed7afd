//! What the doctor finds out about a directory, on a real slapd: servers that are away or do not write, clocks, certificates, the schema, who
//! may read what.

use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp_tests::env::{CONFIG, Env, run, talk};
use insis_otp_tests::fleet::{Address, BASE, BY_PASSWORD, Member, Slapd};

fn env() -> Env {
    Env::build().user("anna", "secret").user("bob", "secret").start()
}

/// What it says, on one line.
fn doctor(env: &Env, language: &str) -> String {
    let began = Instant::now();
    let output = talk(env.command("otp-setup").env("LC_ALL", language).arg("doctor"), "");
    assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn split(text: &str, at: &str) -> (String, String) {
    let at = text.find(at).unwrap();
    (text[..at].to_owned(), text[at..].to_owned())
}

/// Gives the server a certificate that ends in so many days.
fn certificate_of(slapd: &Slapd, days: i32) {
    let arguments = format!(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -extfile server.ext -out server.pem"
    );
    run(Command::new("openssl").current_dir(slapd.file("")).args(arguments.split(' ')));
    slapd.restart();
}

const TROUBLE: [&str; 9] = [
    "cannot be asked",
    "The certificate of",
    "The clock of",
    "takes no writes",
    "of the servers take writes",
    "The entry insis-otp-nobody",
    "does not know the attribute",
    "may have several values",
    "people bind with codes",
];

#[test]
fn of_a_directory_as_it_is_shipped_nothing_is_told_but_how_much_a_host_can_read() {
    let (env, slapd) = (env(), Slapd::start());
    slapd.join(&env, "");
    certificate_of(&slapd, 400);
    let _anna = Member::new(&slapd, "anna");
    let text = doctor(&env, "C.UTF-8");
    assert!(text.contains("This host can read the second factors of 1 people"), "{text}");
    for wrong in TROUBLE.into_iter().chain(["shows this host", "to whoever asks", "have no account here"]) {
        assert!(!text.contains(wrong), "{wrong}: {text}");
    }
    // Somebody who is nobody here.
    let _mallory = Member::new(&slapd, "mallory");
    let text = doctor(&env, "C.UTF-8");
    assert!(text.contains("people who have no account here: 1 of 2 that were looked at (mallory)"), "{text}");
}

#[test]
fn what_is_wrong_with_a_directory_is_told_in_both_languages() {
    let env = env();
    // Everybody reads everything, and people bind through slapo-otp.
    let slapd = Slapd::with(
        "overlay otp\naccess to * by dn.exact=\"cn=host1,ou=hosts,dc=example,dc=org\" write by * read\n",
    );
    slapd.join(&env, "");
    // Somebody has written the schema by hand.
    let path = slapd.file("slapd.conf");
    let (before, rest) = split(&std::fs::read_to_string(&path).unwrap(), "NAME 'insisOtpInvitation'");
    std::fs::write(&path, before + &rest.replacen("SINGLE-VALUE", "", 1)).unwrap();
    certificate_of(&slapd, 3);
    let servers = format!("\"ldaps://127.0.0.1:9\", \"{}\"", slapd.ldaps());
    let settings = slapd.settings("x", BY_PASSWORD, "").replace("\"x\"", &servers);
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
    let _anna = Member::new(&slapd, "anna");
    slapd.change(&format!(
        "dn: uid=anna,{BASE}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPUser\nobjectClass: simpleSecurityObject\n-\n\
         add: oathTOTPToken\noathTOTPToken: uid=anna,{BASE}\n-\nadd: userPassword\nuserPassword: secret\n"
    ));
    slapd.delete("insis-otp-nobody");
    for (language, all) in [
        (
            "C.UTF-8",
            [
                "127.0.0.1:9 cannot be asked",
                "The certificate of ldaps://127.0.0.1",
                "the attribute insisOtpInvitation may have several values",
                "The entry insis-otp-nobody is missing",
                "shows oathSecret to whoever asks",
                "shows insisOtpState to whoever asks",
                "shows this host userPassword",
                "people bind with codes (slapo-otp), and it is older than slapd 2.7",
            ],
        ),
        (
            "cs_CZ.UTF-8",
            [
                "127.0.0.1:9 neodpovídá",
                "Certifikát serveru ldaps://127.0.0.1",
                "smí mít atribut insisOtpInvitation více hodnot",
                "Chybí položka insis-otp-nobody",
                "ukazuje oathSecret komukoli",
                "ukazuje insisOtpState komukoli",
                "ukazuje tomuto počítači userPassword",
                "připojují s kódy (slapo-otp) a je starší než slapd 2.7",
            ],
        ),
    ] {
        let text = doctor(&env, language);
        for expected in all {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
}

#[test]
fn a_replica_and_two_writers_are_told() {
    let env = env();
    let provider = Slapd::with("moduleload syncprov\noverlay syncprov\n");
    let replica = |id: &str, more: &str| {
        let more = format!(
            "{id}syncrepl rid=1 provider={} bindmethod=simple binddn=cn=admin,dc=example,dc=org credentials=administrator \
             searchbase=dc=example,dc=org type=refreshAndPersist retry=\"1 +\"\n{more}",
            provider.ldap(),
        );
        Slapd::at(Address::here(), &more, "")
    };
    // It refers whoever wants to write to the provider.
    let consumer = replica("", &format!("updateref {}\n", provider.ldaps()));
    until_it_has_people(&consumer);
    consumer.join(&env, "");
    let text = doctor(&env, "C.UTF-8");
    assert!(text.contains("takes no writes: it refuses to write to the entry: referral"), "{text}");
    // It takes writes as well: after one, the changes have come from two.
    let second = replica("serverID 2\n", "multiprovider on\nmoduleload syncprov\noverlay syncprov\n");
    until_it_has_people(&second);
    provider.join(&env, "");
    let servers = format!("\"{}\", \"{}\"", provider.ldaps(), second.ldaps());
    let settings = provider.settings("x", BY_PASSWORD, "").replace("\"x\"", &servers);
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
    std::fs::copy(second.file("ca.pem"), "/run/otp-test/second.pem").unwrap();
    let authorities =
        [provider.file("ca.pem"), second.file("ca.pem")].map(|path| std::fs::read(path).unwrap());
    env.write("/etc/security/fleet-ca.pem".as_ref(), &authorities.concat(), 0o644);
    let _ = doctor(&env, "C.UTF-8");
    let text = doctor(&env, "C.UTF-8");
    assert!(text.contains("2 of the servers take writes, and changes have come from several"), "{text}");
}

fn until_it_has_people(slapd: &Slapd) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let found = slapd
            .tool("ldapsearch", ("cn=admin,dc=example,dc=org", "administrator"))
            .args(["-b", BASE, "(uid=insis-otp-nobody)", "1.1"])
            .output();
        if String::from_utf8_lossy(&found.unwrap().stdout).contains("dn: uid=insis-otp-nobody") {
            return;
        }
        assert!(Instant::now() < end, "nothing is replicated");
        std::thread::sleep(Duration::from_millis(100));
    }
}
