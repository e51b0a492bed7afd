//! A machine of a test's own: users, PAM stacks, files, a log, a clock.
//!
//! Every [`Env`] is a mount namespace of its own within the throwaway machine that `tests/machine` makes, so that tests
//! may all call their user anna and their service sshd, and run side by side.
//!
//! ```no_run
//! use insis_otp_tests::env::Env;
//! let env = Env::build()
//!     .user("anna", "correct horse")
//!     .service("door", "auth required pam_unix.so\naccount required pam_permit.so")
//!     .file("/etc/security/insis-otp.toml", "tries = 1\n", 0o644)
//!     .start();
//! let output = env.as_user("anna", "id").output().unwrap();
//! ```

use std::fs::File;
use std::marker::PhantomData;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

use crate::clock::{self, Clock};
use crate::syslog::Syslog;

/// The settings.
pub const CONFIG: &str = "/etc/security/insis-otp.toml";
/// The system store.
pub const STORE: &str = "/var/lib/insis-otp";
/// The program that opens the system store for users.
pub const HELPER: &str = "/usr/libexec/otp-helper";
/// Where an [`Env`] keeps what belongs to the test itself.
pub const BASE: &str = "/run/otp-test";

/// Fails the test when it does not run on the throwaway machine.
pub fn require_machine() {
    assert!(
        std::env::var_os("INSIS_OTP_MACHINE").is_some(),
        "this test changes /etc and users: it is run by make test, on the throwaway machine that tests/machine makes \
         (for one test: make build, then sudo tests/machine cargo nextest run NAME)"
    );
}

/// The module that is installed on the throwaway machine.
///
/// # Panics
/// There is none.
#[must_use]
pub fn module() -> PathBuf {
    require_machine();
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let paths = folders.map(|folder| Path::new(folder).join("security/pam_insis_otp.so"));
    paths.into_iter().find(|path| path.exists()).expect("the module is not installed")
}

/// What a test wants to find on its machine.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    users: Vec<(String, String)>,
    groups: Vec<(String, Vec<String>)>,
    files: Vec<(PathBuf, Vec<u8>, u32)>,
    clock: bool,
}

impl Builder {
    /// A user with a home and a password.
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push((name.to_owned(), password.to_owned()));
        self
    }

    /// A group with these members.
    pub fn group(mut self, name: &str, members: &[&str]) -> Self {
        self.groups.push((name.to_owned(), members.iter().map(|&member| member.to_owned()).collect()));
        self
    }

    /// A PAM service in /etc/pam.d.
    pub fn service(self, name: &str, stack: &str) -> Self {
        self.file(&format!("/etc/pam.d/{name}"), format!("{stack}\n"), 0o644)
    }

    /// The settings.
    pub fn config(self, text: &str) -> Self {
        self.file(CONFIG, text, 0o644)
    }

    /// A file of root's with these contents and mode; folders on the way to it are made.
    pub fn file(mut self, path: &str, contents: impl AsRef<[u8]>, mode: u32) -> Self {
        self.files.push((path.into(), contents.as_ref().to_vec(), mode));
        self
    }

    /// Every process that starts on this machine, also setuid ones and servers, sees the time of [`Env::clock`].
    pub fn clock(mut self) -> Self {
        self.clock = true;
        self
    }

    /// Makes the machine, for this thread and all processes that it starts, until the [`Env`] is dropped.
    #[must_use]
    pub fn start(self) -> Env {
        require_machine();
        let outside = Outside::remember();
        enter();
        let syslog = Syslog::at(&Path::new(BASE).join("log"));
        let clock = self.clock.then(set_clock);
        let env = Env { syslog, clock, _outside: outside, _thread: PhantomData };
        for (name, password) in &self.users {
            env.add_user(name, password);
        }
        for (name, members) in &self.groups {
            env.add_group(name, members);
        }
        for (path, contents, mode) in &self.files {
            env.write(path, contents, *mode);
        }
        env
    }
}

/// The machine. It belongs to the thread that made it.
#[derive(Debug)]
pub struct Env {
    syslog: Syslog,
    clock: Option<Clock>,
    _outside: Outside,
    _thread: PhantomData<*const ()>,
}

impl Env {
    /// Says what the machine shall have.
    pub fn build() -> Builder {
        Builder::default()
    }

