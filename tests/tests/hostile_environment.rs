//! `otp-setup` in surroundings that a user makes strange, or that are strange by themselves: variables, descriptors,
//! limits, umask, signals. It may fail; it never panics or hangs, and what it reports is so. (What the same does to
//! `otp-helper`: `attackers`.)

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use insis_otp_tests::clock;
use insis_otp_tests::env::talk;
use insis_otp_tests::machine::{Machine, ONE_TRY, PASSWORD};
use insis_otp_tests::memory::{Needle, Search};
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP, SYSTEM_STORE, secret_bytes};
use insis_otp_tests::phone::Phone;

/// What is run in each of the surroundings: the command, and what is typed.
const COMMANDS: [(&str, &str); 9] = [
    ("status", ""),
    ("status --json", ""),
    ("verify --batch", "000000\n"),
    ("remove --batch --yes", "000000\n"),
    ("replace --batch --yes --text", "000000\n111111\n"),
    ("recovery-codes --batch", "000000\n"),
    ("resync --batch", "000000 111111\n"),
    ("doctor", ""),
    ("completions bash", ""),
];

fn shell(machine: &Machine<Person>, user: &str, script: &str, input: &str) -> Output {
    let mut command = machine.env.as_user(user, "timeout");
    talk(command.args(["20", "bash", "-c", script, "bash"]), input)
}

/// Runs every command in these surroundings: `%` is where the command stands.
fn in_surroundings(machine: &Machine<Person>, surroundings: &str) {
    let search = Search::of(Needle::secret(&secret_bytes(1)));
    let before = Person::first_state();
    for (command, typed) in COMMANDS {
        machine.anna.reset();
        let script = surroundings.replace('%', &format!("otp-setup {command}"));
        let output = shell(machine, "anna", &script, typed);
        let what = format!("{script}: {output:?}").chars().take(2_000).collect::<String>();
        let heard = [output.stdout.as_slice(), &output.stderr].concat();
        assert!(!String::from_utf8_lossy(&heard).contains("panicked"), "{what}");
        // 101 is a panic, 124 a hang, 134 and 139 are crashes that a shell reports.
        let code = output.status.code();
        assert!(!matches!(code, Some(101 | 124 | 134 | 139)), "{what}");
        assert!(!matches!(output.status.signal(), Some(6 | 11)), "{what}");
        assert!(search.in_bytes(&heard).is_empty(), "it tells the secret: {what}");
        let after = machine.anna.record();
        assert_eq!(after.enrollment.entry.key.secret(), machine.anna.key.secret(), "{what}");
        assert_eq!(after.enrollment.recovery, machine.anna.enrollment().recovery, "{what}");
        assert_eq!((&after.state.used, after.state.used_recovery), (&before.used, 0), "{what}");
        assert_eq!(after.state.last_login, before.last_login, "{what}");
        assert!(after.state.failures <= 1, "{what}");
    }
    let home = std::fs::read_dir(machine.env.home("anna")).expect("no home");
    for entry in home.map(|entry| entry.expect("no entry")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(name.starts_with(".bash") || name == ".profile", "{surroundings}: it left {name}");
    }
}

/// After everything, her code opens the login, once.
fn is_sound(machine: &Machine<Person>) {
    machine.anna.reset();
    let code = machine.anna.code(STEP);
    assert_eq!(machine.login(&code).code(), Code::SUCCESS);
    assert_ne!(machine.login(&code).code(), Code::SUCCESS);
}

