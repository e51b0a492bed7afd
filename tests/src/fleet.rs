//! A directory that keeps enrollments: a real slapd on 127.0.0.1, with the schema and the access rules that are shipped.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use insis_otp::config::{Config, Server};
use insis_otp::oath::{
    Digits, OtpGenerator, Parameters, Period, RecoveryCodes, Salt, Secret, Step, UnixTime,
};
use insis_otp::record::{AppEntry, Enrollment, UserName};
use insis_otp::service::{FleetClient, system_clock};
use insis_otp::store::UserStore;
use insis_otp::verify::{State, UsedSteps};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use otp_fleet::message::Identity;
use otp_fleet::store::{Directory, LdapStore, LdapUser};
use otp_fleet::tls::client_config;

use crate::env::{CONFIG, Env, feed, run};

/// slapd, until dropped. Its data is in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct Slapd {
    folder: tempfile::TempDir,
    address: Address,
    process: Mutex<Child>,
    ldaps: u16,
    ldap: u16,
}

/// Where a server is: an address, and the network namespace that has it, if that is another one.
#[derive(Clone, Debug)]
pub struct Address {
    /// The address.
    pub host: String,
    /// The name of the namespace.
    pub namespace: Option<String>,
}

impl Address {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        Self { host: "127.0.0.1".to_owned(), namespace: None }
    }
}

/// How a host says who it is.
pub const BY_PASSWORD: &str = "bind_dn = \"cn=host1,ou=hosts,dc=example,dc=org\"\n\
                               password_file = \"/etc/security/insis-otp-fleet-password\"";
/// The same, by a certificate.
pub const BY_CERTIFICATE: &str = "certificate_file = \"/etc/security/fleet-host.pem\"\n\
                                  key_file = \"/etc/security/fleet-host.key\"";

/// Somebody who has enrolled in a directory, two hours ago.
#[derive(Debug)]
pub struct Member {
    name: UserName,
    key: OtpGenerator,
    directory: Directory,
}

impl Member {
    /// Adds somebody to the directory, and enrolls them.
    ///
    /// # Panics
    /// When it cannot be done.
    #[must_use]
    pub fn new(slapd: &Slapd, name: &str) -> Self {
        if !slapd.has(name) {
            slapd.add(&[name]);
        }
        let secret = Secret::from_bytes(format!("{name:*<20}").as_bytes()).expect("a secret");
        let key = OtpGenerator::new(secret, Parameters::default());
        let member = Self { name: UserName::parse(name).expect("a name"), key, directory: slapd.directory() };
        member.enroll();
        member
    }

    fn enroll(&self) {
        let before = UnixTime(system_clock().0 - 7200);
        let enrollment = Enrollment {
            user: self.name.clone(),
            entry: AppEntry {
                key: self.key.clone(),
                issuer: "example".into(),
                account: format!("{}@example", self.name),
            },
            enrolled_at: before,
            recovery: RecoveryCodes::new(&[], Salt::default()),
        };
        let step = before.step(Period::default());
        let state = State { used: UsedSteps::since_enrollment(step, step.next()), ..State::default() };
        self.part().create(&enrollment, &state, &|| Ok(())).expect("cannot enroll");
    }

    /// As after the enrollment: every code of today is good again.
    pub fn again(&self) {
        self.part().remove(None).expect("cannot remove");
        self.enroll();
    }

    /// The part of the store.
    #[must_use]
    pub fn part(&self) -> LdapUser {
        LdapStore::new(self.directory.clone()).of(&self.name)
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        self.part().load().expect("not enrolled").state
    }

    /// The present step.
    #[must_use]
    pub fn step() -> Step {
        system_clock().step(Period::default())
    }

    /// The code of a step.
    #[must_use]
    pub fn code_of(&self, step: Step) -> String {
        self.key.code(step).reveal(Digits::Six).to_string()
    }