    /// A machine with these users, a clock that stands still, and nothing in its log.
    #[must_use]
    pub fn frozen(now: u64, users: &[&str]) -> Self {
        let builder = users.iter().fold(Self::build(), |builder, user| builder.user(user, "secret"));
        let env = builder.clock().start();
        env.clock().freeze(now);
        // What useradd says.
        env.syslog().clear();
        env
    }

    /// The log.
    #[must_use]
    pub fn syslog(&self) -> &Syslog {
        &self.syslog
    }

    /// The log, to be stopped.
    pub fn syslog_mut(&mut self) -> &mut Syslog {
        &mut self.syslog
    }

    /// The clock that [`Builder::clock`] asked for.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.clock.as_ref().expect("Env::build().clock() makes a clock")
    }

    /// A command that root runs, with little in its environment.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(plain_environment("root", "/root")).current_dir("/");
        command
    }

    /// A command that this user runs, with their groups, home and little else.
    #[must_use]
    pub fn as_user(&self, user: &str, program: &str) -> Command {
        let home = self.home(user);
        let mut command = Command::new("setpriv");
        command.args(["--reuid", user, "--regid", user, "--init-groups", "--", program]);
        command.env_clear().envs(plain_environment(user, &home.to_string_lossy())).current_dir(home);
        command
    }

    /// The user's home.
    #[must_use]
    pub fn home(&self, user: &str) -> PathBuf {
        Path::new("/home").join(user)
    }

    /// Adds a user with a home and a password. The hash is a quick one.
    pub fn add_user(&self, name: &str, password: &str) {
        run(Command::new("useradd").args(["--create-home", "--shell", "/bin/bash", "--user-group", name]));
        let mut chpasswd = Command::new("chpasswd");
        feed(
            chpasswd.args(["--crypt-method", "SHA512", "--sha-rounds", "1000"]),
            &format!("{name}:{password}\n"),
        );
    }

    /// Adds a group with these members.
    pub fn add_group(&self, name: &str, members: &[String]) {
        run(Command::new("groupadd").args(["--force", name]));
        for member in members {
            run(Command::new("gpasswd").args(["--add", member, name]));
        }
    }

    /// Writes a file of root's; folders on the way to it are made.
    pub fn write(&self, path: &Path, contents: &[u8], mode: u32) {
        let fail = |error| panic!("{}: {error}", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).unwrap_or_else(fail);
        }
        std::fs::write(path, contents).unwrap_or_else(fail);
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap_or_else(fail);
    }

    /// Makes one of this crate's programs reachable for every user, wherever it was built. Returns its path.
    #[must_use]
    pub fn publish(&self, program: &Path) -> PathBuf {
        let folder = Path::new(BASE).join("bin");
        std::fs::create_dir_all(&folder).expect("cannot make a folder for programs");
        let public = folder.join(program.file_name().expect("a program has a name"));
        // Once it is there, creating it again would empty the program itself.
        if !public.exists() {
            File::create(&public).expect("cannot make a place for a program");
            bind(program, &public);
        }
        public
    }
}

/// Runs a command that must succeed; what it wrote is returned.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    output
}

/// Runs a command with that standard input, whatever comes of it.
pub fn talk(command: &mut Command, input: &str) -> Output {
    use std::io::Write;
    use std::process::Stdio;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    // A program that does not want to hear it all is its own affair.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Runs a command with that standard input, and it must succeed.
pub fn feed(command: &mut Command, input: &str) -> Output {
    let output = talk(command, input);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    output
}

/// One of this crate's programs, beside the test that runs.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program has a path");
    let paths = own.ancestors().skip(1).map(|folder| folder.join(name)).find(|path| path.is_file());
    paths.unwrap_or_else(|| panic!("{name} is not built: cargo build -p insis-otp-tests"))
}

