//! A directory that keeps enrollments: a real slapd on 127.0.0.1, with the schema and the access rules that are shipped.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use insis_otp::config::Server;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use otp_fleet::message::Identity;
use otp_fleet::store::Directory;
use otp_fleet::tls::client_config;

use crate::env::{feed, run};

/// slapd, until dropped. Its data is in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct Slapd {
    folder: tempfile::TempDir,
    process: Mutex<Child>,
    ldaps: u16,
    ldap: u16,
}

/// Below it are people.
pub const BASE: &str = "ou=people,dc=example,dc=org";
/// A host that may use them, and its password.
pub const HOST: (&str, &str) = ("cn=host1,ou=hosts,dc=example,dc=org", "a host's password");
/// A host that is not in the group.
pub const STRANGER: (&str, &str) = ("cn=stranger,ou=hosts,dc=example,dc=org", "another password");
const ADMINISTRATOR: (&str, &str) = ("cn=admin,dc=example,dc=org", "administrator");

impl Slapd {
    /// Starts it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::with("")
    }

    /// Starts it with these lines more in the configuration of its database.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("no folder for the directory");
        let path = folder.path();
        std::fs::create_dir(path.join("db")).expect("no folder for the database");
        certificates(path);
        std::fs::write(path.join("slapd.conf"), configuration(path, more)).expect("cannot write");
        std::fs::write(path.join("start.ldif"), start_ldif()).expect("cannot write");
        run(Command::new("/usr/sbin/slapadd")
            .arg("-f")
            .arg(path.join("slapd.conf"))
            .arg("-l")
            .arg(path.join("start.ldif")));
        let (ldaps, ldap) = (free_port(), free_port());
        let process = Mutex::new(spawn(path, ldaps, ldap));
        Self { folder, process, ldaps, ldap }
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = process.kill();
        let _ = process.wait();
    }

    /// Starts it again.
    pub fn restart(&self) {
        self.kill();
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) =
            spawn(self.folder.path(), self.ldaps, self.ldap);
    }

    /// Lets it go no further, or go on.
    pub fn stop(&self, stop: bool) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = Pid::from_raw(process.id().try_into().expect("a process id"));
        kill(pid, if stop { Signal::SIGSTOP } else { Signal::SIGCONT }).expect("cannot send a signal");
    }

    /// A file of its folder: `ca.pem`, `host1.pem`, `host1.key`, `other-ca.pem`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where it listens, with TLS from the beginning.
    #[must_use]
    pub fn ldaps(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.ldaps)
    }

    /// Where it listens, with TLS by StartTLS.
    #[must_use]
    pub fn ldap(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.ldap)
    }

    /// The port with TLS from the beginning.
    #[must_use]
    pub const fn ldaps_port(&self) -> u16 {
        self.ldaps
    }

    /// The directory as a host with a password has it.
    #[must_use]
    pub fn directory(&self) -> Directory {
        let authorities = std::fs::read(self.file("ca.pem")).expect("no authority");
        Directory {
            servers: vec![Server::parse(&self.ldaps()).expect("an address")],
            base: BASE.to_owned(),
            user_attribute: "uid".to_owned(),
            tls: client_config(&authorities, None).expect("no TLS"),
            identity: Identity::Simple { dn: HOST.0.to_owned(), password: HOST.1.to_owned().into() },
            deadline: Duration::from_secs(20),
            wrap: None,
        }
    }

    /// Adds people.
    pub fn add(&self, names: &[&str]) {
        let entry = |name: &&str| format!("dn: uid={name},{BASE}\nobjectClass: account\nuid: {name}\n\n");
        let entries: String = names.iter().map(entry).collect();
        feed(&mut self.admin("ldapadd"), &entries);
    }

    /// Whether there is somebody of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        !self.search(&format!("(uid={name})"), &["1.1"]).is_empty()
    }

    /// Removes somebody.
    pub fn delete(&self, name: &str) {
        run(self.admin("ldapdelete").arg(format!("uid={name},{BASE}")));
    }

    /// Changes what is there, as the administrator.
    pub fn change(&self, ldif: &str) {
        feed(&mut self.admin("ldapmodify"), ldif);
    }

    /// What the administrator sees of these entries.
    #[must_use]
    pub fn search(&self, filter: &str, attributes: &[&str]) -> String {
        let found = run(self
            .admin("ldapsearch")
            .args(["-LLL", "-o", "ldif-wrap=no", "-b", BASE, filter])
            .args(attributes));
        String::from_utf8_lossy(&found.stdout).into_owned()
    }

    fn admin(&self, program: &str) -> Command {
        self.tool(program, ADMINISTRATOR)
    }

    /// A program of OpenLDAP's, for somebody with a password.
    #[must_use]
    pub fn tool(&self, program: &str, (dn, password): (&str, &str)) -> Command {
        let mut command = Command::new(program);
        command.env("LDAPTLS_CACERT", self.file("ca.pem")).args([
            "-x",
            "-H",
            &self.ldaps(),
            "-D",
            dn,
            "-w",
            password,
        ]);
        command
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port of 127.0.0.1 that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.expect("no free port on 127.0.0.1").port()
}