    /// The present code, with so much time left that it is still right when it arrives.
    #[must_use]
    pub fn code(&self) -> String {
        let now = system_clock();
        let left = Self::step().next().start(Period::default()).0.saturating_sub(now.0);
        if left < 5 {
            std::thread::sleep(Duration::from_secs(left + 1));
        }
        self.code_of(Self::step())
    }

    /// A code of no step that could be meant.
    #[must_use]
    pub fn wrong(&self) -> String {
        let near: Vec<_> = Self::step().around(200).map(|step| self.code_of(Step(step))).collect();
        let mut numbers = (0..1_000_000).map(|number| format!("{number:06}"));
        numbers.find(|code| !near.contains(code)).expect("a wrong code")
    }

    /// The way of a host of these settings to the part, by `otp-fleet`.
    ///
    /// # Panics
    /// When the settings are none.
    #[must_use]
    pub fn client(&self, settings: &str) -> FleetClient {
        let config = Config::parse(settings, Path::new(CONFIG)).expect("settings");
        FleetClient::new(&config, config.fleet.as_ref().expect("a directory"), &self.name)
    }
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
        Self::at(Address::here(), more, &start_ldif())
    }

    /// Starts it elsewhere, with these entries.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn at(address: Address, more: &str, entries: &str) -> Self {
        let folder = tempfile::tempdir().expect("no folder for the directory");
        let path = folder.path();
        // Its socket is for everybody.
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o711)).expect("cannot set a mode");
        std::fs::create_dir(path.join("db")).expect("no folder for the database");
        certificates(path);
        std::fs::write(path.join("slapd.conf"), configuration(path, more)).expect("cannot write");
        if !entries.is_empty() {
            std::fs::write(path.join("start.ldif"), entries).expect("cannot write");
            run(Command::new("/usr/sbin/slapadd")
                .arg("-f")
                .arg(path.join("slapd.conf"))
                .arg("-l")
                .arg(path.join("start.ldif")));
        }
        let (ldaps, ldap) = (free_port(), free_port());
        let process = Mutex::new(spawn(path, &address, ldaps, ldap));
        Self { folder, address, process, ldaps, ldap }
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
            spawn(self.folder.path(), &self.address, self.ldaps, self.ldap);
    }

    /// Starts it again with these lines in the configuration of its database.
    pub fn reconfigure(&self, more: &str) {
        let folder = self.folder.path();
        std::fs::write(folder.join("slapd.conf"), configuration(folder, more)).expect("cannot write");
        self.restart();
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
        format!("ldaps://{}:{}", self.address.host, self.ldaps)
    }

    /// Where it listens, with TLS by StartTLS.
    #[must_use]
    pub fn ldap(&self) -> String {
        format!("ldap://{}:{}", self.address.host, self.ldap)
    }

    /// Where it listens for programs of this machine.
    #[must_use]
    pub fn ldapi(&self) -> String {
        format!("ldapi://{}", socket_of(self.folder.path()))
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

    /// The settings of a host that keeps enrollments here, with this identity and these lines more.
    #[must_use]
    pub fn settings(&self, server: &str, identity: &str, more: &str) -> String {
        format!(
            "store = \"ldap\"\n{more}\n[fleet]\nservers = [\"{server}\"]\nbase = \"{BASE}\"\n\
             ca_file = \"/etc/security/fleet-ca.pem\"\nattempts_per_second = 1000\n{identity}\n"
        )
    }

    /// Makes a machine a host of this directory, which knows it by its password; `more` are further settings.
    pub fn join(&self, env: &Env, more: &str) {
        self.join_as(env, BY_PASSWORD, more);
    }

    /// The same, by [`BY_PASSWORD`] or [`BY_CERTIFICATE`].
    pub fn join_as(&self, env: &Env, identity: &str, more: &str) {
        for (name, file) in [("ca", "ca.pem"), ("host", "host1.pem")] {
            let text = std::fs::read(self.file(file)).expect("no certificate");
            env.write(format!("/etc/security/fleet-{name}.pem").as_ref(), &text, 0o644);
        }
        let key = std::fs::read(self.file("host1.key")).expect("no key");
        env.write("/etc/security/fleet-host.key".as_ref(), &key, 0o600);
        env.write(
            "/etc/security/insis-otp-fleet-password".as_ref(),
            format!("{}\n", HOST.1).as_bytes(),
            0o600,
        );
        env.write(CONFIG.as_ref(), self.settings(&self.ldaps(), identity, more).as_bytes(), 0o644);
    }

    /// Lets people of this machine reach the directory without root: `otp-helper`'s group reads who the host is to it.
    pub fn open_to_people(env: &Env) {
        for file in ["/etc/security/insis-otp-fleet-password", "/etc/security/fleet-host.key"] {
            run(env.command("chgrp").args(["insis-otp", file]));
            run(env.command("chmod").args(["0640", file]));
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

fn socket_of(folder: &Path) -> String {
    folder.join("ldapi").display().to_string().replace('/', "%2F")
}

fn spawn(folder: &Path, address: &Address, ldaps: u16, ldap: u16) -> Child {
    let (socket, host) = (socket_of(folder), &address.host);
    let any = if address.namespace.is_some() { "0.0.0.0" } else { host.as_str() };
    let addresses = format!("ldaps://{any}:{ldaps} ldap://{any}:{ldap} ldapi://{socket}");
    let mut command = match &address.namespace {
        Some(name) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", name, "/usr/sbin/slapd"]);
            command
        }
        None => Command::new("/usr/sbin/slapd"),
    };
    command.arg("-f").arg(folder.join("slapd.conf")).args(["-h", &addresses, "-d", "0"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.expect("slapd does not start: make deps-test");
    let end = Instant::now() + Duration::from_secs(30);
    while std::net::TcpStream::connect((host.as_str(), ldap)).is_err() {
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
        (
            "server",
            "/CN=directory",
            "subjectAltName=IP:127.0.0.1,DNS:localhost,IP:10.77.1.2,IP:10.77.2.2,DNS:ldap.example.org",
        ),
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
///
/// # Panics
/// When there is no such file.
#[must_use]
pub fn shipped(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/ldap").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn configuration(folder: &Path, more: &str) -> String {
    let folder = folder.display();
    // What is for the whole server stands before its databases.
    let (global, more): (Vec<_>, Vec<_>) =
        more.lines().partition(|line| line.starts_with("authz-regexp") || line.starts_with("moduleload"));
    let (global, more) = (global.join("\n"), more.join("\n"));
    let schemas = ["core", "cosine"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n")).concat();
    let schema = shipped("insis-otp.schema");
    let access = shipped("access.conf");
    format!(
        "{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload otp\n{global}\n{schema}\n\
         pidfile {folder}/slapd.pid\nTLSCACertificateFile {folder}/ca.pem\n\
         TLSCertificateFile {folder}/server.pem\nTLSCertificateKeyFile {folder}/server.key\n\
         TLSVerifyClient try\nsizelimit 500\n\
         database mdb\nmaxsize 1073741824\nsuffix \"dc=example,dc=org\"\ndirectory {folder}/db\n\
         rootdn \"{}\"\nrootpw \"{}\"\nindex objectClass eq\nindex uid,insisOtpState,insisOtpInvitation pres,eq\n\
         limits group/groupOfNames/member=\"cn=otp-hosts,ou=groups,dc=example,dc=org\" size.prtotal=unlimited\n\
         {more}\n{access}\naccess to attrs=userPassword by self write by anonymous auth by * none\n\
         access to * by self write by users read by anonymous auth\n",
        ADMINISTRATOR.0, ADMINISTRATOR.1
    )
}

/// The entries that a directory begins with.
#[must_use]
pub fn start_ldif() -> String {
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
