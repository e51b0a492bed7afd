//! What a directory must not leave anywhere: who this host is to it (password, key), the secrets of people, their codes.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use data_encoding::BASE64;
use insis_otp::oath::Step;
use insis_otp::service::Request;
use insis_otp_tests::crowd::{self, Gate, Waiting};
use insis_otp_tests::env::{Env, HELPER, run, talk};
use insis_otp_tests::fleet::{BY_CERTIFICATE, BY_PASSWORD, HOST, Member, Slapd};
use insis_otp_tests::memory::{Needle, Search, break_program};
use insis_otp_tests::pam::Stack;
use insis_otp_tests::sign_in::below;

const PROGRAM: &str = "/usr/libexec/otp-fleet";
const KEY: &str = "/etc/security/fleet-host.key";
const PASSWORD_FILE: &str = "/etc/security/insis-otp-fleet-password";
/// The secret of [`Member`] anna's device.
const SECRET: &[u8; 20] = b"anna****************";

fn env() -> (Env, Stack) {
    let env = Env::build().user("anna", "secret").user("bob", "secret").start();
    (env, Stack::new("door", "auth required pam_insis_otp.so tries=1 debug"))
}

/// The private part of the host's key: what stands in its file behind the start of an octet string of 32 bytes.
fn private_key(slapd: &Slapd) -> Vec<u8> {
    let pem = std::fs::read_to_string(slapd.file("host1.key")).unwrap();
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64.decode(lines.as_bytes()).unwrap();
    let start = der.windows(2).position(|bytes| bytes == [4, 32]).expect("a key of P-256") + 2;
    der[start..start + 32].to_vec()
}

/// A wrong code that is nowhere by chance.
fn wrong(anna: &Member) -> String {
    let near: Vec<_> = Member::step().around(20).map(|step| anna.code_of(Step(step))).collect();
    let codes = ["830571", "492863", "617350"].into_iter().find(|code| !near.iter().any(|one| one == code));
    codes.expect("a wrong code").to_owned()
}

/// What says who this host is.
fn of_the_host(slapd: &Slapd) -> Vec<Needle> {
    let mut needles = Needle::typed(HOST.1);
    needles.push(Needle::new("the password in base64", BASE64.encode(HOST.1.as_bytes()).as_bytes()));
    needles.extend(Needle::pieces("the private key", &private_key(slapd)));
    let pem = std::fs::read_to_string(slapd.file("host1.key")).unwrap();
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    needles.extend(lines.flat_map(|line| Needle::pieces("the key's file", line.as_bytes())));
    needles
}

/// The same, a person's secret, and what was typed.
fn search(slapd: &Slapd, typed: &[&str]) -> Search {
    let mut needles = of_the_host(slapd);
    // Of the secret, what is nothing but asterisks could be anything.
    let of_secret = Needle::secret(SECRET).into_iter().filter(|needle| needle.name.contains("HMAC"));
    needles.extend(of_secret);
    needles.push(Needle::new("the secret", &SECRET[..8]));
    let pad = |with: u8| SECRET.map(|byte| byte ^ with);
    needles.extend([0x36, 0x5c].map(|with| Needle::new("the padded secret", &pad(with)[..8])));
    needles.push(Needle::new("the secret in base64", &BASE64.encode(SECRET).as_bytes()[..10]));
    needles.extend(typed.iter().flat_map(|text| Needle::typed(text)));
    Search::of(needles)
}

/// A command, with what it starts and in which environment written down.
fn watched(command: &Command, trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-v", "-s", "100000", "-e", "trace=execve,prctl,openat,unlink,rename", "-o"]);
    strace.arg(trace).arg("--").arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace
}

/// Does something, and looks for what must not be in anything that is written down of it.
fn tells_nothing(env: &Env, search: &Search, command: &Command, input: &str) -> (String, String) {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let output = talk(&mut watched(command, trace.path()), input);
    let calls = String::from_utf8_lossy(&std::fs::read(trace.path()).unwrap()).into_owned();
    let log = env.syslog().lines().join("\n");
    for (source, text) in [
        ("log", log.as_bytes()),
        ("standard output", &output.stdout),
        ("standard error", &output.stderr),
        ("command lines and environments", calls.as_bytes()),
    ] {
        let found = search.in_bytes(text);
        assert!(found.is_empty(), "{command:?}: {source}: {found:?}\n{}", String::from_utf8_lossy(text));
    }
    (log, calls)
}