fn spawn(folder: &Path, ldaps: u16, ldap: u16) -> Child {
    let addresses = format!("ldaps://127.0.0.1:{ldaps} ldap://127.0.0.1:{ldap}");
    let mut command = Command::new("/usr/sbin/slapd");
    command.arg("-f").arg(folder.join("slapd.conf")).args(["-h", &addresses, "-d", "0"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.expect("slapd does not start: make deps-test");
    let end = Instant::now() + Duration::from_secs(30);
    while std::net::TcpStream::connect(("127.0.0.1", ldap)).is_err() {
        assert!(Instant::now() < end, "slapd does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

/// An authority, the server's certificate, a host's, and an authority that nobody trusts.
fn certificates(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        run(Command::new("openssl").current_dir(folder).args(arguments));
    };
    let new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    for (name, subject) in [("ca", "/CN=Authority"), ("other-ca", "/CN=Another authority")] {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let files = ["-keyout", &key, "-out", &certificate, "-days", "2", "-subj", subject];
        openssl(
            &[&["req", "-x509"][..], &new_key, &files, &["-addext", "keyUsage=critical,keyCertSign"]]
                .concat(),
        );
    }
    for (name, subject, extension) in [
        ("server", "/CN=directory", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ("wrong-name", "/CN=directory", "subjectAltName=DNS:other.example.org"),
        ("host1", "/DC=org/DC=example/OU=hosts/CN=host1", "extendedKeyUsage=clientAuth"),
    ] {
        let [key, request, certificate, extensions] =
            ["key", "csr", "pem", "ext"].map(|ending| format!("{name}.{ending}"));
        std::fs::write(folder.join(&extensions), extension).expect("cannot write");
        openssl(&[&["req"][..], &new_key, &["-keyout", &key, "-out", &request, "-subj", subject]].concat());
        openssl(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            &extensions,
            "-out",
            &certificate,
        ]);
        std::fs::set_permissions(folder.join(&key), PermissionsExt::from_mode(0o600))
            .expect("cannot set a mode");
    }
}

/// The repository's `config/ldap`.
fn shipped(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/ldap").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn configuration(folder: &Path, more: &str) -> String {
    let folder = folder.display();
    let schemas = ["core", "cosine"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n")).concat();
    let schema = shipped("insis-otp.schema");
    let access = shipped("access.conf");
    format!(
        "{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload otp\n{schema}\n\
         pidfile {folder}/slapd.pid\nTLSCACertificateFile {folder}/ca.pem\n\
         TLSCertificateFile {folder}/server.pem\nTLSCertificateKeyFile {folder}/server.key\n\
         TLSVerifyClient try\nsizelimit 500\n\
         database mdb\nmaxsize 134217728\nsuffix \"dc=example,dc=org\"\ndirectory {folder}/db\n\
         rootdn \"{}\"\nrootpw \"{}\"\nindex uid,insisOtpState,insisOtpInvitation pres,eq\n\
         limits group/groupOfNames/member=\"cn=otp-hosts,ou=groups,dc=example,dc=org\" size.prtotal=unlimited\n\
         {more}\n{access}\naccess to * by self write by users read by anonymous auth\n",
        ADMINISTRATOR.0, ADMINISTRATOR.1
    )
}

fn start_ldif() -> String {
    let unit = |name: &str| {
        format!("dn: ou={name},dc=example,dc=org\nobjectClass: organizationalUnit\nou: {name}\n\n")
    };
    let host = |(dn, password): (&str, &str)| {
        let name = dn.trim_start_matches("cn=").split(',').next().unwrap_or_default();
        format!(
            "dn: {dn}\nobjectClass: device\nobjectClass: simpleSecurityObject\ncn: {name}\nuserPassword: {password}\n\n"
        )
    };
    format!(
        "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: example\ndc: example\n\n{}{}{}{}{}\
         dn: cn=otp-hosts,ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: otp-hosts\nmember: {}\n\n{}\n",
        unit("people"),
        unit("hosts"),
        unit("groups"),
        host(HOST),
        host(STRANGER),
        HOST.0,
        shipped("nobody.ldif"),
    )
}