#[test]
fn no_variable_makes_otp_setup_do_what_it_should_not() {
    let machine = Machine::frozen(ONE_TRY);
    let library = machine.env.publish(clock::library());
    let long = "x=$(printf '%100000s' x); ";
    for settings in [
        &format!("LD_PRELOAD={} CLOCK_OFFSET=-3600", library.display()),
        "LD_LIBRARY_PATH=/home/anna LD_BIND_NOW=1 GLIBC_TUNABLES=glibc.malloc.check=3 MALLOC_PERTURB_=255",
        "LANG=cs_CZ.UTF-8 LC_ALL=xx_YY.KOI8-R LANGUAGE=../../../etc/passwd",
        "LC_ALL=\u{1b}[2J LANG=%s%n LC_MESSAGES=",
        "LANG=$'\\xff\\xfe' HOME=$'\\xff' USER=$'\\xff' TERM=$'\\xff'",
        "TERM=",
        "TERM=dumb NO_COLOR= CLICOLOR_FORCE=1 COLORTERM=truecolor",
        "TERM=../../etc/passwd TERMINFO=/home/anna TERMCAP=x NO_COLOR=1",
        "COLUMNS=0 LINES=0",
        "COLUMNS=-1 LINES=99999999999999999999",
        "HOME=",
        "HOME=/root USER=root LOGNAME=root UID=0 SUDO_USER=bob SUDO_UID=0",
        "HOME=relative PWD=/nowhere TMPDIR=/nowhere",
        "PATH=",
        "PATH=/home/anna:. IFS=/ ENV=/home/anna/x BASH_ENV=/home/anna/x",
        "XDG_CONFIG_HOME=/etc XDG_DATA_HOME=/root XDG_RUNTIME_DIR=/proc/self/fd XDG_DATA_DIRS=",
        "TZ=:/etc/shadow TZDIR=/home/anna",
        "TZ=$'\\x1b[2J'",
        "RUST_BACKTRACE=full RUST_LOG=trace RUST_MIN_STACK=1",
        "PAPERSIZE=%s LC_PAPER=/etc/passwd PRINTER='; id' LPDEST='$(id)'",
        "CLOCK_FILE=/home/anna/clock",
    ] {
        // The shell finds the programs before the path is spoiled.
        let script =
            format!("p=$(command -v otp-setup); c='%'; /usr/bin/env {settings} $p ${{c#otp-setup }}");
        in_surroundings(&machine, &script);
    }
    in_surroundings(&machine, "p=$(command -v otp-setup); c='%'; env -i $p ${c#otp-setup }");
    in_surroundings(
        &machine,
        &format!(
            "{long} for n in 1 2 3 4 5 6 7 8 9 10; do export V$n=$x; done; export TERM=$x LANG=$x HOME=$x; %"
        ),
    );
    is_sound(&machine);
}

#[test]
fn missing_descriptors_make_otp_setup_fail_and_no_more() {
    let machine = Machine::frozen(ONE_TRY);
    for closing in [
        "<&-",
        ">&-",
        "2>&-",
        "<&- >&-",
        ">&- 2>&-",
        "<&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full",
        "2>/dev/full",
        ">/dev/full 2>&1",
        "</dev/full",
        "<>/dev/zero",
        "</dev/zero",
        "< /",
        "0>/dev/null",
    ] {
        in_surroundings(&machine, &format!("% {closing}"));
    }
    in_surroundings(&machine, "% | head -c 0; exit ${PIPESTATUS[0]}");
    in_surroundings(&machine, "for n in {3..200}; do eval \"exec $n</dev/zero\"; done; %");
    is_sound(&machine);
}

#[test]
fn no_limit_makes_otp_setup_report_what_is_not_so() {
    let machine = Machine::frozen(ONE_TRY);
    let small = [
        "fsize=0",
        "fsize=100",
        "core=unlimited",
        "core=0",
        "nproc=0",
        "stack=65536",
        "memlock=0",
        "locks=0",
    ];
    let files = (3..9).map(|count| format!("nofile={count}"));
    for limit in small.map(str::to_owned).into_iter().chain(files) {
        in_surroundings(&machine, &format!("exec prlimit --{limit} -- %"));
    }
    // Without memory a program aborts; that is its right, and all that it does.
    for megabytes in [2, 4, 6, 8, 12, 16, 32] {
        machine.anna.reset();
        let script = format!("exec prlimit --as={} -- otp-setup verify --batch", megabytes << 20);
        let output = shell(&machine, "anna", &script, "000000\n");
        let failures = machine.anna.state().failures;
        assert!(output.status.code() != Some(0) && failures <= 1, "{megabytes} MiB: {output:?}");
    }
    is_sound(&machine);
}

