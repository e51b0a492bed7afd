//! Configurations and module arguments in every shape. A mistake refuses everybody and names itself in the log; it
//! never lets anybody in.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use insis_otp_tests::crowd;
use insis_otp_tests::env::run;
use insis_otp_tests::machine::{MODULE, Machine, answer};
use insis_otp_tests::pam::{Code, Stack};
use insis_otp_tests::person::{Person, STEP};

/// Where the configurations are tried.
const PATH: &str = "/etc/security/tried.toml";
/// No complaint: the right code opens the login.
const FINE: &str = "";

/// A name, what is done to a good configuration, and what the log has to say about it.
type Case = (&'static str, Box<dyn Fn()>, &'static str);

/// The text of a configuration, and what the log has to say about it.
const TEXTS: &[(&[u8], &str)] = &[
    (b"", FINE),
    (b"\n\n\n", FINE),
    (b"# nothing but a comment", FINE),
    (b"tries = 1", FINE),
    (b"tries = 1\r\n", FINE),
    (b"\xef\xbb\xbftries = 1\n", FINE),
    (b"\t tries\t=\t0x1 # hexadecimal\n", FINE),
    (b"\"tries\" = 1", FINE),
    (b"tries = 1_0", FINE),
    (b"unenrolled = 'ignore'", FINE),
    (b"\0", "tried.toml:1: "),
    (b"tries = 1\0", "tried.toml:1: "),
    (b"tries = 1\n\0\n", "tried.toml:2: "),
    (b"\xff\xfe", "is not UTF-8 text"),
    (b"tries = 1 \xc3", "is not UTF-8 text"),
    (b"\xfe\xff\0t\0r", "is not UTF-8 text"),
    (b"tries", "tried.toml:1: "),
    (b"tries =", "tried.toml:1: "),
    (b"= 1", "tried.toml:1: "),
    (b"tries = 1 2", "tried.toml:1: "),
    (b"tries = 1\rtries = 2", "tried.toml:1: "),
    (b"tries = 1\ntries = 1", "tried.toml:2: "),
    (b"\n\ntries = \"1", "tried.toml:3: "),
    (b"<xml/>", "tried.toml:1: "),
    (b"{\"tries\": 1}", "tried.toml:1: "),
    (b"[tries]", "tried.toml:1: unknown section [tries]"),
    (b"[[tries]]", "tried.toml:1: there are no lists of tables here"),
    (b"tries.x = 1", "tried.toml:1: unknown key 'tries.x'; did you mean 'tries'?"),
    (b"tries = [1]", "tries must be a whole number between 1 and 10, not a list"),
    (b"tries = {}", "tried.toml:1: there are no tables within values here"),
    (b"tries = \"1\"", "tries must be a whole number between 1 and 10, not "),
    (b"tries = true", "tries must be a whole number between 1 and 10, not "),
    (b"tries = 1.0", "tries must be a whole number between 1 and 10, not "),
    (b"tries = nan", "tries must be a whole number between 1 and 10, not "),
    (b"tries = 1979-05-27", "tries must be a whole number between 1 and 10, not "),
    (b"tries = -1", "tries must be a whole number between 1 and 10, not "),
    (b"tries = 99999999999999999999999999", "tries must be a whole number between 1 and 10, not "),
    (b"tries = 0", "tried.toml:1: tries must be between 1 and 10, not 0"),
    (b"tries = 11", "tries must be between 1 and 10, not "),
    (b"tries = 257", "tries must be between 1 and 10, not "),
    (b"tries = 18446744073709551615", "tries must be between 1 and 10, not "),
    (b"Tries = 1", "unknown key 'Tries'"),
    (b"window = 11", "window must be between 0 and 10, not "),
    (b"window = 256", "window must be between 0 and 10, not "),
    (b"free_failures = 0", "free_failures must be between 1 and 20, not "),
    (b"free_failures = 21", "free_failures must be between 1 and 20, not "),
    (b"first_delay = \"0s\"", "first_delay must be a time between '1s' and '24h'"),
    (b"first_delay = \"-5s\"", "first_delay must be a time between '1s' and '24h'"),
    (b"first_delay = \"999999999999999999999s\"", "first_delay must be a time between '1s' and '24h'"),
    (b"first_delay = \"18446744073709551616h\"", "first_delay must be a time between '1s' and '24h'"),
    (b"first_delay = \"s\"", "first_delay must be a time between '1s' and '24h'"),
    (b"first_delay = \"\xc3\xa9\"", "first_delay must be a time between '1s' and '24h'"),
    (
        b"longest_delay = 3600",
        "longest_delay must be a time between '1s' and '24h', written like '30s', '5m' or '8h', not 3600",
    ),
    (b"unenrolled = \"allow\"", "unenrolled must be 'deny' or 'ignore' or 'enrol', not '"),
    (b"unenrolled = \"\"", "unenrolled must be 'deny' or 'ignore' or 'enrol', not '"),
    (b"unenrolled = true", "unenrolled must be 'deny' or 'ignore' or 'enrol', not true"),
    (b"unenrolled = \"Ignore\"", "unenrolled must be 'deny' or 'ignore' or 'enrol', not '"),
    (b"prompt = \"\"", "prompt must be a text of"),
    (b"prompt = \"\\n\"", "prompt must be a text of"),
    (b"prompt = \"\\u001b[31m\"", "prompt must be a text of"),
    (b"prompt = \"\\u0000\"", "prompt must be a text of"),
    (b"prompt = \"%s%n%n%n\"", FINE),
    (b"secret_file = \"\"", "secret_file must "),
    (b"secret_file = \"/etc/shadow\"", "secret_file must have %u, %U or %h in it"),
    (b"secret_file = \"/var/lib/insis-otp/../%u\"", "secret_file must be a plain path"),
    (b"secret_file = \"/var/lib/insis-otp//%u\"", "secret_file must be a plain path"),
    (b"secret_file = \"%u\"", "secret_file must begin with /"),
    (b"secret_file = \"~/.otp%u\"", "secret_file must begin with /"),
    (b"secret_file = \"/x/%n\"", "secret_file must have u (user)"),
    (b"secret_file = \"/x/%\"", "secret_file must have u (user)"),
    (b"secret_file = \"/x/\\u0000%u\"", "secret_file must be a plain path"),
    (b"helper = \"otp-helper\"", "helper must be a path that begins with /, not '"),
    (b"helper = \"\"", "helper must be a path that begins with /, not '"),
    (b"echo = \"yes\"", "echo must be true or false, not 'yes'"),
    (b"debug = 1", "debug must be true or false, not 1"),
    (
        b"issuer = \"a:b\"",
        "issuer must be a text of 1 to 64 bytes without control characters and without a colon",
    ),
    (b"digits = 5", "digits must be between 6 and 8, not 5"),
    (b"period = 0", "period must be between 5 and 300, not 0"),
    (b"algorithm = \"MD5\"", "algorithm must be 'SHA1' or 'SHA256' or 'SHA512', not 'MD5'"),
    (b"secret = \"GEZDGNBVGY3TQOJQ\"", "unknown key 'secret'"),
];