#[test]
fn neither_log_nor_screen_nor_command_lines_tell_who_this_host_is_or_a_secret() {
    let ((env, stack), slapd) = (env(), Slapd::start());
    let anna = Member::new(&slapd, "anna");
    let keys = tempfile::tempdir().unwrap();
    let key_log = keys.path().join("log");
    for identity in [BY_PASSWORD, BY_CERTIFICATE] {
        slapd.join_as(&env, identity, "debug = true");
        Slapd::open_to_people(&env);
        anna.again();
        let (right, wrong) = (anna.code(), wrong(&anna));
        let search = search(&slapd, &[&right, &wrong]);
        for (user, code, result) in [
            ("anna", &wrong, "reason=wrong"),
            ("anna", &right, "result=accepted"),
            ("anna", &right, "reason=used-code"),
            ("bob", &right, "user=bob"),
        ] {
            env.syslog().clear();
            let mut driver = crowd::driver(&stack, user);
            driver.env("SSLKEYLOGFILE", &key_log);
            let (log, calls) = tells_nothing(&env, &search, &driver, &crowd::typing(&[code]));
            assert!(log.contains(result) && calls.contains(PROGRAM), "{log}\n{calls}");
        }
        for arguments in
            [&["doctor"][..], &["list"], &["status", "--user", "anna"], &["unlock", "--user", "anna"]]
        {
            let mut setup = env.command("otp-setup");
            let (_, calls) = tells_nothing(&env, &search, setup.args(arguments), "");
            assert!(calls.contains(PROGRAM), "{arguments:?}");
        }
        let (_, calls) =
            tells_nothing(&env, &search, &env.as_user("anna", HELPER), &Request::Status.encode());
        assert!(calls.contains(PROGRAM), "{calls}");
    }
    assert!(!key_log.exists(), "keys of connections are written down where the environment says so");
}

/// Where it cannot be used, the log says why, and not what it is.
#[test]
fn what_is_wrong_with_a_password_or_a_key_is_said_without_it() {
    let ((env, stack), slapd) = (env(), Slapd::start());
    let anna = Member::new(&slapd, "anna");
    let key = std::fs::read_to_string(slapd.file("host1.key")).unwrap();
    let cut: String = key.lines().take(2).map(|line| format!("{line}\n")).collect();
    const OTHER: &str = "Zq7-another-password";
    for (identity, file, text, mode) in [
        (BY_PASSWORD, PASSWORD_FILE, OTHER.to_owned(), 0o600),
        (BY_PASSWORD, PASSWORD_FILE, format!("{}\n{OTHER}\n", HOST.1), 0o600),
        (BY_PASSWORD, PASSWORD_FILE, format!("{}\0{OTHER}", HOST.1), 0o600),
        (BY_PASSWORD, PASSWORD_FILE, HOST.1.to_owned(), 0o644),
        (BY_CERTIFICATE, KEY, cut, 0o600),
        (BY_CERTIFICATE, KEY, key.replace("PRIVATE KEY", "PUBLIC KEY"), 0o600),
        (BY_CERTIFICATE, KEY, key.clone(), 0o644),
    ] {
        slapd.join_as(&env, identity, "debug = true");
        env.write(file.as_ref(), text.as_bytes(), mode);
        let mut needles = of_the_host(&slapd);
        needles.extend(Needle::typed(OTHER));
        let search = Search::of(needles);
        env.syslog().clear();
        let driver = crowd::driver(&stack, "anna");
        let (log, _) = tells_nothing(&env, &search, &driver, &crowd::typing(&[&wrong(&anna)]));
        assert!(log.contains("result=error reason=store"), "{file} {mode:o}: {log}");
        let mut doctor = env.command("otp-setup");
        let _ = tells_nothing(&env, &search, doctor.arg("doctor"), "");
    }
}

/// The module's process reads neither, and wipes the code; `otp-fleet` is another process, and gone.
#[test]
fn the_host_of_the_module_holds_neither_who_this_host_is_nor_secret_nor_code() {
    let ((env, stack), slapd) = (env(), Slapd::start());
    let anna = Member::new(&slapd, "anna");
    for identity in [BY_PASSWORD, BY_CERTIFICATE] {
        slapd.join_as(&env, identity, "");
        anna.again();
        let (right, wrong) = (anna.code(), wrong(&anna));
        let search = search(&slapd, &[&right, &wrong]);
        for code in [&wrong, &right, &right] {
            let hold = Gate::closed();
            let mut driver = crowd::driver(&stack, "anna");
            driver.arg("--hold").arg(hold.path());
            let mut waiting = Waiting::start(driver, &crowd::typing(&[code]));
            waiting.until("holding");
            let control = Search::of(vec![Needle::new("the user's name", b"anna")]);
            assert!(!control.in_process(waiting.pid()).is_empty(), "the scan finds nothing at all");
            let found = search.in_all_of_process(waiting.pid());
            assert!(found.is_empty(), "{found:#?}");
            assert!(below(waiting.pid()).is_empty(), "otp-fleet is there after its answer");
        }
    }
}