#[test]
fn signals_end_otp_setup_and_leave_nothing() {
    let machine = Machine::frozen(ONE_TRY);
    for signal in ["HUP", "INT", "TERM", "PIPE", "ALRM", "USR1", "QUIT", "XCPU", "KILL"] {
        for delay in ["0.005", "0.02", "0.05"] {
            let script = format!(
                "otp-setup pair --batch --yes --text < <(sleep 1) & sleep {delay}; kill -{signal} $!; wait $!"
            );
            let output = shell(&machine, "bob", &script, "");
            assert!(
                output.status.code() != Some(101) && output.status.code() != Some(124),
                "{signal}: {output:?}"
            );
            assert!(!std::fs::exists("/var/lib/insis-otp/bob").expect("no store"), "{signal}");
        }
    }
    // Whoever ignores or blocks them all only harms themselves.
    in_surroundings(
        &machine,
        "trap '' HUP INT TERM QUIT PIPE ALRM CHLD XFSZ XCPU USR1 USR2 TSTP TTIN TTOU; %",
    );
    is_sound(&machine);
}

/// Enrolls bob's phone in these surroundings, with the page saved. Returns the status.
fn enroll(machine: &Machine<Person>, surroundings: &str) -> Option<i32> {
    let script = surroundings.replace('%', "otp-setup pair --batch --yes --text --save page.txt");
    let mut command = machine.env.as_user("bob", "timeout");
    command.args(["20", "bash", "-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("no otp-setup");
    let mut output = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    // It is shown in groups of four letters, on two lines.
    let (mut secret, mut line) = (String::new(), String::new());
    while secret.len() < 32 && output.read_line(&mut line).expect("it is gone") > 0 {
        let words: Vec<_> = line.split_whitespace().collect();
        let letter = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
        if words.len() == 4 && words.iter().all(|word| word.len() == 4 && word.bytes().all(letter)) {
            secret += &words.concat();
        }
        line.clear();
    }
    let now = insis_otp_tests::person::time_of(STEP);
    if secret.len() == 32 {
        let phone = Phone::typed(&secret);
        // And bob's password.
        let codes = format!("{}\n{}\n{PASSWORD}\n", phone.code_at(now - 30), phone.code_at(now));
        let _ = child.stdin.take().expect("a pipe").write_all(codes.as_bytes());
    }
    let mut rest = String::new();
    let _ = output.read_to_string(&mut rest);
    child.wait().expect("it does not end").code()
}

#[test]
fn whatever_the_umask_what_is_written_is_the_users_alone() {
    let machine = Machine::frozen(ONE_TRY);
    let bob = Person::new("bob", 2, SYSTEM_STORE);
    let page = machine.env.home("bob").join("page.txt");
    for umask in ["0000", "0022", "0077", "0777"] {
        let start = Instant::now();
        assert_eq!(enroll(&machine, &format!("umask {umask}; exec %")), Some(0), "umask {umask}");
        for path in [bob.file.path(), page.as_path()] {
            let metadata =
                std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            // A umask may take the page's own rights away, too.
            let mode = metadata.permissions().mode() & 0o7777;
            assert!(mode == 0o600 || umask == "0777" && path == page && mode == 0, "umask {umask}: {mode:o}");
            assert_eq!(metadata.uid(), bob.file.account().uid.as_raw(), "umask {umask}: {}", path.display());
        }
        assert!(start.elapsed() < Duration::from_secs(10));
        bob.file.remove().expect("not paired");
        std::fs::remove_file(&page).expect("no page");
    }
    // Without room for the page nothing is enrolled, or it is and the status says so.
    let code = enroll(&machine, "ulimit -f 0; exec %");
    assert_eq!(code == Some(0), bob.file.path().exists(), "{code:?}");
}