/// Texts that are made of repetition.
fn grown() -> Vec<(String, &'static str)> {
    let long = format!("tries = 1\n#{}\n", "x".repeat(65_536 - 12));
    vec![
        (long.clone(), FINE),
        (long + "##", "is larger than 64 KiB"),
        (format!("tries = {}1", "[".repeat(60_000)), "tried.toml:1: "),
        (format!("x = {}", "{a=".repeat(20_000)), "tried.toml:1: "),
        (format!("{}x = 1", "a.".repeat(30_000)), "tried.toml:1: "),
        (format!("[{}a]", "a.".repeat(30_000)), "tried.toml:1: "),
        (format!("tries = {}", "9".repeat(60_000)), "tries must be a whole number between 1 and 10, not "),
        (format!("prompt = \"{}\"", "x".repeat(60_000)), "prompt must be a text of"),
        ("x = 1\n".repeat(10_000), "tried.toml:2: "),
        ((0..5_000).map(|n| format!("x{n} = 1\n")).collect(), "tried.toml:1001: there are too many settings"),
    ]
}

/// Tries the stack as it is now; says what is not as it should be.
fn wrong(machine: &Machine<Person>, stack: &Stack, what: &str, complaint: &str) -> Option<String> {
    machine.anna.reset();
    let code = machine.anna.code(STEP);
    let (outcome, line) =
        machine.logged(|| answer(&mut crowd::driver(stack, "anna"), &crowd::typing(&[code.as_str()])));
    let expected = if complaint.is_empty() { Code::SUCCESS } else { Code::SERVICE_ERR };
    // Nobody is asked for a code that cannot be checked.
    let asked = outcome.messages.iter().any(|message| message.style.starts_with("echo"));
    let right = outcome.code() == expected && line.contains(complaint) && (complaint.is_empty() || !asked);
    (!right).then(|| format!("{what}: expected {complaint:?}, got {} and {line}", outcome.code))
}

