//! A 389 Directory Server that keeps enrollments: a real one, on this machine, with the schema and the rules that are shipped. It is
//! asked by its socket. Making one takes a quarter of a minute, so that there is one for all tests, each of which has people of
//! its own there; it ends with the machine.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use insis_otp::config::Server;
use nix::fcntl::{Flock, FlockArg};
use otp_fleet::message::Identity;
use otp_fleet::store::Directory;
use otp_fleet::tls::without_authorities;

use crate::env::{feed, run, talk};
use crate::fleet::{HOST, shipped, start_ldif};

const ADMINISTRATOR: (&str, &str) = ("cn=Directory Manager", "administrator");

/// One test's people in it.
#[derive(Debug)]
pub struct Ds389 {
    instance: Instance,
    base: String,
}

/// One server: its name, and the first of its ports.
#[derive(Clone, Copy, Debug)]
struct Instance(&'static str, u16);

/// What takes the place of systemd while an instance is made: it starts the server, which is then asked to make a database.
const SYSTEMCTL: &str = r#"#!/bin/sh
for word; do case $word in dirsrv@*) name=${word#dirsrv@};; esac; done
pid=/run/dirsrv/slapd-$name.pid
case $1 in
start)
	ns-slapd -D "/etc/dirsrv/slapd-$name" -i "$pid"
	for i in $(seq 600); do
		ldapwhoami -x -H "ldapi://%2Frun%2Fslapd-$name.socket" >/dev/null 2>&1 && exit 0
		sleep 0.1
	done
	exit 1
	;;
stop) kill "$(cat "$pid")" ;;
is-active) kill -0 "$(cat "$pid" 2>/dev/null)" 2>/dev/null || exit 3 ;;
esac
"#;

impl Ds389 {
    /// People of this test's own, none so far.
    ///
    /// # Panics
    /// When there is no server and none can be made.
    #[must_use]
    pub fn start() -> Self {
        Self::of(Instance("otp", 13389))
    }

    /// The same in a test that has a `/run` of its own ([`Env`](crate::env::Env)), where no other server is seen.
    ///
    /// # Panics
    /// When none can be made.
    #[must_use]
    pub fn start_in_env() -> Self {
        Self::of(Instance("env", 14389))
    }

    fn of(instance: Instance) -> Self {
        let lock = File::create("/run/otp-test/389.lock").expect("no lock");
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).expect("no lock");
        if !instance.answers() {
            instance.make();
        }
        let unit = format!("p{}", std::process::id());
        let base = format!("ou={unit},dc=example,dc=org");
        let own = |text: &str| text.replace("ou=people,dc=example,dc=org", &base);
        let entry = format!("dn: {base}\nobjectClass: organizationalUnit\nou: {unit}\n\n");
        feed(&mut instance.admin("ldapadd"), &format!("{entry}{}", own(&shipped("nobody.ldif"))));
        feed(&mut instance.admin("ldapmodify"), &own(&shipped("389-ds/access.ldif")));
        Self { instance, base }
    }

    /// Below it are this test's people.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where it listens.
    #[must_use]
    pub fn ldapi(&self) -> String {
        self.instance.ldapi()
    }

    /// The directory as a host with a password has it.
    #[must_use]
    pub fn directory(&self) -> Directory {
        Directory {
            servers: vec![Server::parse(&self.ldapi()).expect("an address")],
            base: self.base.clone(),
            user_attribute: "uid".to_owned(),
            tls: without_authorities().expect("no TLS"),
            identity: Identity::Simple { dn: HOST.0.to_owned(), password: HOST.1.to_owned().into() },
            deadline: Duration::from_secs(20),
            wrap: None,
        }
    }

    /// Adds somebody.
    pub fn add(&self, name: &str) {
        let entry = format!("dn: uid={name},{}\nobjectClass: account\nuid: {name}\n", self.base);
        feed(&mut self.instance.admin("ldapadd"), &entry);
    }

    /// Whether there is somebody of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let found = self
            .instance
            .admin("ldapsearch")
            .args(["-LLL", "-b", &self.base, &format!("(uid={name})"), "1.1"])
            .output();
        found.is_ok_and(|found| String::from_utf8_lossy(&found.stdout).contains("dn: "))
    }

    /// Removes somebody.
    pub fn delete(&self, name: &str) {
        run(self.instance.admin("ldapdelete").arg(format!("uid={name},{}", self.base)));
    }

    /// Changes what is there, as the administrator.
    pub fn change(&self, ldif: &str) {
        feed(&mut self.instance.admin("ldapmodify"), ldif);
    }

    /// A program of OpenLDAP's, for somebody with a password.
    #[must_use]
    pub fn tool(&self, program: &str, who: (&str, &str)) -> Command {
        self.instance.tool(program, who)
    }
}

impl Instance {
    fn ldapi(self) -> String {
        format!("ldapi://%2Frun%2Fslapd-{}.socket", self.0)
    }

    fn pid_file(self) -> String {
        format!("/run/dirsrv/slapd-{}.pid", self.0)
    }

    fn folder(self) -> String {
        format!("/etc/dirsrv/slapd-{}", self.0)
    }

    fn admin(self, program: &str) -> Command {
        self.tool(program, ADMINISTRATOR)
    }

    fn tool(self, program: &str, (dn, password): (&str, &str)) -> Command {
        let mut command = Command::new(program);
        command.args(["-x", "-H", &self.ldapi(), "-D", dn, "-w", password]);
        command
    }

    fn answers(self) -> bool {
        talk(Command::new("ldapwhoami").args(["-x", "-H", &self.ldapi()]), "").status.success()
    }

    fn make(self) {
        let Self(name, port) = self;
        let folder = tempfile::tempdir().expect("no folder");
        let systemctl = folder.path().join("systemctl");
        std::fs::write(&systemctl, SYSTEMCTL).expect("cannot write");
        std::fs::set_permissions(&systemctl, PermissionsExt::from_mode(0o755)).expect("cannot set a mode");
        let settings = format!(
            "[general]\nconfig_version = 2\nfull_machine_name = localhost.localdomain\nstrict_host_checking = False\n\
         selinux = False\n[slapd]\ninstance_name = {name}\nroot_password = {}\nport = {port}\nsecure_port = {}\n\
         self_sign_cert = False\n[backend-userroot]\nsuffix = dc=example,dc=org\ncreate_suffix_entry = False\n\
         sample_entries = no\n",
            ADMINISTRATOR.1,
            port + 1
        );
        let file = folder.path().join("settings.inf");
        std::fs::write(&file, settings).expect("cannot write");
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
        run(Command::new("dscreate").env("PATH", path).arg("from-file").arg(&file));
        if let Ok(pid) = std::fs::read_to_string(self.pid_file()) {
            let _ = Command::new("kill").arg(pid.trim()).output();
            let end = Instant::now() + Duration::from_secs(30);
            while Path::new(&format!("/proc/{}", pid.trim())).exists() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        for schema in ["60oath-ldap.ldif", "61insis-otp.ldif"] {
            let text = shipped(&format!("389-ds/{schema}"));
            std::fs::write(format!("{}/schema/{schema}", self.folder()), text).expect("cannot write");
        }
        run(Command::new("ns-slapd").args(["-D", &self.folder(), "-i", &self.pid_file()]));
        let end = Instant::now() + Duration::from_secs(60);
        while !self.answers() {
            assert!(Instant::now() < end, "ns-slapd does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        // dscreate has made the suffix.
        talk(self.admin("ldapadd").arg("-c"), &start_ldif());
        assert!(talk(&mut self.tool("ldapwhoami", HOST), "").status.success(), "the hosts are not there");
    }
}
