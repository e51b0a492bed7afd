//! The PAM stacks that a site installs, and the recipes in config/README.md: nobody gets through one of them for less than
//! it says, whichever drop-in and whichever policy it is combined with, and nobody is asked for a code before the password.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{CONFIG, Env, run};
use insis_otp_tests::pam::{Code, Login, Message, Reply, Stack};
use insis_otp_tests::ssh::Sshd;

const PASSWORD: &str = "correct horse";
const KEY: &str = "/run/otp-test/key";

fn shipped(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Which stack sshd has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    /// Debian's own, with the profile of the package switched on.
    Profile,
    /// pam.d/sshd
    Password,
    /// pam.d/sshd-enroll
    Enroll,
    /// pam.d/sshd-key-and-code
    Key,
}

/// Who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Person {
    Enrolled,
    NotEnrolled,
    Exempt,
}

/// What somebody has to show.
#[derive(Clone, Copy, Debug)]
struct Proofs {
    key: bool,
    password: bool,
    code: bool,
}

/// A way to set up a machine.
#[derive(Clone, Copy, Debug)]
struct Setup {
    model: Model,
    /// The drop-in asks for a key first, as its text offers.
    key_first: bool,
    unenrolled: &'static str,
}

impl Setup {
    /// Every combination of this model with a drop-in and one of these policies.
    fn all(model: Model, policies: &[&'static str]) -> Vec<Self> {
        let with = |key_first| policies.iter().map(move |unenrolled| Self { model, key_first, unenrolled });
        with(false).chain(with(true)).collect()
    }

    /// Whether this should open the login: at least two proofs from who has enrolled, at least one from everybody.
    fn opens(self, person: Person, shown: Proofs) -> bool {
        let first = match self.model {
            Model::Key => self.key_first && shown.key,
            _ => shown.password && (shown.key || !self.key_first),
        };
        first
            && match person {
                Person::Enrolled => shown.code,
                // Nobody here goes through with the enrollment within the login.
                Person::NotEnrolled => self.unenrolled == "ignore",
                Person::Exempt => true,
            }
    }

    fn install(self, env: &Env) -> Sshd {
        pam_auth_update(env, if self.model == Model::Profile { "--enable" } else { "--remove" });
        let stack = match self.model {
            Model::Profile => std::fs::read_to_string("/run/otp-test/distribution").unwrap(),
            Model::Password => shipped("pam.d/sshd"),
            Model::Enroll => shipped("pam.d/sshd-enrol"),
            Model::Key => shipped("pam.d/sshd-key-and-code"),
        };
        env.write("/etc/pam.d/sshd".as_ref(), stack.as_bytes(), 0o644);
        let exempt: Vec<_> = proofs().map(|shown| format!("{:?}", Person::Exempt.user(shown))).collect();
        let exempt = exempt.join(", ");
        let settings = format!("unenrolled = \"{}\"\nexempt_users = [{exempt}]\n", self.unenrolled);
        env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
        let mut dropin = shipped("sshd_config.d/insis-otp.conf");
        if self.key_first {
            dropin = dropin
                .replace("\nAuthenticationMethods keyboard", "\nAuthenticationMethods publickey,keyboard");
        }
        Sshd::start(env, "sshd", &format!("{dropin}\nMaxStartups 100\nLoginGraceTime 300"))
    }
}

/// Switches the profile. Another test of this machine may have debconf's database for a moment.
fn pam_auth_update(env: &Env, switch: &str) {
    let mut update = env.command("pam-auth-update");
    update.env("DEBIAN_FRONTEND", "noninteractive").args(["--package", switch, "insis-otp"]);
    let done = (0..50).any(|_| {
        let done = update.output().expect("libpam-runtime is missing: make deps").status.success();
        done || {
            std::thread::sleep(Duration::from_millis(100));
            false
        }
    });
    assert!(done, "{:?}", update.output());
}

/// Answers as a person does: the password where it is asked for, and otherwise the code.
const ASKPASS: &str =
    "#!/bin/sh\ncase $1 in *assword*) echo \"$TEST_PASSWORD\" ;; *) echo \"$TEST_CODE\" ;; esac\n";

fn attempt(sshd: &Sshd, person: &str, shown: Proofs, code: &str) -> Child {
    let mut ssh = sshd.ssh(person, if shown.key { &["-i", KEY] } else { &["-o", "PubkeyAuthentication=no"] });
    ssh.arg("id -un").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    ssh.env("SSH_ASKPASS", "/run/otp-test/person").env("SSH_ASKPASS_REQUIRE", "force").env("DISPLAY", "none");
    ssh.env("TEST_PASSWORD", if shown.password { PASSWORD } else { "wrong" });
    ssh.env("TEST_CODE", if shown.code { code } else { "" });
    ssh.spawn().expect("cannot start ssh")
}

const PEOPLE: [Person; 3] = [Person::Enrolled, Person::NotEnrolled, Person::Exempt];

impl Person {
    /// The user who shows these proofs: one for each set of them, so that they can come at the same time.
    fn user(self, shown: Proofs) -> String {
        let bits = u8::from(shown.key) + 2 * u8::from(shown.password) + 4 * u8::from(shown.code);
        let kind = match self {
            Self::Enrolled => "anna",
            Self::NotEnrolled => "bert",
            Self::Exempt => "exempt",
        };
        format!("{kind}{bits}")
    }
}

/// Everybody, with every set of proofs.
fn everybody() -> impl Iterator<Item = (Person, Proofs)> {
    PEOPLE.into_iter().flat_map(|person| proofs().map(move |shown| (person, shown)))
}

fn proofs() -> impl Iterator<Item = Proofs> {
    (0..8).map(|bits| Proofs { key: bits & 1 != 0, password: bits & 2 != 0, code: bits & 4 != 0 })
}

fn machine() -> Env {
    // Debian's way to check passwords, without the pause after a wrong one.
    let unix =
        std::fs::read_to_string("/usr/share/pam-configs/unix").expect("libpam-runtime is missing: make deps");
    let env = Env::build().file(
        "/usr/share/pam-configs/unix",
        unix.replace("pam_unix.so nullok", "pam_unix.so nodelay"),
        0o644,
    );
    let env = env.file("/usr/share/pam-configs/insis-otp", shipped("pam-configs/insis-otp"), 0o644);
    let env = everybody().fold(env, |env, (person, shown)| env.user(&person.user(shown), PASSWORD));
    let env = env.file("/run/otp-test/person", ASKPASS, 0o755);
    let stack = std::fs::read_to_string("/etc/pam.d/sshd").expect("openssh-server is missing: make deps");
    let env = env.file("/run/otp-test/distribution", stack, 0o644).start();
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", KEY]));
    let public = std::fs::read(format!("{KEY}.pub")).unwrap();
    for (person, shown) in everybody() {
        env.write(&env.home(&person.user(shown)).join(".ssh/authorized_keys"), &public, 0o644);
    }
    env
}

fn enroll_all() -> Vec<Enrolled> {
    proofs().map(|shown| Enrolled::user(&Person::Enrolled.user(shown))).collect()
}

/// Logs in with every set of proofs at once, and says which logins came out otherwise than they should.
fn surprises(env: &Env, setup: Setup, enrolled: &[Enrolled]) -> Vec<String> {
    let sshd = setup.install(env);
    enrolled.iter().for_each(Enrolled::again);
    let logins: Vec<_> = everybody()
        .zip(enrolled.iter().cycle())
        .map(|((person, shown), paired)| {
            let user = person.user(shown);
            (person, shown, attempt(&sshd, &user, shown, &paired.code()), user)
        })
        .collect();
    let outcomes = logins.into_iter().map(|(person, shown, ssh, user)| {
        let output = ssh.wait_with_output().unwrap();
        (person, shown, String::from_utf8_lossy(&output.stdout).trim() == user)
    });
    outcomes
        .filter(|&(person, shown, opened)| opened != setup.opens(person, shown))
        .map(|(person, shown, opened)| format!("{setup:?} {person:?} {shown:?}: let in: {opened}"))
        .collect()
}

/// No combination opens for less than the model says, or keeps out who shows it all.
fn holds(model: Model, policies: &[&'static str]) {
    let env = machine();
    let enrolled = enroll_all();
    let found: Vec<_> =
        Setup::all(model, policies).into_iter().flat_map(|setup| surprises(&env, setup, &enrolled)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_profile_with_any_drop_in_and_policy() {
    holds(Model::Profile, &["deny", "ignore", "enrol"]);
}

#[test]
fn the_model_for_password_and_code_with_any_drop_in_and_policy() {
    holds(Model::Password, &["deny", "ignore", "enrol"]);
}

#[test]
fn the_model_for_enrollment_with_any_drop_in_and_policy() {
    holds(Model::Enroll, &["deny", "ignore", "enrol"]);
}

#[test]
fn the_model_for_key_and_code_with_any_drop_in_and_policy() {
    holds(Model::Key, &["deny", "ignore", "enrol"]);
}

#[test]
fn without_a_key_the_model_for_keys_asks_nobody_for_anything() {
    let env = machine();
    let enrolled = enroll_all();
    let setup = Setup { model: Model::Key, key_first: false, unenrolled: "ignore" };
    assert!(surprises(&env, setup, &enrolled).is_empty());
    let lines = env.syslog().lines();
    assert!(lines.iter().all(|line| !line.contains("pam_insis_otp(")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("pam_exec(sshd:auth)")), "{lines:?}");
    assert!(enrolled.iter().all(|paired| paired.status().failures == 0));
}

/// The lines that count in a stack, blanks made alike.
fn lines(stack: &str) -> Vec<String> {
    let lines = stack.lines().map(|line| line.split(" #").next().unwrap_or_default());
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn models_are_the_distributions_own_files_and_our_line() {
    // Debian 12 reads ~/.pam_environment here, Debian 13 does not any more.
    let reads_home = "session required pam_env.so user_readenv=1 envfile=/etc/default/locale";
    for service in ["login", "sshd", "su", "sudo", "sudo-i"] {
        let theirs = std::fs::read_to_string(format!("/etc/pam.d/{service}")).expect("make deps");
        let mut theirs = lines(&theirs);
        for line in &mut theirs {
            if line == reads_home {
                *line = line.replace(" user_readenv=1", "");
            }
            if line == "session optional pam_lastlog.so" {
                line.insert(0, '-');
            }
        }
        let password = theirs.iter().position(|line| line == "@include common-auth").expect("Debian's file");
        theirs.insert(password + 1, "auth required pam_insis_otp.so".to_owned());
        assert_eq!(lines(&shipped(&format!("pam.d/{service}"))), theirs, "{service}");
        if service == "sshd" {
            // The same, and two lines for the enrollment within the login.
            let account =
                theirs.iter().position(|line| line == "@include common-account").expect("Debian's file");
            theirs.insert(account, "account required pam_insis_otp.so".to_owned());
            theirs.push("password required pam_insis_otp.so".to_owned());
            assert_eq!(lines(&shipped("pam.d/sshd-enrol")), theirs);
        }
    }
}

/// Types the right password or a wrong one, and a code that is none.
fn prompts_of(login: Login, password: &'static str, code: &str) -> (Code, Vec<String>) {
    let code = code.to_owned();
    let mut pam =
        login
            .user("anna")
            .answers(move |message: &Message| {
                if message.text.contains("assword") { Reply::text(password) } else { Reply::text(&code) }
            })
            .begin();
    (pam.authenticate(), pam.prompts())
}

/// The indented block of config/README.md that begins with this line.
fn recipe(first: &str) -> String {
    let page = shipped("README.md");
    let lines = page.lines().skip_while(|line| line.trim() != first).skip(1);
    let block: Vec<_> = lines.map_while(|line| line.strip_prefix("    ")).collect();
    assert!(!block.is_empty(), "config/README.md has no block that begins with {first:?}");
    block.join("\n")
}

#[test]
fn the_recipe_for_authselect_asks_for_a_code_only_after_the_right_password() {
    let env = Env::build().user("anna", PASSWORD).start();
    let anna = Enrolled::user("anna");
    let password_auth = recipe("# password-auth, system-auth").replace("pam_unix.so", "pam_unix.so nodelay");
    env.write("/etc/pam.d/password-auth".as_ref(), password_auth.as_bytes(), 0o644);
    env.write("/etc/pam.d/postlogin".as_ref(), b"", 0o644);
    // As these systems' sshd includes it, and as sudo does.
    for service in ["auth substack password-auth\nauth include postlogin", "auth include password-auth"] {
        anna.again();
        let stack = Stack::new("sshd", service);
        std::fs::copy("/etc/pam.d/password-auth", stack.folder().join("password-auth")).unwrap();
        std::fs::copy("/etc/pam.d/postlogin", stack.folder().join("postlogin")).unwrap();
        let (code, prompts) = prompts_of(Login::on(&stack), "wrong", &anna.code());
        assert!(code != Code::SUCCESS && prompts == ["Password: "], "{service}: {code:?} {prompts:?}");
        let (code, _) = prompts_of(Login::on(&stack), PASSWORD, "");
        assert_ne!(code, Code::SUCCESS, "{service}");
        let (code, prompts) = prompts_of(Login::on(&stack), PASSWORD, &anna.code());
        assert!(
            code == Code::SUCCESS && prompts == ["Password: ", "One-time code: "],
            "{service}: {code:?} {prompts:?}"
        );
    }
}