fn try_it(machine: &Machine<Person>, stack: &Stack, what: &str, complaint: &str) {
    assert_eq!(wrong(machine, stack, what, complaint), None);
}

#[test]
fn configurations_of_every_shape_have_their_verdict() {
    let machine = Machine::frozen("auth required pam_permit.so");
    let stack = Stack::new("door", &format!("{MODULE} config={PATH}"));
    let short = TEXTS.iter().map(|(text, complaint)| (text.to_vec(), *complaint));
    let grown = grown().into_iter().map(|(text, complaint)| (text.into_bytes(), complaint));
    let cases: Vec<_> = short.chain(grown).collect();
    assert_eq!(cases.len(), 90);
    let wrong = cases.into_iter().filter_map(|(text, complaint)| {
        machine.env.write(Path::new(PATH), &text, 0o644);
        let shown: String = String::from_utf8_lossy(&text).chars().take(60).collect();
        wrong(&machine, &stack, &shown, complaint)
    });
    assert_eq!(wrong.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn configurations_that_somebody_else_could_have_written_are_not_read() {
    let machine = Machine::frozen("auth required pam_permit.so");
    let stack = Stack::new("door", &format!("{MODULE} config={PATH}"));
    let path = Path::new(PATH);
    let shell =
        |script: &'static str| move || drop(run(Command::new("sh").args(["-ec", script, "sh", PATH])));
    let mode = |mode: u32| {
        move || {
            std::fs::set_permissions(PATH, PermissionsExt::from_mode(mode)).expect("cannot set a mode");
        }
    };
    let cases: Vec<Case> = vec![
        ("as it is", Box::new(|| ()), FINE),
        ("mode 0000", Box::new(mode(0)), FINE),
        ("a hard link", Box::new(shell("ln $1 /etc/security/other")), FINE),
        ("writable by its group", Box::new(mode(0o664)), "must belong to root"),
        ("writable by everybody", Box::new(mode(0o646)), "must belong to root"),
        ("of the user", Box::new(shell("chown anna $1")), "must belong to root"),
        ("gone", Box::new(shell("rm $1")), "there is no such file"),
        ("a symbolic link", Box::new(shell("mv $1 /run/x; ln -s /run/x $1")), "cannot be opened: "),
        ("a symbolic link to itself", Box::new(shell("rm $1; ln -s $1 $1")), "cannot be opened: "),
        ("a directory", Box::new(shell("rm $1; mkdir $1")), "is a directory"),
        ("a FIFO", Box::new(shell("rm $1; mkfifo $1")), "is a FIFO"),
        ("/dev/null", Box::new(shell("rm $1; mknod $1 c 1 3")), "is a device"),
        ("/dev/zero", Box::new(shell("rm $1; mknod $1 c 1 5")), "is a device"),
        ("a terminal", Box::new(shell("rm $1; mknod $1 c 5 0")), "cannot be opened: "),
        ("1 GiB, sparse", Box::new(shell("truncate -s 1G $1")), "is larger than 64 KiB"),
        (
            "a socket",
            Box::new(|| {
                std::fs::remove_file(PATH).expect("no file");
                drop(UnixListener::bind(PATH));
            }),
            "cannot be opened: ",
        ),
        (
            "a link in the way",
            Box::new(|| {
                std::fs::remove_file(PATH).expect("no file");
                symlink("/etc/shadow", PATH).expect("no link");
            }),
            "cannot be opened: ",
        ),
    ];
    for (what, spoil, complaint) in cases {
        let _ = std::fs::remove_dir(path);
        let _ = std::fs::remove_file(path);
        let _ = std::fs::remove_file("/etc/security/other");
        machine.env.write(path, b"tries = 1\n", 0o644);
        spoil();
        try_it(&machine, &stack, what, complaint);
    }
}

/// The arguments of the module, and what the log has to say about them.
const ARGUMENTS: &[(&str, &str)] = &[
    ("tries=1", FINE),
    ("tries=1 tries=2", FINE),
    ("nullok", FINE),
    ("unenrolled=ignore unenrolled=deny", FINE),
    ("echo=false debug=false", FINE),
    ("[prompt=Code of anna: ]", FINE),
    ("[prompt=%s%n]", FINE),
    ("tries=0", "module arguments: tries must be between 1 and 10, not 0"),
    ("tries=+1", "module arguments: tries must be a whole number between "),
    ("tries=-1", "module arguments: tries must be a whole number between "),
    ("tries=0x1", "module arguments: tries must be a whole number between "),
    ("tries=1e0", "module arguments: tries must be a whole number between "),
    ("tries=99999999999999999999", "module arguments: tries must be a whole number between "),
    ("tries=", "module arguments: tries must be a whole number between "),
    ("tries", "module arguments: tries must be a whole number between "),
    ("TRIES=1", "module arguments: unknown argument 'TRIES'"),
    ("nullok=1", "module arguments: unknown argument 'nullok'"),
    ("nullok=", "module arguments: unknown argument 'nullok'"),
    ("Nullok", "module arguments: unknown argument 'Nullok'"),
    ("null_ok", "module arguments: unknown argument 'null_ok'"),
    ("unenrolled", "module arguments: unenrolled must "),
    ("unenrolled=", "module arguments: unenrolled must be 'deny' or "),
    ("unenrolled=enrolled", "module arguments: unenrolled must be 'deny' or "),
    ("=", "module arguments: unknown argument ''"),
    ("=1", "module arguments: unknown argument ''"),
    ("-", "module arguments: unknown argument '-'"),
    ("--help", "module arguments: unknown argument '--help'"),
    ("use_first_password", "module arguments: unknown argument 'use_first_password'"),
    ("secret=/home/anna/x", "module arguments: unknown argument 'secret'"),
    ("secret_file=/etc/passwd", "module arguments: secret_file must have %u"),
    ("secret_file=/home/%h/x", "module arguments: secret_file must begin with"),
    ("secret_file=%u", "module arguments: secret_file must begin with"),
    ("secret_file", "module arguments: secret_file must "),
    ("digits=1", "module arguments: unknown argument 'digits'"),
    ("config=", "module arguments: config must be a path that begins with /, not '"),
    ("config", "module arguments: config must be a path that begins with /, not '"),
    ("config=relative.toml", "module arguments: config must be a path that begins with /, not '"),
    ("config=/etc/passwd", "/etc/passwd:1: "),
    ("config=/etc/shadow", "/etc/shadow:1: "),
    ("config=/etc", "/etc: is a directory"),
    ("config=/no/such", "/no/such: there is no such file"),
    ("config=/dev/null", "/dev/null: is a device"),
    ("config=/proc/self/mem", "/proc/self/mem: "),
    ("echo=yes", "module arguments: echo must be true or false, not "),
    ("debug=1", "module arguments: debug must be true or false, not "),
    ("prompt=", "module arguments: prompt must be a text"),
    ("[prompt=\u{1b}[2J]", "module arguments: prompt must be a text"),
    ("window=-1", "module arguments: window must be a whole number between "),
    ("helper=otp-helper", "module arguments: helper must be a path"),
    ("panic=auth", "module arguments: unknown argument 'panic'"),
    ("é", "module arguments: unknown argument 'é'"),
];

#[test]
fn arguments_of_every_shape_have_their_verdict() {
    let machine = Machine::frozen("auth required pam_permit.so");
    let long = format!("prompt={}", "x".repeat(900));
    let too_long = (long.as_str(), "module arguments: prompt must be a text");
    assert_eq!(ARGUMENTS.len(), 51);
    for &(arguments, complaint) in ARGUMENTS.iter().chain([&too_long]) {
        let stack = Stack::new("door", &format!("{MODULE} {arguments}"));
        try_it(&machine, &stack, arguments, complaint);
    }
}
