//! A directory of people: a real slapd on 127.0.0.1, and a real SSSD that answers for it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::env::{BASE, Env, run};

/// slapd and SSSD, until dropped. The directory has anna (user id 20001) with a password.
#[derive(Debug)]
pub struct Directory {
    slapd: Child,
    sssd: Child,
}

impl Directory {
    /// Her password.
    pub const PASSWORD: &str = "correct horse";

    /// Starts both. `domain` is what SSSD's section for the domain `ex` has besides; `sssd` what its own has.
    ///
    /// # Panics
    /// When they do not start.
    #[must_use]
    pub fn start(env: &Env, sssd: &str, domain: &str) -> Self {
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = address.expect("no free port on 127.0.0.1");
        let uri = format!("ldaps://{address}");
        let folder = format!("{BASE}/ldap");
        std::fs::create_dir_all(format!("{folder}/db")).expect("cannot make a folder for the directory");
        let (key, certificate) = (format!("{folder}/key.pem"), format!("{folder}/cert.pem"));
        run(Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(["-keyout", &key, "-out", &certificate, "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"]));
        let config = format!("{folder}/slapd.conf");
        env.write(config.as_ref(), slapd_conf(&folder).as_bytes(), 0o600);
        env.write(format!("{folder}/people.ldif").as_ref(), PEOPLE.as_bytes(), 0o600);
        run(Command::new("slapadd").args(["-f", &config, "-l", &format!("{folder}/people.ldif")]));
        let slapd = quiet(Command::new("slapd").args(["-f", &config, "-h", &uri, "-d", "0"]));
        // SSSD that finds nobody there would not try again for a minute.
        wait_until("slapd does not listen", || std::net::TcpStream::connect(address).is_ok());
        let settings = format!(
            "[sssd]\nservices = nss, pam\ndomains = ex\n{sssd}\n[domain/ex]\nid_provider = ldap\n\
             auth_provider = ldap\nldap_uri = {uri}\nldap_search_base = dc=ex\n\
             ldap_tls_cacert = {certificate}\nldap_tls_reqcert = demand\n{domain}\n"
        );
        env.write("/etc/sssd/sssd.conf".as_ref(), settings.as_bytes(), 0o600);
        let switch = std::fs::read_to_string("/etc/nsswitch.conf").expect("a name service switch");
        let asks = |line: &str| match line.split_once(':') {
            Some((map @ ("passwd" | "group"), _)) => format!("{map}: files sss\n"),
            _ => format!("{line}\n"),
        };
        let switch: String = switch.lines().map(asks).collect();
        env.write("/etc/nsswitch.conf".as_ref(), switch.as_bytes(), 0o644);
        let sssd = quiet(Command::new("sssd").args(["-i", "--logger=files"]));
        let directory = Self { slapd, sssd };
        wait_until("SSSD does not find anna in slapd", || {
            let output = Command::new("getent").args(["passwd", "20001"]).output();
            output.is_ok_and(|output| output.status.success())
        });
        let home = Path::new("/home/anna");
        std::fs::create_dir_all(home).expect("cannot make a home");
        std::os::unix::fs::chown(home, Some(20_001), Some(20_001)).expect("cannot give the home away");
        directory
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // SSSD's first process ends the others.
        for child in [&mut self.sssd, &mut self.slapd] {
            if let Ok(pid) = i32::try_from(child.id()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
            let _ = child.wait();
        }
    }
}

fn wait_until(complaint: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{complaint}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn quiet(command: &mut Command) -> Child {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let started =
        command.env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn slapd_conf(folder: &str) -> String {
    let schemas = ["core", "cosine", "nis"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    format!(
        "{}modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/slapd.pid\n\
         TLSCertificateFile {folder}/cert.pem\nTLSCertificateKeyFile {folder}/key.pem\n\
         database mdb\nmaxsize 10485760\nsuffix \"dc=ex\"\ndirectory {folder}/db\n",
        schemas.concat()
    )
}

const PEOPLE: &str = "\
dn: dc=ex
objectClass: dcObject
objectClass: organization
o: ex
dc: ex

dn: uid=anna,dc=ex
objectClass: account
objectClass: posixAccount
uid: anna
cn: Anna
uidNumber: 20001
gidNumber: 20001
homeDirectory: /home/anna
loginShell: /bin/bash
userPassword: correct horse

dn: cn=anna,dc=ex
objectClass: posixGroup
cn: anna
gidNumber: 20001
";