fn plain_environment(user: &str, home: &str) -> [(&'static str, String); 7] {
    [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("TERM", "xterm-256color".to_owned()),
        ("SHELL", "/bin/bash".to_owned()),
        ("USER", user.to_owned()),
        ("LOGNAME", user.to_owned()),
        ("HOME", home.to_owned()),
    ]
}

/// The way back out of a namespace.
#[derive(Debug)]
struct Outside {
    namespace: File,
    folder: PathBuf,
}

impl Outside {
    fn remember() -> Self {
        let namespace = File::open("/proc/thread-self/ns/mnt").expect("no mount namespace to come back to");
        Self { namespace, folder: std::env::current_dir().unwrap_or_else(|_| "/".into()) }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        if setns(&self.namespace, CloneFlags::CLONE_NEWNS).is_ok() {
            let _ = std::env::set_current_dir(&self.folder);
        }
    }
}

/// Fresh layers over everything that a test may change.
fn enter() {
    unshare(CloneFlags::CLONE_NEWNS).expect("cannot make a mount namespace");
    let layers = PathBuf::from("/run/machine");
    let folder = std::env::current_dir();
    fresh("/run", "mode=755");
    for (path, mode) in [("/run/machine", 0o700), ("/run/sshd", 0o755), ("/run/lock", 0o1777), (BASE, 0o755)]
    {
        std::fs::create_dir_all(path).expect("cannot make a folder in /run");
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("cannot set a mode in /run");
    }
    File::create("/run/utmp").expect("cannot make /run/utmp");
    for path in ["/etc", "/var/lib", "/var/log", "/var/mail", "/var/spool"] {
        layer(Path::new(path), &layers.join(path.trim_start_matches('/').replace('/', "_")));
    }
    fresh_home(&layers.join("home"));
    if let Ok(folder) = folder {
        let _ = std::env::set_current_dir(folder);
    }
}

fn fresh(path: &str, options: &str) {
    mount(Some("tmpfs"), path, Some("tmpfs"), MsFlags::empty(), Some(options))
        .unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// An overlay; where that is one too many, a copy.
fn layer(path: &Path, store: &Path) {
    let (upper, work) = (store.join("upper"), store.join("work"));
    for folder in [&upper, &work] {
        std::fs::create_dir_all(folder).expect("cannot make a layer");
    }
    like(path, &upper);
    let show = |path: &Path| path.display().to_string();
    let options = format!("lowerdir={},upperdir={},workdir={}", show(path), show(&upper), show(&work));
    if mount(Some("overlay"), path, Some("overlay"), MsFlags::empty(), Some(options.as_str())).is_err() {
        run(Command::new("cp")
            .args(["--archive", "--one-file-system", "--no-target-directory"])
            .arg(path)
            .arg(&upper));
        bind(&upper, path);
    }
}

/// The same owner and mode.
fn like(model: &Path, path: &Path) {
    use std::os::unix::fs::MetadataExt;
    let meta = model.metadata().unwrap_or_else(|error| panic!("{}: {error}", model.display()));
    std::os::unix::fs::chown(path, Some(meta.uid()), Some(meta.gid())).expect("cannot set an owner");
    std::fs::set_permissions(path, meta.permissions()).expect("cannot set a mode");
}

/// An empty /home, except for what is mounted into it: the repository, cargo and rustup may be there.
fn fresh_home(store: &Path) {
    let mounted = mounts_below("/home");
    for (number, path) in mounted.iter().enumerate() {
        let kept = store.join(number.to_string());
        std::fs::create_dir_all(&kept).expect("cannot make a folder");
        bind(path, &kept);
    }
    fresh("/home", "mode=755");
    for (number, path) in mounted.iter().enumerate() {
        std::fs::create_dir_all(path).expect("cannot make a folder in /home");
        let kept = store.join(number.to_string());
        mount(Some(&kept), path, None::<&str>, MsFlags::MS_MOVE, None::<&str>).expect("cannot keep a mount");
    }
}

fn mounts_below(folder: &str) -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/thread-self/mounts").expect("cannot read the mounts");
    let paths = table.lines().filter_map(|line| line.split(' ').nth(1)).map(PathBuf::from);
    paths.filter(|path| path.starts_with(folder) && path != Path::new(folder)).collect()
}

fn bind(from: &Path, to: &Path) {
    mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .unwrap_or_else(|error| panic!("{} at {}: {error}", from.display(), to.display()));
}

/// The clock's library goes where every user can read it.
fn set_clock() -> Clock {
    let library = Path::new(BASE).join("clock.so");
    let copied = std::fs::copy(clock::library(), &library);
    copied.expect("cannot copy the clock's library");
    let clock = Clock::at(&Path::new(BASE).join("clock"));
    std::fs::write("/etc/ld.so.preload", format!("{}\n", library.display()))
        .expect("cannot preload the clock");
    clock
}