/// `otp-fleet` of root's, which may leave a core.
fn started(folder: &Path) -> Child {
    let mut command = Command::new("prlimit");
    command.args(["--core=unlimited", "--", PROGRAM]).env("CANARY", "in its environment").current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Until it has read who this host is, and waits to be asked something.
fn await_its_wait(pid: u32) {
    let id = run(Command::new("id").args(["-u", "insis-otp-fleet"]));
    let uid = String::from_utf8_lossy(&id.stdout).trim().to_owned();
    for _ in 0..1000 {
        let [status, call] =
            ["status", "syscall"].map(|name| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap());
        // It reads (0) from standard input, as its own user.
        if status.contains(&format!("Uid:\t{uid}\t{uid}\t{uid}")) && call.starts_with("0 0x0 ") {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not wait for a request");
}

#[test]
fn otp_fleet_has_no_arguments_and_no_environment_and_leaves_no_core() {
    let ((env, _), slapd) = (env(), Slapd::start());
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    for identity in [BY_PASSWORD, BY_CERTIFICATE] {
        slapd.join_as(&env, identity, "");
        let mut child = started(folder.path());
        await_its_wait(child.id());
        let process = |name: &str| format!("/proc/{}/{name}", child.id());
        // It holds what there is to hide: this is where it would be found. A key it may have as a number, in a form of its own.
        let is_held = !Search::of(of_the_host(&slapd)).in_process(child.id()).is_empty();
        assert!(is_held || identity == BY_CERTIFICATE);
        assert_eq!(std::fs::read(process("environ")).unwrap(), b"", "an environment");
        let command_line = std::fs::read_to_string(process("cmdline")).unwrap();
        assert_eq!(command_line.split('\0').filter(|word| !word.is_empty()).count(), 1, "{command_line:?}");
        let limits = std::fs::read_to_string(process("limits")).unwrap();
        let core: Vec<_> = limits.lines().filter(|line| line.starts_with("Max core file size")).collect();
        assert!(matches!(core[..], [line] if line.split_whitespace().nth(4) == Some("0")), "{core:?}");
        assert_eq!(std::fs::metadata(process("environ")).unwrap().uid(), 0, "it can be looked into");
        // Another program of the same system user learns nothing.
        for look in ["head -c 1 maps", "head -c 1 auxv", "readlink exe", "ls -l fd"] {
            let look = format!("cd /proc/{} && {look} 2>/dev/null | grep -q .", child.id());
            let mut other = Command::new("setpriv");
            other.args(["--reuid=insis-otp-fleet", "--clear-groups", "sh", "-c", &look]);
            assert!(!other.status().unwrap().success(), "{look}");
        }
        // Nobody has it dumped by a signal: it hears of none.
        for signal in ["-SEGV", "-ABRT", "-QUIT"] {
            run(Command::new("kill").args([signal, &child.id().to_string()]));
        }
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(child.try_wait().unwrap(), None, "a signal has ended it");
        break_program(child.id(), "otp-fleet");
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(b"insis-otp 1 status\n");
        drop(stdin);
        let status = child.wait().unwrap();
        assert!(!status.success(), "{status}");
        assert_eq!(files(), 0, "a core");
    }
    // Another program shows that a core would have been seen.
    let mut cat = Command::new("prlimit");
    cat.args(["--core=unlimited", "--", "cat"]).current_dir(folder.path()).stdin(Stdio::piped());
    let mut cat = cat.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    break_program(cat.id(), "cat");
    drop(cat.stdin.take());
    assert!(!cat.wait().unwrap().success());
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    assert_eq!(files() > 0, !pattern.contains(['/', '|', '%']), "{pattern}");
}

/// While it works for a person, it holds who the host is, with that person's user id.
#[test]
fn a_person_cannot_look_into_the_otp_fleet_of_their_helper() {
    let ((env, _), slapd) = (env(), Slapd::start());
    let _anna = Member::new(&slapd, "anna");
    slapd.join(&env, "");
    Slapd::open_to_people(&env);
    // It waits for a server that says nothing.
    slapd.stop(true);
    let mut helper = env.as_user("anna", "prlimit");
    helper.args(["--core=unlimited", "--", HELPER]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut helper = helper.spawn().unwrap();
    helper.stdin.take().unwrap().write_all(Request::Status.encode().as_bytes()).unwrap();
    let password = Search::of(Needle::typed(HOST.1));
    let holds = |pid: u32| {
        std::path::Path::new(&format!("/proc/{pid}/mem")).exists() && !password.in_process(pid).is_empty()
    };
    let find = || below(helper.id()).into_iter().find(|(pid, name)| name == "otp-fleet" && holds(*pid));
    let end = std::time::Instant::now() + Duration::from_secs(5);
    let (pid, _) = loop {
        if let Some(found) = find() {
            break found;
        }
        assert!(std::time::Instant::now() < end, "no otp-fleet");
    };
    assert_eq!(std::fs::read(format!("/proc/{pid}/environ")).unwrap(), b"");
    for look in ["head -c 1 maps", "head -c 1 auxv", "readlink exe", "ls -l fd"] {
        let look = format!("cd /proc/{pid} && {look} 2>/dev/null | grep -q .");
        assert!(!env.as_user("anna", "sh").args(["-c", &look]).status().unwrap().success(), "{look}");
    }
    assert!(holds(pid), "it is gone too soon for this to say anything");
    slapd.stop(false);
    let output = helper.wait_with_output().unwrap();
    assert!(password.in_bytes(&output.stdout).is_empty());
}
