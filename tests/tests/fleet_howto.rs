//! docs/howto-fleet.md, word by word: its commands, on slapd as Debian's package sets it up, and its settings.

use std::path::Path;
use std::process::{Command, Output};

use insis_otp_tests::env::{CONFIG, Env, STORE, run};
use insis_otp_tests::pam::{Code, Login, Stack};
use insis_otp_tests::phone::{Phone, now};
use insis_otp_tests::terminal::Terminal;
use nix::mount::{MsFlags, mount};

const HOWTO: &str = include_str!("../../docs/howto-fleet.md");
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// In the place of the folder of root's that the howto works in.
const FOLDER: &str = "/etc/otp-ldap";
const PASSWORD: &str = "/etc/ldap-administrator";

/// The blocks of commands and settings of a chapter.
fn blocks(chapter: &str) -> Vec<String> {
    let text = HOWTO.split("\n## ").find(|text| text.starts_with(chapter)).expect("no such chapter");
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match (line.strip_prefix("        "), line.is_empty()) {
            (Some(line), _) => blocks.last_mut().expect("a block").push_str(&format!("{line}\n")),
            (None, true) if blocks.last().is_some_and(|block| block.contains("\n[")) => {}
            (None, true) => blocks.last_mut().expect("a block").push('\n'),
            (None, false) => blocks.push(String::new()),
        }
    }
    let blocks = blocks.into_iter().map(|block| block.trim().to_owned());
    blocks.filter(|block| !block.is_empty()).collect()
}

/// Does what a block says, but for typing the password of the directory's administrator.
fn obey(block: &str) -> Output {
    let commands = block
        .replace("/usr/share/doc/libpam-insis-otp/examples/ldap", &format!("{REPOSITORY}/config/ldap"))
        .replace("/root/otp-ldap", FOLDER)
        .replace(" -W ", &format!(" -y {PASSWORD} "));
    let folder = if Path::new(FOLDER).exists() { FOLDER } else { "/" };
    let mut shell = Command::new("sh");
    shell
        .args(["-euc", &commands])
        .current_dir(folder)
        .env("PATH", "/etc/howto:/usr/sbin:/usr/bin:/sbin:/bin");
    run(&mut shell)
}

/// slapd as the package's postinst sets it up, and started by its settings in /etc/default.
struct Debian;

impl Debian {
    fn start(env: &Env) -> Self {
        for folder in ["/var/lib/ldap", "/run/slapd"] {
            std::fs::create_dir_all(folder).unwrap();
            mount(None::<&str>, folder, Some("tmpfs"), MsFlags::empty(), Some("mode=0755")).unwrap();
        }
        env.write(Path::new(PASSWORD), b"administrator", 0o600);
        let hash = String::from_utf8(run(Command::new("slappasswd").args(["-T", PASSWORD])).stdout).unwrap();
        let settings =
            std::fs::read_to_string("/usr/share/slapd/slapd.init.ldif").expect("no slapd of Debian's");
        let settings = settings.replace("@SUFFIX@", "dc=example,dc=org").replace("@PASSWORD@", hash.trim());
        env.write(Path::new("/etc/howto/settings.ldif"), settings.as_bytes(), 0o600);
        let tree = "dn: dc=example,dc=org\nobjectClass: top\nobjectClass: dcObject\nobjectClass: organization\n\
                    o: Example\ndc: example\n";
        env.write(Path::new("/etc/howto/tree.ldif"), tree.as_bytes(), 0o600);
        let restart = "#!/bin/sh\n. /etc/default/slapd\npid=$(cat /run/slapd/slapd.pid 2>/dev/null) && kill $pid && \
                       while kill -0 $pid 2>/dev/null; do sleep 0.1; done\n\
                       slapd -h \"$SLAPD_SERVICES\" -g openldap -u openldap -F /etc/ldap/slapd.d\n\
                       for i in $(seq 100); do\n\
                       ldapsearch -x -H ldapi:/// -b '' -s base >/dev/null 2>&1 && exit; sleep 0.1\n\
                       done; exit 1\n";
        env.write(Path::new("/etc/howto/systemctl"), restart.as_bytes(), 0o755);
        obey(
            "rm -rf /etc/ldap/slapd.d; mkdir /etc/ldap/slapd.d\n\
             slapadd -F /etc/ldap/slapd.d -b cn=config -l /etc/howto/settings.ldif\n\
             slapadd -F /etc/ldap/slapd.d -b dc=example,dc=org -l /etc/howto/tree.ldif\n\
             chown -R openldap:openldap /etc/ldap/slapd.d /var/lib/ldap /run/slapd",
        );
        obey("systemctl restart slapd");
        Self
    }

    /// Adds somebody, as the administrator.
    fn add(&self, name: &str) {
        let person =
            format!("dn: uid={name},ou=people,dc=example,dc=org\nobjectClass: account\nuid: {name}\n");
        std::fs::write("/etc/howto/person.ldif", person).unwrap();
        obey("ldapadd -x -W -H ldapi:/// -D cn=admin,dc=example,dc=org -f /etc/howto/person.ldif");
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        let _ = Command::new("sh").args(["-c", "kill $(cat /run/slapd/slapd.pid)"]).status();
    }
}

/// What an authority of the site's hands out: its certificate, and the server's.
fn certificates() {
    obey(
        "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n\
         openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj /CN=Authority \
         -addext keyUsage=critical,keyCertSign\n\
         openssl req $new -keyout server.key -out server.csr -subj /CN=ldap.example.org\n\
         echo subjectAltName=DNS:ldap.example.org >server.ext\n\
         openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext \
         -out server.pem",
    );
}

/// Pairs a phone, as root.
fn pair(env: &Env, user: &str) -> (Phone, u64) {
    let mut setup = Terminal::sized(env.command("otp-setup").args(["--user", user]), 24, 80);
    setup.expect("[yes/no]");
    setup.line("yes");
    setup.expect("First code:");
    let (phone, began) = (Phone::typed(&setup.secret()), now());
    setup.line(&phone.code_at(began - 30));
    setup.expect("Next code:");
    setup.line(&phone.code_at(began));
    setup.expect("Press Enter");
    (phone, began)
}

#[test]
fn the_howto_is_followed_word_by_word() {
    let env = Env::build().user("anna", "secret").user("rescue", "secret").start();
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    env.write(Path::new("/etc/hosts"), format!("127.0.0.1 ldap.example.org\n{hosts}").as_bytes(), 0o644);
    let slapd = Debian::start(&env);
    let server = blocks("1. ");
    let [files, rest @ .., check] = server.as_slice() else { panic!("{server:?}") };
    obey(files);
    certificates();
    assert_eq!(rest.len(), 4, "{rest:#?}");
    rest.iter().for_each(|block| drop(obey(block)));
    // It is said on standard error.
    let rules = String::from_utf8(obey(check).stderr).unwrap();
    let count = |end: &str| rules.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!((count(": none(=0)"), count(": write(=wrscxd)")), (8, 4), "{rules}");
    let host = blocks("2. ");
    let [packages, files, settings, who_sees] = host.as_slice() else { panic!("{host:#?}") };
    assert!(packages.starts_with("apt install "), "{packages}");
    obey(files);
    env.write(Path::new(CONFIG), format!("{settings}\n").as_bytes(), 0o644);
    let list = run(env.command("otp-setup").arg("list"));
    assert!(String::from_utf8_lossy(&list.stdout).contains("Nobody is paired"), "{list:?}");
    slapd.add("anna");
    let (phone, began) = pair(&env, "anna");
    let status = run(env.command("otp-setup").args(["status", "--user", "anna"]));
    assert!(String::from_utf8_lossy(&status.stdout).contains("Example (anna@"), "{status:?}");
    let seen = String::from_utf8(obey(who_sees).stdout).unwrap();
    let shows = |line: &str| line.starts_with("oath") || line.starts_with("insisOtp");
    assert!(seen.contains("\nuid: anna\n") && !seen.lines().any(shows), "{seen}");
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    let code = phone.code_at(began + 30);
    let login =
        || Login::on(&stack).user("anna").rhost("192.0.2.7").types([code.clone()]).begin().authenticate();
    assert_eq!((login(), login()), (Code::SUCCESS, Code::AUTH_ERR));
    for user in ["root", "rescue"] {
        let _ = pair(&env, user);
        assert!(Path::new(STORE).join(user).exists(), "{user}");
    }
    let doctor = run_any(env.command("otp-setup").arg("doctor"));
    assert!(!doctor.contains("PROBLEM: [fleet]") && !doctor.contains("break_glass_users"), "{doctor}");
    // Without root among them the doctor says so.
    let without = settings.replace("\"root\", ", "");
    env.write(Path::new(CONFIG), format!("{without}\n").as_bytes(), 0o644);
    let doctor = run_any(env.command("otp-setup").arg("doctor"));
    assert!(doctor.contains("break_glass_users = [\"rescue\", \"root\"]"), "{doctor}");
}

/// What a command says, whatever comes of it.
fn run_any(command: &mut Command) -> String {
    let output = command.output().expect("it does not run");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The files for cn=config and for slapd.conf say the same.
#[test]
fn rules_and_attributes_are_the_same_for_both_forms_of_settings() {
    let shipped = |name: &str| std::fs::read_to_string(format!("{REPOSITORY}/config/ldap/{name}")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let without_comments = |text: String| {
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect::<String>()
    };
    let conf = words(&without_comments(shipped("access.conf")));
    let rules: Vec<_> = conf.split("access to ").skip(1).map(str::trim).collect();
    let ldif = without_comments(shipped("access.ldif"));
    let listed: Vec<_> = ldif.split("\nolcAccess: ").skip(1).collect();
    assert_eq!(rules.len(), listed.len());
    for (number, (rule, listed)) in rules.iter().zip(listed).enumerate() {
        let listed = listed.split("\n-\n").next().unwrap();
        assert_eq!(words(listed), format!("{{{number}}}to {rule}"));
    }
    let schema = words(&without_comments(shipped("insis-otp.schema")));
    let ldif = words(&without_comments(shipped("insis-otp.ldif")));
    let (_, definitions) = ldif.split_once("olcAttributeTypes: ").unwrap();
    let definitions = format!("attributetype {definitions}")
        .replace("olcAttributeTypes:", "attributetype")
        .replace("olcObjectClasses:", "objectclass");
    assert_eq!(definitions, schema);
}
